package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

// enough rows of each kind for a comparison to prove something.
const enough = 20

// acknowledged is what senders were told: the only thing that counts afterwards.
type acknowledged struct {
	mu         sync.Mutex
	placements map[uuid.UUID]bool
	responses  map[uuid.UUID]bool
}

// note keeps what was acknowledged.
func (p post) note(told *acknowledged) {
	told.mu.Lock()
	defer told.mu.Unlock()
	if filepath.Base(p.path) == "placements" {
		told.placements[p.id] = true
	} else {
		told.responses[p.id] = true
	}
}

// wait waits until so many of each are acknowledged.
func (a *acknowledged) wait(t *testing.T, n int) {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(10 * time.Millisecond) {
		if now := a.so(); len(now.placements) >= n && len(now.responses) >= n {
			return
		}
	}
	t.Fatal("too few posts are acknowledged")
}

// so is what is acknowledged by now.
func (a *acknowledged) so() *acknowledged {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := &acknowledged{placements: map[uuid.UUID]bool{}, responses: map[uuid.UUID]bool{}}
	for id := range a.placements {
		now.placements[id] = true
	}
	for id := range a.responses {
		now.responses[id] = true
	}
	return now
}

// checkTold compares the tables with what senders were told, through the export.
func checkTold(t *testing.T, data string, told *acknowledged, args ...string) {
	t.Helper()
	if len(told.placements) < enough || len(told.responses) < enough {
		t.Fatalf("only %d placements and %d responses were acknowledged: the test proves little", len(told.placements), len(told.responses))
	}
	for kind, want := range map[string]map[uuid.UUID]bool{"placements": told.placements, "responses": told.responses} {
		out := filepath.Join(t.TempDir(), kind+".json")
		mustRun(t, nil, append([]string{"export", kind, "--campaign", "feicheng", "--wave", "w1", "--out", out, "--data", data}, args...)...)
		body, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Items []struct {
				ID uuid.UUID `json:"id"`
			} `json:"items"`
		}
		if err := json.Unmarshal(body, &file); err != nil {
			t.Fatal(err)
		}
		found := map[uuid.UUID]int{}
		for _, item := range file.Items {
			found[item.ID]++
		}
		for id := range want {
			if found[id] != 1 {
				t.Errorf("%s %s was acknowledged and is there %d times", kind, id, found[id])
			}
		}
		t.Logf("%s: %d acknowledged, %d in the table", kind, len(want), len(found))
	}
}
