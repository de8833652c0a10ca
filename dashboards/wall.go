package dashboards

import (
	"fmt"
	"strings"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/survey"
)

// WallPage is one page of the screen on a wall: one subject, read from five metres. Which of its
// parts are set says what it shows. Units stand in the order of the plan: it is no ranking.
type WallPage struct {
	ID      string        `json:"id"`
	Title   string        `json:"title"`
	Lead    string        `json:"lead,omitempty"`
	Figures []Figure      `json:"figures,omitempty"`
	Curve   *WallCurve    `json:"curve,omitempty"`
	Matrix  *WallMatrix   `json:"matrix,omitempty"`
	Tiles   []WallTile    `json:"tiles,omitempty"`
	Bars    []WallBar     `json:"bars,omitempty"`
	Ranges  []WallRange   `json:"ranges,omitempty"`
	Photos  []WallPicture `json:"photos,omitempty"`
	Base    string        `json:"base,omitempty"`
	Empty   string        `json:"empty,omitempty"`
	Failed  string        `json:"failed,omitempty"`
}

// WallTile is a count with what it counts; the sign in How tells it without colour.
type WallTile struct {
	Label, Value, How, State string
}

// WallPicture is a photo with its words; ID is the photo's.
type WallPicture struct {
	ID, Words, Unit, Day string
}

// What fits on a page of 1920 × 1080 with type that is read from five metres.
const (
	mostWallUnits   = 11
	mostWallTasks   = 24
	mostWallTiles   = 8
	mostWallBars    = 7
	mostWallFigures = 5
	mostWallPhotos  = 8
)

// Wall is the screen in the office: what the overview says, one thing at a time.
func Wall(plan *campaign.Plan, c Campaign, photos Result[[]analytics.Picture]) Page {
	p := newPage(plan, "大屏")
	var asked []survey.Wave
	for _, w := range c.Waves {
		asked = append(asked, w.Wave)
	}
	p.caution = Caution(asked...)
	wallSection(p, c.Coverage, "wall-coverage", "落实情况", p.wallCoverage)
	wallSection(p, c.Coverage, "wall-matrix", fmt.Sprintf("各%s落实情况", p.words.Unit), p.wallMatrix)
	wallSection(p, c.Todo, "wall-todo", "逾期和将到期", p.wallTodo)
	w, any := answered(c.Waves)
	if !any {
		p.Wall = append(p.Wall, WallPage{ID: "wall-intake", Title: "问卷回收", Empty: fmt.Sprintf("还没有问卷调查。请%s先发布问卷，再建立一轮调查。", p.words.Office)})
	} else {
		wallSection(p, w.Progress, "wall-intake", "问卷回收", func(page *WallPage, got *analytics.Progress) { p.wallIntake(page, w.Wave, got, c.Today) })
		wallSection(p, w.Weighted, "wall-figures", "知晓与满意", func(page *WallPage, got *analytics.Weighted) { p.wallFigures(page, w.Wave, got) })
	}
	if photos.missing() || len(*photos.Value) > 0 {
		wallSection(p, photos, "wall-photos", "最近通过审核的现场", p.wallPhotos)
	}
	return p.Page
}

// wallSection makes a page of a result, or says that the result could not be had.
func wallSection[T any](p *page, got Result[T], id, title string, draw func(*WallPage, *T)) {
	page := WallPage{ID: id, Title: title}
	if got.missing() {
		page.Failed = failure(got.Err)
	} else {
		draw(&page, got.Value)
	}
	p.Wall = append(p.Wall, page)
}

func (p *page) wallCoverage(page *WallPage, c *analytics.Coverage) {
	total := c.Total
	if total.Expected <= 0 && total.Logged == 0 {
		page.Empty = p.nothingLogged()
		return
	}
	proven := Figure{Label: "已证明在位", Value: "–", Base: p.words.Task + "×" + p.words.Unit + "，应落实的项数待明确"}
	if total.Expected > 0 {
		proven = Figure{Label: "已证明在位", Value: fmt.Sprintf("%d/%d", total.Covered, total.Expected), Unit: "项", Base: fmt.Sprintf("登记在位%d项，未见%d项", total.Present, total.Expected-total.Present)}
	}
	records := Figure{Label: "在位记录", Value: count(total.Standing).Text, Unit: "条", Base: fmt.Sprintf("其中已证明%d条，累计登记%d条", total.Proven, total.Logged)}
	page.Figures = []Figure{proven, records}
	page.Curve = weekCurve(c)
	page.Base = fmt.Sprintf("一项是方案列明的一个“%s×%s”，截至%s；全数清点，没有抽样误差。", p.words.Task, p.words.Unit, day(c.AsOf))
}

// WallMatrix is the coverage by obligation and unit.
type WallMatrix struct {
	Columns []string  `json:"columns"`
	Lines   []WallRow `json:"lines"`
	Legend  []Cell    `json:"legend"`
}

// WallRow is a unit with its cells; a blank one owes nothing there.
type WallRow struct {
	Unit  string `json:"unit"`
	Cells []Cell `json:"cells"`
}

func (p *page) wallMatrix(page *WallPage, c *analytics.Coverage) {
	cells := map[org.UnitID]map[campaign.TaskCode]analytics.CoverageCell{}
	for _, cell := range c.Cells {
		if cell.State == analytics.NotOwed {
			continue
		}
		if cells[cell.Unit] == nil {
			cells[cell.Unit] = map[campaign.TaskCode]analytics.CoverageCell{}
		}
		cells[cell.Unit][cell.Task] = cell
	}
	units := p.unitsOf(cells)
	if len(units) == 0 {
		page.Empty = fmt.Sprintf("方案还没有写明由哪些%s承担。明确以后，这里逐项显示落实情况。", p.words.Unit)
		return
	}
	shown := gappiest(units, cells, mostWallUnits)
	m := &WallMatrix{}
	tasks := p.plan.Tasks[:min(len(p.plan.Tasks), mostWallTasks)]
	for _, t := range tasks {
		m.Columns = append(m.Columns, string(t.Code))
	}
	met := map[string]bool{}
	for _, u := range shown {
		row := WallRow{Unit: p.plan.UnitName(u)}
		for _, t := range tasks {
			cell := Cell{Text: "／"}
			if got, owes := cells[u][t.Code]; owes {
				_, s := stateOf(string(got.State))
				cell, met[s.key] = Cell{Text: s.sign, State: s.key}, true
			}
			row.Cells = append(row.Cells, cell)
		}
		m.Lines = append(m.Lines, row)
	}
	for _, s := range states() {
		if met[s.key] {
			m.Legend = append(m.Legend, Cell{Text: s.sign + " " + s.name, State: s.key})
		}
	}
	page.Matrix, page.Base = m, fmt.Sprintf("按单位名单的次序排列，不作排名。截至%s。", day(c.AsOf))
	if len(shown) < len(units) {
		page.Base = fmt.Sprintf("共%d个%s，这里列出%d个，没有证明的事项多的先列入；按单位名单的次序排列，不作排名。全部见“覆盖”页。", len(units), p.words.Unit, len(shown))
	}
	if len(tasks) < len(p.plan.Tasks) {
		page.Base += fmt.Sprintf("只列前%d项%s。", len(tasks), p.words.Task)
	}
}

func (p *page) wallTodo(page *WallPage, t *analytics.Todo) {
	var late, soon int64
	counts := countTodo(t)
	for i, one := range counts {
		tile := WallTile{Label: TodoNames[one.kind], Value: count(one.things).Text, How: "◔ 将到期", State: stateShort}
		if soon += one.things; one.kind.Late() {
			late, soon, tile.How, tile.State = late+one.things, soon-one.things, "✕ 已逾期", stateMissing
		}
		if one.kind == analytics.TodoReturned {
			tile.How = "↩ 待修改"
		}
		if i < mostWallTiles {
			page.Tiles = append(page.Tiles, tile)
		}
	}
	if len(counts) == 0 {
		page.Empty = fmt.Sprintf("截至%s，没有逾期的事项，%d天内也没有要到期的。", day(t.AsOf), t.Soon)
		return
	}
	page.Lead = fmt.Sprintf("逾期和待修改%d件，%d天内到期%d件", late, t.Soon, soon)
	page.Base = fmt.Sprintf("单位：件。截至%s。", day(t.AsOf))
	if more := len(counts) - mostWallTiles; more > 0 {
		page.Base += fmt.Sprintf("另有%d类，见“催办”页。", more)
	}
}

func (p *page) wallIntake(page *WallPage, wave survey.Wave, r *analytics.Progress, today Result[analytics.Today]) {
	f := Figure{Label: wave.Name, Value: count(r.Total.Complete).Text, Unit: "份", Base: fmt.Sprintf("另有部分作答%d份", r.Total.Partial)}
	if r.Total.Quota > 0 {
		f.Base = fmt.Sprintf("配额%d份，", r.Total.Quota) + f.Base
	}
	page.Figures = []Figure{f}
	if !today.missing() {
		page.Figures = append(page.Figures, Figure{Label: "今天收到", Value: count(today.Value.Responses).Text, Unit: "份", Base: "各轮合计，按北京时间"})
	}
	for i, s := range r.Strata {
		if i == mostWallBars {
			break
		}
		page.Bars = append(page.Bars, newWallBar(s))
	}
	page.Base = "完成的份数与各组配额；各组按调查设计的次序排列。"
	if more := len(r.Strata) - mostWallBars; more > 0 {
		page.Base += fmt.Sprintf("另有%d组，见“调查”页。", more)
	}
}

func (p *page) wallFigures(page *WallPage, wave survey.Wave, w *analytics.Weighted) {
	more := 0
	for _, f := range w.Figures {
		if !f.Indicator.Headline || !f.Total.Estimate.Valid {
			continue
		}
		if len(page.Ranges) == mostWallFigures {
			more++
			continue
		}
		page.Ranges = append(page.Ranges, newWallRange(f, w))
	}
	if len(page.Ranges) == 0 {
		page.Empty = wave.Name + "还没有可以计算的主要指标。收到问卷后，这里显示数值、区间和是否达到标准线。"
		return
	}
	page.Lead = wave.Name
	page.Base = "按抽样设计估计；刻度从0到100，横条是区间，虚线是标准线，n是基数。" + p.caution
	if more > 0 {
		page.Base += fmt.Sprintf("另有%d项，见“调查”页。", more)
	}
}

func (p *page) wallPhotos(page *WallPage, photos *[]analytics.Picture) {
	for i, one := range *photos {
		if i == mostWallPhotos {
			break
		}
		carrier := one.CarrierText
		if one.Carrier != "" {
			carrier = p.plan.CarrierName(one.Carrier)
		}
		page.Photos = append(page.Photos, WallPicture{ID: one.Photo.String(), Words: oneLine(strings.TrimSpace(one.Place + " " + carrier)), Unit: p.plan.UnitName(one.Unit), Day: day(one.Of)})
	}
	page.Base = "通过审核的台账的照片，从新到旧。"
}

// printed is a figure as it stands on a wall.
func printed(e estimate.Estimate, unit string) string { return e.Text(1) + unit }
