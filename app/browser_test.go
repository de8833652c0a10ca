package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// browser is one person's Chromium: a profile of its own, so a sign-in of its own.
type browser struct {
	t       testing.TB
	ctx     context.Context
	address string
}

// patience bounds one step of a person on a busy machine.
const patience = 90 * time.Second

// openBrowser starts Chromium; without it the test is skipped on a laptop and fails
// where CI promised it.
func openBrowser(t testing.TB, address string, width, height int64) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
			t.Fatal("no chromium on this machine, and CI promised one")
		}
		t.Skip("no chromium on this machine: make test installs it as root")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-quic", true), chromedp.Flag("lang", "zh-CN"),
		// A camera that shows a moving picture, and nobody who has to allow it.
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(func() { end(); stop() })
	b := &browser{t: t, ctx: ctx, address: address}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, height)); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return b
}

// do performs steps within a person's patience.
func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%v at %s:\n%s", err, ask[string](b, `location.href`), b.text())
	}
}

func (b *browser) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.address + path))
}

// waitFor waits until a JavaScript expression is true.
func (b *browser) waitFor(expression string) {
	b.t.Helper()
	end := time.Now().Add(patience)
	for !ask[bool](b, expression) {
		if time.Now().After(end) {
			b.t.Fatalf("waited in vain for %s:\n%s", expression, b.text())
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// ask gives the value of a JavaScript expression. A page that is just being left is
// asked again.
func ask[T any](b *browser, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	var err error
	for range 3 {
		var value T
		if value, err = chromedp.Run(ctx, chromedp.Evaluate[T](expression)); err == nil {
			return value
		}
		time.Sleep(200 * time.Millisecond)
	}
	b.t.Fatalf("%s: %v", expression, err)
	panic("unreachable")
}

// text is what a person reads on the page.
func (b *browser) text() string {
	b.t.Helper()
	return ask[string](b, `document.body.innerText`)
}

// choose picks an option as a person does: the page hears of it.
func (b *browser) choose(selector, value string) {
	b.t.Helper()
	chosen := ask[bool](b, fmt.Sprintf(`(() => { const s = document.querySelector(%q); s.value = %q; s.dispatchEvent(new Event("input", {bubbles: true})); s.dispatchEvent(new Event("change", {bubbles: true})); return s.value === %q })()`, selector, value, value))
	if !chosen {
		b.t.Fatalf("%s doesn't take %q", selector, value)
	}
}

// fill replaces what stands in a field.
func (b *browser) fill(selector, value string) {
	b.t.Helper()
	b.choose(selector, value)
}

// click finds what is to be clicked anew where the page was drawn anew between looking and
// pressing: then nothing was pressed. Like a person it doesn't press what is still moving.
func (b *browser) click(selector string) {
	b.t.Helper()
	place := fmt.Sprintf(`JSON.stringify(document.querySelector(%q)?.getBoundingClientRect() ?? null)`, selector)
	for before, at := "", ask[string](b, place); at != before; at = ask[string](b, place) {
		before = at
		time.Sleep(50 * time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	var err error
	for range 5 {
		err = chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
		if err == nil || !strings.Contains(err.Error(), "Could not find node") {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	if err != nil {
		b.t.Fatalf("click %s: %v at %s:\n%s", selector, err, ask[string](b, `location.href`), b.text())
	}
}

// tap presses a button where it is found, not where it was seen: behind a redirect a page may
// still be on its way to the place that its address names. A script may have yet to draw it.
func (b *browser) tap(selector string) {
	b.t.Helper()
	b.waitFor(fmt.Sprintf(`!!document.querySelector(%q)`, selector))
	if !ask[bool](b, fmt.Sprintf(`(() => { const button = document.querySelector(%q); button?.click(); return !!button })()`, selector)) {
		b.t.Fatalf("there is no %s", selector)
	}
}

// signIn signs in and waits for the first page.
func (b *browser) signIn(login, password string) {
	b.t.Helper()
	b.open("/login")
	b.do(chromedp.SendKeys(`input[name=login]`, login), chromedp.SendKeys(`input[name=password]`, password), chromedp.Click(`form[action="/login"] button[type=submit]`))
	b.waitFor(`location.pathname !== "/login" && document.readyState === "complete"`)
}

// enter presses Enter as a keyboard does: one key down that carries its character. The
// library's own key event sends the character apart, which reaches the page even where
// the page has taken the key for itself.
func (b *browser) enter(modifiers int64) {
	b.t.Helper()
	key := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Modifiers: modifiers, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, Text: "\r"}
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
			if key.Type = kind; kind == input.DispatchKeyEventTypeKeyUp {
				key.Text = ""
			}
			if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, key); err != nil {
				return err
			}
		}
		return nil
	}))
}

// ctrl is the modifier of the Ctrl key.
const ctrl = 2
