package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"shuixuan/app/audit"
)

// verified runs the command and gives its exit code, its document and its words.
func verified(t *testing.T, data string, args ...string) (int, audit.Verdict, string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := shuixuan(t.Context(), append([]string{"audit", "verify", "--json", "--data", data}, args...)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var ended *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	var v audit.Verdict
	if err := json.Unmarshal(stdout.Bytes(), &v); err != nil {
		t.Fatalf("printed %q: %v\n%s", &stdout, err, &stderr)
	}
	return cmd.ProcessState.ExitCode(), v, stderr.String()
}

// TestAuditVerify lets commands and a server that is killed write the trail, and verifies
// it; then somebody changes it behind the program's back, with the engine itself.
func TestAuditVerify(t *testing.T) {
	data := t.TempDir()
	loadShipped(t, data, "feicheng")
	var token struct{ Token string }
	mustRun(t, &token, "token", "add", "--role", "office", "--data", data)
	s := startServer(t, "--data", data)
	for n := range 6 {
		if status := newPost(0, 0, n).send(s.address, token.Token); status != 201 {
			t.Fatalf("post answered %d", status)
		}
	}
	s.kill() // its chain ends without a last line
	out := filepath.Join(t.TempDir(), "台账.csv")
	mustRun(t, nil, "export", "placements", "--campaign", "feicheng", "--out", out, "--data", data)
	mustRun(t, nil, "export", "audit", "--campaign", "feicheng", "--out", strings.TrimSuffix(out, "csv")+"xlsx", "--data", data)

	code, v, words := verified(t, data)
	if code != exitFine || !v.Sound || v.Chains != 7 || v.Unkept != 0 {
		t.Fatalf("an untouched trail: exit %d, %+v\n%s", code, v, words)
	}
	if !strings.Contains(words, "7条链") || !strings.Contains(words, "✓") {
		t.Errorf("the words: %s", words)
	}

	// The data folder in other hands: this process opens it once, and nothing else does.
	p, err := open(t.Context(), data, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	checkExported(t, p)
	for _, statement := range []string{
		`ALTER TABLE audit_events UPDATE actor_name = '别人' WHERE verb = 'placement.log' AND seq = 1 SETTINGS mutations_sync = 2`,
		`ALTER TABLE audit_events DELETE WHERE verb IN ('placement.log', 'response.enter') AND seq IN (3, 4) SETTINGS mutations_sync = 2`,
		`ALTER TABLE audit_events DELETE WHERE verb = 'audit.export' SETTINGS mutations_sync = 2`,
	} {
		if err := p.db.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	code, v, words = verified(t, data)
	kinds := map[audit.FaultKind]int{}
	for _, f := range v.Faults {
		kinds[f.Kind]++
	}
	if code != exitFailed || v.Sound || kinds[audit.Changed] != 1 || kinds[audit.Missing] != 1 || kinds[audit.ChainGone] != 1 || len(v.Faults) != 3 {
		t.Errorf("a tampered trail: exit %d, %+v", code, v)
	}
	for _, want := range []string{"内容被改动过", "第3至4条，共2条", "整条链不见了", "共发现3处问题"} {
		if !strings.Contains(words, want) {
			t.Errorf("doesn't say %q:\n%s", want, words)
		}
	}
	// Without the file nobody can tell of the last chain; it says so.
	if err := os.Remove(filepath.Join(data, audit.HeadFile)); err != nil {
		t.Fatal(err)
	}
	if code, v, words = verified(t, data); code != exitFailed || len(v.Faults) != 2 || !strings.Contains(words, "没有 audit-head.jsonl") {
		t.Errorf("without the file: exit %d, %+v\n%s", code, v, words)
	}
}

// checkExported looks for the events of the two exports: what a command takes out is known
// by the user who typed it.
func checkExported(t *testing.T, p *program) {
	t.Helper()
	var verbs []string
	err := p.audit.Each(t.Context(), audit.Filter{Group: "read"}, func(e audit.Event) error {
		verbs = append(verbs, e.Verb)
		if !strings.HasPrefix(e.Actor.Name, "命令行（") || e.Actor.Name == "命令行（）" || e.Actor.Address == "" {
			t.Errorf("%s is by %+v, want the user of the operating system", e.Verb, e.Actor)
		}
		return nil
	})
	if err != nil || strings.Join(verbs, " ") != "placement.export audit.export" {
		t.Errorf("exports left %v, %v", verbs, err)
	}
}
