package web

import (
	"bytes"
	"html/template"
	"net/url"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/app/internal/auth"
	"shuixuan/dashboards"
	"shuixuan/dashboards/plane"
)

func (s *Server) mapRoutes() []route {
	const get, post, at = fiber.MethodGet, fiber.MethodPost, "/c/:campaign/map"
	return []route{
		{get, at, auth.PlacementRead, s.mapPage},
		{get, at + ".svg", auth.PlacementRead, s.mapFile},
		{get, at + "/panels/:file", auth.PlacementRead, s.mapPanel},
		{get, at + "/boundary", auth.BoundaryPut, s.boundaryForm},
		{post, at + "/boundary", auth.BoundaryPut, s.boundaryPut},
		{post, at + "/boundary/remove", auth.BoundaryPut, s.boundaryRemove},
	}
}

// mapAsked is what the address asks the map for, with the points that answer it.
type mapAsked struct {
	narrowing
	window  plane.Window
	located *analytics.Located
	shown   []analytics.Point // those in the window
}

func (s *Server) mapAsked(c *fiber.Ctx, v *visit) (mapAsked, error) {
	a := mapAsked{narrowing: readNarrowing(c, v, "standing")}
	if window, ok := plane.Parse(c.Query("window")); ok {
		a.window = window
	}
	var err error
	if a.located, err = s.Reader.Located(c.UserContext(), v.plan, a.scope(v), a.chosen()); err != nil {
		return a, err
	}
	a.shown = a.located.Points
	if !a.window.IsZero() {
		a.shown = nil
		for _, p := range a.located.Points {
			if a.window.Holds(p.Longitude, p.Latitude) {
				a.shown = append(a.shown, p)
			}
		}
	}
	return a, nil
}

// query is the view in an address, with another window.
func (a mapAsked) query(v *visit, window plane.Window) url.Values {
	values := a.values(v)
	if values.Get("state") == "standing" {
		values.Del("state")
	}
	if !window.IsZero() {
		values.Set("window", window.String())
	}
	return values
}

// mapData is the page of the map.
type mapData struct {
	Filter       narrowingView
	Pictures     []mapPicture
	Legend       []mapSign
	Title        string
	Base         string
	Shown        int
	Located      int            // with a position, in the window or not
	Unplaced     int64          // -1: can't be had
	UnplacedRows template.URL   // the query of their list
	Query        template.URL   // of this view
	Whole, Out   string         // addresses of larger windows, empty where all is shown
	Lines        []standingLine // of the list beside the map
	Next         string
	First        bool
	Warning      string // about the outline
	Outlined     bool
	SQL          string
}

// mapPicture is a picture as it is written: alone in a file, or on the page.
type mapPicture struct {
	dashboards.MapPicture
	Alone  bool
	Title  string
	Words  []dashboards.MapLine
	Legend []mapSign
}

// mapSign is an entry of the legend; Link shows these only.
type mapSign struct {
	dashboards.MapSign
	Name string
	N    int
	Link string
	X, Y int // in a picture that stands alone
}

func (s *Server) mapPage(c *fiber.Ctx, v *visit) error {
	a, err := s.mapAsked(c, v)
	if err != nil {
		return err
	}
	data, asked := s.mapFrame(c, v, a)
	for _, shape := range []dashboards.MapShape{dashboards.MapWide, dashboards.MapNarrow} {
		data.Pictures = append(data.Pictures, mapPicture{MapPicture: dashboards.Map(v.plan, shape, a.shown, asked)})
	}
	total, err := s.Reader.Totals(c.UserContext(), v.plan, a.scope(v), a.chosen())
	if data.Unplaced = -1; err == nil {
		data.Unplaced = total.Unplaced
	} else {
		s.log.Error("panel failed", "reference", reference(c), "error", err.Error())
	}
	rows := a.values(v)
	rows.Set("position", "none")
	data.UnplacedRows = template.URL(rows.Encode())
	if err := s.mapLines(c, v, a, &data); err != nil {
		return err
	}
	return s.render(c, v, "map", "地图", data)
}

// mapFrame is the page without its pictures and its list, and what its pictures are made of.
func (s *Server) mapFrame(c *fiber.Ctx, v *visit, a mapAsked) (mapData, dashboards.MapAsked) {
	base := "/c/" + v.plan.Campaign.ID
	link := func(w plane.Window) string { return withQuery(base+"/map", a.query(v, w)) }
	data := mapData{Filter: a.view(v, base+"/map", "standing", "counted", "todo", "all"), Title: v.plan.Campaign.Name + "宣传位置图", Base: dashboards.MapBase(a.asked(v), int64(len(a.shown))),
		Shown: len(a.shown), Located: len(a.located.Points), Query: template.URL(a.query(v, a.window).Encode())}
	data.Filter.AsksDay = true
	if v.may(auth.PlanPut) {
		data.SQL = a.located.SQL
	}
	if !a.window.IsZero() {
		data.Filter.Keep.Set("window", a.window.String())
		data.Filter.Narrowed = true
		data.Whole, data.Out = link(plane.Window{})+"#map", link(a.window.Larger())+"#map"
	}
	counts := map[analytics.ProofState]int{}
	for _, p := range a.shown {
		counts[p.State]++
	}
	for _, sign := range dashboards.MapSigns {
		values := a.query(v, a.window)
		values.Set("state", string(sign.State))
		data.Legend = append(data.Legend, mapSign{MapSign: sign, Name: dashboards.ProofNames[sign.State], N: counts[sign.State], Link: withQuery(base+"/map", values)})
	}
	asked := dashboards.MapAsked{Window: a.window, Link: link, Place: func(id string) string { return base + "/placements/" + id }}
	held, outline, err := s.outline(c.UserContext(), v)
	switch {
	case err != nil:
		s.log.Error("panel failed", "reference", reference(c), "error", err.Error())
		data.Warning = "边界暂时读不出来，地图只画了点。多次如此，请告诉系统管理员。"
	case held.Shown():
		asked.Outline, data.Outlined = outline.Shape, true
		asked.Caption = held.Source + "，审图号：" + held.Number
	}
	return data, asked
}

// withQuery joins an address and its query.
func withQuery(address string, values url.Values) string {
	if q := values.Encode(); q != "" {
		return address + "?" + q
	}
	return address
}

// mapRows is how many rows stand below the map at once: a phone shows one to a screen.
const mapRows = 20

// mapLines fills the list beside the map: the same points, a page of them.
func (s *Server) mapLines(c *fiber.Ctx, v *visit, a mapAsked, data *mapData) error {
	after := c.Query("after")
	rest := analytics.PointsAfter(a.shown, after)
	data.First = len(rest) == len(a.shown)
	if len(rest) > mapRows {
		rest = rest[:mapRows]
		data.Next = rest[mapRows-1].Cursor()
	}
	if len(rest) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(rest))
	for i, p := range rest {
		ids[i] = p.Placement
	}
	rows, err := s.Reader.Standing(c.UserContext(), v.plan, a.scope(v), analytics.StandingFilter{Placements: ids})
	if err != nil {
		return err
	}
	byID := map[uuid.UUID]analytics.StandingRow{}
	for _, row := range rows {
		byID[row.Placement] = row
	}
	for _, id := range ids {
		if row, known := byID[id]; known {
			data.Lines = append(data.Lines, standingLineOf(v, row, a.scope(v).AsOf))
		}
	}
	return nil
}

// mapFile sends the map as a picture that stands alone.
func (s *Server) mapFile(c *fiber.Ctx, v *visit) error {
	a, err := s.mapAsked(c, v)
	if err != nil {
		return err
	}
	data, asked := s.mapFrame(c, v, a)
	picture := mapPicture{MapPicture: dashboards.Map(v.plan, dashboards.MapWide, a.shown, asked), Alone: true, Title: data.Title}
	picture.Tall += 28
	for i, sign := range data.Legend {
		sign.X, sign.Y = 12+i*134, picture.Tall-10
		picture.Legend = append(picture.Legend, sign)
	}
	picture.Words = picture.Below(data.Base)
	view, err := s.views.page("map")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	if err := view.ExecuteTemplate(&b, "map-svg", picture); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "image/svg+xml")
	c.Set(fiber.HeaderContentDisposition, "attachment; filename*=UTF-8''"+url.PathEscape(data.Title+".svg"))
	return c.Send(b.Bytes())
}

// mapPanel sends the points of the view as a table.
func (s *Server) mapPanel(c *fiber.Ctx, v *visit) error {
	a, err := s.mapAsked(c, v)
	if err != nil {
		return err
	}
	rows, err := s.Reader.Standing(c.UserContext(), v.plan, a.scope(v), analytics.StandingFilter{Chosen: a.chosen()})
	if err != nil {
		return err
	}
	return s.sendPanel(c, v, dashboards.MapPanels(v.plan, a.asked(v), a.shown, rows, a.located.SQL), "")
}
