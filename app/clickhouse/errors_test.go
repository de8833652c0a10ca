package clickhouse

import (
	"errors"
	"fmt"
	"testing"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"shuixuan/app/clickhouse/embedded"
)

// TestExplain: which errors get advice. The messages are those the engine gave
// on a disk of 120 MB and in other trials.
func TestExplain(t *testing.T) {
	check := func(err error, want any) {
		t.Helper()
		if got := explain(fmt.Errorf("send batch: %w", err), "./data"); !errors.As(got, want) {
			t.Errorf("%v became %T, want %T", err, got, want)
		} else if !errors.Is(got, err) {
			t.Errorf("%v lost its cause", err)
		}
	}
	check(&ch.Exception{Code: 243, Message: "Cannot reserve 1.00 MiB, not enough space."}, new(*ErrDiskFull))
	check(&ch.Exception{Code: 75, Message: "Cannot write to file, errno: 28, strerror: No space left on device"}, new(*ErrDiskFull))
	check(embedded.ErrDiskFull, new(*ErrDiskFull))
	check(embedded.ErrFolderInUse, new(*ErrFolderInUse))
	check(embedded.ErrRefused, new(*ErrEngineUnusable))

	unknown := fmt.Errorf("query: %w", &ch.Exception{Code: 60, Message: "No space left in this sentence means nothing"})
	if got := explain(unknown, "./data"); got != unknown {
		t.Errorf("%v became %v", unknown, got)
	}
	if explain(nil, "") != nil {
		t.Error("nil became an error")
	}
}
