package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// lockName lies beside the engine's own files. The engine has a lock too, but
// says why it refuses only on stderr, and after half a second of loading.
const lockName = "shuixuan.lock"

// spare is the least free space to start with. The engine needs some to load
// and to merge; with less, the first insert would fail half-way.
const spare = 64 << 20

// occupy takes the folder for this process, for as long as the file is open.
func occupy(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("%w: %w", reason(err), err)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", reason(err), err)
	}
	if err := claim(f, dir); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func claim(f *os.File, dir string) error {
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("%w: %s%s", ErrFolderInUse, dir, holder(f))
		}
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err == nil && disk.Bavail*uint64(disk.Bsize) < spare {
		return fmt.Errorf("%w: %s has %d MB left", ErrDiskFull, dir, disk.Bavail*uint64(disk.Bsize)>>20)
	}
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("%w: %w", reason(err), err)
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("%w: %w", reason(err), err)
	}
	return nil
}

// holder names the process that wrote itself into the lock file.
func holder(f *os.File) string {
	text := make([]byte, 32)
	n, _ := f.ReadAt(text, 0)
	if pid, err := strconv.Atoi(strings.TrimSpace(string(text[:n]))); err == nil {
		return fmt.Sprintf(" (process %d)", pid)
	}
	return ""
}

// reason tells a full disk from a folder that may not be written.
func reason(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return ErrDiskFull
	}
	return ErrFolderNotWritable
}
