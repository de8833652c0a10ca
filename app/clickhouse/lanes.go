package clickhouse

import (
	"context"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"shuixuan/app/clickhouse/embedded"
)

// Ahead is for what is looked up while somebody waits to be told that their rows are in. On
// the engine within this process it never waits for a connection behind other reads.
func Ahead(ctx context.Context) context.Context { return embedded.Ahead(ctx) }

// Aside is for the statements of a page. They may take many seconds, so they have connections
// of their own, and what doesn't fit into a share of the memory goes through the disk: over
// 10,000,000 responses two that group by id filled the 2 GB of the engine, and a third failed.
func Aside(ctx context.Context) context.Context { return within(embedded.Aside(ctx), ch.Settings{}) }

// Behind is for what nobody waits for: one statement at a time, on one processor, so that the
// others are left to those who write and read.
func Behind(ctx context.Context) context.Context {
	return within(embedded.Behind(ctx), ch.Settings{"max_threads": 1})
}

// Bytes that one statement of a page may take, and how many before it goes through the disk.
const (
	mostOfPage = 1 << 30
	spill      = 256 << 20
)

func within(ctx context.Context, s ch.Settings) context.Context {
	s["max_memory_usage"] = mostOfPage
	s["max_bytes_before_external_group_by"] = spill
	s["max_bytes_before_external_sort"] = spill
	return ch.Context(ctx, ch.WithSettings(s))
}
