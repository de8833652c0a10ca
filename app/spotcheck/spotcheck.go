// Package spotcheck keeps spot checks (现场抽查): the points that an inspector, or the office to
// rehearse, has drawn out of the ledger, and what was found at each of them.
//
// How points are drawn and what follows from the findings is package analytics/spotcheck's;
// here a draw gets a name, a day and an author, and a finding its point, its instant and its
// earlier versions.
//
// # Why
//
// A finding stands beside the ledger and never changes it: an inspector's figure must not rest on
// rows that the inspection itself has moved, and what the office makes of a difference is the
// office's to record, as an inspection (巡查) of its own.
//
// The points are kept with the check as they were on the day of the draw, place and quantity
// included. What is corrected in the ledger afterwards doesn't change what was asked of whoever
// went there.
package spotcheck

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	drawing "shuixuan/analytics/spotcheck"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
)

// Purpose says for whom a check is made.
type Purpose string

// The closed list of purposes.
const (
	Inspection Purpose = "inspection" // by an inspector
	Rehearsal  Purpose = "rehearsal"  // by the office, beforehand
)

// PurposeNames are the words for the purposes.
var PurposeNames = map[Purpose]string{Inspection: "验收抽查", Rehearsal: "预检抽查"}

// MostPoints is how many points one check may have: more than anybody walks to.
const MostPoints = 500

// Filter narrows the frame; an empty list narrows nothing.
type Filter struct {
	Tasks    []campaign.TaskCode  `json:"tasks,omitempty"`
	Units    []org.UnitID         `json:"units,omitempty"`
	Carriers []campaign.CarrierID `json:"carriers,omitempty"`
}

// Holds tells whether a placement is in the frame.
func (f Filter) Holds(task campaign.TaskCode, unit org.UnitID, carrier campaign.CarrierID) bool {
	return (len(f.Tasks) == 0 || slices.Contains(f.Tasks, task)) && (len(f.Units) == 0 || slices.Contains(f.Units, unit)) &&
		(len(f.Carriers) == 0 || slices.Contains(f.Carriers, carrier))
}

// Check is a draw of points. Day is the civil date as of which the ledger was read, Cutoff the
// instant; a zero Closed is open.
type Check struct {
	ID        string            `json:"id"`
	Campaign  string            `json:"campaign"`
	Purpose   Purpose           `json:"purpose"`
	Algorithm string            `json:"algorithm"`
	Seed      string            `json:"seed"`
	SeedGiven bool              `json:"seed_given"` // by whoever drew, not made by the program
	Day       time.Time         `json:"day"`
	Cutoff    time.Time         `json:"cutoff"`
	Asked     int               `json:"asked"` // points asked for
	Filter    Filter            `json:"filter"`
	Frame     int               `json:"frame"` // placements
	FrameHash string            `json:"frame_hash"`
	Proven    int               `json:"proven"` // placements of the frame claimed proven
	Gone      int               `json:"gone"`   // placements left out: the ledger says itself that they are gone
	Acts      int               `json:"acts"`   // and acts, of which nothing is left to be seen
	Strata    []drawing.Stratum `json:"strata"`
	Points    []Point           `json:"points"` // in the order of the way, numbered from 1
	Notes     []string          `json:"notes,omitempty"`
	By        string            `json:"by"` // name of who drew
	Closed    time.Time         `json:"closed,omitzero"`
	ClosedBy  string            `json:"closed_by,omitempty"`
}

// Point is a placement that was drawn, as the ledger had it.
type Point struct {
	Number      int                 `json:"number"`
	Placement   uuid.UUID           `json:"placement"`
	Task        campaign.TaskCode   `json:"task"`
	Unit        org.UnitID          `json:"unit"`
	Carrier     campaign.CarrierID  `json:"carrier"`
	CarrierText string              `json:"carrier_text,omitempty"`
	Place       string              `json:"place"`
	Quantity    float64             `json:"quantity"`
	Measure     string              `json:"measure"`
	Start       time.Time           `json:"start"`
	End         time.Time           `json:"end,omitzero"`
	Position    *placement.Position `json:"position,omitempty"`
	Claim       drawing.Claim       `json:"claim"`
	Stratum     int                 `json:"stratum"`     // index in Strata
	Probability float64             `json:"probability"` // of being drawn
}

// Finding is what was found at a point. Key is the id of the form that said so; Counted is in the
// point's measure, nil where nothing was counted. Position is where the phone was, if its
// owner gave that.
type Finding struct {
	Key      uuid.UUID           `json:"key"`
	Found    drawing.Found       `json:"found"`
	Counted  *float64            `json:"counted,omitempty"`
	Note     string              `json:"note,omitempty"`
	Position *placement.Position `json:"position,omitempty"`
	By       string              `json:"by"` // name of who found it
}

// The bounds of what is typed.
const (
	maxNote    = 500
	maxCounted = 10_000_000
)

// Validate lists every fault of a finding at once. Field names are found, counted, note.
func (f Finding) Validate() []problem.Fault {
	var faults []problem.Fault
	fault := func(field, format string, args ...any) {
		faults = append(faults, problem.Fault{Field: field, Why: fmt.Sprintf(format, args...)})
	}
	if !slices.Contains(drawing.Founds, f.Found) {
		fault("found", "请选择现场看到的情况")
	}
	switch n := f.Counted; {
	case n == nil:
	case math.IsNaN(*n) || *n < 0 || *n > maxCounted:
		fault("counted", "实际数量应为不小于0的数")
	case !f.Found.Stands() && *n > 0:
		fault("counted", "选了“%s”，又填了实际数量，请改成一致", drawing.Names[f.Found])
	}
	switch {
	case utf8.RuneCountInString(f.Note) > maxNote:
		fault("note", "说明超过%d个字，请缩短", maxNote)
	case !utf8.ValidString(f.Note) || strings.ContainsFunc(f.Note, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }):
		fault("note", "说明里有看不见的控制字符，请删去后重新填写")
	}
	if p := f.Position; p != nil && !(math.Abs(p.Longitude) <= 180 && math.Abs(p.Latitude) <= 90) {
		fault("position", "经纬度超出范围，请重新定位或不记位置")
	}
	return faults
}

// same tells whether two findings say the same, by whichever form.
func (f Finding) same(other Finding) bool {
	alike := f.Found == other.Found && f.Note == other.Note && (f.Counted == nil) == (other.Counted == nil)
	return alike && (f.Counted == nil || *f.Counted == *other.Counted)
}

// Differs tells whether a finding disagrees with what the ledger claims of its point.
func (p Point) Differs(f Finding) bool {
	return f.Found.Known() && f.Found != drawing.AsClaimed || f.Counted != nil && f.Found.Stands() && *f.Counted != p.Quantity
}
