package web

import (
	"net/url"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/dashboards"
)

// narrowing is what the pages about standing placements are narrowed by, as it stands in the
// address: so that a view can be sent, and a figure leads to its rows.
type narrowing struct {
	Task, Unit, Carrier, Measure, State string
	On                                  time.Time // zero: today
}

// stateGroups are the states that a filter knows besides the single ones.
var stateGroups = []struct {
	key, name string
	states    []analytics.ProofState
}{
	{"all", "登记的全部", analytics.ProofStates},
	{"standing", "在位的全部", analytics.ProofStates[:6]},
	{"counted", "计入的（已证明和快到期）", analytics.ProofStates[:2]},
	{"todo", "要处理的", analytics.ProofStates[1:6]},
}

// readNarrowing reads the address. Usual is the state where none, or an unknown one, is named;
// whoever sees one unit is held to it.
func readNarrowing(c *fiber.Ctx, v *visit, usual string) narrowing {
	f := narrowing{Task: c.Query("task"), Unit: c.Query("unit"), Carrier: c.Query("carrier"), Measure: c.Query("measure"), State: c.Query("state")}
	if len(f.states()) == 0 {
		f.State = usual
	}
	if on, err := time.Parse(time.DateOnly, c.Query("on")); err == nil && on.Year() >= 1990 && on.Year() <= 2100 && !on.Equal(v.today) {
		f.On = on
	}
	if own := auth.UnitOf(v.actor, auth.PlacementRead); own != "" {
		f.Unit = own
	}
	return f
}

func (f narrowing) states() []analytics.ProofState {
	for _, group := range stateGroups {
		if group.key == f.State {
			return group.states
		}
	}
	if state := analytics.ProofState(f.State); slices.Contains(analytics.ProofStates, state) {
		return []analytics.ProofState{state}
	}
	return nil
}

// values is the filter as it stands in an address, without the unit of those who see one only.
func (f narrowing) values(v *visit) url.Values {
	values := url.Values{}
	for name, value := range map[string]string{"task": f.Task, "unit": f.Unit, "carrier": f.Carrier, "measure": f.Measure, "state": f.State, "on": isoDate(f.On)} {
		if value != "" && !(name == "unit" && auth.UnitOf(v.actor, auth.PlacementRead) != "") {
			values.Set(name, value)
		}
	}
	return values
}

func (f narrowing) scope(v *visit) analytics.Scope {
	scope := analytics.Scope{Campaign: v.plan.Campaign.ID, Unit: org.UnitID(f.Unit), AsOf: v.today}
	if !f.On.IsZero() {
		scope.AsOf = f.On
	}
	return scope
}

func (f narrowing) chosen() analytics.Chosen {
	return analytics.Chosen{States: f.states(), Task: campaign.TaskCode(f.Task), Carrier: campaign.CarrierID(f.Carrier), Measure: f.Measure}
}

// narrowingView is the filter as a form.
type narrowingView struct {
	narrowing
	Action   string
	States   []proofOption
	Measures []string // none: the page doesn't ask
	Keep     url.Values
	OwnOnly  bool
	AsksDay  bool
	Narrowed bool // something besides the usual is chosen
	Today    time.Time
}

// Day is the day in the field.
func (f narrowingView) Day() string {
	if f.On.IsZero() {
		return isoDate(f.Today)
	}
	return isoDate(f.On)
}

// view makes the form; groups are the keys of the groups of states that the page offers,
// the usual one first.
func (f narrowing) view(v *visit, action string, groups ...string) narrowingView {
	view := narrowingView{narrowing: f, Action: action, OwnOnly: auth.UnitOf(v.actor, auth.PlacementRead) != "", Today: v.today, Keep: url.Values{}}
	for _, key := range groups {
		for _, group := range stateGroups {
			if group.key == key {
				view.States = append(view.States, proofOption{group.key, group.name})
			}
		}
	}
	for _, state := range analytics.ProofStates {
		view.States = append(view.States, proofOption{string(state), dashboards.ProofNames[state]})
	}
	values := f.values(v)
	values.Del("state")
	view.Narrowed = len(values) > 0 || f.State != groups[0]
	return view
}
