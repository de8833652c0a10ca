package clickhouse

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"shuixuan/app/clickhouse/embedded"
)

// OpenDatabase names the database of the views that others may read, beside the database of
// the tables.
func OpenDatabase(database string) string { return embedded.GuestDatabases + database }

// opens tells a migration that makes views for others. They hold nothing of their own, and a
// backup of the tables has none of them: where one is missing all are made anew.
func (m migration) opens() bool { return len(m.views()) > 0 }

var openView = regexp.MustCompile(`\{\{openView "(\w+)"\}\}`)

// madeAnew tells whether later migrations make every open view that one makes. To apply it again
// would show for a moment what the later ones keep back.
func madeAnew(m migration, later []migration) bool {
	made := map[string]bool{}
	for _, l := range later {
		for _, name := range l.views() {
			made[name] = true
		}
	}
	return !slices.ContainsFunc(m.views(), func(name string) bool { return !made[name] })
}

// views names the open views that a migration makes.
func (m migration) views() []string {
	var names []string
	for _, found := range openView.FindAllSubmatch(m.source, -1) {
		names = append(names, string(found[1]))
	}
	return names
}

// opened tells whether every view of these migrations is there.
func (db *DB) opened(ctx context.Context, all []migration) (bool, error) {
	wanted := map[string]bool{}
	for _, m := range all {
		for _, name := range m.views() {
			wanted[name] = true
		}
	}
	if len(wanted) == 0 {
		return true, nil
	}
	var found uint64
	if err := db.QueryRow(ctx, `SELECT count() FROM system.tables WHERE database = ? AND name IN (?)`, OpenDatabase(db.database), slices.Collect(maps.Keys(wanted))).Scan(&found); err != nil {
		return false, fmt.Errorf("look for the open views: %w", err)
	}
	return int(found) == len(wanted), nil
}

// Question is a statement of a program of somebody else, which reads the open views.
type Question struct {
	SQL      string
	Format   string // of the answer, unless the text names one
	Campaign string // whose rows alone are shown; empty: all
	Revision int    // of the native protocol, as clients of the driver's kind say it
	Settings map[string]string
}

// QuestionTime is how long a statement from outside may run.
const QuestionTime = 30 * time.Second

// questionLimits are what one statement from outside may take. The engine has 2 GiB for all.
// A million rows of an answer are more than any chart shows.
var questionLimits = embedded.GuestLimits{Time: QuestionTime, Memory: 256 << 20, Rows: 1_000_000, Bytes: 64 << 20}

// Ask answers a question from outside: of the open views, and of nothing else. It runs beside the
// program's own statements, on connections of its own, one or two at a time. An error of the
// engine, its refusals among them, is told by Exception. Only the engine within this process
// answers; a server has users of its own (OpenUser).
func (db *DB) Ask(ctx context.Context, q Question) ([]byte, error) {
	if db.engine == nil {
		return nil, fmt.Errorf("ask: there is no engine in this process")
	}
	return db.engine.Ask(ctx, embedded.Guest{SQL: q.SQL, Format: q.Format, Database: OpenDatabase(db.database), Campaign: q.Campaign, Revision: q.Revision, Settings: q.Settings}, questionLimits)
}

// Exception gives the number and the text of an error of the engine, as a server sends them.
func Exception(err error) (code, text string, ok bool) { return embedded.Exception(err) }

// OpenUser is the SQL that makes a user of a server who reads the open views and nothing else,
// within the limits that the engine in a process keeps; of one campaign, or of all where none is
// named. The password is written into it.
func (db *DB) OpenUser(name, password, campaign string) string {
	l := questionLimits
	return fmt.Sprintf(`CREATE USER IF NOT EXISTS %[1]s%[2]s IDENTIFIED WITH sha256_password BY %[3]s
SETTINGS readonly = 1, max_execution_time = %[4]d CONST, max_memory_usage = %[5]d CONST, max_result_rows = %[6]d CONST, max_result_bytes = %[7]d CONST, max_threads = 1 CONST, %[9]s = %[10]s CONST;
GRANT%[2]s SELECT ON %[8]s.* TO %[1]s;
`, quoteName(name), onCluster(db.cluster), quoteText(password), int(l.Time.Seconds()), l.Memory, l.Rows, l.Bytes, quoteName(OpenDatabase(db.database)), embedded.GuestCampaign, quoteText(campaign))
}

// quoteText writes a string literal.
func quoteText(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
