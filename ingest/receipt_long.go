package ingest

import (
	"context"
	"encoding/json"
	"io"
	"slices"
)

// heldRows is how many rows of each outcome a long receipt holds in memory: more than a page
// shows.
const heldRows = 1000

// long is what a receipt of more than partRows rows knows of them. Its lists hold the first
// heldRows rows of each outcome; Parts and WriteJSON give all.
type long struct {
	accepted, rejected, skipped, warned int
	rest                                func(ctx context.Context, outcome string, yield func(part *Receipt) error) error
}

// Long tells whether the lists of a receipt are the first rows only.
func (r *Receipt) Long() bool { return r.long != nil }

// AcceptedRows counts the rows that went in.
func (r *Receipt) AcceptedRows() int {
	if r.long != nil {
		return r.long.accepted
	}
	return len(r.Accepted)
}

// RejectedRows counts distinct rejected rows.
func (r *Receipt) RejectedRows() int {
	if r.long != nil {
		return r.long.rejected
	}
	seen := map[int]bool{}
	for _, rej := range r.Rejected {
		seen[rej.Row] = true
	}
	return len(seen)
}

// SkippedRows counts the rows that hold nothing to take.
func (r *Receipt) SkippedRows() int {
	if r.long != nil {
		return r.long.skipped
	}
	return len(r.Skipped)
}

// WarnedRows counts the accepted rows with a warning.
func (r *Receipt) WarnedRows() int {
	if r.long != nil {
		return r.long.warned
	}
	n := 0
	for _, a := range r.Accepted {
		if a.Warning != "" {
			n++
		}
	}
	return n
}

// grow adds what became of the next rows of a long file.
func (r *Receipt) grow(part *Receipt) {
	r.Rows += part.Rows
	r.long.accepted += len(part.Accepted)
	r.long.rejected += part.RejectedRows()
	r.long.skipped += len(part.Skipped)
	r.long.warned += part.WarnedRows()
	r.AlreadyKnown += len(part.Known)
	r.Accepted = append(r.Accepted, first(part.Accepted, len(r.Accepted))...)
	r.Skipped = append(r.Skipped, first(part.Skipped, len(r.Skipped))...)
	r.Known = append(r.Known, first(part.Known, len(r.Known))...)
	for _, x := range first(part.Rejected, len(r.Rejected)) {
		r.Rejected = append(r.Rejected, x)
		r.Cells[x.Row] = part.Cells[x.Row]
	}
}

// first gives as much of a list as a long receipt has room for. The copy lets the rest go.
func first[T any](list []T, held int) []T {
	return slices.Clone(list[:min(len(list), max(0, heldRows-held))])
}

// RejectedParts gives the rejected rows with their cells, in parts of a bounded size; no row
// is in two of them.
func (r *Receipt) RejectedParts(ctx context.Context, yield func(part *Receipt) error) error {
	return r.parts(ctx, outcomeRejected, yield)
}

func (r *Receipt) parts(ctx context.Context, outcome string, yield func(part *Receipt) error) error {
	if r.long == nil {
		return yield(r)
	}
	return r.long.rest(ctx, outcome, yield)
}

// keptParts reads the rows of a receipt from the table.
func (in *Ingest) keptParts(r *Receipt) func(context.Context, string, func(*Receipt) error) error {
	id := r.ID.String()
	return func(ctx context.Context, outcome string, yield func(part *Receipt) error) error {
		part, rows, last := &Receipt{}, 0, -1
		part.empty()
		err := in.eachKept(ctx, `WHERE batch = ? AND outcome = ? ORDER BY row, field`, []any{id, outcome}, func(row int, outcome string, x Rejection, cells []string, body string) error {
			if row != last {
				rows++
			}
			last = row
			if rows > heldRows {
				if err := yield(part); err != nil {
					return err
				}
				rows = 1
				part.empty()
			}
			return part.add(row, outcome, x, cells, body)
		})
		if err != nil {
			return err
		}
		return yield(part)
	}
}

// WriteJSON writes a receipt with every row, as encoding/json writes one that isn't long.
func (r *Receipt) WriteJSON(ctx context.Context, w io.Writer) error {
	if r.long == nil {
		return json.NewEncoder(w).Encode(r)
	}
	head, err := json.Marshal(struct {
		*Receipt
		Accepted *int `json:"accepted,omitempty"` // these hide the lists of the receipt
		Rejected *int `json:"rejected,omitempty"`
		Skipped  *int `json:"skipped,omitempty"`
		Known    *int `json:"known,omitempty"`
	}{Receipt: r})
	if err != nil {
		return err
	}
	if _, err := w.Write(head[:len(head)-1]); err != nil {
		return err
	}
	lists := []struct {
		outcome string
		rows    int
		write   func(*jsonList, *Receipt) error
	}{
		{outcomeAccepted, r.AcceptedRows(), func(l *jsonList, part *Receipt) error { return writeAll(l, part.Accepted) }},
		{outcomeRejected, r.RejectedRows(), func(l *jsonList, part *Receipt) error { return writeAll(l, part.Rejected) }},
		{outcomeSkipped, r.SkippedRows(), func(l *jsonList, part *Receipt) error { return writeAll(l, part.Skipped) }},
		{outcomeKnown, r.AlreadyKnown, func(l *jsonList, part *Receipt) error { return writeAll(l, part.Known) }},
	}
	for _, one := range lists {
		if one.rows == 0 && one.outcome == outcomeKnown {
			continue
		}
		list := &jsonList{w: w}
		if _, err := io.WriteString(w, `,"`+one.outcome+`":[`); err != nil {
			return err
		}
		if one.rows > 0 {
			if err := r.parts(ctx, one.outcome, func(part *Receipt) error { return one.write(list, part) }); err != nil {
				return err
			}
		}
		if _, err := io.WriteString(w, "]"); err != nil {
			return err
		}
	}
	_, err = io.WriteString(w, "}\n")
	return err
}

// jsonList writes the members of a list with commas between them.
type jsonList struct {
	w     io.Writer
	begun bool
}

func writeAll[T any](l *jsonList, rows []T) error {
	for i := range rows {
		body, err := json.Marshal(&rows[i])
		if err != nil {
			return err
		}
		if l.begun {
			body = append([]byte(","), body...)
		}
		l.begun = true
		if _, err := l.w.Write(body); err != nil {
			return err
		}
	}
	return nil
}
