package document

import "fmt"

// turn ends the section when the next block stands on a page of the other way. What ends it
// is a paragraph of half a point, for which a page of 22 lines has room.
func (x *docx) turn(turned bool) {
	if x.turned == turned {
		return
	}
	if !x.fresh {
		x.m.in("w:p", func() {
			x.m.in("w:pPr", func() {
				x.m.at("w:pStyle", "w:val", "Break")
				x.section(x.turned)
			})
		})
	}
	x.turned, x.fresh = turned, true
}

// section writes the page of a section. A turned page is the upright one turned to the
// left: its head is the left edge, on odd and even pages alike (横排表格), and each margin
// goes with its edge.
func (x *docx) section(turned bool) {
	m := &x.m
	wide, high := paperWidth, paperHeight
	top, right, bottom, left := marginTop, marginRight, marginBottom, marginLeft
	orient, foot := "portrait", ""
	if turned {
		wide, high = high, wide
		top, right, bottom, left = marginLeft, marginTop, marginRight, marginBottom
		orient, foot = "landscape", "-turned"
	}
	m.in("w:sectPr", func() {
		for _, side := range []string{"default", "even"} {
			m.at("w:footerReference", "w:type", side, "r:id", x.links.to(relationships+"/footer", footerName(side, foot), ""))
		}
		m.at("w:type", "w:val", "nextPage")
		m.at("w:pgSz", "w:w", twips(wide), "w:h", twips(high), "w:orient", orient)
		m.at("w:pgMar", "w:top", twips(top), "w:right", twips(right), "w:bottom", twips(bottom), "w:left", twips(left),
			"w:header", twips(15), "w:footer", twips(footer), "w:gutter", 0)
		m.at("w:cols", "w:space", 425)
		m.at("w:docGrid", "w:type", "linesAndChars", "w:linePitch", pitch, "w:charSpace", charSpace)
	})
}

// charSpace is what the grid adds to a character of 3号, in 4096ths of a point.
const charSpace = -847

// footer is where the line of the page number ends above the edge of the paper, in mm: its
// dashes stand 7 mm under the text.
const footer = 25.1

func footerName(side, turned string) string { return fmt.Sprintf("footer-%s%s.xml", side, turned) }

// footers writes the four of them: odd and even, upright and turned.
func (x *docx) footers() {
	for _, turned := range []string{"", "-turned"} {
		for _, side := range []string{"default", "even"} {
			var m markup
			m.in("w:ftr", func() {
				if turned == "" {
					m.pageNumber(side)
					return
				}
				m.in("w:p", func() {
					m.in("w:pPr", func() { m.at("w:pStyle", "w:val", "Footer") })
					m.in("w:r", func() { m.turnedNumber(side) })
				})
			}, "xmlns:w", wordProcessor, "xmlns:r", relationships, "xmlns:wp", drawing+"wordprocessingDrawing", "xmlns:a", drawing+"main",
				"xmlns:mc", "http://schemas.openxmlformats.org/markup-compatibility/2006",
				"xmlns:wps", "http://schemas.microsoft.com/office/word/2010/wordprocessingShape")
			name := footerName(side, turned)
			x.parts = append(x.parts, part{"word/" + name, wordType + "footer+xml", m.part()})
			x.links.to(relationships+"/footer", name, "")
		}
	}
}

// pageNumber is — n —, at the outer edge with one character free: 14 pt.
func (m *markup) pageNumber(side string) {
	m.in("w:p", func() {
		m.in("w:pPr", func() {
			m.at("w:pStyle", "w:val", "Footer")
			if side == "even" {
				m.at("w:ind", "w:left", size4*20)
				m.at("w:jc", "w:val", "left")
			} else {
				m.at("w:ind", "w:right", size4*20)
				m.at("w:jc", "w:val", "right")
			}
		})
		run := func(content func()) { m.in("w:r", content) }
		run(func() { m.text("w:t", "— ", "xml:space", "preserve") })
		run(func() { m.at("w:fldChar", "w:fldCharType", "begin") })
		run(func() { m.text("w:instrText", " PAGE ", "xml:space", "preserve") })
		run(func() { m.at("w:fldChar", "w:fldCharType", "separate") })
		run(func() { m.text("w:t", "1") })
		run(func() { m.at("w:fldChar", "w:fldCharType", "end") })
		run(func() { m.text("w:t", " —", "xml:space", "preserve") })
	})
}

// turnedNumber stands in a box on the left of a turned page, which is its foot when the
// sheet is bound: the number keeps the place that it has on upright pages.
func (m *markup) turnedNumber(side string) {
	const thick = 8.0 // mm, for a line of 20 pt
	content := func() {
		m.in("wps:wsp", func() {
			m.at("wps:cNvSpPr", "txBox", 1)
			m.in("wps:spPr", func() {
				m.in("a:xfrm", func() { m.at("a:off", "x", 0, "y", 0); m.at("a:ext", "cx", emu(thick), "cy", emu(textWidth)) })
				m.in("a:prstGeom", func() { m.at("a:avLst") }, "prst", "rect")
				m.at("a:noFill")
				m.in("a:ln", func() { m.at("a:noFill") })
			})
			m.in("wps:txbx", func() { m.in("w:txbxContent", func() { m.pageNumber(side) }) })
			m.at("wps:bodyPr", "vert", "vert", "wrap", "square", "lIns", 0, "tIns", 0, "rIns", 0, "bIns", 0, "anchor", "ctr")
		})
	}
	const left = marginBottom - 7 - thick/2 + 0.9 // dashes stand above the middle of their line
	m.in("mc:AlternateContent", func() {
		m.in("mc:Choice", func() { m.in("w:drawing", func() { m.anchor(left, marginLeft, thick, textWidth, content) }) }, "Requires", "wps")
	})
}

// anchor puts a shape at a place of the page, in mm.
func (m *markup) anchor(left, top, wide, high float64, content func()) {
	m.in("wp:anchor", func() {
		m.at("wp:simplePos", "x", 0, "y", 0)
		m.in("wp:positionH", func() { m.text("wp:posOffset", fmt.Sprint(emu(left))) }, "relativeFrom", "page")
		m.in("wp:positionV", func() { m.text("wp:posOffset", fmt.Sprint(emu(top))) }, "relativeFrom", "page")
		m.at("wp:extent", "cx", emu(wide), "cy", emu(high))
		m.at("wp:effectExtent", "l", 0, "t", 0, "r", 0, "b", 0)
		m.at("wp:wrapSquare", "wrapText", "bothSides") // nothing is beside it, but LibreOffice puts a box without wrapping into the corner of some pages
		m.at("wp:docPr", "id", 900, "name", "页码")
		m.at("wp:cNvGraphicFramePr")
		m.in("a:graphic", func() {
			m.in("a:graphicData", content, "uri", "http://schemas.microsoft.com/office/word/2010/wordprocessingShape")
		})
	}, "distT", 0, "distB", 0, "distL", 0, "distR", 0, "simplePos", 0, "relativeHeight", 2, "behindDoc", 0, "locked", 0, "layoutInCell", 1, "allowOverlap", 1)
}
