package openanswers

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// read takes in one text for each person, in groups by turns.
func read(t testing.TB, groups []string, texts ...string) *Collection {
	t.Helper()
	var answers []Answer
	for i, text := range texts {
		answers = append(answers, Answer{ID: fmt.Sprintf("s%d", i+1), Group: groups[i%len(groups)], Text: text})
	}
	c, err := Read(lexicon(t), groups, answers)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestReadCountsPersonsByKind(t *testing.T) {
	c := read(t, []string{"a", "b"}, "水质差", "无", "", "。。。", "说不清", "电话13800001234，水质差")
	if want := (Kinds{Blank: 1, Nothing: 1, Unsure: 1, Wordless: 1, Said: 2}); c.All != want {
		t.Errorf("all: %v, want %v", c.All, want)
	}
	if c.All.Written() != 5 {
		t.Errorf("%d wrote something, want 5", c.All.Written())
	}
	// s1, s3, s5 are of a, the others of b.
	if want := (Kinds{Blank: 1, Unsure: 1, Said: 1}); c.Groups[0].Kinds != want {
		t.Errorf("group a: %v, want %v", c.Groups[0].Kinds, want)
	}
	if c.Masks[Phone] != 1 {
		t.Errorf("masks: %v, want one telephone", c.Masks)
	}
}

func TestReadRefusesSheetsItCantTellApart(t *testing.T) {
	l := lexicon(t)
	if _, err := Read(l, nil, []Answer{{ID: "1"}, {Text: "水"}}); !errors.Is(err, ErrNoID) || !strings.Contains(err.Error(), "第2条") {
		t.Errorf("no id: %v", err)
	}
	if _, err := Read(l, nil, []Answer{{ID: "1"}, {ID: "1"}}); !errors.Is(err, ErrTwice) {
		t.Errorf("an id twice: %v", err)
	}
	if c, err := Read(l, nil, nil); err != nil || c.All != (Kinds{}) || len(c.Words().Published(5).Rows) != 0 || c.Search(Query{Text: "水", Group: -1}).Total != 0 {
		t.Errorf("nothing read: %v, %v", c, err)
	}
}

// Groups that were not named are counted as they come, the empty one too.
func TestReadTakesUnnamedGroups(t *testing.T) {
	c, err := Read(lexicon(t), []string{"known"}, []Answer{{"1", "other", "水质差"}, {"2", "", "水质差"}})
	if err != nil {
		t.Fatal(err)
	}
	codes := []string{c.Groups[0].Code, c.Groups[1].Code, c.Groups[2].Code}
	if !slices.Equal(codes, []string{"known", "other", ""}) {
		t.Errorf("groups %q", codes)
	}
	if row := c.Words().Rows[0]; row.Text != "水质" && row.Text != "差" || row.Persons != 2 || len(row.Cells) != 3 {
		t.Errorf("first row %+v", row)
	}
}

func TestCopies(t *testing.T) {
	c := read(t, []string{"a", "b"},
		"希望加强河道巡查，联系13800001234", "希望 加强河道巡查；联系１３８００００１２３４！！", "希望加强河道巡查，联系13900001234",
		"很好", "很好！", "无", "无")
	copies := c.Copies(0)
	if len(copies) != 2 {
		t.Fatalf("%d copies, want 2 (无 is no suggestion; another number is another text): %+v", len(copies), copies)
	}
	if one := copies[0]; one.Text != "希望加强河道巡查，联系〔电话〕" || !slices.Equal(one.IDs, []string{"s1", "s2"}) || !slices.Equal(one.Groups, []int64{1, 1}) {
		t.Errorf("first copy %+v", one)
	}
	if long := c.Copies(10); len(long) != 1 || long[0].Length != 21 {
		t.Errorf("copies of ten characters: %+v", long)
	}
}

// What can't be right in length or kind is read in time that grows with it, and no more.
func TestHostileTexts(t *testing.T) {
	l := lexicon(t)
	check := func(what, unit string) {
		t.Helper()
		text := func(n int) string { return strings.Repeat(unit, n/len([]rune(unit))) }
		var ratio float64
		for range 5 { // a machine with other work on it may err once or twice, and what grows with the square errs each time
			short, long := took(l, text(5_000)), took(l, text(20_000))
			if ratio = float64(long) / float64(short); ratio <= 12 { // four times the text; 16 would be its square
				return
			}
		}
		t.Errorf("%s: 20,000 characters took %.1f times as long as 5,000", what, ratio)
	}
	check("one word", "河道")
	check("unknown characters", "鑫淼")
	check("one digit", "1")
	check("telephones", "13800001234 ")
	check("digits with gaps", "1 3-")
	check("accounts", "微信:")
	check("letters", "a")
	check("mail", "a@a.")
	check("names", "张建国")
	check("cues", "我叫")
	check("doors", "3号楼")
	check("chinese numerals", "一")
	check("nested brackets", "(")
	check("pictures", "😀a")
	check("direction marks", "\u202e水")
}

// took is the least of some tries, so that another process doesn't decide.
func took(l *Lexicon, text string) time.Duration {
	least := time.Hour
	for range 3 {
		start := time.Now()
		c, err := Read(l, nil, []Answer{{ID: "1", Text: text}})
		if err != nil || c == nil {
			return least
		}
		least = min(least, time.Since(start))
	}
	return max(least, 50*time.Microsecond)
}
