package placement

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/problem"
)

// Verb is what is done to a placement; its event is "placement." and the verb.
type Verb string

// The closed list of verbs after the logging.
const (
	Revise   Verb = "revise"   // its content is corrected
	Resubmit Verb = "resubmit" // a returned one is mended: the same act as Revise, seen by the office as sent again
	Accept   Verb = "accept"
	Return   Verb = "return"
	Withdraw Verb = "withdraw"
	TakeDown Verb = "takedown"
	Reopen   Verb = "reopen"
)

// Verbs are all of them.
var Verbs = []Verb{Revise, Resubmit, Accept, Return, Withdraw, TakeDown, Reopen}

// Event is the verb as the audit trail names it.
func (v Verb) Event() string { return "placement." + string(v) }

// VerbNames are the words for the verbs, after “不能”.
var VerbNames = map[Verb]string{
	Revise: "修改", Resubmit: "修改", Accept: "通过", Return: "退回", Withdraw: "撤回", TakeDown: "登记拆除", Reopen: "重新打开",
}

// doneWords finish the sentence “这条台账已…”.
var doneWords = map[Verb]string{
	Revise: "修改", Resubmit: "修改后再次提交", Accept: "通过审核", Return: "退回", Withdraw: "撤回", TakeDown: "登记为拆除", Reopen: "重新打开",
}

// transition is one line of the table of a placement's life.
type transition struct {
	from         State
	verb         Verb
	to           State
	unit, office bool
}

// transitions is the one table of what may become of a placement, and by whom. What is
// not in it can't happen: the intake asks it before each write, the pages before they
// show a button.
//
// An accepted placement that is revised is no longer what was accepted, whoever revised
// it: it waits for judgement again. A judgement may be taken back by the other one, since
// a key is easily pressed for the wrong card.
var transitions = []transition{
	{Submitted, Revise, Submitted, true, true},
	{Accepted, Revise, Submitted, true, true},
	{Returned, Resubmit, Submitted, true, true},
	{Submitted, Accept, Accepted, false, true},
	{Returned, Accept, Accepted, false, true},
	{Submitted, Return, Returned, false, true},
	{Accepted, Return, Returned, false, true},
	{Submitted, Withdraw, Withdrawn, true, true},
	{Returned, Withdraw, Withdrawn, true, true},
	{Accepted, Withdraw, Withdrawn, true, true},
	{Submitted, TakeDown, TakenDown, true, true},
	{Accepted, TakeDown, TakenDown, true, true},
	{Withdrawn, Reopen, Submitted, false, true},
	{TakenDown, Reopen, Submitted, false, true},
}

// Next gives the state that a verb leads to, and whether this role may take the step.
func Next(from State, verb Verb, role audit.Role) (State, bool) {
	for _, t := range transitions {
		if t.from == from && t.verb == verb {
			switch role {
			case audit.RoleOffice, audit.RoleSystem:
				return t.to, t.office
			case audit.RoleUnit:
				return t.to, t.unit
			}
			return "", false
		}
	}
	return "", false
}

// May tells whether a role may do a verb to this placement as it stands.
func (p *Placement) May(verb Verb, role audit.Role) bool {
	_, ok := Next(p.State, verb, role)
	return ok
}

// ReviseVerb is what saving new content is called for a placement of this state.
func (s State) ReviseVerb() Verb {
	if s == Returned {
		return Resubmit
	}
	return Revise
}

// Lock says why a placement can't be changed by its unit and who can open it. Both are
// sentences for people.
type Lock struct{ Why, Who string }

// Locked tells what stands in the way of a change, nil where nothing does. Once the
// campaign is over its ledger is what was inspected: units leave it as it is.
func (p *Placement) Locked(plan *campaign.Plan, role audit.Role, today time.Time) *Lock {
	w := plan.Campaign.Words
	if end := plan.Campaign.Window.End; role == audit.RoleUnit && !end.IsZero() && end.Before(today) {
		return &Lock{"活动已在" + end.Format("2006年1月2日") + "结束，台账不再由单位改动", "确有错误的，请" + w.Office + "更正，或由其在方案中顺延结束日期。"}
	}
	switch p.State {
	case Withdrawn:
		return &Lock{"这条台账已撤回，内容不能再修改", "确实设置了的，请再登记一条；撤回错了，请" + w.Office + "重新打开。"}
	case TakenDown:
		return &Lock{"这条台账已登记拆除，内容不能再修改", "重新设置了的，请再登记一条；登记错了，请" + w.Office + "重新打开。"}
	}
	return nil
}

// Reason is why a placement was returned: a code of the list.
type Reason string

// The closed list of reasons for a return.
const (
	PhotoUnclear  Reason = "photo-unclear"
	PhotoDiffers  Reason = "photo-differs"
	PhotoUsed     Reason = "photo-used"
	PlaceUnclear  Reason = "place-unclear"
	QuantityWrong Reason = "quantity-wrong"
	TimeWrong     Reason = "time-wrong"
	CarrierWrong  Reason = "carrier-wrong"
	TaskWrong     Reason = "task-wrong"
	OtherReason   Reason = "other" // needs words
)

// Reasons are all reasons in the order of the list that people choose from.
var Reasons = []Reason{PhotoUnclear, PhotoDiffers, PhotoUsed, PlaceUnclear, QuantityWrong, TimeWrong, CarrierWrong, TaskWrong, OtherReason}

// ReasonNames are the words for the reasons.
var ReasonNames = map[Reason]string{
	PhotoUnclear: "照片看不清", PhotoDiffers: "照片与内容不符", PhotoUsed: "照片重复使用", PlaceUnclear: "地点不明确",
	QuantityWrong: "数量或计量单位有误", TimeWrong: "时间有误", CarrierWrong: "形式不对", TaskWrong: "不属于本任务", OtherReason: "其他",
}

// mends say what the unit is asked to do about a reason.
var mends = map[Reason]string{
	PhotoUnclear:  "请重新拍一张看得清内容的照片，再次提交。",
	PhotoDiffers:  "请核对照片和填写的内容，改正不符的一项；照片传错的，换成这一处的照片。",
	PhotoUsed:     "这张照片已用于别处，请换成这一处现在的照片。",
	PlaceUnclear:  "请把地点写到能找到的程度，例如路名、门牌或“某某公园南门”，也可以补上位置。",
	QuantityWrong: "请核对数量和计量单位。",
	TimeWrong:     "请核对开始和结束日期。",
	CarrierWrong:  "请核对宣传形式，从名单里选最接近的一种。",
	TaskWrong:     "请改选所属的任务；不应登记的，请撤回。",
	OtherReason:   "请按说明改正。",
}

// ReturnWords say why a placement was returned; MendWords what to do about it.
func (p *Placement) ReturnWords() string {
	name, known := ReasonNames[Reason(p.Reason)]
	switch {
	case !known || Reason(p.Reason) == OtherReason && p.Note != "":
		return p.Note
	case p.Note == "":
		return name
	}
	return name + "：" + p.Note
}

// MendWords say what is asked of the unit for a returned placement.
func (p *Placement) MendWords() string { return mends[Reason(p.Reason)] }

// Verdict is a step that leaves the content as it is: accepted, returned, withdrawn, taken
// down, reopened; or sent again, where a new photo was all that had to be mended. Expected is the revision that the person saw. Day is the civil date of a
// taking down.
type Verdict struct {
	Placement uuid.UUID
	Verb      Verb
	Reason    Reason
	Note      string
	Day       time.Time
	Expected  uint32
}

// Clean trims the note; two sendings of one verdict compare alike.
func (v Verdict) Clean() Verdict {
	v.Note = strings.TrimSpace(v.Note)
	if v.Verb != Return {
		v.Reason = ""
	}
	return v
}

// Faults are what is wrong with a verdict on this placement, whoever gives it. Fields are
// verdict, reason, note, day. Today is the civil date of the sending.
func (v Verdict) Faults(p *Placement, today time.Time) []problem.Fault {
	var faults []problem.Fault
	fault := func(field, why string) { faults = append(faults, problem.Fault{Field: field, Why: why}) }
	switch v.Verb {
	case Return:
		if _, known := ReasonNames[v.Reason]; !known {
			fault("reason", "请从名单中选择退回原因")
		} else if v.Reason == OtherReason && v.Note == "" {
			fault("note", "选“其他”时请写一句原因，让单位知道怎么改")
		}
	case Withdraw:
		if v.Note == "" {
			fault("note", "撤回要写明原因，例如“重复登记”")
		}
	case TakeDown:
		switch {
		case v.Note == "":
			fault("note", "请写明为什么拆除，例如“活动结束”“道路施工”")
		case v.Day.IsZero():
			fault("day", "请填写拆除日期")
		case v.Day.After(today):
			fault("day", "拆除日期不能晚于今天；还没有拆除的，等拆除后再登记")
		case v.Day.Before(p.Start):
			fault("day", fmt.Sprintf("拆除日期早于开始日期%s，请核对；没有设置过的，请撤回", p.Start.Format(time.DateOnly)))
		case !p.End.IsZero() && v.Day.After(p.End):
			fault("day", fmt.Sprintf("这条台账填的结束日期是%s，拆除日期不能更晚；实际更晚的，请先修改结束日期", p.End.Format(time.DateOnly)))
		}
	case Accept, Reopen, Resubmit:
	default:
		fault("verdict", "不认识的操作“"+string(v.Verb)+"”")
	}
	if utf8.RuneCountInString(v.Note) > maxNote {
		fault("note", fmt.Sprintf("说明超过%d个字，请缩短", maxNote))
	}
	if !utf8.ValidString(v.Note) || strings.ContainsFunc(v.Note, invisible) {
		fault("note", "说明里有看不见的控制字符，请删去后重新填写")
	}
	return faults
}

// Apply gives the placement after the verdict. History is every earlier revision, oldest
// first; only a reopening reads it: what was said to be taken down gets its end back.
func (v Verdict) Apply(p Placement, to State, history []Placement) Placement {
	p.State, p.Reason, p.Note = to, string(v.Reason), v.Note
	switch v.Verb {
	case TakeDown:
		p.End = v.Day
	case Reopen:
		for _, before := range slices.Backward(history) {
			if before.State != TakenDown {
				p.End = before.End
				break
			}
		}
	}
	return p
}

// Made tells whether this revision is what the verdict makes: it was sent before.
func (v Verdict) Made(p *Placement) bool {
	to := map[Verb]State{Accept: Accepted, Return: Returned, Withdraw: Withdrawn, TakeDown: TakenDown, Reopen: Submitted, Resubmit: Submitted}[v.Verb]
	return p.Revision == v.Expected+1 && p.State == to && Reason(p.Reason) == v.Reason && p.Note == v.Note && (v.Verb != TakeDown || p.End.Equal(v.Day))
}

// Did tells which verb made a revision out of the one before it; a first revision was made
// by none.
func Did(before, after *Placement) Verb {
	switch {
	case before == nil:
		return ""
	case after.State == Accepted:
		return Accept
	case after.State == Returned:
		return Return
	case after.State == Withdrawn:
		return Withdraw
	case after.State == TakenDown:
		return TakeDown
	case before.State == Withdrawn || before.State == TakenDown:
		return Reopen
	}
	return before.State.ReviseVerb()
}

// DoneWords finish the sentence “这条台账已…”.
func (v Verb) DoneWords() string { return doneWords[v] }
