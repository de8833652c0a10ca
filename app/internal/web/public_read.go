package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"shuixuan/app/problem"
	"shuixuan/app/survey"
	cells "shuixuan/ingest/sheet"
)

// typed is what stands in the fields of a page, with what could not be read.
type typed struct {
	survey.Response
	faults []problem.Fault
}

// readStep reads a page: q.NAME holds an answer, o.NAME the words beside “other”.
func readStep(step survey.Step, fields url.Values) typed {
	t := typed{Response: survey.Response{Choices: map[string][]string{}, Numbers: map[string]float64{}, Texts: map[string]string{}}}
	for _, item := range step.Items() {
		switch {
		case item.Choice():
			t.readChoice(item, fields)
		case item.Numeric():
			t.readNumber(item, fields.Get("q."+item.Name))
		case item.Type == survey.Date:
			if text := strings.TrimSpace(cells.Normalize(fields.Get("q." + item.Name))); text != "" {
				t.Texts[item.Name] = strings.NewReplacer("/", "-", ".", "-").Replace(text)
			}
		case item.Written():
			if text := strings.TrimSpace(fields.Get("q." + item.Name)); text != "" {
				t.Texts[item.Name] = text
			}
		}
	}
	return t
}

// readChoice also ticks “other” for whoever wrote its words and forgot the tick, and drops
// the words of whoever then chose something else.
func (t *typed) readChoice(item survey.Question, fields url.Values) {
	var codes []string
	for _, code := range fields["q."+item.Name] {
		if code = strings.TrimSpace(code); code != "" && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
		if o, known := item.Option(code); known && o.Unread {
			t.faults = append(t.faults, problem.Fault{Field: item.Name, Why: "请从列出的选项里选"})
			return
		}
	}
	words := strings.TrimSpace(fields.Get("o." + item.Name))
	if other, asks := item.OtherOption(); asks && words != "" {
		if !slices.Contains(codes, other.Code) && (item.Type == survey.Multiple || len(codes) == 0) {
			codes = append(codes, other.Code)
		}
		if slices.Contains(codes, other.Code) {
			t.Texts[survey.OtherKey(item.Name)] = words
		}
	}
	if len(codes) > 0 {
		t.Choices[item.Name] = codes
	}
}

func (t *typed) readNumber(item survey.Question, text string) {
	text = strings.TrimSpace(cells.Normalize(text))
	if text == "" {
		return
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.faults = append(t.faults, problem.Fault{Field: item.Name, Why: fmt.Sprintf("“%s”不是数字，请只写数字，例如 3", shortened(text))})
		return
	}
	t.Numbers[item.Name] = n
}

func shortened(text string) string {
	if runes := []rune(text); len(runes) > 20 {
		return string(runes[:20]) + "…"
	}
	return text
}

// faults are what keeps a page from being taken: of its own questions only, each once, and
// in the words of somebody who answers for themselves.
func (a *answering) faults(step survey.Step, r survey.Response, faults []problem.Fault) []problem.Fault {
	r.Disposition = survey.Partial
	settled := survey.Settle(a.q, r)
	own, shown := map[string]survey.Question{}, survey.Shown(a.q, r)
	for _, item := range step.Items() {
		own[item.Name], own[survey.OtherKey(item.Name)] = item, item
	}
	told := map[string]bool{}
	for _, f := range faults {
		told[f.Field] = true
	}
	for _, f := range survey.Validate(a.q, settled) {
		if item, here := own[f.Field]; here && !told[item.Name] {
			told[item.Name] = true
			faults = append(faults, problem.Fault{Field: item.Name, Why: f.Why})
		}
	}
	for _, name := range survey.Unanswered(a.q, settled) {
		item, here := own[name]
		if !here || told[item.Name] || !shown[item.Name] {
			continue
		}
		told[item.Name] = true
		why := "请回答这一题"
		switch {
		case name != item.Name:
			other, _ := item.OtherOption()
			why = "请写明“" + other.Label + "”是什么"
		case item.Of != "":
			why = "请回答“" + item.Short + "”这一行"
		}
		faults = append(faults, problem.Fault{Field: item.Name, Why: why})
	}
	return faults
}

// printOf tells the answers of a page apart from others.
func printOf(step survey.Step, r survey.Response) string {
	var held []any
	for _, item := range step.Items() {
		held = append(held, r.Choices[item.Name], r.Texts[item.Name], r.Texts[survey.OtherKey(item.Name)])
		if n, ok := r.Numbers[item.Name]; ok {
			held = append(held, n)
		}
	}
	body, _ := json.Marshal(held) // words and numbers: can't fail
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:6])
}
