package ingest

import (
	"context"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/survey"
)

// submitted is the verb under which a response of the public page begins to count.
const submitted = "response.submit"

// Answer takes a page of the public form: the first makes the response, each later one is
// its next revision. Before is the response as the caller knows it, nil where there is
// none. That it still holds, the writer sees; where it doesn't the answer is
// ResponseOvertaken or a conflict, and the caller reads again.
//
// A page leaves no audit event: the trail would hold twenty for one sheet and tell when
// each question was thought about. One is left when the response begins to count, or when
// it is known that it never will: complete, refused, screened out.
func (in *Ingest) Answer(ctx context.Context, actor audit.Actor, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, before *survey.Response, r survey.Response) (survey.Response, bool, error) {
	r.Mode = survey.Link
	if before == nil {
		r.Revision, r.Origin.Batch = 1, uuid.New()
	} else {
		r.Revision, r.Origin = before.Revision+1, before.Origin
	}
	return in.oneResponse(ctx, actor, plan, wave, q, r, before, submitted)
}

// silent tells a revision that leaves no event.
func silent(verb string, before *survey.Response, after survey.Response) bool {
	ended := func(r survey.Response) bool { return r.Disposition != survey.Partial }
	return verb == submitted && (!ended(after) || before != nil && ended(*before))
}
