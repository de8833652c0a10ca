package web

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
	"shuixuan/app/survey"
)

// The library is every question that was ever published in the campaigns that the office
// may read. A question that is taken over keeps its name and its codes, so that answers of
// one year stand beside those of another.

// mostBooks is how many questions of the library a page lists; a search finds the rest.
const mostBooks = 100

type libraryView struct {
	ID       survey.QuestionnaireID
	Revision uint32
	Text     string
	Dim      string
	Dims     []string
	Books    []book
	More     int // that the page doesn't list
	After    string
	Problem  *problem.Problem
}

// book is a question of the library: one wording, with everywhere it was asked.
type book struct {
	survey.Question
	TypeName string
	Words    string // of its options
	Token    string // names it in the form
	Where    []string
	Taken    bool // the draft has a question of this name
}

func (s *Server) libraryPage(c *fiber.Ctx, v *visit) error {
	id, held, err := s.heldDraft(c, v)
	if err != nil {
		return err
	}
	return s.showLibrary(c, v, id, held, nil)
}

func (s *Server) showLibrary(c *fiber.Ctx, v *visit, id survey.QuestionnaireID, held revision.Held[survey.Draft], p *problem.Problem) error {
	data := libraryView{ID: id, Revision: held.Revision, Text: strings.TrimSpace(c.Query("text")), Dim: c.Query("dimension"), After: c.Query("after"), Problem: p}
	books, err := s.books(c.UserContext(), v)
	if err != nil {
		return err
	}
	names := held.Thing.Names()
	dims := map[string]bool{}
	for _, b := range books {
		if b.Dimension != "" && !dims[b.Dimension] {
			dims[b.Dimension] = true
			data.Dims = append(data.Dims, b.Dimension)
		}
		if data.Dim != "" && b.Dimension != data.Dim || !strings.Contains(org.Fold(b.Label+b.Name+b.Words+b.Short), org.Fold(data.Text)) {
			continue
		}
		if len(data.Books) == mostBooks {
			data.More++
			continue
		}
		b.Taken = names[b.Name]
		data.Books = append(data.Books, b)
	}
	if p != nil {
		c.Status(statuses[p.Kind])
	}
	return s.render(c, v, "questionnaires_library", "题库", data)
}

// books lists the library, what was published last first. The same question in several
// versions is one book.
func (s *Server) books(ctx context.Context, v *visit) ([]book, error) {
	campaigns, err := s.Campaigns.Campaigns(ctx)
	if err != nil {
		return nil, err
	}
	var list []book
	place := map[string]int{}
	for _, campaign := range campaigns {
		if auth.Allow(v.actor, auth.QuestionnairePut, campaign.ID) != nil {
			continue
		}
		shelf, err := s.Surveys.Shelf(ctx, campaign.ID)
		if err != nil {
			return nil, err
		}
		for _, one := range shelf {
			for _, version := range slices.Backward(one.Versions) {
				where := fmt.Sprintf("《%s》第%d版", version.Thing.Title, version.Revision)
				if campaign.ID != v.plan.Campaign.ID {
					where = campaign.Short + where
				}
				for _, question := range version.Thing.Questions {
					body, err := json.Marshal(question)
					if err != nil {
						return nil, err
					}
					if i, known := place[string(body)]; known {
						list[i].Where = append(list[i].Where, where)
						continue
					}
					place[string(body)] = len(list)
					list = append(list, book{Question: question, TypeName: typeWord(question.Type), Words: optionWords(question), Where: []string{where},
						Token: sourceToken(survey.ItemSource{Campaign: campaign.ID, Questionnaire: one.ID, Version: version.Revision, Name: question.Name})})
				}
			}
		}
	}
	return list, nil
}

func sourceToken(from survey.ItemSource) string {
	return fmt.Sprintf("%s/%s/%d/%s", from.Campaign, from.Questionnaire, from.Version, from.Name)
}

// libraryTake puts questions of the library into the draft.
func (s *Server) libraryTake(c *fiber.Ctx, v *visit) error {
	fields, id, held, err := s.draftForm(c, v)
	if err != nil {
		return err
	}
	refuse := func(p *problem.Problem) error { return s.showLibrary(c, v, id, held, p) }
	chosen := fields["book"]
	if len(chosen) == 0 {
		return refuse(problem.Invalid("没有选题目", "请勾选要用的题目，再点“加入草稿”。"))
	}
	books, err := s.books(c.UserContext(), v)
	if err != nil {
		return err
	}
	d, at := held.Thing, afterPlace(fields.Get("after"), held.Thing)
	var faults []problem.Fault
	first := ""
	for _, token := range chosen {
		i := slices.IndexFunc(books, func(b book) bool { return b.Token == token })
		if i < 0 {
			return refuse(problem.Invalid("找不到选中的题目", "题库可能刚刚变了，请刷新页面后再选。"))
		}
		q := books[i].Question
		names := d.Names()
		if clash := slices.IndexFunc(append(rowNames(q), q.Name), func(name string) bool { return names[name] }); clash >= 0 {
			faults = append(faults, problem.Fault{Field: q.Name, Why: fmt.Sprintf("“%s”没有加入：草稿里已有代码为“%s”的题。要换成题库里的，请先删去草稿里的那一题", q.Title(), append(rowNames(q), q.Name)[clash])})
			continue
		}
		from, _ := sourceOf(token)
		key := d.Add(at, q, &from)
		if at++; first == "" {
			first = key
		}
	}
	if first == "" {
		return refuse(problem.Conflict("没有加入题目", "选中的题目草稿里都有了。", faults...))
	}
	_, err = s.Surveys.SaveDraft(c.UserContext(), v.actor, v.plan.Campaign.ID, id, d, seenRevision(fields))
	if p, ok := problem.As(err); ok && p.Kind != problem.KindNotFound {
		return refuse(p)
	}
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		saved, err := s.Surveys.Draft(c.UserContext(), v.plan.Campaign.ID, id)
		if err != nil {
			return err
		}
		return s.showDraft(c, v, id, saved, problem.Conflict("有的题目没有加入", "其余选中的已经加入草稿。", faults...))
	}
	return c.Redirect(draftAddress(v, id, "?done=taken-over#"+first), fiber.StatusSeeOther)
}

func rowNames(q survey.Question) []string {
	var names []string
	for _, row := range q.Rows {
		names = append(names, row.Name)
	}
	return names
}

// sourceOf reads what sourceToken wrote.
func sourceOf(token string) (survey.ItemSource, bool) {
	var from survey.ItemSource
	parts := strings.Split(token, "/")
	if len(parts) != 4 {
		return from, false
	}
	if _, err := fmt.Sscanf(parts[2], "%d", &from.Version); err != nil {
		return from, false
	}
	from.Campaign, from.Questionnaire, from.Name = parts[0], survey.QuestionnaireID(parts[1]), parts[3]
	return from, true
}
