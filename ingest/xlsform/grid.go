package xlsform

import (
	"fmt"
	"slices"
	"strings"

	"shuixuan/ingest/sheet"
)

// grid is a sheet whose columns are known by name.
type grid struct {
	name  string
	at    map[string]int // column → index
	shown map[string]string
	rows  []Row
	notes []Fault
}

// line is one row of a grid.
type line struct {
	*grid
	Row
}

func (g *grid) line(r Row) line { return line{g, r} }

// raw is a cell as it stands, without the blanks around it.
func (l line) raw(column string) string {
	i, there := l.at[column]
	if !there || i >= len(l.Cells) {
		return ""
	}
	return strings.TrimSpace(strings.Trim(l.Cells[i], "\ufeff"))
}

// text is a cell in one spelling: codes, names and words of the format.
func (l line) text(column string) string { return sheet.Normalize(l.raw(column)) }

func (l line) fault(column, format string, args ...any) Fault {
	if shown := l.shown[column]; shown != "" {
		column = shown
	}
	return Fault{l.name, l.Number, column, fmt.Sprintf(format, args...)}
}

// heading is a column's name and language.
func heading(text string) (column, language string) {
	text = sheet.Normalize(text)
	base, language, colons := strings.Cut(text, "::")
	key := func(s string) string {
		return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(s)))
	}
	if !colons && !strings.HasPrefix(strings.ToLower(text), "jr:") && !strings.HasPrefix(strings.ToLower(text), "entities:") {
		if b, l, one := strings.Cut(text, ":"); one && slices.Contains(translated, key(b)) {
			base, language = b, l // how the oldest forms say it
		}
	}
	if column = key(base); slices.Contains(carriers, column) {
		base, language, _ = strings.Cut(language, "::")
		column = key(base)
	}
	if other, known := aliases[column]; known {
		column = other
	}
	return column, strings.TrimSpace(language)
}

// newGrid sorts out the columns of a sheet. Of several languages one is taken.
func newGrid(t Table, defaultLanguage string) (*grid, []Fault) {
	g := &grid{name: t.Name, at: map[string]int{}, shown: map[string]string{}, rows: t.Rows}
	var faults []Fault
	type place struct {
		index    int
		language string
	}
	versions := map[string][]place{}
	for i, text := range t.Head {
		column, language := heading(text)
		if column == "" {
			continue
		}
		versions[column] = append(versions[column], place{i, language})
	}
	for column, places := range versions {
		best := slices.MinFunc(places, func(a, b place) int {
			return rank(a.language, defaultLanguage) - rank(b.language, defaultLanguage)
		})
		g.at[column], g.shown[column] = best.index, sheet.Normalize(t.Head[best.index])
		for _, p := range places {
			switch {
			case p.index == best.index:
			case p.language == best.language:
				faults = append(faults, Fault{t.Name, 1, g.shown[column], fmt.Sprintf("“%s”与“%s”是同一栏，请删去一列", sheet.Normalize(t.Head[p.index]), g.shown[column])})
			default:
				g.notes = append(g.notes, Fault{t.Name, 0, sheet.Normalize(t.Head[p.index]), "只导入一种语言，这一列没有导入"})
			}
		}
	}
	return g, faults
}

// rank prefers Chinese, then the column that names no language, then the form's own.
func rank(language, own string) int {
	l := strings.ToLower(language)
	switch {
	case strings.Contains(l, "(zh") || strings.HasPrefix(l, "zh") || strings.Contains(l, "中文") || strings.Contains(l, "汉语") || strings.Contains(l, "chinese"):
		return 0
	case language == "":
		return 1
	case strings.EqualFold(language, own):
		return 2
	}
	return 3
}

// filled tells whether any row has something in a column.
func (g *grid) filled(column string) (line, bool) {
	for _, r := range g.rows {
		if l := g.line(r); l.raw(column) != "" {
			return l, true
		}
	}
	return line{}, false
}

// unread tells of columns that are neither ours nor refused, and hold something.
func (g *grid) unread(known ...string) []Fault {
	var list []Fault
	for column := range g.at {
		if slices.Contains(known, column) {
			continue
		}
		if _, holds := g.filled(column); !holds {
			continue
		}
		why := "不认识这一列，没有导入"
		if words, left := leftColumns[column]; left {
			why = words
		} else if strings.HasPrefix(column, prefix) {
			why = "没有这个水宣专用列，请核对拼写；这一列没有导入"
		}
		list = append(list, Fault{g.name, 0, g.shown[column], why})
	}
	return list
}

// Lists within a cell: a bar between the words, a backslash before a bar that is meant.
var escape, unescape = strings.NewReplacer(`\`, `\\`, "|", `\|`), strings.NewReplacer(`\\`, `\`, `\|`, "|")

func joinWords(list []string) string {
	escaped := make([]string, len(list))
	for i, w := range list {
		escaped[i] = escape.Replace(w)
	}
	return strings.Join(escaped, "|")
}

func splitWords(text string) []string {
	var list []string
	from := 0
	add := func(part string) {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, unescape.Replace(part))
		}
	}
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '|':
			add(text[from:i])
			from = i + 1
		}
	}
	add(text[min(from, len(text)):])
	return list
}

// words are those of a cell with blanks between them, nil where there are none.
func words(text string) []string {
	if list := strings.Fields(text); len(list) > 0 {
		return list
	}
	return nil
}
