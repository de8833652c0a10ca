package web

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
	"shuixuan/app/survey"
)

type draftView struct {
	ID             survey.QuestionnaireID
	Draft          survey.Draft
	Revision       uint32
	Newest         uint32 // version that is published
	Next           uint32
	SavedBy        string
	SavedAt        time.Time
	Lines          []draftLine
	Indicators     []indicatorLine
	Contradictions []contradictionLine
	General        []string // faults of no question
	Faults         int
	Faulty         int // questions with faults
	Breaks         int // questions whose answers can't be compared any more
	Singles        []survey.Question
	Types          []survey.QuestionType
	TypeNames      map[survey.QuestionType]string
	Problem        *problem.Problem
	Download       bool
}

// draftLine is a question in the list of a draft.
type draftLine struct {
	Key      string
	Place    int // from 1
	Question survey.Question
	TypeName string
	Asked    string // of whom, empty for all
	Options  string
	Faults   []string
	Breaks   []string
	From     string
	Asking   string // which questions ask for it
	Stratum  bool
}

type indicatorLine struct {
	survey.Indicator
	At     int // from 1
	Asks   string
	Faults []string
}

// draftPage lists the questions of a draft with what is wrong beside each.
func (s *Server) draftPage(c *fiber.Ctx, v *visit) error {
	id, held, err := s.heldDraft(c, v)
	if err != nil {
		return err
	}
	return s.showDraft(c, v, id, held, nil)
}

func (s *Server) showDraft(c *fiber.Ctx, v *visit, id survey.QuestionnaireID, held revision.Held[survey.Draft], p *problem.Problem) error {
	ctx, d := c.UserContext(), held.Thing
	newest, err := s.newestVersion(ctx, v, id)
	if err != nil {
		return err
	}
	names, err := s.names(ctx, v)
	if err != nil {
		return err
	}
	data := draftView{ID: id, Draft: d, Revision: held.Revision, Newest: newest, Next: newest + 1, SavedBy: names(held.RecordedBy), SavedAt: held.RecordedAt,
		Types: survey.Types(), TypeNames: survey.TypeNames, Problem: p, Download: s.serves(fiber.MethodGet, xlsFormOut)}
	q, faults := d.Questionnaire(id), d.Faults(id)
	data.General = faults[""]
	originals, asking := s.originals(ctx, v, d), d.Asking()
	for i, item := range d.Items {
		line := draftLine{Key: item.Key, Place: i + 1, Question: item.Question, TypeName: typeWord(item.Question.Type), Faults: faults[item.Key],
			Stratum: d.Stratum != "" && d.Stratum == item.Question.Name, Options: optionWords(item.Question), Asking: askers(item.Question, asking)}
		if words := item.Question.AskedOf(q); words != "都问" {
			line.Asked = words
		}
		if item.From != nil {
			if then, known := originals[*item.From]; known {
				line.From = sourceWords(v, id, *item.From)
				line.Breaks = survey.Breaks(then, item.Question)
			}
		}
		data.Faults += len(line.Faults)
		if len(line.Faults) > 0 {
			data.Faulty++
		}
		if len(line.Breaks) > 0 {
			data.Breaks++
		}
		if item.Question.Type == survey.Single {
			data.Singles = append(data.Singles, item.Question)
		}
		data.Lines = append(data.Lines, line)
	}
	data.Indicators = indicatorLines(d, q, faults)
	for _, line := range data.Indicators {
		data.Faults += len(line.Faults)
	}
	data.Contradictions = contradictionLines(d, q, faults)
	for _, line := range data.Contradictions {
		data.Faults += len(line.Faults)
	}
	data.Faults += len(data.General)
	if p != nil {
		c.Status(statuses[p.Kind])
	}
	title := d.Title
	if title == "" {
		title = "（还没有标题）"
	}
	return s.render(c, v, "questionnaires_draft", title, data)
}

func typeWord(t survey.QuestionType) string {
	if name := survey.TypeNames[t]; name != "" {
		return name
	}
	return string(t)
}

// optionWords says the options of a question in a line.
func optionWords(q survey.Question) string {
	var words []string
	for _, o := range q.Options {
		label := o.Label
		if o.Unread {
			label += "（不读出）"
		}
		words = append(words, label)
	}
	text := strings.Join(words, " / ")
	if len(q.Rows) > 0 {
		var rows []string
		for _, row := range q.Rows {
			rows = append(rows, row.Label)
		}
		text = strings.Join(rows, "、") + "：" + text
	}
	return cut(text)
}

// sourceWords says where a question was taken from.
func sourceWords(v *visit, id survey.QuestionnaireID, from survey.ItemSource) string {
	words := "第" + strconv.FormatUint(uint64(from.Version), 10) + "版的" + from.Name
	if from.Questionnaire != id || from.Campaign != v.plan.Campaign.ID {
		words = string(from.Questionnaire) + " " + words
	}
	return words
}

// originals are the published questions that the items of a draft were taken from. What
// the visitor may not read, or is not there, is left out.
func (s *Server) originals(ctx context.Context, v *visit, d survey.Draft) map[survey.ItemSource]survey.Question {
	read := map[survey.ItemSource]*survey.Questionnaire{}
	found := map[survey.ItemSource]survey.Question{}
	for _, item := range d.Items {
		if item.From == nil || auth.Allow(v.actor, auth.QuestionnairePut, item.From.Campaign) != nil {
			continue
		}
		whole := *item.From
		whole.Name = ""
		q, known := read[whole]
		if !known {
			if one, err := s.Surveys.Questionnaire(ctx, whole.Campaign, whole.Questionnaire, whole.Version); err == nil {
				q = &one
			}
			read[whole] = q
		}
		if q == nil {
			continue
		}
		i := slices.IndexFunc(q.Questions, func(question survey.Question) bool { return question.Name == item.From.Name })
		if i >= 0 {
			found[*item.From] = q.Questions[i]
		}
	}
	return found
}

// indicatorLines puts the faults of indicators beside them.
func indicatorLines(d survey.Draft, q survey.Questionnaire, faults map[string][]string) []indicatorLine {
	var lines []indicatorLine
	for i, ind := range d.Indicators {
		line := indicatorLine{Indicator: ind, At: i + 1, Asks: ind.Question, Faults: faults[survey.IndicatorKey(ind.Name)]}
		if question, known := q.Question(ind.Question); known {
			line.Asks = question.Title()
		}
		lines = append(lines, line)
	}
	return lines
}

// askers says in words which questions ask for one.
func askers(q survey.Question, asking map[string][]int) string {
	places := slices.Clone(asking[q.Name])
	for _, row := range q.Rows {
		places = append(places, asking[row.Name]...)
	}
	slices.Sort(places)
	var words []string
	for _, place := range slices.Compact(places) {
		if words = append(words, strconv.Itoa(place)); len(words) == 5 {
			words = append(words, "…")
			break
		}
	}
	return strings.Join(words, "、")
}

// changeDraft applies one step to the draft that the form was opened with and saves it;
// then it leads to where the step says. Somebody else's step in between is told on the
// page of the draft as it is now.
func (s *Server) changeDraft(c *fiber.Ctx, v *visit, step func(d *survey.Draft, fields url.Values) (string, error)) error {
	fields, id, held, err := s.draftForm(c, v)
	if err != nil {
		return err
	}
	d := held.Thing
	rest, err := step(&d, fields)
	if err == nil {
		_, err = s.Surveys.SaveDraft(c.UserContext(), v.actor, v.plan.Campaign.ID, id, d, seenRevision(fields))
	}
	if p, ok := problem.As(err); ok && p.Kind != problem.KindNotFound {
		if p.Kind == problem.KindConflict { // what was done is one click, and easily done again
			p = problem.Conflict(p.Title, "刚才这一步没有做。下面是草稿现在的样子，看过以后请再操作一次。").Because(err)
		}
		return s.showDraft(c, v, id, held, p)
	}
	if err != nil {
		return err
	}
	return c.Redirect(draftAddress(v, id, rest), fiber.StatusSeeOther)
}

// draftHead saves what stands before the first question.
func (s *Server) draftHead(c *fiber.Ctx, v *visit) error {
	fields, id, held, err := s.draftForm(c, v)
	if err != nil {
		return err
	}
	d := held.Thing
	d.Title, d.Intro, d.Source = plain(fields.Get("title")), plain(fields.Get("intro")), plain(fields.Get("source"))
	d.Stratum = fields.Get("stratum")
	_, err = s.Surveys.SaveDraft(c.UserContext(), v.actor, v.plan.Campaign.ID, id, d, seenRevision(fields))
	if p, ok := problem.As(err); ok && p.Kind != problem.KindNotFound {
		held.Thing = d // what was typed stays in the form
		return s.showDraft(c, v, id, held, p)
	}
	if err != nil {
		return err
	}
	return c.Redirect(draftAddress(v, id, "?done=saved"), fiber.StatusSeeOther)
}

// plain gives a text of a form as it is kept: without blanks around it, and with the line
// ends of one kind.
func plain(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"))
}

func (s *Server) draftUndo(c *fiber.Ctx, v *visit) error {
	return s.draftAct(c, v, "?done=undone", func(ctx context.Context, id survey.QuestionnaireID, expected uint32) error {
		return s.Surveys.UndoDraft(ctx, v.actor, v.plan.Campaign.ID, id, expected)
	})
}

func (s *Server) draftPutAway(c *fiber.Ctx, v *visit) error {
	return s.draftAct(c, v, "?done=put-away", func(ctx context.Context, id survey.QuestionnaireID, expected uint32) error {
		return s.Surveys.DiscardDraft(ctx, v.actor, v.plan.Campaign.ID, id, expected)
	})
}

func (s *Server) draftAct(c *fiber.Ctx, v *visit, rest string, act func(context.Context, survey.QuestionnaireID, uint32) error) error {
	fields, id, held, err := s.draftForm(c, v)
	if err != nil {
		return err
	}
	err = act(c.UserContext(), id, seenRevision(fields))
	if p, ok := problem.As(err); ok && p.Kind != problem.KindNotFound {
		return s.showDraft(c, v, id, held, p)
	}
	if err != nil {
		return err
	}
	return c.Redirect(draftAddress(v, id, rest), fiber.StatusSeeOther)
}

// draftPublish makes the draft the next version.
func (s *Server) draftPublish(c *fiber.Ctx, v *visit) error {
	fields, id, held, err := s.draftForm(c, v)
	if err != nil {
		return err
	}
	newest, err := strconv.ParseUint(fields.Get("newest"), 10, 32)
	if err != nil {
		newest = 0
	}
	version, err := s.Surveys.PublishDraft(c.UserContext(), v.actor, v.plan.Campaign.ID, id, seenRevision(fields), uint32(newest))
	if p, ok := problem.As(err); ok && p.Kind != problem.KindNotFound {
		p.Faults = nil // each stands at its question
		return s.showDraft(c, v, id, held, p)
	}
	if err != nil {
		return err
	}
	done := "published"
	if uint64(version) == newest {
		done = "unchanged"
	}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/questionnaires?done="+done+"#q-"+url.QueryEscape(string(id)), fiber.StatusSeeOther)
}

// heldItem finds the item of the address in the draft.
func heldItem(c *fiber.Ctx, d survey.Draft) (int, error) {
	at := d.Place(c.Params("item"))
	if at < 0 {
		return 0, problem.NotFound("这一题，它可能刚被删去")
	}
	return at, nil
}

// itemMove moves a question by a step, or to a place that counts from 1.
func (s *Server) itemMove(c *fiber.Ctx, v *visit) error {
	return s.changeDraft(c, v, func(d *survey.Draft, fields url.Values) (string, error) {
		at, err := heldItem(c, *d)
		if err != nil {
			return "", err
		}
		key, to := d.Items[at].Key, at
		if place := digits(fields.Get("to")); place != "" {
			n, err := strconv.Atoi(place)
			if err != nil || n < 1 {
				return "", problem.Invalid("没有移动", "请填要移到第几题，例如 3。")
			}
			to = n - 1
		} else if fields.Get("step") == "up" {
			to--
		} else {
			to++
		}
		d.Move(key, to)
		return "#" + key, nil
	})
}

func (s *Server) itemCopy(c *fiber.Ctx, v *visit) error {
	return s.changeDraft(c, v, func(d *survey.Draft, _ url.Values) (string, error) {
		at, err := heldItem(c, *d)
		if err != nil {
			return "", err
		}
		return "?done=saved#" + d.Copy(d.Items[at].Key), nil
	})
}

func (s *Server) itemRemove(c *fiber.Ctx, v *visit) error {
	return s.changeDraft(c, v, func(d *survey.Draft, _ url.Values) (string, error) {
		at, err := heldItem(c, *d)
		if err != nil {
			return "", err
		}
		rest := "?done=removed"
		if at > 0 {
			rest += "#" + d.Items[at-1].Key
		}
		d.Remove(d.Items[at].Key)
		return rest, nil
	})
}
