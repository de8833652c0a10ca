package photo

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
)

// plane is one of a picture's three: brightness, blueness, redness.
type plane struct {
	pix    []byte
	stride int
	w, h   int
}

// reduce averages a picture down so that its longer side is at most so many pixels; a
// smaller one keeps its size. What comes out is 4:2:0, whatever went in.
func reduce(img image.Image, side int) *image.YCbCr {
	ycc, ok := img.(*image.YCbCr)
	if !ok {
		ycc = planes(img)
	}
	b := ycc.Bounds()
	w, h := b.Dx(), b.Dy()
	if longer := max(w, h); longer > side {
		w, h = max(w*side/longer, 1), max(h*side/longer, 1)
	}
	small := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	average(plane{small.Y, small.YStride, w, h}, plane{ycc.Y[ycc.YOffset(b.Min.X, b.Min.Y):], ycc.YStride, b.Dx(), b.Dy()})
	cw, ch := chroma(ycc)
	at := ycc.COffset(b.Min.X, b.Min.Y)
	average(plane{small.Cb, small.CStride, (w + 1) / 2, (h + 1) / 2}, plane{ycc.Cb[at:], ycc.CStride, cw, ch})
	average(plane{small.Cr, small.CStride, (w + 1) / 2, (h + 1) / 2}, plane{ycc.Cr[at:], ycc.CStride, cw, ch})
	return small
}

// chroma is the size of the planes of colour.
func chroma(p *image.YCbCr) (w, h int) {
	b := p.Bounds()
	last := p.COffset(b.Max.X-1, b.Max.Y-1) - p.COffset(b.Min.X, b.Min.Y)
	return last%p.CStride + 1, last/p.CStride + 1
}

// span is the part of a line of source pixels that one pixel stands for, in 1/256.
type span struct {
	first, last int
	weight, end uint32 // of the first and of the last pixel
	divisor     uint32
}

// spans divides a line of n pixels among m.
func spans(n, m int) []span {
	all := make([]span, m)
	for i := range all {
		from, to := i*n*256/m, (i+1)*n*256/m
		if to <= from {
			to = from + 1
		}
		s := span{first: from / 256, last: (to - 1) / 256}
		if s.first == s.last {
			s.weight = uint32(to - from)
		} else {
			s.weight, s.end = uint32(256-from%256), uint32((to-1)%256+1)
		}
		s.divisor = uint32(to - from)
		all[i] = s
	}
	return all
}

// average fills a plane with the mean of what lies below each of its pixels: lines first,
// since adding whole lines is the cheapest thing to do to 12 million pixels. A column's
// sums fit 32 bits: 64 million pixels one above the other onto 1600 are 40,000 × 256 × 255.
func average(to, from plane) {
	if to.w == from.w && to.h == from.h {
		for y := range to.h {
			copy(to.pix[y*to.stride:][:to.w], from.pix[y*from.stride:][:from.w])
		}
		return
	}
	across, down := spans(from.w, to.w), spans(from.h, to.h)
	share := make([]float64, to.w) // a division for each pixel would take as long as the rest
	for x, s := range across {
		share[x] = 1 / float64(s.divisor)
	}
	sum := make([]uint32, from.w)
	for y, d := range down {
		for row := d.first; row <= d.last; row++ {
			add(sum, from.pix[row*from.stride:][:from.w], d.weightOf(row), row == d.first)
		}
		out := to.pix[y*to.stride:][:to.w]
		part := 1 / float64(d.divisor)
		for x, s := range across {
			under := sum[s.first : s.last+1]
			v := int64(under[0]) * int64(s.weight)
			switch n := len(under); n {
			case 1:
			case 3: // a phone's 12 megapixels, mostly
				v += int64(under[1])<<8 + int64(under[2])*int64(s.end)
			default:
				inside := int64(0)
				for _, one := range under[1 : n-1] {
					inside += int64(one)
				}
				v += inside<<8 + int64(under[n-1])*int64(s.end)
			}
			out[x] = byte(float64(v)*share[x]*part + 0.5)
		}
	}
}

// weightOf is how much of a line belongs to a span, in 1/256.
func (s span) weightOf(line int) uint32 {
	switch line {
	case s.first:
		return s.weight
	case s.last:
		return s.end
	}
	return 256
}

// add adds a line to the sums, or begins them with it.
func add(sum []uint32, line []byte, weight uint32, begin bool) {
	sum = sum[:len(line)]
	if begin {
		for x, v := range line {
			sum[x] = uint32(v) * weight
		}
		return
	}
	for x, v := range line {
		sum[x] += uint32(v) * weight
	}
}

// strip is how many lines of another form are brought into planes at once.
const strip = 64

// planes brings a picture of another form (RGBA, grey, a palette, CMYK) into planes, a
// strip of lines at a time. What is transparent lies on white.
func planes(img image.Image) *image.YCbCr {
	b := img.Bounds()
	whole := image.NewYCbCr(image.Rect(0, 0, b.Dx(), b.Dy()), image.YCbCrSubsampleRatio420)
	if grey, ok := img.(*image.Gray); ok {
		for y := range b.Dy() {
			copy(whole.Y[y*whole.YStride:][:b.Dx()], grey.Pix[y*grey.Stride:])
		}
		fill(whole.Cb, 128)
		fill(whole.Cr, 128)
		return whole
	}
	lines := image.NewRGBA(image.Rect(0, 0, b.Dx(), strip))
	for top := 0; top < b.Dy(); top += strip {
		high := min(strip, b.Dy()-top)
		area := image.Rect(0, 0, b.Dx(), high)
		draw.Draw(lines, area, image.White, image.Point{}, draw.Src)
		draw.Draw(lines, area, img, image.Pt(b.Min.X, b.Min.Y+top), draw.Over)
		for y := range high {
			row := lines.Pix[y*lines.Stride:][:4*b.Dx()]
			bright := whole.Y[(top+y)*whole.YStride:]
			even := (top+y)%2 == 0
			at := (top + y) / 2 * whole.CStride
			for x := range b.Dx() {
				luma, blue, red := color.RGBToYCbCr(row[4*x], row[4*x+1], row[4*x+2])
				bright[x] = luma
				if even && x%2 == 0 {
					whole.Cb[at+x/2], whole.Cr[at+x/2] = blue, red
				}
			}
		}
	}
	return whole
}

func fill(pix []byte, v byte) {
	for i := range pix {
		pix[i] = v
	}
}

// upright turns a picture by its EXIF orientation.
func upright(p *image.YCbCr, orientation int) *image.YCbCr {
	if orientation < 2 || orientation > 8 {
		return p
	}
	w, h := p.Bounds().Dx(), p.Bounds().Dy()
	if orientation >= 5 {
		w, h = h, w
	}
	turned := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	turn(plane{turned.Y, turned.YStride, w, h}, plane{pix: p.Y, stride: p.YStride}, orientation)
	turn(plane{turned.Cb, turned.CStride, (w + 1) / 2, (h + 1) / 2}, plane{pix: p.Cb, stride: p.CStride}, orientation)
	turn(plane{turned.Cr, turned.CStride, (w + 1) / 2, (h + 1) / 2}, plane{pix: p.Cr, stride: p.CStride}, orientation)
	return turned
}

// turn fills an upright plane from one that lies as the sensor had it: it goes through the
// other one by a step for each column and each line.
func turn(to, from plane, orientation int) {
	across, down := 1, from.stride
	w, h := to.w, to.h
	if orientation >= 5 {
		across, down = from.stride, 1
	}
	start := 0
	switch orientation {
	case 2, 3, 6, 7: // columns from the last one
		start += (w - 1) * across
		across = -across
	}
	switch orientation {
	case 3, 4, 7, 8: // lines from the last one
		start += (h - 1) * down
		down = -down
	}
	for y := range h {
		at := start + y*down
		line := to.pix[y*to.stride:][:w]
		for x := range line {
			line[x] = from.pix[at]
			at += across
		}
	}
}

// encode writes a copy: pixels and nothing else.
func encode(img image.Image) ([]byte, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("encode a copy: %w", err)
	}
	return b.Bytes(), nil
}
