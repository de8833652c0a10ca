package campaign

import (
	"fmt"
	"strings"

	"shuixuan/app/problem"
)

// Rule says what proof a carrier's placements need and what the law asks of them. The
// zero rule asks for nothing: what is logged stands for its flight. Each part has a
// source note, printed where people meet the rule.
type Rule struct {
	// Photos is how many photos show that it was posted; 0 where a photo proves nothing
	// (an article, a lesson). The source is the reason, printed beside the button.
	Photos Sourced[int] `json:"photos,omitzero" yaml:"photos"`
	// Interval is for how many days a proof holds; 0: to the end of the flight.
	Interval Sourced[int] `json:"interval,omitzero" yaml:"interval"`
	// Once tells that the carrier is an act (a lesson, an article, leaflets handed out): what
	// was done stays done, so it counts from its start on and not only during its flight.
	Once Sourced[bool] `json:"once,omitzero" yaml:"once"`
	// Permit tells that a permit with a number and a last day is needed.
	Permit Sourced[bool] `json:"permit,omitzero" yaml:"permit"`
	// LongestDays is how long it may stand at most; 0: no limit.
	LongestDays Sourced[int] `json:"longest_days,omitzero" yaml:"longest_days"`
	// HoardingShare is the least share of a hoarding that carries publicity, 0 to 1; 0: the
	// carrier is no hoarding.
	HoardingShare Sourced[float64] `json:"hoarding_share,omitzero" yaml:"hoarding_share"`
	// Near is within how many metres of the placement's position a photo is at its place;
	// 0: no distance is judged.
	Near Sourced[int] `json:"near,omitzero" yaml:"near"`
	// RepairDays is how long a repair may take.
	RepairDays Sourced[int] `json:"repair_days,omitzero" yaml:"repair_days"`
}

// MaxPhotos is the most photos that a rule may ask for: more than far, middle and near
// view is more than a check needs, and photos may not be demanded without need.
const MaxPhotos = 3

// Validate lists what makes no sense in a rule, and each part that asks for something
// without saying where that comes from.
func (r Rule) Validate() []problem.Fault {
	var faults []problem.Fault
	check := func(field, name, source string, asks, sane bool, why string) {
		switch {
		case !sane:
			faults = append(faults, problem.Fault{Field: field, Why: name + why})
		case asks && strings.TrimSpace(source) == "":
			faults = append(faults, problem.Fault{Field: field, Why: name + "缺少来源说明：依据哪条规定，或者是谁定的、为什么"})
		case len([]rune(source)) > maxSource:
			faults = append(faults, problem.Fault{Field: field, Why: fmt.Sprintf("%s的来源说明超过%d个字，请缩短", name, maxSource)})
		}
	}
	days := func(field, name string, part Sourced[int], most int) {
		check(field, name, part.Source, part.Value != 0, part.Value >= 0 && part.Value <= most, fmt.Sprintf("应是0到%d之间的天数，没有这项要求的填0", most))
	}
	check("photos", "照片张数", r.Photos.Source, r.Photos.Value != 0, r.Photos.Value >= 0 && r.Photos.Value <= MaxPhotos,
		fmt.Sprintf("应是0到%d张：没有必要的不要求上传", MaxPhotos))
	days("interval", "证明有效期", r.Interval, 3650)
	check("once", "一次性活动", r.Once.Source, r.Once.Value, true, "")
	check("permit", "设置许可", r.Permit.Source, r.Permit.Value, true, "")
	days("longest_days", "最长设置天数", r.LongestDays, 3650)
	check("hoarding_share", "围挡公益宣传比例", r.HoardingShare.Source, r.HoardingShare.Value != 0, r.HoardingShare.Value >= 0 && r.HoardingShare.Value <= 1, "应在0和1之间，例如三分之一写0.3333")
	check("near", "拍摄距离", r.Near.Source, r.Near.Value != 0, r.Near.Value >= 0 && r.Near.Value <= 10_000, "应是0到10000米，不核对距离的填0")
	days("repair_days", "整改天数", r.RepairDays, 365)
	return faults
}

// maxSource is how long a source note may be.
const maxSource = 300
