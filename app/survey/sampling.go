package survey

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// SampleKind says how people came into a wave: what its figures may claim hangs on it.
type SampleKind string

// The closed list of kinds. Empty is not said.
const (
	Convenience SampleKind = "convenience" // whoever could be reached, up to a quota
	Probability SampleKind = "probability" // drawn at random, each with a known chance
	Census      SampleKind = "census"      // everybody was asked
)

// SampleKinds are all of them.
var SampleKinds = []SampleKind{Convenience, Probability, Census}

// SampleKindNames are the words for people.
var SampleKindNames = map[SampleKind]string{Convenience: "便利或配额样本（现场找到谁问谁）", Probability: "概率抽样（每个人被抽中的机会已知）", Census: "普查（全部对象都问）"}

// SampleUnit is what was drawn, or reached, together: people of one unit are alike, and the
// interval has to know.
type SampleUnit string

// The closed list of units. Empty: each person by themselves.
const (
	ByDistributor SampleUnit = "distributor"
	ByArea        SampleUnit = "area"
	ByUnit        SampleUnit = "unit"
)

// SampleUnits are all of them but the empty one.
var SampleUnits = []SampleUnit{ByDistributor, ByArea, ByUnit}

// SampleUnitNames are the words for people.
var SampleUnitNames = map[SampleUnit]string{"": "每个人", ByDistributor: "发放人", ByArea: "片区", ByUnit: "责任单位"}

// Sampling is how the people of a wave were reached, and where the numbers of the population
// come from (Stratum.Population).
type Sampling struct {
	Kind  SampleKind `json:"kind,omitempty" yaml:"kind"`
	Unit  SampleUnit `json:"unit,omitempty" yaml:"unit"`
	Frame string     `json:"frame,omitempty" yaml:"frame"` // source of the populations, with its date
}

// Random tells whether the intervals of the wave may be taken at their word.
func (s Sampling) Random() bool { return s.Kind == Probability || s.Kind == Census }

// Caution is the sentence that goes with every interval of the wave.
func (s Sampling) Caution() string {
	switch s.Kind {
	case Probability:
		return "概率抽样，区间按抽样设计估计。"
	case Census:
		return "全部对象都问到的普查，没有抽样误差；区间按抽样调查的办法给出，只表示没有回答的人带来的不确定。"
	case Convenience:
		return "问卷对象不是随机抽取，属非概率样本，区间仅供参考。"
	}
	return "没有说明怎样找到受访者，按非概率样本看待，区间仅供参考。"
}

// Populations gives the people of each stratum, and whether every stratum has them and a
// source.
func (w Wave) Populations() (byCode map[string]float64, whole bool) {
	byCode, whole = map[string]float64{}, len(w.Strata) > 0 && strings.TrimSpace(w.Sampling.Frame) != ""
	for _, s := range w.Strata {
		if s.Population > 0 {
			byCode[s.Code] = float64(s.Population)
		} else {
			whole = false
		}
	}
	return byCode, whole
}

// Limits: more people than live in any city, and the words of a source.
const (
	maxPopulation = 100_000_000
	maxSource     = 300
)

func (w Wave) validateSampling(f *faults) {
	s := w.Sampling
	if s.Kind != "" && !slices.Contains(SampleKinds, s.Kind) {
		f.add("sampling", "没有“%s”这种取样方式", short(string(s.Kind)))
	}
	if s.Unit != "" && !slices.Contains(SampleUnits, s.Unit) {
		f.add("sampling", "没有“%s”这种抽样单元", short(string(s.Unit)))
	}
	checkWords(f, "frame", s.Frame)
	if n := utf8.RuneCountInString(s.Frame); n > maxSource {
		f.add("frame", "总体人数的来源有%d个字，最多%d个字，请缩短", n, maxSource)
	}
	counted := false
	for _, one := range w.Strata {
		if one.Population < 0 || one.Population > maxPopulation {
			f.add("strata", "分组“%s”的总体人数是%d，请核对；不知道的请留空", one.Label, one.Population)
		}
		counted = counted || one.Population > 0
	}
	if counted && strings.TrimSpace(s.Frame) == "" {
		f.add("frame", "填了总体人数，请写明来源和年份，例如：市统计局2026年年鉴表3-2")
	}
}
