// Package openanswers reads what people wrote in their own words: it takes out what names a
// person, counts words and word pairs by group, finds quotes, and lists what several sheets
// say alike. Texts and group codes in, tables and masked texts out.
//
// It understands nothing: it doesn't know what a sentence means, praise from blame, or two
// words for one thing. It counts persons who used a word. And it can't know every name:
// masking takes out what has the form of a name, a number or a door (see Lexicon.Mask for
// what it doesn't see), so a person reads before anything is printed.
//
// # Why
//
// Everything that reads free text stands behind one door, Read, which masks first: words,
// quotes and copies are made from the masked text only, so that no page can print what was
// written by forgetting a step. The package knows no database, no page and no questionnaire;
// the dictionary is small and our own, because the one that the segmenter brings takes
// 140 MB of memory and knows little of water.
package openanswers

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Answer is one person's answer to one open question. ID tells sheets apart, Group is the
// code of the group, empty for none.
type Answer struct{ ID, Group, Text string }

// Kind says what sort of answer a text is.
type Kind int

// The kinds of answers.
const (
	Blank    Kind = iota // nothing written, or nothing that can be seen
	Nothing              // 无、没意见、暂无: has no suggestion
	Unsure               // 不知道、说不清
	Wordless             // only punctuation, digits or pictures
	Said                 // anything else: the base of words and quotes
)

// Kinds counts answers by kind, in persons.
type Kinds [Said + 1]int64

// Written counts those who wrote anything.
func (k Kinds) Written() int64 { return k[Nothing] + k[Unsure] + k[Wordless] + k[Said] }

// Group is a part of the answers.
type Group struct {
	Code  string
	Kinds Kinds
}

// Collection is all answers to one question, masked and counted. It is not changed after
// Read, so several may ask it at once.
type Collection struct {
	Groups []Group // those named to Read first, in that order, then as they come
	All    Kinds
	Masks  map[Mask]int64 // how often something was masked, by kind

	said    []said
	words   counts
	pairs   counts
	unknown counts
	copies  map[string][]int // by what remains without punctuation: places in said
}

// said is an answer that says something. The original text is not kept.
type said struct {
	id     string
	group  int
	text   string // clean and masked, as it is printed
	folded string // the same, rune for rune, for searching; masks are blotted out
}

// ErrNoID, ErrTwice: persons can't be counted where sheets can't be told apart.
var (
	ErrNoID  = errors.New("有答案没有问卷编号，无法按人计数；请检查答卷数据")
	ErrTwice = errors.New("同一份问卷出现了两次，无法按人计数；请只保留一份")
)

// Read takes in the answers to one question. Groups named here come first, and are there
// even if nobody of them answered. It refuses answers without an id (ErrNoID) and an id that
// comes twice (ErrTwice): each answer counts as one person.
func Read(l *Lexicon, groups []string, answers []Answer) (*Collection, error) {
	c := &Collection{
		Masks: map[Mask]int64{}, copies: map[string][]int{},
		words: counts{}, pairs: counts{}, unknown: counts{},
	}
	place := map[string]int{}
	at := func(code string) int {
		g, known := place[code]
		if !known {
			g = len(c.Groups)
			place[code] = g
			c.Groups = append(c.Groups, Group{Code: code})
		}
		return g
	}
	for _, code := range groups {
		at(code)
	}
	seen := make(map[string]bool, len(answers))
	for i, a := range answers {
		switch {
		case a.ID == "":
			return nil, fmt.Errorf("第%d条：%w", i+1, ErrNoID)
		case seen[a.ID]:
			return nil, fmt.Errorf("问卷%s：%w", a.ID, ErrTwice)
		}
		seen[a.ID] = true
		c.add(l, a, at(a.Group))
	}
	return c, nil
}

func (c *Collection) add(l *Lexicon, a Answer, group int) {
	clean := Clean(a.Text)
	kind := kindOf(clean)
	c.All[kind]++
	c.Groups[group].Kinds[kind]++
	if kind != Said {
		return
	}
	t := l.read(clean)
	masked := t.masked()
	for _, m := range masked.Marks {
		c.Masks[m.Mask]++
	}
	key := bare(clean)
	c.copies[key] = append(c.copies[key], len(c.said))
	c.said = append(c.said, said{id: a.ID, group: group, text: masked.Text, folded: masked.folded()})
	c.words.add(t.words(l), group)
	c.pairs.add(t.pairs(l), group)
	c.unknown.add(t.unknown(), group)
}

// Copy is a text that several sheets hold, alike but for spaces, punctuation and width of
// characters. Short ones (很好) are alike by themselves; a long one in many sheets of one
// hand is a reason to ask.
type Copy struct {
	Text   string // of the first of them, masked
	Length int    // letters and digits
	IDs    []string
	Groups []int64 // how many sheets, by place in Collection.Groups
}

// Copies lists texts of at least length letters and digits that more than one sheet holds;
// the most frequent first.
func (c *Collection) Copies(length int) []Copy {
	var list []Copy
	for key, places := range c.copies {
		n := len([]rune(key))
		if len(places) < 2 || n < length {
			continue
		}
		one := Copy{Text: c.said[places[0]].text, Length: n, Groups: make([]int64, len(c.Groups))}
		for _, p := range places {
			one.IDs = append(one.IDs, c.said[p].id)
			one.Groups[c.said[p].group]++
		}
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b Copy) int {
		return cmp.Or(cmp.Compare(len(b.IDs), len(a.IDs)), cmp.Compare(a.IDs[0], b.IDs[0]))
	})
	return list
}
