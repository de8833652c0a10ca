package placement

import "math"

// Constants of the public formulas (domain facts 5.5).
const (
	krasovskyA   = 6378245.0
	krasovskyEE  = 0.00669342162296594323
	metresDegree = 111_319.49 // of latitude
)

// Metres is how far two positions are apart, with either datum, good to a few metres over
// the few kilometres at which it is asked.
func (p Position) Metres(q Position) float64 {
	x, y := p.offset(q)
	return math.Hypot(x, y)
}

// offset is where q lies as seen from p: metres to the east and to the north.
func (p Position) offset(q Position) (east, north float64) {
	lon, lat := p.gcj()
	otherLon, otherLat := q.gcj()
	return (otherLon - lon) * metresDegree * math.Cos(lat*math.Pi/180), (otherLat - lat) * metresDegree
}

// gcj gives the position in GCJ-02, the one datum into which both others go by a closed
// form. The other way would need iteration.
func (p Position) gcj() (longitude, latitude float64) {
	switch p.Datum {
	case WGS84:
		return fromWGS(p.Longitude, p.Latitude)
	case BD09:
		x, y := p.Longitude-0.0065, p.Latitude-0.006
		z := math.Hypot(x, y) - 0.00002*math.Sin(y*math.Pi*3000/180)
		theta := math.Atan2(y, x) - 0.000003*math.Cos(x*math.Pi*3000/180)
		return z * math.Cos(theta), z * math.Sin(theta)
	}
	return p.Longitude, p.Latitude
}

// in gives about the same place in another datum, off by a few metres: good enough to
// find rows in a box.
func (p Position) in(d Datum) Position {
	lon, lat := p.gcj()
	guess := Position{lon, lat, d}
	for range 2 {
		gotLon, gotLat := guess.gcj()
		guess.Longitude += lon - gotLon
		guess.Latitude += lat - gotLat
	}
	return guess
}

// fromWGS shifts a position of a satellite into GCJ-02. Outside the box of the formula
// both are the same.
func fromWGS(lon, lat float64) (float64, float64) {
	if lon < 72.004 || lon > 137.8347 || lat < 0.8292 || lat > 55.8272 {
		return lon, lat
	}
	x, y := lon-105, lat-35
	common := (20*math.Sin(6*x*math.Pi) + 20*math.Sin(2*x*math.Pi)) * 2 / 3
	dLat := -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*math.Sqrt(math.Abs(x)) + common +
		(20*math.Sin(y*math.Pi)+40*math.Sin(y/3*math.Pi))*2/3 + (160*math.Sin(y/12*math.Pi)+320*math.Sin(y*math.Pi/30))*2/3
	dLon := 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*math.Sqrt(math.Abs(x)) + common +
		(20*math.Sin(x*math.Pi)+40*math.Sin(x/3*math.Pi))*2/3 + (150*math.Sin(x/12*math.Pi)+300*math.Sin(x/30*math.Pi))*2/3
	radians := lat * math.Pi / 180
	magic := 1 - krasovskyEE*math.Sin(radians)*math.Sin(radians)
	root := math.Sqrt(magic)
	dLat = dLat * 180 / (krasovskyA * (1 - krasovskyEE) / (magic * root) * math.Pi)
	dLon = dLon * 180 / (krasovskyA / root * math.Cos(radians) * math.Pi)
	return lon + dLon, lat + dLat
}
