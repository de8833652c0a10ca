package web

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"shuixuan/app/placement"
)

const geojson = `{"type":"Polygon","coordinates":[[[116.5,36],[117,36],[117,36.5],[116.5,36.5],[116.5,36]]]}`

// boundaryForm is the body of an upload of a boundary.
func boundaryForm(fields map[string]string, name, content string) string {
	var b strings.Builder
	for field, value := range fields {
		fmt.Fprintf(&b, "--frontier\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", field, value)
	}
	fmt.Fprintf(&b, "--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=%q\r\nContent-Type: application/json\r\n\r\n%s\r\n--frontier--\r\n", name, content)
	return b.String()
}

func sound() map[string]string {
	return map[string]string{"source": "肥城市标准地图，山东省自然资源厅", "number": "鲁S（2024）012号", "datum": "wgs84", "revision": "0"}
}

const frontier = "multipart/form-data; boundary=frontier"

func init() {
	put := func(t *testing.T, s *site) request {
		held, err := s.boundaries.Current(t.Context(), "feicheng")
		if err != nil {
			t.Fatal(err)
		}
		fields := sound()
		fields["revision"] = strconv.Itoa(int(held.Revision))
		fields["number"] = fmt.Sprintf("鲁S（2024）%03d号", held.Revision+1)
		return request{as: "chuang", path: "/c/feicheng/map/boundary", raw: boundaryForm(fields, "边界.geojson", geojson), rawType: frontier, thing: "map"}
	}
	writeFixtures["POST /c/:campaign/map/boundary"] = write{leaves: []string{"boundary.put"}, prepare: put}
	writeFixtures["POST /c/:campaign/map/boundary/remove"] = write{leaves: []string{"boundary.put"}, prepare: func(t *testing.T, s *site) request {
		q := put(t, s)
		if got := s.make(t, q); got.status != 303 {
			t.Fatalf("a boundary to take off: %d", got.status)
		}
		held, err := s.boundaries.Current(t.Context(), "feicheng")
		if err != nil {
			t.Fatal(err)
		}
		return request{as: "chuang", path: "/c/feicheng/map/boundary/remove", fields: url.Values{"revision": {strconv.Itoa(int(held.Revision))}}, thing: "map"}
	}}
}

// here logs a placement of 住建局 at a place.
func here(longitude, latitude float64) func(url.Values) {
	return func(f url.Values) {
		f.Set("longitude", strconv.FormatFloat(longitude, 'f', -1, 64))
		f.Set("latitude", strconv.FormatFloat(latitude, 'f', -1, 64))
		f.Set("datum", "wgs84")
	}
}

var mapLink = regexp.MustCompile(`<a href="(/c/feicheng/(?:map|placements)[^"]*)" aria-label="([^"]*)"`)

// TestMap goes the way of a person: from the whole through a heap to the two in it, and from
// one of these to its placement.
func TestMap(t *testing.T) {
	s := newSite(t, 0)
	s.sees(t, "chuang", "/c/feicheng/map", "还没有带位置的记录", "使用当前位置")
	one := s.logged(t, "宣传条幅", here(116.770, 36.180))
	two := s.logged(t, "宣传条幅", here(116.771, 36.181))
	s.logged(t, "宣传条幅", here(116.900, 36.300))
	s.logged(t, "宣传条幅") // nowhere
	whole := s.do("chuang", "GET", "/c/feicheng/map", nil)
	for _, want := range []string{"地图上共 <strong>3</strong> 条", "1条没有位置", "position=none", "没有边界"} {
		if !strings.Contains(whole.body, want) {
			t.Errorf("the map doesn't say %q", want)
		}
	}
	heap := ""
	for _, link := range mapLink.FindAllStringSubmatch(whole.body, -1) {
		if strings.HasPrefix(link[2], "2个点：") {
			heap = strings.TrimSuffix(strings.ReplaceAll(link[1], "&amp;", "&"), "#map")
		}
	}
	if heap == "" {
		t.Fatalf("two that lie close are no heap:\n%v", mapLink.FindAllStringSubmatch(whole.body, -1))
	}
	inside := s.do("chuang", "GET", heap, nil)
	if !strings.Contains(inside.body, "图的范围之内有 <strong>2</strong> 条（全图3条）") {
		t.Errorf("the heap of 2 doesn't open them")
	}
	for _, address := range []string{one, two} {
		if !strings.Contains(inside.body, `<a href="`+address+`" aria-label="还没有证明，看台账"`) {
			t.Errorf("%s is no point of the smaller window", address)
		}
		if strings.Count(inside.body, address) < 3 { // two pictures and the list
			t.Errorf("%s isn't in the list beside the map", address)
		}
	}
	s.sees(t, "chuang", "/c/feicheng/map?state=proven", "符合条件的记录都没有位置", "!map-wide")
	s.sees(t, "jiaoyu", "/c/feicheng/map", "还没有带位置的记录", "!"+one)
	s.sees(t, "jiaoyu", "/c/feicheng/map?unit=zhujianju", "!"+one)
	s.sees(t, "zhujian", "/c/feicheng/map", one, "!map/boundary")
	s.sees(t, "chuang", "/c/feicheng/standing?state=standing&position=none", "只列没有位置", "!"+one)
	for _, odd := range []string{"window=1,2,3", "window=NaN,1,2,3", "window=116,36,117,37&after=x", "state='", "on=2999-99-99", "task=%3Cscript%3E"} {
		s.sees(t, "chuang", "/c/feicheng/map?"+odd, "!<script>")
	}
	s.mapFiles(t)
}

// mapFiles holds the picture and the table of a view against it.
func (s *site) mapFiles(t *testing.T) {
	t.Helper()
	picture := s.do("chuang", "GET", "/c/feicheng/map.svg", nil)
	if picture.status != 200 || !strings.HasPrefix(picture.header.Get("Content-Type"), "image/svg+xml") {
		t.Fatalf("the picture: %d %s", picture.status, picture.header.Get("Content-Type"))
	}
	for d := xml.NewDecoder(strings.NewReader(picture.body)); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
	}
	for _, word := range []string{"<script", "style=", "http://", "https://"} {
		if strings.Contains(strings.ReplaceAll(picture.body, `xmlns="http://www.w3.org/2000/svg"`, ""), word) {
			t.Errorf("the picture holds %q", word)
		}
	}
	table := s.do("chuang", "GET", "/c/feicheng/map/panels/map-points.csv", nil)
	if lines := strings.Count(table.body, "\r\n"); table.status != 200 || lines != 5 || !strings.Contains(table.body, "116.770000,36.180000") { // heading, three, base
		t.Errorf("the table has %d lines: %s", lines, table.body)
	}
}

func TestBoundary(t *testing.T) {
	s := newSite(t, 0)
	s.logged(t, "宣传条幅", here(116.77, 36.18))
	send := func(fields map[string]string, content string) answer {
		return s.make(t, request{as: "chuang", path: "/c/feicheng/map/boundary", raw: boundaryForm(fields, "边界<b>.geojson", content), rawType: frontier})
	}
	without := sound()
	delete(without, "number")
	for what, got := range map[string]answer{"没有闭合": send(sound(), strings.Replace(geojson, ",[116.5,36]]]", "]]", 1)), "缺少审图号": send(without, geojson), "不是 GeoJSON": send(sound(), "PK\x03\x04")} {
		if got.status != 422 || !strings.Contains(got.body, what) || !strings.Contains(got.body, "山东省自然资源厅") {
			t.Errorf("want %d with %q and what was filled in, got %d", 422, what, got.status)
		}
	}
	s.sees(t, "chuang", "/c/feicheng/map", "没有边界", "加上边界")
	if got := send(sound(), geojson); got.status != 303 {
		t.Fatalf("put: %d %s", got.status, got.body)
	}
	s.sees(t, "chuang", "/c/feicheng/map", "边界：肥城市标准地图，山东省自然资源厅，审图号：鲁S（2024）012号", "更换边界", "!没有边界")
	s.sees(t, "zhujian", "/c/feicheng/map", "审图号：鲁S（2024）012号", "!更换边界")
	s.sees(t, "chuang", "/c/feicheng/map/boundary", "5个顶点", "边界&lt;b&gt;.geojson")
	if got := send(sound(), geojson); got.status != 303 { // the same once more
		t.Errorf("the same again: %d", got.status)
	}
	other := sound()
	other["number"] = "鲁S（2025）001号"
	if got := send(other, geojson); got.status != 409 || !strings.Contains(got.body, "刚刚有人换过边界") {
		t.Errorf("who has not seen the first replaces it: %d", got.status)
	}
	if got := s.make(t, request{as: "chuang", path: "/c/feicheng/map/boundary/remove", fields: url.Values{"revision": {"1"}}}); got.status != 303 {
		t.Errorf("taken off: %d", got.status)
	}
	s.sees(t, "chuang", "/c/feicheng/map", "没有边界", "!审图号")
}

var totalsLink = regexp.MustCompile(`<a href="(/c/feicheng/standing\?[^"]*)">(\d+)</a>`)

// TestTotalsLeadToTheirRows follows every number of placements to the list that it counts.
func TestTotalsLeadToTheirRows(t *testing.T) {
	s := newSite(t, 0)
	s.sees(t, "chuang", "/c/feicheng/totals", "还没有宣传记录")
	s.logged(t, "宣传条幅")
	s.logged(t, "宣传条幅", func(f url.Values) { f.Set("measure", "幅"); f.Set("quantity", "3") })
	s.logged(t, "公交站点广告牌", func(f url.Values) { f.Set("measure", "块") })
	s.logged(t, "没听说过的形式", func(f url.Values) { f.Set("start", time.Now().AddDate(0, 1, 0).Format(time.DateOnly)) })
	for _, view := range []string{"", "?state=standing", "?state=todo", "?state=never", "?task=" + url.QueryEscape("社会宣传1"), "?carrier=-", "?on=" + time.Now().AddDate(0, 0, -2).Format(time.DateOnly)} {
		page := s.do("chuang", "GET", "/c/feicheng/totals"+view, nil)
		links := totalsLink.FindAllStringSubmatch(page.body, -1)
		if len(links) == 0 {
			t.Errorf("%s has no figure", view)
		}
		for _, link := range links {
			address := strings.ReplaceAll(link[1], "&amp;", "&")
			rows := strings.Count(s.do("chuang", "GET", address, nil).body, `class="row-act"`)
			// A quantity is linked as well; all are 1 but that of three.
			if n, _ := strconv.Atoi(link[2]); n != rows && !(n == 3 && strings.Contains(address, url.QueryEscape("幅")) && rows == 1) {
				t.Errorf("%s: %d stands for %d rows of %s", view, n, rows, address)
			}
		}
	}
	s.sees(t, "jiaoyu", "/c/feicheng/totals", "还没有宣传记录")
	s.sees(t, "chuang", "/c/feicheng/totals?unit=jiaoyuju", "没有符合条件的记录")
	if csv := s.do("chuang", "GET", "/c/feicheng/totals/panels/totals-carrier.csv?carrier=-", nil); csv.status != 200 || !strings.Contains(csv.body, "不在清单中的形式,条,1,1,0,0,0,0") {
		t.Errorf("the table as a file: %d %s", csv.status, csv.body)
	}
}

// TestCalendar finds what ends on its day, in its month, and only what the visitor may see.
func TestCalendar(t *testing.T) {
	s := newSite(t, 0)
	s.sees(t, "chuang", "/c/feicheng/calendar?month=1999-02", "这个月没有到期的事项", "1999年2月")
	end := civil(time.Now()).AddDate(0, 0, 40)
	id := s.logged(t, "宣传条幅", func(f url.Values) { f.Set("end", end.Format(time.DateOnly)); f.Del("open") })
	month := "/c/feicheng/calendar?month=" + end.Format("2006-01")
	day := month + "&day=" + end.Format(time.DateOnly)
	s.sees(t, "chuang", month, "宣传到期 <b>1</b>", "day="+end.Format(time.DateOnly), "!"+id)
	s.sees(t, "chuang", day, id, "市住建局")
	s.sees(t, "zhujian", day, id)
	s.sees(t, "jiaoyu", day, "!"+id, "这一天没有到期的事项")
	s.sees(t, "jiaoyu", day+"&unit=zhujianju", "!"+id)
	s.sees(t, "chuang", "/c/feicheng/calendar?month=%27&day=x&after=y", "今天")
	s.logged(t, "宣传条幅")
	s.sees(t, "chuang", month, "在位的宣传1条“至验收结束”")
	// Waves are for those who may see the survey, and a page drawn for these isn't shown to others.
	begun(t, s)
	s.sees(t, "chuang", month, "调查结束")
	s.sees(t, "zhuanjia", month, "!调查结束")
}

// TestWhereAPositionIsFrom: in the words of the form, not by the code.
func TestWhereAPositionIsFrom(t *testing.T) {
	for datum, want := range map[placement.Datum]string{
		placement.WGS84: "116.770000, 36.180000，手机定位（WGS-84）",
		placement.GCJ02: "116.770000, 36.180000，高德、腾讯地图",
		placement.BD09:  "116.770000, 36.180000，百度地图",
	} {
		if got := positionText(&placement.Position{Longitude: 116.77, Latitude: 36.18, Datum: datum}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
