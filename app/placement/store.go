package placement

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse"
	"shuixuan/app/keyset"
	"shuixuan/app/org"
	"shuixuan/app/problem"
)

// Store finds placements. It writes nothing: package ingest does.
type Store struct{ db *clickhouse.DB }

// NewStore gives the store kept in db.
func NewStore(db *clickhouse.DB) *Store { return &Store{db: db} }

// Filter narrows a list; a zero field narrows nothing. Unit is the permission
// border: callers set it for a person who sees one unit only.
type Filter struct {
	Campaign string
	Unit     org.UnitID
	Task     campaign.TaskCode
	Carrier  campaign.CarrierID
	State    State
	Text     string    // in place, carrier or remark
	Batch    uuid.UUID // of one receipt
	StandsOn time.Time // flight holds this civil date
	From, To time.Time // civil dates of recording, both included
}

const columns = `campaign, id, revision, task, unit, carrier, carrier_text, place, quantity, measure, area_m2, size,
	start, end, longitude, latitude, datum, remark, state, reason, note, permit, permit_until, hoarding_m2,
	again, batch, file, sheet, row, recorded_at, recorded_by`

// Placement gives one placement as it holds now.
func (s *Store) Placement(ctx context.Context, campaign string, id uuid.UUID) (Placement, error) {
	all, err := s.query(ctx, `SELECT `+columns+` FROM placements FINAL WHERE campaign = ? AND id = ?`, campaign, id.String())
	if err != nil {
		return Placement{}, err
	}
	if len(all) == 0 {
		return Placement{}, problem.NotFound("这条台账")
	}
	return all[0], nil
}

// History gives every revision of a placement, oldest first.
func (s *Store) History(ctx context.Context, campaign string, id uuid.UUID) ([]Placement, error) {
	return s.query(ctx, `SELECT `+columns+` FROM placement_revisions WHERE campaign = ? AND id = ?
		ORDER BY revision LIMIT 1 BY revision`, campaign, id.String())
}

// List gives at most limit placements after the cursor, newest first, and the
// cursor to go on with (zero when nothing follows).
func (s *Store) List(ctx context.Context, f Filter, after keyset.Cursor, limit int) ([]Placement, keyset.Cursor, error) {
	if limit < 1 {
		return nil, keyset.Cursor{}, fmt.Errorf("list placements: a page of %d rows", limit)
	}
	where, args := f.where()
	if !after.IsZero() {
		where += ` AND (recorded_at, id) < (fromUnixTimestamp64Milli(toInt64(?), 'UTC'), toUUID(?))`
		args = append(args, after.Millis(), after.ID.String())
	}
	all, err := s.query(ctx, `SELECT `+columns+` FROM placements FINAL WHERE `+where+`
		ORDER BY recorded_at DESC, id DESC LIMIT ?`, append(args, limit+1)...)
	if err != nil || len(all) <= limit {
		return all, keyset.Cursor{}, err
	}
	last := all[limit-1]
	return all[:limit], keyset.Cursor{At: last.RecordedAt, ID: last.ID}, nil
}

// Count counts the placements of a filter.
func (s *Store) Count(ctx context.Context, f Filter) (int64, error) {
	where, args := f.where()
	var n uint64
	err := s.db.QueryRow(ctx, `SELECT count() FROM placements FINAL WHERE `+where, args...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count placements: %w", err)
	}
	return int64(n), nil
}

// Each streams the placements of a filter in the order of a ledger: task, unit,
// start, id. It holds one row at a time.
func (s *Store) Each(ctx context.Context, f Filter, visit func(Placement) error) error {
	where, args := f.where()
	rows, err := s.db.Query(ctx, `SELECT `+columns+` FROM placements FINAL WHERE `+where+`
		ORDER BY task, unit, start, id`, args...)
	if err != nil {
		return fmt.Errorf("stream placements: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		p, err := scan(rows)
		if err != nil {
			return err
		}
		if err := visit(p); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (f Filter) where() (string, []any) {
	where := []string{"campaign = ?"}
	args := []any{f.Campaign}
	add := func(clause string, values ...any) {
		where = append(where, clause)
		args = append(args, values...)
	}
	if f.Unit != "" {
		add("unit = ?", string(f.Unit))
	}
	if f.Task != "" {
		add("task = ?", string(f.Task))
	}
	if f.Carrier != "" {
		add("carrier = ?", string(f.Carrier))
	}
	if f.State != "" {
		add("state = ?", string(f.State))
	}
	if f.Text != "" {
		add("(positionCaseInsensitiveUTF8(place, ?) > 0 OR positionCaseInsensitiveUTF8(carrier_text, ?) > 0 OR positionCaseInsensitiveUTF8(remark, ?) > 0)", f.Text, f.Text, f.Text)
	}
	if f.Batch != uuid.Nil {
		add("batch = ?", f.Batch.String())
	}
	if !f.StandsOn.IsZero() {
		day := f.StandsOn.Format(time.DateOnly)
		add("start <= toDate(?) AND (end IS NULL OR end >= toDate(?))", day, day)
	}
	if !f.From.IsZero() {
		add("recorded_on >= toDate(?)", f.From.Format(time.DateOnly))
	}
	if !f.To.IsZero() {
		add("recorded_on <= toDate(?)", f.To.Format(time.DateOnly))
	}
	return strings.Join(where, " AND "), args
}

func (s *Store) query(ctx context.Context, query string, args ...any) ([]Placement, error) {
	rows, err := s.db.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read placements: %w", err)
	}
	defer rows.Close()
	var all []Placement
	for rows.Next() {
		p, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, rows.Err()
}

// scan reads the columns in the order of the constant columns.
func scan(rows driver.Rows) (Placement, error) {
	var p Placement
	var task, unit, carrier, datum, state string
	var end, permitUntil *time.Time
	var longitude, latitude *float64
	var row uint32
	err := rows.Scan(&p.Campaign, &p.ID, &p.Revision, &task, &unit, &carrier, &p.CarrierText, &p.Place, &p.Quantity, &p.Measure,
		&p.AreaM2, &p.Size, &p.Start, &end, &longitude, &latitude, &datum, &p.Remark, &state, &p.Reason, &p.Note, &p.Permit, &permitUntil, &p.HoardingM2,
		&p.Again, &p.Origin.Batch, &p.Origin.File, &p.Origin.Sheet, &row, &p.RecordedAt, &p.RecordedBy)
	if err != nil {
		return p, fmt.Errorf("read placement: %w", err)
	}
	p.Task, p.Unit, p.Carrier, p.State = campaign.TaskCode(task), org.UnitID(unit), campaign.CarrierID(carrier), State(state)
	p.Origin.Row = int(row)
	if end != nil {
		p.End = *end
	}
	if permitUntil != nil {
		p.PermitUntil = *permitUntil
	}
	if longitude != nil && latitude != nil {
		p.Position = &Position{Longitude: *longitude, Latitude: *latitude, Datum: Datum(datum)}
	}
	return p, nil
}
