package analytics_test

import (
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
func fill(b *testing.B, db *clickhouse.DB, rows int) {
	b.Helper()
	const step = 250_000
	for done := 0; done < rows; done += step {
		err := db.Exec(b.Context(), `
			INSERT INTO response_revisions (campaign, wave, id, revision, questionnaire, version, stratum, disposition, choices, recorded_on, recorded_at)
			SELECT 'c', 'w1', generateUUIDv4(number), 1, 'q', 1, concat('s', toString(1 + rand(1) % 5)), 'complete',
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

// best gives the shortest of a few runs: both sides of a ratio meet the same machine.
func best(b *testing.B, run func() error) time.Duration {
	b.Helper()
	shortest := time.Hour
	for range 5 {
		start := time.Now()
		if err := run(); err != nil {
			b.Fatal(err)
		}
		shortest = min(shortest, time.Since(start))
	}
	return shortest
}

// A question by group over 1,000,000 responses takes at most 1.5 times what the same
// statement takes sent straight to the engine.
func BenchmarkQuestionByGroup(b *testing.B) {
	db := clickhousetest.Open(b)
	fill(b, db, 1_000_000)
	reader, plan, wave, q := analytics.NewReader(db), planOf("c", nil), survey.Wave{ID: "w1"}, benchQuestionnaire()
	for _, name := range []string{"q3", "m"} {
		b.Run(name, func(b *testing.B) {
			var ours, straight time.Duration
			for b.Loop() {
				var sql string
				ours = best(b, func() error {
					d, err := reader.Distribution(b.Context(), plan, wave, q, name, analytics.Stratum)
					if err == nil {
						sql = d.SQL
					}
					return err
				})
				straight = best(b, func() error {
					rows, err := db.Query(b.Context(), sql)
					if err != nil {
						return err
					}
					defer rows.Close()
					for rows.Next() {
					}
					return rows.Err()
				})
			}
			ratio := float64(ours) / float64(straight)
			b.ReportMetric(float64(ours.Milliseconds()), "ours-ms")
			b.ReportMetric(float64(straight.Milliseconds()), "straight-ms")
			b.ReportMetric(ratio, "ratio")
			if ratio > 1.5 {
				b.Errorf("%s: %v, straight %v", name, ours, straight)
			}
		})
	}
	b.Run("indicators", func(b *testing.B) {
		for b.Loop() {
			if _, err := reader.Indicators(b.Context(), plan, wave, q, analytics.Stratum); err != nil {
				b.Fatal(err)
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
	reader, wave, q, scope := analytics.NewReader(db), survey.Wave{ID: "w1"}, benchQuestionnaire(), analytics.Scope{AsOf: date("2014-10-08")}
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
				if err := ask(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
