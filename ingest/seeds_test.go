package ingest

import (
	"testing"

	"shuixuan/app/survey"
	"shuixuan/seeds"
)

// TestShippedQuestionnairesBringTheirWaves: w1 and w2 of feicheng, w1 of governance, as
// programs outside rely on.
func TestShippedQuestionnairesBringTheirWaves(t *testing.T) {
	for campaign, want := range map[string][]survey.WaveID{"feicheng": {"w1", "w2"}, "governance": {"w1"}} {
		body, err := seeds.FS.ReadFile(campaign + "/questionnaire.yaml")
		if err != nil {
			t.Fatal(err)
		}
		_, waves, err := survey.Parse(body)
		if err != nil {
			t.Fatalf("%s: %v", campaign, err)
		}
		var got []survey.WaveID
		for _, w := range waves {
			got = append(got, w.ID)
		}
		if len(got) != len(want) || got[0] != want[0] || got[len(got)-1] != want[len(want)-1] {
			t.Errorf("%s brings waves %v, want %v", campaign, got, want)
		}
	}
}
