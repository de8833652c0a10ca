package web

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/sync/errgroup"

	"shuixuan/analytics"
	"shuixuan/analytics/openanswers"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
	"shuixuan/dashboards/safecsv"
	"shuixuan/dashboards/workbook"
)

// board is a page that dashboards draws. One drawing answers three kinds of address: the
// page with its tables, the options of all of its charts as one JSON, and each panel as
// a file. So what is seen and what is downloaded can't disagree.
type board struct {
	verb auth.Verb
	// draw reads the request and gives what draws the page.
	draw func(c *fiber.Ctx, v *visit) (drawPage, error)
	// beside gives what stands on the page besides the panels; it may be nil.
	beside func(c *fiber.Ctx, v *visit) (any, error)
	view   string
	live   bool // an open page renews itself, see boardNews
	// patience is how long a page that renews itself waits for its drawing; zero: to its end.
	patience time.Duration
}

// pagePatience is how long somebody looks at nothing.
const pagePatience = 4 * time.Second

// at gives the routes of a board.
func (s *Server) at(path string, b board) []route {
	list := []route{
		{fiber.MethodGet, path, b.verb, s.boardPage(b)},
		{fiber.MethodGet, path + "/charts.json", b.verb, s.boardCharts(b)},
		{fiber.MethodGet, path + "/panels/:file", b.verb, s.boardPanel(b)},
	}
	if b.live {
		list = append(list, route{fiber.MethodGet, path + newsPath, b.verb, s.boardNews(b)})
	}
	return list
}

type boardData struct {
	Page    shown
	Address string // of this page, without its query
	Query   string // with its question mark, empty for none
	ShowSQL bool
	Beside  any
	Version string // of what it says, where the page renews itself
}

// Files is the address of a panel's files.
func (b boardData) File(id, kind string) string {
	return b.Address + "/panels/" + url.PathEscape(id) + "." + kind + b.Query
}

// drawn gives the board's page, from memory while nothing was written. The key holds
// whose figures they are, and whether those of the survey are among them.
func (s *Server) drawn(c *fiber.Ctx, v *visit, b board, patience time.Duration) (shown, error) {
	address := boardAddress(c.Path())
	key := fmt.Sprintf("%s?%s|%s|%t|%s", address, c.Context().QueryArgs().String(), auth.UnitOf(v.actor, b.verb), v.may(auth.SurveyRead), v.today)
	draw, err := b.draw(c, v)
	if err != nil {
		return shown{}, err
	}
	return s.pages.of(c.UserContext(), key, patience, draw)
}

// boardAddress cuts the ending of a chart's or panel's address.
func boardAddress(path string) string {
	path = strings.TrimSuffix(strings.TrimSuffix(path, "/charts.json"), newsPath)
	if i := strings.LastIndex(path, "/panels/"); i >= 0 {
		path = path[:i]
	}
	return path
}

func (s *Server) boardPage(b board) handler {
	return func(c *fiber.Ctx, v *visit) error {
		drawn, err := s.drawn(c, v, b, b.patience)
		if err != nil {
			return err
		}
		data := boardData{Page: drawn, Address: escapedPath(c.Path()), ShowSQL: v.may(auth.PlanPut)}
		if q := c.Context().QueryArgs().String(); q != "" {
			data.Query = "?" + q
		}
		if b.live {
			data.Version = version(drawn.Page)
		}
		if b.beside != nil {
			if data.Beside, err = b.beside(c, v); err != nil {
				return err
			}
		}
		return s.render(c, v, b.view, cmp.Or(drawn.Title, v.plan.Campaign.Name), data)
	}
}

// escapedPath writes a path as it stands in an address.
func escapedPath(path string) string { return (&url.URL{Path: path}).EscapedPath() }

// boardCharts answers the options of the page's charts. They hold data only; our own
// script starts them, so no text of a person ever becomes code.
func (s *Server) boardCharts(b board) handler {
	type chart struct {
		Option json.RawMessage `json:"option"`
		Height int             `json:"height"`
	}
	return func(c *fiber.Ctx, v *visit) error {
		drawn, err := s.drawn(c, v, b, 0)
		if err != nil {
			return err
		}
		charts := map[string]chart{}
		for _, p := range drawn.Panels {
			if p.Chart != nil && p.Failed == "" && p.EmptyMsg == "" {
				charts[p.ID] = chart{p.Chart, p.Height}
			}
		}
		return c.JSON(charts)
	}
}

// boardPanel answers one panel as CSV or workbook.
func (s *Server) boardPanel(b board) handler {
	return func(c *fiber.Ctx, v *visit) error {
		drawn, err := s.drawn(c, v, b, 0)
		if err != nil {
			return err
		}
		return s.sendPanel(c, v, drawn.panels(), "")
	}
}

// sendPanel sends the panel and in the kind that the address names; before stands before its
// title in the name of the file.
func (s *Server) sendPanel(c *fiber.Ctx, v *visit, panels []dashboards.Panel, before string) error {
	id, kind, _ := strings.Cut(c.Params("file"), ".")
	for _, p := range panels {
		if p.ID != id || p.Failed != "" {
			continue
		}
		if kind == "csv" || kind == "xlsx" {
			if err := s.logRead(c, v, "panel.export", "panel", p.ID); err != nil {
				return err
			}
		}
		switch kind {
		case "csv":
			return s.download(c, before+p.Title+".csv", func(w io.Writer) error { return panelCSV(w, p) })
		case "xlsx":
			return s.download(c, before+p.Title+".xlsx", func(w io.Writer) error { return workbook.Panel(w, p) })
		}
	}
	return problem.NotFound("这张图表")
}

// panelCSV writes a panel's table with a byte order mark, by which Excel knows UTF-8.
// Text that a spreadsheet would run as a formula gets an apostrophe before it.
func panelCSV(w io.Writer, p dashboards.Panel) error {
	out := safecsv.New(w)
	row := make([]string, len(p.Table.Columns))
	for i, column := range p.Table.Columns {
		row[i] = safecsv.Text(column.Name)
	}
	out.Write(row)
	for _, r := range p.Table.Rows {
		row = row[:0]
		for _, cell := range r.Cells {
			if cell.Number == nil {
				row = append(row, safecsv.Text(cell.Text))
			} else {
				row = append(row, cell.Text)
			}
		}
		out.Write(row)
	}
	if p.Base != "" {
		out.Write([]string{safecsv.Text(p.Base)})
	}
	return out.Close()
}

// atOnce is how many questions of one page are asked side by side; the engine has this
// many connections.
const atOnce = 4

// sideBySide runs work at the same time. Each piece keeps its own error, so that one
// costs one panel.
func sideBySide(ctx context.Context, work ...func(context.Context)) {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, w := range work {
		g.Go(func() error { w(ctx); return nil })
	}
	_ = g.Wait() // no piece gives an error
}

// noted logs why a panel failed, since its page only says that it did.
func noted[T any](s *Server, c string, value *T, err error) dashboards.Result[T] {
	if err != nil {
		s.log.Error("panel failed", "reference", c, "error", err.Error())
	}
	return dashboards.Of(value, err)
}

func (s *Server) scope(v *visit, verb auth.Verb) analytics.Scope {
	return analytics.Scope{Campaign: v.plan.Campaign.ID, Unit: org.UnitID(auth.UnitOf(v.actor, verb)), AsOf: v.today}
}

func (s *Server) coverageBoard() board {
	return board{verb: auth.CoverageRead, view: "coverage", live: true, patience: pagePatience, draw: func(c *fiber.Ctx, v *visit) (drawPage, error) {
		ref := reference(c)
		return func(ctx context.Context) (*dashboards.Page, error) {
			got, err := s.Reader.Coverage(ctx, v.plan, s.scope(v, auth.CoverageRead))
			page := dashboards.Coverage(v.plan, noted(s, ref, got, err))
			return &page, nil
		}, nil
	}}
}

// waveSide is what stands beside the panels of a survey.
type waveSide struct {
	Wave      survey.Wave
	Waves     []survey.Wave
	Questions []survey.Question
	Question  survey.Question
	By        string
	Groupings []grouping
	Margins   marginsState // on the page of the wave
	Quotes    *quotesView  // of an open question, for those who may read answers
}

// quotesView is a page of what was written, masked.
type quotesView struct {
	Text   string
	Group  string
	Labels []string
	Found  openanswers.Quotes
	Pages  int
	Masked int64
	Query  template.URL // of the search, for further pages
}

// quotes searches the answers to an open question.
func (s *Server) quotes(c *fiber.Ctx, v *visit, wave survey.Wave, q survey.Questionnaire, question, by string) (*quotesView, error) {
	if !groupedBy(wave, q, by) {
		return nil, problem.NotFound("这种分组")
	}
	o, err := s.Reader.Opened(c.UserContext(), v.plan, wave, q, question, by)
	if err != nil {
		return nil, err
	}
	view := &quotesView{Text: strings.TrimSpace(c.Query("q")), Group: c.Query("group"), Labels: o.Labels}
	group, err := strconv.Atoi(view.Group)
	if err != nil || group < 0 || group >= len(o.Labels) {
		group, view.Group = -1, ""
	}
	view.Found = o.Answers.Search(openanswers.Query{Text: view.Text, Group: group, Page: max(1, c.QueryInt("page", 1)), Size: quotesShown})
	view.Pages = (view.Found.Total + quotesShown - 1) / quotesShown
	for _, n := range o.Answers.Masks {
		view.Masked += n
	}
	view.Query = template.URL(url.Values{"by": {by}, "q": {view.Text}, "group": {view.Group}}.Encode())
	return view, nil
}

// quotesShown is how many quotes stand on a page.
const quotesShown = 20

// grouping is one way to divide the respondents.
type grouping struct{ Name, Label string }

func (s *Server) waveBoard() board {
	return board{verb: auth.SurveyRead, view: "survey", live: true, patience: pagePatience, beside: s.besideWaveBoard, draw: func(c *fiber.Ctx, v *visit) (drawPage, error) {
		wave, q, err := s.wave(c, v, c.Params("wave"))
		if err != nil {
			return nil, err
		}
		ref := reference(c)
		return func(ctx context.Context) (*dashboards.Page, error) {
			return s.drawWave(ctx, v, ref, fieldwork{wave, q})
		}, nil
	}}
}

// drawWave asks for what the page of a wave shows.
func (s *Server) drawWave(ctx context.Context, v *visit, ref string, f fieldwork) (*dashboards.Page, error) {
	wave, q := f.wave, f.q
	var progress dashboards.Result[analytics.Progress]
	var indicators dashboards.Result[analytics.Indicators]
	var weighted dashboards.Result[analytics.Weighted]
	names := dashboards.SurveyQuestions(q)
	found := make([]dashboards.Result[analytics.Distribution], len(names))
	work := []func(context.Context){
		func(ctx context.Context) {
			got, err := s.Reader.Progress(ctx, v.plan, wave, s.scope(v, auth.SurveyRead))
			progress = noted(s, ref, got, err)
		},
		func(ctx context.Context) {
			got, err := s.Reader.Indicators(ctx, v.plan, wave, q, "stratum")
			indicators = noted(s, ref, got, err)
		},
		func(ctx context.Context) {
			got, err := s.Reader.Weighted(ctx, v.plan, wave, q, "stratum")
			weighted = noted(s, ref, got, err)
		},
	}
	for i, name := range names {
		work = append(work, func(ctx context.Context) {
			got, err := s.Reader.Distribution(ctx, v.plan, wave, q, name, "")
			found[i] = noted(s, ref, got, err)
		})
	}
	sideBySide(ctx, work...)
	answers := map[string]dashboards.Result[analytics.Distribution]{}
	for i, name := range names {
		answers[name] = found[i]
	}
	page := dashboards.Survey(v.plan, wave, q, progress, indicators, weighted, answers)
	return &page, nil
}

// analysisBoard is what goes with what in a wave.
func (s *Server) analysisBoard() board {
	return board{verb: auth.SurveyRead, view: "analysis", beside: s.besideWave, draw: func(c *fiber.Ctx, v *visit) (drawPage, error) {
		wave, q, err := s.wave(c, v, c.Params("wave"))
		if err != nil {
			return nil, err
		}
		ref := reference(c)
		return func(ctx context.Context) (*dashboards.Page, error) {
			var drivers dashboards.Result[analytics.Drivers]
			var exposed dashboards.Result[analytics.Exposed]
			var around dashboards.Result[analytics.Surroundings]
			sideBySide(ctx, func(ctx context.Context) {
				got, err := s.Reader.Drivers(ctx, v.plan, wave, q)
				drivers = noted(s, ref, got, err)
			}, func(ctx context.Context) {
				got, err := s.Reader.Exposed(ctx, v.plan, wave, q)
				exposed = noted(s, ref, got, err)
			}, func(ctx context.Context) {
				got, err := s.Reader.Surroundings(ctx, v.plan, wave, q, v.today)
				around = noted(s, ref, got, err)
			})
			page := dashboards.Analysis(v.plan, wave, drivers, exposed, around)
			return &page, nil
		}, nil
	}}
}

func (s *Server) questionBoard() board {
	return board{verb: auth.SurveyRead, view: "question", beside: s.besideWave, draw: func(c *fiber.Ctx, v *visit) (drawPage, error) {
		wave, q, err := s.wave(c, v, c.Params("wave"))
		if err != nil {
			return nil, err
		}
		question, known := q.Question(c.Params("question"))
		if !known || question.Type == survey.Note {
			return nil, problem.NotFound("这道题")
		}
		by := c.Query("by", "stratum")
		if !groupedBy(wave, q, by) {
			return nil, problem.NotFound("这种分组")
		}
		ref := reference(c)
		return func(ctx context.Context) (*dashboards.Page, error) {
			return s.drawQuestion(ctx, v, ref, fieldwork{wave, q}, question, by)
		}, nil
	}}
}

// drawQuestion asks for what the page of a question shows.
func (s *Server) drawQuestion(ctx context.Context, v *visit, ref string, f fieldwork, question survey.Question, by string) (*dashboards.Page, error) {
	wave, q := f.wave, f.q
	var distribution dashboards.Result[analytics.Distribution]
	var indicators dashboards.Result[analytics.Indicators]
	var weighted dashboards.Result[analytics.Weighted]
	var trends dashboards.Result[[]analytics.Trend]
	sideBySide(ctx, func(ctx context.Context) {
		got, err := s.Reader.Distribution(ctx, v.plan, wave, q, question.Name, by)
		distribution = noted(s, ref, got, err)
	}, func(ctx context.Context) {
		got, err := s.Reader.Indicators(ctx, v.plan, wave, q, by)
		indicators = noted(s, ref, got, err)
	}, func(ctx context.Context) {
		got, err := s.Reader.Weighted(ctx, v.plan, wave, q, by)
		weighted = noted(s, ref, got, err)
	}, func(ctx context.Context) {
		got, err := s.trends(ctx, v, analytics.Fieldwork{Wave: wave, Questionnaire: q}, question.Name)
		trends = noted(s, ref, &got, err)
	})
	all := dashboards.Answered{Distribution: distribution, Indicators: indicators, Weighted: weighted, Trends: trends}
	if question.Written() {
		got, err := s.Reader.Opened(ctx, v.plan, wave, q, question.Name, by)
		all.Opened = noted(s, ref, got, err)
	}
	page := dashboards.Question(v.plan, wave, question, all)
	return &page, nil
}

// trends reads how a question's indicators moved over the waves of the campaign.
func (s *Server) trends(ctx context.Context, v *visit, now analytics.Fieldwork, question string) ([]analytics.Trend, error) {
	waves, err := s.Surveys.Waves(ctx, v.plan.Campaign.ID)
	if err != nil {
		return nil, err
	}
	sortWaves(waves)
	var all []analytics.Fieldwork
	for _, w := range waves {
		one, err := s.fieldwork(ctx, v.plan.Campaign.ID, w.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, analytics.Fieldwork{Wave: one.wave, Questionnaire: one.q})
	}
	return s.Reader.Trends(ctx, v.plan, all, now, question)
}

// groupedBy tells whether respondents can be divided so.
func groupedBy(wave survey.Wave, q survey.Questionnaire, by string) bool {
	for _, g := range groupings(wave, q) {
		if g.Name == by {
			return true
		}
	}
	return by == "stratum"
}

// groupings are the strata, the areas and the choice questions with few answers.
func groupings(wave survey.Wave, q survey.Questionnaire) []grouping {
	label := "人群"
	if stratum, ok := q.Question(q.Stratum); ok {
		label = stratum.Title()
	}
	list := []grouping{{analytics.Stratum, label}}
	if len(wave.Areas) > 0 {
		list = append(list, grouping{analytics.ByArea, "片区"})
	}
	for _, question := range q.Items() {
		if analytics.GroupsBy(question) && question.Name != q.Stratum {
			list = append(list, grouping{question.Name, question.Title()})
		}
	}
	return list
}

func (s *Server) besideWave(c *fiber.Ctx, v *visit) (any, error) {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return nil, err
	}
	waves, err := s.Surveys.Waves(c.UserContext(), v.plan.Campaign.ID)
	if err != nil {
		return nil, err
	}
	sortWaves(waves)
	side := waveSide{Wave: wave, Waves: waves, Groupings: groupings(wave, q), By: c.Query("by", "stratum")}
	for _, question := range q.Items() {
		if question.Type != survey.Note {
			side.Questions = append(side.Questions, question)
		}
	}
	side.Question, _ = q.Question(c.Params("question"))
	if side.Question.Written() && auth.ReachOf(v.actor, auth.ResponseRead) == auth.All {
		if side.Quotes, err = s.quotes(c, v, wave, q, side.Question.Name, side.By); err != nil {
			return nil, err
		}
	}
	return side, nil
}

// sortWaves puts the newest last, as they are spoken of.
func sortWaves(waves []survey.Wave) {
	sort.SliceStable(waves, func(i, j int) bool {
		if !waves[i].Start.Equal(waves[j].Start) {
			return waves[i].Start.Before(waves[j].Start)
		}
		return waves[i].ID < waves[j].ID
	})
}

// wavesHome leads to the newest wave.
func (s *Server) wavesHome(c *fiber.Ctx, v *visit) error {
	waves, err := s.Surveys.Waves(c.UserContext(), v.plan.Campaign.ID)
	if err != nil {
		return err
	}
	if len(waves) == 0 {
		return s.render(c, v, "waves_none", "问卷", nil)
	}
	sortWaves(waves)
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/waves/"+url.PathEscape(string(waves[len(waves)-1].ID)), fiber.StatusSeeOther)
}
