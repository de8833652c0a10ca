package web

import (
	"context"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
	"shuixuan/dashboards/workbook"
	"shuixuan/ingest"
)

// Known totals of the population come as a workbook, in two steps: the file is kept and
// shown with what its weights would be, and what was shown becomes the next revision of the
// wave. A workbook with faults is shown with them and goes no further.

func (s *Server) marginRoutes() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const margins = "/c/:campaign/waves/:wave/margins"
	return []route{
		{get, margins, auth.SurveyRead, s.marginsPage},
		{post, margins, auth.WavePut, s.marginsUpload},
		{get, margins + ".xlsx", auth.WavePut, s.marginsTemplate},
		{get, margins + "/preview", auth.WavePut, s.marginsPreview},
		{post, margins + "/take", auth.WavePut, s.marginsTake},
		{post, margins + "/withdraw", auth.WavePut, s.marginsWithdraw},
		{post, margins + "/trim", auth.WavePut, s.marginsTrim},
	}
}

// marginsState is what a wave holds of its population, and who put it there.
type marginsState struct {
	Wave     survey.Wave
	Revision uint32
	Limit    int // of a file, in MB
	Changes  []marginsChange
	Standing *marginsChange // that brought the margins that hold; nil: there are none
}

// marginsChange is a revision of the wave that changed its margins or its trimming.
type marginsChange struct {
	Revision uint32
	At       time.Time
	By, What string
}

func (s *Server) marginsState(ctx context.Context, v *visit, id survey.WaveID) (marginsState, error) {
	held, err := s.Surveys.Wave(ctx, v.plan.Campaign.ID, id)
	if err != nil {
		return marginsState{}, err
	}
	state := marginsState{Wave: held.Thing, Revision: held.Revision, Limit: s.config.BodyLimit >> 20}
	list, err := s.Surveys.Weighings(ctx, v.plan.Campaign.ID, id)
	if err != nil || len(list) == 0 {
		return state, err
	}
	name, err := s.names(ctx, v)
	if err != nil {
		return state, err
	}
	for i, one := range list {
		var before survey.Wave
		if i+1 < len(list) {
			before = list[i+1].Thing
		}
		change := marginsChange{Revision: one.Revision, At: one.RecordedAt, By: name(one.RecordedBy), What: changeWords(before, one.Thing)}
		state.Changes = append(state.Changes, change)
		if state.Standing == nil && held.Thing.Margins != nil && marginsDiffer(before, one.Thing) {
			state.Standing = &change
		}
	}
	return state, nil
}

// marginsDiffer tells whether the margins changed and not the trimming alone.
func marginsDiffer(before, after survey.Wave) bool {
	before.Trimming, after.Trimming = survey.Trimming{}, survey.Trimming{}
	return before.MarginsHash() != after.MarginsHash()
}

func changeWords(before, after survey.Wave) string {
	switch {
	case !marginsDiffer(before, after):
		return "改权重上下限：" + trimWords(after.Trimming)
	case after.Margins == nil:
		return "撤回“" + before.Margins.File + "”"
	}
	return "采用“" + after.Margins.File + "”"
}

func trimWords(t survey.Trimming) string {
	if t.Least == 0 && t.Most == 0 {
		return "不设"
	}
	words := "平均的"
	if t.Least > 0 {
		words += timesText(t.Least) + "倍以上"
	}
	if t.Most > 0 {
		if t.Least > 0 {
			words += "、"
		}
		words += timesText(t.Most) + "倍以下"
	}
	return words + "（" + t.Note + "）"
}

func timesText(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// besideWaveBoard is what stands beside the figures of a wave, with its known totals.
func (s *Server) besideWaveBoard(c *fiber.Ctx, v *visit) (any, error) {
	beside, err := s.besideWave(c, v)
	if err != nil {
		return nil, err
	}
	side := beside.(waveSide)
	side.Margins, err = s.marginsState(c.UserContext(), v, side.Wave.ID)
	return side, err
}

type marginsPage struct {
	marginsState
	Least, Most, Note string // as typed
	Trim              string // what holds, in words
	Faults            map[string][]string
	Problem           *problem.Problem
}

func (s *Server) marginsPage(c *fiber.Ctx, v *visit) error { return s.showMargins(c, v, nil, nil) }

// showMargins shows the totals that hold. typed is the form of the bounds where it came back.
func (s *Server) showMargins(c *fiber.Ctx, v *visit, typed url.Values, p *problem.Problem) error {
	state, err := s.marginsState(c.UserContext(), v, survey.WaveID(c.Params("wave")))
	if err != nil {
		return err
	}
	t := state.Wave.Trimming
	data := marginsPage{marginsState: state, Note: t.Note, Trim: trimWords(t), Problem: p, Faults: map[string][]string{}}
	if t.Least > 0 {
		data.Least = timesText(t.Least)
	}
	if t.Most > 0 {
		data.Most = timesText(t.Most)
	}
	if typed != nil {
		data.Least, data.Most, data.Note = typed.Get("least"), typed.Get("most"), typed.Get("trim_note")
	}
	if p != nil {
		c.Status(statuses[p.Kind])
		for _, fault := range p.Faults {
			data.Faults[fault.Field] = append(data.Faults[fault.Field], fault.Why)
		}
	}
	return s.render(c, v, "waves_margins", "已知总体数："+state.Wave.Name, data)
}

func (s *Server) marginsTemplate(c *fiber.Ctx, v *visit) error {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	return s.download(c, "已知总体数-"+wave.Name+".xlsx", func(w io.Writer) error { return workbook.MarginsTemplate(w, wave, q) })
}

// marginsUpload keeps the file and leads to its preview. Nothing is taken yet.
func (s *Server) marginsUpload(c *fiber.Ctx, v *visit) error {
	wave, _, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	if !isMultipart(c) {
		return noFile(nil)
	}
	u, err := s.upload(c)
	if p, ok := problem.As(err); ok && p.Kind == problem.KindInvalid {
		return s.showMargins(c, v, nil, p)
	}
	if err != nil {
		return err
	}
	defer u.file.Close()
	values := url.Values{"file": {u.file.SHA256}, "name": {u.file.Name}}
	return c.Redirect(waveAddress(v, wave)+"/margins/preview?"+values.Encode(), fiber.StatusSeeOther)
}

// readMargins reads a kept workbook for the wave in the address, as the wave holds now.
func (s *Server) readMargins(c *fiber.Ctx, v *visit, file, name string) (revision.Held[survey.Wave], survey.Questionnaire, *ingest.MarginsRead, error) {
	held, err := s.Surveys.Wave(c.UserContext(), v.plan.Campaign.ID, survey.WaveID(c.Params("wave")))
	if err != nil {
		return held, survey.Questionnaire{}, nil, err
	}
	q, err := s.Surveys.Questionnaire(c.UserContext(), v.plan.Campaign.ID, held.Thing.Questionnaire, held.Thing.Version)
	if err != nil {
		return held, q, nil, err
	}
	if file == "" {
		return held, q, nil, noFile(nil)
	}
	kept, err := s.Ingest.Originals().Open(file)
	if err != nil {
		return held, q, nil, err
	}
	defer kept.Close()
	kept.Name = name
	read, err := ingest.ReadMargins(c.UserContext(), kept, held.Thing, q)
	return held, q, read, err
}

// marginsPreviewPage is what a workbook says and what the weights would be.
type marginsPreviewPage struct {
	Wave     survey.Wave
	Revision uint32
	Read     *ingest.MarginsRead
	File     string
	Name     string
	Shown    int // faults, of all
	Weights  *dashboards.Weights
	Warnings []estimate.Warning
	Figures  []marginsFigure
}

// marginsFigure is a headline as it is now and as it would be.
type marginsFigure struct{ Label, Now, Then string }

// mostFaults is how many faults a page lists; who has more has another file at hand.
const mostFaults = 200

// marginsPreview shows what would be used and what is wrong. It writes nothing.
func (s *Server) marginsPreview(c *fiber.Ctx, v *visit) error {
	held, q, read, err := s.readMargins(c, v, c.Query("file"), c.Query("name"))
	if p, ok := problem.As(err); ok && p.Kind == problem.KindInvalid {
		return s.showMargins(c, v, nil, p)
	}
	if err != nil {
		return err
	}
	data := marginsPreviewPage{Wave: held.Thing, Revision: held.Revision, Read: read, File: c.Query("file"), Name: c.Query("name"), Shown: min(len(read.Faults), mostFaults)}
	if read.Margins != nil {
		if err := s.tryMargins(c.UserContext(), v, q, &data); err != nil {
			return err
		}
	}
	return s.render(c, v, "waves_margins_preview", "已知总体数：预览", data)
}

// tryMargins weights the wave as it would be, beside what it is.
func (s *Server) tryMargins(ctx context.Context, v *visit, q survey.Questionnaire, data *marginsPreviewPage) error {
	now, err := s.Reader.Weighted(ctx, v.plan, data.Wave, q, "")
	if err != nil {
		return err
	}
	wave := data.Wave
	wave.Margins = data.Read.Margins
	then, err := s.Reader.Weighted(ctx, v.plan, wave, q, "")
	if err != nil {
		return err
	}
	if then.Sample.Raking != nil {
		data.Weights, data.Warnings = dashboards.NewWeights(then.Sample.Raking), then.Sample.Warnings
	}
	for i, f := range then.Figures {
		if f.Indicator.Headline {
			data.Figures = append(data.Figures, marginsFigure{f.Indicator.Label, figureWords(f.Indicator, now.Figures[i].Total), figureWords(f.Indicator, f.Total)})
		}
	}
	return nil
}

func figureWords(i survey.Indicator, d analytics.Designed) string {
	e, unit := d.Estimate, "分"
	if i.Kind == survey.Share {
		unit = "%"
	}
	if !e.Valid {
		return "—"
	}
	words := e.Text(1) + unit
	if e.HasInterval {
		words += "（" + estimate.Round(e.Lower, 1) + "–" + estimate.Round(e.Upper, 1) + "）"
	}
	return words
}

// marginsTake makes the very bytes that were shown the margins of the wave.
func (s *Server) marginsTake(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	held, _, read, err := s.readMargins(c, v, fields.Get("file"), fields.Get("name"))
	if err != nil {
		return err
	}
	if read.Margins == nil {
		return problem.Invalid("这份已知总体数还不能用", "文件里有要改的地方，或者这一轮的设置刚刚变了。请重新上传，看过预览再保存。")
	}
	if err := s.Surveys.SetMargins(c.UserContext(), v.actor, v.plan.Campaign.ID, held.Thing.ID, read.Margins, seenRevision(fields)); err != nil {
		return err
	}
	return c.Redirect(waveAddress(v, held.Thing)+"/margins?done=margined", fiber.StatusSeeOther)
}

func (s *Server) marginsWithdraw(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	wave, _, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	if wave.Margins == nil {
		return problem.Conflict("这一轮没有已知总体数", "可能已经有人撤回了，请重新打开页面看看。")
	}
	if err := s.Surveys.SetMargins(c.UserContext(), v.actor, v.plan.Campaign.ID, wave.ID, nil, seenRevision(fields)); err != nil {
		return err
	}
	return c.Redirect(waveAddress(v, wave)+"/margins?done=unmargined", fiber.StatusSeeOther)
}

// marginsTrim keeps the bounds of the weights.
func (s *Server) marginsTrim(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	wave, _, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	r := &numberReader{}
	bound := func(field, what string) float64 {
		if n := r.read(field, what, trimNumber(fields.Get(field))); n != nil {
			return *n
		}
		return 0
	}
	t := survey.Trimming{Least: bound("least", "下限"), Most: bound("most", "上限"), Note: plain(fields.Get("trim_note"))}
	if len(r.faults) > 0 {
		return s.showMargins(c, v, fields, problem.Invalid("没有保存", "请按提示改正后再保存。", r.faults...))
	}
	if t.Least == 0 && t.Most == 0 {
		t.Note = ""
	}
	err = s.Surveys.SetTrimming(c.UserContext(), v.actor, v.plan.Campaign.ID, wave.ID, t, seenRevision(fields))
	if p, ok := problem.As(err); ok && p.Kind == problem.KindInvalid {
		return s.showMargins(c, v, fields, p)
	}
	if err != nil {
		return err
	}
	return c.Redirect(waveAddress(v, wave)+"/margins?done=trimmed", fiber.StatusSeeOther)
}
