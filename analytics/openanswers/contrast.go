package openanswers

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"shuixuan/analytics/estimate"
)

// The codes of the warnings of a comparison.
const (
	ManyWords  = "many-words"  // so many words are compared that some stand out by chance
	WordsApart = "words-apart" // words of one answer are not independent
)

// Contrast is how much more one side uses a word than the other: the difference of the
// logarithms of its odds among all words, and that over its standard error. A positive Z
// leans to the first side.
type Contrast struct {
	Text    string  `json:"text"`
	Persons int64   `json:"persons"` // of the first side
	Others  int64   `json:"others"`  // of the second
	LogOdds float64 `json:"log_odds"`
	SE      float64 `json:"se"`
	Z       float64 `json:"z"`
}

// Contrasts compares two sides by all their words, largest Z first. Prior is how many words the prior
// is worth.
type Contrasts struct {
	First    []int              `json:"first"` // groups, by place in Table.Columns
	Second   []int              `json:"second"`
	Rows     []Contrast         `json:"rows"`
	Prior    float64            `json:"prior"`
	Warnings []estimate.Warning `json:"warnings"`
}

// Errors of a comparison.
var (
	ErrSides   = errors.New("比较的两边要各有至少一个组，并且没有相同的组；请重新选择")
	ErrNoWords = errors.New("比较的一边没有可数的词，无法比较；请合并组或等待更多答卷")
	ErrHidden  = errors.New("公布用的表已有不公布的格子，不能再用来比较；请用完整的表比较后再公布")
)

// Against compares one group with all others together.
func (t Table) Against(group int, prior float64) (Contrasts, error) {
	var others []int
	for g := range t.Columns {
		if g != group {
			others = append(others, g)
		}
	}
	return t.Compare([]int{group}, others, prior)
}

// Compare gives the log-odds ratio with an informative Dirichlet prior of each word (Monroe,
// Colaresi and Quinn 2008, Fightin' Words, Political Analysis 16, section 3.5.1, equations 15,
// 20 and 22), where the prior is the use of words by both sides together, worth as many words as
// prior says (0: a tenth of all that were counted, and at least 1):
//
//	δ = log (y₁+α)/(n₁+α₀−y₁−α) − log (y₂+α)/(n₂+α₀−y₂−α)
//	z = δ / √(1/(y₁+α) + 1/(y₂+α))
//
// with y persons who used the word, n the sum of y over all words, α₀ the prior's worth and
// α its part for the word. y counts persons and not mentions, so one who repeats himself
// weighs no more than another. As it compares shares of all words, a side that writes more
// doesn't lead in every word.
func (t Table) Compare(first, second []int, prior float64) (Contrasts, error) {
	if err := t.sides(first, second); err != nil {
		return Contrasts{}, err
	}
	c := Contrasts{First: first, Second: second, Rows: []Contrast{}}
	var n1, n2 float64
	for _, r := range t.Rows {
		y1, y2 := r.sum(first), r.sum(second)
		n1, n2 = n1+float64(y1), n2+float64(y2)
		if y1+y2 > 0 {
			c.Rows = append(c.Rows, Contrast{Text: r.Text, Persons: y1, Others: y2})
		}
	}
	if n1 == 0 || n2 == 0 || len(c.Rows) < 2 { // the odds of the only word are infinite
		return Contrasts{}, ErrNoWords
	}
	if c.Prior = prior; !(prior > 0) || math.IsInf(prior, 0) {
		c.Prior = max(1, (n1+n2)/10)
	}
	for i := range c.Rows {
		c.Rows[i].weigh(n1, n2, c.Prior)
	}
	slices.SortFunc(c.Rows, func(a, b Contrast) int {
		return cmp.Or(cmp.Compare(b.Z, a.Z), cmp.Compare(a.Text, b.Text))
	})
	c.Warnings = cautions(len(c.Rows))
	return c, nil
}

func (r *Contrast) weigh(n1, n2, prior float64) {
	alpha := prior * float64(r.Persons+r.Others) / (n1 + n2)
	y1, y2 := float64(r.Persons)+alpha, float64(r.Others)+alpha
	r.LogOdds = math.Log(y1/(n1+prior-y1)) - math.Log(y2/(n2+prior-y2))
	r.SE = math.Sqrt(1/y1 + 1/y2)
	r.Z = r.LogOdds / r.SE
}

func (r Row) sum(groups []int) (persons int64) {
	for _, g := range groups {
		persons += r.Cells[g].Persons
	}
	return persons
}

func (t Table) sides(first, second []int) error {
	seen := map[int]bool{}
	for _, g := range slices.Concat(first, second) {
		if g < 0 || g >= len(t.Columns) || seen[g] {
			return ErrSides
		}
		seen[g] = true
	}
	switch {
	case len(first) == 0 || len(second) == 0:
		return ErrSides
	case t.Rule != "":
		return ErrHidden
	}
	return nil
}

func cautions(words int) []estimate.Warning {
	return []estimate.Warning{
		{Code: ManyWords, Text: fmt.Sprintf("同时比较了%d个词；即使两边用词没有差别，也约有%s个词的|z|偶然超过1.96，单个词不能当作结论", words, estimate.Round(float64(words)*0.05, 0))},
		{Code: WordsApart, Text: "z把每个词当作互不相干，同一人的词其实彼此相关；它只用来排序和提示，应回到原话核对"},
	}
}

// Published leaves the words whose figures the published table shows for both sides: all
// their cells, or on one side all groups but those of the other, whose sum is then known.
// The rest can be worked out from z, so it goes.
func (c Contrasts) Published(t Table) Contrasts {
	shown := map[string]Row{}
	for _, r := range t.Rows {
		shown[r.Text] = r
	}
	all := len(c.First)+len(c.Second) == len(t.Columns)
	out := c
	out.Rows = nil
	for _, one := range c.Rows {
		r, is := shown[one.Text]
		first, second := r.open(c.First), r.open(c.Second)
		if is && (first && second || all && (first || second)) {
			out.Rows = append(out.Rows, one)
		}
	}
	return out
}

// open tells whether the table shows the cells of all these groups.
func (r Row) open(groups []int) bool {
	return !slices.ContainsFunc(groups, func(g int) bool { return g >= len(r.Cells) || r.Cells[g].Hidden })
}
