//go:build bench

package analytics_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"shuixuan/analytics"
	"shuixuan/app/budget"
	"shuixuan/app/clickhouse"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/survey"
)

// TestBudgetsWeighted estimates a designed sample of 10,000,000 responses: five strata,
// fourteen areas, 2,000 distributors in each stratum.
func TestBudgetsWeighted(t *testing.T) {
	db := clickhousetest.Open(t)
	const people = 10_000_000
	fill(t, db, people)
	plan := planOf("c", nil)
	wave := survey.Wave{ID: "w1", Sampling: survey.Sampling{Kind: survey.Probability, Unit: survey.ByDistributor, Frame: "bench"}}
	for i := range 5 {
		wave.Strata = append(wave.Strata, survey.Stratum{Code: fmt.Sprint("s", i+1), Label: fmt.Sprint(i), Population: 1_000_000 * (i + 3)})
	}
	for i := range 14 {
		wave.Areas = append(wave.Areas, survey.Area{Code: fmt.Sprint("a", i), Label: fmt.Sprint(i)})
	}
	whole := twentyQuestions()
	one := whole
	one.Indicators = whole.Indicators[3:4]
	ours, bare := budget.Turns(t, 3, func() error {
		w, err := analytics.NewReader(db).Weighted(t.Context(), plan, wave, one, analytics.Stratum)
		if err == nil && (w.Sample.Counted != people || !w.Figures[0].Total.Figure.HasSE || len(w.Figures[0].Groups) != 5) {
			err = fmt.Errorf("%+v", w.Sample)
		}
		return err
	}, func() error {
		return read(t, db, "SELECT stratum, distributor, choices['q3'][1] AS answer, count() FROM responses FINAL WHERE campaign = 'c' AND wave = 'w1' AND disposition IN ('complete', 'partial') AND late = 0 GROUP BY stratum, distributor, answer")
	})
	budget.Ratio(t, "one question by group, weighted with variance, over 10,000,000 responses, to the bare sums", ours, bare, 1.5)

	// Twenty questions by one breakdown: the whole wave is six of them. (With all six it had not
	// ended after twelve minutes; the answers lie in a map, of which each scan reads all.)
	start := time.Now()
	if _, err := analytics.NewReader(db).Weighted(t.Context(), plan, wave, whole, ""); err != nil {
		t.Fatal(err)
	}
	budget.Under(t, "a whole wave of 10,000,000 responses: 20 questions by 6 breakdowns, weighted, with variances (6 times one)", 6*time.Since(start).Seconds(), 6, "s")
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	budget.Note("Go heap after it", fmt.Sprintf("%d MB", m.HeapInuse>>20))
}

// TestBudgetsOverlapping estimates one question by a multiple choice of twelve options, of which
// each person ticked six: as many sets as there can be, 66 pairs with their covariance.
func TestBudgetsOverlapping(t *testing.T) {
	db := clickhousetest.Open(t)
	fill(t, db, 1_000_000)
	q := twentyQuestions()
	q.Indicators = q.Indicators[3:4]
	many := survey.Question{Name: "m", Type: survey.Multiple, Label: "m"}
	for _, code := range "abcdefghijkl" {
		many.Options = append(many.Options, survey.Option{Code: string(code), Label: string(code)})
	}
	q.Questions = append(q.Questions, many)
	for unit, limit := range map[survey.SampleUnit]float64{"": 5, survey.ByArea: 8} {
		wave := survey.Wave{ID: "w1", Sampling: survey.Sampling{Kind: survey.Probability, Unit: unit}}
		start := time.Now()
		w, err := analytics.NewReader(db).Weighted(t.Context(), planOf("c", nil), wave, q, "m")
		if err != nil || len(w.Figures[0].Pairs) != 66 {
			t.Fatalf("%+v %v", w, err)
		}
		budget.Under(t, fmt.Sprintf("one question by 12 overlapping groups over 1,000,000 responses, units %q", unit), time.Since(start).Seconds(), limit, "s")
	}
}

// twentyQuestions asks each of the twenty single choices as a share.
func twentyQuestions() survey.Questionnaire {
	q := survey.Questionnaire{}
	for i := range 20 {
		name := fmt.Sprint("q", i)
		q.Questions = append(q.Questions, survey.Question{Name: name, Type: survey.Single, Label: name, Options: []survey.Option{{Code: "a"}, {Code: "b"}, {Code: "c"}, {Code: "d"}, {Code: "e"}}})
		q.Indicators = append(q.Indicators, survey.Indicator{Name: name, Kind: survey.Share, Question: name, Positive: []string{"a", "b"}, Base: survey.BaseAnswered})
	}
	return q
}

func read(t *testing.T, db *clickhouse.DB, query string) error {
	rows, err := db.Query(t.Context(), query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}
