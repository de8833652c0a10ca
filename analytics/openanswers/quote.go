package openanswers

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Query asks for quotes that hold all terms, which spaces part. Group -1 is every group.
// Pages count from 1.
type Query struct {
	Text  string
	Group int
	Page  int
	Size  int // quotes on a page; 0: 20, at most 200
}

// Quotes is a page of what was found.
type Quotes struct {
	Terms  []string // as they were looked for: half width, small letters
	Total  int
	Page   int
	Quotes []Quote
}

// Quote is an answer, masked. Parts make up its text; a page escapes each and marks those
// that are hits. It is text, whatever it looks like.
type Quote struct {
	ID    string
	Group int
	Text  string
	Parts []Part
	Score float64
}

// Part is a piece of a quote.
type Part struct {
	Text string
	Hit  bool
}

// Bounds of a query; what is beyond them is not looked for.
const (
	maxTerms     = 10
	maxQuery     = 200 // characters
	maxPageSize  = 200
	usualPage    = 20
	saturation   = 1.2  // k₁: how soon repeating a term stops to help
	lengthWeight = 0.75 // b: how much a long answer must hold to count as much
)

// Search finds quotes; without a term it lists all in the order of the answers. Both sides
// are folded: full width is half width, large letters are small. The order is by Okapi BM25
// (Manning, Raghavan and Schütze, Introduction to Information Retrieval, section 11.4.3), then
// by the order of the answers. Words behind a mask are not found.
func (c *Collection) Search(q Query) Quotes {
	terms := queryTerms(q.Text)
	type hit struct {
		place int
		score float64
	}
	var hits []hit
	frequencies := c.frequencies(terms)
	average := c.averageLength()
	for place, s := range c.said {
		if q.Group >= 0 && s.group != q.Group {
			continue
		}
		if score, holds := s.score(terms, frequencies, len(c.said), average); holds {
			hits = append(hits, hit{place, score})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.score, a.score) })
	found := Quotes{Terms: terms, Total: len(hits), Page: max(q.Page, 1)}
	size := q.Size
	if size < 1 {
		size = usualPage
	}
	size = min(size, maxPageSize)
	if found.Page > len(hits)/size+1 { // also guards the product below
		return found
	}
	from := min((found.Page-1)*size, len(hits))
	for _, h := range hits[from:min(from+size, len(hits))] {
		s := c.said[h.place]
		found.Quotes = append(found.Quotes, Quote{ID: s.id, Group: s.group, Text: s.text, Parts: s.parts(terms), Score: h.score})
	}
	return found
}

func queryTerms(query string) []string {
	clean := []rune(Clean(query))
	if len(clean) > maxQuery {
		clean = clean[:maxQuery]
	}
	var terms []string
	for _, term := range strings.Fields(folded(string(clean))) {
		if !slices.Contains(terms, term) && len(terms) < maxTerms {
			terms = append(terms, term)
		}
	}
	return terms
}

// frequencies is in how many answers each term is.
func (c *Collection) frequencies(terms []string) []int {
	n := make([]int, len(terms))
	for _, s := range c.said {
		for i, term := range terms {
			if strings.Contains(s.folded, term) {
				n[i]++
			}
		}
	}
	return n
}

func (c *Collection) averageLength() float64 {
	total := 0
	for _, s := range c.said {
		total += len(s.folded)
	}
	return float64(total) / float64(max(1, len(c.said)))
}

func (s said) score(terms []string, frequencies []int, answers int, average float64) (score float64, holds bool) {
	long := 1 - lengthWeight + lengthWeight*float64(len(s.folded))/average
	for i, term := range terms {
		n := float64(strings.Count(s.folded, term))
		if n == 0 {
			return 0, false
		}
		rare := math.Log(1 + (float64(answers-frequencies[i])+0.5)/(float64(frequencies[i])+0.5))
		score += rare * n * (saturation + 1) / (n + saturation*long)
	}
	return score, true
}

// parts cuts the text at the hits; hits that overlap are one.
func (s said) parts(terms []string) []Part {
	hit := make([]bool, len(s.folded))
	for _, term := range terms {
		for from := 0; ; {
			at := strings.Index(s.folded[from:], term)
			if at < 0 {
				break
			}
			for i := range len(term) {
				hit[from+at+i] = true
			}
			from += at + len(term)
		}
	}
	var parts []Part
	at, start, marked := 0, 0, false
	for i := range s.folded { // rune for rune, in both texts
		if hit[i] != marked {
			if at > start {
				parts = append(parts, Part{s.text[start:at], marked})
			}
			start, marked = at, hit[i]
		}
		_, size := utf8.DecodeRuneInString(s.text[at:])
		at += size
	}
	return append(parts, Part{s.text[start:], marked})
}
