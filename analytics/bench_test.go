package analytics_test

import (
	"slices"
	"testing"
	"time"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/org"
	"shuixuan/app/survey"
)

// fill makes this many responses to twenty single-choice questions and one multiple
// choice of twelve, within the engine: what is measured is asking, not sending.
func fill(b testing.TB, db *clickhouse.DB, rows int) {
	b.Helper()
	const step = 250_000
	for done := 0; done < rows; done += step {
		err := db.Exec(b.Context(), `
			INSERT INTO response_revisions (campaign, wave, id, revision, questionnaire, version, stratum, area, distributor, disposition, choices, recorded_on, recorded_at)
			SELECT 'c', 'w1', generateUUIDv4(number), 1, 'q', 1, concat('s', toString(1 + rand(1) % 5)), concat('a', toString(rand(5) % 14)), concat('d', toString(rand(4) % 2000)), 'complete',
				mapFromArrays(
					arrayConcat(['m'], arrayMap(i -> concat('q', toString(i)), range(20))),
					arrayConcat([arrayFilter(x -> bitTest(rand(3), toUInt8(ascii(x) - 97)), ['a','b','c','d','e','f','g','h','i','j','k','l'])],
						arrayMap(i -> [arrayElement(['a','b','c','d','e'], 1 + cityHash64(number, i) % 5)], range(20)))),
				toDate('2014-10-01'), toDateTime64('2014-10-01 08:00:00', 3) FROM numbers(?, ?)`, done, min(step, rows-done))
		if err != nil {
			b.Fatal(err)
		}
	}
}

func benchQuestionnaire() survey.Questionnaire {
	q := survey.Questionnaire{}
	for _, name := range []string{"q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "q8", "q9", "q10", "q11"} {
		q.Questions = append(q.Questions, survey.Question{Name: name, Type: survey.Single, Label: name, Options: []survey.Option{{Code: "a"}, {Code: "b"}, {Code: "c"}, {Code: "d"}, {Code: "e"}}})
		q.Indicators = append(q.Indicators, survey.Indicator{Name: name, Kind: survey.Share, Question: name, Positive: []string{"a", "b"}, Base: survey.BaseAnswered})
	}
	q.Questions = append(q.Questions, survey.Question{Name: "m", Type: survey.Multiple, Label: "m", Options: []survey.Option{{Code: "a"}, {Code: "b"}}})
	return q
}

// shortest gives the best of a few runs of each, taken in turns so that both sides of a
// ratio meet the same machine.
func shortest(b *testing.B, runs ...func() error) []time.Duration {
	b.Helper()
	times := slices.Repeat([]time.Duration{time.Hour}, len(runs))
	for range 7 {
		for i, run := range runs {
			start := time.Now()
			if err := run(); err != nil {
				b.Fatal(err)
			}
			times[i] = min(times[i], time.Since(start))
		}
	}
	return times
}

// A question by group over 1,000,000 responses takes at most 1.5 times what the same
// statement takes sent straight to the engine. Each run has a reader of its own, which
// remembers nothing.
func BenchmarkQuestionByGroup(b *testing.B) {
	db := clickhousetest.Open(b)
	fill(b, db, 1_000_000)
	plan, wave, q := planOf("c", nil), survey.Wave{ID: "w1"}, benchQuestionnaire()
	for _, name := range []string{"q3", "m"} {
		first, err := analytics.NewReader(db).Distribution(b.Context(), plan, wave, q, name, analytics.Stratum)
		if err != nil {
			b.Fatal(err)
		}
		ours := func() error {
			_, err := analytics.NewReader(db).Distribution(b.Context(), plan, wave, q, name, analytics.Stratum)
			return err
		}
		straight := func() error {
			rows, err := db.Query(b.Context(), first.SQL)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
			}
			return rows.Err()
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				// Other work on the machine may hit one side for a whole round.
				times, ratio := shortest(b, ours, straight), 0.0
				for round := 0; ; round++ {
					if ratio = float64(times[0]) / float64(times[1]); ratio <= 1.5 || round == 2 {
						break
					}
					more := shortest(b, ours, straight)
					times[0], times[1] = min(times[0], more[0]), min(times[1], more[1])
				}
				b.ReportMetric(float64(times[0].Milliseconds()), "ours-ms")
				b.ReportMetric(float64(times[1].Milliseconds()), "straight-ms")
				b.ReportMetric(ratio, "ratio")
				if ratio > 1.5 {
					b.Errorf("%s: %v, straight %v", name, times[0], times[1])
				}
			}
		})
	}
	b.Run("indicators", func(b *testing.B) {
		for b.Loop() {
			if _, err := analytics.NewReader(db).Indicators(b.Context(), plan, wave, q, analytics.Stratum); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// fillProof makes 100,000 placements with three photos each.
func fillProof(b testing.TB, db *clickhouse.DB) {
	b.Helper()
	for _, text := range []string{`
		INSERT INTO placement_revisions (campaign, id, revision, task, unit, carrier, carrier_text, place, quantity, measure, start, state, fingerprint, recorded_on, recorded_at)
		SELECT 'c', toUUID(concat('00000000-0000-0000-0000-', leftPad(toString(number), 12, '0'))), 1, 't1', arrayElement(['zhujian', 'shuili', 'xinhua'], 1 + number % 3),
			if(number % 2 = 0, 'board', 'banner'), '展板', '龙山路', 1, '块', toDate('2014-09-01'), 'submitted', repeat('0', 32), toDate('2014-09-02'), toDateTime64('2014-09-02 08:00:00', 3)
		FROM numbers(100000)`, `
		INSERT INTO photos (campaign, id, revision, placement, state, sha256, grade, proves_on, recorded_on, recorded_at)
		SELECT 'c', generateUUIDv4(number), 1, toUUID(concat('00000000-0000-0000-0000-', leftPad(toString(number % 100000), 12, '0'))), 'kept', repeat('0', 64), 'B',
			toDate('2014-09-05') + 20 * intDiv(number, 100000), toDate('2014-09-05'), toDateTime64('2014-09-05 08:00:00', 3)
		FROM numbers(300000)`} {
		if err := db.Exec(b.Context(), text); err != nil {
			b.Fatal(err)
		}
	}
}

// What is proven of 100,000 placements with three photos each, asked by a reader that
// remembers nothing.
func BenchmarkProof(b *testing.B) {
	db := clickhousetest.Open(b)
	fillProof(b, db)
	plan := withRules(planOf("c", bureaus(), campaign.Task{Code: "t1", Lead: []org.UnitID{"zhujian", "shuili", "xinhua"}}))
	scope := analytics.Scope{AsOf: date("2014-10-20")}
	b.Run("coverage", func(b *testing.B) {
		for b.Loop() {
			c, err := analytics.NewReader(db).Coverage(b.Context(), plan, scope)
			if err != nil || c.Total.Proven == 0 || c.Total.Proven == c.Total.Standing {
				b.Fatal(c.Total, err)
			}
		}
	})
	b.Run("to do", func(b *testing.B) {
		for b.Loop() {
			rows, err := analytics.NewReader(db).Standing(b.Context(), plan, scope, analytics.StandingFilter{Chosen: analytics.Chosen{States: []analytics.ProofState{analytics.Old}}, Limit: 300})
			if err != nil || len(rows) != 300 {
				b.Fatal(len(rows), err)
			}
		}
	})
}

// The questions of the overview over a campaign of the demonstration's size.
func BenchmarkOverview(b *testing.B) {
	db := clickhousetest.Open(b)
	fill(b, db, 1500)
	plan := planOf("c", bureaus(), campaign.Task{Code: "t1", Lead: []org.UnitID{"zhujian", "shuili", "xinhua"}})
	var list []recorded
	for i := range 600 {
		list = append(list, standing("c", "t1", []org.UnitID{"zhujian", "shuili", "xinhua"}[i%3]))
	}
	logPlacements(b, db, list...)
	remembers := analytics.NewReader(db)
	reader, wave, q, scope := remembers, survey.Wave{ID: "w1"}, benchQuestionnaire(), analytics.Scope{AsOf: date("2014-10-08")}
	for name, ask := range map[string]func() error{
		"coverage":   func() error { _, err := reader.Coverage(b.Context(), plan, scope); return err },
		"today":      func() error { _, err := reader.Today(b.Context(), plan, scope); return err },
		"progress":   func() error { _, err := reader.Progress(b.Context(), plan, wave, scope); return err },
		"indicators": func() error { _, err := reader.Indicators(b.Context(), plan, wave, q, analytics.Stratum); return err },
		"distribution": func() error {
			_, err := reader.Distribution(b.Context(), plan, wave, q, "m", analytics.Stratum)
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				reader = analytics.NewReader(db)
				if err := ask(); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+" again", func(b *testing.B) {
			reader = remembers
			for b.Loop() {
				if err := ask(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
