//go:build bench

package dossiers

import (
	"bytes"
	"encoding/binary"
	"fmt"
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
	begun := time.Now()
	if err := o.seal(one.ID); err != nil {
		t.Fatal(err)
	}
	for {
		held, err := o.Dossier(t.Context(), "feicheng", one.ID)
		if err != nil {
			t.Fatal(err)
		}
		if held.Thing.State != dossier.Sealing {
			budget.Note(fmt.Sprintf("a dossier of %d photos, %d MB, without PDFs: at most 3 minutes", manyPhotos, held.Thing.Bytes>>20), time.Since(begun).Round(time.Second).String())
			if held.Thing.State != dossier.Sealed || time.Since(begun) > 3*time.Minute {
				t.Errorf("%+v after %s", held.Thing, time.Since(begun))
			}
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}
