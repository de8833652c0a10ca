package workbook

import (
	"io"
	"strings"
	"time"
)

// PeopleTemplate writes a list of people to fill in. Roles, units and parts are those the
// reader may give.
func PeopleTemplate(w io.Writer, title string, roles, units, parts []string) error {
	b := newBook(title, time.Now())
	s := b.sheet("人员名单", layout{columns: []column{{"姓名", 16, plain}, {"用户名", 18, plain}, {"角色", 14, plain}, {"单位", 30, plain}, {"开放内容", 34, plain}}, landscape: true, bare: true})
	l := &lists{b: b}
	s.ask("姓名", "写真实姓名，办事记录里会显示。")
	s.ask("用户名", "登录时用。可不填，系统用姓名作用户名。小写字母、数字、汉字都可以。")
	s.offer(l, "角色", roles, true, "不填就是“责任单位”。")
	s.offer(l, "单位", units, true, "责任单位的人必须选单位。")
	s.ask("开放内容", "只有验收专家要填，用“、”隔开，可填："+strings.Join(parts, "、"))
	s.flush()
	help := b.sheet("填写说明", layout{title: title + "　人员名单填写说明", columns: []column{{"栏目", 14, plain}, {"怎样填", 62, plain}, {"示例（本页不会导入）", 30, plain}}})
	for _, row := range [][3]string{
		{"姓名", "必填，每人一行", "张晓明"},
		{"用户名", "可不填；不填时用姓名，重名的自动加数字", "zhangxm"},
		{"角色", "从下拉名单中选择；不填就是“责任单位”", "责任单位"},
		{"单位", "从下拉名单中选择；责任单位的人必填", "市住建局"},
		{"开放内容", "只有验收专家要填，可填：" + strings.Join(parts, "、"), "覆盖情况、宣传台账"},
	} {
		help.add(row[0], row[1], text(row[2]))
	}
	help.across(band, "不收集电话和证件号码，表里有这样的列也不会保存。重复上传同一个文件不会重复建账号。每个人的密码由本人打开邀请链接自己设，没有初始密码。", 0)
	help.flush()
	l.write()
	return b.write(w)
}
