package audit

import (
	"fmt"
	"strings"
)

// What acts, things and roles are called by people.

// verbNames by verb. A verb without a name is shown as it is, and a test of the routes
// says so.
var verbNames = map[string]string{
	"session.start":   "登录",
	"session.end":     "退出登录",
	"session.end-all": "在各处退出登录",
	"session.refuse":  "登录被拒绝",
	"session.lock":    "账号暂停登录",

	"person.add":      "新增账号",
	"person.put":      "修改账号",
	"person.move":     "调整账号单位",
	"person.disable":  "停用账号",
	"person.enable":   "恢复账号",
	"person.reset":    "重设密码",
	"person.password": "修改密码",
	"person.invite":   "发出邀请",
	"person.accept":   "接受邀请",
	"person.import":   "导入账号",
	"people.import":   "导入账号",
	"token.add":       "新建令牌",
	"token.revoke":    "作废令牌",

	"inspector.add":      "发出验收专家链接",
	"inspector.withdraw": "收回验收专家链接",
	"inspector.open":     "打开验收专家链接",

	"placement.log":      "登记台账",
	"placement.revise":   "修改台账",
	"placement.withdraw": "撤回台账",
	"placement.accept":   "审核通过",
	"placement.return":   "退回台账",
	"placement.resubmit": "重新提交台账",
	"placement.takedown": "登记拆除",
	"placement.reopen":   "重新打开台账",
	"placement.inspect":  "登记巡查",
	"placements.import":  "导入台账",
	"draft.put":          "保存草稿",
	"draft.discard":      "删除草稿",
	"photo.add":          "上传照片",
	"photo.set-aside":    "照片作废",
	"photo.original":     "查看原图",
	"inspection.add":     "登记巡查",
	"check.draw":         "抽取现场点位",
	"check.close":        "结束现场抽查",
	"check.find":         "登记抽查结果",
	"check.correct":      "更正抽查结果",

	"overview.seen": "看过总览的变化",

	"response.enter":        "录入答卷",
	"response.batch":        "成批录入答卷",
	"responses.import":      "导入答卷",
	"unsent.import":         "导入未送出的记录",
	"response.second":       "第二次录入",
	"response.settle":       "核定双录差异",
	"response.void":         "作废答卷",
	"response.restore":      "恢复作废的答卷",
	"sheet.print":           "编印纸质问卷",
	"sheet.issue":           "发出纸质问卷",
	"sheet.return":          "收回纸质问卷",
	"sheet.void":            "作废纸质问卷",
	"sheet.archive":         "归档纸质问卷",
	"scan.add":              "上传问卷扫描件",
	"questionnaire.publish": "发布问卷",
	"wave.put":              "修改调查轮次",
	"wave.margins":          "更换已知总体数",
	"wave.unmargin":         "撤回已知总体数",
	"wave.trim":             "修改权重上下限",
	"response.submit":       "提交答卷",
	"link.put":              "修改填写链接",
	"link.issue":            "出填写地址",
	"link.export":           "下载填写地址",

	"questionnaire.draft":     "编写问卷草稿",
	"mapping.put":             "核对答卷文件的列",
	"questionnaire.undo":      "撤销问卷草稿的改动",
	"questionnaire.discard":   "删去问卷草稿",
	"questionnaire.draft-end": "问卷草稿已发布",
	"questionnaire.close":     "停用问卷",
	"questionnaire.reopen":    "恢复使用问卷",
	"wave.close":              "结束调查轮次",
	"wave.reopen":             "重新打开调查轮次",
	"run.start":               "开始固定一次分析",
	"run.cancel":              "取消固定的分析",
	"dossier.begin":           "起草验收卷宗",
	"dossier.write":           "改写验收报告",
	"dossier.seal":            "开始封存卷宗",
	"dossier.sealed":          "卷宗封存完成",
	"dossier.failed":          "卷宗没有封存成",
	"dossier.cancel":          "取消封存卷宗",
	"dossier.export":          "下载验收卷宗",
	"dossier.photo":           "下载卷宗照片原件",

	"backup.make":    "备份完成",
	"backup.failed":  "备份没有做成",
	"backup.remove":  "删去过期的备份",
	"backup.restore": "从备份恢复",

	"campaign.put": "修改活动",
	"task.put":     "修改任务",
	"carrier.put":  "修改宣传形式",
	"boundary.put": "更换地图边界",
	"unit.put":     "修改单位",
	"unit.open":    "启用单位",
	"unit.close":   "停用单位",

	"placement.export": "下载台账",
	"response.export":  "下载答卷",
	"report.export":    "下载汇总报告",
	"receipt.export":   "下载退回的行",
	"panel.export":     "下载图表数据",
	"run.export":       "下载固定的分析",
	"late.export":      "下载逾期清单",
	"check.export":     "下载抽查结果",
	"people.export":    "下载账号名单",
	"audit.export":     "下载审计记录",
}

// VerbName is a verb in words.
func VerbName(verb string) string {
	if name, ok := verbNames[verb]; ok {
		return name
	}
	return verb
}

// Named tells whether a verb has words.
func Named(verb string) bool { return verbNames[verb] != "" }

// Group is a set of verbs that one looks for together.
type Group struct {
	Code, Name string
	like       []string // patterns of SQL; constants of ours
}

// Groups are the groups of verbs, in the order of the page.
var Groups = []Group{
	{"session", "登录", []string{"session.%"}},
	{"people", "账号和令牌", []string{"person.%", "people.%", "token.%", "inspector.%"}},
	{"placement", "宣传台账", []string{"placement.%", "placements.%", "draft.%"}},
	{"photo", "照片和巡查", []string{"photo.%", "inspection.%", "placement.inspect", "check.%"}},
	{"response", "问卷", []string{"response.%", "responses.%", "questionnaire.%", "wave.%", "sheet.%", "scan.%", "link.%"}},
	{"plan", "方案和单位", []string{"campaign.%", "task.%", "carrier.%", "unit.%", "boundary.%"}},
	{"import", "导入", []string{"%.import"}},
	{"read", "下载和查看原图", []string{"%.export", "photo.original"}},
}

func groupClause(code string) string {
	for _, g := range Groups {
		if g.Code == code {
			return "(verb LIKE '" + strings.Join(g.like, "' OR verb LIKE '") + "')"
		}
	}
	return "0" // of no such group there are none
}

// kindNames are the things, by kind.
var kindNames = map[string]string{
	"placement": "台账", "photo": "照片", "inspection": "巡查", "draft": "草稿", "check": "现场抽查", "finding": "抽查结果",
	"response": "答卷", "mapping": "答卷文件的列", "questionnaire": "问卷", "wave": "调查轮次", "sheet": "纸质问卷", "scan": "扫描件", "link": "填写链接",
	"campaign": "活动", "task": "任务", "carrier": "宣传形式", "unit": "单位", "boundary": "地图边界",
	"person": "账号", "token": "令牌", "session": "登录", "invitation": "邀请", "inspector": "验收专家链接",
	"batch": "导入批次", "report": "报告", "dossier": "验收卷宗", "panel": "图表", "audit": "审计记录", "backup": "备份",
}

// KindName is a kind of thing in words.
func KindName(kind string) string {
	if name, ok := kindNames[kind]; ok {
		return name
	}
	return kind
}

// Kinds are the kinds that have words.
func Kinds() []string {
	return []string{"placement", "photo", "inspection", "draft", "check", "finding", "response", "questionnaire", "wave", "link", "campaign", "task", "carrier", "unit", "boundary", "person", "token", "inspector", "batch", "report", "dossier", "panel", "audit", "backup"}
}

// RoleNames are the roles in words.
var RoleNames = map[Role]string{
	RoleOffice: "管理", RoleUnit: "责任单位", RoleDistributor: "问卷发放员", RoleInspector: "验收专家",
	RoleAuditor: "审计员", RoleOpen: "数据接口", RoleAdmin: "系统管理员", RoleSystem: "服务器命令", RoleRespondent: "受访者",
}

// OutcomeName is an outcome in words; events from before outcomes were kept have none.
func OutcomeName(o Outcome) string {
	switch o {
	case Success:
		return "成功"
	case Refused:
		return "被拒绝"
	}
	return ""
}

// Words says a fault to the person who looks after the trail.
func (f *Fault) Words() string {
	event := fmt.Sprintf("第%d条（%s %s，%s，编号 %s）", f.Seq, f.At.In(shanghai).Format("2006-01-02 15:04:05"), VerbName(f.Verb), f.Actor, f.Event)
	chain := "链 " + f.Chain.String()
	switch f.Kind {
	case Changed:
		return fmt.Sprintf("%s：%s的内容被改动过，与它的校验值不符", chain, event)
	case Missing:
		return fmt.Sprintf("%s：缺少%s，它们原在%s之前", chain, span(f.From, f.To), event)
	case CutShort:
		return fmt.Sprintf("%s：末尾缺少%s，服务器曾记下这条链写到了第%d条", chain, span(f.From, f.To), f.To)
	case ChainGone:
		return fmt.Sprintf("%s：整条链不见了，服务器曾记下它写到了第%d条", chain, f.To)
	case Inserted:
		return fmt.Sprintf("%s是后来插进来的，不属于%s", event, chain)
	case Repeated:
		return fmt.Sprintf("%s：%s出现了不止一次", chain, event)
	case Unlinked:
		return fmt.Sprintf("%s：%s与它前面的一条接不上，前一条被换过，或顺序被调换", chain, event)
	case Dangling:
		return fmt.Sprintf("%s：它开头所接的那条记录不见了，之前的链被整条删除、截短或改写（开头是%s）", chain, event)
	case Rewritten:
		return fmt.Sprintf("%s：%s与服务器当时记下的校验值不同，这条链被重写过", chain, event)
	}
	return string(f.Kind)
}

func span(from, to uint64) string {
	if from == to {
		return fmt.Sprintf("第%d条", from)
	}
	return fmt.Sprintf("第%d至%d条，共%d条", from, to, to-from+1)
}
