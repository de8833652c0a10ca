package workbook

import (
	"io"

	"shuixuan/app/audit"
)

// AuditCSV writes audit events as CSV in UTF-8 with a byte order mark, oldest first.
func AuditCSV(w io.Writer, each Each[audit.Event]) error {
	out := newCSV(w, []column{{"时间", 17, moment}, {"操作人", 12, plain}, {"姓名", 12, plain}, {"角色", 10, plain}, {"单位", 12, plain},
		{"动作", 18, plain}, {"对象", 12, plain}, {"编号", 38, plain}, {"来源地址", 16, plain}, {"请求编号", 10, plain}, {"原内容", 40, plain}, {"新内容", 40, plain}})
	err := each(func(e audit.Event) error {
		out.add(e.At.In(beijing()), e.Actor.ID, e.Actor.Name, string(e.Actor.Role), e.Actor.Unit, e.Verb, e.Kind, e.Thing,
			e.Actor.Address, e.Actor.Reference, string(e.Before), string(e.After))
		return nil
	})
	return out.close("audit events", err)
}
