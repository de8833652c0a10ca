package document

import (
	"fmt"
	"strings"
	"time"
)

// numbers gives each heading its number and each annex its name; other blocks have none.
// Word counts the headings by itself, with the same result.
func numbers(blocks []Block) []string {
	annexes := 0
	for _, b := range blocks {
		if _, ok := b.(Annex); ok {
			annexes++
		}
	}
	names, annex := make([]string, len(blocks)), 0
	var count [4]int
	for i, b := range blocks {
		switch b := b.(type) {
		case Heading:
			level := b.level()
			count[level]++
			clear(count[level+1:])
			names[i] = headingNumber(level, count[level])
		case Annex:
			annex++
			names[i] = "附件"
			if annexes > 1 {
				names[i] = fmt.Sprintf("附件%d", annex)
			}
			clear(count[:])
		}
	}
	return names
}

// level counts from 0.
func (h Heading) level() int { return min(max(h.Level, 1), 4) - 1 }

func headingNumber(level, n int) string {
	switch level {
	case 0:
		return chinese(n) + "、"
	case 1:
		return "（" + chinese(n) + "）"
	case 2:
		return fmt.Sprintf("%d.", n)
	}
	return fmt.Sprintf("（%d）", n)
}

// chinese writes 1 to 9999 as Word counts: 一, 十一, 二十, 一百零五.
func chinese(n int) string {
	if n < 1 || n > 9999 {
		return fmt.Sprint(n)
	}
	digits, units := []rune("零一二三四五六七八九"), []string{"", "十", "百", "千"}
	var b strings.Builder
	gap := false
	for place, power := 3, 1000; place >= 0; place, power = place-1, power/10 {
		switch d := n / power % 10; {
		case d == 0:
			gap = b.Len() > 0
		default:
			if gap {
				b.WriteRune('零')
				gap = false
			}
			if !(d == 1 && place == 1 && b.Len() == 0) { // 十一, not 一十一
				b.WriteRune(digits[d])
			}
			b.WriteString(units[place])
		}
	}
	return b.String()
}

// day is 成文日期, in Arabic numerals.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf("%d年%d月%d日", t.Year(), int(t.Month()), t.Day())
}

// appended is 附件说明, one line each.
func appended(names []string) []string {
	if len(names) == 1 {
		return []string{"附件：" + names[0]}
	}
	lines := make([]string, len(names))
	for i, name := range names {
		lead := "附件："
		if i > 0 {
			lead = "　　　"
		}
		lines[i] = fmt.Sprintf("%s%d.%s", lead, i+1, name)
	}
	return lines
}

// signed reckons how far 署名 and 成文日期 stand from the right edge, in characters: the
// date leaves four free and the name is centred over it; a long name takes what it needs.
func signed(name string, date string) (nameFree, dateFree float64) {
	dateFree = 4
	nameFree = dateFree + (width(date)-width(name))/2
	return max(nameFree, 0), dateFree
}

// signs tells whether anything stands between the text and the annexes.
func (d Document) signs() bool {
	return len(d.Appended) > 0 || d.Signature != "" || !d.Date.IsZero()
}

// last tells whether the signature follows on block i: a page with nothing but the
// signature is not allowed.
func (d Document) last(i int) bool {
	if i+1 < len(d.Blocks) {
		if _, annex := d.Blocks[i+1].(Annex); !annex {
			return false
		}
	}
	return d.signs()
}

// brief tells whether a paragraph has five lines or fewer. LibreOffice does not divide one
// that is kept with what follows; a longer one would leave half a page empty.
func (p Paragraph) brief() bool {
	n := 0.0
	for _, r := range p.Runs {
		n += width(r.Text)
	}
	return n < 5*lineColumns
}
