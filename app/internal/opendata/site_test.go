package opendata

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go/compress"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/internal/auth"
)

// lines is a log that many may write to.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// port is the interface on a port of its own, over tables with a carrier in them.
type port struct {
	*Server
	t     *testing.T
	db    *clickhouse.DB
	auth  *auth.Auth
	id    string // of the token
	token string
	log   *lines
	open  string // database of the open views
}

func newPort(t *testing.T, changes ...func(*Server)) *port {
	t.Helper()
	db := clickhousetest.Embedded(t)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := db.Exec(t.Context(), `INSERT INTO carriers SELECT 'feicheng', id, 1, '{"name":"公交车''车身"}', now64(3), 'x', generateUUIDv4() FROM (SELECT arrayJoin(['bus', 'screen']) AS id)`)
	if err != nil {
		t.Fatal(err)
	}
	p := &port{t: t, db: db, auth: auth.New(db, audit.NewLog(db), nil), log: &lines{}, open: clickhouse.OpenDatabase(db.Database())}
	p.id, p.token = p.give(audit.RoleOpen)
	if p.Server, err = New(db, Config{Outsider: p.auth.Outsider, Logger: slog.New(slog.NewTextHandler(p.log, nil))}); err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		change(p.Server)
	}
	if err := p.Open("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.Serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := p.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return p
}

// give makes a token of a role.
func (p *port) give(role audit.Role) (id, token string) {
	p.t.Helper()
	id, token, err := p.auth.AddToken(p.t.Context(), audit.System("test"), role, "", "", "笔记本", time.Now().Add(time.Hour))
	if err != nil {
		p.t.Fatal(err)
	}
	return id, token
}

// reply is what came back, unpacked.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) code() string { return r.header.Get("X-ClickHouse-Exception-Code") }

// send sends a request as it is; headers are pairs.
func (p *port) send(method, path, body string, headers ...string) reply {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, "http://"+p.Addr()+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	var content io.Reader = res.Body
	switch {
	case res.Header.Get("Content-Encoding") == "gzip":
		if content, err = gzip.NewReader(res.Body); err != nil {
			p.t.Fatal(err)
		}
	case strings.Contains(path, "compress=1") && !strings.Contains(path, "decompress=1") && res.StatusCode == http.StatusOK:
		content = compress.NewReader(res.Body)
	}
	text, err := io.ReadAll(content)
	if err != nil && !errors.Is(err, io.EOF) { // of blocks, whose reader wraps it
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	return reply{res.StatusCode, res.Header, string(text)}
}

// ask sends a statement as a body, with the token as a password.
func (p *port) ask(sql string, parameters url.Values) reply {
	p.t.Helper()
	return p.send(http.MethodPost, "/?"+parameters.Encode(), sql, "X-ClickHouse-User", "default", "X-ClickHouse-Key", p.token)
}
