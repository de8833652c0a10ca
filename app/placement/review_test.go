package placement_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/keyset"
	"shuixuan/app/placement"
	"shuixuan/seeds/sample"
)

// life says what a role may do to a placement of each state, and where that leads. It is
// written by hand beside the table of the package, from the rules as people tell them.
var life = map[placement.State]map[placement.Verb]struct {
	to  placement.State
	who string // u: the unit, o: the office
}{
	placement.Submitted: {
		placement.Revise: {placement.Submitted, "uo"}, placement.Accept: {placement.Accepted, "o"}, placement.Return: {placement.Returned, "o"},
		placement.Withdraw: {placement.Withdrawn, "uo"}, placement.TakeDown: {placement.TakenDown, "uo"},
	},
	placement.Returned: {
		placement.Resubmit: {placement.Submitted, "uo"}, placement.Accept: {placement.Accepted, "o"}, placement.Withdraw: {placement.Withdrawn, "uo"},
	},
	placement.Accepted: {
		placement.Revise: {placement.Submitted, "uo"}, placement.Return: {placement.Returned, "o"},
		placement.Withdraw: {placement.Withdrawn, "uo"}, placement.TakeDown: {placement.TakenDown, "uo"},
	},
	placement.Withdrawn: {placement.Reopen: {placement.Submitted, "o"}},
	placement.TakenDown: {placement.Reopen: {placement.Submitted, "o"}},
}

var roles = []audit.Role{audit.RoleOffice, audit.RoleUnit, audit.RoleDistributor, audit.RoleInspector, audit.RoleAuditor, audit.RoleAdmin, audit.RoleSystem, ""}

func TestEveryStepOfEveryRole(t *testing.T) {
	for _, from := range append(slices.Clone(placement.States), "unheard-of") {
		for _, verb := range append(slices.Clone(placement.Verbs), "placement.accept") {
			for _, role := range roles {
				want := life[from][verb]
				may := strings.Contains(want.who, "o") && (role == audit.RoleOffice || role == audit.RoleSystem) || strings.Contains(want.who, "u") && role == audit.RoleUnit
				to, ok := placement.Next(from, verb, role)
				if ok != may || ok && to != want.to {
					t.Errorf("%s of a %s placement by %q: %q %t, want %q %t", verb, from, role, to, ok, want.to, may)
				}
				if p := (placement.Placement{State: from}); p.May(verb, role) != may {
					t.Errorf("%s of a %s placement by %q: the page would show %t", verb, from, role, !may)
				}
			}
		}
	}
	for _, state := range placement.States {
		if placement.StateNames[state] == "" {
			t.Errorf("%s has no name", state)
		}
		p := sample.Placement(func(p *placement.Placement) { p.State = state })
		if _, revises := placement.Next(state, state.ReviseVerb(), audit.RoleUnit); revises == (p.Locked(sample.Plan(), audit.RoleUnit, sample.Day("2014-10-01")) != nil) {
			t.Errorf("%s: may be revised %t, and so says the lock", state, revises)
		}
	}
}

// Once the campaign is over its units change nothing; the office corrects.
func TestTheLedgerOfACampaignThatIsOver(t *testing.T) {
	plan := sample.Plan()
	plan.Campaign.Window = campaign.Window{Start: sample.Day("2014-09-01"), End: sample.Day("2014-10-31")}
	p := sample.Placement()
	for day, locked := range map[string]bool{"2014-10-31": false, "2014-11-01": true} {
		if lock := p.Locked(plan, audit.RoleUnit, sample.Day(day)); (lock != nil) != locked || locked && (lock.Why == "" || !strings.Contains(lock.Who, "市创建办")) {
			t.Errorf("on %s: %+v", day, lock)
		}
		if lock := p.Locked(plan, audit.RoleOffice, sample.Day(day)); lock != nil {
			t.Errorf("on %s for the office: %+v", day, lock)
		}
	}
}

func TestReasonsAndWords(t *testing.T) {
	for _, r := range placement.Reasons {
		p := sample.Placement(func(p *placement.Placement) { p.State, p.Reason = placement.Returned, string(r) })
		if placement.ReasonNames[r] == "" || p.ReturnWords() == "" || p.MendWords() == "" {
			t.Errorf("%s: no words: %q %q", r, p.ReturnWords(), p.MendWords())
		}
	}
	for _, c := range []struct {
		reason placement.Reason
		note   string
		want   string
	}{
		{placement.PhotoUnclear, "", "照片看不清"}, {placement.PhotoUnclear, "只看得见一角", "照片看不清：只看得见一角"},
		{placement.OtherReason, "和上一条是同一块牌子", "和上一条是同一块牌子"}, {"", "旧记录", "旧记录"},
	} {
		if got := (&placement.Placement{Reason: string(c.reason), Note: c.note}).ReturnWords(); got != c.want {
			t.Errorf("%q %q: %q, want %q", c.reason, c.note, got, c.want)
		}
	}
}

func TestWhatIsWrongWithAVerdict(t *testing.T) {
	p := sample.Placement(flight("2014-09-05", "2014-09-30"))
	today := sample.Day("2014-09-20")
	for _, c := range []struct {
		verdict placement.Verdict
		field   string // with a fault, empty for none
	}{
		{placement.Verdict{Verb: placement.Accept}, ""},
		{placement.Verdict{Verb: placement.Return}, "reason"},
		{placement.Verdict{Verb: placement.Return, Reason: "no-such"}, "reason"},
		{placement.Verdict{Verb: placement.Return, Reason: placement.TimeWrong}, ""},
		{placement.Verdict{Verb: placement.Return, Reason: placement.OtherReason}, "note"},
		{placement.Verdict{Verb: placement.Return, Reason: placement.OtherReason, Note: "  \n"}, "note"},
		{placement.Verdict{Verb: placement.Return, Reason: placement.OtherReason, Note: "重拍"}, ""},
		{placement.Verdict{Verb: placement.Return, Reason: placement.TimeWrong, Note: strings.Repeat("长", 501)}, "note"},
		{placement.Verdict{Verb: placement.Return, Reason: placement.TimeWrong, Note: "\x00"}, "note"},
		{placement.Verdict{Verb: placement.Return, Reason: placement.TimeWrong, Note: "\xff\xfe"}, "note"},
		{placement.Verdict{Verb: placement.Withdraw}, "note"},
		{placement.Verdict{Verb: placement.TakeDown, Note: "施工"}, "day"},
		{placement.Verdict{Verb: placement.TakeDown, Day: today}, "note"},
		{placement.Verdict{Verb: placement.TakeDown, Note: "施工", Day: today}, ""},
		{placement.Verdict{Verb: placement.TakeDown, Note: "施工", Day: sample.Day("2014-09-21")}, "day"}, // tomorrow
		{placement.Verdict{Verb: placement.TakeDown, Note: "施工", Day: sample.Day("2014-09-04")}, "day"}, // before it stood
		{placement.Verdict{Verb: placement.TakeDown, Note: "施工", Day: sample.Day("2014-09-05")}, ""},
		{placement.Verdict{Verb: placement.Reopen}, ""},
		{placement.Verdict{Verb: placement.Resubmit, Note: "已重新拍照"}, ""},
		{placement.Verdict{Verb: placement.Revise}, "verdict"}, // new content, no verdict
		{placement.Verdict{Verb: "delete"}, "verdict"},
	} {
		faults := c.verdict.Clean().Faults(&p, today)
		if len(faults) > 1 || len(faults) == 1 && faults[0].Field != c.field || len(faults) == 0 && c.field != "" {
			t.Errorf("%+v: %v, want a fault of %q", c.verdict, faults, c.field)
		}
	}
	over := placement.Verdict{Verb: placement.TakeDown, Note: "迟说", Day: sample.Day("2014-10-05")}
	if faults := over.Faults(&p, sample.Day("2014-10-10")); len(faults) != 1 {
		t.Errorf("taken down after its flight was over: %v", faults)
	}
}

// The queue holds what waits, what waited longest first, and each page goes on where the
// last one ended although others are judged meanwhile.
func TestQueueGoesOnWhileOthersJudge(t *testing.T) {
	l := newLedger(t)
	l.logMany(t, 1, 50)
	l.set(l.clock().Add(time.Minute))
	seen := map[uuid.UUID]bool{}
	var after keyset.Cursor
	for page := 0; page == 0 || !after.IsZero(); page++ {
		list, next, err := l.Queue(t.Context(), l.plan, placement.Filter{}, "", after, 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			if seen[p.ID] {
				t.Fatalf("%s comes twice", p.ID)
			}
			seen[p.ID] = true
		}
		l.judge(t, placement.Verdict{Placement: list[0].ID, Verb: placement.Accept, Expected: 1})
		after = next
	}
	if len(seen) != 50 {
		t.Errorf("%d came, want 50", len(seen))
	}
	counts, err := l.States(t.Context(), placement.Filter{Campaign: sample.CampaignID})
	if err != nil || counts[placement.Accepted] != 8 || counts[placement.Submitted] != 42 {
		t.Errorf("by state: %v, %v, want 8 accepted and 42 submitted", counts, err)
	}
	if n, err := l.Queued(t.Context(), l.plan, placement.Filter{Unit: "dongjie"}, ""); err != nil || n == 0 || n > 10 {
		t.Errorf("of one unit: %d, %v", n, err)
	}
}

func TestEveryFlagNarrowsTheQueue(t *testing.T) {
	l := newLedger(t)
	l.plan.Carriers[0].Rule.Photos.Value = 1
	l.plan.Carriers[1].Rule.Permit.Value = true
	at := func(p *placement.Placement) {
		p.Position = &placement.Position{Longitude: 116.7, Latitude: 36.1, Datum: placement.WGS84}
	}
	l.log(t, numbered(1), at)
	l.log(t, numbered(2))
	l.log(t, numbered(3), at, func(p *placement.Placement) { p.Carrier = "tiaofu" })
	l.log(t, numbered(4), at, func(p *placement.Placement) { p.Carrier, p.Permit = "tiaofu", "泰城管许〔2014〕1号" })
	again := l.log(t, numbered(5), at)
	again = l.judge(t, placement.Verdict{Placement: again.ID, Verb: placement.Return, Reason: placement.PlaceUnclear, Expected: 1})
	l.set(l.clock().Add(time.Hour))
	again.Place = "河边公园南门"
	l.revise(t, again, 2)
	for flag, want := range map[placement.Flag][]float64{
		"": {1, 2, 3, 4, 5}, placement.FlagAgain: {5}, placement.FlagNoPosition: {2}, placement.FlagNoPermit: {3}, placement.FlagFewPhotos: {1, 2, 5},
		placement.FlagTwins: {}, placement.FlagContradicted: {}, "'; DROP TABLE photos": {1, 2, 3, 4, 5},
	} {
		list, _, err := l.Queue(t.Context(), l.plan, placement.Filter{}, flag, keyset.Cursor{}, 100)
		if err != nil {
			t.Fatalf("%s: %v", flag, err)
		}
		got := []float64{}
		for _, p := range list {
			got = append(got, p.Quantity)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", flag, got, want)
		}
		if n, err := l.Queued(t.Context(), l.plan, placement.Filter{}, flag); err != nil || int(n) != len(want) {
			t.Errorf("%s: counted %d, %v", flag, n, err)
		}
	}
	for _, flag := range []placement.Flag{placement.FlagNoPermit, placement.FlagFewPhotos} {
		if n, err := l.Queued(t.Context(), sample.Plan(), placement.Filter{}, flag); err != nil || n != 0 {
			t.Errorf("%s without a rule: %d, %v", flag, n, err)
		}
	}
}

// Two lead units that log one board are two rows, since each owes it; the reviewer is
// shown that they may be one board.
func TestTheSameBoardOfTwoUnits(t *testing.T) {
	l := newLedger(t)
	at := func(east, north float64, d placement.Datum) bend {
		return func(p *placement.Placement) {
			p.Position = &placement.Position{Longitude: 116.77 + east/89_900, Latitude: 36.18 + north/111_319, Datum: d}
		}
	}
	other := func(p *placement.Placement) { p.Unit = "dongjie" }
	place := func(s string) bend { return func(p *placement.Placement) { p.Place = s } }
	mine := l.log(t, numbered(1), at(0, 0, placement.WGS84), func(p *placement.Placement) { p.Quantity = 6 })
	twin := l.log(t, numbered(2), other, func(p *placement.Placement) { p.Place, p.Quantity = "河边　公园", 6 }) // the same words, wider
	l.log(t, numbered(3), other, place("公园东边"), at(20, 0, placement.WGS84))
	l.log(t, numbered(4), other, place("桥头"), at(0, 150, placement.WGS84))
	l.log(t, numbered(5), other, place("老街"), at(0, 250, placement.WGS84)) // too far
	l.log(t, numbered(6), place("河边公园西门"), at(-10, 0, placement.WGS84))    // of the same unit: two boards
	l.log(t, numbered(7), other, place("桥头二"), at(10, 0, placement.WGS84), func(p *placement.Placement) { p.Carrier = "tiaofu" })
	l.log(t, numbered(8), other, place("桥头三"), at(5, 5, placement.GCJ02)) // read as GCJ-02 it is half a kilometre off
	l.judge(t, placement.Verdict{Placement: l.log(t, numbered(9), other).ID, Verb: placement.Withdraw, Note: "记错", Expected: 1})
	if mine.Fingerprint() == twin.Fingerprint() {
		t.Error("rows of two units have one fingerprint: the second would be taken for the first")
	}
	near, err := l.Near(t.Context(), sample.CampaignID, []placement.Placement{mine, twin})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range near[mine.ID] {
		got = append(got, fmt.Sprintf("%v same=%t place=%t", n.ID, n.MaybeSame, n.SamePlace))
	}
	want := []string{}
	for _, w := range []struct {
		n    int
		rest string
	}{{3, "same=true place=false"}, {2, "same=true place=true"}, {7, "same=false place=false"}, {6, "same=false place=false"}, {4, "same=false place=false"}} {
		want = append(want, fmt.Sprintf("%v %s", sample.ID(w.n), w.rest))
	}
	sorted := func(list []string) []string { return slices.Sorted(slices.Values(list)) }
	if !slices.Equal(sorted(got), sorted(want)) || !slices.Equal(got[:2], want[:2]) {
		t.Errorf("near: %q\nwant %q", got, want)
	}
	if back := near[twin.ID]; len(back) != 1 || back[0].ID != mine.ID || !back[0].MaybeSame || back[0].Metres >= 0 {
		t.Errorf("seen from the other: %+v", back)
	}
}
