// Package importance tells what overall satisfaction hangs on: how much of what people differ
// by in the overall answer goes with each item, beside how well the item does.
//
// It stands behind the quadrant page. The answers of a wave go in, row by row with their
// design; out come, for each item, its share of R², its performance, the quadrant it falls
// into and whether the sample is enough to say so.
//
// Importance is the Shapley share of R² (LMG: Lindeman, Merenda and Gold 1980; Grömping 2006,
// Journal of Statistical Software 17(1)): what an item adds to R², on average over all orders
// in which the items may enter. Coefficients would do as well if items were independent; items
// of one questionnaire never are, and a coefficient then says little. Shares are never
// negative and add up to 1. For the same reason an interval of a share never reaches 0, not
// even of an item that has nothing to do with the outcome: it tells how sure the share is, not
// whether there is one.
//
// # Why
//
// It is arithmetic on a matrix and knows no questionnaire, so it stands apart from the
// questions that fetch rows and from the page that draws; and apart from estimate, which
// gives figures that people can add up by hand.
package importance

import (
	"context"
	"fmt"
	"math"

	"shuixuan/analytics/estimate"
)

// The codes of the warnings that this package gives.
const (
	NoCause        = "no-cause"        // always: shares tell of answers that go together
	NonProbability = "non-probability" // the sample wasn't drawn by chance
	MissingRows    = "missing"         // rows without an answer to each of the questions
	FewRows        = "few-rows"        // too few rows, or too few by their weights, for so many items
	WeakModel      = "weak-model"      // the items explain little of the outcome
	PerfectModel   = "perfect-model"   // the items explain the outcome altogether
	Constant       = "constant"        // all answers to an item alike
	Dependent      = "dependent"       // an item follows from others
	Collinear      = "collinear"       // an item nearly follows from others
	Negative       = "negative"        // the better the item, the worse the outcome
	Suppressing    = "suppressing"     // an item says something only beside others
	Sampled        = "sampled"         // orders were sampled, and the error of it
	NoInterval     = "no-interval"     // no interval, and why
	NoPerformance  = "no-performance"  // nobody answered, or a figure that can't be
)

// Model is what R² is of.
type Model string

// The closed list.
const (
	Linear Model = "linear" // the answers as points
	Rank   Model = "rank"   // their ranks, weighted, ties in the middle: no points needed
)

// Measure is what performance is.
type Measure string

// The closed list.
const (
	Mean      Measure = "mean"      // the mean of the answers
	Satisfied Measure = "satisfied" // the share of answers from SatisfiedFrom up, in percent
)

// Settings of an analysis. Start from DefaultSettings.
type Settings struct {
	Model           Model
	Level           float64 // of the intervals
	Replicates      int     // of the bootstrap; 0: no intervals
	Seed            uint64
	ExactUpTo       int // items; with more, orders are sampled
	Orders          int // how many are sampled, each with its reverse; even
	Measure         Measure
	SatisfiedFrom   float64
	ImportanceLine  Line
	PerformanceLine Line
	RowsPerItem     float64 // fewer are told
	HighVIF         float64 // variance inflation from which items are called collinear
	LowR2           float64 // adjusted R² below which the model is called weak
	NonProbability  bool    // the sample wasn't drawn by chance
}

// DefaultSettings are those of the field: ten rows for each item (Harrell, Regression Modeling
// Strategies, section 4.4), variance inflation of 10 (Kutner et al., Applied Linear Statistical
// Models, section 10.5).
func DefaultSettings() Settings {
	return Settings{Model: Linear, Level: 0.95, Replicates: 1000, Seed: 1, ExactUpTo: 12, Orders: 2000, Measure: Mean,
		ImportanceLine: Line{Kind: LineMean}, PerformanceLine: Line{Kind: LineMean}, RowsPerItem: 10, HighVIF: 10, LowR2: 0.1}
}

// Item is one question whose importance is asked. NaN is no answer; more is better.
type Item struct {
	Name        string
	Values      []float64
	Performance *Performance // nil: computed, over all who answered the item
}

// Performance is how well an item does, in the unit of the measure.
type Performance struct {
	Value       float64 `json:"value"`
	Lower       float64 `json:"lower"`
	Upper       float64 `json:"upper"`
	HasInterval bool    `json:"has_interval"`
	Valid       bool    `json:"-"`
}

// Data are the answers, row by row, and how the rows were drawn.
type Data struct {
	Outcome []float64 // overall satisfaction; NaN is no answer
	Items   []Item
	Sample  estimate.Rows
	Domain  []bool // rows that are asked about; nil: all
}

// Driver is what is said of one item. Share is in percent of R².
type Driver struct {
	Name          string             `json:"name"`
	Share         float64            `json:"share"`
	Lower         float64            `json:"lower"`
	Upper         float64            `json:"upper"`
	HasInterval   bool               `json:"has_interval"`
	SamplingError float64            `json:"sampling_error"` // of sampled orders, one standard error in percent
	Correlation   float64            `json:"correlation"`    // with the outcome
	Coefficient   float64            `json:"coefficient"`    // standardised; 0 where the item follows from others
	VIF           float64            `json:"vif"`            // variance inflation; 0 where the item follows from others
	Performance   Performance        `json:"performance"`
	Quadrant      Quadrant           `json:"quadrant"`
	Uncertain     bool               `json:"uncertain"` // an interval crosses its line, or there is none
	Warnings      []estimate.Warning `json:"warnings,omitempty"`
}

// Result is what the outcome hangs on. Items are in the order they came in.
type Result struct {
	N               int                `json:"n"`           // rows with every answer
	EffectiveN      float64            `json:"effective_n"` // by their weights (Kish 1965, section 11.7)
	Missing         int                `json:"missing"`     // rows left out
	R2              float64            `json:"r2"`
	AdjustedR2      float64            `json:"adjusted_r2"`
	Model           Model              `json:"model"`
	Exact           bool               `json:"exact"`
	Replicates      int                `json:"replicates"` // those that counted
	ImportanceLine  float64            `json:"importance_line"`
	PerformanceLine float64            `json:"performance_line"`
	Items           []Driver           `json:"items"`
	Warnings        []estimate.Warning `json:"warnings,omitempty"`
}

// Refusal is why nothing can be said; Row is 1-based, 0 for all. Why is for people (Chinese).
type Refusal struct {
	Row int
	Why string
}

func (r *Refusal) Error() string {
	if r.Row > 0 {
		return fmt.Sprintf("第%d行：%s", r.Row, r.Why)
	}
	return r.Why
}

func refuse(format string, args ...any) error { return &Refusal{Why: fmt.Sprintf(format, args...)} }

func warning(code, format string, args ...any) estimate.Warning {
	return estimate.Warning{Code: code, Text: fmt.Sprintf(format, args...)}
}

// Analyse tells what the outcome hangs on. Rows without an answer to each question are left out
// of R² (and told), not of the performance of an item. The context ends a long run; progress,
// if any, hears how many replicates are done. The same data and settings give the same bytes.
func Analyse(ctx context.Context, d Data, s Settings, progress func(done, of int)) (*Result, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	design, err := estimate.NewDesign(d.Sample)
	if err != nil {
		return nil, err
	}
	a := newAnswers(d, s)
	r := &Result{N: len(a.rows), Missing: a.missing, Model: s.Model, Exact: len(a.active) <= s.ExactUpTo, Items: make([]Driver, len(d.Items))}
	if err := a.describe(r); err != nil {
		return nil, err
	}
	m := a.correlations(a.weights)
	if m == nil {
		return nil, refuse("所有人的总体评价都一样，看不出它取决于什么")
	}
	shares, spread := a.shares(m)
	if r.R2 = shares.r2; r.R2 < 1e-12 {
		return nil, refuse("各题和总体评价没有关联，分不出重要性")
	}
	a.point(r, m, shares, spread)
	draws, err := a.bootstrap(ctx, design, r, progress)
	if err != nil {
		return nil, err
	}
	a.intervals(r, draws)
	a.place(r)
	r.doubts(s)
	return r, nil
}

// check refuses settings that can't be.
func (s Settings) check() error {
	switch {
	case s.Model != Linear && s.Model != Rank:
		return refuse("没有“%s”这种模型", s.Model)
	case s.Measure != Mean && s.Measure != Satisfied:
		return refuse("没有“%s”这种表现指标", s.Measure)
	case s.Measure == Satisfied && !finite(s.SatisfiedFrom):
		return refuse("多少分起算满意，要是一个数")
	case !(s.Level > 0 && s.Level < 1):
		return refuse("置信水平要在0和1之间，如0.95")
	case s.Replicates < 0 || s.Replicates > 100_000:
		return refuse("自助抽样的次数要在0和100000之间")
	case s.ExactUpTo < 0 || s.ExactUpTo > mostExact:
		return refuse("精确计算最多%d题", mostExact)
	case s.Orders < 4 || s.Orders > 1_000_000 || s.Orders%2 != 0:
		return refuse("抽取的次序数要是4到1000000之间的偶数")
	case !finite(s.RowsPerItem) || !finite(s.HighVIF) || !finite(s.LowR2):
		return refuse("界限要是数字")
	}
	for _, line := range []Line{s.ImportanceLine, s.PerformanceLine} {
		if err := line.check(); err != nil {
			return err
		}
	}
	return nil
}

// check refuses data that can't be; designs are checked where they are made.
func (d Data) check() error {
	n := d.Sample.N
	switch {
	case n < 1:
		return refuse("没有一行数据")
	case len(d.Items) < 2:
		return refuse("至少要有两道题，才能比较重要性")
	case len(d.Items) > mostItems:
		return refuse("最多比较%d道题，现在有%d道", mostItems, len(d.Items))
	case len(d.Outcome) != n:
		return refuse("总体评价有%d个值，数据有%d行", len(d.Outcome), n)
	case d.Domain != nil && len(d.Domain) != n:
		return refuse("范围有%d个值，数据有%d行", len(d.Domain), n)
	}
	for i, w := range d.Sample.Weights {
		if w > 1e100 {
			return &Refusal{Row: i + 1, Why: "权重太大"}
		}
	}
	for _, item := range append([]Item{{Name: "总体评价", Values: d.Outcome}}, d.Items...) {
		if len(item.Values) != n {
			return refuse("“%s”有%d个值，数据有%d行", item.Name, len(item.Values), n)
		}
		for i, v := range item.Values {
			if math.Abs(v) > 1e100 { // also infinite; squares must stay numbers
				return &Refusal{Row: i + 1, Why: fmt.Sprintf("“%s”的数值太大", item.Name)}
			}
		}
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
