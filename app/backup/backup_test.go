package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
	"shuixuan/app/problem"
)

func still(int64, int64, string) {}

// small writes a backup of a few files, as of the schema of today; bend changes its manifest.
func small(t testing.TB, name string, key *Key, bend func(*Manifest)) string {
	t.Helper()
	steps, err := clickhouse.Schema()
	if err != nil {
		t.Fatal(err)
	}
	m := Manifest{Head: Head{Format: Format, ID: name, Kind: Full, Installation: "here", At: time.Date(2014, 9, 5, 1, 0, 0, 0, time.UTC), Schema: steps[len(steps)-1].Number, Content: Parts, Program: "test"}, Migrations: steps}
	if bend != nil {
		bend(&m)
	}
	path := filepath.Join(t.TempDir(), name)
	w, err := create(path, m.Head, key)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct{ name, body string }{{"files/originals/ab/abc", "an original"}, {"files/seal.pub", strings.Repeat("k", 700)}, {"files/empty", ""}} {
		if err := w.add(f.name, int64(len(f.body)), m.At, strings.NewReader(f.body)); err != nil {
			t.Fatal(err)
		}
	}
	m.Members = append(m.Members, w.members...)
	if err := w.finish(m); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Rename(w.file.Name(), path), w.file.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func newKey(t testing.TB) *Key {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	if _, err := NewKey(file); err != nil {
		t.Fatal(err)
	}
	key, err := ReadKey(file)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// told gives the words of a Problem, and fails where the error is none.
func told(t testing.TB, err error) string {
	t.Helper()
	p, is := problem.As(err)
	if !is {
		t.Fatalf("not told in words: %v", err)
	}
	words := p.Title + p.Detail
	for _, f := range p.Faults {
		words += f.Field + f.Why
	}
	return words
}

// check opens and checks a file; a refusal to open is a finding too.
func check(t testing.TB, path string, key *Key) (sound bool, members []string) {
	t.Helper()
	f, err := Open(path, key)
	if err != nil {
		told(t, err)
		return false, nil
	}
	defer f.Close()
	c, err := f.Check(t.Context(), still)
	if err != nil {
		told(t, err)
		return false, nil
	}
	for _, fault := range c.Faults {
		members = append(members, fault.Member)
	}
	return c.Sound, members
}

// TestEachByteCounts: no byte of the file can be another without a finding, and one of a
// member's content names that member.
func TestEachByteCounts(t *testing.T) {
	short := func(m *Manifest) { m.Migrations = nil }
	plain := small(t, "a.tar", nil, short)
	if sound, faults := check(t, plain, nil); !sound {
		t.Fatalf("as it was written: %v", faults)
	}
	body, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(t.TempDir(), "changed.tar")
	try := func(body []byte, key *Key) []string {
		t.Helper()
		if err := os.WriteFile(changed, body, 0o600); err != nil {
			t.Fatal(err)
		}
		sound, faults := check(t, changed, key)
		if sound {
			t.Error("not noticed")
		}
		return faults
	}
	original := bytes.Index(body, []byte("an original"))
	for i := range body {
		inside := i >= original && i < original+len("an original")
		if i%5 != 0 && !inside { // each of them takes ten seconds
			continue
		}
		other := slices.Clone(body)
		other[i] ^= 1
		faults := try(other, nil)
		if inside && !slices.Equal(faults, []string{"files/originals/ab/abc"}) {
			t.Errorf("byte %d of an original: %v", i, faults)
		}
		if t.Failed() {
			t.Fatalf("byte %d of %d", i, len(body))
		}
	}
	for _, size := range []int{0, 1, 511, 512, 4096, len(body) - 512, len(body) - 1} {
		try(body[:size], nil)
	}
	try(append(slices.Clone(body), 0), nil)
	try(append(slices.Clone(body), body[len(body)-512:]...), nil)

	key := newKey(t)
	body, err = os.ReadFile(small(t, "b.tar.age", key, short))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(body, []byte("an original")) {
		t.Error("an encrypted backup can be read")
	}
	for i := 0; i < len(body); i += 41 {
		other := slices.Clone(body)
		other[i] ^= 1
		try(other, key)
	}
}

// TestKeys: each way not to have the right one has words of its own.
func TestKeys(t *testing.T) {
	key := newKey(t)
	path := small(t, "a.tar.age", key, nil)
	if sound, faults := check(t, path, key); !sound {
		t.Errorf("by its key: %v", faults)
	}
	for want, other := range map[string]*Key{"需要密钥": nil, "密钥不对": newKey(t)} {
		if _, err := Open(path, other); !strings.Contains(told(t, err), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	file := filepath.Join(t.TempDir(), "key")
	for body, want := range map[string]string{"": "不是备份密钥", "AGE-SECRET-KEY-1XYZ": "不是备份密钥", "age1qqqq": "不是备份密钥"} {
		if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadKey(file); !strings.Contains(told(t, err), want) {
			t.Errorf("%q: %v", body, err)
		}
	}
	if _, err := ReadKey(file + "-none"); !strings.Contains(told(t, err), "打不开") {
		t.Errorf("no key: %v", err)
	}
	if _, err := NewKey(file); !strings.Contains(told(t, err), "已经有") {
		t.Errorf("over a file: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := NewKey(file); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []os.FileMode{0o600, 0o640, 0o644} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o007 != 0 {
			t.Errorf("others may read the key: %v %v", info, err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if k, err := ReadKey(file); err != nil || k.Exposed {
			t.Errorf("mode %s: %v %v", mode, k, err)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("a key open to others was read and stays so: %v %v", info, err)
	}
	if info, err := os.Stat(small(t, "c.tar", nil, nil)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read a backup: %v %v", info, err)
	}
}

// TestRefusedBeforeAnythingIsWritten: what can't be restored leaves the folder as it was.
func TestRefusedBeforeAnythingIsWritten(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(t.TempDir(), "none")
	for _, c := range []struct {
		file, folder, want string
	}{
		{small(t, "a", nil, nil), full, "文件夹不是空的"},
		{small(t, "b", nil, func(m *Manifest) { m.Schema = 900 }), none, "备份来自更新版本的水宣"},
		{small(t, "c", nil, func(m *Manifest) { m.Format = 2 }), none, "更新版本的水宣"},
		{small(t, "d", nil, func(m *Manifest) {
			m.Migrations = slices.Clone(m.Migrations)
			m.Migrations[3].SHA256 = "other"
		}), none, "0003_audit_chain 与本程序里的不同"},
		{small(t, "e", nil, func(m *Manifest) { m.Chain = []Ref{{"x", "周日.tar"}} }), none, "周日.tar"},
		{filepath.Join(full, "notes.txt"), none, "不是水宣的备份"},
		{full, none, "不是水宣的备份"},
		{filepath.Join(full, "nothing"), none, "打不开"},
	} {
		_, err := Restore(t.Context(), c.file, nil, Target{Data: c.folder}, still)
		if words := told(t, err); !strings.Contains(words, c.want) {
			t.Errorf("%s: %s, want %s", c.file, words, c.want)
		}
		if entries, _ := os.ReadDir(full); len(entries) != 1 {
			t.Errorf("%s: the folder holds %v", c.file, entries)
		}
		if _, err := os.Stat(none); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: a folder was made", c.file)
		}
	}
}

// TestAnEarlierFile that is there and can't be opened is told of otherwise than one that is gone.
func TestAnEarlierFile(t *testing.T) {
	key, other := newKey(t), newKey(t)
	base := small(t, "sunday.tar.age", other, nil)
	path := small(t, "monday.tar.age", key, func(m *Manifest) { m.Chain = []Ref{{"sunday.tar.age", "sunday.tar.age"}} })
	_, err := CheckChain(t.Context(), path, key, still)
	if words := told(t, err); !strings.Contains(words, "缺少它依据的备份") || !strings.Contains(words, "更早的完整备份") {
		t.Errorf("gone: %s", words)
	}
	if err := os.Rename(base, filepath.Join(filepath.Dir(path), "sunday.tar.age")); err != nil {
		t.Fatal(err)
	}
	_, err = CheckChain(t.Context(), path, key, still)
	if words := told(t, err); !strings.Contains(words, "密钥不对") || !strings.Contains(words, "sunday.tar.age") {
		t.Errorf("by another key: %s", words)
	}
}

// TestSomebodyWasFaster: where another program has taken the folder since it was seen to be empty,
// nothing of that one's is cleared away.
func TestSomebodyWasFaster(t *testing.T) {
	to := Target{Data: t.TempDir()}
	for _, c := range []struct {
		err  error
		left int
	}{{fmt.Errorf("open: %w", &clickhouse.ErrFolderInUse{}), 1}, {syscall.ENOSPC, 0}} {
		if err := os.WriteFile(filepath.Join(to.Data, "theirs"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		to.undo(false, c.err)
		if entries, _ := os.ReadDir(to.Data); len(entries) != c.left {
			t.Errorf("after %v there is left %v", c.err, entries)
		}
	}
}

// TestWhatIsKept: by day and by week, with what those need.
func TestWhatIsKept(t *testing.T) {
	first := time.Date(2014, 9, 1, 2, 30, 0, 0, china) // a Monday
	s := Schedule{Every: 7, Days: 3, Weeks: 2}
	var all []Kept
	for day := range 24 {
		k := Kept{Head: Head{ID: fmt.Sprint(day), At: first.AddDate(0, 0, day)}, Path: fmt.Sprint(day)}
		if base := s.base(all, k.At); base != "" {
			k.Chain = append(slices.Clone(all[0].Chain), Ref{ID: base})
		}
		all = append([]Kept{k}, all...)
	}
	var fulls, left []string
	gone := s.old(all)
	for _, k := range all {
		if len(k.Chain) == 0 {
			fulls = append(fulls, k.ID)
		}
		if !slices.ContainsFunc(gone, func(g Kept) bool { return g.ID == k.ID }) {
			left = append(left, k.ID)
		}
	}
	if got := strings.Join(fulls, " "); got != "21 14 7 0" {
		t.Errorf("full backups on the days %s", got)
	}
	// 23, 22, 21: the last three days, on the full one of 21; 20: the newest of the week before, with its chain.
	if got := strings.Join(left, " "); got != "23 22 21 20 19 18 17 16 15 14" {
		t.Errorf("kept: %s", got)
	}
	if base := s.base(slices.Delete(slices.Clone(all), 1, 2), first.AddDate(0, 0, 24)); base != "" {
		t.Errorf("an incremental backup on %s, of whose series one is gone", base)
	}
	s.Key = &Key{}
	if base := s.base(all, first.AddDate(0, 0, 24)); base != "" {
		t.Errorf("an encrypted backup on %s, which isn't", base)
	}
	s.Key = nil
	ahead := append([]Kept{{Head: Head{ID: "ahead", At: first.AddDate(9, 0, 0)}}}, all...)
	if got := past(ahead, first.AddDate(0, 0, 24)); len(got) != len(all) || got[0].ID != "23" {
		t.Errorf("of a clock that ran ahead: %s", got[0].ID)
	}
	if base := s.base(all[:2], first.AddDate(0, 0, 24)); base != "" {
		t.Errorf("an incremental backup on %s, whose first one is gone", base)
	}
	if only := (Schedule{Days: 1}).old(all[23:]); len(only) != 0 {
		t.Error("the only one goes")
	}
}

// TestTheHourOfABackup: the last time that was due.
func TestTheHourOfABackup(t *testing.T) {
	at, err := ParseClock("02:30")
	if err != nil {
		t.Fatal(err)
	}
	s := Schedule{At: at}
	for now, want := range map[string]string{"2014-09-05T02:29:59+08:00": "2014-09-04T02:30:00+08:00", "2014-09-05T02:30:00+08:00": "2014-09-05T02:30:00+08:00", "2014-09-04T18:31:00Z": "2014-09-05T02:30:00+08:00"} {
		instant, _ := time.Parse(time.RFC3339, now)
		if got := s.Last(instant).Format(time.RFC3339); got != want {
			t.Errorf("at %s the last was due %s, want %s", now, got, want)
		}
	}
	for _, bad := range []string{"", "2", "24:00", "2:30pm"} {
		if _, err := ParseClock(bad); err == nil {
			t.Errorf("%q is a time", bad)
		}
	}
}

// TestHalfWrittenFilesGo: those of programs that were killed, and not one that is being written.
func TestHalfWrittenFilesGo(t *testing.T) {
	dir := t.TempDir()
	w, err := create(filepath.Join(dir, "a.tar"), Head{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{unfinished + "123", "keep.tar"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := sweep(dir); err != nil {
		t.Fatal(err)
	}
	left, _ := os.ReadDir(dir)
	if len(left) != 2 || left[0].Name() != filepath.Base(w.file.Name()) || left[1].Name() != "keep.tar" {
		t.Errorf("left: %v", left)
	}
	w.abandon()
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("abandoned: %v", left)
	}
}

// TestADiskThatFills: nothing stays, and it is told.
func TestADiskThatFills(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("no small disk can be mounted here (only root may): %v", err)
	}
	defer syscall.Unmount(dir, syscall.MNT_DETACH)
	if err := room(dir, 1); !strings.Contains(told(t, err), "磁盘空间不够") {
		t.Errorf("got %v", err)
	}
	w, err := create(filepath.Join(dir, "a.tar"), Head{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = w.add("files/large", 4<<20, time.Time{}, bytes.NewReader(make([]byte, 4<<20)))
	err = errors.Join(err, w.behind.Close()) // the disk may be full only after the last byte was taken
	if words := told(t, cantWrite(filepath.Join(dir, "a.tar"), err)); !strings.Contains(words, "磁盘满了") {
		t.Errorf("told: %s", words)
	}
	w.abandon()
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// TestNobodyAnswers: a folder that is in use by something that is no server.
func TestNobodyAnswers(t *testing.T) {
	data := t.TempDir()
	a := Asks{Data: data}
	if _, err := a.Ask(t.Context(), "x", "", "", audit.Actor{}, still); !strings.Contains(told(t, err), "没有应答") {
		t.Errorf("got %v", err)
	}
	if err := a.open(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), look)
	defer cancel()
	if _, err := a.Ask(ctx, "x", "", "", audit.Actor{}, still); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if one, is := a.next(); is {
		t.Errorf("it is still asked for %+v", one)
	}
	if info, err := os.Stat(a.folder()); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("others may ask: %v", info)
	}
}
