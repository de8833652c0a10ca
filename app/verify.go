package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/schollz/progressbar/v3"

	"shuixuan/app/problem"
	"shuixuan/app/sealkey"
	"shuixuan/dashboards/seal"
)

type verifyCommand struct {
	File string `arg:"" help:"The dossier, a .zip."`
	Key  string `help:"The key that it must be signed by: a file with the public key, or its fingerprint. Default: seal.pub in the data folder, where there is one." placeholder:"FILE|FINGERPRINT"`
}

// Run checks a dossier. It opens no database, so it may run beside a server and on a machine
// that has neither.
func (c *verifyCommand) Run(s *session) error {
	f, err := os.Open(c.File)
	if err != nil {
		return openProblem(c.File, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return openProblem(c.File, err)
	}
	if !info.Mode().IsRegular() {
		return openProblem(c.File, errors.New("not a regular file"))
	}
	r, done := watched(s, f, info.Size())
	found, err := c.check(s, r, info.Size())
	done()
	if err != nil {
		return problemOfReading(c.File, err)
	}
	sayReport(s, found)
	if err := s.answer(found); err != nil || found.Sound {
		return err
	}
	return errTold
}

// check verifies by the key that is asked for.
func (c *verifyCommand) check(s *session, r io.ReaderAt, size int64) (seal.Report, error) {
	if fingerprint, ok := seal.ParseFingerprint(c.Key); ok {
		return seal.VerifyFingerprint(r, size, fingerprint)
	}
	if c.Key != "" {
		public, err := readKey(c.Key)
		if err != nil {
			return seal.Report{}, err
		}
		return seal.Verify(r, size, public)
	}
	public, err := sealkey.In(s.cli.Data).Public()
	switch {
	case err == nil:
		return seal.Verify(r, size, public)
	case !errors.Is(err, fs.ErrNotExist): // the check is worth having without it
		if p, ok := problem.As(err); ok {
			s.say("%s。%s", p.Title, p.Detail)
		}
	}
	return seal.Verify(r, size)
}

func readKey(file string) (ed25519.PublicKey, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, wrongWords("--key 写的“%s”既不是64位的指纹，也打不开这个文件。请写公钥文件（seal.pub）的路径，或者抄全指纹", file)
	}
	public, err := seal.ParsePublicPEM(text)
	if err != nil {
		return nil, wrongWords("--key 指的文件“%s”里没有 Ed25519 公钥。请用封存单位给的 seal.pub，不要用密钥 seal.key", file)
	}
	return public, nil
}

func problemOfReading(file string, err error) error {
	var wrong *wordsError
	if errors.As(err, &wrong) || errors.Is(err, context.Canceled) {
		return err
	}
	return problem.Unavailable("文件“"+file+"”读到一半读不下去了，没有核验完", "可能是磁盘或U盘有坏块，或者文件正在被别的程序改写。请复制到本机硬盘以后再核验。").Because(err)
}

// sayReport tells people what was found.
func sayReport(s *session, r seal.Report) {
	sign := "✗"
	if r.Sound {
		sign = "✓"
	}
	s.say("%s %s", sign, r.Says)
	if m := r.Sealed; m != nil {
		if r.Trust == "" {
			s.say("封存清单里写着（签名无效，不能采信）：")
		}
		s.say("  活动：%s　%s", seal.Shown(m.Campaign.Name), seal.Shown(m.Wave.Name))
		s.say("  数据截至：%s", m.CutOff.In(china).Format("2006-01-02 15:04:05"))
		s.say("  编号：%s　程序版本：%s", seal.Shown(m.Run), seal.Shown(m.Program))
		s.say("  审计链末端：%s 第%d条 %s", seal.Shown(m.Audit.Chain), m.Audit.Seq, seal.Shown(m.Audit.Hash))
		if n := len(m.Edited); n > 0 {
			s.say("  封存前由人工改过的文字：%d处", n)
		}
		s.say("  密钥指纹：%s", seal.Grouped(seal.Shown(r.Key)))
	}
	for _, f := range r.Faults {
		s.say("✗ %s", f.Says)
	}
	if r.Unlisted > 0 {
		s.say("……还有%d处没有列出。", r.Unlisted)
	}
	s.say("%s", r.Advice)
}

// watched reads a file with a bar on a terminal, until the command is interrupted.
func watched(s *session, f *os.File, size int64) (r io.ReaderAt, done func()) {
	w := &watchedReader{ctx: s.ctx, r: f, left: size}
	terminal, ok := s.stderr.(*os.File)
	if !ok || !isTerminal(terminal) {
		return w, func() {}
	}
	w.bar = progressbar.NewOptions64(size, progressbar.OptionSetWriter(terminal), progressbar.OptionShowBytes(true),
		progressbar.OptionSetDescription(filepath.Base(f.Name())), progressbar.OptionClearOnFinish())
	return w, func() { w.bar.Finish() }
}

type watchedReader struct {
	ctx  context.Context
	r    io.ReaderAt
	bar  *progressbar.ProgressBar // nil off a terminal
	left int64
}

func (w *watchedReader) ReadAt(b []byte, at int64) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := w.r.ReadAt(b, at)
	if w.bar != nil {
		step := min(int64(n), w.left) // the directory is read twice
		w.left -= step
		w.bar.Add64(step)
	}
	return n, err
}
