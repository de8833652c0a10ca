package analytics

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/analytics/estimate"
	"shuixuan/app/campaign"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

//go:embed distribution.sql
var distributionSQL string

// Warning codes of a distribution.
const (
	UnknownOption = "unknown-option" // answers hold a code that the questionnaire does not
	NoOptions     = "no-options"     // a question without options has no distribution
)

// answers are the counts of one question in one group.
type answers struct {
	asked    int64
	answered int64
	persons  map[string]int64 // by option code
}

// Distribution asks how one question was answered, in all and by group: by is empty,
// "stratum", or the name of a choice question; those of a multiple choice overlap.
//
// The base is those who answered. Of a multiple choice each option has two shares: of
// persons, and of mentions; the former add up to more than 100 %.
func (r *Reader) Distribution(ctx context.Context, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, question, by string) (*Distribution, error) {
	asked, ok := q.Question(question)
	if !ok {
		return nil, problem.NotFound("这道题")
	}
	if asked.Type == survey.Note {
		return nil, problem.Invalid("“"+asked.Label+"”是说明文字", "它没有回答，不能统计，请另选一道题。")
	}
	values := map[string]any{"campaign": plan.Campaign.ID, "wave": string(wave.ID), "question": question}
	grouped, err := newGrouping(wave, q, by, values)
	if err != nil {
		return nil, err
	}
	s := statement{values: values, tables: responseTables, closed: closedOf(plan, wave), text: fill(distributionSQL, map[string]string{
		"group": grouped.text,
		"codes": codesOf(asked.Type),
		"shown": conditions{q.Flat(), values}.shown(asked),
	})}
	rows, err := ask(ctx, r, "distribution", s, scanOptionRow)
	if err != nil {
		return nil, err
	}
	return newDistribution(plan, wave, asked, grouped, countOptions(grouped, rows), s), nil
}

// codesOf gives what stands for the answer. A number or a text has no options, but it
// can be said how many answered.
func codesOf(kind survey.QuestionType) string {
	switch kind {
	case survey.Number, survey.Rating:
		return "if(mapContains(numbers, @question), ['answered'], [])"
	case survey.Text, survey.LongText, survey.Date:
		return "if(mapContains(texts, @question), ['answered'], [])"
	default:
		return "choices[@question]"
	}
}

// optionRow is one option in one group; distribution.sql tells its counts.
type optionRow struct {
	group, option             string
	persons, responses, asked uint64
}

func scanOptionRow(rows driver.Rows) (optionRow, error) {
	var o optionRow
	err := rows.Scan(&o.group, &o.option, &o.persons, &o.responses, &o.asked)
	return o, err
}

// optionCounts are those of all, each response once, and of each group, which may overlap;
// several are those who answered and are in more than one group.
type optionCounts struct {
	total   *answers
	groups  map[string]*answers
	several int64
}

func countOptions(grouped grouping, rows []optionRow) optionCounts {
	c := optionCounts{total: &answers{persons: map[string]int64{}}, groups: map[string]*answers{}}
	for _, row := range rows {
		c.total.add(row)
		groups := grouped.of(row.group)
		for _, code := range groups {
			if c.groups[code] == nil {
				c.groups[code] = &answers{persons: map[string]int64{}}
			}
			c.groups[code].add(row)
		}
		if len(groups) > 1 && row.option != "" {
			c.several += int64(row.responses)
		}
	}
	return c
}

func (a *answers) add(o optionRow) {
	a.asked += int64(o.asked)
	if o.option != "" {
		a.answered += int64(o.responses)
		a.persons[o.option] += int64(o.persons)
	}
}

func newDistribution(plan *campaign.Plan, wave survey.Wave, asked survey.Question, grouped grouping, counts optionCounts, s statement) *Distribution {
	total := counts.total
	found := map[string]bool{}
	for code := range counts.groups {
		found[code] = true
	}
	options := asked.Options
	d := &Distribution{Wave: wave.ID, Question: asked, By: grouped.by, Overlap: grouped.note(), Several: counts.several, Groups: []GroupDistribution{}, BaseNote: distributionNote(asked), SQL: s.String()}
	if asked.Choice() {
		var unknown []string
		options, unknown = withUnknown(options, total.persons)
		if len(unknown) > 0 {
			d.warn(UnknownOption, "有回答使用了问卷中没有的选项代码（%s），已照列", strings.Join(unknown, "、"))
		}
	} else {
		options = nil
		d.warn(NoOptions, "本题不是选择题，只统计有多少人回答")
	}
	d.Total = newGroup(plan, group{}, asked, options, total)
	for _, g := range grouped.groups(found) {
		a := counts.groups[g.code]
		if a == nil {
			a = &answers{}
		}
		d.Groups = append(d.Groups, newGroup(plan, g, asked, options, a))
	}
	return d
}

// withUnknown adds the codes that only the answers know: what somebody answered is
// never dropped.
func withUnknown(options []survey.Option, persons map[string]int64) ([]survey.Option, []string) {
	rest := maps.Clone(persons)
	for _, o := range options {
		delete(rest, o.Code)
	}
	unknown := sortedKeys(rest)
	options = slices.Clone(options)
	for _, code := range unknown {
		options = append(options, survey.Option{Code: code, Label: code})
	}
	return options, unknown
}

func newGroup(plan *campaign.Plan, g group, asked survey.Question, options []survey.Option, a *answers) GroupDistribution {
	settings := plan.Campaign.Settings
	d := GroupDistribution{Code: g.code, Label: g.label, Asked: a.asked, Answered: a.answered, Options: make([]OptionCount, 0, len(options))}
	if asked.Type == survey.Multiple {
		for _, n := range a.persons {
			d.Mentions += n
		}
	}
	for _, o := range options {
		n := a.persons[o.Code]
		c := OptionCount{Code: o.Code, Label: o.Label, Persons: estimate.Proportion(n, a.answered, settings.Level.Value, settings.SmallBase.Value)}
		if asked.Type == survey.Multiple {
			c.Mentions = estimate.ShareOfMentions(n, d.Mentions)
		}
		d.Options = append(d.Options, c)
	}
	return d
}

// distributionNote says in words who is in the base.
func distributionNote(asked survey.Question) string {
	note := "基数为回答了本题的人"
	if labels := dontKnow(asked); len(labels) > 0 {
		note += "，含“" + strings.Join(labels, "”“") + "”"
	}
	if asked.ShowIf != nil {
		note += "；本题只问符合条件的人"
	}
	if asked.Type == survey.Multiple {
		note += "；多选题，人数百分比合计会超过100%，提及百分比以全部提及次数为基数"
	}
	return note + "。" + whoCounts
}

// whoCounts is true of every figure that is made of responses.
const whoCounts = "作废答卷不计；未答完的答卷，答了本题的计入。"

func dontKnow(asked survey.Question) []string {
	var labels []string
	for _, o := range asked.Options {
		if o.DontKnow {
			labels = append(labels, o.Label)
		}
	}
	return labels
}

func (d *Distribution) warn(code, format string, args ...any) {
	d.Warnings = append(d.Warnings, estimate.Warning{Code: code, Text: fmt.Sprintf(format, args...)})
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
