// Package estimate turns counts into figures that carry their base, interval, method
// and warnings.
//
// It knows no database, no page and no questionnaire: numbers in, estimates out, so
// that every formula can be checked by hand and against an independent tool.
//
// # Why
//
// SQL counts and sums; Go estimates. The cut keeps the statistics a page of pure
// functions, and lets the same functions serve rows of a CSV later.
package estimate

// Warning is a doubt that must be shown with its figure; it is not an error. Code is
// for programs and tests, Text for people (Chinese).
type Warning struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Estimate is a value with what it rests on. A share and its interval are in
// percent (0 to 100), an index in points. Valid is false where there is nothing to
// estimate from (base 0): then no number may be shown. HasInterval is false where no
// honest interval exists.
type Estimate struct {
	Value       float64   `json:"value"`
	Lower       float64   `json:"lower"`
	Upper       float64   `json:"upper"`
	Valid       bool      `json:"valid"`
	HasInterval bool      `json:"has_interval"`
	Numerator   int64     `json:"numerator"` // persons (or mentions) counted; 0 for an index
	Base        int64     `json:"base"`
	Level       float64   `json:"level"`  // confidence level, 0.95
	Method      string    `json:"method"` // "Wilson", "t", …
	Warnings    []Warning `json:"warnings,omitempty"`
}
