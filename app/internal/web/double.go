package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// Double entry: a sheet is typed by two people, the second of whom sees nothing of the
// first; where they differ a third person looks at the paper and decides.

func (s *Server) doubleRoutes() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const wave = "/c/:campaign/waves/:wave"
	return []route{
		{get, wave + "/second", auth.ResponseEnter, s.secondForm},
		{get, wave + "/double", auth.ResponseSettle, s.doubleList},
		{get, wave + "/double/:response", auth.ResponseSettle, s.doubleForm},
		{post, wave + "/double/:response", auth.ResponseSettle, s.doubleSettle},
	}
}

// secondForm is the entry page for second entries, with the numbers that wait for one.
func (s *Server) secondForm(c *fiber.Ctx, v *visit) error {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	return s.showEntry(c, v, wave, q, survey.Response{}, nil, true)
}

// doublesFor lists the numbers that this person may enter a second time.
func (s *Server) doublesFor(c *fiber.Ctx, v *visit, wave survey.Wave) ([]string, error) {
	first, err := s.Ingest.Doubles(c.UserContext(), v.plan.Campaign.ID, wave, v.actor, auth.UnitOf(v.actor, auth.ResponseEnter))
	if err != nil {
		return nil, err
	}
	numbers := make([]string, len(first))
	for i, e := range first {
		numbers[i] = e.Number
	}
	return numbers, nil
}

type doublePage struct {
	Wave     survey.Wave
	Open     []doubleLine
	Done     []doubleLine
	Sheets   int // entered twice
	Agreeing int
	Waiting  int // of the sample, entered once
	Rates    *analytics.DoubleEntry
	ByQ      []rateLine
	ByClerk  []rateLine
	ByHolder []rateLine
	Total    rateLine
}

type doubleLine struct {
	survey.SecondEntry
	First, Second, Settler string
}

// rateLine is an error rate in words.
type rateLine struct {
	Label              string
	Compared, Differed int64
}

// Rate is differences of compared fields.
func (l rateLine) Rate() string {
	if l.Compared == 0 {
		return "—"
	}
	return strconv.FormatFloat(100*float64(l.Differed)/float64(l.Compared), 'f', 2, 64) + "%"
}

// mostSettled is how many settled sheets the page lists.
const mostSettled = 50

func (s *Server) doubleList(c *fiber.Ctx, v *visit) error {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	all, err := s.Surveys.SecondEntries(ctx, v.plan.Campaign.ID, wave.ID, survey.SecondFilter{})
	if err != nil {
		return err
	}
	name, err := s.names(ctx, v)
	if err != nil {
		return err
	}
	data := doublePage{Wave: wave, Sheets: len(all)}
	for _, e := range all {
		line := doubleLine{e, name(e.FirstBy), name(e.SecondBy), ""}
		switch {
		case e.Open():
			data.Open = append(data.Open, line)
		case len(e.Differing) == 0:
			data.Agreeing++
		default:
			if line.Settler = name(e.RecordedBy); len(data.Done) < mostSettled {
				data.Done = append(data.Done, line)
			}
		}
	}
	waiting, err := s.Ingest.Doubles(ctx, v.plan.Campaign.ID, wave, v.actor, "")
	if err != nil {
		return err
	}
	data.Waiting = len(waiting)
	if data.Rates, err = s.Reader.DoubleEntry(ctx, v.plan, wave, q, s.scope(v, auth.ResponseSettle)); err != nil {
		return err
	}
	lines := func(rates []analytics.ErrorRate, label func(string) string) []rateLine {
		var list []rateLine
		for _, r := range rates {
			list = append(list, rateLine{label(r.Key), r.Compared, r.Differed})
		}
		return list
	}
	data.ByQ = lines(data.Rates.ByQuestion, func(key string) string { return fieldLabel(q, key) })
	data.ByClerk, data.ByHolder = lines(data.Rates.ByClerk, name), lines(data.Rates.ByDistributor, name)
	data.Total = rateLine{"合计", data.Rates.Total.Compared, data.Rates.Total.Differed}
	return s.render(c, v, "double_list", "双录核对："+wave.Name, data)
}

// fieldLabel names a compared field.
func fieldLabel(q survey.Questionnaire, key string) string {
	if key == survey.DispositionField {
		return "这张的情况"
	}
	question, known := q.Question(key)
	if !known {
		return key
	}
	return fmt.Sprintf("%d. %s", survey.Positions(q)[key], question.Title())
}

type settlePage struct {
	Wave     survey.Wave
	Entry    survey.SecondEntry
	Response survey.Response
	By       string // who typed the first one
	Again    string
	Fields   []settleField
	Same     int // that agree
	Scans    []survey.Scan
	Own      bool // the visitor typed one of the two
	Problem  *problem.Problem
}

// settleField is one difference with both answers in words.
type settleField struct {
	Name, Label   string
	First, Second string
	Options       []printOption
	Choice        bool
	Whole         bool // of dispositions: the whole entry is taken
	Pick, Own     string
}

func (s *Server) doubleForm(c *fiber.Ctx, v *visit) error {
	return s.showDouble(c, v, url.Values{}, nil)
}

// secondOf gives the second entry that an address names.
func (s *Server) secondOf(c *fiber.Ctx, v *visit, wave survey.Wave) (survey.SecondEntry, survey.Response, error) {
	id, err := uuid.Parse(c.Params("response"))
	if err != nil {
		return survey.SecondEntry{}, survey.Response{}, problem.NotFound("这份双录")
	}
	found, err := s.Surveys.SecondEntries(c.UserContext(), v.plan.Campaign.ID, wave.ID, survey.SecondFilter{Response: id})
	if err != nil {
		return survey.SecondEntry{}, survey.Response{}, err
	}
	if len(found) == 0 {
		return survey.SecondEntry{}, survey.Response{}, problem.NotFound("这份双录")
	}
	r, err := s.Surveys.Response(c.UserContext(), v.plan.Campaign.ID, wave.ID, id)
	return found[0], r, err
}

func (s *Server) showDouble(c *fiber.Ctx, v *visit, sent url.Values, p *problem.Problem) error {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	e, r, err := s.secondOf(c, v, wave)
	if err != nil {
		return err
	}
	name, err := s.names(c.UserContext(), v)
	if err != nil {
		return err
	}
	data := settlePage{Wave: wave, Entry: e, Response: r, By: name(e.FirstBy), Again: name(e.SecondBy), Same: len(e.Compared) - len(e.Differing), Own: v.actor.ID == e.FirstBy || v.actor.ID == e.SecondBy, Problem: p}
	for _, field := range e.Differing {
		f := settleField{Name: field, Label: fieldLabel(q, field), Pick: sent.Get("pick." + field), Own: sent.Get("own." + field)}
		if field == survey.DispositionField {
			f.Whole, f.First, f.Second = true, dispositionWords(r), dispositionWords(e.Body)
		} else if question, known := q.Question(field); known {
			f.Choice, f.First, f.Second = question.Choice(), entryWords(q, r, field), entryWords(q, e.Body, field)
			for i, o := range question.Options {
				f.Options = append(f.Options, printOption{o, i + 1})
			}
		}
		data.Fields = append(data.Fields, f)
	}
	if data.Scans, err = s.Surveys.Scans(c.UserContext(), v.plan.Campaign.ID, wave.ID, e.Number); err != nil {
		return err
	}
	if p != nil {
		c.Status(statuses[p.Kind])
	}
	return s.render(c, v, "double_settle", e.Number+"号：核定两次录入", data)
}

func dispositionWords(r survey.Response) string {
	words := survey.DispositionNames[r.Disposition]
	if r.Reason != "" {
		words += "（" + reasonWords(r.Reason) + "）"
	}
	return words
}

// entryWords is an answer as it was typed.
func entryWords(q survey.Questionnaire, r survey.Response, name string) string {
	if slices.Contains(r.Unclear, name) {
		return "看不清"
	}
	words := survey.AnswerWords(q, r, name)
	if words == "" {
		return "没有作答"
	}
	question, _ := q.Question(name)
	if o, asks := question.OtherOption(); asks && slices.Contains(r.Choices[name], o.Code) && r.Texts[survey.OtherKey(name)] != "" {
		words += "（" + o.Label + "）"
	}
	return words
}

// doubleSettle takes what a person has decided about each difference.
func (s *Server) doubleSettle(c *fiber.Ctx, v *visit) error {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	fields, err := form(c)
	if err != nil {
		return err
	}
	e, r, err := s.secondOf(c, v, wave)
	if err != nil {
		return err
	}
	decided, faults := decide(q, e, r, fields)
	if len(faults) > 0 {
		err = problem.Invalid("还没有核定完", "请对照纸面，把每一处都选定。", faults...)
	} else {
		_, err = s.Ingest.SettleSecond(c.UserContext(), v.actor, v.plan, wave, q, decided, seenRevision(fields))
	}
	if p, ok := problem.As(err); ok && p.Kind != problem.KindNotFound {
		return s.showDouble(c, v, fields, p)
	}
	if err != nil {
		return err
	}
	return c.Redirect(waveAddress(v, wave)+"/double?done=settled", fiber.StatusSeeOther)
}

// decide puts together what holds: the first entry, with each difference as it was decided.
func decide(q survey.Questionnaire, e survey.SecondEntry, r survey.Response, fields url.Values) (survey.Response, []problem.Fault) {
	var faults []problem.Fault
	decided := r
	for _, field := range e.Differing {
		label := fieldLabel(q, field)
		pick := fields.Get("pick." + field)
		if field == survey.DispositionField {
			switch pick {
			case "1":
			case "2":
				decided.Disposition, decided.Reason, decided.Choices, decided.Numbers, decided.Texts, decided.Unclear = e.Body.Disposition, e.Body.Reason, e.Body.Choices, e.Body.Numbers, e.Body.Texts, e.Body.Unclear
				if !e.Body.Disposition.Counts() {
					decided.Stratum = e.Body.Stratum
				}
			default:
				faults = append(faults, problem.Fault{Field: field, Why: label + "：请选第一次或第二次"})
			}
			continue
		}
		question, known := q.Question(field)
		if !known {
			continue
		}
		switch pick {
		case "1":
			decided.Answer(question, r)
		case "2":
			decided.Answer(question, e.Body)
		case "own":
			own, why := ownAnswer(question, fields.Get("own."+field))
			if why != "" {
				faults = append(faults, problem.Fault{Field: field, Why: label + "：" + why})
			}
			decided.Answer(question, own)
		default:
			faults = append(faults, problem.Fault{Field: field, Why: label + "：请选第一次、第二次，或填纸面上的"})
		}
	}
	if decided.Disposition.Counts() {
		decided.Disposition = "" // whether a required answer is open, the answers say
	}
	return decided, faults
}

// ownAnswer reads what stands on the paper where both entries were wrong: the numbers of
// options, a number or words; nothing for no answer.
func ownAnswer(q survey.Question, text string) (survey.Response, string) {
	r := survey.Response{Choices: map[string][]string{}, Numbers: map[string]float64{}, Texts: map[string]string{}}
	text = strings.TrimSpace(text)
	switch {
	case text == "":
	case q.Choice():
		parts := strings.FieldsFunc(survey.SheetNumber(strings.Join(strings.Fields(text), ",")), func(c rune) bool { return strings.ContainsRune(",，、;.", c) })
		if len(parts) == 1 && len(q.Options) <= 9 {
			parts = strings.Split(parts[0], "")
		}
		for _, part := range parts {
			n, err := strconv.Atoi(part)
			if err != nil || n < 1 || n > len(q.Options) {
				return r, fmt.Sprintf("“%s”不是选项编号，可填1到%d", text, len(q.Options))
			}
			r.Choices[q.Name] = append(r.Choices[q.Name], q.Options[n-1].Code)
		}
	case q.Numeric():
		n, err := strconv.ParseFloat(survey.SheetNumber(text), 64)
		if err != nil {
			return r, fmt.Sprintf("“%s”不是数字", text)
		}
		r.Numbers[q.Name] = n
	default:
		r.Texts[q.Name] = text
	}
	return r, ""
}
