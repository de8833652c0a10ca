package workbook

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
	"shuixuan/dashboards/dashboardstest"
	"shuixuan/ingest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func placements() []placement.Placement {
	area := 36.5
	day := dashboardstest.Day
	at := time.Date(2014, 10, 27, 1, 30, 0, 0, time.UTC)
	id := func(n byte) uuid.UUID { return uuid.UUID{15: n} }
	return []placement.Placement{
		{ID: id(1), Task: "社会宣传1", Unit: "zhujian", Carrier: "board", CarrierText: "公交站点广告牌", Place: "龙山路", Quantity: 120, Measure: "块", AreaM2: &area, Size: "3m×1m", Start: day(9, 5), State: placement.Submitted, RecordedAt: at,
			Position: &placement.Position{Longitude: -116.5, Latitude: 36.25, Datum: placement.GCJ02}, Origin: placement.Origin{File: "台账.xlsx", Row: 7}},
		{ID: id(2), Task: "社会宣传1", Unit: "zhujian", Carrier: "board", Place: "=1+1", Quantity: 0.1, Measure: "平方米", Start: day(9, 5), End: day(10, 27), State: placement.Submitted, RecordedAt: at, Remark: "＝HYPERLINK(\"x\")"},
		{ID: id(3), Task: "社会宣传1", Unit: "long", Carrier: "board", Place: "康王河公园", Quantity: 0.2, Measure: "平方米", Start: day(9, 5), End: day(10, 26), State: placement.Submitted, RecordedAt: at, Remark: "]]>&<b>\u0007"},
		{ID: id(4), Task: "社会宣传1", Unit: "formula", CarrierText: dashboardstest.Formula, Place: dashboardstest.Script, Quantity: 5, Measure: "块", Start: day(9, 5), State: placement.Withdrawn, RecordedAt: at},
		{ID: id(5), Task: "媒体宣传1", Unit: "shuili", Carrier: "column", Place: "电视台" + dashboardstest.Emoji, Quantity: 6, Measure: "期", Start: day(9, 1), State: placement.Submitted, RecordedAt: at},
	}
}

func each[T any](list []T) Each[T] {
	return func(yield func(T) error) error {
		for _, x := range list {
			if err := yield(x); err != nil {
				return err
			}
		}
		return nil
	}
}

func reportData() ReportData {
	var all []dashboards.Result[analytics.Distribution]
	for _, name := range []string{"know", "channels", "river", "bank"} {
		all = append(all, dashboards.Of(dashboardstest.Distribution(name), nil))
	}
	return ReportData{
		Plan: dashboardstest.Plan(), AsOf: dashboardstest.Day(10, 27), MadeAt: time.Date(2014, 10, 27, 10, 0, 0, 0, time.UTC), Version: "v0.1.0",
		Coverage: dashboards.Of(dashboardstest.Coverage(), nil),
		Waves: []WaveReport{{Wave: dashboardstest.Wave(), Questionnaire: dashboardstest.Questionnaire(), Progress: dashboards.Of(dashboardstest.Progress(), nil),
			Kept:       &analytics.Run{ID: "0192-kept", SHA256: "ab12", Spec: analytics.RunSpec{Cutoff: dashboardstest.Day(10, 26)}},
			Indicators: dashboards.Of(dashboardstest.Indicators(), nil), Weighted: dashboards.Of(dashboardstest.Weighted(), nil), Distributions: all}},
		Ledger: func(task campaign.TaskCode, unit org.UnitID, yield func(placement.Placement) error) error {
			for _, p := range placements() {
				if (task == "" || p.Task == task) && (unit == "" || p.Unit == unit) {
					if err := yield(p); err != nil {
						return err
					}
				}
			}
			return nil
		},
	}
}

func TestReport(t *testing.T) {
	var out bytes.Buffer
	if err := Report(context.Background(), &out, reportData()); err != nil {
		t.Fatal(err)
	}
	keep("report", out.Bytes())
	golden(t, "report", out.Bytes())
}

// TestReportWithoutDesign: where a sample has no design there is no sheet of one, and the summary has
// the plain figures; where nobody could say, it has none.
func TestReportWithoutDesign(t *testing.T) {
	for what, c := range map[string]struct {
		weighted dashboards.Result[analytics.Weighted]
		method   string
		sheet    bool
	}{
		"none":      {dashboards.Of(&analytics.Weighted{}, nil), "Wilson 得分区间", false},
		"not known": {dashboards.Of[analytics.Weighted](nil, errors.New("read responses: code: 159")), "主要指标：生成报告时取不到数据", true},
	} {
		data := reportData()
		data.Waves[0].Weighted = c.weighted
		var out bytes.Buffer
		if err := Report(context.Background(), &out, data); err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		text := dump(t, out.Bytes())
		_, summary, _ := strings.Cut(text, "知晓与满意：第一轮")
		summary, _, _ = strings.Cut(summary, "待明确")
		if !strings.Contains(summary, c.method) || strings.Contains(text, designSheet) != c.sheet || strings.Contains(summary, "按抽样设计") {
			t.Errorf("%s: sheet %v, summary %s", what, strings.Contains(text, designSheet), summary)
		}
	}
}

// golden compares a workbook cell by cell with its golden file.
func golden(t *testing.T, name string, workbook []byte) {
	t.Helper()
	got := dump(t, workbook)
	dashboardstest.Golden(t, name+".golden", got, *update)
}

// dump writes every cell with its kind, so that a number that became a text shows.
func dump(t *testing.T, workbook []byte) string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(workbook))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b strings.Builder
	for _, name := range f.GetSheetList() {
		visible, _ := f.GetSheetVisible(name)
		fmt.Fprintf(&b, "# %s visible=%v\n", name, visible)
		rows, err := f.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			for j := range rows[i] {
				at, _ := excelize.CoordinatesToCellName(j+1, i+1)
				shown, _ := f.GetCellValue(name, at)
				raw, _ := f.GetCellValue(name, at, excelize.Options{RawCellValue: true})
				kind, _ := f.GetCellType(name, at)
				if raw == "" {
					continue
				}
				if kind == excelize.CellTypeInlineString || kind == excelize.CellTypeSharedString {
					fmt.Fprintf(&b, "%s %q\n", at, raw)
				} else {
					fmt.Fprintf(&b, "%s %s (%s)\n", at, raw, shown)
				}
			}
		}
	}
	for _, d := range f.GetDefinedName() {
		fmt.Fprintf(&b, "%s %s %s\n", d.Name, d.Scope, d.RefersTo)
	}
	return b.String()
}

func TestPlacements(t *testing.T) {
	var book, sheet bytes.Buffer
	if err := Placements(context.Background(), &book, dashboardstest.Plan(), each(placements())); err != nil {
		t.Fatal(err)
	}
	golden(t, "placements", undated(t, book.Bytes()))
	if err := PlacementsCSV(context.Background(), &sheet, dashboardstest.Plan(), each(placements())); err != nil {
		t.Fatal(err)
	}
	goldenText(t, "placements.csv", sheet.Bytes())
}

func responses() []survey.Response {
	return []survey.Response{
		{ID: uuid.UUID{15: 1}, Wave: "w1", Stratum: "school", Number: "0001", Mode: survey.Paper, Disposition: survey.Complete, AnsweredOn: dashboardstest.Day(10, 2), RecordedAt: time.Date(2014, 10, 2, 8, 0, 0, 0, time.UTC),
			Choices: map[string][]string{"group": {"school"}, "know": {"1"}, "channels": {"a", "b"}, "river": {"5"}, "bank": {"9"}}, Texts: map[string]string{"advice": "@SUM(1+1)*cmd|' /C calc'!A0"}},
		{ID: uuid.UUID{15: 2}, Wave: "w1", Stratum: "window", Mode: survey.Import, Disposition: survey.Partial, Choices: map[string][]string{"river": {"unknown"}},
			Texts: map[string]string{"advice": "第一行\n第二行"}, Origin: placement.Origin{File: "问卷.xlsx", Row: 12}},
	}
}

func TestResponses(t *testing.T) {
	var book, sheet bytes.Buffer
	if err := Responses(context.Background(), &book, dashboardstest.Plan(), dashboardstest.Wave(), dashboardstest.Questionnaire(), each(responses())); err != nil {
		t.Fatal(err)
	}
	golden(t, "responses", undated(t, book.Bytes()))
	if err := ResponsesCSV(context.Background(), &sheet, dashboardstest.Plan(), dashboardstest.Wave(), dashboardstest.Questionnaire(), each(responses())); err != nil {
		t.Fatal(err)
	}
	goldenText(t, "responses.csv", sheet.Bytes())
}

func TestTemplates(t *testing.T) {
	for name, make := range map[string]func(io.Writer) error{
		"placement-template-unit":   func(w io.Writer) error { return PlacementTemplate(w, dashboardstest.Plan(), "zhujian") },
		"placement-template-office": func(w io.Writer) error { return PlacementTemplate(w, dashboardstest.Plan(), "") },
		"placement-template-empty":  func(w io.Writer) error { return PlacementTemplate(w, dashboardstest.Empty(), "") },
		"response-template": func(w io.Writer) error {
			return ResponseTemplate(w, dashboardstest.Wave(), dashboardstest.Questionnaire())
		},
	} {
		var out bytes.Buffer
		if err := make(&out); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		keep(name, out.Bytes())
		golden(t, name, out.Bytes())
		f, err := excelize.OpenReader(&out)
		if err != nil {
			t.Fatal(err)
		}
		// The intake looks for the sheet that holds answers by the words of the questions:
		// a second sheet with one of them in a cell of its own would make it ask which.
		for _, sheet := range f.GetSheetList()[1:] {
			rows, _ := f.GetRows(sheet)
			for _, row := range rows {
				for _, cell := range row {
					for _, q := range dashboardstest.Questionnaire().Questions {
						if cell == q.Label || (cell == q.Short && cell != "") || cell == q.Name {
							t.Errorf("%s: the sheet %s holds the question %q", name, sheet, cell)
						}
					}
				}
			}
		}
		// An example that an import could take for data would be counted as work done.
		if rows, _ := f.GetRows(f.GetSheetName(0)); len(rows) != 1 {
			t.Errorf("%s: %d rows on the sheet to fill in, want the heading alone", name, len(rows))
		}
		_ = f.Close()
	}
}

// keep leaves a workbook where KEEP says, to be looked at.
func keep(name string, workbook []byte) {
	if dir := os.Getenv("KEEP"); dir != "" {
		_ = os.WriteFile(filepath.Join(dir, name+".xlsx"), workbook, 0o600)
	}
}

func TestTemplateOffersTheUnitsOwnTasks(t *testing.T) {
	var out bytes.Buffer
	if err := PlacementTemplate(&out, dashboardstest.Plan(), "zhujian"); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	found := map[string]string{}
	validations, err := f.GetDataValidations("宣传台账")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range validations {
		found[v.Sqref[:1]] = v.Formula1
	}
	// The second list is that of tasks, in column C; 市住建局 leads one task.
	if found["C"] != "选项!$B$1:$B$1" {
		t.Errorf("column C offers %q, want the second list", found["C"])
	}
	if v, _ := f.GetCellValue("选项", "B1"); v != "社会宣传1" {
		t.Errorf("offers %q, want 社会宣传1", v)
	}
	if shown, _ := f.GetSheetVisible("选项"); shown {
		t.Error("the sheet of lists is in sight")
	}
}

func TestRejected(t *testing.T) {
	receipt := &ingest.Receipt{
		Kind: ingest.Placements, File: "台账.xlsx", Header: []string{"序号", "责任单位", "宣传时间·开始"}, RecordedAt: time.Date(2014, 10, 27, 0, 0, 0, 0, time.UTC),
		Rejected: []ingest.Rejection{{Row: 12, Field: "宣传时间·开始", Why: "2014-09-31 这一天不存在"}, {Row: 5, Field: "责任单位", Why: "缺少责任单位"}, {Row: 12, Field: "数量", Why: "数量必须大于0"}},
		Cells:    map[int][]string{5: {"3", "", "2014-09-01"}, 12: {"=10", "市住建局", "2014-09-31", "标题以外的一格"}},
	}
	var out bytes.Buffer
	if err := Rejected(t.Context(), &out, receipt); err != nil {
		t.Fatal(err)
	}
	golden(t, "rejected", out.Bytes())

	// Sent in again and rejected again, our two columns are there once.
	receipt.Header = []string{"原行号(勿改)", "序号", "责任单位", "退回原因(勿填)"} // as the intake folds them
	receipt.Cells = map[int][]string{5: {"5", "3", "", "缺少责任单位"}, 12: {"12", "10", "市住建局", "…"}}
	out.Reset()
	if err := Rejected(t.Context(), &out, receipt); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, _ := f.GetRows("退回的行")
	if got := strings.Join(rows[0], "|"); got != rowColumn+"|序号|责任单位|"+reasonColumn {
		t.Errorf("headings of a second return: %s", got)
	}
}

func TestPanel(t *testing.T) {
	page := dashboards.Coverage(dashboardstest.Plan(), dashboards.Of(dashboardstest.Coverage(), nil))
	for _, panel := range page.Panels {
		var out bytes.Buffer
		if err := Panel(&out, panel); err != nil {
			t.Fatalf("%s: %v", panel.ID, err)
		}
		if panel.ID == "coverage-task" {
			golden(t, "panel", out.Bytes())
		}
	}
	var out bytes.Buffer
	if err := Panel(&out, dashboards.Panel{Title: "a/b[c]:*?'" + dashboardstest.Long, Failed: "取不到数据"}); err != nil {
		t.Errorf("a panel with a title no sheet may have: %v", err)
	}
}

// What people wrote never becomes a formula: in a workbook it is a quoted string.
func TestFormulasAreNeutralised(t *testing.T) {
	for _, s := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x", "  =1", "=cmd|'/c calc'!A1", "\x00=1"} {
		b := newBook("x", time.Time{})
		sh := b.sheet("x", layout{columns: []column{{"a", 10, plain}, {"b", 10, integer}}, bare: true, bulk: true})
		sh.add(s, s)
		sh.flush()
		var out bytes.Buffer
		if err := b.write(&out); err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(&out)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []string{"A2", "B2"} {
			if formula, _ := f.GetCellFormula("x", at); formula != "" {
				t.Errorf("%s holds the formula %q", at, formula)
			}
			style, _ := f.GetCellStyle("x", at)
			if mark := f.Styles.CellXfs.Xf[style].QuotePrefix; mark == nil || !*mark {
				t.Errorf("%q in %s is not marked as quoted", s, at)
			}
		}
		_ = f.Close()
	}
}

// A text that begins like a formula is wrapped where others are: it was cut in the matrix.
func TestQuotedTextIsSetLikeOthers(t *testing.T) {
	b := newBook("x", time.Time{})
	for quoted, text := range map[look]look{quoted: plain, flatQuoted: flat} {
		marked, bare := b.f.Styles.CellXfs.Xf[b.style[quoted]], b.f.Styles.CellXfs.Xf[b.style[text]]
		if marked.Alignment == nil || bare.Alignment == nil || marked.Alignment.WrapText != bare.Alignment.WrapText {
			t.Errorf("%d: %+v, want %+v", quoted, marked.Alignment, bare.Alignment)
		}
	}
	_ = b.f.Close()
}

// A sheet that is full goes on in the next one, with its heading, and no row is lost.
func TestSheetsGoOn(t *testing.T) {
	b := newBook("x", time.Time{})
	b.rows = 4 // a heading and three rows
	s := b.sheet("台账", layout{columns: []column{{"a", 10, integer}}, bare: true, bulk: true})
	for i := range 7 {
		s.add(i)
	}
	s.flush()
	var out bytes.Buffer
	if err := b.write(&out); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var got []string
	for _, name := range f.GetSheetList() {
		rows, _ := f.GetRows(name)
		for _, row := range rows {
			got = append(got, row[0])
		}
		got = append(got, name)
	}
	if want := "a 0 1 2 台账 a 3 4 5 台账（2） a 6 台账（3）"; strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, " "), want)
	}
}

// What was written is not read again: to choose the sheet that opens, excelize read every cell of
// all sheets, which took nine times as long as to write them. The workbook opens at its first sheet.
func TestWrittenCellsAreNotReadAgain(t *testing.T) {
	const rows, columns = 500, 20
	var out bytes.Buffer
	allocations := testing.AllocsPerRun(1, func() {
		out.Reset()
		b := newBook("x", time.Time{})
		l := layout{bare: true, bulk: true}
		row := make([]any, columns)
		for i := range row {
			l.columns, row[i] = append(l.columns, column{"a", 10, flat}), "很好"
		}
		s := b.sheet("台账", l)
		for range rows {
			s.add(row...)
		}
		if err := b.export(&out, s, "回答", "行", nil); err != nil {
			t.Fatal(err)
		}
	})
	if cell := allocations / (rows * columns); cell > 20 { // 8, and 48 when it is read again
		t.Errorf("%.0f allocations for a cell", cell)
	}
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if active := f.GetActiveSheetIndex(); active != 0 {
		t.Errorf("sheet %d opens", active)
	}
}

// A text beyond what a cell holds says how much is missing.
func TestFit(t *testing.T) {
	long := strings.Repeat("水", maxCell+100)
	got := fit(long)
	if n := len([]rune(got)); n > maxCell || !strings.Contains(got, "还有160个字") { // 100 over, and 60 kept for the words themselves
		t.Errorf("%d characters, end %q", n, string([]rune(got)[n-40:]))
	}
	if emoji := strings.Repeat("💧", 16383); fit(emoji) != emoji { // two units each: 32,766
		t.Error("a text that fits was cut")
	}
	if emoji := strings.Repeat("💧", 16384); fit(emoji) == emoji {
		t.Error("a text of 32,768 units was left whole; the writer would cut it silently")
	}
}

// A reader that goes away, or a store that fails, ends the export with its error.
func TestExportEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Placements(ctx, io.Discard, dashboardstest.Plan(), each(placements())); err == nil {
		t.Error("nobody waits, and the export went on")
	}
	if err := PlacementsCSV(ctx, io.Discard, dashboardstest.Plan(), each(placements())); err == nil {
		t.Error("nobody waits, and the CSV went on")
	}
}

// A report of a campaign of which nothing is known is a report all the same, and a
// result that can't be had leaves the others standing.
func TestReportOfNothing(t *testing.T) {
	failed := fmt.Errorf("read coverage: code: 159")
	for name, data := range map[string]ReportData{
		"empty":  {Plan: dashboardstest.Empty(), Coverage: dashboards.Of(&analytics.Coverage{}, nil)},
		"failed": {Plan: dashboardstest.Plan(), AsOf: dashboardstest.Day(9, 1), Coverage: dashboards.Of[analytics.Coverage](nil, failed), Waves: []WaveReport{{Wave: dashboardstest.Wave(), Indicators: dashboards.Of[analytics.Indicators](nil, failed), Distributions: []dashboards.Result[analytics.Distribution]{{Err: failed}}}}},
	} {
		var out bytes.Buffer
		if err := Report(context.Background(), &out, data); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if text := dump(t, out.Bytes()); strings.Contains(text, "159") || !strings.Contains(text, "方法说明") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// Quantities are summed in thousandths: 0.1 and 0.2 are 0.3.
func TestSums(t *testing.T) {
	s := newSums()
	s.add(0.1, "平方米", true)
	s.add(0.2, "平方米", true)
	s.add(3, "块", false)
	if got := dashboards.Amounts(s.all()); got != "0.3平方米、3块" {
		t.Errorf("all: %s", got)
	}
	if got := dashboards.Amounts(s.now()); got != "0.3平方米" {
		t.Errorf("standing: %s", got)
	}
}

// undated takes out the sheet that says when an export was made.
func undated(t *testing.T, workbook []byte) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(workbook))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if v, _ := f.GetCellValue("导出说明", "A4"); v != "导出时间" {
		t.Fatalf("A4 is %q", v)
	}
	if err := f.SetCellStr("导出说明", "B4", "…"); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := f.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func goldenText(t *testing.T, name string, got []byte) {
	t.Helper()
	if !bytes.HasPrefix(got, []byte("\ufeff")) {
		t.Error("no byte order mark")
	}
	if _, err := csv.NewReader(bytes.NewReader(got[3:])).ReadAll(); err != nil {
		t.Errorf("not a CSV: %v", err)
	}
	dashboardstest.Golden(t, name, string(got), *update)
}
