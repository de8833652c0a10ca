package workbook

import (
	"io"
	"time"

	"shuixuan/app/org"
	"shuixuan/app/survey"
)

// MarginsTemplate writes a workbook of known totals to fill in: a line for each stratum and
// area of the wave and each option of what its respondents are asked about themselves. The
// people of the strata stand in it where the wave knows them, and with margins all of its
// totals.
func MarginsTemplate(w io.Writer, wave survey.Wave, q survey.Questionnaire) error {
	b := newBook(wave.Name, time.Now())
	s := b.sheet("已知总体数", layout{columns: []column{{"变量", 18, plain}, {"选项", 28, plain}, {"总数", 14, integer}, {"来源", 44, plain}}, bare: true})
	s.ask("总数", "填人数，不填比例。没有人的填0；整个变量不用的，总数都留空。")
	s.ask("来源", "出处和年份，例如：市统计局2026年年鉴表3-2。全表一个来源的，写一处就行。")
	held := map[[2]string]any{}
	sources := map[string]string{}
	if wave.Margins != nil {
		for _, m := range wave.Margins.List {
			sources[m.Variable] = m.Source
			for _, t := range m.Totals {
				held[[2]string{m.Variable, t.Code}] = t.People
			}
		}
	} else if populations, whole := wave.Populations(); whole {
		sources[survey.MarginStratum] = wave.Sampling.Frame
		for code, people := range populations {
			held[[2]string{survey.MarginStratum, code}] = int(people)
		}
	}
	variables := wave.MarginVariables(q)
	named := map[string]int{}
	for _, v := range variables {
		named[org.Fold(v.Label)]++
	}
	for _, v := range variables {
		name := v.Label
		if named[org.Fold(name)] > 1 {
			name = v.Variable // its words would mean two
		}
		if _, used := sources[v.Variable]; !v.Demographic && !used {
			continue
		}
		for _, o := range v.Values {
			s.add(text(name), text(o.Label), held[[2]string{v.Variable, o.Code}], text(sources[v.Variable]))
		}
	}
	s.flush()
	help := b.sheet("填写说明", layout{title: wave.Name + "　已知总体数填写说明", columns: []column{{"栏目", 12, plain}, {"怎样填", 70, plain}, {"示例（本页不会导入）", 30, plain}}})
	for _, row := range [][3]string{
		{"变量", "“组别”“区域”，或一道人人都答的单选题：写题目的简称、全文或代码", "性别"},
		{"选项", "这一项的一个选项，每行一个；每个选项都要有一行", "女"},
		{"总数", "这样的人一共有多少。填整数，没有人的填0；同一变量各行相加是总体人数，各变量的合计应当相同（四舍五入的差别可以）", "312000"},
		{"来源", "数字的出处和年份，印在结果旁边。全表一个来源的，写一处就行", "市统计局2026年年鉴表3-2"},
	} {
		help.add(row[0], row[1], text(row[2]))
	}
	help.across(band, "不用的变量，把它的总数都留空。上传以后先看预览，确认后才生效；随时可以撤回。", 0)
	help.flush()
	return b.write(w)
}
