package analytics_test

import (
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/app/audit"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/survey"
)

// TestReturns: the table of sheets and the progress of the wave count the same responses,
// stratum by stratum, and every figure has as many numbers behind it.
func TestReturns(t *testing.T) {
	db := clickhousetest.Open(t)
	store := survey.NewStore(db, audit.NewLog(db))
	wave := survey.Wave{ID: "w1", Strata: []survey.Stratum{{Code: "s1", Label: "师生"}, {Code: "s2", Label: "居民"}}}
	move := func(step survey.SheetStep, numbers string, m survey.SheetMove) {
		t.Helper()
		m.Step = step
		m.Spans, _ = survey.ParseSpans(numbers)
		if _, err := store.MoveSheets(t.Context(), audit.System("test"), "c", wave, m); err != nil {
			t.Fatal(err)
		}
	}
	move(survey.PrintSheets, "1-30", survey.SheetMove{})
	move(survey.IssueSheets, "1-10", survey.SheetMove{Distributor: "d1", Stratum: "s1"})
	move(survey.IssueSheets, "11-20", survey.SheetMove{Distributor: "d2", Stratum: "s2"})
	move(survey.ReturnSheets, "9", survey.SheetMove{})            // and not entered yet
	move(survey.VoidSheets, "10", survey.SheetMove{Reason: "遗失"}) // never came back
	of := func(number, stratum string, disposition survey.Disposition, bends ...func(*survey.Response)) survey.Response {
		return answered("c", nil, append([]func(*survey.Response){func(r *survey.Response) {
			r.Number, r.Stratum, r.Disposition, r.Mode = number, stratum, disposition, survey.Paper
		}}, bends...)...)
	}
	recordResponses(t, db,
		of("01", "s1", survey.Complete), of("02", "s1", survey.Partial), of("03", "s1", survey.Refused), of("04", "s1", survey.Ineligible),
		of("05", "s1", survey.Void), of("05", "s1", survey.Complete), // entered anew after it was void
		of("06", "s2", survey.Complete), // issued for s1
		of("07", "s1", survey.Complete, func(r *survey.Response) { r.Late = true }),
		of("11", "s2", survey.Complete), of("12", "s2", survey.Duplicate),
		of("25", "s2", survey.Complete), // never issued
		of("99", "s1", survey.Complete), // never printed
		of("", "s1", survey.Complete, func(r *survey.Response) { r.Mode = survey.Link }), of("", "s2", survey.Partial, func(r *survey.Response) { r.Mode = survey.Import }),
	)
	scope := analytics.Scope{AsOf: date("2014-10-08")}
	reader := analytics.NewReader(db)
	returns, err := reader.Returns(t.Context(), planOf("c", nil), wave, scope)
	if err != nil {
		t.Fatal(err)
	}
	want := []analytics.ReturnCounts{
		// Issued 1 to 10 but 6, which the answers put elsewhere; back are those with an entry
		// (01 to 05, 07) and 09; two are void and one of them entered anew.
		{Code: "s1", Label: "师生", Printed: 9, Issued: 9, Returned: 7, Complete: 2, Partial: 1, Refused: 1, Ineligible: 1, Void: 1, Late: 1, Spoiled: 1, Open: 1, Elsewhere: 2, Doubtful: 1},
		{Code: "s2", Label: "居民", Printed: 12, Issued: 11, Returned: 3, Complete: 3, Duplicate: 1, Elsewhere: 1, Doubtful: 2},
		{Label: "未发出或未填人群", Printed: 9},
	}
	for i, line := range returns.Strata {
		if i >= len(want) || line != want[i] {
			t.Errorf("line %d is %+v, want %+v", i, line, want[i])
		}
	}
	progress, err := reader.Progress(t.Context(), planOf("c", nil), wave, scope)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range append(progress.Strata, progress.Total) {
		for _, r := range append(returns.Strata, returns.Total) {
			if p.Label != r.Label {
				continue
			}
			if p.Complete+p.Partial != r.Valid()+r.Elsewhere || p.Void != r.Void || p.Refused != r.Refused || p.Ineligible != r.Ineligible || p.Duplicate != r.Duplicate || p.Late != r.Late {
				t.Errorf("%s: progress %+v, returns %+v", p.Label, p, r)
			}
		}
	}
	rows, _, err := reader.ReturnRows(t.Context(), planOf("c", nil), wave, scope)
	if err != nil {
		t.Fatal(err)
	}
	for part, n := range map[analytics.ReturnPart]int64{analytics.PartIssued: returns.Total.Issued, analytics.PartReturned: returns.Total.Returned, analytics.PartValid: returns.Total.Valid(),
		analytics.PartInvalid: returns.Total.Invalid(), analytics.PartOpen: returns.Total.Open, analytics.PartElsewhere: returns.Total.Elsewhere, analytics.PartDoubtful: returns.Total.Doubtful, "late": returns.Total.Late} {
		found := int64(0)
		for _, row := range rows {
			if row.Is(part) {
				found++
			}
		}
		if found != n {
			t.Errorf("%s: %d in the table, %d numbers behind it", part, n, found)
		}
	}
}

func TestDoubleEntry(t *testing.T) {
	db := clickhousetest.Open(t)
	q := survey.Questionnaire{Questions: []survey.Question{{Name: "a"}, {Name: "b"}}}
	err := db.Insert(t.Context(), `INSERT INTO second_entries (campaign, wave, response, revision, distributor, first_by, compared, differing)`, func(b driver.Batch) error {
		one := uuid.New()
		for _, row := range []struct {
			id        uuid.UUID
			revision  uint32
			wave      string
			holder    string
			clerk     string
			differing []string
		}{{one, 1, "w1", "h1", "c1", []string{"b"}}, {one, 2, "w1", "h1", "c1", []string{"b"}}, // settled, and counted once
			{uuid.New(), 1, "w1", "h2", "c1", nil}, {uuid.New(), 1, "w1", "h2", "c2", []string{"a", "b"}}, {uuid.New(), 1, "w2", "h2", "c2", []string{"a"}}} {
			if err := b.Append("c", row.wave, row.id, row.revision, row.holder, row.clerk, []string{"a", "b"}, row.differing); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := analytics.NewReader(db).DoubleEntry(t.Context(), planOf("c", nil), survey.Wave{ID: "w1"}, q, analytics.Scope{AsOf: date("2014-10-08")})
	if err != nil {
		t.Fatal(err)
	}
	if got.Total != (analytics.ErrorRate{Compared: 6, Differed: 3}) || len(got.ByQuestion) != 2 || got.ByQuestion[1] != (analytics.ErrorRate{Key: "b", Compared: 3, Differed: 2}) ||
		got.ByClerk[0] != (analytics.ErrorRate{Key: "c1", Compared: 4, Differed: 1}) || got.ByDistributor[1] != (analytics.ErrorRate{Key: "h2", Compared: 4, Differed: 2}) {
		t.Errorf("%+v", got)
	}
}
