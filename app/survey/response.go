package survey

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"shuixuan/app/problem"
)

// MaxText is the most characters that one text answer may have.
const MaxText = 5000

// Limits of the words beside the answers.
const (
	maxNumber      = 64 // characters of a sheet number
	maxDistributor = 60
	maxOther       = 500
)

// Settle brings a response to the form in which it is kept: texts cleaned, empty
// answers left out, option codes in the order of the questionnaire, the stratum
// taken from its question, and the disposition where the caller left it open.
//
// A sheet with an open required question is kept as Partial: what people did answer
// is not thrown away. A caller who claims Complete keeps that claim, and Validate
// then refuses the open question: so an entry page can ask before it saves. Who answers
// by the public page says when it is the end: until then a page is Partial, though nothing
// that is required may be open any more.
func Settle(q Questionnaire, r Response) Response {
	r.Questionnaire, r.Version = q.ID, q.Version
	r.Number, r.Distributor, r.Reason = clean(r.Number), clean(r.Distributor), clean(r.Reason)
	choices := make(map[string][]string, len(r.Choices))
	for name, codes := range r.Choices {
		if held := ordered(q.find(name), codes); len(held) > 0 {
			choices[name] = held
		}
	}
	texts := map[string]string{}
	for name, text := range r.Texts {
		if text = clean(text); text != "" {
			texts[name] = text
		}
	}
	if r.Choices, r.Texts = choices, texts; r.Numbers == nil {
		r.Numbers = map[string]float64{}
	}
	r.Unclear = orderedNames(q, r.Unclear)
	if held := r.Choices[q.Stratum]; q.Stratum != "" && len(held) == 1 {
		r.Stratum = held[0]
	} else if q.Stratum != "" && (r.Disposition == "" || r.Disposition.Counts()) {
		r.Stratum = "" // a sheet that came back empty keeps that for which it was issued
	}
	switch open := Unanswered(q, r); {
	case r.Disposition != "" && !r.Disposition.Counts():
	case RefusedConsent(q, r):
		r.Disposition = Refused
	case len(open) == 0 && !(r.Mode == Link && r.Disposition == Partial):
		r.Disposition = Complete
	case r.Disposition == "":
		r.Disposition = Partial
	}
	return r
}

// ordered gives the codes in the order of the options, unknown ones last; a code
// that stands twice stays twice, for Validate to tell.
func ordered(question *Question, codes []string) []string {
	if len(codes) == 1 {
		if code := strings.TrimSpace(codes[0]); code == codes[0] && code != "" {
			return codes[:1:1]
		}
	}
	held := make([]string, 0, len(codes))
	for _, code := range codes {
		if code = strings.TrimSpace(code); code != "" {
			held = append(held, code)
		}
	}
	if question == nil {
		return held
	}
	place := func(code string) int {
		for i := range question.Options {
			if question.Options[i].Code == code {
				return i
			}
		}
		return len(question.Options)
	}
	slices.SortStableFunc(held, func(a, b string) int { return place(a) - place(b) })
	return held
}

// orderedNames gives names of questions once each, in the order of the questionnaire,
// unknown ones last.
func orderedNames(q Questionnaire, names []string) []string {
	if len(names) == 0 {
		return nil
	}
	place := map[string]int{}
	for i, question := range q.Items() {
		place[question.Name] = i - maxQuestions*maxRows
	}
	names = slices.Clone(names)
	slices.SortStableFunc(names, func(a, b string) int {
		if place[a] != place[b] {
			return place[a] - place[b]
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(names)
}

// clean takes away what no reader sees: line ends of Windows, spaces around the
// text, and the direction marks that some programs copy along.
func clean(text string) string {
	if !utf8.ValidString(text) {
		return text // Validate refuses it; mending it would change what was written
	}
	if text == "" {
		return text
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	text = strings.Map(func(c rune) rune {
		if direction(c) {
			return -1
		}
		return c
	}, text)
	return strings.TrimFunc(text, func(c rune) bool { return unicode.IsSpace(c) || c == '\u200b' })
}

// direction tells marks that turn or hide text without being text.
func direction(c rune) bool {
	return c == '\ufeff' || c >= '\u202a' && c <= '\u202e' || c >= '\u2066' && c <= '\u2069'
}

// unshowable says what in a text can't be kept, or nothing.
func unshowable(text string) string {
	if !utf8.ValidString(text) {
		return "有无法识别的字符（编码不是UTF-8）"
	}
	for _, c := range text {
		switch {
		case c == '\n' || c == '\t':
		case unicode.IsControl(c):
			return fmt.Sprintf("有看不见的控制字符（U+%04X）", c)
		case direction(c):
			return fmt.Sprintf("有改变文字方向的隐藏字符（U+%04X）", c)
		}
	}
	return ""
}

// Unanswered lists, in order, the questions that this respondent was to answer and
// did not: required ones without an answer, and "other" without its words (named by
// OtherKey).
func Unanswered(q Questionnaire, r Response) []string { return unanswered(q, &r, askedOf(q, &r)) }

func unanswered(q Questionnaire, r *Response, shown asked) []string {
	var open []string
	for question := range q.each {
		if !shown.has(question.Name) || question.Type == Note {
			continue
		}
		if question.Required && !r.answers(question) {
			open = append(open, question.Name)
		}
		if other := question.other(); other != nil && slices.Contains(r.Choices[question.Name], other.Code) && r.Texts[OtherKey(question.Name)] == "" {
			open = append(open, OtherKey(question.Name))
		}
	}
	return open
}

// answers tells whether the response holds an answer of the question's own type.
func (r *Response) answers(question *Question) bool {
	switch {
	case question.Choice():
		return len(r.Choices[question.Name]) > 0
	case question.Numeric():
		_, held := r.Numbers[question.Name]
		return held
	}
	return question.Written() && r.Texts[question.Name] != ""
}

// Validate checks a settled response and lists every fault at once. The field of a
// fault is the name of the question (or "<question>.other", or number, distributor,
// stratum, answered_on).
func Validate(q Questionnaire, r Response) []problem.Fault {
	f := &faults{}
	validateHead(f, r)
	shown := askedOf(q, &r)
	validateKnown(f, q, r)
	for question := range q.each {
		validateAnswer(f, question, &r, shown.has(question.Name))
	}
	validateUnclear(f, q, r, shown)
	if !r.Disposition.Counts() {
		return f.list
	}
	validateStratumAnswer(f, q, r)
	if len(r.Choices)+len(r.Numbers)+len(r.Texts)+len(r.Unclear) == 0 {
		f.add("", "一道题也没有回答，空白问卷不用录入")
	} else if r.Disposition == Complete {
		validateOpen(f, q, &r, shown)
	}
	return f.list
}

// validateUnclear: what can't be read has no answer, and was asked.
func validateUnclear(f *faults, q Questionnaire, r Response, shown asked) {
	for _, name := range r.Unclear {
		question, known := q.Question(name)
		switch {
		case !known || question.Type == Matrix || question.Type == Note:
			f.add(short(name), "问卷里没有“%s”这一题，请检查问卷版本", short(name))
		case !shown.has(name):
			f.add(name, "按前面的回答，“%s”应当跳过，不用标记看不清", question.Title())
		case r.answers(&question):
			f.add(name, "“%s”既有答案又标记了看不清，请只留一样", question.Title())
		}
	}
}

func validateHead(f *faults, r Response) {
	if _, known := DispositionNames[r.Disposition]; !known {
		f.add("disposition", "完成情况“%s”不认识，可用的有：complete（完整）、partial（部分完成）、refused（拒答）、ineligible（不符合条件）、void（作废）、duplicate（重复）", r.Disposition)
	}
	for _, word := range []struct {
		field, name, text string
		limit             int
	}{{"number", "问卷编号", r.Number, maxNumber}, {"distributor", "发放员", r.Distributor, maxDistributor}, {"reason", "原因", r.Reason, maxOther}} {
		if utf8.RuneCountInString(word.text) > word.limit {
			f.add(word.field, "%s超过%d个字，请核对", word.name, word.limit)
		}
		if why := unshowable(word.text); why != "" {
			f.add(word.field, "%s里%s，请删去后重新填写", word.name, why)
		}
	}
	if y := r.AnsweredOn.Year(); !r.AnsweredOn.IsZero() && (y < 1990 || y > 2100) {
		f.add("answered_on", "填写日期的年份是%d，请核对", y)
	}
}

// validateKnown refuses answers to questions that are not on the questionnaire, or
// that stand in the wrong place for the type of their question.
func validateKnown(f *faults, q Questionnaire, r Response) {
	check := func(name string, fits func(*Question) bool) {
		question := q.find(name)
		switch {
		case question == nil:
			f.add(short(name), "问卷里没有“%s”这一题，请检查问卷版本", short(name))
		case !fits(question):
			f.add(name, "“%s”的答案类型不对，这一题是%s", question.Title(), typeName(question.Type))
		}
	}
	if fitting(q, &r) == len(r.Choices)+len(r.Numbers)+len(r.Texts) {
		return
	}
	for _, name := range sorted(r.Choices) {
		check(name, (*Question).Choice)
	}
	for _, name := range sorted(r.Numbers) {
		check(name, (*Question).Numeric)
	}
	for _, name := range sorted(r.Texts) {
		if base, other := strings.CutSuffix(name, ".other"); other {
			if question, known := q.Question(base); !known || !asksWords(question) {
				f.add(short(name), "这一题没有需要写文字的选项")
			}
			continue
		}
		check(name, (*Question).Written)
	}
}

// fitting counts the answers that stand in the right place for their question.
func fitting(q Questionnaire, r *Response) (n int) {
	count := func(fits bool) {
		if fits {
			n++
		}
	}
	for question := range q.each {
		_, chosen := r.Choices[question.Name]
		_, number := r.Numbers[question.Name]
		_, text := r.Texts[question.Name]
		count(chosen && question.Choice())
		count(number && question.Numeric())
		count(text && question.Written())
		if len(r.Texts) > 0 && question.other() != nil {
			_, words := r.Texts[OtherKey(question.Name)]
			count(words)
		}
	}
	return n
}

func asksWords(q Question) bool { _, asks := q.OtherOption(); return asks }

func validateAnswer(f *faults, question *Question, r *Response, shown bool) {
	held := r.answers(question) || len(r.Choices[question.Name]) > 0 || r.Texts[OtherKey(question.Name)] != ""
	if held && !shown {
		f.add(question.Name, "按前面的回答，“%s”应当跳过，却填了答案；请核对前面的题，或清空这一题", question.Title())
		return
	}
	switch {
	case question.Choice():
		validateChoice(f, question, r)
	case question.Numeric():
		if v, ok := r.Numbers[question.Name]; ok {
			validateNumber(f, question, v)
		}
	case question.Type == Date:
		if text := r.Texts[question.Name]; text != "" {
			validateDate(f, question, text)
		}
	case question.Written():
		validateText(f, question.Name, question.Title(), r.Texts[question.Name], question.longest())
		if text := r.Texts[question.Name]; text != "" && question.Min != nil && utf8.RuneCountInString(text) < int(*question.Min) {
			f.add(question.Name, "“%s”至少写%d个字", question.Title(), int(*question.Min))
		}
	}
}

// longest is how many characters a text may have.
func (q Question) longest() int {
	if q.Max != nil {
		return min(int(*q.Max), MaxText)
	}
	return MaxText
}

func validateChoice(f *faults, question *Question, r *Response) {
	codes := r.Choices[question.Name]
	for i, code := range codes {
		switch o := question.option(code); {
		case o == nil:
			f.add(question.Name, "“%s”不是“%s”的选项，可选：%s", short(code), question.Title(), Allowed(*question))
		case slices.Contains(codes[:i], code):
			f.add(question.Name, "选项“%s”选了两次", o.Label)
		case o.Exclusive && len(codes) > 1:
			f.add(question.Name, "选了“%s”就不能再选其他选项，请核对", o.Label)
		}
	}
	if question.One() && len(codes) > 1 {
		f.add(question.Name, "“%s”只能选一项，现在选了%d项", question.Title(), len(codes))
	}
	if question.Type == Multiple && len(codes) > 0 && !question.alone(codes) {
		if question.Min != nil && len(codes) < int(*question.Min) {
			f.add(question.Name, "“%s”至少选%d项，现在选了%d项", question.Title(), int(*question.Min), len(codes))
		}
		if question.Max != nil && len(codes) > int(*question.Max) {
			f.add(question.Name, "“%s”最多选%d项，现在选了%d项", question.Title(), int(*question.Max), len(codes))
		}
	}
	words := r.Texts[OtherKey(question.Name)]
	if words == "" {
		return
	}
	if other := question.other(); other != nil && !slices.Contains(codes, other.Code) {
		f.add(OtherKey(question.Name), "写了“%s”的内容，却没有选“%s”，请选上或删去文字", other.Label, other.Label)
	}
	validateText(f, OtherKey(question.Name), question.Title()+"（其他）", words, maxOther)
}

// alone tells an exclusive option, for which no least number of options holds.
func (q Question) alone(codes []string) bool {
	o, _ := q.Option(codes[0])
	return len(codes) == 1 && o.Exclusive
}

func validateNumber(f *faults, question *Question, v float64) {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		f.add(question.Name, "“%s”不是数字", question.Title())
	case question.Min != nil && v < *question.Min:
		f.add(question.Name, "“%s”填了%s，不能小于%s", question.Title(), number(v), number(*question.Min))
	case question.Max != nil && v > *question.Max:
		f.add(question.Name, "“%s”填了%s，不能大于%s", question.Title(), number(v), number(*question.Max))
	case question.Whole && v != math.Trunc(v):
		f.add(question.Name, "“%s”要填整数，现在是%s", question.Title(), number(v))
	}
}

func validateDate(f *faults, question *Question, text string) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		f.add(question.Name, "“%s”不是日期，请写成 2014-09-05 的样子", short(text))
	} else if day.Year() < 1900 || day.Year() > 2100 {
		f.add(question.Name, "“%s”的年份是%d，请核对", question.Title(), day.Year())
	} else if question.Earliest != "" && text < question.Earliest {
		f.add(question.Name, "“%s”填了%s，不能早于%s", question.Title(), text, question.Earliest)
	} else if question.Latest != "" && text > question.Latest {
		f.add(question.Name, "“%s”填了%s，不能晚于%s", question.Title(), text, question.Latest)
	}
}

func validateText(f *faults, field, title, text string, limit int) {
	if n := utf8.RuneCountInString(text); n > limit {
		f.add(field, "“%s”有%d个字，最多%d个字，请缩短", title, n, limit)
	}
	if why := unshowable(text); why != "" {
		f.add(field, "“%s”的文字里%s，请删去后重新填写", title, why)
	}
}

// validateStratumAnswer: quotas and figures are by group, so a response without one
// could be counted nowhere; the distributor knows whom the sheet was handed to. Of who is
// still at the first pages of the public form nobody does.
func validateStratumAnswer(f *faults, q Questionnaire, r Response) {
	if q.Stratum == "" {
		return
	}
	question, _ := q.Question(q.Stratum)
	switch held := r.Choices[q.Stratum]; {
	case len(held) == 0 && r.Mode == Link && r.Disposition == Partial:
	case len(held) == 0:
		f.add(q.Stratum, "没有填“%s”，不知道这份问卷算在哪一组，请向发放人员核实后补上；可选：%s", question.Title(), Allowed(question))
	case len(held) == 1 && r.Stratum != held[0]:
		f.add("stratum", "分组“%s”与“%s”的回答“%s”不一致", r.Stratum, question.Title(), question.OptionLabel(held[0]))
	}
}

func validateOpen(f *faults, q Questionnaire, r *Response, shown asked) {
	for _, name := range unanswered(q, r, shown) {
		if name == q.Stratum {
			continue // told already
		}
		if base, other := strings.CutSuffix(name, ".other"); other {
			question, _ := q.Question(base)
			f.add(name, "“%s”选了“其他”，请写明是什么；纸上没有写的，请按“部分完成”保存", question.Title())
			continue
		}
		question, _ := q.Question(name)
		f.add(name, "“%s”是必答题，没有作答；纸上没有作答的，请按“部分完成”保存", question.Title())
	}
}

// Allowed lists up to six options for a sentence that refuses an answer.
func Allowed(question Question) string {
	const most = 6
	var labels []string
	for _, o := range question.Options[:min(most, len(question.Options))] {
		labels = append(labels, o.Label)
	}
	list := strings.Join(labels, "、")
	if n := len(question.Options); n > most {
		list += fmt.Sprintf(" 等%d项", n)
	}
	return list
}

// short keeps a sentence readable whatever was sent.
func short(text string) string {
	text = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || direction(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(text, "?"))
	if runes := []rune(text); len(runes) > 30 {
		return string(runes[:30]) + "…"
	}
	return text
}

func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
