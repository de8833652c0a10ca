package main

import (
	"os"
	"path/filepath"
	"testing"

	"shuixuan/dashboards/document/documenttest"
)

// onPaper measures the report of a package as it is printed: the .docx by LibreOffice, which
// has to open it without a word, and the PDF that lies beside it.
func onPaper(t *testing.T, docx, pdf string) {
	least := documenttest.Found{Upright: 20, Turned: 5, Lines: 180, Full: 10, Headings: 6, Subheadings: 10, Cells: 500}
	t.Run("on paper by LibreOffice", func(t *testing.T) {
		documenttest.NeedFonts(t)
		body, err := os.ReadFile(docx)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "report.docx") // a profile and fonts are laid beside it
		if err := os.WriteFile(file, body, 0o600); err != nil {
			t.Fatal(err)
		}
		documenttest.Converted(t, "pdf", file)
		documenttest.CheckReport(t, filepath.Join(filepath.Dir(file), "report.pdf"), least, true)
	})
	t.Run("on paper by Chromium", func(t *testing.T) {
		documenttest.NeedFonts(t)
		documenttest.CheckReport(t, pdf, least, false)
	})
}
