package importance

import (
	"math"
)

// noticeable is the part of R² from which an item's odd ways are worth a warning: below, its
// sign is chance.
const noticeable = 0.02

// describe tells what is known before anything is correlated, and refuses what can't be.
func (a *answers) describe(r *Result) error {
	n, p := len(a.rows), len(a.active)
	if n == 0 {
		return refuse("没有一行把总体评价和各题都答全了（%d行有缺）", a.missing)
	}
	if alike(a.columns[p]) {
		return refuse("所有人的总体评价都一样，看不出它取决于什么")
	}
	if p == 0 {
		return refuse("每道题的回答都各自相同，分不出重要性")
	}
	if n < p+2 {
		return refuse("答全的只有%d行，比较%d道题至少要%d行", n, p, p+2)
	}
	sum, squares, most := 0.0, 0.0, 0.0
	for _, w := range a.weights {
		most = max(most, w)
	}
	for _, w := range a.weights {
		sum, squares = sum+w/most, squares+w/most*w/most
	}
	r.EffectiveN = sum * sum / squares
	if a.missing > 0 {
		r.Warnings = append(r.Warnings, warning(MissingRows, "有%d行没有答全，没有计入重要性", a.missing))
	}
	if need := a.settings.RowsPerItem * float64(p); r.EffectiveN < need {
		r.Warnings = append(r.Warnings, warning(FewRows, "答全的有%d行（按权重相当于%.0f行），%d道题宜有%.0f行以上，重要性很不稳定", n, r.EffectiveN, p, math.Ceil(need)))
	}
	return nil
}

// point fills in the shares of the sample itself and what is odd about an item.
func (a *answers) point(r *Result, m *square, shares parts, spread []float64) {
	n, p := float64(r.N), float64(rank(*m))
	r.AdjustedR2 = 1 - (1-r.R2)*(n-1)/(n-1-p)
	performance := a.performance(a.all)
	for k, item := range a.data.Items {
		d := &r.Items[k]
		d.Name = item.Name
		d.Performance = Performance{Value: performance[k], Valid: finite(performance[k])}
		if item.Performance != nil {
			d.Performance = *item.Performance
			d.Performance.Valid = finite(d.Performance.Value)
			d.Performance.HasInterval = d.Performance.HasInterval && d.Performance.Lower <= d.Performance.Upper && finite(d.Performance.Lower) && finite(d.Performance.Upper)
		}
		if !d.Performance.Valid {
			d.Performance = Performance{}
			d.warn(NoPerformance, "“%s”没有可用的表现数字", item.Name)
		}
	}
	worst := 0.0
	for c, k := range a.active {
		d := &r.Items[k]
		d.Share = 100 * shares.of[c] / shares.r2
		if spread != nil {
			d.SamplingError = 100 * spread[c] / shares.r2
			worst = max(worst, d.SamplingError)
		}
		a.oddities(d, *m, c, shares.r2)
	}
	for k := range r.Items {
		if d := &r.Items[k]; !a.isActive(k) {
			d.warn(Constant, "“%s”的回答都一样，看不出它是否重要", d.Name)
		}
	}
	if spread != nil {
		r.Warnings = append(r.Warnings, warning(Sampled, "题目多于%d道，重要性由随机抽取的%d种次序算出，标准误差最多%.2f个百分点", a.settings.ExactUpTo, a.settings.Orders, worst))
	}
}

func (a *answers) isActive(item int) bool {
	for _, k := range a.active {
		if k == item {
			return true
		}
	}
	return false
}

// oddities tells of an item that follows from others, goes against the outcome, or says
// something only beside others.
func (a *answers) oddities(d *Driver, m square, column int, r2 float64) {
	d.Correlation = m.at(column, m.size-1)
	own, with, _ := beside(m, column)
	if own < 1e-8 { // R's lm stops there too, at 1e-7 on the scale of lengths, but for rounding
		d.warn(Dependent, "“%s”可由其他题推出，它们的重要性只能平分，不能单独解释", d.Name)
		return
	}
	d.VIF, d.Coefficient = 1/own, with/own
	if d.VIF >= a.settings.HighVIF {
		d.warn(Collinear, "“%s”和其他题几乎重合（方差膨胀%.1f），重要性在它们之间分得不稳", d.Name, d.VIF)
	}
	square := d.Correlation * d.Correlation
	switch {
	case d.Correlation < 0 && square > noticeable*r2:
		d.warn(Negative, "“%s”评价越高，总体评价反而越低；请核对选项的方向", d.Name)
	case with*with/own > square+noticeable*r2 || d.Coefficient*d.Correlation < 0 && with*with/own > noticeable*r2:
		d.warn(Suppressing, "“%s”单独看和总体评价关系不大，和其他题放在一起才显出作用（抑制变量），重要性不宜照字面理解", d.Name)
	}
}

func (d *Driver) warn(code, format string, args ...any) {
	d.Warnings = append(d.Warnings, warning(code, format, args...))
}

// doubts tells what goes for the whole result.
func (r *Result) doubts(s Settings) {
	warn := func(code, format string, args ...any) {
		r.Warnings = append(r.Warnings, warning(code, format, args...))
	}
	switch {
	case r.R2 > 1-1e-9:
		warn(PerfectModel, "各题完全决定了总体评价；请核对总体评价是不是由各题算出来的")
	case r.AdjustedR2 < s.LowR2:
		warn(WeakModel, "各题合起来只解释了总体评价差异的%.1f%%（修正后%.1f%%），重要性只作参考", 100*r.R2, 100*max(0, r.AdjustedR2))
	}
	if s.NonProbability {
		warn(NonProbability, "非概率样本，区间仅供参考")
	}
	warn(NoCause, "重要性说的是哪些回答和总体评价一同变化，不能证明改进某一项就会提高总体评价")
}
