package audit_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/user"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/keyset"
)

var noon = time.Date(2014, 9, 5, 4, 0, 0, 0, time.UTC)

// event is a whole one, bent where a case is about something.
func event(bends ...func(e *audit.Event)) audit.Event {
	e := audit.Event{
		ID: uuid.New(), At: noon, Verb: "placement.log", Campaign: "try", Kind: "placement", Thing: "a",
		Outcome: audit.Success,
		Actor:   audit.Actor{ID: "clerk", Name: "经办人乙", Role: audit.RoleUnit, Unit: "shuiliju", Address: "192.0.2.7", Reference: "7F3A"},
		Before:  json.RawMessage(`{"quantity":5}`), After: json.RawMessage(`{"quantity":6}`),
	}
	for _, bend := range bends {
		bend(&e)
	}
	return e
}

func newLog(t *testing.T) *audit.Log {
	t.Helper()
	return audit.NewLog(clickhousetest.Open(t))
}

func record(t *testing.T, log *audit.Log, events ...audit.Event) {
	t.Helper()
	if err := log.Record(t.Context(), events...); err != nil {
		t.Fatal(err)
	}
}

// all reads a campaign's events in one page.
func all(t *testing.T, log *audit.Log, campaign string) []audit.Event {
	t.Helper()
	events, err := log.Events(t.Context(), campaign, keyset.Cursor{}, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func TestAnEventComesBackAsItWasRecorded(t *testing.T) {
	log := newLog(t)
	hostile, err := json.Marshal(map[string]string{"place": "O'Brien\"; DROP TABLE audit_events -- \\ % ? $1 @x {a:String}\n\t\x00\u2028</script>🌊"})
	if err != nil {
		t.Fatal(err)
	}
	for name, bend := range map[string]func(e *audit.Event){
		"whole":        func(*audit.Event) {},
		"refused":      func(e *audit.Event) { e.Outcome = audit.Refused },
		"new thing":    func(e *audit.Event) { e.Before = nil },
		"removed":      func(e *audit.Event) { e.After = nil },
		"hostile text": func(e *audit.Event) { e.Before, e.After, e.Thing, e.Actor.Name = hostile, hostile, `'\?`, `"'\` },
		"milliseconds": func(e *audit.Event) { e.At = noon.Add(123 * time.Millisecond) },
		"another zone": func(e *audit.Event) { e.At = noon.In(time.FixedZone("CST", 8*3600)) },
	} {
		want := event(bend, func(e *audit.Event) { e.Campaign = name })
		record(t, log, want)
		want.At = want.At.UTC()
		got := all(t, log, name)
		if len(got) != 1 {
			t.Fatalf("%s: %d events", name, len(got))
		}
		if got[0].Link.Hash == "" || got[0].Link.Seq == 0 {
			t.Errorf("%s: has no place in a chain: %+v", name, got[0].Link)
		}
		got[0].Link = audit.Link{}
		if !reflect.DeepEqual(got[0], want) {
			t.Errorf("%s: came back as\n%+v, want\n%+v", name, got, want)
		}
	}
}

func TestAnEventGetsItsIDAndTimeHere(t *testing.T) {
	log := newLog(t)
	before := time.Now().Truncate(time.Millisecond)
	bare := func(e *audit.Event) { e.ID, e.At = uuid.Nil, time.Time{} }
	record(t, log, event(bare), event(bare))
	record(t, log) // nothing to record is no error
	got := all(t, log, "try")
	if len(got) != 2 || got[0].ID == got[1].ID || got[0].ID == uuid.Nil || got[1].ID == uuid.Nil {
		t.Fatalf("%+v: want two events with ids of their own", got)
	}
	for _, e := range got {
		if e.At.Before(before) || e.At.After(time.Now()) {
			t.Errorf("recorded at %v, want now", e.At)
		}
	}
}

func TestTheSystemSaysWhichCommandItWasAndWhoseShell(t *testing.T) {
	log := newLog(t)
	record(t, log, event(func(e *audit.Event) { e.Actor = audit.System("import plan") }))
	got := all(t, log, "try")
	if len(got) != 1 {
		t.Fatalf("%d events", len(got))
	}
	a := got[0].Actor
	if a.ID != "system" || a.Role != audit.RoleSystem || a.Reference != "import plan" {
		t.Errorf("by %+v", a)
	}
	who, err := user.Current()
	if err != nil {
		t.Skip(err)
	}
	if host, _ := os.Hostname(); !strings.HasPrefix(a.Name, "命令行（"+who.Username) || a.Address != host {
		t.Errorf("by %q from %q, want the user %s of the machine %s", a.Name, a.Address, who.Username, host)
	}
}

// What comes by the web says from where, also when nobody is signed in.
func TestAnEventSaysWhereItCameFrom(t *testing.T) {
	log := newLog(t)
	ctx := audit.From(t.Context(), "198.51.100.4", "A1B2C3")
	nobody := event(func(e *audit.Event) { e.Actor = audit.Actor{}; e.Outcome = "" })
	somebody := event() // its actor brings its own
	if err := log.Record(ctx, nobody, somebody); err != nil {
		t.Fatal(err)
	}
	for _, e := range all(t, log, "try") {
		want := [2]string{"192.0.2.7", "7F3A"}
		if e.ID == nobody.ID {
			want = [2]string{"198.51.100.4", "A1B2C3"}
		}
		if got := [2]string{e.Actor.Address, e.Actor.Reference}; got != want {
			t.Errorf("came from %v, want %v", got, want)
		}
		if e.Outcome != audit.Success {
			t.Errorf("outcome %q, want success where nothing else is said", e.Outcome)
		}
	}
}

func TestACampaignSeesItsOwnEvents(t *testing.T) {
	log := newLog(t)
	for _, campaign := range []string{"try", "governance", "try", ""} {
		record(t, log, event(func(e *audit.Event) { e.Campaign = campaign }))
	}
	// The empty campaign is for who may see every one.
	for campaign, want := range map[string]int{"try": 2, "governance": 1, "": 4, "' OR ''='": 0, `\`: 0} {
		got := all(t, log, campaign)
		if len(got) != want {
			t.Errorf("%q sees %d events, want %d", campaign, len(got), want)
		}
		for _, e := range got {
			if campaign != "" && e.Campaign != campaign {
				t.Errorf("%q sees an event of %q", campaign, e.Campaign)
			}
		}
	}
}

// 60 events in 3 milliseconds, written in falling order: pages of any length give each
// once, oldest first, and a follower meets those that are recorded later.
func TestPagesOfEventsNeverSkipOrRepeat(t *testing.T) {
	log := newLog(t)
	var written []audit.Event
	for i := range 60 {
		written = append(written, event(func(e *audit.Event) {
			e.At, e.Thing = noon.Add(time.Duration(2-i/20)*time.Millisecond), fmt.Sprint(i)
		}))
	}
	record(t, log, written...)
	for _, step := range []int{1, 7, 20, 60, 100} {
		seen := map[uuid.UUID]bool{}
		var order []time.Time
		var after keyset.Cursor
		for {
			page, err := log.Events(t.Context(), "try", keyset.Parse(after.String()), step)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) > step {
				t.Fatalf("a page of %d, %d asked", len(page), step)
			}
			for _, e := range page {
				if seen[e.ID] {
					t.Fatalf("in steps of %d: event %s comes twice", step, e.Thing)
				}
				seen[e.ID] = true
				order = append(order, e.At)
				after = keyset.Cursor{At: e.At, ID: e.ID}
			}
			if len(page) < step {
				break
			}
		}
		if len(seen) != len(written) {
			t.Errorf("in steps of %d: %d events, want %d", step, len(seen), len(written))
		}
		if !slices.IsSortedFunc(order, time.Time.Compare) {
			t.Errorf("in steps of %d: not oldest first", step)
		}
		later := event(func(e *audit.Event) { e.At = noon.Add(time.Duration(step) * time.Second) })
		record(t, log, later)
		if page, err := log.Events(t.Context(), "try", after, 10); err != nil || len(page) != 1 || page[0].ID != later.ID {
			t.Errorf("after the last page: %+v, %v, want the one recorded later", page, err)
		}
		written = append(written, later)
	}
}

func TestTelephoneNumbersAreMasked(t *testing.T) {
	for text, want := range map[string]string{
		`{"remark":"联系13812345678，张三"}`:                               `{"remark":"联系138********，张三"}`,
		`{"remark":"138-1234-5678 或 138 1234 5678"}`:                  `{"remark":"138******** 或 138********"}`,
		`{"remark":"0538-3212345","x":"１３８１２３４５６７８"}`:                 `{"remark":"053********","x":"１３８********"}`,
		`{"bytes":13812345678,"remark":"\"13812345678\\"}`:            `{"bytes":13812345678,"remark":"\"138********\\"}`, // a number of JSON stays one
		`{"id":"13812345678901","n":"2026-11-23","h":"a13812345678"}`: `{"id":"13812345678901","n":"2026-11-23","h":"a13812345678"}`,
	} {
		log := newLog(t)
		record(t, log, event(func(e *audit.Event) { e.Before, e.After = json.RawMessage(text), json.RawMessage(text) }))
		got := all(t, log, "try")
		if string(got[0].Before) != want || string(got[0].After) != want {
			t.Errorf("%s\nis kept as\n%s, want\n%s", text, got[0].After, want)
		}
		if !json.Valid(got[0].After) {
			t.Errorf("%s is no JSON", got[0].After)
		}
	}
}
