package web

import (
	"bufio"
	"context"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/keyset"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/dashboards/workbook"
)

// pageRows is how many rows a list shows at once.
const pageRows = 50

type placementsPage struct {
	Filter  placementFilter
	Items   []placement.Placement
	Count   int64
	Query   template.URL // the filter as it stands in addresses, without the cursor
	Next    string
	First   bool
	OwnOnly bool
}

// placementFilter is a filter as it stands in the address.
type placementFilter struct{ Task, Unit, Carrier, State, Text, Batch string }

// Empty tells a list that nothing narrows.
func (f placementFilter) Empty() bool { return f == placementFilter{} }

func (f placementFilter) encode() string {
	values := url.Values{}
	for name, value := range map[string]string{"task": f.Task, "unit": f.Unit, "carrier": f.Carrier, "state": f.State, "text": f.Text, "batch": f.Batch} {
		if value != "" {
			values.Set(name, value)
		}
	}
	return values.Encode()
}

// readPlacementFilter reads the address and holds it to the visitor's own unit.
func readPlacementFilter(c *fiber.Ctx, v *visit) (placementFilter, placement.Filter) {
	f := placementFilter{Task: c.Query("task"), Unit: c.Query("unit"), Carrier: c.Query("carrier"), State: c.Query("state"), Text: strings.TrimSpace(c.Query("text")), Batch: c.Query("batch")}
	if own := auth.UnitOf(v.actor, auth.PlacementRead); own != "" {
		f.Unit = own
	}
	batch, err := uuid.Parse(f.Batch)
	if err != nil {
		f.Batch = ""
	}
	return f, placement.Filter{Campaign: v.plan.Campaign.ID, Unit: org.UnitID(f.Unit), Task: campaign.TaskCode(f.Task),
		Carrier: campaign.CarrierID(f.Carrier), State: placement.State(f.State), Text: f.Text, Batch: batch}
}

// placementsList shows the ledger, newest first.
func (s *Server) placementsList(c *fiber.Ctx, v *visit) error {
	shown, filter := readPlacementFilter(c, v)
	after := keyset.Parse(c.Query("after"))
	var items []placement.Placement
	var next keyset.Cursor
	var count int64
	both, ctx := errgroup.WithContext(c.UserContext())
	both.Go(func() (err error) { items, next, err = s.Placements.List(ctx, filter, after, pageRows); return err })
	both.Go(func() (err error) { count, err = s.Placements.Count(ctx, filter); return err })
	if err := both.Wait(); err != nil {
		return err
	}
	return s.render(c, v, "placements_list", "宣传台账", placementsPage{Filter: shown, Items: items, Count: count,
		Query: template.URL(shown.encode()), Next: next.String(), First: after.IsZero(), OwnOnly: auth.UnitOf(v.actor, auth.PlacementRead) != ""})
}

// placementsExport sends the filtered ledger, row by row, as a workbook or CSV.
func (s *Server) placementsExport(write func(context.Context, io.Writer, *campaign.Plan, workbook.Each[placement.Placement]) error, kind string) handler {
	return func(c *fiber.Ctx, v *visit) error {
		_, filter := readPlacementFilter(c, v)
		if err := s.logRead(c, v, "placement.export", "placement", ""); err != nil {
			return err
		}
		plan, ctx := v.plan, c.UserContext()
		each := func(yield func(placement.Placement) error) error { return s.Placements.Each(ctx, filter, yield) }
		return s.download(c, "宣传台账."+kind, func(w io.Writer) error { return write(ctx, w, plan, each) })
	}
}

// contentTypes by the ending of a file's name.
var contentTypes = map[string]string{
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"csv":  "text/csv; charset=utf-8",
}

// download streams a file under a name.
func (s *Server) download(c *fiber.Ctx, name string, write func(io.Writer) error) error {
	if err := s.stream(c, contentTypes[name[strings.LastIndex(name, ".")+1:]], write); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentDisposition, "attachment; filename*=UTF-8''"+url.PathEscape(name))
	return nil
}

// stream answers what is being written. The first bytes wait until the writer has got as far
// as a full buffer: a failure before that is still told as a page.
func (s *Server) stream(c *fiber.Ctx, contentType string, write func(io.Writer) error) error {
	ref := reference(c)
	ready := make(chan error, 1)
	reader, writer := io.Pipe()
	go func() {
		out := bufio.NewWriterSize(&firstWrite{w: writer, ready: ready}, 64<<10)
		err := write(out)
		if err == nil {
			err = out.Flush()
		}
		select {
		case ready <- err:
		default:
			if err != nil {
				s.log.Error("download broke off", "reference", ref, "error", err.Error())
			}
		}
		writer.CloseWithError(err)
	}()
	if err := <-ready; err != nil {
		reader.CloseWithError(err)
		return err
	}
	c.Set(fiber.HeaderContentType, contentType)
	return c.SendStream(reader)
}

// firstWrite tells that the first bytes are on their way.
type firstWrite struct {
	w     io.Writer
	ready chan error
	told  bool
}

func (f *firstWrite) Write(p []byte) (int, error) {
	if !f.told {
		f.told = true
		f.ready <- nil
	}
	return f.w.Write(p)
}

type placementPage struct {
	Placement placement.Placement
	History   []placementChange
	Own       bool // the visitor may change it
	Receipt   bool // the visitor may see the receipt of its file
	Review    *placementReview
	Photos    photosPart
	Standing  standingPart
}

// placementChange is a revision with who made it and what it changed.
type placementChange struct {
	Placement placement.Placement
	By        string
	Step      string // what was done to its state, empty where only the content changed
	Changes   []string
}

// heldPlacement gives a placement if it is the visitor's to see; another unit's answers
// like none.
func (s *Server) heldPlacement(c *fiber.Ctx, v *visit) (placement.Placement, error) {
	id, err := uuid.Parse(c.Params("id"))
	if err != nil {
		return placement.Placement{}, problem.NotFound("这条台账")
	}
	p, err := s.Placements.Placement(c.UserContext(), v.plan.Campaign.ID, id)
	if err != nil {
		return p, err
	}
	return p, seenBy(v, p)
}

// seenBy refuses another unit's placement as if it weren't there.
func seenBy(v *visit, p placement.Placement) error {
	if own := auth.UnitOf(v.actor, auth.PlacementRead); own != "" && string(p.Unit) != own {
		return problem.NotFound("这条台账")
	}
	return nil
}

// heldRevisions gives every revision of a placement, under the same rule. The newest is
// what holds: to ask for that as well would cost the page a fifth more.
func (s *Server) heldRevisions(c *fiber.Ctx, v *visit) (placement.Placement, []placement.Placement, error) {
	id, err := uuid.Parse(c.Params("id"))
	if err != nil {
		return placement.Placement{}, nil, problem.NotFound("这条台账")
	}
	revisions, err := s.Placements.History(c.UserContext(), v.plan.Campaign.ID, id)
	if err != nil {
		return placement.Placement{}, nil, err
	}
	if len(revisions) == 0 {
		return placement.Placement{}, nil, problem.NotFound("这条台账")
	}
	p := revisions[len(revisions)-1]
	return p, revisions, seenBy(v, p)
}

// placementShow shows one placement and how it came to be as it is.
func (s *Server) placementShow(c *fiber.Ctx, v *visit) error {
	p, revisions, err := s.heldRevisions(c, v)
	if err != nil {
		return err
	}
	beside, err := s.beside(c.UserContext(), v, p, revisions)
	if err != nil {
		return err
	}
	data := placementPage{Placement: p, Own: v.may(auth.PlacementRevise), Review: s.placementReview(v, p, beside)}
	if data.Receipt, err = s.seesReceiptOf(c.UserContext(), v, beside.revisions); err != nil {
		return err
	}
	if v.may(auth.PhotoRead) {
		if data.Photos, err = s.photosOf(c.UserContext(), v, p, beside); err != nil {
			return err
		}
	}
	for i, r := range beside.revisions {
		change := placementChange{Placement: r, By: beside.who(r.RecordedBy)}
		if i > 0 {
			change.Step, change.Changes = stepWords(beside.revisions[i-1], r), changesOf(v.plan, beside.revisions[i-1], r)
		}
		data.History = append([]placementChange{change}, data.History...)
	}
	data.Standing = s.standingPart(c, v, p, beside)
	return s.render(c, v, "placements_show", "台账记录", data)
}

// besidePlacement is what the page of a placement shows beside it.
type besidePlacement struct {
	revisions   []placement.Placement
	photos      []placement.Photo
	inspections []placement.Inspection
	near        []placement.Neighbour               // for who reviews: they are mostly of other units
	proof       map[uuid.UUID]analytics.StandingRow // none where it doesn't count
	who         func(string) string
}

// beside reads it all at the same time: one after the other, six questions of 3 to 9 ms
// are what a person waits for.
func (s *Server) beside(ctx context.Context, v *visit, p placement.Placement, revisions []placement.Placement) (*besidePlacement, error) {
	b, ids := &besidePlacement{revisions: revisions}, []uuid.UUID{p.ID}
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() error {
		photos, err := s.Placements.Photos(ctx, p.Campaign, ids)
		b.photos = photos[p.ID]
		return err
	})
	all.Go(func() error {
		inspections, err := s.Placements.Inspections(ctx, p.Campaign, ids)
		b.inspections = inspections[p.ID]
		return err
	})
	if v.may(auth.PlacementReview) {
		all.Go(func() error {
			near, err := s.Placements.Near(ctx, p.Campaign, []placement.Placement{p})
			b.near = near[p.ID]
			return err
		})
	}
	all.Go(func() (err error) {
		b.proof, err = s.proofOf(ctx, v, []placement.Placement{p})
		return err
	})
	all.Go(func() (err error) {
		b.who, err = s.names(ctx, v)
		return err
	})
	return b, all.Wait()
}

// seesReceiptOf tells whether the visitor may open the receipt of the file that a
// placement came from: a unit those that its own people have sent.
func (s *Server) seesReceiptOf(ctx context.Context, v *visit, revisions []placement.Placement) (bool, error) {
	reach := auth.ReachOf(v.actor, auth.ReceiptRead)
	if reach != auth.Own || len(revisions) == 0 {
		return reach == auth.All, nil
	}
	people, err := s.accounts(ctx)
	// A program and the command line have no account, and an account of no unit isn't theirs.
	return err == nil && people[revisions[0].RecordedBy].Unit == v.actor.Unit, err
}

// changesOf says in words what a revision changed.
func changesOf(plan *campaign.Plan, before, after placement.Placement) []string {
	var list []string
	say := func(label, old, now string) {
		if old != now {
			if old == "" {
				old = "（空）"
			}
			if now == "" {
				now = "（空）"
			}
			list = append(list, fmt.Sprintf("%s：%s → %s", label, old, now))
		}
	}
	say("任务", string(before.Task), string(after.Task))
	say("单位", plan.UnitName(before.Unit), plan.UnitName(after.Unit))
	say("宣传形式", carrierText(plan, before), carrierText(plan, after))
	say("地点", before.Place, after.Place)
	say("数量", quantityText(before.Quantity)+before.Measure, quantityText(after.Quantity)+after.Measure)
	say("面积", areaText(before), areaText(after))
	say("规格", before.Size, after.Size)
	say("开始", isoDate(before.Start), isoDate(after.Start))
	say("结束", isoDate(before.End), isoDate(after.End))
	say("位置", positionText(before.Position), positionText(after.Position))
	say("许可编号", before.Permit, after.Permit)
	say("许可到期", isoDate(before.PermitUntil), isoDate(after.PermitUntil))
	say("围挡面积", squareMetres(before.HoardingM2), squareMetres(after.HoardingM2))
	say("备注", before.Remark, after.Remark)
	return list
}

// stepWords says what a revision did to the state.
func stepWords(before, after placement.Placement) string {
	verb := placement.Did(&before, &after)
	switch {
	case verb == placement.Return:
		return "退回：" + after.ReturnWords()
	case verb == placement.Revise && before.State == placement.Accepted:
		return "修改，重新等待审核"
	case verb == placement.Revise:
		return ""
	}
	words := map[placement.Verb]string{placement.Accept: "通过审核", placement.Resubmit: "修改后再次提交", placement.Withdraw: "撤回", placement.TakeDown: "登记拆除", placement.Reopen: "重新打开，等待审核"}[verb]
	if after.Note != "" {
		words += "：" + after.Note
	}
	return words
}

func carrierText(plan *campaign.Plan, p placement.Placement) string {
	if p.Carrier != "" {
		return plan.CarrierName(p.Carrier)
	}
	return p.CarrierText
}

func areaText(p placement.Placement) string { return squareMetres(p.AreaM2) }

func squareMetres(area *float64) string {
	if area == nil {
		return ""
	}
	return quantityText(*area) + "平方米"
}

func positionText(p *placement.Position) string {
	if p == nil {
		return ""
	}
	from := string(p.Datum)
	for _, source := range positionSources {
		if source.Datum == p.Datum {
			from = source.Name
		}
	}
	return fmt.Sprintf("%.6f, %.6f，%s", p.Longitude, p.Latitude, from)
}

// positionSources are the datums of a position in words: where people take it from.
var positionSources = []datumOption{
	{placement.WGS84, "手机定位（WGS-84）"},
	{placement.GCJ02, "高德、腾讯地图"},
	{placement.BD09, "百度地图"},
}

// flightText is a flight in words, open ends included.
func flightText(plan *campaign.Plan, p placement.Placement) string {
	if p.End.IsZero() {
		return isoDate(p.Start) + " 起，" + plan.Campaign.Words.End
	}
	return isoDate(p.Start) + " 至 " + isoDate(p.End)
}

// standsOn tells whether the flight holds a day.
func standsOn(p placement.Placement, day time.Time) bool {
	return p.State.Counts() && !p.Start.After(day) && (p.End.IsZero() || !p.End.Before(day))
}
