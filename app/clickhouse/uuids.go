package clickhouse

import (
	"strings"

	"github.com/google/uuid"
)

// UUIDs is what gives these UUIDs in SQL, to stand after IN; they hold nothing but digits
// and dashes. One text that the engine splits costs it far less than a literal for each:
// with 4,000 literals an import of 100,000 rows took 60 MB more.
func UUIDs(ids []uuid.UUID) string {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(id.String())
	}
	return "SELECT toUUID(arrayJoin(splitByChar(',', '" + b.String() + "')))"
}
