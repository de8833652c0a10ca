package xlsform

import (
	"math"
	"slices"
	"strings"
	"time"

	"shuixuan/app/survey"
)

// limit reads a constraint into the bounds of its question. Each part joined by and has to
// be one that we keep; any other is refused, since answers would be let in that the author
// meant to keep out.
func limit(q *survey.Question, text string) error {
	n, err := parse(text)
	if err != nil {
		return err
	}
	return limits(q, n)
}

func limits(q *survey.Question, n *node) error {
	if n.is("and") {
		for _, part := range n.args {
			if err := limits(q, part); err != nil {
				return err
			}
		}
		return nil
	}
	if n.calls("true", 0) {
		return nil
	}
	if code, ok := exclusive(n); ok && q.Type == survey.Multiple {
		return setExclusive(q, code)
	}
	if n.is("or") && q.Type == survey.Multiple {
		return leastOr(q, n)
	}
	if len(n.args) != 2 || n.is(call) {
		return unknownLimit(*q)
	}
	left, sign, right := n.args[0], n.kind, n.args[1]
	if mirror, known := mirrored[sign]; known && (left.is(digits) || left.is(literal) || left.is(call) && left.text == "date") {
		left, sign, right = right, mirror, left
	}
	switch {
	case q.Type == survey.Date && left.is(self):
		return dayLimit(q, sign, right)
	case q.Numeric() && left.is(self),
		(q.Type == survey.Text || q.Type == survey.LongText) && left.calls("string-length", 1) && left.args[0].is(self),
		q.Type == survey.Multiple && left.calls("count-selected", 1) && left.args[0].is(self):
		return numberLimit(q, sign, right)
	}
	return unknownLimit(*q)
}

func unknownLimit(q survey.Question) error {
	switch {
	case q.Numeric():
		return sorry("只认得数值的上下限，例如 . >= 0 and . <= 120")
	case q.Type == survey.Date:
		return sorry("只认得最早和最晚的日期，例如 . >= date('2014-09-01') and . <= date('2014-12-31')")
	case q.Type == survey.Text || q.Type == survey.LongText:
		return sorry("只认得字数的上下限，例如 string-length(.) <= 200；不支持 regex 等其他检查")
	case q.Type == survey.Multiple:
		return sorry("只认得项数的上下限和“不能同选”，例如 count-selected(.) <= 3，或 not(selected(., 'none') and count-selected(.) > 1)")
	}
	return sorry("这种题没有可以限制的，请清空")
}

// numberLimit sets a bound. Bounds of ours are inclusive: of whole numbers > 0 is >= 1.
func numberLimit(q *survey.Question, sign string, right *node) error {
	v, isNumber := right.number()
	if !isNumber {
		return sorry("“%s”不是数字，上下限只能是数字", short(right.text))
	}
	whole := q.Whole || q.Type != survey.Number
	switch sign {
	case ">", "<":
		if !whole {
			return sorry("小数的上下限请写 >= 或 <=")
		}
		if sign == ">" {
			v = math.Floor(v) + 1
		} else {
			v = math.Ceil(v) - 1
		}
	case ">=", "<=":
	default:
		return unknownLimit(*q)
	}
	if strings.HasPrefix(sign, ">") {
		q.Min = &v
	} else {
		q.Max = &v
	}
	return nil
}

func dayLimit(q *survey.Question, sign string, right *node) error {
	if right.calls("date", 1) {
		right = right.args[0]
	}
	day, err := time.Parse(time.DateOnly, right.text)
	if !right.is(literal) || err != nil {
		return unknownLimit(*q)
	}
	switch sign {
	case ">=":
	case ">":
		day = day.AddDate(0, 0, 1)
	case "<":
		day = day.AddDate(0, 0, -1)
	case "<=":
	default:
		return unknownLimit(*q)
	}
	if text := day.Format(time.DateOnly); strings.HasPrefix(sign, ">") {
		q.Earliest = text
	} else {
		q.Latest = text
	}
	return nil
}

// exclusive is not(selected(., 'none') and count-selected(.) > 1), and what else people
// write for it.
func exclusive(n *node) (string, bool) {
	if !n.calls("not", 1) || !n.args[0].is("and") || len(n.args[0].args) != 2 {
		return "", false
	}
	a, b := n.args[0].args[0], n.args[0].args[1]
	if b.calls("selected", 2) {
		a, b = b, a
	}
	if !a.calls("selected", 2) || !a.args[0].is(self) || len(b.args) != 2 || !b.args[0].calls("count-selected", 1) || !b.args[0].args[0].is(self) {
		return "", false
	}
	v, isNumber := b.args[1].number()
	several := b.is(">") && v == 1 || b.is(">=") && v == 2 || b.is("!=") && v == 1
	return a.args[1].text, isNumber && several
}

func setExclusive(q *survey.Question, code string) error {
	i := slices.IndexFunc(q.Options, func(o survey.Option) bool { return o.Code == code })
	if i < 0 {
		return sorry("“%s”不是本题的选项", short(code))
	}
	q.Options = slices.Clone(q.Options) // the list may serve other questions
	q.Options[i].Exclusive = true
	return nil
}

// leastOr is count-selected(.) >= 2 or selected(., 'none'): an exclusive option stands alone
// in spite of the least number, which our own check allows by itself.
func leastOr(q *survey.Question, n *node) error {
	var least *node
	for _, part := range n.args {
		switch {
		case part.calls("selected", 2) && part.args[0].is(self):
			if o, _ := q.Option(part.args[1].text); !o.Exclusive {
				return sorry("“or”后面的选项“%s”要设为不能与其他选项同选（%s）", short(part.args[1].text), ownExclusive)
			}
		case least == nil && len(part.args) == 2 && part.args[0].calls("count-selected", 1):
			least = part
		default:
			return unknownLimit(*q)
		}
	}
	if least == nil {
		return unknownLimit(*q)
	}
	return limits(q, least)
}

// constraint writes the bounds of a question.
func constraint(q survey.Question) string {
	var list []string
	switch q.Type {
	case survey.Number:
		list = bounds(".", q)
	case survey.Text, survey.LongText:
		list = bounds("string-length(.)", q)
	case survey.Date:
		for _, b := range [][2]string{{". >= ", q.Earliest}, {". <= ", q.Latest}} {
			if b[1] != "" {
				list = append(list, b[0]+"date('"+b[1]+"')")
			}
		}
	case survey.Multiple:
		list = manyLimits(q)
	}
	return strings.Join(list, " and ")
}

func bounds(what string, q survey.Question) (list []string) {
	if q.Min != nil {
		list = append(list, what+" >= "+decimal(*q.Min))
	}
	if q.Max != nil {
		list = append(list, what+" <= "+decimal(*q.Max))
	}
	return list
}

// manyLimits says of exclusive options that they stand alone, also for programs that don't
// read our column; the least number of options doesn't hold for them.
func manyLimits(q survey.Question) []string {
	var list, alone []string
	for _, o := range q.Options {
		if o.Exclusive {
			list = append(list, "not(selected(., '"+o.Code+"') and count-selected(.) > 1)")
			alone = append(alone, "selected(., '"+o.Code+"')")
		}
	}
	limits := bounds("count-selected(.)", q)
	if q.Min != nil && len(alone) > 0 {
		limits[0] = "(" + limits[0] + " or " + strings.Join(alone, " or ") + ")"
	}
	return append(list, limits...)
}
