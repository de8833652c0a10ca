package ingest

import (
	"reflect"
	"testing"

	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/seeds"
)

// shipped reads the plan and units of a campaign that comes with the program.
func shipped(t *testing.T, id string) *campaign.Plan {
	t.Helper()
	read := func(name string) []byte {
		body, err := seeds.FS.ReadFile(id + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	units, faults, err := readUnits(t.Context(), "units.yaml", read("units.yaml"))
	if err != nil || len(append(faults, units.check(nil)...)) > 0 {
		t.Fatal(faults, units.check(nil), err)
	}
	resolver := org.NewResolver(units.Units)
	p, faults, err := readPlan("plan.yaml", read("plan.yaml"))
	if err != nil || len(append(faults, p.check(resolver)...)) > 0 {
		t.Fatal(faults, p.check(resolver), err)
	}
	if p.Campaign.ID != id {
		t.Errorf("the folder %s holds the campaign %s", id, p.Campaign.ID)
	}
	return campaign.NewPlan(p.Campaign, p.Tasks, p.Carriers, resolver)
}

// What the plan leaves open is a question to the office, and nothing else is: no
// target at all; no dates for three; no list for the collectives that three name;
// no unit for the last.
func TestShippedPlanAsks(t *testing.T) {
	cases := []struct {
		id   string
		want []string
	}{
		{"feicheng", []string{
			"媒体宣传1 target", "媒体宣传2 target", "社会宣传1 target",
			"社会宣传2 members", "社会宣传2 target",
			"社会宣传3 target", "社会宣传4 target",
			"社会宣传5 members", "社会宣传5 target",
			"社会宣传6 window", "社会宣传6 target",
			"社会宣传7 members", "社会宣传7 window", "社会宣传7 target",
			"社会宣传8 lead", "社会宣传8 window", "社会宣传8 target",
		}},
		// The pilot's stages are masked in the source, so no mechanism has dates; six
		// are carried out by 各镇（街道）, whom the plan doesn't list.
		{"governance", []string{
			"自治1 window", "自治1 target", "自治2 window", "自治2 target",
			"自治3 members", "自治3 window", "自治3 target", "自治4 members", "自治4 window", "自治4 target",
			"法治1 window", "法治1 target", "法治2 members", "法治2 window", "法治2 target",
			"法治3 window", "法治3 target", "法治4 members", "法治4 window", "法治4 target",
			"德治1 members", "德治1 window", "德治1 target", "德治2 window", "德治2 target",
			"德治3 members", "德治3 window", "德治3 target", "德治4 window", "德治4 target",
		}},
	}
	for _, c := range cases {
		var got []string
		for _, q := range shipped(t, c.id).Open() {
			got = append(got, string(q.Task)+" "+q.What)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s asks %q", c.id, got)
		}
	}
}

// The lead units are those of the plan's table, task by task.
func TestShippedPlanNamesItsUnits(t *testing.T) {
	p := shipped(t, "feicheng")
	six := []string{"市直各有关部门", "新城街道办事处", "仪阳镇政府", "王瓜店街道办事处", "高新区政府", "老城街道办事处"}
	want := map[campaign.TaskCode][]string{
		"媒体宣传1": {"市委宣传部", "市政府办公室", "市广播电视台"}, "媒体宣传2": {"市委宣传部", "市水利局"},
		"社会宣传1": {"市住建局"}, "社会宣传2": {"市直有关部门"}, "社会宣传3": {"市交通运输公司"}, "社会宣传4": {"市工商局"},
		"社会宣传5": six, "社会宣传6": {"市教育局"}, "社会宣传7": six, "社会宣传8": nil,
	}
	if len(p.Tasks) != len(want) {
		t.Errorf("%d tasks, want %d", len(p.Tasks), len(want))
	}
	for _, task := range p.Tasks {
		var names []string
		for _, id := range task.Lead {
			names = append(names, p.UnitName(id))
		}
		if !reflect.DeepEqual(names, want[task.Code]) {
			t.Errorf("%s is led by %v, want %v", task.Code, names, want[task.Code])
		}
		if len(task.Targets) > 0 {
			t.Errorf("%s: the plan has no target", task.Code)
		}
	}
	if u, _ := p.Units.Unit("jiaoyungongsi"); u.Kind != org.KindCompany {
		t.Errorf("市交通运输公司 is a company, not %q", u.Kind)
	}
}

func TestShippedUnitsResolve(t *testing.T) {
	units := shipped(t, "feicheng").Units
	cases := []struct{ written, want string }{
		{"住建局", "市住建局"}, {"市住房和城乡建设局", "市住建局"}, {"住房和城乡建设局", "市住建局"}, {" 市 住建局 ", "市住建局"},
		{"交通运输公司", "市交通运输公司"}, {"交运公司", "市交通运输公司"}, {"市交运公司", "市交通运输公司"},
		{"新城街道", "新城街道办事处"}, {"新城街办", "新城街道办事处"}, {"新城街道办", "新城街道办事处"},
		{"仪阳镇", "仪阳镇政府"}, {"仪阳镇人民政府", "仪阳镇政府"}, {"老城街道办事处", "老城街道办事处"}, {"老城街道", "老城街道办事处"},
		{"王瓜店", "王瓜店街道办事处"}, {"高新区管委会", "高新区政府"}, {"高新区", "高新区政府"},
		{"宣传部", "市委宣传部"}, {"政府办", "市政府办公室"}, {"政府办公室", "市政府办公室"}, {"电视台", "市广播电视台"},
		{"水利局", "市水利局"}, {"工商局", "市工商局"}, {"市工商行政管理局", "市工商局"}, {"教育局", "市教育局"},
		{"市直各有关部门", "市直各有关部门"}, {"肥城市住建局", "市住建局"},
		// Not units of this campaign: 市体育局 isn't named by the plan, and the plan
		// speaks of the transport company, not of the bureau.
		{"市体育局", ""}, {"体育局", ""}, {"市交通运输局", ""}, {"市", ""}, {"", ""},
	}
	for _, c := range cases {
		if u, _ := units.Resolve(c.written); u.Name != c.want {
			t.Errorf("%q is %q, want %q", c.written, u.Name, c.want)
		}
	}
}

// 市体育局 differs from 市教育局 in one character; 市交通运输局 is nearest to the
// company with a similar name, which is what the sender may have meant.
func TestShippedUnitsNearest(t *testing.T) {
	units := shipped(t, "feicheng").Units
	for written, want := range map[string]string{"市体育局": "市教育局", "市交通运输局": "市交通运输公司"} {
		near := units.Nearest(written, 3)
		if len(near) != 3 || near[0] != want {
			t.Errorf("nearest to %s are %v, want %s first", written, near, want)
		}
	}
}

func TestShippedCarriersResolve(t *testing.T) {
	p := shipped(t, "feicheng")
	// The words of the ledger that departments really send.
	for _, written := range []string{"公交站点广告牌", "路灯广告牌", "大型公益广告", "宣传条幅", "工地横幅", "公交车车身标语", "出租车标语", "车载电视", "标语牌", "宣传栏", "墙报", "演讲比赛", "电子显示屏", "门前标语"} {
		if _, ok := p.ResolveCarrier(written); !ok {
			t.Errorf("%s is no carrier", written)
		}
	}
	// Each carrier serves a task, and each task but the pilot's has at least one.
	used := map[campaign.CarrierID]bool{}
	for _, task := range p.Tasks {
		for _, c := range task.Carriers {
			used[c] = true
		}
		if len(task.Carriers) == 0 {
			t.Errorf("%s has no carrier", task.Code)
		}
	}
	for _, c := range p.Carriers {
		// No task asks for hoardings; the law that applies in this city does.
		if !used[c.ID] && c.Rule.HoardingShare.Value == 0 {
			t.Errorf("%s serves no task", c.Name)
		}
	}
}
