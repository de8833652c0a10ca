package web

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestAStopWithRequestsOnTheirWay: /readyz says no first, whoever has begun is answered and is
// there, nobody new comes in, and one who never ends doesn't hold up the stop.
func TestAStopWithRequestsOnTheirWay(t *testing.T) {
	s := newSite(t, 0)
	s.config.Drain = 300 * time.Millisecond
	if err := s.Open("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Listen("") }()
	id := uuid.NewString()
	signed := "Host: x\r\nCookie: " + s.as("zhujian") + "\r\n" + formTokenHeader + ": " + newFormToken(strings.TrimPrefix(s.as("zhujian"), sessionCookie+"=")) + "\r\n"
	ledger := "责任单位,任务,宣传形式,设置地点,数量,计量单位,开始日期,备注\n市住建局,社会宣传1,宣传条幅,停机时," + "3,条,2014-09-05," + id + "\n"
	body := "--f\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n" + ledger + "\r\n--f--\r\n"
	head := fmt.Sprintf("POST /api/v1/campaigns/feicheng/imports?kind=placements HTTP/1.1\r\n%sContent-Type: multipart/form-data; boundary=f\r\nContent-Length: %d\r\n\r\n", signed, len(body))
	upload := s.raw(t, head+body[:100])
	s.raw(t, head+body[:100]) // whose sender never goes on
	time.Sleep(100 * time.Millisecond)

	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- s.Shutdown(ctx) }()
	for !s.leaving.Load() {
		time.Sleep(time.Millisecond)
	}
	if status, words := answered(t, s.raw(t, "GET /readyz HTTP/1.0\r\n\r\n")); status != 503 || !strings.Contains(words, "stopping") {
		t.Errorf("/readyz of a server that stops: %d %s", status, words)
	}
	refused := false
	for range 200 {
		connection, err := net.Dial("tcp", s.Addr())
		if refused = err != nil; refused {
			break
		}
		connection.Close()
		time.Sleep(5 * time.Millisecond)
	}
	if !refused {
		t.Error("new connections still come in")
	}
	if _, err := io.WriteString(upload, body[100:]); err != nil {
		t.Errorf("the upload was cut: %v", err)
	}
	if status, words := answered(t, upload); status != 201 && status != 200 || !strings.Contains(words, `"row":2`) {
		t.Errorf("an upload that was on its way: %d %s", status, words)
	}
	if err := <-stopped; err != nil {
		t.Errorf("the stop failed: %v", err)
	}
	if err := <-done; err != nil {
		t.Errorf("the listener: %v", err)
	}
	if !strings.Contains(s.log.String(), "still on their way") {
		t.Error("the one that was cut is not in the log")
	}
	if got := s.do("zhujian", "GET", "/api/v1/campaigns/feicheng/placements", nil); strings.Count(got.body, id) != 1 {
		t.Errorf("what was acknowledged is there %d times: %s", strings.Count(got.body, id), got.body)
	}
}
