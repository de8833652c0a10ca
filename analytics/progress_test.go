package analytics_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/app/clickhouse"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/placement"
	"shuixuan/app/survey"
)

func TestProgress(t *testing.T) {
	db := clickhousetest.Open(t)
	in := func(stratum, unit, on string) func(*survey.Response) {
		return func(r *survey.Response) { r.Stratum, r.Unit, r.RecordedAt = stratum, unit, date(on) }
	}
	void := answered("c", nil, in("s1", "u1", "2014-10-01"))
	voided := void
	voided.Revision, voided.Disposition, voided.RecordedAt = 2, survey.Void, date("2014-10-05")
	revised := answered("c", nil, in("s1", "u1", "2014-10-01"), func(r *survey.Response) { r.Disposition = survey.Partial })
	completed := revised
	completed.Revision, completed.Disposition, completed.RecordedAt = 2, survey.Complete, date("2014-10-06")
	twice := answered("c", nil, in("s1", "u2", "2014-10-03"))
	recordResponses(t, db, void, voided, revised, completed, twice, twice,
		answered("c", nil, in("", "u2", "2014-10-03"), func(r *survey.Response) { r.Disposition = survey.Partial }),
		answered("c", nil, in("s1", "u2", "2014-10-03"), func(r *survey.Response) { r.Wave = "w2" }),
	)
	wave := survey.Wave{ID: "w1", Strata: []survey.Stratum{{Code: "s1", Label: "师生", Quota: 100}, {Code: "s2", Label: "居民", Quota: 50}}}
	ask := func(scope analytics.Scope) *analytics.Progress {
		t.Helper()
		scope.AsOf = date("2014-10-08")
		p, err := analytics.NewReader(db).Progress(t.Context(), planOf("c", nil), wave, scope)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := ask(analytics.Scope{})
	if want := (analytics.StratumProgress{Label: "合计", Quota: 150, Complete: 2, Partial: 1, Void: 1}); p.Total != want {
		t.Errorf("total %+v", p.Total)
	}
	if want := []analytics.StratumProgress{
		{Code: "s1", Label: "师生", Quota: 100, Complete: 2, Void: 1},
		{Code: "s2", Label: "居民", Quota: 50}, // nobody yet
		{Label: "未填写", Partial: 1},
	}; !reflect.DeepEqual(p.Strata, want) {
		t.Errorf("strata %+v", p.Strata)
	}
	// By day of first recording, the void one left out; the 2nd has none and is listed.
	if want := []analytics.DayCount{{Date: date("2014-10-01"), Count: 1}, {Date: date("2014-10-02")}, {Date: date("2014-10-03"), Count: 2}}; !reflect.DeepEqual(p.Days, want) {
		t.Errorf("days %+v", p.Days)
	}
	if p := ask(analytics.Scope{Unit: "u1"}); p.Total.Complete != 1 || p.Total.Void != 1 || p.Total.Partial != 0 || len(p.Days) != 1 {
		t.Errorf("of u1: %+v", p)
	}
	if p := ask(analytics.Scope{Unit: "u3"}); p.Total.Complete != 0 || len(p.Strata) != 2 || len(p.Days) != 0 {
		t.Errorf("of u3, who brought nothing: %+v", p)
	}
}

func TestToday(t *testing.T) {
	db := clickhousetest.Open(t)
	at := func(text string) time.Time {
		d, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	on := func(day, instant string) func(*recorded) {
		return func(p *recorded) { p.on, p.RecordedAt = date(day), at(instant) }
	}
	revised := standing("c", "t1", "zhujian", on("2014-10-07", "2014-10-07T02:00:00Z"))
	revision := revised
	revision.Revision, revision.Quantity, revision.on, revision.RecordedAt = 2, 3.5, date("2014-10-08"), at("2014-10-08T01:00:00Z")
	gone := standing("c", "t1", "zhujian", on("2014-10-08", "2014-10-08T02:00:00Z"))
	withdrawn := gone
	withdrawn.Revision, withdrawn.State = 2, placement.Withdrawn
	logPlacements(t, db, revised, revision, gone, withdrawn,
		standing("c", "t1", "shuili", on("2014-10-08", "2014-10-08T03:00:00Z")),
		standing("c", "t1", "shuili", on("2014-10-08", "2014-10-08T04:00:00Z"), func(p *recorded) { p.Origin.File = "台账.xlsx" }),
		standing("c", "t1", "shuili", on("2014-10-02", "2014-10-02T04:00:00Z")), // the first of the seven days
		standing("c", "t1", "shuili", on("2014-10-01", "2014-10-01T04:00:00Z")), // the day before
		standing("c", "t1", "shuili", on("2014-10-09", "2014-10-09T04:00:00Z")), // after the day asked about
	)
	recordResponses(t, db, answered("c", nil), answered("c", nil, func(r *survey.Response) { r.Disposition = survey.Void }), answered("c", nil, func(r *survey.Response) { r.Wave = "w2" }))
	// 23:30 in Shandong on the 8th is 15:30 UTC; half an hour later it is the 9th there.
	recordBatch(t, db, "shuili", "台账.xlsx", 120, 3, at("2014-10-08T15:30:00Z"))
	recordBatch(t, db, "shuili", "明天.xlsx", 1, 1, at("2014-10-08T16:00:00Z"))
	recordBatch(t, db, "zhujian", "住建.csv", 7, 4, at("2014-10-07T16:00:00Z"))

	ask := func(scope analytics.Scope) *analytics.Today {
		t.Helper()
		scope.AsOf = date("2014-10-08")
		today, err := analytics.NewReader(db).Today(t.Context(), planOf("c", nil), scope)
		if err != nil {
			t.Fatal(err)
		}
		return today
	}
	today := ask(analytics.Scope{})
	if today.Placements != 2 || today.Responses != 2 || today.Batches != 2 || today.RejectedRows != 7 {
		t.Errorf("today %+v", today)
	}
	var placements, responses []int64
	for i := range today.PlacementsByDay {
		placements = append(placements, today.PlacementsByDay[i].Count)
		responses = append(responses, today.ResponsesByDay[i].Count)
	}
	if want := []int64{1, 0, 0, 0, 0, 1, 2}; !reflect.DeepEqual(placements, want) || !today.PlacementsByDay[0].Date.Equal(date("2014-10-02")) {
		t.Errorf("placements of seven days %v, want %v", placements, want)
	}
	if want := []int64{0, 0, 0, 0, 0, 0, 2}; !reflect.DeepEqual(responses, want) {
		t.Errorf("responses of seven days %v, want %v", responses, want)
	}
	var latest []string
	for _, a := range today.Latest {
		latest = append(latest, a.Kind+" "+string(a.Unit)+" "+a.Text)
	}
	if want := []string{
		"placements shuili 台账.xlsx：收下120行，退回3行",
		"placement shuili 展板，人民会堂，1块",
		"placement zhujian 展板，人民会堂，3.5块",
		"placements zhujian 住建.csv：收下7行，退回4行",
		"placement shuili 展板，人民会堂，1块",
		"placement shuili 展板，人民会堂，1块",
	}; !reflect.DeepEqual(latest, want) {
		t.Errorf("latest %q, want %q", latest, want)
	}
	if one := ask(analytics.Scope{Unit: "zhujian"}); one.Placements != 0 || one.Batches != 1 || one.RejectedRows != 4 || len(one.Latest) != 2 || one.Responses != 0 {
		t.Errorf("of zhujian: %+v", one)
	}
	if none := ask(analytics.Scope{Unit: "nobody"}); len(none.Latest) != 0 || len(none.PlacementsByDay) != 7 {
		t.Errorf("of nobody: %+v", none)
	}
}

func recordBatch(t *testing.T, db *clickhouse.DB, unit, file string, accepted, rejected uint32, at time.Time) {
	t.Helper()
	err := db.Insert(t.Context(), `INSERT INTO batches (campaign, id, kind, file, rows, accepted, rejected, unit, recorded_at)`, func(b driver.Batch) error {
		return b.Append("c", uuid.New(), "placements", file, accepted+rejected, accepted, rejected, unit, at)
	})
	if err != nil {
		t.Fatal(err)
	}
}
