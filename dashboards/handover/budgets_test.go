//go:build bench

package handover_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"shuixuan/analytics"
	"shuixuan/app/budget"
	"shuixuan/app/campaign"
	"shuixuan/app/survey"
	"shuixuan/dashboards/handover"
)

// TestBudgetsHandover takes 1,000,000 responses to 36 questions through both walks: the count of
// cells and the .sav with 40 variables and more. One in ten wrote something.
func TestBudgetsHandover(t *testing.T) {
	const rows = 1_000_000
	s := source(t, nil)
	s.Questionnaire.Questions = s.Questionnaire.Questions[:3]
	s.Questionnaire.Indicators = nil
	grades := []survey.Option{{Code: "very", Label: "满意"}, {Code: "not", Label: "不满意"}, {Code: "unsure", Label: "说不清", DontKnow: true}}
	for i := range 32 {
		s.Questionnaire.Questions = append(s.Questionnaire.Questions, survey.Question{Name: fmt.Sprintf("q%d", i), Type: survey.Single, Label: "满意吗？", Options: grades})
	}
	s.Questionnaire.Questions = append(s.Questionnaire.Questions, survey.Question{Name: "words", Type: survey.LongText, Label: "建议？"})
	pool := responses(1000)
	for i := range pool {
		for k := range 32 {
			pool[i].Choices[fmt.Sprintf("q%d", k)] = []string{grades[(i+k)%3].Code}
		}
		if i%10 == 0 {
			pool[i].Texts = map[string]string{"words": "河道里的垃圾要有人清理"}
		}
		pool[i].Disposition, pool[i].Late = survey.Complete, false
	}
	s.Sample = analytics.Sample{Sampling: wave().Sampling}
	s.Settings = handover.Settings{Smallest: campaign.Sourced[int64]{Value: 5}, Keys: []string{"@area", "age", "sex"}}
	s.Each = func(_ context.Context, yield func(survey.Response) error) error {
		for i := range rows {
			if err := yield(pool[i%len(pool)]); err != nil {
				return err
			}
		}
		return nil
	}
	start := time.Now()
	d := open(t, s)
	counted := time.Since(start)
	file, err := os.Create(filepath.Join(t.TempDir(), "x.sav"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	start = time.Now()
	if err := d.Sav(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	budget.Under(t, ".sav of 1,000,000 responses to 36 questions, from responses", time.Since(start).Seconds(), 20, "s")
	budget.Note("the walk before it, which counts small cells and measures texts", counted.Round(10*time.Millisecond).String())
}
