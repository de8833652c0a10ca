package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"shuixuan/app/audit"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/seeds"
)

// desk stands for the table where a test needs to hold the writer: it notes what each
// insert was given and refuses every group that holds "poison". The committer's promises
// are about groups, and only a held writer makes groups on purpose.
type desk struct {
	began  chan struct{} // gets a value when an insert begins
	hold   chan struct{} // each insert waits for it to be closed
	mu     sync.Mutex
	groups []int
	rows   map[string]int
}

var errPoison = errors.New("this row can't be written")

func newDesk() *desk {
	return &desk{began: make(chan struct{}, 1), hold: make(chan struct{}), rows: map[string]int{}}
}

func (d *desk) write(_ context.Context, group []*batch[string]) error {
	select {
	case d.began <- struct{}{}:
	default:
	}
	<-d.hold
	d.mu.Lock()
	defer d.mu.Unlock()
	d.groups = append(d.groups, len(group))
	for _, b := range group {
		for _, row := range b.Rows {
			if row == "poison" {
				return errPoison
			}
		}
	}
	for _, b := range group {
		b.results = nil
		for i, row := range b.Rows {
			d.rows[row]++
			b.results = append(b.results, outcome[string]{Row: &b.Rows[i], Created: true})
		}
	}
	return nil
}

// waitQueued waits until n batches wait behind the one that the writer holds.
func waitQueued[R any](t *testing.T, c *committer[R], n int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); len(c.queue) < n; {
		if time.Now().After(deadline) {
			t.Fatalf("%d batches wait, want %d", len(c.queue), n)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestFailureReachesExactlyItsCallers: of sixty callers that share an insert three bring
// a row that can't be written.
func TestFailureReachesExactlyItsCallers(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	d := newDesk()
	c := newCommitter(nil, d.write, nil)
	const callers = 60
	outcome := make([]error, callers)
	var wg sync.WaitGroup
	for i := range callers {
		row := fmt.Sprint(i)
		if i%20 == 7 {
			row = "poison"
		}
		wg.Go(func() { _, outcome[i] = c.Commit(context.Background(), &batch[string]{Rows: []string{row}}) })
		if i == 0 {
			<-d.began // the writer holds the first alone; the others queue up behind it
		}
	}
	waitQueued(t, c, callers-1)
	close(d.hold)
	wg.Wait()
	for i, err := range outcome {
		switch {
		case i%20 == 7 && !errors.Is(err, errPoison):
			t.Errorf("caller %d brought the bad row and was told %v", i, err)
		case i%20 != 7 && (err != nil || d.rows[fmt.Sprint(i)] != 1):
			t.Errorf("caller %d was told %v, their row is there %d times", i, err, d.rows[fmt.Sprint(i)])
		}
	}
	// The held one alone, the other 59 together, and since that failed each by itself.
	if len(d.groups) < 2 || d.groups[1] != callers-1 {
		t.Errorf("inserts had %v batches: the callers shared none", d.groups)
	}
	if n := c.taken.Load(); n != callers-3 {
		t.Errorf("%d rows are counted as taken, want %d", n, callers-3)
	}
	if err := c.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestCloseAnswersAllThatWereTaken: what was queued before Close is written; what comes
// after is refused in words; Close twice is harmless; nothing keeps running.
func TestCloseAnswersAllThatWereTaken(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	d := newDesk()
	c := newCommitter(nil, d.write, nil)
	var wg sync.WaitGroup
	answered := make(chan error, 50)
	for i := range 50 {
		wg.Go(func() {
			_, err := c.Commit(context.Background(), &batch[string]{Rows: []string{fmt.Sprint(i)}})
			answered <- err
		})
		if i == 0 {
			<-d.began // the writer holds the first alone; the others queue up behind it
		}
	}
	waitQueued(t, c, 49)
	soon, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if err := c.Close(soon); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close before anything is written answers %v", err)
	}
	_, err := c.Commit(context.Background(), &batch[string]{Rows: []string{"late"}})
	p, is := problem.As(err)
	if !is || p.Kind != problem.KindUnavailable || !errors.Is(err, errClosed) {
		t.Errorf("after Close a sender is told %v", err)
	}
	close(d.hold)
	if err := c.Close(context.Background()); err != nil {
		t.Error(err)
	}
	wg.Wait()
	close(answered)
	for err := range answered {
		if err != nil {
			t.Errorf("a sender from before Close is told %v", err)
		}
	}
	if len(d.rows) != 50 || d.rows["late"] != 0 {
		t.Errorf("%d rows were written, want the 50 from before Close", len(d.rows))
	}
}

// TestFullQueueRefuses: nobody waits for ever behind a table that stands still.
func TestFullQueueRefuses(t *testing.T) {
	d := newDesk()
	c := newCommitter(nil, d.write, nil)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	// A caller who has gone leaves the batch in the queue; its outcome is open.
	for n := 0; ; n++ {
		_, err := c.Commit(gone, &batch[string]{Rows: []string{fmt.Sprint(n)}})
		if p, is := problem.As(err); is && p.Kind == problem.KindUnavailable {
			if n < queued { // and what the writer took in hand before it was held
				t.Errorf("the queue was full at %d, want %d", n, queued)
			}
			break
		}
		if !errors.Is(err, context.Canceled) || n > 2*queued {
			t.Fatalf("batch %d: %v", n, err)
		}
	}
	close(d.hold)
	if err := c.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if len(d.rows) < queued {
		t.Errorf("%d rows were written: those who had gone are left out", len(d.rows))
	}
}

// banner is a valid placement of the Feicheng plan.
func banner(id uuid.UUID, place string) placement.Placement {
	return placement.Placement{ID: id, Task: "社会宣传1", Unit: "zhujianju", CarrierText: "宣传条幅", Place: place,
		Quantity: 3, Measure: "条", Start: time.Date(2014, 9, 5, 0, 0, 0, 0, time.UTC)}
}

// TestHundredSendersOfOnePlacement: a queue that sends again, a double click, two tabs.
func TestHundredSendersOfOnePlacement(t *testing.T) {
	b := newBench(t)
	id := uuid.New()
	type told struct {
		held    placement.Placement
		created bool
		err     error
	}
	all := make([]told, 100)
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() {
			all[i].held, all[i].created, all[i].err = b.Placement(context.Background(), office, b.plan, banner(id, "龙山路"))
		})
	}
	wg.Wait()
	created := 0
	for i, a := range all {
		if a.err != nil || a.held.ID != id || a.held.RecordedAt != all[0].held.RecordedAt {
			t.Errorf("sender %d is told %v, recorded at %v; the first %v", i, a.err, a.held.RecordedAt, all[0].held.RecordedAt)
		}
		if a.created {
			created++
		}
	}
	if created != 1 {
		t.Errorf("%d senders are told that they made it, want 1", created)
	}
	for query, want := range map[string]int{
		`SELECT count() FROM placements FINAL`:                          1,
		`SELECT count() FROM placement_revisions`:                       1,
		`SELECT count() FROM audit_events WHERE verb = 'placement.log'`: 1,
		`SELECT count() FROM placements FINAL WHERE place != '龙山路'`:     0,
	} {
		if n := b.count(t, query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
	if n := b.Flows()[Placements].Taken; n != 1 {
		t.Errorf("%d placements are counted as taken, want 1", n)
	}
	_, _, err := b.Placement(t.Context(), office, b.plan, banner(id, "另一条路"))
	if p, is := problem.As(err); !is || p.Kind != problem.KindConflict {
		t.Errorf("other content under the id: %v, want a conflict", err)
	}
}

// fieldwork loads the questionnaire and gives the first wave.
func (b *bench) fieldwork(t *testing.T) (survey.Wave, survey.Questionnaire) {
	t.Helper()
	body, err := seeds.FS.ReadFile("feicheng/questionnaire.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Definitions(t.Context(), audit.System("test"), Questions, "feicheng", "", "questionnaire.yaml", body, false); err != nil {
		t.Fatal(err)
	}
	wave, err := b.surveys.Wave(t.Context(), "feicheng", "w1")
	if err != nil {
		t.Fatal(err)
	}
	q, err := b.surveys.Questionnaire(t.Context(), "feicheng", wave.Thing.Questionnaire, wave.Thing.Version)
	if err != nil {
		t.Fatal(err)
	}
	return wave.Thing, q
}

// TestOneSheetFromTwoSenders: two people enter the same thirty paper sheets at once, each
// sheet under ids of their own. The number counts once, and the second is told why.
func TestOneSheetFromTwoSenders(t *testing.T) {
	b := newBench(t)
	wave, q := b.fieldwork(t)
	const sheets = 30
	var wg sync.WaitGroup
	outcome := make([][2]error, sheets)
	for i := range sheets {
		for who := range 2 {
			wg.Go(func() {
				r := survey.Response{ID: uuid.New(), Number: fmt.Sprintf("A%03d", i), Mode: survey.Paper, Choices: map[string][]string{"group": {"school"}}}
				_, _, outcome[i][who] = b.Response(context.Background(), audit.Actor{ID: fmt.Sprint("p", who), Role: audit.RoleDistributor}, b.plan, wave, q, r)
			})
		}
	}
	wg.Wait()
	for i, o := range outcome {
		refused := o[0]
		if refused == nil {
			refused = o[1]
		}
		p, is := problem.As(refused)
		if (o[0] == nil) == (o[1] == nil) || !is || p.Kind != problem.KindConflict || !strings.Contains(p.Title, fmt.Sprintf("A%03d", i)) {
			t.Errorf("sheet %d: %v and %v, want one in and one told of its number", i, o[0], o[1])
		}
	}
	if n := b.count(t, `SELECT count() FROM responses FINAL`); n != sheets {
		t.Errorf("%d responses are in, want %d", n, sheets)
	}
}

// poison makes the engine refuse every insert into a table that holds such a row.
func (b *bench) poison(t *testing.T, table, check string) {
	t.Helper()
	if err := b.db.Exec(t.Context(), `ALTER TABLE `+table+` ADD CONSTRAINT poison CHECK `+check); err != nil {
		t.Fatal(err)
	}
}

// TestPoisonInTheTable is TestFailureReachesExactlyItsCallers on the engine.
func TestPoisonInTheTable(t *testing.T) {
	b := newBench(t)
	b.poison(t, "placement_revisions", `place != '毒'`)
	var wg sync.WaitGroup
	var poison error
	good := make([]error, 12)
	for i := range good {
		wg.Go(func() {
			_, _, good[i] = b.Placement(context.Background(), office, b.plan, banner(uuid.New(), fmt.Sprintf("第%d处", i)))
		})
		if i == 6 {
			wg.Go(func() { _, _, poison = b.Placement(context.Background(), office, b.plan, banner(uuid.New(), "毒")) })
		}
	}
	wg.Wait()
	if poison == nil {
		t.Error("the sender of the bad row is told that it went in")
	}
	for i, err := range good {
		if err != nil {
			t.Errorf("good sender %d is told %v", i, err)
		}
	}
	if n := b.count(t, `SELECT count() FROM placements FINAL`); n != len(good) {
		t.Errorf("%d rows are in, want %d", n, len(good))
	}
	if n := b.count(t, `SELECT count() FROM audit_events WHERE verb = 'placement.log'`); n != len(good) {
		t.Errorf("%d events, want one for each of %d rows", n, len(good))
	}
}

// TestOneFileFromManySenders: a person who clicks until something happens.
func TestOneFileFromManySenders(t *testing.T) {
	b := newBench(t)
	const senders = 8
	receipts := make([]*Receipt, senders)
	var wg sync.WaitGroup
	for i := range senders {
		f := b.keep(t, "messy-placements.xlsx")
		wg.Go(func() {
			var err error
			if receipts[i], err = b.PlacementsFile(context.Background(), office, b.plan, f, Options{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	accepted, known, rows := 0, 0, 0
	for _, r := range receipts {
		if r == nil {
			t.Fatal("a sender has no receipt")
		}
		accepted, known, rows = accepted+len(r.Accepted), known+r.AlreadyKnown, len(r.Accepted)+r.AlreadyKnown
	}
	if n := b.count(t, `SELECT count() FROM placements FINAL`); accepted != n || known != (senders-1)*n || rows != n {
		t.Errorf("%d rows are in; receipts say %d accepted and %d known, want %d and %d", n, accepted, known, n, (senders-1)*n)
	}
}

// TestEventsAreTriedAlone: an event that can't be written fails its own sender only, and
// the others' events are not lost although their rows are known by then.
func TestEventsAreTriedAlone(t *testing.T) {
	b := newBench(t)
	b.poison(t, "audit_events", `thing != '4'`)
	d := newDesk()
	c := newCommitter(b.log, d.write, nil)
	event := func(thing string) *batch[string] {
		return &batch[string]{Rows: []string{thing}, Events: func([]outcome[string]) []audit.Event {
			return []audit.Event{{Actor: office, Verb: "test.event", Campaign: "feicheng", Kind: "test", Thing: thing}}
		}}
	}
	outcome := make([]error, 10)
	var wg sync.WaitGroup
	for i := range outcome {
		wg.Go(func() { _, outcome[i] = c.Commit(context.Background(), event(fmt.Sprint(i))) })
		if i == 0 {
			<-d.began
		}
	}
	waitQueued(t, c, len(outcome)-1)
	close(d.hold)
	wg.Wait()
	if err := c.Close(context.Background()); err != nil {
		t.Error(err)
	}
	for i, err := range outcome {
		if (err != nil) != (i == 4) {
			t.Errorf("sender %d is told %v", i, err)
		}
		if d.rows[fmt.Sprint(i)] != 1 {
			t.Errorf("row %d was written %d times", i, d.rows[fmt.Sprint(i)])
		}
	}
	if n := b.count(t, `SELECT count() FROM audit_events WHERE verb = 'test.event'`); n != len(outcome)-1 {
		t.Errorf("%d events, want %d", n, len(outcome)-1)
	}
}

// TestHalfOfAGroupGoesIn: the rows of a group go in by several inserts. When a later one
// fails, rows of the first are known at the second try, and yet new to their senders.
func TestHalfOfAGroupGoesIn(t *testing.T) {
	in := map[string]bool{}
	tries := 0
	write := func(_ context.Context, group []*batch[string]) error {
		tries++
		for _, b := range group {
			b.results = nil
			for i, row := range b.Rows {
				b.results = append(b.results, outcome[string]{Row: &b.Rows[i], Created: !in[row]})
			}
		}
		if len(group) > 1 {
			in["first"] = true // and the second insert fails
			return errPoison
		}
		in[group[0].Rows[0]] = true
		return nil
	}
	c := &committer[string]{write: write}
	events := map[string]bool{}
	brought := func(row string) *batch[string] {
		return &batch[string]{Rows: []string{row}, done: make(chan struct{}), Events: func(results []outcome[string]) []audit.Event {
			events[row] = results[0].Created
			return nil
		}}
	}
	in["before"] = true
	group := []*batch[string]{brought("first"), brought("second"), brought("before")}
	written := make(chan []*batch[string], 3)
	c.commit(group, written)
	close(written)
	for one := range written {
		c.settle(one)
	}
	for i, created := range []bool{true, true, false} {
		b := group[i]
		if b.err != nil || b.results[0].Created != created || events[b.Rows[0]] != created {
			t.Errorf("%s: %v, created %v, event %v; want %v", b.Rows[0], b.err, b.results[0].Created, events[b.Rows[0]], created)
		}
	}
	if tries != 4 || c.taken.Load() != 2 {
		t.Errorf("%d tries and %d rows taken, want the group and each alone, and 2", tries, c.taken.Load())
	}
}
