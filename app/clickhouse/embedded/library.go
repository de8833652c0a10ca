package embedded

import (
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// library is libchdb, bound function by function. Strings travel with their
// length: the plain variants stop at the first NUL, and a Native block is full
// of them.
type library struct {
	signalHandlers func(enabled int32)
	version        func() string

	connect func(argc int32, argv *unsafe.Pointer) *unsafe.Pointer
	close   func(conn *unsafe.Pointer)

	query       func(conn unsafe.Pointer, sql *byte, sqlLen uintptr, format *byte, formatLen uintptr) unsafe.Pointer
	stream      func(conn unsafe.Pointer, sql *byte, sqlLen uintptr, format *byte, formatLen uintptr) unsafe.Pointer
	fetch       func(conn, stream unsafe.Pointer) unsafe.Pointer
	cancel      func(conn, stream unsafe.Pointer)
	destroy     func(result unsafe.Pointer)
	buffer      func(result unsafe.Pointer) unsafe.Pointer
	length      func(result unsafe.Pointer) uintptr
	failure     func(result unsafe.Pointer) string
	classify    func(conn unsafe.Pointer, sql *byte, sqlLen uintptr, database *byte, databaseLen uintptr, out *analysis) int32
	insert      func(conn unsafe.Pointer, sql *byte, sqlLen uintptr, format *byte, formatLen uintptr) unsafe.Pointer
	append      func(stream unsafe.Pointer, data *byte, length uintptr) int32
	done        func(stream unsafe.Pointer) unsafe.Pointer
	abandon     func(stream unsafe.Pointer)
	insertError func(stream unsafe.Pointer) string
	destroyIn   func(stream unsafe.Pointer)
}

// analysis mirrors chdb_query_analysis_v1. The engine reads the size to know
// which fields we have room for.
type analysis struct {
	size       uint32
	statements uint32
	_          uint32 // flags
	class      uint32
}

// load opens the shared library and resolves every symbol, so that a library
// of another version is refused here and not in the middle of a statement.
func load(path string) (*library, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("load engine library %s: %w", path, err)
	}
	var l library
	symbols := []struct {
		name string
		to   any
	}{
		{"chdb_set_signal_handlers_enabled", &l.signalHandlers},
		{"chdb_version", &l.version},
		{"chdb_connect", &l.connect},
		{"chdb_close_conn", &l.close},
		{"chdb_query_n", &l.query},
		{"chdb_stream_query_n", &l.stream},
		{"chdb_stream_fetch_result", &l.fetch},
		{"chdb_stream_cancel_query", &l.cancel},
		{"chdb_destroy_query_result", &l.destroy},
		{"chdb_result_buffer", &l.buffer},
		{"chdb_result_length", &l.length},
		{"chdb_result_error", &l.failure},
		{"chdb_classify_query_n", &l.classify},
		{"chdb_stream_insert_n", &l.insert},
		{"chdb_stream_append", &l.append},
		{"chdb_stream_done", &l.done},
		{"chdb_stream_cancel_insert", &l.abandon},
		{"chdb_stream_insert_error", &l.insertError},
		{"chdb_destroy_insert_stream", &l.destroyIn},
	}
	for _, s := range symbols {
		address, err := purego.Dlsym(handle, s.name)
		if err != nil {
			return nil, fmt.Errorf("engine library %s lacks %s: %w", path, s.name, err)
		}
		purego.RegisterFunc(s.to, address)
	}
	// The Go runtime owns the signals of this process. The engine would put its
	// own handlers in front and take SIGSEGV and SIGURG away from it.
	l.signalHandlers(0)
	return &l, nil
}

// dial opens one connection. The engine prints the reason of a failure on
// stderr and returns nothing but a null pointer.
func (l *library) dial(arguments []string) (*unsafe.Pointer, error) {
	pinner := new(runtime.Pinner)
	defer pinner.Unpin()
	argv := make([]unsafe.Pointer, 0, len(arguments)+1)
	for _, a := range arguments {
		text := append([]byte(a), 0)
		pinner.Pin(&text[0])
		argv = append(argv, unsafe.Pointer(&text[0]))
	}
	argv = append(argv, nil)
	conn := l.connect(int32(len(arguments)), &argv[0])
	if conn == nil || *conn == nil {
		return nil, ErrRefused
	}
	return conn, nil
}

// take copies what a result holds into Go memory and destroys it.
func (l *library) take(result unsafe.Pointer) ([]byte, error) {
	if result == nil {
		return nil, newException("engine returned no result")
	}
	defer l.destroy(result)
	if text := l.failure(result); text != "" {
		return nil, newException(text)
	}
	n := l.length(result)
	if n == 0 {
		return nil, nil
	}
	out := make([]byte, n)
	copy(out, unsafe.Slice((*byte)(l.buffer(result)), n))
	return out, nil
}

// first is the address of the first byte, or nil for nothing: the engine takes
// (nil, 0) for an empty string.
func first(b []byte) *byte {
	if len(b) == 0 {
		return nil
	}
	return &b[0]
}
