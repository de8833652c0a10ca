//go:build bench

package screening_test

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"shuixuan/analytics/screening"
	"shuixuan/app/budget"
)

// plain makes sheets of 40 questions with five options, a quarter of them content, brought by
// distributors of 50 each.
func plain(n int) []screening.Sheet {
	r := rand.New(rand.NewPCG(7, 8))
	sheets := random(r, n, 0, 5)
	for i := range sheets {
		sheets[i].Distributor = string(rune('a'+i/50/5000)) + string(rune(0x4e00+i/50%5000))
		content := r.IntN(4) == 0
		for range 40 {
			a := int8(min(4, int(r.ExpFloat64()*1.3)))
			if content && r.IntN(20) > 0 {
				a = 0
			}
			sheets[i].Answers = append(sheets[i].Answers, a)
		}
	}
	return sheets
}

// TestBudgetsCompare finds for each of 10,000 and of 100,000 sheets of 40 answers the one most
// like it, a quarter of them content, so that the slow path is taken often.
func TestBudgetsCompare(t *testing.T) {
	one := func(n int) (time.Duration, float64) {
		sheets := plain(n)
		runtime.GC()
		var before, now runtime.MemStats
		runtime.ReadMemStats(&before)
		peak, last := uint64(0), 0
		start := time.Now()
		_, err := screening.Compare(t.Context(), sheets, screening.Defaults(), func(done, total int64) {
			if percent := int(10 * done / total); percent > last {
				last = percent
				runtime.ReadMemStats(&now)
				peak = max(peak, now.HeapAlloc)
			}
		})
		took := time.Since(start)
		if err != nil {
			t.Fatal(err)
		}
		return took, float64(int64(peak)-int64(before.HeapAlloc)) / 1e6
	}
	took, _ := one(10_000)
	budget.Under(t, "percentmatch of 10,000 sheets of 40 answers", took.Seconds(), 2, "s")
	took, memory := one(100_000)
	budget.Note("percentmatch of 100,000 sheets of 40 answers, with progress", took.Round(10*time.Millisecond).String())
	budget.Under(t, "memory it takes over the sheets, 100,000", memory, 64, "MB")
}

// TestBudgetsScreen runs every check over 100,000 sheets.
func TestBudgetsScreen(t *testing.T) {
	in := screening.Input{Sheets: plain(100_000)}
	for q := range 40 {
		question := screening.Question{Name: string(rune('a' + q)), Options: 5, Scale: "grade", Ordered: true}
		if q >= 10 {
			question.Block = string(rune('A' + q/6))
		}
		in.Questions = append(in.Questions, question)
	}
	start := time.Now()
	if _, err := screening.Screen(t.Context(), in, screening.Defaults(), nil); err != nil {
		t.Fatal(err)
	}
	budget.Note("screening of 100,000 sheets of 40 answers, all checks", time.Since(start).Round(10*time.Millisecond).String())
}
