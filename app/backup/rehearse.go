package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
	"shuixuan/app/sealkey"
	"shuixuan/dashboards/seal"
)

// Rehearsal is what restoring a backup aside has proven.
type Rehearsal struct {
	Restored
	Sound bool    `json:"sound"`
	Steps []Proof `json:"proofs"`
}

// Proof is one thing that was looked at.
type Proof struct {
	What string `json:"what"`
	Fine bool   `json:"fine"`
	Says string `json:"says"`
}

// Rehearse restores a backup into a folder of its own below aside, looks whether that is an
// installation that can be worked with, and removes it again. Nothing else is touched, so it
// may run beside a server.
func Rehearse(ctx context.Context, file string, key *Key, aside string, log *slog.Logger, step Step) (r Rehearsal, err error) {
	folder, err := os.MkdirTemp(aside, "shuixuan-rehearsal-")
	if err != nil {
		return r, cantWrite(filepath.Join(aside, "x"), err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if r.Restored, err = Restore(ctx, file, key, Target{Data: folder, Log: log}, step); err != nil {
		return r, err
	}
	step(1, 1, "核对恢复出来的数据")
	rotten, err := rottenIn(file, key)
	if err != nil {
		return r, err
	}
	r.note("文件", nil, fmt.Sprintf("%d个文件，%s，每个的 SHA-256 都与清单一致", r.Files, inWords(r.Bytes)))
	r.note("数据表", nil, fmt.Sprintf("%d张表，%d行，每张表的行数都与备份时一致", len(r.Tables), r.Rows()))
	db, err := clickhouse.Open(ctx, clickhouse.Config{Dir: folder, Log: log})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Migrate(ctx); err != nil {
		return r, err
	}
	if err := r.trail(ctx, db, folder); err != nil {
		return r, err
	}
	if err := r.photos(ctx, db, folder, rotten); err != nil {
		return r, err
	}
	if err := r.dossiers(folder); err != nil {
		return r, err
	}
	r.Sound = true
	for _, p := range r.Steps {
		r.Sound = r.Sound && p.Fine
	}
	return r, nil
}

func rottenIn(file string, key *Key) ([]string, error) {
	f, err := Open(file, key)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := f.Manifest()
	return m.rotten(), err
}

// note keeps a proof; faults are what speaks against it, in words.
func (r *Rehearsal) note(what string, faults []string, says string) {
	const most = 5
	p := Proof{What: what, Fine: len(faults) == 0, Says: says}
	if !p.Fine {
		p.Says = strings.Join(faults[:min(most, len(faults))], "；")
		if more := len(faults) - most; more > 0 {
			p.Says += fmt.Sprintf("；还有%d处", more)
		}
	}
	r.Steps = append(r.Steps, p)
}

// trail recounts the audit trail and holds it against the heads.
func (r *Rehearsal) trail(ctx context.Context, db *clickhouse.DB, folder string) error {
	v, err := audit.NewLog(db).Verify(ctx, filepath.Join(folder, audit.HeadFile))
	if err != nil {
		return err
	}
	var faults []string
	for _, f := range v.Faults {
		faults = append(faults, f.Words())
	}
	r.note("审计链", faults, fmt.Sprintf("%d条链，%d条记录，没有发现被改动、删除、插入或调换的", v.Chains, v.Events))
	return nil
}

// photos looks whether each photo and scan has its original, and each original its content.
func (r *Rehearsal) photos(ctx context.Context, db *clickhouse.DB, folder string, rotten []string) error {
	rows, err := db.Query(ctx, `SELECT DISTINCT toString(sha256) AS sum FROM
		(SELECT sha256 FROM photos UNION ALL SELECT sha256 FROM photo_revisions UNION ALL SELECT sha256 FROM scans UNION ALL SELECT picture FROM scans)`)
	if err != nil {
		return fmt.Errorf("list originals: %w", err)
	}
	defer rows.Close()
	n, faults := 0, []string{}
	for rows.Next() {
		var sum string
		if err := rows.Scan(&sum); err != nil {
			return fmt.Errorf("list originals: %w", err)
		}
		n++
		if len(sum) < 2 {
			continue
		}
		if _, err := os.Stat(filepath.Join(folder, "originals", sum[:2], sum)); err != nil {
			faults = append(faults, "缺少原件 "+sum)
		}
	}
	for _, name := range rotten {
		faults = append(faults, "备份之前，原件 "+filepath.Base(name)+" 的内容就已经与它的哈希不符（磁盘损坏）")
	}
	r.note("照片和扫描件", faults, fmt.Sprintf("%d份原件都在，内容与登记的 SHA-256 一致", n))
	return rows.Err()
}

// dossiers checks the seal of each dossier by the key that came back.
func (r *Rehearsal) dossiers(folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "dossiers", "*.zip"))
	if err != nil {
		return err
	}
	public, err := sealkey.In(folder).Public()
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(files) == 0:
		r.note("封存密钥和卷宗", nil, "还没有封存密钥，也没有封存过的卷宗")
		return nil
	case err != nil:
		r.note("封存密钥和卷宗", []string{Reason(err)}, "")
		return nil
	}
	key, err := sealkey.In(folder).Key()
	if err != nil {
		r.note("封存密钥和卷宗", []string{Reason(err)}, "")
		return nil
	}
	var faults []string
	for _, name := range files {
		if says, sound, err := sealed(name, key); err != nil {
			return err
		} else if !sound {
			faults = append(faults, filepath.Base(name)+"："+says)
		}
	}
	says := fmt.Sprintf("%d份卷宗的签名都有效，密钥指纹 %s", len(files), seal.Grouped(seal.Fingerprint(public)))
	if len(files) == 0 {
		says = "密钥完好，指纹 " + seal.Grouped(seal.Fingerprint(public)) + "；没有封存过的卷宗"
	}
	r.note("封存密钥和卷宗", faults, says)
	return nil
}

func sealed(name string, key sealkey.Key) (says string, sound bool, err error) {
	f, err := os.Open(name)
	if err != nil {
		return "", false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", false, err
	}
	report, err := seal.Verify(f, info.Size(), key.Public())
	return report.Says, report.Sound, err
}

// asJSON is what an audit event keeps of a thing of ours.
func asJSON(v any) json.RawMessage {
	body, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return body
}
