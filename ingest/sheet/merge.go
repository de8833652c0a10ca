package sheet

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
)

// mergedRange is a merge: rows from 1, columns from 0, both ends included.
type mergedRange struct{ top, left, bottom, right int32 }

// mostMerges is more than anybody merges by hand and less than hurts.
const mostMerges = 200_000

// parseRange reads "B5:B9".
func parseRange(ref []byte) (mergedRange, bool) {
	from, to, ok := bytes.Cut(ref, []byte(":"))
	if !ok {
		return mergedRange{}, false
	}
	top, left, ok1 := parsePlace(from)
	bottom, right, ok2 := parsePlace(to)
	r := mergedRange{min(top, bottom), min(left, right), max(top, bottom), max(left, right)}
	return r, ok1 && ok2
}

func parsePlace(name []byte) (row, column int32, ok bool) {
	name = bytes.ReplaceAll(name, []byte("$"), nil)
	c, ok := columnOf(name)
	if !ok {
		return 0, 0, false
	}
	r, ok := attrInt(bytes.TrimLeft(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
	return int32(r), int32(c), ok && r > 0
}

// merges lays the value of a merge over all its cells, row by row. That is what a
// person sees: a unit's name written once beside its five placements belongs to
// each of them. What the covered cells hold themselves can't be seen and gives way.
type merges struct {
	waiting []mergedRange // by top row
	active  []activeMerge
	widest  int
}

type activeMerge struct {
	mergedRange
	value Cell
}

// sortMerges orders them by row; some programs write one twice.
func sortMerges(m []mergedRange) []mergedRange {
	slices.SortFunc(m, func(a, b mergedRange) int {
		return cmp.Or(cmp.Compare(a.top, b.top), cmp.Compare(a.left, b.left), cmp.Compare(a.bottom, b.bottom), cmp.Compare(a.right, b.right))
	})
	return slices.Compact(m)
}

var errOverlap = errors.New("merges lie over each other")

// lay changes a row as the merges want it. Rows come in order; those that have
// no cells at all don't come, and need nothing.
//
// Merges of one row can't be wider together than the sheet unless they lie over each other,
// which spreadsheet programs don't let one do. A few of that kind do no harm, but two
// hundred thousand over two hundred thousand rows would keep us busy for an hour.
func (m *merges) lay(row *Row) error {
	n := int32(row.Number)
	m.active = slices.DeleteFunc(m.active, func(a activeMerge) bool { return a.bottom < n })
	for len(m.waiting) > 0 && m.waiting[0].top <= n {
		r := m.waiting[0]
		m.waiting = m.waiting[1:]
		if r.top < n { // its first row is unused, so it has no value
			continue
		}
		if value := row.Cell(int(r.left)); value.Text != "" || value.Formula != "" {
			m.active = append(m.active, activeMerge{r, value})
		}
	}
	width := 0
	for _, a := range m.active {
		if width += int(a.right-a.left) + 1; width > m.widest {
			return errOverlap
		}
		a.value.Merged = true
		for c := a.left; c <= a.right; c++ {
			if a.top == n && c == a.left {
				continue
			}
			for int(c) >= len(row.Cells) {
				row.Cells = append(row.Cells, Cell{})
			}
			row.Cells[c] = a.value
		}
	}
	return nil
}
