package backup

import (
	"syscall"
)

// spare is how much of a disk stays free: the tables may be on it.
const spare = 256 << 20

// room refuses work that a disk can't hold.
func room(folder string, need int64) error {
	free, err := freeSpace(folder)
	if err != nil {
		return cantWrite(folder+"/.", err)
	}
	if free < need+spare {
		return tooSmall(folder, need+spare, free)
	}
	return nil
}

func freeSpace(folder string) (int64, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(folder, &disk); err != nil {
		return 0, err
	}
	return int64(disk.Bavail) * int64(disk.Bsize), nil
}
