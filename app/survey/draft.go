package survey

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Draft is a questionnaire that is being written. It may be incomplete and wrong: faults
// are told beside their questions and keep it from being published, never from being
// kept. A questionnaire has one draft at a time, and that draft its id.
type Draft struct {
	Title          string          `json:"title"`
	Intro          string          `json:"intro,omitempty"`
	Stratum        string          `json:"stratum,omitempty"`
	Source         string          `json:"source,omitempty"`
	Items          []Item          `json:"items,omitempty"`
	Indicators     []Indicator     `json:"indicators,omitempty"`
	Contradictions []Contradiction `json:"contradictions,omitempty"`
	Base           uint32          `json:"base,omitempty"` // version from which it was begun, 0 for a new questionnaire
	Next           int             `json:"next,omitempty"` // number of the next key
	// Back is the revision whose content an undo brings back, 0 where there is none. An
	// undo is a revision too, and goes on from where that one stood.
	Back  uint32 `json:"back,omitempty"`
	Ended Ending `json:"ended,omitempty"`
}

// Item is a question of a draft. Its key holds for as long as the draft does, whatever
// the question is called meanwhile and wherever it is moved.
type Item struct {
	Key      string      `json:"key"`
	Question Question    `json:"question"`
	From     *ItemSource `json:"from,omitempty"`
}

// ItemSource is the published question that an item was taken from.
type ItemSource struct {
	Campaign      string          `json:"campaign"`
	Questionnaire QuestionnaireID `json:"questionnaire"`
	Version       uint32          `json:"version"`
	Name          string          `json:"name"`
}

// Ending says how a draft ended; empty while it is being written.
type Ending string

// The closed list of endings.
const (
	Published Ending = "published"
	Discarded Ending = "discarded"
)

// NewDraft begins a draft from a published version, or from a questionnaire that was read
// from a file (its version is then 0). Questions of a published version remember it.
func NewDraft(campaign string, q Questionnaire) Draft {
	d := Draft{Title: q.Title, Intro: q.Intro, Stratum: q.Stratum, Source: q.Source, Indicators: q.Indicators, Contradictions: q.Contradictions, Base: q.Version}
	for _, question := range q.Questions {
		item := Item{Key: d.key(), Question: question}
		if q.Version > 0 {
			item.From = &ItemSource{Campaign: campaign, Questionnaire: q.ID, Version: q.Version, Name: question.Name}
		}
		d.Items = append(d.Items, item)
	}
	return d
}

// Questionnaire is the draft as it would be published.
func (d Draft) Questionnaire(id QuestionnaireID) Questionnaire {
	q := Questionnaire{ID: id, Title: d.Title, Intro: d.Intro, Stratum: d.Stratum, Source: d.Source, Indicators: d.Indicators, Contradictions: d.Contradictions}
	for _, item := range d.Items {
		q.Questions = append(q.Questions, item.Question)
	}
	return q
}

func (d *Draft) key() string {
	d.Next++
	return fmt.Sprintf("k%d", d.Next)
}

// Place gives where the item with this key stands, -1 where there is none.
func (d Draft) Place(key string) int {
	return slices.IndexFunc(d.Items, func(item Item) bool { return item.Key == key })
}

// Add puts a new question at a place, at the end where there is no such place, and gives
// its key. A question without a name gets one.
func (d *Draft) Add(at int, question Question, from *ItemSource) string {
	if question.Name == "" {
		question.Name = d.FreeName()
	}
	if at < 0 || at > len(d.Items) {
		at = len(d.Items)
	}
	item := Item{Key: d.key(), Question: question, From: from}
	d.Items = slices.Insert(slices.Clone(d.Items), at, item)
	return item.Key
}

// Move takes an item to another place, which counts from 0; beyond the ends it stops.
func (d *Draft) Move(key string, to int) {
	at := d.Place(key)
	if at < 0 {
		return
	}
	item := d.Items[at]
	rest := slices.Delete(slices.Clone(d.Items), at, at+1)
	d.Items = slices.Insert(rest, min(max(to, 0), len(rest)), item)
}

// Copy puts a copy of an item behind it, under a name of its own, and gives its key. The
// copy is a question of its own: it comes from nowhere, and is known by no column heading.
func (d *Draft) Copy(key string) string {
	at := d.Place(key)
	if at < 0 {
		return ""
	}
	q := d.Items[at].Question
	q.Name, q.Aliases, q.Short = d.freeName(q.Name+"_", 2), nil, ""
	q.Options = slices.Clone(q.Options)
	q.Rows = slices.Clone(q.Rows)
	for i := range q.Rows {
		q.Rows[i].Name, q.Rows[i].Aliases = fmt.Sprintf("%s_%d", q.Name, i+1), nil
	}
	return d.Add(at+1, q, nil)
}

// Remove takes an item out. Conditions that ask for it stay and are faults.
func (d *Draft) Remove(key string) {
	if at := d.Place(key); at >= 0 {
		d.Items = slices.Delete(slices.Clone(d.Items), at, at+1)
	}
}

// Replace changes the question of an item. What asks for it by its name, or by the name of
// one of its rows, asks for the new one, unless another question bears the old name too.
func (d *Draft) Replace(key string, question Question) {
	at := d.Place(key)
	if at < 0 {
		return
	}
	old := d.Items[at].Question
	d.Items = slices.Clone(d.Items)
	d.Items[at].Question = question
	renamed := map[string]string{}
	if old.Name != question.Name && old.Name != "" {
		renamed[old.Name] = question.Name
	}
	for i, row := range old.Rows { // a row that kept its words and its place is the same row
		if i < len(question.Rows) && question.Rows[i].Label == row.Label && question.Rows[i].Name != row.Name && row.Name != "" {
			renamed[row.Name] = question.Rows[i].Name
		}
	}
	for _, item := range d.Items {
		for _, name := range append(item.Question.names(), item.Question.Name) {
			delete(renamed, name)
		}
	}
	if len(renamed) > 0 {
		d.rename(renamed)
	}
}

func (d *Draft) rename(names map[string]string) {
	for i := range d.Items {
		q := &d.Items[i].Question
		q.ShowIf, q.SkipIf = q.ShowIf.renamed(names), q.SkipIf.renamed(names)
		q.Label, q.Hint = renamedPlaces(q.Label, names), renamedPlaces(q.Hint, names)
	}
	d.Indicators = slices.Clone(d.Indicators)
	for i := range d.Indicators {
		if name, is := names[d.Indicators[i].Question]; is {
			d.Indicators[i].Question = name
		}
	}
	d.Contradictions = slices.Clone(d.Contradictions)
	for i := range d.Contradictions {
		c := &d.Contradictions[i]
		c.One, c.Other = *c.One.renamed(names), *c.Other.renamed(names)
	}
	if name, is := names[d.Stratum]; is {
		d.Stratum = name
	}
}

func renamedPlaces(text string, names map[string]string) string {
	return piped.ReplaceAllStringFunc(text, func(place string) string {
		if name, is := names[piped.FindStringSubmatch(place)[1]]; is {
			return "${" + name + "}"
		}
		return place
	})
}

func (c *Condition) renamed(names map[string]string) *Condition {
	if c == nil {
		return nil
	}
	one := *c
	if name, is := names[c.Question]; is {
		one.Question = name
	}
	part := func(list []Condition) []Condition {
		if list == nil {
			return nil
		}
		all := make([]Condition, len(list))
		for i := range list {
			all[i] = *list[i].renamed(names)
		}
		return all
	}
	one.All, one.Any = part(c.All), part(c.Any)
	return &one
}

// freeName gives the first of prefix1, prefix2 … that nothing in the draft bears.
func (d Draft) freeName(prefix string, first int) string {
	taken := d.Names()
	const room = 34 // of the 40 characters of a name
	if len(prefix) > room {
		prefix = prefix[:room]
	}
	for i := first; ; i++ {
		if name := fmt.Sprintf("%s%d", prefix, i); !taken[name] {
			return name
		}
	}
}

// Names are the names that questions and rows of the draft bear.
func (d Draft) Names() map[string]bool {
	taken := map[string]bool{}
	for _, item := range d.Items {
		taken[item.Question.Name] = true
		for _, row := range item.Question.Rows {
			taken[row.Name] = true
		}
	}
	return taken
}

// Completed gives the question with codes for its options and names for its rows where
// the writer left them out, and without what its type doesn't use.
func (q Question) Completed() Question {
	q = q.fitting()
	q.Options, q.Rows = slices.Clone(q.Options), slices.Clone(q.Rows)
	codes := map[string]bool{}
	for _, o := range q.Options {
		codes[o.Code] = true
	}
	// A code of digits alone would be read as the words of an option like “1” at the import.
	fill(len(q.Options), "o", codes, func(i int) *string { return &q.Options[i].Code })
	names := map[string]bool{}
	for _, row := range q.Rows {
		names[row.Name] = true
	}
	fill(len(q.Rows), q.Name+"_", names, func(i int) *string { return &q.Rows[i].Name })
	q.Right = slices.DeleteFunc(slices.Clone(q.Right), func(code string) bool {
		return !codes[code] && !(q.Type == Consent && (code == ConsentYes || code == ConsentNo))
	})
	if len(q.Right) == 0 {
		q.Right = nil
	}
	return q
}

func fill(n int, prefix string, taken map[string]bool, at func(int) *string) {
	next := 1
	for i := range n {
		text := at(i)
		if *text != "" {
			continue
		}
		for taken[fmt.Sprint(prefix, next)] {
			next++
		}
		*text = fmt.Sprint(prefix, next)
		taken[*text] = true
	}
}

// fitting leaves out what the type of the question doesn't use: after a change of type it
// would be a fault that no field of the page shows.
func (q Question) fitting() Question {
	listed := q.Type == Single || q.Type == Multiple || q.Type == Scale || q.Type == Matrix
	if !listed {
		q.Options = nil
	}
	if q.Type != Matrix {
		q.Rows = nil
	}
	if !listed && q.Type != Consent {
		q.Right = nil
	}
	if _, may := bounded[q.Type]; !may {
		q.Min, q.Max = nil, nil
	}
	if q.Type != Number {
		q.Whole = false
	}
	if q.Type != Date {
		q.Earliest, q.Latest = "", ""
	}
	if q.Type != Single && q.Type != Multiple {
		q.Shuffle = false
	}
	if q.Type == Note {
		q.Required = false
	}
	q.Options = slices.Clone(q.Options)
	for i := range q.Options {
		if q.Type != Multiple {
			q.Options[i].Exclusive = false
		}
		if q.Type == Matrix {
			q.Options[i].Other = false
		}
	}
	return q
}

// IndicatorKey is the key of an indicator among the faults.
func IndicatorKey(name string) string { return "indicator " + name }

// Faults are the faults of a draft by the key of their item, of their indicator or of their
// contradiction; those of none stand under the empty key.
func (d Draft) Faults(id QuestionnaireID) map[string][]string {
	by := map[string][]string{}
	err := d.Questionnaire(id).Validate()
	if err == nil {
		return by
	}
	places := map[string][]string{} // what a fault calls a question → keys
	for i, item := range d.Items {
		name := item.Question.Name
		if name == "" {
			name = fmt.Sprintf("questions[%d]", i+1)
		}
		places[name] = append(places[name], item.Key)
		for _, row := range item.Question.Rows {
			if row.Name != item.Question.Name {
				places[row.Name] = append(places[row.Name], item.Key)
			}
		}
	}
	for _, fault := range faultList(err) {
		keys := places[fault.Field]
		switch {
		case len(keys) > 0:
		case slices.ContainsFunc(d.Indicators, func(ind Indicator) bool { return ind.Name == fault.Field }):
			keys = []string{IndicatorKey(fault.Field)}
		case strings.HasPrefix(fault.Field, "contradictions["):
			keys = []string{fault.Field}
		default:
			keys = []string{""}
		}
		for _, key := range slices.Compact(slices.Sorted(slices.Values(keys))) {
			if !slices.Contains(by[key], fault.Why) {
				by[key] = append(by[key], fault.Why)
			}
		}
	}
	return by
}

// Asking tells by name which questions, by their places from 1, have a condition or a text
// that asks for it: whoever removes a question should know of them.
func (d Draft) Asking() map[string][]int {
	by := map[string][]int{}
	for i, item := range d.Items {
		q := item.Question
		asked := map[string]bool{}
		q.ShowIf.names(asked)
		q.SkipIf.names(asked)
		for _, found := range piped.FindAllStringSubmatch(q.Label+"\n"+q.Hint, -1) {
			asked[found[1]] = true
		}
		for name := range asked {
			by[name] = append(by[name], i+1)
		}
	}
	return by
}

func (c *Condition) names(into map[string]bool) {
	if c == nil {
		return
	}
	if c.Question != "" {
		into[c.Question] = true
	}
	for _, part := range slices.Concat(c.All, c.Any) {
		part.names(into)
	}
}

// Dimensions are those that questions of a draft bear, beside the usual five.
func (d Draft) Dimensions() []string {
	list := []string{"认知", "参与", "满意", "支持", "信心"}
	more := map[string]bool{}
	for _, item := range d.Items {
		if name := strings.TrimSpace(item.Question.Dimension); name != "" && !slices.Contains(list, name) {
			more[name] = true
		}
	}
	return append(list, slices.Sorted(maps.Keys(more))...)
}

// FreeName is a name for a new question that nothing in the draft bears.
func (d Draft) FreeName() string { return d.freeName("q", len(d.Items)+1) }
