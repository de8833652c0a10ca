package plane

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"
)

// TestEveryHeapOpensWhatItCounts follows every sign of a picture into its window, until each
// spot was met by itself or in a heap: the number on a sign is what its window holds.
func TestEveryHeapOpensWhatItCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var spots []Spot
		n := rapid.IntRange(1, 300).Draw(t, "n")
		spread := rapid.SampledFrom([]float64{1e-7, 1e-5, 1e-3, 0.1, 3}).Draw(t, "spread")
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		for i := range n {
			spots = append(spots, Spot{ID: fmt.Sprint(i), State: i % 3, Longitude: 116.7 + spread*random.Float64(), Latitude: 36.1 + spread*random.Float64()})
			if random.IntN(4) == 0 && i > 0 { // at the very same place
				spots[i].Longitude, spots[i].Latitude = spots[i-1].Longitude, spots[i-1].Latitude
			}
		}
		whole := Around(spots, nil)
		met := map[string]bool{}
		shapes := [][4]float64{{960, 600, 15, 15}, {360, 450, 6, 6}}
		var follow func(w Window, want, deep int)
		follow = func(w Window, want, deep int) {
			again, ok := Parse(w.String())
			if !ok || again != w {
				t.Fatalf("%v comes back from its address as %v", w, again)
			}
			if deep > 12 {
				t.Fatalf("%v is still %d spots after 12 windows", w, want)
			}
			shape := shapes[deep%2] // a view that a phone sends is opened on a desk
			f := NewFrame(w, 36, shape[0], shape[1])
			sum := 0
			for _, m := range f.Marks(spots, int(shape[2]), int(shape[3])) {
				sum += m.Count
				states := 0
				for _, k := range m.States {
					states += k
				}
				if states != m.Count || m.X < -0.01 || m.Y < -0.01 || m.X > f.Width+0.01 || m.Y > f.Height+0.01 {
					t.Fatalf("%+v in a picture of %g × %g", m, f.Width, f.Height)
				}
				switch {
				case m.Count == 1:
					met[m.ID] = true
				case m.Heaped:
					for _, s := range spots {
						if m.Window.Holds(s.Longitude, s.Latitude) {
							met[s.ID] = true
						}
					}
				default:
					follow(m.Window, m.Count, deep+1)
				}
			}
			if sum != want {
				t.Fatalf("%v holds %d spots, its sign says %d", w, sum, want)
			}
		}
		follow(whole, n, 0)
		if len(met) != n {
			t.Fatalf("met %d of %d", len(met), n)
		}
	})
}

// TestDistances holds the picture against the great circle: a kilometre east and one north
// are as long as the bar says.
func TestDistances(t *testing.T) {
	f := NewFrame(Window{116.6, 36.0, 116.9, 36.3}, 36.15, 960, 600)
	x0, y0 := f.Point(116.75, 36.15)
	// A degree of latitude has 111,195 m on the mean sphere; one of longitude times cos 36.15°.
	x1, _ := f.Point(116.75+1000/(111194.93*math.Cos(36.15*math.Pi/180)), 36.15)
	_, y1 := f.Point(116.75, 36.15+1000/111194.93)
	bar := f.Bar()
	if bar.Text != "10公里" { // 0.3° are 33.4 km in 600 pixels, so a quarter of the width holds 13.3 km
		t.Errorf("the bar says %s", bar.Text)
	}
	for what, pixels := range map[string]float64{"east": x1 - x0, "north": y0 - y1} {
		if math.Abs(pixels-bar.Pixels/10) > 0.01 {
			t.Errorf("a kilometre %s has %.3f pixels, want %.3f", what, pixels, bar.Pixels/10)
		}
	}
}

func TestParse(t *testing.T) {
	for _, bad := range []string{"", "1,2,3", "a,b,c,d", "2,1,1,2", "1,2,3,NaN", "1,2,300,4", "1,-90,3,4", "1,2,3,4,5"} {
		if w, ok := Parse(bad); ok {
			t.Errorf("%q is no window, got %v", bad, w)
		}
	}
}

func TestPath(t *testing.T) {
	square := orb.MultiPolygon{{{{116, 36}, {117, 36}, {117, 37}, {116, 37}, {116, 36}}}}
	f := NewFrame(Window{116, 36, 117, 37}, 36.5, 600, 600)
	if path := f.Path(square); strings.Count(path, "L") != 3 || !strings.HasSuffix(path, "Z") {
		t.Errorf("a square has four corners: %s", path)
	}
	far := NewFrame(Window{100, 20, 101, 21}, 20.5, 600, 600)
	if path := far.Path(square); path != "" {
		t.Errorf("nothing of it is to be seen: %s", path)
	}
	if len(square[0][0]) != 5 || square[0][0][0] != (orb.Point{116, 36}) {
		t.Errorf("the outline was changed: %v", square)
	}
	if w := Around(nil, nil); !w.IsZero() {
		t.Errorf("around nothing: %v", w)
	}
}
