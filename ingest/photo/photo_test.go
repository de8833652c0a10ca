package photo_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"shuixuan/app/problem"
	"shuixuan/ingest/photo"
	"shuixuan/seeds/picture"
)

var room = photo.NewDarkroom()

func develop(t testing.TB, file []byte) *photo.Picture {
	t.Helper()
	p, err := room.Develop(t.Context(), bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// refused checks that a file is refused with words, and gives the words.
func refused(t *testing.T, file []byte) string {
	t.Helper()
	_, err := room.Develop(t.Context(), bytes.NewReader(file), int64(len(file)))
	p, ok := problem.As(err)
	if !ok {
		t.Fatalf("a bad file answered %v, not a problem in words", err)
	}
	return p.Title
}

func decodeJPEG(t *testing.T, file []byte) image.Image {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestCopiesAreUprightAndBare(t *testing.T) {
	taken := time.Date(2014, 9, 20, 10, 30, 0, 0, time.FixedZone("", 8*60*60))
	m := picture.Metadata{Make: "HUAWEI", Model: "HUAWEI P7", Taken: taken, Orientation: 6, Located: true, Longitude: 116.7712, Latitude: 36.1803}
	p := develop(t, picture.Picture(picture.Scene{Seed: 1}, 2400, 1800, &m))
	if p.Format != photo.JPEG || p.Width != 1800 || p.Height != 2400 {
		t.Errorf("%s of %d × %d; lying on its side it is 1800 × 2400", p.Format, p.Width, p.Height)
	}
	for name, one := range map[string]struct {
		file       []byte
		want, most int
	}{"screen": {p.Screen, 1600, 600 << 10}, "thumb": {p.Thumb, 320, 60 << 10}} {
		b := decodeJPEG(t, one.file).Bounds()
		if b.Dy() != one.want || b.Dx() != one.want*3/4 || len(one.file) > one.most {
			t.Errorf("%s copy: %v, %d bytes", name, b, len(one.file))
		}
		if bytes.Contains(one.file, []byte("Exif")) || bytes.Contains(one.file, []byte("HUAWEI")) {
			t.Errorf("%s copy holds metadata", name)
		}
	}
	got := p.Metadata
	if got.Device != "HUAWEI P7" || !got.Taken.Equal(taken) || !got.Located || len(got.Codes) != 0 {
		t.Errorf("metadata %+v", got)
	}
	if d := max(got.Longitude-m.Longitude, m.Longitude-got.Longitude, got.Latitude-m.Latitude, m.Latitude-got.Latitude); d > 1e-6 {
		t.Errorf("position %f, %f", got.Longitude, got.Latitude)
	}
}

// A picture turned by the camera and one turned by its orientation tag are the same one
// to a person, so they are to the hashes.
func TestOrientationIsApplied(t *testing.T) {
	upright := picture.Draw(picture.Scene{Seed: 3}, 640, 480)
	want := develop(t, encode(t, upright, 90))
	for orientation := 1; orientation <= 8; orientation++ {
		p := develop(t, picture.WithMetadata(encode(t, lying(upright, orientation), 90), picture.Metadata{Orientation: orientation}))
		if p.Width != 640 || p.Height != 480 {
			t.Errorf("orientation %d: %d × %d", orientation, p.Width, p.Height)
		}
		if d := photo.Distance(p.DHash, want.DHash) + photo.Distance(p.PHash, want.PHash); d > 2 {
			t.Errorf("orientation %d: %d bits differ from the upright picture", orientation, d)
		}
	}
}

// lying gives a picture as a sensor had it that writes this orientation.
func lying(img image.Image, orientation int) image.Image {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if orientation >= 5 {
		w, h = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range b.Dy() {
		for x := range b.Dx() {
			var sx, sy int
			switch orientation { // where the upright pixel x,y lies (EXIF 2.3, 4.6.4 A)
			case 1:
				sx, sy = x, y
			case 2:
				sx, sy = w-1-x, y
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sx, sy = x, h-1-y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, h-1-x
			case 7:
				sx, sy = w-1-y, h-1-x
			case 8:
				sx, sy = w-1-y, x
			}
			out.Set(sx, sy, img.At(x, y))
		}
	}
	return out
}

func encode(t testing.TB, img image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encodePNG(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFormsOfPixels(t *testing.T) {
	scene := picture.Draw(picture.Scene{Seed: 5}, 333, 251)
	want := develop(t, encode(t, scene, 95))
	grey := image.NewGray(scene.Bounds())
	clear := image.NewNRGBA(scene.Bounds()) // the half of it that is transparent lies on white
	deep := image.NewNRGBA64(scene.Bounds())
	palette := image.NewPaletted(scene.Bounds(), color.Palette{color.Black, color.White, color.RGBA{200, 30, 30, 255}})
	for y := range 251 {
		for x := range 333 {
			at := scene.At(x, y)
			grey.Set(x, y, at)
			deep.Set(x, y, at)
			palette.Set(x, y, at)
			clear.Set(x, y, at)
			if x < 166 {
				clear.SetNRGBA(x, y, color.NRGBA{})
			}
		}
	}
	check := func(name string, file []byte, bits int) {
		t.Helper()
		p := develop(t, file)
		if d := photo.Distance(p.PHash, want.PHash); d > bits || p.Width != 333 || p.Height != 251 {
			t.Errorf("%s: %d × %d, %d bits from the JPEG", name, p.Width, p.Height, d)
		}
	}
	check("grey", encode(t, grey, 95), 4)
	check("png", encodePNG(t, scene), 2)
	check("png of 16 bits", encodePNG(t, deep), 2)
	check("palette", encodePNG(t, palette), 30)
	if r, _, _, _ := decodeJPEG(t, develop(t, encodePNG(t, clear)).Screen).At(20, 20).RGBA(); r>>8 < 240 {
		t.Errorf("what is transparent became %d, not white", r>>8)
	}
	for _, size := range []image.Point{{1, 1}, {2, 3}, {7, 5000}, {1601, 1}} {
		p := develop(t, encodePNG(t, image.NewGray(image.Rectangle{Max: size})))
		if p.Width != size.X || p.Height != size.Y || len(p.Thumb) == 0 {
			t.Errorf("%v: %d × %d", size, p.Width, p.Height)
		}
	}
}

// Made of scene 7 with the usual encoder.
func TestHEIC(t *testing.T) {
	files, err := filepath.Glob("testdata/*.heic")
	if err != nil || len(files) == 0 {
		t.Fatalf("no HEIC pictures: %v", err)
	}
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		p := develop(t, file)
		if p.Format != photo.HEIC || p.Width < 100 || decodeJPEG(t, p.Screen).Bounds().Empty() {
			t.Errorf("%s: %s of %d × %d", name, p.Format, p.Width, p.Height)
		}
		refused(t, file[:len(file)/2])
	}
}

func TestWebP(t *testing.T) {
	file, err := os.ReadFile("testdata/board.webp")
	if err != nil {
		t.Fatal(err)
	}
	if p := develop(t, file); p.Format != photo.WebP || p.Width != 64 || p.Height != 48 {
		t.Errorf("%s of %d × %d", p.Format, p.Width, p.Height)
	}
	refused(t, file[:len(file)/2])
}

func TestWhatIsNoPhotoIsRefusedInWords(t *testing.T) {
	good := picture.Picture(picture.Scene{Seed: 2}, 640, 480, nil)
	var anim bytes.Buffer
	if err := gif.Encode(&anim, image.NewPaletted(image.Rect(0, 0, 2, 2), color.Palette{color.Black}), nil); err != nil {
		t.Fatal(err)
	}
	check := func(name string, file []byte, words string) {
		t.Helper()
		if got := refused(t, file); !strings.Contains(got, words) {
			t.Errorf("%s: %q does not say %q", name, got, words)
		}
	}
	check("nothing", nil, "空的")
	check("an SVG as .jpg", []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "SVG")
	check("a page", []byte("<!doctype html><script>alert(1)</script>"), "网页")
	check("a PDF with a JPEG behind", append([]byte("%PDF-1.4\n"), good...), "PDF")
	check("a ZIP with a JPEG behind", append([]byte("PK\x03\x04"), good...), "压缩包")
	check("a GIF", anim.Bytes(), "GIF")
	check("a video", []byte("\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41"), "视频")
	check("AVIF", []byte("\x00\x00\x00\x20ftypmif1\x00\x00\x00\x00mif1avifmiaf"), "AVIF")
	check("noise", []byte("\x01\x02\x03\x04\x05\x06\x07\x08\x90\x91"), "认不出")
	check("half a JPEG", good[:len(good)/2], "损坏")
	check("three bytes of a JPEG", []byte("\xFF\xD8\xFF"), "损坏")
	check("a JPEG header on text", append([]byte("\xFF\xD8\xFF\xE0"), "hello, world. this is no picture"...), "损坏")
	check("half a PNG", encodePNG(t, image.NewGray(image.Rect(0, 0, 100, 100)))[:60], "损坏")
}

// A file of a few bytes can claim any size; it is told before anything is decoded.
func TestHugePicturesAreRefusedByTheirHeader(t *testing.T) {
	for _, size := range [][2]uint32{{50_000, 50_000}, {1 << 31, 1}, {1<<31 - 1, 1<<31 - 1}, {64_000_001, 1}} {
		if got := refused(t, pngHeader(size[0], size[1])); !strings.Contains(got, "像素") && !strings.Contains(got, "损坏") {
			t.Errorf("%v: %q", size, got)
		}
	}
	if got := refused(t, pngHeader(50_000, 50_000)); !strings.Contains(got, "50000×50000像素") {
		t.Errorf("%q does not say how many pixels", got)
	}
	// In a JPEG the size stands in the frame header: FF C0, length, precision, height, width.
	file := picture.Picture(picture.Scene{Seed: 2}, 640, 480, nil)
	at := bytes.Index(file, []byte{0xFF, 0xC0})
	binary.BigEndian.PutUint16(file[at+5:], 50_000)
	binary.BigEndian.PutUint16(file[at+7:], 50_000)
	if got := refused(t, file); !strings.Contains(got, "50000×50000像素") {
		t.Errorf("%q does not say how many pixels", got)
	}
}

// pngHeader is a PNG that says its size and then ends.
func pngHeader(w, h uint32) []byte {
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR")
	b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, w), h)
	b = append(b, 8, 2, 0, 0, 0)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[12:]))
}

// What hides behind the picture is not in the copies that people are shown.
func TestAPolyglotIsTakenAndItsCopiesAreClean(t *testing.T) {
	good := picture.Picture(picture.Scene{Seed: 2}, 640, 480, nil)
	want := develop(t, good)
	for _, tail := range []string{"PK\x03\x04 a ZIP", "<html><script>alert(1)</script>", "%PDF-1.4"} {
		p := develop(t, append(slices.Clone(good), strings.Repeat(tail, 50)...))
		if !bytes.Equal(p.Screen, want.Screen) || bytes.Contains(p.Screen, []byte(tail)) || bytes.Contains(p.Thumb, []byte(tail)) {
			t.Errorf("%q came through to a copy", tail)
		}
	}
	comment := "<script>alert(1)</script>" // within the picture itself
	inside := append([]byte{0xFF, 0xD8, 0xFF, 0xFE, 0, byte(len(comment) + 2)}, comment...)
	if p := develop(t, append(inside, good[2:]...)); bytes.Contains(p.Screen, []byte("script")) {
		t.Error("a comment came through to a copy")
	}
}

func TestMetadataThatCantBeSo(t *testing.T) {
	at := func(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
	check := func(m picture.Metadata, codes ...string) {
		t.Helper()
		got := develop(t, picture.Picture(picture.Scene{Seed: 2}, 64, 48, &m)).Metadata
		if !slices.Equal(got.Codes, codes) {
			t.Errorf("%+v: codes %v, want %v", m, got.Codes, codes)
		}
	}
	check(picture.Metadata{}, photo.NoMetadata)
	check(picture.Metadata{Make: "X"}, photo.NoMetadata) // a device proves nothing
	check(picture.Metadata{Taken: at(1970)}, photo.TimeUnset)
	check(picture.Metadata{Taken: at(2000)}, photo.TimeUnset)
	check(picture.Metadata{Taken: at(2014)})
	check(picture.Metadata{Taken: at(2014), Located: true}, photo.PositionUnset)
	check(picture.Metadata{Located: true, Longitude: 116.7, Latitude: 36.1})
	check(picture.Metadata{Located: true, Longitude: 200, Latitude: 36.1}, photo.PositionUnset)
}

// EXIF that points at itself, at nothing, or claims gigabytes never costs the picture.
func TestMetadataThatMakeParsersLoop(t *testing.T) {
	good := picture.Picture(picture.Scene{Seed: 2}, 64, 48, nil)
	check := func(name string, tiff string) {
		t.Helper()
		body := "Exif\x00\x00" + tiff
		file := append([]byte{0xFF, 0xD8, 0xFF, 0xE1, byte((len(body) + 2) >> 8), byte(len(body) + 2)}, body...)
		start := time.Now()
		p := develop(t, append(file, good[2:]...))
		if p.Width != 64 || time.Since(start) > 10*time.Second {
			t.Errorf("%s: %d wide after %s", name, p.Width, time.Since(start))
		}
	}
	entry := func(tag, kind uint16, count, value uint32) string {
		b := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, tag), kind)
		return string(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, count), value))
	}
	const begin = "MM\x00*\x00\x00\x00\x08"
	check("the next directory is this one", begin+"\x00\x01"+entry(0x0112, 3, 1, 1<<16)+"\x00\x00\x00\x08")
	check("a directory within itself", begin+"\x00\x01"+entry(0x8769, 4, 1, 8)+"\x00\x00\x00\x00")
	check("two that hold each other", begin+"\x00\x02"+entry(0x8769, 4, 1, 8)+entry(0x8825, 4, 1, 8)+"\x00\x00\x00\x08")
	check("65,535 entries", begin+"\xFF\xFF"+strings.Repeat(entry(0x0112, 3, 1, 1<<16), 5000))
	check("a tag of 4 GB", begin+"\x00\x01"+entry(0x010F, 2, 1<<32-1, 8)+"\x00\x00\x00\x00")
	check("fractions beyond the end", begin+"\x00\x01"+entry(0x8825, 4, 1, 26)+"\x00\x00\x00\x00"+"\x00\x01"+entry(2, 5, 3, 1<<31))
	check("a directory beyond the end", "MM\x00*\xFF\xFF\xFF\xF0")
	check("no TIFF at all", strings.Repeat("\x00", 300))
	check("half a header", "MM")
}

func TestTheMarkIsInTheFootOnly(t *testing.T) {
	p := develop(t, picture.Picture(picture.Scene{Seed: 4}, 1600, 1200, nil))
	marked, err := photo.Mark(p.Screen, []string{"市住建局 · 康王河公园南门", "2014-09-20 10:30 · 演示"})
	if err != nil {
		t.Fatal(err)
	}
	before, after := decodeJPEG(t, p.Screen), decodeJPEG(t, marked)
	luma := func(img image.Image, x, y int) int {
		return int(color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y)
	}
	for y := 40; y < 1000; y += 97 {
		for x := 40; x < 1600; x += 97 {
			if d := luma(before, x, y) - luma(after, x, y); d > 24 || d < -24 {
				t.Fatalf("%d,%d changed by %d, above the band", x, y, d)
			}
		}
	}
	white := 0
	for y := 1080; y < 1200; y++ {
		for x := range 1600 {
			if luma(after, x, y) > 225 {
				white++
			}
		}
	}
	if white < 1500 {
		t.Errorf("%d white pixels in the band: nothing is written there", white)
	}
	if _, err := photo.Mark(p.Thumb, []string{strings.Repeat("很长的地点", 100), ""}); err != nil {
		t.Error(err)
	}
}
