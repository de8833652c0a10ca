package analytics

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/placement"
)

//go:embed proof.sql
var proofSQL string

//go:embed standing.sql
var standingSQL string

// ProofState says how well it is shown that a placement stands on a day.
//
// A placement stands while its flight holds the day, and an act from its start on. It is proven while its carrier's
// rule is met as well. Where the rule asks for no photo, the entry is the proof, renewed
// by an inspection of the office; else a photo that nothing contradicts, the first time
// as many as the rule needs, or an inspection. A proof holds for the rule's interval; one
// of 0 days never grows old. What was found damaged or gone is not proven until a later
// proof: by photo where the rule needs photos, else by the office.
type ProofState string

// The closed list of states of proof. Only the first two count as covered.
const (
	Proven      ProofState = "proven"
	GrowingOld  ProofState = "growing-old"  // proven, in the last days of its interval
	Old         ProofState = "old"          // stands; the last proof is older than the interval
	NeverProven ProofState = "never"        // stands; fewer photos than the rule needs
	Defective   ProofState = "defect"       // found damaged, and not proven again
	Gone        ProofState = "gone"         // found gone, and not proven again
	NotStanding ProofState = "not-standing" // its flight doesn't hold the day
)

// ProofStates are all states, those that count first. Their order is that of the numbers
// which proof.sql gives them.
var ProofStates = []ProofState{Proven, GrowingOld, Old, NeverProven, Defective, Gone, NotStanding}

// Counts tells whether a placement in this state is proven.
func (s ProofState) Counts() bool { return s == Proven || s == GrowingOld }

// StandingFilter narrows the list; a zero field narrows nothing. The unit is the scope's.
// Unplaced asks for those without a position only. After is the last row of the page before.
type StandingFilter struct {
	Chosen
	Placements []uuid.UUID
	Unplaced   bool
	After      StandingCursor
	Limit      int
}

// StandingCursor is a row's place in the list: the day on which it needs something, its
// start and its id. The zero value is the start of the list.
type StandingCursor struct {
	Needs, Start time.Time
	ID           uuid.UUID
}

// IsZero tells the start of a list.
func (c StandingCursor) IsZero() bool { return c == StandingCursor{} }

// String is the cursor as it stands in an address, empty for the zero value.
func (c StandingCursor) String() string {
	if c.IsZero() {
		return ""
	}
	return civil(c.Needs) + "." + civil(c.Start) + "." + c.ID.String()
}

// ParseStandingCursor reads what String wrote; anything else starts the list.
func ParseStandingCursor(text string) StandingCursor {
	parts := strings.SplitN(text, ".", 3)
	if len(parts) < 3 {
		return StandingCursor{}
	}
	needs, wrong := time.Parse(time.DateOnly, parts[0])
	start, also := time.Parse(time.DateOnly, parts[1])
	id, err := uuid.Parse(parts[2])
	if wrong != nil || also != nil || err != nil {
		return StandingCursor{}
	}
	return StandingCursor{needs, start, id}
}

// before tells whether a row stands before another in the list.
func (c StandingCursor) before(other StandingCursor) bool {
	return cmp.Or(c.Needs.Compare(other.Needs), c.Start.Compare(other.Start), cmp.Compare(c.ID.String(), other.ID.String())) < 0
}

// StandingRow is a placement with how its proof stands. Dates are civil dates; a zero End
// is open. LastProof is zero where nothing shows that it stands, Until is the last day
// on which the last proof holds, zero where it holds to the end of the flight. DaysAgo counts
// from LastProof. RepairDue is the first day of all open faults on which a repair is due.
type StandingRow struct {
	Placement   uuid.UUID          `json:"placement"`
	Task        campaign.TaskCode  `json:"task"`
	Unit        org.UnitID         `json:"unit"`
	Carrier     campaign.CarrierID `json:"carrier"`
	CarrierText string             `json:"carrier_text"`
	Place       string             `json:"place"`
	Quantity    float64            `json:"quantity"`
	Measure     string             `json:"measure"`
	Start       time.Time          `json:"start"`
	End         time.Time          `json:"end,omitzero"`
	State       ProofState         `json:"state"`
	LastProof   time.Time          `json:"last_proof,omitzero"`
	DaysAgo     int                `json:"days_ago"`
	Until       time.Time          `json:"until,omitzero"`
	Defects     []placement.Defect `json:"defects,omitempty"`
	RepairDue   time.Time          `json:"repair_due,omitzero"`

	Position *placement.Position `json:"position,omitempty"` // raw, in its own datum
	Needs    time.Time           `json:"-"`                  // the list is ordered by this
}

// Cursor is the row's place in the list.
func (r StandingRow) Cursor() StandingCursor { return StandingCursor{r.Needs, r.Start, r.Placement} }

// mostWhole is up to how many placements in the tables the proof of all is asked for at
// once and picked from. The statement costs 50 ms of planning whatever it is asked for; a
// page per placement would pay that each time, and from memory nobody does.
const mostWhole = 5000

// Standing lists placements that count with the state of their proof on the scope's day,
// those first that need something soonest.
func (r *Reader) Standing(ctx context.Context, plan *campaign.Plan, scope Scope, f StandingFilter) ([]StandingRow, error) {
	if err := scope.check(plan); err != nil {
		return nil, err
	}
	held, err := r.placements(ctx)
	if err != nil {
		return nil, err
	}
	if held > mostWhole {
		return r.askStanding(ctx, plan, scope, f)
	}
	all := scope
	all.Unit = ""
	rows, err := r.askStanding(ctx, plan, all, StandingFilter{})
	if err != nil {
		return nil, err
	}
	wanted := map[uuid.UUID]bool{}
	for _, id := range f.Placements {
		wanted[id] = true
	}
	rows = slices.DeleteFunc(rows, func(row StandingRow) bool {
		return scope.Unit != "" && row.Unit != scope.Unit || len(f.Placements) > 0 && !wanted[row.Placement] || !f.lets(row)
	})
	if f.Limit > 0 && len(rows) > f.Limit {
		rows = rows[:f.Limit]
	}
	return rows, nil
}

// lets tells whether a row passes the parts of the filter besides unit and placements, as
// standing.sql tells it.
func (f StandingFilter) lets(row StandingRow) bool {
	return f.state(row.State) && (f.Task == "" || f.Task == row.Task) && f.carries(row.Carrier) && (f.Measure == "" || f.Measure == row.Measure) &&
		(!f.Unplaced || row.Position == nil) && (f.After.IsZero() || f.After.before(row.Cursor()))
}

// placements is how many placements the tables hold, of all campaigns.
func (r *Reader) placements(ctx context.Context) (uint64, error) {
	held, err := recall(ctx, r, "how many placements", placementTables, closedWave{}, func(ctx context.Context, _ string) ([]uint64, error) {
		var n uint64
		err := r.db.QueryRow(ctx, "SELECT count() FROM placements").Scan(&n)
		return []uint64{n}, err
	})
	if err != nil {
		return 0, fmt.Errorf("ask how many placements there are: %w", err)
	}
	return held[0], nil
}

// askStanding asks the engine for what a filter lets through.
func (r *Reader) askStanding(ctx context.Context, plan *campaign.Plan, scope Scope, f StandingFilter) ([]StandingRow, error) {
	pieces := map[string]string{"limit": "", "placements": "", "evidence": ""}
	if f.Limit > 0 {
		pieces["limit"] = "LIMIT " + strconv.Itoa(f.Limit)
	}
	values := proofValues(plan, scope)
	values["days"] = []string{civil(scope.AsOf)}
	f.bind(values)
	values["unplaced"] = map[bool]string{true: "1"}[f.Unplaced]
	values["needs"], values["started"], values["after"] = civil(f.After.Needs), civil(f.After.Start), f.After.ID.String()
	if f.After.IsZero() {
		values["needs"], values["started"], values["after"] = "1970-01-01", "1970-01-01", ""
	}
	if len(f.Placements) > 0 {
		pieces["placements"] = "AND id IN (SELECT toUUID(arrayJoin(@ids)))"
		pieces["evidence"] = "AND placement IN (SELECT toUUID(arrayJoin(@ids)))"
		ids := make([]string, len(f.Placements))
		for i, id := range f.Placements {
			ids[i] = id.String()
		}
		values["ids"] = ids
	}
	s := statement{text: fill(fill(standingSQL, map[string]string{"proof": proofSQL, "chosen": chosenSQL}), pieces), tables: proofTables, values: values}
	rows, err := ask(ctx, r, "standing", s, scanStandingRow)
	if err != nil {
		return nil, err
	}
	rows = slices.Clone(rows) // what is remembered is shared
	for i := range rows {
		if last := rows[i].LastProof; !last.IsZero() {
			rows[i].DaysAgo = int(scope.AsOf.Sub(last) / day)
		}
	}
	return rows, nil
}

// proofValues are what the text of proof.sql asks with: the rules of the carriers beside
// campaign, unit and day.
func proofValues(plan *campaign.Plan, scope Scope) map[string]any {
	// A placement whose carrier isn't on the list has no rule; the lists are never empty.
	carriers, photos, intervals, acts := []string{""}, []string{"0"}, []string{"0"}, []string{"0"}
	for _, c := range plan.Carriers {
		carriers = append(carriers, string(c.ID))
		photos = append(photos, strconv.Itoa(max(c.Rule.Photos.Value, 0)))
		intervals = append(intervals, strconv.Itoa(max(c.Rule.Interval.Value, 0)))
		act := "0"
		if c.Rule.Once.Value {
			act = "1"
		}
		acts = append(acts, act)
	}
	return map[string]any{
		"campaign": plan.Campaign.ID, "unit": string(scope.Unit), "day": civil(scope.AsOf),
		"carriers": carriers, "photos": photos, "intervals": intervals, "acts": acts, "soon": strconv.Itoa(plan.Campaign.Settings.SoonDays()),
	}
}

func scanStandingRow(rows driver.Rows) (StandingRow, error) {
	var s StandingRow
	var task, unit, carrier string
	var state uint8
	var last, holds uint32
	var due time.Time
	var defects []string
	var longitude, latitude *float64
	var datum string
	err := rows.Scan(&s.Placement, &task, &unit, &carrier, &s.CarrierText, &s.Place, &s.Quantity, &s.Measure, &s.Start, &s.End, &longitude, &latitude, &datum,
		&state, &last, &holds, &due, &defects, &s.Needs)
	if err != nil {
		return s, fmt.Errorf("read standing: %w", err)
	}
	s.Task, s.Unit, s.Carrier, s.State = campaign.TaskCode(task), org.UnitID(unit), campaign.CarrierID(carrier), ProofStates[state]
	if s.End.Equal(never) {
		s.End = time.Time{}
	}
	if longitude != nil && latitude != nil {
		s.Position = &placement.Position{Longitude: *longitude, Latitude: *latitude, Datum: placement.Datum(datum)}
	}
	if last > 0 && s.State != NeverProven {
		s.LastProof = time.Unix(0, 0).UTC().AddDate(0, 0, int(last))
		if holds > 0 {
			s.Until = s.LastProof.AddDate(0, 0, int(holds))
		}
	}
	if s.State == Defective || s.State == Gone {
		for _, d := range defects {
			s.Defects = append(s.Defects, placement.Defect(d))
		}
		if !due.Equal(never) {
			s.RepairDue = due
		}
	}
	return s, nil
}

// never is the date that stands for an open end in a statement.
var never = time.Date(2149, 6, 6, 0, 0, 0, 0, time.UTC)
