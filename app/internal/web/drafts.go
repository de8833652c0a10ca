package web

import (
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"shuixuan/app/placement"
	"shuixuan/app/problem"
)

// draftSave keeps a form that is not finished, as it is typed.
func (s *Server) draftSave(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(fields.Get("id"))
	if err != nil {
		id = uuid.New() // a browser without scripts
	}
	expected, _ := strconv.ParseUint(fields.Get("draft"), 10, 32)
	typed := map[string]string{}
	for name := range fields {
		typed[name] = fields.Get(name)
	}
	_, err = s.drafts.Save(c.UserContext(), v.actor, v.plan.Campaign.ID, placement.Draft{ID: id, Fields: typed}, uint32(expected))
	if p, ok := problem.As(err); ok {
		if p.Kind == problem.KindNotFound { // of a unit that one has left: what was typed goes on as one's own
			fields.Del("id")
			fields.Del("draft")
			p = problem.Conflict("这份草稿留在原来的单位，没有存到这里", "您填的内容还在本页。要存为本单位的草稿，请再点一次“存为草稿”。").Because(err)
		}
		return s.showPlacementForm(c, v, placementForm{Fields: fields, Problem: p})
	}
	if err != nil {
		return err
	}
	return c.Redirect(s.draftsPage(v)+"?done=drafted", fiber.StatusSeeOther)
}

// draftsPage is where the visitor finds their drafts again.
func (s *Server) draftsPage(v *visit) string {
	if v.actor.Unit != "" {
		return "/c/" + v.plan.Campaign.ID + "/tasks"
	}
	return "/c/" + v.plan.Campaign.ID + "/placements/new"
}

// draftDiscard closes a draft unfinished.
func (s *Server) draftDiscard(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(fields.Get("id"))
	if err != nil {
		return problem.Invalid("没有说明是哪一份草稿", "请刷新页面后再点一次“删去”。").Because(err)
	}
	expected, err := readRevision(fields, "draft")
	if err != nil {
		return err
	}
	if err := s.drafts.Discard(c.UserContext(), v.actor, v.plan.Campaign.ID, id, expected); err != nil {
		return err
	}
	return c.Redirect(s.draftsPage(v)+"?done=discarded", fiber.StatusSeeOther)
}

// draftFields fills the form from a draft.
func (s *Server) draftFields(c *fiber.Ctx, v *visit, text string) (url.Values, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return nil, problem.NotFound("这份草稿")
	}
	draft, err := s.drafts.Draft(c.UserContext(), v.actor, v.plan.Campaign.ID, id)
	if err != nil {
		return nil, err
	}
	fields := url.Values{"id": {id.String()}, "draft": {strconv.FormatUint(uint64(draft.Revision), 10)}}
	for name, value := range draft.Fields {
		fields.Set(name, value)
	}
	return fields, nil
}
