package chart

import (
	"strconv"
	"testing"
)

// TestEndsOfAnAxisArePlain: what binary arithmetic adds to a whole number of steps is printed
// at the end of an axis.
func TestEndsOfAnAxisArePlain(t *testing.T) {
	for _, spots := range [][]Spot{
		{{X: 0, Y: 75.3}, {X: 0.194, Y: 78.6}},
		{{X: 1200, Y: 20}, {X: 4800, Y: 90}},
		{{X: 0.0013, Y: 5}, {X: 0.0029, Y: 5}},
	} {
		low, high := reach(spots, Axes{LineX: spots[0].X, LineY: spots[1].Y})
		for at, ends := range [2][2]float64{{low[0], high[0]}, {low[1], high[1]}} {
			for _, end := range ends {
				if text := strconv.FormatFloat(end, 'f', -1, 64); len(text) > 12 {
					t.Errorf("axis %d of %+v ends at %s", at, spots, text)
				}
			}
			if !(ends[0] < ends[1]) {
				t.Errorf("axis %d of %+v goes from %v to %v", at, spots, ends[0], ends[1])
			}
		}
	}
}
