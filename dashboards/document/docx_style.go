package document

import (
	"fmt"
	"strings"
)

// style is a paragraph style of the .docx. Lengths are twips, sizes pt.
type style struct {
	id, name string
	parent   string
	font     font
	size     float64
	line     int // exact; 0 for as the parent has it
	before   int
	after    int
	jc       string
	first    int  // indent of the first line, in characters
	level    int  // of the outline, 0 for none
	keep     bool // on the page of what follows
	bold     bool
	colour   string
}

// pitch is the height of a line: 225 mm / 22. 580 twips would not fit 22 times.
const pitch = 579

// tighter is what 28 characters of 3号 lack to stand in 156 mm, in twips for each; see the
// comment of the package.
const tighter = -6

// officeDrop puts the upper edge of 发文机关标志 35 mm under the head of the text area.
const officeDrop = 1864

var paragraphStyles = []style{
	{id: "Text", name: "公文正文", parent: "Normal", first: 2},
	{id: "Title", name: "Title", parent: "Normal", font: biaosong, size: size2, jc: "center", keep: true},
	{id: "Heading1", name: "heading 1", parent: "Normal", font: heiti, first: 2, level: 1, keep: true},
	{id: "Heading2", name: "heading 2", parent: "Normal", font: kaiti, first: 2, level: 2, keep: true},
	{id: "Heading3", name: "heading 3", parent: "Normal", first: 2, level: 3, keep: true, bold: true},
	{id: "Heading4", name: "heading 4", parent: "Normal", first: 2, level: 4, keep: true},
	{id: "Office", name: "发文机关标志", parent: "Normal", font: biaosong, size: 36, line: 960, before: officeDrop, jc: "center", colour: "C00000"},
	{id: "Number", name: "发文字号", parent: "Normal", jc: "center"},
	{id: "AnnexMark", name: "附件序号", parent: "Normal", font: heiti, keep: true},
	{id: "Signature", name: "署名", parent: "Normal", jc: "right"},
	{id: "Caption", name: "caption", parent: "Normal", font: heiti, size: size5, line: 360, before: 120, after: 60, jc: "center", keep: true},
	{id: "Below", name: "图题", parent: "Normal", font: heiti, size: size5, line: 360, after: 60, jc: "center"},
	{id: "Figure", name: "图", parent: "Normal", size: size5, before: 120, jc: "center", keep: true},
	{id: "Cell", name: "表中文字", parent: "Normal", size: size5, line: 300},
	{id: "CellHead", name: "表头", parent: "Cell", font: heiti, jc: "center"},
	{id: "Note", name: "表注", parent: "Normal", size: size6, line: 260},
	{id: "Space", name: "表后", parent: "Normal", size: 2, line: 120},
	{id: "Break", name: "分节", parent: "Normal", size: 1, line: 10},
	{id: "Footer", name: "footer", parent: "Normal", font: songti, size: size4, line: 400},
}

func styles(language string) part {
	var m markup
	m.in("w:styles", func() {
		m.in("w:docDefaults", func() {
			m.in("w:rPrDefault", func() {
				m.in("w:rPr", func() {
					m.face(fangsong)
					m.at("w:sz", "w:val", size3*2)
					m.at("w:szCs", "w:val", size3*2)
					m.at("w:lang", "w:val", "en-US", "w:eastAsia", language, "w:bidi", "ar-SA")
				})
			})
			m.in("w:pPrDefault", func() {})
		})
		m.normal()
		m.in("w:style", func() {
			m.at("w:name", "w:val", "Default Paragraph Font")
		}, "w:type", "character", "w:default", 1, "w:styleId", "DefaultFont")
		for _, s := range paragraphStyles {
			m.style(s)
		}
		m.character("Mark", "引用标记", func() { m.at("w:sz", "w:val", sizeMark*2) })
		m.character("Edited", "人工修改", func() { m.at("w:u", "w:val", "dotted") })
		m.table()
	}, "xmlns:w", wordProcessor)
	return part{"word/styles.xml", wordType + "styles+xml", m.part()}
}

// normal is the style that all others stand on: off the grid, with the grid's pitch.
func (m *markup) normal() {
	m.in("w:style", func() {
		m.at("w:name", "w:val", "Normal")
		m.at("w:qFormat")
		m.in("w:pPr", func() {
			for _, off := range []string{"w:widowControl", "w:overflowPunct", "w:autoSpaceDE", "w:autoSpaceDN", "w:adjustRightInd", "w:snapToGrid"} {
				m.at(off, "w:val", 0)
			}
			m.at("w:spacing", "w:line", pitch, "w:lineRule", "exact")
			m.at("w:jc", "w:val", "both")
		})
		m.in("w:rPr", func() {
			m.at("w:snapToGrid", "w:val", 0)
			m.at("w:spacing", "w:val", tighter)
			m.at("w:sz", "w:val", size3*2)
			m.at("w:szCs", "w:val", size3*2)
		})
	}, "w:type", "paragraph", "w:default", 1, "w:styleId", "Normal")
}

func (m *markup) style(s style) {
	m.in("w:style", func() {
		m.at("w:name", "w:val", s.name)
		m.at("w:basedOn", "w:val", s.parent)
		if s.level > 0 {
			m.at("w:next", "w:val", "Text")
		}
		m.at("w:qFormat")
		m.in("w:pPr", func() { m.styleParagraph(s) })
		m.in("w:rPr", func() {
			if s.font.name != "" {
				m.face(s.font)
			}
			if s.bold {
				m.at("w:b")
			}
			if s.colour != "" {
				m.at("w:color", "w:val", s.colour)
			}
			if s.size > 0 {
				m.at("w:spacing", "w:val", 0)
				m.at("w:sz", "w:val", s.size*2)
				m.at("w:szCs", "w:val", s.size*2)
			}
		})
	}, "w:type", "paragraph", "w:styleId", s.id)
}

func (m *markup) styleParagraph(s style) {
	if s.keep {
		m.at("w:keepNext")
	}
	if s.level > 0 {
		m.in("w:numPr", func() {
			m.at("w:ilvl", "w:val", s.level-1)
			m.at("w:numId", "w:val", headingNum)
		})
	}
	if s.id == "Number" {
		m.in("w:pBdr", func() { m.at("w:bottom", "w:val", "single", "w:sz", 12, "w:space", 5, "w:color", "C00000") }) // 4 mm under the letters
	}
	spacing := []any{"w:before", s.before, "w:after", s.after}
	switch {
	case s.id == "Figure": // as high as the picture in it
		spacing = append(spacing, "w:line", 240, "w:lineRule", "auto")
	case s.line > 0:
		spacing = append(spacing, "w:line", s.line, "w:lineRule", "exact")
	}
	m.at("w:spacing", spacing...)
	if s.first > 0 {
		m.at("w:ind", "w:firstLineChars", s.first*100, "w:firstLine", s.first*316)
	}
	if s.jc != "" {
		m.at("w:jc", "w:val", s.jc)
	}
	if s.level > 0 {
		m.at("w:outlineLvl", "w:val", s.level-1)
	}
}

func (m *markup) character(id, name string, looks func()) {
	m.in("w:style", func() {
		m.at("w:name", "w:val", name)
		m.at("w:basedOn", "w:val", "DefaultFont")
		m.in("w:rPr", looks)
	}, "w:type", "character", "w:customStyle", 1, "w:styleId", id)
}

// table is the style of tables: thin lines all round.
func (m *markup) table() {
	m.in("w:style", func() {
		m.at("w:name", "w:val", "Table Grid")
		m.in("w:tblPr", func() {
			m.in("w:tblBorders", func() {
				for _, side := range []string{"top", "left", "bottom", "right", "insideH", "insideV"} {
					m.at("w:"+side, "w:val", "single", "w:sz", 4, "w:space", 0, "w:color", "000000")
				}
			})
			m.in("w:tblCellMar", func() {
				for _, side := range []string{"top", "left", "bottom", "right"} {
					width := 70
					if side == "top" || side == "bottom" {
						width = 20
					}
					m.at("w:"+side, "w:w", width, "w:type", "dxa")
				}
			})
		})
	}, "w:type", "table", "w:styleId", "TableGrid")
}

// face names a font for every script: the standard has no other for letters and digits.
func (m *markup) face(f font) {
	m.at("w:rFonts", "w:ascii", f.name, "w:eastAsia", f.name, "w:hAnsi", f.name, "w:cs", f.name)
}

func fontTable() part {
	var m markup
	m.in("w:fonts", func() {
		for _, f := range fonts {
			m.in("w:font", func() {
				m.at("w:altName", "w:val", strings.Join(f.fallback, ","))
				m.at("w:charset", "w:val", "86")
				m.at("w:family", "w:val", f.family)
				pitch := "variable"
				if f.monospace {
					pitch = "fixed"
				}
				m.at("w:pitch", "w:val", pitch)
			}, "w:name", f.name)
		}
	}, "xmlns:w", wordProcessor)
	return part{"word/fontTable.xml", wordType + "fontTable+xml", m.part()}
}

func settings(language string) part {
	var m markup
	m.in("w:settings", func() {
		m.at("w:zoom", "w:percent", 100)
		m.at("w:defaultTabStop", "w:val", 632)
		m.at("w:evenAndOddHeaders")
		m.at("w:characterSpacingControl", "w:val", "doNotCompress") // 28 characters, marks included
		m.in("w:compat", func() {
			m.at("w:doNotExpandShiftReturn")
			m.at("w:useFELayout")
			m.at("w:compatSetting", "w:name", "compatibilityMode", "w:uri", "http://schemas.microsoft.com/office/word", "w:val", 15)
		})
		m.at("w:themeFontLang", "w:val", "en-US", "w:eastAsia", language)
	}, "xmlns:w", wordProcessor)
	return part{"word/settings.xml", wordType + "settings+xml", m.part()}
}

// num is one run of numbers: those of the text, of an annex, of a list.
type num struct{ abstract int }

// Kinds of numbers, and the run of numbers of the text.
const (
	headingKind = 1
	orderedKind = 2
	headingNum  = 1
)

// count starts a run of numbers.
func (x *docx) count(kind int) int {
	x.nums = append(x.nums, num{kind})
	return len(x.nums) + headingNum
}

func (x *docx) numbering() part {
	var m markup
	m.in("w:numbering", func() {
		m.abstract(headingKind, []level{{"chineseCountingThousand", "%1、"}, {"chineseCountingThousand", "（%2）"}, {"decimal", "%3."}, {"decimal", "（%4）"}}, "Heading")
		m.abstract(orderedKind, []level{{"decimal", "%1）"}}, "")
		for i, n := range append([]num{{headingKind}}, x.nums...) {
			m.in("w:num", func() {
				m.at("w:abstractNumId", "w:val", n.abstract)
				levels := 1
				if n.abstract == headingKind {
					levels = 4
				}
				for l := range levels {
					if i > 0 {
						m.in("w:lvlOverride", func() { m.at("w:startOverride", "w:val", 1) }, "w:ilvl", l)
					}
				}
			}, "w:numId", i+headingNum)
		}
	}, "xmlns:w", wordProcessor)
	return part{"word/numbering.xml", wordType + "numbering+xml", m.part()}
}

type level struct{ format, text string }

func (m *markup) abstract(id int, levels []level, styled string) {
	m.in("w:abstractNum", func() {
		m.at("w:multiLevelType", "w:val", "multilevel")
		for i, l := range levels {
			m.in("w:lvl", func() {
				m.at("w:start", "w:val", 1)
				m.at("w:numFmt", "w:val", l.format)
				if styled != "" {
					m.at("w:pStyle", "w:val", fmt.Sprint(styled, i+1))
				}
				m.at("w:suff", "w:val", "nothing")
				m.at("w:lvlText", "w:val", l.text)
				m.at("w:lvlJc", "w:val", "left")
				m.in("w:pPr", func() { m.at("w:ind", "w:firstLineChars", 200, "w:firstLine", 632) })
			}, "w:ilvl", i)
		}
	}, "w:abstractNumId", id)
}
