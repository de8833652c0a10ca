// Package handover makes what a wave hands over as data, for whoever wants to reckon again: the
// responses as CSV and as .sav, a codebook, the design of the sample, the figures as printed,
// and an R script that computes each of them anew and says where they differ.
//
// The input is a Source: the wave, its questionnaire, its sample as analytics found it, and a walk
// through its responses. Open goes through them once, to count cells and measure texts; each
// file is then a method that writes to a stream, by one more walk, in the memory of one row. The
// walk must give the same responses in the same order each time; a file in which other rows
// arrive than were counted is refused. The same source gives the same bytes.
//
// All files of a wave lie in one folder and know each other by name (Files).
//
// # What is not handed over
//
// Ids, sheet numbers, days and times, links, the unit and the person of record, and where a row
// came from. Distributors and devices are left out, or become numbers in the order in which they
// come. Open answers are masked by package openanswers, or left out where there is no lexicon.
// Only responses that count in figures are there.
//
// Where fewer than Settings.Smallest people share a stratum and all of Settings.Keys, the keys
// are taken out one after another until as many share what remains, among those of whom
// the same was taken out (else whoever is alone among them would be known again). The stratum
// stays: weights hang on it. What other answers tell of a person no rule of this kind can know.
//
// # Why
//
// Nobody has to believe a figure that can be reckoned again. The script uses R's survey and no
// code of ours, so it is a second opinion; it reads the published files alone, so a figure that
// rests on what was taken out is printed beside and not checked, and the file says which.
package handover

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"shuixuan/analytics"
	"shuixuan/analytics/openanswers"
	"shuixuan/app/campaign"
	"shuixuan/app/survey"
)

// Files are the names of the files in the folder of a wave.
const (
	ResponsesFile    = "responses.csv"
	SavFile          = "responses.sav"
	CodebookFile     = "codebook.csv"
	CodebookBookFile = "codebook.xlsx"
	DesignFile       = "design.csv"
	TotalsFile       = "totals.csv"
	FiguresFile      = "figures.csv"
	ScriptFile       = "reproduce.R"
)

// Settings are what the office decides.
type Settings struct {
	// Smallest is how many people at least must share the stratum and all keys for the keys to be
	// published (5), with its source; 0: nothing is taken out, for what isn't published.
	Smallest campaign.Sourced[int64]
	// Keys are the columns by which a person could be known again: "@area" and questions with one
	// answer. The first is the first to be taken out.
	Keys []string
	// Distributors and Devices put them in under numbers instead of leaving them out.
	Distributors, Devices bool
}

// Margin is a known population of each category of a column: "stratum", "@area" or a question
// with one answer.
type Margin struct {
	Column string
	Totals map[string]float64 // people, by code
}

// Source is what a handover is made of.
type Source struct {
	Title         string    // of campaign and wave, as it heads the codebook
	Product       string    // program and version, ASCII
	CutOff        time.Time // the instant the responses stand for; the files bear it
	Wave          survey.Wave
	Questionnaire survey.Questionnaire
	Sample        analytics.Sample // of the same responses: gives weights and what was drawn together
	Calibration   []Margin         // to which the weights are raked on top of that (one: post-stratified); usually none
	Lexicon       *openanswers.Lexicon
	Settings      Settings
	// Each walks through all responses of the wave, those too that don't count.
	Each func(ctx context.Context, yield func(survey.Response) error) error
}

// Report is what Open found and decided; the codebook prints it.
type Report struct {
	Rows    int64            // responses in the files
	LeftOut int64            // responses that don't count: void, refused, late …
	Touched int64            // rows of which a key was taken out
	Blanked map[string]int64 // by key: in how many rows
	// Warnings are Chinese sentences for the office, before anything is published.
	Warnings []string
}

// Data is a wave ready to be written.
type Data struct {
	Report   Report
	source   Source
	q        survey.Questionnaire // flat: the rows of a matrix are questions
	columns  []*column
	suppress suppression
	units    *numbering // sampling units
	people   *numbering // distributors
	devices  *numbering
	outside  int64 // rows without a weight
	strayed  int64 // rows with an option that the questionnaire doesn't know
}

// Open reads the responses once.
func Open(ctx context.Context, s Source) (*Data, error) {
	s.CutOff = s.CutOff.In(time.FixedZone("CST", 8*60*60)) // as people in the room read it
	d := &Data{source: s, q: s.Questionnaire.Flat(), units: newNumbering("p"), people: newNumbering("d"), devices: newNumbering("m")}
	d.Report.Blanked = map[string]int64{}
	d.columns = d.layOut()
	if err := d.checkKeys(); err != nil {
		return nil, err
	}
	d.suppress = newSuppression(s.Settings)
	err := s.Each(ctx, func(r survey.Response) error {
		if !counts(r) {
			d.Report.LeftOut++
			return nil
		}
		d.Report.Rows++
		d.meet(r)
		return ctx.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read responses: %w", err)
	}
	d.suppress.decide()
	d.Report.Touched, d.Report.Blanked = d.suppress.result()
	d.settle()
	return d, nil
}

// counts tells whether a response stands in figures.
func counts(r survey.Response) bool { return r.Disposition.Counts() && !r.Late }

// checkKeys refuses keys and margins that no column holds.
func (d *Data) checkKeys() error {
	for _, key := range d.source.Settings.Keys {
		c := d.column(key)
		if c == nil || c.kind != coded || key == stratumKey || key == d.q.Stratum {
			return fmt.Errorf("handover: %q can't be a key: it must be %s or a question with one answer, and the stratum stays", key, areaKey)
		}
	}
	for _, m := range d.source.Calibration {
		if c := d.column(m.Column); c == nil || c.kind != coded {
			return fmt.Errorf("handover: %q can't be a margin: it must be %s, %s or a question with one answer", m.Column, stratumKey, areaKey)
		}
	}
	return nil
}

// meet takes from a response what has to be known before the first line is written.
func (d *Data) meet(r survey.Response) {
	d.suppress.count(d.combination(r))
	if unit := d.unit(r); unit != "" {
		d.units.number(unit)
	}
	if d.source.Settings.Distributors && r.Distributor != "" {
		d.people.number(r.Distributor)
	}
	if d.source.Settings.Devices && r.Device != "" {
		d.devices.number(r.Device)
	}
	if _, weighed := d.weight(r.Stratum); !weighed {
		d.outside++
	}
	if d.strange(r) {
		d.strayed++
	}
	row := d.row(0, r)
	for _, c := range d.columns {
		c.meet(row)
	}
}

// settle ends what meet began.
func (d *Data) settle() {
	strata := map[string]int64{}
	for combination, n := range d.suppress.people {
		strata[first(combination)] += n
	}
	for _, code := range slices.Sorted(maps.Keys(strata)) {
		if n := strata[code]; n < d.source.Settings.Smallest.Value {
			d.Report.Warnings = append(d.Report.Warnings, fmt.Sprintf("人群“%s”一共只有%d份答卷，少于%d份；人群一栏不隐去，公开前请考虑合并人群。",
				d.column(stratumKey).labelOf(code), n, d.source.Settings.Smallest.Value))
		}
	}
	if d.outside > 0 {
		d.Report.Warnings = append(d.Report.Warnings, fmt.Sprintf("%d份答卷不属于这一轮的任何人群，没有权重，没有计入加权的数字。", d.outside))
	}
	if d.strayed > 0 {
		d.Report.Warnings = append(d.Report.Warnings, fmt.Sprintf("%d份答卷的多选题里有问卷没有的选项代码，这些选项没有列，没有交出。", d.strayed))
	}
	if d.source.Lexicon == nil && slices.ContainsFunc(d.q.Questions, written) {
		d.Report.Warnings = append(d.Report.Warnings, "没有词表，无法遮盖姓名和电话，文字题没有交出。")
	}
	for _, c := range d.columns {
		c.settle()
	}
}

// weight is how many people a response of the stratum stands for; weighed is false where it
// stays out of what is weighted.
func (d *Data) weight(stratum string) (weight float64, weighed bool) {
	if !d.source.Sample.Weighted {
		return 1, true
	}
	for _, s := range d.source.Sample.Strata {
		if s.Code == stratum {
			return s.Weight, true
		}
	}
	return 0, false
}

// unit names what a response was reached with; those of whom it isn't known are one unit of
// their stratum.
func (d *Data) unit(r survey.Response) string {
	var name string
	switch d.source.Sample.Sampling.Unit {
	case survey.ByDistributor:
		name = r.Distributor
	case survey.ByArea:
		name = r.Area
	case survey.ByUnit:
		name = r.Unit
	default:
		return ""
	}
	return r.Stratum + "\x00" + name
}

// population corrects for the part of a stratum that was asked: of a random sample of people.
func (d *Data) population(stratum string) (float64, bool) {
	sample := d.source.Sample
	if !sample.Sampling.Random() || sample.Sampling.Unit != "" || !sample.Weighted {
		return 0, false
	}
	for _, s := range sample.Strata {
		if s.Code == stratum && s.Population > 0 {
			return s.Population, true
		}
	}
	return 0, false
}

// numbering gives names numbers in the order in which they come, so that they can be told apart
// and not told.
type numbering struct {
	letter string
	of     map[string]int
}

func newNumbering(letter string) *numbering { return &numbering{letter, map[string]int{}} }

func (n *numbering) number(name string) string {
	at, known := n.of[name]
	if !known {
		at = len(n.of) + 1
		n.of[name] = at
	}
	return n.letter + strconv.Itoa(at)
}

// plain prints a number as every program reads it.
func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// clean takes out NUL, which ends a text for some readers.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}
