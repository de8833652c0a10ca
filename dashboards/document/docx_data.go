package document

import (
	"bytes"
	"fmt"
	"time"

	"github.com/xuri/excelize/v2"
)

// The sheet behind a chart: names in the first column, then one column for each series,
// the target's, and for each series with intervals how far they reach down and up.
const dataSheet = "Sheet1"

// intervalColumn is where the intervals of a series stand, counted from 0.
func (c Chart) intervalColumn(series int) (int, bool) {
	column := 1 + c.bars()
	for i, s := range c.Series {
		if i == series {
			return column, s.intervals()
		}
		if s.intervals() {
			column += 2
		}
	}
	return 0, false
}

// reference names cells of a column, counted from 0.
func reference(column, from, to int) string {
	name, err := excelize.ColumnNumberToName(column + 1)
	if err != nil { // 16,384 columns
		name = "A"
	}
	if from == to {
		return fmt.Sprintf("%s!$%s$%d", dataSheet, name, from)
	}
	return fmt.Sprintf("%s!$%s$%d:$%s$%d", dataSheet, name, from, name, to)
}

// chartWorkbook makes the workbook behind a chart.
func chartWorkbook(c Chart, created time.Time) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	stamp := created.UTC().Format(time.RFC3339)
	err := f.SetDocProps(&excelize.DocProperties{Creator: "水宣", Created: stamp, Modified: stamp, Language: "zh-CN"})
	put := func(column, row int, value any) {
		if err != nil {
			return
		}
		var cell string
		if cell, err = excelize.CoordinatesToCellName(column+1, row+1); err == nil {
			err = f.SetCellValue(dataSheet, cell, value)
		}
	}
	for row, name := range c.labels() {
		if c.timed() {
			put(0, row+1, serial(c.Times[row]))
		} else {
			put(0, row+1, name)
		}
		if c.Target != nil {
			put(len(c.Series)+1, row+1, c.Target.Value)
		}
	}
	if c.Target != nil {
		put(len(c.Series)+1, 0, c.targetName())
	}
	for i, s := range c.Series {
		column, intervals := c.intervalColumn(i)
		put(i+1, 0, oneLine(s.Name))
		if intervals {
			put(column, 0, oneLine(s.Name)+" 区间向下")
			put(column+1, 0, oneLine(s.Name)+" 区间向上")
		}
		for row, p := range s.Points {
			if !p.missing() {
				put(i+1, row+1, p.Value)
			}
			if down, up, ok := p.interval(); ok {
				put(column, row+1, down)
				put(column+1, row+1, up)
			}
		}
	}
	if err == nil && c.timed() {
		err = showDays(f, len(c.Times))
	}
	if err != nil {
		return nil, fmt.Errorf("workbook of chart: %w", err)
	}
	var b bytes.Buffer
	if _, err := f.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("workbook of chart: %w", err)
	}
	return b.Bytes(), nil
}

// showDays prints the first column as days.
func showDays(f *excelize.File, n int) error {
	format := "yyyy-mm-dd"
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err != nil {
		return err
	}
	return f.SetCellStyle(dataSheet, "A2", fmt.Sprintf("A%d", n+1), style)
}
