package spotcheck

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	drawing "shuixuan/analytics/spotcheck"
	"shuixuan/app/campaign"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
)

// Candidate is a placement that may be drawn, with what the ledger claims of it.
type Candidate struct {
	placement.Placement
	Claim drawing.Claim
}

// Frame is what may be drawn, and how much of the ledger is left out of it: what it says itself
// is gone, and acts that were done once and leave nothing to be seen.
type Frame struct {
	Candidates []Candidate
	Gone, Acts int
}

// Asked is what somebody asks to be drawn. An empty Seed is made here.
type Asked struct {
	ID      string // of the form, so that sent twice it is one check
	Purpose Purpose
	Size    int
	Seed    string
	Filter  Filter
	Cutoff  time.Time
	Day     time.Time // civil
	By      string    // name
}

// Draw makes a check out of a frame. Positions of candidates may be missing until Settle. Field
// names of the faults are id, size, seed, purpose.
func Draw(plan *campaign.Plan, asked Asked, whole Frame) (*Check, error) {
	if err := asked.check(); err != nil {
		return nil, err
	}
	var given bool
	seed := drawing.NewSeed()
	if strings.TrimSpace(asked.Seed) != "" {
		var why string
		if seed, why = drawing.ParseSeed(asked.Seed); why != "" {
			return nil, problem.Invalid("还不能抽取", "请改正后再试，已填的内容都还在。", problem.Fault{Field: "seed", Why: why})
		}
		given = true
	}
	candidates := whole.Candidates
	if len(candidates) == 0 {
		return nil, problem.Conflict("抽样范围里一处也没有", "台账里没有今天应在位、到现场看得见的记录符合所选的任务、单位和形式。请放宽范围，或先在“宣传台账”里核对。")
	}
	byID := make(map[string]Candidate, len(candidates))
	frame := make([]drawing.Placement, len(candidates))
	for i, c := range candidates {
		frame[i] = InFrame(c)
		byID[frame[i].ID] = c
	}
	sample, err := drawing.Draw(frame, asked.Size, seed)
	if err != nil {
		return nil, fmt.Errorf("draw a spot check: %w", err)
	}
	check := &Check{ID: asked.ID, Campaign: plan.Campaign.ID, Purpose: asked.Purpose, Algorithm: drawing.Algorithm, Seed: seed, SeedGiven: given,
		Day: asked.Day, Cutoff: asked.Cutoff.UTC().Truncate(time.Millisecond), Asked: asked.Size, Filter: asked.Filter, By: asked.By,
		Frame: sample.FrameSize, FrameHash: sample.FrameHash, Proven: sample.Proven, Gone: whole.Gone, Acts: whole.Acts, Strata: sample.Strata}
	for _, w := range sample.Warnings {
		check.Notes = append(check.Notes, w.Text)
	}
	for _, p := range sample.Points {
		c := byID[p.ID]
		check.Points = append(check.Points, Point{Placement: c.ID, Task: c.Task, Unit: c.Unit, Carrier: c.Carrier, CarrierText: c.CarrierText, Place: c.Place,
			Quantity: c.Quantity, Measure: c.Measure, Start: c.Start, End: c.End, Position: c.Position, Claim: p.Claim, Stratum: p.Stratum, Probability: p.Probability})
	}
	return check, nil
}

func (a Asked) check() error {
	var faults []problem.Fault
	if _, err := uuid.Parse(a.ID); err != nil {
		faults = append(faults, problem.Fault{Field: "id", Why: "这一页缺少编号，请刷新后再试"})
	}
	if PurposeNames[a.Purpose] == "" {
		faults = append(faults, problem.Fault{Field: "purpose", Why: "请选择验收抽查或预检抽查"})
	}
	if a.Size < 1 || a.Size > MostPoints {
		faults = append(faults, problem.Fault{Field: "size", Why: fmt.Sprintf("抽取的处数应为1到%d", MostPoints)})
	}
	if len(faults) > 0 {
		return problem.Invalid("还不能抽取", "请改正后再试，已填的内容都还在。", faults...)
	}
	return nil
}

// InFrame is a candidate as it stands in the frame. Carriers that aren't on the list are one,
// without a name.
func InFrame(c Candidate) drawing.Placement {
	return drawing.Placement{ID: c.ID.String(), Unit: string(c.Unit), Carrier: string(c.Carrier), Claim: c.Claim}
}

// Analysed gives the points as the estimate reads them, with what was found at each.
func (c *Check) Analysed(findings map[int]Finding) []drawing.Point {
	list := make([]drawing.Point, len(c.Points))
	for i, p := range c.Points {
		list[i] = drawing.Point{Stratum: p.Stratum, Claim: p.Claim, Found: findings[p.Number].Found}
	}
	return list
}

// Point gives the point with a number.
func (c *Check) Point(number int) (Point, bool) {
	if number < 1 || number > len(c.Points) {
		return Point{}, false
	}
	return c.Points[number-1], true
}
