package analytics_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shuixuan/analytics"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/survey"
	"shuixuan/dashboards/handover"
)

// TestReproducedInR: from the files that are handed over, R comes to every figure that the reader
// gives of the same responses: plain, by group, by option, and as each design has it.
func TestReproducedInR(t *testing.T) {
	program, err := exec.LookPath("Rscript")
	if err == nil {
		err = exec.Command(program, "--vanilla", "-e", "library(survey)").Run()
	}
	if err != nil {
		t.Skip("there is no R with the package survey")
	}
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	sheets := drawnSheets()
	recordResponses(t, db, sheets...)
	plan := planOf("c", nil)
	for _, kind := range []survey.SampleKind{survey.Convenience, survey.Probability} {
		for _, unit := range []survey.SampleUnit{"", survey.ByArea} {
			wave, q := designed(kind, unit)
			weighted, err := reader.Weighted(t.Context(), plan, wave, q, "sex")
			if err != nil {
				t.Fatal(err)
			}
			indicators, err := reader.Indicators(t.Context(), plan, wave, q, "stratum")
			if err != nil {
				t.Fatal(err)
			}
			options, err := reader.Distribution(t.Context(), plan, wave, q, "sat", "sex")
			if err != nil {
				t.Fatal(err)
			}
			figures := append(append(handover.OfWeighted(q, weighted), handover.OfIndicators(q, indicators, "stratum")...), handover.OfDistribution(options, true)...)
			d, err := handover.Open(t.Context(), handover.Source{Title: "测试", CutOff: time.Unix(1414368000, 0), Wave: wave, Questionnaire: q, Sample: weighted.Sample,
				Each: func(_ context.Context, yield func(survey.Response) error) error {
					for _, r := range sheets {
						if err := yield(r); err != nil {
							return err
						}
					}
					return nil
				}})
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			for name, write := range map[string]func(*bytes.Buffer) error{
				handover.ResponsesFile: func(b *bytes.Buffer) error { return d.Responses(t.Context(), b) },
				handover.DesignFile:    func(b *bytes.Buffer) error { return d.Design(t.Context(), b) },
				handover.TotalsFile:    func(b *bytes.Buffer) error { return d.Totals(b) },
				handover.FiguresFile:   func(b *bytes.Buffer) error { return d.Figures(b, figures) },
				handover.ScriptFile:    func(b *bytes.Buffer) error { return d.Script(b) },
			} {
				var b bytes.Buffer
				if err := write(&b); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			// 3 indicators by design in all and of two sexes, plain in all and of three strata, 4 options.
			out, err := exec.Command(program, "--vanilla", filepath.Join(dir, handover.ScriptFile)).CombinedOutput()
			if err != nil || len(figures) != 3*3+3*4+4*3 || !strings.Contains(string(out), "33个数字一致，0个不一致，0个") {
				t.Errorf("%s by %q: %d figures, %v\n%s", kind, unit, len(figures), err, out)
			}
		}
	}
}
