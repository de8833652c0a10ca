package sheet

import (
	"context"
	"io"
	"path"
	"strings"
)

// workbook is an .xlsx or .xlsm file.
type workbook struct {
	archive  *archive
	limits   Limits
	tabs     []tab // visible worksheets, in order
	date1904 bool
	dateXf   []bool // by style number of a cell: is it shown as a date

	textsPart string
	texts     []string // shared strings, read when the first sheet is
	textsRead bool
}

// tab is a worksheet as the list of sheets has it.
type tab struct{ name, part string }

func openWorkbook(ctx context.Context, r io.ReaderAt, size int64, limits Limits) (*workbook, error) {
	a, err := openArchive(r, size, limits)
	if err != nil {
		return nil, err
	}
	main, err := mainPart(ctx, a)
	if err != nil {
		return nil, err
	}
	w := &workbook{archive: a, limits: limits}
	rels, err := readRelations(ctx, a, main)
	if err != nil {
		return nil, err
	}
	if err := w.readTabs(ctx, main, rels); err != nil {
		return nil, err
	}
	if len(w.tabs) == 0 {
		return nil, &FileError{Fault: NoVisibleSheet}
	}
	for _, rel := range rels {
		switch rel.kind {
		case "styles":
			if a.has(rel.part) {
				if w.dateXf, err = readStyles(ctx, a, rel.part); err != nil {
					return nil, err
				}
			}
		case "sharedStrings":
			w.textsPart = rel.part
		}
	}
	return w, nil
}

// mainPart finds the list of sheets. An archive that has none is some other file
// which also is a zip; most often it was given the name .xlsx by hand.
func mainPart(ctx context.Context, a *archive) (string, error) {
	if a.has("_rels/.rels") {
		rels, err := readRelations(ctx, a, "")
		if err != nil {
			return "", err
		}
		for _, rel := range rels {
			if rel.kind == "officeDocument" {
				switch {
				case strings.HasPrefix(partName(rel.part), "word/"):
					return "", &FileError{Fault: WrongKind, Kind: KindWord}
				case strings.HasPrefix(partName(rel.part), "ppt/"):
					return "", &FileError{Fault: WrongKind, Kind: KindSlides}
				case strings.HasSuffix(partName(rel.part), ".bin"):
					return "", &FileError{Fault: WrongKind, Kind: KindBinaryExcel}
				}
				return rel.part, nil
			}
		}
	}
	if a.has("xl/workbook.xml") {
		return "xl/workbook.xml", nil
	}
	return "", &FileError{Fault: WrongKind, Kind: zipKind(ctx, a)}
}

func zipKind(ctx context.Context, a *archive) Kind {
	if a.has("mimetype") {
		if p, err := a.openHeld(ctx, "mimetype"); err == nil {
			defer p.Close()
			text, _ := io.ReadAll(io.LimitReader(p, 100))
			switch {
			case strings.Contains(string(text), "opendocument.spreadsheet"):
				return KindOpenDocument
			case strings.Contains(string(text), "opendocument.text"):
				return KindOpenText
			}
		}
	}
	return KindArchive
}

// relation says which part plays a role for another one.
type relation struct{ id, kind, part string }

// readRelations reads what a part refers to inside the archive; "" is the archive itself.
func readRelations(ctx context.Context, a *archive, of string) ([]relation, error) {
	dir, base := path.Split(of)
	p, err := a.openHeld(ctx, dir+"_rels/"+base+".rels")
	if err != nil {
		return nil, err
	}
	defer p.Close()
	var rels []relation
	m := newMarkup(p)
	for {
		kind, err := m.next()
		if err == io.EOF {
			return rels, nil
		}
		if err != nil {
			return nil, p.fault(err)
		}
		if kind != openTag || string(m.name) != "Relationship" {
			continue
		}
		var rel relation
		outside := false
		for {
			name, value, ok := m.attr()
			if !ok {
				break
			}
			text, err := attrText(value)
			if err != nil {
				return nil, p.fault(err)
			}
			switch string(name) {
			case "Id":
				rel.id = text
			case "Type":
				rel.kind = path.Base(text) // the same last word in the strict and the usual dialect
			case "Target":
				rel.part = text
			case "TargetMode":
				outside = text == "External"
			}
		}
		if outside {
			continue
		}
		if strings.HasPrefix(rel.part, "/") {
			rel.part = rel.part[1:]
		} else {
			rel.part = path.Join(dir, rel.part)
		}
		rels = append(rels, rel)
	}
}

// readTabs reads the list of sheets and how days are counted.
func (w *workbook) readTabs(ctx context.Context, main string, rels []relation) error {
	worksheets := make(map[string]string)
	for _, rel := range rels {
		if rel.kind == "worksheet" { // chart and dialog sheets have no rows
			worksheets[rel.id] = rel.part
		}
	}
	p, err := w.archive.openHeld(ctx, main)
	if err != nil {
		return err
	}
	defer p.Close()
	m := newMarkup(p)
	for {
		kind, err := m.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return p.fault(err)
		}
		if kind != openTag {
			continue
		}
		switch string(m.name) {
		case "workbookPr":
			for {
				name, value, ok := m.attr()
				if !ok {
					break
				}
				if string(name) == "date1904" {
					w.date1904 = attrTrue(value)
				}
			}
		case "sheet":
			t, visible, err := w.readTab(m, worksheets)
			if err != nil {
				return p.fault(err)
			}
			if visible {
				w.tabs = append(w.tabs, t)
			}
		}
	}
}

func (w *workbook) readTab(m *markup, worksheets map[string]string) (t tab, visible bool, err error) {
	visible = true
	for {
		name, value, ok := m.attr()
		if !ok {
			break
		}
		switch string(name) {
		case "name":
			if t.name, err = attrText(value); err != nil {
				return t, false, err
			}
		case "state":
			visible = string(value) == "visible"
		case "id": // r:id; sheetId is another thing
			t.part = worksheets[string(value)]
		}
	}
	return t, visible && t.part != "" && w.archive.has(t.part), nil
}

// readStyles finds which cell styles show a number as a date.
func readStyles(ctx context.Context, a *archive, part string) ([]bool, error) {
	p, err := a.openHeld(ctx, part)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	custom := make(map[int]bool)
	var dates []bool
	inXfs := false
	m := newMarkup(p)
	for {
		kind, err := m.next()
		if err == io.EOF {
			return dates, nil
		}
		if err != nil {
			return nil, p.fault(err)
		}
		switch string(m.name) {
		case "cellXfs":
			if kind != textPiece {
				inXfs = kind == openTag && !m.empty
			}
		case "numFmt":
			if kind != openTag {
				continue
			}
			id, code, err := numberFormat(m)
			if err != nil {
				return nil, p.fault(err)
			}
			custom[id] = dateFormat(code)
		case "xf":
			if kind != openTag || !inXfs {
				continue
			}
			if len(dates) >= 1<<16 {
				return nil, &FileError{Fault: Broken, Part: part}
			}
			id, _, err := numberFormat(m)
			if err != nil {
				return nil, p.fault(err)
			}
			isDate, ok := custom[id]
			dates = append(dates, isDate || !ok && builtinDate(id))
		}
	}
}

// numberFormat reads a tag's numFmtId and formatCode.
func numberFormat(m *markup) (id int, code string, err error) {
	for {
		name, value, ok := m.attr()
		if !ok {
			return id, code, err
		}
		switch string(name) {
		case "numFmtId":
			id, _ = attrInt(value)
		case "formatCode":
			if code, err = attrText(value); err != nil {
				return id, code, err
			}
		}
	}
}

// builtinDate knows the formats that have a number and no code. 27 to 36 and 50
// to 58 are dates in Chinese, Japanese and Korean editions; 18 to 21 and 45 to 47
// are times of day without a date.
func builtinDate(id int) bool {
	return id >= 14 && id <= 17 || id == 22 || id >= 27 && id <= 31 || id == 36 || id >= 50 && id <= 54 || id == 57 || id == 58
}

// dateFormat reports whether a format code shows a date: it asks for a year or a
// day, or for a month and no time. What is quoted, escaped or in
// brackets is text, colour or language.
func dateFormat(code string) bool {
	day, month, clock := false, false, false
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case ';': // the form for negative numbers; dates have none
			i = len(code)
		case '"':
			if n := strings.IndexByte(code[i+1:], '"'); n >= 0 {
				i += n + 1
			} else {
				i = len(code)
			}
		case '[':
			if n := strings.IndexByte(code[i:], ']'); n >= 0 {
				i += n
			} else {
				i = len(code)
			}
		case '\\', '_', '*':
			i++
		case 'y', 'Y', 'd', 'D':
			day = true
		case 'm', 'M':
			month = true
		case 'h', 'H', 's', 'S':
			clock = true
		case 'G', 'g':
			if len(code) >= i+7 && strings.EqualFold(code[i:i+7], "General") {
				i += 6
			}
		}
	}
	return day || month && !clock
}

func (w *workbook) sheets() []string {
	names := make([]string, len(w.tabs))
	for i, t := range w.tabs {
		names[i] = t.name
	}
	return names
}

func (w *workbook) dates() DateOptions { return DateOptions{Date1904: w.date1904} }

func (w *workbook) rows(ctx context.Context, name string) (cursor, error) {
	for _, t := range w.tabs {
		if t.name == name {
			if err := w.readTexts(ctx); err != nil {
				return nil, err
			}
			return openWorksheet(ctx, w, t.part)
		}
	}
	return nil, &FileError{Fault: NoSuchSheet}
}

// textsBlock is how much of the shared texts is kept in one piece of memory:
// a piece per text would be a million small ones.
const textsBlock = 64 << 10

// readTexts reads the table of texts that the cells refer to.
func (w *workbook) readTexts(ctx context.Context) error {
	if w.textsRead || w.textsPart == "" || !w.archive.has(w.textsPart) {
		return nil
	}
	p, err := w.archive.open(ctx, w.textsPart)
	if err != nil {
		return err
	}
	defer p.Close()
	var block []byte
	var ends []int
	flush := func() {
		w.texts = appendPieces(w.texts, block, ends)
		block, ends = block[:0], ends[:0]
	}
	m := newMarkup(p)
	for {
		kind, err := m.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return p.fault(err)
		}
		if kind == openTag && string(m.name) == "sst" {
			w.texts = make([]string, 0, w.expectedTexts(m, p.size))
		}
		if kind != openTag || string(m.name) != "si" {
			continue
		}
		if n := len(w.texts) + len(ends); n >= w.limits.SharedStrings {
			return &FileError{Fault: TooManyTexts, Size: int64(n), Limit: int64(w.limits.SharedStrings)}
		}
		if !m.empty {
			// A text over the limit is cut just past it: which cell uses it, if any
			// does, is known only when the cell is read, and is told there.
			if block, err = readText(m, block, "si", w.limits.CellBytes); err != nil {
				return p.fault(err)
			}
		}
		ends = append(ends, len(block))
		if len(block) > textsBlock {
			flush()
		}
	}
	flush()
	w.textsRead = true
	return nil
}

// expectedTexts believes the count the table of texts gives, as far as that many would
// fit into the part and we would take them: growing a list of 800,000 step by
// step leaves twice its size behind.
func (w *workbook) expectedTexts(m *markup, size int64) int {
	for {
		name, value, ok := m.attr()
		if !ok {
			return 0
		}
		if string(name) == "uniqueCount" {
			n, _ := attrInt(value)
			return min(n, w.limits.SharedStrings, int(size/int64(len("<si><t>x</t></si>"))))
		}
	}
}

// readText adds the text of a rich text element to dst, up to its end tag: the
// runs without their fonts, and without the reading aids (rPh) of Asian texts.
// It holds at most limit+1 bytes and leaves out the rest.
func readText(m *markup, dst []byte, until string, limit int) ([]byte, error) {
	start := len(dst)
	aid, inText := 0, false
	for {
		kind, err := m.next()
		if err != nil {
			return dst, unexpected(err)
		}
		switch kind {
		case openTag:
			switch {
			case m.empty:
			case string(m.name) == "rPh":
				aid++
			case string(m.name) == "t":
				inText = true
			}
		case shutTag:
			switch string(m.name) {
			case "rPh":
				aid--
			case "t":
				inText = false
			case until:
				return unescape(dst, start), nil
			}
		case textPiece:
			if !inText || aid > 0 || len(dst)-start > limit {
				continue
			}
			if dst, err = appendText(dst, m.text, m.plain); err != nil {
				return dst, err
			}
			if len(dst)-start > limit {
				dst = dst[:start+limit+1]
			}
		}
	}
}

// unexpected is the end of a part in the middle of an element.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
