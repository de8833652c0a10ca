package campaign

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
