package ingest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
	"shuixuan/app/survey"
	"shuixuan/ingest/sheet"
)

// Mapping is how a person reads the columns of a sheet of answers. What headings and cells
// say by themselves is the starting point; a mapping holds only what was decided otherwise.
// It is kept under the headings, so the next file that has them is read the same way.
type Mapping struct {
	Columns map[string]Use               `json:"columns,omitempty"` // folded heading → what it holds
	Read    map[string]Reading           `json:"read,omitempty"`    // question → how its cells name options
	Options map[string]map[string]string `json:"options,omitempty"` // question → folded words → option code
	Absent  []string                     `json:"absent,omitempty"`  // required questions that the file didn't ask
}

// Use is what a column holds. Question and Option are named where the kind asks for them.
type Use struct {
	Kind     UseKind `json:"kind"`
	Question string  `json:"question,omitempty"`
	Option   string  `json:"option,omitempty"`
}

// UseKind says what sort of thing a column holds.
type UseKind string

// The closed list of uses.
const (
	UseNothing     UseKind = "nothing"
	UseAnswer      UseKind = "answer" // the whole answer
	UseOption      UseKind = "option" // whether one option of a multiple choice was chosen
	UseWords       UseKind = "words"  // beside an “other” option
	UseNumber      UseKind = "number" // of the paper sheet
	UseCounter     UseKind = "counter"
	UseDate        UseKind = "date"
	UseDistributor UseKind = "distributor"
	UseUnit        UseKind = "unit"
	UsePersonal    UseKind = "personal" // left out whatever a person decides
)

// Reading says what the cells of a choice hold.
type Reading string

// The closed list of readings; the empty one takes whatever fits.
const (
	ReadLabels    Reading = "labels"
	ReadCodes     Reading = "codes"
	ReadPositions Reading = "positions"
)

var useKinds = map[columnKind]UseKind{unknownColumn: UseNothing, ignoredColumn: UseNothing, answerColumn: UseAnswer, spreadColumn: UseOption, wordsColumn: UseWords,
	numberColumn: UseNumber, counterColumn: UseCounter, dateColumn: UseDate, distributorColumn: UseDistributor, unitColumn: UseUnit, personalColumn: UsePersonal}

// mappingKey is under which a mapping is kept: the questionnaire and the headings, in
// whatever order they stand.
func mappingKey(q survey.QuestionnaireID, header sheet.Header) string {
	var headings []string
	for _, c := range header.Columns {
		headings = append(headings, fold(c.Text))
	}
	slices.Sort(headings)
	sum := sha256.Sum256([]byte(string(q) + "\x00" + strings.Join(headings, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// apply makes the reader follow a mapping. What it says of questions and options that this
// version doesn't have is passed over.
func (h *headingReader) apply(m Mapping) {
	h.mapping = m
	for i, question := range h.q.Questions {
		if o := h.options[i]; o != nil && question.Choice() {
			o.restrict(m.Read[question.Name])
			o.mapped = m.Options[question.Name]
		}
	}
}

// decided gives what a person decided on a column; of what would name a respondent
// nobody decides.
func (h *headingReader) decided(c responseColumn, heading string) responseColumn {
	use, is := h.mapping.Columns[fold(heading)]
	if !is || c.kind == personalColumn {
		return c
	}
	d := responseColumn{index: c.index, heading: c.heading}
	for kind, name := range useKinds {
		if name == use.Kind && kind != unknownColumn && kind != personalColumn {
			d.kind = kind
		}
	}
	if !d.asked() {
		return d
	}
	d.question = slices.IndexFunc(h.q.Questions, func(q survey.Question) bool { return q.Name == use.Question && q.Type != survey.Note })
	if d.question < 0 {
		return c
	}
	question := h.q.Questions[d.question]
	_, known := question.Option(use.Option)
	switch {
	case d.kind == spreadColumn && (!known || question.Type != survey.Multiple):
		return c
	case d.kind == spreadColumn:
		d.code = use.Option
	case d.kind == wordsColumn && !h.options[d.question].asks():
		return c
	}
	return d
}

// restrict leaves only one way to name options.
func (o *optionReader) restrict(r Reading) {
	if r != ReadLabels && r != ReadCodes && r != ReadPositions {
		return
	}
	o.exact, o.loose, o.positions = map[string]string{}, map[string]string{}, r == ReadPositions
	for _, option := range o.question.Options {
		switch r {
		case ReadCodes:
			o.exact[fold(option.Code)] = option.Code
		case ReadLabels:
			for _, text := range append([]string{option.Label}, option.Aliases...) {
				o.exact[fold(text)], o.loose[looseOption(text)] = option.Code, option.Code
			}
		}
	}
}

// guessHeading takes the first row that names most columns for the heading, where no
// question is known in any.
func guessHeading(rows []sheet.Row) (sheet.Header, bool) {
	return sheet.FindHeader(rows, func(text string) (string, bool) { return text, text != "" }, 2)
}

// mapping gives the mapping that is kept for these headings, and its revision.
func (in *Ingest) mapping(ctx context.Context, campaign, key string) (Mapping, uint32, error) {
	held, err := in.mappings.Current(ctx, campaign, key)
	if errors.Is(err, revision.ErrNotFound) {
		return Mapping{}, 0, nil
	}
	return held.Thing, held.Revision, err
}

// chosenMapping is how a file finds the mapping of its headings.
func (in *Ingest) chosenMapping(ctx context.Context, campaign string) func(string) (*Mapping, error) {
	return func(key string) (*Mapping, error) {
		m, revision, err := in.mapping(ctx, campaign, key)
		if err != nil || revision == 0 {
			return nil, err
		}
		return &m, nil
	}
}

// Look is what a file of answers holds as it is read now, for the person who decides how
// it is to be read.
type Look struct {
	Sheet    string
	Sheets   []string
	Key      string // of the headings
	Revision uint32 // of the mapping that is kept, 0 for none
	Mapping  Mapping
	Columns  []LookColumn
	Counts   []QuestionCount
	Unknown  []UnknownOption
	Missing  []survey.Question // required, and without a column
	Rows     int
	Good     int
	Problem  *problem.Problem // why no row can be read yet
}

// LookColumn is one column with what it holds, and what it would hold without a mapping.
type LookColumn struct {
	Index   int
	Heading string
	Use     Use
	Guess   Use
	Samples []string
}

// QuestionCount counts the options that good rows hold.
type QuestionCount struct {
	Question survey.Question
	Answered int
	Counts   []int // by option
}

// UnknownOption is a text that is no option of its question, and how often it stands.
type UnknownOption struct {
	Question survey.Question
	Text     string
	Count    int
	Code     string // that it was mapped to, of a text that is none any more
}

// samplesShown of a column are enough to recognise it.
const samplesShown = 3

// LookAtResponses reads a file and writes nothing.
func (in *Ingest) LookAtResponses(ctx context.Context, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, f File, sheetName string) (*Look, error) {
	book, err := sheet.Open(ctx, f, f.Size, f.Name, answerLimits())
	if err != nil {
		return nil, fileProblem(err)
	}
	defer book.Close()
	look := &Look{Sheets: book.Sheets()}
	if look.Sheet, err = answerSheet(ctx, book, sheetName, newHeadingReader(q)); err != nil {
		if _, is := problem.As(err); !is || len(look.Sheets) == 0 {
			return nil, fileProblem(err)
		}
		look.Sheet = look.Sheets[0]
	}
	first, err := firstRows(ctx, book, look.Sheet)
	if err != nil {
		return nil, fileProblem(err)
	}
	headings := newHeadingReader(q)
	header, ok := headings.find(first)
	if !ok {
		if header, ok = guessHeading(first); !ok {
			return nil, noHeading(look.Sheet, q)
		}
	}
	look.Key = mappingKey(q.ID, header)
	if look.Mapping, look.Revision, err = in.mapping(ctx, plan.Campaign.ID, look.Key); err != nil {
		return nil, err
	}
	guess := headings.columns(header)
	headings.apply(look.Mapping)
	look.columns(headings, header, guess, first)
	answers, err := openAnswers(ctx, book, look.Sheet, plan, wave, q, func(string) (*Mapping, error) { return &look.Mapping, nil })
	if p, is := problem.As(err); is {
		look.Problem = p
		return look, nil
	}
	if err != nil {
		return nil, fileProblem(err)
	}
	defer answers.rows.Close()
	for !answers.ended {
		part, err := answers.read(partRows)
		if err != nil {
			return nil, fileProblem(err)
		}
		look.count(headings.q, part.Good)
		look.Rows, look.Good = look.Rows+part.Rows, look.Good+len(part.Good)
	}
	look.tellUnknown(headings.q, answers.into.unknown)
	return look, nil
}

func firstRows(ctx context.Context, book *sheet.Book, name string) ([]sheet.Row, error) {
	rows, err := book.Rows(ctx, name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var first []sheet.Row
	for len(first) < headingWithin && rows.Next() {
		first = append(first, rows.Row())
	}
	return first, rows.Err()
}

func (l *Look) columns(h *headingReader, header sheet.Header, guess []responseColumn, first []sheet.Row) {
	use := func(c responseColumn) Use {
		u := Use{Kind: useKinds[c.kind]}
		if c.asked() {
			u.Question, u.Option = h.q.Questions[c.question].Name, c.code
		}
		return u
	}
	has := map[string]bool{}
	for i, c := range h.columns(header) {
		column := LookColumn{Index: c.index, Heading: header.Columns[i].Text, Use: use(c), Guess: use(guess[i])}
		for _, row := range first {
			text := sheet.Normalize(row.Cell(c.index).Text)
			if row.Number > slices.Max(header.Rows) && text != "" && len(column.Samples) < samplesShown && !slices.Contains(column.Samples, brief(text)) && c.kind != personalColumn {
				column.Samples = append(column.Samples, brief(text))
			}
		}
		has[column.Use.Question] = true
		l.Columns = append(l.Columns, column)
	}
	for _, question := range h.q.Questions {
		if !has[question.Name] && question.Required && question.ShowIf == nil && question.SkipIf == nil && !question.Adults && question.Type != survey.Note {
			l.Missing = append(l.Missing, question)
		}
	}
}

// count adds what the good rows of a part answer.
func (l *Look) count(q survey.Questionnaire, rows []responseRow) {
	if l.Counts == nil {
		for _, question := range q.Questions {
			if question.Choice() {
				l.Counts = append(l.Counts, QuestionCount{Question: question, Counts: make([]int, len(question.Options))})
			}
		}
	}
	for i := range l.Counts {
		c := &l.Counts[i]
		for _, row := range rows {
			held := row.Response.Choices[c.Question.Name]
			if len(held) > 0 {
				c.Answered++
			}
			for j, o := range c.Question.Options {
				if slices.Contains(held, o.Code) {
					c.Counts[j]++
				}
			}
		}
	}
}

// tellUnknown lists the texts that are no option, and those that a person gave one.
func (l *Look) tellUnknown(q survey.Questionnaire, unknown map[string]map[string]int) {
	for _, question := range q.Questions {
		if !question.Choice() {
			continue
		}
		counts := unknown[question.Name]
		for _, text := range slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) }) {
			l.Unknown = append(l.Unknown, UnknownOption{Question: question, Text: text, Count: counts[text]})
		}
		mapped := l.Mapping.Options[question.Name]
		for _, text := range slices.Sorted(maps.Keys(mapped)) {
			l.Unknown = append(l.Unknown, UnknownOption{Question: question, Text: text, Code: mapped[text]})
		}
	}
}

// mostUnknown is how many different texts of a file are told that are no options.
const mostUnknown = 300

// unknownOption counts a text that is no option.
func (s *responseSheet) unknownOption(question, text string) {
	if s.unknown == nil {
		s.unknown = map[string]map[string]int{}
	}
	if s.unknown[question] == nil {
		s.unknown[question] = map[string]int{}
	}
	text = sheet.Normalize(text)
	if _, seen := s.unknown[question][text]; !seen && len(s.unknown[question]) >= mostUnknown || len(text) > 300 {
		return
	}
	s.unknown[question][text]++
}

// PutMapping keeps how files with these headings are read. Keys of m may be written as
// they stand in the file. expected is the revision that the person saw.
func (in *Ingest) PutMapping(ctx context.Context, actor audit.Actor, campaignID, key string, q survey.Questionnaire, m Mapping, expected uint32) error {
	m, err := m.clean(q.Flat())
	if err != nil {
		return err
	}
	_, err = in.mappings.Put(ctx, actor, "mapping.put", campaignID, key, m, expected)
	if errors.Is(err, revision.ErrConflict) {
		return problem.Conflict("刚刚有人改过这份对应关系", "请刷新页面，看过新内容后再修改，您填的没有保存。").Because(err)
	}
	return err
}

// clean folds the keys and refuses what names no question or option.
func (m Mapping) clean(q survey.Questionnaire) (Mapping, error) {
	c := Mapping{Columns: map[string]Use{}, Read: map[string]Reading{}, Options: map[string]map[string]string{}, Absent: m.Absent}
	var faults []problem.Fault
	for heading, use := range m.Columns {
		if use.Question != "" {
			question, known := q.Question(use.Question)
			if _, option := question.Option(use.Option); !known || use.Option != "" && !option {
				faults = append(faults, problem.Fault{Field: brief(heading), Why: fmt.Sprintf("“%s”对应的题目或选项不在问卷里，请重新选择", brief(heading))})
				continue
			}
		}
		c.Columns[fold(heading)] = use
	}
	for name, reading := range m.Read {
		if reading != "" {
			c.Read[name] = reading
		}
	}
	for name, list := range m.Options {
		question, _ := q.Question(name)
		for text, code := range list {
			if code == "" {
				continue // refused, as it is without a word
			}
			if _, known := question.Option(code); !known {
				faults = append(faults, problem.Fault{Field: name, Why: fmt.Sprintf("“%s”对应的选项不在“%s”里，请重新选择", brief(text), question.Title())})
				continue
			}
			if c.Options[name] == nil {
				c.Options[name] = map[string]string{}
			}
			c.Options[name][fold(text)] = code
		}
	}
	if len(faults) > 0 {
		return c, problem.Invalid("对应关系没有保存", "请按提示改正后再保存。", faults...)
	}
	return c, nil
}
