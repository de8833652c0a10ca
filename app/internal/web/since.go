package web

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/analytics"
	"shuixuan/app/internal/auth"
	"shuixuan/dashboards"
)

// seenPath ends the address of the button that says: I have seen it.
const seenPath = "/overview/seen"

// sincePatience is how long the overview waits for the comparison with what was. Where the
// tables are large it takes longer, and the page asks again.
const sincePatience = 250 * time.Millisecond

// sinceSide is what stands over the panels of the overview: what is new to whoever looks.
type sinceSide struct {
	First   bool  // they have never looked before
	Waiting bool  // the comparison is still being made
	Failed  bool  // it could not be made
	Old     bool  // it is of Made, and being made anew
	Drawn   int64 // when this was, in milliseconds; travels with the button
	At      time.Time
	Made    time.Time
	Since   dashboards.Since
}

// sinceLooked compares with how things stood when the visitor last looked. It never costs the
// page: what can't be had is said in its place.
func (s *Server) sinceLooked(c *fiber.Ctx, v *visit) (any, error) {
	side := sinceSide{Drawn: s.clock().UnixMilli()}
	look, err := s.lastLook(c, v)
	if err != nil {
		s.log.Error("panel failed", "reference", reference(c), "error", err.Error())
		side.Failed = true
		return side, nil
	}
	if side.At, side.First = look.Since, look.Since.IsZero(); side.First {
		return side, nil
	}
	scope := s.scope(v, auth.OverviewRead)
	key := fmt.Sprintf("%s|%s|%d|%s", scope.Campaign, scope.Unit, look.Since.UnixMilli(), scope.AsOf)
	got, err := s.sinces.of(c.UserContext(), key, sincePatience, func(ctx context.Context) (*analytics.Changes, error) {
		return s.changesSince(ctx, v, look.Since)
	})
	switch side.Waiting = got.Waits; {
	case err != nil:
		s.log.Error("panel failed", "reference", reference(c), "error", err.Error())
		side.Failed = true
	case got.Old: // the button must not say that what came after it was seen
		side.Old, side.Made, side.Drawn = true, got.At, got.At.UnixMilli()
		fallthrough
	case !got.Waits:
		side.Since = dashboards.Changed(v.plan, got.Thing)
	}
	return side, nil
}

// lastLook is how far the visitor has looked. A page that renews itself is no look of theirs.
func (s *Server) lastLook(c *fiber.Ctx, v *visit) (auth.Look, error) {
	if c.Get(liveHeader) != "" {
		return s.Auth.LastLook(c.UserContext(), v.actor, v.plan.Campaign.ID)
	}
	return s.Auth.Looks(c.UserContext(), v.actor, v.plan.Campaign.ID, s.clock())
}

// changesSince holds today against an instant. What was then is read once; one reading at a
// time, since each may use all processors.
func (s *Server) changesSince(ctx context.Context, v *visit, since time.Time) (*analytics.Changes, error) {
	scope := s.scope(v, auth.OverviewRead)
	waves, err := s.fieldworks(ctx, v)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprintf("%s|%s|%d", scope.Campaign, scope.Unit, since.UnixMilli())
	then, err := s.thens.of(key, func() (*analytics.Then, error) {
		s.backwards.Lock()
		defer s.backwards.Unlock()
		return s.Reader.Then(ctx, v.plan, scope, since, waves)
	}, always)
	if err != nil {
		return nil, err
	}
	return s.Reader.Changes(ctx, v.plan, scope, then, waves)
}

// overviewSeen takes the button: only what comes from here on is new.
func (s *Server) overviewSeen(c *fiber.Ctx, v *visit) error {
	var drawn time.Time
	if ms, err := strconv.ParseInt(c.FormValue("drawn"), 10, 64); err == nil && ms > 0 {
		drawn = time.UnixMilli(ms)
	}
	if err := s.Auth.HasSeen(c.UserContext(), v.actor, v.plan.Campaign.ID, drawn, s.clock()); err != nil {
		return err
	}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/overview?done=seen", fiber.StatusSeeOther)
}
