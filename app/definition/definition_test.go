package definition

import (
	"strings"
	"testing"
	"time"

	"shuixuan/app/problem"
)

// TestOpenRefuses has files that can't be read at all. The million brackets would end the
// program if the parser saw them.
func TestOpenRefuses(t *testing.T) {
	cases := []struct {
		name, body string
		row        int
		why        string
	}{
		{"nothing", "", 0, "空的"},
		{"blanks", " \n", 0, "空的"},
		{"only a comment", "# 什么也没有\n", 0, "空的"},
		{"GB18030", "name: \xca\xd0\xcb\xae\xc0\xfb\xbe\xd6\n", 0, "不是UTF-8编码"},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00", 0, "不是文本文件"},
		{"a workbook", "PK\x03\x04\x00", 0, "不要发送 Word 或 Excel 文件"},
		{"over a megabyte", strings.Repeat("# 长\n", 300_000), 0, "超过1MB"},
		{"a bracket left open", "id: [a, b\nname: c\n", 2, "写法有误"},
		{"a key twice", "a: 1\nb: 2\na: 3\n", 3, "“a”写了两次"},
		{"a million brackets", strings.Repeat("[", 1_000_000), 1, "层次超过"},
		{"a million list marks", strings.Repeat("- ", 500_000) + "a", 1, "层次超过"},
		{"a million braces", strings.Repeat("{a: ", 250_000), 1, "层次超过"},
		{"mappings one in the other, line by line", nested(400), 258, "层次超过"}, // 256 blanks stand first in line 257, seen at its end
		{"an anchor", "a: 1\nb: &x [1, 2]\n", 2, "不支持"},
		{"an alias", "a: &x [1, 2]\nb: *x\n", 1, "不支持"},
		{"two documents", "a: 1\n---\nb: 2\n", 3, "分成了几份"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open("文件“plan.yaml”", []byte(c.body))
			p, ok := problem.As(err)
			if !ok || len(p.Faults) != 1 || p.Faults[0].Row != c.row || !strings.Contains(p.Faults[0].Why, c.why) {
				t.Errorf("want a problem at row %d with %q, got %v", c.row, c.why, err)
			}
			if ok && !strings.HasPrefix(p.Title, "文件“plan.yaml”") {
				t.Errorf("the title names no file: %s", p.Title)
			}
		})
	}
}

// nested gives a mapping in a mapping, n levels down.
func nested(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

type Head struct {
	Title string `yaml:"title"`
	Words struct {
		End string `yaml:"end"`
	} `yaml:"words"`
}

// fair has a date in each place where the nouns have one: by itself, in a list, in a part
// and in an inline part; and a word under the same key as a date.
type fair struct {
	Head  `yaml:",inline"`
	Count int       `yaml:"count"`
	End   time.Time `yaml:"end"`
	Days  []*struct {
		Start time.Time `yaml:"start"`
	} `yaml:"days"`
}

const soundFair = `title: 集市
words: {end: 至集市散}
count: 2
end: 2014-9-5
days:
  - {start: "2014-09-01"}
  - start:
`

func TestDecode(t *testing.T) {
	for what, body := range map[string]string{
		"as it is":                 soundFair,
		"with a byte order mark":   "\ufeff" + soundFair,
		"with marks of a document": "---\n" + soundFair + "---\n",
		"as JSON":                  `{"title": "集市", "words": {"end": "至集市散"}, "count": 2, "end": "2014-09-05", "days": [{"start": "2014-09-01"}, {"start": ""}]}`,
	} {
		f, err := Open("文件", []byte(body))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		var got fair
		if !f.Decode(f.Root(), "fair", &got) || f.Err() != nil {
			t.Fatalf("%s: %v", what, f.Err())
		}
		if got.Title != "集市" || got.Words.End != "至集市散" || got.Count != 2 || !got.End.Equal(time.Date(2014, 9, 5, 0, 0, 0, 0, time.UTC)) ||
			len(got.Days) != 2 || !got.Days[0].Start.Equal(time.Date(2014, 9, 1, 0, 0, 0, 0, time.UTC)) || !got.Days[1].Start.IsZero() {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

// TestDecodeFaults bends the sound file in one place; the field is that of the caller, and
// for a date that of the date.
func TestDecodeFaults(t *testing.T) {
	cases := []struct {
		name, old, new string
		row            int
		field, why     string
	}{
		{"a key that nobody knows", "count", "cuont", 3, "fair", "不认识的栏目“cuont”"},
		{"a key that nobody knows, inline", "title", "titel", 1, "fair", "不认识的栏目“titel”"},
		{"a key with a mark that turns the sentence", "count", "cu\u202eont", 3, "fair", "不认识的栏目“cu ont”"},
		{"a word for a number", "2\n", "两个\n", 3, "fair", "“两个”的类型不对"},
		{"a number too large", "2\n", "99999999999999999999\n", 3, "fair", "“99999999999999999999”超出了数字的范围"},
		{"30 days hath September", "2014-9-5", "2014-09-31", 4, "end", "“2014-09-31”不是有效日期"},
		{"a date with a time", "2014-9-5", "2014-09-05T08:00:00Z", 4, "end", "不是有效日期"},
		{"a date that is a list", "2014-9-5", "[2014-09-05]", 4, "end", "不是有效日期"},
		{"words for a date in a list", "start:\n", "start: 至集市散\n", 7, "start", "有没有这一天；没有定的请不写"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(soundFair, c.old) {
				t.Fatalf("%q is not in the file", c.old)
			}
			f, err := Open("文件", []byte(strings.Replace(soundFair, c.old, c.new, 1)))
			if err != nil {
				t.Fatal(err)
			}
			f.Undated = "没有定的请不写"
			if f.Decode(f.Root(), "fair", &fair{}) {
				t.Fatal("taken")
			}
			told := f.Faults()
			if len(told) == 0 || told[0].Row != c.row || told[0].Field != c.field || !strings.Contains(told[0].Why, c.why) {
				t.Errorf("want row %d %s with %q, got %+v", c.row, c.field, c.why, told)
			}
			if len(told) != 1 {
				t.Errorf("one fault was made, %d were told: %+v", len(told), told)
			}
		})
	}
}

func TestItemsAndKeys(t *testing.T) {
	f, err := Open("文件", []byte("a: [1, 2]\nb: 3\nc:\nd: 4\n"))
	if err != nil {
		t.Fatal(err)
	}
	root := f.Root()
	if n := len(f.Items(root.Child("a"), "a")); n != 2 {
		t.Errorf("a has 2 items, got %d", n)
	}
	if n := len(f.Items(root.Child("c"), "c")) + len(f.Items(root.Child("x"), "x")); n != 0 || len(f.Faults()) != 0 {
		t.Errorf("nothing written is an empty list, got %d items and %+v", n, f.Faults())
	}
	f.Items(root.Child("b"), "b")
	f.OnlyKeys(root, "a", "b", "c")
	if told := f.Faults(); len(told) != 2 || told[0].Row != 2 || told[1].Row != 4 || !strings.Contains(told[1].Why, "可用的有：a、b、c") {
		t.Errorf("b is no list and d is unknown, got %+v", told)
	}
	if root.LineOf("d") != 4 || root.LineOf("x") != root.Line() || root.Child("x").Written() || root.Child("x").Line() != 0 {
		t.Errorf("d stands in line 4 and x nowhere")
	}
}
