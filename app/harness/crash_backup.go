package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// killBackup: the server, while it makes a backup that a command has asked for and rows come
// in. A file of that name is whole, or there is none and the next try makes it; restored
// elsewhere it holds every row that was acknowledged before it was begun.
func (c *crashing) killBackup(ctx context.Context) (func(context.Context) error, error) {
	out := filepath.Join(c.folder, fmt.Sprintf("backup-%d.tar", c.round))
	before := c.ledger.acknowledged()
	limited, cancel := context.WithTimeout(ctx, patience)
	cmd := c.command(limited, "backup", "--out", out)
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if err := c.untilAsked(ended); err != nil {
		cancel()
		return nil, err
	}
	open, err := c.sendUntilKilled(ctx, 2, 0, c.within("backup", 2*time.Second), func(_ *sender, n int, random *rand.Rand) (*parcel, error) {
		return c.ledger.entry(c.mark(n), false, random), nil
	})
	_, missing := os.Stat(out)
	c.landed("backup", missing != nil)
	if err != nil {
		cancel()
		return nil, errors.Join(err, <-ended)
	}
	return func(ctx context.Context) error {
		defer cancel()
		if err := c.sendAgain(ctx, open); err != nil {
			return err
		}
		failed := <-ended
		if limited.Err() != nil {
			return errors.New("a command that asked for a backup waits for a server that was killed")
		}
		switch _, err := os.Stat(out); {
		case errors.Is(err, fs.ErrNotExist) && failed == nil:
			return fmt.Errorf("%s was told to be made, and there is none", out)
		case errors.Is(err, fs.ErrNotExist):
			before = c.ledger.acknowledged()
			if err := c.do(ctx, nil, "backup", "--out", out); err != nil {
				return err
			}
		case err != nil:
			return err
		}
		return c.restored(ctx, out, before)
	}, nil
}

// untilAsked waits until a command has left with the server what it asks for. One that finds the
// server killed before that holds the folder itself, and nobody can recount the trail beside it.
func (c *crashing) untilAsked(ended <-chan error) error {
	if c.dsn != "" { // there the command works beside the server and asks nobody
		return nil
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if asks, _ := filepath.Glob(filepath.Join(c.data(), "backup-asks", "*.ask")); len(asks) > 0 {
			return nil
		}
		select {
		case err := <-ended:
			return fmt.Errorf("a command that asks for a backup ended before the server heard of it: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return errors.New("a command that asks for a backup says nothing to the server")
}

// restored checks a backup, restores it into an empty folder, and compares what is there with
// what was acknowledged when it was begun.
func (c *crashing) restored(ctx context.Context, file string, before map[string]bool) error {
	if err := c.do(ctx, nil, "backup", "check", file); err != nil {
		return err
	}
	home := *c.ground
	home.folder = filepath.Join(c.folder, fmt.Sprintf("home-%d", c.round))
	if err := os.MkdirAll(home.folder, 0o750); err != nil {
		return err
	}
	if err := home.do(ctx, nil, "restore", file); err != nil {
		return err
	}
	there := &site{ground: &home}
	rows, err := there.exported(ctx)
	if err != nil {
		return err
	}
	if err := c.ledger.asOf(before).compare(rows).fault(); err != nil {
		return fmt.Errorf("restored from %s: %w", file, err)
	}
	if err := there.chain(ctx); err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(home.folder), os.Remove(file))
}

// acknowledged gives the marks that were acknowledged by now.
func (l *ledger) acknowledged() map[string]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	told := map[string]bool{}
	for mark, p := range l.sent {
		if p.told {
			told[mark] = true
		}
	}
	return told
}

// asOf gives the ledger as it was when so much was acknowledged: the rest may be there or not.
func (l *ledger) asOf(told map[string]bool) *ledger {
	l.mu.Lock()
	defer l.mu.Unlock()
	then := &ledger{sent: maps.Clone(l.sent)}
	for mark, p := range l.sent {
		other := *p
		other.told = told[mark]
		then.sent[mark] = &other
	}
	return then
}
