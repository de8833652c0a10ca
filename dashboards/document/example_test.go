package document

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"time"
)

// hostile is what a name may hold: markup, the end of a CDATA section, characters that XML
// has no place for, a mark that turns the writing, an emoji, sixty characters.
const hostile = "<script>alert(1)</script>]]>&amp;\"'\x00\x01\x0b\x1f\ufffe\u202e😀{{.}}${x}%s水务局办公室宣传科及各街道社区联合工作专班（临时机构）第三小组"

var sentence = "水生态文明城市建设宣传工作按照方案要求逐项落实到责任单位并留存照片凭证，"

// photo is a picture of stripes.
func photo(t testing.TB, kind string, wide, high int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, wide, high))
	for y := range high {
		for x := range wide {
			m.Set(x, y, color.RGBA{uint8(x * 255 / wide), uint8(y * 255 / high), 160, 255})
		}
	}
	var b bytes.Buffer
	var err error
	if kind == "png" {
		err = png.Encode(&b, m)
	} else {
		err = jpeg.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func points(list ...float64) []Point {
	all := make([]Point, len(list))
	for i, v := range list {
		all[i] = Point{Value: v}
	}
	return all
}

func between(list ...[3]float64) []Point {
	all := make([]Point, len(list))
	for i, v := range list {
		all[i] = Point{Value: v[0], Lower: v[1], Upper: v[2], Interval: true}
	}
	return all
}

// example has every block once, and what can go wrong with each.
func example(t testing.TB) Document {
	return Document{
		Title: "关于肥城市水生态文明城市创建宣传工作情况的报告", Office: "肥城市水利局文件", Number: "肥水发〔2014〕27号",
		Addressee: "山东省水利厅", Appended: []string{"宣传载体明细表", "调查方法说明"}, Signature: "肥城市水生态文明城市创建工作领导小组办公室",
		Date: time.Date(2014, 11, 3, 0, 0, 0, 0, time.UTC), Created: time.Date(2014, 11, 3, 1, 2, 3, 0, time.UTC), Creator: "水宣",
		Blocks: append(exampleText(), exampleAnnexes(t)...),
	}
}

func exampleText() []Block {
	return []Block{
		Heading{Level: 1, Text: "宣传任务完成情况", Anchor: "done"},
		Paragraph{Runs: []Run{{Text: "截至2014年10月31日，应设"}, {Text: "128", Bold: true}, {Text: "处公交站牌宣传栏已设126处"}, Exhibit("图表3", "#chart3"),
			{Text: "，照片和许可齐全"}, Exhibit("证2-015", "exhibits/2/015.jpg"), {Text: "；另有2处因道路施工延后。", Edited: true}, {Text: "危险链接", Link: "javascript:alert(1)"}, {Text: "。"}}},
		Heading{Level: 2, Text: "户外宣传"},
		Paragraph{Runs: Text(strings.Repeat(sentence, 3))},
		Heading{Level: 3, Text: "公交站牌"},
		Heading{Level: 4, Text: "老城街道"},
		Paragraph{Runs: Text(hostile)},
		List{Ordered: true, Items: [][]Run{Text("设置公交站牌宣传栏，由住建局负责。"), Text("设置建筑工地围挡公益广告，由住建局负责。")}},
		List{Items: [][]Run{Text("老城街道已全部完成。"), append(Text("王瓜店街道尚有一处未完成"), Exhibit("证3-002", "https://example.org/a?b=1&c=<2>"))}},
		Heading{Level: 2, Text: "各单位完成情况"},
		exampleTable("表1　各责任单位宣传载体设置情况", 6),
		Chart{Caption: "图1　宣传覆盖率随时间变化", Anchor: "chart3", Kind: Line, Unit: "%", Top: 100, Target: &Target{"目标", 95},
			Times:  []time.Time{date(9, 1), date(9, 8), date(9, 30), date(10, 15), date(10, 31)},
			Series: []Series{{"已证明", points(12, 35.5, 61, 83.2, 91)}, {"现存", []Point{{Value: 20}, {Value: 44}, {Missing: true}, {Value: 90}, {Value: 98}}}},
			Note:   "注：已证明的按各载体的证明间隔计算；9月30日“现存”没有数据。"},
		Heading{Level: 1, Text: "问卷调查结果"},
		Paragraph{Runs: Text(strings.Repeat(sentence, 4))},
		Chart{Caption: "图2　各群体知晓率", Kind: Bars, Unit: "%", Top: 100, Categories: []string{"学校师生", "企业员工", "社区居民", "政府及事业单位职工", "窗口单位流动人口"}, Series: []Series{{"知晓率", points(93, 88.5, 76, 97.2, 64)}}},
		Chart{Caption: "图3　两次调查的知晓率及95%区间", Kind: Grouped, Unit: "%", Top: 100, Target: &Target{"目标", 80}, Categories: []string{"学校师生", "企业员工", "社区居民", "政府及事业单位职工", "窗口单位流动人口"},
			Series: []Series{{"第一次（9月）", between([3]float64{71, 66, 75.7}, [3]float64{60, 53.1, 66.5}, [3]float64{52, 45, 59}, [3]float64{85, 80.2, 89}, [3]float64{41, 33, 49.4})},
				{"第二次（11月）", between([3]float64{93, 90, 95.3}, [3]float64{88.5, 84, 92}, [3]float64{76, 70, 81.2}, [3]float64{97.2, 95, 98.6}, [3]float64{64, 56, 71.5})}},
			Note: "注：竖线为95%区间，Wilson法；本次调查为配额样本，区间仅供参考。"},
		wideChart(),
		PageBreak{},
		Heading{Level: 1, Text: "存在的问题和下一步打算"},
		Paragraph{Runs: Text(strings.Repeat(sentence, 30))},
	}
}

func date(month time.Month, day int) time.Time {
	return time.Date(2014, month, day, 0, 0, 0, 0, time.UTC)
}

// wideChart has more names than stand side by side, and more than a page holds.
func wideChart() Chart {
	c := Chart{Caption: "图4　各责任单位覆盖率", Kind: Bars, Unit: "%", Top: 100, Target: &Target{"目标", 95}, Series: []Series{{Name: "覆盖率"}}, Note: "注：按责任单位代码排序。"}
	for i := range 26 {
		c.Categories = append(c.Categories, fmt.Sprintf("第%d责任单位", i+1))
		c.Series[0].Points = append(c.Series[0].Points, Point{Value: float64(100 - i*3)})
	}
	c.Categories[1] = hostile
	return c
}

func exampleTable(caption string, rows int) Table {
	t := Table{Caption: caption, Columns: []Column{{Name: "责任单位", Share: 3}, {Name: "应设（处）", Group: "公交站牌", Align: Right}, {Name: "已设（处）", Group: "公交站牌", Align: Right}, {Name: "完成率", Share: 1.2, Align: Right}, {Name: "凭证", Share: 1.5, Align: Center}},
		Notes: []string{"注：应设数以方案和年中核定为准。"}}
	for i := range rows {
		name := fmt.Sprintf("第%d责任单位", i+1)
		if i == 2 {
			name = hostile
		}
		t.Rows = append(t.Rows, []Cell{Text(name), Text(fmt.Sprint(20 + i)), Text(fmt.Sprint(18 + i)), Text(fmt.Sprintf("%.1f%%", 100*float64(18+i)/float64(20+i))), {Exhibit(fmt.Sprintf("证1-%03d", i+1), "#done")}})
	}
	return t
}

func exampleAnnexes(t testing.TB) []Block {
	wide := exampleTable("表2　宣传载体明细（横排）", 40)
	wide.Landscape = true
	for i := range 6 {
		wide.Columns = append(wide.Columns, Column{Name: fmt.Sprintf("第%d周", i+1), Align: Center})
	}
	wide.Rows[4] = []Cell{Text(strings.Repeat("很长的备注。", 200)), Text("只有两格")}
	return []Block{
		Annex{Title: "宣传载体明细表", Anchor: "annex1"},
		Heading{Level: 1, Text: "明细"},
		wide,
		Annex{Title: "调查方法说明"},
		Heading{Level: 1, Text: "样本"},
		Heading{Level: 2, Text: "配额"},
		Paragraph{Runs: Text(strings.Repeat(sentence, 2))},
		Picture{Bytes: photo(t, "jpeg", 640, 480), Width: 100, Caption: "图5　龙山河畔宣传栏"},
		Picture{Bytes: photo(t, "png", 300, 900), Caption: "图6　竖幅"},
	}
}
