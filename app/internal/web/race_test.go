//go:build race

package web

// underRace: walks through all routes ask one after the other, and take minutes here; make test
// runs them by themselves.
const underRace = true
