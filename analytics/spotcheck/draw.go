package spotcheck

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"shuixuan/analytics/estimate"
)

// fewest is how many points a stratum should be worth: of one nothing is learned about how
// much its placements differ.
const fewest = 2

// Draw draws n points out of a frame: strata of unit × carrier, allocation in proportion to
// their sizes by the largest remainder, within each stratum the placements with the smallest
// hashes of seed and id, which is a simple random sample without replacement. Cells whose share
// of n is below two points are joined: first those of one unit, then neighbouring units in the
// order of their ids. The same frame and seed give the same points, in whatever order the rows
// come.
func Draw(frame []Placement, n int, seed string) (*Sample, error) {
	if err := checkFrame(frame); err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, fmt.Errorf("draw %d points", n)
	}
	s := &Sample{Seed: seed, Asked: n, FrameSize: len(frame), FrameHash: FrameHash(frame)}
	if n >= len(frame) {
		n = len(frame)
		s.warn(Everything, "抽样范围只有%d处，全部要看，不是抽样", n)
	}
	s.Strata = strata(frame, n)
	allocate(s.Strata, n, len(frame))
	s.sayJoined()
	at := map[[2]string]int{}
	for i, stratum := range s.Strata {
		for _, cell := range stratum.Cells {
			at[[2]string{cell.Unit, cell.Carrier}] = i
		}
	}
	members := make([][]Placement, len(s.Strata))
	for _, p := range frame {
		if p.Claim == Proven {
			s.Proven++
		}
		i := at[[2]string{p.Unit, p.Carrier}]
		members[i] = append(members[i], p)
	}
	for i, list := range members {
		slices.SortFunc(list, func(a, b Placement) int { return cmp.Compare(key(seed, a.ID), key(seed, b.ID)) })
		for _, p := range list[:s.Strata[i].Drawn] {
			s.Points = append(s.Points, Drawn{Placement: p, Stratum: i, Probability: s.Strata[i].Probability()})
		}
	}
	return s, nil
}

func checkFrame(frame []Placement) error {
	if len(frame) == 0 {
		return fmt.Errorf("draw from an empty frame")
	}
	seen := make(map[string]bool, len(frame))
	for _, p := range frame {
		if seen[p.ID] {
			return fmt.Errorf("placement %s is twice in the frame", p.ID)
		}
		if p.Claim != Proven && p.Claim != Standing {
			return fmt.Errorf("placement %s claims %q", p.ID, p.Claim)
		}
		seen[p.ID] = true
	}
	return nil
}

// strata are the cells, joined where they are too small, in the order of units and carriers.
func strata(frame []Placement, n int) []Stratum {
	enough := func(size int) bool { return size*n >= fewest*len(frame) }
	var whole, small []Stratum
	for _, unit := range cells(frame) {
		rest := Stratum{}
		for _, cell := range unit {
			if enough(cell.Size) {
				whole = append(whole, Stratum{Cells: []Cell{cell}, Size: cell.Size})
				continue
			}
			rest.join(Stratum{Cells: []Cell{cell}, Size: cell.Size})
		}
		switch {
		case rest.Size == 0:
		case enough(rest.Size):
			whole = append(whole, rest)
		default:
			small = append(small, rest)
		}
	}
	var group Stratum
	groups := 0
	for _, one := range small {
		group.join(one)
		if enough(group.Size) {
			whole, group, groups = append(whole, group), Stratum{}, groups+1
		}
	}
	switch {
	case group.Size == 0:
	case groups > 0: // the last of the groups takes what is left
		whole[len(whole)-1].join(group)
	case len(whole) > 0:
		smallest := 0
		for i := range whole {
			if whole[i].Size < whole[smallest].Size {
				smallest = i
			}
		}
		whole[smallest].join(group)
	default:
		whole = append(whole, group)
	}
	slices.SortFunc(whole, func(a, b Stratum) int { return compareCells(a.Cells[0], b.Cells[0]) })
	return whole
}

// cells are those of each unit; units and, within them, carriers in the order of their ids.
func cells(frame []Placement) [][]Cell {
	sizes := map[[2]string]int{}
	for _, p := range frame {
		sizes[[2]string{p.Unit, p.Carrier}]++
	}
	var all []Cell
	for of, size := range sizes {
		all = append(all, Cell{Unit: of[0], Carrier: of[1], Size: size})
	}
	slices.SortFunc(all, compareCells)
	var units [][]Cell
	for i, cell := range all {
		if i == 0 || all[i-1].Unit != cell.Unit {
			units = append(units, nil)
		}
		units[len(units)-1] = append(units[len(units)-1], cell)
	}
	return units
}

func compareCells(a, b Cell) int {
	return cmp.Or(strings.Compare(a.Unit, b.Unit), strings.Compare(a.Carrier, b.Carrier))
}

func (s *Stratum) join(other Stratum) {
	s.Cells, s.Size = append(s.Cells, other.Cells...), s.Size+other.Size
}

// allocate gives each stratum its part of n by the largest remainder (Hamilton): the whole
// part of n·size/all, then one more for the largest remainders; of equal ones the larger
// stratum first, then the earlier. All in whole numbers, so that nothing hangs on rounding.
func allocate(list []Stratum, n, all int) {
	order := make([]int, len(list))
	left := n
	for i := range list {
		order[i] = i
		list[i].Drawn = n * list[i].Size / all
		left -= list[i].Drawn
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(n*list[b].Size%all, n*list[a].Size%all), cmp.Compare(list[b].Size, list[a].Size))
	})
	for _, i := range order[:left] {
		list[i].Drawn++
	}
}

// sayJoined tells that cells were joined; which ones stands in the strata.
func (s *Sample) sayJoined() {
	joined, cells := 0, 0
	for _, stratum := range s.Strata {
		if len(stratum.Cells) > 1 {
			joined, cells = joined+1, cells+len(stratum.Cells)
		}
	}
	if joined > 0 {
		s.warn(Joined, "有%d个“单位×形式”按比例分不到%d处，合并成%d层抽取（先并同一单位的，再按单位编号的次序并相邻单位的）", cells, fewest, joined)
	}
}

func (s *Sample) warn(code, format string, args ...any) {
	s.Warnings = append(s.Warnings, estimate.Warning{Code: code, Text: fmt.Sprintf(format, args...)})
}

func hashOf(lines []string) string {
	slices.Sort(lines)
	sum := sha256.New()
	for _, line := range lines {
		sum.Write([]byte(line))
	}
	return hex.EncodeToString(sum.Sum(nil))
}
