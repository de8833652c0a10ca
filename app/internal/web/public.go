package web

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/ingest"
)

// The public page: a questionnaire for whoever has its address, without sign-in, in any
// browser and without scripts. Each page is a form of its own that is saved when it is sent
// and led on from by a redirect, so the back button, a refresh and a second click do what a
// person expects, and a lost connection loses one page at most.
//
// Nothing is kept on the server between two pages but the response itself. Its id is made of
// the address (survey.LinkResponse): whoever comes back by the same address goes on where
// they were, and two tabs mean the same response.

// publicPath is where links lead; an address is as good as the answers under it.
const publicPath = "/s/"

func (s *Server) publicRoutes() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	return []route{
		{get, publicPath + ":token", auth.Public, s.publicStart},
		{post, publicPath + ":token", auth.Public, s.publicAnswer},
		{get, publicPath + ":token/:key", auth.Public, s.publicShow},
		{post, publicPath + ":token/:key", auth.Public, s.publicAnswer},
	}
}

// isPublic tells a request of the public page, whatever letters its address is typed in.
func isPublic(c *fiber.Ctx) bool {
	return len(c.Path()) >= len(publicPath) && strings.EqualFold(c.Path()[:len(publicPath)], publicPath)
}

// secluded sets what holds for the public page: nothing of it is kept on the way or by the
// browser, and nothing but its own style and script is loaded.
func secluded(c *fiber.Ctx) {
	c.Set(fiber.HeaderCacheControl, "no-store, private")
	c.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	c.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	c.Set("X-Robots-Tag", "noindex, nofollow")
}

// answering is a person before a questionnaire.
type answering struct {
	link   survey.PublicLink
	hash   string // of the token
	token  string
	key    string // tells the respondents of an open link apart
	plan   *campaign.Plan
	wave   survey.Wave
	q      survey.Questionnaire
	id     uuid.UUID
	device string // cookie, empty without one
	over   string // why nothing new begins here
}

// answering reads the address.
func (s *Server) answering(c *fiber.Ctx) (*answering, error) {
	secluded(c)
	a := &answering{token: survey.ParseToken(c.Params("token")), device: survey.ParseToken(c.Cookies(deviceCookie))}
	if a.token == "" {
		return nil, survey.NoLink()
	}
	a.hash = survey.HashToken(a.token)
	var err error
	if a.link, _, err = s.links.Find(c.UserContext(), a.hash); err != nil {
		return nil, err
	}
	if a.plan, err = s.plan(c.UserContext(), a.link.Campaign); err != nil {
		return nil, err
	}
	work, err := s.fieldwork(c.UserContext(), a.link.Campaign, a.link.Wave)
	if err != nil {
		return nil, err
	}
	a.wave, a.q = work.wave, work.q
	a.over = a.link.Over(a.wave, civil(s.clock()))
	key := ""
	if typed := c.Params("key"); typed != "" || a.link.Kind == survey.LinkOpen {
		key = survey.ParseToken(typed)
		if typed != "" && (key == "" || a.link.Kind == survey.LinkOnce) {
			return nil, survey.NoLink()
		}
	}
	a.use(key)
	return a, nil
}

// use takes the key of one respondent.
func (a *answering) use(key string) {
	a.key, a.id = key, survey.LinkResponse(a.hash, key)
}

// base is the address of the response.
func (a *answering) base() string {
	if a.key == "" {
		return publicPath + a.token
	}
	return publicPath + a.token + "/" + a.key
}

// secret is what the token of the form is made of: it holds for this response alone, and
// no session is needed.
func (a *answering) secret() string { return a.token + "/" + a.key }

// known are the questions that the link answers.
func (a *answering) known() []string {
	if a.link.Stratum != "" {
		return []string{a.q.Stratum}
	}
	return nil
}

// field names the wave among those of all campaigns.
func (a *answering) field() string { return a.link.Campaign + "/" + string(a.wave.ID) }

func (a *answering) steps(r survey.Response) []survey.Step {
	return survey.Steps(a.q, r, a.known()...)
}

// blank is the response before the first answer.
func (a *answering) blank(young bool, area string) survey.Response {
	r := survey.Response{ID: a.id, Mode: survey.Link, Link: string(a.link.ID), Distributor: a.link.Distributor, Unit: a.link.Unit, Young: young,
		Choices: map[string][]string{}, Numbers: map[string]float64{}, Texts: map[string]string{}, Device: a.deviceHash()}
	a.place(&r, area)
	if a.link.Stratum != "" {
		r.Choices[a.q.Stratum] = []string{a.link.Stratum}
	}
	return r
}

// place sets the area: that of the link, or one that the wave knows.
func (a *answering) place(r *survey.Response, area string) {
	r.Area = a.link.Area
	if r.Area == "" && slices.ContainsFunc(a.wave.Areas, func(one survey.Area) bool { return one.Code == area }) {
		r.Area = area
	}
}

// asksYoung tells whether the age makes a difference.
func (a *answering) asksYoung() bool {
	return slices.ContainsFunc(a.q.Questions, func(q survey.Question) bool { return q.Adults })
}

// publicStart is where an address leads: the notice, or on to where one was.
func (s *Server) publicStart(c *fiber.Ctx, v *visit) error {
	a, err := s.answering(c)
	if err != nil {
		return err
	}
	if a.link.Kind == survey.LinkOnce {
		return s.publicAt(c, a)
	}
	known := a.device != ""
	if !known {
		a.device = survey.NewToken()
		s.setDevice(c, a.device)
	}
	if a.link.PerDevice == 0 {
		a.use(survey.NewToken())
		return s.showStart(c, a, a.blank(false, ""), nil)
	}
	var last *survey.Response
	var lastBase string
	for n := 1; n <= a.link.PerDevice; n++ {
		a.use(a.deviceKey(n))
		if !known {
			break
		}
		held, err := s.answered(c.UserContext(), a)
		if err != nil {
			return err
		}
		if held == nil {
			break
		}
		last, lastBase = held, a.base()
		if !ended(*last) && a.link.PerDevice == 1 || n == a.link.PerDevice {
			return c.Redirect(lastBase, fiber.StatusSeeOther)
		}
	}
	resume := ""
	if last != nil && !ended(*last) {
		resume = lastBase
	}
	return s.showStart(c, a, a.blank(false, ""), &resume)
}

// publicShow is the address of one respondent of an open link.
func (s *Server) publicShow(c *fiber.Ctx, v *visit) error {
	a, err := s.answering(c)
	if err != nil {
		return err
	}
	return s.publicAt(c, a)
}

// publicAt shows the page that the address asks for, or where one was.
func (s *Server) publicAt(c *fiber.Ctx, a *answering) error {
	held, err := s.answered(c.UserContext(), a)
	if err != nil {
		return err
	}
	at := c.Query("at")
	if held == nil {
		r := a.blank(c.Query("young") != "", c.Query("area"))
		if step, found := a.find(r, at); found && a.over == "" {
			return s.showStep(c, a, r, nil, step, nil)
		}
		return s.showStart(c, a, r, nil)
	}
	if ended(*held) {
		return s.showEnd(c, a, *held)
	}
	if at == "start" {
		return s.showStart(c, a, *held, nil)
	}
	step, found := a.find(*held, at)
	if !found {
		return c.Redirect(a.base()+"?at="+url.QueryEscape(a.resume(*held))+"&note=back", fiber.StatusSeeOther)
	}
	return s.showStep(c, a, *held, held, step, nil)
}

// wholeForm is the name of the only page where all questions stand on one.
const wholeForm = "all"

// find gives the page of a name, if this respondent is to see it.
func (a *answering) find(r survey.Response, at string) (survey.Step, bool) {
	if a.link.OnePage {
		return a.whole(r), at == wholeForm
	}
	for _, step := range a.steps(r) {
		if step.Name == at {
			return step, true
		}
	}
	return survey.Step{}, false
}

// whole is the page of all questions, those too that an answer may yet open.
func (a *answering) whole(r survey.Response) survey.Step {
	step := survey.Step{Name: wholeForm}
	for _, question := range a.q.Questions {
		if !(question.Adults && r.Young) && !slices.Contains(a.known(), question.Name) {
			step.Questions = append(step.Questions, question)
		}
	}
	return step
}

// first is the first page after the notice.
func (a *answering) first(r survey.Response) string {
	if a.link.OnePage {
		return wholeForm
	}
	if steps := a.steps(r); len(steps) > 0 {
		return steps[0].Name
	}
	return "start"
}

// resume is where one was: behind the last page with an answer, or at the first that must
// be answered and isn't.
func (a *answering) resume(r survey.Response) string {
	if a.link.OnePage {
		return wholeForm
	}
	steps := a.steps(r)
	if len(steps) == 0 {
		return "start"
	}
	open := survey.Unanswered(a.q, r)
	at := 0
	for i, step := range steps {
		for _, item := range step.Items() {
			if slices.Contains(open, item.Name) {
				return step.Name
			}
			if r.Answers(item) {
				at = i + 1
			}
		}
	}
	return steps[min(at, len(steps)-1)].Name
}

// ended tells a response to which nothing is added any more.
func ended(r survey.Response) bool { return r.Disposition != survey.Partial }

// answered gives the response of an address as it holds, nil before the first answer.
func (s *Server) answered(ctx context.Context, a *answering) (*survey.Response, error) {
	if held, known := s.answers.of(a.id); known {
		return held, nil
	}
	looked := time.Now()
	if s.DB.Embedded() != nil {
		there, err := s.given.has(a.field(), a.id, func() ([]uuid.UUID, error) {
			return s.links.Given(context.WithoutCancel(ctx), a.link.Campaign, a.wave.ID)
		})
		if err != nil {
			return nil, err
		}
		if !there {
			s.answers.put(a.id, nil, looked)
			return nil, nil
		}
	}
	r, err := s.Surveys.Response(ctx, a.plan.Campaign.ID, a.wave.ID, a.id)
	if p, ok := problem.As(err); ok && p.Kind == problem.KindNotFound {
		s.answers.put(a.id, nil, looked)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s.answers.put(a.id, &r, looked)
	return &r, nil
}

// publicAnswer takes a page. Those who send pages of one response at the same time take
// turns; where another server was faster the store says so, and the page is laid over what
// holds now.
func (s *Server) publicAnswer(c *fiber.Ctx, v *visit) error {
	a, err := s.answering(c)
	if err != nil {
		return err
	}
	if a.link.Kind == survey.LinkOpen && a.key == "" {
		return c.Redirect(a.base(), fiber.StatusSeeOther)
	}
	fields, err := form(c)
	if err != nil {
		return err
	}
	if !isFormToken(a.secret(), fields.Get(formToken)) {
		return &problem.Problem{Kind: problem.KindNotAllowed, Title: "这一页不完整，没有收下", Detail: "请返回上一页，刷新后再点一次；已经答过的题都还在。"}
	}
	defer s.turns.take(a.id)()
	for range 4 {
		held, err := s.answered(c.UserContext(), a)
		if err != nil {
			return err
		}
		err = s.takePage(c, a, held, fields)
		if !overtaken(err) {
			return err
		}
		s.answers.forget(a.id)
		s.given.forget(a.field())
	}
	return problem.Conflict("这份问卷正在别处填写", "刚才这一页没有收下，请过几秒再点一次。")
}

// overtaken tells that the response was not what we took it for.
func overtaken(err error) bool {
	var o *ingest.ResponseOvertaken
	p, ok := problem.As(err)
	return errors.As(err, &o) || ok && p.Kind == problem.KindConflict
}

// takePage lays the answers of a page over the response and leads on.
func (s *Server) takePage(c *fiber.Ctx, a *answering, held *survey.Response, fields url.Values) error {
	at := fields.Get("at")
	r := a.blank(fields.Get("young") != "", fields.Get("area"))
	if held != nil {
		r = *held
	}
	if held != nil && ended(*held) {
		return s.alreadyGiven(c, a, *held, at, fields)
	}
	if held == nil && a.foreign() {
		return c.Redirect(publicPath+a.token, fiber.StatusSeeOther)
	}
	if fields.Get("go") == "refuse" { // what was answered before goes with it
		r = a.blank(r.Young, r.Area)
		clear(r.Choices)
		r.Disposition = survey.Refused
		return s.save(c, a, held, r, fields, a.base())
	}
	if at == "start" {
		r.Young = a.asksYoung() && fields.Get("young") != ""
		a.place(&r, fields.Get("area"))
		r = survey.Pruned(a.q, r)
		next := a.base() + "?at=" + url.QueryEscape(a.first(r))
		if held == nil {
			if a.over != "" {
				return s.showStart(c, a, r, nil)
			}
			return c.Redirect(next+carried(r), fiber.StatusSeeOther)
		}
		return s.save(c, a, held, r, fields, next)
	}
	step, found := a.find(r, at)
	if !found {
		if held == nil {
			return c.Redirect(a.base(), fiber.StatusSeeOther)
		}
		return c.Redirect(a.base()+"?at="+url.QueryEscape(a.resume(r)), fiber.StatusSeeOther)
	}
	return s.takeStep(c, a, held, r, step, fields)
}

// carried holds what was said on the first page until there is a response to keep it in.
func carried(r survey.Response) string {
	text := ""
	if r.Young {
		text += "&young=1"
	}
	if r.Area != "" {
		text += "&area=" + url.QueryEscape(r.Area)
	}
	return text
}

// takeStep takes the answers of a page of questions.
func (s *Server) takeStep(c *fiber.Ctx, a *answering, held *survey.Response, r survey.Response, step survey.Step, fields url.Values) error {
	typed := readStep(step, fields)
	merged := survey.Pruned(a.q, overlaid(r, step, typed.Response))
	faults := a.faults(step, merged, typed.faults)
	steps := a.steps(merged)
	here := slices.IndexFunc(steps, func(one survey.Step) bool { return one.Name == step.Name })
	if fields.Get("go") == "back" {
		target := "start"
		if here > 0 {
			target = steps[here-1].Name
		}
		address := a.base() + "?at=" + url.QueryEscape(target)
		if len(faults) > 0 || held == nil { // what can't be kept is left where it was
			return c.Redirect(address+carried(r), fiber.StatusSeeOther)
		}
		merged.Disposition = survey.Partial
		return s.save(c, a, held, merged, fields, address)
	}
	if len(faults) > 0 {
		return s.showStep(c, a, overlaid(r, step, typed.Response), held, step, faults)
	}
	if len(merged.Choices)+len(merged.Numbers)+len(merged.Texts) == 0 && !last(steps, here) {
		return c.Redirect(a.base()+"?at="+url.QueryEscape(steps[here+1].Name)+carried(r), fiber.StatusSeeOther)
	}
	if held == nil {
		if asked := s.proved(a, fields); asked != nil {
			return s.showProof(c, a, merged, step, asked)
		}
	}
	note := a.twice(held, step, merged, fields.Get("was"))
	switch open := survey.Unanswered(a.q, merged); {
	case !a.link.OnePage && !last(steps, here) && !survey.RefusedConsent(a.q, merged):
		merged.Disposition = survey.Partial
		return s.save(c, a, held, merged, fields, a.base()+"?at="+url.QueryEscape(steps[here+1].Name)+note)
	case len(open) > 0 && !survey.RefusedConsent(a.q, merged):
		merged.Disposition = survey.Partial
		return s.save(c, a, held, merged, fields, a.base()+"?at="+url.QueryEscape(a.resume(merged))+"&note=open")
	case len(merged.Choices)+len(merged.Numbers)+len(merged.Texts) == 0:
		return s.showStep(c, a, merged, held, step, []problem.Fault{{Field: step.Name, Why: "还没有回答任何一题，请至少回答一题；不想参加的，关掉这一页就可以"}})
	}
	merged.Disposition = ""
	return s.save(c, a, held, merged, fields, a.base())
}

func last(steps []survey.Step, here int) bool { return here < 0 || here == len(steps)-1 }

// overlaid gives the response with the answers of a page in place of those it had.
func overlaid(r survey.Response, step survey.Step, typed survey.Response) survey.Response {
	r.Choices, r.Numbers, r.Texts = copied(r.Choices), copied(r.Numbers), copied(r.Texts)
	for _, item := range step.Items() {
		r.Clear(item)
	}
	maps.Copy(r.Choices, typed.Choices)
	maps.Copy(r.Numbers, typed.Numbers)
	maps.Copy(r.Texts, typed.Texts)
	return r
}

func copied[V any](m map[string]V) map[string]V {
	out := make(map[string]V, len(m)+4)
	maps.Copy(out, m)
	return out
}

// twice tells that a question was answered before, in another tab or before the back
// button, and holds another answer now.
func (a *answering) twice(held *survey.Response, step survey.Step, merged survey.Response, was string) string {
	if held == nil || was == "" || was == printOf(step, *held) || printOf(step, merged) == printOf(step, *held) {
		return ""
	}
	return "&note=twice"
}

// save makes a page durable and leads on; what says nothing new is not written again.
func (s *Server) save(c *fiber.Ctx, a *answering, held *survey.Response, r survey.Response, fields url.Values, next string) error {
	r.Seconds += spent(fields.Get("seen"), s.clock())
	r.Late = r.Late || a.over != "" && a.over != "early"
	if held != nil && same(*held, r) {
		return c.Redirect(next, fiber.StatusSeeOther)
	}
	kept, _, err := s.Ingest.Answer(c.UserContext(), audit.Respondent(reference(c)), a.plan, a.wave, a.q, held, r, s.answers.looked(a.id))
	if err != nil {
		if _, told := problem.As(err); !told {
			s.given.forget(a.field())
		}
		return err
	}
	s.given.add(a.field(), a.id)
	s.answers.put(a.id, &kept, time.Time{})
	if ended(kept) {
		s.figures.count.Add(1)
	}
	s.noteOdd(c, a, kept, fields)
	return c.Redirect(next, fiber.StatusSeeOther)
}

// same tells whether a page says what holds already: a second click, a refresh.
func same(a, b survey.Response) bool {
	return b.Disposition == a.Disposition && a.Young == b.Young && a.Area == b.Area && len(a.Choices) == len(b.Choices) && len(a.Numbers) == len(b.Numbers) && len(a.Texts) == len(b.Texts) &&
		reflect.DeepEqual(a.Choices, b.Choices) && reflect.DeepEqual(a.Numbers, b.Numbers) && reflect.DeepEqual(a.Texts, b.Texts)
}

// longestPage is how many seconds of one page count: who went for lunch did not read.
const longestPage = 600

// spent is how long a page was open by our own clock, which the page carries along: a
// phone's clock may be a day off.
func spent(seen string, now time.Time) uint32 {
	at, err := strconv.ParseInt(seen, 10, 64)
	if err != nil {
		return 0
	}
	return uint32(min(max(now.Unix()-at, 0), longestPage))
}

// alreadyGiven answers a page of a response that has ended. A second click and a refresh
// of its last page lead to the receipt; another tab is told, with its answers still there.
func (s *Server) alreadyGiven(c *fiber.Ctx, a *answering, held survey.Response, at string, fields url.Values) error {
	step, found := a.find(held, at)
	if !found {
		return c.Redirect(a.base(), fiber.StatusSeeOther)
	}
	typed := overlaid(held, step, readStep(step, fields).Response)
	if printOf(step, survey.Pruned(a.q, typed)) == printOf(step, held) {
		return c.Redirect(a.base(), fiber.StatusSeeOther)
	}
	return s.showAlready(c, a, held, typed, step)
}
