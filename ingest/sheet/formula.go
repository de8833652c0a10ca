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
// sheet. It sees only formulas of the kind a ledger has (computable): excelize
// can't be stopped once it has begun, and REPT, INDIRECT, whole columns or a chain of & can
// keep it busy for a day. The others stay uncomputed and the caller says so.

const (
	computeFormulas = 5_000
	computeRange    = 20_000  // cells one formula may look at
	computeLooks    = 500_000 // all of them together
	computeTime     = 2 * time.Second
	formulaBytes    = 500
)

type formulaAt struct {
	place
	text string
}

// computeMissing computes the formulas of a sheet that have no stored value.
func computeMissing(ctx context.Context, w *workbook, part string) (map[place]string, error) {
	s, err := startWorksheet(w, part)
	if err != nil {
		return nil, err
	}
	defer s.close()
	book := excelize.NewFile()
	defer book.Close()
	scratch := book.GetSheetName(0)
	var formulas []formulaAt
	looks := 0
	for {
		row, err := s.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		for column, c := range row.Cells {
			at := ColumnName(column) + strconv.Itoa(row.Number)
			switch {
			case c.Formula != "":
				n, ok := computable(c.Formula)
				looks += n
				if !ok || looks > computeLooks || len(formulas) == computeFormulas {
					// Not empty and not a number: what depends on it fails too.
					err = book.SetCellFormula(scratch, at, "NA()")
					break
				}
				formulas = append(formulas, formulaAt{place{row.Number, column}, c.Formula})
				err = book.SetCellFormula(scratch, at, c.Formula[1:])
			case c.Number:
				if f, e := strconv.ParseFloat(c.Text, 64); e == nil {
					err = book.SetCellFloat(scratch, at, f, -1, 64)
				}
			case c.Text != "" && len(c.Text) < 200:
				err = book.SetCellStr(scratch, at, c.Text)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return compute(ctx, book, scratch, formulas)
}

func compute(ctx context.Context, book *excelize.File, scratch string, formulas []formulaAt) (map[place]string, error) {
	known := make(map[place]string, len(formulas))
	until := time.Now().Add(computeTime)
	for _, f := range formulas {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if time.Now().After(until) {
			break
		}
		if value, ok := computeOne(book, scratch, ColumnName(f.column)+strconv.Itoa(f.row)); ok {
			known[f.place] = value
		}
	}
	return known, nil
}

// computeOne is false for a formula that gives an error. Excelize's parser has
// panicked on odd formulas before; one cell must not end the program.
func computeOne(book *excelize.File, scratch, at string) (value string, ok bool) {
	defer func() {
		if recover() != nil {
			value, ok = "", false
		}
	}()
	value, err := book.CalcCellValue(scratch, at, excelize.Options{RawCellValue: true})
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
// the functions a ledger uses, and how many cells it looks at.
func computable(formula string) (looks int, ok bool) {
	text := strings.ToUpper(strings.TrimPrefix(formula, "="))
	if text == "" || len(text) > formulaBytes {
		return 0, false
	}
	text = formulaText.ReplaceAllString(text, "0")
	for _, f := range formulaFunction.FindAllStringSubmatch(text, -1) {
		switch f[1] {
		case "SUM", "ROUND", "ROUNDUP", "ROUNDDOWN", "INT", "ABS", "MAX", "MIN", "AVERAGE", "COUNT", "COUNTA",
			"IF", "AND", "OR", "NOT", "PRODUCT", "SUBTOTAL", "SUMIF", "COUNTIF", "DATE", "YEAR", "MONTH", "DAY":
		default:
			return 0, false
		}
	}
	text = formulaFunction.ReplaceAllString(text, "(")
	for _, ref := range formulaRange.FindAllString(text, -1) {
		looks++
		if r, isRange := parseRange([]byte(ref)); isRange {
			area := int(r.bottom-r.top+1) * int(r.right-r.left+1)
			if area > computeRange {
				return 0, false
			}
			looks += area
		}
	}
	text = formulaRange.ReplaceAllString(text, "0")
	return looks, formulaRest.MatchString(text)
}

func isNumber(text string) bool {
	f, err := strconv.ParseFloat(text, 64)
	return err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}
