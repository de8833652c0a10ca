package web

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/dossier"
	"shuixuan/app/problem"
	content "shuixuan/dashboards/dossier"
	"shuixuan/dashboards/handover"
)

// answersPage shows the answers behind a mark of the survey, as they lie in the sealed file.
type answersPage struct {
	dossier.Dossier
	content.Answers
	All         []content.Answers
	Columns     []answerColumn
	Rows        [][]string
	Figures     [][]string // label, figure with its interval, base
	From, After int        // rows before the first and up to the last one shown
	Next        int        // 0 on the last page
}

// answerColumn is a variable in the words of the codebook.
type answerColumn struct {
	Name, Label string
	Means       map[string]string // of each code
}

// dossierAnswers gives the answers and figures of a wave.
func (s *Server) dossierAnswers(c *fiber.Ctx, v *visit, d dossier.Dossier, of string) error {
	page := answersPage{Dossier: d, From: max(c.QueryInt("after"), 0)}
	var err error
	if d.State == dossier.Sealed {
		var body []byte
		if body, err = s.packed(d, content.AnswersName, 1<<20); err == nil {
			err = json.Unmarshal(body, &page.All)
		}
	} else {
		var data *content.Data
		if data, err = s.Dossiers.Data(c.UserContext(), d); err == nil {
			page.All = content.AnswersOf(data)
		}
	}
	if err != nil {
		return err
	}
	at := slices.IndexFunc(page.All, func(a content.Answers) bool { return a.Name == of })
	if at < 0 {
		return problem.NotFound("编号“" + of + "”的证据")
	}
	page.Answers = page.All[at]
	if d.State == dossier.Sealed {
		if err := s.readAnswers(&page); err != nil {
			return fmt.Errorf("answers %s of dossier %s: %w", of, d.ID, err)
		}
	}
	return s.render(c, v, "dossiers_answers", "答卷 "+of, page)
}

func (s *Server) readAnswers(page *answersPage) error {
	codebook, err := s.packed(page.Dossier, page.Folder+"/"+handover.CodebookFile, 64<<20)
	if err != nil {
		return err
	}
	lines, err := csv.NewReader(bytes.NewReader(withoutMark(codebook))).ReadAll()
	if err != nil {
		return err
	}
	known := map[string]answerColumn{}
	for _, line := range lines[1:] {
		one, has := known[line[handover.CodebookVariable]]
		if !has {
			one = answerColumn{line[handover.CodebookVariable], line[handover.CodebookLabel], map[string]string{}}
			known[one.Name] = one
		}
		if code := line[handover.CodebookCode]; code != "" {
			one.Means[code] = line[handover.CodebookMeaning]
		}
	}
	if err := s.readRows(page, known); err != nil {
		return err
	}
	figures, err := s.packed(page.Dossier, page.Folder+"/"+handover.FiguresFile, 64<<20)
	if err != nil {
		return err
	}
	lines, err = csv.NewReader(bytes.NewReader(withoutMark(figures))).ReadAll()
	if err != nil {
		return err
	}
	at := map[string]int{}
	for i, name := range lines[0] {
		at[name] = i
	}
	for _, line := range lines[1:] {
		text := line[at["value"]]
		if line[at["lower"]] != "" {
			text += fmt.Sprintf("（%s–%s）", line[at["lower"]], line[at["upper"]])
		}
		page.Figures = append(page.Figures, []string{line[at["id"]], line[at["label"]], text, line[at["base"]]})
	}
	return nil
}

// readRows reads one page of the answers; those before it are passed over.
func (s *Server) readRows(page *answersPage, known map[string]answerColumn) error {
	file, err := s.Dossiers.Open(page.Dossier)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	archive, err := zip.NewReader(file, info.Size())
	if err != nil {
		return err
	}
	part, err := archive.Open(page.Folder + "/" + handover.ResponsesFile)
	if err != nil {
		return err
	}
	defer part.Close()
	rows := csv.NewReader(part)
	rows.ReuseRecord = true
	head, err := rows.Read()
	if err != nil {
		return err
	}
	for _, name := range head {
		name = strings.TrimPrefix(name, "\ufeff")
		one, has := known[name]
		if !has {
			one = answerColumn{Name: name, Label: name}
		}
		page.Columns = append(page.Columns, one)
	}
	page.After = page.From
	for n := 0; ; n++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n < page.From {
			continue
		}
		if len(page.Rows) == mostExhibits {
			page.Next = n
			return nil
		}
		cells := make([]string, len(row))
		for i, code := range row {
			cells[i] = code
			if means := page.Columns[i].Means[code]; means != "" {
				cells[i] = means
			}
		}
		page.Rows = append(page.Rows, cells)
		page.After = n + 1
	}
}

// withoutMark takes the byte order mark away that our CSV begin with.
func withoutMark(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\ufeff")) }
