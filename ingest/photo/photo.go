// Package photo takes the bytes of one picture to what is known of it and to the copies
// that people look at: what it really is, how large, when and where it says it was taken,
// its perceptual hashes, a thumbnail and a screen copy, and on request a marked copy.
//
// It knows no database and no placement. The original is read and never changed;
// orientation is applied to the copies, and the copies hold pixels only: whatever hides
// behind or inside the file that was sent ends here.
//
// # Why
//
// A picture is decoded once. Planes of brightness and colour are averaged down to the
// screen copy straight from the decoder's own form (YCbCr), the thumbnail is made from the
// screen copy and the hashes from the thumbnail: of 12 megapixels that leaves 2 after the
// first pass. The general scalers of x/image were tried for that pass: in RGBA with a
// proper filter they took longer than decoding, and 150 MB for the lines between.
//
// Decoders are handed hostile files. So the type is told from the first bytes and not from
// the name, the size in pixels is read before anything is decoded, a fault is a sentence,
// and a Darkroom lets no more than four pictures in at a time.
package photo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"github.com/gen2brain/heic"
	"golang.org/x/image/webp"
	"golang.org/x/sync/semaphore"

	"shuixuan/app/problem"
)

// Limits of one picture.
const (
	MaxBytes  = 20 << 20
	MaxPixels = 64_000_000 // a phone's best is 50 million
)

// Sides of the copies in pixels, the longer one.
const (
	ScreenSide = 1600
	ThumbSide  = 320
)

// quality of the copies' JPEG: below it letters on boards grow hairs.
const quality = 82

// Picture is what is known of a picture. Width and Height are upright.
type Picture struct {
	Format        Format
	Width, Height int
	DHash, PHash  uint64
	Metadata      Metadata
	Screen, Thumb []byte // JPEG without metadata
}

// Darkroom holds pictures to as many at a time as memory is for. A place is good for 13
// megapixels at 8 bytes each, what the hungriest decoder takes; a larger picture takes
// several places.
type Darkroom struct{ places *semaphore.Weighted }

const (
	places      = 4
	placePixels = 13_000_000
)

// NewDarkroom gives one for four pictures at a time.
func NewDarkroom() *Darkroom { return &Darkroom{semaphore.NewWeighted(places)} }

// Develop reads a picture and makes its copies. What is wrong with the file is a Problem.
func (d *Darkroom) Develop(ctx context.Context, r io.ReaderAt, size int64) (*Picture, error) {
	format, err := Sniff(r, size)
	if err != nil {
		return nil, err
	}
	config, err := decodeConfig(format, io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, broken(err)
	}
	if err := checkSize(config); err != nil {
		return nil, err
	}
	weight := int64(min(1+config.Width*config.Height/placePixels, places))
	if err := d.places.Acquire(ctx, weight); err != nil {
		return nil, fmt.Errorf("wait for the darkroom: %w", err)
	}
	defer d.places.Release(weight)

	p := &Picture{Format: format, Metadata: readMetadata(format, io.NewSectionReader(r, 0, size))}
	img, err := decode(format, io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, broken(err)
	}
	if err := checkSize(image.Config{Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}); err != nil {
		return nil, err // the header lied
	}
	orientation := p.Metadata.Orientation
	if format == HEIC {
		orientation = 1 // the decoder has applied the container's own rotation
	}
	p.Width, p.Height = img.Bounds().Dx(), img.Bounds().Dy()
	if orientation >= 5 {
		p.Width, p.Height = p.Height, p.Width
	}
	screen := upright(reduce(img, ScreenSide), orientation)
	thumb := reduce(screen, ThumbSide)
	p.DHash, p.PHash = hashes(thumb)
	if p.Screen, err = encode(screen); err == nil {
		p.Thumb, err = encode(thumb)
	}
	return p, err
}

// checkSize refuses what is too many pixels to decode, or none.
func checkSize(c image.Config) error {
	switch {
	case c.Width <= 0 || c.Height <= 0:
		return broken(errors.New("no pixels"))
	case c.Width > MaxPixels || c.Height > MaxPixels || c.Width*c.Height > MaxPixels:
		return problem.TooLarge(fmt.Sprintf("照片有%d×%d像素，超过%d万像素，没有收下", c.Width, c.Height, MaxPixels/10000), "请把相机的照片尺寸调小一档后重新拍摄，或把照片缩小后再上传。")
	}
	return nil
}

// broken is a file that begins like a picture and isn't one to its end.
func broken(err error) error {
	return problem.Invalid("照片损坏或没有传完，打不开", "请在手机上打开这张照片看看是否完整，再上传一次；还不行时请重新拍摄。").Because(err)
}

// decoders read a format: its header only, and all of it.
var decoders = map[Format]struct {
	config func(io.Reader) (image.Config, error)
	whole  func(io.Reader) (image.Image, error)
}{
	JPEG: {jpeg.DecodeConfig, jpeg.Decode},
	PNG:  {png.DecodeConfig, png.Decode},
	WebP: {webp.DecodeConfig, webp.Decode},
	HEIC: {heic.DecodeConfig, heic.Decode},
}

func decodeConfig(f Format, r io.Reader) (config image.Config, err error) {
	defer recovered(&err)
	return decoders[f].config(r)
}

func decode(f Format, r io.Reader) (img image.Image, err error) {
	defer recovered(&err)
	return decoders[f].whole(bufio.NewReaderSize(r, 256<<10))
}

// recovered turns a decoder's panic into an error: a file must not end a request unsaid.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("decoder panic: %v", r)
	}
}
