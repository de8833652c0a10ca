package dashboards

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/dashboards/chart"
)

// Words for the state of a cell, which are also those of Cell.State. Open is not a
// state of analytics: it stands for a unit that the plan does not name yet.
const stateOpen = "open"

// state is how an expectation is shown: the sign tells it without colour.
type state struct {
	key, sign, name string
	fill, ink       string
}

// states are those of the matrix, in the order of its legend.
func states() []state {
	return []state{
		{string(analytics.Met), "✓", "达标", "#2f8f6b", "#ffffff"},
		{string(analytics.Short), "◐", "不足", "#f2c14e", "#1f2d3d"},
		{string(analytics.Missing), "○", "未见", "#fbe3df", "#a3161f"},
		{string(analytics.Unproven), "△", "未证明", "#fbe9cf", "#7a4a00"},
		{string(analytics.LoggedNoCount), "●", "已证明，未核定", "#9ec9e2", "#1f2d3d"},
		{stateOpen, "…", "待明确", "#dfe3e8", "#1f2d3d"},
		{string(analytics.NotOwed), "+", "另报", "#e6dcf0", "#1f2d3d"},
	}
}

func stateOf(key string) (int, state) {
	for i, s := range states() {
		if s.key == key {
			return i, s
		}
	}
	return len(states()) - 1, state{key: key, sign: "?", name: key}
}

// maxMatrix is how many units the matrix draws; the table has them all.
const maxMatrix = 60

// Coverage is the page that holds what the plan asks against what is proven.
func Coverage(plan *campaign.Plan, got Result[analytics.Coverage]) Page {
	p := newPage(plan, "落实情况")
	panels := []struct {
		id, title string
		draw      func(id, title string, c *analytics.Coverage)
	}{
		{"coverage-matrix", fmt.Sprintf("各%s × 各%s", p.words.Unit, p.words.Task), p.matrix},
		{"coverage-task", "按" + p.words.Task, p.byTask},
		{"coverage-unit", "按" + p.words.Unit, p.byUnit},
		{"coverage-carrier", "按宣传形式", p.byCarrier},
		{"coverage-week", "按周", p.byWeek},
		{"coverage-proof", "在位证明", p.proof},
	}
	for _, panel := range panels {
		if got.missing() {
			p.fail(panel.id, panel.title, got.Err)
			continue
		}
		panel.draw(panel.id, panel.title, got.Value)
	}
	p.open()
	return p.Page
}

// Standing says in one sentence how much of what the plan asks is proven, and how much
// stands without a proof that holds.
func Standing(plan *campaign.Plan, c *analytics.Coverage) string {
	words := Words(plan)
	open := map[campaign.TaskCode]bool{}
	for _, q := range plan.Open() {
		if q.What == "lead" || q.What == "members" {
			open[q.Task] = true
		}
	}
	also := ""
	if len(open) > 0 {
		also = fmt.Sprintf("；有%d项%s的%s还没有（或没有全部）由%s明确，未明确的不在其内", len(open), words.Task, words.Unit, words.Office)
	}
	if c.Total.Expected <= 0 {
		return fmt.Sprintf("截至%s，方案还没有可以核对的“%s×%s”%s。", day(c.AsOf), words.Task, words.Unit, also)
	}
	return fmt.Sprintf("截至%s，应落实的%d项（%s×%s）中有%d项已证明在位，%d项登记在位但没有有效的证明，%d项未见在位记录%s。",
		day(c.AsOf), c.Total.Expected, words.Task, words.Unit, c.Total.Covered, c.Total.Present-c.Total.Covered, c.Total.Expected-c.Total.Present, also)
}

func (p *page) standing(c *analytics.Coverage) string { return Standing(p.plan, c) }

// coverageBase says what is counted.
func (p *page) coverageBase(c *analytics.Coverage) string {
	expected := fmt.Sprintf("%d项", c.Total.Expected)
	if c.Total.Expected < 0 {
		expected = fmt.Sprintf("待%s明确", p.words.Office)
	}
	return fmt.Sprintf("应落实：方案列明的“%s×%s”，%s；在位：宣传时间含%s、未撤回未退回的记录%d条（累计记录%d条）；已证明：在位，照片或巡查符合规定，没有过期，也没有未整改的损坏，%d条。全数清点，没有抽样误差。",
		p.words.Task, p.words.Unit, expected, day(c.AsOf), c.Total.Standing, c.Total.Logged, c.Total.Proven)
}

// nothingLogged is what to do while there is no placement.
func (p *page) nothingLogged() string {
	return fmt.Sprintf("还没有宣传记录。%s可以在“登记”页逐条填写，也可以下载模板，填好后整表导入。", p.words.Unit)
}

func (p *page) matrix(id, title string, c *analytics.Coverage) {
	cells := map[org.UnitID]map[campaign.TaskCode]analytics.CoverageCell{}
	for _, cell := range c.Cells {
		if cells[cell.Unit] == nil {
			cells[cell.Unit] = map[campaign.TaskCode]analytics.CoverageCell{}
		}
		cells[cell.Unit][cell.Task] = cell
	}
	panel := Panel{ID: id, Title: title, Lead: p.standing(c), Base: p.coverageBase(c), SQL: c.SQL}
	panel.Table.Columns = columns(p.words.Unit)
	for _, t := range p.plan.Tasks {
		panel.Table.Columns = append(panel.Table.Columns, Column{Name: string(t.Code)})
	}
	drawing := matrixDrawing{plan: p.plan}
	if row, marks := p.openRow(); len(marks) > 0 {
		panel.Table.Rows = append(panel.Table.Rows, row)
		drawing.line(row, marks)
	}
	for _, u := range p.unitsOf(cells) {
		row, marks := p.matrixRow(u, cells[u])
		panel.Table.Rows = append(panel.Table.Rows, row)
		drawing.line(row, marks)
	}
	if len(p.plan.Tasks) == 0 {
		panel.EmptyMsg = fmt.Sprintf("方案里还没有%s。请先由%s导入方案和单位名单。", p.words.Task, p.words.Office)
	}
	if len(panel.Table.Rows) > maxMatrix {
		panel.Notes = with(panel.Notes, p.note(fmt.Sprintf("图中只画前%d行，全部%d行见下表。", maxMatrix, len(panel.Table.Rows))))
	}
	panel.Notes = with(panel.Notes, p.note(fmt.Sprintf("✓ 达标：已证明的数量不少于应设数量；◐ 不足：有已证明的记录但少于应设数量；○ 未见：今天没有在位记录；△ 未证明：登记在位，但没有照片或巡查证明、证明过期或者损坏未整改；● 已证明，未核定：有已证明的记录，但应设数量尚待%s核定，不计算百分比；… 待明确：由哪些单位承担尚未明确；+ 另报：方案没有点名、单位自行登记的；“／”：方案没有点名该单位承担。", p.words.Office)))
	drawn := chart.Matrix(id, title+"。"+panel.Lead, drawing.columns(), drawing.lines, drawing.states(), drawing.marks)
	panel.Chart, panel.Height = drawn.Option, drawn.Height
	p.add(panel)
}

// unitsOf lists the units with cells, in the order of the plan; units that the plan
// no longer knows come last.
func (p *page) unitsOf(cells map[org.UnitID]map[campaign.TaskCode]analytics.CoverageCell) []org.UnitID {
	var list []org.UnitID
	known := map[org.UnitID]bool{}
	for _, u := range p.plan.Units.Units() {
		known[u.ID] = true
		if cells[u.ID] != nil {
			list = append(list, u.ID)
		}
	}
	for _, id := range sorted(cells) {
		if !known[id] {
			list = append(list, id)
		}
	}
	return list
}

// openRow is the first line of the matrix: tasks whose unit nobody has named.
func (p *page) openRow() (Row, []chart.Mark) {
	open := map[campaign.TaskCode]string{}
	for _, q := range p.plan.Open() {
		if q.What == "lead" || q.What == "members" {
			open[q.Task] = q.Text
		}
	}
	at, s := stateOf(stateOpen)
	row := Row{Cells: []Cell{text(p.words.Unit + "待明确")}}
	var marks []chart.Mark
	for i, t := range p.plan.Tasks {
		if words, ok := open[t.Code]; ok {
			row.Cells = append(row.Cells, Cell{Text: fmt.Sprintf("%s 待%s明确", s.sign, p.words.Office), State: s.key, Notes: with(nil, p.note(words+"。"))})
			marks = append(marks, chart.Mark{Column: i, State: at, Tip: string(t.Code) + "：" + words})
			continue
		}
		row.Cells = append(row.Cells, text("／"))
	}
	return row, marks
}

func (p *page) matrixRow(unit org.UnitID, cells map[campaign.TaskCode]analytics.CoverageCell) (Row, []chart.Mark) {
	row := Row{Cells: []Cell{text(p.plan.UnitName(unit))}, Link: placements("unit", string(unit))}
	var marks []chart.Mark
	for i, t := range p.plan.Tasks {
		cell, ok := cells[t.Code]
		if !ok || (cell.State == analytics.NotOwed && cell.Logged == 0) {
			row.Cells = append(row.Cells, text("／"))
			continue
		}
		at, s := stateOf(string(cell.State))
		words := s.sign + " " + s.name
		if cell.Proven > 0 {
			words += " " + Amounts(cell.ProvenAmounts)
		}
		if cell.Standing > cell.Proven {
			words += "（在位" + Amounts(cell.Amounts) + "，其中" + unproven(cell.ByProof) + "）"
		}
		if len(cell.Targets) > 0 {
			words += "（应设" + dues(cell.Targets) + "）"
		}
		if cell.Standing == 0 && cell.Logged > 0 {
			words += fmt.Sprintf("（登记过%d条，今天都不在宣传时间之内）", cell.Logged)
		}
		row.Cells = append(row.Cells, Cell{Text: words, State: s.key, Link: placements("task", string(t.Code), "unit", string(unit))})
		marks = append(marks, chart.Mark{Column: i, State: at, Tip: fmt.Sprintf("%s　%s：%s", p.plan.UnitName(unit), t.Code, words)})
	}
	return row, marks
}

// matrixDrawing gathers the lines that are drawn, at most maxMatrix.
type matrixDrawing struct {
	plan  *campaign.Plan
	lines []string
	marks []chart.Mark
}

func (d *matrixDrawing) line(row Row, marks []chart.Mark) {
	if len(d.lines) == maxMatrix {
		return
	}
	for _, m := range marks {
		m.Row = len(d.lines)
		d.marks = append(d.marks, m)
	}
	d.lines = append(d.lines, row.Cells[0].Text)
}

func (d *matrixDrawing) columns() []string {
	list := make([]string, len(d.plan.Tasks))
	for i, t := range d.plan.Tasks {
		list[i] = string(t.Code)
	}
	return list
}

func (d *matrixDrawing) states() []chart.State {
	var list []chart.State
	for _, s := range states() {
		list = append(list, chart.State{Sign: s.sign, Name: s.name, Fill: s.fill, Text: s.ink})
	}
	return list
}

func (p *page) byTask(id, title string, c *analytics.Coverage) {
	p.lines(id, title, p.words.Task, c, c.ByTask, p.standing(c), func(l analytics.CoverageLine) (string, string) {
		t, ok := p.plan.Task(campaign.TaskCode(l.Key))
		if !ok {
			return labelOf(l), placements("task", l.Key)
		}
		return string(t.Code) + " " + t.Title, placements("task", l.Key)
	})
}

func (p *page) byUnit(id, title string, c *analytics.Coverage) {
	owing := 0
	for _, l := range c.ByUnit {
		if l.Expected > 0 {
			owing++
		}
	}
	lead := fmt.Sprintf("%d个%s有应落实的%s，按单位名单的次序排列，不作排名。", owing, p.words.Unit, p.words.Task)
	p.lines(id, title, p.words.Unit, c, c.ByUnit, lead, func(l analytics.CoverageLine) (string, string) {
		return p.plan.UnitName(org.UnitID(l.Key)), placements("unit", l.Key)
	})
}

// lines draws how many of what is owed is proven, one line for each heading.
func (p *page) lines(id, title, heading string, c *analytics.Coverage, list []analytics.CoverageLine, lead string, name func(analytics.CoverageLine) (string, string)) {
	panel := Panel{ID: id, Title: title, Lead: lead, Base: p.coverageBase(c), SQL: c.SQL}
	panel.Table.Columns = columns(heading, append(numeric("应落实（项）", "已证明（项）", "覆盖率", "在位（项）", "累计记录（条）", "在位记录（条）", "已证明记录（条）"),
		Column{Name: "已证明数量"}, Column{Name: "未证明的"}, Column{Name: "应设数量"}, Column{Name: "待明确"})...)
	var bars []chart.Progress
	for _, l := range list {
		label, link := name(l)
		panel.Table.Rows = append(panel.Table.Rows, p.line(label, link, l))
		bar := chart.Progress{Label: label, Done: float64(l.Covered), Due: float64(l.Expected), Text: fmt.Sprintf("待%s明确", p.words.Office)}
		if l.Expected > 0 {
			bar.Text = fmt.Sprintf("%d/%d项 %s%%", l.Covered, l.Expected, l.Share.Text(1))
		}
		bars = append(bars, bar)
	}
	if len(list) > 0 {
		total := p.line("合计", "", c.Total)
		total.Total = true
		if n := len(p.plan.Open()); n > 0 {
			total.Cells[len(total.Cells)-1] = Cell{Text: fmt.Sprintf("共%d处，见“待明确的事项”", n), State: stateOpen}
		}
		panel.Table.Rows = append(panel.Table.Rows, total)
	}
	if c.Total.Logged == 0 {
		panel.EmptyMsg = p.nothingLogged()
	} else {
		drawn := chart.Bullets(id, title+"。"+lead, bars)
		panel.Chart, panel.Height = drawn.Option, drawn.Height
	}
	p.add(panel)
}

func (p *page) line(label, link string, l analytics.CoverageLine) Row {
	wait := fmt.Sprintf("待%s明确", p.words.Office)
	row := Row{Link: link, Cells: []Cell{text(label)}}
	switch {
	case l.Expected < 0:
		row.Cells = append(row.Cells, Cell{Text: wait, State: stateOpen}, text(blank), text(blank), text(blank))
	default:
		row.Cells = append(row.Cells, count(l.Expected), count(l.Covered), p.figure(l.Share, "%"), count(l.Present))
	}
	row.Cells = append(row.Cells, count(l.Logged), count(l.Standing), count(l.Proven), text(Amounts(l.ProvenAmounts)), text(decaying(l.ByProof)))
	if len(l.Targets) > 0 {
		row.Cells = append(row.Cells, text(p.targets(l.Targets)))
	} else if l.NotEnumerated {
		row.Cells = append(row.Cells, Cell{Text: "? 未核定，" + wait, State: string(analytics.LoggedNoCount)})
	} else {
		row.Cells = append(row.Cells, text("已核定"))
	}
	var open []string
	for _, q := range l.Open {
		open = append(open, q.Text)
	}
	if len(open) == 0 {
		row.Cells = append(row.Cells, text("无"))
	} else {
		row.Cells = append(row.Cells, Cell{Text: strings.Join(open, "；"), State: stateOpen})
	}
	return row
}

// unproven names what stands and isn't proven, by reason.
func unproven(b analytics.ByProof) string {
	return reasons([]reason{{b.Old, analytics.Old}, {b.Never, analytics.NeverProven}, {b.Defect, analytics.Defective}, {b.Gone, analytics.Gone}})
}

// decaying is unproven with what will be soon.
func decaying(b analytics.ByProof) string {
	return reasons([]reason{{b.Old, analytics.Old}, {b.Never, analytics.NeverProven}, {b.Defect, analytics.Defective}, {b.Gone, analytics.Gone}, {b.GrowingOld, analytics.GrowingOld}})
}

type reason struct {
	n     int64
	state analytics.ProofState
}

func reasons(list []reason) string {
	var parts []string
	for _, r := range list {
		if r.n > 0 {
			parts = append(parts, fmt.Sprintf("%s%d条", ProofNames[r.state], r.n))
		}
	}
	if len(parts) == 0 {
		return "无"
	}
	return strings.Join(parts, "、")
}

// targets says what was counted as due, how much of it is proven, and how much stands.
func (p *page) targets(list []analytics.TargetProgress) string {
	parts := make([]string, len(list))
	for i, t := range list {
		who := ""
		if t.Target.Unit != "" {
			who += p.plan.UnitName(t.Target.Unit)
		}
		if t.Target.Carrier != "" {
			who += p.plan.CarrierName(t.Target.Carrier)
		}
		parts[i] = fmt.Sprintf("%s应设%s%s，已证明%s%s", who, quantity(t.Target.Quantity), t.Target.Measure, quantity(t.Proven), t.Target.Measure)
		if t.Share.Valid {
			parts[i] += "（" + t.Share.Text(1) + "%）"
		}
		if t.Standing != t.Proven {
			parts[i] += fmt.Sprintf("，在位%s%s", quantity(t.Standing), t.Target.Measure)
		}
	}
	return strings.Join(parts, "；")
}

// dues lists targets alone.
func dues(list []analytics.TargetProgress) string {
	parts := make([]string, len(list))
	for i, t := range list {
		parts[i] = quantity(t.Target.Quantity) + t.Target.Measure
	}
	return strings.Join(parts, "、")
}

func (p *page) byCarrier(id, title string, c *analytics.Coverage) {
	panel := Panel{ID: id, Title: title, Base: p.coverageBase(c) + "应落实的项，是" + p.words.Task + "点名要求了这种形式的项。", SQL: c.SQL}
	used := 0
	panel.Table.Columns = columns("宣传形式", append(numeric("应落实（项）", "已证明（项）", "在位（项）", "累计记录（条）", "在位记录（条）", "已证明记录（条）"), Column{Name: "已证明数量"}, Column{Name: "未证明的"})...)
	var bars []chart.Bar
	for _, l := range c.ByCarrier {
		label, link := labelOf(l), ""
		if l.Key != "" {
			link = placements("carrier", l.Key)
			if l.Label == "" {
				label = p.plan.CarrierName(campaign.CarrierID(l.Key))
			}
		}
		line := p.line(label, link, l)
		panel.Table.Rows = append(panel.Table.Rows, Row{Link: link, Cells: slices.Concat(line.Cells[:3], line.Cells[4:10])})
		if l.Logged == 0 {
			continue // named by the plan and not used yet: in the table, not on the chart
		}
		used++
		bars = append(bars, chart.Bar{Label: label, Value: float64(l.Proven), Valid: true, Text: fmt.Sprintf("%d/%d条", l.Proven, l.Standing), Tip: fmt.Sprintf("%s：在位%d条，已证明%d条，%s", label, l.Standing, l.Proven, Amounts(l.ProvenAmounts))})
	}
	panel.Lead = fmt.Sprintf("已登记的宣传形式有%d种，在位记录%d条，其中%d条已证明；不同计量单位的数量不相加。", used, c.Total.Standing, c.Total.Proven)
	if c.Total.Logged == 0 {
		panel.EmptyMsg = p.nothingLogged()
	} else {
		drawn := chart.Bars(id, title+"。"+panel.Lead, bars, chart.Scale{})
		panel.Chart, panel.Height = drawn.Option, drawn.Height
	}
	p.add(panel)
}

func (p *page) byWeek(id, title string, c *analytics.Coverage) {
	panel := Panel{ID: id, Title: title, Base: p.coverageBase(c), SQL: c.SQL}
	panel.Table.Columns = columns("周（周一至周日）", numeric("应落实（项）", "周末已证明（项）", "覆盖率", "周末在位（项）", "累计记录（条）", "周末在位记录（条）", "周末已证明记录（条）")...)
	covered, present, expected := chart.Line{Label: "已证明（项）", Area: true}, chart.Line{Label: "在位（项）"}, chart.Line{Label: "应落实（项）", Dashed: true}
	var steps []string
	for _, l := range c.ByWeek {
		row := p.line(weekOf(l, c.AsOf), "", l)
		panel.Table.Rows = append(panel.Table.Rows, Row{Cells: row.Cells[:8]})
		steps = append(steps, weekStart(l))
		covered.Values = append(covered.Values, float64(l.Covered))
		present.Values = append(present.Values, float64(max(l.Present, 0)))
		expected.Values = append(expected.Values, float64(max(l.Expected, 0)))
	}
	if n := len(c.ByWeek); n > 0 {
		panel.Lead = fmt.Sprintf("最近一周（%s）已证明%d项。", weekOf(c.ByWeek[n-1], c.AsOf), c.ByWeek[n-1].Covered)
		if n > 1 {
			panel.Lead = fmt.Sprintf("最近一周（%s）已证明%d项，上一周%d项。", weekOf(c.ByWeek[n-1], c.AsOf), c.ByWeek[n-1].Covered, c.ByWeek[n-2].Covered)
		}
		drawn := chart.Curve(id, title+"。"+panel.Lead, steps, []chart.Line{covered, present, expected})
		panel.Chart, panel.Height = drawn.Option, drawn.Height
	} else {
		panel.EmptyMsg = p.nothingLogged()
	}
	panel.Notes = with(panel.Notes, p.note("每一周都按那一周最后一天结束时的方案和单位名单计算应落实的项；之后明确的单位、数量不改变以前各周的分母。已证明的项按现在掌握的照片和巡查计算，迟到的照片会补进它拍摄的那一周。"))
	p.add(panel)
}

// proof draws how the proof of what stands is: what holds, what grows old, what is to
// be mended.
func (p *page) proof(id, title string, c *analytics.Coverage) {
	b := c.Total.ByProof
	soon := p.plan.Campaign.Settings.SoonDays()
	panel := Panel{ID: id, Title: title, Base: p.coverageBase(c), SQL: c.SQL,
		Lead: fmt.Sprintf("在位的%d条记录中，%d条已证明（其中%d条在%d天内到期），%d条没有有效的证明。", c.Total.Standing, c.Total.Proven, b.GrowingOld, soon, c.Total.Standing-c.Total.Proven)}
	panel.Table.Columns = columns("证明情况", Column{Name: "记录（条）", Numeric: true}, Column{Name: "计入覆盖"}, Column{Name: "说明"})
	var bars []chart.Bar
	for _, row := range []struct {
		state analytics.ProofState
		n     int64
		why   string
	}{
		{analytics.Proven, b.Proven, "照片或巡查符合规定，还在有效期之内；规定不要照片的，登记即算"},
		{analytics.GrowingOld, b.GrowingOld, fmt.Sprintf("%d天内到期，请补拍或安排巡查", soon)},
		{analytics.Old, b.Old, "最后一次证明已超过有效期"},
		{analytics.NeverProven, b.Never, "照片还没有达到规定的张数"},
		{analytics.Defective, b.Defect, "发现损坏，重新证明之前不计入"},
		{analytics.Gone, b.Gone, "巡查时已不在原处"},
	} {
		counts := "不计入"
		if row.state.Counts() {
			counts = "计入"
		}
		name := ProofNames[row.state]
		panel.Table.Rows = append(panel.Table.Rows, Row{Link: "standing?state=" + string(row.state), Cells: []Cell{text(name), count(row.n), text(counts), text(row.why)}})
		bars = append(bars, chart.Bar{Label: name, Value: float64(row.n), Valid: true, Text: fmt.Sprintf("%d条", row.n), Tip: name + "：" + row.why})
	}
	if c.Total.Logged == 0 {
		panel.EmptyMsg = p.nothingLogged()
	} else {
		drawn := chart.Bars(id, title+"。"+panel.Lead, bars, chart.Scale{})
		panel.Chart, panel.Height = drawn.Option, drawn.Height
	}
	p.add(panel)
}

// weekOf prints a week by its two ends; the running week ends on the day itself.
func weekOf(l analytics.CoverageLine, asOf time.Time) string {
	monday, err := time.Parse(time.DateOnly, l.Key)
	if err != nil {
		return labelOf(l)
	}
	sunday := monday.AddDate(0, 0, 6)
	if sunday.After(asOf) {
		return day(monday) + "至" + day(asOf) + "（本周未完）"
	}
	return day(monday) + "至" + day(sunday)
}

func weekStart(l analytics.CoverageLine) string {
	monday, err := time.Parse(time.DateOnly, l.Key)
	if err != nil {
		return labelOf(l)
	}
	return day(monday)
}

func labelOf(l analytics.CoverageLine) string {
	if l.Label != "" {
		return l.Label
	}
	return l.Key
}

// open lists what the plan leaves to the office.
func (p *page) open() {
	list := p.plan.Open()
	panel := Panel{ID: "open-questions", Title: "待" + p.words.Office + "明确的事项",
		Base: fmt.Sprintf("方案中的%d项%s。", len(p.plan.Tasks), p.words.Task)}
	panel.Table.Columns = columns(p.words.Task, Column{Name: "名称"}, Column{Name: "待明确的内容"})
	for _, q := range list {
		t, _ := p.plan.Task(q.Task)
		panel.Table.Rows = append(panel.Table.Rows, Row{Cells: []Cell{text(string(q.Task)), text(t.Title), {Text: q.Text, State: stateOpen}}})
	}
	panel.Lead = fmt.Sprintf("方案有%d处尚待明确；明确之前，相应的数字按“待明确”“未核定”显示，不当作0，也不当作已完成。", len(list))
	if len(list) == 0 {
		panel.Lead = "方案没有待明确的事项。"
	}
	p.add(panel)
}

// placements gives the address of the placements behind a figure.
func placements(pairs ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		query.Set(pairs[i], pairs[i+1])
	}
	return "placements?" + query.Encode()
}
