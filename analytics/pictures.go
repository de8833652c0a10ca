package analytics

import (
	"context"
	_ "embed"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/campaign"
	"shuixuan/app/org"
)

//go:embed pictures.sql
var picturesSQL string

// Picture is a photo with what it is of. Of is the civil date of which it is proof.
type Picture struct {
	Photo       uuid.UUID          `json:"photo"`
	Placement   uuid.UUID          `json:"placement"`
	Of          time.Time          `json:"of"`
	Task        campaign.TaskCode  `json:"task"`
	Unit        org.UnitID         `json:"unit"`
	Carrier     campaign.CarrierID `json:"carrier"`
	CarrierText string             `json:"carrier_text"`
	Place       string             `json:"place"`
}

// Pictures asks for the newest photos of accepted placements, at most twelve, one of each.
func (r *Reader) Pictures(ctx context.Context, plan *campaign.Plan, scope Scope) (*[]Picture, error) {
	if err := scope.check(plan); err != nil {
		return nil, err
	}
	s := statement{text: picturesSQL, tables: []string{"photos", "placement_revisions"}, values: map[string]any{"campaign": plan.Campaign.ID, "unit": string(scope.Unit)}}
	all, err := ask(ctx, r, "pictures", s, func(rows driver.Rows) (Picture, error) {
		var p Picture
		var task, unit, carrier string
		err := rows.Scan(&p.Photo, &p.Placement, &p.Of, &task, &unit, &carrier, &p.CarrierText, &p.Place)
		p.Task, p.Unit, p.Carrier = campaign.TaskCode(task), org.UnitID(unit), campaign.CarrierID(carrier)
		return p, err
	})
	return &all, err
}
