package sheet

import (
	"context"
	"io"
)

// outline is what must be known of a worksheet before its rows are read: it
// stands behind them, or only a look at all of them tells it.
type outline struct {
	merges   []mergedRange
	rows     int
	cells    int
	formulas int
}

// Formulas without a value are computed in small sheets only: all of the sheet has to be
// in memory for it. Programs that write a hundred thousand rows store values.
const (
	computeRows  = 5_000
	computeCells = 100_000
)

func (o outline) mayCompute() bool {
	return o.formulas > 0 && o.rows <= computeRows && o.cells <= computeCells
}

// readOutline goes once through the worksheet and looks at tags only.
func readOutline(ctx context.Context, w *workbook, part string) (outline, error) {
	var o outline
	p, err := w.archive.open(ctx, part)
	if err != nil {
		return o, err
	}
	defer p.Close()
	m := newMarkup(p)
	for {
		kind, err := m.next()
		if err == io.EOF {
			o.merges = sortMerges(o.merges)
			return o, nil
		}
		if err != nil {
			return o, p.fault(err)
		}
		if kind != openTag {
			continue
		}
		switch string(m.name) {
		case "row":
			o.rows++
		case "c":
			o.cells++
		case "f":
			o.formulas++
		case "mergeCell":
			if len(o.merges) == mostMerges {
				return o, &FileError{Fault: TooManyMerges, Limit: mostMerges, Size: mostMerges + 1}
			}
			if r, ok := mergeTag(m); ok && int(r.left) < w.limits.Columns {
				r.right = min(r.right, int32(w.limits.Columns)-1)
				o.merges = append(o.merges, r)
			}
		}
	}
}

func mergeTag(m *markup) (mergedRange, bool) {
	for {
		name, value, ok := m.attr()
		if !ok {
			return mergedRange{}, false
		}
		if string(name) == "ref" {
			return parseRange(value)
		}
	}
}
