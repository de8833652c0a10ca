package document

import (
	"bytes"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestChineseNumerals(t *testing.T) {
	check := func(n int, want string) {
		t.Helper()
		if got := chinese(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	check(1, "一")
	check(10, "十")
	check(11, "十一")
	check(20, "二十")
	check(99, "九十九")
	check(100, "一百")
	check(105, "一百零五")
	check(110, "一百一十")
	check(1001, "一千零一")
	check(0, "0")
	check(10000, "10000")
}

// TestNumbers: a level begins again under a new heading above it, and in an annex; one
// annex has no number.
func TestNumbers(t *testing.T) {
	got := numbers([]Block{Heading{Level: 1}, Heading{Level: 2}, Heading{Level: 4}, Heading{Level: 2}, Heading{Level: 3}, Heading{Level: 3}, Heading{Level: 1}, Heading{Level: 3}, Heading{Level: 9}, Paragraph{},
		Annex{}, Heading{Level: 0}})
	want := []string{"一、", "（一）", "（1）", "（二）", "1.", "2.", "二、", "1.", "（1）", "", "附件", "一、"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := numbers([]Block{Annex{}, Annex{}}); !slices.Equal(got, []string{"附件1", "附件2"}) {
		t.Errorf("annexes %q", got)
	}
}

func TestClean(t *testing.T) {
	check := func(in, want string) {
		t.Helper()
		if got := clean(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	check("a\x00b\x1fc\x7f", "a\ufffdb\ufffdc\ufffd")
	check("\xff\ufffe\uffff", "\ufffd\ufffd\ufffd")
	check("一\r\n二\r三\t四", "一\n二\n三\t四")
	check("\u202e反\u2066", "\ufffd反\ufffd")
	check("😀]]><script>&", "😀]]><script>&")
}

// TestAddress: only anchors, paths beside the document and pages are linked.
func TestAddress(t *testing.T) {
	check := func(link, target, anchor string) {
		t.Helper()
		if gotTarget, gotAnchor := address(link); gotTarget != target || gotAnchor != anchor {
			t.Errorf("%q: %q and %q, want %q and %q", link, gotTarget, gotAnchor, target, anchor)
		}
	}
	check("#图表3", "", "图表3")
	check("exhibits/证 2.jpg", "exhibits/%E8%AF%81%202.jpg", "")
	check("a?b=%zz %20", "a?b=%25zz%20%20", "")
	check("https://example.org/?a=1&b=<2>", "https://example.org/?a=1&b=%3C2%3E", "")
	for _, bad := range []string{"", "javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "file:///etc/passwd", "//host/x", `\\host\x`, "java\tscript:x", "http://", "%zz", "http://[::1"} {
		check(bad, "", "")
	}
}

// TestWhatCannotBeSet: both writers refuse the same documents, name all that is wrong, and
// write nothing.
func TestWhatCannotBeSet(t *testing.T) {
	one := []Series{{"甲", points(1)}}
	d := Document{Blocks: []Block{
		Table{}, Table{Columns: []Column{{}}, Rows: [][]Cell{{nil, nil}}}, Chart{Categories: []string{"a"}}, Chart{Series: one},
		Chart{Categories: []string{"a", "b"}, Series: one}, Picture{Bytes: []byte("GIF89a")}, nil,
		Chart{Kind: Line, Times: []time.Time{date(9, 1), date(9, 1)}, Series: one}}}
	want := []string{"block 1: table without columns", "block 2: table row 1 has 2 cells for 1 columns", "block 3: chart without series", "block 4: chart without categories",
		"block 5: chart series 1 has 1 points for 2 categories", "block 6: picture is neither PNG nor JPEG", "block 7: is nothing", "block 8: chart time 2 is not after"}
	for name, write := range map[string]func(io.Writer, Document) error{"docx": WriteDocx, "page": WriteHTML} {
		var b bytes.Buffer
		err := write(&b, d)
		if err == nil || b.Len() > 0 {
			t.Errorf("%s: %v, %d bytes", name, err, b.Len())
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v, want %s", name, err, w)
			}
		}
	}
}

// TestPage: nothing in the page runs, has a style of its own or is fetched.
func TestPage(t *testing.T) {
	var b bytes.Buffer
	if err := WriteHTML(&b, example(t)); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, no := range []string{"<script", " style=", " onload=", " onerror=", "url(http", "ZgotmplZ", "javascript", "\x00"} {
		if i := strings.Index(page, no); i >= 0 {
			t.Errorf("the page has %q: …%s", no, page[i:min(i+80, len(page))])
		}
	}
	for _, want := range []string{"&lt;script&gt;alert(1)&lt;/script&gt;]]&gt;&amp;amp;", `href="#place`, `href="exhibits/2/015.jpg"`, `<thead>`, `class="turned"`, `<h2 id="place1">一、`, `class="edited"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if charts, wanted := strings.Count(page, "<svg"), 6; charts != wanted {
		t.Errorf("%d charts, want %d", charts, wanted)
	}
}

// TestWholeRows: a row higher than half a page may be divided.
func TestWholeRows(t *testing.T) {
	table := exampleTable("表", 1)
	if !table.whole(table.Rows[0]) || !table.whole([]Cell{Text(hostile)}) {
		t.Error("a usual row is divided")
	}
	for _, long := range []string{strings.Repeat("字", 2000), strings.Repeat("\n", 60)} {
		if table.whole([]Cell{Text(long)}) {
			t.Error("a row longer than a page is not divided")
		}
	}
}

// TestWidths: columns fill the table whatever shares they ask for.
func TestWidths(t *testing.T) {
	for _, shares := range [][]float64{{1, 1, 1}, {0, 0}, {-3, 2}, {math.Inf(1), 1}, {0.001, 1000}} {
		var table Table
		for _, s := range shares {
			table.Columns = append(table.Columns, Column{Share: s})
		}
		sum := 0
		for _, w := range table.widths(8845) {
			sum += w
			if w < 0 {
				t.Errorf("%v: width %d", shares, w)
			}
		}
		if sum != 8845 {
			t.Errorf("%v: widths sum to %d", shares, sum)
		}
	}
}

// TestScale: the axis ends at a round number that holds every value, interval and target.
func TestScale(t *testing.T) {
	check := func(c Chart, bottom, top float64) {
		t.Helper()
		if b, got := c.scale(); b != bottom || math.Abs(got-top) > 1e-9 {
			t.Errorf("from %g to %g, want %g to %g", b, got, bottom, top)
		}
	}
	check(Chart{Series: []Series{{"", points(3, 91)}}}, 0, 100)
	check(Chart{Series: []Series{{"", points(3, 91)}}, Top: 100}, 0, 100)
	check(Chart{Series: []Series{{"", points(101)}}, Top: 100}, 0, 150) // more than the top asked for
	check(Chart{Series: []Series{{"", between([3]float64{90, 80, 104})}}}, 0, 150)
	check(Chart{Series: []Series{{"", points(2)}}, Target: &Target{"", 9}}, 0, 10)
	check(Chart{Series: []Series{{"", points(-4, 6)}}}, -4, 6)
	check(Chart{Series: []Series{{"", points(0)}}}, 0, 1)
	check(Chart{Series: []Series{{"", []Point{{Value: math.NaN()}, {Missing: true}}}}}, 0, 1)
}

// TestParts: a chart with more names than a page holds goes on, each name once, on one scale.
func TestParts(t *testing.T) {
	c := wideChart()
	var names []string
	for i, part := range c.parts() {
		names = append(names, part.Categories...)
		if part.high() > textHeight || !part.lying() || part.Top != 100 || len(part.Series[0].Points) != len(part.Categories) {
			t.Errorf("part %d: %g mm, lying %t, up to %g, %d points for %d names", i+1, part.high(), part.lying(), part.Top, len(part.Series[0].Points), len(part.Categories))
		}
	}
	if !slices.Equal(names, c.Categories) {
		t.Errorf("%q, want %q", names, c.Categories)
	}
}

// TestSigned: the name is centred over the date, which leaves four characters free; a long
// name begins at the edge.
func TestSigned(t *testing.T) {
	check := func(name string, want float64) {
		t.Helper()
		if got, date := signed(name, "2014年11月3日"); got != want || date != 4 {
			t.Errorf("%s: %g and %g free, want %g and 4", name, got, date, want)
		}
	}
	check("肥城市水利局", 4.25) // 6 characters over 6.5
	check("肥城市水生态文明城市创建工作领导小组办公室", 0)
}
