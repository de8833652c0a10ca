package documenttest

import (
	"math"
	"testing"
)

// CheckSheets holds each page of a PDF against the standard: A4, upright or turned, nothing
// outside the text area but the page number, and that where it belongs, also when the turned
// pages are bound with the others. It gives the pages, from the first.
func CheckSheets(t testing.TB, pdf string) []Sheet {
	t.Helper()
	return checkSheets(t, pdf, false)
}

func checkSheets(t testing.TB, pdf string, hanging bool) []Sheet {
	t.Helper()
	sheets := Printed(t, pdf)
	for i, s := range sheets {
		s = s.bound()
		if x, y := float64(s.wide)*s.dot, float64(s.high)*s.dot; math.Abs(x-Wide) > 0.5 || math.Abs(y-High) > 0.5 {
			t.Errorf("page %d: %.1f × %.1f mm, want A4", i+1, x, y)
			continue
		}
		checkNumber(t, i+1, s)
		checkInk(t, i+1, s, hanging)
	}
	return sheets
}

// checkNumber: the dashes of — n — stand 7 mm under the text area, within 1 mm, and one
// character of 14 pt (4.9 mm) from its outer edge.
func checkNumber(t testing.TB, page int, s Sheet) {
	t.Helper()
	under := span{Bottom + 1, High - 5}
	across := s.bands(span{0, Wide}, under, false)
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
		if down := high[0].middle() - (Bottom); math.Abs(down-7) > allowed {
			t.Errorf("page %d: page number %.2f mm under the text, want 7", page, down)
		}
	}
	const blank = SizeNumber * point
	edge, free := "right", Right-last.to
	if page%2 == 0 {
		edge, free = "left", first.from-Left
	}
	if math.Abs(free-blank) > allowed {
		t.Errorf("page %d: page number %.2f mm from the %s edge of the text, want %.2f", page, free, edge, blank)
	}
}

// checkInk: nothing but the page number stands outside the text area.
func checkInk(t testing.TB, page int, s Sheet, hanging bool) {
	t.Helper()
	slack := 0.4 // half a line of a table, and the dots
	beyond := slack
	if hanging && !s.turned {
		beyond = 2 // of a mark's square, what is black
	}
	down := s.bands(span{0, Wide}, span{0, Bottom + 3}, true)
	across := s.bands(span{0, Wide}, span{0, Bottom + 3}, false)
	if len(down) == 0 {
		t.Errorf("page %d is empty", page)
		return
	}
	if top, bottom := down[0].from, down[len(down)-1].to; top < Top-slack || bottom > Bottom+slack {
		t.Errorf("page %d: ink from %.2f to %.2f mm, want within %.0f to %.0f", page, top, bottom, Top, Bottom)
	}
	if left, right := across[0].from, across[len(across)-1].to; left < Left-slack || right > Right+beyond {
		t.Errorf("page %d: ink from %.2f to %.2f mm across, want within %.0f to %.0f", page, left, right, Left, Right)
	}
}

// CheckFull: a page of text has 22 lines of 28 characters that fill the text area.
func CheckFull(t testing.TB, page int, s Sheet, lines []Line) {
	t.Helper()
	bands := s.lines(span{Top - 5, Bottom + 1})
	if len(bands) != Lines {
		t.Errorf("page %d: %d lines, want %d", page, len(bands), Lines)
		return
	}
	apart := (bands[len(bands)-1].middle() - bands[0].middle()) / (Lines - 1)
	if want := (Bottom - Top) / Lines; math.Abs(apart*Lines-(Bottom-Top)) > allowed {
		t.Errorf("page %d: lines %.3f mm apart, want %.3f", page, apart, want)
	}
	// A line is 10.2 mm high and a character 5.6: half of what is free may stand above or below.
	if top, bottom := bands[0].from-Top, Bottom-bands[len(bands)-1].to; top < 0 || top > 4.6 || bottom < 0 || bottom > 4.6 {
		t.Errorf("page %d: %.2f mm free above the text and %.2f below", page, top, bottom)
	}
	full := 0
	for _, l := range lines {
		if n := l.characters(); l.Page == page && n > 20 {
			full++
			if n != Characters || math.Abs(l.X0-Left) > allowed || math.Abs(l.X1-Right) > allowed {
				t.Errorf("page %d: a line of %d characters from %.2f to %.2f mm, want %d from %.0f to %.0f", page, n, l.X0, l.X1, Characters, Left, Right)
			}
		}
	}
	if full != Lines {
		t.Errorf("page %d: %d full lines, want %d", page, full, Lines)
	}
}
