package ingest

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"shuixuan/app/campaign"
	"shuixuan/app/definition"
	"shuixuan/app/org"
	"shuixuan/app/problem"
)

// planFile is a plan as a file holds it: one campaign with its carriers and tasks.
type planFile struct {
	Campaign campaign.Campaign
	Carriers []campaign.Carrier
	Tasks    []campaign.Task

	named []unitNamed // every place where a unit is named, for check
}

// unitNamed is a unit that a task or target names, with its place in the file.
type unitNamed struct {
	row   int
	field string
	task  campaign.TaskCode
	unit  org.UnitID
}

// identifier is what may stand in an address and in a file name.
var identifier = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// readPlan reads a plan file strictly. The faults name their line; the error is for
// a file that can't be read at all. What needs the units is told by check.
func readPlan(name string, body []byte) (planFile, []problem.Fault, error) {
	f, err := definition.Open("文件“"+name+"”", body)
	if err != nil {
		return planFile{}, nil, err
	}
	f.Undated = "没有定结束日期的请写 open: true"
	f.OnlyKeys(f.Root(), "campaign", "carriers", "rules", "tasks")
	var p planFile
	d := planReader{f}
	d.readCampaign(&p)
	d.readCarriers(&p)
	d.readRules(&p)
	d.readTasks(&p)
	return p, f.Faults(), nil
}

// planReader goes through a plan part by part, so that all faults are told at once.
type planReader struct{ *definition.File }

func (d planReader) readCampaign(p *planFile) {
	node := d.Root().Child("campaign")
	if !node.Written() {
		d.Fault(1, "campaign", "缺少“campaign”一段：活动的代码、名称和用语")
		return
	}
	if !d.Decode(node, "campaign", &p.Campaign) {
		return
	}
	c, row := p.Campaign, node.Line()
	if !identifier.MatchString(c.ID) {
		d.Fault(row, "campaign.id", "活动代码“%s”不合要求，请用小写字母开头的字母、数字或“-”", c.ID)
	}
	for _, w := range []struct{ field, text, what string }{
		{"name", c.Name, "活动名称"}, {"short", c.Short, "活动简称"},
		{"words.field", c.Words.Field, "任务类别的叫法"}, {"words.task", c.Words.Task, "任务的叫法"},
		{"words.unit", c.Words.Unit, "责任单位的叫法"}, {"words.office", c.Words.Office, "主管办公室的叫法"},
		{"words.end", c.Words.End, "不定期结束的叫法"},
	} {
		if strings.TrimSpace(w.text) == "" {
			d.Fault(row, "campaign."+w.field, "缺少%s", w.what)
		}
	}
	if len(c.Fields) == 0 {
		d.Fault(row, "campaign.fields", "缺少%s的名单", c.Words.Field)
	}
	d.window(node, "campaign.window", c.Window)
	for i, stage := range d.Items(node.Child("stages"), "stages") {
		if c.Stages[i].Name == "" {
			d.Fault(stage.Line(), "stages.name", "第%d个阶段缺少名称", i+1)
		}
		d.window(stage, "stages.window", c.Stages[i].Window)
	}
	d.settings(node.Child("settings"), c.Settings)
}

// window tells of a window that contradicts itself.
func (d planReader) window(node definition.Node, field string, w campaign.Window) {
	row := node.LineOf("window")
	if w.Open && !w.End.IsZero() {
		d.Fault(row, field, "既写了结束日期，又写了open（不定期结束），请只保留一个")
	}
	if !w.Start.IsZero() && !w.End.IsZero() && w.End.Before(w.Start) {
		d.Fault(row, field, "结束日期早于开始日期，请核对")
	}
}

// settings tells of rules for figures that make no sense or don't say where they come from.
func (d planReader) settings(node definition.Node, s campaign.Settings) {
	check := func(key, source string, ok bool, why string) {
		if !ok {
			d.Fault(node.LineOf(key), "settings."+key, "%s", why)
		}
		if strings.TrimSpace(source) == "" {
			d.Fault(node.LineOf(key), "settings."+key, "缺少来源说明（source）：这个数是谁定的、依据是什么")
		}
	}
	check("small_base", s.SmallBase.Source, s.SmallBase.Value >= 0, "小样本的界线不能小于0")
	check("level", s.Level.Source, s.Level.Value > 0.5 && s.Level.Value < 1, "置信水平应在0.5和1之间，例如0.95")
	check("satisfaction_target", s.SatisfactionTarget.Source,
		s.SatisfactionTarget.Value >= 0 && s.SatisfactionTarget.Value <= 100, "满意率标准线应在0和100之间，没有标准线时写0")
	if s.FixAccuracy.Value != 0 {
		check("fix_accuracy", s.FixAccuracy.Source, s.FixAccuracy.Value > 0, "定位误差的界线应大于0，单位是米")
	}
	if s.GrowingOld != (campaign.Sourced[int]{}) {
		check("growing_old", s.GrowingOld.Source, s.GrowingOld.Value > 0 && s.GrowingOld.Value <= 365, "提前提醒的天数应在1和365之间")
	}
	if s.SumTo100 != (campaign.Sourced[bool]{}) {
		check("sum_to_100", s.SumTo100.Source, true, "")
	}
	if s.Words != (campaign.Sourced[string]{}) {
		check("words", s.Words.Source, true, "")
	}
	if s.ScreenedSheets != (campaign.Sourced[int]{}) {
		check("screened_sheets", s.ScreenedSheets.Source, s.ScreenedSheets.Value > 0 && s.ScreenedSheets.Value <= 1_000_000, "一次筛查的份数应在1和1000000之间")
	}
	if len(s.Composite.Value) == 0 {
		return // the campaign has no composite
	}
	sum, seen := 0.0, map[string]bool{}
	for _, w := range s.Composite.Value {
		if w.Dimension == "" || seen[w.Dimension] || !(w.Weight > 0) {
			d.Fault(node.LineOf("composite"), "settings.composite", "每个维度写一次，权重大于0；请核对“%s”", w.Dimension)
		}
		seen[w.Dimension] = true
		sum += w.Weight
	}
	check("composite", s.Composite.Source, math.Abs(sum-1) < 1e-9, fmt.Sprintf("各维度权重之和应为1，现在是%g", sum))
}

func (d planReader) readCarriers(p *planFile) {
	names := newNames()
	for i, node := range d.Items(d.Root().Child("carriers"), "carriers") {
		var c campaign.Carrier
		if !d.Decode(node, "carriers", &c) {
			continue
		}
		row := node.Line()
		if !identifier.MatchString(string(c.ID)) {
			d.Fault(row, "carriers.id", "第%d种宣传形式的代码“%s”不合要求，请用小写字母开头的字母、数字或“-”", i+1, c.ID)
		}
		if c.Name == "" {
			d.Fault(row, "carriers.name", "第%d种宣传形式缺少名称", i+1)
		}
		if len(c.Measures) == 0 {
			d.Fault(row, "carriers.measures", "“%s”缺少计量单位，例如“块”“条”", c.Name)
		}
		for _, m := range c.Measures {
			d.measure(row, "carriers.measures", m)
		}
		d.rule(node.Child("rule"), row, c.Rule)
		d.named(names, row, "carriers", c.Name, string(c.ID), append([]string{c.Name}, c.Aliases...))
		p.Carriers = append(p.Carriers, c)
	}
}

// ruleGroup is one rule for several carriers: what the law asks of all banners is written
// once.
type ruleGroup struct {
	Carriers []campaign.CarrierID `yaml:"carriers"`
	Rule     campaign.Rule        `yaml:"rule"`
}

// readRules gives carriers the rules that are written for several at once.
func (d planReader) readRules(p *planFile) {
	ruled := map[campaign.CarrierID]bool{}
	for i, node := range d.Items(d.Root().Child("rules"), "rules") {
		var g ruleGroup
		if !d.Decode(node, "rules", &g) {
			continue
		}
		row := node.Line()
		if len(g.Carriers) == 0 {
			d.Fault(row, "rules.carriers", "第%d条规定没有写明用于哪些宣传形式", i+1)
		}
		d.rule(node.Child("rule"), row, g.Rule)
		for _, id := range g.Carriers {
			at := slices.IndexFunc(p.Carriers, func(c campaign.Carrier) bool { return c.ID == id })
			switch {
			case at < 0:
				d.Fault(row, "rules.carriers", "第%d条规定用到的宣传形式“%s”没有在carriers里写明", i+1, id)
			case ruled[id] || p.Carriers[at].Rule != (campaign.Rule{}):
				d.Fault(row, "rules.carriers", "宣传形式“%s”有两处规定，请只保留一处", id)
			default:
				ruled[id], p.Carriers[at].Rule = true, g.Rule
			}
		}
	}
}

// rule tells what is wrong with a rule, under the line of its part.
func (d planReader) rule(node definition.Node, row int, r campaign.Rule) {
	for _, f := range r.Validate() {
		at := node.LineOf(f.Field)
		if at == 0 {
			at = row
		}
		d.Fault(at, "rule."+f.Field, "%s", f.Why)
	}
}

func (d planReader) measure(row int, field, word string) {
	if !slices.Contains(campaign.Measures, word) {
		d.Fault(row, field, "计量单位“%s”不在名单里，可用的有：%s", word, strings.Join(campaign.Measures, "、"))
	}
}

func (d planReader) readTasks(p *planFile) {
	node := d.Root().Child("tasks")
	items := d.Items(node, "tasks")
	if len(items) == 0 {
		d.Fault(max(1, node.Line()), "tasks", "方案里没有任务，请至少写一项")
	}
	names, positions := newNames(), map[int]campaign.TaskCode{}
	for i, node := range items {
		var t campaign.Task
		if !d.Decode(node, "tasks", &t) {
			continue
		}
		row := node.Line()
		if t.Position == 0 {
			t.Position = i + 1
		}
		if other, taken := positions[t.Position]; taken {
			d.Fault(row, "tasks.position", "“%s”与“%s”的顺序号都是%d", t.Code, other, t.Position)
		}
		positions[t.Position] = t.Code
		if p, bad := problem.As(t.Validate()); bad {
			for _, f := range p.Faults {
				if f.Field == "window" {
					continue // told by window, with its own line
				}
				d.Fault(row, "tasks."+f.Field, "第%d项任务“%s”：%s", i+1, t.Code, f.Why)
			}
		}
		if len([]rune(t.Code)) > 40 || strings.ContainsAny(string(t.Code), "/?#%\\") {
			d.Fault(row, "tasks.code", "任务代码“%s”不合要求，请控制在40个字以内，不用“/”“?”“#”“%%”", t.Code)
		}
		if len(p.Campaign.Fields) > 0 && !slices.Contains(p.Campaign.Fields, t.Field) {
			d.Fault(row, "tasks.field", "“%s”的%s“%s”不在名单里，可用的有：%s", t.Code, p.Campaign.Words.Field, t.Field, strings.Join(p.Campaign.Fields, "、"))
		}
		d.window(node, "tasks.window", t.Window)
		d.taskRefers(p, node, t)
		d.named(names, row, "tasks", string(t.Code), string(t.Code), append([]string{t.Title}, t.Aliases...))
		p.Tasks = append(p.Tasks, t)
	}
}

// taskRefers checks the carriers a task names, and keeps the units for check.
func (d planReader) taskRefers(p *planFile, node definition.Node, t campaign.Task) {
	carrier := func(row int, field string, id campaign.CarrierID) {
		if !slices.ContainsFunc(p.Carriers, func(c campaign.Carrier) bool { return c.ID == id }) {
			d.Fault(row, field, "“%s”用到的宣传形式“%s”没有在carriers里写明", t.Code, id)
		}
	}
	for i, n := range d.Items(node.Child("carriers"), "tasks.carriers") {
		carrier(n.Line(), "tasks.carriers", t.Carriers[i])
	}
	unit := func(row int, field string, id org.UnitID) {
		p.named = append(p.named, unitNamed{row, field, t.Code, id})
	}
	for i, n := range d.Items(node.Child("lead"), "tasks.lead") {
		unit(n.Line(), "tasks.lead", t.Lead[i])
	}
	for i, n := range d.Items(node.Child("assisting"), "tasks.assisting") {
		unit(n.Line(), "tasks.assisting", t.Assisting[i])
	}
	for i, n := range d.Items(node.Child("targets"), "tasks.targets") {
		target, row := t.Targets[i], n.Line()
		if target.Unit != "" {
			unit(row, "tasks.targets", target.Unit)
		}
		if target.Carrier != "" {
			carrier(row, "tasks.targets", target.Carrier)
		}
		d.measure(row, "tasks.targets", target.Measure)
		if strings.TrimSpace(target.Source) == "" {
			d.Fault(row, "tasks.targets", "“%s”的应设数量缺少来源说明（source）：谁核定的、依据是什么", t.Code)
		}
	}
}

// check tells of units that the plan names and the campaign doesn't have.
func (p planFile) check(units *org.Resolver) []problem.Fault {
	var faults []problem.Fault
	for _, n := range p.named {
		if _, known := units.Unit(n.unit); known {
			continue
		}
		why := fmt.Sprintf("“%s”写的%s“%s”不在单位名单里，请先导入单位，或核对代码", n.task, p.Campaign.Words.Unit, n.unit)
		if u, ok := units.Resolve(string(n.unit)); ok {
			why = fmt.Sprintf("“%s”写的%s“%s”请改写成代码“%s”", n.task, p.Campaign.Words.Unit, n.unit, u.ID)
		}
		faults = append(faults, problem.Fault{Row: n.row, Field: n.field, Why: why})
	}
	return faults
}

// names remembers who has which name, so that no written name fits two things.
type names struct{ ids, words map[string]string }

func newNames() names { return names{ids: map[string]string{}, words: map[string]string{}} }

// named tells of an id that is there twice and of a name or alias that fits two.
func (d planReader) named(n names, row int, field, who, id string, all []string) {
	for _, f := range n.add(row, field, who, id, all) {
		d.Fault(f.Row, f.Field, "%s", f.Why)
	}
}

func (n names) add(row int, field, who, id string, all []string) []problem.Fault {
	var faults []problem.Fault
	if other, taken := n.ids[id]; taken && id != "" {
		faults = append(faults, problem.Fault{Row: row, Field: field, Why: fmt.Sprintf("代码“%s”用了两次（“%s”和“%s”），请改成不同的代码", id, other, who)})
		return faults
	}
	n.ids[id] = who
	for _, name := range all {
		folded := org.Fold(name)
		if folded == "" {
			continue
		}
		if other, taken := n.words[folded]; taken && other != who {
			faults = append(faults, problem.Fault{Row: row, Field: field, Why: fmt.Sprintf("“%s”既可指“%s”又可指“%s”，请去掉其中一个", name, other, who)})
			continue
		}
		n.words[folded] = who
	}
	return faults
}
