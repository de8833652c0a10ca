package ingest

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/survey"
)

// MostInBatch is how many responses Responses takes at once.
const MostInBatch = 1000

// Entered is what became of one response of several. Without an error it is durable; it was
// there already where it was not created.
type Entered struct {
	ID      uuid.UUID
	Created bool
	Err     error // of this response alone
}

// Responses takes several responses of a program as one write, under the rules of Response.
// Each is answered for itself, in the order in which they came: one that can't go in keeps out
// none beside it. The trail keeps one event for all that are new, as for a file; each of them
// holds the id of the batch. An error means that nothing can be said of any of them, and that
// sending all of them again is harmless.
func (in *Ingest) Responses(ctx context.Context, actor audit.Actor, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, list []survey.Response) ([]Entered, error) {
	if wave.Closed {
		return nil, closedWave(plan, wave)
	}
	results, id := make([]Entered, len(list)), uuid.New()
	b := &batch[responseRow]{}
	var places []int // of the rows of b in list
	for i, r := range list {
		row, err := in.responseRow(ctx, actor, plan, wave, q, entered(actor, r, id))
		results[i] = Entered{ID: row.Response.ID, Err: err}
		if err == nil {
			b.Rows, places = append(b.Rows, row), append(places, i)
		}
	}
	if len(b.Rows) == 0 {
		return results, nil
	}
	b.Events = func(found []outcome[responseRow]) []audit.Event {
		if b.created() == 0 {
			return nil
		}
		words, _ := json.Marshal(map[string]any{"wave": wave.ID, "rows": len(list), "accepted": b.created()}) // plain words: can't fail
		return []audit.Event{{Actor: actor, Verb: "response.batch", Campaign: plan.Campaign.ID, Kind: "batch", Thing: id.String(), After: words}}
	}
	outcomes, err := in.responses.Commit(ctx, b)
	if err != nil {
		return nil, err
	}
	for i, o := range outcomes {
		results[places[i]].Created, results[places[i]].Err = o.Created, o.Err
	}
	return results, nil
}
