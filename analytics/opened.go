package analytics

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"sync"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/analytics/openanswers"
	"shuixuan/app/campaign"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

//go:embed opened.sql
var openedSQL string

// mostOpen is how many answers are read at once: each takes about 50 µs.
const mostOpen = 20_000

// Limits of what is printed of words.
const (
	mostWords      = 40
	mostContrasts  = 5
	contrastPrior  = 500 // words that the prior is worth
	leastContrastZ = 1.96
)

// GroupWords are the words that a group uses more than the others.
type GroupWords struct {
	Code  string                 `json:"code"`
	Label string                 `json:"label"`
	Words []openanswers.Contrast `json:"words"`
}

// Opened is what people wrote under an open question, masked and counted. Words and Pairs are
// fit to be published; Answers hold the masked texts, which a person reads before printing one.
type Opened struct {
	Question survey.Question         `json:"question"`
	By       string                  `json:"by"`
	Instead  string                  `json:"instead,omitempty"` // why it is not by the groups that were asked for
	Labels   []string                `json:"labels"`            // of the groups, as in Words.Columns
	Words    openanswers.Table       `json:"words"`
	Pairs    openanswers.Table       `json:"pairs"`
	Apart    []GroupWords            `json:"apart"`
	Answers  *openanswers.Collection `json:"-"`
	Cut      bool                    `json:"cut"` // there are more answers than were read
	SQL      string                  `json:"sql"`
}

// lexicon is that of everybody; a city's own words come with its campaign.
var lexicon = sync.OnceValues(func() (*openanswers.Lexicon, error) { return openanswers.NewLexicon("") })

// Opened reads the answers to an open question by group (as of Distribution); by strata where
// the groups overlap.
func (r *Reader) Opened(ctx context.Context, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, question, by string) (*Opened, error) {
	asked, known := q.Question(question)
	if !known || !asked.Written() {
		return nil, problem.NotFound("这道填空题")
	}
	values := map[string]any{"campaign": plan.Campaign.ID, "wave": string(wave.ID), "question": question}
	grouped, err := newGrouping(wave, q, by, values)
	if err != nil {
		return nil, err
	}
	if grouped.overlaps {
		o, err := r.Opened(ctx, plan, wave, q, question, Stratum)
		if err != nil {
			return nil, err
		}
		instead := *o
		instead.Instead = "这里按人群分：按可以多选的题分组，一个人写的话会在几组里重复计算，各组的用词就不能比较"
		return &instead, nil
	}
	own := plan.Campaign.Settings.Words.Value
	s := statement{values: values, tables: responseTables, closed: closedOf(plan, wave), text: fill(openedSQL, map[string]string{"group": grouped.text, "most": strconv.Itoa(mostOpen + 1)})}
	// What is remembered is what was read out of the answers, not the answers.
	list, err := recall(ctx, r, "opened\n"+own+"\n"+s.String(), s.tables, s.closed, func(ctx context.Context, _ string) ([]*Opened, error) {
		one, err := r.open(ctx, asked, grouped, own, s)
		return []*Opened{one}, err
	})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

func (r *Reader) open(ctx context.Context, asked survey.Question, grouped grouping, own string, s statement) (*Opened, error) {
	words, err := lexicon()
	if own != "" {
		words, err = openanswers.NewLexicon(own)
	}
	if err != nil {
		return nil, fmt.Errorf("read the word list: %w", err)
	}
	var answers []openanswers.Answer
	found := map[string]bool{}
	err = r.rows(ctx, "opened", s, func(rows driver.Rows) error {
		var a openanswers.Answer
		if err := rows.Scan(&a.ID, &a.Group, &a.Text); err != nil {
			return err
		}
		found[a.Group] = true
		answers = append(answers, a)
		return nil
	})
	if err != nil {
		return nil, err
	}
	o := &Opened{Question: asked, By: grouped.by, SQL: s.String(), Cut: len(answers) > mostOpen, Apart: []GroupWords{}}
	answers = answers[:min(len(answers), mostOpen)]
	var codes []string
	for _, g := range grouped.groups(found) {
		codes, o.Labels = append(codes, g.code), append(o.Labels, g.label)
	}
	if o.Answers, err = openanswers.Read(words, codes, answers); err != nil {
		return nil, err
	}
	whole := o.Answers.Words()
	o.Words, o.Pairs = whole.Published(openanswers.DefaultMinPersons), o.Answers.Pairs().Published(openanswers.DefaultMinPersons)
	o.apart(whole)
	return o, nil
}

// apart keeps the words by which each group stands out, of those that may be published.
func (o *Opened) apart(whole openanswers.Table) {
	if len(whole.Columns) < 2 {
		return
	}
	for g := range whole.Columns {
		c, err := whole.Against(g, contrastPrior)
		if err != nil {
			continue // a group without words
		}
		one := GroupWords{Code: whole.Columns[g].Code, Label: o.Labels[g]}
		for _, row := range c.Published(o.Words).Rows {
			if row.Z >= leastContrastZ && len(one.Words) < mostContrasts {
				one.Words = append(one.Words, row)
			}
		}
		if len(one.Words) > 0 {
			o.Apart = append(o.Apart, one)
		}
	}
}
