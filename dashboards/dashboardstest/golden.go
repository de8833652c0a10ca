package dashboardstest

import (
	"os"
	"path/filepath"
	"testing"
)

// Golden compares what people see with the file of this name in testdata of the test's package,
// and writes the file anew when update is set.
func Golden(t testing.TB, name, got string, update bool) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs from its golden file; got:\n%s", name, got)
	}
}
