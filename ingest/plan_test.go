package ingest

import (
	"strings"
	"testing"
	"time"

	"shuixuan/app/org"
)

// smallPlan is the smallest plan without a fault; the cases bend it in one place.
const smallPlan = `campaign:
  id: try
  name: 试用方案
  short: 试用
  window: {start: 2014-09-01, open: true}
  words: {field: 类别, task: 任务, unit: 责任单位, office: 市创建办, end: 至验收结束}
  fields: [甲类]
  settings:
    small_base: {value: 30, source: 试用}
    level: {value: 0.95, source: 试用}
    satisfaction_target: {value: 80, source: 试用}
    composite: {value: [{dimension: 满意, weight: 0.6}, {dimension: 认知, weight: 0.4}], source: 试用}
carriers:
  - {id: lan, name: 宣传栏, aliases: [固定栏], measures: [个, 块]}
  - {id: tiao, name: 条幅, measures: [条]}
tasks:
  - code: 甲1
    position: 1
    field: 甲类
    title: 设宣传栏
    carriers: [lan]
    lead: [shuiliju]
    window: {start: 2014-09-01, end: 2014-12-31}
  - code: 甲2
    position: 2
    field: 甲类
    title: 挂条幅
    carriers: [tiao]
    targets:
      - {carrier: tiao, quantity: 10, measure: 条, source: 办公室核定}
`

func TestReadPlan(t *testing.T) {
	p, faults, err := readPlan("plan.yaml", []byte("\xef\xbb\xbf"+smallPlan))
	if err != nil || len(faults) > 0 {
		t.Fatal(faults, err)
	}
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	if w := p.Campaign.Window; !w.Start.Equal(day(2014, 9, 1)) || w.Start.Location() != time.UTC || !w.Open || !w.End.IsZero() {
		t.Errorf("window of the campaign: %+v", w)
	}
	if w := p.Tasks[0].Window; !w.End.Equal(day(2014, 12, 31)) || !w.Settled() {
		t.Errorf("window of 甲1: %+v", w)
	}
	if p.Tasks[1].Window.Settled() {
		t.Error("甲2 has no window in the file and must not get one")
	}
	if len(p.Carriers) != 2 || p.Tasks[1].Targets[0].Quantity != 10 {
		t.Errorf("%+v", p)
	}
}

// TestReadPlanFaults replaces one part of the plan, and expects one fault with the
// line that the person sees in the editor.
func TestReadPlanFaults(t *testing.T) {
	cases := []struct {
		name, old, new string
		row            int
		field, why     string
	}{
		{"a key that nobody knows", "    title: 挂条幅\n", "    title: 挂条幅\n    tittle: 挂\n", 28, "tasks", "不认识的栏目“tittle”"},
		{"a part that nobody knows", "carriers:\n", "carrier: 1\ncarriers:\n", 13, "carrier", "不认识的栏目“carrier”"},
		{"30 days hath September", "2014-12-31", "2014-09-31", 23, "end", "“2014-09-31”不是有效日期"},
		{"a date in characters", "end: 2014-12-31", "end: 二〇一四年九月", 23, "end", "不是有效日期"},
		{"words for an open end", "end: 2014-12-31", "end: 至验收结束", 23, "end", "请写 open: true"},
		{"a date with a time", "end: 2014-12-31", "end: 2014-12-31T08:00:00Z", 23, "end", "不是有效日期"},
		{"an end before the start", "2014-12-31", "2014-08-31", 23, "tasks.window", "结束日期早于开始日期"},
		{"a word for a number", "value: 30", "value: 三十", 9, "campaign", "类型不对"},
		{"an unknown carrier", "carriers: [lan]", "carriers: [lam]", 21, "tasks.carriers", "“lam”没有在carriers里写明"},
		{"one code twice", "code: 甲2", "code: 甲1", 24, "tasks", "代码“甲1”用了两次"},
		{"one id twice", "name: 条幅, measures: [条]}", "name: 条幅, measures: [条]}\n  - {id: lan, name: 展板, measures: [块]}", 16, "carriers", "代码“lan”用了两次"},
		{"a name for two carriers", "name: 条幅", "name: 固定栏", 15, "carriers", "既可指“宣传栏”又可指“固定栏”"},
		{"a title for two tasks", "title: 挂条幅", "title: 设 宣传栏", 24, "tasks", "既可指“甲1”又可指“甲2”"},
		{"a measure nobody uses", "measures: [条]", "measures: [匹]", 15, "carriers.measures", "计量单位“匹”不在名单里"},
		{"no measure", "measures: [条]", "measures: []", 15, "carriers.measures", "缺少计量单位"},
		{"a field not on the list", "field: 甲类\n    title: 挂条幅", "field: 乙类\n    title: 挂条幅", 24, "tasks.field", "“乙类”不在名单里"},
		{"a target of nothing", "quantity: 10", "quantity: 0", 24, "tasks.targets", "应设数量必须大于0"},
		{"a target out of the air", ", source: 办公室核定", "", 30, "tasks.targets", "缺少来源说明"},
		{"a setting out of the air", "{value: 80, source: 试用}", "{value: 80}", 11, "settings.satisfaction_target", "缺少来源说明"},
		{"weights of 1.1", "weight: 0.4", "weight: 0.5", 12, "settings.composite", "权重之和应为1，现在是1.1"},
		{"a level of 95", "value: 0.95", "value: 95", 10, "settings.level", "置信水平应在0.5和1之间"},
		{"one position twice", "position: 2", "position: 1", 24, "tasks.position", "顺序号都是1"},
		{"an id with a slash", "id: try", "id: a/b", 2, "campaign.id", "不合要求"},
		{"a code with a slash", "code: 甲2", "code: 甲/2", 24, "tasks.code", "不合要求"},
		{"open and an end", "end: 2014-12-31}", "end: 2014-12-31, open: true}", 23, "tasks.window", "请只保留一个"},
		{"a list that is none", "    carriers: [lan]", "    carriers: lan", 21, "tasks", "类型不对"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(smallPlan, c.old) {
				t.Fatalf("%q is not in the plan", c.old)
			}
			_, faults, err := readPlan("plan.yaml", []byte(strings.Replace(smallPlan, c.old, c.new, 1)))
			if err != nil {
				t.Fatal(err)
			}
			if len(faults) != 1 || faults[0].Row != c.row || faults[0].Field != c.field || !strings.Contains(faults[0].Why, c.why) {
				t.Errorf("want one fault at row %d %s with %q, got %+v", c.row, c.field, c.why, faults)
			}
		})
	}
}

func TestReadPlanTellsAllFaultsAtOnce(t *testing.T) {
	body := strings.NewReplacer("2014-12-31", "2014-12-32", "title: 挂条幅", "titel: 挂条幅", "measures: [条]", "measures: [匹]").Replace(smallPlan)
	_, faults, err := readPlan("plan.yaml", []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[int]bool{}
	for _, f := range faults {
		rows[f.Row] = true
	}
	if !rows[15] || !rows[23] || !rows[27] {
		t.Errorf("lines 15, 23 and 27 hold a fault each, told were %+v", faults)
	}
}

func TestPlanNamesUnknownUnits(t *testing.T) {
	p, _, err := readPlan("plan.yaml", []byte(smallPlan))
	if err != nil {
		t.Fatal(err)
	}
	units := org.NewResolver([]org.Unit{{ID: "jiaoyuju", Name: "市教育局", Kind: org.KindBureau}})
	faults := p.check(units)
	if len(faults) != 1 || faults[0].Row != 22 || !strings.Contains(faults[0].Why, "“shuiliju”不在单位名单里") {
		t.Errorf("%+v", faults)
	}
	units = org.NewResolver([]org.Unit{{ID: "shuiliju", Name: "市水利局", Kind: org.KindBureau}})
	if faults := p.check(units); len(faults) > 0 {
		t.Errorf("%+v", faults)
	}
}
