package web

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"shuixuan/app/audit"
	"shuixuan/app/survey"
	"shuixuan/app/survey/surveytest"
)

// The form of the entry page is taken exactly where the answers in it are right, and what
// is kept holds no answer to a question that was skipped.
func TestDrawnSheetsAreEnteredAsTheyShould(t *testing.T) {
	s := newSite(t, 0)
	const questionnaires, sheets = 6, 12
	type drawn struct {
		q      survey.Questionnaire
		clicks []map[string]surveytest.Click
	}
	draw := rapid.Custom(func(t *rapid.T) drawn {
		d := drawn{q: surveytest.Questionnaire(t, 6)}
		for range sheets {
			d.clicks = append(d.clicks, surveytest.Clicks(t, d.q))
		}
		return d
	})
	taken, refused := 0, 0
	for i := range questionnaires {
		d := draw.Example(i)
		d.q.ID = survey.QuestionnaireID(fmt.Sprintf("drawn-%d", i))
		wave := survey.Wave{ID: survey.WaveID(d.q.ID), Name: "试", Questionnaire: d.q.ID}
		if stratum, grouped := d.q.Question(d.q.Stratum); grouped {
			for _, o := range stratum.Options {
				wave.Strata = append(wave.Strata, survey.Stratum{Code: o.Code, Label: o.Label})
			}
		}
		if _, err := s.Surveys.PutQuestionnaire(t.Context(), audit.System("test"), "feicheng", d.q, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Surveys.PutWave(t.Context(), audit.System("test"), "feicheng", wave, 0); err != nil {
			t.Fatal(err)
		}
		for n, clicks := range d.clicks {
			id := uuid.New()
			fields := url.Values{"id": {id.String()}, "number": {fmt.Sprint(n + 1)}}
			for name, c := range clicks {
				question, _ := d.q.Question(name)
				if question.Choice() {
					fields["q."+name] = c.Codes
					if other, asks := question.OtherOption(); asks && len(c.Codes) > 0 && c.Codes[len(c.Codes)-1] == other.Code {
						fields.Set("o."+name, c.Text)
					}
				} else {
					fields.Set("q."+name, c.Text)
				}
			}
			r, unreadable := readResponse(fields, d.q)
			settled := survey.Settle(d.q, r)
			right := len(unreadable) == 0 && len(survey.Validate(d.q, settled)) == 0
			got := s.do("fafang", "POST", "/c/feicheng/waves/"+string(wave.ID)+"/responses", fields)
			if right != (got.status == 303) || !right && got.status != 422 {
				t.Fatalf("answered %d, and the sheet is right: %v (%v): %v to %+v", got.status, right, survey.Validate(d.q, settled), fields, d.q)
			}
			if !right {
				refused++
				continue
			}
			taken++
			held, err := s.Surveys.Response(t.Context(), "feicheng", wave.ID, id)
			if err != nil {
				t.Fatal(err)
			}
			shown := survey.Shown(d.q, held)
			for name := range held.Choices {
				if !shown[name] {
					t.Errorf("%s was skipped and holds an answer", name)
				}
			}
		}
	}
	if taken == 0 || refused == 0 {
		t.Errorf("%d taken, %d refused: it tries one side only", taken, refused)
	}
}
