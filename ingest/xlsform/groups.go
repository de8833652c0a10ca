package xlsform

import (
	"slices"
	"strings"

	"shuixuan/app/survey"
)

// Groups. One that is drawn as a table is a matrix of ours. Of any other its questions are
// taken one by one: its label becomes a note, and its condition holds for each of them.

// section reads the rows within a group, or all of them.
func (r *reader) section(lines []line, outer []line) {
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		k := parseKind(l.text(colType))
		switch k.word {
		case "begin_group", "group":
			end := r.end(lines, i)
			r.group(l, lines[i+1:end], outer)
			i = end
		case "begin_repeat", "begin_kobomatrix", "begin_score", "begin_rank":
			r.fault(l, colType, "%s", refusedTypes[k.word])
			end := r.end(lines, i)
			if k.word == "begin_repeat" {
				r.section(lines[i+1:end], outer) // for the faults within
			}
			i = end
		case "end_group", "end_repeat", "end_kobomatrix", "end_score", "end_rank":
			r.fault(l, colType, "这一行没有对应的 begin")
		default:
			if n := tableRun(lines[i:]); n > 1 {
				r.matrix(l, lines[i:i+n], outer)
				i += n - 1
				continue
			}
			r.question(l, k, outer)
		}
	}
}

// end finds the row that ends what begins at i.
func (r *reader) end(lines []line, i int) int {
	depth := 0
	for at := i; at < len(lines); at++ {
		switch word := parseKind(lines[at].text(colType)).word; {
		case strings.HasPrefix(word, "begin_") || word == "group":
			depth++
		case strings.HasPrefix(word, "end_"):
			if depth--; depth == 0 {
				return at
			}
		}
	}
	r.fault(lines[i], colType, "这一组没有对应的 end_group")
	return len(lines)
}

// deepestGroup is how far groups nest.
const deepestGroup = 10

func (r *reader) group(l line, inside, outer []line) {
	for column, why := range refusedColumns {
		if l.raw(column) != "" {
			r.fault(l, column, "%s", why)
		}
	}
	if len(outer) >= deepestGroup {
		r.fault(l, colType, "题组套得太深，最多%d层", deepestGroup)
		return
	}
	if looksLike(l, "table-list") || len(inside) > 1 && tableRun(inside) == len(inside) {
		r.matrix(l, inside, outer)
		return
	}
	outer = append(slices.Clone(outer), l)
	if label := r.piping(l.raw(colLabel)); label != "" && len(inside) > 0 {
		r.add(survey.Question{Name: r.name(l), Type: survey.Note, Label: label, Hint: r.piping(l.raw(colHint))}, line{l.grid, Row{Number: l.Number}}, outer)
	}
	r.section(inside, outer)
}

func looksLike(l line, appearance string) bool {
	return slices.Contains(strings.Fields(strings.ToLower(l.text(colAppearance))), appearance)
}

// tableRun counts the rows from the first on that are drawn as one table: one that shows
// the options (label), and those without labels of their own (list-nolabel).
func tableRun(lines []line) int {
	head := parseKind(lines[0].text(colType))
	if !head.choice() || !looksLike(lines[0], "label") {
		return 0
	}
	n := 1
	for n < len(lines) && looksLike(lines[n], "list-nolabel") && parseKind(lines[n].text(colType)).list == head.list {
		n++
	}
	return n
}

// matrix reads rows that share their options. Its head is the group, or the row that shows
// the options where there is no group of its own.
func (r *reader) matrix(head line, rows, outer []line) {
	q := survey.Question{Name: r.name(head), Type: survey.Matrix, Label: r.piping(head.raw(colLabel)), Hint: r.piping(head.raw(colHint)), Short: head.raw(ownShort), Aliases: splitWords(head.raw(ownAliases)),
		Dimension: head.raw(ownDimension), Source: head.raw(ownSource), Adults: r.truth(head, ownAdults), Right: words(head.text(ownRight))}
	var shared kind
	for _, l := range rows {
		k := parseKind(l.text(colType))
		if looksLike(l, "label") && k.choice() {
			q.Label = first(q.Label, r.piping(l.raw(colLabel)))
			if q.Options == nil {
				shared, q.Options = k, r.listOf(l, k)
			}
			continue
		}
		r.matrixRow(&q, &shared, l, k)
	}
	r.add(q, head, outer)
}

func (r *reader) matrixRow(q *survey.Question, shared *kind, l line, k kind) {
	if !k.choice() || k.multiple || k.other {
		r.fault(l, colType, "矩阵（table-list）里只能是 select_one，各行用同一组选项；请把这一行移到题组外面")
		return
	}
	if q.Options == nil {
		*shared, q.Options = k, r.listOf(l, k)
	}
	if k.list != shared.list {
		r.fault(l, colType, "矩阵各行要用同一组选项，这一行是“%s”，前面是“%s”", short(k.list), short(shared.list))
	}
	for _, column := range []string{colRelevant, ownSkip, colConstraint, colParameters} {
		if l.raw(column) != "" {
			r.fault(l, column, "矩阵的一行不能单独设条件、限制或参数；请写在 begin_group 那一行，或把这一行移到题组外面")
		}
	}
	for column, why := range refusedColumns {
		if l.raw(column) != "" {
			r.fault(l, column, "%s", why)
		}
	}
	if l.raw(colHint) != "" {
		r.note(l, colHint, "矩阵各行的提示没有导入；请写在 begin_group 那一行")
	}
	required := r.required(l)
	if len(q.Rows) > 0 && required != q.Required {
		r.fault(l, colRequired, "矩阵各行要么都必答，要么都不必答")
	}
	q.Required = required
	q.Rows = append(q.Rows, survey.Row{Name: r.name(l), Label: r.piping(l.raw(colLabel)), Short: l.raw(ownShort), Aliases: splitWords(l.raw(ownAliases))})
}
