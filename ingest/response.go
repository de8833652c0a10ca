package ingest

import (
	"context"
	"encoding/json"
	"reflect"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// ResponseOvertaken is the answer to a revision of a response that another one came before.
type ResponseOvertaken struct{ ID uuid.UUID }

func (o *ResponseOvertaken) Error() string { return "response " + o.ID.String() + " was overtaken" }

// Unwrap gives the words for people.
func (o *ResponseOvertaken) Unwrap() error {
	return problem.Conflict("这份答卷刚刚在别处改过", "请重新打开这份答卷，看过新内容后再修改。")
}

// Response takes one response from the entry page, the public page or a program, under the
// same rules as Placement: the same id and content again answers what was kept the first
// time. What comes by the public page after the wave was closed is kept and marked late.
func (in *Ingest) Response(ctx context.Context, actor audit.Actor, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, r survey.Response) (survey.Response, bool, error) {
	return in.oneResponse(ctx, actor, plan, wave, q, entered(actor, r, uuid.New()), nil, "response.enter")
}

// entered is a response as its sender means it, where it says nothing else.
func entered(actor audit.Actor, r survey.Response, batch uuid.UUID) survey.Response {
	if r.ID == uuid.Nil {
		r.ID = uuid.New()
	}
	if r.Distributor == "" {
		r.Distributor = actor.ID
	}
	if r.Unit == "" {
		r.Unit = actor.Unit
	}
	r.Revision, r.Origin.Batch = 1, batch
	return r
}

// ReviseResponse writes new content of a response as its next revision, under a verb of the
// audit trail: the next page of the public form, what two entries were settled to, a sheet
// that is taken out. Expected is the revision that the writer saw. The same content sent
// again answers what holds.
func (in *Ingest) ReviseResponse(ctx context.Context, actor audit.Actor, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, r survey.Response, expected uint32, verb string) (survey.Response, error) {
	before, err := in.surveys.Response(ctx, plan.Campaign.ID, wave.ID, r.ID)
	if err != nil {
		return r, err
	}
	r.Origin, r.Mode = before.Origin, before.Mode
	wave.Closed = false // what is decided about a response after the end makes it no late one
	if before.Revision != expected {
		if sameAnswers(settled(plan, wave, q, r), before) {
			return before, nil
		}
		return r, &ResponseOvertaken{ID: r.ID}
	}
	r.Revision = expected + 1
	held, _, err := in.oneResponse(ctx, actor, plan, wave, q, r, &before, verb)
	return held, err
}

// sameAnswers tells whether two revisions say the same. That a quota was full, the intake
// has decided and not the sender.
func sameAnswers(a, b survey.Response) bool {
	if b.Reason == survey.QuotaFull && a.Disposition == survey.Complete {
		a.Disposition, a.Reason = b.Disposition, b.Reason
	}
	a.Revision, a.RecordedAt, a.RecordedBy, a.Seconds = b.Revision, b.RecordedAt, b.RecordedBy, b.Seconds
	return reflect.DeepEqual(a, b)
}

// settled brings a response to the form in which it is kept in its wave.
func settled(plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, r survey.Response) survey.Response {
	r.Campaign, r.Wave, r.Questionnaire, r.Version = plan.Campaign.ID, wave.ID, q.ID, q.Version
	r.Late = r.Late || wave.Closed && r.Mode == survey.Link
	return survey.Settle(q, r)
}

func (in *Ingest) oneResponse(ctx context.Context, actor audit.Actor, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, r survey.Response, before *survey.Response, verb string, looked ...time.Time) (survey.Response, bool, error) {
	if wave.Closed && r.Mode != survey.Link && before == nil { // what is in may still be settled
		return r, false, closedWave(plan, wave)
	}
	row, err := in.responseRow(ctx, actor, plan, wave, q, r)
	if err != nil {
		return row.Response, false, err
	}
	r = row.Response
	if len(looked) > 0 {
		row.Looked = looked[0]
	}
	results, err := in.responses.Commit(ctx, &batch[responseRow]{
		Rows: []responseRow{row},
		Events: func(results []outcome[responseRow]) []audit.Event {
			if !results[0].Created || silent(verb, before, results[0].Row.Response) {
				return nil
			}
			return []audit.Event{waited(ctx, responseEvent(actor, verb, before, results[0].Row.Response))}
		},
	})
	if err != nil {
		return r, false, err
	}
	if result := results[0]; result.Created || result.Err != nil {
		return result.Row.Response, result.Created, result.Err
	}
	held, err := in.surveys.Response(ctx, r.Campaign, r.Wave, r.ID) // as it was kept, which a quota may have decided
	return held, false, err
}

// responseRow checks a response of a form or a program.
func (in *Ingest) responseRow(ctx context.Context, actor audit.Actor, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, r survey.Response) (responseRow, error) {
	r.RecordedAt, r.RecordedBy = in.clock().UTC().Truncate(time.Millisecond), recorder(ctx, actor)
	r = settled(plan, wave, q, r)
	if faults := append(survey.Validate(q, r), wave.Admits(q, r)...); len(faults) > 0 {
		return responseRow{Response: r}, problem.Invalid("这份答卷还不能保存", "请按提示改正后再保存，已填的内容都还在。", faults...)
	}
	return responseRow{Response: r, Fingerprint: responseFingerprint(r, ""), Caps: wave.Caps(r)}, nil
}

// responseEvent tells of one revision; no answers are in the trail.
func responseEvent(actor audit.Actor, verb string, before *survey.Response, after survey.Response) audit.Event {
	e := audit.Event{Actor: actor, Verb: verb, Campaign: after.Campaign, Kind: "response", Thing: after.ID.String(), After: outside(after)}
	if before != nil {
		e.Before = outside(*before)
	}
	return e
}

// outside is what stands on the outside of a sheet.
func outside(r survey.Response) json.RawMessage {
	words := map[string]any{"wave": r.Wave, "number": r.Number, "stratum": r.Stratum, "disposition": r.Disposition, "mode": r.Mode}
	for name, word := range map[string]string{"area": r.Area, "reason": r.Reason, "link": r.Link} {
		if word != "" {
			words[name] = word
		}
	}
	if r.Late {
		words["late"] = true
	}
	body, _ := json.Marshal(words) // plain words: can't fail
	return body
}
