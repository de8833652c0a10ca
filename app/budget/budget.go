// Package budget holds a measured figure against what it may be. `make bench` runs
// the tests named TestBudgets, which stand beside what they measure and print their
// figures here, all in one form.
//
// # Why
//
// A time in milliseconds says as much about the machine as about the program. So a
// budget of speed is a ratio: the subject and a baseline that everybody can judge run
// in turns within one process, and the medians are divided. A neighbour that takes the
// processor slows both.
package budget

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// Rounds is how often subject and baseline take turns.
const Rounds = 5

// Turns runs subject and baseline in turns and gives the median time of each.
func Turns(t testing.TB, rounds int, subject, baseline func() error) (ours, theirs time.Duration) {
	t.Helper()
	var subjects, baselines []time.Duration
	for range rounds {
		baselines = append(baselines, timed(t, baseline))
		subjects = append(subjects, timed(t, subject))
	}
	return Median(subjects), Median(baselines)
}

func timed(t testing.TB, run func() error) time.Duration {
	t.Helper()
	start := time.Now()
	if err := run(); err != nil {
		t.Fatal(err)
	}
	return time.Since(start)
}

// Median gives the middle one; of an even number the upper of the two.
func Median(list []time.Duration) time.Duration { return Percentile(list, 50) }

// Percentile gives the time that p of 100 stay below or meet.
func Percentile(list []time.Duration, p int) time.Duration {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}

// Ratio holds subject over baseline against a limit.
func Ratio(t testing.TB, name string, ours, theirs time.Duration, limit float64) {
	t.Helper()
	ratio := float64(ours) / float64(theirs)
	line(t, fmt.Sprintf("%s: at most %.1f times", name, limit),
		fmt.Sprintf("%s to %s", Round(ours), Round(theirs)), fmt.Sprintf("%.2f", ratio), ratio <= limit)
}

// Under holds a figure against a limit in the same unit.
func Under(t testing.TB, name string, measured, limit float64, unit string) {
	t.Helper()
	line(t, fmt.Sprintf("%s: under %g %s", name, limit, unit),
		fmt.Sprintf("%.4g %s", measured, unit), fmt.Sprintf("%.2f", measured/limit), measured < limit)
}

// Over holds a figure against a least in the same unit.
func Over(t testing.TB, name string, measured, least float64, unit string) {
	t.Helper()
	line(t, fmt.Sprintf("%s: at least %g %s", name, least, unit),
		fmt.Sprintf("%.4g %s", measured, unit), fmt.Sprintf("%.2f", measured/least), measured >= least)
}

// Note prints a figure that has no budget.
func Note(name, measured string) { print(name, measured, "", "") }

func line(t testing.TB, name, measured, ratio string, kept bool) {
	t.Helper()
	verdict := "kept"
	if !kept {
		verdict = "MISSED"
		t.Errorf("%s: %s", name, measured)
	}
	print(name, measured, ratio, verdict)
}

// print writes a line of the table that docs/benchmarks.md holds.
func print(name, measured, ratio, verdict string) {
	fmt.Printf("| %s | %s | %s | %s |\n", name, measured, ratio, verdict)
}

// Round leaves of a time what can be read.
func Round(d time.Duration) time.Duration {
	if d > time.Second {
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(100 * time.Microsecond)
}
