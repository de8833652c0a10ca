package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"time"
)

// Free space below which a disk is told of. The engine needs room to merge: as much again as its
// largest part.
const (
	littleRoom = 5 << 30
	noRoom     = 512 << 20
)

// Folder looks at the data folder itself. Missing tells that there is none yet.
func Folder(dir string) (f Finding, missing bool) {
	const what = "数据文件夹"
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Found(what, Watch, dir+" 还没有", "首次启动时会建；如果这里本来有数据，请核对 --data 和磁盘是否挂上了"), true
	case err != nil:
		return Found(what, Bad, fmt.Sprintf("%s 打不开：%v", dir, err), "请核对 --data，并给运行水宣的账户读写权限"), true
	case !info.IsDir():
		return Found(what, Bad, dir+" 不是文件夹", "请核对 --data"), true
	}
	mode, says := info.Mode().Perm(), fmt.Sprintf("%s（权限 %s）", dir, info.Mode().Perm())
	if owner, mine := ownerOf(info); !mine {
		return Found(what, Bad, fmt.Sprintf("%s，属于编号 %d 的账户，不是现在运行的账户（%d）", says, owner, os.Geteuid()),
			"请换成那个账户再运行，例如 sudo -u shuixuan；用别的账户打开会留下它读不了的文件"), false
	}
	if err := syscall.Access(dir, 7); err != nil { // read, write, enter
		return Found(what, Bad, says+"，不能读写："+err.Error(), "请给运行水宣的账户读写权限；磁盘出错时系统会把它变成只读（dmesg）"), false
	}
	if mode&0o007 != 0 {
		return Found(what, Watch, says+"，这台机器上谁都能读", "请执行 chmod o-rwx "+dir), false
	}
	return Found(what, Good, says, ""), false
}

// ownerOf gives who owns a file, and whether that is who runs this.
func ownerOf(info fs.FileInfo) (uint32, bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, true
	}
	return stat.Uid, int(stat.Uid) == os.Geteuid()
}

// kinds of file systems that are no disk of this machine, by the number statfs gives.
var kinds = map[int64]struct {
	mark Mark
	says string
	do   string
}{
	0x6969:     {Bad, "网络文件系统 NFS", onNet},
	0xff534d42: {Bad, "网络文件系统 CIFS", onNet},
	0xfe534d42: {Bad, "网络文件系统 SMB", onNet},
	0x517b:     {Bad, "网络文件系统 SMB", onNet},
	0x00c36400: {Watch, "网络文件系统 Ceph", onNet},
	0x65735546: {Watch, "FUSE 文件系统", onNet},
	0x01021994: {Watch, "内存里的 tmpfs，断电就没有了", inMemory},
	0x858458f6: {Watch, "内存里的 ramfs，断电就没有了", inMemory},
	0x794c7630: {Watch, "容器自己的文件系统，删容器时一起删掉", "请把卷挂到数据文件夹（compose.yaml 已这样写）"},
}

const (
	onNet    = "请把数据文件夹放到本机磁盘：网络盘的锁和落盘不可靠，断网时可能丢掉已确认的记录。备份可以放网络盘"
	inMemory = "请用 --data 指定磁盘上的文件夹；只用于试用和测试时不必理会"
)

// Disk looks at what the folder lies on: which kind, and how much is free.
func Disk(dir string) Finding {
	const what = "磁盘"
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return Found(what, Bad, err.Error(), "请核对 --data 和磁盘是否挂上了")
	}
	free, size := disk.Bavail*uint64(disk.Bsize), disk.Blocks*uint64(disk.Bsize)
	says := fmt.Sprintf("剩 %s，共 %s", bytesWords(free), bytesWords(size))
	const clean = "请清理磁盘或换大的；满了以后新提交会被拒绝（已确认的不受影响）"
	switch {
	case disk.Flags&syscall.MS_RDONLY != 0:
		return Found(what, Bad, says+"，只读", "磁盘出错时系统会把它变成只读：请看 dmesg，检查磁盘，再重新挂载")
	case free < noRoom:
		return Found(what, Bad, says, clean)
	case disk.Files > 0 && disk.Ffree < 10_000:
		return Found(what, Bad, fmt.Sprintf("%s，可是只能再建 %d 个文件", says, disk.Ffree), clean)
	}
	if kind, known := kinds[int64(uint32(disk.Type))]; known {
		return Found(what, kind.mark, says+"，"+kind.says, kind.do)
	}
	if free < littleRoom {
		return Found(what, Watch, says, clean)
	}
	return Found(what, Good, says, "")
}

func bytesWords(n uint64) string {
	if n >= 10<<30 {
		return fmt.Sprintf("%d GB", n>>30)
	}
	return fmt.Sprintf("%d MB", n>>20)
}

// Syncing measures how long the disk takes until a small write is on it: every acknowledged form
// waits for some of these.
func Syncing(dir string) Finding {
	const what, tries = "落盘", 20
	file, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return Found(what, Bad, "不能写文件："+err.Error(), "请给运行水宣的账户写入权限，或清理磁盘")
	}
	defer os.Remove(file.Name())
	defer file.Close()
	var took []time.Duration
	for range tries {
		begun := time.Now()
		_, err := file.Write(make([]byte, 4<<10))
		if err == nil {
			err = file.Sync()
		}
		if err != nil {
			return Found(what, Bad, "写入失败："+err.Error(), "请看 dmesg，检查磁盘")
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	return syncing(took[tries/2], took[tries-1])
}

// slowSync is above what disks of today take; some five of them are in an acknowledged form.
const slowSync = 20 * time.Millisecond

func syncing(usual, worst time.Duration) Finding {
	says := fmt.Sprintf("一次 fsync 通常 %.1f 毫秒，最慢 %.1f 毫秒", ms(usual), ms(worst))
	if usual > slowSync {
		return Found("落盘", Watch, says, "每次提交要等它几次，高峰时会排队：请用固态硬盘，或带电池缓存的阵列卡")
	}
	return Found("落盘", Good, says, "")
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
