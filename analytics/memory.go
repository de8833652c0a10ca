package analytics

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// memory keeps what was read, so that twenty people who look at one page ask the
// engine once. The statements of an overview over 600 placements and 1,500 responses
// took about 75 ms on two cores, most of it planning; from memory it is a quarter.
//
// What is kept holds as long as no row has been added to the tables it came from. Every
// change is a row more, so their counts tell, and a count without a condition is known
// to the engine without reading (1.6 ms for two tables). The counts are taken before the rows: what is
// written in between is read again next time. The oldest age is a second line, for a
// merge that takes a row out of a table in the moment another comes in.
type memory struct {
	lock sync.Mutex
	kept map[string]remembered
}

type remembered struct {
	stamp string
	at    time.Time
	rows  any // []T of the question; read by all, changed by none
}

// Limits of the memory: answers are small, and the number of questions of a campaign is.
const (
	oldest     = 20 * time.Second
	mostKept   = 256
	mostInRows = 20_000 // an answer of more rows is not kept
)

func (m *memory) find(key, stamp string) (any, bool) {
	m.lock.Lock()
	defer m.lock.Unlock()
	one, ok := m.kept[key]
	if !ok || one.stamp != stamp || time.Since(one.at) > oldest {
		return nil, false
	}
	return one.rows, true
}

func (m *memory) keep(key, stamp string, at time.Time, rows any) {
	m.lock.Lock()
	defer m.lock.Unlock()
	if len(m.kept) >= mostKept {
		clear(m.kept)
	}
	m.kept[key] = remembered{stamp: stamp, at: at, rows: rows}
}

// ask gives the rows of a statement, from memory where nothing was written since. The
// rows are shared: whoever gets them only reads.
func ask[T any](ctx context.Context, r *Reader, what string, s statement, scan func(driver.Rows) (T, error)) ([]T, error) {
	return recall(ctx, r, what+"\n"+s.String(), s.tables, func() ([]T, error) {
		var all []T
		err := r.rows(ctx, what, s, func(rows driver.Rows) error {
			one, err := scan(rows)
			all = append(all, one)
			return err
		})
		return all, err
	})
}

// recall gives what read gives, from memory where nothing was written to the tables since.
func recall[T any](ctx context.Context, r *Reader, key string, tables []string, read func() ([]T, error)) ([]T, error) {
	at := time.Now()
	stamp, err := r.stamp(ctx, tables)
	if err != nil {
		return nil, err
	}
	if rows, ok := r.memory.find(key, stamp); ok {
		return rows.([]T), nil
	}
	all, err := read()
	if err != nil {
		return nil, err
	}
	if len(all) <= mostInRows {
		r.memory.keep(key, stamp, at, all)
	}
	return all, nil
}

// Tables by what is asked of them.
var (
	placementTables = []string{"placement_revisions", "placements"}
	proofTables     = []string{"placement_revisions", "placements", "photos", "inspections"}
	planTables      = []string{"tasks", "units"}
	responseTables  = []string{"response_revisions", "responses"}
)

// stamp gives the counts of the tables as one text.
func (r *Reader) stamp(ctx context.Context, tables []string) (string, error) {
	text := "SELECT concat(''"
	for _, table := range tables {
		text += ", toString((SELECT count() FROM " + table + ")), ' '"
	}
	var stamp string
	if err := r.db.QueryRow(ctx, text+")").Scan(&stamp); err != nil {
		return "", fmt.Errorf("ask for news: %w", err)
	}
	return stamp, nil
}
