// Package analytics asks the tables one question per file and returns results that
// carry base, interval, method and warnings.
//
// Each question is one Go file beside one SQL file of the same name. SQL counts and
// sums; package estimate makes figures of the counts; package dashboards draws them.
// A result says the SQL it came from, so that any figure can be explained.
//
// # Why
//
// What a wave came to is asked once when it is closed, and kept (closedAnswers); of one that
// takes answers, whenever a response has come (memory).
//
// Reading never meets writing except at the table: this package imports nothing of
// ingest, and knows a placement or a response only as columns.
package analytics

import (
	"time"

	"shuixuan/analytics/estimate"
	"shuixuan/analytics/planning"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/survey"
)

// Scope says whose rows a question is about. Unit is empty for all of the campaign.
// AsOf is the civil date (midnight UTC) of "today" in Asia/Shanghai.
type Scope struct {
	Campaign string
	Unit     org.UnitID
	AsOf     time.Time
}

// Expectation says how a cell of the coverage stands.
type Expectation string

// The closed list of expectations.
const (
	Missing       Expectation = "missing"        // owed, nothing logged that stands today
	Unproven      Expectation = "unproven"       // something stands, and of nothing there is a proof that holds
	LoggedNoCount Expectation = "not-enumerated" // proven, but the office has not counted what is due
	Short         Expectation = "short"          // proven, less than the target
	Met           Expectation = "met"            // proven, at least the target
	NotOwed       Expectation = "not-owed"       // the unit does not answer for this task
)

// Amount is a quantity with its measure word; amounts of different words are never added.
type Amount struct {
	Quantity float64 `json:"quantity"`
	Measure  string  `json:"measure"`
}

// ByProof counts the placements that stand by the state of their proof.
type ByProof struct {
	Proven     int64 `json:"proven"`
	GrowingOld int64 `json:"growing_old"` // proven as well, not for long
	Old        int64 `json:"old"`
	Never      int64 `json:"never"`
	Defect     int64 `json:"defect"`
	Gone       int64 `json:"gone"`
}

// Counted is how many of them are proven.
func (b ByProof) Counted() int64 { return b.Proven + b.GrowingOld }

func (b *ByProof) add(other ByProof) {
	b.Proven += other.Proven
	b.GrowingOld += other.GrowingOld
	b.Old += other.Old
	b.Never += other.Never
	b.Defect += other.Defect
	b.Gone += other.Gone
}

// CoverageCell is one obligation of one unit. Standing counts placements whose flight
// holds the day, Proven those of them with a proof that holds; Logged counts all that
// were ever logged and neither withdrawn nor returned.
type CoverageCell struct {
	Task          campaign.TaskCode `json:"task"`
	Unit          org.UnitID        `json:"unit"`
	State         Expectation       `json:"state"`
	Unsettled     bool              `json:"unsettled,omitempty"` // nobody is named for the task: not among the owed
	Logged        int64             `json:"logged"`
	Standing      int64             `json:"standing"`
	Proven        int64             `json:"proven"`
	ByProof       ByProof           `json:"by_proof"`
	Amounts       []Amount          `json:"amounts"` // standing, by measure word
	ProvenAmounts []Amount          `json:"proven_amounts"`
	Targets       []TargetProgress  `json:"targets,omitempty"` // the unit's own; empty: not yet enumerated
	Last          time.Time         `json:"last,omitzero"`     // civil date of the latest logging
}

// TargetProgress is a target with what stands and what is proven against it. Share is
// proven out of due, at most 100 %: a surplus elsewhere never hides a gap. Quantities are
// exact; the share's numerator and base are the same in whole measures.
type TargetProgress struct {
	Target   campaign.Target   `json:"target"`
	Standing float64           `json:"standing"`
	Proven   float64           `json:"proven"`
	Share    estimate.Estimate `json:"share"`
}

// CoverageLine sums cells by one heading: a task, a unit, a carrier or a week.
type CoverageLine struct {
	Key      string `json:"key"`
	Label    string `json:"label"`
	Expected int64  `json:"expected"` // obligations (task × unit) owed; -1 where nobody is named yet
	Covered  int64  `json:"covered"`  // of them, with something proven that day
	// Present is how many of the expected have something that stands, proven or not: what
	// the flights say. Covered is at most this.
	Present       int64    `json:"present"`
	Logged        int64    `json:"logged"`   // placements logged
	Standing      int64    `json:"standing"` // placements whose flight holds the day
	Proven        int64    `json:"proven"`   // of them, with a proof that holds
	ByProof       ByProof  `json:"by_proof"` // not of a week
	Amounts       []Amount `json:"amounts"`  // standing
	ProvenAmounts []Amount `json:"proven_amounts"`
	// NotEnumerated tells that no target has been counted: a share of quantity can't be said.
	NotEnumerated bool `json:"not_enumerated"`
	// Complete: every owed obligation is covered, and it is settled who owes. A line that
	// owes nothing is not complete.
	Complete bool                `json:"complete"`
	Targets  []TargetProgress    `json:"targets,omitempty"` // of a task: those of its units and those of the task as a whole
	Open     []campaign.Question `json:"open,omitempty"`
	Share    estimate.Estimate   `json:"share"` // covered out of expected, no interval: a count, not a sample
}

// Coverage answers: of what the plan asks, what is proven on the day?
type Coverage struct {
	AsOf      time.Time      `json:"as_of"`
	Total     CoverageLine   `json:"total"`
	ByTask    []CoverageLine `json:"by_task"`
	ByUnit    []CoverageLine `json:"by_unit"`
	ByCarrier []CoverageLine `json:"by_carrier"`
	ByWeek    []CoverageLine `json:"by_week"` // key: Monday, ISO date; expected, covered and proven as of that week's Sunday
	Cells     []CoverageCell `json:"cells"`   // every task × unit that is owed or logged
	SQL       string         `json:"sql"`
}

// Of says what a percentage of a multiple choice is of.
type Of string

// Persons and mentions must never be mixed up.
const (
	OfPersons  Of = "persons"
	OfMentions Of = "mentions"
)

// OptionCount is one option's figures in one group.
type OptionCount struct {
	Code     string            `json:"code"`
	Label    string            `json:"label"`
	Persons  estimate.Estimate `json:"persons"`           // share of persons in the base, with Wilson interval
	Mentions estimate.Estimate `json:"mentions,omitzero"` // multiple choice only: share of mentions, no interval
}

// GroupDistribution is the distribution of one question in one group (a stratum, or
// all together with an empty Code).
type GroupDistribution struct {
	Code     string        `json:"code"`
	Label    string        `json:"label"`
	Asked    int64         `json:"asked"`    // responses to whom the question was shown
	Answered int64         `json:"answered"` // of them, with an answer: the base of every share here
	Mentions int64         `json:"mentions,omitempty"`
	Options  []OptionCount `json:"options"`
}

// Distribution answers: how was one question answered, in all and by group?
type Distribution struct {
	Wave     survey.WaveID       `json:"wave"`
	Question survey.Question     `json:"question"`
	By       string              `json:"by"`                // name of the grouping question, or "stratum"
	Overlap  string              `json:"overlap,omitempty"` // in words, where people may be in several groups
	Several  int64               `json:"several,omitempty"` // of those who answered, in more than one group
	Total    GroupDistribution   `json:"total"`
	Groups   []GroupDistribution `json:"groups"`
	BaseNote string              `json:"base_note"` // in words: who is in the base, whether 说不清 is
	Warnings []estimate.Warning  `json:"warnings,omitempty"`
	SQL      string              `json:"sql"`
}

// IndicatorFigure is one indicator in all and by group.
type IndicatorFigure struct {
	Indicator survey.Indicator `json:"indicator"`
	Total     GroupFigure      `json:"total"`
	Groups    []GroupFigure    `json:"groups"`
	BaseNote  string           `json:"base_note"`
	SQL       string           `json:"sql"`
}

// GroupFigure is an indicator's figure in one group.
type GroupFigure struct {
	Code     string            `json:"code"`
	Label    string            `json:"label"`
	Estimate estimate.Estimate `json:"estimate"`
}

// Composite is the weighted sum of the dimensions' indicators, or the reason why it
// can't be said.
type Composite struct {
	Estimate estimate.Estimate `json:"estimate"`
	Parts    []CompositePart   `json:"parts"`
	Missing  []string          `json:"missing,omitempty"` // dimensions without an indicator or answers
	Source   string            `json:"source"`
}

// CompositePart is one dimension's part.
type CompositePart struct {
	Dimension string            `json:"dimension"`
	Weight    float64           `json:"weight"`
	Indicator string            `json:"indicator"`
	Estimate  estimate.Estimate `json:"estimate"`
}

// Indicators answers: what are the wave's figures?
type Indicators struct {
	Wave      survey.WaveID     `json:"wave"`
	Overlap   string            `json:"overlap,omitempty"` // as of a distribution
	Figures   []IndicatorFigure `json:"figures"`
	Composite *Composite        `json:"composite,omitempty"`
}

// Progress answers: how far is a wave, by stratum?
type Progress struct {
	Wave   survey.WaveID     `json:"wave"`
	Total  StratumProgress   `json:"total"`
	Strata []StratumProgress `json:"strata"`
	Days   []DayCount        `json:"days"` // responses by civil date of recording
	SQL    string            `json:"sql"`
}

// StratumProgress counts responses of one stratum by disposition.
type StratumProgress struct {
	Code     string `json:"code"`
	Label    string `json:"label"`
	Quota    int64  `json:"quota"` // 0: none set
	Complete int64  `json:"complete"`
	Partial  int64  `json:"partial"`
	Void     int64  `json:"void"`

	// In no figure either.
	Refused    int64 `json:"refused"`
	Ineligible int64 `json:"ineligible"`
	Duplicate  int64 `json:"duplicate"`
	Late       int64 `json:"late"` // after the wave was closed, whatever the disposition
}

// DayCount is a count on a civil date.
type DayCount struct {
	Date  time.Time `json:"date"`
	Count int64     `json:"count"`
}

// Today answers: what came in on the day and in the seven days to it?
type Today struct {
	AsOf            time.Time  `json:"as_of"`
	Placements      int64      `json:"placements"` // logged on the day
	Responses       int64      `json:"responses"`
	Batches         int64      `json:"batches"`
	RejectedRows    int64      `json:"rejected_rows"` // in batches of the day
	PlacementsByDay []DayCount `json:"placements_by_day"`
	ResponsesByDay  []DayCount `json:"responses_by_day"`
	Latest          []Arrival  `json:"latest"`
	SQL             string     `json:"sql"`
}

// Arrival is one placement or batch that came in.
type Arrival struct {
	At    time.Time  `json:"at"`
	Kind  string     `json:"kind"`
	Unit  org.UnitID `json:"unit"`
	Text  string     `json:"text"`
	Batch string     `json:"batch,omitempty"`
}

// Designed is a figure of a designed sample, as it is printed and as it was computed.
type Designed struct {
	Estimate estimate.Estimate `json:"estimate"`
	Figure   estimate.Figure   `json:"figure"`
}

// SampleStratum is a stratum with what its responses stand for.
type SampleStratum struct {
	Code       string  `json:"code"`
	Label      string  `json:"label"`
	Population float64 `json:"population"` // 0: not known
	Counted    int64   `json:"counted"`    // responses
	Weight     float64 `json:"weight"`     // people that a response stands for, on average where they are raked; 0 where that isn't known
}

// Sample is what stands behind the figures of a wave.
type Sample struct {
	Sampling survey.Sampling    `json:"sampling"`
	Strata   []SampleStratum    `json:"strata"`
	Counted  int64              `json:"counted"`
	Units    int                `json:"units"`            // reached together; 0 where each person is a unit
	Weighted bool               `json:"weighted"`         // by the strata's populations
	Raking   *Raking            `json:"raking,omitempty"` // to the wave's margins; nil: it has none
	Warnings []estimate.Warning `json:"warnings,omitempty"`
}

// WeightedGroup is an indicator in one group.
type WeightedGroup struct {
	Code  string `json:"code"`
	Label string `json:"label"`
	Designed
}

// WeightedFigure is an indicator of a designed sample, in all and by group.
type WeightedFigure struct {
	Indicator survey.Indicator `json:"indicator"`
	BaseNote  string           `json:"base_note"`
	Total     Designed         `json:"total"`
	Groups    []WeightedGroup  `json:"groups"`
	Pairs     []Pair           `json:"pairs,omitempty"` // the groups two by two
	// Untested says in words which groups were not compared, and why.
	Untested string `json:"untested,omitempty"`
}

// Pair is the difference of two groups, the second taken from the first.
type Pair struct {
	A          string              `json:"a"`
	B          string              `json:"b"`
	ALabel     string              `json:"a_label"`
	BLabel     string              `json:"b_label"`
	Difference estimate.Comparison `json:"difference"`
	Corrected  float64             `json:"corrected"` // p for all pairs together
}

// Weighted answers: what do the indicators come to for the population that the wave stands
// for?
type Weighted struct {
	Wave     survey.WaveID    `json:"wave"`
	By       string           `json:"by"`
	Overlap  string           `json:"overlap,omitempty"` // as of a distribution
	Sample   Sample           `json:"sample"`
	Figures  []WeightedFigure `json:"figures"`
	Verdicts []Verdict        `json:"verdicts,omitempty"`
	SQL      string           `json:"sql"`
}

// Verdict is a figure held against the campaign's target.
type Verdict struct {
	Indicator survey.Indicator   `json:"indicator"`
	Source    string             `json:"source"` // of the target
	Judgement planning.Judgement `json:"judgement"`
}
