package web

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"shuixuan/app/dossier"
	"shuixuan/dashboards/seal"
)

// drafted drafts a dossier and gives its id.
func (s *site) drafted(t *testing.T) string {
	t.Helper()
	got := s.do("chuang", "POST", "/c/feicheng/dossiers", url.Values{})
	found := regexp.MustCompile(`/dossiers/([0-9a-f-]{36})$`).FindStringSubmatch(got.header.Get("Location"))
	if got.status != 303 || found == nil {
		t.Fatalf("draft: %d %s", got.status, got.body)
	}
	return found[1]
}

func (s *site) revisionOf(t *testing.T, id string) string {
	t.Helper()
	held, err := s.Dossiers.Dossier(t.Context(), "feicheng", id)
	if err != nil {
		t.Fatal(err)
	}
	return strconv.FormatUint(uint64(held.Revision), 10)
}

// sealed seals a dossier and waits for it.
func (s *site) sealed(t *testing.T) string {
	t.Helper()
	id := s.drafted(t)
	if got := s.do("chuang", "POST", "/c/feicheng/dossiers/"+id+"/seal", url.Values{"revision": {s.revisionOf(t, id)}}); got.status != 303 {
		t.Fatalf("seal: %d %s", got.status, got.body)
	}
	s.wait(t, id, dossier.Sealed)
	return id
}

func (s *site) wait(t *testing.T, id string, state dossier.State) {
	t.Helper()
	for range 3000 {
		held, err := s.Dossiers.Dossier(t.Context(), "feicheng", id)
		if err != nil {
			t.Fatal(err)
		}
		if _, going := s.Dossiers.Pace(t.Context(), held.Thing); held.Thing.State == state && !going {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("the dossier doesn't become %s", state)
}

func init() {
	// The sealing itself waits, so that only the events of the request are there.
	held := func(t *testing.T, s *site) string {
		t.Cleanup(s.Dossiers.Hold())
		return s.drafted(t)
	}
	maps.Copy(writeFixtures, map[string]write{
		"POST /c/:campaign/dossiers": {leaves: []string{"dossier.begin"}, prepare: func(t *testing.T, s *site) request {
			return request{as: "chuang", path: "/c/feicheng/dossiers", fields: url.Values{}}
		}},
		"POST /c/:campaign/dossiers/:dossier/passages": {leaves: []string{"dossier.write"}, prepare: func(t *testing.T, s *site) request {
			id := s.drafted(t)
			return request{as: "chuang", path: "/c/feicheng/dossiers/" + id + "/passages", fields: url.Values{"revision": {s.revisionOf(t, id)}, "text.remedies": {"月底前补齐。"}}, thing: id}
		}},
		"POST /c/:campaign/dossiers/:dossier/seal": {leaves: []string{"dossier.seal"}, prepare: func(t *testing.T, s *site) request {
			id := held(t, s)
			return request{as: "chuang", path: "/c/feicheng/dossiers/" + id + "/seal", fields: url.Values{"revision": {s.revisionOf(t, id)}}, thing: id}
		}},
		"POST /c/:campaign/dossiers/:dossier/cancel": {leaves: []string{"dossier.cancel"}, prepare: func(t *testing.T, s *site) request {
			id := held(t, s)
			s.do("chuang", "POST", "/c/feicheng/dossiers/"+id+"/seal", url.Values{"revision": {s.revisionOf(t, id)}})
			return request{as: "chuang", path: "/c/feicheng/dossiers/" + id + "/cancel", fields: url.Values{}, thing: id}
		}},
		"POST /api/v1/campaigns/:campaign/reports": {leaves: []string{"dossier.begin", "dossier.seal"}, why: "a program drafts and seals in one step", prepare: func(t *testing.T, s *site) request {
			t.Cleanup(s.Dossiers.Hold())
			return request{as: "chuang", path: "/api/v1/campaigns/feicheng/reports", json: map[string]any{}}
		}},
	})
}

// TestADossierOnItsPages: drafted, written in by two people at once, sealed; its report leads to
// the rows and photos behind it, its file verifies, and who may not write sees only what is sealed.
func TestADossierOnItsPages(t *testing.T) {
	s := newSite(t, 0)
	w := newWalk(t, s)
	id := s.drafted(t)
	at := "/c/feicheng/dossiers/" + id
	pageSays(t, "the draft", s.do("chuang", "GET", at, nil), 200, "封存这份卷宗", "报告里的文字", "检查验收组", "没有装 Chromium") // the site has none: see newSite
	seen := s.revisionOf(t, id)
	write := func(text, revision string) answer {
		return s.do("chuang", "POST", at+"/passages", url.Values{"revision": {revision}, "text.remedies": {text}, "text.addressee": {"检查验收组"}})
	}
	if got := write("由市住建局在月底前补齐<script>。", seen); got.status != 303 {
		t.Fatalf("write: %d %s", got.status, got.body)
	}
	pageSays(t, "who wrote second", write("别的话", seen), 409, "别人刚刚改过")
	pageSays(t, "what was written", s.do("chuang", "GET", at, nil), 200, "改写过", "月底前补齐&lt;script&gt;", "恢复成按数据写的")
	if got := write("字"+strings.Repeat("太长", 10_001), s.revisionOf(t, id)); got.status != 422 {
		t.Errorf("a passage of 20,000 characters: %d", got.status)
	}
	if got := s.do("zhuanjia", "GET", at, nil); got.status != 403 && got.status != 404 {
		t.Errorf("an inspector without the part sees a draft: %d", got.status)
	}

	release := s.Dossiers.Hold()
	if got := s.do("chuang", "POST", at+"/seal", url.Values{"revision": {s.revisionOf(t, id)}}); got.status != 303 {
		t.Fatalf("seal: %d %s", got.status, got.body)
	}
	pageSays(t, "on its way", s.do("chuang", "GET", at, nil), 200, "正在封存", `hx-trigger="every 2s"`, "取消")
	release()
	s.wait(t, id, dossier.Sealed)
	held, err := s.Dossiers.Dossier(t.Context(), "feicheng", id)
	if err != nil {
		t.Fatal(err)
	}
	pageSays(t, "sealed", s.do("chuang", "GET", at, nil), 200, held.Thing.SHA256, seal.Grouped(held.Thing.Key), "下载卷宗")
	pageSays(t, "sealed and written in", s.do("chuang", "POST", at+"/passages", url.Values{"revision": {s.revisionOf(t, id)}, "text.remedies": {"再改"}}), 409, "不能再改")

	report := s.do("chuang", "GET", at+"/report", nil)
	pageSays(t, "the report", report, 200, "关于肥城市创建", "月底前补齐&lt;script&gt;", "exhibits?of=%E8%AF%81")
	if policy := report.header.Get("Content-Security-Policy"); !strings.Contains(policy, "style-src 'sha256-") || strings.Contains(policy, "unsafe") {
		t.Errorf("the report's policy: %s", policy)
	}
	link := regexp.MustCompile(`href="(exhibits\?of=[^"]+)"`).FindStringSubmatch(report.body)
	if link == nil {
		t.Fatal("no figure leads to its rows")
	}
	exhibits := s.do("chuang", "GET", at+"/"+link[1], nil)
	pageSays(t, "the rows behind a figure", exhibits, 200, "走查路口", "现在的台账", "photo.jpg?name=")
	photo := regexp.MustCompile(`src="([^"]+photo\.jpg[^"]+)"`).FindStringSubmatch(exhibits.body)
	if photo == nil {
		t.Fatal("the rows show no photo")
	}
	if got := s.do("chuang", "GET", photo[1], nil); got.status != 200 || !strings.HasPrefix(got.body, "\xff\xd8") {
		t.Errorf("the photo: %d", got.status)
	}
	pageSays(t, "a number that isn't there", s.do("chuang", "GET", at+"/exhibits?of=证99", nil), 404, "证99")
	answers := regexp.MustCompile(`href="(exhibits\?of=%E6%95%B02)"`).FindStringSubmatch(report.body)
	if answers == nil {
		t.Fatal("no figure of the survey leads to its answers")
	}
	pageSays(t, "the answers behind a figure", s.do("chuang", "GET", at+"/"+answers[1], nil), 200, "答卷 数2", "第1份至第", "由这些答卷算出的全部数字", "知晓率")
	pageSays(t, "answers after the last", s.do("chuang", "GET", at+"/"+answers[1]+"&after=100000", nil), 200, "答卷 数2")
	pageSays(t, "a wave that isn't there", s.do("chuang", "GET", at+"/exhibits?of=数99", nil), 404, "数99")

	file := s.do("chuang", "GET", at+"/dossier.zip", nil)
	archive, err := zip.NewReader(bytes.NewReader([]byte(file.body)), int64(len(file.body)))
	if err != nil || len(archive.File) < 20 || int64(len(file.body)) != held.Thing.Bytes {
		t.Fatalf("the file: %d %v", file.status, err)
	}
	if got := s.do("chuang", "GET", "/api/v1/campaigns/feicheng/reports/"+w.dossier, nil); got.status != 200 {
		t.Errorf("the API: %d %s", got.status, got.body)
	} else {
		var one reportJSON
		if err := json.Unmarshal([]byte(got.body), &one); err != nil || one.State != "sealed" || one.Percent != 100 || len(one.SHA256) != 64 {
			t.Errorf("%+v %v", one, err)
		}
	}
}
