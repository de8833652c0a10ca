package photo

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"

	"shuixuan/ingest/photo/lettering"
)

// Mark draws lines into the foot of a screen copy, white on a darkened band: unit, place,
// time. The original is never marked: material for inspection is refused with a mark on
// it, and the words stand in the database anyway.
func Mark(screen []byte, lines []string) ([]byte, error) {
	img, err := jpeg.Decode(bytes.NewReader(screen))
	if err != nil {
		return nil, fmt.Errorf("mark a copy: %w", err)
	}
	picture := reduce(img, ScreenSide)
	if err := mark(picture, lines); err != nil {
		return nil, err
	}
	return encode(picture)
}

func mark(p *image.YCbCr, lines []string) error {
	w, h := p.Bounds().Dx(), p.Bounds().Dy()
	size := max(float64(min(w, h))/32, 9)
	pen, err := lettering.NewPen(size)
	if err != nil {
		return err
	}
	margin, step := int(size*0.6), int(size*1.4)
	high := min(margin+step*len(lines)+margin/2, h)
	mask := image.NewAlpha(image.Rect(0, 0, w, high))
	for i, line := range lines {
		pen.Write(mask, margin, margin+step*i+int(size), pen.Fit(line, w-2*margin))
	}
	for y := range high {
		row := p.Y[(h-high+y)*p.YStride:]
		for x := range w {
			dark := int(row[x]) * 90 / 255
			a := int(mask.Pix[y*mask.Stride+x])
			row[x] = byte(dark + (245-dark)*a/255)
		}
	}
	for y := (h - high + 1) / 2; y < (h+1)/2; y++ { // letters without a tint
		for x := range (w + 1) / 2 {
			at := y*p.CStride + x
			p.Cb[at], p.Cr[at] = byte(128+(int(p.Cb[at])-128)/3), byte(128+(int(p.Cr[at])-128)/3)
		}
	}
	return nil
}
