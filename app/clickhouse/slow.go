package clickhouse

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// For gives a context whose statements are told under a reference: that of the request they
// belong to.
func For(ctx context.Context, reference string) context.Context {
	return context.WithValue(ctx, referenceKey{}, reference)
}

type referenceKey struct{}

// watch tells of statements that take long. What is told is the text as it stands in our code:
// values are bound by the driver, so no answer and no name is in it; what else is quoted is left
// out where it isn't plainly ours.
type watch struct {
	limit time.Duration // 0 tells of none
	log   *slog.Logger
	slow  atomic.Uint64
	now   func() time.Time
}

func newWatch(limit time.Duration, log *slog.Logger) *watch {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &watch{limit: limit, log: log, now: time.Now}
}

// tell notes a statement that took so long. Rows are those read out or written so far, -1 where
// that isn't known.
func (w *watch) tell(ctx context.Context, query string, took time.Duration, rows int, err error) {
	if w.limit <= 0 || took < w.limit {
		return
	}
	w.slow.Add(1)
	reference, _ := ctx.Value(referenceKey{}).(string)
	fields := []any{"reference", reference, "ms", took.Milliseconds()}
	if rows >= 0 {
		fields = append(fields, "rows", rows)
	}
	if err != nil { // not in its own words: they quote values
		fields = append(fields, "failed", true)
	}
	w.log.WarnContext(ctx, "slow statement", append(fields, "sql", shown(query))...)
}

var (
	quoted = regexp.MustCompile(`'(?:[^'\\]|\\.|'')*'`)
	ours   = regexp.MustCompile(`^'[A-Za-z_ .,:%/()-]{0,40}'$`)
	spaces = regexp.MustCompile(`\s+`)
	digits = regexp.MustCompile(`\b[0-9]{5,}\b`)
)

// longestShown bounds a line of the log.
const longestShown = 4000

// shown is a statement on one line, without what may be somebody's words or number.
func shown(query string) string {
	query = quoted.ReplaceAllStringFunc(query, func(text string) string {
		if ours.MatchString(text) {
			return text
		}
		return "'…'"
	})
	query = strings.TrimSpace(spaces.ReplaceAllString(digits.ReplaceAllString(query, "…"), " "))
	if len(query) > longestShown {
		query = strings.ToValidUTF8(query[:longestShown], "") + "…"
	}
	return query
}

// SlowStatements counts those that took longer than the limit, since the start.
func (db *DB) SlowStatements() uint64 { return db.watch.slow.Load() }

// watched is a connection whose statements are watched.
type watched struct {
	driver.Conn
	watch *watch
}

func (w watched) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	begun := w.watch.now()
	rows, err := w.Conn.Query(ctx, query, args...)
	took := w.watch.now().Sub(begun)
	if err != nil {
		w.watch.tell(ctx, query, took, -1, err)
		return nil, err
	}
	return &watchedRows{Rows: rows, ctx: ctx, query: query, watch: w.watch, took: took}, nil
}

func (w watched) QueryRow(ctx context.Context, query string, args ...any) driver.Row {
	begun := w.watch.now()
	row := w.Conn.QueryRow(ctx, query, args...)
	w.watch.tell(ctx, query, w.watch.now().Sub(begun), 1, row.Err())
	return row
}

func (w watched) Select(ctx context.Context, dest any, query string, args ...any) error {
	begun := w.watch.now()
	err := w.Conn.Select(ctx, dest, query, args...)
	w.watch.tell(ctx, query, w.watch.now().Sub(begun), -1, err)
	return err
}

func (w watched) Exec(ctx context.Context, query string, args ...any) error {
	begun := w.watch.now()
	err := w.Conn.Exec(ctx, query, args...)
	w.watch.tell(ctx, query, w.watch.now().Sub(begun), -1, err)
	return err
}

func (w watched) PrepareBatch(ctx context.Context, query string, opts ...driver.PrepareBatchOption) (driver.Batch, error) {
	batch, err := w.Conn.PrepareBatch(ctx, query, opts...)
	if err != nil {
		return nil, err
	}
	return &watchedBatch{Batch: batch, ctx: ctx, query: query, watch: w.watch}, nil
}

// watchedRows counts the time that the database takes, and not the reader's: a download over a
// slow line is no slow statement.
type watchedRows struct {
	driver.Rows
	ctx    context.Context
	query  string
	watch  *watch
	took   time.Duration
	rows   int
	closed bool
}

func (r *watchedRows) Next() bool {
	begun := r.watch.now()
	more := r.Rows.Next()
	r.took += r.watch.now().Sub(begun)
	if more {
		r.rows++
	}
	return more
}

func (r *watchedRows) Close() error {
	err := r.Rows.Close()
	if !r.closed {
		r.closed = true
		r.watch.tell(r.ctx, r.query, r.took, r.rows, r.Rows.Err())
	}
	return err
}

type watchedBatch struct {
	driver.Batch
	ctx   context.Context
	query string
	watch *watch
}

func (b *watchedBatch) Send() error {
	rows, begun := b.Rows(), b.watch.now()
	err := b.Batch.Send()
	b.watch.tell(b.ctx, b.query, b.watch.now().Sub(begun), rows, err)
	return err
}
