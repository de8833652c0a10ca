package web

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func init() {
	writeFixtures["POST /c/:campaign/imports/preview/mapping"] = write{leaves: []string{"mapping.put"}, prepare: func(t *testing.T, s *site) request {
		fields := s.sentAnswers(t, "甲,乙\n学校师生,1\n")
		fields.Set("revision", "0")
		fields.Set("c.0", "answer:group")
		return request{as: "chuang", path: "/c/feicheng/imports/preview/mapping", fields: fields}
	}}
}

// sentAnswers uploads a sheet of answers as the office and gives what names its preview.
func (s *site) sentAnswers(t testing.TB, text string) url.Values {
	t.Helper()
	file, err := s.Ingest.Originals().Keep(t.Context(), "答卷.csv", strings.NewReader(text), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	return url.Values{"kind": {"responses"}, "wave": {"w1"}, "file": {file.SHA256}, "name": {"答卷.csv"}}
}

// A file in which no heading is known is mapped by hand, its unknown option too, and goes
// in; the next file of its headings needs no hand.
func TestAFileOfAnswersIsMapped(t *testing.T) {
	s := newSite(t, 0)
	q, err := s.Surveys.Questionnaire(t.Context(), "feicheng", "citizen", 0)
	if err != nil {
		t.Fatal(err)
	}
	file := s.sentAnswers(t, "甲,乙,"+hostile[:20]+"\n学校师生,中专生,x\n中专生,女,y\n")
	page := s.do("chuang", "GET", "/c/feicheng/imports/preview?"+file.Encode(), nil)
	if page.status != 422 || !strings.Contains(page.body, "核对列和选项") || !strings.Contains(page.body, "没有找到题目列") || strings.Contains(page.body, "</script><script>") {
		t.Fatalf("preview: %d %s", page.status, page.body)
	}
	fields := url.Values{"revision": {"0"}, "c.0": {"answer:group"}, "c.1": {"answer:sex"}, "c.2": {"nothing"}, "again": {"1"}, "sheet": {"答卷"}}
	for name, v := range file {
		fields[name] = v
	}
	for _, question := range q.Items() {
		if question.Required && question.Name != "group" && question.Name != "sex" {
			fields.Add("absent", question.Name)
		}
	}
	fields.Set("sheet", "")
	saved := s.do("chuang", "POST", "/c/feicheng/imports/preview/mapping", fields)
	if saved.status != 303 || !strings.Contains(saved.header.Get("Location"), "/imports/preview/mapping?") {
		t.Fatalf("save: %d %s", saved.status, saved.body)
	}
	page = s.do("chuang", "GET", saved.header.Get("Location"), nil)
	if !strings.Contains(page.body, `name="ut" value="中专生"`) || !strings.Contains(page.body, `name="revision" value="1"`) {
		t.Fatalf("%d %s", page.status, page.body)
	}
	fields.Set("revision", "1")
	fields.Del("again")
	fields["uq"], fields["ut"], fields["uc"] = []string{"group", "sex"}, []string{"中专生", "中专生"}, []string{"school", "male"}
	saved = s.do("chuang", "POST", "/c/feicheng/imports/preview/mapping", fields)
	if saved.status != 303 || !strings.Contains(saved.header.Get("Location"), "/imports/preview?") {
		t.Fatalf("save: %d %s", saved.status, saved.body)
	}
	page = s.do("chuang", "GET", saved.header.Get("Location"), nil)
	if !strings.Contains(page.body, "导入这 2 行") || !strings.Contains(page.body, "核对过的对应关系") {
		t.Fatalf("preview: %s", page.body)
	}
	link := regexp.MustCompile(`href="(/c/feicheng/imports/preview/mapping[^"]+)"`).FindStringSubmatch(page.body)
	if link == nil {
		t.Fatal("the preview doesn't lead to the columns")
	}
	if got := s.do("chuang", "GET", html.UnescapeString(link[1]), nil); got.status != 200 || !strings.Contains(got.body, "核对列和选项") {
		t.Errorf("the link to the columns: %d", got.status)
	}
	// Somebody who saw the page before is told.
	if late := s.do("chuang", "POST", "/c/feicheng/imports/preview/mapping", fields); late.status != 409 && late.status != 303 {
		t.Errorf("an old page: %d", late.status)
	}
	next := s.sentAnswers(t, hostile[:20]+",乙,甲\nz,女,中专生\n")
	page = s.do("chuang", "GET", "/c/feicheng/imports/preview?"+next.Encode(), nil)
	if !strings.Contains(page.body, "导入这 1 行") {
		t.Errorf("the next file: %s", page.body)
	}
	committed := s.do("chuang", "POST", "/c/feicheng/imports/commit", next)
	if committed.status != 303 {
		t.Errorf("commit: %d %s", committed.status, committed.body)
	}
	// What can't be: a question that isn't there, and rows of the wrong kind.
	fields.Set("c.0", "answer:nobody")
	if got := s.do("chuang", "POST", "/c/feicheng/imports/preview/mapping", fields); got.status != 422 {
		t.Errorf("a question that isn't there: %d", got.status)
	}
}

// TestBadAnswersFromAFileAndAPage: option numbers that are none, several where one is
// asked, an answer to a skipped question, and a suggestion of 20,000 characters.
func TestBadAnswersFromAFileAndAPage(t *testing.T) {
	s := newSite(t, 0)
	long := strings.Repeat("河\u202e🐟</script>", 20_000/12+1)
	if n := len([]rune(long)); n < 20_000 {
		t.Fatalf("%d characters", n)
	}
	entry := func(name, value string) url.Values {
		f := url.Values{"number": {"B-1"}, "partial": {"1"}, "q.group": {"school"}}
		f.Add("q."+name, value)
		return f
	}
	for _, c := range []struct{ name, value string }{
		{"sex", "-1"}, {"sex", "99"}, {"sex", "1;1"}, {"carriers", "-1"}, {"carriers", "1;1"}, {"suggestion", long},
	} {
		got := s.do("fafang", "POST", "/c/feicheng/waves/w1/responses", entry(c.name, c.value))
		if got.status != 422 || strings.Contains(got.body, "</script>河") || strings.Contains(got.body, "</script><") && !strings.Contains(got.body, "&lt;/script") && c.name == "suggestion" {
			t.Errorf("entered %s=%.20s: %d", c.name, c.value, got.status)
		}
	}
	skipped := entry("activities", "lecture")
	skipped.Set("q.took_part", "no")
	if got := s.do("fafang", "POST", "/c/feicheng/waves/w1/responses", skipped); got.status != 422 {
		t.Errorf("an answer to a skipped question is entered: %d", got.status)
	}
	if got := s.do("fafang", "POST", "/c/feicheng/waves/w1/responses", entry("suggestion", "河🐟</script>清")); got.status != 303 {
		t.Errorf("a short one is refused: %d", got.status)
	}
	q, err := s.Surveys.Questionnaire(t.Context(), "feicheng", "citizen", 0)
	if err != nil {
		t.Fatal(err)
	}
	var head, cells []string
	for _, question := range q.Items() {
		head = append(head, question.Name)
		cell := ""
		if question.Choice() && question.Required {
			cell = question.Options[0].Code
		}
		cells = append(cells, cell)
	}
	row := func(name, value string) string {
		list := append([]string{}, cells...)
		for i, h := range head {
			if h == name {
				list[i] = `"` + value + `"`
			}
		}
		return strings.Join(list, ",")
	}
	text := strings.Join([]string{strings.Join(head, ","), row("sex", "-1"), row("sex", "99"), row("sex", "1;1"), row("carriers", "-1"), row("carriers", "banner;banner"), row("suggestion", long), row("took_part", "no") + "", row("suggestion", "河🐟</script>清")}, "\n") + "\n"
	page := s.do("chuang", "GET", "/c/feicheng/imports/preview?"+s.sentAnswers(t, text).Encode(), nil)
	counts := regexp.MustCompile(`<strong>(\d+)</strong>`).FindAllStringSubmatch(page.body, -1)
	if page.status != 200 || strings.Contains(page.body, "</script>河") {
		t.Fatalf("preview: %d", page.status)
	}
	for _, line := range []int{2, 3, 5, 7} {
		if !strings.Contains(page.body, fmt.Sprintf("第%d行", line)) {
			t.Errorf("row %d of the file is not told: %v", line, counts)
		}
	}
}
