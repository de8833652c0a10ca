package seal

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"": "_", ".": "_", "..": "_", " . ": "_", "a": "a", "市住建局": "市住建局", "报告.docx": "报告.docx", "a. ": "a", " a": "a", ".htaccess": "htaccess",
		"../../etc/passwd": "／..／etc／passwd", `C:\x`: "C：＼x", `<"|?*>`: "＜＂｜？＊＞", "a\x00b\nc\u202e\u200bd\u2028": "ab cd", "全角　空格": "全角 空格", "\xff\xfe": "_",
		"CON": "_CON", "nul.txt": "_nul.txt", "com1 .x.y": "_com1 .x.y", "console": "console", "ﬁ😀👨‍👩‍👧.jpg": "ﬁ😀👨👩👧.jpg", "e\u0301": "é", "]]>": "]]＞",
		strings.Repeat("长", 60): strings.Repeat("长", 60), strings.Repeat("长", 61): strings.Repeat("长", 60), strings.Repeat("长", 90) + ".xlsx": strings.Repeat("长", 55) + ".xlsx",
		strings.Repeat("😀", 60): strings.Repeat("😀", 30), "a." + strings.Repeat("b", 70): "a." + strings.Repeat("b", 58), "说明.第二版": "说明.第二版",
	} {
		if got := Clean(text); got != want {
			t.Errorf("Clean(%q) = %q, want %q", text, got, want)
		}
	}
}

// TestEveryTextBecomesAName: whatever a unit is called, its folder can be created.
func TestEveryTextBecomesAName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := newNames()
		for range 4 {
			var parts []string
			for range rapid.IntRange(1, 3).Draw(t, "depth") {
				text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-cCON. ]{0,8}(\.txt)?`), rapid.StringN(50, 80, -1)).Draw(t, "part")
				parts = append(parts, text)
			}
			name := n.unused(parts...)
			if err := check(name); err != nil || n.free(name) != nil || !utf8.ValidString(name) {
				t.Fatalf("%q gives %q: %v, %v", parts, name, err, n.free(name))
			}
			n.add(name)
		}
	})
}

func TestNamesThatAreTaken(t *testing.T) {
	z := NewWriter(io.Discard, Statement{CutOff: time.Unix(1, 0)}, nil)
	n := z.names
	for _, want := range []string{"照片/a.jpg", "照片/a~2.jpg", "照片/a~3.jpg"} {
		got := n.unused("照片", "a.jpg")
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
		n.add(got)
	}
	if got := n.unused("照片", "A.JPG"); got != "照片/A~4.JPG" {
		t.Errorf("in capitals: %q", got)
	}
	if got := n.unused("照片"); got != "照片~2" {
		t.Errorf("a file named like a folder: %q", got)
	}
	if got := n.unused("Manifest.json"); got != "Manifest~2.json" {
		t.Errorf("like the manifest: %q", got)
	}
	long := strings.Repeat("长", 60)
	n.add(long)
	if got := n.unused(long); got != strings.Repeat("长", 58)+"~2" {
		t.Errorf("a long one: %q", got)
	}
	n.add("单位/x")
	if got := n.unused("单位", "x", "y"); check(got) != nil || n.free(got) != nil {
		t.Errorf("below a file: %q", got)
	}
}

// far is an archive of which only the end is there.
type far struct {
	end  []byte
	from int64
}

func (f far) ReadAt(b []byte, at int64) (int, error) {
	for i := range b {
		b[i] = 0
		if j := at + int64(i) - f.from; j >= 0 && j < int64(len(f.end)) {
			b[i] = f.end[j]
		}
	}
	return len(b), nil
}

// TestWideOffsets: a package may be longer than four gigabytes. Its directory is read by
// the library and by us.
func TestWideOffsets(t *testing.T) {
	at := stampOf(time.Date(2014, 10, 8, 9, 30, 0, 0, time.UTC))
	for _, start := range []int64{wide - 1, wide, 6 << 30} {
		m := member{name: ManifestName, method: methodStored, packed: 5, size: 5, offset: start - 64}
		line := m.record(at)
		end := append(bytes.Clone(line), ending(1, int64(len(line)), start)...)
		f := far{end, start}
		size := start + int64(len(end))
		z, err := zip.NewReader(f, size)
		if err != nil || len(z.File) != 1 || z.File[0].UncompressedSize64 != 5 {
			t.Fatalf("a directory at %d: %v", start, err)
		}
		d, err := findDirectory(f, size)
		if err != nil || len(d.entries) != 1 || d.entries[0].offset != m.offset || d.before != 0 || d.start != start || d.ends != size {
			t.Errorf("at %d: %+v, %v", start, d, err)
		}
	}
}

func TestStamps(t *testing.T) {
	for _, year := range []int{1, 1979, 1980, 2014, 2107, 9999} {
		at := stampOf(time.Date(year, 7, 1, 12, 0, 0, 0, time.UTC))
		if got, want := int(at.date>>9)+1980, min(max(year, 1980), 2107); got != want {
			t.Errorf("%d is written as %d", year, got)
		}
	}
}
