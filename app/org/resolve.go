package org

import (
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
	"golang.org/x/text/width"
)

// Resolver finds the one unit that a written name can mean.
type Resolver struct {
	units  []Unit
	full   map[string][]UnitID // folded name or alias → units
	shorts map[string][]short  // what is left of a name → the names it is left of
	byID   map[UnitID]Unit
}

// short is a name without what people leave out of it, and what was left out.
type short struct {
	unit           UnitID
	left           string
	prefix, suffix string
}

// left out of a unit's name by people. Suffixes of one kind say the same; the longer
// comes first, since it ends in the shorter.
var (
	prefixes = []string{"市", "县"}
	suffixes = []struct{ written, kind string }{
		{"街道办事处", "办事处"}, {"办事处", "办事处"}, {"人民政府", "政府"}, {"政府", "政府"},
		{"管理委员会", "管委会"}, {"管委会", "管委会"},
	}
)

// NewResolver prepares the names of the units.
func NewResolver(units []Unit) *Resolver {
	r := &Resolver{units: units, full: map[string][]UnitID{}, shorts: map[string][]short{}, byID: map[UnitID]Unit{}}
	for _, u := range units {
		r.byID[u.ID] = u
		for _, name := range append([]string{u.Name, string(u.ID)}, u.Aliases...) {
			if folded := Fold(name); folded != "" && !slices.Contains(r.full[folded], u.ID) {
				r.full[folded] = append(r.full[folded], u.ID)
			}
			for _, s := range shortened(name) {
				s.unit = u.ID
				r.shorts[s.left] = append(r.shorts[s.left], s)
			}
		}
	}
	return r
}

// Fold brings a name to the form in which names are compared: half-width, no
// spaces, lower case. A ledger of 100,000 rows asks for millions of names, nearly all
// of which stand in that form already and are given back without a copy.
func Fold(name string) string {
	for i, r := range name {
		if foldRune(r) != r || r == utf8.RuneError {
			return foldFrom(name, i)
		}
	}
	return name
}

// foldFrom folds a name whose first bytes need no folding.
func foldFrom(name string, first int) string {
	var b strings.Builder
	b.Grow(len(name))
	b.WriteString(name[:first])
	for _, r := range name[first:] {
		if r = foldRune(r); r >= 0 {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// foldRune gives -1 for what is left out.
func foldRune(r rune) rune {
	if '\u4e00' <= r && r <= '\u9fff' || 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
		return r
	}
	if narrow := width.LookupRune(r).Folded(); narrow != 0 {
		r = narrow
	}
	if unicode.IsSpace(r) {
		return -1
	}
	return unicode.ToLower(r)
}

// shortened gives the ways a name may be written: as it is, and without a prefix or
// suffix that people leave out. One shorter than two characters says nothing.
func shortened(name string) []short {
	all := []short{{left: Fold(name)}}
	for _, p := range prefixes {
		if cut, ok := strings.CutPrefix(all[0].left, p); ok {
			all = append(all, short{left: cut, prefix: p})
		}
	}
	for _, s := range suffixes {
		for _, one := range slices.Clone(all) {
			if cut, ok := strings.CutSuffix(one.left, s.written); ok && one.suffix == "" {
				all = append(all, short{left: cut, prefix: one.prefix, suffix: s.kind})
			}
		}
	}
	return slices.DeleteFunc(all, func(s short) bool { return utf8.RuneCountInString(s.left) < 2 })
}

// same tells whether two names with the same rest may be one: 水利局 and 市水利局 may,
// 县水利局 and 市水利局 may not, nor 新城管委会 and 新城街道办事处.
func (s short) same(other short) bool {
	agree := func(a, b string) bool { return a == "" || b == "" || a == b }
	return s.left == other.left && agree(s.prefix, other.prefix) && agree(s.suffix, other.suffix)
}

// Unit gives the unit with this id.
func (r *Resolver) Unit(id UnitID) (Unit, bool) {
	u, ok := r.byID[id]
	return u, ok
}

// Units gives all units in the order they were given.
func (r *Resolver) Units() []Unit { return r.units }

// Resolve gives the one unit that the name can mean. A full name or alias wins
// over a shortened form; a name that fits two units fits none.
func (r *Resolver) Resolve(name string) (Unit, bool) {
	folded := Fold(name)
	if folded == "" {
		return Unit{}, false
	}
	found := r.full[folded]
	if len(found) == 0 {
		for _, written := range shortened(name) {
			for _, known := range r.shorts[written.left] {
				if written.same(known) && !slices.Contains(found, known.unit) {
					found = append(found, known.unit)
				}
			}
		}
	}
	if len(found) != 1 {
		return Unit{}, false
	}
	return r.byID[found[0]], true
}

// Nearest gives up to n names of units closest to what was written, for the
// sentence that refuses it.
func (r *Resolver) Nearest(name string, n int) []string {
	type near struct {
		name     string
		distance int
	}
	folded := Fold(name)
	var all []near
	for _, u := range r.units {
		if u.Collective() {
			continue
		}
		best := levenshtein.ComputeDistance(folded, Fold(u.Name))
		for _, alias := range u.Aliases {
			best = min(best, levenshtein.ComputeDistance(folded, Fold(alias)))
		}
		all = append(all, near{u.Name, best})
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].distance < all[j].distance })
	var names []string
	for _, a := range all[:min(n, len(all))] {
		names = append(names, a.name)
	}
	return names
}
