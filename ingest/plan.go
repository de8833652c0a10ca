package ingest

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"shuixuan/app/campaign"
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
	d, err := openDocument(name, body)
	if err != nil {
		return planFile{}, nil, err
	}
	d.onlyKeys(d.root, "campaign", "carriers", "tasks")
	var p planFile
	d.readCampaign(&p)
	d.readCarriers(&p)
	d.readTasks(&p)
	return p, d.faults, nil
}

func (d *document) readCampaign(p *planFile) {
	node := child(d.root, "campaign")
	if node == nil {
		d.fault(1, "campaign", "缺少“campaign”一段：活动的代码、名称和用语")
		return
	}
	if !d.decode(node, "campaign", &p.Campaign) {
		return
	}
	c, row := p.Campaign, lineOf(node)
	if !identifier.MatchString(c.ID) {
		d.fault(row, "campaign.id", "活动代码“%s”不合要求，请用小写字母开头的字母、数字或“-”", c.ID)
	}
	for _, w := range []struct{ field, text, what string }{
		{"name", c.Name, "活动名称"}, {"short", c.Short, "活动简称"},
		{"words.field", c.Words.Field, "任务类别的叫法"}, {"words.task", c.Words.Task, "任务的叫法"},
		{"words.unit", c.Words.Unit, "责任单位的叫法"}, {"words.office", c.Words.Office, "主管办公室的叫法"},
		{"words.end", c.Words.End, "不定期结束的叫法"},
	} {
		if strings.TrimSpace(w.text) == "" {
			d.fault(row, "campaign."+w.field, "缺少%s", w.what)
		}
	}
	if len(c.Fields) == 0 {
		d.fault(row, "campaign.fields", "缺少%s的名单", c.Words.Field)
	}
	d.window(node, "campaign.window", c.Window)
	for i, stage := range d.items(child(node, "stages"), "stages") {
		if c.Stages[i].Name == "" {
			d.fault(lineOf(stage), "stages.name", "第%d个阶段缺少名称", i+1)
		}
		d.window(stage, "stages.window", c.Stages[i].Window)
	}
	d.settings(child(node, "settings"), c.Settings)
}

// window tells of a window that contradicts itself.
func (d *document) window(node ast.Node, field string, w campaign.Window) {
	row := lineOf(node)
	if v := child(node, "window"); v != nil {
		row = lineOf(v)
	}
	if w.Open && !w.End.IsZero() {
		d.fault(row, field, "既写了结束日期，又写了open（不定期结束），请只保留一个")
	}
	if !w.Start.IsZero() && !w.End.IsZero() && w.End.Before(w.Start) {
		d.fault(row, field, "结束日期早于开始日期，请核对")
	}
}

// settings tells of rules for figures that make no sense or don't say where they come from.
func (d *document) settings(node ast.Node, s campaign.Settings) {
	row := lineOf(node)
	at := func(key string) int {
		if v := child(node, key); v != nil {
			return lineOf(v)
		}
		return row
	}
	check := func(key, source string, ok bool, why string) {
		if !ok {
			d.fault(at(key), "settings."+key, "%s", why)
		}
		if strings.TrimSpace(source) == "" {
			d.fault(at(key), "settings."+key, "缺少来源说明（source）：这个数是谁定的、依据是什么")
		}
	}
	check("small_base", s.SmallBase.Source, s.SmallBase.Value >= 0, "小样本的界线不能小于0")
	check("level", s.Level.Source, s.Level.Value > 0.5 && s.Level.Value < 1, "置信水平应在0.5和1之间，例如0.95")
	check("satisfaction_target", s.SatisfactionTarget.Source,
		s.SatisfactionTarget.Value >= 0 && s.SatisfactionTarget.Value <= 100, "满意率标准线应在0和100之间，没有标准线时写0")
	if len(s.Composite.Value) == 0 {
		return // the campaign has no composite
	}
	sum, seen := 0.0, map[string]bool{}
	for _, w := range s.Composite.Value {
		if w.Dimension == "" || seen[w.Dimension] || !(w.Weight > 0) {
			d.fault(at("composite"), "settings.composite", "每个维度写一次，权重大于0；请核对“%s”", w.Dimension)
		}
		seen[w.Dimension] = true
		sum += w.Weight
	}
	check("composite", s.Composite.Source, math.Abs(sum-1) < 1e-9, fmt.Sprintf("各维度权重之和应为1，现在是%g", sum))
}

func (d *document) readCarriers(p *planFile) {
	names := newNames()
	for i, node := range d.items(child(d.root, "carriers"), "carriers") {
		var c campaign.Carrier
		if !d.decode(node, "carriers", &c) {
			continue
		}
		row := lineOf(node)
		if !identifier.MatchString(string(c.ID)) {
			d.fault(row, "carriers.id", "第%d种宣传形式的代码“%s”不合要求，请用小写字母开头的字母、数字或“-”", i+1, c.ID)
		}
		if c.Name == "" {
			d.fault(row, "carriers.name", "第%d种宣传形式缺少名称", i+1)
		}
		if len(c.Measures) == 0 {
			d.fault(row, "carriers.measures", "“%s”缺少计量单位，例如“块”“条”", c.Name)
		}
		for _, m := range c.Measures {
			d.measure(row, "carriers.measures", m)
		}
		d.named(names, row, "carriers", c.Name, string(c.ID), append([]string{c.Name}, c.Aliases...))
		p.Carriers = append(p.Carriers, c)
	}
}

func (d *document) measure(row int, field, word string) {
	if !slices.Contains(campaign.Measures, word) {
		d.fault(row, field, "计量单位“%s”不在名单里，可用的有：%s", word, strings.Join(campaign.Measures, "、"))
	}
}

func (d *document) readTasks(p *planFile) {
	node := child(d.root, "tasks")
	items := d.items(node, "tasks")
	if len(items) == 0 {
		d.fault(max(1, lineOf(node)), "tasks", "方案里没有任务，请至少写一项")
	}
	names, positions := newNames(), map[int]campaign.TaskCode{}
	for i, node := range items {
		var t campaign.Task
		if !d.decode(node, "tasks", &t) {
			continue
		}
		row := lineOf(node)
		if t.Position == 0 {
			t.Position = i + 1
		}
		if other, taken := positions[t.Position]; taken {
			d.fault(row, "tasks.position", "“%s”与“%s”的顺序号都是%d", t.Code, other, t.Position)
		}
		positions[t.Position] = t.Code
		if p, bad := problem.As(t.Validate()); bad {
			for _, f := range p.Faults {
				if f.Field == "window" {
					continue // told by window, with its own line
				}
				d.fault(row, "tasks."+f.Field, "第%d项任务“%s”：%s", i+1, t.Code, f.Why)
			}
		}
		if len([]rune(t.Code)) > 40 || strings.ContainsAny(string(t.Code), "/?#%\\") {
			d.fault(row, "tasks.code", "任务代码“%s”不合要求，请控制在40个字以内，不用“/”“?”“#”“%%”", t.Code)
		}
		if len(p.Campaign.Fields) > 0 && !slices.Contains(p.Campaign.Fields, t.Field) {
			d.fault(row, "tasks.field", "“%s”的%s“%s”不在名单里，可用的有：%s", t.Code, p.Campaign.Words.Field, t.Field, strings.Join(p.Campaign.Fields, "、"))
		}
		d.window(node, "tasks.window", t.Window)
		d.taskRefers(p, node, t)
		d.named(names, row, "tasks", string(t.Code), string(t.Code), append([]string{t.Title}, t.Aliases...))
		p.Tasks = append(p.Tasks, t)
	}
}

// taskRefers checks the carriers a task names, and keeps the units for check.
func (d *document) taskRefers(p *planFile, node ast.Node, t campaign.Task) {
	carrier := func(row int, field string, id campaign.CarrierID) {
		if !slices.ContainsFunc(p.Carriers, func(c campaign.Carrier) bool { return c.ID == id }) {
			d.fault(row, field, "“%s”用到的宣传形式“%s”没有在carriers里写明", t.Code, id)
		}
	}
	for i, n := range d.items(child(node, "carriers"), "tasks.carriers") {
		carrier(lineOf(n), "tasks.carriers", t.Carriers[i])
	}
	unit := func(row int, field string, id org.UnitID) {
		p.named = append(p.named, unitNamed{row, field, t.Code, id})
	}
	for i, n := range d.items(child(node, "lead"), "tasks.lead") {
		unit(lineOf(n), "tasks.lead", t.Lead[i])
	}
	for i, n := range d.items(child(node, "assisting"), "tasks.assisting") {
		unit(lineOf(n), "tasks.assisting", t.Assisting[i])
	}
	for i, n := range d.items(child(node, "targets"), "tasks.targets") {
		target, row := t.Targets[i], lineOf(n)
		if target.Unit != "" {
			unit(row, "tasks.targets", target.Unit)
		}
		if target.Carrier != "" {
			carrier(row, "tasks.targets", target.Carrier)
		}
		d.measure(row, "tasks.targets", target.Measure)
		if strings.TrimSpace(target.Source) == "" {
			d.fault(row, "tasks.targets", "“%s”的应设数量缺少来源说明（source）：谁核定的、依据是什么", t.Code)
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
func (d *document) named(n names, row int, field, who, id string, all []string) {
	d.faults = append(d.faults, n.add(row, field, who, id, all)...)
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
