package survey_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/keyset"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

func TestParseSpans(t *testing.T) {
	check := func(text string, want ...string) {
		t.Helper()
		spans, err := survey.ParseSpans(text)
		var got []string
		for _, s := range spans {
			got = append(got, fmt.Sprintf("%s=%d", s, s.Count()))
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	check("0001-0050、0052，A060至A070", "0001–0050=50", "0052=1", "A060–A070=11")
	check("００１７", "0017=1")      // full width, from a Chinese keyboard
	check("a1~12", "A01–A12=12") // the end may be written short
	check("老城0001 – 老城0003", "老城0001–老城0003=3")
	refuse := func(text, why string) {
		t.Helper()
		_, err := survey.ParseSpans(text)
		p, ok := problem.As(err)
		if !ok || !strings.Contains(p.Error(), why) {
			t.Errorf("%q: %v; want it to say %q", text, err, why)
		}
	}
	refuse("", "没有写编号")
	refuse("0050-0001", "比前面的小")
	refuse("A1-B9", "两头的字母不一样")
	refuse("<script>", "不是编号")
	refuse("1-999999999", "一次最多")
	refuse("0001-", "不是编号")
}

func TestNumbers(t *testing.T) {
	if got := survey.NumberWords("A0917"); got != "A零九一七" {
		t.Errorf("in words: %s", got)
	}
	code := survey.SheetCode("feicheng", "w1", "0017", 3)
	campaign, wave, number, version, ok := survey.ReadSheetCode(code)
	if !ok || campaign != "feicheng" || wave != "w1" || number != "0017" || version != 3 {
		t.Errorf("%q reads as %s %s %s %d %v", code, campaign, wave, number, version, ok)
	}
	if _, _, _, _, ok := survey.ReadSheetCode("0017"); ok {
		t.Error("a plain number is taken for a code")
	}
	numbers := []string{"A10", "0002", "A2", "x-y", "0010"}
	slices.SortFunc(numbers, survey.CompareNumbers)
	if want := []string{"0002", "0010", "A2", "A10", "x-y"}; !slices.Equal(numbers, want) {
		t.Errorf("ordered %v, want %v", numbers, want)
	}
	// A tenth of the sheets, whatever their numbers look like: of 2,000 in a row 200, and
	// three standard deviations are 40.
	n := 0
	for i := range 2000 {
		if (survey.Wave{ID: "w1", Double: 10}).Doubled("c", fmt.Sprintf("%04d", i)) {
			n++
		}
	}
	if n < 160 || n > 240 {
		t.Errorf("of 2000 sheets %d are in the sample of a tenth", n)
	}
}

func sheetWave() survey.Wave {
	return survey.Wave{ID: "w1", Version: 2, Strata: []survey.Stratum{{Code: "a", Label: "甲"}, {Code: "b", Label: "乙"}}, Areas: []survey.Area{{Code: "east", Label: "东"}}}
}

// TestSheetsFromPrintToArchive goes through the steps with what each refuses; a refused step
// changes nothing.
func TestSheetsFromPrintToArchive(t *testing.T) {
	ctx, db := t.Context(), clickhousetest.Open(t)
	log := audit.NewLog(db)
	s := survey.NewStore(db, log)
	w := sheetWave()
	move := func(step survey.SheetStep, numbers string, bends ...func(*survey.SheetMove)) (int, error) {
		t.Helper()
		spans, err := survey.ParseSpans(numbers)
		if err != nil {
			t.Fatal(err)
		}
		m := survey.SheetMove{Step: step, Spans: spans}
		for _, bend := range bends {
			bend(&m)
		}
		return s.MoveSheets(ctx, audit.System("test"), "c", w, m)
	}
	to := func(distributor, stratum string) func(*survey.SheetMove) {
		return func(m *survey.SheetMove) { m.Distributor, m.Stratum, m.Area = distributor, stratum, "east" }
	}
	done := func(n int, err error) func(want int) {
		return func(want int) {
			t.Helper()
			if err != nil || n != want {
				t.Errorf("%d changed, %v; want %d", n, err, want)
			}
		}
	}
	refused := func(n int, err error) func(why string) {
		return func(why string) {
			t.Helper()
			p, ok := problem.As(err)
			if !ok || !strings.Contains(p.Error(), why) {
				t.Errorf("%d changed, %v; want it to say %q", n, err, why)
			}
		}
	}
	done(move(survey.PrintSheets, "0001-0100"))(100)
	refused(move(survey.PrintSheets, "0090-0110"))("0090–0100：已经印过")
	refused(move(survey.IssueSheets, "0001-0010"))("请选择发给谁")
	refused(move(survey.IssueSheets, "0001-0010", to("d1", "nobody")))("请选择发给哪一组")
	refused(move(survey.IssueSheets, "0099-0101", to("d1", "a")))("0101：没有印过")
	done(move(survey.IssueSheets, "1-40", to("d1", "a")))(40) // written without zeros
	done(move(survey.IssueSheets, "0001-0040", to("d1", "a")))(0)
	refused(move(survey.IssueSheets, "0031-0050", to("d2", "b")))("0031–0040：已经发出、还没有收回")
	done(move(survey.IssueSheets, "0041-0050", to("d2", "b")))(10)
	refused(move(survey.ReturnSheets, "0050-0052"))("0051–0052：还没有发出过")
	done(move(survey.ReturnSheets, "0001-0030"))(30)
	done(move(survey.ReturnSheets, "0021-0030"))(0)
	done(move(survey.IssueSheets, "0030", to("d2", "b")))(1) // came back blank, goes out again
	refused(move(survey.VoidSheets, "0002"))("请写明为什么作废")
	done(move(survey.VoidSheets, "0002", func(m *survey.SheetMove) { m.Reason = "  受潮 " }))(1)
	refused(move(survey.IssueSheets, "0002", to("d1", "a")))("已经作废（受潮）")
	refused(move(survey.ArchiveSheets, "0001、0040", func(m *survey.SheetMove) { m.Archive = "3柜" }))("0040：还没有收回")
	done(move(survey.ArchiveSheets, "0001-0003", func(m *survey.SheetMove) { m.Archive = "3柜" }))(3)

	held, known, err := s.Sheet(ctx, "c", "w1", "30")
	if err != nil || !known || held.Number != "0030" || held.Distributor != "d2" || held.Returned || held.Version != 2 || held.Revision != 4 {
		t.Errorf("sheet 30 is %+v, %v %v", held, known, err)
	}
	history, err := s.SheetHistory(ctx, "c", "w1", "0030")
	var steps []survey.SheetStep
	for _, one := range history {
		steps = append(steps, one.Step)
	}
	if err != nil || !slices.Equal(steps, []survey.SheetStep{"print", "issue", "return", "issue"}) {
		t.Errorf("went through %v, %v", steps, err)
	}
	mine, err := s.Sheets(ctx, "c", "w1", survey.SheetFilter{Distributor: "d2"})
	if err != nil || len(mine) != 11 {
		t.Errorf("d2 holds %d sheets, %v; want 11", len(mine), err)
	}
	events, err := log.Oldest(ctx, audit.Filter{Campaign: "c"}, keyset.Cursor{}, 1000)
	if err != nil || len(events) != 7 {
		t.Errorf("%d events, %v; want one for each step that changed something", len(events), err)
	}
}

// TestTwoPeopleIssueTheSameSheets: at the same instant, for two groups. One is told.
func TestTwoPeopleIssueTheSameSheets(t *testing.T) {
	db := clickhousetest.Open(t)
	s := survey.NewStore(db, audit.NewLog(db))
	w := sheetWave()
	spans, _ := survey.ParseSpans("0001-0020")
	if _, err := s.MoveSheets(t.Context(), audit.System("test"), "c", w, survey.SheetMove{Step: survey.PrintSheets, Spans: spans}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() {
			_, errs[i] = s.MoveSheets(t.Context(), audit.System("test"), "c", w, survey.SheetMove{Step: survey.IssueSheets, Spans: spans, Distributor: fmt.Sprint("d", i), Stratum: "a"})
		})
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if kind(t, err) != problem.KindConflict {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d of 8 got the sheets", won)
	}
}

func jumpy() survey.Questionnaire {
	yes, no := survey.Option{Code: "yes", Label: "是"}, survey.Option{Code: "no", Label: "否"}
	old := 60.0
	return survey.Questionnaire{Questions: []survey.Question{
		{Name: "ok", Type: survey.Consent, Label: "同意吗", Required: true},
		{Name: "n", Type: survey.Note, Label: "说明"},
		{Name: "knows", Type: survey.Single, Label: "知道吗", Options: []survey.Option{yes, no, {Code: "dk", Label: "说不清"}}},
		{Name: "from", Type: survey.Multiple, Label: "从哪里", Options: []survey.Option{yes, no}, ShowIf: &survey.Condition{Question: "knows", In: []string{"yes"}}},
		{Name: "how", Type: survey.Matrix, Label: "怎么样", Options: []survey.Option{yes, no}, Rows: []survey.Row{{Name: "r1", Label: "一"}, {Name: "r2", Label: "二"}}, SkipIf: &survey.Condition{Question: "knows", In: []string{"no", "dk"}}},
		{Name: "age", Type: survey.Number, Label: "年龄"},
		{Name: "pension", Type: survey.Text, Label: "退休前", ShowIf: &survey.Condition{Question: "age", AtLeast: &old}},
		{Name: "end", Type: survey.Single, Label: "还有吗", Options: []survey.Option{yes, no}},
		{Name: "what", Type: survey.LongText, Label: "是什么", ShowIf: &survey.Condition{All: []survey.Condition{{Question: "end", In: []string{"yes"}}, {Question: "knows", In: []string{"yes"}}}}},
	}}
}

func TestJumpsInWords(t *testing.T) {
	q := jumpy()
	positions := survey.Positions(q)
	if positions["how"] != 4 || positions["r2"] != 4 || positions["n"] != 0 || positions["what"] != 8 {
		t.Errorf("positions %v", positions)
	}
	check := func(name string, want ...string) {
		t.Helper()
		if got := survey.JumpWords(q, name, true); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	check("ok", "选了“不同意”的，答到这里就结束了，谢谢您")
	check("knows", "选了“否”或“说不清”的请跳到第5题")
	check("from")
	// Whoever says no is not asked the last question, whatever else they said.
	check("end", "选了“否”的，答到这里就结束了，谢谢您")
	asked := func(name, want string) {
		t.Helper()
		if got := survey.AskedWords(q, name); got != want {
			t.Errorf("%s is asked of %q, want %q", name, got, want)
		}
	}
	asked("from", "") // the skip above it has said so
	asked("how", "")
	asked("pension", "“年龄”不小于60的，请回答这一题")
	asked("what", "“还有吗”选了是，并且“知道吗”选了是的，请回答这一题")
}

func TestCompare(t *testing.T) {
	q := jumpy()
	first := survey.Response{Disposition: survey.Complete, Choices: map[string][]string{"ok": {"yes"}, "knows": {"no"}, "end": {"yes"}}, Numbers: map[string]float64{"age": 61}, Texts: map[string]string{"pension": "在水利局 工作，30年。"}}
	again := func(bend func(*survey.Response)) survey.Response {
		r := survey.Response{Disposition: survey.Complete, Choices: map[string][]string{"ok": {"yes"}, "knows": {"no"}, "end": {"yes"}}, Numbers: map[string]float64{"age": 61}, Texts: map[string]string{"pension": "在水利局工作30年"}}
		bend(&r)
		return r
	}
	check := func(bend func(*survey.Response), compared int, want ...string) {
		t.Helper()
		all, differing := survey.Compare(q, first, again(bend))
		if len(all) != compared || !slices.Equal(differing, want) {
			t.Errorf("%d compared (%v), differing %v; want %d, %v", len(all), all, differing, compared, want)
		}
	}
	// Disposition, ok, knows, age, pension, end; spaces and marks of the words don't differ.
	check(func(*survey.Response) {}, 6)
	check(func(r *survey.Response) { r.Numbers["age"] = 62 }, 6, "age")
	check(func(r *survey.Response) { r.Unclear = []string{"end"}; delete(r.Choices, "end") }, 6, "end")
	// Another branch: what only one of the two was to answer could differ and does.
	check(func(r *survey.Response) {
		r.Choices["knows"] = []string{"yes"}
		r.Choices["r1"] = []string{"no"}
		r.Choices["from"] = []string{"no"}
	}, 10, "knows", "from", "r1")
	check(func(r *survey.Response) { r.Disposition = survey.Void }, 1, "disposition")
	check(func(r *survey.Response) { r.Disposition = survey.Partial }, 6) // follows from the answers
}

// TestSheetsOfASpentToken: the engine was killed when it had noted the token, and not yet the sheets.
func TestSheetsOfASpentToken(t *testing.T) {
	db := clickhousetest.Open(t)
	s, w := survey.NewStore(db, audit.NewLog(db)), sheetWave()
	spans, err := survey.ParseSpans("0001-0100")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		clickhousetest.Lose(t, db, "sheets", "1")
		n, err := s.MoveSheets(t.Context(), audit.System("test"), "c", w, survey.SheetMove{Step: survey.PrintSheets, Spans: spans})
		if err != nil || n != 100 {
			t.Fatalf("%d printed, %v", n, err)
		}
	}
	var n uint64
	if err := db.QueryRow(t.Context(), "SELECT count() FROM sheets").Scan(&n); err != nil || n != 100 {
		t.Errorf("%d rows, %v", n, err)
	}
}
