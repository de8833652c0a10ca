package web

import (
	"encoding/base64"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/skip2/go-qrcode"

	"shuixuan/app/audit"
	"shuixuan/app/dossier"
	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
)

// inspectPath is where an inspector's link leads; its address is as good as a password.
const inspectPath = "/inspect/"

// inspectorRoutes are the links that the office gives to inspectors, and what opens them.
func (s *Server) inspectorRoutes() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const all = "/c/:campaign/inspectors"
	return []route{
		{get, inspectPath + ":token", auth.Public, s.inspectForm},
		{post, inspectPath + ":token", auth.Public, s.inspectOpen},
		{get, all, auth.InspectorPut, s.inspectorsList},
		{post, all, auth.InspectorPut, s.inspectorAdd},
		{post, all + "/:inspector/withdraw", auth.InspectorPut, s.inspectorWithdraw},
	}
}

type inspectorsPage struct {
	Sealed  []dossier.Dossier // to choose from
	Lines   []inspectorLine
	Fields  url.Values
	New     *inspectorSlip // the link that was just made, shown this once
	Problem *problem.Problem
}

// Value gives what stands in a field.
func (p inspectorsPage) Value(name string) string { return p.Fields.Get(name) }

type inspectorLine struct {
	auth.InspectorLink
	By    string
	State string    // why it opens nothing any more, empty while it does
	Last  time.Time // the last day, civil
}

// inspectorSlip is a link as it is shown once.
type inspectorSlip struct {
	Name, Link, Until, Text string
	QR                      template.URL
}

func (s *Server) inspectorsList(c *fiber.Ctx, v *visit) error {
	return s.showInspectors(c, v, inspectorsPage{Fields: url.Values{"until": {isoDate(v.today.AddDate(0, 0, 14))}, "live": {"1"}}})
}

func (s *Server) showInspectors(c *fiber.Ctx, v *visit, data inspectorsPage) error {
	all, err := s.Auth.Inspectors(c.UserContext(), v.plan.Campaign.ID)
	if err != nil {
		return err
	}
	name, err := s.names(c.UserContext(), v)
	if err != nil {
		return err
	}
	sealed, err := s.Dossiers.List(c.UserContext(), v.plan.Campaign.ID)
	if err != nil {
		return err
	}
	for _, held := range sealed {
		if held.Thing.State == dossier.Sealed {
			data.Sealed = append(data.Sealed, held.Thing)
		}
	}
	for _, held := range all {
		line := inspectorLine{InspectorLink: held.Thing, By: name(held.RecordedBy), Last: lastDay(held.Thing.Until)}
		switch {
		case held.Thing.Withdrawn:
			line.State = "已收回"
		case !s.clock().Before(held.Thing.Until):
			line.State = "已到期"
		}
		data.Lines = append(data.Lines, line)
	}
	if data.Problem != nil {
		c.Status(statuses[data.Problem.Kind])
	}
	return s.render(c, v, "inspectors", "验收专家链接", data)
}

// lastDay is the civil day whose end is an instant.
func lastDay(until time.Time) time.Time { return civil(until.Add(-time.Second)) }

// endOf is the end of a civil day in Shanghai.
func endOf(day time.Time) time.Time {
	if day.IsZero() {
		return day
	}
	return time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, shanghai)
}

// inspectorAdd makes a link and shows its address, this once.
func (s *Server) inspectorAdd(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	var faults []problem.Fault
	link := auth.InspectorLink{Campaign: v.plan.Campaign.ID, Name: fields.Get("name"), Live: fields.Get("live") != "", Checks: fields.Get("checks") != "", Dossier: fields.Get("dossier")}
	link.Until = endOf(readDate(fields, "until", "有效期", &faults))
	if link.Dossier != "" {
		held, err := s.Dossiers.Dossier(c.UserContext(), v.plan.Campaign.ID, link.Dossier)
		if p, told := problem.As(err); err != nil && !told {
			return err
		} else if told && p.Kind != problem.KindNotFound {
			return p
		}
		if err != nil || held.Thing.State != dossier.Sealed {
			faults = append(faults, problem.Fault{Field: "dossier", Why: "没有这份已封存的卷宗，请从列表里选一份"})
		}
	}
	var token string
	if len(faults) > 0 {
		err = problem.Invalid("链接还不能建立", "请按提示改正后再试。", faults...)
	} else {
		link, token, err = s.Auth.AddInspector(c.UserContext(), v.actor, link)
	}
	if p, ok := problem.As(err); ok && p.Kind == problem.KindInvalid {
		return s.showInspectors(c, v, inspectorsPage{Fields: fields, Problem: p})
	}
	if err != nil {
		return err
	}
	slip := &inspectorSlip{Name: link.Name, Link: s.publicURL(c) + inspectPath + token, Until: dateText(lastDay(link.Until))}
	picture, err := qrcode.Encode(slip.Link, qrcode.Medium, -4)
	if err != nil {
		return fmt.Errorf("draw the code of an inspector's link: %w", err)
	}
	slip.QR = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(picture))
	slip.Text = fmt.Sprintf("%s您好：这是“%s”的验收查看链接，打开后点“进入”，不用账号和密码。%s及以前有效，手机和电脑都能用，请不要转发给别人。\n%s", slip.Name, v.plan.Campaign.Name, slip.Until, slip.Link)
	return s.showInspectors(c, v, inspectorsPage{New: slip, Fields: url.Values{"until": {isoDate(v.today.AddDate(0, 0, 14))}, "live": {"1"}}})
}

// inspectorWithdraw takes a link back at once.
func (s *Server) inspectorWithdraw(c *fiber.Ctx, v *visit) error {
	if err := s.Auth.WithdrawInspector(c.UserContext(), v.actor, v.plan.Campaign.ID, c.Params("inspector")); err != nil {
		return err
	}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/inspectors?done=link-withdrawn", fiber.StatusSeeOther)
}

type inspectPage struct {
	Link     auth.InspectorLink
	Campaign string
	Last     time.Time
	Refused  *problem.Problem
}

// inspectForm says what a link opens. Nothing is started by looking, since messengers open
// links too.
func (s *Server) inspectForm(c *fiber.Ctx, v *visit) error {
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	c.Set(fiber.HeaderCacheControl, "no-store")
	link, err := s.Auth.Inspector(c.UserContext(), c.Params("token"))
	if refused, ok := problem.As(err); ok {
		c.Status(statuses[refused.Kind])
		return s.render(c, v, "inspect", "验收查看", inspectPage{Refused: refused})
	}
	if err != nil {
		return err
	}
	plan, err := s.plan(c.UserContext(), link.Campaign)
	if err != nil {
		return err
	}
	return s.render(c, v, "inspect", "验收查看", inspectPage{Link: link, Campaign: plan.Campaign.Name, Last: lastDay(link.Until)})
}

// inspectOpen starts the session of a link, and leads to what is opened.
func (s *Server) inspectOpen(c *fiber.Ctx, v *visit) error {
	token, actor, err := s.Auth.OpenInspector(c.UserContext(), c.Params("token"), s.from(c))
	if _, told := problem.As(err); told {
		return s.inspectForm(c, v)
	}
	if err != nil {
		return err
	}
	s.log.Info("an inspector's link was opened", "reference", reference(c), "actor", actor.ID)
	setSession(c, token)
	return c.Redirect(firstPage(actor), fiber.StatusSeeOther)
}

// firstPage is where a visitor by link begins.
func firstPage(actor audit.Actor) string {
	base := "/c/" + actor.Campaign
	if actor.Sealed {
		return base + "/dossiers/" + url.PathEscape(actor.Dossier)
	}
	return base + "/opened"
}

// confine holds who came by an inspector's link to what the link opens: of the dossiers that
// one, where the campaign as it stands is not opened nothing else but the page that checks a
// package, and nothing of an account, since they have none. Whatever route is added later is
// closed to a sealed link.
func confine(path string, actor audit.Actor) error {
	if !auth.ByLink(actor) {
		return nil
	}
	words := strings.Split(strings.Trim(strings.ToLower(path), "/"), "/")
	for i, word := range words {
		if word != "dossiers" {
			continue
		}
		if i+1 == len(words) { // the list, on which stands that one
			return nil
		}
		if actor.Dossier != "" && words[i+1] == strings.ToLower(actor.Dossier) {
			return nil
		}
		return problem.NotAllowed("查看别的卷宗")
	}
	switch {
	case words[0] == "me":
		return problem.NotAllowed("使用账号设置：您是用链接进来的，没有账号")
	case !actor.Sealed || words[0] == "verify":
		return nil
	}
	return &problem.Problem{Kind: problem.KindNotAllowed, Title: "这个链接只开放一份封存的卷宗", Detail: "实时数据没有对您开放。请从卷宗页查看；需要核验卷宗时，请打开“核验”页。"}
}
