package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"shuixuan/app/campaign"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/ingest/sheet"
)

// responseRow is one row that can go in. Counter is its 序号: it tells two rows of
// equal answers apart and is not kept with the response.
type responseRow struct {
	Row         int
	Response    survey.Response
	Counter     string
	Fingerprint string
	Warning     string
	Caps        []survey.Cap // capped quotas that it falls under
	Looked      time.Time    // when the sender saw that there is none of its id; zero: nobody looked
}

// responseSheet is what a sheet of answers turned out to hold. Every row below the
// heading is in exactly one of Good, Rejected (by distinct row) and Skipped.
type responseSheet struct {
	Sheet      string
	Header     []string // by column, "" where nothing stands
	HeaderRows []int
	Rows       int // below the heading
	Good       []responseRow
	Rejected   []Rejection
	Skipped    []Skip
	Cells      map[int][]string // rejected rows as they were sent
	NotStored  []NotStored
	Mapped     bool                      // read as a person decided
	unknown    map[string]map[string]int // question → text that is no option → how often
}

// ColumnsNotStored lists the headings of the columns that were left out.
func (s *responseSheet) ColumnsNotStored() []string {
	headings := []string{}
	for _, n := range s.NotStored {
		headings = append(headings, n.Heading)
	}
	return headings
}

// headingWithin is among how many first rows the heading is looked for.
const headingWithin = 30

// readResponses reads a sheet of answers to any questionnaire. An empty sheetName
// means the only sheet whose columns are known. It needs no database: whether a row
// is in already is for the caller to find by its fingerprint.
//
// The error is a Problem where the sender can act on it (no column is known, two
// columns mean one question), or a *sheet.FileError.
func readResponses(ctx context.Context, book *sheet.Book, sheetName string, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire) (*responseSheet, error) {
	return readMapped(ctx, book, sheetName, plan, wave, q, nil)
}

// readMapped reads a sheet with the mapping that choose gives for its headings, nil for
// none. With one a sheet may be read in which no heading is known.
func readMapped(ctx context.Context, book *sheet.Book, sheetName string, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, choose func(key string) (*Mapping, error)) (*responseSheet, error) {
	a, err := openAnswers(ctx, book, sheetName, plan, wave, q, choose)
	if err != nil {
		return nil, err
	}
	defer a.rows.Close()
	return a.read(math.MaxInt)
}

// answers goes through a sheet of answers, part by part.
type answers struct {
	*responseReader
	first []sheet.Row // read already, to find the heading
	rows  *sheet.Rows
	ended bool
}

// openAnswers finds the heading of a sheet, as readMapped does, and stops below it.
func openAnswers(ctx context.Context, book *sheet.Book, sheetName string, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, choose func(key string) (*Mapping, error)) (*answers, error) {
	headings := newHeadingReader(q)
	name, err := answerSheet(ctx, book, sheetName, headings)
	if err != nil {
		return nil, err
	}
	rows, err := book.Rows(ctx, name)
	if err != nil {
		return nil, err
	}
	a := &answers{rows: rows}
	if err := a.open(headings, name, plan, wave, book.Dates(), choose); err != nil {
		rows.Close()
		return nil, err
	}
	return a, nil
}

func (a *answers) open(headings *headingReader, name string, plan *campaign.Plan, wave survey.Wave, dates sheet.DateOptions, choose func(key string) (*Mapping, error)) error {
	for len(a.first) < headingWithin && a.rows.Next() {
		a.first = append(a.first, a.rows.Row())
	}
	if err := a.rows.Err(); err != nil {
		return err
	}
	header, mapped, err := headings.heading(a.first, choose)
	if err != nil {
		return err
	}
	if header.Rows == nil {
		return noHeading(name, headings.q)
	}
	if a.responseReader, err = newResponseReader(headings, header, plan, wave, dates); err != nil {
		return err
	}
	a.into.Sheet, a.into.Mapped = name, mapped
	a.first = slices.DeleteFunc(a.first, func(row sheet.Row) bool { return row.Number <= slices.Max(header.Rows) })
	return nil
}

// partBytes is how much text a part of a sheet holds at most.
const partBytes = 16 << 20

// read gives the next rows, at most so many: a sheet with the lists of those rows alone.
func (a *answers) read(most int) (*responseSheet, error) {
	text := 0
	for a.into.Rows < most && (text < partBytes || most == math.MaxInt) {
		row, ok := a.next()
		if !ok {
			break
		}
		for _, c := range row.Cells {
			text += len(c.Text)
		}
		a.add(row)
	}
	part := *a.into
	a.into.Rows, a.into.Good, a.into.Rejected, a.into.Skipped, a.into.Cells = 0, nil, nil, nil, map[int][]string{}
	return &part, a.rows.Err()
}

func (a *answers) next() (sheet.Row, bool) {
	if len(a.first) > 0 {
		row := a.first[0]
		a.first = a.first[1:]
		return row, true
	}
	a.ended = !a.rows.Next()
	return a.rows.Row(), !a.ended
}

// heading finds the heading and the mapping for it; without either it answers no rows.
func (h *headingReader) heading(first []sheet.Row, choose func(key string) (*Mapping, error)) (sheet.Header, bool, error) {
	header, known := h.find(first)
	if !known {
		header, _ = guessHeading(first)
	}
	if choose != nil && header.Rows != nil {
		m, err := choose(mappingKey(h.q.ID, header))
		if err != nil {
			return header, false, err
		}
		if m != nil {
			h.apply(*m)
			return header, true, nil
		}
	}
	if !known {
		header.Rows = nil
	}
	return header, false, nil
}

// answerSheet finds the sheet that holds answers. Where two could be meant the sender
// says which: taking the first would leave the other out without a word.
func answerSheet(ctx context.Context, book *sheet.Book, name string, headings *headingReader) (string, error) {
	if name != "" {
		return name, nil
	}
	all := book.Sheets()
	var found []string
	for _, candidate := range all {
		holds, err := holdsAnswers(ctx, book, candidate, headings)
		if err != nil {
			return "", err
		}
		if holds {
			found = append(found, candidate)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return "", problem.Invalid("有"+strconv.Itoa(len(found))+"张工作表都像答卷", "请选择要导入哪一张："+strings.Join(found, "、")+"。")
	case len(all) == 1:
		return all[0], nil // its heading is told as unknown, with what is expected
	}
	return "", noHeading(strings.Join(all, "、"), headings.q)
}

func holdsAnswers(ctx context.Context, book *sheet.Book, name string, headings *headingReader) (bool, error) {
	rows, err := book.Rows(ctx, name)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	var first []sheet.Row
	for len(first) < headingWithin && rows.Next() {
		first = append(first, rows.Row())
	}
	header, ok := headings.find(first)
	if !ok {
		return false, rows.Err()
	}
	for _, row := range first {
		if row.Number > slices.Max(header.Rows) && !row.Empty() {
			return true, rows.Err()
		}
	}
	return false, rows.Err()
}

// find looks for the row or rows that name the columns; at least one has to be of a
// question.
func (h *headingReader) find(rows []sheet.Row) (sheet.Header, bool) {
	known := map[string]responseColumn{}
	column := func(text string) responseColumn {
		c, seen := known[text]
		if !seen {
			c = h.column(text)
			known[text] = c
		}
		return c
	}
	header, ok := sheet.FindHeader(rows, func(text string) (string, bool) { return column(text).field(h.q) }, 1)
	return header, ok && slices.ContainsFunc(h.columns(header), responseColumn.asked)
}

func noHeading(name string, q survey.Questionnaire) error {
	var expected []string
	for _, question := range q.Items() {
		if question.Type != survey.Note && len(expected) < 6 {
			expected = append(expected, question.Title())
		}
	}
	return problem.Invalid(fmt.Sprintf("工作表“%s”里没有找到题目列", brief(name)),
		fmt.Sprintf("列标题可以是题目全文、简称或代码，例如：%s。请对照问卷“%s”改好标题，或下载模板填写。", strings.Join(expected, "、"), q.Title))
}

// columns says what each column of the heading means.
func (h *headingReader) columns(header sheet.Header) []responseColumn {
	var list []responseColumn
	for _, c := range header.Columns {
		column, heading := h.column(c.Text), c.Text
		if group, own, two := strings.Cut(c.Text, "·"); two && len(header.Rows) == 2 && !column.asked() {
			if column = h.column(group + "/" + own); !column.asked() {
				// What stands over the column is a section.
				column, heading = h.column(own), own
			}
		}
		column.index, column.heading = c.Index, heading
		list = append(list, column)
	}
	list = h.settle(list)
	for i, c := range header.Columns {
		list[i] = h.decided(list[i], c.Text)
	}
	return list
}

// settle decides what a heading alone leaves open.
func (h *headingReader) settle(list []responseColumn) []responseColumn {
	whole := map[int]bool{}
	for _, c := range list {
		whole[c.question] = whole[c.question] || c.kind == answerColumn
	}
	asking := -1 // question of the column to the left, if it asks for words
	for i, c := range list {
		// 题干/其他 is a choice where the options stand in columns, and the words where
		// the answer has a column of its own.
		if c.kind == spreadColumn && whole[c.question] && h.options[c.question].other == c.code {
			list[i].kind, list[i].code = wordsColumn, ""
		}
		if c.kind == unknownColumn && asking >= 0 && wordsAlone.MatchString(fold(c.heading)) {
			list[i].kind, list[i].question = wordsColumn, asking
		}
		if c.asked() {
			asking = -1
			if h.options[c.question].asks() {
				asking = c.question
			}
		}
	}
	return list
}

// responseReader turns rows into responses.
type responseReader struct {
	headings *headingReader
	q        survey.Questionnaire
	wave     survey.Wave
	plan     *campaign.Plan
	dates    sheet.DateOptions
	columns  []responseColumn
	numbers  map[string]numbered // sheet numbers seen so far
	choices  int                 // columns of questions that are answered by a choice
	into     *responseSheet
}

// numbered is where a sheet number stood first.
type numbered struct {
	row         int
	fingerprint string
}

func newResponseReader(headings *headingReader, header sheet.Header, plan *campaign.Plan, wave survey.Wave, dates sheet.DateOptions) (*responseReader, error) {
	r := &responseReader{headings: headings, q: headings.q, wave: wave, plan: plan, dates: dates, numbers: map[string]numbered{},
		into: &responseSheet{HeaderRows: header.Rows, Cells: map[int][]string{}}}
	var unknown []string
	var faults []problem.Fault
	taken := map[string]string{}
	best := bestDate(headings.columns(header))
	for _, c := range headings.columns(header) {
		for len(r.into.Header) <= c.index {
			r.into.Header = append(r.into.Header, "")
		}
		r.into.Header[c.index] = c.heading
		field, stored := c.field(r.q)
		switch {
		case c.kind == personalColumn:
			r.leave(c, "问卷不记名，能认出受访者的内容不保存")
		case c.kind == ignoredColumn:
			r.leave(c, "按核对时的选择不导入")
		case !stored:
			unknown = append(unknown, c.heading)
			r.leave(c, "不是这份问卷的题目，也不是编号、日期、发放员等列")
		case c.kind == dateColumn && c.rank != best:
			r.leave(c, "已用另一列作为填写日期")
		case taken[field] != "" && c.kind == counterColumn:
			r.leave(c, "已用“"+taken[field]+"”作为序号")
		case taken[field] != "":
			faults = append(faults, problem.Fault{Row: slices.Max(header.Rows), Field: c.heading,
				Why: fmt.Sprintf("“%s”和“%s”两列说的是同一项，请删去一列，或改成不同的题目", taken[field], c.heading)})
		default:
			taken[field] = c.heading
			r.columns = append(r.columns, c)
			if c.kind == answerColumn && r.q.Questions[c.question].Choice() {
				r.choices++
			}
		}
	}
	faults = append(faults, r.missing(unknown, slices.Max(header.Rows))...)
	if len(faults) > 0 {
		return nil, problem.Invalid("列标题有误，文件没有导入", "请按提示改好列标题后重新上传。", faults...)
	}
	return r, nil
}

func bestDate(columns []responseColumn) int {
	best := -1
	for _, c := range columns {
		if c.kind == dateColumn && (best < 0 || c.rank < best) {
			best = c.rank
		}
	}
	return best
}

func (r *responseReader) leave(c responseColumn, why string) {
	r.into.NotStored = append(r.into.NotStored, NotStored{Heading: c.heading, Why: why})
}

// missing tells required questions that everybody is asked and that have no column: a
// misspelt heading would otherwise make every sheet of the file an incomplete one.
func (r *responseReader) missing(unknown []string, row int) []problem.Fault {
	var faults []problem.Fault
	for i, question := range r.q.Questions {
		has := slices.ContainsFunc(r.columns, func(c responseColumn) bool { return c.asked() && c.question == i })
		if has || slices.Contains(r.headings.mapping.Absent, question.Name) || !question.Required || question.ShowIf != nil || question.SkipIf != nil || question.Adults {
			continue
		}
		why := fmt.Sprintf("没有找到必答题“%s”的列，请加上这一列，标题写题目全文、简称或代码“%s”；确实没有问这一题的，请加上这一列并留空", question.Label, question.Name)
		if len(unknown) > 0 {
			why += "。没有认出来的列有：" + strings.Join(unknown[:min(6, len(unknown))], "、")
		}
		faults = append(faults, problem.Fault{Row: row, Field: question.Title(), Why: why})
	}
	return faults
}

// add reads one row below the heading.
func (r *responseReader) add(row sheet.Row) {
	r.into.Rows++
	if why := r.skip(row); why != "" {
		r.into.Skipped = append(r.into.Skipped, Skip{Row: row.Number, Why: why})
		return
	}
	entry := &entry{reader: r, row: row, response: survey.Response{
		Campaign: r.plan.Campaign.ID, Wave: r.wave.ID, Mode: survey.Import,
		Choices: make(map[string][]string, r.choices), Numbers: map[string]float64{}, Texts: map[string]string{}}, bad: map[string]bool{}}
	for _, c := range r.columns {
		entry.read(c)
	}
	good, faults := entry.finish()
	if len(faults) == 0 {
		r.into.Good = append(r.into.Good, good)
		return
	}
	r.into.Rejected = append(r.into.Rejected, faults...)
	r.into.Cells[row.Number] = r.cells(row)
}

// cells gives a row as it was sent, dates in the form in which they are read.
func (r *responseReader) cells(row sheet.Row) []string {
	list := make([]string, max(len(row.Cells), len(r.into.Header)))
	for i := range list {
		c := row.Cell(i)
		list[i] = c.Text
		if c.Formula != "" && c.Text == "" {
			list[i] = "=" + strings.TrimPrefix(c.Formula, "=")
		}
		if c.DateStyle && c.Number {
			if day, err := sheet.ParseDate(c, r.dates); err == nil {
				list[i] = day.Format(time.DateOnly)
			}
		}
	}
	return list
}

// Rows that hold no answers by their first words.
var (
	totalRow = regexp.MustCompile(`^(?:合计|总计|小计|共计|总数|平均|平均值|百分比|占比)(?:[:(（].*|人数|份数|行)?$`)
	noteRow  = regexp.MustCompile(`^(?:注|备注|说明|填表|制表|审核|负责人|统计人)`)
)

// skip tells why a row is no answer sheet at all, or nothing.
func (r *responseReader) skip(row sheet.Row) string {
	if row.Empty() {
		return "空行"
	}
	first, n := -1, 0
	for i, c := range row.Cells {
		if c.Merged || !filled(c) {
			continue
		}
		if n++; first < 0 {
			first = i
		}
	}
	text := ""
	if first >= 0 {
		text = fold(row.Cells[first].Text)
	}
	asked := slices.ContainsFunc(r.columns, func(c responseColumn) bool { return c.asked() && c.index == first })
	switch {
	case totalRow.MatchString(text):
		return "“" + brief(text) + "”是汇总行，不是答卷"
	case first >= 0 && r.repeats(row, first) && r.repeated(row)*2 >= n:
		return "重复的标题行"
	case n == 1 && !asked && noteRow.MatchString(text):
		return "表尾说明，不是答卷"
	case !r.answered(row):
		return "没有一题有答案，按空白问卷跳过"
	}
	return ""
}

// filled is the opposite of Blank, told from the first character where it can be:
// most cells begin with a letter, and normalizing each took a fifth of the time.
func filled(c sheet.Cell) bool {
	first, _ := utf8.DecodeRuneInString(c.Text)
	return unicode.IsLetter(first) && first != '\u115f' && first != '\u3164' || !c.Blank()
}

// repeats tells whether a cell says what the heading of its column says.
func (r *responseReader) repeats(row sheet.Row, i int) bool {
	return i < len(r.into.Header) && r.into.Header[i] != "" && fold(row.Cells[i].Text) == fold(r.into.Header[i])
}

func (r *responseReader) repeated(row sheet.Row) int {
	n := 0
	for i := range row.Cells {
		if r.repeats(row, i) {
			n++
		}
	}
	return n
}

func (r *responseReader) answered(row sheet.Row) bool {
	return slices.ContainsFunc(r.columns, func(c responseColumn) bool {
		cell := row.Cell(c.index)
		if !c.asked() || !filled(cell) {
			return false
		}
		return c.kind != spreadColumn || readMark(cell.Text, survey.Option{}) != notChosen
	})
}

// responseFingerprint is the same for two rows of the same answers, sheet number and
// counter: they are one sheet sent twice. Who handed it out and when it was filled in
// are left out, since people mend those in a second sending.
func responseFingerprint(r survey.Response, counter string) string {
	text := make([]byte, 0, 1024) // every word with its length, so that no two lists run together
	word := func(w string) { text = append(append(strconv.AppendInt(text, int64(len(w)), 10), ':'), w...) }
	part := func(kind, name string, words ...string) {
		word(kind)
		word(name)
		for _, w := range words {
			word(w)
		}
		text = append(text, '\n')
	}
	part(r.Campaign, string(r.Wave), string(r.Questionnaire), r.Number, counter)
	for _, name := range sortedKeys(r.Choices) {
		part("c", name, r.Choices[name]...)
	}
	for _, name := range sortedKeys(r.Numbers) {
		part("n", name, strconv.FormatFloat(r.Numbers[name], 'g', -1, 64))
	}
	for _, name := range sortedKeys(r.Texts) {
		part("t", name, r.Texts[name])
	}
	if len(r.Unclear) > 0 {
		part("u", r.Unclear[0], r.Unclear[1:]...)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
