package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"

	"shuixuan/app/audit"
	"shuixuan/app/chromium"
	"shuixuan/app/internal/dossiers"
	"shuixuan/dashboards/seal"
)

type reportCommand struct {
	Campaign string   `required:"" help:"Id of the campaign." placeholder:"C"`
	Wave     []string `help:"Id of a wave, may be repeated; without it all waves." placeholder:"W"`
	Out      string   `required:"" help:"Folder for the dossier, one .zip." placeholder:"DIR"`
}

// Run seals a dossier of what is recorded until now. The file is also kept in the data folder,
// where the pages show it.
func (c *reportCommand) Run(s *session) error {
	if info, err := os.Stat(c.Out); err != nil || !info.IsDir() {
		return wrongWords("--out 要写一个已有的文件夹，“%s”不是", c.Out)
	}
	return s.with(func(p *program) error {
		plan, err := p.campaigns.Plan(s.ctx, c.Campaign)
		if err != nil {
			return err
		}
		printer := chromium.New(s.log)
		defer printer.Close()
		all := dossiers.New(p.dossierParts(s, printer))
		bar := newBar(s)
		sealed, err := all.Now(s.ctx, audit.System("report"), c.Campaign, c.Wave, bar.step)
		bar.end()
		if err != nil {
			return err
		}
		name := filepath.Join(c.Out, seal.Clean(fmt.Sprintf("%s-验收卷宗-%s.zip", plan.Campaign.Short, sealed.Cutoff.In(time.FixedZone("CST", 8*60*60)).Format("20060102-150405"))))
		from, err := all.Open(sealed)
		if err != nil {
			return err
		}
		defer from.Close()
		if err := copyTo(s.ctx, name, from); err != nil {
			return err
		}
		s.say("已封存：%s（%d字节，SHA-256 %s）。", name, sealed.Bytes, sealed.SHA256)
		s.say("签名公钥指纹：%s。核验：shuixuan verify %s", seal.Grouped(sealed.Key), name)
		return s.answer(map[string]any{"file": name, "id": sealed.ID, "cutoff": sealed.Cutoff, "bytes": sealed.Bytes, "sha256": sealed.SHA256, "key": sealed.Key})
	})
}

// copyTo writes a file beside its name first, so that a name never holds half of it.
func copyTo(ctx context.Context, name string, from io.Reader) error {
	temp, err := os.CreateTemp(filepath.Dir(name), ".dossier-*")
	if err != nil {
		return openProblem(name, err)
	}
	defer os.Remove(temp.Name()) // fails harmlessly once it has its name
	_, err = io.Copy(temp, from)
	if err := errors.Join(err, ctx.Err(), temp.Sync(), temp.Chmod(0o644), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), name)
}

// dossierParts are what dossiers are made with.
func (p *program) dossierParts(s *session, printer *chromium.Printer) dossiers.Parts {
	return dossiers.Parts{DB: p.db, Log: p.audit, Ingest: p.ingest, Printer: printer, Folder: filepath.Join(s.cli.Data, "dossiers"), Version: version, Logger: s.log, Clock: time.Now,
		Key: func() (ed25519.PrivateKey, error) {
			key, err := p.seal.Key()
			return key.Private, err
		}}
}

// bar shows how far a job is where somebody looks at a terminal.
type bar struct{ drawn *progressbar.ProgressBar }

func newBar(s *session) bar {
	terminal, ok := s.stderr.(*os.File)
	if !ok || !isTerminal(terminal) {
		return bar{}
	}
	return bar{progressbar.NewOptions64(1, progressbar.OptionSetWriter(terminal), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true), progressbar.OptionShowCount())}
}

func (b bar) step(done, of int64, doing string) {
	if b.drawn == nil {
		return
	}
	b.drawn.ChangeMax64(of)
	b.drawn.Describe(doing)
	_ = b.drawn.Set64(done)
}

func (b bar) end() {
	if b.drawn != nil {
		_ = b.drawn.Finish()
	}
}
