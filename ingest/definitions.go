package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
		err = d.questionnaire(body)
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
	return d.receipt, in.writeReceipt(ctx, d.receipt)
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

// put writes one thing and counts it; held is the revision before.
func (d *definitions) put(row int, held uint32, write func(expected uint32) (uint32, error)) error {
	d.receipt.Rows++
	if d.receipt.DryRun {
		d.receipt.Accepted = append(d.receipt.Accepted, Accepted{Row: row})
		return nil
	}
	revision, err := write(held)
	switch {
	case err != nil:
		return err
	case revision == held:
		d.receipt.Known = append(d.receipt.Known, Skip{Row: row, Why: "与现有内容相同"})
	default:
		d.receipt.Accepted = append(d.receipt.Accepted, Accepted{Row: row})
	}
	return nil
}

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
	for i, u := range f.Units {
		now, err := d.Ingest.units.Unit(d.ctx, d.campaign, u.ID)
		revision, err := held(now.Revision, err)
		if err != nil {
			return err
		}
		if err := d.put(f.rows[i], revision, func(expected uint32) (uint32, error) {
			return d.Ingest.units.Put(d.ctx, d.actor, d.campaign, u, expected)
		}); err != nil {
			return err
		}
	}
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
	plan, err := d.campaigns.Plan(d.ctx, d.campaign)
	var revision uint32
	if plan != nil {
		revision = plan.Revision
		f.Campaign.Demo = f.Campaign.Demo || plan.Campaign.Demo // the mark stays until data is removed
	}
	if revision, err = held(revision, err); err != nil {
		return err
	}
	for i, c := range f.Carriers {
		now, err := d.campaigns.Carrier(d.ctx, d.campaign, c.ID)
		revision, err := held(now.Revision, err)
		if err != nil {
			return err
		}
		if err := d.put(i+1, revision, func(expected uint32) (uint32, error) {
			return d.campaigns.PutCarrier(d.ctx, d.actor, d.campaign, c, expected)
		}); err != nil {
			return err
		}
	}
	for i, t := range f.Tasks {
		now, err := d.campaigns.Task(d.ctx, d.campaign, t.Code)
		revision, err := held(now.Revision, err)
		if err != nil {
			return err
		}
		if err := d.put(i+1, revision, func(expected uint32) (uint32, error) {
			return d.campaigns.PutTask(d.ctx, d.actor, d.campaign, t, expected)
		}); err != nil {
			return err
		}
	}
	// The campaign goes last: a page that finds it finds all of its plan.
	return d.put(0, revision, func(expected uint32) (uint32, error) {
		return d.campaigns.PutCampaign(d.ctx, d.actor, f.Campaign, expected)
	})
}

func (d *definitions) questionnaire(body []byte) error {
	q, waves, err := survey.ParseFile(body)
	if err != nil {
		return err
	}
	waves = d.named(q, waves)
	now, err := d.surveys.Questionnaire(d.ctx, d.campaign, q.ID, 0)
	version, err := held(now.Version, err)
	if err != nil {
		return err
	}
	if err := d.put(1, version, func(expected uint32) (uint32, error) {
		return d.surveys.PutQuestionnaire(d.ctx, d.actor, d.campaign, q, expected)
	}); err != nil {
		return err
	}
	for i, w := range waves {
		now, err := d.surveys.Wave(d.ctx, d.campaign, w.ID)
		revision, err := held(now.Revision, err)
		if err != nil {
			return err
		}
		if err := d.put(i+1, revision, func(expected uint32) (uint32, error) {
			return d.surveys.PutWave(d.ctx, d.actor, d.campaign, w, expected)
		}); err != nil {
			return err
		}
	}
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

