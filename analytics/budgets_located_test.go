//go:build bench

package analytics_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"shuixuan/analytics"
	"shuixuan/app/budget"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/dashboards"
	"shuixuan/dashboards/plane"
)

// TestBudgetsMap draws 10,000 points and holds the time against the same statement sent
// straight to the engine. What is sent stays small, however many points there are.
func TestBudgetsMap(t *testing.T) {
	db := clickhousetest.Open(t)
	plan := withRules(planOf("c", bureaus(), campaign.Task{Code: "t1", Lead: []org.UnitID{"zhujian"}}))
	random := rand.New(rand.NewPCG(1, 1))
	list := make([]recorded, 10_000)
	for i := range list {
		list[i] = standing("c", "t1", "zhujian", func(r *recorded) {
			r.Position = &placement.Position{Longitude: 116.6 + 0.4*random.Float64(), Latitude: 36 + 0.3*random.Float64(), Datum: placement.GCJ02}
		})
	}
	insertPlacements(t, db, list)
	scope := analytics.Scope{Campaign: "c", AsOf: date("2014-10-10")}
	draw := func(r *analytics.Reader, window plane.Window) dashboards.MapPicture {
		got, err := r.Located(t.Context(), plan, scope, analytics.Chosen{})
		if err != nil {
			t.Fatal(err)
		}
		return dashboards.Map(plan, dashboards.MapWide, got.Points, dashboards.MapAsked{Window: window, Link: plane.Window.String, Place: func(id string) string { return id }})
	}
	remembers := analytics.NewReader(db)
	got, err := remembers.Located(t.Context(), plan, scope, analytics.Chosen{})
	if err != nil {
		t.Fatal(err)
	}
	picture := draw(remembers, plane.Window{})
	marks := 0
	for _, m := range picture.Marks {
		marks += m.Count
	}
	if marks != 10_000 || len(picture.Marks) > 225 {
		t.Fatalf("%d points in %d marks, want 10,000 in at most 225", marks, len(picture.Marks))
	}
	ours, straight := budget.Turns(t, budget.Rounds, func() error { draw(analytics.NewReader(db), plane.Window{}); return nil }, func() error {
		rows, err := db.Query(t.Context(), got.SQL)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
		}
		return rows.Err()
	})
	budget.Ratio(t, "a map of 10,000 points, to its own SQL", ours, straight, 2)
	start := time.Now()
	draw(remembers, plane.Window{West: 116.7, South: 36.1, East: 116.8, North: 36.2})
	budget.Note("a window of 10,000 points while nothing was written, from memory", time.Since(start).Round(100*time.Microsecond).String())
}
