package web

import (
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuixuan/analytics"
	drawing "shuixuan/analytics/spotcheck"
	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
	"shuixuan/app/spotcheck"
	"shuixuan/dashboards"
	"shuixuan/dashboards/workbook"
)

type checkPage struct {
	Check   spotcheck.Check
	Purpose string
	Whole   bool // sees all of it, not only a unit's points
	Open    bool
	Units   []checkUnit
	Total   int // points in sight
	Done    int
	Next    int // number of the next point without a finding, 0 for none
	Filter  string
	Strata  []stratumLine

	Result     *drawing.Result // nil for a unit
	Comparison *drawing.Comparison
	Agreement  dashboards.SpotTable
}

// checkUnit is the points of a unit, in the order of the way.
type checkUnit struct {
	Name   string
	Points []pointLine
}

// pointLine is a point in words.
type pointLine struct {
	spotcheck.Point
	UnitName, Kind, Flight string
	Claim                  string
	Finding                *revision.Held[spotcheck.Finding]
	Found, Tag             string
	Differs                bool
	Counted                string
}

type stratumLine struct {
	Name        string
	Size, Drawn int
	Probability string
}

func (s *Server) pointLine(v *visit, p spotcheck.Point, findings map[int]revision.Held[spotcheck.Finding]) pointLine {
	one := placement.Placement{Carrier: p.Carrier, CarrierText: p.CarrierText, Start: p.Start, End: p.End}
	line := pointLine{Point: p, UnitName: v.plan.UnitName(p.Unit), Kind: carrierText(v.plan, one), Flight: flightText(v.plan, one),
		Claim: drawing.ClaimNames[p.Claim], Found: drawing.Names[drawing.Unvisited], Tag: "tag-quiet"}
	held, found := findings[p.Number]
	if !found {
		return line
	}
	line.Finding, line.Found, line.Differs = &held, drawing.Names[held.Thing.Found], p.Differs(held.Thing)
	switch {
	case held.Thing.Found == drawing.AsClaimed:
		line.Tag = "tag-good"
	case held.Thing.Found == drawing.Unreached:
		line.Tag = "tag-soon"
	default:
		line.Tag = "tag-bad"
	}
	if n := held.Thing.Counted; n != nil {
		line.Counted = quantityText(*n) + p.Measure
	}
	return line
}

// checkPage gathers what is shown of a check.
func (s *Server) checkPage(v *visit, check spotcheck.Check, findings map[int]revision.Held[spotcheck.Finding]) (checkPage, error) {
	data := checkPage{Check: check, Purpose: spotcheck.PurposeNames[check.Purpose], Whole: auth.UnitOf(v.actor, auth.CheckRead) == "", Open: check.Closed.IsZero()}
	for _, p := range ownPoints(v, check) {
		line := s.pointLine(v, p, findings)
		if n := len(data.Units); n == 0 || data.Units[n-1].Name != line.UnitName {
			data.Units = append(data.Units, checkUnit{Name: line.UnitName})
		}
		unit := &data.Units[len(data.Units)-1]
		unit.Points = append(unit.Points, line)
		data.Total++
		switch {
		case line.Finding != nil:
			data.Done++
		case data.Next == 0:
			data.Next = p.Number
		}
	}
	if !data.Whole {
		return data, nil
	}
	data.Filter, data.Strata = filterText(v, check.Filter), strataLines(v, check)
	var err error
	if data.Result, data.Comparison, err = judged(v, check, findings); err != nil {
		return data, err
	}
	data.Agreement = dashboards.SpotAgreement(data.Comparison)
	return data, nil
}

// judged estimates and compares.
func judged(v *visit, check spotcheck.Check, findings map[int]revision.Held[spotcheck.Finding]) (*drawing.Result, *drawing.Comparison, error) {
	said := map[int]spotcheck.Finding{}
	for number, held := range findings {
		said[number] = held.Thing
	}
	points := check.Analysed(said)
	result, err := drawing.Estimate(check.Strata, points, v.plan.Campaign.Settings.Level.Value)
	if err != nil {
		return nil, nil, err
	}
	return result, drawing.Compare(result, points, check.Proven), nil
}

// filterText says which part of the ledger was drawn from, empty for all of it.
func filterText(v *visit, f spotcheck.Filter) string {
	var parts []string
	add := func(label string, names []string) {
		if len(names) > 0 {
			parts = append(parts, label+"："+strings.Join(names, "、"))
		}
	}
	var tasks, units, carriers []string
	for _, t := range f.Tasks {
		tasks = append(tasks, string(t))
	}
	for _, u := range f.Units {
		units = append(units, v.plan.UnitName(u))
	}
	for _, one := range f.Carriers {
		carriers = append(carriers, v.plan.CarrierName(one))
	}
	add(v.plan.Campaign.Words.Task, tasks)
	add("单位", units)
	add("形式", carriers)
	return strings.Join(parts, "；")
}

func strataLines(v *visit, check spotcheck.Check) []stratumLine {
	var lines []stratumLine
	for _, stratum := range check.Strata {
		var names []string
		for _, cell := range stratum.Cells {
			kind := "不在清单中的形式"
			if cell.Carrier != "" {
				kind = v.plan.CarrierName(campaign.CarrierID(cell.Carrier))
			}
			names = append(names, fmt.Sprintf("%s %s%d处", v.plan.UnitName(org.UnitID(cell.Unit)), kind, cell.Size))
		}
		lines = append(lines, stratumLine{Name: strings.Join(names, "；"), Size: stratum.Size, Drawn: stratum.Drawn, Probability: fmt.Sprintf("%d/%d", stratum.Drawn, stratum.Size)})
	}
	return lines
}

func (s *Server) checkShow(c *fiber.Ctx, v *visit) error {
	check, findings, err := s.heldCheck(c, v)
	if err != nil {
		return err
	}
	data, err := s.checkPage(v, check, findings)
	if err != nil {
		return err
	}
	return s.render(c, v, "checks_show", data.Purpose+"，"+dateText(check.Day), data)
}

// checkSlips is the list to print, with room to write.
func (s *Server) checkSlips(c *fiber.Ctx, v *visit) error {
	check, _, err := s.heldCheck(c, v)
	if err != nil {
		return err
	}
	data, err := s.checkPage(v, check, nil)
	if err != nil {
		return err
	}
	return s.render(c, v, "checks_slips", "抽查清单", data)
}

// checkExport sends points, findings with their earlier versions, strata and what follows.
func (s *Server) checkExport(c *fiber.Ctx, v *visit) error {
	check, findings, err := s.heldCheck(c, v)
	if err != nil {
		return err
	}
	result, comparison, err := judged(v, check, findings)
	if err != nil {
		return err
	}
	data := workbook.SpotCheckData{Plan: v.plan, Check: check, Purpose: spotcheck.PurposeNames[check.Purpose], Result: result, Comparison: comparison, MadeAt: s.clock().In(shanghai), Version: s.config.Version, Filter: filterText(v, check.Filter)}
	for _, line := range strataLines(v, check) {
		data.Strata = append(data.Strata, workbook.SpotStratum(line))
	}
	for number := range findings {
		history, err := s.checks.History(c.UserContext(), v.plan.Campaign.ID, check.ID, number)
		if err != nil {
			return err
		}
		for _, one := range history {
			data.Findings = append(data.Findings, workbook.SpotFinding{Number: number, Version: one.Revision, Holds: one.Revision == findings[number].Revision, At: one.RecordedAt, Finding: one.Thing})
		}
	}
	sort.Slice(data.Findings, func(i, j int) bool {
		a, b := data.Findings[i], data.Findings[j]
		return a.Number < b.Number || a.Number == b.Number && a.Version < b.Version
	})
	if err := s.logRead(c, v, "check.export", "check", check.ID); err != nil {
		return err
	}
	return s.download(c, "现场抽查-"+check.Seed+".xlsx", func(w io.Writer) error { return workbook.SpotCheck(w, data) })
}

// checkFrame sends the frame as it was hashed, so that the draw can be done again elsewhere. It
// is read from the ledger as it stood at the instant of the draw, and not sent where the two
// don't agree, as after a rule of the plan was changed.
func (s *Server) checkFrame(c *fiber.Ctx, v *visit) error {
	check, _, err := s.heldCheck(c, v)
	if err != nil {
		return err
	}
	reader := analytics.NewReader(s.DB.AsOf(check.Cutoff))
	whole, err := frameOf(c.UserContext(), reader, v.plan, analytics.Scope{Campaign: check.Campaign, AsOf: check.Day}, check.Filter)
	if err != nil {
		return err
	}
	list := whole.Candidates
	frame := make([]drawing.Placement, len(list))
	lines := make([]string, len(list))
	for i, one := range list {
		frame[i] = spotcheck.InFrame(one)
		lines[i] = strings.Join([]string{frame[i].ID, frame[i].Unit, frame[i].Carrier, string(frame[i].Claim)}, "\t") + "\n"
	}
	if drawing.FrameHash(frame) != check.FrameHash {
		return problem.Conflict("抽样范围对不上", "抽取之后方案里的规定改过，现在读出的范围与当时的校验值不同，所以不提供下载。点位、结果和校验值都不受影响。")
	}
	if err := s.logRead(c, v, "check.export", "check", check.ID); err != nil {
		return err
	}
	sort.Strings(lines)
	c.Set(fiber.HeaderContentType, "text/tab-separated-values; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="frame-`+check.Seed+`.tsv"`)
	return c.SendString(strings.Join(lines, ""))
}

// MayInspect tells whether what differs can be recorded as an inspection from here.
func (p checkPage) MayInspect(actor audit.Actor) bool {
	return auth.May(actor, auth.PlacementInspect) && actor.Role == audit.RoleOffice
}
