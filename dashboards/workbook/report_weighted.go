package workbook

import (
	"fmt"
	"slices"
	"strings"

	"shuixuan/analytics"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
)

// designSheet is the name of the sheet of the figures by the design.
const designSheet = "按设计估计"

// designed tells whether a wave's sample says anything that plain counting doesn't: weights, or
// people who were found together. Where that isn't known the wave is named with the reason.
func (w WaveReport) designed() bool {
	return w.Wave.Margins != nil || w.Weighted.Err != nil || w.byDesign()
}

// byDesign tells whether there are such figures.
func (w WaveReport) byDesign() bool {
	return dashboards.ByDesign(w.Weighted)
}

// weighted is the sheet of the indicators as they are for the population, of the waves whose
// sample has a design.
func (r *report) weighted() {
	if !slices.ContainsFunc(r.Waves, WaveReport.designed) {
		return
	}
	s := r.sheet(designSheet, layout{landscape: true, title: "按抽样设计估计", remark: r.cut() + "。权重和一起找到的人都计入，方法和来源见“方法说明”表。" + r.caution(), columns: []column{
		{"调查", 20, plain}, {"指标", 26, plain}, {"人群", 20, plain}, {"数值", 10, two}, {"区间下限", 10, two}, {"区间上限", 10, two}, {"置信水平", 9, percent},
		{"设计效应", 9, two}, {"有效样本（人）", 14, integer}, {"基数（人）", 9, integer}, {"提示", 30, plain}}})
	for _, wave := range r.Waves {
		switch {
		case !wave.designed():
			continue
		case wave.Weighted.Err != nil || wave.Weighted.Value == nil:
			s.across(band, lacking(wave.Wave.Name, wave.Weighted.Err), 20)
			continue
		}
		for _, f := range wave.Weighted.Value.Figures {
			s.add(weightedRow(wave.Wave.Name, f, f.Total, "合计")...)
			for _, g := range f.Groups {
				if few := r.tooFew(wave, g.Estimate); few != "" {
					s.add(wave.Wave.Name, f.Indicator.Label, text(g.Label), "—", "—", "—", nil, nil, nil, nil, few)
					continue
				}
				s.add(weightedRow(wave.Wave.Name, f, g.Designed, g.Label)...)
			}
		}
	}
	s.flush()
}

func weightedRow(wave string, f analytics.WeightedFigure, d analytics.Designed, label string) []any {
	e := d.Estimate
	l, scale := percent, 100.0
	if f.Indicator.Kind == survey.Index {
		l, scale = two, 1
	}
	row := []any{wave, f.Indicator.Label, label, "—", "—", "—", nil, nil, nil, e.Base, warnings(e)}
	if e.Valid {
		row[3] = as{l, e.Value / scale}
	}
	if e.Valid && e.HasInterval {
		row[4], row[5], row[6] = as{l, e.Lower / scale}, as{l, e.Upper / scale}, e.Level
	}
	if d.Figure.HasSE && d.Figure.Deff > 0 {
		row[7], row[8] = d.Figure.Deff, d.Figure.EffectiveN
	}
	return row
}

// weightingMethod says how the samples were drawn, what the figures by the design are weighted to,
// by whose numbers, and how that came about.
func (r *report) weightingMethod(s *sheet) {
	for _, wave := range r.Waves {
		if !wave.designed() || wave.Weighted.Err != nil || wave.Weighted.Value == nil {
			continue
		}
		sample := wave.Weighted.Value.Sample
		if wave.byDesign() {
			s.add("抽样设计", wave.Wave.Name+"："+dashboards.Design(sample)+"“摘要”里的主要指标和“"+designSheet+"”表按它估计，其他表没有加权。")
		}
		if wave.Wave.Margins != nil {
			r.rakingMethod(s, wave.Wave.Name, sample.Raking)
		}
	}
}

func (r *report) rakingMethod(s *sheet, wave string, raking *analytics.Raking) {
	if raking == nil {
		s.add("加权", wave+"：有已知总体数，还没有答卷，没有加权。")
		return
	}
	words := dashboards.NewWeights(raking)
	if words.Refused != "" {
		s.add("加权", wave+"："+words.Refused+"。")
	} else {
		s.add("加权", fmt.Sprintf("%s：%s。%s。%s。%s。%s。%s。已知总体数“%s”，校验值（SHA-256）%s。", wave, raking.Method, words.Counted, words.Converged, words.Range, words.Trimmed, words.Effect, raking.File, raking.Hash))
	}
	var left []string
	for _, m := range raking.Margins {
		if !m.Used {
			left = append(left, fmt.Sprintf("“%s”没有用：%s", m.Label, m.Why))
		}
	}
	if len(left) > 0 {
		s.add("没有用的变量", wave+"："+strings.Join(left, "；")+"。")
	}
}
