package analytics_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/survey"
)

// designed is a wave of three strata of unequal size, of which the smallest answered most,
// reached in areas that are alike.
func designed(kind survey.SampleKind, unit survey.SampleUnit) (survey.Wave, survey.Questionnaire) {
	scale := []survey.Option{{Code: "5", Label: "很满意"}, {Code: "3", Label: "一般"}, {Code: "1", Label: "不满意"}, {Code: "9", Label: "说不清", DontKnow: true}}
	q := survey.Questionnaire{Title: "问卷", Stratum: "grp", Questions: []survey.Question{
		{Name: "grp", Type: survey.Single, Label: "人群", Options: []survey.Option{{Code: "a", Label: "师生"}, {Code: "b", Label: "居民"}, {Code: "c", Label: "职工"}}},
		{Name: "sex", Type: survey.Single, Label: "性别", Options: []survey.Option{{Code: "m", Label: "男"}, {Code: "f", Label: "女"}}},
		{Name: "sat", Type: survey.Single, Label: "满意吗", Options: scale},
	}, Indicators: []survey.Indicator{
		{Name: "share", Label: "满意率", Kind: survey.Share, Question: "sat", Positive: []string{"5"}, Base: survey.BaseAnswered},
		{Name: "opinion", Label: "满意率", Kind: survey.Share, Question: "sat", Positive: []string{"5"}, Base: survey.BaseOpinion},
		{Name: "index", Label: "满意度", Kind: survey.Index, Question: "sat", Values: map[string]float64{"5": 100, "3": 60, "1": 0}, Base: survey.BaseOpinion},
	}}
	w := survey.Wave{ID: "w1", Name: "一轮", Strata: []survey.Stratum{{Code: "a", Label: "师生", Population: 30_000}, {Code: "b", Label: "居民", Population: 420_000}, {Code: "c", Label: "职工", Population: 150_000}},
		Sampling: survey.Sampling{Kind: kind, Unit: unit, Frame: "测试"}}
	return w, q
}

// drawnSheets makes sheets of the wave: one in twelve leaves the item open, and one is void.
func drawnSheets() []survey.Response {
	r := rand.New(rand.NewPCG(7, 7))
	var sheets []survey.Response
	for i := range 900 {
		stratum := []string{"a", "a", "a", "b", "b", "c"}[r.IntN(6)]
		area := r.IntN(8)
		choices := map[string][]string{"grp": {stratum}, "sex": {[]string{"m", "f"}[r.IntN(2)]}}
		if r.IntN(12) > 0 {
			like := map[string]float64{"a": 0.8, "b": 0.5, "c": 0.65}[stratum] + 0.05*float64(area-4)
			switch u := r.Float64(); {
			case u < like:
				choices["sat"] = []string{"5"}
			case u < like+0.1:
				choices["sat"] = []string{"3"}
			case u < like+0.15:
				choices["sat"] = []string{"9"}
			default:
				choices["sat"] = []string{"1"}
			}
		}
		sheets = append(sheets, answered("c", choices, func(r *survey.Response) {
			r.Stratum, r.Area, r.Number = stratum, fmt.Sprint("p", area), fmt.Sprint(i)
			if i == 17 {
				r.Disposition = survey.Void
			}
		}))
	}
	return sheets
}

// TestWeightedIsTheSameAsRows: what one scan adds up gives what the rows themselves give, for
// every indicator, in all and by group, with and without units and populations.
func TestWeightedIsTheSameAsRows(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	sheets := drawnSheets()
	recordResponses(t, db, sheets...)
	plan := planOf("c", nil)
	for _, kind := range []survey.SampleKind{survey.Convenience, survey.Probability} {
		for _, unit := range []survey.SampleUnit{"", survey.ByArea} {
			wave, q := designed(kind, unit)
			got, err := reader.Weighted(t.Context(), plan, wave, q, "sex")
			if err != nil {
				t.Fatal(err)
			}
			if !got.Sample.Weighted || got.Sample.Counted != 899 || len(got.Sample.Warnings) != 0 || (got.Sample.Units > 0) != (unit != "") {
				t.Errorf("sample %+v", got.Sample)
			}
			design := rowsOf(t, wave, sheets)
			for _, f := range got.Figures {
				for _, group := range append([]analytics.WeightedGroup{{Designed: f.Total}}, f.Groups...) {
					want := rowFigure(t, design, sheets, f.Indicator, group.Code)
					if g := group.Figure; math.Abs(g.Value-want.Value) > 1e-10*math.Abs(want.Value) || math.Abs(g.SE-want.SE) > 1e-10*want.SE || g.N != want.N || g.DF != want.DF || math.Abs(g.Deff-want.Deff) > 1e-9*want.Deff {
						t.Errorf("%s %s %s, group %q: %+v, rows %+v", kind, unit, f.Indicator.Name, group.Code, g, want)
					}
				}
			}
			share := got.Figures[0]
			plainShare(t, reader, plan, wave, q, share)
		}
	}
}

// plainShare: the school, asked most and most content, lifts the plain share above the weighted.
func plainShare(t *testing.T, reader *analytics.Reader, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, weighted analytics.WeightedFigure) {
	t.Helper()
	all, err := reader.Indicators(t.Context(), plan, wave, q, "")
	if err != nil {
		t.Fatal(err)
	}
	if plain := all.Figures[0].Total.Estimate; plain.Value < weighted.Total.Estimate.Value+5 || plain.Base != weighted.Total.Estimate.Base {
		t.Errorf("plain %v of %d, weighted %v of %d", plain.Value, plain.Base, weighted.Total.Estimate.Value, weighted.Total.Estimate.Base)
	}
	if e := weighted.Total.Estimate; !e.HasInterval || e.Lower >= e.Value || e.Upper <= e.Value || e.Method != estimate.MethodLogit || e.Value < 40 || e.Value > 70 {
		t.Errorf("%+v", e)
	}
}

// rowsOf is the design of the same sheets, row by row.
func rowsOf(t *testing.T, wave survey.Wave, sheets []survey.Response) *estimate.Design {
	t.Helper()
	populations, _ := wave.Populations()
	counted := map[string]float64{}
	for _, s := range sheets {
		if s.Disposition.Counts() {
			counted[s.Stratum]++
		}
	}
	r := estimate.Rows{Strata: [][]string{{}}, Lonely: estimate.LonelyAdjust}
	var units []string
	var sizes []float64
	for _, s := range sheets {
		if !s.Disposition.Counts() {
			continue
		}
		r.N++
		r.Weights = append(r.Weights, populations[s.Stratum]/counted[s.Stratum])
		r.Strata[0] = append(r.Strata[0], s.Stratum)
		units, sizes = append(units, s.Stratum+s.Area), append(sizes, populations[s.Stratum])
	}
	if wave.Sampling.Unit != "" {
		r.Clusters = [][]string{units}
	} else if wave.Sampling.Random() {
		r.Populations = [][]float64{sizes}
	}
	d, err := estimate.NewDesign(r)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func rowFigure(t *testing.T, d *estimate.Design, sheets []survey.Response, i survey.Indicator, sex string) estimate.Figure {
	t.Helper()
	var in []bool
	for _, s := range sheets {
		if s.Disposition.Counts() {
			in = append(in, sex == "" || s.Choices["sex"][0] == sex)
		}
	}
	f, err := d.Means([][]float64{rowValues(sheets, i)}, in)
	if err != nil {
		t.Fatal(err)
	}
	return f.Each[0]
}

// rowValues are what the answers of the sheets are worth to an indicator; NaN: not in its base.
func rowValues(sheets []survey.Response, i survey.Indicator) (y []float64) {
	for _, s := range sheets {
		if !s.Disposition.Counts() {
			continue
		}
		v, answer := math.NaN(), ""
		if len(s.Choices["sat"]) > 0 {
			answer = s.Choices["sat"][0]
		}
		switch {
		case answer == "" || answer == "9" && i.Base == survey.BaseOpinion:
		case i.Kind == survey.Index:
			v = i.Values[answer]
		default:
			v = 0
			if answer == "5" {
				v = 1
			}
		}
		y = append(y, v)
	}
	return y
}

// TestASampleSaysWhatItIsWorth: without a frame nothing is weighted, who is of no stratum is
// told, and a stratum that nobody answered in is named.
func TestASampleSaysWhatItIsWorth(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	wave, q := designed(survey.Convenience, "")
	in := func(stratum, answer string) survey.Response {
		return answered("c", map[string][]string{"sat": {answer}}, func(r *survey.Response) { r.Stratum = stratum })
	}
	recordResponses(t, db, in("a", "5"), in("a", "5"), in("b", "1"), in("", "1"))
	ask := func(wave survey.Wave) *analytics.Weighted {
		t.Helper()
		got, err := reader.Weighted(t.Context(), planOf("c", nil), wave, q, "stratum")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := ask(wave)
	codes := map[string]bool{}
	for _, w := range got.Sample.Warnings {
		codes[w.Code] = true
	}
	if !codes[analytics.NotReached] || !codes[analytics.NoStratum] || len(codes) != 2 {
		t.Errorf("warnings %+v", got.Sample.Warnings)
	}
	// 2 of 2 in a stratum of 30,000 and 0 of 1 in one of 420,000.
	if v := got.Figures[0].Total; math.Abs(v.Estimate.Value-100*30.0/450) > 1e-9 || v.Estimate.Base != 3 {
		t.Errorf("total %+v", v)
	}
	wave.Strata[1].Population = 0
	got = ask(wave)
	if got.Sample.Weighted || len(got.Sample.Warnings) != 1 || got.Sample.Warnings[0].Code != analytics.NoFrame {
		t.Errorf("without a frame: %+v", got.Sample)
	}
	if v := got.Figures[0].Total; v.Estimate.Value != 50 || v.Estimate.Base != 4 {
		t.Errorf("without a frame: %+v", v)
	}
	for _, g := range got.Figures[0].Groups {
		if e := g.Estimate; e.Valid && (math.IsNaN(e.Lower) || math.IsNaN(e.Upper)) || math.IsNaN(e.Value) {
			t.Errorf("group %s: %+v", g.Code, e)
		}
	}
}

// TestWeightedIsNobodysToEmpty: what is kept between questions stays whole, whatever a caller makes
// of the lists it got; and a response that comes in is counted by the very next.
func TestWeightedIsNobodysToEmpty(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	sheets := drawnSheets()
	recordResponses(t, db, sheets[:800]...)
	plan := planOf("c", nil)
	wave, q := designed(survey.Convenience, "")
	ask := func() *analytics.Weighted {
		t.Helper()
		w, err := reader.Weighted(t.Context(), plan, wave, q, analytics.Stratum)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	first := ask()
	clear(first.Figures)
	clear(first.Verdicts)
	second := ask()
	if len(second.Figures) != 3 || second.Figures[0].Indicator.Name != "share" || !second.Figures[0].Total.Estimate.Valid {
		t.Errorf("after another caller has emptied its lists: %+v", second.Figures)
	}
	recordResponses(t, db, sheets[800:]...)
	if third := ask(); third.Sample.Counted != second.Sample.Counted+100 {
		t.Errorf("%d counted, then %d", second.Sample.Counted, third.Sample.Counted)
	}
}
