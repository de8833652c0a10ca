package main

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"shuixuan/analytics"
	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/sealkey"
	"shuixuan/app/survey"
	"shuixuan/ingest"
)

// program is everything a command may need, opened and wired.
type program struct {
	db         *clickhouse.DB
	audit      *audit.Log
	units      *org.Store
	campaigns  *campaign.Store
	placements *placement.Store
	surveys    *survey.Store
	originals  *ingest.Originals
	ingest     *ingest.Ingest
	reader     *analytics.Reader
	auth       *auth.Auth
	seal       *sealkey.Folder
}

// closeTime is how long Close waits for what was taken to become durable.
const closeTime = 30 * time.Second

// open opens the database, brings the tables up to date and wires the parts.
func open(ctx context.Context, data, dsn string, log *slog.Logger) (*program, error) {
	return openAt(ctx, data, clickhouse.Config{Dir: data, DSN: dsn, Log: log})
}

func openAt(ctx context.Context, data string, at clickhouse.Config) (*program, error) {
	db, err := clickhouse.Open(ctx, at)
	if err != nil {
		return nil, err
	}
	p := &program{db: db}
	if err := p.wire(ctx, data, at.Log); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return p, nil
}

func (p *program) wire(ctx context.Context, data string, log *slog.Logger) error {
	if err := p.db.Migrate(ctx); err != nil {
		return err
	}
	if ahead := p.db.Ahead(); ahead != "" {
		log.Warn("the database was brought up to date by a newer version, which this one serves beside; upgrade it soon", "migration", ahead, "knows", clickhouse.Newest())
	}
	var err error
	if p.originals, err = ingest.NewOriginals(filepath.Join(data, "originals")); err != nil {
		return err
	}
	p.seal = sealkey.In(data)
	p.audit = audit.NewLog(p.db)
	p.audit.KeepHead(filepath.Join(data, audit.HeadFile), log)
	p.units = org.NewStore(p.db, p.audit)
	p.campaigns = campaign.NewStore(p.db, p.audit, p.units)
	p.placements = placement.NewStore(p.db)
	p.surveys = survey.NewStore(p.db, p.audit)
	p.reader = analytics.NewReader(p.db).KeepClosed(version)
	p.auth = auth.New(p.db, p.audit, time.Now)
	p.ingest = ingest.New(p.parts(time.Now))
	return nil
}

// parts are what an intake with this clock stands on.
func (p *program) parts(clock func() time.Time) ingest.Parts {
	return ingest.Parts{DB: p.db, Log: p.audit, Originals: p.originals, Units: p.units, Campaigns: p.campaigns, Surveys: p.surveys, Clock: clock}
}

// Close ends the intake, so that everything it took is answered, then the audit trail,
// and then the database.
func (p *program) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	return errors.Join(p.ingest.Close(ctx), p.audit.Close(), p.db.Close())
}

// with runs a piece of work on an opened program and closes it.
func (s *session) with(work func(*program) error) error {
	settings := s.cli.SignIn.settings()
	if err := settings.Validate(); err != nil {
		return err
	}
	p, err := openAt(s.ctx, s.cli.Data, clickhouse.Config{Dir: s.cli.Data, DSN: s.cli.ClickHouse, Slow: s.cli.Slow, Log: s.log})
	if err != nil {
		return err
	}
	p.auth.Apply(settings)
	return errors.Join(work(p), p.Close())
}
