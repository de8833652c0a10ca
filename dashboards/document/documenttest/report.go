package documenttest

import (
	"math"
	"regexp"
	"testing"
)

var (
	firstHeading  = regexp.MustCompile(`^[一二三四五六七八九十]+、`)
	secondHeading = regexp.MustCompile(`^\([一二三四五六七八九十]+\)`)
	hangs         = regexp.MustCompile(`[,.。、;:!?)》”〕]$`)
	annexMark     = regexp.MustCompile(`^附件\d+$`)
	tableCaption  = regexp.MustCompile(`^表\d+`)
)

// Found is how much of a report there is, and how much of it has to be found at least, so that
// measuring nothing is a fault.
type Found struct {
	Upright, Turned              int // pages
	Lines, Full                  int // of the text; Full: of 28 characters
	Headings, Subheadings, Cells int // 一、 and （一）; pieces of letters in tables
}

// CheckReport measures a whole report of ours: its pages, the lines of its text, its fonts and
// sizes, and what ends a page. Fonts are held against those that stand in for the standard's,
// where the PDF names them. Where marks may hang, one at the end of a line may
// stand beyond the text area: LibreOffice reads w:overflowPunct the wrong way round, and what
// Word and WPS read right forbids it.
func CheckReport(t testing.TB, pdf string, least Found, hanging bool) {
	t.Helper()
	var found Found
	for _, s := range checkSheets(t, pdf, hanging) {
		if s.Turned() {
			found.Turned++
		} else {
			found.Upright++
		}
	}
	pieces := Pieces(t, pdf)
	lines := LinesOf(pieces)
	checkLines(t, lines, &found, hanging)
	checkHeadings(t, lines, &found)
	checkTitle(t, lines)
	checkSizes(t, pieces, &found)
	for _, c := range []struct {
		what      string
		got, want int
	}{{"upright pages", found.Upright, least.Upright}, {"turned pages", found.Turned, least.Turned}, {"lines of text", found.Lines, least.Lines},
		{"full lines", found.Full, least.Full}, {"headings 一、", found.Headings, least.Headings}, {"headings （一）", found.Subheadings, least.Subheadings}, {"pieces in tables", found.Cells, least.Cells}} {
		if c.got < c.want {
			t.Errorf("%d %s, want %d at least", c.got, c.what, c.want)
		}
	}
}

// checkLines: lines of the text that follow each other are 225/22 mm apart, each by itself and
// all together, and none is longer than the text is wide.
func checkLines(t testing.TB, lines []Line, found *Found, hanging bool) {
	t.Helper()
	const pitch = (Bottom - Top) / Lines
	sum, gaps, last := 0.0, 0, -1 // last: the line before whose font is as high as the others
	for i, l := range lines {
		if !l.body() {
			last = -1
			continue
		}
		found.Lines++
		n := l.characters()
		if hanging && l.X1 > Right+allowed && hangs.MatchString(l.Text()) {
			l.X1 -= (Right - Left) / Characters
			n = max(n-1, 0)
		}
		if l.X0 < Left-allowed || l.X1 > Right+allowed || n > Characters {
			t.Errorf("page %d: a line of %d characters from %.2f to %.2f mm, want %d within %.0f to %.0f: %s", l.Page, n, l.X0, l.X1, Characters, Left, Right, l.Text())
		}
		if n == Characters && math.Abs(l.X0-Left) < allowed && math.Abs(l.X1-Right) < allowed {
			found.Full++
		}
		if l.family() == kaiti { // as the reader sees it, it stands higher
			continue
		}
		if last >= 0 && lines[last].Page == l.Page {
			gap := (l.Middle - lines[last].Middle) / float64(i-last)
			if gap < 1.5*pitch { // else a blank line or a picture is between them
				sum, gaps = sum+gap, gaps+1
				if math.Abs(gap-pitch) > 0.4 { // the reader rounds to 0.12 mm
					t.Errorf("page %d: a line %.2f mm under the one before, want %.2f: %s", l.Page, gap, pitch, l.Text())
				}
			}
		}
		last = i
	}
	if mean := sum / float64(max(gaps, 1)); gaps == 0 || math.Abs(mean-pitch)*Lines > allowed {
		t.Errorf("%d lines %.3f mm apart in the mean, want %.3f", gaps, mean, pitch)
	}
}

// Fonts that stand in for those of the standard: serif also for 小标宋.
const heiti, kaiti, fangsong = "NotoSans", "UKai", "NotoSerif"

// family is the font that a line of the text has to be set in.
func (l Line) family() string {
	switch text := l.Text(); {
	case !l.body():
		return ""
	case firstHeading.MatchString(text), annexMark.MatchString(text):
		return heiti
	case secondHeading.MatchString(text):
		return kaiti
	}
	return fangsong
}

// checkHeadings: those of the first and second level begin two characters in, and neither they
// nor the caption of a table ends a page. Every line of the text is in its font.
func checkHeadings(t testing.TB, lines []Line, found *Found) {
	t.Helper()
	const indent = 2 * (Right - Left) / Characters
	for i, l := range lines {
		text, foot := l.Text(), i+1 < len(lines) && lines[i+1].Page != l.Page
		family, caption := l.family(), tableCaption.MatchString(text) && !l.body()
		heading := family == heiti || family == kaiti
		switch indented := math.Abs(l.X0-Left-indent) < allowed; {
		case indented && firstHeading.MatchString(text):
			found.Headings++
		case indented && secondHeading.MatchString(text):
			found.Subheadings++
		}
		for _, p := range l.Pieces {
			if p.chinese() && math.Abs(p.Size-SizeText) < 0.5 {
				checkPiece(t, p, family, SizeText)
			}
		}
		if foot && (heading || caption) {
			t.Errorf("page %d ends with %s", l.Page, text)
		}
		if caption {
			checkPiece(t, l.Pieces[0], heiti, SizeTable)
		}
	}
}

// checkTitle: the first line of a report is its title.
func checkTitle(t testing.TB, lines []Line) {
	t.Helper()
	for _, p := range lines[0].Pieces {
		checkPiece(t, p, fangsong, SizeTitle)
	}
	if middle := (lines[0].X0 + lines[0].X1) / 2; math.Abs(middle-(Left+Right)/2) > allowed {
		t.Errorf("the middle of the title is at %.2f mm, want %.2f", middle, (Left+Right)/2)
	}
}

// checkSizes: characters are of no other size than the title, the text, a mark, a table, a note
// or a chart have.
func checkSizes(t testing.TB, pieces []Piece, found *Found) {
	t.Helper()
	const mark, note, chart = 12.0, 9.0, 8.5
	for _, p := range pieces {
		if !p.chinese() {
			continue
		}
		fits := false
		for _, size := range []float64{SizeTitle, SizeText, mark, SizeTable, note, chart} {
			fits = fits || math.Abs(p.Size-size) < 0.5
		}
		if !fits {
			t.Errorf("page %d, %s: %.1f pt", p.Page, p.Text, p.Size)
		}
		if math.Abs(p.Size-SizeTable) < 0.5 {
			found.Cells++
		}
	}
}
