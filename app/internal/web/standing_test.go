package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/placement"
)

// logged logs a placement of 市住建局 through the form and gives its address.
func init() {
	found := func(path string, asJSON bool) func(t *testing.T, s *site) request {
		return func(t *testing.T, s *site) request {
			id, day := logged(t, s, "巡查路口"), civil(time.Now()).Format(time.DateOnly)
			q := request{as: "chuang", path: fmt.Sprintf(path, id), thing: id.String()}
			if asJSON {
				q.json = map[string]any{"id": uuid.NewString(), "found_on": day, "finding": "standing"}
			} else {
				q.fields = url.Values{"id": {uuid.NewString()}, "found_on": {day}, "finding": {"standing"}}
			}
			return q
		}
	}
	writeFixtures["POST /c/:campaign/placements/:id/inspections"] = write{leaves: []string{"placement.inspect"}, once: true, prepare: found("/c/feicheng/placements/%s/inspections", false)}
	writeFixtures["POST /api/v1/campaigns/:campaign/placements/:id/inspections"] = write{leaves: []string{"placement.inspect"}, once: true, prepare: found("/api/v1/campaigns/feicheng/placements/%s/inspections", true)}
	writeFixtures["POST /c/:campaign/carriers/:carrier"] = write{leaves: []string{"carrier.put"}, once: true, prepare: func(t *testing.T, s *site) request {
		return request{as: "chuang", path: "/c/feicheng/carriers/menqian", thing: "menqian",
			fields: url.Values{"revision": {"1"}, "photos": {"1"}, "photos.source": {"现场核对要用"}, "interval": {"20"}, "interval.source": {"市创建办定"}}}
	}}
}

func (s *site) logged(t *testing.T, carrier string, bend ...func(url.Values)) string {
	t.Helper()
	f := url.Values{"id": {uuid.NewString()}, "task": {"社会宣传1"}, "unit": {"zhujianju"}, "carrier": {carrier}, "place": {"龙山路" + uuid.NewString()}, "quantity": {"1"}, "measure": {"条"},
		"start": {time.Now().AddDate(0, 0, -3).Format(time.DateOnly)}, "open": {"1"}}
	for _, b := range bend {
		b(f)
	}
	if got := s.do("zhujian", "POST", "/c/feicheng/placements", f); got.status != 303 {
		t.Fatalf("log: %d %s", got.status, got.body)
	}
	return "/c/feicheng/placements/" + f.Get("id")
}

func inspection(finding placement.Finding, bend ...func(url.Values)) url.Values {
	f := url.Values{"id": {uuid.NewString()}, "found_on": {civil(time.Now()).Format(time.DateOnly)}, "finding": {string(finding)}}
	for _, b := range bend {
		b(f)
	}
	return f
}

func (s *site) sees(t *testing.T, as, address string, want ...string) {
	t.Helper()
	got := s.do(as, "GET", address, nil)
	if got.status != 200 {
		t.Fatalf("%s sees %s: %d", as, address, got.status)
	}
	for _, w := range want {
		no := strings.HasPrefix(w, "!")
		if strings.Contains(got.body, strings.TrimPrefix(w, "!")) == no {
			t.Errorf("%s: %s: want %q", as, address, w)
		}
	}
}

func TestInspectionPage(t *testing.T) {
	s := newSite(t, 0)
	address := s.logged(t, "宣传条幅")
	s.sees(t, "zhujian", address, "还没有证明", "规定要1张照片", "报告损坏或丢失", `!value="standing"`)
	s.sees(t, "chuang", address, "登记巡查", `value="standing"`)
	post := func(as string, fields url.Values) answer { return s.do(as, "POST", address+"/inspections", fields) }
	// A refused form keeps what was filled in.
	got := post("chuang", inspection(placement.FoundDamaged, func(f url.Values) { f.Set("note", "右上角\"撕开\"") }))
	if got.status != 422 || !strings.Contains(got.body, "请至少选一项损坏情况") || !strings.Contains(got.body, "右上角&#34;撕开&#34;") {
		t.Errorf("damaged without a defect: %d", got.status)
	}
	once := inspection(placement.FoundDamaged, func(f url.Values) { f["defect"] = []string{"broken", "faded"} })
	for range 2 {
		if got := post("chuang", once); got.status != 303 || !strings.HasSuffix(got.header.Get("Location"), "?done=inspected#standing") {
			t.Fatalf("damaged: %d %s", got.status, got.body)
		}
	}
	due := civil(time.Now()).AddDate(0, 0, 7)
	s.sees(t, "zhujian", address, "待整改", "发现破损、褪色", dateText(due)+"前整改", "市创建办")
	other := url.Values{}
	for name, value := range once {
		other[name] = value
	}
	other.Set("note", "别的")
	if got := post("chuang", other); got.status != 409 || !strings.Contains(got.body, "别的") {
		t.Errorf("other content under the same id: %d", got.status)
	}
	if got := post("zhujian", inspection(placement.FoundStanding)); got.status != 422 || !strings.Contains(got.body, "请上传当天的照片") {
		t.Errorf("a unit says that it stands: %d", got.status)
	}
	if got := post("zhujian", inspection(placement.FoundGone)); got.status != 303 {
		t.Errorf("a unit reports a loss: %d", got.status)
	}
	s.sees(t, "chuang", address, "巡查时已不在原处", "（本单位报告）")
	for as, want := range map[string]int{"jiaoyu": 404, "fafang": 403, "cunzhi": 404} {
		if got := post(as, inspection(placement.FoundGone)); got.status != want {
			t.Errorf("%s inspects a foreign placement: %d, want %d", as, got.status, want)
		}
	}
	if got := post("chuang", inspection(placement.FoundStanding, func(f url.Values) { f.Set("found_on", "2999-01-01") })); got.status != 422 || !strings.Contains(got.body, "还没有到") {
		t.Errorf("found in the future: %d", got.status)
	}
	if got := post("chuang", inspection(placement.FoundStanding, func(f url.Values) { f.Set("found_on", "昨天") })); got.status != 422 {
		t.Errorf("found on no date: %d", got.status)
	}
}

func TestStandingList(t *testing.T) {
	s := newSite(t, 0)
	address := s.logged(t, "宣传条幅")
	id := address[strings.LastIndex(address, "/")+1:]
	s.sees(t, "chuang", "/c/feicheng/standing", id, "还没有证明", "市住建局")
	s.sees(t, "zhujian", "/c/feicheng/standing?state=never", id)
	s.sees(t, "chuang", "/c/feicheng/standing?state=proven", "!"+id, "没有这种情况的记录")
	s.sees(t, "jiaoyu", "/c/feicheng/standing", "!"+id, "没有要处理的")
	s.sees(t, "chuang", "/c/feicheng/standing?state=%27OR%201%3D1--", id)
}

// A missing permit is told and not refused; what was filled in stays through a revision.
func TestPermitsAndHoardings(t *testing.T) {
	s := newSite(t, 0)
	address := s.logged(t, "大型公益广告", func(f url.Values) { f.Set("measure", "处") })
	s.sees(t, "zhujian", address, "待补", "还没有填写许可编号和到期日", "第十二条")
	permitted := s.logged(t, "大型公益广告", func(f url.Values) {
		f.Set("measure", "处")
		f.Set("permit", "泰许2014-17")
		f.Set("permit_until", "2014-12-31")
	})
	s.sees(t, "zhujian", permitted, "泰许2014-17", "已于2014-12-31到期")
	s.sees(t, "zhujian", permitted+"/edit", `value="泰许2014-17"`, `value="2014-12-31"`)
	hoarding := s.logged(t, "工地围挡", func(f url.Values) {
		f.Set("measure", "处")
		f.Set("area_m2", "9")
		f.Set("hoarding_m2", "30")
	})
	s.sees(t, "zhujian", hoarding, "围挡总面积", "30.0%（9/30平方米），应不少于三分之一", "第二十二条")
	s.sees(t, "zhujian", s.logged(t, "宣传条幅"), "最长可设30天", "第二十一条")
	got := s.do("zhujian", "POST", "/c/feicheng/placements", url.Values{"id": {uuid.NewString()}, "task": {"社会宣传1"}, "carrier": {"工地围挡"}, "place": {"x"}, "quantity": {"1"}, "measure": {"处"},
		"start": {"2014-09-01"}, "open": {"1"}, "area_m2": {"31"}, "hoarding_m2": {"30"}})
	if got.status != 422 || !strings.Contains(got.body, "宣传面积31平方米大于围挡总面积30平方米") {
		t.Errorf("more publicity than hoarding: %d", got.status)
	}
}

func TestRuleOfCarrier(t *testing.T) {
	s := newSite(t, 0)
	const address = "/c/feicheng/carriers/tiaofu"
	s.sees(t, "chuang", "/c/feicheng/plan", "各宣传形式的规定", "最长设30天", "国办函〔2026〕12号")
	s.sees(t, "chuang", address, `name="longest_days"`, `value="30"`)
	if got := s.do("zhujian", "GET", address, nil); got.status != 403 {
		t.Errorf("a unit opens a rule: %d", got.status)
	}
	rule := url.Values{"revision": {"1"}, "photos": {"２"}, "photos.source": {"10月8日例会定"}, "interval": {"15"}, "interval.source": {""}}
	if got := s.do("chuang", "POST", address, rule); got.status != 422 || !strings.Contains(got.body, "证明有效期缺少来源说明") || !strings.Contains(got.body, "10月8日例会定") {
		t.Errorf("no source: %d", got.status)
	}
	rule.Set("interval.source", "10月8日例会定")
	if got := s.do("chuang", "POST", address, rule); got.status != 303 {
		t.Fatalf("put: %d %s", got.status, got.body)
	}
	if got := s.do("chuang", "POST", address, url.Values{"revision": {"1"}, "photos": {"1"}, "photos.source": {"x"}}); got.status != 409 {
		t.Errorf("over another's change: %d", got.status)
	}
	s.sees(t, "chuang", "/c/feicheng/plan", "照片2张", "10月8日例会定", "每次证明有效15天")
	s.sees(t, "zhujian", s.logged(t, "宣传条幅"), "规定要2张照片")
	for _, bad := range []url.Values{{"revision": {"2"}, "photos": {"9999999999999999999999"}}, {"revision": {"2"}, "hoarding_share": {"NaN"}, "hoarding_share.source": {"x"}}, {"revision": {"2"}, "interval": {"-1"}}} {
		if got := s.do("chuang", "POST", address, bad); got.status != 422 {
			t.Errorf("%v: %d", bad, got.status)
		}
	}
}

func TestAPIInspections(t *testing.T) {
	c := newClient(t)
	page := c.logged(t, "公交站点广告牌", func(f url.Values) { f.Set("measure", "块") })
	address := "/api/v1/campaigns/feicheng/placements/" + page[strings.LastIndex(page, "/")+1:]
	var p placementJSON
	if status := c.call("zhujian", "GET", address, nil, &p); status != 200 || p.Proof == nil || p.Proof.State != "never" {
		t.Fatalf("%d %+v", status, p.Proof)
	}
	body := map[string]any{"id": uuid.NewString(), "found_on": civil(time.Now()).Format(time.DateOnly), "finding": "damaged", "defects": []string{"leaning"}}
	var i inspectionJSON
	for n, want := range []int{201, 200} {
		if status := c.call("chuang", "POST", address+"/inspections", body, &i); status != want || i.Due == nil || *i.Due != civil(time.Now()).AddDate(0, 0, 7).Format(time.DateOnly) {
			t.Errorf("sending %d: %d %+v", n+1, status, i)
		}
	}
	body["note"] = "other"
	if status := c.call("chuang", "POST", address+"/inspections", body, nil); status != 409 {
		t.Errorf("other content: %d", status)
	}
	if status := c.call("jiaoyu", "POST", address+"/inspections", body, nil); status != 404 {
		t.Errorf("another unit: %d", status)
	}
	if status := c.call("chuang", "POST", address+"/inspections", map[string]any{"found_on": "2014-02-30", "finding": "gone"}, nil); status != 422 && status != 400 {
		t.Errorf("no such day: %d", status)
	}
	var all items[inspectionJSON]
	if status := c.call("zhujian", "GET", address+"/inspections", nil, &all); status != 200 || len(all.Items) != 1 || all.Items[0].Defects[0] != placement.Leaning {
		t.Errorf("list: %d %+v", status, all)
	}
	if c.call("zhujian", "GET", address, nil, &p); p.Proof.State != "defect" || p.Proof.RepairDue == nil || len(p.Proof.Defects) != 1 {
		t.Errorf("after the inspection: %+v", p.Proof)
	}
	if status := c.call("jiaoyu", "GET", address+"/inspections", nil, nil); status != 404 {
		t.Errorf("another unit reads: %d", status)
	}
}
