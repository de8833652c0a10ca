package handover

import (
	"slices"

	"shuixuan/app/survey"
)

// row is a response on its way out.
type row struct {
	number      int64
	r           survey.Response
	q           *survey.Questionnaire
	asked       *map[string]bool // questions that were asked; made when the first cell needs it
	combination string
	masked      map[string]string // texts by their key
}

// row prepares a response.
func (d *Data) row(number int64, r survey.Response) row {
	x := row{number: number, r: r, q: &d.q, asked: new(map[string]bool), combination: d.combination(r)}
	for _, c := range d.columns {
		switch text := r.Texts[c.key]; {
		case c.kind != words || c.question.Name == "" || text == "":
		case c.question.Type == survey.Date:
			x.mask(c.key, text)
		default: // there is no such column without a lexicon
			x.mask(c.key, d.source.Lexicon.Mask(text).Text)
		}
	}
	return x
}

func (x *row) mask(key, text string) {
	if x.masked == nil {
		x.masked = map[string]string{}
	}
	x.masked[key] = clean(text)
}

// open says why a question has no answer. Most are asked of everybody, and following the
// conditions of a whole questionnaire takes longer than the rest of the row: half of the time of
// a file, where it was done for each row.
func open(x row, q survey.Question, always bool) state {
	switch {
	case slices.Contains(x.r.Unclear, q.Name):
		return unclear
	case always:
		return unanswered
	case *x.asked == nil:
		*x.asked = survey.Shown(*x.q, x.r)
	}
	if !(*x.asked)[q.Name] {
		return skipped
	}
	return unanswered
}

// always tells whether everybody is asked a question: it has no condition, and no consent
// before it ends the questionnaire.
func (d *Data) always(q survey.Question) bool {
	if q.ShowIf != nil || q.SkipIf != nil || q.Adults {
		return false
	}
	for _, earlier := range d.q.Questions {
		if earlier.Name == q.Name {
			break
		}
		if earlier.Type == survey.Consent && earlier.Required {
			return false
		}
	}
	return true
}
