package sheet

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
)

// Kind is what a file turned out to be.
type Kind string

// Kinds that aren't read, each of which has been sent under the name .xlsx.
const (
	KindPicture       Kind = "picture"
	KindPDF           Kind = "pdf"
	KindWord          Kind = "word document"
	KindSlides        Kind = "presentation"
	KindOldExcel      Kind = "xls of Excel 97-2003"
	KindBinaryExcel   Kind = "xlsb"
	KindOpenDocument  Kind = "open document spreadsheet"
	KindOpenText      Kind = "open document text"
	KindWebPage       Kind = "web page"
	KindOldXML        Kind = "XML spreadsheet 2003"
	KindRichText      Kind = "rich text"
	KindArchive       Kind = "archive"
	KindOffice        Kind = "unknown office file"
	KindUnknownBinary Kind = "unknown binary file"

	kindZip  Kind = "zip"
	kindText Kind = "text"
)

// magics are the first bytes by which files are known.
var magics = []struct {
	prefix string
	kind   Kind
}{
	{"PK\x03\x04", kindZip},
	{"PK\x05\x06", kindZip}, // an archive without parts
	{"%PDF", KindPDF},
	{"\x89PNG", KindPicture},
	{"\xff\xd8\xff", KindPicture},
	{"GIF8", KindPicture},
	{"II*\x00", KindPicture},
	{"MM\x00*", KindPicture},
	{"{\\rtf", KindRichText},
	{"Rar!", KindArchive},
	{"7z\xbc\xaf\x27\x1c", KindArchive},
	{"\x1f\x8b", KindArchive},
}

// sniff looks at the content only: a name is what somebody typed.
func sniff(r io.ReaderAt, size int64) (Kind, error) {
	head := make([]byte, min(size, 4096))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return "", err
	}
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.prefix)) {
			return m.kind, nil
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return sniffCompound(r, size)
	case len(head) >= 12 && (string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP" || string(head[4:8]) == "ftyp"):
		return KindPicture, nil
	case bytes.HasPrefix(head, []byte("BM")) && len(head) > 6 && int64(binary.LittleEndian.Uint32(head[2:])) == size:
		return KindPicture, nil
	}
	return sniffText(head), nil
}

// sniffText tells tables from pages: many systems hand out a web page or the XML
// of Excel 2003 under the name .xls, and as text it would be read as one column.
func sniffText(head []byte) Kind {
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	for _, p := range []string{"<!doctype html", "<html", "<table", "<meta", "<head", "<style"} {
		if bytes.HasPrefix(text, []byte(p)) {
			return KindWebPage
		}
	}
	if bytes.HasPrefix(text, []byte("<?xml")) {
		switch {
		case bytes.Contains(text, []byte("urn:schemas-microsoft-com:office:spreadsheet")):
			return KindOldXML
		case bytes.Contains(text, []byte("<html")):
			return KindWebPage
		}
	}
	if binaryLook(head) {
		return KindUnknownBinary
	}
	return kindText
}

// binaryLook is true for what is neither text nor nearly text. A single NUL is
// left to the CSV reader, which can say in which row it stands.
func binaryLook(head []byte) bool {
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return false
	}
	control := 0
	for _, b := range head {
		if b < ' ' && b != '\t' && b != '\n' && b != '\r' && b != '\f' {
			control++
		}
	}
	return control > 1+len(head)/20
}

// sniffCompound tells what an OLE2 file holds by the names in its directory, which
// are UTF-16 and may lie in any sector. Reading the file once through is quicker than
// following its tables, and can't be led in a circle.
func sniffCompound(r io.ReaderAt, size int64) (Kind, error) {
	// In this order: an encrypted workbook has nothing else, and a workbook
	// with an embedded Word text is still a workbook.
	streams := []struct {
		name string
		kind Kind
	}{
		{"EncryptedPackage", kindEncrypted},
		{"Workbook", KindOldExcel},
		{"Book", KindOldExcel},
		{"WordDocument", KindWord},
		{"PowerPoint Document", KindSlides},
	}
	found := make([]bool, len(streams))
	const step = 1 << 20
	const overlap = 64
	buf := make([]byte, min(size, step+overlap))
	for at := int64(0); at < size; at += step {
		n, err := r.ReadAt(buf[:min(int64(len(buf)), size-at)], at)
		if err != nil && err != io.EOF {
			return "", err
		}
		for i, s := range streams {
			found[i] = found[i] || bytes.Contains(buf[:n], directoryName(s.name))
		}
	}
	for i, s := range streams {
		if !found[i] {
			continue
		}
		if s.kind == kindEncrypted {
			return "", &FileError{Fault: Encrypted}
		}
		return s.kind, nil
	}
	return KindOffice, nil
}

const kindEncrypted Kind = "encrypted"

// directoryName is a stream's name as an OLE2 directory entry writes it, with the
// zero at its end, so that "Book" isn't found in "Bookmarks".
func directoryName(name string) []byte {
	var b []byte
	for _, u := range append(utf16.Encode([]rune(name)), 0) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}
