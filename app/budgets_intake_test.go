//go:build bench

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/audit"
	"shuixuan/app/budget"
)

const (
	intakeConnections = 500
	intakeTime        = 10 * time.Second
	intakeBatch       = 100
	batchSenders      = 32
	pace              = 5000 // a second, for the times of answers
)

// TestBudgetsIntake sends responses of twenty answers to the program, which runs as another
// process on a folder on the disk, is killed at the end, and opened again to be counted.
//
// The senders stay within what a program may send: a token has 1,000 requests a second and an
// address 3,000, so they hold ten tokens and come from ten addresses of the loopback. A
// response is made once as bytes and only its id is written anew; an answer is read no
// further than its status and length. What of the two cores the senders take all the same is
// printed beside each figure.
func TestBudgetsIntake(t *testing.T) {
	data := t.TempDir()
	tokens := prepareIntake(t, data)
	s := startServer(t, "--data", data)
	ours := &load{address: strings.TrimPrefix(s.address, "http://"), tokens: tokens, server: s}
	ours.run(t, "to warm up", 50, 2*time.Second, 0, single)

	alone := ours.run(t, "one per request", intakeConnections, intakeTime, 0, single)
	paced := ours.run(t, "one per request, 5,000 a second asked for", intakeConnections, intakeTime, pace, single)
	echo := startEcho(t)
	bare := (&load{address: echo.address, tokens: tokens, server: echo, echo: true}).run(t, "the same to a bare Fiber echo", intakeConnections, intakeTime/2, 0, single)
	batches := ours.run(t, "100 per request", batchSenders, intakeTime, 0, batched)
	echo.kill()

	budget.Over(t, "responses of 20 answers, 500 connections, one per request, durable and acknowledged", alone.rate(), 5000, "a second")
	budget.Under(t, "the same, p99 while all 500 send as fast as they are answered", alone.ms(99), 100, "ms")
	budget.Under(t, "the same at 5,000 a second, p99 from when each was due", paced.ms(99), 100, "ms")
	budget.Over(t, "the same, to a bare Fiber echo of the same bodies", alone.rate()/bare.rate(), 0.3, "of it")
	budget.Over(t, "responses of 20 answers, 100 per request, durable and acknowledged", batches.rate()*intakeBatch, 50_000, "a second")
	memory := memoryOf(t, s.cmd.Process.Pid)
	budget.Under(t, "resident memory of the program after it, peak", float64(memory.peak)/(1<<20), 1536, "MB")
	ours.again(t)
	s.kill()
	countIntake(t, data, ours)
}

// prepareIntake makes a campaign with a questionnaire of twenty choices, and the tokens.
func prepareIntake(t testing.TB, data string) (tokens []string) {
	t.Helper()
	for _, kind := range []string{"units", "plan"} {
		mustRun(t, nil, "import", kind, "../seeds/feicheng/"+kind+".yaml", "--campaign", "feicheng", "--data", data)
	}
	file := filepath.Join(t.TempDir(), "questionnaire.yaml")
	var b strings.Builder
	b.WriteString("id: twenty\ntitle: 二十题\nintro: 您好\nsource: 自拟\nstratum: q01\nquestions:\n")
	for i := range 20 {
		fmt.Fprintf(&b, "  - name: q%02d\n    type: single\n    label: 第%d题您怎么看？\n    short: 第%d题\n    required: true\n    options:\n", i+1, i+1, i+1)
		for j := range 5 {
			fmt.Fprintf(&b, "      - {code: c%d, label: 选项%d}\n", j+1, j+1)
		}
	}
	b.WriteString("waves:\n  - id: w1\n    name: 一\n    start: 2014-09-10\n    end: 2014-09-30\n    population: 试\n    sampling: {kind: convenience}\n    privacy: 试\n    strata:\n")
	for j := range 5 {
		fmt.Fprintf(&b, "      - {code: c%d, label: 选项%d, quota: 100}\n", j+1, j+1)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, nil, "import", "questionnaire", file, "--campaign", "feicheng", "--data", data)
	p, err := open(t.Context(), data, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for i := range 10 {
		_, token, err := p.auth.AddToken(t.Context(), audit.System("token add"), "distributor", "feicheng", "", fmt.Sprint("发送", i), time.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	return tokens
}

// TestBudgetsResponsesKept takes 20,000 responses out as CSV, then starts the program on
// 10,000,000 of them.
func TestBudgetsResponsesKept(t *testing.T) {
	const out, kept, step = 20_000, 10_000_000, 250_000
	data := t.TempDir()
	tokens := prepareIntake(t, data)
	var office struct{ Token string }
	mustRun(t, &office, "token", "add", "--role", "office", "--data", data)
	s := startServer(t, "--data", data)
	l := &load{address: strings.TrimPrefix(s.address, "http://"), tokens: tokens, server: s}
	c, err := l.dial(0, batched)
	if err != nil {
		t.Fatal(err)
	}
	for range out / intakeBatch {
		if err := c.send(l); err != nil {
			t.Fatal(err)
		}
	}
	var times []time.Duration
	for range 7 {
		begun := time.Now()
		lines := bytes.Count(s.fetch(t, office.Token, "/c/feicheng/waves/w1/responses.csv"), []byte("\n"))
		times = append(times, time.Since(begun))
		if lines != out+1 {
			t.Fatalf("%d lines of %d responses", lines, out)
		}
	}
	budget.Under(t, "export of 20,000 responses of 20 answers as CSV, median of 7", budget.Median(times).Seconds(), 0.2, "s")
	s.stop(t)

	p, err := open(t.Context(), data, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for done := out; done < kept; done += step {
		if err := p.db.Exec(t.Context(), `INSERT INTO response_revisions SELECT * EXCEPT (n) REPLACE (generateUUIDv4(n) AS id)
			FROM (SELECT * FROM response_revisions LIMIT 1) AS one CROSS JOIN (SELECT number AS n FROM numbers(?)) AS many`, min(step, kept-done)); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	times = nil
	for range 3 {
		again, took := startUntilReady(t, data)
		times = append(times, took)
		s = again
		if len(times) < 3 {
			again.stop(t)
		}
	}
	budget.Under(t, "start to /readyz on 10,000,000 responses, median of 3", budget.Median(times).Seconds(), 5, "s")
	l = &load{address: strings.TrimPrefix(s.address, "http://"), tokens: tokens, server: s}
	l.run(t, "one after the other on 10,000,000 responses, the first seconds", 1, 10*time.Second, 0, single)
	l.run(t, "500 connections on 10,000,000 responses", intakeConnections, intakeTime, 0, single)
	budget.Note("resident memory with 10,000,000 responses, peak", fmt.Sprintf("%d MB", memoryOf(t, s.cmd.Process.Pid).peak>>20))
}

// fetch gives a page or a file to a program.
func (s *server) fetch(t testing.TB, token, path string) []byte {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, s.address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s answered %s, %v", path, response.Status, err)
	}
	return body
}

// kind of a request: how many responses it holds.
type loadKind int

const (
	single  loadKind = 1
	batched loadKind = intakeBatch
)

// load is what was sent to one server.
type load struct {
	address string
	tokens  []string
	server  *server
	echo    bool
	dials   atomic.Uint64 // no two connections make the same ids
	acked   atomic.Uint64
	last    [][]byte // the last request of each connection
}

// sent is one stretch of sending.
type sent struct {
	requests int
	long     time.Duration
	times    []time.Duration
}

func (r sent) rate() float64    { return float64(r.requests) / r.long.Seconds() }
func (r sent) ms(p int) float64 { return budget.Percentile(r.times, p).Seconds() * 1000 }

// usage is the processor time of this process.
func usage(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// run sends over so many connections for so long; rate 0 is as fast as answers come, otherwise
// each connection has its turns and a time counts from the turn.
func (l *load) run(t *testing.T, what string, connections int, long time.Duration, rate int, kind loadKind) sent {
	t.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	result := sent{long: long}
	ours, theirs := usage(t), processorTime(t, l.server.cmd.Process.Pid)
	l.last = make([][]byte, connections)
	start := time.Now()
	end := start.Add(long)
	for i := range connections {
		all.Go(func() {
			c, err := l.dial(i, kind)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.conn.Close()
			var times []time.Duration
			step := time.Duration(0)
			due := time.Now()
			if rate > 0 {
				step = time.Duration(connections) * time.Second / time.Duration(rate)
				due = start.Add(step * time.Duration(i) / time.Duration(connections))
			}
			for due.Before(end) {
				if step > 0 {
					time.Sleep(time.Until(due))
				}
				if err := c.send(l); err != nil {
					t.Error(err)
					break
				}
				now := time.Now()
				times = append(times, now.Sub(due))
				if step > 0 {
					due = due.Add(step)
				} else {
					due = now
				}
			}
			mu.Lock()
			defer mu.Unlock()
			l.last[i] = slices.Clone(c.request)
			result.times = append(result.times, times...)
		})
	}
	all.Wait()
	result.long, result.requests = time.Since(start), len(result.times)
	ours, theirs = usage(t)-ours, processorTime(t, l.server.cmd.Process.Pid)-theirs
	responses := float64(result.requests * int(kind))
	budget.Note(what+": responses a second; p50, p99, longest; processor time of the server and of the senders for each response",
		fmt.Sprintf("%.0f; %.1f, %.1f, %.1f ms; %.0f and %.0f µs", responses/result.long.Seconds(), result.ms(50), result.ms(99), result.ms(100),
			theirs.Seconds()*1e6/responses, ours.Seconds()*1e6/responses))
	return result
}

// sender is one connection with its request, of which only the ids change.
type sender struct {
	conn    net.Conn
	reader  *bufio.Reader
	request []byte
	ids     []int // where they stand in it
	random  *rand.Rand
	want    string
	created []byte
}

func (l *load) dial(i int, kind loadKind) (*sender, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i%10))}}
	conn, err := dialer.Dial("tcp", l.address)
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(uint64(i), l.dials.Add(1)))
	var body bytes.Buffer
	var ids []int
	one := func() {
		body.WriteString(`{"id":"`)
		ids = append(ids, body.Len())
		body.WriteString(`00000000-0000-4000-8000-000000000000","choices":{`)
		for j := range 20 {
			if j > 0 {
				body.WriteByte(',')
			}
			fmt.Fprintf(&body, `"q%02d":["c%d"]`, j+1, 1+random.IntN(5))
		}
		body.WriteString(`}}`)
	}
	path, want := "/api/v1/campaigns/feicheng/waves/w1/responses", "HTTP/1.1 201"
	if kind == single {
		one()
	} else {
		path, want = path+"/batch", "HTTP/1.1 200"
		body.WriteString(`{"items":[`)
		for n := range int(kind) {
			if n > 0 {
				body.WriteByte(',')
			}
			one()
		}
		body.WriteString(`]}`)
	}
	if l.echo {
		want = "HTTP/1.1 200"
	}
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", path, l.address, l.tokens[i%len(l.tokens)], body.Len())
	for n := range ids {
		ids[n] += len(head)
	}
	s := &sender{conn: conn, reader: bufio.NewReaderSize(conn, 32<<10), request: append([]byte(head), body.Bytes()...), ids: ids, random: random, want: want}
	if kind != single {
		s.created = fmt.Appendf(nil, `"created":%d,"known":0,"rejected":0`, int(kind))
	}
	return s, nil
}

// send gives every response an id of its own, sends, and reads the answer.
func (s *sender) send(l *load) error {
	for _, at := range s.ids {
		var id [16]byte
		binary.BigEndian.PutUint64(id[:], s.random.Uint64())
		binary.BigEndian.PutUint64(id[8:], s.random.Uint64())
		id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
		text := s.request[at : at+36]
		hex.Encode(text[:8], id[:4])
		hex.Encode(text[9:13], id[4:6])
		hex.Encode(text[14:18], id[6:8])
		hex.Encode(text[19:23], id[8:10])
		hex.Encode(text[24:], id[10:])
	}
	if err := s.exchange(s.want, s.created); err != nil {
		return err
	}
	l.acked.Add(uint64(len(s.ids)))
	return nil
}

// exchange sends the request as it stands.
func (s *sender) exchange(want string, holds []byte) error {
	if _, err := s.conn.Write(s.request); err != nil {
		return err
	}
	status, length := "", 0
	for {
		line, err := s.reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		if status == "" {
			status = string(line)
		}
		if len(line) <= 2 {
			break
		}
		if name, value, _ := bytes.Cut(line, []byte(":")); len(name) == 14 && bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	wrong := !strings.HasPrefix(status, want)
	if !wrong && holds == nil {
		_, err := s.reader.Discard(length)
		return err
	}
	answer := make([]byte, length)
	if _, err := io.ReadFull(s.reader, answer); err != nil {
		return err
	}
	if wrong || !bytes.Contains(answer, holds) {
		return fmt.Errorf("answered %s%.600s", status, answer)
	}
	return nil
}

// again sends the last request of each connection once more: a sender whose answer was lost.
func (l *load) again(t testing.TB) {
	t.Helper()
	for i, request := range l.last {
		s, err := l.dial(i, batched)
		if err != nil {
			t.Fatal(err)
		}
		s.request = request
		if err := s.exchange("HTTP/1.1 200", fmt.Appendf(nil, `"created":0,"known":%d,"rejected":0`, intakeBatch)); err != nil {
			t.Error(err)
		}
		s.conn.Close()
	}
}

// countIntake opens the folder and holds it against what was acknowledged.
func countIntake(t testing.TB, data string, l *load) {
	t.Helper()
	p, err := open(t.Context(), data, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, table := range []string{"responses", "response_revisions"} {
		var rows, ids uint64
		if err := p.db.QueryRow(t.Context(), "SELECT count(), uniqExact(id) FROM "+table).Scan(&rows, &ids); err != nil {
			t.Fatal(err)
		}
		if acked := l.acked.Load(); rows != acked || ids != acked {
			t.Errorf("%s holds %d rows of %d ids, %d were acknowledged", table, rows, ids, acked)
		}
	}
	budget.Note("acknowledged, killed, counted again: in the folder once each", fmt.Sprint(l.acked.Load()))
	var parts uint64
	var table string
	if err := p.db.QueryRow(t.Context(), "SELECT table, count() AS n FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table ORDER BY n DESC LIMIT 1").Scan(&table, &parts); err != nil {
		t.Fatal(err)
	}
	budget.Under(t, "parts of a table after it, most in "+table, float64(parts), 300, "parts")
}

// echoVariable makes the test binary be a server that answers with the body it was sent.
const echoVariable = "SHUIXUAN_TEST_ECHO"

func init() {
	address := os.Getenv(echoVariable)
	if address == "" {
		return
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Post("/*", func(c *fiber.Ctx) error { return c.Send(c.Body()) })
	if err := app.Listen(address); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// startEcho runs the framework alone, as another process.
func startEcho(t testing.TB) *server {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	s := &server{cmd: exec.CommandContext(context.Background(), os.Args[0]), address: address}
	s.cmd.Env = append(os.Environ(), echoVariable+"="+address)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	for range 500 {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return s
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the echo does not start")
	return nil
}
