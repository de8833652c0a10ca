package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// childVariable makes the test binary be the program itself, so that tests drive the
// real one as a process that can be killed.
const childVariable = "SHUIXUAN_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
		stop()
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// shuixuan prepares the program as a process.
func shuixuan(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), childVariable+"=1")
	return cmd
}

// mustRun runs a command to its end and decodes what it printed with --json.
func mustRun(t testing.TB, into any, args ...string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := shuixuan(t.Context(), append(args, "--json")...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("shuixuan %s: %v\n%s%s", strings.Join(args, " "), err, &stderr, &stdout)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(stdout.Bytes(), into); err != nil {
		t.Fatalf("shuixuan %s printed %q: %v", strings.Join(args, " "), &stdout, err)
	}
}

// loadShipped loads a shipped campaign by the commands of the contract, in their order.
func loadShipped(t testing.TB, data, campaign string) {
	t.Helper()
	for _, kind := range []string{"units", "plan", "questionnaire"} {
		mustRun(t, nil, "import", kind, "../seeds/"+campaign+"/"+kind+".yaml", "--campaign", campaign, "--data", data)
	}
}

// server is a running program.
type server struct {
	cmd     *exec.Cmd
	address string // http://127.0.0.1:12345
}

var served = regexp.MustCompile(`http://[0-9.:]+`)

// startServer starts the program and waits until it says where it serves.
func startServer(t testing.TB, args ...string) *server {
	t.Helper()
	s := &server{cmd: shuixuan(context.Background(), append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)}
	out, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	var said strings.Builder
	ready, silent := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(silent)
		for lines.Scan() {
			fmt.Fprintln(&said, lines.Text())
			if strings.Contains(lines.Text(), "水宣已启动") {
				ready <- served.FindString(lines.Text())
				said.Reset()
			}
		}
		close(ready)
	}()
	t.Cleanup(func() {
		s.kill()
		<-silent
		if t.Failed() { // what a page or a command calls a reason in the log
			t.Logf("the server %s said: %s", s.address, &said)
		}
	})
	select {
	case s.address = <-ready:
		if s.address == "" {
			t.Fatal("the server ended")
		}
	case <-time.After(8 * time.Minute): // the demonstration, under the race detector, on a busy machine
		t.Fatal("the server does not start")
	}
	return s
}

// kill ends the program as a power cut would.
func (s *server) kill() {
	if s.cmd.ProcessState == nil {
		s.cmd.Process.Signal(syscall.SIGKILL)
		s.cmd.Wait()
	}
}

// stop asks the program to end, and gives its exit code.
func (s *server) stop(t testing.TB) int {
	t.Helper()
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	s.cmd.Wait()
	return s.cmd.ProcessState.ExitCode()
}
