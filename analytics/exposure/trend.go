package exposure

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"shuixuan/analytics/estimate"
)

// Seen are the people who saw so many channels.
type Seen struct {
	Channels float64 // or another score, as 4 for "four and more"
	Aware    int64
	Base     int64
}

// Step is the share of those who know, in percent.
type Step struct {
	Channels float64           `json:"channels"`
	Aware    estimate.Estimate `json:"aware"`
}

// Trend is whether the share rises with the number of channels. Slope is in points of percent
// for one channel more. Valid is false where there is nothing to test.
type Trend struct {
	Steps     []Step             `json:"steps"` // by channels
	Slope     float64            `json:"slope"`
	Lower     float64            `json:"lower"`
	Upper     float64            `json:"upper"`
	ChiSquare float64            `json:"chi_square"` // one degree of freedom
	P         float64            `json:"p"`
	Departure float64            `json:"departure"` // p of what the straight line leaves; 1 with two groups
	Valid     bool               `json:"valid"`
	Sentence  string             `json:"sentence"`
	Warnings  []estimate.Warning `json:"warnings"`
}

// fewest is how many aware and how many unaware a group should have by the overall share, for
// the test to hold (Cochran 1954, Biometrics 10).
const fewest = 5

// ByChannels tests whether awareness goes up with channels seen (Cochran 1954; Armitage 1955,
// Biometrics 11):
//
//	χ² = [Σn(s−s̄)(p−p̄)]² / (p̄(1−p̄)·Σn(s−s̄)²)
//
// The slope Σn(s−s̄)(p−p̄)/Σn(s−s̄)² has its error from the shares of the groups. A design
// effect divides χ² and widens intervals (Rao and Scott 1981, first order).
func ByChannels(groups []Seen, s Settings) (Trend, error) {
	if err := s.check(); err != nil {
		return Trend{}, err
	}
	groups = slices.Clone(groups)
	slices.SortFunc(groups, func(a, b Seen) int { return cmp.Compare(a.Channels, b.Channels) })
	for i, g := range groups {
		switch {
		case math.IsNaN(g.Channels) || math.Abs(g.Channels) > 1e6:
			return Trend{}, refuse("看到的渠道数要是一个数")
		case i > 0 && groups[i-1].Channels == g.Channels:
			return Trend{}, refuse("看到%v个渠道的人出现了两次，请先合并", g.Channels)
		case g.Base < 0 || g.Aware < 0 || g.Aware > g.Base:
			return Trend{}, refuse("看到%v个渠道的人计数有误：%d/%d", g.Channels, g.Aware, g.Base)
		}
	}
	var t Trend
	for _, g := range groups {
		t.Steps = append(t.Steps, Step{g.Channels, s.share(g.Aware, g.Base)})
	}
	groups = slices.DeleteFunc(groups, func(g Seen) bool { return g.Base == 0 })
	if why := untestable(groups); why != "" {
		t.Sentence = "无法检验：" + why + "。"
		t.Warnings = s.cautions([]estimate.Warning{warning(NoTest, "%s", why)})
		return t, nil
	}
	t.test(groups, s)
	t.Warnings = s.cautions(t.Warnings)
	return t, nil
}

func untestable(groups []Seen) string {
	var aware, base int64
	for _, g := range groups {
		aware, base = aware+g.Aware, base+g.Base
	}
	switch {
	case base == 0:
		return "没有人回答"
	case len(groups) < 2:
		return "所有人看到的渠道一样多"
	case aware == 0:
		return "没有人知晓"
	case aware == base:
		return "所有人都知晓"
	}
	return ""
}

func (t *Trend) test(groups []Seen, s Settings) {
	deff := cmp.Or(s.DesignEffect, 1)
	var n, aware, scores float64
	for _, g := range groups {
		n, aware, scores = n+float64(g.Base), aware+float64(g.Aware), scores+float64(g.Base)*g.Channels
	}
	mean, overall := scores/n, aware/n
	var spread, both, between, variance float64
	few := false
	for _, g := range groups {
		base, from := float64(g.Base), g.Channels-mean
		share := float64(g.Aware) / base
		spread += base * from * from
		both += base * from * (share - overall)
		between += base * (share - overall) * (share - overall)
		variance += base * from * from * share * (1 - share)
		few = few || base*min(overall, 1-overall) < fewest
	}
	null := overall * (1 - overall) * deff
	t.Valid = true
	t.ChiSquare = both * both / spread / null
	t.P = survival(t.ChiSquare, 1)
	t.Departure = 1
	if len(groups) > 2 {
		t.Departure = survival(max(0, between/null-t.ChiSquare), float64(len(groups)-2))
	}
	z := distuv.UnitNormal.Quantile(1 - (1-s.Level)/2)
	t.Slope = 100 * both / spread
	half := 100 * z * math.Sqrt(deff*variance) / spread
	t.Lower, t.Upper = t.Slope-half, t.Slope+half
	if few {
		t.Warnings = append(t.Warnings, warning(FewExpected, "有的组人太少（按总体比例不足%d人知晓或不知晓），检验是近似的；可把渠道多的几组合并", fewest))
	}
	if t.Departure < 1-s.Level {
		t.Warnings = append(t.Warnings, warning(NotStraight, "各组的知晓率不在一条直线上，请逐组看"))
	}
	t.speak(s)
}

func survival(chiSquare, df float64) float64 { return distuv.ChiSquared{K: df}.Survival(chiSquare) }

func (t *Trend) speak(s Settings) {
	slope := fmt.Sprintf("每多看到一个渠道，知晓率平均相差%s个百分点（%s至%s）", estimate.Round(t.Slope, 1), estimate.Round(t.Lower, 1), estimate.Round(t.Upper, 1))
	p := "p＝" + estimate.Round(t.P, 3)
	if t.P < 0.001 {
		p = "p＜0.001"
	}
	switch {
	case t.P >= 1-s.Level:
		t.Sentence = fmt.Sprintf("看不出知晓率随看到的渠道数变化：%s，趋势检验%s。", slope, p)
	case t.Slope > 0:
		t.Sentence = fmt.Sprintf("看到的渠道越多，知晓率越高：%s，趋势检验%s。", slope, p)
	default:
		t.Sentence = fmt.Sprintf("看到的渠道越多，知晓率反而越低：%s，趋势检验%s。", slope, p)
	}
}
