package analytics

import (
	"context"
	"slices"
	"sort"
	"strconv"

	"shuixuan/app/campaign"
)

// Unlisted stands in a filter for placements whose carrier is not on the campaign's list;
// an empty carrier narrows nothing.
const Unlisted campaign.CarrierID = "-"

// Chosen narrows which placements are asked about, besides the unit of the scope; a zero
// field narrows nothing.
type Chosen struct {
	States  []ProofState
	Task    campaign.TaskCode
	Carrier campaign.CarrierID
	Measure string
}

// carries tells whether a carrier is the chosen one.
func (c Chosen) carries(carrier campaign.CarrierID) bool {
	return c.Carrier == "" || c.Carrier == carrier || c.Carrier == Unlisted && carrier == ""
}

// state tells whether a state of proof is among the chosen.
func (c Chosen) state(s ProofState) bool { return len(c.States) == 0 || slices.Contains(c.States, s) }

// bind puts the choice among the values of a statement that reads {{chosen}}.
func (c Chosen) bind(values map[string]any) {
	numbers := []string{}
	for i, state := range ProofStates {
		if c.state(state) {
			numbers = append(numbers, strconv.Itoa(i))
		}
	}
	values["states"], values["task"], values["carrier"], values["measure"] = numbers, string(c.Task), string(c.Carrier), c.Measure
}

// chosenSQL is Chosen as the condition of a statement over proof.sql.
const chosenSQL = `has(@states, toString(states[1])) AND (@task = '' OR task = @task) AND (@measure = '' OR measure = @measure)
  AND (@carrier = '' OR carrier = if(@carrier = '-', '', @carrier))`

// Tally is a number of placements with their quantity in the measure word of its line.
type Tally struct {
	Placements int64   `json:"placements"`
	Quantity   float64 `json:"quantity"`
}

// TotalsLine is what there is of one carrier in one measure word. Logged are all that were
// logged and neither withdrawn nor returned, Standing those of them whose flight holds the
// day, Proven those with a proof that holds. Carrier and Label are empty where a line sums
// the carriers of a measure word.
type TotalsLine struct {
	Carrier  campaign.CarrierID `json:"carrier"`
	Label    string             `json:"label"`
	Measure  string             `json:"measure"`
	Logged   Tally              `json:"logged"`
	Standing Tally              `json:"standing"`
	Proven   Tally              `json:"proven"`
}

// Totals are sums by carrier and measure word; quantities of different words are never
// added. Placements and Unplaced count all lines: those that were asked about, and of them
// the ones without a position.
type Totals struct {
	Lines      []TotalsLine `json:"lines"`    // in the order of the campaign's list
	Measures   []TotalsLine `json:"measures"` // all carriers of a measure word
	Placements int64        `json:"placements"`
	Standing   int64        `json:"standing"`
	Proven     int64        `json:"proven"`
	Unplaced   int64        `json:"unplaced"`
	SQL        string       `json:"sql"`
}

// Totals asks how much there is of what. It adds up the rows of the coverage, so that the
// two can't disagree.
func (r *Reader) Totals(ctx context.Context, plan *campaign.Plan, scope Scope, chosen Chosen) (*Totals, error) {
	if err := scope.check(plan); err != nil {
		return nil, err
	}
	rows, sql, err := r.counted(ctx, plan, scope, lastDays(curve(plan.Campaign.Window, scope.AsOf), scope.AsOf))
	if err != nil {
		return nil, err
	}
	t := &Totals{SQL: sql}
	lines, measures := map[[2]string]*sums{}, map[string]*sums{}
	for _, row := range rows {
		if chosen.Task != "" && row.task != chosen.Task || !chosen.carries(row.carrier) || chosen.Measure != "" && row.measure != chosen.Measure {
			continue
		}
		key := [2]string{string(row.carrier), row.measure}
		if lines[key] == nil {
			lines[key] = &sums{}
		}
		if measures[row.measure] == nil {
			measures[row.measure] = &sums{}
		}
		for i, state := range ProofStates {
			if chosen.state(state) {
				lines[key].add(state, row.countBy[i], row.quantityBy[i])
				measures[row.measure].add(state, row.countBy[i], row.quantityBy[i])
				t.Unplaced += int64(row.unplacedBy[i])
			}
		}
	}
	for key, s := range lines {
		if carrier := campaign.CarrierID(key[0]); s.logged.n > 0 {
			t.Lines = append(t.Lines, s.line(carrier, carrierLabel(plan, carrier), key[1]))
		}
	}
	for measure, s := range measures {
		if s.logged.n > 0 {
			line := s.line("", "", measure)
			t.Measures = append(t.Measures, line)
			t.Placements, t.Standing, t.Proven = t.Placements+line.Logged.Placements, t.Standing+line.Standing.Placements, t.Proven+line.Proven.Placements
		}
	}
	t.sort(plan)
	return t, nil
}

// sort puts lines in the order of the campaign's list, what isn't on it last; measure words
// with most placements first.
func (t *Totals) sort(plan *campaign.Plan) {
	at := map[campaign.CarrierID]int{}
	for i, c := range plan.Carriers {
		at[c.ID] = i
	}
	sort.Slice(t.Lines, func(i, j int) bool {
		a, b := t.Lines[i], t.Lines[j]
		if a.Carrier != b.Carrier {
			return before(at, a.Carrier, b.Carrier)
		}
		return a.Measure < b.Measure
	})
	sort.Slice(t.Measures, func(i, j int) bool {
		a, b := t.Measures[i], t.Measures[j]
		if a.Logged.Placements != b.Logged.Placements {
			return a.Logged.Placements > b.Logged.Placements
		}
		return a.Measure < b.Measure
	})
}

// carrierLabel names a carrier, or those that are not on the list.
func carrierLabel(plan *campaign.Plan, id campaign.CarrierID) string {
	if id == "" {
		return "不在清单中的形式"
	}
	return plan.CarrierName(id)
}

// sums gathers a line, quantities in thousandths so that they stay exact.
type sums struct {
	logged, standing, proven struct{ n, thousandths int64 }
}

func (s *sums) add(state ProofState, n uint64, thousandths int64) {
	s.logged.n, s.logged.thousandths = s.logged.n+int64(n), s.logged.thousandths+thousandths
	if state != NotStanding {
		s.standing.n, s.standing.thousandths = s.standing.n+int64(n), s.standing.thousandths+thousandths
	}
	if state.Counts() {
		s.proven.n, s.proven.thousandths = s.proven.n+int64(n), s.proven.thousandths+thousandths
	}
}

func (s *sums) line(carrier campaign.CarrierID, label, measure string) TotalsLine {
	tally := func(n, thousandths int64) Tally { return Tally{n, float64(thousandths) / 1000} }
	return TotalsLine{Carrier: carrier, Label: label, Measure: measure, Logged: tally(s.logged.n, s.logged.thousandths),
		Standing: tally(s.standing.n, s.standing.thousandths), Proven: tally(s.proven.n, s.proven.thousandths)}
}
