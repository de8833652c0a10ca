package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"shuixuan/app/clickhouse"
)

// engineLife is how long an answer of the database is given out again: two who watch cost as
// much as one.
const engineLife = 5 * time.Second

// engineTime bounds the question: whoever watches gives up after ten seconds and then knows
// nothing at all.
const engineTime = 5 * time.Second

// engineMetrics asks the database how it is when somebody looks.
type engineMetrics struct {
	db    *clickhouse.DB
	clock func() time.Time
	log   *slog.Logger

	mu   sync.Mutex
	at   time.Time
	kept *clickhouse.State
}

func newEngineMetrics(db *clickhouse.DB, clock func() time.Time, log *slog.Logger) *engineMetrics {
	return &engineMetrics{db: db, clock: clock, log: log}
}

var (
	engineUp       = desc("shuixuan_database_up", "1 while the database answers.")
	tableParts     = desc("shuixuan_table_parts", "Parts on disk that a table consists of; the engine slows inserts down at 1000 and refuses them at 3000.", "table")
	tableRows      = desc("shuixuan_table_rows", "Rows on disk, those that a merge will take out included.", "table")
	tableBytes     = desc("shuixuan_table_bytes", "Size on disk.", "table")
	brokenParts    = desc("shuixuan_broken_parts", "Parts that the engine has set aside because they could not be read; see docs/operations.md.", "table")
	engineMemory   = desc("shuixuan_engine_memory_bytes", "Memory that the database counts as its own; of the embedded engine it is part of the process.")
	engineQueries  = desc("shuixuan_engine_statements", "Statements that run now.")
	engineMerges   = desc("shuixuan_engine_merges", "Merges that run now.")
	newestRecorded = desc("shuixuan_newest_event_timestamp_seconds", "When the newest event of the audit trail was recorded; later than now where the clock was set back.")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe names all that may be given out.
func (m *engineMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{engineUp, tableParts, tableRows, tableBytes, brokenParts, engineMemory, engineQueries, engineMerges, newestRecorded} {
		out <- d
	}
}

// Collect gives out what the database said; when it says nothing, only that.
func (m *engineMetrics) Collect(out chan<- prometheus.Metric) {
	one := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	state, err := m.state()
	if err != nil {
		m.log.Warn("metrics of the database", "error", err.Error())
		one(engineUp, 0)
		return
	}
	one(engineUp, 1)
	for _, t := range state.Tables {
		one(tableParts, float64(t.Parts), t.Name)
		one(tableRows, float64(t.Rows), t.Name)
		one(tableBytes, float64(t.Bytes), t.Name)
	}
	for table, n := range state.BrokenParts() {
		one(brokenParts, float64(n), table)
	}
	one(engineMemory, float64(state.Memory))
	one(engineQueries, float64(state.Statements))
	one(engineMerges, float64(state.Merges))
	if !state.Newest.IsZero() {
		one(newestRecorded, float64(state.Newest.UnixMilli())/1000)
	}
}

func (m *engineMetrics) state() (*clickhouse.State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := m.clock(); m.kept != nil && now.Sub(m.at).Abs() < engineLife {
		return m.kept, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), engineTime)
	defer cancel()
	state, err := m.db.State(ctx)
	if err != nil {
		m.kept = nil
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("no answer within %s: %w", engineTime, err)
		}
		return nil, err
	}
	m.kept, m.at = state, m.clock()
	return state, nil
}
