package web

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/dashboards"
)

// totalsBoard sums by carrier and measure word what the address is narrowed to.
func (s *Server) totalsBoard() board {
	return board{verb: auth.PlacementRead, view: "totals", beside: func(c *fiber.Ctx, v *visit) (any, error) {
		view := readNarrowing(c, v, "all").view(v, c.Path(), "all", "standing", "counted")
		view.AsksDay, view.Measures = true, campaign.Measures
		return view, nil
	}, draw: func(c *fiber.Ctx, v *visit) (drawPage, error) {
		f, ref := readNarrowing(c, v, "all"), reference(c)
		return func(ctx context.Context) (*dashboards.Page, error) {
			got, err := s.Reader.Totals(ctx, v.plan, f.scope(v), f.chosen())
			page := dashboards.Totals(v.plan, f.asked(v), noted(s, ref, got, err))
			return &page, nil
		}, nil
	}}
}

// asked is the filter as dashboards say it.
func (f narrowing) asked(v *visit) dashboards.TotalsAsked {
	asked := dashboards.TotalsAsked{AsOf: f.scope(v).AsOf, Narrowed: f.words(v), Rows: f.values(v)}
	if auth.UnitOf(v.actor, auth.PlacementRead) != "" {
		asked.Whose = "本单位"
	}
	return asked
}

// words says what is chosen, empty where nothing is.
func (f narrowing) words(v *visit) string {
	var list []string
	if f.Unit != "" && auth.UnitOf(v.actor, auth.PlacementRead) == "" {
		list = append(list, v.plan.UnitName(org.UnitID(f.Unit)))
	}
	if f.Task != "" {
		list = append(list, v.plan.Campaign.Words.Task+f.Task)
	}
	switch f.Carrier {
	case "":
	case "-":
		list = append(list, "不在清单中的形式")
	default:
		list = append(list, v.plan.CarrierName(campaign.CarrierID(f.Carrier)))
	}
	if f.Measure != "" {
		list = append(list, "计量单位“"+f.Measure+"”")
	}
	if name := f.stateName(); f.State != "all" && name != "" {
		list = append(list, name)
	}
	return strings.Join(list, "、")
}

// stateName is the chosen state in words.
func (f narrowing) stateName() string {
	for _, group := range stateGroups {
		if group.key == f.State {
			return group.name
		}
	}
	for _, state := range f.states() {
		return dashboards.ProofNames[state]
	}
	return ""
}
