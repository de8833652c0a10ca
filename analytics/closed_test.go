package analytics_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/org"
	"shuixuan/app/survey"
)

// city is an engine that several programs use over a port, with a wave that is closed.
type city struct {
	t       *testing.T
	db      *clickhouse.DB // in this process
	address string
	plan    *campaign.Plan
	wave    survey.Wave
	q       survey.Questionnaire
	sheets  []survey.Response
}

func newCity(t *testing.T) *city {
	t.Helper()
	c := &city{t: t, db: clickhousetest.Embedded(t), plan: planOf("c", nil)}
	if err := c.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(c.db.Embedded().Handler())
	t.Cleanup(server.Close)
	c.address = server.URL + "/" + c.db.Database()
	c.wave, c.q = designed(survey.Convenience, survey.ByArea)
	c.wave.Closed = true
	c.wave.Strata[0].Quota = 300
	c.q.Questions[2].Dimension = "满意"
	more := related()
	c.q.Questions, c.q.Indicators = append(c.q.Questions, more.Questions...), append(c.q.Indicators, more.Indicators...)
	c.sheets = drawnSheets()[:300]
	for i := range c.sheets {
		s := &c.sheets[i]
		s.RecordedAt, s.Unit = date("2014-10-08"), []string{"u1", "u2"}[i%2]
		for n, name := range []string{"river", "bank", "tap", "overall"} {
			s.Choices[name] = []string{[]string{"1", "3", "5"}[(i/(n+1)+i%7)%3]}
		}
		s.Choices["seen"], s.Choices["know"] = []string{[]string{"bus", "board", "none"}[i%3]}, []string{[]string{"y", "n"}[i%2]}
	}
	recordResponses(t, c.db, c.sheets...)
	return c
}

// program is one that was started: its reader, and how many questions it has sent. They lie in
// files, which begin with a comment.
type program struct {
	*analytics.Reader
	db   *clickhouse.DB
	sent atomic.Int64
}

func (p *program) Enabled(context.Context, slog.Level) bool { return true }
func (p *program) WithAttrs([]slog.Attr) slog.Handler       { return p }
func (p *program) WithGroup(string) slog.Handler            { return p }
func (p *program) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "sql" && strings.HasPrefix(a.Value.String(), "--") {
			p.sent.Add(1)
		}
		return true
	})
	return nil
}

// start starts a program.
func (c *city) start(version string) *program {
	c.t.Helper()
	p := &program{}
	var err error
	if p.db, err = clickhouse.Open(c.t.Context(), clickhouse.Config{DSN: c.address, Slow: 1, Log: slog.New(p)}); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		if err := p.db.Close(); err != nil {
			c.t.Error(err)
		}
	})
	p.Reader = analytics.NewReader(p.db).KeepClosed(version)
	return p
}

// figures asks all that is made of sums of a wave's responses.
func (c *city) figures(r *analytics.Reader) []any {
	c.t.Helper()
	ctx := c.t.Context()
	var all []any
	keep := func(value any, err error) {
		c.t.Helper()
		if err != nil {
			c.t.Fatal(err)
		}
		all = append(all, value)
	}
	for _, by := range []string{"", analytics.ByArea} {
		distribution, err := r.Distribution(ctx, c.plan, c.wave, c.q, "sat", by)
		keep(distribution, err)
	}
	for _, by := range []string{analytics.Stratum, "seen"} {
		indicators, err := r.Indicators(ctx, c.plan, c.wave, c.q, by)
		keep(indicators, err)
		weighted, err := r.Weighted(ctx, c.plan, c.wave, c.q, by)
		keep(weighted, err)
		distribution, err := r.Distribution(ctx, c.plan, c.wave, c.q, "sat", by)
		keep(distribution, err)
	}
	exposed, err := r.Exposed(ctx, c.plan, c.wave, c.q)
	keep(exposed, err)
	for _, unit := range []org.UnitID{"", "u1"} {
		progress, err := r.Progress(ctx, c.plan, c.wave, analytics.Scope{Campaign: "c", Unit: unit, AsOf: date("2014-10-20")})
		keep(progress, err)
	}
	return all
}

// straight are the figures of a reader that keeps nothing.
func (c *city) straight() []any { c.t.Helper(); return c.figures(analytics.NewReader(c.db)) }

func (c *city) stored() (n uint64) {
	c.t.Helper()
	if err := c.db.QueryRow(c.t.Context(), `SELECT count() FROM closed_answers FINAL`).Scan(&n); err != nil {
		c.t.Fatal(err)
	}
	return n
}

func (c *city) exec(statements ...string) {
	c.t.Helper()
	for _, s := range statements {
		if err := c.db.Exec(c.t.Context(), s); err != nil {
			c.t.Fatal(err)
		}
	}
}

// again is a sheet as it is written once more, bent.
func (c *city) again(i int, bend func(*survey.Response)) survey.Response {
	s := c.sheets[i]
	s.Revision, s.RecordedAt = 2, date("2014-11-01")
	bend(&s)
	return s
}

// A wave that takes answers is asked each time; when it is closed a program asks once, and after
// that none does, whatever comes to other waves.
func TestClosedWaveIsAskedOnce(t *testing.T) {
	c := newCity(t)
	straight := c.straight()
	c.wave.Closed = false
	for range 2 {
		if p := c.start("v1"); !reflect.DeepEqual(c.figures(p.Reader), straight) || p.sent.Load() == 0 {
			t.Errorf("open: %d statements, or other figures", p.sent.Load())
		}
	}
	if n := c.stored(); n != 0 {
		t.Errorf("%d answers of an open wave are kept", n)
	}

	c.wave.Closed = true
	first := c.start("v1")
	if !reflect.DeepEqual(c.figures(first.Reader), straight) {
		t.Error("the first program has other figures")
	}
	asked := first.sent.Load()
	if n := c.stored(); asked == 0 || int64(n) != asked {
		t.Errorf("%d statements, %d answers kept", asked, n)
	}
	second := c.start("v1")
	for round := range 3 {
		for name, p := range map[string]*program{"first": first, "restarted": c.start("v1"), "second": second} {
			before := p.sent.Load()
			if !reflect.DeepEqual(c.figures(p.Reader), straight) {
				t.Errorf("round %d: the %s program has other figures", round, name)
			}
			if n := p.sent.Load() - before; n != 0 {
				t.Errorf("round %d: the %s program sent %d statements", round, name, n)
			}
		}
		recordResponses(t, c.db, answered("c", map[string][]string{"sat": {"5"}}, func(r *survey.Response) { r.Wave = "w2" }),
			answered("other", map[string][]string{"sat": {"5"}}))
	}
	inside := analytics.NewReader(c.db).KeepClosed("v1")
	if !reflect.DeepEqual(c.figures(inside), straight) {
		t.Error("in this process there are other figures")
	}
	// What satisfaction hangs on is made of a list of answers and not of sums.
	drivers := func(r *analytics.Reader) *analytics.Drivers {
		d, err := r.Drivers(t.Context(), c.plan, c.wave, c.q)
		if err != nil || d.Result == nil {
			t.Fatal(d, err)
		}
		return d
	}
	want := drivers(second.Reader)
	if p := c.start("v1"); !reflect.DeepEqual(drivers(p.Reader), want) || p.sent.Load() != 0 {
		t.Errorf("%d statements for what satisfaction hangs on, or other figures", p.sent.Load())
	}

	// A new program has statements of its own, and leaves those of the old one.
	if p := c.start("v2"); !reflect.DeepEqual(c.figures(p.Reader), straight) || p.sent.Load() != asked {
		t.Errorf("a new program sent %d statements of %d, or has other figures", p.sent.Load(), asked)
	}
	if p := c.start("v1"); !reflect.DeepEqual(c.figures(p.Reader), straight) || p.sent.Load() != 0 {
		t.Errorf("beside a new program the old one sent %d statements, or has other figures", p.sent.Load())
	}
}

// Whatever comes to the wave, the next who asks has the figures of now: the program that had asked
// before, another one, one that was started since, and one with the engine in it.
func TestClosedWaveIsNeverWrong(t *testing.T) {
	for name, change := range map[string]func(c *city){
		"voided": func(c *city) {
			recordResponses(c.t, c.db, c.again(3, func(r *survey.Response) { r.Disposition = survey.Void }))
		},
		"restored": func(c *city) {
			recordResponses(c.t, c.db, c.again(17, func(r *survey.Response) { r.Disposition = survey.Complete }))
		},
		"revised": func(c *city) {
			recordResponses(c.t, c.db, c.again(4, func(r *survey.Response) { r.Choices = map[string][]string{"sat": {"1"}} }))
		},
		"revised by a clock that is behind": func(c *city) {
			recordResponses(c.t, c.db, c.again(4, func(r *survey.Response) {
				r.Choices, r.RecordedAt = map[string][]string{"sat": {"1"}}, date("2001-01-01")
			}))
		},
		"moved to another unit": func(c *city) {
			recordResponses(c.t, c.db, c.again(5, func(r *survey.Response) { r.Unit = "u1" }))
		},
		"moved to another area": func(c *city) {
			recordResponses(c.t, c.db, c.again(5, func(r *survey.Response) { r.Area = "p99" }))
		},
		"came late": func(c *city) {
			recordResponses(c.t, c.db, c.again(6, func(r *survey.Response) { r.ID, r.Revision, r.Late = uuid.New(), 1, true }))
		},
		"opened, answered": func(c *city) {
			c.wave.Closed = false
			recordResponses(c.t, c.db, c.again(6, func(r *survey.Response) { r.ID, r.Revision = uuid.New(), 1 }))
		},
		"opened, answered, closed": func(c *city) {
			recordResponses(c.t, c.db, c.again(6, func(r *survey.Response) { r.ID, r.Revision = uuid.New(), 1 }))
		},
		"lost from the disk": func(c *city) {
			c.exec(`ALTER TABLE response_revisions DELETE WHERE number = '8' SETTINGS mutations_sync = 2`, `ALTER TABLE responses DELETE WHERE number = '8' SETTINGS mutations_sync = 2`)
		},
		"lost from one table": func(c *city) {
			c.exec(`ALTER TABLE responses DELETE WHERE number = '8' SETTINGS mutations_sync = 2`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCity(t)
			asked, other, inside := c.start("v1"), c.start("v1"), analytics.NewReader(c.db).KeepClosed("v1")
			before := c.straight()
			for _, r := range []*analytics.Reader{asked.Reader, other.Reader, inside} {
				if !reflect.DeepEqual(c.figures(r), before) {
					t.Fatal("other figures before anything changes")
				}
			}
			if c.stored() == 0 {
				t.Fatal("nothing is kept")
			}
			change(c)
			after := c.straight()
			if reflect.DeepEqual(before, after) {
				t.Fatal("the change changes no figure: it proves nothing")
			}
			readers := map[string]*analytics.Reader{"restarted": c.start("v1").Reader, "again": c.start("v1").Reader, "restarted inside": analytics.NewReader(c.db).KeepClosed("v1")}
			if !strings.HasPrefix(name, "lost") { // what a disk loses nobody writes: it is met after a restart
				readers["asked"], readers["other"], readers["inside"] = asked.Reader, other.Reader, inside
			}
			for who, r := range readers {
				if !reflect.DeepEqual(c.figures(r), after) {
					t.Errorf("%s has other figures", who)
				}
			}
		})
	}
}

// Settings, the wave and the questionnaire hold as they are, whatever was kept before.
func TestClosedWaveOfOtherRules(t *testing.T) {
	kept := newCity(t)
	before := kept.straight()
	asked, inside := kept.start("v1"), analytics.NewReader(kept.db).KeepClosed("v1")
	for _, r := range []*analytics.Reader{asked.Reader, inside} {
		if !reflect.DeepEqual(kept.figures(r), before) {
			t.Fatal("other figures before anything changes")
		}
	}
	for name, change := range map[string]func(c *city){
		"smallest base": func(c *city) { c.plan.Campaign.Settings.SmallBase.Value = 500 },
		"level":         func(c *city) { c.plan.Campaign.Settings.Level.Value = 0.9 },
		"target":        func(c *city) { c.plan.Campaign.Settings.SatisfactionTarget.Value = 60 },
		"composite": func(c *city) {
			c.plan.Campaign.Settings.Composite.Value = []campaign.Weight{{Dimension: "满意", Weight: 1}}
		},
		"quota":           func(c *city) { c.wave.Strata[0].Quota = 400 },
		"population":      func(c *city) { c.wave.Strata[0].Population *= 2 },
		"stratum renamed": func(c *city) { c.wave.Strata[0].Label = "学生" },
		"stratum gone":    func(c *city) { c.wave.Strata = c.wave.Strata[:2] },
		"areas":           func(c *city) { c.wave.Areas = []survey.Area{{Code: "p1", Label: "老城"}} },
		"sampling":        func(c *city) { c.wave.Sampling.Kind = survey.Probability },
		"sampling unit":   func(c *city) { c.wave.Sampling.Unit = survey.ByUnit },
		"margins": func(c *city) {
			c.wave.Margins = &survey.Margins{List: []survey.Margin{{Variable: "sex", Label: "性别", Source: "测试", Totals: []survey.MarginTotal{{Code: "m", People: 400_000}, {Code: "f", People: 200_000}}}}}
		},
		"points":               func(c *city) { c.q.Indicators[2].Values = map[string]float64{"5": 100, "3": 50, "1": 0} },
		"positive":             func(c *city) { c.q.Indicators[0].Positive = []string{"5", "3"} },
		"base":                 func(c *city) { c.q.Indicators[0].Base = survey.BaseOpinion },
		"indicator gone":       func(c *city) { c.q.Indicators = c.q.Indicators[1:] },
		"indicator's question": func(c *city) { c.q.Indicators[0].Question, c.q.Indicators[0].Positive = "sex", []string{"m"} },
		"option":               func(c *city) { c.q.Questions[2].Options = c.q.Questions[2].Options[:3] },
		"condition": func(c *city) {
			c.q.Questions[2].ShowIf = &survey.Condition{Question: "sex", In: []string{"m"}}
		},
	} {
		c, plan := *kept, *kept.plan
		c.plan, c.wave.Strata, c.q.Questions, c.q.Indicators = &plan, slices.Clone(c.wave.Strata), slices.Clone(c.q.Questions), slices.Clone(c.q.Indicators)
		change(&c)
		after := c.straight()
		if reflect.DeepEqual(before, after) {
			t.Errorf("%s changes no figure: it proves nothing", name)
		}
		for who, r := range map[string]*analytics.Reader{"asked": asked.Reader, "inside": inside, "restarted": c.start("v1").Reader, "again": c.start("v1").Reader} {
			if !reflect.DeepEqual(c.figures(r), after) {
				t.Errorf("%s: %s has other figures", name, who)
			}
		}
	}
}

// Another row in the place of one that is gone: as many, of the same instant and revision. Nobody
// passes the answers of then for those of now.
func TestClosedWaveOfOtherRows(t *testing.T) {
	c := newCity(t)
	c.figures(c.start("v1").Reader)
	c.exec(`ALTER TABLE response_revisions DELETE WHERE number = '8' SETTINGS mutations_sync = 2`, `ALTER TABLE responses DELETE WHERE number = '8' SETTINGS mutations_sync = 2`)
	other := c.sheets[8]
	other.ID, other.Choices = uuid.New(), map[string][]string{"sat": {"9"}, "sex": {"m"}}
	recordResponses(t, c.db, other)
	if p := c.start("v1"); !reflect.DeepEqual(c.figures(p.Reader), c.straight()) || p.sent.Load() == 0 {
		t.Errorf("%d statements, or figures of then", p.sent.Load())
	}
}

// What was torn, changed, or is another question's is passed over, and made anew.
func TestClosedWaveOfBrokenAnswers(t *testing.T) {
	for name, text := range map[string]string{
		"torn":              `ALTER TABLE closed_answers UPDATE body = substring(body, 1, intDiv(length(body), 2)) WHERE 1`,
		"empty":             `ALTER TABLE closed_answers UPDATE body = '' WHERE 1`,
		"changed":           `ALTER TABLE closed_answers UPDATE body = concat(substring(body, 1, length(body) - 1), char(bitXor(ascii(substring(body, length(body))), 1))) WHERE 1`,
		"of another answer": `ALTER TABLE closed_answers UPDATE body = (SELECT argMin(body, place) FROM closed_answers), sha256 = (SELECT argMin(sha256, place) FROM closed_answers) WHERE place != (SELECT min(place) FROM closed_answers)`,
		"of other rows":     `ALTER TABLE closed_answers UPDATE version = concat(version, '1') WHERE 1`,
	} {
		t.Run(name, func(t *testing.T) {
			c := newCity(t)
			straight := c.straight()
			c.figures(c.start("v1").Reader)
			n := c.stored()
			c.exec(text + ` SETTINGS mutations_sync = 2`)
			if p := c.start("v1"); !reflect.DeepEqual(c.figures(p.Reader), straight) || p.sent.Load() < int64(n)-1 {
				t.Errorf("%d statements for %d broken answers, or other figures", p.sent.Load(), n)
			}
			if p := c.start("v1"); !reflect.DeepEqual(c.figures(p.Reader), straight) || p.sent.Load() != 0 {
				t.Errorf("%d statements when they were made anew, or other figures", p.sent.Load())
			}
			if now := c.stored(); now != n {
				t.Errorf("%d answers are kept, %d before: the new ones are in other places", now, n)
			}
		})
	}
}

// Where nothing can be kept, all is asked, as of an open wave.
func TestClosedWaveThatCantBeKept(t *testing.T) {
	c := newCity(t)
	straight := c.straight()
	c.exec(`DROP TABLE closed_answers SYNC`)
	for range 2 {
		if p := c.start("v1"); !reflect.DeepEqual(c.figures(p.Reader), straight) || p.sent.Load() == 0 {
			t.Errorf("%d statements, or other figures", p.sent.Load())
		}
	}
}

// While a wave that is said to be closed still takes rows, nobody keeps or gets what holds no more.
func TestClosedWaveWhileRowsCome(t *testing.T) {
	c := newCity(t)
	one, other := c.start("v1"), c.start("v1")
	for round := range 6 {
		asked := make(chan struct{})
		go func() {
			defer close(asked)
			for range 3 {
				_, _ = one.Indicators(t.Context(), c.plan, c.wave, c.q, analytics.Stratum)
				_, _ = other.Weighted(t.Context(), c.plan, c.wave, c.q, analytics.Stratum)
				_, _ = other.Distribution(t.Context(), c.plan, c.wave, c.q, "sat", "")
			}
		}()
		for i := range 10 {
			recordResponses(t, c.db, c.again(20+round*10+i, func(r *survey.Response) { r.Choices = map[string][]string{"sat": {"9"}} }))
		}
		straight := c.straight()
		for name, r := range map[string]*analytics.Reader{"one": one.Reader, "other": other.Reader, "restarted": c.start("v1").Reader} {
			if !reflect.DeepEqual(c.figures(r), straight) {
				t.Errorf("round %d: %s has other figures", round, name)
			}
		}
		<-asked
		if !reflect.DeepEqual(c.figures(c.start("v1").Reader), straight) {
			t.Errorf("round %d: other figures were kept", round)
		}
	}
}
