package handover_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/analytics/openanswers"
	"shuixuan/analytics/weighting"
	"shuixuan/app/survey"
	"shuixuan/dashboards/handover"
)

func points(v float64) *float64 { return &v }

// questionnaire has a question of each type, and words that have broken a file somewhere.
func questionnaire() survey.Questionnaire {
	grades := []survey.Option{{Code: "very", Label: "非常满意", Value: points(100)}, {Code: "fairly", Label: "满意", Value: points(80)}, {Code: "-", Label: "=1+1"}, {Code: "unsure", Label: "说不清", DontKnow: true}}
	return survey.Questionnaire{
		ID: "citizen", Version: 1, Title: "水资源保护问卷", Stratum: "group",
		Questions: []survey.Question{
			{Name: "group", Type: survey.Single, Label: "您属于哪一类人群？", Options: []survey.Option{{Code: "school", Label: "学校师生"}, {Code: "resident", Label: "社区居民"}, {Code: "window", Label: "流动人口"}}},
			{Name: "sex", Type: survey.Single, Label: "您的性别？", Options: []survey.Option{{Code: "male", Label: "男"}, {Code: "female", Label: "女"}}},
			{Name: "age", Type: survey.Single, Label: "您的年龄？", Options: []survey.Option{{Code: "young", Label: "18岁以下"}, {Code: "middle", Label: "18-59岁"}, {Code: "old", Label: "60岁及以上"}}},
			{Name: "carriers", Type: survey.Multiple, Label: "您看到过哪些宣传？", Options: []survey.Option{{Code: "board", Label: "广告牌"}, {Code: "screen", Label: "电子屏"}, {Code: "other", Label: "其他", Other: true}, {Code: "none", Label: "都没有", Exclusive: true}}},
			{Name: "matrix", Type: survey.Matrix, Label: "您满意吗？", Options: grades, Rows: []survey.Row{{Name: "sat_river", Label: "河水"}, {Name: "sat_rain", Label: "排水"}}},
			{Name: "years", Type: survey.Number, Label: "您住了几年？"},
			{Name: "suggestion", Type: survey.LongText, Label: "您还有什么建议？", ShowIf: &survey.Condition{Question: "sat_river", NotIn: []string{"very"}}},
			{Name: "helps", Type: survey.Single, Label: "什么最有效？", ShowIf: &survey.Condition{Question: "sat_river", In: []string{"very"}}, Options: []survey.Option{{Code: "trees", Label: "种树"}}},
			{Name: "thanks", Type: survey.Note, Label: "谢谢"},
		},
		Indicators: []survey.Indicator{
			{Name: "satisfied", Label: "河水满意率", Kind: survey.Share, Question: "sat_river", Positive: []string{"very", "fairly"}, Base: survey.BaseOpinion, Source: "自拟"},
			{Name: "index", Label: "河水满意度", Kind: survey.Index, Question: "sat_river", Values: map[string]float64{"very": 100, "fairly": 80, "-": 30}, Base: survey.BaseOpinion, Source: "自拟"},
			{Name: "seen", Label: "到达率", Kind: survey.Share, Question: "carriers", Positive: []string{"board", "screen"}, Base: survey.BaseAnswered, Source: "自拟"},
		},
	}
}

func wave() survey.Wave {
	return survey.Wave{ID: "w1", Name: "第一轮", Questionnaire: "citizen", Version: 1,
		Strata:   []survey.Stratum{{Code: "school", Label: "学校师生", Population: 12_000}, {Code: "resident", Label: "社区居民", Population: 90_000}, {Code: "window", Label: "流动人口", Population: 700}},
		Areas:    []survey.Area{{Code: "east", Label: "东片"}, {Code: "west", Label: "西片"}},
		Sampling: survey.Sampling{Kind: survey.Convenience, Unit: survey.ByDistributor, Frame: "市统计局2014年年鉴"}}
}

// suggestions are what people wrote; the first names a person.
var suggestions = []string{"请找张晓明局长，电话13812345678", "", "河道里的垃圾\n要有人清理💧", "=HYPERLINK(\"http://x\")", strings.Repeat("多种树，", 90), `他说"好"`}

// responses are n answers from a fixed seed, with a refusal and a late one among them.
func responses(n int) []survey.Response {
	random := rand.New(rand.NewPCG(20, 14))
	pick := func(codes ...string) string { return codes[random.IntN(len(codes))] }
	var all []survey.Response
	for i := range n {
		stratum := pick("school", "school", "resident", "resident", "resident", "window")
		r := survey.Response{ID: uuid.UUID{15: byte(i), 14: byte(i >> 8)}, Wave: "w1", Stratum: stratum, Distributor: fmt.Sprintf("p%d", random.IntN(7)), Unit: "jiaoyu", Device: "hash", Mode: survey.Paper, Disposition: survey.Complete,
			Choices: map[string][]string{"group": {stratum}, "sex": {pick("male", "female")}, "age": {pick("young", "middle", "middle", "middle", "middle", "old")}},
			Numbers: map[string]float64{"years": float64(random.IntN(40)) - 0.5}, Texts: map[string]string{}, Area: pick("east", "west", "west", "west"), RecordedAt: time.Unix(1410000000, 0)}
		if random.IntN(10) > 0 {
			r.Choices["sat_river"] = []string{pick("very", "fairly", "fairly", "-", "unsure")}
		} else {
			r.Unclear = []string{"sat_river"}
			r.Disposition = survey.Partial
		}
		switch random.IntN(5) {
		case 0:
			r.Choices["carriers"] = []string{"none"}
		case 1, 2:
			r.Choices["carriers"] = []string{"board", "screen"}
		case 3:
			r.Choices["carriers"] = []string{"screen", "other"}
			r.Texts["carriers.other"] = "出租车"
		}
		if text := suggestions[i%len(suggestions)]; text != "" && !slices.Contains(r.Choices["sat_river"], "very") {
			r.Texts["suggestion"] = text
		}
		switch i % 50 {
		case 7:
			r.Disposition = survey.Refused
		case 8:
			r.Late = true
		}
		all = append(all, r)
	}
	return all
}

func counted(all []survey.Response) []survey.Response {
	return slices.DeleteFunc(slices.Clone(all), func(r survey.Response) bool { return !r.Disposition.Counts() || r.Late })
}

// sampleOf weighs a wave as analytics does.
func sampleOf(w survey.Wave, all []survey.Response) analytics.Sample {
	s := analytics.Sample{Sampling: w.Sampling, Weighted: true}
	for _, stratum := range w.Strata {
		one := analytics.SampleStratum{Code: stratum.Code, Label: stratum.Label, Population: float64(stratum.Population)}
		for _, r := range counted(all) {
			if r.Stratum == stratum.Code {
				one.Counted++
			}
		}
		one.Weight = one.Population / float64(one.Counted)
		s.Strata = append(s.Strata, one)
	}
	return s
}

func source(t testing.TB, all []survey.Response) handover.Source {
	t.Helper()
	lexicon, err := openanswers.NewLexicon("")
	if err != nil {
		t.Fatal(err)
	}
	return handover.Source{Title: "肥城市水宣 第一轮", Product: "shuixuan test", CutOff: time.Date(2014, 10, 27, 0, 30, 0, 0, time.UTC),
		Wave: wave(), Questionnaire: questionnaire(), Sample: sampleOf(wave(), all), Lexicon: lexicon,
		Each: func(_ context.Context, yield func(survey.Response) error) error {
			for _, r := range all {
				if err := yield(r); err != nil {
					return err
				}
			}
			return nil
		}}
}

func open(t testing.TB, s handover.Source) *handover.Data {
	t.Helper()
	d, err := handover.Open(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// folder writes all files of a wave.
func folder(t testing.TB, d *handover.Data, figures []handover.Figure) string {
	t.Helper()
	ctx, dir := context.Background(), t.TempDir()
	for name, write := range map[string]func(*bytes.Buffer) error{
		handover.ResponsesFile:    func(b *bytes.Buffer) error { return d.Responses(ctx, b) },
		handover.SavFile:          func(b *bytes.Buffer) error { return d.Sav(ctx, b) },
		handover.DesignFile:       func(b *bytes.Buffer) error { return d.Design(ctx, b) },
		handover.TotalsFile:       func(b *bytes.Buffer) error { return d.Totals(b) },
		handover.CodebookFile:     func(b *bytes.Buffer) error { return d.Codebook(b) },
		handover.CodebookBookFile: func(b *bytes.Buffer) error { return d.CodebookWorkbook(b) },
		handover.FiguresFile:      func(b *bytes.Buffer) error { return d.Figures(b, figures) },
		handover.ScriptFile:       func(b *bytes.Buffer) error { return d.Script(b) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var rscript = sync.OnceValues(func() (string, error) {
	program, err := exec.LookPath("Rscript")
	if err == nil {
		err = exec.Command(program, "--vanilla", "-e", "library(survey)").Run()
	}
	return program, err
})

// reproduce runs the script as somebody would who got the folder, in a plain locale too.
func reproduce(t testing.TB, dir, locale string) (says string, status int) {
	t.Helper()
	program, err := rscript()
	if err != nil {
		t.Skip("there is no R with the package survey")
	}
	command := exec.Command(program, "--vanilla", filepath.Join(dir, handover.ScriptFile))
	command.Dir, command.Env = "/", append(os.Environ(), "LC_ALL="+locale)
	out, err := command.CombinedOutput()
	if err != nil && command.ProcessState.ExitCode() < 0 {
		t.Fatal(err)
	}
	return string(out), command.ProcessState.ExitCode()
}

// rows are the answers to a question as package estimate takes them: NaN is not in the base.
func rows(all []survey.Response, value func(survey.Response) float64) []float64 {
	list := make([]float64, len(all))
	for i, r := range all {
		list[i] = value(r)
	}
	return list
}

func satisfied(r survey.Response) float64 {
	switch strings.Join(r.Choices["sat_river"], "") {
	case "very", "fairly":
		return 1
	case "-":
		return 0
	}
	return math.NaN()
}

func score(r survey.Response) float64 {
	v, valued := map[string]float64{"very": 100, "fairly": 80, "-": 30}[strings.Join(r.Choices["sat_river"], "")]
	if !valued {
		return math.NaN()
	}
	return v
}

func column(all []survey.Response, of func(survey.Response) string) []string {
	list := make([]string, len(all))
	for i, r := range all {
		list[i] = of(r)
	}
	return list
}

// design is the sample in the terms of package estimate, made apart from the package under test.
func design(t testing.TB, s handover.Source, all []survey.Response) (*estimate.Design, []float64) {
	t.Helper()
	weights := rows(all, func(r survey.Response) float64 {
		i := slices.IndexFunc(s.Sample.Strata, func(x analytics.SampleStratum) bool { return x.Code == r.Stratum })
		return s.Sample.Strata[i].Weight
	})
	described := estimate.Rows{N: len(all), Weights: weights, Strata: [][]string{column(all, func(r survey.Response) string { return r.Stratum })}, Nest: true, Lonely: estimate.LonelyAdjust}
	switch s.Sample.Sampling.Unit {
	case survey.ByDistributor:
		described.Clusters = [][]string{column(all, func(r survey.Response) string { return r.Distributor })}
	case survey.ByArea:
		described.Clusters = [][]string{column(all, func(r survey.Response) string { return r.Area })}
	case "":
		described.Populations = [][]float64{rows(all, func(r survey.Response) float64 {
			i := slices.IndexFunc(s.Sample.Strata, func(x analytics.SampleStratum) bool { return x.Code == r.Stratum })
			return s.Sample.Strata[i].Population
		})}
	}
	d, err := estimate.NewDesign(described)
	if err != nil {
		t.Fatal(err)
	}
	return d, weights
}

// figures prints the figures of a sample as the pages do, by estimate's own functions.
func figures(t testing.TB, s handover.Source, all []survey.Response) []handover.Figure {
	t.Helper()
	var list []handover.Figure
	put := func(f handover.Figure, e estimate.Estimate) {
		f.Value, f.Base, f.Level = e.Text(1), e.Base, e.Level
		if e.Valid && e.HasInterval {
			f.Lower, f.Upper = estimate.Round(e.Lower, 1), estimate.Round(e.Upper, 1)
		}
		list = append(list, f)
	}
	share := handover.Figure{Label: "河水满意率", Kind: handover.Share, Question: "sat_river", Positive: []string{"very", "fairly"}, Leave: []string{"unsure"}}
	index := handover.Figure{Label: "河水满意度", Kind: handover.Mean, Question: "sat_river", Values: map[string]float64{"very": 100, "fairly": 80, "-": 30}, Leave: []string{"unsure"}}
	d, weights := design(t, s, all)
	calibrated := d
	if len(s.Calibration) > 0 {
		calibrated = calibrate(t, s, all, d, weights)
	}
	for _, group := range []struct{ by, code string }{{}, {"stratum", "window"}, {"stratum", "school"}, {"sex", "female"}, {"age", "old"}, {"@area", "east"}} {
		in := make([]bool, len(all))
		for i, r := range all {
			held := map[string]string{"": "", "stratum": r.Stratum, "@area": r.Area, "sex": strings.Join(r.Choices["sex"], ""), "age": strings.Join(r.Choices["age"], "")}[group.by]
			in[i] = held == group.code
		}
		for _, one := range []struct {
			f handover.Figure
			y []float64
		}{{share, rows(all, satisfied)}, {index, rows(all, score)}} {
			f := one.f
			f.By, f.Group = group.by, group.code
			f.ID, f.Weighting, f.Interval = "plain/"+string(f.Kind)+"/"+group.by+group.code, handover.Plain, handover.IntervalWilson
			if f.Kind == handover.Mean {
				f.Interval = handover.IntervalT
			}
			put(f, plainly(one.y, in, f.Kind))
			for weighting, d := range map[handover.Weighting]*estimate.Design{handover.Design: d, handover.Calibrated: calibrated} {
				if weighting == handover.Calibrated && len(s.Calibration) == 0 {
					continue
				}
				means, err := d.Means([][]float64{one.y}, in)
				if err != nil {
					t.Fatal(err)
				}
				for _, method := range estimate.IntervalMethods {
					if f.Kind == handover.Mean && method != estimate.IntervalT {
						continue
					}
					f.ID, f.Weighting, f.Interval = fmt.Sprintf("%s/%s/%s/%s", weighting, method, f.Kind, group.by+group.code), weighting, string(method)
					e, err := means.Each[0].Printed(method, 0.95, 30)
					if err != nil {
						t.Fatal(err)
					}
					put(f, e)
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b handover.Figure) int { return strings.Compare(a.ID, b.ID) })
	return list
}

func plainly(y []float64, in []bool, kind handover.Kind) estimate.Estimate {
	counts := map[float64]int64{}
	n := int64(0)
	for i, v := range y {
		if in[i] && !math.IsNaN(v) {
			counts[v]++
			n++
		}
	}
	if kind == handover.Share {
		return estimate.Proportion(counts[1], n, 0.95, 30)
	}
	return estimate.Index([]estimate.Scored{{Value: 100, Count: counts[100]}, {Value: 80, Count: counts[80]}, {Value: 30, Count: counts[30]}}, 0.95, 30)
}

// calibrate brings the weights to the margins with packages weighting and estimate.
func calibrate(t testing.TB, s handover.Source, all []survey.Response, d *estimate.Design, weights []float64) *estimate.Design {
	t.Helper()
	c := estimate.Calibration{Before: weights}
	var totals [][]float64
	for _, m := range s.Calibration {
		codes := map[string]int{}
		var known []float64
		for code, total := range m.Totals {
			codes[code] = len(known)
			known = append(known, total)
		}
		margin := make([]int, len(all))
		for i, r := range all {
			held := r.Area
			if m.Column != "@area" {
				held = r.Choices[m.Column][0]
			}
			margin[i] = codes[held]
		}
		c.Margins, totals = append(c.Margins, margin), append(totals, known)
	}
	var result weighting.Result
	var err error
	if len(c.Margins) == 1 {
		result, err = weighting.PostStratify(weights, c.Margins[0], totals[0])
	} else {
		result, err = weighting.Rake(weights, c.Margins, totals, weighting.Options{})
	}
	if err != nil || !result.Converged {
		t.Fatal(err, result.Off)
	}
	c.After = result.Weights
	calibrated, err := d.Calibrated(c)
	if err != nil {
		t.Fatal(err)
	}
	return calibrated
}

// TestReproduced: R computes from the files what estimate computed from the rows, for each
// interval, plain, by design, post-stratified and raked.
func TestReproduced(t *testing.T) {
	check := func(name, locale string, bend func(*handover.Source)) {
		t.Helper()
		all := responses(400)
		s := source(t, all)
		bend(&s)
		list := figures(t, s, counted(all))
		says, status := reproduce(t, folder(t, open(t, s), list), locale)
		if want := fmt.Sprintf("%d个数字一致，0个不一致，0个", len(list)); status != 0 || !strings.Contains(says, want) {
			t.Errorf("%s: status %d, want %q\n%s", name, status, want, says)
		}
	}
	check("by distributor", "C.UTF-8", func(*handover.Source) {})
	check("by area, in another locale", "C", func(s *handover.Source) { s.Sample.Sampling.Unit = survey.ByArea })
	check("random", "C.UTF-8", func(s *handover.Source) { s.Sample.Sampling.Kind, s.Sample.Sampling.Unit = survey.Probability, "" })
	check("post-stratified", "C.UTF-8", func(s *handover.Source) {
		s.Calibration = []handover.Margin{{Column: "sex", Totals: map[string]float64{"male": 50_000, "female": 52_700}}}
	})
	check("raked", "C.UTF-8", func(s *handover.Source) {
		s.Calibration = []handover.Margin{{Column: "sex", Totals: map[string]float64{"male": 50_000, "female": 52_700}}, {Column: "@area", Totals: map[string]float64{"east": 30_000, "west": 72_700}}}
	})
}
