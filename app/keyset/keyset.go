// Package keyset names a place in a list that is ordered by instant and id, so that a
// list can go on where a page ended.
//
// # Why
//
// Placements, responses and audit events are listed alike, in pages of any length over
// millions of rows. An offset would count rows again and skip some while others come
// in; a place in the order costs the same on every page and never skips.
package keyset

import (
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Cursor is the last row of a page; the zero value is the start of a list, and in an
// answer it says that nothing follows.
type Cursor struct {
	At time.Time
	ID uuid.UUID
}

// IsZero tells the start of a list, or its end.
func (c Cursor) IsZero() bool { return c.ID == uuid.Nil && c.At.IsZero() }

// Millis is the instant as it is compared in SQL: milliseconds since 1970, 0 at the start.
func (c Cursor) Millis() int64 {
	if c.At.IsZero() {
		return 0
	}
	return c.At.UnixMilli()
}

// String is the cursor as it stands in an address, empty for the zero value.
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	return strconv.FormatInt(c.Millis(), 10) + "." + c.ID.String()
}

// Parse reads what String wrote. Anything else starts the list: an address that
// somebody cut short shows the first page.
func Parse(s string) Cursor {
	millis, id, _ := strings.Cut(s, ".")
	at, err := strconv.ParseInt(millis, 10, 64)
	if err != nil {
		return Cursor{}
	}
	parsed, err := uuid.Parse(id)
	if err != nil {
		return Cursor{}
	}
	return Cursor{At: time.UnixMilli(at).UTC(), ID: parsed}
}
