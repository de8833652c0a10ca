package definition

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"
)

// spot is what the library says of the place of an error.
type spot struct {
	row  int
	text string // the word at fault, shortened
}

// explain turns an error of the library into a place and words for a person.
func explain(err error) (at spot, why string) {
	var located yaml.Error
	if errors.As(err, &located) {
		if t := located.GetToken(); t != nil && t.Position != nil {
			at = spot{t.Position.Line, short(strings.TrimSpace(t.Value))}
		}
	}
	var (
		unknown   *yaml.UnknownFieldError
		duplicate *yaml.DuplicateKeyError
		mistyped  *yaml.TypeError
		misplaced *yaml.UnexpectedNodeTypeError
		overflow  *yaml.OverflowError
	)
	switch {
	case errors.As(err, &unknown):
		return at, fmt.Sprintf("不认识的栏目“%s”，请检查拼写，或对照样例", at.text)
	case errors.As(err, &duplicate), strings.Contains(err.Error(), "already defined"): // the parser's own words
		return at, fmt.Sprintf("栏目“%s”写了两次，请删去一个", at.text)
	case errors.As(err, &overflow):
		return at, fmt.Sprintf("“%s”超出了数字的范围", at.text)
	case errors.As(err, &mistyped), errors.As(err, &misplaced):
		return at, fmt.Sprintf("“%s”的类型不对，请对照样例（例如：列表每项以“- ”开头，数字不加引号）", at.text)
	case at.text != "":
		return at, fmt.Sprintf("“%s”附近写法有误，请检查缩进、冒号后的空格和引号", at.text)
	}
	return at, "写法有误，请检查缩进、冒号后的空格和引号"
}

// short keeps a sentence readable whatever stands in the file.
func short(text string) string {
	text = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) { // Cf: marks that turn the direction of text
			return ' '
		}
		return c
	}, text)
	if r := []rune(text); len(r) > 30 {
		return string(r[:30]) + "…"
	}
	return text
}
