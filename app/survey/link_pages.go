package survey

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/google/uuid"
)

// Step is what a respondent sees at once: a question (a matrix is one) with the notes
// before it. Its name is that of its last question.
type Step struct {
	Name      string
	Questions []Question
}

// Items are the questions of a step as they are answered.
func (s Step) Items() []Question { return Questionnaire{Questions: s.Questions}.Items() }

// Steps are the pages of a questionnaire for this respondent, as far as the answers tell.
// Known names questions whose answer is fixed and that are not asked.
func Steps(q Questionnaire, r Response, known ...string) []Step {
	shown := Shown(q, r)
	var steps []Step
	var notes []Question
	for _, question := range q.Questions {
		if !shown[question.Name] || slices.Contains(known, question.Name) {
			continue
		}
		if question.Type == Note {
			notes = append(notes, question)
			continue
		}
		steps = append(steps, Step{question.Name, append(notes, question)})
		notes = nil
	}
	if len(notes) > 0 {
		steps = append(steps, Step{notes[len(notes)-1].Name, notes})
	}
	return steps
}

// Pruned leaves out the answers of questions that are skipped.
func Pruned(q Questionnaire, r Response) Response {
	shown := Shown(q, r)
	r.Choices, r.Numbers, r.Texts = maps.Clone(r.Choices), maps.Clone(r.Numbers), maps.Clone(r.Texts)
	for _, question := range q.Items() {
		if !shown[question.Name] {
			r.Clear(question)
		}
	}
	return r
}

// Clear takes the answer of one question away.
func (r Response) Clear(question Question) {
	delete(r.Choices, question.Name)
	delete(r.Numbers, question.Name)
	delete(r.Texts, question.Name)
	delete(r.Texts, OtherKey(question.Name))
}

// Answers tells whether the response holds an answer of the question's own type.
func (r Response) Answers(question Question) bool { return r.answers(&question) }

// Order gives the options as one respondent meets them: those that are read, and where the
// question says so in an order of the respondent's own, the same on every visit. 说不清,
// 都没有 and 其他 stay behind the others, where people look for them.
func (q Question) Order(id uuid.UUID) []Option {
	options := q.Read()
	if !q.Shuffle {
		return options
	}
	last := func(o Option) bool { return o.DontKnow || o.Exclusive || o.Other }
	var mixed, rest []Option
	for _, o := range options {
		if last(o) {
			rest = append(rest, o)
		} else {
			mixed = append(mixed, o)
		}
	}
	sum := sha256.Sum256(append(id[:], q.Name...))
	random := rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])))
	random.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	return append(mixed, rest...)
}
