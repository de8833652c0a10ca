//go:build bench

package photo_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"shuixuan/app/budget"
	"shuixuan/ingest/photo"
	"shuixuan/seeds/picture"
)

// A photo of 12 megapixels against decoding it once and encoding its two copies: what is
// left is told type, metadata, averaging, turning and hashing.
func TestBudgetsPhoto(t *testing.T) {
	m := picture.Metadata{Make: "HUAWEI", Model: "P40", Taken: time.Now(), Orientation: 6, Located: true, Longitude: 116.77, Latitude: 36.18}
	file := picture.Picture(picture.Scene{Seed: 1}, 4000, 3000, &m)
	p := develop(t, file)
	copies := []image.Image{}
	for _, one := range [][]byte{p.Screen, p.Thumb} {
		img, err := jpeg.Decode(bytes.NewReader(one))
		if err != nil {
			t.Fatal(err)
		}
		copies = append(copies, img)
	}
	ours, theirs := budget.Turns(t, 15, func() error {
		_, err := room.Develop(t.Context(), bytes.NewReader(file), int64(len(file)))
		return err
	}, func() error {
		if _, err := jpeg.Decode(bytes.NewReader(file)); err != nil {
			return err
		}
		for _, img := range copies {
			var b bytes.Buffer
			if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 82}); err != nil {
				return err
			}
		}
		return nil
	})
	budget.Ratio(t, "a photo of 12 megapixels developed, to decoding it once and encoding its copies", ours, theirs, 1.3)
}

// Twenty people send at once: four are developed, the others wait without their pixels.
func TestBudgetsPhotoMemory(t *testing.T) {
	file := picture.Picture(picture.Scene{Seed: 1}, 4000, 3000, nil)
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	room := photo.NewDarkroom()
	var stop atomic.Bool
	peak := uint64(0)
	var watching, all sync.WaitGroup
	watching.Go(func() {
		for !stop.Load() {
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapInuse)
			time.Sleep(2 * time.Millisecond)
		}
	})
	for range 20 {
		all.Go(func() {
			if _, err := room.Develop(t.Context(), bytes.NewReader(file), int64(len(file))); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	stop.Store(true)
	watching.Wait()
	budget.Under(t, "heap while twenty photos of 12 megapixels come at once", float64(peak-min(peak, before.HeapInuse))/(1<<20), 300, "MB")
}
