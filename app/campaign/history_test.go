package campaign

import (
	"fmt"
	"testing"
	"time"

	"shuixuan/app/org"
	"shuixuan/app/revision"
)

// What was owed on a day is what the plan asked when the day was over in Shanghai.
func TestHistoryAt(t *testing.T) {
	instant := func(text string) time.Time {
		at, err := time.ParseInLocation("2006-01-02 15:04", text, shanghai)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	task := func(at string, revision_ uint32, code TaskCode, lead ...org.UnitID) revision.Held[Task] {
		return revision.Held[Task]{Thing: Task{Code: code, Lead: lead}, ID: string(code), Revision: revision_, RecordedAt: instant(at)}
	}
	unit := func(at string, revision_ uint32, members ...org.UnitID) revision.Held[org.Unit] {
		return revision.Held[org.Unit]{Thing: org.Unit{ID: "all", Kind: org.KindCollective, Members: members}, ID: "all", Revision: revision_, RecordedAt: instant(at)}
	}
	h := NewHistory([]revision.Held[Task]{
		task("2014-09-10 09:00", 1, "t1", "a"),
		task("2014-09-20 23:59", 2, "t1", "a", "b"),
		task("2014-09-25 00:00", 3, "t1", "all"),
		task("2014-09-22 10:00", 1, "t2", "a"),
		task("2014-09-10 18:00", 1, "t3", "a"),
		task("2014-09-10 19:00", 2, "t3", "a", "b"),
	}, []revision.Held[org.Unit]{unit("2014-09-09 09:00", 1), unit("2014-09-27 09:00", 2, "a", "b", "c")})
	now := NewPlan(Campaign{ID: "c"}, []Task{{Code: "now"}}, nil, org.NewResolver(nil))
	check := func(on, want string) {
		t.Helper()
		d, _ := time.Parse(time.DateOnly, on)
		p := h.At(now, d)
		got := ""
		for _, t := range p.Tasks {
			got += fmt.Sprintf("%s%v ", t.Code, t.Responsible(p.Units))
		}
		if got != want {
			t.Errorf("%s: %q, want %q", on, got, want)
		}
	}
	check("2014-08-01", "t1[a] t3[a] ") // as it was loaded, though t3 was changed the same day
	check("2014-09-10", "t1[a] t3[a b] ")
	check("2014-09-19", "t1[a] t3[a b] ")
	check("2014-09-20", "t1[a b] t3[a b] ")
	check("2014-09-24", "t1[a b] t2[a] t3[a b] ") // midnight belongs to the 25th
	check("2014-09-26", "t1[] t2[a] t3[a b] ")    // nobody had listed the collective
	check("2014-09-27", "now[] ")                 // all that was ever written: the plan as it holds
	for name, none := range map[string]*History{"no history": nil, "an empty one": NewHistory(nil, nil)} {
		if none.At(now, instant("2014-09-01 00:00")) != now {
			t.Errorf("%s: not the plan that was given", name)
		}
	}
}
