// Package safecsv writes tables of what people wrote as CSV that a spreadsheet opens rightly:
// UTF-8 with a byte order mark, which Excel needs to read Chinese, lines that end as it
// expects, and no text that it would run.
//
// # Why
//
// A CSV has no mark for text, so a cell that begins like a formula is one to Excel. Every file
// of ours guards against that in the same way, with a leading apostrophe; the workbooks ask
// the same question and mark the cell instead. The apostrophe changes the text, so the
// lossless copies are JSON and .sav.
package safecsv

import (
	"bufio"
	"encoding/csv"
	"io"
	"strings"
)

// Risky tells whether a text would be taken for a formula by a program that reads it
// from a CSV or after editing: OWASP's list, with the full-width forms that Chinese
// input methods write and Excel converts.
func Risky(s string) bool {
	if s == "" {
		return false
	}
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n', 0:
		return true
	case 0xEF: // ＝＋－＠ are U+FF1D, U+FF0B, U+FF0D, U+FF20
		return strings.HasPrefix(s, "＝") || strings.HasPrefix(s, "＋") || strings.HasPrefix(s, "－") || strings.HasPrefix(s, "＠")
	case ' ':
		return Risky(strings.TrimLeft(s, " "))
	}
	return false
}

// Text puts an apostrophe before a text that a spreadsheet would run as a formula,
// and takes out NUL, which ends the file for some readers.
func Text(s string) string {
	risky := Risky(s)
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\ufffd")
	}
	if risky {
		return "'" + s
	}
	return s
}

// Writer writes lines. Texts go through Text before; numbers don't, since a longitude may
// begin with a minus. The first error sticks, and Close tells it.
type Writer struct {
	buffer *bufio.Writer
	lines  *csv.Writer
}

// New begins a file.
func New(w io.Writer) *Writer {
	buffer := bufio.NewWriterSize(w, 1<<16)
	lines := csv.NewWriter(buffer)
	lines.UseCRLF = true
	_, _ = buffer.WriteString("\ufeff") // a failed write shows at Close
	return &Writer{buffer: buffer, lines: lines}
}

// Write adds a line.
func (w *Writer) Write(cells []string) { _ = w.lines.Write(cells) }

// Close sends what is held back; the writer under it stays open.
func (w *Writer) Close() error {
	w.lines.Flush()
	if err := w.lines.Error(); err != nil {
		return err
	}
	return w.buffer.Flush()
}
