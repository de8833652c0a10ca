package xlsform

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"shuixuan/ingest/sheet"
)

// A node is a part of an XPath expression. Kind is an operator (or, and, =, …), or one of
// the words below; text is the name of a function or question, or the literal.
type node struct {
	kind     string
	text     string
	args     []*node
	brackets int // pairs around it: they keep how a condition of ours was put together
}

const (
	call    = "call"
	ref     = "${}"
	self    = "."
	literal = "text"
	digits  = "number"
)

func (n *node) is(kind string) bool { return n.kind == kind }

// calls tells whether the node is a function with so many arguments.
func (n *node) calls(name string, args int) bool {
	return n.kind == call && n.text == name && len(n.args) == args
}

// equal compares without regard for brackets.
func (n *node) equal(m *node) bool {
	if n.kind != m.kind || n.text != m.text || len(n.args) != len(m.args) {
		return false
	}
	for i := range n.args {
		if !n.args[i].equal(m.args[i]) {
			return false
		}
	}
	return true
}

// number gives the value of a literal, written with or without quotes.
func (n *node) number() (float64, bool) {
	if n.kind != digits && n.kind != literal {
		return 0, false
	}
	v, err := strconv.ParseFloat(n.text, 64)
	return v, err == nil && !math.IsInf(v, 0) && !math.IsNaN(v)
}

// notUnderstood is why an expression can't be followed.
type notUnderstood string

func (e notUnderstood) Error() string { return string(e) }

func sorry(format string, args ...any) error { return notUnderstood(fmt.Sprintf(format, args...)) }

// Word processors turn quotes and signs; they are turned back.
var turned = strings.NewReplacer("‘", "'", "’", "'", "“", `"`, "”", `"`, "≥", ">=", "≤", "<=", "≠", "!=", "＄", "$")

// longest is how long an expression may be, and deepest how far its brackets nest.
const (
	longest = 10_000
	deepest = 30
)

// parse reads an expression.
func parse(text string) (*node, error) {
	text = turned.Replace(sheet.Normalize(text))
	if len(text) > longest {
		return nil, sorry("太长了，请简化")
	}
	if rest, formula := strings.CutPrefix(text, "="); formula {
		return nil, sorry("前面多了等号，表格会当成公式；请写成 %s", short(rest))
	}
	tokens, err := scan(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	n, err := p.list("or", 0)
	if err == nil && p.at < len(tokens) {
		err = sorry("“%s”附近读不懂", short(tokens[p.at].text))
	}
	return n, err
}

type token struct{ kind, text string }

const word, sign = "word", "sign"

func scan(text string) ([]token, error) {
	var list []token
	for i := 0; i < len(text); {
		c := text[i]
		rest := text[i:]
		switch {
		case c == ' ':
			i++
		case strings.HasPrefix(rest, "${"):
			end := strings.IndexByte(rest, '}')
			if end < 0 {
				return nil, sorry("“%s”少了右花括号", short(rest))
			}
			list = append(list, token{ref, strings.TrimSpace(rest[2:end])})
			i += end + 1
		case c == '\'' || c == '"':
			end := strings.IndexByte(rest[1:], c)
			if end < 0 {
				return nil, sorry("“%s”少了一个引号", short(rest))
			}
			list = append(list, token{literal, rest[1 : end+1]})
			i += end + 2
		case isDigit(c) || c == '.' && len(rest) > 1 && isDigit(rest[1]):
			end := 1
			for end < len(rest) && (isDigit(rest[end]) || rest[end] == '.') {
				end++
			}
			list = append(list, token{digits, rest[:end]})
			i += end
		case isLetter(c):
			end := 1
			for end < len(rest) && (isLetter(rest[end]) || isDigit(rest[end]) || rest[end] == '-' || rest[end] == ':') {
				end++
			}
			list = append(list, token{word, rest[:end]})
			i += end
		default:
			size := 1
			for _, two := range []string{"!=", "<=", ">=", ".."} {
				if strings.HasPrefix(rest, two) {
					size = 2
				}
			}
			if c >= 0x80 {
				size = len(string([]rune(rest)[0]))
			}
			list = append(list, token{sign, rest[:size]})
			i += size
		}
	}
	return list, nil
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

type parser struct {
	tokens []token
	at     int
}

func (p *parser) peek() token {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return token{}
}

func (p *parser) take(kind, text string) bool {
	if t := p.peek(); t.kind == kind && strings.EqualFold(t.text, text) {
		p.at++
		return true
	}
	return false
}

// list reads terms joined by or, and within them terms joined by and.
func (p *parser) list(join string, depth int) (*node, error) {
	if depth > deepest {
		return nil, sorry("括号套得太深，请简化")
	}
	next := func() (*node, error) {
		if join == "or" {
			return p.list("and", depth)
		}
		return p.comparison(depth)
	}
	n, err := next()
	if err != nil {
		return nil, err
	}
	all := []*node{n}
	for p.take(word, join) {
		if n, err = next(); err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return &node{kind: join, args: all}, nil
}

var comparisons = map[string]string{"=": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

func (p *parser) comparison(depth int) (*node, error) {
	left, err := p.value(depth)
	if err != nil {
		return nil, err
	}
	t := p.peek()
	operator, known := comparisons[t.text]
	if t.kind != sign || !known {
		if t.kind == sign && strings.ContainsAny(t.text, "+-*|/[]") || t.kind == word && (t.text == "div" || t.text == "mod") {
			return nil, sorry("不支持运算“%s”，只能比较一道题的回答", short(t.text))
		}
		return left, nil
	}
	p.at++
	right, err := p.value(depth)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind == sign && strings.ContainsAny(t.text, "+-*|/[]") {
		return nil, sorry("不支持运算“%s”，只能比较一道题的回答", short(t.text))
	}
	return &node{kind: operator, args: []*node{left, right}}, nil
}

func (p *parser) value(depth int) (*node, error) {
	t := p.peek()
	p.at++
	switch {
	case t.kind == "":
		return nil, sorry("没有写完")
	case t.kind == ref || t.kind == literal || t.kind == digits:
		return &node{kind: t.kind, text: t.text}, nil
	case t.kind == sign && t.text == "-" && p.peek().kind == digits:
		p.at++
		return &node{kind: digits, text: "-" + p.tokens[p.at-1].text}, nil
	case t.kind == sign && t.text == ".":
		return &node{kind: self}, nil
	case t.kind == sign && t.text == "(":
		n, err := p.list("or", depth+1)
		if err != nil {
			return nil, err
		}
		if !p.take(sign, ")") {
			return nil, sorry("少了右括号")
		}
		n.brackets++
		return n, nil
	case t.kind == word && p.take(sign, "("):
		return p.function(strings.ToLower(t.text), depth)
	case t.kind == sign && (t.text == "/" || t.text == ".."):
		return nil, sorry("不支持路径“%s”，引用一道题请写 ${题目的 name}", short(t.text))
	}
	return nil, sorry("“%s”附近读不懂", short(t.text))
}

func (p *parser) function(name string, depth int) (*node, error) {
	n := &node{kind: call, text: name}
	if p.take(sign, ")") {
		return n, nil
	}
	for {
		arg, err := p.list("or", depth+1)
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, arg)
		if p.take(sign, ")") {
			return n, nil
		}
		if !p.take(sign, ",") {
			return nil, sorry("%s( ) 少了右括号", short(name))
		}
	}
}

// short keeps a sentence readable whatever stands in a cell.
func short(text string) string {
	text = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(text, "?"))
	if runes := []rune(text); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return text
}
