package web

import (
	"cmp"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/analytics"
	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
)

// The screening of a wave is for the office alone: it names people of whom nothing is proven.
// Nothing is changed here; a sheet is voided on its own page (sheets.go, responses.go), with
// a reason.
func (s *Server) screeningRoutes() []route {
	const get = fiber.MethodGet
	const wave = "/c/:campaign/waves/:wave"
	return []route{
		{get, wave + "/screening", auth.ResponseScreen, s.screeningPage},
		{get, wave + "/screening/panels/:file", auth.ResponseScreen, s.screeningPanel},
	}
}

// usualPatience is how long a page waits for a screening before it says how far it is. A wave of
// 10,000 sheets is done by then.
const usualPatience = 2 * time.Second

type screeningData struct {
	Wave         survey.Wave
	Page         dashboards.ScreeningPage
	At           time.Time
	Pace         *analytics.Pace // of a screening that isn't finished
	Filter       dashboards.ScreeningFilter
	Query        template.URL // the filter as it stands in addresses, without the page
	Distributors []screenedName
	PageNumber   int
	Last         int
	ShowSQL      bool
}

// screenedName is a distributor to choose.
type screenedName struct{ ID, Name string }

// screenedBox is a panel with the addresses of its files.
type screenedBox struct {
	dashboards.Panel
	Address, Query string
	ShowSQL        bool
}

// File is the address of the panel as a file.
func (b screenedBox) File(kind string) string {
	return b.Address + "/panels/" + b.ID + "." + kind + b.Query
}

// Box gives a panel of the page by its id, nil where there is none.
func (d screeningData) Box(address, id string) *screenedBox {
	i := slices.IndexFunc(d.Page.Panels, func(p dashboards.Panel) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	box := &screenedBox{Panel: d.Page.Panels[i], Address: address, ShowSQL: d.ShowSQL}
	if d.Query != "" && id == dashboards.ScreeningSheets {
		box.Query = "?" + string(d.Query)
	}
	return box
}

// First is the number of the first sheet that is shown, Until that of the last.
func (d screeningData) First() int { return d.Filter.From + 1 }

// Until is the number of the last sheet that is shown.
func (d screeningData) Until() int { return min(d.Filter.From+d.Filter.Rows, d.Page.Listed) }

// readScreeningFilter reads whose sheets, and which, the address asks for.
func readScreeningFilter(c *fiber.Ctx) (dashboards.ScreeningFilter, url.Values) {
	f := dashboards.ScreeningFilter{Distributor: c.Query("distributor"), Recontact: c.Query("recontact") != ""}
	query := url.Values{}
	if f.Distributor != "" {
		query.Set("distributor", f.Distributor)
	}
	if f.Recontact {
		query.Set("recontact", "1")
	}
	return f, query
}

func (s *Server) screeningPage(c *fiber.Ctx, v *visit) error {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	data := screeningData{Wave: wave, ShowSQL: v.may(auth.PlanPut)}
	var query url.Values
	data.Filter, query = readScreeningFilter(c)
	data.Query = template.URL(query.Encode())
	got, pace, err := s.Reader.Screened(c.UserContext(), v.plan, wave, q, s.patience)
	if err != nil {
		return err
	}
	if got == nil {
		data.Pace = &pace
		return s.render(c, v, "screening", "质量筛查："+wave.Name, data)
	}
	name, err := s.names(c.UserContext(), v)
	if err != nil {
		return err
	}
	data.At = got.At
	data.Filter.Rows, data.PageNumber = pageRows, 1
	if n, err := strconv.Atoi(c.Query("page")); err == nil && n > 1 && n <= len(got.Listed)/pageRows+1 {
		data.PageNumber, data.Filter.From = n, (n-1)*pageRows
	}
	if data.Page = dashboards.Screening(v.plan, wave, got, name, data.Filter); data.Filter.From >= data.Page.Listed { // sheets were voided meanwhile
		data.PageNumber, data.Filter.From = 1, 0
		data.Page = dashboards.Screening(v.plan, wave, got, name, data.Filter)
	}
	data.Last = max(1, (data.Page.Listed+pageRows-1)/pageRows)
	data.Distributors = screenedNames(got, name)
	return s.render(c, v, "screening", "质量筛查："+wave.Name, data)
}

// screenedNames are those of whom sheets are listed, by name.
func screenedNames(got *analytics.Screened, name func(string) string) []screenedName {
	var list []screenedName
	seen := map[string]bool{"": true}
	for _, one := range got.Listed {
		if !seen[one.Distributor] {
			seen[one.Distributor] = true
			list = append(list, screenedName{one.Distributor, name(one.Distributor)})
		}
	}
	slices.SortFunc(list, func(a, b screenedName) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return list
}

// screeningPanel sends a panel as a file; of the sheets all that pass the filter.
func (s *Server) screeningPanel(c *fiber.Ctx, v *visit) error {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	filter, _ := readScreeningFilter(c)
	got, _, err := s.Reader.Screened(c.UserContext(), v.plan, wave, q, s.patience)
	if err != nil {
		return err
	}
	if got == nil {
		return problem.Unavailable("筛查还没有算完", "请先打开“质量筛查”页，等它算完后再下载。")
	}
	name, err := s.names(c.UserContext(), v)
	if err != nil {
		return err
	}
	page := dashboards.Screening(v.plan, wave, got, name, filter)
	return s.sendPanel(c, v, page.Panels, wave.Name+"质量筛查：")
}
