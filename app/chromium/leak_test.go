package chromium_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain looks for goroutines that nobody has ended.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
