package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/problem"
	"shuixuan/app/revision"
	"shuixuan/app/survey"
)

// indicatorView is the form of a figure that the questionnaire is asked for.
type indicatorView struct {
	ID       survey.QuestionnaireID
	Revision uint32
	At       string // from 1, or new
	New      bool
	Form     survey.Indicator
	Values   map[string]string // code → points, as typed
	Choices  []survey.Question
	Options  []survey.Option
	Dims     []string
	Faults   []string
	Problem  *problem.Problem
}

// indicatorAt finds the indicator of the address; a new one has the place behind the last.
func indicatorAt(c *fiber.Ctx, d survey.Draft) (int, error) {
	text := c.Params("indicator")
	if text == "new" {
		return len(d.Indicators), nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > len(d.Indicators) {
		return 0, problem.NotFound("这个指标，它可能刚被删去")
	}
	return n - 1, nil
}

func (s *Server) indicatorPage(c *fiber.Ctx, v *visit) error {
	id, held, err := s.heldDraft(c, v)
	if err != nil {
		return err
	}
	at, err := indicatorAt(c, held.Thing)
	if err != nil {
		return err
	}
	ind := survey.Indicator{Kind: survey.Share, Base: survey.BaseAnswered}
	if at < len(held.Thing.Indicators) {
		ind = held.Thing.Indicators[at]
	}
	values := map[string]string{}
	for code, value := range ind.Values {
		values[code] = numberText(&value)
	}
	return s.showIndicator(c, v, id, held, ind, values, nil)
}

func (s *Server) showIndicator(c *fiber.Ctx, v *visit, id survey.QuestionnaireID, held revision.Held[survey.Draft], ind survey.Indicator, values map[string]string, p *problem.Problem) error {
	d := held.Thing
	data := indicatorView{ID: id, Revision: held.Revision, At: c.Params("indicator"), New: c.Params("indicator") == "new", Form: ind, Values: values, Dims: d.Dimensions(), Problem: p}
	q := d.Questionnaire(id)
	for _, question := range q.Items() {
		if question.Choice() {
			data.Choices = append(data.Choices, question)
		}
	}
	if question, known := q.Question(ind.Question); known {
		data.Options = question.Options
	}
	if !data.New {
		data.Faults = d.Faults(id)[survey.IndicatorKey(ind.Name)]
	}
	if p != nil {
		c.Status(statuses[p.Kind])
	}
	title := ind.Label
	if title == "" {
		title = "新的指标"
	}
	return s.render(c, v, "questionnaires_indicator", title, data)
}

// indicatorPut saves an indicator; like a question it may have faults.
func (s *Server) indicatorPut(c *fiber.Ctx, v *visit) error {
	fields, id, held, err := s.draftForm(c, v)
	if err != nil {
		return err
	}
	at, err := indicatorAt(c, held.Thing)
	if err != nil {
		return err
	}
	d := held.Thing
	ind := survey.Indicator{Name: plain(fields.Get("name")), Label: plain(fields.Get("label")), Kind: survey.IndicatorKind(fields.Get("kind")), Question: fields.Get("question"),
		Base: survey.BaseRule(fields.Get("base")), Dimension: plain(fields.Get("dimension")), Source: plain(fields.Get("source")), Headline: fields.Get("headline") != ""}
	r := &numberReader{}
	values := map[string]string{}
	question, _ := d.Questionnaire(id).Question(ind.Question)
	for _, o := range question.Options {
		text := digits(fields.Get("v." + o.Code))
		values[o.Code] = text
		if value := r.read("values", "选项“"+o.Label+"”的分值", text); value != nil && ind.Kind == survey.Index {
			if ind.Values == nil {
				ind.Values = map[string]float64{}
			}
			ind.Values[o.Code] = *value
		}
		if ind.Kind == survey.Share && slices.Contains(fields["positive"], o.Code) {
			ind.Positive = append(ind.Positive, o.Code)
		}
	}
	switch {
	case fields.Get("act") == "draw":
		return s.showIndicator(c, v, id, held, ind, values, nil)
	case len(r.faults) > 0:
		return s.showIndicator(c, v, id, held, ind, values, problem.Invalid("还不能保存", "请按提示改正，已填的内容都还在。", r.faults...))
	}
	if ind.Name == "" {
		ind.Name = freeIndicator(d)
	}
	d.Indicators = slices.Clone(d.Indicators)
	if at == len(d.Indicators) {
		d.Indicators = append(d.Indicators, ind)
	} else {
		d.Indicators[at] = ind
	}
	_, err = s.Surveys.SaveDraft(c.UserContext(), v.actor, v.plan.Campaign.ID, id, d, seenRevision(fields))
	if p, ok := problem.As(err); ok && p.Kind != problem.KindNotFound {
		return s.showIndicator(c, v, id, held, ind, values, p)
	}
	if err != nil {
		return err
	}
	return c.Redirect(draftAddress(v, id, "?done=saved#indicators"), fiber.StatusSeeOther)
}

func freeIndicator(d survey.Draft) string {
	for n := len(d.Indicators) + 1; ; n++ {
		name := fmt.Sprintf("figure_%d", n)
		if !slices.ContainsFunc(d.Indicators, func(ind survey.Indicator) bool { return ind.Name == name }) {
			return name
		}
	}
}

func (s *Server) indicatorRemove(c *fiber.Ctx, v *visit) error {
	return s.changeDraft(c, v, func(d *survey.Draft, _ url.Values) (string, error) {
		at, err := indicatorAt(c, *d)
		if err != nil || at == len(d.Indicators) {
			return "", problem.NotFound("这个指标，它可能刚被删去").Because(err)
		}
		d.Indicators = slices.Delete(slices.Clone(d.Indicators), at, at+1)
		return "?done=saved#indicators", nil
	})
}
