package org

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
	"golang.org/x/text/width"
)

// Resolver finds the one unit that a written name can mean.
type Resolver struct {
	units []Unit
	names map[string][]UnitID // folded full name, alias and short forms → units
	byID  map[UnitID]Unit
}

// prefixes and suffixes that people leave out of a unit's name.
var (
	prefixes = []string{"市", "县"}
	suffixes = []string{"街道办事处", "办事处", "人民政府", "政府", "管委会", "管理委员会"}
)

// NewResolver prepares the names of the units.
func NewResolver(units []Unit) *Resolver {
	r := &Resolver{units: units, names: map[string][]UnitID{}, byID: map[UnitID]Unit{}}
	for _, u := range units {
		r.byID[u.ID] = u
		seen := map[string]bool{}
		for _, name := range append([]string{u.Name, string(u.ID)}, u.Aliases...) {
			for _, form := range forms(name) {
				if !seen[form] {
					seen[form] = true
					r.names[form] = append(r.names[form], u.ID)
				}
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

// forms are the ways a name may be written: as it is, and without a prefix or suffix
// that people leave out. A form shorter than two characters says nothing.
func forms(name string) []string {
	all := map[string]bool{Fold(name): true}
	for _, p := range prefixes {
		for form := range all {
			if short, cut := strings.CutPrefix(form, p); cut {
				all[short] = true
			}
		}
	}
	for _, s := range suffixes {
		for form := range all {
			if short, cut := strings.CutSuffix(form, s); cut {
				all[short] = true
				if s == "街道办事处" {
					all[short+"街道"] = true
				}
			}
		}
	}
	var list []string
	for form := range all {
		if len([]rune(form)) >= 2 {
			list = append(list, form)
		}
	}
	sort.Strings(list)
	return list
}

// Unit gives the unit with this id.
func (r *Resolver) Unit(id UnitID) (Unit, bool) {
	u, ok := r.byID[id]
	return u, ok
}

// Units gives all units in the order they were given.
func (r *Resolver) Units() []Unit { return r.units }

// Resolve gives the one unit that the name can mean. A full name or alias wins
// over a shortened form; a shortened form that fits two units fits none.
func (r *Resolver) Resolve(name string) (Unit, bool) {
	folded := Fold(name)
	if folded == "" {
		return Unit{}, false
	}
	for _, u := range r.units {
		if Fold(u.Name) == folded || string(u.ID) == name {
			return u, true
		}
		for _, alias := range u.Aliases {
			if Fold(alias) == folded {
				return u, true
			}
		}
	}
	found := map[UnitID]bool{}
	for _, form := range forms(name) {
		for _, id := range r.names[form] {
			found[id] = true
		}
	}
	if len(found) != 1 {
		return Unit{}, false
	}
	for id := range found {
		return r.byID[id], true
	}
	return Unit{}, false
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
