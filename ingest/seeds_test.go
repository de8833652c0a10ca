package ingest

import (
	"os"
	"testing"

	"shuixuan/app/survey"
)

func TestSeeds(t *testing.T) {
	for _, dir := range []string{"../seeds/feicheng/", "../seeds/governance/"} {
		q, _ := questionnaire(t, dir+"questionnaire.yaml")
		body, err := os.ReadFile(dir + "waves.yaml")
		if err != nil {
			t.Fatal(err)
		}
		waves, err := survey.ParseWaves(body)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range waves {
			if err := w.Validate(q); err != nil {
				t.Error(err)
			}
		}
	}
}
