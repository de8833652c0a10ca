package ingest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"shuixuan/app/org"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/ingest/sheet"
)

// MarginsRead is a workbook of known totals as it was understood. With a fault there are no
// Margins: half of them would be other totals.
type MarginsRead struct {
	Margins *survey.Margins
	List    []survey.Margin // what was understood of each variable, with faults or without
	Faults  []Rejection     // in the order of the rows
	Unused  []string        // variables without a single total, as the template offers them
	Skipped []Skip          // lines that sum
}

// marginColumns are the headings of a workbook of known totals.
var marginColumns = map[string]string{
	"变量": "variable", "题目": "variable", "variable": "variable", "question": "variable",
	"选项": "option", "类别": "option", "option": "option", "level": "option",
	"总数": "total", "总体数": "total", "总体人数": "total", "总人数": "total", "人数": "total", "total": "total", "people": "total",
	"来源": "source", "数据来源": "source", "依据": "source", "source": "source",
}

var marginHeadings = map[string]string{"variable": "变量", "option": "选项", "total": "总数", "source": "来源"}

// marginMeasures may stand behind a total: they all count people.
var marginMeasures = []string{"", "人", "名", "个", "口"}

// ReadMargins reads a kept workbook of known totals for a wave. What is wrong in it is in
// the answer; an error is of a file that can't be read, or has no such columns.
func ReadMargins(ctx context.Context, f File, wave survey.Wave, q survey.Questionnaire) (*MarginsRead, error) {
	rows, err := shortList(ctx, f.Name, f, f.Size)
	if err != nil {
		return nil, err
	}
	known := func(text string) (string, bool) {
		field, ok := marginColumns[strings.ToLower(sheet.Normalize(text))]
		return field, ok
	}
	header, ok := sheet.FindHeader(rows[:min(len(rows), headingRows)], known, 3)
	for _, field := range []string{"variable", "option", "total"} {
		_, named := header.Column(field)
		ok = ok && named
	}
	if !ok {
		return nil, problem.Invalid(fmt.Sprintf("文件“%s”里找不到表头", f.Name), "请下载模板，照着填写后重新上传，系统没有改动任何内容。",
			problem.Fault{Why: "要有“变量”“选项”“总数”三列，还可以有“来源”一列"})
	}
	r := &marginReader{header: header, wave: wave, q: q, known: wave.MarginVariables(q), read: &MarginsRead{}}
	last := header.Rows[len(header.Rows)-1]
	for _, row := range rows {
		switch {
		case row.Number < header.Rows[0]:
			r.above(row)
		case row.Number > last && !row.Empty():
			r.row(row)
		}
	}
	r.settle()
	slices.SortStableFunc(r.read.Faults, func(a, b Rejection) int { return a.Row - b.Row })
	if len(r.read.List) == 0 && len(r.read.Faults) == 0 {
		return nil, problem.Invalid(fmt.Sprintf("文件“%s”里没有总数", f.Name), "请在“总数”一列填上人数，再上传。")
	}
	if len(r.read.Faults) == 0 {
		r.read.Margins = &survey.Margins{File: f.Name, SHA256: f.SHA256, List: r.read.List}
	}
	return r.read, nil
}

// marginReader goes through the rows of a workbook.
type marginReader struct {
	header sheet.Header
	wave   survey.Wave
	q      survey.Questionnaire
	known  []survey.MarginVariable
	read   *MarginsRead

	source    string // of the whole file, as a line above the headings says it
	variables []*marginRows
}

// marginRows are the rows of one variable.
type marginRows struct {
	survey.MarginVariable
	options *optionReader
	first   int // row
	sources []string
	totals  []survey.MarginTotal
	rows    map[string]int // of an option's first row
	blank   []int          // rows without a total
	sums    []marginSum
	faulty  bool
}

type marginSum struct{ row, people int }

func (r *marginReader) fault(row int, field, format string, args ...any) {
	r.read.Faults = append(r.read.Faults, Rejection{Row: row, Field: field, Heading: marginHeadings[field], Why: fmt.Sprintf(format, args...)})
}

// above reads a line over the headings: 来源：… is that of the whole file.
func (r *marginReader) above(row sheet.Row) {
	for _, c := range row.Cells {
		text := oneLine(c.Text)
		for _, word := range []string{"数据来源：", "数据来源:", "来源：", "来源:"} {
			if rest, ok := strings.CutPrefix(text, word); ok && r.source == "" {
				r.source = strings.TrimSpace(rest)
			}
		}
	}
}

// oneLine keeps a source as it was written, full-width marks and all.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func (r *marginReader) cell(row sheet.Row, field string) sheet.Cell {
	c, ok := r.header.Column(field)
	if !ok {
		return sheet.Cell{}
	}
	return row.Cell(c.Index)
}

// row takes one line. A name merged over several lines is that of each; a total or an option
// merged over several is of nobody knows which.
func (r *marginReader) row(row sheet.Row) {
	name := sheet.Normalize(r.cell(row, "variable").Text)
	if name == "" {
		r.fault(row.Number, "variable", "没有写变量；和上一行同一个变量的，也请写上")
		return
	}
	v := r.variable(row.Number, name)
	if v == nil {
		return
	}
	if source := oneLine(r.cell(row, "source").Text); source != "" && !slices.Contains(v.sources, source) {
		v.sources = append(v.sources, source)
	}
	bad := len(r.read.Faults)
	option, people, counted := r.option(v, row), 0, false
	if option != "" || r.sums(row) {
		people, counted = r.total(v, row)
	}
	if v.faulty = v.faulty || len(r.read.Faults) > bad; len(r.read.Faults) > bad {
		return
	}
	switch {
	case option == "": // a line that sums
		if counted {
			v.sums = append(v.sums, marginSum{row.Number, people})
		}
		r.read.Skipped = append(r.read.Skipped, Skip{Row: row.Number, Why: "合计行，只用来核对"})
	case !counted:
		v.blank = append(v.blank, row.Number)
		v.rows[option] = row.Number
	default:
		i := slices.IndexFunc(v.Values, func(o survey.Option) bool { return o.Code == option })
		v.totals = append(v.totals, survey.MarginTotal{Code: option, Label: v.Values[i].Label, People: people})
		v.rows[option] = row.Number
	}
}

// variable finds the variable of a name, or says why there is none.
func (r *marginReader) variable(row int, name string) *marginRows {
	var found []survey.MarginVariable
	for _, v := range r.known {
		if r.named(v, name) {
			found = append(found, v)
		}
	}
	switch {
	case len(found) > 1:
		r.fault(row, "variable", "有%d道题都叫“%s”，请改写题目的代码：%s", len(found), brief(name), found[0].Variable+"或"+found[1].Variable)
		return nil
	case len(found) == 0:
		r.fault(row, "variable", "%s", r.unknown(name))
		return nil
	}
	for _, v := range r.variables {
		if v.Variable == found[0].Variable {
			return v
		}
	}
	v := &marginRows{MarginVariable: found[0], options: newOptionReader(survey.Question{Options: found[0].Values}), first: row, rows: map[string]int{}}
	r.variables = append(r.variables, v)
	return v
}

// named tells whether a variable is known by a name: the wave's strata and areas by their
// words, a question by its code, its words or what its column is called.
func (r *marginReader) named(v survey.MarginVariable, name string) bool {
	names := []string{v.Variable, v.Label}
	asked := v.Variable
	switch v.Variable {
	case survey.MarginStratum:
		names = append(names, "分组", "人群", "层", "stratum")
		asked = r.q.Stratum
	case survey.MarginArea:
		names = append(names, "片区", "地区", "area")
		asked = ""
	}
	if question, ok := r.q.Question(asked); ok {
		names = append(append(names, question.Name, question.Label, question.Short), question.Aliases...)
	}
	return slices.ContainsFunc(names, func(known string) bool { return known != "" && org.Fold(known) == org.Fold(name) })
}

// unknown says why a name can't be a variable.
func (r *marginReader) unknown(name string) string {
	for _, question := range r.q.Items() {
		if !slices.ContainsFunc(append([]string{question.Name, question.Label, question.Short}, question.Aliases...), func(known string) bool { return known != "" && org.Fold(known) == org.Fold(name) }) {
			continue
		}
		if question.Type != survey.Single && question.Type != survey.Scale {
			return fmt.Sprintf("“%s”是%s，只有单选题能用来加权", brief(name), survey.TypeNames[question.Type])
		}
		return fmt.Sprintf("“%s”只问了一部分人，没问到的人不知道属于哪一项，不能用来加权", brief(name))
	}
	var list []string
	for _, v := range r.known[:min(len(r.known), 12)] {
		list = append(list, v.Label)
	}
	return fmt.Sprintf("这一轮没有“%s”这个变量；可以写：%s", brief(name), strings.Join(list, "、"))
}

var sumWords = []string{"合计", "总计", "小计", "共计"}

func (r *marginReader) sums(row sheet.Row) bool {
	return slices.Contains(sumWords, strings.ReplaceAll(sheet.Normalize(r.cell(row, "option").Text), " ", ""))
}

// option finds the code of an option; empty where it is none.
func (r *marginReader) option(v *marginRows, row sheet.Row) string {
	c := r.cell(row, "option")
	text := sheet.Normalize(c.Text)
	if c.Merged {
		r.fault(row.Number, "option", "选项是合并单元格，分不清这一行的总数是谁的；请取消合并，每行写一个选项")
		return ""
	}
	if code, ok := v.options.label(fold(text)); ok {
		if before, doubled := v.rows[code]; doubled {
			r.fault(row.Number, "option", "“%s”的“%s”在第%d行已经写过，请只留一行", v.Label, v.options.question.OptionLabel(code), before)
			return ""
		}
		return code
	}
	if r.sums(row) {
		return ""
	}
	if text == "" {
		r.fault(row.Number, "option", "没有写选项")
		return ""
	}
	var list []string
	for _, o := range v.Values[:min(len(v.Values), 12)] {
		list = append(list, o.Label)
	}
	r.fault(row.Number, "option", "“%s”没有“%s”这个选项；可以写：%s", v.Label, brief(text), strings.Join(list, "、"))
	return ""
}

// total reads how many people there are; counted is false where nothing is written.
func (r *marginReader) total(v *marginRows, row sheet.Row) (people int, counted bool) {
	c := r.cell(row, "total")
	refuse := func(format string, args ...any) (int, bool) {
		r.fault(row.Number, "total", format, args...)
		return 0, false
	}
	switch {
	case c.Formula != "":
		return refuse("%s", (&sheet.CellError{Fault: sheet.NotComputed, Text: c.Formula}).Why())
	case sheet.Normalize(c.Text) == "":
		return 0, false
	case c.Merged:
		return refuse("总数是合并单元格，几行共用一个数；请取消合并，每行各写一个数")
	}
	n, err := sheet.ParseQuantity(c.Text)
	switch {
	case sheet.FaultOf(err) == sheet.Negative:
		return refuse("“%s”是负数，人数不能小于0", brief(sheet.Normalize(c.Text)))
	case err != nil:
		return refuse("“%s”不是人数，请只写一个数字，例如12300", brief(sheet.Normalize(c.Text)))
	case !slices.Contains(marginMeasures, n.Measure):
		return refuse("“%s”数的不是人，请填人数", brief(sheet.Normalize(c.Text)))
	case n.Value != math.Trunc(n.Value):
		return refuse("“%s”不是整数；请填人数，不要填比例", brief(sheet.Normalize(c.Text)))
	case n.Value > mostPeople:
		return refuse("“%s”比任何城市的人都多，请核对", brief(sheet.Normalize(c.Text)))
	}
	return int(n.Value), true
}

// mostPeople is more than live in any city.
const mostPeople = 100_000_000

// settle looks at the variables as wholes: every option once, one source at least, and sums
// that agree.
func (r *marginReader) settle() {
	var shared []string
	for _, v := range r.variables {
		for _, source := range v.sources {
			if len(v.totals) > 0 && !slices.Contains(shared, source) {
				shared = append(shared, source)
			}
		}
	}
	if r.source == "" && len(shared) == 1 {
		r.source = shared[0]
	}
	var sound []*marginRows
	for _, v := range r.variables {
		if len(v.totals) == 0 && !v.faulty && len(v.sums) == 0 {
			r.read.Unused = append(r.read.Unused, v.Label)
			continue
		}
		if r.whole(v) {
			sound = append(sound, v)
		}
		r.read.List = append(r.read.List, v.margin(r.source))
	}
	for _, v := range sound[min(len(sound), 1):] {
		first, other := sound[0].margin(""), v.margin("")
		if first.Contradicts(other) {
			r.fault(v.first, "total", "“%s”合计%d人，“%s”（第%d行起）合计%d人，相差%d人，超过四舍五入；同一个总体只有一个人数，请核对", v.Label, other.People(), first.Label, sound[0].first, first.People(), distance(first.People(), other.People()))
		}
	}
}

func distance(a, b int) int { return max(a-b, b-a) }

// whole tells whether a variable has all that it needs.
func (r *marginReader) whole(v *marginRows) bool {
	bad := len(r.read.Faults)
	for _, row := range v.blank {
		r.fault(row, "total", "没有填总数；没有人的请填0。“%s”整个不用的，请把它的总数都留空", v.Label)
	}
	if !v.faulty { // else the faulty line may be the one that is missing
		for _, o := range v.Values {
			if _, given := v.rows[o.Code]; !given {
				r.fault(v.first, "option", "“%s”缺少“%s”，请补一行；没有人的填0", v.Label, o.Label)
			}
		}
	}
	if len(v.sources) == 0 && r.source == "" {
		r.fault(v.first, "source", "“%s”没有写来源；请写明出处和年份，例如：市统计局2026年年鉴表3-2", v.Label)
	}
	m := v.margin(r.source)
	if n := len([]rune(m.Source)); n > 300 {
		r.fault(v.first, "source", "“%s”的来源有%d个字，最多300个字", v.Label, n)
	}
	if len(r.read.Faults) > bad || v.faulty {
		return false
	}
	for _, sum := range v.sums {
		if sum.people != m.People() {
			r.fault(sum.row, "total", "合计写的是%d人，“%s”各项加起来是%d人，请核对", sum.people, v.Label, m.People())
		}
	}
	if m.People() == 0 {
		r.fault(v.first, "total", "“%s”合计是0人", v.Label)
	}
	return len(r.read.Faults) == bad
}

// margin gives the variable with its totals in the order of its options.
func (v *marginRows) margin(source string) survey.Margin {
	m := survey.Margin{Variable: v.Variable, Label: v.Label, Source: strings.Join(v.sources, "；")}
	if m.Source == "" {
		m.Source = source
	}
	for _, o := range v.Values {
		if i := slices.IndexFunc(v.totals, func(t survey.MarginTotal) bool { return t.Code == o.Code }); i >= 0 {
			m.Totals = append(m.Totals, v.totals[i])
		}
	}
	return m
}
