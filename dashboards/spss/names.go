package spss

import (
	"fmt"
	"regexp"
	"strings"
)

// nameForm is narrower than the format: ASCII letters, digits and underscores read the same
// in every program and every locale. The room of a name is kept for a suffix.
var (
	nameForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	foreign  = regexp.MustCompile(`[^A-Za-z0-9_]+`)
)

const roomForSuffix = 8

// reserved are words of the syntax, which no variable may be named.
var reserved = map[string]bool{
	"ALL": true, "AND": true, "BY": true, "EQ": true, "GE": true, "GT": true, "LE": true,
	"LT": true, "NE": true, "NOT": true, "OR": true, "TO": true, "WITH": true,
}

func validName(name string) bool {
	return len(name) <= MaxName && nameForm.MatchString(name) && !reserved[strings.ToUpper(name)]
}

// Names makes a valid name of each code, all of them different (the format takes upper and
// lower case for the same): what is not an ASCII letter, digit or underscore becomes an
// underscore, a code of nothing else becomes q and its place, from 1. The same codes in the same
// order get the same names.
func Names(codes []string) []string {
	names, used := make([]string, len(codes)), make(map[string]bool, len(codes))
	for i, code := range codes { // a code that is a name already keeps it
		if key := strings.ToUpper(code); validName(code) && !used[key] {
			names[i], used[key] = code, true
		}
	}
	for i, code := range codes {
		if names[i] != "" {
			continue
		}
		stem := strings.Trim(foreign.ReplaceAllString(code, "_"), "_")
		switch {
		case stem == "":
			stem = fmt.Sprintf("q%d", i+1)
		case !nameForm.MatchString(stem) || reserved[strings.ToUpper(stem)]:
			stem = "q_" + stem
		}
		stem = stem[:min(len(stem), MaxName-roomForSuffix)]
		name := stem
		for n := 2; used[strings.ToUpper(name)]; n++ {
			name = fmt.Sprintf("%s_%d", stem, n)
		}
		names[i], used[strings.ToUpper(name)] = name, true
	}
	return names
}

// shortNames gives names of at most 8 characters, which old programs read and by which parts
// of the dictionary refer to variables: one for each segment of each variable.
func shortNames(variables []Variable) [][]string {
	names, used := make([][]string, len(variables)), map[string]bool{}
	for i, v := range variables {
		names[i] = make([]string, segments(v.Width))
		if len(v.Name) <= 8 {
			names[i][0] = strings.ToUpper(v.Name)
			used[names[i][0]] = true
		}
	}
	n := 0
	for i := range variables {
		for k := range names[i] {
			for names[i][k] == "" {
				n++
				if name := fmt.Sprintf("V%d", n); !used[name] {
					names[i][k], used[name] = name, true
				}
			}
		}
	}
	return names
}
