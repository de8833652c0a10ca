//go:build bench

package web

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/budget"
	"shuixuan/app/survey"
)

// TestBudgetsOverview serves the office's overview over 1,000,000 placements and 10,000,000
// responses to twenty people who pause a second between pages.
func TestBudgetsOverview(t *testing.T) {
	s := newSite(t, 0)
	s.pages.slow, s.sinces.slow = slowDrawing, slowDrawing
	const placements, people, step = 1_000_000, 10_000_000, 250_000
	s.do("chuang", "POST", "/c/feicheng/placements", url.Values{"id": {"0190a0a0-0000-7000-8000-00000000beef"}, "task": {"社会宣传5"}, "unit": {"xincheng"}, "carrier": {"宣传栏"}, "place": {"一处"}, "quantity": {"3"}, "measure": {"个"}, "start": {"2026-09-06"}, "open": {"1"}})
	run := func(query string, values ...any) {
		t.Helper()
		if err := s.DB.Exec(t.Context(), query, values...); err != nil {
			t.Fatal(err)
		}
	}
	for done := 0; done < placements; done += step {
		run(`INSERT INTO placement_revisions SELECT * EXCEPT (n) REPLACE (generateUUIDv4(n) AS id, concat('第', toString(n), '处') AS place)
			FROM (SELECT * FROM placement_revisions WHERE campaign = 'feicheng' LIMIT 1) AS one CROSS JOIN (SELECT number AS n FROM numbers(?, ?)) AS many`, done, step)
	}
	waves, err := s.Surveys.Waves(t.Context(), "feicheng")
	if err != nil || len(waves) == 0 {
		t.Fatal(waves, err)
	}
	wave := waves[len(waves)-1]
	q, err := s.Surveys.Questionnaire(t.Context(), "feicheng", wave.Questionnaire, wave.Version)
	if err != nil {
		t.Fatal(err)
	}
	var names, answers []string
	for i, question := range q.Questions {
		if len(question.Options) == 0 || question.Type == survey.Matrix {
			continue
		}
		var codes []string
		for _, o := range question.Options {
			codes = append(codes, "'"+o.Code+"'")
		}
		names = append(names, "'"+question.Name+"'")
		answers = append(answers, fmt.Sprintf("[arrayElement([%s], 1 + cityHash64(number, %d) %% %d)]", strings.Join(codes, ","), i, len(codes)))
	}
	var strata []string
	for _, one := range wave.Strata {
		strata = append(strata, "'"+one.Code+"'")
	}
	for done := 0; done < people; done += step {
		run(fmt.Sprintf(`INSERT INTO response_revisions (campaign, wave, id, revision, questionnaire, version, stratum, distributor, disposition, choices, recorded_on, recorded_at)
			SELECT 'feicheng', '%s', generateUUIDv4(number), 1, '%s', %d, arrayElement([%s], 1 + rand(1) %% %d), concat('d', toString(rand(4) %% 2000)), 'complete',
			mapFromArrays([%s], [%s]), toDate('2026-10-01'), toDateTime64('2026-10-01 08:00:00', 3) FROM numbers(?, ?)`,
			wave.ID, wave.Questionnaire, wave.Version, strings.Join(strata, ","), len(strata), strings.Join(names, ","), strings.Join(answers, ",")), done, step)
	}
	at, session := serveTest(t, s.App())+"/c/feicheng/overview", s.as("chuang")
	waiting := false // of the first look: the page says that it is being made
	look := func() time.Duration {
		begun := time.Now()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at, nil)
		if err != nil {
			t.Error(err)
			return 0
		}
		r.Header.Set("Cookie", session)
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Error(err)
			return 0
		}
		defer got.Body.Close()
		if body, err := io.ReadAll(got.Body); err != nil || got.StatusCode != http.StatusOK || bytes.Contains(body, []byte(`<div class="panel-body"><div class="notice notice-info">`)) {
			t.Errorf("%d %v: a panel is missing", got.StatusCode, err)
		} else if waiting {
			waiting = bytes.Contains(body, []byte(`data-part="waits"`))
		}
		return time.Since(begun)
	}
	begun := time.Now()
	for waiting = true; waiting; {
		look()
	}
	budget.Note("overview of 1,000,000 placements and 10,000,000 responses, the first time", time.Since(begun).Round(time.Millisecond).String())
	visits := func(what string, limit float64) {
		var mu sync.Mutex
		var pages []time.Duration
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * 50 * time.Millisecond)
				for range 30 {
					took := look()
					mu.Lock()
					pages = append(pages, took)
					mu.Unlock()
					time.Sleep(time.Second)
				}
			})
		}
		all.Wait()
		budget.Note("overview, "+what+", 20 people who pause a second: p50", budget.Round(budget.Median(pages)).String())
		budget.Under(t, "overview, "+what+", p95", float64(budget.Percentile(pages, 95).Microseconds())/1000, limit, "ms")
	}
	visits("nothing written", 300)

	// Each second 2,000 responses more, as twenty programs send them.
	plan, err := s.Campaigns.Plan(t.Context(), "feicheng")
	if err != nil {
		t.Fatal(err)
	}
	given := map[string][]string{}
	for _, question := range q.Questions {
		if question.One() && question.ShowIf == nil {
			given[question.Name] = []string{question.Options[0].Code}
		}
	}
	stop := make(chan struct{})
	var came sync.WaitGroup
	var sent atomic.Int64
	for range 20 {
		came.Go(func() {
			tick := time.NewTicker(time.Second)
			defer tick.Stop()
			for {
				select {
				case <-stop:
					return
				case <-tick.C:
				}
				list := make([]survey.Response, 100)
				for i := range list {
					list[i] = survey.Response{ID: uuid.New(), Choices: given, Mode: survey.API}
				}
				results, err := s.Ingest.Responses(t.Context(), office, plan, wave, q, list)
				if err != nil {
					t.Error(err)
					return
				}
				for _, r := range results {
					if r.Err != nil {
						t.Error(r.Err)
						return
					}
				}
				s.figures.count.Add(1)
				sent.Add(100)
			}
		})
	}
	begun = time.Now()
	visits("while 2,000 responses a second come in", 400)
	close(stop)
	came.Wait()
	budget.Under(t, "seconds for 2,000 responses of these", 2000*time.Since(begun).Seconds()/float64(sent.Load()), 1.1, "s")
}
