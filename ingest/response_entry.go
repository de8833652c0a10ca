package ingest

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"shuixuan/app/survey"
	"shuixuan/ingest/sheet"
)

// entry is one row on its way to a response. All faults are gathered before anything
// is said, so that the sender mends a row once.
type entry struct {
	reader   *responseReader
	row      sheet.Row
	response survey.Response
	counter  string
	faults   []Rejection
	bad      map[string]bool // questions whose cell could not be read
}

func (e *entry) fault(field, format string, args ...any) {
	e.faults = append(e.faults, Rejection{Row: e.row.Number, Field: field, Why: fmt.Sprintf(format, args...)})
}

func (e *entry) read(c responseColumn) {
	cell := e.row.Cell(c.index)
	if cell.Formula != "" {
		e.fault(c.heading, "单元格是公式，文件里没有存下结果，请改成文字或数字")
		if c.asked() {
			e.bad[e.question(c).Name] = true
		}
		return
	}
	if !filled(cell) {
		return
	}
	switch c.kind {
	case answerColumn:
		e.readAnswer(c, cell)
	case spreadColumn:
		e.readSpread(c, cell.Text)
	case wordsColumn:
		e.readWords(c, cell.Text)
	case counterColumn:
		e.counter = sheet.Normalize(cell.Text)
	case numberColumn:
		e.readNumber(c, sheet.Normalize(cell.Text))
	case dateColumn:
		day, why := readDay(cell, e.reader.dates)
		if why != "" {
			e.fault(c.heading, "%s", why)
		}
		e.response.AnsweredOn = day
	case distributorColumn:
		e.response.Distributor = cell.Text
	case unitColumn:
		e.readUnit(c, sheet.Normalize(cell.Text))
	}
}

func (e *entry) question(c responseColumn) survey.Question { return e.reader.q.Questions[c.question] }

func (e *entry) readAnswer(c responseColumn, cell sheet.Cell) {
	question := e.question(c)
	why := ""
	switch {
	case question.Choice():
		options := e.reader.headings.options[c.question]
		held := options.read(cell.Text)
		if why = options.why(held); why == "" && len(held.codes) > 0 {
			e.response.Choices[question.Name] = held.codes
			e.words(question, held.words)
		}
		for _, text := range held.bad {
			e.reader.into.unknownOption(question.Name, text)
		}
	case question.Numeric():
		if isUnanswered(cell.Text) {
			return
		}
		var v float64
		if v, why = readNumber(cell.Text); why == "" {
			e.response.Numbers[question.Name] = v
		}
	case question.Type == survey.Date:
		if isUnanswered(cell.Text) {
			return
		}
		var day time.Time
		if day, why = readDay(cell, e.reader.dates); why == "" {
			e.response.Texts[question.Name] = day.Format(time.DateOnly)
		}
	case question.Written():
		if key := fold(cell.Text); key != "(空)" && key != "(跳过)" {
			e.response.Texts[question.Name] = cell.Text
		}
	}
	if why != "" {
		e.bad[question.Name] = true
		e.fault(c.heading, "%s", why)
	}
}

func isUnanswered(text string) bool {
	key := fold(text)
	for _, mark := range unanswered {
		if key == mark {
			return true
		}
	}
	return false
}

func (e *entry) words(question survey.Question, words string) {
	if words != "" {
		e.response.Texts[survey.OtherKey(question.Name)] = words
	}
}

func (e *entry) readSpread(c responseColumn, text string) {
	question := e.question(c)
	option, _ := question.Option(c.code)
	switch readMark(text, option) {
	case chosen:
		e.response.Choices[question.Name] = append(e.response.Choices[question.Name], c.code)
	case unclear:
		if words, ok := e.reader.headings.options[c.question].withWords(text); ok && option.Other {
			text = words
		} else if !option.Other {
			e.bad[question.Name] = true
			e.fault(c.heading, "“%s”看不出是选了还是没选，请填1（选中）或0（未选）", brief(text))
			return
		}
		e.response.Choices[question.Name] = append(e.response.Choices[question.Name], c.code)
		e.words(question, text)
	}
}

// readWords takes the words beside 其他 from a column of their own.
func (e *entry) readWords(c responseColumn, text string) {
	if key := fold(text); isUnanswered(text) || key == "0" || key == "否" {
		return
	}
	question := e.question(c)
	if words, ok := e.reader.headings.options[c.question].withWords(text); ok {
		text = words
	}
	e.words(question, text)
}

// Numbers that would name a person.
var (
	phoneAlone  = regexp.MustCompile(`^1[3-9][0-9]{9}$`)
	idAlone     = regexp.MustCompile(`^[0-9]{17}[0-9xX]$`)
	phoneWithin = regexp.MustCompile(`(?:^|[^0-9])1[3-9][0-9]{9}(?:[^0-9]|$)`)
	idWithin    = regexp.MustCompile(`(?:^|[^0-9])[0-9]{17}[0-9xX](?:[^0-9a-zA-Z]|$)`)
)

func (e *entry) readNumber(c responseColumn, text string) {
	if phoneAlone.MatchString(text) || idAlone.MatchString(text) {
		e.fault(c.heading, "像是手机号或身份证号；问卷不记名，请改填纸质问卷的编号，或清空")
		return
	}
	e.response.Number = text
}

func (e *entry) readUnit(c responseColumn, text string) {
	unit, ok := e.reader.plan.Units.Resolve(text)
	words := e.reader.plan.Campaign.Words.Unit
	if words == "" {
		words = "责任单位"
	}
	switch {
	case !ok:
		e.fault(c.heading, "“%s”不是本活动的%s，相近的有：%s；如果这一列是受访者的单位，请把列标题改成“受访者单位”，它不会保存",
			brief(text), words, strings.Join(e.reader.plan.Units.Nearest(text, 3), "、"))
	case unit.Collective():
		e.fault(c.heading, "“%s”是多个单位的合称，请填写具体单位", unit.Name)
	default:
		e.response.Unit = string(unit.ID)
	}
}

// finish settles and checks the response.
func (e *entry) finish() (responseRow, []Rejection) {
	r := e.reader
	e.response = survey.Settle(r.q, e.response)
	for _, fault := range append(survey.Validate(r.q, e.response), r.wave.Admits(r.q, e.response)...) {
		base := strings.TrimSuffix(fault.Field, ".other")
		if e.bad[base] || e.doubtful(base) {
			continue // follows from a cell that was told already
		}
		e.fault(r.heading(fault.Field), "%s", fault.Why)
	}
	e.response.Origin.Row = e.row.Number
	good := responseRow{Row: e.row.Number, Response: e.response, Counter: e.counter, Fingerprint: responseFingerprint(e.response, e.counter)}
	e.checkNumber(good)
	good.Warning = strings.Join(e.warnings(), "；")
	return good, e.faults
}

// doubtful tells whether a question is shown or skipped by a cell that could not be
// read: then nothing can be said about it.
func (e *entry) doubtful(name string) bool {
	question, ok := e.reader.q.Question(name)
	return ok && question.ShowIf != nil && len(e.bad) > 0 && e.dependsOn(*question.ShowIf)
}

func (e *entry) dependsOn(c survey.Condition) bool {
	if e.bad[c.Question] || c.Question != "" && e.doubtful(c.Question) {
		return true
	}
	for _, part := range append(append([]survey.Condition{}, c.All...), c.Any...) {
		if e.dependsOn(part) {
			return true
		}
	}
	return false
}

// heading gives the column of a question as the person sees it.
func (r *responseReader) heading(field string) string {
	kinds := map[string]columnKind{"number": numberColumn, "distributor": distributorColumn, "answered_on": dateColumn}
	base, words := strings.CutSuffix(field, ".other")
	answer := ""
	for _, c := range r.columns {
		if kind, own := kinds[field]; own && c.kind == kind {
			return c.heading
		}
		if !c.asked() || r.q.Questions[c.question].Name != base {
			continue
		}
		if words && c.kind == wordsColumn || !words && c.kind == answerColumn {
			return c.heading
		}
		if answer == "" {
			answer = c.heading
		}
	}
	if answer != "" {
		return answer
	}
	if question, ok := r.q.Question(base); ok {
		return question.Title()
	}
	return field
}

// checkNumber tells a sheet number that stands twice in the file: one of the two was
// mistyped, or one sheet was typed twice. A number counts once in a wave, whoever
// hands the sheets out.
func (e *entry) checkNumber(row responseRow) {
	if row.Response.Number == "" || len(e.faults) > 0 {
		return
	}
	number := row.Response.Number
	first, seen := e.reader.numbers[number]
	if !seen {
		e.reader.numbers[number] = numbered{row: row.Row, fingerprint: responseFingerprint(row.Response, "")}
		return
	}
	same := "答案不同"
	if first.fingerprint == responseFingerprint(row.Response, "") {
		same = "答案也相同"
	}
	e.fault(e.reader.heading("number"), "编号“%s”在第%d行已经有了，%s；请核对纸质问卷，删去重复的一行或改正编号", brief(number), first.row, same)
}

// warnings are doubts that don't keep the row out.
func (e *entry) warnings() []string {
	var list []string
	if e.response.Disposition == survey.Partial {
		list = append(list, "有必答内容没有作答，按“部分完成”保存："+e.reader.titles(survey.Unanswered(e.reader.q, e.response)))
	}
	on, wave := e.response.AnsweredOn, e.reader.wave
	if !on.IsZero() && (!wave.Start.IsZero() && on.Before(wave.Start) || !wave.End.IsZero() && on.After(wave.End)) {
		list = append(list, fmt.Sprintf("填写日期%s不在本轮的起止日期之内，请核对", on.Format(time.DateOnly)))
	}
	for _, name := range sortedKeys(e.response.Texts) {
		if text := e.response.Texts[name]; phoneWithin.MatchString(text) || idWithin.MatchString(text) {
			list = append(list, "“"+e.reader.heading(name)+"”里像有手机号或身份证号，公开前请隐去")
		}
	}
	return list
}

func (r *responseReader) titles(fields []string) string {
	var list []string
	for _, field := range fields[:min(3, len(fields))] {
		base, words := strings.CutSuffix(field, ".other")
		question, _ := r.q.Question(base)
		if words {
			list = append(list, question.Title()+"（其他的内容）")
		} else {
			list = append(list, question.Title())
		}
	}
	text := strings.Join(list, "、")
	if len(fields) > 3 {
		text += fmt.Sprintf(" 等%d处", len(fields))
	}
	return text
}
