package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/ingest"
)

// The JSON API for programs. It takes the same ways as the pages: the same verbs, the
// same intake, the same questions. Its routes are described in openapi.json, which a
// test makes again from this table.

// apiPrefix stands before every address of the API.
const apiPrefix = "/api/v1"

// apiRoute is one line of the API's table, with what its description says.
type apiRoute struct {
	route
	summary string
	query   []apiParam
	body    any    // of a POST, nil for none
	upload  bool   // the body is a form with a file
	status  int    // of a success
	answer  any    // of a success
	file    string // media type, where the answer is a file
}

// apiParam is a parameter of an address.
type apiParam struct {
	name, about string
	values      []string // closed list, nil for free text
}

// items is a list with the cursor to go on with; Next is null at the end.
type items[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next"`
}

// list answers a list that ends here.
func list[T any](c *fiber.Ctx, all []T) error { return listFrom(c, all, "") }

func listFrom[T any](c *fiber.Ctx, all []T, next string) error {
	if all == nil {
		all = []T{}
	}
	answer := items[T]{Items: all}
	if next != "" {
		answer.Next = &next
	}
	return c.JSON(answer)
}

// maxPage is the most things that one answer holds; asking for more gives this many.
const maxPage = 1000

// limitOf reads limit.
func limitOf(c *fiber.Ctx) (int, error) {
	text := c.Query("limit")
	if text == "" {
		return 100, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, problem.Invalid("limit 应为1到1000的整数", "请改正后再请求。", problem.Fault{Field: "limit", Why: fmt.Sprintf("收到的是“%s”", text)})
	}
	return min(n, maxPage), nil
}

// body reads a JSON body strictly: a misspelt field is told, not dropped, and so is what
// follows the document. The decoder would put a sign for "unknown" in place of bytes that
// are no UTF-8, and a name sent in GB18030 would be kept as a row of them.
func body(c *fiber.Ctx, into any) error {
	err := errors.New("请求体不是UTF-8编码")
	if utf8.Valid(c.Body()) {
		decoder := json.NewDecoder(bytes.NewReader(c.Body()))
		decoder.DisallowUnknownFields()
		if err = decoder.Decode(into); err == nil && decoder.More() {
			err = errors.New("一次只能提交一个JSON对象，后面还有内容")
		}
	}
	if err != nil {
		return problem.Invalid("请求的JSON读不懂", "请对照 /api/openapi.json 检查字段名和类型。", problem.Fault{Why: err.Error()}).Because(err)
	}
	return nil
}

// campaignJSON is a campaign as the API tells it.
type campaignJSON struct {
	ID      string         `json:"id"`
	Name    string         `json:"name"`
	Short   string         `json:"short"`
	Summary string         `json:"summary"`
	Window  windowJSON     `json:"window"`
	Words   campaign.Words `json:"words"`
	Fields  []string       `json:"fields"`
	Demo    bool           `json:"demo"`
}

// windowJSON is a span of civil dates; a null start is not settled, a null end is open
// or not settled.
type windowJSON struct {
	Start *string `json:"start"`
	End   *string `json:"end"`
	Open  bool    `json:"open"`
}

func campaignOf(c campaign.Campaign) campaignJSON {
	return campaignJSON{ID: c.ID, Name: c.Name, Short: c.Short, Summary: c.Summary, Window: windowOf(c.Window), Words: c.Words, Fields: nonNil(c.Fields), Demo: c.Demo}
}

func windowOf(w campaign.Window) windowJSON {
	return windowJSON{Start: day(w.Start), End: day(w.End), Open: w.Open}
}

// day is a civil date in ISO form, null where there is none.
func day(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.Format(time.DateOnly)
	return &s
}

// parseDay reads a civil date in ISO form; null and empty are none.
func parseDay(field string, s *string) (time.Time, []problem.Fault) {
	if s == nil || *s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, *s)
	if err != nil {
		return time.Time{}, []problem.Fault{{Field: field, Why: fmt.Sprintf("“%s”不是 2014-09-05 这样的日期", *s)}}
	}
	return t, nil
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (s *Server) apiCampaigns(c *fiber.Ctx, v *visit) error {
	all, err := s.Campaigns.Campaigns(c.UserContext())
	if err != nil {
		return err
	}
	var mine []campaignJSON
	for _, one := range all {
		if v.actor.Campaign == "" || v.actor.Campaign == one.ID {
			mine = append(mine, campaignOf(one))
		}
	}
	return list(c, mine)
}

func (s *Server) apiCampaign(c *fiber.Ctx, v *visit) error {
	return c.JSON(campaignOf(v.plan.Campaign))
}

// taskJSON is an obligation with its units in words and what the plan leaves open.
type taskJSON struct {
	Code      campaign.TaskCode   `json:"code"`
	Field     string              `json:"field"`
	Title     string              `json:"title"`
	Summary   string              `json:"summary"`
	Places    []string            `json:"places"`
	Carriers  []string            `json:"carriers"`
	Lead      []unitJSON          `json:"lead"`
	Assisting []unitJSON          `json:"assisting"`
	Window    windowJSON          `json:"window"`
	Targets   []campaign.Target   `json:"targets"`
	Open      []campaign.Question `json:"open"`
}

type unitJSON struct {
	ID   org.UnitID `json:"id"`
	Name string     `json:"name"`
}

func (s *Server) apiTasks(c *fiber.Ctx, v *visit) error {
	tasks := v.plan.Tasks
	if auth.ReachOf(v.actor, auth.PlanRead) != auth.All {
		tasks = v.plan.TasksOf(org.UnitID(v.actor.Unit))
	}
	named := func(ids []org.UnitID) []unitJSON {
		all := make([]unitJSON, 0, len(ids))
		for _, id := range ids {
			all = append(all, unitJSON{ID: id, Name: v.plan.UnitName(id)})
		}
		return all
	}
	var all []taskJSON
	for _, t := range tasks {
		one := taskJSON{Code: t.Code, Field: t.Field, Title: t.Title, Summary: t.Summary, Places: nonNil(t.Places), Carriers: []string{},
			Lead: named(t.Lead), Assisting: named(t.Assisting), Window: windowOf(t.Window), Targets: nonNil(t.Targets),
			Open: nonNil(t.Open(v.plan.Campaign.Words.Office, v.plan.Units))}
		for _, id := range t.Carriers {
			one.Carriers = append(one.Carriers, v.plan.CarrierName(id))
		}
		all = append(all, one)
	}
	return list(c, all)
}

func (s *Server) apiImport(c *fiber.Ctx, v *visit) error {
	kind := ingest.Kind(c.Query("kind"))
	verb := auth.ImportPlacement
	if kind == ingest.Responses {
		verb = auth.ImportResponse
	} else if kind != ingest.Placements {
		return problem.Invalid("kind 应为 placements 或 responses", "请改正地址后再请求。", problem.Fault{Field: "kind", Why: fmt.Sprintf("收到的是“%s”", kind)})
	}
	if err := auth.Allow(v.actor, verb, v.plan.Campaign.ID); err != nil {
		return err
	}
	u, err := s.upload(c)
	if err != nil {
		return err
	}
	defer u.file.Close()
	o := ingest.Options{DryRun: c.QueryBool("dry_run"), Sheet: c.Query("sheet")}
	var receipt *ingest.Receipt
	if kind == ingest.Placements {
		receipt, err = s.Ingest.PlacementsFile(c.UserContext(), v.actor, v.plan, u.file, o)
	} else {
		var wave survey.Wave
		var q survey.Questionnaire
		if wave, q, err = s.wave(c, v, c.Query("wave")); err != nil {
			return err
		}
		receipt, err = s.Ingest.ResponsesFile(c.UserContext(), v.actor, v.plan, wave, q, u.file, o)
	}
	if err != nil {
		return err
	}
	return s.sendReceipt(c, receipt)
}

func (s *Server) apiReceipt(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "这份回执")
	if err != nil {
		return err
	}
	receipt, err := s.Ingest.Receipt(c.UserContext(), v.plan.Campaign.ID, id)
	if err != nil {
		return err
	}
	if !ownReceipt(v, receipt) {
		return problem.NotFound("这份回执")
	}
	return s.sendReceipt(c, receipt)
}

// sendReceipt answers a receipt with every row. A long one is written as it is read.
func (s *Server) sendReceipt(c *fiber.Ctx, r *ingest.Receipt) error {
	if !r.Long() {
		return c.JSON(r)
	}
	ctx := c.UserContext()
	return s.stream(c, fiber.MIMEApplicationJSON, func(w io.Writer) error { return r.WriteJSON(ctx, w) })
}

// pathID reads the id of an address; anything else is a thing that isn't there.
func pathID(c *fiber.Ctx, what string) (uuid.UUID, error) {
	id, err := uuid.Parse(c.Params("id"))
	if err != nil {
		return id, problem.NotFound(what).Because(err)
	}
	return id, nil
}

// ownReceipt is the border of permission for receipts: the office sees all, a unit those
// of its people, a distributor their own.
func ownReceipt(v *visit, r *ingest.Receipt) bool {
	switch {
	case auth.ReachOf(v.actor, auth.ReceiptRead) == auth.All:
		return true
	case v.actor.Role == audit.RoleDistributor:
		return r.Sender.ID == v.actor.ID
	}
	return v.actor.Unit != "" && r.Sender.Unit == v.actor.Unit && r.Kind == ingest.Placements
}
