package backup

import (
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
	c := Clerk{Source: Source{DB: db, Log: audit.NewLog(db), Data: data}, Schedule: &Schedule{Folder: folder, Every: 7, Days: 1}, Log: slog.New(slog.DiscardHandler)}
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
