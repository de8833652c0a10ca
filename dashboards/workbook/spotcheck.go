package workbook

import (
	"fmt"
	"io"
	"time"

	"shuixuan/analytics/estimate"
	drawing "shuixuan/analytics/spotcheck"
	"shuixuan/app/campaign"
	"shuixuan/app/placement"
	"shuixuan/app/spotcheck"
	"shuixuan/dashboards"
)

// SpotCheckData is what the workbook of a check holds.
type SpotCheckData struct {
	Plan       *campaign.Plan
	Check      spotcheck.Check
	Purpose    string
	Filter     string // empty for all of the ledger
	Result     *drawing.Result
	Comparison *drawing.Comparison
	Findings   []SpotFinding // every version, by point and oldest first
	Strata     []SpotStratum
	MadeAt     time.Time
	Version    string
}

// SpotFinding is one version of what was found at a point.
type SpotFinding struct {
	Number  int
	Version uint32
	Holds   bool // the last one
	At      time.Time
	spotcheck.Finding
}

// SpotStratum is a stratum in words; Probability is a fraction of two whole numbers.
type SpotStratum struct {
	Name        string
	Size, Drawn int
	Probability string
}

// SpotCheck writes a check: what follows, the points with what was found, every version of a
// finding, the strata, and how it was drawn.
func SpotCheck(w io.Writer, d SpotCheckData) error {
	b := newBook(d.Plan.Campaign.Name, d.MadeAt)
	remark := fmt.Sprintf("%s，抽样日%s，种子%s，算法%s", d.Purpose, d.Check.Day.Format("2006年1月2日"), d.Check.Seed, d.Check.Algorithm)
	if d.Plan.Campaign.Demo {
		remark = "【演示数据】" + remark
	}
	d.summary(b, remark)
	d.points(b, remark)
	d.findings(b, remark)
	s := b.sheet("分层", layout{title: "分层和抽取概率", remark: remark, columns: []column{{"序号", 7, integer}, {"单位×形式", 80, plain}, {"范围（处）", 11, integer}, {"抽取（处）", 11, integer}, {"抽取概率", 12, plain}}})
	for i, line := range d.Strata {
		s.add(i+1, line.Name, line.Size, line.Drawn, line.Probability)
	}
	s.flush()
	return b.write(w)
}

func (d SpotCheckData) summary(b *book, remark string) {
	s := b.sheet("抽查结果", layout{title: d.Plan.Campaign.Name + "：现场抽查", remark: remark, columns: []column{{"项目", 26, plain}, {"内容", 90, plain}}})
	for i, sentence := range d.Comparison.Sentences {
		s.add(fmt.Sprintf("说明%d", i+1), sentence)
	}
	for _, one := range []struct {
		name string
		e    estimate.Estimate
	}{{"推算在位率", d.Result.Standing}, {"推算在位且与台账一致", d.Result.Sound}, {"已证明的当中在位", d.Result.OfProven},
		{"不清楚的都不在时", d.Result.Lowest}, {"不清楚的都在时", d.Result.Highest}} {
		s.add(one.name, dashboards.SpotRate(one.e))
	}
	for _, warning := range d.Result.Warnings {
		s.add("提示", warning.Text)
	}
	table := dashboards.SpotAgreement(d.Comparison)
	for _, row := range table.Rows {
		words := fmt.Sprintf("抽取%d处", row.Points)
		for i, n := range row.Cells {
			words += fmt.Sprintf("；%s%d处", table.Columns[i], n)
		}
		s.add(row.Claim, words)
	}
	s.add("抽样范围", fmt.Sprintf("%d处，其中台账为已证明在位%d处；台账自己登记已不在的%d处，和做完就一直算数、到现场看不见的%d条（课程、活动、文章等）不在范围内", d.Check.Frame, d.Check.Proven, d.Check.Gone, d.Check.Acts))
	if d.Filter != "" {
		s.add("范围限定", d.Filter)
	}
	for _, note := range d.Check.Notes {
		s.add("分层说明", note)
	}
	s.add("范围校验值（SHA-256）", d.Check.FrameHash)
	s.add("抽取人、时刻", d.Check.By+"，"+d.Check.Cutoff.In(beijing()).Format("2006-01-02 15:04:05"))
	s.add("程序版本", d.Version)
	s.flush()
}

func (d SpotCheckData) points(b *book, remark string) {
	w := dashboards.Words(d.Plan)
	s := b.sheet("点位", layout{landscape: true, title: "点位和现场结果", remark: remark, columns: []column{{"序号", 6, integer}, {w.Unit, 18, plain}, {w.Task, 13, plain}, {"宣传形式", 16, plain}, {"设置地点", 28, plain},
		{"台账数量", 9, decimal}, {"单位", 7, plain}, {"台账说", 22, plain}, {"现场看到", 16, plain}, {"实际数量", 9, decimal}, {"说明", 26, plain}, {"登记人", 12, plain}, {"登记时间", 17, moment}, {"抽取概率", 11, plain}, {"台账编号", 38, plain}}})
	last := map[int]SpotFinding{}
	for _, f := range d.Findings {
		if f.Holds {
			last[f.Number] = f
		}
	}
	for _, p := range d.Check.Points {
		f := last[p.Number]
		var at, counted any
		if f.Version > 0 {
			at = f.At.In(beijing())
		}
		if f.Counted != nil {
			counted = *f.Counted
		}
		stratum := d.Check.Strata[p.Stratum]
		s.add(p.Number, d.Plan.UnitName(p.Unit), string(p.Task), carrierOf(d.Plan, placement.Placement{Carrier: p.Carrier, CarrierText: p.CarrierText}), p.Place, p.Quantity, p.Measure,
			drawing.ClaimNames[p.Claim], drawing.Names[f.Found], counted, text(f.Note), text(f.By), at, fmt.Sprintf("%d/%d", stratum.Drawn, stratum.Size), p.Placement.String())
	}
	s.flush()
}

func (d SpotCheckData) findings(b *book, remark string) {
	s := b.sheet("登记和更正", layout{landscape: true, title: "登记和更正记录（每一次都在）", remark: remark, columns: []column{{"点位", 6, integer}, {"第几次", 7, integer}, {"是否有效", 9, plain}, {"现场看到", 16, plain}, {"实际数量", 10, decimal},
		{"说明", 40, plain}, {"登记人", 14, plain}, {"登记时间", 17, moment}, {"经度", 12, decimal}, {"纬度", 12, decimal}}})
	for _, f := range d.Findings {
		var counted, longitude, latitude any
		if f.Counted != nil {
			counted = *f.Counted
		}
		if f.Position != nil {
			longitude, latitude = f.Position.Longitude, f.Position.Latitude
		}
		holds := "已更正"
		if f.Holds {
			holds = "有效"
		}
		s.add(f.Number, int(f.Version), holds, drawing.Names[f.Found], counted, text(f.Note), text(f.By), f.At.In(beijing()), longitude, latitude)
	}
	if len(d.Findings) == 0 {
		s.add(nil, nil, nil, "还没有登记结果", nil, nil, nil, nil, nil, nil)
	}
	s.flush()
}
