package exposure_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"shuixuan/analytics/estimate"
	"shuixuan/analytics/exposure"
	"shuixuan/analytics/goldentest"
)

// read gives a file of testdata, its rows by the number of their case.
func read(t *testing.T, name string) (cases [][]map[string]float64) {
	t.Helper()
	for _, row := range goldentest.Rows(t, "testdata/"+name) {
		one := map[string]float64{}
		for name, text := range row {
			one[name] = goldentest.Number(t, text)
		}
		for float64(len(cases)) < one["case"] {
			cases = append(cases, nil)
		}
		cases[len(cases)-1] = append(cases[len(cases)-1], one)
	}
	return cases
}

var settings = exposure.Settings{Level: 0.95}

func near(got, want float64) bool {
	return got == want || math.Abs(got-want) <= 1e-9*math.Max(math.Abs(want), 1e-6)
}

func has(list []estimate.Warning, code string) bool {
	return slices.ContainsFunc(list, func(w estimate.Warning) bool { return w.Code == code })
}

func TestTrendAgreesWithR(t *testing.T) {
	for k, rows := range read(t, "trend.csv") {
		var groups []exposure.Seen
		for _, row := range rows {
			groups = append(groups, exposure.Seen{Channels: row["channels"], Aware: int64(row["aware"]), Base: int64(row["base"])})
		}
		slices.Reverse(groups) // the order doesn't matter
		trend, err := exposure.ByChannels(groups, settings)
		if err != nil || !trend.Valid {
			t.Fatalf("case %d: %+v %v", k+1, trend, err)
		}
		for column, got := range map[string]float64{"chisq": trend.ChiSquare, "p": trend.P, "departure": trend.Departure, "slope": trend.Slope, "lower": trend.Lower, "upper": trend.Upper} {
			if !near(got, rows[0][column]) {
				t.Errorf("case %d: %s %.15g, want %.15g", k+1, column, got, rows[0][column])
			}
		}
		if !has(trend.Warnings, exposure.NotCausal) || has(trend.Warnings, exposure.FewExpected) != (k == 2) || has(trend.Warnings, exposure.NotStraight) {
			t.Errorf("case %d: %v", k+1, trend.Warnings)
		}
		if trend.Steps[0].Channels != rows[0]["channels"] || trend.Steps[0].Aware.Numerator != int64(rows[0]["aware"]) {
			t.Errorf("case %d: %+v", k+1, trend.Steps)
		}
	}
}

func TestAreasAgreeWithR(t *testing.T) {
	for k, rows := range read(t, "areas.csv") {
		var areas []exposure.Area
		for i, row := range rows {
			areas = append(areas, exposure.Area{Name: strconv.Itoa(i), Placements: row["placements"], Population: row["people"], Aware: int64(row["aware"]), Base: int64(row["base"])})
		}
		c, err := exposure.ByArea(areas, settings)
		if err != nil || !c.Valid || !near(c.Rho, rows[0]["rho"]) || !near(c.P, rows[0]["p"]) {
			t.Errorf("case %d: %+v %v, want %v", k+1, c, err, rows[0])
		}
		whole := math.Abs(c.Rho) == 1 // R gives −1 to −1 there
		if c.HasInterval == whole || whole && !has(c.Warnings, estimate.NoInterval) {
			t.Errorf("case %d: interval %t, %v", k+1, c.HasInterval, c.Warnings)
		}
		if !whole && (!near(c.Lower, rows[0]["lower"]) || !near(c.Upper, rows[0]["upper"])) {
			t.Errorf("case %d: %v–%v", k+1, c.Lower, c.Upper)
		}
		if !has(c.Warnings, exposure.NotCausal) || has(c.Warnings, exposure.FewAreas) != (k > 0) {
			t.Errorf("case %d: %v", k+1, c.Warnings)
		}
	}
}

// TestSentences: what is said of a rise, a fall and nothing.
func TestSentences(t *testing.T) {
	say := func(groups ...exposure.Seen) string {
		t.Helper()
		trend, err := exposure.ByChannels(groups, settings)
		if err != nil {
			t.Fatal(err)
		}
		return trend.Sentence
	}
	check := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
	// 100·(0.8−0.4) in one step; its error √(0.4·0.6/100 + 0.8·0.2/100) = 0.0632, times 1.96 = 12.4
	check(say(exposure.Seen{Channels: 0, Aware: 40, Base: 100}, exposure.Seen{Channels: 1, Aware: 80, Base: 100}),
		"看到的渠道越多，知晓率越高：每多看到一个渠道，知晓率平均相差40.0个百分点（27.6至52.4），趋势检验p＜0.001。")
	check(say(exposure.Seen{Channels: 0, Aware: 80, Base: 100}, exposure.Seen{Channels: 1, Aware: 40, Base: 100}),
		"看到的渠道越多，知晓率反而越低：每多看到一个渠道，知晓率平均相差-40.0个百分点（-52.4至-27.6），趋势检验p＜0.001。")
	check(say(exposure.Seen{Channels: 0, Aware: 40, Base: 100}, exposure.Seen{Channels: 1, Aware: 40, Base: 100}),
		"看不出知晓率随看到的渠道数变化：每多看到一个渠道，知晓率平均相差0.0个百分点（-13.6至13.6），趋势检验p＝1.000。")
	check(say(exposure.Seen{Channels: 0, Aware: 0, Base: 100}, exposure.Seen{Channels: 1, Aware: 0, Base: 100}), "无法检验：没有人知晓。")
	check(say(exposure.Seen{Channels: 0, Aware: 9, Base: 9}, exposure.Seen{Channels: 1}), "无法检验：所有人看到的渠道一样多。")
	check(say(exposure.Seen{Channels: 0, Aware: 9, Base: 9}, exposure.Seen{Channels: 1, Aware: 9, Base: 9}), "无法检验：所有人都知晓。")
	check(say(), "无法检验：没有人回答。")
}

// TestDesignEffectOfTrend: χ² is divided, intervals widen by its root.
func TestDesignEffectOfTrend(t *testing.T) {
	groups := []exposure.Seen{{Channels: 0, Aware: 40, Base: 100}, {Channels: 1, Aware: 50, Base: 100}, {Channels: 2, Aware: 80, Base: 100}}
	plain, err := exposure.ByChannels(groups, settings)
	if err != nil {
		t.Fatal(err)
	}
	wide := settings
	wide.DesignEffect, wide.NonProbability = 4, true
	designed, err := exposure.ByChannels(groups, wide)
	if err != nil {
		t.Fatal(err)
	}
	if !near(designed.ChiSquare, plain.ChiSquare/4) || !near(designed.Upper-designed.Lower, 2*(plain.Upper-plain.Lower)) || designed.Slope != plain.Slope {
		t.Errorf("%+v\n%+v", plain, designed)
	}
	// 10 of 25 gives the interval of 40 of 100 at a design effect of 4, but for its degrees of freedom.
	want := estimate.Proportion(10, 25, 0.95, 0)
	if got := designed.Steps[0].Aware; math.Abs(got.Lower-want.Lower) > 1e-9 || math.Abs(got.Upper-want.Upper) > 1e-9 || got.Base != 100 {
		t.Errorf("%+v, want %+v", got, want)
	}
	if has(plain.Warnings, exposure.NonProbability) || !has(designed.Warnings, exposure.NonProbability) || !has(plain.Warnings, exposure.NotCausal) {
		t.Errorf("%v %v", plain.Warnings, designed.Warnings)
	}
	bent, err := exposure.ByChannels([]exposure.Seen{{Channels: 0, Aware: 40, Base: 100}, {Channels: 1, Aware: 90, Base: 100}, {Channels: 2, Aware: 60, Base: 100}}, settings)
	if err != nil || !has(bent.Warnings, exposure.NotStraight) {
		t.Errorf("%+v %v", bent, err)
	}
}

// TestAreasLeftOut: what is missing is named and never counted as nought.
func TestAreasLeftOut(t *testing.T) {
	areas := []exposure.Area{
		{Name: "甲", Placements: 10, Population: 1000, Aware: 5, Base: 10}, {Name: "乙", Placements: 30, Population: 1000, Aware: 7, Base: 10},
		{Name: "丙", Placements: math.NaN(), Population: 1000, Aware: 7, Base: 10}, {Name: "丁", Placements: 4, Aware: 7, Base: 10}, {Name: "戊", Placements: 4, Population: 100},
	}
	c, err := exposure.ByArea(areas, settings)
	if err != nil || c.Valid || c.Sentence != "无法比较：有数据的地区只有2个，至少要3个。" || c.Warnings[0].Text != "没有计入：丙（点位尚未清点）、丁（人数不详）、戊（没有人回答）" {
		t.Errorf("%+v %v", c, err)
	}
	if len(c.Points) != 2 || c.Points[1].PerThousand != 30 {
		t.Errorf("%+v", c.Points)
	}
	three := append(slices.Clone(areas[:2]), exposure.Area{Name: "己", Placements: 20, Population: 1000, Aware: 7, Base: 10})
	c, err = exposure.ByArea(three, settings)
	if err != nil || !c.Valid || c.HasInterval || !has(c.Warnings, estimate.NoInterval) || !strings.HasSuffix(c.Sentence, "不能给出区间。") {
		t.Errorf("%+v %v", c, err)
	}
	if !has(c.Warnings, exposure.TiedAreas) {
		t.Errorf("two of three alike: %v", c.Warnings)
	}
	for _, why := range []string{"点位数都一样", "知晓率都一样"} {
		same := slices.Clone(three)
		for i := range same {
			if why == "点位数都一样" {
				same[i].Placements = 3
			} else {
				same[i].Aware = 7
			}
		}
		if c, err := exposure.ByArea(same, settings); err != nil || c.Valid || !strings.Contains(c.Sentence, why) {
			t.Errorf("%s: %+v %v", why, c, err)
		}
		if _, err := json.Marshal(c); err != nil {
			t.Error(err)
		}
	}
}

func TestRefused(t *testing.T) {
	var refusal *exposure.Refusal
	check := func(err error) {
		t.Helper()
		if !errors.As(err, &refusal) {
			t.Errorf("%v", err)
		}
	}
	trend := func(s exposure.Settings, groups ...exposure.Seen) error {
		_, err := exposure.ByChannels(groups, s)
		return err
	}
	check(trend(exposure.Settings{}))
	check(trend(exposure.Settings{Level: 0.95, DesignEffect: math.NaN()}))
	check(trend(settings, exposure.Seen{Channels: math.NaN(), Base: 1}))
	check(trend(settings, exposure.Seen{Channels: 1, Base: 1}, exposure.Seen{Channels: 1, Base: 1}))
	check(trend(settings, exposure.Seen{Channels: 1, Aware: 2, Base: 1}))
	for _, a := range []exposure.Area{{Aware: 3, Base: 2}, {Placements: -1, Base: 2}, {Placements: 1, Population: math.Inf(1)}} {
		_, err := exposure.ByArea([]exposure.Area{a}, settings)
		check(err)
	}
}
