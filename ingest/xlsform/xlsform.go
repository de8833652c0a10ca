// Package xlsform turns an XLSForm workbook into a questionnaire and a questionnaire into
// the tables of one. XLSForm is how ODK, KoboToolbox and their relatives write forms: a
// sheet survey with a row per question, a sheet choices with the lists of options, a sheet
// settings with the title.
//
// It reads rows that package sheet has opened and knows no database: what the rows mean
// is decided here, whether the questionnaire may be published is for package survey to
// say, and its faults are brought back to the sheet and row where the author can mend them.
// The cells of a workbook that leaves are written by dashboards/workbook.
//
// # Why
//
// Offices have forms of earlier surveys in this format, and take ours elsewhere in it. So
// what our questionnaires hold and XLSForm has no word for stands in columns of our own
// (shuixuan_…), which other programs pass over, and reading what was written gives the
// same questionnaire again. What XLSForm holds and we can't ask is refused in words with
// its place: a form that came in with half of its rules would ask other people than its
// author meant. Only what changes no answer (a hint for interviewers, a second language,
// the look) is left out, and told.
//
// The language of conditions is the part of XPath that our own conditions express; see
// docs/xlsform.md, which a test keeps true.
package xlsform

import (
	"context"
	"fmt"
	"strings"

	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/ingest/sheet"
)

// Table is one sheet: its heading and the rows below.
type Table struct {
	Name string
	Head []string
	Rows []Row
}

// Row is one row with the number that a person sees.
type Row struct {
	Number int
	Cells  []string
}

// Fault is something in the workbook and where it stands. Column is the heading, empty
// where the whole row is meant; Row is 0 where the whole sheet is.
type Fault struct {
	Sheet  string
	Row    int
	Column string
	Why    string
}

// Place says in words where the fault is.
func (f Fault) Place() string {
	place := f.Sheet
	if f.Row > 0 {
		place += fmt.Sprintf(" 第%d行", f.Row)
	}
	if f.Column != "" {
		place += " " + f.Column + " 列"
	}
	return strings.TrimSpace(place)
}

// Form is what a workbook turned out to hold. With faults the questionnaire is what could
// be read, for a preview, and not fit to be published.
type Form struct {
	Questionnaire survey.Questionnaire
	Faults        []Fault
	Notes         []Fault // what was left out without harm
}

// Err is the Problem of a form with faults, nil without any.
func (f Form) Err() error {
	if len(f.Faults) == 0 {
		return nil
	}
	var list []problem.Fault
	for _, one := range f.Faults {
		list = append(list, problem.Fault{Row: one.Row, Field: strings.TrimSpace(one.Sheet + " " + one.Column), Why: one.Why})
	}
	return problem.Invalid("XLSForm 有误，没有保存", fmt.Sprintf("共%d处，请按提示在表格里改正后重新上传，系统没有改动任何内容。", len(list)), list...)
}

// mostRows of one sheet: 500 questions with 200 options each would be 100,000, which no
// person has written.
const mostRows = 20_000

// Open reads the sheets of a workbook and then the form; name stands in for a title that
// isn't given. The error is a *sheet.FileError, or a Problem where this is no XLSForm.
func Open(ctx context.Context, book *sheet.Book, name string) (Form, error) {
	var tables []Table
	for _, title := range book.Sheets() {
		if _, wanted := sheetNames[sheetKey(title)]; !wanted {
			continue
		}
		t, err := table(ctx, book, title)
		if err != nil {
			return Form{}, err
		}
		tables = append(tables, t)
	}
	return Read(tables, name)
}

func table(ctx context.Context, book *sheet.Book, name string) (Table, error) {
	rows, err := book.Rows(ctx, name)
	if err != nil {
		return Table{}, err
	}
	defer rows.Close()
	t := Table{Name: name}
	for rows.Next() {
		row := rows.Row()
		if row.Empty() {
			continue
		}
		cells := make([]string, len(row.Cells))
		for i, c := range row.Cells {
			cells[i] = c.Text
			if c.Formula != "" {
				cells[i] = c.Formula // refused as what it is: a condition typed with = in front
			}
		}
		if t.Head == nil {
			t.Head = cells
			continue
		}
		if t.Rows = append(t.Rows, Row{row.Number, cells}); len(t.Rows) > mostRows {
			return t, problem.Invalid("工作表“"+name+"”的行太多", fmt.Sprintf("一份问卷最多500题，每题最多200个选项；这张工作表超过%d行，请确认选对了文件。", mostRows))
		}
	}
	return t, rows.Err()
}
