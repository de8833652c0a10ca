// Package surveytest draws questionnaires and answers by chance, for tests that say what
// holds of all of them. Only tests import it.
//
// What it draws is valid: each questionnaire passes its own check, with every type, every
// limit and conditions on whatever stands before. How often something is drawn is chosen
// so that skips, exclusive options and consents meet often, not as in a survey.
package surveytest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"

	"shuixuan/app/survey"
)

// kinds are the types in the order in which a failing case is made simpler.
var kinds = []survey.QuestionType{survey.Single, survey.Multiple, survey.Scale, survey.Number, survey.Rating,
	survey.Consent, survey.Text, survey.LongText, survey.Date, survey.Matrix, survey.Note}

// words are put together to labels: plain ones, and such as break a file or a page.
var words = []string{"河水", "满意", "公交车", "a b", "1.", `"引号"`, "<b>", "</script>", "=1+1", "'", "@", "，", "x,y", "'x'", "|", "＝全角", "\u200b", "🐟", "{", "\\"}

func draw[T any](t *rapid.T, list []T, label string) T {
	return rapid.SampledFrom(list).Draw(t, label)
}

// rarely is true once in about n draws, and in the simplest case never.
func rarely(t *rapid.T, n int, label string) bool {
	return rapid.IntRange(0, n-1).Draw(t, label) == n-1
}

func number(t *rapid.T, low, high int, label string) *float64 {
	v := float64(rapid.IntRange(low, high).Draw(t, label))
	return &v
}

// label is unlike every other: a heading or a cell can mean one thing only.
func (d *drawing) label(kind string) string {
	d.count++
	text := fmt.Sprintf("%s%d", kind, d.count)
	for range rapid.IntRange(0, 2).Draw(d.t, "words") {
		text += draw(d.t, words, "word")
	}
	return strings.TrimSpace(strings.TrimRight(text, "\u200b "))
}

type drawing struct {
	t     *rapid.T
	q     survey.Questionnaire
	count int
}

// Questionnaire draws one of up to so many questions.
func Questionnaire(t *rapid.T, most int) survey.Questionnaire {
	d := &drawing{t: t, q: survey.Questionnaire{ID: "drawn", Title: "问卷"}}
	d.q.Title = d.label("问卷")
	if rarely(t, 3, "intro") {
		d.q.Intro, d.q.Source = "第一段\n第二段 “引号”", d.label("出处")
	}
	if rarely(t, 3, "grouped") {
		d.q.Stratum = "grp"
		d.q.Questions = append(d.q.Questions, survey.Question{Name: "grp", Type: survey.Single, Label: d.label("您是"), Required: true, Options: d.options(survey.Single)})
	}
	for range rapid.IntRange(1, most).Draw(t, "questions") {
		d.q.Questions = append(d.q.Questions, d.question())
	}
	d.contradiction()
	return d.q
}

// contradiction draws a rule on two questions, where there are two to ask.
func (d *drawing) contradiction() {
	t := d.t
	targets := d.earlier(func(q survey.Question) bool { return q.Choice() || q.Numeric() })
	if len(targets) < 2 || rarely(t, 2, "no contradiction") {
		return
	}
	side := func(target survey.Question) survey.Condition {
		c := survey.Condition{Question: target.Name}
		if target.Numeric() {
			c.AtLeast = number(t, -1, 4, "at least")
			if rarely(t, 2, "bounded") {
				c.Below = number(t, 5, 9, "below")
			}
			return c
		}
		for _, o := range target.Options[:rapid.IntRange(1, len(target.Options)).Draw(t, "ruled out")] {
			c.In = append(c.In, o.Code)
		}
		return c
	}
	one := rapid.IntRange(0, len(targets)-2).Draw(t, "one")
	d.q.Contradictions = []survey.Contradiction{{One: side(targets[one]), Other: side(targets[one+1]), Reason: d.label("因为")}}
}

func (d *drawing) question() survey.Question {
	t := d.t
	q := survey.Question{Name: fmt.Sprintf("q%d", len(d.q.Questions)+1), Type: draw(t, kinds, "type")}
	q.Label = d.label("题")
	if places := d.earlier(func(q survey.Question) bool { return q.Type != survey.Note }); len(places) > 0 && rarely(t, 6, "piped") {
		q.Label += "${" + draw(t, places, "place").Name + "}？"
	}
	q.Required = q.Type != survey.Note && rarely(t, 2, "required")
	q.Adults = rarely(t, 8, "adults")
	if rarely(t, 4, "notes") {
		q.Hint, q.Short, q.Dimension, q.Source = d.label("提示"), d.label("简"), "满意", d.label("出处")
		if q.Type != survey.Note {
			q.Aliases = []string{d.label("别名")}
		}
	}
	d.limits(&q)
	switch q.Type {
	case survey.Single, survey.Multiple, survey.Scale, survey.Matrix:
		q.Options = d.options(q.Type)
	}
	if q.Type == survey.Matrix {
		for i := range rapid.IntRange(1, 3).Draw(t, "rows") {
			q.Rows = append(q.Rows, survey.Row{Name: fmt.Sprintf("%s_%d", q.Name, i+1), Label: d.label("行")})
		}
		if rarely(t, 3, "row notes") {
			q.Rows[0].Short, q.Rows[0].Aliases = d.label("行简"), []string{d.label("行别名")}
		}
	}
	if q.Type == survey.Multiple && rarely(t, 4, "at most") {
		q.Min, q.Max = number(t, 0, 1, "least options"), number(t, 1, len(q.Options), "most options")
	}
	if len(q.Options) > 0 && rarely(t, 5, "right") {
		q.Right = []string{q.Options[0].Code}
	}
	q.Shuffle = (q.Type == survey.Single || q.Type == survey.Multiple) && rarely(t, 4, "shuffle")
	if rarely(t, 2, "shown if") {
		q.ShowIf = d.condition(0)
	}
	if rarely(t, 4, "skipped if") {
		q.SkipIf = d.condition(0)
	}
	return q
}

// limits draws bounds; one of them may be missing.
func (d *drawing) limits(q *survey.Question) {
	t := d.t
	low, high := 0, 0
	switch q.Type {
	case survey.Number:
		low, high = -5, 40
		q.Whole = rarely(t, 2, "whole")
	case survey.Rating:
		low, high = 1, 9
	case survey.Text, survey.LongText:
		low, high = 0, 40
	case survey.Date:
		if rarely(t, 2, "days") {
			q.Earliest, q.Latest = "2014-09-01", "2014-12-31"
		}
		return
	default:
		return
	}
	if rarely(t, 3, "min") {
		q.Min = number(t, low, low+3, "min")
	}
	if rarely(t, 3, "max") {
		q.Max = number(t, low+4, high, "max")
	}
}

func (d *drawing) options(kind survey.QuestionType) []survey.Option {
	t := d.t
	var list []survey.Option
	valued := rarely(t, 3, "valued")
	for i := range rapid.IntRange(2, 5).Draw(t, "options") {
		o := survey.Option{Code: draw(t, []string{"a", "opt", "X", "0"}, "code") + fmt.Sprint(i+1), Label: d.label("项")}
		if valued {
			v := float64(i) / 2
			o.Value = &v
		}
		if rarely(t, 6, "option alias") {
			o.Aliases = []string{d.label("又名")}
		}
		list = append(list, o)
	}
	last := &list[len(list)-1]
	switch rapid.IntRange(0, 5).Draw(t, "last option") {
	case 1:
		last.Exclusive = kind == survey.Multiple
	case 2:
		last.Other = kind != survey.Matrix
	case 3:
		last.DontKnow = true
	case 4:
		last.DontKnow, last.Unread = true, true
	}
	return list
}

// earlier are the answered items drawn so far that fit.
func (d *drawing) earlier(fits func(survey.Question) bool) []survey.Question {
	return slices.DeleteFunc(d.q.Items(), func(q survey.Question) bool { return !fits(q) })
}

// condition draws one on earlier questions, nil where there is none to ask.
func (d *drawing) condition(depth int) *survey.Condition {
	t := d.t
	targets := d.earlier(func(q survey.Question) bool { return q.Choice() || q.Numeric() })
	if len(targets) == 0 {
		return nil
	}
	if depth < 2 && rarely(t, 4, "nested") {
		var c survey.Condition
		parts := []survey.Condition{*d.condition(depth + 1), *d.condition(depth + 1)}
		if rarely(t, 2, "either") {
			c.Any = parts
		} else {
			c.All = parts
		}
		return &c
	}
	target := draw(t, targets, "target")
	c := &survey.Condition{Question: target.Name}
	if target.Numeric() {
		bound := number(t, -1, 10, "bound")
		switch rapid.IntRange(0, 4).Draw(t, "bound kind") {
		case 0:
			c.AtLeast = bound
		case 1:
			c.AtMost = bound
		case 2:
			c.Above = bound
		case 3:
			c.Below = bound
		case 4:
			c.AtLeast, c.AtMost = bound, bound
		}
		return c
	}
	var codes []string
	for _, o := range target.Options {
		if rarely(t, 2, "named") {
			codes = append(codes, o.Code)
		}
	}
	if len(codes) == 0 {
		codes = []string{target.Options[0].Code}
	}
	if rarely(t, 3, "none of") {
		c.NotIn = codes
	} else {
		c.In = codes
	}
	return c
}

// Answers draws answers to the items, skipped or not, without regard for what is allowed:
// what a condition has to get along with.
func Answers(t *rapid.T, q survey.Questionnaire) survey.Response {
	r := survey.Response{Young: rarely(t, 4, "young"), Choices: map[string][]string{}, Numbers: map[string]float64{}, Texts: map[string]string{}}
	for name, c := range Clicks(t, q) {
		question, _ := q.Question(name)
		switch {
		case question.Choice() && len(c.Codes) > 0:
			r.Choices[name] = c.Codes
		case question.Numeric():
			r.Numbers[name], _ = strconv.ParseFloat(c.Text, 64)
		case question.Written():
			r.Texts[name] = c.Text
		}
	}
	return r
}

// Click is what one person did to one question of a page, whether it was shown or not.
type Click struct {
	Codes []string
	Text  string // of a number, a date or words; the words beside “other”
}

// Clicks draws what a person does to each item, in order; an item may be left alone.
// Most of it is right, so that most sheets come through to the end.
func Clicks(t *rapid.T, q survey.Questionnaire) map[string]Click {
	clicks := map[string]Click{}
	for _, question := range q.Items() {
		if question.Type == survey.Note || rarely(t, 8, "left alone") {
			continue
		}
		clicks[question.Name] = click(t, question)
	}
	return clicks
}

func click(t *rapid.T, q survey.Question) Click {
	switch {
	case q.Type == survey.Multiple:
		var c Click
		for _, o := range q.Options {
			if rarely(t, 2, "ticked") {
				c.Codes = append(c.Codes, o.Code)
			}
		}
		c.Text = draw(t, []string{"", "别的", "另外"}, "other words")
		return c
	case q.Choice():
		return Click{Codes: []string{draw(t, q.Options, "picked").Code}, Text: draw(t, []string{"", "别的"}, "other words")}
	case q.Numeric():
		return Click{Text: draw(t, []string{"0", "1", "3", "7", "10", "2.5", "-4", "39", "41"}, "typed number")}
	case q.Type == survey.Date:
		return Click{Text: draw(t, []string{"2014-10-01", "2014-09-01", "2015-01-01", "1899-12-31"}, "typed day")}
	}
	return Click{Text: draw(t, []string{"好", "水再清一点", strings.Repeat("长", 45)}, "typed")}
}
