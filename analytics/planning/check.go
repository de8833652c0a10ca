package planning

import "math"

// within tells whether v is a number in the open interval.
func within(v, low, high float64) bool { return v > low && v < high }

// responds tells whether a rate can be: one sheet in a thousand at least.
func responds(rate float64) bool { return rate >= 0.001 && rate <= 1 }

// check names every fault of a plan.
func (p Plan) check() Faults {
	var f Faults
	if !within(p.Margin, 0, 1) {
		f.add("Margin", "允许误差要在0和1之间，如0.05（±5个百分点）")
	}
	if !within(p.Level, 0, 1) {
		f.add("Level", "置信水平要在0和1之间，如0.95")
	}
	if !within(p.Share, 0, 1) {
		f.add("Share", "预计比例要在0和1之间；不知道时填0.5，最稳妥")
	}
	if !(p.DesignEffect >= 0.1 && p.DesignEffect <= 100) {
		f.add("DesignEffect", "设计效应要在0.1和100之间；简单随机抽样填1")
	}
	if p.Population < 0 {
		f.add("Population", "总体人数不能小于0；不知道时留空")
	}
	if !responds(p.Response) {
		f.add("Response", "预计回收率要在0.001和1之间")
	}
	if p.Minimum < 0 || p.Minimum > mostSheets {
		f.add("Minimum", "每层最少份数不能小于0，也不能超过%.0f", float64(mostSheets))
	}
	switch p.Allocation {
	case Proportional, Equal, Optimal, Given:
	default:
		f.add("Allocation", "没有“%s”这种分配办法", p.Allocation)
	}
	p.checkStrata(&f)
	return f
}

func (p Plan) checkStrata(f *Faults) {
	var people, weights, parts int
	var sum int64
	names := map[string]bool{}
	for _, s := range p.Strata {
		if s.Name == "" || names[s.Name] {
			f.add("Strata", "每一层都要有名字，不能重复：“%s”", s.Name)
		}
		names[s.Name] = true
		if s.Population < 0 || !(s.Weight >= 0) || math.IsInf(s.Weight, 1) || !(s.Part >= 0) || math.IsInf(s.Part, 1) {
			f.add("Strata", "“%s”的人数、占比和份数占比要是不小于0的数", s.Name)
		}
		if s.Share != 0 && !within(s.Share, 0, 1) {
			f.add("Strata", "“%s”的预计比例要在0和1之间", s.Name)
		}
		if s.Response != 0 && !responds(s.Response) {
			f.add("Strata", "“%s”的预计回收率要在0.001和1之间", s.Name)
		}
		people, weights, parts = people+one(s.Population > 0), weights+one(s.Weight > 0), parts+one(s.Part > 0)
		if s.Population > 0 {
			if sum > math.MaxInt64-s.Population {
				f.add("Strata", "各层人数太大")
				return
			}
			sum += s.Population
		}
	}
	all := len(p.Strata)
	switch {
	case all == 0:
	case people > 0 && people < all:
		f.add("Strata", "有的层填了人数，有的没填；请都填或都不填")
	case weights > 0 && weights < all:
		f.add("Strata", "有的层填了占总体的比例，有的没填；请都填或都不填")
	case p.Allocation == Given && parts < all:
		f.add("Strata", "按指定比例分配时，每一层都要填份数占比")
	case (p.Allocation == Proportional || p.Allocation == Optimal) && people+weights == 0:
		f.add("Strata", "按总体分配要知道各层的人数或占比；不知道时请选平均分配或指定比例")
	case people == all && p.Population > 0 && p.Population != sum:
		f.add("Population", "总体填了%d人，各层人数加起来是%d人，两者应当相同", p.Population, sum)
	}
}

func one(holds bool) int {
	if holds {
		return 1
	}
	return 0
}
