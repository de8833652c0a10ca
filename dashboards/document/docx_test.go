package document

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"shuixuan/dashboards/document/documenttest"
)

// unpacked gives the parts of a .docx.
func unpacked(t testing.TB, docx []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(docx), int64(len(docx)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := parts[f.Name]; twice {
			t.Errorf("%s is in the package twice", f.Name)
		}
		parts[f.Name] = content
	}
	return parts
}

func docxOf(t testing.TB, d Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteDocx(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// attributes lists the values of attributes of a part by their names.
func attributes(t testing.TB, name string, content []byte) map[string][]string {
	t.Helper()
	list := map[string][]string{}
	for d := xml.NewDecoder(bytes.NewReader(content)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if start, ok := token.(xml.StartElement); ok {
			for _, a := range start.Attr {
				key := a.Name.Local
				if a.Name.Space == relationships {
					key = "r:" + key
				}
				list[key] = append(list[key], a.Value)
			}
		}
	}
}

// targets are the parts that relations lead to; addresses outside are left out.
func targets(t testing.TB, content []byte) []string {
	t.Helper()
	var all struct {
		Relationship []struct {
			Target     string `xml:",attr"`
			TargetMode string `xml:",attr"`
		}
	}
	if err := xml.Unmarshal(content, &all); err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, to := range all.Relationship {
		if to.TargetMode == "External" {
			if _, err := url.ParseRequestURI(to.Target); err != nil && !strings.HasPrefix(to.Target, "exhibits/") {
				t.Errorf("%s is no address: %v", to.Target, err)
			}
			continue
		}
		list = append(list, to.Target)
	}
	return list
}

// TestPackage: every part is XML, has a type, and is led to; every relation leads to a part
// and is used; bookmarks have one id and one name each.
func TestPackage(t *testing.T) {
	parts := unpacked(t, docxOf(t, example(t)))
	types := attributes(t, "types", parts["[Content_Types].xml"])
	led := map[string]bool{"[Content_Types].xml": true}
	for name, content := range parts {
		ending := strings.TrimPrefix(path.Ext(name), ".")
		if name != "[Content_Types].xml" && !slices.Contains(types["PartName"], "/"+name) && !slices.Contains(types["Extension"], ending) {
			t.Errorf("%s has no content type", name)
		}
		if ending != "xml" && ending != "rels" {
			continue
		}
		if ending == "rels" {
			led[name] = true
			for _, to := range targets(t, content) {
				at := path.Join(path.Dir(path.Dir(name)), to)
				if _, ok := parts[at]; !ok {
					t.Errorf("%s leads to %s, which is not there", name, at)
				}
				led[at] = true
			}
			continue
		}
		found := attributes(t, name, content)
		relations := path.Join(path.Dir(name), "_rels", path.Base(name)+".rels")
		ids := attributes(t, relations, parts[relations])["Id"]
		for _, id := range slices.Concat(found["r:id"], found["r:embed"]) {
			if !slices.Contains(ids, id) {
				t.Errorf("%s uses %s, which %s has not", name, id, relations)
			}
		}
	}
	for name := range parts {
		if !led[name] {
			t.Errorf("nothing leads to %s", name)
		}
	}
	for _, name := range types["PartName"] {
		if _, ok := parts[strings.TrimPrefix(name, "/")]; !ok {
			t.Errorf("%s has a type and is not there", name)
		}
	}
	body := parts["word/document.xml"]
	if opened, closed := bytes.Count(body, []byte("<w:bookmarkStart")), bytes.Count(body, []byte("<w:bookmarkEnd")); opened != 3 || opened != closed {
		t.Errorf("%d bookmarks begin and %d end, want the 3 that are named", opened, closed)
	}
	if links := bytes.Count(body, []byte("<w:hyperlink")); links != 48 || bytes.Contains(body, []byte("javascript")) {
		t.Errorf("%d links, want 3 of the text and 45 of the tables, and none to a script", links)
	}
}

// TestSchemas: Microsoft's validator finds nothing to say about the example and about the
// workbooks behind its charts, and does find what is wrong with a bad one.
func TestSchemas(t *testing.T) {
	if _, err := os.Stat("../../node_modules/@ooxml-tools/validate"); err != nil {
		documenttest.Missing(t, "@ooxml-tools/validate in node_modules")
	}
	folder := t.TempDir()
	good := docxOf(t, example(t))
	files := map[string][]byte{"good.docx": good, "empty.docx": docxOf(t, Document{}), "bad.docx": bytes.Clone(good)}
	for name, content := range unpacked(t, good) {
		if path.Ext(name) == ".xlsx" {
			files[path.Base(name)] = content
		}
	}
	files["bad.docx"] = repacked(t, good, "word/document.xml", `<w:jc w:val="left"/>`, `<w:jc w:val="sideways"/>`)
	arguments := []string{"testdata/validate.mjs"}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, files[name], 0o600); err != nil {
			t.Fatal(err)
		}
		arguments = append(arguments, file)
	}
	out, err := exec.Command("node", arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("node: %v: %s", err, out)
	}
	for name := range files {
		clean := strings.Contains(string(out), name+": 0 faults")
		if clean == (name == "bad.docx") {
			t.Errorf("%s: without faults = %t:\n%s", name, clean, out)
		}
	}
}

// repacked changes a part.
func repacked(t testing.TB, docx []byte, name, from, to string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for part, content := range unpacked(t, docx) {
		if part == name {
			if !bytes.Contains(content, []byte(from)) {
				t.Fatalf("%s has no %s", name, from)
			}
			content = bytes.Replace(content, []byte(from), []byte(to), 1)
		}
		f, err := z.Create(part)
		if err == nil {
			_, err = f.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestRoundTrip: LibreOffice reads the .docx, and what it writes of it has all headings,
// tables, charts, pictures and sections.
func TestRoundTrip(t *testing.T) {
	file := written(t, example(t), "a.docx", WriteDocx)
	documenttest.Converted(t, "odt", file)
	odt, err := os.ReadFile(strings.TrimSuffix(file, "docx") + "odt")
	if err != nil {
		t.Fatal(err)
	}
	parts := unpacked(t, odt)
	count := func(part, what string, want int) {
		t.Helper()
		if got := len(regexp.MustCompile(what).FindAll(parts[part], -1)); got != want {
			t.Errorf("%d × %s, want %d", got, what, want)
		}
	}
	count("content.xml", `<text:h `, 10)
	count("content.xml", `<table:table `, 2)
	count("content.xml", `<table:table-header-rows>`, 2)
	count("META-INF/manifest.xml", `manifest:media-type="application/vnd.oasis.opendocument.chart"`, 6)
	count("content.xml", `<draw:image `, 2+6)                 // and one for each chart
	count("content.xml", `style:master-page-name="[^"]+"`, 2) // turned, and upright again
	count("styles.xml", `style:print-orientation="landscape"`, 1)
	bars := 0
	for name, content := range parts {
		if strings.HasSuffix(name, "/content.xml") {
			bars += len(regexp.MustCompile(`<chart:error-indicator `).FindAll(content, -1))
		}
	}
	if bars != 2 {
		t.Errorf("%d series with intervals, want 2", bars)
	}
}

// TestSameBytes: the same document gives the same bytes, in both ways, and the instant of
// making is the document's.
func TestSameBytes(t *testing.T) {
	first := docxOf(t, example(t))
	if !bytes.Equal(first, docxOf(t, example(t))) {
		t.Error("two .docx of one document differ")
	}
	if core := string(unpacked(t, first)["docProps/core.xml"]); !strings.Contains(core, ">2014-11-03T01:02:03Z</dcterms:created>") {
		t.Errorf("properties: %s", core)
	}
	var pages [2]bytes.Buffer
	for i := range pages {
		if err := WriteHTML(&pages[i], example(t)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(pages[0].Bytes(), pages[1].Bytes()) {
		t.Error("two pages of one document differ")
	}
}

// TestDataBehindChart: the workbook behind a chart has its names, values and intervals where
// the chart looks for them, and the whole of a long name.
func TestDataBehindChart(t *testing.T) {
	c := Chart{Caption: "图", Kind: Grouped, Unit: "%", Target: &Target{"目标", 80}, Categories: []string{"甲", hostile}, Series: []Series{
		{"第一次", []Point{{Value: 71, Lower: 66, Upper: 75.5, Interval: true}, {Missing: true}}}, {"第二次", points(5, 6)}}}
	parts := unpacked(t, docxOf(t, Document{Blocks: []Block{c}}))
	f, err := excelize.OpenReader(bytes.NewReader(parts["word/embeddings/chart1.xlsx"]))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"", "第一次", "第二次", "目标 80%", "第一次 区间向下", "第一次 区间向上"}, {"甲", "71", "5", "80", "5", "4.5"}, {oneLine(hostile), "", "6", "80"}}
	if !slices.EqualFunc(rows, want, slices.Equal) {
		t.Errorf("rows %q, want %q", rows, want)
	}
	chart := string(parts["word/charts/chart1.xml"])
	for _, reference := range []string{"Sheet1!$A$2:$A$3", "Sheet1!$B$2:$B$3", "Sheet1!$C$1", "Sheet1!$D$2:$D$3", "<c:plus><c:numRef><c:f>Sheet1!$F$2:$F$3<", "<c:minus><c:numRef><c:f>Sheet1!$E$2:$E$3<"} {
		if !strings.Contains(chart, reference) {
			t.Errorf("chart does not look at %s:\n%s", reference, chart)
		}
	}
}
