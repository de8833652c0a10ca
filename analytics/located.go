package analytics

import (
	"bytes"
	"context"
	_ "embed"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/campaign"
	"shuixuan/app/placement"
)

//go:embed located.sql
var locatedSQL string

// Point is a placement at its place in WGS-84, in degrees.
type Point struct {
	Placement uuid.UUID  `json:"placement"`
	State     ProofState `json:"state"`
	Longitude float64    `json:"longitude"`
	Latitude  float64    `json:"latitude"`
}

// Located are the chosen placements that have a position, those first whose state needs
// something most, then by id.
type Located struct {
	Points []Point `json:"points"` // shared: whoever gets them only reads
	SQL    string  `json:"sql"`
}

// Located asks where placements are. Positions keep their datum at rest; here all are in one,
// so that they can lie on one map.
func (r *Reader) Located(ctx context.Context, plan *campaign.Plan, scope Scope, chosen Chosen) (*Located, error) {
	if err := scope.check(plan); err != nil {
		return nil, err
	}
	values := proofValues(plan, scope)
	values["days"] = []string{civil(scope.AsOf)}
	chosen.bind(values)
	s := statement{text: fill(fill(locatedSQL, map[string]string{"proof": proofSQL, "chosen": chosenSQL}), everyPlacement), tables: proofTables, values: values}
	// Sorted before they are remembered: a window of the map is then cut out of them in order.
	points, err := recall(ctx, r, "located\n"+s.String(), s.tables, closedWave{}, func(ctx context.Context, _ string) ([]Point, error) {
		var all []Point
		err := r.rows(ctx, "located", s, func(rows driver.Rows) error {
			p, err := scanPoint(rows)
			all = append(all, p)
			return err
		})
		slices.SortFunc(all, comparePoints)
		return all, err
	})
	if err != nil {
		return nil, err
	}
	return &Located{Points: points, SQL: s.String()}, nil
}

// mapOrder is the order of states on a map and in the list beside it: what somebody has to
// go to first.
var mapOrder = []ProofState{Gone, Defective, Old, NeverProven, GrowingOld, Proven, NotStanding}

func comparePoints(a, b Point) int {
	if d := slices.Index(mapOrder, a.State) - slices.Index(mapOrder, b.State); d != 0 {
		return d
	}
	return bytes.Compare(a.Placement[:], b.Placement[:])
}

// Cursor is the point's place in the list, as it stands in an address.
func (p Point) Cursor() string { return string(p.State) + "." + p.Placement.String() }

// PointsAfter gives the points that follow a cursor; anything that is none starts the list.
func PointsAfter(points []Point, cursor string) []Point {
	state, id, _ := strings.Cut(cursor, ".")
	parsed, err := uuid.Parse(id)
	if err != nil || !slices.Contains(ProofStates, ProofState(state)) {
		return points
	}
	i, found := slices.BinarySearchFunc(points, Point{Placement: parsed, State: ProofState(state)}, comparePoints)
	if found {
		i++
	}
	return points[i:]
}

func scanPoint(rows driver.Rows) (Point, error) {
	var p Point
	var state int32
	raw := placement.Position{}
	var datum string
	if err := rows.Scan(&p.Placement, &state, &raw.Longitude, &raw.Latitude, &datum); err != nil {
		return p, err
	}
	raw.Datum = placement.Datum(datum)
	at := raw.In(placement.WGS84)
	p.State, p.Longitude, p.Latitude = ProofStates[state], at.Longitude, at.Latitude
	return p, nil
}
