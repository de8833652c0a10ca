// Package survey holds questionnaires and their versions, waves with strata and
// quotas, and responses.
//
// # Why
//
// A questionnaire is data: its questions, skips, scale values, right answers and
// indicators are written by the office, not by a programmer. Answers are kept by
// question name and option code, with the version they were given to, so one table
// holds the responses of any questionnaire. A published version never changes.
package survey

import (
	"time"

	"github.com/google/uuid"

	"shuixuan/app/org"
	"shuixuan/app/placement"
)

// QuestionnaireID and WaveID name things within their campaign.
type (
	QuestionnaireID string
	WaveID          string
)

// QuestionType says how a question is answered.
type QuestionType string

// The closed list of question types.
const (
	Single   QuestionType = "single"   // one option
	Multiple QuestionType = "multiple" // any number of options
	Scale    QuestionType = "scale"    // one option of an ordered few, drawn side by side
	Matrix   QuestionType = "matrix"   // the same options for several rows; each row is answered like a scale
	Consent  QuestionType = "consent"  // yes or no; a required one that isn't given ends the questionnaire
	Rating   QuestionType = "rating"   // a whole number from Min to Max, 0 to 10 where nothing is said
	Number   QuestionType = "number"
	Date     QuestionType = "date"
	Text     QuestionType = "text"      // one line
	LongText QuestionType = "long_text" // several
	Note     QuestionType = "note"      // words only, no answer
)

// Option is one choice. Code is what is stored; Label is what people read.
type Option struct {
	Code      string   `json:"code" yaml:"code"`
	Label     string   `json:"label" yaml:"label"`
	Aliases   []string `json:"aliases,omitempty" yaml:"aliases"`
	DontKnow  bool     `json:"dont_know,omitempty" yaml:"dont_know"` // 说不清: an answer, but no opinion
	Exclusive bool     `json:"exclusive,omitempty" yaml:"exclusive"` // 都没有: no other option beside it
	Other     bool     `json:"other,omitempty" yaml:"other"`         // asks for words, kept under "<question>.other"
	Unread    bool     `json:"unread,omitempty" yaml:"unread"`       // not read out and not shown: noted where a respondent says so by themselves
	Value     *float64 `json:"value,omitempty" yaml:"value"`         // points on the scale of its question
}

// Row is one line of a matrix. Its name stands among the names of the questions, and its
// answer is kept under it.
type Row struct {
	Name    string   `json:"name" yaml:"name"`
	Label   string   `json:"label" yaml:"label"`
	Short   string   `json:"short,omitempty" yaml:"short"`
	Aliases []string `json:"aliases,omitempty" yaml:"aliases"`
}

// Condition is true for a response when its question holds one of In (or none of
// NotIn), or a number within the bounds, and all of All, and any of Any. Without an answer
// In and the bounds are false and NotIn is true. An empty condition is true.
type Condition struct {
	Question string      `json:"question,omitempty" yaml:"question"`
	In       []string    `json:"in,omitempty" yaml:"in"`
	NotIn    []string    `json:"not_in,omitempty" yaml:"not_in"`
	AtLeast  *float64    `json:"at_least,omitempty" yaml:"at_least"` // of a number or a rating
	AtMost   *float64    `json:"at_most,omitempty" yaml:"at_most"`
	Above    *float64    `json:"above,omitempty" yaml:"above"`
	Below    *float64    `json:"below,omitempty" yaml:"below"`
	All      []Condition `json:"all,omitempty" yaml:"all"`
	Any      []Condition `json:"any,omitempty" yaml:"any"`
}

// Question is one item of a questionnaire.
type Question struct {
	Name     string       `json:"name" yaml:"name"`
	Type     QuestionType `json:"type" yaml:"type"`
	Label    string       `json:"label" yaml:"label"`
	Short    string       `json:"short,omitempty" yaml:"short"` // for chart axes
	Hint     string       `json:"hint,omitempty" yaml:"hint"`
	Aliases  []string     `json:"aliases,omitempty" yaml:"aliases"` // column headings it is known by
	Required bool         `json:"required,omitempty" yaml:"required"`
	Options  []Option     `json:"options,omitempty" yaml:"options"`
	Rows     []Row        `json:"rows,omitempty" yaml:"rows"`       // of a matrix
	ShowIf   *Condition   `json:"show_if,omitempty" yaml:"show_if"` // asked only where this holds
	SkipIf   *Condition   `json:"skip_if,omitempty" yaml:"skip_if"` // left out where this holds
	// Min and Max bound a number or a rating; of a multiple choice the number of options,
	// of a text the number of characters.
	Min       *float64 `json:"min,omitempty" yaml:"min"`
	Max       *float64 `json:"max,omitempty" yaml:"max"`
	Whole     bool     `json:"whole,omitempty" yaml:"whole"`       // a number without a fraction
	Earliest  string   `json:"earliest,omitempty" yaml:"earliest"` // of a date, ISO
	Latest    string   `json:"latest,omitempty" yaml:"latest"`
	Shuffle   bool     `json:"shuffle,omitempty" yaml:"shuffle"`     // options in another order for each respondent, but the last ones (see Order)
	Adults    bool     `json:"adults,omitempty" yaml:"adults"`       // not asked of those under 14, who meet a shorter form
	Dimension string   `json:"dimension,omitempty" yaml:"dimension"` // 认知、参与、满意、支持、信心
	Right     []string `json:"right,omitempty" yaml:"right"`         // the right answer of a knowledge item
	Source    string   `json:"source,omitempty" yaml:"source"`       // of the wording, the scale values and the right answer

	// Of is the matrix whose row this is (see Items); kept nowhere.
	Of string `json:"-" yaml:"-"`
}

// IndicatorKind says how an indicator is computed.
type IndicatorKind string

// The closed list of indicator kinds.
const (
	Share IndicatorKind = "share" // 率: persons with a positive answer out of the base
	Index IndicatorKind = "index" // 度: mean of scale values over the base
)

// BaseRule says who is in the base of an indicator.
type BaseRule string

// The closed list of base rules.
const (
	BaseAnswered BaseRule = "answered" // all who answered the question, 说不清 included
	BaseOpinion  BaseRule = "opinion"  // those who gave an opinion: 说不清 left out
)

// Indicator is a figure the questionnaire is asked for: 知晓率, 满意率, 满意度 …
// Its rules are settings with a source note, never constants of the program.
type Indicator struct {
	Name     string             `json:"name" yaml:"name"` // awareness_narrow
	Label    string             `json:"label" yaml:"label"`
	Kind     IndicatorKind      `json:"kind" yaml:"kind"`
	Question string             `json:"question" yaml:"question"`
	Positive []string           `json:"positive,omitempty" yaml:"positive"` // codes that count, for a share
	Values   map[string]float64 `json:"values,omitempty" yaml:"values"`     // code → points, for an index
	Base     BaseRule           `json:"base" yaml:"base"`
	// Dimension names the part of the composite that this indicator feeds; one
	// indicator per dimension.
	Dimension string `json:"dimension,omitempty" yaml:"dimension"`
	Source    string `json:"source" yaml:"source"`
	Headline  bool   `json:"headline,omitempty" yaml:"headline"` // shown on the overview
}

// Questionnaire is one published version of a list of questions. Version is the
// revision under which it is kept.
type Questionnaire struct {
	ID         QuestionnaireID `json:"id" yaml:"id"`
	Version    uint32          `json:"version" yaml:"-"`
	Title      string          `json:"title" yaml:"title"`
	Intro      string          `json:"intro,omitempty" yaml:"intro"`
	Stratum    string          `json:"stratum,omitempty" yaml:"stratum"` // name of the question that holds the stratum
	Questions  []Question      `json:"questions" yaml:"questions"`
	Indicators []Indicator     `json:"indicators,omitempty" yaml:"indicators"`
	// Contradictions are told where a sheet is typed and where a wave is screened.
	Contradictions []Contradiction `json:"contradictions,omitempty" yaml:"contradictions"`
	Source         string          `json:"source,omitempty" yaml:"source"`
}

// Stratum is a part of the population sampled on its own, with its quota (0: none set).
// A capped quota is never exceeded: who comes after it is full is screened out.
type Stratum struct {
	Code   string `json:"code" yaml:"code"`
	Label  string `json:"label" yaml:"label"`
	Quota  int    `json:"quota,omitempty" yaml:"quota"`
	Capped bool   `json:"capped,omitempty" yaml:"capped"`
	// Population is how many people belong to it, by the source in Sampling.Frame; 0: not known.
	Population int `json:"population,omitempty" yaml:"population"`
}

// Area is a part of the city.
type Area struct {
	Code  string `json:"code" yaml:"code"`
	Label string `json:"label" yaml:"label"`
	// Population is how many people live there, by the source in Wave.AreaFrame; 0: not known.
	Population int `json:"population,omitempty" yaml:"population"`
	// Units are those whose placements stand in the area, with the units below them; empty: the
	// unit that is called like it.
	Units []org.UnitID `json:"units,omitempty" yaml:"units"`
}

// Quota is how many complete responses are wanted of a cell of stratum × area ×
// distributor; an empty field is any. Whether it is capped, its stratum says.
type Quota struct {
	Stratum     string `json:"stratum,omitempty" yaml:"stratum"`
	Area        string `json:"area,omitempty" yaml:"area"`
	Distributor string `json:"distributor,omitempty" yaml:"distributor"` // a person's id
	Count       int    `json:"count" yaml:"count"`
}

// Wave is one round of fieldwork.
type Wave struct {
	ID            WaveID          `json:"id" yaml:"id"`
	Name          string          `json:"name" yaml:"name"`
	Questionnaire QuestionnaireID `json:"questionnaire" yaml:"questionnaire"`
	Version       uint32          `json:"version" yaml:"-"` // of the questionnaire, fixed when the wave is made
	Start         time.Time       `json:"start,omitzero" yaml:"start"`
	End           time.Time       `json:"end,omitzero" yaml:"end"`
	Closed        bool            `json:"closed,omitempty" yaml:"closed"`
	Reason        string          `json:"reason,omitempty" yaml:"-"` // why it was closed or opened again, the last time
	Strata        []Stratum       `json:"strata,omitempty" yaml:"strata"`
	Areas         []Area          `json:"areas,omitempty" yaml:"areas"`
	AreaFrame     string          `json:"area_frame,omitempty" yaml:"area_frame"` // source of the areas' populations, with its date
	Quotas        []Quota         `json:"quotas,omitempty" yaml:"quotas"`         // beside those of the strata
	Population    string          `json:"population,omitempty" yaml:"population"` // who is meant, and how they are reached
	Sampling      Sampling        `json:"sampling,omitzero" yaml:"sampling"`
	Approval      string          `json:"approval,omitempty" yaml:"approval"` // number under which the statistics office has approved the survey
	Privacy       string          `json:"privacy,omitempty" yaml:"privacy"`   // notice before the first question
	Double        int             `json:"double,omitempty" yaml:"double"`     // percent of the sheets that another person enters once more
}

// Disposition is how the contact ended.
type Disposition string

// The closed list of dispositions; the database holds the same words.
const (
	Complete   Disposition = "complete"
	Partial    Disposition = "partial"    // a required question is open
	Refused    Disposition = "refused"    // reached, and would not take part
	Ineligible Disposition = "ineligible" // screened out: not of the population, or its quota is full
	Void       Disposition = "void"       // taken out by a person, with a reason
	Duplicate  Disposition = "duplicate"  // of another response, which counts
)

// Dispositions are all of them, in the order of a return table.
var Dispositions = []Disposition{Complete, Partial, Refused, Ineligible, Void, Duplicate}

// DispositionNames are the words for people.
var DispositionNames = map[Disposition]string{
	Complete: "完整", Partial: "部分完成", Refused: "拒答", Ineligible: "不符合条件", Void: "作废", Duplicate: "重复",
}

// Counts tells whether a response of this disposition stands in figures.
func (d Disposition) Counts() bool { return d == Complete || d == Partial }

// QuotaFull is the reason of a response that came after its capped quota was full.
const QuotaFull = "quota-full"

// Mode is how a response reached us.
type Mode string

// The closed list of modes.
const (
	Paper  Mode = "paper"
	Link   Mode = "link" // the public page
	Import Mode = "import"
	API    Mode = "api"
)

// Response is one respondent's answers in one wave. Choices hold option codes by
// question name, Numbers and Texts likewise; a date is a text in ISO form. The words
// beside an "other" option stand in Texts under "<question>.other".
type Response struct {
	ID            uuid.UUID           `json:"id"`
	Campaign      string              `json:"campaign"`
	Wave          WaveID              `json:"wave"`
	Revision      uint32              `json:"revision"`
	Questionnaire QuestionnaireID     `json:"questionnaire"`
	Version       uint32              `json:"version"`
	Stratum       string              `json:"stratum,omitempty"`
	Unit          string              `json:"unit,omitempty"`
	Distributor   string              `json:"distributor,omitempty"`
	Number        string              `json:"number,omitempty"` // of the paper sheet
	Mode          Mode                `json:"mode"`
	Disposition   Disposition         `json:"disposition"`
	Choices       map[string][]string `json:"choices,omitempty"`
	Numbers       map[string]float64  `json:"numbers,omitempty"`
	Texts         map[string]string   `json:"texts,omitempty"`
	AnsweredOn    time.Time           `json:"answered_on,omitzero"`
	Area          string              `json:"area,omitempty"`    // a code of the wave's areas
	Reason        string              `json:"reason,omitempty"`  // of a disposition that doesn't count: a code or words; of one that does, why it was restored
	Late          bool                `json:"late,omitempty"`    // came after the wave was closed; kept, and in no figure
	Young         bool                `json:"young,omitempty"`   // under 14, met the shorter form
	Seconds       uint32              `json:"seconds,omitempty"` // from the first page to the last, as the client tells
	Link          string              `json:"link,omitempty"`    // of the public page it came by
	Device        string              `json:"device,omitempty"`  // a hash that tells one device's responses, and nothing of the device
	Unclear       []string            `json:"unclear,omitempty"` // questions whose answer on the paper can't be read
	Origin        placement.Origin    `json:"origin"`
	RecordedAt    time.Time           `json:"recorded_at"`
	RecordedBy    string              `json:"recorded_by"`
}
