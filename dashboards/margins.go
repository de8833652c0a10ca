package dashboards

import (
	"fmt"
	"slices"
	"strings"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/app/survey"
)

// Weights is how the weights of a raked wave came about, in words: the page of the wave, the
// preview of a workbook and the report say the same.
type Weights struct {
	Refused   string // why nothing is estimated; the rest is empty then
	Converged string
	Range     string
	Trimmed   string
	Effect    string
	Counted   string
}

// NewWeights puts a raking into words.
func NewWeights(r *analytics.Raking) *Weights {
	if r.Refused != "" || !r.Used() {
		w := &Weights{Refused: r.Refused}
		if w.Refused == "" {
			w.Refused = "没有一个变量能用来加权，合计和没有已知总体数时一样"
		}
		return w
	}
	w := &Weights{Converged: fmt.Sprintf("第%d轮收敛，加权后的人数和已知总体数一致", r.Iterations)}
	w.Counted = fmt.Sprintf("%d份答卷，代表%s人", r.Counted, count(int64(r.People)).Text)
	if r.Left > 0 {
		w.Counted += fmt.Sprintf("；另有%d份缺用来加权的项，没有计入", r.Left)
	}
	w.Range = fmt.Sprintf("每份代表%s到%s人，平均%s人（平均的%s到%s倍）", estimate.Round(r.Least, 1), estimate.Round(r.Most, 1), estimate.Round(r.Mean, 1), estimate.Round(r.Least/r.Mean, 2), estimate.Round(r.Most/r.Mean, 2))
	w.Trimmed = "没有设上下限"
	if r.Trimming.Least > 0 || r.Trimming.Most > 0 {
		var bounds []string
		if r.Trimming.Least > 0 {
			bounds = append(bounds, "下限是平均的"+trimmed(r.Trimming.Least)+"倍")
		}
		if r.Trimming.Most > 0 {
			bounds = append(bounds, "上限是平均的"+trimmed(r.Trimming.Most)+"倍")
		}
		w.Trimmed = fmt.Sprintf("%s，收了%d份的权重（%s）", strings.Join(bounds, "，"), r.Cut, strings.TrimSuffix(r.Trimming.Note, "。"))
		if r.Cut > 0 {
			w.Converged = fmt.Sprintf("第%d轮收敛；收权重以后，加权后的人数和已知总体数最多差%s%%", r.Iterations, estimate.Round(100*r.Off, 1))
		}
	}
	w.Effect = fmt.Sprintf("权重不等使方差放大到%s倍，%d份相当于%s份", estimate.Round(r.Deff, 2), r.Counted, estimate.Round(r.EffectiveN, 0))
	return w
}

// trimmed writes a bound without needless zeros.
func trimmed(v float64) string {
	return strings.TrimRight(strings.TrimRight(estimate.Round(v, 3), "0"), ".")
}

// Method says by whose numbers the figures of a wave are weighted; empty where they aren't
// raked.
func Method(s analytics.Sample) string {
	if !s.Raking.Used() {
		return ""
	}
	return s.Raking.Method + "。"
}

// margins shows what the wave is weighted to, and how its responses differ from it.
func (p *page) margins(id string, wave survey.Wave, w *analytics.Weighted) {
	r := w.Sample.Raking
	if r == nil {
		return
	}
	panel := Panel{ID: id, Title: "加权到已知总体数", SQL: w.SQL, Base: fmt.Sprintf("“加权后”是计入的答卷按权重代表的人占总体的比例。已知总体数“%s”，校验值%s。", r.File, r.Hash[:12])}
	words := NewWeights(r)
	if words.Refused != "" {
		panel.Lead = words.Refused + "。"
	} else {
		panel.Lead = words.Counted + "。" + words.Converged + "。" + words.Range + "。" + words.Trimmed + "。" + words.Effect + "。"
		panel.Base = r.Method + "。" + panel.Base
	}
	panel.Table.Columns = columns("变量", append([]Column{{Name: "选项"}}, numeric("总体人数", "占总体", "计入的答卷（份）", "占答卷", "加权后")...)...)
	left := slices.ContainsFunc(r.Margins, func(m analytics.RakedMargin) bool { return !m.Used })
	if left {
		panel.Table.Columns = append(panel.Table.Columns, Column{Name: "用不用"})
	}
	for _, m := range r.Margins {
		people, counted := 0.0, int64(0)
		for _, c := range m.Categories {
			people, counted = people+c.People, counted+c.Counted
		}
		used := text("用")
		if !m.Used {
			used = text("不用：" + m.Why)
		}
		for _, c := range m.Categories {
			row := Row{Cells: []Cell{text(m.Label), text(c.Label), count(int64(c.People)), partOf(c.People, people), count(c.Counted), partOf(float64(c.Counted), float64(counted)), partOf(c.Reached, r.People)}}
			if left {
				row.Cells = append(row.Cells, used)
			}
			panel.Table.Rows = append(panel.Table.Rows, row)
		}
	}
	panel.Notes = with(panel.Notes, p.note(p.caution))
	p.add(panel)
}
