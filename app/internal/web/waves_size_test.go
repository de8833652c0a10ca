package web

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"shuixuan/analytics/planning"
	"shuixuan/app/audit"
	"shuixuan/app/survey"
)

// sizedWave makes a wave of three strata whose people are known.
func sizedWave(t *testing.T, s *site, id survey.WaveID, bend ...func(*survey.Wave)) survey.Wave {
	t.Helper()
	w := survey.Wave{ID: id, Name: "测算轮", Questionnaire: "citizen", Sampling: survey.Sampling{Kind: survey.Probability, Frame: "测试"}, Strata: []survey.Stratum{
		{Code: "school", Label: "学校师生", Population: 30_000, Quota: 50}, {Code: "resident", Label: "社区居民", Population: 420_000, Quota: 150}, {Code: "company", Label: "企业员工", Population: 900}}}
	for _, b := range bend {
		b(&w)
	}
	if _, err := s.Surveys.PutWave(t.Context(), audit.System("test"), "feicheng", w, 0); err != nil {
		t.Fatal(err)
	}
	s.changed()
	return w
}

var (
	sizeCount  = regexp.MustCompile(`<strong>([^<]*)</strong>份要(收回|发出)`)
	sizeMargin = regexp.MustCompile(`<strong>([^<]*)</strong>个百分点，合计`)
	sizeRow    = regexp.MustCompile(`data-label="要收回"><strong>([^<]*)</strong></td><td class="num" data-label="要发出">([^<]*)</td><td class="num" data-label="本组的误差（百分点）">([^<]*)<`)
)

// shownSizes reads the figures of the page: all, then each stratum.
func shownSizes(page string) []string {
	var list []string
	for _, found := range append(sizeCount.FindAllStringSubmatch(page, -1), sizeMargin.FindAllStringSubmatch(page, -1)...) {
		list = append(list, found[1])
	}
	for _, found := range sizeRow.FindAllStringSubmatch(page, -1) {
		list = append(list, found[1:]...)
	}
	return list
}

// TestSizePageSaysWhatThePlanComesTo: the page shows what Plan.Sheets gives of the same plan,
// typed in any width and with its units.
func TestSizePageSaysWhatThePlanComesTo(t *testing.T) {
	s := newSite(t, 0)
	w := sizedWave(t, s, "size")
	plan := func(bend ...func(*planning.Plan)) planning.Plan {
		p := planning.Plan{Margin: 0.05, Level: 0.95, Share: 0.5, DesignEffect: 1, Response: 1, Allocation: planning.Proportional, SmallBase: 30}
		for _, stratum := range w.Strata {
			p.Strata = append(p.Strata, planning.Stratum{Name: stratum.Label, Population: int64(stratum.Population), Part: float64(stratum.Quota)})
		}
		for _, b := range bend {
			b(&p)
		}
		return p
	}
	check := func(query url.Values, p planning.Plan, says ...string) {
		t.Helper()
		want, err := p.Sheets()
		if err != nil {
			t.Fatal(err)
		}
		figures := []string{wholeText(want.Collect), wholeText(want.HandOut), marginText(want.Margin)}
		for _, one := range want.Strata {
			figures = append(figures, wholeText(one.Collect), wholeText(one.HandOut), marginText(one.Margin))
			for _, warning := range one.Warnings {
				says = append(says, warning.Text)
			}
		}
		for _, step := range want.Steps {
			says = append(says, step.What, step.Source)
		}
		got := s.do("chuang", "GET", "/c/feicheng/waves/size/size?"+query.Encode(), nil)
		if shown := shownSizes(got.body); got.status != 200 || !slices.Equal(shown, figures) {
			t.Errorf("%v: %d shows\n%q, the plan\n%q", query, got.status, shown, figures)
		}
		for _, want := range says {
			if !strings.Contains(got.body, want) {
				t.Errorf("%v: the page doesn't say %q", query, want)
			}
		}
	}
	check(nil, plan(), "还没有以前各轮的满意率", "按简单随机抽样", "没有已结束轮次的发放和收回记录", "本活动的设置")
	check(url.Values{"margin": {"±３．５个百分点"}, "level": {"９０％"}, "share": {"80 %"}, "deff": {"１。５"}, "response": {"62.5"}, "minimum": {"100份"}, "allocation": {"equal"}}, plan(func(p *planning.Plan) {
		p.Margin, p.Level, p.Share, p.DesignEffect, p.Response, p.Minimum, p.Allocation = 0.035, 0.9, 0.8, 1.5, 0.625, 100, planning.Equal
	}), "按您填的算。默认 5：")
	check(url.Values{"allocation": {"optimal"}, "share.school": {"95"}, "minimum": {"40"}}, plan(func(p *planning.Plan) {
		p.Allocation, p.Minimum, p.Strata[0].Share = planning.Optimal, 40, 0.95
	}), "已补到最少40份")
	check(url.Values{"allocation": {"optimal"}}, plan(func(p *planning.Plan) { p.Allocation = planning.Optimal }), "最优分配和按人口比例几乎相同")

	w.Strata[2].Quota = 100
	if _, err := s.Surveys.PutWave(t.Context(), audit.System("test"), "feicheng", w, 1); err != nil {
		t.Fatal(err)
	}
	check(url.Values{"allocation": {"given"}}, plan(func(p *planning.Plan) {
		p.Allocation = planning.Given
		for i := range p.Strata {
			p.Strata[i].Part /= 300
		}
	}))
}

// TestSizePageTakesAnEarlierWave: the share and the response of an earlier wave are the
// defaults, and those of strata are offered.
func TestSizePageTakesAnEarlierWave(t *testing.T) {
	s := newSite(t, 0)
	earlier := sizedWave(t, s, "qian", func(w *survey.Wave) {
		w.Name, w.Sampling.Unit, w.Start, w.End = "前一轮", survey.ByDistributor, civil(s.clock()).AddDate(0, -3, 0), civil(s.clock()).AddDate(0, -2, 0)
	})
	sizedWave(t, s, "hou")
	q, err := s.Surveys.Questionnaire(t.Context(), "feicheng", "citizen", 1)
	if err != nil {
		t.Fatal(err)
	}
	var headline survey.Indicator
	for _, i := range q.Indicators {
		if question, _ := q.Question(i.Question); i.Headline && i.Kind == survey.Share && question.Dimension == "满意" && headline.Name == "" {
			headline = i
		}
	}
	question, _ := q.Question(headline.Question)
	negative := question.Options[slices.IndexFunc(question.Options, func(o survey.Option) bool { return !slices.Contains(headline.Positive, o.Code) && !o.DontKnow })].Code
	for i := range 80 {
		answer, group := headline.Positive[0], []string{"school", "resident"}[i%2]
		if i%4 == 1 { // half of the residents
			answer = negative
		}
		fields := url.Values{"id": {uuid.NewString()}, "number": {fmt.Sprintf("Q-%d", i)}, "partial": {"1"}, "q.group": {group}, "q." + headline.Question: {answer}}
		if got := s.do("fafang", "POST", "/c/feicheng/waves/"+string(earlier.ID)+"/responses", fields); got.status != http.StatusSeeOther {
			t.Fatalf("enter: %d %s", got.status, got.body)
		}
	}
	got := s.do("chuang", "GET", "/c/feicheng/waves/hou/size", nil)
	// One distributor alone says nothing of how alike their people are.
	// 420,000 residents are half content, 30,000 of the school all of them: the 900 of the
	// companies weren't reached. (210,000 + 30,000) / 450,000 = 53.3 %.
	for _, want := range []string{`name="share" value="53.3"`, "“前一轮”的" + headline.Label + "（80份回答，按人口加权）", `placeholder="上次 50"`, "填入“前一轮”各组的比例", "“前一轮”的设计效应推算不出"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("%d: the page doesn't say %q", got.status, want)
		}
	}
	if strings.Contains(got.body, `placeholder="上次 100"`) {
		t.Error("a share of 100 % is offered: it would need no sheet")
	}
	if got := s.do("chuang", "GET", "/c/feicheng/waves/qian/size", nil); got.status != 200 || strings.Contains(got.body, "（80份回答") {
		t.Errorf("%d: a wave is its own precedent", got.status)
	}
}

// TestSizeFaultsStandBesideTheirFields: whatever is typed gives a sentence, and no figure.
func TestSizeFaultsStandBesideTheirFields(t *testing.T) {
	s := newSite(t, 0)
	sizedWave(t, s, "size")
	sizedWave(t, s, "ban", func(w *survey.Wave) { w.Strata[1].Population = 0 })
	sizedWave(t, s, "wu", func(w *survey.Wave) {
		for i := range w.Strata {
			w.Strata[i].Population, w.Strata[i].Quota = 0, 0
		}
	})
	sizedWave(t, s, "yiti", func(w *survey.Wave) { w.Strata = nil })
	check := func(wave, field, value string, says ...string) {
		t.Helper()
		query := url.Values{"margin": {"5"}}
		query.Set(field, value)
		got := s.do("chuang", "GET", "/c/feicheng/waves/"+wave+"/size?"+query.Encode(), nil)
		if got.status != 422 || len(shownSizes(got.body)) > 0 || strings.Contains(got.body, "写入这一轮的配额") {
			t.Errorf("%s=%q: %d, shows %q", field, value, got.status, shownSizes(got.body))
		}
		for _, want := range says {
			if !strings.Contains(got.body, `<span class="why">`) || !strings.Contains(got.body, want) {
				t.Errorf("%s=%q: the page doesn't say %q", field, value, want)
			}
		}
	}
	for _, field := range []string{"margin", "level", "share", "deff", "response", "minimum", "share.school"} {
		for _, value := range []string{"abc", "NaN", "Inf", "-1", "1e400", "８，５", strings.Repeat("9", 5000), "<script>"} {
			check("size", field, value)
		}
	}
	check("size", "margin", "0", "允许误差（正负）要大于0、小于100个百分点")
	check("wu", "margin", "0.00001", "请检查允许误差和设计效应")
	check("size", "level", "0.95", "置信水平要在50%和100%之间，一般填90、95或99；您填的是“0.95”")
	check("size", "share", "100", "预计比例要大于0%、小于100%")
	check("size", "share.school", "１００％", "“学校师生”的预计比例要大于0%")
	check("size", "deff", "0.01", "设计效应要在0.1和100之间")
	check("size", "response", "0", "预计回收率要在0.1%和100%之间")
	check("size", "minimum", "2.5", "每组最少要填0到10000000的整数")
	check("size", "allocation", "by-luck", "没有“by-luck”这种分法")
	check("size", "allocation", "given", "“企业员工”现在没有配额，不能按现有配额的比例分")
	check("ban", "allocation", "equal", "“社区居民”没有总体人数，其余各组有")
	check("wu", "allocation", "optimal", "各组都没有总体人数，不能按人口分")

	if got := s.do("chuang", "GET", "/c/feicheng/waves/ban/size", nil); got.status != 200 || !strings.Contains(got.body, "“社区居民”没有总体人数") {
		t.Errorf("nothing was typed: %d", got.status)
	}
	if got := s.do("chuang", "GET", "/c/feicheng/waves/wu/size", nil); got.status != 200 || !strings.Contains(got.body, "全体结果的误差无法推算") || !slices.Equal(shownSizes(got.body)[:3], []string{"385", "385", "—"}) {
		t.Errorf("no people are known: %d %q", got.status, shownSizes(got.body))
	}
	if got := s.do("chuang", "GET", "/c/feicheng/waves/yiti/size", nil); got.status != 200 || !slices.Equal(shownSizes(got.body), []string{"385", "385", "±5.0"}) || strings.Contains(got.body, "写入这一轮的配额") {
		t.Errorf("no strata: %d %q", got.status, shownSizes(got.body))
	}
	if got := s.do("chuang", "POST", "/c/feicheng/waves/yiti/size", url.Values{"revision": {"1"}}); got.status != 422 || !strings.Contains(got.body, "没有可以写配额的地方") {
		t.Errorf("quotas of a wave without strata: %d", got.status)
	}
	if got := s.do("chuang", "POST", "/c/feicheng/waves/size/size", url.Values{"revision": {"1"}, "margin": {"x"}}); got.status != 422 || !strings.Contains(got.body, "允许误差（正负）“x”不是数字") {
		t.Errorf("quotas of a bad plan: %d", got.status)
	}
	if got := s.do("chuang", "GET", "/c/feicheng/waves/keine/size", nil); got.status != 404 {
		t.Errorf("no such wave: %d", got.status)
	}
}

// TestSizeWritesTheQuotasOnce: the quotas of the strata become those of the plan, those of
// areas and distributors stay, and whoever comes second is told.
func TestSizeWritesTheQuotasOnce(t *testing.T) {
	s := newSite(t, 0)
	sizedWave(t, s, "size", func(w *survey.Wave) {
		w.Areas = []survey.Area{{Code: "east", Label: "城东"}}
		w.Quotas = []survey.Quota{{Stratum: "school", Area: "east", Count: 20}, {Stratum: "resident", Distributor: "fafang", Count: 30}}
	})
	page := s.do("chuang", "GET", "/c/feicheng/waves/size/size?margin=4&allocation=equal", nil)
	if n := strings.Count(page.body, "的配额合计"); n != 2 || !strings.Contains(page.body, "“学校师生”各片区的配额合计20份") || !strings.Contains(page.body, "“社区居民”各发放人的配额合计30份") {
		t.Errorf("%d notes of other quotas", n)
	}
	fields := url.Values{}
	for _, found := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`).FindAllStringSubmatch(page.body, -1) {
		fields.Set(found[1], found[2])
	}
	if fields.Get("margin") != "4" || fields.Get("revision") != "1" || fields.Get("allocation") != "equal" {
		t.Fatalf("the form that writes carries %v", fields)
	}
	before := s.events()
	for range 2 {
		got := s.do("chuang", "POST", "/c/feicheng/waves/size/size", fields)
		if got.status != 303 || got.header.Get("Location") != "/c/feicheng/waves/size/edit?done=sized" {
			t.Fatalf("written: %d to %q %s", got.status, got.header.Get("Location"), got.body)
		}
	}
	if left := s.since(before); len(left) != 1 || left[0].Verb != "wave.put" || left[0].Thing != "size" {
		t.Errorf("left %+v", left)
	}
	held, err := s.Surveys.Wave(t.Context(), "feicheng", "size")
	if err != nil {
		t.Fatal(err)
	}
	shown := shownSizes(page.body)
	for i, stratum := range held.Thing.Strata {
		if wholeText(int64(stratum.Quota)) != shown[3+3*i] || stratum.Population == 0 {
			t.Errorf("%s has the quota %d, the page said %s", stratum.Label, stratum.Quota, shown[3+3*i])
		}
	}
	if held.Revision != 2 || len(held.Thing.Quotas) != 2 || held.Thing.Quotas[0].Count != 20 || held.Thing.Quotas[1].Count != 30 {
		t.Errorf("revision %d, other quotas %+v", held.Revision, held.Thing.Quotas)
	}
	if edit := s.do("chuang", "GET", "/c/feicheng/waves/size/edit?done=sized", nil); !strings.Contains(edit.body, "测算的份数已写入各组的配额") || !strings.Contains(edit.body, "各发放人的配额合计30份") || !strings.Contains(edit.body, `/waves/size/size">测算样本量`) {
		t.Error("the wave's page doesn't say what was done")
	}

	fields.Set("margin", "3")
	before = s.events()
	got := s.do("chuang", "POST", "/c/feicheng/waves/size/size", fields)
	if got.status != 409 || !strings.Contains(got.body, "刚刚有人改过这一轮，配额没有写入") || !strings.Contains(got.body, `name="revision" value="2"`) || !strings.Contains(got.body, `name="margin" value="3"`) || len(s.since(before)) != 0 {
		t.Errorf("somebody was faster: %d, left %v", got.status, s.since(before))
	}
	for _, login := range []string{"zhujian", "fafang", "zhuanjia", "shenji", "guanli"} {
		if page, put := s.do(login, "GET", "/c/feicheng/waves/size/size", nil), s.do(login, "POST", "/c/feicheng/waves/size/size", fields); page.status != 403 || put.status != 403 {
			t.Errorf("%s: %d and %d, want 403", login, page.status, put.status)
		}
	}
}

func init() {
	writeFixtures["POST /c/:campaign/waves/:wave/size"] = write{leaves: []string{"wave.put"}, once: true, prepare: func(t *testing.T, s *site) request {
		sizedWave(t, s, "cesuan")
		return request{as: "chuang", path: "/c/feicheng/waves/cesuan/size", fields: url.Values{"revision": {"1"}, "margin": {"6"}}, thing: "cesuan"}
	}}
}
