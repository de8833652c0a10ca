package xlsform

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the tables of docs/xlsform.md")

const document = "../../docs/xlsform.md"

// The tables of docs/xlsform.md are made from the reader: what it says of each example is
// what the page says.
func TestTheDocumentIsTrue(t *testing.T) {
	held, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	text := string(held)
	for name, table := range map[string]string{"types": supported(t), "refused": refused(t), "left": leftOut(t), "conditions": conditionTable(t), "own": ownTable(), "headings": headingTable()} {
		part := regexp.MustCompile(`(?s)(<!-- ` + name + ` -->\n).*?(<!-- /` + name + ` -->)`)
		if !part.MatchString(text) {
			t.Fatalf("%s has no table %s", document, name)
		}
		text = part.ReplaceAllString(text, "${1}"+strings.ReplaceAll(table, "$", "$$")+"${2}")
	}
	if *update {
		if err := os.WriteFile(document, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if text != string(held) {
		t.Errorf("%s doesn't say what the reader does; -update rewrites its tables", document)
	}
}

func cell(text string) string { return strings.ReplaceAll(text, "|", "¦") }

func row(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

const exampleLists = "\n| choices |\n| list_name | name | label |\n| L | a | 甲 |\n| L | b | 乙 |"

func supported(t *testing.T) string {
	text := row("XLSForm", "水宣") + row("---", "---")
	for _, one := range [][3]string{
		{"select_one L", "", "单选"}, {"select_one L", "likert", "量表"}, {"select_multiple L", "", "多选"}, {"select_one L or_other", "", "单选，末项“其他”要写文字"},
		{"acknowledge", "", "知情同意（同意、不同意）"}, {"range", "", "打分，没有写 start、end 的是1到10"}, {"integer", "", "数字，整数"}, {"decimal", "", "数字"}, {"date", "", "日期"},
		{"text", "", "文字，一行"}, {"text", "multiline", "长文字"}, {"note", "", "说明"},
	} {
		form := read(t, "| survey |\n| type | name | label | appearance |\n| "+one[0]+" | x | 题 | "+one[1]+" |"+exampleLists)
		if len(form.Faults) > 0 || len(form.Questionnaire.Questions) != 1 {
			t.Errorf("%v: %+v", one, form.Faults)
		}
		name := "`" + one[0] + "`"
		if one[1] != "" {
			name += "，appearance `" + one[1] + "`"
		}
		text += row(name, one[2]+"（"+string(form.Questionnaire.Questions[0].Type)+"）")
	}
	form := read(t, "| survey |\n| type | name | label | appearance |\n| begin_group | g | 题 | table-list |\n| select_one L | x | 行 | |\n| end_group | | | |"+exampleLists)
	if written(form.Questionnaire) != "g matrix 题 [a 甲] [b 乙] <x 行>" {
		t.Error(written(form.Questionnaire))
	}
	return text + row("`begin_group`，appearance `table-list`，或其中一行 `label`、其余 `list-nolabel`", "矩阵（matrix）") +
		row("`begin_group`（其他）", "各题照收，题组的条件加到每一题上，题组的标题成为一条说明（note）")
}

// refused asks the reader what it says of each thing that isn't supported.
func refused(t *testing.T) string {
	text := row("XLSForm", "提示") + row("---", "---")
	example := func(name, form string) {
		got := read(t, form)
		if len(got.Faults) == 0 {
			t.Errorf("%s is not refused", name)
			return
		}
		text += row("`"+cell(name)+"`", cell(got.Faults[0].Why))
	}
	for _, kind := range slices.Sorted(maps.Keys(refusedTypes)) {
		if strings.HasPrefix(kind, "end_") {
			continue
		}
		name := kind
		for _, hyphens := range []string{"start_geopoint", "background_geopoint", "background_audio", "csv_external", "xml_external"} {
			if kind == hyphens {
				name = strings.ReplaceAll(kind, "_", "-")
			}
		}
		example("type "+name, "| survey |\n| type | name | label |\n| "+name+" L | x | 题 |"+exampleLists)
	}
	for _, column := range slices.Sorted(maps.Keys(refusedColumns)) {
		example(column+" 列", "| survey |\n| type | name | label | "+column+" |\n| text | x | 题 | 1 |")
	}
	for _, name := range []string{"external_choices", "entities", "osm"} {
		example("工作表 "+name, "| survey |\n| type | name | label |\n| text | x | 题 |\n| "+name+" |\n| list_name | name |\n| a | b |")
	}
	for _, one := range [][2]string{{"required", "${y} = 'a'"}, {"parameters", "seed2=1"}, {"constraint", "regex(., '[0-9]+')"}} {
		example(one[0]+" "+one[1], "| survey |\n| type | name | label | "+one[0]+" |\n| text | x | 题 | "+one[1]+" |")
	}
	return text
}

func leftOut(t *testing.T) string {
	text := row("XLSForm", "说明") + row("---", "---")
	for _, kind := range slices.Sorted(maps.Keys(leftTypes)) {
		got := read(t, "| survey |\n| type | name | label |\n| "+kind+" | x | |\n| text | y | 题 |")
		if len(got.Notes) != 1 || len(got.Faults) > 0 {
			t.Errorf("%s: %+v", kind, got)
		}
		text += row("`type "+kind+"`", got.Notes[0].Why)
	}
	for _, column := range slices.Sorted(maps.Keys(leftColumns)) {
		got := read(t, "| survey |\n| type | name | label | "+column+" |\n| text | y | 题 | x |")
		if len(got.Notes) != 1 || len(got.Faults) > 0 {
			t.Errorf("%s: %+v", column, got)
		}
		text += row("`"+column+"` 列", got.Notes[0].Why)
	}
	return text + row("第二种语言的列（`label::English (en)` 等）", "只导入一种语言：中文的，没有中文的取不写语言的，再取 default_language") +
		row("其他外观（appearance）、不认识的列", "没有导入，预览页上逐项列出")
}

func conditionTable(t *testing.T) string {
	text := row("写法", "读作") + row("---", "---")
	for _, expression := range []string{"${one} = 'a'", "selected(${many}, 'x')", "${one} != 'a'", "not(selected(${many}, 'x') or selected(${many}, 'y'))", "${one} != ''",
		"${n} >= 18 and ${n} < 60", "${n} = 5", "${one} = 'a' and (${n} > 3 or selected(${many}, 'x'))", "${one} = 'a' and not(${n} > 3)",
		"${many} = 'x'", "${n} != 3", "not(${n} > 3) or ${one} = 'a'", "${t} = '好'", "${one} = ${many}", "count-selected(${many}) > 1", "${n} + 1 > 3", "/data/one = 'a'", "= ${n} > 3"} {
		form := read(t, before+"| text | z | 末 | "+expression+" |"+beforeLists)
		words := strings.TrimSpace(strings.TrimPrefix(lastLine(form), "z text 末"))
		words = strings.NewReplacer("if:", "显示条件：", "unless:", "跳过条件：").Replace(words)
		if len(form.Faults) > 0 {
			_, why, _ := strings.Cut(form.Faults[0].Why, "”：")
			words = "**不支持**：" + why
		}
		text += row("`"+expression+"`", words)
	}
	return text
}

func ownTable() string {
	text := row("工作表", "列", "意思") + row("---", "---", "---")
	for _, c := range Own {
		text += row(c.Sheet, "`"+c.Name+"`", cell(c.Meaning))
	}
	return text
}

func headingTable() string {
	by := map[string][]string{}
	for from, to := range aliases {
		by[to] = append(by[to], "`"+from+"`")
	}
	text := row("列", "也认得") + row("---", "---")
	for _, column := range slices.Sorted(maps.Keys(by)) {
		slices.Sort(by[column])
		text += row("`"+column+"`", fmt.Sprint(strings.Join(by[column], "、")))
	}
	return text
}
