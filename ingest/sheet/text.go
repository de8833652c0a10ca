package sheet

import (
	"strings"
	"unicode/utf8"
)

// appendPieces cuts block at the ends and adds the pieces to texts. They share
// one string: one allocation for a row, not one for a cell. Bytes that aren't
// UTF-8 become U+FFFD, since what comes later (a database, JSON) chokes on them.
func appendPieces(texts []string, block []byte, ends []int) []string {
	all := string(block)
	valid := utf8.ValidString(all)
	start := 0
	for _, end := range ends {
		piece := all[start:end]
		if !valid || piece != "" && !utf8.RuneStart(piece[0]) {
			piece = strings.ToValidUTF8(piece, "\ufffd")
		}
		texts = append(texts, piece)
		start = end
	}
	return texts
}

// unescape resolves, from start on, the way workbooks write what XML can't hold:
// _x000D_ for a carriage return, and _x005F_ for an underscore that would
// otherwise start such a thing.
func unescape(b []byte, start int) []byte {
	at := start
	for at+7 <= len(b) && b[at] != '_' {
		at++
	}
	if at+7 > len(b) {
		return b
	}
	out := at
	for at < len(b) {
		if r, ok := escaped(b[at:]); ok {
			// The rune has at most three bytes and the escape seven, so what is
			// written never overtakes what is read.
			out += copy(b[out:], utf8.AppendRune(nil, r))
			at += 7
			continue
		}
		b[out] = b[at]
		out++
		at++
	}
	return b[:out]
}

func escaped(b []byte) (rune, bool) {
	if len(b) < 7 || b[0] != '_' || b[1] != 'x' || b[6] != '_' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
