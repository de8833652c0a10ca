// Package document writes an official document (公文) in the layout of GB/T 9704-2012: as
// a .docx that the office can go on editing, and as a page that a browser prints.
//
// It takes blocks that are ready, with their figures, and sets them. It asks no database,
// estimates nothing and knows neither a campaign nor a survey; what a sentence says is
// made before.
//
// # Why
//
// The report is read on paper by people who know the standard by heart, is edited in Word
// or WPS, and must look the same from LibreOffice. One model with two writers keeps the
// words, the numbers of headings and the order of blocks the same in both; the layouts
// stand apart, because a page made by converting the .docx would need LibreOffice on the
// server, and a .docx made from a page can't be edited as an official document is.
//
// No Go library of a free licence writes .docx with sections, footers and charts. The
// parts that never change are files under parts, the rest goes through one writer of
// elements that escapes whatever it is given.
//
// 22 lines of 28 characters: the text area is 156 mm wide, so a character of 16 pt (3号)
// has 15.79 pt. Word reckons that from the grid of the section. LibreOffice 7.4 gives a
// character that is wider than its cell two cells, so that 14 stood in a line; therefore
// paragraphs leave the grid and are set 0.3 pt tighter instead, and justifying spreads
// the rest. The grid stays in the section: it is what 页面设置 shows.
//
// Fonts are named as the standard has them and are not embedded: 小标宋 is sold. Free ones
// are named as fall-backs, in the font table of the .docx and in the rules of the page.
//
// Margins are not mirrored on even pages. Templates in use have 28 mm on the left and
// 26 mm on the right of every page, and the two sides of a sheet then differ by 2 mm,
// which is as much as the standard allows.
package document

import "time"

// Document is an official document. Empty parts are left out.
type Document struct {
	Title     string
	Office    string   // 发文机关标志, red at the head of the first page
	Number    string   // 发文字号
	Addressee string   // 主送机关, without the colon
	Blocks    []Block  // the text and then the annexes
	Appended  []string // 附件说明: the names of the annexes
	Signature string   // 署名
	Date      time.Time
	Created   time.Time // in the properties of the file; nothing else depends on a clock
	Creator   string    // in the properties of the file
	Language  string    // zh-CN where empty
}

// Block is one part of the text: Heading, Paragraph, List, Table, Chart, Picture, Annex or
// PageBreak.
type Block interface{ block() }

// Heading is numbered by its level: 一、 （一） 1. （1）. Numbers start again in an annex.
type Heading struct {
	Level  int // 1 to 4; others are taken as the nearest
	Text   string
	Anchor string // what a run's Link "#…" leads to
}

// Paragraph is a paragraph of the text, with two characters of indent.
type Paragraph struct {
	Runs   []Run
	Anchor string
	Flush  bool // without the indent
}

// Run is a piece of a paragraph set alike.
type Run struct {
	Text   string
	Bold   bool
	Mark   bool   // a reference mark, set small; see Exhibit
	Edited bool   // changed by hand after it was made from data: a dotted line under it
	Link   string // "#anchor", a relative path or an http(s) address; any other is not linked
}

// List is one paragraph for each item, ordered by 1） 2） or begun with ——.
type List struct {
	Ordered bool
	Items   [][]Run
}

// Table is set smaller than the text, its heading repeated on each page.
type Table struct {
	Caption   string // 表1 …, above the table
	Anchor    string
	Columns   []Column
	Rows      [][]Cell // a short row is filled with empty cells; a long one is an error
	Notes     []string // under the table
	Landscape bool     // on pages of its own, turned
}

// Column is a column of a table. Neighbours of one Group have it as a common heading.
type Column struct {
	Name  string
	Group string
	Share float64 // of the width, against the sum of all; 1 where it is not positive
	Align Align
}

// Cell is what stands in a cell of a table.
type Cell []Run

// Align is how a column is set.
type Align int

// Ways to set a column.
const (
	Left Align = iota
	Center
	Right
)

// Chart is a chart that Word can edit and that reads without colour.
type Chart struct {
	Caption    string // 图1 …, under the chart
	Anchor     string
	Kind       Kind
	Categories []string
	Times      []time.Time // of a Line: where each point stands in time, instead of Categories; days, ascending
	Series     []Series
	Unit       string  // behind each number: %
	Top        float64 // of the axis; 0 for as much as the values need
	Target     *Target
	Note       string

	part bool // of a chart that was divided
}

// Kind is the kind of a chart.
type Kind int

// Kinds of charts.
const (
	Bars    Kind = iota // one bar for each category and series
	Grouped             // as Bars, where each value has its interval
	Line                // over time
)

// Series has one point for each category.
type Series struct {
	Name   string
	Points []Point
}

// Point is a value with its interval, in the chart's unit.
type Point struct {
	Value        float64
	Lower, Upper float64
	Interval     bool // whether Lower and Upper are known
	Missing      bool // no value: nothing is drawn
}

// Target is a value to be reached, drawn as a line.
type Target struct {
	Name  string
	Value float64
}

// Picture is a PNG or a JPEG, never wider or higher than the text area.
type Picture struct {
	Bytes         []byte
	Width, Height float64 // mm; where one is 0 the proportions of the picture give it
	Caption       string
	Anchor        string
}

// Annex begins an annex on a new page: 附件n at the top left, its title centred.
type Annex struct {
	Title  string
	Anchor string
}

// PageBreak goes on at the next page.
type PageBreak struct{}

func (Heading) block()   {}
func (Paragraph) block() {}
func (List) block()      {}
func (Table) block()     {}
func (Chart) block()     {}
func (Picture) block()   {}
func (Annex) block()     {}
func (PageBreak) block() {}

// Text is a run without more to it, for paragraphs and cells.
func Text(s string) []Run { return []Run{{Text: s}} }

// Exhibit is the reference mark of an exhibit: 图表3 is set as 〔图表3〕.
func Exhibit(name, link string) Run { return Run{Text: "〔" + name + "〕", Mark: true, Link: link} }
