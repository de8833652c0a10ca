package xlsform_test

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"shuixuan/app/survey"
	"shuixuan/app/survey/surveytest"
	"shuixuan/ingest/xlsform"
)

func asJSON(t interface{ Fatal(...any) }, v any) string {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Whatever a questionnaire holds comes back from its tables.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := surveytest.Questionnaire(t, 12)
		form, err := xlsform.Read(xlsform.Tables(q), "x.xlsx")
		if err != nil {
			t.Fatal(err)
		}
		if len(form.Faults)+len(form.Notes) > 0 {
			t.Fatalf("faults %+v, notes %+v in %s", form.Faults, form.Notes, asJSON(t, xlsform.Tables(q)))
		}
		if got, want := asJSON(t, form.Questionnaire), asJSON(t, q); got != want {
			t.Fatalf("came back as %s\nwas %s\ntables %s", got, want, asJSON(t, xlsform.Tables(q)))
		}
	})
}

// Questions that are like what is read as something else.
func TestRoundTripOfDoubtfulCases(t *testing.T) {
	options := []survey.Option{{Code: "yes", Label: "同意"}, {Code: "no", Label: "不同意"}}
	q := survey.Questionnaire{ID: "x", Title: "问卷", Questions: []survey.Question{
		{Name: "a", Type: survey.Single, Label: "像知情同意", Options: options},
		{Name: "a_other", Type: survey.Text, Label: "像“其他”的文字", ShowIf: &survey.Condition{Question: "a", In: []string{"no"}}},
		{Name: "b", Type: survey.Consent, Label: "知情同意"},
		{Name: "consent", Type: survey.Single, Label: "叫 consent 的题", Options: options[:1]},
		{Name: "c", Type: survey.Multiple, Label: "其他", Options: []survey.Option{{Code: "1", Label: "一"}, {Code: "9", Label: "其他", Other: true}}},
		{Name: "c_other", Type: survey.Text, Label: "叫 c_other 的题", ShowIf: &survey.Condition{Question: "c", In: []string{"9"}}},
		{Name: "d", Type: survey.Text, Label: "条件里什么都有", ShowIf: &survey.Condition{Question: "c", In: []string{"1"}, NotIn: []string{"9"},
			All: []survey.Condition{{Question: "a", In: []string{"yes", "no"}}, {Any: []survey.Condition{{Question: "a", NotIn: []string{"no"}}, {Question: "b", In: []string{"yes"}}}}},
			Any: []survey.Condition{{Question: "a", In: []string{"no"}}, {Question: "a", In: []string{"yes"}}}},
			Aliases: []string{`竖线|和\反斜线`, "两\n行"}},
	}, Indicators: []survey.Indicator{{Name: "i", Label: "同意率", Kind: survey.Share, Question: "a", Positive: []string{"yes"}, Base: survey.BaseAnswered, Source: "试用", Headline: true},
		{Name: "j", Label: "同意度", Kind: survey.Index, Question: "a", Values: map[string]float64{"yes": 100, "no": -0.5}, Base: survey.BaseOpinion, Source: "试用"}},
		Contradictions: []survey.Contradiction{{One: survey.Condition{Question: "a", In: []string{"yes", "no"}}, Other: survey.Condition{Question: "c", In: []string{"1", "9"}}, Reason: "=1+1 不能同时"},
			{One: survey.Condition{Question: "c", In: []string{"1"}}, Other: survey.Condition{Question: "c", In: []string{"9"}}, Reason: "一\n二"}}}
	if err := q.Validate(); err != nil {
		t.Fatal(err)
	}
	form, err := xlsform.Read(xlsform.Tables(q), "")
	if err != nil || len(form.Faults)+len(form.Notes) > 0 {
		t.Fatalf("%v, %+v", err, form)
	}
	if got, want := asJSON(t, form.Questionnaire), asJSON(t, q); got != want {
		t.Errorf("came back as %s\ntables %s", got, asJSON(t, xlsform.Tables(q)))
	}
}
