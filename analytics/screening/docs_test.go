//go:build !race

package screening_test

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"shuixuan/analytics/screening"
)

var update = flag.Bool("update", false, "rewrite the tables of docs/screening.md")

const document = "../../docs/screening.md"

// tally is what came out over several crowds of one kind.
type tally struct {
	made, found, raw            int // fabricated sheets, suggested, and over the bare 85 %
	honest, alarms, rawAlarms   int
	content, accused            int // honest and content
	originals, originalsFound   int
	contentCopies, contentFound int
	guilty, named, heads, wrong int // distributors
}

func (a *tally) take(c *crowd, r *screening.Report) {
	for i, s := range r.Sheets {
		suggested, raw := s.Grade == screening.Recontact, s.Nearest.Share() >= 0.85
		switch {
		case c.fabricated[i]:
			a.made, a.found, a.raw = a.made+1, a.found+one(suggested), a.raw+one(raw)
			a.contentCopies, a.contentFound = a.contentCopies+one(c.content[i]), a.contentFound+one(c.content[i] && suggested)
		case c.original[i]:
			a.originals, a.originalsFound = a.originals+1, a.originalsFound+one(suggested)
		default:
			a.honest, a.alarms, a.rawAlarms = a.honest+1, a.alarms+one(suggested), a.rawAlarms+one(raw)
			a.content, a.accused = a.content+one(c.content[i]), a.accused+one(c.content[i] && suggested)
		}
	}
	for _, d := range r.Distributors {
		named := d.Grade == screening.Recontact
		if c.guilty[d.Name] {
			a.guilty, a.named = a.guilty+1, a.named+one(named)
		} else {
			a.heads, a.wrong = a.heads+1, a.wrong+one(named)
		}
	}
}

func share(part, of int) string {
	if of == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f %%", 100*float64(part)/float64(of))
}

func outOf(part, of int) string {
	if of == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d", part, of)
}

// draws is how often each crowd is made anew.
const draws = 5

// Places in kinds.
const (
	content, together, areas, ten, twenty, copied, tuned = 1, 2, 3, 6, 7, 8, 9
)

// kinds are the crowds, each put into a content crowd but for the first.
var kinds = []struct {
	name    string
	content float64
	spoil   func(*model, *crowd)
}{
	{"genuine, no content crowd", 0, nil},
	{"genuine, a quarter content throughout", 0.25, nil},
	{"genuine, a quarter content, answers on one subject hang together (correlation 0.85)", 0.25, nil},
	{"genuine, a quarter content, every distributor's area with its own likes (half a standard deviation a question)", 0.25, nil},
	{"genuine, four fifths content throughout", 0.8, nil},
	{"lazy distributors: five sheets copied, 5 % of the answers changed", 0.25, func(m *model, c *crowd) { m.lazy(c, 0.05) }},
	{"lazy distributors: 10 % changed", 0.25, func(m *model, c *crowd) { m.lazy(c, 0.1) }},
	{"lazy distributors: 20 % changed", 0.25, func(m *model, c *crowd) { m.lazy(c, 0.2) }},
	{"sheets copied to the letter", 0.25, (*model).copied},
	{"bot with tuned answers and times", 0.25, (*model).bots},
	{"clicked through: straight line in a quarter of the time", 0.25, (*model).hurried},
}

func run(t *testing.T, kind, items, blocks, rows int) tally {
	t.Helper()
	var a tally
	for draw := range draws {
		m := newModel(uint64(100*kind+draw), items, blocks, rows)
		switch kind {
		case together:
			m.likeness = 0.6
		case areas:
			m.local = 0.5
		}
		c := m.wave(8, kinds[kind].content)
		if kinds[kind].spoil != nil {
			kinds[kind].spoil(m, c)
		}
		c.judge()
		r, err := screening.Screen(t.Context(), c.in, screening.Defaults(), nil)
		if err != nil {
			t.Fatal(err)
		}
		a.take(c, r)
	}
	return a
}

// TestCrowds screens crowds whose truth is known, and keeps the tables of the document. What
// must hold in any case is checked here: the genuine are left alone, copies are found.
func TestCrowds(t *testing.T) {
	var tallies []tally
	for kind := range kinds {
		a := run(t, kind, 7, 5, 6)
		tallies = append(tallies, a)
		if 100*a.alarms >= a.honest || a.wrong > 0 || 100*a.accused >= max(1, a.content) && a.accused > 0 {
			t.Errorf("%s: %d of %d honest sheets are suggested, %d of %d content ones, %d of %d distributors named",
				kinds[kind].name, a.alarms, a.honest, a.accused, a.content, a.wrong, a.heads)
		}
		if kind == ten && (a.named < a.guilty || a.found < a.made*8/10) {
			t.Errorf("%s: %d of %d sheets found, %d of %d distributors", kinds[kind].name, a.found, a.made, a.named, a.guilty)
		}
	}
	inDocument(t, "crowds", crowdTable(tallies))
	inDocument(t, "lengths", lengthTable(t))
	inDocument(t, "settings", settingTable())
}

func crowdTable(tallies []tally) string {
	var b strings.Builder
	b.WriteString("| crowd | made up, suggested | honest, suggested | honest and content, suggested | distributors who made up, named | honest distributors named | bare 85 % rule: made up | bare 85 % rule: honest |\n|---|---|---|---|---|---|---|---|\n")
	for k, a := range tallies {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", kinds[k].name, share(a.found, a.made), share(a.alarms, a.honest),
			share(a.accused, a.content), outOf(a.named, a.guilty), outOf(a.wrong, a.heads), share(a.raw, a.made), share(a.rawAlarms, a.honest))
	}
	copies := tallies[copied]
	fmt.Fprintf(&b, "\nOf the sheets copied to the letter, %s are copies of a content sheet, and %s of those are suggested; of the copies of other sheets %s are. Of the originals %s are suggested with them: nothing tells which of the two is the copy.\n",
		share(copies.contentCopies, copies.made), share(copies.contentFound, copies.contentCopies), share(copies.found-copies.contentFound, copies.made-copies.contentCopies), share(copies.originalsFound, copies.originals))
	bots := tallies[tuned]
	fmt.Fprintf(&b, "\n**Of the sheets of the tuned bot, %s are not noticed** (%d of %d).\n", share(bots.made-bots.found, bots.made), bots.made-bots.found, bots.made)
	return b.String()
}

// lengthTable tells how much the length of the questionnaire matters.
func lengthTable(t *testing.T) string {
	var b strings.Builder
	b.WriteString("| questions | 10 % changed: suggested | distributors named | 20 % changed: suggested | distributors named | copied to the letter: suggested | honest of a content crowd, suggested | bare 85 % rule: honest |\n|---|---|---|---|---|---|---|---|\n")
	for _, size := range [][3]int{{3, 2, 3}, {5, 3, 4}, {7, 5, 6}, {7, 10, 6}} {
		tenth, fifth, copies := run(t, ten, size[0], size[1], size[2]), run(t, twenty, size[0], size[1], size[2]), run(t, copied, size[0], size[1], size[2])
		honest := run(t, content, size[0], size[1], size[2])
		if wrong := honest.wrong + tenth.wrong + fifth.wrong + copies.wrong; wrong > 0 || 100*honest.alarms >= honest.honest {
			t.Errorf("%v: %d honest distributors named, %d of %d honest sheets suggested", size, wrong, honest.alarms, honest.honest)
		}
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %s | %s | %s | %s |\n", 3+size[0]+size[1]*size[2], share(tenth.found, tenth.made), outOf(tenth.named, tenth.guilty),
			share(fifth.found, fifth.made), outOf(fifth.named, fifth.guilty), share(copies.found, copies.made),
			share(honest.alarms, honest.honest), share(honest.rawAlarms, honest.honest))
	}
	return b.String()
}

func settingTable() string {
	var b strings.Builder
	b.WriteString("| setting | default | source |\n|---|---|---|\n")
	fmt.Fprintf(&b, "| `burst_modes` | %s | paper is typed in by the pile, files come at once |\n", strings.Join(screening.Defaults().BurstModes, ", "))
	s := reflect.ValueOf(screening.Defaults())
	for i := range s.NumField() {
		name := s.Type().Field(i).Tag.Get("json")
		if setting, ok := s.Field(i).Interface().(screening.Setting); ok {
			fmt.Fprintf(&b, "| `%s` | %.4g | %s |\n", name, setting.Value, setting.Source)
		}
	}
	return b.String()
}

// inDocument compares a table with what stands between its marks, or writes it there.
func inDocument(t *testing.T, name, want string) {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	before, rest, found := strings.Cut(string(text), begin)
	now, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no marks %q and %q", document, begin, end)
	}
	if *update {
		if err := os.WriteFile(document, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if now != want {
		t.Errorf("%s, %s: run with -update and look at what changed\n%s", document, name, want)
	}
}
