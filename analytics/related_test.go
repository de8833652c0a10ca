package analytics_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/analytics/openanswers"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/survey"
)

// related is a questionnaire whose overall satisfaction follows the river, and nothing else.
func related() survey.Questionnaire {
	scale := []survey.Option{{Code: "5", Label: "满意"}, {Code: "3", Label: "一般"}, {Code: "1", Label: "不满意"}, {Code: "9", Label: "说不清", DontKnow: true}}
	points := map[string]float64{"5": 100, "3": 60, "1": 0}
	q := survey.Questionnaire{Title: "问卷"}
	for _, name := range []string{"river", "bank", "tap", "overall"} {
		q.Questions = append(q.Questions, survey.Question{Name: name, Type: survey.Single, Label: name, Options: scale, Dimension: "满意"})
		i := survey.Indicator{Name: name + "_index", Label: name, Kind: survey.Index, Question: name, Values: points, Base: survey.BaseOpinion}
		if name == "overall" {
			i.Dimension = "满意"
		}
		q.Indicators = append(q.Indicators, i)
	}
	q.Questions = append(q.Questions,
		survey.Question{Name: "seen", Type: survey.Multiple, Label: "见过哪些", Dimension: "认知", Options: []survey.Option{{Code: "bus", Label: "公交"}, {Code: "board", Label: "展板"}, {Code: "none", Label: "都没有", Exclusive: true}}},
		survey.Question{Name: "know", Type: survey.Single, Label: "知道吗", Dimension: "认知", Options: []survey.Option{{Code: "y", Label: "知道"}, {Code: "n", Label: "不知道"}}},
		survey.Question{Name: "say", Type: survey.LongText, Label: "建议"})
	q.Indicators = append(q.Indicators, survey.Indicator{Name: "aware", Label: "知晓率", Kind: survey.Share, Question: "know", Positive: []string{"y"}, Base: survey.BaseAnswered, Dimension: "认知"})
	return q
}

func TestDriversFindWhatSatisfactionHangsOn(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	r := rand.New(rand.NewPCG(3, 4))
	codes := []string{"1", "3", "5"}
	var sheets []survey.Response
	for i := range 400 {
		choices := map[string][]string{}
		for _, name := range []string{"river", "bank", "tap"} {
			choices[name] = []string{codes[r.IntN(3)]}
		}
		choices["overall"] = choices["river"]
		if r.IntN(4) == 0 {
			choices["overall"] = []string{codes[r.IntN(3)]}
		}
		if i%20 == 0 {
			choices["tap"] = []string{"9"}
		}
		sheets = append(sheets, answered("c", choices))
	}
	recordResponses(t, db, sheets...)
	wave := survey.Wave{ID: "w1", Sampling: survey.Sampling{Kind: survey.Convenience}}
	d, err := reader.Drivers(t.Context(), planOf("c", nil), wave, related())
	if err != nil || d.Result == nil {
		t.Fatalf("%+v, %v", d, err)
	}
	if d.Outcome.Question != "overall" || d.Result.N != 380 || d.Result.Missing != 20 || len(d.Result.Items) != 3 {
		t.Errorf("outcome %s, %d rows, %d missing, %d items", d.Outcome.Question, d.Result.N, d.Result.Missing, len(d.Result.Items))
	}
	river, bank := d.Result.Items[0], d.Result.Items[1]
	if river.Share < 90 || bank.Share > 10 || !river.HasInterval || river.Lower <= bank.Upper {
		t.Errorf("river %+v\nbank %+v", river, bank)
	}
	again, err := analytics.NewReader(db).Drivers(t.Context(), planOf("c", nil), wave, related())
	if err != nil || fmt.Sprintf("%+v", again.Result) != fmt.Sprintf("%+v", d.Result) {
		t.Error("the same answers give other figures")
	}
	few := related()
	few.Indicators = few.Indicators[2:]
	if d, err := reader.Drivers(t.Context(), planOf("c", nil), wave, few); err != nil || d.Result != nil || !strings.Contains(d.Why, "分项") {
		t.Errorf("with one item: %+v, %v", d, err)
	}
}

func TestExposedCountsChannels(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	var sheets []survey.Response
	add := func(n, aware int, seen ...string) {
		for i := range n {
			know := "n"
			if i < aware {
				know = "y"
			}
			choices := map[string][]string{"know": {know}}
			if len(seen) > 0 {
				choices["seen"] = seen
			}
			sheets = append(sheets, answered("c", choices))
		}
	}
	add(40, 8, "none")
	add(30, 15, "bus")
	add(20, 12, "board")
	add(50, 45, "board", "bus")
	add(7, 7) // left open: in no base
	recordResponses(t, db, sheets...)
	e, err := reader.Exposed(t.Context(), planOf("c", nil), survey.Wave{ID: "w1"}, related())
	if err != nil || e.Trend == nil {
		t.Fatalf("%+v, %v", e, err)
	}
	var got []string
	for _, s := range e.Trend.Steps {
		got = append(got, fmt.Sprintf("%v: %d/%d", s.Channels, s.Aware.Numerator, s.Aware.Base))
	}
	if want := "[0: 8/40 1: 27/50 2: 45/50]"; fmt.Sprint(got) != want {
		t.Errorf("steps %v, want %s", got, want)
	}
	if bus := e.ByChannel[0].Aware; len(e.ByChannel) != 2 || bus.Numerator != 60 || bus.Base != 80 || e.None == nil || e.None.Aware.Numerator != 8 || e.Trend.P > 1e-6 || math.IsNaN(e.Trend.Slope) {
		t.Errorf("%+v", e)
	}
	none := related()
	none.Questions[4].Dimension = ""
	if e, err := reader.Exposed(t.Context(), planOf("c", nil), survey.Wave{ID: "w1"}, none); err != nil || e.Trend != nil || e.Why == "" {
		t.Errorf("without channels: %+v, %v", e, err)
	}
}

func TestOpenedIsMaskedAndCounted(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	var sheets []survey.Response
	say := func(stratum, text string) {
		r := answered("c", map[string][]string{}, func(r *survey.Response) { r.Stratum = stratum })
		r.ID, r.Texts = uuid.New(), map[string]string{"say": text}
		sheets = append(sheets, r)
	}
	for i := range 12 {
		say("a", fmt.Sprintf("路灯坏了，请打我电话1380013%04d", 8000+i))
		say("b", "河水有异味，希望治理")
	}
	say("b", "没有")
	say("b", "</script><b>河水</b>")
	recordResponses(t, db, sheets...)
	wave := survey.Wave{ID: "w1", Strata: []survey.Stratum{{Code: "a", Label: "师生"}, {Code: "b", Label: "居民"}}}
	o, err := reader.Opened(t.Context(), planOf("c", nil), wave, related(), "say", "stratum")
	if err != nil {
		t.Fatal(err)
	}
	if k := o.Answers.All; k[openanswers.Said] != 25 || k[openanswers.Nothing] != 1 || k.Written() != 26 {
		t.Errorf("kinds %v", k)
	}
	if fmt.Sprint(o.Labels) != "[师生 居民]" || len(o.Words.Rows) == 0 {
		t.Errorf("labels %v, words %+v", o.Labels, o.Words)
	}
	quotes := o.Answers.Search(openanswers.Query{Text: "电话", Group: -1})
	if quotes.Total != 12 {
		t.Errorf("%d quotes with 电话", quotes.Total)
	}
	for _, one := range quotes.Quotes {
		if strings.Contains(one.Text, "1380013") {
			t.Errorf("a telephone number stands in %q", one.Text)
		}
	}
	if hostile := o.Answers.Search(openanswers.Query{Text: "script", Group: -1}); hostile.Total != 1 {
		t.Errorf("hostile text is text: %+v", hostile)
	}
	if _, err := reader.Opened(t.Context(), planOf("c", nil), wave, related(), "know", ""); err == nil {
		t.Error("a choice has no words")
	}
}
