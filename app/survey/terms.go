package survey

import "slices"

// Relation is how a term looks at its question.
type Relation string

// The closed list of relations.
const (
	Chosen    Relation = "in"
	NotChosen Relation = "not_in"
	AtLeast   Relation = "at_least"
	AtMost    Relation = "at_most"
	Above     Relation = "above"
	Below     Relation = "below"
)

// Relations are all of them in the order of a menu.
var Relations = []Relation{Chosen, NotChosen, AtLeast, AtMost, Above, Below}

// RelationNames are the words for people; they go on from the name of the question.
var RelationNames = map[Relation]string{
	Chosen: "选了（任一个）", NotChosen: "没有选", AtLeast: "不小于", AtMost: "不大于", Above: "大于", Below: "小于",
}

// Term is one line of a condition as a person composes it. Lines that are joined by “and”
// bind closer than those that are joined by “or”, as they are read.
type Term struct {
	Or       bool // joined to the line above by “or”; of the first line it says nothing
	Question string
	Relation Relation
	Codes    []string
	Number   *float64
}

// MaxTerms is how many lines of a condition a person can still read.
const MaxTerms = 12

// Terms takes a condition apart into lines. It says no where they would be more than
// MaxTerms: such a condition came from a file and is kept as it is.
func (c *Condition) Terms() ([]Term, bool) {
	if c == nil {
		return nil, true
	}
	var terms []Term
	groups := c.groups(0)
	for _, group := range groups {
		for i, term := range group {
			term.Or = i == 0 && len(terms) > 0
			terms = append(terms, term)
		}
	}
	return terms, groups != nil && len(terms) <= MaxTerms
}

// groups is the condition as alternatives, each of terms that all hold; nil where they
// would be too many.
func (c *Condition) groups(depth int) [][]Term {
	if depth > maxDepth {
		return nil
	}
	groups := [][]Term{c.own()}
	for i := range c.All {
		if groups = times(groups, c.All[i].groups(depth+1)); groups == nil {
			return nil
		}
	}
	if len(c.Any) == 0 {
		return groups
	}
	var either [][]Term
	for i := range c.Any {
		part := c.Any[i].groups(depth + 1)
		if part == nil || len(either)+len(part) > MaxTerms {
			return nil
		}
		either = append(either, part...)
	}
	return times(groups, either)
}

func times(a, b [][]Term) [][]Term {
	if len(a)*len(b) > MaxTerms {
		return nil
	}
	var all [][]Term
	for _, one := range a {
		for _, other := range b {
			all = append(all, slices.Concat(one, other))
		}
	}
	return all
}

func (c *Condition) own() []Term {
	if c.Question == "" {
		return nil
	}
	var terms []Term
	if len(c.In) > 0 {
		terms = append(terms, Term{Question: c.Question, Relation: Chosen, Codes: c.In})
	}
	if len(c.NotIn) > 0 {
		terms = append(terms, Term{Question: c.Question, Relation: NotChosen, Codes: c.NotIn})
	}
	for _, bound := range []struct {
		relation Relation
		of       *float64
	}{{AtLeast, c.AtLeast}, {AtMost, c.AtMost}, {Above, c.Above}, {Below, c.Below}} {
		if bound.of != nil {
			terms = append(terms, Term{Question: c.Question, Relation: bound.relation, Number: bound.of})
		}
	}
	if terms == nil { // a question of which nothing is said yet
		terms = []Term{{Question: c.Question, Relation: Chosen}}
	}
	return terms
}

// Composed puts lines together to a condition, nil for none.
func Composed(terms []Term) *Condition {
	var groups [][]Condition
	for _, term := range terms {
		if term.Question == "" {
			continue
		}
		if len(groups) == 0 || term.Or {
			groups = append(groups, nil)
		}
		last := len(groups) - 1
		groups[last] = append(groups[last], term.condition())
	}
	var either []Condition
	for _, group := range groups {
		if len(group) == 1 {
			either = append(either, group[0])
		} else {
			either = append(either, Condition{All: group})
		}
	}
	switch len(either) {
	case 0:
		return nil
	case 1:
		return &either[0]
	}
	return &Condition{Any: either}
}

func (t Term) condition() Condition {
	c := Condition{Question: t.Question}
	switch t.Relation {
	case NotChosen:
		c.NotIn = t.Codes
	case AtLeast:
		c.AtLeast = t.Number
	case AtMost:
		c.AtMost = t.Number
	case Above:
		c.Above = t.Number
	case Below:
		c.Below = t.Number
	default:
		c.In = t.Codes
	}
	return c
}
