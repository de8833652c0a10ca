package ingest

import (
	"bytes"
	"testing"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/seeds"
)

// TestDemonstrationLedgers sends every ledger of the demonstration through the intake
// as its unit would. The numbers are the sums of the streams and faults of
// seeds/demo_ledgers.go.
func TestDemonstrationLedgers(t *testing.T) {
	files, err := seeds.Demo()
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	b.seed(t, "governance")
	plans := map[string]*campaign.Plan{"feicheng": b.plan}
	if plans["governance"], err = b.campaigns.Plan(t.Context(), "governance"); err != nil {
		t.Fatal(err)
	}
	type sum struct{ files, accepted, rejected, skipped, known int }
	got := map[string]sum{}
	send := func() {
		for _, f := range files {
			if f.Kind != seeds.Placements {
				continue
			}
			actor := audit.Actor{ID: "demo", Role: audit.RoleOffice, Campaign: f.Campaign}
			if f.Unit != "" {
				actor = audit.Actor{ID: "demo-" + f.Unit, Role: audit.RoleUnit, Campaign: f.Campaign, Unit: f.Unit}
			}
			kept, err := b.Originals().Keep(t.Context(), f.Name, bytes.NewReader(f.Body), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			r, err := b.PlacementsFile(t.Context(), actor, plans[f.Campaign], kept, Options{})
			kept.Close()
			if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			for _, rejection := range r.Rejected {
				t.Logf("%s row %d %s: %s", f.Name, rejection.Row, rejection.Heading, rejection.Why)
			}
			for _, a := range r.Accepted {
				if a.Warning != "" {
					t.Errorf("%s row %d: warning %s", f.Name, a.Row, a.Warning)
				}
			}
			if len(r.ColumnsNotStored) > 0 {
				t.Errorf("%s: columns not stored %q", f.Name, r.ColumnsNotStored)
			}
			s := got[f.Campaign]
			got[f.Campaign] = sum{s.files + 1, s.accepted + len(r.Accepted), s.rejected + r.RejectedRows(), s.skipped + len(r.Skipped), s.known + r.AlreadyKnown}
		}
	}
	send()
	t.Logf("%+v", got)
	if f := got["feicheng"]; f.accepted != 600 || f.rejected != 20 || f.known != 0 {
		t.Errorf("feicheng: 600 placements and 20 faulty rows were made, got %+v", f)
	}
	if g := got["governance"]; g.accepted != 40 || g.rejected != 2 || g.known != 0 {
		t.Errorf("governance: 40 placements and 2 faulty rows were made, got %+v", g)
	}
	if n := b.count(t, `SELECT count() FROM placements FINAL WHERE unit = 'gaoxinqu'`); n != 0 {
		t.Errorf("高新区政府 sends nothing in the demonstration, %d rows found", n)
	}
	clear(got)
	send()
	if f := got["feicheng"]; f.accepted != 0 || f.known != 600 {
		t.Errorf("the same files again add nothing, got %+v", f)
	}
}
