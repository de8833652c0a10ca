package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/clickhouse"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// writeResponses puts the new responses of a group into one insert.
func (in *Ingest) writeResponses(ctx context.Context, group []*batch[responseRow]) error {
	fresh, err := in.sortOutResponses(clickhouse.Ahead(ctx), group)
	if err != nil || len(fresh) == 0 {
		return err
	}
	in.known.note(fresh)
	err = insertAll(ctx, in.db, `INSERT INTO response_revisions
		(campaign, wave, id, revision, questionnaire, version, stratum, unit, distributor, number, mode, disposition,
		 area, reason, late, young, seconds, link, device, unclear, choices, numbers, texts, fingerprint, batch, file, sheet, row, answered_on, recorded_on, recorded_at, recorded_by)`,
		fresh, appendResponse)
	in.recent.wrote(fresh, err, in.now())
	return err
}

// waveKey tells the waves of a group apart.
type waveKey struct {
	campaign string
	wave     survey.WaveID
}

// sortOutResponses fills the results of a group and gives the rows that are new. The
// number of a paper sheet counts once in a wave, whoever enters it.
func (in *Ingest) sortOutResponses(ctx context.Context, group []*batch[responseRow]) ([]*responseRow, error) {
	held := map[uuid.UUID]known{}
	sheets := map[waveKey]map[string]uuid.UUID{}
	places := places{}
	for key, rows := range byWave(group) {
		ids := make([]uuid.UUID, 0, len(rows))
		var numbers []string
		for _, row := range rows {
			r := &row.Response
			if !in.recent.knows(row, held) {
				ids = append(ids, r.ID)
			}
			if r.Number != "" {
				numbers = append(numbers, r.Number)
			}
		}
		err := in.knownRows(ctx, "responses", key.campaign, in.known.may(ids), held)
		if err != nil {
			return nil, err
		}
		if sheets[key], err = in.sheetNumbers(ctx, key, numbers); err != nil {
			return nil, err
		}
	}
	if err := in.takenPlaces(ctx, group, places); err != nil {
		return nil, err
	}
	var fresh []*responseRow
	for _, b := range group {
		b.results = make([]outcome[responseRow], len(b.Rows))
		for i := range b.Rows {
			row := &b.Rows[i]
			r := &row.Response
			numbers := sheets[waveKey{r.Campaign, r.Wave}]
			result := outcome[responseRow]{Row: row}
			k, exists := held[r.ID]
			other, numbered := numbers[r.Number]
			switch {
			case r.Revision > 1 && k.revision != r.Revision-1:
				result.Err = &ResponseOvertaken{ID: r.ID}
			case r.Revision == 1 && exists && k.fingerprint != row.Fingerprint:
				result.Err = takenID("答卷")
			case r.Revision == 1 && exists:
				r.RecordedAt, r.RecordedBy, r.Origin.Batch = k.recordedAt, k.recordedBy, k.batch
			case r.Number != "" && numbered && other != r.ID:
				result.Err = problem.Conflict(fmt.Sprintf("编号%s的答卷已经录入过", r.Number),
					"请核对纸面编号。如果是编号写重了，请在纸面和这里改用新的编号；如果是同一份答卷，不用再录。")
			default:
				result.Created = true
				places.take(row)
				fresh = append(fresh, row)
				first := k.fingerprint
				if !exists {
					first = row.Fingerprint
				}
				held[r.ID] = known{fingerprint: first, revision: r.Revision, batch: r.Origin.Batch, recordedAt: r.RecordedAt, recordedBy: r.RecordedBy}
				if r.Number != "" {
					numbers[r.Number] = r.ID
				}
			}
			b.results[i] = result
		}
	}
	return fresh, nil
}

func byWave(group []*batch[responseRow]) map[waveKey][]*responseRow {
	rows := map[waveKey][]*responseRow{}
	for _, b := range group {
		for i := range b.Rows {
			row := &b.Rows[i]
			key := waveKey{row.Response.Campaign, row.Response.Wave}
			rows[key] = append(rows[key], row)
		}
	}
	return rows
}

// sheetNumbers asks which of the sheet numbers of a wave are in.
func (in *Ingest) sheetNumbers(ctx context.Context, key waveKey, numbers []string) (map[string]uuid.UUID, error) {
	found := map[string]uuid.UUID{}
	for len(numbers) > 0 {
		part := numbers[:min(lookup, len(numbers))]
		numbers = numbers[len(part):]
		rows, err := in.db.Query(ctx, `SELECT number, id FROM responses FINAL
			WHERE campaign = ? AND wave = ? AND disposition NOT IN ('void', 'duplicate') AND number IN (?)`, key.campaign, string(key.wave), part)
		if err != nil {
			return nil, fmt.Errorf("look up sheet numbers: %w", err)
		}
		for rows.Next() {
			var number string
			var id uuid.UUID
			if err := rows.Scan(&number, &id); err != nil {
				rows.Close()
				return nil, fmt.Errorf("look up sheet numbers: %w", err)
			}
			found[number] = id
		}
		if err := rows.Close(); err != nil {
			return nil, fmt.Errorf("look up sheet numbers: %w", err)
		}
	}
	return found, nil
}

func appendResponse(b driver.Batch, row *responseRow) error {
	r := &row.Response
	var answered *time.Time
	if !r.AnsweredOn.IsZero() {
		answered = &r.AnsweredOn
	}
	return b.Append(r.Campaign, string(r.Wave), r.ID, r.Revision, string(r.Questionnaire), r.Version, r.Stratum, r.Unit, r.Distributor,
		r.Number, string(r.Mode), string(r.Disposition), r.Area, r.Reason, flag(r.Late), flag(r.Young), r.Seconds, r.Link, r.Device, r.Unclear, orEmpty(r.Choices), orEmpty(r.Numbers), orEmpty(r.Texts), row.Fingerprint,
		r.Origin.Batch, r.Origin.File, r.Origin.Sheet, uint32(r.Origin.Row), answered, civil(r.RecordedAt), r.RecordedAt, r.RecordedBy)
}

func flag(yes bool) uint8 {
	if yes {
		return 1
	}
	return 0
}

func orEmpty[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}
