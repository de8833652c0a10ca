package workbook

import (
	"fmt"
	"slices"
	"strings"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
)

// caution says what the intervals of the report's waves are worth.
func (r *report) caution() string {
	waves := make([]survey.Wave, len(r.Waves))
	for i, w := range r.Waves {
		waves[i] = w.Wave
	}
	return dashboards.Caution(waves...)
}

// plainly says of figures that are counted without weights where those by the design stand.
func (r *report) plainly() string {
	if !slices.ContainsFunc(r.Waves, WaveReport.designed) {
		return ""
	}
	return "本表不加权，按抽样设计估计的见“" + designSheet + "”表。"
}

// figures is the sheet of every indicator, in all and by group.
func (r *report) figures() {
	s := r.sheet("知晓与满意", layout{landscape: true, title: "知晓与满意", remark: r.cut() + "。" + r.caution() + r.plainly() + "率为百分比，度为分；每行的基数不同，不能跨行相加。", columns: []column{
		{"调查", 10, plain}, {"指标", 24, plain}, {"人群", 18, plain}, {"数值", 10, two}, {"区间下限", 10, two}, {"区间上限", 10, two}, {"置信水平", 9, percent},
		{"计数（人）", 9, integer}, {"基数（人）", 9, integer}, {"算法", 14, plain}, {"口径与依据", 38, plain}, {"提示", 22, plain}}})
	for _, wave := range r.Waves {
		if wave.Indicators.Err != nil || wave.Indicators.Value == nil {
			s.across(band, lacking(wave.Wave.Name, wave.Indicators.Err), 20)
			continue
		}
		for _, f := range wave.Indicators.Value.Figures {
			s.add(figureRow(wave.Wave.Name, f, f.Total, "合计", rules(wave.Questionnaire, f))...)
			for _, g := range f.Groups {
				if few := r.tooFew(wave, g.Estimate); few != "" {
					s.add(wave.Wave.Name, f.Indicator.Label, text(g.Label), "—", "—", "—", nil, nil, nil, nil, "同上", few)
					continue
				}
				s.add(figureRow(wave.Wave.Name, f, g, g.Label, "同上")...)
			}
		}
		if c := wave.Indicators.Value.Composite; c != nil {
			compositeRows(s, wave.Wave.Name, c)
		}
	}
	s.flush()
}

func figureRow(wave string, f analytics.IndicatorFigure, g analytics.GroupFigure, label, rule string) []any {
	e := g.Estimate
	l, scale := percent, 100.0
	if f.Indicator.Kind == survey.Index {
		l, scale = two, 1
	}
	row := []any{wave, f.Indicator.Label, label, "—", "—", "—", nil, nil, e.Base, dashboards.MethodName(e.Method), rule, warnings(e)}
	if e.Valid {
		row[3] = as{l, e.Value / scale}
		if f.Indicator.Kind == survey.Share {
			row[7] = e.Numerator
		}
	}
	if e.Valid && e.HasInterval {
		row[4], row[5], row[6] = as{l, e.Lower / scale}, as{l, e.Upper / scale}, e.Level
	}
	return row
}

// rules says what counts and by whose rule.
func rules(q survey.Questionnaire, f analytics.IndicatorFigure) string {
	label := map[string]string{}
	var codes []string
	for _, question := range q.Items() {
		if question.Name == f.Indicator.Question {
			for _, o := range question.Options {
				label[o.Code] = o.Label
				codes = append(codes, o.Code)
			}
		}
	}
	var parts []string
	if f.Indicator.Kind == survey.Share {
		var positive []string
		for _, code := range f.Indicator.Positive {
			positive = append(positive, "“"+named(label, code)+"”")
		}
		parts = append(parts, "计入："+strings.Join(positive, ""))
	} else {
		var values []string
		for _, code := range codes {
			if v, ok := f.Indicator.Values[code]; ok {
				values = append(values, label[code]+estimate.Round(v, 0))
			}
		}
		parts = append(parts, "赋值："+strings.Join(values, "、"))
	}
	if f.BaseNote != "" {
		parts = append(parts, strings.TrimSuffix(f.BaseNote, "。"))
	} else if f.Indicator.Base == survey.BaseOpinion {
		parts = append(parts, "基数不含“说不清”")
	} else {
		parts = append(parts, "基数含“说不清”")
	}
	if f.Indicator.Source != "" {
		parts = append(parts, "依据："+strings.TrimSuffix(f.Indicator.Source, "。"))
	}
	return strings.Join(parts, "。") + "。"
}

func compositeRows(s *sheet, wave string, c *analytics.Composite) {
	for _, p := range c.Parts {
		row := []any{wave, "综合指数：" + p.Dimension, "合计", "—", nil, nil, nil, nil, p.Estimate.Base, nil, fmt.Sprintf("权重%s", estimate.Round(p.Weight, 2)), warnings(p.Estimate)}
		if p.Estimate.Valid {
			row[3] = as{two, p.Estimate.Value}
		}
		s.add(row...)
	}
	row := []any{wave, as{total, "综合指数"}, "合计", "—", "—", "—", nil, nil, c.Estimate.Base, dashboards.MethodName(c.Estimate.Method), "权重依据：" + c.Source, warnings(c.Estimate)}
	if c.Estimate.Valid {
		row[3] = as{two, c.Estimate.Value}
	} else if len(c.Missing) > 0 {
		row[11] = strings.Join(c.Missing, "、") + "缺少指标或回答，不能计算"
	}
	s.add(row...)
}

func warnings(e estimate.Estimate) any {
	var list []string
	for _, w := range e.Warnings {
		list = append(list, strings.TrimSuffix(w.Text, "。"))
	}
	return text(strings.Join(list, "；"))
}

// frequencies is the sheet of every question, option by option, in all and by group.
func (r *report) frequencies() {
	s := r.sheet("频数表", layout{landscape: true, title: "频数表", remark: r.cut() + "。占人数的基数是回答了该题的人；多选题占人数的合计会超过100%。" + r.caution(), columns: []column{
		{"选项", 34, plain}, {"人群", 20, plain}, {"人数", 9, integer}, {"占人数", 10, percent}, {"区间下限", 10, percent}, {"区间上限", 10, percent},
		{"基数（人）", 10, integer}, {"提及次数", 9, integer}, {"占提及次数", 10, percent}, {"提及总次数", 10, integer}, {"提示", 26, plain}}})
	for _, wave := range r.Waves {
		for _, got := range wave.Distributions {
			if got.Err != nil || got.Value == nil {
				s.across(band, lacking(wave.Wave.Name+"的一道题", got.Err), 20)
				continue
			}
			r.frequency(s, wave, got.Value)
		}
	}
	s.flush()
}

// tooFew says why a group's figures aren't published: in a sealed report nobody may be known by
// being one of few.
func (r *report) tooFew(wave WaveReport, e estimate.Estimate) string {
	if least := r.Plan.Campaign.Settings.Smallest().Value; wave.Sealed && e.Base > 0 && e.Base < least {
		return fmt.Sprintf("少于%d人，不公布", least)
	}
	return ""
}

func (r *report) frequency(s *sheet, wave WaveReport, d *analytics.Distribution) {
	kind := "单选"
	if d.Question.Type == survey.Multiple {
		kind = "多选"
	}
	note := fmt.Sprintf("%s　%s（%s）　问到%d人，回答%d人", wave.Wave.Name, d.Question.Label, kind, d.Total.Asked, d.Total.Answered)
	if d.BaseNote != "" {
		note += "。" + strings.TrimSuffix(d.BaseNote, "。")
	}
	for _, w := range d.Warnings {
		note += "。" + strings.TrimSuffix(w.Text, "。")
	}
	s.across(band, note, 0)
	for i, o := range d.Total.Options {
		s.add(optionRow(d, o, "合计", total)...)
		for _, g := range d.Groups {
			if i >= len(g.Options) {
				continue
			}
			if few := r.tooFew(wave, g.Options[i].Persons); few != "" {
				s.add(text(o.Label), text(g.Label), nil, "—", "—", "—", nil, nil, nil, nil, few)
			} else {
				s.add(optionRow(d, g.Options[i], g.Label, plain)...)
			}
		}
	}
}

func optionRow(d *analytics.Distribution, o analytics.OptionCount, label string, l look) []any {
	e := o.Persons
	row := []any{as{l, o.Label}, as{l, label}, e.Numerator, "—", "—", "—", e.Base, nil, nil, nil, warnings(e)}
	if e.Valid {
		row[3] = e.Value / 100
	}
	if e.Valid && e.HasInterval {
		row[4], row[5] = e.Lower/100, e.Upper/100
	}
	if d.Question.Type == survey.Multiple {
		row[7], row[9] = o.Mentions.Numerator, o.Mentions.Base
		if o.Mentions.Valid {
			row[8] = o.Mentions.Value / 100
		}
	}
	return row
}
