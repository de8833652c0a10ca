// Package clickhouse is the one database handle of the program: where rows
// come to rest between ingest, which writes them, and analytics, which asks.
// It opens the engine, brings the schema up to date, and adds to the driver's
// connection the few things that are ours. It knows no noun of the field.
//
// # Why
//
// An installation in one office has no database server and nobody to run one;
// a city has a cluster. Both are the same code here: the driver speaks HTTP
// either to a server or, through package embedded, to the engine within this
// process. Only Open and the migrations know which, and whether there is a
// cluster; everything else is written once.
//
// The choice not taken is a second, lighter store for small installations. Two
// stores are two dialects, and figures that differ between them.
package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/app/clickhouse/embedded"
)

// DefaultDatabase is where the tables are when nothing else is said.
const DefaultDatabase = "shuixuan"

// Config says where the data is. With nothing set it can't be opened: Dir or
// DSN is needed.
type Config struct {
	Dir      string // folder of the embedded engine (data in Dir/clickhouse); used when DSN is empty
	Engine   string // path of libchdb; empty: SHUIXUAN_ENGINE, beside the binary, node_modules up from cwd and from the binary
	DSN      string // clickhouse://… or http://… of a server or cluster
	Cluster  string // name of the cluster for ON CLUSTER / Replicated / Distributed; empty: single node. Also accepted as ?cluster= in the DSN
	Database string // default: the one in the DSN, else shuixuan; created on Open
	Pool     int    // embedded connections for everything but inserts, default 4
	Log      *slog.Logger
	Slow     time.Duration // statements that take longer are told of in the log; 0: none
}

// DB is a connection to one database. It is the driver's connection with the
// migrations, the insert and the clean close added.
type DB struct {
	driver.Conn

	options  *ch.Options
	engine   *embedded.Engine // nil for a server
	owner    bool             // Close stops the engine
	database string
	cluster  string
	where    string // folder or address, for messages
	news     *news  // shared by all handles of an engine
	watch    *watch // likewise
	gate     *gate  // likewise
	ahead    string // see Ahead

	once sync.Once
	err  error
}

// Open opens the database, creates it when missing, and asks it a question.
// Errors that a person can do something about have a method Advice.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	options, cluster, err := cfg.options()
	if err != nil {
		return nil, err
	}
	var engine *embedded.Engine
	if cfg.DSN == "" {
		engine, err = embedded.Open(embedded.Config{
			Dir:     filepath.Join(cfg.Dir, "clickhouse"),
			Library: cfg.Engine,
			Reads:   cfg.Pool,
			Log:     cfg.Log,
		})
		if err != nil {
			return nil, explain(err, cfg.Dir)
		}
		options.TransportFunc = func(*http.Transport) (http.RoundTripper, error) {
			return engine.RoundTripper(), nil
		}
	}
	db, err := connect(ctx, options, cluster, cfg.where(), newWatch(cfg.Slow, cfg.Log))
	if err != nil {
		if engine != nil {
			return nil, explain(errors.Join(err, engine.Close()), cfg.where())
		}
		return nil, unreachable(err, cfg.where())
	}
	db.engine, db.owner = engine, true
	if engine != nil {
		if err := db.forgetSnapshots(); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return db, nil
}

// connect makes the database exist and opens a handle on it.
func connect(ctx context.Context, options *ch.Options, cluster, where string, watch *watch) (*DB, error) {
	name := options.Auth.Database
	outside := *options
	outside.Auth.Database = ""
	conn, err := ch.Open(&outside)
	if err != nil {
		return nil, fmt.Errorf("open clickhouse: %w", err)
	}
	err = conn.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+quoteName(name)+onCluster(cluster))
	if err := errors.Join(err, conn.Close()); err != nil {
		return nil, fmt.Errorf("create database %s: %w", name, err)
	}
	inside, err := ch.Open(options)
	if err != nil {
		return nil, fmt.Errorf("open clickhouse: %w", err)
	}
	db := &DB{Conn: watched{inside, watch}, options: options, database: name, cluster: cluster, where: where, news: &news{}, watch: watch, gate: &gate{}}
	if err := db.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("ping clickhouse: %w", err), inside.Close())
	}
	return db, nil
}

// In opens a handle on another database of the same engine or server, creating
// it when missing. Closing it leaves the engine running.
func (db *DB) In(ctx context.Context, database string) (*DB, error) {
	options := *db.options
	options.Auth.Database = database
	other, err := connect(ctx, &options, db.cluster, db.where, db.watch)
	if err != nil {
		return nil, err
	}
	other.engine, other.news, other.gate = db.engine, db.news, db.gate
	return other, nil
}

// Database is the name of the database this handle works in.
func (db *DB) Database() string { return db.database }

// Embedded is the engine within this process, or nil when a server is used.
func (db *DB) Embedded() *embedded.Engine { return db.engine }

// Close waits for running statements and stops the engine. Closing twice is
// harmless.
func (db *DB) Close() error {
	db.once.Do(func() {
		db.err = db.Conn.Close()
		if db.engine != nil && db.owner {
			db.err = errors.Join(db.err, db.engine.Close())
		}
	})
	return db.err
}

// idleLife is how long an unused driver connection is kept. One that has sent
// a batch keeps its encoded bytes, and to dial the embedded engine costs
// nothing.
const idleLife = 30 * time.Second

// Drop removes the database with everything in it. Only tests want that.
func (db *DB) Drop(ctx context.Context) error {
	drop := func(name string) error {
		return db.Exec(ctx, "DROP DATABASE IF EXISTS "+quoteName(name)+onCluster(db.cluster)+" SYNC")
	}
	return errors.Join(drop(OpenDatabase(db.database)), drop(db.database))
}
