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
	"shuixuan/app/audit"
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
	Effects      []ScreenedEffect      `json:"effects"`      // of distributors, the mean of a sheet first
	Voided       []VoidedSheet         `json:"voided"`       // by people, newest first
	Rules        int                   `json:"rules"`        // of the questionnaire, on answers that can't both be true
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
	Restored    bool               `json:"restored,omitempty"` // was voided meanwhile: RecordedAt is when it was restored
	Signals     []screening.Signal `json:"signals"`            // strongest first
	Points      int                `json:"points"`
	Grade       screening.Grade    `json:"grade"`
}

// ScreenedDistributor is a distributor with what speaks for looking at the pile.
type ScreenedDistributor struct {
	screening.DistributorReport
	Recontact int `json:"recontact"` // sheets
}

// VoidedSheet is a sheet that a person took out of every figure.
type VoidedSheet struct {
	Response    string      `json:"response"`
	Number      string      `json:"number,omitempty"`
	Distributor string      `json:"distributor,omitempty"`
	Stratum     string      `json:"stratum,omitempty"`
	Mode        survey.Mode `json:"mode"`
	Reason      string      `json:"reason"`
	At          time.Time   `json:"at"`
	By          string      `json:"by"`
}

// ScreenedFigure is an indicator with all sheets, and in the part of those that are not
// suggested: the design and the weights stay, as for any other part of the respondents.
// Unvoided is the figure as if nobody had voided a sheet, with the weights that it would then
// have; nil where nobody has.
type ScreenedFigure struct {
	Indicator survey.Indicator `json:"indicator"`
	With      Designed         `json:"with"`
	Without   Designed         `json:"without"`
	Unvoided  *Designed        `json:"unvoided,omitempty"`
}

// Screened screens a wave. It compares every pair of sheets, which takes a while (99,840
// sheets of 36 questions, two cores: 35 s and 110 MB, while other questions are answered as
// usual): who asks waits for the patience at most, and is then told how far it is. Who asks
// again goes on waiting.
func (r *Reader) Screened(ctx context.Context, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, patience time.Duration) (*Screened, Pace, error) {
	s := statement{text: fill(screenedSQL, map[string]string{"unit": unitColumn[wave.Sampling.Unit]}), tables: responseTables, closed: closedOf(plan, wave),
		values: map[string]any{"campaign": plan.Campaign.ID, "wave": string(wave.ID)}}
	news, _, err := r.stamp(ctx, s.tables, s.closed)
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
	result := &Screened{Wave: wave.ID, At: time.Now(), Most: plan.Campaign.Settings.MostScreened(), SQL: s.String(),
		Listed: []ScreenedSheet{}, Distributors: []ScreenedDistributor{}, Figures: []ScreenedFigure{}, Voided: []VoidedSheet{}, Rules: len(q.Contradictions)}
	result.Sample, _ = newSample(wave, nil, "")
	counted, err := r.countedResponses(ctx, plan, wave)
	result.Counting = int(counted)
	result.TooMany = result.Counting > result.Most
	if err != nil || result.TooMany {
		return result, err
	}
	read := newSheetReader(wave, q, result.Counting)
	if err := r.rows(ctx, "screened", s, read.scan); err != nil {
		return nil, err
	}
	result.Voided = read.voids()
	if len(read.sheets) == 0 {
		return result, nil
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
	result.Effects = read.effects(report)
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
			AnsweredOn: sheet.day, RecordedAt: sheet.recorded, Restored: sheet.restored(), Signals: one.Signals, Points: one.Points, Grade: one.Grade})
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
// What would be without any voiding is a wave of its own, with its own weights.
func (s *Screened) figures(plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, read *sheetReader, suggested []bool) error {
	if len(read.asked) == 0 {
		return nil
	}
	rows := read.drawn(read.sheets, suggested)
	var raked, wholeRaked *rakedTo
	s.Sample, raked = newSample(wave, rows, read.asked[0])
	all := slices.Concat(rows, read.drawn(read.voided, make([]bool, len(read.voided))))
	var whole Sample
	whole, wholeRaked = newSample(wave, all, read.asked[0])
	for _, indicator := range headlines(q) {
		question, _ := q.Question(indicator.Question)
		w := weighing{rule: rule{indicator: indicator, question: question, settings: plan.Campaign.Settings}, wave: wave, sample: s.Sample, raked: raked,
			grouped: grouping{by: "suggested", known: []group{{code: keptGroup}}}}
		f, err := w.figure(w.tally(rows, rows))
		if err != nil {
			return err
		}
		one := ScreenedFigure{Indicator: indicator, With: f.Total, Without: f.Groups[0].Designed}
		if len(read.voided) > 0 {
			w.sample, w.raked = whole, wholeRaked
			unvoided, err := w.figure(w.tally(all, all))
			if err != nil {
				return err
			}
			one.Unvoided = &unvoided.Total
		}
		s.Figures = append(s.Figures, one)
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
	reason, by                               string // of the last revision
	day, recorded                            time.Time
	sets                                     []int32 // number of its set of answers to each of the asked questions
	cells                                    int32   // number of its values of the margins, among the sets
}

// restored tells a sheet of the public page whose last revision isn't its respondent's: it
// was voided and restored.
func (s readSheet) restored() bool {
	return survey.Mode(s.mode) == survey.Link && s.by != "" && s.by != string(audit.RoleRespondent)
}

// sheetReader turns rows into sheets one by one: the answers of 100,000 sheets as maps would
// take a gigabyte, as small numbers they take a few megabytes.
type sheetReader struct {
	wave    survey.Wave
	q       survey.Questionnaire
	columns []comparedColumn
	asked   []string // questions of the headline indicators
	sheets  []readSheet
	voided  []readSheet       // without their answers to what is compared
	words   map[string]string // so that a name is kept once
	sets    map[string]int32
	bySet   []string
}

func newSheetReader(wave survey.Wave, q survey.Questionnaire, count int) *sheetReader {
	return &sheetReader{wave: wave, q: q, columns: comparedColumns(q), asked: questionsOf(headlines(q)), sheets: make([]readSheet, 0, count), words: map[string]string{}, sets: map[string]int32{}}
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
	var young, void uint8
	var r survey.Response
	if err := rows.Scan(&void, &one.reason, &one.by, &id, &one.number, &one.distributor, &one.stratum, &r.Area, &one.unit, &one.mode, &seconds, &device, &one.recorded, &answered, &young, &r.Unclear, &r.Choices, &r.Numbers); err != nil {
		return err
	}
	r.Young = young == 1
	one.distributor, one.stratum, one.unit, one.mode, one.by = s.word(one.distributor), s.word(one.stratum), s.word(one.unit), s.word(one.mode), s.word(one.by)
	if answered != nil {
		one.day = *answered
	}
	one.Sheet = screening.Sheet{ID: id, Distributor: one.distributor, Stratum: one.stratum, Mode: one.mode, Seconds: int(seconds), Device: s.word(device), Entered: one.recorded, Day: one.day}
	if one.restored() {
		one.Entered = time.Time{} // what is known is when it was restored
	}
	if one.number != "" {
		one.Sheet.Number = int64(survey.SpanOf([]survey.Sheet{{Number: one.number}}).First)
	}
	if void == 0 {
		shown := survey.Shown(s.q, r)
		one.Broken, one.Answers = survey.Contradicted(s.q, r, shown), make([]int8, len(s.columns))
		for k := range s.columns {
			one.Answers[k] = s.columns[k].answer(r, shown)
		}
	}
	for _, question := range s.asked {
		codes := slices.Clone(r.Choices[question])
		slices.Sort(codes)
		one.sets = append(one.sets, s.set(slices.Compact(codes)))
	}
	r.Stratum = one.stratum
	one.cells = s.set(marginCellsOf(s.wave, r))
	if void == 1 {
		s.voided = append(s.voided, one)
	} else {
		s.sheets = append(s.sheets, one)
	}
	return nil
}

// set gives the number of a list of codes.
func (s *sheetReader) set(codes []string) int32 {
	text := strings.Join(codes, "\x00")
	number, known := s.sets[text]
	if !known {
		number = int32(len(s.bySet))
		s.sets[text], s.bySet = number, append(s.bySet, text)
	}
	return number
}

// voids lists what people took out, newest first.
func (s *sheetReader) voids() []VoidedSheet {
	list := make([]VoidedSheet, 0, len(s.voided))
	for _, one := range s.voided {
		list = append(list, VoidedSheet{Response: one.ID, Number: one.number, Distributor: one.distributor, Stratum: one.stratum, Mode: survey.Mode(one.mode), Reason: one.reason, At: one.recorded, By: one.by})
	}
	slices.SortStableFunc(list, func(a, b VoidedSheet) int { return b.At.Compare(a.At) })
	return list
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
func (s *sheetReader) drawn(sheets []readSheet, suggested []bool) []drawnRow {
	type cell struct {
		stratum, unit string
		suggested     bool
		question      int
		set, cells    int32
	}
	counts := map[cell]int64{}
	for i, one := range sheets {
		for k, set := range one.sets {
			counts[cell{one.stratum, one.unit, suggested[i], k, set, one.cells}]++
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
		if s.wave.Margins != nil {
			row.cells = strings.Split(s.bySet[c.cells], "\x00")
		}
		list = append(list, row)
	}
	// Sums are made in one order, so that the same rows give the same last digit.
	slices.SortFunc(list, func(a, b drawnRow) int {
		return cmp.Or(cmp.Compare(a.stratum, b.stratum), cmp.Compare(a.unit, b.unit), cmp.Compare(a.group, b.group), cmp.Compare(a.question, b.question), slices.Compare(a.cells, b.cells), slices.Compare(a.set.codes, b.set.codes))
	})
	return list
}
