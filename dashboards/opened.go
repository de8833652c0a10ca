package dashboards

import (
	"fmt"
	"strings"

	"shuixuan/analytics"
	"shuixuan/analytics/openanswers"
	"shuixuan/dashboards/chart"
)

// drawnWords is how many words are drawn and listed; the download of a table has those too.
const drawnWords = 20

// opened draws what was written under an open question: who wrote anything, which words and
// pairs, and by which words groups stand out.
func (p *page) opened(o *analytics.Opened) {
	kinds := o.Answers.All
	base := fmt.Sprintf("%d人写了内容，其中%d人说了意见，%d人写“没有”一类，%d人写“不知道”一类，%d人只有标点、数字或表情。按人计：一个人写几遍也算一人。",
		kinds.Written(), kinds[openanswers.Said], kinds[openanswers.Nothing], kinds[openanswers.Unsure], kinds[openanswers.Wordless])
	if o.Cut {
		base += "答卷太多，只读了其中一部分，每次取到的都是同一批。"
	}
	if o.Instead != "" {
		base += o.Instead + "。"
	}
	p.wordTable("question-words", "常用的词", base, o, o.Words)
	p.wordTable("question-pairs", "常一起用的词", base, o, o.Pairs)
	p.apart("question-apart", base, o)
}

func (p *page) wordTable(id, title, base string, o *analytics.Opened, t openanswers.Table) {
	panel := Panel{ID: id, Title: title, SQL: o.SQL, Base: base}
	names := make([]string, len(o.Labels))
	for i, label := range o.Labels {
		names[i] = fmt.Sprintf("%s（%d人）", label, t.Columns[i].Base)
		if t.Columns[i].Hidden {
			names[i] = label + "（人太少，不列）"
		}
	}
	panel.Table.Columns = columns("词", numeric(append([]string{fmt.Sprintf("合计（%d人）", t.Base)}, names...)...)...)
	var bars []chart.Bar
	for _, row := range t.Rows[:min(len(t.Rows), drawnWords)] {
		cells := []Cell{text(row.Text), count(row.Persons)}
		for _, c := range row.Cells {
			if c.Hidden {
				cells = append(cells, blankCell())
			} else {
				cells = append(cells, count(c.Persons))
			}
		}
		panel.Table.Rows = append(panel.Table.Rows, Row{Cells: cells})
		share := 100 * float64(row.Persons) / float64(max(t.Base, 1))
		bars = append(bars, chart.Bar{Label: row.Text, Value: share, Valid: true, Text: fmt.Sprintf("%d人", row.Persons)})
	}
	if len(bars) == 0 {
		panel.EmptyMsg = "说了意见的人还太少，没有可以列出的词。"
		p.add(panel)
		return
	}
	panel.Lead = fmt.Sprintf("用得最多的是“%s”，%d人里有%d人。", t.Rows[0].Text, t.Base, t.Rows[0].Persons)
	panel.Notes = with(panel.Notes, p.note(strings.TrimSuffix(t.Rule, "。")))
	drawn := chart.Bars(id, title+"。"+panel.Lead, bars, chart.Scale{Unit: "%"})
	panel.Chart, panel.Height = drawn.Option, drawn.Height
	p.add(panel)
}

// apart lists the words by which a group stands out from the others.
func (p *page) apart(id, base string, o *analytics.Opened) {
	if len(o.Apart) == 0 {
		return
	}
	panel := Panel{ID: id, Title: "各组特别常用的词", SQL: o.SQL, Base: base}
	panel.Table.Columns = columns(groupWord(o.By), Column{Name: "词"}, Column{Name: "这一组（人）", Numeric: true}, Column{Name: "其他组（人）", Numeric: true}, Column{Name: "z", Numeric: true})
	for _, g := range o.Apart {
		for _, w := range g.Words {
			z := w.Z
			panel.Table.Rows = append(panel.Table.Rows, Row{Cells: []Cell{text(g.Label), text(w.Text), count(w.Persons), count(w.Others), correlation(z)}})
		}
	}
	panel.Lead = fmt.Sprintf("%d组有比别的组特别常用的词。", len(o.Apart))
	panel.Notes = with(panel.Notes, p.note("z 是带先验的对数优势比除以它的标准误（Monroe 等 2008）；比较的词很多，单凭偶然也会有几个突出，只作线索。"))
	p.add(panel)
}
