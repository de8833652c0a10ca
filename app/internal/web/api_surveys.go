package web

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/app/audit"
	"shuixuan/app/keyset"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/ingest"
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

// response is what a body says.
func (b responseBody) response() (survey.Response, error) {
	answered, faults := parseDay("answered_on", b.AnsweredOn)
	if len(faults) > 0 {
		return survey.Response{ID: b.ID}, problem.Invalid("这份答卷还不能保存", "请按提示改正后再提交。", faults...)
	}
	return survey.Response{ID: b.ID, Number: b.Number, Unclear: b.Unclear, Choices: b.Choices, Numbers: b.Numbers, Texts: b.Texts, Distributor: b.Distributor,
		AnsweredOn: answered, Mode: survey.API}, nil
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
	r, err := b.response()
	if err != nil {
		return err
	}
	held, created, err := s.Ingest.Response(c.UserContext(), v.actor, v.plan, wave, q, r)
	if err != nil {
		return err
	}
	if created {
		c.Status(fiber.StatusCreated)
	}
	return c.JSON(responseOf(held))
}

// responsesBody is several responses as a program sends them.
type responsesBody struct {
	Items []responseBody `json:"items"`
}

// enteredJSON is what became of each of several responses, in their order.
type enteredJSON struct {
	Items    []enteredOneJSON `json:"items"`
	Created  int              `json:"created"`  // new ones
	Known    int              `json:"known"`    // were there already, with the same content
	Rejected int              `json:"rejected"` // can't go in; all others are durable
}

type enteredOneJSON struct {
	ID      uuid.UUID       `json:"id"`
	Created bool            `json:"created"`
	Status  int             `json:"status"` // as if it had come alone: 201, 200, 409, 422
	Detail  string          `json:"detail,omitempty"`
	Faults  []problem.Fault `json:"faults,omitempty"` // row is its place in items, from 1
}

// apiResponseBatch takes several responses as one write. Programs that bring thousands need not
// wait for the disk a thousand times.
func (s *Server) apiResponseBatch(c *fiber.Ctx, v *visit) error {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	var b responsesBody
	if err := body(c, &b); err != nil {
		return err
	}
	if n := len(b.Items); n == 0 || n > ingest.MostInBatch {
		return problem.Invalid("这一批答卷没有收下", fmt.Sprintf("items里要有1到%d份答卷，这里有%d份。请分成几批发送。", ingest.MostInBatch, n))
	}
	answer := enteredJSON{Items: make([]enteredOneJSON, len(b.Items))}
	var list []survey.Response
	var places []int
	for i, one := range b.Items {
		if r, err := one.response(); err != nil {
			answer.Items[i].say(i+1, ingest.Entered{ID: one.ID, Err: err})
		} else {
			list, places = append(list, r), append(places, i)
		}
	}
	found, err := s.Ingest.Responses(c.UserContext(), v.actor, v.plan, wave, q, list)
	if err != nil {
		return err
	}
	for i, one := range found {
		answer.Items[places[i]].say(places[i]+1, one)
	}
	for _, one := range answer.Items {
		switch one.Status {
		case fiber.StatusCreated:
			answer.Created++
		case fiber.StatusOK:
			answer.Known++
		default:
			answer.Rejected++
		}
	}
	return c.JSON(answer)
}

// say tells what became of the response at a place, from 1.
func (e *enteredOneJSON) say(place int, one ingest.Entered) {
	e.ID, e.Created, e.Status = one.ID, one.Created, fiber.StatusOK
	if one.Created {
		e.Status = fiber.StatusCreated
	}
	if one.Err == nil {
		return
	}
	p, told := problem.As(one.Err)
	if !told {
		p = &problem.Problem{Title: "这份答卷没有收下", Detail: "这不是内容的问题，请稍后再发一次。"}
	}
	e.Status, e.Detail = cmp.Or(statuses[p.Kind], fiber.StatusInternalServerError), p.Title+"："+p.Detail
	for _, fault := range p.Faults {
		fault.Row = place
		e.Faults = append(e.Faults, fault)
	}
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
// is named. Indicators count each response as one; Designed has them as the wave's design
// weights them, with the method.
type estimatesJSON struct {
	Distribution *analytics.Distribution `json:"distribution,omitempty"`
	Indicators   *analytics.Indicators   `json:"indicators"`
	Designed     *analytics.Weighted     `json:"designed"` // by the design, with the groups compared two by two
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
	if answer.Designed, err = s.Reader.Weighted(c.UserContext(), v.plan, wave, q, by); err != nil {
		return err
	}
	if name := c.Query("question"); name != "" {
		rests := func(i survey.Indicator) bool { return i.Question != name }
		answer.Designed.Figures = slices.DeleteFunc(answer.Designed.Figures, func(f analytics.WeightedFigure) bool { return rests(f.Indicator) })
		answer.Designed.Verdicts = slices.DeleteFunc(answer.Designed.Verdicts, func(f analytics.Verdict) bool { return rests(f.Indicator) })
		answer.Indicators.Figures = slices.DeleteFunc(answer.Indicators.Figures, func(f analytics.IndicatorFigure) bool { return rests(f.Indicator) })
		answer.Indicators.Composite = nil
	}
	return c.JSON(answer)
}

// trendJSON is an indicator over the waves of the campaign, in their order.
type trendJSON struct {
	Indicator survey.Indicator `json:"indicator"`
	Points    []trendPointJSON `json:"points"`
	SQL       string           `json:"sql"` // of the wave that is asked for
}

// trendPointJSON is what one wave says, by its own design.
type trendPointJSON struct {
	Wave   survey.WaveID       `json:"wave"`
	Name   string              `json:"name"`
	Total  *analytics.Designed `json:"total"`  // null: the wave doesn't have the indicator
	Breaks []string            `json:"breaks"` // why it can't be compared with the wave that is asked for
	Change *changeJSON         `json:"change"` // null: there is nothing to compare it with
}

// changeJSON is a wave's figure less that of the comparable wave before it, in the unit of
// the figure: percentage points of a share, points of an index.
type changeJSON struct {
	Since      survey.WaveID `json:"since"`
	Difference float64       `json:"difference"`
	SE         float64       `json:"se"`
	Lower      float64       `json:"lower"`
	Upper      float64       `json:"upper"`
	DF         float64       `json:"df"`
	P          float64       `json:"p"`
}

func trendOf(t analytics.Trend) trendJSON {
	scale := 1.0
	if t.Indicator.Kind == survey.Share {
		scale = 100
	}
	answer := trendJSON{Indicator: t.Indicator, Points: make([]trendPointJSON, len(t.Points)), SQL: t.SQL}
	for i, p := range t.Points {
		point := trendPointJSON{Wave: p.Wave.ID, Name: p.Wave.Name, Breaks: nonNil(p.Breaks)}
		if p.Known {
			point.Total = &p.Total
		}
		if c := p.Change; c.Valid {
			point.Change = &changeJSON{Since: p.Since, Difference: scale * c.Difference, SE: scale * c.SE, Lower: scale * c.Lower, Upper: scale * c.Upper, DF: c.DF, P: c.P}
		}
		answer.Points[i] = point
	}
	return answer
}

func (s *Server) apiTrends(c *fiber.Ctx, v *visit) error {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	var questions []string
	if name := c.Query("question"); name != "" {
		if _, known := q.Question(name); !known {
			return problem.NotFound("这道题")
		}
		questions = append(questions, name)
	} else {
		for _, i := range q.Indicators {
			if !slices.Contains(questions, i.Question) {
				questions = append(questions, i.Question)
			}
		}
	}
	all := []trendJSON{}
	for _, name := range questions {
		found, err := s.trends(c.UserContext(), v, analytics.Fieldwork{Wave: wave, Questionnaire: q}, name)
		if err != nil {
			return err
		}
		for _, t := range found {
			all = append(all, trendOf(t))
		}
	}
	return list(c, all)
}
