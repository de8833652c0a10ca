package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// table is where rows of a kind come to rest.
type table string

const (
	responses  table = "responses"
	placements table = "placements"
)

// ledger is what senders were told: all that counts in the end. It is kept in memory, since
// this program is not the one that is killed.
type ledger struct {
	mu   sync.Mutex
	sent map[string]*promise // by mark
}

// promise is one row: what was sent, and whether its sender was told that it is kept.
type promise struct {
	table   table
	content string
	state   string // of a placement that was reviewed
	told    bool
	file    bool // came in a file, whose rows share one audit event
	paged   bool // was given page by page, each of which is a revision
	verdict bool // was acknowledged, and is the second revision
}

func newLedger() *ledger { return &ledger{sent: map[string]*promise{}} }

// send notes a row before its first sending.
func (l *ledger) send(t table, mark, content string, file bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent[mark] = &promise{table: t, content: content, file: file}
}

// told notes that a row was acknowledged.
func (l *ledger) told(marks ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, mark := range marks {
		l.sent[mark].told = true
	}
}

// reviewed notes that a verdict was acknowledged.
func (l *ledger) reviewed(mark, state string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent[mark].state, l.sent[mark].verdict = state, true
}

// paged notes a response that was given page by page, and acknowledged.
func (l *ledger) paged(mark, content string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent[mark] = &promise{table: responses, content: content, told: true, paged: true}
}

// revisions tells whether a row was written as often as its sender meant, however often it was
// sent.
func (p *promise) revisions(n uint32) bool {
	if p.verdict {
		return n == 2
	}
	return p.paged || n == 1
}

// kept is a row as the database tells it.
type kept struct {
	id      uuid.UUID
	mark    string
	content string
	state   string // of a placement

	revision uint32
}

// verdict is what became of the rows of a ledger.
type verdict struct {
	sent, told, there int
	lost, doubled     []string // marks
	differ, strange   []string
	rewritten         []string // have another revision than what was sent amounts to
	// Of rows that came one by one: how many have no event, and how many more than one.
	without, several int
}

func (v *verdict) String() string {
	return fmt.Sprintf("%d rows sent, %d acknowledged, %d there; %d lost, %d doubled, %d written more than once, %d with other content, %d that nobody sent",
		v.sent, v.told, v.there, len(v.lost), len(v.doubled), len(v.rewritten), len(v.differ), len(v.strange))
}

// fault is what is wrong, nil for a sound verdict. Events are another matter, see events.
func (v *verdict) fault() error {
	if len(v.lost)+len(v.doubled)+len(v.rewritten)+len(v.differ)+len(v.strange) == 0 {
		return nil
	}
	some := func(marks []string) string { return strings.Join(marks[:min(5, len(marks))], ", ") }
	return fmt.Errorf("%s\nlost: %s\ndoubled: %s\nwritten more than once: %s\nother content: %s\nstrange: %s",
		v, some(v.lost), some(v.doubled), some(v.rewritten), some(v.differ), some(v.strange))
}

// compare holds the rows that are there against the ledger.
func (l *ledger) compare(rows map[table][]kept) *verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := &verdict{sent: len(l.sent)}
	found := map[string]int{}
	for t, list := range rows {
		for _, r := range list {
			v.there++
			found[r.mark]++
			p := l.sent[r.mark]
			switch {
			case p == nil || p.table != t:
				v.strange = append(v.strange, r.mark)
			case p.content != r.content || p.state != "" && p.state != r.state:
				v.differ = append(v.differ, r.mark)
			case !p.revisions(r.revision):
				v.rewritten = append(v.rewritten, r.mark)
			}
		}
	}
	for mark, p := range l.sent {
		if p.told {
			v.told++
		}
		switch n := found[mark]; {
		case n > 1:
			v.doubled = append(v.doubled, mark)
		case n == 0 && p.told:
			v.lost = append(v.lost, mark)
		}
	}
	slices.Sort(v.lost)
	return v
}

// answers writes choices in one order, as the content of a response.
func answers(choices map[string][]string) string {
	var b strings.Builder
	for n := 1; n <= questions; n++ {
		b.WriteString(strings.Join(choices[fmt.Sprintf("q%02d", n)], "+"))
	}
	return b.String()
}

// rows reads everything back by the API, a page at a time.
func (s *site) rows(ctx context.Context, address string) (map[table][]kept, error) {
	all := map[table][]kept{}
	err := each(ctx, s, address, api+"/waves/"+waveID+"/responses", func(r struct {
		ID      uuid.UUID           `json:"id"`
		Choices map[string][]string `json:"choices"`
		Texts   map[string]string   `json:"texts"`

		Revision uint32 `json:"revision"`
	}) {
		all[responses] = append(all[responses], kept{r.ID, r.Texts[markField], answers(r.Choices), "", r.Revision})
	})
	if err != nil {
		return nil, err
	}
	err = each(ctx, s, address, api+"/placements", func(p struct {
		ID       uuid.UUID `json:"id"`
		Place    string    `json:"place"`
		Quantity float64   `json:"quantity"`
		State    string    `json:"state"`
		Revision uint32    `json:"revision"`
	}) {
		all[placements] = append(all[placements], kept{p.ID, p.Place, fmt.Sprint(p.Quantity), p.State, p.Revision})
	})
	return all, err
}

// each reads a list of the API from its first page to its last.
func each[T any](ctx context.Context, s *site, address, path string, visit func(T)) error {
	join := "?"
	if strings.Contains(path, "?") {
		join = "&"
	}
	path += join + "limit=1000"
	for next := ""; ; {
		var list struct {
			Items []T
			Next  *string
		}
		if err := s.ask(ctx, address, path+next, &list); err != nil {
			return err
		}
		for _, one := range list.Items {
			visit(one)
		}
		if list.Next == nil {
			return nil
		}
		next = "&after=" + *list.Next
	}
}

// counted is how many responses the figures of the wave are made of.
func (s *site) counted(ctx context.Context, address string) (int, error) {
	var wave struct {
		Progress struct{ Total struct{ Complete int } }
	}
	err := s.ask(ctx, address, api+"/waves/"+waveID, &wave)
	return wave.Progress.Total.Complete, err
}

// exported reads everything back from the files that the command line writes, while no
// server runs.
func (s *site) exported(ctx context.Context) (map[table][]kept, error) {
	all := map[table][]kept{}
	for _, t := range []table{responses, placements} {
		out := filepath.Join(s.folder, string(t)+".json")
		if err := s.do(ctx, nil, "export", string(t), "--campaign", campaignID, "--wave", waveID, "--out", out); err != nil {
			return nil, err
		}
		body, err := os.ReadFile(out)
		if err != nil {
			return nil, err
		}
		var file struct {
			Items []struct {
				ID       uuid.UUID
				Choices  map[string][]string
				Texts    map[string]string
				Place    string
				Quantity float64
				State    string
				Revision uint32
			}
		}
		if err := json.Unmarshal(body, &file); err != nil {
			return nil, fmt.Errorf("export of %s: %w", t, err)
		}
		for _, one := range file.Items {
			k := kept{one.ID, one.Texts[markField], answers(one.Choices), "", one.Revision}
			if t == placements {
				k = kept{one.ID, one.Place, fmt.Sprint(one.Quantity), one.State, one.Revision}
			}
			all[t] = append(all[t], k)
		}
	}
	return all, nil
}

// chain recounts the audit trail by the command; beside a running server only where the
// database is none of its own.
func (s *site) chain(ctx context.Context) error {
	var v struct {
		Sound  bool
		Events int
	}
	if err := s.do(ctx, &v, "audit", "verify"); err != nil {
		return err
	}
	if !v.Sound || v.Events == 0 {
		return fmt.Errorf("the audit trail is not sound: %+v", v)
	}
	return nil
}

// events counts the events of the rows that came one by one. Each leaves one; after a kill
// between a row and its event there is none (package audit says why).
func (s *site) events(ctx context.Context, address string, rows map[table][]kept, l *ledger, v *verdict) error {
	count := map[string]int{}
	for _, verb := range []string{"response.enter", "response.submit", "placement.log"} {
		err := each(ctx, s, address, "/api/v1/audit?campaign="+campaignID+"&verb="+verb, func(e struct{ Thing string }) { count[e.Thing]++ })
		if err != nil {
			return err
		}
	}
	for _, list := range rows {
		for _, r := range list {
			switch n := count[r.id.String()]; {
			case l.sent[r.mark] == nil || l.sent[r.mark].file:
			case n == 0:
				v.without++
			case n > 1:
				v.several++
			}
		}
	}
	return nil
}
