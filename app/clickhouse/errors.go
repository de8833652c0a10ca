package clickhouse

import (
	"errors"
	"fmt"
	"strings"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"shuixuan/app/clickhouse/embedded"
)

// Advised is an error that a person can do something about. Error is for the
// log; Advice says in the customer's language what is wrong, where, and what
// to do.
type Advised interface {
	error
	Advice() string
}

// ErrFolderInUse is a data folder that another process has open.
type ErrFolderInUse struct {
	Dir string
	Err error
}

func (e *ErrFolderInUse) Error() string { return fmt.Sprintf("data folder %s: %v", e.Dir, e.Err) }
func (e *ErrFolderInUse) Unwrap() error { return e.Err }
func (e *ErrFolderInUse) Advice() string {
	return fmt.Sprintf("数据文件夹“%s”正被另一个水宣程序使用，同一文件夹一次只能由一个程序打开。请先停止正在运行的水宣，或用 --data 指定另一个文件夹。", e.Dir)
}

// ErrFolderNotWritable is a data folder that may not be written.
type ErrFolderNotWritable struct {
	Dir string
	Err error
}

func (e *ErrFolderNotWritable) Error() string { return fmt.Sprintf("data folder %s: %v", e.Dir, e.Err) }
func (e *ErrFolderNotWritable) Unwrap() error { return e.Err }
func (e *ErrFolderNotWritable) Advice() string {
	return fmt.Sprintf("无法写入数据文件夹“%s”：没有写入权限，或该路径不是文件夹。请给运行水宣的账户授予写入权限，或用 --data 指定另一个文件夹。", e.Dir)
}

// ErrEngineMissing is a machine without the engine library.
type ErrEngineMissing struct{ Err error }

func (e *ErrEngineMissing) Error() string { return e.Err.Error() }
func (e *ErrEngineMissing) Unwrap() error { return e.Err }
func (e *ErrEngineMissing) Advice() string {
	return "找不到数据库引擎 libchdb.so。请重新运行安装包里的 install.sh（源码安装的在水宣所在文件夹执行 npm ci），或用环境变量 " + embedded.Variable + " 指明该文件的位置；也可以用 --clickhouse 连接现有的 ClickHouse 服务器。"
}

// ErrEngineUnusable is an engine that is there and does not start.
type ErrEngineUnusable struct {
	Dir string
	Err error
}

func (e *ErrEngineUnusable) Error() string { return fmt.Sprintf("data folder %s: %v", e.Dir, e.Err) }
func (e *ErrEngineUnusable) Unwrap() error { return e.Err }
func (e *ErrEngineUnusable) Advice() string {
	return fmt.Sprintf("数据库引擎无法启动（数据文件夹“%s”）。可能是引擎文件不完整或与本机不符：请重新运行安装包里的 install.sh（源码安装的执行 npm ci）。如果上面的英文提到数据文件夹里的文件，就是它损坏了：请不要改动数据文件夹，先整体复制一份，再恢复最近的备份（见 docs/operations.md），并把输出交给维护人员。", e.Dir)
}

// ErrDiskFull is a disk without room, at the start or in the middle of work.
type ErrDiskFull struct {
	Dir string
	Err error
}

func (e *ErrDiskFull) Error() string { return fmt.Sprintf("data folder %s: %v", e.Dir, e.Err) }
func (e *ErrDiskFull) Unwrap() error { return e.Err }
func (e *ErrDiskFull) Advice() string {
	return fmt.Sprintf("磁盘空间不足（“%s”），刚才的内容没有保存。请清理磁盘后重新提交；已经确认保存的数据不受影响。", e.Dir)
}

// ErrServerUnreachable is a server that does not answer.
type ErrServerUnreachable struct {
	Address string
	Err     error
}

func (e *ErrServerUnreachable) Error() string {
	return fmt.Sprintf("clickhouse at %s: %v", e.Address, e.Err)
}
func (e *ErrServerUnreachable) Unwrap() error { return e.Err }
func (e *ErrServerUnreachable) Advice() string {
	return fmt.Sprintf("连接不上 ClickHouse 服务器“%s”。请检查地址、端口、账号和网络，并确认服务器正在运行。", e.Address)
}

// unreachable is the failure to open a server: anything but an answer of it.
func unreachable(err error, address string) error {
	var exception *ch.Exception
	if errors.As(err, &exception) && exception.Code != codeAuthentication {
		return explain(err, address)
	}
	return &ErrServerUnreachable{address, err}
}

const codeAuthentication = 516 // AUTHENTICATION_FAILED

// Exceptions that say whether a table is there.
const (
	codeUnknownColumn = 47 // UNKNOWN_IDENTIFIER
	codeTableExists   = 57 // TABLE_ALREADY_EXISTS
	codeUnknownTable  = 60 // UNKNOWN_TABLE
)

// codeOf is the number of what the database objects to, 0 for other errors and none.
func codeOf(err error) int32 {
	var exception *ch.Exception
	if errors.As(err, &exception) {
		return exception.Code
	}
	return 0
}

// Exceptions of the engine that mean a full disk.
const (
	codeCannotWrite    = 75  // CANNOT_WRITE_TO_FILE_DESCRIPTOR, with the reason of the system
	codeNotEnoughSpace = 243 // NOT_ENOUGH_SPACE, before a part is written
)

// explain gives an error the type that has advice for it, and leaves others as
// they are.
func explain(err error, where string) error {
	var exception *ch.Exception
	switch {
	case err == nil:
		return nil
	case errors.Is(err, embedded.ErrFolderInUse):
		return &ErrFolderInUse{where, err}
	case errors.Is(err, embedded.ErrFolderNotWritable):
		return &ErrFolderNotWritable{where, err}
	case errors.Is(err, embedded.ErrLibraryMissing):
		return &ErrEngineMissing{err}
	case errors.Is(err, embedded.ErrLibraryUnusable), errors.Is(err, embedded.ErrRefused):
		return &ErrEngineUnusable{where, err}
	case errors.Is(err, embedded.ErrDiskFull):
		return &ErrDiskFull{where, err}
	case errors.As(err, &exception):
		full := exception.Code == codeNotEnoughSpace ||
			exception.Code == codeCannotWrite && strings.Contains(exception.Message, "No space left")
		if full {
			return &ErrDiskFull{where, err}
		}
	}
	return err
}
