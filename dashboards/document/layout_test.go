package document

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"shuixuan/dashboards/document/documenttest"
)

// ways are the two ways to paper.
var ways = map[string]func(testing.TB, Document) string{"docx by LibreOffice": byWriter, "page by Chromium": byChromium}

// layoutDocument fills odd and even pages, upright and turned.
func layoutDocument() Document {
	wide := exampleTable("表1　明细", 60)
	wide.Landscape, wide.Caption, wide.Notes = true, "", nil
	return Document{Title: "关于水生态文明城市宣传的报告", Blocks: []Block{
		Heading{Level: 1, Text: "宣传情况"}, Heading{Level: 2, Text: "户外宣传"},
		Paragraph{Runs: Text(strings.Repeat(sentence, 60))}, wide, Paragraph{Runs: Text(strings.Repeat(sentence, 30))}}}
}

// TestLayout measures the standard on paper: A4, the text area, 22 lines of 28 characters,
// and the page number, 7 mm under the text at the outer edge, which on a turned page is
// where it is on an upright one when the sheet is bound.
func TestLayout(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			pdf := way(t, layoutDocument())
			sheets, upright, turned := documenttest.CheckSheets(t, pdf), 0, 0
			for _, s := range sheets {
				if s.Turned() {
					turned++
				} else {
					upright++
				}
			}
			if upright < 5 || turned < 2 {
				t.Errorf("%d upright and %d turned pages, want odd and even ones of both", upright, turned)
			}
			lines := documenttest.LinesOf(documenttest.Pieces(t, pdf))
			for _, page := range []int{2, 3} { // full of text
				documenttest.CheckFull(t, page, sheets[page-1], lines)
			}
		})
	}
}

// TestReport measures what a page full of one sentence has not: smaller marks within the lines,
// numbers, a heading of each level, and turned pages several times over, odd and even ones.
func TestReport(t *testing.T) {
	documenttest.NeedFonts(t)
	d := Document{Title: "关于水生态文明城市宣传的报告"}
	for i := range 6 {
		d.Blocks = append(d.Blocks, Heading{Level: 1, Text: "宣传情况"}, Heading{Level: 2, Text: "户外宣传"})
		for j := range 4 {
			marked := Text(strings.Repeat(sentence, 2) + "其中已证明36处")
			marked = append(marked, Exhibit(fmt.Sprint("证", j+1), "#a"), Run{Text: "，" + strings.Repeat(sentence, 2)})
			d.Blocks = append(d.Blocks, Paragraph{Runs: marked})
		}
		wide := exampleTable(fmt.Sprintf("表%d　明细", i+1), 5+20*(i%2))
		wide.Landscape, wide.Rows[2][0] = true, Text("第3责任单位")
		d.Blocks = append(d.Blocks, wide)
	}
	d.Blocks = append(d.Blocks, Paragraph{Runs: Text(sentence)})
	least := documenttest.Found{Upright: 7, Turned: 8, Lines: 120, Full: 30, Headings: 6, Subheadings: 6, Cells: 100}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			documenttest.CheckReport(t, way(t, d), least, strings.Contains(name, "LibreOffice"))
		})
	}
}

// TestFonts: each part of the text is set in its font and size. Free fonts stand in for
// those of the standard: serif for 仿宋, 宋体 and 小标宋, sans for 黑体, UKai for 楷体.
func TestFonts(t *testing.T) {
	documenttest.NeedFonts(t)
	pdf := byWriter(t, Document{Title: "总标题", Addressee: "主送机关", Signature: "署名单位", Blocks: []Block{
		Heading{Level: 1, Text: "壹级标题"}, Heading{Level: 2, Text: "贰级标题"}, Heading{Level: 3, Text: "叁级标题"}, Heading{Level: 4, Text: "肆级标题"},
		Paragraph{Runs: Text("正文文字")}, exampleTable("表格标题", 1), Annex{Title: "附件标题"}}})
	pieces := documenttest.Pieces(t, pdf)
	check := func(text, family string, size float64) {
		t.Helper()
		documenttest.CheckFont(t, pieces, text, family, size)
	}
	check("总标题", "NotoSerif", 22)
	check("壹级标题", "NotoSans", 16)
	check("贰级标题", "UKai", 16)
	check("叁级标题", "NotoSerif", 16)
	check("肆级标题", "NotoSerif", 16)
	check("正文文字", "NotoSerif", 16)
	check("表格标题", "NotoSans", 10.5)
	check("责任单位", "NotoSans", 10.5)
	check("20", "NotoSerif", 10.5)
	check("附件", "NotoSans", 16)
	check("—", "NotoSerif", 14)
}

// TestPages: both ways set the same words in the same order, hostile ones too, and number
// headings alike: Word's own counting is that of LibreOffice.
func TestPages(t *testing.T) {
	d := Document{Title: "标题", Blocks: []Block{Paragraph{Runs: Text(hostile)}}, Appended: []string{"甲", "乙"}, Signature: "办公室", Date: date(11, 3)}
	for i := range 12 {
		d.Blocks = append(d.Blocks, Heading{Level: 1, Text: fmt.Sprint("甲", i)}, Heading{Level: 2, Text: fmt.Sprint("乙", i)}, Heading{Level: 3, Text: fmt.Sprint("丙", i)}, Heading{Level: 4, Text: fmt.Sprint("丁", i)}, Heading{Level: 4, Text: fmt.Sprint("戊", i)})
	}
	d.Blocks = append(d.Blocks, List{Ordered: true, Items: [][]Run{Text("其一"), Text("其二")}}, List{Items: [][]Run{Text("其三")}},
		Annex{Title: "甲"}, Heading{Level: 1, Text: "附甲"}, Heading{Level: 2, Text: "附乙"}, List{Ordered: true, Items: [][]Run{Text("其四")}}, Annex{Title: "乙"}, Heading{Level: 1, Text: "又甲"})
	texts := map[string]string{}
	for name, way := range ways {
		text := strings.Join(strings.Fields(documenttest.Tool(t, "pdftotext", "-raw", way(t, d), "-")), "")
		texts[name] = strings.Map(func(r rune) rune {
			if r == '\f' {
				return -1
			}
			return r
		}, text)
		for _, want := range []string{"十二、甲11（一）乙111.丙11（1）丁11（2）戊11", "1）其一2）其二——其三", "附件：1.甲2.乙", "附件1", "一、附甲（一）附乙1）其四", "附件2", "一、又甲", "2014年11月3日",
			"<script>alert(1)</script>]]>&amp;\"'", "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd", "{{.}}", "${x}%s水务局办公室宣传科及各街道社区联合工作专班（临时机构）第三小组"} {
			if !strings.Contains(texts[name], want) {
				t.Errorf("%s: %q is not on paper:\n%s", name, want, texts[name])
			}
		}
	}
}

// TestCharts: charts print with their words, and in grey their series differ.
func TestCharts(t *testing.T) {
	var chart Chart
	for _, b := range exampleText() {
		if c, ok := b.(Chart); ok && c.Kind == Grouped {
			chart = c
		}
	}
	for name, way := range ways {
		text := strings.Join(strings.Fields(documenttest.Tool(t, "pdftotext", "-raw", way(t, Document{Blocks: []Block{chart, wideChart()}}), "-")), "")
		want := []string{"学校师生", "窗口单位流动人口", "第一次（9月）", "第二次（11月）", "目标80.0%", "97.2%", "41.0%", "100%", "第1责任单位", "第26责任单位", "图4各责任单位覆盖率（续）"}
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: %q is not on paper: %s", name, w, text)
			}
		}
	}
	seen := []string{}
	for i := range looks {
		if key := looks[i].pattern + looks[i].dash + looks[i].marker; slices.Contains(seen, key) {
			t.Errorf("series %d looks like another in grey", i+1)
		} else {
			seen = append(seen, key)
		}
	}
}
