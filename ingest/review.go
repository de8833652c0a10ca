package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
)

// mostVerdicts is how many verdicts one sending holds; a page of the gallery has 60.
const mostVerdicts = 500

// Overtaken says that somebody else was first: the placement is no longer what the person
// saw. It is a Problem in words; whoever knows people's names can say more from Held.
type Overtaken struct{ Held placement.Placement }

// Error is for the log.
func (o *Overtaken) Error() string {
	return fmt.Sprintf("placement %s is at revision %d by now", o.Held.ID, o.Held.Revision)
}

// Unwrap gives the words.
func (o *Overtaken) Unwrap() error {
	if o.Held.Revision == 0 {
		return problem.Conflict("这条台账刚被别人改过", "请重新打开这条台账，看过新内容后再修改。")
	}
	return o.Words("别人", "")
}

// Words say who did what, and when. By is the name of who did it, verb the act, as far as
// it is known.
func (o *Overtaken) Words(by string, verb placement.Verb) *problem.Problem {
	done := verb.DoneWords()
	if done == "" {
		done = "处理，现在是“" + placement.StateNames[o.Held.State] + "”"
	}
	title := fmt.Sprintf("%s已在%s把这条台账%s", by, o.Held.RecordedAt.In(shanghai).Format("1月2日 15:04"), done)
	if o.Held.State == placement.Returned {
		title += "（" + o.Held.ReturnWords() + "）"
	}
	return problem.Conflict(title, "您的操作没有保存。请重新打开这条台账，看过现在的内容后再决定。")
}

// overtaken reads what holds now, for the words.
func (in *Ingest) overtaken(ctx context.Context, p placement.Placement) error {
	held, err := in.standing.Placement(ctx, p.Campaign, p.ID)
	if err != nil {
		return err
	}
	return &Overtaken{Held: held}
}

// Reviewed is what became of one verdict. Held is the placement as it holds now.
type Reviewed struct {
	Held  placement.Placement
	Again bool  // it was sent before, and nothing was written now
	Err   error // why this one didn't go through; the others are not touched by it
}

// Review gives verdicts on placements: one insert for all, an outcome and an event for
// each. A verdict on a placement that has changed since it was seen is a conflict, and one
// that made the revision which holds is answered as done.
func (in *Ingest) Review(ctx context.Context, actor audit.Actor, plan *campaign.Plan, verdicts []placement.Verdict) ([]Reviewed, error) {
	if len(verdicts) > mostVerdicts {
		return nil, problem.TooLarge(fmt.Sprintf("一次最多处理%d条", mostVerdicts), "请分几次提交。")
	}
	ids := make([]uuid.UUID, len(verdicts))
	var reopened []uuid.UUID
	for i, v := range verdicts {
		verdicts[i], ids[i] = v.Clean(), v.Placement
		if v.Verb == placement.Reopen {
			reopened = append(reopened, v.Placement)
		}
	}
	held, err := in.standing.Placements(ctx, plan.Campaign.ID, ids)
	if err != nil {
		return nil, err
	}
	histories, err := in.standing.Histories(ctx, plan.Campaign.ID, reopened)
	if err != nil {
		return nil, err
	}
	now := in.clock().UTC().Truncate(time.Millisecond)
	reviewed := make([]Reviewed, len(verdicts))
	var rows, befores []placement.Placement
	var verbs []placement.Verb
	var at []int // of the row, in reviewed
	for i, v := range verdicts {
		before, exists := held[v.Placement]
		next, err := judge(actor, plan, v, before, exists, histories[v.Placement], civil(now))
		reviewed[i] = Reviewed{Held: before, Err: err, Again: err == nil && next.Revision == before.Revision}
		if err != nil || reviewed[i].Again {
			continue
		}
		next.RecordedAt, next.RecordedBy = now, actor.ID
		rows, befores, verbs, at = append(rows, next), append(befores, before), append(verbs, v.Verb), append(at, i)
	}
	if len(rows) == 0 {
		return reviewed, nil
	}
	results, err := in.placements.Commit(ctx, &batch[placement.Placement]{
		Rows: rows,
		Events: func(results []outcome[placement.Placement]) []audit.Event {
			var events []audit.Event
			for i, r := range results {
				if r.Created {
					events = append(events, placementEvent(actor, verbs[i].Event(), &befores[i], r.Row))
				}
			}
			return events
		},
	})
	if err != nil {
		return nil, err
	}
	if err := in.settleReviews(ctx, actor, verdicts, results, at, reviewed); err != nil {
		return nil, err
	}
	for i, r := range results {
		if r.Created {
			if err := in.regrade(ctx, plan, &befores[i], *r.Row); err != nil {
				return nil, err
			}
		}
	}
	return reviewed, nil
}

// judge gives the revision that a verdict makes, the placement itself where it was made
// before, or why it can't be made.
func judge(actor audit.Actor, plan *campaign.Plan, v placement.Verdict, p placement.Placement, exists bool, history []placement.Placement, today time.Time) (placement.Placement, error) {
	if !exists || foreign(actor, p) {
		return p, problem.NotFound("这条台账")
	}
	if p.Revision != v.Expected {
		if v.Made(&p) && p.RecordedBy == actor.ID {
			return p, nil
		}
		return p, &Overtaken{Held: p}
	}
	if faults := v.Faults(&p, today); len(faults) > 0 {
		return p, problem.Invalid("这一步还不能保存", "请按提示补全后再提交。", faults...)
	}
	if lock := p.Locked(plan, actor.Role, today); lock != nil && actor.Role == audit.RoleUnit {
		return p, problem.Conflict(lock.Why, lock.Who)
	}
	to, may := placement.Next(p.State, v.Verb, actor.Role)
	switch {
	case to == "":
		return p, problem.Conflict(fmt.Sprintf("这条台账现在是“%s”，不能%s", placement.StateNames[p.State], placement.VerbNames[v.Verb]), "请重新打开这条台账，按现在的状态操作。")
	case !may:
		return p, problem.NotAllowed(placement.VerbNames[v.Verb] + "台账")
	}
	next := v.Apply(p, to, history)
	next.Revision++
	return next, nil
}

// settleReviews fills in what the insert said. Rows that another writer overtook are read
// once more: their person is told what holds.
func (in *Ingest) settleReviews(ctx context.Context, actor audit.Actor, verdicts []placement.Verdict, results []outcome[placement.Placement], at []int, reviewed []Reviewed) error {
	var lost []uuid.UUID
	for i, r := range results {
		if r.Err != nil && !r.Created {
			lost = append(lost, r.Row.ID)
			continue
		}
		reviewed[at[i]].Held = *r.Row
	}
	if len(lost) == 0 {
		return nil
	}
	held, err := in.standing.Placements(ctx, results[0].Row.Campaign, lost)
	if err != nil {
		return err
	}
	for i, r := range results {
		if r.Err == nil || r.Created {
			continue
		}
		now, one := held[r.Row.ID], &reviewed[at[i]]
		one.Held = now
		if verdicts[at[i]].Made(&now) && now.RecordedBy == actor.ID {
			one.Again = true // sent twice at once
			continue
		}
		one.Err = &Overtaken{Held: now}
	}
	return nil
}
