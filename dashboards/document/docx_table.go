package document

import (
	"crypto/sha256"
	"fmt"
	"math"
)

// widths shares the room among the columns, in twips.
func (t Table) widths(room int) []int {
	sum := 0.0
	for _, c := range t.Columns {
		sum += c.share()
	}
	list, used := make([]int, len(t.Columns)), 0
	for i, c := range t.Columns {
		list[i] = int(float64(room) * c.share() / sum)
		used += list[i]
	}
	list[len(list)-1] += room - used
	return list
}

func (c Column) share() float64 {
	if c.Share > 0 && !math.IsInf(c.Share, 0) {
		return c.Share
	}
	return 1
}

// grouped tells whether a row of groups stands above the names.
func (t Table) grouped() bool {
	for _, c := range t.Columns {
		if c.Group != "" {
			return true
		}
	}
	return false
}

// span is how many columns from i on have the group of i.
func (t Table) span(i int) int {
	n := 1
	for i+n < len(t.Columns) && t.Columns[i].Group != "" && t.Columns[i+n].Group == t.Columns[i].Group {
		n++
	}
	return n
}

// room is the width and the height of the text area, in mm.
func room(turned bool) (wide, high float64) {
	if turned {
		return textHeight, textWidth
	}
	return textWidth, textHeight
}

// whole tells which rows stay on one page. One that is higher than half a page may be
// divided, since LibreOffice cuts off what doesn't fit.
func (t Table) whole(row []Cell) bool {
	wide, high := room(t.Landscape)
	lines := 1.0
	for i, w := range t.widths(int(wide * mm)) {
		if i < len(row) {
			n := 0.0
			for _, r := range row[i] {
				n += width(r.Text)
				for _, c := range r.Text {
					if c == '\n' {
						n += float64(w) / size5
					}
				}
			}
			lines = max(lines, math.Ceil(n*size5/max(float64(w)-8, size5)))
		}
	}
	return lines*15 < high*mm/2
}

func (x *docx) table(t Table, last bool) {
	if t.Caption != "" {
		x.p(paragraph{style: "Caption"}, t.Anchor, func() { x.run(Run{Text: t.Caption}) })
	}
	x.fresh = false
	wide, _ := room(t.Landscape)
	list := t.widths(twips(wide))
	x.inTable = true
	defer func() { x.inTable = false }()
	x.m.in("w:tbl", func() {
		x.m.in("w:tblPr", func() {
			x.m.at("w:tblStyle", "w:val", "TableGrid")
			x.m.at("w:tblW", "w:w", twips(wide), "w:type", "dxa")
			x.m.at("w:jc", "w:val", "center")
			x.m.at("w:tblLayout", "w:type", "fixed")
		})
		x.m.in("w:tblGrid", func() {
			for _, w := range list {
				x.m.at("w:gridCol", "w:w", w)
			}
		})
		x.heads(t, list)
		for _, row := range t.Rows {
			x.row(t, list, row)
		}
	})
	if len(t.Notes) == 0 && !last { // two tables in a row would be one
		x.line(paragraph{style: "Space"}, "")
	}
	for _, note := range t.Notes {
		x.line(paragraph{style: "Note"}, note)
	}
}

// heads writes the heading, one row or two, which each page repeats.
func (x *docx) heads(t Table, list []int) {
	first := t.grouped()
	if first {
		x.headRow(func() {
			for i := 0; i < len(list); {
				n := t.span(i)
				sum, name, merge := 0, t.Columns[i].Group, ""
				for _, w := range list[i : i+n] {
					sum += w
				}
				if name == "" {
					name, merge = t.Columns[i].Name, "restart"
				}
				x.headCell(sum, n, merge, name)
				i += n
			}
		})
	}
	x.headRow(func() {
		for i, c := range t.Columns {
			if first && c.Group == "" {
				x.headCell(list[i], 1, "continue", "")
				continue
			}
			x.headCell(list[i], 1, "", c.Name)
		}
	})
}

func (x *docx) headRow(cells func()) {
	x.m.in("w:tr", func() {
		x.m.in("w:trPr", func() { x.m.at("w:cantSplit"); x.m.at("w:tblHeader") })
		cells()
	})
}

func (x *docx) headCell(w, span int, merge, name string) {
	x.m.in("w:tc", func() {
		x.m.in("w:tcPr", func() {
			x.m.at("w:tcW", "w:w", w, "w:type", "dxa")
			if span > 1 {
				x.m.at("w:gridSpan", "w:val", span)
			}
			if merge != "" {
				x.m.at("w:vMerge", "w:val", merge)
			}
			x.m.at("w:shd", "w:val", "clear", "w:color", "auto", "w:fill", "EDEDED")
			x.m.at("w:vAlign", "w:val", "center")
		})
		x.line(paragraph{style: "CellHead"}, name)
	})
}

func (x *docx) row(t Table, list []int, row []Cell) {
	x.m.in("w:tr", func() {
		x.m.in("w:trPr", func() {
			if t.whole(row) {
				x.m.at("w:cantSplit")
			}
		})
		for i, w := range list {
			var cell Cell
			if i < len(row) {
				cell = row[i]
			}
			x.m.in("w:tc", func() {
				x.m.in("w:tcPr", func() {
					x.m.at("w:tcW", "w:w", w, "w:type", "dxa")
					x.m.at("w:vAlign", "w:val", "center")
				})
				x.p(paragraph{style: "Cell", jc: []string{"left", "center", "right"}[t.Columns[i].Align]}, "", func() { x.runs(cell) })
			})
		}
	})
}

// picture puts a picture in, once however often it is shown.
func (x *docx) picture(p Picture) {
	kind, wide, high, err := p.size()
	if err != nil {
		x.errs = append(x.errs, err)
		return
	}
	hash := sha256.Sum256(p.Bytes)
	name, ok := x.media[hash]
	if !ok {
		name = fmt.Sprintf("media/picture%d.%s", len(x.media)+1, kind)
		x.media[hash] = name
		x.parts = append(x.parts, part{name: "word/" + name, bytes: p.Bytes})
	}
	id := x.links.to(relationships+"/image", name, "")
	x.figure(p.Caption, p.Anchor, wide, high, drawing+"picture", func() {
		m := &x.m
		m.in("pic:pic", func() {
			m.in("pic:nvPicPr", func() { m.at("pic:cNvPr", "id", x.next(), "name", name); m.at("pic:cNvPicPr") })
			m.in("pic:blipFill", func() {
				m.at("a:blip", "r:embed", id)
				m.in("a:stretch", func() { m.at("a:fillRect") })
			})
			m.in("pic:spPr", func() {
				m.in("a:xfrm", func() { m.at("a:off", "x", 0, "y", 0); m.at("a:ext", "cx", emu(wide), "cy", emu(high)) })
				m.in("a:prstGeom", func() { m.at("a:avLst") }, "prst", "rect")
			})
		}, "xmlns:pic", drawing+"picture")
	})
}

// figure sets a drawing of the given size, in mm, and its caption under it.
func (x *docx) figure(caption, anchor string, wide, high float64, uri string, content func()) {
	m := &x.m
	x.p(paragraph{style: "Figure"}, anchor, func() {
		m.in("w:r", func() {
			m.in("w:drawing", func() {
				m.in("wp:inline", func() {
					m.at("wp:extent", "cx", emu(wide), "cy", emu(high))
					m.at("wp:effectExtent", "l", 0, "t", 0, "r", 0, "b", 0)
					id := x.next()
					m.at("wp:docPr", "id", id, "name", fmt.Sprint("图", id), "descr", oneLine(caption))
					m.at("wp:cNvGraphicFramePr")
					m.in("a:graphic", func() { m.in("a:graphicData", content, "uri", uri) })
				}, "distT", 0, "distB", 0, "distL", 0, "distR", 0)
			})
		})
	})
	if caption != "" {
		x.line(paragraph{style: "Below"}, caption)
	}
}
