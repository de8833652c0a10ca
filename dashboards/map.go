package dashboards

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/dashboards/plane"
)

// MapSign is how a state of proof is drawn: a shape of its own, so that colour is not needed,
// as the path of an SVG around 0,0.
type MapSign struct {
	State analytics.ProofState
	Path  string
	Fill  string
	Ink   string // of the outline
}

// MapSigns are the signs in the order of the legend. Colours are Okabe and Ito's, which
// differ for every common colour blindness, and from light to dark in grey.
var MapSigns = []MapSign{
	{State: analytics.Proven, Path: "M-6 0A6 6 0 1 0 6 0A6 6 0 1 0 -6 0Z", Fill: "#0072b2", Ink: "#ffffff"},
	{State: analytics.GrowingOld, Path: "M-7 0L0 -7L7 0L0 7Z", Fill: "#f0e442", Ink: "#1f2d3d"},
	{State: analytics.Old, Path: "M0 -7L7 6L-7 6Z", Fill: "#e69f00", Ink: "#1f2d3d"},
	{State: analytics.NeverProven, Path: "M-6 -6H6V6H-6Z", Fill: "#ffffff", Ink: "#1f2d3d"},
	{State: analytics.Defective, Path: "M0 7L7 -6L-7 -6Z", Fill: "#d55e00", Ink: "#ffffff"},
	{State: analytics.Gone, Path: "M-7 -4L-4 -7L0 -3L4 -7L7 -4L3 0L7 4L4 7L0 3L-4 7L-7 4L-3 0Z", Fill: "#1f2d3d", Ink: "#ffffff"},
	{State: analytics.NotStanding, Path: "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0 -4 0Z", Fill: "#ffffff", Ink: "#7b8794"},
}

// MapShape is the size of a picture and into how many fields it is divided: where two points
// fall into one, they are drawn as a heap.
type MapShape struct {
	Name          string
	Width, Height float64
	Columns, Rows int
}

// A desk and a phone get a picture each: one picture made smaller would have letters that
// nobody can read.
var (
	MapWide   = MapShape{"wide", 960, 600, 15, 15}
	MapNarrow = MapShape{"narrow", 360, 450, 6, 6}
)

// MapAsked says what a map is of. Link makes the address of a window of it.
type MapAsked struct {
	Window  plane.Window // zero: everything
	Outline orb.MultiPolygon
	Caption string // source and approval of the outline
	Link    func(plane.Window) string
	Place   func(id string) string // address of a placement
}

// MapPicture is a map ready to be written as an SVG. Below the map itself, Height high, stand
// the words of its caption; Tall is the height with them.
type MapPicture struct {
	MapShape
	Outline     string // path
	Marks       []MapMark
	Scale       plane.Bar
	Caption     []MapLine
	Description string
	Dim         []MapBox // what lies outside of the window that was asked for
	Tall        int
}

// North is where the arrow stands, from the left.
func (m MapPicture) North() float64 { return m.Width - 26 }

// BarAt is where the scale stands, from above.
func (m MapPicture) BarAt() float64 { return m.Height - 12 }

// Inner is the frame around the map.
func (m MapPicture) Inner() MapBox { return MapBox{0.5, 0.5, m.Width - 1, m.Height - 1} }

// MapLine is a line of words at its height.
type MapLine struct {
	Y    int
	Text string
}

// Below sets words under the picture, folded to its width, and makes room for them.
func (m *MapPicture) Below(text string) []MapLine {
	var lines []MapLine
	for runes := []rune(text); len(runes) > 0; {
		n := min(int(m.Width/13.2), len(runes))
		m.Tall += 18
		lines = append(lines, MapLine{m.Tall - 4, string(runes[:n])})
		runes = runes[n:]
	}
	return lines
}

// MapBox is a rectangle of a picture.
type MapBox struct{ X, Y, Width, Height float64 }

// MapMark is a point or a heap of them.
type MapMark struct {
	At    string // x y
	Sign  MapSign
	Count int     // over 1: a heap
	R     float64 // of a heap
	Good  string  // of the ring of a heap: the length of the proven part, and the whole
	Title string
	Link  string
}

// Map lays the points of the window out.
func Map(plan *campaign.Plan, shape MapShape, points []analytics.Point, asked MapAsked) MapPicture {
	spots := make([]plane.Spot, len(points))
	for i, p := range points {
		spots[i] = plane.Spot{ID: p.Placement.String(), State: signOf(p.State), Longitude: p.Longitude, Latitude: p.Latitude}
	}
	all := plane.Around(spots, asked.Outline)
	if len(asked.Outline) > 0 { // the middle of the campaign, whatever is chosen
		all = plane.Around(nil, asked.Outline)
	}
	window := asked.Window
	if window.IsZero() {
		window = plane.Around(spots, asked.Outline)
	}
	frame := plane.NewFrame(window, (all.South+all.North)/2, shape.Width, shape.Height)
	m := MapPicture{MapShape: shape, Outline: frame.Path(asked.Outline), Scale: frame.Bar(), Tall: int(shape.Height)}
	shown := 0
	for _, mark := range frame.Marks(spots, shape.Columns, shape.Rows) {
		m.Marks = append(m.Marks, mapMark(mark, asked))
		shown += mark.Count
	}
	if !asked.Window.IsZero() {
		m.Dim = outside(frame)
	}
	if asked.Outline != nil {
		m.Caption = m.Below("边界：" + asked.Caption)
	}
	m.Description = fmt.Sprintf("%s宣传位置图，%d个点，比例尺%s。图下面有同样内容的清单。", plan.Campaign.Name, shown, m.Scale.Text)
	return m
}

func signOf(state analytics.ProofState) int {
	return slices.IndexFunc(MapSigns, func(s MapSign) bool { return s.State == state })
}

func mapMark(mark plane.Mark, asked MapAsked) MapMark {
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
	m := MapMark{At: number(mark.X) + " " + number(mark.Y), Count: mark.Count}
	if mark.Count == 1 {
		for state := range mark.States {
			m.Sign = MapSigns[state]
		}
		m.Title, m.Link = ProofNames[m.Sign.State]+"，看台账", asked.Place(mark.ID)
		return m
	}
	var parts []string
	good := 0
	for i, sign := range MapSigns {
		if n := mark.States[i]; n > 0 {
			parts = append(parts, ProofNames[sign.State]+strconv.Itoa(n))
			if sign.State.Counts() {
				good += n
			}
		}
	}
	m.R = []float64{12, 14, 16, 18, 20, 22}[min(len(strconv.Itoa(mark.Count)), 6)-1]
	round := 2 * 3.14159265 * m.R
	m.Good = number(round*float64(good)/float64(mark.Count)) + " " + number(round)
	m.Title, m.Link = fmt.Sprintf("%d个点：%s，放大", mark.Count, strings.Join(parts, "，")), asked.Link(mark.Window)+"#map"
	if mark.Heaped {
		m.Title, m.Link = fmt.Sprintf("同一位置%d个：%s，看清单", mark.Count, strings.Join(parts, "，")), asked.Link(mark.Window)+"#points"
	}
	return m
}

// outside are the strips of a picture that are shown only because it is wider or higher than
// the window; their points aren't drawn, since the figures are of the window.
func outside(f plane.Frame) []MapBox {
	left, top := f.Point(f.Window.West, f.Window.North)
	right, bottom := f.Point(f.Window.East, f.Window.South)
	var boxes []MapBox
	for _, b := range []MapBox{{0, 0, left, f.Height}, {right, 0, f.Width - right, f.Height}, {left, 0, right - left, top}, {left, bottom, right - left, f.Height - bottom}} {
		if b.Width > 0.5 && b.Height > 0.5 {
			boxes = append(boxes, b)
		}
	}
	return boxes
}

// MapPanels are the table behind a map, to be downloaded, and who is in it.
func MapPanels(plan *campaign.Plan, asked TotalsAsked, shown []analytics.Point, rows []analytics.StandingRow, sql string) []Panel {
	p := newPage(plan, "地图")
	panel := Panel{ID: "map-points", Title: "地图上的点", SQL: sql, Base: MapBase(asked, int64(len(shown)))}
	panel.Table.Columns = columns(p.words.Task, Column{Name: "单位"}, Column{Name: "宣传形式"}, Column{Name: "地点"}, Column{Name: "数量", Numeric: true}, Column{Name: "计量单位"},
		Column{Name: "证明情况"}, Column{Name: "经度（WGS-84）", Numeric: true}, Column{Name: "纬度（WGS-84）", Numeric: true}, Column{Name: "编号"})
	at := make(map[string]analytics.StandingRow, len(rows))
	for _, row := range rows {
		at[row.Placement.String()] = row
	}
	degrees := func(v float64) Cell { return Cell{Text: strconv.FormatFloat(v, 'f', 6, 64), Number: &v} }
	for _, point := range shown {
		id := point.Placement.String()
		row := at[id]
		carrier := row.CarrierText
		if row.Carrier != "" {
			carrier = plan.CarrierName(row.Carrier)
		}
		sum := row.Quantity
		panel.Table.Rows = append(panel.Table.Rows, Row{Cells: []Cell{text(string(row.Task)), text(plan.UnitName(row.Unit)), text(carrier), text(row.Place),
			{Text: quantity(sum), Number: &sum}, text(row.Measure), text(ProofNames[point.State]), degrees(point.Longitude), degrees(point.Latitude), text(id)}, Link: "placements/" + url.PathEscape(id)})
	}
	p.add(panel)
	return p.Panels
}

// MapBase says who is on the map.
func MapBase(asked TotalsAsked, shown int64) string {
	return fmt.Sprintf("%s的记录，%s，有位置并且在图的范围之内的%d条。全部换算到WGS-84后画在平面上，没有底图；手机定位有几米到几十米的误差。", asked.about(), day(asked.AsOf), shown)
}
