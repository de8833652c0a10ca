// Package goldentest reads the values that an independent tool made (testdata/*.R wrote them),
// for tests that hold our figures against them. Only tests import it.
//
// # Why
//
// Every package of estimates has such files, and what can't be read must fail all of them in
// the same way.
package goldentest

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"
)

// Records gives the lines of a CSV file with its heading.
func Records(t testing.TB, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if len(all) < 2 {
		t.Fatalf("%s holds no values", path)
	}
	return all
}

// Rows gives the lines by the names of their columns.
func Rows(t testing.TB, path string) []map[string]string {
	t.Helper()
	all := Records(t, path)
	list := make([]map[string]string, 0, len(all)-1)
	for _, record := range all[1:] {
		row := map[string]string{}
		for k, name := range all[0] {
			row[name] = record[k]
		}
		list = append(list, row)
	}
	return list
}

// Columns gives a file by column, and how many rows it has.
func Columns(t testing.TB, path string) (columns map[string][]string, rows int) {
	t.Helper()
	all := Records(t, path)
	columns = map[string][]string{}
	for k, name := range all[0] {
		for _, record := range all[1:] {
			columns[name] = append(columns[name], record[k])
		}
	}
	return columns, len(all) - 1
}

// Number reads a number.
func Number(t testing.TB, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// OrNaN reads a number, NaN where there is none.
func OrNaN(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}
