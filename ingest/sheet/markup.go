package sheet

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
)

// markup scans the XML that workbooks are made of: tags, text, nothing else.
//
// It isn't encoding/xml, for two reasons. That one keeps any text, comment or
// attribute whole before one can look at it, so a hostile part decides how
// much memory we use; here text comes in pieces and a tag has a longest length. And
// it spends most of its time on name spaces and on copies: the tokens of a
// worksheet of 76 MB take it 5 to 8 s where these take 0.45 s.
//
// What it leaves out on purpose: a document type is refused (no spreadsheet program writes
// one, and its entities are how XML is made to explode), and name space
// prefixes are dropped, since the parts we read use no name twice.
type markup struct {
	src  io.Reader
	buf  []byte
	pos  int // start of what wasn't looked at yet
	end  int // end of what was read
	eof  bool
	err  error
	cdat bool // inside <![CDATA[

	name  []byte // of the tag, without prefix; valid until the next token
	attrs []byte // rest of the tag
	empty bool   // <tag/>
	text  []byte // one piece of text, raw
	plain bool   // text has no entities (CDATA)
}

type token int

const (
	openTag token = iota
	shutTag
	textPiece
)

const (
	markupBuffer = 64 << 10
	longestTag   = 32 << 10
)

var (
	errLongTag = errors.New("a tag of more than 32 KiB")
	errDoctype = errors.New("a document type declaration")
	errEntity  = errors.New("an unknown entity")
	errBadTag  = errors.New("a tag that isn't one")
)

func newMarkup(r io.Reader) *markup {
	m := &markup{src: r, buf: make([]byte, markupBuffer)}
	m.fill()
	if head := m.buf[:m.end]; bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		// UTF-16 is allowed for any XML part; nobody has sent one yet.
		rest := io.MultiReader(bytes.NewReader(bytes.Clone(head)), r)
		m.src = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Reader(rest)
		m.end, m.eof, m.err = 0, false, nil
		m.fill()
	}
	m.pos = len(bytes.TrimPrefix(m.buf[:m.end], []byte("\xef\xbb\xbf")))
	m.pos = m.end - m.pos
	return m
}

// fill reads more behind what is left, which moves to the front.
// It reports whether there is more than before.
func (m *markup) fill() bool {
	if m.eof || m.err != nil {
		return false
	}
	if m.pos > 0 {
		copy(m.buf, m.buf[m.pos:m.end])
		m.end -= m.pos
		m.pos = 0
	}
	before := m.end
	for m.end < len(m.buf) && m.end-before < 4096 {
		n, err := m.src.Read(m.buf[m.end:])
		m.end += n
		if err == io.EOF {
			m.eof = true
			break
		}
		if err != nil {
			m.err = err
			break
		}
	}
	return m.end > before
}

// next finds the next tag or piece of text. After a tag, name and attrs are set; after
// text, text is.
func (m *markup) next() (token, error) {
	for {
		if m.pos == m.end && !m.fill() {
			return 0, m.ended()
		}
		if m.cdat {
			if m.cdataPiece() {
				return textPiece, nil
			}
			continue
		}
		if m.buf[m.pos] != '<' {
			if m.piece() {
				return textPiece, nil
			}
			continue
		}
		for m.end-m.pos < 2 {
			if !m.fill() {
				return 0, m.ended()
			}
		}
		switch m.buf[m.pos+1] {
		case '?':
			if err := m.skip("?>"); err != nil {
				return 0, err
			}
		case '!':
			if err := m.declaration(); err != nil {
				return 0, err
			}
		default:
			return m.tag()
		}
	}
}

// ended is what to say when there is no more: the cause, or the plain end.
func (m *markup) ended() error {
	if m.err != nil {
		return m.err
	}
	return io.EOF
}

// piece takes text up to the next tag or to the end of the buffer. An entity or
// a carriage return that the buffer's end cuts off waits for the rest.
func (m *markup) piece() bool {
	window := m.buf[m.pos:m.end]
	n := bytes.IndexByte(window, '<')
	if n < 0 {
		n = len(window)
		if !m.eof && m.err == nil {
			tail := max(0, n-12)
			if at := bytes.LastIndexByte(window[tail:], '&'); at >= 0 && bytes.IndexByte(window[tail+at:], ';') < 0 {
				n = tail + at
			} else if window[n-1] == '\r' {
				n--
			}
			if n == 0 {
				return !m.fill() && m.take(m.end-m.pos)
			}
		}
	}
	return m.take(n)
}

func (m *markup) take(n int) bool {
	m.text, m.plain = m.buf[m.pos:m.pos+n], false
	m.pos += n
	return n > 0
}

// cdataPiece takes text up to the end of the CDATA section or of the buffer.
func (m *markup) cdataPiece() bool {
	window := m.buf[m.pos:m.end]
	if n := bytes.Index(window, []byte("]]>")); n >= 0 {
		m.text, m.plain = window[:n], true
		m.pos += n + 3
		m.cdat = false
		return n > 0
	}
	n := len(window)
	if !m.eof && m.err == nil {
		n -= 2 // may be the start of its end
	}
	if n <= 0 {
		if !m.fill() {
			m.pos = m.end
		}
		return false
	}
	m.text, m.plain = window[:n], true
	m.pos += n
	return true
}

// skip passes over everything up to and with the mark, holding none of it.
func (m *markup) skip(mark string) error {
	for {
		window := m.buf[m.pos:m.end]
		if n := bytes.Index(window, []byte(mark)); n >= 0 {
			m.pos += n + len(mark)
			return nil
		}
		m.pos += max(0, len(window)-len(mark)+1)
		if !m.fill() {
			return io.ErrUnexpectedEOF
		}
	}
}

func (m *markup) declaration() error {
	const cdata = "<![CDATA["
	for m.end-m.pos < len(cdata) && m.fill() {
	}
	window := m.buf[m.pos:m.end]
	switch {
	case bytes.HasPrefix(window, []byte("<!--")):
		m.pos += 4
		return m.skip("-->")
	case bytes.HasPrefix(window, []byte(cdata)):
		m.pos += len(cdata)
		m.cdat = true
		return nil
	}
	return errDoctype
}

// tag takes one tag whole; a '>' inside quotes doesn't end it.
func (m *markup) tag() (token, error) {
	at := 1
	var quote byte
	for {
		window := m.buf[m.pos:m.end]
		for ; at < len(window); at++ {
			b := window[at]
			if quote != 0 {
				if b == quote {
					quote = 0
				}
			} else if b == '>' {
				return m.parseTag(window[1:at], at+1)
			} else if b == '"' || b == '\'' {
				quote = b
			}
		}
		if at > longestTag {
			return 0, errLongTag
		}
		if !m.fill() {
			if m.err != nil {
				return 0, m.err
			}
			return 0, io.ErrUnexpectedEOF
		}
	}
}

func (m *markup) parseTag(tag []byte, length int) (token, error) {
	m.pos += length
	if length > longestTag {
		return 0, errLongTag
	}
	kind := openTag
	if len(tag) > 0 && tag[0] == '/' {
		kind, tag = shutTag, tag[1:]
	}
	m.empty = false
	if n := len(tag); kind == openTag && n > 0 && tag[n-1] == '/' {
		m.empty, tag = true, tag[:n-1]
	}
	n := 0
	colon := -1
	for n < len(tag) && !blankByte(tag[n]) {
		if tag[n] == ':' {
			colon = n
		}
		n++
	}
	if n == 0 || colon == n-1 {
		return 0, errBadTag
	}
	m.name, m.attrs = tag[colon+1:n], tag[n:]
	return kind, nil
}

func blankByte(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

// attr takes the next attribute of the tag, its name without prefix and its value
// as it is written. ok is false after the last one.
func (m *markup) attr() (name, value []byte, ok bool) {
	a := m.attrs
	at := 0
	for at < len(a) && blankByte(a[at]) {
		at++
	}
	start := at
	for at < len(a) && a[at] != '=' && !blankByte(a[at]) {
		if a[at] == ':' {
			start = at + 1
		}
		at++
	}
	name = a[start:at]
	for at < len(a) && a[at] != '"' && a[at] != '\'' {
		at++
	}
	if at >= len(a) || len(name) == 0 {
		m.attrs = nil
		return nil, nil, false
	}
	quote := a[at]
	n := bytes.IndexByte(a[at+1:], quote)
	if n < 0 {
		m.attrs = nil
		return nil, nil, false
	}
	value = a[at+1 : at+1+n]
	m.attrs = a[at+n+2:]
	return name, value, true
}

// attrText is an attribute's value as text.
func attrText(value []byte) (string, error) {
	b, err := appendText(nil, value, false)
	return string(b), err
}

// attrInt is an attribute's value as a number; ok is false when it isn't one.
func attrInt(value []byte) (int, bool) {
	if len(value) == 0 || len(value) > 9 {
		return 0, false
	}
	n := 0
	for _, b := range value {
		if b < '0' || b > '9' {
			return 0, false
		}
		n = n*10 + int(b-'0')
	}
	return n, true
}

// attrTrue reads the ways XML says yes.
func attrTrue(value []byte) bool {
	return string(value) == "1" || string(value) == "true"
}

// appendText adds a piece of text to dst, entities resolved and line ends as
// XML wants them.
func appendText(dst, raw []byte, plain bool) ([]byte, error) {
	if plain || (bytes.IndexByte(raw, '&') < 0 && bytes.IndexByte(raw, '\r') < 0) {
		return append(dst, raw...), nil
	}
	for len(raw) > 0 {
		switch raw[0] {
		case '\r':
			if len(raw) < 2 || raw[1] != '\n' {
				dst = append(dst, '\n')
			}
			raw = raw[1:]
		case '&':
			n := bytes.IndexByte(raw, ';')
			if n < 2 {
				return dst, errEntity
			}
			var err error
			if dst, err = appendEntity(dst, raw[1:n]); err != nil {
				return dst, err
			}
			raw = raw[n+1:]
		default:
			n := bytes.IndexAny(raw, "&\r")
			if n < 0 {
				n = len(raw)
			}
			dst = append(dst, raw[:n]...)
			raw = raw[n:]
		}
	}
	return dst, nil
}

func appendEntity(dst, name []byte) ([]byte, error) {
	switch string(name) {
	case "amp":
		return append(dst, '&'), nil
	case "lt":
		return append(dst, '<'), nil
	case "gt":
		return append(dst, '>'), nil
	case "quot":
		return append(dst, '"'), nil
	case "apos":
		return append(dst, '\''), nil
	}
	if len(name) < 2 || name[0] != '#' {
		return dst, errEntity
	}
	digits, base := string(name[1:]), 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune {
		return dst, errEntity
	}
	return utf8.AppendRune(dst, rune(n)), nil
}
