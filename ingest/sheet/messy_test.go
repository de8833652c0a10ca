package sheet

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// openTestdata opens a file of ../testdata by the content it has on disk.
func openTestdata(t *testing.T, name string) *Book {
	t.Helper()
	f, err := os.Open("../testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(context.Background(), f, info.Size(), name, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// allRows reads a sheet to its end.
func allRows(t *testing.T, b *Book, sheet string) []Row {
	t.Helper()
	rows, err := b.Rows(context.Background(), sheet)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []Row
	for rows.Next() {
		all = append(all, rows.Row())
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// ledgerField knows the headers of the messy ledger.
func ledgerField(text string) (string, bool) {
	field, ok := map[string]string{
		"责任单位": "unit", "任务": "task", "宣传形式": "carrier", "设置地点": "place", "数量": "quantity",
		"计量单位": "measure", "面积(m2)": "area", "宣传时间/开始": "start", "宣传时间/结束": "end", "备注": "remark",
	}[text]
	return field, ok
}

// expected is the published outcome of the messy ledger. What depends on the
// plan (whether 市体育局 is a unit) isn't this package's; the rest is.
type expected struct {
	Sheet      string `json:"sheet"`
	HeaderRows []int  `json:"header_rows"`
	Accepted   []struct {
		Row      int
		Unit     string
		Quantity float64
		Measure  string
		Area     *float64 `json:"area_m2"`
		Start    string
		End      *string
		Warning  string
	}
	Rejected []struct {
		Row    int
		Fields []string
	}
	Skipped []struct {
		Row int
		Why string
	}
	NotStored []string `json:"columns_not_stored"`
}

func TestMessyPlacements(t *testing.T) {
	data, err := os.ReadFile("../testdata/messy-placements.expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var want expected
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	b := openTestdata(t, "messy-placements.xlsx")
	if got := b.Sheets(); !slices.Equal(got, []string{"宣传台账", "说明"}) {
		t.Fatalf("sheets %q", got)
	}
	rows := allRows(t, b, want.Sheet)
	h, ok := FindHeader(rows[:10], ledgerField, 5)
	if !ok || !slices.Equal(h.Rows, want.HeaderRows) {
		t.Fatalf("header in rows %v, want %v", h.Rows, want.HeaderRows)
	}
	var unknown []string
	for _, c := range h.Columns {
		if c.Field == "" && c.Text != "序号" {
			unknown = append(unknown, c.Text)
		}
	}
	if !slices.Equal(unknown, want.NotStored) {
		t.Errorf("columns without a field %q, want %q", unknown, want.NotStored)
	}
	byNumber := make(map[int]Row)
	for _, r := range rows {
		byNumber[r.Number] = r
	}
	cell := func(row int, field string) Cell {
		c, ok := h.Column(field)
		if !ok {
			t.Fatalf("no column for %s", field)
		}
		return byNumber[row].Cell(c.Index)
	}
	for _, w := range want.Accepted {
		q, err := ParseQuantity(cell(w.Row, "quantity").Text)
		if err != nil || q.Value != w.Quantity {
			t.Errorf("row %d: quantity %v %v, want %v", w.Row, q, err, w.Quantity)
		}
		if m := q.Measure + cell(w.Row, "measure").Text; m != w.Measure {
			// One of the two columns has it, in this file never both.
			t.Errorf("row %d: measure %q, want %q", w.Row, m, w.Measure)
		}
		area, err := ParseQuantity(cell(w.Row, "area").Text)
		if w.Area == nil && FaultOf(err) != Missing || w.Area != nil && (err != nil || area.Value != *w.Area) {
			t.Errorf("row %d: area %v %v", w.Row, area, err)
		}
		start, err := ParseDate(cell(w.Row, "start"), b.Dates())
		if err != nil || start.Format(time.DateOnly) != w.Start {
			t.Errorf("row %d: start %v %v, want %s", w.Row, start, err, w.Start)
		}
		end, open, err := ParseEnd(cell(w.Row, "end"), b.Dates())
		if err != nil || open != (w.End == nil) || w.End != nil && end.Format(time.DateOnly) != *w.End {
			t.Errorf("row %d: end %v open %v %v", w.Row, end, open, err)
		}
		if computed := cell(w.Row, "quantity").Computed; computed != (w.Warning != "") {
			t.Errorf("row %d: computed %v, want warning %q", w.Row, computed, w.Warning)
		}
		// 市 may be missing and 街道办事处 is 街道 in the plan; the unit column must have some of it.
		if unit := cell(w.Row, "unit").Text; !strings.Contains(w.Unit, strings.TrimPrefix(unit, "市")) {
			t.Errorf("row %d: unit %q, want %q", w.Row, unit, w.Unit)
		}
	}
	faults := map[int]map[string]Fault{
		9:  {"start": NoYear},
		12: {"quantity": Negative},
		15: {"quantity": Approximate},
		22: {"quantity": Missing},
		23: {"start": NoSuchDay},
	}
	for row, fields := range faults {
		for field, want := range fields {
			var err error
			if field == "start" {
				_, err = ParseDate(cell(row, field), b.Dates())
			} else {
				_, err = ParseQuantity(cell(row, field).Text)
			}
			if FaultOf(err) != want {
				t.Errorf("row %d: %s: %v, want %s", row, field, err, want)
			}
		}
	}
	if !byNumber[10].Empty() || byNumber[10].Number != 10 {
		t.Errorf("row 10 isn't told as an empty row: %+v", byNumber[10])
	}
	if got := byNumber[14].Cell(0).Text; got != "小计" {
		t.Errorf("row 14 starts with %q", got)
	}
	// SUM takes the numbers and passes over texts such as 30条, as Excel does:
	// 24+2+18+86-5+40+126+6+42+3+1+42+32, the 32 being a formula itself.
	if got := cell(24, "quantity"); got.Text != "417" || !got.Computed {
		t.Errorf("total %+v", got)
	}
	if !byNumber[6].Cell(1).Merged || byNumber[5].Cell(1).Merged {
		t.Errorf("unit of rows 5 and 6: merged %v and %v", byNumber[5].Cell(1).Merged, byNumber[6].Cell(1).Merged)
	}
	if c := cell(7, "start"); !c.Number || !c.DateStyle || c.Text != "41892" {
		t.Errorf("row 7: start %+v", c)
	}
	if c := cell(13, "start"); !c.Number || c.DateStyle {
		t.Errorf("row 13: start %+v", c)
	}
}
