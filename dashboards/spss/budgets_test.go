//go:build bench

package spss_test

import (
	"bufio"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shuixuan/app/budget"
	"shuixuan/dashboards/spss"
)

// TestBudgetsSav writes 1,000,000 rows of 40 variables to a file: 34 choices with missing ones,
// two numbers with decimals, three codes and an open answer that every fifth person gave.
func TestBudgetsSav(t *testing.T) {
	const rows = 1_000_000
	d := spss.Dictionary{Product: "shuixuan", Created: time.Date(2014, 10, 27, 0, 0, 0, 0, time.UTC), Cases: rows}
	var names []string
	for i := range 40 {
		names = append(names, "question"+strings.Repeat("x", i))
	}
	for i, name := range names {
		v := spss.Variable{Name: name, Label: "您对本市河流的水质满意吗？", Measure: spss.Nominal}
		switch {
		case i < 34:
			v.Labels = []spss.Label{{Value: spss.Number(1), Text: "满意"}, {Value: spss.Number(-9), Text: "未作答"}}
			v.Missing = spss.Missing{HasRange: true, Low: -9, High: -6}
		case i < 36:
			v.Decimals, v.Measure = 2, spss.Scale
		case i < 39:
			v.Width = 12
		default:
			v.Width = 1500
		}
		d.Variables = append(d.Variables, v)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "x.sav"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	open := strings.Repeat("河道里的垃圾要有人清理，", 8)
	start := time.Now()
	out := bufio.NewWriter(file)
	w, err := spss.NewWriter(out, d)
	if err != nil {
		t.Fatal(err)
	}
	row := make([]spss.Value, len(names))
	for n := range rows {
		for i := range row {
			switch {
			case i < 34:
				row[i].Number = float64((n+i)%6 + 1)
				if (n+i)%11 == 0 {
					row[i].Number = -9
				}
			case i < 36:
				row[i].Number = math.Sqrt(float64(n + i))
			case i < 39:
				row[i].Text = "area-east"
			default:
				row[i].Text = ""
				if n%5 == 0 {
					row[i].Text = open
				}
			}
		}
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	size, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d MB", size.Size()>>20)
	budget.Under(t, ".sav of 1,000,000 rows of 40 variables", took.Seconds(), 20, "s")
}
