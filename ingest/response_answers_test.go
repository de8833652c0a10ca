package ingest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"shuixuan/app/survey"
)

func multiple(labels ...string) survey.Question {
	q := survey.Question{Name: "m", Type: survey.Multiple, Label: "多选"}
	for i, label := range labels {
		q.Options = append(q.Options, survey.Option{Code: fmt.Sprintf("c%d", i+1), Label: label, Other: strings.HasPrefix(label, "其他")})
	}
	return q
}

func single(labels ...string) survey.Question {
	q := multiple(labels...)
	q.Type = survey.Single
	return q
}

// told writes a choice in one line: codes, words, and what is no option.
func told(c choice) string {
	s := strings.Join(c.codes, " ")
	if c.words != "" {
		s += " (" + c.words + ")"
	}
	if len(c.bad) > 0 {
		s += " !" + strings.Join(c.bad, "!")
	}
	return s
}

func TestReadSingle(t *testing.T) {
	aware := single("知道", "听说过", "不知道")
	aware.Options[2].Aliases = []string{"没听说"}
	age := single("18岁以下", "18-30岁", "30-60岁", "60岁以上")
	five := survey.Question{Type: survey.Single, Options: []survey.Option{{Code: "5", Label: "很好"}, {Code: "4", Label: "好"}, {Code: "1", Label: "差"}}}
	job := single("学生", "教师", "其他（请注明）")
	cases := []struct {
		q          survey.Question
		cell, want string
	}{
		{aware, "知道", "c1"}, {aware, " 知 道 ", "c1"}, {aware, "知道。", "c1"}, {aware, "C2", "c2"}, {aware, "没听说", "c3"},
		{aware, "1", "c1"}, {aware, "１", "c1"}, {aware, "①", "c1"}, {aware, "A", "c1"}, {aware, "b.", "c2"}, {aware, "（3）", "c3"}, {aware, "2.0", "c2"}, {aware, "选项3", "c3"},
		{aware, "A.知道", "c1"}, {aware, "Ｂ、听说过", "c2"}, {aware, "③不知道", "c3"}, {aware, "3不知道", "c3"},
		// The label wins over a mark before it that says otherwise; without a point
		// between them it may be a slip, and is told.
		{aware, "B.知道", "c1"}, {aware, "2知道", " !2知道"},
		{aware, "4", " !4"}, {aware, "0", " !0"}, {aware, "D", " !D"}, {aware, "1.5", " !1.5"}, {aware, "-1", " !-1"},
		{aware, "道", " !道"}, {aware, "知道知道", " !知道知道"},
		{aware, "知道;听说过", "c1 c2"}, // two of a single choice: why tells it
		{aware, "（空）", ""}, {aware, "(跳过)", ""}, {aware, "—", ""}, {aware, "N/A", ""}, {aware, "", ""},
		{age, "18—30岁", "c2"}, {age, "18至30岁", "c2"}, {age, "18～30 岁", "c2"}, {age, "１８岁以下", "c1"}, {age, "2", "c2"}, {age, "18", " !18"},
		{age, "218岁以下", " !218岁以下"}, // not "2" and "18岁以下"
		// 5 and 4 are codes: a position is then never meant.
		{five, "5", "5"}, {five, "1", "1"}, {five, "2", " !2"}, {five, "A", " !A"}, {five, "差", "1"},
		{job, "其他", "c3"}, {job, "其它", "c3"}, {job, "其他（请注明）", "c3"}, {job, "其他：农民", "c3 (农民)"}, {job, "其他(农民)", "c3 (农民)"},
		{job, "其他（农民）", "c3 (农民)"}, {job, "其他〖农民、渔民〗", "c3 (农民、渔民)"}, {job, "其它: 农民", "c3 (农民)"}, {job, "其他 农民", "c3 (农民)"},
		{job, "C.其他：农民", "c3 (农民)"}, {job, "其他，农民", "c3 (农民)"}, {job, "其他______", "c3"}, {job, "其他（请注明）：农民", "c3 (农民)"}, {job, "其他人", " !其他人"},
		{aware, "其他：农民", " !其他：农民"}, // no such option
		{aware, "知道\x00", "c1"}, {aware, "知道</script>", " !知道</script>"}, {aware, "' OR 1=1 --", " !' OR 1=1 --"},
	}
	for _, c := range cases {
		if got := told(newOptionReader(c.q).read(c.cell)); got != c.want {
			t.Errorf("%q: %q, want %q", c.cell, got, c.want)
		}
	}
}

func TestReadMultiple(t *testing.T) {
	needs := multiple("堤防", "水质", "开发")
	media := multiple("电视、广播或报纸", "网站/手机", "展板", "其他", "都没有")
	cases := []struct {
		q          survey.Question
		cell, want string
	}{
		{needs, "水质", "c2"}, {needs, "堤防;水质", "c1 c2"}, {needs, "堤防；水质", "c1 c2"}, {needs, "堤防、水质，开发", "c1 c2 c3"}, {needs, "堤防|水质", "c1 c2"},
		{needs, "堤防/开发", "c1 c3"}, {needs, "堤防\n水质", "c1 c2"}, {needs, "堤防\r\n水质\r\n", "c1 c2"}, {needs, "堤防┋水质", "c1 c2"}, {needs, "水质 开发", "c2 c3"},
		{needs, "1,3", "c1 c3"}, {needs, "①③", " !①③"}, {needs, "①、③", "c1 c3"}, {needs, "AC", "c1 c3"}, {needs, "a、c", "c1 c3"}, {needs, "c1;c3", "c1 c3"},
		{needs, "A.堤防;C.开发", "c1 c3"}, {needs, "13", " !13"}, {needs, "AD", " !AD"},
		{needs, "堤防;水质;", "c1 c2"}, {needs, ";;", ""}, {needs, "堤防;污水", "c1 !污水"}, {needs, "垃圾;污水", " !垃圾!污水"},
		{needs, "堤防;堤防", "c1 c1"}, // Validate tells it
		// A label with a separator in it is one option.
		{media, "电视、广播或报纸", "c1"}, {media, "电视、广播或报纸、展板", "c1 c3"}, {media, "展板;电视、广播或报纸;网站/手机", "c3 c1 c2"}, {media, "电视", " !电视"},
		{media, "展板；其他：亲友、邻居", "c3 c4 (亲友、邻居)"}, {media, "其他（亲友、邻居）、展板", "c4 c3 (亲友、邻居)"}, {media, "其他：亲友;展板", "c4 c3 (亲友)"}, {media, "其他", "c4"},
		{media, "其他:电视 电视、广播或报纸", "c4 (电视 电视、广播或报纸)"},
	}
	for _, c := range cases {
		if got := told(newOptionReader(c.q).read(c.cell)); got != c.want {
			t.Errorf("%q: %q, want %q", c.cell, got, c.want)
		}
	}
}

// TestReadHostile: no cell takes long, whatever stands in it. 32,767 characters is
// what a spreadsheet lets one type.
func TestReadHostile(t *testing.T) {
	labels := make([]string, 200)
	for i := range labels {
		labels[i] = fmt.Sprintf("第%d项、其中、之一", i)
	}
	labels[7] = "其他、另外"
	reader := newOptionReader(multiple(labels...))
	for what, cell := range map[string]string{
		"separators": strings.Repeat("、", 32767), "parts": strings.Repeat("其中、", 10922), "letters": strings.Repeat("a", 32767),
		"other": strings.Repeat("其他：", 10922), "blanks": strings.Repeat(" a", 16383), "no UTF-8": strings.Repeat("\xff", 32767), "400 parts": strings.Repeat("其他(、", 399),
	} {
		began := time.Now()
		c := reader.read(cell)
		if spent := time.Since(began); spent > 10*time.Second {
			t.Errorf("%s: took %s", what, spent)
		}
		if why := reader.why(c); len([]rune(why)) > 700 {
			t.Errorf("%s: a sentence of %d characters", what, len([]rune(why)))
		}
	}
}

func TestReadMark(t *testing.T) {
	option := survey.Option{Code: "tv", Label: "电视", Aliases: []string{"TV台"}}
	for want, cells := range map[mark][]string{
		chosen:    {"1", "１", "√", "✔", "是", "选中", "Y", "yes", "TRUE", "电视", "tv", "TV台", "●"},
		notChosen: {"0", "否", "N", "no", "false", "×", "□", "未选", "没有"},
		noMark:    {"", " ", "空", "(跳过)", "-", "(空)"},
		unclear:   {"2", "x", "X", "?", "广播", "-1", "10"},
	} {
		for _, cell := range cells {
			if got := readMark(cell, option); got != want {
				t.Errorf("%q: %d, want %d", cell, got, want)
			}
		}
	}
}

func TestReadNumberCell(t *testing.T) {
	for cell, want := range map[string]float64{"35": 35, " ３５ ": 35, "35岁": 35, "1,200": 1200, "-3": -3, "2.5": 2.5, "1e3": 1000, "十二": 12} {
		if got, why := readNumber(cell); got != want || why != "" {
			t.Errorf("%q: %v %s, want %v", cell, got, why, want)
		}
	}
	for _, cell := range []string{"三四十", "约35", "35-40", "0x10", "NaN", "Inf", "很久", "1_000", "35岁\x00左右"} {
		if got, why := readNumber(cell); why == "" {
			t.Errorf("%q is read as %v", cell, got)
		}
	}
}
