package audit

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// shanghai is the clock of those who read.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// FaultKind says what is wrong with the trail.
type FaultKind string

// The closed list of faults.
const (
	Changed   FaultKind = "changed"       // the content isn't that of its hash
	Missing   FaultKind = "missing"       // events before this one are gone
	CutShort  FaultKind = "cut-short"     // events after the last of a chain are gone
	ChainGone FaultKind = "chain-missing" // a whole chain is gone
	Inserted  FaultKind = "inserted"      // it doesn't belong to its chain, or to any
	Repeated  FaultKind = "repeated"      // it is there more than once
	Unlinked  FaultKind = "unlinked"      // the event before it is another than when it was written
	Dangling  FaultKind = "dangling"      // a chain begins behind an event that isn't there
	Rewritten FaultKind = "rewritten"     // the file of heads knows another event at this place
)

// Fault is one thing wrong with the trail. Seq, Event, At, Verb and Actor are of the event
// at which it shows, empty where there is none; From and To are the places of those that
// are missing.
type Fault struct {
	Kind  FaultKind `json:"kind"`
	Chain uuid.UUID `json:"chain"`
	Seq   uint64    `json:"seq,omitempty"`
	Event uuid.UUID `json:"event,omitzero"`
	At    time.Time `json:"at,omitzero"`
	Verb  string    `json:"verb,omitempty"`
	Actor string    `json:"actor,omitempty"`
	From  uint64    `json:"from,omitempty"`
	To    uint64    `json:"to,omitempty"`
}

// Verdict is what Verify found.
type Verdict struct {
	Sound  bool   `json:"sound"`
	Events uint64 `json:"events"` // in chains
	Chains uint64 `json:"chains"`
	// Before counts the events from before the chains, of which nothing can be said.
	Before uint64 `json:"before_the_chain"`
	// Heads counts the lines of the file of heads, UnreadableHeads those that are none.
	Heads           int `json:"heads"`
	UnreadableHeads int `json:"unreadable_heads"`
	// Unkept counts the chains that no line of the file names.
	Unkept uint64  `json:"chains_without_head"`
	Faults []Fault `json:"faults"`
	// Unlisted counts the faults beyond mostFaults.
	Unlisted uint64 `json:"unlisted_faults"`
}

// mostFaults is how many faults are told; a table that was written anew has one per event.
const mostFaults = 1000

// Verify walks through all chains, in a stream, and holds them against the file of heads.
// It may run while events are written: the file is read first, so what it names is there.
func (l *Log) Verify(ctx context.Context, file string) (*Verdict, error) {
	kept, err := readHeads(file)
	if err != nil {
		return nil, err
	}
	w := &walk{kept: kept.furthest, verdict: Verdict{Heads: kept.lines, UnreadableHeads: kept.unreadable, Faults: []Fault{}}}
	if err := l.walkChains(ctx, w); err != nil {
		return nil, err
	}
	if err := l.checkStarts(ctx, w); err != nil {
		return nil, err
	}
	if err := l.checkUnchained(ctx, w); err != nil {
		return nil, err
	}
	for chain, h := range w.kept { // those that were met are taken out
		w.fault(Fault{Kind: ChainGone, Chain: chain, From: 1, To: h.Seq})
	}
	v := &w.verdict
	v.Sound = len(v.Faults) == 0
	return v, nil
}

// walk goes through the chains, one after the other, by place.
type walk struct {
	verdict Verdict
	kept    map[uuid.UUID]keptHead

	last   Event   // of the chain, as it was accepted; Seq 0 before the first
	same   []Event // of one place, normally one
	starts []start
}

// start is the first event of a chain and what it says it stands behind.
type start struct {
	previous string
	fault    Fault
}

func (w *walk) fault(f Fault) {
	if len(w.verdict.Faults) == mostFaults {
		w.verdict.Unlisted++
		return
	}
	w.verdict.Faults = append(w.verdict.Faults, f)
}

// at is a fault that shows at an event.
func at(kind FaultKind, e *Event) Fault {
	return Fault{Kind: kind, Chain: e.Link.Chain, Seq: e.Link.Seq, Event: e.ID, At: e.At, Verb: e.Verb, Actor: e.Actor.Name}
}

// walkChains streams the trail by chain and place. The engine sorts it, on disk where
// it is large.
func (l *Log) walkChains(ctx context.Context, w *walk) error {
	rows, err := l.db.Query(ctx, `
SELECT `+columns+` FROM audit_events WHERE chain != toUUID(?)
ORDER BY chain, seq, id
SETTINGS max_bytes_before_external_sort = 67108864`, uuid.Nil.String())
	if err != nil {
		return fmt.Errorf("verify audit events: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scan(rows)
		if err != nil {
			return err
		}
		w.verdict.Events++
		if len(w.same) > 0 && w.same[0].Link.Chain != e.Link.Chain {
			w.endOfChain()
		} else if len(w.same) > 0 && w.same[0].Link.Seq != e.Link.Seq {
			w.place()
		}
		w.same = append(w.same, e)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("verify audit events: %w", err)
	}
	if len(w.same) > 0 {
		w.endOfChain()
	}
	return nil
}

// place judges the events of one place and goes on behind the one that belongs there.
func (w *walk) place() {
	e, others := w.belongs()
	w.same = w.same[:0]
	for _, other := range others {
		kind := Inserted
		if other.ID == e.ID {
			kind = Repeated
		}
		w.fault(at(kind, &other))
	}
	want := w.last.Link.Seq + 1
	switch {
	case e.Link.Seq == 0: // there is no such place
		w.fault(at(Inserted, &e))
		return
	case e.Link.Seq > want:
		f := at(Missing, &e)
		f.From, f.To = want, e.Link.Seq-1
		w.fault(f)
	case want > 1 && e.Link.Previous != w.last.Link.Hash:
		w.fault(at(Unlinked, &e))
	case want == 1 && e.Link.Previous != "":
		w.starts = append(w.starts, start{e.Link.Previous, at(Dangling, &e)})
	}
	if e.sum() != e.Link.Hash {
		w.fault(at(Changed, &e))
	}
	if h := w.kept[e.Link.Chain]; h.Seq == e.Link.Seq && h.Hash != e.Link.Hash {
		w.fault(at(Rewritten, &e))
	}
	w.last = e
}

// belongs picks the event of this place: whole and behind the last one, else whole, else
// any. Seldom is there a choice.
func (w *walk) belongs() (Event, []Event) {
	best, rank := 0, -1
	for i := range w.same {
		e, r := &w.same[i], 0
		if e.sum() == e.Link.Hash {
			r = 1
			if e.Link.Previous == w.last.Link.Hash {
				r = 2
			}
		}
		if r > rank {
			best, rank = i, r
		}
	}
	e := w.same[best]
	return e, slices.Delete(slices.Clone(w.same), best, best+1)
}

// endOfChain judges the last place of a chain, and what the file of heads knows of it.
func (w *walk) endOfChain() {
	w.place()
	last := w.last
	w.last = Event{}
	w.verdict.Chains++
	h, known := w.kept[last.Link.Chain]
	delete(w.kept, last.Link.Chain)
	if !known {
		w.verdict.Unkept++
	}
	if h.Seq > last.Link.Seq {
		f := at(CutShort, &last)
		f.From, f.To = last.Link.Seq+1, h.Seq
		w.fault(f)
	}
}

// startsAsked is how many hashes one question holds.
const startsAsked = 1000

// checkStarts looks for what the chains stand behind.
func (l *Log) checkStarts(ctx context.Context, w *walk) error {
	for part := range slices.Chunk(w.starts, startsAsked) {
		hashes := make([]string, len(part))
		for i, s := range part {
			hashes[i] = s.previous
		}
		rows, err := l.db.Query(ctx, `SELECT hash FROM audit_events WHERE hash IN (?)`, hashes)
		if err != nil {
			return fmt.Errorf("verify audit events: %w", err)
		}
		found := map[string]bool{}
		for rows.Next() {
			var hash string
			if err := rows.Scan(&hash); err != nil {
				rows.Close()
				return fmt.Errorf("verify audit events: %w", err)
			}
			found[hash] = true
		}
		if err := rows.Close(); err != nil {
			return fmt.Errorf("verify audit events: %w", err)
		}
		for _, s := range part {
			if !found[s.previous] {
				w.fault(s.fault)
			}
		}
	}
	return nil
}

// checkUnchained looks at the events without a chain. From the time before there were
// chains they can't have one; a later one came in by another door.
func (l *Log) checkUnchained(ctx context.Context, w *walk) error {
	var first time.Time
	var before uint64
	nobody := uuid.Nil.String()
	const counts = `SELECT minIf(at, chain != toUUID(?)) AS first, countIf(chain = toUUID(?)) FROM audit_events`
	if err := l.db.QueryRow(ctx, counts, nobody, nobody).Scan(&first, &before); err != nil {
		return fmt.Errorf("verify audit events: %w", err)
	}
	if w.verdict.Chains > 0 {
		rows, err := l.db.Query(ctx, `SELECT `+columns+` FROM audit_events
			WHERE chain = toUUID(?) AND (hash != '' OR at >= fromUnixTimestamp64Milli(toInt64(?), 'UTC')) ORDER BY at, id`, nobody, first.UnixMilli())
		if err != nil {
			return fmt.Errorf("verify audit events: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			e, err := scan(rows)
			if err != nil {
				return err
			}
			before--
			w.fault(at(Inserted, &e))
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("verify audit events: %w", err)
		}
	}
	w.verdict.Before = before
	return nil
}
