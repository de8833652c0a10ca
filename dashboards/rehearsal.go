package dashboards

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"time"

	"shuixuan/analytics"
	"shuixuan/analytics/planning"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/survey"
)

// Effort says how soon a remedy can be had; a smaller one comes first.
type Effort int

// The closed list of efforts.
const (
	AtDesk   Effort = iota // the office or a unit settles it on a page
	OneVisit               // somebody goes there with a phone
	Repair                 // something is repaired or a permit renewed
	Posting                // something is put up
	Sheets                 // sheets are collected
	NoSure                 // more work may change it, and may not
)

// EffortNames are the words for the efforts.
var EffortNames = map[Effort]string{
	AtDesk: "当天能办（在系统里）", OneVisit: "跑一趟补拍", Repair: "维修或办延期", Posting: "要重新设置", Sheets: "要再收问卷", NoSure: "没有把握",
}

// RehearsalWave is a wave with what is known of it.
type RehearsalWave struct {
	Wave     survey.Wave
	Weighted *analytics.Weighted
	Progress *analytics.Progress
}

// RehearsalData is what a rehearsal is made of: answers that other pages show as well. By is
// the day of the acceptance, Standing how every proof stands today.
type RehearsalData struct {
	Plan     *campaign.Plan
	AsOf, By time.Time
	Coverage *analytics.Coverage
	Todo     *analytics.Todo
	Standing []analytics.StandingRow
	Waves    []RehearsalWave
}

// Rehearsal says what would fail if the acceptance were on the day, and what mends it.
type Rehearsal struct {
	AsOf, By   time.Time
	Indicators []RehearsalIndicator
	Remedies   []Remedy
}

// RehearsalIndicator is one figure that is looked at, with how it would stand.
type RehearsalIndicator struct {
	Name   string
	Fails  bool
	Open   bool   // it fails only in that nobody can say yet: the sample doesn't settle it
	Text   string // figure and base, in a sentence
	Link   string // within the campaign
	Caveat string
}

// Remedy is something to be done: so many things of one kind by one unit, or one of the
// office. Due is the first day on which one of them is due, zero where none is known.
type Remedy struct {
	Effort Effort
	What   string // what is wrong
	Who    string
	Ask    string // what mends it
	Count  int
	Due    time.Time
	Link   string // where it is mended, within the campaign
}

// todoEfforts say how a unit's things are mended.
var todoEfforts = map[analytics.TodoKind]Effort{
	analytics.TodoReturned: AtDesk, analytics.TodoProofOld: OneVisit, analytics.TodoUnproven: OneVisit, analytics.TodoProofSoon: OneVisit,
	analytics.TodoRepair: Repair, analytics.TodoRepairLate: Repair, analytics.TodoPermitOver: Repair, analytics.TodoPermitSoon: Repair,
	analytics.TodoGone: Posting, analytics.TodoOverdue: Posting, analytics.TodoEnding: Posting, analytics.TodoStarting: Posting,
}

// NewRehearsal puts together what other questions have answered; it counts nothing anew.
// Remedies are ordered by what can be had soonest, then by their due day.
func NewRehearsal(d RehearsalData) *Rehearsal {
	r := &Rehearsal{AsOf: d.AsOf, By: d.By}
	r.coverage(d)
	r.proofs(d)
	for _, w := range d.Waves {
		r.wave(d, w)
	}
	r.questions(d)
	r.todo(d)
	slices.SortStableFunc(r.Remedies, func(a, b Remedy) int {
		return cmp.Or(cmp.Compare(a.Effort, b.Effort), compareDue(a.Due, b.Due), cmp.Compare(b.Count, a.Count))
	})
	return r
}

// compareDue puts the earlier day first, none last.
func compareDue(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		return order(b.IsZero())
	}
	return a.Compare(b)
}

func order(first bool) int {
	if first {
		return -1
	}
	return 1
}

// coverage says how many obligations are proven today.
func (r *Rehearsal) coverage(d RehearsalData) {
	total := d.Coverage.Total
	one := RehearsalIndicator{Name: "落实率", Fails: !total.Complete, Link: "coverage"}
	one.Text = fmt.Sprintf("应落实%d项（%s×单位），今天已证明在位%d项（%s%%），还有%d项没有证明。", total.Expected, d.Plan.Campaign.Words.Task, total.Covered, total.Share.Text(1), total.Expected-total.Covered)
	if total.Expected <= 0 {
		one.Text = "还没有明确由谁落实，落实率说不出来。"
	}
	for _, w := range total.Share.Warnings {
		if w.Code == analytics.UnitsOpen {
			one.Caveat = "有的" + d.Plan.Campaign.Words.Task + "还没有明确责任单位，落实率不能算完整。"
		}
	}
	r.Indicators = append(r.Indicators, one)
	short := map[org.UnitID]int{}
	for _, cell := range d.Coverage.Cells {
		if cell.State == analytics.Short {
			short[cell.Unit]++
		}
	}
	for _, u := range d.Plan.Units.Units() {
		if n := short[u.ID]; n > 0 {
			r.Remedies = append(r.Remedies, Remedy{Effort: Posting, What: fmt.Sprintf("%d项的数量没有达到核定的应设数量", n), Who: u.Name, Count: n, Ask: "请补足数量，或核对登记的数量", Link: "tasks?unit=" + url.QueryEscape(string(u.ID))})
		}
	}
}

// proofs says whose proof holds today and will have grown old on the day of the acceptance,
// and whose flight will be over by then. What was done once stays done.
func (r *Rehearsal) proofs(d RehearsalData) {
	old, over := map[org.UnitID]ageing{}, map[org.UnitID]ageing{}
	var proven, oldCount, overCount int
	for _, row := range d.Standing {
		if !row.State.Counts() {
			continue
		}
		proven++
		carrier, _ := d.Plan.Carrier(row.Carrier)
		switch {
		case !row.End.IsZero() && row.End.Before(d.By) && !carrier.Rule.Once.Value:
			overCount++
			over[row.Unit] = over[row.Unit].with(row.End)
		case !row.Until.IsZero() && row.Until.Before(d.By):
			oldCount++
			old[row.Unit] = old[row.Unit].with(row.Until)
		}
	}
	r.Indicators = append(r.Indicators, RehearsalIndicator{Name: "佐证时效", Fails: oldCount+overCount > 0, Link: "standing?state=growing-old",
		Text: fmt.Sprintf("今天已证明在位%d处。到%s，其中%d处的佐证已经过期，%d处的宣传时间已经结束。", proven, day(d.By), oldCount, overCount)})
	for _, u := range d.Plan.Units.Units() {
		link := "tasks?unit=" + url.QueryEscape(string(u.ID))
		if one := old[u.ID]; one.count > 0 {
			r.Remedies = append(r.Remedies, Remedy{Effort: OneVisit, What: fmt.Sprintf("%d处的佐证到验收日之前过期，最早%s", one.count, day(one.first)), Who: u.Name, Count: one.count, Due: one.first,
				Ask: "请在验收之前到现场补拍一张照片，有效期从补拍那天算起", Link: link})
		}
		if one := over[u.ID]; one.count > 0 {
			r.Remedies = append(r.Remedies, Remedy{Effort: OneVisit, What: fmt.Sprintf("%d处的宣传时间到验收日之前结束，最早%s", one.count, day(one.first)), Who: u.Name, Count: one.count, Due: one.first,
				Ask: "还要展示到验收的，请到现场确认后延长宣传时间；按期撤下的不用办", Link: link})
		}
	}
}

// ageing is how many things end, and when the first of them does.
type ageing struct {
	count int
	first time.Time
}

func (a ageing) with(end time.Time) ageing {
	if a.count == 0 || end.Before(a.first) {
		a.first = end
	}
	a.count++
	return a
}

// wave says how the verdicts of a wave stand and which groups lack sheets.
func (r *Rehearsal) wave(d RehearsalData, w RehearsalWave) {
	at := "waves/" + url.PathEscape(string(w.Wave.ID))
	if w.Weighted != nil {
		for _, v := range w.Weighted.Verdicts {
			j := v.Judgement
			r.Indicators = append(r.Indicators, RehearsalIndicator{Name: w.Wave.Name + "：" + v.Indicator.Label, Fails: j.Verdict != planning.Met, Open: j.Verdict == planning.Unsettled || j.Verdict == planning.Unknown, Text: j.Sentence, Link: at})
			r.verdict(d, w, v, at)
		}
	}
	if w.Progress == nil || w.Wave.Closed {
		return
	}
	for _, s := range w.Progress.Strata {
		if missing := s.Quota - s.Complete; s.Quota > 0 && missing > 0 {
			r.Remedies = append(r.Remedies, Remedy{Effort: Sheets, What: fmt.Sprintf("%s“%s”的配额%d份，收回%d份", w.Wave.Name, s.Label, s.Quota, s.Complete), Who: "问卷发放员", Count: int(missing), Due: w.Wave.End,
				Ask: fmt.Sprintf("请再收%d份", missing), Link: at})
		}
	}
}

// verdict says what would settle or turn a verdict.
func (r *Rehearsal) verdict(d RehearsalData, w RehearsalWave, v analytics.Verdict, at string) {
	j := v.Judgement
	if j.Verdict == planning.Met {
		return
	}
	one := Remedy{Effort: NoSure, Who: Words(d.Plan).Office, What: fmt.Sprintf("%s的%s%s", w.Wave.Name, v.Indicator.Label, j.Verdict.Text()), Link: at,
		Ask: "再收问卷改变不了已有的回答；请看各题结果和主要影响因素，改进工作后另做一轮调查"}
	switch {
	case j.Verdict == planning.Unsettled && j.Settling.Possible && j.Settling.As == planning.Met && !w.Wave.Closed:
		one.Effort, one.Count, one.Due = Sheets, int(j.Settling.More), w.Wave.End
		one.Ask = fmt.Sprintf("如果比例保持不变，再收%s份可以判定为达到", count(j.Settling.More).Text)
	case j.Verdict == planning.Unsettled:
		one.Ask = "照现在的比例，再收问卷也判不成达到；请看各题结果和主要影响因素，改进工作"
	case j.Verdict == planning.Unknown:
		one.Effort, one.Ask = Sheets, "还没有足够的答卷，请先收回问卷"
	}
	r.Remedies = append(r.Remedies, one)
}

// questions are what the plan leaves open: settled at a desk.
func (r *Rehearsal) questions(d RehearsalData) {
	open := d.Coverage.Total.Open
	one := RehearsalIndicator{Name: "方案待明确", Fails: len(open) > 0, Text: "责任单位、起止时间和应设数量都已明确。", Link: "plan"}
	if one.Fails {
		one.Text = fmt.Sprintf("方案里有%d处没有明确。没有明确的，验收时说不清该谁做、做多少、做到哪天。", len(open))
	}
	r.Indicators = append(r.Indicators, one)
	for i, q := range open { // those of a task stand together
		if i > 0 && open[i-1].Task == q.Task {
			last := &r.Remedies[len(r.Remedies)-1]
			last.What, last.Count = last.What+"；"+q.Text, last.Count+1
			continue
		}
		r.Remedies = append(r.Remedies, Remedy{Effort: AtDesk, What: string(q.Task) + "：" + q.Text, Who: Words(d.Plan).Office, Ask: "请在方案中补上", Count: 1, Link: "plan/" + url.PathEscape(string(q.Task))})
	}
}

// todo joins what the units are asked to do, by unit and kind. What grows old soon is left to
// proofs, which looks at the day of the acceptance.
func (r *Rehearsal) todo(d RehearsalData) {
	type key struct {
		unit org.UnitID
		kind analytics.TodoKind
	}
	at := map[key]int{}
	for _, item := range d.Todo.Items {
		if item.Kind == analytics.TodoProofSoon {
			continue
		}
		k := key{item.Unit, item.Kind}
		i, known := at[k]
		if !known {
			i = len(r.Remedies)
			at[k] = i
			r.Remedies = append(r.Remedies, Remedy{Effort: todoEfforts[item.Kind], Who: d.Plan.UnitName(item.Unit), Ask: TodoAsk(item), Link: "tasks?unit=" + url.QueryEscape(string(item.Unit))})
		}
		one := &r.Remedies[i]
		one.Count++
		one.What = fmt.Sprintf("%s：%d项", TodoNames[item.Kind], one.Count)
		if due := item.Due; !due.IsZero() && (one.Due.IsZero() || due.Before(one.Due)) {
			one.Due = due
		}
	}
}

// Failing counts the indicators that would fail.
func (r *Rehearsal) Failing() int {
	n := 0
	for _, one := range r.Indicators {
		if one.Fails {
			n++
		}
	}
	return n
}
