package spotcheck

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// frameOf makes so many placements of each cell, ids in the order of making.
func frameOf(cells ...Cell) []Placement {
	var frame []Placement
	for _, c := range cells {
		for i := range c.Size {
			claim := Proven
			if i%4 == 3 {
				claim = Standing
			}
			frame = append(frame, Placement{ID: fmt.Sprintf("%s-%s-%03d", c.Unit, c.Carrier, i), Unit: c.Unit, Carrier: c.Carrier, Claim: claim})
		}
	}
	return frame
}

func draw(t *testing.T, frame []Placement, n int, seed string) *Sample {
	t.Helper()
	s, err := Draw(frame, n, seed)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func shuffled(frame []Placement, seed uint64) []Placement {
	list := append([]Placement{}, frame...)
	rand.New(rand.NewPCG(seed, 1)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// Made with sha256sum, see TestADrawCanBeDoneByHand.
var byHand = map[string]string{"p1": "24d9dd12", "p2": "2081bb1f", "p3": "01051a45", "p4": "d27995c4", "p5": "6b696b42"}

const (
	drawnByHand = "[p3 p2]"
	frameByHand = "c167ab644d09f0d028912081d71b19294fa93175973c8b0044a5ee854d8cf99b"
)

func ids(s *Sample) []string {
	var list []string
	for _, p := range s.Points {
		list = append(list, p.ID)
	}
	return list
}

// The same frame and seed give the same points in whatever order the rows come; another
// seed gives others.
func TestTheOrderOfRowsIsNothing(t *testing.T) {
	frame := frameOf(Cell{"a", "x", 50}, Cell{"a", "y", 30}, Cell{"b", "x", 7}, Cell{"c", "z", 60}, Cell{"d", "x", 3})
	first := draw(t, frame, 20, "K7Q2M9XA")
	for i := range uint64(20) {
		if again := draw(t, shuffled(frame, i), 20, "K7Q2M9XA"); !reflect.DeepEqual(first, again) {
			t.Fatalf("shuffled %d: another sample", i)
		}
	}
	if reflect.DeepEqual(ids(first), ids(draw(t, frame, 20, "K7Q2M9XB"))) {
		t.Error("another seed gives the same points")
	}
}

// What docs/spot-checks.md tells can be done by hand. The hashes are those of
//
//	printf 'K7Q2M9XA/p1' | sha256sum
//
// and so on; the two smallest are drawn.
func TestADrawCanBeDoneByHand(t *testing.T) {
	frame := []Placement{{"p1", "u", "c", Proven}, {"p2", "u", "c", Proven}, {"p3", "u", "c", Standing}, {"p4", "u", "c", Proven}, {"p5", "u", "c", Proven}}
	for id, want := range byHand {
		if got := key("K7Q2M9XA", id); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, sha256sum says %s", id, got[:8], want)
		}
	}
	s := draw(t, frame, 2, "K7Q2M9XA")
	if got := fmt.Sprint(ids(s)); got != drawnByHand {
		t.Errorf("drew %s, by hand %s", got, drawnByHand)
	}
	if s.FrameHash != frameByHand || s.FrameSize != 5 || s.Proven != 4 {
		t.Errorf("the frame is %d, %d proven, %s", s.FrameSize, s.Proven, s.FrameHash)
	}
}

// Largest remainder on 100, 60, 40 of 200 for 21 points: 10.5, 6.3, 4.2 → 10, 6, 4 and one
// more for the largest remainder.
func TestAllocation(t *testing.T) {
	s := draw(t, frameOf(Cell{"a", "x", 100}, Cell{"b", "x", 60}, Cell{"c", "x", 40}), 21, "SEED")
	for i, want := range []int{11, 6, 4} {
		if s.Strata[i].Drawn != want {
			t.Errorf("stratum %d: %d points, want %d", i, s.Strata[i].Drawn, want)
		}
	}
	if p := s.Points[0].Probability; p != 0.11 {
		t.Errorf("probability %v, want 11/100", p)
	}
	if len(s.Warnings) != 0 {
		t.Errorf("warned %v of nothing", s.Warnings)
	}
}

// Properties of every draw: as many points as asked, none twice, each stratum worth two points
// where n allows, probabilities that sum to the points when every placement is counted.
func TestEveryDraw(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for round := range 300 {
		var cells []Cell
		for u := range 1 + random.IntN(12) {
			for c := range 1 + random.IntN(5) {
				if size := random.IntN(25); size > 0 {
					cells = append(cells, Cell{fmt.Sprintf("u%02d", u), fmt.Sprintf("c%d", c), size})
				}
			}
		}
		frame := frameOf(cells...)
		if len(frame) == 0 {
			continue
		}
		n := 1 + random.IntN(len(frame)+5)
		s := draw(t, frame, n, "ROUND")
		want := min(n, len(frame))
		seen, size, expected, cellsSeen := map[string]bool{}, 0, 0.0, 0
		for _, p := range s.Points {
			seen[p.ID] = true
			if p.Probability <= 0 || p.Probability > 1 {
				t.Fatalf("round %d: probability %v", round, p.Probability)
			}
		}
		for _, st := range s.Strata {
			size, expected, cellsSeen = size+st.Size, expected+float64(st.Size)*st.Probability(), cellsSeen+len(st.Cells)
			if st.Drawn > st.Size || want >= fewest && st.Drawn < fewest && len(frame) > 1 {
				t.Fatalf("round %d: %d of %d drawn, n %d", round, st.Drawn, st.Size, want)
			}
		}
		if len(seen) != want || size != len(frame) || cellsSeen != len(cells) || int(expected+0.5) != want {
			t.Fatalf("round %d: %d points of %d, strata of %d in a frame of %d, expected %v", round, len(seen), want, size, len(frame), expected)
		}
	}
}

// Cells too small are joined, first within their unit, and the sample says so.
func TestSmallCellsAreJoined(t *testing.T) {
	s := draw(t, frameOf(Cell{"a", "x", 80}, Cell{"a", "y", 6}, Cell{"a", "z", 6}, Cell{"b", "x", 5}, Cell{"c", "x", 3}), 20, "SEED")
	// 100 placements and 20 points: below 10 a cell is worth less than two. a/y and a/z are 12
	// together; b and c are 8 together, no group closed before, so the smallest takes them.
	if len(s.Strata) != 2 || s.Strata[0].Size != 80 || s.Strata[1].Size != 20 || len(s.Strata[1].Cells) != 4 {
		t.Errorf("strata %+v", s.Strata)
	}
	if len(s.Warnings) != 1 || s.Warnings[0].Code != Joined || !strings.Contains(s.Warnings[0].Text, "有4个") {
		t.Errorf("said %v", s.Warnings)
	}
}

func TestMoreThanThereAre(t *testing.T) {
	s := draw(t, frameOf(Cell{"a", "x", 3}), 20, "SEED")
	if len(s.Points) != 3 || s.Points[0].Probability != 1 || s.Warnings[0].Code != Everything {
		t.Errorf("%d points, %v", len(s.Points), s.Warnings)
	}
}

func TestFramesThatCannotBe(t *testing.T) {
	for name, frame := range map[string][]Placement{
		"empty": nil, "twice": {{"p", "u", "c", Proven}, {"p", "u", "c", Proven}}, "claim": {{"p", "u", "c", "gone"}},
	} {
		if _, err := Draw(frame, 2, "SEED"); err == nil {
			t.Errorf("%s: drawn", name)
		}
	}
	if _, err := Draw(frameOf(Cell{"a", "x", 3}), 0, "SEED"); err == nil {
		t.Error("no points: drawn")
	}
}

func TestSeeds(t *testing.T) {
	check := func(text, want string, fine bool) {
		t.Helper()
		if got, why := ParseSeed(text); got != want || (why == "") != fine {
			t.Errorf("%q gave %q, %q", text, got, why)
		}
	}
	check("k7q2-m9xa", "K7Q2M9XA", true)
	check(" 20141018 ", "20141018", true)
	check("abc", "", false)
	check("验收2014", "", false)
	check(strings.Repeat("A", 33), "", false)
	if a, b := NewSeed(), NewSeed(); len(a) != 8 || a == b {
		t.Errorf("new seeds %q, %q", a, b)
	}
}

// Every placement comes up as often as its probability says: 4,000 seeds, 10 of 40 drawn in
// each stratum, so 1,000 times with a standard deviation of 27.
func TestTheChanceIsTheProbability(t *testing.T) {
	frame := frameOf(Cell{"a", "x", 40}, Cell{"b", "x", 40})
	hits := map[string]int{}
	for i := range 4000 {
		for _, p := range draw(t, frame, 20, fmt.Sprintf("S%07d", i)).Points {
			hits[p.ID]++
		}
	}
	for id, n := range hits {
		if n < 1000-110 || n > 1000+110 { // four standard deviations, for 80 placements
			t.Errorf("%s was drawn %d times of 4000, want about 1000", id, n)
		}
	}
	if len(hits) != 80 {
		t.Errorf("only %d placements ever came up", len(hits))
	}
}
