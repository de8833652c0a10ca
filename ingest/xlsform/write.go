package xlsform

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"shuixuan/app/survey"
)

// Tables writes a questionnaire as the sheets of an XLSForm. Read gives the same
// questionnaire again.
func Tables(q survey.Questionnaire) []Table {
	w := &writer{q: q, items: map[string]survey.Question{}, names: map[string]bool{}, lists: map[string][]survey.Option{}}
	for _, item := range q.Items() {
		w.items[item.Name] = item
		w.names[item.Name], w.names[item.Of] = true, true
	}
	w.find = func(name string) (survey.Question, bool) { q, known := w.items[name]; return q, known }
	for _, question := range q.Questions {
		w.question(question)
	}
	settings := Table{Name: settingsSheet, Head: []string{"form_title", "form_id", "version", "default_language", ownStratum, ownIntro, ownSource},
		Rows: []Row{{2, []string{q.Title, string(q.ID), fmt.Sprint(q.Version), "中文 (zh)", q.Stratum, q.Intro, q.Source}}}}
	tables := []Table{
		w.table(surveySheet, w.rows, []string{colType, colName, colLabel, colHint, colRequired, colRelevant, colConstraint, colAppearance, colParameters},
			[]string{ownType, ownShort, ownAliases, ownDimension, ownRight, ownSource, ownAdults, ownSkip}),
		w.table(choicesSheet, w.choices, []string{colList, colName, colLabel},
			[]string{ownValue, ownAliases, ownDontKnow, ownExclusive, ownOther, ownUnread}),
		settings,
	}
	if len(q.Indicators) > 0 {
		tables = append(tables, indicatorTable(q))
	}
	if len(q.Contradictions) > 0 {
		tables = append(tables, contradictionTable(q, w.find))
	}
	return tables
}

type cells map[string]string

type writer struct {
	q       survey.Questionnaire
	items   map[string]survey.Question
	names   map[string]bool // that are taken, of questions and rows
	find    questions
	lists   map[string][]survey.Option
	rows    []cells
	choices []cells
	last    string // question written
}

// table lays cells under their headings; columns of our own are there when they are used.
func (w *writer) table(name string, rows []cells, columns, own []string) Table {
	for _, column := range own {
		if slices.ContainsFunc(rows, func(c cells) bool { return c[column] != "" }) {
			columns = append(columns, column)
		}
	}
	t := Table{Name: name, Head: columns}
	for i, c := range rows {
		row := Row{Number: i + 2}
		for _, column := range columns {
			row.Cells = append(row.Cells, c[column])
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (w *writer) question(q survey.Question) {
	c := cells{colName: q.Name, colLabel: q.Label, colHint: q.Hint, colRequired: yesWord(q.Required), colConstraint: constraint(q),
		ownShort: q.Short, ownAliases: joinWords(q.Aliases), ownDimension: q.Dimension, ownRight: strings.Join(q.Right, " "), ownSource: q.Source, ownAdults: yesWord(q.Adults)}
	w.conditions(c, q)
	if q.Shuffle {
		c[colParameters] = "randomize=true"
	}
	w.rows = append(w.rows, c)
	switch q.Type {
	case survey.Single:
		c[colType] = "select_one " + w.list(q)
	case survey.Scale:
		c[colType], c[colAppearance] = "select_one "+w.list(q), "likert"
	case survey.Multiple:
		c[colType] = "select_multiple " + w.list(q)
	case survey.Consent:
		c[colType], c[ownType] = "select_one "+w.list(w.items[q.Name]), string(survey.Consent)
	case survey.Rating:
		full := w.items[q.Name]
		c[colType], c[colParameters] = "range", fmt.Sprintf("start=%s end=%s step=1", decimal(*full.Min), decimal(*full.Max))
	case survey.Number:
		c[colType] = "decimal"
		if q.Whole {
			c[colType] = "integer"
		}
	case survey.LongText:
		c[colType], c[colAppearance] = "text", "multiline"
	case survey.Text:
		c[colType] = "text"
		if otherOf(w.last, q.Name) {
			c[ownType] = "text" // else it would be read as the words of an option “other”
		}
	case survey.Matrix:
		w.matrix(c, q)
	default:
		c[colType] = string(q.Type)
	}
	w.other(q)
	w.last = q.Name
}

// conditions writes when a question is asked. Other programs know no skip condition: it
// stands negated in relevant, and in a column of our own as what it is.
func (w *writer) conditions(c cells, q survey.Question) {
	var show, skip string
	if q.ShowIf != nil {
		show = expression(*q.ShowIf, w.find)
	}
	if q.SkipIf != nil {
		skip = expression(*q.SkipIf, w.find)
	}
	c[colRelevant], c[ownSkip] = show, skip
	switch {
	case skip != "" && show != "":
		c[colRelevant] = "(" + show + ") and not(" + skip + ")"
	case skip != "":
		c[colRelevant] = "not(" + skip + ")"
	}
}

func (w *writer) matrix(c cells, q survey.Question) {
	list := w.list(q)
	c[colType], c[colAppearance], c[colRequired] = "begin_group", "table-list", ""
	for _, row := range q.Rows {
		w.rows = append(w.rows, cells{colType: "select_one " + list, colName: row.Name, colLabel: row.Label, colRequired: yesWord(q.Required),
			ownShort: row.Short, ownAliases: joinWords(row.Aliases)})
	}
	w.rows = append(w.rows, cells{colType: "end_group"})
}

// other asks other programs for the words beside an option, as they know it: a text that is
// asked where the option is chosen.
func (w *writer) other(q survey.Question) {
	o, asks := q.OtherOption()
	if !asks {
		return
	}
	name := q.Name + "_other"
	for i := 2; w.names[name]; i++ {
		name = fmt.Sprintf("%s_other%d", q.Name, i)
	}
	w.names[name] = true
	w.rows = append(w.rows, cells{colType: "text", colName: name, colLabel: o.Label + "（请写明）", colRequired: "yes",
		colRelevant: expression(survey.Condition{Question: q.Name, In: []string{o.Code}}, w.find), ownType: "other"})
}

// list gives the name of a list of these options; equal ones are written once.
func (w *writer) list(q survey.Question) string {
	for _, name := range slices.Sorted(maps.Keys(w.lists)) {
		if slices.EqualFunc(w.lists[name], q.Options, sameOption) {
			return name
		}
	}
	name := q.Name
	if q.Type == survey.Consent {
		name = "consent"
	}
	for i := 2; w.lists[name] != nil; i++ {
		name = fmt.Sprintf("%s_%d", q.Name, i)
	}
	w.lists[name] = q.Options
	for _, o := range q.Options {
		c := cells{colList: name, colName: o.Code, colLabel: o.Label, ownAliases: joinWords(o.Aliases),
			ownDontKnow: yesWord(o.DontKnow), ownExclusive: yesWord(o.Exclusive), ownOther: yesWord(o.Other), ownUnread: yesWord(o.Unread)}
		if o.Value != nil {
			c[ownValue] = decimal(*o.Value)
		}
		w.choices = append(w.choices, c)
	}
	return name
}

func sameOption(a, b survey.Option) bool {
	return a.Code == b.Code && a.Label == b.Label && slices.Equal(a.Aliases, b.Aliases) && a.DontKnow == b.DontKnow && a.Exclusive == b.Exclusive &&
		a.Other == b.Other && a.Unread == b.Unread && (a.Value == nil) == (b.Value == nil) && (a.Value == nil || *a.Value == *b.Value)
}
