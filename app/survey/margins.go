package survey

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
)

// Margins are known totals of the population that the weights of a wave are raked to, as a
// workbook gave them.
type Margins struct {
	File   string   `json:"file"`
	SHA256 string   `json:"sha256"` // of the workbook, hex
	List   []Margin `json:"list"`
}

// Margin is one variable with how many people of the population have each of its values.
// Variable is the name of a question, MarginStratum or MarginArea.
type Margin struct {
	Variable string        `json:"variable"`
	Label    string        `json:"label"`
	Source   string        `json:"source"`
	Totals   []MarginTotal `json:"totals"`
}

// MarginTotal is how many people there are of one value.
type MarginTotal struct {
	Code   string `json:"code"`
	Label  string `json:"label"`
	People int    `json:"people"`
}

// What a margin may be of beside a question. No question's name begins with @.
const (
	MarginStratum = "@stratum"
	MarginArea    = "@area"
)

// Trimming keeps the weights of a wave within so many times their mean; 0 is no bound.
type Trimming struct {
	Least float64 `json:"least,omitempty"`
	Most  float64 `json:"most,omitempty"`
	Note  string  `json:"note,omitempty"` // why these
}

// People adds up the totals.
func (m Margin) People() int {
	sum := 0
	for _, t := range m.Totals {
		sum += t.People
	}
	return sum
}

// Rounding is by how much the sum may be off because each total was rounded: half of the
// coarsest power of ten that divides them all, for each.
func (m Margin) Rounding() float64 {
	step := 0
	for _, t := range m.Totals {
		own := 1
		for people := t.People; people != 0 && people%10 == 0; people /= 10 {
			own *= 10
		}
		if t.People != 0 && (step == 0 || own < step) {
			step = own
		}
	}
	if step <= 1 {
		return 0.5 * float64(len(m.Totals))
	}
	return 0.5 * float64(step) * float64(len(m.Totals))
}

// mostRounding is the part of a total that rounding explains at most, however round the
// numbers are.
const mostRounding = 0.005

// Contradicts tells whether two margins add up to different populations, by more than
// rounding.
func (m Margin) Contradicts(other Margin) bool {
	a, b := float64(m.People()), float64(other.People())
	return math.Abs(a-b) > min(m.Rounding()+other.Rounding(), max(mostRounding*max(a, b), 1))
}

// MarginVariable is what a margin of this wave may be of: its values, and those that need no
// total since nobody counts them.
type MarginVariable struct {
	Variable, Label string
	Values          []Option
	// Demographic variables are put into the template: what people are and not what they think.
	Demographic bool
}

// MarginVariables are the strata and areas of the wave and the closed single choices that
// everybody is asked. Left out of the values are those by which people give none (说不清).
func (w Wave) MarginVariables(q Questionnaire) []MarginVariable {
	var list []MarginVariable
	if len(w.Strata) > 0 {
		one := MarginVariable{Variable: MarginStratum, Label: "组别", Demographic: true}
		for _, s := range w.Strata {
			one.Values = append(one.Values, Option{Code: s.Code, Label: s.Label})
		}
		list = append(list, one)
	}
	if len(w.Areas) > 0 {
		one := MarginVariable{Variable: MarginArea, Label: "区域", Demographic: true}
		for _, a := range w.Areas {
			one.Values = append(one.Values, Option{Code: a.Code, Label: a.Label})
		}
		list = append(list, one)
	}
	judged := map[string]bool{}
	for _, i := range q.Indicators {
		judged[i.Question] = true
	}
	for _, question := range q.Items() {
		if !question.Marginal() || question.Name == q.Stratum && len(w.Strata) > 0 {
			continue
		}
		one := MarginVariable{Variable: question.Name, Label: question.Title(), Values: slices.DeleteFunc(slices.Clone(question.Options), func(o Option) bool { return o.DontKnow })}
		one.Demographic = question.Type == Single && question.Of == "" && question.Dimension == "" && len(question.Right) == 0 && !judged[question.Name]
		list = append(list, one)
	}
	return list
}

// Marginal tells whether the population can be known by the answers to a question: each
// person was asked it and gave one of a few.
func (q Question) Marginal() bool {
	return (q.Type == Single || q.Type == Scale) && q.ShowIf == nil && q.SkipIf == nil && !q.Adults
}

// Hash names the margins and the trimming of a wave: figures with the same were weighted to
// the same. It is empty where there are no margins.
func (w Wave) MarginsHash() string {
	if w.Margins == nil {
		return ""
	}
	raw, err := json.Marshal([]any{w.Margins, w.Trimming})
	if err != nil {
		panic(err) // of texts and finite numbers
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

const mostMargins = 8

func (w Wave) validateMargins(f *faults, q Questionnaire) {
	t := w.Trimming
	if !(t.Least >= 0 && t.Least < 1) {
		f.add("least", "权重下限要是0到1之间的倍数（0是不设），例如0.3")
	}
	if t.Most != 0 && !(t.Most > 1 && t.Most <= 1000) {
		f.add("most", "权重上限要是大于1、不超过1000的倍数（0是不设），例如3")
	}
	checkWords(f, "trim_note", t.Note)
	if utf8.RuneCountInString(t.Note) > 300 {
		f.add("trim_note", "上下限的说明最多300个字，请缩短")
	}
	if (t.Least > 0 || t.Most > 0) && strings.TrimSpace(t.Note) == "" {
		f.add("trim_note", "设了上下限，请写明为什么这样设")
	}
	if w.Margins == nil {
		return
	}
	list := w.Margins.List
	if len(list) == 0 || len(list) > mostMargins {
		f.add("margins", "已知总体数有%d个变量，要有1到%d个", len(list), mostMargins)
		return
	}
	known := w.MarginVariables(q)
	seen := map[string]bool{}
	for _, m := range list {
		i := slices.IndexFunc(known, func(v MarginVariable) bool { return v.Variable == m.Variable })
		switch {
		case seen[m.Variable]:
			f.add("margins", "已知总体数里“%s”写了两次", short(m.Label))
		case i < 0:
			f.add("margins", "已知总体数里的“%s”不再是这一轮的分组、片区或人人都答的单选题，请先在“已知总体数”页重新上传或撤回", short(m.Label))
		default:
			known[i].check(f, m)
		}
		seen[m.Variable] = true
		if m.Contradicts(list[0]) {
			f.add("margins", "已知总体数里“%s”合计%d人，“%s”合计%d人，相差超过四舍五入，请核对", short(list[0].Label), list[0].People(), short(m.Label), m.People())
		}
	}
}

// check holds the totals of a margin against the values of its variable.
func (v MarginVariable) check(f *faults, m Margin) {
	given := map[string]bool{}
	for _, t := range m.Totals {
		if given[t.Code] {
			f.add("margins", "已知总体数里“%s”的“%s”写了两次", short(m.Label), short(t.Label))
		}
		given[t.Code] = true
		if t.People < 0 || t.People > maxPopulation {
			f.add("margins", "已知总体数里“%s”的“%s”是%d人，请核对", short(m.Label), short(t.Label), t.People)
		}
		if !slices.ContainsFunc(v.Values, func(o Option) bool { return o.Code == t.Code }) {
			f.add("margins", "已知总体数里“%s”的“%s”不在这一轮里，请先在“已知总体数”页重新上传或撤回", short(m.Label), short(t.Label))
		}
	}
	for _, o := range v.Values {
		if !given[o.Code] {
			f.add("margins", "已知总体数里“%s”缺少“%s”，请先在“已知总体数”页重新上传或撤回", short(m.Label), short(o.Label))
		}
	}
	if m.People() == 0 {
		f.add("margins", "已知总体数里“%s”合计是0", short(m.Label))
	}
	checkWords(f, "margins", m.Source)
	switch n := utf8.RuneCountInString(m.Source); {
	case strings.TrimSpace(m.Source) == "":
		f.add("margins", "已知总体数里“%s”没有写来源", short(m.Label))
	case n > 300:
		f.add("margins", "已知总体数里“%s”的来源有%d个字，最多300个字", short(m.Label), n)
	}
}

// SetMargins keeps the margins of a wave, or withdraws them (nil), as its next revision.
func (s *Store) SetMargins(ctx context.Context, actor audit.Actor, campaign string, id WaveID, m *Margins, expected uint32) error {
	verb := "wave.margins"
	if m == nil {
		verb = "wave.unmargin"
	}
	return s.weigh(ctx, actor, verb, campaign, id, expected, func(w *Wave) { w.Margins = m })
}

// SetTrimming keeps the bounds of the weights of a wave as its next revision.
func (s *Store) SetTrimming(ctx context.Context, actor audit.Actor, campaign string, id WaveID, t Trimming, expected uint32) error {
	return s.weigh(ctx, actor, "wave.trim", campaign, id, expected, func(w *Wave) { w.Trimming = t })
}

func (s *Store) weigh(ctx context.Context, actor audit.Actor, verb, campaign string, id WaveID, expected uint32, change func(*Wave)) error {
	held, err := s.Wave(ctx, campaign, id)
	if err != nil {
		return err
	}
	w := held.Thing
	change(&w)
	q, err := s.Questionnaire(ctx, campaign, w.Questionnaire, w.Version)
	if err != nil {
		return err
	}
	f := &faults{}
	if w.validateMargins(f, q); len(f.list) > 0 {
		return problem.Invalid("没有保存", fmt.Sprintf("共%d处，请按提示改正后再保存。", len(f.list)), f.list...)
	}
	_, err = s.waves.Put(ctx, actor, verb, campaign, string(id), w, expected)
	return changed(err)
}

// Weighings gives the revisions of a wave that changed its margins or its trimming, newest
// first.
func (s *Store) Weighings(ctx context.Context, campaign string, id WaveID) ([]revision.Held[Wave], error) {
	all, err := s.waves.Revisions(ctx, campaign, string(id))
	if err != nil {
		return nil, err
	}
	var list []revision.Held[Wave]
	for i, one := range all {
		var before Wave
		if i+1 < len(all) {
			before = all[i+1].Thing
		}
		if one.Thing.MarginsHash() != before.MarginsHash() || one.Thing.Trimming != before.Trimming {
			list = append(list, one)
		}
	}
	return list, nil
}
