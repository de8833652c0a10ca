package analytics_test

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/analytics/weighting"
	"shuixuan/app/audit"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/survey"
)

// margined is the designed wave with three margins that its sample doesn't come to by itself.
func margined(kind survey.SampleKind, unit survey.SampleUnit) (survey.Wave, survey.Questionnaire) {
	wave, q := designed(kind, unit)
	wave.Margins = &survey.Margins{File: "总体.xlsx", SHA256: strings.Repeat("0", 64), List: []survey.Margin{
		{Variable: survey.MarginStratum, Label: "组别", Source: "年鉴", Totals: []survey.MarginTotal{{Code: "a", Label: "师生", People: 40_000}, {Code: "b", Label: "居民", People: 400_000}, {Code: "c", Label: "职工", People: 160_000}}},
		{Variable: "sex", Label: "性别", Source: "普查", Totals: []survey.MarginTotal{{Code: "m", Label: "男", People: 290_000}, {Code: "f", Label: "女", People: 310_000}}},
		{Variable: survey.MarginArea, Label: "区域", Source: "普查", Totals: areaTotals(40, 60, 80, 100, 70, 90, 50, 110)},
	}}
	for i := range 8 {
		wave.Areas = append(wave.Areas, survey.Area{Code: "p" + string(rune('0'+i)), Label: "片区" + string(rune('0'+i))})
	}
	return wave, q
}

func areaTotals(thousands ...int) []survey.MarginTotal {
	var list []survey.MarginTotal
	for i, n := range thousands {
		code := string(rune('0' + i))
		list = append(list, survey.MarginTotal{Code: "p" + code, Label: "片区" + code, People: 1000 * n})
	}
	return list
}

// rakedRows is the design of the same sheets raked row by row.
func rakedRows(t *testing.T, wave survey.Wave, sheets []survey.Response, margins []survey.Margin) (*estimate.Design, weighting.Result) {
	t.Helper()
	populations, whole := wave.Populations()
	var counting []survey.Response
	counted := map[string]float64{}
	for _, s := range sheets {
		if s.Disposition.Counts() {
			counting, counted[s.Stratum] = append(counting, s), counted[s.Stratum]+1
		}
	}
	c := estimate.Calibration{Margins: make([][]int, len(margins))}
	totals := make([][]float64, len(margins))
	for m, margin := range margins {
		for _, total := range margin.Totals {
			totals[m] = append(totals[m], float64(total.People))
		}
		for _, s := range counting {
			code := s.Stratum
			if margin.Variable == survey.MarginArea {
				code = s.Area
			} else if margin.Variable != survey.MarginStratum {
				code = s.Choices[margin.Variable][0]
			}
			c.Margins[m] = append(c.Margins[m], slices.IndexFunc(margin.Totals, func(t survey.MarginTotal) bool { return t.Code == code }))
		}
	}
	for _, s := range counting {
		weight := 1.0
		if whole {
			weight = populations[s.Stratum] / counted[s.Stratum]
		}
		c.Before = append(c.Before, weight)
	}
	result, err := weighting.Rake(c.Before, c.Margins, totals, weighting.Options{})
	if err != nil || !result.Converged {
		t.Fatalf("%v, %+v", err, result.Converged)
	}
	c.After = result.Weights
	d, err := rowsOf(t, wave, sheets).Calibrated(c)
	if err != nil {
		t.Fatal(err)
	}
	return d, result
}

// TestRakedIsTheSameAsRows: a wave with margins, from the sums of one scan, gives what raking
// the rows themselves gives: for one margin and for three, with and without units, in a
// small population and an endless one, in all and in a part.
func TestRakedIsTheSameAsRows(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	sheets := drawnSheets()
	recordResponses(t, db, sheets...)
	for _, kind := range []survey.SampleKind{survey.Convenience, survey.Probability} {
		for _, unit := range []survey.SampleUnit{"", survey.ByArea} {
			for _, count := range []int{1, 3} {
				wave, q := margined(kind, unit)
				wave.Margins.List = wave.Margins.List[3-count:]
				got, err := reader.Weighted(t.Context(), planOf("c", nil), wave, q, "sex")
				if err != nil {
					t.Fatal(err)
				}
				design, result := rakedRows(t, wave, sheets, wave.Margins.List)
				r := got.Sample.Raking
				if !r.Used() || r.Counted != 899 || r.Left != 0 || !r.Converged || r.Off > 1e-9 || len(got.Sample.Warnings) != 0 || r.People != 600_000 {
					t.Errorf("raking %+v, %+v", r, got.Sample.Warnings)
				}
				sum, squares := 0.0, 0.0
				for _, w := range result.Weights {
					sum, squares = sum+w, squares+w*w
				}
				if deff := 899 * squares / (sum * sum); math.Abs(r.Deff-deff) > 1e-9 || math.Abs(r.Most-slices.Max(result.Weights)) > 1e-6 || math.Abs(r.Least-slices.Min(result.Weights)) > 1e-6 {
					t.Errorf("weights from %v to %v, design effect %v, rows %v", r.Least, r.Most, r.Deff, deff)
				}
				for _, f := range got.Figures {
					for _, group := range append([]analytics.WeightedGroup{{Designed: f.Total}}, f.Groups...) {
						want := rowFigure(t, design, sheets, f.Indicator, group.Code)
						if g := group.Figure; math.Abs(g.Value-want.Value) > 1e-10*math.Abs(want.Value) || math.Abs(g.SE-want.SE) > 1e-10*want.SE || g.N != want.N || g.DF != want.DF || math.Abs(g.Deff-want.Deff) > 1e-9*want.Deff {
							t.Errorf("%s %s %d margins %s, group %q: %+v, rows %+v", kind, unit, count, f.Indicator.Name, group.Code, g, want)
						}
					}
				}
			}
		}
	}
}

// TestAMarginThatTheAnswersDontAllow is named and left, the others are used; responses
// without a value in a margin are counted and stay out; and weights that don't come to the
// margins give no figure.
func TestAMarginThatTheAnswersDontAllow(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	wave, q := margined(survey.Convenience, "")
	in := func(stratum, sex, area, answer string) survey.Response {
		choices := map[string][]string{"sat": {answer}}
		if sex != "" {
			choices["sex"] = []string{sex}
		}
		return answered("c", choices, func(r *survey.Response) { r.Stratum, r.Area = stratum, area })
	}
	recordResponses(t, db, in("a", "m", "p0", "5"), in("a", "f", "p1", "1"), in("b", "f", "p1", "5"), in("b", "m", "p0", "1"), in("c", "f", "p0", "5"), in("c", "", "p0", "5"))
	ask := func(wave survey.Wave) *analytics.Weighted {
		t.Helper()
		got, err := reader.Weighted(t.Context(), planOf("c", nil), wave, q, "stratum")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	text := func(got *analytics.Weighted) string {
		var all []string
		for _, w := range got.Sample.Warnings {
			all = append(all, w.Code+" "+w.Text)
		}
		return strings.Join(all, "\n")
	}
	got := ask(wave)
	r := got.Sample.Raking
	if said := text(got); !strings.Contains(said, "“区域”没有用来加权：总体里有“片区2”、“片区3”") || !strings.Contains(said, "1份答卷缺用来加权的项") || r.Counted != 5 || r.Left != 1 || r.Margins[2].Used || !r.Margins[0].Used || !r.Margins[1].Used {
		t.Errorf("%s\n%+v", said, r)
	}
	if !strings.Contains(r.Method, "组别（来源：年鉴），性别（来源：普查）") || strings.Contains(r.Method, "区域") || got.Figures[0].Total.Estimate.Base != 5 {
		t.Errorf("%s, base %d", r.Method, got.Figures[0].Total.Estimate.Base)
	}
	// Nobody of the population is a man, but two are in the sample: the sex is left, and who
	// didn't say it counts again.
	men := wave
	margins := *wave.Margins
	men.Margins = &margins
	margins.List = slices.Clone(margins.List[:2])
	margins.List[1].Totals = []survey.MarginTotal{{Code: "m", Label: "男", People: 0}, {Code: "f", Label: "女", People: 600_000}}
	got = ask(men)
	if said := text(got); !strings.Contains(said, "总体里“男”是0人，答卷里却有") || got.Sample.Raking.Left != 0 || got.Figures[0].Total.Estimate.Base != 6 {
		t.Errorf("%s", said)
	}
	// Without any margin left the wave is weighted as it would be without.
	margins.List = margins.List[1:]
	got = ask(men)
	plain := wave
	plain.Margins = nil
	if want := ask(plain); got.Sample.Raking.Used() || got.Figures[0].Total.Estimate.Value != want.Figures[0].Total.Estimate.Value || want.Sample.Raking != nil {
		t.Errorf("%+v and %+v", got.Figures[0].Total, want.Figures[0].Total)
	}
	// Men are all of p0 and women all of p1 and half of the people are of each, but 9 in 10 are men.
	apart := wave
	apart.Margins = &survey.Margins{List: []survey.Margin{
		{Variable: "sex", Label: "性别", Source: "普查", Totals: []survey.MarginTotal{{Code: "m", Label: "男", People: 90}, {Code: "f", Label: "女", People: 10}}},
		{Variable: survey.MarginArea, Label: "区域", Source: "普查", Totals: []survey.MarginTotal{{Code: "p0", Label: "东", People: 50}, {Code: "p1", Label: "西", People: 50}}},
	}}
	percent := wave
	percent.Margins = &survey.Margins{List: []survey.Margin{{Variable: "sex", Label: "性别", Source: "普查", Totals: []survey.MarginTotal{{Code: "m", Label: "男", People: 1}, {Code: "f", Label: "女", People: 1}}}}}
	if said := text(ask(percent)); !strings.Contains(said, "合计只有2人，比计入的答卷（5份）还少") {
		t.Errorf("%s", said)
	}
	db2 := clickhousetest.Open(t)
	recordResponses(t, db2, in("a", "m", "p0", "5"), in("a", "f", "p1", "1"), in("b", "f", "p1", "5"), in("b", "m", "p0", "1"))
	reader = analytics.NewReader(db2)
	got = ask(apart)
	for _, f := range got.Figures {
		for _, d := range append([]analytics.WeightedGroup{{Designed: f.Total}}, f.Groups...) {
			if d.Estimate.Valid || d.Figure.HasSE || !strings.Contains(d.Estimate.Warnings[0].Text, "没有收敛") {
				t.Errorf("a figure of weights that don't come about: %+v", d)
			}
		}
		if len(f.Pairs) > 0 {
			t.Errorf("pairs %+v", f.Pairs)
		}
	}
}

// TestTrimmedWeights stay within their bounds, sum to the same, and say what they miss.
func TestTrimmedWeights(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	recordResponses(t, db, drawnSheets()...)
	wave, q := margined(survey.Convenience, survey.ByArea)
	wave.Trimming = survey.Trimming{Least: 0.5, Most: 1.5, Note: "试"}
	got, err := reader.Weighted(t.Context(), planOf("c", nil), wave, q, "")
	if err != nil {
		t.Fatal(err)
	}
	r := got.Sample.Raking
	sum := 0.0
	for _, c := range r.Margins[1].Categories {
		sum += c.Reached
	}
	if r.Cut == 0 || r.Least < 0.5*r.Mean-1e-9 || r.Most > 1.5*r.Mean+1e-9 || math.Abs(sum-600_000) > 1e-6 || !(r.Off > 0.01) || r.Deff <= 1 {
		t.Errorf("%+v", r)
	}
	if w := got.Sample.Warnings; len(w) != 1 || w[0].Code != analytics.OffMargin {
		t.Errorf("%+v", w)
	}
	if e := got.Figures[0].Total.Estimate; !e.HasInterval || math.Abs(got.Figures[0].Total.Figure.Base-600_000*float64(e.Base)/899) > 30_000 {
		t.Errorf("%+v", got.Figures[0].Total)
	}
}

// TestARunCarriesItsMargins: a kept run holds the margins with their hash, gives the same
// bytes again, and other margins give others.
func TestARunCarriesItsMargins(t *testing.T) {
	db := clickhousetest.Open(t)
	sheets := drawnSheets()
	for i := range sheets {
		sheets[i].RecordedAt = date("2014-10-08")
	}
	recordResponses(t, db, sheets...)
	wave, q := margined(survey.Convenience, survey.ByArea)
	runs := analytics.NewRuns(analytics.NewReader(db), audit.NewLog(db), func() time.Time { return date("2014-10-20") })
	keep := func(wave survey.Wave) []byte {
		t.Helper()
		run, err := runs.Start(t.Context(), audit.System("test"), planOf("c", nil), wave, q, "v1")
		if err != nil {
			t.Fatal(err)
		}
		raw, err := runs.Results(t.Context(), ended(t, runs, run.ID))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	first := keep(wave)
	if !bytes.Contains(first, []byte(`"hash":"`+wave.MarginsHash()+`"`)) || !bytes.Contains(first, []byte(`"people":290000`)) {
		t.Error("the results don't name their margins")
	}
	if again := keep(wave); !bytes.Equal(first, again) {
		t.Error("the same inputs give other bytes")
	}
	wave.Margins.List[1].Totals[0].People, wave.Margins.List[1].Totals[1].People = 300_000, 300_000
	if other := keep(wave); bytes.Equal(first, other) {
		t.Error("other margins give the same results")
	}
}

// TestScreenedIsRakedToo: what a wave comes to with all of its sheets is the same on the page of
// its screening.
func TestScreenedIsRakedToo(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	recordResponses(t, db, drawnSheets()...)
	wave, q := margined(survey.Convenience, survey.ByArea)
	weighted, err := reader.Weighted(t.Context(), planOf("c", nil), wave, q, "")
	if err != nil {
		t.Fatal(err)
	}
	screened, _, err := reader.Screened(t.Context(), planOf("c", nil), wave, q, time.Minute)
	if err != nil || screened == nil || len(screened.Figures) != len(weighted.Figures) {
		t.Fatalf("%+v, %v", screened, err)
	}
	for i, f := range screened.Figures {
		want := weighted.Figures[i].Total.Figure
		if got := f.With.Figure; math.Abs(got.Value-want.Value) > 1e-10*want.Value || math.Abs(got.SE-want.SE) > 1e-9*want.SE || screened.Sample.Raking.Hash != wave.MarginsHash() {
			t.Errorf("%+v, the wave's page %+v", got, want)
		}
	}
}
