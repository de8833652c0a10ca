package analytics_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"shuixuan/analytics"
	"shuixuan/analytics/screening"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/survey"
)

// ruledForm is that of the crowd with rules on what is compared and on what isn't: the stratum,
// an income, options far apart.
func ruledForm() (survey.Wave, survey.Questionnaire) {
	wave, q := crowdForm()
	rich := 5000.0
	q.Contradictions = []survey.Contradiction{
		{One: survey.Condition{Question: "grp", In: []string{"b"}}, Other: survey.Condition{Question: "where", In: []string{"home"}}, Reason: "职工问卷只在单位发放"},
		{One: survey.Condition{Question: "income", AtLeast: &rich}, Other: survey.Condition{Question: "seen", In: []string{"c8"}}, Reason: "试一试"},
	}
	return wave, q
}

// TestBrokenRulesAreSaid: each in its own words and once, of the sheets that break it and of no other.
func TestBrokenRulesAreSaid(t *testing.T) {
	db := clickhousetest.Open(t)
	sheets := crowdSheets("c", "")
	recordResponses(t, db, sheets...)
	wave, q := ruledForm()
	got, _, err := analytics.NewReader(db).Screened(t.Context(), planOf("c", nil), wave, q, time.Minute)
	if err != nil || got.Rules != 2 {
		t.Fatal(got, err)
	}
	reasons := map[string]string{}
	for _, one := range got.Listed {
		for _, signal := range one.Signals {
			if signal.Code == screening.Impossible {
				reasons[one.Response] = signal.Reason
			}
		}
	}
	first, second, both := "“人群”选了职工，又“在哪里看到”选了小区（职工问卷只在单位发放）", "“收入”填了%v，又“看到过什么”选了选项8（试一试）", 0
	for _, s := range sheets {
		var want []string
		if s.Stratum == "b" && slices.Contains(s.Choices["where"], "home") {
			want = append(want, first)
		}
		if s.Numbers["income"] >= 5000 && slices.Contains(s.Choices["seen"], "c8") {
			want = append(want, fmt.Sprintf(second, s.Numbers["income"]))
		}
		reason := reasons[s.ID.String()]
		switch len(want) {
		case 0:
			if reason != "" {
				t.Errorf("breaks no rule: %s", reason)
			}
			continue
		case 2:
			both++
		}
		for _, rule := range want {
			if strings.Count(reason, rule) != 1 {
				t.Errorf("%q doesn't say %q", reason, rule)
			}
		}
	}
	if both == 0 || len(reasons) < 20 {
		t.Errorf("the crowd is too orderly to test: %d break a rule, %d both", len(reasons), both)
	}
}

// TestTheEffectOfDistributors: who brings only the discontent stands out, in the figure of the
// indicator, and the figure is that of the rows.
func TestTheEffectOfDistributors(t *testing.T) {
	db := clickhousetest.Open(t)
	sheets := crowdSheets("c", "")
	for i := range sheets {
		if sheets[i].Distributor == "d1" {
			sheets[i].Choices["all"] = []string{"not"}
		}
		if i%17 == 0 {
			sheets[i].Choices["all"] = []string{"dk"} // out of the base of the index
		}
	}
	recordResponses(t, db, sheets...)
	got := screened(t, analytics.NewReader(db), "c")
	_, q := crowdForm()
	points := q.Indicators[1].Values
	var values []float64
	var strata, distributors []int
	for _, s := range sheets {
		v, opinion := points[s.Choices["all"][0]]
		if !opinion {
			v = math.NaN()
		}
		var d int
		fmt.Sscanf(s.Distributor, "d%d", &d)
		values, strata, distributors = append(values, v), append(strata, d/4), append(distributors, d)
	}
	want := screening.Correlate(values, strata, distributors, 0.95)
	at := slices.IndexFunc(got.Effects, func(e analytics.ScreenedEffect) bool { return e.Question == "all" })
	if at < 0 {
		t.Fatalf("%+v", got.Effects)
	}
	all := got.Effects[at]
	if all.Label != "满意度" || all.Kind != survey.Index || all.Effect.N != want.N || math.Abs(all.Effect.Value-want.Value) > 1e-12 || !all.Found || all.Effect.Value < 0.05 {
		t.Errorf("%+v, rows %+v", all, want)
	}
	if got.Effects[0].Question != "" || got.Effects[0].Label != "各题平均" {
		t.Errorf("the mean isn't first: %+v", got.Effects[0])
	}
	knows := got.Effects[slices.IndexFunc(got.Effects, func(e analytics.ScreenedEffect) bool { return e.Question == "knows" })]
	if knows.Label != "知晓率" || knows.Kind != survey.Share || knows.Found || knows.Effect.N != len(sheets) {
		t.Errorf("a closed question by its share: %+v", knows)
	}
	for _, e := range got.Effects {
		if slices.Contains([]string{"age", "income", "grp", "where", "seen"}, e.Question) {
			t.Errorf("of what is in no figure: %+v", e)
		}
	}
}

// TestFiguresAsIfNobodyHadVoided: the voided sheets are told, and what the figures would be with
// them is what every page said before.
func TestFiguresAsIfNobodyHadVoided(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	sheets := crowdSheets("c", "")
	recordResponses(t, db, sheets...)
	before := screened(t, reader, "c")
	if len(before.Voided) != 0 || before.Figures[0].Unvoided != nil {
		t.Fatalf("nothing is voided: %+v", before.Voided)
	}
	var gone []survey.Response
	for _, s := range sheets {
		if s.Distributor == "d3" && slices.Contains([]string{"little", "not"}, s.Choices["all"][0]) {
			s.Revision, s.Disposition, s.Late = 2, survey.Void, false
			gone = append(gone, s)
		}
	}
	late := sheets[0]
	late.Revision, late.Disposition, late.Late = 2, survey.Void, true
	recordResponses(t, db, append(gone, late)...)
	after := screened(t, reader, "c")
	if len(after.Voided) != len(gone) || len(gone) == 0 || after.Counting != before.Counting-len(gone)-1 {
		t.Fatalf("%d voided, %d count", len(after.Voided), after.Counting)
	}
	for k, f := range after.Figures {
		was := before.Figures[k].With.Figure
		if f.Unvoided == nil || f.Unvoided.Figure.N != was.N-1 || math.Abs(f.Unvoided.Figure.Value/was.Value-1) > 0.01 || f.With.Figure.Value <= f.Unvoided.Figure.Value {
			t.Errorf("%s: %+v, before %+v", f.Indicator.Label, f.Unvoided, was)
		}
	}
	recordResponses(t, db, func() (all []survey.Response) {
		for _, s := range sheets {
			s.Revision, s.Disposition = 3, survey.Void
			all = append(all, s)
		}
		return all
	}()...)
	if none := screened(t, reader, "c"); none.Counting != 0 || len(none.Voided) != len(sheets) {
		t.Errorf("all are voided: %d count, %d are told", none.Counting, len(none.Voided))
	}
}
