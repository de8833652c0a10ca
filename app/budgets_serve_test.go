//go:build bench

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"shuixuan/app/budget"
)

// TestBudgetsServe starts the program on a folder with the demonstration, lets twenty
// people read every page, and looks at its memory before and after. At last fifty
// programs send placements, one by one.
func TestBudgetsServe(t *testing.T) {
	data := t.TempDir()
	first := startServer(t, "--data", data, "--demo")
	first.stop(t)

	var starts []time.Duration
	var s *server
	for range 3 {
		if s != nil {
			s.stop(t)
		}
		var took time.Duration
		s, took = startUntilReady(t, data)
		starts = append(starts, took)
	}
	budget.Under(t, "binary start to /readyz, demonstration in the folder", budget.Median(starts).Seconds(), 3, "s")
	time.Sleep(10 * time.Second) // what starting took is given back
	budget.Under(t, "resident memory, idle after start", float64(memoryOf(t, s.cmd.Process.Pid).resident)/(1<<20), 400, "MB")
	readPages(t, s, data)
	time.Sleep(20 * time.Second)
	idle := memoryOf(t, s.cmd.Process.Pid)
	budget.Under(t, "resident memory, idle after 20 people have read", float64(idle.resident)/(1<<20), 400, "MB")
	budget.Note("of it the process's own, the rest is the engine's file", fmt.Sprintf("%d MB", idle.own>>20))
	budget.Note("peak while they read", fmt.Sprintf("%d MB", idle.peak>>20))
	s.stop(t)
	postSingly(t, data)
}

// startUntilReady starts the program and asks /readyz until it says yes.
func startUntilReady(t testing.TB, data string) (*server, time.Duration) {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	s := &server{cmd: shuixuan(context.Background(), "serve", "--listen", address, "--data", data), address: "http://" + address}
	start := time.Now()
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	for {
		response, err := http.Get(s.address + "/readyz")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return s, time.Since(start)
			}
		}
		if time.Since(start) > time.Minute {
			t.Fatalf("not ready after a minute: %v", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// reader is a person with a browser.
type reader struct {
	client  http.Client
	address string
	pages   []string
}

// signIn signs in with one of the demonstration's accounts.
func signIn(t testing.TB, s *server, login, password string) *reader {
	t.Helper()
	jar, _ := cookiejar.New(nil) // fails never
	r := &reader{client: http.Client{Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{}}, address: s.address}
	response, err := r.client.PostForm(s.address+"/login", url.Values{"login": {login}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || strings.HasPrefix(response.Request.URL.Path, "/login") {
		t.Fatalf("%s can't sign in: %s", login, response.Status)
	}
	return r
}

// read fetches one page as a browser would and gives its links; ok is false for what is
// no page.
func (r *reader) read(path string) (links []string, took time.Duration, ok bool, err error) {
	start := time.Now()
	response, err := r.client.Get(r.address + path)
	if err != nil {
		return nil, 0, false, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	took = time.Since(start)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s", path, response.Status)
	}
	kind := response.Header.Get("Content-Type")
	if err != nil || !strings.HasPrefix(kind, "text/html") && !strings.HasPrefix(kind, "application/json") {
		return nil, took, false, err
	}
	for _, m := range pageLink.FindAllStringSubmatch(string(body), -1) {
		links = append(links, html.UnescapeString(m[1]))
	}
	return links, took, true, nil
}

// Links of a page, and the data of its charts, which its script fetches.
var (
	pageLink = regexp.MustCompile(`(?:href|data-charts|data-src|src)="(/(?:c/[^"#]*|me))"`)
	fileLink = regexp.MustCompile(`\.(xlsx|csv)(\?|$)`)
	things   = regexp.MustCompile(`/(placements|imports|plan|carriers|units|people|waves|questions|questionnaires|sheets/numbers|c)/[^/?]+|/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
)

// shape names a kind of page: its address without ids and without what is asked for.
func shape(path string) string {
	path, _, _ = strings.Cut(path, "?")
	path = strings.NewReplacer("/placements/new", "/placements-new", "/units/new", "/units-new", "/people/new", "/people-new").Replace(path)
	return strings.ReplaceAll(things.ReplaceAllString(path, "/$1/*"), "//", "/")
}

// eachShape is how many pages of a kind are read: those of other tasks and questions are
// like them.
const eachShape = 8

// find goes from link to link and keeps the pages.
func (r *reader) find(t testing.TB) {
	t.Helper()
	seen, kept := map[string]bool{}, map[string]int{}
	queue := []string{"/c/feicheng", "/me"}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		if seen[path] || fileLink.MatchString(path) || kept[shape(path)] >= eachShape {
			continue
		}
		seen[path] = true
		links, _, ok, err := r.read(path)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			continue
		}
		kept[shape(path)]++
		r.pages = append(r.pages, path)
		queue = append(queue, links...)
	}
	if len(r.pages) < 5 {
		t.Fatalf("found only %v", r.pages)
	}
}

// choose draws a kind of page and then one of it: by address alone the many placements
// and questions would crowd out the overview.
func (r *reader) choose(random *rand.Rand) string {
	kinds := map[string][]string{}
	for _, path := range r.pages {
		kinds[shape(path)] = append(kinds[shape(path)], path)
	}
	names := slices.Sorted(maps.Keys(kinds))
	pages := kinds[names[random.IntN(len(names))]]
	return pages[random.IntN(len(pages))]
}

// readTime is how long the twenty read.
const readTime = 120 * time.Second

// readPages lets twenty people read, each pausing a second between pages. Times are
// taken in the browser's place, so that they hold the way over the loopback too.
func readPages(t *testing.T, s *server, data string) {
	t.Helper()
	passwords := demoPasswords(t, data)
	var readers []*reader
	for _, login := range []string{"office", "zhujian", "jiaoyu", "diaocha"} {
		guide := signIn(t, s, login, passwords[login])
		guide.find(t)
		for range 5 {
			r := signIn(t, s, login, passwords[login])
			r.pages = guide.pages
			readers = append(readers, r)
		}
	}
	var mu sync.Mutex
	times := map[string][]time.Duration{}
	var wg sync.WaitGroup
	before := processorTime(t, s.cmd.Process.Pid)
	end := time.Now().Add(readTime)
	for i, r := range readers {
		random := rand.New(rand.NewPCG(2014, uint64(i)))
		wg.Go(func() {
			time.Sleep(time.Duration(random.Int64N(int64(time.Second))))
			for time.Now().Before(end) {
				path := r.choose(random)
				_, took, _, err := r.read(path)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				times[shape(path)] = append(times[shape(path)], took)
				mu.Unlock()
				time.Sleep(time.Second)
			}
		})
	}
	idle := idleTimes(s, end)
	wg.Wait()
	used := processorTime(t, s.cmd.Process.Pid) - before
	tellPages(t, times)
	n := 0
	for _, list := range times {
		n += len(list)
	}
	budget.Note("processor time of the server for each of them", fmt.Sprintf("%.1f ms", used.Seconds()*1000/float64(n)))
	budget.Note("p50 and p95 of /healthz in the same time: what the machine adds", fmt.Sprintf("%.1f ms and %.1f ms",
		budget.Median(idle).Seconds()*1000, budget.Percentile(idle, 95).Seconds()*1000))
}

// idleTimes asks for what costs nothing while the others read. Where it is slow, the
// machine is busy with something else.
func idleTimes(s *server, end time.Time) (times []time.Duration) {
	for time.Now().Before(end) {
		start := time.Now()
		if response, err := http.Get(s.address + "/healthz"); err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			times = append(times, time.Since(start))
		}
		time.Sleep(200 * time.Millisecond)
	}
	return times
}

// processorTime is what a process has used, of all processors together.
func processorTime(t testing.TB, pid int) time.Duration {
	t.Helper()
	body, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(body), ") ") // the name may hold spaces
	fields := strings.Fields(rest)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	const tick = time.Second / 100 // Linux counts in these for programs
	return time.Duration(user+system) * tick
}

func tellPages(t testing.TB, times map[string][]time.Duration) {
	t.Helper()
	var all []time.Duration
	type kind struct {
		shape    string
		n        int
		p50, p95 time.Duration
	}
	var kinds []kind
	for name, list := range times {
		all = append(all, list...)
		kinds = append(kinds, kind{name, len(list), budget.Median(list), budget.Percentile(list, 95)})
	}
	slices.SortFunc(kinds, func(a, b kind) int { return int(b.p95 - a.p95) })
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	budget.Under(t, fmt.Sprintf("a page of the demonstration, p95 of %d by 20 people", len(all)), ms(budget.Percentile(all, 95)), 50, "ms")
	budget.Note("p50 and p99 of them", fmt.Sprintf("%.1f ms and %.1f ms", ms(budget.Median(all)), ms(budget.Percentile(all, 99))))
	for _, k := range kinds {
		if k.n < 20 {
			t.Logf("too few to judge: %s, %d read, p50 %.1f ms", k.shape, k.n, ms(k.p50))
			continue
		}
		budget.Under(t, "p95 of "+k.shape, ms(k.p95), 50, "ms")
	}
}

// postTime is how long the fifty send.
const postTime = 15 * time.Second

// postSingly lets fifty programs send placements one by one, each waiting for its
// answer, which comes when the row is on disk. Beside it stands what the disk itself
// takes to make 4 KB durable.
func postSingly(t testing.TB, data string) {
	t.Helper()
	var token struct{ Token string }
	mustRun(t, &token, "token", "add", "--role", "office", "--data", data)
	s := startServer(t, "--data", data)
	budget.Note("one placement sent alone, acknowledged, median", sendFor(t, s, token.Token, 1, 5*time.Second))
	budget.Note("placements sent one by one over 50 connections, acknowledged", sendFor(t, s, token.Token, 50, postTime))
	s.stop(t)
	budget.Note("4 KB written and synced to this disk, median of 200", syncTime(t, data).Round(10*time.Microsecond).String())
}

func sendFor(t testing.TB, s *server, token string, senders int, long time.Duration) string {
	t.Helper()
	client := http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	var done atomic.Int64
	var mu sync.Mutex
	var times []time.Duration
	var wg sync.WaitGroup
	end := time.Now().Add(long)
	for sender := range senders {
		wg.Go(func() {
			for n := 0; time.Now().Before(end); n += 2 { // the even ones are placements
				start := time.Now()
				if err := sendPost(&client, s.address, token, newPost(senders, sender, n)); err != nil {
					t.Error(err)
					return
				}
				done.Add(1)
				mu.Lock()
				times = append(times, time.Since(start))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return fmt.Sprintf("%.0f a second, p50 %s, p95 %s", float64(done.Load())/long.Seconds(),
		budget.Median(times).Round(time.Millisecond), budget.Percentile(times, 95).Round(time.Millisecond))
}

// sendPost sends over a connection that is kept.
func sendPost(client *http.Client, address, token string, p post) error {
	request, err := http.NewRequest(http.MethodPost, address+p.path, strings.NewReader(string(p.body)))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var answer json.RawMessage
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return err
	}
	if response.StatusCode != http.StatusCreated {
		return fmt.Errorf("answered %s: %s", response.Status, answer)
	}
	return nil
}

func syncTime(t testing.TB, dir string) time.Duration {
	t.Helper()
	f, err := os.CreateTemp(dir, "sync-*")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 4096)
	var times []time.Duration
	for range 200 {
		start := time.Now()
		if _, err := f.Write(block); err != nil {
			t.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			t.Fatal(err)
		}
		times = append(times, time.Since(start))
	}
	return budget.Median(times)
}
