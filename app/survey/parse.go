package survey

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

// maxDefinition is the largest questionnaire file, in bytes: the largest real ones
// have some tens of kilobytes.
const maxDefinition = 1 << 20

// maxNesting is the deepest nesting of a file that is parsed at all.
const maxNesting = 32

// file is a questionnaire file: the questionnaire itself and, below it, the waves in
// which it is asked.
type file struct {
	Questionnaire `yaml:",inline"`
	Waves         []Wave `yaml:"waves"`
}

// Parse reads a questionnaire, with the waves that its file names, from YAML (or JSON,
// which is YAML) and checks it. A file may name no wave: waves are then made on the
// page, or by naming one at the import. An unknown key is refused with its line: a
// misspelt "requird" would otherwise make a question optional without a word.
func Parse(body []byte) (Questionnaire, []Wave, error) {
	var f file
	if err := decode(body, "问卷文件", &f); err != nil {
		return Questionnaire{}, nil, err
	}
	if err := f.Questionnaire.Validate(); err != nil {
		return Questionnaire{}, nil, err
	}
	for i := range f.Waves {
		if f.Waves[i].Questionnaire == "" {
			f.Waves[i].Questionnaire = f.Questionnaire.ID
		}
		if err := f.Waves[i].Validate(f.Questionnaire); err != nil {
			return Questionnaire{}, nil, err
		}
	}
	return f.Questionnaire, f.Waves, nil
}

func decode(body []byte, what string, into any) error {
	body = bytes.TrimPrefix(body, []byte("\ufeff")) // Windows editors put it there
	if len(body) > maxDefinition {
		return problem.TooLarge(what+"太大", fmt.Sprintf("文件有%d字节，最多%d字节，请检查是否选错了文件。", len(body), maxDefinition))
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return problem.Invalid(what+"是空的", "请检查是否选错了文件。")
	}
	if bytes.IndexByte(body, 0) >= 0 {
		return problem.Invalid(what+"不是文本文件", "请发送 YAML 文本文件（UTF-8编码），不要发送 Word 或 Excel 文件。")
	}
	if !utf8.Valid(body) {
		return problem.Invalid(what+"不是UTF-8编码", "请用记事本打开，另存为时编码选择“UTF-8”，再重新发送。")
	}
	if line := tooDeep(body); line > 0 {
		return problem.Invalid(what+"读不懂", "请对照样例检查。", problem.Fault{Row: line, Why: fmt.Sprintf("层次超过%d层，请检查括号或短横线是否写多了", maxNesting)})
	}
	file, err := parser.ParseBytes(body, 0)
	if err != nil {
		return unreadable(what, body, err)
	}
	if len(file.Docs) > 1 && file.Docs[1].Body != nil {
		return problem.Invalid(what+"里有两份内容", "请把用 --- 隔开的内容分成两个文件分别发送。")
	}
	for _, doc := range file.Docs {
		if at := anchored(doc); at != nil {
			return problem.Invalid(what+"里用了引用（& 或 *）", "请把引用的内容直接写出来。", problem.Fault{Row: at.Position.Line, Why: "不支持 YAML 的引用写法"})
		}
	}
	if err := yaml.UnmarshalWithOptions(body, into, yaml.Strict(), yaml.CustomUnmarshaler(civilDate)); err != nil {
		return unreadable(what, body, err)
	}
	return nil
}

// tooDeep gives the line where brackets or list marks nest beyond the limit, 0 for a
// sane file. The parser goes down by recursion and keeps the path of each level:
// measured, 100,000 brackets took more than 6 GB.
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
		if open > maxNesting || marks > maxNesting || t.Position.IndentNum > 8*maxNesting {
			return max(1, t.Position.Line)
		}
	}
	return 0
}

// badDate is a date that doesn't exist or can't be read.
type badDate string

func (d badDate) Error() string { return fmt.Sprintf("%q is not a date", string(d)) }

// civilDate reads a date. The library makes the zero time of 2014-09-31, and a wave
// would lose its end without a word.
func civilDate(t *time.Time, text []byte) error {
	written := strings.Trim(strings.TrimSpace(string(text)), `"'`)
	if written == "" || written == "null" || written == "~" {
		return nil
	}
	day, err := time.Parse("2006-1-2", written)
	if err != nil {
		return badDate(written)
	}
	*t = day
	return nil
}

// anchored finds an anchor or alias. A few nested ones unfold to gigabytes, and a
// questionnaire needs none.
func anchored(doc ast.Node) *token.Token {
	var found *token.Token
	ast.Walk(visitor(func(n ast.Node) bool {
		switch n.Type() {
		case ast.AnchorType, ast.AliasType, ast.MergeKeyType:
			if found == nil {
				found = n.GetToken()
			}
		}
		return found == nil
	}), doc)
	return found
}

type visitor func(ast.Node) bool

func (v visitor) Visit(n ast.Node) ast.Visitor {
	if v(n) {
		return v
	}
	return nil
}

// unreadable says in words where a file could not be read.
func unreadable(what string, body []byte, err error) error {
	title, detail := what+"读不懂", "请按提示改正后重新发送；写法请参照系统提供的样例。"
	fault := problem.Fault{Why: "写法有误，请检查缩进、冒号后的空格和引号"}
	var at yaml.Error
	if errors.As(err, &at) {
		if t := at.GetToken(); t != nil {
			fault.Row, fault.Field = t.Position.Line, short(strings.TrimSpace(t.Value))
		}
	}
	var unknown *yaml.UnknownFieldError
	var doubled *yaml.DuplicateKeyError
	var mistyped *yaml.TypeError
	var misplaced *yaml.UnexpectedNodeTypeError
	var date badDate
	switch {
	case errors.As(err, &unknown):
		fault.Why = fmt.Sprintf("第%d行的“%s”不认识，请检查拼写", fault.Row, fault.Field)
	case errors.As(err, &date):
		if at := bytes.Index(body, []byte(date)); at >= 0 {
			fault.Row = 1 + bytes.Count(body[:at], []byte("\n"))
		}
		fault.Why = fmt.Sprintf("“%s”不是日期或没有这一天，请写成 2014-09-05 的样子", short(string(date)))
	case errors.As(err, &doubled), strings.Contains(err.Error(), "already defined"):
		fault.Why = fmt.Sprintf("第%d行的“%s”写了两次，请删去一个", fault.Row, fault.Field)
	case errors.As(err, &mistyped), errors.As(err, &misplaced):
		fault.Why = fmt.Sprintf("第%d行的“%s”类型不对，请对照样例检查（例如：列表前要有短横线，数字不要加引号）", fault.Row, fault.Field)
	case fault.Row > 0:
		fault.Why = fmt.Sprintf("第%d行附近写法有误，请检查缩进、冒号后的空格和引号", fault.Row)
	}
	return problem.Invalid(title, detail, fault).Because(err)
}
