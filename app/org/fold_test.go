package org

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Every character is folded as the two libraries fold a whole text.
func TestFoldAgreesWithTheLibraries(t *testing.T) {
	slow := func(name string) string {
		name = strings.ToLower(width.Fold.String(name))
		return strings.Join(strings.Fields(name), "")
	}
	for r := rune(0); r <= utf8.MaxRune; r++ {
		name := "市" + string(r) + "局"
		if got, want := Fold(name), slow(name); got != want {
			t.Fatalf("U+%04X: %q, want %q", r, got, want)
		}
	}
	for _, name := range []string{"", " ", "市住建局", "ＬＥＤ　显示屏", "市 \t住建\n局", "ABC局", "局\xffA", "\xe5", "ｶﾞ局"} {
		if got, want := Fold(name), slow(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// A name that needs no folding costs no memory.
func TestFoldOfAFoldedNameAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { Fold("龙山路12号两侧路灯杆第3根led屏") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
