package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"shuixuan/app/audit"
	"shuixuan/app/chromium"
	"shuixuan/app/clickhouse"
	"shuixuan/app/doctor"
	"shuixuan/app/problem"
	"shuixuan/app/sealkey"
	"shuixuan/dashboards/seal"
)

type doctorCommand struct {
	Full bool `help:"Read everything: every byte of the tables and every event of the audit trail. Takes minutes."`
}

// tail is how many events of the audit trail are recounted when not all are.
const tail = 2000

// Run looks at what the program stands on and changes nothing of it: tables are not brought up to
// date either. What needs no database is told also where none can be opened.
func (c *doctorCommand) Run(s *session) error {
	d := &checkup{s: s, full: c.Full}
	d.add(doctor.Found("程序", doctor.Good, "水宣 "+version, ""))
	folder, missing := doctor.Folder(s.cli.Data)
	d.add(folder)
	if !missing {
		d.add(doctor.Disk(s.cli.Data))
		if folder.Fine {
			d.add(doctor.Syncing(s.cli.Data))
		}
	}
	var opened error
	if s.cli.ClickHouse != "" || folder.Fine && d.hasTables() {
		opened = d.database()
	} else {
		d.add(doctor.Clock(time.Now(), time.Time{}, doctor.Synced()))
	}
	d.key()
	d.add(doctor.Browser(chromium.Path()))
	d.add(doctor.Fonts(doctor.FontFolders()))
	return d.end(opened)
}

// checkup gathers what was found, and tells it as it comes: some of it takes its time.
type checkup struct {
	s     *session
	full  bool
	found []doctor.Finding
}

func (d *checkup) add(f doctor.Finding) {
	d.found = append(d.found, f)
	d.s.say("%s", line(f))
}

// line is a finding as people read it.
func line(f doctor.Finding) string {
	text := fmt.Sprintf("[%s] %s：%s", doctor.Words[f.Mark], f.What, f.Says)
	if f.Do != "" {
		text += "。" + f.Do
	}
	return text + "。"
}

// hasTables tells whether the embedded engine has been here: to open it elsewhere would make a
// folder for it.
func (d *checkup) hasTables() bool {
	_, err := os.Stat(filepath.Join(d.s.cli.Data, "clickhouse"))
	return err == nil
}

// end tells how it was: with what the database said when it could not be opened, in its own words.
func (d *checkup) end(opened error) error {
	bad := 0
	for _, f := range d.found {
		if !f.Fine {
			bad++
		}
	}
	if opened != nil {
		return opened
	}
	if err := d.s.answer(map[string]any{"version": version, "findings": d.found}); err != nil {
		return err
	}
	if bad > 0 {
		d.s.say("%d项坏了，请先处理。", bad)
		return errTold
	}
	return nil
}

// database asks the database how it is.
func (d *checkup) database() error {
	db, err := clickhouse.Open(d.s.ctx, clickhouse.Config{Dir: d.s.cli.Data, DSN: d.s.cli.ClickHouse, Log: d.s.log})
	if err != nil {
		return err
	}
	return errors.Join(d.ask(db), db.Close())
}

func (d *checkup) ask(db *clickhouse.DB) error {
	var engine string
	if err := db.QueryRow(d.s.ctx, `SELECT version()`).Scan(&engine); err != nil {
		return err
	}
	d.add(doctor.Found("数据库引擎", doctor.Good, "ClickHouse "+engine, ""))
	has, knows, beside, err := db.Schema(d.s.ctx)
	if err != nil {
		return err
	}
	d.add(schemaFound(has, knows, beside))
	state, err := db.State(d.s.ctx)
	if err != nil {
		return err
	}
	d.add(doctor.Clock(time.Now(), state.Newest, doctor.Synced()))
	d.add(partsFound(state.Tables))
	for _, f := range brokenFound(state.Broken) {
		d.add(f)
	}
	if d.full {
		d.add(d.bytesFound(db, state.Tables))
	}
	if has >= 3 { // the trail has its chain
		d.add(d.trailFound(db))
		d.add(lastBackup(d.s.ctx, audit.NewLog(db)))
	}
	return nil
}

func schemaFound(has, knows int, beside bool) doctor.Finding {
	says := fmt.Sprintf("结构版本 %d，本程序 %d", has, knows)
	switch {
	case beside:
		return doctor.Found("数据表", doctor.Watch, says+"：数据库已由新一个版本的水宣升级，本程序还能用", "请尽快把本程序也换成新版本；备份用新版本做")
	case has > knows:
		return doctor.Found("数据表", doctor.Bad, says+"：数据库已由更新版本的水宣升级", "请换用新版本的水宣，或恢复升级前的备份")
	case has < knows:
		return doctor.Found("数据表", doctor.Watch, says, "下次启动服务时会自动升级；升级前请先备份")
	}
	return doctor.Found("数据表", doctor.Good, says, "")
}

// manyParts is what a table has only when merges don't keep up; the engine slows inserts down at
// 1,000.
const manyParts = 300

func partsFound(tables []clickhouse.Table) doctor.Finding {
	var most clickhouse.Table
	var rows, size uint64
	for _, t := range tables {
		if t.Parts > most.Parts {
			most = t
		}
		rows, size = rows+t.Rows, size+t.Bytes
	}
	says := fmt.Sprintf("%d张表，%d行，%d MB；最多的一张 %s 有%d块", len(tables), rows, size>>20, most.Name, most.Parts)
	if most.Parts > manyParts {
		return doctor.Found("数据分块", doctor.Watch, says+"，合并跟不上写入", "服务空闲时会自动合并；一直这样的话请看磁盘是否太慢，成批的数据请用导入而不是一条条提交")
	}
	return doctor.Found("数据分块", doctor.Good, says, "")
}

// brokenFound tells of parts that the engine could not read when it started.
func brokenFound(broken []clickhouse.Broken) []doctor.Finding {
	var all []doctor.Finding
	for _, b := range broken {
		says := fmt.Sprintf("表 %s 的数据块 %s 读不出来，被引擎移到 %s", b.Table, b.Part, b.Folder)
		if b.Lost {
			all = append(all, doctor.Found("数据文件", doctor.Bad, says+"，里面的行不在任何数字里",
				"请先把数据文件夹整体复制一份，再恢复最近的备份；没有备份、决定不要这些行时，把那个文件夹移到别处"))
		} else {
			all = append(all, doctor.Found("数据文件", doctor.Watch, says+"，其中的行在别的块里都有，没有少", "检查磁盘之后可以删去那个文件夹"))
		}
	}
	if len(all) == 0 {
		all = append(all, doctor.Found("数据文件", doctor.Good, "启动时全部读得出来", ""))
	}
	return all
}

// bytesFound reads every byte.
func (d *checkup) bytesFound(db *clickhouse.DB, tables []clickhouse.Table) doctor.Finding {
	var bad []string
	for _, t := range tables {
		parts, err := db.Check(d.s.ctx, t.Name)
		if err != nil {
			return doctor.Found("校验和", doctor.Bad, err.Error(), "请先复制数据文件夹，再恢复最近的备份")
		}
		for _, part := range parts {
			bad = append(bad, t.Name+" "+part)
		}
	}
	if len(bad) > 0 {
		return doctor.Found("校验和", doctor.Bad, fmt.Sprintf("%d块与写入时不一样：%s", len(bad), strings.Join(bad, "、")), "磁盘可能坏了：请先复制数据文件夹，再恢复最近的备份")
	}
	return doctor.Found("校验和", doctor.Good, "每个字节都与写入时一样", "")
}

// trailFound recounts the audit trail, its end or all of it.
func (d *checkup) trailFound(db *clickhouse.DB) doctor.Finding {
	const what = "审计链"
	log, file := audit.NewLog(db), filepath.Join(d.s.cli.Data, audit.HeadFile)
	verify, which := func(ctx context.Context) (*audit.Verdict, error) { return log.VerifyTail(ctx, file, tail) }, "最后"
	if d.full {
		verify, which = func(ctx context.Context) (*audit.Verdict, error) { return log.Verify(ctx, file) }, "全部"
	}
	v, err := verify(d.s.ctx)
	switch {
	case err != nil:
		return doctor.Found(what, doctor.Bad, err.Error(), "")
	case !v.Sound:
		return doctor.Found(what, doctor.Bad, fmt.Sprintf("%s%d条记录里有%d处不对", which, v.Events, uint64(len(v.Faults))+v.Unlisted), "请不要再改动数据，先复制数据文件夹，再运行 shuixuan audit verify 看是哪些")
	}
	return doctor.Found(what, doctor.Good, fmt.Sprintf("%s%d条记录完整", which, v.Events), "")
}

// key looks at the key of the seal, and makes none.
func (d *checkup) key() {
	says, err := keyFound(sealkey.In(d.s.cli.Data))
	if err != nil {
		d.add(doctor.Found("封存密钥", doctor.Bad, strings.TrimSuffix(err.Error(), "。"), ""))
		return
	}
	d.add(doctor.Found("封存密钥", doctor.Good, says, ""))
}

// inWords is an error as the findings tell it.
func inWords(err error) error {
	if p, ok := problem.As(err); ok {
		return fmt.Errorf("%s。%s", p.Title, p.Detail)
	}
	return err
}

// keyFound tells the fingerprint of the key of the seal, and makes none.
func keyFound(folder *sealkey.Folder) (string, error) {
	if _, err := folder.Public(); errors.Is(err, fs.ErrNotExist) {
		return "还没有，服务启动时生成", nil
	}
	key, err := folder.Key()
	if err != nil {
		return "", inWords(err)
	}
	return "指纹 " + seal.Grouped(key.Fingerprint()), nil
}

// sound refuses to go on where acknowledged rows are missing from every figure, and tells what
// else will do harm. Other commands go on: they bring things to light, or copy them.
func (p *program) sound(s *session) error {
	broken, err := p.db.Broken(s.ctx)
	if err != nil {
		return err
	}
	var lost *problem.Problem
	for _, f := range brokenFound(broken) {
		if f.Mark != doctor.Good {
			s.say("%s", line(f))
		}
		if !f.Fine && lost == nil {
			lost = problem.Unavailable("有数据读不出来，没有启动", f.Says+"。"+f.Do+"，再启动。详情：shuixuan doctor")
		}
	}
	if lost != nil {
		return lost
	}
	newest, err := p.db.Newest(s.ctx)
	if err != nil {
		return err
	}
	folder, _ := doctor.Folder(s.cli.Data)
	for _, f := range []doctor.Finding{doctor.Clock(time.Now(), newest, true), folder, doctor.Disk(s.cli.Data)} {
		if f.Mark != doctor.Good {
			s.say("%s", line(f))
		}
	}
	return nil
}
