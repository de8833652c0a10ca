package analytics_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"shuixuan/analytics"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// seenSheets gives the drawn sheets a multiple choice: one in nine leaves it open, some saw
// none of the channels.
func seenSheets() ([]survey.Response, survey.Question) {
	sheets := drawnSheets()
	r := rand.New(rand.NewPCG(9, 3))
	for i := range sheets {
		var codes []string
		for k, code := range []string{"board", "bus", "web"} {
			if r.IntN(k+2) == 0 {
				codes = append(codes, code)
			}
		}
		if len(codes) == 0 {
			codes = []string{"none"}
		}
		slices.Reverse(codes) // in the order of ticking, not of the list
		if r.IntN(9) > 0 {
			sheets[i].Choices["seen"] = codes
		}
	}
	return sheets, survey.Question{Name: "seen", Type: survey.Multiple, Label: "见过哪些", Options: []survey.Option{{Code: "board", Label: "站牌"}, {Code: "bus", Label: "公交"}, {Code: "web", Label: "网络"}, {Code: "none", Label: "都没有", Exclusive: true}}}
}

// ticked tells which sheets are in a group.
func ticked(sheets []survey.Response, code string) []bool {
	var in []bool
	for _, s := range sheets {
		if s.Disposition.Counts() {
			in = append(in, slices.Contains(s.Choices["seen"], code))
		}
	}
	return in
}

// TestGroupsOfAMultipleChoiceOverlap: who ticked two options is in both groups and once in
// the total; figures and differences are those that the rows give, with units and without.
func TestGroupsOfAMultipleChoiceOverlap(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	sheets, seen := seenSheets()
	recordResponses(t, db, sheets...)
	plan := planOf("c", nil)
	for _, unit := range []survey.SampleUnit{"", survey.ByArea} {
		wave, q := designed(survey.Probability, unit)
		q.Questions = append(q.Questions, seen)
		got, err := reader.Weighted(t.Context(), plan, wave, q, "seen")
		if err != nil {
			t.Fatal(err)
		}
		if got.Overlap != analytics.Overlapping || got.Sample.Counted != 899 {
			t.Errorf("%q, %+v", got.Overlap, got.Sample)
		}
		design := rowsOf(t, wave, sheets)
		for _, f := range got.Figures {
			if len(f.Groups) != 5 || f.Groups[4].Label != "未填写" || len(f.Pairs) != 6 || f.Untested != "" {
				t.Fatalf("%s: %d groups, %d pairs, %q", f.Indicator.Name, len(f.Groups), len(f.Pairs), f.Untested)
			}
			if want := rowFigure(t, design, sheets, f.Indicator, ""); math.Abs(f.Total.Figure.Value-want.Value) > 1e-10 || math.Abs(f.Total.Figure.SE-want.SE) > 1e-10 || f.Total.Figure.N != want.N {
				t.Errorf("total %+v, rows %+v", f.Total.Figure, want)
			}
			y := rowValues(sheets, f.Indicator)
			var members [][]bool
			for _, o := range seen.Options {
				members = append(members, ticked(sheets, o.Code))
			}
			want, err := design.MeansIn(y, members)
			if err != nil {
				t.Fatal(err)
			}
			at := func(code string) int {
				return slices.IndexFunc(seen.Options, func(o survey.Option) bool { return o.Code == code })
			}
			for g := range seen.Options {
				if a, b := f.Groups[g].Figure, want.Each[g]; math.Abs(a.Value-b.Value) > 1e-10*b.Value || math.Abs(a.SE-b.SE) > 1e-10*b.SE || a.N != b.N {
					t.Errorf("%s %s: %+v, rows %+v", f.Indicator.Name, f.Groups[g].Label, a, b)
				}
			}
			for _, pair := range f.Pairs {
				if a, b := pair.Difference, want.Difference(at(pair.A), at(pair.B), 0.95); math.Abs(a.Difference-b.Difference) > 1e-10 || math.Abs(a.SE-b.SE) > 1e-10 || a.DF != b.DF || math.Abs(a.P-b.P) > 1e-9 || !a.Valid {
					t.Errorf("%s %s−%s: %+v, rows %+v", f.Indicator.Name, pair.A, pair.B, a, b)
				}
			}
		}
	}
}

// TestOverlappingCounts: plain counts of the same groups.
func TestOverlappingCounts(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	in := func(answer string, seen ...string) survey.Response {
		return answered("c", map[string][]string{"sat": {answer}, "seen": seen})
	}
	// Board 3 of whom 2 like it, bus 2 of whom 1 does, 1 open; two are in both.
	recordResponses(t, db, in("5", "board"), in("5", "bus", "board"), in("1", "board", "bus"), answered("c", map[string][]string{"sat": {"5"}}))
	wave, q := designed(survey.Convenience, "")
	_, seen := seenSheets()
	q.Questions = append(q.Questions, seen)
	d, err := reader.Distribution(t.Context(), planOf("c", nil), wave, q, "sat", "seen")
	if err != nil {
		t.Fatal(err)
	}
	var answered []int64
	for _, g := range d.Groups {
		answered = append(answered, g.Answered)
	}
	if d.Overlap != analytics.Overlapping || d.Several != 2 || d.Total.Answered != 4 || !slices.Equal(answered, []int64{3, 2, 0, 0, 1}) || optionOf(t, d.Groups[0], "很满意").Persons.Numerator != 2 {
		t.Errorf("%q, several %d, total %d, groups %v", d.Overlap, d.Several, d.Total.Answered, answered)
	}
	all, err := reader.Indicators(t.Context(), planOf("c", nil), wave, q, "seen")
	if err != nil {
		t.Fatal(err)
	}
	f := all.Figures[0]
	if all.Overlap == "" || f.Total.Estimate.Base != 4 || f.Total.Estimate.Numerator != 3 || f.Groups[0].Estimate.Base != 3 || f.Groups[1].Estimate.Numerator != 1 || f.Groups[4].Estimate.Base != 1 {
		t.Errorf("%+v", f)
	}
	bySex, err := reader.Indicators(t.Context(), planOf("c", nil), wave, q, "sex")
	if err != nil || bySex.Overlap != "" {
		t.Errorf("groups of a single choice are said to overlap: %q %v", bySex.Overlap, err)
	}
	w, err := reader.Weighted(t.Context(), planOf("c", nil), wave, q, "seen")
	if err != nil || w.Sample.Counted != 4 {
		t.Fatalf("%+v %v", w, err)
	}
	many := seen
	many.Name = "many"
	for len(many.Options) <= analytics.FewTicks {
		many.Options = append(many.Options, survey.Option{Code: strings.Repeat("x", len(many.Options)), Label: "项"})
	}
	q.Questions = append(q.Questions, many)
	if _, err := reader.Distribution(t.Context(), planOf("c", nil), wave, q, "sat", "many"); err == nil {
		t.Error("a question of many options groups people")
	} else if p, ok := problem.As(err); !ok || p.Kind != problem.KindInvalid {
		t.Error(err)
	}
}

// TestGroupsOfTheSamePeopleAreNotTested: two options that the same people ticked can't be
// compared, which is said.
func TestGroupsOfTheSamePeopleAreNotTested(t *testing.T) {
	db := clickhousetest.Open(t)
	var sheets []survey.Response
	for i := range 12 {
		sheets = append(sheets, answered("c", map[string][]string{"sat": {[]string{"5", "1"}[i%2]}, "seen": {"board", "bus"}}))
	}
	recordResponses(t, db, sheets...)
	wave, q := designed(survey.Convenience, "")
	wave.Strata = nil
	_, seen := seenSheets()
	q.Questions = append(q.Questions, seen)
	w, err := analytics.NewReader(db).Weighted(t.Context(), planOf("c", nil), wave, q, "seen")
	if err != nil {
		t.Fatal(err)
	}
	if f := w.Figures[0]; len(f.Pairs) != 0 || !strings.Contains(f.Untested, "“站牌”和“公交”") {
		t.Errorf("%+v %q", f.Pairs, f.Untested)
	}
}
