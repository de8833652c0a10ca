package xlsform

import (
	"slices"
	"strings"

	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// check asks the questionnaire itself what is wrong with it, and says where in the
// workbook. What was told with a better place already isn't told again.
func (r *reader) check() {
	loops := r.loops()
	p, is := problem.As(r.q.Validate())
	if !is {
		return
	}
	for _, f := range p.Faults {
		column := columnOf(f.Why)
		l, known := r.places[f.Field]
		pair, ofPair := r.pairRow(f.Field)
		switch {
		case ofPair:
			r.pairFault(pair, f.Why)
		case toldHere(f.Why), r.told(l, known, column, f.Why):
		case loops[f.Field] && strings.Contains(f.Why, "排在本题之后"):
		case known:
			r.fault(l, column, "%s", f.Why)
		case f.Field == "id" || f.Field == "title" || f.Field == "intro" || f.Field == "source" || f.Field == "stratum":
			settings := map[string]string{"id": "form_id", "title": "form_title", "intro": ownIntro, "source": ownSource, "stratum": ownStratum}
			r.faults = append(r.faults, Fault{settingsSheet, 2, settings[f.Field], f.Why})
		case f.Field == "contradictions":
			r.faults = append(r.faults, Fault{contradictionsSheet, 0, "", f.Why})
		case f.Field == "questions":
			r.faults = append(r.faults, Fault{surveySheet, 0, "", f.Why})
		default:
			r.faults = append(r.faults, Fault{indicatorsSheet, r.indicatorRow(f.Field), "", f.Why})
		}
	}
}

// toldHere are sentences of Validate on what is told with the row of the option instead.
func toldHere(why string) bool {
	for _, part := range []string{"个选项的代码“", "选项代码“"} {
		if strings.Contains(why, part) && !strings.Contains(why, "里的选项代码") {
			return true
		}
	}
	return false
}

// told tells whether a cell that couldn't be read is the reason of a fault.
func (r *reader) told(l line, known bool, column, why string) bool {
	if !known || why != "缺少选项" && why != "问卷里没有题目" {
		return false
	}
	return slices.ContainsFunc(r.faults, func(f Fault) bool { return f.Sheet == l.name && f.Row == l.Number })
}

// columnOf finds the column that a sentence of Validate speaks of.
func columnOf(why string) string {
	for _, one := range [][2]string{
		{"显示条件", colRelevant}, {"跳过条件", ownSkip}, {"缺少题目文字", colLabel}, {"题目超过", colLabel}, {"文字里的 ${", colLabel},
		{"最小值", colConstraint}, {"上下限", colConstraint}, {"至少要选", colConstraint}, {"日期“", colConstraint}, {"最早日期", colConstraint},
		{"格子太多", colParameters}, {"打乱", colParameters}, {"正确答案", ownRight}, {"必答", colRequired}, {"选项", colType}, {"代码“", colName}, {"题目代码", colName},
	} {
		if strings.Contains(why, one[0]) {
			return one[1]
		}
	}
	return ""
}

// loops tells of questions whose conditions lead back to themselves, and gives those in one.
func (r *reader) loops() map[string]bool {
	uses := map[string][]string{}
	holder := map[string]string{} // row of a matrix → its question
	for _, q := range r.q.Questions {
		holder[q.Name] = q.Name
		for _, row := range q.Rows {
			holder[row.Name] = q.Name
		}
	}
	for _, q := range r.q.Questions {
		for _, c := range []*survey.Condition{q.ShowIf, q.SkipIf} {
			if c != nil {
				for _, name := range speaksOf(*c) {
					uses[q.Name] = append(uses[q.Name], holder[name])
				}
			}
		}
	}
	in := map[string]bool{}
	for _, q := range r.q.Questions {
		way := wayBack(q.Name, uses)
		if len(way) < 3 || in[q.Name] {
			continue // of one question alone Validate tells
		}
		for _, name := range way {
			in[name] = true
		}
		r.fault(r.places[q.Name], colRelevant, "条件互相引用，成了一个圈：%s；请改成只引用前面的题目", strings.Join(way, " → "))
	}
	return in
}

func speaksOf(c survey.Condition) []string {
	var names []string
	if c.Question != "" {
		names = append(names, c.Question)
	}
	for _, part := range slices.Concat(c.All, c.Any) {
		names = append(names, speaksOf(part)...)
	}
	return names
}

// wayBack is the shortest way from a question back to it, by what their conditions use.
func wayBack(start string, uses map[string][]string) []string {
	from := map[string]string{}
	for queue := []string{start}; len(queue) > 0; queue = queue[1:] {
		for _, next := range uses[queue[0]] {
			if next == start {
				way := []string{start}
				for at := queue[0]; at != start; at = from[at] {
					way = append(way, at)
				}
				way = append(way, start)
				slices.Reverse(way)
				return way
			}
			if _, seen := from[next]; !seen && next != "" {
				from[next] = queue[0]
				queue = append(queue, next)
			}
		}
	}
	return nil
}

// sort puts faults and notes in the order in which the sheets are gone through.
func (r *reader) sort(tables []Table) {
	order := func(f Fault) int {
		return slices.IndexFunc(tables, func(t Table) bool { return t.Name == f.Sheet })
	}
	for _, list := range [][]Fault{r.faults, r.notes} {
		slices.SortStableFunc(list, func(a, b Fault) int {
			if o := order(a) - order(b); o != 0 {
				return o
			}
			if a.Row != b.Row {
				return a.Row - b.Row
			}
			return strings.Compare(a.Column, b.Column)
		})
	}
}
