package web

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"shuixuan/app/audit"
	"shuixuan/app/boundary"
	"shuixuan/app/dossier"
	"shuixuan/app/internal/auth"
	"shuixuan/app/spotcheck"
	"shuixuan/app/survey"
)

// TestFieldsHaveWords: the trail is read by people, so what it keeps of a thing is called by its
// name in Chinese.
func TestFieldsHaveWords(t *testing.T) {
	for kind, thing := range map[string]any{"dossier": dossier.Dossier{}, "check": spotcheck.Check{}, "finding": spotcheck.Finding{}, "inspector": auth.InspectorLink{}, "boundary": boundary.Boundary{}, "link": survey.PublicLink{}, "wave": survey.Wave{}} {
		if audit.KindName(kind) == kind {
			t.Errorf("a %s has no name", kind)
		}
		of := reflect.TypeOf(thing)
		for i := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			if name == "" || name == "-" || slices.Contains(quietFields, name) {
				continue
			}
			if fieldNames[name] == "" {
				t.Errorf("%s of a %s has no name", name, kind)
			}
		}
	}
	for state, name := range dossier.StateNames {
		if got := wordOf(nil, "state", string(state)); got != name {
			t.Errorf("state %s is %q, want %q", state, got, name)
		}
	}
}
