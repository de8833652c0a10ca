//go:build !linux

package backup

import (
	"os"
	"syscall"
)

// cool is of Linux: elsewhere the file may be read from memory.
func cool(*os.File) {}

// settle is told of no error elsewhere.
func settle(string) error {
	syscall.Sync()
	return nil
}

func flow(*os.File, int64, int64) {}
