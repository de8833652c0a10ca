package web

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"shuixuan/analytics"
	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

func (s *Server) sheetRoutes() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const wave = "/c/:campaign/waves/:wave"
	return []route{
		{get, "/c/:campaign/sheets", auth.SheetRead, s.sheetsChoice},
		{get, wave + "/sheets", auth.SheetRead, s.sheetsHome},
		{post, wave + "/sheets/print", auth.SheetPut, s.sheetsMove(survey.PrintSheets)},
		{post, wave + "/sheets/issue", auth.SheetPut, s.sheetsMove(survey.IssueSheets)},
		{post, wave + "/sheets/return", auth.SheetPut, s.sheetsMove(survey.ReturnSheets)},
		{post, wave + "/sheets/void", auth.SheetPut, s.sheetsMove(survey.VoidSheets)},
		{post, wave + "/sheets/archive", auth.SheetPut, s.sheetsMove(survey.ArchiveSheets)},
		{get, wave + "/sheets/numbers", auth.SheetRead, s.sheetsNumbers},
		{get, wave + "/sheets/numbers/:number", auth.SheetRead, s.sheetShow},
		{post, wave + "/sheets/numbers/:number/void", auth.ResponseSettle, s.sheetVoidResponse},
		{post, wave + "/scans", auth.ResponseEnter, s.scanAdd},
		{get, wave + "/scans", auth.ResponseEnter, s.scanList},
		{get, wave + "/scans/:scan/screen.jpg", auth.ResponseEnter, s.scanShow},
	}
}

// sheetsChoice leads to the newest wave of which a distributor holds sheets; else to the
// newest that takes answers, else to the last one.
func (s *Server) sheetsChoice(c *fiber.Ctx, v *visit) error {
	waves, err := s.Surveys.Waves(c.UserContext(), v.plan.Campaign.ID)
	if err != nil {
		return err
	}
	if len(waves) == 0 {
		return s.render(c, v, "entry_choice", "纸质问卷", waves)
	}
	sortWaves(waves)
	slices.Reverse(waves)
	to := waves[max(0, slices.IndexFunc(waves, func(w survey.Wave) bool { return !w.Closed }))]
	if auth.ReachOf(v.actor, auth.SheetRead) != auth.All {
		held, err := s.Surveys.WavesHeld(c.UserContext(), v.plan.Campaign.ID, v.actor.ID)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(waves, func(w survey.Wave) bool { return held[w.ID] }); i >= 0 {
			to = waves[i]
		}
	}
	return c.Redirect(waveAddress(v, to)+"/sheets", fiber.StatusSeeOther)
}

// sheetRun is sheets in a row that are alike.
type sheetRun struct {
	Span        string
	Count       int
	State       string
	Stratum     string
	Area        string
	Distributor string
	Young       bool
	Note        string // reason or place
	Entered     int
}

type sheetsPage struct {
	Wave     survey.Wave
	Own      bool // a distributor: what they hold
	Runs     []sheetRun
	Returns  *analytics.Returns
	Lines    []returnLine
	People   []auth.Person
	Next     string // the first number that is free
	Fields   url.Values
	Failed   string // the step that was refused
	Problem  *problem.Problem
	Double   int // second entries to settle
	Any      bool
	More     int // runs that are not shown
	OwnHeld  int // numbers in hand
	OwnTyped int
}

// Value gives what stands in a field of the form of a step.
func (p sheetsPage) Value(step, name string) string {
	if p.Failed == step {
		return p.Fields.Get(name)
	}
	return ""
}

// mostRuns is how many runs one page lists.
const mostRuns = 300

// returnLine is one line of the return table; each figure leads to its numbers.
type returnLine struct {
	analytics.ReturnCounts
	Total bool
	Query string // of the stratum in addresses
}

// Rate is a share of sheets with its two numbers.
func rateText(part, of int64) string {
	if of == 0 {
		return "—"
	}
	return strconv.FormatFloat(100*float64(part)/float64(of), 'f', 1, 64) + "%"
}

// ReturnRate is returned of issued.
func (l returnLine) ReturnRate() string { return rateText(l.Returned, l.Issued) }

// ValidRate is valid of returned.
func (l returnLine) ValidRate() string { return rateText(l.Valid(), l.Returned) }

func (s *Server) sheetsHome(c *fiber.Ctx, v *visit) error { return s.showSheets(c, v, sheetsPage{}) }

func (s *Server) showSheets(c *fiber.Ctx, v *visit, data sheetsPage) error {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	data.Wave, data.Own = wave, auth.ReachOf(v.actor, auth.SheetRead) != auth.All
	if data.Fields == nil {
		data.Fields = url.Values{}
	}
	filter := survey.SheetFilter{}
	if data.Own {
		filter.Distributor = v.actor.ID
	}
	var sheets []survey.Sheet
	var rows []analytics.ReturnRow
	both, asking := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		sheets, err = s.Surveys.Sheets(asking, v.plan.Campaign.ID, wave.ID, filter)
		return err
	})
	both.Go(func() (err error) {
		rows, _, err = s.Reader.ReturnRows(asking, v.plan, wave, s.scope(v, auth.SheetRead))
		return err
	})
	if err := both.Wait(); err != nil {
		return err
	}
	entered := map[string]bool{}
	for _, row := range rows {
		if row.Printed && row.How != "" {
			entered[row.Number] = true
		}
	}
	name, err := s.names(ctx, v)
	if err != nil {
		return err
	}
	data.Any = len(sheets) > 0
	data.Runs = sheetRuns(wave, sheets, entered, name)
	for _, one := range sheets {
		if data.Own && one.Issued && !one.Returned && !one.Void {
			data.OwnHeld++
		}
		if entered[one.Number] {
			data.OwnTyped++
		}
	}
	if data.More = max(0, len(data.Runs)-mostRuns); data.More > 0 {
		data.Runs = data.Runs[:mostRuns]
	}
	if !data.Own {
		if err := s.besideSheets(c, v, wave, q, sheets, &data); err != nil {
			return err
		}
	}
	if data.Problem != nil {
		c.Status(statuses[data.Problem.Kind])
	}
	return s.render(c, v, "sheets_list", "纸质问卷："+wave.Name, data)
}

// besideSheets gathers what the office sees beside the runs.
func (s *Server) besideSheets(c *fiber.Ctx, v *visit, wave survey.Wave, q survey.Questionnaire, sheets []survey.Sheet, data *sheetsPage) error {
	ctx := c.UserContext()
	var err error
	if data.Returns, err = s.Reader.Returns(ctx, v.plan, wave, s.scope(v, auth.SheetRead)); err != nil {
		return err
	}
	for _, one := range data.Returns.Strata {
		data.Lines = append(data.Lines, returnLine{ReturnCounts: one, Query: "stratum=" + url.QueryEscape(cmp.Or(one.Code, "-"))})
	}
	data.Lines = append(data.Lines, returnLine{ReturnCounts: data.Returns.Total, Total: true})
	if data.People, err = s.distributors(c, v); err != nil {
		return err
	}
	data.Next = nextNumber(sheets)
	open, err := s.Surveys.SecondEntries(ctx, v.plan.Campaign.ID, wave.ID, survey.SecondFilter{Open: true})
	data.Double = len(open)
	return err
}

// distributors are who may be given sheets.
func (s *Server) distributors(c *fiber.Ctx, v *visit) ([]auth.Person, error) {
	byID, err := s.accounts(c.UserContext())
	if err != nil {
		return nil, err
	}
	var list []auth.Person
	for _, p := range byID {
		if p.Campaign == v.plan.Campaign.ID && !p.Disabled && (p.Role == audit.RoleDistributor || p.Role == audit.RoleOffice) {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b auth.Person) int {
		return cmp.Or(strings.Compare(string(a.Role), string(b.Role)), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return list, nil
}

// nextNumber is the first free number after the last one printed.
func nextNumber(sheets []survey.Sheet) string {
	if len(sheets) == 0 {
		return "0001"
	}
	last := survey.SpanOf(sheets[len(sheets)-1:])
	last.First, last.Last = last.First+1, last.First+1
	return last.From()
}

func stratumName(w survey.Wave, code string) string {
	for _, s := range w.Strata {
		if s.Code == code {
			return s.Label
		}
	}
	return code
}

func areaName(w survey.Wave, code string) string {
	for _, a := range w.Areas {
		if a.Code == code {
			return a.Label
		}
	}
	return code
}

// sheetRuns puts sheets in a row together that are alike. One that was entered is back,
// whether or not anybody has registered that.
func sheetRuns(wave survey.Wave, sheets []survey.Sheet, entered map[string]bool, name func(string) string) []sheetRun {
	state := func(s survey.Sheet) string {
		if entered[s.Number] && s.Issued && !s.Returned && !s.Void && s.Archive == "" {
			return "已录入"
		}
		return s.State()
	}
	alike := func(a, b survey.Sheet) bool {
		return state(a) == state(b) && a.Stratum == b.Stratum && a.Area == b.Area && a.Distributor == b.Distributor && a.Young == b.Young && a.Reason == b.Reason && a.Archive == b.Archive
	}
	var list []sheetRun
	for _, run := range survey.SpansOf(sheets, alike) {
		one := run[0]
		r := sheetRun{Span: survey.SpanOf(run).String(), Count: len(run), State: state(one), Stratum: stratumName(wave, one.Stratum), Area: areaName(wave, one.Area), Young: one.Young, Note: cmp.Or(one.Reason, one.Archive)}
		if one.Distributor != "" {
			r.Distributor = name(one.Distributor)
		}
		for _, sheet := range run {
			if entered[sheet.Number] {
				r.Entered++
			}
		}
		list = append(list, r)
	}
	return list
}

// sheetsMove makes one step of sheets. A refused form comes back with what was filled in.
func (s *Server) sheetsMove(step survey.SheetStep) handler {
	return func(c *fiber.Ctx, v *visit) error {
		wave, _, err := s.wave(c, v, c.Params("wave"))
		if err != nil {
			return err
		}
		fields, err := form(c)
		if err != nil {
			return err
		}
		move := survey.SheetMove{Step: step, Young: fields.Get("young") != "", Distributor: fields.Get("distributor"), Stratum: fields.Get("stratum"), Area: fields.Get("area"),
			Reason: fields.Get("reason"), Archive: fields.Get("archive")}
		move.Spans, err = readSpans(step, fields)
		if err == nil && step == survey.IssueSheets && move.Distributor != "" {
			err = s.mayHold(c, v, move.Distributor)
		}
		if err == nil {
			_, err = s.Surveys.MoveSheets(c.UserContext(), v.actor, v.plan.Campaign.ID, wave, move)
		}
		if p, ok := problem.As(err); ok {
			return s.showSheets(c, v, sheetsPage{Fields: fields, Failed: string(step), Problem: p})
		}
		if err != nil {
			return err
		}
		return c.Redirect(waveAddress(v, wave)+"/sheets?done=sheet-"+string(step), fiber.StatusSeeOther)
	}
}

// readSpans reads which sheets are meant: to print, how many from which number on.
func readSpans(step survey.SheetStep, fields url.Values) ([]survey.Span, error) {
	if step != survey.PrintSheets {
		return survey.ParseSpans(fields.Get("numbers"))
	}
	first, err := survey.ParseSpans(cmp.Or(fields.Get("first"), "0001"))
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(survey.SheetNumber(fields.Get("count"))))
	if err != nil || n < 1 || n > survey.MostSheets || len(first) != 1 {
		return nil, problem.Invalid("还不能编印", "请按提示改正。", problem.Fault{Field: "count", Why: fmt.Sprintf("请填写要印多少张，1到%d之间的整数；起始编号只写一个", survey.MostSheets)})
	}
	span := first[0]
	span.Last = span.First + n - 1
	if len(strconv.Itoa(span.Last)) > 9 {
		return nil, problem.Invalid("还不能编印", "请按提示改正。", problem.Fault{Field: "first", Why: "编号超过9位数字，请换一个小些的起始编号"})
	}
	return []survey.Span{span}, nil
}

// mayHold refuses to issue sheets to somebody who is not of the campaign.
func (s *Server) mayHold(c *fiber.Ctx, v *visit, id string) error {
	people, err := s.distributors(c, v)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(people, func(p auth.Person) bool { return p.ID == id }) {
		return problem.Invalid("还不能发出", "请按提示改正。", problem.Fault{Field: "distributor", Why: "请从名单里选择发给谁；没有的请先在“账号”里添加"})
	}
	return nil
}

func waveAddress(v *visit, w survey.Wave) string {
	return "/c/" + v.plan.Campaign.ID + "/waves/" + url.PathEscape(string(w.ID))
}

// sheetLine is a sheet in the list of numbers.
type sheetLine struct {
	analytics.ReturnRow
	Label, AreaName, Holder, How, Why string
}

type numbersPage struct {
	Wave         survey.Wave
	Part         string
	Parts        []partOption
	Stratum      string
	Distributor  string
	People       []auth.Person
	Lines        []sheetLine
	Total        int
	Own          bool
	Distributors bool
}

type partOption struct{ Code, Name string }

// partNames are the words for the parts of the return table.
var partNames = map[analytics.ReturnPart]string{
	analytics.PartPrinted: "编印的", analytics.PartIssued: "发出的", analytics.PartOut: "在外未收回的", analytics.PartReturned: "收回的", analytics.PartOpen: "收回还没有录入的",
	analytics.PartValid: "有效的", "complete": "完整的", "partial": "部分完成的", analytics.PartInvalid: "无效的", "refused": "拒答的", "ineligible": "不符合条件的",
	"void": "答卷作废的", "duplicate": "重复的", "late": "迟到的", analytics.PartSpoiled: "未录入就作废的", analytics.PartElsewhere: "不在编号里的有效答卷", analytics.PartDoubtful: "编号要核对的",
}

// mostNumbers is how many numbers one page lists.
const mostNumbers = 2000

// sheetsNumbers lists the numbers behind a figure.
func (s *Server) sheetsNumbers(c *fiber.Ctx, v *visit) error {
	wave, _, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	data := numbersPage{Wave: wave, Part: c.Query("part"), Stratum: c.Query("stratum"), Distributor: c.Query("distributor"), Own: auth.ReachOf(v.actor, auth.SheetRead) != auth.All}
	for _, part := range analytics.ReturnParts {
		data.Parts = append(data.Parts, partOption{string(part), partNames[part]})
	}
	if partNames[analytics.ReturnPart(data.Part)] == "" {
		data.Part = string(analytics.PartPrinted)
	}
	rows, _, err := s.Reader.ReturnRows(c.UserContext(), v.plan, wave, s.scope(v, auth.SheetRead))
	if err != nil {
		return err
	}
	name, err := s.names(c.UserContext(), v)
	if err != nil {
		return err
	}
	if data.Own {
		data.Distributor = v.actor.ID
	} else if data.People, err = s.distributors(c, v); err != nil {
		return err
	}
	for _, row := range rows {
		if !row.Is(analytics.ReturnPart(data.Part)) || data.Stratum != "" && row.Stratum != strings.TrimPrefix(data.Stratum, "-") || data.Distributor != "" && row.Distributor != data.Distributor {
			continue
		}
		if data.Total++; data.Total > mostNumbers {
			continue
		}
		data.Lines = append(data.Lines, lineOf(wave, row, name))
	}
	return s.render(c, v, "sheets_numbers", partNames[analytics.ReturnPart(data.Part)]+"编号", data)
}

func lineOf(wave survey.Wave, row analytics.ReturnRow, name func(string) string) sheetLine {
	line := sheetLine{ReturnRow: row, Label: stratumName(wave, row.Stratum), AreaName: areaName(wave, row.Area)}
	if row.Distributor != "" {
		line.Holder = name(row.Distributor)
	}
	switch {
	case row.How == "late":
		line.How = "迟到"
	case row.How != "":
		line.How = survey.DispositionNames[survey.Disposition(row.How)]
	case row.Void:
		line.How = "作废"
	case row.Archive != "":
		line.How = "已归档"
	case row.Returned:
		line.How = "收回，未录入"
	case row.Issued:
		line.How = "在外"
	case row.Printed:
		line.How = "未发出"
	}
	line.Why = cmp.Or(reasonWords(row.Reason), row.Why)
	if row.Is(analytics.PartDoubtful) {
		line.Why = strings.TrimPrefix(line.Why+"；", "；") + doubtWords(wave, row)
	}
	return line
}

// reasonWords says the reason of a disposition; a code of ours has words.
func reasonWords(reason string) string {
	if reason == survey.QuotaFull {
		return "配额已满"
	}
	return reason
}

func doubtWords(wave survey.Wave, row analytics.ReturnRow) string {
	switch {
	case !row.Printed:
		return "这个编号没有印过"
	case row.Void:
		return "登记过作废，又录入了"
	case !row.Issued:
		return "还没有登记发出"
	}
	return "发给“" + stratumName(wave, row.IssuedFor) + "”，填的是“" + stratumName(wave, row.Stratum) + "”"
}

type sheetPage struct {
	Wave     survey.Wave
	Sheet    survey.Sheet
	Printed  bool
	History  []sheetEvent
	Response *survey.Response
	By       string
	Second   *survey.SecondEntry
	Scans    []survey.Scan
	Holder   string
	Label    string
	AreaName string
	How      string
	MayVoid  bool
	Problem  *problem.Problem
	Reason   string
}

type sheetEvent struct {
	survey.Sheet
	Name, By string
}

// sheetShow is one sheet from print to archive.
func (s *Server) sheetShow(c *fiber.Ctx, v *visit) error { return s.showSheet(c, v, nil, "") }

func (s *Server) showSheet(c *fiber.Ctx, v *visit, p *problem.Problem, reason string) error {
	ctx := c.UserContext()
	wave, _, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	campaign := v.plan.Campaign.ID
	data := sheetPage{Wave: wave, Problem: p, Reason: reason, MayVoid: v.may(auth.ResponseSettle)}
	if data.Sheet, data.Printed, err = s.Surveys.Sheet(ctx, campaign, wave.ID, c.Params("number")); err != nil {
		return err
	}
	own := auth.ReachOf(v.actor, auth.SheetRead) != auth.All
	if own && (!data.Printed || data.Sheet.Distributor != v.actor.ID) {
		return problem.NotFound("这张问卷")
	}
	if !data.Printed {
		data.Sheet.Number = survey.SheetNumber(c.Params("number"))
	}
	var name func(string) string
	var history []survey.Sheet
	var first []survey.FirstEntry
	number := data.Sheet.Number
	all, asking := errgroup.WithContext(ctx)
	all.Go(func() (err error) {
		name, err = s.names(asking, v)
		return err
	})
	all.Go(func() (err error) {
		history, err = s.Surveys.SheetHistory(asking, campaign, wave.ID, number)
		return err
	})
	all.Go(func() (err error) {
		data.Scans, err = s.Surveys.Scans(asking, campaign, wave.ID, number)
		return err
	})
	all.Go(func() (err error) {
		if first, err = s.Surveys.FirstEntries(asking, campaign, wave.ID, number); err != nil || len(first) == 0 {
			return err
		}
		held, err := s.Surveys.Response(asking, campaign, wave.ID, first[0].ID)
		if err != nil {
			return err
		}
		data.Response, data.How = &held, survey.DispositionNames[held.Disposition]
		second, err := s.Surveys.SecondEntries(asking, campaign, wave.ID, survey.SecondFilter{Response: held.ID})
		if len(second) > 0 {
			data.Second = &second[0]
		}
		return err
	})
	if err := all.Wait(); err != nil {
		return err
	}
	if !data.Printed && len(first) == 0 {
		return problem.NotFound("这张问卷")
	}
	for _, one := range history {
		data.History = append(data.History, sheetEvent{one, survey.SheetStepNames[one.Step], name(one.RecordedBy)})
	}
	if len(first) > 0 {
		data.By = name(first[0].By)
	}
	data.Holder, data.Label, data.AreaName = name(data.Sheet.Distributor), stratumName(wave, data.Sheet.Stratum), areaName(wave, data.Sheet.Area)
	if p != nil {
		c.Status(statuses[p.Kind])
	}
	return s.render(c, v, "sheets_show", data.Sheet.Number+"号", data)
}

// sheetVoidResponse takes the response of a sheet out of every figure.
func (s *Server) sheetVoidResponse(c *fiber.Ctx, v *visit) error {
	wave, q, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	fields, err := form(c)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(fields.Get("response"))
	if err != nil {
		return s.showSheet(c, v, problem.Invalid("还不能作废", "这一张还没有录入答卷。没有录入的请在“纸质问卷”页按编号作废。"), fields.Get("reason"))
	}
	_, err = s.Ingest.VoidResponse(c.UserContext(), v.actor, v.plan, wave, q, id, seenRevision(fields), fields.Get("reason"))
	if p, ok := problem.As(err); ok && p.Kind != problem.KindNotFound {
		return s.showSheet(c, v, p, fields.Get("reason"))
	}
	if err != nil {
		return err
	}
	return c.Redirect(waveAddress(v, wave)+"/sheets/numbers/"+url.PathEscape(c.Params("number"))+"?done=response-void", fiber.StatusSeeOther)
}
