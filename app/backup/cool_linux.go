package backup

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// cool lets go of what memory holds of a file, so that it is read from the disk; what the
// tables have there stays.
func cool(f *os.File) {
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}

// settle makes durable all that the disk of a folder has been given, and tells what it has lost.
func settle(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(unix.Syncfs(int(f.Fd())), f.Close())
}

// flow hands what was written to the disk, piece by piece, and waits for the piece before: what
// would gather in memory else is written all at once, and every insert that syncs waits behind it.
func flow(f *os.File, from, to int64) {
	const begin, all = unix.SYNC_FILE_RANGE_WRITE, unix.SYNC_FILE_RANGE_WAIT_BEFORE | unix.SYNC_FILE_RANGE_WRITE | unix.SYNC_FILE_RANGE_WAIT_AFTER
	_ = unix.SyncFileRange(int(f.Fd()), from, to-from, begin)
	if before := max(0, from-flowing); before < from {
		_ = unix.SyncFileRange(int(f.Fd()), before, from-before, all)
	}
}
