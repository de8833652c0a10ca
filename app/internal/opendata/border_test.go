package opendata

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shuixuan/app/audit"
)

// TestWhoAsks: one kind of token, in one of three headers, until it is revoked.
func TestWhoAsks(t *testing.T) {
	p := newPort(t)
	const question = "/?query=SELECT+count()+FROM+carriers"
	check := func(what string, status int, code string, headers ...string) {
		t.Helper()
		if got := p.send(http.MethodGet, question, "", headers...); got.status != status || got.code() != code || code == "" && got.body != "2\n" {
			t.Errorf("%s: %d %q %s", what, got.status, got.code(), got.body)
		}
	}
	basic := func(token string) string {
		r, _ := http.NewRequest(http.MethodGet, "http://x", nil)
		r.SetBasicAuth("any", token)
		return r.Header.Get("Authorization")
	}
	check("a key", 200, "", "X-ClickHouse-Key", p.token)
	check("a password", 200, "", "Authorization", basic(p.token))
	check("a bearer", 200, "", "Authorization", "Bearer "+p.token)
	check("nothing", 401, "516")
	check("an empty password", 401, "516", "Authorization", basic(""))
	check("another token", 403, "516", "X-ClickHouse-Key", p.token+"x")
	_, office := p.give(audit.RoleOffice)
	check("a token of the API", 403, "516", "X-ClickHouse-Key", office)
	if got := p.send(http.MethodGet, question+"&user=any&password="+url.QueryEscape(p.token), ""); got.status != 403 || got.code() != "516" {
		t.Errorf("a token in the address: %d %s", got.status, got.body)
	}
	if actor, err := p.auth.Actor(t.Context(), p.token); err == nil {
		t.Errorf("the token opens the pages as %+v", actor)
	}
	if got := p.send(http.MethodGet, "/ping", ""); got.body != "Ok.\n" {
		t.Errorf("ping: %d %s", got.status, got.body)
	}
	if got := p.send(http.MethodGet, "/play", "", "X-ClickHouse-Key", p.token); got.status != 404 {
		t.Errorf("another page: %d %s", got.status, got.body)
	}
	for range mostGuesses {
		p.send(http.MethodGet, question, "", "X-ClickHouse-Key", "guess")
	}
	if got := p.send(http.MethodGet, question, "", "X-ClickHouse-Key", "guess"); !strings.Contains(got.body, "Too many wrong tokens") {
		t.Errorf("after %d guesses: %s", mostGuesses, got.body)
	}
	p.guesses.count = nil // the minute is over
	if err := p.auth.RevokeToken(t.Context(), audit.System("test"), p.id); err != nil {
		t.Fatal(err)
	}
	check("a revoked token", 403, "516", "X-ClickHouse-Key", p.token)

	log := p.log.String()
	if strings.Contains(log, p.token) || strings.Contains(log, office) {
		t.Error("a token stands in the log")
	}
	for _, holds := range []string{"name=笔记本", "token=token:" + p.id, `sql="SELECT count() FROM carriers"`, "code=0", "address=127.0.0.1"} {
		if !strings.Contains(log, holds) {
			t.Errorf("the log has no %s:\n%.2000s", holds, log)
		}
	}
}

// TestATokenOfOneCampaign: it reads its campaign, and nothing that a request may say makes it read
// another; beside it the token of all reads all.
func TestATokenOfOneCampaign(t *testing.T) {
	p := newPort(t)
	if err := p.db.Exec(t.Context(), `INSERT INTO carriers SELECT 'elsewhere', 'bus', 1, '{}', now64(3), 'x', generateUUIDv4()`); err != nil {
		t.Fatal(err)
	}
	_, token, err := p.auth.AddToken(t.Context(), audit.System("test"), audit.RoleOpen, "elsewhere", "", "大屏", time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	const question = "SELECT campaign, count() FROM carriers GROUP BY campaign ORDER BY campaign FORMAT CSV"
	own := func(parameters url.Values, headers ...string) reply {
		return p.send(http.MethodPost, "/?"+parameters.Encode(), question, append(headers, "X-ClickHouse-Key", token)...)
	}
	for range 2 {
		if got := own(nil); got.body != "\"elsewhere\",1\n" {
			t.Errorf("of one campaign: %d %s", got.status, got.body)
		}
		if got := p.ask(question, nil); got.body != "\"elsewhere\",1\n\"feicheng\",2\n" {
			t.Errorf("of all: %d %s", got.status, got.body)
		}
	}
	for _, setting := range []string{"query_cache_tag", "Query_Cache_Tag", "query_cache_tag ", "profile", "use_query_cache", "additional_table_filters", "SQL_campaign", "campaign"} {
		for _, value := range []string{"", "feicheng", "DEFAULT"} {
			if got := own(url.Values{setting: {value}}); got.code() != "164" {
				t.Errorf("%s=%s: %d %s", setting, value, got.status, got.body)
			}
		}
	}
	for _, said := range [][2]string{{"user", "feicheng"}, {"role", "shuixuan_program"}, {"quota_key", "feicheng"}, {"session_id", "feicheng"}, {"readonly", "0"}, {"log_comment", "feicheng"}} {
		if got := own(url.Values{said[0]: {said[1]}}, "X-ClickHouse-User", "default", "X-ClickHouse-Setting-query_cache_tag", "feicheng"); got.body != "\"elsewhere\",1\n" {
			t.Errorf("%v: %d %s", said, got.status, got.body)
		}
	}
	if log := p.log.String(); !strings.Contains(log, "campaign=elsewhere") {
		t.Errorf("the log doesn't tell whose campaign: %.2000s", log)
	}
}

// TestTheBorder: requests that nobody sends who means well, and drivers' that can't be taken.
func TestTheBorder(t *testing.T) {
	p := newPort(t, func(s *Server) {
		s.http.ReadHeaderTimeout, s.http.ReadTimeout = 300*time.Millisecond, 600*time.Millisecond
	})
	check := func(what string, got reply, status int, code string) {
		t.Helper()
		if got.status != status || got.code() != code || !strings.HasPrefix(got.body, "Code: "+code+". DB::Exception: ") {
			t.Errorf("%s: %d %q %.300s, want %d %s", what, got.status, got.code(), got.body, status, code)
		}
	}
	check("a long statement", p.ask("SELECT '"+strings.Repeat("x", bodyBytes)+"'", nil), 413, "62")
	check("one that is a little too long", p.ask("SELECT '"+strings.Repeat("x", 300<<10)+"'", nil), 400, "62")
	check("no statement", p.ask("  ", nil), 400, "62")
	check("another database", p.ask("SELECT 1", url.Values{"database": {p.db.Database()}}), 404, "81")
	check("the engine's database", p.ask("SELECT * FROM processes", url.Values{"database": {"system"}}), 404, "81")
	check("a parameter of the statement", p.ask("SELECT {a:UInt8}", url.Values{"param_a": {"1"}}), 400, "456")
	for _, setting := range []string{"max_memory_usage_for_user", "allow_ddl", "additional_result_filter", "readonly=0&x", "format_schema", "s3_max_redirects"} {
		check("the setting "+setting, p.ask("SELECT 1", url.Values{setting: {"0"}}), 500, "164")
	}
	path := filepath.Join(t.TempDir(), "x")
	check("a file to write", p.ask("SELECT 1 AS a FORMAT Protobuf", url.Values{"output_format_schema": {path}}), 500, "164")
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was written")
	}
	check("a setting of output that doesn't exist", p.ask("SELECT 1", url.Values{"output_format_none_such": {"1"}}), 404, "115")
	check("an unknown table", p.ask("SELECT 1 FROM nothing", nil), 404, "60")
	check("a method", p.send(http.MethodDelete, "/?query=SELECT+1", "", "X-ClickHouse-Key", p.token), 501, "48")
	check("a body of parts", p.send(http.MethodPost, "/", "--x\r\n", "X-ClickHouse-Key", p.token, "Content-Type", "multipart/form-data; boundary=x"), 400, "36")

	if got := p.ask("SELECT getSetting('readonly'), getSetting('max_memory_usage') > 0", url.Values{"readonly": {"0"}, "max_memory_usage": {"0"}, "max_threads": {"64"}}); got.body != "1\t1\n" {
		t.Errorf("settings that mean nothing here: %s", got.body)
	}

	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	fmt.Fprint(z, "SELECT 1 --")
	for range 100 {
		fmt.Fprint(z, strings.Repeat("x", 1<<20))
	}
	z.Close()
	check("a bomb", p.send(http.MethodPost, "/", bomb.String(), "X-ClickHouse-Key", p.token, "Content-Encoding", "gzip"), 413, "62")
	check("what is no gzip", p.send(http.MethodPost, "/", "SELECT 1", "X-ClickHouse-Key", p.token, "Content-Encoding", "gzip"), 400, "36")
	check("a block of 100 MB", p.send(http.MethodPost, "/?decompress=1", strings.Repeat("\x00", 16)+"\x82\x09\x00\x00\x00\x00\x00\x40\x06", "X-ClickHouse-Key", p.token), 413, "62")
	check("a block that isn't there", p.send(http.MethodPost, "/?decompress=1", strings.Repeat("\x00", 16)+"\x82\x00\x00\x40\x06\x09\x00\x00\x00", "X-ClickHouse-Key", p.token), 400, "36")
	check("what is no block", p.send(http.MethodPost, "/?decompress=1", "SELECT 1 and more than a header", "X-ClickHouse-Key", p.token), 400, "36")

	// Whoever sends slowly is let go, and keeps nobody waiting.
	for _, begun := range []string{"GET / HTTP/1.1\r\nHost: x\r\n", "POST / HTTP/1.1\r\nHost: x\r\nX-ClickHouse-Key: " + p.token + "\r\nContent-Length: 1000\r\n\r\nSELECT"} {
		conn, err := net.Dial("tcp", p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, begun)
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.ReadAll(conn); err != nil {
			t.Errorf("a connection that sends nothing more is still open: %v", err)
		}
		conn.Close()
	}
	if got := p.ask("SELECT 1", nil); got.body != "1\n" {
		t.Errorf("after all: %d %s", got.status, got.body)
	}
}

// TestGuessesFromEverywhere: a network of IPv6 is one guesser, and a flood shuts out nobody who
// has shown a right token.
func TestGuessesFromEverywhere(t *testing.T) {
	now := time.Now()
	g := guesses{clock: func() time.Time { return now }}
	for i := range mostGuesses {
		if from := fmt.Sprintf("2001:db8::%x", i); !g.may(from) {
			t.Fatalf("shut out after %d", i)
		} else {
			g.wrong(from)
		}
	}
	if g.may("2001:db8::ffff:1") || !g.may("2001:db8:0:1::1") {
		t.Error("a network isn't counted as one")
	}
	g.right("192.0.2.1")
	for i := range mostAddresses + 1 {
		g.wrong(fmt.Sprintf("198.51.%d.%d", i/256, i%256))
	}
	if g.may("203.0.113.1") || !g.may("192.0.2.1") || !g.may("::ffff:192.0.2.1") {
		t.Error("a flood shuts out the wrong ones")
	}
	now = now.Add(2 * time.Minute)
	if !g.may("2001:db8::1") || !g.may("203.0.113.1") {
		t.Error("shut out for good")
	}
}

// TestAnswersThatNobodyTakes: what slow readers leave lying is bounded.
func TestAnswersThatNobodyTakes(t *testing.T) {
	p := newPort(t)
	if !p.held.TryAcquire(heldBytes) {
		t.Fatal("something is held")
	}
	if got := p.ask("SELECT 1", nil); got.status != http.StatusServiceUnavailable || got.code() != "202" {
		t.Errorf("with no room: %d %s", got.status, got.body)
	}
	p.held.Release(heldBytes)
	for _, packed := range []url.Values{nil, {"compress": {"1"}}} {
		if got := p.ask("SELECT 1", packed); got.body != "1\n" {
			t.Errorf("with room: %d %q", got.status, got.body)
		}
	}
	for !p.held.TryAcquire(heldBytes) { // given back after the last byte is out
		time.Sleep(time.Millisecond)
	}
}

// TestOthersAreNotDelayed: with every turn taken by statements that don't end, more are refused
// at once, and the program writes and reads as ever.
func TestOthersAreNotDelayed(t *testing.T) {
	p := newPort(t)
	ctx, leave := context.WithCancel(t.Context())
	ended := make(chan struct{}, mostWaiting)
	for range mostWaiting {
		go func() {
			req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.Addr()+"/", strings.NewReader("SELECT sum(sin(number)) FROM system.numbers"))
			req.Header.Set("X-ClickHouse-Key", p.token)
			if res, err := http.DefaultTransport.RoundTrip(req); err == nil {
				res.Body.Close()
			}
			ended <- struct{}{}
		}()
	}
	for len(p.turns) < mostWaiting {
		time.Sleep(time.Millisecond)
	}
	if got := p.ask("SELECT 1", nil); got.status != http.StatusServiceUnavailable || got.code() != "202" || got.header.Get("Retry-After") == "" {
		t.Errorf("one more: %d %s", got.status, got.body)
	}
	for i := range 20 {
		if err := p.db.Exec(t.Context(), `INSERT INTO carriers SELECT 'feicheng', ?, 1, '{}', now64(3), 'x', generateUUIDv4()`, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		var n uint64
		if err := p.db.QueryRow(t.Context(), `SELECT count() FROM carriers`).Scan(&n); err != nil || n != uint64(i+3) {
			t.Fatalf("%d rows, %v", n, err)
		}
	}
	if done := len(ended); done > 0 {
		t.Errorf("%d statements ended before the program had written: what was shown?", done)
	}
	leave()
	for range mostWaiting {
		<-ended
	}
	for len(p.turns) > 0 {
		time.Sleep(time.Millisecond)
	}
	if got := p.ask("SELECT 1", nil); got.body != "1\n" {
		t.Errorf("after they left: %d %s", got.status, got.body)
	}
}
