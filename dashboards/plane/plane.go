// Package plane lays points of the earth on a plain picture: which part is shown, where a
// point comes to lie, what lies so close that it is drawn as one, how long a kilometre is.
//
// The projection is equirectangular around the middle of what is mapped: over a city its
// error is far less than that of a phone. Everything is WGS-84 in degrees, and pixels from
// the upper left.
//
// # Why
//
// There are no tiles: an office network may reach none, and a map of the country from
// elsewhere would need an approval of its own. Geometry stands apart from pages because a
// figure hangs on it: the number on a heap of points must be what its link then lists, which
// is tried here with thousands of points and no database.
package plane

import (
	"math"
	"sort"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// Window is a part of the earth: from West and South, which belong to it, to East and North,
// which don't. So windows side by side share no point and lose none.
type Window struct{ West, South, East, North float64 }

// IsZero tells no window.
func (w Window) IsZero() bool { return w == Window{} }

// Holds tells whether a point lies in the window.
func (w Window) Holds(longitude, latitude float64) bool {
	return longitude >= w.West && longitude < w.East && latitude >= w.South && latitude < w.North
}

// decimals of degrees in addresses: a centimetre.
const decimals = 7

// String is the window as it stands in an address.
func (w Window) String() string {
	parts := make([]string, 4)
	for i, v := range []float64{w.West, w.South, w.East, w.North} {
		parts[i] = strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strings.Join(parts, ",")
}

// Parse reads what String wrote; false for anything that is no window of the earth.
func Parse(text string) (Window, bool) {
	parts := strings.Split(text, ",")
	if len(parts) != 4 {
		return Window{}, false
	}
	var v [4]float64
	for i, part := range parts {
		n, err := strconv.ParseFloat(part, 64)
		if err != nil || math.IsNaN(n) || math.Abs(n) > 180 {
			return Window{}, false
		}
		v[i] = n
	}
	w := Window{v[0], v[1], v[2], v[3]}
	return w, w.West < w.East && w.South < w.North && w.South >= -85 && w.North <= 85
}

// rounded gives a number of degrees as an address holds it.
func rounded(v float64) float64 {
	scale := math.Pow10(decimals)
	return math.Round(v*scale) / scale
}

// Spot is something at a place. State is a number of the caller's, from 0.
type Spot struct {
	ID        string
	State     int
	Longitude float64
	Latitude  float64
}

// margin is how much of a window is left free around what it was made for.
const margin = 0.06

// Around is the window that holds all spots and an outline, with some room; zero where there
// is neither.
func Around(spots []Spot, outline orb.MultiPolygon) Window {
	b := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	for _, s := range spots {
		b = b.Extend(orb.Point{s.Longitude, s.Latitude})
	}
	if len(outline) > 0 {
		b = b.Union(outline.Bound())
	}
	if b.Min[0] > b.Max[0] {
		return Window{}
	}
	wide, high := math.Max(b.Max[0]-b.Min[0], smallest), math.Max(b.Max[1]-b.Min[1], smallest)
	middle := b.Center()
	return Window{rounded(middle[0] - wide*(0.5+margin)), rounded(middle[1] - high*(0.5+margin)), rounded(middle[0] + wide*(0.5+margin)), rounded(middle[1] + high*(0.5+margin))}
}

// smallest is the least extent of a picture in degrees, some 50 m: a phone knows its place no
// better than to a few metres.
const smallest = 0.0005

// metresPerDegree is of latitude, on a sphere of the earth's mean radius.
const metresPerDegree = 6371008.8 * math.Pi / 180

// Frame is a picture of a part of the earth.
type Frame struct {
	Width, Height float64
	Window        Window  // what was asked for
	Shown         Window  // what the picture shows: the window, widened to its shape
	squeeze       float64 // metres of a degree east in metres of a degree north
	perDegree     float64 // pixels for a degree north
}

// NewFrame makes the picture of a window. Middle is the latitude around which the campaign's
// map is projected, the same for all of its windows.
func NewFrame(window Window, middle, width, height float64) Frame {
	f := Frame{Width: width, Height: height, Window: window, squeeze: math.Cos(middle * math.Pi / 180)}
	high := math.Max(window.North-window.South, smallest)
	wide := math.Max((window.East-window.West)*f.squeeze, smallest)
	f.perDegree = math.Min(height/high, width/wide)
	x, y := (window.West+window.East)/2, (window.South+window.North)/2
	half := [2]float64{width / f.perDegree / f.squeeze / 2, height / f.perDegree / 2}
	f.Shown = Window{x - half[0], y - half[1], x + half[0], y + half[1]}
	return f
}

// Point is where a place comes to lie.
func (f Frame) Point(longitude, latitude float64) (x, y float64) {
	return (longitude - f.Shown.West) * f.squeeze * f.perDegree, (f.Shown.North - latitude) * f.perDegree
}

// Mark is one sign of the picture: a spot, or several that lie too close to be told apart.
type Mark struct {
	X, Y   float64
	Count  int
	States map[int]int // how many of each state
	ID     string      // of a single one
	Window Window      // holds exactly these
	Heaped bool        // they lie within a few metres: a smaller window won't part them
	bounds orb.Bound
}

// heap is the extent in degrees under which spots aren't parted any more, some 10 m.
const heap = 0.0001

// Marks gives the signs for the spots that lie in the window. The picture is divided into
// columns × rows; of the spots of one field, two or more become one sign in their midst.
func (f Frame) Marks(spots []Spot, columns, rows int) []Mark {
	lines := func(from, to float64, n int) []float64 {
		all := make([]float64, n+1)
		for i := range all {
			all[i] = rounded(from + (to-from)*float64(i)/float64(n)) // as the address will have it
		}
		return all
	}
	xs, ys := lines(f.Shown.West, f.Shown.East, columns), lines(f.Shown.South, f.Shown.North, rows)
	at := func(lines []float64, v float64) int {
		i := sort.Search(len(lines), func(i int) bool { return lines[i] > v }) - 1
		return max(0, min(i, len(lines)-2))
	}
	fields := map[[2]int]*Mark{}
	for _, s := range spots {
		if !f.Window.Holds(s.Longitude, s.Latitude) {
			continue
		}
		key := [2]int{at(xs, s.Longitude), at(ys, s.Latitude)}
		m := fields[key]
		if m == nil {
			w := Window{xs[key[0]], ys[key[1]], xs[key[0]+1], ys[key[1]+1]}
			m = &Mark{States: map[int]int{}, Window: f.cut(w), bounds: orb.Point{s.Longitude, s.Latitude}.Bound(), ID: s.ID}
			fields[key] = m
		}
		x, y := f.Point(s.Longitude, s.Latitude)
		m.X, m.Y, m.Count = m.X+x, m.Y+y, m.Count+1
		m.States[s.State]++
		m.bounds = m.bounds.Extend(orb.Point{s.Longitude, s.Latitude})
	}
	list := make([]Mark, 0, len(fields))
	for _, m := range fields {
		m.X, m.Y = m.X/float64(m.Count), m.Y/float64(m.Count)
		m.Heaped = m.Count > 1 && m.bounds.Max[0]-m.bounds.Min[0] < heap && m.bounds.Max[1]-m.bounds.Min[1] < heap
		if m.Count > 1 {
			m.ID = ""
		}
		list = append(list, *m)
	}
	sort.Slice(list, func(i, j int) bool {
		if list[i].Y != list[j].Y {
			return list[i].Y < list[j].Y
		}
		return list[i].X < list[j].X
	})
	return list
}

// cut keeps a field within the window that was asked for, whose spots alone were counted.
func (f Frame) cut(w Window) Window {
	return Window{math.Max(w.West, f.Window.West), math.Max(w.South, f.Window.South), math.Min(w.East, f.Window.East), math.Min(w.North, f.Window.North)}
}

// Larger is a window of twice the width and height around the same middle.
func (w Window) Larger() Window {
	x, y := (w.East-w.West)/2, (w.North-w.South)/2
	return Window{rounded(math.Max(w.West-x, -180)), rounded(math.Max(w.South-y, -85)), rounded(math.Min(w.East+x, 180)), rounded(math.Min(w.North+y, 85))}
}
