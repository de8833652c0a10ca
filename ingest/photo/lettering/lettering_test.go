package lettering

import (
	"image"
	"testing"
)

// ink counts the pixels that a text darkens.
func ink(t *testing.T, text string) int {
	t.Helper()
	p, err := NewPen(24)
	if err != nil {
		t.Fatal(err)
	}
	mask := image.NewAlpha(image.Rect(0, 0, 400, 40))
	p.Write(mask, 4, 28, text)
	n := 0
	for _, a := range mask.Pix {
		if a > 127 {
			n++
		}
	}
	return n
}

func TestEveryCharacterLeavesInk(t *testing.T) {
	box := ink(t, "□")
	check := func(text string, known bool) {
		t.Helper()
		got := ink(t, text)
		if got == 0 || known == (got == box) {
			t.Errorf("%q: %d pixels, the box has %d; known = %t", text, got, box, known)
		}
	}
	check("水", true)
	check("邾", true) // second level
	check("A", true)
	check("，", true)
	check("𠀀", false)
	check("鿯", false)
}

func TestALineIsCutToItsWidth(t *testing.T) {
	p, err := NewPen(24)
	if err != nil {
		t.Fatal(err)
	}
	const line = "康王河公园南门东侧护栏"
	if got := p.Fit(line, 1000); got != line {
		t.Errorf("a line that fits became %q", got)
	}
	got := p.Fit(line, 120)
	if p.Width(got) > 120 || []rune(got)[len([]rune(got))-1] != '…' {
		t.Errorf("cut to 120 pixels: %q is %d wide", got, p.Width(got))
	}
	if p.Fit(line, 0) != "…" {
		t.Error("no room at all must leave the ellipsis")
	}
}
