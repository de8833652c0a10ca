package backup

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// aside is how far the work of a backup stands back behind what people wait for, as nice counts:
// where the processors are taken it has a quarter of one's time, else all it wants.
const aside = 5

// gently does work on a thread of its own that stands back. It ends with the work.
func gently(work func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never given back: no other work shall be slow
		thread := unix.Gettid()
		if kept, err := unix.Getpriority(unix.PRIO_PROCESS, thread); err == nil { // 20 less what nice calls it
			_ = unix.Setpriority(unix.PRIO_PROCESS, thread, min(19, 20-kept+aside))
		}
		done <- work()
	}()
	return <-done
}
