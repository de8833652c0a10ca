package placement

import (
	"slices"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/clickhouse/clickhousetest"
)

// TestPhotosAndInspections reads rows as the intake writes them: the newest revision of a
// photo, and findings the newest first.
func TestPhotosAndInspections(t *testing.T) {
	db := clickhousetest.Open(t)
	ctx := t.Context()
	a, b, photo := uuid.New(), uuid.New(), uuid.New()
	at := time.Date(2014, 9, 5, 1, 2, 3, 0, time.UTC)
	east, north, accuracy := 116.77, 36.18, 12.5
	err := db.Insert(ctx, `INSERT INTO photos (`+photoColumns+`, recorded_on)`, func(batch driver.Batch) error {
		for revision, state := range map[uint32]string{1: "kept", 2: "set-aside"} {
			if err := batch.Append("c", photo, revision, a, "u", state, "拍错了", "00", uint64(1<<63), uint64(7), "jpeg", uint32(640), uint32(480), uint64(1000), "a.jpg",
				"camera", &at, &east, &north, "wgs84", &accuracy, nil, "", "A", []string{"near"}, []uuid.UUID{b}, at, at, "li", at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Insert(ctx, `INSERT INTO inspections (campaign, id, placement, unit, found_on, finding, defects, due, note, recorded_on, recorded_at, recorded_by, recorded_role)`, func(batch driver.Batch) error {
		for day, finding := range map[int]string{1: "damaged", 3: "standing"} {
			on := at.AddDate(0, 0, day)
			if err := batch.Append("c", uuid.New(), a, "u", on, finding, []string{"faded"}, nil, "", on, on, "wang", "office"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := NewStore(db)
	photos, err := s.Photos(ctx, "c", []uuid.UUID{a, b})
	if err != nil || len(photos[a]) != 1 || len(photos[b]) != 0 {
		t.Fatalf("%v, %v", photos, err)
	}
	got := photos[a][0]
	if got.State != PhotoSetAside || got.DHash != 1<<63 || !got.TakenAt.Equal(at) || *got.Accuracy != 12.5 || got.Distance != nil || got.Position.Datum != WGS84 || !slices.Equal(got.Twins, []uuid.UUID{b}) {
		t.Errorf("%+v", got)
	}
	if one, err := s.Photo(ctx, "c", photo); err != nil || one.Revision != 2 {
		t.Errorf("%+v, %v", one, err)
	}
	if _, err := s.Photo(ctx, "d", photo); err == nil {
		t.Error("another campaign sees the photo")
	}
	found, err := s.Inspections(ctx, "c", []uuid.UUID{a, b})
	if err != nil || len(found[a]) != 2 || found[a][0].Finding != FoundStanding || found[a][1].Defects[0] != Faded {
		t.Errorf("%+v, %v", found, err)
	}
}
