package web

import (
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/analytics/screening"
	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// One response on a page: what was answered, what the screening says of it, and what people
// decided. A sheet of paper has its number and is looked up by it; what came by the public page
// has none, and is reached from the screening alone.

func (s *Server) responseRoutes() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const one = "/c/:campaign/waves/:wave/responses/:response"
	return []route{
		{get, one, auth.ResponseScreen, s.responseShow},
		{post, one + "/void", auth.ResponseSettle, s.responseDecide("void")},
		{post, one + "/restore", auth.ResponseSettle, s.responseDecide("restore")},
	}
}

type responsePage struct {
	Wave        survey.Wave
	Response    survey.Response
	Title       string
	How         string // its disposition
	Mode        string
	Stratum     string
	Area        string
	Distributor string
	Took        string // from the first page to the last
	Counts      bool
	Void        bool
	Answers     []responseAnswer
	Skipped     int // questions that weren't asked
	Broken      []string
	Signals     []screening.Signal
	Suggested   bool
	Screened    bool // there is a screening to look into
	Listed      bool // the screening says something of it
	History     []responseEvent
	MayDecide   bool
	Failed      string // the step that was refused
	Reason      string
	Problem     *problem.Problem
}

type responseAnswer struct {
	Position int
	Label    string
	Words    string
	Quiet    bool // no answer, or one that can't be read
}

type responseEvent struct {
	What, By, Reason string
	At               time.Time
}

// modeWords say how a response came.
var modeWords = map[survey.Mode]string{survey.Paper: "纸质，键盘录入", survey.Link: "网上填写", survey.Import: "表格导入", survey.API: "程序送来"}

func (s *Server) responseShow(c *fiber.Ctx, v *visit) error {
	return s.showResponse(c, v, "", "", nil)
}

func (s *Server) showResponse(c *fiber.Ctx, v *visit, failed, reason string, p *problem.Problem) error {
	ctx := c.UserContext()
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	id, err := uuid.Parse(c.Params("response"))
	if err != nil {
		return problem.NotFound("这份答卷")
	}
	history, err := s.Surveys.ResponseHistory(ctx, v.plan.Campaign.ID, wave.ID, id)
	if err != nil {
		return err
	}
	if len(history) == 0 {
		return problem.NotFound("这份答卷")
	}
	name, err := s.names(ctx, v)
	if err != nil {
		return err
	}
	r := history[len(history)-1]
	data := responsePage{Wave: wave, Response: r, Title: responseTitle(r), How: survey.DispositionNames[r.Disposition], Mode: modeWords[r.Mode], Stratum: stratumName(wave, r.Stratum), Area: areaName(wave, r.Area),
		Distributor: name(r.Distributor), Took: tookWords(r.Seconds), Counts: r.Disposition.Counts(), Void: r.Disposition == survey.Void,
		MayDecide: v.may(auth.ResponseSettle), Failed: failed, Reason: reason, Problem: p}
	data.answers(q)
	data.History = responseHistory(history, name)
	if data.Counts && !r.Late {
		if err := s.screenedOne(c, v, q, &data); err != nil {
			return err
		}
	}
	if p != nil {
		c.Status(statuses[p.Kind])
	}
	return s.render(c, v, "responses_show", data.Title, data)
}

// responseTitle names a response by its number, or by the beginning of its id as the lists do.
func responseTitle(r survey.Response) string {
	if r.Number != "" {
		return r.Number + "号答卷"
	}
	return "无编号答卷 " + r.ID.String()[:8]
}

func tookWords(seconds uint32) string {
	switch {
	case seconds == 0:
		return ""
	case seconds < 60:
		return fmt.Sprintf("%d秒", seconds)
	}
	return fmt.Sprintf("%d分%d秒", seconds/60, seconds%60)
}

// answers lists what was asked, in the order of the questionnaire.
func (d *responsePage) answers(q survey.Questionnaire) {
	r := d.Response
	shown, positions := survey.Shown(q, r), survey.Positions(q)
	for _, question := range q.Items() {
		switch words := entryWords(q, r, question.Name); {
		case question.Type == survey.Note:
		case !shown[question.Name]:
			d.Skipped++
		default:
			quiet := !r.Answers(question)
			d.Answers = append(d.Answers, responseAnswer{positions[question.Name], survey.Piped(q, r, question.Label), words, quiet})
		}
	}
	d.Broken = survey.Contradicted(q, r, shown)
}

// responseHistory tells what people did; the pages of the public form between the first and
// the last are left out.
func responseHistory(history []survey.Response, name func(string) string) []responseEvent {
	var list []responseEvent
	for i, r := range history {
		e := responseEvent{By: name(r.RecordedBy), At: r.RecordedAt}
		respondent := r.RecordedBy == string(audit.RoleRespondent)
		if respondent {
			e.By = "受访者"
		}
		switch void := r.Disposition == survey.Void; {
		case i == 0 && respondent:
			e.What = "开始填写"
			if r.Disposition != survey.Partial {
				e.What = "填写"
			}
		case i == 0:
			e.What = "收下"
		case respondent && history[i-1].Disposition == r.Disposition:
			continue
		case respondent:
			e.What = "填完"
		case void && history[i-1].Disposition != survey.Void:
			e.What, e.Reason = "作废", r.Reason
		case !void && history[i-1].Disposition == survey.Void:
			e.What, e.Reason = "恢复", reasonWords(r.Reason)
			if !r.Disposition.Counts() {
				e.What += "，记为" + survey.DispositionNames[r.Disposition]
			}
		case void:
			e.What, e.Reason = "改写作废的原因", r.Reason
		default:
			e.What = "核定"
		}
		list = append(list, e)
	}
	return list
}

// aside is how long a page waits for a screening that only stands beside it.
const aside = 300 * time.Millisecond

// screenedOne looks the response up in the screening of its wave. Whoever comes from there
// finds it made.
func (s *Server) screenedOne(c *fiber.Ctx, v *visit, q survey.Questionnaire, data *responsePage) error {
	got, _, err := s.Reader.Screened(c.UserContext(), v.plan, data.Wave, q, min(aside, s.patience))
	if err != nil || got == nil || got.TooMany {
		return err
	}
	data.Screened = true
	at := slices.IndexFunc(got.Listed, func(one analytics.ScreenedSheet) bool { return one.Response == data.Response.ID.String() })
	if at >= 0 {
		data.Listed, data.Signals, data.Suggested = true, got.Listed[at].Signals, got.Listed[at].Grade == screening.Recontact
	}
	return nil
}

// responseDecide takes a response out of every figure or brings it back, with the reason. A
// refused form comes back with what was filled in.
func (s *Server) responseDecide(step string) handler {
	decide := s.Ingest.VoidResponse
	if step == "restore" {
		decide = s.Ingest.RestoreResponse
	}
	return func(c *fiber.Ctx, v *visit) error {
		wave, q, err := s.wave(c, v, c.Params("wave"))
		if err != nil {
			return err
		}
		fields, err := form(c)
		if err != nil {
			return err
		}
		id, err := uuid.Parse(c.Params("response"))
		if err != nil {
			return problem.NotFound("这份答卷")
		}
		held, err := decide(c.UserContext(), v.actor, v.plan, wave, q, id, seenRevision(fields), fields.Get("reason"))
		if p, ok := problem.As(err); ok && p.Kind != problem.KindNotFound {
			return s.showResponse(c, v, step, fields.Get("reason"), p)
		}
		if err != nil {
			return err
		}
		done := "response-" + step
		if step == "restore" && !held.Disposition.Counts() {
			done = "response-full"
		}
		return c.Redirect(waveAddress(v, wave)+"/responses/"+url.PathEscape(id.String())+"?done="+done, fiber.StatusSeeOther)
	}
}
