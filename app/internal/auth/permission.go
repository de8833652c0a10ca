package auth

import (
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

	CampaignRead    Verb = "campaign.read"
	OverviewRead    Verb = "overview.read"
	CoverageRead    Verb = "coverage.read"
	PlacementRead   Verb = "placement.read"
	PlacementLog    Verb = "placement.log"
	PlacementRevise Verb = "placement.revise"
	TaskRead        Verb = "task.read" // one's own tasks
	PlanRead        Verb = "plan.read"
	PlanPut         Verb = "plan.put"
	UnitRead        Verb = "unit.read"
	UnitPut         Verb = "unit.put"
	SurveyRead      Verb = "survey.read" // results
	ProgressRead    Verb = "progress.read"
	ResponseEnter   Verb = "response.enter"
	ResponseRead    Verb = "response.read"
	ReceiptRead     Verb = "receipt.read"
	ImportPlacement Verb = "import.placement"
	ImportResponse  Verb = "import.response"
	ReportRead      Verb = "report.read"
	PeopleRead      Verb = "people.read"
	AuditRead       Verb = "audit.read"
)

// Reach says how far a right goes.
type Reach string

// The closed list of reaches.
const (
	Nothing Reach = ""
	Own     Reach = "own" // of the actor's unit; for a distributor, what they entered
	All     Reach = "all" // of the actor's campaign
)

// right is one line of the table.
type right struct {
	verb                      Verb
	office, unit, distributor Reach
}

// permissions is the one table of what each role may do.
var permissions = []right{
	{CampaignRead, All, Own, Own},
	{OverviewRead, All, Nothing, Nothing},
	{CoverageRead, All, Own, Nothing},
	{PlacementRead, All, Own, Nothing},
	{PlacementLog, All, Own, Nothing},
	{PlacementRevise, All, Own, Nothing},
	{ImportPlacement, All, Own, Nothing},
	{TaskRead, All, Own, Nothing},
	{PlanRead, All, Nothing, Nothing},
	{PlanPut, All, Nothing, Nothing},
	{UnitRead, All, Nothing, Nothing},
	{UnitPut, All, Nothing, Nothing},
	{SurveyRead, All, Nothing, Nothing},
	{ProgressRead, All, Nothing, All}, // a quota is of the wave: a part of it says nothing
	{ResponseEnter, All, Nothing, Own},
	{ResponseRead, All, Nothing, Own},
	{ImportResponse, All, Nothing, Own},
	{ReceiptRead, All, Own, Own},
	{ReportRead, All, Nothing, Nothing},
	{PeopleRead, All, Nothing, Nothing},
	{AuditRead, All, Nothing, Nothing},
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

// ReachOf says how far an actor's right to a verb goes.
func ReachOf(actor audit.Actor, verb Verb) Reach {
	if actor.ID == "" {
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
	if !May(actor, verb) {
		return problem.NotAllowed(verbWords(verb))
	}
	return nil
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
	case ReceiptRead:
		return "查看导入记录"
	case ReportRead:
		return "下载汇总报告"
	}
	return "查看这个页面"
}
