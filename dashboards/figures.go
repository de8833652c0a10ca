package dashboards

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/app/survey"
)

// blank stands where there is nothing to estimate from.
const blank = "—"

// Caution says what the intervals of these waves are worth, once where it is the same for all.
func Caution(waves ...survey.Wave) string {
	var said []string
	for _, w := range waves {
		if words := w.Sampling.Caution(); !slices.Contains(said, words) {
			said = append(said, words)
		}
	}
	if len(said) < 2 {
		return strings.Join(said, "")
	}
	var each []string
	for _, w := range waves {
		each = append(each, w.Name+"："+w.Sampling.Caution())
	}
	return strings.Join(each, "")
}

func text(s string) Cell {
	if s == "" {
		s = blank
	}
	return Cell{Text: s}
}

func count(n int64) Cell {
	number := float64(n)
	return Cell{Text: strconv.FormatInt(n, 10), Number: &number}
}

// figure prints a share or an index with its unit and its doubts.
func (p *page) figure(e estimate.Estimate, unit string) Cell {
	c := Cell{Text: blank, Notes: p.doubts(e.Warnings)}
	if e.Valid {
		value := e.Value
		c.Text, c.Number = e.Text(1)+unit, &value
	}
	return c
}

// interval prints the bounds of a figure.
func interval(e estimate.Estimate) Cell {
	if s := e.IntervalText(1); s != "" {
		return Cell{Text: s}
	}
	return Cell{Text: blank}
}

// intervalName heads a column of intervals; the level is the figures' own.
func intervalName(figures ...estimate.Estimate) string {
	for _, e := range figures {
		if e.Level > 0 {
			return strconv.FormatFloat(100*e.Level, 'f', -1, 64) + "%区间"
		}
	}
	return "区间"
}

// unitOf is what an indicator is measured in.
func unitOf(kind survey.IndicatorKind) string {
	if kind == survey.Index {
		return "分"
	}
	return "%"
}

// inWords prints a figure with its base: 61.2%（n=540）.
func inWords(e estimate.Estimate, unit string) string {
	if !e.Valid {
		return blank
	}
	return fmt.Sprintf("%s%s（n=%d）", e.Text(1), unit, e.Base)
}

// Amounts prints quantities by measure word, which are never added to each other.
func Amounts(list []analytics.Amount) string {
	if len(list) == 0 {
		return blank
	}
	parts := make([]string, len(list))
	for i, a := range list {
		parts[i] = quantity(a.Quantity) + a.Measure
	}
	return strings.Join(parts, "、")
}

// quantity prints up to three decimals, as many as are kept of one.
func quantity(v float64) string {
	return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
}

// day prints a civil date the way people say it.
func day(t time.Time) string {
	if t.IsZero() {
		return blank
	}
	return fmt.Sprintf("%d月%d日", t.Month(), t.Day())
}

func numeric(names ...string) []Column {
	list := make([]Column, len(names))
	for i, name := range names {
		list[i] = Column{Name: name, Numeric: true}
	}
	return list
}

func columns(first string, rest ...Column) []Column {
	return append([]Column{{Name: first}}, rest...)
}

// sorted gives the keys of a map in order.
func sorted[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}

// beijing is the zone of all times on pages. It has had no summer time since 1991, so
// a fixed offset serves and no zone file is needed.
func beijing() *time.Location { return time.FixedZone("CST", 8*60*60) }
