package embedded

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unsafe"
)

// appendSize is how much of an insert's body is handed over at once. The
// engine copies it into a queue that blocks when the insert can't keep up, so
// a batch of any size needs only a few of these.
const appendSize = 256 << 10

// connection is one session of the engine. It runs one statement at a time and
// remembers its database and settings between them, which a request over HTTP
// must not see: prepare brings both to what the next request asks for.
type connection struct {
	lib      *library
	handle   *unsafe.Pointer
	name     string // what KILL QUERY looks for
	database string
	settings map[string]string
	spoilt   bool // not to be used again
}

func (c *connection) close() {
	if c.handle != nil {
		c.lib.close(c.handle)
		c.handle = nil
	}
}

// prepare brings the session's database and settings to what a statement asks
// for. Only differences are sent (0.1 ms each); most requests have none.
func (c *connection) prepare(database string, settings map[string]string) error {
	var changes []string
	for name := range c.settings {
		if _, kept := settings[name]; !kept {
			changes = append(changes, name+" = DEFAULT")
		}
	}
	for name, value := range settings {
		if old, known := c.settings[name]; !known || old != value {
			changes = append(changes, name+" = "+quote(value))
		}
	}
	if len(changes) > 0 {
		slices.Sort(changes)
		if _, err := c.query("SET "+strings.Join(changes, ", "), nativeFormat); err != nil {
			return err
		}
		c.settings = maps.Clone(settings)
	}
	if database == "" {
		database = "default"
	}
	if database != c.database {
		if _, err := c.query("USE "+identifier(database), nativeFormat); err != nil {
			return err
		}
		c.database = database
	}
	return nil
}

// query runs a statement and returns the whole of its answer.
func (c *connection) query(sql, format string) ([]byte, error) {
	text, f := []byte(sql), []byte(format)
	return c.lib.take(c.lib.query(*c.handle, first(text), uintptr(len(text)), first(f), uintptr(len(f))))
}

// class says what a statement does, by the engine's own parser.
func (c *connection) class(sql string) (readOnly bool, statements int) {
	text := []byte(sql)
	a := analysis{size: uint32(unsafe.Sizeof(analysis{}))}
	if c.lib.classify(*c.handle, first(text), uintptr(len(text)), nil, 0, &a) != 0 {
		return false, 0
	}
	return a.class == 0, int(a.statements)
}

// cursor is a running read, fetched piece by piece so that a large answer is
// never in memory as a whole.
type cursor struct {
	c      *connection
	handle unsafe.Pointer
	ended  bool
}

func (c *connection) read(sql, format string) (*cursor, error) {
	text, f := []byte(sql), []byte(format)
	handle := c.lib.stream(*c.handle, first(text), uintptr(len(text)), first(f), uintptr(len(f)))
	if handle == nil {
		return nil, newException("engine returned no stream")
	}
	if text := c.lib.failure(handle); text != "" {
		c.lib.destroy(handle)
		return nil, newException(text)
	}
	return &cursor{c: c, handle: handle}, nil
}

// next returns the next piece, or io.EOF.
func (r *cursor) next() ([]byte, error) {
	if r.ended {
		return nil, io.EOF
	}
	piece, err := r.c.lib.take(r.c.lib.fetch(*r.c.handle, r.handle))
	if err != nil || len(piece) == 0 {
		r.ended = true
	}
	if err == nil && len(piece) == 0 {
		return nil, io.EOF
	}
	return piece, err
}

func (r *cursor) close() {
	if r.handle == nil {
		return
	}
	if !r.ended {
		r.c.lib.cancel(*r.c.handle, r.handle)
	}
	r.c.lib.destroy(r.handle)
	r.handle = nil
}

// insert feeds a body to an INSERT. An error of the body or a cancelled
// context abandons the statement; nothing of a single block is kept then.
func (c *connection) insert(ctx context.Context, sql, format string, body io.Reader) error {
	text, f := []byte(sql), []byte(format)
	stream := c.lib.insert(*c.handle, first(text), uintptr(len(text)), first(f), uintptr(len(f)))
	if stream == nil {
		return newException("engine returned no insert stream")
	}
	defer c.lib.destroyIn(stream)
	if text := c.lib.insertError(stream); text != "" {
		return newException(text)
	}
	chunk := make([]byte, appendSize)
	for {
		n, err := io.ReadFull(body, chunk)
		if n > 0 && c.lib.append(stream, &chunk[0], uintptr(n)) != 0 {
			text := c.lib.insertError(stream)
			if _, err := c.lib.take(c.lib.done(stream)); err != nil {
				return err
			}
			return newException(text)
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			c.lib.abandon(stream)
			return fmt.Errorf("read insert body: %w", err)
		}
	}
	if err := ctx.Err(); err != nil {
		c.lib.abandon(stream)
		return err
	}
	_, err := c.lib.take(c.lib.done(stream))
	return err
}

// header is the answer to a read that found no rows: the columns alone. A
// server sends it, libchdb sends nothing, and the driver takes its column names
// from it. A text that can't be described, such as one with a FORMAT of its
// own, has none.
func (c *connection) header(sql string) []byte {
	sql = strings.TrimRight(strings.TrimSpace(sql), ";")
	described, err := c.query("DESCRIBE TABLE ("+sql+"\n)", nativeFormat)
	if err != nil {
		return nil
	}
	block, err := emptyBlock(described)
	if err != nil {
		return nil
	}
	return block
}

// quote writes a string literal of the engine's SQL.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// identifier writes a quoted name.
func identifier(s string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(s) + "`"
}
