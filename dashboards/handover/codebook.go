package handover

import (
	"fmt"
	"io"
	"strings"

	"shuixuan/analytics/estimate"
	"shuixuan/app/survey"
	"shuixuan/dashboards/safecsv"
	"shuixuan/dashboards/workbook"
)

var codebookHead = []string{"变量", "说明", "题型", "问谁", "代码（CSV）", "数值（SAV）", "含义", "分值", "缺失", "备注"}

// Places in a line of the codebook: what else reads the file.
const (
	CodebookVariable = 0
	CodebookLabel    = 1
	CodebookCode     = 4
	savNumber        = 5
	CodebookMeaning  = 6
)

// Codebook writes a line for each value of each variable as CSV.
func (d *Data) Codebook(w io.Writer) error {
	out := safecsv.New(w)
	out.Write(codebookHead)
	for _, line := range d.codebook() {
		for i := range line {
			if i != savNumber { // -9 is no formula
				line[i] = safecsv.Text(clean(line[i]))
			}
		}
		out.Write(line)
	}
	return closed(out, CodebookFile, nil)
}

// CodebookWorkbook writes the same as a workbook, with the rules of the indicators and with what
// was left out and taken out.
func (d *Data) CodebookWorkbook(w io.Writer) error {
	return workbook.Sheets(w, d.source.Title+" 数据说明", d.source.CutOff, []workbook.Sheet{
		{Name: "说明", Columns: []workbook.Column{{Name: "项目", Width: 18}, {Name: "内容", Width: 90}}, Rows: d.notes()},
		{Name: "变量", Columns: widths(codebookHead, 18, 34, 10, 26, 14, 12, 26, 8, 8, 36), Rows: d.codebook()},
		{Name: "指标", Columns: widths(indicatorHead, 18, 22, 8, 18, 24, 30, 34, 34), Rows: d.indicators()},
	})
}

func widths(names []string, wide ...float64) []workbook.Column {
	list := make([]workbook.Column, len(names))
	for i, name := range names {
		list[i] = workbook.Column{Name: name, Width: wide[i]}
	}
	return list
}

func (d *Data) codebook() [][]string {
	var lines [][]string
	for _, c := range d.columns {
		asked, typed := "", map[kind]string{serial: "序号", coded: "代码", words: "文字"}[c.kind]
		if c.question.Name != "" {
			asked, typed = c.question.AskedOf(d.source.Questionnaire), survey.TypeNames[c.question.Type]
		}
		head := []string{c.name, c.label, typed, asked}
		line := func(code, number, meaning, points, missing, note string) {
			lines = append(lines, append(append([]string{}, head...), code, number, meaning, points, missing, note))
		}
		left := d.left(c)
		switch c.kind {
		case serial, words, amount:
			line("", "", d.holds(c), "", "", d.remark(c))
		case chosen:
			line("0", "0", "未选", "", "", d.remark(c))
			line("1", "1", "选了", "", "", "")
		default:
			for i, o := range c.options {
				missing, note := "", ""
				if contains(left, o.Code) {
					missing = "是"
					if o.Code != left[0] {
						missing, note = "", "指标不计入；SAV格式只能再标一个缺失值，请自行排除"
					}
				}
				if i == 0 {
					note = strings.TrimPrefix(note+"；"+d.remark(c), "；")
				}
				line(o.Code, plain(c.place(o.Code)), o.Label, d.points(c, o), missing, note)
			}
		}
		if c.kind == words || c.kind == serial {
			continue
		}
		for _, s := range d.states(c) {
			line("（空）", plain(c.missingCode(s)), stateNames[s], "", "是", "")
		}
	}
	return lines
}

func contains(list []string, one string) bool {
	for _, x := range list {
		if x == one {
			return true
		}
	}
	return false
}

// holds says what stands in a column without a list of codes.
func (d *Data) holds(c *column) string {
	switch {
	case c.kind == amount:
		return "数值"
	case c.kind == serial:
		return "从1起的行号"
	case c.question.Name == "":
		return "编号，按出现先后"
	case c.question.Type == survey.Date:
		return "日期，年-月-日"
	}
	return "原话，姓名、电话、门牌等已遮盖"
}

// remark says what was done to a column.
func (d *Data) remark(c *column) string {
	if n := d.Report.Blanked[c.key]; n > 0 {
		return fmt.Sprintf("%d行已隐去：%s", n, d.rule())
	}
	return c.note
}

// rule is the rule of small cells in a sentence.
func (d *Data) rule() string {
	s := d.source.Settings
	if s.Smallest.Value <= 1 || len(s.Keys) == 0 {
		return "没有隐去任何内容；这份数据不宜公开"
	}
	var names []string
	for _, key := range s.Keys {
		names = append(names, d.column(key).shortLabel())
	}
	text := fmt.Sprintf("同一人群里%s都相同的不足%d人时，依次隐去%s，直到剩下的内容相同的不少于%d人（只在隐去了同样内容的行里数）", strings.Join(names, "、"), s.Smallest.Value, strings.Join(names, "、"), s.Smallest.Value)
	if s.Smallest.Source != "" {
		text += "。依据：" + strings.TrimSuffix(s.Smallest.Source, "。")
	}
	return text
}

func (c *column) shortLabel() string {
	if c.question.Name != "" {
		return c.question.Title()
	}
	return c.label
}

// notes are what a reader has to know before the first figure.
func (d *Data) notes() [][]string {
	r, sampling := d.Report, d.source.Sample.Sampling
	out := "编号、日期时间、链接、责任单位、录入人、来源文件"
	if !d.source.Settings.Distributors {
		out += "、发放员"
	}
	if !d.source.Settings.Devices {
		out += "、填写设备"
	}
	lines := [][]string{
		{"数据", d.source.Title},
		{"截至", d.source.CutOff.Format("2006-01-02 15:04")},
		{"份数", fmt.Sprintf("%d份计入的答卷；另有%d份不计入（作废、拒答、不符合条件、重复、逾期），没有交出", r.Rows, r.LeftOut)},
		{"取样", sampling.Caution()},
		{"加权", d.weighting()},
		{"没有交出", out},
		{"小单元规则", d.rule()},
		{"隐去", fmt.Sprintf("%d行", r.Touched)},
		{"CSV", "UTF-8。没有答案的格是空的。以 =、+、-、@ 等开头的文字前加了一个撇号，防止被当作公式；SAV 里是原样"},
		{"多选题", "每个选项一列，1为选了，0为没有选；整题没有回答则各列都空"},
		{"核对", "装有 R 和程序包 survey 时，在本文件夹运行：Rscript " + ScriptFile},
	}
	for _, w := range r.Warnings {
		lines = append(lines, []string{"提示", w})
	}
	return lines
}

func (d *Data) weighting() string {
	s := d.source.Sample
	if !s.Weighted {
		return "没有各人群的总体人数，每份答卷算一份"
	}
	text := "每份答卷代表的人数是人群的总体人数除以计入的份数（" + DesignFile + "）。总体人数来源：" + strings.TrimSuffix(s.Sampling.Frame, "。")
	if n := len(d.source.Calibration); n > 0 {
		text += fmt.Sprintf("；再按%d个变量的总体人数校准（%s）", n, TotalsFile)
	}
	return text
}

var indicatorHead = []string{"指标", "名称", "种类", "变量", "算作肯定的回答", "分值", "基数", "依据"}

func (d *Data) indicators() [][]string {
	var lines [][]string
	for _, i := range d.q.Indicators {
		q, _ := d.q.Question(i.Question)
		kind, base := "率（%）", "回答了本题的人"
		if i.Kind == survey.Index {
			kind = "度（分）"
		}
		var positive, values []string
		for _, code := range i.Positive {
			positive = append(positive, q.OptionLabel(code))
		}
		for _, o := range q.Options {
			if v, valued := i.Values[o.Code]; valued {
				values = append(values, o.Label+"＝"+estimate.Round(v, 1))
			}
		}
		if labels := dontKnow(q); len(labels) > 0 {
			word := "，含"
			if i.Base == survey.BaseOpinion {
				word = "，不含"
			}
			for k, code := range labels {
				labels[k] = "“" + q.OptionLabel(code) + "”"
			}
			base += word + strings.Join(labels, "")
		}
		lines = append(lines, []string{i.Name, i.Label, kind, i.Question, strings.Join(positive, "、"), strings.Join(values, "、"), base, i.Source})
	}
	return lines
}
