package web

import (
	"fmt"
	"math"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/text/width"

	"shuixuan/app/problem"
	"shuixuan/app/revision"
	"shuixuan/app/survey"
)

// itemView is the form of one question.
type itemView struct {
	ID       survey.QuestionnaireID
	Revision uint32
	Key      string // empty for a new question
	Place    int    // from 1
	Count    int
	Form     itemForm
	Types    []survey.QuestionType
	Names    map[survey.QuestionType]string
	Dims     []string
	Uses     uses
	Show     conditionView
	Skip     conditionView
	Now      string // what the question says by somebody else's hand
	Faults   []string
	Breaks   []string
	From     string
	Before   string // key
	After    string
	Problem  *problem.Problem
}

// uses says which parts of the form the type of the question has.
type uses struct {
	Options, Rows, Right, Values, Limits, Whole, Dates, Shuffle, Exclusive, Other, Required, Dimension bool
	LimitWords                                                                                         string
}

func usesOf(t survey.QuestionType) uses {
	u := uses{Required: t != survey.Note, Dimension: t != survey.Note && t != survey.Consent}
	switch t {
	case survey.Single, survey.Multiple, survey.Scale, survey.Matrix:
		u.Options, u.Right, u.Values = true, true, true
		u.Rows, u.Other = t == survey.Matrix, t != survey.Matrix
		u.Shuffle, u.Exclusive = t == survey.Single || t == survey.Multiple, t == survey.Multiple
	case survey.Date:
		u.Dates = true
	}
	u.LimitWords = map[survey.QuestionType]string{survey.Multiple: "选几项", survey.Number: "数值", survey.Rating: "分数（不填为0到10）", survey.Text: "字数", survey.LongText: "字数"}[t]
	u.Limits, u.Whole = u.LimitWords != "", t == survey.Number
	return u
}

// itemForm is a question as it stands in the form: what was typed, as it was typed.
type itemForm struct {
	Type                                                                       survey.QuestionType
	Name, Label, Short, Hint, Aliases, Min, Max, Earliest, Latest, Dim, Source string
	Required, Adults, Shuffle, Whole                                           bool
	Options                                                                    []optionForm
	Rows                                                                       []rowForm
	Bulk                                                                       string // options to be added, one a line
	Show, Skip                                                                 []termForm
	ShowKept, SkipKept                                                         bool // a condition of a file that the form can't show stays
}

type optionForm struct {
	At                                         int
	Code, Label, Value, Aliases                string
	Exclusive, Other, DontKnow, Unread, Chosen bool // Chosen: it is a right answer
}

type rowForm struct {
	At                          int
	Name, Label, Short, Aliases string
}

// termForm is a line of a condition.
type termForm struct {
	Or                 bool
	Question, Relation string
	Codes              []string
	Number             string
}

// conditionView is a condition with what may be chosen in each of its lines.
type conditionView struct {
	Prefix string // show or skip
	Action string // of the form, which draws the lines anew
	Lines  []termView
	Words  string // of a condition that is too deep for lines
	Deep   bool
	Kept   bool
	Asks   []survey.Question // earlier questions that a line may ask for
}

type termView struct {
	termForm
	At        int
	Unknown   bool // its question is no earlier one
	Relations []relationChoice
	Options   []optionChoice
	Numeric   bool
}

type relationChoice struct {
	Code, Name string
	Chosen     bool
}

type optionChoice struct {
	Code, Label string
	Chosen      bool
}

const (
	blankOptions = 3
	blankRows    = 2
	mostListed   = 300 // rows of options that a form may send; a questionnaire allows fewer
)

func numberText(n *float64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatFloat(*n, 'f', -1, 64)
}

// formOf gives a question as its form shows it.
func formOf(q survey.Question) itemForm {
	f := itemForm{Type: q.Type, Name: q.Name, Label: q.Label, Short: q.Short, Hint: q.Hint, Aliases: strings.Join(q.Aliases, "\n"),
		Min: numberText(q.Min), Max: numberText(q.Max), Earliest: q.Earliest, Latest: q.Latest, Dim: q.Dimension, Source: q.Source,
		Required: q.Required, Adults: q.Adults, Shuffle: q.Shuffle, Whole: q.Whole}
	for i, o := range q.Options {
		f.Options = append(f.Options, optionForm{At: i + 1, Code: o.Code, Label: o.Label, Value: numberText(o.Value), Aliases: strings.Join(o.Aliases, "；"),
			Exclusive: o.Exclusive, Other: o.Other, DontKnow: o.DontKnow, Unread: o.Unread, Chosen: slices.Contains(q.Right, o.Code)})
	}
	for i, row := range q.Rows {
		f.Rows = append(f.Rows, rowForm{At: i + 1, Name: row.Name, Label: row.Label, Short: row.Short, Aliases: strings.Join(row.Aliases, "；")})
	}
	f.Show, f.ShowKept = termForms(q.ShowIf)
	f.Skip, f.SkipKept = termForms(q.SkipIf)
	return f
}

func termForms(c *survey.Condition) ([]termForm, bool) {
	terms, can := c.Terms()
	if !can {
		return nil, true
	}
	var lines []termForm
	for _, term := range terms {
		lines = append(lines, termForm{Or: term.Or, Question: term.Question, Relation: string(term.Relation), Codes: term.Codes, Number: numberText(term.Number)})
	}
	return lines, false
}

var numbered = regexp.MustCompile(`^(o|r|show|skip)\.(\d{1,4})\.`)

// places lists, in order, which rows of a kind a form has sent. A browser leaves out an
// unticked box, and a script may take rows out.
func places(fields url.Values, kind string) []string {
	seen := map[int]bool{}
	for name := range fields {
		if found := numbered.FindStringSubmatch(name); found != nil && found[1] == kind && len(seen) < mostListed {
			n, _ := strconv.Atoi(found[2])
			seen[n] = true
		}
	}
	list := make([]int, 0, len(seen))
	for n := range seen {
		list = append(list, n)
	}
	slices.Sort(list)
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = fmt.Sprintf("%s.%d.", kind, n)
	}
	return texts
}

// digits gives a number as it is typed by whoever writes Chinese: full-width figures and
// signs are made plain.
func digits(text string) string { return strings.TrimSpace(width.Narrow.String(text)) }

// formFrom reads the form as it was typed. Rows without words are left out.
func formFrom(fields url.Values) itemForm {
	get := func(name string) string { return plain(fields.Get(name)) }
	has := func(name string) bool { return fields.Get(name) != "" }
	f := itemForm{Type: survey.QuestionType(get("type")), Name: get("name"), Label: get("label"), Short: get("short"), Hint: get("hint"), Aliases: get("aliases"),
		Min: digits(get("min")), Max: digits(get("max")), Earliest: get("earliest"), Latest: get("latest"), Dim: get("dimension"), Source: get("source"),
		Required: has("required"), Adults: has("adults"), Shuffle: has("shuffle"), Whole: has("whole"), ShowKept: has("show.keep"), SkipKept: has("skip.keep"), Bulk: get("bulk")}
	for _, at := range places(fields, "o") {
		o := optionForm{At: order(get(at + "at")), Code: digits(get(at + "code")), Label: get(at + "label"), Value: digits(get(at + "value")), Aliases: get(at + "aliases"),
			Exclusive: has(at + "exclusive"), Other: has(at + "other"), DontKnow: has(at + "dont_know"), Unread: has(at + "unread"), Chosen: has(at + "right")}
		if o.Label != "" || o.Code != "" && o.Value+o.Aliases != "" {
			f.Options = append(f.Options, o)
		}
	}
	slices.SortStableFunc(f.Options, func(a, b optionForm) int { return a.At - b.At })
	for _, at := range places(fields, "r") {
		row := rowForm{At: order(get(at + "at")), Name: get(at + "name"), Label: get(at + "label"), Short: get(at + "short"), Aliases: get(at + "aliases")}
		if row.Label != "" {
			f.Rows = append(f.Rows, row)
		}
	}
	slices.SortStableFunc(f.Rows, func(a, b rowForm) int { return a.At - b.At })
	f.Show, f.Skip = readTerms(fields, "show"), readTerms(fields, "skip")
	return f
}

// order reads a place in a list; one that can't be read goes to the end.
func order(text string) int {
	n, err := strconv.ParseFloat(digits(text), 64)
	if err != nil || n < 0 || n > 9999 {
		return 10_000
	}
	return int(n * 10) // 2.5 goes between 2 and 3
}

func readTerms(fields url.Values, kind string) []termForm {
	var list []termForm
	for _, at := range places(fields, kind) {
		t := termForm{Or: fields.Get(at+"or") == "1", Question: fields.Get(at + "question"), Relation: fields.Get(at + "relation"), Codes: fields[at+"code"], Number: digits(fields.Get(at + "number"))}
		if t.Question != "" {
			list = append(list, t)
		}
	}
	return list
}

// pieces cuts a text at any of the marks; unlike lines it leaves commas to the words.
func pieces(text, marks string) []string {
	var list []string
	for _, piece := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(marks, r) }) {
		if piece = strings.TrimSpace(piece); piece != "" {
			list = append(list, piece)
		}
	}
	return list
}

// numberReader reads numbers of a form and gathers what is none.
type numberReader struct{ faults []problem.Fault }

func (r *numberReader) read(field, what, text string) *float64 {
	if text == "" {
		return nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) { // NaN and inf are numbers to Go, and to no draft
		r.faults = append(r.faults, problem.Fault{Field: field, Why: fmt.Sprintf("%s“%s”不是数字", what, text)})
		return nil
	}
	return &n
}

// question gives what the form says, with what it doesn't show from the old question.
// The faults are of what can't be kept at all, a number that is none; whatever else is
// wrong is kept and told beside the question.
func (f itemForm) question(old survey.Question) (survey.Question, []problem.Fault) {
	r := &numberReader{}
	q := survey.Question{Name: f.Name, Type: f.Type, Label: f.Label, Short: f.Short, Hint: f.Hint, Aliases: pieces(f.Aliases, "\n"), Required: f.Required,
		Earliest: f.Earliest, Latest: f.Latest, Shuffle: f.Shuffle, Whole: f.Whole, Adults: f.Adults, Dimension: f.Dim, Source: f.Source,
		Min: r.read("min", "最小值", f.Min), Max: r.read("max", "最大值", f.Max)}
	for _, o := range f.Options {
		q.Options = append(q.Options, survey.Option{Code: o.Code, Label: o.Label, Aliases: pieces(o.Aliases, "；;"), DontKnow: o.DontKnow, Exclusive: o.Exclusive,
			Other: o.Other, Unread: o.Unread, Value: r.read("options", "选项“"+o.Label+"”的分值", o.Value)})
	}
	for _, label := range strings.Split(f.Bulk, "\n") {
		if label = strings.TrimSpace(label); label != "" {
			q.Options = append(q.Options, survey.Option{Label: label})
		}
	}
	for _, row := range f.Rows {
		q.Rows = append(q.Rows, survey.Row{Name: row.Name, Label: row.Label, Short: row.Short, Aliases: pieces(row.Aliases, "；;")})
	}
	right := map[int]bool{}
	for i, o := range f.Options {
		right[i] = o.Chosen
	}
	q.Right = []string{}
	completed := q.Completed()
	for i, o := range completed.Options {
		if right[i] {
			completed.Right = append(completed.Right, o.Code)
		}
	}
	if f.Type == survey.Consent {
		completed.Right = old.Right
	}
	completed.ShowIf = r.condition("显示条件", old.ShowIf, f.Show, f.ShowKept)
	completed.SkipIf = r.condition("跳过条件", old.SkipIf, f.Skip, f.SkipKept)
	return completed, r.faults
}

// condition gives the condition of the lines. One that says the same as before keeps the
// form in which it was written.
func (r *numberReader) condition(what string, old *survey.Condition, lines []termForm, kept bool) *survey.Condition {
	before, can := old.Terms()
	if !can && kept {
		return old
	}
	var terms []survey.Term
	for i, line := range lines {
		term := survey.Term{Or: line.Or && i > 0, Question: line.Question, Relation: survey.Relation(line.Relation)}
		switch term.Relation {
		case survey.AtLeast, survey.AtMost, survey.Above, survey.Below:
			term.Number = r.read("conditions", what+"里的数值", line.Number)
		default:
			term.Codes = line.Codes
		}
		terms = append(terms, term)
	}
	if can && reflect.DeepEqual(before, terms) {
		return old
	}
	return survey.Composed(terms)
}

// itemNew is the form of a question that isn't there yet.
func (s *Server) itemNew(c *fiber.Ctx, v *visit) error {
	id, held, err := s.heldDraft(c, v)
	if err != nil {
		return err
	}
	f := itemForm{Type: survey.QuestionType(c.Query("type", string(survey.Single)))}
	if _, known := survey.TypeNames[f.Type]; !known {
		f.Type = survey.Single
	}
	f.Required = f.Type != survey.Note && f.Type != survey.Text && f.Type != survey.LongText
	return s.showItem(c, v, id, held, "", afterPlace(c.Query("after"), held.Thing), f, nil)
}

// afterPlace reads behind which question, from 1, a new one goes; the end where nothing is said.
func afterPlace(text string, d survey.Draft) int {
	n, err := strconv.Atoi(digits(text))
	if err != nil || n < 0 || n > len(d.Items) {
		return len(d.Items)
	}
	return n
}

func (s *Server) itemPage(c *fiber.Ctx, v *visit) error {
	id, held, err := s.heldDraft(c, v)
	if err != nil {
		return err
	}
	at, err := heldItem(c, held.Thing)
	if err != nil {
		return err
	}
	return s.showItem(c, v, id, held, held.Thing.Items[at].Key, at, formOf(held.Thing.Items[at].Question), nil)
}

// showItem draws the form of a question at a place, which counts from 0. The revision on
// the page is that of the draft as it is now: who saves again, knowing of somebody else's
// change, means it.
func (s *Server) showItem(c *fiber.Ctx, v *visit, id survey.QuestionnaireID, held revision.Held[survey.Draft], key string, at int, f itemForm, p *problem.Problem) error {
	d := held.Thing
	data := itemView{ID: id, Revision: held.Revision, Key: key, Place: at + 1, Count: len(d.Items), Form: f, Types: survey.Types(), Names: survey.TypeNames,
		Dims: d.Dimensions(), Uses: usesOf(f.Type), Problem: p}
	var old survey.Question
	if key != "" {
		item := d.Items[at]
		old = item.Question
		data.Faults = d.Faults(id)[key]
		if item.From != nil {
			if then, known := s.originals(c.UserContext(), v, survey.Draft{Items: []survey.Item{item}})[*item.From]; known {
				data.From, data.Breaks = sourceWords(v, id, *item.From), survey.Breaks(then, item.Question)
			}
		}
		if at > 0 {
			data.Before = d.Items[at-1].Key
		}
		if at+1 < len(d.Items) {
			data.After = d.Items[at+1].Key
		}
	}
	if p != nil && p.Kind == problem.KindConflict && key != "" {
		data.Now = old.Label + "　" + optionWords(old)
	}
	earlier := d.Questionnaire(id)
	earlier.Questions = earlier.Questions[:at]
	asks := slices.DeleteFunc(earlier.Items(), func(q survey.Question) bool { return !q.Choice() && !q.Numeric() })
	whole := d.Questionnaire(id)
	data.Show = conditionOf("show", f.Show, f.ShowKept, old.ShowIf, asks, whole)
	data.Skip = conditionOf("skip", f.Skip, f.SkipKept, old.SkipIf, asks, whole)
	data.Show.Action = draftAddress(v, id, "/items")
	if key != "" {
		data.Show.Action += "/" + key
	}
	data.Skip.Action = data.Show.Action
	for i := range data.Form.Options {
		data.Form.Options[i].At = i + 1
	}
	for i := range data.Form.Rows {
		data.Form.Rows[i].At = i + 1
	}
	for range blankOptions {
		data.Form.Options = append(data.Form.Options, optionForm{At: len(data.Form.Options) + 1})
	}
	for range blankRows {
		data.Form.Rows = append(data.Form.Rows, rowForm{At: len(data.Form.Rows) + 1})
	}
	if p != nil {
		c.Status(statuses[p.Kind])
	}
	title := fmt.Sprintf("第%d题", at+1)
	if key == "" {
		title = "新的一题"
	}
	return s.render(c, v, "questionnaires_item", title, data)
}

// conditionOf gives the lines of a condition and one more to fill in.
func conditionOf(prefix string, lines []termForm, kept bool, old *survey.Condition, asks []survey.Question, whole survey.Questionnaire) conditionView {
	view := conditionView{Prefix: prefix, Asks: asks, Kept: kept}
	if _, can := old.Terms(); !can {
		view.Deep, view.Words = true, old.Words(whole)
	}
	if len(lines) < survey.MaxTerms {
		lines = append(slices.Clone(lines), termForm{})
	}
	for i, line := range lines {
		term := termView{termForm: line, At: i}
		at := slices.IndexFunc(asks, func(q survey.Question) bool { return q.Name == line.Question })
		if at < 0 {
			term.Unknown = line.Question != ""
		} else {
			q := asks[at]
			term.Numeric = q.Numeric()
			for _, relation := range survey.Relations {
				if numeric := relation != survey.Chosen && relation != survey.NotChosen; numeric == term.Numeric {
					term.Relations = append(term.Relations, relationChoice{string(relation), survey.RelationNames[relation], string(relation) == line.Relation})
				}
			}
			for _, o := range q.Options {
				term.Options = append(term.Options, optionChoice{o.Code, o.Label, slices.Contains(line.Codes, o.Code)})
			}
		}
		view.Lines = append(view.Lines, term)
	}
	return view
}

// itemAdd puts a new question into the draft.
func (s *Server) itemAdd(c *fiber.Ctx, v *visit) error {
	return s.saveItem(c, v, "")
}

// itemPut saves a question.
func (s *Server) itemPut(c *fiber.Ctx, v *visit) error {
	return s.saveItem(c, v, c.Params("item"))
}

func (s *Server) saveItem(c *fiber.Ctx, v *visit, key string) error {
	fields, id, held, err := s.draftForm(c, v)
	if err != nil {
		return err
	}
	d, at := held.Thing, afterPlace(fields.Get("after"), held.Thing)
	var old survey.Question
	if key != "" {
		if at, err = heldItem(c, d); err != nil {
			return err
		}
		old = d.Items[at].Question
	}
	f := formFrom(fields)
	if _, known := survey.TypeNames[f.Type]; !known {
		p := problem.Invalid("没有保存：不知道是哪种题", "请选择题型，再保存一次。", problem.Fault{Field: "type", Why: "请选择题型"})
		return s.showItem(c, v, id, held, key, at, f, p)
	}
	if fields.Get("act") == "draw" { // another type, another question in a condition: only the form changes
		return s.showItem(c, v, id, held, key, at, f, nil)
	}
	if f.Name == "" && key == "" {
		f.Name = d.FreeName()
	}
	q, faults := f.question(old)
	if len(faults) > 0 {
		return s.showItem(c, v, id, held, key, at, f, problem.Invalid("还不能保存", "请按提示改正，已填的内容都还在。", faults...))
	}
	saved := key
	if key == "" {
		saved = d.Add(at, q, nil)
	} else {
		d.Replace(key, q)
	}
	_, err = s.Surveys.SaveDraft(c.UserContext(), v.actor, v.plan.Campaign.ID, id, d, seenRevision(fields))
	if p, ok := problem.As(err); ok && p.Kind != problem.KindNotFound {
		return s.showItem(c, v, id, held, key, at, f, p)
	}
	if err != nil {
		return err
	}
	if fields.Get("act") == "more" {
		return c.Redirect(draftAddress(v, id, fmt.Sprintf("/items/new?type=%s&after=%d&done=saved", url.QueryEscape(string(q.Type)), at+1)), fiber.StatusSeeOther)
	}
	return c.Redirect(draftAddress(v, id, "?done=saved#"+saved), fiber.StatusSeeOther)
}
