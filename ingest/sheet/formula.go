package sheet

import (
	"context"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// Programs other than spreadsheets write formulas and leave the result to whoever
// opens the file. Until somebody does, the cell has no value: the 32 columns that
// are "12+20" would be missing from the ledger.
//
// Excelize computes them, in a new workbook that holds the plain values of this one
// sheet, one formula at a time. It sees only formulas of the kind a ledger has
// (computable): excelize can't be stopped once it has begun, and REPT, INDIRECT, whole
// columns or a chain of & can keep it busy for a day. The others stay
// uncomputed and the caller says so.

const (
	computeFormulas = 5_000
	computeRange    = 20_000  // cells one formula may look at
	computeLooks    = 500_000 // all of them together
	computeTime     = 5 * time.Second
	formulaBytes    = 500
)

// scratch is the workbook that excelize computes in, and what we know about it.
type scratch struct {
	ctx      context.Context
	book     *excelize.File
	sheet    string
	until    time.Time
	formulas map[place]formula
	order    []place
	known    map[place]string
	bad      map[place]bool // errors, and formulas that weren't computed
}

// formula is a formula we are ready to compute.
type formula struct {
	refs  []mergedRange // the cells it looks at
	begun bool          // to notice a circle
}

// computeMissing computes the formulas of a sheet that have no stored value.
func computeMissing(ctx context.Context, w *workbook, part string) (map[place]string, error) {
	s, err := startWorksheet(ctx, w, part)
	if err != nil {
		return nil, err
	}
	defer s.close()
	book := excelize.NewFile()
	defer book.Close()
	c := &scratch{
		ctx: ctx, book: book, sheet: book.GetSheetName(0), until: time.Now().Add(computeTime),
		formulas: make(map[place]formula), known: make(map[place]string), bad: make(map[place]bool),
	}
	looks := 0
	for {
		row, err := s.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		for column, cell := range row.Cells {
			if err := c.put(place{row.Number, column}, cell, &looks); err != nil {
				return nil, err
			}
		}
	}
	for _, at := range c.order {
		c.compute(at)
	}
	return c.known, ctx.Err()
}

// put copies a cell. looks counts the cells that all formulas look at.
func (c *scratch) put(at place, cell Cell, looks *int) error {
	name := ColumnName(at.column) + strconv.Itoa(at.row)
	switch {
	case cell.Formula != "":
		refs, n, ok := computable(cell.Formula)
		*looks += n
		if !ok || *looks > computeLooks || len(c.order) == computeFormulas {
			c.bad[at] = true
			return nil
		}
		c.formulas[at] = formula{refs: refs}
		c.order = append(c.order, at)
		return c.book.SetCellFormula(c.sheet, name, cell.Formula[1:])
	case cell.Number:
		f, err := strconv.ParseFloat(cell.Text, 64)
		if err != nil {
			c.bad[at] = true
			return nil
		}
		return c.book.SetCellFloat(c.sheet, name, f, -1, 64)
	case errorValue.MatchString(cell.Text):
		c.bad[at] = true
	case len(cell.Text) < 200: // only to be compared with: SUM passes over texts
		return c.book.SetCellStr(c.sheet, name, cell.Text)
	}
	return nil
}

var errorValue = regexp.MustCompile(`^#[A-Z0-9/_]+[!?A]$`)

// compute computes a formula after those it looks at, and puts its value in its place, so
// that excelize never has to follow a chain itself. A formula that looks at
// something bad is bad: excelize's SUM passes over errors, and a total that left out a row
// is worse than none. It reports whether there is a value.
func (c *scratch) compute(at place) bool {
	f, ok := c.formulas[at]
	if !ok || c.bad[at] {
		return !c.bad[at]
	}
	if _, done := c.known[at]; done {
		return true
	}
	if f.begun || c.ctx.Err() != nil || time.Now().After(c.until) {
		c.bad[at] = true
		return false
	}
	f.begun = true
	c.formulas[at] = f
	for _, r := range f.refs {
		for row := r.top; row <= r.bottom; row++ {
			for column := r.left; column <= r.right; column++ {
				if !c.compute(place{int(row), int(column)}) {
					c.bad[at] = true
					return false
				}
			}
		}
	}
	name := ColumnName(at.column) + strconv.Itoa(at.row)
	value, ok := computeOne(c.book, c.sheet, name)
	if ok {
		ok = c.settle(name, value) == nil
	}
	if !ok {
		c.bad[at] = true
		return false
	}
	c.known[at] = value
	return true
}

// settle replaces a formula by its value.
func (c *scratch) settle(name, value string) error {
	if err := c.book.SetCellFormula(c.sheet, name, ""); err != nil {
		return err
	}
	if f, err := strconv.ParseFloat(value, 64); err == nil {
		return c.book.SetCellFloat(c.sheet, name, f, -1, 64)
	}
	return c.book.SetCellStr(c.sheet, name, value)
}

// computeOne is false for a formula that gives an error. Excelize's parser has
// panicked on odd formulas before; one cell must not end the program.
func computeOne(book *excelize.File, sheet, at string) (value string, ok bool) {
	defer func() {
		if recover() != nil {
			value, ok = "", false
		}
	}()
	value, err := book.CalcCellValue(sheet, at, excelize.Options{RawCellValue: true})
	if err != nil || strings.HasPrefix(value, "#") {
		return "", false
	}
	return value, value != ""
}

var (
	formulaText     = regexp.MustCompile(`"[^"]*"`)
	formulaFunction = regexp.MustCompile(`\b([A-Z][A-Z.]*)\(`)
	formulaRange    = regexp.MustCompile(`\$?[A-Z]{1,3}\$?[0-9]{1,7}(:\$?[A-Z]{1,3}\$?[0-9]{1,7})?`)
	formulaRest     = regexp.MustCompile(`^[-+*/^()<>=,;.%0-9\s]*$`)
)

// computable reports whether a formula is arithmetic over cells of its own sheet, with
// the functions a ledger uses; which cells it looks at, and how many they are.
func computable(formula string) (refs []mergedRange, looks int, ok bool) {
	text := strings.ToUpper(strings.TrimPrefix(formula, "="))
	if text == "" || len(text) > formulaBytes {
		return nil, 0, false
	}
	text = formulaText.ReplaceAllString(text, "0")
	for _, f := range formulaFunction.FindAllStringSubmatch(text, -1) {
		switch f[1] {
		case "SUM", "ROUND", "ROUNDUP", "ROUNDDOWN", "INT", "ABS", "MAX", "MIN", "AVERAGE", "COUNT", "COUNTA",
			"IF", "AND", "OR", "NOT", "PRODUCT", "SUBTOTAL", "COUNTIF", "DATE", "YEAR", "MONTH", "DAY":
		default:
			return nil, 0, false
		}
	}
	text = formulaFunction.ReplaceAllString(text, "(")
	for _, ref := range formulaRange.FindAllString(text, -1) {
		if !strings.Contains(ref, ":") {
			ref += ":" + ref
		}
		r, isRange := parseRange([]byte(ref))
		area := int(r.bottom-r.top+1) * int(r.right-r.left+1)
		if !isRange || r.bottom > lastRow || area > computeRange {
			return nil, 0, false
		}
		refs = append(refs, r)
		looks += area
	}
	text = formulaRange.ReplaceAllString(text, "0")
	return refs, looks, formulaRest.MatchString(text)
}

func isNumber(text string) bool {
	f, err := strconv.ParseFloat(text, 64)
	return err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}
