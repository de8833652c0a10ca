package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/ingest"
	"shuixuan/seeds"
)

// accountsFile keeps the demonstration sign-ins. It is written last: as long as it
// isn't there the demonstration is loaded (again), which adds nothing twice.
const accountsFile = "demo-accounts.txt"

// dayFile keeps the day that the demonstration is told for. It is written first: when a
// first start breaks off and is repeated on another day, the dates must come out the
// same, or the rows would be others and go in a second time.
const dayFile = "demo-day.txt"

// loadDemo loads the shipped campaigns and the demonstration through the intake on the
// first start, told so that it ended just before today, and prints the sign-ins.
func (p *program) loadDemo(s *session, today time.Time) error {
	path := filepath.Join(s.cli.Data, accountsFile)
	if _, err := os.Stat(path); err == nil {
		s.say("演示账号见 %s", path)
		return nil
	}
	s.say("首次启动，正在载入演示数据……")
	today, err := demoDay(filepath.Join(s.cli.Data, dayFile), today)
	if err != nil {
		return err
	}
	for _, id := range seeds.Campaigns() {
		if err := p.loadSeed(s, id, seeds.Shift(id, today)); err != nil {
			return fmt.Errorf("campaign %s: %w", id, err)
		}
	}
	if err := p.loadDemoFiles(s, today); err != nil {
		return err
	}
	if err := p.loadDemoProof(s, today); err != nil {
		return err
	}
	if err := p.loadDemoSheets(s); err != nil {
		return err
	}
	words, err := p.demoAccounts(s)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(words), 0o600); err != nil {
		return err
	}
	s.say("%s以上密码只显示这一次，已存入 %s。", words, path)
	return nil
}

// demoDay gives the day that an earlier first start has noted, or notes today.
func demoDay(path string, today time.Time) (time.Time, error) {
	noted, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return time.Time{}, err
	}
	if day, err := time.Parse(time.DateOnly, strings.TrimSpace(string(noted))); err == nil {
		return day, nil
	}
	// There is none, or half of one: then the power went before anything was loaded.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return time.Time{}, err
	}
	_, err = fmt.Fprintln(f, today.Format(time.DateOnly))
	return today, errors.Join(err, f.Sync(), f.Close())
}

// loadSeed loads units, plan and questionnaire of a shipped campaign, marks it as a
// demonstration and moves it by so many days.
func (p *program) loadSeed(s *session, id string, days int) error {
	actor := audit.System("demo")
	for _, step := range []struct {
		kind ingest.Kind
		file string
	}{{ingest.Units, "units.yaml"}, {ingest.Plan, "plan.yaml"}, {ingest.Questions, "questionnaire.yaml"}} {
		body, err := seeds.FS.ReadFile(id + "/" + step.file)
		if err != nil {
			return err
		}
		if _, err := p.ingest.Definitions(s.ctx, actor, step.kind, id, "", step.file, body, false); err != nil {
			return fmt.Errorf("%s: %w", step.file, err)
		}
	}
	return errors.Join(p.movePlan(s, actor, id, days), p.moveWaves(s, actor, id, days))
}

// movePlan moves the windows of a campaign and its tasks. The files just loaded say
// where they stood, so a first start that is repeated moves them no further.
func (p *program) movePlan(s *session, actor audit.Actor, id string, days int) error {
	plan, err := p.campaigns.Plan(s.ctx, id)
	if err != nil {
		return err
	}
	tasks := slices.Clone(plan.Tasks)
	for i := range tasks {
		tasks[i].Window = movedWindow(tasks[i].Window, days)
	}
	if _, err := p.campaigns.PutTasks(s.ctx, actor, id, tasks); err != nil {
		return err
	}
	plan.Campaign.Demo = true
	plan.Campaign.Window = movedWindow(plan.Campaign.Window, days)
	for i := range plan.Campaign.Stages {
		plan.Campaign.Stages[i].Window = movedWindow(plan.Campaign.Stages[i].Window, days)
	}
	_, err = p.campaigns.PutCampaign(s.ctx, actor, plan.Campaign, plan.Revision)
	return err
}

// moveWaves moves the waves of a campaign and gives them the frame of the demonstration.
func (p *program) moveWaves(s *session, actor audit.Actor, id string, days int) error {
	waves, err := p.surveys.Waves(s.ctx, id)
	if err != nil {
		return err
	}
	for _, w := range waves {
		held, err := p.surveys.Wave(s.ctx, id, w.ID)
		if err != nil {
			return err
		}
		w.Start, w.End = moved(w.Start, days), moved(w.End, days)
		for i := range w.Strata {
			people, source := seeds.Frame(id, w.Strata[i].Code)
			if people > 0 {
				w.Strata[i].Population, w.Sampling.Frame = people, source
			}
		}
		if _, err := p.surveys.PutWave(s.ctx, actor, id, w, held.Revision); err != nil {
			return err
		}
	}
	return nil
}

func movedWindow(w campaign.Window, days int) campaign.Window {
	w.Start, w.End = moved(w.Start, days), moved(w.End, days)
	return w
}

// moved moves a date; one that the plan leaves open stays so.
func moved(day time.Time, days int) time.Time {
	if day.IsZero() {
		return day
	}
	return day.AddDate(0, 0, days)
}

// loadDemoFiles hands the demonstration's ledgers and answer sheets to the intake, each
// on its own day, as if its unit had sent it. They go all at once, since the intake puts
// what waits into one insert; no file depends on another.
func (p *program) loadDemoFiles(s *session, today time.Time) error {
	files, err := seeds.Demo(today)
	if err != nil {
		return err
	}
	plans := map[string]*campaign.Plan{}
	for _, id := range seeds.Campaigns() {
		if plans[id], err = p.campaigns.Plan(s.ctx, id); err != nil {
			return err
		}
	}
	failures := make([]error, len(files))
	var wg sync.WaitGroup
	for i, f := range files {
		wg.Go(func() {
			if err := p.loadDemoFile(s, plans[f.Campaign], f); err != nil {
				failures[i] = fmt.Errorf("%s: %w", f.Name, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(failures...)
}

func (p *program) loadDemoFile(s *session, plan *campaign.Plan, f seeds.File) error {
	in := p.ingest.At(func() time.Time { return f.Day })
	kept, err := in.Originals().Keep(s.ctx, f.Name, bytes.NewReader(f.Body), fileLimit)
	if err != nil {
		return err
	}
	defer kept.Close()
	actor := audit.Actor{ID: "演示", Name: "演示", Campaign: f.Campaign, Unit: f.Unit, Reference: "demo", Role: audit.RoleUnit}
	if f.Unit == "" {
		actor.Role = audit.RoleOffice // it enters for several units
	}
	if f.Kind == string(ingest.Placements) {
		_, err = in.PlacementsFile(s.ctx, actor, plan, kept, ingest.Options{})
		return err
	}
	actor.Role = audit.RoleDistributor
	wave, q, err := p.wave(s.ctx, f.Campaign, survey.WaveID(f.Wave))
	if err != nil {
		return err
	}
	_, err = in.ResponsesFile(s.ctx, actor, plan, wave, q, kept, ingest.Options{})
	return err
}

// atOnce is how many of the demonstration's photos are on their way at a time: enough that
// decoding and waiting for the disk take turns.
const atOnce = 12

// loadDemoProof lets happen to the placements what happened since their ledgers came in:
// photos, visits, judgements, each at its own time. A first start that is repeated finds
// what is there already, since every id is made from its placement.
func (p *program) loadDemoProof(s *session, today time.Time) error {
	for _, id := range seeds.Campaigns() {
		plan, err := p.campaigns.Plan(s.ctx, id)
		if err != nil {
			return err
		}
		var all []placement.Placement
		err = p.placements.Each(s.ctx, placement.Filter{Campaign: id}, func(one placement.Placement) error {
			one.Revision = 1 // judged on the first start, and again on a repeated one
			all = append(all, one)
			return nil
		})
		if err != nil {
			return err
		}
		units := map[uuid.UUID]org.UnitID{}
		for _, one := range all {
			units[one.ID] = one.Unit
		}
		acts := seeds.Proof(plan, all, today)
		for _, turn := range []func(seeds.Act) bool{
			func(a seeds.Act) bool { return a.Photo != nil && !a.Photo.Copied },
			func(a seeds.Act) bool { return a.Photo != nil && a.Photo.Copied },
			func(a seeds.Act) bool { return a.Inspection != nil },
		} {
			work, ctx := errgroup.WithContext(s.ctx)
			work.SetLimit(atOnce)
			for _, act := range acts {
				if turn(act) {
					work.Go(func() error { return p.demoAct(ctx, plan, units[act.Placement], act) })
				}
			}
			if err := work.Wait(); err != nil {
				return err
			}
		}
		if err := p.demoVerdicts(s.ctx, plan, acts); err != nil {
			return err
		}
	}
	return nil
}

// demoOffice is the office of the demonstration.
func demoOffice(plan *campaign.Plan) audit.Actor {
	return audit.Actor{ID: "演示", Name: "演示", Campaign: plan.Campaign.ID, Reference: "demo", Role: audit.RoleOffice}
}

// demoAct takes one photo or visit in at its own time.
func (p *program) demoAct(ctx context.Context, plan *campaign.Plan, unit org.UnitID, act seeds.Act) error {
	in := p.ingest.At(func() time.Time { return act.At })
	if act.Inspection != nil {
		_, _, err := in.Inspection(ctx, demoOffice(plan), plan, *act.Inspection)
		return err
	}
	actor := demoOffice(plan)
	actor.Role, actor.Unit = audit.RoleUnit, string(unit)
	meta := ingest.PhotoMeta{ID: uuid.NewSHA1(act.Placement, []byte(act.At.String())), File: act.Photo.File, Source: placement.FromUpload}
	if known, err := p.placements.HasPhoto(ctx, plan.Campaign.ID, meta.ID); known || err != nil {
		return err // of an earlier first start: the picture needn't be drawn again
	}
	_, _, err := in.Photo(ctx, actor, plan, act.Placement, meta, bytes.NewReader(act.Photo.Body()))
	return err
}

// demoVerdicts gives the judgements of each day at once, as an office does. One that was
// given by an earlier first start is no error.
func (p *program) demoVerdicts(ctx context.Context, plan *campaign.Plan, acts []seeds.Act) error {
	byDay := map[time.Time][]placement.Verdict{}
	for _, act := range acts {
		if act.Verdict != nil {
			byDay[act.At] = append(byDay[act.At], *act.Verdict)
		}
	}
	for _, at := range slices.SortedFunc(maps.Keys(byDay), time.Time.Compare) {
		for part := range slices.Chunk(byDay[at], 100) {
			if _, err := p.ingest.At(func() time.Time { return at }).Review(ctx, demoOffice(plan), plan, part); err != nil {
				return err
			}
		}
	}
	return nil
}

// loadDemoSheets registers what paper the demonstration's distributor was given. A step that an
// earlier first start has registered is not taken again.
func (p *program) loadDemoSheets(s *session) error {
	for _, one := range seeds.Sheets("diaocha") {
		held, err := p.surveys.Wave(s.ctx, one.Campaign, survey.WaveID(one.Wave))
		if err != nil {
			return err
		}
		past, err := p.surveys.SheetHistory(s.ctx, one.Campaign, held.Thing.ID, one.Move.Spans[0].From())
		if err != nil {
			return err
		}
		if slices.ContainsFunc(past, func(s survey.Sheet) bool { return s.Step == one.Move.Step }) {
			continue
		}
		actor := audit.Actor{ID: "演示", Name: "演示", Campaign: one.Campaign, Reference: "demo", Role: audit.RoleOffice}
		if _, err := p.surveys.MoveSheets(s.ctx, actor, one.Campaign, held.Thing, one.Move); err != nil {
			return fmt.Errorf("sheets of %s: %w", one.Wave, err)
		}
	}
	return nil
}

// demoPeople are the sign-ins of the demonstration.
var demoPeople = []auth.Person{
	{Login: "office", Name: "创建办（演示）", Role: audit.RoleOffice},
	{Login: "zhujian", Name: "住建局经办（演示）", Role: audit.RoleUnit, Campaign: "feicheng", Unit: "zhujianju"},
	{Login: "jiaoyu", Name: "教育局经办（演示）", Role: audit.RoleUnit, Campaign: "feicheng", Unit: "jiaoyuju"},
	{Login: "diaocha", Name: "问卷发放员（演示）", Role: audit.RoleDistributor, Campaign: "feicheng", Unit: "xincheng"},
	{Login: "zhuanjia", Name: "验收专家（演示）", Role: audit.RoleInspector, Campaign: "feicheng", Parts: auth.Parts},
	{Login: "shenji", Name: "审计员（演示）", Role: audit.RoleAuditor, Campaign: "feicheng"},
	{Login: "guanli", Name: "系统管理员（演示）", Role: audit.RoleAdmin},
}

// demoAccounts makes the sign-ins with random passwords and gives them in words.
func (p *program) demoAccounts(s *session) (string, error) {
	actor := audit.System("demo")
	var words strings.Builder
	fmt.Fprintln(&words, "演示账号：")
	for _, person := range demoPeople {
		password := auth.RandomPassword()
		_, err := p.auth.AddPerson(s.ctx, actor, person, password)
		if known, ok := problem.As(err); ok && known.Kind == problem.KindConflict {
			err = p.auth.RestorePassword(s.ctx, actor, person.Login, password) // a first start that broke off
		}
		if err != nil {
			return "", fmt.Errorf("account %s: %w", person.Login, err)
		}
		fmt.Fprintf(&words, "  %-8s  %s  %s\n", person.Login, password, person.Name)
	}
	return words.String(), nil
}
