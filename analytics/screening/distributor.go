package screening

import (
	"cmp"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"shuixuan/analytics/estimate"
)

// DistributorReport is what there is to say about the sheets of one distributor.
type DistributorReport struct {
	Name      string   `json:"name"`
	Sheets    int      `json:"sheets"`
	Signals   []Signal `json:"signals,omitempty"`
	Points    int      `json:"points"`
	Grade     Grade    `json:"grade"`
	Excess    Excess   `json:"excess"`
	Copies    Part     `json:"copies"`        // sheets that habits don't explain as like another of the same distributor
	Fast      Part     `json:"fast"`          // of the sheets with a time
	Open      Part     `json:"missing"`       // sheets with too many questions left open
	Burst     Part     `json:"burst"`         // of the sheets
	Day       string   `json:"day,omitempty"` // that most of the sheets carry
	DaySheets int      `json:"day_sheets"`
	Numbers   Test     `json:"numbers"`  // last digits of the paper numbers, against an even spread
	Digits    Test     `json:"digits"`   // last digits of answered numbers, against those of all others
	Sequence  Test     `json:"sequence"` // runs above and below the median along the paper numbers
}

// Excess is how many sheets of a distributor are nearly identical with another of the same
// distributor and stratum, and how many of these same sheets would be if their neighbours were
// as many sheets of other distributors: for a sheet that is nearly identical with a part p of
// the others, 1 − (1−p)^(m−1) of a pile of m. So a contented sheet, which finds its like
// everywhere, is expected to find it here too; a copy finds its like only here.
type Excess struct {
	Observed int     `json:"observed"`
	Expected float64 `json:"expected"`
	Of       int     `json:"of"` // sheets with enough answers to be compared
	P        float64 `json:"p"`  // Chernoff's bound, corrected after Holm
	// Basis is whom the expectation comes from, for people; empty where nobody could be found.
	Basis string `json:"basis"`
}

// Part is a count within a distributor's sheets, beside the share among all others.
type Part struct {
	Count int     `json:"count"`
	Of    int     `json:"of"`
	Rest  float64 `json:"rest"` // share among the other distributors, 0 to 1
	P     float64 `json:"p"`    // of so many or more at their share, corrected after Holm; 1 where not tested
}

// Test is a test of a pattern. Valid is false where there was too little to test.
type Test struct {
	Statistic float64 `json:"statistic"`
	N         int     `json:"n"`
	P         float64 `json:"p"` // corrected after Holm
	Valid     bool    `json:"valid"`
}

// distributors judges each distributor with enough sheets, and adds Batch to the sheets of
// those who have too many that are nearly identical.
func (w *wave) distributors(r *Report, compared []Comparison) {
	members := map[string][]int{}
	for i, sheet := range w.in.Sheets {
		if sheet.Distributor != "" {
			members[sheet.Distributor] = append(members[sheet.Distributor], i)
		}
	}
	excess := w.excesses(compared)
	for name, list := range members {
		d := DistributorReport{Name: name, Sheets: len(list), Excess: excess[name]}
		d.Day, d.DaySheets = w.busiest(list)
		d.Numbers, d.Sequence = w.numbers(list), w.sequence(list)
		r.Distributors = append(r.Distributors, d)
	}
	slices.SortFunc(r.Distributors, func(a, b DistributorReport) int { return cmp.Compare(a.Name, b.Name) })
	w.parts(r, members)
	w.digits(r, members)
	w.correct(r)
	for k := range r.Distributors {
		d := &r.Distributors[k]
		if float64(d.Sheets) >= w.s.DistributorSheets.Value {
			d.Signals = w.judge(d)
		}
		d.Points, d.Grade = grade(d.Signals, w.s)
		if slices.ContainsFunc(d.Signals, func(s Signal) bool { return s.Code == Near }) {
			w.batch(r, members[d.Name])
		}
	}
}

// batch strengthens what speaks against the copies of a distributor, and nothing else of theirs.
func (w *wave) batch(r *Report, members []int) {
	for _, i := range members {
		if one := &r.Sheets[i]; one.Within.Chance <= w.s.WeakChance.Value {
			one.Signals = append(one.Signals, Signal{Batch, Strong, "所属发放人的问卷彼此雷同的份数明显偏多"})
		}
	}
}

// excesses adds up the expectation sheet by sheet, cell by cell. The part p of a sheet is
// drawn towards that of its stratum by one sheet's weight, so that nobody's is naught.
func (w *wave) excesses(compared []Comparison) map[string]Excess {
	type likes struct{ near, pairs float64 }
	average, wave := make([]likes, w.strata), likes{}
	for i, c := range compared {
		others := float64(w.sizes[w.stratum[i]] - len(w.cells[w.cell[i]]))
		average[w.stratum[i]].near += float64(c.NearStratum - c.NearCell)
		average[w.stratum[i]].pairs += others
		wave.near, wave.pairs = wave.near+float64(c.NearStratum-c.NearCell), wave.pairs+others
	}
	result := map[string]Excess{}
	for _, list := range w.cells {
		first := w.in.Sheets[list[0]]
		k := w.stratum[list[0]]
		others := float64(w.sizes[k] - len(list))
		e := result[first.Distributor]
		if others < w.s.DistributorSheets.Value {
			result[first.Distributor] = e // nobody to be held against
			continue
		}
		e.Basis = "同组其他发放人的问卷"
		mean := average[k].near / average[k].pairs
		for _, i := range list {
			if w.answered(i) < w.s.NearAnswers.Value {
				continue
			}
			e.Of++
			p := (float64(compared[i].NearStratum-compared[i].NearCell) + mean) / (others + 1)
			e.Expected += 1 - power(1-p, len(list)-1)
			if compared[i].NearCell > 0 {
				e.Observed++
			}
		}
		result[first.Distributor] = e
	}
	for name, e := range result {
		e.P = 1
		if e.Of > 0 {
			e.P = chernoff(float64(e.Observed), max(e.Expected, 1/(wave.pairs+1)), float64(e.Of))
		}
		result[name] = e
	}
	return result
}

func power(base float64, exponent int) float64 {
	result := 1.0
	for ; exponent > 0; exponent >>= 1 {
		if exponent&1 == 1 {
			result *= base
		}
		base *= base
	}
	return result
}

func (w *wave) answered(i int) float64 {
	n := 0.0
	for _, a := range w.in.Sheets[i].Answers {
		if a >= 0 {
			n++
		}
	}
	return n
}

// parts counts the sheets with a signal, against the share among the others.
func (w *wave) parts(r *Report, members map[string][]int) {
	has := func(code Code) func(int) bool {
		return func(i int) bool {
			return slices.ContainsFunc(r.Sheets[i].Signals, func(s Signal) bool { return s.Code == code })
		}
	}
	timed := func(i int) bool { _, ok := w.clock(i); return ok && w.in.Sheets[i].Seconds > 0 }
	compared := func(i int) bool { return w.answered(i) >= w.s.NearAnswers.Value }
	copied := func(i int) bool { return r.Sheets[i].Within.Chance <= w.s.NearChance.Value }
	every := func(int) bool { return true }
	w.part(r, members, compared, copied, func(d *DistributorReport) *Part { return &d.Copies })
	w.part(r, members, timed, has(Fast), func(d *DistributorReport) *Part { return &d.Fast })
	w.part(r, members, every, has(Open), func(d *DistributorReport) *Part { return &d.Open })
	w.part(r, members, every, has(Burst), func(d *DistributorReport) *Part { return &d.Burst })
}

// part counts one kind. The share of the others is drawn up by one sheet's weight, so that it
// is never naught.
func (w *wave) part(r *Report, members map[string][]int, in, has func(int) bool, of func(*DistributorReport) *Part) {
	count, all := 0, 0
	for k := range r.Distributors {
		p := of(&r.Distributors[k])
		for _, i := range members[r.Distributors[k].Name] {
			if in(i) {
				p.Of++
				if has(i) {
					p.Count++
				}
			}
		}
		count, all = count+p.Count, all+p.Of
	}
	for k := range r.Distributors {
		p := of(&r.Distributors[k])
		p.P = 1
		if rest := all - p.Of; rest > 0 && p.Of > 0 {
			p.Rest = float64(count-p.Count) / float64(rest)
			p.P = atLeast(p.Count, p.Of, (float64(count-p.Count)+1)/(float64(rest)+1))
		}
	}
}

// atLeast is the chance of so many or more of n at a share.
func atLeast(count, n int, share float64) float64 {
	if count == 0 || share >= 1 {
		return 1
	}
	return distuv.Binomial{N: float64(n), P: share}.Survival(float64(count) - 1)
}

// correct applies Holm to each test, over the distributors it was made for.
func (w *wave) correct(r *Report) {
	for _, p := range []func(*DistributorReport) *float64{
		func(d *DistributorReport) *float64 { return &d.Excess.P },
		func(d *DistributorReport) *float64 { return &d.Copies.P },
		func(d *DistributorReport) *float64 { return &d.Fast.P },
		func(d *DistributorReport) *float64 { return &d.Open.P },
		func(d *DistributorReport) *float64 { return &d.Burst.P },
		func(d *DistributorReport) *float64 { return &d.Numbers.P },
		func(d *DistributorReport) *float64 { return &d.Digits.P },
		func(d *DistributorReport) *float64 { return &d.Sequence.P },
	} {
		list := make([]float64, len(r.Distributors))
		for k := range r.Distributors {
			list[k] = *p(&r.Distributors[k])
		}
		for k, corrected := range estimate.Holm(list) {
			*p(&r.Distributors[k]) = corrected
		}
	}
}

// judge turns what was found about a distributor into signals.
func (w *wave) judge(d *DistributorReport) []Signal {
	var list []Signal
	limit := w.s.DistributorP.Value
	enough := func(beyond float64) bool {
		return beyond >= w.s.ExcessSheets.Value && beyond >= w.s.ExcessShare.Value*float64(d.Sheets)
	}
	if d.Excess.P <= limit && enough(float64(d.Excess.Observed)-d.Excess.Expected) {
		list = append(list, Signal{Near, Alone, fmt.Sprintf("%d份中有%d份与自己发放的另一份几乎相同，按%s推算应有约%.1f份",
			d.Excess.Of, d.Excess.Observed, d.Excess.Basis, d.Excess.Expected)})
	}
	if d.Copies.P <= limit && enough(float64(d.Copies.Count)-d.Copies.Rest*float64(d.Copies.Of)) {
		list = append(list, Signal{Near, Alone, fmt.Sprintf("%d份中有%d份与自己发放的另一份相同之处很多，答题习惯解释不了；其他发放人占%s",
			d.Copies.Of, d.Copies.Count, percent(d.Copies.Rest))})
	}
	for _, part := range []struct {
		code Code
		Part
		what string
	}{{Fast, d.Fast, "用时过短"}, {Open, d.Open, "漏答过多"}, {Burst, d.Burst, "集中收到"}} {
		if part.P <= limit {
			list = append(list, Signal{part.code, Weak, fmt.Sprintf("%s的问卷有%d份，占%s，其他发放人是%s", part.what,
				part.Count, percent(float64(part.Count)/float64(part.Of)), percent(part.Rest))})
		}
	}
	for _, test := range []struct {
		code Code
		Test
		reason string
	}{
		{Numbers, d.Numbers, "收回问卷编号的尾数分布不均，可能有整段未收回"},
		{Digits, d.Digits, "填写数字的尾数分布与其他发放人的明显不同"},
		{Sequence, d.Sequence, "按编号排列，回答的高低成段或交替出现，也可能是按街巷依次发放"},
	} {
		if test.Valid && test.P <= limit {
			list = append(list, Signal{test.code, Weak, test.reason})
		}
	}
	return list
}
