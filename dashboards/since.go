package dashboards

import (
	"fmt"
	"time"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
)

// Since is what is new to one person: what came in after they last looked, and what is
// otherwise than it was then.
type Since struct {
	At    time.Time // when they last looked
	Lead  string
	Lines []SinceLine
}

// SinceLine is one kind of change. Sign and words tell it without colour; State is a word for
// colour, as of a Cell. More is how many are not listed.
type SinceLine struct {
	Sign, Text, State, Link string
	Items                   []SinceItem
	More                    int
}

// SinceItem is one thing that changed.
type SinceItem struct{ Text, Link string }

// mostChanged is how many things of one kind are named.
const mostChanged = 5

// Changed puts in words what is otherwise than it was. Its counts are of the same questions as
// the rest of the page, asked of then and of now.
func Changed(plan *campaign.Plan, c *analytics.Changes) Since {
	p := newPage(plan, "")
	s := Since{At: c.Since}
	if !c.Any() {
		s.Lead = "没有新的登记、审核、照片和问卷，落实情况和判定也都没有变。"
		return s
	}
	s.Lead = p.coveredThenAndNow(c)
	s.cells(p, "✓", "新证明在位", stateMet, c.Proven)
	s.cells(p, "✕", "不再有有效证明", stateMissing, c.Lapsed)
	for _, v := range c.Verdicts {
		was := ""
		if v.Then.Verdict != "" {
			was = "由“" + v.Then.Verdict.Text() + "”"
		}
		now := sign(v.Now.Verdict)
		s.Lines = append(s.Lines, SinceLine{Sign: "◆", State: now.State, Link: surveyLink(v.Wave.ID, v.Indicator.Question),
			Text: fmt.Sprintf("%s “%s”%s变为“%s”", v.Wave.Name, v.Indicator.Label, was, v.Now.Verdict.Text())})
	}
	s.count("＋", "placements", "新登记宣传记录%d条", c.Logged)
	s.count("✓", "placements?state=accepted", "审核通过%d条", c.Accepted)
	s.count("↩", "placements?state=returned", "退回%d条", c.Returned)
	s.count("－", "placements?state=withdrawn", "撤回%d条", c.Withdrawn)
	s.count("＋", "standing", "新收照片%d张", c.Photos)
	s.count("＋", "standing", "巡查%d次"+faulty(c.Faulty), c.Inspections)
	s.count("＋", "waves", "新收问卷%d份", c.Responses)
	s.count("－", "waves", "作废问卷%d份", c.Voided)
	s.count("＋", "imports", fmt.Sprintf("导入文件%%d个，其中%d行被退回", c.Rejected), c.Batches)
	s.count("◆", "plan", "方案、单位或宣传形式有%d处改动", c.PlanRows)
	return s
}

func faulty(n int64) string {
	if n == 0 {
		return "，没有发现损坏"
	}
	return fmt.Sprintf("，其中%d次发现损坏或不在", n)
}

// coveredThenAndNow is the one figure that everybody asks for.
func (p *page) coveredThenAndNow(c *analytics.Changes) string {
	switch {
	case c.Now.Expected <= 0:
		return ""
	case c.Then.Expected <= 0:
		return fmt.Sprintf("现在已证明在位%d/%d项；那时方案还没有可以核对的项。", c.Now.Covered, c.Now.Expected)
	case c.Then.Expected == c.Now.Expected && c.Then.Covered == c.Now.Covered:
		return fmt.Sprintf("已证明在位仍是%d/%d项。", c.Now.Covered, c.Now.Expected)
	}
	return fmt.Sprintf("已证明在位由%d/%d项变为%d/%d项。", c.Then.Covered, c.Then.Expected, c.Now.Covered, c.Now.Expected)
}

func (s *Since) count(sign, link, words string, n int64) {
	if n > 0 {
		s.Lines = append(s.Lines, SinceLine{Sign: sign, Link: link, Text: fmt.Sprintf(words, n)})
	}
}

// cells names what changed, in the order of the plan.
func (s *Since) cells(p *page, sign, words, state string, cells []analytics.CoverageCell) {
	if len(cells) == 0 {
		return
	}
	line := SinceLine{Sign: sign, State: state, Text: fmt.Sprintf("%s%d项", words, len(cells)), Link: "coverage", More: max(0, len(cells)-mostChanged)}
	for _, cell := range cells[:min(len(cells), mostChanged)] {
		line.Items = append(line.Items, SinceItem{Text: p.plan.UnitName(cell.Unit) + "　" + p.taskName(cell), Link: placements("task", string(cell.Task), "unit", string(cell.Unit))})
	}
	s.Lines = append(s.Lines, line)
}
