package chromium_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

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

// TestTheSamePageGivesTheSameBytes: dates and the browser's counts of what it has had open are
// not the page's.
func TestTheSamePageGivesTheSameBytes(t *testing.T) {
	if chromium.Path() == "" {
		if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
			t.Fatal("no chromium on this machine, and CI promised one")
		}
		t.Skip("no chromium on this machine")
	}
	p := chromium.New(nil)
	defer p.Close()
	var page strings.Builder
	page.WriteString("<!doctype html><meta charset=utf-8><title>表</title>")
	for i := range 60 {
		fmt.Fprintf(&page, "<h2 id=a%d>第%d节</h2><p><a href='#a%d'>段落</a></p><table><tr><th>项<td>%d</table>", i, i, 59-i, i)
	}
	made := time.Date(2014, 10, 8, 9, 30, 0, 0, time.UTC)
	var first []byte
	for i := range 4 {
		pdf, err := p.PDF(t.Context(), []byte(page.String()))
		if err != nil {
			t.Fatal(err)
		}
		pdf = chromium.Dated(pdf, made)
		if i == 0 {
			first = pdf
		} else if !bytes.Equal(pdf, first) {
			t.Errorf("printed again the page has other bytes (%d and %d)", len(pdf), len(first))
		}
		// Another page between: its parts are counted too.
		if _, err := p.PDF(t.Context(), []byte("<p>别的<table><tr><th>项<td>"+strings.Repeat("<p>段", i+1)+"</table>")); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Contains(first, []byte("/CreationDate (D:20141008093000+00'00')")) || !bytes.Contains(first, []byte("(node00000001)")) {
		t.Error("the PDF bears another date, or its parts aren't tagged as they were")
	}
}
