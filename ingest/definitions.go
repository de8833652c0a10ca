package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// Definitions takes a file of units, a plan, or a questionnaire with its waves. Unlike
// rows they go in together or not at all: half a plan would be another plan. What holds
// already in the same words is counted as known and writes nothing.
func (in *Ingest) Definitions(ctx context.Context, actor audit.Actor, kind Kind, campaignID, wave, name string, body []byte, dryRun bool) (*Receipt, error) {
	sum := sha256.Sum256(body)
	d := &definitions{Ingest: in, ctx: ctx, actor: actor, campaign: campaignID, wave: wave,
		receipt: &Receipt{ID: uuid.New(), Kind: kind, Campaign: campaignID, Wave: wave, File: name, SHA256: hex.EncodeToString(sum[:]), DryRun: dryRun,
			Sender: actor, RecordedAt: in.clock().UTC().Truncate(time.Millisecond), Cells: map[int][]string{}}}
	var err error
	switch kind {
	case Units:
		err = d.units(name, body)
	case Plan:
		err = d.plan(name, body)
	case Questions:
		err = d.questionnaire(name, body)
	default:
		return nil, fmt.Errorf("definitions of kind %q", kind)
	}
	if err != nil {
		return nil, err
	}
	d.receipt.settle(nil, nil)
	if dryRun {
		return d.receipt, nil
	}
	return d.receipt, in.writeReceipts(ctx, []*Receipt{d.receipt})
}

// definitions is one file on its way in.
type definitions struct {
	*Ingest
	ctx      context.Context
	actor    audit.Actor
	campaign string
	wave     string
	receipt  *Receipt
}

// count tells the receipt of things that went in, by row.
func (d *definitions) count(differs []bool, row func(i int) int) {
	for i, new := range differs {
		d.receipt.Rows++
		if new || d.receipt.DryRun {
			d.receipt.Accepted = append(d.receipt.Accepted, Accepted{Row: row(i)})
		} else {
			d.receipt.Known = append(d.receipt.Known, Skip{Row: row(i), Why: "与现有内容相同"})
		}
	}
}

// ordinal numbers things that stand one after the other in a file.
func ordinal(i int) int { return i + 1 }

// held is the revision of a thing that may not be there yet.
func held(revision uint32, err error) (uint32, error) {
	if p, ok := problem.As(err); ok && p.Kind == problem.KindNotFound {
		return 0, nil
	}
	return revision, err
}

func refuse(title string, faults []problem.Fault) error {
	return problem.Invalid(title, "请按提示改正后重新导入；改好之前，原有内容不变。", faults...)
}

func (d *definitions) units(name string, body []byte) error {
	f, faults, err := readUnits(d.ctx, name, body)
	if err != nil {
		return err
	}
	current, err := d.Ingest.units.Units(d.ctx, d.campaign)
	if err != nil {
		return err
	}
	if faults = append(faults, f.check(current)...); len(faults) > 0 {
		return refuse("单位名单没有导入", faults)
	}
	differs := make([]bool, len(f.Units))
	if !d.receipt.DryRun {
		if differs, err = d.Ingest.units.PutAll(d.ctx, d.actor, d.campaign, f.Units); err != nil {
			return err
		}
	}
	d.count(differs, func(i int) int { return f.rows[i] })
	return nil
}

func (d *definitions) plan(name string, body []byte) error {
	f, faults, err := readPlan(name, body)
	if err != nil {
		return err
	}
	units, err := d.Ingest.units.Resolver(d.ctx, d.campaign)
	if err != nil {
		return err
	}
	if f.Campaign.ID != "" && f.Campaign.ID != d.campaign {
		faults = append(faults, problem.Fault{Row: 1, Field: "campaign.id", Why: fmt.Sprintf("文件里的活动代码是“%s”，而您要导入到“%s”，请核对", f.Campaign.ID, d.campaign)})
	}
	if faults = append(faults, f.check(units)...); len(faults) > 0 {
		return refuse("方案没有导入", faults)
	}
	if d.receipt.DryRun {
		d.count(make([]bool, 1+len(f.Carriers)+len(f.Tasks)), ordinal)
		return nil
	}
	plan, err := d.campaigns.Plan(d.ctx, d.campaign)
	var revision uint32
	if plan != nil {
		revision = plan.Revision
		f.Campaign.Demo = f.Campaign.Demo || plan.Campaign.Demo // the mark stays as long as the data does
	}
	if revision, err = held(revision, err); err != nil {
		return err
	}
	carriers, err := d.campaigns.PutCarriers(d.ctx, d.actor, d.campaign, f.Carriers)
	if err != nil {
		return err
	}
	tasks, err := d.campaigns.PutTasks(d.ctx, d.actor, d.campaign, f.Tasks)
	if err != nil {
		return err
	}
	// The campaign goes last: a page that finds it finds all of its plan.
	next, err := d.campaigns.PutCampaign(d.ctx, d.actor, f.Campaign, revision)
	if err != nil {
		return err
	}
	d.count(slices.Concat([]bool{next != revision}, carriers, tasks), ordinal)
	return nil
}

func (d *definitions) questionnaire(name string, body []byte) error {
	q, waves, err := readQuestionnaire(d.ctx, name, body)
	if err != nil {
		return err
	}
	waves = d.named(q, waves)
	now, err := d.surveys.Questionnaire(d.ctx, d.campaign, q.ID, 0)
	version, err := held(now.Version, err)
	if err != nil {
		return err
	}
	differs := make([]bool, 1+len(waves))
	if !d.receipt.DryRun {
		next, err := d.surveys.PutQuestionnaire(d.ctx, d.actor, d.campaign, q, version)
		if err != nil {
			return err
		}
		differs[0] = next != version
		for i, w := range waves {
			now, err := d.surveys.Wave(d.ctx, d.campaign, w.ID)
			revision, err := held(now.Revision, err)
			if err != nil {
				return err
			}
			w.Margins, w.Trimming = now.Thing.Margins, now.Thing.Trimming // they came as a workbook
			next, err := d.surveys.PutWave(d.ctx, d.actor, d.campaign, w, revision)
			if err != nil {
				return err
			}
			differs[1+i] = next != revision
		}
	}
	d.count(differs, ordinal)
	return nil
}

// named adds the wave that the importer named, when the file doesn't hold it: the
// questionnaire's own strata, no quotas.
func (d *definitions) named(q survey.Questionnaire, waves []survey.Wave) []survey.Wave {
	if d.wave == "" {
		return waves
	}
	for _, w := range waves {
		if string(w.ID) == d.wave {
			return waves
		}
	}
	w := survey.Wave{ID: survey.WaveID(d.wave), Name: q.Title, Questionnaire: q.ID}
	if stratum, ok := q.Question(q.Stratum); ok {
		for _, o := range stratum.Options {
			w.Strata = append(w.Strata, survey.Stratum{Code: o.Code, Label: o.Label})
		}
	}
	return append(waves, w)
}
