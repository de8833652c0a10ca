package workbook

import (
	"fmt"
	"io"
	"time"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/dashboards"
)

// Late writes what the units are asked to do as one list to print on A4: by unit in the
// order of the plan, what comes first in the first place. It has no sums by unit and no
// order of merit: it is for calling in work, not for comparing units.
func Late(w io.Writer, plan *campaign.Plan, todo *analytics.Todo, deadline, madeAt time.Time) error {
	b := newBook(plan.Campaign.Name, madeAt)
	words := dashboards.Words(plan)
	remark := fmt.Sprintf("截止日期：%s。请在%s前办理。“即将”指%d天以内。", todo.AsOf.Format("2006年1月2日"), deadline.Format("2006年1月2日"), todo.Soon)
	if plan.Campaign.Demo {
		remark = "【演示数据】" + remark
	}
	s := b.sheet("催办清单", layout{landscape: true, title: plan.Campaign.Name + "：催办清单", remark: remark, columns: []column{
		{"序号", 6, integer}, {words.Task, 14, plain}, {"事项", 16, plain}, {"内容", 40, plain}, {"时间", 20, plain}, {"原因", 28, plain}, {"请办理", 34, plain}, {"办理情况", 16, plain}}})
	var last string
	for _, i := range todo.Items {
		if name := plan.UnitName(i.Unit); name != last {
			last = name
			s.across(band, name, 20)
		}
		s.add(s.count+1, string(i.Task), dashboards.TodoNames[i.Kind], dashboards.TodoWhat(plan, i), dashboards.TodoWhen(i), text(i.Reason), dashboards.TodoAsk(i), nil)
	}
	if len(todo.Items) == 0 {
		s.add(nil, nil, nil, "没有需要催办的事项", nil, nil, nil, nil)
	}
	s.flush()
	return b.write(w)
}
