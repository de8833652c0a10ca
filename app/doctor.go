package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"shuixuan/app/problem"
	"shuixuan/app/sealkey"
	"shuixuan/dashboards/seal"
)

type doctorCommand struct{}

// finding is one thing that was looked at.
type finding struct {
	What string `json:"what"`
	Fine bool   `json:"fine"`
	Says string `json:"says"`
}

// Run checks what a server needs. It opens the folder, so a running server is told of
// by the same words as for any other command.
func (doctorCommand) Run(s *session) error {
	return s.with(func(p *program) error {
		var findings []finding
		note := func(what string, err error, says string) {
			f := finding{What: what, Fine: err == nil, Says: says}
			if err != nil {
				f.Says = err.Error()
			}
			findings = append(findings, f)
		}
		var engine string
		err := p.db.QueryRow(s.ctx, `SELECT version()`).Scan(&engine)
		note("数据库引擎", err, "ClickHouse "+engine)
		var tables uint64
		err = p.db.QueryRow(s.ctx, `SELECT count() FROM system.tables WHERE database = ?`, p.db.Database()).Scan(&tables)
		note("数据表", err, fmt.Sprintf("%d张", tables))
		var parts uint64
		err = p.db.QueryRow(s.ctx, `SELECT coalesce(max(n), 0) FROM (SELECT count() AS n FROM system.parts WHERE active AND database = ? GROUP BY table)`, p.db.Database()).Scan(&parts)
		note("数据分块", err, fmt.Sprintf("最多的一张表有%d块", parts))
		info, err := os.Stat(s.cli.Data)
		if err == nil {
			note("数据文件夹", nil, fmt.Sprintf("%s（权限 %s）", s.cli.Data, info.Mode().Perm()))
		} else {
			note("数据文件夹", err, "")
		}
		says, err := keyFound(p.seal)
		note("封存密钥", err, says)
		says, err = lastBackup(s.ctx, p.audit)
		note("备份", inWords(err), says)
		failed := 0
		for _, f := range findings {
			sign := "✓"
			if !f.Fine {
				sign, failed = "✗", failed+1
			}
			s.say("%s %s：%s", sign, f.What, f.Says)
		}
		if err := s.answer(map[string]any{"version": version, "findings": findings}); err != nil {
			return err
		}
		if failed > 0 {
			return fmt.Errorf("%d checks failed", failed)
		}
		return nil
	})
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
