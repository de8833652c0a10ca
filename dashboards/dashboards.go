// Package dashboards turns results into pages: a page is a list of panels, a panel is
// a chart with its table, base, footnotes and the SQL behind it.
//
// It asks nothing and computes nothing: every value it prints came from analytics, so
// that page, workbook and report can't disagree. Chart options are made in chart,
// workbooks in workbook.
//
// # Why
//
// Drawing knows no database (the arrow to app/clickhouse is forbidden): a page can be
// tested from a result written by hand, and a panel that fails stands alone.
package dashboards

import (
	"encoding/json"
	"slices"
	"strings"

	"shuixuan/app/campaign"
	"shuixuan/app/problem"

	"shuixuan/analytics/estimate"
)

// Page is what one address shows.
type Page struct {
	Title   string   `json:"title"`
	Figures []Figure `json:"figures,omitempty"` // what is read first, at a glance
	Panels  []Panel  `json:"panels"`
	Notes   []string `json:"notes"` // numbered footnotes, gathered over all panels, no repeats
	Waits   bool     `json:"-"`     // something on it is still being made: not to be remembered

	Wall []WallPage `json:"wall,omitempty"` // of the screen on a wall, which has no panels
}

// Figure is one number set large, with what it is of. It repeats what a panel of the
// page says, in the same words.
type Figure struct {
	Label string `json:"label"`
	Value string `json:"value"` // as printed: 15/19, 64.4%
	Unit  string `json:"unit,omitempty"`
	Base  string `json:"base"` // interval and base, or what is counted
	Link  string `json:"link,omitempty"`
	Notes []int  `json:"notes,omitempty"`
}

// Panel is one box of a page. Chart is an ECharts option object (nil: table only);
// it holds data only, no functions. Failed is the sentence shown in place of the
// panel when its result could not be had.
type Panel struct {
	ID       string          `json:"id"` // stable: also the chart's id and the name of downloads
	Title    string          `json:"title"`
	Lead     string          `json:"lead,omitempty"` // one sentence above the chart, with the figure in words
	Chart    json.RawMessage `json:"chart,omitempty"`
	Height   int             `json:"height,omitempty"` // of the chart, in pixels
	Table    Table           `json:"table"`
	Base     string          `json:"base"`  // who is counted, and how many
	Notes    []int           `json:"notes"` // numbers of the page's footnotes
	Act      Act             `json:"act,omitzero"`
	SQL      string          `json:"sql,omitempty"`
	Failed   string          `json:"failed,omitempty"`
	EmptyMsg string          `json:"empty,omitempty"` // what to do first, when there is nothing yet; stands in place of the chart
}

// Act leads from a panel to where what it rests on is seen and set; the link is relative to the
// campaign's own address.
type Act struct {
	Text string `json:"text"`
	Link string `json:"link"`
}

// Table is what stands behind a chart.
type Table struct {
	Columns []Column `json:"columns"`
	Rows    []Row    `json:"rows"`
}

// Column is a heading; Numeric columns are set to the right.
type Column struct {
	Name    string `json:"name"`
	Numeric bool   `json:"numeric,omitempty"`
}

// Row is one line of a table; Link, when set, leads to the rows behind it. Links are
// relative to the campaign's own address, /c/{campaign}/.
type Row struct {
	Cells []Cell `json:"cells"`
	Link  string `json:"link,omitempty"`
	Total bool   `json:"total,omitempty"`
}

// Cell is a printed value with its number, when it has one, and its footnotes.
type Cell struct {
	Text   string   `json:"text"`
	Number *float64 `json:"number,omitempty"`
	Notes  []int    `json:"notes,omitempty"`
	State  string   `json:"state,omitempty"` // a word for colour: met, short, missing, not-enumerated, open, not-owed; the sign stands in Text
	Link   string   `json:"link,omitempty"`  // leads to the rows behind this cell alone
}

// Result is what a question was answered, or why it was not. A page takes results
// with their errors, so that what can't be had costs one panel and not the page.
type Result[T any] struct {
	Value *T
	Err   error
}

// Of joins the two answers of a reader: dashboards.Of(reader.Coverage(ctx, plan, scope)).
func Of[T any](value *T, err error) Result[T] { return Result[T]{Value: value, Err: err} }

// missing tells whether there is no result to draw.
func (r Result[T]) missing() bool { return r.Err != nil || r.Value == nil }

// page gathers panels, and numbers their footnotes across all of them.
type page struct {
	Page
	plan    *campaign.Plan
	words   campaign.Words
	caution string // of the waves on the page, see Caution
}

func newPage(plan *campaign.Plan, title string) *page {
	return &page{Page: Page{Title: title, Panels: []Panel{}, Notes: []string{}}, plan: plan, words: Words(plan)}
}

// Words gives the campaign's own words, with plain ones where it has none.
func Words(plan *campaign.Plan) campaign.Words {
	w := plan.Campaign.Words
	for _, word := range []struct {
		at    *string
		plain string
	}{{&w.Field, "类别"}, {&w.Task, "任务"}, {&w.Unit, "责任单位"}, {&w.Office, "主办单位"}, {&w.End, "至验收结束"}} {
		if *word.at == "" {
			*word.at = word.plain
		}
	}
	return w
}

// note gives the number of a footnote. The same words keep one number on a page.
func (p *page) note(text string) int {
	if text == "" {
		return 0
	}
	if !strings.HasSuffix(text, "。") {
		text += "。"
	}
	if i := slices.Index(p.Notes, text); i >= 0 {
		return i + 1
	}
	p.Notes = append(p.Notes, text)
	return len(p.Notes)
}

// doubts gives the numbers of a figure's warnings.
func (p *page) doubts(warnings []estimate.Warning) []int {
	var numbers []int
	for _, w := range warnings {
		numbers = with(numbers, p.note(w.Text))
	}
	return numbers
}

// with adds a footnote number to an ordered list without repeats.
func with(numbers []int, more ...int) []int {
	for _, n := range more {
		if n > 0 && !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers
}

// asked adds a query to those behind the panel.
func (panel *Panel) asked(sql string) {
	switch {
	case sql == "" || strings.Contains(panel.SQL, sql):
	case panel.SQL == "":
		panel.SQL = sql
	default:
		panel.SQL += "\n\n" + sql
	}
}

// add puts a panel on the page; its footnotes are its own and those of its cells.
func (p *page) add(panel Panel) {
	if panel.Table.Columns == nil {
		panel.Table.Columns = []Column{}
	}
	if panel.Table.Rows == nil {
		panel.Table.Rows = []Row{}
	}
	for _, row := range panel.Table.Rows {
		for _, cell := range row.Cells {
			panel.Notes = with(panel.Notes, cell.Notes...)
		}
	}
	if panel.Notes == nil {
		panel.Notes = []int{}
	}
	p.Panels = append(p.Panels, panel)
}

// fail puts a panel on the page that says why it is not there.
func (p *page) fail(id, title string, err error) {
	p.add(Panel{ID: id, Title: title, Failed: failure(err)})
}

// failure says why something is not there. Only a problem made for people is quoted; anything
// else is for the log of whoever asked.
func failure(err error) string {
	if found, ok := problem.As(err); ok {
		return strings.TrimSuffix(found.Title, "。") + "。" + found.Detail
	}
	return "这一栏暂时取不到数据，其他各栏不受影响。请稍后刷新；多次如此，请告诉系统管理员。"
}
