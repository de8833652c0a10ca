package openanswers

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"shuixuan/analytics/estimate"
)

// counts are persons by term and group.
type counts map[string][]int64

// add counts a person once for each of the terms, however often they were written.
func (c counts) add(terms map[string]bool, group int) {
	for term := range terms {
		cells := c[term]
		for len(cells) <= group {
			cells = append(cells, 0)
		}
		cells[group]++
		c[term] = cells
	}
}

// words are the words of a text that are counted: those of the lexicon, and Latin ones; no
// stop words, and nothing masked.
func (r *reading) words(l *Lexicon) map[string]bool {
	found := map[string]bool{}
	for _, t := range r.tokens {
		if word, counted := r.word(l, t); counted {
			found[word] = true
		}
	}
	return found
}

func (r *reading) word(l *Lexicon, t token) (word string, counted bool) {
	word = string(r.folded[t.start:t.end])
	counted = (t.known || isLatin(word)) && !l.stop[word] && !l.negation[word] && !r.hidden(t.start, t.end)
	return word, counted
}

// isLatin: COD, PM; no numbers and no single letters.
func isLatin(word string) bool {
	return len(word) > 1 && !strings.ContainsFunc(word, func(r rune) bool { return !unicode.In(r, unicode.Latin) })
}

// pairs are two counted words that follow each other in a clause with nothing but stop words
// between; the first may be a negation, so that 没有 异味 stands apart from 异味.
func (r *reading) pairs(l *Lexicon) map[string]bool {
	found := map[string]bool{}
	last, end := "", 0
	for _, t := range r.tokens {
		if t.start > end {
			last = "" // another clause
		}
		end = t.end
		word, counted := r.word(l, t)
		switch {
		case counted:
			if last != "" && last != word {
				found[last+" "+word] = true
			}
			last = word
		case l.negation[word] && !r.hidden(t.start, t.end):
			last = word
		case !l.stop[word]:
			last = ""
		}
	}
	return found
}

// unknown are pieces of two to four Chinese characters that the lexicon has no word for.
func (r *reading) unknown() map[string]bool {
	found := map[string]bool{}
	strange := func(t token) bool {
		return !t.known && t.end-t.start == 1 && unicode.Is(unicode.Han, r.folded[t.start]) && !r.hidden(t.start, t.end)
	}
	for i := 0; i < len(r.tokens); i++ {
		end := i
		for end < len(r.tokens) && strange(r.tokens[end]) && (end == i || r.tokens[end].start == r.tokens[end-1].end) {
			end++
		}
		for n := 2; n <= 4; n++ {
			for from := i; from+n <= end; from++ {
				found[string(r.folded[r.tokens[from].start:r.tokens[from+n-1].end])] = true
			}
		}
		i = max(i, end-1)
	}
	return found
}

// Cell is how many persons of a group used a word, or of which nothing may be shown.
type Cell struct {
	Persons int64 `json:"persons"`
	Hidden  bool  `json:"hidden,omitempty"`
}

// Row is a word, or a pair with a space between, and how many persons used it: not how often
// it was written.
type Row struct {
	Text    string `json:"text"`
	Persons int64  `json:"persons"`
	Cells   []Cell `json:"cells"` // by group
}

// Column is a group, with its base: the persons who said something.
type Column struct {
	Code   string `json:"code"`
	Base   int64  `json:"base"`
	Hidden bool   `json:"hidden,omitempty"`
}

// Table counts persons by word and group. The persons of a row may use other words too, so
// that rows don't add up; the cells of a row do. As it comes from a Collection it holds every
// count; Published makes the one that may leave the house.
type Table struct {
	Base    int64    `json:"base"`
	Columns []Column `json:"columns"`
	Rows    []Row    `json:"rows"`           // most persons first
	Rule    string   `json:"rule,omitempty"` // what is not shown, in words; empty if all is there
	Dropped int      `json:"dropped"`        // rows that too few persons used
}

// Words counts the words of the answers by group.
func (c *Collection) Words() Table { return c.table(c.words) }

// Pairs counts word pairs by group.
func (c *Collection) Pairs() Table { return c.table(c.pairs) }

// Unknown counts what the lexicon has no word for, in pieces of two to four characters, and
// leaves out those that a longer piece explains. Some are words that a city should add to
// its list, some only halves of words: a person chooses. At least persons used each.
func (c *Collection) Unknown(persons int64) Table {
	t := c.table(c.unknown)
	t.Rows = slices.DeleteFunc(t.Rows, func(r Row) bool { return r.Persons < persons })
	byText := map[string]int64{}
	for _, r := range t.Rows {
		byText[r.Text] = r.Persons
	}
	explained := map[string]bool{}
	for text, persons := range byText {
		runes := []rune(text)
		for _, part := range []string{string(runes[1:]), string(runes[:len(runes)-1])} {
			if byText[part] == persons {
				explained[part] = true
			}
		}
	}
	t.Rows = slices.DeleteFunc(t.Rows, func(r Row) bool { return explained[r.Text] })
	return t
}

func (c *Collection) table(of counts) Table {
	t := Table{Base: c.All[Said], Rows: make([]Row, 0, len(of))}
	for _, g := range c.Groups {
		t.Columns = append(t.Columns, Column{Code: g.Code, Base: g.Kinds[Said]})
	}
	for text, cells := range of {
		row := Row{Text: text, Cells: make([]Cell, len(c.Groups))}
		for g, persons := range cells {
			row.Cells[g].Persons = persons
			row.Persons += persons
		}
		t.Rows = append(t.Rows, row)
	}
	slices.SortFunc(t.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.Persons, a.Persons), cmp.Compare(a.Text, b.Text))
	})
	return t
}

// Share is the share of a group's persons, or of all with group -1, that used the word of a
// row. A hidden one is not valid.
func (t Table) Share(row, group int, level float64, smallBase int64) estimate.Estimate {
	r := t.Rows[row]
	if group < 0 {
		return estimate.Proportion(r.Persons, t.Base, level, smallBase)
	}
	if r.Cells[group].Hidden || t.Columns[group].Hidden {
		return estimate.Estimate{}
	}
	return estimate.Proportion(r.Cells[group].Persons, t.Columns[group].Base, level, smallBase)
}

// DefaultMinPersons is the count below which nothing is published, unless a campaign sets
// another.
const DefaultMinPersons = 5

// Published is the table without what would point at few persons: words that fewer than least
// used, groups in which fewer said anything, and cells from 1 to below least. A hidden cell
// could be worked out from the row's total; so further cells, the smallest first, are hidden
// until they hold at least that many persons together, which takes two or more. 0 is shown: it
// tells of nobody. (Complementary suppression; Willenborg and de Waal, Elements of
// Statistical Disclosure Control, chapter 4.) least below 1 is taken as 1.
func (t Table) Published(least int64) Table {
	least = max(least, 1)
	out := Table{Base: t.Base, Columns: slices.Clone(t.Columns), Dropped: t.Dropped}
	for i, c := range out.Columns {
		if c.Base < least {
			out.Columns[i] = Column{Code: c.Code, Hidden: true}
		}
	}
	if t.Base < least {
		out.Base = 0
	}
	for _, r := range t.Rows {
		if r.Persons < least {
			out.Dropped++
			continue
		}
		out.Rows = append(out.Rows, Row{Text: r.Text, Persons: r.Persons, Cells: hide(r.Cells, out.Columns, least)})
	}
	out.Rule = fmt.Sprintf("不足%[1]d人使用的词、不足%[1]d人作答的组、不足%[1]d人的格子不公布；为防止由合计倒推，同一行可能另有格子不公布。按人计数，同一人多次使用只算一次。", least)
	return out
}

func hide(cells []Cell, columns []Column, least int64) []Cell {
	out := slices.Clone(cells)
	order := make([]int, len(cells))
	hidden, persons := false, int64(0)
	cover := func(g int) {
		hidden, persons = true, persons+cells[g].Persons
		out[g] = Cell{Hidden: true}
	}
	for g, c := range cells {
		order[g] = g
		if columns[g].Hidden || c.Persons > 0 && c.Persons < least {
			cover(g)
		}
	}
	if !hidden {
		return out
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(cells[a].Persons, cells[b].Persons) })
	for _, g := range order {
		if persons >= least { // one cell alone never holds as many: it would not be hidden
			break
		}
		if !out[g].Hidden && cells[g].Persons > 0 {
			cover(g)
		}
	}
	return out
}
