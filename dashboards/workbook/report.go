package workbook

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
)

// ReportData is what the report is made of. Results come with their errors, as for
// pages: what can't be had is said in its place and the rest is written.
type ReportData struct {
	Plan     *campaign.Plan
	AsOf     time.Time // civil date of the cut-off
	MadeAt   time.Time
	Version  string // of the program
	Coverage dashboards.Result[analytics.Coverage]
	Waves    []WaveReport
	// Ledger walks through the placements of one task, or of one unit; the other is
	// empty. It is called once for each task and once for each unit.
	Ledger func(task campaign.TaskCode, unit org.UnitID, yield func(placement.Placement) error) error
	// Exhibits are listed where the workbook is part of a dossier.
	Exhibits []ExhibitRow
}

// ExhibitRow is a placement under the number that a dossier gives it.
type ExhibitRow struct {
	Name      string
	Placement placement.Placement
	Proof     string // how it stands, in words
	Photos    int    // those that speak for it
	Counts    bool   // stands behind a figure
}

// WaveReport is one wave with its figures by group and the distribution of every
// question of choices, in the order of the questionnaire.
type WaveReport struct {
	Wave          survey.Wave
	Questionnaire survey.Questionnaire
	Progress      dashboards.Result[analytics.Progress]
	Indicators    dashboards.Result[analytics.Indicators]
	Weighted      dashboards.Result[analytics.Weighted] // by the design of the sample
	Distributions []dashboards.Result[analytics.Distribution]
	Kept          *analytics.Run // the newest analysis that is kept; nil: none
	Sealed        bool           // the figures are those of the cut-off, and don't change any more
}

// report is a report being written.
type report struct {
	*book
	ReportData
	words campaign.Words
}

// Report writes report.xlsx: summary with charts, the matrix and the weeks, ledgers by task and by unit, figures,
// frequencies, what is open, and how it was made. It prints on A4.
func Report(ctx context.Context, w io.Writer, data ReportData) error {
	r := &report{book: newBook(data.Plan.Campaign.Name, data.MadeAt), ReportData: data, words: dashboards.Words(data.Plan)}
	r.summary()
	r.coverage()
	if data.Ledger != nil {
		r.ledgers(ctx)
	}
	if len(data.Waves) > 0 {
		r.figures()
		r.weighted()
		r.frequencies()
	}
	r.openQuestions()
	r.exhibits()
	r.method()
	return r.writeSame(w)
}

// cut says until when the report counts, under every title.
func (r *report) cut() string {
	s := fmt.Sprintf("截止日期：%s", r.AsOf.Format("2006年1月2日"))
	if r.Plan.Campaign.Demo {
		s = "【演示数据】" + s
	}
	return s
}

// missing writes a result's absence as a line of a sheet.
func lacking(what string, err error) string {
	return fmt.Sprintf("%s：生成报告时取不到数据，未列入。请稍后重新生成。", what)
}

// exhibits is the list of what a dossier holds as proof.
func (r *report) exhibits() {
	if len(r.Exhibits) == 0 {
		return
	}
	s := r.sheet("证据目录", layout{title: "证据目录", landscape: true, remark: r.cut() + "。编号与报告中的〔证〕号、证据文件夹中的文件名一致。已退回、已撤回的也列出，不计入数字。",
		columns: []column{{"编号", 12, plain}, {r.words.Task, 14, plain}, {r.words.Unit, 20, plain}, {"宣传形式", 16, plain}, {"地点", 30, plain}, {"数量", 9, two}, {"单位", 7, plain}, {"审核", 9, plain}, {"在位证明", 26, plain}, {"照片", 7, integer}, {"计入", 7, plain}}})
	for _, e := range r.Exhibits {
		p, counts := e.Placement, "否"
		if e.Counts {
			counts = "是"
		}
		s.add(e.Name, string(p.Task), text(r.Plan.UnitName(p.Unit)), text(carrierOf(r.Plan, p)), text(p.Place), p.Quantity, text(p.Measure), placement.StateNames[p.State], text(e.Proof), e.Photos, counts)
	}
	s.flush()
}

// openQuestions lists what the plan leaves to the office.
func (r *report) openQuestions() {
	s := r.sheet("待明确事项", layout{title: "待" + r.words.Office + "明确的事项", landscape: true, remark: r.cut() + "。明确之前，相应数字按“待明确”“未核定”列出，不当作0，也不当作已完成。",
		columns: []column{{"序号", 7, integer}, {r.words.Task, 16, plain}, {"名称", 34, plain}, {"事项", 14, plain}, {"待明确的内容", 60, plain}}})
	for i, q := range r.Plan.Open() {
		t, _ := r.Plan.Task(q.Task)
		s.add(i+1, string(q.Task), t.Title, questionName(q.What, r.words), q.Text)
	}
	if len(r.Plan.Open()) == 0 {
		s.add(nil, nil, nil, nil, "方案没有待明确的事项")
	}
	s.flush()
}

func questionName(what string, w campaign.Words) string {
	switch what {
	case "lead":
		return w.Unit
	case "members":
		return "包含单位"
	case "closed":
		return "承接单位"
	case "window":
		return "起止时间"
	case "target":
		return "应设数量"
	}
	return what
}

// method says how the figures were made, so that another can make them again.
func (r *report) method() {
	s := r.sheet("方法说明", layout{title: "方法说明", remark: r.cut(), columns: []column{{"项目", 18, plain}, {"说明", 88, plain}}})
	settings := r.Plan.Campaign.Settings
	source := func(words, from string) string {
		if from == "" {
			return words + "。依据：未注明"
		}
		return words + "。依据：" + from
	}
	s.add("统计范围", fmt.Sprintf("%s（%s），方案第%d版，%d项%s。截止日期%s，按北京时间。", r.Plan.Campaign.Name, r.Plan.Campaign.ID, r.Plan.Revision, len(r.Plan.Tasks), r.words.Task, r.AsOf.Format("2006年1月2日")))
	if r.Plan.Campaign.Demo {
		s.add("演示数据", "本报告中的宣传记录和问卷都是演示数据，不反映任何真实情况。")
	}
	s.add("落实情况", fmt.Sprintf("应落实：方案列明的“%s×%s”。在位：截止日当天处于宣传时间之内、未撤回未退回的记录；一次性的活动、文章做完之后一直算。已证明：在位，照片或巡查符合该形式的规定，没有超过有效期，也没有未整改的损坏；覆盖率是已证明的项占应落实的项。全数清点，没有抽样误差，不给出区间。", r.words.Task, r.words.Unit))
	s.add("数量", "不同计量单位的数量不相加。应设数量未核定的，不计算完成百分比；一处超额不抵另一处不足。")
	s.add("问卷样本", r.caution())
	for _, wave := range r.Waves {
		if wave.Sealed {
			s.add("截止", wave.Wave.Name+"：数字按"+r.MadeAt.In(beijing()).Format("2006年1月2日15:04:05")+"（北京时间）的答卷计算，此后登记、修改的不在内。")
		} else if kept := wave.Kept; kept != nil {
			s.add("固定的分析", fmt.Sprintf("%s：运行编号%s，截至%s，校验值（SHA-256）%s。本报告按下载时的答卷计算；那之后有新的答卷或修改，数字会和固定的不同。", wave.Wave.Name, kept.ID, kept.Spec.Cutoff.In(beijing()).Format("2006年1月2日15:04"), kept.SHA256))
		} else {
			s.add("固定的分析", wave.Wave.Name+"：没有固定过，数字按下载时的答卷计算，以后会变。")
		}
	}
	r.weightingMethod(s)
	unweighted := "没有加权"
	if slices.ContainsFunc(r.Waves, WaveReport.byDesign) {
		unweighted = "没有加权。按抽样设计估计的，率用 logit 区间，度用 t 区间，自由度为抽样单元数减分组数"
	}
	s.add("区间", source(fmt.Sprintf("置信水平%s。比例用 Wilson 得分区间（Wilson 1927），均值用自由度为 n−1 的 t 区间；提及次数的比例和综合指数不给出区间。没有连续性校正，没有有限总体校正，%s", percentWords(settings.Level.Value), unweighted), settings.Level.Source))
	s.add("率与度", "率（%）：符合条件的人数占基数的比例。度（分）：按量表赋值后的平均分，赋值见“知晓与满意”表的口径一栏。两者不能互换。")
	s.add("基数", "每个数字都写明基数。“说不清”是否在内，由各指标的口径规定，见“知晓与满意”表。频数表的基数是回答了该题的人，“说不清”在内；按跳转规则没有问到的人不在内。")
	s.add("多选题", "占人数的比例以回答该题的人数为基数，合计会超过100%；占提及次数的比例以提及总次数为基数，合计为100%。")
	s.add("小样本", source(fmt.Sprintf("基数不足%d的数字标注“小样本”", settings.SmallBase.Value), settings.SmallBase.Source))
	if settings.SatisfactionTarget.Value > 0 {
		s.add("满意率目标", source(estimate.Round(settings.SatisfactionTarget.Value, 2)+"%", settings.SatisfactionTarget.Source))
	}
	if len(settings.Composite.Value) > 0 {
		var parts []string
		for _, w := range settings.Composite.Value {
			parts = append(parts, w.Dimension+" "+estimate.Round(w.Weight, 2))
		}
		s.add("综合指数权重", source(strings.Join(parts, "，"), settings.Composite.Source))
	}
	for _, wave := range r.Waves {
		words := fmt.Sprintf("问卷“%s”第%d版。%s", wave.Questionnaire.Title, wave.Wave.Version, span(wave.Wave))
		if wave.Wave.Population != "" {
			words += "。调查对象：" + wave.Wave.Population
		}
		if wave.Questionnaire.Source != "" {
			words += "。问卷依据：" + wave.Questionnaire.Source
		}
		s.add("调查："+wave.Wave.Name, strings.TrimSuffix(words, "。")+"。")
	}
	s.add("舍入", "本表格中的数字是原值，只在显示时四舍五入到两位小数。")
	s.add("程序", fmt.Sprintf("水宣 %s，生成于 %s（北京时间）。", version(r.Version), r.MadeAt.In(beijing()).Format("2006-01-02 15:04:05")))
	s.flush()
}

func version(v string) string {
	if v == "" {
		return "（未注明版本）"
	}
	return v
}

func percentWords(level float64) string { return estimate.Round(100*level, 2) + "%" }

func span(w survey.Wave) string {
	switch {
	case w.Start.IsZero():
		return "起止时间未注明"
	case w.End.IsZero():
		return w.Start.Format("2006年1月2日") + "开始"
	}
	return w.Start.Format("2006年1月2日") + "至" + w.End.Format("2006年1月2日")
}
