package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// writeResponses puts the new responses of a group into one insert.
func (in *Ingest) writeResponses(ctx context.Context, group []*batch[responseRow]) error {
	fresh, err := in.sortOutResponses(ctx, group)
	if err != nil || len(fresh) == 0 {
		return err
	}
	return insertAll(ctx, in.db, `INSERT INTO response_revisions
		(campaign, wave, id, revision, questionnaire, version, stratum, unit, distributor, number, mode, disposition,
		 choices, numbers, texts, fingerprint, batch, file, sheet, row, answered_on, recorded_on, recorded_at, recorded_by)`,
		fresh, appendResponse)
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
	for key, rows := range byWave(group) {
		ids := make([]uuid.UUID, 0, len(rows))
		var numbers []string
		for _, r := range rows {
			ids = append(ids, r.ID)
			if r.Number != "" {
				numbers = append(numbers, r.Number)
			}
		}
		err := in.knownRows(ctx, "responses", key.campaign, ids, held)
		if err != nil {
			return nil, err
		}
		if sheets[key], err = in.sheetNumbers(ctx, key, numbers); err != nil {
			return nil, err
		}
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
			case exists && k.fingerprint != row.Fingerprint:
				result.Err = takenID("答卷")
			case exists:
				r.RecordedAt, r.RecordedBy, r.Origin.Batch = k.recordedAt, k.recordedBy, k.batch
			case r.Number != "" && numbered && other != r.ID:
				result.Err = problem.Conflict(fmt.Sprintf("编号%s的答卷已经录入过", r.Number),
					"请核对纸面编号。如果是编号写重了，请在纸面和这里改用新的编号；如果是同一份答卷，不用再录。")
			default:
				result.Created = true
				fresh = append(fresh, row)
				held[r.ID] = known{fingerprint: row.Fingerprint, revision: 1, batch: r.Origin.Batch, recordedAt: r.RecordedAt, recordedBy: r.RecordedBy}
				if r.Number != "" {
					numbers[r.Number] = r.ID
				}
			}
			b.results[i] = result
		}
	}
	return fresh, nil
}

func byWave(group []*batch[responseRow]) map[waveKey][]*survey.Response {
	rows := map[waveKey][]*survey.Response{}
	for _, b := range group {
		for i := range b.Rows {
			r := &b.Rows[i].Response
			key := waveKey{r.Campaign, r.Wave}
			rows[key] = append(rows[key], r)
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
			WHERE campaign = ? AND wave = ? AND disposition != 'void' AND number IN (?)`, key.campaign, string(key.wave), part)
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
		r.Number, string(r.Mode), string(r.Disposition), orEmpty(r.Choices), orEmpty(r.Numbers), orEmpty(r.Texts), row.Fingerprint,
		r.Origin.Batch, r.Origin.File, r.Origin.Sheet, uint32(r.Origin.Row), answered, civil(r.RecordedAt), r.RecordedAt, r.RecordedBy)
}

func orEmpty[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

// Response takes one response from the entry page or a program, under the same rules
// as Placement: the same id and content again answers what was kept the first time.
func (in *Ingest) Response(ctx context.Context, actor audit.Actor, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, r survey.Response) (survey.Response, bool, error) {
	if wave.Closed {
		return r, false, closedWave(plan, wave)
	}
	if r.ID == uuid.Nil {
		r.ID = uuid.New()
	}
	r.Campaign, r.Wave, r.Revision = plan.Campaign.ID, wave.ID, 1
	r.Questionnaire, r.Version = q.ID, q.Version
	if r.Distributor == "" {
		r.Distributor = actor.ID
	}
	if r.Unit == "" {
		r.Unit = actor.Unit
	}
	r.RecordedAt, r.RecordedBy = in.clock().UTC().Truncate(time.Millisecond), actor.ID
	r.Origin.Batch = uuid.New()
	r = survey.Settle(q, r)
	if faults := append(survey.Validate(q, r), wave.Admits(q, r)...); len(faults) > 0 {
		return r, false, problem.Invalid("这份答卷还不能保存", "请按提示改正后再保存，已填的内容都还在。", faults...)
	}
	results, err := in.responses.Commit(ctx, &batch[responseRow]{
		Rows: []responseRow{{Response: r, Fingerprint: responseFingerprint(r, "")}},
		Events: func(results []outcome[responseRow]) []audit.Event {
			if !results[0].Created {
				return nil
			}
			after, _ := json.Marshal(map[string]any{ // no answers in the trail; can't fail
				"wave": r.Wave, "number": r.Number, "stratum": r.Stratum, "disposition": r.Disposition, "mode": r.Mode,
			})
			return []audit.Event{{Actor: actor, Verb: "response.enter", Campaign: r.Campaign, Kind: "response", Thing: r.ID.String(), After: after}}
		},
	})
	if err != nil {
		return r, false, err
	}
	return results[0].Row.Response, results[0].Created, results[0].Err
}
