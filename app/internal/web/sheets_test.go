package web

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/survey"
)

// sheets registers numbers of the first wave and issues them to fafang for the school.
func (s *site) sheets(t *testing.T, numbers string) {
	t.Helper()
	spans, err := survey.ParseSpans(numbers)
	if err != nil {
		t.Fatal(err)
	}
	held, err := s.Surveys.Wave(t.Context(), "feicheng", "w1")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []survey.SheetMove{{Step: survey.PrintSheets, Spans: spans}, {Step: survey.IssueSheets, Spans: spans, Distributor: "fafang", Stratum: "school"}} {
		if _, err := s.Surveys.MoveSheets(t.Context(), audit.System("test"), "feicheng", held.Thing, m); err != nil {
			t.Fatal(err)
		}
	}
}

// enteredTwice has a sheet typed by fafang and by chuang, who read another sex, and gives
// the id of the response.
func (s *site) enteredTwice(t *testing.T, number string) string {
	t.Helper()
	s.sheets(t, number)
	id := uuid.NewString()
	for _, one := range []struct {
		login  string
		fields url.Values
	}{
		{"fafang", url.Values{"id": {id}, "number": {number}, "q.group": {"school"}, "q.sex": {"male"}, "partial": {"1"}}},
		{"chuang", url.Values{"id": {uuid.NewString()}, "number": {number}, "second": {"1"}, "q.group": {"school"}, "q.sex": {"female"}, "partial": {"1"}}},
	} {
		if got := s.do(one.login, "POST", "/c/feicheng/waves/w1/responses", one.fields); got.status != http.StatusSeeOther {
			t.Fatalf("enter as %s: %d %s", one.login, got.status, got.body)
		}
	}
	return id
}

// scanFile is a form with a small picture and its number.
func scanFile(t *testing.T, number string, shade uint8) (string, *bytes.Buffer) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	form.WriteField("number", number)
	part, err := form.CreateFormFile("file", number+".png")
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewGray(image.Rect(0, 0, 300, 400))
	for i := range img.Pix {
		img.Pix[i] = shade
	}
	if err := png.Encode(part, img); err != nil {
		t.Fatal(err)
	}
	form.Close()
	return form.FormDataContentType(), &body
}

// scanned uploads a scan as fafang and gives its id.
func (s *site) scanned(t *testing.T, number string) string {
	t.Helper()
	kind, body := scanFile(t, number, 200)
	r := httptest.NewRequest("POST", "/c/feicheng/waves/w1/scans", body)
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Cookie", s.as("fafang"))
	if got := s.send(r); got.status != http.StatusSeeOther {
		t.Fatalf("scan: %d %s", got.status, got.body)
	}
	scans, err := s.Surveys.Scans(t.Context(), "feicheng", "w1", number)
	if err != nil || len(scans) != 1 {
		t.Fatalf("scans %v, %v", scans, err)
	}
	return scans[0].ID.String()
}

func init() {
	const w = "/c/feicheng/waves/w1"
	step := func(name string, fields url.Values, prepare func(t *testing.T, s *site)) write {
		return write{leaves: []string{"sheet." + name}, once: name != "print", prepare: func(t *testing.T, s *site) request {
			if prepare != nil {
				prepare(t, s)
			}
			return request{as: "chuang", path: w + "/sheets/" + name, fields: fields}
		}}
	}
	const wave = "POST /c/:campaign/waves/:wave"
	writeFixtures[wave+"/sheets/print"] = step("print", url.Values{"count": {"5"}, "first": {"P001"}}, nil)
	writeFixtures[wave+"/sheets/issue"] = step("issue", url.Values{"numbers": {"I001-I003"}, "distributor": {"fafang"}, "stratum": {"company"}}, func(t *testing.T, s *site) {
		s.do("chuang", "POST", w+"/sheets/print", url.Values{"count": {"5"}, "first": {"I001"}})
	})
	writeFixtures[wave+"/sheets/return"] = step("return", url.Values{"numbers": {"R001"}}, func(t *testing.T, s *site) { s.sheets(t, "R001-R002") })
	writeFixtures[wave+"/sheets/void"] = step("void", url.Values{"numbers": {"V001"}, "reason": {"受潮"}}, func(t *testing.T, s *site) { s.sheets(t, "V001-V002") })
	writeFixtures[wave+"/sheets/archive"] = step("archive", url.Values{"numbers": {"H001"}, "archive": {"3柜"}}, func(t *testing.T, s *site) {
		s.sheets(t, "H001-H002")
		s.do("chuang", "POST", w+"/sheets/return", url.Values{"numbers": {"H001"}})
	})
	writeFixtures[wave+"/sheets/numbers/:number/void"] = write{leaves: []string{"response.void"}, once: true, prepare: func(t *testing.T, s *site) request {
		id := s.enteredTwice(t, "N001")
		return request{as: "chuang", path: w + "/sheets/numbers/N001/void", fields: url.Values{"response": {id}, "revision": {"1"}, "reason": {"无法辨认"}}, thing: id}
	}}
	writeFixtures[wave+"/double/:response"] = write{leaves: []string{"response.settle"}, once: true, prepare: func(t *testing.T, s *site) request {
		id := s.enteredTwice(t, "D001")
		return request{as: "chuang", path: w + "/double/" + id, fields: url.Values{"revision": {"1"}, "pick.sex": {"2"}}, thing: id}
	}}
	writeFixtures[wave+"/scans"] = write{leaves: []string{"scan.add"}, once: true, prepare: func(t *testing.T, s *site) request {
		s.sheets(t, "S001")
		kind, body := scanFile(t, "S001", 120)
		return request{as: "fafang", path: w + "/scans", raw: body.String(), rawType: kind}
	}}
}

// TestASheetIsEnteredOnceUnderRaces: a hundred posts of one number, and of one sheet.
func TestASheetIsEnteredOnceUnderRaces(t *testing.T) {
	s := newSite(t, 0)
	s.sheets(t, "0001-0010")
	s.as("fafang")
	var all sync.WaitGroup
	var mu sync.Mutex
	created, told := 0, 0
	for range 100 {
		all.Go(func() {
			fields := url.Values{"id": {uuid.NewString()}, "number": {"1"}, "q.group": {"school"}, "partial": {"1"}}
			got := s.do("fafang", "POST", "/c/feicheng/waves/w1/responses", fields, "Accept", "application/json")
			mu.Lock()
			defer mu.Unlock()
			switch got.status {
			case http.StatusOK:
				created++
			case http.StatusConflict:
				told++
			default:
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	all.Wait()
	if created != 1 || told != 99 {
		t.Errorf("%d created, %d told; want 1 and 99", created, told)
	}
	held, err := s.Surveys.FirstEntries(t.Context(), "feicheng", "w1", "0001")
	if err != nil || len(held) != 1 {
		t.Errorf("%d responses under the number, %v", len(held), err)
	}
}

// TestTheOtherIsToldAndMayBeTheSecond: what a refused sheet is told lets its page offer the
// second entry, of which nothing of the first is shown.
func TestTheOtherIsToldAndMayBeTheSecond(t *testing.T) {
	s := newSite(t, 0)
	s.sheets(t, "0001-0010")
	sheet := func(login string, more url.Values) answer {
		fields := url.Values{"id": {uuid.NewString()}, "number": {"0001"}, "q.group": {"school"}, "q.sex": {"male"}, "partial": {"1"}}
		for name, values := range more {
			fields[name] = values
		}
		return s.do(login, "POST", "/c/feicheng/waves/w1/responses", fields, "Accept", "application/json")
	}
	if got := sheet("fafang", nil); got.status != 200 {
		t.Fatalf("first: %d %s", got.status, got.body)
	}
	if got := sheet("fafang", url.Values{"q.sex": {"female"}}); got.status != 409 || !strings.Contains(got.body, "您已经录过") || strings.Contains(got.body, `"field":"second"`) {
		t.Errorf("the same person: %d %s", got.status, got.body)
	}
	got := sheet("chuang", nil)
	if got.status != 409 || !strings.Contains(got.body, `"field":"second"`) || !strings.Contains(got.body, "已经有人录过") {
		t.Errorf("another person: %d %s", got.status, got.body)
	}
	if page := s.do("chuang", "GET", "/c/feicheng/waves/w1/second", nil); page.status != 200 || strings.Contains(page.body, `value="male" checked`) {
		t.Errorf("the page of second entries: %d", page.status)
	}
	got = sheet("chuang", url.Values{"second": {"1"}, "q.sex": {"female"}})
	if got.status != 200 || !strings.Contains(got.body, `"second":true`) || strings.Contains(got.body, "male") {
		t.Errorf("as the second: %d %s", got.status, got.body)
	}
	list := s.do("chuang", "GET", "/c/feicheng/waves/w1/double", nil)
	if !strings.Contains(list.body, "1 / 22") && !strings.Contains(list.body, "核定") {
		t.Errorf("the list doesn't name the difference: %s", list.body)
	}
	if refused := s.do("fafang", "GET", "/c/feicheng/waves/w1/double", nil); refused.status != 403 {
		t.Errorf("a distributor sees both entries: %d", refused.status)
	}
}

// TestAnOddNumberIsTakenAndTold: never a loss.
func TestAnOddNumberIsTakenAndTold(t *testing.T) {
	s := newSite(t, 0)
	s.sheets(t, "0001-0010")
	check := func(number, group, doubt string) {
		t.Helper()
		got := s.do("fafang", "POST", "/c/feicheng/waves/w1/responses", url.Values{"id": {uuid.NewString()}, "number": {number}, "q.group": {group}, "partial": {"1"}}, "Accept", "application/json")
		var said struct {
			Created bool
			Doubts  []string
		}
		if err := json.Unmarshal([]byte(got.body), &said); err != nil || !said.Created || !strings.Contains(strings.Join(said.Doubts, ""), doubt) {
			t.Errorf("%s: %d %s, want %q", number, got.status, got.body, doubt)
		}
	}
	check("0001", "school", "")
	check("0002", "resident", "发给的是“学校师生”，答卷填的是“社区居民”")
	check("8888", "school", "8888号不在编印的编号里")
	page := s.do("chuang", "GET", "/c/feicheng/waves/w1/sheets/numbers?part=doubtful", nil)
	for _, want := range []string{"0002", "8888", "没有印过"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the office isn't told of %s", want)
		}
	}
	void := s.do("fafang", "POST", "/c/feicheng/waves/w1/responses", url.Values{"id": {uuid.NewString()}, "number": {"0003"}, "disposition": {"void"}}, "Accept", "application/json")
	if void.status != 422 || !strings.Contains(void.body, "请写明为什么作废") {
		t.Errorf("void without a reason: %d %s", void.status, void.body)
	}
	refused := s.do("fafang", "POST", "/c/feicheng/waves/w1/responses", url.Values{"id": {uuid.NewString()}, "number": {"0003"}, "disposition": {"refused"}}, "Accept", "application/json")
	if refused.status != 200 || !strings.Contains(refused.body, `"disposition":"refused"`) {
		t.Errorf("refused: %d %s", refused.status, refused.body)
	}
	table := s.do("chuang", "GET", "/c/feicheng/waves/w1/sheets", nil)
	if table.status != 200 || !strings.Contains(table.body, "part=refused") {
		t.Errorf("the table doesn't lead to the refused one: %d", table.status)
	}
	mine := s.do("fafang", "GET", "/c/feicheng/waves/w1/sheets", nil)
	if says(t, mine.body, "0001–0003", "已录入", "0004–0010", "在外"); mine.status != 200 || strings.Contains(mine.body, "/sheets/issue") {
		t.Errorf("what I hold: %d", mine.status)
	}
	if theirs := s.do("fafang", "GET", "/c/feicheng/waves/w1/sheets/numbers/8888", nil); theirs.status != 404 {
		t.Errorf("a sheet of nobody's answers a distributor %d", theirs.status)
	}
}

// TestHostileWordsOnPaper: labels are text on the printed page, and numbers are numbers.
func TestHostileWordsOnPaper(t *testing.T) {
	s := newSite(t, 0)
	q := survey.Questionnaire{ID: "hostile", Title: hostile, Intro: hostile, Stratum: "grp", Questions: []survey.Question{
		{Name: "grp", Type: survey.Single, Label: "组" + hostile, Required: true, Hint: hostile, Options: []survey.Option{{Code: "a", Label: hostile}}},
		{Name: "m", Type: survey.Matrix, Label: "矩阵", Options: []survey.Option{{Code: "1", Label: hostile}}, Rows: []survey.Row{{Name: "r", Label: hostile}}},
	}}
	if _, err := s.Surveys.PutQuestionnaire(t.Context(), audit.System("test"), "feicheng", q, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Surveys.PutWave(t.Context(), audit.System("test"), "feicheng", survey.Wave{ID: "bad", Name: hostile, Questionnaire: "hostile", Privacy: hostile, Approval: hostile, Strata: []survey.Stratum{{Code: "a"}}}, 0); err != nil {
		t.Fatal(err)
	}
	s.changed()
	for _, path := range []string{"/paper", "/paper?columns=2&large=1", "/paper?numbers=" + url.QueryEscape(hostile), "/entry", "/second", "/sheets", "/double", "/sheets/numbers?stratum=" + url.QueryEscape(hostile)} {
		got := s.do("chuang", "GET", "/c/feicheng/waves/bad"+path, nil)
		if got.status >= 500 || strings.Contains(got.body, "<script>alert") || strings.Contains(got.body, "<img src=x") {
			t.Errorf("%s: %d, hostile text became markup", path, got.status)
		}
	}
	for _, numbers := range []string{hostile, "1-9", `0001"} body{}`, strings.Repeat("1,", 1000)} {
		got := s.do("chuang", "GET", "/c/feicheng/waves/w1/paper.css?numbers="+url.QueryEscape(numbers), nil)
		if got.status >= 500 || strings.ContainsAny(got.body, "<>") || strings.Contains(got.body, "body{}") {
			t.Errorf("rules for %.20q: %d %.80s", numbers, got.status, got.body)
		}
	}
}

func TestPrintedQuestions(t *testing.T) {
	q := survey.Questionnaire{Questions: []survey.Question{
		{Name: "a", Type: survey.Single, Label: "甲", Required: true, Options: []survey.Option{{Code: "1", Label: "一"}, {Code: "2", Label: "二", Unread: true}, {Code: "3", Label: "三"}}},
		{Name: "b", Type: survey.Number, Label: "乙", Adults: true},
		{Name: "c", Type: survey.Rating, Label: "您选了${a}，打几分"},
	}}
	short := printQuestions(q, printStyle{Young: true})
	if len(short) != 2 || short[1].Position != 3 {
		t.Errorf("the shorter form is %+v; numbers stay those of the questionnaire", short)
	}
	if boxes := short[0].Boxes; len(boxes) != 2 || boxes[1].No != 3 {
		t.Errorf("boxes %+v: an option that isn't read has its number all the same", boxes)
	}
	if full := printQuestions(q, printStyle{Unread: true}); len(full[0].Boxes) != 3 || full[2].Label != "您选了____，打几分" || len(full[2].Steps) != 11 || full[2].Aside != "0分最低，10分最高，圈一个数，可不答" {
		t.Errorf("for an interviewer: %+v", full)
	}
	if got := strings.Join([]string{typedDay("20140905"), typedDay("2014.9.5"), typedDay("２０１４年９月５日"), typedDay("明天")}, " "); got != "2014-09-05 2014-09-05 2014-09-05 明天" {
		t.Errorf("dates %s", got)
	}
}
