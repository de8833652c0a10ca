package dossiers

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/analytics/openanswers"
	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/chromium"
	"shuixuan/app/clickhouse"
	"shuixuan/app/dossier"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
	content "shuixuan/dashboards/dossier"
	"shuixuan/dashboards/handover"
	"shuixuan/dashboards/safecsv"
	"shuixuan/dashboards/workbook"
	"shuixuan/ingest"
)

// then is everything as it stood at the cut-off of a dossier.
type then struct {
	d          dossier.Dossier
	plan       *campaign.Plan
	scope      analytics.Scope
	placements *placement.Store
	surveys    *survey.Store
	reader     *analytics.Reader
	log        *audit.Log
}

// at opens the stores as of a dossier's cut-off.
func at(ctx context.Context, db *clickhouse.DB, d dossier.Dossier) (*then, error) {
	past := db.AsOf(d.Cutoff)
	t := &then{d: d, placements: placement.NewStore(past), surveys: survey.NewStore(past, nil), reader: analytics.NewReader(past), log: audit.NewLog(past)}
	plan, err := campaign.NewStore(past, nil, org.NewStore(past, nil)).Plan(ctx, d.Campaign)
	if err != nil {
		return nil, err
	}
	year, month, day := d.Cutoff.In(beijing).Date()
	t.plan, t.scope = plan, analytics.Scope{Campaign: d.Campaign, AsOf: time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
	return t, nil
}

var beijing = time.FixedZone("CST", 8*60*60)

// collect asks everything that the dossier prints. What can't be had ends it: a report
// without one of its parts would be another report.
func (t *then) collect(ctx context.Context, program string) (*content.Data, error) {
	data := &content.Data{ID: t.d.ID, Plan: t.plan, Cutoff: t.d.Cutoff, AsOf: t.scope.AsOf, Program: program, Edits: t.d.Edits}
	var err error
	if data.Coverage, err = t.reader.Coverage(ctx, t.plan, t.scope); err != nil {
		return nil, err
	}
	if err := t.exhibits(ctx, data); err != nil {
		return nil, err
	}
	if data.Reviews.States, err = t.placements.States(ctx, placement.Filter{Campaign: t.d.Campaign}); err != nil {
		return nil, err
	}
	return data, t.waves(ctx, data)
}

// someIDs is how many placements are asked about at once.
const someIDs = 500

func (t *then) exhibits(ctx context.Context, data *content.Data) error {
	rows, err := t.reader.Standing(ctx, t.plan, t.scope, analytics.StandingFilter{})
	if err != nil {
		return err
	}
	standing := map[uuid.UUID]*analytics.StandingRow{}
	for i := range rows {
		standing[rows[i].Placement] = &rows[i]
	}
	err = t.placements.Each(ctx, placement.Filter{Campaign: t.d.Campaign}, func(p placement.Placement) error {
		data.Exhibits = append(data.Exhibits, content.Exhibit{Placement: p, Standing: standing[p.ID]})
		return nil
	})
	if err != nil {
		return err
	}
	content.Number(t.plan, data.Exhibits)
	for some := range slices.Chunk(data.Exhibits, someIDs) {
		var ids []uuid.UUID
		for _, e := range some {
			ids = append(ids, e.Placement.ID)
		}
		photos, err := t.placements.Photos(ctx, t.d.Campaign, ids)
		if err != nil {
			return err
		}
		inspections, err := t.placements.Inspections(ctx, t.d.Campaign, ids)
		if err != nil {
			return err
		}
		histories, err := t.placements.Histories(ctx, t.d.Campaign, ids)
		if err != nil {
			return err
		}
		for i := range some {
			id := some[i].Placement.ID
			some[i].Photos, some[i].Inspections, some[i].History = photos[id], inspections[id], histories[id]
			slices.SortFunc(some[i].Photos, func(a, b placement.Photo) int {
				if c := a.RecordedAt.Compare(b.RecordedAt); c != 0 {
					return c
				}
				return strings.Compare(a.ID.String(), b.ID.String())
			})
			slices.SortFunc(some[i].History, func(a, b placement.Placement) int { return int(a.Revision) - int(b.Revision) })
			data.Reviews.Photos += int64(len(some[i].Photos))
			data.Reviews.Inspections += int64(len(some[i].Inspections))
		}
	}
	return nil
}

func (t *then) waves(ctx context.Context, data *content.Data) error {
	waves, err := t.surveys.Waves(ctx, t.d.Campaign)
	if err != nil {
		return err
	}
	slices.SortFunc(waves, func(a, b survey.Wave) int {
		if c := a.Start.Compare(b.Start); c != 0 {
			return c
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	var all []analytics.Fieldwork
	for _, w := range waves {
		q, err := t.surveys.Questionnaire(ctx, t.d.Campaign, w.Questionnaire, w.Version)
		if err != nil {
			return err
		}
		all = append(all, analytics.Fieldwork{Wave: w, Questionnaire: q})
	}
	for _, f := range all {
		if len(t.d.Waves) > 0 && !slices.Contains(t.d.Waves, string(f.Wave.ID)) {
			continue
		}
		one, err := t.wave(ctx, all, f)
		if err != nil {
			return err
		}
		data.Waves = append(data.Waves, one)
	}
	if missing := len(t.d.Waves) - len(data.Waves); missing > 0 {
		return problem.NotFound("卷宗要的一轮调查")
	}
	return nil
}

func (t *then) wave(ctx context.Context, all []analytics.Fieldwork, f analytics.Fieldwork) (content.Wave, error) {
	one := content.Wave{Wave: f.Wave, Questionnaire: f.Questionnaire}
	var err error
	if one.Progress, err = t.reader.Progress(ctx, t.plan, f.Wave, t.scope); err != nil {
		return one, err
	}
	if one.Returns, err = t.reader.Returns(ctx, t.plan, f.Wave, t.scope); err != nil {
		return one, err
	}
	if one.Indicators, err = t.reader.Indicators(ctx, t.plan, f.Wave, f.Questionnaire, analytics.Stratum); err != nil {
		return one, err
	}
	if one.Weighted, err = t.reader.Weighted(ctx, t.plan, f.Wave, f.Questionnaire, analytics.Stratum); err != nil {
		return one, err
	}
	for _, q := range f.Questionnaire.Items() {
		if !q.Choice() {
			continue
		}
		distribution, err := t.reader.Distribution(ctx, t.plan, f.Wave, f.Questionnaire, q.Name, analytics.Stratum)
		if err != nil {
			return one, err
		}
		one.Distributions = append(one.Distributions, distribution)
	}
	if one.Trends, err = t.trends(ctx, all, f); err != nil {
		return one, err
	}
	one.Screened, err = t.screened(ctx, f)
	return one, err
}

// trends are those of the headline indicators over the waves until this one.
func (t *then) trends(ctx context.Context, all []analytics.Fieldwork, f analytics.Fieldwork) ([]analytics.Trend, error) {
	last := slices.IndexFunc(all, func(o analytics.Fieldwork) bool { return o.Wave.ID == f.Wave.ID })
	if last < 1 {
		return nil, nil
	}
	var list []analytics.Trend
	asked := map[string]bool{}
	for _, i := range f.Questionnaire.Indicators {
		if !i.Headline || asked[i.Question] {
			continue
		}
		asked[i.Question] = true
		trends, err := t.reader.Trends(ctx, t.plan, all[:last+1], f, i.Question)
		if err != nil {
			return nil, err
		}
		for _, one := range trends {
			if one.Indicator.Headline {
				list = append(list, one)
			}
		}
	}
	return list, nil
}

// screened waits for the screening of a wave.
func (t *then) screened(ctx context.Context, f analytics.Fieldwork) (*analytics.Screened, error) {
	for {
		got, _, err := t.reader.Screened(ctx, t.plan, f.Wave, f.Questionnaire, 5*time.Second)
		if err != nil || got != nil {
			return got, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}

// sources are where the larger parts of a dossier come from.
func (d *Dossiers) sources(t *then, data *content.Data) content.Sources {
	s := content.Sources{
		Original: func(_ context.Context, p placement.Photo) (io.ReadCloser, error) {
			file, err := d.Ingest.Originals().Open(p.SHA256)
			if err != nil {
				return nil, err
			}
			return struct {
				io.Reader
				io.Closer
			}{io.NewSectionReader(file, 0, file.Size), file}, nil
		},
		Small: func(ctx context.Context, p placement.Photo) ([]byte, error) {
			return d.Ingest.PhotoCopy(ctx, p, ingest.Thumb, nil)
		},
		Workbook: func(ctx context.Context, w io.Writer) error { return workbook.Report(ctx, w, t.workbook(ctx, data)) },
		Handover: func(ctx context.Context, one *content.Wave) (*handover.Data, error) {
			source, err := t.handover(data, one)
			if err != nil {
				return nil, err
			}
			return handover.Open(ctx, source)
		},
		Receipts: func(ctx context.Context, w io.Writer) error { return t.receipts(ctx, w) },
	}
	if d.Prints() {
		s.PDF = func(ctx context.Context, page []byte) ([]byte, error) {
			pdf, err := d.Printer.PDF(ctx, page)
			return chromium.Dated(pdf, data.Cutoff), err
		}
	}
	return s
}

// workbook is the report workbook with the dossier's figures.
func (t *then) workbook(ctx context.Context, data *content.Data) workbook.ReportData {
	r := workbook.ReportData{Plan: t.plan, AsOf: data.AsOf, MadeAt: data.Cutoff, Version: data.Program, Coverage: dashboards.Of(data.Coverage, nil)}
	for _, one := range data.Waves {
		w := workbook.WaveReport{Wave: one.Wave, Questionnaire: one.Questionnaire, Progress: dashboards.Of(one.Progress, nil), Indicators: dashboards.Of(one.Indicators, nil), Weighted: dashboards.Of(one.Weighted, nil), Sealed: true}
		for _, distribution := range one.Distributions {
			w.Distributions = append(w.Distributions, dashboards.Of(distribution, nil))
		}
		r.Waves = append(r.Waves, w)
	}
	r.Ledger = func(task campaign.TaskCode, unit org.UnitID, yield func(placement.Placement) error) error {
		return t.placements.Each(ctx, placement.Filter{Campaign: t.d.Campaign, Task: task, Unit: unit}, yield)
	}
	for _, e := range data.Exhibits {
		r.Exhibits = append(r.Exhibits, workbook.ExhibitRow{Name: e.Name, Placement: e.Placement, Proof: content.StandingWords(data, e), Photos: len(e.Kept()), Counts: e.Counts()})
	}
	return r
}

func (t *then) handover(data *content.Data, one *content.Wave) (handover.Source, error) {
	lexicon, err := openanswers.NewLexicon(t.plan.Campaign.Settings.Words.Value)
	if err != nil {
		lexicon, err = openanswers.NewLexicon("") // the city's own words have a fault, which their page tells
	}
	if err != nil {
		return handover.Source{}, fmt.Errorf("open the lexicon: %w", err)
	}
	s := handover.Source{Title: t.plan.Campaign.Name + "：" + one.Wave.Name, Product: "shuixuan " + data.Program, CutOff: data.Cutoff, Wave: one.Wave, Questionnaire: one.Questionnaire,
		Sample: one.Weighted.Sample, Lexicon: lexicon, Settings: handover.Settings{Smallest: t.plan.Campaign.Settings.Smallest(), Keys: identifying(one)},
		Each: func(ctx context.Context, yield func(survey.Response) error) error {
			return t.surveys.EachResponse(ctx, t.d.Campaign, one.Wave.ID, survey.Filter{}, yield)
		}}
	return s, nil
}

// identifying are the columns by which somebody could be known: the area, and the questions
// with one answer that no figure is made of.
func identifying(one *content.Wave) []string {
	var keys []string
	if len(one.Wave.Areas) > 0 {
		keys = append(keys, analytics.ByArea)
	}
	for _, q := range one.Questionnaire.Items() {
		of := func(i survey.Indicator) bool { return i.Question == q.Name }
		if q.One() && q.Name != one.Questionnaire.Stratum && q.Dimension == "" && !slices.ContainsFunc(one.Questionnaire.Indicators, of) {
			keys = append(keys, q.Name)
		}
	}
	return keys
}

func (t *then) receipts(ctx context.Context, w io.Writer) error {
	lines, err := t.reader.Receipts(ctx, t.plan)
	if err != nil {
		return err
	}
	table := safecsv.New(w)
	table.Write([]string{"回执编号", "时间（北京时间）", "内容", "调查", "文件", "SHA-256", "行数", "收下", "没有收下", "跳过", "已有", "单位"})
	kinds := map[string]string{"placements": "台账", "responses": "问卷"}
	for _, l := range lines {
		kind := l.Kind
		if name := kinds[kind]; name != "" {
			kind = name
		}
		row := []string{l.ID, l.At.In(beijing).Format("2006-01-02 15:04:05"), kind, l.Wave, l.File, l.SHA256}
		for _, n := range []uint32{l.Rows, l.Accepted, l.Rejected, l.Skipped, l.Known} {
			row = append(row, strconv.FormatUint(uint64(n), 10))
		}
		unit := ""
		if l.Unit != "" {
			unit = t.plan.UnitName(l.Unit)
		}
		table.Write(append(row, unit))
	}
	return table.Close()
}
