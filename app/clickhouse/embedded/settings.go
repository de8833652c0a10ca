package embedded

import (
	"maps"
	"strconv"
)

// arguments are the options of the engine itself. They are read by the
// connection that starts it; the query-level ones are set in base.
//
// A server is configured for a machine of its own. Here the engine shares a
// small one with the program and whatever else runs on it, so pools and caches
// are small. Data of a city is megabytes; what the caches would keep is in the
// page cache of the operating system anyway. Freed memory is given back when
// 20 MB of it have gathered, rather than a fifth of the limit.
func arguments(dir string, cfg Config) []string {
	return []string{
		"clickhouse",
		"--path=" + dir,
		"--log-level=fatal",
		"--max_server_memory_usage=" + strconv.FormatUint(cfg.Memory, 10),
		"--mark_cache_size=33554432",
		"--primary_index_cache_size=16777216",
		"--index_mark_cache_size=8388608",
		"--uncompressed_cache_size=0",
		"--index_uncompressed_cache_size=0",
		"--mmap_cache_size=64",
		"--query_condition_cache_size=4194304",
		"--compiled_expression_cache_size=16777216",
		"--max_thread_pool_size=256",
		"--max_thread_pool_free_size=8",
		"--background_pool_size=1",
		"--background_merges_mutations_concurrency_ratio=2",
		"--background_schedule_pool_size=4",
		"--background_common_pool_size=2",
		"--background_move_pool_size=1",
		"--background_fetches_pool_size=1",
		"--background_buffer_flush_schedule_pool_size=1",
		"--background_message_broker_schedule_pool_size=1",
		"--background_distributed_schedule_pool_size=1",
		"--tables_loader_foreground_pool_size=2",
		"--tables_loader_background_pool_size=1",
		"--async_insert_threads=1",
		"--memory_worker_purge_dirty_pages_threshold_ratio=0.01",
		"--memory_worker_period_ms=100",
	}
}

// base is what every statement on this connection runs with, under what its
// request asks for.
func (c *connection) base(request map[string]string) map[string]string {
	settings := map[string]string{
		// The profiler interrupts threads with signals that the Go runtime
		// would receive.
		"query_profiler_real_time_period_ns": "0",
		"query_profiler_cpu_time_period_ns":  "0",
		"session_timezone":                   "UTC",
		// As on a server: a mistyped word is an error, and a row is written
		// before the statement returns.
		"implicit_select": "0",
		"async_insert":    "0",
	}
	maps.Copy(settings, request)
	settings["log_comment"] = c.name
	return settings
}
