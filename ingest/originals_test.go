package ingest

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"shuixuan/app/problem"
)

// TestAnOriginalIsNamedByItsHash: the sender's name is no path, nothing but a hash opens
// a file, and no other user of the machine may read one.
func TestAnOriginalIsNamedByItsHash(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "originals")
	o, err := NewOriginals(dir)
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]bool{}
	for _, name := range []string{"../../outside.csv", "/etc/passwd", `..\..\x.csv`, "a\x00b.csv", strings.Repeat("长", 500), ""} {
		f, err := o.Keep(t.Context(), name, strings.NewReader("content of "+name), 1<<20)
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		f.Close()
		sums[f.SHA256] = true
	}
	err = filepath.WalkDir(filepath.Dir(dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == filepath.Dir(dir) {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o007 != 0 {
			t.Errorf("%s has the rights %v", path, info.Mode())
		}
		if d.IsDir() {
			return nil
		}
		if !sums[d.Name()] || path != filepath.Join(dir, d.Name()[:2], d.Name()) {
			t.Errorf("a file lies at %s", path)
		}
		delete(sums, d.Name())
		return nil
	})
	if err != nil || len(sums) > 0 {
		t.Errorf("%d files are missing, %v", len(sums), err)
	}
	for _, sum := range []string{"", "..", "../../outside.csv", "/etc/passwd", strings.Repeat("../", 21) + "x", strings.Repeat("A", 64), strings.Repeat("a", 64), strings.Repeat("a", 64) + "\n"} {
		_, err := o.Open(sum)
		if p, _ := problem.As(err); p == nil || p.Kind != problem.KindNotFound {
			t.Errorf("%q answered %v", sum, err)
		}
	}
}
