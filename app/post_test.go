package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// post is one row on its way, with an id of its own.
type post struct {
	id   uuid.UUID
	path string
	body []byte
}

// newPost makes a placement for every even n, and else a response.
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
