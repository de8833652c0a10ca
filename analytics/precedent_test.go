package analytics_test

import (
	"math"
	"testing"

	"shuixuan/analytics"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/survey"
)

// TestPrecedent holds what a wave teaches against its rows: the share, and the two variances
// whose ratio says how alike the people of an area are. Unequal weights stay out of it.
func TestPrecedent(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	sheets := drawnSheets()
	recordResponses(t, db, sheets...)
	plan := planOf("c", nil)
	wave, q := designed(survey.Probability, survey.ByArea)
	if _, known, err := reader.Precedent(t.Context(), plan, wave, q); known || err != nil {
		t.Fatalf("a questionnaire without a headline share of the satisfied has a precedent: %v", err)
	}
	q.Questions[2].Dimension, q.Indicators[1].Headline = "满意", true
	got, known, err := reader.Precedent(t.Context(), plan, wave, q)
	if err != nil || !known || got.Indicator.Name != "opinion" {
		t.Fatalf("%v %+v %v", known, got.Indicator, err)
	}
	apart := wave
	apart.Sampling.Unit, apart.Sampling.Kind = "", survey.Convenience
	a, b := rowFigure(t, rowsOf(t, wave, sheets), sheets, got.Indicator, ""), rowFigure(t, rowsOf(t, apart, sheets), sheets, got.Indicator, "")
	if want := a.SE * a.SE / (b.SE * b.SE); math.Abs(got.Alike/want-1) > 1e-9 || want < 1.05 {
		t.Errorf("alike %v, rows %v", got.Alike, want)
	}
	if math.Abs(got.Share.Total.Figure.Value-a.Value) > 1e-10 || got.Alike >= got.Share.Total.Figure.Deff || len(got.Share.Groups) != 3 {
		t.Errorf("share %v, rows %v; alike %v of a design effect of %v", got.Share.Total.Figure.Value, a.Value, got.Alike, got.Share.Total.Figure.Deff)
	}
	if got, _, err := reader.Precedent(t.Context(), plan, apart, q); err != nil || got.Alike != 1 {
		t.Errorf("nobody was reached together: %v %v", got.Alike, err)
	}
	wave.ID = "w9"
	if got, known, err := reader.Precedent(t.Context(), plan, wave, q); err != nil || !known || got.Alike != 0 || got.Share.Total.Estimate.Valid {
		t.Errorf("a wave without answers: %+v %v", got, err)
	}
}
