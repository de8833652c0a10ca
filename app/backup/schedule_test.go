package backup

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/keyset"
	"shuixuan/app/sealkey"
)

// TestTheClerk makes what is due and nothing else, a full one first and incremental ones on it,
// removes what nobody needs any more, and leaves one event for each.
func TestTheClerk(t *testing.T) {
	db := clickhousetest.Open(t)
	if db.Embedded() == nil {
		t.Skip("parts are of the embedded engine")
	}
	data, folder := t.TempDir(), t.TempDir()
	if _, err := sealkey.In(data).Key(); err != nil {
		t.Fatal(err)
	}
	foreign := small(t, "a.tar", nil, nil) // of another installation
	if err := os.Rename(foreign, filepath.Join(folder, "other.tar")); err != nil {
		t.Fatal(err)
	}
	c := Clerk{Source: Source{DB: db, Log: audit.NewLog(db), Data: data}, Schedule: &Schedule{Folder: folder, Every: 7, Days: 1}, Asks: Asks{data}, Log: slog.New(slog.DiscardHandler)}
	if err := c.Asks.open(); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	kinds := func() (all string) {
		t.Helper()
		list, err := List(folder, installation(data), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range list {
			all += string(k.Kind) + " "
			if sound, faults := check(t, k.Path, nil); !sound {
				t.Errorf("%s: %v", k.Path, faults)
			}
		}
		return strings.TrimSpace(all)
	}
	for _, step := range []struct {
		after time.Duration
		every int
		want  string
	}{
		{0, 7, "full"},
		{0, 7, "full"}, // it isn't due again
		{24 * time.Hour, 7, "incremental full"},
		{48 * time.Hour, 1, "full"}, // all are of today, and the newest stays
	} {
		c.Schedule.Every = step.every
		c.scheduled(t.Context(), now.Add(step.after))
		if got := kinds(); got != step.want {
			t.Errorf("after %s: %s, want %s", step.after, got, step.want)
		}
	}
	if left, _ := os.ReadDir(c.Asks.folder()); len(left) != 0 {
		t.Errorf("left of telling: %v", left)
	}
	if _, err := os.Stat(filepath.Join(folder, "other.tar")); err != nil {
		t.Errorf("a backup of another installation was removed: %v", err)
	}
	if _, err := c.Make(t.Context(), Order{Out: filepath.Join(folder, "other.tar")}, still); !strings.Contains(told(t, err), "已经有这个文件") {
		t.Errorf("over a file: %v", err)
	}
	c.Schedule.Folder = filepath.Join(folder, "gone")
	c.scheduled(t.Context(), now.Add(72*time.Hour))
	if !c.retry.After(now.Add(72 * time.Hour)) {
		t.Error("a schedule without its folder is tried again at once")
	}
	for verb, want := range map[string]int{"backup.make": 3, "backup.remove": 2, "backup.failed": 1} {
		events, _, err := c.Source.Log.Newest(t.Context(), audit.Filter{Verb: verb}, keyset.Cursor{}, 10)
		if err != nil || len(events) != want {
			t.Errorf("%d events %s, %v, want %d", len(events), verb, err, want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(folder, unfinished+"*")); len(left) > 0 {
		t.Errorf("left half written: %v", left)
	}
}

// TestAFullBackupGoesLast: where the newest series has rotted on its disk nothing older is removed,
// and the next one is full.
func TestAFullBackupGoesLast(t *testing.T) {
	folder := t.TempDir()
	place := func(id string, chain ...Ref) Kept {
		path := filepath.Join(folder, id)
		if err := os.Rename(small(t, id, nil, func(m *Manifest) { m.Chain = chain }), path); err != nil {
			t.Fatal(err)
		}
		return Kept{Head: Head{ID: id, Chain: chain}, Path: path}
	}
	sunday := place("sunday")
	monday := place("monday", Ref{"sunday", "sunday"})
	c := Clerk{Schedule: &Schedule{Folder: folder}}
	if err := c.good(t.Context(), monday); err != nil || c.full {
		t.Errorf("a series that is whole: %v", err)
	}
	body, err := os.ReadFile(sunday.Path)
	if err != nil {
		t.Fatal(err)
	}
	body[bytes.Index(body, []byte("an original"))] ^= 1
	if err := os.WriteFile(sunday.Path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	if words := told(t, c.good(t.Context(), monday)); !strings.Contains(words, "files/originals/ab/abc") || !c.full {
		t.Errorf("a series that has rotted: %s", words)
	}
}

// TestWithoutAKeyOfItsOwn an installation makes one backup a day and removes none.
func TestWithoutAKeyOfItsOwn(t *testing.T) {
	folder := t.TempDir()
	path := small(t, "a.tar", nil, func(m *Manifest) { m.Installation = "" })
	if err := os.Rename(path, filepath.Join(folder, "a.tar")); err != nil {
		t.Fatal(err)
	}
	c := Clerk{Source: Source{Data: t.TempDir()}, Schedule: &Schedule{Folder: folder}}
	all, err := List(folder, installation(c.Data), nil)
	if err != nil || len(all) != 1 {
		t.Errorf("its backups: %v, %v", all, err)
	}
	if err := c.clear(t.Context(), time.Now()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(folder, "a.tar")); err != nil {
		t.Error(err)
	}
}
