package analytics_test

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/survey"
)

// Rows are put straight into the tables that ingest writes, since reading and writing
// meet there and nowhere else; the views keep the newest revisions.

// date reads a civil date; a fault in a test's own text stops it.
func date(text string) time.Time {
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return d
}

// recorded is a placement with the civil date on which it was recorded.
type recorded struct {
	placement.Placement
	on time.Time
}

// parts keeps the first revisions of one thing, and repeats, in inserts of their own:
// within one insert the engine would already leave only the newest, and nothing would
// be proved. Two inserts prove it; more would only cost time.
func parts[T any](list []T, id func(T) uuid.UUID) [][]T {
	var all [][]T
	times := map[uuid.UUID]int{}
	for _, one := range list {
		at := min(times[id(one)], 1)
		times[id(one)]++
		if at == len(all) {
			all = append(all, nil)
		}
		all[at] = append(all[at], one)
	}
	return all
}

func logPlacements(t testing.TB, db *clickhouse.DB, list ...recorded) {
	t.Helper()
	for _, part := range parts(list, func(p recorded) uuid.UUID { return p.ID }) {
		insertPlacements(t, db, part)
	}
}

func insertPlacements(t testing.TB, db *clickhouse.DB, list []recorded) {
	t.Helper()
	err := db.Insert(t.Context(), `INSERT INTO placement_revisions (campaign, id, revision, task, unit, carrier, carrier_text, place,
		quantity, measure, start, end, state, reason, note, permit_until, longitude, latitude, datum, fingerprint, file, recorded_on, recorded_at)`, func(b driver.Batch) error {
		for _, p := range list {
			var end *time.Time
			if !p.End.IsZero() {
				end = &p.End
			}
			var permitUntil *time.Time
			if !p.PermitUntil.IsZero() {
				permitUntil = &p.PermitUntil
			}
			var longitude, latitude *float64
			datum := ""
			if p.Position != nil {
				longitude, latitude, datum = &p.Position.Longitude, &p.Position.Latitude, string(p.Position.Datum)
			}
			at := p.RecordedAt
			if at.IsZero() {
				at = p.on
			}
			if err := b.Append(p.Campaign, p.ID, p.Revision, string(p.Task), string(p.Unit), string(p.Carrier), p.CarrierText, p.Place,
				p.Quantity, p.Measure, p.Start, end, string(p.State), p.Reason, p.Note, permitUntil, longitude, latitude, datum, p.Fingerprint(), p.Origin.File, p.on, at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// standing gives a valid placement that stands from 1 September with an open end;
// tests bend the one thing they are about.
func standing(campaignID string, task campaign.TaskCode, unit org.UnitID, bend ...func(*recorded)) recorded {
	p := recorded{Placement: placement.Placement{
		ID: uuid.New(), Campaign: campaignID, Revision: 1, Task: task, Unit: unit, Carrier: "board", CarrierText: "展板",
		Place: "人民会堂", Quantity: 1, Measure: "块", Start: date("2014-09-01"), State: placement.Submitted,
	}, on: date("2014-09-02")}
	for _, b := range bend {
		b(&p)
	}
	return p
}

// addPhotos adds kept photos; ProvesOn, RecordedAt and Grade are the test's.
func addPhotos(t testing.TB, db *clickhouse.DB, list ...placement.Photo) {
	t.Helper()
	err := db.Insert(t.Context(), `INSERT INTO photos (campaign, id, revision, placement, state, sha256, grade, proves_on, recorded_on, recorded_at)`, func(b driver.Batch) error {
		for _, p := range list {
			if err := b.Append(p.Campaign, p.ID, p.Revision, p.Placement, string(p.State), strings.Repeat("0", 64), string(p.Grade), p.ProvesOn, p.ProvesOn, p.RecordedAt); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func addInspections(t testing.TB, db *clickhouse.DB, list ...placement.Inspection) {
	t.Helper()
	err := db.Insert(t.Context(), `INSERT INTO inspections (campaign, id, placement, found_on, finding, defects, due, recorded_on, recorded_at, recorded_role)`, func(b driver.Batch) error {
		for _, i := range list {
			var due *time.Time
			if !i.Due.IsZero() {
				due = &i.Due
			}
			defects := make([]string, len(i.Defects))
			for n, d := range i.Defects {
				defects[n] = string(d)
			}
			if err := b.Append(i.Campaign, i.ID, i.Placement, i.FoundOn, string(i.Finding), defects, due, i.FoundOn, i.RecordedAt, string(i.Role)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func recordResponses(t testing.TB, db *clickhouse.DB, list ...survey.Response) {
	t.Helper()
	for _, part := range parts(list, func(r survey.Response) uuid.UUID { return r.ID }) {
		insertResponses(t, db, part)
	}
}

func insertResponses(t testing.TB, db *clickhouse.DB, list []survey.Response) {
	t.Helper()
	err := db.Insert(t.Context(), `INSERT INTO response_revisions (campaign, wave, id, revision, questionnaire, version, stratum, unit, area, distributor,
		number, late, mode, disposition, choices, numbers, texts, fingerprint, recorded_on, recorded_at)`, func(b driver.Batch) error {
		for _, r := range list {
			choices, numbers, texts := r.Choices, r.Numbers, r.Texts
			if choices == nil {
				choices = map[string][]string{}
			}
			if numbers == nil {
				numbers = map[string]float64{}
			}
			if texts == nil {
				texts = map[string]string{}
			}
			late := uint8(0)
			if r.Late {
				late = 1
			}
			at := r.RecordedAt
			if at.IsZero() {
				at = date("2014-10-08")
			}
			if err := b.Append(r.Campaign, string(r.Wave), r.ID, r.Revision, "q", uint32(1), r.Stratum, r.Unit, r.Area, r.Distributor,
				r.Number, late, string(cmp.Or(r.Mode, survey.Paper)), string(r.Disposition), choices, numbers, texts, "00000000000000000000000000000000", at.Truncate(24*time.Hour), at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// answered gives a complete response of wave w1 with these choices.
func answered(campaignID string, choices map[string][]string, bend ...func(*survey.Response)) survey.Response {
	r := survey.Response{ID: uuid.New(), Campaign: campaignID, Wave: "w1", Revision: 1, Disposition: survey.Complete, Choices: choices}
	for _, b := range bend {
		b(&r)
	}
	return r
}

// settings are those of a campaign that marks bases under 30 and asks for 95 %.
func settings() campaign.Settings {
	return campaign.Settings{
		SmallBase: campaign.Sourced[int64]{Value: 30, Source: "测试"},
		Level:     campaign.Sourced[float64]{Value: 0.95, Source: "测试"},
	}
}

// planOf is a plan of these units and tasks with two carriers.
func planOf(id string, units []org.Unit, tasks ...campaign.Task) *campaign.Plan {
	for i := range tasks {
		tasks[i].Position = i
		if tasks[i].Title == "" {
			tasks[i].Title = string(tasks[i].Code)
		}
	}
	return campaign.NewPlan(campaign.Campaign{
		ID: id, Name: id, Settings: settings(),
		Window: campaign.Window{Start: date("2014-09-01"), Open: true},
		Words:  campaign.Words{Field: "类别", Task: "任务", Unit: "责任单位", Office: "市创建办", End: "至验收结束"},
	}, tasks, []campaign.Carrier{{ID: "board", Name: "展板", Measures: []string{"块"}}, {ID: "banner", Name: "横幅", Measures: []string{"条"}}}, org.NewResolver(units))
}
