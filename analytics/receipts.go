package analytics

import (
	"context"
	_ "embed"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/app/campaign"
	"shuixuan/app/org"
)

//go:embed receipts.sql
var receiptsSQL string

// ReceiptLine is what was answered to one file or form.
type ReceiptLine struct {
	ID, Kind, Wave, File, SHA256             string
	Rows, Accepted, Rejected, Skipped, Known uint32
	Unit                                     org.UnitID
	At                                       time.Time
	By                                       string // name of the sender
}

// Receipts lists what was answered to every file and form of a campaign.
func (r *Reader) Receipts(ctx context.Context, plan *campaign.Plan) ([]ReceiptLine, error) {
	s := statement{text: receiptsSQL, tables: []string{"batches"}, values: map[string]any{"campaign": plan.Campaign.ID}}
	return ask(ctx, r, "receipts", s, func(rows driver.Rows) (ReceiptLine, error) {
		var l ReceiptLine
		var unit string
		err := rows.Scan(&l.ID, &l.Kind, &l.Wave, &l.File, &l.SHA256, &l.Rows, &l.Accepted, &l.Rejected, &l.Skipped, &l.Known, &unit, &l.At, &l.By)
		l.Unit = org.UnitID(unit)
		return l, err
	})
}
