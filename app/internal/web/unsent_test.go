package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/keyset"
	"shuixuan/app/placement"
	"shuixuan/app/survey"
	"shuixuan/ingest"
)

func init() {
	writeFixtures["POST /c/:campaign/unsent/import"] = write{leaves: []string{"placement.log", "unsent.import"}, why: "each record leaves the event of its own kind, and the file one more",
		prepare: func(t *testing.T, s *site) request {
			return request{as: "chuang", path: "/c/feicheng/unsent/import", kind: "unsent", file: unsentFile("zhujian", unsentPlacement(uuid.New(), "转交路口"))}
		}}
}

type fields map[string]any

// unsentFile is a file as unsent.js writes it.
func unsentFile(owner string, records ...fields) string {
	lines := []string{text(fields{"format": "shuixuan-unsent", "version": 1, "campaign": "feicheng", "owner": owner, "name": "张三", "exported_at": time.Now().UTC(), "count": len(records)})}
	for _, r := range records {
		lines = append(lines, text(r))
	}
	body := strings.Join(lines, "\n") + "\n"
	return fmt.Sprintf("水宣未送出的记录：张三，%d条。\nsha256 %x\n%s", len(records), sha256.Sum256([]byte(body)), body)
}

func text(f fields) string {
	body, err := json.Marshal(f)
	if err != nil {
		panic(err)
	}
	return string(body)
}

func unsentSheet(id uuid.UUID, number string, more ...[2]string) fields {
	values := append([][2]string{{"number", number}, {"q.group", "school"}, {"partial", "1"}}, more...)
	return fields{"id": id, "kind": "sheet", "wave": "w1", "number": number, "at": time.Now().Add(-26 * time.Hour).UTC(), "values": values, "unit": ""}
}

func unsentPlacement(id uuid.UUID, place string) fields {
	return fields{"id": id, "kind": "placement", "place": place, "unit": "zhujianju", "at": time.Now().Add(-time.Hour).UTC(),
		"values": [][2]string{{"task", "社会宣传1"}, {"carrier", "公交站点广告牌"}, {"place", place}, {"quantity", "4"}, {"measure", "块"}, {"start", "2014-09-05"}, {"open", "1"}}}
}

// handIn imports a file as the office and gives the receipt's page and the receipt.
func (s *site) handIn(t *testing.T, file string) (string, *ingest.Receipt) {
	t.Helper()
	got := s.make(t, request{as: "chuang", path: "/c/feicheng/unsent/import", kind: "unsent", file: file})
	address := got.header.Get("Location")
	if got.status != http.StatusSeeOther {
		t.Fatalf("import: %d %s", got.status, got.body)
	}
	address, _, _ = strings.Cut(address, "?")
	receipt, err := s.Ingest.Receipt(t.Context(), "feicheng", uuid.MustParse(address[strings.LastIndex(address, "/")+1:]))
	if err != nil {
		t.Fatal(err)
	}
	return s.do("chuang", "GET", address, nil).body, receipt
}

// A file of a phone goes in record by record: the good ones are taken once, however often
// and by whichever way they come, and a bad one is told with its reason.
func TestTheOfficeTakesOverWhatAPhoneCouldNotSend(t *testing.T) {
	s := newSite(t, 0)
	sent, kept, bad, place, picture, lost := uuid.New(), uuid.New(), uuid.New(), uuid.New(), uuid.New(), uuid.New()
	// One went through before the line broke: the phone never heard of it.
	if got := s.do("fafang", "POST", "/c/feicheng/waves/w1/responses", url.Values{"id": {sent.String()}, "number": {"P-1"}, "q.group": {"school"}, "partial": {"1"}}); got.status != 303 {
		t.Fatalf("enter: %d %s", got.status, got.body)
	}
	photo := fields{"id": picture, "kind": "photo", "placement": place, "name": "牌.jpg", "at": time.Now().UTC(), "values": [][2]string{{"source", "camera"}}, "file": base64.StdEncoding.EncodeToString(scene(7))}
	orphan := fields{"id": lost, "kind": "photo", "placement": uuid.New(), "name": "x.jpg", "at": time.Now().UTC(), "values": [][2]string{}, "file": base64.StdEncoding.EncodeToString(scene(8))}
	file := unsentFile("fafang", photo, unsentSheet(sent, "P-1"), unsentSheet(bad, "P-2", [2]string{"q.group", "nobody"}), unsentSheet(kept, "P-3"), unsentPlacement(place, "离线路口"), orphan, fields{"id": uuid.New(), "kind": "poem"})
	page, receipt := s.handIn(t, file)
	if len(receipt.Accepted) != 3 || receipt.AlreadyKnown != 1 || receipt.RejectedRows() != 3 || receipt.Rows != 7 {
		t.Errorf("accepted %d, known %d, rejected %d of %d, want 3, 1, 3 of 7: %+v", len(receipt.Accepted), receipt.AlreadyKnown, receipt.RejectedRows(), receipt.Rows, receipt.Rejected)
	}
	for _, want := range []string{"问卷 P-3 号", "问卷 P-1 号", "没有重复计数", "问卷 P-2 号", "台账“离线路口”", "照片“牌.jpg”", "所属的台账还没有登记", "不认识这种记录", "设备时间", "陈调查员"} {
		if !strings.Contains(page, want) {
			t.Errorf("the receipt doesn't say %q", want)
		}
	}

	// Who wrote it stands with the row, who handed it in with the event.
	responses, _, err := s.Surveys.Responses(t.Context(), "feicheng", "w1", survey.Filter{RecordedBy: "fafang"}, keyset.Cursor{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	var numbers []string
	for _, r := range responses {
		numbers = append(numbers, r.Number)
		if r.Distributor != "fafang" || r.Mode != survey.Paper {
			t.Errorf("sheet %s is of %q by %q", r.Number, r.Distributor, r.Mode)
		}
	}
	slices.Sort(numbers)
	if !slices.Equal(numbers, []string{"P-1", "P-3"}) {
		t.Errorf("the distributor finds %v, want P-1 and P-3 once each", numbers)
	}
	held, err := s.Placements.Photo(t.Context(), "feicheng", picture)
	if err != nil || held.Unit != "zhujianju" || held.Source != placement.FromUpload || held.RecordedBy != "fafang" {
		t.Errorf("the photo is %+v, %v; handed in, it proves no more than an upload", held, err)
	}
	for _, e := range s.events() {
		if e.Thing != kept.String() {
			continue
		}
		var after struct{ Client map[string]any }
		if err := json.Unmarshal(e.After, &after); err != nil || e.Actor.ID != "chuang" || after.Client["by"] != "fafang" || after.Client["saved_at"] == nil || after.Client["batch"] != receipt.ID.String() {
			t.Errorf("the event is by %s of %v", e.Actor.ID, after.Client)
		}
	}

	// The phone finds its line again and sends all; the office imports the file once more.
	if got := s.do("fafang", "POST", "/c/feicheng/waves/w1/responses", url.Values{"id": {kept.String()}, "number": {"P-3"}, "q.group": {"school"}, "partial": {"1"}}, "Accept", "application/json"); got.status != 200 || !strings.Contains(got.body, `"created":false`) {
		t.Errorf("sent by the phone afterwards: %d %s", got.status, got.body)
	}
	f := billboard("离线路口")
	f.Set("id", place.String())
	if got := s.do("zhujian", "POST", "/c/feicheng/placements", f, "Accept", "application/json"); got.status != 200 || !strings.Contains(got.body, `"created":false`) {
		t.Errorf("placement sent by the phone afterwards: %d %s", got.status, got.body)
	}
	if _, again := s.handIn(t, file); len(again.Accepted) != 0 || again.AlreadyKnown != 4 {
		t.Errorf("imported again: %d accepted, %d known, want 0 and 4", len(again.Accepted), again.AlreadyKnown)
	}
	if text := s.do("chuang", "GET", "/c/feicheng/unsent", nil).body; strings.Count(text, "看回执") != 2 {
		t.Error("the page doesn't list both files")
	}
}

func TestAFileThatIsNoneIsRefusedWhole(t *testing.T) {
	s := newSite(t, 0)
	good := unsentFile("fafang", unsentSheet(uuid.New(), "X-1"))
	s.as("chuang") // signs in, which is an event
	foreign := strings.Replace(good, `"feicheng"`, `"cunzhi"`, 1)
	for name, c := range map[string]struct{ file, says string }{
		"changed":        {strings.Replace(good, "X-1", "X-9", 1), "和导出时不一样"},
		"cut short":      {good[:len(good)-40], "和导出时不一样"},
		"another thing":  {"序号,地点\n1,路口\n", "不是未送出记录的文件"},
		"only a heading": {"水宣未送出的记录\n", "不是未送出记录的文件"},
		"one long line":  {"水宣" + strings.Repeat("长", 1<<20), "不是未送出记录的文件"},
		"of another":     {resealed(foreign), "不是本活动的"},
		"of the future":  {resealed(strings.Replace(good, `"version":1`, `"version":9`, 1)), "新版程序"},
		"fewer":          {resealed(strings.Replace(good, `"count":1`, `"count":2`, 1)), "应有2条，实有1条"},
	} {
		before := s.events()
		got := s.make(t, request{as: "chuang", path: "/c/feicheng/unsent/import", kind: "unsent", file: c.file})
		if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, c.says) {
			t.Errorf("%s: %d, want 422 and %q", name, got.status, c.says)
		}
		if len(s.since(before)) != 0 {
			t.Errorf("%s left %v", name, s.since(before))
		}
	}
	// What a mail program does to a text is no harm.
	if _, receipt := s.handIn(t, "\ufeff"+strings.ReplaceAll(good, "\n", "\r\n")); len(receipt.Accepted) != 1 {
		t.Errorf("with other line ends: %+v", receipt)
	}
	// Hostile words stay words; a record that can't be read is one bad record.
	row := unsentPlacement(uuid.New(), hostile)
	file := unsentFile("nobody", row, fields{"id": 7, "kind": hostile}, fields{"id": uuid.New(), "kind": "placement", "place": "空的", "values": [][2]string{}})
	page, receipt := s.handIn(t, file)
	if len(receipt.Accepted) != 1 || receipt.RejectedRows() != 2 {
		t.Errorf("accepted %d, rejected %v", len(receipt.Accepted), receipt.Rejected)
	}
	if strings.Contains(page, "<script>alert") || strings.Contains(page, "<img src=x") || !strings.Contains(page, "没有本活动的账号") {
		t.Error("the receipt shows hostile words as markup, or doesn't doubt an unknown person")
	}
}

// resealed gives a file the checksum that it ought to have.
func resealed(file string) string {
	parts := strings.SplitN(file, "\n", 3)
	return fmt.Sprintf("%s\nsha256 %x\n%s", parts[0], sha256.Sum256([]byte(parts[2])), parts[2])
}

// What the clock of a device says travels along and decides nothing.
func TestAClockADayOff(t *testing.T) {
	s := newSite(t, 0)
	now := s.clock()
	send := func(id uuid.UUID, saved, sent time.Time) (answer, audit.Event) {
		t.Helper()
		f := billboard("时钟路口" + id.String())
		f.Set("id", id.String())
		got := s.do("zhujian", "POST", "/c/feicheng/placements", f, "Accept", "application/json", "X-Recorded-At", saved.Format(time.RFC3339), "X-Sent-At", sent.Format(time.RFC3339))
		if got.status != 200 {
			t.Fatalf("%d %s", got.status, got.body)
		}
		for _, e := range s.events() {
			if e.Thing == id.String() {
				return got, e
			}
		}
		t.Fatal("no event")
		return got, audit.Event{}
	}
	// A day ahead: told, and recorded by the server's time.
	id := uuid.New()
	got, e := send(id, now.Add(23*time.Hour), now.Add(24*time.Hour))
	if skew, _ := strconv.Atoi(got.header.Get("X-Clock-Skew")); skew > -86_000 || !strings.Contains(string(e.After), `"clock_skew_s":-86`) {
		t.Errorf("skew %q, event %s", got.header.Get("X-Clock-Skew"), e.After)
	}
	held, err := s.Placements.Placement(t.Context(), "feicheng", id)
	if err != nil || held.RecordedAt.Sub(now).Abs() > time.Hour {
		t.Errorf("recorded at %v, %v; the server's time is %v", held.RecordedAt, err, now)
	}
	// Saved a day ago and sent now by a clock that is right: no doubt, only a wait.
	got, e = send(uuid.New(), now.Add(-24*time.Hour), now)
	if got.header.Get("X-Clock-Skew") != "" || strings.Contains(string(e.After), "clock_skew") || !strings.Contains(string(e.After), "saved_at") {
		t.Errorf("skew %q, event %s", got.header.Get("X-Clock-Skew"), e.After)
	}
	for _, nonsense := range []string{"yesterday", "9999-01-01T00:00:00Z", ""} {
		if got := s.do("zhujian", "POST", "/c/feicheng/placements", billboard("胡写"+nonsense), "Accept", "application/json", "X-Recorded-At", nonsense); got.status != 200 {
			t.Errorf("%q: %d", nonsense, got.status)
		}
	}
}

// Our script asks for JSON: what is wrong comes as faults, and a renewed token is only
// ever that of the session.
func TestWhatTheOutboxAsksTheServer(t *testing.T) {
	s := newSite(t, 0)
	f := billboard("")
	got := s.do("zhujian", "POST", "/c/feicheng/placements", f, "Accept", "application/json")
	if got.status != 422 || !strings.Contains(got.header.Get("Content-Type"), "problem+json") || !strings.Contains(got.body, `"field":"place"`) {
		t.Errorf("a placement without a place: %d %s", got.status, got.body)
	}
	got = s.do("zhujian", "GET", "/me/token", nil, "Accept", "application/json")
	var mine struct{ Account, Token string }
	if err := json.Unmarshal([]byte(got.body), &mine); err != nil || mine.Account != "zhujian@zhujianju" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("whose session: %s, %v", got.body, err)
	}
	if session := strings.TrimPrefix(s.as("zhujian"), sessionCookie+"="); !isFormToken(session, mine.Token) || isFormToken(strings.TrimPrefix(s.as("fafang"), sessionCookie+"="), mine.Token) {
		t.Error("the token is not that of the session")
	}
	if got := s.do("", "GET", "/me/token", nil, "Accept", "application/json"); got.status != 401 {
		t.Errorf("nobody's token: %d", got.status)
	}
}

// The worker is never an old one, names its version, and keeps a page that is nobody's.
func TestTheWorkerAndItsPage(t *testing.T) {
	s := newSite(t, 0)
	got := s.do("", "GET", "/sw.js", nil)
	if got.status != 200 || got.header.Get("Cache-Control") != "no-cache" || !regexp.MustCompile(`^const version = "[0-9a-f]{12}";\n`).MatchString(got.body) {
		t.Errorf("worker: %d %q %.60s", got.status, got.header.Get("Cache-Control"), got.body)
	}
	if csp := got.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") || !strings.Contains(csp, "worker-src 'self'") {
		t.Errorf("policy %q", csp)
	}
	page := s.do("zhujian", "GET", "/offline", nil)
	for _, personal := range []string{"zhujian", "市住建局", `name="csrf"`, `name="account"`} {
		if strings.Contains(page.body, personal) {
			t.Errorf("the page that is kept for everybody says %q", personal)
		}
	}
	if !strings.Contains(page.body, "现在没有网络") {
		t.Error("the page doesn't say that there is no network")
	}
}
