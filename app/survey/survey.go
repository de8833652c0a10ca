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
	Number   QuestionType = "number"
	Date     QuestionType = "date"
	Text     QuestionType = "text"
	Note     QuestionType = "note" // words only, no answer
)

// Option is one choice. Code is what is stored; Label is what people read.
type Option struct {
	Code      string   `json:"code" yaml:"code"`
	Label     string   `json:"label" yaml:"label"`
	Aliases   []string `json:"aliases,omitempty" yaml:"aliases"`
	DontKnow  bool     `json:"dont_know,omitempty" yaml:"dont_know"` // 说不清: an answer, but no opinion
	Exclusive bool     `json:"exclusive,omitempty" yaml:"exclusive"` // 都没有: no other option beside it
	Other     bool     `json:"other,omitempty" yaml:"other"`         // asks for words, kept under "<question>.other"
}

// Condition is true for a response when its question holds one of In (or none of
// NotIn), and all of All, and any of Any. An empty condition is true.
type Condition struct {
	Question string      `json:"question,omitempty" yaml:"question"`
	In       []string    `json:"in,omitempty" yaml:"in"`
	NotIn    []string    `json:"not_in,omitempty" yaml:"not_in"`
	All      []Condition `json:"all,omitempty" yaml:"all"`
	Any      []Condition `json:"any,omitempty" yaml:"any"`
}

// Question is one item of a questionnaire.
type Question struct {
	Name      string       `json:"name" yaml:"name"`
	Type      QuestionType `json:"type" yaml:"type"`
	Label     string       `json:"label" yaml:"label"`
	Short     string       `json:"short,omitempty" yaml:"short"` // for chart axes
	Hint      string       `json:"hint,omitempty" yaml:"hint"`
	Aliases   []string     `json:"aliases,omitempty" yaml:"aliases"` // column headings it is known by
	Required  bool         `json:"required,omitempty" yaml:"required"`
	Options   []Option     `json:"options,omitempty" yaml:"options"`
	ShowIf    *Condition   `json:"show_if,omitempty" yaml:"show_if"`
	Min       *float64     `json:"min,omitempty" yaml:"min"`
	Max       *float64     `json:"max,omitempty" yaml:"max"`
	Dimension string       `json:"dimension,omitempty" yaml:"dimension"` // 认知、参与、满意、支持、信心
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
	Source     string          `json:"source,omitempty" yaml:"source"`
}

// Stratum is a part of the population sampled on its own, with its quota (0: none set).
type Stratum struct {
	Code  string `json:"code" yaml:"code"`
	Label string `json:"label" yaml:"label"`
	Quota int    `json:"quota,omitempty" yaml:"quota"`
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
	Strata        []Stratum       `json:"strata,omitempty" yaml:"strata"`
	Population    string          `json:"population,omitempty" yaml:"population"` // who is meant, and how they are reached
}

// Disposition is how the contact ended.
type Disposition string

// The closed list of dispositions; the database holds the same words.
const (
	Complete Disposition = "complete"
	Partial  Disposition = "partial" // a required question is open
	Void     Disposition = "void"    // taken out by a person, with a reason
)

// Mode is how a response reached us.
type Mode string

// The closed list of modes.
const (
	Paper  Mode = "paper"
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
	Origin        placement.Origin    `json:"origin"`
	RecordedAt    time.Time           `json:"recorded_at"`
	RecordedBy    string              `json:"recorded_by"`
}
