// Package screening asks of a wave's sheets "is it genuine?" and answers with reasons, sheet by
// sheet and distributor by distributor, never with a verdict: the strongest word is 建议回访,
// go and ask again. It comes after the rows are read and before a person decides; nothing is
// taken out of any figure here. The caller shows the figures with and without the sheets that
// a person has then excluded (Report.Recontact marks those to be looked at).
//
// Plain rows in, signals out: it knows no database, no page and no questionnaire. Every
// threshold is a Setting with its source; docs/screening.md tells what each check sees, what
// it can't see, and how often it is right and wrong on crowds of our own making.
//
// # Why
//
// In a survey of satisfaction the usual rule ("more than 85 % of the answers are those of
// another sheet") accuses the contented: a quarter to a third of honest people exceed it as
// soon as some are content throughout. So likeness is held against two things that a content
// crowd shares and a copy doesn't: what the habits of the two people would give anyway, and
// how alike the sheets of different distributors in the same stratum are. That calibration is
// the subject of this package, and it is cut off from the rest so that it can be tried on
// thousands of made-up sheets whose truth is known.
package screening

import (
	"context"
	"fmt"
	"time"

	"shuixuan/analytics/estimate"
)

// Answers that are none.
const (
	Missing  int8 = -1 // asked and left open
	NotAsked int8 = -2 // skipped by the questionnaire; neither missing nor compared
)

// Question is a column of Input.
type Question struct {
	Name  string
	Label string // for people; the name if empty
	// Options is how many answers there are, coded 0 to Options−1; 0 where not known. The
	// code of a numeric question is its number, up to 127.
	Options int
	Block   string // the matrix it is a row of; empty for none
	// Scale names questions that are answered with the same options in the same sense, so
	// that a person's habit on them can be told. If empty, ordered questions with as many
	// options share one, and others that of their block. A question without a scale is taken
	// as answered without habit: content people must not be left without one.
	Scale    string
	Ordered  bool // the codes are in order, so that a mean says something
	Reversed bool // a row whose wording is turned round: the same code is another opinion
	Numeric  bool // a number that the respondent wrote, such as an age
	// Points are what an answer counts, by its code, where the effect of distributors is
	// estimated; not a number for one that stands in no mean. Without them an ordered
	// question counts its codes, and of any other there is no effect.
	Points []float64
}

func (q Question) scale() string {
	switch {
	case q.Scale != "":
		return q.Scale
	case q.Ordered && q.Options > 0:
		return fmt.Sprint("ordered, of ", q.Options)
	}
	return q.Block
}

// Sheet is one response. What isn't known is left at its zero.
type Sheet struct {
	ID          string
	Distributor string
	Stratum     string
	Mode        string    // "paper", "link", …
	Seconds     int       // from the first page to the last
	Device      string    // tells one device's sheets
	Number      int64     // of the paper
	Entered     time.Time // instant of entry
	Day         time.Time // civil day of the answers; its date alone is used
	Answers     []int8    // by question; Missing, NotAsked or a code
	// Broken are the rules of the questionnaire that the answers break, in words, each once:
	// “年龄”选了18岁以下，又“人群”选了政府职工（公务员须年满18周岁）. Whoever holds the
	// questionnaire judges it: a rule may be about a question that isn't compared.
	Broken []string
}

// Input is a wave.
type Input struct {
	Questions []Question
	Sheets    []Sheet
}

// Code names a signal for programs and tests.
type Code string

// The signals of a sheet.
const (
	Fast       Code = "fast"       // far below the median time, and among the quickest
	Straight   Code = "straight"   // one answer all down the matrices
	Pattern    Code = "pattern"    // a staircase or a zigzag down a matrix
	Open       Code = "missing"    // too many questions left open
	Impossible Code = "impossible" // answers that exclude each other
	Burst      Code = "burst"      // one of many that came in at once
	Device     Code = "device"     // its device sent many, or two at the same time
	Near       Code = "near"       // nearly identical with another sheet
	Batch      Code = "batch"      // nearly identical within a distributor who has too many such
)

// The signals of a distributor; Near, Burst, Fast and Open are used for both.
const (
	Numbers  Code = "numbers"  // last digits of the paper numbers
	Digits   Code = "digits"   // last digits of the numbers that were answered
	Sequence Code = "sequence" // order of the answers along the paper numbers
)

// Strength is how much a signal weighs. A Hint is shown and weighs nothing.
type Strength int

// The strengths. What they add up to is judged by Settings.Recontact and Settings.Families.
const (
	Hint   Strength = 0
	Weak   Strength = 1
	Strong Strength = 2
	Alone  Strength = 3 // enough by itself: chance and habit are out of the question
)

// Signal is one reason to look at something.
type Signal struct {
	Code     Code     `json:"code"`
	Strength Strength `json:"strength"`
	Reason   string   `json:"reason"` // for people
}

// Grade is what is suggested to a person.
type Grade string

// The grades: there is no word for "false".
const (
	Unremarkable Grade = ""
	Recontact    Grade = "recontact"
)

// Text is the grade in words.
func (g Grade) Text() string {
	if g == Recontact {
		return "建议回访"
	}
	return "未见异常组合"
}

// Likeness is how much of a sheet is found on the sheet most like it.
type Likeness struct {
	Partner int     `json:"partner"` // index of the sheet; −1 where there is none to compare with
	Same    int     `json:"same"`    // identical answers
	Of      int     `json:"of"`      // questions that this sheet answers
	Chance  float64 `json:"chance"`  // how many such partners independent answers would give, at most; 1 where not looked at
}

// Share is the percentmatch of Kuriakose and Robbins, 0 to 1.
func (l Likeness) Share() float64 {
	if l.Partner < 0 || l.Of == 0 {
		return 0
	}
	return float64(l.Same) / float64(l.Of)
}

// SheetReport is what there is to say about a sheet.
type SheetReport struct {
	ID      string   `json:"id"`
	Signals []Signal `json:"signals,omitempty"`
	Points  int      `json:"points"` // strengths, the greatest of each family of signals
	Grade   Grade    `json:"grade"`
	Nearest Likeness `json:"nearest"` // in the wave
	Within  Likeness `json:"within"`  // among the sheets of its distributor
}

// Report is the screening of a wave. Sheets are in the order of the input, Distributors in
// that of their names.
type Report struct {
	Sheets       []SheetReport       `json:"sheets"`
	Distributors []DistributorReport `json:"distributors"`
	Effects      []Effect            `json:"effects"`  // of distributors on what can be averaged
	Settings     Settings            `json:"settings"` // those it was made with
	Warnings     []estimate.Warning  `json:"warnings,omitempty"`
}

// Recontact marks the sheets that are suggested, in the order of the input: a domain for the
// figures without them. Nothing is dropped by it.
func (r *Report) Recontact() []bool {
	marked := make([]bool, len(r.Sheets))
	for i, s := range r.Sheets {
		marked[i] = s.Grade == Recontact
	}
	return marked
}

// Screen runs every check. progress, if not nil, is told from time to time how many of all
// pairs of sheets have been compared, by one goroutine at a time. The error is an *InputError,
// or that of the context.
func Screen(ctx context.Context, in Input, s Settings, progress func(done, total int64)) (*Report, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	nearest, err := Compare(ctx, in.Sheets, s, progress)
	if err != nil {
		return nil, err
	}
	w := newWave(in, s)
	r := &Report{Sheets: make([]SheetReport, len(in.Sheets)), Settings: s}
	for i, sheet := range in.Sheets {
		r.Sheets[i] = SheetReport{ID: sheet.ID, Nearest: nearest[i].Nearest, Within: nearest[i].Within}
	}
	if err := w.likeness(ctx, r); err != nil {
		return nil, err
	}
	for i := range in.Sheets {
		for _, check := range []func(int) []Signal{w.fast, w.straight, w.pattern, w.open, w.impossible} {
			r.Sheets[i].Signals = append(r.Sheets[i].Signals, check(i)...)
		}
	}
	w.bursts(r)
	w.devices(r)
	w.distributors(r, nearest)
	for i := range r.Sheets {
		one := &r.Sheets[i]
		one.Points, one.Grade = grade(one.Signals, s)
	}
	r.Effects = w.effects()
	r.Warnings = w.warnings
	return r, nil
}

// family puts signals together that tell of one thing, so that it isn't counted twice.
func (c Code) family() Code {
	switch c {
	case Pattern:
		return Straight
	case Device:
		return Burst
	case Numbers:
		return Digits
	}
	return c
}

// grade adds up the strengths, of each family the greatest, and suggests going back only where
// several families together, or one that suffices alone, come to enough.
func grade(signals []Signal, s Settings) (int, Grade) {
	best := map[Code]Strength{}
	alone := false
	for _, one := range signals {
		best[one.Code.family()] = max(best[one.Code.family()], one.Strength)
		alone = alone || one.Strength >= Alone
	}
	points, families := 0, 0
	for _, strength := range best {
		if strength > Hint {
			points, families = points+int(strength), families+1
		}
	}
	if float64(points) >= s.Recontact.Value && (alone || float64(families) >= s.Families.Value) {
		return points, Recontact
	}
	return points, Unremarkable
}
