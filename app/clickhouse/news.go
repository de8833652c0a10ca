package clickhouse

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// news counts the inserts into each table, so that what was read can be remembered
// until something is written.
type news struct {
	mu    sync.Mutex
	count map[string]uint64 // by database.table, with a group behind it; without one, inserts of which it isn't known
	all   map[string]uint64 // by database.table
}

var insertInto = regexp.MustCompile(`(?i)^\s*INSERT\s+INTO\s+(\w+)`)

// wrote notes an insert, also one that failed: its rows may be there.
func (n *news) wrote(database, query string, groups map[string]bool) {
	found := insertInto.FindStringSubmatch(query)
	if found == nil {
		return
	}
	if len(groups) == 0 {
		groups = map[string]bool{"": true}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.all == nil {
		n.all, n.count = map[string]uint64{}, map[string]uint64{}
	}
	table := database + "." + found[1]
	n.all[table]++
	for group := range groups {
		n.count[table+group]++
	}
}

// grouped is a batch for a table of revisions that is told apart by what the table is ordered by
// before the thing itself: responses by campaign and wave. Where it can't be, it has no groups.
type grouped struct {
	driver.Batch
	at     []int // columns of the key
	last   []string
	groups map[string]bool // nil: not known
}

func newGrouped(query string, batch driver.Batch) *grouped {
	g := &grouped{Batch: batch}
	found := insertInto.FindStringSubmatch(query)
	for _, of := range newestOf {
		if found == nil || of.revisions != found[1] {
			continue
		}
		names := strings.Split(of.key, ", ")
		for _, name := range names[:len(names)-1] {
			at := slices.IndexFunc(batch.Columns(), func(c column.Interface) bool { return c.Name() == name })
			if at < 0 {
				return g
			}
			g.at = append(g.at, at)
		}
		g.last, g.groups = make([]string, len(g.at)), map[string]bool{}
	}
	return g
}

// Append adds a row.
func (g *grouped) Append(row ...any) error {
	if g.groups == nil {
		return g.Batch.Append(row...)
	}
	same := len(g.groups) > 0
	for i, at := range g.at {
		if at >= len(row) {
			return g.Batch.Append(row...) // which refuses it
		}
		text, ok := row[at].(string)
		if !ok {
			g.groups = nil
			return g.Batch.Append(row...)
		}
		same = same && text == g.last[i]
		g.last[i] = text
	}
	if !same {
		g.groups[group(g.last)] = true
	}
	return g.Batch.Append(row...)
}

// AppendStruct adds a row whose group isn't known.
func (g *grouped) AppendStruct(row any) error {
	g.groups = nil
	return g.Batch.AppendStruct(row)
}

// Column gives a column to fill, of groups that aren't known.
func (g *grouped) Column(i int) driver.BatchColumn {
	g.groups = nil
	return g.Batch.Column(i)
}

func group(values []string) string {
	var b strings.Builder
	for _, value := range values {
		b.WriteString("\x00" + value)
	}
	return b.String()
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
			b.WriteString(strconv.FormatUint(db.news.all[db.database+"."+table], 10))
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

// NewsOf is News of the rows in a table of revisions that share the first columns of its key: in
// the engine within this process what comes to others leaves it as it is.
func (db *DB) NewsOf(ctx context.Context, table string, key ...string) (string, error) {
	if db.engine == nil {
		return db.News(ctx, table)
	}
	db.news.mu.Lock()
	defer db.news.mu.Unlock()
	table = db.database + "." + table
	return strconv.FormatUint(db.news.count[table], 10) + " " + strconv.FormatUint(db.news.count[table+group(key)], 10), nil
}
