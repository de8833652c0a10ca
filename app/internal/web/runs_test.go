package web

import (
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"shuixuan/analytics"
)

// kept makes an analysis of the wave w1 and waits for its end.
func (s *site) kept(t *testing.T) string {
	t.Helper()
	got := s.do("chuang", "POST", "/c/feicheng/waves/w1/runs", url.Values{})
	found := regexp.MustCompile(`/runs/([0-9a-f-]{36})$`).FindStringSubmatch(got.header.Get("Location"))
	if got.status != 303 || found == nil {
		t.Fatalf("start: %d %s", got.status, got.body)
	}
	for range 600 {
		held, err := s.runs.Run(t.Context(), "feicheng", found[1])
		if err != nil {
			t.Fatal(err)
		}
		if held.Thing.State != analytics.RunGoing {
			return found[1]
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the run doesn't end")
	return ""
}

func init() {
	maps.Copy(writeFixtures, map[string]write{
		"POST /c/:campaign/waves/:wave/runs": {leaves: []string{"run.start"}, prepare: func(t *testing.T, s *site) request {
			return request{as: "chuang", path: "/c/feicheng/waves/w1/runs", fields: url.Values{}}
		}},
		"POST /c/:campaign/waves/:wave/runs/:run/cancel": {leaves: []string{"run.cancel"}, prepare: func(t *testing.T, s *site) request {
			release := s.runs.Hold()
			t.Cleanup(release)
			got := s.do("chuang", "POST", "/c/feicheng/waves/w1/runs", url.Values{})
			address := got.header.Get("Location")
			return request{as: "chuang", path: address + "/cancel", fields: url.Values{}, thing: address[len("/c/feicheng/waves/w1/runs/"):]}
		}},
	})
}

// TestAnAnalysisIsKept: it goes on by itself, its page says how far it is, and then what it came
// to, with a number and a hash that the download has too. A later answer changes nothing of it.
func TestAnAnalysisIsKept(t *testing.T) {
	s := newSite(t, 0)
	release := s.runs.Hold()
	got := s.do("chuang", "POST", "/c/feicheng/waves/w1/runs", url.Values{})
	address := got.header.Get("Location")
	says(t, s.do("chuang", "GET", address, nil).body, "正在计算，完成0%（第0步", `hx-trigger="every 2s"`, "取消")
	release()
	page := ""
	for range 600 {
		if page = s.do("chuang", "GET", address, nil).body; strings.Contains(page, "已固定") {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	says(t, page, "已固定", "校验值", "主要指标", "样本说明")
	id := s.kept(t)
	says(t, s.do("chuang", "GET", "/c/feicheng/waves/w1/runs", nil).body, id, "已固定")
	raw := s.do("chuang", "GET", "/c/feicheng/waves/w1/runs/"+id+"/results.json", nil)
	var results analytics.RunResults
	if raw.status != 200 || json.Unmarshal([]byte(raw.body), &results) != nil || results.Spec.Wave.ID != "w1" || len(results.Weighted) == 0 {
		t.Errorf("results: %d, %d groupings", raw.status, len(results.Weighted))
	}
	for _, other := range []string{"/c/feicheng/waves/w2/runs/" + id, "/c/feicheng/waves/w1/runs/nothing"} {
		if got := s.do("chuang", "GET", other, nil); got.status != 404 {
			t.Errorf("%s: %d", other, got.status)
		}
	}
	if got := s.do("zhuanjia", "POST", "/c/feicheng/waves/w1/runs", url.Values{}); got.status != 403 {
		t.Errorf("the inspector keeps an analysis: %d", got.status)
	}
}
