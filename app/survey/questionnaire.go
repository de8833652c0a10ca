package survey

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"shuixuan/app/org"
	"shuixuan/app/problem"
)

// Limits of a questionnaire that a person can still answer and a page can show.
const (
	maxQuestions = 500
	maxOptions   = 200
	maxLabel     = 300
	maxDepth     = 8 // of nested conditions
)

// names are the words of programs: they stand in addresses and in column headings,
// so they are kept to letters that need no escaping anywhere.
var (
	idForm       = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,59}$`)
	nameForm     = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	codeForm     = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)
	personalForm = regexp.MustCompile(`^(您的|你的|受访者|联系人)?(真实)?(姓名|名字|电话|电话号码|联系电话|联系方式|手机|手机号|手机号码|身份证|身份证号|身份证号码|微信|微信号|qq|qq号|邮箱|学号|班级|家庭住址|家庭地址|住址|门牌号)(是什么|是多少|是)?[?]?$`)
)

// Question gives the question of this name; of a row of a matrix that row as a question.
func (q Questionnaire) Question(name string) (Question, bool) {
	for _, question := range q.Questions {
		if question.Name == name {
			return question.item(), true
		}
		for _, row := range question.Rows {
			if row.Name == name && question.Type == Matrix {
				return question.row(row), true
			}
		}
	}
	return Question{}, false
}

// Items are the questions as they are answered, in order: a matrix is the questions of its
// rows. Notes are among them.
func (q Questionnaire) Items() []Question {
	items := make([]Question, 0, len(q.Questions))
	for _, question := range q.Questions {
		if question.Type != Matrix {
			items = append(items, question.item())
			continue
		}
		for _, row := range question.Rows {
			items = append(items, question.row(row))
		}
	}
	return items
}

// each goes through the items without copying them: an answer is checked against all of them.
func (q Questionnaire) each(yield func(*Question) bool) {
	for i := range q.Questions {
		question := &q.Questions[i]
		if question.Type == Matrix {
			for _, row := range question.Rows {
				if one := question.row(row); !yield(&one) {
					return
				}
			}
			continue
		}
		if !yield(question.whole()) {
			return
		}
	}
}

// find is Question without copying it; nil where there is none.
func (q Questionnaire) find(name string) *Question {
	for i := range q.Questions {
		question := &q.Questions[i]
		if question.Name == name {
			return question.whole()
		}
		if question.Type != Matrix {
			continue
		}
		for _, row := range question.Rows {
			if row.Name == name {
				one := question.row(row)
				return &one
			}
		}
	}
	return nil
}

// whole is item, which is mostly the question itself.
func (q *Question) whole() *Question {
	if q.Type != Consent && q.Type != Rating {
		return q
	}
	one := q.item()
	return &one
}

// Flat is the questionnaire with its items as its questions, for whoever reads answers and
// draws no matrix.
func (q Questionnaire) Flat() Questionnaire {
	q.Questions = q.Items()
	return q
}

// Codes of a consent, whose options are the same everywhere.
const (
	ConsentYes = "yes"
	ConsentNo  = "no"
)

// item is the question with what its type says by itself.
func (q Question) item() Question {
	if q.Type == Consent && len(q.Options) == 0 {
		q.Options = []Option{{Code: ConsentYes, Label: "同意"}, {Code: ConsentNo, Label: "不同意"}}
	}
	if q.Type == Rating {
		ends := [2]float64{0, 10}
		if q.Min == nil {
			q.Min = &ends[0]
		}
		if q.Max == nil {
			q.Max = &ends[1]
		}
		q.Whole = true
	}
	return q
}

// row is one row of a matrix as a question of its own.
func (q Question) row(r Row) Question {
	one := q
	one.Name, one.Type, one.Label, one.Short, one.Aliases = r.Name, Scale, q.Label+"："+r.Label, r.Short, r.Aliases
	one.Rows, one.Of = nil, q.Name
	if one.Short == "" {
		one.Short = r.Label
	}
	return one
}

// names are those under which the answers of the question are kept.
func (q Question) names() []string {
	if q.Type != Matrix {
		return []string{q.Name}
	}
	names := make([]string, len(q.Rows))
	for i, row := range q.Rows {
		names[i] = row.Name
	}
	return names
}

// Option gives the option with this code.
func (q Question) Option(code string) (Option, bool) {
	for _, o := range q.Options {
		if o.Code == code {
			return o, true
		}
	}
	return Option{}, false
}

// option is Option without copying it; nil where there is none.
func (q *Question) option(code string) *Option {
	for i := range q.Options {
		if q.Options[i].Code == code {
			return &q.Options[i]
		}
	}
	return nil
}

// other is OtherOption without copying it; nil where there is none.
func (q *Question) other() *Option {
	for i := range q.Options {
		if q.Options[i].Other {
			return &q.Options[i]
		}
	}
	return nil
}

// OptionLabel gives the label of a code, or the code itself where it is unknown.
func (q Question) OptionLabel(code string) string {
	if o, ok := q.Option(code); ok {
		return o.Label
	}
	return code
}

// Title is the short label where there is one.
func (q Question) Title() string {
	if q.Short != "" {
		return q.Short
	}
	return q.Label
}

// Choice tells whether the question is answered by options.
func (q Question) Choice() bool { return q.One() || q.Type == Multiple }

// One tells whether the question is answered by one option.
func (q Question) One() bool { return q.Type == Single || q.Type == Scale || q.Type == Consent }

// Numeric tells whether the answer is a number.
func (q Question) Numeric() bool { return q.Type == Number || q.Type == Rating }

// Written tells whether the answer is kept as words; a date is.
func (q Question) Written() bool { return q.Type == Text || q.Type == LongText || q.Type == Date }

// Read are the options that are shown or read out.
func (q Question) Read() []Option {
	return slices.DeleteFunc(slices.Clone(q.Options), func(o Option) bool { return o.Unread })
}

// OtherOption gives the option that asks for words, if there is one.
func (q Question) OtherOption() (Option, bool) {
	for _, o := range q.Options {
		if o.Other {
			return o, true
		}
	}
	return Option{}, false
}

// OtherKey is where the words beside an "other" option stand in Response.Texts.
func OtherKey(question string) string { return question + ".other" }

// faults gathers what is wrong; each entry names its question or indicator.
type faults struct{ list []problem.Fault }

func (f *faults) add(field, format string, args ...any) {
	f.list = append(f.list, problem.Fault{Field: field, Why: fmt.Sprintf(format, args...)})
}

// Validate checks a questionnaire and tells every fault at once; the field of a
// fault is the name of the question or indicator.
func (q Questionnaire) Validate() error {
	f := &faults{}
	q.validateHead(f)
	position := map[string]int{}
	for i, question := range q.Questions {
		name := question.Name
		if first, doubled := position[name]; doubled && name != "" {
			f.add(name, "第%d题和第%d题的代码都是“%s”，每题的代码不能重复", first+1, i+1, name)
			continue
		}
		position[name] = i
		question.validate(f, i)
		for _, row := range question.Rows {
			if first, doubled := position[row.Name]; doubled && row.Name != "" {
				f.add(name, "第%d题的行“%s”的代码“%s”在第%d题用过了，代码不能重复", i+1, row.Label, row.Name, first+1)
				continue
			}
			position[row.Name] = i
		}
	}
	q.validateHeadings(f)
	for i, question := range q.Questions {
		for _, c := range []struct {
			words string
			held  *Condition
		}{{"显示条件", question.ShowIf}, {"跳过条件", question.SkipIf}} {
			if c.held != nil {
				(&conditionCheck{q: q, f: f, words: c.words, field: question.Name, at: i, position: position}).check(*c.held, 1)
			}
		}
	}
	q.validatePiping(f, position)
	q.validateStratum(f)
	q.validateIndicators(f)
	q.validateContradictions(f, position)
	if len(f.list) > 0 {
		return problem.Invalid("问卷有误，没有保存", fmt.Sprintf("共%d处，请按提示改正后再保存。", len(f.list)), f.list...)
	}
	return nil
}

func (q Questionnaire) validateHead(f *faults) {
	if !idForm.MatchString(string(q.ID)) {
		f.add("id", "问卷代码“%s”只能用小写字母、数字和短横线，例如 citizen-2014", q.ID)
	}
	switch {
	case strings.TrimSpace(q.Title) == "":
		f.add("title", "缺少问卷标题")
	case utf8.RuneCountInString(q.Title) > maxLabel:
		f.add("title", "问卷标题超过%d个字，请缩短", maxLabel)
	}
	checkWords(f, "title", q.Title)
	checkWords(f, "intro", q.Intro)
	checkWords(f, "source", q.Source)
	if len(q.Questions) == 0 {
		f.add("questions", "问卷里没有题目")
	}
	if len(q.Questions) > maxQuestions {
		f.add("questions", "题目有%d道，最多%d道", len(q.Questions), maxQuestions)
	}
}

// checkWords refuses what can't be shown.
func checkWords(f *faults, field, text string) {
	if why := unshowable(text); why != "" {
		f.add(field, "文字里%s，请删去", why)
	}
}

func (q Question) validate(f *faults, i int) {
	field := q.Name
	if !nameForm.MatchString(q.Name) {
		if field == "" {
			field = fmt.Sprintf("questions[%d]", i+1)
		}
		f.add(field, "第%d题的代码“%s”只能用小写字母、数字和下划线，并以字母开头，例如 age", i+1, q.Name)
	}
	if q.Name == "stratum" {
		f.add(field, "题目代码不能叫 stratum，这个词留给分组")
	}
	if strings.TrimSpace(q.Label) == "" {
		f.add(field, "第%d题缺少题目文字", i+1)
	}
	if utf8.RuneCountInString(q.Label) > maxLabel {
		f.add(field, "题目超过%d个字，请缩短，或把说明写进提示（hint）", maxLabel)
	}
	for _, text := range append([]string{q.Label, q.Short, q.Hint, q.Dimension}, q.Aliases...) {
		checkWords(f, field, text)
	}
	switch _, known := TypeNames[q.Type]; {
	case !known:
		f.add(field, "题型“%s”不认识，可用的有：%s", q.Type, typeList())
	case q.Type == Single || q.Type == Multiple || q.Type == Scale || q.Type == Matrix:
		q.validateOptions(f, field)
	case len(q.Options) > 0:
		f.add(field, "%s不用写选项，请删去选项或改题型", TypeNames[q.Type])
	}
	q.validateRows(f, field)
	q.validateRight(f, field)
	if q.Type == Note && q.Required {
		f.add(field, "说明（note）不需要回答，不能设为必答")
	}
	if q.Shuffle && !(q.Type == Single || q.Type == Multiple) {
		f.add(field, "只有单选题和多选题可以打乱选项顺序")
	}
	if (q.Written() || q.Type == Number) && q.Type != Date && personalForm.MatchString(org.Fold(q.Label)) {
		f.add(field, "问卷不记名，不能询问“%s”，请删去这一题", q.Label)
	}
	q.validateLimits(f, field)
}

// bounded are the types whose answers have bounds, with what is bounded.
var bounded = map[QuestionType]string{Number: "数值", Rating: "分数", Multiple: "选择的项数", Text: "字数", LongText: "字数"}

func (q Question) validateLimits(f *faults, field string) {
	what, may := bounded[q.Type]
	if !may && (q.Min != nil || q.Max != nil) {
		f.add(field, "%s不能设最小值和最大值", typeName(q.Type))
	}
	for _, limit := range []*float64{q.Min, q.Max} {
		switch {
		case limit == nil || !may:
		case math.IsNaN(*limit) || math.IsInf(*limit, 0):
			f.add(field, "最小值或最大值不是数字")
		case q.Type != Number && (*limit != math.Trunc(*limit) || *limit < 0):
			f.add(field, "%s的上下限只能是整数，现在是%s", what, number(*limit))
		}
	}
	full := q.item()
	if full.Min != nil && full.Max != nil && *full.Min > *full.Max {
		f.add(field, "最小值%s大于最大值%s", number(*full.Min), number(*full.Max))
	}
	if q.Type == Rating && full.Max != nil && full.Min != nil && *full.Max-*full.Min > 20 {
		f.add(field, "打分题从%s到%s，格子太多，最多21格；分得更细的请用数字题", number(*full.Min), number(*full.Max))
	}
	if q.Type == Multiple && q.Min != nil && int(*q.Min) > len(q.Options) {
		f.add(field, "至少要选%s项，可选项只有%d个", number(*q.Min), len(q.Options))
	}
	if q.Whole && q.Type != Number {
		f.add(field, "只有数字题可以限定为整数")
	}
	for _, day := range []string{q.Earliest, q.Latest} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			f.add(field, "日期“%s”读不出来，请写成 2014-09-05 的样子", short(day))
		} else if day != "" && q.Type != Date {
			f.add(field, "只有日期题可以设最早和最晚日期")
		}
	}
	if q.Earliest != "" && q.Latest != "" && q.Earliest > q.Latest {
		f.add(field, "最早日期%s晚于最晚日期%s", q.Earliest, q.Latest)
	}
}

// maxRows of a matrix still fit on a page of paper.
const maxRows = 50

func (q Question) validateRows(f *faults, field string) {
	if q.Type != Matrix {
		if len(q.Rows) > 0 {
			f.add(field, "只有矩阵题（matrix）可以有行")
		}
		return
	}
	if len(q.Rows) == 0 || len(q.Rows) > maxRows {
		f.add(field, "矩阵题要有1到%d行，现在有%d行", maxRows, len(q.Rows))
	}
	for i, row := range q.Rows {
		if !nameForm.MatchString(row.Name) || row.Name == "stratum" {
			f.add(field, "第%d行的代码“%s”只能用小写字母、数字和下划线，并以字母开头，例如 river", i+1, row.Name)
		}
		if strings.TrimSpace(row.Label) == "" {
			f.add(field, "第%d行缺少文字", i+1)
		}
		if utf8.RuneCountInString(row.Label) > maxLabel {
			f.add(field, "第%d行超过%d个字，请缩短", i+1, maxLabel)
		}
		for _, text := range append([]string{row.Label, row.Short}, row.Aliases...) {
			checkWords(f, field, text)
		}
	}
}

func (q Question) validateRight(f *faults, field string) {
	if len(q.Right) > 0 && !q.Choice() && q.Type != Matrix {
		f.add(field, "只有选择题可以有正确答案")
		return
	}
	for _, code := range q.Right {
		if _, ok := q.item().Option(code); !ok {
			f.add(field, "正确答案“%s”不是本题的选项代码", short(code))
		}
	}
	for _, o := range q.Options {
		if o.Value != nil && (math.IsNaN(*o.Value) || math.IsInf(*o.Value, 0)) {
			f.add(field, "选项“%s”的分值不是数字", o.Label)
		}
	}
}

func (q Question) validateOptions(f *faults, field string) {
	if len(q.Options) == 0 {
		f.add(field, "缺少选项")
	}
	if len(q.Options) > maxOptions {
		f.add(field, "选项有%d个，最多%d个", len(q.Options), maxOptions)
		return
	}
	codes, others := map[string]bool{}, 0
	for i, o := range q.Options {
		if !codeForm.MatchString(o.Code) {
			f.add(field, "第%d个选项的代码“%s”只能用字母、数字、下划线和短横线", i+1, o.Code)
		}
		if codes[o.Code] {
			f.add(field, "选项代码“%s”重复", o.Code)
		}
		codes[o.Code] = true
		if strings.TrimSpace(o.Label) == "" {
			f.add(field, "选项“%s”缺少文字", o.Code)
		}
		if utf8.RuneCountInString(o.Label) > maxLabel {
			f.add(field, "选项“%s”超过%d个字，请缩短", o.Code, maxLabel)
		}
		for _, text := range append([]string{o.Label}, o.Aliases...) {
			checkWords(f, field, text)
		}
		if o.Other && q.Type == Matrix {
			f.add(field, "矩阵题的选项不能要求写文字（other）")
		}
		if o.Exclusive && q.Type != Multiple {
			f.add(field, "选项“%s”设了“不能与其他选项同选”（exclusive），只有多选题可以这样设", o.Label)
		}
		if o.Other {
			others++
		}
		if o.Other && o.Exclusive {
			f.add(field, "选项“%s”不能既要求写文字（other）又不许与其他选项同选（exclusive）", o.Label)
		}
	}
	if others > 1 {
		f.add(field, "一道题只能有一个要求写文字的选项（other），现在有%d个", others)
	}
	q.validateReadings(f, field)
}

// validateReadings refuses options that a cell of a sheet could mean both of.
func (q Question) validateReadings(f *faults, field string) {
	readings := map[string]string{} // folded words → code
	for _, o := range q.Options {
		own := map[string]bool{}
		for _, text := range append([]string{o.Code, o.Label}, o.Aliases...) {
			folded := org.Fold(text)
			if folded == "" || own[folded] {
				continue
			}
			own[folded] = true
			if first, taken := readings[folded]; taken && first != o.Code {
				f.add(field, "“%s”既可以指选项“%s”也可以指选项“%s”，导入时无法分辨，请改其中一个的文字、代码或别名", text, q.OptionLabel(first), o.Label)
				continue
			}
			readings[folded] = o.Code
		}
	}
}

// validateHeadings refuses questions that a column heading could mean both of.
func (q Questionnaire) validateHeadings(f *faults) {
	readings := map[string]string{}
	for _, question := range q.Items() {
		if question.Type == Note {
			continue
		}
		own := map[string]bool{}
		for _, text := range append([]string{question.Name, question.Label, question.Short}, question.Aliases...) {
			folded := org.Fold(text)
			if folded == "" || own[folded] {
				continue
			}
			own[folded] = true
			if first, taken := readings[folded]; taken && first != question.Name {
				f.add(question.Name, "“%s”与题目“%s”重名，导入表格时分不清是哪一题，请改题目、简称或别名", text, first)
				continue
			}
			readings[folded] = question.Name
		}
	}
}

// conditionCheck goes through a condition of the question at a position.
type conditionCheck struct {
	q            Questionnaire
	f            *faults
	words, field string
	at           int
	position     map[string]int
}

func (k *conditionCheck) fault(format string, args ...any) {
	k.f.add(k.field, k.words+format, args...)
}

func (k *conditionCheck) check(c Condition, depth int) {
	if depth > maxDepth {
		k.fault("嵌套超过%d层，请简化", maxDepth)
		return
	}
	k.term(c)
	for _, part := range slices.Concat(c.All, c.Any) {
		if part.empty() {
			k.fault("里有一项是空的，请删去")
			continue
		}
		k.check(part, depth+1)
	}
}

func (k *conditionCheck) term(c Condition) {
	if c.Question == "" {
		if len(c.In) > 0 || len(c.NotIn) > 0 || c.Bounded() {
			k.fault("写了选项或数值，却没有写是哪一题（question）")
		}
		return
	}
	i, known := k.position[c.Question]
	switch {
	case !known:
		k.fault("引用的题目“%s”不存在", c.Question)
		return
	case i == k.at:
		k.fault("不能引用本题自己")
		return
	case i > k.at:
		k.fault("引用的题目“%s”排在本题之后，只能引用前面的题目", c.Question)
		return
	}
	target, _ := k.q.Question(c.Question)
	codes := slices.Concat(c.In, c.NotIn)
	switch {
	case target.Type == Matrix:
		k.fault("引用的“%s”是矩阵题，请引用其中的一行", c.Question)
	case target.Numeric() && len(codes) > 0:
		k.fault("引用的“%s”是数字，请写大于、小于或等于多少", c.Question)
	case target.Numeric() && !c.Bounded():
		k.fault("引用了题目“%s”，却没有写大于、小于或等于多少", c.Question)
	case target.Numeric():
	case !target.Choice():
		k.fault("引用的“%s”不是选择题，也不是数字", c.Question)
	case c.Bounded():
		k.fault("引用的“%s”是选择题，不能比较大小", c.Question)
	case len(codes) == 0:
		k.fault("引用了题目“%s”，却没有写选项（in 或 not_in）", c.Question)
	}
	if !target.Choice() {
		return
	}
	for _, code := range codes {
		if _, ok := target.Option(code); !ok {
			k.fault("里的选项代码“%s”不是题目“%s”的选项", code, c.Question)
		}
	}
}

// validateStratum asks for a question that every respondent is shown and must
// answer: a response without a stratum could be counted in no group.
func (q Questionnaire) validateStratum(f *faults) {
	if q.Stratum == "" {
		return
	}
	question, ok := q.Question(q.Stratum)
	switch {
	case !ok:
		f.add("stratum", "分组题“%s”不在题目里", q.Stratum)
		return
	case question.Type != Single:
		f.add(q.Stratum, "分组题必须是单选题")
	}
	if question.ShowIf != nil || question.SkipIf != nil || question.Adults {
		f.add(q.Stratum, "分组题必须人人都答，不能设显示条件、跳过条件或只问成人")
	}
	if !question.Required {
		f.add(q.Stratum, "分组题必须设为必答（required: true）")
	}
}

func number(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%.10g", v), ".0") }
