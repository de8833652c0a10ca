package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
)

// Outcomes of a row that did not simply go in.
const (
	outcomeRejected = "rejected"
	outcomeSkipped  = "skipped"
	outcomeKnown    = "known"
	outcomeAccepted = "accepted"
)

// writeReceipts keeps receipts: the rows first and the heads last, so a head that can
// be read has all of its rows.
func (in *Ingest) writeReceipts(ctx context.Context, list []*Receipt) error {
	var rows []keptRow
	for _, r := range list {
		rows = append(rows, r.keptRows()...)
	}
	if err := in.writeReceiptRows(ctx, rows); err != nil {
		return err
	}
	return in.writeHeads(ctx, list)
}

func (in *Ingest) writeReceiptRows(ctx context.Context, rows []keptRow) error {
	err := insertAll(ctx, in.db, `INSERT INTO batch_rows (batch, row, outcome, field, heading, why, repeat, cells, body)`, rows,
		func(b driver.Batch, keep keptRow) error { return keep(b) })
	if err != nil {
		return fmt.Errorf("write rows of receipts: %w", err)
	}
	return nil
}

func (in *Ingest) writeHeads(ctx context.Context, list []*Receipt) error {
	err := in.db.Insert(ctx, `INSERT INTO batches
		(campaign, id, kind, wave, file, sha256, sheet, header, header_rows, rows, accepted, rejected, skipped, already_known,
		 columns_not_stored, column_notes, unit, recorded_at, recorded_by, recorded_name)`, func(b driver.Batch) error {
		for _, r := range list {
			if err := r.appendHead(b); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write receipts: %w", err)
	}
	return nil
}

func (r *Receipt) appendHead(b driver.Batch) error {
	headerRows := make([]uint32, len(r.HeaderRows))
	for i, n := range r.HeaderRows {
		headerRows[i] = uint32(n)
	}
	return b.Append(r.Campaign, r.ID, string(r.Kind), r.Wave, r.File, r.SHA256, r.Sheet, nonNil(r.Header), headerRows, uint32(r.Rows),
		uint32(r.AcceptedRows()), uint32(r.RejectedRows()), uint32(r.SkippedRows()), uint32(r.AlreadyKnown),
		nonNil(r.ColumnsNotStored), nonNil(r.ColumnNotes), r.Sender.Unit, r.RecordedAt, r.Sender.ID, r.Sender.Name)
}

// keptRow puts one row of a receipt into an insert. The rows of all four lists are made
// when their insert goes out: as JSON they are larger than the ledger they came from.
type keptRow func(driver.Batch) error

func (r *Receipt) keptRows() []keptRow {
	rows := make([]keptRow, 0, len(r.Accepted)+len(r.Rejected)+len(r.Skipped)+len(r.Known))
	for i := range r.Accepted {
		a := &r.Accepted[i]
		rows = append(rows, func(b driver.Batch) error {
			body, err := json.Marshal(a)
			if err != nil {
				return err
			}
			return b.Append(r.ID, uint32(a.Row), outcomeAccepted, "", "", a.Warning, uint8(0), []string{}, string(body))
		})
	}
	for _, x := range r.Rejected {
		repeat := uint8(0)
		if x.Repeat {
			repeat = 1
		}
		rows = append(rows, func(b driver.Batch) error {
			return b.Append(r.ID, uint32(x.Row), outcomeRejected, x.Field, x.Heading, x.Why, repeat, r.Cells[x.Row], "")
		})
	}
	for outcome, list := range map[string][]Skip{outcomeSkipped: r.Skipped, outcomeKnown: r.Known} {
		for _, x := range list {
			rows = append(rows, func(b driver.Batch) error {
				return b.Append(r.ID, uint32(x.Row), outcome, "", "", x.Why, uint8(0), []string{}, "")
			})
		}
	}
	return rows
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

const receiptColumns = `campaign, id, kind, wave, file, sha256, sheet, header, header_rows, rows, already_known, columns_not_stored, column_notes,
	unit, recorded_at, recorded_by, recorded_name, accepted, rejected, skipped`

// Head is a receipt without its rows, for lists.
type Head struct {
	Receipt
	AcceptedRows int `json:"accepted_rows"`
	RejectedRows int `json:"rejected_rows"`
	SkippedRows  int `json:"skipped_rows"`
}

// Receipts lists the newest receipts of a campaign, of one unit when unit is set.
func (in *Ingest) Receipts(ctx context.Context, campaignID, unit string, limit int) ([]Head, error) {
	return in.heads(ctx, `WHERE campaign = ? AND (? = '' OR unit = ?) ORDER BY recorded_at DESC, id LIMIT 1 BY id LIMIT ?`, campaignID, unit, unit, limit)
}

func (in *Ingest) heads(ctx context.Context, tail string, args ...any) ([]Head, error) {
	rows, err := in.db.Query(ctx, `SELECT `+receiptColumns+` FROM batches `+tail, args...)
	if err != nil {
		return nil, fmt.Errorf("read receipts: %w", err)
	}
	defer rows.Close()
	var list []Head
	for rows.Next() {
		var h Head
		var kind string
		var headerRows []uint32
		var total, known, accepted, rejected, skipped uint32
		if err := rows.Scan(&h.Campaign, &h.ID, &kind, &h.Wave, &h.File, &h.SHA256, &h.Sheet, &h.Header, &headerRows, &total, &known,
			&h.ColumnsNotStored, &h.ColumnNotes, &h.Sender.Unit, &h.RecordedAt, &h.Sender.ID, &h.Sender.Name, &accepted, &rejected, &skipped); err != nil {
			return nil, fmt.Errorf("read receipts: %w", err)
		}
		h.Kind, h.Rows, h.AlreadyKnown = Kind(kind), int(total), int(known)
		h.AcceptedRows, h.RejectedRows, h.SkippedRows = int(accepted), int(rejected), int(skipped)
		for _, n := range headerRows {
			h.HeaderRows = append(h.HeaderRows, int(n))
		}
		list = append(list, h)
	}
	return list, rows.Err()
}

// Receipt gives a receipt again: with every row, or the first of each outcome where it is Long.
func (in *Ingest) Receipt(ctx context.Context, campaignID string, id uuid.UUID) (*Receipt, error) {
	heads, err := in.heads(ctx, `WHERE campaign = ? AND id = ? LIMIT 1`, campaignID, id.String())
	if err != nil {
		return nil, err
	}
	if len(heads) == 0 {
		return nil, problem.NotFound("这份回执")
	}
	h := &heads[0]
	r := &h.Receipt
	limit := ""
	if h.AcceptedRows+h.RejectedRows+h.SkippedRows+h.AlreadyKnown > partRows {
		r.long = &long{accepted: h.AcceptedRows, rejected: h.RejectedRows, skipped: h.SkippedRows, rest: in.keptParts(r)}
		limit = fmt.Sprintf(" LIMIT %d BY outcome", heldRows)
		warned := in.db.QueryRow(ctx, `SELECT count() FROM batch_rows WHERE batch = ? AND outcome = 'accepted' AND why != ''`, id.String())
		var n uint64
		if err := warned.Scan(&n); err != nil {
			return nil, fmt.Errorf("count warnings of receipt: %w", err)
		}
		r.long.warned = int(n)
	}
	r.empty()
	return r, in.eachKept(ctx, `WHERE batch = ? ORDER BY row, outcome, field`+limit, []any{id.String()}, r.add)
}

// empty makes lists that are there and hold nothing.
func (r *Receipt) empty() {
	r.Accepted, r.Rejected, r.Skipped, r.Known, r.Cells = []Accepted{}, []Rejection{}, []Skip{}, nil, map[int][]string{}
}

// eachKept goes through kept rows of receipts.
func (in *Ingest) eachKept(ctx context.Context, tail string, args []any, yield func(row int, outcome string, x Rejection, cells []string, body string) error) error {
	rows, err := in.db.Query(ctx, `SELECT row, outcome, field, heading, why, repeat, cells, body FROM batch_rows `+tail, args...)
	if err != nil {
		return fmt.Errorf("read rows of receipt: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var row uint32
		var outcome, field, heading, why, body string
		var repeat uint8
		var cells []string
		if err := rows.Scan(&row, &outcome, &field, &heading, &why, &repeat, &cells, &body); err != nil {
			return fmt.Errorf("read rows of receipt: %w", err)
		}
		if err := yield(int(row), outcome, Rejection{Row: int(row), Field: field, Heading: heading, Why: why, Repeat: repeat == 1}, cells, body); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (r *Receipt) add(row int, outcome string, x Rejection, cells []string, body string) error {
	switch outcome {
	case outcomeAccepted:
		var a Accepted
		if err := json.Unmarshal([]byte(body), &a); err != nil {
			return fmt.Errorf("read row %d of receipt: %w", row, err)
		}
		r.Accepted = append(r.Accepted, a)
	case outcomeRejected:
		r.Rejected = append(r.Rejected, x)
		r.Cells[row] = cells
	case outcomeSkipped:
		r.Skipped = append(r.Skipped, Skip{Row: row, Why: x.Why})
	case outcomeKnown:
		r.Known = append(r.Known, Skip{Row: row, Why: x.Why})
	}
	return nil
}

// settle moves the accepted rows that turned out to be known or taken to where they
// belong, and puts every list in the order of the sheet.
func (r *Receipt) settle(known map[int]string, taken map[int]error) {
	kept := r.Accepted[:0:0]
	for _, a := range r.Accepted {
		if why, is := known[a.Row]; is {
			r.Known = append(r.Known, Skip{Row: a.Row, Why: why})
			continue
		}
		if err, is := taken[a.Row]; is {
			why := err.Error()
			if p, ok := problem.As(err); ok {
				why = p.Title + "：" + p.Detail
			}
			r.Rejected = append(r.Rejected, Rejection{Row: a.Row, Why: why})
			continue
		}
		kept = append(kept, a)
	}
	r.Accepted = nonNil(kept)
	r.Rejected, r.Skipped, r.ColumnsNotStored = nonNil(r.Rejected), nonNil(r.Skipped), nonNil(r.ColumnsNotStored)
	r.AlreadyKnown = len(r.Known)
	slices.SortStableFunc(r.Rejected, func(a, b Rejection) int { return a.Row - b.Row })
	slices.SortStableFunc(r.Skipped, func(a, b Skip) int { return a.Row - b.Row })
	slices.SortStableFunc(r.Known, func(a, b Skip) int { return a.Row - b.Row })
}

// event is what the audit trail keeps of a file: counts, never rows.
func (r *Receipt) event(actor audit.Actor) audit.Event {
	after, _ := json.Marshal(map[string]any{ // strings and numbers: can't fail
		"file": r.File, "sha256": r.SHA256, "rows": r.Rows, "accepted": r.AcceptedRows(),
		"rejected": r.RejectedRows(), "skipped": r.SkippedRows(), "already_known": r.AlreadyKnown,
	})
	return audit.Event{Actor: actor, Verb: string(r.Kind) + ".import", Campaign: r.Campaign, Kind: "batch", Thing: r.ID.String(), After: after}
}
