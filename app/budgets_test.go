//go:build bench

package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"shuixuan/app/audit"
	"shuixuan/app/budget"
	"shuixuan/app/campaign"
	"shuixuan/ingest"
)

// ledgerRows is what a city of a million puts up in some years.
const ledgerRows = 100_000

// TestBudgetsImport takes a ledger of 100,000 placements from the file to the receipt,
// durable, and holds the time against excelize's own Rows over the same file, which
// reads texts and keeps nothing. A ledger can be new only once, so each round has one of
// its own.
func TestBudgetsImport(t *testing.T) {
	data := t.TempDir()
	loadShipped(t, data, "feicheng")
	p, err := open(t.Context(), data, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	plan, err := p.campaigns.Plan(t.Context(), "feicheng")
	if err != nil {
		t.Fatal(err)
	}
	const rounds = 3
	files := make([]string, rounds)
	for i := range files {
		files[i] = writeLedger(t, plan, fmt.Sprintf("%d号", i+1), ledgerRows)
	}
	next, again := 0, 0
	peak := watchHeap()
	ours, theirs := budget.Turns(t, rounds,
		func() error { next++; return takeLedger(t.Context(), p, plan, files[next-1], ledgerRows, 0) },
		func() error { again++; return readBare(files[again-1], ledgerRows+1) })
	budget.Ratio(t, "import of 100,000 placements, to excelize's Rows", ours, theirs, 2.5)
	budget.Note("Go heap at most, excelize's and ours in turns", fmt.Sprintf("%d MB", peak()>>20))
	start := time.Now()
	if err := takeLedger(t.Context(), p, plan, files[0], 0, ledgerRows); err != nil {
		t.Fatal(err)
	}
	budget.Note("the same 100,000 placements again, nothing new", time.Since(start).Round(10*time.Millisecond).String())
}

// writeLedger makes a workbook as units send it, every row another place.
func writeLedger(t testing.TB, plan *campaign.Plan, mark string, rows int) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	day, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		t.Fatal(err)
	}
	put := func(n int, row ...any) {
		at, err := excelize.CoordinatesToCellName(1, n)
		if err == nil {
			err = w.SetRow(at, row)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	put(1, "序号", "责任单位", "任务", "宣传形式", "设置地点", "数量", "计量单位", "面积(㎡)", "宣传时间/开始", "宣传时间/结束", "经度", "纬度", "坐标系", "备注", "联系人")
	owners := ledgerOwners(t, plan)
	for i := range rows {
		owner := owners[i%len(owners)]
		put(i+2, i+1, owner.unit, owner.task, "路灯广告牌", fmt.Sprintf("龙山路%d号两侧路灯杆%s第%d根", i%1000, mark, i), i%50+1, "块",
			float64(i%300)/4, excelize.Cell{StyleID: day, Value: 41883 + i%90}, "至验收结束",
			116.76+float64(i%1000)/1e5, 36.18+float64(i%1000)/1e5, "gcj02", "附照片2张", "张三")
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "台账"+mark+".xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

type ledgerOwner struct{ unit, task string }

// ledgerOwners are the units of the plan with the tasks they answer for.
func ledgerOwners(t testing.TB, plan *campaign.Plan) []ledgerOwner {
	t.Helper()
	var all []ledgerOwner
	for _, task := range plan.Tasks {
		for _, unit := range task.Responsible(plan.Units) {
			if u, ok := plan.Units.Unit(unit); ok && !u.Collective() {
				all = append(all, ledgerOwner{u.Name, string(task.Code)})
			}
		}
	}
	if len(all) < 10 {
		t.Fatalf("only %d units with tasks: a ledger of few names is easier than a real one", len(all))
	}
	return all
}

// takeLedger is the whole intake: keep the original, read, check, commit, receipt.
func takeLedger(ctx context.Context, p *program, plan *campaign.Plan, path string, accepted, known int) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	kept, err := p.ingest.Originals().Keep(ctx, filepath.Base(path), f, fileLimit)
	if err != nil {
		return err
	}
	defer kept.Close()
	receipt, err := p.ingest.PlacementsFile(ctx, audit.System("bench"), plan, kept, ingest.Options{})
	if err != nil {
		return err
	}
	if len(receipt.Accepted) != accepted || receipt.AlreadyKnown != known {
		return fmt.Errorf("accepted %d and known %d, want %d and %d; rejected %v", len(receipt.Accepted), receipt.AlreadyKnown, accepted, known, receipt.Rejected[:min(3, len(receipt.Rejected))])
	}
	return nil
}

// readBare reads all texts of a workbook with excelize alone.
func readBare(path string, want int) error {
	f, err := excelize.OpenFile(path)
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := f.Rows("Sheet1")
	if err != nil {
		return err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		if _, err := rows.Columns(); err != nil {
			return err
		}
		n++
	}
	if n != want {
		return fmt.Errorf("excelize read %d rows, want %d", n, want)
	}
	return rows.Error()
}

// watchHeap looks at the heap until its answer is asked for, which is the most it saw.
func watchHeap() func() uint64 {
	runtime.GC()
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		var peak uint64
		for {
			metrics.Read(sample)
			peak = max(peak, sample[0].Value.Uint64())
			select {
			case <-stop:
				most <- peak
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() uint64 { close(stop); return <-most }
}

// memory is what the system says of a process, in bytes. Resident counts the pages of
// the engine library that were touched (they belong to the file and can be dropped);
// own is what only this process holds.
type memory struct{ resident, peak, own int64 }

func memoryOf(t testing.TB, pid int) (m memory) {
	body, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return m
	}
	for line := range strings.Lines(string(body)) {
		var kb int64
		name, rest, _ := strings.Cut(line, ":")
		if _, err := fmt.Sscanf(rest, "%d kB", &kb); err != nil {
			continue
		}
		switch name {
		case "VmRSS":
			m.resident = kb << 10
		case "VmHWM":
			m.peak = kb << 10
		case "RssAnon":
			m.own = kb << 10
		}
	}
	return m
}

// TestBudgetsImportMemory runs the same import as the real program and watches the
// process. The engine lives in it, so what an import of one row takes is told beside.
func TestBudgetsImportMemory(t *testing.T) {
	data := t.TempDir()
	loadShipped(t, data, "feicheng")
	plan := planOf(t, data)
	small, large := writeLedger(t, plan, "甲", 1), writeLedger(t, plan, "乙", ledgerRows)
	one, all := watchImport(t, data, small), watchImport(t, data, large)
	mb := func(n int64) float64 { return float64(n) / (1 << 20) }
	budget.Under(t, "memory that 100,000 placements take over one placement, peak of the process", mb(all.peak-one.peak), 300, "MB")
	budget.Note("the whole process with the engine, peak, one placement", fmt.Sprintf("%.0f MB (%.0f MB its own, the rest is the engine's file)", mb(one.peak), mb(one.own)))
	budget.Note("the whole process with the engine, peak, 100,000 placements", fmt.Sprintf("%.0f MB (%.0f MB its own)", mb(all.peak), mb(all.own)))
}

// planOf opens the folder for a moment.
func planOf(t testing.TB, data string) *campaign.Plan {
	t.Helper()
	p, err := open(t.Context(), data, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	plan, err := p.campaigns.Plan(t.Context(), "feicheng")
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// watchImport runs the import as a process and gives the most memory it took.
func watchImport(t testing.TB, data, path string) memory {
	t.Helper()
	return watchCommand(t, "import", "placements", path, "--campaign", "feicheng", "--data", data)
}

// watchCommand runs a command as a process and gives the most memory it took.
func watchCommand(t testing.TB, args ...string) (most memory) {
	t.Helper()
	cmd := shuixuan(t.Context(), args...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		m := memoryOf(t, cmd.Process.Pid)
		most = memory{max(most.resident, m.resident), max(most.peak, m.peak), max(most.own, m.own)}
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("%v: %v", args, err)
			}
			return most
		case <-time.After(5 * time.Millisecond):
		}
	}
}
