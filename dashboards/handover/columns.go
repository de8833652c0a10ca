package handover

import (
	"maps"
	"math"
	"slices"
	"strings"

	"shuixuan/app/survey"
	"shuixuan/dashboards/spss"
)

// Columns that no question has.
const (
	stratumKey = "stratum"
	areaKey    = "@area"
	rowKey     = "@row"
)

// state says why a cell holds nothing.
type state int

const (
	held       state = iota
	unanswered       // asked, and not answered
	skipped          // not asked
	unclear          // not to be read on the paper
	taken            // taken out: too few people
)

// stateNames are the words of the codebook and of the labels in the .sav.
var stateNames = map[state]string{unanswered: "未作答", skipped: "按题意不问", unclear: "纸面看不清", taken: "人数太少，已隐去"}

// missingCode stands for a state in the .sav: -9 to -6; of a number that may be as low itself,
// one that nobody answers.
func (c *column) missingCode(s state) float64 {
	const deep = 999_999_990
	code := map[state]float64{unanswered: -9, skipped: -8, unclear: -7, taken: -6}[s]
	if c.kind == amount && (c.question.Min == nil || *c.question.Min < -5) {
		return code - deep
	}
	return code
}

// states are those that a column can have.
func (d *Data) states(c *column) []state {
	list := []state{unanswered}
	if c.question.Name != "" {
		if !d.always(c.question) {
			list = append(list, skipped)
		}
		list = append(list, unclear)
	}
	if slices.Contains(d.suppress.keys, c.key) {
		list = append(list, taken)
	}
	return list
}

// kind is what a column holds.
type kind int

const (
	serial kind = iota // 1, 2, 3 …
	coded              // one code of a list
	chosen             // 0 or 1: one option of a multiple choice
	amount             // a number
	words              // a text
)

// column is a column of the responses, in CSV and .sav alike.
type column struct {
	key      string // by which others refer to it: the question's name, "stratum", "@area" …
	name     string // in the files
	label    string
	kind     kind
	question survey.Question // none of those that no question has
	option   survey.Option   // of a chosen
	options  []survey.Option // of a coded, in the order of their numbers in the .sav
	of       func(row) (text string, number float64, s state)
	note     string

	unknown map[string]bool // codes that the answers know and the questionnaire doesn't
	widest  int             // bytes of the longest text
}

// cell is what a column holds for a row.
type cell struct {
	text   string // of a coded: its code
	number float64
	state  state
}

func (c *column) value(x row) cell {
	text, number, s := c.of(x)
	return cell{text, number, s}
}

// code is the code of a coded column before anything is taken out.
func (c *column) code(r survey.Response) string {
	switch c.key {
	case stratumKey:
		return r.Stratum
	case areaKey:
		return r.Area
	}
	if codes := r.Choices[c.key]; len(codes) > 0 {
		return codes[0]
	}
	return ""
}

func written(q survey.Question) bool {
	_, asks := q.OtherOption()
	return asks || q.Written() && q.Type != survey.Date
}

// column finds a column by its key.
func (d *Data) column(key string) *column {
	if i := slices.IndexFunc(d.columns, func(c *column) bool { return c.key == key }); i >= 0 {
		return d.columns[i]
	}
	return nil
}

// chosen are the columns of a multiple choice.
func (d *Data) chosen(question string) []*column {
	return slices.DeleteFunc(slices.Clone(d.columns), func(c *column) bool { return c.kind != chosen || c.question.Name != question })
}

// layOut lists the columns and names them.
func (d *Data) layOut() []*column {
	d.columns = []*column{
		{key: rowKey, name: "row", label: "行号", kind: serial, note: "只在这套文件里有意义，与设计文件同一行对应", of: func(x row) (string, float64, state) { return "", float64(x.number), held }},
		d.fixed(stratumKey, "stratum", "人群", d.strata(), func(r survey.Response) string { return r.Stratum }),
	}
	if len(d.source.Wave.Areas) > 0 {
		var areas []survey.Option
		for _, a := range d.source.Wave.Areas {
			areas = append(areas, survey.Option{Code: a.Code, Label: a.Label})
		}
		d.columns = append(d.columns, d.fixed(areaKey, "area", "片区", areas, func(r survey.Response) string { return r.Area }))
	}
	d.columns = append(d.columns,
		d.fixed("@mode", "mode", "填答方式", []survey.Option{{Code: string(survey.Paper), Label: "纸质录入"}, {Code: string(survey.Link), Label: "扫码填写"}, {Code: string(survey.Import), Label: "表格导入"}, {Code: string(survey.API), Label: "接口"}},
			func(r survey.Response) string { return string(r.Mode) }),
		d.fixed("@disposition", "disposition", "完成情况", []survey.Option{{Code: string(survey.Complete), Label: "完整"}, {Code: string(survey.Partial), Label: "部分完成"}},
			func(r survey.Response) string { return string(r.Disposition) }))
	if d.source.Settings.Distributors {
		d.columns = append(d.columns, numbered("@distributor", "distributor", "发放员（已换成编号）", d.people, func(r survey.Response) string { return r.Distributor }))
	}
	if d.source.Settings.Devices {
		d.columns = append(d.columns, numbered("@device", "device", "填写设备（已换成编号）", d.devices, func(r survey.Response) string { return r.Device }))
	}
	for _, q := range d.q.Questions {
		d.columns = append(d.columns, d.asked(q)...)
	}
	names := make([]string, len(d.columns))
	for i, c := range d.columns {
		names[i] = c.name
	}
	for i, name := range spss.Names(names) {
		d.columns[i].name = name
	}
	return d.columns
}

// strata are the wave's own, or else the options of the question that holds them.
func (d *Data) strata() []survey.Option {
	var list []survey.Option
	for _, s := range d.source.Wave.Strata {
		list = append(list, survey.Option{Code: s.Code, Label: s.Label})
	}
	if question, ok := d.q.Question(d.q.Stratum); ok && len(list) == 0 {
		list = question.Options
	}
	return list
}

// fixed is a coded column that no question has.
func (d *Data) fixed(key, name, label string, options []survey.Option, code func(survey.Response) string) *column {
	return &column{key: key, name: name, label: label, kind: coded, options: slices.Clone(options), of: func(x row) (string, float64, state) {
		text := code(x.r)
		switch {
		case text == "":
			return "", 0, unanswered
		case d.suppress.taken(x.combination, key):
			return "", 0, taken
		}
		return text, 0, held
	}}
}

// numbered is a column of names under numbers.
func numbered(key, name, label string, n *numbering, of func(survey.Response) string) *column {
	return &column{key: key, name: name, label: label, kind: words, of: func(x row) (string, float64, state) {
		text := of(x.r)
		if text == "" {
			return "", 0, unanswered
		}
		return n.number(text), 0, held
	}}
}

// asked are the columns of a question.
func (d *Data) asked(q survey.Question) []*column {
	always := d.always(q)
	var list []*column
	switch {
	case q.Type == survey.Note:
	case q.One():
		list = append(list, &column{key: q.Name, name: q.Name, label: q.Label, kind: coded, question: q, options: slices.Clone(q.Options), of: func(x row) (string, float64, state) {
			codes := x.r.Choices[q.Name]
			switch {
			case len(codes) == 0:
				return "", 0, open(x, q, always)
			case d.suppress.taken(x.combination, q.Name):
				return "", 0, taken
			}
			return codes[0], 0, held
		}})
	case q.Type == survey.Multiple:
		for _, o := range q.Options {
			list = append(list, option(q, o, always))
		}
	case q.Numeric():
		list = append(list, &column{key: q.Name, name: q.Name, label: q.Label, kind: amount, question: q, of: func(x row) (string, float64, state) {
			v, answered := x.r.Numbers[q.Name]
			if !answered || math.IsNaN(v) || math.IsInf(v, 0) {
				return "", 0, open(x, q, always)
			}
			return "", v, held
		}})
	case q.Type == survey.Date || d.source.Lexicon != nil:
		list = append(list, text(q, q.Name, q.Name, q.Label, always))
	}
	if other, asks := q.OtherOption(); asks && d.source.Lexicon != nil {
		list = append(list, text(q, survey.OtherKey(q.Name), q.Name+"_other", q.Label+"（"+other.Label+"，写明的内容）", always))
	}
	return list
}

func option(q survey.Question, o survey.Option, always bool) *column {
	return &column{key: q.Name + between + o.Code, name: q.Name + "_" + o.Code, label: q.Label + "：" + o.Label, kind: chosen, question: q, option: o, of: func(x row) (string, float64, state) {
		codes := x.r.Choices[q.Name]
		switch {
		case len(codes) == 0:
			return "", 0, open(x, q, always)
		case slices.Contains(codes, o.Code):
			return "", 1, held
		}
		return "", 0, held
	}}
}

func text(q survey.Question, key, name, label string, always bool) *column {
	return &column{key: key, name: name, label: label, kind: words, question: q, of: func(x row) (string, float64, state) {
		if x.masked[key] == "" {
			return "", 0, open(x, q, always)
		}
		return x.masked[key], 0, held
	}}
}

// meet takes the measure of a cell, where there is any.
func (c *column) meet(x row) {
	if c.kind != coded && c.kind != words {
		return
	}
	v := c.value(x)
	if v.state != held {
		return
	}
	c.widest = max(c.widest, len(v.text))
	if c.kind == coded && !slices.ContainsFunc(c.options, func(o survey.Option) bool { return o.Code == v.text }) {
		if c.unknown == nil {
			c.unknown = map[string]bool{}
		}
		c.unknown[v.text] = true
	}
}

// settle lists the codes that only the answers know after the others.
func (c *column) settle() {
	for _, code := range slices.Sorted(maps.Keys(c.unknown)) {
		c.options = append(c.options, survey.Option{Code: code, Label: code})
	}
}

// strange tells whether a multiple choice holds a code that has no column.
func (d *Data) strange(r survey.Response) bool {
	return slices.ContainsFunc(d.q.Questions, func(q survey.Question) bool {
		return q.Type == survey.Multiple && slices.ContainsFunc(r.Choices[q.Name], func(code string) bool { _, known := q.Option(code); return !known })
	})
}

// place is the number of a code in the .sav.
func (c *column) place(code string) float64 {
	return float64(1 + slices.IndexFunc(c.options, func(o survey.Option) bool { return o.Code == code }))
}

func (c *column) labelOf(code string) string {
	for _, o := range c.options {
		if o.Code == code {
			return o.Label
		}
	}
	return code
}

// left are the codes that no figure on the question has in its base: 说不清, where every
// indicator leaves it out.
func (d *Data) left(c *column) []string {
	if c.question.Name == "" || !slices.ContainsFunc(d.q.Indicators, func(i survey.Indicator) bool { return i.Question == c.question.Name }) {
		return nil
	}
	for _, i := range d.q.Indicators {
		if i.Question == c.question.Name && i.Base != survey.BaseOpinion {
			return nil
		}
	}
	return dontKnow(c.question)
}

func dontKnow(q survey.Question) []string {
	var codes []string
	for _, o := range q.Options {
		if o.DontKnow {
			codes = append(codes, o.Code)
		}
	}
	return codes
}

// points are the value of each code on its scale: of the option itself, or of an indicator.
func (d *Data) points(c *column, o survey.Option) string {
	if o.Value != nil {
		return plain(*o.Value)
	}
	for _, i := range d.q.Indicators {
		if v, valued := i.Values[o.Code]; valued && i.Question == c.question.Name && c.question.Name != "" {
			return plain(v)
		}
	}
	return ""
}

// joined is a list of codes in one cell: codes hold no semicolon.
func joined(list []string) string { return strings.Join(list, ";") }
