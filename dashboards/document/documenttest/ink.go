package documenttest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// Sheet is a printed page, as ink: dots of 0.17 mm.
type Sheet struct {
	wide, high int
	turned     bool // as it is bound
	dots       []byte
	dot        float64 // mm
}

// Printed gives every page of a PDF.
func Printed(t testing.TB, pdf string) []Sheet {
	t.Helper()
	const dpi = 150
	root := filepath.Join(t.TempDir(), "page")
	Tool(t, "pdftoppm", "-r", fmt.Sprint(dpi), "-gray", pdf, root)
	files, err := filepath.Glob(root + "*.pgm")
	if err != nil || len(files) == 0 {
		t.Fatalf("pages: %v, %v", files, err)
	}
	var all []Sheet
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		r, s, top := bufio.NewReader(f), Sheet{dot: 25.4 / dpi}, 0
		if _, err := fmt.Fscanf(r, "P5\n%d %d\n%d\n", &s.wide, &s.high, &top); err != nil {
			t.Fatal(err)
		}
		if s.dots, err = io.ReadAll(r); err != nil || len(s.dots) != s.wide*s.high {
			t.Fatalf("%s: %d dots of %d × %d, %v", file, len(s.dots), s.wide, s.high, err)
		}
		f.Close()
		all = append(all, s)
	}
	return all
}

// Turned tells whether the page lies on its side.
func (s Sheet) Turned() bool { return s.wide > s.high }

// bound is the sheet as it lies when it is bound: a landscape page turned to the left.
func (s Sheet) bound() Sheet {
	if s.wide < s.high {
		return s
	}
	to := Sheet{wide: s.high, high: s.wide, dot: s.dot, turned: true, dots: make([]byte, len(s.dots))}
	for y := range s.high {
		for x := range s.wide {
			to.dots[(to.high-1-x)*to.wide+y] = s.dots[y*s.wide+x]
		}
	}
	return to
}

// span is a stretch in mm.
type span struct{ from, to float64 }

func (s span) middle() float64 { return (s.from + s.to) / 2 }

// bands are the stretches with ink, along y or along x, within a part of the sheet in mm.
func (s Sheet) bands(x, y span, down bool) []span {
	dot := func(v float64) int { return int(math.Round(v / s.dot)) }
	x0, x1, y0, y1 := dot(x.from), min(dot(x.to), s.wide), dot(y.from), min(dot(y.to), s.high)
	from, to := x0, x1
	if down {
		from, to = y0, y1
	}
	inked := func(i int) bool {
		if down {
			return bytes.IndexFunc(s.dots[i*s.wide+x0:i*s.wide+x1], func(r rune) bool { return r < 128 }) >= 0
		}
		for j := y0; j < y1; j++ {
			if s.dots[j*s.wide+i] < 128 {
				return true
			}
		}
		return false
	}
	var list []span
	for i := from; i < to; i++ {
		switch at := float64(i) * s.dot; {
		case !inked(i):
		case len(list) > 0 && at-list[len(list)-1].to < 1.5*s.dot:
			list[len(list)-1].to = at + s.dot
		default:
			list = append(list, span{at, at + s.dot})
		}
	}
	return list
}

// lines are the lines of text between two heights, the parts of a character put together.
func (s Sheet) lines(y span) []span {
	var list []span
	for _, b := range s.bands(span{Left - 3, Right + 3}, y, true) {
		if n := len(list); n > 0 && b.to-list[n-1].from < 7 {
			list[n-1].to = b.to
			continue
		}
		list = append(list, b)
	}
	return list
}
