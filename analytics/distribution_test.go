package analytics_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// option pairs an option with its published count and share of persons.
type option struct {
	label   string
	count   int
	percent string
}

func options(list []option) []survey.Option {
	var all []survey.Option
	for i, o := range list {
		all = append(all, survey.Option{Code: fmt.Sprintf("o%d", i+1), Label: o.label, DontKnow: o.label == "说不清"})
	}
	return all
}

// The Yueyang river-management appraisal of 2019: 180 persons (domain facts 3.4). The
// source misprints 22.11 for 熟悉; 38 of 180 is 21.11.
var yueyang = map[string][]option{
	"identity":  {{"学生", 3, "1.67"}, {"农民", 2, "1.11"}, {"单位职工", 46, "25.56"}, {"公职人员", 103, "57.22"}, {"其他", 26, "14.44"}},
	"age":       {{"18岁以下", 2, "1.11"}, {"18-30岁", 27, "15.00"}, {"30-60岁", 151, "83.89"}, {"60岁以上", 0, "0.00"}},
	"education": {{"初中及以下", 5, "2.78"}, {"高中", 18, "10.00"}, {"本科", 99, "55.00"}, {"本科以上", 58, "32.22"}},
	"heard":     {{"没听说过", 18, "10.00"}, {"听说过", 85, "47.22"}, {"熟悉", 38, "21.11"}, {"非常熟悉", 39, "21.67"}},
	"fourth":    {{"乱丢", 15, "8.33"}, {"乱弃", 20, "11.11"}, {"乱放", 33, "18.33"}, {"乱占", 112, "62.22"}},
	"problems":  {{"存在", 118, "65.56"}, {"不存在", 14, "7.78"}, {"说不清", 48, "26.67"}},
	"reaction":  {{"不理会", 19, "10.56"}, {"制止", 21, "11.67"}, {"举报", 140, "77.78"}},
	"satisfied": {{"非常满意", 56, "31.11"}, {"满意", 103, "57.22"}, {"不满意", 21, "11.67"}},
}

var yueyangUrgent = []option{{"堤防", 56, "31.11"}, {"水质", 145, "80.56"}, {"开发", 58, "32.22"}}

func yueyangQuestionnaire() survey.Questionnaire {
	q := survey.Questionnaire{ID: "yueyang", Stratum: "identity", Indicators: []survey.Indicator{
		{Name: "satisfied", Label: "满意率", Kind: survey.Share, Question: "satisfied", Positive: []string{"o1", "o2"}, Base: survey.BaseAnswered},
		{Name: "problems_opinion", Label: "认为存在问题", Kind: survey.Share, Question: "problems", Positive: []string{"o1"}, Base: survey.BaseOpinion},
		{Name: "urgent_any", Label: "至少一项", Kind: survey.Share, Question: "urgent", Positive: []string{"o1", "o2"}, Base: survey.BaseAnswered},
	}}
	for _, name := range []string{"identity", "age", "education", "heard", "fourth", "problems", "reaction", "satisfied"} {
		q.Questions = append(q.Questions, survey.Question{Name: name, Type: survey.Single, Label: name, Options: options(yueyang[name])})
	}
	q.Questions = append(q.Questions, survey.Question{Name: "urgent", Type: survey.Multiple, Label: "最需解决", Options: options(yueyangUrgent)})
	return q
}

// yueyangResponses rebuilds 180 sheets from the published counts. Only the margins are
// published, so each question is shuffled on its own, from a fixed seed.
func yueyangResponses(campaignID string) []survey.Response {
	random := rand.New(rand.NewPCG(2019, 180))
	sheets := make([]survey.Response, 180)
	for i := range sheets {
		sheets[i] = answered(campaignID, map[string][]string{})
	}
	for _, question := range yueyangQuestionnaire().Questions {
		if question.Type == survey.Multiple {
			continue
		}
		var codes []string
		for i, o := range yueyang[question.Name] {
			codes = append(codes, slices.Repeat([]string{fmt.Sprintf("o%d", i+1)}, o.count)...)
		}
		random.Shuffle(len(codes), func(i, j int) { codes[i], codes[j] = codes[j], codes[i] })
		for i := range sheets {
			sheets[i].Choices[question.Name] = []string{codes[i]}
		}
	}
	// 259 mentions by 180 persons, and nobody mentions nothing: 堤防 by the first 56; 水质 by
	// 23 of these and by the next 122; 开发 by the last 58, of whom two mention only that.
	for i := range sheets {
		var codes []string
		if i < 56 {
			codes = append(codes, "o1")
		}
		if i < 23 || i >= 56 && i < 178 {
			codes = append(codes, "o2")
		}
		if i >= 122 {
			codes = append(codes, "o3")
		}
		sheets[i].Choices["urgent"] = codes
	}
	for i := range sheets {
		sheets[i].Stratum = sheets[i].Choices["identity"][0]
	}
	return sheets
}

func optionOf(t *testing.T, g analytics.GroupDistribution, label string) analytics.OptionCount {
	t.Helper()
	for _, o := range g.Options {
		if o.Label == label {
			return o
		}
	}
	t.Fatalf("no option %q in %+v", label, g)
	return analytics.OptionCount{}
}

func TestYueyang(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	recordResponses(t, db, yueyangResponses("c")...)
	plan, wave, q := planOf("c", nil), survey.Wave{ID: "w1"}, yueyangQuestionnaire()

	for name, published := range yueyang {
		d, err := reader.Distribution(t.Context(), plan, wave, q, name, analytics.Stratum)
		if err != nil {
			t.Fatal(err)
		}
		if d.Total.Answered != 180 || d.Total.Asked != 180 || d.Total.Mentions != 0 {
			t.Errorf("%s: asked %d, answered %d of 180", name, d.Total.Asked, d.Total.Answered)
		}
		for _, o := range published {
			got := optionOf(t, d.Total, o.label)
			if got.Persons.Text(2) != o.percent || got.Persons.Numerator != int64(o.count) {
				t.Errorf("%s %s: %s (%d), published %s (%d)", name, o.label, got.Persons.Text(2), got.Persons.Numerator, o.percent, o.count)
			}
			if got.Mentions.Method != "" {
				t.Errorf("%s: a single choice has no mentions", name)
			}
		}
		checkParts(t, d)
	}

	d, err := reader.Distribution(t.Context(), plan, wave, q, "urgent", "identity")
	if err != nil {
		t.Fatal(err)
	}
	checkParts(t, d)
	if d.Total.Answered != 180 || d.Total.Mentions != 259 {
		t.Errorf("urgent: %d persons, %d mentions", d.Total.Answered, d.Total.Mentions)
	}
	for label, want := range map[string][2]string{"堤防": {"31.11", "21.62"}, "水质": {"80.56", "55.98"}, "开发": {"32.22", "22.39"}} {
		o := optionOf(t, d.Total, label)
		if o.Persons.Text(2) != want[0] || o.Mentions.Text(2) != want[1] || o.Persons.Base != 180 || o.Mentions.Base != 259 || o.Mentions.HasInterval {
			t.Errorf("%s: of persons %s, of mentions %s, want %v", label, o.Persons.Text(2), o.Mentions.Text(2), want)
		}
	}

	all, err := reader.Indicators(t.Context(), plan, wave, q, analytics.Stratum)
	if err != nil {
		t.Fatal(err)
	}
	satisfied := all.Figures[0].Total.Estimate
	if satisfied.Text(2) != "88.33" || satisfied.IntervalText(2) != "82.82–92.24" || satisfied.Numerator != 159 {
		t.Errorf("满意率 %s (%s)", satisfied.Text(2), satisfied.IntervalText(2))
	}
	// 118 of the 132 who are not 说不清.
	if e := all.Figures[1].Total.Estimate; e.Text(2) != "89.39" || e.Base != 132 {
		t.Errorf("of those with an opinion: %s of %d", e.Text(2), e.Base)
	}
	// 堤防 or 水质: everybody but the two who mention 开发 only. Not 56 + 145.
	if e := all.Figures[2].Total.Estimate; e.Numerator != 178 || e.Base != 180 {
		t.Errorf("any of two options: %d of %d persons", e.Numerator, e.Base)
	}
	if all.Composite != nil {
		t.Error("a composite without weights in the settings")
	}
	var base, students int64
	for _, g := range all.Figures[0].Groups {
		base += g.Estimate.Base
		if g.Label == "学生" {
			students = g.Estimate.Base
			if !g.Estimate.Warned("small-base") {
				t.Error("3 students are not marked as a small base")
			}
		}
	}
	if base != 180 || students != 3 {
		t.Errorf("groups hold %d of 180, students %d of 3", base, students)
	}
}

// checkParts: the parts of a table sum to its base, in all and in each group, and the
// groups sum to all.
func checkParts(t *testing.T, d *analytics.Distribution) {
	t.Helper()
	var asked, answers, mentions int64
	parts := func(g analytics.GroupDistribution) {
		var sum int64
		for _, o := range g.Options {
			sum += o.Persons.Numerator
			if o.Persons.Base != g.Answered || o.Persons.Valid != (g.Answered > 0) {
				t.Errorf("%s %q: %s has another base", d.Question.Name, g.Code, o.Code)
			}
		}
		switch {
		case d.Question.Type == survey.Single && sum != g.Answered:
			t.Errorf("%s %q: parts sum to %d of %d", d.Question.Name, g.Code, sum, g.Answered)
		case d.Question.Type == survey.Multiple && sum != g.Mentions:
			t.Errorf("%s %q: parts sum to %d of %d mentions", d.Question.Name, g.Code, sum, g.Mentions)
		}
		if g.Answered > g.Asked {
			t.Errorf("%s %q: %d answered, %d asked", d.Question.Name, g.Code, g.Answered, g.Asked)
		}
	}
	parts(d.Total)
	for _, g := range d.Groups {
		parts(g)
		asked, answers, mentions = asked+g.Asked, answers+g.Answered, mentions+g.Mentions
	}
	if len(d.Groups) > 0 && (asked != d.Total.Asked || answers != d.Total.Answered || mentions != d.Total.Mentions) {
		t.Errorf("%s: groups sum to %d, %d, %d of %d, %d, %d", d.Question.Name, asked, answers, mentions, d.Total.Asked, d.Total.Answered, d.Total.Mentions)
	}
}

// Yuxi 2007, 控制工业废气、汽车尾气的效果, n = 600: what is published as 满意率 73.07 %
// is the index without 说不清 (domain facts 3.2).
func TestYuxi(t *testing.T) {
	db := clickhousetest.Open(t)
	scale := []option{{"非常满意", 85, "14.17"}, {"比较满意", 268, "44.67"}, {"一般", 216, "36.00"}, {"不太满意", 24, "4.00"}, {"很不满意", 4, "0.67"}, {"说不清", 3, "0.50"}}
	points := map[string]float64{"o1": 100, "o2": 80, "o3": 60, "o4": 30, "o5": 0}
	withZero := map[string]float64{"o1": 100, "o2": 80, "o3": 60, "o4": 30, "o5": 0, "o6": 0}
	q := survey.Questionnaire{Questions: []survey.Question{{Name: "air", Type: survey.Single, Label: "治气", Options: options(scale)}}, Indicators: []survey.Indicator{
		{Name: "share_all", Kind: survey.Share, Question: "air", Positive: []string{"o1", "o2"}, Base: survey.BaseAnswered},
		{Name: "share_opinion", Kind: survey.Share, Question: "air", Positive: []string{"o1", "o2"}, Base: survey.BaseOpinion},
		{Name: "index", Kind: survey.Index, Question: "air", Values: points, Base: survey.BaseOpinion},
		{Name: "index_zero", Kind: survey.Index, Question: "air", Values: withZero, Base: survey.BaseAnswered},
		{Name: "index_hole", Kind: survey.Index, Question: "air", Values: points, Base: survey.BaseAnswered},
	}}
	var sheets []survey.Response
	for i, o := range scale {
		for range o.count {
			sheets = append(sheets, answered("c", map[string][]string{"air": {fmt.Sprintf("o%d", i+1)}}))
		}
	}
	recordResponses(t, db, sheets...)
	revised, void := sheets[0], sheets[599]
	void.Revision, void.Disposition = 2, survey.Void // and another takes its place
	revised.Revision, revised.Choices = 2, sheets[0].Choices
	another := answered("c", map[string][]string{"air": {"o6"}}, func(r *survey.Response) { r.Disposition = survey.Partial })
	recordResponses(t, db, void, revised, another, another)
	all, err := analytics.NewReader(db).Indicators(t.Context(), planOf("c", nil), survey.Wave{ID: "w1"}, q, "")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		text string
		base int64
		note string
	}{
		{"58.833", 600, "含“说不清”"},  // 353/600
		{"59.129", 597, "不含“说不清”"}, // 353/597
		{"73.065", 597, "不含“说不清”"}, // 43620/597
		{"72.700", 600, "含“说不清”"},  // 说不清 counted as 0 points: 43620/600
		{"73.065", 597, "含“说不清”"},  // no points for 说不清: left out, and said
	} {
		f := all.Figures[i]
		if e := f.Total.Estimate; e.Text(3) != want.text || e.Base != want.base || !e.HasInterval || !strings.Contains(f.BaseNote, want.note) {
			t.Errorf("%s: %s of %d, want %s of %d; %s", f.Indicator.Name, e.Text(3), e.Base, want.text, want.base, f.BaseNote)
		}
	}
	if !all.Figures[4].Total.Estimate.Warned(analytics.NoValue) {
		t.Error("three answers are left out of an index without a word")
	}
	if len(all.Figures[0].Groups) != 0 {
		t.Error("groups where none were asked for")
	}
}

// A revised response counts once with its newest answers, one sent twice counts once,
// a void one nowhere, a partial one where it answered, an empty one only as asked.
func TestDistributionCountsPersonsOnce(t *testing.T) {
	db := clickhousetest.Open(t)
	q := survey.Questionnaire{Questions: []survey.Question{
		{Name: "took_part", Type: survey.Single, Label: "参加过吗", Options: []survey.Option{{Code: "yes", Label: "参加过"}, {Code: "no", Label: "没有"}}},
		{Name: "which", Type: survey.Multiple, Label: "参加了哪些", Options: []survey.Option{{Code: "a", Label: "讲座"}, {Code: "b", Label: "竞赛"}},
			ShowIf: &survey.Condition{Question: "took_part", In: []string{"yes"}}},
		{Name: "again", Type: survey.Single, Label: "还会参加吗", Options: []survey.Option{{Code: "yes", Label: "会"}},
			ShowIf: &survey.Condition{All: []survey.Condition{{Question: "which", NotIn: []string{"b"}}, {Any: []survey.Condition{{Question: "which", In: []string{"a"}}, {Question: "took_part", In: []string{"no"}}}}}}},
		{Name: "since", Type: survey.Number, Label: "住了几年"},
		{Name: "suggestion", Type: survey.Text, Label: "建议"},
		{Name: "thanks", Type: survey.Note, Label: "谢谢"},
	}}
	first := answered("c", map[string][]string{"took_part": {"no"}}, func(r *survey.Response) { r.Stratum = "s1" })
	revised := first
	revised.Revision, revised.Choices = 2, map[string][]string{"took_part": {"yes"}, "which": {"a", "b"}}
	void := answered("c", map[string][]string{"took_part": {"yes"}, "which": {"a"}})
	voided := void
	voided.Revision, voided.Disposition = 2, survey.Void
	twice := answered("c", map[string][]string{"took_part": {"yes"}, "which": {"b"}}, func(r *survey.Response) { r.Stratum = "s1" })
	responses := []survey.Response{first, revised, void, voided, twice, twice,
		answered("c", map[string][]string{"took_part": {"no"}}),                         // no stratum
		answered("c", map[string][]string{"took_part": {"yes"}, "which": {}}),           // shown, left open: an empty list
		answered("c", map[string][]string{"took_part": {"yes"}, "which": {"a", "a"}}),   // one person, one mention
		answered("c", map[string][]string{"took_part": {"no"}, "which": {"a"}}),         // answered by mistake: it stands and is counted
		answered("c", nil, func(r *survey.Response) { r.Disposition = survey.Partial }), // nothing at all
		answered("c", map[string][]string{"which": {"z"}}, func(r *survey.Response) { // a code nobody knows, in a stratum nobody knows
			r.Stratum, r.Disposition, r.Numbers, r.Texts = "s9", survey.Partial, map[string]float64{"since": 0}, map[string]string{"suggestion": "多办讲座"}
		}),
		answered("elsewhere", map[string][]string{"took_part": {"yes"}, "which": {"a"}}),
		answered("c", map[string][]string{"took_part": {"yes"}, "which": {"a"}}, func(r *survey.Response) { r.Wave = "w2" }),
	}
	recordResponses(t, db, responses...)
	wave := survey.Wave{ID: "w1", Strata: []survey.Stratum{{Code: "s1", Label: "学校师生"}, {Code: "s2", Label: "社区居民"}}}
	reader, plan := analytics.NewReader(db), planOf("c", nil)
	ask := func(question, by string) *analytics.Distribution {
		t.Helper()
		d, err := reader.Distribution(t.Context(), plan, wave, q, question, by)
		if err != nil {
			t.Fatal(err)
		}
		checkParts(t, d)
		return d
	}
	check := func(question string, asked, answered, mentions int64, persons map[string]int64) {
		t.Helper()
		d := ask(question, analytics.Stratum)
		if d.Total.Asked != asked || d.Total.Answered != answered || d.Total.Mentions != mentions {
			t.Errorf("%s: asked %d, answered %d, mentions %d; want %d, %d, %d", question, d.Total.Asked, d.Total.Answered, d.Total.Mentions, asked, answered, mentions)
		}
		got := map[string]int64{}
		for _, o := range d.Total.Options {
			got[o.Code] = o.Persons.Numerator
		}
		if !reflect.DeepEqual(got, persons) {
			t.Errorf("%s: %v, want %v", question, got, persons)
		}
	}
	// Eight persons hold: revised, twice, and the six of w1 that follow.
	check("took_part", 8, 6, 0, map[string]int64{"yes": 4, "no": 2})
	// Shown to the four of yes; two more answered without being shown.
	check("which", 6, 5, 6, map[string]int64{"a": 3, "b": 2, "z": 1})
	// Nobody answered. Shown where which has no b and (which has a or took_part is no), and
	// which counts only where it was itself shown: "a, a", the two of no. Not the one of z.
	check("again", 3, 0, 0, map[string]int64{"yes": 0})
	check("since", 8, 1, 0, map[string]int64{})
	check("suggestion", 8, 1, 0, map[string]int64{})

	d := ask("which", analytics.Stratum)
	var groups []string
	for _, g := range d.Groups {
		groups = append(groups, fmt.Sprintf("%s/%s %d", g.Code, g.Label, g.Answered))
	}
	if want := []string{"s1/学校师生 2", "s2/社区居民 0", "s9/s9 1", "/未填写 2"}; !slices.Equal(groups, want) {
		t.Errorf("groups %q, want %q", groups, want)
	}
	if len(d.Warnings) != 1 || d.Warnings[0].Code != analytics.UnknownOption {
		t.Errorf("a code that the questionnaire does not know goes without a word: %+v", d.Warnings)
	}
	if none := d.Groups[1].Options[0].Persons; none.Valid || none.Text(2) != "–" {
		t.Errorf("a group without answers shows a number: %+v", none)
	}
	if ask("again", "").Total.Options[0].Persons.Valid {
		t.Error("a question without answers shows a number")
	}
	byAnswer := ask("which", "took_part")
	if got := byAnswer.Groups[0]; got.Code != "yes" || got.Answered != 3 || got.Asked != 4 {
		t.Errorf("by took_part: %+v", got)
	}
	checkShown(t, q, responses, ask)
}

// checkShown compares Asked with the rule by which the form shows questions.
func checkShown(t *testing.T, q survey.Questionnaire, responses []survey.Response, ask func(question, by string) *analytics.Distribution) {
	t.Helper()
	newest := map[uuid.UUID]survey.Response{}
	for _, r := range responses {
		if r.Campaign == "c" && r.Wave == "w1" && r.Revision >= newest[r.ID].Revision {
			newest[r.ID] = r
		}
	}
	for _, question := range q.Questions {
		if question.Type == survey.Note {
			continue
		}
		var want int64
		for _, r := range newest {
			_, number := r.Numbers[question.Name]
			_, text := r.Texts[question.Name]
			if r.Disposition != survey.Void && (survey.Shown(q, r)[question.Name] || len(r.Choices[question.Name]) > 0 || number || text) {
				want++
			}
		}
		if got := ask(question.Name, "").Total.Asked; got != want {
			t.Errorf("%s was asked of %d, by the form's rule of %d", question.Name, got, want)
		}
	}
}

func TestDistributionRefuses(t *testing.T) {
	db := clickhousetest.Open(t)
	q := survey.Questionnaire{Questions: []survey.Question{
		{Name: "a", Type: survey.Single, Label: "甲"}, {Name: "m", Type: survey.Multiple, Label: "多"}, {Name: "n", Type: survey.Note, Label: "谢谢"}, {Name: "t", Type: survey.Text, Label: "话"},
	}}
	for _, ask := range [][2]string{{"nothing", ""}, {"n", ""}, {"a", "n"}, {"a", "t"}, {"a", "nothing"}, {"", ""}} {
		_, err := analytics.NewReader(db).Distribution(t.Context(), planOf("c", nil), survey.Wave{ID: "w1"}, q, ask[0], ask[1])
		if _, told := problem.As(err); !told {
			t.Errorf("%q by %q: %v", ask[0], ask[1], err)
		}
	}
}

// Whatever people name things, names are values; and the statement a figure shows gives
// the figure again when it is pasted into a client.
func TestHostileNames(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	for i, name := range []string{
		`o'brien`, `a\`, `a\'; DROP TABLE responses; --`, "换\n行", "tab\there", "nul\x00byte", `"双"`, "@campaign", "?", "𠮷😀", "{x:String}", "/* x", "`b`", "$1", "%s",
	} {
		id := fmt.Sprintf("hostile%d", i)
		q := survey.Questionnaire{Questions: []survey.Question{
			{Name: name, Type: survey.Single, Label: "问", Options: []survey.Option{{Code: name, Label: "答"}, {Code: "plain", Label: "平"}}},
			{Name: "then", Type: survey.Single, Label: "再问", Options: []survey.Option{{Code: "x", Label: "是"}}, ShowIf: &survey.Condition{Question: name, In: []string{name}}},
		}, Indicators: []survey.Indicator{{Name: "i", Kind: survey.Share, Question: name, Positive: []string{name}, Base: survey.BaseAnswered}}}
		recordResponses(t, db,
			answered(id, map[string][]string{name: {name}, "then": {"x"}}, func(r *survey.Response) { r.Stratum = name; r.Wave = survey.WaveID(name) }),
			answered(id, map[string][]string{name: {"plain"}}, func(r *survey.Response) { r.Stratum = name; r.Wave = survey.WaveID(name) }))
		wave, plan := survey.Wave{ID: survey.WaveID(name)}, planOf(id, nil)
		d, err := reader.Distribution(t.Context(), plan, wave, q, "then", name)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if d.Total.Asked != 1 || d.Total.Answered != 1 || len(d.Groups) != 2 || d.Groups[0].Answered != 1 {
			t.Errorf("%q: %+v", name, d)
		}
		all, err := reader.Indicators(t.Context(), plan, wave, q, analytics.Stratum)
		if err != nil || all.Figures[0].Total.Estimate.Numerator != 1 || all.Figures[0].Total.Estimate.Base != 2 || all.Figures[0].Groups[0].Code != name {
			t.Errorf("%q: %+v, %v", name, all, err)
			continue
		}
		for what, sql := range map[string]string{"distribution": d.SQL, "indicators": all.Figures[0].SQL} {
			var pasted uint64
			if err := db.QueryRow(t.Context(), "SELECT count() FROM ("+sql+"\n)").Scan(&pasted); err != nil || pasted != 2 {
				t.Errorf("%q: %s pasted gives %d rows, %v:\n%s", name, what, pasted, err, sql)
			}
		}
	}
}

// Every statement that a page shows runs in a client as it stands.
func TestShownStatementsRun(t *testing.T) {
	db := clickhousetest.Open(t)
	reader, plan, scope := analytics.NewReader(db), planOf("c", bureaus(), campaign.Task{Code: "t1"}), analytics.Scope{AsOf: date("2014-10-08"), Unit: "shuili"}
	logPlacements(t, db, standing("c", "t1", "shuili"))
	var shown []string
	if c, err := reader.Coverage(t.Context(), plan, scope); err == nil {
		shown = append(shown, c.SQL)
	}
	if p, err := reader.Progress(t.Context(), plan, survey.Wave{ID: "w1"}, scope); err == nil {
		shown = append(shown, p.SQL)
	}
	if today, err := reader.Today(t.Context(), plan, scope); err == nil {
		shown = append(shown, strings.Split(today.SQL, ";\n\n")...)
	}
	if len(shown) != 4 {
		t.Fatalf("%d statements, want one of coverage, one of progress and two of today", len(shown))
	}
	for _, sql := range shown {
		if strings.Contains(sql, "@") || !strings.Contains(sql, "'shuili'") {
			t.Errorf("values are missing:\n%s", sql)
		}
		rows, err := db.Query(t.Context(), sql)
		if err != nil {
			t.Errorf("%v:\n%s", err, sql)
			continue
		}
		rows.Close()
	}
}
