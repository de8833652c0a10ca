package document

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shuixuan/app/chromium"
	"shuixuan/dashboards/document/documenttest"
)

// written puts what a writer writes into a file.
func written(t testing.TB, d Document, name string, write func(io.Writer, Document) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, d); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// byWriter and byChromium give the PDF of a document, each by its own way.
func byWriter(t testing.TB, d Document) string {
	t.Helper()
	file := written(t, d, "a.docx", WriteDocx)
	documenttest.Converted(t, "pdf", file)
	return strings.TrimSuffix(file, ".docx") + ".pdf"
}

func byChromium(t testing.TB, d Document) string {
	t.Helper()
	if chromium.Path() == "" {
		documenttest.Missing(t, "chromium")
	}
	p := chromium.New(nil)
	defer p.Close()
	var b bytes.Buffer
	if err := WriteHTML(&b, d); err != nil {
		t.Fatal(err)
	}
	pdf, err := p.PDF(t.Context(), b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
