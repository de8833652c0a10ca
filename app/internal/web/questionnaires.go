package web

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
	"shuixuan/app/survey"
)

// The office writes questionnaires and sets up waves here. A draft is a list of questions
// on one page and a form for each question, all of them plain: editor.js only moves rows
// about, and htmx redraws what depends on a choice. Every step is saved as a revision of
// the draft, so that it can be undone.

func (s *Server) questionnaireRoutes() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const all = "/c/:campaign/questionnaires"
	const one, draft, waves = all + "/:questionnaire", all + "/:questionnaire/draft", "/c/:campaign/waves"
	return []route{
		{get, all, auth.QuestionnairePut, s.questionnairesList},
		{post, all, auth.QuestionnairePut, s.questionnaireNew},
		{post, one + "/begin", auth.QuestionnairePut, s.draftBegin},
		{post, one + "/close", auth.QuestionnairePut, s.questionnaireClose(true)},
		{post, one + "/reopen", auth.QuestionnairePut, s.questionnaireClose(false)},
		{get, one + "/phone", auth.QuestionnairePut, s.previewPhone},
		{get, one + "/paper", auth.QuestionnairePut, s.previewPaper},

		{get, draft, auth.QuestionnairePut, s.draftPage},
		{post, draft, auth.QuestionnairePut, s.draftHead},
		{post, draft + "/undo", auth.QuestionnairePut, s.draftUndo},
		{post, draft + "/discard", auth.QuestionnairePut, s.draftPutAway},
		{post, draft + "/publish", auth.QuestionnairePut, s.draftPublish},
		{get, draft + "/library", auth.QuestionnairePut, s.libraryPage},
		{post, draft + "/library", auth.QuestionnairePut, s.libraryTake},
		{get, draft + "/items/new", auth.QuestionnairePut, s.itemNew},
		{post, draft + "/items", auth.QuestionnairePut, s.itemAdd},
		{get, draft + "/items/:item", auth.QuestionnairePut, s.itemPage},
		{post, draft + "/items/:item", auth.QuestionnairePut, s.itemPut},
		{post, draft + "/items/:item/move", auth.QuestionnairePut, s.itemMove},
		{post, draft + "/items/:item/copy", auth.QuestionnairePut, s.itemCopy},
		{post, draft + "/items/:item/remove", auth.QuestionnairePut, s.itemRemove},
		{get, draft + "/indicators/:indicator", auth.QuestionnairePut, s.indicatorPage},
		{post, draft + "/indicators/:indicator", auth.QuestionnairePut, s.indicatorPut},
		{post, draft + "/indicators/:indicator/remove", auth.QuestionnairePut, s.indicatorRemove},

		{get, waves + "/new", auth.WavePut, s.waveNew},
		{post, waves, auth.WavePut, s.waveAdd},
		{get, waves + "/:wave/edit", auth.WavePut, s.waveForm},
		{post, waves + "/:wave/edit", auth.WavePut, s.wavePut},
		{post, waves + "/:wave/close", auth.WavePut, s.waveClose(true)},
		{post, waves + "/:wave/reopen", auth.WavePut, s.waveClose(false)},
	}
}

// serves tells whether there is such a route, so that no button leads nowhere.
func (s *Server) serves(method, path string) bool {
	return slices.ContainsFunc(s.allRoutes(), func(r route) bool { return r.method == method && r.path == path })
}

// How a questionnaire as a workbook is sent and fetched.
const (
	xlsFormIn  = "/c/:campaign/questionnaires/xlsform"
	xlsFormOut = "/c/:campaign/questionnaires/:questionnaire/xlsform.xlsx"
)

type shelfPage struct {
	Lines     []shelfLine
	Waves     []waveLine
	New       newQuestionnaire
	Problem   *problem.Problem
	Upload    bool // a questionnaire may come as a workbook
	Download  bool
	Closing   string // the questionnaire whose closing was refused
	Published bool   // there is a version to make a wave with
}

type newQuestionnaire struct{ ID, Title string }

type shelfLine struct {
	survey.Shelved
	SavedBy string // of the draft
	Waves   map[uint32][]survey.Wave
	Total   int // of waves
}

type waveLine struct {
	survey.Wave
	Title string // of its questionnaire
	Quota int
}

// questionnairesList shows the office what there is: waves, drafts, versions.
func (s *Server) questionnairesList(c *fiber.Ctx, v *visit) error {
	return s.showShelf(c, v, newQuestionnaire{}, "", nil)
}

func (s *Server) showShelf(c *fiber.Ctx, v *visit, fresh newQuestionnaire, closing string, p *problem.Problem) error {
	ctx := c.UserContext()
	shelf, err := s.Surveys.Shelf(ctx, v.plan.Campaign.ID)
	if err != nil {
		return err
	}
	waves, err := s.Surveys.Waves(ctx, v.plan.Campaign.ID)
	if err != nil {
		return err
	}
	names, err := s.names(ctx, v)
	if err != nil {
		return err
	}
	sortWaves(waves)
	slices.Reverse(waves)
	data := shelfPage{New: fresh, Problem: p, Closing: closing,
		Upload: s.serves(fiber.MethodPost, xlsFormIn), Download: s.serves(fiber.MethodGet, xlsFormOut)}
	if data.New.ID == "" {
		data.New.ID = freeCode("survey", len(shelf)+1, func(code string) bool {
			return slices.ContainsFunc(shelf, func(one survey.Shelved) bool { return string(one.ID) == code })
		})
	}
	titles := map[survey.QuestionnaireID]string{}
	for _, one := range shelf {
		line := shelfLine{Shelved: one, Waves: map[uint32][]survey.Wave{}}
		titles[one.ID] = one.Title()
		if one.Draft != nil {
			line.SavedBy = names(one.Draft.RecordedBy)
		}
		for _, w := range waves {
			if w.Questionnaire == one.ID {
				line.Waves[w.Version] = append(line.Waves[w.Version], w)
				line.Total++
			}
		}
		data.Published = data.Published || len(one.Versions) > 0 && !one.State.Closed
		data.Lines = append(data.Lines, line)
	}
	for _, w := range waves {
		data.Waves = append(data.Waves, waveLine{w, titles[w.Questionnaire], wanted(w)})
	}
	if p != nil {
		c.Status(statuses[p.Kind])
	}
	return s.render(c, v, "questionnaires_list", "问卷和轮次", data)
}

// wanted is how many responses the strata of a wave ask for.
func wanted(w survey.Wave) int {
	total := 0
	for _, stratum := range w.Strata {
		total += stratum.Quota
	}
	return total
}

// freeCode gives the first of prefix-n that isn't taken.
func freeCode(prefix string, n int, taken func(string) bool) string {
	for ; ; n++ {
		if code := fmt.Sprintf("%s-%d", prefix, n); !taken(code) {
			return code
		}
	}
}

// draftAddress is where a draft is edited, with what follows.
func draftAddress(v *visit, id survey.QuestionnaireID, rest string) string {
	return "/c/" + v.plan.Campaign.ID + "/questionnaires/" + url.PathEscape(string(id)) + "/draft" + rest
}

// questionnaireNew begins a questionnaire from nothing.
func (s *Server) questionnaireNew(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	fresh := newQuestionnaire{strings.TrimSpace(fields.Get("id")), strings.TrimSpace(fields.Get("title"))}
	id := survey.QuestionnaireID(fresh.ID)
	if fresh.Title == "" {
		return s.showShelf(c, v, fresh, "", problem.Invalid("还不能建立问卷", "请先给问卷写一个标题。", problem.Fault{Field: "title", Why: "请填写标题"}))
	}
	_, err = s.Surveys.NewQuestionnaire(c.UserContext(), v.actor, v.plan.Campaign.ID, id, survey.Draft{Title: fresh.Title})
	if p, ok := problem.As(err); ok {
		return s.showShelf(c, v, fresh, "", p)
	}
	if err != nil {
		return err
	}
	return c.Redirect(draftAddress(v, id, "?done=begun"), fiber.StatusSeeOther)
}

// draftBegin begins the next version of a questionnaire, or leads to the draft that is
// being written.
func (s *Server) draftBegin(c *fiber.Ctx, v *visit) error {
	ctx, id := c.UserContext(), questionnaireOf(c)
	q, err := s.Surveys.Questionnaire(ctx, v.plan.Campaign.ID, id, 0)
	if err != nil {
		return err
	}
	_, err = s.Surveys.BeginDraft(ctx, v.actor, v.plan.Campaign.ID, id, survey.NewDraft(v.plan.Campaign.ID, q))
	if p, ok := problem.As(err); ok && p.Kind == problem.KindConflict {
		return c.Redirect(draftAddress(v, id, ""), fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	return c.Redirect(draftAddress(v, id, "?done=begun"), fiber.StatusSeeOther)
}

// questionnaireClose closes a questionnaire or opens it again.
func (s *Server) questionnaireClose(closed bool) handler {
	done := "opened"
	if closed {
		done = "closed"
	}
	return func(c *fiber.Ctx, v *visit) error {
		fields, err := form(c)
		if err != nil {
			return err
		}
		id := questionnaireOf(c)
		err = s.Surveys.SetQuestionnaireClosed(c.UserContext(), v.actor, v.plan.Campaign.ID, id, closed, fields.Get("reason"), seenRevision(fields))
		if p, ok := problem.As(err); ok && p.Kind != problem.KindNotFound {
			return s.showShelf(c, v, newQuestionnaire{}, string(id), p)
		}
		if err != nil {
			return err
		}
		return c.Redirect("/c/"+v.plan.Campaign.ID+"/questionnaires?done="+done+"#q-"+url.QueryEscape(string(id)), fiber.StatusSeeOther)
	}
}

func questionnaireOf(c *fiber.Ctx) survey.QuestionnaireID {
	return survey.QuestionnaireID(c.Params("questionnaire"))
}

// heldDraft gives the draft of the address.
func (s *Server) heldDraft(c *fiber.Ctx, v *visit) (survey.QuestionnaireID, revision.Held[survey.Draft], error) {
	id := questionnaireOf(c)
	held, err := s.Surveys.Draft(c.UserContext(), v.plan.Campaign.ID, id)
	return id, held, err
}

// draftForm reads what was sent about a draft, and the draft as it holds.
func (s *Server) draftForm(c *fiber.Ctx, v *visit) (fields url.Values, id survey.QuestionnaireID, held revision.Held[survey.Draft], err error) {
	if fields, err = form(c); err != nil {
		return nil, "", held, err
	}
	id, held, err = s.heldDraft(c, v)
	return fields, id, held, err
}

// published gives the newest version of a questionnaire, 0 for none.
func (s *Server) newestVersion(ctx context.Context, v *visit, id survey.QuestionnaireID) (uint32, error) {
	q, err := s.Surveys.Questionnaire(ctx, v.plan.Campaign.ID, id, 0)
	if p, ok := problem.As(err); ok && p.Kind == problem.KindNotFound {
		return 0, nil
	}
	return q.Version, err
}

// asked gives the draft of the address, or the version that the address names.
func (s *Server) asked(c *fiber.Ctx, v *visit) (survey.Questionnaire, error) {
	id := questionnaireOf(c)
	if text := c.Query("version"); text != "" {
		version, err := strconv.ParseUint(text, 10, 32)
		if err != nil || version == 0 {
			return survey.Questionnaire{}, problem.NotFound("这一版问卷")
		}
		return s.Surveys.Questionnaire(c.UserContext(), v.plan.Campaign.ID, id, uint32(version))
	}
	held, err := s.Surveys.Draft(c.UserContext(), v.plan.Campaign.ID, id)
	if err != nil {
		return survey.Questionnaire{}, err
	}
	return held.Thing.Questionnaire(id), nil
}
