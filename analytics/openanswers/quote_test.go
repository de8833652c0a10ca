package openanswers

import (
	"strings"
	"testing"
)

// marked writes hits in brackets.
func marked(q Quote) string {
	var b strings.Builder
	for _, p := range q.Parts {
		if p.Hit {
			b.WriteString("[" + p.Text + "]")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestSearch(t *testing.T) {
	c := read(t, []string{"a", "b"},
		"河道里垃圾太多，建议多放垃圾桶，河道两边也要装护栏，还要有人天天看着才行",
		"垃圾！垃圾！",
		"ＣＯＤ超标，找张国强局长13800001234",
		"<b>垃圾</b>&amp;河道",
		"水价太贵", "无")
	check := func(query string, group int, want ...string) {
		t.Helper()
		found := c.Search(Query{Text: query, Group: group})
		if found.Total != len(want) || len(found.Quotes) != len(want) {
			t.Errorf("%q: %d found, want %d", query, found.Total, len(want))
			return
		}
		for i, q := range found.Quotes {
			if marked(q) != want[i] {
				t.Errorf("%q: %s, want %s", query, marked(q), want[i])
			}
			if strings.ReplaceAll(strings.ReplaceAll(marked(q), "[", ""), "]", "") != q.Text {
				t.Errorf("%q: the parts don't make up %q", query, q.Text)
			}
		}
	}
	// The short answer that says it twice comes first, the long one that says much else last.
	check("垃圾", -1, "[垃圾]！[垃圾]！", "<b>[垃圾]</b>&amp;河道", "河道里[垃圾]太多，建议多放[垃圾]桶，河道两边也要装护栏，还要有人天天看着才行")
	check("垃圾", 1, "[垃圾]！[垃圾]！", "<b>[垃圾]</b>&amp;河道")
	check("垃圾　河道", 0, "[河道]里[垃圾]太多，建议多放[垃圾]桶，[河道]两边也要装护栏，还要有人天天看着才行")
	check("垃圾桶 圾桶", -1, "河道里垃圾太多，建议多放[垃圾桶]，河道两边也要装护栏，还要有人天天看着才行")
	check("cod", -1, "[ＣＯＤ]超标，找〔姓名〕局长〔电话〕")
	check("ｃｏｄ超", -1, "[ＣＯＤ超]标，找〔姓名〕局长〔电话〕")
	check("<B>", -1, "[<b>]垃圾</b>&amp;河道")
	// What is masked can't be found, nor the mask for its word.
	for _, query := range []string{"13800001234", "1380", "张国强", "电话", "姓名", "〔", "\x00"} {
		if found := c.Search(Query{Text: query, Group: -1}); found.Total > 0 && query != "\x00" {
			t.Errorf("%q finds %q", query, found.Quotes[0].Text)
		}
	}
	check("没有这样的", -1)
}

func TestSearchPages(t *testing.T) {
	c := read(t, []string{"a"}, "水一", "水二", "水三", "水四", "水五")
	check := func(page, size, total int, want ...string) {
		t.Helper()
		found := c.Search(Query{Text: "水", Group: -1, Page: page, Size: size})
		if found.Total != total || len(found.Quotes) != len(want) {
			t.Fatalf("page %d of %d: %d of %d, want %d of %d", page, size, len(found.Quotes), found.Total, len(want), total)
		}
		for i, q := range found.Quotes {
			if q.Text != want[i] {
				t.Errorf("page %d: %q, want %q", page, q.Text, want[i])
			}
		}
	}
	check(1, 2, 5, "水一", "水二")
	check(3, 2, 5, "水五")
	check(4, 2, 5)
	check(0, 2, 5, "水一", "水二")
	check(-7, 0, 5, "水一", "水二", "水三", "水四", "水五")
	check(1<<62, 200, 5)
	// Without a term: all, in the order of the answers.
	if found := c.Search(Query{Text: " \u202e ", Group: -1}); found.Total != 5 || found.Quotes[0].ID != "s1" {
		t.Errorf("no term: %+v", found)
	}
	if found := c.Search(Query{Text: strings.Repeat("甲乙 ", 5000), Group: -1}); len(found.Terms) > maxTerms {
		t.Errorf("%d terms", len(found.Terms))
	}
}
