package document

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
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
			sheets, upright, turned := printed(t, pdf), 0, 0
			for i, s := range sheets {
				if wide := s.wide > s.high; wide {
					turned++
				} else {
					upright++
				}
				s = s.turned()
				if x, y := float64(s.wide)*s.dot, float64(s.high)*s.dot; math.Abs(x-paperWidth) > 0.5 || math.Abs(y-paperHeight) > 0.5 {
					t.Errorf("page %d: %.1f × %.1f mm, want A4", i+1, x, y)
				}
				checkNumber(t, i+1, s)
				checkInk(t, i+1, s)
			}
			if upright < 5 || turned < 2 {
				t.Errorf("%d upright and %d turned pages, want odd and even ones of both", upright, turned)
			}
			for _, page := range []int{2, 3} { // full of text
				checkFull(t, pdf, page, sheets[page-1])
			}
		})
	}
}

// checkNumber: the dashes of — n — stand 7 mm under the text area, within 1 mm, and one
// character of 14 pt (4.9 mm) from its outer edge.
func checkNumber(t *testing.T, page int, s sheet) {
	t.Helper()
	under := span{paperHeight - marginBottom + 1, paperHeight - 5}
	across := s.bands(span{0, paperWidth}, under, false)
	if len(across) < 3 {
		t.Errorf("page %d: %d pieces of ink in the foot, want dash, number, dash", page, len(across))
		return
	}
	first, last := across[0], across[len(across)-1]
	for _, dash := range []span{first, last} {
		high := s.bands(span{dash.from - 0.3, dash.to + 0.3}, under, true)
		if len(high) != 1 || high[0].to-high[0].from > 1 || dash.to-dash.from < 3 {
			t.Errorf("page %d: %v × %v in the foot is no dash", page, dash, high)
			continue
		}
		if down := high[0].middle() - (paperHeight - marginBottom); math.Abs(down-7) > 1 {
			t.Errorf("page %d: page number %.2f mm under the text, want 7", page, down)
		}
	}
	const blank = size4 / mm
	edge, free := "right", paperWidth-marginRight-last.to
	if page%2 == 0 {
		edge, free = "left", first.from-marginLeft
	}
	if math.Abs(free-blank) > 1 {
		t.Errorf("page %d: page number %.2f mm from the %s edge of the text, want %.2f", page, free, edge, blank)
	}
}

// checkInk: nothing but the page number stands outside the text area.
func checkInk(t *testing.T, page int, s sheet) {
	t.Helper()
	const slack = 0.4 // half a line of a table, and the dots
	down := s.bands(span{0, paperWidth}, span{0, paperHeight - marginBottom + 3}, true)
	across := s.bands(span{0, paperWidth}, span{0, paperHeight - marginBottom + 3}, false)
	if len(down) == 0 {
		t.Errorf("page %d is empty", page)
		return
	}
	if top, bottom := down[0].from, down[len(down)-1].to; top < marginTop-slack || bottom > paperHeight-marginBottom+slack {
		t.Errorf("page %d: ink from %.2f to %.2f mm, want within %.0f to %.0f", page, top, bottom, marginTop, paperHeight-marginBottom)
	}
	if left, right := across[0].from, across[len(across)-1].to; left < marginLeft-slack || right > paperWidth-marginRight+slack {
		t.Errorf("page %d: ink from %.2f to %.2f mm across, want within %.0f to %.0f", page, left, right, marginLeft, paperWidth-marginRight)
	}
}

// checkFull: a page of text has 22 lines of 28 characters that fill the text area.
func checkFull(t *testing.T, pdf string, page int, s sheet) {
	t.Helper()
	lines := s.lines(span{marginTop - 5, paperHeight - marginBottom + 1})
	if len(lines) != lineRows {
		t.Errorf("page %d: %d lines, want %d", page, len(lines), lineRows)
		return
	}
	apart := (lines[len(lines)-1].middle() - lines[0].middle()) / (lineRows - 1)
	if want := textHeight / lineRows; math.Abs(apart*lineRows-textHeight) > 1 {
		t.Errorf("page %d: lines %.3f mm apart, want %.3f", page, apart, want)
	}
	// A line is 10.2 mm high and a character 5.6: half of what is free may stand above or below.
	if top, bottom := lines[0].from-marginTop, paperHeight-marginBottom-lines[len(lines)-1].to; top < 0 || top > 4.6 || bottom < 0 || bottom > 4.6 {
		t.Errorf("page %d: %.2f mm free above the text and %.2f below", page, top, bottom)
	}
	full := 0
	for _, w := range words(t, pdf, page) {
		if n := len([]rune(w.text)); n > 20 {
			full++
			if n != lineColumns || math.Abs(w.x0-marginLeft) > 1 || math.Abs(w.x1-(paperWidth-marginRight)) > 1 {
				t.Errorf("page %d: a line of %d characters from %.2f to %.2f mm, want %d from %.0f to %.0f", page, n, w.x0, w.x1, lineColumns, marginLeft, paperWidth-marginRight)
			}
		}
	}
	if full != lineRows {
		t.Errorf("page %d: %d full lines, want %d", page, full, lineRows)
	}
}

var (
	fontLine = regexp.MustCompile(`<fontspec id="(\d+)" size="(-?\d+)" family="([^"]*)"`)
	textLine = regexp.MustCompile(`<text [^>]*font="(\d+)"[^>]*>(.*?)</text>`)
	tag      = regexp.MustCompile(`<[^>]*>`)
)

// TestFonts: each part of the text is set in its font and size. Free fonts stand in for
// those of the standard: serif for 仿宋, 宋体 and 小标宋, sans for 黑体, UKai for 楷体.
func TestFonts(t *testing.T) {
	for _, font := range stand {
		if tool(t, "fc-list", font) == "" {
			missing(t, "font "+font)
		}
	}
	pdf := byWriter(t, Document{Title: "总标题", Addressee: "主送机关", Signature: "署名单位", Blocks: []Block{
		Heading{Level: 1, Text: "壹级标题"}, Heading{Level: 2, Text: "贰级标题"}, Heading{Level: 3, Text: "叁级标题"}, Heading{Level: 4, Text: "肆级标题"},
		Paragraph{Runs: Text("正文文字")}, exampleTable("表格标题", 1), Annex{Title: "附件标题"}}})
	out := tool(t, "pdftohtml", "-xml", "-i", "-stdout", "-zoom", "1", pdf)
	fonts := map[string][2]string{}
	for _, m := range fontLine.FindAllStringSubmatch(out, -1) {
		fonts[m[1]] = [2]string{m[3], m[2]}
	}
	check := func(text, family string, size float64) {
		t.Helper()
		for _, m := range textLine.FindAllStringSubmatch(out, -1) {
			if !strings.Contains(tag.ReplaceAllString(m[2], ""), text) {
				continue
			}
			got := fonts[m[1]]
			if n, _ := strconv.ParseFloat(got[1], 64); !strings.Contains(got[0], family) || math.Abs(n-size) > 1 {
				t.Errorf("%s: %s of %s pt, want %s of %g", text, got[0], got[1], family, size)
			}
			return
		}
		t.Errorf("%s is not on paper:\n%s", text, out)
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
		text := strings.Join(strings.Fields(tool(t, "pdftotext", "-raw", way(t, d), "-")), "")
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
		text := strings.Join(strings.Fields(tool(t, "pdftotext", "-raw", way(t, Document{Blocks: []Block{chart, wideChart()}}), "-")), "")
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
