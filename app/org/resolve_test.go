package org

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"shuixuan/app/problem"
)

// town is a small organisation whose short names meet each other.
func town() *Resolver {
	return NewResolver([]Unit{
		{ID: "shuiliju", Name: "市水利局", Kind: KindBureau, Aliases: []string{"市水务局", "ＳＬ局"}},
		{ID: "anjian", Name: "市安监局", Kind: KindBureau},
		{ID: "xian-anjian", Name: "县安监局", Kind: KindBureau},
		{ID: "shichang", Name: "市市场监管局", Kind: KindBureau},
		{ID: "xincheng", Name: "新城街道办事处", Kind: KindTownship},
		{ID: "yiyang", Name: "仪阳镇政府", Kind: KindTownship},
		{ID: "gaoxin", Name: "高新区管委会", Kind: KindTownship},
		{ID: "dongcheng", Name: "东城街道办事处", Kind: KindTownship},
		{ID: "dongcheng-gw", Name: "东城管委会", Kind: KindTownship},
		{ID: "guangdian", Name: "市广播电视台", Kind: KindMedia, Aliases: []string{"电视台", "广电"}},
		{ID: "jiaoyutai", Name: "市教育电视中心", Kind: KindMedia, Aliases: []string{"广电"}},
		{ID: "ju", Name: "局", Kind: KindBureau},
		{ID: "shizhi", Name: "市直有关部门", Kind: KindCollective},
	})
}

func TestResolveFindsTheOneUnitThatIsMeant(t *testing.T) {
	for written, want := range map[string]UnitID{
		// As it stands, by id, by alias; width, letters and spaces don't matter.
		"市水利局": "shuiliju", "shuiliju": "shuiliju", "SHUILIJU": "shuiliju", "市水务局": "shuiliju",
		" 市　水利局\n": "shuiliju", "sl局": "shuiliju", "ｓＬ局": "shuiliju",
		// Without what people leave out, also of an alias.
		"水利局": "shuiliju", "水务局": "shuiliju", "新城街道": "xincheng", "新城办事处": "xincheng", "新城": "xincheng",
		"仪阳镇人民政府": "yiyang", "仪阳镇": "yiyang", "高新区管理委员会": "gaoxin", "高新区": "gaoxin",
		// Only the first 市 may be left out: 场监管局 is nobody's name.
		"市场监管局": "shichang", "市市场监管局": "shichang", "场监管局": "",
		// What fits two fits none, whole or short; in full each is itself.
		"安监局": "", "市安监局": "anjian", "县安监局": "xian-anjian",
		"东城": "", "东城管委会": "dongcheng-gw", "东城街道": "dongcheng", "广电": "",
		// Another prefix or suffix is another body.
		"县水利局": "", "新城管委会": "", "新城政府": "", "仪阳镇管委会": "",
		// A collective is a name too; the placement refuses it with a better reason.
		"市直有关部门": "shizhi",
		"局":      "ju", // a name of one character is met in full only
		"市":      "", "政府": "", "办事处": "", "": "", " ": "", "体育局": "", "市水利局办公室": "",
	} {
		// The order of maps must not matter: before, it did.
		for range 5 {
			if u, ok := town().Resolve(written); u.ID != want || ok != (want != "") {
				t.Errorf("%q is %q (%t), want %q", written, u.ID, ok, want)
			}
		}
	}
}

// The order of the list decides nothing, and whoever is resolved is resolved by the
// full name.
func TestResolveDoesNotDependOnTheOrder(t *testing.T) {
	units := town().Units()
	words := rapid.StringOfN(rapid.RuneFrom([]rune("市县新城东水利安监局街道办事处人民政府管委会镇")), 0, 8, -1)
	rapid.Check(t, func(t *rapid.T) {
		shuffled := NewResolver(rapid.Permutation(units).Draw(t, "order"))
		for _, name := range []string{words.Draw(t, "name"), "安监局", "东城", "广电", "水利局"} {
			a, okA := town().Resolve(name)
			b, okB := shuffled.Resolve(name)
			if a.ID != b.ID || okA != okB {
				t.Fatalf("%q is %q in one order and %q in another", name, a.ID, b.ID)
			}
		}
		for _, u := range units {
			if got, ok := shuffled.Resolve(u.Name); !ok || got.ID != u.ID {
				t.Fatalf("%q is %q", u.Name, got.ID)
			}
		}
	})
}

func TestUnitKnowsNobodyElse(t *testing.T) {
	if u, ok := town().Unit("yiyang"); !ok || u.Name != "仪阳镇政府" {
		t.Errorf("yiyang is %+v, %t", u, ok)
	}
	if u, ok := town().Unit("仪阳镇政府"); ok {
		t.Errorf("a name is no id: %+v", u)
	}
}

func TestNearestHelpsWithATypingError(t *testing.T) {
	check := func(written string, n int, want ...string) {
		t.Helper()
		if got := town().Nearest(written, n); !slices.Equal(got, want) {
			t.Errorf("nearest to %q: %v, want %v", written, got, want)
		}
	}
	check("市水力局", 1, "市水利局")         // one character off
	check("水务居", 1, "市水利局")          // 2 from its alias 市水务局, more from anyone else
	check("市直有关部闷", 1, "市水利局")       // a collective is no answer: of those at 5 the first
	check("市安监局", 2, "市安监局", "县安监局") // itself, then one character
	check("市水力局", 0)
	if all := town().Nearest("x", 100); len(all) != 12 {
		t.Errorf("%d names, want all 12 that aren't collectives", len(all))
	}
}

func TestUnitValidate(t *testing.T) {
	for name, c := range map[string]struct {
		bend  func(u *Unit)
		field string
	}{
		"right":                 {func(*Unit) {}, ""},
		"no id":                 {func(u *Unit) { u.ID = "" }, "id"},
		"no name":               {func(u *Unit) { u.Name = "" }, "name"},
		"a name of spaces":      {func(u *Unit) { u.Name = " 　" }, "name"},
		"a name of 60":          {func(u *Unit) { u.Name = string(slices.Repeat([]rune("局"), 60)) }, ""},
		"a name of 61":          {func(u *Unit) { u.Name = string(slices.Repeat([]rune("局"), 61)) }, "name"},
		"no kind":               {func(u *Unit) { u.Kind = "" }, "kind"},
		"a kind nobody defined": {func(u *Unit) { u.Kind = "office" }, "kind"},
	} {
		u := Unit{ID: "a", Name: "市水利局", Kind: KindBureau}
		c.bend(&u)
		err := u.Validate()
		if c.field == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		p, ok := problem.As(err)
		if !ok || p.Kind != problem.KindInvalid || len(p.Faults) != 1 || p.Faults[0].Field != c.field {
			t.Errorf("%s: %v, want one fault at %s", name, err, c.field)
		}
	}
	if p, _ := problem.As(Unit{}.Validate()); p == nil || len(p.Faults) != 3 {
		t.Errorf("an empty unit: %v, want id, name and kind at once", p)
	}
}

func TestEveryKindHasAWord(t *testing.T) {
	for _, k := range []UnitKind{KindBureau, KindTownship, KindCompany, KindMedia, KindVillage, KindCollective} {
		if KindNames[k] == "" {
			t.Errorf("%s has no word", k)
		}
	}
}
