package workbook

import (
	"context"
	"io"
	"time"

	"shuixuan/app/audit"
)

// auditColumns are the same in both forms. The last ones are for who wants to recount the
// chain without this program.
func auditColumns() []column {
	return []column{{"时间", 19, moment}, {"操作人", 12, plain}, {"姓名", 14, plain}, {"角色", 12, plain}, {"单位", 14, plain},
		{"动作", 16, plain}, {"动作代码", 20, plain}, {"结果", 9, plain}, {"活动", 12, plain}, {"对象", 12, plain}, {"编号", 38, plain},
		{"来源地址", 16, plain}, {"请求编号", 12, plain}, {"原内容", 40, plain}, {"新内容", 40, plain},
		{"记录编号", 38, plain}, {"链", 38, plain}, {"链中序号", 9, integer}, {"前一条校验值", 20, plain}, {"校验值", 20, plain}}
}

func auditRow(row []any, e audit.Event) []any {
	role := audit.RoleNames[e.Actor.Role]
	if role == "" {
		role = string(e.Actor.Role)
	}
	row = append(row[:0], e.At.In(beijing()), text(e.Actor.ID), text(e.Actor.Name), text(role), text(e.Actor.Unit), audit.VerbName(e.Verb), e.Verb,
		text(audit.OutcomeName(e.Outcome)), text(e.Campaign), text(audit.KindName(e.Kind)), text(e.Thing), text(e.Actor.Address), text(e.Actor.Reference),
		text(string(e.Before)), text(string(e.After)), e.ID.String())
	if e.Link.Seq == 0 {
		return append(row, nil, nil, nil, nil)
	}
	return append(row, e.Link.Chain.String(), int64(e.Link.Seq), text(e.Link.Previous), e.Link.Hash)
}

// Audit writes audit events as a workbook, oldest first.
func Audit(ctx context.Context, w io.Writer, each Each[audit.Event]) error {
	b := newBook("审计记录", time.Now())
	s := b.sheet("审计记录", layout{columns: auditColumns(), landscape: true, bare: true, bulk: true})
	row := make([]any, 0, len(s.l.columns))
	err := each(func(e audit.Event) error {
		row = auditRow(row, e)
		s.add(row...)
		return stop(ctx, b)
	})
	return b.export(w, s, "审计记录", "条", err)
}

// AuditCSV writes audit events as CSV in UTF-8 with a byte order mark, oldest first.
func AuditCSV(ctx context.Context, w io.Writer, each Each[audit.Event]) error {
	out := newCSV(w, auditColumns())
	row := make([]any, 0, len(out.columns))
	err := each(func(e audit.Event) error {
		row = auditRow(row, e)
		out.add(row...)
		return ctx.Err()
	})
	return out.close("audit events", err)
}
