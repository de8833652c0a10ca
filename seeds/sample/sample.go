// Package sample gives tests a valid value of every noun, to be bent in one place:
//
//	p := sample.Placement(func(p *placement.Placement) { p.Quantity = -1 })
//
// # Why
//
// A test that builds a whole placement hides the one field it is about, and breaks
// when a field is added. The values are built here, without files or database, so
// that a test of a noun depends on nothing but the noun.
package sample

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/survey"
)

// CampaignID is the campaign that all samples belong to.
const CampaignID = "try"

// Day gives a civil date from its ISO form; a wrong one ends the test.
func Day(iso string) time.Time {
	day, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		panic(err)
	}
	return day
}

// ID gives the n-th of a row of ids, the same in every run.
func ID(n int) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("00000000-0000-4000-8000-%012d", n))
}

func bent[T any](v T, bends []func(*T)) T {
	for _, bend := range bends {
		bend(&v)
	}
	return v
}

// Office is an actor of the office, who may do everything in the campaign.
func Office() audit.Actor {
	return audit.Actor{ID: "office", Name: "办公室甲", Role: audit.RoleOffice, Campaign: CampaignID}
}

// Clerk is an actor of a unit.
func Clerk(unit org.UnitID) audit.Actor {
	return audit.Actor{ID: "clerk-" + string(unit), Name: "经办人乙", Role: audit.RoleUnit, Campaign: CampaignID, Unit: string(unit)}
}

// Distributor is an actor who enters responses for a unit.
func Distributor(unit org.UnitID) audit.Actor {
	return audit.Actor{ID: "distributor-" + string(unit), Name: "发放员丙", Role: audit.RoleDistributor, Campaign: CampaignID, Unit: string(unit)}
}

// Unit is a bureau.
func Unit(bends ...func(*org.Unit)) org.Unit {
	return bent(org.Unit{ID: "shuiliju", Name: "市水利局", Kind: org.KindBureau, Aliases: []string{"水利局"}}, bends)
}

// Units are two bureaus, a township, and a collective that nobody has enumerated.
func Units() []org.Unit {
	return []org.Unit{
		Unit(),
		{ID: "jiaoyuju", Name: "市教育局", Kind: org.KindBureau, Aliases: []string{"教育局"}},
		{ID: "dongjie", Name: "东街街道办事处", Kind: org.KindTownship, Aliases: []string{"东街街道"}},
		{ID: "shizhi", Name: "市直有关部门", Kind: org.KindCollective},
	}
}

// Campaign is one with every setting and an open end.
func Campaign(bends ...func(*campaign.Campaign)) campaign.Campaign {
	return bent(campaign.Campaign{
		ID: CampaignID, Name: "试用宣传活动", Short: "试用",
		Window: campaign.Window{Start: Day("2014-09-01"), Open: true},
		Words:  campaign.Words{Field: "宣传类别", Task: "任务", Unit: "责任单位", Office: "市创建办", End: "至验收结束"},
		Fields: []string{"媒体宣传", "社会宣传"},
		Settings: campaign.Settings{
			SmallBase:          campaign.Sourced[int64]{Value: 30, Source: "试用"},
			Level:              campaign.Sourced[float64]{Value: 0.95, Source: "试用"},
			SatisfactionTarget: campaign.Sourced[float64]{Value: 80, Source: "试用"},
			Composite: campaign.Sourced[[]campaign.Weight]{Source: "试用", Value: []campaign.Weight{
				{Dimension: "满意", Weight: 0.4}, {Dimension: "认知", Weight: 0.2}, {Dimension: "参与", Weight: 0.2},
				{Dimension: "支持", Weight: 0.1}, {Dimension: "信心", Weight: 0.1}}},
		},
	}, bends)
}

// Carriers are two carriers with their measure words.
func Carriers() []campaign.Carrier {
	return []campaign.Carrier{
		{ID: "lan", Name: "宣传栏", Aliases: []string{"固定宣传栏"}, Measures: []string{"个", "块"}},
		{ID: "tiaofu", Name: "宣传条幅", Aliases: []string{"条幅"}, Measures: []string{"条"}},
	}
}

// Task is an obligation of two units with a window, and no target counted yet.
func Task(bends ...func(*campaign.Task)) campaign.Task {
	return bent(campaign.Task{
		Code: "社会宣传1", Position: 1, Field: "社会宣传", Title: "设宣传栏", Places: []string{"河边公园"},
		Carriers: []campaign.CarrierID{"lan", "tiaofu"}, Lead: []org.UnitID{"shuiliju", "dongjie"},
		Window: campaign.Window{Start: Day("2014-09-01"), Open: true},
	}, bends)
}

// Tasks are one whose units, window and target are settled; one with a window whose
// units are a collective; and one with neither unit nor window.
func Tasks() []campaign.Task {
	return []campaign.Task{
		Task(func(t *campaign.Task) {
			t.Targets = []campaign.Target{{Unit: "shuiliju", Carrier: "lan", Quantity: 10, Measure: "个", Source: "试用"}}
		}),
		Task(func(t *campaign.Task) {
			t.Code, t.Position, t.Title, t.Lead = "社会宣传2", 2, "滚动播出口号", []org.UnitID{"shizhi"}
		}),
		{Code: "社会宣传3", Position: 3, Field: "社会宣传", Title: "印制宣传品"},
	}
}

// Plan is the campaign with its tasks, carriers and units.
func Plan() *campaign.Plan {
	return campaign.NewPlan(Campaign(), Tasks(), Carriers(), org.NewResolver(Units()))
}

// Placement is one of 社会宣传1 by the first unit, to acceptance.
func Placement(bends ...func(*placement.Placement)) placement.Placement {
	return bent(placement.Placement{
		ID: ID(1), Campaign: CampaignID, Revision: 1, Task: "社会宣传1", Unit: "shuiliju",
		Carrier: "lan", CarrierText: "宣传栏", Place: "河边公园", Quantity: 6, Measure: "个",
		Start: Day("2014-09-05"), State: placement.Submitted,
	}, bends)
}

// Questionnaire has a stratum, a choice of several with an exclusive option, a scale
// with 说不清, a skip, and a text.
func Questionnaire(bends ...func(*survey.Questionnaire)) survey.Questionnaire {
	option := func(code, label string) survey.Option { return survey.Option{Code: code, Label: label} }
	return bent(survey.Questionnaire{
		ID: "try-citizen", Version: 1, Title: "试用问卷", Stratum: "grp", Source: "试用",
		Questions: []survey.Question{
			{Name: "grp", Type: survey.Single, Label: "您属于哪类人群", Required: true, Options: []survey.Option{option("resident", "社区居民"), option("staff", "企业员工")}},
			{Name: "know", Type: survey.Single, Label: "您知道本市正在创建吗", Required: true, Dimension: "认知", Options: []survey.Option{option("know", "知道"), option("heard", "听说过"), option("no", "不知道")}},
			{Name: "seen", Type: survey.Multiple, Label: "您见过哪些宣传", ShowIf: &survey.Condition{Question: "know", NotIn: []string{"no"}},
				Options: []survey.Option{option("lan", "宣传栏"), option("tiaofu", "条幅"), {Code: "other", Label: "其他", Other: true}, {Code: "none", Label: "都没有", Exclusive: true}}},
			{Name: "sat", Type: survey.Single, Label: "您对河水满意吗", Required: true, Dimension: "满意", Options: []survey.Option{
				option("5", "非常满意"), option("4", "比较满意"), option("3", "一般"), option("2", "不太满意"), option("1", "很不满意"), {Code: "9", Label: "说不清", DontKnow: true}}},
			{Name: "say", Type: survey.Text, Label: "您有什么建议"},
		},
		Indicators: []survey.Indicator{
			{Name: "awareness", Label: "知晓率", Kind: survey.Share, Question: "know", Positive: []string{"know"}, Base: survey.BaseAnswered, Dimension: "认知", Source: "试用", Headline: true},
			{Name: "satisfaction", Label: "满意度", Kind: survey.Index, Question: "sat", Values: map[string]float64{"5": 100, "4": 80, "3": 60, "2": 30, "1": 0}, Base: survey.BaseOpinion, Dimension: "满意", Source: "试用", Headline: true},
		},
	}, bends)
}

// Wave is an open wave with a quota for each stratum.
func Wave(bends ...func(*survey.Wave)) survey.Wave {
	return bent(survey.Wave{
		ID: "w1", Name: "第一轮", Questionnaire: "try-citizen", Version: 1,
		Start: Day("2014-09-10"), End: Day("2014-09-30"), Population: "试用",
		Strata: []survey.Stratum{{Code: "resident", Label: "社区居民", Quota: 60}, {Code: "staff", Label: "企业员工", Quota: 40}},
	}, bends)
}

// Response is a complete one of a resident.
func Response(bends ...func(*survey.Response)) survey.Response {
	return bent(survey.Response{
		ID: ID(1), Campaign: CampaignID, Wave: "w1", Revision: 1, Questionnaire: "try-citizen", Version: 1,
		Stratum: "resident", Unit: "dongjie", Distributor: "发放员丙", Number: "0001", Mode: survey.Paper, Disposition: survey.Complete,
		Choices:    map[string][]string{"grp": {"resident"}, "know": {"know"}, "seen": {"lan", "tiaofu"}, "sat": {"4"}},
		Texts:      map[string]string{"say": "多清理河边的垃圾"},
		AnsweredOn: Day("2014-09-12"),
	}, bends)
}
