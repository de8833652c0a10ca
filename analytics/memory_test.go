package analytics_test

import (
	"fmt"
	"reflect"
	"sync"
	"testing"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/survey"
)

// What was written is seen by the very next question, although answers are kept.
func TestReaderSeesNewRows(t *testing.T) {
	db := clickhousetest.Open(t)
	reader, plan, scope := analytics.NewReader(db), planOf("c", bureaus(), campaign.Task{Code: "t1", Lead: []org.UnitID{"zhujian"}}), analytics.Scope{AsOf: date("2014-10-08")}
	logged := func(want int64) {
		t.Helper()
		for range 2 { // from the table, then from memory
			c, err := reader.Coverage(t.Context(), plan, scope)
			if err != nil {
				t.Fatal(err)
			}
			if c.Total.Logged != want {
				t.Errorf("logged %d, want %d", c.Total.Logged, want)
			}
		}
	}
	logged(0)
	p := standing("c", "t1", "zhujian")
	logPlacements(t, db, p)
	logged(1)
	p.Revision, p.State = 2, placement.Withdrawn
	logPlacements(t, db, p)
	logged(0)

	q := survey.Questionnaire{Questions: []survey.Question{{Name: "a", Type: survey.Single, Options: []survey.Option{{Code: "x"}, {Code: "y"}}}}}
	r := answered("c", map[string][]string{"a": {"x"}})
	for revision, code := range []string{"x", "y", "x"} {
		r.Revision, r.Choices = uint32(revision+1), map[string][]string{"a": {code}}
		recordResponses(t, db, r)
		d, err := reader.Distribution(t.Context(), plan, survey.Wave{ID: "w1"}, q, "a", "")
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Total.Options[revision%2].Persons.Numerator; got != 1 || d.Total.Answered != 1 {
			t.Errorf("revision %d: %+v", revision+1, d.Total)
		}
	}
}

// Units ask at once while rows come in: each sees at least what it has been told is in,
// and never a row of another.
func TestReaderServesManyAtOnce(t *testing.T) {
	db := clickhousetest.Open(t)
	units := []org.Unit{}
	task := campaign.Task{Code: "t1"}
	for i := range 4 {
		id := org.UnitID(fmt.Sprintf("u%d", i))
		units, task.Lead = append(units, org.Unit{ID: id, Name: string(id), Kind: org.KindBureau}), append(task.Lead, id)
	}
	reader, plan := analytics.NewReader(db), planOf("c", units, task)
	var all sync.WaitGroup
	for _, unit := range task.Lead {
		all.Go(func() {
			for n := range int64(8) {
				logPlacements(t, db, standing("c", "t1", unit))
				c, err := reader.Coverage(t.Context(), plan, analytics.Scope{Unit: unit, AsOf: date("2014-10-08")})
				if err != nil {
					t.Error(err)
					return
				}
				if c.Total.Logged != n+1 || len(c.Cells) != 1 || c.Cells[0].Unit != unit {
					t.Errorf("%s logged %d, sees %+v", unit, n+1, c.Total)
				}
			}
		})
	}
	all.Wait()
}

// A page may sort or cut what it was given without changing what the next one gets.
func TestReaderGivesEachItsOwn(t *testing.T) {
	db := clickhousetest.Open(t)
	reader, plan, scope := analytics.NewReader(db), planOf("c", bureaus(), campaign.Task{Code: "t1", Lead: []org.UnitID{"zhujian"}}), analytics.Scope{AsOf: date("2014-10-08")}
	logPlacements(t, db, standing("c", "t1", "zhujian"), standing("c", "t1", "zhujian", func(p *recorded) { p.Measure = "条" }))
	first, err := reader.Coverage(t.Context(), plan, scope)
	if err != nil {
		t.Fatal(err)
	}
	today, err := reader.Today(t.Context(), plan, scope)
	if err != nil {
		t.Fatal(err)
	}
	first.Cells[0].Amounts[0].Quantity, first.ByTask[0].Label = -1, "x"
	today.Latest[0].Text = "x"
	second, err := reader.Coverage(t.Context(), plan, scope)
	if err != nil {
		t.Fatal(err)
	}
	again, err := reader.Today(t.Context(), plan, scope)
	if err != nil {
		t.Fatal(err)
	}
	if reflect.DeepEqual(first, second) || second.Cells[0].Amounts[0].Quantity != 1 || second.ByTask[0].Label != "t1" || again.Latest[0].Text == "x" {
		t.Errorf("one page changed what another got: %+v %+v", second.Cells, again.Latest)
	}
}
