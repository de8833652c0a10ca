package ingest

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"shuixuan/app/survey"
	"shuixuan/ingest/sheet"
)

// columnKind is what a column of a sheet of answers holds.
type columnKind int

const (
	unknownColumn columnKind = iota
	answerColumn             // a question: its whole answer
	spreadColumn             // one option of a multiple choice: chosen or not
	wordsColumn              // the words beside an "other" option
	numberColumn             // of the paper sheet
	counterColumn            // a counter of rows, which names no sheet
	dateColumn
	distributorColumn
	unitColumn
	personalColumn // would tell who the respondent is
	ignoredColumn  // a person decided to leave it out
)

// responseColumn is one column as it was understood.
type responseColumn struct {
	index    int
	heading  string // as the person sees it
	kind     columnKind
	question int    // position in the questionnaire
	code     string // of the option, for a spread column
	rank     int    // of several date columns, the lowest is taken
}

// NotStored is a column that was left out, and why.
type NotStored struct {
	Heading string
	Why     string
}

// headingReader finds what a column heading means for one questionnaire.
type headingReader struct {
	q       survey.Questionnaire
	exact   map[string]int // folded heading → question
	loose   map[string]int // without punctuation; -1 where two questions fit
	options []*optionReader
	mapping Mapping // what a person decided, empty without
}

func newHeadingReader(q survey.Questionnaire) *headingReader {
	q = q.Flat()
	h := &headingReader{q: q, exact: map[string]int{}, loose: map[string]int{}, options: make([]*optionReader, len(q.Questions))}
	for i, question := range q.Questions {
		if question.Type == survey.Note {
			continue
		}
		h.options[i] = newOptionReader(question)
		for _, text := range headingsOf(question) {
			for _, variant := range headingVariants(text) {
				if key := fold(variant); key != "" {
					put(h.exact, key, i)
				}
				if key := bare(variant); key != "" {
					put(h.loose, key, i)
				}
			}
		}
	}
	return h
}

// put notes what a key means; a key that means two things means nothing.
func put(index map[string]int, key string, i int) {
	if first, taken := index[key]; taken && first != i {
		i = -1
	}
	index[key] = i
}

func headingsOf(q survey.Question) []string {
	return append([]string{q.Name, q.Label, q.Short}, q.Aliases...)
}

// fold makes one spelling of a text for comparing: half-width, lower case, no blanks.
func fold(s string) string {
	return strings.ToLower(strings.ReplaceAll(sheet.Normalize(s), " ", ""))
}

// bare is fold without punctuation: what remains when quotes, question marks and
// dashes are typed another way.
func bare(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsNumber(c) {
			return c
		}
		return -1
	}, fold(s))
}

// What stands around a question's own words in a heading.
var (
	typeMark  = regexp.MustCompile(`^\s*[\[(【〔<][^\[\]()【】〔〕<>]*(?:单选|多选|必填|必答|选填|选答|填空|不定项|多项|单项)[^\[\]()【】〔〕<>]*[\])】〕>]|[\[(【〔<][^\[\]()【】〔〕<>]*(?:单选|多选|必填|必答|选填|选答|填空|不定项|多项|单项|限选|最多)[^\[\]()【】〔〕<>]*[\])】〕>]\s*[*:]?\s*$|^\*|\*$`)
	numbering = regexp.MustCompile(`^\s*(?:第\s*[0-9一二三四五六七八九十]+\s*题\s*[.、:,)]?|[qQ]\s*[0-9]{1,3}\s*[.、:,)_-]?|\(\s*[0-9一二三四五六七八九十]{1,3}\s*\)\s*[.、:,]?|[0-9]{1,3}(?:[-.][0-9]{1,3})?\s*[.、:,)]?|[一二三四五六七八九十]{1,3}\s*[.、:,)])\s*`)
)

// headingVariants are the readings of a heading: as it is, without its type mark
// 【多选题】, without its number 3. or Q3, and without both.
func headingVariants(text string) []string {
	text = sheet.Normalize(text)
	variants := []string{text}
	add := func(v string) {
		if v = strings.TrimSpace(v); v != "" && !slices.Contains(variants, v) {
			variants = append(variants, v)
		}
	}
	plain := text
	for range 3 {
		plain = strings.TrimSpace(typeMark.ReplaceAllString(plain, ""))
	}
	add(plain)
	add(numbering.ReplaceAllString(text, ""))
	add(numbering.ReplaceAllString(plain, ""))
	return variants
}

// questionOf gives the question that a heading means.
func (h *headingReader) questionOf(text string) (int, bool) {
	variants := headingVariants(text)
	for _, v := range variants {
		if i, ok := h.exact[fold(v)]; ok && i >= 0 {
			return i, true
		}
	}
	for _, v := range variants {
		if i, ok := h.loose[bare(v)]; ok && i >= 0 {
			return i, true
		}
	}
	return 0, false
}

// column says what a heading means.
func (h *headingReader) column(text string) responseColumn {
	if utf8.RuneCountInString(text) > 2*300 {
		return responseColumn{} // a title or a note, and long texts are dear to take apart
	}
	if i, ok := h.questionOf(text); ok {
		return responseColumn{kind: answerColumn, question: i}
	}
	if c, ok := h.partOf(text); ok {
		return c
	}
	if c, ok := h.wordsOf(text); ok {
		return c
	}
	return ownColumn(text)
}

// partMarks stand between a question and one of its options: 题干/选项, 题干:选项,
// 题干_选项, 题干（选项）.
const partMarks = "/:_-—–.([【〖|·~>、;,"

// partOf reads a heading as a question and one of its options, or as a question and
// the words beside its other option. An option is looked for first: 其他人 may be one.
func (h *headingReader) partOf(text string) (responseColumn, bool) {
	var words responseColumn
	for _, variant := range headingVariants(text) {
		for at, mark := range variant {
			if !strings.ContainsRune(partMarks, mark) {
				continue
			}
			i, ok := h.questionOf(variant[:at])
			if !ok || !h.q.Questions[i].Choice() {
				continue
			}
			right := strings.Trim(variant[at+utf8.RuneLen(mark):], " )]】〗:")
			code, isOption := h.options[i].one(right)
			if isOption && h.q.Questions[i].Type == survey.Multiple {
				return responseColumn{kind: spreadColumn, question: i, code: code}, true
			}
			if h.options[i].asks() && (isOption && code == h.options[i].other || !isOption && wordsMark.MatchString(right)) {
				words = responseColumn{kind: wordsColumn, question: i}
			}
		}
	}
	return words, words.kind == wordsColumn
}

// wordsMark is how a column for the words beside 其他 is headed; wordsAlone is one
// that doesn't even say for which question.
var (
	wordsMark  = regexp.MustCompile(`^(?:其[他它]|other)$|(?:注明|说明|写明|补充|文字|填空|内容|text)$`)
	wordsAlone = regexp.MustCompile(`^其[他它](?:内容|文字|[(:,]?请?(?:注明|说明|写明|填写|补充).*)$`)
)

// wordsOf reads headings such as 您的身份其他 or identity.other, which have no mark
// between question and word. The longest question that fits is meant.
func (h *headingReader) wordsOf(text string) (responseColumn, bool) {
	found, longest := -1, 0
	for _, variant := range headingVariants(text) {
		key := bare(variant)
		for i, question := range h.q.Questions {
			if h.options[i] == nil || !h.options[i].asks() {
				continue
			}
			for _, heading := range headingsOf(question) {
				form := bare(heading)
				if rest, ok := strings.CutPrefix(key, form); ok && form != "" && rest != "" && len(form) > longest && wordsMark.MatchString(rest) {
					found, longest = i, len(form)
				}
			}
		}
	}
	if found < 0 {
		return responseColumn{}, false
	}
	return responseColumn{kind: wordsColumn, question: found}, true
}

// ownHeadings are the columns that every sheet of answers may have. 编号 names the
// paper sheet; 序号 only counts rows.
var ownHeadings = []struct {
	kind  columnKind
	words []string
}{
	{numberColumn, []string{"编号", "问卷编号", "问卷号", "问卷编码", "答卷编号", "表号", "纸质编号", "number"}},
	{counterColumn, []string{"序号", "序", "行号", "答卷序号", "答题序号", "问卷序号", "no", "id", "答卷id", "答题id"}},
	{dateColumn, []string{"填写日期", "填表日期", "答题日期", "作答日期", "调查日期", "访问日期", "填写时间", "填表时间", "调查时间", "answeredon", "日期", "提交答卷时间", "提交日期", "提交时间", "答题时间", "完成时间", "结束时间", "开始时间"}},
	{distributorColumn, []string{"发放员", "发放人", "发放人员", "发放员姓名", "发放人姓名", "问卷发放员", "问卷发放人", "调查员", "调查员姓名", "访问员", "访员", "distributor"}},
	{unitColumn, []string{"发放单位", "责任单位", "调查单位", "发放责任单位", "单位", "unit"}},
}

// personal finds headings under which a respondent would be named.
var personal = regexp.MustCompile(`姓名|名字|称呼|昵称|电话|手机|联系方式|身份证|证件|微信|qq|邮箱|e-?mail|住址|家庭地址|门牌|学号|工号|班级|签名|签字|^ip|ip地址|openid|头像|车牌|经度|纬度|定位`)

func ownColumn(text string) responseColumn {
	for _, v := range headingVariants(text) {
		key := bare(v)
		for _, own := range ownHeadings {
			if i := slices.Index(own.words, key); i >= 0 {
				return responseColumn{kind: own.kind, rank: i}
			}
		}
	}
	if personal.MatchString(fold(text)) {
		return responseColumn{kind: personalColumn}
	}
	return responseColumn{}
}

// field names a column for the search of the heading row, so that two columns of one
// meaning count once.
func (c responseColumn) field(q survey.Questionnaire) (string, bool) {
	switch c.kind {
	case unknownColumn, personalColumn, ignoredColumn:
		return "", false
	case answerColumn, wordsColumn, spreadColumn:
		return q.Questions[c.question].Name + "/" + c.code + "/" + string(rune('0'+c.kind)), true
	}
	return "/" + string(rune('0'+c.kind)), true
}

// asked tells whether the column holds something of an answer.
func (c responseColumn) asked() bool {
	return c.kind == answerColumn || c.kind == spreadColumn || c.kind == wordsColumn
}
