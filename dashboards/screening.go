package dashboards

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/analytics/screening"
	"shuixuan/app/campaign"
	"shuixuan/app/survey"
)

// The panels of a screening.
const (
	ScreeningFigures      = "screening-figures"
	ScreeningDistributors = "screening-distributors"
	ScreeningEffect       = "screening-effect"
	ScreeningSheets       = "screening-sheets"
	ScreeningVoided       = "screening-voided"
)

// ScreeningFilter narrows the list of sheets: to those of one distributor, to those that are
// suggested. Rows are so many sheets from the one From on; 0: all of them.
type ScreeningFilter struct {
	Distributor string
	Recontact   bool
	From, Rows  int
}

// ScreeningPage is the screening of a wave.
type ScreeningPage struct {
	Page
	Lead   string   `json:"lead"`
	Blind  []string `json:"blind"`  // what the checks can't see
	Listed int      `json:"listed"` // sheets that pass the filter
}

// modeNames are the words for how a sheet reached us.
var modeNames = map[survey.Mode]string{survey.Paper: "纸质", survey.Link: "网上", survey.Import: "导入", survey.API: "接口"}

// Screening is the page that says to which sheets somebody should go back; name gives the
// name of an account. Its words accuse nobody: a person decides.
func Screening(plan *campaign.Plan, wave survey.Wave, s *analytics.Screened, name func(string) string, f ScreeningFilter) ScreeningPage {
	p := newPage(plan, "质量筛查："+wave.Name)
	p.caution = Caution(wave)
	result := ScreeningPage{Lead: screeningLead(s), Blind: blindSpots(s)}
	if s.Counting > 0 && !s.TooMany {
		p.screenedFigures(s)
		p.screenedDistributors(wave, s, name)
		p.screenedEffects(wave, s)
		result.Listed = p.screenedSheets(wave, s, name, f)
	}
	if len(s.Voided) > 0 {
		p.screenedVoids(wave, s, name, f)
	}
	result.Page = p.Page
	return result
}

func screeningLead(s *analytics.Screened) string {
	switch {
	case s.Counting == 0:
		return "这一轮还没有计入统计的答卷，有了答卷再来筛查。"
	case s.TooMany:
		return fmt.Sprintf("这一轮有%d份计入统计的答卷，超过一次筛查的上限%d份，没有筛查：只查一部分会漏掉彼此相同的答卷。上限是活动设置里的“screened_sheets”，由系统管理员调大后再来。", s.Counting, s.Most)
	}
	lead := fmt.Sprintf("计入统计的%d份答卷里，", s.Counting)
	if s.Recontact == 0 {
		lead += "没有建议回访的"
	} else {
		lead += fmt.Sprintf("%d份建议回访（%s）", s.Recontact, estimate.Percent(int64(s.Recontact), int64(s.Counting), 1)+"%")
	}
	if rest := len(s.Listed) - s.Recontact; rest > 0 {
		lead += fmt.Sprintf("，另有%d份有个别疑点、分量不够", rest)
	}
	return lead + "。建议回访是请人再去核对一次，不是认定造假：由人看原件、问受访者后决定；程序没有剔除任何一份，其他各页的数字都含这些答卷。"
}

// blindSpots tells what the checks can't see, so that nobody takes silence for proof. The
// long form with its tables is docs/screening.md.
func blindSpots(s *analytics.Screened) []string {
	list := []string{
		"用心编造的：按大家的比例逐题随机填、用时正常、每份换一台设备的，在我们自己做的模拟里99%以上没有发现。没有提示，不等于都是真的。",
		"照抄一份“样样满意”的：满意的人本来就答得差不多，抄的和真的分不开。所以普遍满意不作为疑点，也就查不出这种照抄。",
		"谁抄谁：两份几乎相同时，看不出哪一份是原来的；同一张纸录了两次也是这样，请先对原件。",
		"纸质问卷没有填写用时，也没有设备，查不出填得快和同一人代填；录入集中在一起是正常的，不算疑点。",
		"网上填写时清过浏览器的手机会当成另一台设备；学校机房、一家人共用的手机又会像同一台。集体填写和断网后补传也像一下子来了许多份。",
		"答得少于10题的不比较；不足20份的发放人、一组里只有他一个人的发放人，没有足够的别人可比。",
		"填空题、日期题、同意题和分组题不比较。",
	}
	if s.Rules == 0 {
		list = append(list, "问卷里还没有写“哪些回答互相矛盾”，所以不查矛盾。规则在问卷草稿页的“互相矛盾的回答”里加，随下一版发布。")
	} else {
		list = append(list, fmt.Sprintf("自相矛盾的回答只查问卷里写明的%d条规则，别的矛盾看不出。", s.Rules))
	}
	if len(s.Left) > 0 {
		list = append(list, fmt.Sprintf("这份问卷比较了%d项回答（多选题每7个选项算一项），没有比较的题：%s。", s.Compared, strings.Join(s.Left, "、")))
	}
	return append(list, "反过来，真实的答卷也会偶然被提示：模拟中不到千分之二。方法、来源和模拟结果见随程序附带的说明文件 docs/screening.md。")
}

// screenedFigures puts each headline indicator with all sheets beside the one without those
// that are suggested.
func (p *page) screenedFigures(s *analytics.Screened) {
	panel := Panel{ID: ScreeningFigures, Title: "含与不含建议回访的答卷", SQL: s.SQL}
	var all []estimate.Estimate
	for _, f := range s.Figures {
		all = append(all, f.With.Estimate, f.Without.Estimate)
	}
	level := intervalName(all...)
	panel.Table.Columns = columns("指标", numeric("全部答卷", level, "不含建议回访的", "不含时的"+level, "相差", "基数（份）", "不含时的基数（份）")...)
	most, label, measure := 0.0, "", ""
	for _, f := range s.Figures {
		unit := unitOf(f.Indicator.Kind)
		with, without := f.With.Estimate, f.Without.Estimate
		row := Row{Link: surveyLink(s.Wave, f.Indicator.Question), Cells: []Cell{text(f.Indicator.Label), p.figure(with, unit), interval(with), p.figure(without, unit), interval(without), blankCell(), count(with.Base), count(without.Base)}}
		if with.Valid && without.Valid {
			difference := without.Value - with.Value
			row.Cells[5] = signed(difference)
			if max(difference, -difference) > max(most, -most) {
				most, label, measure = difference, f.Indicator.Label, "分"
				if f.Indicator.Kind == survey.Share {
					measure = "个百分点"
				}
			}
		}
		if f.Unvoided != nil {
			row.Cells = append(row.Cells, p.figure(f.Unvoided.Estimate, unit), count(f.Unvoided.Estimate.Base))
		}
		panel.Table.Rows = append(panel.Table.Rows, row)
	}
	if len(s.Voided) > 0 {
		panel.Table.Columns = append(panel.Table.Columns, numeric("作废的也算在内", "算在内时的基数（份）")...)
	}
	switch {
	case len(s.Figures) == 0:
		panel.EmptyMsg = "问卷里还没有指标。"
	case s.Recontact == 0:
		panel.Lead = "没有建议回访的答卷，两列相同。"
	case label == "":
		panel.Lead = "去掉建议回访的答卷后，各项主要指标不变。"
	default:
		panel.Lead = fmt.Sprintf("相差最大的是%s：去掉建议回访的答卷，变化%s%s。", label, signed(most).Text, measure)
	}
	panel.Base = "两列都按抽样设计估计，权重相同：“不含”一列是在全部答卷里只看没有建议回访的那部分人，各人群、各抽样单元仍在设计里，不重新加权。相差是后者减前者，率为百分点，度为分。"
	if !s.Sample.Weighted {
		panel.Base = "两列都没有加权，每份答卷算一份：“不含”一列是在全部答卷里只看没有建议回访的那部分人，抽样设计不变。相差是后者减前者，率为百分点，度为分。"
	}
	if len(s.Voided) > 0 {
		panel.Base += fmt.Sprintf("前面几列都不含已经由人作废的%d份；“作废的也算在内”是一份也没有作废时的数字。", len(s.Voided))
	}
	panel.Notes = with(with(panel.Notes, p.note(p.caution)), p.doubts(s.Sample.Warnings)...)
	p.add(panel)
}

// screenedDistributors lists those of whose pile there is something to say.
func (p *page) screenedDistributors(wave survey.Wave, s *analytics.Screened, name func(string) string) {
	panel := Panel{ID: ScreeningDistributors, Title: "发放人", SQL: s.SQL}
	panel.Table.Columns = columns("发放人", append(numeric("计入的答卷（份）", "建议回访（份）"), Column{Name: "整摞问卷"}, Column{Name: "依据"})...)
	named, quiet := 0, 0
	for _, d := range s.Distributors {
		if len(d.Signals) == 0 && d.Recontact == 0 {
			quiet++
			continue
		}
		row := Row{Cells: []Cell{text(name(d.Name)), count(int64(d.Sheets)), count(int64(d.Recontact)), graded(d.Grade), text(reasonsOf(d.Signals))}}
		row.Cells[0].Link = screeningLink(wave, d.Name)
		if d.Grade == screening.Recontact {
			named++
		}
		panel.Table.Rows = append(panel.Table.Rows, row)
	}
	if len(panel.Table.Rows) == 0 {
		panel.EmptyMsg = fmt.Sprintf("%d名发放人的问卷都没有要核对的。", quiet)
	}
	switch {
	case named > 0:
		panel.Lead = fmt.Sprintf("%d名发放人的整摞问卷建议回访。建议的是看这摞问卷，不是说这个人：也可能是别人抄的，或录了两次。", named)
	case len(panel.Table.Rows) > 0:
		panel.Lead = "没有哪名发放人的整摞问卷需要回访，下面是名下有个别提示的。"
	}
	panel.Base = "整摞问卷与同组其他发放人的比较，不足20份的不比较；比较多名发放人，已按 Holm 法校正。"
	if quiet > 0 && len(panel.Table.Rows) > 0 {
		panel.Base += fmt.Sprintf("另有%d名发放人没有要核对的，没有列出。", quiet)
	}
	panel.Notes = with(panel.Notes, p.doubts(s.Warnings)...)
	p.add(panel)
}

// screenedSheets lists the sheets, and tells how many pass the filter.
func (p *page) screenedSheets(wave survey.Wave, s *analytics.Screened, name func(string) string, f ScreeningFilter) int {
	panel := Panel{ID: ScreeningSheets, Title: "要核对的答卷", SQL: s.SQL, Notes: p.doubts(s.Warnings)}
	panel.Table.Columns = columns("编号", Column{Name: "发放人"}, Column{Name: "人群"}, Column{Name: "方式和日期"}, Column{Name: "建议"}, Column{Name: "分量", Numeric: true}, Column{Name: "依据"})
	passed := slices.DeleteFunc(slices.Clone(s.Listed), func(one analytics.ScreenedSheet) bool {
		return f.Distributor != "" && one.Distributor != f.Distributor || f.Recontact && one.Grade != screening.Recontact
	})
	shown := passed[min(f.From, len(passed)):]
	if f.Rows > 0 {
		shown = shown[:min(f.Rows, len(shown))]
	}
	for _, one := range shown {
		number := sheetCell(wave, one.Number, one.Response)
		if one.Number != "" {
			number.Link = "waves/" + url.PathEscape(string(wave.ID)) + "/sheets/numbers/" + url.PathEscape(one.Number)
		}
		came := modeNames[one.Mode]
		switch {
		case one.Restored:
			came += " " + day(one.RecordedAt.In(beijing())) + "恢复计入"
		case one.AnsweredOn.IsZero():
			came += " " + day(one.RecordedAt.In(beijing())) + "收到"
		default:
			came += " " + day(one.AnsweredOn) + "填"
		}
		panel.Table.Rows = append(panel.Table.Rows, Row{Cells: []Cell{number, text(name(one.Distributor)), text(stratumLabel(wave, one.Stratum)), text(strings.TrimSpace(came)), graded(one.Grade), count(int64(one.Points)), text(reasonsOf(one.Signals))}})
	}
	if len(passed) == 0 {
		panel.EmptyMsg = "没有要核对的答卷。"
		if f.Distributor != "" || f.Recontact {
			panel.EmptyMsg = "没有符合条件的答卷，请放宽条件再看。"
		}
	}
	panel.Base = "建议回访的在前，其余按分量从大到小。分量是各方面疑点的强弱之和：弱1、强2、几乎不可能是巧合3，同一方面只算最强的一个；两方面以上合计到3，或单独一个3，建议回访。"
	if s.Hinted > 0 {
		panel.Base += fmt.Sprintf("另有%d份只有不作为依据的提示（例如普遍满意），没有列出。", s.Hinted)
	}
	p.add(panel)
	return len(passed)
}

// stratumLabel is what a stratum is called; its code where the wave doesn't know it.
func stratumLabel(wave survey.Wave, code string) string {
	for _, one := range wave.Strata {
		if one.Code == code {
			return cmp.Or(one.Label, code)
		}
	}
	return code
}

// sheetCell names a sheet, and leads to its answers.
func sheetCell(wave survey.Wave, number, response string) Cell {
	cell := text(number)
	if number == "" {
		cell.Text = "无编号 " + response[:min(8, len(response))]
	}
	cell.Link = "waves/" + url.PathEscape(string(wave.ID)) + "/responses/" + url.PathEscape(response)
	return cell
}

func graded(g screening.Grade) Cell {
	if g == screening.Recontact {
		return Cell{Text: g.Text(), State: "short"}
	}
	return blankCell()
}

// reasonsOf gives each reason a line of its own.
func reasonsOf(signals []screening.Signal) string {
	lines := make([]string, len(signals))
	for i, one := range signals {
		lines[i] = one.Reason
	}
	return strings.Join(lines, "\n")
}

func screeningLink(wave survey.Wave, distributor string) string {
	return "waves/" + url.PathEscape(string(wave.ID)) + "/screening?distributor=" + url.QueryEscape(distributor)
}
