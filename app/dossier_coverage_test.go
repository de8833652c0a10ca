package main

import (
	"archive/zip"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// coverageAnswer is what the API says of the coverage.
type coverageAnswer struct {
	Items []coverageLine
	Total coverageLine
}

type coverageLine struct {
	Key                                                  string
	Expected, Covered, Present, Logged, Standing, Proven int64
	Share                                                figure
}

// columnsOf says which number of the API stands under which heading.
var columnsOf = map[string]func(coverageLine) float64{
	"应落实（项）":     func(l coverageLine) float64 { return float64(l.Expected) },
	"已证明（项）":     func(l coverageLine) float64 { return float64(l.Covered) },
	"周末已证明（项）":   func(l coverageLine) float64 { return float64(l.Covered) },
	"覆盖率":        func(l coverageLine) float64 { return l.Share.Value },
	"在位（项）":      func(l coverageLine) float64 { return float64(l.Present) },
	"周末在位（项）":    func(l coverageLine) float64 { return float64(l.Present) },
	"累计记录（条）":    func(l coverageLine) float64 { return float64(l.Logged) },
	"在位记录（条）":    func(l coverageLine) float64 { return float64(l.Standing) },
	"周末在位记录（条）":  func(l coverageLine) float64 { return float64(l.Standing) },
	"已证明记录（条）":   func(l coverageLine) float64 { return float64(l.Proven) },
	"周末已证明记录（条）": func(l coverageLine) float64 { return float64(l.Proven) },
}

// asTheAPI holds a table with a heading, whose lines stand in the order of the API.
func asTheAPI(t *testing.T, what string, rows [][]string, want []coverageLine) {
	t.Helper()
	if len(rows) != len(want)+1 || len(want) < 3 {
		t.Errorf("%s: %d rows, the API has %d", what, len(rows)-1, len(want))
		return
	}
	compared := 0
	for i, l := range want {
		for j, heading := range rows[0] {
			value, known := columnsOf[heading]
			switch cell := rows[i+1][j]; {
			case !known || heading == "覆盖率" && !l.Share.Valid:
			case l.Expected < 0 && strings.HasSuffix(heading, "（项）") || l.Expected < 0 && heading == "覆盖率":
				if isPrinted(cell, value(l)) || cell != "" && !strings.Contains(cell, "明确") && !strings.Contains("—–", cell) {
					t.Errorf("%s: %q of %q, nobody knows how many are owed", what, cell, rows[i+1])
				}
			case !isPrinted(cell, value(l)):
				t.Errorf("%s: %s is %q of %q, the API says %v", what, heading, cell, rows[i+1], value(l))
			default:
				compared++
			}
		}
	}
	if compared < 3*len(want) {
		t.Errorf("%s: only %d numbers of %d lines were compared", what, compared, len(want))
	}
}

// theSameCoverage holds what stands and what is proven in the report, on the pages, in the
// workbook and in the API against each other: by task, unit, carrier and week, and the matrix.
func theSameCoverage(t *testing.T, office *browser, s *server, p *reportPaper, folder string, book *excelize.File) coverageAnswer {
	t.Helper()
	by := map[string]coverageAnswer{}
	for _, heading := range []string{"task", "unit", "carrier", "week"} {
		var answer coverageAnswer
		office.json(s.address+"/api/v1/campaigns/feicheng/coverage?by="+heading, &answer)
		by[heading] = answer
	}
	tasks, total := by["task"].Items, by["task"].Total
	p.says("the whole", fmt.Sprintf("应落实的%d项", total.Expected), fmt.Sprintf("有%d项已证明在位", total.Covered), fmt.Sprintf("（%d/%d，全数清点", total.Covered, total.Expected))
	for _, l := range tasks {
		if l.Expected > 0 {
			p.says(l.Key, fmt.Sprintf("应落实%d个单位，其中%d个已证明在位，%d个登记在位但没有有效的证明，%d个未见在位记录。在位%d处", l.Expected, l.Covered, l.Present-l.Covered, l.Expected-l.Present, l.Standing))
		}
	}
	const page = "/c/feicheng/coverage/panels/coverage-"
	for heading, caption := range map[string]string{"task": "按任务", "unit": "按责任单位", "carrier": "按宣传形式"} {
		rows, want := theSameTable(t, office, p, caption, page+heading), by[heading].Items
		if heading != "carrier" {
			want = append(slices.Clone(want), total)
		}
		asTheAPI(t, caption, rows, want)
	}
	inSummary(t, p, folder, book, tasks, total)
	theSameMatrix(t, office, p, book, by["task"].Items, by["unit"].Items)
	theSameWeeks(t, office, p, folder, book, by["week"].Items)
	return by["task"]
}

// inSummary holds the first sheet of the workbook, and the chart on it, against the API.
func inSummary(t *testing.T, p *reportPaper, folder string, book *excelize.File, tasks []coverageLine, total coverageLine) {
	t.Helper()
	sheet := cells(t, book, "摘要")
	from := slices.IndexFunc(sheet, func(row []string) bool { return len(row) > 4 && row[1] == "应落实（项）" })
	if from < 0 || from+len(tasks)+2 > len(sheet) {
		t.Fatal("the workbook has no coverage")
	}
	rows := [][]string{sheet[from]}
	for _, row := range sheet[from+1 : from+len(tasks)+2] {
		row = append(slices.Clone(row), "", "", "", "")
		if v := parsed(row[3]); v <= 1 { // a share is a part of one
			row[3] = fmt.Sprintf("%.6f", 100*v)
		}
		rows = append(rows, row)
	}
	asTheAPI(t, "摘要", rows, append(slices.Clone(tasks), total))
	charts := bookCharts(t, folder, book)
	owed, proven := charts["'摘要'!$B$"+fmt.Sprint(from+1)], charts["'摘要'!$C$"+fmt.Sprint(from+1)]
	if len(owed.values) != len(tasks) || len(proven.values) != len(tasks) {
		t.Fatalf("the workbook draws %v of %d tasks", charts, len(tasks))
	}
	for i, l := range tasks {
		if l.Expected >= 0 && (parsed(owed.values[i]) != float64(l.Expected) || parsed(proven.values[i]) != float64(l.Covered)) || !strings.HasPrefix(owed.names[i], l.Key) {
			t.Errorf("the workbook draws %s and %s of %s, the API says %d and %d", owed.values[i], proven.values[i], owed.names[i], l.Expected, l.Covered)
		}
	}
}

// bookCharts are the series of all native charts of the workbook, by the cell of their name; the
// cells that they are drawn from.
func bookCharts(t *testing.T, folder string, book *excelize.File) map[string]printedSeries {
	t.Helper()
	archive, err := zip.OpenReader(filepath.Join(folder, "报告", "汇总工作簿.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	type series struct {
		Name   string `xml:"tx>strRef>f"`
		Text   string `xml:"cat>strRef>f"`
		Values string `xml:"val>numRef>f"`
	}
	all := map[string]printedSeries{}
	for _, f := range archive.File {
		if !strings.HasPrefix(f.Name, "xl/charts/chart") {
			continue
		}
		var part struct {
			Bars  []series `xml:"chart>plotArea>barChart>ser"`
			Lines []series `xml:"chart>plotArea>lineChart>ser"`
		}
		if err := xml.Unmarshal(member(t, &archive.Reader, f.Name), &part); err != nil {
			t.Fatal(err)
		}
		for _, one := range append(part.Bars, part.Lines...) {
			all[one.Name] = printedSeries{name: cellsOf(t, book, one.Name)[0], names: cellsOf(t, book, one.Text), values: cellsOf(t, book, one.Values)}
		}
	}
	return all
}

// signs of the matrix: what is owed, what has something that stands, what is proven.
const signsOwed, signsPresent, signsProven = "✓◐●△○", "✓◐●△", "✓◐●"

// theSameMatrix holds the matrix of units and tasks: the report prints the sign of each cell as
// the page does and its chart draws it, and the signs of a line and of a column are as many as
// the API counts. The workbook says how many there are of each.
func theSameMatrix(t *testing.T, office *browser, p *reportPaper, book *excelize.File, tasks, units []coverageLine) {
	t.Helper()
	page := bookRows(t, office, "/c/feicheng/coverage/panels/coverage-matrix")
	signs := [][]string{}
	for _, row := range page[1:] {
		line := []string{row[0]}
		for _, cell := range row[1:] {
			sign, _, _ := strings.Cut(cell, " ")
			line = append(line, sign)
		}
		signs = append(signs, line)
	}
	sameRows(t, "the matrix of the report", p.table("各责任单位 × 各任务"), signs)

	signs = signs[1:] // the first line is what nobody is named for
	if len(signs) != len(units) || len(page[0]) != len(tasks)+1 {
		t.Fatalf("the matrix has %d units and %d tasks, the API %d and %d", len(signs), len(page[0])-1, len(units), len(tasks))
	}
	count := func(list []string, of string) (n int64) {
		for _, sign := range list {
			if strings.Contains(of, sign) {
				n++
			}
		}
		return n
	}
	as := func(what string, list []string, l coverageLine) {
		t.Helper()
		if e, c, n := count(list, signsOwed), count(list, signsProven), count(list, signsPresent); e != l.Expected || c != l.Covered || n != l.Present {
			t.Errorf("the matrix has %d owed, %d proven, %d present of %s, the API says %+v", e, c, n, what, l)
		}
	}
	all, unsettled := []string{}, int64(0)
	settled := make([][]string, len(units))
	for j, l := range tasks {
		var column []string
		for i, line := range signs {
			if column = append(column, line[j+1]); l.Expected >= 0 {
				settled[i] = append(settled[i], line[j+1])
			}
		}
		if l.Expected < 0 { // whoever logs there owes nothing yet
			unsettled += count(column, signsOwed)
			continue
		}
		all = append(all, column...)
		as(page[0][j+1], column, l)
	}
	for i, l := range units {
		as(signs[i][0], settled[i], l)
	}
	said := false
	want := fmt.Sprintf("✓ 达标%d项，◐ 不足%d项，○ 未见%d项，△ 在位而没有有效证明%d项，● 已证明而应设数量未核定%d项；方案没有要求、单位另报%d项。",
		count(all, "✓"), count(all, "◐"), count(all, "○"), count(all, "△"), count(all, "●"), count(all, "+"))
	want += fmt.Sprintf("责任单位待市创建办明确的任务另有%d项已有登记，不计入应落实。", unsettled)
	if gaps := panelRows(t, office, "/c/feicheng/overview/panels/overview-missing"); int64(len(gaps)-1) != count(all, "○")+count(all, "△") {
		t.Errorf("the overview lists %d gaps, the matrix has %d", len(gaps)-1, count(all, "○")+count(all, "△"))
	}
	for _, row := range cells(t, book, "摘要") {
		said = said || len(row) > 0 && strings.Contains(row[0], want)
	}
	if !said {
		t.Errorf("the workbook doesn't say: %s", want)
	}
	theSameCells(t, office, page)
}

// drawnOnThePage reads what a chart of the coverage is drawn from.
func drawnOnThePage(t *testing.T, office *browser, panel string, option any) {
	t.Helper()
	var charts map[string]struct{ Option json.RawMessage }
	office.json("/c/feicheng/coverage/charts.json", &charts)
	if err := json.Unmarshal(charts[panel].Option, option); err != nil {
		t.Fatalf("%s: %v", panel, err)
	}
}

// theSameCells holds the chart of the matrix against its table.
func theSameCells(t *testing.T, office *browser, page [][]string) {
	t.Helper()
	var option struct {
		Series []struct {
			Data []struct {
				Value []int // column, line, state
				Label struct{ Formatter string }
			}
		}
	}
	drawnOnThePage(t, office, "coverage-matrix", &option)
	drawn := map[string]string{} // by column and line
	for _, mark := range option.Series[0].Data {
		drawn[fmt.Sprint(mark.Value[:2])] = mark.Label.Formatter
	}
	for i, row := range page[1:] {
		for j, cell := range row[1:] {
			sign, _, _ := strings.Cut(cell, " ")
			if is, marked := drawn[fmt.Sprint([]int{j, i})]; marked != (sign != "／") || marked && is != sign {
				t.Errorf("the chart draws %q of %s, %s, its table says %q", is, row[0], page[0][j+1], cell)
			}
		}
	}
}

// theSameWeeks holds the coverage against time: the table of the page and of the overview, the
// curve that is drawn, the sentence and the native charts of report and workbook.
func theSameWeeks(t *testing.T, office *browser, p *reportPaper, folder string, book *excelize.File, weeks []coverageLine) {
	t.Helper()
	rows := bookRows(t, office, "/c/feicheng/coverage/panels/coverage-week")
	asTheAPI(t, "按周", rows, weeks)
	sameRows(t, "the weeks of the overview", panelRows(t, office, "/c/feicheng/overview/panels/overview-week"), rows)
	first, last := weeks[0], weeks[len(weeks)-1]
	p.says("the weeks", fmt.Sprintf("共%d周：登记在位的由%d项变为%d项，已证明的由%d项变为%d项（应落实%d项）", len(weeks), first.Present, last.Present, first.Covered, last.Covered, last.Expected))
	var option struct {
		Series []struct {
			Name string
			Data []struct{ Value float64 }
		}
	}
	drawnOnThePage(t, office, "coverage-week", &option)
	curves := map[string][]float64{}
	for _, s := range option.Series {
		for _, point := range s.Data {
			curves["page: "+s.Name] = append(curves["page: "+s.Name], point.Value)
		}
	}
	read := func(where string, s printedSeries) {
		for _, v := range s.values {
			curves[where+s.name] = append(curves[where+s.name], parsed(v))
		}
	}
	for _, s := range p.chart("落实进度（每周）") {
		read("report: ", s)
		for i, at := range s.names { // the day on which a week ends, as a spreadsheet counts days
			day := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(parsed(at)))
			if day.AddDate(0, 0, -6).Format(time.DateOnly) != weeks[i].Key {
				t.Errorf("the report draws the week of %s at %s", weeks[i].Key, day.Format(time.DateOnly))
			}
		}
	}
	for at, s := range bookCharts(t, folder, book) {
		if strings.HasPrefix(at, "'推进过程'!") {
			read("workbook: ", s)
		}
	}
	inTheBook(t, "the weeks", cells(t, book, "推进过程"), rows)
	for name, value := range map[string]func(coverageLine) int64{
		"page: 应落实（项）": func(l coverageLine) int64 { return l.Expected }, "page: 在位（项）": func(l coverageLine) int64 { return l.Present }, "page: 已证明（项）": func(l coverageLine) int64 { return l.Covered },
		"report: 应落实": func(l coverageLine) int64 { return l.Expected }, "report: 登记在位": func(l coverageLine) int64 { return l.Present }, "report: 已证明": func(l coverageLine) int64 { return l.Covered },
		"workbook: 应落实（项）": func(l coverageLine) int64 { return l.Expected }, "workbook: 周末在位（项）": func(l coverageLine) int64 { return l.Present }, "workbook: 周末已证明（项）": func(l coverageLine) int64 { return l.Covered },
	} {
		want := make([]float64, len(weeks))
		for i, l := range weeks {
			want[i] = float64(value(l))
		}
		if !slices.Equal(curves[name], want) {
			t.Errorf("%s is drawn as %v, the API says %v", name, curves[name], want)
		}
	}
}
