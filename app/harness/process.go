package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// patience is how long a start or a stop may take on a machine that is busy.
const patience = 3 * time.Minute

// command prepares the program with the data of this ground.
func (g *ground) command(ctx context.Context, args ...string) *exec.Cmd {
	args = append(args, "--data", g.data())
	if g.dsn != "" {
		args = append(args, "--clickhouse", g.dsn)
	}
	cmd := exec.CommandContext(ctx, g.program, args...)
	cmd.Dir = g.root
	cmd.Env = append(os.Environ(), g.environ...)
	return cmd
}

// do runs a command to its end and decodes the document it prints.
func (g *ground) do(ctx context.Context, into any, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := g.command(ctx, append(args, "--json")...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("shuixuan %s: %w\n%s%s", strings.Join(args, " "), err, &stderr, &stdout)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(stdout.Bytes(), into)
}

// instance is a running server. What it says goes to a file: nobody has to read a pipe for
// it to go on.
type instance struct {
	cmd     *exec.Cmd
	log     string
	address string // http://127.0.0.1:12345
	ended   chan struct{}
}

var started = regexp.MustCompile(`水宣已启动：(http://[0-9.:]+)`)

// launch starts a server without waiting for it.
func (g *ground) launch(args ...string) (*instance, error) {
	g.seen++
	i := &instance{log: filepath.Join(g.folder, fmt.Sprintf("serve-%03d.log", g.seen)), ended: make(chan struct{})}
	out, err := os.Create(i.log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	i.cmd = g.command(context.Background(), append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	i.cmd.Stderr = out
	if err := i.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = i.cmd.Wait() // how it ended stands in ProcessState
		close(i.ended)
	}()
	return i, nil
}

// ready waits until the server says where it is.
func (i *instance) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		said, err := os.ReadFile(i.log)
		if err != nil {
			return err
		}
		if found := started.FindSubmatch(said); found != nil {
			i.address = string(found[1])
			return nil
		}
		select {
		case <-i.ended:
			said, _ := os.ReadFile(i.log)
			return fmt.Errorf("the server does not start: %s\n%s", i.cmd.ProcessState, said)
		case <-ctx.Done():
			i.kill()
			return fmt.Errorf("the server does not start: %w\n%s", ctx.Err(), said)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// serve starts a server and waits for it.
func (g *ground) serve(ctx context.Context, args ...string) (*instance, error) {
	i, err := g.launch(args...)
	if err != nil {
		return nil, err
	}
	return i, i.ready(ctx)
}

// kill ends the program as a power cut would.
func (i *instance) kill() {
	_ = i.cmd.Process.Kill() // it may have ended by itself
	<-i.ended
}

// stop asks the program to end, as systemd does; anything but a clean end is an error.
func (i *instance) stop() error {
	if err := i.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	select {
	case <-i.ended:
	case <-time.After(patience):
		i.kill()
		return errors.New("the server does not stop")
	}
	if code := i.cmd.ProcessState.ExitCode(); code != 0 {
		said, _ := os.ReadFile(i.log)
		return fmt.Errorf("the server ended with %d:\n%s", code, tail(said))
	}
	return nil
}

// tail is the end of a log.
func tail(said []byte) []byte { return said[max(0, len(said)-4000):] }

// memory is what the server holds of the machine at most since it was started, in bytes;
// 0 where the system doesn't tell.
func (i *instance) memory() int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", i.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	var kb int64
	if _, after, found := strings.Cut(string(text), "VmHWM:"); found {
		_, _ = fmt.Sscan(after, &kb)
	}
	return kb << 10
}

// processor is what a process has used of all processors together, 0 where the system
// doesn't tell; "self" is this one.
func processor(pid string) time.Duration {
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name may hold spaces
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * (time.Second / 100) // Linux counts in these for programs
}

func (i *instance) processor() time.Duration { return processor(strconv.Itoa(i.cmd.Process.Pid)) }
