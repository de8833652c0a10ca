package analytics_test

import (
	"fmt"
	"slices"
	"testing"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/org"
	"shuixuan/app/survey"
)

// TestPlacementsAreInTheAreaOfTheirUnit: a village counts with its township, an area of its own
// takes it away from there, a unit that answers for another area counts once, and a unit of no
// area counts nowhere and is told.
func TestPlacementsAreInTheAreaOfTheirUnit(t *testing.T) {
	db := clickhousetest.Open(t)
	units := []org.Unit{{ID: "town", Name: "东镇政府", Kind: org.KindTownship, Aliases: []string{"东镇"}}, {ID: "near", Name: "近村", Kind: org.KindVillage, Parent: "town"},
		{ID: "far", Name: "远村", Kind: org.KindVillage, Parent: "town"}, {ID: "city", Name: "市水利局", Kind: org.KindBureau},
		{ID: "a", Name: "甲", Kind: org.KindBureau, Parent: "b"}, {ID: "b", Name: "乙", Kind: org.KindBureau, Parent: "a"}}
	plan := planOf("c", units, campaign.Task{Code: "t1", Lead: []org.UnitID{"town", "near", "far", "city", "a", "b"}})
	logPlacements(t, db, standing("c", "t1", "town"), standing("c", "t1", "near"), standing("c", "t1", "near"), standing("c", "t1", "far"),
		standing("c", "t1", "city"), standing("c", "t1", "city"), standing("c", "t1", "a"))
	wave := survey.Wave{ID: "w1", AreaFrame: "测试", Areas: []survey.Area{{Code: "e", Label: "东镇", Population: 1000}, {Code: "f", Label: "远片", Population: 500, Units: []org.UnitID{"far"}}, {Code: "g", Label: "远村"}}}
	s, err := analytics.NewReader(db).Surroundings(t.Context(), plan, wave, related(), date("2014-09-24"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range s.Areas {
		got = append(got, fmt.Sprintf("%s %d %v %v %v", a.Label, a.Placements, a.PerThousand, a.Called, a.Missing))
	}
	// Nobody answered, so every area lacks that.
	want := []string{"东镇 3 3 true [没有人回答]", "远片 1 2 false [没有人回答]", "远村 0 0 false [同名的单位“远村”已算在“远片” 没有填人口 没有人回答]"}
	if !slices.Equal(got, want) {
		t.Errorf("areas %q, want %q", got, want)
	}
	if s.Proven != 7 || s.WithoutArea() != 3 || len(s.NoArea) != 2 || s.NoArea[0].Unit != "city" || s.Correlation.Valid {
		t.Errorf("proven %d, in no area %+v", s.Proven, s.NoArea)
	}
	wave.Areas = nil
	if s, err := analytics.NewReader(db).Surroundings(t.Context(), plan, wave, related(), date("2014-09-24")); err != nil || s.Why == "" || s.Correlation != nil {
		t.Errorf("without areas: %+v %v", s, err)
	}
}
