package web

import (
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/app/audit"
	"shuixuan/app/keyset"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// waveJSON is a wave as the API tells it; Progress only where one wave is asked for.
type waveJSON struct {
	ID            survey.WaveID          `json:"id"`
	Name          string                 `json:"name"`
	Questionnaire survey.QuestionnaireID `json:"questionnaire"`
	Version       uint32                 `json:"version"`
	Start         *string                `json:"start"`
	End           *string                `json:"end"`
	Closed        bool                   `json:"closed"`
	Strata        []survey.Stratum       `json:"strata"`
	Population    string                 `json:"population"`
	Progress      *analytics.Progress    `json:"progress,omitempty"`
}

func waveOf(w survey.Wave) waveJSON {
	return waveJSON{ID: w.ID, Name: w.Name, Questionnaire: w.Questionnaire, Version: w.Version, Start: day(w.Start), End: day(w.End),
		Closed: w.Closed, Strata: nonNil(w.Strata), Population: w.Population}
}

// wave gives a wave with the version of the questionnaire that its answers were given to.
func (s *Server) wave(c *fiber.Ctx, v *visit, id string) (survey.Wave, survey.Questionnaire, error) {
	f, err := s.fieldwork(c.UserContext(), v.plan.Campaign.ID, survey.WaveID(id))
	return f.wave, f.q, err
}

func (s *Server) apiWaves(c *fiber.Ctx, v *visit) error {
	waves, err := s.Surveys.Waves(c.UserContext(), v.plan.Campaign.ID)
	if err != nil {
		return err
	}
	all := make([]waveJSON, len(waves))
	for i, w := range waves {
		all[i] = waveOf(w)
	}
	return list(c, all)
}

func (s *Server) apiWave(c *fiber.Ctx, v *visit) error {
	wave, _, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	progress, err := s.Reader.Progress(c.UserContext(), v.plan, wave, analytics.Scope{Campaign: v.plan.Campaign.ID, AsOf: v.today})
	if err != nil {
		return err
	}
	answer := waveOf(wave)
	answer.Progress = progress
	return c.JSON(answer)
}

// responseBody is a response as a program sends it: option codes, numbers and texts by
// question name.
type responseBody struct {
	ID          uuid.UUID           `json:"id,omitzero"`
	Number      string              `json:"number,omitempty"` // of the paper sheet
	Choices     map[string][]string `json:"choices,omitempty"`
	Numbers     map[string]float64  `json:"numbers,omitempty"`
	Texts       map[string]string   `json:"texts,omitempty"`
	Distributor string              `json:"distributor,omitempty"`
	AnsweredOn  *string             `json:"answered_on,omitempty"`
	Unclear     []string            `json:"unclear,omitempty"` // questions whose answer on the paper can't be read
}

// responseJSON is a response as the API tells it.
type responseJSON struct {
	ID          uuid.UUID           `json:"id"`
	Revision    uint32              `json:"revision"`
	Wave        survey.WaveID       `json:"wave"`
	Version     uint32              `json:"version"`
	Stratum     string              `json:"stratum"`
	Unit        string              `json:"unit"`
	Distributor string              `json:"distributor"`
	Number      string              `json:"number"`
	Mode        survey.Mode         `json:"mode"`
	Disposition survey.Disposition  `json:"disposition"`
	Choices     map[string][]string `json:"choices"`
	Numbers     map[string]float64  `json:"numbers"`
	Texts       map[string]string   `json:"texts"`
	Unclear     []string            `json:"unclear"`
	AnsweredOn  *string             `json:"answered_on"`
	RecordedAt  time.Time           `json:"recorded_at"`
}

func responseOf(r survey.Response) responseJSON {
	answer := responseJSON{ID: r.ID, Revision: r.Revision, Wave: r.Wave, Version: r.Version, Stratum: r.Stratum, Unit: r.Unit, Distributor: r.Distributor,
		Number: r.Number, Mode: r.Mode, Disposition: r.Disposition, Choices: r.Choices, Numbers: r.Numbers, Texts: r.Texts,
		Unclear: nonNil(r.Unclear), AnsweredOn: day(r.AnsweredOn), RecordedAt: r.RecordedAt}
	if answer.Choices == nil {
		answer.Choices = map[string][]string{}
	}
	if answer.Numbers == nil {
		answer.Numbers = map[string]float64{}
	}
	if answer.Texts == nil {
		answer.Texts = map[string]string{}
	}
	return answer
}

func (s *Server) apiResponseEnter(c *fiber.Ctx, v *visit) error {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	var b responseBody
	if err := body(c, &b); err != nil {
		return err
	}
	answered, faults := parseDay("answered_on", b.AnsweredOn)
	if len(faults) > 0 {
		return problem.Invalid("这份答卷还不能保存", "请按提示改正后再提交。", faults...)
	}
	r := survey.Response{ID: b.ID, Number: b.Number, Unclear: b.Unclear, Choices: b.Choices, Numbers: b.Numbers, Texts: b.Texts, Distributor: b.Distributor,
		AnsweredOn: answered, Mode: survey.API}
	held, created, err := s.Ingest.Response(c.UserContext(), v.actor, v.plan, wave, q, r)
	if err != nil {
		return err
	}
	if created {
		c.Status(fiber.StatusCreated)
	}
	return c.JSON(responseOf(held))
}

func (s *Server) apiResponses(c *fiber.Ctx, v *visit) error {
	limit, err := limitOf(c)
	if err != nil {
		return err
	}
	wave, _, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	f := survey.Filter{}
	if v.actor.Role == audit.RoleDistributor {
		f.RecordedBy = v.actor.ID
	}
	after := keyset.Parse(c.Query("after"))
	if after.IsZero() { // a walk through the list is one event, not one for each page
		if err := s.logRead(c, v, "response.export", "wave", string(wave.ID)); err != nil {
			return err
		}
	}
	found, next, err := s.Surveys.Responses(c.UserContext(), v.plan.Campaign.ID, wave.ID, f, after, limit)
	if err != nil {
		return err
	}
	all := make([]responseJSON, len(found))
	for i, r := range found {
		all[i] = responseOf(r)
	}
	return listFrom(c, all, next.String())
}

// estimatesJSON is every figure of one question, or of all indicators where no question
// is named.
type estimatesJSON struct {
	Distribution *analytics.Distribution `json:"distribution,omitempty"`
	Indicators   *analytics.Indicators   `json:"indicators"`
	Weighted     *analytics.Weighted     `json:"weighted"` // by the design, with the groups compared two by two
}

func (s *Server) apiEstimates(c *fiber.Ctx, v *visit) error {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	by := c.Query("by", "stratum")
	var answer estimatesJSON
	if name := c.Query("question"); name != "" {
		if answer.Distribution, err = s.Reader.Distribution(c.UserContext(), v.plan, wave, q, name, by); err != nil {
			return err
		}
	}
	if answer.Indicators, err = s.Reader.Indicators(c.UserContext(), v.plan, wave, q, by); err != nil {
		return err
	}
	if answer.Weighted, err = s.Reader.Weighted(c.UserContext(), v.plan, wave, q, by); err != nil {
		return err
	}
	if name := c.Query("question"); name != "" {
		answer.Indicators.Figures = slices.DeleteFunc(answer.Indicators.Figures, func(f analytics.IndicatorFigure) bool { return f.Indicator.Question != name })
		answer.Indicators.Composite = nil
		answer.Weighted.Figures = slices.DeleteFunc(answer.Weighted.Figures, func(f analytics.WeightedFigure) bool { return f.Indicator.Question != name })
		answer.Weighted.Verdicts = slices.DeleteFunc(answer.Weighted.Verdicts, func(j analytics.Verdict) bool { return j.Indicator.Question != name })
	}
	return c.JSON(answer)
}
