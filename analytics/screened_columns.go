package analytics

import (
	"cmp"
	"slices"
	"strings"

	"shuixuan/analytics/screening"
	"shuixuan/app/survey"
)

// comparedColumn is a question, or a part of one, as the screening compares it.
type comparedColumn struct {
	screening.Question
	item  survey.Question
	codes map[string]int8 // of options
	first bool            // the part that says whether the question was left open
	from  int             // of a part of a multiple choice: its first option
	low   float64         // of numbers: what 0 stands for
	unfit bool            // an answer is no small number

	counted survey.Indicator // by which the effect of distributors is told
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
			c.points(q, points[key])
			list = append(list, c)
		case item.Type == survey.Multiple:
			for c.from = 0; c.from < len(item.Options); c.from += partOfSets {
				c.Options = 1 << min(partOfSets, len(item.Options)-c.from)
				list = append(list, c)
				c.first = false
			}
		case item.Type == survey.Rating:
			c.low, c.Options, c.Ordered = *item.Min, int(*item.Max-*item.Min)+1, true
			c.counted = survey.Indicator{Label: item.Title(), Kind: survey.Index}
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
