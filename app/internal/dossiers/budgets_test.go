//go:build bench

package dossiers

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/budget"
	"shuixuan/app/dossier"
	"shuixuan/app/placement"
	"shuixuan/ingest"
	"shuixuan/seeds/picture"
)

// manyPhotos and photoBytes are the load that the dossier's budget names.
const (
	manyPhotos = 3_000
	photoBytes = 3 << 20
)

// photographs logs placements with three photos each, until there are as many as asked for. The
// pictures are small and padded: to draw large ones would take longer than all the rest.
func (o *office) photographs(n int) {
	o.t.Helper()
	base := picture.Picture(picture.Scene{Seed: 5}, 640, 480, nil)
	day := time.Now().UTC().Truncate(24 * time.Hour)
	for i := 0; i < n; i += 3 {
		p, _, err := o.in.Placement(o.t.Context(), o.actor, o.plan, placement.Placement{ID: uuid.New(), Campaign: "feicheng", Task: "社会宣传1", Unit: "zhujianju", Carrier: "hengfu", CarrierText: "宣传横幅",
			Place: fmt.Sprintf("第%d处", i), Quantity: 1, Measure: "条", Start: day.AddDate(0, 0, -3)})
		if err != nil {
			o.t.Fatal(err)
		}
		for k := range 3 {
			body := bytes.Clone(base)
			pad := make([]byte, photoBytes-len(body))
			for j := 0; j+8 <= len(pad); j += 8 {
				binary.LittleEndian.PutUint64(pad[j:], uint64(i+k)*0x9e3779b97f4a7c15+uint64(j)*0xbf58476d1ce4e5b9)
			}
			if _, _, err := o.in.Photo(o.t.Context(), o.actor, o.plan, p.ID, ingest.PhotoMeta{ID: uuid.New(), File: "牌.jpg", Source: placement.FromUpload}, bytes.NewReader(append(body, pad...))); err != nil {
				o.t.Fatal(err)
			}
		}
	}
}

// TestBudgetsDossier seals 3,000 photos of 3 MB.
func TestBudgetsDossier(t *testing.T) {
	o := newOffice(t)
	o.photographs(manyPhotos)
	one := o.begin()
	begun, peak := time.Now(), 0.0
	if err := o.seal(one.ID); err != nil {
		t.Fatal(err)
	}
	for {
		peak = max(peak, resident(t))
		held, err := o.Dossier(t.Context(), "feicheng", one.ID)
		if err != nil {
			t.Fatal(err)
		}
		if held.Thing.State != dossier.Sealing {
			budget.Under(t, fmt.Sprintf("a dossier of %d photos, %d MB, without PDFs", manyPhotos, held.Thing.Bytes>>20), time.Since(begun).Seconds(), 180, "s")
			budget.Under(t, "the process with the engine meanwhile, most of what was seen five times a second", peak, 600, "MB")
			if held.Thing.State != dossier.Sealed {
				t.Errorf("%+v", held.Thing)
			}
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// resident is the memory of this process in MB, with the engine and its file.
func resident(t testing.TB) float64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var size, pages int
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return float64(pages*os.Getpagesize()) / (1 << 20)
}
