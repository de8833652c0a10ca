package seeds

import (
	"bytes"
	"encoding/csv"
	"math"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func TestDemoIsTheSameInEveryRun(t *testing.T) {
	first, err := Demo()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Demo()
	if err != nil {
		t.Fatal(err)
	}
	if len(first) != len(again) {
		t.Fatalf("%d files, then %d", len(first), len(again))
	}
	names := map[string]bool{}
	for i, f := range first {
		if f.Name != again[i].Name || !bytes.Equal(f.Body, again[i].Body) || !f.Day.Equal(again[i].Day) {
			t.Errorf("%s differs from run to run", f.Name)
		}
		if !strings.HasPrefix(f.Name, "演示-") {
			t.Errorf("%s isn't marked as demonstration", f.Name)
		}
		if i > 0 && f.Day.Before(first[i-1].Day) {
			t.Errorf("%s comes in before %s", f.Name, first[i-1].Name)
		}
		key := f.Campaign + f.Kind + f.Name
		if names[key] {
			t.Errorf("%s is there twice", f.Name)
		}
		names[key] = true
		t.Log(f.Day.Format("2006-01-02"), f.Name, f.Kind, len(f.Body))
	}
}

// TestDemoLedgersLookLikeLedgers reads the ledgers back: where a position is given it
// lies within six kilometres of the middle of the city and in its datum; some rows
// carry areas and remarks; dates are written in several ways; one office sends GB18030.
func TestDemoLedgersLookLikeLedgers(t *testing.T) {
	files, err := Demo()
	if err != nil {
		t.Fatal(err)
	}
	const heading, longitude, latitude, datum = 1, 11, 12, 13
	rows, placed, areas, remarks, gb18030 := 0, 0, 0, 0, 0
	layouts := map[string]bool{}
	for _, f := range files {
		if f.Kind != Placements || f.Campaign != "feicheng" {
			continue
		}
		body := bytes.TrimPrefix(f.Body, []byte("\ufeff"))
		if len(body) == len(f.Body) {
			gb18030++
			if body, err = simplifiedchinese.GB18030.NewDecoder().Bytes(body); err != nil {
				t.Fatal(err)
			}
		}
		sheet, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		for _, cells := range sheet[heading+1:] {
			if cells[0] == "小计" {
				continue
			}
			rows++
			if cells[7] != "" {
				areas++
			}
			if cells[14] != "" {
				remarks++
			}
			layouts[strings.Map(func(c rune) rune {
				if c >= '0' && c <= '9' {
					return -1
				}
				return c
			}, cells[9])] = true
			if cells[longitude] == "" {
				continue
			}
			placed++
			x, _ := strconv.ParseFloat(cells[longitude], 64)
			y, _ := strconv.ParseFloat(cells[latitude], 64)
			if km := math.Hypot((x-116.77)*89.9, (y-36.18)*110.95); km > 6 || cells[datum] != "gcj02" {
				t.Errorf("%s: %s lies %.1f km off, in %q", f.Name, cells[4], km, cells[datum])
			}
		}
	}
	if rows != 620 {
		t.Errorf("600 placements and 20 faulty rows, got %d rows", rows)
	}
	if placed < 130 || areas < 60 || remarks < 40 || gb18030 != 2 || len(layouts) < 4 {
		t.Errorf("%d with a position, %d with an area, %d with a remark, %d in GB18030, dates as %v", placed, areas, remarks, gb18030, layouts)
	}
}
