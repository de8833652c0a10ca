package spotcheck

import (
	"math"
	"strings"
	"testing"

	"shuixuan/analytics/estimate"
	"shuixuan/analytics/goldentest"
)

func estimated(t *testing.T, strata []Stratum, points []Point) *Result {
	t.Helper()
	r, err := Estimate(strata, points, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// points makes points of one stratum.
func points(stratum int, found ...Found) []Point {
	var list []Point
	for _, f := range found {
		list = append(list, Point{Stratum: stratum, Claim: Proven, Found: f})
	}
	return list
}

func times(f Found, n int) []Found {
	list := make([]Found, n)
	for i := range list {
		list[i] = f
	}
	return list
}

// TestGolden holds rates and intervals against R's survey (testdata/spotcheck.R).
func TestGolden(t *testing.T) {
	strata, list := map[string][]Stratum{}, map[string][]Point{}
	for _, row := range goldentest.Rows(t, "testdata/points.csv") {
		name, at := row["case"], int(goldentest.Number(t, row["stratum"]))
		for len(strata[name]) <= at {
			strata[name] = append(strata[name], Stratum{Size: int(goldentest.Number(t, row["size"]))})
		}
		p := Point{Stratum: at, Claim: Standing, Found: Gone}
		if row["proven"] == "1" {
			p.Claim = Proven
		}
		if row["stands"] == "1" {
			p.Found = AsClaimed
		}
		list[name] = append(list[name], p)
	}
	checked := 0
	for _, row := range goldentest.Rows(t, "testdata/estimates.csv") {
		r := estimated(t, strata[row["case"]], list[row["case"]])
		e := r.Standing
		if row["domain"] == "proven" {
			e = r.OfProven
		}
		for what, got := range map[string]float64{"value": e.Value, "lower": e.Lower, "upper": e.Upper} {
			if want := goldentest.Number(t, row[what]); math.Abs(got-want) > 1e-6 {
				t.Errorf("%s, %s: %s %v, R says %v", row["case"], row["domain"], what, got, want)
			}
			checked++
		}
		if row["case"] == "lonely" && row["domain"] == "all" && !warned(r.Warnings, estimate.LonelyUnit) {
			t.Errorf("a lonely point goes unsaid: %v", r.Warnings)
		}
	}
	if checked != 18 {
		t.Errorf("%d figures were checked", checked)
	}
}

func warned(list []estimate.Warning, code string) bool {
	return estimate.Estimate{Warnings: list}.Warned(code)
}

// All standing is no certainty: 20 of 20 leaves room down to Wilson's 83.9 %.
func TestAllStanding(t *testing.T) {
	r := estimated(t, []Stratum{{Size: 200, Drawn: 12}, {Size: 140, Drawn: 8}}, append(points(0, times(AsClaimed, 12)...), points(1, times(Damaged, 8)...)...))
	if e := r.Standing; e.Text(1) != "100.0" || e.IntervalText(1) != "83.9–100.0" || e.Method != estimate.MethodWilson || !warned(r.Warnings, estimate.AllOfThem) {
		t.Errorf("%s %s %s %v", e.Text(1), e.IntervalText(1), e.Method, r.Warnings)
	}
	// 200 of 340 placements are as claimed, the others damaged.
	if got := r.Sound.Text(1); got != "58.8" {
		t.Errorf("sound %s", got)
	}
	if r.Lowest.Text(1) != "100.0" || warned(r.Warnings, Unknown) {
		t.Error("nothing is unknown")
	}
}

// One point per stratum: no spread within any, so they are taken for one and it is said.
func TestOnePerStratum(t *testing.T) {
	strata := []Stratum{{Size: 10, Drawn: 1}, {Size: 20, Drawn: 1}, {Size: 30, Drawn: 1}}
	r := estimated(t, strata, append(points(0, AsClaimed), append(points(1, Gone), points(2, AsClaimed)...)...))
	if !warned(r.Warnings, Collapsed) || !warned(r.Warnings, FewPoints) || !r.Standing.HasInterval {
		t.Errorf("%+v %v", r.Standing, r.Warnings)
	}
	// 40 of 60 placements stand for those found standing.
	if r.Standing.Text(1) != "66.7" || r.Standing.Lower > 20 || r.Standing.Upper < 95 {
		t.Errorf("%s %s: three points say next to nothing", r.Standing.Text(1), r.Standing.IntervalText(1))
	}
}

// Two strata of 50, four points each. In the first 3 of 4 stand; in the second one stands, one
// wasn't found, one nobody could reach, one nobody went to.
func TestUnknownPoints(t *testing.T) {
	strata := []Stratum{{Size: 50, Drawn: 4}, {Size: 50, Drawn: 4}}
	list := append(points(0, AsClaimed, AsClaimed, Damaged, Gone), points(1, AsClaimed, NotFound, Unreached, Unvisited)...)
	r := estimated(t, strata, list)
	// Known: 75 % and 1 of 2. Bounds: 75 % with 1 of 4, and with 3 of 4.
	if r.Standing.Text(1) != "62.5" || r.Lowest.Text(1) != "50.0" || r.Highest.Text(1) != "75.0" {
		t.Errorf("%s, between %s and %s", r.Standing.Text(1), r.Lowest.Text(1), r.Highest.Text(1))
	}
	if r.Known != 6 || !warned(r.Warnings, Unknown) {
		t.Errorf("%d known, %v", r.Known, r.Warnings)
	}
	for _, w := range r.Warnings {
		if w.Code == Unknown && !(strings.Contains(w.Text, "2处还没有结果（1处没去，1处到不了）") && strings.Contains(w.Text, "50.0%") && strings.Contains(w.Text, "75.0%")) {
			t.Errorf("said %q", w.Text)
		}
	}
}

// A stratum where nobody has been is not in the figure, which says so; with nothing found
// there is no figure at all.
func TestStrataWithoutAPoint(t *testing.T) {
	strata := []Stratum{{Size: 50, Drawn: 3}, {Size: 70, Drawn: 2}}
	r := estimated(t, strata, append(points(0, AsClaimed, AsClaimed, Gone), points(1, Unvisited, Unvisited)...))
	if !warned(r.Warnings, Uncovered) || r.Standing.Text(1) != "66.7" || r.Covered != 50 {
		t.Errorf("%s of %d, %v", r.Standing.Text(1), r.Covered, r.Warnings)
	}
	if said := strings.Join(Compare(r, points(0, AsClaimed, AsClaimed, Gone), 60).Sentences, ""); !strings.Contains(said, "推算有结果的各层共50处的在位率") {
		t.Errorf("said %s", said)
	}
	r = estimated(t, strata, append(points(0, times(Unvisited, 3)...), points(1, Unreached, Unvisited)...))
	if r.Standing.Valid || len(r.Warnings) != 1 || !warned(r.Warnings, NoFindings) || r.Lowest.Text(1) != "0.0" || r.Highest.Text(1) != "100.0" {
		t.Errorf("%+v %v", r.Standing, r.Warnings)
	}
	c := Compare(r, points(0, Unvisited), 60)
	if c.Place != NoInterval || !strings.Contains(strings.Join(c.Sentences, ""), "不能推算") {
		t.Errorf("%s %v", c.Place, c.Sentences)
	}
}

// Every placement was looked at: nothing was sampled, so there is no interval.
func TestAWholeFrame(t *testing.T) {
	r := estimated(t, []Stratum{{Size: 3, Drawn: 3}}, points(0, AsClaimed, AsClaimed, Gone))
	if r.Standing.HasInterval || r.Standing.Text(1) != "66.7" || r.Standing.Method != estimate.MethodCount {
		t.Errorf("%+v", r.Standing)
	}
	if c := Compare(r, points(0, AsClaimed, AsClaimed, Gone), 3); c.Place != Above || !strings.Contains(strings.Join(c.Sentences, ""), "高于现场") {
		t.Errorf("%s %v", c.Place, c.Sentences)
	}
}

func TestComparison(t *testing.T) {
	strata := []Stratum{{Size: 400, Drawn: 20}}
	list := append(points(0, times(AsClaimed, 16)...), points(0, Damaged, Gone, NotFound, Unvisited)...)
	list[0].Claim, list[17].Claim = Standing, Standing
	r := estimated(t, strata, list)
	// 17 of 19 are 89.5 %; the interval reaches from below 70 to about 98.
	c := Compare(r, list, 340)
	if c.Place != Within || c.Proven != 18 || c.Standing != 20 || c.Found != 17 {
		t.Errorf("%+v", c)
	}
	if c.Rows[0].Counts[AsClaimed] != 15 || c.Rows[1].Counts[Gone] != 1 || c.Rows[0].Points+c.Rows[1].Points != 20 {
		t.Errorf("rows %+v", c.Rows)
	}
	all := strings.Join(c.Sentences, "")
	for _, want := range []string{"400处", "340处（85.0%）", "在位17处（其中1处有损坏）", "89.5%", "台账的已证明在位率为85.0%，在这个区间以内"} {
		if !strings.Contains(all, want) {
			t.Errorf("doesn't say %q: %s", want, all)
		}
	}
	if c := Compare(r, list, 400); c.Place != Above {
		t.Errorf("100 %% of the ledger lies %s the interval %s", c.Place, r.Standing.IntervalText(1))
	}
	if c := Compare(r, list, 100); c.Place != Below {
		t.Errorf("25 %% of the ledger lies %s the interval", c.Place)
	}
}

func TestPointsThatCannotBe(t *testing.T) {
	for _, p := range []Point{{Stratum: 3, Found: Gone}, {Stratum: -1}, {Found: "maybe"}} {
		if _, err := Estimate([]Stratum{{Size: 4}}, []Point{p}, 0.95); err == nil {
			t.Errorf("%+v was taken", p)
		}
	}
}
