package handover

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/app/survey"
	"shuixuan/dashboards/safecsv"
)

// Kind is how a figure is computed from answers.
type Kind string

// The closed list.
const (
	Share     Kind = "share"     // percent of persons with one of Positive, out of the base
	Mean      Kind = "mean"      // of Values, or of a number as it was given
	Mentions  Kind = "mentions"  // percent of all options chosen
	Composite Kind = "composite" // weighted sum of other figures
)

// Weighting is whom an answer stands for.
type Weighting string

// The closed list.
const (
	Plain      Weighting = "none"       // each answer counts as one
	Design     Weighting = "design"     // as many people as the design says; strata and units in the interval
	Calibrated Weighting = "calibrated" // the same, brought to Source.Calibration
)

// PlainInterval are the intervals of plain counts; those of a design are estimate's own
// (estimate.IntervalMethods).
const (
	IntervalWilson = "wilson" // score, n persons
	IntervalT      = "t"      // Student's, n−1, cut at the ends of the scale
)

// Figure is one printed figure with the way it is made. Value, Lower and Upper are as they were
// printed, in percent or points; "–" where nothing can be said, empty for no interval. How
// many digits were printed, the texts themselves say.
type Figure struct {
	ID       string // of the exhibit; each its own
	Label    string
	Kind     Kind
	Question string             // name; of a matrix, its row
	Positive []string           // codes of a share and of mentions
	Values   map[string]float64 // points by code, of a mean
	Leave    []string           // codes that are not in the base
	By       string             // "" for all, "stratum", "@area" or a question with one answer
	Group    string             // the code; empty: who gave no answer to By
	Weighting
	Interval            string // "" for none
	Level               float64
	Value, Lower, Upper string
	Base                int64              // persons, mentions; -1 where none was printed
	Rounded             bool               // so that parts add up to 100: up to one unit of the last digit off
	Parts               map[string]float64 // of a composite: weights by the ID of figures before
	Unchecked           string             // why it can't be reckoned from the files, where the caller knows so
}

// decimals are those of the pages.
const (
	decimals          = 1
	compositeDecimals = 2
)

// take fills in what an estimate prints.
func (f *Figure) take(e estimate.Estimate, digits int) {
	f.Value, f.Base, f.Level = e.Text(digits), e.Base, e.Level
	if e.Valid && e.HasInterval {
		f.Lower, f.Upper = estimate.Round(e.Lower, digits), estimate.Round(e.Upper, digits)
	}
	for _, w := range e.Warnings {
		if w.Code == analytics.BadDesign {
			f.Unchecked = w.Text
		}
	}
}

// indicator is a figure of an indicator, without its estimate.
func indicator(q survey.Questionnaire, i survey.Indicator, by, code, label string) Figure {
	question, _ := q.Question(i.Question)
	f := Figure{ID: i.Name, Label: i.Label, Kind: Share, Question: i.Question, Positive: i.Positive, By: by, Group: code}
	if i.Kind == survey.Index {
		f.Kind, f.Positive, f.Values = Mean, nil, i.Values
	}
	if i.Base == survey.BaseOpinion {
		f.Leave = dontKnow(question)
	}
	if by != "" {
		f.ID += "/" + by + "=" + code
		f.Label += "，" + label
	}
	return f
}

// OfIndicators are the figures of a wave by plain count, and their composite, as the pages print
// them. by is the grouping they were asked with.
func OfIndicators(q survey.Questionnaire, all *analytics.Indicators, by string) []Figure {
	var list []Figure
	plain := func(f Figure, e estimate.Estimate) {
		f.Weighting, f.Interval = Plain, IntervalWilson
		if f.Kind == Mean {
			f.Interval = IntervalT
		}
		f.take(e, decimals)
		list = append(list, f)
	}
	for _, one := range all.Figures {
		plain(indicator(q, one.Indicator, "", "", ""), one.Total.Estimate)
		for _, g := range one.Groups {
			if by != "" {
				plain(indicator(q, one.Indicator, by, g.Code, g.Label), g.Estimate)
			}
		}
	}
	if c := all.Composite; c != nil {
		f := Figure{ID: "composite", Label: "综合指数", Kind: Composite, Weighting: Plain, Parts: map[string]float64{}}
		f.take(c.Estimate, compositeDecimals)
		f.Base = -1
		for _, part := range c.Parts {
			f.Parts[part.Indicator] += part.Weight
		}
		list = append(list, f)
	}
	return list
}

// OfWeighted are the figures of a wave as its design has them.
func OfWeighted(q survey.Questionnaire, all *analytics.Weighted) []Figure {
	var list []Figure
	designed := func(f Figure, one analytics.Designed) {
		f.ID = "design/" + f.ID
		f.Weighting, f.Interval = Design, string(estimate.IntervalLogit)
		if f.Kind == Mean {
			f.Interval = string(estimate.IntervalT)
		}
		f.take(one.Estimate, decimals)
		list = append(list, f)
	}
	for _, one := range all.Figures {
		designed(indicator(q, one.Indicator, "", "", ""), one.Total)
		for _, g := range one.Groups {
			designed(indicator(q, one.Indicator, all.By, g.Code, g.Label), g.Designed)
		}
	}
	return list
}

// OfDistribution are the shares of the options of a question. sumTo100 is the campaign's
// setting: shares of a single choice are then printed so that they add up.
func OfDistribution(d *analytics.Distribution, sumTo100 bool) []Figure {
	var list []Figure
	group := func(by string, g analytics.GroupDistribution) {
		counts := make([]int64, len(g.Options))
		for i, o := range g.Options {
			counts[i] = o.Persons.Numerator
		}
		texts, adjusted := estimate.Block(counts, g.Answered, decimals)
		for i, o := range g.Options {
			id := d.Question.Name + "=" + o.Code
			f := Figure{ID: id, Label: d.Question.Title() + "：" + o.Label, Kind: Share, Question: d.Question.Name, Positive: []string{o.Code}, By: by, Group: g.Code, Weighting: Plain, Interval: IntervalWilson}
			if by != "" {
				f.ID, f.Label = id+"/"+by+"="+g.Code, f.Label+"，"+g.Label
			}
			f.take(o.Persons, decimals)
			if sumTo100 && adjusted && d.Question.Type != survey.Multiple {
				f.Value, f.Rounded = texts[i], true
			}
			list = append(list, f)
			if d.Question.Type == survey.Multiple {
				m := f
				m.ID, m.Label, m.Kind, m.Interval = "mentions/"+f.ID, f.Label+"（占提及）", Mentions, ""
				m.Lower, m.Upper = "", ""
				m.take(o.Mentions, decimals)
				list = append(list, m)
			}
		}
	}
	group("", d.Total)
	for _, g := range d.Groups {
		group(d.By, g)
	}
	return list
}

// How much of a figure the script holds against the print.
const (
	checkAll   = "all"
	checkValue = "value" // not the interval
	checkNone  = "none"
)

var figuresHead = []string{"id", "label", "kind", "multiple", "variables", "positive", "values", "leave", "group", "group_code", "weighting", "interval", "level", "value", "lower", "upper", "base", "rounded", "parts", "check", "why"}

// Figures writes the figures as they were printed, with the way each is made: what the script
// reads. It refuses figures that it couldn't reckon.
func (d *Data) Figures(w io.Writer, figures []Figure) error {
	out := safecsv.New(w)
	out.Write(figuresHead)
	seen := map[string]bool{}
	for _, f := range figures {
		if seen[f.ID] || f.ID == "" {
			return fmt.Errorf("write %s: two figures are %q", FiguresFile, f.ID)
		}
		line, err := d.line(f, seen)
		if err != nil {
			return fmt.Errorf("write %s: figure %q: %w", FiguresFile, f.ID, err)
		}
		seen[f.ID] = true
		for i := range line {
			line[i] = safecsv.Text(clean(line[i]))
		}
		out.Write(line)
	}
	return closed(out, FiguresFile, nil)
}

// line describes a figure by the columns of the files.
func (d *Data) line(f Figure, before map[string]bool) ([]string, error) {
	if err := f.validate(before); err != nil {
		return nil, err
	}
	variables, positive, values, leave, err := d.made(f)
	if err != nil {
		return nil, err
	}
	group := ""
	if f.By != "" {
		c := d.column(f.By)
		if c == nil || c.kind != coded {
			return nil, fmt.Errorf("%q is no column to group by", f.By)
		}
		group = c.name
	}
	check, why := d.checked(f)
	base, rounded, level, multiple := "", "", "", ""
	if f.Base >= 0 {
		base = strconv.FormatInt(f.Base, 10)
	}
	if f.Rounded {
		rounded = "yes"
	}
	if f.Level > 0 {
		level = plain(f.Level)
	}
	if len(d.chosen(f.Question)) > 0 {
		multiple = "yes"
	}
	return []string{f.ID, f.Label, string(f.Kind), multiple, joined(variables), joined(positive), joined(values), joined(leave), group, f.Group,
		string(f.Weighting), f.Interval, level, f.Value, f.Lower, f.Upper, base, rounded, joined(parted(f.Parts)), check, why}, nil
}

func (f Figure) validate(before map[string]bool) error {
	for id := range f.Parts {
		if !before[id] && f.Value != "–" {
			return fmt.Errorf("its part %q doesn't stand before it", id)
		}
	}
	switch f.Weighting {
	case Plain:
		if !slices.Contains([]string{"", IntervalWilson, IntervalT}, f.Interval) {
			return fmt.Errorf("there is no interval %q of a plain count", f.Interval)
		}
	case Design, Calibrated:
		if f.Kind == Mentions || f.Kind == Composite {
			return fmt.Errorf("%s are plain counts", f.Kind)
		}
		if f.Interval != "" && !slices.Contains(estimate.IntervalMethods, estimate.IntervalMethod(f.Interval)) {
			return fmt.Errorf("there is no interval %q", f.Interval)
		}
	default:
		return fmt.Errorf("there is no weighting %q", f.Weighting)
	}
	if f.Interval != "" && !(f.Level > 0 && f.Level < 1) && f.Lower != "" {
		return fmt.Errorf("its level is %v", f.Level)
	}
	return nil
}

// made names the columns of which a figure is made, and its codes; of a multiple choice the
// codes are columns themselves.
func (d *Data) made(f Figure) (variables, positive, values, leave []string, err error) {
	if f.Kind == Composite {
		return nil, nil, nil, nil, nil
	}
	if c := d.column(f.Question); c != nil {
		if c.kind == words || c.kind == amount && f.Kind != Mean {
			return nil, nil, nil, nil, fmt.Errorf("%q has no options", f.Question)
		}
		return []string{c.name}, f.Positive, parted(f.Values), f.Leave, nil
	}
	options := d.chosen(f.Question)
	if len(options) == 0 {
		return nil, nil, nil, nil, fmt.Errorf("there is no question %q in the files", f.Question)
	}
	if f.Kind == Mean {
		return nil, nil, nil, nil, fmt.Errorf("%q is a multiple choice and has no mean", f.Question)
	}
	for _, c := range options {
		variables = append(variables, c.name)
		if slices.Contains(f.Positive, c.option.Code) {
			positive = append(positive, c.name)
		}
		if slices.Contains(f.Leave, c.option.Code) {
			leave = append(leave, c.name)
		}
	}
	return variables, positive, nil, leave, nil
}

// parted prints numbers by their keys: very=100. A key holds no equals sign but an ID may, so
// the last one parts them.
func parted(numbers map[string]float64) []string {
	list := make([]string, 0, len(numbers))
	for key, v := range numbers {
		list = append(list, key+"="+plain(v))
	}
	slices.Sort(list)
	return list
}

// checked says how much of a figure the published files can tell.
func (d *Data) checked(f Figure) (check, why string) {
	hidden := func(key string) bool { return d.Report.Blanked[key] > 0 }
	switch {
	case f.Unchecked != "":
		return checkNone, f.Unchecked
	case f.By != "" && hidden(f.By):
		return checkNone, "分组的一栏有内容按小单元规则隐去了"
	case hidden(f.Question):
		return checkNone, "这道题有内容按小单元规则隐去了"
	case f.Weighting == Calibrated && slices.ContainsFunc(d.source.Calibration, func(m Margin) bool { return hidden(m.Column) }):
		return checkNone, "校准用的一栏有内容按小单元规则隐去了"
	case f.Weighting != Plain && f.Lower != "" && d.source.Sample.Sampling.Unit == survey.ByArea && hidden(areaKey):
		return checkValue, "有的抽样单元随片区隐去了，区间无法核对"
	}
	return checkAll, ""
}
