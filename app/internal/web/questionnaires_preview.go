package web

import (
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// previewView is a questionnaire as the writer imagines it answered. The answers stand in
// the address: nothing of a preview is kept.
type previewView struct {
	Questionnaire survey.Questionnaire
	Version       string // empty for the draft
	Questions     []previewQuestion
	Young         bool
	Ended         bool // a consent that must be given was not
	Hidden        int  // questions that are skipped with these answers
}

type previewQuestion struct {
	survey.Question
	Number int // notes are not counted
	Label  string
	Hint   string
	Asked  string // of whom, where not of all
	Held   map[string]bool
	Value  string
	Other  string
	Rows   []previewRow
	Cells  []int // of a rating
}

type previewRow struct {
	Name, Label string
	Held        string
}

// previewPhone shows the questionnaire as on a phone; answered, it skips as it will.
func (s *Server) previewPhone(c *fiber.Ctx, v *visit) error {
	q, err := s.asked(c, v)
	if err != nil {
		return err
	}
	fields, err := addressFields(c)
	if err != nil {
		return err
	}
	r, _ := readResponse(fields, q) // what can't be read is as if it weren't answered
	r.Young = fields.Get("young") != ""
	data := previewView{Questionnaire: q, Version: c.Query("version"), Young: r.Young, Ended: survey.RefusedConsent(q, r)}
	shown := survey.Shown(q, r)
	number := 0
	for _, question := range q.Questions {
		if question.Type != survey.Note {
			number++
		}
		if !shown[question.Name] {
			data.Hidden++
			continue
		}
		data.Questions = append(data.Questions, previewOf(q, r, question, number))
	}
	return s.render(c, v, "questionnaires_phone", "手机预览："+q.Title, data)
}

// previewPaper shows the questionnaire as a sheet: every question, with whom it is for.
func (s *Server) previewPaper(c *fiber.Ctx, v *visit) error {
	q, err := s.asked(c, v)
	if err != nil {
		return err
	}
	data := previewView{Questionnaire: q, Version: c.Query("version")}
	number := 0
	for _, question := range q.Questions {
		if question.Type != survey.Note {
			number++
		}
		one := previewOf(q, survey.Response{}, question, number)
		if words := question.AskedOf(q); words != "都问" {
			one.Asked = words
		}
		data.Questions = append(data.Questions, one)
	}
	return s.render(c, v, "questionnaires_paper", "纸面预览："+q.Title, data)
}

func previewOf(q survey.Questionnaire, r survey.Response, question survey.Question, number int) previewQuestion {
	full := question
	if question.Type != survey.Matrix {
		full, _ = survey.Questionnaire{Questions: []survey.Question{question}}.Question(question.Name) // with the options of a consent, the ends of a rating
	}
	one := previewQuestion{Question: full, Number: number, Label: survey.Piped(q, r, question.Label), Hint: survey.Piped(q, r, question.Hint),
		Held: map[string]bool{}, Value: r.Texts[question.Name], Other: r.Texts[survey.OtherKey(question.Name)]}
	one.Options = full.Read()
	for _, code := range r.Choices[question.Name] {
		one.Held[code] = true
	}
	if n, held := r.Numbers[question.Name]; held {
		one.Value = strconv.FormatFloat(n, 'f', -1, 64)
	}
	for _, row := range question.Rows {
		held := ""
		if codes := r.Choices[row.Name]; len(codes) > 0 {
			held = codes[0]
		}
		one.Rows = append(one.Rows, previewRow{row.Name, row.Label, held})
	}
	if full.Type == survey.Rating && full.Min != nil && full.Max != nil && *full.Max-*full.Min <= 20 {
		for n := int(*full.Min); n <= int(*full.Max); n++ {
			one.Cells = append(one.Cells, n)
		}
	}
	return one
}

// HeldCell tells whether a cell of a rating is the one that is ticked.
func (p previewQuestion) HeldCell(n int) bool { return p.Value == strconv.Itoa(n) }

// addressFields gives the fields of an address.
func addressFields(c *fiber.Ctx) (url.Values, error) {
	fields, err := url.ParseQuery(string(c.Context().QueryArgs().QueryString()))
	if err != nil {
		return nil, problem.Invalid("网址读不出来", "请从问卷页重新打开预览。").Because(err)
	}
	return fields, nil
}
