package clickhouse

import (
	"context"
	"fmt"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Insert sends one batch. When it returns nil, the rows are on disk. Sent twice they are there
// twice: InsertOnce is for what another may be sending too.
//
// A batch is one part on disk: there as a whole or not at all. It is in memory
// three times until it is sent, so batches of 5,000 to 20,000 rows are a good
// size: 100,000 rows × 20 columns at once took 630 MB, in tenths 320 MB.
func (db *DB) Insert(ctx context.Context, query string, append func(driver.Batch) error) error {
	batch, err := db.PrepareBatch(ctx, query)
	if err != nil {
		return fmt.Errorf("prepare batch: %w", explain(err, db.where))
	}
	// Without Close a batch that is not sent keeps its connection for ever.
	defer batch.Close()
	rows := newGrouped(query, batch)
	if err := append(rows); err != nil {
		return err
	}
	// When the rows can be read, and not before: who asks in between reads them again.
	defer db.news.wrote(db.database, query, rows.groups)
	db.gate.enter()
	err = batch.Send()
	db.gate.leave()
	if err != nil {
		return fmt.Errorf("send batch: %w", explain(err, db.where))
	}
	return nil
}

// InsertOnce is Insert where others may send rows for the same place: of several under one
// token the first goes in, and the rest add nothing, to the table or to what its views derive
// from it. The engine remembers the last 10,000 tokens of a table.
//
// Once it has been sent, there is asked whether rows of the token can be read, those of this
// call or of another: nil is returned when they can. The engine alone can't be believed. It
// notes a token before it moves the part into the table: killed or failing in between it knows
// the token and has no rows, and whoever came with the token again was told that all is well.
// (Of twelve kills aimed at that moment six left such a token.) Such a token is spent, so
// the rows then go in without one. Two that do that in the same moment are both in: let the
// order in which revisions are read decide between them. A token that nobody can have used
// before needs no question.
//
// A power cut may take the engine's note of a token and leave the rows: look first whether the
// place is taken.
//
// Settings that ctx carries for the driver are replaced by the token.
func (db *DB) InsertOnce(ctx context.Context, token, query string, append func(driver.Batch) error, there func(context.Context) (bool, error)) error {
	once := ch.Context(ctx, ch.WithSettings(ch.Settings{"deduplicate_insert": "enable", "insert_deduplication_token": token}))
	if err := db.Insert(once, query, append); err != nil {
		return err
	}
	if kept, err := there(ctx); err != nil || kept {
		return err
	}
	if err := db.Insert(ctx, query, append); err != nil {
		return err
	}
	switch kept, err := there(ctx); {
	case err != nil:
		return err
	case !kept:
		return fmt.Errorf("rows of %.60q can't be read after they were written", query)
	}
	return nil
}
