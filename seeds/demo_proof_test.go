package seeds

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/placement"
)

// TestProofIsTheSameEachTimeAndNeverOfTheFuture: who starts the demonstration twice on one
// day gets one history, and nothing in it has yet to happen.
func TestProofIsTheSameEachTimeAndNeverOfTheFuture(t *testing.T) {
	rule := campaign.Rule{Photos: campaign.Sourced[int]{Value: 1}, Interval: campaign.Sourced[int]{Value: 30}, RepairDays: campaign.Sourced[int]{Value: 7}}
	plan := campaign.NewPlan(campaign.Campaign{ID: "c"}, nil, []campaign.Carrier{{ID: "board", Rule: rule}, {ID: "lesson"}}, org.NewResolver(nil))
	today := time.Date(2014, 11, 27, 0, 0, 0, 0, time.UTC)
	var placements []placement.Placement
	for i := range 200 {
		carrier := campaign.CarrierID("board")
		if i%10 == 0 {
			carrier = "lesson"
		}
		placements = append(placements, placement.Placement{ID: uuid.NewSHA1(uuid.Nil, []byte{byte(i)}), Carrier: carrier, Revision: 1,
			Start: today.AddDate(0, 0, -80), RecordedAt: today.AddDate(0, 0, -75+i%40)})
	}
	first, second := Proof(plan, placements, today), Proof(plan, placements, today)
	if len(first) != len(second) {
		t.Fatalf("%d acts and then %d", len(first), len(second))
	}
	lessons := map[uuid.UUID]bool{}
	for _, p := range placements {
		lessons[p.ID] = p.Carrier == "lesson"
	}
	var photos, copies, visits, verdicts int
	for i, a := range first {
		b := second[i]
		if !a.At.Equal(b.At) || a.Placement != b.Placement {
			t.Fatalf("act %d is another the second time", i)
		}
		if !a.At.Before(today) {
			t.Errorf("act %d is of %s, and today is %s", i, a.At, today)
		}
		switch {
		case a.Photo != nil:
			if lessons[a.Placement] {
				t.Error("a photo of what needs none")
			}
			if photos++; photos <= 3 && !bytes.Equal(a.Photo.Body(), b.Photo.Body()) {
				t.Error("one photo is two pictures")
			}
			if a.Photo.Copied {
				copies++
			}
		case a.Inspection != nil:
			visits++
		case a.Verdict != nil:
			verdicts++
		}
	}
	if photos < 80 || copies == 0 || visits < 80 || verdicts < 150 {
		t.Errorf("%d photos, %d of them copies, %d visits, %d verdicts: the pages would have little to show", photos, copies, visits, verdicts)
	}
}
