package web

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"shuixuan/analytics"
	"shuixuan/app/internal/auth"
	"shuixuan/dashboards"
)

// overviewRoutes are the first page of the office, and its button.
func (s *Server) overviewRoutes() []route {
	const c = "/c/:campaign"
	return append(s.at(c+"/overview", s.overviewBoard()), route{fiber.MethodPost, c + seenPath, auth.OverviewRead, s.overviewSeen})
}

func (s *Server) overviewBoard() board {
	return board{verb: auth.OverviewRead, view: "overview", live: true, patience: pagePatience, beside: s.sinceLooked, draw: func(c *fiber.Ctx, v *visit) (drawPage, error) {
		ref := reference(c)
		return func(ctx context.Context) (*dashboards.Page, error) {
			got, err := s.campaignNow(ctx, v, ref)
			if err != nil {
				return nil, err
			}
			page := dashboards.Overview(v.plan, got)
			return &page, nil
		}, nil
	}}
}

// campaignNow asks for what the overview and the wall show.
func (s *Server) campaignNow(ctx context.Context, v *visit, ref string) (dashboards.Campaign, error) {
	var got dashboards.Campaign
	scope := s.scope(v, auth.OverviewRead)
	all, err := s.fieldworks(ctx, v)
	if err != nil {
		return got, err
	}
	got.Waves = make([]dashboards.WaveSummary, len(all))
	work := []func(context.Context){
		func(ctx context.Context) {
			one, err := s.Reader.Coverage(ctx, v.plan, scope)
			got.Coverage = noted(s, ref, one, err)
		},
		func(ctx context.Context) {
			one, err := s.Reader.Today(ctx, v.plan, scope)
			got.Today = noted(s, ref, one, err)
		},
		func(ctx context.Context) {
			one, err := s.todo(ctx, v, "")
			got.Todo = noted(s, ref, one, err)
		},
	}
	for i, w := range all {
		got.Waves[i].Wave = w.Wave
		work = append(work, func(ctx context.Context) {
			one, err := s.Reader.Progress(ctx, v.plan, w.Wave, scope)
			got.Waves[i].Progress = noted(s, ref, one, err)
		}, func(ctx context.Context) {
			one, err := s.Reader.Indicators(ctx, v.plan, w.Wave, w.Questionnaire, "")
			got.Waves[i].Indicators = noted(s, ref, one, err)
		}, func(ctx context.Context) {
			one, err := s.Reader.Weighted(ctx, v.plan, w.Wave, w.Questionnaire, analytics.Stratum)
			got.Waves[i].Weighted = noted(s, ref, one, err)
		})
	}
	sideBySide(ctx, work...)
	return got, nil
}

// fieldworks are the waves of the campaign with their questionnaires, the newest last.
func (s *Server) fieldworks(ctx context.Context, v *visit) ([]analytics.Fieldwork, error) {
	waves, err := s.Surveys.Waves(ctx, v.plan.Campaign.ID)
	if err != nil {
		return nil, err
	}
	sortWaves(waves)
	all := make([]analytics.Fieldwork, len(waves))
	for i, wave := range waves {
		q, err := s.Surveys.Questionnaire(ctx, v.plan.Campaign.ID, wave.Questionnaire, wave.Version)
		if err != nil {
			return nil, err
		}
		all[i] = analytics.Fieldwork{Wave: wave, Questionnaire: q}
	}
	return all, nil
}
