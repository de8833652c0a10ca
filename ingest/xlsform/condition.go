package xlsform

import (
	"slices"
	"strconv"
	"strings"

	"shuixuan/app/survey"
)

// Conditions go out and come in with the same brackets: what is in brackets beyond need is
// a part of a list (All, Any), what isn't is joined to the term before it where it speaks
// of the same question. So a condition comes back as it was put together, and one that was
// written by hand becomes the shortest that says the same.

// questions finds what a condition speaks of.
type questions func(name string) (survey.Question, bool)

// expression writes a condition.
func expression(c survey.Condition, find questions) string {
	return render(c, find).text
}

// item is a part of a condition in words; either tells that it is joined by or, and needs
// brackets beside anything else.
type item struct {
	text   string
	either bool
}

func (i item) closed() string {
	if i.either {
		return "(" + i.text + ")"
	}
	return i.text
}

func render(c survey.Condition, find questions) item {
	items := terms(c, find)
	for _, part := range c.All {
		items = append(items, item{text: "(" + render(part, find).closed() + ")"})
	}
	if len(c.Any) > 0 {
		var list []string
		for _, part := range c.Any {
			list = append(list, "("+expression(part, find)+")")
		}
		items = append(items, item{strings.Join(list, " or "), len(list) > 1})
	}
	if len(items) == 1 {
		return items[0]
	}
	var list []string
	for _, one := range items {
		list = append(list, one.closed())
	}
	return item{text: strings.Join(list, " and ")}
}

// terms writes what a condition asks of its own question.
func terms(c survey.Condition, find questions) (list []item) {
	if c.Question == "" {
		return nil
	}
	q, _ := find(c.Question)
	name := "${" + c.Question + "}"
	chosen := func(codes []string) string {
		var list []string
		for _, code := range codes {
			if q.Type == survey.Multiple {
				list = append(list, "selected("+name+", '"+code+"')")
			} else {
				list = append(list, name+" = '"+code+"'")
			}
		}
		return strings.Join(list, " or ")
	}
	if len(c.In) > 0 {
		list = append(list, item{chosen(c.In), len(c.In) > 1})
	}
	switch {
	case len(c.NotIn) == 1 && q.Type != survey.Multiple:
		list = append(list, item{text: name + " != '" + c.NotIn[0] + "'"})
	case len(c.NotIn) > 0:
		list = append(list, item{text: "not(" + chosen(c.NotIn) + ")"})
	}
	if c.AtLeast != nil && c.AtMost != nil && *c.AtLeast == *c.AtMost && c.Above == nil && c.Below == nil {
		return append(list, item{text: name + " = " + decimal(*c.AtLeast)})
	}
	for _, bound := range []struct {
		sign string
		of   *float64
	}{{" >= ", c.AtLeast}, {" <= ", c.AtMost}, {" > ", c.Above}, {" < ", c.Below}} {
		if bound.of != nil {
			list = append(list, item{text: name + bound.sign + decimal(*bound.of)})
		}
	}
	return list
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// conditions reads them.
type conditions struct{ find questions }

// relevant gives the show and the skip condition of a cell. Parts that are negated and
// that no condition of ours can say by itself become the skip condition: it leaves a
// question out where it holds.
func (k conditions) relevant(text, skip string) (show, leave *survey.Condition, err error) {
	var keep, drop []*node
	if strings.TrimSpace(skip) != "" {
		n, err := parse(skip)
		if err != nil {
			return nil, nil, err
		}
		drop = append(drop, n)
	}
	if strings.TrimSpace(text) != "" {
		n, err := parse(text)
		if err != nil {
			return nil, nil, err
		}
		keep = []*node{n}
		if n.is("and") {
			keep = n.args
		}
		// The skip condition stands once more at the end, for other programs.
		if last := len(keep) - 1; len(drop) > 0 && keep[last].calls("not", 1) && keep[last].args[0].equal(drop[0]) {
			keep = keep[:last]
		}
		keep = slices.DeleteFunc(slices.Clone(keep), func(part *node) bool {
			if part.calls("not", 1) {
				if _, err := k.read(part); err == errNegation {
					drop = append(drop, part.args[0])
					return true
				}
			}
			return part.calls("true", 0)
		})
	}
	if show, err = k.joined("and", keep); err != nil {
		return nil, nil, err
	}
	leave, err = k.joined("or", drop)
	return show, leave, err
}

func (k conditions) joined(join string, parts []*node) (*survey.Condition, error) {
	switch len(parts) {
	case 0:
		return nil, nil
	case 1:
		c, err := k.read(parts[0])
		return &c, err
	}
	c, err := k.read(&node{kind: join, args: parts})
	return &c, err
}

// errNegation is a negation that no condition says: without an answer to a number, “not
// at least 5” is true and “below 5” isn't.
var errNegation = sorry("not(…) 里面只能是选项，不能是数值或几个条件的组合，除非它单独用 and 连在最外层")

func (k conditions) read(n *node) (survey.Condition, error) {
	switch {
	case n.is("or"):
		return k.either(n)
	case n.is("and"):
		return k.both(n)
	case n.calls("not", 1):
		c, err := k.read(n.args[0])
		if err != nil {
			return c, err
		}
		if c.Bounded() || len(c.All) > 0 || len(c.Any) > 0 || len(c.In) > 0 == (len(c.NotIn) > 0) {
			return c, errNegation
		}
		c.In, c.NotIn = c.NotIn, c.In
		return c, nil
	case n.calls("selected", 2):
		return k.selected(n)
	case n.is(call):
		return survey.Condition{}, sorry("不支持函数 %s( )，可以用的有 selected(${题}, '选项')、not( )、and、or 和比较", short(n.text))
	case len(n.args) == 2:
		return k.comparison(n)
	}
	return survey.Condition{}, sorry("“%s”不是一个完整的条件，请写成 ${题} = '选项' 的样子", short(n.text))
}

// both reads parts joined by and. Terms on one question become one condition.
func (k conditions) both(n *node) (survey.Condition, error) {
	var own, list, groups []survey.Condition
	for _, part := range n.args {
		c, err := k.read(part)
		if err != nil {
			return c, err
		}
		need := 0
		if part.is("or") {
			need = 1
		}
		switch {
		case part.brackets > need:
			list = append(list, c)
		case len(c.Any) > 0 && c.Question == "":
			groups = append(groups, c)
		case len(own) > 0 && merge(&own[len(own)-1], c):
		default:
			own = append(own, c)
		}
	}
	var whole survey.Condition
	if len(own) == 1 {
		whole, own = own[0], nil
	}
	if len(groups) == 1 && len(whole.Any) == 0 {
		whole.Any, groups = groups[0].Any, nil
	}
	whole.All = slices.Concat(whole.All, own, groups, list)
	return whole, nil
}

// merge joins two terms on one question, where they speak of different things.
func merge(c *survey.Condition, d survey.Condition) bool {
	if c.Question == "" || c.Question != d.Question || len(c.All)+len(c.Any)+len(d.All)+len(d.Any) > 0 ||
		len(c.In) > 0 && len(d.In) > 0 {
		return false
	}
	bounds := []struct{ have, add **float64 }{{&c.AtLeast, &d.AtLeast}, {&c.AtMost, &d.AtMost}, {&c.Above, &d.Above}, {&c.Below, &d.Below}}
	for _, b := range bounds {
		if *b.have != nil && *b.add != nil {
			return false
		}
	}
	for _, b := range bounds {
		if *b.add != nil {
			*b.have = *b.add
		}
	}
	c.In, c.NotIn = append(c.In, d.In...), append(c.NotIn, d.NotIn...)
	return true
}

// either reads parts joined by or. Options of one question become one list.
func (k conditions) either(n *node) (survey.Condition, error) {
	var list []survey.Condition
	open := false // the last one of the list may take more options
	for _, part := range n.args {
		c, err := k.read(part)
		if err != nil {
			return c, err
		}
		plain := part.brackets == 0 && len(c.In) > 0 && len(c.NotIn)+len(c.All)+len(c.Any) == 0 && !c.Bounded()
		if last := len(list) - 1; plain && open && list[last].Question == c.Question {
			list[last].In = append(list[last].In, c.In...)
			continue
		}
		list, open = append(list, c), plain
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return survey.Condition{Any: list}, nil
}

func (k conditions) selected(n *node) (survey.Condition, error) {
	if !n.args[0].is(ref) || !n.args[1].is(literal) && !n.args[1].is(digits) {
		return survey.Condition{}, sorry("selected 请写成 selected(${题}, '选项')")
	}
	return survey.Condition{Question: cleanName(n.args[0].text), In: []string{k.code(n.args[0].text, n.args[1].text)}}, nil
}

// code is a choice as it is kept; the OK of an acknowledge is our yes.
func (k conditions) code(name, text string) string {
	if q, known := k.find(cleanName(name)); known && q.Type == survey.Consent && strings.EqualFold(text, "ok") {
		return survey.ConsentYes
	}
	return text
}

var mirrored = map[string]string{"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

func (k conditions) comparison(n *node) (survey.Condition, error) {
	left, sign, right := n.args[0], n.kind, n.args[1]
	if right.is(ref) && !left.is(ref) {
		left, sign, right = right, mirrored[sign], left
	}
	if left.is(call) {
		return survey.Condition{}, sorry("不支持函数 %s( )，可以用的有 selected(${题}, '选项')、not( )、and、or 和比较", short(left.text))
	}
	if !left.is(ref) {
		return survey.Condition{}, sorry("比较的一边要是 ${题}")
	}
	if !right.is(literal) && !right.is(digits) {
		return survey.Condition{}, sorry("不能拿两道题的回答互相比较，比较的一边要是选项代码或数字")
	}
	c := survey.Condition{Question: cleanName(left.text)}
	q, known := k.find(c.Question)
	switch {
	case known && q.Numeric():
		return k.bound(c, sign, right)
	case sign != "=" && sign != "!=":
		if known && q.Choice() {
			return c, sorry("“%s”是选择题，不能比较大小", short(left.text))
		}
		return k.bound(c, sign, right) // whether it is there at all is told by the check
	case known && !q.Choice():
		return c, sorry("不能按“%s”写的内容设条件，只能按选择题的选项或数字", short(left.text))
	case known && right.text == "":
		return answered(c, q, sign == "!="), nil
	case q.Type == survey.Multiple:
		return c, sorry("“%s”是多选题，等号比的是整个回答；请写成 selected(${%s}, '%s')", short(left.text), short(left.text), short(right.text))
	case sign == "=":
		c.In = []string{k.code(left.text, right.text)}
	default:
		c.NotIn = []string{k.code(left.text, right.text)}
	}
	return c, nil
}

// answered is ${a} != ”: any of the options; its contrary is none of them.
func answered(c survey.Condition, q survey.Question, any bool) survey.Condition {
	var codes []string
	for _, o := range q.Options {
		codes = append(codes, o.Code)
	}
	if any {
		c.In = codes
	} else {
		c.NotIn = codes
	}
	return c
}

func (k conditions) bound(c survey.Condition, sign string, right *node) (survey.Condition, error) {
	v, isNumber := right.number()
	switch {
	case !isNumber:
		return c, sorry("“%s”不是数字，数字题只能和数字比较", short(right.text))
	case sign == "=":
		c.AtLeast, c.AtMost = &v, &v
	case sign == "!=":
		return c, sorry("数字的“不等于”请写成两段：${%s} < %s or ${%s} > %s（这样没有作答的不会算进来）", short(c.Question), short(right.text), short(c.Question), short(right.text))
	case sign == ">=":
		c.AtLeast = &v
	case sign == "<=":
		c.AtMost = &v
	case sign == ">":
		c.Above = &v
	default:
		c.Below = &v
	}
	return c, nil
}
