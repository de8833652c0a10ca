// Package lettering draws words on pictures: the line of unit, place and time on the
// marked copy of a photo, and the slogans on the boards of made-up pictures.
//
// # Why
//
// A server in an office has no Chinese font that can be counted on, so the letters travel
// in the binary: Noto Sans CJK SC, cut to ASCII, the usual marks and the 6,763 characters
// of GB 2312 (1.5 MB; the whole font is 16 MB). It lies in two files of under a megabyte.
// Any other character is drawn as a box: the words themselves stand in the database, and
// the marked copy is for reading only.
package lettering

import (
	"embed"
	"fmt"
	"image"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// The two halves of the font: the 3,755 common characters with the marks, and the 3,008
// of the second level. OFL.txt is their licence, which must travel with them.
//
//go:embed common.otf rare.otf OFL.txt
var files embed.FS

// fonts are parsed once; they are safe for use by many, their faces are not.
var fonts = sync.OnceValue(func() []*sfnt.Font {
	var all []*sfnt.Font
	for _, name := range []string{"common.otf", "rare.otf"} {
		body, err := files.ReadFile(name)
		if err != nil {
			panic(err) // embedded
		}
		f, err := opentype.Parse(body)
		if err != nil {
			panic(fmt.Errorf("parse font %s: %w", name, err))
		}
		all = append(all, f)
	}
	return all
})

// Pen writes in one size. One goroutine at a time may hold it.
type Pen struct {
	size    float64
	faces   []font.Face
	buffers []*sfnt.Buffer
}

// NewPen gives a pen whose letters are so many pixels high.
func NewPen(size float64) (*Pen, error) {
	p := &Pen{size: size}
	for _, f := range fonts() {
		face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
		if err != nil {
			return nil, fmt.Errorf("font of %g pixels: %w", size, err)
		}
		p.faces, p.buffers = append(p.faces, face), append(p.buffers, &sfnt.Buffer{})
	}
	return p, nil
}

// face gives the face that has a character, and the character or the box in its place.
func (p *Pen) face(r rune) (font.Face, rune) {
	for i, f := range fonts() {
		if glyph, err := f.GlyphIndex(p.buffers[i], r); err == nil && glyph != 0 {
			return p.faces[i], r
		}
	}
	return p.faces[0], '□'
}

// Width is how many pixels a line is wide.
func (p *Pen) Width(line string) int {
	var width fixed.Int26_6
	for _, r := range line {
		face, r := p.face(r)
		advance, _ := face.GlyphAdvance(r)
		width += advance
	}
	return width.Ceil()
}

// Write draws a line into a mask, with its base line at y.
func (p *Pen) Write(mask *image.Alpha, x, y int, line string) {
	dot := fixed.P(x, y)
	for _, r := range line {
		face, r := p.face(r)
		d := font.Drawer{Dst: mask, Src: image.Opaque, Face: face, Dot: dot}
		d.DrawString(string(r))
		dot = d.Dot
	}
}

// Fit cuts a line to a width; what is cut shows as an ellipsis.
func (p *Pen) Fit(line string, width int) string {
	if p.Width(line) <= width {
		return line
	}
	letters := []rune(line)
	for len(letters) > 0 && p.Width(string(letters)+"…") > width {
		letters = letters[:len(letters)-1]
	}
	return string(letters) + "…"
}
