package survey

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/clickhouse"
	"shuixuan/app/keyset"
	"shuixuan/app/problem"
)

// Filter says which responses of a wave are meant; an empty field leaves that open.
type Filter struct {
	RecordedBy string
}

const responseColumns = `campaign, wave, id, revision, questionnaire, version, stratum, unit, distributor, number,
    mode, disposition, area, reason, late, young, seconds, link, device, unclear,
    arrayStringConcat(arrayMap((name, codes) -> concat(name, '\x1e', arrayStringConcat(codes, '\x1f')), mapKeys(choices), mapValues(choices)), '\x1d'), numbers, texts, batch, file, sheet, row, answered_on, recorded_at, recorded_by`

// where gives the conditions of a filter, whose values are bound.
func (f Filter) where(campaign string, wave WaveID) (string, []any) {
	where, args := "campaign = ? AND wave = ?", []any{campaign, string(wave)}
	if f.RecordedBy != "" {
		where, args = where+" AND recorded_by = ?", append(args, f.RecordedBy)
	}
	return where, args
}

// Response gives one response as it holds now.
func (s *Store) Response(ctx context.Context, campaign string, wave WaveID, id uuid.UUID) (Response, error) {
	query := `SELECT ` + responseColumns + ` FROM responses FINAL WHERE campaign = ? AND wave = ? AND id = toUUID(?)`
	list, err := s.responses(ctx, query, campaign, string(wave), id.String())
	if err != nil {
		return Response{}, err
	}
	if len(list) == 0 {
		return Response{}, problem.NotFound("这份答卷")
	}
	return list[0], nil
}

// ResponseHistory lists the revisions of a response, the oldest first.
func (s *Store) ResponseHistory(ctx context.Context, campaign string, wave WaveID, id uuid.UUID) ([]Response, error) {
	query := `SELECT ` + responseColumns + ` FROM response_revisions WHERE campaign = ? AND wave = ? AND id = toUUID(?) ORDER BY revision LIMIT 1 BY revision`
	return s.responses(ctx, query, campaign, string(wave), id.String())
}

// Responses lists at most limit responses after the cursor, newest first, and the
// cursor to go on with (zero at the end).
func (s *Store) Responses(ctx context.Context, campaign string, wave WaveID, f Filter, after keyset.Cursor, limit int) ([]Response, keyset.Cursor, error) {
	where, args := f.where(campaign, wave)
	if !after.IsZero() {
		where += ` AND (recorded_at, id) < (fromUnixTimestamp64Milli(toInt64(?), 'UTC'), toUUID(?))`
		args = append(args, after.Millis(), after.ID.String())
	}
	limit = min(max(limit, 1), 1000)
	query := `SELECT ` + responseColumns + ` FROM responses FINAL WHERE ` + where + ` ORDER BY recorded_at DESC, id DESC LIMIT ?`
	list, err := s.responses(ctx, query, append(args, limit+1)...)
	if err != nil || len(list) <= limit {
		return list, keyset.Cursor{}, err
	}
	last := list[limit-1]
	return list[:limit], keyset.Cursor{At: last.RecordedAt, ID: last.ID}, nil
}

func (s *Store) responses(ctx context.Context, query string, args ...any) ([]Response, error) {
	var list []Response
	err := s.each(ctx, query, args, func(r Response) error {
		list = append(list, r)
		return nil
	})
	return list, err
}

// EachResponse goes through the responses in the order in which they came in, and
// within a file in the order of its rows. The engine sorts beyond 32 MiB on disk, so
// the memory stays bounded for any number of responses.
func (s *Store) EachResponse(ctx context.Context, campaign string, wave WaveID, f Filter, yield func(Response) error) error {
	where, args := f.where(campaign, wave)
	query := `SELECT ` + responseColumns + ` FROM responses FINAL WHERE ` + where +
		` ORDER BY recorded_at, batch, row, id SETTINGS max_block_size = 8192, ` + clickhouse.Spill(32<<20)
	return ahead(ctx, func(ctx context.Context, yield func(Response) error) error { return s.each(ctx, query, args, yield) }, yield)
}

// ahead reads on while the caller works on what was read before, so that an export has a second
// processor. The caller still gets one after another, and nothing goes on when it returns.
func ahead[T any](ctx context.Context, read func(context.Context, func(T) error) error, yield func(T) error) error {
	const some = 256
	ctx, cancel := context.WithCancel(ctx)
	batches, failed := make(chan []T, 2), error(nil)
	go func() {
		defer close(batches)
		batch := make([]T, 0, some)
		send := func() error {
			select {
			case batches <- batch:
				batch = make([]T, 0, some)
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		failed = read(ctx, func(one T) error {
			if batch = append(batch, one); len(batch) < some {
				return nil
			}
			return send()
		})
		if failed == nil && len(batch) > 0 {
			failed = send()
		}
	}()
	defer func() {
		cancel()
		for range batches { // until the reading has ended
		}
	}()
	for batch := range batches {
		for _, one := range batch {
			if err := yield(one); err != nil {
				return err
			}
		}
	}
	return failed
}

func (s *Store) each(ctx context.Context, query string, args []any, yield func(Response) error) error {
	rows, err := s.db.Query(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("list responses: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanResponse(rows)
		if err != nil {
			return fmt.Errorf("list responses: %w", err)
		}
		if err := yield(r); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list responses: %w", err)
	}
	return nil
}

// given reads the choices as responseColumns has them: a map is read by reflection, which of
// 20,000 responses took longer than the rest of an export. Names and codes hold no such signs.
func given(text string) map[string][]string {
	n := strings.Count(text, "\x1e")
	choices, all := make(map[string][]string, n), make([]string, 0, n+strings.Count(text, "\x1f"))
	for part := range strings.SplitSeq(text, "\x1d") {
		name, codes, one := strings.Cut(part, "\x1e")
		if !one || codes == "" {
			continue
		}
		from := len(all)
		for code := range strings.SplitSeq(codes, "\x1f") {
			all = append(all, code)
		}
		choices[name] = all[from:len(all):len(all)]
	}
	return choices
}

func scanResponse(rows driver.Rows) (Response, error) {
	var r Response
	var wave, questionnaire, mode, disposition string
	var row uint32
	var late, young uint8
	var answered *time.Time
	var choices string
	err := rows.Scan(&r.Campaign, &wave, &r.ID, &r.Revision, &questionnaire, &r.Version, &r.Stratum, &r.Unit, &r.Distributor,
		&r.Number, &mode, &disposition, &r.Area, &r.Reason, &late, &young, &r.Seconds, &r.Link, &r.Device, &r.Unclear, &choices, &r.Numbers, &r.Texts, &r.Origin.Batch, &r.Origin.File, &r.Origin.Sheet,
		&row, &answered, &r.RecordedAt, &r.RecordedBy)
	if err != nil {
		return Response{}, err
	}
	r.Choices = given(choices)
	r.Wave, r.Questionnaire = WaveID(wave), QuestionnaireID(questionnaire)
	r.Mode, r.Disposition, r.Origin.Row = Mode(mode), Disposition(disposition), int(row)
	r.Late, r.Young = late == 1, young == 1
	if len(r.Unclear) == 0 {
		r.Unclear = nil
	}
	if answered != nil {
		r.AnsweredOn = answered.UTC()
	}
	return r, nil
}
