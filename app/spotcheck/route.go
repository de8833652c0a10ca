package spotcheck

import (
	"cmp"
	"slices"

	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/placement"
)

// Settle puts the points into the order in which somebody visits them and numbers them: the
// units in the order of the plan, within a unit from one to the nearest that is left, where
// positions are known. The first is the one furthest from the middle of the unit's points, so
// that the way begins at an end. Points without a position follow, by place and id.
func (c *Check) Settle(plan *campaign.Plan) {
	at := map[org.UnitID]int{}
	for i, u := range plan.Units.Units() {
		at[u.ID] = i + 1
	}
	order := func(u org.UnitID) int {
		if i := at[u]; i > 0 {
			return i
		}
		return len(at) + 1
	}
	slices.SortFunc(c.Points, func(a, b Point) int {
		return cmp.Or(cmp.Compare(order(a.Unit), order(b.Unit)), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Place, b.Place), slices.Compare(a.Placement[:], b.Placement[:]))
	})
	for i := 0; i < len(c.Points); {
		j := i
		for j < len(c.Points) && c.Points[j].Unit == c.Points[i].Unit {
			j++
		}
		way(c.Points[i:j])
		i = j
	}
	for i := range c.Points {
		c.Points[i].Number = i + 1
	}
}

// way orders the points of one unit in place.
func way(points []Point) {
	slices.SortStableFunc(points, func(a, b Point) int { return cmp.Compare(unknown(a), unknown(b)) })
	located := points[:len(points)-countUnknown(points)]
	if len(located) < 3 {
		return
	}
	first := 0
	middle := centre(located)
	for i := range located {
		if placement.Distance(*located[i].Position, middle) > placement.Distance(*located[first].Position, middle) {
			first = i
		}
	}
	located[0], located[first] = located[first], located[0]
	for i := 1; i < len(located)-1; i++ {
		nearest := i
		for j := i + 1; j < len(located); j++ {
			if placement.Distance(*located[i-1].Position, *located[j].Position) < placement.Distance(*located[i-1].Position, *located[nearest].Position) {
				nearest = j
			}
		}
		located[i], located[nearest] = located[nearest], located[i]
	}
}

func unknown(p Point) int {
	if p.Position == nil {
		return 1
	}
	return 0
}

func countUnknown(points []Point) int {
	n := 0
	for _, p := range points {
		n += unknown(p)
	}
	return n
}

func centre(points []Point) placement.Position {
	c := placement.Position{Datum: placement.WGS84}
	for _, p := range points {
		one := p.Position.In(placement.WGS84)
		c.Longitude, c.Latitude = c.Longitude+one.Longitude/float64(len(points)), c.Latitude+one.Latitude/float64(len(points))
	}
	return c
}
