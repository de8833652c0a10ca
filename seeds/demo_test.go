package seeds

import (
	"bytes"
	"encoding/csv"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// opened is a day on which somebody opens the demonstration. The 1st of March 2026 is a
// Sunday, and the months before it are those with the year's end and the short month.
var opened = day(2026, time.March, 1)

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}

// TestDemoEndsJustBeforeToday opens the demonstration on every day of seven weeks around
// a leap day, and on days before and after the shipped years.
func TestDemoEndsJustBeforeToday(t *testing.T) {
	days := []time.Time{day(2014, time.November, 27), day(2014, time.November, 26), day(1999, time.January, 1), day(2060, time.December, 31)}
	for i := range 49 {
		days = append(days, day(2028, time.February, 10+i))
	}
	weekday := map[string]time.Weekday{"feicheng": time.Wednesday, "governance": time.Monday} // of 2014-11-26 and 2020-10-19
	for _, today := range days {
		files, err := Demo(today)
		if err != nil {
			t.Fatal(err)
		}
		last := map[string]time.Time{}
		for _, f := range files {
			last[f.Campaign] = f.Day
		}
		for campaign, at := range last {
			if ago := today.Sub(at).Hours() / 24; ago < 1 || ago > 7 || at.Weekday() != weekday[campaign] {
				t.Errorf("opened on %s: the last file of %s comes in on %s, a %s", today.Format(time.DateOnly), campaign, at.Format(time.DateOnly), at.Weekday())
			}
		}
	}
	if n := Shift("feicheng", day(2014, time.November, 27)); n != 0 {
		t.Errorf("the day after the shipped dates end nothing needs to move, it moves %d days", n)
	}
}

// TestDemoTellsTheSameOnAnyDay takes the dates out of the files: what is left is the same
// whenever it is opened, and no date of the shipped years stays.
func TestDemoTellsTheSameOnAnyDay(t *testing.T) {
	digits := regexp.MustCompile(`\d{4}年\d+月\d+日|\d{4}([-/.])\d+[-/.]\d+|\d+月\d+日`)
	told := func(today time.Time) []string {
		files, err := Demo(today)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, f := range files {
			body := f.Body
			if !bytes.HasPrefix(body, []byte("\ufeff")) {
				if body, err = simplifiedchinese.GB18030.NewDecoder().Bytes(body); err != nil {
					t.Fatal(err)
				}
			}
			if today.Year() > 2021 && (bytes.Contains(body, []byte("2014")) || bytes.Contains(body, []byte("2020"))) {
				t.Errorf("%s still names a shipped year", f.Name)
			}
			all = append(all, f.Campaign+f.Unit+f.Kind+digits.ReplaceAllString(string(body), "D"))
		}
		slices.Sort(all) // the campaigns interleave as their last weekdays fall
		return all
	}
	first := told(day(2014, time.November, 27))
	for _, today := range []time.Time{opened, day(2028, time.August, 9)} {
		if !slices.Equal(first, told(today)) {
			t.Errorf("opened on %s it tells something else", today.Format(time.DateOnly))
		}
	}
}

// TestNoDay: the 31st is written of the last month of thirty days before a start.
func TestNoDay(t *testing.T) {
	for start, want := range map[time.Time]string{
		day(2014, time.September, 20): "2014-09", day(2014, time.October, 3): "2014-09", day(2026, time.January, 2): "2025-11",
		day(2026, time.March, 31): "2025-11", day(2026, time.August, 1): "2026-06",
	} {
		if got := noDay(start).Format("2006-01"); got != want {
			t.Errorf("a start on %s: %s-31, want %s-31", start.Format(time.DateOnly), got, want)
		}
	}
}

func TestDemoIsTheSameInEveryRun(t *testing.T) {
	first, err := Demo(opened)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Demo(opened)
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
	files, err := Demo(opened)
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
