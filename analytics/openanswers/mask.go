package openanswers

import (
	"slices"
	"strings"
	"unicode"
)

// Mask is the kind of what was taken out, as it stands in print: 〔电话〕.
type Mask string

// The kinds of masks.
const (
	Name     Mask = "姓名"
	Phone    Mask = "电话"
	Identity Mask = "身份证号"
	Email    Mask = "邮箱"
	Account  Mask = "微信QQ"
	Plate    Mask = "车牌"
	Door     Mask = "门牌"
	Class    Mask = "班级"
	Number   Mask = "长号码" // of eleven digits and more: bank cards, meters, numbers mistyped
)

// Masked is a text fit to be shown to the office: clean, and masked.
type Masked struct {
	Text  string
	Marks []Mark // where the masks stand, in order
}

// Mark is a mask in Masked.Text, from byte Start to before byte End.
type Mark struct {
	Start, End int
	Mask       Mask
}

// Mask cleans a text and takes out names, telephone and identity card numbers, mail
// addresses, WeChat and QQ accounts, number plates, door numbers and school classes. Each
// mask tells its kind: 找〔姓名〕局长，电话〔电话〕.
//
// It errs to the safe side where digits are concerned, and with names to the side of the
// text: 张 is also to spread, 和平 a name and peace. It does not see
//   - names without a surname of the list, with given names that are rare or words of the
//     language, unless a cue stands by (我叫, 姓名, a title): 找文明去;
//   - nicknames, names of other peoples, pinyin, initials (zjg), signs between the characters
//     of a name;
//   - who is meant without a name: 村里唯一的兽医, 我家对面的人, an office and its place;
//   - numbers in words (一百三十八), parted by words or several signs (138转0000再加1234),
//     accounts without a cue, shop and company names, houses without a number.
//
// So a person reads every quote before it is printed.
func (l *Lexicon) Mask(text string) Masked { return l.read(Clean(text)).masked() }

// A reading is a clean text, folded twice, cut into tokens, with what is to be masked. All
// positions are in runes, and the same in the three texts.
type reading struct {
	text   []rune
	folded []rune
	tokens []token
	spans  []span
}

type span struct {
	start, end int
	mask       Mask
}

func (l *Lexicon) read(clean string) *reading {
	r := &reading{text: []rune(clean)}
	r.folded = make([]rune, len(r.text))
	for i, c := range r.text {
		r.folded[i] = fold(c)
	}
	r.tokens = l.cut(r.folded)
	found := r.numbers()
	found = append(found, l.names(r, found)...)
	r.spans = merged(found)
	return r
}

// merged joins what overlaps, so that nothing of either shows; the kind is that of the one
// found first, and the most certain kinds are looked for first.
func merged(found []span) []span {
	type ranked struct {
		span
		rank int
	}
	all := make([]ranked, len(found))
	for i, f := range found {
		all[i] = ranked{f, i}
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return a.start - b.start })
	var out []span
	rank := 0
	for _, f := range all {
		if n := len(out); n > 0 && f.start < out[n-1].end {
			out[n-1].end = max(out[n-1].end, f.end)
			if f.rank < rank {
				out[n-1].mask, rank = f.mask, f.rank
			}
			continue
		}
		out, rank = append(out, f.span), f.rank
	}
	return out
}

func (r *reading) masked() Masked {
	var m Masked
	var b strings.Builder
	at := 0
	for _, s := range r.spans {
		b.WriteString(string(r.text[at:s.start]))
		start := b.Len()
		b.WriteString("〔" + string(s.mask) + "〕")
		m.Marks = append(m.Marks, Mark{start, b.Len(), s.mask})
		at = s.end
	}
	b.WriteString(string(r.text[at:]))
	m.Text = b.String()
	return m
}

// folded is the masked text as it is searched: rune for rune, with masks blotted out, so
// that looking for 电话 finds the word and not the mask.
func (m Masked) folded() string {
	var b strings.Builder
	at := 0
	for _, mark := range m.Marks {
		b.WriteString(folded(m.Text[at:mark.Start]))
		for range m.Text[mark.Start:mark.End] {
			b.WriteByte(0)
		}
		at = mark.End
	}
	b.WriteString(folded(m.Text[at:]))
	return b.String()
}

// hidden tells whether the runes from start to before end touch a mask.
func (r *reading) hidden(start, end int) bool {
	i, _ := slices.BinarySearchFunc(r.spans, start, func(s span, at int) int {
		if s.end <= at {
			return -1
		}
		return 1
	})
	return i < len(r.spans) && r.spans[i].start < end
}

// at is the folded rune at a place, 0 outside the text.
func (r *reading) at(i int) rune {
	if i < 0 || i >= len(r.folded) {
		return 0
	}
	return r.folded[i]
}

// edge tells whether a clause begins or ends there: no letter, no digit.
func (r *reading) edge(i int) bool {
	c := r.at(i)
	return !unicode.IsLetter(c) && !unicode.IsNumber(c)
}
