package picture

import (
	"bytes"
	"image/jpeg"
	"testing"
	"time"
)

func TestASeedIsOneScene(t *testing.T) {
	one := Picture(Scene{Seed: 7}, 320, 240, nil)
	if !bytes.Equal(one, Picture(Scene{Seed: 7}, 320, 240, nil)) {
		t.Error("the same seed made two pictures")
	}
	if bytes.Equal(one, Picture(Scene{Seed: 8}, 320, 240, nil)) {
		t.Error("two seeds made one picture")
	}
	for seed := range uint64(200) { // no size and no seed leaves the canvas
		for _, size := range [][2]int{{64, 48}, {41, 97}} {
			got, err := jpeg.DecodeConfig(bytes.NewReader(Picture(Scene{Seed: seed}, size[0], size[1], nil)))
			if err != nil || got.Width != size[0] || got.Height != size[1] {
				t.Fatalf("seed %d: %v, %v", seed, got, err)
			}
		}
	}
}

func TestMetadataLeaveThePixels(t *testing.T) {
	with := Picture(Scene{Seed: 1}, 64, 48, &Metadata{Make: "Huawei", Model: "P10", Taken: time.Unix(1e9, 0), Orientation: 6, Located: true, Longitude: 116.77, Latitude: 36.18})
	a, err := jpeg.Decode(bytes.NewReader(with))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := jpeg.Decode(bytes.NewReader(Picture(Scene{Seed: 1}, 64, 48, nil)))
	if a.At(20, 20) != b.At(20, 20) {
		t.Error("metadata changed the pixels")
	}
}

func BenchmarkPicture(b *testing.B) {
	for i := range b.N {
		Picture(Scene{Seed: uint64(i)}, 640, 480, nil)
	}
}
