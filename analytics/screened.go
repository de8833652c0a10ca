package analytics

import (
	"cmp"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/analytics/estimate"
	"shuixuan/analytics/screening"
	"shuixuan/app/campaign"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

//go:embed screened.sql
var screenedSQL string

// Screened answers: to which sheets of a wave should somebody go back, and what would the
// figures be without them? Nothing is dropped by it.
type Screened struct {
	Wave      survey.WaveID `json:"wave"`
	At        time.Time     `json:"at"`       // the rows are of this instant
	Counting  int           `json:"counting"` // sheets that stand in figures
	Most      int           `json:"most"`     // sheets that are screened at once
	TooMany   bool          `json:"too_many"` // more than that: none is screened, rather than a part of them
	Recontact int           `json:"recontact"`
	Hinted    int           `json:"hinted"` // sheets whose signals weigh nothing: counted here, not listed

	Listed       []ScreenedSheet       `json:"listed"`       // Recontact first, then by points
	Distributors []ScreenedDistributor `json:"distributors"` // those with something to say first
	Figures      []ScreenedFigure      `json:"figures"`      // headline indicators
	Sample       Sample                `json:"sample"`
	Compared     int                   `json:"compared"` // questions
	Left         []string              `json:"left"`     // questions that can't be compared
	Warnings     []estimate.Warning    `json:"warnings,omitempty"`
	SQL          string                `json:"sql"`
}

// ScreenedSheet is a sheet with what speaks for going back.
type ScreenedSheet struct {
	Response    string             `json:"response"`
	Number      string             `json:"number,omitempty"`
	Distributor string             `json:"distributor,omitempty"`
	Stratum     string             `json:"stratum,omitempty"`
	Mode        survey.Mode        `json:"mode"`
	AnsweredOn  time.Time          `json:"answered_on,omitzero"`
	RecordedAt  time.Time          `json:"recorded_at"`
	Signals     []screening.Signal `json:"signals"` // strongest first
	Points      int                `json:"points"`
	Grade       screening.Grade    `json:"grade"`
}

// ScreenedDistributor is a distributor with what speaks for looking at the pile.
type ScreenedDistributor struct {
	screening.DistributorReport
	Recontact int `json:"recontact"` // sheets
}

// ScreenedFigure is an indicator with all sheets, and in the part of those that are not
// suggested: the design and the weights stay, as for any other part of the respondents.
type ScreenedFigure struct {
	Indicator survey.Indicator `json:"indicator"`
	With      Designed         `json:"with"`
	Without   Designed         `json:"without"`
}

// Screened screens a wave. It compares every pair of sheets, which takes a while (99,840
// sheets of 36 questions, two cores: 35 s and 110 MB, while other questions are answered as
// usual): who asks waits for the patience at most, and is then told how far it is. Who asks
// again goes on waiting.
func (r *Reader) Screened(ctx context.Context, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, patience time.Duration) (*Screened, Pace, error) {
	s := statement{text: fill(screenedSQL, map[string]string{"unit": unitColumn[wave.Sampling.Unit]}), tables: responseTables,
		values: map[string]any{"campaign": plan.Campaign.ID, "wave": string(wave.ID)}}
	news, err := r.db.News(ctx, s.tables...)
	if err != nil {
		return nil, Pace{}, err
	}
	rules, err := json.Marshal([]any{plan.Campaign.Settings, wave, q})
	if err != nil {
		return nil, Pace{}, fmt.Errorf("key of a screening: %w", err)
	}
	sum := sha256.Sum256(rules)
	return r.screenings.ask(ctx, s.String()+hex.EncodeToString(sum[:]), news, patience, func(ctx context.Context, tell func(done, of int64)) (*Screened, error) {
		return r.screen(ctx, plan, wave, q, s, tell)
	})
}

func (r *Reader) screen(ctx context.Context, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, s statement, tell func(done, of int64)) (*Screened, error) {
	result := &Screened{Wave: wave.ID, At: time.Now(), Most: plan.Campaign.Settings.MostScreened(), Sample: newSample(wave, nil, ""), SQL: s.String(),
		Listed: []ScreenedSheet{}, Distributors: []ScreenedDistributor{}, Figures: []ScreenedFigure{}}
	counted, err := r.countedResponses(ctx, plan, wave)
	result.Counting = int(counted)
	result.TooMany = result.Counting > result.Most
	if err != nil || result.TooMany || result.Counting == 0 {
		return result, err
	}
	read := newSheetReader(q, result.Counting)
	if err := r.rows(ctx, "screened", s, read.scan); err != nil {
		return nil, err
	}
	input := read.input()
	result.Counting, result.Compared, result.Left = len(input.Sheets), len(input.Questions), read.left()
	report, err := screening.Screen(ctx, input, screening.Defaults(), tell)
	var refused *screening.InputError
	if errors.As(err, &refused) {
		return nil, problem.Invalid("这一轮还不能筛查", refused.Why+"。").Because(err)
	}
	if err != nil {
		return nil, fmt.Errorf("screen wave %s: %w", wave.ID, err)
	}
	result.Warnings = report.Warnings
	result.list(read.sheets, report)
	return result, result.figures(plan, wave, q, read, report.Recontact())
}

// list puts in order what there is to say.
func (s *Screened) list(sheets []readSheet, report *screening.Report) {
	suggested := map[string]int{}
	for i, one := range report.Sheets {
		sheet := sheets[i]
		switch {
		case one.Points == 0 && len(one.Signals) > 0:
			s.Hinted++
			continue
		case one.Points == 0:
			continue
		case one.Grade == screening.Recontact:
			s.Recontact++
			suggested[sheet.distributor]++
		}
		slices.SortStableFunc(one.Signals, func(a, b screening.Signal) int { return cmp.Compare(b.Strength, a.Strength) })
		s.Listed = append(s.Listed, ScreenedSheet{Response: one.ID, Number: sheet.number, Distributor: sheet.distributor, Stratum: sheet.stratum, Mode: survey.Mode(sheet.mode),
			AnsweredOn: sheet.day, RecordedAt: sheet.recorded, Signals: one.Signals, Points: one.Points, Grade: one.Grade})
	}
	slices.SortStableFunc(s.Listed, func(a, b ScreenedSheet) int {
		return cmp.Or(cmp.Compare(b.Grade, a.Grade), cmp.Compare(b.Points, a.Points), cmp.Compare(a.Distributor, b.Distributor), survey.CompareNumbers(a.Number, b.Number), cmp.Compare(a.Response, b.Response))
	})
	for _, one := range report.Distributors {
		s.Distributors = append(s.Distributors, ScreenedDistributor{one, suggested[one.Name]})
	}
	slices.SortStableFunc(s.Distributors, func(a, b ScreenedDistributor) int {
		return cmp.Or(cmp.Compare(b.Grade, a.Grade), cmp.Compare(b.Points, a.Points), cmp.Compare(b.Recontact, a.Recontact))
	})
}

// figures estimates the headline indicators as Weighted does, of the rows that are at hand.
// What is without the suggested sheets is a domain: their strata and units stay in the design.
func (s *Screened) figures(plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, read *sheetReader, suggested []bool) error {
	rows := read.drawn(suggested)
	if len(read.asked) == 0 {
		return nil
	}
	s.Sample = newSample(wave, rows, read.asked[0])
	for _, indicator := range headlines(q) {
		question, _ := q.Question(indicator.Question)
		w := weighing{rule: rule{indicator: indicator, question: question, settings: plan.Campaign.Settings}, wave: wave, sample: s.Sample,
			grouped: grouping{by: "suggested", known: []group{{code: keptGroup}}}}
		f, err := w.figure(rows, rows)
		if err != nil {
			return err
		}
		s.Figures = append(s.Figures, ScreenedFigure{Indicator: indicator, With: f.Total, Without: f.Groups[0].Designed})
	}
	return nil
}

// The groups of the sheets by what is suggested.
const (
	keptGroup      = "kept"
	suggestedGroup = "suggested"
)

// headlines are the indicators that stand first; all of them where none does.
func headlines(q survey.Questionnaire) []survey.Indicator {
	list := slices.DeleteFunc(slices.Clone(q.Indicators), func(i survey.Indicator) bool { return !i.Headline })
	if len(list) == 0 {
		return q.Indicators
	}
	return list
}

// readSheet is a row as it is needed after the screening.
type readSheet struct {
	screening.Sheet
	number, distributor, stratum, unit, mode string
	day, recorded                            time.Time
	sets                                     []int32 // number of its set of answers to each of the asked questions
}

// sheetReader turns rows into sheets one by one: the answers of 100,000 sheets as maps would
// take a gigabyte, as small numbers they take a few megabytes.
type sheetReader struct {
	q       survey.Questionnaire
	columns []comparedColumn
	asked   []string // questions of the headline indicators
	sheets  []readSheet
	words   map[string]string // so that a name is kept once
	sets    map[string]int32
	bySet   []string
}

func newSheetReader(q survey.Questionnaire, count int) *sheetReader {
	return &sheetReader{q: q, columns: comparedColumns(q), asked: questionsOf(headlines(q)), sheets: make([]readSheet, 0, count), words: map[string]string{}, sets: map[string]int32{}}
}

func (s *sheetReader) word(text string) string {
	if kept, known := s.words[text]; known {
		return kept
	}
	s.words[text] = text
	return text
}

func (s *sheetReader) scan(rows driver.Rows) error {
	var one readSheet
	var id, device string
	var answered *time.Time
	var seconds uint32
	var young uint8
	var r survey.Response
	if err := rows.Scan(&id, &one.number, &one.distributor, &one.stratum, &one.unit, &one.mode, &seconds, &device, &one.recorded, &answered, &young, &r.Unclear, &r.Choices, &r.Numbers); err != nil {
		return err
	}
	r.Young = young == 1
	one.distributor, one.stratum, one.unit, one.mode = s.word(one.distributor), s.word(one.stratum), s.word(one.unit), s.word(one.mode)
	if answered != nil {
		one.day = *answered
	}
	one.Sheet = screening.Sheet{ID: id, Distributor: one.distributor, Stratum: one.stratum, Mode: one.mode, Seconds: int(seconds), Device: s.word(device),
		Entered: one.recorded, Day: one.day, Answers: make([]int8, len(s.columns))}
	if one.number != "" {
		one.Sheet.Number = int64(survey.SpanOf([]survey.Sheet{{Number: one.number}}).First)
	}
	shown := survey.Shown(s.q, r)
	for k := range s.columns {
		one.Answers[k] = s.columns[k].answer(r, shown)
	}
	for _, question := range s.asked {
		codes := slices.Clone(r.Choices[question])
		slices.Sort(codes)
		set := strings.Join(slices.Compact(codes), "\x00")
		number, known := s.sets[set]
		if !known {
			number = int32(len(s.bySet))
			s.sets[set], s.bySet = number, append(s.bySet, set)
		}
		one.sets = append(one.sets, number)
	}
	s.sheets = append(s.sheets, one)
	return nil
}

// input gives the wave to the screening, without the number questions of which an answer
// doesn't fit the small numbers it compares.
func (s *sheetReader) input() screening.Input {
	in := screening.Input{Sheets: make([]screening.Sheet, len(s.sheets))}
	for _, c := range s.columns {
		if !c.unfit {
			in.Questions = append(in.Questions, c.Question)
		}
	}
	for i, one := range s.sheets {
		in.Sheets[i] = one.Sheet
		if len(in.Questions) == len(s.columns) {
			continue
		}
		answers := make([]int8, 0, len(in.Questions))
		for k, c := range s.columns {
			if !c.unfit {
				answers = append(answers, one.Answers[k])
			}
		}
		in.Sheets[i].Answers = answers
	}
	return in
}

// left names the questions that are answered and can't be compared.
func (s *sheetReader) left() []string {
	var list []string
	for _, question := range s.q.Items() {
		k := slices.IndexFunc(s.columns, func(c comparedColumn) bool { return c.item.Name == question.Name })
		if question.Type != survey.Note && question.Type != survey.Consent && question.Name != s.q.Stratum && (k < 0 || s.columns[k].unfit) {
			list = append(list, question.Title())
		}
	}
	return list
}

// drawn adds the sheets up as weighted.sql does, in two groups.
func (s *sheetReader) drawn(suggested []bool) []drawnRow {
	type cell struct {
		stratum, unit string
		suggested     bool
		question      int
		set           int32
	}
	counts := map[cell]int64{}
	for i, one := range s.sheets {
		for k, set := range one.sets {
			counts[cell{one.stratum, one.unit, suggested[i], k, set}]++
		}
	}
	var list []drawnRow
	for c, n := range counts {
		row := drawnRow{stratum: c.stratum, unit: c.unit, group: keptGroup, question: s.asked[c.question], set: answerSet{responses: n}}
		if c.suggested {
			row.group = suggestedGroup
		}
		if text := s.bySet[c.set]; text != "" {
			row.set.codes = strings.Split(text, "\x00")
		}
		list = append(list, row)
	}
	// Sums are made in one order, so that the same rows give the same last digit.
	slices.SortFunc(list, func(a, b drawnRow) int {
		return cmp.Or(cmp.Compare(a.stratum, b.stratum), cmp.Compare(a.unit, b.unit), cmp.Compare(a.group, b.group), cmp.Compare(a.question, b.question), slices.Compare(a.set.codes, b.set.codes))
	})
	return list
}

// comparedColumn is a question, or a part of one, as the screening compares it.
type comparedColumn struct {
	screening.Question
	item  survey.Question
	codes map[string]int8 // of options
	first bool            // the part that says whether the question was left open
	from  int             // of a part of a multiple choice: its first option
	low   float64         // of numbers: what 0 stands for
	unfit bool            // an answer is no small number
}

// Limits of what is compared: answers are numbers of seven bits.
const (
	mostCodes  = 128
	partOfSets = 7 // options of a multiple choice that make one part: 2^7 sets
)

// comparedColumns are the questions whose answers are compared: choices and small numbers.
// Left out are words and dates, which have too many answers; the consent, since all who count
// gave it; and the stratum, which says where the sheet was handed out.
//
// A multiple choice is compared by what was chosen of every seven options together: two
// people are alike in a part if they chose the very same.
func comparedColumns(q survey.Questionnaire) []comparedColumn {
	points, sharing := pointsOfLists(q)
	var list []comparedColumn
	for _, item := range q.Items() {
		c := comparedColumn{item: item, first: true, Question: screening.Question{Name: item.Name, Label: item.Title(), Block: item.Of}}
		switch {
		case item.Type == survey.Consent || item.Name == q.Stratum:
		case item.One() && len(item.Options) <= mostCodes:
			key := listKey(item)
			c.codes, c.Ordered = optionCodes(item, points[key])
			if c.Options = len(item.Options); sharing[key] > 1 {
				c.Scale = key
			}
			list = append(list, c)
		case item.Type == survey.Multiple:
			for c.from = 0; c.from < len(item.Options); c.from += partOfSets {
				c.Options = 1 << min(partOfSets, len(item.Options)-c.from)
				list = append(list, c)
				c.first = false
			}
		case item.Type == survey.Rating:
			c.low, c.Options, c.Ordered = *item.Min, int(*item.Max-*item.Min)+1, true
			list = append(list, c)
		case item.Type == survey.Number:
			c.Numeric = true
			list = append(list, c)
		}
	}
	return list
}

// listKey tells questions with the same options in the same words.
func listKey(item survey.Question) string {
	var b strings.Builder
	for _, o := range item.Options {
		b.WriteString(o.Code + "\x00" + o.Label + "\x01")
	}
	return b.String()
}

// pointsOfLists gives the points of each list of options, where the questionnaire or one of
// its indicators says them, and how many questions have the list.
func pointsOfLists(q survey.Questionnaire) (points map[string]map[string]float64, sharing map[string]int) {
	points, sharing = map[string]map[string]float64{}, map[string]int{}
	for _, item := range q.Items() {
		if !item.One() {
			continue
		}
		key := listKey(item)
		sharing[key]++
		values := map[string]float64{}
		for _, o := range item.Options {
			if o.Value != nil {
				values[o.Code] = *o.Value
			}
		}
		for _, i := range q.Indicators {
			if i.Kind == survey.Index && i.Question == item.Name {
				values = i.Values
			}
		}
		if len(values) > 0 && points[key] == nil {
			points[key] = values
		}
	}
	return points, sharing
}

// optionCodes numbers the options: in the order of their points where each that holds an
// opinion has some, with who can't say in the middle; else in the order of the list.
func optionCodes(item survey.Question, points map[string]float64) (codes map[string]int8, ordered bool) {
	var opinions, rest []survey.Option
	ordered = len(points) > 0
	for _, o := range item.Options {
		if _, valued := points[o.Code]; valued {
			opinions = append(opinions, o)
			continue
		}
		rest = append(rest, o)
		ordered = ordered && o.DontKnow
	}
	list := item.Options
	if ordered {
		slices.SortStableFunc(opinions, func(a, b survey.Option) int { return cmp.Compare(points[a.Code], points[b.Code]) })
		half := len(opinions) / 2
		list = slices.Concat(opinions[:half], rest, opinions[half:])
	}
	codes = make(map[string]int8, len(list))
	for i, o := range list {
		codes[o.Code] = int8(i)
	}
	return codes, ordered
}

// answer is that of a response. What can't be read on the paper was answered, and isn't compared.
func (c *comparedColumn) answer(r survey.Response, shown map[string]bool) int8 {
	name := c.item.Name
	if !shown[name] || slices.Contains(r.Unclear, name) {
		return screening.NotAsked
	}
	if c.item.Numeric() {
		n, answered := r.Numbers[name]
		if !answered {
			return screening.Missing
		}
		n -= c.low
		if n != float64(int8(n)) || n < 0 || c.Options > 0 && int(n) >= c.Options {
			c.unfit = true
			return screening.NotAsked
		}
		return int8(n)
	}
	chosen := r.Choices[name]
	switch {
	case len(chosen) == 0 && c.first:
		return screening.Missing
	case len(chosen) == 0:
		return screening.NotAsked // it is open once
	case c.codes != nil:
		code, known := c.codes[chosen[0]]
		if !known {
			return screening.NotAsked
		}
		return code
	}
	set := 0
	for k, o := range c.item.Options[c.from:min(c.from+partOfSets, len(c.item.Options))] {
		if slices.Contains(chosen, o.Code) {
			set |= 1 << k
		}
	}
	return int8(set)
}
