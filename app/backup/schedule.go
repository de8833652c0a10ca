package backup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"shuixuan/app/audit"
)

// Schedule is how a running server backs itself up: every day at one time into one folder,
// where a full backup begins a series of incremental ones.
type Schedule struct {
	Folder string
	At     time.Duration // since midnight in China
	Every  int           // days from one full backup to the next; 1: all are full
	Days   int           // of so many days the newest is kept
	Weeks  int           // and of so many weeks
	Key    *Key
}

// ParseClock reads a time of day as in 02:30.
func ParseClock(text string) (time.Duration, error) {
	at, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("“%s”不是时间，请写成 02:30", text)
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, nil
}

// Last is the newest time not after now at which a backup is due.
func (s Schedule) Last(now time.Time) time.Time {
	year, month, day := now.In(china).Date()
	due := time.Date(year, month, day, 0, 0, 0, 0, china).Add(s.At)
	if due.After(now) {
		due = due.AddDate(0, 0, -1)
	}
	return due
}

// Kept is a backup in a folder.
type Kept struct {
	Head
	Path      string
	Encrypted bool
}

// List gives the backups of an installation in a folder, the newest first. What is something
// else, or can't be opened with the key, is left out.
func List(folder, installation string, key *Key) ([]Kept, error) {
	if _, err := os.Stat(folder); err != nil {
		return nil, cantWrite(filepath.Join(folder, "x"), err)
	}
	var all []Kept
	for _, path := range identify(folder, key) {
		f, err := Open(path, key)
		if err != nil {
			continue // removed just now
		}
		if f.Installation == installation {
			all = append(all, Kept{f.Head, path, f.Encrypted})
		}
		f.Close()
	}
	slices.SortFunc(all, func(a, b Kept) int {
		if c := b.At.Compare(a.At); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all, nil
}

// early is how far the clock may have been set back since a backup was made.
const early = time.Hour

// past are those of a list that the clock has reached. A clock that ran ahead for a while leaves
// backups of days to come: they would stand for those days and for every day until then.
func past(all []Kept, now time.Time) []Kept {
	return slices.DeleteFunc(slices.Clone(all), func(k Kept) bool { return k.At.After(now.Add(early)) })
}

// old are those of a list, the newest first, that may go: not the newest of the last days and
// weeks that have one, and needed by none of these.
func (s Schedule) old(all []Kept) []Kept {
	keep := map[string]bool{}
	days, weeks := map[string]bool{}, map[string]bool{}
	for i, k := range all {
		at := k.At.In(china)
		year, week := at.ISOWeek()
		day, ofWeek := at.Format(time.DateOnly), fmt.Sprint(year, week)
		stays := i == 0
		if !days[day] && len(days) < max(1, s.Days) {
			days[day], stays = true, true
		}
		if !weeks[ofWeek] && len(weeks) < s.Weeks {
			weeks[ofWeek], stays = true, true
		}
		if !stays {
			continue
		}
		keep[k.ID] = true
		for _, ref := range k.Chain {
			keep[ref.ID] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(k Kept) bool { return keep[k.ID] })
}

// base is the backup that the next one stands on; empty: it is to be full.
func (s Schedule) base(all []Kept, now time.Time) string {
	if len(all) == 0 || s.Every <= 1 {
		return ""
	}
	newest := all[0]
	began := newest.At
	for _, ref := range newest.Chain {
		at := slices.IndexFunc(all, func(k Kept) bool { return k.ID == ref.ID })
		if at < 0 || all[at].Encrypted != (s.Key != nil) {
			return "" // one of its series is gone, or lies open while what comes now is encrypted
		}
		if all[at].At.Before(began) {
			began = all[at].At
		}
	}
	// Half a day of grace: a backup takes its time, and so the next may seem early.
	if newest.Encrypted != (s.Key != nil) || now.Sub(began) > time.Duration(s.Every)*24*time.Hour-12*time.Hour {
		return ""
	}
	return newest.Path
}

// FileName is how a scheduled backup is called.
func FileName(at time.Time, kind Kind, key *Key) string {
	name := "shuixuan-" + at.In(china).Format("20060102-150405") + "-" + string(kind) + ".tar"
	if key != nil {
		name += ".age"
	}
	return name
}

// Clerk makes the backups of a running server: those of the schedule and those that a command
// asks for, one at a time.
type Clerk struct {
	Source
	Schedule *Schedule // nil: none
	Asks     Asks
	Log      *slog.Logger

	retry time.Time // not before: the last one failed
	full  bool      // the next one, since the newest series is damaged
}

const (
	look  = 500 * time.Millisecond // how often asks are looked for
	pause = time.Hour              // until a scheduled backup that failed is tried again
)

// Run works until the context ends.
func (c *Clerk) Run(ctx context.Context) {
	if err := c.Asks.open(); err != nil {
		c.Log.Error("backups can't be asked for", "error", err.Error())
	}
	if c.Schedule != nil {
		if err := sweep(c.Schedule.Folder); err != nil {
			c.Log.Error("what was left half written can't be removed", "folder", c.Schedule.Folder, "error", err.Error())
		}
	}
	tick := time.NewTicker(look)
	defer tick.Stop()
	var checked time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if ask, is := c.Asks.next(); is {
			c.answer(ctx, ask)
		}
		if now := time.Now(); c.Schedule != nil && now.Sub(checked) > time.Minute && now.After(c.retry) {
			checked = now
			c.scheduled(ctx, now)
		}
	}
}

// scheduled makes the backup that is due, where it hasn't been made.
func (c *Clerk) scheduled(ctx context.Context, now time.Time) {
	all, err := List(c.Schedule.Folder, installation(c.Data), c.Schedule.Key)
	all = past(all, now)
	if err == nil && len(all) > 0 && !all[0].At.Before(c.Schedule.Last(now)) {
		return
	}
	var result Result
	if err == nil {
		err = c.telling(ctx, ask{ID: "schedule"}, func(ctx context.Context, step Step) (Result, error) {
			var err error
			result, err = c.due(ctx, all, now, step)
			return result, err
		})
	}
	if err != nil {
		c.retry = now.Add(pause)
		if !errors.Is(err, context.Canceled) {
			c.Log.Error("the scheduled backup was not made", "folder", c.Schedule.Folder, "reason", Reason(err), "error", err.Error())
		}
		return
	}
	c.full = false
	c.Log.Info("backup made", "file", result.File, "kind", result.Kind, "bytes", result.Bytes, "rows", result.Rows)
	if len(result.Rotten) > 0 {
		c.Log.Error("originals are no longer what their names say", "count", len(result.Rotten), "first", result.Rotten[0])
	}
	if err := c.clear(ctx, now); err != nil {
		c.Log.Error("old backups were not removed", "reason", Reason(err), "error", err.Error())
	}
}

func (c *Clerk) due(ctx context.Context, all []Kept, now time.Time, step Step) (Result, error) {
	order := Order{Key: c.Schedule.Key, Base: c.Schedule.base(all, now), By: audit.System("backup-schedule")}
	if c.full {
		order.Base = ""
	}
	kind := Full
	if order.Base != "" {
		kind = Incremental
	}
	order.Out = filepath.Join(c.Schedule.Folder, FileName(now, kind, order.Key))
	return c.Make(ctx, order, step)
}

// clear removes the backups that are old enough, each with an audit event before it goes. An
// installation without a key of its own can't tell its backups from others' and removes none.
func (c *Clerk) clear(ctx context.Context, now time.Time) error {
	ours := installation(c.Data)
	if ours == "" {
		return nil
	}
	all, err := List(c.Schedule.Folder, ours, c.Schedule.Key)
	if err != nil {
		return err
	}
	all = past(all, now)
	old := c.Schedule.old(all)
	if slices.ContainsFunc(old, func(k Kept) bool { return k.Kind == Full }) {
		if err := c.good(ctx, all[0]); err != nil {
			return err
		}
	}
	for _, k := range old {
		event := audit.Event{Actor: audit.System("backup-schedule"), Verb: "backup.remove", Kind: "backup", Thing: k.ID, Before: asJSON(map[string]any{"file": k.Path, "at": k.At, "kind": k.Kind})}
		// One whose event isn't kept stays.
		if err := c.Source.Log.Record(ctx, event); err != nil {
			return err
		}
		if err := os.Remove(k.Path); err != nil {
			return err
		}
		c.Log.Info("old backup removed", "file", k.Path)
	}
	return nil
}

// good reads again what the newest backup stands on, before a full one goes: the disk may have lost
// it since it was written, and what goes may be the last that is whole.
func (c *Clerk) good(ctx context.Context, newest Kept) error {
	if len(newest.Chain) == 0 {
		return nil // it was read a moment ago
	}
	all, err := CheckChain(ctx, newest.Path, c.Schedule.Key, func(int64, int64, string) {})
	if err != nil {
		c.full = ctx.Err() == nil
		return err
	}
	for _, one := range all {
		if !one.Sound {
			c.full = true
			return damaged(one)
		}
	}
	return nil
}
