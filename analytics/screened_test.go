package analytics_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/analytics/screening"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/survey"
)

// crowdForm is a questionnaire of 36 answers: five matrices of six rows, a multiple choice of
// nine options, a number, a follow-up for some, words.
func crowdForm() (survey.Wave, survey.Questionnaire) {
	grades := []survey.Option{{Code: "very", Label: "非常满意"}, {Code: "fairly", Label: "满意"}, {Code: "neutral", Label: "一般"}, {Code: "little", Label: "不太满意"}, {Code: "not", Label: "不满意"}, {Code: "dk", Label: "说不清", DontKnow: true}}
	q := survey.Questionnaire{ID: "crowd", Title: "问卷", Stratum: "grp", Questions: []survey.Question{
		{Name: "ok", Type: survey.Consent, Label: "同意吗"},
		{Name: "grp", Type: survey.Single, Label: "人群", Options: []survey.Option{{Code: "a", Label: "居民"}, {Code: "b", Label: "职工"}}},
		{Name: "age", Type: survey.Number, Label: "年龄"},
		{Name: "income", Type: survey.Number, Label: "收入"},
		{Name: "knows", Type: survey.Single, Label: "知道吗", Options: []survey.Option{{Code: "yes", Label: "知道"}, {Code: "no", Label: "不知道"}}},
		{Name: "where", Type: survey.Single, Label: "在哪里看到", Options: []survey.Option{{Code: "tv", Label: "电视"}, {Code: "road", Label: "路边"}, {Code: "home", Label: "小区"}}, ShowIf: &survey.Condition{Question: "knows", In: []string{"yes"}}},
		{Name: "seen", Type: survey.Multiple, Label: "看到过什么", Options: manyOptions("c", 9)},
		{Name: "all", Type: survey.Single, Label: "总体", Options: grades},
		{Name: "words", Type: survey.LongText, Label: "意见"},
	}, Indicators: []survey.Indicator{
		{Name: "sat", Label: "满意率", Kind: survey.Share, Question: "all", Positive: []string{"very", "fairly"}, Base: survey.BaseAnswered, Headline: true},
		{Name: "index", Label: "满意度", Kind: survey.Index, Question: "all", Values: map[string]float64{"very": 100, "fairly": 80, "neutral": 60, "little": 30, "not": 0}, Base: survey.BaseOpinion, Headline: true},
		{Name: "aware", Label: "知晓率", Kind: survey.Share, Question: "knows", Positive: []string{"yes"}, Base: survey.BaseAnswered},
	}}
	for b := range 5 {
		matrix := survey.Question{Name: fmt.Sprint("m", b), Type: survey.Matrix, Label: fmt.Sprint("第", b, "组"), Options: grades}
		for k := range 6 {
			matrix.Rows = append(matrix.Rows, survey.Row{Name: fmt.Sprintf("m%d_%d", b, k), Label: fmt.Sprint("第", k, "项")})
		}
		q.Questions = append(q.Questions, matrix)
	}
	w := survey.Wave{ID: "w1", Name: "一轮", Questionnaire: q.ID, Strata: []survey.Stratum{{Code: "a", Label: "居民", Population: 90_000}, {Code: "b", Label: "职工", Population: 10_000}},
		Sampling: survey.Sampling{Kind: survey.Convenience, Unit: survey.ByDistributor, Frame: "测试"}}
	return w, q
}

func manyOptions(prefix string, n int) []survey.Option {
	list := make([]survey.Option, n)
	for i := range list {
		list[i] = survey.Option{Code: fmt.Sprint(prefix, i), Label: fmt.Sprint("选项", i)}
	}
	return list
}

const perDistributor = 40

// crowdSheets are answers of two strata with four distributors each. A person has an opinion,
// and a third of them are content throughout. The lazy distributor copies five sheets and
// changes one answer in twelve.
func crowdSheets(campaign, lazy string) []survey.Response {
	r := rand.New(rand.NewPCG(11, 5))
	codes := []string{"very", "fairly", "neutral", "little", "not"}
	person := func(stratum string) map[string][]string {
		opinion, content := r.NormFloat64(), r.Float64() < 1.0/3
		grade := func() []string {
			if content {
				if r.Float64() < 0.95 {
					return []string{"very"}
				}
				return []string{"fairly"}
			}
			v, at := 0.7*opinion+0.8*r.NormFloat64(), 0
			for _, cut := range []float64{-0.13, 0.67, 1.28, 1.88} {
				if v > cut {
					at++
				}
			}
			return []string{codes[at]}
		}
		c := map[string][]string{"ok": {"yes"}, "grp": {stratum}, "knows": {"no"}, "all": grade()}
		if r.Float64() < 0.6 {
			c["knows"], c["where"] = []string{"yes"}, []string{[]string{"tv", "road", "home"}[r.IntN(3)]}
		}
		for k := range 9 {
			if r.Float64() < 0.4 {
				c["seen"] = append(c["seen"], fmt.Sprint("c", k))
			}
		}
		for b := range 5 {
			for k := range 6 {
				c[fmt.Sprintf("m%d_%d", b, k)] = grade()
			}
		}
		return c
	}
	var list []survey.Response
	for d := range 8 {
		stratum, name := []string{"a", "b"}[d/4], fmt.Sprint("d", d)
		var originals []map[string][]string
		for i := range perDistributor {
			choices, years := person(stratum), float64(18+r.IntN(60))
			if name == lazy {
				if i < 5 {
					originals = append(originals, choices)
				} else {
					other := choices
					choices = map[string][]string{}
					for key, value := range originals[i%5] {
						choices[key] = value
					}
					for b := range 5 {
						for k := range 6 {
							if key := fmt.Sprintf("m%d_%d", b, k); r.IntN(12) == 0 {
								choices[key] = other[key]
							}
						}
					}
				}
			}
			list = append(list, answered(campaign, choices, func(one *survey.Response) {
				one.ID = uuid.NewSHA1(uuid.Nil, fmt.Append(nil, campaign, d, i))
				one.Stratum, one.Distributor, one.Number = stratum, name, fmt.Sprintf("A%04d", d*perDistributor+i+1)
				one.Numbers = map[string]float64{"age": years, "income": float64(1000 + 10*r.IntN(500))}
			}))
		}
	}
	return list
}

// screened asks until the run has ended.
func screened(t testing.TB, reader *analytics.Reader, campaign string, bend ...func(*survey.Wave)) *analytics.Screened {
	t.Helper()
	wave, q := crowdForm()
	for _, b := range bend {
		b(&wave)
	}
	got, _, err := reader.Screened(t.Context(), planOf(campaign, nil), wave, q, time.Minute)
	if err != nil || got == nil {
		t.Fatal(got, err)
	}
	return got
}

// TestACopyingDistributorIsFound: through real rows, whoever copied is named and their sheets
// are suggested; those of the others, a third of them content throughout, are not.
func TestACopyingDistributorIsFound(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	sheets := crowdSheets("c", "d2")
	void := answered("c", sheets[0].Choices, func(r *survey.Response) { r.Stratum, r.Distributor, r.Disposition = "a", "d7", survey.Void })
	late := answered("c", sheets[0].Choices, func(r *survey.Response) { r.Stratum, r.Distributor, r.Late = "a", "d7", true })
	recordResponses(t, db, append(sheets, void, late)...)
	got := screened(t, reader, "c")
	if got.Counting != 8*perDistributor || got.TooMany {
		t.Errorf("%d sheets, too many: %t", got.Counting, got.TooMany)
	}
	honest, copied := 0, 0
	for _, one := range got.Listed {
		if one.Grade == screening.Recontact && one.Distributor == "d2" {
			copied++
		} else if one.Grade == screening.Recontact {
			honest++
		}
		if one.Number == "" || one.Stratum == "" || len(one.Signals) == 0 || one.Points == 0 {
			t.Errorf("listed without a reason: %+v", one)
		}
	}
	// A copy of a content sheet looks like any other content sheet, so not all are found.
	if copied < perDistributor/2 || honest > 2 || got.Recontact != copied+honest {
		t.Errorf("of the copies %d are suggested, of the others %d (%d in all)", copied, honest, got.Recontact)
	}
	if !slices.IsSortedFunc(got.Listed, func(a, b analytics.ScreenedSheet) int {
		return strings.Compare(string(b.Grade), string(a.Grade))*100 + b.Points - a.Points
	}) {
		t.Error("not the suggested first, then the strongest")
	}
	for i, d := range got.Distributors {
		if named := d.Grade == screening.Recontact; named != (d.Name == "d2") || named && (i != 0 || d.Recontact != copied) {
			t.Errorf("distributor %d: %+v", i, d)
		}
	}
	if strings.Join(got.Left, " ") != "收入 意见" { // an income is no small number
		t.Errorf("left out: %v", got.Left)
	}
	if got.Compared != 1+2+2+1+30 { // age, knows and where, two parts of seen, all, matrices
		t.Errorf("%d questions compared", got.Compared)
	}
}

// TestAContentCrowdIsNotAccused: the same people without the copies.
func TestAContentCrowdIsNotAccused(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	recordResponses(t, db, crowdSheets("c", "")...)
	got := screened(t, reader, "c")
	if got.Recontact > 1 {
		t.Errorf("%d of %d honest sheets are suggested", got.Recontact, got.Counting)
	}
	for _, d := range got.Distributors {
		if d.Grade != screening.Unremarkable {
			t.Errorf("an honest distributor is named: %+v", d)
		}
	}
	if got.Hinted == 0 {
		t.Error("the content find their like, and nobody says so")
	}
}

// TestFiguresWithAndWithout: with all sheets they are those of every other page; without the
// suggested ones they are the domain of the same design, row by row.
func TestFiguresWithAndWithout(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	sheets := crowdSheets("c", "d2")
	recordResponses(t, db, sheets...)
	got := screened(t, reader, "c")
	wave, q := crowdForm()
	weighted, err := reader.Weighted(t.Context(), planOf("c", nil), wave, q, "")
	if err != nil {
		t.Fatal(err)
	}
	suggested := map[string]bool{}
	for _, one := range got.Listed {
		suggested[one.Response] = one.Grade == screening.Recontact
	}
	r := estimate.Rows{N: len(sheets), Strata: [][]string{{}}, Clusters: [][]string{{}}, Lonely: estimate.LonelyAdjust}
	var in []bool
	for _, s := range sheets {
		people := map[string]float64{"a": 90_000, "b": 10_000}[s.Stratum]
		r.Weights = append(r.Weights, people/(4*perDistributor))
		r.Strata[0], r.Clusters[0] = append(r.Strata[0], s.Stratum), append(r.Clusters[0], s.Distributor)
		in = append(in, !suggested[s.ID.String()])
	}
	design, err := estimate.NewDesign(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Figures) != 2 {
		t.Fatalf("%d headline figures", len(got.Figures))
	}
	for k, f := range got.Figures {
		all := weighted.Figures[k].Total
		if f.Indicator.Name != weighted.Figures[k].Indicator.Name || f.With.Estimate.Value != all.Estimate.Value || f.With.Estimate.Lower != all.Estimate.Lower || f.With.Estimate.Base != all.Estimate.Base {
			t.Errorf("%s with all: %+v, elsewhere %+v", f.Indicator.Name, f.With.Estimate, all.Estimate)
		}
		var y []float64
		for _, s := range sheets {
			v := map[string]float64{"very": 1, "fairly": 1}[s.Choices["all"][0]]
			if f.Indicator.Kind == survey.Index {
				v = f.Indicator.Values[s.Choices["all"][0]]
			}
			y = append(y, v)
		}
		want, err := design.Means([][]float64{y}, in)
		if err != nil {
			t.Fatal(err)
		}
		if w := want.Each[0]; math.Abs(f.Without.Figure.Value-w.Value) > 1e-10*w.Value || math.Abs(f.Without.Figure.SE-w.SE) > 1e-10*w.SE || f.Without.Figure.N != len(sheets)-got.Recontact || f.Without.Figure.Value == f.With.Figure.Value {
			t.Errorf("%s without: %+v, rows %+v", f.Indicator.Name, f.Without.Figure, w)
		}
	}
}

// TestMoreThanTheSettingIsSaid: nothing is screened rather than a part.
func TestMoreThanTheSettingIsSaid(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	recordResponses(t, db, crowdSheets("c", "d2")...)
	wave, q := crowdForm()
	plan := planOf("c", nil)
	plan.Campaign.Settings.ScreenedSheets.Value = 8*perDistributor - 1
	got, _, err := reader.Screened(t.Context(), plan, wave, q, time.Minute)
	if err != nil || !got.TooMany || got.Counting != 8*perDistributor || len(got.Listed)+len(got.Distributors)+len(got.Figures) > 0 {
		t.Errorf("%+v %v", got, err)
	}
	plan.Campaign.Settings.ScreenedSheets.Value++
	if got, _, err = reader.Screened(t.Context(), plan, wave, q, time.Minute); err != nil || got.TooMany || got.Recontact == 0 {
		t.Errorf("%+v %v", got, err)
	}
	if none, _, err := reader.Screened(t.Context(), planOf("nobody", nil), wave, q, time.Minute); err != nil || none.Counting != 0 || none.TooMany {
		t.Errorf("without a sheet: %+v %v", none, err)
	}
}

// TestAScreeningIsRemembered until a row comes.
func TestAScreeningIsRemembered(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	sheets := crowdSheets("c", "d2")
	recordResponses(t, db, sheets...)
	first := screened(t, reader, "c")
	if again := screened(t, reader, "c"); again != first {
		t.Error("screened anew without news")
	}
	if other := screened(t, reader, "c", func(w *survey.Wave) { w.Strata = slices.Clone(w.Strata); w.Strata[0].Population = 1 }); other == first {
		t.Error("a changed wave is given what was computed before")
	}
	gone := sheets[2*perDistributor]
	gone.Revision, gone.Disposition = 2, survey.Void
	recordResponses(t, db, gone)
	if after := screened(t, reader, "c"); after.Counting != first.Counting-1 {
		t.Errorf("after a sheet was voided %d count, before %d", after.Counting, first.Counting)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wave, q := crowdForm()
	wave.Name = "又一轮"
	if got, _, err := reader.Screened(ctx, planOf("c", nil), wave, q, time.Minute); err == nil && got == nil {
		t.Error("who has left is told nothing, and no error either")
	}
}
