package web

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
	"shuixuan/app/survey"
)

func (s *Server) contradictionRoutes() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const one = "/c/:campaign/questionnaires/:questionnaire/draft/contradictions/:contradiction"
	return []route{
		{get, one, auth.QuestionnairePut, s.contradictionPage},
		{post, one, auth.QuestionnairePut, s.contradictionPut},
		{post, one + "/remove", auth.QuestionnairePut, s.contradictionRemove},
	}
}

// contradictionView is the form of a rule on two answers that can't both be true.
type contradictionView struct {
	ID        survey.QuestionnaireID
	Revision  uint32
	At        string // from 1, or new
	New       bool
	Sides     [2]contradictionSide
	Reason    string
	Questions []survey.Question // that may be chosen
	Faults    []string
	Problem   *problem.Problem
}

// contradictionSide is one of the two answers.
type contradictionSide struct {
	Name, Title string // of its fields, and for people
	Question    string
	Options     []survey.Option
	In          []string
	Number      bool
	Least, Most string // as typed
}

// contradictionLine is a rule in the list of a draft.
type contradictionLine struct {
	At     int // from 1
	Words  string
	Reason string
	Faults []string
}

func contradictionLines(d survey.Draft, q survey.Questionnaire, faults map[string][]string) []contradictionLine {
	var lines []contradictionLine
	for i, c := range d.Contradictions {
		lines = append(lines, contradictionLine{i + 1, c.Words(q), c.Reason, faults[survey.ContradictionKey(i)]})
	}
	return lines
}

// contradictionAt finds the rule of the address; a new one has the place behind the last.
func contradictionAt(c *fiber.Ctx, d survey.Draft) (int, error) {
	text := c.Params("contradiction")
	if text == "new" {
		return len(d.Contradictions), nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > len(d.Contradictions) {
		return 0, problem.NotFound("这条规则，它可能刚被删去")
	}
	return n - 1, nil
}

func (s *Server) contradictionPage(c *fiber.Ctx, v *visit) error {
	id, held, err := s.heldDraft(c, v)
	if err != nil {
		return err
	}
	at, err := contradictionAt(c, held.Thing)
	if err != nil {
		return err
	}
	var rule survey.Contradiction
	if at < len(held.Thing.Contradictions) {
		rule = held.Thing.Contradictions[at]
	}
	return s.showContradiction(c, v, id, held, rule, [2]contradictionSide{sideOf(rule.One), sideOf(rule.Other)}, nil)
}

// sideOf is an answer as it is edited: of bounds only the closed ones have a field, and an
// open one is shown as what it is nearly.
func sideOf(held survey.Condition) contradictionSide {
	side := contradictionSide{Question: held.Question, In: held.In}
	for _, bound := range []*float64{held.Above, held.AtLeast} {
		if bound != nil {
			side.Least = numberText(bound)
		}
	}
	for _, bound := range []*float64{held.Below, held.AtMost} {
		if bound != nil {
			side.Most = numberText(bound)
		}
	}
	return side
}

func (s *Server) showContradiction(c *fiber.Ctx, v *visit, id survey.QuestionnaireID, held revision.Held[survey.Draft], rule survey.Contradiction, sides [2]contradictionSide, p *problem.Problem) error {
	d := held.Thing
	data := contradictionView{ID: id, Revision: held.Revision, At: c.Params("contradiction"), New: c.Params("contradiction") == "new", Sides: sides, Reason: rule.Reason, Problem: p}
	q := d.Questionnaire(id)
	for _, question := range q.Items() {
		if question.Choice() || question.Numeric() {
			data.Questions = append(data.Questions, question)
		}
	}
	for i := range data.Sides {
		side := &data.Sides[i]
		side.Name, side.Title = []string{"one", "other"}[i], []string{"这个回答", "和这个回答"}[i]
		if question, known := q.Question(side.Question); known {
			side.Options, side.Number = question.Options, question.Numeric()
		}
	}
	if at, err := contradictionAt(c, d); err == nil && !data.New {
		data.Faults = d.Faults(id)[survey.ContradictionKey(at)]
	}
	if p != nil {
		c.Status(statuses[p.Kind])
	}
	title := "互相矛盾的回答"
	return s.render(c, v, "questionnaires_contradiction", title, data)
}

// readSide reads one answer. A bound that wasn't touched stays as it was, open or closed.
func readSide(fields url.Values, name string, q survey.Questionnaire, was survey.Condition, r *numberReader) (survey.Condition, contradictionSide) {
	side := contradictionSide{Question: fields.Get(name), Least: digits(fields.Get(name + ".least")), Most: digits(fields.Get(name + ".most"))}
	question, _ := q.Question(side.Question)
	held := survey.Condition{Question: side.Question}
	for _, o := range question.Options {
		if slices.Contains(fields[name+".in"], o.Code) {
			held.In = append(held.In, o.Code)
		}
	}
	side.In = held.In
	if !question.Numeric() {
		return held, side
	}
	before := sideOf(was)
	held.AtLeast, held.AtMost = r.read(name+".least", "“"+question.Title()+"”的最小值", side.Least), r.read(name+".most", "“"+question.Title()+"”的最大值", side.Most)
	if was.Question == held.Question && before.Least == side.Least {
		held.AtLeast, held.Above = was.AtLeast, was.Above
	}
	if was.Question == held.Question && before.Most == side.Most {
		held.AtMost, held.Below = was.AtMost, was.Below
	}
	return held, side
}

// contradictionPut saves a rule; like a question it may have faults.
func (s *Server) contradictionPut(c *fiber.Ctx, v *visit) error {
	fields, id, held, err := s.draftForm(c, v)
	if err != nil {
		return err
	}
	at, err := contradictionAt(c, held.Thing)
	if err != nil {
		return err
	}
	d := held.Thing
	q, r := d.Questionnaire(id), &numberReader{}
	var was, rule survey.Contradiction
	if at < len(d.Contradictions) {
		was = d.Contradictions[at]
	}
	var sides [2]contradictionSide
	rule.Reason = plain(fields.Get("reason"))
	rule.One, sides[0] = readSide(fields, "one", q, was.One, r)
	rule.Other, sides[1] = readSide(fields, "other", q, was.Other, r)
	switch {
	case fields.Get("act") == "draw":
		return s.showContradiction(c, v, id, held, rule, sides, nil)
	case len(r.faults) > 0:
		return s.showContradiction(c, v, id, held, rule, sides, problem.Invalid("还不能保存", "请按提示改正，已填的内容都还在。", r.faults...))
	}
	d.Contradictions = slices.Clone(d.Contradictions)
	if at == len(d.Contradictions) {
		d.Contradictions = append(d.Contradictions, rule)
	} else {
		d.Contradictions[at] = rule
	}
	_, err = s.Surveys.SaveDraft(c.UserContext(), v.actor, v.plan.Campaign.ID, id, d, seenRevision(fields))
	if p, ok := problem.As(err); ok && p.Kind != problem.KindNotFound {
		return s.showContradiction(c, v, id, held, rule, sides, p)
	}
	if err != nil {
		return err
	}
	return c.Redirect(draftAddress(v, id, "?done=saved#contradictions"), fiber.StatusSeeOther)
}

func (s *Server) contradictionRemove(c *fiber.Ctx, v *visit) error {
	return s.changeDraft(c, v, func(d *survey.Draft, _ url.Values) (string, error) {
		at, err := contradictionAt(c, *d)
		if err != nil || at == len(d.Contradictions) {
			return "", problem.NotFound("这条规则，它可能刚被删去").Because(err)
		}
		d.Contradictions = slices.Delete(slices.Clone(d.Contradictions), at, at+1)
		return "?done=saved#contradictions", nil
	})
}
