package placement

import "math"

// Positions are compared in WGS-84. GCJ-02 shifts a position by some hundred metres
// (347.6 m on average over China), BD-09 again on top; the formulas are the public ones
// (domain facts 5.5).

// Constants of the shift: the Krasovsky ellipsoid, and the box inside which it applies.
const (
	shiftA  = 6378245.0
	shiftEE = 0.00669342162296594323

	shiftWest, shiftEast   = 72.004, 137.8347
	shiftSouth, shiftNorth = 0.8292, 55.8272
)

// In gives the same place in another datum.
func (p Position) In(datum Datum) Position {
	if p.Datum == datum {
		return p
	}
	longitude, latitude := p.Longitude, p.Latitude
	switch p.Datum { // to WGS-84
	case BD09:
		longitude, latitude = fromBD09(longitude, latitude)
		longitude, latitude = fromGCJ02(longitude, latitude)
	case GCJ02:
		longitude, latitude = fromGCJ02(longitude, latitude)
	}
	switch datum {
	case GCJ02:
		longitude, latitude = toGCJ02(longitude, latitude)
	case BD09:
		longitude, latitude = toBD09(toGCJ02(longitude, latitude))
	}
	return Position{Longitude: longitude, Latitude: latitude, Datum: datum}
}

// earthRadius is the mean one, in metres.
const earthRadius = 6371008.8

// Distance is how many metres lie between two positions, each in its own datum.
func Distance(a, b Position) float64 {
	a, b = a.In(WGS84), b.In(WGS84)
	const degree = math.Pi / 180
	north, east := (b.Latitude-a.Latitude)*degree/2, (b.Longitude-a.Longitude)*degree/2
	h := math.Sin(north)*math.Sin(north) + math.Cos(a.Latitude*degree)*math.Cos(b.Latitude*degree)*math.Sin(east)*math.Sin(east)
	return 2 * earthRadius * math.Asin(math.Sqrt(math.Min(h, 1)))
}

func toGCJ02(longitude, latitude float64) (float64, float64) {
	if longitude < shiftWest || longitude > shiftEast || latitude < shiftSouth || latitude > shiftNorth {
		return longitude, latitude
	}
	x, y := longitude-105, latitude-35
	wave := func(v float64, amplitude, period float64) float64 { return amplitude * math.Sin(v*math.Pi/period) }
	both := (wave(x, 20, 1.0/6) + wave(x, 20, 0.5)) * 2 / 3
	north := -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*math.Sqrt(math.Abs(x)) + both +
		(wave(y, 20, 1)+wave(y, 40, 3))*2/3 + (wave(y, 160, 12)+wave(y, 320, 30))*2/3
	east := 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*math.Sqrt(math.Abs(x)) + both +
		(wave(x, 20, 1)+wave(x, 40, 3))*2/3 + (wave(x, 150, 12)+wave(x, 300, 30))*2/3
	angle := latitude * math.Pi / 180
	magic := 1 - shiftEE*math.Sin(angle)*math.Sin(angle)
	root := math.Sqrt(magic)
	return longitude + east*180/(shiftA/root*math.Cos(angle)*math.Pi),
		latitude + north*180/(shiftA*(1-shiftEE)/(magic*root)*math.Pi)
}

// fromGCJ02 has no closed form. One step is good to a metre or two; each further one
// gains about three digits, so four are more than a double holds.
func fromGCJ02(longitude, latitude float64) (float64, float64) {
	x, y := longitude, latitude
	for range 4 {
		shiftedX, shiftedY := toGCJ02(x, y)
		x, y = x+longitude-shiftedX, y+latitude-shiftedY
	}
	return x, y
}

const bdTurn = math.Pi * 3000 / 180

func toBD09(longitude, latitude float64) (float64, float64) {
	z := math.Hypot(longitude, latitude) + 0.00002*math.Sin(latitude*bdTurn)
	angle := math.Atan2(latitude, longitude) + 0.000003*math.Cos(longitude*bdTurn)
	return z*math.Cos(angle) + 0.0065, z*math.Sin(angle) + 0.006
}

// fromBD09 is toBD09 undone, by the same iteration.
func fromBD09(longitude, latitude float64) (float64, float64) {
	x, y := longitude-0.0065, latitude-0.006
	for range 4 {
		shiftedX, shiftedY := toBD09(x, y)
		x, y = x+longitude-shiftedX, y+latitude-shiftedY
	}
	return x, y
}
