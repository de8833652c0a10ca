package org

import (
	"slices"
	"strings"
	"testing"
	"time"

	"shuixuan/app/problem"
)

func TestTreeShowsEveryUnitOnce(t *testing.T) {
	check := func(why, want string, units ...Unit) {
		t.Helper()
		var shown []string
		for _, n := range Tree(units) {
			shown = append(shown, strings.Repeat(">", n.Depth)+string(n.Unit.ID))
		}
		if got := strings.Join(shown, " "); got != want {
			t.Errorf("%s: %s, want %s", why, got, want)
		}
	}
	check("children stand behind their parent", "a >c >>b d", Unit{ID: "b", Parent: "c"}, Unit{ID: "a"}, Unit{ID: "c", Parent: "a"}, Unit{ID: "d"})
	check("an unknown parent loses nobody", "a b", Unit{ID: "a", Parent: "gone"}, Unit{ID: "b"})
	check("a circle loses nobody", "a b >c", Unit{ID: "a", Parent: "b"}, Unit{ID: "b", Parent: "a"}, Unit{ID: "c", Parent: "b"})
}

func TestParentsMayNotGoInCircles(t *testing.T) {
	held := []Unit{{ID: "a", Name: "甲", Kind: KindBureau}, {ID: "b", Name: "乙", Kind: KindBureau, Parent: "a"}, {ID: "c", Name: "丙", Kind: KindBureau, Parent: "b"}, {ID: "all", Name: "各部门", Kind: KindCollective}}
	check := func(u Unit, field, why string) {
		t.Helper()
		p, bad := problem.As(u.fits(held))
		if field == "" {
			if bad {
				t.Errorf("%+v: %v", u, p)
			}
			return
		}
		if !bad || !slices.ContainsFunc(p.Faults, func(f problem.Fault) bool { return f.Field == field && strings.Contains(f.Why, why) }) {
			t.Errorf("%+v: %v, want %s with %q", u, p, field, why)
		}
	}
	check(Unit{ID: "a", Name: "甲", Kind: KindBureau, Parent: "c"}, "parent", "甲 → 丙 → 乙 → 甲")
	check(Unit{ID: "b", Name: "乙", Kind: KindBureau, Parent: "gone"}, "parent", "不在名单里")
	check(Unit{ID: "b", Name: "乙", Kind: KindBureau, Parent: "all"}, "parent", "集合名称")
	check(Unit{ID: "all", Name: "各部门", Kind: KindCollective, Members: []UnitID{"gone"}}, "members", "不在名单里")
	check(Unit{ID: "every", Name: "所有部门", Kind: KindCollective, Members: []UnitID{"all"}}, "members", "也是集合名称")
	check(Unit{ID: "d", Name: "丁", Kind: KindBureau, Parent: "c"}, "", "")
}

func TestAUnitIsOpenFromItsFirstDayToTheDayBeforeItsEnd(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2014, 10, d, 0, 0, 0, 0, time.UTC) }
	u := Unit{Opened: day(5), Closed: day(10)}
	for d, want := range map[int]bool{4: false, 5: true, 9: true, 10: false, 11: false} {
		if got := u.OpenOn(day(d)); got != want {
			t.Errorf("open on the %dth: %t", d, got)
		}
	}
	if !(Unit{}).OpenOn(day(1)) {
		t.Error("a unit without dates isn't open")
	}
	u = Unit{ID: "a", Name: "甲", Kind: KindBureau, Opened: day(10), Closed: day(10)}
	if u.Validate() == nil {
		t.Error("a unit that ends on its first day is valid")
	}
}
