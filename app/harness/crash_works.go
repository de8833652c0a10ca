package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
)

// killImport: the command that takes a file, while no server runs.
func (c *crashing) killImport(ctx context.Context) (func(context.Context) error, error) {
	if err := c.server.stop(); err != nil {
		return nil, err
	}
	path := filepath.Join(c.folder, fmt.Sprintf("import-%d.csv", c.round))
	out, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	marks := c.ledger.sheet(out, c.mark(0), 200, c.random)
	if err := out.Close(); err != nil {
		return nil, err
	}
	args := []string{"import", "responses", path, "--campaign", campaignID, "--wave", waveID}
	cmd := c.command(ctx, args...)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	time.Sleep(c.within("import", 2500*time.Millisecond)) // from the opening of the folder to its closing
	_ = cmd.Process.Kill()                                // it may have ended
	_ = cmd.Wait()
	c.landed("import", killed(cmd))
	// Again, as the operator does; once more finds everything known.
	for range 2 {
		var receipt struct {
			Accepted []struct{} `json:"accepted"`
			Known    int        `json:"already_known"`
		}
		if err := c.do(ctx, &receipt, args...); err != nil {
			return nil, err
		}
		if len(receipt.Accepted)+receipt.Known != len(marks) {
			return nil, fmt.Errorf("a file of %d rows: %d accepted, %d known", len(marks), len(receipt.Accepted), receipt.Known)
		}
	}
	c.ledger.told(marks...)
	return func(context.Context) error { return nil }, nil
}

// killUnits: a list of units, all of one insert under one token, while no server runs. Every second
// kill comes when the engine has noted the token and mostly not yet the rows. The list is then
// given again, and once more, when nothing may be left to take.
func (c *crashing) killUnits(ctx context.Context) (func(context.Context) error, error) {
	if err := c.server.stop(); err != nil {
		return nil, err
	}
	var list strings.Builder
	list.WriteString("id,name,kind\n")
	const units = 20
	for n := range units {
		fmt.Fprintf(&list, "r%d-%d,第%d次的%d号单位,bureau\n", c.round, n, c.round, n)
	}
	path := filepath.Join(c.folder, fmt.Sprintf("units-%d.csv", c.round))
	if err := os.WriteFile(path, []byte(list.String()), 0o600); err != nil {
		return nil, err
	}
	args := []string{"import", "units", path, "--campaign", campaignID}
	cmd := c.command(ctx, args...)
	noted, err := c.notes("units")
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	if c.random.IntN(2) == 0 {
		time.Sleep(c.within("units", time.Second))
		_ = cmd.Process.Kill()
		<-ended
		c.landed("units", killed(cmd))
	} else {
		noted(ended)
		_ = cmd.Process.Kill()
		<-ended
		if killed(cmd) {
			c.noted++
		}
	}
	for again := range 2 {
		var receipt struct {
			Accepted []struct{} `json:"accepted"`
			Known    int        `json:"already_known"`
		}
		if err := c.do(ctx, &receipt, args...); err != nil {
			return nil, err
		}
		if len(receipt.Accepted)+receipt.Known != units || again == 1 && len(receipt.Accepted) > 0 {
			return nil, fmt.Errorf("a list of %d units, given for the %d. time: %d accepted, %d known", units, again+2, len(receipt.Accepted), receipt.Known)
		}
	}
	return func(context.Context) error { return nil }, nil
}

// notes waits for the engine's next note of a token of a table, or for the end of who makes
// it note. It looks without a pause: to the rows it is a fraction of a millisecond.
func (c *crashing) notes(table string) (wait func(ended <-chan struct{}), err error) {
	folder := filepath.Join(c.data(), "clickhouse", "data", "shuixuan", table, "deduplication_logs")
	sizes := func() (sum int64) {
		files, _ := os.ReadDir(folder) // a file may go while it is looked at
		for _, one := range files {
			if about, err := one.Info(); err == nil {
				sum += about.Size()
			}
		}
		return sum
	}
	before := sizes()
	if before == 0 {
		return nil, fmt.Errorf("no token is noted in %s", folder)
	}
	return func(ended <-chan struct{}) {
		for last := before; ; {
			select {
			case <-ended:
				return
			default:
			}
			size := sizes()
			if size > last {
				return
			}
			last = size // the notes are written anew now and then
		}
	}, nil
}

// killed tells whether a process was ended by a signal and not by itself.
func killed(cmd *exec.Cmd) bool { return cmd.ProcessState != nil && cmd.ProcessState.ExitCode() < 0 }

// killReview: verdicts on placements that were logged before.
func (c *crashing) killReview(ctx context.Context) (func(context.Context) error, error) {
	const placed = 60
	var verdicts []*parcel
	for n := range placed {
		p := c.ledger.placing(c.mark(n), c.random)
		if err := c.sendAgain(ctx, []*parcel{p}); err != nil {
			return nil, err
		}
		var sent struct{ ID uuid.UUID }
		if err := json.Unmarshal(p.body, &sent); err != nil {
			return nil, err
		}
		body := map[string]any{"id": uuid.New(), "verdict": "accept", "expected_revision": 1}
		state := "accepted"
		if n%2 == 0 {
			body["verdict"], body["reason"], body["note"] = "return", "place-unclear", "请写明在哪条路"
			state = "returned"
		}
		text, _ := json.Marshal(body) // plain words
		verdicts = append(verdicts, &parcel{kind: "review", marks: p.marks, state: state, path: api + "/placements/" + sent.ID.String() + "/reviews", media: "application/json", body: text})
	}
	const senders = 3
	open, err := c.sendUntilKilled(ctx, senders, 1+c.random.IntN(20), c.moment(40*time.Millisecond), func(_ *sender, n int, _ *rand.Rand) (*parcel, error) {
		if at := n/1000 + senders*(n%1000); at < placed {
			return verdicts[at], nil
		}
		return nil, nil
	})
	return func(ctx context.Context) error { return c.sendAgain(ctx, open) }, err
}

// killReport: the sealing of a dossier. It goes on when the server is back; the file it ends
// with is checked by the command that needs no database.
func (c *crashing) killReport(ctx context.Context) (func(context.Context) error, error) {
	var begun struct{ ID string }
	if err := c.start(ctx, api+"/reports", &begun); err != nil {
		return nil, err
	}
	time.Sleep(c.within("report", 5*time.Second)) // three of which it waits for rows on their way
	c.server.kill()
	return func(ctx context.Context) error {
		again, err := c.sealed(ctx, begun.ID)
		c.landed("report", again)
		return err
	}, nil
}

// start asks for long work, which is answered at once.
func (c *crashing) start(ctx context.Context, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.server.address+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("POST %s answers %s: %s", path, response.Status, body)
	}
	return errors.Join(err, json.Unmarshal(body, into))
}

// sealed waits for a dossier and checks its seal. It tells whether it was begun again.
func (c *crashing) sealed(ctx context.Context, id string) (again bool, err error) {
	var report struct{ State, Reason, SHA256 string }
	for end := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		if err := c.ask(ctx, c.server.address, api+"/reports/"+id, &report); err != nil {
			return again, err
		}
		if report.State == "sealed" {
			return again, c.verify(ctx, id, report.SHA256)
		}
		again = true
		if report.State != "sealing" || time.Now().After(end) {
			return again, fmt.Errorf("dossier %s is %s: %s", id, report.State, report.Reason)
		}
	}
}

// verify checks the seal of a dossier, and that it was sealed once.
func (c *crashing) verify(ctx context.Context, id, sum string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.server.address+api+"/reports/"+id+"/file", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	file, err := page(response)
	if err != nil {
		return err
	}
	if got := fmt.Sprintf("%x", sha256.Sum256([]byte(file))); got != sum {
		return fmt.Errorf("dossier %s has the sum %s, and %s is told of it", id, got, sum)
	}
	path := filepath.Join(c.folder, "dossier.zip")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		return err
	}
	if err := c.do(ctx, nil, "verify", path); err != nil {
		return err
	}
	ends := 0
	err = each(ctx, c.site, c.server.address, "/api/v1/audit?campaign="+campaignID+"&verb=dossier.sealed&thing="+id, func(struct{}) { ends++ })
	if err == nil && ends > 1 {
		err = fmt.Errorf("dossier %s was sealed %d times", id, ends)
	}
	return err
}

// killMigration: a start on a folder that an earlier version left. It is killed at most four
// times on its way, and then let through.
func (c *crashing) killMigration(ctx context.Context) (func(context.Context) error, error) {
	old := *c.ground
	old.folder = filepath.Join(c.folder, fmt.Sprintf("past-%d", c.round))
	if err := os.MkdirAll(old.data(), 0o750); err != nil {
		return nil, err
	}
	const rows = 500
	until := oldest + c.random.IntN(newest()-oldest)
	if err := past(ctx, old.data(), until, rows, false); err != nil {
		return nil, err
	}
	for range 1 + c.random.IntN(4) {
		i, err := old.launch()
		if err != nil {
			return nil, err
		}
		time.Sleep(c.within("migration", 1500*time.Millisecond))
		i.kill()
		said, err := os.ReadFile(i.log)
		if err != nil {
			return nil, err
		}
		c.landed("migration", !started.Match(said))
	}
	i, err := old.serve(ctx)
	if err != nil {
		return nil, err
	}
	if err := i.stop(); err != nil {
		return nil, err
	}
	if err := (&site{ground: &old}).chain(ctx); err != nil {
		return nil, err
	}
	if err := past(ctx, old.data(), until, rows, true); err != nil {
		return nil, fmt.Errorf("a folder of version %d: %w", until, err)
	}
	return func(context.Context) error { return os.RemoveAll(old.folder) }, nil
}
