package document

import (
	"strings"
)

// paragraph is how one paragraph differs from its style.
type paragraph struct {
	style  string
	num    int // run of numbers, 0 for as the style has it
	level  int
	breaks bool    // begins a page
	keep   bool    // on the page of what follows
	flush  bool    // without the indent of its style
	free   float64 // characters left free on the right
	lead   float64 // characters left free on the left
	jc     string
}

// p writes a paragraph; its bookmark covers it.
func (x *docx) p(how paragraph, anchor string, content func()) {
	x.fresh = false
	x.m.in("w:p", func() {
		x.m.in("w:pPr", func() {
			x.m.at("w:pStyle", "w:val", how.style)
			if how.keep {
				x.m.at("w:keepNext")
			}
			if how.breaks {
				x.m.at("w:pageBreakBefore")
			}
			if how.num > 0 {
				x.m.in("w:numPr", func() {
					x.m.at("w:ilvl", "w:val", how.level)
					x.m.at("w:numId", "w:val", how.num)
				})
			}
			x.indent(how)
			if how.jc != "" {
				x.m.at("w:jc", "w:val", how.jc)
			}
		})
		x.marked(anchor, content)
	})
}

func (x *docx) indent(how paragraph) {
	switch {
	case how.flush:
		x.m.at("w:ind", "w:firstLineChars", 0, "w:firstLine", 0)
	case how.free > 0 || how.lead > 0:
		x.m.at("w:ind", "w:leftChars", int(how.lead*100), "w:left", int(how.lead*316), "w:rightChars", int(how.free*100), "w:right", int(how.free*316))
	}
}

// marked puts a bookmark round the content when something leads to it.
func (x *docx) marked(anchor string, content func()) {
	name, ok := x.anchors[anchor]
	if !ok {
		content()
		return
	}
	id := x.next()
	x.m.at("w:bookmarkStart", "w:id", id, "w:name", name)
	content()
	x.m.at("w:bookmarkEnd", "w:id", id)
}

// run writes a text; a line of it that ends is a line there too.
func (x *docx) run(r Run) {
	x.m.in("w:r", func() {
		x.m.in("w:rPr", func() {
			if r.Mark && !x.inTable {
				x.m.at("w:rStyle", "w:val", "Mark")
			}
			if r.Bold {
				x.m.at("w:b")
			}
			if r.Edited {
				x.m.at("w:u", "w:val", "dotted")
			}
		})
		for i, line := range strings.Split(clean(r.Text), "\n") {
			if i > 0 {
				x.m.at("w:br")
			}
			for j, piece := range strings.Split(line, "\t") {
				if j > 0 {
					x.m.at("w:tab")
				}
				if piece != "" {
					x.m.text("w:t", piece, "xml:space", "preserve")
				}
			}
		}
	})
}

func (x *docx) runs(runs []Run) {
	for _, r := range runs {
		target, anchor := address(r.Link)
		switch name, known := x.anchors[anchor]; {
		case known:
			x.m.in("w:hyperlink", func() { x.run(r) }, "w:anchor", name, "w:history", 1)
		case target != "":
			id := x.links.to(relationships+"/hyperlink", target, "External")
			x.m.in("w:hyperlink", func() { x.run(r) }, "r:id", id, "w:history", 1)
		default:
			x.run(r)
		}
	}
}

func (x *docx) line(how paragraph, text string) {
	x.p(how, "", func() { x.run(Run{Text: text}) })
}

// body writes word/document.xml.
func (x *docx) body() {
	x.m.in("w:document", func() {
		x.m.in("w:body", func() {
			x.opening()
			closed, run := false, headingNum
			for i, b := range x.d.Blocks {
				if _, annex := b.(Annex); annex {
					if !closed {
						x.closing()
						closed = true
					}
					run = x.count(headingKind)
				}
				x.turn(x.ways[i])
				x.block(i, b, run)
			}
			if !closed {
				x.closing()
			}
			x.section(x.turned)
		})
	}, "xmlns:w", wordProcessor, "xmlns:r", relationships,
		"xmlns:wp", drawing+"wordprocessingDrawing", "xmlns:a", drawing+"main")
	x.parts = append(x.parts, part{"word/document.xml", wordType + "document.main+xml", x.m.part()})
}

// opening is what stands before the text.
func (x *docx) opening() {
	if x.d.Office != "" {
		x.line(paragraph{style: "Office"}, x.d.Office)
		x.line(paragraph{style: "Text"}, "")
		x.line(paragraph{style: "Text"}, "")
		x.line(paragraph{style: "Number"}, x.d.Number)
		x.line(paragraph{style: "Text"}, "")
		x.line(paragraph{style: "Text"}, "")
	}
	if x.d.Title != "" {
		x.line(paragraph{style: "Title"}, x.d.Title)
		x.line(paragraph{style: "Text"}, "")
	}
	if x.d.Addressee != "" {
		x.line(paragraph{style: "Text", flush: true}, x.d.Addressee+"：")
	}
}

// closing is what stands between the text and the annexes. It stays on one page.
func (x *docx) closing() {
	if !x.d.signs() {
		return
	}
	x.turn(false)
	signedBy := x.d.Signature != "" || !x.d.Date.IsZero()
	if len(x.d.Appended) > 0 {
		x.line(paragraph{style: "Text", keep: true}, "")
		lines := appended(x.d.Appended)
		for i, line := range lines {
			x.line(paragraph{style: "Text", keep: signedBy || i+1 < len(lines)}, line)
		}
	}
	if !signedBy {
		return
	}
	nameFree, dateFree := signed(x.d.Signature, day(x.d.Date))
	x.line(paragraph{style: "Text", keep: true}, "")
	if x.d.Signature != "" {
		x.line(paragraph{style: "Signature", free: nameFree, keep: !x.d.Date.IsZero()}, x.d.Signature)
	}
	if !x.d.Date.IsZero() {
		x.line(paragraph{style: "Signature", free: dateFree}, day(x.d.Date))
	}
}

func (x *docx) list(l List) {
	how, lead := paragraph{style: "Text"}, []Run(nil)
	if l.Ordered {
		how.num = x.count(orderedKind)
	} else {
		lead = Text("——")
	}
	for _, item := range l.Items {
		x.p(how, "", func() { x.runs(lead); x.runs(item) })
	}
}

func (x *docx) block(i int, b Block, run int) {
	switch b := b.(type) {
	case Heading:
		x.p(paragraph{style: "Heading" + string(rune('1'+b.level())), num: run, level: b.level()}, b.Anchor, func() { x.run(Run{Text: b.Text}) })
	case Paragraph:
		x.p(paragraph{style: "Text", flush: b.Flush, keep: x.d.last(i) && b.brief()}, b.Anchor, func() { x.runs(b.Runs) })
	case List:
		x.list(b)
	case Table:
		x.table(b, x.leaves(i))
	case Chart:
		for _, c := range b.parts() {
			x.chart(c)
		}
	case Picture:
		x.picture(b)
	case Annex:
		x.p(paragraph{style: "AnnexMark", breaks: !x.fresh}, b.Anchor, func() { x.run(Run{Text: x.names[i]}) })
		if b.Title != "" {
			x.line(paragraph{style: "Title"}, "")
			x.line(paragraph{style: "Title"}, b.Title)
			x.line(paragraph{style: "Text"}, "")
		}
	case PageBreak:
		if !x.leaves(i) {
			x.p(paragraph{style: "Break"}, "", func() {
				x.m.in("w:r", func() { x.m.at("w:br", "w:type", "page") })
			})
		}
	}
}

// leaves tells whether the page ends after block i anyway.
func (x *docx) leaves(i int) bool {
	blocks := x.d.Blocks
	if i+1 == len(blocks) {
		return false
	}
	_, annex := blocks[i+1].(Annex)
	return annex || x.ways[i] != x.ways[i+1]
}
