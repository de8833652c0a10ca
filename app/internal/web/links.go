package web

import (
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/skip2/go-qrcode"

	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/dashboards/workbook"
)

// linkRoutes are the pages on which links are made, printed and ended. A distributor sees
// and makes their own.
func (s *Server) linkRoutes() []route {
	const get, post, c = fiber.MethodGet, fiber.MethodPost, "/c/:campaign"
	return []route{
		{get, c + "/links", auth.LinkRead, s.linksList},
		{post, c + "/links", auth.LinkPut, s.linkAdd},
		{get, c + "/links/:link", auth.LinkRead, s.linkForm},
		{post, c + "/links/:link", auth.LinkPut, s.linkPut},
		{post, c + "/links/:link/issue", auth.LinkPut, s.linkIssue},
		{post, c + "/links/:link/addresses", auth.LinkPut, s.linkAddresses},
	}
}

type linksPage struct {
	Lines   []linkLine
	Waves   []survey.Wave // that take answers
	Wave    survey.Wave   // of the form
	Strata  []survey.Option
	People  []auth.Person
	Fields  url.Values
	Problem *problem.Problem
	Own     bool // the visitor makes their own only
	Receipt string
	Found   *survey.Response
	Missing *problem.Problem
}

// Value gives what stands in a field.
func (p linksPage) Value(name string) string { return p.Fields.Get(name) }

// Why gives what is wrong with a field.
func (p linksPage) Why(name string) string { return whyOf(p.Problem, name) }

func whyOf(p *problem.Problem, name string) string {
	if p == nil {
		return ""
	}
	for _, f := range p.Faults {
		if f.Field == name {
			return f.Why
		}
	}
	return ""
}

type linkLine struct {
	survey.HeldLink
	Wave, Kind, Distributor, State string
	Stratum, Area                  string
	Tally                          survey.LinkTally
}

// linksList shows the links of the campaign, and the form for a new one.
func (s *Server) linksList(c *fiber.Ctx, v *visit) error {
	return s.showLinks(c, v, linksPage{Fields: url.Values{"kind": {"open"}, "per_device": {"1"}, "count": {"50"}, "wave": {c.Query("wave")}}})
}

func (s *Server) showLinks(c *fiber.Ctx, v *visit, data linksPage) error {
	lines, err := s.linkLines(c, v)
	if err != nil {
		return err
	}
	data.Lines, data.Own = lines, auth.ReachOf(v.actor, auth.LinkPut) == auth.Own
	if data.Waves, err = s.openWaves(c, v); err != nil {
		return err
	}
	if len(data.Waves) > 0 {
		data.Wave = data.Waves[0]
		for _, w := range data.Waves {
			if string(w.ID) == data.Fields.Get("wave") {
				data.Wave = w
			}
		}
		work, err := s.fieldwork(c.UserContext(), v.plan.Campaign.ID, data.Wave.ID)
		if err != nil {
			return err
		}
		question, _ := work.q.Question(work.q.Stratum)
		data.Strata = question.Options
	}
	if data.People, err = s.linkHolders(c, v); err != nil {
		return err
	}
	if data.Receipt = c.Query("receipt"); data.Receipt != "" {
		found, err := s.links.ByReceipt(c.UserContext(), v.plan.Campaign.ID, data.Receipt)
		if p, ok := problem.As(err); ok {
			data.Missing = p
		} else if err != nil {
			return err
		} else {
			data.Found = &found
		}
	}
	if data.Problem != nil {
		c.Status(statuses[data.Problem.Kind])
	}
	return s.render(c, v, "links_list", "填写链接", data)
}

func (s *Server) linkLines(c *fiber.Ctx, v *visit) ([]linkLine, error) {
	all, err := s.links.List(c.UserContext(), v.plan.Campaign.ID)
	if err != nil {
		return nil, err
	}
	tally, err := s.links.Tally(c.UserContext(), v.plan.Campaign.ID)
	if err != nil {
		return nil, err
	}
	var lines []linkLine
	for _, held := range all {
		if !ownsLink(v, held.Thing) {
			continue
		}
		line, err := s.linkLine(c, v, held)
		if err != nil {
			return nil, err
		}
		line.Tally = tally[held.ID]
		lines = append(lines, line)
	}
	return lines, nil
}

// linkLine says a link in words.
func (s *Server) linkLine(c *fiber.Ctx, v *visit, held survey.HeldLink) (linkLine, error) {
	l := held.Thing
	work, err := s.fieldwork(c.UserContext(), l.Campaign, l.Wave)
	if err != nil {
		return linkLine{}, err
	}
	line := linkLine{HeldLink: held, Wave: work.wave.Name, Kind: survey.LinkKindNames[l.Kind], State: map[string]string{"": "开放", "wave": "调查已结束", "closed": "已停用", "until": "已到期", "early": "未到开始日期"}[l.Over(work.wave, v.today)]}
	if l.Distributor != "" {
		if line.Distributor, err = s.personName(c, l.Distributor); err != nil {
			return line, err
		}
	}
	question, _ := work.q.Question(work.q.Stratum)
	if l.Stratum != "" {
		line.Stratum = question.OptionLabel(l.Stratum)
	}
	for _, a := range work.wave.Areas {
		if a.Code == l.Area {
			line.Area = a.Label
		}
	}
	return line, nil
}

func (s *Server) personName(c *fiber.Ctx, id string) (string, error) {
	people, err := s.Auth.ListPeople(c.UserContext(), "")
	for _, p := range people {
		if p.ID == id {
			return p.Name, nil
		}
	}
	return id, err
}

// linkHolders are those for whom the visitor may make a link.
func (s *Server) linkHolders(c *fiber.Ctx, v *visit) ([]auth.Person, error) {
	people, err := s.Auth.ListPeople(c.UserContext(), "")
	return slices.DeleteFunc(people, func(p auth.Person) bool {
		return p.Role != audit.RoleDistributor || p.Disabled || !s.sees(v, p)
	}), err
}

// ownsLink tells whether a link is the visitor's to see.
func ownsLink(v *visit, l survey.PublicLink) bool {
	return auth.ReachOf(v.actor, auth.LinkRead) == auth.All || l.Distributor == v.actor.ID
}

// heldLink gives a link of the address; another's answers like none.
func (s *Server) heldLink(c *fiber.Ctx, v *visit) (survey.HeldLink, error) {
	held, err := s.links.Link(c.UserContext(), v.plan.Campaign.ID, survey.LinkID(c.Params("link")))
	if err == nil && !ownsLink(v, held.Thing) {
		return held, problem.NotFound("这个链接")
	}
	return held, err
}

// readLink reads the form over what a link was; what decides how answers are understood
// stays as it was made.
func (s *Server) readLink(c *fiber.Ctx, v *visit, fields url.Values, l survey.PublicLink) (survey.PublicLink, error) {
	var faults []problem.Fault
	l.Name, l.OnePage = strings.TrimSpace(fields.Get("name")), fields.Get("one_page") != ""
	l.Until, l.Closed = readDate(fields, "until", "截止日期", &faults), fields.Get("closed") != ""
	if n, err := strconv.Atoi(fields.Get("per_device")); err == nil {
		l.PerDevice = n
	}
	if l.ID == "" {
		l.ID, l.Campaign, l.Kind = survey.NewLinkID(), v.plan.Campaign.ID, survey.LinkKind(fields.Get("kind"))
		l.Wave, l.Stratum, l.Area = survey.WaveID(fields.Get("wave")), fields.Get("stratum"), fields.Get("area")
		l.Distributor = fields.Get("distributor")
		if auth.ReachOf(v.actor, auth.LinkPut) == auth.Own {
			l.Distributor = v.actor.ID
		}
		if err := s.placeLink(c, v, &l, &faults); err != nil {
			return l, err
		}
	}
	if l.Kind == survey.LinkOnce {
		l.PerDevice = 0
	}
	work, err := s.fieldwork(c.UserContext(), l.Campaign, l.Wave)
	if err != nil {
		return l, err
	}
	err = l.Validate(work.wave, work.q)
	if p, ok := problem.As(err); ok {
		p.Faults = append(faults, p.Faults...)
		return l, p
	}
	if err == nil && len(faults) > 0 {
		return l, problem.Invalid("链接还不能保存", "请按提示改正后再保存。", faults...)
	}
	return l, err
}

// placeLink gives a link the unit of its distributor.
func (s *Server) placeLink(c *fiber.Ctx, v *visit, l *survey.PublicLink, faults *[]problem.Fault) error {
	if l.Distributor == "" {
		return nil
	}
	people, err := s.linkHolders(c, v)
	if err != nil {
		return err
	}
	for _, p := range people {
		if p.ID == l.Distributor {
			l.Unit = p.Unit
			return nil
		}
	}
	*faults = append(*faults, problem.Fault{Field: "distributor", Why: "这个发放员不在账号里，请重新选择"})
	return nil
}

// linkAdd makes a link with its first addresses and shows them, this once.
func (s *Server) linkAdd(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	open, err := s.openWaves(c, v)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(open, func(w survey.Wave) bool { return string(w.ID) == fields.Get("wave") }) {
		return s.showLinks(c, v, linksPage{Fields: fields, Problem: problem.Invalid("链接还不能保存", "请按提示改正后再保存。", problem.Fault{Field: "wave", Why: "请选择一轮正在进行的调查"})})
	}
	l, err := s.readLink(c, v, fields, survey.PublicLink{})
	n, notNumber := strconv.Atoi(strings.TrimSpace(fields.Get("count")))
	if err == nil && l.Kind == survey.LinkOnce && (notNumber != nil || n < 1 || n > survey.MostAddresses) {
		err = problem.Invalid("链接还不能保存", "请按提示改正后再保存。", problem.Fault{Field: "count", Why: fmt.Sprintf("份数应为1到%d，更多的请分几次", survey.MostAddresses)})
	}
	if p, ok := problem.As(err); ok {
		return s.showLinks(c, v, linksPage{Fields: fields, Problem: p})
	}
	if err != nil {
		return err
	}
	if err := s.links.Put(c.UserContext(), v.actor, l, 0); err != nil {
		return err
	}
	held, err := s.links.Link(c.UserContext(), l.Campaign, l.ID)
	if err != nil {
		return err
	}
	return s.issue(c, v, held, n)
}

type linkPage struct {
	Line    linkLine
	Problem *problem.Problem
}

// Why gives what is wrong with a field.
func (p linkPage) Why(name string) string { return whyOf(p.Problem, name) }

func (s *Server) linkForm(c *fiber.Ctx, v *visit) error {
	held, err := s.heldLink(c, v)
	if err != nil {
		return err
	}
	return s.showLink(c, v, held, nil)
}

func (s *Server) showLink(c *fiber.Ctx, v *visit, held survey.HeldLink, p *problem.Problem) error {
	line, err := s.linkLine(c, v, held)
	if err != nil {
		return err
	}
	tally, err := s.links.Tally(c.UserContext(), v.plan.Campaign.ID)
	if err != nil {
		return err
	}
	line.Tally = tally[held.ID]
	if p != nil {
		c.Status(statuses[p.Kind])
	}
	return s.render(c, v, "links_edit", "链接："+held.Thing.Name, linkPage{line, p})
}

// linkPut changes a link over the revision that the form was opened with.
func (s *Server) linkPut(c *fiber.Ctx, v *visit) error {
	held, err := s.heldLink(c, v)
	if err != nil {
		return err
	}
	fields, err := form(c)
	if err != nil {
		return err
	}
	l, err := s.readLink(c, v, fields, held.Thing)
	if err == nil {
		err = s.links.Put(c.UserContext(), v.actor, l, seenRevision(fields))
	}
	if p, ok := problem.As(err); ok {
		held.Thing = l
		return s.showLink(c, v, held, p)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/links?done=saved", fiber.StatusSeeOther)
}

// linkIssue makes more addresses.
func (s *Server) linkIssue(c *fiber.Ctx, v *visit) error {
	held, err := s.heldLink(c, v)
	if err != nil {
		return err
	}
	fields, err := form(c)
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(strings.TrimSpace(fields.Get("count")))
	return s.issue(c, v, held, n)
}

type addressesPage struct {
	Line      linkLine
	Title     string // of the questionnaire
	About     string
	Office    string
	Minutes   int
	Addresses []address
}

// address is one as it is shown: typed, grouped for the eye, and as a code.
type address struct {
	Number      int
	Token, Link string
	Words       string
	QR          template.URL
}

// issue makes addresses and shows them as a poster or as slips. They are not kept: the
// page can't be opened a second time.
func (s *Server) issue(c *fiber.Ctx, v *visit, held survey.HeldLink, n int) error {
	tokens, err := s.links.Issue(c.UserContext(), v.actor, held, n)
	if p, ok := problem.As(err); ok && p.Kind == problem.KindInvalid {
		return s.showLink(c, v, held, p)
	}
	if err != nil {
		return err
	}
	line, err := s.linkLine(c, v, held)
	if err != nil {
		return err
	}
	work, err := s.fieldwork(c.UserContext(), held.Thing.Campaign, held.Thing.Wave)
	if err != nil {
		return err
	}
	data := addressesPage{Line: line, Title: work.q.Title, About: work.q.Intro, Office: v.plan.Campaign.Words.Office, Minutes: max(1, len(work.q.Questions)/5)}
	for i, token := range tokens {
		one, err := s.address(c, held.Addresses+i+1, token)
		if err != nil {
			return err
		}
		data.Addresses = append(data.Addresses, one)
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return s.render(c, v, "links_addresses", "填写地址", data)
}

func (s *Server) address(c *fiber.Ctx, number int, token string) (address, error) {
	one := address{Number: number, Token: token, Link: s.publicURL(c) + publicPath + token}
	_, host, _ := strings.Cut(s.publicURL(c), "://")
	one.Words = host + publicPath + survey.SpacedToken(token)
	picture, err := qrcode.Encode(one.Link, qrcode.Medium, -8) // with its quiet zone of four modules
	if err != nil {
		return one, fmt.Errorf("draw the code of an address: %w", err)
	}
	one.QR = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(picture))
	return one, nil
}

// linkAddresses gives the addresses that the page has just shown as a file. The page sends
// them back, since they are kept nowhere; those that aren't of this link are left out.
func (s *Server) linkAddresses(c *fiber.Ctx, v *visit) error {
	held, err := s.heldLink(c, v)
	if err != nil {
		return err
	}
	fields, err := form(c)
	if err != nil {
		return err
	}
	var list []workbook.Address
	for _, token := range fields["token"] {
		token = survey.ParseToken(token)
		l, number, err := s.links.Find(c.UserContext(), survey.HashToken(token))
		if err == nil && l.Campaign == held.Thing.Campaign && l.ID == held.Thing.ID {
			list = append(list, workbook.Address{Number: int(number), Link: s.publicURL(c) + publicPath + token})
		}
	}
	if len(list) == 0 {
		return problem.Invalid("没有可下载的地址", "地址只在生成的那一页能下载。需要更多的，请在链接页再出一批。")
	}
	after := fmt.Appendf(nil, `{"addresses":%d}`, len(list))
	if err := s.Audit.Record(c.UserContext(), audit.Event{Actor: v.actor, Verb: "link.export", Campaign: held.Thing.Campaign, Kind: "link", Thing: held.ID, After: after}); err != nil {
		return err
	}
	if fields.Get("kind") == "csv" {
		return s.download(c, "填写地址.csv", func(w io.Writer) error { return workbook.AddressesCSV(w, held.Thing.Name, list) })
	}
	madeAt := s.clock()
	return s.download(c, "填写地址.xlsx", func(w io.Writer) error { return workbook.Addresses(w, held.Thing.Name, list, madeAt) })
}
