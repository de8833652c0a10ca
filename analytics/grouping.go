package analytics

import (
	"fmt"
	"strconv"
	"strings"

	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// What is kept with the response beside its answers and can head a grouping. No question's
// name begins with @.
const (
	Stratum = "stratum"
	ByArea  = "@area"
)

// group is one part of a grouping; those of the plan come first, in its order.
type group struct{ code, label string }

// grouping says how responses are parted: the expression and the groups that are
// known beforehand. A response belongs to exactly one group, so groups add up to all; but by
// a multiple choice it belongs to one for each option that was ticked, and the key that SQL
// gives is the whole set of them (of).
type grouping struct {
	by       string
	text     string // SQL for the key
	known    []group
	overlaps bool
	apart    bool // overlaps, and SQL gives each response once for each of its groups (parted)
}

// Options of a question that people are grouped by.
const (
	FewOptions = 8  // at most, of a single choice
	FewTicks   = 16 // of a multiple choice: the key is the set that was ticked
)

// GroupsBy tells whether people are grouped by the answers to a question.
func GroupsBy(question survey.Question) bool {
	return question.One() && len(question.Options) <= FewOptions || question.Type == survey.Multiple && len(question.Options) <= FewTicks
}

// Overlapping stands with every figure by groups that overlap.
const Overlapping = "组间有重叠，一人可属多组：每一组是选了这一项的人，各组人数不能相加，合计里每人只算一次"

// setSeparator stands between the codes of a set. No code of an option holds it (package survey
// keeps them to letters, digits, _ and -), and the statement that is shown stays readable.
const setSeparator = "+"

// of gives the groups to which the responses with a key belong.
func (g grouping) of(key string) []string {
	if !g.overlaps || g.apart {
		return []string{key}
	}
	return strings.Split(key, setSeparator)
}

// parted gives a response of several groups several times, instead of once with the set of
// them: far fewer rows, of which nobody can tell any more who is in two groups.
func (g grouping) parted() grouping {
	g.apart, g.text = true, "arrayJoin(if(empty(choices[@by]), [''], arrayDistinct(choices[@by])))"
	return g
}

// note is what must be said of the groups beside their figures.
func (g grouping) note() string {
	if g.overlaps {
		return Overlapping
	}
	return ""
}

// newGrouping reads by: empty for no grouping, "stratum", "@area", or a choice question.
func newGrouping(wave survey.Wave, q survey.Questionnaire, by string, values map[string]any) (grouping, error) {
	switch by {
	case "":
		return grouping{text: "''"}, nil
	case Stratum:
		return grouping{by: by, text: "stratum", known: strata(wave, q)}, nil
	case ByArea:
		g := grouping{by: by, text: "toString(area)"}
		for _, a := range wave.Areas {
			g.known = append(g.known, group{a.Code, a.Label})
		}
		return g, nil
	}
	question, ok := q.Question(by)
	if !ok {
		return grouping{}, problem.NotFound("用来分组的题目“" + by + "”")
	}
	g := grouping{by: by, text: "choices[@by][1]"}
	switch {
	case question.Type == survey.Multiple && len(question.Options) > FewTicks:
		return grouping{}, problem.Invalid("不能按“"+question.Label+"”分组", fmt.Sprintf("它有%d个选项，多选题最多%d个选项才能用来分组，请另选一道题。", len(question.Options), FewTicks))
	case question.Type == survey.Multiple:
		g.overlaps = true
		g.text = "arrayStringConcat(arraySort(arrayDistinct(choices[@by])), '" + setSeparator + "')"
	case !question.One():
		return grouping{}, problem.Invalid("不能按“"+question.Label+"”分组", "只有单选题和多选题可以用来分组，请另选一道题。")
	}
	values["by"] = by
	for _, o := range question.Options {
		g.known = append(g.known, group{o.Code, o.Label})
	}
	return g, nil
}

// strata are the wave's own, or else the options of the question that holds them.
func strata(wave survey.Wave, q survey.Questionnaire) []group {
	var list []group
	for _, s := range wave.Strata {
		list = append(list, group{s.Code, s.Label})
	}
	if question, ok := q.Question(q.Stratum); ok && len(list) == 0 {
		for _, o := range question.Options {
			list = append(list, group{o.Code, o.Label})
		}
	}
	return list
}

// groups gives the known groups, then those that only the rows know, then those who
// left the grouping question open. Without a grouping there are none.
func (g grouping) groups(found map[string]bool) []group {
	if g.by == "" {
		return nil
	}
	list := append([]group(nil), g.known...)
	listed := map[string]bool{"": true}
	for _, k := range list {
		listed[k.code] = true
	}
	for _, code := range sortedKeys(found) {
		if !listed[code] {
			list = append(list, group{code, code})
		}
	}
	if found[""] {
		list = append(list, group{"", "未填写"})
	}
	return list
}

// conditions writes the rules by which questions are shown as SQL with bound values.
type conditions struct {
	q      survey.Questionnaire
	values map[string]any
}

// shown is true for the responses to whom the question was shown.
func (c conditions) shown(question survey.Question) string {
	return c.asked(c.position(question.Name))
}

// asked is true for the responses to whom the question at a position was shown.
func (c conditions) asked(at int) string {
	question := c.q.Questions[at]
	var all []string
	if question.ShowIf != nil {
		all = append(all, c.text(*question.ShowIf, at))
	}
	if question.SkipIf != nil {
		all = append(all, "NOT "+c.text(*question.SkipIf, at))
	}
	if question.Adults {
		all = append(all, "young = 0")
	}
	for _, earlier := range c.q.Questions[:at] {
		if earlier.Type == survey.Consent && earlier.Required { // who refuses it is asked nothing more
			all = append(all, "NOT has(choices["+c.value(earlier.Name)+"], "+c.value(survey.ConsentNo)+")")
		}
	}
	return joined(all, " AND ")
}

// text writes one condition of the question at a position. An answer that stands by
// mistake under a question that was not shown is not seen by later conditions, so the
// condition of the question asked about goes along. A condition may look back only:
// a questionnaire with a circle would never end.
func (c conditions) text(cond survey.Condition, before int) string {
	var all []string
	if at := c.position(cond.Question); cond.Question != "" && at >= 0 && at < before {
		codes, asked := "choices["+c.value(cond.Question)+"]", c.asked(at)
		if asked != "1" {
			codes = "if(" + asked + ", " + codes + ", [])"
		}
		all = append(all, c.bounds(cond, asked)...)
		if len(cond.In) > 0 {
			all = append(all, "hasAny("+codes+", "+c.value(cond.In)+")")
		}
		if len(cond.NotIn) > 0 {
			all = append(all, "NOT hasAny("+codes+", "+c.value(cond.NotIn)+")")
		}
	} else if len(cond.In) > 0 || cond.Bounded() {
		all = append(all, "0") // a question that can't have been answered yet
	}
	for _, part := range cond.All {
		all = append(all, c.text(part, before))
	}
	var either []string
	for _, part := range cond.Any {
		either = append(either, c.text(part, before))
	}
	if len(either) > 0 {
		all = append(all, joined(either, " OR "))
	}
	return joined(all, " AND ")
}

// bounds writes what a condition asks of a number.
func (c conditions) bounds(cond survey.Condition, asked string) []string {
	var all []string
	for _, bound := range []struct {
		sign string
		of   *float64
	}{{">=", cond.AtLeast}, {"<=", cond.AtMost}, {">", cond.Above}, {"<", cond.Below}} {
		if bound.of != nil {
			all = append(all, "numbers["+c.value(cond.Question)+"] "+bound.sign+" "+c.value(*bound.of))
		}
	}
	if len(all) == 0 {
		return nil
	}
	return append(all, "mapContains(numbers, "+c.value(cond.Question)+")", asked)
}

func (c conditions) position(name string) int {
	for i, question := range c.q.Questions {
		if question.Name == name {
			return i
		}
	}
	return -1
}

// value keeps a value and gives the name under which it is bound.
func (c conditions) value(v any) string {
	name := "shown" + strconv.Itoa(len(c.values))
	c.values[name] = v
	return "@" + name
}

func joined(parts []string, word string) string {
	if len(parts) == 0 {
		return "1"
	}
	text := parts[0]
	for _, part := range parts[1:] {
		text += word + part
	}
	return fmt.Sprintf("(%s)", text)
}
