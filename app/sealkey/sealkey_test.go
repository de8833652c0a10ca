package sealkey_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"shuixuan/app/problem"
	"shuixuan/app/sealkey"
	"shuixuan/dashboards/seal"
)

func made(t *testing.T, dir string) sealkey.Key {
	t.Helper()
	key, err := sealkey.In(dir).Key()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestTheKeyIsMadeOnce(t *testing.T) {
	dir := t.TempDir()
	if _, err := sealkey.In(dir).Public(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before it is made: %v", err)
	}
	first := made(t, dir)
	if again := made(t, dir); !again.Private.Equal(first.Private) {
		t.Error("the second time it is another key")
	}
	if got := names(t, dir); !slices.Equal(got, []string{sealkey.SecretFile, sealkey.PublicFile}) {
		t.Errorf("the folder holds %v", got)
	}
	info, err := os.Stat(filepath.Join(dir, sealkey.SecretFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the secret has the mode %v, %v", info.Mode(), err)
	}
	public, err := sealkey.In(dir).Public()
	if err != nil || !public.Equal(first.Public()) || first.Fingerprint() != seal.Fingerprint(public) {
		t.Errorf("the public file holds %v, %v", public, err)
	}
	if !ed25519.Verify(public, []byte("x"), ed25519.Sign(first.Private, []byte("x"))) {
		t.Error("what the key signs isn't verified by it")
	}
}

// TestTwoServersOfOneFolder start at the same moment.
func TestTwoServersOfOneFolder(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		keys := make([]sealkey.Key, 8)
		var all sync.WaitGroup
		for i := range keys {
			all.Go(func() {
				var err error
				if keys[i], err = sealkey.In(dir).Key(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for _, one := range keys {
			if !bytes.Equal(one.Private, keys[0].Private) {
				t.Fatal("two servers have two keys")
			}
		}
		if got := names(t, dir); len(got) != 2 {
			t.Errorf("the folder holds %v", got)
		}
	}
}

// TestWhatIsWrongWithTheFiles: whatever became of them, no other key takes their place, and
// the one who can mend it is told how.
func TestWhatIsWrongWithTheFiles(t *testing.T) {
	other := t.TempDir()
	made(t, other)
	for what, one := range map[string]struct {
		spoil func(dir string) error
		says  string
	}{
		"the secret is lost":      {func(dir string) error { return os.Remove(filepath.Join(dir, sealkey.SecretFile)) }, "封存密钥不见了"},
		"the secret is empty":     {func(dir string) error { return os.WriteFile(filepath.Join(dir, sealkey.SecretFile), nil, 0o600) }, "已损坏"},
		"the secret is torn":      {func(dir string) error { return os.Truncate(filepath.Join(dir, sealkey.SecretFile), 60) }, "已损坏"},
		"the public file is torn": {func(dir string) error { return os.Truncate(filepath.Join(dir, sealkey.PublicFile), 60) }, "已损坏"},
		"the secret is another's": {func(dir string) error { return copied(other, dir, sealkey.SecretFile) }, "不是一对"},
		"the secret is a folder": {func(dir string) error {
			file := filepath.Join(dir, sealkey.SecretFile)
			return errors.Join(os.Remove(file), os.Mkdir(file, 0o700))
		}, "读不出来"},
	} {
		dir := t.TempDir()
		before, backup := made(t, dir), t.TempDir()
		if err := errors.Join(copied(dir, backup, sealkey.SecretFile), copied(dir, backup, sealkey.PublicFile)); err != nil {
			t.Fatal(err)
		}
		if err := one.spoil(dir); err != nil {
			t.Fatal(err)
		}
		folder := sealkey.In(dir)
		for range 2 {
			_, err := folder.Key()
			if p, ok := problem.As(err); !ok || !strings.Contains(p.Title, one.says) || !strings.Contains(p.Detail, "请") {
				t.Errorf("%s: %v", what, err)
			}
		}
		// The files of the backup come back while the program runs.
		os.RemoveAll(filepath.Join(dir, sealkey.SecretFile))
		if err := errors.Join(copied(backup, dir, sealkey.SecretFile), copied(backup, dir, sealkey.PublicFile)); err != nil {
			t.Fatal(err)
		}
		if after, err := folder.Key(); err != nil || !after.Private.Equal(before.Private) {
			t.Errorf("%s, after the restore: %v", what, err)
		}
	}
}

func copied(from, to, name string) error {
	text, err := os.ReadFile(filepath.Join(from, name))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, name), text, 0o644)
}

// TestACrashBetweenTheFiles leaves the secret without the public file, which comes back.
func TestACrashBetweenTheFiles(t *testing.T) {
	dir := t.TempDir()
	before := made(t, dir)
	if err := os.Remove(filepath.Join(dir, sealkey.PublicFile)); err != nil {
		t.Fatal(err)
	}
	if after := made(t, dir); !after.Private.Equal(before.Private) {
		t.Error("it is another key")
	}
	if got := names(t, dir); len(got) != 2 {
		t.Errorf("the folder holds %v", got)
	}
}

// TestASecretOpenToOthersIsClosed: files come back from a backup with any mode.
func TestASecretOpenToOthersIsClosed(t *testing.T) {
	dir := t.TempDir()
	made(t, dir)
	file := filepath.Join(dir, sealkey.SecretFile)
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	made(t, dir)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("it has the mode %v, %v", info.Mode(), err)
	}
}

func TestAFolderThatCannotBeWritten(t *testing.T) {
	_, err := sealkey.In(filepath.Join(t.TempDir(), "none")).Key()
	if p, ok := problem.As(err); !ok || !strings.Contains(p.Title, "没有写成") {
		t.Errorf("%v", err)
	}
}
