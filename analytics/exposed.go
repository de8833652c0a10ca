package analytics

import (
	"context"
	_ "embed"
	"errors"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/analytics/estimate"
	"shuixuan/analytics/exposure"
	"shuixuan/app/campaign"
	"shuixuan/app/survey"
)

//go:embed exposed.sql
var exposedSQL string

// ChannelAware is how many of those who saw a channel know of the campaign.
type ChannelAware struct {
	Code  string            `json:"code"`
	Label string            `json:"label"`
	Aware estimate.Estimate `json:"aware"`
}

// Exposed answers: do those who have seen more know more? Trend is nil where nothing can be
// said, and Why says so.
type Exposed struct {
	Channels  survey.Question  `json:"channels"`
	Aware     survey.Indicator `json:"aware"`
	Trend     *exposure.Trend  `json:"trend,omitempty"`
	ByChannel []ChannelAware   `json:"by_channel"`
	None      *ChannelAware    `json:"none,omitempty"` // who saw none of them
	Why       string           `json:"why,omitempty"`
	SQL       string           `json:"sql"`
}

// awareness is the dimension of knowing of the campaign, and of having seen its publicity.
const awareness = "认知"

// mostChannels is the last step of the trend: so many channels and more.
const mostChannels = 5

// Exposed asks whether awareness goes with the number of channels seen. Channels are the
// multiple choice of the dimension 认知, awareness the share that stands for it.
func (r *Reader) Exposed(ctx context.Context, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire) (*Exposed, error) {
	e := &Exposed{ByChannel: []ChannelAware{}}
	at := slices.IndexFunc(q.Questions, func(one survey.Question) bool { return one.Type == survey.Multiple && one.Dimension == awareness })
	aware := slices.IndexFunc(q.Indicators, func(i survey.Indicator) bool { return i.Kind == survey.Share && i.Dimension == awareness })
	if at < 0 || aware < 0 {
		e.Why = "问卷里要有一道问看到过哪些宣传的多选题，和一个代表“认知”维度的率，才能把两者放在一起看。"
		return e, nil
	}
	e.Channels, e.Aware = q.Questions[at], q.Indicators[aware]
	s := statement{text: exposedSQL, tables: responseTables, closed: closedOf(plan, wave), values: map[string]any{"campaign": plan.Campaign.ID, "wave": string(wave.ID), "channels": e.Channels.Name, "aware": e.Aware.Question}}
	e.SQL = s.String()
	rows, err := ask(ctx, r, "exposed", s, func(rows driver.Rows) (row exposedRow, err error) {
		return row, rows.Scan(&row.seen, &row.answer, &row.responses)
	})
	if err != nil {
		return nil, err
	}
	question, _ := q.Question(e.Aware.Question)
	return e, e.count(rule{indicator: e.Aware, question: question, settings: plan.Campaign.Settings}, wave, rows)
}

// exposedRow is so many responses with two sets of answers.
type exposedRow struct {
	seen, answer []string
	responses    uint64
}

// tallied counts those who know out of those who were asked.
type tallied struct{ aware, base int64 }

func (e *Exposed) count(r rule, wave survey.Wave, rows []exposedRow) error {
	steps := map[int]*tallied{}
	channels := map[string]*tallied{}
	add := func(t *tallied, row exposedRow) {
		t.base += int64(row.responses)
		if slices.ContainsFunc(row.answer, func(code string) bool { return slices.Contains(r.indicator.Positive, code) }) {
			t.aware += int64(row.responses)
		}
	}
	for _, row := range rows {
		if len(row.answer) == 0 || !r.inBase(answerSet{codes: row.answer}) {
			continue
		}
		seen := 0
		for _, code := range row.seen {
			if o, known := e.Channels.Option(code); !known || !o.Exclusive {
				seen++
			}
			if channels[code] == nil {
				channels[code] = &tallied{}
			}
			add(channels[code], row)
		}
		seen = min(seen, mostChannels)
		if steps[seen] == nil {
			steps[seen] = &tallied{}
		}
		add(steps[seen], row)
	}
	for _, o := range e.Channels.Options {
		t := channels[o.Code]
		if t == nil {
			continue
		}
		one := ChannelAware{Code: o.Code, Label: o.Label, Aware: estimate.Proportion(t.aware, t.base, r.settings.Level.Value, r.settings.SmallBase.Value)}
		if o.Exclusive {
			e.None = &one
			continue
		}
		e.ByChannel = append(e.ByChannel, one)
	}
	var seen []exposure.Seen
	for n := range mostChannels + 1 {
		if t := steps[n]; t != nil {
			seen = append(seen, exposure.Seen{Channels: float64(n), Aware: t.aware, Base: t.base})
		}
	}
	trend, err := exposure.ByChannels(seen, exposure.Settings{Level: r.settings.Level.Value, SmallBase: r.settings.SmallBase.Value, NonProbability: !wave.Sampling.Random()})
	var refused *exposure.Refusal
	if errors.As(err, &refused) {
		e.Why = refused.Why + "。"
		return nil
	}
	e.Trend = &trend
	return err
}
