package openanswers

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	check := func(what, text, want string) {
		t.Helper()
		if got := Clean(text); got != want {
			t.Errorf("%s: Clean(%q) = %q, want %q", what, text, got, want)
		}
	}
	check("spaces", " \t 河水　　很\u00a0清 ", "河水 很 清")
	check("line breaks stay, one of them", "一\r\n\r\n\n 二\u2028三\n", "一\n二\n三")
	check("control characters", "河\x00水\x1b[31m\x7f", "河水[31m")
	check("marks of direction", "\u202e水\u2066河\u200f\ufeff", "水河")
	check("what can't be seen", "1\u200b3\u20608\u00ad0\u3164", "1380")
	check("variation selectors", "❤\ufe0f水", "❤水")
	check("pictures stay", "好👍🏻", "好👍🏻")
	check("punctuation repeated", "太臭了！！！！！！！！。。。。", "太臭了！！！。。。")
	check("pictures repeated", strings.Repeat("😡", 50), "😡😡😡")
	check("digits and words repeated are not touched", "13888888888 好好好好好", "13888888888 好好好好好")
	check("brackets of masks", "〔电话〕", "［电话］")
	check("broken UTF-8", "水\xff\xfe河\xe6\xb0", "水河")
	check("a tower of accents", "水"+strings.Repeat("\u0301", 500), "水\u0301\u0301")
	check("accents alone", "\u0301\u0301", "")
	check("markup stays what it is", "<script>alert(1)</script>", "<script>alert(1)</script>")
}

func TestDigit(t *testing.T) {
	for text, want := range map[string]string{
		"１２３": "123", "零一二三四五六七八九": "0123456789", "〇壹贰叁肆伍陆柒捌玖": "0123456789",
		"幺": "1", "①②": "12", "٣۴५": "345", "𝟗": "9", "十百": "十百", "Ａｂ": "ab",
	} {
		if got := strings.Map(digit, text); got != want {
			t.Errorf("digits of %q = %q, want %q", text, got, want)
		}
	}
}

func TestKinds(t *testing.T) {
	check := func(want Kind, texts ...string) {
		t.Helper()
		for _, text := range texts {
			if got := kindOf(Clean(text)); got != want {
				t.Errorf("kind of %q = %d, want %d", text, got, want)
			}
		}
	}
	check(Blank, "", "  ", "\u200b\u202e", "\n")
	check(Nothing, "无", "无。", "没有", "没意见", "暂无", "暂 无！！！", "没有意见", "无意见和建议", "没有任何意见或建议", "暂时没有", "我没有什么意见",
		"没啥", "ＮＯ", "n/a", "无，没有", "没有别的要求了", "目前没有更好的建议", "没意见没建议", "无😊", "没有什么要说的")
	check(Unsure, "不知道", "不清楚。", "说不清", "我也不太了解", "不知道说什么")
	check(Wordless, "。。。", "/", "—", "👍", "1", "100", "！？")
	check(Said, "没有垃圾桶", "无人管理", "没有人管", "没意见，希望继续治理", "不知道河长是谁", "很好", "无污染就好", "没水", "没有节水意识", "建议没有",
		"好", "満", strings.Repeat("没有", 200))
}

// FuzzMask: whatever comes, the masked text is text, and no run of eleven digits is in it.
func FuzzMask(f *testing.F) {
	l, err := NewLexicon("")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"我叫张建国，电话13800001234", "幺三八〇０00〇〇1234", "鲁J·A8888", "\xff〔〕\u202e", "五年级三班王某某"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m := l.Mask(text)
		if !utf8.ValidString(m.Text) || Clean(m.Text) == "" && m.Text != "" {
			t.Fatalf("%q became %q", text, m.Text)
		}
		if strings.Count(m.Text, "〔") != len(m.Marks) {
			t.Fatalf("%q has %d marks", m.Text, len(m.Marks))
		}
		digits := 0
		for _, r := range strings.Map(digit, m.Text) {
			if digits++; !isDigit(r) {
				digits = 0
			}
			if digits >= 11 {
				t.Fatalf("%q still holds a number: %q", text, m.Text)
			}
		}
		if utf8.RuneCountInString(m.folded()) != utf8.RuneCountInString(m.Text) {
			t.Fatalf("%q is not folded rune for rune: %q", m.Text, m.folded())
		}
	})
}
