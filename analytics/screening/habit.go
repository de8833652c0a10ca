package screening

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// others are the shares of answers in a sheet's stratum without its own distributor, whose
// copies would otherwise pass for the habit of the place; of the wave where those are few. Half
// an answer is added to each option, so that none is impossible.
func (w *wave) others(cell int) []float64 {
	members := w.cells[cell]
	k := w.stratum[members[0]]
	counts := slices.Clone(w.counts[k])
	if w.sizes[k]-len(members) < w.likeFrom() {
		copy(counts, w.whole)
	}
	if len(w.in.Sheets)-len(members) >= w.likeFrom() {
		for _, i := range members {
			for q, a := range w.in.Sheets[i].Answers {
				if a >= 0 {
					counts[w.offset[q]+int(a)]--
				}
			}
		}
	}
	shares := make([]float64, len(counts))
	for q := range w.in.Questions {
		part := counts[w.offset[q]:w.offset[q+1]]
		sum := 0.5 * float64(len(part))
		for _, count := range part {
			sum += float64(count)
		}
		for c, count := range part {
			shares[w.offset[q]+c] = (float64(count) + 0.5) / sum
		}
	}
	return shares
}

// codes is the greatest number of codes that an answer can have.
const codes = 128

// habit fills p with the chance of each answer to each question for a person of this sheet's
// habits, in the layout of a table of counts: that of the others, tilted by how much oftener
// than they the person chooses that answer on questions of the same scale. One step of fitting
// a table to its two margins, person and question (Deming and Stephan 1940). The person's own
// share is drawn towards that of the others by one answer's weight.
func (w *wave) habit(p []float64, sheet Sheet, others []float64) {
	copy(p, others)
	type use struct {
		own, rest [codes]float64
		n         float64
	}
	uses := make([]use, w.scales)
	for q, a := range sheet.Answers {
		if w.scaleOf[q] < 0 || a < 0 {
			continue
		}
		u := &uses[w.scaleOf[q]]
		u.own[a]++
		u.n++
		for c, share := range others[w.offset[q]:w.offset[q+1]] {
			u.rest[c] += share
		}
	}
	for q := range w.in.Questions {
		if w.scaleOf[q] < 0 || uses[w.scaleOf[q]].n == 0 {
			continue
		}
		u, sum := &uses[w.scaleOf[q]], 0.0
		part := p[w.offset[q]:w.offset[q+1]]
		for c := range part {
			if u.rest[c] > 0 {
				part[c] *= (u.own[c] + u.rest[c]/u.n) / u.rest[c]
			}
			sum += part[c]
		}
		for c := range part {
			part[c] /= sum
		}
	}
}

// expected is how many answers the two would have in common by their habits alone; mine and
// theirs are room to work in.
func (w *wave) expected(i, j int, others, mine, theirs []float64) (sum float64) {
	x, y := w.in.Sheets[i], w.in.Sheets[j]
	w.habit(mine, x, others)
	w.habit(theirs, y, others)
	for q := range w.in.Questions {
		if x.Answers[q] < 0 || y.Answers[q] < 0 {
			continue
		}
		for at := w.offset[q]; at < w.offset[q+1]; at++ {
			sum += mine[at] * theirs[at]
		}
	}
	return sum
}

// chernoff bounds the chance that a sum of n unlike trials with this expectation reaches so
// many (Hoeffding 1963, Journal of the American Statistical Association 58, theorem 1). The
// bound is never below the truth of that model, which doubts rather than accuses.
func chernoff(reached, expected, n float64) float64 {
	if n <= 0 || reached <= expected {
		return 1
	}
	if expected <= 0 {
		return 0
	}
	share, mean := min(1, reached/n), min(1, expected/n)
	distance := share * math.Log(share/mean)
	if share < 1 {
		distance += (1 - share) * math.Log((1-share)/(1-mean))
	}
	return math.Exp(-n * distance)
}

// likeness asks of every sheet that shares much with another one whether their habits explain
// it: the chance of agreeing so far, times the partners tried. That is doubled, since two
// searches are made, in the wave and within the distributor.
func (w *wave) likeness(ctx context.Context, r *Report) error {
	mates := map[string]int{}
	for _, sheet := range w.in.Sheets {
		mates[sheet.Distributor]++
	}
	mine, theirs := make([]float64, len(w.whole)), make([]float64, len(w.whole))
	for cell, members := range w.cells {
		if err := ctx.Err(); err != nil {
			return err
		}
		var others []float64
		for _, i := range members {
			one, before, expected := &r.Sheets[i], -1, 0.0
			judge := func(l *Likeness, partners int) {
				if !w.alike(*l, w.s.LookShare.Value) {
					return
				}
				if others == nil {
					others = w.others(cell)
				}
				if l.Partner != before {
					before, expected = l.Partner, w.expected(i, l.Partner, others, mine, theirs)
				}
				l.Chance = min(1, 2*float64(partners)*chernoff(float64(l.Same), expected, float64(l.Of)))
			}
			judge(&one.Nearest, len(w.in.Sheets)-1)
			judge(&one.Within, mates[w.in.Sheets[i].Distributor]-1)
			one.Signals = append(one.Signals, w.nearSignal(one)...)
		}
	}
	return nil
}

// alike tells whether enough is answered and at least this share of it found on the other sheet.
func (w *wave) alike(l Likeness, share float64) bool {
	return l.Partner >= 0 && float64(l.Of) >= w.s.NearAnswers.Value && l.Share() >= share-1e-9
}

func (w *wave) nearSignal(one *SheetReport) []Signal {
	like, where := one.Nearest, "另一份问卷"
	if one.Within.Partner >= 0 && one.Within.Chance <= one.Nearest.Chance {
		like, where = one.Within, "同一发放人的另一份问卷"
	}
	if like.Partner < 0 {
		return nil
	}
	if number := w.in.Sheets[like.Partner].Number; number > 0 {
		where += fmt.Sprintf("（编号%d）", number)
	}
	found := fmt.Sprintf("%d个回答中有%d个与%s相同", like.Of, like.Same, where)
	switch {
	case like.Chance <= w.s.AloneChance.Value:
		return []Signal{{Near, Alone, found + "，按两人的答题习惯几乎不可能是巧合；也可能是同一份录了两次，请核对原件"}}
	case like.Chance <= w.s.NearChance.Value:
		return []Signal{{Near, Strong, found + "，按两人的答题习惯很少会是巧合"}}
	case like.Chance <= w.s.WeakChance.Value:
		return []Signal{{Near, Weak, found + "，按两人的答题习惯不大会是巧合"}}
	case w.alike(one.Nearest, w.s.NearShare.Value):
		return []Signal{{Near, Hint, found + "，但两人的答题习惯本来就相近（例如普遍满意），不作为依据"}}
	}
	return nil
}
