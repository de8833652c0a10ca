package web

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"shuixuan/analytics"
	"shuixuan/app/internal/auth"
	"shuixuan/app/keyset"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/ingest"
)

// Paper sheets are entered from the keyboard, one after the other. The page is a plain
// form; entry.js adds the keys, the skips, and a queue that holds each sheet until the
// server has said that it is durable.

type entryPage struct {
	Wave          survey.Wave
	Questionnaire survey.Questionnaire
	Questions     []entryQuestion
	Progress      *analytics.Progress
	Recent        []survey.Response
	ID            string
	Number        string
	Partial       bool
	Young         bool
	Shorter       bool // there are questions that the young are not asked
	Disposition   survey.Disposition
	Reason        string
	Problem       *problem.Problem
	Second        bool       // a second entry, blind to the first
	MaySecond     bool       // what was refused may be sent as one
	Waiting       []string   // numbers to be entered a second time
	Register      []spanJSON // what is known of numbers, for the script
}

// entryQuestion is a question with what was answered, and the rule that shows it (see the
// template function rule).
type entryQuestion struct {
	survey.Question
	Position int             // as printed, see survey.Positions
	Value    string          // of a number, date or text
	Chosen   map[string]bool // option codes
	Other    string
	Unclear  bool
	Faults   []string
	Stratum  bool
	Lines    []entryQuestion // rows of a matrix
}

// spanJSON is a run of sheets that are alike, as static/entry.js reads it.
type spanJSON struct {
	Prefix  string `json:"p,omitempty"`
	First   int    `json:"f"`
	Last    int    `json:"l"`
	Digits  int    `json:"d"`
	Stratum string `json:"s,omitempty"`
	Label   string `json:"n,omitempty"`
	Issued  bool   `json:"i,omitempty"`
	Void    string `json:"v,omitempty"` // why it is void
	Young   bool   `json:"y,omitempty"`
}

// mostSpans is how many runs travel with the page; a register in more pieces is asked by
// the server alone.
const mostSpans = 1000

// sheetRegister tells the page what numbers there are, so that a wrong one is asked about at
// once, also without a network. To whom sheets were issued is not among it.
func (s *Server) sheetRegister(ctx context.Context, v *visit, wave survey.Wave) ([]spanJSON, error) {
	sheets, err := s.Surveys.Sheets(ctx, v.plan.Campaign.ID, wave.ID, survey.SheetFilter{})
	if err != nil {
		return nil, err
	}
	var list []spanJSON
	for _, run := range survey.SpansOf(sheets, func(a, b survey.Sheet) bool {
		return a.Stratum == b.Stratum && a.Issued == b.Issued && a.Void == b.Void && a.Reason == b.Reason && a.Young == b.Young
	}) {
		span, one := survey.SpanOf(run), run[0]
		j := spanJSON{Prefix: span.Prefix, First: span.First, Last: span.Last, Digits: span.Digits, Stratum: one.Stratum, Label: stratumName(wave, one.Stratum), Issued: one.Issued, Young: one.Young}
		if one.Void {
			j.Void = one.Reason
		}
		list = append(list, j)
	}
	if len(list) > mostSpans {
		return nil, nil
	}
	return list, nil
}

// entryHome leads to the wave that takes answers, or offers a choice.
func (s *Server) entryHome(c *fiber.Ctx, v *visit) error {
	open, err := s.openWaves(c, v)
	if err != nil {
		return err
	}
	if len(open) == 1 {
		return c.Redirect(fmt.Sprintf("/c/%s/waves/%s/entry", v.plan.Campaign.ID, url.PathEscape(string(open[0].ID))), fiber.StatusSeeOther)
	}
	return s.render(c, v, "entry_choice", "录入问卷", open)
}

// entryForm is an empty sheet.
func (s *Server) entryForm(c *fiber.Ctx, v *visit) error {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	return s.showEntry(c, v, wave, q, survey.Response{}, nil, false)
}

func (s *Server) showEntry(c *fiber.Ctx, v *visit, wave survey.Wave, q survey.Questionnaire, r survey.Response, p *problem.Problem, second bool) error {
	ctx := c.UserContext()
	data := entryPage{Wave: wave, Questionnaire: q, Number: r.Number, Problem: p, Partial: r.Disposition == survey.Partial, Young: r.Young, Reason: r.Reason, Second: second,
		Shorter: slices.ContainsFunc(q.Questions, func(one survey.Question) bool { return one.Adults })}
	if r.Disposition != "" && !r.Disposition.Counts() {
		data.Disposition = r.Disposition
	}
	if r.ID != uuid.Nil {
		data.ID = r.ID.String()
	}
	if p != nil {
		data.MaySecond = slices.ContainsFunc(p.Faults, func(f problem.Fault) bool { return f.Field == ingest.SecondField })
	}
	var err, unknown, unlisted error
	sideBySide(ctx, func(ctx context.Context) {
		data.Recent, _, err = s.Surveys.Responses(ctx, v.plan.Campaign.ID, wave.ID, survey.Filter{RecordedBy: v.actor.ID}, keyset.Cursor{}, 8)
	}, func(ctx context.Context) {
		if !second {
			data.Progress, unknown = s.Reader.Progress(ctx, v.plan, wave, s.scope(v, auth.ProgressRead))
		}
	}, func(ctx context.Context) {
		data.Register, unlisted = s.sheetRegister(ctx, v, wave)
	})
	if second && err == nil {
		data.Recent = nil // what one has typed oneself is not what is entered here
		data.Waiting, err = s.doublesFor(c, v, wave)
	}
	if err != nil {
		return err
	}
	if unknown = errors.Join(unknown, unlisted); unknown != nil { // the sheet can be entered without it
		s.log.Error("progress of the wave", "reference", reference(c), "error", unknown.Error())
	}
	data.Questions = entryQuestions(q, r, p)
	if p != nil {
		c.Status(statuses[p.Kind])
	}
	title := "录入问卷："
	if second {
		title = "第二次录入："
	}
	return s.render(c, v, "entry", title+wave.Name, data)
}

func entryQuestions(q survey.Questionnaire, r survey.Response, p *problem.Problem) []entryQuestion {
	var list []entryQuestion
	positions := survey.Positions(q)
	one := func(name string) entryQuestion {
		question, _ := q.Question(name)
		e := entryQuestion{Question: question, Position: positions[name], Chosen: map[string]bool{}, Value: r.Texts[name], Other: r.Texts[survey.OtherKey(name)], Unclear: slices.Contains(r.Unclear, name), Stratum: name == q.Stratum}
		for _, code := range r.Choices[name] {
			e.Chosen[code] = true
		}
		if n, ok := r.Numbers[name]; ok {
			e.Value = strconv.FormatFloat(n, 'f', -1, 64)
		}
		if p != nil {
			for _, f := range p.Faults {
				if f.Field == name || f.Field == survey.OtherKey(name) {
					e.Faults = append(e.Faults, f.Why)
				}
			}
		}
		return e
	}
	for _, question := range q.Questions {
		e := one(question.Name)
		if question.Type == survey.Matrix {
			e.Question = question
			for _, row := range question.Rows {
				line := one(row.Name)
				line.Label = row.Label
				e.Lines, e.Faults = append(e.Lines, line), append(e.Faults, line.Faults...)
			}
		}
		e.Label, e.Hint = survey.Piped(q, survey.Response{}, question.Label), survey.Piped(q, survey.Response{}, question.Hint)
		list = append(list, e)
	}
	return list
}

// entrySave takes one sheet. Our script asks for JSON and drops the sheet from its queue
// only after this answer; a browser without scripts gets the next empty sheet.
func (s *Server) entrySave(c *fiber.Ctx, v *visit) error {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	fields, err := form(c)
	if err != nil {
		return err
	}
	r, faults := readResponse(fields, q)
	second := fields.Get("second") != ""
	var got ingest.EnteredSheet
	switch {
	case len(faults) > 0:
		err = problem.Invalid("这份问卷还不能保存", "请按提示改正后再保存，已填的内容都还在。", faults...)
	case second:
		got, err = s.Ingest.SecondEntry(s.waited(c), v.actor, v.plan, wave, q, r)
	default:
		got, err = s.Ingest.Sheet(s.waited(c), v.actor, v.plan, wave, q, r)
	}
	if p, ok := problem.As(err); ok && !wantsJSON(c) {
		return s.showEntry(c, v, wave, q, r, p, second)
	}
	if err != nil {
		return err
	}
	held := got.Response
	if wantsJSON(c) {
		answer := map[string]any{"id": held.ID, "number": held.Number, "disposition": held.Disposition, "created": got.Created, "second": got.Second, "doubts": nonNil(got.Doubts)}
		return c.JSON(answer)
	}
	done, page := "entered", "/entry"
	switch {
	case got.Second:
		done, page = "second", "/second"
	case !got.Created:
		done = "repeated"
	}
	return c.Redirect(waveAddress(v, wave)+page+"?done="+done, fiber.StatusSeeOther)
}

// readResponse reads a sheet: q.NAME holds an answer, o.NAME the words beside “other”.
// A sheet claims to be complete unless the person said that the paper has gaps.
func readResponse(fields url.Values, q survey.Questionnaire) (survey.Response, []problem.Fault) {
	var faults []problem.Fault
	r := survey.Response{Number: strings.TrimSpace(fields.Get("number")), Mode: survey.Paper, Disposition: survey.Complete,
		Choices: map[string][]string{}, Numbers: map[string]float64{}, Texts: map[string]string{}}
	if id, err := uuid.Parse(fields.Get("id")); err == nil {
		r.ID = id
	}
	if fields.Get("partial") != "" {
		r.Disposition = survey.Partial
	}
	r.Young, r.Reason = fields.Get("young") != "", strings.TrimSpace(fields.Get("reason"))
	if how := survey.Disposition(fields.Get("disposition")); how != "" {
		r.Disposition = how
		if (how == survey.Void || how == survey.Duplicate) && r.Reason == "" {
			faults = append(faults, problem.Fault{Field: "reason", Why: "请写明为什么" + survey.DispositionNames[how]})
		}
	} else {
		r.Reason = ""
	}
	r.AnsweredOn = readDate(fields, "answered_on", "填写日期", &faults)
	for _, question := range q.Items() {
		name := question.Name
		answers := fields["q."+name]
		switch {
		case question.Choice():
			for _, code := range answers {
				if code != "" {
					r.Choices[name] = append(r.Choices[name], code)
				}
			}
			if other := strings.TrimSpace(fields.Get("o." + name)); other != "" {
				r.Texts[survey.OtherKey(name)] = other
			}
		case question.Numeric():
			text := strings.TrimSpace(fields.Get("q." + name))
			if text == "" {
				break
			}
			n, err := strconv.ParseFloat(survey.SheetNumber(text), 64)
			if err != nil {
				faults = append(faults, problem.Fault{Field: name, Why: fmt.Sprintf("“%s”：“%s”不是数字", question.Title(), text)})
				break
			}
			r.Numbers[name] = n
		case question.Written():
			if text := strings.TrimSpace(fields.Get("q." + name)); text != "" {
				r.Texts[name] = text
			}
			if question.Type == survey.Date {
				r.Texts[name] = typedDay(r.Texts[name])
			}
		}
		if fields.Get("u."+name) != "" {
			r.Unclear = append(r.Unclear, name)
		}
	}
	if r.Disposition == survey.Complete && len(r.Unclear) > 0 {
		open := slices.DeleteFunc(survey.Unanswered(q, r), func(name string) bool { return slices.Contains(r.Unclear, name) })
		if len(open) == 0 { // what can't be read is open, and nobody has to be asked about it
			r.Disposition = survey.Partial
		}
	}
	return r, faults
}

var typedDays = regexp.MustCompile(`^([0-9]{4})[-./年 ]?([0-9]{1,2})[-./月 ]?([0-9]{1,2})日?$`)

// typedDay reads a date as it is typed from paper: 20140905, 2014.9.5.
func typedDay(text string) string {
	if d := typedDays.FindStringSubmatch(norm.NFKC.String(text)); d != nil {
		month, _ := strconv.Atoi(d[2]) // two digits
		day, _ := strconv.Atoi(d[3])
		return fmt.Sprintf("%s-%02d-%02d", d[1], month, day)
	}
	return text
}
