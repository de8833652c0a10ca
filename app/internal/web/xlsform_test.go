package web

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"shuixuan/app/survey"
	"shuixuan/dashboards/workbook"
)

func init() {
	writeFixtures["POST /c/:campaign/questionnaires/xlsform"] = write{why: "the file is only kept for its preview; taking it leaves the event", prepare: func(t *testing.T, s *site) request {
		return request{as: "chuang", path: "/c/feicheng/questionnaires/xlsform", kind: "questionnaire", file: string(formBytes(t, tried("written-form")))}
	}}
	writeFixtures["POST /c/:campaign/questionnaires/xlsform/take"] = write{leaves: []string{"questionnaire.draft"}, prepare: func(t *testing.T, s *site) request {
		return request{as: "chuang", path: "/c/feicheng/questionnaires/xlsform/take", fields: s.sentForm(t, tried("taken-form")), thing: "taken-form"}
	}}
}

// tried is a small questionnaire; its title is hostile.
func tried(id survey.QuestionnaireID) survey.Questionnaire {
	return survey.Questionnaire{ID: id, Title: "试 " + hostile, Questions: []survey.Question{
		{Name: "who", Type: survey.Single, Label: "您是", Options: []survey.Option{{Code: "a", Label: "居民"}, {Code: "b", Label: "游客" + hostile}}},
		{Name: "years", Type: survey.Number, Label: "几年", ShowIf: &survey.Condition{Question: "who", In: []string{"a"}}},
	}}
}

func formBytes(t testing.TB, q survey.Questionnaire) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := workbook.XLSForm(&out, q); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// sendForm uploads a workbook as the office and gives the address of its preview.
func (s *site) sendForm(t testing.TB, body []byte) string {
	t.Helper()
	r := httptest.NewRequest("POST", "/c/feicheng/questionnaires/xlsform", strings.NewReader(multipartBody("questionnaire", "问卷.xlsx", string(body))))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=frontier")
	r.Header.Set("Cookie", s.as("chuang"))
	got := s.send(r)
	if got.status != 303 || !strings.Contains(got.header.Get("Location"), "/questionnaires/xlsform?") {
		t.Fatalf("upload: %d %s", got.status, got.body)
	}
	return got.header.Get("Location")
}

func (s *site) sentForm(t testing.TB, q survey.Questionnaire) url.Values {
	t.Helper()
	address, err := url.Parse(s.sendForm(t, formBytes(t, q)))
	if err != nil {
		t.Fatal(err)
	}
	return address.Query()
}

func TestAQuestionnaireComesAndGoesAsXLSForm(t *testing.T) {
	s := newSite(t, 0)
	// Down, up again, and the draft is the same questionnaire as the version.
	down := s.do("chuang", "GET", "/c/feicheng/questionnaires/citizen/xlsform.xlsx", nil)
	if down.status != 200 || !strings.HasPrefix(down.body, "PK") {
		t.Fatalf("download: %d", down.status)
	}
	address := s.sendForm(t, []byte(down.body))
	page := s.do("chuang", "GET", address, nil)
	if page.status != 200 || !strings.Contains(page.body, "存为草稿") || !strings.Contains(page.body, "已发布到第1版") || !strings.Contains(page.body, "大型宣传牌") {
		t.Fatalf("preview: %d %s", page.status, page.body)
	}
	parsed, _ := url.Parse(address)
	take := func(fields url.Values) answer {
		return s.do("chuang", "POST", "/c/feicheng/questionnaires/xlsform/take", fields)
	}
	if got := take(parsed.Query()); got.status != 303 || !strings.Contains(got.header.Get("Location"), "/questionnaires/citizen/draft") {
		t.Fatalf("take: %d %s", got.status, got.body)
	}
	version, err := s.Surveys.Questionnaire(t.Context(), "feicheng", "citizen", 0)
	if err != nil {
		t.Fatal(err)
	}
	held, err := s.Surveys.Draft(t.Context(), "feicheng", "citizen")
	if err != nil {
		t.Fatal(err)
	}
	version.Version = 0
	got, _ := json.Marshal(held.Thing.Questionnaire("citizen"))
	if want, _ := json.Marshal(version); !bytes.Equal(got, want) {
		t.Errorf("the draft is\n%s\nthe version\n%s", got, want)
	}
	if held.Thing.Base != 1 || held.Thing.Items[0].From == nil || held.Thing.Items[0].From.Version != 1 {
		t.Errorf("the draft goes on from version %d, its first question from %+v", held.Thing.Base, held.Thing.Items[0].From)
	}
	// A draft that is being written is replaced only as it was when the form was shown.
	if got := take(parsed.Query()); got.status != 409 {
		t.Errorf("over a draft that wasn't shown: %d", got.status)
	}
	if page := s.do("chuang", "GET", address, nil); !strings.Contains(page.body, `name="draft" value="1"`) {
		t.Error("the preview doesn't say that there is a draft")
	}
	fields := parsed.Query()
	fields.Set("draft", "7")
	if got := take(fields); got.status != 409 && got.status != 303 {
		t.Errorf("over a draft that was changed: %d", got.status)
	}
}

func TestFaultsOfAnXLSFormAreShown(t *testing.T) {
	s := newSite(t, 0)
	q := tried("faulty")
	q.Questions[0].Name, q.Questions[1].Name = "years", "who" // the condition is now on itself, a number
	address := s.sendForm(t, formBytes(t, q))
	page := s.do("chuang", "GET", address, nil)
	if page.status != 200 || !strings.Contains(page.body, "第3行") || !strings.Contains(page.body, "“a”不是数字") || strings.Contains(page.body, "存为草稿") {
		t.Errorf("%d %s", page.status, page.body)
	}
	if strings.Contains(page.body, "<script>alert") {
		t.Error("hostile words became markup")
	}
	parsed, _ := url.Parse(address)
	if got := s.do("chuang", "POST", "/c/feicheng/questionnaires/xlsform/take", parsed.Query()); got.status != 422 {
		t.Errorf("a form with faults is taken: %d", got.status)
	}
	for name, body := range map[string]string{"no workbook": "编号,题\n1,2\n", "another workbook": string(ledgerBook(t))} {
		address := s.sendForm(t, []byte(body))
		if page := s.do("chuang", "GET", address, nil); page.status != 422 || !strings.Contains(page.body, "XLSForm") {
			t.Errorf("%s: %d", name, page.status)
		}
	}
}

func ledgerBook(t *testing.T) []byte {
	var out bytes.Buffer
	if err := workbook.PeopleTemplate(&out, "x", nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
