package dashboards

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
)

// TodoNames are the words for what a unit is asked to do.
var TodoNames = map[analytics.TodoKind]string{
	analytics.TodoReturned: "退回待修改", analytics.TodoOverdue: "逾期未登记", analytics.TodoGone: "巡查发现已不在", analytics.TodoRepairLate: "维修逾期",
	analytics.TodoProofOld: "佐证已过期", analytics.TodoUnproven: "照片不够", analytics.TodoPermitOver: "许可已到期", analytics.TodoRepair: "待维修",
	analytics.TodoEnding: "即将结束，未登记", analytics.TodoStarting: "即将开始", analytics.TodoPermitSoon: "许可即将到期", analytics.TodoProofSoon: "佐证即将到期",
}

// TodoAsk says what is asked for, in one sentence.
func TodoAsk(i analytics.TodoItem) string {
	switch i.Kind {
	case analytics.TodoReturned:
		return "请按退回原因修改后再次提交"
	case analytics.TodoOverdue, analytics.TodoEnding:
		return "请登记已设置的宣传；还没有设置的，请尽快安排"
	case analytics.TodoStarting:
		return "请做好准备，设置后登记"
	case analytics.TodoGone:
		return "请重新设置并补拍照片；不再设置的，请登记拆除"
	case analytics.TodoRepair, analytics.TodoRepairLate:
		return "请修好后补拍照片"
	case analytics.TodoProofOld, analytics.TodoProofSoon:
		return "请到现场补拍一张照片"
	case analytics.TodoUnproven:
		return "请补上照片"
	case analytics.TodoPermitOver, analytics.TodoPermitSoon:
		return "请办理延期并更新许可，或拆除后登记"
	}
	return ""
}

// TodoWhen says since when and until when, empty where neither is known.
func TodoWhen(i analytics.TodoItem) string {
	day := func(t time.Time) string { return fmt.Sprintf("%d月%d日", int(t.Month()), t.Day()) }
	switch i.Kind {
	case analytics.TodoReturned:
		return day(i.Since) + "退回"
	case analytics.TodoOverdue:
		if !i.Due.IsZero() {
			return day(i.Since) + "至" + day(i.Due)
		}
		return day(i.Since) + "开始"
	case analytics.TodoStarting:
		return day(i.Since) + "开始"
	case analytics.TodoEnding:
		return day(i.Due) + "结束"
	case analytics.TodoProofOld:
		return "佐证有效至" + day(i.Due)
	case analytics.TodoProofSoon:
		return "佐证有效至" + day(i.Due)
	case analytics.TodoPermitOver, analytics.TodoPermitSoon:
		return "许可至" + day(i.Due)
	case analytics.TodoRepair, analytics.TodoRepairLate, analytics.TodoGone:
		if !i.Due.IsZero() {
			return "限" + day(i.Due) + "前修复"
		}
	}
	return ""
}

// TodoWhat names the thing: the placement, or the obligation.
func TodoWhat(plan *campaign.Plan, i analytics.TodoItem) string {
	task, _ := plan.Task(i.Task)
	if i.Placement == uuid.Nil {
		return strings.TrimSpace(string(i.Task) + " " + task.Title)
	}
	carrier := i.CarrierText
	if i.Carrier != "" {
		carrier = plan.CarrierName(i.Carrier)
	}
	return fmt.Sprintf("%s（%s%s%s）", i.Place, carrier, strconv.FormatFloat(i.Quantity, 'f', -1, 64), i.Measure)
}

// mostNamed is how many things of one kind a notice names; a chat is no place for more.
const mostNamed = 8

// Notice is the text by which the office reminds a unit, ready to copy into a chat: what
// is asked, since when, and until when. Empty where nothing is asked. It is plain text.
func Notice(plan *campaign.Plan, todo *analytics.Todo, unit org.UnitID, deadline time.Time) string {
	body := noticeBody(plan, todo.Of(unit))
	if body == "" {
		return ""
	}
	return noticeHead(plan, todo) + "\n" + plan.UnitName(unit) + "：\n" + "您单位有以下事项需要办理：\n" + body + noticeEnd(plan, todo, deadline)
}

// NoticeAll is one text for the group of all units, in the order of the plan.
func NoticeAll(plan *campaign.Plan, todo *analytics.Todo, deadline time.Time) string {
	var b strings.Builder
	var last org.UnitID
	for _, item := range todo.Items {
		if item.Unit != last {
			last = item.Unit
			b.WriteString("\n◆ " + plan.UnitName(last) + "\n" + noticeBody(plan, todo.Of(last)))
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return noticeHead(plan, todo) + "\n各有关单位：\n以下事项需要办理，请对照查看：\n" + b.String() + "\n" + noticeEnd(plan, todo, deadline)
}

func noticeHead(plan *campaign.Plan, todo *analytics.Todo) string {
	head := "【" + plan.Campaign.Name + "】工作提醒（" + chineseDay(todo.AsOf) + "）"
	if plan.Campaign.Demo {
		head = "（演示数据）" + head
	}
	return head
}

func noticeEnd(plan *campaign.Plan, todo *analytics.Todo, deadline time.Time) string {
	return "请在" + chineseDay(deadline) + "前到系统中办理；已经办好的，不必再办。有困难的，请与" + Words(plan).Office + "联系。谢谢！\n" + Words(plan).Office
}

func noticeBody(plan *campaign.Plan, items []analytics.TodoItem) string {
	var b strings.Builder
	number := 0
	for _, kind := range analytics.TodoKinds {
		var part []analytics.TodoItem
		for _, i := range items {
			if i.Kind == kind {
				part = append(part, i)
			}
		}
		if len(part) == 0 {
			continue
		}
		number++
		fmt.Fprintf(&b, "%d. %s，%d项。%s。\n", number, TodoNames[kind], len(part), TodoAsk(part[0]))
		for n, i := range part {
			if n == mostNamed {
				fmt.Fprintf(&b, "　……另有%d项，请到系统中查看\n", len(part)-n)
				break
			}
			line := TodoWhat(plan, i)
			for _, more := range []string{TodoWhen(i), i.Reason} {
				if more != "" {
					line += "，" + more
				}
			}
			b.WriteString("　· " + oneLine(line) + "\n")
		}
	}
	return b.String()
}

// oneLine keeps what people wrote to one line of a list.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func chineseDay(t time.Time) string {
	return fmt.Sprintf("%d年%d月%d日", t.Year(), int(t.Month()), t.Day())
}
