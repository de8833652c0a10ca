package main

import (
	"path/filepath"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
)

type auditCommand struct {
	Verify auditVerifyCommand `cmd:"" help:"Recount the chain of the audit trail and tell every event that was changed, removed, inserted or moved."`
}

type auditVerifyCommand struct {
	Heads string `help:"File of heads to hold the trail against; a copy kept elsewhere, say. Default: audit-head.jsonl in the data folder." placeholder:"FILE"`
}

// Run verifies the trail. It opens the folder, so a running server has to stop first;
// beside a server of ClickHouse it may run at any time.
func (c *auditVerifyCommand) Run(s *session) error {
	file := c.Heads
	if file == "" {
		file = filepath.Join(s.cli.Data, audit.HeadFile)
	}
	return s.with(func(p *program) error {
		v, err := p.audit.Verify(s.ctx, file)
		if err != nil {
			return err
		}
		sayVerdict(s, v)
		if v.Sound {
			return s.answer(v)
		}
		if s.cli.JSON { // the verdict is the one document
			if err := s.answer(v); err != nil {
				return err
			}
			return errTold
		}
		return &problem.Problem{Kind: problem.KindConflict, Title: "审计记录不完整", Detail: "请不要再改动数据，先把数据文件夹整体复制一份保存，再对照备份查明原因（docs/operations.md）。"}
	})
}

// sayVerdict tells people what was found.
func sayVerdict(s *session, v *audit.Verdict) {
	s.say("审计记录：%d条链，%d条记录。", v.Chains, v.Events)
	if v.Before > 0 {
		s.say("另有%d条在启用校验链之前写入，无法核对。", v.Before)
	}
	switch {
	case v.Heads == 0:
		s.say("没有 %s，末尾的记录是否被删无法核对。", audit.HeadFile)
	case v.Unkept > 0:
		s.say("%d条链在 %s 里没有记载：它们由别的服务器写入，或程序在写入后立刻断电；末尾是否被删无法核对。", v.Unkept, audit.HeadFile)
	}
	if v.UnreadableHeads > 0 {
		s.say("%s 里有%d行读不出来，可能是断电时没有写完。", audit.HeadFile, v.UnreadableHeads)
	}
	for _, f := range v.Faults {
		s.say("✗ %s", f.Words())
	}
	if v.Unlisted > 0 {
		s.say("……还有%d处没有列出。", v.Unlisted)
	}
	if v.Sound {
		s.say("✓ 没有发现被改动、删除、插入或调换的记录。")
		return
	}
	s.say("共发现%d处问题。", uint64(len(v.Faults))+v.Unlisted)
}
