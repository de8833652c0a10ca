package analytics

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"shuixuan/analytics/estimate"
	"shuixuan/analytics/weighting"
	"shuixuan/app/survey"
)

// Warning codes of weights that are raked.
const (
	UnusedMargin = "unused-margin" // a margin that the responses don't allow
	NoMargin     = "no-margin"     // responses without an answer to a margin stay out of what is weighted
	Unraked      = "unraked"       // the weights don't come to the margins: no figure
	FewPeople    = "few-people"    // fewer people than responses: percent instead of people
	OffMargin    = "off-margin"    // trimmed weights miss the margins
)

// RakedCategory is a value of a margin: how many people there are of it, how many responses,
// and how many people these stand for under the weights.
type RakedCategory struct {
	Code    string  `json:"code"`
	Label   string  `json:"label"`
	People  float64 `json:"people"`
	Counted int64   `json:"counted"`
	Reached float64 `json:"reached"` // 0 where the margin isn't used
}

// RakedMargin is a known total of the population, and why it isn't used where that is so.
type RakedMargin struct {
	Variable   string          `json:"variable"`
	Label      string          `json:"label"`
	Source     string          `json:"source"`
	Used       bool            `json:"used"`
	Why        string          `json:"why,omitempty"`
	Categories []RakedCategory `json:"categories"`
}

// Raking is how the weights of a wave came to its margins.
type Raking struct {
	Method     string          `json:"method"` // in words, with the sources
	Hash       string          `json:"hash"`   // of the margins and the trimming as the wave holds them
	File       string          `json:"file"`
	Margins    []RakedMargin   `json:"margins"`
	Counted    int64           `json:"counted"` // responses that are weighted
	Left       int64           `json:"left"`    // responses without a value in a margin, in no weighted figure
	People     float64         `json:"people"`  // what the weights add up to
	Iterations int             `json:"iterations"`
	Converged  bool            `json:"converged"`
	Off        float64         `json:"off"` // by how much the weights miss a total at worst, part of it
	Least      float64         `json:"least"`
	Mean       float64         `json:"mean"` // people that a response stands for
	Most       float64         `json:"most"`
	Trimming   survey.Trimming `json:"trimming,omitzero"`
	Cut        int             `json:"cut"` // responses whose weight was cut
	// Deff is by how much unequal weights alone widen the variance (Kish 1965, section 11.7),
	// n Σw²/(Σw)², and EffectiveN the responses over it.
	Deff       float64 `json:"deff"`
	EffectiveN float64 `json:"effective_n"`
	Refused    string  `json:"refused,omitempty"` // why nothing is estimated
}

// Used tells whether the figures are raked to anything.
func (r *Raking) Used() bool {
	return r != nil && slices.ContainsFunc(r.Margins, func(m RakedMargin) bool { return m.Used })
}

// rakedTo are the weights of a raked wave, by stratum and values of the margins.
type rakedTo struct {
	used    []int // margins, by their place in the wave
	weights map[string]rakedWeight
}

// rakedWeight is what one response weighs: before, when it hits the margins, and trimmed.
// Categories are its values of the margins used.
type rakedWeight struct {
	base, raked, final float64
	categories         []int
}

// rakedGroup are the responses of a stratum that are alike in all margins; −1 is no value.
type rakedGroup struct {
	key, stratum string
	n            int64
	categories   []int
}

// marginCells gives the expression for the values of the margins of a response; text is
// empty where there are none, which costs the grouping nothing.
func marginCells(wave survey.Wave, values map[string]any) (text, by string) {
	if wave.Margins == nil {
		return "emptyArrayString()", ""
	}
	var list []string
	for i, m := range wave.Margins.List {
		switch m.Variable {
		case survey.MarginStratum:
			list = append(list, "toString(stratum)")
		case survey.MarginArea:
			list = append(list, "toString(area)")
		default:
			name := fmt.Sprintf("margin%d", i)
			values[name] = m.Variable
			list = append(list, "choices[@"+name+"][1]")
		}
	}
	return "[" + strings.Join(list, ", ") + "]", ", cells"
}

// marginCellsOf gives the same of a response at hand.
func marginCellsOf(wave survey.Wave, r survey.Response) []string {
	if wave.Margins == nil {
		return nil
	}
	list := make([]string, len(wave.Margins.List))
	for i, m := range wave.Margins.List {
		switch m.Variable {
		case survey.MarginStratum:
			list[i] = r.Stratum
		case survey.MarginArea:
			list[i] = r.Area
		default:
			if codes := r.Choices[m.Variable]; len(codes) > 0 {
				list[i] = codes[0]
			}
		}
	}
	return list
}

func rakeKey(stratum string, cells []string) string {
	return stratum + "\x00" + strings.Join(cells, "\x00")
}

// raker brings the weights of a wave to its margins.
type raker struct {
	wave        survey.Wave
	populations map[string]float64 // of the strata, where all of them are known
	groups      []rakedGroup
	out         *Raking
	warnings    []estimate.Warning

	used    []int
	kept    []rakedGroup
	base    []float64 // of one response of each group kept
	margins [][]int
	totals  [][]float64
}

// rake gives the weights; nil where no margin can be used, and the wave is then weighted as
// one without. populations are nil where the frame isn't whole.
func rake(wave survey.Wave, populations map[string]float64, rows []drawnRow, question string) (*Raking, *rakedTo, []estimate.Warning) {
	r := &raker{wave: wave, populations: populations, out: &Raking{Hash: wave.MarginsHash(), File: wave.Margins.File, Trimming: wave.Trimming}}
	r.gather(rows, question)
	for i, m := range wave.Margins.List {
		if why := r.unfit(i, m); why != "" {
			r.leave(i, why)
		} else {
			r.used = append(r.used, i)
			r.out.Margins[i].Used = true
		}
	}
	result, ok := r.fit()
	if len(r.used) == 0 {
		return r.out, nil, r.warnings
	}
	r.out.Method = r.method()
	if !ok {
		r.warnings = append(r.warnings, estimate.Warning{Code: Unraked, Text: r.out.Refused})
		return r.out, &rakedTo{used: r.used}, r.warnings
	}
	return r.out, r.settle(result), r.warnings
}

// gather adds up the responses that are alike, in the order of the rows.
func (r *raker) gather(rows []drawnRow, question string) {
	place := map[string]int{}
	for _, m := range r.wave.Margins.List {
		one := RakedMargin{Variable: m.Variable, Label: m.Label, Source: m.Source}
		for _, t := range m.Totals {
			one.Categories = append(one.Categories, RakedCategory{Code: t.Code, Label: t.Label, People: float64(t.People)})
		}
		r.out.Margins = append(r.out.Margins, one)
	}
	for _, row := range rows {
		if row.question != question {
			continue
		}
		key := rakeKey(row.stratum, row.cells)
		at, known := place[key]
		if !known {
			g := rakedGroup{key: key, stratum: row.stratum, categories: make([]int, len(r.out.Margins))}
			for m, one := range r.out.Margins {
				code := row.cells[m]
				g.categories[m] = slices.IndexFunc(one.Categories, func(c RakedCategory) bool { return c.Code == code })
			}
			at = len(r.groups)
			place[key], r.groups = at, append(r.groups, g)
		}
		r.groups[at].n += row.set.responses
	}
	for _, g := range r.groups {
		for m, k := range g.categories {
			if k >= 0 {
				r.out.Margins[m].Categories[k].Counted += g.n
			}
		}
	}
}

// unfit says why a margin can't be used whatever the others are.
func (r *raker) unfit(i int, m survey.Margin) string {
	if !slices.ContainsFunc(r.out.Margins[i].Categories, func(c RakedCategory) bool { return c.Counted > 0 }) {
		return "还没有一份答卷有这一项"
	}
	if m.People() <= 0 {
		return "合计是0"
	}
	return ""
}

// leave puts a margin aside, and says so.
func (r *raker) leave(margin int, why string) {
	m := &r.out.Margins[margin]
	m.Used, m.Why = false, why
	r.used = slices.DeleteFunc(r.used, func(i int) bool { return i == margin })
	r.warnings = append(r.warnings, estimate.Warning{Code: UnusedMargin, Text: fmt.Sprintf("“%s”没有用来加权：%s", m.Label, why)})
}

// fit rakes to the margins that can be used: one with a category that nobody answered, or
// that the population doesn't have, is left, and the others are tried again.
func (r *raker) fit() (weighting.Result, bool) {
	for len(r.used) > 0 {
		r.prepare()
		if len(r.kept) == 0 {
			r.out.Refused = "没有一份答卷把用来加权的各项都答了，不能加权，也就没有加权的数字"
			return weighting.Result{}, false
		}
		before := make([]float64, len(r.kept))
		for i, g := range r.kept {
			before[i] = float64(g.n) * r.base[i]
		}
		result, err := weighting.Rake(before, r.margins, r.totals, weighting.Options{})
		var empty *weighting.EmptyError
		var unknown *weighting.UnknownError
		switch {
		case errors.As(err, &empty):
			r.leave(r.used[empty.Margin], "总体里有"+r.labels(r.used[empty.Margin], empty.Categories)+"的人，答卷里一份也没有；请合并类别或补充调查")
			continue
		case errors.As(err, &unknown):
			r.leave(r.used[unknown.Margin], "总体里"+r.labels(r.used[unknown.Margin], unknown.Categories)+"是0人，答卷里却有；请核对总数")
			continue
		case err != nil:
			r.out.Refused = "不能加权：" + err.Error()
			return result, false
		}
		r.out.Iterations, r.out.Converged, r.out.Off = result.Iterations, result.Converged, result.Off
		if !result.Converged {
			r.out.Refused = fmt.Sprintf("调整了%d轮，加权后的人数仍和已知总体数差%s，没有收敛，不给出加权的数字；请合并人数很少的类别，或减少变量", result.Iterations, share(result.Off))
			return result, false
		}
		return result, true
	}
	return weighting.Result{}, false
}

// share prints a part in percent, however small it is.
func share(part float64) string {
	if part > 0 && part < 0.0005 {
		return "不到0.1%"
	}
	return estimate.Round(100*part, 1) + "%"
}

func (r *raker) labels(margin int, categories []int) string {
	var list []string
	for _, k := range categories {
		list = append(list, "“"+r.out.Margins[margin].Categories[k].Label+"”")
	}
	return strings.Join(list, "、")
}

// prepare takes the responses with a value in every margin used: the others are as if they
// had not come back, so the base weights are those of the responses kept. Totals that were
// rounded apart are brought to the first's sum.
func (r *raker) prepare() {
	r.kept, r.base, r.margins, r.totals = nil, nil, make([][]int, len(r.used)), nil
	r.out.Counted, r.out.Left = 0, 0
	of := map[string]int64{}
	for _, g := range r.groups {
		stands := r.populations == nil || r.populations[g.stratum] > 0
		if !stands {
			continue // told as no-stratum
		}
		if slices.ContainsFunc(r.used, func(m int) bool { return g.categories[m] < 0 }) {
			r.out.Left += g.n
			continue
		}
		r.kept, r.out.Counted = append(r.kept, g), r.out.Counted+g.n
		of[g.stratum] += g.n
	}
	for _, g := range r.kept {
		weight := 1.0
		if r.populations != nil {
			weight = r.populations[g.stratum] / float64(of[g.stratum])
		}
		r.base = append(r.base, weight)
		for k, m := range r.used {
			r.margins[k] = append(r.margins[k], g.categories[m])
		}
	}
	r.out.People = float64(r.wave.Margins.List[r.used[0]].People())
	for _, m := range r.used {
		list := make([]float64, 0, len(r.out.Margins[m].Categories))
		scale := r.out.People / float64(r.wave.Margins.List[m].People())
		for _, c := range r.out.Margins[m].Categories {
			list = append(list, c.People*scale)
		}
		r.totals = append(r.totals, list)
	}
}

// settle trims the weights where the wave says so, and tells what they have become.
func (r *raker) settle(result weighting.Result) *rakedTo {
	one, counts := make([]float64, len(r.kept)), make([]float64, len(r.kept))
	for i, g := range r.kept {
		counts[i] = float64(g.n)
		one[i] = result.Weights[i] / counts[i]
	}
	r.out.Mean = r.out.People / float64(r.out.Counted)
	final := one
	if t := r.wave.Trimming; t.Least > 0 || t.Most > 0 {
		upper := math.Inf(1)
		if t.Most > 0 {
			upper = t.Most * r.out.Mean
		}
		if slices.Min(one) < t.Least*r.out.Mean || slices.Max(one) > upper {
			trimmed, cut, err := weighting.Trim(one, counts, t.Least*r.out.Mean, upper)
			if err == nil { // bounds around the mean leave room
				final, r.out.Cut = trimmed, cut
			}
		}
	}
	to := &rakedTo{used: r.used, weights: map[string]rakedWeight{}}
	sum, squares := 0.0, 0.0
	for i, g := range r.kept {
		categories := make([]int, len(r.used))
		for k, m := range r.used {
			categories[k] = g.categories[m]
			r.out.Margins[m].Categories[g.categories[m]].Reached += counts[i] * final[i]
		}
		to.weights[g.key] = rakedWeight{base: r.base[i], raked: one[i], final: final[i], categories: categories}
		sum, squares = sum+counts[i]*final[i], squares+counts[i]*final[i]*final[i]
	}
	r.out.Least, r.out.Most = slices.Min(final), slices.Max(final)
	r.out.Deff = float64(r.out.Counted) * squares / (sum * sum)
	r.out.EffectiveN = float64(r.out.Counted) / r.out.Deff
	r.tell()
	return to
}

// tell gives the doubts about the weights.
func (r *raker) tell() {
	if r.out.Left > 0 {
		r.warnings = append(r.warnings, estimate.Warning{Code: NoMargin, Text: fmt.Sprintf("%d份答卷缺用来加权的项（没有回答，或答的是说不清），没有计入加权的数字", r.out.Left)})
	}
	if r.out.People < float64(r.out.Counted) {
		r.warnings = append(r.warnings, estimate.Warning{Code: FewPeople, Text: fmt.Sprintf("已知总体数合计只有%.0f人，比计入的答卷（%d份）还少，设计效应算不出；如果填的是百分比，请改填人数", r.out.People, r.out.Counted)})
	}
	if r.out.Cut == 0 {
		return
	}
	r.out.Off = 0
	for k, m := range r.used {
		for at, c := range r.out.Margins[m].Categories {
			if total := r.totals[k][at]; total > 0 {
				r.out.Off = max(r.out.Off, math.Abs(c.Reached-total)/total)
			}
		}
	}
	r.warnings = append(r.warnings, estimate.Warning{Code: OffMargin, Text: fmt.Sprintf("%d份答卷的权重收到上下限以内，加权后的人数因此和已知总体数最多差%s", r.out.Cut, share(r.out.Off))})
}

// method says what the figures are weighted to, by whose numbers.
func (r *raker) method() string {
	var list []string
	for _, m := range r.used {
		one := r.out.Margins[m]
		list = append(list, fmt.Sprintf("%s（来源：%s）", one.Label, strings.TrimSuffix(one.Source, "。")))
	}
	from := "每份答卷同样的基础权重"
	if r.populations != nil {
		from = "各人群总体人数除以答卷份数的基础权重"
	}
	how := "用反复比例拟合（raking）加权到已知总体数"
	if len(r.used) == 1 {
		how = "事后分层到已知总体数"
	}
	return fmt.Sprintf("从%s出发，%s：%s。抽样误差用线性化残差法（Deville、Särndal、Sautory 1993）", from, how, strings.Join(list, "，"))
}

// none is the figure of a wave whose weights don't come about.
func none(why string) Designed {
	return Designed{Estimate: estimate.Estimate{Warnings: []estimate.Warning{{Code: Unraked, Text: why}}}}
}
