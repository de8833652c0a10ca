package ingest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
)

// lookup is how many ids one question about known rows holds.
const lookup = 4000

// known is what the table holds under an id.
type known struct {
	fingerprint string // of the first revision: the content that was sent
	revision    uint32 // the newest
	batch       uuid.UUID
	recordedAt  time.Time
	recordedBy  string
}

// knownRows adds to held which of the ids stand in the table of current rows, "placements" or
// "responses": the one that every figure is made from. A crash can leave a row among the
// revisions whose current row was never written; nobody was answered for it, and its
// second sending must go in again. (Measured: of twenty kills during intake several hit
// that gap.)
//
// Nearly all rows are new, so what was sent the first time is asked of those only that
// are known: both in one join took 13 ms for a single row, the first alone takes 3.
func (in *Ingest) knownRows(ctx context.Context, table, campaignID string, ids []uuid.UUID, held map[uuid.UUID]known) error {
	slices.SortFunc(ids, inTableOrder)
	for part := range slices.Chunk(ids, lookup) {
		revisions, err := in.currentRevisions(ctx, table, campaignID, part)
		if err != nil {
			return err
		}
		if len(revisions) == 0 {
			continue
		}
		if err := in.firstSendings(ctx, table, campaignID, revisions, held); err != nil {
			return err
		}
	}
	return nil
}

// currentRevisions gives the newest revision of those ids that the table holds.
func (in *Ingest) currentRevisions(ctx context.Context, table, campaignID string, ids []uuid.UUID) (map[uuid.UUID]uint32, error) {
	rows, err := in.db.Query(ctx, `SELECT id, max(revision) FROM `+table+` WHERE campaign = ? AND id IN (`+clickhouse.UUIDs(ids)+`) GROUP BY id`, campaignID)
	if err != nil {
		return nil, fmt.Errorf("look up known rows: %w", err)
	}
	defer rows.Close()
	revisions := map[uuid.UUID]uint32{}
	for rows.Next() {
		var id uuid.UUID
		var revision uint32
		if err := rows.Scan(&id, &revision); err != nil {
			return nil, fmt.Errorf("look up known rows: %w", err)
		}
		revisions[id] = revision
	}
	return revisions, rows.Err()
}

// firstSendings adds to held what the first revision of each known row says.
func (in *Ingest) firstSendings(ctx context.Context, table, campaignID string, revisions map[uuid.UUID]uint32, held map[uuid.UUID]known) error {
	ids := slices.SortedFunc(maps.Keys(revisions), inTableOrder)
	rows, err := in.db.Query(ctx, `
SELECT id, fingerprint, batch, recorded_at, recorded_by FROM `+strings.TrimSuffix(table, "s")+`_revisions
WHERE campaign = ? AND revision = 1 AND id IN (`+clickhouse.UUIDs(ids)+`)
ORDER BY id, recorded_at DESC LIMIT 1 BY id`, campaignID)
	if err != nil {
		return fmt.Errorf("look up known rows: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id uuid.UUID
		var k known
		if err := rows.Scan(&id, &k.fingerprint, &k.batch, &k.recordedAt, &k.recordedBy); err != nil {
			return fmt.Errorf("look up known rows: %w", err)
		}
		k.revision = revisions[id]
		held[id] = k
	}
	return rows.Err()
}

// inTableOrder is the engine's order of UUIDs, which compares the second half first.
// Each question then reads its own part of the table, and not each the whole of it.
func inTableOrder(a, b uuid.UUID) int {
	return cmp.Or(bytes.Compare(a[8:], b[8:]), bytes.Compare(a[:8], b[:8]))
}

// takenID is the answer to an id that holds other content.
func takenID(what string) error {
	return problem.Conflict("这个编号已经用于另一条"+what, "同一编号只能对应一份内容。如要修改，请打开原记录修改；如是新记录，请换一个编号再提交。")
}

// writePlacements puts the new placements of a group into one insert.
func (in *Ingest) writePlacements(ctx context.Context, group []*batch[placement.Placement]) error {
	fresh, err := in.sortOut(clickhouse.Ahead(ctx), group)
	if err != nil || len(fresh) == 0 {
		return err
	}
	err = insertAll(ctx, in.db, `INSERT INTO placement_revisions
		(campaign, id, revision, task, unit, carrier, carrier_text, place, quantity, measure, area_m2, size, start, end,
		 longitude, latitude, datum, remark, state, reason, note, permit, permit_until, hoarding_m2, again, fingerprint, batch, file, sheet, row, recorded_on, recorded_at, recorded_by)`,
		fresh, appendPlacement)
	if err != nil {
		return err
	}
	in.noteAwaited(ctx, group)
	return nil
}

// noteAwaited marks the new rows of forms and programs for which photos are there already;
// an id of a file's row is made here, and nobody can have sent a photo for it. One question
// for all of a group: asked by each sender for its own, 50 senders at once were held to a
// fifth of the rows.
func (in *Ingest) noteAwaited(ctx context.Context, group []*batch[placement.Placement]) {
	byCampaign := map[string][]*outcome[placement.Placement]{}
	for _, b := range group {
		for i := range b.results {
			if r := &b.results[i]; b.Receipt == nil && r.Created && r.Row.Revision == 1 {
				byCampaign[r.Row.Campaign] = append(byCampaign[r.Row.Campaign], r)
			}
		}
	}
	for campaignID, results := range byCampaign {
		ids := make([]uuid.UUID, len(results))
		for i, r := range results {
			ids[i] = r.Row.ID
		}
		waiting, err := in.standing.HavePhotos(ctx, campaignID, ids)
		for _, r := range results {
			// The rows are durable: where it can't be told, each sender looks for itself.
			r.Awaited = err != nil || waiting[r.Row.ID]
		}
	}
}

// insertAll sends rows in inserts of a bounded size.
func insertAll[R any](ctx context.Context, db *clickhouse.DB, query string, rows []R, add func(driver.Batch, R) error) error {
	for part := range slices.Chunk(rows, insertRows) {
		err := db.Insert(ctx, query, func(b driver.Batch) error {
			for _, row := range part {
				if err := add(b, row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sortOut fills the results of a group and gives the rows that are new. A revision
// goes in when it follows the newest one known.
func (in *Ingest) sortOut(ctx context.Context, group []*batch[placement.Placement]) ([]*placement.Placement, error) {
	byCampaign := map[string][]uuid.UUID{}
	for _, b := range group {
		for _, p := range b.Rows {
			byCampaign[p.Campaign] = append(byCampaign[p.Campaign], p.ID)
		}
	}
	held := map[uuid.UUID]known{}
	for campaignID, ids := range byCampaign {
		if err := in.knownRows(ctx, "placements", campaignID, ids, held); err != nil {
			return nil, err
		}
	}
	var fresh []*placement.Placement
	for _, b := range group {
		b.results = make([]outcome[placement.Placement], len(b.Rows))
		for i := range b.Rows {
			p := &b.Rows[i]
			r := outcome[placement.Placement]{Row: p}
			k, exists := held[p.ID]
			switch {
			case p.Revision > 1 && k.revision != p.Revision-1:
				r.Err = &Overtaken{Held: placement.Placement{ID: p.ID}}
			case p.Revision == 1 && exists && k.fingerprint != p.Fingerprint():
				r.Err = takenID("台账")
			case p.Revision == 1 && exists:
				p.RecordedAt, p.RecordedBy, p.Origin.Batch = k.recordedAt, k.recordedBy, k.batch
			default:
				r.Created = true
				fresh = append(fresh, p)
				first := k.fingerprint
				if !exists {
					first = p.Fingerprint()
				}
				held[p.ID] = known{fingerprint: first, revision: p.Revision, batch: p.Origin.Batch, recordedAt: p.RecordedAt, recordedBy: p.RecordedBy}
			}
			b.results[i] = r
		}
	}
	return fresh, nil
}

func appendPlacement(b driver.Batch, p *placement.Placement) error {
	var longitude, latitude *float64
	var datum string
	if p.Position != nil {
		longitude, latitude, datum = &p.Position.Longitude, &p.Position.Latitude, string(p.Position.Datum)
	}
	var end *time.Time
	if !p.End.IsZero() {
		end = &p.End
	}
	var permitUntil *time.Time
	if !p.PermitUntil.IsZero() {
		permitUntil = &p.PermitUntil
	}
	return b.Append(p.Campaign, p.ID, p.Revision, string(p.Task), string(p.Unit), string(p.Carrier), p.CarrierText, p.Place,
		p.Quantity, p.Measure, p.AreaM2, p.Size, p.Start, end, longitude, latitude, datum, p.Remark, string(p.State),
		p.Reason, p.Note, p.Permit, permitUntil, p.HoardingM2, p.Again,
		p.Fingerprint(), p.Origin.Batch, p.Origin.File, p.Origin.Sheet, uint32(p.Origin.Row), civil(p.RecordedAt), p.RecordedAt, p.RecordedBy)
}

// Placement takes one placement from a form or a program. Its id was made by the
// client: the same id and content again answers what was kept the first time, and
// created is false.
func (in *Ingest) Placement(ctx context.Context, actor audit.Actor, plan *campaign.Plan, p placement.Placement) (placement.Placement, bool, error) {
	p.Campaign, p.Revision, p.State = plan.Campaign.ID, 1, placement.Submitted
	if p.ID == uuid.Nil {
		p.ID = uuid.New()
	}
	return in.one(ctx, actor, plan, p, nil)
}

// RevisePlacement writes new content of a placement as its next revision; which state that
// leads to is the table's to say (placement.Next). Expected is the revision the person
// saw. The same content sent again by the same person answers what was kept the first time.
func (in *Ingest) RevisePlacement(ctx context.Context, actor audit.Actor, plan *campaign.Plan, p placement.Placement, expected uint32) (placement.Placement, error) {
	before, err := in.standing.Placement(ctx, plan.Campaign.ID, p.ID)
	if err != nil {
		return p, err
	}
	if foreign(actor, before) {
		return p, problem.NotFound("这条台账")
	}
	to, _ := placement.Next(before.State, before.State.ReviseVerb(), actor.Role)
	p.Campaign, p.Revision, p.Origin, p.Again = before.Campaign, expected+1, before.Origin, before.Again
	p.State, p.Reason, p.Note = to, "", ""
	if before.Revision != expected {
		if p.State = placement.Submitted; sameRevision(p, before) && before.RecordedBy == actor.ID {
			return before, nil
		}
		return p, &Overtaken{Held: before}
	}
	if lock := before.Locked(plan, actor.Role, civil(in.clock())); lock != nil {
		return p, problem.Conflict(lock.Why, lock.Who)
	}
	if to == "" {
		return p, problem.NotAllowed("修改这条台账")
	}
	held, _, err := in.one(ctx, actor, plan, p, &before)
	return held, err
}

// sameRevision tells whether two revisions say the same.
func sameRevision(a, b placement.Placement) bool {
	a.RecordedAt, a.RecordedBy, b.RecordedAt, b.RecordedBy = time.Time{}, "", time.Time{}, ""
	return reflect.DeepEqual(a, b)
}

// foreign is the border of permission: a unit changes what is its own only.
func foreign(actor audit.Actor, p placement.Placement) bool {
	return actor.Role == audit.RoleUnit && p.Unit != org.UnitID(actor.Unit)
}

func (in *Ingest) one(ctx context.Context, actor audit.Actor, plan *campaign.Plan, p placement.Placement, before *placement.Placement) (placement.Placement, bool, error) {
	faults := in.check(actor, plan, &p)
	if before == nil {
		faults = append(faults, p.AfterClosing(plan)...)
	}
	if len(faults) > 0 {
		return p, false, problem.Invalid("这条台账还不能保存", "请按提示改正后再保存，已填的内容都还在。", faults...)
	}
	p.RecordedAt, p.RecordedBy = in.clock().UTC().Truncate(time.Millisecond), recorder(ctx, actor)
	verb := "placement.log"
	if before != nil {
		verb = before.State.ReviseVerb().Event()
	} else {
		p.Origin = placement.Origin{Batch: uuid.New()}
	}
	results, err := in.placements.Commit(ctx, &batch[placement.Placement]{
		Rows: []placement.Placement{p},
		Events: func(results []outcome[placement.Placement]) []audit.Event {
			if !results[0].Created {
				return nil
			}
			return []audit.Event{waited(ctx, placementEvent(actor, verb, before, &p))}
		},
	})
	if err != nil {
		return p, false, err
	}
	if before != nil && results[0].Err != nil && !results[0].Created {
		return p, false, in.overtaken(ctx, p)
	}
	r := results[0]
	// One that was known may be of a sender whose first answer was cut off before its photos
	// were judged.
	if r.Err == nil && (before != nil || r.Awaited || !r.Created) {
		err = in.regrade(ctx, plan, before, *r.Row)
	}
	return *r.Row, r.Created, errors.Join(r.Err, err)
}

// placementEvent tells of one revision, with what it was before.
func placementEvent(actor audit.Actor, verb string, before, after *placement.Placement) audit.Event {
	e := audit.Event{Actor: actor, Verb: verb, Campaign: after.Campaign, Kind: "placement", Thing: after.ID.String()}
	e.After, _ = json.Marshal(after) // plain numbers and strings: can't fail after Validate
	if before != nil {
		e.Before, _ = json.Marshal(before)
	}
	return e
}

// check is Validate and the border of permission: a unit logs for itself only.
func (in *Ingest) check(actor audit.Actor, plan *campaign.Plan, p *placement.Placement) []problem.Fault {
	faults := p.Validate(plan)
	if actor.Role == audit.RoleUnit && p.Unit != "" && p.Unit != org.UnitID(actor.Unit) {
		faults = append(faults, problem.Fault{Field: "unit", Why: fmt.Sprintf("您只能登记本单位（%s）的台账", plan.UnitName(org.UnitID(actor.Unit)))})
	}
	return faults
}
