package web

import (
	"maps"
	"net/url"
	"strconv"
	"testing"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// begun begins the next version of the shipped questionnaire, where nobody has, and gives
// the revision of its draft.
func begun(t testing.TB, s *site) uint32 {
	t.Helper()
	q, err := s.Surveys.Questionnaire(t.Context(), "feicheng", "citizen", 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Surveys.BeginDraft(t.Context(), audit.System("test"), "feicheng", "citizen", survey.NewDraft("feicheng", q))
	if p, ok := problem.As(err); err != nil && (!ok || p.Kind != problem.KindConflict) {
		t.Fatal(err)
	}
	held, err := s.Surveys.Draft(t.Context(), "feicheng", "citizen")
	if err != nil {
		t.Fatal(err)
	}
	return held.Revision
}

// written keeps a draft of its own for one test.
func written(t testing.TB, s *site, id survey.QuestionnaireID) survey.Draft {
	t.Helper()
	q := survey.Questionnaire{ID: id, Title: "写入", Stratum: "who", Questions: []survey.Question{
		{Name: "who", Type: survey.Single, Label: "哪一组", Required: true, Options: []survey.Option{{Code: "a", Label: "甲"}, {Code: "b", Label: "乙"}}},
		{Name: "age", Type: survey.Number, Label: "多大年纪"},
	}, Indicators: []survey.Indicator{{Name: "share_a", Label: "甲组率", Kind: survey.Share, Question: "who", Positive: []string{"a"}, Base: survey.BaseAnswered, Source: "自拟"}}}
	d := survey.NewDraft("feicheng", q)
	if _, err := s.Surveys.NewQuestionnaire(t.Context(), audit.System("test"), "feicheng", id, d); err != nil {
		t.Fatal(err)
	}
	return d
}

func revisionField(n uint32) url.Values {
	return url.Values{"revision": {strconv.FormatUint(uint64(n), 10)}}
}

// onDraft is a step of the office on a draft of its own.
func onDraft(id survey.QuestionnaireID, rest string, more url.Values) func(*testing.T, *site) request {
	return func(t *testing.T, s *site) request {
		written(t, s, id)
		fields := revisionField(1)
		maps.Copy(fields, more)
		return request{as: "chuang", path: "/c/feicheng/questionnaires/" + string(id) + "/draft" + rest, fields: fields, thing: string(id)}
	}
}

// roundOf makes a wave for one test.
func roundOf(t *testing.T, s *site, id survey.WaveID, closed bool) {
	t.Helper()
	if _, err := s.Surveys.PutWave(t.Context(), audit.System("test"), "feicheng", survey.Wave{ID: id, Name: "写入", Questionnaire: "citizen", Closed: closed}, 0); err != nil {
		t.Fatal(err)
	}
}

func init() {
	const ended = "a published draft ends, beside the version that it has become"
	question := url.Values{"type": {"single"}, "label": {"新的一题"}, "o.0.label": {"是"}, "o.1.label": {"否"}}
	maps.Copy(writeFixtures, map[string]write{
		"POST /c/:campaign/questionnaires": {leaves: []string{"questionnaire.draft"}, prepare: func(*testing.T, *site) request {
			return request{as: "chuang", path: "/c/feicheng/questionnaires", fields: url.Values{"id": {"xin"}, "title": {"新的问卷"}}, thing: "xin"}
		}},
		"POST /c/:campaign/questionnaires/:questionnaire/begin": {leaves: []string{"questionnaire.draft"}, once: true, prepare: func(t *testing.T, s *site) request {
			if held, err := s.Surveys.Draft(t.Context(), "feicheng", "citizen"); err == nil {
				if err := s.Surveys.DiscardDraft(t.Context(), audit.System("test"), "feicheng", "citizen", held.Revision); err != nil {
					t.Fatal(err)
				}
			}
			return request{as: "chuang", path: "/c/feicheng/questionnaires/citizen/begin", fields: url.Values{}, thing: "citizen"}
		}},
		"POST /c/:campaign/questionnaires/:questionnaire/close": {leaves: []string{"questionnaire.close"}, once: true, prepare: func(t *testing.T, s *site) request {
			publish(t, s, "tingyong")
			return request{as: "chuang", path: "/c/feicheng/questionnaires/tingyong/close", fields: url.Values{"revision": {"0"}, "reason": {"有了新的"}}, thing: "tingyong"}
		}},
		"POST /c/:campaign/questionnaires/:questionnaire/reopen": {leaves: []string{"questionnaire.reopen"}, once: true, prepare: func(t *testing.T, s *site) request {
			publish(t, s, "huifu")
			if err := s.Surveys.SetQuestionnaireClosed(t.Context(), audit.System("test"), "feicheng", "huifu", true, "有了新的", 0); err != nil {
				t.Fatal(err)
			}
			return request{as: "chuang", path: "/c/feicheng/questionnaires/huifu/reopen", fields: url.Values{"revision": {"1"}, "reason": {"还要用"}}, thing: "huifu"}
		}},

		"POST /c/:campaign/questionnaires/:questionnaire/draft": {leaves: []string{"questionnaire.draft"}, once: true, prepare: onDraft("xietou", "", url.Values{"title": {"改了标题"}})},
		"POST /c/:campaign/questionnaires/:questionnaire/draft/undo": {leaves: []string{"questionnaire.undo"}, prepare: func(t *testing.T, s *site) request {
			d := written(t, s, "chexiao")
			d.Title = "改了"
			if _, err := s.Surveys.SaveDraft(t.Context(), audit.System("test"), "feicheng", "chexiao", d, 1); err != nil {
				t.Fatal(err)
			}
			return request{as: "chuang", path: "/c/feicheng/questionnaires/chexiao/draft/undo", fields: revisionField(2), thing: "chexiao"}
		}},
		"POST /c/:campaign/questionnaires/:questionnaire/draft/discard":                      {leaves: []string{"questionnaire.discard"}, prepare: onDraft("shanqu", "/discard", nil)},
		"POST /c/:campaign/questionnaires/:questionnaire/draft/publish":                      {leaves: []string{"questionnaire.publish", "questionnaire.draft-end"}, why: ended, prepare: onDraft("fabu", "/publish", url.Values{"newest": {"0"}})},
		"POST /c/:campaign/questionnaires/:questionnaire/draft/items":                        {leaves: []string{"questionnaire.draft"}, prepare: onDraft("jiati", "/items", question)},
		"POST /c/:campaign/questionnaires/:questionnaire/draft/items/:item":                  {leaves: []string{"questionnaire.draft"}, once: true, prepare: onDraft("gaiti", "/items/k2", url.Values{"type": {"number"}, "name": {"age"}, "label": {"您的年龄"}})},
		"POST /c/:campaign/questionnaires/:questionnaire/draft/items/:item/move":             {leaves: []string{"questionnaire.draft"}, prepare: onDraft("yiti", "/items/k2/move", url.Values{"step": {"up"}})},
		"POST /c/:campaign/questionnaires/:questionnaire/draft/items/:item/copy":             {leaves: []string{"questionnaire.draft"}, prepare: onDraft("fuzhi", "/items/k2/copy", nil)},
		"POST /c/:campaign/questionnaires/:questionnaire/draft/items/:item/remove":           {leaves: []string{"questionnaire.draft"}, prepare: onDraft("shanti", "/items/k2/remove", nil)},
		"POST /c/:campaign/questionnaires/:questionnaire/draft/library":                      {leaves: []string{"questionnaire.draft"}, prepare: onDraft("tiku", "/library", url.Values{"book": {"feicheng/citizen/1/aware"}})},
		"POST /c/:campaign/questionnaires/:questionnaire/draft/indicators/:indicator":        {leaves: []string{"questionnaire.draft"}, once: true, prepare: onDraft("zhibiao", "/indicators/1", url.Values{"name": {"share_a"}, "label": {"改名率"}, "kind": {"share"}, "question": {"who"}, "positive": {"a"}, "base": {"answered"}, "source": {"自拟"}})},
		"POST /c/:campaign/questionnaires/:questionnaire/draft/indicators/:indicator/remove": {leaves: []string{"questionnaire.draft"}, prepare: onDraft("shanzhi", "/indicators/1/remove", nil)},

		"POST /c/:campaign/waves": {leaves: []string{"wave.put"}, once: true, prepare: func(*testing.T, *site) request {
			return request{as: "chuang", path: "/c/feicheng/waves", fields: url.Values{"id": {"w7"}, "name": {"第七轮"}, "take": {"citizen@1"}}, thing: "w7"}
		}},
		"POST /c/:campaign/waves/:wave/edit": {leaves: []string{"wave.put"}, once: true, prepare: func(t *testing.T, s *site) request {
			roundOf(t, s, "gai", false)
			return request{as: "chuang", path: "/c/feicheng/waves/gai/edit", fields: url.Values{"revision": {"1"}, "name": {"改了名"}, "take": {"citizen@1"}}, thing: "gai"}
		}},
		"POST /c/:campaign/waves/:wave/close": {leaves: []string{"wave.close"}, once: true, prepare: func(t *testing.T, s *site) request {
			roundOf(t, s, "guan", false)
			return request{as: "chuang", path: "/c/feicheng/waves/guan/close", fields: url.Values{"revision": {"1"}, "reason": {"时间到了"}}, thing: "guan"}
		}},
		"POST /c/:campaign/waves/:wave/reopen": {leaves: []string{"wave.reopen"}, once: true, prepare: func(t *testing.T, s *site) request {
			roundOf(t, s, "kai", true)
			return request{as: "chuang", path: "/c/feicheng/waves/kai/reopen", fields: url.Values{"revision": {"1"}, "reason": {"补访"}}, thing: "kai"}
		}},
	})
}

// publish publishes a small questionnaire.
func publish(t *testing.T, s *site, id survey.QuestionnaireID) {
	t.Helper()
	written(t, s, id)
	if _, err := s.Surveys.PublishDraft(t.Context(), audit.System("test"), "feicheng", id, 1, 0); err != nil {
		t.Fatal(err)
	}
}
