package web

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
)

// openedSite is a site that listens on a port of its own, and ends with the test.
func openedSite(t *testing.T, head time.Duration) *site {
	t.Helper()
	s := newSite(t, 0)
	s.app.Server().ReadTimeout = head
	if err := s.Open("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Listen("") }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		<-done
	})
	return s
}

// raw opens a connection, sends what is given, and leaves it open.
func (s *site) raw(t *testing.T, text string) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	if _, err := io.WriteString(connection, text); err != nil {
		t.Fatal(err)
	}
	return connection
}

// answered reads one answer and what it says.
func answered(t *testing.T, connection net.Conn) (int, string) {
	t.Helper()
	connection.SetReadDeadline(time.Now().Add(20 * time.Second))
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Errorf("no answer: %v", err)
		return 0, ""
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(body)
}

// TestTheEdge: what reaches a server that is open to the world, over real connections.
func TestTheEdge(t *testing.T) {
	s := openedSite(t, 500*time.Millisecond)
	ready := func(t *testing.T) {
		t.Helper()
		if status, body := answered(t, s.raw(t, "GET /readyz HTTP/1.0\r\n\r\n")); status != 200 {
			t.Errorf("/readyz answers %d %q", status, body)
		}
	}
	signed := "Host: x\r\nCookie: " + s.as("zhujian") + "\r\n" + formTokenHeader + ": " + newFormToken(strings.TrimPrefix(s.as("zhujian"), sessionCookie+"=")) + "\r\nAccept: application/json\r\n"
	t.Run("a head that never ends", func(t *testing.T) {
		begun := time.Now()
		var slow []net.Conn
		for range 50 {
			slow = append(slow, s.raw(t, "GET / HTTP/1.1\r\nHost: x\r\nX-"))
		}
		cut := 0
		for _, connection := range slow {
			for range 100 { // a byte now and then doesn't begin the time again
				if _, err := io.WriteString(connection, "a"); err != nil {
					cut++
					break
				}
				if time.Since(begun) < time.Second {
					time.Sleep(20 * time.Millisecond)
				} else {
					time.Sleep(time.Millisecond)
				}
			}
		}
		if cut < len(slow) {
			t.Errorf("%d of %d slow connections are still open after %s", len(slow)-cut, len(slow), time.Since(begun))
		}
		ready(t)
	})
	t.Run("a body that stops half way", func(t *testing.T) {
		id := uuid.NewString()
		fields := url.Values{"id": {id}, "task": {"社会宣传1"}, "carrier": {"宣传条幅"}, "place": {"断线"}, "quantity": {"3"}, "measure": {"条"}, "start": {"2014-09-05"}}.Encode()
		head := fmt.Sprintf("POST /c/feicheng/placements HTTP/1.1\r\n%sContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n", signed, len(fields)+20)
		s.raw(t, head+fields).Close()
		half := s.raw(t, head+fields)
		half.(*net.TCPConn).CloseWrite() // it has no more to say, and waits
		status, body := answered(t, half)
		if status != 400 || !strings.Contains(body, "请再试一次") {
			t.Errorf("half a body answered %d %s", status, body)
		}
		if got := s.do("zhujian", "GET", "/c/feicheng/placements/"+id, nil); got.status != 404 {
			t.Errorf("half a body left a row: %d", got.status)
		}
	})
	t.Run("a body that unpacks to more", func(t *testing.T) {
		var bomb bytes.Buffer
		packer, _ := gzip.NewWriterLevel(&bomb, gzip.BestCompression)
		packer.Write([]byte("place="))
		packer.Write(make([]byte, 50<<20))
		packer.Close()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		status, body := answered(t, s.raw(t, fmt.Sprintf("POST /c/feicheng/placements HTTP/1.1\r\n%sContent-Type: application/x-www-form-urlencoded\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", signed, bomb.Len(), bomb.String())))
		runtime.ReadMemStats(&after)
		if status != 422 || !strings.Contains(body, "压缩") {
			t.Errorf("a packed body answered %d %s", status, body)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 20<<20 {
			t.Errorf("a packed body of %d KB took %d MB", bomb.Len()>>10, took>>20)
		}
		ready(t)
	})
	t.Run("a flood of headers", func(t *testing.T) {
		status, _ := answered(t, s.raw(t, "GET /login HTTP/1.1\r\nHost: x\r\n"+strings.Repeat("X-A: "+strings.Repeat("b", 100)+"\r\n", 1000)+"\r\n"))
		if status != 431 {
			t.Errorf("100 KB of headers answered %d", status)
		}
		ready(t)
	})
	t.Run("100 MB", func(t *testing.T) {
		for _, kind := range []string{"application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=f"} {
			head := fmt.Sprintf("POST /c/feicheng/imports HTTP/1.1\r\n%sContent-Type: %s\r\nContent-Length: %d\r\n\r\n", signed, kind, 100<<20)
			connection := s.raw(t, head)
			go io.CopyN(connection, nothings{}, 100<<20)
			if status, body := answered(t, connection); status != 413 || !strings.Contains(body, "MB") {
				t.Errorf("100 MB of %s answered %d %s", kind, status, body)
			}
		}
	})
	t.Run("no HTTP at all", func(t *testing.T) {
		if status, body := answered(t, s.raw(t, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n")); status != 400 || strings.Contains(body, "goroutine") {
			t.Errorf("a handshake answered %d %s", status, body)
		}
		ready(t)
	})
	t.Run("whoever watches", func(t *testing.T) {
		s.config.MetricsToken = "0123456789abcdef"
		for header, want := range map[string]int{"": 200, "X-Real-IP: 203.0.113.9\r\nAuthorization: Bearer 0123456789abcdef\r\n": 200, "X-Forwarded-For: 203.0.113.9\r\n": 401, "X-Real-IP: 203.0.113.9\r\n": 401, "Authorization: Bearer x\r\nVia: 1.1 proxy\r\n": 401} {
			status, body := answered(t, s.raw(t, "GET /metrics HTTP/1.1\r\nHost: x\r\n"+header+"\r\n"))
			if status != want || strings.Contains(body, "shuixuan_") != (want == 200) {
				t.Errorf("/metrics with %q answers %d, want %d", header, status, want)
			}
			if want == 200 && !strings.Contains(body, `shuixuan_http_unread_requests_total{status="431"} 1`) {
				t.Error("the flood of headers was not counted")
			}
		}
	})
	t.Run("many open connections", func(t *testing.T) {
		var most syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &most); err != nil {
			t.Fatal(err)
		}
		want := int(min(10_000, (most.Cur-1_000)/2)) // both ends are in this process
		for range want {
			s.raw(t, "G")
		}
		ready(t)
		t.Logf("%d connections", want)
	})
}

// nothings is a body without an end.
type nothings struct{}

func (nothings) Read(p []byte) (int, error) { clear(p); return len(p), nil }
