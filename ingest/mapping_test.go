package ingest

import (
	"slices"
	"strings"
	"testing"

	"shuixuan/app/audit"
	"shuixuan/app/survey"
)

// mapped reads a CSV of the try questionnaire with a mapping.
func mapped(t *testing.T, text string, m Mapping) (*responseSheet, error) {
	t.Helper()
	q, wave := tryQuestions()
	m, err := m.clean(q.Flat())
	if err != nil {
		t.Fatal(err)
	}
	return readMapped(t.Context(), open(t, "答卷.csv", []byte(text)), "", plan(), wave, q, func(string) (*Mapping, error) { return &m, nil })
}

func tryQuestions() (survey.Questionnaire, survey.Wave) {
	o := func(code, label string) survey.Option { return survey.Option{Code: code, Label: label} }
	q := survey.Questionnaire{ID: "try", Version: 1, Title: "试", Questions: []survey.Question{
		{Name: "who", Type: survey.Single, Label: "您属于哪类人群", Required: true, Options: []survey.Option{o("r", "居民"), o("s", "职工")}},
		{Name: "seen", Type: survey.Multiple, Label: "见过哪些宣传", Options: []survey.Option{o("lan", "宣传栏"), o("tv", "电视"), {Code: "other", Label: "其他", Other: true}}},
		{Name: "points", Type: survey.Single, Label: "几级", Options: []survey.Option{o("3", "好"), o("2", "中"), o("1", "差")}},
		{Name: "years", Type: survey.Number, Label: "住了几年"},
	}}
	return q, survey.Wave{ID: "w1", Name: "一", Questionnaire: "try", Version: 1}
}

// TestAMappingDecides: headings that say nothing, options in cells and in columns, codes
// against positions, and words that are no option.
func TestAMappingDecides(t *testing.T) {
	const text = "甲,乙,丙,丁,戊,己\n居民,1,0,广播,1,5\n老居民,0,1,,3,约6年\n学生,1,1,,2,7\n"
	m := Mapping{Columns: map[string]Use{
		"甲": {Kind: UseAnswer, Question: "who"}, "乙": {Kind: UseOption, Question: "seen", Option: "lan"}, "丙": {Kind: UseOption, Question: "seen", Option: "tv"},
		"丁": {Kind: UseNothing}, "戊": {Kind: UseAnswer, Question: "points"}, "己": {Kind: UseAnswer, Question: "years"},
	}, Options: map[string]map[string]string{"who": {"老居民": "r"}}, Read: map[string]Reading{"points": ReadPositions}}
	read, err := mapped(t, text, m)
	if err != nil {
		t.Fatal(err)
	}
	if len(read.Good) != 1 || len(read.Rejected) != 2 {
		t.Fatalf("%+v, rejected %+v", read.Good, read.Rejected)
	}
	r := read.Good[0].Response
	// By position 1 is the first option, whose code is 3.
	if r.Choices["who"][0] != "r" || !slices.Equal(r.Choices["seen"], []string{"lan"}) || r.Choices["points"][0] != "3" || r.Numbers["years"] != 5 {
		t.Errorf("%+v", r)
	}
	if read.unknown["who"]["学生"] != 1 || len(read.unknown["who"]) != 1 {
		t.Errorf("unknown %v", read.unknown)
	}
	if !slices.Contains(read.ColumnsNotStored(), "丁") {
		t.Errorf("not stored %v", read.ColumnsNotStored())
	}
	m.Read["points"] = ReadCodes
	if read, err = mapped(t, text, m); err != nil || read.Good[0].Response.Choices["points"][0] != "1" {
		t.Errorf("by code: %v", err)
	}
	m.Read["points"] = ReadLabels
	if read, err = mapped(t, text, m); err != nil || len(read.Good) != 0 || read.unknown["points"]["1"] != 1 {
		t.Errorf("by label: %v %+v", err, read)
	}
}

// TestAMappingRefuses what would name a person, what isn't there, and two columns for one.
func TestAMappingRefuses(t *testing.T) {
	q, _ := tryQuestions()
	for _, m := range []Mapping{
		{Columns: map[string]Use{"甲": {Kind: UseAnswer, Question: "nobody"}}},
		{Columns: map[string]Use{"甲": {Kind: UseOption, Question: "seen", Option: "radio"}}},
		{Options: map[string]map[string]string{"who": {"学生": "pupil"}}},
	} {
		if _, err := m.clean(q); err == nil {
			t.Errorf("%+v is taken", m)
		}
	}
	read, err := mapped(t, "您属于哪类人群,姓名\n居民,张三\n", Mapping{Columns: map[string]Use{"姓名": {Kind: UseWords, Question: "seen"}}})
	if err != nil || len(read.Good) != 1 || len(read.Good[0].Response.Texts) != 0 {
		t.Errorf("a name: %v %+v", err, read)
	}
	if _, err = mapped(t, "甲,乙\n居民,职工\n", Mapping{Columns: map[string]Use{"甲": {Kind: UseAnswer, Question: "who"}, "乙": {Kind: UseAnswer, Question: "who"}}}); err == nil || !strings.Contains(err.Error(), "两列说的是同一项") {
		t.Errorf("two columns: %v", err)
	}
	if _, err = mapped(t, "见过哪些宣传,x\n电视,y\n", Mapping{}); err == nil || !strings.Contains(err.Error(), "没有找到必答题") {
		t.Errorf("a required question without a column: %v", err)
	}
	if read, err = mapped(t, "见过哪些宣传,x\n电视,y\n", Mapping{Absent: []string{"who"}}); err != nil || len(read.Good) != 1 || read.Good[0].Response.Disposition != survey.Partial {
		t.Errorf("one that the file didn't ask: %v %+v", err, read)
	}
}

// TestAMappingIsKeptForTheNextFile: the second file of the headings is read alike without
// a word, whatever the order of its columns.
func TestAMappingIsKeptForTheNextFile(t *testing.T) {
	b := newBench(t)
	q, wave := tryQuestions()
	actor := audit.System("test")
	if _, err := b.surveys.PutQuestionnaire(t.Context(), actor, "feicheng", q, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := b.surveys.PutWave(t.Context(), actor, "feicheng", wave, 0); err != nil {
		t.Fatal(err)
	}
	sent := func(name, text string) File {
		f, err := b.Originals().Keep(t.Context(), name, strings.NewReader(text), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	look := func() *Look {
		l, err := b.LookAtResponses(t.Context(), b.plan, wave, q, sent("一.csv", "编号,Q_a,Q_b\n1,居民,5\n2,住户,7\n"), "")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := look()
	if l.Problem == nil || l.Revision != 0 || len(l.Columns) != 3 || l.Columns[0].Use.Kind != UseNumber || l.Columns[1].Use.Kind != UseNothing || strings.Join(l.Columns[1].Samples, "/") != "居民/住户" || len(l.Missing) != 1 {
		t.Fatalf("first look %+v", l)
	}
	m := Mapping{Columns: map[string]Use{"Q_a": {Kind: UseAnswer, Question: "who"}, "Q_b": {Kind: UseAnswer, Question: "years"}}}
	if err := b.PutMapping(t.Context(), actor, "feicheng", l.Key, q, m, 0); err != nil {
		t.Fatal(err)
	}
	if l = look(); l.Problem != nil || l.Good != 1 || len(l.Unknown) != 1 || l.Unknown[0].Text != "住户" || l.Unknown[0].Count != 1 || l.Counts[0].Counts[0] != 1 {
		t.Fatalf("second look %+v", l)
	}
	m.Options = map[string]map[string]string{"who": {"住户": "r"}}
	if err := b.PutMapping(t.Context(), actor, "feicheng", l.Key, q, m, 0); err == nil {
		t.Error("a mapping that was changed meanwhile is written over")
	}
	if err := b.PutMapping(t.Context(), actor, "feicheng", l.Key, q, m, l.Revision); err != nil {
		t.Fatal(err)
	}
	receipt, err := b.ResponsesFile(t.Context(), actor, b.plan, wave, q, sent("二.csv", "Q_b,编号,Q_a\n3,8,住户\n4,9,职工\n"), Options{})
	if err != nil || len(receipt.Accepted) != 2 || len(receipt.Rejected) != 0 {
		t.Fatalf("%v %+v", err, receipt)
	}
	if n := b.count(t, "SELECT count() FROM responses WHERE choices['who'] = ['r']"); n != 1 {
		t.Errorf("%d responses are of residents, want 1", n)
	}
}
