// Package dossier makes the inspection dossier of results: the report as an official
// document, the exhibits behind its figures, and the order in which all of it goes into one
// sealed file.
//
// It takes results as of one cut-off and gives the same bytes for the same results. It reads
// no table and computes no figure: what it prints stands in the results, and in the tables
// that pages show of them.
//
// # Why
//
// The report is what the campaign is judged by, so its words are made of the figures and not
// beside them. Each passage is a text with a key; the office may write another in its place,
// and what it wrote is marked as such wherever it is printed. Everything else of the report
// (tables, charts, references) can't be edited here.
package dossier

import (
	"time"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/placement"
	"shuixuan/app/survey"
)

// Data is what a dossier is made of, all of it as of the cut-off.
type Data struct {
	ID      string // of the dossier
	Plan    *campaign.Plan
	Cutoff  time.Time // what was recorded later is not in it
	AsOf    time.Time // civil date of the cut-off
	Program string    // version

	Coverage *analytics.Coverage
	Reviews  Reviews
	Waves    []Wave
	Exhibits []Exhibit // in the order of the plan, its units and the days

	// Edits are the passages that the office wrote, by key.
	Edits map[string]string
}

// Reviews counts what the office did with what the units sent.
type Reviews struct {
	States      map[placement.State]int64
	Photos      int64
	Inspections int64
}

// Wave is one round of fieldwork with its figures.
type Wave struct {
	Wave          survey.Wave
	Questionnaire survey.Questionnaire
	Progress      *analytics.Progress
	Returns       *analytics.Returns
	Indicators    *analytics.Indicators // by stratum
	Weighted      *analytics.Weighted   // by stratum
	Distributions []*analytics.Distribution
	Trends        []analytics.Trend   // of the headline indicators
	Screened      *analytics.Screened // nil where it was not made
}

// Exhibit is a placement as proof: 证2-015 is the 15th of the plan's second task.
type Exhibit struct {
	Name        string
	Placement   placement.Placement
	Standing    *analytics.StandingRow // nil where it doesn't count: withdrawn or returned
	Photos      []placement.Photo
	Inspections []placement.Inspection
	History     []placement.Placement // every revision, the first one first
}

// Passage is a text of the report that the office may write anew.
type Passage struct {
	Key   string
	Place string // where it stands, in words
	Text  string // as the data give it; paragraphs are parted by a line break
}
