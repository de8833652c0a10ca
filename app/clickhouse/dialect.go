package clickhouse

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"text/template"

	"shuixuan/app/clickhouse/embedded"
)

// dialect writes a migration for one server or for a cluster. It is the only
// place besides Open that knows the difference:
//
//	{{onCluster}}                            nothing, or ON CLUSTER `c`
//	{{local "name"}}                         name, or name_local
//	{{engine "ReplacingMergeTree" "rev"}}    the engine, or its Replicated form, one copy of the data per shard
//	{{everywhere "ReplacingMergeTree" "rev"}} the same with all the data on every node, for small tables
//	{{distributed "name" "cityHash64(id)"}}  nothing, or the statement that makes the table over all shards
//	{{distributedColumns "name" "a String"}} nothing, or the statement that adds columns to the table over all shards
//	{{distributedAnew "name" "cityHash64(a)"}} nothing, or the statements that make that table again, over the columns of today
//	{{mergesOfMany "name"}}                   nothing, or the statement that makes merges of small parts cheap
//	{{durable}}                              the settings of every table that keeps acknowledged rows
//	{{tables}}                               the database of the tables, for what stands in another one
//	{{open}}                                 the database of the views that others read
//	{{openView "name"}}                      the beginning of the statement that makes one of these, or makes it anew
//	{{ofCampaign "name" "a, b" "c = 1"}}     the rows of a table that who reads one of these may see, in brackets; the condition may be missing
//	{{asOwner}}                              the clause by which a view reads with the rights of who made it
type dialect struct {
	database string
	cluster  string
}

func (db *DB) dialect() dialect { return dialect{database: db.database, cluster: db.cluster} }

// render turns a file into statements.
func (d dialect) render(m migration) ([]string, error) {
	t, err := template.New(m.name).Option("missingkey=error").Funcs(template.FuncMap{
		"onCluster":          func() string { return strings.TrimSpace(onCluster(d.cluster)) },
		"local":              d.local,
		"engine":             d.engine,
		"everywhere":         d.everywhere,
		"distributed":        d.distributed,
		"distributedColumns": d.distributedColumns,
		"distributedAnew":    d.distributedAnew,
		"mergesOfMany":       d.mergesOfMany,
		"durable":            d.durable,
		"tables":             func() string { return quoteName(d.database) },
		"open":               func() string { return quoteName(OpenDatabase(d.database)) },
		"openView":           d.openView,
		"ofCampaign":         d.ofCampaign,
		"asOwner":            func() string { return "DEFINER = CURRENT_USER SQL SECURITY DEFINER" },
	}).Parse(string(m.source))
	if err != nil {
		return nil, fmt.Errorf("migration %s: %w", m.name, err)
	}
	var text bytes.Buffer
	if err := t.Execute(&text, nil); err != nil {
		return nil, fmt.Errorf("migration %s: %w", m.name, err)
	}
	return statements(text.String()), nil
}

var statementEnd = regexp.MustCompile(`;[ \t]*(\r?\n|$)`)

// statements cuts a text at each semicolon that ends a line, and leaves out
// pieces that hold nothing but comments.
func statements(text string) []string {
	var all []string
	for _, piece := range statementEnd.Split(text, -1) {
		var kept []string
		for line := range strings.Lines(piece) {
			if !strings.HasPrefix(strings.TrimSpace(line), "--") {
				kept = append(kept, line)
			}
		}
		if s := strings.TrimSpace(strings.Join(kept, "")); s != "" {
			all = append(all, s)
		}
	}
	return all
}

func (d dialect) local(name string) string {
	if d.cluster == "" {
		return name
	}
	return name + "_local"
}

// The path in Keeper holds the table's uuid, so that a table which is dropped
// and made again does not meet the remains of the first.
func (d dialect) engine(name string, arguments ...string) string {
	return d.replicated(name, `'/shuixuan/{uuid}/{shard}', '{replica}'`, arguments)
}

func (d dialect) everywhere(name string, arguments ...string) string {
	return d.replicated(name, `'/shuixuan/{uuid}/all', '{shard}-{replica}'`, arguments)
}

func (d dialect) replicated(name, place string, arguments []string) string {
	if d.cluster != "" {
		name, arguments = "Replicated"+name, append([]string{place}, arguments...)
	}
	if len(arguments) == 0 {
		return name
	}
	return name + "(" + strings.Join(arguments, ", ") + ")"
}

func (d dialect) distributed(name, shard string) string {
	if d.cluster == "" {
		return ""
	}
	return fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s%s AS %s ENGINE = Distributed(%s, %s, %s, %s)",
		name, onCluster(d.cluster), d.local(name),
		quoteName(d.cluster), quoteName(d.database), d.local(name), shard)
}

// distributedColumns gives the table over all shards what its local tables were given.
func (d dialect) distributedColumns(name string, columns ...string) string {
	if d.cluster == "" {
		return ""
	}
	return fmt.Sprintf("ALTER TABLE %s%s ADD COLUMN IF NOT EXISTS %s", name, onCluster(d.cluster), strings.Join(columns, ", ADD COLUMN IF NOT EXISTS "))
}

// distributedAnew makes the table over all shards again, with another way to choose the
// shard. It holds no rows of its own; what lies on the shards stays there.
func (d dialect) distributedAnew(name, shard string) string {
	if d.cluster == "" {
		return ""
	}
	return "DROP TABLE IF EXISTS " + name + onCluster(d.cluster) + " SYNC;\n" + d.distributed(name, shard)
}

func (d dialect) openView(name string) string {
	return "CREATE OR REPLACE VIEW " + quoteName(OpenDatabase(d.database)) + "." + name + onCluster(d.cluster)
}

// noLimit is the largest limit that can be written.
const noLimit = "18446744073709551615"

// ofCampaign reads a table for an open view: all of it, or where a reader's campaign is set
// (embedded.GuestCampaign) the rows of that alone. Of the two halves the engine reads one.
//
// The limit is a wall, since the engine lets no condition through one. Without it the reader's own is
// looked at together with ours, or before it: it is moved below LIMIT 1 BY where it is of the key, and
// what it does with the rows of others, fail or take long, would tell of them. Who reads all
// has no wall: there a condition on the campaign or the wave has to reach the index.
func (d dialect) ofCampaign(table, columns string, conditions ...string) string {
	also := strings.Join(append([]string{""}, conditions...), " AND ")
	of := "getSetting('" + embedded.GuestCampaign + "')"
	from := "SELECT " + columns + " FROM " + quoteName(d.database) + "." + table + " WHERE "
	return "(" + from + of + " = ''" + also + " UNION ALL SELECT " + columns + " FROM (" + from + of + " != '' AND campaign = " + of + also + " LIMIT " + noLimit + "))"
}

// durable: fsync, so that an acknowledged row survives a power cut, and a
// window of tokens, so that a repeated insert is recognised. Measured on two
// cores: one row of 20 columns in 4 ms in memory, 6 to 30 ms on a busy disk.
//
// Without a cluster the engine shares its machine with the program, so parts
// are merged column by column: 100,000 rows × 20 columns arriving in batches
// of 2,000 to 10,000 took 424 MB resident at most as the engine comes, and 322
// with these.
func (d dialect) durable() string {
	const fsync = "fsync_after_insert = 1, fsync_part_directory = 1"
	if d.cluster != "" {
		return fsync + ", replicated_deduplication_window = 10000"
	}
	return fsync + ", non_replicated_deduplication_window = 10000" +
		", min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536" +
		", vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3"
}

// mergesOfMany makes merges of a table with heavy intake cheap. Parts of 250 rows were merged five
// at a time and column by column, for which each of 35 columns is opened in each part: a third
// of the processor while they came in by the thousand. Twenty at a time and all columns at once,
// as long as they are small, took a third of that; some dozens of parts stay. On a cluster the
// engine's own defaults hold.
func (d dialect) mergesOfMany(name string) string {
	if d.cluster != "" {
		return ""
	}
	return "ALTER TABLE " + name + " MODIFY SETTING merge_selector_base = 20, min_bytes_for_wide_part = 10485760" +
		", vertical_merge_algorithm_min_rows_to_activate = 131072, vertical_merge_algorithm_min_columns_to_activate = 11"
}
