package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"io/fs"
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/skip2/go-qrcode"

	"shuixuan/app/chromium"
	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// Sheets are printed from one page of HTML with print rules: by the person's own browser,
// or by the server's Chromium as a PDF. The page holds its pictures itself.

// mostPrinted is how many sheets one print holds: more are heavy for a browser.
const mostPrinted = 500

// printStyle is what a person chooses of the look.
type printStyle struct {
	Columns int  // 1 or 2
	Large   bool // large print
	Young   bool // the shorter form: without what is asked of adults
	Unread  bool // with the options that are not shown to respondents, for interviewers
}

func readStyle(c *fiber.Ctx) printStyle {
	style := printStyle{Columns: 1, Large: c.Query("large") != "", Young: c.Query("young") != "", Unread: c.Query("unread") != ""}
	if c.Query("columns") == "2" {
		style.Columns = 2
	}
	return style
}

// query is the style with numbers as an address carries them.
func (s printStyle) query(numbers string) string {
	values := url.Values{"columns": {strconv.Itoa(s.Columns)}}
	for name, chosen := range map[string]bool{"large": s.Large, "young": s.Young, "unread": s.Unread} {
		if chosen {
			values.Set(name, "1")
		}
	}
	if numbers != "" {
		values.Set("numbers", numbers)
	}
	return values.Encode()
}

type printPage struct {
	Campaign  string
	Wave      survey.Wave
	Title     string
	Intro     string
	Style     printStyle
	Numbers   string
	Questions []printQuestion
	Sheets    []printSheet
	Problem   *problem.Problem
	Address   string       // of this page
	Query     template.URL // of this print
	PDF       bool         // Chromium is installed
	Inline    template.CSS // the rules, where the page has to stand alone
	Gaps      bool         // numbers are missing on the shorter form
}

type printSheet struct {
	Number, Words string
	QR            template.URL
}

// printQuestion is a question as it stands on paper.
type printQuestion struct {
	survey.Question
	Position int
	Asked    string // of whom, in words
	Aside    string
	Boxes    []printOption
	Steps    []string // of a rating
	Jumps    []string
}

// printOption has the number under which it is entered.
type printOption struct {
	survey.Option
	No int
}

// printQuestions are the questions in the words of paper: earlier answers are blanks.
func printQuestions(q survey.Questionnaire, style printStyle) []printQuestion {
	var list []printQuestion
	positions := survey.Positions(q)
	for _, question := range q.Questions {
		if style.Young && question.Adults {
			continue
		}
		full := question
		if question.Type != survey.Matrix {
			full, _ = q.Question(question.Name)
		}
		p := printQuestion{Question: full, Position: positions[question.Name], Asked: survey.AskedWords(q, question.Name), Jumps: survey.JumpWords(q, question.Name, style.Unread)}
		p.Label, p.Hint = survey.Piped(q, survey.Response{}, question.Label), survey.Piped(q, survey.Response{}, question.Hint)
		for i, o := range full.Options {
			if !o.Unread || style.Unread {
				p.Boxes = append(p.Boxes, printOption{o, i + 1})
			}
		}
		p.Aside = printAside(full)
		if full.Type == survey.Rating {
			for n := int(*full.Min); n <= int(*full.Max); n++ {
				p.Steps = append(p.Steps, strconv.Itoa(n))
			}
		}
		list = append(list, p)
	}
	return list
}

// printAside says in brackets how a question is answered.
func printAside(q survey.Question) string {
	text := func(v *float64) string { return strconv.FormatFloat(*v, 'f', -1, 64) }
	words := ""
	switch {
	case q.Type == survey.Multiple && q.Min != nil && q.Max != nil:
		words = "选" + text(q.Min) + "到" + text(q.Max) + "项"
	case q.Type == survey.Multiple && q.Max != nil:
		words = "最多选" + text(q.Max) + "项"
	case q.Type == survey.Multiple && q.Min != nil:
		words = "至少选" + text(q.Min) + "项"
	case q.Type == survey.Multiple:
		words = "可选多项"
	case q.Type == survey.Matrix:
		words = "每行选一个"
	case q.Type == survey.Rating:
		words = text(q.Min) + "分最低，" + text(q.Max) + "分最高，圈一个数"
	case q.Type == survey.Number && q.Min != nil && q.Max != nil:
		words = "填" + text(q.Min) + "到" + text(q.Max) + "的数"
	}
	if !q.Required && q.Type != survey.Note {
		if words != "" {
			words += "，"
		}
		words += "可不答"
	}
	return words
}

// printed gathers what a print shows. Without numbers it is a blank sheet to look at.
func (s *Server) printed(c *fiber.Ctx, v *visit) (*printPage, error) {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return nil, err
	}
	style := readStyle(c)
	data := &printPage{Campaign: v.plan.Campaign.Name, Wave: wave, Title: q.Title, Intro: q.Intro, Style: style, Numbers: strings.TrimSpace(c.Query("numbers")),
		Questions: printQuestions(q, style), Address: "/c/" + v.plan.Campaign.ID + "/waves/" + url.PathEscape(string(wave.ID)), PDF: chromium.Path() != ""}
	for _, question := range q.Questions {
		data.Gaps = data.Gaps || style.Young && question.Adults
	}
	data.Query = template.URL(style.query(data.Numbers))
	if data.Numbers == "" {
		data.Sheets = []printSheet{{}}
		return data, nil
	}
	if data.Sheets, err = s.printSheets(c, v, wave, data.Numbers); err != nil {
		p, ok := problem.As(err)
		if !ok {
			return nil, err
		}
		data.Problem, data.Sheets = p, nil
	}
	return data, nil
}

// printSheets draws the codes of the numbers that are asked for; only registered ones are
// printed, or a number could be on two sheets.
func (s *Server) printSheets(c *fiber.Ctx, v *visit, wave survey.Wave, numbers string) ([]printSheet, error) {
	spans, err := survey.ParseSpans(numbers)
	if err != nil {
		return nil, err
	}
	total := 0
	for _, span := range spans {
		total += span.Count()
	}
	if total > mostPrinted {
		return nil, problem.Invalid(fmt.Sprintf("一次最多打印%d张，现在选了%d张", mostPrinted, total), "请分几次打印，例如先打印 "+survey.Span{Prefix: spans[0].Prefix, First: spans[0].First, Last: spans[0].First + mostPrinted - 1, Digits: spans[0].Digits}.String()+"。")
	}
	var list []printSheet
	for _, span := range spans {
		held, err := s.Surveys.Sheets(c.UserContext(), v.plan.Campaign.ID, wave.ID, survey.SheetFilter{Numbers: span.Numbers()})
		if err != nil {
			return nil, err
		}
		if len(held) != span.Count() {
			return nil, problem.Invalid(span.String()+"里有没有编印过的编号", "请先在“纸质问卷”页编印，再打印。")
		}
		for _, one := range held {
			picture, err := qrcode.Encode(survey.SheetCode(v.plan.Campaign.ID, wave.ID, one.Number, one.Version), qrcode.Medium, -4)
			if err != nil {
				return nil, fmt.Errorf("draw the code of sheet %s: %w", one.Number, err)
			}
			list = append(list, printSheet{Number: one.Number, Words: survey.NumberWords(one.Number), QR: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(picture))})
		}
	}
	return list, nil
}

// paper renders the page by itself, without the frame of the site.
func (s *Server) paper(data *printPage) ([]byte, error) {
	view, err := s.views.page("paper")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := view.ExecuteTemplate(&b, "paper", data); err != nil {
		return nil, fmt.Errorf("render paper: %w", err)
	}
	return b.Bytes(), nil
}

// printPage shows the sheets as they will be printed.
func (s *Server) printShow(c *fiber.Ctx, v *visit) error {
	data, err := s.printed(c, v)
	if err != nil {
		return err
	}
	if data.Problem != nil {
		c.Status(statuses[data.Problem.Kind])
	}
	body, err := s.paper(data)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Send(body)
}

// pageRules are the margins of the sheets: each has its number on every page. Every sheet
// has as many pages as every other, so a counter that begins again after so many gives the
// page within the sheet; pages is 0 where nobody has counted them.
func pageRules(sheets []printSheet, pages int) string {
	var b strings.Builder
	number := `"第 " counter(page) " 页"`
	if pages > 0 {
		b.WriteString("@counter-style of-sheet { system: cyclic; suffix: \"\"; symbols:")
		for i := range pages {
			fmt.Fprintf(&b, " \"第 %d 页，共 %d 页\"", i+1, pages)
		}
		b.WriteString("; }\n")
		number = "counter(page, of-sheet)"
	}
	for i, one := range sheets {
		left := ""
		if one.Number != "" {
			left = "编号 " + one.Number + "（" + one.Words + "）" // letters, Chinese characters and digits only
		}
		fmt.Fprintf(&b, "@page s%d { @bottom-left { content: \"%s\"; } @bottom-right { content: %s; } }\n.s%d { page: s%d; }\n", i, left, number, i, i)
	}
	return b.String()
}

// printRules are the margins as a file: no rule may stand in a page of ours.
func (s *Server) printRules(c *fiber.Ctx, v *visit) error {
	data, err := s.printed(c, v)
	if err != nil {
		return err
	}
	pages := 0
	if data.PDF && data.Problem == nil {
		if pages, err = s.pagesOf(c, data); err != nil {
			s.log.Warn("count the pages of a sheet", "reference", reference(c), "error", err.Error())
		}
	}
	c.Set(fiber.HeaderContentType, "text/css; charset=utf-8")
	return c.SendString(pageRules(data.Sheets, pages))
}

// alone gives the page with its rules inside, for Chromium to read without us.
func (s *Server) alone(data *printPage, sheets []printSheet, pages int) ([]byte, error) {
	rules, err := fs.ReadFile(embedded, "static/paper.css")
	if err != nil {
		return nil, err
	}
	one := *data
	one.Sheets, one.Inline = sheets, template.CSS(string(rules)+"\n"+pageRules(sheets, pages))
	return s.paper(&one)
}

// pagesOf is how many pages one sheet has: printed once, and remembered by what is on it.
func (s *Server) pagesOf(c *fiber.Ctx, data *printPage) (int, error) {
	page, err := s.alone(data, []printSheet{{Number: "0", Words: "零", QR: blankPicture}}, 0)
	if err != nil {
		return 0, err
	}
	sum := sha256.Sum256(page)
	return s.pagesOfSheet.of(string(sum[:]), func() (int, error) {
		pdf, err := s.chromium.PDF(context.WithoutCancel(c.UserContext()), page) // others wait for it too
		return chromium.Pages(pdf), err
	}, func(n int) bool { return n > 0 })
}

// blankPicture takes the room of a code.
const blankPicture = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="

// printPDF makes the PDF of the same page.
func (s *Server) printPDF(c *fiber.Ctx, v *visit) error {
	data, err := s.printed(c, v)
	if err != nil {
		return err
	}
	if data.Problem != nil {
		return data.Problem
	}
	if !data.PDF {
		return chromium.Missing()
	}
	pages, err := s.pagesOf(c, data)
	if err != nil {
		return err
	}
	page, err := s.alone(data, data.Sheets, pages)
	if err != nil {
		return err
	}
	pdf, err := s.chromium.PDF(c.UserContext(), page)
	if err != nil {
		return err
	}
	name := "问卷.pdf"
	if data.Numbers != "" {
		name = "问卷 " + data.Sheets[0].Number + "-" + data.Sheets[len(data.Sheets)-1].Number + ".pdf"
	}
	c.Set(fiber.HeaderContentType, "application/pdf")
	c.Set(fiber.HeaderContentDisposition, "attachment; filename*=UTF-8''"+url.PathEscape(name))
	return c.Send(pdf)
}

func (s *Server) printRoutes() []route {
	const wave = "/c/:campaign/waves/:wave"
	return []route{
		{fiber.MethodGet, wave + "/paper", auth.SheetPut, s.printShow},
		{fiber.MethodGet, wave + "/paper.css", auth.SheetPut, s.printRules},
		{fiber.MethodGet, wave + "/paper.pdf", auth.SheetPut, s.printPDF},
	}
}
