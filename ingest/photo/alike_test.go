package photo_test

import (
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"

	"shuixuan/ingest/photo"
	"shuixuan/ingest/photo/lettering"
	"shuixuan/seeds/picture"
)

// manipulation is what people do to a picture before they send it again.
type manipulation struct {
	name string
	do   func(t *testing.T, img *image.RGBA, r *rand.Rand) []byte
	// least is the recall that is asked of “alike” for pictures that are only passed on;
	// cutting, mirroring and taking a picture of a picture are reported without a promise.
	least float64
}

var manipulations = []manipulation{
	{"re-save", func(t *testing.T, img *image.RGBA, r *rand.Rand) []byte {
		return encode(t, decodeJPEG(t, encode(t, img, 35+r.IntN(40))), 60)
	}, 0.95},
	{"resize", func(t *testing.T, img *image.RGBA, r *rand.Rand) []byte {
		factor := 0.3 + r.Float64()*0.9
		return encode(t, scaled(img, int(640*factor), int(480*factor)), 80)
	}, 0.95},
	{"stamp", func(t *testing.T, img *image.RGBA, r *rand.Rand) []byte {
		return encode(t, stamped(t, img, r), 85)
	}, 0.95},
	{"brightness", func(t *testing.T, img *image.RGBA, r *rand.Rand) []byte {
		return encode(t, lit(img, 0.7+r.Float64()*0.6, r.IntN(61)-30), 85)
	}, 0.95},
	{"rotation by EXIF", func(t *testing.T, img *image.RGBA, r *rand.Rand) []byte {
		orientation := 2 + r.IntN(7)
		return picture.WithMetadata(encode(t, lying(img, orientation), 85), picture.Metadata{Orientation: orientation})
	}, 0.95},
	{"crop 10 %", func(t *testing.T, img *image.RGBA, r *rand.Rand) []byte {
		left, top := r.IntN(64), r.IntN(48)
		return encode(t, img.SubImage(image.Rect(left, top, left+576, top+432)), 85)
	}, 0},
	{"flip", func(t *testing.T, img *image.RGBA, r *rand.Rand) []byte { return encode(t, lying(img, 2), 85) }, 0},
	{"re-photograph", func(t *testing.T, img *image.RGBA, r *rand.Rand) []byte {
		return encode(t, lit(slanted(img, r), 0.8+r.Float64()*0.3, r.IntN(21)), 80)
	}, 0},
}

func scaled(img image.Image, w, h int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.CatmullRom.Scale(out, out.Bounds(), img, img.Bounds(), draw.Src, nil)
	return out
}

// stamped has the two lines that a watermark camera draws, in a corner.
func stamped(t *testing.T, img *image.RGBA, r *rand.Rand) *image.RGBA {
	out := scaled(img, 640, 480)
	mask := image.NewAlpha(image.Rect(0, 0, 300, 70))
	pen, err := lettering.NewPen(22)
	if err != nil {
		t.Fatal(err)
	}
	pen.Write(mask, 6, 26, "2014-09-20 10:30")
	pen.Write(mask, 6, 56, "肥城市 龙山路")
	at := []image.Point{{10, 400}, {330, 400}, {10, 10}, {330, 10}}[r.IntN(4)]
	draw.DrawMask(out, image.Rect(0, 0, 300, 70).Add(at), image.NewUniform(color.RGBA{255, 200, 0, 255}), image.Point{}, mask, image.Point{}, draw.Over)
	return out
}

func lit(img *image.RGBA, contrast float64, lift int) *image.RGBA {
	out := image.NewRGBA(img.Bounds())
	for i, v := range img.Pix {
		out.Pix[i] = uint8(min(max((float64(v)-128)*contrast+128+float64(lift), 0), 255))
		if i%4 == 3 {
			out.Pix[i] = 255
		}
	}
	return out
}

// slanted is a print or a screen that was photographed: turned a little, sheared, with
// something of the desk around it.
func slanted(img *image.RGBA, r *rand.Rand) *image.RGBA {
	out := image.NewRGBA(img.Bounds())
	draw.Draw(out, out.Bounds(), image.NewUniform(color.RGBA{90, 80, 70, 255}), image.Point{}, draw.Src)
	scale, turn, shear := 0.85+r.Float64()*0.1, (r.Float64()-0.5)*0.1, (r.Float64()-0.5)*0.1
	m := f64.Aff3{scale, -turn, 25 + 20*r.Float64(), turn + shear, scale, 20 + 15*r.Float64()}
	draw.CatmullRom.Transform(out, m, img, img.Bounds(), draw.Over, nil)
	return out
}

// TestManipulatedPicturesAreFound asks, of pictures and what was made of them, how many
// are found (recall) and how many of those found are right (precision), each one searched
// for among all originals.
func TestManipulatedPicturesAreFound(t *testing.T) {
	n := 40
	if raceDetector {
		n = 20 // one that is missed is then too many
	}
	originals, drawn := make([]*photo.Picture, n), make([]*image.RGBA, n)
	for i := range n {
		drawn[i] = picture.Draw(picture.Scene{Seed: uint64(1000 + i)}, 640, 480)
		originals[i] = develop(t, encode(t, drawn[i], 90))
	}
	var table strings.Builder
	fmt.Fprintf(&table, "%-18s %14s %14s %18s\n", "manipulation", "recall same", "recall alike", "precision alike")
	for _, m := range manipulations {
		r := rand.New(rand.NewPCG(7, 7))
		same, alike, wrong := 0, 0, 0
		for i := range n {
			p := develop(t, m.do(t, drawn[i], r))
			for j, o := range originals {
				found := photo.Alike(p.DHash, p.PHash, o.DHash, o.PHash)
				switch {
				case j == i && found:
					alike++
				case found:
					wrong++
				}
			}
			if photo.Same(p.DHash, p.PHash, originals[i].DHash, originals[i].PHash) {
				same++
			}
		}
		precision := 1.0
		if alike+wrong > 0 {
			precision = float64(alike) / float64(alike+wrong)
		}
		recall := float64(alike) / float64(n)
		fmt.Fprintf(&table, "%-18s %14.3f %14.3f %18.3f\n", m.name, float64(same)/float64(n), recall, precision)
		if recall < m.least {
			t.Errorf("%s: recall %.3f, at least %.2f is asked", m.name, recall, m.least)
		}
	}
	t.Logf("\n%s", table.String())
}

// TestDifferentPicturesAreNotTheSame compares 500 pictures with each other.
func TestDifferentPicturesAreNotTheSame(t *testing.T) {
	const n = 500
	var all [n]*photo.Picture
	for i := range n {
		all[i] = develop(t, picture.Picture(picture.Scene{Seed: uint64(5000 + i)}, 240, 180, nil))
	}
	same, alike := 0, 0
	for i := range n {
		for j := range i {
			if photo.Same(all[i].DHash, all[i].PHash, all[j].DHash, all[j].PHash) {
				same++
				t.Errorf("scenes %d and %d are called the same", 5000+i, 5000+j)
			}
			if photo.Alike(all[i].DHash, all[i].PHash, all[j].DHash, all[j].PHash) {
				alike++
			}
		}
	}
	t.Logf("%d pictures, %d pairs: %d called the same, %d nearly the same", n, n*(n-1)/2, same, alike)
}
