//go:build bench

package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"shuixuan/app/backup"
	"shuixuan/app/budget"
	"shuixuan/app/clickhouse"
)

// backupResponses and backupOriginals are what an installation has after some campaigns: 2,000,000
// responses of 20 answers and 400 photos of 3 MB.
const (
	backupResponses = 2_000_000
	backupOriginals = 400
)

// TestBudgetsBackup holds the time of a backup, from the command to its end with all read again
// from the disk, against a copy of the same folder to the same disk, made durable; and looks how
// long those wait who send meanwhile.
func TestBudgetsBackup(t *testing.T) {
	data, dir := t.TempDir(), t.TempDir()
	loadShipped(t, data, "feicheng")
	var token struct{ Token string }
	mustRun(t, &token, "token", "add", "--role", "office", "--data", data)
	fillForBackup(t, data)
	s := startServer(t, "--data", data)
	time.Sleep(20 * time.Second) // what came in at once is merged

	quiet := sendWhile(t, s, token.Token, func() { time.Sleep(10 * time.Second) })
	n, took := 0, []time.Duration{}
	busy := sendWhile(t, s, token.Token, func() {
		for n = range 3 {
			begun := time.Now()
			var made backup.Result
			mustRun(t, &made, "backup", "--out", filepath.Join(dir, string(rune('a'+n))), "--data", data)
			took = append(took, time.Since(begun))
			budget.Note("a full backup, read again", fmt.Sprintf("%s in %s, inserts stood still for %d ms", inMB(made.Bytes), took[n].Round(10*time.Millisecond), made.Held))
		}
	})
	budget.Note("p99 of 50 who send twice a second, without a backup", budget.Percentile(quiet, 99).Round(time.Millisecond).String())
	budget.Under(t, "p99 of them while backups are made", float64(budget.Percentile(busy, 99).Milliseconds()), 300, "ms")
	begun := time.Now()
	var made backup.Result
	mustRun(t, &made, "backup", "--out", filepath.Join(dir, "x"), "--base", filepath.Join(dir, "c"), "--data", data)
	budget.Note("an incremental one", inMB(made.Bytes)+" in "+time.Since(begun).Round(10*time.Millisecond).String())

	again := 0
	ours, theirs := budget.Turns(t, 3,
		func() error {
			again++
			mustRun(t, nil, "backup", "--out", filepath.Join(dir, "full"+string(rune('0'+again))), "--data", data)
			return nil
		},
		func() error {
			return asBackup(func() error { return copyDurably(data, filepath.Join(dir, "copy"+time.Now().Format("150405.000"))) })
		})
	budget.Ratio(t, "a full backup by an idle server, read again, to a durable copy of the folder at its priority", ours, theirs, 2)
	s.stop(t)
	begun = time.Now()
	mustRun(t, nil, "restore", filepath.Join(dir, "full1"), "--data", filepath.Join(dir, "home"))
	budget.Note("restored into an empty folder, the chain recounted", time.Since(begun).Round(10*time.Millisecond).String())
}

func inMB(bytes int64) string { return fmt.Sprintf("%d MB", bytes>>20) }

// fillForBackup puts rows and originals into a folder, without the intake: it would take an hour.
func fillForBackup(t *testing.T, data string) {
	t.Helper()
	db, err := clickhouse.Open(t.Context(), clickhouse.Config{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Exec(t.Context(), `INSERT INTO response_revisions (campaign, wave, id, revision, questionnaire, version, unit, mode, disposition, choices, fingerprint, batch, recorded_on, recorded_at)
		SELECT 'feicheng', 'w9', generateUUIDv4(), 1, 'q', 1, concat('u', toString(number % 90)), 'paper', 'complete',
			mapFromArrays(arrayMap(i -> concat('q', toString(i)), range(20)), arrayMap(i -> [toString(cityHash64(number, i) % 5)], range(20))),
			unhex(hex(sipHash128(number))) || unhex(hex(sipHash128(number + 1))), generateUUIDv4(), today(), now64(3)
		FROM numbers(?) SETTINGS max_insert_block_size = 50000, min_insert_block_size_rows = 50000, max_threads = 1, max_execution_time = 0`, backupResponses)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	body := make([]byte, 3<<20)
	for range backupOriginals {
		rand.Read(body)
		sum := sha256.Sum256(body)
		name := hex.EncodeToString(sum[:])
		folder := filepath.Join(data, "originals", name[:2])
		if err := errors.Join(os.MkdirAll(folder, 0o750), os.WriteFile(filepath.Join(folder, name), body, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

// sendWhile lets fifty people send a placement twice a second while something is done, and gives how
// long each waited.
func sendWhile(t *testing.T, s *server, token string, what func()) []time.Duration {
	t.Helper()
	const senders, pace = 50, 500 * time.Millisecond
	client := http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	var mu sync.Mutex
	var times []time.Duration
	var wg sync.WaitGroup
	end := make(chan struct{})
	for sender := range senders {
		wg.Go(func() {
			for n := 0; ; n += 2 {
				select {
				case <-end:
					return
				default:
				}
				time.Sleep(pace)
				begun := time.Now()
				if err := sendPost(&client, s.address, token, newPost(senders, sender, n)); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				times = append(times, time.Since(begun))
				mu.Unlock()
			}
		})
	}
	what()
	close(end)
	wg.Wait()
	return times
}

// asBackup does work on a thread that stands back as that of a server's backup does: others on
// the machine would slow one of the two only.
func asBackup(work func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), 5); err != nil {
			done <- err
			return
		}
		done <- work()
	}()
	return <-done
}

// copyDurably copies a folder to the same disk, as cp and sync do.
func copyDurably(from, to string) error {
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		within, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, within), 0o700)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		in, err := os.Open(path)
		if err != nil {
			return err
		}
		defer in.Close()
		out, err := os.Create(filepath.Join(to, within))
		if err != nil {
			return err
		}
		_, err = io.Copy(struct{ io.Writer }{out}, struct{ io.Reader }{in})
		return errors.Join(err, out.Close())
	})
	syscall.Sync()
	return err
}
