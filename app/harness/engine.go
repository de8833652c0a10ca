package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
)

// childVariable makes a test binary be the harness itself, so that its tests too can start
// the processes below.
const childVariable = "SHUIXUAN_HARNESS_CHILD"

// child prepares this program as another process: the engine has one folder for each.
func child(ctx context.Context, args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), childVariable+"=1")
	return cmd, nil
}

type engineCommand struct {
	Dir string `required:"" help:"Folder of the engine."`
}

// Run serves the engine on a free port, which it prints, until it is told to end.
func (c *engineCommand) Run(ctx context.Context) error {
	db, err := clickhouse.Open(ctx, clickhouse.Config{Dir: c.Dir, Pool: 8})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, db.Close())
	}
	server := &http.Server{Handler: db.Embedded().Handler(), ReadHeaderTimeout: time.Minute}
	go func() {
		<-ctx.Done()
		_ = server.Close() // who is still connected was killed
	}()
	fmt.Println("http://" + listener.Addr().String())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return errors.Join(err, db.Close())
	}
	return db.Close()
}

// engine starts the engine behind a port and gives its address and what ends it.
func engine(ctx context.Context, dir string) (dsn string, end func() error, err error) {
	cmd, err := child(ctx, "engine", "--dir", dir)
	if err != nil {
		return "", nil, err
	}
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	line, _, err := bufio.NewReader(out).ReadLine()
	if err != nil {
		return "", nil, errors.Join(errors.New("the engine says no address"), err, cmd.Wait())
	}
	return string(line) + "/" + clickhouse.DefaultDatabase, func() error {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			return err
		}
		return cmd.Wait()
	}, nil
}

// oldest is the schema that the oldest folder of these runs has: that of the first chain of
// audit events.
const oldest = 3

// newest is the number of the last migration.
func newest() int { return clickhouse.Newest() }

type pastCommand struct {
	Dir   string `required:"" help:"Folder of the engine."`
	Until int    `required:"" help:"Number of the last migration."`
	Rows  int    `required:"" help:"How many placements and responses."`
	Check bool   `help:"Look whether they are there, after an upgrade."`
}

// Run makes a folder as a version before left it, or looks at it after an upgrade.
func (c *pastCommand) Run(ctx context.Context) error {
	db, err := clickhouse.Open(ctx, clickhouse.Config{Dir: c.Dir})
	if err != nil {
		return err
	}
	if c.Check {
		return errors.Join(c.check(ctx, db), db.Close())
	}
	return errors.Join(c.make(ctx, db), db.Close())
}

// past runs the command as another process.
func past(ctx context.Context, dir string, until, rows int, check bool) error {
	cmd, err := child(ctx, "past", "--dir", dir, "--until", fmt.Sprint(until), "--rows", fmt.Sprint(rows), fmt.Sprintf("--check=%t", check))
	if err != nil {
		return err
	}
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, said)
	}
	return nil
}

func (c *pastCommand) make(ctx context.Context, db *clickhouse.DB) error {
	if err := db.MigrateUntil(ctx, uint32(c.Until)); err != nil {
		return err
	}
	if err := c.add(ctx, db, c.Rows); err != nil {
		return err
	}
	log := audit.NewLog(db)
	log.KeepHead(filepath.Join(c.Dir, audit.HeadFile), nil)
	err := log.Record(ctx, audit.Event{Actor: audit.System("past"), Verb: "placement.log", Campaign: campaignID, Kind: "placement"})
	return errors.Join(err, log.Close())
}

// add writes rows with the columns that every version knows.
func (c *pastCommand) add(ctx context.Context, db *clickhouse.DB, rows int) error {
	now := time.Now().UTC()
	err := db.Insert(ctx, `INSERT INTO placement_revisions (campaign, id, revision, place, quantity, recorded_on, recorded_at)`, func(b driver.Batch) error {
		for n := range rows {
			if err := b.Append(campaignID, uuid.New(), uint32(1), fmt.Sprint(n), 1.0, now, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return db.Insert(ctx, `INSERT INTO response_revisions (campaign, wave, id, revision, number, recorded_on, recorded_at)`, func(b driver.Batch) error {
		for n := range rows {
			if err := b.Append(campaignID, waveID, uuid.New(), uint32(1), fmt.Sprint(n), now, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// check looks for every row once, and whether a new one reaches the table of current rows.
func (c *pastCommand) check(ctx context.Context, db *clickhouse.DB) error {
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	if err := c.add(ctx, db, 1); err != nil {
		return err
	}
	for _, table := range []string{"placements", "responses"} {
		var there, ids uint64
		if err := db.QueryRow(ctx, "SELECT count(), uniqExact(id) FROM "+table+" FINAL").Scan(&there, &ids); err != nil {
			return err
		}
		if want := uint64(c.Rows + 1); there != want || ids != want {
			return fmt.Errorf("%s: %d rows of %d ids, want %d", table, there, ids, want)
		}
	}
	return nil
}
