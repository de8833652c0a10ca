package clickhouse

import (
	"log/slog"
	"time"
)

// Shown is how a statement stands in the log.
var Shown = shown

// Watched is the same database with another watch.
func (db *DB) Watched(limit time.Duration, log *slog.Logger) *DB {
	w := newWatch(limit, log)
	return &DB{Conn: watched{db.Conn.(watched).Conn, w}, options: db.options, engine: db.engine, database: db.database, where: db.where, news: db.news, watch: w, gate: db.gate}
}

// ForgetSnapshots is what a start does with those of a program that was killed.
func (db *DB) ForgetSnapshots() error { return db.forgetSnapshots() }
