package boundary_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"shuixuan/app/audit"
	"shuixuan/app/boundary"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
)

const square = `[[[116.5,36],[117,36],[117,36.5],[116.5,36.5],[116.5,36]]]`

func polygon(coordinates string) string {
	return `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"<script>"},"geometry":{"type":"Polygon","coordinates":` + coordinates + `}}]}`
}

func TestReadRefuses(t *testing.T) {
	many := "[[" + strings.Repeat("[116.5,36],", 200_001) + "[116.5,36]]]"
	for _, c := range []struct{ name, body, why string }{
		{"nothing", "", "不是 GeoJSON"},
		{"a picture", "\x89PNG\r\n", "不是 GeoJSON"},
		{"KML", "<kml/>", "不是 GeoJSON"},
		{"another JSON", `{"a":1}`, "“”不是 GeoJSON 的类型"},
		{"a type with marks", `{"type":"Po\u202elygon<b>"}`, "“Polygon<b>”不是"},
		{"a line", `{"type":"LineString","coordinates":[[1,2],[3,4]]}`, "没有面"},
		{"an empty collection", `{"type":"FeatureCollection","features":[]}`, "没有面"},
		{"metres", polygon(`[[[500000,4000000],[500001,4000000],[500001,4000001],[500000,4000000]]]`), "投影坐标"},
		{"latitude first", polygon(`[[[36,116.5],[36,117],[36.5,117],[36,116.5]]]`), "写反了"},
		{"left open", polygon(`[[[116.5,36],[117,36],[117,36.5],[116.5,36.5]]]`), "没有闭合"},
		{"words for numbers", polygon(`[[["a","b"]]]`), "坐标写得不对"},
		{"half a vertex", polygon(`[[[116.5],[117],[117],[116.5]]]`), "缺少经度或纬度"},
		{"a number too large", polygon(`[[[1e999,36]]]`), "坐标写得不对"},
		{"too many vertices", polygon(many), "顶点超过200000个"},
		{"a file too long", strings.Repeat(" ", boundary.MaxSize+1), "超过5MB"},
		{"another reference", `{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:3857"}},"features":[]}`, "EPSG:3857"},
		{"brackets without end", strings.Repeat("[", 100_000), "不是 GeoJSON"},
		{"collections in collections", strings.Repeat(`{"type":"GeometryCollection","geometries":[`, 50) + strings.Repeat("]}", 50), "层次太多"},
		{"as small as a point", polygon(`[[[116.5,36],[116.5,36],[116.5,36],[116.5,36]]]`), "太小"},
	} {
		_, err := boundary.Read([]byte(c.body), placement.WGS84)
		p, ok := problem.As(err)
		if !ok || len(p.Faults) != 1 || !strings.Contains(p.Faults[0].Why, c.why) {
			t.Errorf("%s: want a sentence with %q, got %v", c.name, c.why, err)
		}
	}
}

func TestRead(t *testing.T) {
	for name, body := range map[string]string{
		"a collection": polygon(square), "a polygon": `{"type":"Polygon","coordinates":` + square + `}`,
		"several": `{"type":"MultiPolygon","coordinates":[` + square + `]}`, "in a collection of geometries": `{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"Polygon","coordinates":` + square + `}]}`,
		"with height": `{"type":"Polygon","coordinates":[[[116.5,36,9],[117,36,9],[117,36.5,9],[116.5,36.5,9],[116.5,36,9]]]}`,
	} {
		o, err := boundary.Read([]byte(body), placement.WGS84)
		if err != nil || len(o.Shape) != 1 || o.Given != 5 || o.Kept != 5 || o.Shape.Bound() != (orb.Bound{Min: orb.Point{116.5, 36}, Max: orb.Point{117, 36.5}}) {
			t.Errorf("%s: %+v, %v", name, o, err)
		}
	}
	// What is written in another datum comes to lie where it is.
	shifted, err := boundary.Read([]byte(polygon(square)), placement.GCJ02)
	if err != nil {
		t.Fatal(err)
	}
	at := shifted.Shape[0][0][0]
	there := placement.Position{Longitude: 116.5, Latitude: 36, Datum: placement.GCJ02}
	if away := placement.Distance(placement.Position{Longitude: at[0], Latitude: at[1], Datum: placement.WGS84}, there); away > 0.01 {
		t.Errorf("the corner is %.2f m away", away)
	}
	// A circle of 50,000 vertices is drawn with few, none of it far off.
	var ring [][2]float64
	for i := range 50_000 {
		a := 2 * math.Pi * float64(i) / 50_000
		ring = append(ring, [2]float64{116.75 + 0.2*math.Cos(a), 36.2 + 0.2*math.Sin(a)})
	}
	body, _ := json.Marshal(map[string]any{"type": "Polygon", "coordinates": [][][2]float64{append(ring, ring[0])}})
	o, err := boundary.Read(body, placement.WGS84)
	if err != nil || o.Given != 50_001 || o.Kept > 6_000 || o.Kept < 50 {
		t.Fatalf("%d of %d, %v", o.Kept, o.Given, err)
	}
	for _, p := range o.Shape[0][0] {
		if r := math.Hypot(p[0]-116.75, p[1]-36.2); math.Abs(r-0.2) > 1e-4 {
			t.Errorf("%v lies off the circle", p)
		}
	}
}

func TestPut(t *testing.T) {
	db := clickhousetest.Open(t)
	log := audit.NewLog(db)
	store := boundary.NewStore(db, log)
	office := audit.Actor{ID: "chuang", Role: audit.RoleOffice}
	b := boundary.Boundary{File: "边界.geojson", SHA256: strings.Repeat("a", 64), Datum: placement.WGS84, Source: "肥城市标准地图，山东省自然资源厅", Number: "鲁S（2024）012号"}
	none, err := store.Current(t.Context(), "c")
	if err != nil || none.Revision != 0 || none.Thing.Shown() {
		t.Fatalf("%+v, %v", none, err)
	}
	for what, bend := range map[string]func(*boundary.Boundary){
		"no number": func(b *boundary.Boundary) { b.Number = "" }, "a word for a number": func(b *boundary.Boundary) { b.Number = "已审核" },
		"no source": func(b *boundary.Boundary) { b.Source = " " }, "no datum": func(b *boundary.Boundary) { b.Datum = "xian80" },
	} {
		bent := b
		bend(&bent)
		if _, err := store.Put(t.Context(), office, "c", bent, 0); err == nil {
			t.Errorf("%s was taken", what)
		} else if p, ok := problem.As(err); !ok || len(p.Faults) != 1 {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, number := range []string{"GS(2024)0650号", "GS京（2023）1061号", "鲁SG（2022）025号"} {
		bent := b
		if bent.Number = number; len(bent.Validate()) > 0 {
			t.Errorf("%s is a number", number)
		}
	}
	if rev, err := store.Put(t.Context(), office, "c", b, 0); err != nil || rev != 1 {
		t.Fatal(rev, err)
	}
	if _, err := store.Put(t.Context(), office, "c", boundary.Boundary{File: "另一个"}, 0); err == nil {
		t.Error("who hasn't seen the first revision replaced it")
	}
	if rev, err := store.Put(t.Context(), office, "c", boundary.Boundary{}, 1); err != nil || rev != 2 {
		t.Errorf("taken off the map: %d, %v", rev, err)
	}
	held, err := store.Current(t.Context(), "c")
	if err != nil || held.Thing.Shown() || held.Revision != 2 {
		t.Errorf("%+v, %v", held, err)
	}
	var n uint64
	if err := db.QueryRow(t.Context(), "SELECT count() FROM audit_events WHERE verb = 'boundary.put' AND kind = 'boundary'").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d events of two changes, %v", n, err)
	}
}
