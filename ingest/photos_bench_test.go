//go:build bench

package ingest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/budget"
	"shuixuan/app/placement"
)

// A new photo is compared with 100,000 of the campaign; one in a thousand is near it.
func TestBudgetsTwins(t *testing.T) {
	b := newPhotoBench(t)
	r := rand.New(rand.NewPCG(1, 2))
	const dhash, phash = 0x0123456789abcdef, 0x7edcba9876543210
	var photos []placement.Photo
	for i := range 100_000 {
		p := placement.Photo{ID: uuid.New(), Campaign: "feicheng", Revision: 1, Placement: uuid.New(), Unit: "zhujianju", State: placement.PhotoKept, SHA256: fmt.Sprintf("%064x", i),
			DHash: r.Uint64(), PHash: r.Uint64(), Format: "jpeg", Width: 4000, Height: 3000, Grade: placement.GradeA, Source: placement.FromCamera,
			Reasons: []string{placement.ReasonCamera, placement.ReasonNear}, ProvesOn: civil(b.today), RecordedAt: b.today}
		if i%1000 == 0 {
			p.DHash, p.PHash = dhash^1<<r.IntN(64), phash^1<<r.IntN(64)
		}
		photos = append(photos, p)
	}
	for len(photos) > 0 {
		err := b.db.Insert(t.Context(), insertPhotos, func(batch driver.Batch) error {
			for _, p := range photos[:10_000] {
				if err := appendPhoto(batch, p); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		photos = photos[10_000:]
	}
	p := placement.Photo{ID: uuid.New(), Campaign: "feicheng", Placement: uuid.New(), SHA256: fmt.Sprintf("%064x", 999_999), DHash: dhash, PHash: phash, RecordedAt: b.today.Add(time.Minute)}
	var times []time.Duration
	for range 30 {
		start := time.Now()
		twins, err := b.standing.Twins(t.Context(), p, near)
		if err != nil || len(twins) == 0 {
			t.Fatal(len(twins), err)
		}
		times = append(times, time.Since(start))
	}
	budget.Note("the fastest and the middle of them", fmt.Sprintf("%s and %s", budget.Percentile(times, 0).Round(time.Millisecond), budget.Median(times).Round(time.Millisecond)))
	budget.Under(t, "earlier photos like a new one among 100,000, p95 of 30", float64(budget.Percentile(times, 95).Microseconds())/1000, 150, "ms")
}
