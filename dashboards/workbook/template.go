package workbook

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
)

// listRows is how many rows of a template offer their lists.
const listRows = 5000

// lists is a hidden sheet of what the drop-downs offer. A list inside a validation
// holds 255 characters only.
type lists struct {
	b       *book
	columns [][]string
}

const listSheet = "选项"

// add keeps a list and gives the range that names it.
func (l *lists) add(items []string) string {
	l.columns = append(l.columns, items)
	from, _ := excelize.CoordinatesToCellName(len(l.columns), 1, true)
	to, _ := excelize.CoordinatesToCellName(len(l.columns), len(items), true)
	return listSheet + "!" + from + ":" + to
}

// write puts the lists on their sheet and hides it.
func (l *lists) write() {
	if l.b.err != nil || len(l.columns) == 0 {
		return
	}
	f := l.b.f
	_, err := f.NewSheet(listSheet)
	l.b.check(err)
	l.b.sheets++
	sw, err := f.NewStreamWriter(listSheet)
	l.b.check(err)
	if l.b.err != nil {
		return
	}
	longest := 0
	for _, c := range l.columns {
		longest = max(longest, len(c))
	}
	for i := range longest {
		row := make([]any, len(l.columns))
		for j, c := range l.columns {
			if i < len(c) {
				row[j] = l.b.cell(plain, c[i])
			}
		}
		at, _ := excelize.CoordinatesToCellName(1, i+1)
		l.b.check(sw.SetRow(at, row))
	}
	l.b.check(sw.Flush())
	l.b.check(f.SetSheetVisible(listSheet, false))
}

// offer puts a drop-down on a column below its heading. strict refuses anything else;
// otherwise other words are let in after a hint.
func (s *sheet) offer(l *lists, name string, items []string, strict bool, hint string) {
	at := s.at(name)
	if s.b.err != nil || at < 0 || len(items) == 0 {
		return
	}
	v := excelize.NewDataValidation(true)
	v.SetSqref(s.below(at))
	v.SetSqrefDropList(l.add(items))
	style, words := excelize.DataValidationErrorStyleStop, "请从下拉名单中选择。"
	if !strict {
		style, words = excelize.DataValidationErrorStyleInformation, "名单里没有，仍然可以填写。"
	}
	v.SetError(style, name, words)
	if hint != "" {
		v.SetInput(name, firstRunes(hint, 200))
	}
	s.b.check(s.b.f.AddDataValidation(s.name, v))
}

// ask shows a hint when a cell of the column is chosen.
func (s *sheet) ask(name, hint string) {
	at := s.at(name)
	if s.b.err != nil || at < 0 {
		return
	}
	v := excelize.NewDataValidation(true)
	v.SetSqref(s.below(at))
	v.Type = "none"
	v.SetInput(name, firstRunes(hint, 200))
	s.b.check(s.b.f.AddDataValidation(s.name, v))
}

func (s *sheet) at(name string) int {
	for i, c := range s.l.columns {
		if c.name == name {
			return i
		}
	}
	return -1
}

func (s *sheet) below(column int) string {
	from, _ := excelize.CoordinatesToCellName(column+1, s.row+1)
	to, _ := excelize.CoordinatesToCellName(column+1, s.row+listRows)
	return from + ":" + to
}

// PlacementTemplate writes a ledger to fill in. With a unit it offers the unit's own
// tasks, without one all of them. Examples stand on the sheet of instructions only, so
// that no import can take them for data.
func PlacementTemplate(w io.Writer, plan *campaign.Plan, unit org.UnitID) error {
	b := newBook(plan.Campaign.Name, time.Now())
	words := dashboards.Words(plan)
	s := b.sheet("宣传台账", layout{columns: ledgerColumns(plan), landscape: true, bare: true})
	l := &lists{b: b}
	tasks, units := plan.Tasks, []string{}
	if unit != "" {
		tasks, units = plan.TasksOf(unit), []string{plan.UnitName(unit)}
	} else {
		for _, u := range plan.Units.Units() {
			if !u.Collective() {
				units = append(units, u.Name)
			}
		}
	}
	var codes, carriers []string
	for _, t := range tasks {
		codes = append(codes, string(t.Code))
	}
	for _, c := range plan.Carriers {
		carriers = append(carriers, c.Name)
	}
	s.offer(l, words.Unit, units, true, "")
	s.offer(l, words.Task, codes, true, "各"+words.Task+"的内容见“填写说明”。")
	s.offer(l, "宣传形式", carriers, false, "")
	s.offer(l, "计量单位", campaign.Measures, true, "")
	s.offer(l, "坐标系", []string{"wgs84", "gcj02", "bd09"}, true, "手机定位填 wgs84，高德、腾讯地图填 gcj02，百度地图填 bd09；没有坐标请留空。")
	s.ask("数量", "只填数字，例如 120；计量单位填在下一列。")
	s.ask("宣传时间/开始", "例如 2014-09-05。")
	s.ask("许可编号", "规定要设置许可的形式才填；还没有拿到的先留空，拿到后在页面上补填。")
	s.ask("许可到期", "例如 2014-12-31。")
	s.ask("围挡面积(㎡)", "工地围挡才填：整面围挡的面积。公益宣传的面积填在“面积”栏。")
	s.ask("宣传时间/结束", "例如 2014-12-31；一直保留的请填“"+words.End+"”。")
	s.flush()
	placementHelp(b, plan, tasks, unit)
	l.write()
	return b.write(w)
}

func placementHelp(b *book, plan *campaign.Plan, tasks []campaign.Task, unit org.UnitID) {
	words := dashboards.Words(plan)
	s := b.sheet("填写说明", layout{title: plan.Campaign.Name + "　台账填写说明", columns: []column{{"栏目", 18, plain}, {"怎样填", 62, plain}, {"示例（本页不会导入）", 30, plain}}})
	for _, row := range [][3]string{
		{"序号", "可不填，只用来核对", "1"},
		{words.Unit, "从下拉名单中选择", example(plan, unit)},
		{words.Task, "从下拉名单中选择代码，内容见下", firstCode(tasks)},
		{"宣传形式", "从下拉名单中选择；名单里没有的，照实填写", "公交站点广告牌"},
		{"设置地点", "写到能找到的程度，一处一行", "龙山路与文化路口东北角"},
		{"数量", "只填数字，大于0，最多3位小数", "12"},
		{"计量单位", "从下拉名单中选择；不同单位的数量不会相加", "块"},
		{"面积(㎡)", "可不填；总面积，平方米", "36"},
		{"规格", "可不填；照实填写", "3m×1m"},
		{"宣传时间/开始", "年-月-日", "2014-09-05"},
		{"宣传时间/结束", "年-月-日；一直保留的填“" + words.End + "”，也可以留空", words.End},
		{"经度、纬度、坐标系", "可不填；填了就三栏都填", "116.7689、36.1826、wgs84"},
		{"许可编号、许可到期", "规定要设置许可的形式才填，到期日填 年-月-日；还没有拿到的先留空", "泰许2014-17、2014-12-31"},
		{"围挡面积(㎡)", "工地围挡才填整面围挡的面积，公益宣传的面积填在“面积”栏", "120"},
		{"备注", "可不填；请不要填写个人姓名、电话", ""},
	} {
		s.add(row[0], row[1], text(row[2]))
	}
	s.across(band, "重复上传同一个文件不会重复登记。有问题的行会连同原因退回，改正后把退回的文件再传一次即可。", 0)
	s.across(band, "本表可选的"+words.Task, 20)
	for _, t := range tasks {
		s.add(string(t.Code), t.Title, text(strings.Join(t.Places, "、")))
	}
	if len(tasks) == 0 {
		s.add(nil, fmt.Sprintf("方案里还没有本单位的%s，请与%s联系", words.Task, words.Office), nil)
	}
	s.flush()
}

func example(plan *campaign.Plan, unit org.UnitID) string {
	if unit == "" {
		return "市住建局"
	}
	return plan.UnitName(unit)
}

func firstCode(tasks []campaign.Task) string {
	if len(tasks) == 0 {
		return ""
	}
	return string(tasks[0].Code)
}

// ResponseTemplate writes a sheet to type paper questionnaires into, one row each.
func ResponseTemplate(w io.Writer, wave survey.Wave, q survey.Questionnaire) error {
	b := newBook(q.Title, time.Now())
	cols := responseColumns(wave, q)
	s := b.sheet("问卷录入", layout{columns: cols[:len(cols)-6], landscape: true, bare: true}) // without what the program adds
	l := &lists{b: b}
	if stratumColumn(q) {
		var strata []string
		for _, stratum := range wave.Strata {
			strata = append(strata, stratum.Label)
		}
		s.offer(l, "人群", strata, true, "")
	}
	for _, question := range q.Items() {
		var options []string
		for _, o := range question.Options {
			options = append(options, o.Label)
		}
		switch question.Type {
		case survey.Single, survey.Scale, survey.Consent:
			s.offer(l, question.Label, options, true, question.Hint)
		case survey.Multiple:
			s.ask(question.Label, "可多选，用“"+separator+"”隔开，例如："+strings.Join(options[:min(2, len(options))], separator))
		case survey.Number, survey.Date, survey.Text:
			if question.Hint != "" {
				s.ask(question.Label, question.Hint)
			}
		}
	}
	s.flush()
	responseHelp(b, wave, q)
	l.write()
	return b.write(w)
}

func responseHelp(b *book, wave survey.Wave, q survey.Questionnaire) {
	s := b.sheet("填写说明", layout{title: q.Title + "　录入说明", remark: wave.Name + "。每份纸质问卷填一行；没有作答的题留空。问卷不记名，请不要填写姓名、电话。", landscape: true,
		columns: []column{{"第几题", 8, integer}, {"怎样填（填文字或代码都可以）", 96, plain}, {"题型", 9, plain}, {"是否必填", 9, plain}, {"什么时候问", 30, plain}}})
	n := 0
	for _, question := range q.Items() {
		if question.Type == survey.Note {
			continue
		}
		var options []string
		for _, o := range question.Options {
			words := o.Code + "=" + o.Label
			if o.Exclusive {
				words += "（单独选）"
			}
			options = append(options, words)
		}
		required := "否"
		if question.Required {
			required = "是"
		}
		// The question never stands alone in a cell: the intake looks for it to find the
		// sheet that holds answers, and would find two.
		n++
		how := "问“" + question.Label + "”，照实填写"
		if len(options) > 0 {
			how = "问“" + question.Label + "”，可填：" + strings.Join(options, separator)
		}
		s.add(n, how, survey.TypeNames[question.Type], required, question.AskedOf(q))
	}
	s.across(band, "示例（本页不会导入）：单选填“满意”，多选填“公交站点广告牌"+separator+"横幅”。重复上传同一个文件不会重复录入。", 0)
	s.flush()
}
