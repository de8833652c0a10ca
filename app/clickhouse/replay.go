package clickhouse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"time"

	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// Recording are rows that are noted down while somebody reads them, so that Replay can give the
// same again.
type Recording struct {
	driver.Rows
	most, size int
	block      *proto.Block // nil: not to be had
	dest       []any
	values     []any
}

// Record notes down rows up to so many bytes.
func Record(rows driver.Rows, most int) *Recording {
	types := rows.ColumnTypes()
	r := &Recording{Rows: rows, most: most, block: newBlock(types), dest: make([]any, len(types)), values: make([]any, len(types))}
	for i, t := range types {
		r.dest[i] = reflect.New(t.ScanType()).Interface()
	}
	return r
}

// Next goes to the next row and notes it.
func (r *Recording) Next() bool {
	if !r.Rows.Next() {
		return false
	}
	if r.block != nil && !r.note() {
		r.block = nil
	}
	return true
}

func (r *Recording) note() bool {
	if err := r.Rows.Scan(r.dest...); err != nil {
		return false
	}
	for i := range r.dest {
		r.values[i] = reflect.ValueOf(r.dest[i]).Elem().Interface()
		r.size += 8 + textBytes(r.values[i])
	}
	return r.size <= r.most && r.block.Append(r.values...) == nil
}

// Native gives what was noted, in the format Native; false where it was too much. It is for
// after the last row.
func (r *Recording) Native() ([]byte, bool) {
	if r.block == nil || r.Rows.Err() != nil {
		return nil, false
	}
	block := r.block
	if block.Rows() == 0 { // columns without rows are not read as they are written
		block = proto.NewBlock()
	}
	var buffer chproto.Buffer
	if err := block.Encode(&buffer, 0); err != nil {
		return nil, false
	}
	return buffer.Buf, len(buffer.Buf) <= r.most
}

// Replay gives the rows that a Recording noted; instants and civil dates are in UTC.
func Replay(native []byte) (driver.Rows, error) {
	block := &proto.Block{ServerContext: &column.ServerContext{Timezone: time.UTC}}
	reader := chproto.NewReader(bytes.NewReader(native))
	if err := block.Decode(reader, 0); err != nil {
		return nil, fmt.Errorf("replay rows: %w", err)
	}
	if _, err := reader.ReadByte(); !errors.Is(err, io.EOF) {
		return nil, errors.New("replay rows: there is more than they are")
	}
	return &replayed{block: block}, nil
}

// replayed has what a reader of rows calls.
type replayed struct {
	driver.Rows
	block *proto.Block
	row   int
}

func (r *replayed) Next() bool { r.row++; return r.row <= r.block.Rows() }

func (r *replayed) Scan(dest ...any) error {
	if len(dest) != len(r.block.Columns) {
		return fmt.Errorf("replay rows: %d columns into %d places", len(r.block.Columns), len(dest))
	}
	for i, d := range dest {
		if err := r.block.Columns[i].ScanRow(d, r.row-1); err != nil {
			return fmt.Errorf("replay rows: %w", err)
		}
	}
	return nil
}

func (*replayed) Close() error { return nil }
func (*replayed) Err() error   { return nil }
