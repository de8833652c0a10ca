package clickhouse

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// news counts the inserts into each table, so that what was read can be remembered
// until something is written.
type news struct {
	mu    sync.Mutex
	count map[string]uint64 // by database.table
}

var insertInto = regexp.MustCompile(`(?i)^\s*INSERT\s+INTO\s+(\w+)`)

// wrote notes an insert, also one that failed: its rows may be there.
func (n *news) wrote(database, query string) {
	found := insertInto.FindStringSubmatch(query)
	if found == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.count == nil {
		n.count = map[string]uint64{}
	}
	n.count[database+"."+found[1]]++
}

// memoryOfServer is how long the answer of News holds on a server where other programs
// write too: a merge may take a row out of a table in the moment in which another comes in.
const memoryOfServer = 20 * time.Second

// News gives a text that is another one after each Insert into one of the tables. Who
// remembers what was read asks for it before reading, and again before believing.
//
// The engine within this process has no other writer than this program, so its inserts are
// counted as they happen, and the answer costs nothing and never fails. What a view derives
// comes with the table it derives from: name that one. On a server the tables are asked how
// many rows they hold, since every change is a row more.
func (db *DB) News(ctx context.Context, tables ...string) (string, error) {
	if db.engine != nil {
		db.news.mu.Lock()
		defer db.news.mu.Unlock()
		var b strings.Builder
		for _, table := range tables {
			b.WriteString(strconv.FormatUint(db.news.count[db.database+"."+table], 10))
			b.WriteByte(' ')
		}
		return b.String(), nil
	}
	text := "SELECT concat(''"
	for _, table := range tables {
		text += ", toString((SELECT count() FROM " + quoteName(table) + ")), ' '"
	}
	var stamp string
	if err := db.QueryRow(ctx, text+")").Scan(&stamp); err != nil {
		return "", fmt.Errorf("ask for news: %w", err)
	}
	return stamp + strconv.FormatInt(time.Now().UnixNano()/int64(memoryOfServer), 10), nil
}
