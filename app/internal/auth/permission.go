package auth

import (
	"strings"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
)

// Verb is something that can be done.
type Verb string

// The closed list of verbs. Public and SignedIn are not rights: they say that a route
// asks for none.
const (
	Public   Verb = "public"    // no sign-in needed
	SignedIn Verb = "signed-in" // anyone who is signed in

	CampaignRead     Verb = "campaign.read"
	OverviewRead     Verb = "overview.read"
	CoverageRead     Verb = "coverage.read"
	PlacementRead    Verb = "placement.read"
	PlacementLog     Verb = "placement.log"
	PlacementRevise  Verb = "placement.revise"
	TaskRead         Verb = "task.read" // one's own tasks
	PlanRead         Verb = "plan.read"
	PlanPut          Verb = "plan.put"
	BoundaryPut      Verb = "boundary.put" // the outline on the map
	UnitRead         Verb = "unit.read"
	UnitPut          Verb = "unit.put"
	SurveyRead       Verb = "survey.read" // results
	ProgressRead     Verb = "progress.read"
	ResponseEnter    Verb = "response.enter"
	ResponseRead     Verb = "response.read"
	ResponseSettle   Verb = "response.settle" // decide between two entries, void one
	ResponseScreen   Verb = "response.screen" // see which sheets to go back to, and whose they are
	SheetRead        Verb = "sheet.read"      // where sheets of paper are; a distributor those they hold
	SheetPut         Verb = "sheet.put"       // print, issue, take back, void, archive
	ReceiptRead      Verb = "receipt.read"
	ImportPlacement  Verb = "import.placement"
	ImportResponse   Verb = "import.response"
	ImportUnsent     Verb = "import.unsent" // what somebody else's phone could not send
	ReportRead       Verb = "report.read"
	PeopleRead       Verb = "people.read"
	PeoplePut        Verb = "people.put" // add, import, move, disable, invite
	TokenPut         Verb = "token.put"
	PhotoAdd         Verb = "photo.add" // also to set one aside
	PhotoRead        Verb = "photo.read"
	OriginalRead     Verb = "photo.original"    // the untouched file with its metadata
	PlacementReview  Verb = "placement.review"  // accept, return
	PlacementInspect Verb = "placement.inspect" // record what was found at the place
	LateRead         Verb = "late.read"         // who is late with what
	AuditRead        Verb = "audit.read"
	QuestionnairePut Verb = "questionnaire.put" // write, publish, close; also to see drafts
	WavePut          Verb = "wave.put"          // make, change, close
	RunPut           Verb = "run.put"           // keep an analysis under a number
	LinkRead         Verb = "link.read"
	LinkPut          Verb = "link.put"   // make and change links of the public page, print their addresses
	CheckRead        Verb = "check.read" // spot checks; a unit its own points, once a check is closed
	CheckDraw        Verb = "check.draw" // also to close one
	CheckRecord      Verb = "check.find" // say what was found at a point
	RehearsalRead    Verb = "rehearsal.read"
	InspectorPut     Verb = "inspector.put" // make and withdraw the links of inspectors
	DossierRead      Verb = "dossier.read"  // whoever may not write them sees those that are sealed
	DossierPut       Verb = "dossier.put"   // draft, write in, seal
	MetricsRead      Verb = "metrics.read"  // from another machine; on this one nobody is asked
)

// Reach says how far a right goes.
type Reach string

// The closed list of reaches.
const (
	Nothing Reach = ""
	Own     Reach = "own" // of the actor's unit; for a distributor, what they entered
	All     Reach = "all" // of the actor's campaign
)

// Part is something that is opened to an inspector, or isn't.
type Part string

// The closed list of parts.
const (
	PartCoverage   Part = "coverage"
	PartPlacements Part = "placements"
	PartPhotos     Part = "photos"
	PartSurvey     Part = "survey"
	PartReport     Part = "report"
	PartChecks     Part = "checks" // to draw and to record, the one part that isn't reading only
)

// Parts are all parts in the order of pages.
var Parts = []Part{PartCoverage, PartPlacements, PartPhotos, PartSurvey, PartReport, PartChecks}

// PartNames are the words for the parts on pages.
var PartNames = map[Part]string{
	PartCoverage: "覆盖情况", PartPlacements: "宣传台账", PartPhotos: "照片", PartSurvey: "问卷结果", PartReport: "汇总报告",
	PartChecks: "现场抽查",
}

// partOf says to which part a verb of the inspector belongs; without one it is open to
// every inspector.
var partOf = map[Verb]Part{
	CoverageRead: PartCoverage, PlacementRead: PartPlacements, PhotoRead: PartPhotos, OriginalRead: PartPhotos,
	SurveyRead: PartSurvey, ReportRead: PartReport, DossierRead: PartReport, CheckRead: PartChecks, CheckDraw: PartChecks, CheckRecord: PartChecks,
}

// joinParts gives parts as an actor carries them.
func joinParts(parts []Part) string {
	words := make([]string, len(parts))
	for i, part := range parts {
		words[i] = string(part)
	}
	return strings.Join(words, ",")
}

// opened tells whether a part is among those of an actor.
func opened(parts string, part Part) bool {
	for parts != "" {
		var one string
		if one, parts, _ = strings.Cut(parts, ","); one == string(part) {
			return true
		}
	}
	return false
}

// reads tells a verb that changes nothing.
func (v Verb) reads() bool { return strings.HasSuffix(string(v), ".read") || v == OriginalRead }

// right is one line of the table; the columns are the roles.
type right struct {
	verb                                                 Verb
	office, unit, distributor, inspector, auditor, admin Reach
}

// permissions is the one table of what each role may do. The routes and the pages both
// read it: a button is shown where its route would not refuse.
var permissions = []right{
	//                 office unit     distributor inspector auditor  admin
	{CampaignRead, All, Own, Own, All, All, All},
	{OverviewRead, All, Nothing, Nothing, Nothing, Nothing, Nothing},
	{CoverageRead, All, Own, Nothing, All, Nothing, Nothing},
	{PlacementRead, All, Own, Nothing, All, Nothing, Nothing},
	{PlacementLog, All, Own, Nothing, Nothing, Nothing, Nothing},
	{PlacementRevise, All, Own, Nothing, Nothing, Nothing, Nothing},
	{PlacementReview, All, Nothing, Nothing, Nothing, Nothing, Nothing},
	{PlacementInspect, All, Own, Nothing, Nothing, Nothing, Nothing},
	{PhotoAdd, All, Own, Nothing, Nothing, Nothing, Nothing},
	{PhotoRead, All, Own, Nothing, All, Nothing, Nothing},
	{OriginalRead, All, Own, Nothing, All, Nothing, Nothing},
	{ImportPlacement, All, Own, Nothing, Nothing, Nothing, Nothing},
	{TaskRead, All, Own, Nothing, Nothing, Nothing, Nothing},
	{LateRead, All, Nothing, Nothing, Nothing, Nothing, Nothing},
	{PlanRead, All, Nothing, Nothing, Nothing, Nothing, Nothing},
	{PlanPut, All, Nothing, Nothing, Nothing, Nothing, Nothing},
	{BoundaryPut, All, Nothing, Nothing, Nothing, Nothing, Nothing},
	{UnitRead, All, Nothing, Nothing, Nothing, Nothing, All},
	{UnitPut, All, Nothing, Nothing, Nothing, Nothing, Nothing},
	{SurveyRead, All, Nothing, Nothing, All, Nothing, Nothing},
	{ProgressRead, All, Nothing, All, Nothing, Nothing, Nothing}, // a quota is of the wave: a part of it says nothing
	{ResponseEnter, All, Nothing, Own, Nothing, Nothing, Nothing},
	{ResponseRead, All, Nothing, Own, Nothing, Nothing, Nothing},
	{ResponseSettle, All, Nothing, Nothing, Nothing, Nothing, Nothing},
	{ResponseScreen, All, Nothing, Nothing, Nothing, Nothing, Nothing},
	{SheetRead, All, Nothing, Own, Nothing, Nothing, Nothing},
	{SheetPut, All, Nothing, Nothing, Nothing, Nothing, Nothing},
	{ImportResponse, All, Nothing, Own, Nothing, Nothing, Nothing},
	{ImportUnsent, All, Nothing, Nothing, Nothing, Nothing, Nothing},
	{ReceiptRead, All, Own, Own, Nothing, Nothing, Nothing},
	{LinkRead, All, Nothing, Own, Nothing, Nothing, Nothing},
	{LinkPut, All, Nothing, Own, Nothing, Nothing, Nothing},
	{ReportRead, All, Nothing, Nothing, All, Nothing, Nothing},
	{CheckRead, All, Own, Nothing, All, Nothing, Nothing},
	{CheckDraw, All, Nothing, Nothing, All, Nothing, Nothing},
	{CheckRecord, All, Nothing, Nothing, All, Nothing, Nothing},
	{RehearsalRead, All, Nothing, Nothing, Nothing, Nothing, Nothing},
	{InspectorPut, All, Nothing, Nothing, Nothing, Nothing, Nothing},
	{PeopleRead, All, Nothing, Nothing, Nothing, Nothing, All},
	{PeoplePut, All, Nothing, Nothing, Nothing, Nothing, All},
	{TokenPut, All, Nothing, Nothing, Nothing, Nothing, All},
	{AuditRead, All, Nothing, Nothing, Nothing, All, Nothing},
	{QuestionnairePut, All, Nothing, Nothing, Nothing, Nothing, Nothing},
	{WavePut, All, Nothing, Nothing, Nothing, Nothing, Nothing},
	{RunPut, All, Nothing, Nothing, Nothing, Nothing, Nothing},
	{DossierRead, All, Nothing, Nothing, All, Nothing, Nothing},
	{DossierPut, All, Nothing, Nothing, Nothing, Nothing, Nothing},
	{MetricsRead, Nothing, Nothing, Nothing, Nothing, Nothing, All},
}

// Known tells whether a verb is on the list; a route with any other would be nobody's.
func Known(verb Verb) bool {
	if verb == Public || verb == SignedIn {
		return true
	}
	for _, r := range permissions {
		if r.verb == verb {
			return true
		}
	}
	return false
}

// ReachOf says how far an actor's right to a verb goes. The people of a closed unit read
// what was theirs and write nothing.
func ReachOf(actor audit.Actor, verb Verb) Reach {
	if actor.ReadOnly && !verb.reads() {
		return Nothing
	}
	return reachOf(actor, verb)
}

// programPrefix begins the id of a program; no login holds a colon.
const programPrefix = "token:"

// isProgram tells the holder of a token. No program makes accounts or tokens, whatever
// its role: what it made would outlive its own token.
func isProgram(actor audit.Actor) bool { return strings.HasPrefix(actor.ID, programPrefix) }

func reachOf(actor audit.Actor, verb Verb) Reach {
	if actor.ID == "" || isProgram(actor) && (verb == PeoplePut || verb == TokenPut) {
		return Nothing
	}
	for _, r := range permissions {
		if r.verb != verb {
			continue
		}
		switch actor.Role {
		case audit.RoleOffice, audit.RoleSystem:
			return r.office
		case audit.RoleUnit:
			if actor.Unit == "" { // would otherwise reach the rows of no unit, which are everybody's
				return Nothing
			}
			return r.unit
		case audit.RoleDistributor:
			return r.distributor
		case audit.RoleInspector:
			byLink := verb == DossierRead && actor.Dossier != "" // that one, see the pages of dossiers
			if part := partOf[verb]; part != "" && !opened(actor.Parts, part) && !byLink {
				return Nothing
			}
			return r.inspector
		case audit.RoleAuditor:
			return r.auditor
		case audit.RoleAdmin:
			return r.admin
		}
	}
	return Nothing
}

// May tells whether an actor may do a verb at all; pages ask it before they show a button.
func May(actor audit.Actor, verb Verb) bool {
	switch verb {
	case Public:
		return true
	case SignedIn:
		return actor.ID != ""
	}
	return ReachOf(actor, verb) != Nothing
}

// Allow is nil when the actor may do the verb in this campaign. A campaign that isn't
// theirs answers like one that doesn't exist.
func Allow(actor audit.Actor, verb Verb, campaign string) error {
	if verb != Public && actor.ID == "" {
		return problem.Unauthenticated()
	}
	if campaign != "" && actor.Campaign != "" && actor.Campaign != campaign {
		return problem.NotFound("这个活动")
	}
	if May(actor, verb) {
		return nil
	}
	if actor.ReadOnly && reachOf(actor, verb) != Nothing {
		return &problem.Problem{Kind: problem.KindNotAllowed, Title: "您的单位已经撤销，只能查看，不能再" + verbWords(verb), Detail: "原来登记的内容都还在。手头没有办完的，请与本活动的管理单位联系，明确由谁承接。"}
	}
	return problem.NotAllowed(verbWords(verb))
}

// UnitOf is the unit to which an actor's reading and writing under a verb is held; empty
// for all of the campaign.
func UnitOf(actor audit.Actor, verb Verb) string {
	if ReachOf(actor, verb) == All {
		return ""
	}
	return actor.Unit
}

// verbWords finishes the sentence “您的账号不能…”.
func verbWords(verb Verb) string {
	switch verb {
	case PlanPut, UnitPut:
		return "修改方案和单位"
	case PlacementLog, PlacementRevise, ImportPlacement, TaskRead:
		return "登记宣传台账"
	case PlacementRead:
		return "查看宣传台账"
	case ResponseEnter, ImportResponse, ResponseRead, ProgressRead:
		return "录入问卷"
	case ResponseSettle:
		return "核定或作废答卷"
	case ResponseScreen:
		return "查看问卷质量筛查"
	case SheetRead, SheetPut:
		return "管理纸质问卷"
	case LinkRead, LinkPut:
		return "管理填写链接"
	case ReceiptRead:
		return "查看导入记录"
	case ImportUnsent:
		return "导入别人没有送出的记录"
	case ReportRead:
		return "下载汇总报告"
	case CheckRead, CheckDraw, CheckRecord:
		return "做现场抽查"
	case RehearsalRead:
		return "查看预检"
	case InspectorPut:
		return "发出验收专家的链接"
	case PhotoAdd, PhotoRead, OriginalRead:
		return "查看或上传照片"
	case PlacementReview:
		return "审核宣传台账"
	case PlacementInspect:
		return "登记巡查"
	case LateRead:
		return "查看逾期清单"
	case PeopleRead, PeoplePut, TokenPut:
		return "管理账号"
	case AuditRead:
		return "查看审计记录"
	case RunPut:
		return "固定分析结果"
	case QuestionnairePut, WavePut:
		return "编写问卷和设置调查轮次"
	}
	return "查看这个页面"
}
