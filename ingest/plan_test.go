package ingest

import (
	"testing"

	"shuixuan/app/org"
	"shuixuan/seeds"
)

func TestQuick(t *testing.T) {
	for _, c := range seeds.Campaigns() {
		body, _ := seeds.FS.ReadFile(c + "/units.yaml")
		u, faults, err := readUnits("units.yaml", body)
		t.Log(len(u.Units), faults, err, u.check(nil))
		body, _ = seeds.FS.ReadFile(c + "/plan.yaml")
		p, faults, err := readPlan("plan.yaml", body)
		t.Log(p.Campaign, len(p.Tasks), len(p.Carriers), faults, err)
		t.Log(p.check(org.NewResolver(u.Units)))
	}
}
