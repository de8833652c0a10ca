package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"shuixuan/app/clickhouse"
	"shuixuan/app/problem"
)

// What people read when a backup can't be made, read or restored.

func taken(file string) error {
	return problem.Conflict("已经有这个文件", fmt.Sprintf("“%s”已经存在，不会覆盖。请换一个名字，或先把它移走。", file))
}

func cantWrite(file string, err error) error {
	var advised clickhouse.Advised
	if _, known := problem.As(err); known || errors.As(err, &advised) {
		return err
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return problem.Unavailable("磁盘满了，没有写成", fmt.Sprintf("“%s”所在的磁盘空间不足，写了一半的文件已经删去，原有数据没有受影响。请清出空间，或换一个磁盘。", file)).Because(err)
	case errors.Is(err, syscall.EROFS):
		return problem.Unavailable("磁盘是只读的，没有写成", fmt.Sprintf("“%s”所在的磁盘不能写入。请检查挂载方式，或换一个磁盘。", file)).Because(err)
	case errors.Is(err, fs.ErrPermission):
		return problem.Unavailable("没有写入的权限", fmt.Sprintf("运行水宣的账户不能写入“%s”。请授予权限，或换一个文件夹。", filepath.Dir(file))).Because(err)
	case errors.Is(err, syscall.ENOTDIR):
		return problem.Invalid("这里要写文件夹，给的是文件", fmt.Sprintf("“%s”不是文件夹。请换成一个文件夹的路径。", filepath.Dir(file))).Because(err)
	case errors.Is(err, fs.ErrNotExist):
		return problem.Invalid("没有这个文件夹", fmt.Sprintf("“%s”不存在。请先建好文件夹，并核对磁盘是否已经挂载。", filepath.Dir(file))).Because(err)
	}
	return err
}

// cantRead is of what is to be backed up.
func cantRead(file string, err error) error {
	return problem.Unavailable("数据文件夹里有文件读不出来，没有备份", fmt.Sprintf("“%s”读不出来：它可能属于另一个账户，刚被移走，或磁盘有坏块。请检查这个文件的权限和磁盘，再备份一次。", file)).Because(err)
}

func tooSmall(folder string, need, free int64) error {
	return problem.Unavailable("磁盘空间不够，没有开始", fmt.Sprintf("“%s”还剩%s，需要约%s。请清出空间，或换一个磁盘。", folder, inWords(free), inWords(need)))
}

func notABackup(file string, err error) error {
	return problem.Invalid("这不是水宣的备份文件", fmt.Sprintf("“%s”的开头或结尾不是备份的格式：可能选错了文件，也可能没有复制完整。请重新复制一次再试。", file)).Because(err)
}

func needsKey(file string) error {
	return problem.Invalid("备份已加密，需要密钥", fmt.Sprintf("“%s”是加密的备份。请用 --key 指明当时的密钥文件。", file))
}

func wrongKey(file string, err error) error {
	return problem.Invalid("密钥不对，打不开这份备份", fmt.Sprintf("“%s”是用另一把密钥加密的。请换成备份当时的密钥文件；换过密钥的，旧密钥也要留着。", file)).Because(err)
}

func newerFormat(file string, format int) error {
	return problem.Invalid("备份是更新版本的水宣做的", fmt.Sprintf("“%s”的格式版本是%d，本程序只认识到%d。请换用新版本的水宣。", file, format, Format))
}

func newerSchema(h Head, knows uint32) error {
	return problem.Invalid("备份来自更新版本的水宣", fmt.Sprintf("它的数据结构版本是%d（程序 %s），本程序只认识到%d，不能恢复。请换用做备份时的版本或更新的版本。", h.Schema, h.Program, knows))
}

// newerDatabase is one whose newer columns this program would leave out.
func newerDatabase(has, knows int) error {
	return problem.Conflict("数据库已由更新版本的水宣升级", fmt.Sprintf("数据结构版本是%d，本程序只认识到%d，做出来的备份会缺少新的内容。请用新版本的水宣备份。", has, knows))
}

func otherSchema(name string) error {
	return problem.Invalid("备份的数据结构与本程序不一致", fmt.Sprintf("%s 与本程序里的不同，恢复出来的数据可能对不上。请用做备份时的程序版本恢复，再升级。", name))
}

func missing(file string, refs []Ref) error {
	var names []string
	for _, r := range refs {
		names = append(names, r.File)
	}
	return problem.Invalid("缺少它依据的备份", fmt.Sprintf("“%s”是增量备份，还需要和它放在同一个文件夹里的：%s。请把这些文件找齐，名字可以不同；找不齐就不能用它恢复，请改用更早的完整备份，或它之前文件齐全的增量备份。", filepath.Base(file), strings.Join(names, "、")))
}

func notEmpty(folder string) error {
	return problem.Conflict("文件夹不是空的", fmt.Sprintf("“%s”里已经有文件。恢复只写进空文件夹，以免盖掉现有的数据。请用 --data 指定一个新文件夹。", folder))
}

func notEmptyDatabase(database string) error {
	return problem.Conflict("数据库不是空的", fmt.Sprintf("数据库“%s”里已经有表。恢复只写进空数据库，以免盖掉现有的数据。请在 --clickhouse 的地址里换一个新的数据库名。", database))
}

func damaged(c Checked) error {
	p := problem.Invalid("备份损坏，不能使用", fmt.Sprintf("“%s”与写入时不一致。请换用另一份备份；如果这份是复制来的，请从原处重新复制。", c.File))
	for _, f := range c.Faults {
		p.Faults = append(p.Faults, problem.Fault{Field: f.Member, Why: f.Why})
	}
	return p
}

// inWords is a size for people.
func inWords(bytes int64) string {
	switch {
	case bytes < 1<<20:
		return fmt.Sprintf("%dKB", (bytes+1023)>>10)
	case bytes < 10<<30:
		return fmt.Sprintf("%.1fMB", float64(bytes)/(1<<20))
	}
	return fmt.Sprintf("%.1fGB", float64(bytes)/(1<<30))
}

// Reason says in words why nothing came of it.
func Reason(err error) string {
	var advised clickhouse.Advised
	if errors.As(err, &advised) {
		return advised.Advice()
	}
	if p, known := problem.As(err); known {
		return strings.TrimSuffix(p.Title+"。"+p.Detail, "。") + "。"
	}
	if errors.Is(err, context.Canceled) {
		return "中途取消了，写了一半的文件已经删去。"
	}
	return "没有做完，原因记在服务器的日志里。写了一半的文件已经删去。"
}
