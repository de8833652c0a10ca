package documenttest

import (
	"html"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A Piece is a run of letters of one font on one line, in mm from the upper left corner. Pieces
// of Chromium bear no name of a font: it draws its letters itself.
type Piece struct {
	Page           int // from 1
	Turned         bool
	Text           string
	Family         string
	Size           float64 // pt; true of Chinese, guessed by the reader for what Chromium draws else
	X0, X1, Y0, Y1 float64
}

func (p Piece) middle() float64 { return (p.Y0 + p.Y1) / 2 }

// chinese tells whether the piece has a character, whose size is known.
func (p Piece) chinese() bool {
	return strings.IndexFunc(p.Text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) >= 0
}

var (
	letterLine = regexp.MustCompile(`<(page|fontspec|text) ([^>]*)>(?:(.*)</text>)?`)
	attribute  = regexp.MustCompile(`(\w+)="([^"]*)"`)
	tag        = regexp.MustCompile(`<[^>]*>`)
)

// Pieces are the letters of a PDF, page by page.
func Pieces(t testing.TB, pdf string) []Piece {
	t.Helper()
	const zoom = 3.0 // more the reader doesn't give
	out := Tool(t, "pdftohtml", "-xml", "-i", "-stdout", "-zoom", "3", pdf)
	type font struct {
		family string
		size   float64
	}
	var list []Piece
	fonts, page, turned := map[string]font{}, 0, false
	for _, m := range letterLine.FindAllStringSubmatch(out, -1) {
		a := map[string]string{}
		for _, one := range attribute.FindAllStringSubmatch(m[2], -1) {
			a[one[1]] = one[2]
		}
		number := func(name string) float64 { v, _ := strconv.ParseFloat(a[name], 64); return v / zoom }
		switch m[1] {
		case "page":
			page, turned = page+1, number("width") > number("height")
		case "fontspec":
			fonts[a["id"]] = font{a["family"], number("size")}
		case "text":
			f := fonts[a["font"]]
			x, y := number("left")*point, number("top")*point
			// Chromium gives some characters out as the radicals that they look like.
			list = append(list, Piece{page, turned, norm.NFKC.String(html.UnescapeString(tag.ReplaceAllString(m[3], ""))), f.family, f.size,
				x, x + number("width")*point, y, y + number("height")*point})
		}
	}
	if len(list) == 0 {
		t.Fatalf("%s has no text", pdf)
	}
	return list
}

// CheckFont finds the first piece that has the text and holds it against a font and a size in pt.
func CheckFont(t testing.TB, all []Piece, text, family string, size float64) {
	t.Helper()
	i := slices.IndexFunc(all, func(p Piece) bool { return strings.Contains(p.Text, norm.NFKC.String(text)) })
	if i < 0 {
		t.Errorf("%s is not on paper", text)
		return
	}
	checkPiece(t, all[i], family, size)
}

// checkPiece leaves the family alone where the PDF doesn't name it.
func checkPiece(t testing.TB, p Piece, family string, size float64) {
	t.Helper()
	named := p.Family != "Times" // what the reader calls a font without a name
	if named && !strings.Contains(p.Family, family) || math.Abs(p.Size-size) > 0.5 {
		t.Errorf("page %d, %s: %s of %.1f pt, want %s of %g", p.Page, p.Text, p.Family, p.Size, family, size)
	}
}

// A Line is all that stands on one height of an upright page.
type Line struct {
	Page   int
	Pieces []Piece
	Middle float64 // mm
	X0, X1 float64 // mm
}

// Text is the text of a line, without the blanks.
func (l Line) Text() string {
	var b strings.Builder
	for _, p := range l.Pieces {
		b.WriteString(p.Text)
	}
	return strings.Join(strings.Fields(b.String()), "")
}

// body tells whether characters of the text's size stand on the line.
func (l Line) body() bool {
	return slices.ContainsFunc(l.Pieces, func(p Piece) bool { return p.chinese() && math.Abs(p.Size-SizeText) < 0.5 })
}

// characters are those of the line, 0 if there are narrower ones than Chinese among them.
func (l Line) characters() (n int) {
	for _, r := range l.Text() {
		if r == '–' || !unicode.Is(unicode.Han, r) && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return 0
		}
		n++
	}
	return n
}

// LinesOf puts the pieces of upright pages into lines, from the head of a page to its text's foot.
func LinesOf(all []Piece) []Line {
	var list []Line
	for page, from := 1, 0; from < len(all); page++ {
		to := from
		for to < len(all) && all[to].Page == page {
			to++
		}
		upright := slices.DeleteFunc(slices.Clone(all[from:to]), func(p Piece) bool { return p.Turned || p.middle() > Bottom+2 })
		from = to
		// What the size of is known says where a line is; the rest goes where it fits.
		slices.SortStableFunc(upright, func(a, b Piece) int { return int(math.Round(1000 * (a.middle() - b.middle()))) })
		first := len(list)
		for _, p := range upright {
			if n := len(list); n > first && p.middle()-list[n-1].Pieces[0].middle() < 2.5 {
				list[n-1].Pieces = append(list[n-1].Pieces, p)
				continue
			}
			list = append(list, Line{Page: page, Pieces: []Piece{p}})
		}
	}
	for i := range list {
		list[i].settle()
	}
	return list
}

// settle sorts the pieces of a line and measures it by its characters.
func (l *Line) settle() {
	slices.SortStableFunc(l.Pieces, func(a, b Piece) int { return int(math.Round(1000 * (a.X0 - b.X0))) })
	l.X0, l.X1 = math.Inf(1), math.Inf(-1)
	var at []float64
	for _, p := range l.Pieces {
		l.X0, l.X1 = min(l.X0, p.X0), max(l.X1, p.X1)
		if p.chinese() && math.Abs(p.Size-SizeText) < 0.5 { // a mark stands higher
			at = append(at, p.middle())
		}
	}
	if l.Middle = l.Pieces[0].middle(); len(at) > 0 {
		slices.Sort(at)
		l.Middle = at[len(at)/2]
	}
}
