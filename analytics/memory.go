package analytics

import (
	"context"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"golang.org/x/sync/singleflight"

	"shuixuan/app/clickhouse"
)

// memory keeps what was read, so that twenty people who look at one page ask the
// engine once. The statements of an overview over 600 placements and 1,500 responses
// took about 75 ms on two cores, most of it planning; from memory they take nothing.
//
// What is kept holds as long as no row has come to the tables it was read from, which the
// database tells (DB.News). The news are taken before the rows: what is written in between
// is read again next time. Who asks while another reads the same waits for that reading.
type memory struct {
	lock    sync.Mutex
	kept    map[string]remembered
	reading singleflight.Group
}

type remembered struct {
	news string
	rows any // []T of the question; read by all, changed by none
}

// Limits of the memory: answers are small, and the number of questions of a campaign is.
const (
	mostKept   = 256
	mostInRows = 20_000 // an answer of more rows is not kept
)

func (m *memory) find(key, news string) (any, bool) {
	m.lock.Lock()
	defer m.lock.Unlock()
	one, ok := m.kept[key]
	if !ok || one.news != news {
		return nil, false
	}
	return one.rows, true
}

func (m *memory) keep(key, news string, rows any) {
	m.lock.Lock()
	defer m.lock.Unlock()
	if len(m.kept) >= mostKept {
		clear(m.kept)
	}
	m.kept[key] = remembered{news: news, rows: rows}
}

// readingTime is how long one reading may take, unless whoever asks gives it longer.
const readingTime = 5 * time.Minute

// ask gives the rows of a statement, from memory where nothing was written since. The
// rows are shared: whoever gets them only reads.
func ask[T any](ctx context.Context, r *Reader, what string, s statement, scan func(driver.Rows) (T, error)) ([]T, error) {
	key := what + "\n" + s.String()
	return recall(ctx, r, key, s.tables, s.closed, func(ctx context.Context, version string) ([]T, error) {
		if version != "" {
			if rows := r.closed.find(ctx, s.closed, key, version); rows != nil {
				if all, err := collect(what, rows, scan); err == nil {
					return all, nil
				}
			}
		}
		rows, err := r.query(ctx, what, s)
		if err != nil {
			return nil, err
		}
		if version == "" {
			return collect(what, rows, scan)
		}
		answer := clickhouse.Record(rows, mostStored)
		all, err := collect(what, answer, scan)
		if err == nil {
			r.closed.keep(ctx, s.closed, key, version, answer)
		}
		return all, err
	})
}

// recall gives what read gives, from memory where nothing was written to the tables since or, of
// a wave that is closed, to the wave. Then read is told the version of its responses.
func recall[T any](ctx context.Context, r *Reader, key string, tables []string, of closedWave, read func(ctx context.Context, version string) ([]T, error)) ([]T, error) {
	news, version, err := r.stamp(ctx, tables, of)
	if err != nil {
		return nil, err
	}
	if rows, ok := r.memory.find(key, news); ok {
		return rows.([]T), nil
	}
	// Those who wait for one reading must not fail because the first of them left. A page that is
	// drawn behind the one of before gives it more time than anybody has who waits.
	until := time.Now().Add(readingTime)
	if longer, given := ctx.Deadline(); given && longer.After(until) {
		until = longer
	}
	unbroken := context.WithoutCancel(ctx)
	reading := r.memory.reading.DoChan(news+"\n"+key, func() (any, error) {
		unbroken, cancel := context.WithDeadline(unbroken, until)
		defer cancel()
		all, err := read(unbroken, version)
		if err == nil && len(all) <= mostInRows {
			r.memory.keep(key, news, all)
		}
		return all, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case got := <-reading:
		if got.Err != nil {
			return nil, got.Err
		}
		return got.Val.([]T), nil
	}
}

// Tables by what is asked of them: those that are written, of which the others derive.
var (
	placementTables = []string{"placement_revisions"}
	proofTables     = []string{"placement_revisions", "photos", "inspections"}
	planTables      = []string{"tasks", "units"}
	responseTables  = []string{"response_revisions"}
	sheetTables     = []string{"sheets", "response_revisions"}
)
