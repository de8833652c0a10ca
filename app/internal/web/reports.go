package web

import (
	"context"
	"io"

	"github.com/gofiber/fiber/v2"

	"shuixuan/analytics"
	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
	"shuixuan/dashboards/workbook"
)

// reportDownload sends the report: every figure of the pages, on paper's terms.
func (s *Server) reportDownload(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	scope := s.scope(v, auth.ReportRead)
	got, err := s.Reader.Coverage(ctx, v.plan, scope)
	data := workbook.ReportData{Plan: v.plan, AsOf: v.today, MadeAt: s.clock(), Version: s.config.Version, Coverage: noted(s, reference(c), got, err)}
	waves, err := s.Surveys.Waves(ctx, v.plan.Campaign.ID)
	if err != nil {
		return err
	}
	sortWaves(waves)
	for _, wave := range waves {
		report, err := s.waveReport(ctx, v, wave, scope, reference(c))
		if err != nil {
			return err
		}
		data.Waves = append(data.Waves, report)
	}
	data.Ledger = func(task campaign.TaskCode, unit org.UnitID, yield func(placement.Placement) error) error {
		return s.Placements.Each(ctx, placement.Filter{Campaign: v.plan.Campaign.ID, Task: task, Unit: unit, State: placement.Logged}, yield)
	}
	name := v.plan.Campaign.Short + "汇总报告" + isoDate(v.today) + ".xlsx"
	return s.download(c, name, func(w io.Writer) error { return workbook.Report(ctx, w, data) })
}

func (s *Server) waveReport(ctx context.Context, v *visit, wave survey.Wave, scope analytics.Scope, ref string) (workbook.WaveReport, error) {
	q, err := s.Surveys.Questionnaire(ctx, v.plan.Campaign.ID, wave.Questionnaire, wave.Version)
	if err != nil {
		return workbook.WaveReport{}, err
	}
	report := workbook.WaveReport{Wave: wave, Questionnaire: q}
	work := []func(context.Context){
		func(ctx context.Context) {
			got, err := s.Reader.Progress(ctx, v.plan, wave, scope)
			report.Progress = noted(s, ref, got, err)
		},
		func(ctx context.Context) {
			got, err := s.Reader.Indicators(ctx, v.plan, wave, q, "stratum")
			report.Indicators = noted(s, ref, got, err)
		},
	}
	var choices []survey.Question
	for _, question := range q.Questions {
		if question.Choice() {
			choices = append(choices, question)
		}
	}
	report.Distributions = make([]dashboards.Result[analytics.Distribution], len(choices))
	for i, question := range choices {
		work = append(work, func(ctx context.Context) {
			got, err := s.Reader.Distribution(ctx, v.plan, wave, q, question.Name, "stratum")
			report.Distributions[i] = noted(s, ref, got, err)
		})
	}
	sideBySide(ctx, work...)
	return report, nil
}

// responsesExport sends the responses of a wave; a distributor gets those they entered.
func (s *Server) responsesExport(kind string) handler {
	return func(c *fiber.Ctx, v *visit) error {
		wave, q, err := s.wave(c, v, c.Params("wave"))
		if err != nil {
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
