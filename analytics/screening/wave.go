package screening

import (
	"fmt"

	"shuixuan/analytics/estimate"
)

// The codes of the warnings about a whole screening.
const (
	FewQuestions    = "few-questions"    // near-identity proves little
	FewSheets       = "few-sheets"       // a stratum is compared with the whole wave
	FewDistributors = "few-distributors" // an intra-class correlation of few heads
)

// wave is an input with what several checks ask of it.
type wave struct {
	in       Input
	s        Settings
	stratum  []int   // of each sheet, numbered from 0
	cell     []int   // stratum and distributor together
	cells    [][]int // the sheets of each
	strata   int
	sizes    []int   // sheets of each stratum
	offset   []int   // where the codes of a question begin in a table of counts; one more at the end
	counts   [][]int // of each stratum, by question and code
	whole    []int   // of the wave
	scaleOf  []int   // of each question, −1 for none
	scales   int
	lines    lines
	times    map[group]clock
	warnings []estimate.Warning
}

func newWave(in Input, s Settings) *wave {
	w := &wave{in: in, s: s, stratum: make([]int, len(in.Sheets)), cell: make([]int, len(in.Sheets))}
	strata, cells := map[string]int{}, map[[2]string]int{}
	for i, sheet := range in.Sheets {
		k, known := strata[sheet.Stratum]
		if !known {
			k = len(strata)
			strata[sheet.Stratum] = k
			w.sizes = append(w.sizes, 0)
		}
		name := [2]string{sheet.Stratum, sheet.Distributor}
		c, known := cells[name]
		if !known {
			c = len(cells)
			cells[name] = c
			w.cells = append(w.cells, nil)
		}
		w.stratum[i], w.cell[i] = k, c
		w.cells[c] = append(w.cells[c], i)
		w.sizes[k]++
	}
	w.strata = len(strata)
	w.scaleOf, w.scales = scales(in.Questions)
	w.offset = make([]int, len(in.Questions)+1)
	for q, question := range in.Questions {
		width := max(1, question.Options)
		for _, sheet := range in.Sheets {
			width = max(width, int(sheet.Answers[q])+1)
		}
		w.offset[q+1] = w.offset[q] + width
	}
	w.whole = make([]int, w.offset[len(in.Questions)])
	w.counts = make([][]int, w.strata)
	for k := range w.counts {
		w.counts[k] = make([]int, len(w.whole))
	}
	for i, sheet := range in.Sheets {
		w.add(w.whole, sheet)
		w.add(w.counts[w.stratum[i]], sheet)
	}
	w.lines, w.times = w.newLines(), w.newClocks()
	w.warn()
	return w
}

func (w *wave) add(counts []int, sheet Sheet) {
	for q, a := range sheet.Answers {
		if a >= 0 {
			counts[w.offset[q]+int(a)]++
		}
	}
}

// likeFrom is how many sheets a group must have to be compared with; below it the whole wave
// stands in.
func (w *wave) likeFrom() int { return int(w.s.DistributorSheets.Value) }

func (w *wave) warn() {
	compared := float64(len(w.in.Questions))
	if least := w.s.NearAnswers.Value; compared < 2*least {
		w.warnings = append(w.warnings, estimate.Warning{Code: FewQuestions,
			Text: fmt.Sprintf("问卷只有%d题，不同的人答得几乎一样并不少见；雷同检查在20题以上才有把握", len(w.in.Questions))})
	}
	small := 0
	for _, size := range w.sizes {
		if size < w.likeFrom() {
			small++
		}
	}
	if small > 0 {
		w.warnings = append(w.warnings, estimate.Warning{Code: FewSheets,
			Text: fmt.Sprintf("有%d个组不足%d份，这些组与全部问卷比较", small, w.likeFrom())})
	}
}

// scales numbers the scales of the questions, −1 for a question without one.
func scales(questions []Question) (of []int, count int) {
	seen := map[string]int{}
	for _, question := range questions {
		name := question.scale()
		if _, known := seen[name]; name != "" && !known {
			seen[name] = len(seen)
		}
		at := -1
		if name != "" {
			at = seen[name]
		}
		of = append(of, at)
	}
	return of, len(seen)
}
