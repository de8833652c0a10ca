package survey

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
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

// Question gives the question of this name.
func (q Questionnaire) Question(name string) (Question, bool) {
	for _, question := range q.Questions {
		if question.Name == name {
			return question, true
		}
	}
	return Question{}, false
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
func (q Question) Choice() bool { return q.Type == Single || q.Type == Multiple }

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
	}
	q.validateHeadings(f)
	for i, question := range q.Questions {
		if question.ShowIf != nil {
			q.validateCondition(f, *question.ShowIf, question.Name, i, position, 1)
		}
	}
	q.validateStratum(f)
	q.validateIndicators(f)
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
	switch q.Type {
	case Single, Multiple:
		q.validateOptions(f, field)
	case Number, Date, Text, Note:
		if len(q.Options) > 0 {
			f.add(field, "只有单选题（single）和多选题（multiple）可以有选项，请删去选项或改题型")
		}
	default:
		f.add(field, "题型“%s”不认识，可用的有：single（单选）、multiple（多选）、number（数字）、date（日期）、text（文字）、note（说明）", q.Type)
	}
	if q.Type == Note && q.Required {
		f.add(field, "说明（note）不需要回答，不能设为必答")
	}
	if (q.Type == Text || q.Type == Number) && personalForm.MatchString(org.Fold(q.Label)) {
		f.add(field, "问卷不记名，不能询问“%s”，请删去这一题", q.Label)
	}
	q.validateLimits(f, field)
}

func (q Question) validateLimits(f *faults, field string) {
	if q.Type != Number && (q.Min != nil || q.Max != nil) {
		f.add(field, "只有数字题（number）可以设最小值和最大值")
	}
	for _, limit := range []*float64{q.Min, q.Max} {
		if limit != nil && (math.IsNaN(*limit) || math.IsInf(*limit, 0)) {
			f.add(field, "最小值或最大值不是数字")
		}
	}
	if q.Min != nil && q.Max != nil && *q.Min > *q.Max {
		f.add(field, "最小值%s大于最大值%s", number(*q.Min), number(*q.Max))
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
	for _, question := range q.Questions {
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

func (q Questionnaire) validateCondition(f *faults, c Condition, field string, at int, position map[string]int, depth int) {
	if depth > maxDepth {
		f.add(field, "显示条件嵌套超过%d层，请简化", maxDepth)
		return
	}
	q.validateTerm(f, c, field, at, position)
	for _, part := range slices.Concat(c.All, c.Any) {
		if part.empty() {
			f.add(field, "显示条件里有一项是空的，请删去")
			continue
		}
		q.validateCondition(f, part, field, at, position, depth+1)
	}
}

func (q Questionnaire) validateTerm(f *faults, c Condition, field string, at int, position map[string]int) {
	if c.Question == "" {
		if len(c.In) > 0 || len(c.NotIn) > 0 {
			f.add(field, "显示条件写了选项，却没有写是哪一题（question）")
		}
		return
	}
	i, known := position[c.Question]
	switch {
	case !known:
		f.add(field, "显示条件引用的题目“%s”不存在", c.Question)
		return
	case i == at:
		f.add(field, "显示条件不能引用本题自己")
		return
	case i > at:
		f.add(field, "显示条件引用的题目“%s”排在本题之后，只能引用前面的题目", c.Question)
		return
	}
	target := q.Questions[i]
	if !target.Choice() {
		f.add(field, "显示条件引用的“%s”不是选择题", c.Question)
		return
	}
	if len(c.In) == 0 && len(c.NotIn) == 0 {
		f.add(field, "显示条件引用了题目“%s”，却没有写选项（in 或 not_in）", c.Question)
	}
	for _, code := range slices.Concat(c.In, c.NotIn) {
		if _, ok := target.Option(code); !ok {
			f.add(field, "显示条件里的选项代码“%s”不是题目“%s”的选项", code, c.Question)
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
	if question.ShowIf != nil {
		f.add(q.Stratum, "分组题必须人人都答，不能设显示条件")
	}
	if !question.Required {
		f.add(q.Stratum, "分组题必须设为必答（required: true）")
	}
}

func number(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%.10g", v), ".0") }
