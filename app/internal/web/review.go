package web

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/keyset"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/ingest"
)

// galleryCards is how many cards the gallery shows at once.
const galleryCards = 60

// reviewRoutes are those of judging what units have logged, of what they are asked to do,
// and of what isn't finished.
func (s *Server) reviewRoutes() []route {
	const get, post, c = fiber.MethodGet, fiber.MethodPost, "/c/:campaign"
	return []route{
		{get, c + "/review", auth.PlacementReview, s.reviewGallery},
		{post, c + "/reviews", auth.PlacementReview, s.reviewPut},
		{post, c + "/placements/:id/takedown", auth.PlacementRevise, s.placementStep(placement.TakeDown)},
		{post, c + "/placements/:id/resubmit", auth.PlacementRevise, s.placementStep(placement.Resubmit)},
		{post, c + "/placements/:id/reopen", auth.PlacementReview, s.placementStep(placement.Reopen)},
		{post, c + "/drafts", auth.PlacementLog, s.draftSave},
		{post, c + "/drafts/discard", auth.PlacementLog, s.draftDiscard},
		{get, c + "/late", auth.LateRead, s.latePage},
		{get, c + "/late.xlsx", auth.LateRead, s.lateExport},
	}
}

// reviewFilter narrows the queue, as it stands in the address.
type reviewFilter struct{ Task, Unit, Carrier, Flag string }

// Empty tells a queue that nothing narrows.
func (f reviewFilter) Empty() bool { return f == reviewFilter{} }

func (f reviewFilter) encode(after string) string {
	values := url.Values{}
	for name, value := range map[string]string{"task": f.Task, "unit": f.Unit, "carrier": f.Carrier, "flag": f.Flag, "after": after} {
		if value != "" {
			values.Set(name, value)
		}
	}
	return values.Encode()
}

type reviewPage struct {
	Filter  reviewFilter
	Cards   []reviewCard
	Total   int64
	Here    string // the address of this page
	Next    string // of the next one, empty at the end
	First   bool
	Just    string // the placement that was judged just now
	Said    string // what was done, in words
	Refused []refusal
}

// refusal is one verdict that didn't go through.
type refusal struct {
	ID         uuid.UUID
	Place      string
	Title, Why string
}

// reviewCard is all that a reviewer needs to judge one placement.
type reviewCard struct {
	placement.Placement
	Photos    []placement.Photo
	Needed    int    // photos that the carrier's rule asks for
	NeededWhy string // its source
	Flags     []placement.Flag
	Last      string   // the last judgement, in words
	Changes   []string // since then
	Same      []placement.Neighbour
	Near      []placement.Neighbour
	More      int // further neighbours
	Map       *areaMap
	Leads     []string
	Assisting []string
	Chosen    string // reason, where a return didn't go through
	Words     string
}

// reviewGallery shows what waits for judgement, what waited longest first.
func (s *Server) reviewGallery(c *fiber.Ctx, v *visit) error {
	f := reviewFilter{Task: c.Query("task"), Unit: c.Query("unit"), Carrier: c.Query("carrier"), Flag: c.Query("flag")}
	data := reviewPage{Just: c.Query("just"), Said: saidWords(c.Query("accepted"), c.Query("returned"), c.Query("again"))}
	return s.showGallery(c, v, f, c.Query("after"), data, nil)
}

// saidWords tell what a sending of verdicts did; the address carries the numbers only.
func saidWords(accepted, returned, again string) string {
	var parts []string
	for _, part := range []struct{ number, form string }{{accepted, "已通过 %d 条"}, {returned, "已退回 %d 条"}, {again, "%d 条之前已经审核过，没有重复计数"}} {
		if n, err := strconv.Atoi(part.number); err == nil && n > 0 {
			parts = append(parts, fmt.Sprintf(part.form, n))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "；") + "。"
}

func (s *Server) showGallery(c *fiber.Ctx, v *visit, f reviewFilter, after string, data reviewPage, typed url.Values) error {
	filter := placement.Filter{Task: campaign.TaskCode(f.Task), Unit: org.UnitID(f.Unit), Carrier: campaign.CarrierID(f.Carrier)}
	flag := placement.Flag(f.Flag)
	cursor := keyset.Parse(after)
	var waiting []placement.Placement
	var next keyset.Cursor
	both, ctx := errgroup.WithContext(c.UserContext())
	both.Go(func() (err error) {
		waiting, next, err = s.Placements.Queue(ctx, v.plan, filter, flag, cursor, galleryCards)
		return err
	})
	both.Go(func() (err error) { data.Total, err = s.Placements.Queued(ctx, v.plan, filter, flag); return err })
	if err := both.Wait(); err != nil {
		return err
	}
	cards, err := s.reviewCards(c.UserContext(), v, waiting)
	if err != nil {
		return err
	}
	for i := range cards {
		id := cards[i].ID.String()
		cards[i].Chosen, cards[i].Words = typed.Get("reason."+id), typed.Get("note."+id)
	}
	base := "/c/" + v.plan.Campaign.ID + "/review"
	data.Filter, data.Cards, data.First = f, cards, cursor.IsZero()
	data.Here = strings.TrimSuffix(base+"?"+f.encode(after), "?")
	if !next.IsZero() {
		data.Next = base + "?" + f.encode(next.String())
	}
	return s.render(c, v, "review", "审核", data)
}

// reviewCards gathers what belongs to placements: photos, what changed since the last
// judgement, neighbours.
func (s *Server) reviewCards(ctx context.Context, v *visit, list []placement.Placement) ([]reviewCard, error) {
	ids := make([]uuid.UUID, len(list))
	var revised []uuid.UUID
	for i, p := range list {
		if ids[i] = p.ID; p.Revision > 1 {
			revised = append(revised, p.ID)
		}
	}
	var photos map[uuid.UUID][]placement.Photo
	var histories map[uuid.UUID][]placement.Placement
	var near map[uuid.UUID][]placement.Neighbour
	var who func(string) string
	id := v.plan.Campaign.ID
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() (err error) { photos, err = s.Placements.Photos(ctx, id, ids); return err })
	all.Go(func() (err error) { histories, err = s.Placements.Histories(ctx, id, revised); return err })
	all.Go(func() (err error) { near, err = s.Placements.Near(ctx, id, list); return err })
	all.Go(func() (err error) { who, err = s.names(ctx, v); return err })
	if err := all.Wait(); err != nil {
		return nil, err
	}
	cards := make([]reviewCard, len(list))
	for i, p := range list {
		cards[i] = s.reviewCard(v, p, photos[p.ID], histories[p.ID], near[p.ID], who)
	}
	return cards, nil
}

// listedNear is how many neighbours a card lists.
const listedNear = 6

func (s *Server) reviewCard(v *visit, p placement.Placement, photos []placement.Photo, history []placement.Placement, near []placement.Neighbour, who func(string) string) reviewCard {
	card := reviewCard{Placement: p}
	for _, photo := range photos {
		if photo.State == placement.PhotoKept {
			card.Photos = append(card.Photos, photo)
		}
	}
	carrier, _ := v.plan.Carrier(p.Carrier)
	card.Needed, card.NeededWhy = carrier.Rule.Photos.Value, carrier.Rule.Photos.Source
	if at := lastJudged(history); at >= 0 {
		judged := history[at]
		card.Last = judgedWords(judged, who(judged.RecordedBy))
		card.Changes = changesOf(v.plan, judged, p)
	}
	for _, n := range near {
		if n.MaybeSame {
			card.Same = append(card.Same, n)
		} else {
			card.Near = append(card.Near, n)
		}
	}
	card.Map = mapOf(near)
	if len(card.Near) > listedNear {
		card.More, card.Near = len(card.Near)-listedNear, card.Near[:listedNear]
	}
	card.Leads, card.Assisting = shareOf(v.plan, p)
	card.Flags = flagsOf(card, carrier, history)
	return card
}

// shareOf names the others who answer for the task of a placement, and those who help.
func shareOf(plan *campaign.Plan, p placement.Placement) (leads, assisting []string) {
	task, _ := plan.Task(p.Task)
	for _, id := range task.Responsible(plan.Units) {
		if id != p.Unit {
			leads = append(leads, plan.UnitName(id))
		}
	}
	for _, id := range task.Helping(plan.Units) {
		if id != p.Unit {
			assisting = append(assisting, plan.UnitName(id))
		}
	}
	return leads, assisting
}

func flagsOf(card reviewCard, carrier campaign.Carrier, history []placement.Placement) []placement.Flag {
	contradicted, twins := false, false
	for _, photo := range card.Photos {
		contradicted = contradicted || photo.Grade == placement.GradeX
		twins = twins || len(photo.Twins) > 0
	}
	returned := slices.ContainsFunc(history, func(p placement.Placement) bool { return p.State == placement.Returned })
	var flags []placement.Flag
	for _, f := range []struct {
		flag placement.Flag
		is   bool
	}{
		{placement.FlagAgain, returned}, {placement.FlagContradicted, contradicted}, {placement.FlagTwins, twins}, {placement.FlagSameAs, len(card.Same) > 0},
		{placement.FlagFewPhotos, len(card.Photos) < card.Needed}, {placement.FlagNoPermit, carrier.Rule.Permit.Value && card.Permit == ""},
		{placement.FlagNoPosition, card.Position == nil},
	} {
		if f.is {
			flags = append(flags, f.flag)
		}
	}
	return flags
}

// lastJudged finds the last revision that was accepted or returned, -1 for none.
func lastJudged(history []placement.Placement) int {
	for i, p := range slices.Backward(history) {
		if p.State == placement.Accepted || p.State == placement.Returned {
			return i
		}
	}
	return -1
}

// judgedWords tell of a revision that changed the state: who, when, what, why.
func judgedWords(p placement.Placement, who string) string {
	words := fmt.Sprintf("%s %s%s", momentText(p.RecordedAt), who, map[placement.State]string{
		placement.Accepted: "通过", placement.Returned: "退回", placement.Withdrawn: "撤回", placement.TakenDown: "登记拆除"}[p.State])
	if p.State == placement.Returned {
		return words + "：" + p.ReturnWords()
	}
	if p.Note != "" {
		words += "：" + p.Note
	}
	return words
}

// names gives people's names by their ids. To a unit whoever is not of it is the office:
// which of its people has judged is the office's own matter.
func (s *Server) names(ctx context.Context, v *visit) (func(string) string, error) {
	byID, err := s.accounts(ctx)
	if err != nil {
		return nil, err
	}
	return func(id string) string {
		person, known := byID[id]
		switch {
		case v.actor.Role == audit.RoleUnit && (known && person.Unit != v.actor.Unit):
			return v.plan.Campaign.Words.Office
		case known:
			return person.Name
		case audit.RoleNames[audit.Role(id)] != "": // no person: a command on the server, a respondent
			return audit.RoleNames[audit.Role(id)]
		}
		return id
	}, nil
}

// accounts gives everybody by id; they change rarely.
func (s *Server) accounts(ctx context.Context) (map[string]auth.Person, error) {
	ctx = context.WithoutCancel(ctx) // see plan
	return s.people.of("", func() (map[string]auth.Person, error) {
		people, err := s.Auth.ListPeople(ctx, "")
		byID := make(map[string]auth.Person, len(people))
		for _, person := range people {
			byID[person.ID] = person
		}
		return byID, err
	}, always)
}

// reviewPut takes verdicts of the gallery or of a placement's page.
func (s *Server) reviewPut(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	base := "/c/" + v.plan.Campaign.ID
	back, err := url.Parse(ownAddress(fields.Get("back")))
	if err != nil || !strings.HasPrefix(back.Path, base+"/") {
		back = &url.URL{Path: base + "/review"}
	}
	verdicts, err := readVerdicts(fields)
	if err != nil {
		return err
	}
	reviewed, err := s.Ingest.Review(c.UserContext(), v.actor, v.plan, verdicts)
	if err != nil {
		return err
	}
	done, refused, err := s.tally(c.UserContext(), v, verdicts, reviewed)
	if err != nil {
		return err
	}
	if len(refused) == 0 {
		query := back.Query()
		for name, n := range done {
			query.Set(name, strconv.Itoa(n))
		}
		if len(verdicts) == 1 {
			query.Set("just", verdicts[0].Placement.String())
		}
		if back.Path != base+"/review" {
			query = url.Values{"done": {doneKey(done)}}
		}
		back.RawQuery = query.Encode()
		return c.Redirect(back.RequestURI(), fiber.StatusSeeOther)
	}
	if back.Path != base+"/review" {
		return refused[0].err
	}
	if len(refused) == len(verdicts) {
		p, _ := problem.As(refused[0].err)
		c.Status(statuses[p.Kind])
	}
	q := back.Query()
	data := reviewPage{Said: saidWords(strconv.Itoa(done["accepted"]), strconv.Itoa(done["returned"]), strconv.Itoa(done["again"]))}
	for _, r := range refused {
		data.Refused = append(data.Refused, r.refusal)
	}
	return s.showGallery(c, v, reviewFilter{Task: q.Get("task"), Unit: q.Get("unit"), Carrier: q.Get("carrier"), Flag: q.Get("flag")}, q.Get("after"), data, fields)
}

// doneKey names what was done to one placement.
func doneKey(done map[string]int) string {
	for _, key := range []string{"accepted", "returned"} {
		if done[key] > 0 {
			return key
		}
	}
	return "judged"
}

// readVerdicts reads which button was pressed: one card's, or that of all that are ticked.
func readVerdicts(fields url.Values) ([]placement.Verdict, error) {
	verb, ids := placement.Accept, []string{fields.Get("accept")}
	switch {
	case fields.Has("return"):
		verb, ids = placement.Return, []string{fields.Get("return")}
	case fields.Has("accept-picked"):
		if ids = fields["pick"]; len(ids) == 0 {
			return nil, problem.Invalid("还没有选中任何一条", "请返回上一页，勾选要通过的台账，再点“通过选中的”。")
		}
	}
	if ids[0] == "" {
		return nil, problem.Invalid("没有说明要做什么", "请返回上一页，点“通过”或“退回”。")
	}
	var verdicts []placement.Verdict
	for _, text := range ids {
		id, err := uuid.Parse(text)
		if err != nil {
			return nil, problem.NotFound("这条台账")
		}
		expected, err := readRevision(fields, "rev."+text)
		if err != nil {
			return nil, err
		}
		v := placement.Verdict{Placement: id, Verb: verb, Expected: expected}
		if verb == placement.Return {
			v.Reason, v.Note = placement.Reason(fields.Get("reason."+text)), strings.ReplaceAll(fields.Get("note."+text), "\r\n", "\n")
		}
		verdicts = append(verdicts, v)
	}
	return verdicts, nil
}

// readRevision reads which revision the person saw.
func readRevision(fields url.Values, name string) (uint32, error) {
	n, err := strconv.ParseUint(fields.Get(name), 10, 32)
	if err != nil {
		return 0, problem.Invalid("提交的内容读不出来", "请刷新页面后再操作一次。").Because(err)
	}
	return uint32(n), nil
}

// seenRevision reads which revision a form was opened with. An unreadable one is 0, which
// nothing has: the form comes back as overtaken, with what was typed.
func seenRevision(fields url.Values) uint32 {
	n, err := readRevision(fields, "revision")
	if err != nil {
		return 0
	}
	return n
}

type refusedVerdict struct {
	refusal
	err error
}

// tally counts what went through, and says of the rest why not.
func (s *Server) tally(ctx context.Context, v *visit, verdicts []placement.Verdict, reviewed []ingest.Reviewed) (map[string]int, []refusedVerdict, error) {
	done := map[string]int{}
	var refused []refusedVerdict
	for i, r := range reviewed {
		switch {
		case r.Err != nil:
			err := s.overtaken(ctx, v, r.Err)
			p, ok := problem.As(err)
			if !ok {
				return nil, nil, err
			}
			one := refusal{ID: verdicts[i].Placement, Place: r.Held.Place, Title: p.Title, Why: p.Detail}
			for _, f := range p.Faults {
				one.Why = f.Why + "。" // says more than the general sentence
			}
			refused = append(refused, refusedVerdict{one, p})
		case r.Again:
			done["again"]++
		case verdicts[i].Verb == placement.Accept:
			done["accepted"]++
		default:
			done["returned"]++
		}
	}
	return done, refused, nil
}

// overtaken says who was first, where somebody was.
func (s *Server) overtaken(ctx context.Context, v *visit, err error) error {
	var o *ingest.Overtaken
	if !errors.As(err, &o) || o.Held.Revision == 0 {
		return err
	}
	who, failed := s.names(ctx, v)
	if failed != nil {
		return failed
	}
	history, failed := s.Placements.History(ctx, o.Held.Campaign, o.Held.ID)
	if failed != nil {
		return failed
	}
	var verb placement.Verb
	for i := 1; i < len(history); i++ {
		if history[i].Revision == o.Held.Revision {
			verb = placement.Did(&history[i-1], &history[i])
		}
	}
	return o.Words(who(o.Held.RecordedBy), verb).Because(err)
}

// placementStep withdraws, takes down, sends again or reopens one placement.
func (s *Server) placementStep(verb placement.Verb) handler {
	return func(c *fiber.Ctx, v *visit) error {
		p, err := s.heldPlacement(c, v)
		if err != nil {
			return err
		}
		fields, err := form(c)
		if err != nil {
			return err
		}
		expected, err := readRevision(fields, "revision")
		if err != nil {
			return err
		}
		var faults []problem.Fault
		step := placement.Verdict{Placement: p.ID, Verb: verb, Note: strings.ReplaceAll(fields.Get("reason"), "\r\n", "\n"), Expected: expected, Day: readDate(fields, "day", "拆除日期", &faults)}
		if len(faults) > 0 {
			return problem.Invalid("这一步还不能保存", "请返回上一页改正。", faults...)
		}
		reviewed, err := s.Ingest.Review(c.UserContext(), v.actor, v.plan, []placement.Verdict{step})
		if err != nil {
			return err
		}
		if err := reviewed[0].Err; err != nil {
			return s.overtaken(c.UserContext(), v, err)
		}
		return c.Redirect("/c/"+v.plan.Campaign.ID+"/placements/"+p.ID.String()+"?done="+string(verb), fiber.StatusSeeOther)
	}
}

// placementReview is the part of a placement's page about its state: who judged it and
// why, and what the visitor may do to it.
type placementReview struct {
	reviewCard
	Judged string // the last step that changed the state, in words
	Mend   string // what the unit is asked to do
	Lock   *placement.Lock
	May    map[string]bool // by verb
	Today  time.Time
}

func (s *Server) placementReview(v *visit, p placement.Placement, beside *besidePlacement) *placementReview {
	r := &placementReview{reviewCard: s.reviewCard(v, p, beside.photos, beside.revisions, beside.near, beside.who), May: map[string]bool{}, Today: v.today, Lock: p.Locked(v.plan, v.actor.Role, v.today)}
	for _, verb := range placement.Verbs {
		right := auth.PlacementRevise
		if verb == placement.Accept || verb == placement.Return || verb == placement.Reopen {
			right = auth.PlacementReview
		}
		r.May[string(verb)] = v.may(right) && p.May(verb, v.actor.Role) && (r.Lock == nil || v.actor.Role != audit.RoleUnit)
	}
	r.May["change"] = r.May[string(p.State.ReviseVerb())]
	if p.State != placement.Submitted {
		r.Judged = judgedWords(p, beside.who(p.RecordedBy))
	}
	if p.State == placement.Returned {
		r.Mend = p.MendWords()
	}
	return r
}

// areaMap is a plain drawing of what lies around a place: metres to the east and to the
// north, no ground below it. A map with roads would be one of an approved publisher.
type areaMap struct {
	Size   int // of a side, in the drawing's units
	Points []areaPoint
	Bar    int // length of the scale bar
	Metres int // that it stands for
}

type areaPoint struct {
	X, Y   float64
	Number int // in the list beside it; 0 for the place itself
	Class  string
	Label  string
}

// mapOf draws the neighbours that have a position, nil where there is none.
func mapOf(near []placement.Neighbour) *areaMap {
	const size, reach = 220, 200.0
	const scale = (size/2 - 10) / reach
	m := &areaMap{Size: size, Metres: 50, Bar: int(math.Round(50 * scale))}
	for i, n := range near {
		if n.Metres < 0 || n.Metres > reach || len(m.Points) == 40 {
			continue
		}
		class := "near"
		if n.MaybeSame {
			class = "same"
		}
		m.Points = append(m.Points, areaPoint{X: round1(size/2 + n.East*scale), Y: round1(size/2 - n.North*scale), Number: i + 1, Class: class, Label: n.Place})
	}
	if m.Points == nil {
		return nil
	}
	return m
}

func round1(v float64) float64 { return math.Round(v*10) / 10 }

// reasonOptions are the choices of a return, made once: sixty cards with nine choices each
// are 540 turns of a template.
func reasonOptions(chosen string) template.HTML {
	if chosen == "" {
		return noReason
	}
	return optionsOf(chosen)
}

var noReason = optionsOf("")

func optionsOf(chosen string) template.HTML {
	var b strings.Builder
	b.WriteString(`<option value="">请选择</option>`)
	for _, r := range placement.Reasons { // our own codes and words: nothing of anybody else's
		selected := ""
		if string(r) == chosen {
			selected = " selected"
		}
		b.WriteString(`<option value="` + string(r) + `"` + selected + `>` + placement.ReasonNames[r] + `</option>`)
	}
	return template.HTML(b.String())
}

// metresText says how far away a neighbour is.
func metresText(n placement.Neighbour) string {
	switch {
	case n.Metres < 0:
		return "地点文字相同"
	case n.SamePlace:
		return fmt.Sprintf("地点文字相同，相距约%.0f米", n.Metres)
	}
	return fmt.Sprintf("相距约%.0f米", n.Metres)
}
