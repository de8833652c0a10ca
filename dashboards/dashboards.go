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

import "encoding/json"

// Page is what one address shows.
type Page struct {
	Title  string   `json:"title"`
	Panels []Panel  `json:"panels"`
	Notes  []string `json:"notes"` // numbered footnotes, gathered over all panels, no repeats
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
	SQL      string          `json:"sql,omitempty"`
	Failed   string          `json:"failed,omitempty"`
	EmptyMsg string          `json:"empty,omitempty"` // what to do first, when there is nothing yet
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

// Row is one line of a table; Link, when set, leads to the rows behind it.
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
	State  string   `json:"state,omitempty"` // a word for colour and sign: met, short, missing, not-enumerated …
}
