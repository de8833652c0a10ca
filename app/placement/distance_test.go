package placement

import (
	"math"
	"testing"
)

func TestFromSatelliteToMap(t *testing.T) {
	// Domain facts 5.5: central 肥城, computed by another program.
	lon, lat := Position{116.77, 36.18, WGS84}.gcj()
	if math.Abs(lon-116.77565131) > 1e-7 || math.Abs(lat-36.18004836) > 1e-7 {
		t.Errorf("%.8f %.8f, want 116.77565131 36.18004836", lon, lat)
	}
	if lon, lat := (Position{2.35, 48.85, WGS84}).gcj(); lon != 2.35 || lat != 48.85 {
		t.Errorf("outside the box it moved to %f %f", lon, lat)
	}
}

// One place told in three datums is one place, and 200 m are 200 m in each.
func TestDistancesDontMindTheDatum(t *testing.T) {
	here := Position{116.77, 36.18, WGS84}
	north := Position{116.77, 36.18 + 200/metresDegree, WGS84}
	for _, d := range []Datum{WGS84, GCJ02, BD09} {
		there := here.in(d)
		if off := here.Metres(there); off > 0.5 {
			t.Errorf("the same place in %s is %.2f m away", d, off)
		}
		if off := north.Metres(there); math.Abs(off-200) > 1 {
			t.Errorf("200 m to the north, against %s: %.2f m", d, off)
		}
	}
	if shift := here.Metres(Position{116.77, 36.18, GCJ02}); math.Abs(shift-508) > 5 {
		t.Errorf("read in the wrong datum it is %.0f m off, want about 508", shift)
	}
}
