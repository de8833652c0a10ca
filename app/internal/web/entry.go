package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/app/internal/auth"
	"shuixuan/app/keyset"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
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
	Problem       *problem.Problem
}

// entryQuestion is a question with what was answered, and its skip as JSON for the script.
type entryQuestion struct {
	survey.Question
	Position int // as printed, notes not counted
	ShowJSON string
	Value    string          // of a number, date or text
	Chosen   map[string]bool // option codes
	Other    string
	Faults   []string
	Stratum  bool
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
	return s.showEntry(c, v, wave, q, survey.Response{}, nil)
}

func (s *Server) showEntry(c *fiber.Ctx, v *visit, wave survey.Wave, q survey.Questionnaire, r survey.Response, p *problem.Problem) error {
	ctx := c.UserContext()
	data := entryPage{Wave: wave, Questionnaire: q, Number: r.Number, Problem: p, Partial: r.Disposition == survey.Partial}
	if r.ID != uuid.Nil {
		data.ID = r.ID.String()
	}
	var err, unknown error
	sideBySide(ctx, func(ctx context.Context) {
		data.Recent, _, err = s.Surveys.Responses(ctx, v.plan.Campaign.ID, wave.ID, survey.Filter{RecordedBy: v.actor.ID}, keyset.Cursor{}, 8)
	}, func(ctx context.Context) {
		data.Progress, unknown = s.Reader.Progress(ctx, v.plan, wave, s.scope(v, auth.ProgressRead))
	})
	if err != nil {
		return err
	}
	if unknown != nil { // the sheet can be entered without it
		s.log.Error("progress of the wave", "reference", reference(c), "error", unknown.Error())
	}
	data.Questions = entryQuestions(q, r, p)
	if p != nil {
		c.Status(statuses[p.Kind])
	}
	return s.render(c, v, "entry", "录入问卷："+wave.Name, data)
}

func entryQuestions(q survey.Questionnaire, r survey.Response, p *problem.Problem) []entryQuestion {
	var list []entryQuestion
	position := 0
	for _, question := range q.Items() {
		e := entryQuestion{Question: question, Chosen: map[string]bool{}, Value: r.Texts[question.Name], Other: r.Texts[survey.OtherKey(question.Name)], Stratum: question.Name == q.Stratum}
		if question.Type != survey.Note {
			position++
			e.Position = position
		}
		if question.ShowIf != nil {
			condition, _ := json.Marshal(question.ShowIf) // plain strings: can't fail
			e.ShowJSON = string(condition)
		}
		for _, code := range r.Choices[question.Name] {
			e.Chosen[code] = true
		}
		if n, ok := r.Numbers[question.Name]; ok {
			e.Value = strconv.FormatFloat(n, 'f', -1, 64)
		}
		if p != nil {
			for _, f := range p.Faults {
				if f.Field == question.Name || f.Field == survey.OtherKey(question.Name) {
					e.Faults = append(e.Faults, f.Why)
				}
			}
		}
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
	var held survey.Response
	created := false
	if len(faults) > 0 {
		err = problem.Invalid("这份问卷还不能保存", "请按提示改正后再保存，已填的内容都还在。", faults...)
	} else {
		held, created, err = s.Ingest.Response(s.waited(c), v.actor, v.plan, wave, q, r)
	}
	if p, ok := problem.As(err); ok && !wantsJSON(c) {
		return s.showEntry(c, v, wave, q, r, p)
	}
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		return c.JSON(map[string]any{"id": held.ID, "number": held.Number, "disposition": held.Disposition, "created": created})
	}
	done := "entered"
	if !created {
		done = "repeated"
	}
	return c.Redirect(fmt.Sprintf("/c/%s/waves/%s/entry?done=%s", v.plan.Campaign.ID, url.PathEscape(string(wave.ID)), done), fiber.StatusSeeOther)
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
				continue
			}
			n, err := strconv.ParseFloat(text, 64)
			if err != nil {
				faults = append(faults, problem.Fault{Field: name, Why: fmt.Sprintf("“%s”：“%s”不是数字", question.Title(), text)})
				continue
			}
			r.Numbers[name] = n
		case question.Written():
			if text := strings.TrimSpace(fields.Get("q." + name)); text != "" {
				r.Texts[name] = text
			}
		}
	}
	return r, faults
}
