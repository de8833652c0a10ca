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

// Last is the newest time not after now at which a backup is due, and Next the one behind it.
func (s Schedule) Last(now time.Time) time.Time {
	year, month, day := now.In(china).Date()
	due := time.Date(year, month, day, 0, 0, 0, 0, china).Add(s.At)
	if due.After(now) {
		due = due.AddDate(0, 0, -1)
	}
	return due
}

// Next is the first time after now at which a backup is due.
func (s Schedule) Next(now time.Time) time.Time { return s.Last(now).AddDate(0, 0, 1) }

// Kept is a backup in a folder.
type Kept struct {
	Head
	Path  string
	Bytes int64
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
		if f.Installation == installation && installation != "" {
			all = append(all, Kept{f.Head, path, f.size})
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
	if len(newest.Chain) > 0 {
		at := slices.IndexFunc(all, func(k Kept) bool { return k.ID == newest.Chain[0].ID })
		if at < 0 {
			return "" // its first one is gone
		}
		began = all[at].At
	}
	// Half a day of grace: a backup takes its time, and so the next may seem early.
	if now.Sub(began) > time.Duration(s.Every)*24*time.Hour-12*time.Hour {
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
	if err == nil && len(all) > 0 && !all[0].At.Before(c.Schedule.Last(now)) {
		return
	}
	var result Result
	if err == nil {
		result, err = c.due(ctx, all, now)
	}
	if err != nil {
		c.retry = now.Add(pause)
		if !errors.Is(err, context.Canceled) {
			c.Log.Error("the scheduled backup was not made", "folder", c.Schedule.Folder, "reason", Reason(err), "error", err.Error())
		}
		return
	}
	c.Log.Info("backup made", "file", result.File, "kind", result.Kind, "bytes", result.Bytes, "rows", result.Rows)
	if len(result.Rotten) > 0 {
		c.Log.Error("originals are no longer what their names say", "count", len(result.Rotten), "first", result.Rotten[0])
	}
	if err := c.clear(ctx); err != nil {
		c.Log.Error("old backups were not removed", "error", err.Error())
	}
}

func (c *Clerk) due(ctx context.Context, all []Kept, now time.Time) (Result, error) {
	order := Order{Key: c.Schedule.Key, Base: c.Schedule.base(all, now), By: audit.System("backup-schedule")}
	kind := Full
	if order.Base != "" {
		kind = Incremental
	}
	order.Out = filepath.Join(c.Schedule.Folder, FileName(now, kind, order.Key))
	return c.Make(ctx, order, func(int64, int64, string) {})
}

// clear removes the backups that are old enough, each with an audit event before it goes.
func (c *Clerk) clear(ctx context.Context) error {
	all, err := List(c.Schedule.Folder, installation(c.Data), c.Schedule.Key)
	if err != nil {
		return err
	}
	for _, k := range c.Schedule.old(all) {
		event := audit.Event{Actor: audit.System("backup-schedule"), Verb: "backup.remove", Kind: "backup", Thing: k.ID, Before: asJSON(map[string]any{"file": k.Path, "at": k.At, "kind": k.Kind})}
		if err := errors.Join(c.Source.Log.Record(ctx, event), os.Remove(k.Path)); err != nil {
			return err
		}
		c.Log.Info("old backup removed", "file", k.Path)
	}
	return nil
}
