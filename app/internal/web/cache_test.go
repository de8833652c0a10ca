package web

import (
	"net/url"
	"testing"

	"github.com/google/uuid"
)

// TestPlanIsReadWhereItChanged: a plan is not read again because a placement or an answer came,
// which come by the hundred a second, and is when a part of it changed. What is of a campaign
// that happens to be called placements is no placement.
func TestPlanIsReadWhereItChanged(t *testing.T) {
	c := newClient(t)
	plan := func() any {
		p, err := c.plan(t.Context(), "feicheng")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	count := c.plansChanged.count.Load
	first, counted := plan(), count()
	if status := c.call("zhujian", "POST", feicheng+"/placements", banner(uuid.New(), "龙山路"), nil); status != 201 {
		t.Fatalf("logging answers %d", status)
	}
	if status := c.call("fafang", "POST", feicheng+"/waves/w1/responses", sheet(uuid.New(), uuid.NewString()), nil); status != 201 {
		t.Fatalf("entering answers %d", status)
	}
	if plan() != first || count() != counted {
		t.Error("a placement or an answer made the plan old")
	}
	c.do("chuang", "POST", "/c/placements/units/placements", url.Values{})
	if count() == counted {
		t.Error("a write of another campaign's plan changed nothing")
	}
	if got := c.do("chuang", "POST", "/c/feicheng/units/zhujianju", url.Values{"revision": {"1"}, "name": {"市住房局"}, "kind": {"bureau"}, "aliases": {"市住建局"}}); got.status != 303 {
		t.Fatalf("changing a unit answers %d: %s", got.status, got.body)
	}
	says(t, c.do("chuang", "GET", "/c/feicheng/placements", nil).body, "市住房局")
}
