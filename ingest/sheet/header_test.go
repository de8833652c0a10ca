package sheet

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// table makes rows of texts, the first one numbered 1; a cell "<" is merged with
// the one at its left, "^" with the one above, "#…" is a number.
func table(lines ...string) []Row {
	var rows []Row
	for i, line := range lines {
		row := Row{Number: i + 1}
		for j, text := range strings.Split(line, "|") {
			c := Cell{Text: text}
			switch {
			case text == "<":
				c = row.Cells[j-1]
				c.Merged = true
			case text == "^":
				c = rows[i-1].Cell(j)
				c.Merged = true
			case strings.HasPrefix(text, "#"):
				c = Cell{Text: text[1:], Number: true}
			}
			row.Cells = append(row.Cells, c)
		}
		rows = append(rows, row)
	}
	return rows
}

func TestFindHeader(t *testing.T) {
	known := func(text string) (string, bool) {
		field, ok := map[string]string{
			"单位": "unit", "责任单位": "unit", "任务": "task", "数量": "quantity", "宣传时间": "start", "宣传时间/开始": "start",
			"宣传时间/结束": "end", "开始": "start", "结束": "end", "面积(m2)": "area",
		}[text]
		return field, ok
	}
	for _, c := range []struct {
		name string
		rows []Row
		want string // "rows: index text=field, …", or none
	}{
		{"the first row", table("单位|任务|数量", "甲|一|#1"), "[1]: 0 单位=unit, 1 任务=task, 2 数量=quantity"},
		{"after a title and an empty row", table("台账|<|<", "", "单位|任务|数量"), "[3]: 0 单位=unit, 1 任务=task, 2 数量=quantity"},
		{"two rows, merged", table("单位|任务|宣传时间|<|备注", "^|^|开始|结束|^", "甲|一|x|y|z"), "[1 2]: 0 单位=unit, 1 任务=task, 2 宣传时间·开始=start, 3 宣传时间·结束=end, 4 备注="},
		{"two rows, as CSV leaves them", table("单位|任务|宣传时间||备注", "||开始|结束|", "甲|一|x|y|z"), "[1 2]: 0 单位=unit, 1 任务=task, 2 宣传时间·开始=start, 3 宣传时间·结束=end, 4 备注="},
		{"two rows, the lower names alone are known", table("单位|任务|期限|<", "^|^|开始|结束"), "[1 2]: 0 单位=unit, 1 任务=task, 2 期限·开始=start, 3 期限·结束=end"},
		{"a group at the left end", table("宣传时间|<|单位|任务", "开始|结束|^|^"), "[1 2]: 0 宣传时间·开始=start, 1 宣传时间·结束=end, 2 单位=unit, 3 任务=task"},
		{"two groups side by side", table("单位|宣传时间|<|规格|<", "^|开始|结束|数量|面积（㎡）"), "[1 2]: 0 单位=unit, 1 宣传时间·开始=start, 2 宣传时间·结束=end, 3 规格·数量=quantity, 4 规格·面积(m2)=area"},
		{"a group over one row is a column", table("单位|任务|宣传时间|<", "甲|一|x|y"), "[1]: 0 单位=unit, 1 任务=task, 2 宣传时间=start, 3 宣传时间="},
		{"data under a merged name isn't a header", table("单位|任务|数量|<", "甲|一|#3|块"), "[1]: 0 单位=unit, 1 任务=task, 2 数量=quantity, 3 数量="},
		{"numbers aren't names", table("单位|任务|宣传时间|<", "^|^|#41892|#41893"), "[1]: 0 单位=unit, 1 任务=task, 2 宣传时间=start, 3 宣传时间="},
		{"a title right over the names", table("台账|<|<|<", "单位|任务|数量"), "[2]: 0 单位=unit, 1 任务=task, 2 数量=quantity"},
		{"the same as CSV leaves it", table("台账|||", "单位|任务|数量"), "[2]: 0 单位=unit, 1 任务=task, 2 数量=quantity"},
		{"who and when right over the names", table("填报单位：甲||填报日期：某日|", "单位|任务|数量|备注"), "[2]: 0 单位=unit, 1 任务=task, 2 数量=quantity, 3 备注="},
		{"who alone, in the first cell, as CSV leaves it", table("填报单位：市住建局|||", "单位|任务|数量|备注"), "[2]: 0 单位=unit, 1 任务=task, 2 数量=quantity, 3 备注="},
		{"who over the second name", table("|填报单位：市住建局||", "单位|任务|数量|备注"), "[2]: 0 单位=unit, 1 任务=task, 2 数量=quantity, 3 备注="},
		{"when, beyond the last name", table("填报单位：市住建局||||填报日期：某日", "单位|任务|数量|备注"), "[2]: 0 单位=unit, 1 任务=task, 2 数量=quantity, 3 备注="},
		{"who over a column without a name", table("填报单位：市住建局||||", "|单位|任务|数量|备注"), "[2]: 1 单位=unit, 2 任务=task, 3 数量=quantity, 4 备注="},
		{"an unknown name beside a group is kept", table("形式（如：条幅）|宣传时间|", "|开始|结束"), "[1 2]: 0 形式(如:条幅)=, 1 宣传时间·开始=start, 2 宣传时间·结束=end"},
		{"blanks and line ends in names", table(" 责任\n单位|任 务|数　量"), "[1]: 0 责任单位=unit, 1 任务=task, 2 数量=quantity"},
		{"the left of two has the field", table("单位|任务|责任单位"), "[1]: 0 单位=unit, 1 任务=task, 2 责任单位="},
		{"the upper of two equal rows", table("单位|任务|数量", "单位|任务|数量"), "[1]: 0 单位=unit, 1 任务=task, 2 数量=quantity"},
		{"the better of two rows", table("单位|x|任务", "单位|任务|数量"), "[2]: 0 单位=unit, 1 任务=task, 2 数量=quantity"},
		{"columns without a name", table("单位||任务"), "[1]: 0 单位=unit, 2 任务=task"},
		{"too few", table("单位|x|y", "甲|一|#1"), "none"},
		{"nothing", nil, "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, ok := FindHeader(c.rows, known, 2)
			got := "none"
			if ok {
				var columns []string
				for _, col := range h.Columns {
					columns = append(columns, fmt.Sprintf("%d %s=%s", col.Index, col.Text, col.Field))
				}
				got = fmt.Sprintf("%v: %s", h.Rows, strings.Join(columns, ", "))
			}
			if got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestHeaderRowsMustMeet: with a row between them, two rows are not one header.
func TestHeaderRowsMustMeet(t *testing.T) {
	rows := table("单位|任务|宣传时间|<", "^|^|开始|结束")
	rows[1].Number = 3
	h, ok := FindHeader(rows, ledgerField, 1)
	if !ok || !slices.Equal(h.Rows, []int{1}) && !slices.Equal(h.Rows, []int{3}) {
		t.Errorf("%+v", h)
	}
}
