package ingest

import (
	"bytes"
	"errors"
	"fmt"
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

// Limits of a definition file. A plan of a hundred tasks has about 50 KB. The depth
// is limited before parsing since the parser goes down by recursion: a file of a
// million brackets would use up the stack, and that ends the program.
const (
	maxDocument = 1 << 20
	maxDepth    = 32
)

// document is a YAML file that a person wrote. Each part is decoded by itself,
// strictly, so that all faults are told at once, each with its line.
type document struct {
	name   string
	root   ast.Node
	faults []problem.Fault
}

// openDocument parses a file. What can't be read as a whole is the error; it is a
// Problem that names the line.
func openDocument(name string, body []byte) (*document, error) {
	refuse := func(row int, format string, args ...any) error {
		return problem.Invalid(fmt.Sprintf("文件“%s”读不出来", name), "请改正后重新上传，系统没有改动任何内容。",
			problem.Fault{Row: row, Why: fmt.Sprintf(format, args...)})
	}
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	switch {
	case len(body) > maxDocument:
		return nil, refuse(0, "文件超过1MB，请确认选对了文件")
	case !utf8.Valid(body):
		return nil, refuse(0, "文件不是UTF-8编码，请用记事本打开，另存为时编码选择“UTF-8”")
	case bytes.ContainsRune(body, 0):
		return nil, refuse(0, "文件里有空字符，不是文本文件")
	}
	if row := tooDeep(body); row > 0 {
		return nil, refuse(row, "层次超过%d层，请检查括号或“-”是否写多了", maxDepth)
	}
	file, err := parser.ParseBytes(body, 0)
	if err != nil {
		row, why := yamlFault(err)
		return nil, refuse(row, "%s", why).(*problem.Problem).Because(err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, refuse(0, "文件是空的，或者用“---”分成了几份，请只保留一份内容")
	}
	d := &document{name: name, root: file.Docs[0].Body}
	if row := d.anchor(); row > 0 {
		return nil, refuse(row, "不支持“&”和“*”引用，请把内容写全")
	}
	return d, nil
}

// tooDeep gives the line where brackets or list marks nest beyond the limit, 0 for
// a sane file. Marks of one line nest ("- - - x"), those of different lines only as
// deep as they are indented.
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

// anchor gives the line of the first anchor or alias: a short file could unfold to
// any size with them.
func (d *document) anchor() int {
	found := &anchorFinder{}
	ast.Walk(found, d.root)
	return found.row
}

type anchorFinder struct{ row int }

// Visit is called for each node.
func (f *anchorFinder) Visit(node ast.Node) ast.Visitor {
	switch node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		if f.row == 0 {
			f.row = lineOf(node)
		}
	}
	return f
}

func lineOf(node ast.Node) int {
	if node == nil || node.GetToken() == nil || node.GetToken().Position == nil {
		return 0
	}
	return node.GetToken().Position.Line
}

func (d *document) fault(row int, field, format string, args ...any) {
	d.faults = append(d.faults, problem.Fault{Row: row, Field: field, Why: fmt.Sprintf(format, args...)})
}

// child gives the value of a key of a mapping, nil where there is none.
func child(node ast.Node, key string) ast.Node {
	for _, v := range entriesOf(node) {
		if keyOf(v) == key {
			return v.Value
		}
	}
	return nil
}

// entriesOf lists the keys of a mapping with their values.
func entriesOf(node ast.Node) []*ast.MappingValueNode {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

func keyOf(v *ast.MappingValueNode) string {
	if v.Key == nil || v.Key.GetToken() == nil {
		return ""
	}
	return v.Key.GetToken().Value
}

// onlyKeys tells of keys that a mapping doesn't know.
func (d *document) onlyKeys(node ast.Node, known ...string) {
	for _, v := range entriesOf(node) {
		key, ok := keyOf(v), false
		for _, k := range known {
			ok = ok || k == key
		}
		if !ok {
			d.fault(lineOf(v.Key), key, "不认识的栏目“%s”，可用的有：%s", key, strings.Join(known, "、"))
		}
	}
}

// items lists the elements of a list; what is not a list is told.
func (d *document) items(node ast.Node, field string) []ast.Node {
	switch n := node.(type) {
	case nil, *ast.NullNode:
		return nil
	case *ast.SequenceNode:
		return n.Values
	}
	d.fault(lineOf(node), field, "“%s”应是一个列表，每项以“- ”开头", field)
	return nil
}

// decode fills v from a node. A fault is told and answered with false.
func (d *document) decode(node ast.Node, field string, v any) bool {
	before := len(d.faults)
	d.dates(node)
	if err := yaml.NodeToValue(node, v, yaml.Strict()); err != nil {
		row, why := yamlFault(err)
		if row == 0 {
			row = lineOf(node)
		}
		d.fault(row, field, "%s", why)
	}
	return len(d.faults) == before
}

// dates tells of values of start and end that are no civil dates. The decoder itself
// would take 2014-09-31 for no date at all, and a wrong date would become "not settled".
func (d *document) dates(node ast.Node) {
	ast.Walk(dateChecker{d}, node)
}

type dateChecker struct{ d *document }

// Visit is called for each node.
func (c dateChecker) Visit(node ast.Node) ast.Visitor {
	v, ok := node.(*ast.MappingValueNode)
	if !ok || v.Value == nil {
		return c
	}
	key := keyOf(v)
	if key == "words" {
		return nil // words.end is what an open end is called
	}
	if key != "start" && key != "end" {
		return c
	}
	if _, null := v.Value.(*ast.NullNode); null {
		return c
	}
	text := v.Value.GetToken().Value
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		c.d.fault(lineOf(v.Value), key, "“%s”不是有效日期，请写成 2014-09-01 这样，并核对当月有没有这一天；没有定结束日期的请写 open: true", text)
	}
	return c
}

// yamlFault turns the decoder's error into a line and words for a person.
func yamlFault(err error) (row int, why string) {
	var e yaml.Error
	if !errors.As(err, &e) {
		return 0, "格式不对，请对照随附的样例文件"
	}
	text := ""
	if t := e.GetToken(); t != nil && t.Position != nil {
		row, text = t.Position.Line, strings.TrimSpace(t.Value)
	}
	if len([]rune(text)) > 30 {
		text = string([]rune(text)[:30]) + "…"
	}
	var (
		unknown   *yaml.UnknownFieldError
		duplicate *yaml.DuplicateKeyError
		syntax    *yaml.SyntaxError
		overflow  *yaml.OverflowError
	)
	switch {
	case errors.As(err, &unknown):
		return row, fmt.Sprintf("不认识的栏目“%s”，请对照随附的样例文件", text)
	case errors.As(err, &duplicate):
		return row, fmt.Sprintf("栏目“%s”写了两次，请只保留一处", text)
	case errors.As(err, &syntax):
		return row, fmt.Sprintf("在“%s”附近写法不对，请检查缩进、冒号和引号", text)
	case errors.As(err, &overflow):
		return row, fmt.Sprintf("“%s”超出了数字的范围", text)
	}
	return row, fmt.Sprintf("“%s”的类型不对，请对照随附的样例文件", text)
}
