package survey_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// written gives the names of a draft in their order.
func written(d survey.Draft) string {
	var names []string
	for _, item := range d.Items {
		names = append(names, item.Question.Name)
	}
	return strings.Join(names, " ")
}

func TestDraftEdits(t *testing.T) {
	q := small("一")
	q.Version = 3
	d := survey.NewDraft("c", q)
	if d.Base != 3 || d.Items[1].From == nil || *d.Items[1].From != (survey.ItemSource{Campaign: "c", Questionnaire: "small", Version: 3, Name: "words"}) {
		t.Fatalf("the draft doesn't know where it comes from: %+v", d)
	}
	key := d.Add(1, survey.Question{Type: survey.Multiple, Label: "看过什么"}, nil)
	if written(d) != "group q3 words" {
		t.Errorf("added: %s", written(d))
	}
	d.Move(key, 99)
	if written(d) != "group words q3" {
		t.Errorf("moved beyond the end: %s", written(d))
	}
	d.Move(key, -5)
	if written(d) != "q3 group words" {
		t.Errorf("moved before the start: %s", written(d))
	}
	copied := d.Copy(d.Items[1].Key)
	if written(d) != "q3 group group_2 words" || d.Items[2].From != nil || copied == d.Items[1].Key {
		t.Errorf("copied: %s, %+v", written(d), d.Items[2])
	}
	d.Items[2].Question.Options[0].Label = "改"
	if d.Items[1].Question.Options[0].Label != "甲" {
		t.Error("a copy shares the options of its original")
	}
	d.Remove(copied)
	d.Remove("k99")
	if written(d) != "q3 group words" {
		t.Errorf("removed: %s", written(d))
	}
	again := d.Add(-1, survey.Question{Type: survey.Note}, nil)
	if again == copied || again == key {
		t.Error("a key was given twice")
	}
}

// TestDraftRename: what asks for a question follows it to its new name.
func TestDraftRename(t *testing.T) {
	q := survey.Questionnaire{ID: "x", Title: "x", Stratum: "group", Questions: []survey.Question{
		{Name: "group", Type: survey.Single, Label: "人群", Required: true, Options: []survey.Option{{Code: "a", Label: "甲"}, {Code: "b", Label: "乙"}}},
		{Name: "grid", Type: survey.Matrix, Label: "满意吗", Rows: []survey.Row{{Name: "river", Label: "河"}, {Name: "lake", Label: "湖"}}, Options: []survey.Option{{Code: "y", Label: "是"}, {Code: "n", Label: "否"}}},
		{Name: "why", Type: survey.Text, Label: "选了${group}，为什么", ShowIf: &survey.Condition{All: []survey.Condition{{Question: "group", In: []string{"a"}}, {Any: []survey.Condition{{Question: "river", In: []string{"n"}}}}}}},
	}, Indicators: []survey.Indicator{{Name: "share", Label: "率", Kind: survey.Share, Question: "river", Positive: []string{"y"}, Base: survey.BaseAnswered, Source: "自拟"}}}
	d := survey.NewDraft("c", q)
	if faults := d.Faults("x"); len(faults) > 0 {
		t.Fatal(faults)
	}
	renamed := q.Questions[0]
	renamed.Name = "crowd"
	d.Replace(d.Items[0].Key, renamed)
	grid := q.Questions[1]
	grid.Rows = []survey.Row{{Name: "stream", Label: "河"}, {Name: "lake", Label: "湖"}}
	d.Replace(d.Items[1].Key, grid)
	why := d.Items[2].Question
	if d.Stratum != "crowd" || why.Label != "选了${crowd}，为什么" || why.ShowIf.All[0].Question != "crowd" || why.ShowIf.All[1].Any[0].Question != "stream" || d.Indicators[0].Question != "stream" {
		t.Errorf("left behind: %+v", d)
	}
	if faults := d.Faults("x"); len(faults) > 0 {
		t.Errorf("after the renaming: %v", faults)
	}
	if q.Questions[2].ShowIf.All[0].Question != "group" {
		t.Error("the published questionnaire was changed with the draft")
	}
	// A name that another question bears too may mean that one: nothing follows.
	twin := survey.Question{Name: "crowd", Type: survey.Text, Label: "另一题"}
	d.Add(-1, twin, nil)
	renamed.Name = "people"
	d.Replace(d.Items[0].Key, renamed)
	if d.Stratum != "crowd" {
		t.Error("a doubled name was followed")
	}
}

// TestDraftFaults: each fault stands at its question, and none where all is well.
func TestDraftFaults(t *testing.T) {
	option := func(code, label string) survey.Option { return survey.Option{Code: code, Label: label} }
	self := survey.Question{Name: "self", Type: survey.Single, Label: "自己", Options: []survey.Option{option("a", "甲"), option("b", "乙")}, ShowIf: &survey.Condition{Question: "self", In: []string{"a"}}}
	wide := survey.Question{Name: "wide", Type: survey.Single, Label: "宽窄", Options: []survey.Option{option("a", "A类"), option("b", "Ａ类")}}
	twin := survey.Question{Name: "self", Type: survey.Text, Label: "同名"}
	nameless := survey.Question{Type: survey.Text, Label: "没有代码"}
	d := survey.NewDraft("c", survey.Questionnaire{ID: "x", Questions: []survey.Question{self, wide, twin, nameless}})
	faults := d.Faults("x")
	for key, want := range map[string]string{"k1": "显示条件不能引用本题自己", "k2": "“Ａ类”既可以指选项“A类”也可以指选项“Ａ类”", "k3": "代码都是“self”", "k4": "第4题的代码“”", "": "缺少问卷标题"} {
		if !slices.ContainsFunc(faults[key], func(why string) bool { return strings.Contains(why, want) }) {
			t.Errorf("%q says %v, want %q", key, faults[key], want)
		}
	}
}

func TestCompleted(t *testing.T) {
	q := survey.Question{Name: "grid", Type: survey.Matrix, Options: []survey.Option{{Label: "好"}, {Code: "o1", Label: "差"}, {Label: "说不清", Other: true}},
		Rows: []survey.Row{{Label: "河"}, {Name: "grid_1", Label: "湖"}}, Right: []string{"o1", "gone"}, Whole: true, Shuffle: true}.Completed()
	if q.Options[0].Code != "o2" || q.Options[2].Code != "o3" || q.Options[2].Other || q.Rows[0].Name != "grid_2" || q.Whole || q.Shuffle || !slices.Equal(q.Right, []string{"o1"}) {
		t.Errorf("%+v", q)
	}
	q.Type = survey.Text
	if q = q.Completed(); q.Options != nil || q.Rows != nil || q.Right != nil {
		t.Errorf("a text keeps what it doesn't use: %+v", q)
	}
}

// TestTerms: a condition taken apart and put together again holds for the same answers.
func TestTerms(t *testing.T) {
	in := func(question string, codes ...string) survey.Condition {
		return survey.Condition{Question: question, In: codes}
	}
	five := 5.0
	cases := []survey.Condition{
		in("a", "x"),
		{Question: "a", NotIn: []string{"x"}},
		{Question: "a", In: []string{"x", "y"}, NotIn: []string{"z"}},
		{Question: "n", AtLeast: &five},
		{Question: "n", Above: &five, Below: new(float64)},
		{All: []survey.Condition{in("a", "x"), in("b", "y")}},
		{Any: []survey.Condition{in("a", "x"), {All: []survey.Condition{in("b", "y"), {Question: "n", AtMost: &five}}}}},
		{All: []survey.Condition{in("a", "x"), {Any: []survey.Condition{in("b", "x"), in("b", "y")}}}},
		{Question: "a", In: []string{"x"}, Any: []survey.Condition{in("b", "x"), {Question: "b", NotIn: []string{"y"}}}},
	}
	var answers []survey.Answers
	for _, a := range []string{"", "x", "y", "z"} {
		for _, b := range []string{"", "x", "y", "z"} {
			for _, n := range []float64{-1, 4, 5, 6} {
				one := survey.Answers{Choices: map[string][]string{}, Numbers: map[string]float64{"n": n}}
				if a != "" {
					one.Choices["a"] = []string{a}
				}
				if b != "" {
					one.Choices["b"] = []string{b}
				}
				answers = append(answers, one)
			}
		}
	}
	for i, c := range cases {
		terms, can := c.Terms()
		composed := survey.Composed(terms)
		if !can || composed == nil {
			t.Errorf("case %d: %v", i, terms)
			continue
		}
		for _, a := range answers {
			if c.Holds(a) != composed.Holds(a) {
				t.Fatalf("case %d differs for %+v: %+v became %+v", i, a, c, *composed)
			}
		}
		second, _ := composed.Terms()
		if !reflect.DeepEqual(terms, second) {
			t.Errorf("case %d: the lines change by themselves:\n%+v\n%+v", i, terms, second)
		}
	}
	var many survey.Condition // 2^5 alternatives
	for range 5 {
		many.All = append(many.All, survey.Condition{Any: []survey.Condition{in("a", "x"), in("b", "y")}})
	}
	if _, can := many.Terms(); can {
		t.Error("32 alternatives were taken apart")
	}
	if terms, can := (*survey.Condition)(nil).Terms(); !can || terms != nil || survey.Composed(nil) != nil {
		t.Error("no condition is some lines")
	}
}

func TestBreaks(t *testing.T) {
	two := 2.0
	then := survey.Question{Name: "sat", Type: survey.Single, Label: "您满意吗？", Options: []survey.Option{{Code: "y", Label: "满意"}, {Code: "n", Label: "不满意"}, {Code: "u", Label: "说不清", DontKnow: true}}}
	check := func(want string, bend func(*survey.Question)) {
		t.Helper()
		now := then
		now.Options = slices.Clone(then.Options)
		bend(&now)
		said := strings.Join(survey.Breaks(then, now), "；")
		if want == "" && said != "" || want != "" && !strings.Contains(said, want) {
			t.Errorf("said %q, want %q", said, want)
		}
	}
	check("", func(*survey.Question) {})
	check("", func(q *survey.Question) {
		q.Label, q.Short, q.Dimension, q.Required = "您满意吗?", "满意", "满意", true
	}) // full width and what people aren't shown
	check("另一题", func(q *survey.Question) { q.Name = "sat2" })
	check("题目文字改了", func(q *survey.Question) { q.Label = "您高兴吗？" })
	check("选项“满意”改成了“很满意”", func(q *survey.Question) { q.Options[0].Label = "很满意" })
	check("少了选项：不满意", func(q *survey.Question) { q.Options = slices.Delete(q.Options, 1, 2) })
	check("多了选项：一般", func(q *survey.Question) {
		q.Options = append(q.Options, survey.Option{Code: "m", Label: "一般"})
	})
	check("选项的顺序改了", func(q *survey.Question) { q.Options[0], q.Options[1] = q.Options[1], q.Options[0] })
	check("分值改了", func(q *survey.Question) { q.Options[0].Value = &two })
	check("性质改了", func(q *survey.Question) { q.Options[2].DontKnow = false })
	check("题型由单选题改成了多选题", func(q *survey.Question) { q.Type = survey.Multiple })
	check("问的人改了", func(q *survey.Question) { q.Adults = true })
}

// TestDraftLife: written, saved with faults, undone, published only without them, and the
// published version stays when the next one is written and discarded.
func TestDraftLife(t *testing.T) {
	ctx, db := t.Context(), clickhousetest.Open(t)
	log := audit.NewLog(db)
	s := survey.NewStore(db, log)
	actor := audit.System("test")
	if _, err := s.NewQuestionnaire(ctx, actor, "c", "Bad ID", survey.Draft{}); kind(t, err) != problem.KindInvalid {
		t.Errorf("a bad id: %v", err)
	}
	rev, err := s.NewQuestionnaire(ctx, actor, "c", "small", survey.Draft{Title: "一"})
	if err != nil || rev != 1 {
		t.Fatal(rev, err)
	}
	if _, err := s.NewQuestionnaire(ctx, actor, "c", "small", survey.Draft{Title: "二"}); kind(t, err) != problem.KindConflict {
		t.Errorf("a second draft: %v", err)
	}
	d := survey.NewDraft("c", small("一"))
	d.Items[0].Question.Required = false // a fault: it is the question of the strata
	if rev, err = s.SaveDraft(ctx, actor, "c", "small", d, 1); err != nil || rev != 2 {
		t.Fatalf("a draft with a fault must be kept: %d, %v", rev, err)
	}
	if rev, err = s.SaveDraft(ctx, actor, "c", "small", d, 1); err != nil || rev != 2 {
		t.Errorf("a second click: %d, %v", rev, err)
	}
	other := d
	other.Title = "别人的"
	if _, err := s.SaveDraft(ctx, actor, "c", "small", other, 1); kind(t, err) != problem.KindConflict {
		t.Errorf("two people: %v", err)
	}
	_, err = s.PublishDraft(ctx, actor, "c", "small", 2, 0)
	if p, _ := problem.As(err); p == nil || p.Kind != problem.KindInvalid || len(p.Faults) != 1 || p.Faults[0].Field != "group" {
		t.Fatalf("published with a fault: %v", err)
	}
	if _, err := s.Questionnaire(ctx, "c", "small", 0); kind(t, err) != problem.KindNotFound {
		t.Errorf("something was published: %v", err)
	}
	d.Items[0].Question.Required = true
	if rev, err = s.SaveDraft(ctx, actor, "c", "small", d, 2); err != nil || rev != 3 {
		t.Fatal(rev, err)
	}
	if v, err := s.PublishDraft(ctx, actor, "c", "small", 3, 0); err != nil || v != 1 {
		t.Fatal(v, err)
	}
	if _, err := s.Draft(ctx, "c", "small"); kind(t, err) != problem.KindNotFound {
		t.Errorf("a published draft is open: %v", err)
	}
	if _, err := s.NewQuestionnaire(ctx, actor, "c", "small", survey.Draft{}); kind(t, err) != problem.KindConflict {
		t.Errorf("a new questionnaire under a published one's id: %v", err)
	}

	// The next version, undone twice, discarded and taken back.
	first, err := s.Questionnaire(ctx, "c", "small", 1)
	if err != nil {
		t.Fatal(err)
	}
	begun, err := s.BeginDraft(ctx, actor, "c", "small", survey.NewDraft("c", first))
	if err != nil {
		t.Fatal(err)
	}
	rev = begun
	for _, title := range []string{"改一", "改二"} {
		held, err := s.Draft(ctx, "c", "small")
		if err != nil {
			t.Fatal(err)
		}
		held.Thing.Title = title
		if rev, err = s.SaveDraft(ctx, actor, "c", "small", held.Thing, rev); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"改一", "一"} {
		if err := s.UndoDraft(ctx, actor, "c", "small", rev); err != nil {
			t.Fatal(err)
		}
		held, err := s.Draft(ctx, "c", "small")
		if err != nil || held.Thing.Title != want {
			t.Fatalf("undone to %q, want %q, %v", held.Thing.Title, want, err)
		}
		rev = held.Revision
	}
	if err := s.UndoDraft(ctx, actor, "c", "small", rev); kind(t, err) != problem.KindConflict {
		t.Errorf("nothing is left to undo: %v", err)
	}
	if err := s.DiscardDraft(ctx, actor, "c", "small", rev); err != nil {
		t.Fatal(err)
	}
	if shelf, err := s.Shelf(ctx, "c"); err != nil || len(shelf) != 1 || shelf[0].Draft != nil || shelf[0].Newest() != 1 {
		t.Errorf("after the discarding: %+v, %v", shelf, err)
	}
	if err := s.UndoDraft(ctx, actor, "c", "small", rev+1); err != nil {
		t.Fatal(err)
	}
	if shelf, err := s.Shelf(ctx, "c"); err != nil || shelf[0].Draft == nil {
		t.Errorf("the discarded draft isn't back: %+v, %v", shelf, err)
	}
	if again, err := s.Questionnaire(ctx, "c", "small", 1); err != nil || !reflect.DeepEqual(again, first) {
		t.Errorf("the published version changed: %+v, %v", again, err)
	}
	var verbs []string
	if err := log.Each(ctx, audit.Filter{}, func(e audit.Event) error { verbs = append(verbs, e.Verb); return nil }); err != nil {
		t.Fatal(err)
	}
	for _, verb := range verbs {
		if !audit.Named(verb) {
			t.Errorf("%s has no words", verb)
		}
	}
}

// TestClosedQuestionnaire takes no new wave and no new version; its waves go on.
func TestClosedQuestionnaire(t *testing.T) {
	ctx, db := t.Context(), clickhousetest.Open(t)
	s := survey.NewStore(db, audit.NewLog(db))
	actor := audit.System("test")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.PutQuestionnaire(ctx, actor, "c", small("一"), 0)
	must(err)
	wave := survey.Wave{ID: "w1", Name: "一", Questionnaire: "small"}
	_, err = s.PutWave(ctx, actor, "c", wave, 0)
	must(err)
	if err := s.SetQuestionnaireClosed(ctx, actor, "c", "small", true, " ", 0); kind(t, err) != problem.KindInvalid {
		t.Errorf("closed without a reason: %v", err)
	}
	must(s.SetQuestionnaireClosed(ctx, actor, "c", "small", true, "已有新问卷", 0))
	second := wave
	second.ID = "w2"
	if _, err := s.PutWave(ctx, actor, "c", second, 0); kind(t, err) != problem.KindConflict || !strings.Contains(fmt.Sprint(err), "停用") {
		t.Errorf("a new wave of a closed questionnaire: %v", err)
	}
	wave.Name = "改名"
	if _, err := s.PutWave(ctx, actor, "c", wave, 1); err != nil {
		t.Errorf("its own wave goes on: %v", err)
	}
	q, err := s.Questionnaire(ctx, "c", "small", 0)
	must(err)
	q.Title = "二"
	rev, err := s.BeginDraft(ctx, actor, "c", "small", survey.NewDraft("c", q))
	must(err)
	if _, err := s.PublishDraft(ctx, actor, "c", "small", rev, 1); kind(t, err) != problem.KindConflict {
		t.Errorf("a new version of a closed questionnaire: %v", err)
	}
	must(s.SetQuestionnaireClosed(ctx, actor, "c", "small", false, "还要用", 1))
	_, err = s.PutWave(ctx, actor, "c", second, 0)
	must(err)

	must(s.SetWaveClosed(ctx, actor, "c", "w2", true, "时间到了", 1))
	held, err := s.Wave(ctx, "c", "w2")
	if err != nil || !held.Thing.Closed || held.Thing.Reason != "时间到了" {
		t.Errorf("%+v, %v", held, err)
	}
	if err := s.SetWaveClosed(ctx, actor, "c", "w2", false, "补访", 1); kind(t, err) != problem.KindConflict {
		t.Errorf("with an old revision: %v", err)
	}
	must(s.SetWaveClosed(ctx, actor, "c", "w2", false, "补访", 2))
}

// TestTwoPublish lets many publish one draft at once: one version comes of it.
func TestTwoPublish(t *testing.T) {
	ctx, db := t.Context(), clickhousetest.Open(t)
	s := survey.NewStore(db, audit.NewLog(db))
	actor := audit.System("test")
	rev, err := s.BeginDraft(ctx, actor, "c", "small", survey.NewDraft("c", small("一")))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	for range 8 {
		go func(ctx context.Context) {
			_, err := s.PublishDraft(ctx, actor, "c", "small", rev, 0)
			done <- err
		}(ctx)
	}
	published := 0
	for range 8 {
		err := <-done
		if err == nil {
			published++
		} else if p, ok := problem.As(err); !ok || p.Kind != problem.KindConflict && p.Kind != problem.KindNotFound {
			t.Errorf("%v", err)
		}
	}
	shelf, err := s.Shelf(ctx, "c")
	if err != nil || len(shelf) != 1 || len(shelf[0].Versions) != 1 || published < 1 || shelf[0].Draft != nil {
		t.Errorf("%d published, %+v, %v", published, shelf, err)
	}
}

func TestWaveCells(t *testing.T) {
	q := small("一")
	valid := survey.Wave{ID: "w1", Name: "一", Questionnaire: "small",
		Strata: []survey.Stratum{{Code: "a", Label: "甲", Quota: 10, Capped: true}, {Code: "b", Label: "乙"}},
		Areas:  []survey.Area{{Code: "old", Label: "老城"}, {Code: "new", Label: "新城"}},
		Quotas: []survey.Quota{{Stratum: "a", Area: "old", Count: 4}, {Stratum: "a", Area: "old", Distributor: "p", Count: 2}, {Area: "new", Count: 9}}}
	check := func(want string, bend func(*survey.Wave)) {
		t.Helper()
		w := valid
		w.Strata, w.Areas, w.Quotas = slices.Clone(valid.Strata), slices.Clone(valid.Areas), slices.Clone(valid.Quotas)
		bend(&w)
		err := w.Validate(q)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	check("", func(*survey.Wave) {})
	check("分组“c”不在这一轮的分组里", func(w *survey.Wave) { w.Quotas[0].Stratum = "c" })
	check("片区“far”不在这一轮的片区里", func(w *survey.Wave) { w.Quotas[0].Area = "far" })
	check("第1行和第3行是同一格", func(w *survey.Wave) { w.Quotas[2] = w.Quotas[0] })
	check("份数是0", func(w *survey.Wave) { w.Quotas[0].Count = 0 })
	check("份数是-3", func(w *survey.Wave) { w.Quotas[0].Count = -3 })
	check("只留一处", func(w *survey.Wave) { w.Quotas[0].Area = "" })
	check("片区代码“old”写了两次", func(w *survey.Wave) { w.Areas[1].Code = "old" })
	check("片区“Ａ片”写了两次", func(w *survey.Wave) { w.Areas[0].Label, w.Areas[1].Label = "A片", "Ａ片" })
	check("代码“老 城”只能用", func(w *survey.Wave) { w.Areas[0].Code = "老 城" })
	check("缺少名称", func(w *survey.Wave) { w.Areas[0].Label = "　" })
	check("批准文号只能写一行", func(w *survey.Wave) { w.Approval = "甲\n乙" })
	check("隐私告知有5001个字", func(w *survey.Wave) { w.Privacy = strings.Repeat("字", 5001) })
	check("没有配额", func(w *survey.Wave) { w.Strata[1].Capped = true })
	check("不能叫 new", func(w *survey.Wave) { w.ID = "new" })
}
