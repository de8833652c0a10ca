package ingest

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

func typist(id string) audit.Actor {
	return audit.Actor{ID: id, Name: id, Role: audit.RoleDistributor, Campaign: "feicheng", Unit: "laocheng"}
}

// paperWave is the wave of quotaWave without a cap, with twenty sheets issued: 1 to 10 for
// the stratum a in the east, 11 to 15 for b; 16 to 20 are printed only.
func (b *bench) paperWave(t *testing.T) (survey.Wave, survey.Questionnaire) {
	t.Helper()
	wave, q := b.quotaWave(t)
	wave.Strata, wave.Quotas, wave.Double = []survey.Stratum{{Code: "a", Label: "甲"}, {Code: "b", Label: "乙"}}, nil, 100
	b.move(t, wave, survey.SheetMove{Step: survey.PrintSheets}, "0001-0020")
	b.move(t, wave, survey.SheetMove{Step: survey.IssueSheets, Distributor: "holder", Stratum: "a", Area: "east"}, "0001-0010")
	b.move(t, wave, survey.SheetMove{Step: survey.IssueSheets, Distributor: "other", Stratum: "b"}, "0011-0015")
	return wave, q
}

func (b *bench) move(t *testing.T, wave survey.Wave, m survey.SheetMove, numbers string) {
	t.Helper()
	var err error
	if m.Spans, err = survey.ParseSpans(numbers); err != nil {
		t.Fatal(err)
	}
	if _, err := b.surveys.MoveSheets(t.Context(), office, "feicheng", wave, m); err != nil {
		t.Fatal(err)
	}
}

func paperSheet(number, group, river string) survey.Response {
	r := survey.Response{ID: uuid.New(), Number: number, Mode: survey.Paper, Choices: map[string][]string{}}
	if group != "" {
		r.Choices["grp"] = []string{group}
	}
	if river != "" {
		r.Choices["river"] = []string{river}
	}
	return r
}

// TestASheetIsCheckedAgainstTheRegister: what is odd about a number is told, and the sheet
// is kept all the same.
func TestASheetIsCheckedAgainstTheRegister(t *testing.T) {
	b := newBench(t)
	wave, q := b.paperWave(t)
	check := func(r survey.Response, number, doubt string) survey.Response {
		t.Helper()
		got, err := b.Sheet(t.Context(), typist("c1"), b.plan, wave, q, r)
		told := strings.Join(got.Doubts, "；")
		if err != nil || !got.Created || got.Response.Number != number || doubt == "" && told != "" || !strings.Contains(told, doubt) {
			t.Errorf("%s: kept as %q, created %v, said %q, %v; want %q and %q", r.Number, got.Response.Number, got.Created, told, err, number, doubt)
		}
		return got.Response
	}
	held := check(paperSheet("１", "a", "1"), "0001", "")
	if held.Distributor != "holder" || held.Area != "east" {
		t.Errorf("of %q in %q: the register says holder and east", held.Distributor, held.Area)
	}
	check(paperSheet("0002", "b", "1"), "0002", "发给的是“甲”，答卷填的是“乙”")
	check(paperSheet("0016", "a", "1"), "0016", "还没有登记发出")
	check(paperSheet("0999", "a", "1"), "0999", "不在编印的编号里")
	check(paperSheet(survey.SheetCode("feicheng", "w9", "0003", wave.Version), "a", "1"), "0003", "") // from a scanner
	check(paperSheet(survey.SheetCode("feicheng", "w8", "0004", wave.Version), "a", "1"), "0004", "另一轮调查")
	b.move(t, wave, survey.SheetMove{Step: survey.VoidSheets, Reason: "受潮"}, "0005")
	check(paperSheet("0005", "a", "1"), "0005", "登记过作废（受潮）")

	// A sheet that came back without answers keeps the stratum for which it was issued.
	refused := paperSheet("0006", "", "")
	refused.Disposition, refused.Reason = survey.Refused, "没有时间"
	if held := check(refused, "0006", ""); held.Stratum != "a" || held.Disposition != survey.Refused {
		t.Errorf("refused: %+v", held)
	}
	unclear := paperSheet("0007", "a", "")
	unclear.Unclear = []string{"river"}
	if held := check(unclear, "0007", ""); held.Disposition != survey.Partial || !slices.Equal(held.Unclear, []string{"river"}) {
		t.Errorf("unclear: %+v", held)
	}
	both := paperSheet("0008", "a", "1")
	both.Unclear = []string{"river"}
	if _, err := b.Sheet(t.Context(), typist("c1"), b.plan, wave, q, both); !strings.Contains(said(err), "既有答案又标记了看不清") {
		t.Errorf("answered and unclear: %v", err)
	}
}

func said(err error) string {
	if p, ok := problem.As(err); ok {
		return p.Error()
	}
	return ""
}

// TestOneSheetOnAHundredComputers: the same number at the same second. One is the first
// entry; the others are told, and may be the second one.
func TestOneSheetOnAHundredComputers(t *testing.T) {
	b := newBench(t)
	wave, q := b.paperWave(t)
	var all sync.WaitGroup
	var mu sync.Mutex
	created, before := 0, 0
	for i := range 100 {
		all.Go(func() {
			got, err := b.Sheet(t.Context(), typist(string(rune('a'+i%26))), b.plan, wave, q, paperSheet("0001", "a", "1"))
			mu.Lock()
			defer mu.Unlock()
			var again *EnteredBefore
			switch {
			case err == nil && got.Created:
				created++
			case errors.As(err, &again):
				before++
			default:
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	all.Wait()
	if created != 1 || before != 99 {
		t.Errorf("%d created and %d told, want 1 and 99", created, before)
	}
	same := paperSheet("0002", "a", "1")
	created = 0
	for range 50 { // one sheet sent again by one phone
		all.Go(func() {
			got, err := b.Sheet(t.Context(), typist("c1"), b.plan, wave, q, same)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if got.Created {
				created++
			}
		})
	}
	all.Wait()
	if created != 1 {
		t.Errorf("one sheet was created %d times", created)
	}
}

// TestTwoEntriesOfASheet: blind, compared, settled, and each of it once.
func TestTwoEntriesOfASheet(t *testing.T) {
	b := newBench(t)
	wave, q := b.paperWave(t)
	enter := func(actor audit.Actor, r survey.Response) (EnteredSheet, error) {
		return b.SecondEntry(t.Context(), actor, b.plan, wave, q, r)
	}
	first, err := b.Sheet(t.Context(), typist("c1"), b.plan, wave, q, paperSheet("0001", "a", "1"))
	if err != nil {
		t.Fatal(err)
	}
	var before *EnteredBefore
	if _, err := enter(typist("c1"), paperSheet("0001", "a", "2")); !errors.As(err, &before) || !before.Own {
		t.Errorf("by the same person: %v", err)
	}
	waiting := func(actor audit.Actor, want ...string) {
		t.Helper()
		list, err := b.Doubles(t.Context(), "feicheng", wave, actor, "")
		var got []string
		for _, e := range list {
			got = append(got, e.Number)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s is to enter %v, %v; want %v", actor.ID, got, err, want)
		}
	}
	waiting(typist("c1"))
	waiting(typist("c2"), "0001")
	again := paperSheet("1", "a", "2")
	for i := range 3 {
		got, err := enter(typist("c2"), again)
		if err != nil || !got.Second || got.Created != (i == 0) {
			t.Fatalf("second entry, sending %d: %+v, %v", i+1, got, err)
		}
	}
	clickhousetest.Lose(t, b.db, "second_entries", "1") // the engine has noted its token, and was killed
	if got, err := enter(typist("c2"), again); err != nil || !got.Created {
		t.Fatalf("after it was lost: %+v, %v", got, err)
	}
	waiting(typist("c2"))
	if _, err := enter(typist("c3"), paperSheet("0001", "a", "1")); !strings.Contains(said(err), "已经录过两次") {
		t.Errorf("a third entry: %v", err)
	}
	held, err := b.surveys.Response(t.Context(), "feicheng", wave.ID, first.Response.ID)
	if err != nil || held.Choices["river"][0] != "1" || held.Revision != 1 {
		t.Errorf("the first entry goes on to count until it is settled: %+v, %v", held, err)
	}
	open, err := b.surveys.SecondEntries(t.Context(), "feicheng", wave.ID, survey.SecondFilter{Open: true})
	if err != nil || len(open) != 1 || !slices.Equal(open[0].Differing, []string{"river"}) || !slices.Equal(open[0].Compared, []string{"disposition", "grp", "river"}) || open[0].Distributor != "holder" || open[0].FirstBy != "c1" || open[0].SecondBy != "c2" {
		t.Fatalf("open %+v, %v", open, err)
	}
	river, _ := q.Question("river")
	settled := held
	settled.Answer(river, open[0].Body)
	closed := wave
	closed.Closed = true // fieldwork is over, the paper is still there
	if _, err := b.SettleSecond(t.Context(), office, b.plan, closed, q, settled, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := b.SettleSecond(t.Context(), office, b.plan, wave, q, settled, 1); !strings.Contains(said(err), "已经核定") {
		t.Errorf("settled twice: %v", err)
	}
	held, err = b.surveys.Response(t.Context(), "feicheng", wave.ID, first.Response.ID)
	if err != nil || held.Choices["river"][0] != "2" || held.Revision != 2 {
		t.Errorf("settled to %+v, %v", held, err)
	}
	list, err := b.surveys.SecondEntries(t.Context(), "feicheng", wave.ID, survey.SecondFilter{Response: held.ID})
	if err != nil || len(list) != 1 || list[0].Open() || !slices.Equal(list[0].Differing, []string{"river"}) {
		t.Errorf("the difference stays in the error rate: %+v, %v", list, err)
	}

	// Nobody has typed this one: it is the first entry, whatever the page was.
	got, err := enter(typist("c2"), paperSheet("0002", "a", "1"))
	if err != nil || got.Second || !got.Created {
		t.Errorf("a second entry without a first: %+v, %v", got, err)
	}
}

// TestAVoidResponseFreesItsNumber: it is kept with its reason, in no figure, and the sheet
// can be entered anew.
func TestAVoidResponseFreesItsNumber(t *testing.T) {
	b := newBench(t)
	wave, q := b.paperWave(t)
	got, err := b.Sheet(t.Context(), typist("c1"), b.plan, wave, q, paperSheet("0001", "a", "1"))
	if err != nil {
		t.Fatal(err)
	}
	void := func(expected uint32, reason string) (survey.Response, error) {
		return b.VoidResponse(t.Context(), office, b.plan, wave, q, got.Response.ID, expected, reason)
	}
	if _, err := void(1, "  "); !strings.Contains(said(err), "请写明为什么作废") {
		t.Errorf("without a reason: %v", err)
	}
	for range 2 { // the form sent twice
		if held, err := void(1, "整份同一个选项"); err != nil || held.Disposition != survey.Void || held.Reason != "整份同一个选项" || held.Choices["river"][0] != "1" {
			t.Errorf("void: %+v, %v", held, err)
		}
	}
	if got, err := b.Sheet(t.Context(), typist("c1"), b.plan, wave, q, paperSheet("0001", "a", "2")); err != nil || !got.Created {
		t.Errorf("entered anew: %+v, %v", got, err)
	}
}

func TestScans(t *testing.T) {
	b := newBench(t)
	wave, _ := b.paperWave(t)
	img := image.NewGray(image.Rect(0, 0, 600, 800))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	img.Set(10, 10, color.Black)
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	for i := range 2 { // the same file again is known
		one, created, err := b.Scan(t.Context(), typist("c1"), b.plan, wave, "7", `C:\scan\7.png`, bytes.NewReader(file.Bytes()))
		if err != nil || created != (i == 0) || one.Number != "0007" || one.File != "7.png" || one.Width != 600 {
			t.Errorf("scan: %+v, %v, %v", one, created, err)
		}
		if body, err := b.ScanCopy(t.Context(), one); err != nil || !bytes.HasPrefix(body, []byte{0xff, 0xd8}) {
			t.Errorf("copy: %d bytes, %v", len(body), err)
		}
	}
	clickhousetest.Lose(t, b.db, "scans", "1")
	if one, created, err := b.Scan(t.Context(), typist("c1"), b.plan, wave, "7", "7.png", bytes.NewReader(file.Bytes())); err != nil || !created {
		t.Errorf("the engine knows its token and has no row of it: %+v, %v, %v", one, created, err)
	}
	if held, err := b.surveys.Scans(t.Context(), "feicheng", wave.ID, "0007"); err != nil || len(held) != 1 {
		t.Errorf("%d scans, %v", len(held), err)
	}
	for name, body := range map[string]string{"空的": "", "网页": "<html>", "PDF": "%PDF-1.7"} {
		if _, _, err := b.Scan(t.Context(), typist("c1"), b.plan, wave, "7", name, strings.NewReader(body)); said(err) == "" {
			t.Errorf("%s was taken: %v", name, err)
		}
	}
	if _, _, err := b.Scan(t.Context(), typist("c1"), b.plan, wave, " ", "x.png", bytes.NewReader(file.Bytes())); !strings.Contains(said(err), "没有填编号") {
		t.Errorf("without a number: %v", err)
	}
}
