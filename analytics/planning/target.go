package planning

import (
	"fmt"
	"math"
	"slices"

	"shuixuan/analytics/estimate"
)

// Verdict is what a sample says about a target.
type Verdict string

// The closed list.
const (
	Met       Verdict = "met"       // the whole interval is at the target or above
	Unsettled Verdict = "unsettled" // the target is inside the interval
	Missed    Verdict = "missed"    // the whole interval is below the target
	Unknown   Verdict = "unknown"   // there is no figure, or no interval
)

// Text is the verdict as it is printed.
func (v Verdict) Text() string {
	return map[Verdict]string{Met: "达到", Unsettled: "本次样本还不能判定", Missed: "未达到", Unknown: "无法判定"}[v]
}

// Unit is what a figure is counted in.
type Unit string

// The closed list.
const (
	Percent Unit = "%"
	Points  Unit = "分"
)

// Target is what a figure should reach, and how it is spoken of. Value is in percent or in
// points, as printed (80).
type Target struct {
	Name           string // of the figure: 满意率
	Value          float64
	Unit           Unit
	Population     int64 // people who could be asked; 0: not known
	NonProbability bool  // the sample wasn't drawn by chance
	Decimals       int   // of what is printed; more where a bound would look like the target
}

// Judgement is a figure held against a target. Value, Lower, Upper are in the target's unit;
// the bounds are 0 where HasInterval is false.
type Judgement struct {
	Verdict     Verdict            `json:"verdict"`
	Value       float64            `json:"value"`
	Lower       float64            `json:"lower"`
	Upper       float64            `json:"upper"`
	HasInterval bool               `json:"has_interval"`
	Target      float64            `json:"target"`
	Unit        Unit               `json:"unit"`
	Level       float64            `json:"level"`
	Sheets      int64              `json:"sheets"` // answers that the figure rests on
	Settling    Settling           `json:"settling"`
	Sentence    string             `json:"sentence"`
	Caveats     []estimate.Warning `json:"caveats,omitempty"`
}

// Settling is what would settle an unsettled target, if the figure stays as it is. Possible is
// false where no number of sheets does, or none can be told; Why says so.
type Settling struct {
	Possible bool    `json:"possible"`
	More     int64   `json:"more"`  // sheets besides those there are
	Total    int64   `json:"total"` // with them
	As       Verdict `json:"as"`    // what it would be settled as
	Safe     int64   `json:"safe"`  // sheets in all with which four samples in five would settle it; 0: not known
	Why      string  `json:"why,omitempty"`
}

// maxSheets is the most sheets that are told as a way to settle something. A figure that needs
// more is at the target for all practical purposes.
const maxSheets = 10_000_000

// fewToProject is the number of answers below which an index isn't projected: its interval may
// be cut at both ends of the scale, and then doesn't tell the spread.
const fewToProject = 30

// JudgeFigure holds a figure of a designed sample against a target, by the interval of the
// method at the level. A share (0 to 1) is compared in percent, anything else in points.
func JudgeFigure(f estimate.Figure, method estimate.IntervalMethod, level float64, t Target) (Judgement, error) {
	if err := t.check(); err != nil {
		return Judgement{}, err
	}
	lower, upper, ok, err := f.Interval(method, level)
	if err != nil {
		return Judgement{}, fmt.Errorf("judge a figure: %w", err)
	}
	j := t.judge(f, level, lower, upper, ok)
	if j.Verdict == Unsettled {
		j.Settling = t.settling(f, method, level)
	}
	t.speak(&j)
	return j, nil
}

// JudgeEstimate holds a share or an index against a target. deff and df tell of the design it
// comes from: with a design effect above 1, or fewer degrees of freedom than n − 1, its interval
// is made anew; both 0 is the simple sample that the estimate takes it for. A full count has no
// interval and is compared as it is.
func JudgeEstimate(e estimate.Estimate, deff float64, df int, t Target) (Judgement, error) {
	if err := t.check(); err != nil {
		return Judgement{}, err
	}
	var faults Faults
	if !(deff >= 0) || math.IsInf(deff, 1) {
		faults.add("deff", "设计效应要是大于0的数")
	}
	if df < 0 {
		faults.add("df", "自由度不能小于0")
	}
	if faults != nil {
		return Judgement{}, faults
	}
	if e.Valid && e.Method == estimate.MethodCount {
		return t.counted(e), nil
	}
	f, method, ok := e.Figure(deff, df)
	if !ok {
		j := Judgement{Verdict: Unknown, Target: t.Value, Unit: t.Unit, Level: e.Level, Sheets: e.Base, Caveats: slices.Clone(e.Warnings)}
		if e.Valid {
			j.Value = e.Value
		}
		t.speak(&j)
		return j, nil
	}
	lower, upper, ok, err := f.Interval(method, e.Level)
	if err != nil {
		return Judgement{}, fmt.Errorf("judge an estimate: %w", err)
	}
	if deff == 0 && df == 0 { // as printed, cut at the ends of the scale
		scale := t.scale()
		lower, upper = e.Lower/scale, e.Upper/scale
	}
	j := t.judge(f, e.Level, lower, upper, ok)
	switch {
	case j.Verdict != Unsettled:
	case method == estimate.IntervalT && e.Base < fewToProject:
		j.Settling.Why = fmt.Sprintf("只有%d份回答，还看不出要多少份才能判定", e.Base)
	default:
		j.Settling = t.settling(f, method, e.Level)
	}
	t.speak(&j)
	return j, nil
}

func (t Target) check() error {
	var faults Faults
	switch {
	case t.Unit != Percent && t.Unit != Points:
		faults.add("Unit", "目标的单位要是“%%”或“分”")
	case math.IsNaN(t.Value) || math.IsInf(t.Value, 0):
		faults.add("Value", "目标要是一个数")
	case t.Unit == Percent && (t.Value < 0 || t.Value > 100):
		faults.add("Value", "目标是%s%%，要在0%%和100%%之间", estimate.Round(t.Value, 2))
	}
	if t.Population < 0 {
		faults.add("Population", "总体人数不能小于0")
	}
	if t.Decimals < 0 || t.Decimals > 6 {
		faults.add("Decimals", "小数位数要在0和6之间")
	}
	if faults != nil {
		return faults
	}
	return nil
}

// scale turns the units of a figure into those of the target.
func (t Target) scale() float64 {
	if t.Unit == Percent {
		return 100
	}
	return 1
}

func (t Target) verdict(lower, upper float64) Verdict {
	switch {
	case lower >= t.Value:
		return Met
	case upper < t.Value:
		return Missed
	}
	return Unsettled
}

// judge compares bounds in the units of the figure.
func (t Target) judge(f estimate.Figure, level, lower, upper float64, ok bool) Judgement {
	j := Judgement{Verdict: Unknown, Target: t.Value, Unit: t.Unit, Level: level, Sheets: int64(f.N), Caveats: slices.Clone(f.Warnings)}
	if !f.Valid {
		return j
	}
	j.Value = f.Value * t.scale()
	if !ok || !(lower <= upper) || math.IsInf(lower, 0) || math.IsInf(upper, 0) {
		return j
	}
	j.Lower, j.Upper, j.HasInterval = lower*t.scale(), upper*t.scale(), true
	j.Verdict = t.verdict(j.Lower, j.Upper)
	if !f.HasSE {
		j.Caveats = append(j.Caveats, warning(DeffUnknown, "所有回答相同，区间按简单随机样本计算，没有计入设计效应"))
	}
	return j
}

// counted compares a full count.
func (t Target) counted(e estimate.Estimate) Judgement {
	j := Judgement{Verdict: Missed, Value: e.Value, Target: t.Value, Unit: t.Unit, Sheets: e.Base, Caveats: slices.Clone(e.Warnings)}
	if e.Value >= t.Value {
		j.Verdict = Met
	}
	relation := "低于"
	if j.Verdict == Met {
		relation = "不低于"
	}
	j.Sentence = fmt.Sprintf("%s：%s为%s（全数统计，共%d，没有抽样误差），%s目标%s。", j.Verdict.Text(), t.name(), t.print(e.Value), e.Base, relation, t.aim())
	return j
}

// fourInFive is the standard normal quantile of 0.8.
const fourInFive = 0.8416212335729143

// settling finds the smallest n whose interval leaves the target out, with the value as it is,
// and the n at which it still does with a value nearer to the target by as much as four samples
// in five stay within.
func (t Target) settling(f estimate.Figure, method estimate.IntervalMethod, level float64) Settling {
	side := math.Copysign(1, t.Value-f.Value*t.scale()) // where the target lies
	if math.Abs(f.Value*t.scale()-t.Value) <= 1e-12*math.Max(1, math.Abs(t.Value)) {
		return Settling{Why: fmt.Sprintf("样本中的%s恰好等于目标，只要它不变，再多的份数也不能判定", t.name())}
	}
	at := func(n int, nearer float64) Verdict {
		g := f.Projected(n)
		if nearer > 0 {
			was := g.Value
			g.Value += side * nearer * g.SE
			if t.Unit == Percent {
				g.SE *= math.Sqrt(g.Value * (1 - g.Value) / (was * (1 - was)))
			}
			if side*(g.Value*t.scale()-t.Value) >= 0 {
				return Unsettled
			}
		}
		lower, upper, ok, err := g.Interval(method, level)
		if err != nil || !ok {
			return Unknown
		}
		return t.verdict(lower*t.scale(), upper*t.scale())
	}
	n, found := smallest(f.N, func(n int) bool { return at(n, 0) != Unsettled })
	switch {
	case !found:
		return Settling{Why: fmt.Sprintf("样本中的%s和目标太接近，要超过%d万份才能判定", t.name(), maxSheets/10_000)}
	case at(n, 0) == Unknown:
		return Settling{Why: "区间无法推算"}
	case t.Population > 0 && int64(n) > t.Population:
		return Settling{Why: fmt.Sprintf("按抽样要%d份，总体只有%d人，只有全部调查才能判定", n, t.Population)}
	}
	s := Settling{Possible: true, More: int64(n - f.N), Total: int64(n), As: at(n, 0)}
	if f.HasSE {
		if safe, found := smallest(n, func(n int) bool { return at(n, fourInFive) == s.As }); found && (t.Population == 0 || int64(safe) <= t.Population) {
			s.Safe = int64(safe)
		}
	}
	return s
}

// smallest finds the first n above low at which it holds, by bisection: intervals narrow with n.
// found is false beyond maxSheets.
func smallest(low int, holds func(n int) bool) (n int, found bool) {
	high := 2 * low
	for !holds(high) {
		if high > maxSheets {
			return 0, false
		}
		low, high = high, 2*high
	}
	for high-low > 1 {
		if mid := low + (high-low)/2; holds(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high, high <= maxSheets
}
