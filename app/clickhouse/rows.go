package clickhouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// How much a block of Blocks holds at most: rows, and bytes of their texts.
const (
	blockRows  = 10_000
	blockBytes = 8 << 20
)

// Blocks gives all rows of a table, those that a merge would take for one counted once, in
// blocks of the format Native, which clickhouse-client reads too. It asks through the driver
// and so works on a server and on a cluster, with some 50,000 rows a second.
func (db *DB) Blocks(ctx context.Context, table string, each func(native []byte, rows int) error) error {
	from, err := db.merged(ctx, table)
	if err != nil {
		return err
	}
	rows, err := db.Query(ctx, "SELECT * FROM "+from)
	if err != nil {
		return fmt.Errorf("read %s: %w", table, explain(err, db.where))
	}
	defer rows.Close()
	types := rows.ColumnTypes()
	dest, values := make([]any, len(types)), make([]any, len(types))
	block, size := newBlock(types), 0
	give := func() error {
		if block.Rows() == 0 {
			return nil
		}
		var buffer chproto.Buffer
		if err := block.Encode(&buffer, 0); err != nil {
			return fmt.Errorf("read %s: %w", table, err)
		}
		n := block.Rows()
		block, size = newBlock(types), 0
		return each(buffer.Buf, n)
	}
	for rows.Next() {
		for i, t := range types {
			dest[i] = reflect.New(t.ScanType()).Interface()
		}
		if err := rows.Scan(dest...); err != nil {
			return fmt.Errorf("read %s: %w", table, err)
		}
		for i := range dest {
			values[i] = reflect.ValueOf(dest[i]).Elem().Interface()
			size += textBytes(values[i])
		}
		if err := block.Append(values...); err != nil {
			return fmt.Errorf("read %s: %w", table, err)
		}
		if block.Rows() >= blockRows || size >= blockBytes {
			if err := give(); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read %s: %w", table, explain(err, db.where))
	}
	return give()
}

// textBytes are those of the texts in a value: the answers of a response lie in maps.
func textBytes(value any) (n int) {
	switch v := value.(type) {
	case string:
		return len(v)
	case []string:
		for _, text := range v {
			n += len(text)
		}
	case map[string]string:
		for key, text := range v {
			n += len(key) + len(text)
		}
	case map[string][]string:
		for key, texts := range v {
			n += len(key) + textBytes(texts)
		}
	}
	return n
}

func newBlock(types []driver.ColumnType) *proto.Block {
	block := proto.NewBlock()
	for _, t := range types {
		// The driver has decoded these very types.
		_ = block.AddColumn(t.Name(), column.Type(t.DatabaseTypeName()))
	}
	return block
}

// PutBlock inserts a block of Blocks.
func (db *DB) PutBlock(ctx context.Context, table string, native []byte) error {
	block := proto.NewBlock()
	if err := block.Decode(chproto.NewReader(bytes.NewReader(native)), 0); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("put a block into %s: %w", table, err)
	}
	names := make([]string, len(block.ColumnsNames()))
	for i, name := range block.ColumnsNames() {
		names[i] = quoteName(name)
	}
	query := "INSERT INTO " + quoteName(table) + " (" + strings.Join(names, ", ") + ")"
	return db.Insert(ctx, query, func(b driver.Batch) error {
		values := make([]any, len(block.Columns))
		for row := range block.Rows() {
			for i, c := range block.Columns {
				values[i] = c.Row(row, false)
			}
			if err := b.Append(values...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Count tells how many rows Blocks gives.
func (db *DB) Count(ctx context.Context, table string) (uint64, error) {
	from, err := db.merged(ctx, table)
	if err != nil {
		return 0, err
	}
	var n uint64
	if err := db.QueryRow(ctx, "SELECT count() FROM "+from).Scan(&n); err != nil {
		return 0, fmt.Errorf("count %s: %w", table, explain(err, db.where))
	}
	return n, nil
}

// merged is what stands behind FROM so that a row that is there twice is read once.
func (db *DB) merged(ctx context.Context, table string) (string, error) {
	var n uint64
	err := db.QueryRow(ctx, `SELECT count() FROM system.tables WHERE database = currentDatabase() AND name IN (?, ?) AND engine LIKE '%Replacing%'`, table, table+"_local").Scan(&n)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", table, err)
	}
	if n == 0 {
		return table, nil
	}
	return table + " FINAL", nil
}

// Instant gives a moment that no row which can be read now was taken in after, by whatever
// clock: AsOf that moment, all of them are there, and what is written from now on mostly isn't.
func (db *DB) Instant(ctx context.Context) (time.Time, error) {
	latest := time.Now().UTC()
	tables, err := db.stored(ctx)
	if err != nil {
		return latest, err
	}
	for _, t := range tables {
		at := "recorded_at"
		switch {
		case timeless[t.name]:
			continue
		case t.name == "audit_events":
			at = "at"
		}
		var newest time.Time
		if err := db.QueryRow(ctx, "SELECT max(toDateTime64("+at+", 3, 'UTC')) FROM "+quoteName(t.name)).Scan(&newest); err != nil {
			return latest, fmt.Errorf("newest row of %s: %w", t.name, err)
		}
		if newest.After(latest) {
			latest = newest
		}
	}
	return latest.Add(time.Millisecond), nil
}
