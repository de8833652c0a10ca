// Package campaign holds the plan: a campaign, its obligations (tasks) with the
// units responsible for them, their windows and targets, and the carriers with
// their measure words.
//
// # Why
//
// The plan is data. A second plan with other words (fields, mechanisms, stages)
// is another campaign with other tasks, so nothing here names water, one city or
// a fixed number of groups. What the plan leaves open is kept as a question to
// the office: it is never filled in silently, and never shown as a blank.
package campaign

import (
	"fmt"
	"math"
	"time"

	"shuixuan/app/org"
	"shuixuan/app/problem"
)

// TaskCode names a task within its campaign, for example 社会宣传1.
type TaskCode string

// CarrierID names a carrier within its campaign.
type CarrierID string

// Window is a span of civil dates. A zero Start is not settled; a zero End is open
// ("to acceptance") when Open says so, otherwise not settled. Dates are midnight UTC.
type Window struct {
	Start time.Time `json:"start,omitzero" yaml:"start"`
	End   time.Time `json:"end,omitzero" yaml:"end"`
	Open  bool      `json:"open,omitempty" yaml:"open"`
}

// Settled tells whether both ends are known or declared open.
func (w Window) Settled() bool { return !w.Start.IsZero() && (w.Open || !w.End.IsZero()) }

// Words are the campaign's own names for the levels of its plan.
type Words struct {
	Field  string `json:"field" yaml:"field"`   // 宣传类别; 三治领域
	Task   string `json:"task" yaml:"task"`     // 任务; 机制
	Unit   string `json:"unit" yaml:"unit"`     // 责任单位; 牵头单位
	Office string `json:"office" yaml:"office"` // 市创建办; 领导小组办公室
	End    string `json:"end" yaml:"end"`       // 至验收结束; 至试点总结
}

// Sourced is a setting that came from somewhere: its value and where from.
type Sourced[T any] struct {
	Value  T      `json:"value" yaml:"value"`
	Source string `json:"source" yaml:"source"`
}

// Settings are the campaign's rules for figures. None of them is a constant of
// the program, and each carries a source note that pages and reports print.
type Settings struct {
	// SmallBase is the base below which a share is marked as resting on few answers.
	SmallBase Sourced[int64] `json:"small_base" yaml:"small_base"`
	// Level is the confidence level of intervals, for example 0.95.
	Level Sourced[float64] `json:"level" yaml:"level"`
	// SatisfactionTarget is the line to be met, in percent; 0 for none.
	SatisfactionTarget Sourced[float64] `json:"satisfaction_target" yaml:"satisfaction_target"`
	// FixAccuracy is the radius in metres beyond which a phone's fix says nothing about where
	// a photo was taken; 0 for the usual one.
	FixAccuracy Sourced[int] `json:"fix_accuracy,omitzero" yaml:"fix_accuracy"`
	// Composite holds the weight of each dimension (满意 → 0.4 …).
	Composite Sourced[[]Weight] `json:"composite" yaml:"composite"`
	// Words are a city's own, for counting what people wrote: one or more on a line.
	Words Sourced[string] `json:"words,omitzero" yaml:"words"`
	// GrowingOld is how many days before a proof grows old its placement is called in.
	GrowingOld Sourced[int] `json:"growing_old,omitzero" yaml:"growing_old"`
	// SumTo100 prints the shares of a question with one answer so that they add up to 100.0, by
	// the largest remainder, and says so.
	SumTo100 Sourced[bool] `json:"sum_to_100,omitzero" yaml:"sum_to_100"`
	// ScreenedSheets is how many sheets of a wave are screened at once; 0 for the usual number.
	ScreenedSheets Sourced[int] `json:"screened_sheets,omitzero" yaml:"screened_sheets"`
	// Materials is the inspection's list of indicators with the tasks that answer to each: the
	// index of the dossier follows it.
	Materials Sourced[[]Material] `json:"materials,omitzero" yaml:"materials"`
	// SmallestCell is below how many people a combination of what tells who somebody is isn't
	// published; 0 for the usual number.
	SmallestCell Sourced[int64] `json:"smallest_cell,omitzero" yaml:"smallest_cell"`
}

// Material is an indicator of the inspection: what it is called there, and where its material is.
type Material struct {
	Code   string     `json:"code" yaml:"code"`
	Title  string     `json:"title" yaml:"title"`
	Tasks  []TaskCode `json:"tasks,omitempty" yaml:"tasks"`
	Survey bool       `json:"survey,omitempty" yaml:"survey"` // rests on the questionnaires
}

// usualSmallest is below how many people a combination isn't published where the campaign
// doesn't say.
var usualSmallest = Sourced[int64]{Value: 5, Source: "方案没有规定；按统计数据发布的常用做法，少于5人的组合不公布，主办单位可以在设置里改"}

// Smallest is below how many people a group or a combination isn't published.
func (s Settings) Smallest() Sourced[int64] {
	if s.SmallestCell.Value > 0 {
		return s.SmallestCell
	}
	return usualSmallest
}

// usualSoon is how early a proof is called in where the campaign doesn't say: a week is
// time enough to pass by the place.
const usualSoon = 7

// SoonDays is how many of a proof's last days call for the next one.
func (s Settings) SoonDays() int {
	if s.GrowingOld.Value > 0 {
		return s.GrowingOld.Value
	}
	return usualSoon
}

// usualScreened is how many sheets are screened at once where the campaign doesn't say: every
// pair is compared, which takes about a minute for so many on two cores.
const usualScreened = 100_000

// MostScreened is how many sheets of a wave are screened at once.
func (s Settings) MostScreened() int {
	if s.ScreenedSheets.Value > 0 {
		return s.ScreenedSheets.Value
	}
	return usualScreened
}

// Weight is one dimension's part in the composite.
type Weight struct {
	Dimension string  `json:"dimension" yaml:"dimension"`
	Weight    float64 `json:"weight" yaml:"weight"`
}

// Stage is a span of the plan's own calendar; its window may be unsettled.
type Stage struct {
	Name   string `json:"name" yaml:"name"`
	Window Window `json:"window,omitzero" yaml:"window"`
	Note   string `json:"note,omitempty" yaml:"note"`
}

// Campaign is the publicity effort all else belongs to.
type Campaign struct {
	ID       string   `json:"id" yaml:"id"`
	Name     string   `json:"name" yaml:"name"`
	Short    string   `json:"short" yaml:"short"`
	Summary  string   `json:"summary,omitempty" yaml:"summary"`
	Window   Window   `json:"window,omitzero" yaml:"window"`
	Words    Words    `json:"words" yaml:"words"`
	Fields   []string `json:"fields" yaml:"fields"`
	Stages   []Stage  `json:"stages,omitempty" yaml:"stages"`
	Settings Settings `json:"settings" yaml:"settings"`
	Demo     bool     `json:"demo,omitempty" yaml:"demo"` // 演示数据 is shown on every page
}

// Target is what the office has counted as due: so many measures of a carrier by a
// unit. A task without any target is "not yet enumerated".
type Target struct {
	Unit     org.UnitID `json:"unit,omitempty" yaml:"unit"`
	Carrier  CarrierID  `json:"carrier,omitempty" yaml:"carrier"`
	Quantity float64    `json:"quantity" yaml:"quantity"`
	Measure  string     `json:"measure" yaml:"measure"`
	Source   string     `json:"source" yaml:"source"` // who counted, from what
}

// Task is an obligation of the plan.
type Task struct {
	Code      TaskCode     `json:"code" yaml:"code"`
	Position  int          `json:"position" yaml:"position"`
	Field     string       `json:"field" yaml:"field"`
	Title     string       `json:"title" yaml:"title"`
	Summary   string       `json:"summary,omitempty" yaml:"summary"`
	Places    []string     `json:"places,omitempty" yaml:"places"`
	Carriers  []CarrierID  `json:"carriers,omitempty" yaml:"carriers"`
	Lead      []org.UnitID `json:"lead,omitempty" yaml:"lead"`
	Assisting []org.UnitID `json:"assisting,omitempty" yaml:"assisting"`
	Window    Window       `json:"window,omitzero" yaml:"window"`
	Targets   []Target     `json:"targets,omitempty" yaml:"targets"`
	Aliases   []string     `json:"aliases,omitempty" yaml:"aliases"`
}

// Carrier is a kind of thing that carries publicity, with the measure words in
// which it is counted; the first is the usual one.
type Carrier struct {
	ID       CarrierID `json:"id" yaml:"id"`
	Name     string    `json:"name" yaml:"name"`
	Aliases  []string  `json:"aliases,omitempty" yaml:"aliases"`
	Measures []string  `json:"measures" yaml:"measures"`
	Rule     Rule      `json:"rule,omitzero" yaml:"rule"`
}

// Measures are the measure words that a quantity may carry (domain facts 3.10).
var Measures = []string{"块", "处", "条", "面", "张", "份", "本", "幅", "套", "个", "辆", "篇", "期", "次", "场", "场次", "人次", "平方米", "分钟", "座", "支", "台", "户", "名", "项", "节", "课时"}

// Question is something the plan leaves open and the office is to settle.
type Question struct {
	Task TaskCode `json:"task"`
	What string   `json:"what"` // lead | members | closed | window | target
	Text string   `json:"text"` // Chinese, with who is to settle it
}

// Open lists what the task leaves to be settled. Units gives the collectives
// without members; a task whose units are unknown cannot be complete.
func (t Task) Open(office string, units *org.Resolver) []Question {
	var open []Question
	ask := func(what, format string, args ...any) {
		open = append(open, Question{Task: t.Code, What: what, Text: fmt.Sprintf(format, args...)})
	}
	if len(t.Lead) == 0 {
		ask("lead", "方案没有写明责任单位，待%s明确", office)
	}
	for _, id := range t.Lead {
		switch u, ok := units.Unit(id); {
		case !ok:
			ask("lead", "责任单位“%s”不在单位名单里，待%s明确", id, office)
		case u.Collective() && len(u.Members) == 0:
			ask("members", "“%s”包括哪些单位，待%s明确", u.Name, office)
		}
	}
	// From the moment that an end is set somebody has to be found, even when its day is
	// still to come: the sentence names the day and is true before and after it.
	for _, id := range t.Responsible(units) {
		if u, ok := units.Unit(id); ok && !u.Closed.IsZero() {
			ask("closed", "“%s”单位已撤销（%d年%d月%d日起），待%s明确由谁承接", u.Name, u.Closed.Year(), int(u.Closed.Month()), u.Closed.Day(), office)
		}
	}
	if !t.Window.Settled() {
		ask("window", "方案没有写明起止时间，待%s明确", office)
	}
	if len(t.Targets) == 0 {
		ask("target", "应设数量尚未核定，待%s明确", office)
	}
	return open
}

// Responsible gives the lead units with collectives replaced by their members.
func (t Task) Responsible(units *org.Resolver) []org.UnitID { return enumerated(t.Lead, units) }

// Helping gives the assisting units with collectives replaced by their members.
func (t Task) Helping(units *org.Resolver) []org.UnitID { return enumerated(t.Assisting, units) }

// enumerated puts members in the place of their collective and names each unit once.
func enumerated(ids []org.UnitID, units *org.Resolver) []org.UnitID {
	var list []org.UnitID
	seen := map[org.UnitID]bool{}
	for _, id := range ids {
		named := []org.UnitID{id}
		if u, ok := units.Unit(id); ok && u.Collective() {
			named = u.Members
		}
		for _, one := range named {
			if !seen[one] {
				seen[one] = true
				list = append(list, one)
			}
		}
	}
	return list
}

// Validate checks a task by itself.
func (t Task) Validate() error {
	var faults []problem.Fault
	fault := func(field, why string) { faults = append(faults, problem.Fault{Field: field, Why: why}) }
	if t.Code == "" {
		fault("code", "缺少任务代码")
	}
	if t.Title == "" {
		fault("title", "缺少任务名称")
	}
	if !t.Window.Start.IsZero() && !t.Window.End.IsZero() && t.Window.End.Before(t.Window.Start) {
		fault("window", "结束日期早于开始日期，请核对")
	}
	for _, target := range t.Targets {
		if !(target.Quantity > 0) || math.IsInf(target.Quantity, 0) {
			fault("targets", "应设数量必须大于0；尚未核定时请留空，不要填0")
		}
		if target.Measure == "" {
			fault("targets", "应设数量缺少计量单位，例如“块”“条”")
		}
	}
	if len(faults) > 0 {
		return problem.Invalid("任务信息有误", "请按提示改正后再保存。", faults...)
	}
	return nil
}
