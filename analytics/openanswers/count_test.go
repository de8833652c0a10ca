package openanswers

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func row(t *testing.T, table Table, text string) Row {
	t.Helper()
	for _, r := range table.Rows {
		if r.Text == text {
			return r
		}
	}
	t.Fatalf("no row %q among %d", text, len(table.Rows))
	return Row{}
}

func TestWordsCountPersons(t *testing.T) {
	c := read(t, []string{"a", "b"},
		"河道有垃圾，垃圾，还是垃圾！", "我觉得河道的垃圾太多了", "ＣＯＤ超标；联系垃圾站冉光荣书记", "没有")
	words := c.Words()
	// Written four times by two persons; the third says 垃圾站, which is another word.
	if r := row(t, words, "垃圾"); r.Persons != 2 || r.Cells[0].Persons != 1 || r.Cells[1].Persons != 1 {
		t.Errorf("垃圾: %+v", r)
	}
	if words.Base != 3 || words.Columns[0].Base != 2 || words.Columns[1].Base != 1 {
		t.Errorf("bases %d, %+v: 没有 is no suggestion", words.Base, words.Columns)
	}
	row(t, words, "cod")
	for _, r := range words.Rows {
		if strings.ContainsAny(r.Text, "我的了觉") || r.Text == "光荣" {
			t.Errorf("%q is a stop word or masked", r.Text)
		}
	}
	if e := words.Share(slices.IndexFunc(words.Rows, func(r Row) bool { return r.Text == "垃圾" }), 0, 0.95, 0); e.Numerator != 1 || e.Base != 2 {
		t.Errorf("share in a: %+v", e)
	}
}

func TestPairs(t *testing.T) {
	c := read(t, []string{"a"}, "河水很臭，垃圾多", "没有异味", "治理的河道和河道治理", "电话13800001234河道")
	pairs := c.Pairs()
	row(t, pairs, "河水 臭") // across a stop word
	row(t, pairs, "没有 异味")
	row(t, pairs, "治理 河道")
	row(t, pairs, "河道 治理")
	for _, r := range pairs.Rows {
		if r.Text == "臭 垃圾" || r.Text == "电话 河道" {
			t.Errorf("%q reaches across a comma or a mask", r.Text)
		}
	}
}

func TestUnknownOffersWordsForTheList(t *testing.T) {
	texts := []string{"鳌山闸漏水", "鳌山闸生锈", "鳌山闸太旧", "水质差"}
	unknown := read(t, []string{"a"}, texts...).Unknown(3)
	if len(unknown.Rows) != 1 || unknown.Rows[0].Text != "鳌山闸" || unknown.Rows[0].Persons != 3 {
		t.Fatalf("unknown: %+v", unknown.Rows)
	}
	l, err := NewLexicon("# 本市\n鳌山闸\n800 古泉、东湖\n-水质")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Read(l, nil, []Answer{{ID: "1", Text: texts[0]}, {ID: "2", Text: texts[3]}})
	if err != nil {
		t.Fatal(err)
	}
	row(t, c.Words(), "鳌山闸")
	if len(c.Unknown(1).Rows) != 0 {
		t.Errorf("still unknown: %+v", c.Unknown(1).Rows)
	}
	if slices.ContainsFunc(c.Words().Rows, func(r Row) bool { return r.Text == "水质" }) {
		t.Error("水质 was to be left out")
	}
}

func TestOwnListNamesTheFaultyLine(t *testing.T) {
	for own, want := range map[string]string{
		"水质\n<b>x</b>":          "第2行",
		"好\n\n0 水质":             "第3行",
		"1e9 水质":                "第1行",
		strings.Repeat("水", 21): "第1行",
		"NaN 水质":                "第1行",
		strings.Repeat("水质\n", maxOwnWords+1): "最多20000个",
	} {
		if _, err := NewLexicon(own); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %s", own, err, want)
		}
	}
	if _, err := NewLexicon("\ufeff"[3:] + "  \n# 无\n-\n"); err != nil {
		t.Error(err)
	}
}

func TestPublishedHidesSmallCellsAndWhatGivesThemAway(t *testing.T) {
	columns := []Column{{"a", 100, false}, {"b", 100, false}, {"c", 100, false}}
	check := func(cells []int64, want string) {
		t.Helper()
		table := Table{Base: 300, Columns: columns, Rows: []Row{{Text: "水"}}}
		for _, n := range cells {
			table.Rows[0].Cells = append(table.Rows[0].Cells, Cell{Persons: n})
			table.Rows[0].Persons += n
		}
		got := ""
		for _, r := range table.Published(5).Rows {
			for _, c := range r.Cells {
				if c.Hidden {
					got += "- "
				} else {
					got += fmt.Sprint(c.Persons, " ")
				}
			}
		}
		if strings.TrimSpace(got) != want {
			t.Errorf("%v: published %q, want %q", cells, got, want)
		}
	}
	check([]int64{20, 9, 5}, "20 9 5")
	check([]int64{20, 9, 0}, "20 9 0") // 0 tells of nobody
	check([]int64{20, 9, 4}, "20 - -") // else 33 − 29 = 4
	check([]int64{20, 3, 4}, "20 - -") // together 7: either may be 3 or 4
	check([]int64{20, 1, 1}, "- - -")  // together 2 would be 1 and 1
	check([]int64{20, 0, 2}, "- 0 -")
	check([]int64{2, 1, 1}, "") // fewer than 5 in all
	check([]int64{2, 2, 1}, "- - -")
}

// A group of few persons isn't shown, and no row gives it away.
func TestPublishedHidesSmallGroups(t *testing.T) {
	table := Table{
		Base: 63, Columns: []Column{{"a", 30, false}, {"b", 30, false}, {"c", 3, false}},
		Rows: []Row{{Text: "水", Persons: 20, Cells: []Cell{{Persons: 12}, {Persons: 8}, {}}}},
	}
	p := table.Published(5)
	if !p.Columns[2].Hidden || p.Columns[2].Base != 0 || !p.Rows[0].Cells[2].Hidden || !p.Rows[0].Cells[1].Hidden {
		t.Errorf("published %+v", p)
	}
	if p.Share(0, 2, 0.95, 0).Valid || p.Share(0, 1, 0.95, 0).Valid || !p.Share(0, 0, 0.95, 0).Valid {
		t.Error("a share of what is hidden")
	}
	if !strings.Contains(p.Rule, "不足5人") || table.Rule != "" {
		t.Errorf("rule %q", p.Rule)
	}
}

// Whatever the counts: nobody who sees the published row and knows the rule can tell a
// small cell, for the hidden ones can be filled in two ways at least.
func TestPublishedLeavesEverySmallCellOpen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 6).Draw(t, "groups")
		least := int64(rapid.IntRange(2, 8).Draw(t, "least"))
		table := Table{Columns: make([]Column, n), Rows: []Row{{Cells: make([]Cell, n)}}}
		for g := range n {
			table.Columns[g].Base = int64(rapid.IntRange(0, 40).Draw(t, "base"))
			persons := int64(rapid.IntRange(0, int(table.Columns[g].Base)).Draw(t, "persons"))
			table.Base += table.Columns[g].Base
			table.Rows[0].Cells[g].Persons = persons
			table.Rows[0].Persons += persons
		}
		p := table.Published(least)
		if len(p.Rows) == 0 {
			if table.Rows[0].Persons >= least {
				t.Fatal("a row is missing")
			}
			return
		}
		hidden, rest := 0, p.Rows[0].Persons
		for g, c := range p.Rows[0].Cells {
			switch {
			case c.Hidden:
				hidden++
			case c.Persons > 0 && c.Persons < least || c.Persons != table.Rows[0].Cells[g].Persons || p.Columns[g].Hidden:
				t.Fatalf("cell %d shows %d", g, c.Persons)
			default:
				rest -= c.Persons
			}
		}
		if hidden == 1 || hidden > 0 && rest < least {
			t.Fatalf("%d hidden cells with %d persons can be worked out: %+v", hidden, rest, table)
		}
	})
}

// The segmenter's own dictionaries are embedded in its package; the linker leaves them out
// as long as nothing calls what loads them. This test's binary holds the package.
func TestTheSegmentersDictionariesAreNotLinked(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Join([]string{"一丘之貉", "12", "i"}, " ") // as its dictionary has it; joined when it runs
	if strings.Contains(string(binary), line) {
		t.Error("the dictionaries of gse are in the binary")
	}
	if !strings.Contains(string(binary), "最严格水资源管理") {
		t.Error("our dictionary is not found either: the test looks in the wrong place")
	}
}
