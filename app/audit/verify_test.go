package audit_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
	"shuixuan/app/clickhouse/clickhousetest"
)

// trail is a database with the file of heads of its programs.
type trail struct {
	t    *testing.T
	db   *clickhouse.DB
	file string
}

func newTrail(t *testing.T) *trail {
	t.Helper()
	return &trail{t: t, db: clickhousetest.Open(t), file: filepath.Join(t.TempDir(), audit.HeadFile)}
}

// program records events as a program that is started and ended does, and gives them as
// they were kept.
func (x *trail) program(events int) []audit.Event {
	x.t.Helper()
	log := audit.NewLog(x.db)
	log.KeepHead(x.file, slog.Default())
	made := make([]audit.Event, events)
	for i := range made {
		made[i] = event(func(e *audit.Event) { e.At, e.Thing = time.Now(), fmt.Sprint(i) })
	}
	record(x.t, log, made[:1]...)
	record(x.t, log, made[1:]...)
	if err := log.Close(); err != nil {
		x.t.Fatal(err)
	}
	byID := map[uuid.UUID]audit.Event{}
	for _, e := range all(x.t, log, "") {
		byID[e.ID] = e
	}
	for i, e := range made {
		made[i] = byID[e.ID]
	}
	return made
}

func (x *trail) verify() *audit.Verdict {
	x.t.Helper()
	v, err := audit.NewLog(x.db).Verify(x.t.Context(), x.file)
	if err != nil {
		x.t.Fatal(err)
	}
	return v
}

// exec changes the table behind the program's back.
func (x *trail) exec(query string, args ...any) {
	x.t.Helper()
	if err := x.db.Exec(x.t.Context(), query, args...); err != nil {
		x.t.Fatalf("%s: %v", query, err)
	}
}

const mutation = ` SETTINGS mutations_sync = 2`

// set changes one event. The table is sorted by time and id, so where one of those is to
// change the row is taken out and put in again.
func (x *trail) set(e audit.Event, assignment string) {
	x.exec(`ALTER TABLE audit_events UPDATE `+assignment+` WHERE id = ?`+mutation, e.ID.String())
}

func (x *trail) remove(where string, args ...any) {
	x.exec(`ALTER TABLE audit_events DELETE WHERE `+where+mutation, args...)
}

// again puts an event in once more, as it is.
func (x *trail) again(e audit.Event) {
	x.t.Helper()
	const insert = `INSERT INTO audit_events
		(id, at, actor, actor_name, role, unit, address, reference, verb, outcome, campaign, kind, thing, before, after, chain, seq, previous, hash)`
	err := x.db.Insert(x.t.Context(), insert, func(b driver.Batch) error {
		return b.Append(e.ID, e.At, e.Actor.ID, e.Actor.Name, string(e.Actor.Role), e.Actor.Unit, e.Actor.Address, e.Actor.Reference,
			e.Verb, string(e.Outcome), e.Campaign, e.Kind, e.Thing, string(e.Before), string(e.After),
			e.Link.Chain, e.Link.Seq, e.Link.Previous, e.Link.Hash)
	})
	if err != nil {
		x.t.Fatal(err)
	}
}

// want holds what Verify finds against what was done: kinds of faults with the place
// where each shows.
func (x *trail) want(did string, faults ...string) {
	x.t.Helper()
	v := x.verify()
	var got []string
	for _, f := range v.Faults {
		got = append(got, fmt.Sprintf("%s %d", f.Kind, f.Seq))
		if words := f.Words(); !strings.ContainsAny(words, "链") || strings.Contains(words, string(f.Kind)) {
			x.t.Errorf("%s: the fault is told as %q", did, words)
		}
	}
	if strings.Join(got, ", ") != strings.Join(faults, ", ") || v.Sound != (len(faults) == 0) {
		x.t.Errorf("%s: found %v (sound: %t), want %v", did, got, v.Sound, faults)
	}
}

// Three programs, one after the other: three chains, each behind the one before.
func TestAnUntouchedTrailIsSound(t *testing.T) {
	x := newTrail(t)
	var before audit.Event
	for round := range 3 {
		events := x.program(5)
		for i, e := range events {
			if e.Link.Seq != uint64(i+1) || e.Link.Chain != events[0].Link.Chain || e.Link.Previous != before.Link.Hash {
				t.Errorf("program %d, event %d is at %+v, behind %s", round, i, e.Link, before.Link.Hash)
			}
			before = e
		}
	}
	x.want("nothing")
	if v := x.verify(); v.Events != 15 || v.Chains != 3 || v.Before != 0 || v.Unkept != 0 || v.Heads != 6 {
		t.Errorf("%+v, want 15 events in 3 chains, and 2 lines for each: its beginning and its end", v)
	}
}

// Each part of an event is under its hash.
func TestAChangedPartShows(t *testing.T) {
	x := newTrail(t)
	parts := []string{`actor = 'x'`, `actor_name = '别人'`, `role = 'office'`, `unit = ''`, `address = ''`, `reference = ''`, `verb = 'placement.read'`,
		`outcome = 'refused'`, `campaign = ''`, `kind = ''`, `thing = 'b'`, `before = ''`, `after = replaceOne(after, '6', '7')`}
	var faults []string
	for i, e := range x.program(len(parts)) {
		x.set(e, parts[i])
		faults = append(faults, fmt.Sprint("changed ", i+1))
	}
	x.want("a part of each", faults...)
}

func TestTamperingShows(t *testing.T) {
	x := newTrail(t)
	var first, second []audit.Event
	did := func(what string, tamper func(), faults ...string) {
		t.Helper()
		x.exec("TRUNCATE TABLE audit_events")
		x.file = filepath.Join(t.TempDir(), audit.HeadFile)
		first, second = x.program(6), x.program(4)
		tamper()
		x.want(what, faults...)
	}
	did("at, by taking it out and putting it in later", func() {
		e := first[2]
		x.remove("id = ?", e.ID.String())
		e.At = e.At.Add(time.Millisecond)
		x.again(e)
	}, "changed 3")
	did("removed in the middle", func() { x.remove("id IN (?)", []string{first[2].ID.String(), first[3].ID.String()}) }, "missing 5")
	did("removed at the beginning", func() { x.remove("id = ?", first[0].ID.String()) }, "missing 2")
	did("the end of a chain with another behind it", func() { x.remove("id = ?", first[5].ID.String()) }, "cut-short 5", "dangling 1")
	did("the end of the trail", func() { x.remove("id IN (?)", []string{second[2].ID.String(), second[3].ID.String()}) }, "cut-short 2")
	did("a whole chain", func() { x.remove("chain = toUUID(?)", first[0].Link.Chain.String()) }, "dangling 1", "chain-missing 0")
	did("the last chain", func() { x.remove("chain = toUUID(?)", second[0].Link.Chain.String()) }, "chain-missing 0")
	did("everything", func() { x.exec("TRUNCATE TABLE audit_events") }, "chain-missing 0", "chain-missing 0")
	did("twice", func() { x.again(first[3]) }, "repeated 4")
	did("two swapped", func() {
		x.set(first[2], "seq = 4")
		x.set(first[3], "seq = 3")
	}, "unlinked 3", "changed 3", "unlinked 4", "changed 4", "unlinked 5")
	did("no place", func() {
		e := first[3]
		e.ID, e.Link = uuid.New(), audit.Link{}
		x.again(e)
	}, "inserted 0")
	did("a place before the first", func() {
		e := first[3]
		e.ID, e.Link.Seq = uuid.New(), 0
		x.again(e)
	}, "inserted 0")
	did("the place of another, with a hash made up", func() {
		e := first[3]
		e.ID, e.Thing = uuid.New(), "x"
		x.again(e)
	}, "inserted 4")
	// Who knows how hashes are made writes an event anew: the one behind it tells.
	did("rewritten with its hash", func() {
		e := first[2]
		x.remove("id = ?", e.ID.String())
		e.Thing = "another"
		x.again(audit.Resealed(e))
	}, "unlinked 4")
	// And who writes all of a chain anew is told by the file, and by the chain behind it.
	did("a chain rewritten", func() {
		previous := ""
		for i, e := range first {
			x.remove("id = ?", e.ID.String())
			if e.Link.Previous = previous; i == 2 {
				e.Thing = "another"
			}
			e = audit.Resealed(e)
			previous = e.Link.Hash
			x.again(e)
		}
	}, "rewritten 6", "dangling 1")
	did("moved behind the chains", func() { x.set(first[5], "chain = toUUID('00000000-0000-0000-0000-000000000000')") },
		"cut-short 5", "inserted 6")
}

// Without the file only the end of the last chain is out of sight.
func TestWithoutTheFileOnlyTheEndIsOutOfSight(t *testing.T) {
	x := newTrail(t)
	first, second := x.program(3), x.program(3)
	if err := os.Remove(x.file); err != nil {
		t.Fatal(err)
	}
	if v := x.verify(); !v.Sound || v.Unkept != 2 {
		t.Errorf("%+v, want sound, and two chains that no line names", v)
	}
	x.remove("id = ?", second[2].ID.String())
	x.want("the end of the last chain, unseen")
	x.remove("id = ?", first[2].ID.String())
	x.want("the end of the first", "dangling 1")
}

// Events that an earlier version wrote have no chain. They are counted and no fault.
func TestEventsFromBeforeTheChainAreNoFault(t *testing.T) {
	x := newTrail(t)
	for i := range 4 {
		e := event(func(e *audit.Event) { e.At = noon.Add(time.Duration(i) * time.Second); e.Outcome = "" })
		x.again(e)
	}
	if v := x.verify(); !v.Sound || v.Before != 4 || v.Chains != 0 {
		t.Errorf("%+v, want four from before", v)
	}
	x.program(3)
	x.want("nothing")
	if v := x.verify(); v.Before != 4 || v.Events != 3 {
		t.Errorf("%+v, want four from before and three since", v)
	}
	x.again(event(func(e *audit.Event) { e.At = time.Now().Add(time.Second) }))
	x.want("one without a chain, later than the first with one", "inserted 0")
}

// Torn lines of a power cut are counted and hold up nothing; the next line stands on its own.
func TestATornLineOfTheFile(t *testing.T) {
	x := newTrail(t)
	x.program(2)
	f, err := os.OpenFile(x.file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`{"at":"2026-01-01T00:00:00Z","chain":"a`)
	f.Close()
	events := x.program(2)
	if v := x.verify(); !v.Sound || v.UnreadableHeads != 1 || v.Heads != 5 {
		t.Errorf("%+v, want sound, with one of five lines torn", v)
	}
	x.remove("id = ?", events[1].ID.String())
	x.want("the end", "cut-short 1")
	if info, err := os.Stat(x.file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: the file is the owner's", info.Mode(), err)
	}
}

// Forty callers at once: one chain, no place twice, and the events of a caller side by side.
func TestCallersAtOnceShareOneChain(t *testing.T) {
	x := newTrail(t)
	log := audit.NewLog(x.db)
	log.KeepHead(x.file, slog.Default())
	var wg sync.WaitGroup
	for caller := range 40 {
		wg.Go(func() {
			for n := range 5 {
				group := make([]audit.Event, 1+rand.N(3))
				for i := range group {
					group[i] = event(func(e *audit.Event) { e.At, e.Thing = time.Now(), fmt.Sprint(caller, n) })
				}
				if err := log.Record(t.Context(), group...); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	x.want("nothing")
	if v := x.verify(); v.Chains != 1 || v.Events < 200 {
		t.Errorf("%+v, want one chain", v)
	}
}

// A caller who can't wait any longer is told, and either outcome leaves the chain sound.
func TestACallerWhoLeaves(t *testing.T) {
	x := newTrail(t)
	log := audit.NewLog(x.db)
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Millisecond)
			defer cancel()
			_ = log.Record(ctx, event()) // either
		})
	}
	wg.Wait()
	record(t, log, event())
	x.want("nothing")
}

// When an insert fails, its outcome is open: the chain ends there and another begins.
// Whether the events of the first arrive or not, and when, nothing is called tampering.
func TestAFailedInsertLeavesNoFault(t *testing.T) {
	for _, late := range []bool{false, true} {
		x := newTrail(t)
		log := audit.NewLog(x.db)
		log.KeepHead(x.file, slog.Default())
		record(t, log, event(), event())
		x.exec(`RENAME TABLE audit_events TO elsewhere`)
		x.exec(`CREATE TABLE audit_events AS elsewhere ENGINE = Null`)
		x.exec(`ALTER TABLE audit_events DROP COLUMN hash`)
		if err := log.Record(t.Context(), event()); err == nil {
			t.Fatal("recorded without a table")
		}
		x.exec(`DROP TABLE audit_events SYNC`)
		x.exec(`RENAME TABLE elsewhere TO audit_events`)
		kept := all(t, log, "")
		record(t, log, event(), event())
		if late { // the lost insert lands after all
			last := kept[0]
			if kept[1].Link.Seq > last.Link.Seq {
				last = kept[1]
			}
			x.again(audit.Resealed(event(func(e *audit.Event) {
				e.Link = audit.Link{Chain: last.Link.Chain, Seq: 3, Previous: last.Link.Hash}
			})))
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		x.want("nothing")
		if v := x.verify(); v.Chains != 2 {
			t.Errorf("%+v, want a second chain behind the failure", v)
		}
	}
}

// TestTheTail: the end of the newest chain is recounted by itself, from anywhere in it, and what
// was done before it is out of its sight.
func TestTheTail(t *testing.T) {
	x := newTrail(t)
	tail := func(most uint64) *audit.Verdict {
		t.Helper()
		v, err := audit.NewLog(x.db).VerifyTail(t.Context(), x.file, most)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := tail(3); !v.Sound || v.Events != 0 {
		t.Errorf("of no events: %+v", v)
	}
	x.program(4)
	events := x.program(8)
	for most, want := range map[uint64]uint64{1: 1, 3: 3, 7: 7, 8: 8, 100: 8} {
		if v := tail(most); !v.Sound || v.Events != want {
			t.Errorf("the last %d: %+v, want %d events", most, v, want)
		}
	}
	x.set(events[2], `verb = 'x'`) // place 3
	if v := tail(5); !v.Sound {
		t.Errorf("changed before the last 5: %+v", v)
	}
	if v := tail(6); v.Sound || v.Faults[0].Kind != audit.Changed || v.Faults[0].Seq != 3 {
		t.Errorf("changed within the last 6: %+v", v)
	}
	x.remove("id = ?", events[7].ID.String())
	if v := tail(3); v.Sound || v.Faults[0].Kind != audit.CutShort {
		t.Errorf("the last one removed: %+v", v)
	}
}

// TestAnUnknownOutcome: events of which nobody can say whether they are there go in once, whether
// they were, or the engine has their token alone, or neither.
func TestAnUnknownOutcome(t *testing.T) {
	x := newTrail(t)
	log := audit.NewLog(x.db)
	record(t, log, event())
	for _, lost := range []string{"0", "1", "0"} {
		events := all(t, log, "")
		clickhousetest.Lose(t, x.db, "audit_events", lost)
		if err := log.InsertAgain(t.Context(), events); err != nil {
			t.Fatal(err)
		}
		if v := x.verify(); v.Events != 1 {
			t.Errorf("%+v, want one event", v)
		}
	}
	next := audit.Resealed(event(func(e *audit.Event) {
		last := all(t, log, "")[0].Link
		e.Link = audit.Link{Chain: last.Chain, Seq: 2, Previous: last.Hash}
	}))
	if err := log.InsertAgain(t.Context(), []audit.Event{next}); err != nil {
		t.Fatal(err)
	}
	x.want("nothing")
	if v := x.verify(); v.Events != 2 {
		t.Errorf("%+v, want two events", v)
	}
}
