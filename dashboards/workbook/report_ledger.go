package workbook

import (
	"context"
	"fmt"
	"math"
	"strings"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/dashboards"
)

// ledgers writes the placements twice, grouped by task and by unit. They are read
// anew for each group, so that no more than one row is held.
func (r *report) ledgers(ctx context.Context) {
	var tasks, units []group
	for _, t := range r.Plan.Tasks {
		tasks = append(tasks, group{name: string(t.Code) + " " + t.Title, task: t.Code, note: r.leads(t)})
	}
	for _, u := range r.Plan.Units.Units() {
		if !u.Collective() {
			units = append(units, group{name: u.Name, unit: u.ID})
		}
	}
	r.ledger(ctx, "按"+r.words.Task+"台账", r.words.Unit, tasks, func(p placement.Placement) string { return r.Plan.UnitName(p.Unit) })
	r.ledger(ctx, "按单位台账", r.words.Task, units, func(p placement.Placement) string { return string(p.Task) })
}

// group is one part of a ledger.
type group struct {
	name string
	note string
	task campaign.TaskCode
	unit org.UnitID
}

// leads says who answers for a task.
func (r *report) leads(t campaign.Task) string {
	var names []string
	for _, id := range t.Lead {
		names = append(names, r.Plan.UnitName(id))
	}
	if len(names) == 0 {
		return r.words.Unit + "：待" + r.words.Office + "明确"
	}
	return r.words.Unit + "：" + strings.Join(names, "、")
}

func (r *report) ledger(ctx context.Context, name, second string, groups []group, who func(placement.Placement) string) {
	s := r.sheet(sheetName(name), layout{landscape: true, title: r.Plan.Campaign.Name + "：" + name, remark: r.cut() + "。已撤回、已退回的记录不列；“截止日在位”指截止日处于宣传时间之内，一次性的活动、文章做完之后一直算。", columns: []column{
		{"序号", 6, integer}, {second, 20, plain}, {"宣传形式", 18, plain}, {"设置地点", 30, plain}, {"数量", 9, decimal}, {"计量单位", 7, plain}, {"面积（㎡）", 10, decimal},
		{"规格", 12, plain}, {"开始", 12, date}, {"结束", 12, date}, {"截止日在位", 8, plain}, {"备注", 24, plain}}})
	all := newSums()
	for _, g := range groups {
		sums, err := r.ledgerGroup(ctx, s, g, who)
		if err != nil {
			r.check(fmt.Errorf("read ledger of %s: %w", g.name, err))
			return
		}
		all.join(sums)
	}
	r.totalLine(s, "总计", all)
	s.flush()
}

func (r *report) ledgerGroup(ctx context.Context, s *sheet, g group, who func(placement.Placement) string) (*sums, error) {
	sum := newSums()
	label := g.name
	if g.note != "" {
		label += "　（" + g.note + "）"
	}
	s.across(band, label, 20)
	err := r.Ledger(g.task, g.unit, func(p placement.Placement) error {
		if !p.State.Counts() {
			return nil
		}
		carrier, _ := r.Plan.Carrier(p.Carrier)
		stands := p.StandsOn(r.AsOf, carrier.Rule)
		sum.add(p.Quantity, p.Measure, stands)
		s.add(ledgerRow(r.words, sum.rows, who(p), carrierOf(r.Plan, p), p, stands)...)
		return stop(ctx, r.book)
	})
	if err != nil {
		return nil, err
	}
	if sum.rows == 0 {
		s.add(nil, as{plain, "还没有记录"}, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil)
	} else {
		r.totalLine(s, "小计", sum)
	}
	return sum, nil
}

func ledgerRow(w campaign.Words, n int64, who, carrier string, p placement.Placement, stands bool) []any {
	row := []any{n, who, carrier, p.Place, p.Quantity, p.Measure, nil, text(p.Size), p.Start, w.End, "否", text(p.Remark)}
	if p.AreaM2 != nil {
		row[6] = *p.AreaM2
	}
	if !p.End.IsZero() {
		row[9] = p.End
	}
	if stands {
		row[10] = "是"
	}
	return row
}

func (r *report) totalLine(s *sheet, name string, sum *sums) {
	values := make([]any, len(s.l.columns))
	for i := range values {
		values[i] = as{total, nil}
	}
	values[1] = as{total, name}
	values[2] = as{total, fmt.Sprintf("%d条，在位%d条", sum.rows, sum.standing)}
	values[3] = as{total, "全部：" + dashboards.Amounts(sum.all())}
	values[11] = as{total, "在位：" + dashboards.Amounts(sum.now())}
	s.put(0, values...)
}

// sums adds quantities by measure word. They are added in thousandths, in which a
// quantity is kept: 0.1 + 0.2 is 0.3.
type sums struct {
	rows, standing int64
	order          []string
	total, stands  map[string]int64
}

func newSums() *sums { return &sums{total: map[string]int64{}, stands: map[string]int64{}} }

func (s *sums) add(quantity float64, measure string, stands bool) {
	s.rows++
	thousandths := int64(math.Round(quantity * 1000))
	s.put(measure, thousandths, 0)
	if stands {
		s.standing++
		s.put(measure, 0, thousandths)
	}
}

func (s *sums) put(measure string, all, now int64) {
	if _, known := s.total[measure]; !known {
		s.order = append(s.order, measure)
	}
	s.total[measure] += all
	s.stands[measure] += now
}

func (s *sums) join(o *sums) {
	s.rows += o.rows
	s.standing += o.standing
	for _, m := range o.order {
		s.put(m, o.total[m], o.stands[m])
	}
}

func (s *sums) all() []analytics.Amount { return s.list(s.total) }
func (s *sums) now() []analytics.Amount { return s.list(s.stands) }

func (s *sums) list(by map[string]int64) []analytics.Amount {
	var list []analytics.Amount
	for _, m := range s.order {
		if by[m] > 0 {
			list = append(list, analytics.Amount{Quantity: float64(by[m]) / 1000, Measure: m})
		}
	}
	return list
}
