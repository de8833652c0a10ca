package dashboards

import (
	"fmt"
	"net/url"
	"time"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/dashboards/chart"
)

// mostBars is how many lines a chart of totals draws; its table has them all.
const mostBars = 24

// TotalsAsked says what totals are of: the civil date, whose in words (empty: everybody's),
// what they were narrowed to in words (empty: nothing), and the same as it stands in the
// addresses of the rows behind.
type TotalsAsked struct {
	AsOf     time.Time
	Whose    string
	Narrowed string
	Rows     url.Values
}

// Totals is the page of sums by carrier and measure word.
func Totals(plan *campaign.Plan, asked TotalsAsked, got Result[analytics.Totals]) Page {
	p := newPage(plan, "数量合计")
	if got.missing() {
		p.fail("totals-carrier", "按宣传形式和计量单位", got.Err)
		p.fail("totals-measure", "按计量单位", got.Err)
		return p.Page
	}
	t := got.Value
	p.totals("totals-carrier", "按宣传形式和计量单位", t, t.Lines, asked)
	p.totals("totals-measure", "按计量单位", t, t.Measures, asked)
	link := func(state string) string { return rowsBehind(asked, analytics.TotalsLine{}, state) }
	for _, f := range []struct {
		label, state string
		n            int64
	}{{"登记", "", t.Placements}, {"在位", "standing", t.Standing}, {"已证明", "counted", t.Proven}} {
		p.Figures = append(p.Figures, Figure{Label: f.label, Value: count(f.n).Text, Unit: "条", Base: day(asked.AsOf) + "，记录条数", Link: link(f.state)})
	}
	return p.Page
}

func (p *page) totals(id, title string, t *analytics.Totals, lines []analytics.TotalsLine, asked TotalsAsked) {
	panel := Panel{ID: id, Title: title, SQL: t.SQL, Notes: []int{p.note("计量单位不同的数量从不相加；一种宣传形式用了几个计量单位，就分几行")}}
	panel.Base = fmt.Sprintf("%s的记录%d条：登记的是未撤回、未退回的全部；在位的宣传时间含%s；已证明的在位，照片或巡查符合规定，没有过期，也没有未整改的损坏。全数清点，没有抽样误差。", asked.about(), t.Placements, day(asked.AsOf))
	named := id == "totals-carrier"
	if named {
		panel.Table.Columns = columns("宣传形式", Column{Name: "计量单位"})
	} else {
		panel.Table.Columns = columns("计量单位")
	}
	panel.Table.Columns = append(panel.Table.Columns, numeric("登记数量", "登记（条）", "在位数量", "在位（条）", "已证明数量", "已证明（条）")...)
	var bars []chart.Progress
	for _, line := range lines {
		cells := []Cell{{Text: line.Measure}}
		label := line.Measure
		if named {
			cells = []Cell{text(line.Label), {Text: line.Measure}}
			label = line.Label + "（" + line.Measure + "）"
		}
		for _, part := range []struct {
			tally analytics.Tally
			state string
		}{{line.Logged, ""}, {line.Standing, "standing"}, {line.Proven, "counted"}} {
			link := rowsBehind(asked, line, part.state)
			sum, n := part.tally.Quantity, count(part.tally.Placements)
			if part.tally.Placements == 0 {
				link = ""
			}
			n.Link = link
			cells = append(cells, Cell{Text: quantity(sum), Number: &sum, Link: link}, n)
		}
		panel.Table.Rows = append(panel.Table.Rows, Row{Cells: cells})
		bar := chart.Progress{Label: label, Done: line.Proven.Quantity, Due: line.Standing.Quantity, Text: quantity(line.Proven.Quantity) + "/" + quantity(line.Standing.Quantity) + line.Measure}
		if len(bars) < mostBars {
			bars = append(bars, bar)
		}
	}
	panel.Lead = "图上是在位的数量里已证明的部分：已证明/在位。"
	if len(lines) > len(bars) {
		panel.Lead += fmt.Sprintf("只画了前%d行，表格里有全部%d行。", len(bars), len(lines))
	}
	if len(lines) == 0 {
		panel.Lead, panel.EmptyMsg = "", p.nothingLogged()
		if asked.Narrowed != "" {
			panel.EmptyMsg = "没有符合条件的记录，请放宽条件。"
		}
		p.add(panel)
		return
	}
	drawn := chart.Bullets(id, title+"：在位的数量里已证明的部分", bars)
	panel.Chart, panel.Height = drawn.Option, drawn.Height
	p.add(panel)
}

// about says what was asked, to stand before 的记录.
func (a TotalsAsked) about() string {
	if a.Narrowed == "" {
		return a.Whose + "全部"
	}
	return a.Whose + a.Narrowed
}

// rowsBehind is the address of the rows that a figure counts. A line without a carrier's name
// sums all of them; an empty state keeps the one that was asked for.
func rowsBehind(asked TotalsAsked, line analytics.TotalsLine, state string) string {
	values := url.Values{}
	for name, all := range asked.Rows {
		values[name] = all
	}
	if line.Label != "" {
		values.Set("carrier", string(line.Carrier))
		if line.Carrier == "" {
			values.Set("carrier", string(analytics.Unlisted))
		}
	}
	if line.Measure != "" {
		values.Set("measure", line.Measure)
	}
	switch was := values.Get("state"); {
	case state == "":
	case was == "" || was == "all" || was == "standing" && state == "counted":
		values.Set("state", state)
	case was == "todo" && state == "counted": // of what is to be done, only this counts
		values.Set("state", string(analytics.GrowingOld))
	}
	return "standing?" + values.Encode()
}
