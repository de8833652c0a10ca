package survey

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
)

// Store keeps questionnaires and waves, and finds responses. Responses are written
// by ingest.
type Store struct {
	db             *clickhouse.DB
	questionnaires *revision.Table[Questionnaire]
	waves          *revision.Table[Wave]
	drafts         *revision.Table[Draft]
	states         *revision.Table[State]
	log            *audit.Log
	sheetLock      sync.Mutex // see MoveSheets
}

// NewStore gives the store kept in db.
func NewStore(db *clickhouse.DB, log *audit.Log) *Store {
	return &Store{
		db:             db,
		log:            log,
		questionnaires: revision.NewTable[Questionnaire](db, log, "questionnaires", "questionnaire"),
		waves:          revision.NewTable[Wave](db, log, "waves", "wave"),
		drafts:         revision.NewTable[Draft](db, log, "questionnaire_drafts", "questionnaire"),
		states:         revision.NewTable[State](db, log, "questionnaire_states", "questionnaire"),
	}
}

// versioned gives the questionnaire with its version, which is the number of its
// revision and is not kept a second time in the body.
func versioned(h revision.Held[Questionnaire]) Questionnaire {
	h.Thing.Version = h.Revision
	return h.Thing
}

// Questionnaire gives a version of a questionnaire; version 0 is the newest.
func (s *Store) Questionnaire(ctx context.Context, campaign string, id QuestionnaireID, version uint32) (Questionnaire, error) {
	if version == 0 {
		held, err := s.questionnaires.Current(ctx, campaign, string(id))
		if errors.Is(err, revision.ErrNotFound) {
			return Questionnaire{}, problem.NotFound("这份问卷").Because(err)
		}
		return versioned(held), err
	}
	held, err := s.questionnaires.At(ctx, campaign, string(id), version)
	if errors.Is(err, revision.ErrNotFound) {
		return Questionnaire{}, problem.NotFound("这份问卷").Because(err)
	}
	return versioned(held), err
}

// PutQuestionnaire publishes the next version; expected is the version that the
// writer has seen, 0 for a new questionnaire. The same content again writes nothing
// and answers the version that holds it.
func (s *Store) PutQuestionnaire(ctx context.Context, actor audit.Actor, campaign string, q Questionnaire, expected uint32) (uint32, error) {
	if err := q.Validate(); err != nil {
		return 0, err
	}
	q.Version = 0
	version, err := s.questionnaires.Put(ctx, actor, "questionnaire.publish", campaign, string(q.ID), q, expected)
	return version, changed(err)
}

// Waves lists the waves of a campaign by id.
func (s *Store) Waves(ctx context.Context, campaign string) ([]Wave, error) {
	held, err := s.waves.List(ctx, campaign)
	if err != nil {
		return nil, err
	}
	list := make([]Wave, 0, len(held))
	for _, h := range held {
		list = append(list, h.Thing)
	}
	return list, nil
}

// Wave gives one wave with its revision.
func (s *Store) Wave(ctx context.Context, campaign string, id WaveID) (revision.Held[Wave], error) {
	held, err := s.waves.Current(ctx, campaign, string(id))
	if errors.Is(err, revision.ErrNotFound) {
		return held, problem.NotFound("这一轮调查").Because(err)
	}
	return held, err
}

// PutWave writes the next revision of a wave; expected is 0 for a new one. A wave
// without a Version takes the newest version of its questionnaire when it is made
// and keeps it; another version, or another questionnaire, may be named as long as
// nobody has answered.
func (s *Store) PutWave(ctx context.Context, actor audit.Actor, campaign string, w Wave, expected uint32) (uint32, error) {
	held, err := s.waves.Current(ctx, campaign, string(w.ID))
	isNew := errors.Is(err, revision.ErrNotFound)
	if err != nil && !isNew {
		return 0, err
	}
	if !isNew && w.Version == 0 && w.Questionnaire == held.Thing.Questionnaire {
		w.Version = held.Thing.Version
	}
	q, err := s.Questionnaire(ctx, campaign, w.Questionnaire, w.Version)
	if err != nil {
		return 0, err
	}
	w.Version = q.Version
	if !isNew && (w.Version != held.Thing.Version || w.Questionnaire != held.Thing.Questionnaire) {
		if err := s.unanswered(ctx, campaign, held.Thing); err != nil {
			return 0, err
		}
	}
	if err := w.Validate(q); err != nil {
		return 0, err
	}
	if isNew || w.Questionnaire != held.Thing.Questionnaire {
		if err := s.open(ctx, campaign, q); err != nil {
			return 0, err
		}
	}
	rev, err := s.waves.Put(ctx, actor, "wave.put", campaign, string(w.ID), w.labelled(q), expected)
	return rev, changed(err)
}

// unanswered refuses where the wave has responses: they were given to the version
// that the wave had.
func (s *Store) unanswered(ctx context.Context, campaign string, w Wave) error {
	var n uint64
	row := s.db.QueryRow(ctx, `SELECT count() FROM responses WHERE campaign = ? AND wave = ?`, campaign, string(w.ID))
	if err := row.Scan(&n); err != nil {
		return fmt.Errorf("count responses of wave %q: %w", w.ID, err)
	}
	if n > 0 {
		return problem.Conflict("这一轮已经有答卷，不能再换问卷", fmt.Sprintf("“%s”已有答卷按第%d版问卷填写。需要用新问卷的，请另建一轮。", w.Name, w.Version))
	}
	return nil
}

// changed turns a lost race into words.
func changed(err error) error {
	if errors.Is(err, revision.ErrConflict) {
		return problem.Conflict("刚刚有人改过这里", "请重新打开页面，看过新内容后再修改，您填的内容没有保存。").Because(err)
	}
	return err
}
