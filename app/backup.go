package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"shuixuan/app/audit"
	"shuixuan/app/backup"
	"shuixuan/app/clickhouse"
	"shuixuan/app/doctor"
	"shuixuan/app/keyset"
	"shuixuan/app/problem"
)

type backupCommand struct {
	Make     backupMakeCommand     `cmd:"" default:"withargs" help:"Make a backup; beside a running server too, which then makes it itself."`
	Check    backupCheckCommand    `cmd:"" help:"Hold every byte of a backup against its list, without a database."`
	Rehearse backupRehearseCommand `cmd:"" help:"Restore a backup aside and tell what that has proven."`
	Key      backupKeyCommand      `cmd:"" help:"Make a key for encrypted backups."`
}

type backupMakeCommand struct {
	Out  string `required:"" help:"File to write; there must be none of that name." placeholder:"FILE"`
	Base string `help:"An earlier backup in the same folder: write only what it hasn't." placeholder:"FILE"`
	Key  string `help:"Key file to encrypt with." placeholder:"FILE"`
}

// Run makes a backup, or has it made by the server that holds the data folder.
func (c *backupMakeCommand) Run(s *session) error {
	if info, err := os.Stat(s.cli.Data); err != nil || !info.IsDir() {
		return wrongWords("没有数据文件夹“%s”，没有什么可以备份。请用 --data 指明", s.cli.Data)
	}
	for _, path := range []*string{&c.Out, &c.Base, &c.Key} { // the server stands elsewhere
		if *path == "" {
			continue
		}
		whole, err := filepath.Abs(*path)
		if err != nil {
			return err
		}
		*path = whole
	}
	bar := newBar(s)
	result, err := c.make(s, bar)
	bar.end()
	if errors.Is(err, context.Canceled) {
		err = problem.Unavailable("备份已取消", backup.Reason(err)).Because(err)
	}
	if err != nil {
		return err
	}
	sayBackup(s, result, c.Key)
	return s.answer(result)
}

func (c *backupMakeCommand) make(s *session, bar bar) (result backup.Result, err error) {
	key, err := backupKey(s, c.Key)
	if err != nil {
		return result, err
	}
	by := audit.System("backup")
	err = s.with(func(p *program) error {
		source := p.backups(s)
		result, err = source.Make(s.ctx, backup.Order{Out: c.Out, Base: c.Base, Key: key, By: by}, bar.step)
		return err
	})
	var used *clickhouse.ErrFolderInUse
	if errors.As(err, &used) {
		return backup.Asks{Data: s.cli.Data}.Ask(s.ctx, c.Out, c.Base, c.Key, by, bar.step)
	}
	return result, err
}

// backups is what is backed up.
func (p *program) backups(s *session) backup.Source {
	return backup.Source{DB: p.db, Log: p.audit, Data: s.cli.Data, Program: version}
}

// backupKey reads a key file, and tells of one that is open to all.
func backupKey(s *session, file string) (*backup.Key, error) {
	if file == "" {
		return nil, nil
	}
	key, err := backup.ReadKey(file)
	if err == nil && key.Exposed {
		s.say("注意：密钥文件“%s”这台机器上谁都能读，也改不了它的权限。请把它移到只有水宣能读的文件夹。", file)
	}
	return key, err
}

func sayBackup(s *session, r backup.Result, key string) {
	s.say("备份完成，并已从磁盘读回核对：%s（%d字节）。", r.File, r.Bytes)
	s.say("  时刻：%s　数据：%d行　文件：%d个", r.At.In(china).Format("2006-01-02 15:04:05"), r.Rows, r.Members)
	if r.Kind == backup.Incremental {
		s.say("  增量备份：其中%d个文件在更早的备份里，恢复时要和它们放在同一个文件夹。那些备份这次没有重读，可用 shuixuan backup check 核对。", r.Reused)
	}
	for _, name := range r.Rotten {
		s.say("✗ 原件 %s 的内容已与登记的不同（磁盘损坏），备份照现状保存。请从更早的备份里找回它。", name)
	}
	if key == "" {
		s.say("  没有加密：文件里有账号和封存密钥，请存放在只有少数人能读的地方，或用 --key 加密。")
		return
	}
	s.say("  已用 %s 加密。没有这把密钥就不能恢复，请另外保存一份。", key)
}

type backupCheckCommand struct {
	File string `arg:"" help:"The backup."`
	Key  string `help:"Key file of an encrypted backup." placeholder:"FILE"`
}

// Run checks a backup and those it needs. It opens no database.
func (c *backupCheckCommand) Run(s *session) error {
	key, err := backupKey(s, c.Key)
	if err != nil {
		return err
	}
	bar := newBar(s)
	all, err := backup.CheckChain(s.ctx, c.File, key, bar.step)
	bar.end()
	if err != nil {
		return err
	}
	sound := true
	for _, one := range all {
		sound = sound && one.Sound
		if one.Sound {
			s.say("✓ %s：%d个文件、%d字节都与清单一致（%s，%s）。", one.File, one.Members, one.Bytes, one.At.In(china).Format("2006-01-02 15:04:05"), backup.KindNames[one.Kind])
			continue
		}
		s.say("✗ %s 已损坏，不能用来恢复：", one.File)
		for _, f := range one.Faults {
			s.say("  %s：%s", f.Member, f.Why)
		}
	}
	if err := s.answer(map[string]any{"sound": sound, "files": all}); err != nil || sound {
		return err
	}
	return errTold
}

type backupRehearseCommand struct {
	File string `arg:"" help:"The backup."`
	Key  string `help:"Key file of an encrypted backup." placeholder:"FILE"`
	In   string `help:"Folder on a disk with room for all of it. Default: the system's for temporary files." placeholder:"DIR"`
}

// Run proves a backup. It opens a database of its own and touches no other.
func (c *backupRehearseCommand) Run(s *session) error {
	key, err := backupKey(s, c.Key)
	if err != nil {
		return err
	}
	bar := newBar(s)
	begun := time.Now()
	r, err := backup.Rehearse(s.ctx, c.File, key, c.In, s.log, bar.step)
	bar.end()
	if err != nil {
		return err
	}
	s.say("演练恢复 %s（备份时刻 %s），用时%s：", c.File, r.At.In(china).Format("2006-01-02 15:04:05"), time.Since(begun).Round(time.Second))
	for _, p := range r.Steps {
		sign := "✓"
		if !p.Fine {
			sign = "✗"
		}
		s.say("%s %s：%s", sign, p.What, p.Says)
	}
	if r.Sound {
		s.say("这份备份可以恢复。演练用的文件夹已经删去，正在用的数据没有动过。")
	}
	if err := s.answer(r); err != nil || r.Sound {
		return err
	}
	return errTold
}

type backupKeyCommand struct {
	Out string `required:"" help:"File to write; there must be none of that name." placeholder:"FILE"`
}

// Run makes a key.
func (c *backupKeyCommand) Run(s *session) error {
	public, err := backup.NewKey(c.Out)
	if err != nil {
		return err
	}
	s.say("备份密钥已写入 %s（公钥 %s）。", c.Out, public)
	s.say("请另外抄存一份，不要和备份放在一起：丢了它，加密的备份谁也打不开；别人得到它，就能读备份。")
	return s.answer(map[string]string{"file": c.Out, "public": public})
}

type restoreCommand struct {
	File string `arg:"" help:"The backup."`
	Key  string `help:"Key file of an encrypted backup." placeholder:"FILE"`
}

// Run restores a backup into the empty folder --data, and with --clickhouse into an empty
// database.
func (c *restoreCommand) Run(s *session) error {
	key, err := backupKey(s, c.Key)
	if err != nil {
		return err
	}
	bar := newBar(s)
	r, err := backup.Restore(s.ctx, c.File, key, backup.Target{Data: s.cli.Data, DSN: s.cli.ClickHouse, Log: s.log}, bar.step)
	bar.end()
	if err != nil {
		return err
	}
	s.say("已恢复到 %s：%d行，%d个文件，备份时刻 %s。", s.cli.Data, r.Rows(), r.Files, r.At.In(china).Format("2006-01-02 15:04:05"))
	return s.with(func(p *program) error {
		v, err := p.audit.Verify(s.ctx, filepath.Join(s.cli.Data, audit.HeadFile))
		if err != nil {
			return err
		}
		sayVerdict(s, v)
		if err := p.audit.Record(s.ctx, audit.Event{Actor: audit.System("restore"), Verb: "backup.restore", Kind: "backup", Thing: r.ID, After: restoredAs(c.File, r)}); err != nil {
			return err
		}
		if err := s.answer(map[string]any{"restored": r, "audit": v}); err != nil || v.Sound {
			return err
		}
		return errTold
	})
}

func restoredAs(file string, r backup.Restored) json.RawMessage {
	body, _ := json.Marshal(map[string]any{"file": filepath.Base(file), "at": r.At, "rows": r.Rows(), "files": r.Files})
	return body
}

// backupFlags are the schedule of a running server.
type backupFlags struct {
	BackupTo       string `help:"Folder for daily backups; without it none are made." placeholder:"DIR"`
	BackupAt       string `help:"Time of day for them, in China." default:"02:30" placeholder:"HH:MM"`
	BackupFull     int    `help:"Days from one full backup to the next, with incremental ones between; 1: all are full." default:"7" placeholder:"DAYS"`
	BackupKeep     int    `help:"Keep the newest of so many days." default:"14" placeholder:"DAYS"`
	BackupKeepWeek int    `name:"backup-keep-weeks" help:"And the newest of so many weeks." default:"8" placeholder:"WEEKS"`
	BackupKey      string `help:"Key file to encrypt them with." placeholder:"FILE"`
}

// schedule is what the flags say; nil without a folder.
func (f backupFlags) schedule(s *session) (*backup.Schedule, error) {
	if f.BackupTo == "" {
		return nil, nil
	}
	at, err := backup.ParseClock(f.BackupAt)
	if err != nil {
		return nil, wrongWords("--backup-at %v", err)
	}
	if f.BackupFull < 1 || f.BackupKeep < 1 || f.BackupKeepWeek < 0 {
		return nil, wrongWords("--backup-full 和 --backup-keep 至少是1，--backup-keep-weeks 不能是负数")
	}
	if info, err := os.Stat(f.BackupTo); err != nil || !info.IsDir() {
		return nil, wrongWords("--backup-to 要写一个已有的文件夹，“%s”不是。磁盘可能没有挂载", f.BackupTo)
	}
	folder, err := filepath.Abs(f.BackupTo)
	if err != nil {
		return nil, err
	}
	key, err := backupKey(s, f.BackupKey)
	if err != nil {
		return nil, err
	}
	return &backup.Schedule{Folder: folder, At: at, Every: f.BackupFull, Days: f.BackupKeep, Weeks: f.BackupKeepWeek, Key: key}, nil
}

// lastBackup tells the doctor when the last good backup was made.
func lastBackup(ctx context.Context, log *audit.Log) doctor.Finding {
	const what = "备份"
	events, _, err := log.Newest(ctx, audit.Filter{Verb: "backup.make"}, keyset.Cursor{}, 1)
	if err != nil {
		return doctor.Found(what, doctor.Bad, err.Error(), "")
	}
	if len(events) == 0 {
		return doctor.Found(what, doctor.Watch, "还没有做过", "用 serve --backup-to DIR 每天自动备份，或用 shuixuan backup --out FILE 做一次")
	}
	var made backup.Result
	if err := json.Unmarshal(events[0].After, &made); err != nil {
		return doctor.Found(what, doctor.Bad, "最近一次备份的记录读不出来："+err.Error(), "请用 shuixuan backup --out FILE 再做一次")
	}
	age := time.Since(made.At)
	says := fmt.Sprintf("最近一次 %s（%d天前），%s，%d字节", made.At.In(china).Format("2006-01-02 15:04"), int(age.Hours()/24), made.File, made.Bytes)
	const look = "请检查定时备份和服务器日志"
	if age > staleBackup {
		return doctor.Found(what, doctor.Bad, says+"：过期了", look)
	}
	if _, err := os.Stat(made.File); err != nil {
		return doctor.Found(what, doctor.Watch, says+"，文件已不在原处", "如果是搬到了别处或磁盘没有挂上，请核对；丢了就再做一次")
	}
	return doctor.Found(what, doctor.Good, says, "")
}

// staleBackup is when a backup is too old to be glad of.
const staleBackup = 8 * 24 * time.Hour
