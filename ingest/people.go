package ingest

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
	"shuixuan/ingest/sheet"
)

// People is a list of accounts to be made. Only its rows are read here: who may make
// which account is for the sign-in to say, which serves people and isn't seen from here.
const People Kind = "people"

// PersonRow is one row of a list of people, in the sender's words.
type PersonRow struct {
	Row                     int
	Name, Login, Role, Unit string
	Parts                   []string
}

// peopleColumns are the headings of a list of people. What isn't among them is not
// stored: no phone number is asked for, and none is kept.
var peopleColumns = map[string]string{
	"姓名": "name", "name": "name", "经办人": "name",
	"用户名": "login", "login": "login", "登录名": "login",
	"角色": "role", "role": "role",
	"单位": "unit", "unit": "unit", "责任单位": "unit", "所在单位": "unit",
	"开放内容": "parts", "parts": "parts",
}

// PeopleFile reads a list of people. The receipt has the headings and, by row, the cells
// of every row, for what is sent back; who was taken is for the caller to fill in.
func (in *Ingest) PeopleFile(ctx context.Context, actor audit.Actor, campaignID string, file File) (*Receipt, []PersonRow, error) {
	rows, err := shortList(ctx, file.Name, file.ReaderAt, file.Size)
	if err != nil {
		return nil, nil, err
	}
	known := func(text string) (string, bool) {
		field, ok := peopleColumns[strings.ToLower(sheet.Normalize(text))]
		return field, ok
	}
	header, ok := sheet.FindHeader(rows[:min(len(rows), headingRows)], known, 2)
	if _, named := header.Column("name"); !ok || !named {
		return nil, nil, problem.Invalid(fmt.Sprintf("文件“%s”里找不到表头", file.Name), "请下载模板，照着填写后重新上传，系统没有改动任何内容。",
			problem.Fault{Why: "至少要有“姓名”和“单位”或“角色”两列"})
	}
	r := &Receipt{ID: uuid.New(), Kind: People, Campaign: campaignID, File: file.Name, SHA256: file.SHA256, DryRun: true, HeaderRows: header.Rows,
		Sender: actor, Accepted: []Accepted{}, Rejected: []Rejection{}, Skipped: []Skip{}, ColumnsNotStored: []string{}, Cells: map[int][]string{}}
	for _, c := range header.Columns {
		for len(r.Header) <= c.Index {
			r.Header = append(r.Header, "")
		}
		r.Header[c.Index] = c.Text
		if c.Field == "" && c.Text != "" && !returnedColumn(c.Text) {
			r.ColumnsNotStored = append(r.ColumnsNotStored, c.Text)
		}
	}
	var people []PersonRow
	for _, row := range rows {
		if row.Number <= header.Rows[len(header.Rows)-1] || row.Empty() {
			continue
		}
		r.Rows++
		people = append(people, personRow(header, row))
		cells := make([]string, len(r.Header))
		for i := range cells {
			cells[i] = row.Cell(i).Text
		}
		r.Cells[row.Number] = cells
	}
	if len(people) == 0 {
		return nil, nil, problem.Invalid(fmt.Sprintf("文件“%s”里没有人员", file.Name), "请在表头下面每人填一行，再上传。")
	}
	return r, people, nil
}

// returnedColumn tells the two columns that the workbook of rejected rows has of its own.
func returnedColumn(name string) bool {
	return strings.HasPrefix(name, "原行号") || strings.HasPrefix(name, "退回原因")
}

func personRow(header sheet.Header, row sheet.Row) PersonRow {
	text := func(field string) string {
		c, ok := header.Column(field)
		if !ok {
			return ""
		}
		return sheet.Normalize(row.Cell(c.Index).Text)
	}
	p := PersonRow{Row: row.Number, Name: text("name"), Login: text("login"), Role: text("role"), Unit: text("unit")}
	for _, part := range strings.FieldsFunc(text("parts"), func(r rune) bool { return strings.ContainsRune(";；、,， ", r) }) {
		p.Parts = append(p.Parts, part)
	}
	return p
}
