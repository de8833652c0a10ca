package ingest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"shuixuan/app/survey"
	"shuixuan/ingest/sheet"
)

// optionReader reads cells as options of one question.
type optionReader struct {
	question  survey.Question
	exact     map[string]string // folded label, code or alias → code
	loose     map[string]string // without punctuation; "" where two options fit
	positions bool              // 1, ① and A may stand for the first option
	marks     int               // separators in the label that has most of them
	other     string            // code of the option that asks for words
	forms     []string          // folded ways to write that option
	cache     map[string]choice
	mapped    map[string]string // folded words that a person gave a code
}

// choice is what a cell turned out to say.
type choice struct {
	codes []string
	words string
	bad   []string // parts that are no option
}

// separators stand between the options of one cell. ┋ is what a well-known survey
// service writes.
const separators = ";；、,，|｜/／\n\r┋"

var (
	position   = regexp.MustCompile(`^(?:选项)?\(?([0-9]{1,3}|[a-z])\)?(?:\.0)?[.、:,]?$`)
	leading    = regexp.MustCompile(`(?is)^\(?(?:[0-9]{1,3}|[a-z])[.、:)_](.+)$`)
	glued      = regexp.MustCompile(`^([0-9]{1,2}|[a-z])(.+)$`)
	letters    = regexp.MustCompile(`^[a-z]{2,26}$`)
	unanswered = []string{"(空)", "(跳过)", "(未答)", "空", "跳过", "未答", "未作答", "未填", "未填写", "缺失", "-", "--", "—", "——", "/", "\\", "n/a", "#n/a", "null", "nan"}
)

func newOptionReader(q survey.Question) *optionReader {
	o := &optionReader{question: q, exact: map[string]string{}, loose: map[string]string{}, positions: true, cache: map[string]choice{}}
	note := func(text, code string) {
		if key := fold(text); key != "" && o.exact[key] == "" {
			o.exact[key] = code
		}
		if key := looseOption(text); key != "" {
			if first, taken := o.loose[key]; taken && first != code {
				code = ""
			}
			o.loose[key] = code
		}
		o.marks = max(o.marks, len(spans(text))-1)
		if position.MatchString(fold(text)) {
			o.positions = false // a label or code that looks like a position would be read two ways
		}
	}
	for _, option := range q.Options {
		note(option.Label, option.Code)
	}
	for _, option := range q.Options {
		note(option.Code, option.Code)
		for _, alias := range option.Aliases {
			note(alias, option.Code)
		}
		if option.Other {
			o.other = option.Code
			o.forms = otherForms(option)
		}
	}
	return o
}

// otherForms are the ways to write an option that asks for words; 其他（请注明） is
// also written 其他.
func otherForms(o survey.Option) []string {
	forms := []string{"其他", "其它"}
	for _, text := range append([]string{o.Label, o.Code}, o.Aliases...) {
		text = fold(text)
		forms = append(forms, text)
		if at := strings.IndexAny(text, "(:_"); at > 0 {
			forms = append(forms, text[:at])
		}
	}
	return forms
}

// looseOption is bare with 18至30岁 and 18-30岁 made alike.
func looseOption(text string) string {
	return bare(strings.NewReplacer("至", "-", "到", "-").Replace(text))
}

// asks tells whether the question has an option that asks for words.
func (o *optionReader) asks() bool { return o.other != "" }

// one reads a text as one option: label, code and alias before position.
func (o *optionReader) one(text string) (string, bool) {
	if utf8.RuneCountInString(text) > 400 {
		return "", false
	}
	key := fold(text)
	if code, ok := o.mapped[key]; ok {
		return code, true
	}
	if code, ok := o.label(key); ok {
		return code, true
	}
	if m := leading.FindStringSubmatch(key); m != nil {
		if code, ok := o.label(m[1]); ok {
			return code, true
		}
	}
	if m := glued.FindStringSubmatch(key); m != nil {
		code, ok := o.label(m[2])
		if at, found := o.at(m[1]); ok && found && at == code {
			return code, true
		}
	}
	if m := position.FindStringSubmatch(key); m != nil && o.positions {
		return o.at(m[1])
	}
	if o.asks() && slices.Contains(o.forms, strings.TrimRight(key, "_:")) { // 其他____ with nothing on the line
		return o.other, true
	}
	return "", false
}

func (o *optionReader) label(key string) (string, bool) {
	if code := o.exact[key]; code != "" {
		return code, true
	}
	code := o.loose[looseOption(key)]
	return code, code != ""
}

// at gives the option at a position, written 1 or a for the first.
func (o *optionReader) at(mark string) (string, bool) {
	i, err := strconv.Atoi(mark)
	if err != nil {
		i = int(mark[0]-'a') + 1
	}
	if i < 1 || i > len(o.question.Options) {
		return "", false
	}
	return o.question.Options[i-1].Code, true
}

// withWords reads 其他：广播, 其他(广播) or 其他 广播 as the other option and its words.
func (o *optionReader) withWords(text string) (string, bool) {
	if !o.asks() {
		return "", false
	}
	trimmed := strings.TrimSpace(text)
	if m := leading.FindStringSubmatch(trimmed); m != nil {
		trimmed = m[1]
	}
	runes := 0
	for at, c := range trimmed {
		if runes++; runes > 60 {
			break
		}
		if !strings.ContainsRune(":：(（[【〖<《-—–_＿ \u3000\t,，", c) || !slices.Contains(o.forms, fold(trimmed[:at])) {
			continue
		}
		words := strings.TrimSpace(strings.Trim(trimmed[at:], ":：-—–_＿ \u3000\t\n,，"))
		for _, pair := range []string{"()", "（）", "[]", "【】", "〖〗", "<>", "《》"} {
			open, size := utf8.DecodeRuneInString(pair)
			if strings.HasPrefix(words, string(open)) {
				words = strings.TrimSuffix(words[size:], pair[size:])
			}
		}
		if words = strings.Trim(words, "_＿ \u3000"); words != "" && !strings.HasPrefix(fold(words), "请注明") {
			return words, true
		}
	}
	return "", false
}

// read reads a cell as the answer of its question. What is no option is in bad.
func (o *optionReader) read(text string) choice {
	if held, known := o.cache[text]; known {
		return held
	}
	c := o.readNew(text)
	if len(o.cache) < 10_000 && len(text) < 200 {
		o.cache[text] = c
	}
	return c
}

func (o *optionReader) readNew(text string) choice {
	if code, ok := o.one(text); ok {
		return choice{codes: []string{code}}
	}
	if slices.Contains(unanswered, fold(text)) {
		return choice{}
	}
	if o.question.One() {
		if words, ok := o.withWords(text); ok {
			return choice{codes: []string{o.other}, words: words}
		}
	}
	c := o.many(text)
	if o.question.One() && len(c.bad) > 0 {
		return choice{bad: []string{text}}
	}
	return c
}

// span is a part of a cell between two separators.
type span struct{ from, to int }

func spans(text string) []span {
	var list []span
	from := 0
	for at, c := range text {
		if strings.ContainsRune(separators, c) {
			list = append(list, span{from, at})
			from = at + utf8.RuneLen(c)
		}
	}
	return append(list, span{from, len(text)})
}

// mostParts is the most parts of a cell that are taken apart; a longer one is no
// list of options.
const mostParts = 400

// many takes a cell apart. A label may hold a separator itself, so the longest run of
// parts that is an option is taken first.
func (o *optionReader) many(text string) choice {
	parts := spans(text)
	if len(parts) > mostParts {
		return choice{bad: []string{text}}
	}
	var c choice
	for i := 0; i < len(parts); {
		if strings.TrimSpace(text[parts[i].from:parts[i].to]) == "" {
			i++
			continue
		}
		i = o.take(&c, text, parts, i)
	}
	return c
}

// take reads the parts from i on and answers where to go on.
func (o *optionReader) take(c *choice, text string, parts []span, i int) int {
	for j := min(len(parts), i+o.marks+1); j > i; j-- {
		joined := text[parts[i].from:parts[j-1].to]
		if code, ok := o.one(joined); ok && (j == i+1 || !position.MatchString(fold(joined))) {
			c.codes = append(c.codes, code)
			return j
		}
	}
	part := text[parts[i].from:parts[i].to]
	if _, ok := o.withWords(part); ok {
		j := i + 1
		for j < len(parts) && !o.isLabel(text[parts[j].from:parts[j].to]) {
			j++
		}
		words, _ := o.withWords(text[parts[i].from:parts[j-1].to])
		c.codes, c.words = append(c.codes, o.other), words
		return j
	}
	if codes, ok := o.unspaced(part); ok {
		c.codes = append(c.codes, codes...)
		return i + 1
	}
	c.bad = append(c.bad, strings.TrimSpace(part))
	return i + 1
}

func (o *optionReader) isLabel(text string) bool {
	_, ok := o.label(fold(text))
	return ok
}

// unspaced reads options with blanks between them (水质 堤防), and letters in a row
// (ACD), which is how paper sheets are typed.
func (o *optionReader) unspaced(part string) ([]string, bool) {
	words := strings.FieldsFunc(part, unicode.IsSpace)
	if len(words) == 1 {
		key := fold(part)
		if !o.positions || !letters.MatchString(key) || o.question.Type != survey.Multiple {
			return nil, false
		}
		words = strings.Split(key, "")
	}
	var codes []string
	for _, w := range words {
		code, ok := o.one(w)
		if !ok || len(words) > mostParts {
			return nil, false
		}
		codes = append(codes, code)
	}
	return codes, len(codes) > 0
}

// why says what is wrong with a cell that was read, or nothing.
func (o *optionReader) why(c choice) string {
	switch {
	case len(c.bad) > 0:
		var found []string
		for _, bad := range c.bad[:min(3, len(c.bad))] {
			found = append(found, "“"+brief(bad)+"”")
		}
		return fmt.Sprintf("%s不在选项里，可填：%s；请改成其中的文字或代码", strings.Join(found, "、"), survey.Allowed(o.question))
	case o.question.One() && len(c.codes) > 1:
		return fmt.Sprintf("这是单选题，却填了%d项，请只留一项；可填：%s", len(c.codes), survey.Allowed(o.question))
	}
	return ""
}

// mark is what a cell of a spread column says about its option.
type mark int

const (
	noMark mark = iota
	notChosen
	chosen
	unclear
)

var (
	yesMarks = []string{"1", "1.0", "√", "✓", "✔", "☑", "✅", "●", "■", "是", "有", "选", "选中", "已选", "已选中", "y", "yes", "true", "t", "on"}
	noMarks  = []string{"0", "0.0", "否", "无", "没有", "未选", "未选中", "不选", "n", "no", "false", "f", "×", "✗", "✘", "☐", "□", "○", "off"}
)

// readMark reads a cell of a spread column. X alone is told as unclear: it crosses an
// option out on one form and chooses it on another.
func readMark(text string, option survey.Option) mark {
	key := fold(text)
	switch {
	case key == "":
		return noMark
	case slices.Contains(yesMarks, key), key == fold(option.Label), key == fold(option.Code):
		return chosen
	case slices.ContainsFunc(option.Aliases, func(a string) bool { return fold(a) == key }):
		return chosen
	case slices.Contains(noMarks, key):
		return notChosen
	case slices.Contains(unanswered, key):
		return noMark
	}
	return unclear
}

// readNumber reads the answer of a number question; a measure word behind it (35岁)
// is left away.
func readNumber(text string) (float64, string) {
	plain := strings.ReplaceAll(sheet.Normalize(text), ",", "")
	if v, err := strconv.ParseFloat(plain, 64); err == nil && !strings.ContainsAny(plain, "xXpPnN_") {
		return v, ""
	}
	q, err := sheet.ParseQuantity(text)
	if err == nil {
		return q.Value, ""
	}
	return 0, "“" + brief(text) + "”不是数字，请只填一个数字，例如 35"
}

// readDay reads a date, and says in words why it can't.
func readDay(cell sheet.Cell, o sheet.DateOptions) (time.Time, string) {
	day, err := sheet.ParseDate(cell, o)
	if err == nil {
		return day, ""
	}
	if why, ok := err.(interface{ Why() string }); ok {
		return day, why.Why()
	}
	return day, "“" + brief(cell.Text) + "”不是日期，请写成 2014-09-05 的样子"
}

// brief keeps a quoted cell from filling the page.
func brief(text string) string {
	text = sheet.Normalize(text)
	if runes := []rune(text); len(runes) > 30 {
		return string(runes[:30]) + "…"
	}
	return text
}
