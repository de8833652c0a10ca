package seeds

import (
	"bytes"
	"strings"
	"testing"
)

func TestDemoIsTheSameInEveryRun(t *testing.T) {
	first, err := Demo()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Demo()
	if err != nil {
		t.Fatal(err)
	}
	if len(first) != len(again) {
		t.Fatalf("%d files, then %d", len(first), len(again))
	}
	names := map[string]bool{}
	for i, f := range first {
		if f.Name != again[i].Name || !bytes.Equal(f.Body, again[i].Body) || !f.Day.Equal(again[i].Day) {
			t.Errorf("%s differs from run to run", f.Name)
		}
		if !strings.HasPrefix(f.Name, "演示-") {
			t.Errorf("%s isn't marked as demonstration", f.Name)
		}
		if i > 0 && f.Day.Before(first[i-1].Day) {
			t.Errorf("%s comes in before %s", f.Name, first[i-1].Name)
		}
		key := f.Campaign + f.Kind + f.Name
		if names[key] {
			t.Errorf("%s is there twice", f.Name)
		}
		names[key] = true
		t.Log(f.Day.Format("2006-01-02"), f.Name, f.Kind, len(f.Body))
	}
}
