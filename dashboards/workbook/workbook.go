// Package workbook writes what leaves the program as a spreadsheet: the report, the
// exports, the templates to fill in, and the rows that were sent back.
//
// It is the one place where excelize writes. Every sheet is streamed, row by row, so
// that a ledger of a hundred thousand rows needs no more memory than one of ten; a
// sheet that is full goes on in a further one, and nothing is ever cut off silently.
//
// # Why
//
// Numbers in a report must be numbers: people sum, sort and check them. So values come
// from the same results as the pages, as values with a format, never as printed text.
//
// What people wrote may begin like a formula. A workbook holds it as a string cell
// marked as quoted, so that it stays text when the file is edited and saved again. A
// CSV has no such mark; there a leading apostrophe takes its place, and the lossless
// copy is the JSON export.
package workbook

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"shuixuan/dashboards/safecsv"
)

// maxRows is how many rows a sheet of the format holds, and maxCell how many UTF-16
// units a cell.
const (
	maxRows = 1_048_576
	maxCell = 32_767
)

// look is how a cell is set.
type look int

const (
	plain  look = iota // text, wrapped
	flat               // text on one line, for tables too long to fit their heights
	quoted             // text that begins like a formula
	flatQuoted
	integer // 1,234
	decimal // up to three decimals, as many as there are
	two     // two decimals
	percent // a fraction, shown as 12.34%
	date    // 2014-09-01
	moment  // 2014-09-01 08:30
	head    // of a table
	band    // a line that opens a group
	total   // text of a line that sums
	totalInteger
	totalPercent
	title
	section
	prose // text across the sheet
)

// book is a workbook on its way out. The first error sticks, and close tells it.
type book struct {
	f      *excelize.File
	style  map[look]int
	footer string
	rows   int // of a sheet; a field so that a test can fill one
	sheets int
	err    error
}

// face is the font of official papers; Excel and LibreOffice fall back by themselves
// where it is missing.
const face = "宋体"

func newBook(name string, madeAt time.Time) *book {
	b := &book{f: excelize.NewFile(), style: map[look]int{}, rows: maxRows, footer: name}
	b.check(b.f.SetDefaultFont(face))
	stamp := madeAt.UTC().Format(time.RFC3339)
	b.check(b.f.SetDocProps(&excelize.DocProperties{Title: visible(name), Creator: "水宣", Created: stamp, Modified: stamp, Language: "zh-CN"}))
	b.makeStyles()
	return b
}

func (b *book) check(err error) {
	if b.err == nil && err != nil {
		b.err = err
	}
}

func (b *book) makeStyles() {
	line := []excelize.Border{}
	for _, side := range []string{"left", "right", "top", "bottom"} {
		line = append(line, excelize.Border{Type: side, Color: "9AA5B1", Style: 1})
	}
	left := &excelize.Alignment{Horizontal: "left", Vertical: "center", WrapText: true, Indent: 1}
	oneLine := &excelize.Alignment{Horizontal: "left", Vertical: "center", Indent: 1}
	right := &excelize.Alignment{Horizontal: "right", Vertical: "center"}
	center := &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true}
	normal, bold := &excelize.Font{Family: face, Size: 10}, &excelize.Font{Family: face, Size: 10, Bold: true}
	shade := func(colour string) excelize.Fill {
		return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
	}
	number := func(format string) *string { return &format }
	styles := map[look]*excelize.Style{
		plain:   {Border: line, Font: normal, Alignment: left},
		flat:    {Border: line, Font: normal, Alignment: oneLine},
		integer: {Border: line, Font: normal, Alignment: right, CustomNumFmt: number("#,##0")},
		decimal: {Border: line, Font: normal, Alignment: right, CustomNumFmt: number("General")},
		two:     {Border: line, Font: normal, Alignment: right, CustomNumFmt: number("0.00")},
		percent: {Border: line, Font: normal, Alignment: right, CustomNumFmt: number("0.00%")},
		date:    {Border: line, Font: normal, Alignment: center, CustomNumFmt: number("yyyy-mm-dd")},
		moment:  {Border: line, Font: normal, Alignment: center, CustomNumFmt: number("yyyy-mm-dd hh:mm")},
		head:    {Border: line, Font: bold, Alignment: center, Fill: shade("DCE6F0")},
		band:    {Border: line, Font: bold, Alignment: left, Fill: shade("EEF2F6")},
		total:   {Border: line, Font: bold, Alignment: left, Fill: shade("F6F4EC")},

		totalInteger: {Border: line, Font: bold, Alignment: right, Fill: shade("F6F4EC"), CustomNumFmt: number("#,##0")},
		totalPercent: {Border: line, Font: bold, Alignment: right, Fill: shade("F6F4EC"), CustomNumFmt: number("0.00%")},

		title:   {Font: &excelize.Font{Family: face, Size: 16, Bold: true}, Alignment: center},
		section: {Font: &excelize.Font{Family: "黑体", Size: 12, Bold: true}, Alignment: &excelize.Alignment{Vertical: "center"}},
		prose:   {Font: &excelize.Font{Family: "仿宋", Size: 11}, Alignment: &excelize.Alignment{Horizontal: "left", Vertical: "top", WrapText: true}},
	}
	for l := plain; l <= prose; l++ {
		if s, ok := styles[l]; ok {
			id, err := b.f.NewStyle(s)
			b.check(err)
			b.style[l] = id
		}
	}
	b.quoteStyle()
}

// quoteStyle makes the style of quoted text. excelize has no field for quotePrefix in
// its Style, so the cell format of plain text is copied and marked.
func (b *book) quoteStyle() {
	formats := b.f.Styles.CellXfs
	yes := true
	for _, l := range []struct{ text, quoted look }{{plain, quoted}, {flat, flatQuoted}} {
		marked := formats.Xf[b.style[l.text]]
		marked.QuotePrefix = &yes
		formats.Xf = append(formats.Xf, marked)
		formats.Count = len(formats.Xf)
		b.style[l.quoted] = len(formats.Xf) - 1
	}
}

// write sends the workbook and removes what it kept on disk.
func (b *book) write(w io.Writer) error {
	defer b.f.Close()
	if b.err != nil {
		return fmt.Errorf("write workbook: %w", b.err)
	}
	if _, err := b.f.WriteTo(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// column is a column of a sheet: its heading, its width in characters, and how its
// cells are set.
type column struct {
	name  string
	width float64
	look  look
}

// layout is how a sheet is printed and what stands above its table.
type layout struct {
	columns   []column
	landscape bool
	title     string
	remark    string
	free      bool // no table of its own: headings are written as the sheet goes on
	bare      bool // heading in the first row and no title: for files that are read by programs
	bulk      bool // any number of rows: texts on one line, heights left alone
}

// sheet is a sheet that is being written. Rows go in order; a full one goes on in a
// further sheet with the same heading.
type sheet struct {
	b     *book
	name  string // of this part
	root  string // as asked for
	part  int
	l     layout
	sw    *excelize.StreamWriter
	row   int // the last row written in this part
	count int64
	cells []excelize.Cell
	line  []any // points into cells, so that a row allocates nothing
}

func (b *book) sheet(name string, l layout) *sheet {
	s := &sheet{b: b, root: name, l: l, cells: make([]excelize.Cell, len(l.columns)), line: make([]any, len(l.columns))}
	for i := range s.cells {
		s.line[i] = &s.cells[i]
	}
	s.open()
	return s
}

// open starts the next part.
func (s *sheet) open() {
	if s.b.err != nil {
		return
	}
	s.part++
	s.row = 0
	s.name = s.root
	if s.part > 1 {
		s.name = fmt.Sprintf("%s（%d）", s.root, s.part)
	}
	f := s.b.f
	if s.b.sheets == 0 {
		s.b.check(f.SetSheetName("Sheet1", s.name))
		f.SetActiveSheet(0) // now: of sheets that are written it would read every cell again
	} else {
		_, err := f.NewSheet(s.name)
		s.b.check(err)
	}
	s.b.sheets++
	s.page()
	sw, err := f.NewStreamWriter(s.name)
	s.b.check(err)
	if s.b.err != nil {
		return
	}
	s.sw = sw
	for i, c := range s.l.columns {
		s.b.check(sw.SetColWidth(i+1, i+1, c.width))
	}
	s.begin()
}

// page sets paper, margins and footer. It goes before the stream, which writes the
// sheet's properties first.
func (s *sheet) page() {
	a4, one, all, fit := 9, 1, 0, true
	way := "portrait"
	if s.l.landscape {
		way = "landscape"
	}
	side, edge, foot := 0.6, 0.75, 0.3
	centered := true
	f := s.b.f
	s.b.check(f.SetSheetProps(s.name, &excelize.SheetPropsOptions{FitToPage: &fit}))
	s.b.check(f.SetPageLayout(s.name, &excelize.PageLayoutOptions{Size: &a4, Orientation: &way, FitToWidth: &one, FitToHeight: &all}))
	s.b.check(f.SetPageMargins(s.name, &excelize.PageLayoutMarginsOptions{Left: &side, Right: &side, Top: &edge, Bottom: &edge, Header: &foot, Footer: &foot, Horizontally: &centered}))
	left := strings.ReplaceAll(string(firstRunes(visible(s.b.footer), 40)), "&", "&&")
	s.b.check(f.SetHeaderFooter(s.name, &excelize.HeaderFooterOptions{OddFooter: "&L&9" + left + " · " + s.root + "&R&9第 &P 页，共 &N 页"}))
}

// begin writes what stands above the rows and keeps it in sight and on every page.
func (s *sheet) begin() {
	if s.l.free {
		return
	}
	above := 0
	if !s.l.bare {
		above = 1
		if s.l.remark != "" {
			above = 2
		}
	}
	corner, _ := excelize.CoordinatesToCellName(1, above+2)
	s.b.check(s.sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: above + 1, TopLeftCell: corner, ActivePane: "bottomLeft"}))
	if !s.l.bare {
		s.across(title, s.l.title, 30)
		if s.l.remark != "" {
			s.across(prose, s.l.remark, 0)
		}
	}
	s.heading(s.names()...)
	s.repeat(s.row)
}

func (s *sheet) names() []string {
	list := make([]string, len(s.l.columns))
	for i, c := range s.l.columns {
		list[i] = c.name
	}
	return list
}

// repeat prints a row at the top of every page.
func (s *sheet) repeat(row int) {
	s.b.check(s.b.f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("'%s'!$%d:$%d", s.name, row, row), Scope: s.name}))
}

// heading writes the heading of a table.
func (s *sheet) heading(names ...string) {
	most := 1
	for i, name := range names {
		most = max(most, lines(name, s.l.columns[i].width))
	}
	values := make([]any, len(names))
	for i, name := range names {
		values[i] = as{head, name}
	}
	s.put(float64(8+most*14), values...)
}

// across writes one text over all columns. Spreadsheets don't fit the height of
// merged cells to their text, so it is reckoned here when height is 0.
func (s *sheet) across(l look, text string, height float64) {
	if s.b.err != nil {
		return
	}
	wide := 0.0
	for _, c := range s.l.columns {
		wide += c.width
	}
	if height == 0 {
		height = 4 + 16*float64(lines(text, wide*0.92))
	}
	values := make([]any, len(s.l.columns))
	values[0] = as{l, text}
	for i := 1; i < len(values); i++ {
		values[i] = as{l, nil}
	}
	s.put(min(height, 400), values...)
	if len(values) > 1 && s.b.err == nil {
		from, _ := excelize.CoordinatesToCellName(1, s.row)
		to, _ := excelize.CoordinatesToCellName(len(values), s.row)
		s.b.check(s.sw.MergeCell(from, to))
	}
}

// lines reckons how many lines a text takes in a column of the given width.
func lines(text string, wide float64) int {
	n := 0
	for _, line := range strings.Split(text, "\n") {
		n += max(1, int(math.Ceil(textWidth(line)/math.Max(wide-1, 1))))
	}
	return n
}

// textWidth counts a Chinese character as two.
func textWidth(s string) float64 {
	n := 0.0
	for _, r := range s {
		if r > 0x2E7F {
			n += 2
		} else {
			n++
		}
	}
	return n
}

// as sets a value in another way than its column.
type as struct {
	look  look
	value any
}

// add writes a row of the table; nil is an empty cell with its frame.
func (s *sheet) add(values ...any) {
	s.count++
	s.put(0, values...)
}

// skip leaves rows empty, for a chart.
func (s *sheet) skip(n int) { s.row += n }

func (s *sheet) put(height float64, values ...any) {
	if s.b.err != nil {
		return
	}
	if s.row >= s.b.rows {
		s.flush()
		if s.open(); s.b.err != nil {
			return
		}
	}
	s.row++
	for i, value := range values {
		l := plain
		if i < len(s.l.columns) {
			l = s.l.columns[i].look
		}
		if set, ok := value.(as); ok {
			l, value = set.look, set.value
		}
		if s.l.bulk && l == plain {
			l = flat
		}
		s.cells[i] = s.b.cell(l, value)
	}
	if height == 0 && !s.l.bulk {
		height = s.fitting(values)
	}
	at, err := excelize.CoordinatesToCellName(1, s.row)
	s.b.check(err)
	if height > 0 {
		s.b.check(s.sw.SetRow(at, s.line[:len(values)], excelize.RowOpts{Height: height}))
		return
	}
	s.b.check(s.sw.SetRow(at, s.line[:len(values)]))
}

// fitting reckons the height of a row with wrapped texts: not every program fits
// heights when it opens a file.
func (s *sheet) fitting(values []any) float64 {
	most := 1
	for i, value := range values {
		if set, ok := value.(as); ok {
			value = set.value
		}
		if words, ok := value.(string); ok && len(words) > 6 && i < len(s.l.columns) {
			most = max(most, lines(words, s.l.columns[i].width-1))
		}
	}
	return min(5+13.5*float64(most), 400)
}

func (s *sheet) flush() {
	if s.b.err == nil {
		s.b.check(s.sw.Flush())
	}
}

// cell gives the cell for a value.
func (b *book) cell(l look, value any) excelize.Cell {
	switch v := value.(type) {
	case string:
		switch l {
		case integer, decimal, two, percent, date, moment: // 待明确, — in a column of numbers
			l = plain
		}
		if safecsv.Risky(v) {
			switch l {
			case plain:
				l = quoted
			case flat:
				l = flatQuoted
			}
		}
		return excelize.Cell{StyleID: b.style[l], Value: fit(v)}
	case time.Time:
		if v.IsZero() {
			return excelize.Cell{StyleID: b.style[l]}
		}
		return excelize.Cell{StyleID: b.style[l], Value: serial(v)}
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return excelize.Cell{StyleID: b.style[plain], Value: "—"}
		}
	}
	return excelize.Cell{StyleID: b.style[l], Value: value}
}

// serial is a civil date or time as spreadsheets count it: days since 1899-12-30.
func serial(t time.Time) float64 {
	_, offset := t.Zone()
	local := t.Unix() + int64(offset)
	return float64(local)/86400 + 25569
}

// fit keeps a text within a cell and says how much does not fit.
func fit(s string) string {
	if len(s) <= maxCell {
		return s
	}
	units := utf16.Encode([]rune(s))
	if len(units) <= maxCell {
		return s
	}
	kept := firstUnits(s, maxCell-60)
	return kept + fmt.Sprintf("…（单元格放不下，还有%d个字，全文见 JSON 导出）", len([]rune(s))-len([]rune(kept)))
}

// firstUnits gives the longest beginning of at most n UTF-16 units.
func firstUnits(s string, n int) string {
	used := 0
	for i, r := range s {
		w := 1
		if r > 0xFFFF {
			w = 2
		}
		if used+w > n {
			return s[:i]
		}
		used += w
	}
	return s
}

func firstRunes(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return s
}

// visible takes control characters out of a name that goes into properties and
// footers, where XML has no place for them.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7F || (r >= 0x202A && r <= 0x202E) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// sheetName makes a name that every spreadsheet takes: no []:*?/\', and short enough
// to be numbered.
func sheetName(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'：？＊`, r) {
			return ' '
		}
		return r
	}, visible(s))
	if s = strings.TrimSpace(firstRunes(s, 24)); s == "" {
		return "表"
	}
	return s
}

// beijing is the zone of civil times: no summer time since 1991, so a fixed offset.
func beijing() *time.Location { return time.FixedZone("CST", 8*60*60) }
