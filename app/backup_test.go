package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"shuixuan/app/backup"
	"shuixuan/app/clickhouse/clickhousetest"
)

// TestBackupUnderLoad: while senders are answered, a command has the running server make a full
// backup and an incremental one on it. Restored into an empty folder, each row that was
// acknowledged before the last backup began is there, once; so it is after a move to a server
// and back.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	dir, data := t.TempDir(), t.TempDir()
	loadShipped(t, data, "feicheng")
	var token struct{ Token string }
	mustRun(t, &token, "token", "add", "--role", "office", "--data", data)
	s := startServer(t, "--data", data)
	key := filepath.Join(dir, "key")
	mustRun(t, nil, "backup", "key", "--out", key)

	all := &acknowledged{placements: map[uuid.UUID]bool{}, responses: map[uuid.UUID]bool{}}
	stop := sendOn(t, s, token.Token, all)
	all.wait(t, enough)
	full, incremental := filepath.Join(dir, "full.tar.age"), filepath.Join(dir, "incremental.tar.age")
	var made backup.Result
	mustRun(t, &made, "backup", "--out", full, "--key", key, "--data", data)
	if made.Kind != backup.Full || made.Reused != 0 {
		t.Errorf("the first: %+v", made)
	}
	all.wait(t, 2*enough)
	before := all.so()
	mustRun(t, &made, "backup", "--out", incremental, "--base", full, "--key", key, "--data", data)
	if made.Kind != backup.Incremental || made.Reused == 0 {
		t.Errorf("the second: %+v", made)
	}
	stop()
	s.kill()
	if _, words, _ := finish(t, "doctor", "--data", data, "--json"); !strings.Contains(words, "incremental.tar.age") {
		t.Errorf("the doctor doesn't know of the backup: %s", words)
	}

	// The files were moved and one of them has another name.
	away := t.TempDir()
	for from, to := range map[string]string{full: "周日.tar.age", incremental: "周一.tar.age"} {
		if err := os.Rename(from, filepath.Join(away, to)); err != nil {
			t.Fatal(err)
		}
	}
	monday := filepath.Join(away, "周一.tar.age")
	home := filepath.Join(t.TempDir(), "home")
	mustRun(t, nil, "restore", monday, "--key", key, "--data", home)
	checkRestored(t, home, before)
	checkRefusal(t, exitFailed, []string{"文件夹不是空的", "--data"}, "restore", monday, "--key", key, "--data", home)

	moveToAServer(t, monday, key, before)
}

// moveToAServer restores parts into a server and its backup, of rows, into a folder again.
func moveToAServer(t *testing.T, file, key string, before *acknowledged) {
	t.Helper()
	inside := clickhousetest.Embedded(t)
	port := httptest.NewServer(inside.Embedded().Handler())
	defer port.Close()
	address, data := port.URL+"/"+inside.Database(), filepath.Join(t.TempDir(), "beside")
	mustRun(t, nil, "restore", file, "--key", key, "--data", data, "--clickhouse", address)
	checkRefusal(t, exitFailed, []string{"数据库不是空的"}, "restore", file, "--key", key, "--data", data+"2", "--clickhouse", address)
	rows := filepath.Join(t.TempDir(), "rows.tar")
	mustRun(t, nil, "backup", "--out", rows, "--data", data, "--clickhouse", address)
	back := filepath.Join(t.TempDir(), "back")
	mustRun(t, nil, "restore", rows, "--data", back)
	checkRestored(t, back, before)
}

// checkRestored: the rows, each once, and the chain.
func checkRestored(t *testing.T, data string, before *acknowledged, args ...string) {
	t.Helper()
	checkTold(t, data, before, args...)
	if code, v, words := verified(t, data, args...); code != exitFine || v.Heads == 0 {
		t.Errorf("the audit trail: exit %d, %+v\n%s", code, v, words)
	}
}

// sendOn lets four senders post until stop; all must be acknowledged.
func sendOn(t *testing.T, s *server, token string, told *acknowledged) (stop func()) {
	var wg sync.WaitGroup
	end := make(chan struct{})
	for sender := range 4 {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-end:
					return
				default:
				}
				p := newPost(0, sender, n)
				if status := p.send(s.address, token); status != 201 {
					t.Errorf("a post beside the backup answered %d", status)
					return
				}
				p.note(told)
			}
		})
	}
	return func() { close(end); wg.Wait() }
}

// backupComesBack: of the demonstration with its photos and a sealed dossier, made by the running
// server, rehearsed, restored, and refused once a byte of it is another.
func backupComesBack(t *testing.T, data string) {
	dir := t.TempDir()
	file := filepath.Join(dir, "all.tar")
	mustRun(t, nil, "backup", "--out", file, "--data", data)
	checkRefusal(t, exitFailed, []string{"已经有这个文件"}, "backup", "--out", file, "--data", data)
	var rehearsed backup.Rehearsal
	mustRun(t, &rehearsed, "backup", "rehearse", file, "--in", dir)
	words := fmt.Sprint(rehearsed.Steps)
	for _, want := range []string{"每个的 SHA-256 都与清单一致", "每张表的行数都与备份时一致", "没有发现被改动", "份原件都在", "份卷宗的签名都有效"} {
		if !rehearsed.Sound || !strings.Contains(words, want) {
			t.Errorf("the rehearsal: %s", words)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("the rehearsal left %v", left)
	}
	home := filepath.Join(dir, "home")
	mustRun(t, nil, "restore", file, "--data", home)
	sameDossiers(t, data, home)

	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(body, []byte("tables/responses/")) + 512
	name := string(body[at-512 : at-512+bytes.IndexByte(body[at-512:], 0)])
	body[at+1] ^= 1
	bad := filepath.Join(dir, "bad.tar")
	if err := os.WriteFile(bad, body, 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := finish(t, "backup", "check", bad, "--json")
	if code != exitFailed || !strings.Contains(stdout, name) || !strings.Contains(stderr, name+"：内容被改动过") {
		t.Errorf("a changed byte of %s: %d %s %s", name, code, stdout, stderr)
	}
	checkRefusal(t, exitFailed, []string{"备份损坏", name}, "restore", bad, "--data", filepath.Join(dir, "none"))
	if _, err := os.Stat(filepath.Join(dir, "none")); err == nil {
		t.Error("a refused restore left a folder")
	}
}

// sameDossiers: byte for byte, and sealed by the key that came back.
func sameDossiers(t *testing.T, data, home string) {
	t.Helper()
	packs, err := filepath.Glob(filepath.Join(data, "dossiers", "*.zip"))
	if err != nil || len(packs) == 0 {
		t.Fatalf("no dossier was sealed: %v", err)
	}
	for _, pack := range packs {
		was, err := os.ReadFile(pack)
		if err != nil {
			t.Fatal(err)
		}
		again := filepath.Join(home, "dossiers", filepath.Base(pack))
		is, err := os.ReadFile(again)
		if err != nil || !bytes.Equal(was, is) {
			t.Errorf("%s came back otherwise: %v", pack, err)
		}
		var report struct{ Trust string }
		mustRun(t, &report, "verify", again, "--data", home)
		if report.Trust == "" {
			body, _ := json.Marshal(report)
			t.Errorf("%s: %s", again, body)
		}
	}
}
