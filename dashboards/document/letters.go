package document

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// clean keeps every character and puts U+FFFD for those that XML 1.0 has no place for,
// for other control characters, and for marks that turn the direction of writing and
// would show the figures beside them in another order. Lines end with \n.
func clean(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, "\ufffd"))
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < 0x20 || (r >= 0x7f && r <= 0x9f) || r == 0xfffe || r == 0xffff:
			return utf8.RuneError
		case (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) || r == 0x200e || r == 0x200f:
			return utf8.RuneError
		}
		return r
	}, s)
}

// oneLine is a text where no line may break off: names in charts and properties.
func oneLine(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// short keeps a name to n characters for drawing. The table or the sheet behind a chart
// has the whole name.
func short(s string, n int) string {
	if runes := []rune(oneLine(s)); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return oneLine(s)
}

// width of a text in Chinese characters; others count half.
func width(s string) float64 {
	n := 0.0
	for _, r := range s {
		if r > 0x2e7f || (r >= 0x2010 && r <= 0x2026) {
			n++
		} else {
			n += 0.5
		}
	}
	return n
}

// illegal are what an address of a relation may not hold: Word calls the whole file damaged.
var illegal = regexp.MustCompile(`[^!$&-;=?-Z_a-z~%]+|%(?:[^0-9A-Fa-f]|$)`)

// address checks where a run leads: an anchor of this document, a path beside it, or a
// page. Anything else, javascript: above all, is not linked.
func address(link string) (target, anchor string) {
	if name, ok := strings.CutPrefix(link, "#"); ok {
		return "", name
	}
	u, err := url.Parse(link)
	if err != nil || link == "" || clean(link) != link || strings.ContainsAny(link, "\\\n\t") {
		return "", ""
	}
	u.RawQuery, u.RawFragment = illegal.ReplaceAllStringFunc(u.RawQuery, url.PathEscape), ""
	if u.Scheme == "" && u.Host == "" && u.Opaque == "" {
		return u.String(), ""
	}
	if (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		return u.String(), ""
	}
	return "", ""
}

// anchors are the places that runs may lead to, by short names: Word takes 40 letters and
// few signs. Of two blocks with one anchor the first has it.
func anchors(blocks []Block) map[string]string {
	list := map[string]string{}
	for i, b := range blocks {
		if anchor := anchorOf(b); anchor != "" && list[anchor] == "" {
			list[anchor] = fmt.Sprintf("place%d", i+1)
		}
	}
	return list
}

func anchorOf(b Block) string {
	switch b := b.(type) {
	case Heading:
		return b.Anchor
	case Paragraph:
		return b.Anchor
	case Table:
		return b.Anchor
	case Chart:
		return b.Anchor
	case Picture:
		return b.Anchor
	case Annex:
		return b.Anchor
	}
	return ""
}
