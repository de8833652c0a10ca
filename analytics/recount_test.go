package analytics_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"shuixuan/analytics"
	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/org"
	"shuixuan/app/placement"
)

// worlds is how many histories are recounted. They are loaded together: one insert for
// each would cost ten times as much as asking.
const worlds = 60

// world is a random history: a plan that changed, what was logged, revised, returned,
// accepted, withdrawn and taken down, photos of all grades, and what was found.
type world struct {
	plan        *campaign.Plan // as it holds now
	asOf        time.Time
	scope       org.UnitID
	tasks       []edition[campaign.Task]
	units       []edition[org.Unit]
	placements  []recorded // every revision, in the order in which they were written
	photos      []placement.Photo
	inspections []placement.Inspection
}

// edition is a revision of a definition.
type edition[T any] struct {
	thing    T
	id       string
	revision uint32
	at       time.Time
}

// civilOf is the civil date of an instant in Shanghai.
func civilOf(at time.Time) time.Time { return at.Add(8 * time.Hour).Truncate(24 * time.Hour) }

// The figures are those of a slow and obvious recount in Go, whatever the plan was and
// became and whatever happened to the placements; no rate is over 100 %, and what owes
// nothing is not complete.
func TestCoverageRecount(t *testing.T) {
	db := clickhousetest.Open(t)
	all := make([]world, worlds)
	for i := range all {
		all[i] = rapid.Custom(func(t *rapid.T) world { return drawWorld(t, fmt.Sprintf("w%d", i)) }).Example(i)
	}
	load(t, db, all)
	reader := analytics.NewReader(db)
	var seen [7]int
	for i, w := range all {
		c, err := reader.Coverage(t.Context(), w.plan, analytics.Scope{AsOf: w.asOf, Unit: w.scope})
		if err != nil {
			t.Fatal(err)
		}
		t.Run(fmt.Sprint(i), func(t *testing.T) { w.recount(t, c, &seen) })
	}
	for i, n := range seen {
		if n == 0 {
			t.Errorf("no placement of all is %s: the histories are too tame", analytics.ProofStates[i])
		}
	}
}

func drawWorld(t *rapid.T, id string) world {
	w := world{asOf: date("2014-10-01").AddDate(0, 0, rapid.IntRange(0, 60).Draw(t, "day"))}
	if rapid.IntRange(0, 3).Draw(t, "one unit") == 0 {
		w.scope = "u1"
	}
	w.drawPlan(t, id)
	for range rapid.IntRange(0, 15).Draw(t, "placements") {
		w.drawPlacement(t, id)
	}
	return w
}

var (
	bodies  = []org.UnitID{"u1", "u2", "u3"}
	someDay = rapid.IntRange(-30, 70)
)

// moment draws an instant around the campaign; hours over 15 are the next day in Shanghai.
func moment(t *rapid.T, name string) time.Time {
	return date("2014-09-20").AddDate(0, 0, someDay.Draw(t, name)).Add(time.Duration(rapid.IntRange(0, 23).Draw(t, name+" hour")) * time.Hour)
}

// drawPlan draws a plan that was loaded and changed up to three times.
func (w *world) drawPlan(t *rapid.T, id string) {
	loaded := moment(t, "loaded")
	collective := func() org.Unit {
		return org.Unit{ID: "all", Name: "各局", Kind: org.KindCollective, Members: rapid.SliceOfDistinct(rapid.SampledFrom(bodies), rapid.ID).Draw(t, "members")}
	}
	for _, u := range []org.Unit{{ID: "u1", Name: "一局", Kind: org.KindBureau}, {ID: "u2", Name: "二局", Kind: org.KindBureau}, {ID: "u3", Name: "三局", Kind: org.KindBureau}, collective()} {
		w.units = append(w.units, edition[org.Unit]{u, string(u.ID), 1, loaded})
	}
	n := rapid.IntRange(1, 4).Draw(t, "tasks")
	for i := range n {
		task := drawTask(t, i)
		w.tasks = append(w.tasks, edition[campaign.Task]{task, string(task.Code), 1, loaded})
	}
	revisions, changed := map[string]uint32{}, loaded
	for range rapid.IntRange(0, 3).Draw(t, "changes") {
		changed = changed.Add(time.Duration(rapid.IntRange(1, 500).Draw(t, "later")) * time.Hour)
		if rapid.IntRange(0, 2).Draw(t, "what") == 0 {
			revisions["all"]++
			w.units = append(w.units, edition[org.Unit]{collective(), "all", 1 + revisions["all"], changed})
			continue
		}
		task := drawTask(t, rapid.IntRange(0, n).Draw(t, "which")) // the last is a new one
		if string(task.Code) == fmt.Sprintf("t%d", n) {
			revisions[string(task.Code)]++
			w.tasks = append(w.tasks, edition[campaign.Task]{task, string(task.Code), revisions[string(task.Code)], changed})
			continue
		}
		revisions[string(task.Code)]++
		w.tasks = append(w.tasks, edition[campaign.Task]{task, string(task.Code), 1 + revisions[string(task.Code)], changed})
	}
	w.plan = planOf(id, latest(w.units, nil), latest(w.tasks, nil)...)
	for i := range w.plan.Carriers {
		w.plan.Carriers[i].Rule.Photos.Value = rapid.IntRange(0, 2).Draw(t, "photos")
		w.plan.Carriers[i].Rule.Once.Value = rapid.IntRange(0, 4).Draw(t, "act") == 0
		w.plan.Carriers[i].Rule.Interval.Value = rapid.SampledFrom([]int{0, 5, 15, 30}).Draw(t, "interval")
	}
	w.plan = campaign.NewPlan(w.plan.Campaign, w.plan.Tasks, w.plan.Carriers, w.plan.Units)
}

func drawTask(t *rapid.T, i int) campaign.Task {
	task := campaign.Task{Code: campaign.TaskCode(fmt.Sprintf("t%d", i)), Title: "任务", Position: i}
	task.Lead = rapid.SliceOfDistinct(rapid.SampledFrom([]org.UnitID{"u1", "u2", "u3", "all"}), rapid.ID).Draw(t, "lead")
	task.Carriers = rapid.SliceOfDistinct(rapid.SampledFrom([]campaign.CarrierID{"board", "banner"}), rapid.ID).Draw(t, "carriers")
	if rapid.Bool().Draw(t, "target") {
		task.Targets = []campaign.Target{{Unit: rapid.SampledFrom([]org.UnitID{"", "u1", "all"}).Draw(t, "whose"), Measure: "块",
			Quantity: float64(rapid.IntRange(1, 5).Draw(t, "due")), Carrier: rapid.SampledFrom([]campaign.CarrierID{"", "board"}).Draw(t, "of"), Source: "测试"}}
	}
	return task
}

// latest gives the newest edition of each thing that keep lets through.
func latest[T any](list []edition[T], keep func(edition[T]) bool) []T {
	newest := map[string]edition[T]{}
	var order []string
	for _, e := range list {
		if keep != nil && !keep(e) {
			continue
		}
		held, known := newest[e.id]
		if !known {
			order = append(order, e.id)
		}
		if !known || e.revision > held.revision {
			newest[e.id] = e
		}
	}
	things := make([]T, len(order))
	for i, id := range order {
		things[i] = newest[id].thing
	}
	return things
}

// planAt is the plan as it held at the end of a day, or as it was loaded.
func (w *world) planAt(day time.Time) *campaign.Plan {
	loaded := civilOf(w.tasks[0].at)
	if day.Before(loaded) {
		tasks := latest(w.tasks, func(e edition[campaign.Task]) bool { return e.revision == 1 && civilOf(e.at).Equal(loaded) })
		units := latest(w.units, func(e edition[org.Unit]) bool { return e.revision == 1 })
		return campaign.NewPlan(w.plan.Campaign, tasks, w.plan.Carriers, org.NewResolver(units))
	}
	tasks := latest(w.tasks, func(e edition[campaign.Task]) bool { return !civilOf(e.at).After(day) })
	units := latest(w.units, func(e edition[org.Unit]) bool { return !civilOf(e.at).After(day) })
	return campaign.NewPlan(w.plan.Campaign, tasks, w.plan.Carriers, org.NewResolver(units))
}

// drawPlacement draws what happened to one placement.
func (w *world) drawPlacement(t *rapid.T, id string) {
	p := standing(id, rapid.SampledFrom(w.plan.Tasks).Draw(t, "task").Code, rapid.SampledFrom(bodies).Draw(t, "unit"))
	p.ID = uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
	p.RecordedAt = moment(t, "logged")
	p.on = civilOf(p.RecordedAt)
	for revision := range uint32(rapid.IntRange(1, 4).Draw(t, "revisions")) {
		if p.Revision = revision + 1; revision > 0 {
			p.RecordedAt = p.RecordedAt.Add(time.Duration(rapid.IntRange(1, 300).Draw(t, "later")) * time.Hour)
			p.on = civilOf(p.RecordedAt)
			p.State = rapid.SampledFrom([]placement.State{placement.Submitted, placement.Returned, placement.Accepted, placement.Accepted, placement.Withdrawn, placement.TakenDown}).Draw(t, "state")
		}
		p.Carrier = rapid.SampledFrom([]campaign.CarrierID{"board", "banner", "board", "banner", ""}).Draw(t, "carrier")
		p.Measure = rapid.SampledFrom([]string{"块", "条"}).Draw(t, "measure")
		p.Quantity = float64(rapid.IntRange(1, 5000).Draw(t, "thousandths")) / 1000
		p.Start = date("2014-09-20").AddDate(0, 0, rapid.IntRange(-20, 40).Draw(t, "start"))
		p.End = time.Time{}
		if rapid.IntRange(0, 3).Draw(t, "ends") == 0 {
			p.End = p.Start.AddDate(0, 0, rapid.IntRange(0, 60).Draw(t, "length"))
		}
		w.placements = append(w.placements, p)
		if rapid.IntRange(0, 4).Draw(t, "sent twice") == 0 {
			w.placements = append(w.placements, p)
		}
	}
	for range rapid.IntRange(0, 6).Draw(t, "photos") {
		taken := moment(t, "taken")
		w.photos = append(w.photos, placement.Photo{ID: uuid.New(), Campaign: id, Revision: 1, Placement: p.ID, ProvesOn: civilOf(taken),
			RecordedAt: taken.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "sent later")) * time.Hour),
			State:      rapid.SampledFrom([]placement.PhotoState{placement.PhotoKept, placement.PhotoKept, placement.PhotoKept, placement.PhotoSetAside}).Draw(t, "kept"),
			Grade:      rapid.SampledFrom([]placement.Grade{placement.GradeA, placement.GradeB, placement.GradeC, placement.GradeX}).Draw(t, "grade")})
	}
	for range rapid.IntRange(0, 3).Draw(t, "inspections") {
		found := moment(t, "found")
		w.inspections = append(w.inspections, placement.Inspection{ID: uuid.New(), Campaign: id, Placement: p.ID, FoundOn: civilOf(found), RecordedAt: found,
			Finding: rapid.SampledFrom([]placement.Finding{placement.FoundStanding, placement.FoundStanding, placement.FoundDamaged, placement.FoundGone}).Draw(t, "finding"),
			Role:    rapid.SampledFrom([]audit.Role{audit.RoleOffice, audit.RoleUnit}).Draw(t, "role")})
	}
}

// load puts all histories into the tables at once.
func load(t *testing.T, db *clickhouse.DB, all []world) {
	t.Helper()
	var placements []recorded
	var photos []placement.Photo
	var inspections []placement.Inspection
	for _, w := range all {
		placements, photos, inspections = append(placements, w.placements...), append(photos, w.photos...), append(inspections, w.inspections...)
	}
	logPlacements(t, db, placements...)
	addPhotos(t, db, photos...)
	addInspections(t, db, inspections...)
	for table, add := range map[string]func(driver.Batch) error{
		"tasks": func(b driver.Batch) error {
			for _, w := range all {
				if err := appendEditions(b, w.plan.Campaign.ID, w.tasks); err != nil {
					return err
				}
			}
			return nil
		},
		"units": func(b driver.Batch) error {
			for _, w := range all {
				if err := appendEditions(b, w.plan.Campaign.ID, w.units); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		if err := db.Insert(t.Context(), `INSERT INTO `+table+` (campaign, id, revision, body, recorded_at)`, add); err != nil {
			t.Fatal(err)
		}
	}
}

func appendEditions[T any](b driver.Batch, campaignID string, list []edition[T]) error {
	for _, e := range list {
		body, err := json.Marshal(e.thing)
		if err != nil {
			return err
		}
		if err := b.Append(campaignID, e.id, e.revision, string(body), e.at); err != nil {
			return err
		}
	}
	return nil
}

// newest leaves the last revision of each placement that counts, with the day on which
// it was first recorded.
func (w *world) newest() []recorded {
	held, first := map[uuid.UUID]recorded{}, map[uuid.UUID]time.Time{}
	for _, p := range w.placements {
		if p.Revision == 1 {
			first[p.ID] = p.on
		}
		if p.Revision >= held[p.ID].Revision {
			held[p.ID] = p
		}
	}
	var list []recorded
	for id, p := range held {
		if p.on = first[id]; p.State.Counts() && (w.scope == "" || p.Unit == w.scope) {
			list = append(list, p)
		}
	}
	return list
}

// holds tells whether a placement stands on a day: in its flight, or once it was done.
func (w *world) holds(p recorded, day time.Time) bool {
	carrier, _ := w.plan.Carrier(p.Carrier)
	return !p.Start.After(day) && (p.End.IsZero() || !p.End.Before(day) || carrier.Rule.Once.Value)
}

// acceptedAt is when a placement was last accepted, unless it was returned after that.
func (w *world) acceptedAt(id uuid.UUID) time.Time {
	var at time.Time
	for _, p := range w.placements {
		switch {
		case p.ID == id && p.State == placement.Accepted:
			at = p.RecordedAt
		case p.ID == id && p.State == placement.Returned:
			at = time.Time{}
		}
	}
	return at
}

// happening is one thing that happened to a placement, as it bears on its proof.
type happening struct {
	day, at                    time.Time
	photo, proof, mends, fault bool
	state                      analytics.ProofState // of a fault
}

// happenings of a placement in their order; of one instant, a fault comes before what
// mends it.
func (w *world) happenings(p recorded, rule campaign.Rule) []happening {
	needs := rule.Photos.Value > 0
	var list []happening
	if !needs {
		list = append(list, happening{day: p.Start, proof: true})
		if p.on.After(p.Start) {
			list = append(list, happening{day: p.on, proof: true})
		}
	}
	accepted := w.acceptedAt(p.ID)
	for _, ph := range w.photos {
		believed := ph.Grade != placement.GradeX || !accepted.Before(ph.RecordedAt)
		if ph.Placement == p.ID && ph.State == placement.PhotoKept && believed {
			list = append(list, happening{day: ph.ProvesOn, at: ph.RecordedAt, photo: true, proof: needs, mends: needs})
		}
	}
	for _, i := range w.inspections {
		switch {
		case i.Placement != p.ID:
		case i.Finding == placement.FoundDamaged:
			list = append(list, happening{day: i.FoundOn, at: i.RecordedAt, fault: true, state: analytics.Defective})
		case i.Finding == placement.FoundGone:
			list = append(list, happening{day: i.FoundOn, at: i.RecordedAt, fault: true, state: analytics.Gone})
		case i.Role == audit.RoleOffice:
			list = append(list, happening{day: i.FoundOn, at: i.RecordedAt, proof: true, mends: !needs})
		}
	}
	rank := func(h happening) int {
		switch {
		case !h.fault:
			return 2
		case h.state == analytics.Gone:
			return 1
		}
		return 0
	}
	slices.SortFunc(list, func(a, b happening) int {
		return cmp.Or(a.day.Compare(b.day), a.at.Compare(b.at), rank(a)-rank(b))
	})
	return list
}

// stateOn says how a placement's proof stands on a day by going through all that happened.
func (w *world) stateOn(p recorded, day time.Time) analytics.ProofState {
	if !w.holds(p, day) {
		return analytics.NotStanding
	}
	carrier, _ := w.plan.Carrier(p.Carrier)
	photos, fault := 0, analytics.ProofState("")
	var last time.Time
	for _, h := range w.happenings(p, carrier.Rule) {
		if h.day.After(day) {
			break
		}
		if h.photo {
			photos++
		}
		if h.proof {
			last = h.day
		}
		if h.mends {
			fault = ""
		}
		if h.fault {
			fault = h.state
		}
	}
	age := int(day.Sub(last).Hours() / 24)
	interval := carrier.Rule.Interval.Value
	switch {
	case fault != "":
		return fault
	case photos < carrier.Rule.Photos.Value:
		return analytics.NeverProven
	case interval == 0:
		return analytics.Proven
	case age > interval:
		return analytics.Old
	case age > interval-7:
		return analytics.GrowingOld
	}
	return analytics.Proven
}

// duty is one obligation: a task of a unit.
type duty struct {
	task campaign.TaskCode
	unit org.UnitID
}

func (w *world) owedOn(day time.Time) map[duty]bool {
	owed, plan := map[duty]bool{}, w.planAt(day)
	for _, task := range plan.Tasks {
		for _, unit := range task.Responsible(plan.Units) {
			if w.scope == "" || w.scope == unit {
				owed[duty{task.Code, unit}] = true
			}
		}
	}
	return owed
}

func (w *world) recount(t *testing.T, c *analytics.Coverage, seen *[7]int) {
	placements := w.newest()
	check := func(name string, day time.Time, line analytics.CoverageLine, owes func(duty) bool, has func(recorded) bool) {
		t.Helper()
		var expected, covered, present, logged, stands, proven int64
		sums, provenSums := map[string]int64{}, map[string]int64{}
		states := map[analytics.ProofState]int64{}
		standing, shown := map[duty]bool{}, map[duty]bool{}
		for _, p := range placements {
			if !has(p) {
				continue
			}
			logged++
			state, thousandths := w.stateOn(p, day), int64(math.Round(p.Quantity*1000))
			states[state]++
			if name == "total" {
				seen[slices.Index(analytics.ProofStates, state)]++
			}
			if state != analytics.NotStanding {
				stands++
				sums[p.Measure] += thousandths
				standing[duty{p.Task, p.Unit}] = true
			}
			if state.Counts() {
				proven++
				provenSums[p.Measure] += thousandths
				shown[duty{p.Task, p.Unit}] = true
			}
		}
		for d := range w.owedOn(day) {
			if owes(d) {
				expected++
				if shown[d] {
					covered++
				}
				if standing[d] {
					present++
				}
			}
		}
		if line.Expected == -1 {
			if expected != 0 {
				t.Fatalf("%s owes %d, said to be unknown", name, expected)
			}
			line.Expected = 0
		}
		if line.Expected != expected || line.Covered != covered || line.Present != present || line.Standing != stands || line.Proven != proven {
			t.Fatalf("%s: %d/%d/%d standing %d proven %d, recounted %d/%d/%d standing %d proven %d", name,
				line.Covered, line.Present, line.Expected, line.Standing, line.Proven, covered, present, expected, stands, proven)
		}
		if line.Share.Valid != (expected > 0) || line.Share.Value < 0 || line.Share.Value > 100 || line.Complete && (expected == 0 || covered < expected) {
			t.Fatalf("%s: share %+v of %d, complete %v", name, line.Share, expected, line.Complete)
		}
		if line.Amounts == nil {
			return // a week
		}
		if line.Logged != logged {
			t.Fatalf("%s: logged %d, recounted %d", name, line.Logged, logged)
		}
		b := line.ByProof
		for i, n := range []int64{b.Proven, b.GrowingOld, b.Old, b.Never, b.Defect, b.Gone} {
			if s := analytics.ProofStates[i]; n != states[s] {
				t.Fatalf("%s: %d are %s, recounted %d", name, n, s, states[s])
			}
		}
		checkAmounts(t, name, line.Amounts, sums)
		checkAmounts(t, name+" proven", line.ProvenAmounts, provenSums)
	}
	anything, everyone := func(recorded) bool { return true }, func(duty) bool { return true }
	check("total", w.asOf, c.Total, everyone, anything)
	for _, l := range c.ByTask {
		check("task "+l.Key, w.asOf, l, func(d duty) bool { return string(d.task) == l.Key }, func(p recorded) bool { return string(p.Task) == l.Key })
	}
	for _, l := range c.ByUnit {
		check("unit "+l.Key, w.asOf, l, func(d duty) bool { return string(d.unit) == l.Key }, func(p recorded) bool { return string(p.Unit) == l.Key })
	}
	for _, l := range c.ByCarrier {
		check("carrier "+l.Key, w.asOf, l, func(d duty) bool {
			task, _ := w.planAt(w.asOf).Task(d.task)
			return slices.Contains(task.Carriers, campaign.CarrierID(l.Key))
		}, func(p recorded) bool { return string(p.Carrier) == l.Key })
	}
	for _, l := range c.ByWeek {
		day := date(l.Key).AddDate(0, 0, 6)
		if day.After(w.asOf) {
			day = w.asOf
		}
		check("week "+l.Key, day, l, everyone, anything)
		var by int64
		for _, p := range placements {
			if !p.on.After(day) {
				by++
			}
		}
		if l.Logged != by {
			t.Fatalf("week %s: logged %d, recounted %d", l.Key, l.Logged, by)
		}
	}
	if weeks := len(c.ByWeek); weeks < 1 || weeks > 12 {
		t.Fatalf("%d weeks", weeks)
	}
	w.recountTargets(t, placements, c)
	// Each part of a whole is in one line: nothing is counted twice or lost.
	for name, lines := range map[string][]analytics.CoverageLine{"tasks": c.ByTask, "units": c.ByUnit, "carriers": c.ByCarrier} {
		var logged int64
		for _, l := range lines {
			logged += l.Logged
		}
		if logged != int64(len(placements)) {
			t.Fatalf("%s add up to %d of %d", name, logged, len(placements))
		}
	}
}

func checkAmounts(t *testing.T, name string, got []analytics.Amount, sums map[string]int64) {
	t.Helper()
	if len(got) != len(sums) {
		t.Fatalf("%s: %+v, recounted %v", name, got, sums)
	}
	for _, a := range got {
		if a.Quantity != float64(sums[a.Measure])/1000 {
			t.Fatalf("%s: %+v, recounted %v", name, a, sums)
		}
	}
}

// recountTargets: a target counts what is proven of its unit, of the members of its
// collective, or of everybody.
func (w *world) recountTargets(t *testing.T, placements []recorded, c *analytics.Coverage) {
	if w.scope != "" {
		return
	}
	plan := w.planAt(w.asOf)
	for _, l := range c.ByTask {
		task, _ := plan.Task(campaign.TaskCode(l.Key))
		if len(l.Targets) != len(task.Targets) || l.NotEnumerated != (len(task.Targets) == 0) {
			t.Fatalf("task %s: %+v for targets %+v", l.Key, l.Targets, task.Targets)
		}
		for i, target := range task.Targets {
			units := map[org.UnitID]bool{"u1": true, "u2": true, "u3": true}
			if u, _ := plan.Units.Unit(target.Unit); target.Unit != "" {
				units = map[org.UnitID]bool{target.Unit: true}
				for _, m := range u.Members {
					units[m] = true
				}
			}
			var stands, proven int64
			for _, p := range placements {
				if p.Task != task.Code || !units[p.Unit] || p.Measure != target.Measure || cmp.Or(target.Carrier, p.Carrier) != p.Carrier {
					continue
				}
				thousandths := int64(math.Round(p.Quantity * 1000))
				if w.holds(p, w.asOf) {
					stands += thousandths
				}
				if w.stateOn(p, w.asOf).Counts() {
					proven += thousandths
				}
			}
			got := l.Targets[i]
			if got.Standing != float64(stands)/1000 || got.Proven != float64(proven)/1000 || got.Share.Value > 100 || got.Share.Value != min(100, 100*(float64(proven)/1000)/target.Quantity) {
				t.Fatalf("task %s: %+v, recounted %d and %d thousandths", l.Key, got, stands, proven)
			}
		}
	}
}
