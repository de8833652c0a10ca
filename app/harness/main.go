// Package main is the load and fault harness: a program beside the program. It starts the
// real shuixuan as a process, does to it what a city does on a bad day, and holds what it
// was told against what is there in the end.
//
// Its devices answer the public page, programs send rows by the API, files are imported;
// some send everything twice, hang up before the answer and send again, dawdle over a slow
// line, or come all at once. What was acknowledged stands in a ledger. At the end the rows
// are read back by the API and the export: each of them once, with the content that was
// sent.
//
//	go run ./app/harness soak                          500 submissions a second for a minute
//	go run ./app/harness crash --kills 200 --seed 7    kill -9 over all kinds of work
//	go run ./app/harness pair                          two servers on one engine, one is killed
//	go run ./app/harness pair --older FILE             two servers, replaced one by one by a newer version
//	go run ./app/harness same --posts 1000000          one row, sent a million times
//
// # Why
//
// It sees what a client sees: HTTP, the command line, signals. It imports nothing of what it
// tries, so that a fault in there can't be in here too. Two things are the exception, and are
// started as processes of their own: the engine behind a port, where a real server can't be
// had, and a folder as an earlier version left it.
//
// The tests of this package run the same with small numbers. The numbers that were tried are
// in docs/cluster.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli is the command line.
type cli struct {
	Program string `help:"The shuixuan to try; built from this repository when left out." placeholder:"FILE"`
	Folder  string `help:"Folder for data and logs; a new one that is removed when all went well." placeholder:"DIR"`

	Soak  soakCommand  `cmd:"" help:"Many devices at a steady rate, with exports and dashboards beside them, then a clean stop."`
	Crash crashCommand `cmd:"" help:"Kill the program at random moments over all kinds of work; after each: rows once, chain whole, it starts."`
	Pair  pairCommand  `cmd:"" help:"Two servers on one database, one is killed; with --clickhouse on a server or cluster of yours."`
	Same  sameCommand  `cmd:"" help:"The same row, sent again and again from many connections."`

	Engine engineCommand `cmd:"" hidden:"" help:"The engine behind a port."`
	Past   pastCommand   `cmd:"" hidden:"" help:"A folder as an earlier version left it."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	var c cli
	parser := kong.Must(&c, kong.Name("harness"), kong.Description("Load and faults for shuixuan."), kong.UsageOnError())
	command, err := parser.Parse(args)
	parser.FatalIfErrorf(err)
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(&c); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// ground is what a run stands on.
type ground struct {
	program string    // the shuixuan that is tried
	root    string    // of the repository
	folder  string    // for data and logs
	out     io.Writer // figures for whoever started it
	dsn     string    // of a database; empty: the engine in the data folder
	environ []string  // of the program, beside our own
	seen    int       // servers started, for the names of their logs
}

func (g *ground) say(format string, args ...any) { fmt.Fprintf(g.out, format+"\n", args...) }

// data is the folder that the program works in.
func (g *ground) data() string { return filepath.Join(g.folder, "data") }

// on runs a piece of work on a ground of its own. The folder stays when it fails.
func (c *cli) on(ctx context.Context, work func(*ground) error) error {
	root, err := repository()
	if err != nil {
		return err
	}
	g := &ground{program: c.Program, root: root, folder: c.Folder, out: os.Stdout}
	if g.folder == "" {
		if g.folder, err = os.MkdirTemp("", "shuixuan-harness-"); err != nil {
			return err
		}
	}
	if g.program == "" {
		g.program = filepath.Join(g.folder, "shuixuan")
		if err := build(ctx, root, g.program); err != nil {
			return err
		}
	}
	if err := work(g); err != nil {
		return fmt.Errorf("%w\ndata and logs: %s", err, g.folder)
	}
	if c.Folder == "" {
		return os.RemoveAll(g.folder)
	}
	return nil
}

// repository is the folder of go.mod, from here upwards.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("start the harness within the repository: it loads the campaign of seeds")
		}
		dir = up
	}
}

// build makes the program as make build does, but for its name.
func build(ctx context.Context, root, out string, flags ...string) error {
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"build", "-o", out}, flags...), "./app")...)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the program: %w\n%s", err, said)
	}
	return nil
}
