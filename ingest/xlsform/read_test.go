package xlsform

import (
	"fmt"
	"strings"
	"testing"

	"shuixuan/app/survey"
)

// tables reads forms as they are written in these tests: a line with one cell names the
// sheet, the next is its heading. Row numbers are those of a workbook: a heading is row 1.
func tables(text string) []Table {
	var list []Table
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		var cells []string
		for _, c := range strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|") {
			cells = append(cells, strings.ReplaceAll(strings.TrimSpace(c), "¦", "|"))
		}
		if len(cells) == 1 {
			list = append(list, Table{Name: cells[0]})
			continue
		}
		t := &list[len(list)-1]
		if t.Head == nil {
			t.Head = cells
			continue
		}
		t.Rows = append(t.Rows, Row{len(t.Rows) + 2, cells})
	}
	return list
}

func read(t *testing.T, text string) Form {
	t.Helper()
	form, err := Read(tables(text), "try.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	return form
}

// written says a questionnaire on a line for each question, so that tests can say what they expect.
func written(q survey.Questionnaire) string {
	var b strings.Builder
	for _, one := range q.Questions {
		fmt.Fprintf(&b, "%s %s %s", one.Name, one.Type, one.Label)
		if one.Required {
			b.WriteString(" *")
		}
		for _, o := range one.Options {
			fmt.Fprintf(&b, " [%s %s", o.Code, o.Label)
			for _, mark := range []struct {
				is   bool
				word string
			}{{o.Other, "other"}, {o.Exclusive, "exclusive"}, {o.DontKnow, "dont_know"}, {o.Unread, "unread"}} {
				if mark.is {
					b.WriteString(" " + mark.word)
				}
			}
			b.WriteString("]")
		}
		for _, row := range one.Rows {
			fmt.Fprintf(&b, " <%s %s>", row.Name, row.Label)
		}
		for _, bound := range []struct {
			word string
			of   *float64
		}{{"min", one.Min}, {"max", one.Max}} {
			if bound.of != nil {
				fmt.Fprintf(&b, " %s=%v", bound.word, *bound.of)
			}
		}
		if one.Whole {
			b.WriteString(" whole")
		}
		if one.Shuffle {
			b.WriteString(" shuffle")
		}
		if one.Earliest+one.Latest != "" {
			b.WriteString(" " + one.Earliest + ".." + one.Latest)
		}
		if one.Hint != "" {
			b.WriteString(" hint:" + one.Hint)
		}
		if one.ShowIf != nil {
			b.WriteString(" if:" + one.ShowIf.Words(q))
		}
		if one.SkipIf != nil {
			b.WriteString(" unless:" + one.SkipIf.Words(q))
		}
		b.WriteString("\n")
	}
	return strings.TrimSpace(b.String())
}

// TestEveryType reads each type as people and other programs write it.
func TestEveryType(t *testing.T) {
	const lists = `
		| choices |
		| list_name | name | label |
		| yn | yes | 是 |
		| yn | no | 否 |
		| five | 5 | 满意 |
		| five | 1 | 不满意 |`
	for _, c := range []struct{ rows, want string }{
		{`| select_one yn | a | 题 |`, "a single 题 [yes 是] [no 否]"},
		{`| select1 yn | a | 题 |`, "a single 题 [yes 是] [no 否]"},
		{`| select one yn | a | 题 |`, "a single 题 [yes 是] [no 否]"},
		{`| select one from yn | a | 题 |`, "a single 题 [yes 是] [no 否]"},
		{`| add select one prompt using yn | a | 题 |`, "a single 题 [yes 是] [no 否]"},
		{`| Select_One  yn | a | 题 |`, "a single 题 [yes 是] [no 否]"},
		{`| ｓｅｌｅｃｔ＿ｏｎｅ　yn | a | 题 |`, "a single 题 [yes 是] [no 否]"},
		{`| select_one yn or_other | a | 题 |`, "a single 题 [yes 是] [no 否] [other 其他 other]"},
		{`| select_one yn or other | a | 题 |`, "a single 题 [yes 是] [no 否] [other 其他 other]"},
		{`| select_multiple yn | a | 题 |`, "a multiple 题 [yes 是] [no 否]"},
		{`| select all that apply from yn | a | 题 |`, "a multiple 题 [yes 是] [no 否]"},
		{`| select multiple yn or_other | a | 题 |`, "a multiple 题 [yes 是] [no 否] [other 其他 other]"},
		{`| select_one five | a | 题 | likert |`, "a scale 题 [5 满意] [1 不满意]"},
		{`| select_one five | a | 题 | minimal |`, "a single 题 [5 满意] [1 不满意]"},
		{`| acknowledge | a | 题 |`, "a consent 题"},
		{`| trigger | a | 题 |`, "a consent 题"},
		{`| range | a | 题 |`, "a rating 题 min=1"}, // pyxform: from 1 to 10
		{`| range | a | 题 | | start=0 end=10 step=1 |`, "a rating 题"},
		{`| range | a | 题 | | start=1; end=5 |`, "a rating 题 min=1 max=5"},
		{`| integer | a | 题 |`, "a number 题 whole"},
		{`| int | a | 题 |`, "a number 题 whole"},
		{`| decimal | a | 题 |`, "a number 题"},
		{`| date | a | 题 |`, "a date 题"},
		{`| text | a | 题 |`, "a text 题"},
		{`| string | a | 题 |`, "a text 题"},
		{`| text | a | 题 | multiline |`, "a long_text 题"},
		{`| note | a | 话 |`, "a note 话"},
		{`| note | | 话 |`, "note_2 note 话"},
		{`| select_one yn | a | 题 | | randomize=true |`, "a single 题 [yes 是] [no 否] shuffle"},
		{"| begin_group | m | 各项 | table-list |\n| select_one five | r1 | 河水 |\n| select_one five | r2 | 河岸 |\n| end_group | |", "m matrix 各项 [5 满意] [1 不满意] <r1 河水> <r2 河岸>"},
		{"| begin group | m | 各项 | field-list |\n| select_one five | h | | label |\n| select_one five | r1 | 河水 | list-nolabel |\n| end group | |", "m matrix 各项 [5 满意] [1 不满意] <r1 河水>"},
		{"| begin group | g | | field-list |\n| select_one five | h | 各项 | label |\n| select_one five | r1 | 河水 | list-nolabel |\n| text | why | 为什么 |\n| end group | |", "h matrix 各项 [5 满意] [1 不满意] <r1 河水>\nwhy text 为什么"},
		{"| begin_group | g | 第一部分 |\n| text | a | 题 |\n| end_group | |", "g note 第一部分\na text 题"},
		{"| begin_group | g | |\n| begin_group | h | |\n| text | a | 题 |\n| end_group | |\n| end_group | |", "a text 题"},
	} {
		form := read(t, "| survey |\n| type | name | label | appearance | parameters |\n"+c.rows+lists)
		if len(form.Faults) > 0 {
			t.Errorf("%s: %+v", c.rows, form.Faults)
		}
		if got := written(form.Questionnaire); got != c.want {
			t.Errorf("%s is read as\n%s\nwant\n%s", c.rows, got, c.want)
		}
	}
}

// TestHeadings are those of pyxform, of older forms, and of people.
func TestHeadings(t *testing.T) {
	for heading, want := range map[string]string{
		"Type": "type", "command": "type", "tag": "name", "value": "name", "caption": "label", "relevance": "relevant", "bind::relevant": "relevant", "bind:: relevant": "relevant",
		"constraining message": "constraint_message", "bind::jr:constraintMsg": "constraint_message", "required message": "required_message", "calculate": "calculation", "readonly": "read_only",
		"list name": "list_name", "List_Name": "list_name", "\ufefflist_name": "list_name", "ｌａｂｅｌ": "label", "control::appearance": "appearance", "body::appearance": "appearance", "media::image": "image", "big-image": "big_image",
		"repeat_count": "repeat_count", "jr:count": "repeat_count", "set form title": "form_title", "form title": "form_title",
	} {
		if got, _ := headingAlone(heading); got != want {
			t.Errorf("%q is read as %q, want %q", heading, got, want)
		}
	}
	for text, want := range map[string]string{"label::Chinese (zh)": "label/Chinese (zh)", "label:English": "label/English", "hint::中文": "hint/中文", "media::image::en": "image/en", "label::English (en)": "label/English (en)"} {
		if column, language := heading(text); column+"/"+language != want {
			t.Errorf("%q is read as %s/%s", text, column, language)
		}
	}
}

func headingAlone(text string) (string, bool) {
	column, language := heading(text)
	return column, language == ""
}

// TestLanguages: of several Chinese is taken, then what names none, then the form's own.
func TestLanguages(t *testing.T) {
	for _, c := range []struct{ head, cells, want string }{
		{"label::English (en) | label::Chinese (zh)", "Question | 题", "题"},
		{"label | label::English", "题 | Question", "题"},
		{"label::Français (fr) | label::English (en)", "Question F | Question E", "Question E"},
		{"label::中文 | label", "题 | Question", "题"},
	} {
		form := read(t, "| survey |\n| type | name | "+c.head+" |\n| text | a | "+c.cells+" |\n| settings |\n| form_title | default_language |\n| 卷 | English (en) |")
		if len(form.Faults) > 0 || form.Questionnaire.Questions[0].Label != c.want || len(form.Notes) != 1 {
			t.Errorf("%s: %+v %+v", c.head, form.Questionnaire.Questions, form)
		}
	}
}

// TestExpressions reads conditions as people write them; a number, a choice of one and of
// several stand before.
func TestExpressions(t *testing.T) {
	for _, c := range []struct{ relevant, want string }{
		{"${one} = 'a'", "if:“一”选了甲"},
		{"'a' = ${one}", "if:“一”选了甲"},
		{"${one}='a'", "if:“一”选了甲"},
		{`${one} = "a"`, "if:“一”选了甲"},
		{"${one} = ‘a’", "if:“一”选了甲"},
		{"（${one} ＝ ＇a＇）", "if:“一”选了甲"},
		{"${ONE} = 'a'", "if:“一”选了甲"},
		{"${one} != 'a'", "if:“一”没有选甲"},
		{"selected(${one}, 'a')", "if:“一”选了甲"},
		{"selected(${many}, 'x') and selected(${many},'y')", "if:“多”选了子，并且“多”选了丑"},
		{"selected(${many}, 'x') or selected(${many},'y')", "if:“多”选了子、丑"},
		{"not(selected(${many}, 'x'))", "if:“多”没有选子"},
		{"not(selected(${many}, 'x') or selected(${many}, 'y'))", "if:“多”没有选子、丑"},
		{"not(${one} = 'a') and not(${one} = 'b')", "if:“一”没有选甲、乙"},
		{"not(not(${one} = 'a'))", "if:“一”选了甲"},
		{"${one} != ''", "if:“一”选了甲、乙"},
		{"${one} = ''", "if:“一”没有选甲、乙"},
		{"${n} > 3", "if:“数”大于3"},
		{"3 < ${n}", "if:“数”大于3"},
		{"${n} >= -1.5 and ${n} <= 10", "if:“数”不小于-1.5，并且“数”不大于10"},
		{"${n} = '5'", "if:“数”不小于5，并且“数”不大于5"},
		{"${n} ≥ 3", "if:“数”不小于3"},
		{"${one} = 'a' and (${n} > 3 or selected(${many}, 'x'))", "if:“一”选了甲，并且“数”大于3，或者“多”选了子"},
		{"${one} = 'a' or ${n} > 3 and ${n} < 9", "if:“一”选了甲，或者“数”大于3，并且“数”小于9"},
		{"${one} = 'a' AND ${n} > 3", "if:“一”选了甲，并且“数”大于3"},
		{"not(${n} > 3)", "unless:“数”大于3"},
		{"${one} = 'a' and not(${n} > 3 and ${n} < 9)", "if:“一”选了甲 unless:“数”大于3，并且“数”小于9"},
		{"true()", ""},
	} {
		form := read(t, before+"| text | z | 末 | "+c.relevant+" |"+beforeLists)
		got := strings.TrimSpace(strings.TrimPrefix(lastLine(form), "z text 末"))
		if len(form.Faults) > 0 || got != c.want {
			t.Errorf("%s is read as %q, want %q %+v", c.relevant, got, c.want, form.Faults)
		}
	}
}

const before = `| survey |
	| type | name | label | relevant | constraint | required | hint |
	| select_one ab | one | 一 |
	| select_multiple xy | many | 多 |
	| integer | n | 数 |
	| text | t | 文 |
`

const beforeLists = `
	| choices |
	| list_name | name | label |
	| ab | a | 甲 |
	| ab | b | 乙 |
	| xy | x | 子 |
	| xy | y | 丑 |`

func lastLine(f Form) string {
	lines := strings.Split(written(f.Questionnaire), "\n")
	return lines[len(lines)-1]
}

// TestGroupsHandTheirConditionsOn: to each question within, and to their own label.
func TestGroupsHandTheirConditionsOn(t *testing.T) {
	form := read(t, before+`| begin_group | g | 部分 | ${one} = 'a' |
		| text | p | 题 |
		| text | q | 题二 | ${n} > 3 |
		| end_group | | |`+beforeLists)
	lines := strings.Split(written(form.Questionnaire), "\n")
	want := []string{"g note 部分 if:“一”选了甲", "p text 题 if:“一”选了甲", "q text 题二 if:“一”选了甲，并且“数”大于3"}
	if got := strings.Join(lines[4:], "\n"); got != strings.Join(want, "\n") || len(form.Faults) > 0 {
		t.Errorf("%s %+v", got, form.Faults)
	}
}

// TestConstraints reads limits; those of ours are inclusive.
func TestConstraints(t *testing.T) {
	for _, c := range []struct{ kind, constraint, want string }{
		{"integer", ". >= 0 and . <= 120", "min=0 max=120 whole"},
		{"integer", ".>0 and .<120", "min=1 max=119 whole"},
		{"decimal", "(. >= 0.5) and 10 >= .", "min=0.5 max=10"},
		{"text", "string-length(.) <= 20", "max=20"},
		{"text", "string-length(.) > 1 and string-length(.) < 20", "min=2 max=19"},
		{"date", ". >= date('2014-09-01') and . < '2015-01-01'", "2014-09-01..2014-12-31"},
		{"select_multiple xy", "count-selected(.) <= 1", "[x 子] [y 丑] max=1"},
		{"select_multiple xy", "not(selected(., 'y') and count-selected(.) > 1)", "[x 子] [y 丑 exclusive]"},
		{"select_multiple xy", "not(count-selected(.) >= 2 and selected(., 'y'))", "[x 子] [y 丑 exclusive]"},
	} {
		form := read(t, before+"| "+c.kind+" | z | 末 | | "+c.constraint+" |"+beforeLists)
		_, got, _ := strings.Cut(lastLine(form), " 末 ")
		if len(form.Faults) > 0 || got != c.want {
			t.Errorf("%s %s is read as %q, want %q %+v", c.kind, c.constraint, got, c.want, form.Faults)
		}
		if q := form.Questionnaire.Questions[1]; q.Options[1].Exclusive {
			t.Errorf("%s: another question with the list has an exclusive option too", c.constraint)
		}
	}
}

// TestOtherWords: the text behind an option “other” becomes part of its question when it is
// named so and asked for that option alone.
func TestOtherWords(t *testing.T) {
	for _, c := range []struct{ rows, want string }{
		{"| text | many_other | 哪个 | selected(${many}, 'y') |", "many multiple 多 [x 子] [y 丑 other]"},
		{"| text | many_specify | 哪个 | selected(${many}, 'y') |", "many multiple 多 [x 子] [y 丑 other]"},
		{"| text | many_other | 哪个 | |", "many_other text 哪个"},
		{"| text | many_other | 哪个 | selected(${many}, 'x') or selected(${many}, 'y') |", "many_other text 哪个 if:“多”选了子、丑"},
		{"| text | reason | 哪个 | selected(${many}, 'y') |", "reason text 哪个 if:“多”选了丑"},
	} {
		form := read(t, "| survey |\n| type | name | label | relevant |\n| select_multiple xy | many | 多 |\n"+c.rows+beforeLists)
		if got := lastLine(form); got != c.want || len(form.Faults) > 0 {
			t.Errorf("%s is read as %q, want %q %+v", c.rows, got, c.want, form.Faults)
		}
	}
}

// TestFaultsHaveTheirPlace: sheet, row and column of each, several at once.
func TestFaultsHaveTheirPlace(t *testing.T) {
	for _, c := range []struct {
		name, form string
		want       []string
	}{
		{"a condition on a later question", before + "| text | y | 前 | ${z} > 1 |\n| integer | z | 后 |" + beforeLists, []string{"survey 第6行 relevant 列：显示条件引用的题目“z”排在本题之后，只能引用前面的题目"}},
		{"a loop", before + "| integer | y | 前 | ${z} > 1 |\n| integer | z | 后 | ${y} > 1 |" + beforeLists, []string{"survey 第6行 relevant 列：条件互相引用，成了一个圈：y → z → y；请改成只引用前面的题目"}},
		{"on itself", before + "| integer | z | 后 | ${z} > 1 |" + beforeLists, []string{"survey 第6行 relevant 列：显示条件不能引用本题自己"}},
		{"a missing list", before + "| select_one colours | z | 末 |" + beforeLists, []string{"survey 第6行 type 列：choices 工作表里没有“colours”这一组选项"}},
		{"a doubled name", before + "| text | T | 末 |" + beforeLists, []string{"survey 第6行 name 列：“T”与第5行重复，每题的代码不能相同"}},
		{"an unknown type", before + "| slider | z | 末 |" + beforeLists, []string{"survey 第6行 type 列：不认识题型“slider”"}},
		{"an unknown question", before + "| text | z | 末 | ${nobody} = 'x' |" + beforeLists, []string{"survey 第6行 relevant 列：显示条件引用的题目“nobody”不存在"}},
		{"an unknown option", before + "| text | z | 末 | ${one} = 'c' |" + beforeLists, []string{"survey 第6行 relevant 列：显示条件里的选项代码“c”不是题目“one”的选项"}},
		{"no type", before + "| | z | 末 |" + beforeLists, []string{"survey 第6行 type 列：缺少题型"}},
		{"no name", before + "| text | | 末 |" + beforeLists, []string{"survey 第6行 name 列：缺少代码"}},
		{"no label", before + "| text | z | |" + beforeLists, []string{"survey 第6行 label 列：第5题缺少题目文字"}},
		{"a name", before + "| text | 题目 | 末 |" + beforeLists, []string{"survey 第6行 name 列：第5题的代码“题目”只能用"}},
		{"a group left open", before + "| begin_group | g | |\n| text | z | 末 |" + beforeLists, []string{"survey 第6行 type 列：这一组没有对应的 end_group"}},
		{"an end alone", before + "| end_group | | |" + beforeLists, []string{"survey 第6行 type 列：这一行没有对应的 begin"}},
		{"choices", before + beforeLists + "\n| xy | x | 寅 |\n| | c | 卯 |\n| ab | 丙 | 丙 |", []string{"choices 第6行 name 列：选项代码“x”在“xy”里重复", "choices 第7行 list_name 列：缺少 list_name", "choices 第8行 name 列：选项代码“丙”只能用字母"}},
		{"options alike but for their width", before + beforeLists + "\n| ab | c | Ａ甲 |\n| ab | d | a甲 |", []string{"survey 第2行 type 列：“a甲”既可以指"}},
		{"several", before + "| geopoint | z | 末 |\n| text | y | 末 | ${one} ~ 3 | regex(., 'a') | maybe |" + beforeLists, []string{"survey 第6行 type 列：不支持定位", "survey 第7行 constraint 列：看不懂限制", "survey 第7行 relevant 列：看不懂条件“${one} ~ 3”", "survey 第7行 required 列：“maybe”要填"}},
		{"a name of a person", before + "| text | z | 姓名 |" + beforeLists, []string{"survey 第6行：问卷不记名"}},
	} {
		form := read(t, c.form)
		var got []string
		for _, f := range form.Faults {
			got = append(got, f.Place()+"："+f.Why)
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
			continue
		}
		for i := range got {
			if !strings.HasPrefix(got[i], c.want[i]) {
				t.Errorf("%s: %q, want %q", c.name, got[i], c.want[i])
			}
		}
	}
}

func TestNoForm(t *testing.T) {
	if _, err := Read(tables("| Sheet1 |\n| 编号 | 题 |\n| 1 | 2 |"), ""); err == nil || !strings.Contains(err.Error(), "这不是 XLSForm") {
		t.Error(err)
	}
}

// FuzzExpressions: whatever stands in a cell is read or refused.
func FuzzExpressions(f *testing.F) {
	for _, text := range []string{"${a} = 'x' and not(selected(${b}, 'y'))", "((((((", "not(not(${n}>1))", "${", "'", "-", "${a}=${a}=${a}", "selected(", "，"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parse(text)
		if err != nil {
			return
		}
		find := func(name string) (survey.Question, bool) {
			return survey.Question{Name: name, Type: survey.Multiple}, true
		}
		k := conditions{find}
		c, err := k.read(n)
		if err != nil {
			return
		}
		again, _, err := k.relevant(expression(c, find), "")
		if err != nil || c.Question+fmt.Sprint(c.In, c.NotIn) != "[] []" && again == nil {
			t.Errorf("%q is written as %q, which is not read: %v", text, expression(c, find), err)
		}
	})
}
