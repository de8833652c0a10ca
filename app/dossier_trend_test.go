package main

import (
	"slices"
	"strings"
	"testing"
)

// movement is an indicator over the waves, as the API tells it.
type movement struct {
	Indicator struct {
		Name, Label, Kind, Question string
		Headline                    bool
	}
	Points []movedPoint
}

type movedPoint struct {
	Wave, Name string
	Total      *struct{ Estimate figure }
	Change     *struct{ Difference, Lower, Upper float64 }
}

// theSameTrend holds what changed between the waves, as the API tells it, against the pages of
// the headline figures and the table of the report, which goes up to its wave.
func theSameTrend(t *testing.T, office *browser, s *server, p *reportPaper, wave, name string) {
	t.Helper()
	var api struct{ Items []movement }
	office.json(s.address+"/api/v1/campaigns/feicheng/waves/"+wave+"/trends", &api)
	printed := p.table(name + "：与以前各轮比较")
	changes := 0
	same := func(what string, row []string, point movedPoint) {
		t.Helper()
		e := point.Total.Estimate
		fits := row[0] == bare(point.Name) && (e.Valid && isPrinted(row[1], e.Value) || !e.Valid && strings.Contains("—–", row[1]))
		if c := point.Change; c == nil {
			fits = fits && row[2] == "—" && row[3] == "—"
		} else {
			changes++
			fits = fits && isPrinted(row[2], c.Difference) && isPrinted(row[3], c.Lower, c.Upper)
		}
		if !fits {
			t.Errorf("%s: %q, the API says %s, %+v", what, row, e, point.Change)
		}
	}
	for _, m := range api.Items {
		if !m.Indicator.Headline { // their pages are drawn by the same hand
			continue
		}
		page := "/c/feicheng/waves/" + wave + "/questions/" + m.Indicator.Question + "/panels/question-trend-" + m.Indicator.Name
		rows := panelRows(t, office, page)
		points := known(m.Points)
		if len(points) == 0 != (len(rows) == 0) || len(points) > 0 && len(points) != len(rows)-1 {
			t.Fatalf("%s has %q, the API %+v", page, rows, points)
		}
		for i, point := range points {
			same(page, []string{bare(rows[i+1][0]), rows[i+1][1], rows[i+1][3], rows[i+1][4]}, point)
		}
		until := known(m.Points[:slices.IndexFunc(m.Points, func(point movedPoint) bool { return point.Wave == wave })+1])
		if len(printed) < len(until) {
			t.Fatalf("the report compares %q, the API %+v", printed, until)
		}
		for i, point := range until {
			if printed[i][0] != bare(m.Indicator.Label) {
				t.Errorf("the report compares %q, the API %s", printed[i], m.Indicator.Label)
			}
			same("the report", printed[i][1:], point)
		}
		printed = printed[len(until):]
	}
	if len(printed) > 0 || wave == "w2" && changes < 10 {
		t.Errorf("%s: %d changes were compared, and the report has %q beside", wave, changes, printed)
	}
}

// known are the waves that have the indicator, where two at least can say something of it.
func known(points []movedPoint) []movedPoint {
	points = slices.DeleteFunc(slices.Clone(points), func(point movedPoint) bool { return point.Total == nil })
	valid := 0
	for _, point := range points {
		if point.Total.Estimate.Valid {
			valid++
		}
	}
	if valid < 2 {
		return nil
	}
	return points
}
