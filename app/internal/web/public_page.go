package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// publicPage is what the view of the public page is given.
type publicPage struct {
	State     string // start, ask, end, already, over, problem
	Heading   string // of the questionnaire
	Office    string
	Base      string
	Intro     string
	Privacy   string
	Approval  string
	AskYoung  bool
	Young     bool
	Areas     []survey.Area
	Area      string
	Resume    string // address of one that is not finished
	Refusable bool

	At        string
	Questions []publicQuestion
	Position  int // of the page, from 1
	Total     int
	Last      bool
	Seen      int64
	Was       string
	Late      bool
	Notes     []string
	Faults    []problem.Fault
	Proof     *proof

	Ending  ending
	Receipt string
	Given   string // when
	Problem *problem.Problem
}

// publicQuestion is a question as a respondent meets it.
type publicQuestion struct {
	survey.Question
	Text, Help string // with earlier answers in their places
	Number     int
	Options    []survey.Option
	Chosen     map[string]bool
	Other      *survey.Option
	OtherText  string
	Value      string
	Marks      []int // of a rating
	Rows       []publicRow
	Faults     []string
	ShowJSON   string // conditions, for the script of the one page
	SkipJSON   string
	Sometimes  bool
	Limit      int // characters
}

type publicRow struct {
	Name, Label string
	Chosen      map[string]bool
}

// ending is how a response ended, in words.
type ending struct{ Title, Text string }

func (a *answering) page(state string) publicPage {
	p := publicPage{State: state, Heading: a.q.Title, Office: a.plan.Campaign.Words.Office, Base: a.base(), Intro: a.q.Intro, Privacy: a.wave.Privacy, Approval: a.wave.Approval}
	if p.Office == "" {
		p.Office = a.plan.Campaign.Name
	}
	return p
}

// showPublic draws a page in the frame of its own, which has no menu and loads nothing but
// one small style sheet and one small script.
func (s *Server) showPublic(c *fiber.Ctx, a *answering, title string, data publicPage) error {
	view, err := s.views.page("public_form")
	if err != nil {
		return err
	}
	p := &page{Title: title, Reference: reference(c), Data: data}
	if a != nil {
		p.Campaign, p.FormToken = &a.plan.Campaign, newFormToken(a.secret())
	}
	var b bytes.Buffer
	if err := view.ExecuteTemplate(&b, "public", p); err != nil {
		return fmt.Errorf("render the public page: %w", err)
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Send(b.Bytes())
}

// publicFault is the page of what went wrong.
func (s *Server) publicFault(c *fiber.Ctx, p *problem.Problem) error {
	secluded(c)
	return s.showPublic(c, nil, p.Title, publicPage{State: "problem", Problem: p, Heading: p.Title})
}

// overWords say why nothing new begins.
func (a *answering) overWords() ending {
	switch a.over {
	case "early":
		return ending{"调查还没有开始", "请在" + dateText(a.wave.Start) + "以后再打开这个地址。"}
	case "until":
		return ending{"这个地址已经到期", "它在" + dateText(a.link.Until) + "截止。谢谢您愿意参加！"}
	case "closed":
		return ending{"这个地址已经停用", "可能换了新的地址，请看最新的通知。谢谢您愿意参加！"}
	}
	return ending{"这次调查已经结束", "谢谢您愿意参加！以后还有调查时，欢迎您再来。"}
}

// showStart is the notice: what this is, who asks, what becomes of it, and what is not
// asked.
func (s *Server) showStart(c *fiber.Ctx, a *answering, r survey.Response, resume *string) error {
	held, err := s.answered(c.UserContext(), a)
	if err != nil {
		return err
	}
	if held == nil && a.over != "" {
		data := a.page("over")
		data.Ending = a.overWords()
		return s.showPublic(c, a, data.Ending.Title, data)
	}
	data := a.page("start")
	data.AskYoung, data.Young, data.Area = a.asksYoung(), r.Young, r.Area
	if a.link.Area == "" {
		data.Areas = a.wave.Areas
	}
	data.Refusable = !slices.ContainsFunc(a.q.Questions, func(q survey.Question) bool { return q.Type == survey.Consent && q.Required })
	if resume != nil {
		data.Resume = *resume
	}
	return s.showPublic(c, a, a.q.Title, data)
}

// noteWords are what a page tells beside its questions, by the key in its address.
var noteWords = map[string]string{
	"back":  "欢迎回来，前面答过的都在，请接着填。",
	"open":  "还有题没有回答，请补上再提交。",
	"twice": "上一题先前已经答过（可能在另一个页面），现在以刚才填的为准。",
}

// showStep is a page of questions. With faults it is the page that was sent, as it was
// typed.
func (s *Server) showStep(c *fiber.Ctx, a *answering, r survey.Response, held *survey.Response, step survey.Step, faults []problem.Fault) error {
	return s.showPublic(c, a, a.titled(step, faults), s.asking(c, a, r, held, step, faults))
}

func (a *answering) titled(step survey.Step, faults []problem.Fault) string {
	if len(faults) > 0 {
		return "请补充 · " + a.q.Title
	}
	return a.q.Title
}

func (s *Server) asking(c *fiber.Ctx, a *answering, r survey.Response, held *survey.Response, step survey.Step, faults []problem.Fault) publicPage {
	data := a.page("ask")
	data.At, data.Young, data.Area, data.Faults, data.Seen = step.Name, r.Young, r.Area, faults, s.clock().Unix()
	data.Late = held != nil && a.over != "" && a.over != "early"
	data.Proof = s.proofAsked(a, held)
	if held != nil {
		data.Was = printOf(step, *held)
	}
	if words, known := noteWords[c.Query("note")]; known && len(faults) == 0 {
		data.Notes = append(data.Notes, words)
	}
	steps := a.steps(r)
	data.Total = len(steps)
	if data.Position = slices.IndexFunc(steps, func(one survey.Step) bool { return one.Name == step.Name }) + 1; a.link.OnePage {
		data.Position, data.Total = 1, 1
	}
	data.Last = data.Position == data.Total
	number := a.numbers(r)
	for _, question := range step.Questions {
		data.Questions = append(data.Questions, a.question(question, r, number[question.Name], faults))
	}
	if len(faults) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return data
}

// numbers count the questions that are asked, as they stand on paper.
func (a *answering) numbers(r survey.Response) map[string]int {
	number, n := map[string]int{}, 0
	list := a.whole(r).Questions
	if !a.link.OnePage {
		list = nil
		for _, step := range a.steps(r) {
			list = append(list, step.Questions...)
		}
	}
	for _, question := range list {
		if question.Type != survey.Note {
			n++
			number[question.Name] = n
		}
	}
	return number
}

func (a *answering) question(question survey.Question, r survey.Response, number int, faults []problem.Fault) publicQuestion {
	full, _ := a.q.Question(question.Name)
	full.Rows = question.Rows
	p := publicQuestion{Question: full, Number: number, Text: survey.Piped(a.q, r, question.Label), Help: survey.Piped(a.q, r, question.Hint), Options: full.Order(a.id),
		Chosen: chosen(r, question.Name), OtherText: r.Texts[survey.OtherKey(question.Name)], Value: r.Texts[question.Name], Limit: survey.MaxText}
	if other, asks := full.OtherOption(); asks && !other.Unread {
		p.Other = &other
	}
	if n, held := r.Numbers[question.Name]; held {
		p.Value = strconv.FormatFloat(n, 'f', -1, 64)
	}
	if full.Type == survey.Rating {
		for mark := int(*full.Min); mark <= int(*full.Max); mark++ {
			p.Marks = append(p.Marks, mark)
		}
	}
	if full.Written() && full.Max != nil {
		p.Limit = min(p.Limit, int(*full.Max))
	}
	own := map[string]bool{question.Name: true}
	for _, row := range question.Rows {
		p.Rows = append(p.Rows, publicRow{row.Name, row.Label, chosen(r, row.Name)})
		own[row.Name] = true
	}
	for _, f := range faults {
		if own[f.Field] {
			p.Faults = append(p.Faults, f.Why)
		}
	}
	if a.link.OnePage {
		p.ShowJSON, p.SkipJSON = conditionJSON(question.ShowIf), conditionJSON(question.SkipIf)
		p.Sometimes = question.ShowIf != nil || question.SkipIf != nil
	}
	return p
}

func conditionJSON(c *survey.Condition) string {
	if c == nil {
		return ""
	}
	body, _ := json.Marshal(c) // plain words and numbers: can't fail
	return string(body)
}

func chosen(r survey.Response, name string) map[string]bool {
	codes := map[string]bool{}
	for _, code := range r.Choices[name] {
		codes[code] = true
	}
	return codes
}

// showProof is the page as it was sent, with the small work that is asked for just now.
func (s *Server) showProof(c *fiber.Ctx, a *answering, r survey.Response, step survey.Step, asked *proof) error {
	data := s.asking(c, a, r, nil, step, nil)
	data.Proof = asked
	data.Notes = []string{"现在参加的人很多，请再点一次“继续”。"}
	c.Status(fiber.StatusTooManyRequests)
	return s.showPublic(c, a, a.q.Title, data)
}

// showEnd is the last page, and what the address shows from then on.
func (s *Server) showEnd(c *fiber.Ctx, a *answering, r survey.Response) error {
	data := a.page("end")
	data.Given = momentText(r.RecordedAt.In(time.UTC))
	switch {
	case r.Disposition == survey.Complete && r.Late:
		data.Ending, data.Receipt = ending{"谢谢您，已经收下", "您填写的时候调查正好结束了。您的回答已完整保存，并注明是在结束后收到的，统计时另外说明。"}, survey.Receipt(r.ID)
	case r.Disposition == survey.Complete:
		data.Ending, data.Receipt = ending{"谢谢您，已经收下", "您的回答已经完整保存。"}, survey.Receipt(r.ID)
	case r.Disposition == survey.Refused:
		data.Ending = ending{"好的，不打扰您了", "您选择了不参加，没有保存任何回答。谢谢！"}
	case r.Disposition == survey.Ineligible && r.Reason == survey.QuotaFull:
		data.Ending = ending{"谢谢您，这一组的人数已经满了", "为了让各类人群都有代表，每一组的人数是定好的。您的回答已经记下，但不计入这次的统计。谢谢您的时间！"}
	case r.Disposition == survey.Ineligible:
		data.Ending = ending{"谢谢您的时间", "这次调查的对象是另一些人，您的回答已经记下，不计入统计。"}
	default:
		data.Ending = ending{"这份问卷已经收回", "它由工作人员处理过，不能再填。有疑问请联系发给您地址的人。"}
	}
	return s.showPublic(c, a, data.Ending.Title, data)
}

// showAlready tells another tab that the response was given, and shows what was typed here.
func (s *Server) showAlready(c *fiber.Ctx, a *answering, held, typed survey.Response, step survey.Step) error {
	data := s.asking(c, a, typed, &held, step, nil)
	data.State, data.Given = "already", momentText(held.RecordedAt.In(time.UTC))
	if held.Disposition == survey.Complete {
		data.Receipt = survey.Receipt(held.ID)
	}
	data.Ending = ending{"这份问卷已经提交过了", "它可能在另一个页面填完了。一个地址只算一份，这一页刚填的没有计入，写的内容还在下面，可以复制。"}
	c.Status(fiber.StatusConflict)
	return s.showPublic(c, a, data.Ending.Title, data)
}
