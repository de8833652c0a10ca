package sheet

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Quantity is a number with the measure word behind it, "" when there is none.
type Quantity struct {
	Value   float64
	Measure string
}

var (
	plainNumber   = regexp.MustCompile(`^(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?`)
	rawNumber     = regexp.MustCompile(`^-?[0-9]*\.?[0-9]+[eE][-+]?[0-9]+$`) // as workbooks store very large and small ones
	numberRange   = regexp.MustCompile(`^[^0-9]{0,6}[1-9][0-9.,]*[^0-9.,\s-~—至到]{0,4}\s*(?:[-~—–]+|至|到)\s*[0-9]`)
	roughNumber   = regexp.MustCompile(`^(?:大?约|大概|将?近|超过?|至少|至多|最多|最少|不少于|不足|不到|逾|[~≈><≥≤])|[余多几来]|左右|上下|以上|以下|以内|数[十百千万]|若干|[?]`)
	measureLetter = regexp.MustCompile(`^(?:[\p{L}㎡/%]|[mM][23²³]|²|³)+$`)
)

// nothing are the marks that people put where there is nothing.
var nothing = regexp.MustCompile(`^(?:[-—–_/\\.]+|无|暂无|空|没有|未填|[nN]/?[aA]|#N/A)$`)

// ParseQuantity reads how many there are: "24", "120块", "１２０块", "1,200", "3 场次",
// "72.5平方米", "十二块", "1.2万份". It refuses what isn't one exact number
// of zero or more, with a *CellError: a "约15" that becomes 15 is a figure nobody reported.
//
// The value is the float64 nearest to what is written, read once from the decimal
// text, so that 1.1万 is 11000 and not 11000.000000000002.
func ParseQuantity(s string) (Quantity, error) {
	text := Normalize(s)
	refuse := func(f Fault) (Quantity, error) { return Quantity{}, &CellError{Fault: f, Text: s} }
	if text == "" || nothing.MatchString(text) {
		return refuse(Missing)
	}
	if strings.ContainsAny(text, "eE") && rawNumber.MatchString(text) {
		return finish(text, "", s)
	}
	switch strings.ToLower(strings.TrimLeft(text, "+-")) {
	case "inf", "infinity", "nan", "∞":
		return refuse(NotFinite)
	}
	text = strings.TrimPrefix(text, "+")
	for _, p := range []string{"共计", "总计", "合计", "共"} {
		if rest, ok := strings.CutPrefix(text, p); ok {
			text = strings.TrimSpace(rest)
			break
		}
	}
	if rest, ok := cutMinus(text); ok {
		if q, err := ParseQuantity(rest); err == nil || FaultOf(err) == NotFinite {
			if q.Value == 0 && err == nil {
				return q, nil
			}
			return refuse(Negative)
		}
		return refuse(NotANumber)
	}
	digits, rest := cutNumber(text)
	switch {
	case inexact(text):
		return refuse(Approximate)
	case digits == "":
		return refuse(NotANumber)
	}
	return finishMeasure(digits, strings.TrimSpace(rest), s)
}

// inexact reports whether a text gives a number and takes it back: about, more
// than, from here to there. The look for single characters spares most
// cells two regular expressions.
func inexact(text string) bool {
	if !strings.ContainsAny(text, "-~—–至到约概近超过最不逾≈><≥≤余多几来左右上下以数若?") {
		return false
	}
	return (numberRange.MatchString(text) || roughNumber.MatchString(text)) && strings.ContainsFunc(text, numeric)
}

// cutMinus knows the signs that end up before a number: hyphen, minus, 负.
func cutMinus(text string) (rest string, ok bool) {
	for _, p := range []string{"-", "−", "—", "–", "负"} {
		if rest, ok = strings.CutPrefix(text, p); ok {
			return strings.TrimSpace(rest), true
		}
	}
	return text, false
}

// numeric is true for what numbers are made of, in either script.
func numeric(r rune) bool {
	_, digit := chineseDigit(r)
	_, unit := chineseUnit(r)
	return r >= '0' && r <= '9' || digit || unit || r == '几'
}

// cutNumber splits a text into its number, in plain digits, and what follows.
func cutNumber(text string) (digits, rest string) {
	if at := plainNumber.FindString(text); at != "" {
		digits, rest = strings.ReplaceAll(at, ",", ""), text[len(at):]
		if rest != "" && (rest[0] == '.' || rest[0] == ',') {
			return "", text // 1.2.3 and 12,34
		}
		return scale(digits, rest)
	}
	numeral, rest := leadingNumeral(text)
	if n, ok := chineseNumber(numeral); ok {
		return strconv.Itoa(n), rest
	}
	return "", text
}

// scale reads the 万 behind 1.2万份. The number and its power stay text until the end.
// 千 and 百 are left alone: in 千克 and 千米 they belong to the measure.
func scale(digits, rest string) (string, string) {
	trimmed := strings.TrimLeft(rest, " ")
	if after, ok := strings.CutPrefix(trimmed, "万"); ok {
		return digits + "e4", after
	}
	if after, ok := strings.CutPrefix(trimmed, "亿"); ok {
		return digits + "e8", after
	}
	return digits, rest
}

func finishMeasure(digits, measure, cell string) (Quantity, error) {
	if strings.ContainsFunc(squares.Replace(measure), func(r rune) bool { return unicode.IsDigit(r) }) {
		return Quantity{}, &CellError{Fault: TwoNumbers, Text: cell}
	}
	if measure != "" && (!measureLetter.MatchString(measure) || utf8.RuneCountInString(measure) > 8) {
		return Quantity{}, &CellError{Fault: NotANumber, Text: cell}
	}
	return finish(digits, measure, cell)
}

// squares takes out the digits that belong to a measure.
var squares = strings.NewReplacer("m2", "", "M2", "", "m3", "", "M3", "")

func finish(digits, measure, cell string) (Quantity, error) {
	value, err := strconv.ParseFloat(digits, 64)
	switch {
	case math.IsInf(value, 0):
		return Quantity{}, &CellError{Fault: NotFinite, Text: cell}
	case err != nil:
		return Quantity{}, &CellError{Fault: NotANumber, Text: cell}
	case value < 0:
		return Quantity{}, &CellError{Fault: Negative, Text: cell}
	}
	return Quantity{Value: math.Abs(value), Measure: measure}, nil
}
