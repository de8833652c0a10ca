package clickhouse

import (
	"strings"

	"github.com/google/uuid"
)

// fewUUIDs is up to how many are written one by one.
const fewUUIDs = 20

// UUIDs is what gives these UUIDs in SQL, to stand after IN; they hold nothing but digits
// and dashes. Of many, one text that the engine splits costs it far less than a literal for
// each: with 4,000 literals an import of 100,000 rows took 60 MB more. Of a few, the literals
// cost less: a question for one row took 6 ms instead of 7.
func UUIDs(ids []uuid.UUID) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	if 0 < len(texts) && len(texts) <= fewUUIDs {
		return "'" + strings.Join(texts, "', '") + "'"
	}
	return "SELECT toUUID(arrayJoin(splitByChar(',', '" + strings.Join(texts, ",") + "')))"
}
