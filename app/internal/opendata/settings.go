package opendata

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// ofInterface are the parameters of the address that belong to the interface. A session is
// tolerated and none is kept: SET isn't taken, so there is nothing to keep.
var ofInterface = named("query", "database", "default_format", "client_protocol_version", "query_id", "quota_key", "user", "role",
	"session_id", "session_timeout", "session_check", "wait_end_of_query", "buffer_size", "stacktrace", "compress", "decompress",
	"enable_http_compression", "http_zlib_compression_level", "close_session", "initial_query_id")

// withoutMeaning are settings that drivers send by themselves, and that change nothing of an
// answer here: of writing, of progress in headers, of what holds anyway.
var withoutMeaning = named("readonly", "log_comment", "log_queries", "send_progress_in_http_headers", "http_headers_progress_interval_ms", "http_write_exception_in_output_format",
	"http_response_headers", "http_response_buffer_size", "cancel_http_readonly_queries_on_client_close", "add_http_cors_header", "async_insert", "wait_for_async_insert",
	"async_insert_busy_timeout_ms", "insert_deduplicate", "insert_quorum", "input_format_null_as_default", "input_format_skip_unknown_fields", "input_format_import_nested_json",
	"date_time_input_format", "max_insert_block_size", "max_threads", "max_memory_usage", "select_sequential_consistency", "allow_experimental_json_type",
	"allow_experimental_variant_type", "allow_experimental_dynamic_type", "allow_experimental_object_type", "use_client_time_zone", "connect_timeout", "receive_timeout",
	"send_timeout", "http_connection_timeout", "http_receive_timeout", "http_send_timeout", "network_compression_method", "max_query_size", "distributed_foreground_insert",
	"insert_distributed_sync", "mutations_sync", "session_timezone_of_client")

// passedOn are settings of reading: how values are written, and limits, of which the
// smaller holds.
var passedOn = named("session_timezone", "date_time_output_format", "join_use_nulls", "max_execution_time", "max_result_rows", "max_result_bytes", "result_overflow_mode",
	"extremes", "max_block_size", "group_by_use_nulls", "aggregate_functions_null_for_empty", "union_default_mode", "any_join_distinct_right_table_keys",
	"prefer_column_name_to_alias", "format_csv_delimiter", "format_csv_null_representation", "format_tsv_null_representation", "bool_true_representation", "bool_false_representation", "asterisk_include_alias_columns")

var ofOutput = regexp.MustCompile(`^output_format_[a-z0-9_]+$`)

func named(list ...string) map[string]bool {
	all := make(map[string]bool, len(list))
	for _, one := range list {
		all[one] = true
	}
	return all
}

// settings sorts the parameters of an address. Any that is on no list is refused, as a
// server refuses a reader who may change nothing.
func settings(values url.Values) (map[string]string, *fault) {
	passed := map[string]string{}
	for name := range values {
		switch {
		case ofInterface[name], withoutMeaning[name]:
		case passedOn[name], ofOutput.MatchString(name):
			passed[name] = values.Get(name)
		case strings.HasPrefix(name, "param_"):
			return nil, bad("456", "Query parameters are not taken here, write the values into the statement", "UNKNOWN_QUERY_PARAMETER")
		default:
			return nil, &fault{status: http.StatusInternalServerError, code: "164", text: fmt.Sprintf("Code: 164. DB::Exception: Cannot modify %.100q setting in readonly mode. (READONLY)", name)}
		}
	}
	return passed, nil
}
