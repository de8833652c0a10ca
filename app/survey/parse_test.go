package survey

import (
	"os"
	"strings"
	"testing"
	"time"

	"shuixuan/app/problem"
)

const sound = `id: q
title: 问卷
questions:
  - name: happy
    type: single
    label: 满意吗
    required: true
    options:
      - {code: 1, label: 满意, aliases: [好]}
      - {code: no, label: 不满意}
waves:
  - id: w1
    name: 一
    start: 2014-09-10
`

func TestParse(t *testing.T) {
	q, waves, err := Parse([]byte(sound))
	if err != nil {
		t.Fatal(err)
	}
	// no is a word in YAML 1.2, and a code is a word even when it looks like a number.
	if o := q.Questions[0].Options; o[0].Code != "1" || o[1].Code != "no" || !q.Questions[0].Required {
		t.Errorf("%+v", q)
	}
	if len(waves) != 1 || waves[0].Questionnaire != "q" || !waves[0].Start.Equal(time.Date(2014, 9, 10, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", waves)
	}
	if _, _, err := Parse([]byte("\ufeff" + sound)); err != nil {
		t.Errorf("with a byte order mark: %v", err)
	}
	if _, _, err := Parse([]byte(`{"id":"q","title":"问卷","questions":[{"name":"words","type":"text","label":"建议"}]}`)); err != nil {
		t.Errorf("JSON: %v", err)
	}
}

// TestParseFaults: what can't be read is told with its line, and nothing is read
// half.
func TestParseFaults(t *testing.T) {
	replace := func(old, new string) string {
		if !strings.Contains(sound, old) {
			t.Fatalf("%q is not in the sound file", old)
		}
		return strings.Replace(sound, old, new, 1)
	}
	cases := []struct {
		what, body string
		line       int
		words      string
	}{
		{"misspelt key", replace("required", "requird"), 7, "不认识的栏目“requird”"},
		{"misspelt key at the top", replace("title", "titel"), 2, "不认识的栏目“titel”"},
		{"misspelt key of an option", replace("aliases", "alias"), 9, "不认识的栏目“alias”"},
		{"misspelt key of a wave", replace("start", "begin"), 14, "不认识的栏目“begin”"},
		{"key twice", replace("title: 问卷", "title: 问卷\ntitle: 卷"), 3, "写了两次"},
		{"no such day", replace("2014-09-10", "2014-09-31"), 14, "“2014-09-31”不是有效日期"},
		{"month only", replace("2014-09-10", "2014年9月"), 14, "还没有定的日期请不写"},
		{"no list", replace("questions:", "questions: 3\nx:"), 3, "类型不对"},
		{"bad indent", replace("    type", "   type"), 5, "写法有误"},
		{"open quote", replace("满意吗", "\"满意吗"), 0, "写法有误"},
		{"anchor", replace("title: 问卷", "title: &a 问卷"), 2, "引用"},
		{"two documents", sound + "---\n" + sound, 0, ""},
		{"a workbook", "PK\x03\x04\x00", 0, ""},
		{"a list", "- a\n- b\n", 0, ""},
		{"a word", "问卷", 0, ""},
	}
	for _, c := range cases {
		_, _, err := Parse([]byte(c.body))
		p, ok := problem.As(err)
		if !ok {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if c.line > 0 && (len(p.Faults) != 1 || p.Faults[0].Row != c.line) || c.words != "" && (len(p.Faults) == 0 || !strings.Contains(p.Faults[0].Why, c.words)) {
			t.Errorf("%s: %s %+v, want line %d saying %s", c.what, p.Title, p.Faults, c.line, c.words)
		}
	}
}

// TestParseFiles: the questionnaires that tests of other packages stand on can be read.
func TestParseFiles(t *testing.T) {
	for file, n := range map[string]int{"yueyang-2019": 9, "yuxi-2007": 1} {
		body, err := os.ReadFile("../../ingest/testdata/" + file + ".questionnaire.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if q, _, err := Parse(body); err != nil || len(q.Questions) != n {
			t.Errorf("%s: %d questions, %v", file, len(q.Questions), err)
		}
	}
}
