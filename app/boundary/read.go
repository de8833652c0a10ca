package boundary

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"unicode"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/simplify"

	"shuixuan/app/placement"
	"shuixuan/app/problem"
)

// Limits of a file. The outline of a city with its districts at 1:50,000 has some 20,000
// vertices and 600 KB.
const (
	MaxSize     = 5 << 20
	maxVertices = 200_000
	maxDrawn    = 6_000 // of the outline that Read gives
)

// Outline is what a map draws, in WGS-84. Given counts the vertices of the file, Kept those
// that are left.
type Outline struct {
	Shape       orb.MultiPolygon
	Given, Kept int
}

// geo is a GeoJSON object as far as we look at it.
type geo struct {
	Type        string            `json:"type"`
	Features    []json.RawMessage `json:"features"`
	Geometry    *json.RawMessage  `json:"geometry"`
	Geometries  []json.RawMessage `json:"geometries"`
	Coordinates json.RawMessage   `json:"coordinates"`
	CRS         *struct {
		Properties struct {
			Name string `json:"name"`
		} `json:"properties"`
	} `json:"crs"`
}

// Read makes the outline of a file, or says in words what is wrong with it. It is simplified to
// what a screen shows: corners nearer than some metres to the line are left out.
func Read(body []byte, datum placement.Datum) (Outline, error) {
	if len(body) > MaxSize {
		return Outline{}, refuse("文件超过%dMB（有%.1fMB），请先在制图软件里简化边界", MaxSize>>20, float64(len(body))/(1<<20))
	}
	r := reader{datum: datum}
	if err := r.object(body, 0); err != nil {
		return Outline{}, err
	}
	if len(r.shape) == 0 {
		return Outline{}, refuse("文件里没有面（Polygon 或 MultiPolygon）；边界线请先在制图软件里转成面")
	}
	o := Outline{Shape: r.shape, Given: r.vertices}
	// A metre to begin with, then coarser until it is light enough to send.
	for tolerance := 0.00001; tolerance < 0.1; tolerance *= 2 {
		o.Shape = whole(simplify.DouglasPeucker(tolerance).MultiPolygon(o.Shape))
		if o.Kept = count(o.Shape); o.Kept <= maxDrawn {
			break
		}
	}
	if o.Kept == 0 || o.Kept > maxDrawn {
		return Outline{}, refuse("面太小或者太多，画不出来，请确认选对了文件")
	}
	return o, nil
}

func refuse(format string, args ...any) error {
	return problem.Invalid("这个边界文件不能用", "请改正后重新上传；原来的边界没有变。", problem.Fault{Field: "file", Why: fmt.Sprintf(format, args...)})
}

// reader gathers the polygons of a file.
type reader struct {
	datum    placement.Datum
	shape    orb.MultiPolygon
	vertices int
}

// deepest is how far objects of GeoJSON sensibly nest: a collection, a feature, a collection
// of geometries, a geometry.
const deepest = 4

func (r *reader) object(body []byte, depth int) error {
	var g geo
	if err := json.Unmarshal(body, &g); err != nil {
		if depth > 0 {
			return refuse("文件里有一部分不是 GeoJSON，请从制图软件重新导出")
		}
		return refuse("读不出来：不是 GeoJSON 文本。请从制图软件导出为 GeoJSON（不是 SHP、KML 或图片）")
	}
	if depth > deepest {
		return refuse("层次太多，不像边界文件，请从制图软件重新导出")
	}
	if err := r.reference(g); err != nil {
		return err
	}
	parts := append(g.Features, g.Geometries...)
	switch g.Type {
	case "FeatureCollection", "GeometryCollection":
	case "Feature":
		if g.Geometry == nil || string(*g.Geometry) == "null" {
			return nil
		}
		parts = []json.RawMessage{*g.Geometry}
	case "Polygon":
		return r.polygon(g.Coordinates)
	case "MultiPolygon":
		var all []json.RawMessage
		if json.Unmarshal(g.Coordinates, &all) != nil {
			return refuse("MultiPolygon 的坐标写得不对，请从制图软件重新导出")
		}
		for _, one := range all {
			if err := r.polygon(one); err != nil {
				return err
			}
		}
		return nil
	case "Point", "MultiPoint", "LineString", "MultiLineString": // beside the polygons, no matter
		return nil
	default:
		return refuse("“%s”不是 GeoJSON 的类型，请从制图软件导出为 GeoJSON", short(g.Type))
	}
	for _, part := range parts {
		if err := r.object(part, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// reference refuses a file that says itself that it isn't in degrees.
func (r *reader) reference(g geo) error {
	if g.CRS == nil {
		return nil
	}
	switch g.CRS.Properties.Name {
	case "", "EPSG:4326", "EPSG:4490", "urn:ogc:def:crs:EPSG::4326", "urn:ogc:def:crs:EPSG::4490", "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84":
		return nil
	}
	return refuse("文件注明的坐标系是“%s”，请在制图软件里转成经纬度（EPSG:4490 或 EPSG:4326）后再导出", short(g.CRS.Properties.Name))
}

func (r *reader) polygon(body json.RawMessage) error {
	var rings [][][]float64
	if err := json.Unmarshal(body, &rings); err != nil {
		return refuse("面的坐标写得不对，请从制图软件重新导出")
	}
	var polygon orb.Polygon
	for _, written := range rings {
		ring := make(orb.Ring, 0, len(written))
		for _, at := range written {
			if len(at) < 2 {
				return refuse("有一个顶点缺少经度或纬度，请从制图软件重新导出")
			}
			if err := degrees(at[0], at[1]); err != nil {
				return err
			}
			p := placement.Position{Longitude: at[0], Latitude: at[1], Datum: r.datum}.In(placement.WGS84)
			ring = append(ring, orb.Point{p.Longitude, p.Latitude})
		}
		if len(ring) < 4 || written[0][0] != written[len(written)-1][0] || written[0][1] != written[len(written)-1][1] {
			return refuse("有一圈边界没有闭合（首尾两点应相同，至少4个点），请在制图软件里修复后再导出")
		}
		if r.vertices += len(ring); r.vertices > maxVertices {
			return refuse("顶点超过%d个，请先在制图软件里简化边界", maxVertices)
		}
		polygon = append(polygon, ring)
	}
	if len(polygon) > 0 {
		r.shape = append(r.shape, polygon)
	}
	return nil
}

// degrees refuses what is no place: metres of a projection, or latitude before longitude.
func degrees(longitude, latitude float64) error {
	switch {
	case math.Abs(longitude) > 180 || math.Abs(latitude) > 90 && math.Abs(latitude) > 180:
		return refuse("坐标（%g，%g）不是经纬度，像是以米为单位的投影坐标，请转成经纬度后再导出", longitude, latitude)
	case math.Abs(latitude) > 85:
		return refuse("坐标（%g，%g）的纬度不对，可能经度和纬度写反了：GeoJSON 先写经度", longitude, latitude)
	}
	return nil
}

// whole leaves out rings that simplifying has made into lines, and polygons without any.
func whole(shape orb.MultiPolygon) orb.MultiPolygon {
	var kept orb.MultiPolygon
	for _, polygon := range shape {
		var rings orb.Polygon
		for i, ring := range polygon {
			if len(ring) >= 4 {
				rings = append(rings, ring)
			} else if i == 0 {
				break // without its outer ring there is no hole either
			}
		}
		if len(rings) > 0 {
			kept = append(kept, rings)
		}
	}
	return kept
}

func count(shape orb.MultiPolygon) int {
	n := 0
	for _, polygon := range shape {
		for _, ring := range polygon {
			n += len(ring)
		}
	}
	return n
}

// short quotes what somebody wrote: its beginning, without marks that turn a sentence.
func short(text string) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, text))
	if len(runes) > 30 {
		return string(runes[:30]) + "…"
	}
	return string(runes)
}
