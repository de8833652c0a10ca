package dashboards_test

import (
	"strings"
	"testing"

	"shuixuan/analytics"
	"shuixuan/dashboards"
	"shuixuan/dashboards/dashboardstest"
)

func TestNotices(t *testing.T) {
	plan, todo := dashboardstest.Plan(), dashboardstest.Todo()
	deadline := dashboardstest.Day(11, 3)
	one := dashboards.Notice(plan, todo, "zhujian", deadline)
	all := dashboards.NoticeAll(plan, todo, deadline)
	dashboardstest.Golden(t, "notice.golden", one+"\n\n----\n\n"+all+"\n", *update)
	if empty := dashboards.Notice(plan, todo, "script", deadline); empty != "" {
		t.Errorf("a unit that owes nothing is sent %q", empty)
	}
	if empty := dashboards.NoticeAll(plan, &analytics.Todo{AsOf: todo.AsOf}, deadline); empty != "" {
		t.Errorf("nobody is sent %q", empty)
	}
	for _, word := range []string{"排名", "得分", "%", "名次", "通报批评"} {
		if strings.Contains(one+all, word) {
			t.Errorf("a notice says %q", word)
		}
	}
}

func TestEveryKindHasItsWords(t *testing.T) {
	for _, kind := range analytics.TodoKinds {
		if dashboards.TodoNames[kind] == "" || dashboards.TodoAsk(analytics.TodoItem{Kind: kind}) == "" {
			t.Errorf("%s has no words", kind)
		}
	}
}
