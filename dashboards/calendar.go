package dashboards

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
)

// EndNames are the words for what ends.
var EndNames = map[analytics.EndKind]string{
	analytics.EndFlight: "宣传到期", analytics.EndProof: "佐证到期", analytics.EndPermit: "许可到期",
	analytics.EndRepair: "整改到期", analytics.EndTask: "任务结束", analytics.EndWave: "调查结束",
}

// EndText names one thing that ends.
func EndText(plan *campaign.Plan, i analytics.EndItem) string {
	if i.Placement != uuid.Nil {
		return TodoWhat(plan, analytics.TodoItem{Placement: i.Placement, Carrier: i.Carrier, CarrierText: i.CarrierText, Place: i.Place, Quantity: i.Quantity, Measure: i.Measure})
	}
	return strings.TrimSpace(string(i.Task) + " " + i.Label)
}

// EndLink leads to one thing that ends; an obligation is found on the page of the coverage.
func EndLink(i analytics.EndItem) string {
	switch i.Kind {
	case analytics.EndTask:
		return "placements?" + url.Values{"task": {string(i.Task)}}.Encode()
	case analytics.EndWave:
		return "waves/" + url.PathEscape(string(i.Wave))
	}
	return "placements/" + i.Placement.String()
}

// Calendar is the page of one month: per day, how much ends of which kind. Kinds are those
// that the visitor may see; rows is the filter of the page as it stands in addresses.
func Calendar(plan *campaign.Plan, month time.Time, kinds []analytics.EndKind, rows url.Values, got Result[analytics.Ends]) Page {
	p := newPage(plan, "日历")
	const id = "calendar-days"
	title := fmt.Sprintf("%d年%d月到期的事项", month.Year(), int(month.Month()))
	if got.missing() {
		p.fail(id, title, got.Err)
		return p.Page
	}
	e := got.Value
	panel := Panel{ID: id, Title: title, SQL: e.SQL, Lead: p.endless(e, kinds)}
	panel.Base = "佐证和许可的最后一天、整改期限都按今天的情况算：补拍、延期或修好以后会往后移。一条台账可以有几种到期，各计一次。"
	panel.Table.Columns = columns("日期")
	for _, kind := range kinds {
		panel.Table.Columns = append(panel.Table.Columns, numeric(EndNames[kind])...)
	}
	totals := map[analytics.EndKind]int64{}
	for _, d := range e.Days {
		row := Row{Cells: []Cell{{Text: day(d.Day) + " " + Weekday(d.Day)}}, Link: DayLink(rows, d.Day)}
		for _, kind := range kinds {
			cell := Cell{Text: blank}
			if n := d.Counts[kind]; n > 0 {
				cell = count(n)
			}
			row.Cells = append(row.Cells, cell)
			totals[kind] += d.Counts[kind]
		}
		panel.Table.Rows = append(panel.Table.Rows, row)
	}
	if len(e.Days) == 0 {
		panel.EmptyMsg = "这个月没有到期的事项。"
	} else {
		sum := Row{Cells: []Cell{{Text: "合计"}}, Total: true}
		for _, kind := range kinds {
			sum.Cells = append(sum.Cells, count(totals[kind]))
		}
		panel.Table.Rows = append(panel.Table.Rows, sum)
	}
	p.add(panel)
	return p.Page
}

// endless says what has no end and so stands on no day.
func (p *page) endless(e *analytics.Ends, kinds []analytics.EndKind) string {
	words := map[analytics.EndKind]string{
		analytics.EndFlight: fmt.Sprintf("在位的宣传%%d条“%s”", p.words.End), analytics.EndTask: fmt.Sprintf("%s%%d项“%s”", p.words.Task, p.words.End),
		analytics.EndRepair: "没有定期限的整改%d条", analytics.EndWave: "没有定结束日的调查%d轮",
	}
	var list []string
	for _, kind := range kinds {
		if n := e.Open[kind]; n > 0 && words[kind] != "" {
			list = append(list, fmt.Sprintf(words[kind], n))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "没有结束日、不在日历上的：" + strings.Join(list, "，") + "。"
}

// Weekday is the day of the week in a word.
func Weekday(day time.Time) string {
	return []string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}[day.Weekday()]
}

// DayLink is the address of what ends on a day.
func DayLink(rows url.Values, day time.Time) string {
	values := url.Values{"month": {day.Format("2006-01")}, "day": {day.Format(time.DateOnly)}}
	for name, all := range rows {
		values[name] = all
	}
	return "calendar?" + values.Encode() + "#day"
}
