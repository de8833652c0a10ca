//go:build bench

package web

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/budget"
	"shuixuan/app/keyset"
	"shuixuan/app/placement"
	"shuixuan/ingest"
)

// TestBudgetsGallery serves the page of sixty cards over five thousand placements with two
// photos each: the first page, one in the middle and one with a filter.
func TestBudgetsGallery(t *testing.T) {
	s := newSite(t, 0)
	plan, err := s.Campaigns.Plan(t.Context(), "feicheng")
	if err != nil {
		t.Fatal(err)
	}
	var ledger strings.Builder
	ledger.WriteString("任务,责任单位,宣传形式,设置地点,数量,计量单位,开始日期,结束日期,经度,纬度,坐标系\n")
	for i := range 5000 {
		fmt.Fprintf(&ledger, "社会宣传5,%s,宣传栏,第%d小区%d号,3,个,2014-09-06,至验收结束,%.6f,%.6f,wgs84\n",
			[]string{"新城街道办事处", "老城街道办事处"}[i%2], i/20, i%20, 116.7+float64(i%250)*0.0006, 36.1+float64(i/250)*0.005)
	}
	kept, err := s.Ingest.Originals().Keep(t.Context(), "台账.csv", strings.NewReader(ledger.String()), 1<<26)
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	receipt, err := s.Ingest.PlacementsFile(t.Context(), audit.System("test"), plan, kept, ingest.Options{})
	if err != nil || len(receipt.Accepted) != 5000 {
		t.Fatalf("%d taken, %v", len(receipt.Accepted), err)
	}
	err = s.DB.Insert(t.Context(), `INSERT INTO photos (campaign, id, revision, placement, unit, state, sha256, format, width, height, source, grade, reasons, twins, proves_on, recorded_on, recorded_at)`, func(b driver.Batch) error {
		for i, a := range receipt.Accepted {
			for range 2 {
				day := time.Date(2014, 9, 7, 0, 0, 0, 0, time.UTC)
				if err := b.Append("feicheng", uuid.New(), uint32(1), a.ID, "xincheng", "kept", strings.Repeat("a", 64), "jpeg", uint32(4000), uint32(3000), "upload", []string{"B", "C", "X"}[i%3], []string{"no-metadata"}, []uuid.UUID{}, day, day, day); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// A tenth has been returned and mended: their cards tell what changed.
	var verdicts []placement.Verdict
	for i, a := range receipt.Accepted {
		if i%10 == 0 {
			verdicts = append(verdicts, placement.Verdict{Placement: a.ID, Verb: placement.Return, Reason: placement.PhotoUnclear, Expected: 1})
		}
	}
	office := audit.Actor{ID: "chuang", Role: audit.RoleOffice, Campaign: "feicheng"}
	for _, verb := range []placement.Verb{placement.Return, placement.Resubmit} {
		for i := range verdicts {
			if verdicts[i].Verb = verb; verb == placement.Resubmit {
				verdicts[i].Expected, verdicts[i].Reason = 2, ""
			}
		}
		if _, err := s.Ingest.Review(t.Context(), office, plan, verdicts); err != nil {
			t.Fatal(err)
		}
	}
	_, next, err := s.Placements.Queue(t.Context(), plan, placement.Filter{}, "", keyset.Cursor{}, 4470)
	if err != nil {
		t.Fatal(err)
	}
	cookie := s.as("chuang")
	for name, address := range map[string]string{"first page": "", "page of mended ones": "?after=" + next.String(), "photos in doubt": "?flag=contradicted", "of one unit": "?unit=laocheng"} {
		var times []time.Duration
		before := processor(t)
		for range 21 {
			r := httptest.NewRequest("GET", "/c/feicheng/review"+address, nil)
			r.Header.Set("Cookie", cookie)
			start := time.Now()
			got := s.send(r)
			times = append(times, time.Since(start))
			if n := strings.Count(got.body, "data-card"); got.status != 200 || n != galleryCards || strings.Count(got.body, "thumb.jpg") != 2*galleryCards {
				t.Fatalf("%s: %d with %d cards", name, got.status, n)
			}
		}
		budget.Under(t, "gallery of 60 cards over 5,000 placements, "+name, float64(budget.Median(times).Microseconds())/1000, 100, "ms")
		budget.Note("  of processor time, on both cores together", fmt.Sprintf("%d ms", (processor(t)-before).Milliseconds()/21))
	}
}

// processor is what the process has used, the engine included: what a page costs on a
// machine that has better things to do.
func processor(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
