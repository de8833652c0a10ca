package web

import (
	"bytes"
	"context"
	"io"
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/dashboards/workbook"
	"shuixuan/ingest"
	"shuixuan/ingest/xlsform"
)

// A questionnaire comes as an XLSForm in two steps: the file is kept and shown, and what
// was shown becomes a draft. A form with faults is shown with them and goes no further.

func (s *Server) xlsFormRoutes() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	return []route{
		{post, xlsFormIn, auth.QuestionnairePut, s.xlsFormUpload},
		{get, xlsFormIn, auth.QuestionnairePut, s.xlsFormPreview},
		{post, xlsFormIn + "/take", auth.QuestionnairePut, s.xlsFormTake},
		{get, xlsFormOut, auth.QuestionnairePut, s.xlsFormDownload},
	}
}

// xlsFormUpload keeps the file and leads to its preview. Nothing is taken yet.
func (s *Server) xlsFormUpload(c *fiber.Ctx, v *visit) error {
	if !isMultipart(c) {
		return noFile(nil)
	}
	u, err := s.upload(c)
	if p, ok := problem.As(err); ok && p.Kind == problem.KindInvalid {
		return s.showShelf(c, v, newQuestionnaire{}, "", p)
	}
	if err != nil {
		return err
	}
	defer u.file.Close()
	values := url.Values{"file": {u.file.SHA256}, "name": {u.file.Name}}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/questionnaires/xlsform?"+values.Encode(), fiber.StatusSeeOther)
}

type xlsFormPage struct {
	Form      xlsform.Form
	File      string
	Name      string
	Questions []xlsFormQuestion
	Draft     uint32 // revision of the draft that it would replace, 0 for none
	Newest    uint32 // version that is published, 0 for none
}

type xlsFormQuestion struct {
	survey.Question
	Number int // notes not counted
	Kind   string
	Asked  string // of whom
}

// readXLSForm reads a kept file.
func (s *Server) readXLSForm(c *fiber.Ctx, file, name string) (xlsform.Form, error) {
	if file == "" {
		return xlsform.Form{}, noFile(nil)
	}
	kept, err := s.Ingest.Originals().Open(file)
	if err != nil {
		return xlsform.Form{}, err
	}
	defer kept.Close()
	kept.Name = name
	return ingest.ReadXLSForm(c.UserContext(), kept)
}

// xlsFormPreview shows the questions and what is wrong. It writes nothing.
func (s *Server) xlsFormPreview(c *fiber.Ctx, v *visit) error {
	form, err := s.readXLSForm(c, c.Query("file"), c.Query("name"))
	if p, ok := problem.As(err); ok && p.Kind == problem.KindInvalid {
		return s.showShelf(c, v, newQuestionnaire{}, "", p)
	}
	if err != nil {
		return err
	}
	data := xlsFormPage{Form: form, File: c.Query("file"), Name: c.Query("name")}
	number := 0
	for _, q := range form.Questionnaire.Questions {
		one := xlsFormQuestion{Question: q, Kind: survey.TypeNames[q.Type]}
		if q.Type != survey.Note {
			number++
			one.Number = number
		}
		if q.ShowIf != nil || q.SkipIf != nil || q.Adults {
			one.Asked = q.AskedOf(form.Questionnaire)
		}
		data.Questions = append(data.Questions, one)
	}
	if data.Draft, data.Newest, err = s.inTheWay(c.UserContext(), v, form.Questionnaire.ID); err != nil {
		return err
	}
	return s.render(c, v, "questionnaires_xlsform", "XLSForm 预览", data)
}

// inTheWay gives the revision of a draft that is being written under this id, and the
// newest version.
func (s *Server) inTheWay(ctx context.Context, v *visit, id survey.QuestionnaireID) (draft, version uint32, err error) {
	if version, err = s.newestVersion(ctx, v, id); err != nil {
		return 0, 0, err
	}
	held, err := s.Surveys.Draft(ctx, v.plan.Campaign.ID, id)
	if p, ok := problem.As(err); ok && p.Kind == problem.KindNotFound || err == nil && held.Thing.Ended != "" {
		return 0, version, nil
	}
	return held.Revision, version, err
}

// xlsFormTake makes the very bytes that were shown a draft, or the next state of the draft
// that was there when they were shown.
func (s *Server) xlsFormTake(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	read, err := s.readXLSForm(c, fields.Get("file"), fields.Get("name"))
	if err != nil {
		return err
	}
	if err := read.Err(); err != nil {
		return err
	}
	ctx, id := c.UserContext(), read.Questionnaire.ID
	d, err := s.draftOf(ctx, v, read.Questionnaire)
	if err != nil {
		return err
	}
	seen, _ := strconv.ParseUint(fields.Get("draft"), 10, 32)
	if seen > 0 {
		_, err = s.Surveys.SaveDraft(ctx, v.actor, v.plan.Campaign.ID, id, d, uint32(seen))
	} else {
		_, err = s.Surveys.BeginDraft(ctx, v.actor, v.plan.Campaign.ID, id, d)
	}
	if err != nil {
		return err
	}
	return c.Redirect(draftAddress(v, id, "?done=begun"), fiber.StatusSeeOther)
}

// draftOf makes a draft of what was read. A question that goes on under its name and type
// remembers the published one, so that their figures are compared.
func (s *Server) draftOf(ctx context.Context, v *visit, q survey.Questionnaire) (survey.Draft, error) {
	campaign := v.plan.Campaign.ID
	d := survey.NewDraft(campaign, q)
	before := map[string]survey.Item{}
	newest, err := s.Surveys.Questionnaire(ctx, campaign, q.ID, 0)
	if p, ok := problem.As(err); err != nil && (!ok || p.Kind != problem.KindNotFound) {
		return d, err
	} else if err == nil {
		d.Base = newest.Version
		for _, item := range survey.NewDraft(campaign, newest).Items {
			before[item.Question.Name] = item
		}
	}
	held, err := s.Surveys.Draft(ctx, campaign, q.ID)
	if p, ok := problem.As(err); err != nil && (!ok || p.Kind != problem.KindNotFound) {
		return d, err
	} else if err == nil && held.Thing.Ended == "" {
		for _, item := range held.Thing.Items {
			before[item.Question.Name] = item
		}
		d.Base = held.Thing.Base
	}
	for i, item := range d.Items {
		if one, known := before[item.Question.Name]; known && one.Question.Type == item.Question.Type {
			d.Items[i].From = one.From
		}
	}
	return d, nil
}

// xlsFormDownload sends a version; where the address names none the draft, or the newest.
func (s *Server) xlsFormDownload(c *fiber.Ctx, v *visit) error {
	q, err := s.asked(c, v)
	if p, ok := problem.As(err); ok && p.Kind == problem.KindNotFound && c.Query("version") == "" {
		q, err = s.Surveys.Questionnaire(c.UserContext(), v.plan.Campaign.ID, questionnaireOf(c), 0)
	}
	if err != nil {
		return err
	}
	var out bytes.Buffer // small, and a fault is told as a page
	if err := workbook.XLSForm(&out, q); err != nil {
		return err
	}
	return s.download(c, q.Title+".xlsx", func(w io.Writer) error { _, err := out.WriteTo(w); return err })
}
