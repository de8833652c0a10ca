package document

import (
	"bytes"
	_ "embed" // the page and its rules
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
)

// What the page is made of. Page numbers are in its own rules, in the margin boxes of
// @page: Chromium has had them since version 131, with :left and :right, so that odd and
// even pages, upright and turned ones, come out of one printing. Headers and footers of the
// PDF call can't tell odd from even, and a second pass over the PDF would need a library
// and the fonts once more.
var (
	//go:embed html.tmpl
	pageSource string
	//go:embed print.css
	printRules template.CSS

	pageTemplate = template.Must(template.New("page").Parse(pageSource))
)

// WriteHTML writes the document as one page of HTML for printing on A4: it holds its
// pictures and rules, runs no script, has no style attributes and asks no address. The
// same document gives the same bytes; errors are those of WriteDocx.
func WriteHTML(w io.Writer, d Document) error {
	if err := d.check(); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	v := &view{d: d, names: numbers(d.Blocks), anchors: anchors(d.Blocks)}
	v.sections()
	var b bytes.Buffer
	language := d.Language
	if language == "" {
		language = "zh-CN"
	}
	err := pageTemplate.Execute(&b, map[string]any{"Language": language, "Title": oneLine(d.Title), "Rules": printRules, "Sections": v.list})
	if err == nil {
		_, err = w.Write(b.Bytes())
	}
	if err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// view turns blocks into what the template sets.
type view struct {
	d       Document
	names   []string
	anchors map[string]string
	list    []viewSection
	charts  int
	closes  bool
}

// viewSection is what stands on pages of one way.
type viewSection struct {
	Turned bool
	Parts  []viewPart
}

// viewPart is one element: its Kind chooses the template, its fields are what that needs.
type viewPart struct {
	Kind  string
	ID    string
	Class string
	Lead  string // number of a heading, dashes of an item
	Runs  []viewRun
	Table viewTable
	Drawn template.HTML
	Image template.URL
	Wide  int // pixels
	High  int
	Alt   string
}

type viewRun struct {
	Lines []string
	Class string
	Link  string
	Bold  bool
}

type viewTable struct {
	Widths []string
	Heads  [][]viewHead
	Rows   [][]viewCell
	Whole  []string // class of each row
}

type viewHead struct {
	Name       string
	Span, Down int
}

type viewCell struct {
	Class string
	Runs  []viewRun
}

func (v *view) add(p viewPart) {
	if len(v.list) == 0 {
		v.list = []viewSection{{}}
	}
	last := &v.list[len(v.list)-1]
	last.Parts = append(last.Parts, p)
}

// turn begins a section; pages of another name begin a new page by themselves.
func (v *view) turn(turned bool) {
	if len(v.list) == 0 || v.list[len(v.list)-1].Turned != turned {
		v.list = append(v.list, viewSection{Turned: turned})
	}
}

func (v *view) line(class, text string) {
	v.add(viewPart{Kind: "p", Class: class, Runs: v.runs(Text(text))})
}

func (v *view) sections() {
	v.opening()
	turned, closed := turns(v.d.Blocks), false
	for i, b := range v.d.Blocks {
		if _, annex := b.(Annex); annex && !closed {
			v.closing()
			closed = true
		}
		v.turn(turned[i])
		v.block(i, b)
	}
	if !closed {
		v.closing()
	}
}

func (v *view) opening() {
	if v.d.Office != "" {
		v.line("office", v.d.Office)
		v.line("number", v.d.Number)
	}
	if v.d.Title != "" {
		v.line("title", v.d.Title)
	}
	if v.d.Addressee != "" {
		v.line("flush", v.d.Addressee+"：")
	}
}

func (v *view) closing() {
	if !v.d.signs() {
		return
	}
	v.turn(false)
	v.close()
	defer v.add(viewPart{Kind: "closed"})
	if len(v.d.Appended) > 0 {
		v.line("", "")
		for _, line := range appended(v.d.Appended) {
			v.line("", line)
		}
	}
	nameFree, dateFree := signed(v.d.Signature, day(v.d.Date))
	if v.d.Signature != "" || !v.d.Date.IsZero() {
		v.line("", "")
	}
	if v.d.Signature != "" {
		v.line(fmt.Sprintf("signature free%d", int(math.Round(nameFree*2))), v.d.Signature)
	}
	if !v.d.Date.IsZero() {
		v.line(fmt.Sprintf("signature free%d", int(dateFree*2)), day(v.d.Date))
	}
}

// close begins what stays on one page with the signature.
func (v *view) close() {
	if !v.closes {
		v.closes = true
		v.add(viewPart{Kind: "closing"})
	}
}

func (v *view) block(i int, b Block) {
	id := v.anchors[anchorOf(b)]
	switch b := b.(type) {
	case Heading:
		v.add(viewPart{Kind: fmt.Sprint("h", b.level()+2), ID: id, Lead: v.names[i], Runs: v.runs(Text(b.Text))})
	case Paragraph:
		class := ""
		if b.Flush {
			class = "flush"
		}
		if v.d.last(i) && b.brief() {
			v.close()
		}
		v.add(viewPart{Kind: "p", ID: id, Class: class, Runs: v.runs(b.Runs)})
	case List:
		for n, item := range b.Items {
			lead := "——"
			if b.Ordered {
				lead = fmt.Sprintf("%d）", n+1)
			}
			v.add(viewPart{Kind: "p", Lead: lead, Runs: v.runs(item)})
		}
	case Table:
		v.table(id, b)
	case Chart:
		v.chart(id, b)
	case Picture:
		v.picture(id, b)
	case Annex:
		v.add(viewPart{Kind: "p", ID: id, Class: "annex", Runs: v.runs(Text(v.names[i]))})
		if b.Title != "" {
			v.line("title", b.Title)
		}
	case PageBreak:
		v.add(viewPart{Kind: "break"})
	}
}

func (v *view) runs(runs []Run) []viewRun {
	list := make([]viewRun, 0, len(runs))
	for _, r := range runs {
		one := viewRun{Lines: strings.Split(strings.ReplaceAll(clean(r.Text), "\t", "　"), "\n"), Bold: r.Bold}
		var classes []string
		if r.Mark {
			classes = append(classes, "mark")
		}
		if r.Edited {
			classes = append(classes, "edited")
		}
		one.Class = strings.Join(classes, " ")
		target, anchor := address(r.Link)
		if one.Link = target; v.anchors[anchor] != "" {
			one.Link = "#" + v.anchors[anchor]
		}
		list = append(list, one)
	}
	return list
}

func (v *view) table(id string, t Table) {
	if t.Caption != "" {
		v.add(viewPart{Kind: "p", ID: id, Class: "caption", Runs: v.runs(Text(t.Caption))})
	}
	var table viewTable
	for _, w := range t.widths(100_000) {
		table.Widths = append(table.Widths, fmt.Sprintf("%.3f%%", float64(w)/1000))
	}
	table.Heads = t.heads()
	for _, row := range t.Rows {
		cells := make([]viewCell, len(t.Columns))
		for i := range cells {
			cells[i].Class = []string{"", "center", "right"}[t.Columns[i].Align]
			if i < len(row) {
				cells[i].Runs = v.runs(row[i])
			}
		}
		class := ""
		if t.whole(row) {
			class = "whole"
		}
		table.Rows, table.Whole = append(table.Rows, cells), append(table.Whole, class)
	}
	v.add(viewPart{Kind: "table", Table: table})
	for _, note := range t.Notes {
		v.line("note", note)
	}
	v.add(viewPart{Kind: "space"})
}

// heads is the heading of a table, one row or two.
func (t Table) heads() [][]viewHead {
	var groups, names []viewHead
	for i := 0; i < len(t.Columns); {
		n := t.span(i)
		if t.grouped() && t.Columns[i].Group == "" {
			groups = append(groups, viewHead{oneLine(t.Columns[i].Name), 1, 2})
		} else {
			groups = append(groups, viewHead{oneLine(t.Columns[i].Group), n, 1})
			for _, c := range t.Columns[i : i+n] {
				names = append(names, viewHead{oneLine(c.Name), 1, 1})
			}
		}
		i += n
	}
	if !t.grouped() {
		return [][]viewHead{names}
	}
	return [][]viewHead{groups, names}
}

func (v *view) chart(id string, c Chart) {
	for _, one := range c.parts() {
		v.charts++
		v.add(viewPart{Kind: "chart", ID: id, Drawn: drawn(one, v.charts), Runs: v.runs(Text(one.Caption))})
		if one.Note != "" {
			v.line("note", one.Note)
		}
		id = ""
	}
}

func (v *view) picture(id string, p Picture) {
	kind, wide, high, err := p.size()
	if err != nil {
		return // checked before
	}
	v.add(viewPart{Kind: "picture", ID: id, Wide: int(wide/px + 0.5), High: int(high/px + 0.5), Alt: oneLine(p.Caption),
		Image: template.URL("data:image/" + kind + ";base64," + base64.StdEncoding.EncodeToString(p.Bytes)), Runs: v.runs(Text(p.Caption))})
}
