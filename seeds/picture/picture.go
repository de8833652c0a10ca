// Package picture makes believable photos of publicity from a seed: a street, a park, a
// wall or a hall with a board that bears a slogan. The demonstration shows them where
// people's own photos would stand, and tests bend them.
//
// # Why
//
// Photos of real places are somebody's, and large. A made-up one is told by its seed, the
// same on every machine, small, and in the colours of the thing it stands for; nobody can
// take it for a real proof. The same seed gives the same scene at every size.
package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"

	"shuixuan/ingest/photo/lettering"
)

// Scene says what a picture shows.
type Scene struct {
	Seed   uint64
	Slogan string // on the board; empty: one of ours
}

// slogans are what boards say where nobody chose.
var slogans = []string{
	"共建水生态文明城市", "节约用水 人人有责", "碧水蓝天 你我共享", "护一河清水 润一方百姓", "珍惜水 爱护水 保护水",
	"水美肥城 从我做起", "绿水青山就是金山银山", "河畅水清 岸绿景美",
}

// Picture gives the scene as a JPEG of so many pixels, with metadata where there are any.
// One of 640 × 480 takes about 8 ms.
func Picture(s Scene, width, height int, m *Metadata) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, Draw(s, width, height), &jpeg.Options{Quality: 88}); err != nil {
		panic(err) // a buffer takes everything, and the size is ours
	}
	if m == nil {
		return b.Bytes()
	}
	return WithMetadata(b.Bytes(), *m)
}

// Draw draws the scene.
func Draw(s Scene, width, height int) *image.RGBA {
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, width, height)), r: rand.New(rand.NewPCG(s.Seed, 0x77a7e2))}
	if s.Slogan == "" {
		s.Slogan = slogans[c.r.IntN(len(slogans))]
	}
	horizon := c.between(0.35, 0.75)
	switch c.r.IntN(4) {
	case 0:
		c.street(horizon)
	case 1:
		c.park(horizon)
	case 2:
		c.wall()
	default:
		c.hall(horizon)
	}
	c.board(s.Slogan)
	for range c.r.IntN(4) {
		c.passer()
	}
	c.light()
	return c.img
}

// canvas is a picture in the making; places on it go from 0 to 1.
type canvas struct {
	img *image.RGBA
	r   *rand.Rand
}

func (c *canvas) between(low, high float64) float64 { return low + c.r.Float64()*(high-low) }

// tone is a colour, lighter or darker by up to spread, and a little of another hue.
func (c *canvas) tone(red, green, blue int, spread int) color.RGBA {
	shade, hue := c.r.IntN(2*spread+1)-spread, spread/4+1
	part := func(v int) uint8 { return uint8(min(max(v+shade+c.r.IntN(2*hue+1)-hue, 0), 255)) }
	return color.RGBA{part(red), part(green), part(blue), 255}
}

// rect fills a rectangle, from one colour at its top to another at its bottom.
func (c *canvas) rect(x0, y0, x1, y1 float64, top, bottom color.RGBA) {
	b := c.img.Bounds()
	left, right := int(x0*float64(b.Dx())), int(x1*float64(b.Dx()))
	first, last := int(y0*float64(b.Dy())), int(y1*float64(b.Dy()))
	left, right = max(left, 0), min(right, b.Dx())
	for y := max(first, 0); y < min(last, b.Dy()) && left < right; y++ {
		part := (y - first) * 256 / max(last-first, 1)
		mix := func(a, z uint8) uint8 { return uint8((int(a)*(256-part) + int(z)*part) >> 8) }
		row := c.img.Pix[c.img.PixOffset(left, y) : c.img.PixOffset(right-1, y)+4]
		row[0], row[1], row[2], row[3] = mix(top.R, bottom.R), mix(top.G, bottom.G), mix(top.B, bottom.B), 255
		for done := 4; done < len(row); done *= 2 {
			copy(row[done:], row[:done])
		}
	}
}

// disc fills an ellipse; its radii are parts of the width and the height.
func (c *canvas) disc(x, y, rx, ry float64, fill color.RGBA) {
	b := c.img.Bounds()
	top, bottom := int((y-ry)*float64(b.Dy())), int((y+ry)*float64(b.Dy()))
	for row := max(top, 0); row < min(bottom, b.Dy()); row++ {
		d := (float64(row)/float64(b.Dy()) - y) / ry
		half := rx * math.Sqrt(max(1-d*d, 0))
		c.rect(x-half, float64(row)/float64(b.Dy()), x+half, float64(row+1)/float64(b.Dy())+1e-9, fill, fill)
	}
}

func (c *canvas) sky(horizon float64) {
	c.rect(0, 0, 1, horizon, c.tone(110, 160, 215, 45), c.tone(205, 220, 230, 25))
	for range c.r.IntN(5) {
		c.disc(c.between(0, 1), c.between(0, horizon*0.7), c.between(0.05, 0.2), c.between(0.01, 0.05), c.tone(240, 242, 245, 10))
	}
}

// street has houses with windows and a road.
func (c *canvas) street(horizon float64) {
	c.sky(horizon)
	for x := c.between(-0.1, 0); x < 1; {
		width := c.between(0.08, 0.28)
		top := c.between(0.02, horizon*0.85)
		front := c.tone(175, 160, 145, 60)
		c.rect(x, top, x+width, horizon, front, front)
		columns, rows := 2+c.r.IntN(5), 2+c.r.IntN(7)
		glass := c.tone(80, 95, 115, 35)
		for i := range columns {
			for j := range rows {
				left, up := x+width*(float64(i)+0.25)/float64(columns), top+(horizon-top)*(float64(j)+0.25)/float64(rows)
				c.rect(left, up, left+width*0.5/float64(columns), up+(horizon-top)*0.5/float64(rows), glass, glass)
			}
		}
		x += width + c.between(0, 0.06)
	}
	c.rect(0, horizon, 1, horizon+0.06, c.tone(165, 160, 150, 20), c.tone(150, 145, 140, 20))
	c.rect(0, horizon+0.06, 1, 1, c.tone(105, 105, 110, 25), c.tone(75, 75, 80, 25))
	for x := c.between(0, 0.2); x < 1; x += 0.2 {
		c.rect(x, (horizon+1)/2, x+0.1, (horizon+1)/2+0.015, c.tone(225, 225, 220, 10), c.tone(225, 225, 220, 10))
	}
}

// park has water, grass and trees.
func (c *canvas) park(horizon float64) {
	c.sky(horizon)
	shore := c.between(horizon+0.08, 0.9)
	c.rect(0, horizon, 1, shore, c.tone(95, 145, 165, 40), c.tone(65, 110, 130, 30))
	c.rect(0, shore, 1, 1, c.tone(110, 150, 80, 30), c.tone(70, 110, 55, 30))
	for range 3 + c.r.IntN(9) {
		x, foot, tall := c.between(0, 1), c.between(horizon, shore+0.05), c.between(0.1, 0.35)
		c.rect(x-0.008, foot-tall/2, x+0.008, foot, c.tone(90, 70, 50, 20), c.tone(70, 55, 40, 15))
		for range 3 {
			c.disc(x+c.between(-0.05, 0.05), foot-tall*c.between(0.5, 1), c.between(0.03, 0.09), c.between(0.04, 0.11), c.tone(60, 110, 55, 35))
		}
	}
}

// wall has bricks or panels, and a pavement.
func (c *canvas) wall() {
	foot := c.between(0.7, 0.95)
	base := c.tone(185, 170, 155, 60)
	c.rect(0, 0, 1, foot, base, base)
	high, wide := c.between(0.04, 0.2), c.between(0.08, 0.4)
	for y, odd := 0.0, false; y < foot; y, odd = y+high, !odd {
		shift := 0.0
		if odd {
			shift = wide / 2
		}
		for x := -shift; x < 1; x += wide {
			one := color.RGBA{base.R - uint8(c.r.IntN(min(int(base.R), 45)+1)), base.G - uint8(c.r.IntN(min(int(base.G), 45)+1)), base.B - uint8(c.r.IntN(min(int(base.B), 45)+1)), 255}
			c.rect(x+0.003, y+0.004, x+wide-0.003, min(y+high-0.004, foot), one, one)
		}
	}
	c.rect(0, foot, 1, 1, c.tone(150, 150, 150, 40), c.tone(110, 110, 110, 40))
}

// hall has lamps, doors and a shining floor.
func (c *canvas) hall(horizon float64) {
	c.rect(0, 0, 1, horizon, c.tone(215, 210, 200, 30), c.tone(185, 180, 170, 40))
	c.rect(0, horizon, 1, 1, c.tone(160, 145, 130, 40), c.tone(120, 105, 95, 40))
	for range 1 + c.r.IntN(4) {
		x := c.between(0, 0.9)
		c.rect(x, c.between(0, 0.08), x+c.between(0.05, 0.2), c.between(0.09, 0.12), c.tone(250, 250, 240, 5), c.tone(250, 250, 240, 5))
	}
	for range 1 + c.r.IntN(4) {
		x, top := c.between(0, 0.9), c.between(0.15, horizon-0.1)
		leaf := c.tone(120, 85, 55, 50)
		c.rect(x, top, x+c.between(0.06, 0.18), horizon, leaf, c.tone(90, 65, 45, 30))
	}
	for range c.r.IntN(5) {
		x, y := c.between(0, 1), c.between(horizon, 0.95)
		c.rect(x, y, x+c.between(0.05, 0.2), y+c.between(0.03, 0.12), c.tone(90, 90, 110, 60), c.tone(70, 70, 90, 40))
	}
}

// passer is somebody who walks by.
func (c *canvas) passer() {
	x, foot, tall := c.between(0, 1), c.between(0.7, 1.05), c.between(0.12, 0.3)
	coat := c.tone(120, 90, 100, 90)
	c.rect(x-tall*0.12, foot-tall*0.8, x+tall*0.12, foot, coat, c.tone(50, 50, 70, 40))
	c.disc(x, foot-tall*0.87, tall*0.09, tall*0.12, c.tone(215, 175, 150, 20))
}

// board is what the picture was taken for.
func (c *canvas) board(slogan string) {
	wide, high := c.between(0.35, 0.7), c.between(0.14, 0.4)
	x, y := c.between(0.04, 0.96-wide), c.between(0.06, 0.8-high)
	frame, field := c.tone(110, 115, 120, 40), []color.RGBA{{190, 30, 30, 255}, {20, 95, 150, 255}, {25, 120, 70, 255}, {240, 240, 235, 255}, {15, 60, 110, 255}}[c.r.IntN(5)]
	for _, leg := range []float64{x + wide*0.15, x + wide*0.85} {
		c.rect(leg-0.008, y+high, leg+0.008, min(y+high+c.between(0.1, 0.4), 1), frame, frame)
	}
	c.rect(x-0.008, y-0.01, x+wide+0.008, y+high+0.01, frame, frame)
	lower := field
	lower.R, lower.G, lower.B = field.R-field.R/5, field.G-field.G/5, field.B-field.B/5
	c.rect(x, y, x+wide, y+high, field, lower)
	ink := color.RGBA{255, 240, 190, 255}
	if field.R > 200 && field.G > 200 {
		ink = color.RGBA{170, 25, 25, 255}
	}
	b := c.img.Bounds()
	c.words(slogan, x+wide*0.06, y+high*c.between(0.4, 0.6), wide*0.88, min(high*0.5*float64(b.Dy()), wide*0.88*float64(b.Dx())/float64(len([]rune(slogan)))), ink)
	for i := range c.r.IntN(4) { // smaller print
		line := y + high*(0.68+0.08*float64(i))
		if line+0.02 < y+high {
			c.rect(x+wide*0.08, line, x+wide*c.between(0.5, 0.9), line+0.012, ink, ink)
		}
	}
}

// words writes a slogan of letters so many pixels high.
func (c *canvas) words(line string, x, y, wide, size float64, ink color.RGBA) {
	b := c.img.Bounds()
	if size < 6 {
		return // would be dirt, not words
	}
	pen, err := lettering.NewPen(size)
	if err != nil {
		return
	}
	width := int(wide * float64(b.Dx()))
	line = pen.Fit(line, width)
	box := image.Rect(0, 0, width+1, int(size*1.4)+1)
	mask := image.NewAlpha(box)
	pen.Write(mask, (width-pen.Width(line))/2, int(size), line)
	left, top := int(x*float64(b.Dx())), int(y*float64(b.Dy())-size)
	for row := range box.Dy() {
		for column := range box.Dx() {
			at := image.Pt(left+column, top+row)
			if a := int(mask.Pix[row*mask.Stride+column]); a > 0 && at.In(b) {
				p := c.img.Pix[c.img.PixOffset(at.X, at.Y):]
				p[0] = uint8((int(p[0])*(255-a) + int(ink.R)*a) / 255)
				p[1] = uint8((int(p[1])*(255-a) + int(ink.G)*a) / 255)
				p[2] = uint8((int(p[2])*(255-a) + int(ink.B)*a) / 255)
			}
		}
	}
}

// light makes one side darker than the other, and adds the grain of a sensor.
func (c *canvas) light() {
	b := c.img.Bounds()
	slant, lift := c.between(-70, 70), c.r.IntN(31)-15
	state := c.r.Uint32() | 1
	for y := range b.Dy() {
		row := c.img.Pix[y*c.img.Stride:][:4*b.Dx()]
		for x := 0; x < len(row); x += 4 {
			state = state*1664525 + 1013904223
			d := int(slant*(float64(x)/float64(len(row))-0.5)) + lift + int(state>>28) - 8
			row[x] = uint8(min(max(int(row[x])+d, 0), 255))
			row[x+1] = uint8(min(max(int(row[x+1])+d, 0), 255))
			row[x+2] = uint8(min(max(int(row[x+2])+d, 0), 255))
		}
	}
}
