package document

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"shuixuan/app/chromium"
)

// missing skips on a laptop and fails where CI promised the tool.
func missing(t testing.TB, what string) {
	t.Helper()
	if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
		t.Fatal("no " + what + " on this machine, and CI promised one")
	}
	t.Skip("no " + what + " on this machine: make test installs it as root")
}

func tool(t testing.TB, name string, arguments ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		missing(t, name)
	}
	out, err := exec.Command(name, arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v: %s", name, arguments, err, out)
	}
	return string(out)
}

// stand are the free fonts that take the place of those of the standard, as an operator
// would name them in fonts.conf: they must be told apart in the PDF.
var stand = map[string]string{"仿宋_GB2312": "Noto Serif CJK SC", "黑体": "Noto Sans CJK SC", "楷体_GB2312": "AR PL UKai CN", "宋体": "Noto Serif CJK SC", "方正小标宋简体": "Noto Serif CJK SC"}

// office converts files with LibreOffice Writer, with a profile of its own.
func converted(t testing.TB, to string, files ...string) {
	t.Helper()
	path, err := exec.LookPath("soffice")
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err == nil {
		_, err = os.Stat(filepath.Join(filepath.Dir(path), "libswlo.so"))
	}
	if err != nil {
		missing(t, "LibreOffice Writer")
	}
	folder := filepath.Dir(files[0])
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>`)
	for from, to := range stand {
		fmt.Fprintf(&b, `<match target="pattern"><test name="family"><string>%s</string></test><edit name="family" mode="assign" binding="same"><string>%s</string></edit></match>`, from, to)
	}
	fonts := filepath.Join(folder, "fonts.conf")
	if err := os.WriteFile(fonts, []byte(b.String()+"</fontconfig>"), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(path, append([]string{"-env:UserInstallation=file://" + folder + "/profile", "--headless", "--convert-to", to, "--outdir", folder}, files...)...)
	command.Env = append(os.Environ(), "FONTCONFIG_FILE="+fonts, "HOME="+folder)
	if out, err := command.CombinedOutput(); err != nil || strings.Contains(string(out), "Error:") {
		t.Fatalf("soffice: %v: %s", err, out)
	}
}

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
	converted(t, "pdf", file)
	return strings.TrimSuffix(file, ".docx") + ".pdf"
}

func byChromium(t testing.TB, d Document) string {
	t.Helper()
	if chromium.Path() == "" {
		missing(t, "chromium")
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

// sheet is a printed page, as ink: dots of 0.17 mm.
type sheet struct {
	wide, high int
	dots       []byte
	dot        float64 // mm
}

// printed gives every page of a PDF.
func printed(t testing.TB, pdf string) []sheet {
	t.Helper()
	const dpi = 150
	root := filepath.Join(t.TempDir(), "page")
	tool(t, "pdftoppm", "-r", fmt.Sprint(dpi), "-gray", pdf, root)
	files, err := filepath.Glob(root + "*.pgm")
	if err != nil || len(files) == 0 {
		t.Fatalf("pages: %v, %v", files, err)
	}
	var all []sheet
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		r, s, top := bufio.NewReader(f), sheet{dot: 25.4 / dpi}, 0
		if _, err := fmt.Fscanf(r, "P5\n%d %d\n%d\n", &s.wide, &s.high, &top); err != nil {
			t.Fatal(err)
		}
		if s.dots, err = io.ReadAll(r); err != nil || len(s.dots) != s.wide*s.high {
			t.Fatalf("%s: %d dots of %d × %d, %v", file, len(s.dots), s.wide, s.high, err)
		}
		f.Close()
		all = append(all, s)
	}
	return all
}

// turned is the sheet as it lies when it is bound: a landscape page turned to the left.
func (s sheet) turned() sheet {
	if s.wide < s.high {
		return s
	}
	to := sheet{wide: s.high, high: s.wide, dot: s.dot, dots: make([]byte, len(s.dots))}
	for y := range s.high {
		for x := range s.wide {
			to.dots[(to.high-1-x)*to.wide+y] = s.dots[y*s.wide+x]
		}
	}
	return to
}

// span is a stretch in mm.
type span struct{ from, to float64 }

func (s span) middle() float64 { return (s.from + s.to) / 2 }

// bands are the stretches with ink, along y or along x, within a part of the sheet in mm.
func (s sheet) bands(x, y span, down bool) []span {
	dot := func(v float64) int { return int(math.Round(v / s.dot)) }
	x0, x1, y0, y1 := dot(x.from), min(dot(x.to), s.wide), dot(y.from), min(dot(y.to), s.high)
	from, to := x0, x1
	if down {
		from, to = y0, y1
	}
	inked := func(i int) bool {
		if down {
			return bytes.IndexFunc(s.dots[i*s.wide+x0:i*s.wide+x1], func(r rune) bool { return r < 128 }) >= 0
		}
		for j := y0; j < y1; j++ {
			if s.dots[j*s.wide+i] < 128 {
				return true
			}
		}
		return false
	}
	var list []span
	for i := from; i < to; i++ {
		switch at := float64(i) * s.dot; {
		case !inked(i):
		case len(list) > 0 && at-list[len(list)-1].to < 1.5*s.dot:
			list[len(list)-1].to = at + s.dot
		default:
			list = append(list, span{at, at + s.dot})
		}
	}
	return list
}

// lines are the lines of text between two heights, the parts of a character put together.
func (s sheet) lines(y span) []span {
	var list []span
	for _, b := range s.bands(span{marginLeft - 3, paperWidth - marginRight + 3}, y, true) {
		if n := len(list); n > 0 && b.to-list[n-1].from < 7 {
			list[n-1].to = b.to
			continue
		}
		list = append(list, b)
	}
	return list
}

// A word of pdftotext, in mm.
type word struct {
	text           string
	x0, x1, y0, y1 float64
}

var wordLine = regexp.MustCompile(`<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*)</word>`)

// words are the words of a page.
func words(t testing.TB, pdf string, page int) []word {
	t.Helper()
	n := fmt.Sprint(page)
	out := tool(t, "pdftotext", "-bbox", "-f", n, "-l", n, pdf, "-")
	var list []word
	for _, m := range wordLine.FindAllStringSubmatch(out, -1) {
		number := func(s string) float64 { v, _ := strconv.ParseFloat(s, 64); return v / mm }
		list = append(list, word{m[5], number(m[1]), number(m[3]), number(m[2]), number(m[4])})
	}
	return list
}
