package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/ingest"
	"shuixuan/seeds"
)

// accountsFile keeps the demonstration sign-ins. It is written last: as long as it
// isn't there the demonstration is loaded (again), which adds nothing twice.
const accountsFile = "demo-accounts.txt"

// loadDemo loads the shipped campaigns and the demonstration through the intake on the
// first start, and prints the sign-ins.
func (p *program) loadDemo(s *session) error {
	path := filepath.Join(s.cli.Data, accountsFile)
	if _, err := os.Stat(path); err == nil {
		s.say("演示账号见 %s", path)
		return nil
	}
	s.say("首次启动，正在载入演示数据……")
	for _, id := range seeds.Campaigns() {
		if err := p.loadSeed(s, id); err != nil {
			return fmt.Errorf("campaign %s: %w", id, err)
		}
	}
	if err := p.loadDemoFiles(s); err != nil {
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

// loadSeed loads units, plan and questionnaire of a shipped campaign and marks it as a
// demonstration.
func (p *program) loadSeed(s *session, id string) error {
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
	plan, err := p.campaigns.Plan(s.ctx, id)
	if err != nil {
		return err
	}
	plan.Campaign.Demo = true
	_, err = p.campaigns.PutCampaign(s.ctx, actor, plan.Campaign, plan.Revision)
	return err
}

// loadDemoFiles hands the demonstration's ledgers and answer sheets to the intake, each
// on its own day, as if its unit had sent it.
func (p *program) loadDemoFiles(s *session) error {
	files, err := seeds.Demo()
	if err != nil {
		return err
	}
	var day time.Time
	in := ingest.New(p.parts(func() time.Time { return day }))
	for _, f := range files {
		day = f.Day
		if err := p.loadDemoFile(s, in, f); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", f.Name, err), in.Close(s.ctx))
		}
	}
	return in.Close(s.ctx)
}

func (p *program) loadDemoFile(s *session, in *ingest.Ingest, f seeds.File) error {
	plan, err := p.campaigns.Plan(s.ctx, f.Campaign)
	if err != nil {
		return err
	}
	kept, err := in.Originals().Keep(s.ctx, f.Name, bytes.NewReader(f.Body), fileLimit)
	if err != nil {
		return err
	}
	defer kept.Close()
	actor := audit.Actor{ID: "demo", Name: "演示", Campaign: f.Campaign, Unit: f.Unit, Reference: "demo", Role: audit.RoleUnit}
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

// demoPeople are the sign-ins of the demonstration.
var demoPeople = []auth.Person{
	{Login: "office", Name: "创建办（演示）", Role: audit.RoleOffice},
	{Login: "zhujian", Name: "住建局经办（演示）", Role: audit.RoleUnit, Campaign: "feicheng", Unit: "zhujianju"},
	{Login: "jiaoyu", Name: "教育局经办（演示）", Role: audit.RoleUnit, Campaign: "feicheng", Unit: "jiaoyuju"},
	{Login: "diaocha", Name: "问卷发放员（演示）", Role: audit.RoleDistributor, Campaign: "feicheng", Unit: "xincheng"},
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
			err = p.auth.ResetPassword(s.ctx, actor, person.Login, password) // a first start that broke off
		}
		if err != nil {
			return "", fmt.Errorf("account %s: %w", person.Login, err)
		}
		fmt.Fprintf(&words, "  %-8s  %s  %s\n", person.Login, password, person.Name)
	}
	return words.String(), nil
}
