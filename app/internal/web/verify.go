package web

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
	"shuixuan/app/sealkey"
	"shuixuan/dashboards/seal"
)

// The page where anybody checks a sealed package, without sign-in: an inspector has the file
// and no account. Nothing of it is kept: the upload lies in a file without a name while it is
// looked at, so that it is gone however the request ends.

const (
	verifyPath = "/verify"
	// verifyLimit is the longest package that is taken, in bytes: 3,000 photos of 3 MB and room.
	verifyLimit = 12 << 30
	// verifySpare is what an upload must leave free on the disk: the data go first.
	verifySpare = 2 << 30
	// mostVerifying is how many packages are taken at once, one for each address.
	mostVerifying = 4
	// verifyTime bounds the look at a package that was made to take long.
	verifyTime = 10 * time.Minute
)

func (s *Server) verifyRoutes() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	return []route{
		{get, verifyPath, auth.Public, s.verifyForm},
		{post, verifyPath, auth.Public, s.verify},
		{get, verifyPath + "/" + sealkey.PublicFile, auth.Public, s.verifyKey},
	}
}

// isVerify tells a request of the page, whatever letters its address is typed in.
func isVerify(path string) bool {
	return strings.EqualFold(strings.TrimSuffix(path, "/"), verifyPath)
}

// uploadTime is how long an upload may take: ten minutes, and a package a second more for
// each megabyte that it says it has.
func uploadTime(h *fasthttp.RequestHeader) time.Duration {
	usual := 10 * time.Minute
	path, _, _ := strings.Cut(string(h.RequestURI()), "?")
	if n := h.ContentLength(); isVerify(path) && n > 0 {
		usual += time.Duration(min(n, verifyLimit)>>20) * time.Second
	}
	return usual
}

type verifyPage struct {
	Limit       int64  // of a package, in bytes
	Fingerprint string // of this installation's key, empty where there is none
	PublicFile  string
	File        string // that was checked
	Report      *seal.Report
	Problem     *problem.Problem
}

// LimitText is the limit as people read it.
func (verifyPage) LimitText() string { return fmt.Sprintf("%dGB", verifyLimit>>30) }

// Key is the fingerprint of the package's key, to be compared by eye.
func (p verifyPage) Key() string { return seal.Grouped(seal.Shown(p.Report.Key)) }

// Own tells that the package names this installation's key.
func (p verifyPage) Own() bool {
	return p.Report.Key != "" && seal.Grouped(p.Report.Key) == p.Fingerprint
}

// Plain writes out what would not be seen in a text of the package.
func (verifyPage) Plain(text string) string { return seal.Shown(text) }

func (s *Server) verifyForm(c *fiber.Ctx, v *visit) error { return s.showVerify(c, v, verifyPage{}) }

func (s *Server) showVerify(c *fiber.Ctx, v *visit, page verifyPage) error {
	page.Limit, page.PublicFile = verifyLimit, verifyPath+"/"+sealkey.PublicFile
	if public, err := s.Seal.Public(); err == nil {
		page.Fingerprint = seal.Grouped(seal.Fingerprint(public))
	}
	if page.Problem != nil {
		c.Status(statuses[page.Problem.Kind])
		retryAfter(c, page.Problem)
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return s.render(c, v, "verify", "核验卷宗", page)
}

// verifyKey gives the public key as a file.
func (s *Server) verifyKey(c *fiber.Ctx, _ *visit) error {
	public, err := s.Seal.Public()
	if errors.Is(err, fs.ErrNotExist) {
		return problem.NotFound("本系统的封存公钥")
	}
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/x-pem-file")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+sealkey.PublicFile+`"`)
	return c.Send(seal.PublicPEM(public))
}

// verify checks the package of a form.
func (s *Server) verify(c *fiber.Ctx, v *visit) error {
	page := verifyPage{}
	err := s.verifyUpload(c, &page)
	if p, ok := problem.As(err); ok && !wantsJSON(c) {
		page.Problem = p
		return s.showVerify(c, v, page)
	}
	if err != nil {
		return err
	}
	s.log.Info("package verified", "reference", reference(c), "verdict", string(page.Report.Verdict), "differences", page.Report.Count())
	if wantsJSON(c) {
		return c.JSON(page.Report)
	}
	return s.showVerify(c, v, page)
}

func (s *Server) verifyUpload(c *fiber.Ctx, page *verifyPage) error {
	if err := tooMany(s.limits.verifies.take(s.client(c)), "核验得太密。请过%d秒再试，或者在装有水宣的电脑上用命令 shuixuan verify 核验。"); err != nil {
		return err
	}
	end := s.verifying.begin(s.client(c))
	if end == nil {
		p := problem.TooMany("系统正在核验别的卷宗。请过一分钟再试，或者在装有水宣的电脑上用命令 shuixuan verify 核验。")
		p.Wait = time.Minute
		return p
	}
	defer end()
	part, err := packagePart(c)
	if err != nil {
		return err
	}
	page.File = part.FileName()
	if err := roomFor(s.config.Scratch, c.Request().Header.ContentLength()); err != nil {
		return err
	}
	file, err := s.scratch(s.config.Scratch)
	if err != nil {
		return notReceived(err)
	}
	defer file.Close()
	size, err := receivePackage(file, part)
	if err != nil {
		return err
	}
	report, err := s.checked(file, size)
	page.Report = &report
	return err
}

// packagePart finds the file of the form.
func packagePart(c *fiber.Ctx) (*multipart.Part, error) {
	_, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || params["boundary"] == "" {
		return nil, noPackage(err)
	}
	reader := multipart.NewReader(bodyStream(c), params["boundary"])
	var fields partLimit
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, noPackage(nil)
		}
		if err != nil {
			return nil, tornPackage(err)
		}
		if part.FileName() != "" && part.FormName() == "file" {
			return part, nil
		}
		if _, err := fields.field(part, formLimit); err != nil {
			return nil, err
		}
	}
}

// receivePackage writes the upload down and gives its length in bytes.
func receivePackage(file io.Writer, part *multipart.Part) (int64, error) {
	to := &apart{w: file}
	size, err := io.CopyBuffer(to, io.LimitReader(part, verifyLimit+1), make([]byte, 256<<10))
	switch {
	case to.err != nil:
		return 0, notReceived(to.err)
	case err != nil:
		return 0, tornPackage(err)
	case size > verifyLimit:
		return 0, packageTooLarge()
	case size == 0:
		return 0, problem.Invalid(fmt.Sprintf("文件“%s”是空的", seal.Shown(part.FileName())), "请确认卷宗已经完整下载或复制，再选择一次。")
	}
	return size, nil
}

// checked verifies against this installation's key, or where that can't be had against none.
func (s *Server) checked(r io.ReaderAt, size int64) (seal.Report, error) {
	r = &patient{r: r, until: time.Now().Add(s.verifyTime), ended: s.ended}
	var report seal.Report
	public, err := s.Seal.Public()
	if err == nil {
		report, err = seal.Verify(r, size, public)
	} else {
		report, err = seal.Verify(r, size)
	}
	if errors.Is(err, errTooLong) {
		return report, problem.TooLarge("这个文件核验得太久，已经停下", "它可能是做成解不完的样子的压缩包。请在装有水宣的电脑上用命令 shuixuan verify 核验。").Because(err)
	}
	if err != nil {
		return report, fmt.Errorf("verify an upload: %w", err)
	}
	return report, nil
}

var errTooLong = errors.New("the check takes too long")

// patient reads until its time is up or the server ends.
type patient struct {
	r     io.ReaderAt
	until time.Time
	ended <-chan struct{}
}

func (p *patient) ReadAt(b []byte, at int64) (int, error) {
	select {
	case <-p.ended:
		return 0, errors.New("the server ends")
	default:
	}
	if time.Now().After(p.until) {
		return 0, errTooLong
	}
	return p.r.ReadAt(b, at)
}

// apart keeps an error of writing apart from one of the connection.
type apart struct {
	w   io.Writer
	err error
}

func (w *apart) Write(b []byte) (int, error) {
	n, err := w.w.Write(b)
	w.err = err
	return n, err
}

// scratch is a file for the time of a request.
type scratch interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// nameless makes a file in a folder and takes its name away at once: the system gives its
// room back when it is closed, or when the program is killed.
func nameless(dir string) (scratch, error) {
	f, err := os.CreateTemp(dir, "verify-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// roomFor refuses an upload that the disk has no room for beside the data.
func roomFor(dir string, length int) error {
	if dir == "" {
		dir = os.TempDir()
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return nil // then writing tells
	}
	if free := disk.Bavail * uint64(disk.Bsize); free < uint64(max(length, 0))+verifySpare {
		return problem.Unavailable("系统的磁盘余量不够，没有收下这个文件", "请在装有水宣的电脑上用命令 shuixuan verify 核验，或者请系统管理员清理磁盘以后再试。")
	}
	return nil
}

func noPackage(cause error) error {
	return problem.Invalid("没有收到文件", "请先选择封存单位给的 .zip 文件，再点核验。").Because(cause)
}

func tornPackage(cause error) error {
	return problem.Invalid("文件没有传完", "可能网络中断了，请再选择一次。文件很大、网络较慢的，请在装有水宣的电脑上用命令 shuixuan verify 核验。").Because(cause)
}

func packageTooLarge() error {
	return problem.TooLarge(fmt.Sprintf("文件超过%dGB，没有收下", verifyLimit>>30), "请在装有水宣的电脑上用命令 shuixuan verify 核验。")
}

func notReceived(cause error) error {
	if errors.Is(cause, syscall.ENOSPC) {
		return problem.Unavailable("系统的磁盘满了，没有核验", "上传的文件已经清除。请在装有水宣的电脑上用命令 shuixuan verify 核验，或者请系统管理员清理磁盘以后再试。").Because(cause)
	}
	return problem.Unavailable("系统存不下上传的文件，没有核验", "请告诉系统管理员查看服务器日志，或者在装有水宣的电脑上用命令 shuixuan verify 核验。").Because(cause)
}

// verifying counts the packages that are looked at.
type verifying struct {
	mu   sync.Mutex
	held map[string]bool // by address
}

// begin gives what ends the check of an address, nil when it has to wait.
func (v *verifying) begin(address string) func() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.held[address] || len(v.held) >= mostVerifying {
		return nil
	}
	if v.held == nil {
		v.held = map[string]bool{}
	}
	v.held[address] = true
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		delete(v.held, address)
	}
}
