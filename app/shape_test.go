package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "shuixuan"

// listed is what go list says about one package of ours.
type listed struct {
	ImportPath     string
	Name           string
	Dir            string
	GoFiles        []string
	CgoFiles       []string
	IgnoredGoFiles []string
	Imports        []string // of the package itself; its tests may import more
	Deps           []string // Imports and all they import
}

// An arrow is an import that may not be, and why.
type arrow struct {
	from string   // folder; the packages below it too
	not  []string // folders within from that are free to
	to   string   // import path; the packages below it too
	deep bool     // also through other packages
	why  string
}

// arrows are the directions of design: data moves left to right, imports point
// towards what is needed. Tests are free, since test data goes in through the
// real intake and test workbooks must be made somehow.
var arrows = []arrow{
	{from: "analytics", to: "shuixuan/ingest", deep: true,
		why: "writing and reading meet at the table; a question that needs the intake asks about the wrong thing"},
	{from: "ingest", to: "shuixuan/analytics", deep: true,
		why: "writing and reading meet at the table; the intake must not depend on what is made of its rows"},
	{from: "ingest", to: "shuixuan/dashboards", deep: true,
		why: "what arrives doesn't know how it will be drawn"},
	{from: "analytics", to: "shuixuan/dashboards", deep: true,
		why: "a result doesn't know how it will be drawn"},
	{from: "dashboards", to: "shuixuan/app/clickhouse",
		why: "dashboards draw results; who needs rows asks analytics, so that each figure has one definition"},
	{from: "ingest", to: "shuixuan/app/internal", deep: true, why: "only app serves people; the rest must run without it"},
	{from: "analytics", to: "shuixuan/app/internal", deep: true, why: "only app serves people; the rest must run without it"},
	{from: "dashboards", to: "shuixuan/app/internal", deep: true, why: "only app serves people; the rest must run without it"},
	{from: "seeds", to: "shuixuan/app/internal", deep: true, why: "only app serves people; the rest must run without it"},

	{from: "analytics/estimate", to: module, deep: true, why: "statistics are checked by hand, with values only"},
	{from: "analytics/weighting", to: module, deep: true, why: "weights are checked by hand, with values only"},
	{from: "analytics/screening", to: "shuixuan/app", deep: true, why: "suspicion is tried on made-up crowds, with values only"},
	{from: "analytics/screening", to: "database/sql", deep: true, why: "suspicion knows no database"},
	{from: "analytics/screening", to: "github.com/ClickHouse", deep: true, why: "suspicion knows no database"},
	{from: "analytics/estimate", to: "database/sql", deep: true, why: "statistics know no database"},
	{from: "analytics/weighting", to: "database/sql", deep: true, why: "weights know no database"},
	{from: "analytics/estimate", to: "github.com/ClickHouse", deep: true, why: "statistics know no database"},
	{from: "analytics/weighting", to: "github.com/ClickHouse", deep: true, why: "weights know no database"},
	{from: "analytics/planning", to: "shuixuan/app", deep: true, why: "plans and verdicts are checked by hand, with values only"},
	{from: "analytics/planning", to: "github.com/ClickHouse", deep: true, why: "plans and verdicts know no database"},
	{from: "analytics/importance", to: "shuixuan/app", deep: true, why: "shares are checked by hand, with values only"},
	{from: "analytics/importance", to: "github.com/ClickHouse", deep: true, why: "shares know no database"},
	{from: "analytics/exposure", to: "shuixuan/app", deep: true, why: "tests and correlations are checked by hand, with values only"},
	{from: "analytics/exposure", to: "github.com/ClickHouse", deep: true, why: "tests and correlations know no database"},
	{from: "analytics/spotcheck", to: "shuixuan/app", deep: true, why: "a draw can be done again by anybody, with ids only"},
	{from: "analytics/spotcheck", to: "github.com/ClickHouse", deep: true, why: "a draw knows no database"},
	{from: "analytics/openanswers", to: "shuixuan/app", deep: true, why: "what people wrote is masked and counted with values only"},
	{from: "analytics/openanswers", to: "database/sql", deep: true, why: "texts know no database"},
	{from: "analytics/openanswers", to: "github.com/ClickHouse", deep: true, why: "texts know no database"},
	{from: "dashboards/spss", to: module, deep: true, why: "a file format is held against its document, with values only"},
	{from: "dashboards/safecsv", to: module, deep: true, why: "every file of lines is written by it, so it knows none of them"},

	{from: "dashboards/document", to: module, deep: true, why: "a document is set from blocks that are ready; what its sentences and figures say is made before"},
	{from: "dashboards/document", to: "database/sql", deep: true, why: "a document knows no database"},
	{from: "dashboards/document", to: "net/http", why: "a document is written to a writer, whoever asked for it"},

	{from: "", not: []string{"ingest/sheet", "dashboards/workbook", "dashboards/document"}, to: "github.com/xuri/excelize",
		why: "its traps (unpacked size, dates, formulas) are handled where workbooks are read and where they are written; the one behind a chart of a document holds names and numbers only"},
	{from: "dashboards/plane", to: module, deep: true, why: "where a point lies and what is heaped is checked with values only"},
	{from: "app/harness", to: "shuixuan/app/internal", deep: true, why: "it tries the program from outside; a fault in there must not be in here too"},
	{from: "app/harness", to: "shuixuan/ingest", deep: true, why: "what it sends goes over a connection, as everybody's"},
	{from: "app/harness", to: "shuixuan/analytics", deep: true, why: "it counts for itself"},
	{from: "app/harness", to: "shuixuan/dashboards", deep: true, why: "it reads pages as a browser does"},
	{from: "app/boundary", to: "shuixuan/ingest", deep: true, why: "an outline is read from bytes; who kept the file gives them"},

	{from: "dashboards/seal", to: module, deep: true, why: "a package is checked where nothing else of ours is, years later"},
	{from: "dashboards/seal", to: "database/sql", deep: true, why: "a package is checked without a database"},
	{from: "dashboards/seal", to: "archive/zip", deep: true, why: "the bytes of a package are its format; a library may write others one day"},
	{from: "app/sealkey", to: "shuixuan/app/clickhouse", deep: true, why: "the key lies in a folder and is told without a database"},

	{from: "app/backup", to: "shuixuan/ingest", deep: true, why: "what comes back is put back as it was; the intake would judge it anew"},
	{from: "app/backup", to: "shuixuan/analytics", deep: true, why: "a backup counts rows and makes nothing of them"},
	{from: "app/backup", to: "shuixuan/app/internal", deep: true, why: "a backup is proven on a machine that serves nobody"},
	{from: "", not: []string{"app/backup"}, to: "filippo.io/age",
		why: "what is encrypted can be lost with its key; backups alone are, where the key is told of"},
	{from: "app/internal/opendata", to: "shuixuan/app/clickhouse/embedded",
		why: "the port keeps the border; what a caller may read is decided behind clickhouse.DB.Ask"},
	{from: "app/internal/opendata", to: "shuixuan/app/internal/web", deep: true, why: "programs of others have a port of their own, which takes nothing from people"},
	{from: "app/internal/web", to: "shuixuan/app/internal/opendata", deep: true, why: "the pages work without the port"},

	{from: "", not: []string{"app/definition"}, to: "github.com/goccy/go-yaml",
		why: "its traps (depth, references, dates that become zero) are handled where people's files are opened"},
	{from: "", not: []string{"dashboards/chart"}, to: "github.com/go-echarts",
		why: "it prints unescaped text; chart takes only its option objects"},
	{from: "", not: []string{"analytics/openanswers"}, to: "github.com/go-ego/gse",
		why: "its own dictionaries take 140 MB; openanswers fills it word by word"},
	{from: "", not: []string{"app/clickhouse/embedded"}, to: "github.com/ebitengine/purego",
		why: "foreign memory is handled in one package"},
}

// broken lists the forbidden imports among the packages, with the reason.
func broken(packages []listed, arrows []arrow) []string {
	var all []string
	for _, p := range packages {
		folder := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		for _, a := range arrows {
			if !within(folder, a.from) || slices.ContainsFunc(a.not, func(n string) bool { return within(folder, n) }) {
				continue
			}
			imports := p.Imports
			if a.deep {
				imports = p.Deps
			}
			for _, i := range imports {
				if within(i, a.to) && i != p.ImportPath {
					all = append(all, fmt.Sprintf("%s must not import %s: %s", p.ImportPath, i, a.why))
				}
			}
		}
	}
	return all
}

// within: is the path the folder or below it? The empty folder holds everything.
func within(path, folder string) bool {
	return folder == "" || path == folder || strings.HasPrefix(path, folder+"/")
}

func TestArrows(t *testing.T) {
	for _, fault := range broken(ours(t), arrows) {
		t.Error(fault)
	}
}

// The rules themselves are tried on made-up packages, since a tree without
// faults can't show that one would be found.
func TestArrowsAreNoticed(t *testing.T) {
	check := func(importer, imported string, deep, forbidden bool) {
		t.Helper()
		p := listed{ImportPath: importer, Deps: []string{"fmt", imported}}
		if !deep {
			p.Imports = p.Deps
		}
		if found := len(broken([]listed{p}, arrows)) > 0; found != forbidden {
			t.Errorf("%s imports %s (through another: %t): forbidden = %t, want %t", importer, imported, deep, found, forbidden)
		}
	}
	const direct, through = false, true
	const fine, forbidden = false, true

	check("shuixuan/analytics", "shuixuan/ingest", direct, forbidden)
	check("shuixuan/analytics", "shuixuan/ingest/sheet", through, forbidden)
	check("shuixuan/analytics", "shuixuan/app/clickhouse", direct, fine)
	check("shuixuan/ingest/photo", "shuixuan/analytics/estimate", direct, forbidden)
	check("shuixuan/ingest", "shuixuan/app/placement", direct, fine)
	check("shuixuan/dashboards", "shuixuan/app/clickhouse", direct, forbidden)
	// A result comes from analytics, which does know the database.
	check("shuixuan/dashboards", "shuixuan/app/clickhouse", through, fine)
	check("shuixuan/dashboards/chart", "shuixuan/analytics", direct, fine)
	check("shuixuan/seeds", "shuixuan/app/internal/auth", direct, forbidden)
	check("shuixuan/app", "shuixuan/app/internal/web", direct, fine)
	check("shuixuan/analytics/estimate", "shuixuan/app/problem", direct, forbidden)
	check("shuixuan/analytics/estimate", "gonum.org/v1/gonum/stat/distuv", direct, fine)
	check("shuixuan/analytics/weighting", "database/sql", through, forbidden)
	check("shuixuan/analytics/screening", "shuixuan/analytics/estimate", direct, fine)
	check("shuixuan/analytics/screening", "shuixuan/app/survey", direct, forbidden)
	check("shuixuan/analytics/weighting", "github.com/ClickHouse/clickhouse-go/v2", direct, forbidden)
	check("shuixuan/analytics/openanswers", "shuixuan/analytics/estimate", direct, fine)
	check("shuixuan/analytics/spotcheck", "shuixuan/analytics/estimate", direct, fine)
	check("shuixuan/analytics/spotcheck", "shuixuan/app/spotcheck", through, forbidden)
	check("shuixuan/analytics/openanswers", "shuixuan/app/survey", through, forbidden)
	check("shuixuan/analytics/openanswers", "github.com/go-ego/gse", direct, fine)
	check("shuixuan/app/internal/web", "github.com/go-ego/gse", direct, forbidden)
	check("shuixuan/dashboards/spss", "shuixuan/app/survey", through, forbidden)
	check("shuixuan/dashboards/handover", "shuixuan/dashboards/spss", direct, fine)
	check("shuixuan/dashboards/handover", "shuixuan/app/clickhouse", direct, forbidden)
	check("shuixuan/app/internal/web", "github.com/xuri/excelize/v2", direct, forbidden)
	check("shuixuan/ingest/sheet", "github.com/xuri/excelize/v2", direct, fine)
	check("shuixuan/dashboards/workbook", "github.com/xuri/excelize/v2", direct, fine)
	check("shuixuan/dashboards/document", "github.com/xuri/excelize/v2", direct, fine)
	check("shuixuan/dashboards/document", "shuixuan/analytics", through, forbidden)
	check("shuixuan/dashboards/document", "net/http", direct, forbidden)
	// What is measured isn't asked what is right.
	check("shuixuan/dashboards/document/documenttest", "shuixuan/dashboards/document", direct, forbidden)
	check("shuixuan/ingest", "github.com/goccy/go-yaml/ast", direct, forbidden)
	check("shuixuan/app/definition", "github.com/goccy/go-yaml", direct, fine)
	check("shuixuan/dashboards", "github.com/go-echarts/go-echarts/v2/charts", direct, forbidden)
	check("shuixuan/dashboards/chart", "github.com/go-echarts/go-echarts/v2/charts", direct, fine)
	check("shuixuan/dashboards/seal", "shuixuan/app/problem", through, forbidden)
	check("shuixuan/dashboards/seal", "archive/zip", direct, forbidden)
	check("shuixuan/app/sealkey", "shuixuan/dashboards/seal", direct, fine)
	check("shuixuan/app/clickhouse", "github.com/ebitengine/purego", direct, forbidden)
	check("shuixuan/app/backup", "shuixuan/ingest/photo", through, forbidden)
	check("shuixuan/app/backup", "filippo.io/age", direct, fine)
	check("shuixuan/app/sealkey", "filippo.io/age", direct, forbidden)
	check("shuixuan/app/clickhouse/embedded", "github.com/ebitengine/purego", direct, fine)
	check("shuixuan/app/internal/opendata", "shuixuan/app/clickhouse/embedded", direct, forbidden)
	check("shuixuan/app/internal/opendata", "shuixuan/app/clickhouse", direct, fine)
	// A name that only begins alike is another folder.
	check("shuixuan/analytics", "shuixuan/ingestion", direct, fine)
	check("shuixuan/app/harness", "shuixuan/app/survey", direct, fine)
	check("shuixuan/app/harness", "shuixuan/app/internal/web", through, forbidden)
}

// Each package says once which part of the journey it is, in the file that a
// reader opens first.
func TestPackageComments(t *testing.T) {
	for _, p := range ours(t) {
		var commented []string
		files := slices.Concat(p.GoFiles, p.CgoFiles, p.IgnoredGoFiles)
		files = slices.DeleteFunc(files, func(f string) bool { return strings.HasSuffix(f, "_test.go") })
		for _, file := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if parsed.Doc != nil && strings.TrimSpace(parsed.Doc.Text()) != "" {
				commented = append(commented, file)
			}
		}
		if len(files) == 0 {
			continue // tests only
		}
		if first := p.Name + ".go"; !slices.Equal(commented, []string{first}) {
			t.Errorf("%s: package comment in %v, want it once, in %s", p.ImportPath, commented, first)
		}
	}
}

// A package named for being useful takes in everything and explains nothing.
func TestPackageNames(t *testing.T) {
	drawers := []string{"util", "utils", "common", "helper", "helpers", "model", "models", "types", "misc"}
	for _, p := range ours(t) {
		if slices.Contains(drawers, p.Name) || slices.Contains(drawers, path.Base(p.ImportPath)) {
			t.Errorf("%s (package %s): a package is named for its subject", p.ImportPath, p.Name)
		}
	}
}

// ours are the packages of this module.
func ours(t *testing.T) []listed {
	t.Helper()
	return goList[listed](t, "-e", "-json=ImportPath,Name,Dir,GoFiles,CgoFiles,IgnoredGoFiles,Imports,Deps", "./...")
}

// goList runs go list at the root of the module.
func goList[T any](t *testing.T, arguments ...string) []T {
	t.Helper()
	command := exec.Command("go", append([]string{"list"}, arguments...)...)
	command.Dir = ".."
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []T
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var one T
		if err := decoder.Decode(&one); err != nil {
			t.Fatalf("go list: %v", err)
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		t.Fatal("go list: nothing listed")
	}
	return all
}

// TestNothingIsFetchedNothingIsRun: the program asks no address and starts no command, so
// that no input can choose one. The driver of the database alone opens connections, to
// the server that the operator names; and package chromium looks for its browser by a list of
// names of its own, and starts it through chromedp; and systemd is told at its own socket that the
// server answers. The harness is a client of the program and no part of it.
func TestNothingIsFetchedNothingIsRun(t *testing.T) {
	uses := regexp.MustCompile(`\bhttp\.(?:Get|Post|PostForm|Head|Client|DefaultClient|NewRequest\w*)\b|\bnet\.Dial|\btls\.Dial|\bsmtp\.|\bexec\.|\bos\.StartProcess|\bsyscall\.(?:Exec|ForkExec)`)
	read := 0
	for _, p := range ours(t) {
		if strings.HasSuffix(p.Name, "test") || p.ImportPath == "shuixuan/app/harness" { // helpers of tests
			continue
		}
		for _, file := range p.GoFiles {
			source, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			read++
			found := uses.Find(source)
			browser := p.ImportPath == "shuixuan/app/chromium" && string(found) == "exec."
			systemd := p.ImportPath == "shuixuan/app" && file == "notify.go" && bytes.Count(source, []byte("net.Dial")) == bytes.Count(source, []byte(`net.DialUnix("unixgram"`))
			if found != nil && !browser && !systemd {
				t.Errorf("%s/%s uses %s", p.ImportPath, file, found)
			}
		}
	}
	if read < 100 {
		t.Errorf("only %d files were read", read)
	}
}

// looked finds a look-up in a table of the database within a statement.
var looked = regexp.MustCompile(`(\w+ )(?:NOT )?IN \(\s*SELECT\b[^()]*(?:\([^()]*\)[^()]*)*?\bFROM \w`)

// local gives the first look-up of a text that is not GLOBAL.
func local(text string) string {
	for _, m := range looked.FindAllStringSubmatch(text, -1) {
		if m[1] != "GLOBAL " {
			return m[0]
		}
	}
	return ""
}

// TestLookUpsAreGlobal: on a cluster a table is spread over shards, and a server refuses a statement
// whose look-up in another such table isn't GLOBAL. The engine within the program refuses nothing, so
// no other test would notice.
func TestLookUpsAreGlobal(t *testing.T) {
	read := 0
	for _, file := range tracked(t) {
		sql := strings.HasSuffix(file, ".sql") && !strings.Contains(file, "testdata/")
		if !sql && (!strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go")) {
			continue
		}
		text, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		read++
		if found := local(string(text)); found != "" {
			t.Errorf("%s: %q", file, found)
		}
	}
	if read < 100 {
		t.Errorf("only %d files were read", read)
	}
}

func TestLookUpsAreNoticed(t *testing.T) {
	for text, want := range map[string]bool{
		"id IN (SELECT id FROM responses WHERE x = 1)":            true,
		"id NOT IN (SELECT max(id) FROM responses)":               true,
		"id GLOBAL IN (SELECT id FROM responses)":                 false,
		"id GLOBAL NOT IN (SELECT id FROM responses)":             false,
		"id IN (SELECT toUUID(arrayJoin(@ids))) AND x FROM plans": false,
		"id IN (?)": false,
	} {
		if got := local(text) != ""; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}
