package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"shuixuan/app/survey"
	"shuixuan/app/survey/surveytest"
)

// A page shows and hides questions by static/conditions.js, the server decides by
// survey.Shown. Here the module itself runs in Chromium on some thousand drawn
// questionnaires and answers, and has to name the same questions.
func TestThePageSkipsAsTheServerDoes(t *testing.T) {
	page := httptest.NewServer(http.FileServer(http.Dir("internal/web/static")))
	t.Cleanup(page.Close)
	b := openBrowser(t, page.URL, 800, 600)
	b.open("/logo.svg")
	ask[bool](b, `import("/conditions.js").then(module => { window.shown = module.shown }), true`)
	b.waitFor(`"shown" in window`)
	type given struct {
		Questions []survey.Question   `json:"questions"`
		Choices   map[string][]string `json:"choices"`
		Numbers   map[string]float64  `json:"numbers"`
		Young     bool                `json:"young"`
	}
	draw := rapid.Custom(func(t *rapid.T) given {
		q := surveytest.Questionnaire(t, 12)
		r := surveytest.Answers(t, q)
		for i := range q.Questions {
			one := &q.Questions[i]
			q.Questions[i] = survey.Question{Name: one.Name, Type: one.Type, Required: one.Required, Adults: one.Adults, Rows: one.Rows, ShowIf: one.ShowIf, SkipIf: one.SkipIf}
		}
		return given{q.Questions, r.Choices, r.Numbers, r.Young}
	})
	const rounds, each = 10, 300
	skipped := 0
	for round := range rounds {
		var cases []given
		for i := range each {
			cases = append(cases, draw.Example(round*each+i))
		}
		text, err := json.Marshal(cases)
		if err != nil {
			t.Fatal(err)
		}
		got := ask[[][]string](b, string(text)+`.map(one => [...shown(one.questions, one)].sort())`)
		for i, c := range cases {
			var want []string
			shown := survey.Shown(survey.Questionnaire{Questions: c.Questions}, survey.Response{Choices: c.Choices, Numbers: c.Numbers, Young: c.Young})
			for name := range shown {
				want = append(want, name)
			}
			slices.Sort(want)
			if !slices.Equal(got[i], want) {
				one, _ := json.Marshal(c)
				t.Fatalf("case %d: the page shows %v, the server %v: %s", round*each+i, got[i], want, one)
			}
			if len(want) < len(c.Questions) {
				skipped++
			}
		}
	}
	if skipped < rounds*each/4 {
		t.Errorf("only %d of %d cases skip anything: they try too little", skipped, rounds*each)
	}
}
