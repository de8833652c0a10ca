package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/keyset"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
)

var (
	clerk   = audit.Actor{ID: "li", Name: "李办事员", Role: audit.RoleUnit, Campaign: "feicheng", Unit: "zhujianju"}
	teacher = audit.Actor{ID: "zhao", Name: "赵老师", Role: audit.RoleUnit, Campaign: "feicheng", Unit: "jiaoyuju"}
	second  = audit.Actor{ID: "sun", Name: "孙科员", Role: audit.RoleOffice, Campaign: "feicheng"}
)

// judged gives one verdict.
func (b *bench) judged(t *testing.T, actor audit.Actor, v placement.Verdict) Reviewed {
	t.Helper()
	reviewed, err := b.Review(t.Context(), actor, b.plan, []placement.Verdict{v})
	if err != nil {
		t.Fatal(err)
	}
	return reviewed[0]
}

func (b *bench) logged(t *testing.T, place string) placement.Placement {
	t.Helper()
	p, created, err := b.Placement(t.Context(), clerk, b.plan, banner(uuid.New(), place))
	if err != nil || !created {
		t.Fatalf("log: %t, %v", created, err)
	}
	return p
}

// events gives the verbs of a thing, oldest first, and checks that each says what was
// before and what is after.
func (b *bench) events(t *testing.T, thing uuid.UUID) []string {
	t.Helper()
	all, err := audit.NewLog(b.db).Events(t.Context(), "feicheng", keyset.Cursor{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var verbs []string
	last := uint32(0)
	for _, e := range all {
		if e.Thing != thing.String() {
			continue
		}
		verbs = append(verbs, e.Verb)
		var before, after placement.Placement
		if err := json.Unmarshal(e.After, &after); err != nil {
			t.Fatalf("%s: %v", e.Verb, err)
		}
		if len(e.Before) > 0 {
			if err := json.Unmarshal(e.Before, &before); err != nil {
				t.Fatalf("%s: %v", e.Verb, err)
			}
		}
		if before.Revision != last || after.Revision != last+1 {
			t.Errorf("%s tells of revisions %d and %d, want %d and %d", e.Verb, before.Revision, after.Revision, last, last+1)
		}
		last = after.Revision
	}
	return verbs
}

// The whole life of one placement, each step one revision and one event.
func TestLifeOfAPlacement(t *testing.T) {
	b := newBench(t)
	start := time.Date(2014, 9, 10, 1, 0, 0, 0, time.UTC)
	step := 0
	b.Ingest = b.At(func() time.Time { return start.Add(time.Duration(step) * time.Hour) })
	p := b.logged(t, "龙山路")
	check := func(actor audit.Actor, v placement.Verdict, state placement.State, end string) {
		t.Helper()
		step++
		v.Placement, v.Expected = p.ID, p.Revision
		got := b.judged(t, actor, v)
		held, err := b.standing.Placement(t.Context(), "feicheng", p.ID)
		if got.Err != nil || err != nil || held.State != state || held.Revision != p.Revision+1 || held.Place != "龙山路南" && held.Place != "龙山路" {
			t.Fatalf("%s: %+v, %v, holds %+v", v.Verb, got, err, held)
		}
		if e := held.End; (end == "") != e.IsZero() || end != "" && e.Format(time.DateOnly) != end {
			t.Errorf("%s: the end is %v, want %q", v.Verb, e, end)
		}
		if again := b.judged(t, actor, v); again.Err != nil || !again.Again || again.Held.Revision != held.Revision {
			t.Errorf("%s sent again: %+v", v.Verb, again)
		}
		p = held
	}
	check(office, placement.Verdict{Verb: placement.Return, Reason: placement.PlaceUnclear, Note: " 写明路口 "}, placement.Returned, "")
	if p.Reason != "place-unclear" || p.Note != "写明路口" || p.Remark != "" {
		t.Errorf("returned: %+v", p)
	}
	step++
	mended := p
	mended.Place, mended.State = "龙山路南", placement.Accepted // the state is not the sender's to say
	kept, err := b.RevisePlacement(t.Context(), clerk, b.plan, mended, p.Revision)
	if err != nil || kept.State != placement.Submitted || kept.Reason != "" || kept.Note != "" {
		t.Fatalf("mended: %+v, %v", kept, err)
	}
	if again, err := b.RevisePlacement(t.Context(), clerk, b.plan, mended, p.Revision); err != nil || again.Revision != kept.Revision {
		t.Errorf("mended twice by one click too many: %+v, %v", again, err)
	}
	p = kept
	check(office, placement.Verdict{Verb: placement.Accept}, placement.Accepted, "")
	step++
	p.Quantity = 4
	if p, err = b.RevisePlacement(t.Context(), clerk, b.plan, p, p.Revision); err != nil || p.State != placement.Submitted {
		t.Fatalf("what was accepted and then changed must be judged again: %+v, %v", p, err)
	}
	check(office, placement.Verdict{Verb: placement.Accept}, placement.Accepted, "")
	check(clerk, placement.Verdict{Verb: placement.TakeDown, Note: "道路施工", Day: time.Date(2014, 9, 9, 0, 0, 0, 0, time.UTC)}, placement.TakenDown, "2014-09-09")
	if _, err := b.RevisePlacement(t.Context(), clerk, b.plan, p, p.Revision); kindOf(err) != problem.KindConflict || !strings.Contains(err.Error(), "拆除") {
		t.Errorf("revised after it was taken down: %v", err)
	}
	check(office, placement.Verdict{Verb: placement.Reopen}, placement.Submitted, "") // its end is open again
	check(clerk, placement.Verdict{Verb: placement.Withdraw, Note: "重复登记"}, placement.Withdrawn, "")
	want := []string{"placement.log", "placement.return", "placement.resubmit", "placement.accept", "placement.revise", "placement.accept",
		"placement.takedown", "placement.reopen", "placement.withdraw"}
	if got := b.events(t, p.ID); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("events %v, want %v", got, want)
	}
	history, err := b.standing.History(t.Context(), "feicheng", p.ID)
	if err != nil || len(history) != len(want) {
		t.Errorf("%d revisions, %v", len(history), err)
	}
	for i := 1; i < len(history); i++ {
		if did := placement.Did(&history[i-1], &history[i]); did.Event() != want[i] {
			t.Errorf("revision %d is told as %s, want %s", i+1, did.Event(), want[i])
		}
	}
}

func TestWhoMayNot(t *testing.T) {
	b := newBench(t)
	p := b.logged(t, "龙山路")
	for _, c := range []struct {
		actor   audit.Actor
		verdict placement.Verdict
		want    problem.Kind
	}{
		{clerk, placement.Verdict{Verb: placement.Accept}, problem.KindNotAllowed},
		{clerk, placement.Verdict{Verb: placement.Return, Reason: placement.TimeWrong}, problem.KindNotAllowed},
		{teacher, placement.Verdict{Verb: placement.Withdraw, Note: "不是我的"}, problem.KindNotFound},
		{teacher, placement.Verdict{Verb: placement.Accept}, problem.KindNotFound},
		{office, placement.Verdict{Verb: placement.Reopen}, problem.KindConflict}, // nothing is shut
		{office, placement.Verdict{Verb: placement.Return}, problem.KindInvalid},
		{office, placement.Verdict{Verb: placement.Revise}, problem.KindInvalid},
		{office, placement.Verdict{Verb: placement.Accept, Placement: uuid.New()}, problem.KindNotFound},
		{office, placement.Verdict{Verb: placement.Accept, Expected: 7}, problem.KindConflict},
	} {
		if c.verdict.Placement == uuid.Nil {
			c.verdict.Placement = p.ID
		}
		if c.verdict.Expected == 0 {
			c.verdict.Expected = 1
		}
		if got := b.judged(t, c.actor, c.verdict); kindOf(got.Err) != c.want {
			t.Errorf("%s by %s: %v, want %s", c.verdict.Verb, c.actor.ID, got.Err, c.want)
		}
	}
	if _, err := b.RevisePlacement(t.Context(), teacher, b.plan, p, 1); kindOf(err) != problem.KindNotFound {
		t.Errorf("revised by another unit: %v", err)
	}
	if got := b.events(t, p.ID); len(got) != 1 {
		t.Errorf("refused verdicts left events: %v", got)
	}
}

// Two reviewers at one item at once: one verdict is written, the other one is told who was
// first, with what and when.
func TestTwoReviewersOnOneItem(t *testing.T) {
	b := newBench(t)
	const items = 12
	var logged []placement.Placement
	for i := range items {
		logged = append(logged, b.logged(t, fmt.Sprintf("龙山路%d号", i)))
	}
	outcomes := make([][2]Reviewed, items)
	var wg sync.WaitGroup
	for i, p := range logged {
		for j, one := range []struct {
			actor   audit.Actor
			verdict placement.Verdict
		}{{office, placement.Verdict{Verb: placement.Accept}}, {second, placement.Verdict{Verb: placement.Return, Reason: placement.PhotoUsed}}} {
			one.verdict.Placement, one.verdict.Expected = p.ID, 1
			wg.Go(func() {
				got, err := b.Review(context.Background(), one.actor, b.plan, []placement.Verdict{one.verdict})
				if err != nil {
					t.Error(err)
					return
				}
				outcomes[i][j] = got[0]
			})
		}
	}
	wg.Wait()
	for i, p := range logged {
		held, err := b.standing.Placement(t.Context(), "feicheng", p.ID)
		if err != nil || held.Revision != 2 {
			t.Fatalf("holds %+v, %v", held, err)
		}
		wrote := 0
		for j, o := range outcomes[i] {
			if o.Err == nil {
				wrote++
				continue
			}
			var overtaken *Overtaken
			if !errors.As(o.Err, &overtaken) || overtaken.Held.State != held.State {
				t.Errorf("the second is told %v", o.Err)
				continue
			}
			verb := map[int]placement.Verb{0: placement.Return, 1: placement.Accept}[j]
			words := overtaken.Words("孙科员", verb)
			if !strings.Contains(words.Title, "孙科员") || !strings.Contains(words.Title, map[placement.Verb]string{placement.Return: "退回（照片重复使用）", placement.Accept: "通过审核"}[verb]) {
				t.Errorf("in words: %s", words.Title)
			}
		}
		if wrote != 1 || len(b.events(t, p.ID)) != 2 {
			t.Errorf("%d verdicts went through, events %v", wrote, b.events(t, p.ID))
		}
	}
}

// Many at once: each has its own outcome, those that conflict hold nobody up, and the same
// sending again counts nothing twice.
func TestManyVerdictsAtOnce(t *testing.T) {
	b := newBench(t)
	var verdicts []placement.Verdict
	for i := range 30 {
		p := b.logged(t, fmt.Sprintf("龙山路%d号", i))
		verdicts = append(verdicts, placement.Verdict{Placement: p.ID, Verb: placement.Accept, Expected: 1})
	}
	b.judged(t, second, placement.Verdict{Placement: verdicts[3].Placement, Verb: placement.Return, Reason: placement.TimeWrong, Expected: 1})
	b.judged(t, clerk, placement.Verdict{Placement: verdicts[5].Placement, Verb: placement.Withdraw, Note: "记错", Expected: 1})
	verdicts = append(verdicts, verdicts[0], placement.Verdict{Placement: uuid.New(), Verb: placement.Accept, Expected: 1})
	for round := range 2 {
		reviewed, err := b.Review(t.Context(), office, b.plan, verdicts)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range reviewed {
			want, again := problem.Kind(""), round == 1 || i == 30
			switch i {
			case 3, 5:
				want, again = problem.KindConflict, false
			case 31:
				want, again = problem.KindNotFound, false
			}
			if kindOf(r.Err) != want || r.Again != again {
				t.Errorf("round %d, %d: %v, again %t; want %q, %t", round, i, r.Err, r.Again, want, again)
			}
		}
	}
	if n := b.count(t, `SELECT count() FROM placement_revisions`); n != 30+28+2 {
		t.Errorf("%d revisions, want 60", n)
	}
	if n := b.count(t, `SELECT count() FROM audit_events WHERE verb = 'placement.accept'`); n != 28 {
		t.Errorf("%d events, want 28", n)
	}
	if _, err := b.Review(t.Context(), office, b.plan, make([]placement.Verdict, mostVerdicts+1)); kindOf(err) != problem.KindTooLarge {
		t.Errorf("too many: %v", err)
	}
}

// A ledger that is sent again doesn't mend what was returned or bring back what was
// withdrawn: it says so, row by row.
func TestALedgerSentAgainSaysWhatBecameOfItsRows(t *testing.T) {
	b := newBench(t)
	ledger := "任务,责任单位,宣传形式,设置地点,数量,计量单位,开始日期,结束日期\n" +
		"社会宣传1,市住建局,宣传横幅,范蠡公园,5,条,2014-09-06,至验收结束\n社会宣传1,市住建局,宣传横幅,龙山河,5,条,2014-09-06,至验收结束\n社会宣传1,市住建局,宣传横幅,康王河,5,条,2014-09-06,至验收结束\n"
	name := t.TempDir() + "/台账.csv"
	if err := os.WriteFile(name, []byte(ledger), 0o600); err != nil {
		t.Fatal(err)
	}
	send := func(o Options) *Receipt {
		t.Helper()
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		kept, err := b.Originals().Keep(t.Context(), "台账.csv", f, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		defer kept.Close()
		r, err := b.PlacementsFile(t.Context(), clerk, b.plan, kept, o)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := send(Options{})
	if len(first.Accepted) != 3 {
		t.Fatalf("%+v", first)
	}
	b.judged(t, office, placement.Verdict{Placement: first.Accepted[0].ID, Verb: placement.Return, Reason: placement.PhotoUnclear, Expected: 1})
	b.judged(t, clerk, placement.Verdict{Placement: first.Accepted[1].ID, Verb: placement.Withdraw, Note: "记错", Expected: 1})
	for _, dry := range []bool{true, false} {
		again := send(Options{DryRun: dry})
		if again.AlreadyKnown != 3 || len(again.Accepted) != 0 {
			t.Fatalf("again: %+v", again)
		}
		for i, want := range []string{"已退回", "撤回了", "没有重复登记"} {
			if !strings.Contains(again.Known[i].Why, want) {
				t.Errorf("row %d: %q, want %q in it", again.Known[i].Row, again.Known[i].Why, want)
			}
		}
	}
	if n := b.count(t, `SELECT count() FROM placements FINAL WHERE state = 'submitted'`); n != 1 {
		t.Errorf("%d count, want the one that was neither returned nor withdrawn", n)
	}
	if r := send(Options{Again: map[int]bool{3: true}}); len(r.Accepted) != 1 { // a withdrawn one, on purpose
		t.Errorf("on purpose: %+v", r)
	}
}
