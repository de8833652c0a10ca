package sheet

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Normalize makes one spelling of what a person typed: full-width letters and
// digits become ordinary ones (NFKC), invisible characters go, white space of
// any kind becomes one blank, and there is none at either end.
func Normalize(s string) string {
	if plainText(s) {
		return s
	}
	s = norm.NFKC.String(s)
	var b strings.Builder
	b.Grow(len(s))
	blank := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			blank = b.Len() > 0
			continue
		case invisible(r):
			continue
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// plainText is true for text Normalize would leave as it is; most cells are.
func plainText(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// invisible characters come along when text is copied from web pages and chats:
// zero-width blanks and joiners, direction marks, byte order marks, controls.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Cc) || r == '\u034f' || r == '\u115f' || r == '\u3164'
}

// shorten keeps a quoted cell from filling a whole page.
func shorten(s string) string {
	const most = 40
	n := 0
	for i := range s {
		if n == most {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
