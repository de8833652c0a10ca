package ingest

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"shuixuan/app/clickhouse"
	"shuixuan/app/survey"
)

// places is how many complete responses each capped cell of a wave holds.
type places map[waveKey]map[survey.Cell]int

// takenPlaces counts what the capped cells hold that the rows of a group belong to. One
// goroutine writes (see committer), so nobody takes a place between the count and the
// insert. A row that is revised gives its own place back first.
func (in *Ingest) takenPlaces(ctx context.Context, group []*batch[responseRow], into places) error {
	revised := map[waveKey][]uuid.UUID{}
	for _, b := range group {
		for _, row := range b.Rows {
			key := waveKey{row.Response.Campaign, row.Response.Wave}
			if len(row.Caps) > 0 && into[key] == nil {
				into[key] = map[survey.Cell]int{}
			}
			if row.Response.Revision > 1 {
				revised[key] = append(revised[key], row.Response.ID)
			}
		}
	}
	for key, cells := range into {
		but := ""
		if ids := revised[key]; len(ids) > 0 {
			but = " AND id NOT IN (" + clickhouse.UUIDs(ids) + ")"
		}
		rows, err := in.db.Query(ctx, `SELECT stratum, area, distributor, count() FROM responses FINAL
			WHERE campaign = ? AND wave = ? AND disposition = 'complete' AND late = 0`+but+` GROUP BY stratum, area, distributor`, key.campaign, string(key.wave))
		if err != nil {
			return fmt.Errorf("count the places of quotas: %w", err)
		}
		for rows.Next() {
			var one survey.Cell
			var n uint64
			if err := rows.Scan(&one.Stratum, &one.Area, &one.Distributor, &n); err != nil {
				rows.Close()
				return fmt.Errorf("count the places of quotas: %w", err)
			}
			for _, wider := range one.Wider() {
				cells[wider] += int(n)
			}
		}
		if err := rows.Close(); err != nil {
			return fmt.Errorf("count the places of quotas: %w", err)
		}
	}
	return nil
}

// take gives a complete response its place in each capped cell, or screens it out where
// one of them is full.
func (p places) take(row *responseRow) {
	r := &row.Response
	if len(row.Caps) == 0 || r.Disposition != survey.Complete || r.Late {
		return
	}
	cells := p[waveKey{r.Campaign, r.Wave}]
	full := slices.ContainsFunc(row.Caps, func(c survey.Cap) bool { return cells[c.Cell] >= c.Count })
	if full {
		r.Disposition, r.Reason = survey.Ineligible, survey.QuotaFull
		return
	}
	for _, c := range row.Caps {
		cells[c.Cell]++
	}
}
