package xlsform

import (
	"strings"
	"testing"
)

const ruled = "| survey |\n| type | name | label |\n| select_one L | One | 甲题 |\n| select_multiple L | two | 乙题 |\n| integer | n | 丙题 |\n| text | t | 丁题 |" + exampleLists + "\n| _shuixuan_contradictions |\n| one | other | reason |\n"

// Rules written by hand are read in the language of relevant.
func TestContradictionsAreRead(t *testing.T) {
	form := read(t, ruled+"| ${One} = 'a' or ${One} = 'b' | selected(${two}, 'a') | 不能同时 |\n| ${n} >= 18 and ${n} < 60 | ${one} = 'b' | 也不能 |")
	if len(form.Faults) > 0 || len(form.Questionnaire.Contradictions) != 2 {
		t.Fatalf("%+v", form)
	}
	var words []string
	for _, c := range form.Questionnaire.Contradictions {
		words = append(words, c.Words(form.Questionnaire)+"："+c.Reason)
	}
	if got := strings.Join(words, "\n"); got != "“甲题”选了甲、乙，又“乙题”选了甲：不能同时\n“丙题”不小于18，并且“丙题”小于60，又“甲题”选了乙：也不能" {
		t.Error(got)
	}
}

// What is wrong with a rule is told once, at its row and column.
func TestFaultsOfContradictions(t *testing.T) {
	for _, c := range []struct{ row, column, why string }{
		{"| ${one} = | selected(${two}, 'a') | 因为 |", "one", "看不懂"},
		{"| ${one} = 'a' | | 因为 |", "other", "没有写是哪一题"},
		{"| ${one} = 'a' | ${t} = 'x' | 因为 |", "other", "不能按"},
		{"| ${one} = 'a' | ${gone} = 'x' | 因为 |", "other", "不存在"},
		{"| ${one} = 'z' | ${n} > 3 | 因为 |", "one", "不是题目"},
		{"| ${one} != 'a' | ${n} > 3 | 因为 |", "one", "只能写一道题选了哪些选项"},
		{"| ${one} = 'a' and ${n} > 4 | selected(${two}, 'a') | 因为 |", "one", "只能写一道题选了哪些选项"},
		{"| ${one} = 'a' | ${n} > 3 | |", "reason", "没有写为什么"},
		{"| ${one} = 'a' | ${one} = 'b' | 因为 |", "", "一个人只会答其中一个"},
	} {
		form := read(t, ruled+c.row)
		if len(form.Faults) != 1 || form.Faults[0].Sheet != contradictionsSheet || form.Faults[0].Row != 2 || form.Faults[0].Column != c.column || !strings.Contains(form.Faults[0].Why, c.why) {
			t.Errorf("%s: %+v", c.row, form.Faults)
		}
	}
}
