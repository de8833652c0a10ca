package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"shuixuan/app/definition"
	"shuixuan/app/org"
	"shuixuan/app/problem"
	"shuixuan/ingest/sheet"
)

// unitsFile is a list of units as a file holds it, with the row of each.
type unitsFile struct {
	Units []org.Unit

	rows []int
}

// readUnits reads a list of units: YAML by its name, otherwise a workbook or CSV
// file. The faults name their row; the error is for a file that can't be read at
// all. What needs the units already held is told by check.
func readUnits(ctx context.Context, name string, body []byte) (unitsFile, []problem.Fault, error) {
	switch strings.ToLower(path.Ext(name)) {
	case ".yaml", ".yml":
		return readUnitsDocument(name, body)
	}
	return readUnitsSheet(ctx, name, body)
}

func readUnitsDocument(name string, body []byte) (unitsFile, []problem.Fault, error) {
	var f unitsFile
	d, err := definition.Open("文件“"+name+"”", body)
	if err != nil {
		return f, nil, err
	}
	items := d.Items(d.Root(), "units")
	if len(items) == 0 && len(d.Faults()) == 0 {
		d.Fault(1, "units", "名单里没有单位，请至少写一个")
	}
	for _, node := range items {
		var u org.Unit
		if d.Decode(node, "units", &u) {
			f.Units = append(f.Units, u)
			f.rows = append(f.rows, node.Line())
		}
	}
	return f, append(d.Faults(), f.faults()...), nil
}

// unitColumns are the headings of a list of units, as programs and as people write them.
var unitColumns = map[string]string{
	"id": "id", "代码": "id", "单位代码": "id",
	"name": "name", "名称": "name", "单位名称": "name", "责任单位": "name", "单位": "name",
	"kind": "kind", "类别": "kind", "单位类别": "kind",
	"parent": "parent", "上级": "parent", "上级单位": "parent",
	"aliases": "aliases", "别名": "aliases", "简称": "aliases",
	"members": "members", "成员": "members", "包括单位": "members",
	"opened": "opened", "成立日期": "opened", "启用日期": "opened",
	"closed": "closed", "撤销日期": "closed", "停用日期": "closed",
	"note": "note", "备注": "note", "说明": "note",
}

// headingRows is how far down the heading may stand.
const headingRows = 20

func readUnitsSheet(ctx context.Context, name string, body []byte) (unitsFile, []problem.Fault, error) {
	var f unitsFile
	rows, err := allRows(ctx, name, body)
	if err != nil {
		return f, nil, err
	}
	known := func(text string) (string, bool) {
		field, ok := unitColumns[strings.ToLower(strings.TrimSpace(text))]
		return field, ok
	}
	header, ok := sheet.FindHeader(rows[:min(len(rows), headingRows)], known, 3)
	if !ok {
		return f, nil, problem.Invalid(fmt.Sprintf("文件“%s”里找不到表头", name), "请在前几行写明列名后重新上传，系统没有改动任何内容。",
			problem.Fault{Why: "至少要有“id”“name”“kind”三列，也可以写成“代码”“名称”“类别”"})
	}
	var faults []problem.Fault
	for _, c := range header.Columns {
		if c.Field == "" {
			faults = append(faults, problem.Fault{Row: header.Rows[0], Field: c.Text, Why: fmt.Sprintf("不认识的列“%s”，请删去，或改成 id、name、kind、parent、aliases、members、opened、closed、note 之一", c.Text)})
		}
	}
	for _, row := range rows {
		if row.Number <= header.Rows[len(header.Rows)-1] || row.Empty() {
			continue
		}
		u, wrong := unitOf(header, row)
		faults = append(faults, wrong...)
		f.Units = append(f.Units, u)
		f.rows = append(f.rows, row.Number)
	}
	if len(f.Units) == 0 {
		faults = append(faults, problem.Fault{Why: "名单里没有单位，请至少写一个"})
	}
	return f, append(faults, f.faults()...), nil
}

// allRows reads the first sheet. A list of units is short, so all of it is kept.
func allRows(ctx context.Context, name string, body []byte) ([]sheet.Row, error) {
	return shortList(ctx, name, bytes.NewReader(body), int64(len(body)))
}

// shortList reads the first sheet of a file that holds a list of units or people.
func shortList(ctx context.Context, name string, r io.ReaderAt, size int64) ([]sheet.Row, error) {
	fail := func(err error) error {
		var e *sheet.FileError
		if errors.As(err, &e) {
			return problem.Invalid(fmt.Sprintf("文件“%s”读不出来", name), "请改正后重新上传，系统没有改动任何内容。",
				problem.Fault{Row: e.Row, Why: e.Why()}).Because(err)
		}
		return fmt.Errorf("read list %q: %w", name, err)
	}
	limits := sheet.DefaultLimits()
	limits.Rows = 10_000
	book, err := sheet.Open(ctx, r, size, name, limits)
	if err != nil {
		return nil, fail(err)
	}
	defer book.Close()
	all, err := book.Rows(ctx, book.Sheets()[0])
	if err != nil {
		return nil, fail(err)
	}
	defer all.Close()
	var rows []sheet.Row
	for all.Next() {
		rows = append(rows, all.Row())
	}
	if err := all.Err(); err != nil {
		return nil, fail(err)
	}
	return rows, nil
}

func unitOf(header sheet.Header, row sheet.Row) (org.Unit, []problem.Fault) {
	var faults []problem.Fault
	day := func(field string) time.Time {
		c, ok := header.Column(field)
		if !ok || row.Cell(c.Index).Blank() {
			return time.Time{}
		}
		at, err := sheet.ParseDate(row.Cell(c.Index), sheet.DateOptions{})
		var wrong *sheet.CellError
		if errors.As(err, &wrong) {
			faults = append(faults, problem.Fault{Row: row.Number, Field: field, Why: wrong.Why()})
		}
		return at
	}
	text := func(field string) string {
		c, ok := header.Column(field)
		if !ok {
			return ""
		}
		return sheet.Normalize(row.Cell(c.Index).Text)
	}
	list := func(field string) []string {
		return strings.FieldsFunc(text(field), func(r rune) bool { return strings.ContainsRune(";；、,，", r) })
	}
	u := org.Unit{ID: org.UnitID(text("id")), Name: text("name"), Kind: org.UnitKind(text("kind")),
		Parent: org.UnitID(text("parent")), Note: text("note"), Opened: day("opened"), Closed: day("closed")}
	for kind, word := range org.KindNames {
		if string(u.Kind) == word {
			u.Kind = kind
		}
	}
	for _, a := range list("aliases") {
		u.Aliases = append(u.Aliases, strings.TrimSpace(a))
	}
	for _, m := range list("members") {
		u.Members = append(u.Members, org.UnitID(strings.TrimSpace(m)))
	}
	return u, faults
}

// faults tells what is wrong with the units by themselves.
func (f unitsFile) faults() []problem.Fault {
	var faults []problem.Fault
	for i, u := range f.Units {
		fault := func(field, format string, args ...any) {
			faults = append(faults, problem.Fault{Row: f.rows[i], Field: field, Why: fmt.Sprintf(format, args...)})
		}
		if p, bad := problem.As(u.Validate()); bad {
			for _, one := range p.Faults {
				if one.Field == "parent" {
					continue // told by check, with the name
				}
				fault(one.Field, "%s", one.Why)
			}
		}
		if u.ID != "" && !identifier.MatchString(string(u.ID)) {
			fault("id", "单位代码“%s”不合要求，请用小写字母开头的字母、数字或“-”", u.ID)
		}
		if !u.Collective() && len(u.Members) > 0 {
			fault("members", "“%s”不是集合名称，不能有成员；类别应为collective", u.Name)
		}
	}
	return faults
}

// check tells of references to units that are neither in the file nor held, and of
// names that fit two units. A unit of the file replaces the held one of the same id.
func (f unitsFile) check(held []org.Unit) []problem.Fault {
	kinds, inFile := map[org.UnitID]org.UnitKind{}, map[org.UnitID]bool{}
	for _, u := range held {
		kinds[u.ID] = u.Kind
	}
	for _, u := range f.Units {
		kinds[u.ID], inFile[u.ID] = u.Kind, true
	}
	known := newNames()
	for _, u := range held {
		if !inFile[u.ID] {
			known.add(0, "", u.Name, string(u.ID), spellings(u))
		}
	}
	var faults []problem.Fault
	all := slices.Clone(f.Units)
	for _, u := range held {
		if !inFile[u.ID] {
			all = append(all, u)
		}
	}
	for i, u := range f.Units {
		fault := func(field, format string, args ...any) {
			faults = append(faults, problem.Fault{Row: f.rows[i], Field: field, Why: fmt.Sprintf(format, args...)})
		}
		if circle := org.Circle(all, u.ID); len(circle) > 2 {
			fault("parent", "上级单位绕成了圈：%s，请改正其中一个的上级", org.CircleWords(all, circle))
		}
		faults = append(faults, known.add(f.rows[i], "aliases", u.Name, string(u.ID), spellings(u))...)
		switch kind, ok := kinds[u.Parent]; {
		case u.Parent == "":
		case !ok || u.Parent == u.ID:
			fault("parent", "“%s”的上级“%s”不在单位名单里，请核对代码", u.Name, u.Parent)
		case kind == org.KindCollective:
			fault("parent", "“%s”的上级“%s”是集合名称，上级应是具体单位", u.Name, u.Parent)
		}
		for _, m := range u.Members {
			switch kind, ok := kinds[m]; {
			case !ok:
				fault("members", "“%s”的成员“%s”不在单位名单里，请核对代码", u.Name, m)
			case kind == org.KindCollective:
				fault("members", "“%s”的成员“%s”也是集合名称，请直接写具体单位", u.Name, m)
			}
		}
	}
	return faults
}

func spellings(u org.Unit) []string {
	all := []string{u.Name}
	for _, a := range u.Aliases {
		if strings.TrimSpace(a) != "" {
			all = append(all, a)
		}
	}
	return all
}
