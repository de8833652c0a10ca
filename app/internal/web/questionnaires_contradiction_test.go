package web

import (
	"maps"
	"net/url"
	"strings"
	"testing"

	"shuixuan/app/audit"
	"shuixuan/app/survey"
)

var pairFields = url.Values{"one": {"who"}, "one.in": {"a"}, "other": {"age"}, "other.least": {"６0"}, "other.most": {""}, "reason": {"甲组都是学生<b>"}}

func init() {
	const one = "POST /c/:campaign/questionnaires/:questionnaire/draft/contradictions/:contradiction"
	writeFixtures[one] = write{leaves: []string{"questionnaire.draft"}, once: true, prepare: onDraft("maodun", "/contradictions/new", pairFields)}
	writeFixtures[one+"/remove"] = write{leaves: []string{"questionnaire.draft"}, prepare: func(t *testing.T, s *site) request {
		written(t, s, "shanmao")
		fields := revisionField(1)
		maps.Copy(fields, pairFields)
		if got := s.do("chuang", "POST", "/c/feicheng/questionnaires/shanmao/draft/contradictions/new", fields); got.status != 303 {
			t.Fatal(got.status, got.body)
		}
		return request{as: "chuang", path: "/c/feicheng/questionnaires/shanmao/draft/contradictions/1/remove", fields: revisionField(2), thing: "shanmao"}
	}}
}

// TestARuleIsWrittenOnTheDraft: added, changed, told where it is wrong, taken out; and what is
// published stays as it was.
func TestARuleIsWrittenOnTheDraft(t *testing.T) {
	s := newSite(t, 0)
	written(t, s, "guize")
	const draft = "/c/feicheng/questionnaires/guize/draft"
	revision := uint32(1)
	post := func(rest string, fields url.Values, status int, words ...string) {
		t.Helper()
		sent := revisionField(revision)
		maps.Copy(sent, fields)
		got := s.do("chuang", "POST", draft+rest, sent)
		if got.status != status {
			t.Fatalf("%s: %d %s", rest, got.status, got.body)
		}
		for _, word := range words {
			if !strings.Contains(got.body, word) {
				t.Errorf("%s doesn't say %q", rest, word)
			}
		}
		if held, err := s.Surveys.Draft(t.Context(), "feicheng", "guize"); err == nil { // none once it is published
			revision = held.Revision
		}
	}
	page := func(words ...string) string {
		t.Helper()
		got := s.do("chuang", "GET", draft, nil)
		for _, word := range words {
			if !strings.Contains(got.body, word) {
				t.Errorf("the draft doesn't say %q", word)
			}
		}
		return got.body
	}
	page("互相矛盾的回答", draft+"/contradictions/new")
	draw := url.Values{"act": {"draw"}, "one": {"who"}, "other": {"age"}}
	post("/contradictions/new", draw, 200, `name="one.in" value="a"`, `name="other.least"`)
	wrong := maps.Clone(pairFields)
	for _, text := range []string{"很老", "NaN"} {
		wrong["other.least"] = []string{text}
		post("/contradictions/new", wrong, 422, "不是数字", "甲组都是学生&lt;b&gt;")
	}
	post("/contradictions/new", pairFields, 303)
	page("“哪一组”选了甲，又“多大年纪”不小于60", "甲组都是学生&lt;b&gt;", "可以发布")
	post("/contradictions/1", url.Values{"one": {"who"}, "other": {"age"}, "other.least": {"60"}, "reason": {""}}, 303)
	page("没有写为什么不能同时成立", "却没有写选项", "还有 2 处要改")
	post("/publish", url.Values{"newest": {"0"}}, 422, "还不能发布")
	post("/contradictions/1", pairFields, 303)
	post("/publish", url.Values{"newest": {"0"}}, 303)
	if q, err := s.Surveys.Questionnaire(t.Context(), "feicheng", "guize", 0); err != nil || len(q.Contradictions) != 1 || *q.Contradictions[0].Other.AtLeast != 60 {
		t.Errorf("%+v, %v", q.Contradictions, err)
	}
}

// TestAPublishedRuleStays whatever is written later.
func TestAPublishedRuleStays(t *testing.T) {
	s := newSite(t, 0)
	d := written(t, s, "liuzhe")
	sixty := 60.0
	d.Contradictions = []survey.Contradiction{{One: survey.Condition{Question: "who", In: []string{"a"}}, Other: survey.Condition{Question: "age", Above: &sixty}, Reason: "甲组都是学生"}}
	if _, err := s.Surveys.SaveDraft(t.Context(), audit.System("test"), "feicheng", "liuzhe", d, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Surveys.PublishDraft(t.Context(), audit.System("test"), "feicheng", "liuzhe", 2, 0); err != nil {
		t.Fatal(err)
	}
	const at = "/c/feicheng/questionnaires/liuzhe"
	if got := s.do("chuang", "POST", at+"/begin", url.Values{}); got.status != 303 {
		t.Fatal(got.status)
	}
	held, err := s.Surveys.Draft(t.Context(), "feicheng", "liuzhe")
	if err != nil {
		t.Fatal(err)
	}
	// A bound that nobody touches stays open, as it came from a file.
	fields := revisionField(held.Revision)
	maps.Copy(fields, url.Values{"one": {"who"}, "one.in": {"b"}, "other": {"age"}, "other.least": {"60"}, "reason": {"乙组都是学生"}})
	if got := s.do("chuang", "POST", at+"/draft/contradictions/1", fields); got.status != 303 {
		t.Fatal(got.status, got.body)
	}
	now, err := s.Surveys.Draft(t.Context(), "feicheng", "liuzhe")
	if err != nil || now.Thing.Contradictions[0].Other.Above == nil || now.Thing.Contradictions[0].Other.AtLeast != nil || now.Thing.Contradictions[0].One.In[0] != "b" {
		t.Errorf("%+v, %v", now.Thing.Contradictions, err)
	}
	if got := s.do("chuang", "POST", at+"/draft/contradictions/1/remove", revisionField(now.Revision)); got.status != 303 {
		t.Fatal(got.status)
	}
	if _, err := s.Surveys.PublishDraft(t.Context(), audit.System("test"), "feicheng", "liuzhe", now.Revision+1, 1); err != nil {
		t.Fatal(err)
	}
	for version, rules := range map[uint32]int{1: 1, 2: 0} {
		q, err := s.Surveys.Questionnaire(t.Context(), "feicheng", "liuzhe", version)
		if err != nil || len(q.Contradictions) != rules || rules == 1 && q.Contradictions[0].Reason != "甲组都是学生" {
			t.Errorf("version %d: %+v, %v", version, q.Contradictions, err)
		}
	}
}
