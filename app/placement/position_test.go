package placement

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The shift at the middle of Feicheng was computed with gcj-tool 1.0.3 (domain facts 5.5).
func TestGCJ02OfAKnownPlace(t *testing.T) {
	got := Position{116.77, 36.18, WGS84}.In(GCJ02)
	if math.Abs(got.Longitude-116.77565131) > 1e-8 || math.Abs(got.Latitude-36.18004836) > 1e-8 {
		t.Errorf("GCJ-02 is %.8f, %.8f", got.Longitude, got.Latitude)
	}
	if d := Distance(Position{116.77, 36.18, WGS84}, Position{116.77565131, 36.18004836, GCJ02}); d > 0.01 {
		t.Errorf("one place in two datums is %f m apart", d)
	}
	// Read in the wrong datum it is half a kilometre off: what the conversion is for.
	if d := Distance(Position{116.77, 36.18, WGS84}, Position{116.77565131, 36.18004836, WGS84}); d < 450 || d > 560 {
		t.Errorf("the shift is %f m, want about 508", d)
	}
}

func TestEveryDatumLeadsBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		p := Position{73.7 + r.Float64()*61, 18.2 + r.Float64()*35, WGS84}
		for _, datum := range []Datum{GCJ02, BD09} {
			back := p.In(datum).In(WGS84)
			if d := Distance(p, back); d > 0.01 {
				t.Fatalf("%v through %s comes back %f m off", p, datum, d)
			}
			if d := Distance(p, p.In(datum)); d > 0.01 {
				t.Fatalf("%v in %s is %f m from itself", p, datum, d)
			}
		}
	}
	abroad := Position{2.35, 48.86, WGS84}
	if got := abroad.In(GCJ02); got.Longitude != 2.35 || got.Latitude != 48.86 {
		t.Errorf("a place abroad was shifted to %v", got)
	}
}

func TestDistance(t *testing.T) {
	check := func(a, b Position, want float64) {
		t.Helper()
		if got := Distance(a, b); math.Abs(got-want) > 0.01+want*0.002 {
			t.Errorf("%v to %v: %f m, want %f", a, b, got, want)
		}
	}
	check(Position{116, 36, WGS84}, Position{116, 37, WGS84}, 111_195)              // a degree of the mean earth
	check(Position{116, 60, WGS84}, Position{117, 60, WGS84}, 55_597)               // half of it at 60°
	check(Position{116, 36, WGS84}, Position{116, 36, WGS84}, 0)                    // itself
	check(Position{0, 0, WGS84}, Position{180, 0, WGS84}, math.Pi*earthRadius)      // the other side
	check(Position{116.7, 36.1, BD09}, Position{116.7, 36.1, BD09}.In(GCJ02), 1e-3) // nearly
	check(Position{116.7, 36.1, WGS84}, Position{116.7 + 1e-3, 36.1, WGS84}, 89.84) // a thousandth of a degree
}
