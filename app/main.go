// Package main is the program: it reads the command line, opens the database, wires
// the parts together, runs one command and closes.
//
// # Why
//
// The program is a value with open and Close (program.go), so a test starts the real
// one on a free port with a folder of its own. Each command is a file: what it takes,
// what it does, what it says. Everything else lives in the packages it wires.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"shuixuan/app/clickhouse"
	"shuixuan/app/problem"
)

// version is set by the build.
var version = "dev"

// cli is the command line. Every flag has an environment variable with the prefix
// SHUIXUAN_.
type cli struct {
	Data       string        `help:"Folder of the embedded engine and of the originals." default:"./data" placeholder:"DIR"`
	ClickHouse string        `name:"clickhouse" help:"A ClickHouse server or cluster instead of the embedded engine." placeholder:"DSN"`
	Slow       time.Duration `help:"Statements of the database that take longer are told of in the log; 0: none." default:"2s" placeholder:"TIME"`
	JSON       bool          `name:"json" help:"Print one JSON document on stdout."`

	SignIn signInFlags `embed:"" group:"sign-in"`

	Serve    serveCommand    `cmd:"" help:"Serve the pages and the API."`
	Import   importCommand   `cmd:"" help:"Take a plan, units, a questionnaire, placements or responses from a file."`
	Export   exportCommand   `cmd:"" help:"Write placements, responses or the audit trail to a file."`
	Verify   verifyCommand   `cmd:"" help:"Check the seal of a dossier, without a database."`
	Report   reportCommand   `cmd:"" help:"Seal the inspection dossier of a campaign, one .zip."`
	Audit    auditCommand    `cmd:"" help:"The audit trail: verify."`
	Backup   backupCommand   `cmd:"" help:"Backups: make, check, rehearse, and a key for them."`
	Restore  restoreCommand  `cmd:"" help:"Make an installation of a backup, in an empty folder."`
	User     userCommand     `cmd:"" help:"Accounts: add, invite, list, disable, enable, reset."`
	Token    tokenCommand    `cmd:"" help:"Tokens for programs: add, list, revoke."`
	OpenUser openUserCommand `cmd:"" help:"Print the SQL of a read-only user, for the data on a ClickHouse server."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the tables up to date and exit."`
	Doctor   doctorCommand   `cmd:"" help:"Check folder, engine, tables and what the pages need."`
	Stats    statsCommand    `cmd:"" help:"Estimates of a designed sample from any CSV file."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

// session is what a command works with: where it prints, and how to open the rest.
type session struct {
	ctx    context.Context
	cli    *cli
	stdout io.Writer // one JSON document, with --json
	stderr io.Writer // words for people
	log    *slog.Logger
}

// say prints words for people.
func (s *session) say(format string, args ...any) { fmt.Fprintf(s.stderr, format+"\n", args...) }

// answer prints v as the one JSON document, when asked for.
func (s *session) answer(v any) error {
	if !s.cli.JSON {
		return nil
	}
	out := json.NewEncoder(s.stdout)
	out.SetIndent("", "  ")
	return out.Encode(v)
}

// Exit codes: the words were wrong is apart from the work failed.
const (
	exitFine   = 0
	exitFailed = 1
	exitWords  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// garbage is how much the heap may grow, in percent, before it is collected. The engine
// lives in the same memory and can use it better: with the usual 100 an import of 100,000
// rows took 60 MB more and was not faster.
const garbage = 50

// run is main with everything passed in.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	var c cli
	parser, err := kong.New(&c,
		kong.Name("shuixuan"),
		kong.Description("水宣: campaign management and survey analytics.\n\nExit codes: 0 fine, 1 the work failed, 2 the words were wrong."),
		kong.DefaultEnvars("SHUIXUAN"),
		kong.UsageOnError(),
		kong.Writers(stderr, stderr),
		kong.Exit(func(int) { panic(errHelp) }), // --help ends here and not the process
	)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitFailed
	}
	s := &session{ctx: ctx, cli: &c, stdout: stdout, stderr: stderr, log: slog.New(slog.NewTextHandler(stderr, nil))}
	command, err := parse(parser, args)
	switch {
	case errors.Is(err, errHelp):
		return exitFine
	case err != nil:
		s.say("shuixuan: %v", err)
		s.say("shuixuan --help lists the commands.")
		c.JSON = slices.Contains(args, "--json") // the parser may not have come to it
		return s.fails(exitWords, wordsProblem(err.Error()))
	}
	if err := command.Run(s); err != nil {
		return report(s, err)
	}
	return exitFine
}

// errHelp unwinds from the parser after it printed help.
var errHelp = errors.New("help was printed")

func parse(parser *kong.Kong, args []string) (command *kong.Context, err error) {
	defer func() {
		switch r := recover(); r {
		case nil:
		case errHelp:
			command, err = nil, errHelp
		default:
			panic(r)
		}
	}()
	return parser.Parse(args)
}

// report tells a failure in words, and as a problem document with --json.
func report(s *session, err error) int {
	if errors.Is(err, errTold) {
		return exitFailed
	}
	var wrong *wordsError
	if errors.As(err, &wrong) {
		s.say("shuixuan: %s", wrong.text)
		return s.fails(exitWords, wordsProblem(wrong.text))
	}
	var advised clickhouse.Advised
	p, known := problem.As(err)
	switch {
	case errors.As(err, &advised):
		p = problem.Unavailable("数据库不能用", advised.Advice()).Because(err)
	case errors.Is(err, syscall.ENOSPC):
		p = problem.Unavailable("磁盘空间不足，没有完成", "请清理磁盘后再做一次，不会重复计数。").Because(err)
	case known && p.Kind == problem.KindNotFound: // its own advice is for a page
		p.Detail = "请核对命令里的编号（--campaign、--wave、账号、令牌），大小写要一致。"
	case !known:
		p = &problem.Problem{Kind: "internal", Title: "没有完成", Detail: err.Error()}
	}
	s.say("%s。%s", p.Title, p.Detail)
	for _, f := range p.Faults {
		if f.Row > 0 {
			s.say("  %s：%s", at(f.Row, f.Field), f.Why)
		} else {
			s.say("  %s：%s", f.Field, f.Why)
		}
	}
	return s.fails(exitFailed, p)
}

// fails prints the problem document, with --json, and gives the exit code.
func (s *session) fails(code int, p *problem.Problem) int {
	faults := p.Faults
	if faults == nil {
		faults = []problem.Fault{}
	}
	if err := s.answer(map[string]any{"type": "urn:shuixuan:problem:" + string(p.Kind), "title": p.Title, "detail": p.Detail, "faults": faults}); err != nil {
		s.say("shuixuan: %v", err)
	}
	return code
}

// wordsProblem is a wrong command line as programs read it.
func wordsProblem(text string) *problem.Problem {
	return problem.Invalid("命令写得不对", text)
}

// errTold ends a command that has said all there is to say, also in its JSON document.
var errTold = errors.New("the work failed, and was told")

// wordsError says that the command line itself is wrong.
type wordsError struct{ text string }

func (e *wordsError) Error() string { return e.text }

func wrongWords(format string, args ...any) error { return &wordsError{fmt.Sprintf(format, args...)} }

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(s *session) error {
	if s.cli.JSON {
		return s.answer(map[string]string{"version": version})
	}
	fmt.Fprintln(s.stdout, version)
	return nil
}
