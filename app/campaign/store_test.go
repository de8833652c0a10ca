package campaign_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/keyset"
	"shuixuan/app/org"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
	"shuixuan/seeds/sample"
)

type stores struct {
	*campaign.Store
	units *org.Store
	log   *audit.Log
}

func newStores(t *testing.T) stores {
	t.Helper()
	db := clickhousetest.Open(t)
	log := audit.NewLog(db)
	units := org.NewStore(db, log)
	return stores{campaign.NewStore(db, log, units), units, log}
}

// told checks that an error is a problem of this kind that says what to do next.
func told(t *testing.T, err error, kind problem.Kind) {
	t.Helper()
	if p, ok := problem.As(err); !ok || p.Kind != kind || p.Title == "" || p.Detail == "" {
		t.Errorf("told %v, want %s with a remedy", err, kind)
	}
}

func TestAPlanComesBackAsItWasPut(t *testing.T) {
	s := newStores(t)
	ctx, office := t.Context(), sample.Office()
	if _, err := s.units.PutAll(ctx, office, sample.CampaignID, sample.Units()); err != nil {
		t.Fatal(err)
	}
	c := sample.Campaign(func(c *campaign.Campaign) { c.Summary = `"</script>'\` })
	if rev, err := s.PutCampaign(ctx, office, c, 0); rev != 1 || err != nil {
		t.Fatalf("campaign: revision %d, %v", rev, err)
	}
	all := []bool{true, true, true}
	if differs, err := s.PutTasks(ctx, office, c.ID, sample.Tasks()); err != nil || !slices.Equal(differs, all) {
		t.Fatalf("tasks: %v, %v", differs, err)
	}
	if differs, err := s.PutCarriers(ctx, office, c.ID, sample.Carriers()); err != nil || !slices.Equal(differs, all[:2]) {
		t.Fatalf("carriers: %v, %v", differs, err)
	}
	tasks := sample.Tasks()
	tasks[2].Lead = []org.UnitID{"jiaoyuju"}
	if differs, err := s.PutTasks(ctx, office, c.ID, tasks); err != nil || !slices.Equal(differs, []bool{false, false, true}) {
		t.Errorf("one changed: %v, %v", differs, err)
	}
	if differs, err := s.PutCarriers(ctx, office, c.ID, sample.Carriers()); err != nil || !slices.Equal(differs, []bool{false, false}) {
		t.Errorf("none changed: %v, %v", differs, err)
	}

	plan, err := s.Plan(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if plan.Revision != 1 || !reflect.DeepEqual(plan.Campaign, c) {
		t.Errorf("campaign %+v, want %+v", plan.Campaign, c)
	}
	if !reflect.DeepEqual(plan.Tasks, tasks) {
		t.Errorf("tasks %+v, want %+v", plan.Tasks, tasks)
	}
	if !reflect.DeepEqual(plan.Carriers, sample.Carriers()) {
		t.Errorf("carriers %+v", plan.Carriers)
	}
	if len(plan.Units.Units()) != 4 {
		t.Errorf("%d units, want 4", len(plan.Units.Units()))
	}
	held, err := s.Task(ctx, c.ID, "社会宣传3")
	if err != nil || held.Revision != 2 || !reflect.DeepEqual(held.Thing, tasks[2]) {
		t.Errorf("holds %+v, %v", held, err)
	}

	// One event for each thing that changed: 4 units, 1 campaign, 3 tasks, 2 carriers, 1 task.
	events, err := s.log.Events(ctx, c.ID, keyset.Cursor{}, 100)
	verbs := map[string]int{}
	for _, e := range events {
		verbs[e.Verb]++
	}
	if want := map[string]int{"unit.put": 4, "campaign.put": 1, "task.put": 4, "carrier.put": 2}; err != nil || !reflect.DeepEqual(verbs, want) {
		t.Errorf("events %v, %v, want %v", verbs, err, want)
	}
}

// A plan holds what is its own, also where codes are the same.
func TestPlansDontMeet(t *testing.T) {
	s := newStores(t)
	ctx, office := t.Context(), sample.Office()
	for _, id := range []string{"b", "a"} {
		if _, err := s.PutCampaign(ctx, office, sample.Campaign(func(c *campaign.Campaign) { c.ID = id }), 0); err != nil {
			t.Fatal(err)
		}
		title := func(task *campaign.Task) { task.Title = "任务" + id }
		if _, err := s.PutTasks(ctx, office, id, []campaign.Task{sample.Task(title)}); err != nil {
			t.Fatal(err)
		}
	}
	plan, err := s.Plan(ctx, "a")
	if err != nil || len(plan.Tasks) != 1 || plan.Tasks[0].Title != "任务a" {
		t.Errorf("plan a has %+v, %v", plan, err)
	}
	list, err := s.Campaigns(ctx)
	if err != nil || len(list) != 2 || list[0].ID != "a" || list[1].ID != "b" {
		t.Errorf("campaigns %+v, %v, want a and b", list, err)
	}
}

func TestWhatIsMissingIsToldInWords(t *testing.T) {
	s := newStores(t)
	for _, id := range []string{"nothing", "", `'\`} {
		_, err := s.Plan(t.Context(), id)
		told(t, err, problem.KindNotFound)
		_, err = s.Task(t.Context(), id, "社会宣传1")
		told(t, err, problem.KindNotFound)
		if !errors.Is(err, revision.ErrNotFound) {
			t.Errorf("%v has lost its cause", err)
		}
	}
}

// Of several things one is wrong: none goes in.
func TestAWrongThingKeepsAllOut(t *testing.T) {
	s := newStores(t)
	ctx, office := t.Context(), sample.Office()
	tasks := sample.Tasks()
	tasks[1].Title = ""
	_, err := s.PutTasks(ctx, office, sample.CampaignID, tasks)
	told(t, err, problem.KindInvalid)
	_, err = s.PutTask(ctx, office, sample.CampaignID, tasks[1], 0)
	told(t, err, problem.KindInvalid)
	for _, bend := range []func(c *campaign.Carrier){
		func(c *campaign.Carrier) { c.ID = "" }, func(c *campaign.Carrier) { c.Name = "" }, func(c *campaign.Carrier) { c.Measures = nil },
	} {
		carriers := sample.Carriers()
		bend(&carriers[1])
		_, err = s.PutCarriers(ctx, office, sample.CampaignID, carriers)
		told(t, err, problem.KindInvalid)
	}
	_, err = s.PutCampaign(ctx, office, sample.Campaign(func(c *campaign.Campaign) { c.Name = "" }), 0)
	told(t, err, problem.KindInvalid)
	_, err = s.PutCampaign(ctx, office, sample.Campaign(func(c *campaign.Campaign) { c.ID = "" }), 0)
	told(t, err, problem.KindInvalid)
	if events, err := s.log.Events(ctx, "", keyset.Cursor{}, 10); err != nil || len(events) > 0 {
		t.Errorf("events %+v, %v: nothing may have happened", events, err)
	}
}

func TestTheSecondOfTwoPeopleIsToldOfTheFirst(t *testing.T) {
	s := newStores(t)
	ctx, office := t.Context(), sample.Office()
	if _, err := s.PutTask(ctx, office, sample.CampaignID, sample.Task(), 0); err != nil {
		t.Fatal(err)
	}
	put := func(title string) error {
		_, err := s.PutTask(ctx, office, sample.CampaignID, sample.Task(func(t *campaign.Task) { t.Title = title }), 1)
		return err
	}
	if err := put("第一人"); err != nil {
		t.Fatal(err)
	}
	err := put("第二人")
	told(t, err, problem.KindConflict)
	if !errors.Is(err, revision.ErrConflict) {
		t.Errorf("%v has lost its cause", err)
	}
	if held, err := s.Task(ctx, sample.CampaignID, "社会宣传1"); err != nil || held.Thing.Title != "第一人" {
		t.Errorf("holds %+v, %v", held, err)
	}
	if _, err := s.PutCampaign(ctx, office, sample.Campaign(), 0); err != nil {
		t.Fatal(err)
	}
	_, err = s.PutCampaign(ctx, office, sample.Campaign(func(c *campaign.Campaign) { c.Name = "另一个" }), 0)
	told(t, err, problem.KindConflict)
}
