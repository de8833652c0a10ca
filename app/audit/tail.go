package audit

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// VerifyTail recounts the last events of the newest chain, at most so many, and holds their end
// against the file of heads. It finds what was done to them and to nothing else; Verify reads all.
func (l *Log) VerifyTail(ctx context.Context, file string, most uint64) (*Verdict, error) {
	kept, err := readHeads(file)
	if err != nil {
		return nil, err
	}
	w := &walk{kept: kept.furthest, verdict: Verdict{Heads: kept.lines, UnreadableHeads: kept.unreadable, Faults: []Fault{}}}
	var chain string
	var last, events uint64
	const newest = `SELECT toString(chain), max(seq), count() FROM audit_events WHERE chain != toUUID(?) AND chain = (SELECT argMax(chain, at) FROM audit_events WHERE chain != toUUID(?)) GROUP BY chain`
	rows, err := l.db.Query(ctx, newest, uuid.Nil.String(), uuid.Nil.String())
	if err != nil {
		return nil, fmt.Errorf("verify audit events: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&chain, &last, &events); err != nil {
			return nil, fmt.Errorf("verify audit events: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("verify audit events: %w", err)
	}
	if events == 0 {
		w.verdict.Sound = true
		return &w.verdict, nil
	}
	first := uint64(1)
	if last > most {
		first = last - most + 1
		before, err := l.walkWindow(ctx, w, `chain = toUUID(?) AND seq = ? ORDER BY id`, chain, first-1)
		if err != nil {
			return nil, err
		}
		if before > 0 { // what it holds is another's to check; where it ends is what the next one stands on
			w.last, w.same, w.verdict.Events = w.same[0], nil, 0
		}
	}
	if _, err := l.walkWindow(ctx, w, `chain = toUUID(?) AND seq >= ? ORDER BY seq, id`, chain, first); err != nil {
		return nil, err
	}
	if len(w.same) > 0 {
		w.endOfChain()
	}
	w.verdict.Sound = len(w.verdict.Faults) == 0
	return &w.verdict, nil
}
