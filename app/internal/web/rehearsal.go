package web

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/analytics"
	"shuixuan/app/internal/auth"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
)

// rehearsalRoutes is the office's look at what would fail.
func (s *Server) rehearsalRoutes() []route {
	return []route{{fiber.MethodGet, "/c/:campaign/rehearsal", auth.RehearsalRead, s.rehearsal}}
}

type rehearsalPage struct {
	*dashboards.Rehearsal
	Lines []remedyLine
	More  []remedyLine // behind the first
	Wave  string       // that was looked at, empty for none
}

type remedyLine struct {
	dashboards.Remedy
	EffortName string
}

// shownRemedies is how many remedies are shown at once: those that can be had soonest.
const shownRemedies = 25

// acceptance is the day that is rehearsed: the one asked for, else that on which the campaign
// ends, else a month from today.
func acceptance(c *fiber.Ctx, v *visit) time.Time {
	if day, err := time.Parse(time.DateOnly, c.Query("by")); err == nil && !day.Before(v.today) && day.Year() < 2100 {
		return day
	}
	if end := v.plan.Campaign.Window.End; end.After(v.today) {
		return end
	}
	return v.today.AddDate(0, 1, 0)
}

// rehearsal says which indicators would fail and what mends them, by what others have counted.
func (s *Server) rehearsal(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	scope := analytics.Scope{Campaign: v.plan.Campaign.ID, AsOf: v.today}
	data := dashboards.RehearsalData{Plan: v.plan, AsOf: v.today, By: acceptance(c, v)}
	var err error
	if data.Coverage, err = s.coverage(c, v, ""); err != nil {
		return err
	}
	if data.Todo, err = s.todo(c.UserContext(), v, ""); err != nil {
		return err
	}
	if data.Standing, err = s.Reader.Standing(ctx, v.plan, scope, analytics.StandingFilter{Chosen: analytics.Chosen{States: []analytics.ProofState{analytics.Proven, analytics.GrowingOld}}}); err != nil {
		return err
	}
	waves, err := s.Surveys.Waves(ctx, v.plan.Campaign.ID)
	if err != nil {
		return err
	}
	page := rehearsalPage{}
	if wave, any := latest(waves, v.today); any {
		one := dashboards.RehearsalWave{Wave: wave}
		f, err := s.fieldwork(ctx, v.plan.Campaign.ID, wave.ID)
		if err != nil {
			return err
		}
		if one.Weighted, err = s.Reader.Weighted(ctx, v.plan, wave, f.q, ""); err != nil {
			return err
		}
		if one.Progress, err = s.Reader.Progress(ctx, v.plan, wave, scope); err != nil {
			return err
		}
		data.Waves, page.Wave = append(data.Waves, one), wave.Name
	}
	page.Rehearsal = dashboards.NewRehearsal(data)
	for _, one := range page.Remedies {
		page.Lines = append(page.Lines, remedyLine{one, dashboards.EffortNames[one.Effort]})
	}
	if len(page.Lines) > shownRemedies {
		page.Lines, page.More = page.Lines[:shownRemedies], page.Lines[shownRemedies:]
	}
	return s.render(c, v, "rehearsal", "验收预检", page)
}

// latest is the wave that an acceptance would look at: the last that has begun.
func latest(waves []survey.Wave, today time.Time) (found survey.Wave, any bool) {
	for _, w := range waves {
		if !w.Start.After(today) && (!any || !w.Start.Before(found.Start)) {
			found, any = w, true
		}
	}
	return found, any
}
