package workbook

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"shuixuan/app/placement"
	"shuixuan/dashboards/dashboardstest"
)

const benchRows = 100_000

// benchPlacements yields rows as a ledger has them: a third of the texts differ.
func benchPlacements(yield func(placement.Placement) error) error {
	at := time.Date(2014, 10, 27, 1, 30, 0, 0, time.UTC)
	area := 36.5
	for i := range benchRows {
		p := placement.Placement{ID: uuid.UUID{12: byte(i >> 24), 13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)}, Task: "社会宣传1", Unit: "zhujian", CarrierText: "公交站点广告牌", Place: "龙山路与文化路口东北角",
			Quantity: float64(i%200 + 1), Measure: "块", AreaM2: &area, Size: "3m×1m", Start: dashboardstest.Day(9, 5), End: dashboardstest.Day(12, 31), State: placement.Submitted, Remark: "巡查完好",
			Position: &placement.Position{Longitude: 116.7689, Latitude: 36.1826, Datum: placement.GCJ02}, RecordedAt: at, Origin: placement.Origin{File: "台账.xlsx", Row: i + 2}}
		if err := yield(p); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkExport holds an export of 100,000 rows of 20 cells against excelize's bare
// StreamWriter with the same values in one run. The ratio may be at most 2.
func BenchmarkExport(b *testing.B) {
	var ours, bare time.Duration
	for b.Loop() {
		start := time.Now()
		if err := bareExport(io.Discard); err != nil {
			b.Fatal(err)
		}
		bare += time.Since(start)
		start = time.Now()
		if err := Placements(context.Background(), io.Discard, dashboardstest.Plan(), benchPlacements); err != nil {
			b.Fatal(err)
		}
		ours += time.Since(start)
	}
	b.ReportMetric(float64(ours)/float64(bare), "ratio")
	b.ReportMetric(float64(ours.Milliseconds())/float64(b.N), "ms/export")
	b.ReportMetric(float64(bare.Milliseconds())/float64(b.N), "ms/bare")
}

func bareExport(w io.Writer) error {
	f := excelize.NewFile()
	defer f.Close()
	sw, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	plan := dashboardstest.Plan()
	row := make([]any, 0, 20)
	n := 0
	err = benchPlacements(func(p placement.Placement) error {
		n++
		row = append(row[:0], n, plan.UnitName(p.Unit), string(p.Task), p.CarrierText, p.Place, p.Quantity, p.Measure, *p.AreaM2, p.Size, serial(p.Start), serial(p.End),
			p.Position.Longitude, p.Position.Latitude, string(p.Position.Datum), p.Remark, "有效", p.ID.String(), serial(p.RecordedAt), p.Origin.File, p.Origin.Row)
		at, err := excelize.CoordinatesToCellName(1, n)
		if err != nil {
			return err
		}
		return sw.SetRow(at, row)
	})
	if err != nil {
		return err
	}
	if err := sw.Flush(); err != nil {
		return err
	}
	_, err = f.WriteTo(w)
	return err
}

// BenchmarkExportCSV is the same as CSV.
func BenchmarkExportCSV(b *testing.B) {
	for b.Loop() {
		if err := PlacementsCSV(context.Background(), io.Discard, dashboardstest.Plan(), benchPlacements); err != nil {
			b.Fatal(err)
		}
	}
}
