package sheet

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// compound is an OLE2 file as far as we look at one: its mark, and a directory
// with a name somewhere.
func compound(stream string) []byte {
	b := append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 3000)...)
	return append(append(b, directoryName(stream)...), make([]byte, 500)...)
}

// TestKinds sends what people send under the name .xlsx.
func TestKinds(t *testing.T) {
	office := func(target string) []byte {
		return parts{"[Content_Types].xml": contentTypes, "_rels/.rels": rels("officeDocument", target), target: "<x/>"}.zip(t)
	}
	for name, c := range map[string]struct {
		data []byte
		kind Kind
		word string // must be in what the person reads
	}{
		"png":                {[]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), KindPicture, "图片"},
		"jpeg":               {[]byte("\xff\xd8\xff\xe0\x00\x10JFIF"), KindPicture, "图片"},
		"gif":                {[]byte("GIF89a\x01\x00"), KindPicture, "图片"},
		"webp":               {[]byte("RIFF\x10\x00\x00\x00WEBPVP8 "), KindPicture, "图片"},
		"heic of a phone":    {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), KindPicture, "图片"},
		"bmp":                {[]byte("BM\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), KindPicture, "图片"},
		"pdf":                {[]byte("%PDF-1.4\n"), KindPDF, "PDF"},
		"xls":                {compound("Workbook"), KindOldExcel, "另存为 .xlsx"},
		"xls of Excel 95":    {compound("Book"), KindOldExcel, "另存为 .xlsx"},
		"doc":                {compound("WordDocument"), KindWord, "Word"},
		"ppt":                {compound("PowerPoint Document"), KindSlides, "演示文稿"},
		"msg":                {compound("__substg1.0_0037001F"), KindOffice, "Office"},
		"not Book":           {compound("Bookmarks"), KindOffice, "Office"},
		"docx":               {office("word/document.xml"), KindWord, "Word"},
		"pptx":               {office("ppt/presentation.xml"), KindSlides, "演示文稿"},
		"xlsb":               {office("xl/workbook.bin"), KindBinaryExcel, "xlsb"},
		"ods":                {parts{"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}.zip(t), KindOpenDocument, "ods"},
		"odt":                {parts{"mimetype": "application/vnd.oasis.opendocument.text"}.zip(t), KindOpenText, "文档"},
		"a zip of workbooks": {parts{"a.xlsx": "PK", "b.xlsx": "PK"}.zip(t), KindArchive, "压缩包"},
		"rar":                {[]byte("Rar!\x1a\x07\x01\x00"), KindArchive, "压缩包"},
		"a web page":         {[]byte("\ufeff\r\n<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><table><tr><td>1"), KindWebPage, "网页"},
		"a table of one":     {[]byte("<TABLE border=1><tr><td>1</td></tr></TABLE>"), KindWebPage, "网页"},
		"xml of Excel 2003":  {[]byte("<?xml version=\"1.0\"?>\n<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">"), KindOldXML, "XML"},
		"rtf":                {[]byte(`{\rtf1\ansi`), KindRichText, "RTF"},
		"a program":          {append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 200)...), KindUnknownBinary, "不是表格"},
	} {
		_, err := openBytes(c.data, "台账.xlsx", DefaultLimits())
		e, ok := errors.AsType[*FileError](err)
		if !ok || e.Fault != WrongKind || e.Kind != c.kind {
			t.Errorf("%s: %v, want %s", name, err, c.kind)
			continue
		}
		if why := e.Why(); !strings.Contains(why, c.word) || !strings.Contains(why, "“台账.xlsx”") {
			t.Errorf("%s: %s", name, why)
		}
	}
}

func TestFileFaults(t *testing.T) {
	check := func(name string, data []byte, fault Fault, word string) {
		t.Helper()
		_, err := openBytes(data, `C:\Users\张三\台账.xlsx`, DefaultLimits())
		e, ok := errors.AsType[*FileError](err)
		if !ok || e.Fault != fault {
			t.Errorf("%s: %v, want %s", name, err, fault)
			return
		}
		if !strings.Contains(e.Why(), word) || strings.Contains(e.Why(), "Users") {
			t.Errorf("%s: %s", name, e.Why())
		}
	}
	check("empty", nil, EmptyFile, "0字节")
	check("encrypted", compound("EncryptedPackage"), Encrypted, "去掉密码")
	check("a zip without parts", []byte("PK\x05\x06"+strings.Repeat("\x00", 18)), WrongKind, "压缩包")
	check("cut off", []byte("PK\x03\x04 and then the line broke"), Broken, "损坏")
}

// TestRealEncryption: a workbook with a password, as excelize makes one.
func TestRealEncryption(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	var b bytes.Buffer
	if err := f.Write(&b, excelize.Options{Password: "水宣"}); err != nil {
		t.Fatal(err)
	}
	if _, err := openBytes(b.Bytes(), "a.xlsx", DefaultLimits()); FaultOf(err) != Encrypted {
		t.Errorf("got %v", err)
	}
}

// TestNameIsNotBelieved: the content decides.
func TestNameIsNotBelieved(t *testing.T) {
	book := plainBook(`<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>`).zip(t)
	for _, name := range []string{"a.csv", "a.xls", "a.png", "a", ""} {
		if got := show(mustRead(t, book, name)); got != "1: 1" {
			t.Errorf("%s: %s", name, got)
		}
		if got := show(mustRead(t, []byte("a,b"), name+".xlsx")); got != "1: a|b" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestCompoundAcrossSteps puts the directory where two reads meet.
func TestCompoundAcrossSteps(t *testing.T) {
	b := append(compound("x"), make([]byte, 3<<20)...)
	copy(b[1<<20-9:], directoryName("Workbook"))
	kind, err := sniff(bytes.NewReader(b), int64(len(b)))
	if kind != KindOldExcel || err != nil {
		t.Errorf("got %s %v", kind, err)
	}
}

// TestEveryFaultHasWords: no person is ever shown a blank.
func TestEveryFaultHasWords(t *testing.T) {
	fallback := (&FileError{}).reason()
	for _, f := range []Fault{EmptyFile, FileTooLarge, Encrypted, Broken, Bomb, TooManyParts, TooManyTexts, TooManyRows, TooManyColumns, TooManyMerges, CellTooLong, RowTooLong, NulByte, NotText, OpenQuote, NoVisibleSheet, NoSuchSheet} {
		if why := (&FileError{Fault: f}).reason(); why == fallback {
			t.Errorf("no words for %s", f)
		}
	}
	for _, f := range []Fault{Missing, NotANumber, Negative, NotFinite, Approximate, TwoNumbers, NotADate, NoYear, ShortYear, YearLast, NoMonth, NoDay, NoSuchMonth, NoSuchDay, FarOff, TwoDates, NotComputed} {
		if why := (&CellError{Fault: f, Text: "x"}).Why(); strings.HasSuffix(why, "无法识别，请改正后重传") {
			t.Errorf("no words for %s", f)
		}
	}
	for _, k := range []Kind{KindPicture, KindPDF, KindWord, KindSlides, KindOldExcel, KindBinaryExcel, KindOpenDocument, KindOpenText, KindWebPage, KindOldXML, KindRichText, KindArchive, KindOffice, KindUnknownBinary} {
		if kindWords[k] == "" {
			t.Errorf("no words for %s", k)
		}
	}
}
