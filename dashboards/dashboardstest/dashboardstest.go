// Package dashboardstest holds results written by hand, for the tests of pages and
// workbooks.
//
// # Why
//
// Pages and workbooks print the same results, so their tests read the same ones. They
// are small enough to check by eye, use the estimator for every figure, and carry
// names that have broken something somewhere: the end of a script element, the end of
// a CDATA section, formulas, control characters, sixty characters, an emoji.
package dashboardstest

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/analytics/exposure"
	"shuixuan/analytics/planning"
	"shuixuan/analytics/screening"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/survey"
)

// Hostile names. Each is legal as the name of a unit, an option or a carrier.
const (
	Script  = "</script><script>alert(1)</script>"
	CDATA   = "]]><b>&amp;\u0007\u202e名"
	Formula = "=cmd|'/c calc'!A1"
	Emoji   = "节水💧工作组"
)

// Long is a name of sixty characters.
var Long = strings.Repeat("肥城市水利工程建设", 6) + "服务管理中心"

// Day is a civil date of the sample campaign.
func Day(month time.Month, day int) time.Time {
	return time.Date(2014, month, day, 0, 0, 0, 0, time.UTC)
}

// Plan has four tasks: one counted, one not, one without a unit, one with a
// collective that nobody has enumerated.
func Plan() *campaign.Plan {
	units := []org.Unit{
		{ID: "zhujian", Name: "市住建局", Kind: org.KindBureau},
		{ID: "shuili", Name: "市水利局", Kind: org.KindBureau},
		{ID: "script", Name: Script, Kind: org.KindCompany},
		{ID: "long", Name: Long, Kind: org.KindTownship},
		{ID: "formula", Name: Formula, Kind: org.KindCompany},
		{ID: "bumen", Name: "市直有关部门", Kind: org.KindCollective},
	}
	c := campaign.Campaign{
		ID: "feicheng", Name: "水生态文明城市宣传", Short: "水宣", Demo: true,
		Window: campaign.Window{Start: Day(9, 1), Open: true},
		Words:  campaign.Words{Field: "宣传类别", Task: "任务", Unit: "责任单位", Office: "市创建办", End: "至验收结束"},
		Fields: []string{"媒体宣传", "社会宣传"},
	}
	c.Settings.SmallBase = campaign.Sourced[int64]{Value: 30, Source: "市创建办 2014年9月1日"}
	c.Settings.Level = campaign.Sourced[float64]{Value: 0.95, Source: "惯例"}
	c.Settings.SatisfactionTarget = campaign.Sourced[float64]{Value: 80, Source: "DB37/T 2172-2012"}
	tasks := []campaign.Task{
		{Code: "媒体宣传1", Position: 1, Field: "媒体宣传", Title: "开设专栏", Lead: []org.UnitID{"shuili", "script"}, Window: campaign.Window{Start: Day(9, 1), Open: true},
			Targets: []campaign.Target{{Unit: "shuili", Carrier: "column", Quantity: 10, Measure: "期", Source: "市创建办"}}},
		{Code: "社会宣传1", Position: 2, Field: "社会宣传", Title: "公园河道宣传牌", Lead: []org.UnitID{"zhujian", "long", "formula"}, Window: campaign.Window{Start: Day(9, 1), Open: true}},
		{Code: "社会宣传2", Position: 3, Field: "社会宣传", Title: "电子屏标语", Lead: []org.UnitID{"bumen"}, Window: campaign.Window{Start: Day(9, 1), Open: true}},
		{Code: "社会宣传8", Position: 4, Field: "社会宣传", Title: "宣传材料"},
	}
	carriers := []campaign.Carrier{
		{ID: "board", Name: "公交站点广告牌", Measures: []string{"块", "处"}},
		{ID: "banner", Name: "横幅", Measures: []string{"条"}},
		{ID: "column", Name: "专栏" + CDATA, Measures: []string{"期"}},
	}
	return campaign.NewPlan(c, tasks, carriers, org.NewResolver(units))
}

// Empty is a campaign of which nothing is known but its name.
func Empty() *campaign.Plan {
	return campaign.NewPlan(campaign.Campaign{ID: "new", Name: "新活动"}, nil, nil, org.NewResolver(nil))
}

// Coverage holds five obligations: three are proven, and a fourth stands with a proof that
// grew old.
func Coverage() *analytics.Coverage {
	plan := Plan()
	open := func(code campaign.TaskCode) []campaign.Question {
		t, _ := plan.Task(code)
		return t.Open("市创建办", plan.Units)
	}
	target := plan.Tasks[0].Targets[0]
	line := func(key, label string, expected, covered, logged, standing int64, amounts []analytics.Amount) analytics.CoverageLine {
		l := analytics.CoverageLine{Key: key, Label: label, Expected: expected, Covered: covered, Present: covered, Logged: logged, Standing: standing, Proven: standing,
			ByProof: analytics.ByProof{Proven: standing}, Amounts: amounts, ProvenAmounts: amounts, NotEnumerated: true}
		if expected > 0 {
			l.Share = estimate.Ratio(covered, expected)
		}
		return l
	}
	boards := []analytics.Amount{{Quantity: 120, Measure: "块"}, {Quantity: 3.5, Measure: "平方米"}}
	c := &analytics.Coverage{AsOf: Day(10, 27), SQL: "SELECT task, unit, count() FROM placements FINAL GROUP BY task, unit"}
	c.Total = line("", "合计", 5, 3, 9, 7, append([]analytics.Amount{{Quantity: 6, Measure: "期"}}, boards...))
	c.ByTask = []analytics.CoverageLine{
		line("媒体宣传1", "开设专栏", 2, 1, 3, 2, []analytics.Amount{{Quantity: 6, Measure: "期"}}),
		line("社会宣传1", "公园河道宣传牌", 3, 2, 5, 4, boards),
		line("社会宣传2", "电子屏标语", -1, 0, 1, 1, []analytics.Amount{{Quantity: 1, Measure: "处"}}),
		line("社会宣传8", "宣传材料", -1, 0, 0, 0, nil),
	}
	c.ByTask[0].NotEnumerated = false
	c.ByTask[0].Targets = []analytics.TargetProgress{{Target: target, Standing: 8, Proven: 6, Share: estimate.Ratio(6, 10)}}
	// Of the boards, one unit's 20 are proven no more, and a photo of the others runs out.
	few := []analytics.Amount{{Quantity: 100, Measure: "块"}, {Quantity: 3.5, Measure: "平方米"}}
	c.ByTask[1].Present, c.ByTask[1].Proven, c.ByTask[1].ProvenAmounts, c.ByTask[1].ByProof = 3, 2, few, analytics.ByProof{Proven: 1, GrowingOld: 1, Old: 1, Defect: 1}
	c.Total.Present, c.Total.Proven, c.Total.ByProof = 4, 5, analytics.ByProof{Proven: 4, GrowingOld: 1, Old: 1, Defect: 1}
	c.Total.ProvenAmounts = append([]analytics.Amount{{Quantity: 6, Measure: "期"}}, few...)
	for i := range c.ByTask {
		c.ByTask[i].Open = open(campaign.TaskCode(c.ByTask[i].Key))
	}
	c.ByUnit = []analytics.CoverageLine{
		line("zhujian", "市住建局", 1, 1, 4, 3, boards), line("shuili", "市水利局", 1, 1, 3, 2, []analytics.Amount{{Quantity: 6, Measure: "期"}}),
		line("script", Script, 1, 0, 0, 0, nil), line("long", Long, 1, 1, 1, 1, []analytics.Amount{{Quantity: 1, Measure: "块"}}), line("formula", Formula, 1, 0, 1, 0, nil),
	}
	c.ByCarrier = []analytics.CoverageLine{
		line("board", "公交站点广告牌", 0, 0, 5, 4, boards), line("column", "专栏"+CDATA, 0, 0, 3, 2, []analytics.Amount{{Quantity: 6, Measure: "期"}}), line("", "其他形式", 0, 0, 1, 1, []analytics.Amount{{Quantity: 1, Measure: "处"}}),
		line("banner", "横幅", 3, 0, 0, 0, nil),
	}
	c.ByWeek = []analytics.CoverageLine{
		line("2014-10-13", "", 5, 1, 2, 2, nil), line("2014-10-20", "", 5, 2, 4, 5, nil), line("2014-10-27", "", 5, 3, 3, 7, nil),
	}
	c.ByWeek[1].Present, c.ByWeek[1].Proven, c.ByWeek[2].Present, c.ByWeek[2].Proven = 3, 4, 4, 5
	c.Cells = []analytics.CoverageCell{
		{Task: "媒体宣传1", Unit: "shuili", State: analytics.Short, Logged: 3, Standing: 2, Proven: 2, Amounts: []analytics.Amount{{Quantity: 6, Measure: "期"}}, ProvenAmounts: []analytics.Amount{{Quantity: 6, Measure: "期"}}, Last: Day(10, 20),
			Targets: []analytics.TargetProgress{{Target: target, Standing: 6, Proven: 6, Share: estimate.Ratio(6, 10)}}},
		{Task: "媒体宣传1", Unit: "script", State: analytics.Missing, Logged: 1, Last: Day(9, 10)},
		{Task: "社会宣传1", Unit: "zhujian", State: analytics.LoggedNoCount, Logged: 4, Standing: 3, Proven: 2, Amounts: boards, ProvenAmounts: few, ByProof: analytics.ByProof{Proven: 1, GrowingOld: 1, Defect: 1}, Last: Day(10, 26)},
		{Task: "社会宣传1", Unit: "long", State: analytics.LoggedNoCount, Logged: 1, Standing: 1, Proven: 1, Amounts: []analytics.Amount{{Quantity: 1, Measure: "块"}}, ProvenAmounts: []analytics.Amount{{Quantity: 1, Measure: "块"}}, Last: Day(9, 5)},
		{Task: "社会宣传1", Unit: "formula", State: analytics.Unproven, Logged: 1, Standing: 1, Amounts: []analytics.Amount{{Quantity: 20, Measure: "块"}}, ByProof: analytics.ByProof{Old: 1}, Last: Day(9, 10)},
		{Task: "社会宣传2", Unit: "zhujian", State: analytics.NotOwed, Logged: 1, Standing: 1, Proven: 1, Amounts: []analytics.Amount{{Quantity: 1, Measure: "处"}}, ProvenAmounts: []analytics.Amount{{Quantity: 1, Measure: "处"}}, Last: Day(10, 1)},
	}
	return c
}

// Today is a day on which something came in.
func Today() *analytics.Today {
	return &analytics.Today{
		AsOf: Day(10, 27), Placements: 2, Responses: 35, Batches: 3, RejectedRows: 4,
		PlacementsByDay: []analytics.DayCount{{Date: Day(10, 26), Count: 1}, {Date: Day(10, 27), Count: 2}},
		ResponsesByDay:  []analytics.DayCount{{Date: Day(10, 26), Count: 12}, {Date: Day(10, 27), Count: 35}},
		Latest: []analytics.Arrival{
			{At: time.Date(2014, 10, 27, 1, 30, 0, 0, time.UTC), Kind: "placement", Unit: "zhujian", Text: "公交站点广告牌 120块"},
			{At: time.Date(2014, 10, 26, 17, 5, 0, 0, time.UTC), Kind: "batch", Unit: "script", Text: Formula, Batch: "b1"},
		},
		SQL: "SELECT count() FROM placements",
	}
}

// Wave has two strata, one without a quota.
func Wave() survey.Wave {
	return survey.Wave{ID: "w1", Name: "第一轮", Questionnaire: "water", Version: 1, Start: Day(10, 1), End: Day(10, 31),
		Strata: []survey.Stratum{{Code: "school", Label: "学校师生", Quota: 100}, {Code: "window", Label: "窗口单位流动人口"}}, Population: "五类人群，由社区和单位发放", Sampling: survey.Sampling{Kind: survey.Convenience}}
}

// Questionnaire has a scale, a share and a multiple choice.
func Questionnaire() survey.Questionnaire {
	five := []survey.Option{{Code: "5", Label: "很满意"}, {Code: "4", Label: "满意"}, {Code: "3", Label: "一般"}, {Code: "2", Label: "不满意"}, {Code: "1", Label: "很不满意"}, {Code: "9", Label: "说不清", DontKnow: true}}
	values := map[string]float64{"5": 100, "4": 75, "3": 50, "2": 25, "1": 0}
	return survey.Questionnaire{
		ID: "water", Version: 1, Title: "水生态满意度问卷", Stratum: "group", Source: "市创建办",
		Questions: []survey.Question{
			{Name: "group", Type: survey.Single, Label: "您属于哪类人群", Options: []survey.Option{{Code: "school", Label: "学校师生"}, {Code: "window", Label: "窗口单位流动人口"}}},
			{Name: "know", Type: survey.Single, Label: "您知道肥城市正在创建水生态文明城市吗", Short: "创建知晓", Options: []survey.Option{{Code: "1", Label: "知道"}, {Code: "2", Label: "听说过"}, {Code: "3", Label: "不知道"}}},
			{Name: "channels", Type: survey.Multiple, Label: "您见过哪些宣传", Short: "见过的宣传形式", Options: []survey.Option{{Code: "a", Label: "公交站点广告牌"}, {Code: "b", Label: Script}, {Code: "z", Label: "都没有", Exclusive: true}}},
			{Name: "river", Type: survey.Single, Label: "您对河道水质满意吗", Short: "河道水质", Options: five},
			{Name: "bank", Type: survey.Single, Label: "您对滨水环境满意吗", Short: "滨水环境", Options: five},
			{Name: "advice", Type: survey.Text, Label: "您的建议"},
		},
		Indicators: []survey.Indicator{
			{Name: "know_narrow", Label: "知晓率（知道）", Kind: survey.Share, Question: "know", Positive: []string{"1"}, Base: survey.BaseAnswered, Source: "市创建办口径", Headline: true},
			{Name: "river_share", Label: "河道水质满意率", Kind: survey.Share, Question: "river", Positive: []string{"5", "4"}, Base: survey.BaseOpinion, Source: "市创建办口径", Headline: true},
			{Name: "river_index", Label: "河道水质满意度", Kind: survey.Index, Question: "river", Values: values, Base: survey.BaseOpinion, Source: "五级赋值100、75、50、25、0", Headline: true, Dimension: "满意"},
			{Name: "bank_index", Label: "滨水环境满意度", Kind: survey.Index, Question: "bank", Values: values, Base: survey.BaseOpinion, Source: "五级赋值100、75、50、25、0"},
		},
	}
}

// Progress has one stratum near its quota and one without any.
func Progress() *analytics.Progress {
	return &analytics.Progress{Wave: "w1",
		Total:  analytics.StratumProgress{Label: "合计", Quota: 100, Complete: 92, Partial: 4, Void: 1},
		Strata: []analytics.StratumProgress{{Code: "school", Label: "学校师生", Quota: 100, Complete: 80, Partial: 3}, {Code: "window", Label: "窗口单位流动人口", Complete: 12, Partial: 1, Void: 1}},
		Days:   []analytics.DayCount{{Date: Day(10, 26), Count: 57}, {Date: Day(10, 27), Count: 35}}, SQL: "SELECT stratum, disposition, count() FROM responses FINAL"}
}

// group counts answers by option, in the order of the question's options.
func group(q survey.Question, code, label string, asked, answered int64, counts ...int64) analytics.GroupDistribution {
	g := analytics.GroupDistribution{Code: code, Label: label, Asked: asked, Answered: answered}
	if q.Type == survey.Multiple {
		for _, n := range counts {
			g.Mentions += n
		}
	}
	for i, o := range q.Options {
		c := analytics.OptionCount{Code: o.Code, Label: o.Label, Persons: estimate.Proportion(counts[i], answered, 0.95, 30)}
		if q.Type == survey.Multiple {
			c.Mentions = estimate.ShareOfMentions(counts[i], g.Mentions)
		}
		g.Options = append(g.Options, c)
	}
	return g
}

// Distribution gives the answers to a question of the sample questionnaire.
func Distribution(name string) *analytics.Distribution {
	var question survey.Question
	for _, q := range Questionnaire().Questions {
		if q.Name == name {
			question = q
		}
	}
	d := &analytics.Distribution{Wave: "w1", Question: question, By: "stratum", BaseNote: "基数是回答了这道题的人，“说不清”在内", SQL: "SELECT choices['" + name + "'], count() FROM responses FINAL"}
	three := map[string][3][]int64{
		"know":     {{92, 61, 20, 11}, {80, 55, 18, 7}, {12, 6, 2, 4}},
		"channels": {{92, 70, 33, 9}, {80, 60, 30, 8}, {12, 10, 3, 1}},
		"river":    {{92, 20, 30, 21, 8, 4, 9}, {80, 18, 26, 19, 6, 4, 7}, {12, 2, 4, 2, 2, 0, 2}},
		"bank":     {{90, 30, 36, 14, 4, 1, 5}, {78, 26, 32, 12, 3, 1, 4}, {12, 4, 4, 2, 1, 0, 1}},
	}[name]
	d.Total = group(question, "", "合计", 92, three[0][0], three[0][1:]...)
	d.Groups = []analytics.GroupDistribution{group(question, "school", "学校师生", 80, three[1][0], three[1][1:]...), group(question, "window", "窗口单位流动人口", 12, three[2][0], three[2][1:]...)}
	return d
}

// Indicators gives the figures of the sample questionnaire.
func Indicators() *analytics.Indicators {
	all := &analytics.Indicators{Wave: "w1"}
	for _, i := range Questionnaire().Indicators {
		d := Distribution(i.Question)
		f := analytics.IndicatorFigure{Indicator: i, SQL: d.SQL, Total: figure(i, d.Total)}
		if i.Base == survey.BaseOpinion {
			f.BaseNote = "基数是给出意见的人，“说不清”不在内"
		}
		for _, g := range d.Groups {
			f.Groups = append(f.Groups, figure(i, g))
		}
		all.Figures = append(all.Figures, f)
	}
	all.Composite = &analytics.Composite{Missing: []string{"支持"}, Source: "市创建办权重", Parts: []analytics.CompositePart{
		{Dimension: "满意", Weight: 0.6, Indicator: "river_index", Estimate: all.Figures[2].Total.Estimate}, {Dimension: "支持", Weight: 0.4}}}
	return all
}

func figure(i survey.Indicator, g analytics.GroupDistribution) analytics.GroupFigure {
	var positive, base int64
	var scored []estimate.Scored
	for _, o := range g.Options {
		if i.Base == survey.BaseOpinion && o.Code == "9" {
			continue
		}
		base += o.Persons.Numerator
		for _, code := range i.Positive {
			if code == o.Code {
				positive += o.Persons.Numerator
			}
		}
		if v, ok := i.Values[o.Code]; ok {
			scored = append(scored, estimate.Scored{Value: v, Count: o.Persons.Numerator})
		}
	}
	f := analytics.GroupFigure{Code: g.Code, Label: g.Label}
	if i.Kind == survey.Index {
		f.Estimate = estimate.Index(scored, 0.95, 30)
	} else {
		f.Estimate = estimate.Proportion(positive, base, 0.95, 30)
	}
	return f
}

// Weighted gives the same figures as a designed sample has them: the school, asked most, is
// the smaller part of the population.
func Weighted() *analytics.Weighted {
	strata := []analytics.SampleStratum{{Code: "school", Label: "学校师生", Population: 8_000, Counted: 80, Weight: 100}, {Code: "window", Label: "窗口单位流动人口", Population: 36_000, Counted: 12, Weight: 3_000}}
	w := &analytics.Weighted{Wave: "w1", By: "stratum", SQL: "SELECT stratum, count() FROM responses FINAL", Sample: analytics.Sample{
		Sampling: survey.Sampling{Kind: survey.Convenience, Frame: "市统计局年鉴" + Script}, Strata: strata, Counted: 92, Weighted: true}}
	for _, i := range Questionnaire().Indicators {
		scan := estimate.Scan{Lonely: estimate.LonelyAdjust}
		for at, g := range Distribution(i.Question).Groups {
			for _, o := range g.Options {
				n := float64(o.Persons.Numerator)
				scan.Tallies = append(scan.Tallies, estimate.Tally{Stratum: g.Code, Domains: []string{g.Code}, Cell: o.Code, N: o.Persons.Numerator,
					Weight: n * strata[at].Weight, Weight2: n * strata[at].Weight * strata[at].Weight})
			}
		}
		f := analytics.WeightedFigure{Indicator: i, Total: designed(scan, "", i)}
		for _, s := range strata {
			f.Groups = append(f.Groups, analytics.WeightedGroup{Code: s.Code, Label: s.Label, Designed: designed(scan, s.Code, i)})
		}
		a, b := f.Groups[0], f.Groups[1]
		f.Pairs = []analytics.Pair{{A: a.Code, B: b.Code, ALabel: a.Label, BLabel: b.Label, Difference: estimate.Independent(a.Figure, b.Figure, 0.95), Corrected: 0.4}}
		w.Figures = append(w.Figures, f)
		if i.Kind == survey.Share {
			j, err := planning.JudgeFigure(f.Total.Figure, estimate.IntervalLogit, 0.95, planning.Target{Name: i.Label, Value: 80, Unit: planning.Percent, NonProbability: true, Decimals: 1})
			if err != nil {
				panic(err)
			}
			w.Verdicts = append(w.Verdicts, analytics.Verdict{Indicator: i, Source: "DB37/T 2172-2012", Judgement: j})
		}
	}
	return w
}

// Surroundings gives six areas: four to compare, one without a unit and one without people.
func Surroundings() *analytics.Surroundings {
	s := &analytics.Surroundings{AsOf: Day(10, 31), Source: "第七次人口普查公报" + Script, Proven: 11, Elsewhere: 3, SQL: "SELECT 1", BaseNote: "基数为回答了本题的人。",
		NoArea: []analytics.UnitPlacements{{Unit: "script", Label: Script, Proven: 2}, {Unit: "formula", Label: Formula, Proven: 1}}}
	var list []exposure.Area
	for i, name := range []string{"老城", "新城" + Script, Formula, Long, "无单位", "无人口"} {
		a := analytics.SurroundedArea{Code: fmt.Sprint("a", i), Label: name, Population: 10_000, Units: []string{name}, Called: i == 0, Counted: true, Placements: int64(2 * i), Aware: estimate.Proportion(int64(40+10*i), 100, 0.95, 30)}
		one := exposure.Area{Name: name, Placements: float64(a.Placements), Population: 10_000, Aware: a.Aware.Numerator, Base: 100}
		switch i {
		case 4:
			a.Counted, a.Placements, a.Units, a.Missing = false, 0, nil, []string{"没有对应的单位"}
			one.Placements, one.Why = math.NaN(), "没有对应的单位"
		case 5:
			a.Population, one.Population, a.Missing = 0, 0, []string{"没有填人口"}
		}
		a.PerThousand = float64(a.Placements) / 10
		s.Areas, list = append(s.Areas, a), append(list, one)
	}
	c, err := exposure.ByArea(list, exposure.Settings{Level: 0.95, SmallBase: 30, NonProbability: true})
	if err != nil {
		panic(err)
	}
	s.Correlation, s.Aware = &c, survey.Indicator{Name: "aware", Label: "知晓率", Kind: survey.Share}
	return s
}

// Screened gives a screening: a pile that was copied, a sheet of little weight, and figures
// without the suggested sheets that are those of one stratum.
func Screened() *analytics.Screened {
	near := screening.Signal{Code: screening.Near, Strength: screening.Alone, Reason: "30个回答中有30个与同一发放人的另一份问卷（编号12）相同"}
	s := &analytics.Screened{Wave: "w1", Counting: 92, Most: 100_000, Recontact: 2, Hinted: 9, Compared: 30, Left: []string{"意见" + Script}, SQL: "SELECT number FROM responses FINAL",
		Warnings: []estimate.Warning{{Code: screening.FewQuestions, Text: "问卷只有12题，不同的人答得几乎一样并不少见"}}}
	w := Weighted()
	s.Sample = w.Sample
	for _, f := range w.Figures {
		s.Figures = append(s.Figures, analytics.ScreenedFigure{Indicator: f.Indicator, With: f.Total, Without: f.Groups[0].Designed})
	}
	s.Listed = []analytics.ScreenedSheet{
		{Response: "3f2a91c0-0000-0000-0000-000000000001", Number: "A0013", Distributor: "d1", Stratum: "school", Mode: survey.Paper, AnsweredOn: Day(10, 8), RecordedAt: Day(10, 9), Points: 5, Grade: screening.Recontact,
			Signals: []screening.Signal{near, {Code: screening.Batch, Strength: screening.Strong, Reason: "所属发放人的问卷彼此雷同的份数明显偏多"}}},
		{Response: "3f2a91c0-0000-0000-0000-000000000002", Distributor: "d2", Stratum: "window", Mode: survey.Link, RecordedAt: Day(10, 9), Points: 3, Grade: screening.Recontact, Signals: []screening.Signal{near}},
		{Response: "3f2a91c0-0000-0000-0000-000000000003", Number: "A/14", Distributor: "=d3", Stratum: "gone", Mode: survey.Import, RecordedAt: Day(10, 9), Points: 1, Signals: []screening.Signal{{Code: screening.Fast, Strength: screening.Weak, Reason: "用时50秒" + Script}}},
	}
	s.Rules = 1
	s.Listed[2].Signals = append(s.Listed[2].Signals, screening.Signal{Code: screening.Impossible, Strength: screening.Weak, Reason: "回答自相矛盾：“年龄”选了18岁以下，又“人群”选了" + Script + "（公务员须年满十八周岁）"})
	few := []estimate.Warning{{Code: screening.FewDistributors, Text: "只有6名发放人，换几个人来发，数字可能大不一样；区间只作参考"}}
	s.Effects = []analytics.ScreenedEffect{
		{Label: "各题平均", Kind: survey.Index, Effect: screening.IntraClass{Value: -0.012, Lower: -0.02, Upper: 0.1, Valid: true, HasInterval: true, N: 92, Heads: 6, Load: 18.4, Strata: 0.05, Warnings: few}},
		{Question: "river", Label: "河流水质满意度" + Script, Kind: survey.Index, Effect: screening.IntraClass{Value: 0.21, Lower: 0.05, Upper: 0.6, Valid: true, HasInterval: true, N: 90, Heads: 6, Load: 18, Strata: 0.31, Warnings: few}, Found: true},
		{Question: "know", Label: "知晓率", Kind: survey.Share, Effect: screening.IntraClass{N: 92, Heads: 6, Warnings: []estimate.Warning{{Code: estimate.AllEqual, Text: "所有回答相同，无法估计发放人的影响"}}}},
	}
	s.Voided = []analytics.VoidedSheet{
		{Response: "3f2a91c0-0000-0000-0000-000000000004", Distributor: "d2", Stratum: "school", Mode: survey.Link, Reason: "回访时本人说没有填过" + Script, At: Day(10, 12), By: "chuang"},
		{Response: "3f2a91c0-0000-0000-0000-000000000005", Number: "A0099", Distributor: "d1", Mode: survey.Paper, Reason: Formula, At: Day(10, 11), By: "chuang"},
	}
	for k := range s.Figures {
		unvoided := s.Figures[k].Without
		s.Figures[k].Unvoided = &unvoided
	}
	s.Distributors = []analytics.ScreenedDistributor{
		{DistributorReport: screening.DistributorReport{Name: "d1", Sheets: 40, Points: 3, Grade: screening.Recontact, Signals: []screening.Signal{{Code: screening.Near, Strength: screening.Alone, Reason: "40份中有30份与自己发放的另一份几乎相同，按同组其他发放人的问卷推算应有约0.1份"}}}, Recontact: 1},
		{DistributorReport: screening.DistributorReport{Name: "d2", Sheets: 30}, Recontact: 1},
		{DistributorReport: screening.DistributorReport{Name: "=d3", Sheets: 22}},
	}
	return s
}

// Trends gives the indicators of a question over three waves, the first of which asked it in
// other words.
func Trends(question string) *[]analytics.Trend {
	var all []analytics.Trend
	now := Wave()
	first, before := now, now
	first.ID, first.Name, before.ID, before.Name, now.Name = "a", "摸底"+Script, "b", "第一轮", "第二轮"
	for _, f := range Weighted().Figures {
		if f.Indicator.Question != question {
			continue
		}
		earlier := f.Groups[1].Designed
		all = append(all, analytics.Trend{Indicator: f.Indicator, SQL: "SELECT 1", Points: []analytics.TrendPoint{
			{Wave: first, Known: true, Total: f.Groups[0].Designed, Breaks: []string{"题目文字改了"}},
			{Wave: before, Known: true, Total: earlier},
			{Wave: now, Known: true, Total: f.Total, Change: estimate.Independent(f.Total.Figure, earlier.Figure, 0.95), Since: "b"}}})
	}
	return &all
}

func designed(scan estimate.Scan, domain string, i survey.Indicator) analytics.Designed {
	f, err := scan.Mean(domain, func(cell string) (float64, bool) {
		if i.Kind == survey.Index {
			v, scored := i.Values[cell]
			return v, scored
		}
		for _, code := range i.Positive {
			if code == cell {
				return 1, true
			}
		}
		return 0, i.Base != survey.BaseOpinion || cell != "9"
	})
	if err != nil {
		panic(err)
	}
	e, err := f.Printed(estimate.IntervalLogit, 0.95, 30)
	if err != nil {
		panic(err)
	}
	return analytics.Designed{Estimate: e, Figure: f}
}

// Todo asks one thing of each kind, of three units.
func Todo() *analytics.Todo {
	id := func(n byte) uuid.UUID { return uuid.UUID{15: n} }
	on := func(kind analytics.TodoKind, n byte, unit org.UnitID, place string, since, due time.Time, reason string) analytics.TodoItem {
		return analytics.TodoItem{Kind: kind, Unit: unit, Task: "社会宣传1", Placement: id(n), Carrier: "board", Place: place, Quantity: 2, Measure: "块", Since: since, Due: due, Reason: reason}
	}
	t := &analytics.Todo{AsOf: Day(10, 27), Soon: 7, Items: []analytics.TodoItem{
		on(analytics.TodoReturned, 1, "zhujian", "龙山路", Day(10, 20), time.Time{}, "照片看不清："+Script),
		on(analytics.TodoReturned, 2, "zhujian", Formula, Day(10, 21), time.Time{}, Formula),
		on(analytics.TodoGone, 3, "zhujian", "范蠡公园", Day(9, 20), time.Time{}, ""),
		on(analytics.TodoRepairLate, 4, "zhujian", "康王河公园", Day(9, 20), Day(10, 25), "破损、褪色"),
		on(analytics.TodoProofOld, 5, "zhujian", "汽车站", Day(9, 20), Day(10, 20), ""),
		on(analytics.TodoUnproven, 6, "zhujian", "新华书店\n二楼", Day(9, 5), time.Time{}, ""),
		on(analytics.TodoPermitOver, 7, "zhujian", "体育场", time.Time{}, Day(10, 26), ""),
		on(analytics.TodoRepair, 8, "zhujian", "人民会堂", Day(9, 20), Day(10, 30), "倾斜"),
		on(analytics.TodoPermitSoon, 9, "zhujian", "仪阳", time.Time{}, Day(10, 30), ""),
		{Kind: analytics.TodoOverdue, Unit: "shuili", Task: "媒体宣传1", Since: Day(9, 1)},
		{Kind: analytics.TodoEnding, Unit: "shuili", Task: "社会宣传1", Since: Day(9, 1), Due: Day(10, 31)},
		{Kind: analytics.TodoStarting, Unit: "shuili", Task: "社会宣传2", Since: Day(11, 1)},
	}, SQL: "SELECT id FROM placements FINAL"}
	for n := range byte(10) { // more than a notice names
		t.Items = append(t.Items, on(analytics.TodoProofSoon, 20+n, "long", "沿河第"+string(rune('0'+n))+"处", Day(10, 1), Day(10, 31), ""))
	}
	return t
}
