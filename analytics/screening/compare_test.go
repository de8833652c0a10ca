package screening_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"shuixuan/analytics/screening"
)

// random makes sheets that are alike often enough for ties and near-identical pairs.
func random(r *rand.Rand, n, questions, options int) []screening.Sheet {
	sheets := make([]screening.Sheet, n)
	for i := range sheets {
		s := screening.Sheet{ID: fmt.Sprint("s", i), Stratum: fmt.Sprint("g", r.IntN(3)), Distributor: fmt.Sprint("d", r.IntN(5))}
		if r.IntN(10) == 0 {
			s.Distributor = ""
		}
		base := int8(r.IntN(options))
		for range questions {
			a := base
			switch draw := r.IntN(20); {
			case draw == 0:
				a = screening.Missing
			case draw == 1:
				a = screening.NotAsked
			case draw < 6:
				a = int8(r.IntN(options))
			}
			s.Answers = append(s.Answers, a)
		}
		sheets[i] = s
	}
	return sheets
}

// plainly is Compare pair by pair and answer by answer.
func plainly(sheets []screening.Sheet, s screening.Settings) []screening.Comparison {
	order := func(i int) string { x := sheets[i]; return x.Distributor + "\x00" + x.Stratum + "\x00" + x.ID }
	list := make([]screening.Comparison, len(sheets))
	for i, x := range sheets {
		of := 0
		for _, a := range x.Answers {
			if a >= 0 {
				of++
			}
		}
		c := screening.Comparison{Nearest: screening.Likeness{Partner: -1, Of: of, Chance: 1}, Within: screening.Likeness{Partner: -1, Of: of, Chance: 1}}
		for j, y := range sheets {
			if i == j {
				continue
			}
			same := 0
			for q, a := range x.Answers {
				if a >= 0 && a == y.Answers[q] {
					same++
				}
			}
			own := x.Distributor != "" && x.Distributor == y.Distributor
			better := func(l screening.Likeness) bool {
				return l.Partner < 0 || same > l.Same || same == l.Same && order(j) < order(l.Partner)
			}
			if better(c.Nearest) {
				c.Nearest.Partner, c.Nearest.Same = j, same
			}
			if own && better(c.Within) {
				c.Within.Partner, c.Within.Same = j, same
			}
			if near := float64(of) >= s.NearAnswers.Value && float64(same) >= math.Ceil(s.NearShare.Value*float64(of)-1e-9); near && x.Stratum == y.Stratum {
				c.NearStratum++
				c.NearCell += one(own)
			}
		}
		list[i] = c
	}
	return list
}

// Bit planes, tiles and several processors give what counting one by one gives: one word and
// several, few options and many, more sheets than a tile holds.
func TestCompareAsOneByOne(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, size := range [][3]int{{0, 5, 3}, {1, 5, 3}, {2, 1, 2}, {60, 12, 5}, {60, 64, 8}, {60, 65, 8}, {60, 40, 16}, {60, 9, 128}, {60, 130, 100}, {60, 130, 5}, {300, 20, -5}, {1100, 20, 5}} {
		sheets := random(r, size[0], size[1], max(size[2], -size[2]))
		if size[2] < 0 { // a number among questions with few options
			for i := range sheets {
				sheets[i].Answers[3] = int8(100 + r.IntN(3))
			}
		}
		got, err := screening.Compare(t.Context(), sheets, screening.Defaults(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := plainly(sheets, screening.Defaults()); !slices.Equal(got, want) {
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("%v: sheet %d: got %+v, want %+v", size, i, got[i], want[i])
					break
				}
			}
		}
	}
}

// The result is the same whoever compares, and in whatever order the sheets come.
func TestCompareDoesNotDependOnOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	sheets := random(r, 1500, 20, 5)
	alone := runtime.GOMAXPROCS(1)
	want, err := screening.Compare(t.Context(), sheets, screening.Defaults(), nil)
	runtime.GOMAXPROCS(max(alone, 4))
	defer runtime.GOMAXPROCS(alone)
	if err != nil {
		t.Fatal(err)
	}
	shuffled := r.Perm(len(sheets))
	moved := make([]screening.Sheet, len(sheets))
	for i, at := range shuffled {
		moved[at] = sheets[i]
	}
	got, err := screening.Compare(t.Context(), moved, screening.Defaults(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range shuffled {
		one := want[i]
		for _, l := range []*screening.Likeness{&one.Nearest, &one.Within} {
			if l.Partner >= 0 {
				l.Partner = shuffled[l.Partner]
			}
		}
		if got[at] != one {
			t.Fatalf("sheet %d: %+v, in another order %+v", i, one, got[at])
		}
	}
}

// Progress grows to the whole, and a cancelled context ends the work.
func TestCompareTellsAndStops(t *testing.T) {
	sheets := random(rand.New(rand.NewPCG(5, 6)), 3000, 20, 5)
	last, all, calls := int64(0), int64(0), 0
	told := func(done, total int64) {
		if done < last || done > total {
			t.Errorf("progress of %d after %d of %d", done, last, total)
		}
		last, all, calls = done, total, calls+1
	}
	if _, err := screening.Compare(t.Context(), sheets, screening.Defaults(), told); err != nil {
		t.Fatal(err)
	}
	if last != all || all < 3000*2999/2 || calls < 10 || calls > 102 {
		t.Errorf("progress ends at %d of %d after %d calls", last, all, calls)
	}
	ctx, cancel := context.WithCancel(t.Context())
	calls = 0
	_, err := screening.Compare(ctx, sheets, screening.Defaults(), func(int64, int64) { calls++; cancel() })
	if !errors.Is(err, context.Canceled) || calls > 1+runtime.GOMAXPROCS(0) {
		t.Errorf("cancelled at the first word: %v after %d calls", err, calls)
	}
}
