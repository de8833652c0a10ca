package campaign_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/problem"
	"shuixuan/seeds/sample"
)

type bend = func(t *campaign.Task)

// units are the samples with a second collective whose members are known.
func units() *org.Resolver {
	return org.NewResolver(append(sample.Units(), org.Unit{ID: "two", Name: "两个局", Kind: org.KindCollective, Members: []org.UnitID{"jiaoyuju", "shuiliju"}}))
}

func TestWindowSettled(t *testing.T) {
	day := sample.Day("2014-09-01")
	for name, c := range map[string]struct {
		window campaign.Window
		want   bool
	}{
		"nothing is said":        {campaign.Window{}, false},
		"only a start":           {campaign.Window{Start: day}, false},
		"only an end":            {campaign.Window{End: day}, false},
		"to acceptance":          {campaign.Window{Start: day, Open: true}, true},
		"open, from nobody says": {campaign.Window{Open: true}, false},
		"both":                   {campaign.Window{Start: day, End: day}, true},
	} {
		if got := c.window.Settled(); got != c.want {
			t.Errorf("%s: settled = %t, want %t", name, got, c.want)
		}
	}
}

// Settled in everything: a lead, a window, a target. Each case leaves one thing open.
func TestOpenAsksForWhatThePlanLeavesOut(t *testing.T) {
	settled := func(t *campaign.Task) {
		t.Targets = []campaign.Target{{Quantity: 10, Measure: "个", Source: "试用"}}
	}
	cases := []struct {
		name string
		bend bend
		what string
		text string
	}{
		{"settled", func(*campaign.Task) {}, "", ""},
		{"no lead", func(t *campaign.Task) { t.Lead = nil }, "lead", "没有写明责任单位"},
		{"a lead that isn't on the list", func(t *campaign.Task) { t.Lead = []org.UnitID{"shuiliju", "tiyuju"} }, "lead", "“tiyuju”不在单位名单里"},
		{"a collective without members", func(t *campaign.Task) { t.Lead = []org.UnitID{"shizhi"} }, "members", "“市直有关部门”包括哪些单位"},
		{"a collective whose members are known", func(t *campaign.Task) { t.Lead = []org.UnitID{"two"} }, "", ""},
		{"no window", func(t *campaign.Task) { t.Window = campaign.Window{} }, "window", "起止时间"},
		{"a window without end", func(t *campaign.Task) { t.Window.Open = false }, "window", "起止时间"},
		{"no target", func(t *campaign.Task) { t.Targets = nil }, "target", "应设数量"},
		{"nothing at all", func(t *campaign.Task) { *t = campaign.Task{Code: t.Code} }, "lead window target", "应设数量"},
	}
	for _, c := range cases {
		task := sample.Task(settled, c.bend)
		open := task.Open("领导小组办公室", units())
		var what []string
		for _, q := range open {
			what = append(what, q.What)
			if q.Task != task.Code || !strings.Contains(q.Text, "待领导小组办公室明确") {
				t.Errorf("%s: %+v doesn't say which task, or who is to settle it", c.name, q)
			}
		}
		if got := strings.Join(what, " "); got != c.what {
			t.Errorf("%s: asks %q, want %q", c.name, got, c.what)
		} else if len(open) > 0 && !strings.Contains(open[len(open)-1].Text, c.text) {
			t.Errorf("%s: %q doesn't say %q", c.name, open[len(open)-1].Text, c.text)
		}
	}
}

func TestMembersStandInThePlaceOfTheirCollective(t *testing.T) {
	for name, c := range map[string]struct{ named, want []org.UnitID }{
		"nobody":                       {nil, nil},
		"two units":                    {[]org.UnitID{"dongjie", "shuiliju"}, []org.UnitID{"dongjie", "shuiliju"}},
		"a collective":                 {[]org.UnitID{"two"}, []org.UnitID{"jiaoyuju", "shuiliju"}},
		"a member named beside it":     {[]org.UnitID{"shuiliju", "two", "dongjie"}, []org.UnitID{"shuiliju", "jiaoyuju", "dongjie"}},
		"a collective without members": {[]org.UnitID{"shizhi"}, nil},
		"one nobody knows":             {[]org.UnitID{"tiyuju"}, []org.UnitID{"tiyuju"}},
	} {
		task := campaign.Task{Lead: c.named, Assisting: c.named}
		if got := task.Responsible(units()); !slices.Equal(got, c.want) {
			t.Errorf("%s leads: %v, want %v", name, got, c.want)
		}
		if got := task.Helping(units()); !slices.Equal(got, c.want) {
			t.Errorf("%s assists: %v, want %v", name, got, c.want)
		}
	}
}

func TestTaskValidate(t *testing.T) {
	target := func(quantity float64, measure string) bend {
		return func(t *campaign.Task) { t.Targets = []campaign.Target{{Quantity: quantity, Measure: measure}} }
	}
	for name, c := range map[string]struct {
		bend   bend
		fields string
	}{
		"right":                       {func(*campaign.Task) {}, ""},
		"no code":                     {func(t *campaign.Task) { t.Code = "" }, "code"},
		"no title":                    {func(t *campaign.Task) { t.Title = "" }, "title"},
		"ends before it starts":       {func(t *campaign.Task) { t.Window.End = t.Window.Start.Add(-24 * time.Hour) }, "window"},
		"only an end":                 {func(t *campaign.Task) { t.Window = campaign.Window{End: sample.Day("2014-09-01")} }, ""},
		"a target":                    {target(10, "个"), ""},
		"a target of nothing":         {target(0, "个"), "targets"},
		"a target of no number":       {target(math.NaN(), "个"), "targets"},
		"a target without end":        {target(math.Inf(1), "个"), "targets"},
		"a target without a measure":  {target(10, ""), "targets"},
		"a target with nothing right": {target(-1, ""), "targets targets"},
		"an empty task":               {func(t *campaign.Task) { *t = campaign.Task{} }, "code title"},
	} {
		err := sample.Task(c.bend).Validate()
		p, _ := problem.As(err)
		var fields []string
		if p != nil {
			for _, f := range p.Faults {
				fields = append(fields, f.Field)
			}
		}
		if got := strings.Join(fields, " "); got != c.fields || (err != nil) != (c.fields != "") {
			t.Errorf("%s: %v, want faults at %q", name, err, c.fields)
		}
	}
}

func TestPlanFindsWhatIsWritten(t *testing.T) {
	tasks := sample.Tasks()
	tasks[0].Aliases = []string{"社会宣传一"}
	slices.Reverse(tasks)
	p := campaign.NewPlan(sample.Campaign(), tasks, sample.Carriers(), units())
	if p.Tasks[0].Code != "社会宣传1" || p.Tasks[2].Code != "社会宣传3" {
		t.Errorf("tasks %v, want them by position", p.Tasks)
	}
	for written, want := range map[string]campaign.TaskCode{
		"社会宣传1": "社会宣传1", " 社会 宣传１ ": "社会宣传1", "社会宣传一": "社会宣传1", "设宣传栏": "社会宣传1", "滚动播出口号": "社会宣传2",
		"社会宣传": "", "社会宣传11": "", "": "", " ": "",
	} {
		if got, ok := p.ResolveTask(written); got.Code != want || ok != (want != "") {
			t.Errorf("task %q is %q, want %q", written, got.Code, want)
		}
	}
	for written, want := range map[string]campaign.CarrierID{
		"宣传栏": "lan", "固定宣传栏": "lan", "LAN": "lan", "条 幅": "tiaofu", "宣传": "", "": "", "　": "",
	} {
		if got, ok := p.ResolveCarrier(written); got.ID != want || ok != (want != "") {
			t.Errorf("carrier %q is %q, want %q", written, got.ID, want)
		}
	}
	if _, ok := p.Task("设宣传栏"); ok {
		t.Error("a title is no code")
	}
	if c, ok := p.Carrier("lan"); !ok || c.Name != "宣传栏" {
		t.Errorf("lan is %+v", c)
	}
	for got, want := range map[string]string{p.UnitName("shuiliju"): "市水利局", p.UnitName("x"): "x", p.CarrierName("lan"): "宣传栏", p.CarrierName("y"): "y"} {
		if got != want {
			t.Errorf("the name %q, want %q", got, want)
		}
	}
	if got := len(p.Open()); got != 5 { // 1 is settled; 2: members, target; 3: lead, window, target
		t.Errorf("%d questions, want 5: %+v", got, p.Open())
	}
}

// An empty name must not find a task or carrier whose own alias was left empty.
func TestNothingWrittenFindsNothing(t *testing.T) {
	task := sample.Task(func(t *campaign.Task) { t.Title, t.Aliases = "", []string{" "} })
	carriers := []campaign.Carrier{{ID: "lan", Name: "宣传栏", Aliases: []string{""}}}
	p := campaign.NewPlan(sample.Campaign(), []campaign.Task{task}, carriers, units())
	if found, ok := p.ResolveTask(" "); ok {
		t.Errorf("found %+v", found)
	}
	if found, ok := p.ResolveCarrier(""); ok {
		t.Errorf("found %+v", found)
	}
}

func TestTasksOfAUnit(t *testing.T) {
	tasks := sample.Tasks()
	tasks[1].Lead, tasks[2].Assisting = []org.UnitID{"two"}, []org.UnitID{"two", "dongjie"}
	p := campaign.NewPlan(sample.Campaign(), tasks, nil, units())
	for unit, want := range map[org.UnitID]string{
		"shuiliju": "社会宣传1 社会宣传2 社会宣传3", // named; member of the lead; member of the assisting
		"jiaoyuju": "社会宣传2 社会宣传3", "dongjie": "社会宣传1 社会宣传3", "shizhi": "", "two": "", "": "",
	} {
		var codes []string
		for _, task := range p.TasksOf(unit) {
			codes = append(codes, string(task.Code))
		}
		if got := strings.Join(codes, " "); got != want {
			t.Errorf("%s has %q, want %q", unit, got, want)
		}
	}
}
