package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/analytics"
	"shuixuan/app/internal/auth"
	"shuixuan/app/job"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
)

// Analyses that are kept: the figures of a wave as of an instant, under a number that a report
// can cite. The pages of a wave go on changing with its answers; these don't.

func (s *Server) runRoutes() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const all = "/c/:campaign/waves/:wave/runs"
	list := []route{
		{get, all, auth.SurveyRead, s.runsList},
		{post, all, auth.RunPut, s.runStart},
		{post, all + "/:run/cancel", auth.RunPut, s.runCancel},
		{get, all + "/:run/results.json", auth.SurveyRead, s.runResults},
	}
	return append(list, s.at(all+"/:run", s.runBoard())...)
}

// runLine is a run as it stands in the list and on its page.
type runLine struct {
	revision.Held[analytics.Run]
	Pace  job.Pace
	Left  string // how long it will take, in words; empty where that can't be said
	Going bool   // on its way in this program
	By    string

	Elsewhere bool // another program may be at work on it: they share a server of the database
}

// Lost tells a run that no program works at any more.
func (l runLine) Lost() bool { return l.Thing.State == analytics.RunGoing && !l.Going && !l.Elsewhere }

func (s *Server) runLine(ctx context.Context, held revision.Held[analytics.Run], name func(string) string) runLine {
	line := runLine{Held: held, By: name(held.RecordedBy), Elsewhere: s.DB.Embedded() == nil}
	line.Pace, line.Going = s.runs.Pace(ctx, held.Thing)
	line.Left = timeLeft(line.Pace.Left(time.Now()))
	return line
}

// timeLeft says about how long something will take.
func timeLeft(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < time.Minute:
		return fmt.Sprintf("约还需%d秒", max(int(d.Seconds()), 1))
	default:
		return fmt.Sprintf("约还需%d分钟", int((d + 30*time.Second).Minutes()))
	}
}

func (s *Server) runsList(c *fiber.Ctx, v *visit) error {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	held, err := s.runs.List(c.UserContext(), v.plan.Campaign.ID, wave.ID)
	if err != nil {
		return err
	}
	name, err := s.names(c.UserContext(), v)
	if err != nil {
		return err
	}
	data := struct {
		Wave  survey.Wave
		Lines []runLine
		Any   bool // there is something to keep
	}{Wave: wave, Any: len(q.Indicators) > 0}
	for _, one := range held {
		data.Lines = append(data.Lines, s.runLine(c.UserContext(), one, name))
	}
	return s.render(c, v, "runs_list", "固定的分析："+wave.Name, data)
}

func (s *Server) runStart(c *fiber.Ctx, v *visit) error {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	run, err := s.runs.Start(c.UserContext(), v.actor, v.plan, wave, q, s.config.Version)
	if err != nil {
		return err
	}
	return c.Redirect(waveAddress(v, wave)+"/runs/"+url.PathEscape(run.ID), fiber.StatusSeeOther)
}

// run finds a run of the wave in the address.
func (s *Server) run(c *fiber.Ctx, v *visit) (revision.Held[analytics.Run], error) {
	held, err := s.runs.Run(c.UserContext(), v.plan.Campaign.ID, c.Params("run"))
	if err == nil && string(held.Thing.Spec.Wave.ID) != c.Params("wave") {
		return held, problem.NotFound("这次分析")
	}
	return held, err
}

func (s *Server) runCancel(c *fiber.Ctx, v *visit) error {
	held, err := s.run(c, v)
	if err != nil {
		return err
	}
	if err := s.runs.Cancel(c.UserContext(), v.actor, v.plan.Campaign.ID, held.ID); err != nil {
		return err
	}
	return c.Redirect(waveAddress(v, held.Thing.Spec.Wave)+"/runs/"+url.PathEscape(held.ID), fiber.StatusSeeOther)
}

// localRun is where a request keeps the run that it has drawn.
const localRun = "run"

// runBoard draws what a run came to. The page of one on its way asks again by itself.
func (s *Server) runBoard() board {
	return board{verb: auth.SurveyRead, view: "runs_show", beside: func(c *fiber.Ctx, v *visit) (any, error) {
		// The state that was drawn: a run may end between two readings.
		held, drawn := c.Locals(localRun).(revision.Held[analytics.Run])
		if !drawn {
			var err error
			if held, err = s.run(c, v); err != nil {
				return nil, err
			}
		}
		if c.Get("HX-Request") != "" && held.Thing.State != analytics.RunGoing {
			c.Set("HX-Refresh", "true") // the whole page is another when the run has ended
		}
		name, err := s.names(c.UserContext(), v)
		return s.runLine(c.UserContext(), held, name), err
	}, draw: func(c *fiber.Ctx, v *visit) (drawPage, error) {
		held, err := s.run(c, v)
		if err != nil {
			return nil, err
		}
		c.Locals(localRun, held)
		return func(ctx context.Context) (*dashboards.Page, error) {
			var results *analytics.RunResults
			if held.Thing.State == analytics.RunDone {
				raw, err := s.runs.Results(ctx, held.Thing)
				if err != nil {
					return nil, err
				}
				if err := json.Unmarshal(raw, &results); err != nil {
					return nil, err
				}
			}
			page := dashboards.Run(v.plan, results)
			return &page, nil
		}, nil
	}}
}

// runResults gives the very bytes whose hash the run holds.
func (s *Server) runResults(c *fiber.Ctx, v *visit) error {
	held, err := s.run(c, v)
	if err != nil {
		return err
	}
	if held.Thing.State != analytics.RunDone {
		return problem.NotFound("这次分析的结果，它还没有算完")
	}
	raw, err := s.runs.Results(c.UserContext(), held.Thing)
	if err != nil {
		return err
	}
	if err := s.logRead(c, v, "run.export", "run", held.ID); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="run-`+held.ID+`.json"`)
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	return c.Send(raw)
}
