package openanswers

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-ego/gse"
)

//go:embed dictionary.txt
var dictionaryText string

//go:embed stopwords.txt
var stopwordsText string

//go:embed negations.txt
var negationsText string

// Lexicon knows words. It is not changed once made, so several may read with it at once.
type Lexicon struct {
	segmenter gse.Segmenter
	stop      map[string]bool
	negation  map[string]bool
	cues      map[rune][]cue // before names
}

// Bounds of a city's own list.
const (
	maxOwnWords = 20_000
	maxWord     = 20 // characters
)

// NewLexicon makes a lexicon of the built-in words and a city's own list, which may be empty.
// A line of the list holds words, parted by spaces or 、; a number at its start is how often
// they stand against others (500 if none is given; the built-in words have 200 to 900), "-" at its
// start means that they are not to be counted, and # begins a remark. The error names the line.
//
// The segmenter is filled word by word: its own loading functions bring along its model for
// unknown words (0.45 MB in the binary, 2 MB in memory) and, by default, its dictionaries (140 MB in
// memory), and LoadDict forgets what was there. This way it costs 0.1 MB in the binary and,
// with our words, 1.2 MB in memory. The first of two equal words holds, so the city's come
// first.
func NewLexicon(own string) (*Lexicon, error) {
	l := &Lexicon{stop: map[string]bool{}, negation: map[string]bool{}, cues: cuesByFirst()}
	l.segmenter.Dict = gse.NewDict()
	n, err := l.take(own, 500)
	if err != nil {
		return nil, fmt.Errorf("自定词表%w", err)
	}
	if n > maxOwnWords {
		return nil, fmt.Errorf("自定词表有%d个词，最多%d个；请删去不常用的词", n, maxOwnWords)
	}
	if _, err := l.take(dictionaryText, 500); err != nil {
		return nil, fmt.Errorf("dictionary.txt: %w", err)
	}
	for _, list := range []struct {
		text string
		into map[string]bool
	}{{stopwordsText, l.stop}, {negationsText, l.negation}} {
		for _, word := range listed(list.text) {
			list.into[word] = true
			l.segmenter.AddToken(word, 5000, known)
		}
	}
	l.segmenter.CalcToken()
	return l, nil
}

// known is the mark of words that the lexicon has; the segmenter marks others "x".
const known = "w"

func (l *Lexicon) take(text string, frequency float64) (n int, err error) {
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.FieldsFunc(folded(line), func(r rune) bool { return unicode.IsSpace(r) || r == '、' || r == ',' })
		if len(words) == 0 {
			continue
		}
		often, stop := frequency, false
		if f, err := strconv.ParseFloat(words[0], 64); err == nil {
			if !(f >= 1 && f <= 1e6) {
				return n, fmt.Errorf("第%d行：频数%s应在1到1000000之间", i+1, words[0])
			}
			often, words = f, words[1:]
		} else if first, no := strings.CutPrefix(words[0], "-"); no {
			if words[0], stop = first, true; first == "" {
				words = words[1:]
			}
		}
		for _, word := range words {
			if !isWord(word) {
				return n, fmt.Errorf("第%d行：“%s”不是词；词由1到%d个汉字或字母组成", i+1, word, maxWord)
			}
			if stop {
				l.stop[word] = true
			}
			l.segmenter.AddToken(word, often, known)
			n++
		}
	}
	return n, nil
}

func isWord(word string) bool {
	return word != "" && utf8.RuneCountInString(word) <= maxWord &&
		!strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) })
}

// listed are the words of an embedded list.
func listed(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		all = append(all, strings.Fields(line)...)
	}
	return all
}

// token is a piece of a text, from start to before end, in runes.
type token struct {
	start, end int
	known      bool
}

// maxClause bounds the piece that is cut at once. The segmenter adds up the length of its path
// in 32 bits, which over 20,000 characters is too coarse to choose between two words.
const maxClause = 500

// cut parts folded runes into words. Everything that is neither letter nor digit parts
// clauses and is in no token.
func (l *Lexicon) cut(text []rune) []token {
	var tokens []token
	for at := 0; at < len(text); {
		if !unicode.IsLetter(text[at]) && !unicode.IsNumber(text[at]) {
			at++
			continue
		}
		end := at
		for end < len(text) && end-at < maxClause && (unicode.IsLetter(text[end]) || unicode.IsNumber(text[end])) {
			end++
		}
		for _, s := range l.segmenter.Segment([]byte(string(text[at:end]))) {
			n := utf8.RuneCountInString(s.Token().Text())
			tokens = append(tokens, token{at, at + n, s.Token().Pos() == known})
			at += n
		}
	}
	return tokens
}
