//go:build bench

package web

import (
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"shuixuan/app/audit"
	"shuixuan/app/budget"
	"shuixuan/app/internal/auth"
)

// TestBudgetsPermission measures what it costs to know who asks and what they may do: the
// question to the table alone, and the whole way through enter, with the visitor and the
// plan remembered as they are on all but the first request.
func TestBudgetsPermission(t *testing.T) {
	const rounds = 100_000
	actor := audit.Actor{ID: "zhuanjia", Role: audit.RoleInspector, Campaign: "feicheng", Parts: "coverage,placements,photos,survey,report"}
	start := time.Now()
	for range rounds {
		if err := auth.Allow(actor, auth.ReportRead, "feicheng"); err != nil {
			t.Fatal(err)
		}
	}
	budget.Under(t, "permission check: Allow", perRound(start, rounds), 20, "µs")

	s := newSite(t, 0)
	cookie := s.as("zhujian")
	entered := 0
	app := fiber.New(fiber.Config{Immutable: true, ErrorHandler: s.fault})
	app.Get("/c/:campaign/tasks", s.enter(auth.TaskRead, func(*fiber.Ctx, *visit) error { entered++; return nil }))
	ask := app.Handler()
	var request fasthttp.RequestCtx
	once := func() {
		request.Request.Reset()
		request.Response.Reset()
		request.Request.Header.SetMethod("GET")
		request.Request.SetRequestURI("/c/feicheng/tasks")
		request.Request.Header.Set("Cookie", cookie)
		ask(&request)
	}
	s.limits = newLimits(Rates{}, time.Now) // the test asks faster than anybody may
	once()                                  // asks the tables
	entered = 0
	start = time.Now()
	for range rounds {
		once()
	}
	budget.Under(t, "permission check: through enter, request and all", perRound(start, rounds), 20, "µs")
	if entered != rounds {
		t.Errorf("%d of %d came in: %d", entered, rounds, request.Response.StatusCode())
	}
}

func perRound(start time.Time, rounds int) float64 {
	return float64(time.Since(start).Nanoseconds()) / 1000 / float64(rounds)
}
