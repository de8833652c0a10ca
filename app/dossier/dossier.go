// Package dossier keeps the inspection dossiers of a campaign: as of which instant each is,
// what the office wrote in its report, and what became of it.
//
// # Why
//
// A dossier is drafted, written in, sealed, and from then on never changed. Its content is
// made elsewhere (dashboards/dossier) and lies in a file; here stands what has to be known
// without opening it, and who did which step.
package dossier

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
)

// State is how far a dossier is.
type State string

// The closed list of states.
const (
	Draft   State = "draft"   // can be written in, and sealed
	Sealing State = "sealing" // its file is being made
	Sealed  State = "sealed"  // final
)

// StateNames are the words for people.
var StateNames = map[State]string{Draft: "草稿", Sealing: "正在封存", Sealed: "已封存"}

// Dossier is all that is to be shown of a campaign as of one instant.
type Dossier struct {
	ID       string            `json:"id"`
	Campaign string            `json:"campaign"`
	Cutoff   time.Time         `json:"cutoff"`          // what was recorded later is not in it
	Waves    []string          `json:"waves,omitempty"` // ids; empty: all that there are
	State    State             `json:"state"`
	Edits    map[string]string `json:"edits,omitempty"` // passages that the office wrote, by key
	// Reason says why the last attempt at sealing came to nothing.
	Reason string `json:"reason,omitempty"`
	// Of a sealed one: the hash and size of its file, the key's fingerprint, the program.
	SHA256  string `json:"sha256,omitempty"`
	Bytes   int64  `json:"bytes,omitempty"`
	Key     string `json:"key,omitempty"`
	Program string `json:"program,omitempty"`
}

// MostText is how long a passage may be, in characters.
const MostText = 20_000

// Store keeps dossiers.
type Store struct {
	table *revision.Table[Dossier]
	clock func() time.Time
}

// NewStore gives the store kept in db; a nil clock is the wall clock.
func NewStore(db *clickhouse.DB, log *audit.Log, clock func() time.Time) *Store {
	if clock == nil {
		clock = time.Now
	}
	return &Store{revision.NewTable[Dossier](db, log, "dossiers", "dossier"), clock}
}

// Begin drafts a dossier of what is recorded until the end of this second, of these waves (none:
// of all).
func (s *Store) Begin(ctx context.Context, actor audit.Actor, campaign string, waves ...string) (Dossier, error) {
	d := Dossier{ID: uuid.Must(uuid.NewV7()).String(), Campaign: campaign, Waves: waves, Cutoff: s.clock().UTC().Add(time.Second - time.Nanosecond).Truncate(time.Second), State: Draft}
	_, err := s.table.Put(ctx, actor, "dossier.begin", campaign, d.ID, d, 0)
	return d, err
}

// Dossier gives one.
func (s *Store) Dossier(ctx context.Context, campaign, id string) (revision.Held[Dossier], error) {
	held, err := s.table.Current(ctx, campaign, id)
	if errors.Is(err, revision.ErrNotFound) {
		return held, problem.NotFound("这份卷宗").Because(err)
	}
	return held, err
}

// List gives the dossiers of a campaign, the newest first; an empty campaign those of all.
func (s *Store) List(ctx context.Context, campaign string) ([]revision.Held[Dossier], error) {
	all, err := s.table.List(ctx, campaign)
	slices.SortFunc(all, func(a, b revision.Held[Dossier]) int { return strings.Compare(b.ID, a.ID) })
	return all, err
}

// Write keeps passages of a draft: as the office wrote them, or, where the text is empty, as
// the data give them. Expected is the revision that the writer saw.
func (s *Store) Write(ctx context.Context, actor audit.Actor, held revision.Held[Dossier], passages map[string]string, expected uint32) error {
	d := held.Thing
	if d.State != Draft {
		return problem.Conflict("这份卷宗不能再改", "它"+StateNames[d.State]+"。要改正文，请另起一份草稿。")
	}
	edits := map[string]string{}
	for key, text := range d.Edits {
		edits[key] = text
	}
	for key, text := range passages {
		text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
		if n := utf8.RuneCountInString(text); n > MostText {
			return problem.Invalid("这一段太长", "一段最多2万字，请分开写或写得短些。", problem.Fault{Field: key, Why: "超过2万字"})
		}
		if text == "" {
			delete(edits, key)
		} else {
			edits[key] = text
		}
	}
	if len(edits) == 0 {
		edits = nil
	}
	d.Edits = edits
	return s.put(ctx, actor, "dossier.write", d, expected)
}

// Move writes the next state of a dossier; verb names the step in the audit trail.
func (s *Store) Move(ctx context.Context, actor audit.Actor, verb string, d Dossier, expected uint32) error {
	return s.put(ctx, actor, verb, d, expected)
}

func (s *Store) put(ctx context.Context, actor audit.Actor, verb string, d Dossier, expected uint32) error {
	_, err := s.table.Put(ctx, actor, verb, d.Campaign, d.ID, d, expected)
	if errors.Is(err, revision.ErrConflict) {
		return problem.Conflict("别人刚刚改过这份卷宗", "请刷新这一页，看过别人的改动后再来。").Because(err)
	}
	return err
}
