package survey

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"shuixuan/app/org"
)

// Breaks says why answers to a question can't be compared with those to an earlier one:
// what people were asked, of whom, and what they could answer. Nothing where they can.
func Breaks(then, now Question) []string {
	then, now = then.item(), now.item()
	var list []string
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if then.Name != now.Name {
		say("代码由“%s”改成了“%s”，会当作另一题", then.Name, now.Name)
	}
	if then.Type != now.Type {
		say("题型由%s改成了%s", typeName(then.Type), typeName(now.Type))
	}
	if org.Fold(then.Label) != org.Fold(now.Label) {
		say("题目文字改了，原来是“%s”", short(then.Label))
	}
	if org.Fold(then.Hint) != org.Fold(now.Hint) {
		say("提示改了，原来是“%s”", short(then.Hint))
	}
	list = append(list, breaksOfOptions(then, now)...)
	list = append(list, breaksOfRows(then, now)...)
	if !same(then.Min, now.Min) || !same(then.Max, now.Max) || then.Whole != now.Whole || then.Earliest != now.Earliest || then.Latest != now.Latest {
		say("能填的范围改了")
	}
	if !reflect.DeepEqual(then.ShowIf, now.ShowIf) || !reflect.DeepEqual(then.SkipIf, now.SkipIf) || then.Adults != now.Adults {
		say("问的人改了（显示条件、跳过条件或只问成人），基数会不同")
	}
	if !slices.Equal(slices.Sorted(slices.Values(then.Right)), slices.Sorted(slices.Values(now.Right))) {
		say("正确答案改了")
	}
	return list
}

func breaksOfOptions(then, now Question) []string {
	var list []string
	name := func(options []Option) string {
		words := make([]string, len(options))
		for i, o := range options {
			words[i] = o.Label
		}
		return strings.Join(words, "、")
	}
	var gone, fresh, kept []Option
	for _, o := range then.Options {
		if _, still := now.Option(o.Code); !still {
			gone = append(gone, o)
		}
	}
	for _, o := range now.Options {
		before, known := then.Option(o.Code)
		if !known {
			fresh = append(fresh, o)
			continue
		}
		kept = append(kept, o)
		if org.Fold(before.Label) != org.Fold(o.Label) {
			list = append(list, fmt.Sprintf("选项“%s”改成了“%s”", before.Label, o.Label))
		}
		if !same(before.Value, o.Value) {
			list = append(list, fmt.Sprintf("选项“%s”的分值改了", o.Label))
		}
		if before.DontKnow != o.DontKnow || before.Exclusive != o.Exclusive || before.Other != o.Other || before.Unread != o.Unread {
			list = append(list, fmt.Sprintf("选项“%s”的性质改了（说不清、不读出、不同选或要写文字）", o.Label))
		}
	}
	if len(gone) > 0 {
		list = append(list, "少了选项："+name(gone))
	}
	if len(fresh) > 0 {
		list = append(list, "多了选项："+name(fresh))
	}
	order := slices.DeleteFunc(slices.Clone(then.Options), func(o Option) bool { _, still := now.Option(o.Code); return !still })
	if !slices.EqualFunc(order, kept, func(a, b Option) bool { return a.Code == b.Code }) || then.Shuffle != now.Shuffle {
		list = append(list, "选项的顺序改了")
	}
	return list
}

func breaksOfRows(then, now Question) []string {
	var list []string
	find := func(rows []Row, name string) (Row, bool) {
		i := slices.IndexFunc(rows, func(r Row) bool { return r.Name == name })
		if i < 0 {
			return Row{}, false
		}
		return rows[i], true
	}
	for _, row := range then.Rows {
		switch still, known := find(now.Rows, row.Name); {
		case !known:
			list = append(list, fmt.Sprintf("少了一行：%s", row.Label))
		case org.Fold(still.Label) != org.Fold(row.Label):
			list = append(list, fmt.Sprintf("行“%s”改成了“%s”", row.Label, still.Label))
		}
	}
	for _, row := range now.Rows {
		if _, known := find(then.Rows, row.Name); !known {
			list = append(list, fmt.Sprintf("多了一行：%s", row.Label))
		}
	}
	return list
}

func same(a, b *float64) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// SameRule tells whether two indicators are made the same way; what they are called, where the
// rule comes from and whether it is shown first don't matter.
func (i Indicator) SameRule(other Indicator) bool {
	return i.Kind == other.Kind && i.Question == other.Question && i.Base == other.Base &&
		slices.Equal(slices.Sorted(slices.Values(i.Positive)), slices.Sorted(slices.Values(other.Positive))) && maps.Equal(i.Values, other.Values)
}
