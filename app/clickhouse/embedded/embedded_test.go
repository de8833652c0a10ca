package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The engine has one folder per process. Tests here run one after another, and
// each closes its engine.
func start1(t *testing.T, cfg Config) *Engine {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	e, err := Open(cfg)
	if errors.Is(err, ErrLibraryMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// ask sends a statement as the driver does, and returns status and body.
func ask(ctx context.Context, e *Engine, parameters url.Values, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://embedded/?"+parameters.Encode(), strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	res, err := e.RoundTripper().RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

func tsv(t *testing.T, e *Engine, sql string) string {
	t.Helper()
	status, text, err := ask(t.Context(), e, url.Values{"default_format": {"TSV"}}, sql)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%s: %d %s %v", sql, status, text, err)
	}
	return strings.TrimSpace(text)
}

const endless = "SELECT sum(sin(number)) FROM numbers(100000000000000)"

// TestClose: a statement that runs is waited for, one that does not end is
// ended, what comes later is refused, and the folder can be opened again.
func TestClose(t *testing.T) {
	dir := t.TempDir()
	e := start1(t, Config{Dir: dir})
	tsv(t, e, "CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n")
	result := make(chan error, 1)
	go func() {
		_, text, err := ask(context.Background(), e, url.Values{"default_format": {"TSV"}}, "SELECT sleep(1), 'done'")
		if err == nil && !strings.Contains(text, "done") {
			err = fmt.Errorf("got %q", text)
		}
		result <- err
	}()
	time.Sleep(200 * time.Millisecond)
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	select {
	case err := <-result:
		if err != nil {
			t.Errorf("a statement that ran: %v", err)
		}
	default:
		t.Error("Close returned before the running statement")
	}
	if _, _, err := ask(t.Context(), e, nil, "SELECT 1"); !errors.Is(err, ErrClosed) {
		t.Errorf("a closed engine answered %v", err)
	}
	if err := e.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}

	e = start1(t, Config{Dir: dir, Grace: 100 * time.Millisecond})
	if got := tsv(t, e, "SELECT count() FROM t"); got != "0" {
		t.Errorf("reopened folder: %s", got)
	}
	go func() {
		status, _, err := ask(context.Background(), e, nil, endless)
		result <- fmt.Errorf("%d %w", status, err)
	}()
	// A body nobody reads holds its connection.
	req, _ := http.NewRequest(http.MethodPost, "http://embedded/?", strings.NewReader("SELECT repeat('x', 1000) FROM numbers(100000)"))
	unread, err := e.RoundTripper().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	began := time.Now()
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("Close took %v with 0.1 s of grace", took)
	}
	if err := <-result; !strings.HasPrefix(err.Error(), "500") {
		t.Errorf("the endless statement ended with %v", err)
	}
	unread.Body.Close()
}

// TestSameFolderTwice: also within one process.
func TestSameFolderTwice(t *testing.T) {
	dir := t.TempDir()
	start1(t, Config{Dir: dir})
	if _, err := Open(Config{Dir: dir}); !errors.Is(err, ErrFolderInUse) {
		t.Errorf("got %v", err)
	}
}

// TestWire: what programs that speak HTTP without the driver see.
func TestWire(t *testing.T) {
	e := start1(t, Config{})
	check := func(parameters url.Values, body string, status int, part string) {
		t.Helper()
		got, text, err := ask(t.Context(), e, parameters, body)
		if err != nil || got != status || !strings.Contains(text, part) {
			t.Errorf("%v %s: got %d %q %v, want %d and %q", parameters, body, got, text, err, status, part)
		}
	}
	tsv(t, e, "CREATE TABLE default.t (n UInt64, s String) ENGINE = Memory")
	check(url.Values{"query": {"INSERT INTO t FORMAT CSV"}}, "1,a\n2,b\n", 200, "")
	check(url.Values{"query": {"insert into t (n, s)\nformat JSONEachRow;"}}, `{"n":3,"s":"FORMAT Native"}`, 200, "")
	check(url.Values{}, "INSERT INTO t VALUES (4, 'd;')", 200, "")
	check(url.Values{"default_format": {"TSV"}}, "SELECT sum(n), count() FROM t", 200, "10\t4")
	check(url.Values{"query": {"SELECT s FROM t WHERE n = 3"}, "default_format": {"TSV"}}, "", 200, "FORMAT Native")
	check(url.Values{"database": {"missing"}}, "SELECT 1", 500, "Code: 81.")
	check(url.Values{"param_x": {"1"}}, "SELECT {x:UInt8}", 500, "Code: 456.")
	check(url.Values{"compress": {"1"}}, "SELECT 1", 500, "Code: 36.")
	check(url.Values{"a = 1, b": {"1"}}, "SELECT 1", 500, "Code: 115.")
	check(url.Values{"query": {"INSERT INTO t FORMAT CSV"}}, "x,a\n", 500, "Code: 27.")
	check(url.Values{}, "", 500, "Code: 62.")
	// SET and USE reach no other request.
	check(url.Values{}, "SET max_threads = 5", 200, "")
	check(url.Values{}, "USE system", 200, "")
	for range 8 {
		check(url.Values{"default_format": {"TSV"}}, "SELECT getSetting('max_threads') = 5, currentDatabase()", 200, "0\tdefault")
	}
}

// failing is a body that breaks off.
type failing struct{ rows string }

func (f *failing) Read(p []byte) (int, error) {
	if f.rows == "" {
		return 0, errors.New("the sender has left")
	}
	n := copy(p, f.rows)
	f.rows = f.rows[n:]
	return n, nil
}

// TestBrokenBody: an insert whose sender leaves half-way leaves nothing.
func TestBrokenBody(t *testing.T) {
	e := start1(t, Config{})
	tsv(t, e, "CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n")
	req, err := http.NewRequest(http.MethodPost, "http://embedded/?query="+url.QueryEscape("INSERT INTO t FORMAT TSV"), &failing{strings.Repeat("1\n", 1000)})
	if err != nil {
		t.Fatal(err)
	}
	if res, err := e.RoundTripper().RoundTrip(req); err == nil {
		t.Errorf("answered %d", res.StatusCode)
	}
	if got := tsv(t, e, "SELECT count() FROM t"); got != "0" {
		t.Errorf("%s rows of a broken insert", got)
	}
}

// TestLargeBodies: an insert of 200 MB and its answer pass through in pieces.
// What Go holds meanwhile is a few of them.
func TestLargeBodies(t *testing.T) {
	alone(t)
	e := start1(t, Config{})
	tsv(t, e, "CREATE TABLE t (n UInt64, s String) ENGINE = MergeTree ORDER BY n")
	const rows = 2_000_000
	r, w := io.Pipe()
	go func() {
		filler := strings.Repeat("x", 90)
		for i := range rows {
			fmt.Fprintf(w, "%d\t%s\n", i, filler)
		}
		w.Close()
	}()
	before := resident(t)
	req, err := http.NewRequest(http.MethodPost, "http://embedded/?query="+url.QueryEscape("INSERT INTO t FORMAT TSV"), r)
	if err != nil {
		t.Fatal(err)
	}
	res, err := e.RoundTripper().RoundTrip(req)
	if err != nil || res.StatusCode != 200 {
		t.Fatal(res, err)
	}
	during := resident(t)
	req, _ = http.NewRequest(http.MethodPost, "http://embedded/?", strings.NewReader("SELECT s FROM t"))
	res, err = e.RoundTripper().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, res.Body)
	res.Body.Close()
	if err != nil || n < rows*90 {
		t.Errorf("read %d bytes: %v", n, err)
	}
	after := resident(t)
	t.Logf("resident MB: %d before, %d after the insert, %d after the read", before, during, after)
	if after-before > 400 {
		t.Errorf("resident memory grew by %d MB", after-before)
	}
}

// TestIdleMemory: with the engine open and used, the process stays under 400
// MB. 200 MB of it is the library's own file, mapped.
func TestIdleMemory(t *testing.T) {
	alone(t)
	e := start1(t, Config{})
	tsv(t, e, "CREATE TABLE t (n UInt64, s String) ENGINE = MergeTree ORDER BY n")
	for range 5 {
		tsv(t, e, "INSERT INTO t SELECT number, toString(number) FROM numbers(100000)")
		tsv(t, e, "SELECT s, count() FROM t GROUP BY s ORDER BY s LIMIT 10")
	}
	if mb := resident(t); mb > 400 {
		t.Errorf("%d MB resident", mb)
	} else {
		t.Logf("%d MB resident", mb)
	}
}

// alone runs the rest of a test in a process of its own: what others have left
// in memory is not its subject.
func alone(t *testing.T) {
	t.Helper()
	const variable = "SHUIXUAN_TEST_ALONE"
	if os.Getenv(variable) == t.Name() {
		return
	}
	c := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	c.Env = append(os.Environ(), variable+"="+t.Name())
	report, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, report)
	}
	t.Skipf("ran in a process of its own:\n%s", report)
}

// resident is the resident memory of this process in MB.
func resident(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("needs /proc")
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	kb, err := strconv.Atoi(strings.Fields(after)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kb / 1024
}
