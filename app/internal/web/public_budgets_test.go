//go:build bench

package web

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/budget"
	"shuixuan/app/survey"
)

// visitor is a phone on a connection of its own, over the loopback.
type visitor struct {
	client  *http.Client
	address string
	page    respondent // reads the forms
}

func newVisitor(t testing.TB, address string) *visitor {
	return &visitor{client: &http.Client{Timeout: time.Minute, Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		address: address, page: respondent{t: t}}
}

func (v *visitor) send(t testing.TB, path string, fields url.Values) (answer, time.Duration) {
	var body = strings.NewReader(fields.Encode())
	method := http.MethodGet
	if fields != nil {
		method = http.MethodPost
	}
	request, err := http.NewRequest(method, v.address+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if fields != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	start := time.Now()
	response, err := v.client.Do(request)
	if err != nil {
		t.Error(err)
		return answer{}, 0
	}
	got := read(t, response)
	return got, time.Since(start)
}

// serveTest serves on a port until the test ends.
func serveTest(t testing.TB, app *fiber.App) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go app.Listener(listener)
	t.Cleanup(func() { app.ShutdownWithContext(context.Background()) })
	return "http://" + listener.Addr().String()
}

// TestBudgetsPublicPage: two hundred people go through the page and pause a second between
// pages, beside as many who ask a bare echo; then complete answers come at five hundred a
// second, each by an address of its own, beside posts to the echo.
func TestBudgetsPublicPage(t *testing.T) {
	s := newSite(t, 0)
	s.limits = newLimits(Rates{}, time.Now)
	bare := fiber.New(fiber.Config{DisableStartupMessage: true})
	bare.All("/*", func(c *fiber.Ctx) error { return c.SendString("ok") })
	ours, theirs := serveTest(t, s.App()), serveTest(t, bare)

	paged := s.linked(t, survey.PublicLink{Kind: survey.LinkOnce})
	tokens, err := s.links.Issue(t.Context(), office, paged.link, 200)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var pages, echoes []time.Duration
	note := func(list *[]time.Duration, took time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		*list = append(*list, took)
	}
	usual := map[string]url.Values{"start": {}, "agree": q("agree", "yes"), "grp": q("grp", "b"), "heard": q("heard", "tv"), "river": q("river", "5"),
		"rows": {"q.east": {"1"}, "q.west": {"2"}}, "score": q("score", "7"), "kids": q("kids", "3"), "day": {}, "advice": {}}
	var all sync.WaitGroup
	for _, token := range tokens {
		all.Go(func() {
			v, echo := newVisitor(t, ours), newVisitor(t, theirs)
			path := publicPath + token
			time.Sleep(time.Duration(rand.IntN(1000)) * time.Millisecond)
			for range 12 {
				got, took := v.send(t, path, nil)
				if got.status == http.StatusSeeOther {
					path = got.header.Get("Location")
					continue
				}
				note(&pages, took)
				if strings.Contains(got.body, "回执码") {
					return
				}
				_, took = echo.send(t, "/", nil)
				note(&echoes, took)
				v.page.page = got
				action, fields := v.page.form()
				maps.Copy(fields, usual[fields.Get("at")])
				fields.Set("go", "next")
				time.Sleep(time.Second)
				if got, _ = v.send(t, action, fields); got.status != http.StatusSeeOther {
					t.Errorf("%s: %d %s", action, got.status, got.body)
					return
				}
				path = got.header.Get("Location")
			}
		})
	}
	all.Wait()
	budget.Note("public page, 200 people who pause a second: p50 and p95, bare echo p95", fmt.Sprintf("%v %v, %v", budget.Round(budget.Median(pages)), budget.Round(budget.Percentile(pages, 95)), budget.Round(budget.Percentile(echoes, 95))))
	budget.Under(t, "public page, p95 over that of a bare echo", float64((budget.Percentile(pages, 95)-budget.Percentile(echoes, 95)).Microseconds())/1000, 10, "ms")

	submits(t, s, ours, theirs)
}

// submits sends complete answers at five hundred a second for ten seconds.
func submits(t *testing.T, s *site, ours, theirs string) {
	const rate, seconds = 500, 10
	whole := s.linked(t, survey.PublicLink{Kind: survey.LinkOnce, OnePage: true})
	var tokens []string
	for range rate * seconds / 1000 {
		held, err := s.links.Link(t.Context(), "feicheng", survey.LinkID(whole.link.ID))
		if err != nil {
			t.Fatal(err)
		}
		more, err := s.links.Issue(t.Context(), office, held, 1000)
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, more...)
	}
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 2000}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var mu sync.Mutex
	var took, echo []time.Duration
	post := func(address string, fields url.Values, list *[]time.Duration, want int) {
		start := time.Now()
		response, err := client.PostForm(address, fields)
		if err != nil {
			t.Error(err)
			return
		}
		response.Body.Close()
		mu.Lock()
		defer mu.Unlock()
		if *list = append(*list, time.Since(start)); response.StatusCode != want {
			t.Errorf("%s: %d", address, response.StatusCode)
		}
	}
	before := s.count(t)
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	var all sync.WaitGroup
	for i, token := range tokens {
		<-tick.C
		fields := wholeAnswers("b", fmt.Sprint(i))
		fields.Set("at", wholeForm)
		fields.Set("go", "next")
		fields.Set(formToken, newFormToken(token+"/"))
		all.Go(func() { post(ours+publicPath+token, fields, &took, http.StatusSeeOther) })
		all.Go(func() { post(theirs, fields, &echo, http.StatusOK) })
	}
	all.Wait()
	if got := s.count(t) - before; got != len(tokens) {
		t.Errorf("%d of %d are kept", got, len(tokens))
	}
	budget.Note("submits at 500 a second: p50, p95, bare echo p50, p95", fmt.Sprintf("%v %v, %v %v", budget.Round(budget.Median(took)), budget.Round(budget.Percentile(took, 95)), budget.Round(budget.Median(echo)), budget.Round(budget.Percentile(echo, 95))))
	budget.Under(t, "submit acknowledged durable at 500 a second, p95", float64(budget.Percentile(took, 95).Microseconds())/1000, 50, "ms")
}

func (s *site) count(t testing.TB) int {
	var n uint64
	if err := s.DB.QueryRow(t.Context(), "SELECT count() FROM responses FINAL").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return int(n)
}
