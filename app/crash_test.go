package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

// kills is how often the server is killed while it takes rows.
const kills = 20

// ledger is what the sender was told: the only thing that counts after a crash.
type acknowledged struct {
	mu         sync.Mutex
	placements map[uuid.UUID]bool
	responses  map[uuid.UUID]bool
}

// TestKillNineLosesNothingThatWasAcknowledged kills the server twenty times while it
// takes placements and responses from several senders. A sender whose outcome is open
// sends again after the restart, as a browser's queue does. In the end every
// acknowledged row is there, once.
func TestKillNineLosesNothingThatWasAcknowledged(t *testing.T) {
	data := t.TempDir()
	loadShipped(t, data, "feicheng")
	var token struct{ Token string }
	mustRun(t, &token, "token", "add", "--role", "office", "--data", data)
	told := &acknowledged{placements: map[uuid.UUID]bool{}, responses: map[uuid.UUID]bool{}}
	random := rand.New(rand.NewPCG(20140901, 1))
	var open []post // outcome unknown at the last kill
	for round := range kills {
		s := startServer(t, "--data", data)
		for _, p := range open {
			if status := p.send(s.address, token.Token); status != http.StatusOK && status != http.StatusCreated {
				t.Fatalf("round %d: sending again answered %d", round, status)
			}
			p.note(told)
		}
		open = sendUntilKilled(s, token.Token, round, 4+random.IntN(20), time.Duration(random.IntN(60))*time.Millisecond, told)
	}
	checkTold(t, data, told)
	if code, v, words := verified(t, data); code != exitFine || v.Chains < kills {
		t.Errorf("the audit trail after %d kills: exit %d, %+v\n%s", kills, code, v, words)
	}
}

// post is one row on its way, with an id of its own.
type post struct {
	id   uuid.UUID
	path string
	body []byte
}

func newPost(round, sender, n int) post {
	id := uuid.New()
	if n%2 == 0 {
		body, _ := json.Marshal(map[string]any{"id": id, "task": "社会宣传1", "unit": "市住建局", "carrier": "宣传条幅",
			"place": fmt.Sprintf("第%d轮第%d人第%d处", round, sender, n), "quantity": 1 + n%9, "measure": "条", "start": "2014-09-05"})
		return post{id, "/api/v1/campaigns/feicheng/placements", body}
	}
	body, _ := json.Marshal(map[string]any{"id": id, "number": fmt.Sprintf("%d-%d-%d", round, sender, n), "choices": map[string][]string{"group": {"school"}}})
	return post{id, "/api/v1/campaigns/feicheng/waves/w1/responses", body}
}

// send answers the status, 0 where there was no answer.
func (p post) send(address, token string) int {
	request, err := http.NewRequest(http.MethodPost, address+p.path, bytes.NewReader(p.body))
	if err != nil {
		return 0
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	client := http.Client{Timeout: 20 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	io.Copy(io.Discard, response.Body)
	return response.StatusCode
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

// sendUntilKilled lets four senders post as fast as they are answered, kills the server
// a moment after so many answers, in the middle of what it does then, and gives the posts
// whose outcome is open.
func sendUntilKilled(s *server, token string, round, answers int, moment time.Duration, told *acknowledged) []post {
	var wg sync.WaitGroup
	answered := make(chan struct{}, 1000)
	open := make(chan post, 4)
	for sender := range 4 {
		wg.Go(func() {
			for n := 0; ; n++ {
				p := newPost(round, sender, n)
				switch p.send(s.address, token) {
				case http.StatusOK, http.StatusCreated:
					p.note(told)
					answered <- struct{}{}
				default:
					open <- p
					return
				}
			}
		})
	}
	patient := time.After(patience)
wait:
	for range answers {
		select {
		case <-answered:
		case <-patient: // a sender that was refused says so in the end
			break wait
		}
	}
	time.Sleep(moment)
	s.kill()
	wg.Wait()
	close(open)
	var left []post
	for p := range open {
		left = append(left, p)
	}
	return left
}

// checkTold compares the tables with what senders were told, through the export.
func checkTold(t *testing.T, data string, told *acknowledged, args ...string) {
	t.Helper()
	if len(told.placements) < kills || len(told.responses) < kills {
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
