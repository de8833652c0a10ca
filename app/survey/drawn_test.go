package survey_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"shuixuan/app/survey"
	"shuixuan/app/survey/surveytest"
)

func TestDrawnQuestionnairesAreValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := surveytest.Questionnaire(t, 12)
		if err := q.Validate(); err != nil {
			t.Fatalf("%v: %+v", err, q)
		}
	})
}

// page is what a person has before them: questions come and go as they answer, a question
// that goes takes its answer along, and an option that can't be beside others unchecks
// them. Its rules are written out once more here, as a page has them, and not taken from
// the code that is tried; only which questions are shown is (conditions.js is compared
// with it in a browser).
type page struct {
	q survey.Questionnaire
	r survey.Response
}

// answer does what the page does on a click, if the question is there to be clicked.
func (p *page) answer(name string, c surveytest.Click) {
	question, _ := p.q.Question(name)
	if !survey.Shown(p.q, p.r)[name] {
		return
	}
	switch {
	case question.Choice():
		codes := slices.Clone(c.Codes)
		for _, o := range question.Options {
			if o.Exclusive && slices.Contains(codes, o.Code) {
				codes = []string{o.Code}
			}
		}
		p.r.Choices[name] = codes
		if other, asks := question.OtherOption(); asks && slices.Contains(codes, other.Code) {
			p.r.Texts[survey.OtherKey(name)] = c.Text
		} else {
			delete(p.r.Texts, survey.OtherKey(name))
		}
	case question.Numeric():
		p.r.Numbers[name], _ = strconv.ParseFloat(c.Text, 64)
	default:
		p.r.Texts[name] = c.Text
	}
	p.empty()
}

// empty takes away the answers of what isn't shown any more.
func (p *page) empty() {
	shown := survey.Shown(p.q, p.r)
	for name := range p.r.Choices {
		if !shown[name] {
			delete(p.r.Choices, name)
		}
	}
	maps.DeleteFunc(p.r.Numbers, func(name string, _ float64) bool { return !shown[name] })
	maps.DeleteFunc(p.r.Texts, func(name, _ string) bool { return !shown[strings.TrimSuffix(name, ".other")] })
}

// complaints are the fields that the page would not let pass. Who refused is not asked for
// what is open.
func (p *page) complaints(refused bool) []string {
	var list []string
	shown := survey.Shown(p.q, p.r)
	for _, question := range p.q.Items() {
		if shown[question.Name] && question.Type != survey.Note && !p.fits(question, refused) {
			list = append(list, question.Name)
		}
	}
	return list
}

func (p *page) fits(question survey.Question, refused bool) bool {
	name := question.Name
	within := func(v float64) bool {
		return (question.Min == nil || v >= *question.Min) && (question.Max == nil || v <= *question.Max)
	}
	switch {
	case question.Choice():
		codes := p.r.Choices[name]
		if len(codes) == 0 {
			return !question.Required || refused
		}
		for _, o := range question.Options {
			if o.Other && !refused && slices.Contains(codes, o.Code) && p.r.Texts[survey.OtherKey(name)] == "" {
				return false
			}
			if o.Exclusive && len(codes) == 1 && codes[0] == o.Code {
				return true
			}
		}
		return question.Type != survey.Multiple || within(float64(len(codes)))
	case question.Numeric():
		v, held := p.r.Numbers[name]
		if !held {
			return !question.Required || refused
		}
		whole := question.Whole || question.Type == survey.Rating
		return within(v) && (!whole || v == float64(int(v)))
	}
	text := p.r.Texts[name]
	switch {
	case text == "":
		return !question.Required || refused
	case question.Type == survey.Date:
		return text >= max("1900-01-01", question.Earliest) && (question.Latest == "" || text <= question.Latest)
	}
	return within(float64(utf8.RuneCountInString(text)))
}

// Whatever is clicked, in whatever order: the server takes a sheet as complete exactly
// where the page has nothing to complain of, names the same questions otherwise, and what
// it takes holds no answer to a question that was skipped.
func TestTheServerAcceptsWhatThePageAllows(t *testing.T) {
	taken, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		q := surveytest.Questionnaire(t, 10)
		p := &page{q: q, r: survey.Response{Disposition: survey.Complete, Young: rapid.IntRange(0, 3).Draw(t, "young") == 3,
			Choices: map[string][]string{}, Numbers: map[string]float64{}, Texts: map[string]string{}}}
		for range rapid.IntRange(1, 2).Draw(t, "rounds") { // a second round changes earlier answers
			for _, item := range q.Items() {
				if click, is := surveytest.Clicks(t, survey.Questionnaire{Questions: []survey.Question{item}})[item.Name]; is {
					p.answer(item.Name, click)
				}
			}
		}
		r := survey.Settle(q, p.r)
		var told []string
		for _, f := range survey.Validate(q, r) {
			if name := strings.TrimSuffix(f.Field, ".other"); name != "" && !slices.Contains(told, name) {
				told = append(told, name)
			}
		}
		if len(r.Choices)+len(r.Numbers)+len(r.Texts) == 0 && r.Disposition.Counts() {
			// A blank sheet is refused as a whole; a page doesn't save one either.
			if len(survey.Validate(q, r)) == 0 {
				t.Fatal("a blank sheet is taken")
			}
			return
		}
		want := p.complaints(r.Disposition == survey.Refused)
		slices.Sort(told)
		slices.Sort(want)
		if !slices.Equal(told, want) {
			t.Fatalf("the page complains of %v, the server of %v (%s): %+v to %+v", want, told, r.Disposition, r, q)
		}
		shown := survey.Shown(q, r)
		for name := range r.Choices {
			if !shown[name] {
				t.Fatalf("%s was skipped and holds an answer", name)
			}
		}
		if len(told) == 0 {
			taken++
		} else {
			refused++
		}
	})
	if taken == 0 || refused == 0 {
		t.Errorf("%d taken, %d refused: it tries one side only", taken, refused)
	}
}

// An answer to any question that was not shown is refused, whatever else is right.
func TestAnAnswerToASkippedQuestionIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := surveytest.Questionnaire(t, 10)
		r := survey.Settle(q, surveytest.Answers(t, q))
		shown := survey.Shown(q, r)
		told := map[string]bool{}
		for _, f := range survey.Validate(q, r) {
			told[f.Field] = told[f.Field] || strings.Contains(f.Why, "应当跳过")
		}
		for _, item := range q.Items() {
			_, number := r.Numbers[item.Name]
			answered := len(r.Choices[item.Name]) > 0 || number || r.Texts[item.Name] != ""
			if answered && !shown[item.Name] != told[item.Name] {
				t.Fatalf("%s: shown %v, told %v: %+v to %+v", item.Name, shown[item.Name], told[item.Name], r, q)
			}
		}
	})
}
