package clickhouse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

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
	maps.Copy(s, spilling(spill))
	return ch.Context(ctx, ch.WithSettings(s))
}

// Spill is what a statement adds to its SETTINGS so that it sorts and groups on disk what takes
// more than so many bytes.
func Spill(bytes int) string {
	var list []string
	for name, value := range spilling(bytes) {
		list = append(list, fmt.Sprintf("%s = %d", name, value))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// spilling names the bytes, and puts off what keeps the engine from heeding them: while a sort has a
// share of the machine's memory to go by it heeds nothing else, and below 100 MB of blocks it never
// goes to the disk. What lies there is read again in blocks of 16 MB from each file unless told otherwise.
func spilling(bytes int) ch.Settings {
	return ch.Settings{
		"max_bytes_before_external_group_by":       bytes,
		"max_bytes_ratio_before_external_group_by": 0,
		"max_bytes_before_external_sort":           bytes,
		"max_bytes_ratio_before_external_sort":     0,
		"min_external_sort_block_bytes":            bytes / 2,
		"prefer_external_sort_block_bytes":         1 << 20,
	}
}
