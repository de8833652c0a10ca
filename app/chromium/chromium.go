// Package chromium turns a page of HTML into a PDF with the Chromium of this machine.
//
// # Why
//
// What is printed is laid out once, in HTML with print rules, for the browser of a person
// and for the PDF alike. No Go library sets Chinese text, tables and page breaks as a
// browser does, and a second layout would differ from the first. Chromium is not shipped:
// where it is missing the page still prints from the person's own browser.
//
// One browser serves all, started at the first job and ended with the server; a job is one
// tab and has a time limit. The page comes from a file that only we can read, runs no
// script and reaches no network: it holds its own pictures and its own rules.
package chromium

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"shuixuan/app/problem"
)

// names under which a browser may be installed, the free one first.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// jobTime bounds one PDF, also one of many sheets on a slow machine.
const jobTime = 3 * time.Minute

// jobs is how many PDFs are made at a time; the rest wait.
const jobs = 2

// Printer makes PDFs. The zero value is not for use; see New.
type Printer struct {
	log   *slog.Logger
	slots chan struct{}

	lock   sync.Mutex
	closed bool
	ctx    context.Context // of the browser, nil while none runs
	end    context.CancelFunc
}

// New gives a printer that starts no browser yet.
func New(log *slog.Logger) *Printer {
	if log == nil {
		log = slog.Default()
	}
	return &Printer{log: log, slots: make(chan struct{}, jobs)}
}

// Path finds the browser, empty where there is none.
func Path() string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Missing is what a person is told where no browser is installed.
func Missing() *problem.Problem {
	return problem.Unavailable("这台服务器上没有装 Chromium，不能生成 PDF", "请在打印页上用浏览器自己的打印（Ctrl+P），效果相同，也可以另存为 PDF。要直接下载 PDF，请管理员在服务器上安装 Chromium，例如 apt-get install chromium fonts-noto-cjk。")
}

// browser gives the running browser's context, and starts one where none runs.
func (p *Printer) browser() (context.Context, error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.closed {
		return nil, problem.Unavailable("正在停止服务", "请稍后再试。")
	}
	if p.ctx != nil && p.ctx.Err() == nil {
		return p.ctx, nil
	}
	path := Path()
	if path == "" {
		return nil, Missing()
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "zh-CN"),
		chromedp.ProxyServer("127.0.0.1:9")) // nobody listens there: nothing is fetched
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses root otherwise
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(allocator, chromedp.WithErrorf(func(format string, args ...any) {
		p.log.Debug("chromium", "says", fmt.Sprintf(format, args...))
	}))
	p.end = func() { end(); stop() }
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		p.end()
		p.ctx, p.end = nil, nil
		return nil, problem.Unavailable("服务器上的 Chromium 没有启动起来", "请在打印页上用浏览器自己的打印（Ctrl+P），效果相同；并请管理员查看日志。").Because(err)
	}
	p.ctx = ctx
	return ctx, nil
}

// PDF prints a page of HTML on A4; margins and what stands in them are the page's own rules.
func (p *Printer) PDF(ctx context.Context, html []byte) ([]byte, error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	browser, err := p.browser()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "shuixuan-print-*") // 0700
	if err != nil {
		return nil, fmt.Errorf("print: %w", err)
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "page.html")
	if err := os.WriteFile(file, html, 0o600); err != nil {
		return nil, fmt.Errorf("print: %w", err)
	}
	tab, close := chromedp.NewContext(browser)
	defer close()
	tab, cancel := context.WithTimeout(tab, jobTime)
	defer cancel()
	stop := context.AfterFunc(ctx, cancel) // who asked has left
	defer stop()
	err = chromedp.Do(tab, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}), chromedp.Navigate("file://"+file))
	if err != nil {
		return nil, p.failed(ctx, err)
	}
	pdf, err := chromedp.Run(tab, chromedp.PrintToPDF(chromedp.PDFPrintBackground(), chromedp.PDFPaper(chromedp.PaperA4), func(q *page.PrintToPDFParams) {
		yes, no := true, false
		q.PreferCSSPageSize, q.DisplayHeaderFooter = &yes, &no
		q.TransferMode = page.PrintToPDFTransferModeReturnAsStream
	}))
	if err != nil {
		return nil, p.failed(ctx, err)
	}
	return pdf, nil
}

func (p *Printer) failed(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return problem.Unavailable("生成 PDF 用的时间太长，已经停下", "请少选一些编号，分几次打印。").Because(err)
	}
	return fmt.Errorf("print: %w", err)
}

// Close ends the browser. Running jobs fail.
func (p *Printer) Close() {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.closed = true
	if p.end != nil {
		p.end()
		p.ctx, p.end = nil, nil
	}
}

var pageObject = regexp.MustCompile(`/Type\s*/Page\b[^s]`)

// Pages counts the pages of a PDF that Chromium has made: it writes them one by one and
// unpacked.
func Pages(pdf []byte) int { return len(pageObject.FindAll(pdf, -1)) }

var pdfDates = regexp.MustCompile(`/(CreationDate|ModDate) \(D:\d{14}\+00'00'\)`)

// nodeName is the name of a tagged part of a page: a count of the browser's, over all that it has
// had open before.
var nodeName = regexp.MustCompile(`\(node\d{8}\)`)

// Dated puts an instant in the place of the one at which a PDF of Chromium's was made, and counts
// its tagged parts from 1: then the same page gives the same bytes. Places within a file of
// Chromium's are known by their distance from its start, so every byte stays in its place; names
// stay in their order, since they are looked up by it.
func Dated(pdf []byte, created time.Time) []byte {
	at := created.UTC().Format("20060102150405")
	names := map[string]int{}
	for _, name := range nodeName.FindAll(pdf, -1) {
		names[string(name)] = 0
	}
	for i, name := range slices.Sorted(maps.Keys(names)) {
		names[name] = i + 1
	}
	pdf = nodeName.ReplaceAllFunc(pdf, func(name []byte) []byte { return fmt.Appendf(nil, "(node%08d)", names[string(name)]) })
	return pdfDates.ReplaceAllFunc(pdf, func(found []byte) []byte {
		name, _, _ := bytes.Cut(found, []byte(" "))
		return fmt.Appendf(nil, "%s (D:%s+00'00')", name, at)
	})
}
