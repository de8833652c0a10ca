package clickhouse

import (
	"context"
	"fmt"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Insert sends one batch. When it returns nil, the rows are on disk.
//
// A token makes a repeat harmless: the same token into the same table a second
// time adds nothing, to the table or to what its views derive from it. It is
// for the caller to send after an error that leaves open whether the rows
// arrived. The engine remembers the last 10,000 tokens of a table.
//
// A batch is one part on disk: there as a whole or not at all. It is in memory
// three times until it is sent, so batches of 5,000 to 20,000 rows are a good
// size: 100,000 rows × 20 columns at once took 630 MB, in tenths 320 MB.
//
// Settings that ctx carries for the driver are replaced by the token.
func (db *DB) Insert(ctx context.Context, token, query string, append func(driver.Batch) error) error {
	if token != "" {
		ctx = ch.Context(ctx, ch.WithSettings(ch.Settings{"insert_deduplication_token": token}))
	}
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
