package backup

import (
	"os"

	"golang.org/x/sys/unix"
)

// cool lets go of what memory holds of a file, so that it is read from the disk; what the
// tables have there stays.
func cool(f *os.File) {
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}
