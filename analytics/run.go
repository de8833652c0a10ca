package analytics

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse"
	"shuixuan/app/job"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
	"shuixuan/app/survey"
)

// RunState is how far a run is.
type RunState string

// The closed list of states.
const (
	RunGoing     RunState = "going"
	RunDone      RunState = "done"
	RunCancelled RunState = "cancelled"
	RunFailed    RunState = "failed"
)

// RunSpec is all that goes into an analysis. The same spec over the same rows gives the same
// bytes, whoever starts it and when.
type RunSpec struct {
	Campaign  string            `json:"campaign"`
	Wave      survey.Wave       `json:"wave"` // as it was, with its strata, populations and version of the questionnaire
	Settings  campaign.Settings `json:"settings"`
	Cutoff    time.Time         `json:"cutoff"` // what was recorded later is not seen
	Groupings []string          `json:"groupings"`
	Program   string            `json:"program"` // version
}

// RunResults is what came out, by grouping.
type RunResults struct {
	Spec       RunSpec       `json:"spec"`
	Indicators []*Indicators `json:"indicators"`
	Weighted   []*Weighted   `json:"weighted"`
}

// Run is an analysis that was started once. SHA256 is that of the bytes of its results; a page
// or report that cites a run cites both.
type Run struct {
	ID     string   `json:"id"`
	Spec   RunSpec  `json:"spec"`
	State  RunState `json:"-"`
	Reason string   `json:"-"` // why it failed, or was cancelled
	SHA256 string   `json:"-"` // hex
}

// Runs keeps analyses and makes them, one at a time: each takes all of the machine it gets.
type Runs struct {
	reader *Reader
	table  *revision.Table[Run]
	db     *clickhouse.DB
	log    *audit.Log
	clock  func() time.Time
	jobs   *job.Board // one at a time
}

// NewRuns gives the runs kept in the reader's database; a nil clock is the wall clock.
func NewRuns(reader *Reader, log *audit.Log, clock func() time.Time) *Runs {
	if clock == nil {
		clock = time.Now
	}
	return &Runs{reader: reader, table: revision.NewTable[Run](reader.db, log, "runs", "run"), db: reader.db, log: log, clock: clock, jobs: job.NewBoard(1)}
}

// Going counts the analyses that run and those that wait.
func (s *Runs) Going() (running, waiting int) { return s.jobs.Going() }

// Groupings are the breakdowns that a run makes: all together, the strata, the areas, and the
// questions with few answers.
func Groupings(wave survey.Wave, q survey.Questionnaire) []string {
	list := []string{"", Stratum}
	if len(wave.Areas) > 0 {
		list = append(list, ByArea)
	}
	for _, question := range q.Items() {
		if GroupsBy(question) && question.Name != q.Stratum {
			list = append(list, question.Name)
		}
	}
	return list
}

// Start keeps a run and begins it; it goes on when the caller has left.
func (s *Runs) Start(ctx context.Context, actor audit.Actor, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, program string) (Run, error) {
	run := Run{ID: uuid.Must(uuid.NewV7()).String(), State: RunGoing, Spec: RunSpec{Campaign: plan.Campaign.ID, Wave: wave, Settings: plan.Campaign.Settings,
		Cutoff: s.clock().UTC().Truncate(time.Millisecond), Groupings: Groupings(wave, q), Program: program}}
	if len(q.Indicators) == 0 {
		return Run{}, problem.Invalid("这一轮没有可以固定的数字", "问卷里还没有规定指标，请先在问卷里加上。")
	}
	if _, err := s.table.Put(ctx, actor, "run.start", run.Spec.Campaign, run.ID, run, 0); err != nil {
		return Run{}, err
	}
	var results []byte
	s.jobs.Start(ctx, run.ID, actor.ID, run.Spec.steps(), func(ctx context.Context, step job.Step) (err error) {
		results, err = s.analyse(ctx, plan, q, run.Spec, step)
		return err
	}, func(ctx context.Context, err error, by string) {
		switch {
		case err == nil:
			sum := sha256.Sum256(results)
			run.State, run.SHA256 = RunDone, hex.EncodeToString(sum[:])
		case errors.Is(err, context.Canceled):
			run.State, run.Reason, results = RunCancelled, "有人取消了这次分析，或程序停止了", nil
		default:
			run.State, run.Reason, results = RunFailed, "没有算完："+reasonOf(err), nil
		}
		// One whose end can't be kept has not ended, which its page says.
		_ = s.end(ctx, run, results, by)
	})
	return run, nil
}

func reasonOf(err error) string {
	if p, ok := problem.As(err); ok {
		return p.Title
	}
	return "数据库没有给出结果，请稍后再开始一次"
}

// analyse gives the bytes of the results.
func (s *Runs) analyse(ctx context.Context, plan *campaign.Plan, q survey.Questionnaire, spec RunSpec, told job.Step) ([]byte, error) {
	reader := NewReader(s.reader.db.AsOf(spec.Cutoff))
	all := RunResults{Spec: spec}
	done, steps := int64(0), spec.steps()
	step := func(err error) error {
		done++
		told(done, steps, "")
		return errors.Join(err, ctx.Err())
	}
	for _, by := range spec.Groupings {
		indicators, err := reader.Indicators(ctx, plan, spec.Wave, q, by)
		if err := step(err); err != nil {
			return nil, err
		}
		weighted, err := reader.Weighted(ctx, plan, spec.Wave, q, by)
		if err := step(err); err != nil {
			return nil, err
		}
		all.Indicators, all.Weighted = append(all.Indicators, indicators), append(all.Weighted, weighted)
	}
	raw, err := json.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("write results: %w", err)
	}
	return raw, nil
}

// end keeps how a run ended, with what it came to. It is no act of a person, so no event.
func (s *Runs) end(ctx context.Context, run Run, results []byte, by string) error {
	add := func(b driver.Batch) error {
		return b.Append(run.Spec.Campaign, run.ID, string(run.State), run.Reason, run.SHA256, string(results), s.clock().UTC(), by)
	}
	err := s.db.InsertOnce(ctx, run.ID, `INSERT INTO run_results (campaign, id, state, reason, sha256, body, recorded_at, recorded_by)`, add, func(ctx context.Context) (bool, error) {
		var n uint64
		err := s.db.QueryRow(ctx, `SELECT count() FROM run_results WHERE campaign = ? AND id = ?`, run.Spec.Campaign, run.ID).Scan(&n)
		return n > 0, err
	})
	if err != nil {
		return fmt.Errorf("keep the end of a run: %w", err)
	}
	return nil
}

// ends gives how runs ended; of those that did twice the first.
func (s *Runs) ends(ctx context.Context, runs []revision.Held[Run], where string, args ...any) error {
	rows, err := s.db.Query(ctx, `SELECT id, state, reason, sha256 FROM run_results WHERE `+where+` ORDER BY recorded_at`, args...)
	if err != nil {
		return fmt.Errorf("read the ends of runs: %w", err)
	}
	defer rows.Close()
	ended := map[string]Run{}
	for rows.Next() {
		var one Run
		var state string
		if err := rows.Scan(&one.ID, &state, &one.Reason, &one.SHA256); err != nil {
			return fmt.Errorf("read the ends of runs: %w", err)
		}
		if _, known := ended[one.ID]; !known {
			one.State = RunState(state)
			ended[one.ID] = one
		}
	}
	for i := range runs {
		run := &runs[i].Thing
		run.State = RunGoing
		if end, has := ended[run.ID]; has {
			run.State, run.Reason, run.SHA256 = end.State, end.Reason, end.SHA256
		}
	}
	return rows.Err()
}

// Results gives the bytes of a run's results, held against their hash.
func (s *Runs) Results(ctx context.Context, run Run) ([]byte, error) {
	var body string
	err := s.db.QueryRow(ctx, `SELECT body FROM run_results WHERE campaign = ? AND id = ? ORDER BY recorded_at LIMIT 1`, run.Spec.Campaign, run.ID).Scan(&body)
	if err != nil {
		return nil, fmt.Errorf("read results of %s: %w", run.ID, err)
	}
	if sum := sha256.Sum256([]byte(body)); hex.EncodeToString(sum[:]) != run.SHA256 {
		return nil, problem.Conflict("这次分析的结果被改动过", "存下的内容和当时的校验值不一致，不能再引用。请重新固定一次，并查明原因。")
	}
	return []byte(body), nil
}

// Pace tells how far a run is, as it was read; false where it isn't on its way here. One that has
// ended since it was read is at its last step: nobody left it behind.
func (s *Runs) Pace(ctx context.Context, run Run) (job.Pace, bool) {
	pace, going := s.jobs.Pace(run.ID)
	if going || run.State != RunGoing {
		return pace, going
	}
	now, err := s.Run(ctx, run.Spec.Campaign, run.ID)
	return job.Pace{Done: run.Spec.steps(), Of: run.Spec.steps()}, err == nil && now.Thing.State != RunGoing
}

// steps is how many an analysis has: two for each grouping.
func (s RunSpec) steps() int64 { return 2 * int64(len(s.Groupings)) }

// Cancel stops a run that is on its way, and waits until that is kept. One that a program left
// behind is put aside.
func (s *Runs) Cancel(ctx context.Context, actor audit.Actor, campaign, id string) error {
	held, err := s.Run(ctx, campaign, id)
	if err != nil {
		return err
	}
	if held.Thing.State != RunGoing {
		return problem.Conflict("这次分析已经结束", "不用再取消。")
	}
	going, err := s.jobs.Cancel(ctx, id, actor.ID)
	if err != nil {
		return err
	}
	if !going { // left behind by a program, or ended since it was read
		if held, err = s.Run(ctx, campaign, id); err != nil {
			return err
		}
		if held.Thing.State != RunGoing {
			return problem.Conflict("这次分析已经结束", "不用再取消。")
		}
		lost := held.Thing
		lost.State, lost.Reason = RunCancelled, "程序中途停止，没有算完"
		if err := s.end(ctx, lost, nil, actor.ID); err != nil {
			return err
		}
	}
	return s.log.Record(ctx, audit.Event{Actor: actor, Verb: "run.cancel", Campaign: campaign, Kind: "run", Thing: id})
}

// Run gives a run of a campaign.
func (s *Runs) Run(ctx context.Context, campaign, id string) (revision.Held[Run], error) {
	held, err := s.table.Current(ctx, campaign, id)
	if errors.Is(err, revision.ErrNotFound) {
		return held, problem.NotFound("这次分析").Because(err)
	}
	if err != nil {
		return held, err
	}
	list := []revision.Held[Run]{held}
	err = s.ends(ctx, list, "campaign = ? AND id = ?", campaign, id)
	return list[0], err
}

// List gives the runs of a wave, the newest first.
func (s *Runs) List(ctx context.Context, campaign string, wave survey.WaveID) ([]revision.Held[Run], error) {
	all, err := s.table.List(ctx, campaign)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(h revision.Held[Run]) bool { return h.Thing.Spec.Wave.ID != wave })
	slices.SortFunc(all, func(a, b revision.Held[Run]) int { return strings.Compare(b.ID, a.ID) })
	return all, s.ends(ctx, all, "campaign = ?", campaign)
}

// Hold keeps runs from being computed until they are released; those that are started wait.
func (s *Runs) Hold() (release func()) { return s.jobs.Hold() }

// Close cancels what is on its way.
func (s *Runs) Close(ctx context.Context) error { return s.jobs.Close(ctx) }
