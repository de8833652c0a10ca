package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/xuri/excelize/v2"

	"shuixuan/app/audit"
	"shuixuan/ingest"
)

// client speaks the API as a program does, and holds every answer against the
// description: what openapi.json doesn't say can't come back, whatever the test is about.
type client struct {
	*site
	described *jsonschema.Compiler
	routes    []apiRoute
}

// newClient has a site of its own. These tests run side by side: most of a test is
// waiting until the engine's writes are on disk.
func newClient(t *testing.T) *client {
	t.Helper()
	t.Parallel()
	s := newSite(t, 0)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(openAPI))
	if err != nil {
		t.Fatal(err)
	}
	// A property that is not described is as false as one of the wrong type.
	for _, schema := range document.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any) {
		if object := schema.(map[string]any); object["properties"] != nil {
			object["additionalProperties"] = false
		}
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource("openapi.json", document); err != nil {
		t.Fatal(err)
	}
	return &client{site: s, described: compiler, routes: s.apiRoutes()}
}

// call sends a request with a JSON body (nil for none) and decodes the answer.
func (c *client) call(as, method, address string, body, into any) int {
	c.t.Helper()
	var reader io.Reader
	if body != nil {
		text, is := body.(string)
		if !is {
			encoded, err := json.Marshal(body)
			if err != nil {
				c.t.Fatal(err)
			}
			text = string(encoded)
		}
		reader = strings.NewReader(text)
	}
	r := httptest.NewRequest(method, address, reader)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Cookie", c.as(as))
	return c.read(method, address, c.send(r), into)
}

// upload sends a file as a form does.
func (c *client) sendFile(as, address, name string, content []byte, into any) int {
	c.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		c.t.Fatal(err)
	}
	part.Write(content)
	form.Close()
	r := httptest.NewRequest("POST", address, &b)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Cookie", c.as(as))
	return c.read("POST", address, c.send(r), into)
}

func (c *client) read(method, address string, a answer, into any) int {
	c.t.Helper()
	c.check(method, address, a)
	if testing.Verbose() && a.status >= 400 {
		c.t.Logf("%s %s: %s", method, address, a.body) // would a clerk understand?
	}
	if into != nil {
		if err := json.Unmarshal([]byte(a.body), into); err != nil {
			c.t.Fatalf("%s %s answers %d %.300s: %v", method, address, a.status, a.body, err)
		}
	}
	return a.status
}

// parameter stands for one step of an address.
var parameter = regexp.MustCompile(`:\w+`)

// routeOf finds the line of the route table.
func (c *client) routeOf(method, address string) (apiRoute, bool) {
	path, _, _ := strings.Cut(address, "?")
	for _, r := range c.routes {
		form := "^" + parameter.ReplaceAllString(strings.ReplaceAll(r.path, ".", `\.`), "[^/]+") + "$"
		if r.method == method && regexp.MustCompile(form).MatchString(path) {
			return r, true
		}
	}
	return apiRoute{}, false
}

// check holds an answer against the description.
func (c *client) check(method, address string, a answer) {
	c.t.Helper()
	media, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	if a.status >= 400 {
		if media != "application/problem+json" {
			c.t.Errorf("%s %s answers %d as %s", method, address, a.status, media)
		}
		c.checkProblem(method, address, a)
	}
	r, is := c.routeOf(method, address)
	if !is {
		return
	}
	status := fmt.Sprint(a.status)
	if a.status >= 400 {
		status = "default"
	}
	step := strings.NewReplacer("~", "~0", "/", "~1").Replace
	place := "openapi.json#/paths/" + url.PathEscape(step(pathParameter.ReplaceAllString(r.path, "{$1}"))) + "/" + strings.ToLower(method) +
		"/responses/" + status + "/content/" + url.PathEscape(step(media)) + "/schema"
	schema, err := c.described.Compile(place)
	if err != nil {
		c.t.Errorf("%s %s answers %d %s, which is not described: %v", method, address, a.status, media, err)
		return
	}
	if media != "application/json" && media != "application/problem+json" {
		return
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(a.body))
	if err == nil {
		err = schema.Validate(document)
	}
	if err != nil {
		c.t.Errorf("%s %s answers what is not described: %v\n%.600s", method, address, err, a.body)
	}
}

// checkProblem: what RFC 9457 asks for, and what ours adds: a reference that the log
// holds too, and words that say what to do.
func (c *client) checkProblem(method, address string, a answer) {
	c.t.Helper()
	var p struct {
		Type, Title, Detail, Reference string
		Status                         int
		Faults                         []struct {
			Row        int
			Field, Why string
		}
	}
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		c.t.Errorf("%s %s: %v", method, address, err)
		return
	}
	if !strings.HasPrefix(p.Type, "urn:shuixuan:problem:") || p.Status != a.status || p.Title == "" || p.Detail == "" || p.Faults == nil {
		c.t.Errorf("%s %s: the problem is not whole: %s", method, address, a.body)
	}
	if p.Reference == "" || p.Reference != a.header.Get(referenceHeader) || !strings.Contains(c.log.String(), p.Reference) {
		c.t.Errorf("%s %s: reference %q is not that of the header and the log", method, address, p.Reference)
	}
	if !hasHan(p.Title) || !hasHan(p.Detail) {
		c.t.Errorf("%s %s: %q %q is not for a Chinese reader", method, address, p.Title, p.Detail)
	}
}

func hasHan(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff })
}

// banner is a placement that 市住建局 may log.
func banner(id uuid.UUID, place string) map[string]any {
	return map[string]any{"id": id, "task": "社会宣传1", "unit": "zhujianju", "carrier": "宣传条幅", "place": place,
		"quantity": 3, "measure": "条", "start": "2014-09-05"}
}

// lesson is one that 市教育局 may log.
func lesson(id uuid.UUID, place string) map[string]any {
	return map[string]any{"id": id, "task": "社会宣传6", "unit": "jiaoyuju", "carrier": "宣传栏", "place": place,
		"quantity": 1, "measure": "处", "start": "2014-09-06"}
}

func sheet(id uuid.UUID, number string) map[string]any {
	return map[string]any{"id": id, "number": number, "choices": map[string]any{"group": []string{"school"}}}
}

// answersCSV is a file of so many answers of school people, with every question's column.
func (c *client) answersCSV(rows int) []byte {
	c.t.Helper()
	q, err := c.Surveys.Questionnaire(c.t.Context(), "feicheng", "citizen", 0)
	if err != nil {
		c.t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("编号")
	empty := ""
	for i, question := range q.Questions {
		b.WriteString("," + question.Name)
		if i > 0 { // the first is the group
			empty += ","
		}
	}
	for i := range rows {
		fmt.Fprintf(&b, "\nS%d,学校师生%s", i, empty)
	}
	return []byte(b.String() + "\n")
}

const ledgerHead = "责任单位,任务,宣传形式,设置地点,数量,计量单位,开始日期\n"

func ledgerCSV(rows ...string) []byte { return []byte(ledgerHead + strings.Join(rows, "\n") + "\n") }

const feicheng = apiPrefix + "/campaigns/feicheng"

// TestAPIWhoMayDoWhat tries every route of the table as everybody. Another unit's thing
// and another campaign's answer like what isn't there.
func TestAPIWhoMayDoWhat(t *testing.T) {
	c := newClient(t)
	var placed, receipt struct{ ID uuid.UUID }
	if status := c.call("zhujian", "POST", feicheng+"/placements", banner(uuid.New(), "龙山路"), &placed); status != 201 {
		t.Fatalf("logging answers %d", status)
	}
	if status := c.sendFile("zhujian", feicheng+"/imports?kind=placements", "台账.csv", ledgerCSV("市住建局,社会宣传1,宣传条幅,文化路,2,条,2014-09-05"), &receipt); status != 200 {
		t.Fatalf("import answers %d", status)
	}
	logIt := func() any { return banner(uuid.New(), uuid.NewString()) }
	gone := func() any {
		return map[string]any{"found_on": civil(time.Now()).Format(time.DateOnly), "finding": "gone"}
	}
	accept := func() any { return map[string]any{"verdict": "accept", "expected_revision": 1} }
	enter := func() any { return sheet(uuid.New(), uuid.NewString()) }
	sealed := c.sealed(t)
	// office, the unit, another unit, distributor, nobody, another campaign's office
	everybody := []string{"chuang", "zhujian", "jiaoyu", "fafang", "", "cunzhi"}
	tried := map[string]bool{}
	for _, line := range []struct {
		method, address string
		body            func() any // nil: none
		file            string     // kind of a file
		want            [6]int
	}{
		{"GET", apiPrefix + "/campaigns", nil, "", [6]int{200, 200, 200, 200, 401, 200}},
		{"GET", feicheng, nil, "", [6]int{200, 200, 200, 200, 401, 404}},
		{"GET", feicheng + "/tasks", nil, "", [6]int{200, 200, 200, 403, 401, 404}},
		{"GET", feicheng + "/coverage", nil, "", [6]int{200, 200, 200, 403, 401, 404}},
		{"GET", feicheng + "/coverage?by=unit", nil, "", [6]int{200, 200, 200, 403, 401, 404}},
		{"GET", feicheng + "/coverage?by=carrier", nil, "", [6]int{200, 200, 200, 403, 401, 404}},
		{"GET", feicheng + "/coverage?by=week", nil, "", [6]int{200, 200, 200, 403, 401, 404}},
		{"GET", feicheng + "/coverage?by=moon", nil, "", [6]int{422, 422, 422, 403, 401, 404}},
		{"GET", feicheng + "/placements", nil, "", [6]int{200, 200, 200, 403, 401, 404}},
		{"GET", feicheng + "/placements/" + placed.ID.String(), nil, "", [6]int{200, 200, 404, 403, 401, 404}},
		{"GET", feicheng + "/placements/17", nil, "", [6]int{404, 404, 404, 403, 401, 404}},
		{"GET", feicheng + "/placements/" + placed.ID.String() + "/inspections", nil, "", [6]int{200, 200, 404, 403, 401, 404}},
		{"POST", feicheng + "/placements/" + placed.ID.String() + "/inspections", gone, "", [6]int{201, 201, 404, 403, 401, 404}},
		{"POST", feicheng + "/placements/" + placed.ID.String() + "/reviews", accept, "", [6]int{201, 403, 403, 403, 401, 404}},
		{"GET", feicheng + "/placements/" + placed.ID.String() + "/photos", nil, "", [6]int{200, 200, 404, 403, 401, 404}},
		{"POST", feicheng + "/placements/" + placed.ID.String() + "/photos", nil, "photo", [6]int{201, 200, 404, 403, 401, 404}}, // the same file a second time
		{"POST", feicheng + "/placements", logIt, "", [6]int{201, 201, 422, 403, 401, 404}},
		{"POST", feicheng + "/imports?kind=placements&dry_run=true", nil, "placements", [6]int{200, 200, 200, 403, 401, 404}},
		{"POST", feicheng + "/imports?kind=responses&wave=w1&dry_run=true", nil, "responses", [6]int{200, 403, 403, 200, 401, 404}},
		{"GET", feicheng + "/imports/" + receipt.ID.String(), nil, "", [6]int{200, 200, 404, 404, 401, 404}},
		{"GET", feicheng + "/waves", nil, "", [6]int{200, 403, 403, 200, 401, 404}},
		{"GET", feicheng + "/waves/w1", nil, "", [6]int{200, 403, 403, 200, 401, 404}},
		{"GET", feicheng + "/waves/w9", nil, "", [6]int{404, 403, 403, 404, 401, 404}},
		{"POST", feicheng + "/waves/w1/responses", enter, "", [6]int{201, 403, 403, 201, 401, 404}},
		{"POST", feicheng + "/waves/w1/responses/batch", func() any { return map[string]any{"items": []any{enter()}} }, "", [6]int{200, 403, 403, 200, 401, 404}},
		{"GET", feicheng + "/waves/w1/responses", nil, "", [6]int{200, 403, 403, 200, 401, 404}},
		{"GET", feicheng + "/waves/w1/estimates", nil, "", [6]int{200, 403, 403, 403, 401, 404}},
		{"GET", feicheng + "/waves/w1/estimates?question=carriers&by=sex", nil, "", [6]int{200, 403, 403, 403, 401, 404}},
		{"GET", feicheng + "/waves/w1/estimates?question=nothing", nil, "", [6]int{404, 403, 403, 403, 401, 404}},
		{"GET", feicheng + "/waves/w1/trends", nil, "", [6]int{200, 403, 403, 403, 401, 404}},
		{"GET", feicheng + "/waves/w1/trends?question=nothing", nil, "", [6]int{404, 403, 403, 403, 401, 404}},
		{"GET", feicheng + "/report.xlsx", nil, "", [6]int{200, 403, 403, 403, 401, 404}},
		{"POST", feicheng + "/reports", nil, "", [6]int{202, 403, 403, 403, 401, 404}},
		{"GET", feicheng + "/reports/" + sealed, nil, "", [6]int{200, 403, 403, 403, 401, 404}},
		{"GET", feicheng + "/reports/" + sealed + "/file", nil, "", [6]int{200, 403, 403, 403, 401, 404}},
		{"GET", apiPrefix + "/audit", nil, "", [6]int{200, 403, 403, 403, 401, 200}},
		{"GET", apiPrefix + "/campaigns/nowhere", nil, "", [6]int{404, 404, 404, 404, 401, 404}},
		{"GET", apiPrefix + "/nothing", nil, "", [6]int{404, 404, 404, 404, 404, 404}},
	} {
		if r, is := c.routeOf(line.method, line.address); is {
			tried[r.method+r.path] = true
		}
		for i, who := range everybody {
			var status int
			switch {
			case line.file == "placements":
				status = c.sendFile(who, line.address, "a.csv", ledgerCSV(",社会宣传1,宣传条幅,文化路,2,条,2014-09-05"), nil)
			case line.file == "photo":
				status = c.sendFile(who, line.address, "a.jpg", scene(3), nil)
			case line.file == "responses":
				status = c.sendFile(who, line.address, "a.csv", c.answersCSV(1), nil)
			case line.body != nil:
				status = c.call(who, line.method, line.address, line.body(), nil)
			default:
				status = c.call(who, line.method, line.address, nil, nil)
			}
			if status != line.want[i] {
				t.Errorf("%s %s as %q answers %d, want %d", line.method, line.address, who, status, line.want[i])
			}
		}
	}
	for _, r := range c.routes {
		if !tried[r.method+r.path] {
			t.Errorf("nobody tried %s %s", r.method, r.path)
		}
	}
}

// TestAPIUnitSeesItsOwnOnly: rows, receipts, counts and tasks of one unit, never a trace
// of another's.
func TestAPIUnitSeesItsOwnOnly(t *testing.T) {
	c := newClient(t)
	for i := range 3 {
		c.call("zhujian", "POST", feicheng+"/placements", banner(uuid.New(), fmt.Sprint("住建", i)), nil)
	}
	for i := range 2 {
		c.call("jiaoyu", "POST", feicheng+"/placements", lesson(uuid.New(), fmt.Sprint("教育", i)), nil)
	}
	var rows struct {
		Items []struct{ Unit, Place string }
		Next  *string
	}
	for who, want := range map[string]int{"zhujian": 3, "jiaoyu": 2, "chuang": 5} {
		if c.call(who, "GET", feicheng+"/placements", nil, &rows); len(rows.Items) != want || rows.Next != nil {
			t.Errorf("%s sees %d placements, want %d: %+v", who, len(rows.Items), want, rows)
		}
	}
	if c.call("jiaoyu", "GET", feicheng+"/placements?unit=zhujianju", nil, &rows); len(rows.Items) != 0 {
		t.Errorf("asked for by name, another unit's rows are shown: %+v", rows.Items)
	}
	// What is counted: covered obligations and logged rows of the unit itself.
	for _, by := range []string{"task", "unit", "carrier", "week"} {
		var coverage struct {
			Total struct{ Logged int }
			Items []struct {
				Key    string
				Logged int
			}
		}
		c.call("jiaoyu", "GET", feicheng+"/coverage?by="+by, nil, &coverage)
		sum := 0
		for _, line := range coverage.Items {
			sum += line.Logged
			if by == "unit" && line.Key != "jiaoyuju" {
				t.Errorf("by unit 市教育局 sees %q", line.Key)
			}
		}
		if coverage.Total.Logged != 2 || sum != 2 {
			t.Errorf("by %s 市教育局 is told of %d logged in all and %d in lines, want its own 2", by, coverage.Total.Logged, sum)
		}
	}
	a := c.do("jiaoyu", "GET", feicheng+"/coverage?by=unit", nil)
	if strings.Contains(a.body, "zhujianju") || strings.Contains(a.body, "市住建局") {
		t.Error("the coverage of 市教育局 names 市住建局")
	}
	var tasks struct{ Items []struct{ Code string } }
	c.call("zhujian", "GET", feicheng+"/tasks", nil, &tasks)
	for _, task := range tasks.Items {
		if task.Code == "社会宣传6" {
			t.Error("市住建局 is shown the task of 市教育局")
		}
	}
	// One unit's id is not free for another, and neither learns what it holds.
	id := uuid.New()
	c.call("zhujian", "POST", feicheng+"/placements", banner(id, "一处"), nil)
	if status := c.call("jiaoyu", "POST", feicheng+"/placements", lesson(id, "一处"), nil); status != 409 {
		t.Errorf("an id that another unit used answers %d, want 409", status)
	}
	// A ledger that names another unit is refused row by row; one's own rows go in.
	var r ingest.Receipt
	c.sendFile("jiaoyu", feicheng+"/imports?kind=placements", "混.csv", ledgerCSV("市住建局,社会宣传1,宣传条幅,某处,2,条,2014-09-05", "市教育局,社会宣传6,宣传栏,一中,1,处,2014-09-05"), &r)
	if len(r.Accepted) != 1 || len(r.Rejected) != 1 || r.Rejected[0].Row != 2 || r.Rejected[0].Field != "unit" {
		t.Errorf("a ledger with another unit's row: %+v", r)
	}
}

// TestAPIDistributorSeesTheirOwnOnly: what a distributor entered, and no one else's.
func TestAPIDistributorSeesTheirOwnOnly(t *testing.T) {
	c := newClient(t)
	path := feicheng + "/waves/w1/responses"
	mine := uuid.New()
	c.call("fafang", "POST", path, sheet(mine, "A1"), nil)
	c.call("chuang", "POST", path, sheet(uuid.New(), "A2"), nil)
	var rows struct{ Items []struct{ ID uuid.UUID } }
	if c.call("fafang", "GET", path, nil, &rows); len(rows.Items) != 1 || rows.Items[0].ID != mine {
		t.Errorf("the distributor sees %v, want %s alone", rows.Items, mine)
	}
	if c.call("chuang", "GET", path, nil, &rows); len(rows.Items) != 2 {
		t.Errorf("the office sees %d", len(rows.Items))
	}
}

// TestAPISentAgain: the same id and content answers 200 with what was kept the first
// time; other content 409; the number of a paper sheet counts once.
func TestAPISentAgain(t *testing.T) {
	c := newClient(t)
	type kept struct {
		ID         uuid.UUID
		Revision   int
		RecordedAt string `json:"recorded_at"`
	}
	id := uuid.New()
	for path, body := range map[string]func(word string) any{
		feicheng + "/placements":         func(word string) any { return banner(id, "地点"+word) },
		feicheng + "/waves/w1/responses": func(word string) any { return sheet(id, "N-"+word) },
	} {
		var first, again kept
		if status := c.call("chuang", "POST", path, body("一"), &first); status != 201 || first.ID != id {
			t.Errorf("%s the first time: %d %+v", path, status, first)
		}
		if status := c.call("chuang", "POST", path, body("一"), &again); status != 200 || again != first {
			t.Errorf("%s again: %d %+v, want 200 %+v", path, status, again, first)
		}
		if status := c.call("chuang", "POST", path, body("二"), nil); status != 409 {
			t.Errorf("%s with other content: %d, want 409", path, status)
		}
		var rows struct{ Items []kept }
		if c.call("chuang", "GET", path, nil, &rows); len(rows.Items) != 1 || rows.Items[0] != first {
			t.Errorf("%s holds %+v, want the first alone", path, rows.Items)
		}
	}
	if status := c.call("chuang", "POST", feicheng+"/waves/w1/responses", sheet(uuid.New(), "N-一"), nil); status != 409 {
		t.Errorf("a paper sheet under another id: %d, want 409", status)
	}
	// Without an id the server makes one, and every sending is one more.
	var made kept
	if status := c.call("chuang", "POST", feicheng+"/waves/w1/responses", map[string]any{"choices": map[string]any{"group": []string{"school"}}}, &made); status != 201 || made.ID == uuid.Nil {
		t.Errorf("without an id: %d %+v", status, made)
	}
}

// TestAPIBatchIsAnsweredOneByOne: a bad response keeps out none beside it, all sent again count
// once, and the trail has one event for those that were new.
func TestAPIBatchIsAnsweredOneByOne(t *testing.T) {
	c := newClient(t)
	path := feicheng + "/waves/w1/responses"
	good, twice := uuid.New(), uuid.New()
	list := map[string]any{"items": []any{
		sheet(good, "B1"),
		map[string]any{"id": uuid.New(), "choices": map[string]any{"group": []string{"nobody"}}},
		sheet(twice, "B2"), sheet(twice, "B2"), sheet(twice, "B3"), // known within the batch; other content
		sheet(uuid.New(), "B1"), // the number of a paper that is there
		map[string]any{"id": uuid.New(), "answered_on": "昨天", "choices": map[string]any{"group": []string{"school"}}},
	}}
	for _, again := range []bool{false, true} {
		var got enteredJSON
		if status := c.call("chuang", "POST", path+"/batch", list, &got); status != 200 || len(got.Items) != 7 {
			t.Fatalf("%d %+v", status, got)
		}
		want := []int{201, 422, 201, 200, 409, 409, 422}
		if again {
			want[0], want[2] = 200, 200
		}
		for i, one := range got.Items {
			if one.Status != want[i] || (one.Detail == "") != (one.Status < 300) || one.Status == 422 && (len(one.Faults) == 0 || one.Faults[0].Row != i+1) {
				t.Errorf("again %t, %d: %+v, want %d", again, i+1, one, want[i])
			}
		}
		var rows struct{ Items []struct{ ID uuid.UUID } }
		if c.call("chuang", "GET", path, nil, &rows); len(rows.Items) != 2 {
			t.Errorf("%d are kept", len(rows.Items))
		}
	}
	var n uint64
	if err := c.DB.QueryRow(t.Context(), "SELECT count() FROM audit_events WHERE verb = 'response.batch'").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d events of two sendings, %v", n, err)
	}
	for _, bad := range []any{map[string]any{"items": []any{}}, map[string]any{"items": make([]struct{}, ingest.MostInBatch+1)}} {
		if status := c.call("chuang", "POST", path+"/batch", bad, nil); status != 422 {
			t.Errorf("a batch of no or too many: %d", status)
		}
	}
}

// TestAPIHundredPostsAtOnce: a hundred connections send one placement; one is told that it
// made it, the others what it made.
func TestAPIHundredPostsAtOnce(t *testing.T) {
	c := newClient(t)
	body, err := json.Marshal(banner(uuid.New(), "同一处"))
	if err != nil {
		t.Fatal(err)
	}
	cookie := c.as("zhujian")
	statuses, answers := make([]int, 100), make([]string, 100)
	var wg sync.WaitGroup
	for i := range statuses {
		wg.Go(func() {
			r := httptest.NewRequest("POST", feicheng+"/placements", bytes.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Cookie", cookie)
			r.Header.Set(formTokenHeader, newFormToken(strings.TrimPrefix(cookie, sessionCookie+"=")))
			response, err := c.App().Test(r, int(time.Minute.Milliseconds()))
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			text, _ := io.ReadAll(response.Body)
			statuses[i], answers[i] = response.StatusCode, string(text)
		})
	}
	wg.Wait()
	n := map[int]int{}
	for i, status := range statuses {
		n[status]++
		if answers[i] != answers[0] {
			t.Errorf("one is answered %s, another %s", answers[0], answers[i])
		}
	}
	if n[201] != 1 || n[200] != 99 {
		t.Errorf("statuses %v, want one 201 and 99 times 200", n)
	}
	var rows struct{ Items []any }
	if c.call("zhujian", "GET", feicheng+"/placements", nil, &rows); len(rows.Items) != 1 {
		t.Errorf("%d rows are in", len(rows.Items))
	}
}

// TestAPIHostileAddresses: whatever stands in an address is a value and nothing else.
func TestAPIHostileAddresses(t *testing.T) {
	c := newClient(t)
	c.call("chuang", "POST", feicheng+"/placements", banner(uuid.New(), "某处"), nil)
	for _, text := range []string{"%00", "%ff%fe", "'", "%27%20OR%201%3D1%20--", "%5C%27", "?", "@unit", "%7Bx%3AString%7D", "%25s", "..%2f..%2fetc", "%E2%80%8B", "$1", strings.Repeat("x", 5000)} {
		var rows struct{ Items []any }
		for _, name := range []string{"unit", "task", "state"} {
			if status := c.call("chuang", "GET", feicheng+"/placements?"+name+"="+text, nil, &rows); text != "?" && (status != 200 || len(rows.Items) != 0) {
				t.Errorf("%s=%.40s answers %d with %d rows, want none", name, text, status, len(rows.Items))
			}
		}
		for _, address := range []string{apiPrefix + "/campaigns/" + text, feicheng + "/placements/" + text, feicheng + "/imports/" + text, feicheng + "/waves/" + text, feicheng + "/waves/" + text + "/responses"} {
			if text == "?" {
				continue
			}
			if status := c.call("chuang", "GET", address, nil, nil); status != 404 {
				t.Errorf("%.80s answers %d, want 404", address, status)
			}
		}
		for _, query := range []string{"question=" + text, "question=aware&by=" + text} {
			if status := c.call("chuang", "GET", feicheng+"/waves/w1/estimates?"+query, nil, nil); text != "?" && status != 404 && status != 422 {
				t.Errorf("estimates of %.40s answer %d", query, status)
			}
		}
	}
}

// TestAPIPages: 2,300 rows of one instant are read in pages while others come in; every
// row that was there is seen, once.
func TestAPIPages(t *testing.T) {
	c := newClient(t)
	const rows = 2300
	var ledger strings.Builder
	for i := range rows {
		fmt.Fprintf(&ledger, "市住建局,社会宣传1,宣传条幅,第%d处,1,条,2014-09-05\n", i)
	}
	var r ingest.Receipt
	if c.sendFile("chuang", feicheng+"/imports?kind=placements", "a.csv", []byte(ledgerHead+ledger.String()), &r); len(r.Accepted) != rows {
		t.Fatalf("%d rows were accepted, %.300v", len(r.Accepted), r.Rejected)
	}
	r = ingest.Receipt{}
	if c.sendFile("chuang", feicheng+"/imports?kind=responses&wave=w1", "b.csv", c.answersCSV(rows), &r); len(r.Accepted) != rows {
		t.Fatalf("%d answers were accepted, %.300v", len(r.Accepted), r.Rejected)
	}
	for path, body := range map[string]func() any{
		feicheng + "/placements":         func() any { return banner(uuid.New(), uuid.NewString()) },
		feicheng + "/waves/w1/responses": func() any { return sheet(uuid.New(), uuid.NewString()) },
	} {
		for _, limit := range []int{1000, 5000, 777} {
			seen := c.walk(t, path, limit, func() { c.call("chuang", "POST", path, body(), nil) })
			// 5000 asks for more than an answer holds, and gives as many as it holds.
			if pages := (rows + min(limit, 1000) - 1) / min(limit, 1000); len(seen) < rows || len(seen) > rows+3*(pages+1) {
				t.Errorf("%s limit=%d: %d rows seen, want %d and what came in", path, limit, len(seen), rows)
			}
		}
	}
	// The audit trail, oldest first: a page that ends with the list is followed by an empty one.
	all := c.walk(t, apiPrefix+"/audit", 1000, func() {})
	few := c.walk(t, apiPrefix+"/audit", 5, func() {})
	if len(all) < 10 || len(few) != len(all) {
		t.Errorf("the trail has %d events in pages of 1000 and %d in pages of 5", len(all), len(few))
	}
	for _, limit := range []string{"0", "-1", "ten", "1e3", "99999999999999999999"} {
		if status := c.call("chuang", "GET", feicheng+"/placements?limit="+limit, nil, nil); status != 422 {
			t.Errorf("limit=%s answers %d, want 422", limit, status)
		}
	}
	for _, after := range []string{"x", "1.2", "99999999999999999999.00000000-0000-0000-0000-000000000000", "%00"} {
		if status := c.call("chuang", "GET", feicheng+"/placements?limit=1&after="+after, nil, nil); status != 200 {
			t.Errorf("after=%s answers %d: a cursor that somebody cut short starts the list", after, status)
		}
	}
}

// walk reads a list to its end and gives every id it saw; between runs after each page.
func (c *client) walk(t *testing.T, path string, limit int, between func()) map[uuid.UUID]bool {
	t.Helper()
	seen := map[uuid.UUID]bool{}
	after := ""
	for range 1000 {
		var page struct {
			Items []struct{ ID uuid.UUID }
			Next  *string
		}
		if status := c.call("chuang", "GET", fmt.Sprintf("%s?limit=%d&after=%s", path, limit, after), nil, &page); status != 200 {
			t.Fatalf("%s answers %d", path, status)
		}
		for _, item := range page.Items {
			if seen[item.ID] {
				t.Fatalf("%s limit=%d: %s comes twice", path, limit, item.ID)
			}
			seen[item.ID] = true
		}
		if page.Next == nil {
			return seen
		}
		if len(page.Items) == 0 {
			t.Fatalf("%s: an empty page goes on", path)
		}
		after = *page.Next
		between()
	}
	t.Fatalf("%s limit=%d does not end", path, limit)
	return nil
}

// TestAPIRefusesBodies: each told with what is wrong and where, none of them a 500.
func TestAPIRefusesBodies(t *testing.T) {
	c := newClient(t)
	bend := func(field string, value any) any {
		b := banner(uuid.New(), "某处")
		if b[field] = value; value == nil {
			delete(b, field)
		}
		return b
	}
	path := feicheng + "/placements"
	for _, x := range []struct {
		name  string
		body  any
		field string // of the first fault; "" where the whole body is meant
	}{
		{"nothing", "", ""},
		{"half of it", `{"task":"社会`, ""},
		{"two", `{} {}`, ""},
		{"a list", `[]`, ""},
		{"not UTF-8", "{\"task\":\"\xff\xfe\"}", ""},
		{"deep", strings.Repeat(`{"task":`, 20000), ""},
		{"an unknown field", bend("colour", "red"), ""},
		{"a number as text", bend("quantity", "three"), ""},
		{"a number out of reach", `{"quantity":1e400}`, ""},
		{"an id that is none", bend("id", "17"), ""},
		{"no such day", bend("start", "2014-09-31"), "start"},
		{"a day in words", bend("start", "二〇一四年九月"), "start"},
		{"no day", bend("start", nil), "start"},
		{"an end before the start", bend("end", "2014-09-01"), "end"},
		{"nothing posted", bend("quantity", 0), "quantity"},
		{"less than nothing", bend("quantity", -3), "quantity"},
		{"a measure that is none", bend("measure", "打"), "measure"},
		{"no such task", bend("task", "社会宣传99"), "task"},
		{"a collective unit", bend("unit", "市直各有关部门"), "unit"},
		{"no such unit", bend("unit", "市体育局"), "unit"},
		{"no place", bend("place", " \u3000"), "place"},
		{"a long place", bend("place", strings.Repeat("很", 201)), "place"},
		{"off the earth", bend("position", map[string]any{"longitude": 200, "latitude": 95, "datum": "wgs84"}), "position"},
	} {
		var p struct {
			Faults []struct{ Field, Why string }
		}
		status := c.call("chuang", "POST", path, x.body, &p)
		if status != 422 || len(p.Faults) == 0 || p.Faults[0].Field != x.field && !slices.ContainsFunc(p.Faults, func(f struct{ Field, Why string }) bool { return f.Field == x.field }) {
			t.Errorf("%s: %d %+v, want 422 with a fault at %q", x.name, status, p, x.field)
		}
	}
	for _, x := range []struct {
		name string
		body any
	}{
		{"an option that is none", map[string]any{"choices": map[string]any{"group": []string{"martian"}}}},
		{"two of a single choice", map[string]any{"choices": map[string]any{"group": []string{"school", "company"}}}},
		{"都没有 with another", map[string]any{"choices": map[string]any{"group": []string{"school"}, "carriers": []string{"none", "board"}}}},
		{"a question that is none", map[string]any{"choices": map[string]any{"colour": []string{"red"}}}},
		{"a day that is none", map[string]any{"choices": map[string]any{"group": []string{"school"}}, "answered_on": "2014-02-30"}},
	} {
		var p struct{ Faults []struct{ Why string } }
		if status := c.call("chuang", "POST", feicheng+"/waves/w1/responses", x.body, &p); status != 422 || len(p.Faults) == 0 {
			t.Errorf("%s: %d %+v, want 422 with a fault", x.name, status, p)
		}
	}
	var rows struct{ Items []any }
	if c.call("chuang", "GET", path, nil, &rows); len(rows.Items) != 0 {
		t.Errorf("%d of the refused are in", len(rows.Items))
	}
	// A token that is none, half or of another scheme is nobody.
	for _, header := range []string{"Bearer ", "Bearer sx_nothing", "Basic Y2h1YW5nOg==", "Bearer " + strings.Repeat("x", 4000)} {
		r := httptest.NewRequest("GET", feicheng, nil)
		r.Header.Set("Authorization", header)
		if status := c.read("GET", feicheng, c.send(r), nil); status != 401 {
			t.Errorf("%.20s… answers %d, want 401", header, status)
		}
	}
}

// TestAPIImports: a preview writes nothing, the receipt can be had again and is the same,
// the same file again adds nothing, and what was rejected is told by row.
func TestAPIImports(t *testing.T) {
	c := newClient(t)
	file := ledgerCSV("市住建局,社会宣传1,宣传条幅,文化路,2,条,2014-09-05", "市住建局,社会宣传1,宣传条幅,龙山路,二,条,2014-09-31", "合计,,,,2,条,", "市住建局,社会宣传1,宣传条幅,新城路,4,条,2014-09-06")
	path := feicheng + "/imports?kind=placements"
	var preview, first, held, again ingest.Receipt
	if c.sendFile("zhujian", path+"&dry_run=true", "台账.csv", file, &preview); !preview.DryRun || len(preview.Accepted) != 2 {
		t.Errorf("preview %+v", preview)
	}
	var rows struct{ Items []any }
	if c.call("zhujian", "GET", feicheng+"/placements", nil, &rows); len(rows.Items) != 0 {
		t.Errorf("the preview wrote %d rows", len(rows.Items))
	}
	if status := c.call("zhujian", "GET", feicheng+"/imports/"+preview.ID.String(), nil, nil); status != 404 {
		t.Errorf("the receipt of a preview answers %d: nothing was received", status)
	}
	c.sendFile("zhujian", path, "台账.csv", file, &first)
	if len(first.Accepted) != 2 || first.RejectedRows() != 1 || first.Rejected[0].Row != 3 || len(first.Skipped) != 1 || first.Skipped[0].Row != 4 || first.Rows != 4 {
		t.Errorf("receipt %+v", first)
	}
	if c.call("zhujian", "GET", feicheng+"/imports/"+first.ID.String(), nil, &held); fmt.Sprintf("%+v", asText(held)) != fmt.Sprintf("%+v", asText(first)) {
		t.Errorf("the receipt again is\n%+v, was\n%+v", asText(held), asText(first))
	}
	if c.sendFile("zhujian", path, "台账.csv", file, &again); len(again.Accepted) != 0 || again.AlreadyKnown != 2 {
		t.Errorf("the same file again: %+v", again)
	}
	for _, x := range []struct {
		address string
		want    int
	}{
		{feicheng + "/imports", 422}, {feicheng + "/imports?kind=photos", 422}, {feicheng + "/imports?kind=plan", 422},
		{feicheng + "/imports?kind=responses", 404}, {feicheng + "/imports?kind=responses&wave=w9", 404},
	} {
		if status := c.sendFile("chuang", x.address, "a.csv", file, nil); status != x.want {
			t.Errorf("%s answers %d, want %d", x.address, status, x.want)
		}
	}
	if status := c.call("chuang", "POST", path, map[string]any{"file": "a.csv"}, nil); status != 422 {
		t.Errorf("an import without a form answers %d, want 422", status)
	}
	var trail struct{ Items []struct{ Verb, Name string } }
	c.call("chuang", "GET", apiPrefix+"/audit?limit=1000", nil, &trail)
	imports := 0
	for _, e := range trail.Items {
		if e.Verb == "placements.import" && e.Name == "李办事员" {
			imports++
		}
	}
	if imports != 2 {
		t.Errorf("the trail holds %d imports of 李办事员, want 2: a preview is none", imports)
	}
}

// asText is a receipt as the API tells it.
func asText(r ingest.Receipt) string {
	body, _ := json.Marshal(r)
	return string(body)
}

// TestAPIFigures: every figure comes with what it rests on, and the report opens.
func TestAPIFigures(t *testing.T) {
	c := newClient(t)
	// Twelve answers, seven of which know: 7/12.
	for i := range 12 {
		code := "knows"
		if i >= 7 {
			code = "unknown"
		}
		body := sheet(uuid.New(), fmt.Sprint(i))
		body["choices"].(map[string]any)["aware"] = []string{code}
		c.call("fafang", "POST", feicheng+"/waves/w1/responses", body, nil)
	}
	type figure struct {
		Value, Lower, Upper, Level float64
		Numerator, Base            int
		Valid                      bool
		HasInterval                bool `json:"has_interval"`
		Method                     string
		Warnings                   []struct{ Code, Text string }
	}
	var answer struct {
		Distribution struct {
			Total struct {
				Answered int
				Options  []struct {
					Code    string
					Persons figure
				}
			}
			BaseNote string `json:"base_note"`
			SQL      string
		}
		Indicators struct {
			Figures []struct {
				Indicator struct{ Name string }
				Total     struct{ Estimate figure }
				BaseNote  string `json:"base_note"`
				SQL       string
			}
		}
	}
	c.call("chuang", "GET", feicheng+"/waves/w1/estimates?question=aware&by=sex", nil, &answer)
	knows := answer.Distribution.Total.Options[0].Persons
	// Wilson for 7 of 12 at 95 %: 31.95 to 80.67 (R, prop.test without correction).
	if knows.Numerator != 7 || knows.Base != 12 || !knows.Valid || !knows.HasInterval || knows.Method != "Wilson" || knows.Level != 0.95 ||
		fmt.Sprintf("%.2f %.2f %.2f", knows.Value, knows.Lower, knows.Upper) != "58.33 31.95 80.67" {
		t.Errorf("7 of 12 is told as %+v", knows)
	}
	if !slices.ContainsFunc(knows.Warnings, func(w struct{ Code, Text string }) bool { return w.Code == "small-base" && hasHan(w.Text) }) {
		t.Errorf("12 answers carry no warning: %+v", knows.Warnings)
	}
	if answer.Distribution.BaseNote == "" || !strings.Contains(answer.Distribution.SQL, "SELECT") {
		t.Error("the distribution says neither its base nor its SQL")
	}
	for _, f := range answer.Indicators.Figures {
		if f.Total.Estimate.Base != 12 || f.BaseNote == "" || f.SQL == "" {
			t.Errorf("%s: %+v", f.Indicator.Name, f.Total.Estimate)
		}
	}
	if len(answer.Indicators.Figures) != 2 {
		t.Errorf("%d indicators rest on aware, want the narrow and the broad one", len(answer.Indicators.Figures))
	}
	a := c.do("chuang", "GET", feicheng+"/report.xlsx", nil)
	book, err := excelize.OpenReader(strings.NewReader(a.body))
	if err != nil {
		t.Fatalf("the report doesn't open: %v", err)
	}
	defer book.Close()
	if len(book.GetSheetList()) < 4 || !strings.Contains(a.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the report has the sheets %v", book.GetSheetList())
	}
}

// TestMetrics: requests by route and status, rows by kind, no id in a label. From elsewhere it
// takes an administrator or a token of one.
func TestMetrics(t *testing.T) {
	c := newClient(t)
	id := uuid.New()
	for range 2 { // one new row, one known
		c.call("chuang", "POST", feicheng+"/placements", banner(id, "某处"), nil)
	}
	c.call("chuang", "GET", feicheng+"/placements/"+id.String(), nil, nil)
	c.call("chuang", "GET", apiPrefix+"/no/such/"+id.String(), nil, nil)
	c.do("", "BREW", "/coffee", nil)
	c.do("", "GET", "/metrics", nil, "Authorization", "Bearer nobody's")
	c.do("", "POST", "/login", url.Values{"login": {"nobody"}, "password": {"wrong"}})
	for login, want := range map[string]int{"": 401, "chuang": 403} {
		if a := c.do(login, "GET", "/metrics", nil); a.status != want || strings.Contains(a.body, "shuixuan_") {
			t.Errorf("/metrics for %q from elsewhere: %d, want %d", login, a.status, want)
		}
	}
	a := c.do("guanli", "GET", "/metrics", nil)
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
		t.Fatalf("%d %v", a.status, a.header)
	}
	for _, line := range []string{
		`shuixuan_rows_taken_total{kind="placements"} 1`,
		`shuixuan_rows_taken_total{kind="responses"} 0`,
		`shuixuan_http_request_duration_seconds_count{method="POST",route="/api/v1/campaigns/:campaign/placements",status="201"} 1`,
		`shuixuan_http_request_duration_seconds_count{method="POST",route="/api/v1/campaigns/:campaign/placements",status="200"} 1`,
		`shuixuan_http_request_duration_seconds_count{method="GET",route="/api/v1/campaigns/:campaign/placements/:id",status="200"} 1`,
		`shuixuan_http_request_duration_seconds_count{method="GET",route="none",status="404"} 1`,
		`shuixuan_table_parts{table="placement_revisions"} 1`, `shuixuan_table_rows{table="placement_revisions"} 1`, `shuixuan_broken_parts{table="placement_revisions"} 0`,
		`shuixuan_database_up 1`, `shuixuan_engine_memory_bytes `, `shuixuan_engine_statements `, `shuixuan_newest_event_timestamp_seconds 1`,
		`shuixuan_intake_queue{kind="responses"} 0`, `shuixuan_intake_queue_limit{kind="responses"} 4096`, `shuixuan_intake_refused_total{kind="placements"} 0`,
		`shuixuan_rows_rejected_total{kind="placements"} 0`, `shuixuan_sign_ins_total{outcome="failed"} 1`, `shuixuan_jobs{kind="run",state="running"} 0`,
		`shuixuan_slow_statements_total 0`, `shuixuan_disk_free_bytes `, `shuixuan_build_info{version="test"} 1`, `shuixuan_http_open_connections `,
		`shuixuan_uptime_seconds `, `go_goroutines `, `process_resident_memory_bytes `,
	} {
		if !strings.Contains(a.body, line) {
			t.Errorf("/metrics lacks %s", line)
		}
	}
	told := tableOfMetrics(t)
	for _, line := range strings.Split(a.body, "\n") {
		name, _, found := strings.Cut(strings.TrimPrefix(line, "# HELP shuixuan_"), " ")
		if !found || !strings.HasPrefix(line, "# HELP shuixuan_") {
			continue
		}
		if !told["shuixuan_"+name] {
			t.Errorf("docs/operations.md doesn't tell of shuixuan_%s", name)
		}
		delete(told, "shuixuan_"+name)
	}
	for name := range told {
		if !strings.Contains(name, "unread") && !strings.Contains(name, "backup") { // counted when there is one; given out once there is one
			t.Errorf("docs/operations.md tells of %s, which isn't given out", name)
		}
	}
	if strings.Contains(a.body, id.String()) || strings.Contains(a.body, "BREW") || strings.Contains(a.body, "feicheng") {
		t.Error("/metrics holds what only this request had")
	}
	for _, address := range []string{"/healthz", "/readyz"} {
		if a := c.do("", "GET", address, nil); a.status != 200 {
			t.Errorf("%s answers %d", address, a.status)
		}
	}
}

// tableOfMetrics are the names in docs/operations.md, in its table and its rules.
func tableOfMetrics(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("../../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, name := range regexp.MustCompile(`\bshuixuan_[a-z_]+[a-z]\b`).FindAllString(string(text), -1) {
		name = strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_count")
		all[name] = true
	}
	return all
}

// TestAPIToken: a program's token carries role, unit and campaign, and can be revoked.
func TestAPIToken(t *testing.T) {
	c := newClient(t)
	id, token, err := c.Auth.AddToken(t.Context(), audit.System("test"), audit.RoleUnit, "feicheng", "zhujianju", "t", c.clock().AddDate(0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, address string, body any) int {
		encoded, _ := json.Marshal(body)
		r := httptest.NewRequest(method, address, bytes.NewReader(encoded))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Sec-Fetch-Site", "cross-site") // a token is sent by nobody by accident
		return c.read(method, address, c.send(r), nil)
	}
	own := banner(uuid.New(), "某处")
	delete(own, "unit") // that of the token
	if status := ask("POST", feicheng+"/placements", own); status != 201 {
		t.Errorf("logging with a token answers %d", status)
	}
	if status := ask("POST", feicheng+"/placements", lesson(uuid.New(), "某处")); status != 422 {
		t.Errorf("logging for another unit answers %d", status)
	}
	if status := ask("GET", apiPrefix+"/campaigns/governance", nil); status != 404 {
		t.Errorf("another campaign answers %d", status)
	}
	if err := c.Auth.RevokeToken(t.Context(), audit.System("test"), id); err != nil {
		t.Fatal(err)
	}
	if status := ask("GET", feicheng, nil); status != 401 {
		t.Errorf("a revoked token answers %d", status)
	}
}

// TestHostileQuestionnaireStaysText: a question, an option and an answer that would end a
// script, on the page, in the charts and in the API.
func TestHostileQuestionnaireStaysText(t *testing.T) {
	c := newClient(t)
	const end = `</script><script>alert(1)</script>`
	body := fmt.Sprintf(`
id: hostile
title: '问卷%[1]s'
source: 测试
questions:
  - {name: likes, type: single, label: '您喜欢%[1]s吗', short: '喜欢%[1]s', required: true, options: [{code: "yes", label: '是%[1]s'}, {code: "no", label: 否}, {code: other, label: 其他, other: true}]}
  - {name: words, type: text, label: 建议}
indicators:
  - {name: rate, label: '率%[1]s', kind: share, question: likes, positive: ["yes"], base: answered, headline: true, source: '测试%[1]s'}
`, end)
	if _, err := c.Ingest.Definitions(t.Context(), audit.System("test"), ingest.Questions, "feicheng", "h1", "h.yaml", []byte(body), false); err != nil {
		t.Skipf("the intake refuses such a questionnaire: %v", err)
	}
	for i := range 8 {
		answer := map[string]any{"id": uuid.New(), "choices": map[string]any{"likes": []string{[]string{"yes", "other"}[i%2]}}, "texts": map[string]any{"words": end}}
		if i%2 == 1 {
			answer["texts"].(map[string]any)["likes.other"] = end
		}
		if status := c.call("chuang", "POST", feicheng+"/waves/h1/responses", answer, nil); status != 201 {
			t.Fatalf("the answer: %d", status)
		}
	}
	c.call("chuang", "GET", feicheng+"/waves/h1/estimates?question=likes", nil, nil)
	for _, address := range []string{"/overview", "/waves", "/waves/h1", "/waves/h1/charts.json", "/waves/h1/questions/likes", "/waves/h1/questions/likes/charts.json", "/waves/h1/questions/words", "/waves/h1/entry", "/imports"} {
		a := c.do("chuang", "GET", "/c/feicheng"+address, nil)
		if a.status == 303 { // to the newest wave
			a = c.do("chuang", "GET", a.header.Get("Location"), nil)
		}
		if a.status != 200 || strings.Contains(a.body, end) || strings.Contains(a.body, "<script>alert") {
			t.Errorf("%s: %d, the text became markup: %v", address, a.status, strings.Contains(a.body, "<script>alert"))
		}
		if strings.Contains(address, "h1") && !strings.Contains(address, "words") && !strings.Contains(a.body, "alert(1)") {
			t.Errorf("%s has lost the text", address)
		}
		if strings.HasSuffix(address, ".json") && (a.header.Get("Content-Type") != "application/json" || a.header.Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("%s: %v", address, a.header)
		}
	}
}

// TestAPIOverlappingGroups: by a multiple choice a person is in several groups and once in the
// total, the words say so, and differences have an error of their own.
func TestAPIOverlappingGroups(t *testing.T) {
	c := newClient(t)
	// 12 saw the board, 8 of these know; 8 the screen, 4 of these know; 6 both.
	for i := range 14 {
		var seen []string
		if i < 12 {
			seen = append(seen, "board")
		}
		if i >= 6 {
			seen = append(seen, "screen")
		}
		body := sheet(uuid.New(), fmt.Sprint(i))
		body["choices"].(map[string]any)["carriers"] = seen
		body["choices"].(map[string]any)["aware"] = []string{[]string{"knows", "unknown"}[min(1, i%3/2)]}
		if status := c.call("fafang", "POST", feicheng+"/waves/w1/responses", body, nil); status >= 300 {
			t.Fatal(status)
		}
	}
	type group struct {
		Label    string
		Answered int
		Estimate struct{ Numerator, Base int }
	}
	var answer struct {
		Distribution struct {
			Overlap string
			Several int
			Total   group
			Groups  []group
		}
		Indicators struct {
			Overlap string
			Figures []struct{ Groups []group }
		}
		Designed struct {
			Overlap string
			Figures []struct {
				Pairs []struct {
					A, B       string
					Difference struct{ SE, P float64 }
				}
			}
		}
	}
	c.call("chuang", "GET", feicheng+"/waves/w1/estimates?question=aware&by=carriers", nil, &answer)
	d := answer.Distribution
	if d.Several != 6 || d.Total.Answered != 14 || d.Groups[0].Answered != 12 || !strings.Contains(d.Overlap, "一人可属多组") || answer.Indicators.Overlap != d.Overlap || answer.Designed.Overlap != d.Overlap {
		t.Errorf("%+v", d)
	}
	if g := answer.Indicators.Figures[0].Groups[0]; g.Estimate.Base != 12 || g.Estimate.Numerator != 8 {
		t.Errorf("%+v", g)
	}
	if pairs := answer.Designed.Figures[0].Pairs; len(pairs) != 1 || pairs[0].A != "board" || pairs[0].Difference.SE <= 0 {
		t.Errorf("%+v", pairs)
	}
	page := c.site.do("chuang", "GET", "/c/feicheng/waves/w1/questions/aware?by=carriers", nil).body
	for _, want := range []string{"组间有重叠，一人可属多组", "其中6人属于两组以上", "66.7%", "重叠域的协方差"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page doesn't say %s", want)
		}
	}
}
