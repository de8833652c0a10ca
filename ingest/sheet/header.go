package sheet

import "strings"

// Header is where the columns are named.
type Header struct {
	Rows    []int // one or two row numbers
	Columns []Column
}

// Column is one named column.
type Column struct {
	Index int    // from 0
	Text  string // as shown; 宣传时间·开始 when a group stands over it
	Field string // what the caller knows it as, "" when it doesn't
}

// Column finds the column of a field.
func (h Header) Column(field string) (Column, bool) {
	for _, c := range h.Columns {
		if c.Field == field && field != "" {
			return c, true
		}
	}
	return Column{}, false
}

// FindHeader looks among the first rows of a sheet for the one, or the two, that
// name the columns. Titles, who filled it in and when, and empty rows may come
// before. The row that names most fields wins, the upper one of equals, and it
// has to name need of them.
//
// known says which field a header text names. For a column under a group it is
// asked for 宣传时间/开始 first and then for 开始 alone.
// Of two columns that name one field, the left one has it; the other stays in Columns
// without a field, so that the caller can say that it isn't stored.
func FindHeader(rows []Row, known func(text string) (field string, ok bool), need int) (Header, bool) {
	var best Header
	most := 0
	for i, row := range rows {
		h := oneRowHeader(row, known)
		if i+1 < len(rows) && rows[i+1].Number == row.Number+1 && groupsOver(row, rows[i+1]) {
			two, lower := twoRowHeader(row, rows[i+1], known), oneRowHeader(rows[i+1], known)
			if two.fields() >= h.fields() && (two.fields() > lower.fields() || namesAlone(row, rows[i+1])) {
				h = two
			}
		}
		if n := h.fields(); n > most {
			best, most = h, n
		}
	}
	return best, most > 0 && most >= need
}

func (h Header) fields() int {
	n := 0
	for _, c := range h.Columns {
		if c.Field != "" {
			n++
		}
	}
	return n
}

func oneRowHeader(row Row, known func(string) (string, bool)) Header {
	h := Header{Rows: []int{row.Number}}
	for i, c := range row.Cells {
		if name := headerText(c); name != "" {
			h.add(i, name, known, name)
		}
	}
	return h
}

// add names a column, by the first of the texts that is known.
func (h *Header) add(index int, shown string, known func(string) (string, bool), texts ...string) {
	c := Column{Index: index, Text: shown}
	for _, text := range texts {
		if field, ok := known(text); ok {
			if _, taken := h.Column(field); !taken {
				c.Field = field
			}
			break
		}
	}
	h.Columns = append(h.Columns, c)
}

// headerText is a header as it is meant: the line ends and blanks in it are there to
// make it fit the column.
func headerText(c Cell) string {
	return strings.ReplaceAll(Normalize(c.Text), " ", "")
}

// group is the text that stands over column i, and whether it covers more than one:
// either the cells are merged or, in a CSV file, those to the right are empty.
func group(top, under Row, i int) (text string, wide bool) {
	left := i
	for left > 0 && headerText(under.Cell(left)) != "" && (spread(top, left) || headerText(top.Cell(left)) == "") {
		left--
	}
	text = headerText(top.Cell(left))
	next := left + 1
	wide = left < i || spread(top, next) || headerText(top.Cell(next)) == "" && headerText(under.Cell(next)) != ""
	return text, wide
}

// spread reports whether cell i shows what the cell left of it shows, by a merge.
func spread(row Row, i int) bool {
	return i > 0 && row.Cell(i).Merged && row.Cell(i).Text == row.Cell(i-1).Text
}

// own reports whether the lower cell says something the upper one doesn't.
func own(top, under Row, i int) bool {
	text := headerText(under.Cell(i))
	return text != "" && !(under.Cell(i).Merged && text == headerText(top.Cell(i)))
}

// groupsOver reports whether the lower row names columns under groups of the
// upper row, and nothing else. A row of data has something under every name.
func groupsOver(top, under Row) bool {
	found := false
	for i := range under.Cells {
		if !own(top, under, i) {
			continue
		}
		if text, wide := group(top, under, i); text == "" || !wide || under.Cell(i).Number {
			return false
		}
		found = true
	}
	return found
}

// namesAlone reports whether the upper row names a column of its own, with nothing
// under it. A title over a heading doesn't: in a CSV file it stands in the first cell
// and looks like one group over everything. Nor does a line on who filled it in and
// when, wherever it stands.
func namesAlone(top, under Row) bool {
	for i, c := range top.Cells {
		if text := headerText(c); text != "" && !filledIn(text) && !spread(top, i) && !own(top, under, i) {
			return true
		}
	}
	return false
}

// filledIn reports whether a text is a label with its value, such as 填报单位：市住建局.
// In brackets a colon only explains: 形式(如:条幅) is a name.
func filledIn(text string) bool {
	label, value, colon := strings.Cut(text, ":")
	return colon && value != "" && !strings.Contains(label, "(")
}

func twoRowHeader(top, under Row, known func(string) (string, bool)) Header {
	h := Header{Rows: []int{top.Number, under.Number}}
	for i := range max(len(top.Cells), len(under.Cells)) {
		name := headerText(top.Cell(i))
		if own(top, under, i) {
			lower := headerText(under.Cell(i))
			over, _ := group(top, under, i)
			h.add(i, over+"·"+lower, known, over+"/"+lower, lower)
		} else if name != "" {
			h.add(i, name, known, name)
		}
	}
	return h
}
