package plane

import (
	"math"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/simplify"
)

// Path is an outline as the path of an SVG, as fine as the picture shows it and cut off a
// little outside of it; empty where nothing of it is to be seen.
func (f Frame) Path(outline orb.MultiPolygon) string {
	if len(outline) == 0 {
		return ""
	}
	w, h := (f.Shown.East-f.Shown.West)*0.05, (f.Shown.North-f.Shown.South)*0.05
	seen := orb.Bound{Min: orb.Point{f.Shown.West - w, f.Shown.South - h}, Max: orb.Point{f.Shown.East + w, f.Shown.North + h}}
	// Both change what they are given, which others draw from too.
	parts := clip.MultiPolygon(seen, outline.Clone())
	parts = simplify.DouglasPeucker(0.5 / f.perDegree).MultiPolygon(parts)
	var b strings.Builder
	for _, polygon := range parts {
		for _, ring := range polygon {
			for i, p := range ring[:max(len(ring)-1, 0)] {
				letter := "L"
				if i == 0 {
					letter = "M"
				}
				x, y := f.Point(p[0], p[1])
				b.WriteString(letter + tenth(x) + " " + tenth(y))
			}
			if len(ring) > 1 {
				b.WriteString("Z")
			}
		}
	}
	return b.String()
}

func tenth(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

// Bar is the scale of a picture: so many metres in words, and so long.
type Bar struct {
	Text   string
	Pixels float64
}

// Bar gives the longest round length that fits into a quarter of the picture.
func (f Frame) Bar() Bar {
	metre := f.perDegree / metresPerDegree // pixels
	fits := f.Width / 4 / metre
	length := math.Pow10(int(math.Floor(math.Log10(fits))))
	for _, times := range []float64{5, 2} {
		if length*times <= fits {
			length *= times
			break
		}
	}
	text := strconv.FormatFloat(length, 'f', -1, 64) + "米"
	if length >= 1000 {
		text = strconv.FormatFloat(length/1000, 'f', -1, 64) + "公里"
	}
	return Bar{text, length * metre}
}
