package chromium_test

import (
	"bytes"
	"context"
	"os"
	"strconv"
	"strings"
	"testing"

	"shuixuan/app/chromium"
	"shuixuan/app/problem"
)

// TestPDF prints three pages whose script does not run, and nothing after Close.
func TestPDF(t *testing.T) {
	if chromium.Path() == "" {
		if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
			t.Fatal("no chromium on this machine, and CI promised one")
		}
		t.Skip("no chromium on this machine: make test installs it as root")
	}
	p := chromium.New(nil)
	page := `<meta charset=utf-8><p>一<p style="break-before:page">二<p style="break-before:page">三<script>document.write("<p style='break-before:page'>x")</script>`
	pdf, err := p.PDF(t.Context(), []byte(page))
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) || chromium.Pages(pdf) != 3 {
		t.Errorf("%d bytes, %d pages, %v; want 3 pages", len(pdf), chromium.Pages(pdf), err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.PDF(gone, []byte(page)); err == nil {
		t.Error("whoever asked has left, and it printed")
	}
	p.Close()
	if _, err := p.PDF(t.Context(), []byte(page)); err == nil {
		t.Error("printed after Close")
	}
}

// TestMissing: without Chromium a person is told of the other way and the operator what to install.
func TestMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	p := chromium.New(nil)
	defer p.Close()
	_, err := p.PDF(t.Context(), []byte("x"))
	told, ok := problem.As(err)
	if !ok || !strings.Contains(told.Detail, "Ctrl+P") || !strings.Contains(told.Detail, "apt-get install chromium") {
		t.Errorf("told %v", err)
	}
}
