//go:build !linux

package backup

import "os"

// cool is of Linux: elsewhere the file may be read from memory.
func cool(*os.File) {}

func flow(*os.File, int64, int64) {}
