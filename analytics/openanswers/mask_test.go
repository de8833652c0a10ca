package openanswers

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what was measured into docs/open-answers.md")

var masks = []Mask{Name, Phone, Identity, Email, Account, Plate, Door, Class, Number}

var label = regexp.MustCompile(`⟦([^|⟧]+)\|([^⟧]+)⟧`)

// labelled reads answers with what a person would mask.
func labelled(t *testing.T, file string) (texts []string, spans [][]span) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		var text []rune
		var here []span
		at := 0
		for _, m := range label.FindAllStringSubmatchIndex(line, -1) {
			text = append(text, []rune(line[at:m[0]])...)
			start := len(text)
			text = append(text, []rune(line[m[4]:m[5]])...)
			here = append(here, span{start, len(text), Mask(line[m[2]:m[3]])})
			at = m[1]
		}
		text = append(text, []rune(line[at:])...)
		texts, spans = append(texts, string(text)), append(spans, here)
	}
	return texts, spans
}

// tally counts masks: right ones, false alarms, and those missed or with a character showing.
type tally struct{ right, falseAlarm, missed int }

func (y tally) precision() float64 { return float64(y.right) / float64(max(1, y.right+y.falseAlarm)) }
func (y tally) recall() float64    { return float64(y.right) / float64(max(1, y.right+y.missed)) }

// measure holds the masks against the labels. A label is met if a mask of its kind covers
// all of it; a mask is a false alarm if it touches no label.
func measure(t *testing.T, l *Lexicon, file string) (all tally, kinds map[Mask]*tally) {
	t.Helper()
	kinds = map[Mask]*tally{}
	of := func(m Mask) *tally {
		if kinds[m] == nil {
			kinds[m] = &tally{}
		}
		return kinds[m]
	}
	texts, spans := labelled(t, file)
	for i, text := range texts {
		if Clean(text) != text {
			t.Fatalf("%s: %q is not clean", file, text)
		}
		found := l.read(text).spans
		for _, want := range spans[i] {
			if slices.ContainsFunc(found, func(f span) bool { return f.mask == want.mask && f.start <= want.start && f.end >= want.end }) {
				of(want.mask).right++
			} else {
				of(want.mask).missed++
				t.Logf("missed %s %q in %q: %s", want.mask, string([]rune(text)[want.start:want.end]), text, l.Mask(text).Text)
			}
		}
		for _, f := range found {
			if !slices.ContainsFunc(spans[i], func(s span) bool { return f.start < s.end && s.start < f.end }) {
				of(f.mask).falseAlarm++
				t.Logf("false alarm %s %q in %q", f.mask, string([]rune(text)[f.start:f.end]), text)
			}
		}
	}
	for _, y := range kinds {
		all.right, all.falseAlarm, all.missed = all.right+y.right, all.falseAlarm+y.falseAlarm, all.missed+y.missed
	}
	return all, kinds
}

// What a new set of answers will show is told by the sets as they were first tried, before
// the masks were mended by them: precision 0.94 and recall 0.79 (names 10 of 18), then 0.94
// and 0.72 (names 9 of 18; harder on purpose), then 1.00 and 0.80 (names 8 of 12), which
// is masked_heldout.txt and stays unmended. Numbers were found nearly all, names two of
// three. The levels keep what was reached.
func TestMasksAgainstLabels(t *testing.T) {
	l := lexicon(t)
	check := func(file string, precision, recall float64) (all tally, kinds map[Mask]*tally) {
		t.Helper()
		all, kinds = measure(t, l, file)
		for _, m := range masks {
			if y := kinds[m]; y != nil {
				t.Log(file, m, fmt.Sprintf("%d of %d found, %d false alarms", y.right, y.right+y.missed, y.falseAlarm))
			}
		}
		t.Logf("%s: precision %.3f, recall %.3f", file, all.precision(), all.recall())
		if all.precision() < precision || all.recall() < recall {
			t.Errorf("%s: precision %.3f, recall %.3f; want %.2f and %.2f", file, all.precision(), all.recall(), precision, recall)
		}
		return all, kinds
	}
	check("masked_tuning.txt", 0.98, 0.97)
	all, kinds := check("masked_heldout.txt", 0.95, 0.80)
	documented(t, all, kinds)
}

func TestMask(t *testing.T) {
	l := lexicon(t)
	check := func(text, want string) {
		t.Helper()
		if got := l.Mask(text).Text; got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	check("找张建国局长，电话138 0000 1234！", "找〔姓名〕局长，电话〔电话〕！")
	check("感谢欧阳德胜书记", "感谢〔姓名〕书记")
	check("我叫欧阳德胜，姓名：阿迪力", "我叫〔姓名〕，姓名：〔姓名〕")
	check("联系人：无", "联系人：无")
	// Characters that can't be seen don't hide a number, nor does another writing.
	check("1\u200b3\u202e8００００１２３④", "〔电话〕")
	check("٠٥٣٨-٣٢٠٠٠٠١", "〔电话〕")
	// Masks that somebody wrote are not ours.
	check("〔电话〕13800001234", "［电话］〔电话〕")
	// A wrong check digit with a date of birth is a number mistyped; without one it is long.
	check("379999198808081115", "〔身份证号〕")
	check("379999198899991120", "〔身份证号〕") // of no date, but the check digit is right
	check("379999198899991115", "〔长号码〕")
	check("999999998899991115", "〔长号码〕")
	// A number in a number is not a telephone.
	check("2138000012345", "〔长号码〕")
	check("<a href=tel:13800001234>", "<a href=tel:〔电话〕>")
}

func lexicon(t testing.TB) *Lexicon {
	t.Helper()
	l, err := NewLexicon("")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// documented writes the figures of the held-out answers into docs/open-answers.md, or checks
// that they are there.
func documented(t *testing.T, all tally, kinds map[Mask]*tally) {
	t.Helper()
	var b strings.Builder
	b.WriteString("| 种类 | 应遮盖 | 已遮盖 | 误遮 |\n| --- | --- | --- | --- |\n")
	for _, m := range masks {
		if y := kinds[m]; y != nil {
			fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", m, y.right+y.missed, y.right, y.falseAlarm)
		}
	}
	fmt.Fprintf(&b, "\n精确率%.2f，召回率%.2f。\n", all.precision(), all.recall())
	const file, from, to = "../../docs/open-answers.md", "<!-- masks -->\n", "<!-- /masks -->"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(data), from)
	_, after, _ := strings.Cut(rest, to)
	want := before + from + b.String() + to + after
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(data) != want {
		t.Errorf("%s doesn't hold what was measured; run with -update:\n%s", file, b.String())
	}
}
