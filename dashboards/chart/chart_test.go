package chart

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"strings"
	"testing"

	"shuixuan/dashboards/dashboardstest"
)

var update = flag.Bool("update", false, "write the golden files anew")

const script = "</script><script>alert(1)</script>"

func samples() map[string]Chart {
	five := []Part{{"很满意", 1, true, false}, {"满意", 0.75, true, false}, {"一般", 0.5, true, false}, {"不满意", 0.25, true, false}, {"很不满意", 0, true, false}, {"说不清", 0, false, true}}
	states := []State{{"✓", "达标", "#2f8f6b", "#ffffff"}, {"○", "未见", "#fbe3df", "#a3161f"}}
	return map[string]Chart{
		"bars": Bars("bars", "指标", []Bar{{Label: script, Value: 61.2, Lower: 57.1, Upper: 65.2, HasInterval: true, Valid: true, Text: "61.2%（n=540）"}, {Label: "没人回答", Text: "—"}},
			Scale{Top: 100, Unit: "%", Line: 80, LineText: "目标 80%"}),
		"bullets": Bullets("bullets", "进度", []Progress{{script, 80, 100, "80/100"}, {"超额", 130, 100, "130/100"}, {"未设", 3, 0, "未设配额"}}),
		"stacked": Stacked("stacked", "满意", five, []Stack{{script, []float64{20, 30, 25, 10, 5, 10}, "n=540"}, {"没人回答", nil, "—"}}),
		"curve":   Curve("curve", "每周", []string{"9月1日", "9月8日"}, []Line{{script, []float64{1, math.NaN()}, true, false}, {"应落实", []float64{5, 5}, false, true}}),
		"field": Field("field", "象限", []Spot{{Label: script, X: 71.5, Y: 20, Doubtful: true}, {Label: "饮用水", X: 88, Y: 9, Tip: "饮用水：88分"}},
			Axes{X: "得分", Y: "重要性（%）", LineX: 80, LineY: 12.5, Corners: [4]string{"优先改进", "继续保持", "逐步改进", "维持现状"}}),
		"matrix": Matrix("matrix", "矩阵", []string{"社会宣传1", script}, []string{script, "市水利局"}, states, []Mark{{0, 0, 0, script}, {1, 1, 1, "未见"}}),
	}
}

func TestOptions(t *testing.T) {
	for name, c := range samples() {
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, c.Option, "", " "); err != nil {
			t.Fatalf("%s is not JSON: %v", name, err)
		}
		dashboardstest.Golden(t, name+".golden.json", pretty.String(), *update)
	}
}

// What the page may rely on: no markup that ends a script, no function, no title of
// its own, tooltips as rich text (HTML ones need style attributes, which the page's
// policy forbids).
func TestOptionsAreData(t *testing.T) {
	for name, c := range samples() {
		if bytes.ContainsAny(c.Option, "<>") {
			t.Errorf("%s: unescaped markup", name)
		}
		if !bytes.Contains(c.Option, []byte(`\u003c/script\u003e`)) {
			t.Errorf("%s: the hostile name is not in it, so nothing is shown by this test", name)
		}
		if bytes.Contains(c.Option, []byte("__f__")) || bytes.Contains(c.Option, []byte("function")) {
			t.Errorf("%s: a function", name)
		}
		var o struct {
			Title   any
			Tooltip struct{ RenderMode string }
			Aria    struct{ Enabled bool }
		}
		if err := json.Unmarshal(c.Option, &o); err != nil {
			t.Fatal(err)
		}
		if o.Title != nil || o.Tooltip.RenderMode != "richText" || !o.Aria.Enabled {
			t.Errorf("%s: title %v, tooltip %q, aria %v", name, o.Title, o.Tooltip.RenderMode, o.Aria.Enabled)
		}
	}
}

func TestNothingToDraw(t *testing.T) {
	for name, c := range map[string]Chart{
		"bars": Bars("x", "", nil, Scale{}), "bullets": Bullets("x", "", nil), "stacked": Stacked("x", "", nil, nil),
		"curve": Curve("x", "", nil, nil), "matrix": Matrix("x", "", nil, nil, nil, nil),
	} {
		if c.Option != nil {
			t.Errorf("%s drew nothing into an option", name)
		}
	}
}

func TestLabel(t *testing.T) {
	check := func(in, want string) {
		t.Helper()
		if got := Label(in); got != want {
			t.Errorf("Label(%q) = %q, want %q", in, got, want)
		}
	}
	check("市住建局", "市住建局")
	check(" 两  行\n名\t称 ", "两 行 名 称")
	check("{b}的{c}", "｛b｝的｛c｝")                             // ECharts would put the value in its place
	check("铃\u0007与\u202e反写", "铃与反写")                       // control characters and a change of direction
	check("坏\xff字", "坏\ufffd字")                             // bytes that are no text
	check("💧", "💧")                                         // four bytes, one character
	check(strings.Repeat("水", 34), strings.Repeat("水", 34)) // the longest name that is drawn whole
	check(strings.Repeat("水", 60), strings.Repeat("水", 33)+"…")
}
