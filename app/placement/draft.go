package placement

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
	"shuixuan/app/org"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
)

// Draft is a form that is not finished: what was typed, as it was typed, and nothing
// checked. Its id is that of the placement to be. It is the unit's, so that a colleague
// can finish it and a person who moves to another unit leaves it behind; the office's own
// have no unit.
type Draft struct {
	ID         uuid.UUID         `json:"-"`
	Revision   uint32            `json:"-"`
	Unit       org.UnitID        `json:"unit,omitempty"`
	Person     string            `json:"person"`
	Fields     map[string]string `json:"fields,omitempty"`
	Discarded  bool              `json:"discarded,omitempty"`
	RecordedAt time.Time         `json:"-"`
}

// DraftFields are the fields of the form that a draft keeps; whatever else travels with a
// form is nobody's to keep.
var DraftFields = []string{"task", "unit", "carrier", "place", "quantity", "measure", "area_m2", "size", "start", "end", "open",
	"longitude", "latitude", "datum", "remark", "permit", "permit_until", "hoarding_m2"}

// mostDrafts is how many drafts of a unit are listed. A clerk with more has stopped
// looking at them.
const mostDrafts = 50

// Drafts keeps what isn't finished.
type Drafts struct {
	table *revision.Table[Draft]
	db    *clickhouse.DB
}

// NewDrafts gives the drafts kept in db.
func NewDrafts(db *clickhouse.DB, log *audit.Log) *Drafts {
	return &Drafts{table: revision.NewTable[Draft](db, log, "drafts", "draft"), db: db}
}

// Save writes the next revision of a draft for the actor's unit. Expected is the revision
// that the form was made from, 0 for a new one. A draft of another unit is not there.
func (d *Drafts) Save(ctx context.Context, actor audit.Actor, campaign string, draft Draft, expected uint32) (Draft, error) {
	draft.Unit, draft.Person, draft.Discarded = org.UnitID(actor.Unit), actor.ID, false
	draft.Fields = kept(draft.Fields)
	if err := d.mine(ctx, actor, campaign, draft.ID); err != nil {
		return draft, err
	}
	if logged, err := d.logged(ctx, campaign, draft.ID); err != nil {
		return draft, err
	} else if logged {
		return draft, problem.Conflict("这份草稿已经登记成台账", "请到台账里打开它修改；要登记另一条，请重新点“登记一条”。")
	}
	revision, err := d.table.Put(ctx, actor, "draft.put", campaign, draft.ID.String(), draft, expected)
	draft.Revision = revision
	return draft, inWords(err)
}

// Discard closes a draft unfinished.
func (d *Drafts) Discard(ctx context.Context, actor audit.Actor, campaign string, id uuid.UUID, expected uint32) error {
	if _, err := d.Draft(ctx, actor, campaign, id); err != nil {
		return err
	}
	_, err := d.table.Put(ctx, actor, "draft.discard", campaign, id.String(), Draft{Unit: org.UnitID(actor.Unit), Person: actor.ID, Discarded: true}, expected)
	return inWords(err)
}

func inWords(err error) error {
	if errors.Is(err, revision.ErrConflict) {
		return problem.Conflict("这份草稿刚被同事保存过", "您填的内容还在本页。请先看一下同事保存的草稿，再决定留哪一份。").Because(err)
	}
	return err
}

// kept leaves what a draft may hold: our own fields, bounded. A longer text is cut: an
// unfinished one is worth more than a refusal, and what is logged is checked anyway.
func kept(fields map[string]string) map[string]string {
	list := map[string]string{}
	for _, name := range DraftFields {
		text := strings.ToValidUTF8(fields[name], "")
		if utf8.RuneCountInString(text) > maxRemark {
			text = string([]rune(text)[:maxRemark])
		}
		if text != "" {
			list[name] = text
		}
	}
	return list
}

// mine tells whether a draft is the actor's unit's, or new.
func (d *Drafts) mine(ctx context.Context, actor audit.Actor, campaign string, id uuid.UUID) error {
	held, err := d.table.Current(ctx, campaign, id.String())
	switch {
	case errors.Is(err, revision.ErrNotFound):
		return nil
	case err != nil:
		return err
	case held.Thing.Unit != org.UnitID(actor.Unit):
		return problem.NotFound("这份草稿")
	}
	return nil
}

// Draft gives an open draft of the actor's unit.
func (d *Drafts) Draft(ctx context.Context, actor audit.Actor, campaign string, id uuid.UUID) (Draft, error) {
	held, err := d.table.Current(ctx, campaign, id.String())
	if err != nil && !errors.Is(err, revision.ErrNotFound) {
		return Draft{}, err
	}
	if err != nil || held.Thing.Unit != org.UnitID(actor.Unit) || held.Thing.Discarded {
		return Draft{}, problem.NotFound("这份草稿")
	}
	draft := held.Thing
	draft.ID, draft.Revision, draft.RecordedAt = id, held.Revision, held.RecordedAt
	return draft, nil
}

// Open lists the unfinished drafts of a unit, the newest first. A draft whose placement
// is there is finished: the placement is the one row that says so, so nothing can crash
// between the logging and the closing.
func (d *Drafts) Open(ctx context.Context, campaign string, unit org.UnitID) ([]Draft, error) {
	rows, err := d.db.Query(ctx, `
SELECT id, revision, body, recorded_at
FROM (SELECT id, revision, body, recorded_at FROM drafts WHERE campaign = ? ORDER BY id, revision DESC, recorded_at, write LIMIT 1 BY id)
WHERE JSONExtractString(body, 'unit') = ? AND NOT JSONExtractBool(body, 'discarded')
ORDER BY recorded_at DESC, id`, campaign, string(unit))
	if err != nil {
		return nil, fmt.Errorf("list drafts: %w", err)
	}
	defer rows.Close()
	var all []Draft
	var ids []uuid.UUID
	for rows.Next() {
		var draft Draft
		var id, body string
		if err := rows.Scan(&id, &draft.Revision, &body, &draft.RecordedAt); err != nil {
			return nil, fmt.Errorf("list drafts: %w", err)
		}
		if err := json.Unmarshal([]byte(body), &draft); err != nil {
			return nil, fmt.Errorf("list drafts: %q: %w", id, err)
		}
		if draft.ID, err = uuid.Parse(id); err != nil {
			return nil, fmt.Errorf("list drafts: %w", err)
		}
		all, ids = append(all, draft), append(ids, draft.ID)
	}
	if err := rows.Err(); err != nil || len(all) == 0 {
		return nil, err
	}
	done, err := d.placed(ctx, campaign, ids)
	if err != nil {
		return nil, err
	}
	var open []Draft
	for _, draft := range all {
		if !done[draft.ID] && len(open) < mostDrafts {
			open = append(open, draft)
		}
	}
	return open, nil
}

func (d *Drafts) logged(ctx context.Context, campaign string, id uuid.UUID) (bool, error) {
	done, err := d.placed(ctx, campaign, []uuid.UUID{id})
	return done[id], err
}

// placed tells which ids are those of placements.
func (d *Drafts) placed(ctx context.Context, campaign string, ids []uuid.UUID) (map[uuid.UUID]bool, error) {
	rows, err := d.db.Query(ctx, `SELECT DISTINCT id FROM placements WHERE campaign = ? AND id IN (`+clickhouse.UUIDs(ids)+`)`, campaign)
	if err != nil {
		return nil, fmt.Errorf("look for the placements of drafts: %w", err)
	}
	defer rows.Close()
	done := map[uuid.UUID]bool{}
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("look for the placements of drafts: %w", err)
		}
		done[id] = true
	}
	return done, rows.Err()
}
