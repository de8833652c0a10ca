package keyset

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestCursorSurvivesAnAddress(t *testing.T) {
	c := Cursor{At: time.UnixMilli(1411603200123).UTC(), ID: uuid.MustParse("6ba7b810-9dad-11d1-80b4-00c04fd430c8")}
	if got := Parse(c.String()); got != c {
		t.Errorf("%s came back as %+v", c, got)
	}
	for _, cut := range []string{"", "1411603200123", "1411603200123.6ba7", "x.6ba7b810-9dad-11d1-80b4-00c04fd430c8", "'; DROP TABLE placements"} {
		if got := Parse(cut); !got.IsZero() {
			t.Errorf("%q is read as %+v, want the start of the list", cut, got)
		}
	}
	if s := (Cursor{}).String(); s != "" {
		t.Errorf("the start is written as %q", s)
	}
}

// A cursor may stand on the first id or the first instant and is still no start.
func TestOnlyTheZeroCursorIsTheStart(t *testing.T) {
	id := uuid.MustParse("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
	for _, c := range []Cursor{{At: time.UnixMilli(1).UTC()}, {ID: id, At: time.UnixMilli(0).UTC()}, {ID: id}} {
		if c.IsZero() || c.String() == "" {
			t.Errorf("%+v is taken for the start", c)
		}
	}
	if c := (Cursor{}); !c.IsZero() || c.Millis() != 0 {
		t.Errorf("the start is %+v, %d", c, c.Millis())
	}
}
