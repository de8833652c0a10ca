//go:build bench

package openanswers

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"shuixuan/app/budget"
)

// written makes answers of some 40 characters from the words of the lexicon; every tenth
// holds a name and a number, every fifth has no suggestion.
func written(n int) []Answer {
	words := listed(dictionaryText)
	random := rand.New(rand.NewPCG(2014, 9))
	answers := make([]Answer, n)
	for i := range answers {
		var b strings.Builder
		for range 4 + random.IntN(8) {
			b.WriteString(words[int(float64(len(words))*random.Float64()*random.Float64())])
			b.WriteString([]string{"", "的", "，", "很", "没有"}[random.IntN(5)])
		}
		switch {
		case i%10 == 0:
			fmt.Fprintf(&b, "，联系张建国，电话138%08d", random.IntN(1e8))
		case i%5 == 1:
			b.Reset()
			b.WriteString("没有意见")
		}
		answers[i] = Answer{ID: fmt.Sprint(i), Group: fmt.Sprint(i % 5), Text: b.String()}
	}
	return answers
}

// TestBudgetsTenThousandAnswers reads 10,000 answers, counts, compares and searches, against
// the segmenter alone on the same texts.
func TestBudgetsTenThousandAnswers(t *testing.T) {
	before := heap()
	l := lexicon(t)
	budget.Note("the lexicon in memory", fmt.Sprintf("%.1f MB", float64(heap()-before)/1e6))
	answers := written(10_000)
	before = heap()
	c, err := Read(l, nil, answers)
	if err != nil {
		t.Fatal(err)
	}
	budget.Note("10,000 answers read, in memory", fmt.Sprintf("%.1f MB", float64(heap()-before)/1e6))
	ours, alone := budget.Turns(t, budget.Rounds,
		func() error {
			_, err := Read(l, nil, answers)
			return err
		},
		func() error {
			for _, a := range answers {
				l.segmenter.Segment([]byte(a.Text))
			}
			return nil
		})
	budget.Ratio(t, "10,000 open answers cleaned, masked, cut and counted, to the segmenter alone", ours, alone, 15)
	asked, _ := budget.Turns(t, budget.Rounds,
		func() error {
			table := c.Words()
			table.Published(DefaultMinPersons)
			if _, err := table.Against(0, 0); err != nil {
				return err
			}
			c.Pairs().Published(DefaultMinPersons)
			c.Copies(10)
			return nil
		},
		func() error { return nil })
	budget.Ratio(t, "tables of words and pairs, a comparison, copies, to the reading", asked, ours, 1)
	found, _ := budget.Turns(t, budget.Rounds,
		func() error { c.Search(Query{Text: "河道 垃圾", Group: -1}); return nil },
		func() error { return nil })
	budget.Ratio(t, "a search, to the reading", found, ours, 0.1)
	runtime.KeepAlive(l)
	runtime.KeepAlive(c)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
