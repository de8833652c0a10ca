package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shuixuan/app/doctor"
	"shuixuan/app/sealkey"
	"shuixuan/dashboards/seal"
)

// packageOf writes a package sealed with a key.
func packageOf(t *testing.T, file string, key ed25519.PrivateKey) {
	t.Helper()
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	z := seal.NewWriter(out, seal.Statement{Run: "run-7", CutOff: time.Date(2014, 10, 8, 9, 30, 0, 0, time.UTC), Campaign: seal.Subject{ID: "feicheng", Name: "创建\x1b[2J活动"}, Program: "1"}, key)
	w, err := z.Create("报告.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "已覆盖9。"); err != nil {
		t.Fatal(err)
	}
	if _, err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

// verifies runs the command and gives its exit code, its document and its words.
func verifies(t *testing.T, args ...string) (int, map[string]any, string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := shuixuan(t.Context(), append([]string{"verify", "--json"}, args...)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var ended *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(stdout.Bytes(), &document); err != nil {
		t.Fatalf("printed %q: %v\n%s", &stdout, err, &stderr)
	}
	return cmd.ProcessState.ExitCode(), document, stderr.String()
}

// TestVerifyCommand checks packages in a folder without a database and without the engine.
func TestVerifyCommand(t *testing.T) {
	t.Setenv("SHUIXUAN_ENGINE", filepath.Join(t.TempDir(), "none.so"))
	data, elsewhere, dir := t.TempDir(), t.TempDir(), t.TempDir()
	key, err := sealkey.In(data).Key()
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs, changed := filepath.Join(dir, "ours.zip"), filepath.Join(dir, "theirs.zip"), filepath.Join(dir, "changed.zip")
	packageOf(t, ours, key.Private)
	packageOf(t, theirs, ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	pack, err := os.ReadFile(ours)
	if err != nil {
		t.Fatal(err)
	}
	pack[len("PK")+40] ^= 1
	if err := os.WriteFile(changed, pack, 0o600); err != nil {
		t.Fatal(err)
	}
	public := filepath.Join(data, sealkey.PublicFile)
	check := func(code int, verdict, words string, args ...string) {
		t.Helper()
		got, document, said := verifies(t, args...)
		if got != code || document["verdict"] != verdict && document["type"] != verdict || !strings.Contains(said, words) || strings.Contains(said, "\x1b") {
			t.Errorf("%q: exit %d, %v, %s\nwant %d, %s, %q", args, got, document, said, code, verdict, words)
		}
	}
	check(exitFine, "sound", "密钥是核对用的那一把", ours, "--data", data)
	check(exitFine, "sound", "创建\\u001b[2J活动", ours, "--data", elsewhere)
	check(exitFine, "sound", "还要核对密钥", ours, "--data", elsewhere)
	check(exitFine, "sound", "密钥是核对用的那一把", ours, "--data", elsewhere, "--key", public)
	check(exitFine, "sound", "密钥是核对用的那一把", ours, "--data", elsewhere, "--key", seal.Grouped(key.Fingerprint()))
	check(exitFine, "sound", "还要核对密钥", theirs, "--data", elsewhere)
	check(exitFailed, "other-key", "另一把密钥", theirs, "--data", data)
	check(exitFailed, "other-key", "另一把密钥", theirs, "--key", key.Fingerprint())
	check(exitFailed, "changed", "被改动过", changed, "--data", data)
	check(exitFailed, "not-a-dossier", "不是压缩包", public, "--data", data)
	check(exitFailed, "urn:shuixuan:problem:invalid", "找不到文件", filepath.Join(dir, "none.zip"))
	check(exitFailed, "urn:shuixuan:problem:invalid", "打不开文件", dir)
	check(exitWords, "urn:shuixuan:problem:invalid", "--key 写的“abc”", ours, "--key", "abc")
	check(exitWords, "urn:shuixuan:problem:invalid", "里没有 Ed25519 公钥", ours, "--key", filepath.Join(data, sealkey.SecretFile))
	check(exitWords, "urn:shuixuan:problem:invalid", "file")

	// A broken public file of the folder is told, and holds up no check.
	if err := os.WriteFile(public, []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	check(exitFine, "sound", "封存密钥文件已损坏", ours, "--data", data)
	if files, err := os.ReadDir(elsewhere); err != nil || len(files) != 0 {
		t.Errorf("a check left %v in the data folder, %v", files, err)
	}
}

// TestTheKeyOfAnInstallation is made when it first serves, told by doctor, and the same
// ever after; without it everything else works.
func TestTheKeyOfAnInstallation(t *testing.T) {
	data := t.TempDir()
	told := func() (string, bool) {
		t.Helper()
		var stdout bytes.Buffer
		cmd := shuixuan(t.Context(), "doctor", "--json", "--data", data)
		cmd.Stdout = &stdout
		cmd.Run() // its exit code is that of what it found
		var document struct{ Findings []doctor.Finding }
		if err := json.NewDecoder(&stdout).Decode(&document); err != nil {
			t.Fatal(err)
		}
		for _, f := range document.Findings {
			if f.What == "封存密钥" {
				return f.Says, f.Fine
			}
		}
		t.Fatal("doctor says nothing of the key")
		return "", false
	}
	if says, fine := told(); !fine || !strings.Contains(says, "启动时生成") {
		t.Errorf("before the first start: %s", says)
	}
	for range 2 {
		if code := startServer(t, "--data", data).stop(t); code != exitFine {
			t.Fatalf("the server ended with %d", code)
		}
	}
	key, err := sealkey.In(data).Key()
	if err != nil {
		t.Fatal(err)
	}
	if says, fine := told(); !fine || !strings.Contains(says, seal.Grouped(key.Fingerprint())) {
		t.Errorf("doctor says %s", says)
	}
	if err := os.Remove(filepath.Join(data, sealkey.SecretFile)); err != nil {
		t.Fatal(err)
	}
	if says, fine := told(); fine || !strings.Contains(says, "请从备份里恢复") {
		t.Errorf("without the secret doctor says %s", says)
	}
	if code := startServer(t, "--data", data).stop(t); code != exitFine {
		t.Errorf("without the secret the server ended with %d", code)
	}
	if _, err := os.Stat(filepath.Join(data, sealkey.SecretFile)); err == nil {
		t.Error("another key was made")
	}
}
