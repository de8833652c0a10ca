package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// grouped is a figure in all and by group, as the API tells it.
type grouped struct {
	Indicator struct {
		Name, Label, Kind string
		Headline          bool
	}
	Total struct {
		Estimate figure
		Figure   struct {
			Deff       float64
			EffectiveN float64 `json:"effective_n"`
		}
	}
	Groups []struct {
		Code, Label string
		Estimate    figure
	}
}

// wholeAnswer is all that the API says of a question, or of the indicators.
type wholeAnswer struct {
	Indicators struct {
		Figures   []grouped
		Composite struct {
			Estimate figure
			Parts    []struct {
				Dimension string
				Weight    float64
				Estimate  figure
			}
		}
	}
	Designed struct {
		Figures []grouped
		Sample  struct {
			Counted  float64
			Weighted bool
			Units    int
			Strata   []struct {
				Label                       string
				Population, Counted, Weight float64
			}
		}
		Verdicts []struct {
			Indicator struct{ Label string }
			Judgement struct{ Value, Lower, Upper, Target float64 }
		}
	}
	Distribution struct {
		Question struct{ Name, Label string }
		Total    optionsOf
		Groups   []optionsOf
	}
}

type optionsOf struct {
	Code, Label string
	Options     []struct {
		Code, Label string
		Persons     figure
	}
}

// surveyed is what the API says of a wave.
type surveyed struct {
	wholeAnswer
	at   string // of its figures
	wave waveAnswer
}

type waveAnswer struct {
	ID, Name, Start string
	Progress        struct {
		Total  countedSheets
		Strata []countedSheets
	}
}

// wavesOf are the waves of the campaign in the order of the report.
func wavesOf(office *browser, s *server) []waveAnswer {
	var answer struct{ Items []waveAnswer }
	office.json(s.address+"/api/v1/campaigns/feicheng/waves", &answer)
	slices.SortFunc(answer.Items, func(a, b waveAnswer) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.ID, b.ID)) })
	return answer.Items
}

type countedSheets struct {
	Label                          string
	Quota, Complete, Partial, Void float64
}

// theSameSurvey holds a wave in the report, on its pages, in the workbook, in what R is given
// and in the API against each other. Of one that the demonstration doesn't have, made by others
// before with next to no answers, the pages of its figures and the report are compared.
func theSameSurvey(t *testing.T, office *browser, s *server, p *reportPaper, folder, wave string, book *excelize.File) {
	t.Helper()
	api := surveyed{at: s.address + "/api/v1/campaigns/feicheng/waves/" + wave + "/estimates"}
	office.json(api.at, &api.wholeAnswer)
	office.json(s.address+"/api/v1/campaigns/feicheng/waves/"+wave, &api.wave)
	p.part = api.wave.Name
	defer func() { p.part = "" }()
	page := "/c/feicheng/waves/" + wave + "/panels/survey-"
	sheets := theSameTable(t, office, p, "回收进度", page+"progress")
	sample := theSameTable(t, office, p, "样本说明", page+"sample")
	plain := theSameTable(t, office, p, "主要指标", page+"indicators")
	designed := theSameTable(t, office, p, "主要指标（按抽样设计估计）", page+"weighted")
	verdicts := theSameTable(t, office, p, "达标判断", page+"verdicts")
	composite := theSameTable(t, office, p, "综合指数", page+"composite")
	screened := theSameTable(t, office, p, "含与不含建议回访的答卷", "/c/feicheng/waves/"+wave+"/screening/panels/screening-figures") // the API has no screening
	api.drawn(t, p)
	api.groups(t, p)
	api.words(t, p)
	theSameTrend(t, office, s, p, wave, api.wave.Name)
	if wave != "w1" && wave != "w2" {
		return
	}
	if len(api.Indicators.Figures) == 0 || len(screened) < 2 {
		t.Fatalf("%s has no figures", wave)
	}
	api.sheets(t, p, sheets)
	api.sample(t, sample)
	api.plain(t, plain)
	api.designed(t, designed)
	api.verdicts(t, verdicts)
	api.composite(t, composite)
	api.figures(t, office, folder, wave, book)
}

func (api *surveyed) sheets(t *testing.T, p *reportPaper, rows [][]string) {
	t.Helper()
	total := api.wave.Progress.Total
	want := map[string][]float64{}
	for _, s := range append(slices.Clone(api.wave.Progress.Strata), total) {
		want[s.Label] = []float64{s.Quota, s.Complete, s.Partial, s.Void}
	}
	for i, row := range rows {
		rows[i] = slices.Delete(slices.Clone(row), 3, 4) // the share of the quota, at most 100 %
	}
	lines(t, "回收进度", rows[1:], want)
	p.says("the sheets", fmt.Sprintf("计入统计的完整答卷%.0f份，部分作答%.0f份", total.Complete, total.Partial))
}

func (api *surveyed) sample(t *testing.T, rows [][]string) {
	t.Helper()
	population := 0.0
	for _, s := range api.Designed.Sample.Strata {
		population += s.Population
	}
	want := map[string][]float64{"合计": {population, 100, api.Designed.Sample.Counted, 100}}
	for _, s := range api.Designed.Sample.Strata {
		want[s.Label] = []float64{s.Population, 100 * s.Population / population, s.Counted, 100 * s.Counted / api.Designed.Sample.Counted, s.Weight}
	}
	lines(t, "样本说明", rows[1:], want)
}

// headline are the figures that the report tells of: those that the questionnaire sets first, or
// all of them.
func (api *surveyed) headline() []grouped {
	list := slices.DeleteFunc(slices.Clone(api.Indicators.Figures), func(f grouped) bool { return !f.Indicator.Headline })
	if len(list) == 0 {
		return api.Indicators.Figures
	}
	return list
}

// plain holds the indicators without weights.
func (api *surveyed) plain(t *testing.T, rows [][]string) {
	t.Helper()
	found := map[string]grouped{}
	for _, f := range api.Indicators.Figures {
		found[f.Indicator.Label] = f
	}
	for _, row := range rows[1:] {
		f, has := found[row[0]]
		e := f.Total.Estimate
		if !has || !isPrinted(row[1], e.Value) || !isPrinted(row[2], e.Lower, e.Upper) || row[4] != fmt.Sprint(e.Base) || f.Indicator.Kind == "share" && row[3] != fmt.Sprint(e.Numerator) {
			t.Errorf("主要指标: %q, the API says %s", row, e)
		}
	}
	if len(rows) != len(api.headline())+1 {
		t.Errorf("主要指标: %d rows of %d figures", len(rows)-1, len(api.headline()))
	}
}

// drawn holds the charts that the report draws of shares and of indices, by the design where the
// sample has one; one bar is none.
func (api *surveyed) drawn(t *testing.T, p *reportPaper) {
	t.Helper()
	for kind, unit := range map[string]string{"share": "%", "index": "分"} {
		var names []string
		var values []float64
		byDesign := map[string]figure{}
		if api.Designed.Sample.Weighted || api.Designed.Sample.Units > 0 {
			for _, f := range api.Designed.Figures {
				byDesign[f.Indicator.Name] = f.Total.Estimate
			}
		}
		for _, f := range api.headline() {
			e, has := byDesign[f.Indicator.Name]
			if !has {
				e = f.Total.Estimate
			}
			if f.Indicator.Kind == kind && e.Valid {
				names, values = append(names, f.Indicator.Label), append(values, e.Value)
			}
		}
		drawn := p.chart(api.wave.Name + "：主要指标（" + unit + "）")
		if len(names) < 2 {
			if drawn != nil {
				t.Errorf("the report draws %+v of %v", drawn, names)
			}
			continue
		}
		if len(drawn) == 0 || !slices.Equal(drawn[0].names, names) {
			t.Fatalf("the report draws %+v of %v", drawn, names)
		}
		for i, v := range values {
			if math.Abs(parsed(drawn[0].values[i])-v) > 1e-9 {
				t.Errorf("the report draws %s of %s, the API says %v", drawn[0].values[i], names[i], v)
			}
		}
		if len(api.Designed.Verdicts) == 0 || kind != "share" {
			continue
		}
		if target := api.Designed.Verdicts[0].Judgement.Target; len(drawn) != 2 || !isPrinted(drawn[1].name, target) || !isPrinted(drawn[1].values[0], target) {
			t.Errorf("the report draws the target %+v, the API says %v", drawn[1:], target)
		}
	}
}

func (api *surveyed) designed(t *testing.T, rows [][]string) {
	t.Helper()
	plain, found := map[string]figure{}, map[string]grouped{}
	for _, f := range api.Indicators.Figures {
		plain[f.Indicator.Label] = f.Total.Estimate
	}
	for _, f := range api.Designed.Figures {
		found[f.Indicator.Label] = f
	}
	for _, row := range rows[1:] {
		f, has := found[row[0]]
		e := f.Total.Estimate
		if !has || !isPrinted(strings.Join(row[1:], " "), e.Value, e.Lower, e.Upper, plain[row[0]].Value, f.Total.Figure.Deff, f.Total.Figure.EffectiveN, float64(e.Base)) {
			t.Errorf("按抽样设计估计: %q, the API says %s, %+v", row, e, f.Total.Figure)
		}
	}
}

func (api *surveyed) verdicts(t *testing.T, rows [][]string) {
	t.Helper()
	want := map[string][]float64{}
	for _, v := range api.Designed.Verdicts {
		want[v.Indicator.Label] = []float64{v.Judgement.Value, v.Judgement.Lower, v.Judgement.Upper, v.Judgement.Target}
	}
	for i, row := range rows {
		rows[i] = row[:4] // after it in words
	}
	lines(t, "达标判断", rows[1:], want)
}

func (api *surveyed) composite(t *testing.T, rows [][]string) {
	t.Helper()
	c := api.Indicators.Composite
	want := map[string][]float64{rows[len(rows)-1][0]: {c.Estimate.Value, float64(c.Estimate.Base)}}
	for _, p := range c.Parts {
		want[p.Dimension] = []float64{p.Weight, p.Estimate.Value, float64(p.Estimate.Base)}
	}
	lines(t, "综合指数", rows[1:], want)
}

// groups holds the report's table by groups against the API. One of few people has no figure.
func (api *surveyed) groups(t *testing.T, p *reportPaper) {
	t.Helper()
	figures := api.headline()
	rows := p.table(api.wave.Name + "：各类人群的主要指标")
	if len(figures) == 0 || len(figures[0].Groups) == 0 {
		figures = nil
	}
	if len(rows) != len(figures) {
		t.Errorf("各类人群的主要指标: %d rows, the API has %d figures", len(rows), len(figures))
		return
	}
	for i, f := range figures {
		for j, g := range f.Groups {
			cell, e := rows[i][j+1], g.Estimate
			want := []float64{e.Value, float64(e.Base)}
			if e.HasInterval {
				want = []float64{e.Value, e.Lower, e.Upper, float64(e.Base)}
			}
			few := strings.HasPrefix(cell, "少于") && e.Base > 0 && float64(e.Base) < parsed(numbers.FindString(cell))
			if rows[i][0] != bare(f.Indicator.Label) || !few && (e.Valid && !isPrinted(cell, want...) || !e.Valid && cell != "—") {
				t.Errorf("各类人群的主要指标: %q of %q, the API says %s of %s", cell, rows[i], e, g.Label)
			}
		}
	}
}

// words holds the sentences of the report on a wave against the API.
func (api *surveyed) words(t *testing.T, p *reportPaper) {
	t.Helper()
	for _, f := range api.headline() {
		e := f.Total.Estimate
		if !e.Valid {
			p.says(f.Indicator.Label, f.Indicator.Label+"：没有可以计算的回答。")
			continue
		}
		sentence := regexp.MustCompile(regexp.QuoteMeta(bare(f.Indicator.Label)) + `([\d.]+(?:%|分)（基数\d+人)(?:，95%区间([\d.]+–[\d.]+))?）`)
		if !slices.ContainsFunc(sentence.FindAllStringSubmatch(p.flat, -1), func(m []string) bool {
			return isPrinted(m[1], e.Value, float64(e.Base)) && (e.HasInterval && isPrinted(m[2], e.Lower, e.Upper) || !e.HasInterval && m[2] == "")
		}) {
			t.Errorf("%s: the report doesn't say %s of %s as the API does", api.wave.Name, e, f.Indicator.Label)
		}
	}
}

// figures holds every estimate of the API against the figures that R is given, and against
// the workbook: indicators in all and by group, by plain count and by design, and each option of
// each question in all and by group. R is given them as they are printed, the workbook unrounded.
func (api *surveyed) figures(t *testing.T, office *browser, folder, wave string, book *excelize.File) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "数据", wave, "figures.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	given := map[string][]string{}
	for _, row := range rows[1:] {
		given[row[column["id"]]] = row
	}
	compared := 0
	toR := func(id string, e figure) {
		t.Helper()
		row, has := given[id]
		if !has {
			t.Errorf("%s: R is not given %s", wave, id)
			return
		}
		compared++
		if !e.Valid {
			return
		}
		fits := asPrinted(row[column["value"]], e.Value) && row[column["base"]] == fmt.Sprint(e.Base)
		if e.HasInterval {
			fits = fits && asPrinted(row[column["lower"]], e.Lower) && asPrinted(row[column["upper"]], e.Upper)
		}
		if !fits {
			t.Errorf("%s %s: R is given %v, the API says %s", wave, id, row, e)
		}
	}
	sheet, design := cells(t, book, "知晓与满意"), cells(t, book, "按设计估计")
	for before, list := range map[string][]grouped{"": api.Indicators.Figures, "design/": api.Designed.Figures} {
		for _, f := range list {
			toR(before+f.Indicator.Name, f.Total.Estimate)
			if before != "" {
				inWorkbook(t, design, f.Indicator.Kind == "share", []string{f.Indicator.Label, "合计"}, f.Total.Estimate)
			}
			for _, g := range f.Groups {
				if g.Code != "" {
					toR(before+f.Indicator.Name+"/stratum="+g.Code, g.Estimate)
				}
				if before != "" {
					inWorkbook(t, design, f.Indicator.Kind == "share", []string{f.Indicator.Label, g.Label}, g.Estimate)
				} else {
					inWorkbook(t, sheet, f.Indicator.Kind == "share", []string{f.Indicator.Label, g.Label}, g.Estimate)
				}
			}
		}
	}
	frequencies := cells(t, book, "频数表")
	for _, question := range []string{"sex", "aware", "carriers", "sat_overall", "knowledge"} {
		var one wholeAnswer
		office.json(api.at+"?question="+question, &one)
		if len(one.Distribution.Total.Options) == 0 {
			t.Errorf("%s %s has no options", wave, question)
		}
		for _, o := range one.Distribution.Total.Options {
			toR(question+"="+o.Code, o.Persons)
			inWorkbook(t, frequencies, true, []string{o.Label, "合计"}, o.Persons)
		}
		for _, g := range one.Distribution.Groups {
			for _, o := range g.Options {
				inWorkbook(t, frequencies, true, []string{o.Label, g.Label}, o.Persons)
			}
		}
	}
	if compared < 150 {
		t.Errorf("only %d figures were compared", compared)
	}
}
