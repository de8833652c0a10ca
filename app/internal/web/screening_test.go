package web

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// piles imports 30 sheets each of fafang and of three whose names are text, one of which a
// spreadsheet would run. That one and fafang copied four sheets.
func (s *site) piles(t *testing.T) {
	t.Helper()
	q, err := s.Surveys.Questionnaire(t.Context(), "feicheng", "citizen", 0)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 9))
	var asked []survey.Question
	file := "问卷编号,发放员"
	for _, item := range q.Items() {
		if item.One() && item.Name != "activities" {
			asked = append(asked, item)
			file += "," + item.Name
		}
	}
	file += ",carriers\n"
	for d, name := range []string{"fafang", "=1+1", "赵调查员", "钱调查员"} {
		var first []string
		for i := range 30 {
			var cells []string
			for _, item := range asked {
				options := item.Options
				o := options[r.IntN(len(options))]
				if item.Name == q.Stratum {
					o = options[2]
				}
				if item.Name == "took_part" {
					o = options[len(options)-1]
				}
				cells = append(cells, o.Label)
			}
			multiple, _ := q.Question("carriers")
			cells = append(cells, multiple.Options[r.IntN(5)].Label+"、"+multiple.Options[5+r.IntN(5)].Label)
			line := strings.Join(cells, ",")
			if d < 2 && i < 4 {
				first = append(first, line)
			} else if d < 2 {
				line = first[i%4]
			}
			file += fmt.Sprintf("%04d,%s,%s\n", 2000+100*d+i, name, line)
		}
	}
	sent := s.sentAnswers(t, file)
	got := s.do("chuang", "POST", "/c/feicheng/imports/commit", sent)
	if got.status != 303 {
		t.Fatalf("import: %d %s", got.status, got.body)
	}
}

const screeningAddress = "/c/feicheng/waves/w1/screening"

// TestTheOfficeSeesWhatToGoBackTo: the copying distributor by name, the sheets with reasons
// and links, and what a filter leaves.
func TestTheOfficeSeesWhatToGoBackTo(t *testing.T) {
	s := newSite(t, 0)
	s.as("fafang") // who has an account is called by its name
	empty := s.do("chuang", "GET", screeningAddress, nil)
	if empty.status != 200 || !strings.Contains(empty.body, "还没有计入统计的答卷") {
		t.Errorf("without a sheet: %d", empty.status)
	}
	s.piles(t)
	page := s.do("chuang", "GET", screeningAddress, nil)
	if page.status != 200 {
		t.Fatalf("%d %s", page.status, page.body)
	}
	for _, want := range []string{"计入统计的120份答卷里", "份建议回访", "由人看原件", "没有剔除任何一份", "含与不含建议回访的答卷", "知晓率（狭义）", "2名发放人的整摞问卷建议回访", "陈调查员", "几乎相同",
		`href="/c/feicheng/waves/w1/sheets/numbers/2004"`, "这些检查看不出什么", "没有提示，不等于都是真的", "下一页", "第1–"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page doesn't say %q", want)
		}
	}
	if strings.Contains(page.body, ">fafang<") {
		t.Error("a distributor is called by the login")
	}
	if got := s.do("chuang", "GET", "/c/feicheng/waves/w1", nil); !strings.Contains(got.body, `href="`+screeningAddress+`">质量筛查`) {
		t.Error("the wave doesn't lead to its screening")
	}
	numbers := regexp.MustCompile(`sheets/numbers/(\d+)"`)
	list := func(query string) []string {
		t.Helper()
		got := s.do("chuang", "GET", screeningAddress+query, nil)
		if got.status != 200 {
			t.Fatalf("%s: %d %s", query, got.status, got.body)
		}
		var found []string
		for _, m := range numbers.FindAllStringSubmatch(got.body, -1) {
			found = append(found, m[1])
		}
		return found
	}
	for _, n := range list("?distributor=fafang") {
		if n < "2000" || n > "2029" {
			t.Errorf("of fafang the sheet %s is shown", n)
		}
	}
	suggested := list("?recontact=1")
	if len(suggested) < 45 || len(suggested) > pageRows {
		t.Errorf("%d are suggested: %v", len(suggested), suggested)
	}
	if all := list(""); all[0] != suggested[0] {
		t.Errorf("the list begins with %s, not with a suggested one (%s)", all[0], suggested[0])
	}
	if got := s.do("chuang", "GET", screeningAddress+"?distributor=nobody&page=7", nil); got.status != 200 || !strings.Contains(got.body, "没有符合条件的答卷") {
		t.Errorf("of nobody: %d", got.status)
	}
}

// TestAVoidedSheetLeavesTheScreening at once, by the page that it links to.
func TestAVoidedSheetLeavesTheScreening(t *testing.T) {
	s := newSite(t, 0)
	s.piles(t)
	s.do("chuang", "GET", screeningAddress, nil)
	sheet := s.do("chuang", "GET", "/c/feicheng/waves/w1/sheets/numbers/2004", nil)
	id, revision := regexp.MustCompile(`name="response" value="([^"]+)"`).FindStringSubmatch(sheet.body), regexp.MustCompile(`name="revision" value="(\d+)"`).FindStringSubmatch(sheet.body)
	if sheet.status != 200 || id == nil || revision == nil {
		t.Fatalf("the sheet can't be voided: %d", sheet.status)
	}
	got := s.do("chuang", "POST", "/c/feicheng/waves/w1/sheets/numbers/2004/void", url.Values{"response": {id[1]}, "revision": {revision[1]}, "reason": {"回访时本人说没有填过"}})
	if got.status != 303 {
		t.Fatalf("void: %d %s", got.status, got.body)
	}
	page := s.do("chuang", "GET", screeningAddress, nil)
	if !strings.Contains(page.body, "计入统计的119份答卷里") || strings.Contains(page.body, "numbers/2004\"") {
		t.Error("the voided sheet is still screened")
	}
}

// TestTheListGoesAlong as a file: all that pass the filter, nothing that a spreadsheet runs.
func TestTheListGoesAlong(t *testing.T) {
	s := newSite(t, 0)
	s.as("fafang")
	s.piles(t)
	csv := s.do("chuang", "GET", screeningAddress+"/panels/screening-sheets.csv", nil)
	if csv.status != 200 || !strings.Contains(csv.body, "'=1+1") || strings.Contains(csv.body, ",=1+1") {
		t.Errorf("%d: a formula is let through, or the name is missing\n%s", csv.status, csv.body)
	}
	some := s.do("chuang", "GET", screeningAddress+"/panels/screening-sheets.csv?distributor=fafang", nil)
	if strings.Contains(some.body, "1+1") || strings.Count(some.body, "陈调查员") < 20 {
		t.Errorf("of fafang:\n%s", some.body)
	}
	for _, panel := range []string{"screening-sheets.xlsx", "screening-distributors.xlsx", "screening-figures.csv"} {
		if got := s.do("chuang", "GET", screeningAddress+"/panels/"+panel, nil); got.status != 200 || got.header.Get("Content-Disposition") == "" {
			t.Errorf("%s: %d", panel, got.status)
		}
	}
	exported := 0
	for _, e := range s.events() {
		if e.Verb == "panel.export" {
			exported++
		}
	}
	if exported != 5 {
		t.Errorf("%d downloads are on record, want 5", exported)
	}
}

// TestAScreeningIsForTheOffice: for everybody else there is no such page, and no link to it.
func TestAScreeningIsForTheOffice(t *testing.T) {
	s := newSite(t, 0)
	s.as("fafang")
	s.piles(t)
	for _, login := range everybody {
		if login == "chuang" {
			continue
		}
		for _, address := range []string{screeningAddress, screeningAddress + "/panels/screening-sheets.csv"} {
			got := s.do(login, "GET", address, nil)
			if got.status == 200 || strings.Contains(got.body, "建议回访") || strings.Contains(got.body, "screening-sheets") {
				t.Errorf("%q sees %s: %d", login, address, got.status)
			}
		}
	}
	if err := auth.Allow(actorOf("fafang"), auth.ResponseScreen, "feicheng"); err == nil {
		t.Error("a distributor may screen")
	} else if p, ok := problem.As(err); !ok || !strings.Contains(p.Title+p.Detail, "筛查") {
		t.Errorf("the refusal says %v", err)
	}
}

// TestAScreeningThatTakesLongSaysHowFarItIs, and the page asks again by itself.
func TestAScreeningThatTakesLongSaysHowFarItIs(t *testing.T) {
	s := newSite(t, 0)
	s.piles(t)
	s.patience = time.Nanosecond
	waiting := s.do("chuang", "GET", screeningAddress+"?recontact=1", nil)
	if waiting.status != 200 || !strings.Contains(waiting.body, "正在比较答卷") || !strings.Contains(waiting.body, `http-equiv="refresh"`) || !strings.Contains(waiting.body, "<progress") || !strings.Contains(waiting.body, "?recontact=1") {
		t.Fatalf("%d %s", waiting.status, waiting.body)
	}
	if got := s.do("chuang", "GET", screeningAddress+"/panels/screening-sheets.csv", nil); got.status == 200 {
		t.Log("finished already") // then the file is right to come
	} else if got.status != 503 || !strings.Contains(got.body, "还没有算完") {
		t.Errorf("the file meanwhile: %d", got.status)
	}
	s.patience = time.Minute
	if page := s.do("chuang", "GET", screeningAddress, nil); !strings.Contains(page.body, "份建议回访") || strings.Contains(page.body, "http-equiv") {
		t.Error("it isn't shown once it is done")
	}
}
