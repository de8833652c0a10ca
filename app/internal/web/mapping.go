package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/ingest"
)

// How a file of answers is read is shown column by column and can be corrected: which
// question a column holds, how its cells name options, what the words mean that are no
// option. What is decided is kept for the next file with the same headings.

func (s *Server) mappingRoutes() []route {
	const get, post, at = fiber.MethodGet, fiber.MethodPost, "/c/:campaign/imports/preview/mapping"
	return []route{
		{get, at, auth.ImportResponse, s.mappingPage},
		{post, at, auth.ImportResponse, s.mappingSave},
	}
}

// mappable tells files whose columns can be mapped.
func mappable(values url.Values) bool { return values.Get("kind") == string(ingest.Responses) }

type mappingPage struct {
	Look    *ingest.Look
	Wave    survey.Wave
	File    url.Values
	Columns []mappingColumn
	Targets []mappingTarget
	Choices []mappingChoice
	Problem *problem.Problem
}

type mappingColumn struct {
	ingest.LookColumn
	Letter  string
	Chosen  string // value of the target
	Words   string // of the target
	Guessed string // words of what the heading says by itself, where a person decided otherwise
	Fixed   bool   // not a person's to decide
}

// mappingTarget is something that a column can hold.
type mappingTarget struct{ Value, Words, Group string }

// mappingChoice is a question whose cells name options.
type mappingChoice struct {
	ingest.QuestionCount
	Reading ingest.Reading
	Unknown []ingest.UnknownOption
}

// mostTargets is how many entries the selects of a page may have together; beyond it only
// the columns that aren't understood have one.
const mostTargets = 30_000

func (s *Server) mappingPage(c *fiber.Ctx, v *visit) error {
	return s.showMapping(c, v, previewValues(c), nil)
}

// look reads a kept file for the page.
func (s *Server) look(c *fiber.Ctx, v *visit, values url.Values) (*ingest.Look, survey.Wave, survey.Questionnaire, error) {
	if values.Get("file") == "" || values.Get("wave") == "" {
		return nil, survey.Wave{}, survey.Questionnaire{}, noFile(nil)
	}
	wave, q, err := s.wave(c, v, values.Get("wave"))
	if err != nil {
		return nil, wave, q, err
	}
	file, err := s.Ingest.Originals().Open(values.Get("file"))
	if err != nil {
		return nil, wave, q, err
	}
	defer file.Close()
	file.Name = values.Get("name")
	look, err := s.Ingest.LookAtResponses(c.UserContext(), v.plan, wave, q, file, values.Get("sheet"))
	return look, wave, q, err
}

func (s *Server) showMapping(c *fiber.Ctx, v *visit, values url.Values, p *problem.Problem) error {
	if err := auth.Allow(v.actor, auth.ImportResponse, v.plan.Campaign.ID); err != nil {
		return err
	}
	look, wave, q, err := s.look(c, v, values)
	if unread, ok := problem.As(err); ok && unread.Kind == problem.KindInvalid {
		return s.showImports(c, v, unread)
	}
	if err != nil {
		return err
	}
	values.Set("sheet", look.Sheet)
	data := mappingPage{Look: look, Wave: wave, File: values, Targets: mappingTargets(q), Problem: p}
	if data.Problem == nil {
		data.Problem = look.Problem
	}
	words := map[string]string{}
	for _, t := range data.Targets {
		words[t.Value] = strings.TrimSpace(t.Group + " " + t.Words)
	}
	few := len(look.Columns)*len(data.Targets) <= mostTargets
	for _, one := range look.Columns {
		column := mappingColumn{LookColumn: one, Letter: columnLetter(one.Index), Chosen: targetValue(one.Use)}
		column.Words = words[column.Chosen]
		column.Fixed = one.Use.Kind == ingest.UsePersonal || !few && one.Use.Kind != ingest.UseNothing
		if one.Use != one.Guess {
			column.Guessed = words[targetValue(one.Guess)]
		}
		data.Columns = append(data.Columns, column)
	}
	for _, count := range look.Counts {
		if !slices.ContainsFunc(look.Columns, func(one ingest.LookColumn) bool { return one.Use.Question == count.Question.Name }) {
			continue
		}
		choice := mappingChoice{QuestionCount: count, Reading: look.Mapping.Read[count.Question.Name]}
		for _, u := range look.Unknown {
			if u.Question.Name == count.Question.Name {
				choice.Unknown = append(choice.Unknown, u)
			}
		}
		data.Choices = append(data.Choices, choice)
	}
	if p != nil {
		c.Status(statuses[p.Kind])
	}
	return s.render(c, v, "imports_mapping", "核对列和选项", data)
}

func columnLetter(i int) string {
	letters := ""
	for i++; i > 0; i = (i - 1) / 26 {
		letters = string(rune('A'+(i-1)%26)) + letters
	}
	return letters
}

// mappingTargets are what a column can hold, the questions first.
func mappingTargets(q survey.Questionnaire) []mappingTarget {
	var list []mappingTarget
	add := func(use ingest.Use, group, words string) {
		list = append(list, mappingTarget{targetValue(use), words, group})
	}
	add(ingest.Use{Kind: ingest.UseNothing}, "", "不导入这一列")
	for _, question := range q.Items() {
		if question.Type == survey.Note {
			continue
		}
		title := question.Title()
		add(ingest.Use{Kind: ingest.UseAnswer, Question: question.Name}, title, "整题的回答")
		if question.Type == survey.Multiple {
			for _, o := range question.Options {
				add(ingest.Use{Kind: ingest.UseOption, Question: question.Name, Option: o.Code}, title, "选没选“"+o.Label+"”")
			}
		}
		if o, asks := question.OtherOption(); asks {
			add(ingest.Use{Kind: ingest.UseWords, Question: question.Name}, title, "“"+o.Label+"”的文字")
		}
	}
	for _, own := range []struct {
		kind  ingest.UseKind
		words string
	}{{ingest.UseNumber, "问卷编号"}, {ingest.UseCounter, "序号（只用来分辨行）"}, {ingest.UseDate, "填写日期"}, {ingest.UseDistributor, "发放员"}, {ingest.UseUnit, "发放单位"}} {
		add(ingest.Use{Kind: own.kind}, "问卷以外", own.words)
	}
	return list
}

func targetValue(u ingest.Use) string {
	return strings.Trim(string(u.Kind)+":"+u.Question+":"+u.Option, ":")
}

func parseTarget(value string) ingest.Use {
	parts := strings.SplitN(value, ":", 3)
	parts = append(parts, "", "")
	return ingest.Use{Kind: ingest.UseKind(parts[0]), Question: parts[1], Option: parts[2]}
}

// mappingSave keeps what was decided and leads to the preview, or back to this page for
// new counts.
func (s *Server) mappingSave(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	values := url.Values{}
	for _, name := range []string{"kind", "wave", "file", "name", "sheet"} {
		values.Set(name, fields.Get(name))
	}
	look, _, q, err := s.look(c, v, values)
	if err != nil {
		return err
	}
	m := mappingOf(look, fields)
	seen, _ := strconv.ParseUint(fields.Get("revision"), 10, 32)
	err = s.Ingest.PutMapping(c.UserContext(), v.actor, v.plan.Campaign.ID, look.Key, q, m, uint32(seen))
	if p, ok := problem.As(err); ok && p.Kind == problem.KindInvalid {
		return s.showMapping(c, v, values, p)
	}
	if err != nil {
		return err
	}
	step := "preview"
	if fields.Get("again") != "" {
		step = "preview/mapping"
	}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/imports/"+step+"?"+values.Encode(), fiber.StatusSeeOther)
}

// mappingOf reads the form. What a column says by itself is not kept: a heading that is
// understood better one day is then read better.
func mappingOf(look *ingest.Look, fields url.Values) ingest.Mapping {
	m := ingest.Mapping{Columns: map[string]ingest.Use{}, Read: map[string]ingest.Reading{}, Options: map[string]map[string]string{}, Absent: fields["absent"]}
	for _, column := range look.Columns {
		use := column.Use
		if value, sent := fields[fmt.Sprintf("c.%d", column.Index)]; sent {
			use = parseTarget(value[0])
		}
		if use != column.Guess {
			m.Columns[column.Heading] = use
		}
	}
	for name := range fields {
		if question, ok := strings.CutPrefix(name, "read."); ok {
			m.Read[question] = ingest.Reading(fields.Get(name))
		}
	}
	questions, texts, codes := fields["uq"], fields["ut"], fields["uc"]
	for i := range min(len(questions), len(texts), len(codes)) {
		if m.Options[questions[i]] == nil {
			m.Options[questions[i]] = map[string]string{}
		}
		m.Options[questions[i]][texts[i]] = codes[i]
	}
	return m
}
