package seeds

import (
	"math/rand/v2"
	"strconv"

	"shuixuan/app/survey"
)

// demoFieldworks are the waves of the campaigns. The sheets add up to 700 and 800 in
// the first campaign and 60 in the second; faulty rows come on top. Some quotas are
// passed and some are not reached.
var demoFieldworks = []fieldwork{
	{campaign: "feicheng", wave: "w1", round: 0, answers: citizens, parties: []party{
		{unit: "jiaoyuju", name: "市教育局", prefix: "A1", form: inLabels, lots: []lot{{"school", 156, 0}}, faults: []sheetFault{offList, noStratum}},
		{unit: "xincheng", name: "新城街道", prefix: "B1", registered: "新城", form: inLabels, lots: []lot{{"resident", 120, 8}, {"company", 70, 5}}, faults: []sheetFault{twoForOne, notAsked, offList}},
		{unit: "laocheng", name: "老城街道办事处", prefix: "C1", form: inShort, lots: []lot{{"resident", 94, 0}}, faults: []sheetFault{noneAndMore}},
		{unit: "yiyang", name: "仪阳镇", prefix: "D1", form: inLabels, lots: []lot{{"company", 68, 0}}, faults: []sheetFault{noStratum}},
		{unit: "zhengfuban", name: "政府办", prefix: "E1", form: inCodes, lots: []lot{{"public", 108, 0}}},
		{unit: "qichezhan", name: "汽车站", prefix: "F1", form: withSpread, lots: []lot{{"window", 84, 0}}, faults: []sheetFault{noneAndMore, noStratum}},
	}},
	{campaign: "feicheng", wave: "w2", round: 1, answers: citizens, parties: []party{
		{unit: "jiaoyuju", name: "市教育局", prefix: "A2", form: inLabels, lots: []lot{{"school", 178, 0}}, faults: []sheetFault{twoForOne, offList}},
		{unit: "xincheng", name: "新城街道", prefix: "B2", form: inLabels, lots: []lot{{"resident", 130, 0}, {"company", 80, 0}}, faults: []sheetFault{noneAndMore, noStratum}},
		{unit: "laocheng", name: "老城街道办事处", prefix: "C2", form: inShort, lots: []lot{{"resident", 70, 0}}, faults: []sheetFault{offList}, gb18030: true},
		{unit: "wangguadian", name: "王瓜店街道", prefix: "G2", form: inLabels, lots: []lot{{"resident", 38, 0}, {"company", 40, 0}}, faults: []sheetFault{notAsked}},
		{unit: "yiyang", name: "仪阳镇", prefix: "D2", form: inShort, lots: []lot{{"company", 45, 0}}},
		{unit: "zhengfuban", name: "政府办", prefix: "E2", form: inCodes, lots: []lot{{"public", 124, 0}}, faults: []sheetFault{noStratum}},
		{unit: "qichezhan", name: "汽车站", prefix: "F2", form: withSpread, lots: []lot{{"window", 60, 0}}, faults: []sheetFault{noStratum}},
		{unit: "xinhuashudian", name: "新华书店", prefix: "H2", form: inLabels, lots: []lot{{"window", 35, 0}}},
	}},
	{campaign: "governance", wave: "w1", answers: villagers, parties: []party{
		{unit: "shaliu", name: "沙柳街道", prefix: "S1", form: inLabels, lots: []lot{{"villager", 18, 0}, {"delegate", 8, 0}, {"grid", 4, 0}}, faults: []sheetFault{offList}},
		{unit: "qingxi", name: "清溪镇", prefix: "Q1", form: inShort, lots: []lot{{"villager", 20, 0}, {"delegate", 6, 0}, {"grid", 4, 0}}, faults: []sheetFault{noStratum}},
	}},
}

// frames are how many people each stratum has, in the demonstration. They are made up, and
// the source says so.
var frames = map[string]map[string]int{
	"feicheng": {"school": 152_000, "company": 138_000, "resident": 431_000, "public": 36_000, "window": 24_000},
}

// Frame gives the people of a stratum in the demonstration (0 where it has none), and the
// source that stands beside.
func Frame(campaign, stratum string) (people int, source string) {
	return frames[campaign][stratum], "演示数据，人数是假定的，不是统计结果"
}

// citizens is how people answer the reference questionnaire. Between the rounds more
// know of the campaign (about 48 to 66 of 100); drainage in rain is liked least; people
// passing through know least.
var citizens = answers{
	"group": func(_ *rand.Rand, p *respondent, _ survey.Question) {
		p.mood += map[string]float64{"school": 0.2, "public": 0.2, "company": -0.1, "resident": -0.25, "window": 0.1}[p.stratum] + 0.15*float64(p.round)
	},
	"sex": usually(odds{"male": 49, "female": 51}),
	"age": byStratum(map[string]odds{
		"school":   {"u18": 70, "a18_29": 9, "a30_44": 14, "a45_59": 7},
		"company":  {"a18_29": 32, "a30_44": 45, "a45_59": 22, "o60": 1},
		"resident": {"u18": 2, "a18_29": 15, "a30_44": 27, "a45_59": 28, "o60": 28},
		"public":   {"a18_29": 22, "a30_44": 46, "a45_59": 31, "o60": 1},
		"window":   {"u18": 4, "a18_29": 34, "a30_44": 33, "a45_59": 20, "o60": 9},
	}),
	"lived": byStratum(map[string]odds{
		"school":   {"under1": 4, "y1_5": 14, "y6_10": 24, "over10": 58},
		"company":  {"under1": 11, "y1_5": 29, "y6_10": 23, "over10": 37},
		"resident": {"under1": 3, "y1_5": 12, "y6_10": 19, "over10": 66},
		"public":   {"under1": 3, "y1_5": 17, "y6_10": 22, "over10": 58},
		"window":   {"under1": 9, "y1_5": 10, "y6_10": 5, "over10": 11, "visitor": 65},
	}),
	"aware": func(r *rand.Rand, p *respondent, q survey.Question) {
		knows := map[string][2]float64{"school": {55, 75}, "company": {46, 64}, "resident": {47, 66}, "public": {62, 81}, "window": {22, 34}}[p.stratum][p.round]
		heard := 0.55 * (100 - knows)
		p.choose(r, q, odds{"knows": knows, "heard": heard, "unknown": 100 - knows - heard})
	},
	"carriers":       seenCarriers,
	"knowledge":      knowledge,
	"sat_river":      satisfied(1.75, 0.05),
	"sat_waterside":  satisfied(2.5, 0.035),
	"sat_drinking":   satisfied(2.0, 0.035),
	"sat_drainage":   satisfied(1.15, 0.05),
	"sat_saving":     satisfied(1.9, 0.075),
	"sat_publicity":  satisfied(2.1, 0.055),
	"sat_government": satisfied(2.0, 0.065),
	"sat_overall":    satisfied(2.15, 0.035),
	"change": func(r *rand.Rand, p *respondent, q survey.Question) {
		o := odds{"better": 24 + 8*p.mood, "slightly_better": 44, "same": 21, "slightly_worse": max(0.5, 3-2*p.mood), "worse": max(0.2, 1-p.mood), "unsure": 6}
		o["better"] = max(2, o["better"])
		if p.stratum == "window" {
			o["unsure"] = 45
		}
		p.choose(r, q, o)
	},
	"took_part": func(r *rand.Rand, p *respondent, q survey.Question) {
		yes := map[string]float64{"school": 55, "public": 49, "company": 29, "resident": 32, "window": 9}[p.stratum] + 8*float64(p.round)
		p.choose(r, q, odds{"yes": yes, "no": 96 - yes, "unsure": 4})
	},
	"activities": func(r *rand.Rand, p *respondent, q survey.Question) {
		o := odds{"lecture": 0.22, "patrol": 0.18, "volunteer": 0.3, "contest": 0.08, "saving": 0.45, "online": 0.25, "other": 0.04}
		if p.stratum == "school" {
			o["lecture"], o["contest"] = 0.75, 0.32
		}
		p.chooseMany(r, q, o, otherActivities)
	},
	"support":    usually(odds{"strong": 58, "support": 35, "neutral": 3.5, "against": 0.5, "unsure": 3}),
	"confidence": confident,
	"suggestion": sometimes(0.22, suggestions),
}

func byStratum(all map[string]odds) func(*rand.Rand, *respondent, survey.Question) {
	return func(r *rand.Rand, p *respondent, q survey.Question) { p.choose(r, q, all[p.stratum]) }
}

// seenCarriers follows what the ledgers show: boards, banners and buses from the
// start, displays and leaflets later; those who know of nothing have seen less.
func seenCarriers(r *rand.Rand, p *respondent, q survey.Question) {
	o := odds{"board": 0.42, "large_board": 0.34, "banner": 0.46, "screen": 0.24, "vehicle": 0.36, "media": 0.3, "web": 0.27, "display": 0.16, "lesson": 0.03, "leaflet": 0.12, "other": 0.02}
	switch p.stratum {
	case "school":
		o["lesson"], o["display"] = 0.62, 0.38
	case "window":
		o["board"], o["vehicle"], o["large_board"], o["media"] = 0.28, 0.44, 0.18, 0.08
	case "resident":
		o["display"] = 0.34
	}
	factor := map[string]float64{"knows": 1.15, "heard": 0.75, "unknown": 0.3}[p.choices["aware"][0]] * (1 + 0.12*float64(p.round))
	for code := range o {
		o[code] = min(0.9, o[code]*factor)
	}
	p.chooseMany(r, q, o, otherCarriers)
}

func knowledge(r *rand.Rand, p *respondent, q survey.Question) {
	right := 38 + 7*float64(p.round)
	if p.choices["aware"][0] == "knows" {
		right += 16
	}
	if p.stratum == "school" {
		right += 12
	}
	p.choose(r, q, odds{"water_day": right, "environment_day": (90 - right) * 0.35, "tree_day": (90 - right) * 0.15, "earth_day": (90 - right) * 0.3, "unsure": 10 + (90-right)*0.2})
}

func confident(r *rand.Rand, p *respondent, q survey.Question) {
	p.choose(r, q, odds{"strong": max(5, 37+14*p.mood), "some": 46, "little": max(1, 9-6*p.mood), "none": max(0.5, 2-2*p.mood), "unsure": 6})
}

// villagers is how people answer the questionnaire of the pilot.
var villagers = answers{
	"role": func(*rand.Rand, *respondent, survey.Question) {},
	"age":  usually(odds{"u30": 10, "a30_44": 27, "a45_59": 38, "o60": 25}),
	"aware": byStratum(map[string]odds{
		"delegate": {"knows": 82, "heard": 14, "unknown": 4}, "villager": {"knows": 51, "heard": 30, "unknown": 19}, "grid": {"knows": 95, "heard": 5},
	}),
	"channels": func(r *rand.Rand, p *respondent, q survey.Question) {
		p.chooseMany(r, q, odds{"board": 0.5, "speaker": 0.4, "meeting": 0.35, "phone": 0.6, "grid": 0.45, "other": 0.03}, []string{"听邻居说", "在小卖部听说"})
	},
	"self_rule": satisfied(1.7, 0.05), "open_affairs": satisfied(1.5, 0.05), "disputes": satisfied(1.9, 0.06),
	"law_help": satisfied(1.3, 0.08), "manners": satisfied(2.2, 0.03), "role_models": satisfied(2.0, 0.05), "civility": satisfied(2.1, 0.03),
	"took_part": byStratum(map[string]odds{
		"delegate": {"yes": 85, "no": 13, "unsure": 2}, "villager": {"yes": 38, "no": 58, "unsure": 4}, "grid": {"yes": 90, "no": 10},
	}),
	"times": func(r *rand.Rand, p *respondent, q survey.Question) {
		p.texts[q.Name] = strconv.Itoa(1 + weighted(r, []float64{4, 4, 3, 2, 1, 1}))
	},
	"suggestion": sometimes(0.3, wishes),
}
