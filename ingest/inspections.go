package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
)

// inspectionRow is an inspection on its way in. Where the sender gave no last day of the
// repair, the rule did, and the rule may have changed when the same is sent again.
type inspectionRow struct {
	placement.Inspection
	dueGiven bool
}

// Inspection takes what somebody found at a placement. Its id was made by the client: the
// same id and content again answers what was kept the first time, and created is false.
// Campaign, unit, role, author and time are set here.
func (in *Ingest) Inspection(ctx context.Context, actor audit.Actor, plan *campaign.Plan, i placement.Inspection) (placement.Inspection, bool, error) {
	p, err := in.standing.Placement(ctx, plan.Campaign.ID, i.Placement)
	if err != nil {
		return i, false, err
	}
	if actor.Role == audit.RoleUnit && p.Unit != org.UnitID(actor.Unit) {
		return i, false, problem.NotFound("这条台账")
	}
	if p.State == placement.Withdrawn {
		return i, false, problem.Conflict("这条台账已经撤回", "撤回的台账不计入统计，不用再登记巡查。如果撤回错了，请重新登记一条。")
	}
	now := in.clock()
	i.Campaign, i.Unit, i.Role, i.RecordedBy, i.RecordedAt = p.Campaign, p.Unit, actor.Role, actor.ID, now.UTC().Truncate(time.Millisecond)
	if i.Role == audit.RoleSystem {
		i.Role = audit.RoleOffice // what is typed on the server is the office's
	}
	if i.ID == uuid.Nil {
		i.ID = uuid.New()
	}
	row := inspectionRow{Inspection: i, dueGiven: !i.Due.IsZero()}
	carrier, _ := plan.Carrier(p.Carrier)
	row.Settle(carrier.Rule)
	if faults := row.Validate(p, civil(now)); len(faults) > 0 {
		return i, false, problem.Invalid("这次巡查还不能保存", "请按提示改正后再保存，已填的内容都还在。", faults...)
	}
	results, err := in.inspections.Commit(ctx, &batch[inspectionRow]{
		Rows: []inspectionRow{row},
		Events: func(results []outcome[inspectionRow]) []audit.Event {
			if !results[0].Created {
				return nil
			}
			e := audit.Event{Actor: actor, Verb: "placement.inspect", Campaign: row.Campaign, Kind: "placement", Thing: p.ID.String()}
			e.After, _ = json.Marshal(row.Inspection) // plain strings and dates: can't fail
			return []audit.Event{e}
		},
	})
	if err != nil {
		return i, false, err
	}
	return results[0].Row.Inspection, results[0].Created, results[0].Err
}

// writeInspections puts the new inspections of a group into one insert.
func (in *Ingest) writeInspections(ctx context.Context, group []*batch[inspectionRow]) error {
	byCampaign := map[string][]uuid.UUID{}
	for _, b := range group {
		for _, row := range b.Rows {
			byCampaign[row.Campaign] = append(byCampaign[row.Campaign], row.ID)
		}
	}
	held := map[uuid.UUID]placement.Inspection{}
	for campaignID, ids := range byCampaign {
		found, err := in.standing.InspectionsByID(ctx, campaignID, ids)
		if err != nil {
			return err
		}
		for _, i := range found {
			held[i.ID] = i
		}
	}
	var fresh []*inspectionRow
	for _, b := range group {
		b.results = make([]outcome[inspectionRow], len(b.Rows))
		for n := range b.Rows {
			row := &b.Rows[n]
			r := outcome[inspectionRow]{Row: row}
			switch known, exists := held[row.ID]; {
			case exists && !row.same(known):
				r.Err = takenID("巡查记录")
			case exists:
				row.Inspection = known
			default:
				r.Created = true
				held[row.ID] = row.Inspection
				fresh = append(fresh, row)
			}
			b.results[n] = r
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return insertAll(ctx, in.db, `INSERT INTO inspections
		(campaign, id, placement, unit, found_on, finding, defects, due, note, recorded_on, recorded_at, recorded_by, recorded_role)`, fresh, appendInspection)
}

// same tells whether a row says what is kept already.
func (row *inspectionRow) same(known placement.Inspection) bool {
	return row.Placement == known.Placement && row.FoundOn.Equal(known.FoundOn) && row.Finding == known.Finding && row.Note == known.Note &&
		slices.Equal(row.Defects, known.Defects) && (!row.dueGiven || row.Due.Equal(known.Due))
}

func appendInspection(b driver.Batch, row *inspectionRow) error {
	var due *time.Time
	if !row.Due.IsZero() {
		due = &row.Due
	}
	defects := make([]string, len(row.Defects))
	for n, d := range row.Defects {
		defects[n] = string(d)
	}
	err := b.Append(row.Campaign, row.ID, row.Placement, string(row.Unit), row.FoundOn, string(row.Finding), defects, due, row.Note,
		civil(row.RecordedAt), row.RecordedAt, row.RecordedBy, string(row.Role))
	if err != nil {
		return fmt.Errorf("append inspection: %w", err)
	}
	return nil
}
