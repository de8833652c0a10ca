//go:build !linux

package backup

// gently is of Linux, where a thread has a priority of its own.
func gently(work func() error) error { return work() }
