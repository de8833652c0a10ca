package dossier

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
	"shuixuan/dashboards/document"
	"shuixuan/dashboards/seal"
)

// Link gives the address that an exhibit's mark leads to, empty for none.
type Link func(exhibit string) string

// report is a document being put together.
type report struct {
	*Data
	doc            document.Document
	passages       []Passage
	link           Link
	tables, charts int
	wave           string // exhibit of the wave whose tables are being put in
}

// Report is the report as an official document; its marks lead to where link says.
func Report(d *Data, link Link) document.Document {
	if link == nil {
		link = func(string) string { return "" }
	}
	w := dashboards.Words(d.Plan)
	r := &report{Data: d, passages: Passages(d), link: link}
	title, _ := r.passage(r.passages, "title")
	addressee, _ := r.passage(r.passages, "addressee")
	r.doc = document.Document{Title: title, Addressee: addressee, Signature: w.Office, Date: d.AsOf, Created: d.Cutoff, Creator: "水宣 " + d.Program, Language: "zh-CN"}
	r.text("opening")
	r.heading(1, w.Task+"要求")
	r.text("asked")
	r.tasks(w.Task)
	r.heading(1, "组织实施")
	r.text("organised")
	r.heading(1, "落实情况")
	r.text("standing")
	for _, t := range d.Plan.Tasks {
		r.doc.Blocks = append(r.doc.Blocks, document.Heading{Level: 2, Text: string(t.Code) + "　" + t.Title, Anchor: "task-" + string(t.Code)})
		r.text("task:" + string(t.Code))
	}
	r.heading(1, "推进过程")
	r.text("progress")
	r.weeks()
	r.heading(1, "问卷调查")
	if len(d.Waves) == 0 {
		r.add(document.Paragraph{Runs: document.Text("没有开展问卷调查。")})
	}
	for i := range d.Waves {
		r.wave = WaveExhibit(i + 1)
		r.survey(&d.Waves[i])
	}
	r.wave = ""
	r.heading(1, "存在的不足和改进措施")
	r.text("shortcomings")
	r.text("remedies")
	r.annexes()
	return r.doc
}

func (r *report) add(b document.Block) { r.doc.Blocks = append(r.doc.Blocks, b) }

func (r *report) heading(level int, text string) { r.add(document.Heading{Level: level, Text: text}) }

// text prints a passage, one paragraph for each of its lines.
func (r *report) text(key string) {
	text, edited := r.passage(r.passages, key)
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			r.add(document.Paragraph{Runs: r.runs(line, edited)})
		}
	}
}

// mark finds the name of exhibits in a text.
var mark = regexp.MustCompile(`〔((?:证|数)\d+(?:-\d+)?)〕`)

func (r *report) runs(line string, edited bool) []document.Run {
	var runs []document.Run
	at := 0
	for _, m := range mark.FindAllStringSubmatchIndex(line, -1) {
		if m[0] > at {
			runs = append(runs, document.Run{Text: line[at:m[0]], Edited: edited})
		}
		name := line[m[2]:m[3]]
		runs, at = append(runs, document.Exhibit(name, r.link(name))), m[1]
	}
	if at < len(line) {
		runs = append(runs, document.Run{Text: line[at:], Edited: edited})
	}
	return runs
}

// tasks is the table of what was asked.
func (r *report) tasks(word string) {
	t := document.Table{Columns: []document.Column{{Name: word, Share: 2}, {Name: "内容", Share: 4}, {Name: dashboards.Words(r.Plan).Unit, Share: 4}, {Name: "时间", Share: 3}}}
	open := map[string][]string{}
	for _, q := range r.Plan.Open() {
		open[string(q.Task)] = append(open[string(q.Task)], q.Text)
	}
	for _, task := range r.Plan.Tasks {
		var names []string
		for _, id := range task.Lead {
			names = append(names, r.Plan.UnitName(id))
		}
		units := strings.Join(names, "、")
		if units == "" {
			units = "待明确"
		}
		window := task.Window
		if window.Start.IsZero() && window.End.IsZero() && !window.Open {
			window = r.Plan.Campaign.Window
		}
		t.Rows = append(t.Rows, []document.Cell{document.Text(string(task.Code)), document.Text(task.Title), document.Text(units), document.Text(r.window(window))})
	}
	r.table("各项"+word, t)
}

// table numbers a table and puts it in.
func (r *report) table(caption string, t document.Table) {
	r.tables++
	if r.wave != "" {
		t.Notes = append(t.Notes, "由答卷"+marked(r.wave)+"算出。")
	}
	t.Caption = fmt.Sprintf("表%d　%s", r.tables, caption)
	r.add(t)
}

func (r *report) chart(caption string, c document.Chart) {
	r.charts++
	c.Caption = fmt.Sprintf("图%d　%s", r.charts, caption)
	r.add(c)
}

// panel puts the table of a page's panel in, with its base and footnotes.
func (r *report) panel(page dashboards.Page, id string) {
	for _, p := range page.Panels {
		if p.ID != id || p.Failed != "" || len(p.Table.Rows) == 0 {
			continue
		}
		var t document.Table
		for _, c := range p.Table.Columns {
			column := document.Column{Name: c.Name, Align: document.Left}
			if c.Numeric {
				column.Align = document.Right
			}
			t.Columns = append(t.Columns, column)
		}
		at := map[int]int{} // the page's footnotes by their numbers here
		number := func(notes []int) (marks string) {
			for _, n := range notes {
				if n < 1 || n > len(page.Notes) {
					continue
				}
				if at[n] == 0 {
					at[n] = len(at) + 1
					t.Notes = append(t.Notes, fmt.Sprintf("〔注%d〕%s", at[n], page.Notes[n-1]))
				}
				marks += fmt.Sprintf("〔注%d〕", at[n])
			}
			return marks
		}
		for _, row := range p.Table.Rows {
			var cells []document.Cell
			for i, c := range row.Cells {
				if i > 0 && id == "coverage-matrix" {
					c.Text, _, _ = strings.Cut(c.Text, " ") // the sign; what it says in full stands in the other tables
				}
				cell := document.Cell{{Text: c.Text, Bold: row.Total}}
				if marks := number(c.Notes); marks != "" {
					cell = append(cell, document.Run{Text: marks, Mark: true})
				}
				cells = append(cells, cell)
			}
			t.Rows = append(t.Rows, cells)
		}
		number(p.Notes)
		if p.Base != "" {
			t.Notes = append([]string{p.Base}, t.Notes...)
		}
		spread(&t)
		r.table(p.Title, t)
	}
}

// weeks draws how coverage came about.
func (r *report) weeks() {
	c := document.Chart{Kind: document.Line, Unit: "项", Note: "每周末的情况，最近一周到截止日。应落实按当时的方案计。"}
	series := []document.Series{{Name: "应落实"}, {Name: "登记在位"}, {Name: "已证明"}}
	for _, w := range r.Coverage.ByWeek {
		monday, err := time.Parse(time.DateOnly, w.Key)
		if err != nil || w.Expected < 0 {
			continue
		}
		c.Times = append(c.Times, monday.AddDate(0, 0, 6))
		for i, n := range []int64{w.Expected, w.Present, w.Covered} {
			series[i].Points = append(series[i].Points, document.Point{Value: float64(n)})
		}
	}
	if len(c.Times) < 2 {
		return
	}
	c.Series = series
	r.chart("落实进度（每周）", c)
}

func (r *report) survey(one *Wave) {
	id := string(one.Wave.ID)
	r.add(document.Heading{Level: 2, Text: one.Wave.Name, Anchor: "wave-" + id})
	r.heading(3, "怎样调查")
	r.text("survey:" + id)
	page := dashboards.Survey(r.Plan, one.Wave, one.Questionnaire, dashboards.Of(one.Progress, nil), dashboards.Of(one.Indicators, nil), dashboards.Of(one.Weighted, nil), nil)
	r.panel(page, "survey-progress")
	r.panel(page, "survey-sample")
	r.heading(3, "结果")
	r.text("found:" + id)
	r.figures(one)
	r.panel(page, "survey-indicators")
	r.panel(page, "survey-weighted")
	r.panel(page, "survey-verdicts")
	r.panel(page, "survey-composite")
	r.groups(one)
	r.trends(one)
	if one.Screened != nil {
		r.heading(3, "质量筛查")
		r.text("screened:" + id)
		screening := dashboards.Screening(r.Plan, one.Wave, one.Screened, func(string) string { return "" }, dashboards.ScreeningFilter{})
		r.panel(screening.Page, dashboards.ScreeningFigures)
	}
}

// figures draws the headline shares with their intervals: by the design where the sample has one,
// since that is what is held against the target which stands in the chart.
func (r *report) figures(one *Wave) {
	for _, kind := range []survey.IndicatorKind{survey.Share, survey.Index} {
		c := document.Chart{Kind: document.Grouped, Unit: unit(kind), Top: 100, Note: "线段是区间。" + dashboards.Caution(one.Wave)}
		s := document.Series{Name: "不加权"}
		if dashboards.Differs(one.Weighted.Sample) {
			s.Name = "按抽样设计估计"
		}
		for _, f := range one.headline() {
			e := f.Total.Estimate
			if d := one.designed(f.Indicator.Name); d != nil {
				e = d.Total.Estimate
			}
			if f.Indicator.Kind == kind && e.Valid {
				c.Categories = append(c.Categories, f.Indicator.Label)
				s.Points = append(s.Points, document.Point{Value: e.Value, Lower: e.Lower, Upper: e.Upper, Interval: e.HasInterval})
			}
		}
		if len(s.Points) < 2 { // one bar says no more than its number
			continue
		}
		c.Series = []document.Series{s}
		if target := r.Plan.Campaign.Settings.SatisfactionTarget.Value; kind == survey.Share && target > 0 {
			c.Target = &document.Target{Name: "满意率标准线", Value: target}
		}
		r.chart(one.Wave.Name+"：主要指标（"+c.Unit+"）", c)
	}
}

// groups is the table of the headline figures by stratum.
func (r *report) groups(one *Wave) {
	figures := one.headline()
	if len(figures) == 0 || len(figures[0].Groups) == 0 {
		return
	}
	t := document.Table{Columns: []document.Column{{Name: "指标"}}, Notes: []string{"每格是数值、区间和基数，不加权。" + dashboards.Caution(one.Wave)}}
	smallest := r.Plan.Campaign.Settings.Smallest()
	t.Notes = append(t.Notes, fmt.Sprintf("基数少于%d人的不列出数值（%s）。", smallest.Value, source(smallest.Source)))
	for _, g := range figures[0].Groups {
		t.Columns = append(t.Columns, document.Column{Name: g.Label, Align: document.Right})
	}
	for _, f := range figures {
		row := []document.Cell{document.Text(f.Indicator.Label)}
		for _, g := range f.Groups {
			text := figure(g.Estimate, f.Indicator.Kind)
			if n := g.Estimate.Base; n > 0 && n < smallest.Value {
				text = fmt.Sprintf("少于%d人", smallest.Value)
			}
			row = append(row, document.Text(text))
		}
		t.Rows = append(t.Rows, row)
	}
	spread(&t)
	r.table(one.Wave.Name+"：各类人群的主要指标", t)
}

func figure(e estimate.Estimate, kind survey.IndicatorKind) string {
	if !e.Valid {
		return "—"
	}
	text := e.Text(1) + unit(kind)
	if bounds := e.IntervalText(1); bounds != "" {
		text += "（" + bounds + "）"
	}
	return text + fmt.Sprintf("，%d人", e.Base)
}

// trends is the table of the headline figures over the waves that can be compared.
func (r *report) trends(one *Wave) {
	t := document.Table{Columns: []document.Column{{Name: "指标", Share: 3}, {Name: "轮次", Share: 2}, {Name: "数值", Share: 2, Align: document.Right}, {Name: "变化", Share: 2, Align: document.Right}, {Name: "变化的区间", Share: 3, Align: document.Right}}}
	for _, trend := range one.Trends {
		known := 0
		for _, p := range trend.Points {
			if p.Known && p.Total.Estimate.Valid {
				known++
			}
		}
		if known < 2 {
			continue
		}
		for _, p := range trend.Points {
			if p.Known {
				t.Rows = append(t.Rows, trendRow(trend.Indicator, p))
			}
		}
	}
	if len(t.Rows) == 0 {
		return
	}
	t.Notes = []string{"按各轮自己的抽样设计估计；率的变化为百分点。问法或算法变了的不比较。变化不说明原因。" + dashboards.Caution(one.Wave)}
	r.table(one.Wave.Name+"：与以前各轮比较", t)
}

func trendRow(i survey.Indicator, p analytics.TrendPoint) []document.Cell {
	scale := 1.0
	if i.Kind == survey.Share {
		scale = 100
	}
	change, bounds := "—", "—"
	if p.Change.Valid {
		change = dashboards.Signed(scale * p.Change.Difference)
		bounds = dashboards.Signed(scale*p.Change.Lower) + " 到 " + dashboards.Signed(scale*p.Change.Upper)
	}
	value := "—"
	if p.Total.Estimate.Valid {
		value = p.Total.Estimate.Text(1) + unit(i.Kind)
	}
	return []document.Cell{document.Text(i.Label), document.Text(p.Wave.Name), document.Text(value), document.Text(change), document.Text(bounds)}
}

// annexes are the tables that are too wide for the text, and how to check what is printed.
func (r *report) annexes() {
	w := dashboards.Words(r.Plan)
	page := dashboards.Coverage(r.Plan, dashboards.Of(r.Coverage, nil))
	names := []string{"各" + w.Unit + "落实情况", "证据目录", "计算方法和核验办法"}
	r.doc.Appended = names
	r.add(document.Annex{Title: names[0], Anchor: "annex-1"})
	r.panel(page, "coverage-task")
	r.panel(page, "coverage-unit")
	r.panel(page, "coverage-carrier")
	r.panel(page, "coverage-matrix")
	r.add(document.Annex{Title: names[1], Anchor: "annex-2"})
	r.index(w.Task, w.Unit)
	r.answers()
	r.add(document.Annex{Title: names[2], Anchor: "annex-3"})
	r.method()
}

// index tells which exhibits there are; the list of every one is in the package.
func (r *report) index(task, unit string) {
	t := document.Table{Columns: []document.Column{{Name: "证据", Share: 2}, {Name: task, Share: 4}, {Name: unit, Share: 4}, {Name: "编号", Share: 4}, {Name: "点位", Share: 1, Align: document.Right}, {Name: "照片", Share: 1, Align: document.Right}},
		Notes: []string{"每一处的地点、数量、时间、照片和审核经过见“证据”文件夹的证据目录；已退回、已撤回的也列出，不计入数字。"}}
	var last *document.Cell
	points, photos, first, key, end := 0, 0, "", "", ""
	flush := func() {
		if last == nil {
			return
		}
		row := t.Rows[len(t.Rows)-1]
		names := first
		if points > 1 {
			names = first + "至" + end
		}
		row[3], row[4], row[5] = document.Text(names), document.Text(fmt.Sprint(points)), document.Text(fmt.Sprint(photos))
	}
	for _, e := range r.Exhibits {
		p := e.Placement
		if k := string(p.Task) + "\x00" + string(p.Unit); k != key {
			flush()
			name := TaskExhibit(r.position(p.Task))
			t.Rows = append(t.Rows, []document.Cell{{document.Exhibit(name, r.link(name))}, document.Text(string(p.Task)), document.Text(r.Plan.UnitName(p.Unit)), nil, nil, nil})
			key, first, points, photos, last = k, e.Name, 0, 0, &t.Rows[len(t.Rows)-1][3]
		}
		end = e.Name
		points++
		photos += len(e.Kept())
	}
	flush()
	if len(t.Rows) == 0 {
		r.add(document.Paragraph{Runs: document.Text("没有登记的点位。")})
		return
	}
	r.table("证据", t)
}

// answers tells which data stand behind the figures of the survey.
func (r *report) answers() {
	t := document.Table{Columns: []document.Column{{Name: "证据", Share: 1}, {Name: "轮次", Share: 4}, {Name: "计入统计的答卷（份）", Share: 2, Align: document.Right}, {Name: "文件夹", Share: 2}},
		Notes: []string{"文件夹里有每一份答卷、编码本、抽样设计、报告和工作簿中的全部调查数字（figures.csv），以及重新算出它们的 R 脚本。"}}
	for _, a := range AnswersOf(r.Data) {
		t.Rows = append(t.Rows, []document.Cell{{document.Exhibit(a.Name, r.link(a.Name))}, document.Text(a.Title), document.Text(fmt.Sprint(a.Responses)), document.Text(a.Folder)})
	}
	if len(t.Rows) > 0 {
		r.table("答卷", t)
	}
}

func (r *report) method() {
	s := r.Plan.Campaign.Settings
	level := number(100*s.Level.Value) + "%"
	lines := []string{
		fmt.Sprintf("截止时间：%s（北京时间）。此后登记、修改的不在本报告之内。", r.Cutoff.In(beijing).Format("2006年1月2日15时04分05秒")),
		"落实情况是全数清点，没有抽样误差，不给出区间。不同计量单位的数量不相加；一处超额不抵另一处不足。",
		"率（%）是符合条件的人数占基数的比例，度（分）是按量表赋值后的平均分，两者不能互换。每个数字都写明基数；“说不清”是否在内由指标的口径规定，见汇总工作簿“知晓与满意”表。",
		fmt.Sprintf("置信水平%s（%s）。不加权的率用 Wilson 区间，度用 t 区间；按抽样设计估计的率用 logit 变换，自由度为抽样单元数减分组数。", level, source(s.Level.Source)),
		fmt.Sprintf("基数不足%d的标注“小样本”（%s）。", s.SmallBase.Value, source(s.SmallBase.Source)),
		"核验：用“shuixuan verify 文件名”，或在系统的核验页选择本卷宗，可以逐个文件检查有没有改动、增加或缺少。数据文件夹中的 reproduce.R 可以用 R 重新算出报告中的调查数字。",
	}
	if s.SatisfactionTarget.Value > 0 {
		lines = append(lines, fmt.Sprintf("满意率标准线%s%%（%s）。", number(s.SatisfactionTarget.Value), source(s.SatisfactionTarget.Source)))
	}
	var items [][]document.Run
	for _, l := range lines {
		items = append(items, document.Text(l))
	}
	if n := len(r.edited()); n > 0 {
		items = append(items, document.Text(fmt.Sprintf("正文中有%d处由%s改写过，用点线标出；改写前后的文字都列在卷宗的 manifest.json 中。", n, dashboards.Words(r.Plan).Office)))
	}
	r.add(document.List{Ordered: true, Items: items})
}

func source(s string) string {
	if s == "" {
		return "依据未注明"
	}
	return "依据：" + strings.TrimSuffix(s, "。")
}

var beijing = time.FixedZone("CST", 8*60*60)

// edited are the passages that the office wrote, in the order of the report.
func (r *report) edited() []Passage {
	var list []Passage
	for _, p := range r.passages {
		if text, has := r.Edits[p.Key]; has && text != p.Text {
			list = append(list, p)
		}
	}
	return list
}

// Edited lists the passages that the office wrote, for the manifest.
func Edited(d *Data) []seal.Passage {
	r := &report{Data: d, passages: Passages(d)}
	var list []seal.Passage
	for _, p := range r.edited() {
		list = append(list, seal.Passage{Place: p.Place, Was: p.Text, Is: d.Edits[p.Key]})
	}
	return list
}

// SettingsOf are the settings behind the figures, for the manifest.
func SettingsOf(d *Data) map[string]string {
	text, err := json.Marshal(d.Plan.Campaign.Settings)
	if err != nil {
		text = []byte("{}")
	}
	var each map[string]json.RawMessage
	_ = json.Unmarshal(text, &each)
	all := map[string]string{}
	for name, value := range each {
		all[name] = string(value)
	}
	return all
}
