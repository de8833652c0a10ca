package web

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/gofiber/fiber/v2"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/revision"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
	"shuixuan/dashboards/workbook"
)

// reportDownload writes the report as a workbook.
func (s *Server) reportDownload(c *fiber.Ctx, v *visit) error {
	data, err := s.report(c.UserContext(), v)
	if err != nil {
		return err
	}
	if err := s.logRead(c, v, "report.export", "report", ""); err != nil {
		return err
	}
	name := fmt.Sprintf("%s-汇总报告-%s.xlsx", v.plan.Campaign.Short, v.today.Format("20060102"))
	c.Set(fiber.HeaderContentType, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	c.Set(fiber.HeaderContentDisposition, "attachment; filename=report.xlsx; filename*=UTF-8''"+url.PathEscape(name))
	return workbook.Report(c.UserContext(), c.Response().BodyWriter(), data)
}

// report asks all that the report prints. A question that fails is said in its place.
func (s *Server) report(ctx context.Context, v *visit) (workbook.ReportData, error) {
	scope := analytics.Scope{Campaign: v.plan.Campaign.ID, AsOf: v.today}
	data := workbook.ReportData{Plan: v.plan, AsOf: v.today, MadeAt: s.clock().In(shanghai), Version: s.config.Version, Coverage: dashboards.Of(s.Reader.Coverage(ctx, v.plan, scope))}
	waves, err := s.Surveys.Waves(ctx, v.plan.Campaign.ID)
	if err != nil {
		return data, err
	}
	for _, wave := range waves {
		q, err := s.Surveys.Questionnaire(ctx, v.plan.Campaign.ID, wave.Questionnaire, wave.Version)
		if err != nil {
			return data, err
		}
		one := s.waveReport(ctx, v, wave, q, scope)
		runs, err := s.runs.List(ctx, v.plan.Campaign.ID, wave.ID)
		if err != nil {
			return data, err
		}
		if i := slices.IndexFunc(runs, func(h revision.Held[analytics.Run]) bool { return h.Thing.State == analytics.RunDone }); i >= 0 {
			one.Kept = &runs[i].Thing
		}
		data.Waves = append(data.Waves, one)
	}
	data.Ledger = func(task campaign.TaskCode, unit org.UnitID, yield func(placement.Placement) error) error {
		return s.Placements.Each(ctx, placement.Filter{Campaign: v.plan.Campaign.ID, Task: task, Unit: unit}, yield)
	}
	return data, nil
}

func (s *Server) waveReport(ctx context.Context, v *visit, wave survey.Wave, q survey.Questionnaire, scope analytics.Scope) workbook.WaveReport {
	w := workbook.WaveReport{Wave: wave, Questionnaire: q,
		Progress:   dashboards.Of(s.Reader.Progress(ctx, v.plan, wave, scope)),
		Indicators: dashboards.Of(s.Reader.Indicators(ctx, v.plan, wave, q, "stratum")),
		Weighted:   dashboards.Of(s.Reader.Weighted(ctx, v.plan, wave, q, "stratum"))}
	for _, question := range q.Items() {
		if question.Choice() {
			w.Distributions = append(w.Distributions, dashboards.Of(s.Reader.Distribution(ctx, v.plan, wave, q, question.Name, "stratum")))
		}
	}
	return w
}
