package ingest

import (
	"context"
	"sync"
	"time"

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
// Looked is when the caller saw that there is none yet (zero: it didn't look). Where this
// program is the only writer that saves the writer its own look (see recentAnswers).
//
// A page leaves no audit event: the trail would hold twenty for one sheet and tell when
// each question was thought about. One is left when the response begins to count, or when
// it is known that it never will: complete, refused, screened out.
func (in *Ingest) Answer(ctx context.Context, actor audit.Actor, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, before *survey.Response, r survey.Response, looked time.Time) (survey.Response, bool, error) {
	r.Mode = survey.Link
	if before == nil {
		r.Revision, r.Origin.Batch = 1, uuid.New()
	} else {
		r.Revision, r.Origin = before.Revision+1, before.Origin
	}
	return in.oneResponse(ctx, actor, plan, wave, q, r, before, submitted, looked)
}

// silent tells a revision that leaves no event.
func silent(verb string, before *survey.Response, after survey.Response) bool {
	ended := func(r survey.Response) bool { return r.Disposition != survey.Partial }
	return verb == submitted && (!ended(after) || before != nil && ended(*before))
}

// recentAnswers remembers the responses of the public page that were written within the
// last minutes: their next page needs no question to the table about what it follows, which
// took the writer 6 to 12 ms of each group. It holds only where no other program writes.
//
// Everything of the public page passes through wrote, so an id that is not here was not
// written since an absence was seen that is younger than what is kept at least.
type recentAnswers struct {
	alone bool

	mu       sync.Mutex
	new, old map[uuid.UUID]known
	turned   time.Time
	since    time.Time // what was seen before is not believed: an insert has failed since
}

// keptRecent is how long at least a write is remembered, and believed how old an absence
// may be that is held against it.
const (
	keptRecent = 2 * time.Minute
	believed   = time.Minute
)

func newRecentAnswers(alone bool) *recentAnswers {
	return &recentAnswers{alone: alone, new: map[uuid.UUID]known{}, old: map[uuid.UUID]known{}}
}

// now is the wall clock: how long something is remembered is not a matter of the time for
// which data is loaded.
func (in *Ingest) now() time.Time { return time.Now() }

// wrote takes what went in. After a failure nobody knows what is there: all is asked again.
func (m *recentAnswers) wrote(rows []*responseRow, err error, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.new, m.old, m.since = map[uuid.UUID]known{}, map[uuid.UUID]known{}, now
		return
	}
	if now.Sub(m.turned) > keptRecent {
		m.old, m.new, m.turned = m.new, map[uuid.UUID]known{}, now
	}
	for _, row := range rows {
		r := &row.Response
		if r.Mode != survey.Link {
			continue
		}
		k, again := m.of(r.ID)
		switch {
		case again:
			k.revision = r.Revision
		case r.Revision == 1:
			k = known{fingerprint: row.Fingerprint, revision: 1, batch: r.Origin.Batch, recordedAt: r.RecordedAt, recordedBy: r.RecordedBy}
		default:
			continue // what was sent the first time isn't known here: ask
		}
		m.new[r.ID] = k
	}
}

// of holds the lock.
func (m *recentAnswers) of(id uuid.UUID) (known, bool) {
	if k, here := m.new[id]; here {
		return k, true
	}
	k, here := m.old[id]
	return k, here
}

// knows tells that nothing has to be asked about a row, and adds to held what it follows.
func (m *recentAnswers) knows(row *responseRow, held map[uuid.UUID]known) bool {
	if !m.alone || row.Response.Mode != survey.Link {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if k, here := m.of(row.Response.ID); here {
		held[row.Response.ID] = k
		return true
	}
	return !row.Looked.IsZero() && row.Response.Revision == 1 && time.Since(row.Looked) < believed && row.Looked.After(m.since)
}
