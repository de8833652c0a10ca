package placement

import (
	"slices"
	"testing"
	"time"

	"shuixuan/app/campaign"
)

func TestJudge(t *testing.T) {
	day := func(iso string) time.Time {
		d, err := time.Parse(time.DateOnly, iso)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	at := func(iso string) time.Time { return day(iso).Add(2 * time.Hour) } // ten in the morning in Shanghai
	metres := func(v float64) *float64 { return &v }
	gate := Position{116.7712, 36.1803, WGS84}
	// A thousandth of a degree of latitude is 111 m.
	north := func(metres float64) *Position {
		return &Position{gate.Longitude, gate.Latitude + metres/111_195, WGS84}
	}
	inGCJ := gate.In(GCJ02)
	placed := Placement{Start: day("2014-09-05"), End: day("2014-12-31"), Position: &gate}
	open := Placement{Start: day("2014-09-05"), Position: &inGCJ}
	nowhere := Placement{Start: day("2014-09-05")}
	camera := Photo{Source: FromCamera}
	upload := Photo{Source: FromUpload}
	with := func(p Photo, position *Position, accuracy *float64) Photo {
		p.Position, p.Accuracy = position, accuracy
		return p
	}
	taken := func(iso string) Photo { return Photo{Source: FromUpload, TakenAt: at(iso)} }
	rule := campaign.Rule{Near: campaign.Sourced[int]{Value: 300}}

	check := func(p Photo, c Circumstances, grade Grade, provesOn string, reasons ...string) {
		t.Helper()
		if c.Received.IsZero() {
			c.Received = day("2014-09-20")
		}
		g := p.Judge(c)
		if g.Grade != grade || !slices.Equal(g.Reasons, reasons) || !g.ProvesOn.Equal(day(provesOn)) {
			t.Errorf("grade %s of %s because of %v; want %s of %s because of %v", g.Grade, g.ProvesOn.Format(time.DateOnly), g.Reasons, grade, provesOn, reasons)
		}
		for _, code := range g.Reasons {
			if ProvenanceWords[code] == "" {
				t.Errorf("%q has no words", code)
			}
		}
	}
	in := func(p *Placement) Circumstances { return Circumstances{Placement: p, Rule: rule} }

	check(with(camera, north(100), metres(20)), in(&placed), GradeA, "2014-09-20", ReasonCamera, ReasonNear)
	check(with(camera, north(100), metres(20)), in(&open), GradeA, "2014-09-20", ReasonCamera, ReasonNear) // another datum
	check(with(camera, north(310), metres(20)), in(&placed), GradeA, "2014-09-20", ReasonCamera, ReasonNear)
	check(with(camera, north(330), metres(20)), in(&placed), GradeX, "2014-09-20", ReasonCamera, ReasonFar)
	check(with(camera, north(5000), metres(500)), in(&placed), GradeX, "2014-09-20", ReasonCamera, ReasonFar)
	check(with(camera, north(5000), metres(501)), in(&placed), GradeB, "2014-09-20", ReasonCamera, ReasonInaccurate)
	check(with(camera, north(0), metres(0)), in(&placed), GradeB, "2014-09-20", ReasonCamera, ReasonMock)
	check(with(camera, north(0), metres(-1)), in(&placed), GradeB, "2014-09-20", ReasonCamera, ReasonInaccurate)
	check(with(camera, north(0), nil), in(&placed), GradeB, "2014-09-20", ReasonCamera, ReasonInaccurate)
	check(camera, in(&placed), GradeB, "2014-09-20", ReasonCamera, ReasonNoFix)
	check(with(camera, north(9), metres(9)), in(&nowhere), GradeB, "2014-09-20", ReasonCamera, ReasonNoPlace)
	check(with(camera, north(9), metres(9)), Circumstances{Placement: &placed}, GradeB, "2014-09-20", ReasonCamera, ReasonNotJudged)
	check(with(camera, north(9), metres(9)), Circumstances{Rule: rule}, GradeB, "2014-09-20", ReasonCamera, ReasonNoPlacement)
	check(with(camera, north(9), metres(60)), Circumstances{Placement: &placed, Rule: rule, MaxAccuracy: 50}, GradeB, "2014-09-20", ReasonCamera, ReasonInaccurate)
	late := in(&placed)
	late.Received = day("2015-01-01")
	check(with(camera, north(9), metres(9)), late, GradeX, "2015-01-01", ReasonCamera, ReasonOutside, ReasonNear)
	last := in(&placed)
	last.Received = day("2014-12-31")
	check(with(camera, north(9), metres(9)), last, GradeA, "2014-12-31", ReasonCamera, ReasonNear)

	check(taken("2014-09-18"), in(&placed), GradeB, "2014-09-18", ReasonInFlight)
	check(with(taken("2014-09-18"), north(200), nil), in(&placed), GradeB, "2014-09-18", ReasonInFlight, ReasonNear)
	check(with(taken("2014-09-18"), north(900), nil), in(&placed), GradeX, "2014-09-18", ReasonInFlight, ReasonFar)
	check(taken("2014-09-04"), in(&placed), GradeX, "2014-09-04", ReasonOutside)
	check(taken("2014-09-05"), in(&placed), GradeB, "2014-09-05", ReasonInFlight)
	check(taken("2014-09-21"), in(&placed), GradeC, "2014-09-20", ReasonFuture)
	check(taken("2014-09-18"), Circumstances{Rule: rule}, GradeC, "2014-09-18", ReasonNoPlacement)
	// The last hour of a day in Shanghai is the afternoon in UTC.
	check(Photo{Source: FromUpload, TakenAt: day("2014-09-20").Add(15*time.Hour + 59*time.Minute)}, in(&placed), GradeB, "2014-09-20", ReasonInFlight)
	check(upload, in(&placed), GradeC, "2014-09-20")
	bare := upload
	bare.Reasons = []string{ReasonSame, ReasonNoMetadata} // only what the file brought along stays
	check(bare, in(&placed), GradeC, "2014-09-20", ReasonNoMetadata)

	used := in(&placed)
	used.Same = true
	check(with(camera, north(9), metres(9)), used, GradeX, "2014-09-20", ReasonSame, ReasonCamera, ReasonNear)
	used.Same, used.Alike = false, true
	check(taken("2014-09-18"), used, GradeX, "2014-09-18", ReasonAlike, ReasonInFlight)
}
