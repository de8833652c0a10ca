package spotcheck

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
)

// Store keeps checks and findings.
type Store struct {
	checks   *revision.Table[Check]
	findings *revision.Table[Finding]
	clock    func() time.Time
}

// NewStore gives the store kept in db; a nil clock is the wall clock.
func NewStore(db *clickhouse.DB, log *audit.Log, clock func() time.Time) *Store {
	if clock == nil {
		clock = time.Now
	}
	return &Store{clock: clock, checks: revision.NewTable[Check](db, log, "spot_checks", "check"),
		findings: revision.NewTable[Finding](db, log, "spot_findings", "finding")}
}

// Put keeps a check that was just drawn. One with the same id that is there already stays: the
// form was sent twice, and the points of the first sending are those that were shown.
func (s *Store) Put(ctx context.Context, actor audit.Actor, c *Check) error {
	_, err := s.checks.Put(ctx, actor, "check.draw", c.Campaign, c.ID, *c, 0)
	if errors.Is(err, revision.ErrConflict) {
		return nil
	}
	return err
}

// Check gives a check.
func (s *Store) Check(ctx context.Context, campaign, id string) (revision.Held[Check], error) {
	held, err := s.checks.Current(ctx, campaign, id)
	if errors.Is(err, revision.ErrNotFound) {
		return held, problem.NotFound("这次抽查")
	}
	return held, err
}

// List gives the checks of a campaign, the latest first.
func (s *Store) List(ctx context.Context, campaign string) ([]revision.Held[Check], error) {
	all, err := s.checks.List(ctx, campaign)
	slices.SortStableFunc(all, func(a, b revision.Held[Check]) int { return b.Thing.Cutoff.Compare(a.Thing.Cutoff) })
	return all, err
}

// Close ends a check: nothing more is recorded, and the units see theirs. Closing it again
// changes nothing.
func (s *Store) Close(ctx context.Context, actor audit.Actor, campaign, id string) error {
	held, err := s.Check(ctx, campaign, id)
	if err != nil || !held.Thing.Closed.IsZero() {
		return err
	}
	c := held.Thing
	c.Closed, c.ClosedBy = s.clock().UTC().Truncate(time.Millisecond), actor.Name
	_, err = s.checks.Put(ctx, actor, "check.close", campaign, id, c, held.Revision)
	if errors.Is(err, revision.ErrConflict) { // somebody else closed it just now
		return nil
	}
	return err
}

// findingID names the finding of a point; numbers sort as they count.
func findingID(check string, number int) string { return fmt.Sprintf("%s/%04d", check, number) }

// Findings gives what was found at the points of a check, by number.
func (s *Store) Findings(ctx context.Context, campaign, check string) (map[int]revision.Held[Finding], error) {
	all, err := s.AllFindings(ctx, campaign)
	if err != nil {
		return nil, err
	}
	if all[check] == nil {
		return map[int]revision.Held[Finding]{}, nil
	}
	return all[check], nil
}

// AllFindings gives what was found by check and number.
func (s *Store) AllFindings(ctx context.Context, campaign string) (map[string]map[int]revision.Held[Finding], error) {
	all, err := s.findings.List(ctx, campaign)
	if err != nil {
		return nil, err
	}
	byCheck := map[string]map[int]revision.Held[Finding]{}
	for _, held := range all {
		check, rest, _ := strings.Cut(held.ID, "/")
		number, err := strconv.Atoi(rest)
		if err != nil {
			return nil, fmt.Errorf("finding %q names no point: %w", held.ID, err)
		}
		if byCheck[check] == nil {
			byCheck[check] = map[int]revision.Held[Finding]{}
		}
		byCheck[check][number] = held
	}
	return byCheck, nil
}

// History gives every version of the finding of a point, newest first.
func (s *Store) History(ctx context.Context, campaign, check string, number int) ([]revision.Held[Finding], error) {
	return s.findings.Revisions(ctx, campaign, findingID(check, number))
}

// Record keeps what was found at a point; expected is the revision that the form saw, 0 for a
// point without a finding. A form that comes again is known by its key: repeated is true and
// nothing is written, whatever was corrected meanwhile. Somebody else's finding in between is a
// conflict.
func (s *Store) Record(ctx context.Context, actor audit.Actor, c *Check, number int, f Finding, expected uint32) (repeated bool, err error) {
	point, known := c.Point(number)
	if !known {
		return false, problem.NotFound("这个点位")
	}
	if repeated, err := s.repeated(ctx, c, number, f); repeated || err != nil {
		return repeated, err
	}
	if !c.Closed.IsZero() {
		return false, problem.Conflict("这次抽查已经结束", "结束之后不再登记。确有需要的，请另抽一次。")
	}
	faults := f.Validate()
	if f.Key == uuid.Nil {
		faults = append(faults, problem.Fault{Field: "id", Why: "这一页缺少编号，请刷新后再试"})
	}
	if len(faults) > 0 {
		return false, problem.Invalid(fmt.Sprintf("第%d处还不能保存", point.Number), "请按提示改正后再保存，已填的内容都还在。", faults...)
	}
	verb := "check.find"
	if expected > 0 {
		verb = "check.correct"
	}
	_, err = s.findings.Put(ctx, actor, verb, c.Campaign, findingID(c.ID, number), f, expected)
	if errors.Is(err, revision.ErrConflict) {
		if repeated, failed := s.repeated(ctx, c, number, f); repeated || failed != nil { // the same form, twice at once
			return repeated, failed
		}
		return false, problem.Conflict("刚刚有人登记过这一处", "请看过已登记的结果，确要更正的再保存一次。").Because(err)
	}
	return false, err
}

// repeated tells whether a form was taken before. With the same key and another content it is
// somebody's mistake, and is said.
func (s *Store) repeated(ctx context.Context, c *Check, number int, f Finding) (bool, error) {
	held, err := s.History(ctx, c.Campaign, c.ID, number)
	if err != nil {
		return false, err
	}
	for _, one := range held {
		if one.Thing.Key != f.Key {
			continue
		}
		if !one.Thing.same(f) {
			return false, problem.Conflict("这一页的内容已经保存过，又被改动", "请重新打开这一处，在已登记的结果上更正。")
		}
		return true, nil
	}
	return false, nil
}
