package chart

import (
	"fmt"
	"os"
	"testing"
)

func TestLook(t *testing.T) {
	out := os.Getenv("LOOK")
	if out == "" {
		t.Skip()
	}
	five := []Part{{"很满意", 1, true, false}, {"满意", 0.75, true, false}, {"一般", .5, true, false}, {"不满意", .25, true, false}, {"很不满意", 0, true, false}, {"说不清", 0, false, true}}
	states := []State{{"✓", "达标", "#2f8f6b", "#ffffff"}, {"◐", "不足", "#f2c14e", "#1f2d3d"}, {"○", "未见", "#fdecea", "#b2182b"}, {"?", "未核定", "#9ec9e2", "#1f2d3d"}}
	var marks []Mark
	for i := range 10 {
		for j := range 9 {
			if (i*7+j*3)%4 != 1 {
				marks = append(marks, Mark{i, j, (i + j) % 4, fmt.Sprintf("任务%d 单位%d", i, j)})
			}
		}
	}
	units := []string{"市住建局", "市水利局", "新城街道办事处", "市交通运输公司", "</script><script>alert(1)</script>", "一个名字长达六十个字的单位一个名字长达六十个字的单位一个名字长达六十个字的单位一个名字长达六十个字的单位一个名字", "emoji 💧水", "八", "九"}
	cs := []Chart{
		Bars("a", "d", []Bar{{"知晓率（狭义）", 61.2, 57.1, 65.2, true, true, "61.2%（n=540）", ""}, {"知晓率（广义：知道和听说过的合计，占全部回答者）", 93.4, 91, 96.8, true, true, "93.4%（n=540）", ""}, {"满意率", 0, 0, 0, false, false, "—", ""}, {"{b}{c}", 4, 0, 9, true, true, "4.0%（n=12）", ""}}, Scale{100, "%", 80, "目标 80%"}),
		Stacked("b", "d", five, []Stack{{"河道水质", []float64{20, 30, 25, 10, 5, 10}, "n=540"}, {"滨水环境", []float64{40, 33.3, 10, 6.7, 3, 7}, "n=12"}, {"没人回答", nil, "—"}}),
		Stacked("b2", "d", []Part{{Label: "知道"}, {Label: "听说过"}, {Label: "不知道"}}, []Stack{{"学校师生", []float64{20, 30, 50}, "n=540"}}),
		Curve("c", "d", []string{"9月1日", "9月8日", "9月15日", "9月22日"}, []Line{{"在位", []float64{1, 5, 8, 20}, true, false}, {"应落实", []float64{30, 30, 30, 37}, false, true}}),
		Matrix("m", "d", []string{"媒体宣传1", "媒体宣传2", "社会宣传1", "社会宣传2", "社会宣传3", "社会宣传4", "社会宣传5", "社会宣传6", "社会宣传7", "社会宣传8"}, units, states, marks),
		Bullets("p", "d", []Progress{{"学校师生", 80, 100, "80/100 80.0%"}, {"企业员工", 130, 100, "130/100 100%"}, {"窗口单位流动人口", 3, 0, "3份 未定配额"}}),
	}
	html := `<meta charset=utf-8><script src="/work/main/node_modules/echarts/dist/echarts.min.js"></script><body style="margin:8px;max-width:` + os.Getenv("W") + `px">`
	for i, c := range cs {
		html += fmt.Sprintf(`<div id=c%d style="height:%dpx;border-bottom:1px solid #ccc"></div><script>echarts.init(document.getElementById("c%d"),null,{renderer:"svg"}).setOption(%s)</script>`, i, c.Height, i, c.Option)
	}
	os.WriteFile(out, []byte(html), 0o600)
}
