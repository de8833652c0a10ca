package web

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/keyset"
	"shuixuan/app/problem"
	"shuixuan/dashboards/workbook"
)

// auditRoutes are the pages of the audit trail: of a campaign, and of all there is for
// those who belong to none.
func (s *Server) auditRoutes() []route {
	const get, c = fiber.MethodGet, "/c/:campaign"
	return []route{
		{get, c + "/audit", auth.AuditRead, s.auditList},
		{get, c + "/audit.xlsx", auth.AuditRead, s.auditExport("xlsx")},
		{get, c + "/audit.csv", auth.AuditRead, s.auditExport("csv")},
		{get, "/audit", auth.AuditRead, s.auditList},
		{get, "/audit.xlsx", auth.AuditRead, s.auditExport("xlsx")},
		{get, "/audit.csv", auth.AuditRead, s.auditExport("csv")},
	}
}

// logRead keeps that somebody took data out: a download, or an original. It is called
// before the first byte leaves, and without it none does. What was asked for stands in
// the event as its address.
func (s *Server) logRead(c *fiber.Ctx, v *visit, verb, kind, thing string) error {
	e := audit.Event{Actor: v.actor, Verb: verb, Campaign: v.actor.Campaign, Kind: kind, Thing: thing}
	if v.plan != nil {
		e.Campaign = v.plan.Campaign.ID
	}
	address := c.Path()
	if query := c.Context().QueryArgs().String(); query != "" {
		address += "?" + query
	}
	if words, err := url.QueryUnescape(address); err == nil {
		address = words
	}
	var err error
	if e.After, err = json.Marshal(map[string]string{"address": address}); err != nil {
		return err
	}
	return s.Audit.Record(c.UserContext(), e)
}

// auditFilter is a filter as it stands in the address.
type auditFilter struct{ Campaign, From, To, Who, Group, Verb, Kind, Thing, Outcome string }

// Empty tells a list that nothing narrows.
func (f auditFilter) Empty() bool { return f == auditFilter{} }

func (f auditFilter) encode() string {
	values := url.Values{}
	for name, value := range map[string]string{"campaign": f.Campaign, "from": f.From, "to": f.To, "who": f.Who, "group": f.Group,
		"verb": f.Verb, "kind": f.Kind, "thing": f.Thing, "outcome": f.Outcome} {
		if value != "" {
			values.Set(name, value)
		}
	}
	return values.Encode()
}

// readAuditFilter reads the address and holds it to the campaign that it names, or to
// the visitor's own.
func readAuditFilter(c *fiber.Ctx, v *visit) (auditFilter, audit.Filter, error) {
	f := auditFilter{Campaign: c.Query("campaign"), From: c.Query("from"), To: c.Query("to"), Who: strings.TrimSpace(c.Query("who")), Group: c.Query("group"),
		Verb: c.Query("verb"), Kind: c.Query("kind"), Thing: strings.TrimSpace(c.Query("thing")), Outcome: c.Query("outcome")}
	filter := audit.Filter{Campaign: f.Campaign, Actor: f.Who, Group: f.Group, Verb: f.Verb, Kind: f.Kind, Thing: f.Thing, Outcome: audit.Outcome(f.Outcome)}
	if v.plan != nil {
		f.Campaign, filter.Campaign = "", v.plan.Campaign.ID
	} else if v.actor.Campaign != "" {
		f.Campaign, filter.Campaign = "", v.actor.Campaign
	}
	var faults []problem.Fault
	var err error
	if filter.From, _, err = parseMoment(f.From); err != nil {
		faults = append(faults, problem.Fault{Field: "from", Why: "开始时间" + err.Error()})
	}
	var span time.Duration
	if filter.To, span, err = parseMoment(f.To); err != nil {
		faults = append(faults, problem.Fault{Field: "to", Why: "结束时间" + err.Error()})
	}
	if !filter.To.IsZero() { // the minute or day that was written is meant too
		filter.To = filter.To.Add(span)
	}
	if len(faults) > 0 {
		return f, filter, problem.Invalid("查找的时间读不懂", "请改正后再查。", faults...)
	}
	return f, filter, nil
}

// parseMoment reads a time as a field of a page or a program sends it, and how long it
// lasts: a day is a day. Without a zone it is that of Shanghai.
func parseMoment(text string) (time.Time, time.Duration, error) {
	if text == "" {
		return time.Time{}, 0, nil
	}
	for _, form := range []struct {
		layout string
		span   time.Duration
	}{{time.DateOnly, 24 * time.Hour}, {"2006-01-02T15:04", time.Minute}, {"2006-01-02T15:04:05", time.Second}, {time.RFC3339, 0}} {
		if at, err := time.ParseInLocation(form.layout, text, shanghai); err == nil && at.Year() > 1900 && at.Year() < 2299 {
			return at, form.span, nil
		}
	}
	return time.Time{}, 0, fmt.Errorf("“%s”不是 2014-09-05 或 2014-09-05T08:30 这样的时间", text)
}

type auditPage struct {
	Filter    auditFilter
	Groups    []audit.Group
	Kinds     []string
	Campaigns []campaign.Campaign // to choose from, where the trail is of all
	Items     []auditLine
	Count     int64
	Base      string // address of the list
	Query     template.URL
	Next      string
	First     bool
	Across    bool // of every campaign, and of none
	All       bool // the visitor may go there
}

// auditLine is an event in words.
type auditLine struct {
	Event    audit.Event
	Who      string
	Role     string
	Verb     string
	Refused  bool
	Kind     string
	Thing    string // what it is called
	Link     string
	Campaign string
	Changes  []change
	Content  []change // of a thing that has no before
}

// auditList shows the trail, newest first.
func (s *Server) auditList(c *fiber.Ctx, v *visit) error {
	across := v.plan == nil
	if across && v.actor.Campaign != "" {
		query := ""
		if q := c.Context().QueryArgs().String(); q != "" {
			query = "?" + q
		}
		return c.Redirect("/c/"+url.PathEscape(v.actor.Campaign)+"/audit"+query, fiber.StatusSeeOther)
	}
	shown, filter, err := readAuditFilter(c, v)
	if err != nil {
		return err
	}
	before := keyset.Parse(c.Query("after"))
	data := auditPage{Filter: shown, Groups: audit.Groups, Kinds: audit.Kinds(), Base: "/audit", Query: template.URL(shown.encode()), First: before.IsZero(), Across: across, All: v.actor.Campaign == ""}
	if !across {
		data.Base = "/c/" + v.plan.Campaign.ID + "/audit"
	}
	var events []audit.Event
	var next keyset.Cursor
	all, ctx := errgroup.WithContext(c.UserContext())
	all.Go(func() (err error) { events, next, err = s.Audit.Newest(ctx, filter, before, pageRows); return err })
	all.Go(func() (err error) { data.Count, err = s.Audit.Count(ctx, filter); return err })
	all.Go(func() (err error) { data.Campaigns, err = s.Campaigns.Campaigns(ctx); return err })
	if err := all.Wait(); err != nil {
		return err
	}
	data.Next = next.String()
	for _, e := range events {
		data.Items = append(data.Items, s.auditLine(v, e, data.Campaigns))
	}
	return s.render(c, v, "audit_list", "审计记录", data)
}

func (s *Server) auditLine(v *visit, e audit.Event, campaigns []campaign.Campaign) auditLine {
	line := auditLine{Event: e, Who: e.Actor.Name, Role: audit.RoleNames[e.Actor.Role], Verb: audit.VerbName(e.Verb),
		Refused: e.Outcome == audit.Refused, Kind: audit.KindName(e.Kind), Thing: called(e), Campaign: e.Campaign}
	if line.Who == "" {
		line.Who = e.Actor.ID
	}
	for _, one := range campaigns {
		if one.ID == e.Campaign {
			line.Campaign = one.Short
		}
	}
	if e.Actor.Unit != "" && v.plan != nil {
		line.Role += " · " + unitText(v.plan, e.Actor.Unit)
	}
	if e.Kind == "placement" && v.plan != nil && v.may(auth.PlacementRead) && uuid.Validate(e.Thing) == nil {
		line.Link = "/c/" + v.plan.Campaign.ID + "/placements/" + e.Thing
	}
	if len(e.Before) > 0 {
		line.Changes = changesBetween(v.plan, e.Before, e.After)
	} else {
		line.Content = changesBetween(v.plan, nil, e.After)
	}
	return line
}

// auditExport sends the filtered trail, oldest first, as a workbook or CSV.
func (s *Server) auditExport(kind string) handler {
	return func(c *fiber.Ctx, v *visit) error {
		_, filter, err := readAuditFilter(c, v)
		if err != nil {
			return err
		}
		if err := s.logRead(c, v, "audit.export", "audit", ""); err != nil {
			return err
		}
		ctx := c.UserContext()
		each := func(yield func(audit.Event) error) error { return s.Audit.Each(ctx, filter, yield) }
		return s.download(c, "审计记录."+kind, func(w io.Writer) error {
			if kind == "csv" {
				return workbook.AuditCSV(ctx, w, each)
			}
			return workbook.Audit(ctx, w, each)
		})
	}
}

// auditGroups are the codes of the groups of verbs.
func auditGroups() []string {
	var codes []string
	for _, g := range audit.Groups {
		codes = append(codes, g.Code)
	}
	return codes
}

// auditJSON is an event as the API tells it.
type auditJSON struct {
	ID        uuid.UUID       `json:"id"`
	At        time.Time       `json:"at"`
	Actor     string          `json:"actor"`
	Name      string          `json:"name"`
	Role      audit.Role      `json:"role"`
	Unit      string          `json:"unit"`
	Address   string          `json:"address"`
	Reference string          `json:"reference"`
	Verb      string          `json:"verb"`
	Outcome   audit.Outcome   `json:"outcome"` // empty for events from before it was kept
	Campaign  string          `json:"campaign"`
	Kind      string          `json:"kind"`
	Thing     string          `json:"thing"`
	Before    json.RawMessage `json:"before,omitempty"`
	After     json.RawMessage `json:"after,omitempty"`
	Chain     uuid.UUID       `json:"chain"`
	Seq       int64           `json:"seq"` // 0 for events from before the chain
	Previous  string          `json:"previous"`
	Hash      string          `json:"hash"`
}

func (s *Server) apiAudit(c *fiber.Ctx, v *visit) error {
	limit, err := limitOf(c)
	if err != nil {
		return err
	}
	_, filter, err := readAuditFilter(c, v)
	if err != nil {
		return err
	}
	events, err := s.Audit.Oldest(c.UserContext(), filter, keyset.Parse(c.Query("after")), limit)
	if err != nil {
		return err
	}
	all := make([]auditJSON, len(events))
	for i, e := range events {
		all[i] = auditJSON{ID: e.ID, At: e.At, Actor: e.Actor.ID, Name: e.Actor.Name, Role: e.Actor.Role, Unit: e.Actor.Unit, Address: e.Actor.Address,
			Reference: e.Actor.Reference, Verb: e.Verb, Outcome: e.Outcome, Campaign: e.Campaign, Kind: e.Kind, Thing: e.Thing, Before: e.Before, After: e.After,
			Chain: e.Link.Chain, Seq: int64(e.Link.Seq), Previous: e.Link.Previous, Hash: e.Link.Hash}
	}
	next := ""
	if len(events) == limit {
		last := events[limit-1]
		next = keyset.Cursor{At: last.At, ID: last.ID}.String()
	}
	return listFrom(c, all, next)
}
