// Package definition reads the YAML files in which people write definitions: lists of
// units, plans, questionnaires. It stands before the nouns: a file is opened here,
// bounded and strict, and each of its parts is filled into the noun that it defines.
// What a noun allows is for the noun to say.
//
// # Why
//
// These files are written by hand, in an editor that doesn't know them. So what is wrong
// is told in words with its line, several faults at once where the parts can be read by
// themselves; and nothing is passed over: a misspelt key would make a question optional,
// and a day that doesn't exist would become an open end, both without a word.
//
// Only this package knows the YAML library, whose traps are told where they are met. JSON
// is YAML and can be read as well.
package definition

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"shuixuan/app/problem"
)

// Limits of a file. A plan of a hundred tasks has about 50 KB.
const (
	maxSize  = 1 << 20
	maxDepth = 32
)

// File is a file that was opened, with the faults found in it so far.
type File struct {
	// Undated says what to write in place of a date that isn't settled yet; it ends the
	// sentence on a wrong date.
	Undated string

	name   string
	root   ast.Node
	faults []problem.Fault
}

// Open parses a file; name is what sentences call it. What can't be read as a whole is
// the error: a Problem, with its line where there is one.
func Open(name string, body []byte) (*File, error) {
	f := &File{name: name}
	body = bytes.TrimPrefix(body, []byte("\ufeff")) // Windows editors put it there
	switch {
	case len(body) > maxSize:
		p := problem.TooLarge(name+"太大", "请确认选对了文件，系统没有改动任何内容。")
		p.Faults = []problem.Fault{{Why: fmt.Sprintf("文件超过1MB（有%d字节），请确认选对了文件", len(body))}}
		return nil, p
	case bytes.IndexByte(body, 0) >= 0:
		return nil, f.refuse(0, "文件里有空字符，不是文本文件，请发送 YAML 文本文件，不要发送 Word 或 Excel 文件")
	case !utf8.Valid(body):
		return nil, f.refuse(0, "文件不是UTF-8编码，请用记事本打开，另存为时编码选择“UTF-8”")
	}
	if row := tooDeep(body); row > 0 {
		return nil, f.refuse(row, "层次超过%d层，请检查括号或“-”是否写多了", maxDepth)
	}
	file, err := parser.ParseBytes(body, 0)
	if err != nil {
		at, why := explain(err)
		return nil, f.refuse(at.row, "%s", why).Because(err)
	}
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case f.root != nil:
			return nil, f.refuse(lineOf(doc.Body), "文件用“---”分成了几份，请分成几个文件分别发送")
		default:
			f.root = doc.Body
		}
	}
	if f.root == nil {
		return nil, f.refuse(0, "文件是空的，请确认选对了文件")
	}
	if row := reference(f.root); row > 0 {
		return nil, f.refuse(row, "不支持“&”和“*”引用，请把内容写全")
	}
	return f, nil
}

func (f *File) refuse(row int, format string, args ...any) *problem.Problem {
	return f.unreadable(problem.Fault{Row: row, Why: fmt.Sprintf(format, args...)})
}

func (f *File) unreadable(faults ...problem.Fault) *problem.Problem {
	return problem.Invalid(f.name+"读不出来", "请改正后重新发送，系统没有改动任何内容。", faults...)
}

// Root is what the file holds.
func (f *File) Root() Node { return Node{f.root} }

// Faults lists what was told so far.
func (f *File) Faults() []problem.Fault { return f.faults }

// Err is the Problem of a file with faults, nil without any.
func (f *File) Err() error {
	if len(f.faults) == 0 {
		return nil
	}
	return f.unreadable(f.faults...)
}

// Fault tells of something wrong.
func (f *File) Fault(row int, field, format string, args ...any) {
	f.faults = append(f.faults, problem.Fault{Row: row, Field: field, Why: fmt.Sprintf(format, args...)})
}

// OnlyKeys tells of keys that a mapping doesn't know. A part that is decoded needs no
// such list.
func (f *File) OnlyKeys(n Node, known ...string) {
	for _, v := range entriesOf(n.node) {
		key, ok := keyOf(v), false
		for _, k := range known {
			ok = ok || k == key
		}
		if !ok {
			f.Fault(lineOf(v.Key), short(key), "不认识的栏目“%s”，可用的有：%s", short(key), strings.Join(known, "、"))
		}
	}
}

// Items lists the elements of a list; what is not a list is told.
func (f *File) Items(n Node, field string) []Node {
	switch list := n.node.(type) {
	case nil, *ast.NullNode:
		return nil
	case *ast.SequenceNode:
		items := make([]Node, len(list.Values))
		for i, v := range list.Values {
			items[i] = Node{v}
		}
		return items
	}
	f.Fault(n.Line(), field, "“%s”应是一个列表，每项以“- ”开头", field)
	return nil
}

// Decode fills v, a pointer, from a node, and refuses keys that v doesn't have. A fault is
// told and answered with false; it stands under the field, or under the word that is
// wrong where field is empty. All wrong dates are told, of other faults the first.
func (f *File) Decode(n Node, field string, v any) bool {
	before := len(f.faults)
	f.dates(n.node, field, reflect.TypeOf(v))
	date := func(t *time.Time, text []byte) (err error) {
		*t, err = parseDate(strings.Trim(strings.TrimSpace(string(text)), `"'`))
		if len(f.faults) > before {
			return nil // told, with its line
		}
		return err
	}
	if err := yaml.NodeToValue(n.node, v, yaml.Strict(), yaml.CustomUnmarshaler(date)); err != nil {
		at, why := explain(err)
		if at.row == 0 {
			at.row = n.Line()
		}
		if field == "" {
			field = at.text
		}
		f.Fault(at.row, field, "%s", why)
	}
	return len(f.faults) == before
}

var dateType = reflect.TypeFor[time.Time]()

// dates tells of values that are to become dates and are none. The decoder by itself
// makes the zero time of 2014-09-31, and its unmarshalers aren't told the line.
func (f *File) dates(n ast.Node, field string, into reflect.Type) {
	switch {
	case n == nil:
	case into == dateType:
		f.date(n, field)
	case into.Kind() == reflect.Pointer:
		f.dates(n, field, into.Elem())
	case into.Kind() == reflect.Slice:
		if list, ok := n.(*ast.SequenceNode); ok {
			for _, item := range list.Values {
				f.dates(item, field, into.Elem())
			}
		}
	case into.Kind() == reflect.Struct:
		for _, part := range reflect.VisibleFields(into) {
			name, _, _ := strings.Cut(part.Tag.Get("yaml"), ",")
			if name != "" && part.IsExported() { // parts of an inline struct are visible as well
				f.dates(child(n, name), name, part.Type)
			}
		}
	}
}

func (f *File) date(n ast.Node, field string) {
	if _, null := n.(*ast.NullNode); null || n.GetToken() == nil {
		return
	}
	text := n.GetToken().Value
	if _, err := parseDate(text); err != nil {
		why := "“%s”不是有效日期，请写成 2014-09-01 这样，并核对当月有没有这一天"
		if f.Undated != "" {
			why += "；" + f.Undated
		}
		f.Fault(lineOf(n), field, why, short(text))
	}
}

// parseDate reads a date; nothing written is no date, which is the zero time.
func parseDate(text string) (time.Time, error) {
	switch text {
	case "", "null", "~":
		return time.Time{}, nil
	}
	return time.Parse("2006-1-2", text)
}

// tooDeep gives the line where brackets or list marks nest beyond the limit, 0 for a
// sane file. Marks of one line nest ("- - - x"), those of different lines only as deep
// as they are indented. It looks before the parser does, which goes down by recursion
// and keeps the path of each level: measured, 100,000 brackets took more than 6 GB.
func tooDeep(body []byte) int {
	open, line, marks := 0, 0, 0
	for _, t := range lexer.Tokenize(string(body)) {
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			open++
		case token.MappingEndType, token.SequenceEndType:
			open--
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType:
			if t.Position.Line != line {
				line, marks = t.Position.Line, 0
			}
			if open == 0 {
				marks++
			}
		}
		if open > maxDepth || marks > maxDepth || t.Position.IndentNum > 8*maxDepth {
			return max(1, t.Position.Line)
		}
	}
	return 0
}
