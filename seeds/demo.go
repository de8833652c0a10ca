package seeds

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// The kinds of files of the demonstration; ingest has a way in for each.
const (
	Placements = "placements"
	Responses  = "responses"
)

// File is one upload of the demonstration, as a unit sends it.
type File struct {
	Campaign string
	Kind     string    // Placements or Responses
	Wave     string    // of responses
	Unit     string    // the sender's unit; empty for the office
	Name     string    // begins with 演示-
	Day      time.Time // civil date on which it comes in, midnight UTC
	Body     []byte    // CSV
}

// Demo makes the demonstration for somebody who opens it on the civil date today:
// ledgers and answer sheets of three months that end in the week before, in the order
// in which they come in. It is the same in every run with the same day, byte for byte.
//
// Whatever stands "to acceptance" still stands; flights that ended don't, so a coverage
// that was once better is part of what it shows. About three rows in a hundred hold a
// fault of the kind people make, so that receipts have something to say.
func Demo(today time.Time) ([]File, error) {
	var files []File
	for _, campaign := range demoLedgers {
		campaign.start = campaign.start.AddDate(0, 0, Shift(campaign.campaign, today))
		made, err := campaign.files()
		if err != nil {
			return nil, err
		}
		files = append(files, made...)
	}
	for _, fieldwork := range demoFieldworks {
		fieldwork.shift = Shift(fieldwork.campaign, today)
		made, err := fieldwork.files()
		if err != nil {
			return nil, err
		}
		files = append(files, made...)
	}
	slices.SortStableFunc(files, func(a, b File) int { return a.Day.Compare(b.Day) })
	return files, nil
}

// lastDays are the days on which the last file of each campaign comes in, where the
// demonstration is told in the years of the shipped plans.
var lastDays = map[string]time.Time{
	"feicheng":   civil(time.November, 26),
	"governance": time.Date(2020, time.October, 19, 0, 0, 0, 0, time.UTC),
}

// Shift is how many days the demonstration of a campaign moves for somebody who opens
// it on the civil date today (midnight UTC). These are whole weeks, so that who hands in
// on Mondays still does; the last file comes in yesterday or up to six days earlier. The
// shipped files keep their years: whoever imports one gets what it says.
func Shift(campaign string, today time.Time) int {
	const day, week = 24 * time.Hour, 7
	last, shown := lastDays[campaign]
	if !shown {
		return 0
	}
	between := int(today.AddDate(0, 0, -1).Sub(last) / day)
	if between < 0 {
		between -= week - 1 // division rounds towards zero, and the last day mustn't be after yesterday
	}
	return between / week * week
}

// chance gives the random numbers of one part of the demonstration. Each part has
// its own, so that a change in one leaves the others as they are.
func chance(part string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(part))
	return rand.New(rand.NewPCG(20140901, h.Sum64()))
}

// weighted picks an index with a chance in proportion to its weight.
func weighted(r *rand.Rand, weights []float64) int {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	at := r.Float64() * sum
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return len(weights) - 1
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func civil(month time.Month, day int) time.Time {
	return time.Date(2014, month, day, 0, 0, 0, 0, time.UTC)
}

// encoded writes rows as CSV in the encodings that offices send: UTF-8 with a mark
// at the start, or GB18030.
func encoded(rows [][]string, gb18030 bool) ([]byte, error) {
	var b bytes.Buffer
	if !gb18030 {
		b.WriteString("\ufeff")
	}
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("write demonstration file: %w", err)
	}
	if !gb18030 {
		return b.Bytes(), nil
	}
	return simplifiedchinese.GB18030.NewEncoder().Bytes(b.Bytes())
}
