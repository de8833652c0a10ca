package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/analytics/goldentest"
	"shuixuan/app/audit"
	"shuixuan/app/survey"
	"shuixuan/ingest"
)

// sendMargins uploads a workbook of known totals and gives the address of its preview.
func (s *site) sendMargins(t testing.TB, wave, name, body string) string {
	t.Helper()
	r := httptest.NewRequest("POST", "/c/feicheng/waves/"+wave+"/margins", strings.NewReader(multipartBody("margins", name, body)))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=frontier")
	r.Header.Set("Cookie", s.as("chuang"))
	got := s.send(r)
	if got.status != 303 || !strings.Contains(got.header.Get("Location"), "/margins/preview?") {
		t.Fatalf("upload: %d %s", got.status, got.body)
	}
	return got.header.Get("Location")
}

// sentMargins are the fields that take a workbook as it was shown.
func (s *site) sentMargins(t testing.TB, wave, body string) url.Values {
	t.Helper()
	address, err := url.Parse(s.sendMargins(t, wave, "总体.csv", body))
	if err != nil {
		t.Fatal(err)
	}
	fields := address.Query()
	fields.Set("revision", s.waveRevision(t, wave))
	return fields
}

func (s *site) waveRevision(t testing.TB, wave string) string {
	t.Helper()
	held, err := s.Surveys.Wave(t.Context(), "feicheng", survey.WaveID(wave))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(held.Revision)
}

// citizens is a workbook for the reference questionnaire: full-width digits, a source said once.
const citizens = "变量,选项,总数,来源\n性别,男,４９０００,2020年人口普查" + "\n性别,女,\"51,000\",\n年龄,18岁以下,20000,\n年龄,18-29岁,20000,\n年龄,30-44岁,2万,\n年龄,45-59岁,20000人,\n年龄,60岁及以上,20000,\n年龄,合计,100000,\n"

func init() {
	taken := func(t *testing.T, s *site) {
		t.Helper()
		if got := s.do("chuang", "POST", "/c/feicheng/waves/w1/margins/take", s.sentMargins(t, "w1", citizens)); got.status != 303 {
			t.Fatalf("take: %d %s", got.status, got.body)
		}
	}
	maps.Copy(writeFixtures, map[string]write{
		"POST /c/:campaign/waves/:wave/margins": {why: "the file is only kept for its preview; taking it leaves the event", prepare: func(t *testing.T, s *site) request {
			return request{as: "chuang", path: "/c/feicheng/waves/w1/margins", kind: "margins", file: citizens}
		}},
		"POST /c/:campaign/waves/:wave/margins/take": {leaves: []string{"wave.margins"}, prepare: func(t *testing.T, s *site) request {
			return request{as: "chuang", path: "/c/feicheng/waves/w1/margins/take", fields: s.sentMargins(t, "w1", citizens), thing: "w1"}
		}},
		"POST /c/:campaign/waves/:wave/margins/withdraw": {leaves: []string{"wave.unmargin"}, prepare: func(t *testing.T, s *site) request {
			taken(t, s)
			return request{as: "chuang", path: "/c/feicheng/waves/w1/margins/withdraw", fields: url.Values{"revision": {s.waveRevision(t, "w1")}}, thing: "w1"}
		}},
		"POST /c/:campaign/waves/:wave/margins/trim": {leaves: []string{"wave.trim"}, once: true, prepare: func(t *testing.T, s *site) request {
			fields := url.Values{"revision": {s.waveRevision(t, "w1")}, "least": {"０.３"}, "most": {"3倍"}, "trim_note": {"专家意见"}}
			return request{as: "chuang", path: "/c/feicheng/waves/w1/margins/trim", fields: fields, thing: "w1"}
		}},
	})
}

const rakedQuestionnaire = `
id: raked
title: 加权试验
stratum: group
questions:
  - {name: group, type: single, label: 人群, required: true, options: [{code: a, label: 师生}, {code: b, label: 居民}, {code: c, label: 职工}]}
  - {name: sex, type: single, label: 性别, options: [{code: m, label: 男}, {code: f, label: 女}]}
  - {name: age, type: single, label: 年龄, options: [{code: "y", label: 青年}, {code: m, label: 中年}, {code: o, label: 老年}]}
  - {name: sat, type: single, label: 满意吗, options: [{code: "5", label: 很满意}, {code: "3", label: 一般}, {code: "1", label: 不满意}, {code: "9", label: 说不清, dont_know: true}]}
indicators:
  - {name: share, label: 满意率, kind: share, question: sat, positive: ["5"], base: answered, source: 试验, headline: true}
  - {name: opinion, label: 满意率（有意见的）, kind: share, question: sat, positive: ["5"], base: opinion, source: 试验}
  - {name: index, label: 满意度, kind: index, question: sat, values: {"5": 100, "3": 60, "1": 0}, base: opinion, source: 试验}
waves:
  - id: rk
    name: 加权轮
    sampling: {kind: convenience, unit: distributor, frame: 年鉴}
    strata: [{code: a, label: 师生, population: 48000}, {code: b, label: 居民, population: 410000}, {code: c, label: 职工, population: 142000}]
`

func (s *site) rakedWave(t testing.TB) {
	t.Helper()
	if _, err := s.Ingest.Definitions(t.Context(), audit.System("test"), ingest.Questions, "feicheng", "", "raked.yaml", []byte(rakedQuestionnaire), false); err != nil {
		t.Fatal(err)
	}
	sheets, err := os.ReadFile("testdata/raking/sheets.csv")
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/api/v1/campaigns/feicheng/imports?kind=responses&wave=rk", strings.NewReader(multipartBody("responses", "答卷.csv", string(sheets))))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=frontier")
	r.Header.Set("Cookie", s.as("chuang"))
	got := s.send(r)
	var receipt ingest.Receipt
	if err := json.Unmarshal([]byte(got.body), &receipt); err != nil || len(receipt.Accepted) != 640 {
		t.Fatalf("import: %d %v, %d taken, %+v", got.status, err, len(receipt.Accepted), receipt.Rejected[:min(len(receipt.Rejected), 5)])
	}
}

// TestARakedWaveAgreesWithR: sheets that went in by the import, margins by the upload, and the
// figures that the API gives, against R's survey (rake, svymean, svyby), for a wave reached by
// distributors, person by person, from a small population, and without a frame.
func TestARakedWaveAgreesWithR(t *testing.T) {
	s := newSite(t, 0)
	s.rakedWave(t)
	margins, err := os.ReadFile("testdata/raking/margins.csv")
	if err != nil {
		t.Fatal(err)
	}
	preview := s.do("chuang", "GET", s.sendMargins(t, "rk", "总体.csv", string(margins)), nil)
	says(t, preview.body, "保存，按它加权", "623份答卷，代表600000人；另有17份缺用来加权的项", "收敛", "yearbook 2026", "满意率")
	if got := s.do("chuang", "POST", "/c/feicheng/waves/rk/margins/take", s.sentMargins(t, "rk", string(margins))); got.status != 303 {
		t.Fatalf("take: %d %s", got.status, got.body)
	}
	weights := goldentest.Rows(t, "testdata/raking/weights.csv")[0]
	want := map[[4]string]map[string]string{}
	for _, row := range goldentest.Rows(t, "testdata/raking/estimates.csv") {
		want[[4]string{row["design"], row["by"], row["value"], row["indicator"]}] = row
	}
	worst, compared := 0.0, 0
	near := func(what string, got float64, text string) {
		t.Helper()
		value := goldentest.OrNaN(text)
		off := math.Abs(got-value) / math.Abs(value)
		if worst, compared = math.Max(worst, off), compared+1; !(off < 1e-6) {
			t.Errorf("%s: %.12g, R %.12g", what, got, value)
		}
	}
	for _, one := range []struct {
		design   string
		sampling survey.Sampling
	}{
		{"clusters", survey.Sampling{Kind: survey.Convenience, Unit: survey.ByDistributor, Frame: "年鉴"}},
		{"people", survey.Sampling{Kind: survey.Convenience, Frame: "年鉴"}},
		{"finite", survey.Sampling{Kind: survey.Probability, Frame: "年鉴"}},
		{"unframed", survey.Sampling{}},
	} {
		design := one.design
		s.bendWave(t, "rk", func(w *survey.Wave) {
			w.Sampling = one.sampling
			for i := range w.Strata {
				if one.sampling.Frame == "" {
					w.Strata[i].Population = 0
				}
			}
		})
		for _, by := range []string{"sex", "age"} {
			var answer struct {
				Designed analytics.Weighted `json:"designed"`
			}
			got := s.do("chuang", "GET", "/api/v1/campaigns/feicheng/waves/rk/estimates?by="+by, nil)
			if err := json.Unmarshal([]byte(got.body), &answer); err != nil || got.status != 200 {
				t.Fatalf("%d %v", got.status, err)
			}
			r := answer.Designed.Sample.Raking
			if r == nil || !strings.Contains(r.Method, "组别（来源：yearbook 2026），性别（来源：census 2020），年龄（来源：census 2020）") {
				t.Fatalf("the method is not named: %+v", r)
			}
			if design == "clusters" && by == "sex" {
				near("least weight", r.Least, weights["least"])
				near("most weight", r.Most, weights["most"])
				near("design effect of the weights", r.Deff, weights["kish"])
			}
			for _, f := range answer.Designed.Figures {
				check := func(by, value string, g estimate.Figure) {
					row := want[[4]string{design, by, value, f.Indicator.Name}]
					if row == nil {
						t.Fatalf("R has no %s %s %s %s", design, by, value, f.Indicator.Name)
					}
					what := strings.Join([]string{design, f.Indicator.Name, by, value}, " ")
					near(what+" mean", g.Value, row["mean"])
					near(what+" se", g.SE, row["se"])
					near(what+" deff", g.Deff, row["deff"])
				}
				check("", "", f.Total.Figure)
				for _, g := range f.Groups {
					if g.Code == "" { // who didn't say it stands in no raked figure
						if g.Figure.N > 0 {
							t.Errorf("%s by %s: %+v", design, by, g)
						}
						continue
					}
					check(by, g.Code, g.Figure)
				}
			}
		}
	}
	t.Logf("%d figures, at worst %.2g apart", compared, worst)
}

// bendWave writes the next revision of a wave.
func (s *site) bendWave(t testing.TB, id string, bend func(*survey.Wave)) {
	t.Helper()
	held, err := s.Surveys.Wave(t.Context(), "feicheng", survey.WaveID(id))
	if err != nil {
		t.Fatal(err)
	}
	w := held.Thing
	bend(&w)
	if _, err := s.Surveys.PutWave(t.Context(), audit.System("test"), "feicheng", w, held.Revision); err != nil {
		t.Fatal(err)
	}
	s.changed()
	s.figures.count.Add(1)
}

// TestMarginsOnThePages: template, faults with their rows, preview, saved by whom and when,
// told on the wave's page and in the report, withdrawn; each a revision with its event.
func TestMarginsOnThePages(t *testing.T) {
	s := newSite(t, 0)
	s.rakedWave(t)
	const at = "/c/feicheng/waves/rk"
	says(t, s.do("chuang", "GET", at, nil).body, "这一轮还没有已知总体数", "下载模板", `enctype="multipart/form-data"`)
	down := s.do("chuang", "GET", at+"/margins.xlsx", nil)
	rows := sheetLines(t, down.body, "已知总体数")
	if got := strings.Join(rows, "\n"); !strings.HasPrefix(got, "变量|选项|总数|来源\n组别|师生|48000|年鉴\n") || !strings.Contains(got, "\n年龄|老年") || strings.Contains(got, "满意") {
		t.Errorf("template:\n%s", got)
	}
	bad := s.do("chuang", "GET", s.sendMargins(t, "rk", "总体.csv", "变量,选项,总数,来源\n组别,师生,-5,年鉴\n组别,居民,410000,\n组别,职员,1,\n"+hostile+",男,1,\n"), nil)
	says(t, bad.body, "有 3 处要改", "第2行", "“-5”是负数", "第4行", "“组别”没有“职员”这个选项；可以写：师生、居民、职工", "第5行", "改好了，重新上传")
	if strings.Contains(bad.body, "保存，按它加权") || strings.Contains(bad.body, hostile) {
		t.Error("a workbook with faults can be saved, or its words are not escaped")
	}
	if got := s.do("chuang", "POST", at+"/margins/take", s.sentMargins(t, "rk", "变量,选项,总数\n性别,男,1\n")); got.status != 422 {
		t.Errorf("a workbook with faults is taken: %d", got.status)
	}
	margins, err := os.ReadFile("testdata/raking/margins.csv")
	if err != nil {
		t.Fatal(err)
	}
	fields := s.sentMargins(t, "rk", string(margins))
	if got := s.do("chuang", "POST", at+"/margins/take", fields); got.status != 303 {
		t.Fatalf("take: %d %s", got.status, got.body)
	}
	if got := s.do("chuang", "POST", at+"/margins/take", url.Values{"file": fields["file"], "name": {"又一份.csv"}, "revision": fields["revision"]}); got.status != 409 {
		t.Errorf("with an old revision: %d", got.status)
	}
	says(t, s.do("chuang", "GET", at, nil).body, "采用“总体.csv”", "加权到已知总体数", "yearbook 2026", "反复比例拟合", "17份答卷缺用来加权的项")
	says(t, s.do("chuang", "GET", at+"/questions/sat", nil).body, "反复比例拟合（raking）加权到已知总体数：组别（来源：yearbook 2026）")
	says(t, s.do("chuang", "GET", at+"/margins", nil).body, "修改记录", "采用“总体.csv”", "600,000")
	// The questionnaire file says nothing of them, and doesn't take them away; a wave that no
	// longer has one of their strata is refused.
	if _, err := s.Ingest.Definitions(t.Context(), audit.System("test"), ingest.Questions, "feicheng", "", "raked.yaml", []byte(rakedQuestionnaire), false); err != nil {
		t.Error(err)
	}
	held, err := s.Surveys.Wave(t.Context(), "feicheng", "rk")
	if err != nil || held.Thing.Margins == nil {
		t.Fatalf("the file took the margins away: %v", err)
	}
	fewer := held.Thing
	fewer.Strata = fewer.Strata[:2]
	if _, err := s.Surveys.PutWave(t.Context(), audit.System("test"), "feicheng", fewer, held.Revision); err == nil || !strings.Contains(fmt.Sprint(err), "没有保存") {
		t.Errorf("a wave without a stratum of its margins: %v", err)
	}
	report := s.do("chuang", "GET", "/c/feicheng/report.xlsx", nil)
	if method := strings.Join(sheetLines(t, report.body, "方法说明"), "\n"); !strings.Contains(method, "加权轮：从各人群总体人数除以答卷份数的基础权重出发") || !strings.Contains(method, "census 2020") {
		t.Errorf("the report doesn't name the method:\n%s", method)
	}
	if figures := sheetLines(t, report.body, "按设计估计"); !strings.Contains(strings.Join(figures, "\n"), "加权轮|满意率|合计|") {
		t.Errorf("the report has no weighted figures: %s", figures)
	}
	trim := url.Values{"revision": {s.waveRevision(t, "rk")}, "least": {"2"}, "most": {"x"}, "trim_note": {""}}
	if got := s.do("chuang", "POST", at+"/margins/trim", trim); got.status != 422 || !strings.Contains(got.body, "“x”不是数字") {
		t.Errorf("trim: %d", got.status)
	}
	trim.Set("most", "2")
	if got := s.do("chuang", "POST", at+"/margins/trim", trim); got.status != 422 || !strings.Contains(got.body, "权重下限要是0到1之间") || !strings.Contains(got.body, "请写明为什么") {
		t.Errorf("trim: %d", got.status)
	}
	trim = url.Values{"revision": {s.waveRevision(t, "rk")}, "least": {""}, "most": {"１.５倍"}, "trim_note": {"专家意见"}}
	if got := s.do("chuang", "POST", at+"/margins/trim", trim); got.status != 303 {
		t.Errorf("trim: %d %s", got.status, got.body)
	}
	says(t, s.do("chuang", "GET", at, nil).body, "上限是平均的1.5倍，收了", "收到上下限以内")
	if got := s.do("chuang", "POST", at+"/margins/withdraw", url.Values{"revision": {s.waveRevision(t, "rk")}}); got.status != 303 {
		t.Errorf("withdraw: %d", got.status)
	}
	says(t, s.do("chuang", "GET", at+"/margins", nil).body, "撤回“总体.csv”", "改权重上下限：平均的1.5倍以下（专家意见）", "这一轮还没有已知总体数")
	if page := s.do("chuang", "GET", at, nil).body; strings.Contains(page, "加权到已知总体数") {
		t.Error("a withdrawn margin still weights")
	}
	if got := s.do("chuang", "POST", at+"/margins/withdraw", url.Values{"revision": {s.waveRevision(t, "rk")}}); got.status != 409 {
		t.Errorf("withdrawn twice: %d", got.status)
	}
	if got := s.do("zhuanjia", "POST", at+"/margins/trim", url.Values{}); got.status != 403 {
		t.Errorf("the inspector sets bounds: %d", got.status)
	}
}

// sheetLines gives a sheet row by row, the cells parted by |.
func sheetLines(t testing.TB, body, sheet string) []string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, row := range all {
		list = append(list, strings.Join(row, "|"))
	}
	return list
}
