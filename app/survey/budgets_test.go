//go:build bench

package survey_test

import (
	"fmt"
	"testing"
	"time"

	"shuixuan/app/budget"
	"shuixuan/app/survey"
	"shuixuan/ingest/xlsform"
)

// large is a questionnaire of 500 items: of ten, four choices with ten options, a multiple
// choice, a matrix of two rows, a number, a date and a text; each is asked on conditions of
// three earlier ones.
func large() (survey.Questionnaire, survey.Response) {
	q := survey.Questionnaire{ID: "large", Title: "五百题", Stratum: "q0"}
	r := survey.Response{Disposition: survey.Complete, Choices: map[string][]string{}, Numbers: map[string]float64{}, Texts: map[string]string{}}
	for i := 0; len(q.Items()) < 500; i++ {
		one := survey.Question{Name: fmt.Sprintf("q%d", i), Label: fmt.Sprintf("第%d个问题，问的是河水和宣传", i), Required: true}
		for j := range 10 {
			one.Options = append(one.Options, survey.Option{Code: fmt.Sprint("c", j), Label: fmt.Sprintf("第%d题的选项%d", i, j), Aliases: []string{fmt.Sprintf("别名%d-%d", i, j)}})
		}
		switch one.Type = survey.Single; i % 9 {
		case 4:
			one.Type = survey.Multiple
		case 5:
			one.Type, one.Rows = survey.Matrix, []survey.Row{{Name: one.Name + "_a", Label: "甲" + one.Name}, {Name: one.Name + "_b", Label: "乙" + one.Name}}
			r.Choices[one.Name+"_a"], r.Choices[one.Name+"_b"] = []string{"c1"}, []string{"c2"}
		case 6:
			one.Type, one.Options = survey.Number, nil
			r.Numbers[one.Name] = 5
		case 7:
			one.Type, one.Options = survey.Date, nil
			r.Texts[one.Name] = "2014-09-10"
		case 8:
			one.Type, one.Options = survey.Text, nil
			r.Texts[one.Name] = "多清理河边的垃圾"
		}
		if one.Type == survey.Single || one.Type == survey.Multiple {
			r.Choices[one.Name] = []string{"c0"}
		}
		if i > 9 {
			first := survey.Condition{Question: "q0", In: []string{"c0", "c1"}}
			near := survey.Condition{Question: fmt.Sprintf("q%d", i/9*9-6), NotIn: []string{"c5"}}
			one.ShowIf = &survey.Condition{All: []survey.Condition{first, near, {Any: []survey.Condition{first, near}}}}
		}
		q.Questions = append(q.Questions, one)
	}
	return q, r
}

func TestBudgetsLargeQuestionnaire(t *testing.T) {
	q, r := large()
	if err := q.Validate(); err != nil {
		t.Fatal(err)
	}
	r = survey.Settle(q, r)
	if faults := survey.Validate(q, r); len(faults) > 0 || r.Disposition != survey.Complete {
		t.Fatalf("%s %+v", r.Disposition, faults)
	}
	median := func(run func()) float64 {
		var list []time.Duration
		for range 11 {
			start := time.Now()
			run()
			list = append(list, time.Since(start))
		}
		return float64(budget.Median(list)) / float64(time.Millisecond)
	}
	budget.Under(t, "500 items: check of the questionnaire", median(func() { _ = q.Validate() }), 100, "ms")
	budget.Under(t, "500 items: check of a response", median(func() { survey.Validate(q, survey.Settle(q, r)) }), 100, "ms")
	tables := xlsform.Tables(q)
	budget.Under(t, "500 items: read from an XLSForm", median(func() {
		if form, err := xlsform.Read(tables, ""); err != nil || len(form.Faults) > 0 {
			t.Fatalf("%v %+v", err, form.Faults)
		}
	}), 500, "ms")
}
