package web

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
)

// calendarAsked is what the address asks the calendar for.
type calendarAsked struct {
	Unit  string
	Month time.Time // its first day
	Day   time.Time // zero: none is opened
}

func readCalendar(c *fiber.Ctx, v *visit) calendarAsked {
	a := calendarAsked{Unit: c.Query("unit"), Month: firstOfMonth(v.today)}
	if month, err := time.Parse("2006-01", c.Query("month")); err == nil && month.Year() >= 1990 && month.Year() <= 2100 {
		a.Month = month
	}
	if day, err := time.Parse(time.DateOnly, c.Query("day")); err == nil && firstOfMonth(day).Equal(a.Month) {
		a.Day = day
	}
	if own := auth.UnitOf(v.actor, auth.PlacementRead); own != "" {
		a.Unit = own
	}
	return a
}

func firstOfMonth(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
}

func (a calendarAsked) scope(v *visit) analytics.Scope {
	return analytics.Scope{Campaign: v.plan.Campaign.ID, Unit: org.UnitID(a.Unit), AsOf: v.today}
}

// rows is the filter in addresses, without month and day.
func (a calendarAsked) rows(v *visit) url.Values {
	if a.Unit == "" || auth.UnitOf(v.actor, auth.PlacementRead) != "" {
		return url.Values{}
	}
	return url.Values{"unit": {a.Unit}}
}

// calendarWaves are the waves that the visitor may see; they are of no unit.
func (s *Server) calendarWaves(ctx context.Context, v *visit, a calendarAsked) ([]survey.Wave, error) {
	if !v.may(auth.SurveyRead) || a.Unit != "" {
		return nil, nil
	}
	return s.Surveys.Waves(ctx, v.plan.Campaign.ID)
}

// calendarKinds are the kinds of ends that the visitor may see.
func calendarKinds(v *visit, a calendarAsked) []analytics.EndKind {
	if !v.may(auth.SurveyRead) || a.Unit != "" {
		return analytics.EndKinds[:5]
	}
	return analytics.EndKinds
}

func (s *Server) calendarEnds(ctx context.Context, v *visit, a calendarAsked) (*analytics.Ends, error) {
	waves, err := s.calendarWaves(ctx, v, a)
	if err != nil {
		return nil, err
	}
	return s.Reader.Ends(ctx, v.plan, a.scope(v), waves, a.Month, a.Month.AddDate(0, 1, -1))
}

// calendarBoard is a month of what ends.
func (s *Server) calendarBoard() board {
	return board{verb: auth.PlacementRead, view: "calendar", beside: s.besideCalendar, draw: func(c *fiber.Ctx, v *visit) (drawPage, error) {
		a, ref := readCalendar(c, v), reference(c)
		return func(ctx context.Context) (*dashboards.Page, error) {
			got, err := s.calendarEnds(ctx, v, a)
			page := dashboards.Calendar(v.plan, a.Month, calendarKinds(v, a), a.rows(v), noted(s, ref, got, err))
			return &page, nil
		}, nil
	}}
}

// calendarSide is the grid of the month and the day that is opened.
type calendarSide struct {
	calendarAsked
	OwnOnly            bool
	Before, This, Next string      // addresses of months
	Weeks              [][]gridDay // Monday first; nil where the ends can't be had
	Kinds              []endOption // the legend
	Lines              []endLine   // of the day that is opened
	More               string      // address of the lines that follow
	First              bool        // the lines are the first of the day
}

// gridDay is one day of the grid.
type gridDay struct {
	Day     time.Time
	Outside bool // of another month
	Today   bool
	Chosen  bool
	Link    string // empty: nothing ends
	Counts  []endOption
}

// endOption is a kind in words with its count.
type endOption struct {
	Kind, Name string
	N          int64
}

// endLine is one thing of a day.
type endLine struct {
	Kind, Name, Text, Link string
	Unit                   org.UnitID
}

func (s *Server) besideCalendar(c *fiber.Ctx, v *visit) (any, error) {
	a := readCalendar(c, v)
	side := calendarSide{calendarAsked: a, OwnOnly: auth.UnitOf(v.actor, auth.PlacementRead) != ""}
	address := func(month time.Time) string {
		values := a.rows(v)
		values.Set("month", month.Format("2006-01"))
		return "/c/" + v.plan.Campaign.ID + "/calendar?" + values.Encode()
	}
	side.Before, side.This, side.Next = address(a.Month.AddDate(0, -1, 0)), address(firstOfMonth(v.today)), address(a.Month.AddDate(0, 1, 0))
	for _, kind := range calendarKinds(v, a) {
		side.Kinds = append(side.Kinds, endOption{Kind: string(kind), Name: dashboards.EndNames[kind]})
	}
	ends, err := s.calendarEnds(c.UserContext(), v, a)
	if err != nil {
		s.log.Error("panel failed", "reference", reference(c), "error", err.Error())
		return side, nil // the panel says so
	}
	side.Weeks = calendarWeeks(v, a, ends)
	if !a.Day.IsZero() {
		return side, s.endsOfDay(c, v, &side)
	}
	return side, nil
}

// calendarWeeks lays a month out in weeks, with the days of its neighbours at the ends.
func calendarWeeks(v *visit, a calendarAsked, ends *analytics.Ends) [][]gridDay {
	day := a.Month.AddDate(0, 0, -(int(a.Month.Weekday())+6)%7)
	var weeks [][]gridDay
	for day.Before(a.Month.AddDate(0, 1, 0)) {
		week := make([]gridDay, 7)
		for i := range week {
			one := gridDay{Day: day, Outside: !firstOfMonth(day).Equal(a.Month), Today: day.Equal(v.today), Chosen: day.Equal(a.Day)}
			counts := ends.Of(day)
			for _, kind := range calendarKinds(v, a) {
				if n := counts[kind]; n > 0 {
					one.Counts = append(one.Counts, endOption{string(kind), dashboards.EndNames[kind], n})
					one.Link = "/c/" + v.plan.Campaign.ID + "/" + dashboards.DayLink(a.rows(v), day)
				}
			}
			week[i], day = one, day.AddDate(0, 0, 1)
		}
		weeks = append(weeks, week)
	}
	return weeks
}

// endsOfDay lists what ends on the day that is opened.
func (s *Server) endsOfDay(c *fiber.Ctx, v *visit, side *calendarSide) error {
	after := analytics.EndsPage{}
	if kind, id, cut := strings.Cut(c.Query("after"), "."); cut {
		if parsed, err := uuid.Parse(id); err == nil {
			after = analytics.EndsPage{Kind: analytics.EndKind(kind), ID: parsed}
		}
	}
	waves, err := s.calendarWaves(c.UserContext(), v, side.calendarAsked)
	if err != nil {
		return err
	}
	items, more, err := s.Reader.EndsOn(c.UserContext(), v.plan, side.scope(v), waves, side.Day, after, pageRows)
	if err != nil {
		return err
	}
	side.First = after.ID == uuid.Nil
	base := "/c/" + v.plan.Campaign.ID + "/"
	for _, i := range items {
		side.Lines = append(side.Lines, endLine{Kind: string(i.Kind), Name: dashboards.EndNames[i.Kind], Text: dashboards.EndText(v.plan, i), Link: base + dashboards.EndLink(i), Unit: i.Unit})
	}
	if more {
		last := items[len(items)-1]
		values := side.rows(v)
		values.Set("after", string(last.Kind)+"."+last.Placement.String())
		side.More = base + dashboards.DayLink(values, side.Day)
	}
	return nil
}
