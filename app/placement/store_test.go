package placement_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/keyset"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/ingest"
	"shuixuan/seeds/sample"
)

// ledger is a database of its own with the real intake, whose clock the test sets.
type ledger struct {
	*placement.Store
	drafts *placement.Drafts
	intake *ingest.Ingest
	plan   *campaign.Plan

	mu  sync.Mutex
	now time.Time
}

func newLedger(t *testing.T) *ledger {
	t.Helper()
	db := clickhousetest.Open(t)
	l := &ledger{Store: placement.NewStore(db), drafts: placement.NewDrafts(db, audit.NewLog(db)), plan: sample.Plan(), now: time.Date(2014, 9, 5, 2, 0, 0, 0, time.UTC)}
	l.intake = ingest.New(ingest.Parts{DB: db, Log: audit.NewLog(db), Clock: l.clock})
	t.Cleanup(func() {
		if err := l.intake.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return l
}

func (l *ledger) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *ledger) set(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = now
}

// log takes one placement and gives it as it was kept.
func (l *ledger) log(t testing.TB, bends ...bend) placement.Placement {
	t.Helper()
	p := sample.Placement(bends...)
	kept, created, err := l.intake.Placement(t.Context(), sample.Office(), l.plan, p)
	if err != nil || !created {
		t.Fatalf("log %v: created %t, %v", p.ID, created, err)
	}
	return kept
}

// logMany takes n placements, ids from first on, twenty at a time.
func (l *ledger) logMany(t testing.TB, first, n int) {
	t.Helper()
	var wg sync.WaitGroup
	next := make(chan int)
	for range 20 {
		wg.Go(func() {
			for i := range next {
				p := sample.Placement(numbered(first+i), byTurns(first+i))
				if _, created, err := l.intake.Placement(t.Context(), sample.Office(), l.plan, p); err != nil || !created {
					t.Errorf("log %d: created %t, %v", first+i, created, err)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

func numbered(n int) bend {
	return func(p *placement.Placement) { p.ID, p.Quantity = sample.ID(n), float64(n) }
}

// byTurns gives every fifth one to the second unit.
func byTurns(n int) bend {
	return func(p *placement.Placement) {
		if n%5 == 0 {
			p.Unit = "dongjie"
		}
	}
}

func (l *ledger) revise(t testing.TB, p placement.Placement, expected uint32) placement.Placement {
	t.Helper()
	kept, err := l.intake.RevisePlacement(t.Context(), sample.Office(), l.plan, p, expected)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// judge gives one verdict as the office.
func (l *ledger) judge(t testing.TB, v placement.Verdict) placement.Placement {
	t.Helper()
	reviewed, err := l.intake.Review(t.Context(), sample.Office(), l.plan, []placement.Verdict{v})
	if err != nil || reviewed[0].Err != nil {
		t.Fatalf("%s: %v, %v", v.Verb, err, reviewed)
	}
	return reviewed[0].Held
}

// found gives the quantities of the placements of a filter, which tell them apart, in
// rising order.
func (l *ledger) found(t testing.TB, f placement.Filter) []float64 {
	t.Helper()
	f.Campaign = cmp.Or(f.Campaign, sample.CampaignID)
	all, next, err := l.List(t.Context(), f, keyset.Cursor{}, 1000)
	if err != nil || !next.IsZero() {
		t.Fatalf("list %+v: next %v, %v", f, next, err)
	}
	n, err := l.Count(t.Context(), f)
	if err != nil || int(n) != len(all) {
		t.Fatalf("%+v: Count gives %d, %v, List gives %d", f, n, err, len(all))
	}
	streamed := 0
	if err := l.Each(t.Context(), f, func(placement.Placement) error { streamed++; return nil }); err != nil || streamed != len(all) {
		t.Fatalf("%+v: Each gives %d, %v, List gives %d", f, streamed, err, len(all))
	}
	quantities := []float64{}
	for _, p := range all {
		quantities = append(quantities, p.Quantity)
	}
	slices.Sort(quantities)
	return quantities
}

func TestEveryFilterNarrowsToItsOwn(t *testing.T) {
	l := newLedger(t)
	// Midnight in Shanghai is 16:00 UTC of the day before.
	l.set(time.Date(2014, 9, 5, 15, 59, 59, 0, time.UTC)) // 5 September there
	l.log(t, numbered(1), func(p *placement.Placement) { p.Remark = "已拍照" })
	l.log(t, numbered(2), flight("2014-09-05", "2014-09-20"), func(p *placement.Placement) { p.Unit, p.Carrier, p.CarrierText = "dongjie", "tiaofu", "宣传条幅" })
	l.set(time.Date(2014, 9, 5, 16, 0, 0, 0, time.UTC)) // 6 September there
	third := l.log(t, numbered(3), flight("2014-10-01", "2014-10-01"), func(p *placement.Placement) { p.Task, p.Place = "社会宣传2", "LED Plaza" })
	l.judge(t, placement.Verdict{Placement: l.log(t, numbered(4)).ID, Verb: placement.Withdraw, Note: "重复登记", Expected: 1})

	cases := []struct {
		name   string
		filter placement.Filter
		want   []float64
	}{
		{"all of the campaign", placement.Filter{}, []float64{1, 2, 3, 4}},
		{"another campaign", placement.Filter{Campaign: "governance"}, []float64{}},
		{"unit", placement.Filter{Unit: "dongjie"}, []float64{2}},
		{"task", placement.Filter{Task: "社会宣传2"}, []float64{3}},
		{"carrier", placement.Filter{Carrier: "tiaofu"}, []float64{2}},
		{"logged", placement.Filter{State: placement.Submitted}, []float64{1, 2, 3}},
		{"withdrawn", placement.Filter{State: placement.Withdrawn}, []float64{4}},
		{"text of a remark", placement.Filter{Text: "拍照"}, []float64{1}},
		{"text of a carrier", placement.Filter{Text: "条幅"}, []float64{2}},
		{"text of a place, in other letters", placement.Filter{Text: "led p"}, []float64{3}},
		{"receipt", placement.Filter{Batch: third.Origin.Batch}, []float64{3}},
		{"an unknown receipt", placement.Filter{Batch: uuid.New()}, []float64{}},
		{"before any flight", placement.Filter{StandsOn: sample.Day("2014-09-04")}, []float64{}},
		{"the first day", placement.Filter{StandsOn: sample.Day("2014-09-05")}, []float64{1, 2, 4}},
		{"the last day of one", placement.Filter{StandsOn: sample.Day("2014-09-20")}, []float64{1, 2, 4}},
		{"the day after", placement.Filter{StandsOn: sample.Day("2014-09-21")}, []float64{1, 4}},
		{"a flight of one day", placement.Filter{StandsOn: sample.Day("2014-10-01")}, []float64{1, 3, 4}},
		{"recorded until the 5th, there", placement.Filter{To: sample.Day("2014-09-05")}, []float64{1, 2}},
		{"recorded from the 6th, there", placement.Filter{From: sample.Day("2014-09-06")}, []float64{3, 4}},
		{"recorded on one day", placement.Filter{From: sample.Day("2014-09-05"), To: sample.Day("2014-09-05")}, []float64{1, 2}},
		{"two at once", placement.Filter{Unit: "shuiliju", Task: "社会宣传1"}, []float64{1, 4}},
	}
	for _, c := range cases {
		if got := l.found(t, c.filter); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// Text that means something to SQL, to LIKE or to the driver means itself.
func TestTextIsOnlyText(t *testing.T) {
	l := newLedger(t)
	for i, place := range []string{`O'Brien'; DROP TABLE placements --`, `100%`, `a\b`, `a_b`, `为什么?`, `$1 @text {x:String}`, "x') OR 1=1 --", `河边公园`} {
		l.log(t, numbered(i+1), func(p *placement.Placement) { p.Place = place })
	}
	for text, want := range map[string][]float64{
		`'`: {1, 7}, `DROP TABLE`: {1}, `%`: {2}, `\`: {3}, `\b`: {3}, `_`: {4}, `?`: {5}, `$1`: {6}, `@text`: {6}, `{x:String}`: {6},
		`') OR 1=1 --`: {7}, `%%`: {}, `河边`: {8}, "\x00": {}, "\xff": {},
	} {
		if got := l.found(t, placement.Filter{Text: text}); !slices.Equal(got, want) {
			t.Errorf("%q: found %v, want %v", text, got, want)
		}
	}
	if got := l.found(t, placement.Filter{Unit: "' OR ''='", Task: `\`, Carrier: `'`, State: `"`}); len(got) > 0 {
		t.Errorf("names that nobody has: found %v", got)
	}
}

// Only the newest revision counts: an older one must not answer for it to a filter that
// it would pass.
func TestOnlyTheNewestRevisionCounts(t *testing.T) {
	l := newLedger(t)
	first := l.log(t)
	l.set(l.clock().Add(time.Hour))
	second := first
	second.Unit, second.Quantity, second.Place = "dongjie", 8, "东街口"
	second = l.revise(t, second, 1)
	l.set(l.clock().Add(time.Hour))
	third := l.judge(t, placement.Verdict{Placement: second.ID, Verb: placement.Withdraw, Note: "重复登记", Expected: 2})

	for name, f := range map[string]placement.Filter{"unit": {Unit: "shuiliju"}, "state": {State: placement.Submitted}, "place": {Text: "河边"}} {
		if got := l.found(t, f); len(got) > 0 {
			t.Errorf("by the %s of an older revision: found %v", name, got)
		}
	}
	if got := l.found(t, placement.Filter{Unit: "dongjie", State: placement.Withdrawn}); !slices.Equal(got, []float64{8}) {
		t.Errorf("as it holds: %v, want the one of 8", got)
	}
	now, err := l.Placement(t.Context(), sample.CampaignID, first.ID)
	if err != nil || !reflect.DeepEqual(now, third) {
		t.Errorf("holds %+v, %v, want %+v", now, err, third)
	}
	history, err := l.History(t.Context(), sample.CampaignID, first.ID)
	if want := []placement.Placement{first, second, third}; err != nil || !reflect.DeepEqual(history, want) {
		t.Errorf("history %+v, %v, want %+v", history, err, want)
	}
}

func TestAPlacementOfAnotherCampaignIsNotFound(t *testing.T) {
	l := newLedger(t)
	p := l.log(t)
	for name, ask := range map[string]struct {
		campaign string
		id       uuid.UUID
	}{"campaign": {"governance", p.ID}, "id": {sample.CampaignID, sample.ID(404)}} {
		_, err := l.Placement(t.Context(), ask.campaign, ask.id)
		if pr, ok := problem.As(err); !ok || pr.Kind != problem.KindNotFound {
			t.Errorf("another %s: %v, want not found", name, err)
		}
		if history, err := l.History(t.Context(), ask.campaign, ask.id); err != nil || len(history) > 0 {
			t.Errorf("another %s has a history: %+v, %v", name, history, err)
		}
	}
}

// Pages of any length hold each row once, newest first, while others log. Hundreds of
// rows share one millisecond, so the id must tell them apart.
func TestPagesNeverSkipOrRepeat(t *testing.T) {
	l := newLedger(t)
	start := l.clock()
	const rows = 1000
	for part := range 4 {
		l.set(start.Add(time.Duration(part) * time.Millisecond))
		l.logMany(t, 1+part*rows/4, rows/4)
	}
	added := rows
	for _, step := range []int{1, 7, 100} {
		// A page of one costs a whole question (35 ms): it goes over every fifth row.
		f, every := placement.Filter{Campaign: sample.CampaignID}, 1
		if step == 1 {
			f.Unit, every = "dongjie", 5
		}
		l.set(l.clock().Add(time.Second))
		seen := map[uuid.UUID]bool{}
		var after keyset.Cursor
		var last placement.Placement
		for page := 0; page == 0 || !after.IsZero(); page++ {
			if page%max(1, rows/every/step/10) == 1 { // ten or so arrive meanwhile
				added++
				l.log(t, numbered(added), byTurns(added))
			}
			list, next, err := l.List(t.Context(), f, keyset.Parse(after.String()), step)
			if err != nil {
				t.Fatal(err)
			}
			if len(list) > step || (len(list) < step && !next.IsZero()) {
				t.Fatalf("a page of %d rows, %d asked, next %v", len(list), step, next)
			}
			for _, p := range list {
				if seen[p.ID] {
					t.Fatalf("in steps of %d: %s comes twice", step, p.ID)
				}
				if len(seen) > 0 && p.RecordedAt.After(last.RecordedAt) {
					t.Fatalf("in steps of %d: %v after %v, want newest first", step, p.RecordedAt, last.RecordedAt)
				}
				seen[p.ID], last = true, p
			}
			after = next
		}
		for n := every; n <= rows; n += every {
			if !seen[sample.ID(n)] {
				t.Fatalf("in steps of %d: row %d never came", step, n)
			}
		}
	}
	if added == rows {
		t.Error("nothing was logged meanwhile")
	}
}

// A cursor that somebody wrote by hand is no failure of ours.
func TestACursorFromAnAddressIsHarmless(t *testing.T) {
	l := newLedger(t)
	l.log(t)
	id := sample.ID(1).String()
	for _, text := range []string{"9223372036854775807." + id, "-9223372036854775808." + id, "9999999999999." + id, "9223372036000." + id, "-1." + id, "0." + id, "9223372036001." + id} {
		if _, _, err := l.List(t.Context(), placement.Filter{Campaign: sample.CampaignID}, keyset.Parse(text), 10); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, _, err := l.List(t.Context(), placement.Filter{Campaign: sample.CampaignID}, keyset.Cursor{}, 0); err == nil {
		t.Error("a page of no rows can't tell where to go on")
	}
}

func TestEachGoesInTheOrderOfALedger(t *testing.T) {
	l := newLedger(t)
	put := func(n int, task campaign.TaskCode, unit org.UnitID, start string) {
		l.log(t, numbered(n), flight(start, ""), func(p *placement.Placement) { p.Task, p.Unit = task, unit })
	}
	// Numbered as they must come out: task, unit, start, id.
	put(6, "社会宣传2", "dongjie", "2014-09-01")
	put(4, "社会宣传1", "shuiliju", "2014-09-06")
	put(5, "社会宣传1", "shuiliju", "2014-09-06")
	put(3, "社会宣传1", "shuiliju", "2014-09-05")
	put(2, "社会宣传1", "dongjie", "2014-09-08")
	put(1, "社会宣传1", "dongjie", "2014-09-07")
	var got []float64
	visit := func(p placement.Placement) error { got = append(got, p.Quantity); return nil }
	if err := l.Each(t.Context(), placement.Filter{Campaign: sample.CampaignID}, visit); err != nil || !slices.Equal(got, []float64{1, 2, 3, 4, 5, 6}) {
		t.Errorf("%v, %v, want 1 to 6", got, err)
	}

	full := errors.New("disk full")
	visits := 0
	err := l.Each(t.Context(), placement.Filter{Campaign: sample.CampaignID}, func(placement.Placement) error { visits++; return full })
	if !errors.Is(err, full) || visits != 1 {
		t.Errorf("after %d visits: %v, want the visitor's own error after one", visits, err)
	}
}

// What Validate takes comes back as it was sent, to the last bit.
func TestWhatIsValidSurvivesTheStore(t *testing.T) {
	l := newLedger(t)
	n := 0
	text := rapid.StringOfN(rapid.OneOf(rapid.Rune(), rapid.RuneFrom([]rune(`'"\%_?@${}:<>&;=市，	 `))), 0, 40, -1)
	rapid.Check(t, func(rt *rapid.T) {
		n++
		p := sample.Placement(numbered(n), func(p *placement.Placement) {
			p.CarrierText, p.Place, p.Size, p.Remark = "栏"+text.Draw(rt, "carrier"), "路"+text.Draw(rt, "place"), text.Draw(rt, "size"), text.Draw(rt, "remark")
			p.Quantity = float64(rapid.Int64Range(1, 10_000_000_000).Draw(rt, "thousandths")) / 1000
			p.Measure = rapid.SampledFrom(campaign.Measures).Draw(rt, "measure")
			p.Start = sample.Day("1990-01-01").AddDate(0, 0, rapid.IntRange(0, 40_000).Draw(rt, "start"))
			p.Again = rapid.Uint16().Draw(rt, "again")
			if rapid.Bool().Draw(rt, "ends") {
				p.End = p.Start.AddDate(0, 0, rapid.IntRange(0, 400).Draw(rt, "days"))
			}
			if rapid.Bool().Draw(rt, "has area") {
				v := rapid.Float64Range(0, 10_000_000).Draw(rt, "area")
				p.AreaM2 = &v
			}
			if rapid.Bool().Draw(rt, "has position") {
				p.Position = &placement.Position{Longitude: rapid.Float64Range(-180, 180).Draw(rt, "longitude"),
					Latitude: rapid.Float64Range(-90, 90).Draw(rt, "latitude"), Datum: rapid.SampledFrom([]placement.Datum{placement.WGS84, placement.GCJ02, placement.BD09}).Draw(rt, "datum")}
			}
		})
		if len(p.Validate(l.plan)) > 0 {
			return
		}
		kept, created, err := l.intake.Placement(t.Context(), sample.Office(), l.plan, p)
		if err != nil || !created {
			rt.Fatalf("created %t, %v", created, err)
		}
		back, err := l.Placement(t.Context(), sample.CampaignID, p.ID)
		if err != nil {
			rt.Fatal(err)
		}
		if !reflect.DeepEqual(back, kept) {
			rt.Fatalf("came back as %s\nwant %s", show(back), show(kept))
		}
		p.Origin, p.RecordedAt, p.RecordedBy = back.Origin, back.RecordedAt, back.RecordedBy
		if !reflect.DeepEqual(back, p) {
			rt.Fatalf("came back as %s\nsent %s", show(back), show(p))
		}
		if back.Fingerprint() != p.Fingerprint() {
			rt.Fatal("its fingerprint is another one")
		}
	})
	count, err := l.Count(t.Context(), placement.Filter{Campaign: sample.CampaignID})
	if err != nil || count < 20 {
		t.Errorf("%d placements went through, %v: the draw should mostly be valid", count, err)
	}
}

func show(p placement.Placement) string {
	area := math.NaN()
	if p.AreaM2 != nil {
		area = *p.AreaM2
	}
	return strings.TrimSpace(fmt.Sprintf("%#v area %v position %+v", p, area, p.Position))
}
