package web

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/org"
	"shuixuan/app/survey"
)

// areaWave is the form of a wave with six areas: three units are called like their areas, one
// is named, one area has no unit and one no people.
func areaWave() url.Values {
	return url.Values{"id": {"w9"}, "name": {"片区轮"}, "take": {"citizen@1"}, "start": {"2014-10-01"}, "end": {"2014-10-31"}, "kind": {"convenience"}, "stratum": {"school"}, "in.school": {"1"},
		"areas":     {"xc 新城街道\nyy 仪阳镇\nlc 老城街道\ngx 开发片区\nzz 没有单位的片\nwg 王瓜店街道"},
		"people.xc": {"20,000"}, "people.yy": {"１００００"}, "people.lc": {"40000"}, "people.gx": {"5000"}, "people.zz": {"8000"}, "people.wg": {""},
		"units.xc": {""}, "units.gx": {"高新区管委会、"}, "area_frame": {"第七次人口普查公报（2021年）"}}
}

// reached takes in so many answers from an area, of which some know.
func reached(t *testing.T, c *client, area string, people, aware int) {
	t.Helper()
	plan, err := c.Campaigns.Plan(t.Context(), "feicheng")
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.fieldwork(t.Context(), "feicheng", "w9")
	if err != nil {
		t.Fatal(err)
	}
	for i := range people {
		r := survey.Response{ID: uuid.New(), Area: area, Mode: survey.Link, Choices: map[string][]string{"group": {"school"}, "aware": {"unknown"}}}
		if i < aware {
			r.Choices["aware"] = []string{"knows"}
		}
		if _, _, err := c.Ingest.Response(t.Context(), audit.System("test"), plan, f.wave, f.q, r); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAreasAreComparedByTheirPlacements: the office enters people with their source, ledgers and
// sheets come in, and the page sets placements per thousand beside awareness, names what it
// leaves out and what counts nowhere, and says that it proves no cause.
func TestAreasAreComparedByTheirPlacements(t *testing.T) {
	c := newClient(t)
	if got := c.site.do("chuang", "POST", "/c/feicheng/waves", areaWave()); got.status != http.StatusSeeOther {
		t.Fatalf("the wave: %d %s", got.status, got.body)
	}
	// Placements per 1,000: 新城 4/20 = 0.2, 仪阳 1/10 = 0.1, 老城 2/40 = 0.05, 高新 0/5 = 0.
	for unit, n := range map[string]int{"xincheng": 4, "yiyang": 1, "laocheng": 2, "wangguadian": 3} {
		for i := range n {
			body := map[string]any{"id": uuid.New(), "task": "社会宣传7", "unit": unit, "carrier": "调查问卷", "place": fmt.Sprint(unit, i), "quantity": 100, "measure": "份", "start": "2014-09-05"}
			if status := c.call("chuang", "POST", feicheng+"/placements", body, nil); status != http.StatusCreated {
				t.Fatalf("a placement of %s: %d", unit, status)
			}
		}
	}
	// What begins after the wave, nobody could have seen; a banner without a photo proves nothing.
	late := map[string]any{"id": uuid.New(), "task": "社会宣传7", "unit": "yiyang", "carrier": "调查问卷", "place": "明年", "quantity": 100, "measure": "份", "start": "2014-11-05"}
	c.call("chuang", "POST", feicheng+"/placements", late, nil)
	c.call("zhujian", "POST", feicheng+"/placements", banner(uuid.New(), "龙山路"), nil)
	course := map[string]any{"id": uuid.New(), "task": "社会宣传6", "unit": "jiaoyuju", "carrier": "节水教育课", "place": "实验小学", "quantity": 2, "measure": "课时", "start": "2014-09-06"}
	if status := c.call("chuang", "POST", feicheng+"/placements", course, nil); status != http.StatusCreated {
		t.Fatalf("a lesson: %d", status)
	}
	reached(t, c, "xc", 10, 9)
	reached(t, c, "yy", 10, 6)
	reached(t, c, "lc", 10, 7)
	reached(t, c, "gx", 10, 2)
	reached(t, c, "zz", 5, 5)
	reached(t, c, "wg", 4, 1)
	reached(t, c, "", 3, 3)

	page := c.site.do("chuang", "GET", "/c/feicheng/waves/w9/analysis", nil)
	// Ranks of 0.2, 0.1, 0.05, 0 and 0.9, 0.6, 0.7, 0.2: ρ = 1 − 6·2/(4·15) = 0.8; Bonett and
	// Wright: tanh(artanh 0.8 ± 1.96·√(1.32/1)) = −0.82 to 1.00.
	says(t, page.body, "点位多的片区，知道的人越多吗", "4个地区的等级相关系数为0.80（-0.82至1.00）", "不能证明因果", "2014年10月31日",
		"第七次人口普查公报（2021年）", "没有计入：没有单位的片（没有对应的单位）、王瓜店街道（人数不详）",
		"同名的责任单位：新城街道办事处", "责任单位：高新区政府", "没有填人口", "按0处计算的片区（单位登记的点位没有一处已证实）：开发片区",
		"已证实的11处点位里，1处没有片区", "市教育局1处", "3人回答了，但答卷上没有片区")
	csv := c.site.do("chuang", "GET", "/c/feicheng/waves/w9/analysis/panels/analysis-areas.csv", nil).body
	says(t, csv, "新城街道,0.20,90.0%,", "没有单位的片,", ",10,4,20000,同名的责任单位：新城街道办事处,", "开发片区,0.00,20.0%,")
}

// TestAreaPeopleAreChecked: people without a source, a unit that nobody knows and one in two
// areas are refused where they stand, and what was typed is still there; what is kept is shown
// again, and the next wave begins with it.
func TestAreaPeopleAreChecked(t *testing.T) {
	s := newSite(t, 0)
	s.as("chuang")
	for _, bad := range []struct {
		field, value, want string
	}{
		{"area_frame", "", "填了片区的人口，请写明来源和年份"},
		{"people.yy", "约一万", "“仪阳镇”的人口“约一万”不是整数"},
		{"people.yy", "-5", "片区“仪阳镇”的人口是-5"},
		{"units.gx", "水务集团", "写的单位“水务集团”不在名单里"},
		{"units.gx", "市直各有关部门", "是集合名称，不登记点位"},
	} {
		fields := areaWave()
		fields.Set(bad.field, bad.value)
		before := s.events()
		got := s.do("chuang", "POST", "/c/feicheng/waves", fields)
		if got.status != http.StatusUnprocessableEntity || len(s.since(before)) != 0 {
			t.Errorf("%s=%s: %d", bad.field, bad.value, got.status)
		}
		says(t, got.body, bad.want, `name="people.xc" value="20,000"`)
	}
	twice := areaWave()
	twice.Set("units.xc", "高新区")
	says(t, s.do("chuang", "POST", "/c/feicheng/waves", twice).body, "点位会算两次")

	s.changed()
	before := s.events()
	newest := areaWave()
	newest["start"], newest["end"] = []string{"2015-03-01"}, []string{"2015-03-31"}
	if got := s.do("chuang", "POST", "/c/feicheng/waves", newest); got.status != http.StatusSeeOther {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if left := s.since(before); len(left) != 1 {
		t.Errorf("left %+v", left)
	}
	held, err := s.Surveys.Wave(t.Context(), "feicheng", "w9")
	if err != nil {
		t.Fatal(err)
	}
	if a := held.Thing.Areas; len(a) != 6 || a[0].Population != 20_000 || a[1].Population != 10_000 || a[5].Population != 0 || len(a[3].Units) != 1 || a[3].Units[0] != org.UnitID("gaoxinqu") || held.Thing.AreaFrame == "" {
		t.Errorf("%+v", held.Thing)
	}
	for _, address := range []string{"/w9/edit", "/new"} {
		says(t, s.do("chuang", "GET", "/c/feicheng/waves"+address, nil).body, `name="people.yy" value="10000"`, `name="units.gx" value="高新区政府"`, "第七次人口普查公报", "同名的单位：仪阳镇政府", "没有同名的单位")
	}
}
