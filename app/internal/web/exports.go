package web

import (
	"io"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/survey"
	"shuixuan/dashboards/workbook"
)

// responsesExport sends the responses of a wave; a distributor gets those they entered.
func (s *Server) responsesExport(kind string) handler {
	return func(c *fiber.Ctx, v *visit) error {
		wave, q, err := s.wave(c, v, c.Params("wave"))
		if err != nil {
			return err
		}
		if err := s.logRead(c, v, "response.export", "wave", string(wave.ID)); err != nil {
			return err
		}
		ctx, plan, filter := c.UserContext(), v.plan, ownResponses(v)
		each := func(yield func(survey.Response) error) error {
			return s.Surveys.EachResponse(ctx, plan.Campaign.ID, wave.ID, filter, yield)
		}
		return s.download(c, wave.Name+"答卷."+kind, func(w io.Writer) error {
			if kind == "csv" {
				return workbook.ResponsesCSV(ctx, w, plan, wave, q, each)
			}
			return workbook.Responses(ctx, w, plan, wave, q, each)
		})
	}
}

// ownResponses is the border of permission for responses.
func ownResponses(v *visit) survey.Filter {
	if v.actor.Role == audit.RoleDistributor {
		return survey.Filter{RecordedBy: v.actor.ID}
	}
	return survey.Filter{}
}

// placementTemplate sends an empty ledger, filled with the unit's own tasks.
func (s *Server) placementTemplate(c *fiber.Ctx, v *visit) error {
	unit := org.UnitID(auth.UnitOf(v.actor, auth.ImportPlacement))
	return s.download(c, "宣传台账模板.xlsx", func(w io.Writer) error { return workbook.PlacementTemplate(w, v.plan, unit) })
}

// responseTemplate sends an empty sheet of answers.
func (s *Server) responseTemplate(c *fiber.Ctx, v *visit) error {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	return s.download(c, wave.Name+"答卷模板.xlsx", func(w io.Writer) error { return workbook.ResponseTemplate(w, wave, q) })
}
