package survey

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/org"
)

// SecondEntry is a sheet typed once more by another person. Compared are the questions that
// could differ, Differing those that did when it came in: an error rate stays what it was
// when the first entry is mended later.
type SecondEntry struct {
	Response    uuid.UUID // the first entry, which counts
	Revision    uint32
	ID          uuid.UUID
	Number      string
	Distributor string // of the first entry
	FirstBy     string
	SecondBy    string
	Body        Response
	Compared    []string
	Differing   []string
	Settled     bool
	RecordedAt  time.Time
	RecordedBy  string
}

// Open tells whether somebody has yet to decide.
func (e SecondEntry) Open() bool { return len(e.Differing) > 0 && !e.Settled }

// DispositionField is the name under which a difference of dispositions stands.
const DispositionField = "disposition"

// Compare gives the questions that could differ between two entries of one sheet, and
// those that do. A question that neither entry was to answer can't. Written answers are
// compared without their spaces, widths and marks: two people never type the same ones.
func Compare(q Questionnaire, first, second Response) (compared, differing []string) {
	note := func(name string, same bool) {
		compared = append(compared, name)
		if !same {
			differing = append(differing, name)
		}
	}
	note(DispositionField, first.Disposition.Counts() == second.Disposition.Counts() && (first.Disposition.Counts() || first.Disposition == second.Disposition))
	if !first.Disposition.Counts() || !second.Disposition.Counts() {
		return compared, differing
	}
	asked, again := Shown(q, first), Shown(q, second)
	for _, question := range q.Items() {
		if question.Type == Note || !asked[question.Name] && !again[question.Name] {
			continue
		}
		note(question.Name, question.sameAnswer(first, second))
	}
	return compared, differing
}

func (q Question) sameAnswer(a, b Response) bool {
	if slices.Contains(a.Unclear, q.Name) != slices.Contains(b.Unclear, q.Name) {
		return false
	}
	n, held := a.Numbers[q.Name]
	m, other := b.Numbers[q.Name]
	return slices.Equal(a.Choices[q.Name], b.Choices[q.Name]) && held == other && n == m &&
		alike(a.Texts[q.Name], b.Texts[q.Name]) && alike(a.Texts[OtherKey(q.Name)], b.Texts[OtherKey(q.Name)])
}

// alike compares written words by their letters and digits alone.
func alike(a, b string) bool { return bare(a) == bare(b) }

var marks = strings.NewReplacer("，", "", ",", "", "。", "", ".", "", "、", "", "；", "", ";", "", "！", "", "!", "", "？", "", "?", "", "：", "", ":", "")

func bare(text string) string { return marks.Replace(org.Fold(text)) }

// Answer takes over what another response says to a question.
func (r *Response) Answer(question Question, from Response) {
	r.Choices, r.Numbers, r.Texts, r.Unclear = maps.Clone(r.Choices), maps.Clone(r.Numbers), maps.Clone(r.Texts), slices.Clone(r.Unclear)
	name, other := question.Name, OtherKey(question.Name)
	take(&r.Choices, name, from.Choices)
	take(&r.Numbers, name, from.Numbers)
	take(&r.Texts, name, from.Texts)
	take(&r.Texts, other, from.Texts)
	r.Unclear = slices.DeleteFunc(r.Unclear, func(n string) bool { return n == name })
	if slices.Contains(from.Unclear, name) {
		r.Unclear = append(r.Unclear, name)
	}
}

func take[V any](into *map[string]V, name string, from map[string]V) {
	if v, held := from[name]; held {
		if *into == nil {
			*into = map[string]V{}
		}
		(*into)[name] = v
		return
	}
	delete(*into, name)
}

// SecondFilter says which second entries are meant.
type SecondFilter struct {
	Response uuid.UUID
	Open     bool
}

// SecondEntries lists the second entries of a wave, the newest first.
func (s *Store) SecondEntries(ctx context.Context, campaign string, wave WaveID, f SecondFilter) ([]SecondEntry, error) {
	where, args := "campaign = ? AND wave = ?", []any{campaign, string(wave)}
	if f.Response != uuid.Nil {
		where, args = where+" AND response = toUUID(?)", append(args, f.Response.String())
	}
	if f.Open {
		where += " AND settled = 0 AND notEmpty(differing)"
	}
	rows, err := s.db.Query(ctx, `SELECT response, revision, id, number, distributor, first_by, second_by, body, compared, differing, settled, recorded_at, recorded_by
		FROM second_entries FINAL WHERE `+where+` ORDER BY recorded_at DESC, number`, args...)
	if err != nil {
		return nil, fmt.Errorf("list second entries: %w", err)
	}
	defer rows.Close()
	var list []SecondEntry
	for rows.Next() {
		var e SecondEntry
		var body string
		var settled uint8
		if err := rows.Scan(&e.Response, &e.Revision, &e.ID, &e.Number, &e.Distributor, &e.FirstBy, &e.SecondBy, &body, &e.Compared, &e.Differing, &settled, &e.RecordedAt, &e.RecordedBy); err != nil {
			return nil, fmt.Errorf("list second entries: %w", err)
		}
		if err := json.Unmarshal([]byte(body), &e.Body); err != nil {
			return nil, fmt.Errorf("read second entry of %s: %w", e.Response, err)
		}
		e.Settled = settled == 1
		list = append(list, e)
	}
	return list, rows.Err()
}

// FirstEntry is a response under a number with who typed it.
type FirstEntry struct {
	ID     uuid.UUID
	Number string
	Unit   string
	By     string // who made its first revision
}

// FirstEntries lists the responses with a number that stand, in the order of their numbers;
// with a number only those under it.
func (s *Store) FirstEntries(ctx context.Context, campaign string, wave WaveID, number string) ([]FirstEntry, error) {
	where, args := "campaign = ? AND wave = ?", []any{campaign, string(wave)}
	if number != "" {
		// Those that ever had it, so that not all of a wave is grouped for one sheet; which have it now
		// is for their last revisions to say.
		where, args = where+" AND id GLOBAL IN (SELECT id FROM response_revisions WHERE campaign = ? AND wave = ? AND number = ?)", append(args, campaign, string(wave), number)
	}
	rows, err := s.db.Query(ctx, `SELECT id, argMax(number, revision) AS held, argMax(unit, revision), argMin(recorded_by, revision), argMax(disposition, revision) AS how
		FROM response_revisions WHERE `+where+` GROUP BY id HAVING held != '' AND how NOT IN ('void', 'duplicate') AND (? = '' OR held = ?)`,
		append(args, number, number)...)
	if err != nil {
		return nil, fmt.Errorf("list first entries: %w", err)
	}
	defer rows.Close()
	var list []FirstEntry
	for rows.Next() {
		var e FirstEntry
		var how string
		if err := rows.Scan(&e.ID, &e.Number, &e.Unit, &e.By, &how); err != nil {
			return nil, fmt.Errorf("list first entries: %w", err)
		}
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b FirstEntry) int { return CompareNumbers(a.Number, b.Number) })
	return list, rows.Err()
}

// Scan is a picture of a sheet. Picture names the file whose copies are shown: the original
// itself, or a page that was taken out of it.
type Scan struct {
	ID         uuid.UUID `json:"id"`
	Number     string    `json:"number"`
	SHA256     string    `json:"sha256"`
	Page       int       `json:"page"`
	Picture    string    `json:"-"`
	File       string    `json:"file"`
	Width      int       `json:"width"`
	Height     int       `json:"height"`
	Unit       string    `json:"-"`
	RecordedAt time.Time `json:"recorded_at"`
	RecordedBy string    `json:"-"`
}

// Scans lists the scans of a sheet in the order in which they came.
func (s *Store) Scans(ctx context.Context, campaign string, wave WaveID, number string) ([]Scan, error) {
	return s.scans(ctx, "number = ?", campaign, wave, number)
}

// Scan gives one scan by its id.
func (s *Store) Scan(ctx context.Context, campaign string, wave WaveID, id uuid.UUID) (Scan, bool, error) {
	found, err := s.scans(ctx, "id = toUUID(?)", campaign, wave, id.String())
	if err != nil || len(found) == 0 {
		return Scan{}, false, err
	}
	return found[0], true, nil
}

func (s *Store) scans(ctx context.Context, where, campaign string, wave WaveID, value string) ([]Scan, error) {
	rows, err := s.db.Query(ctx, `SELECT id, number, sha256, page, picture, file, width, height, unit, recorded_at, recorded_by
		FROM scans FINAL WHERE campaign = ? AND wave = ? AND `+where+` ORDER BY recorded_at, page, id`, campaign, string(wave), value)
	if err != nil {
		return nil, fmt.Errorf("list scans: %w", err)
	}
	defer rows.Close()
	var list []Scan
	for rows.Next() {
		var one Scan
		var page, width, height uint32
		if err := rows.Scan(&one.ID, &one.Number, &one.SHA256, &page, &one.Picture, &one.File, &width, &height, &one.Unit, &one.RecordedAt, &one.RecordedBy); err != nil {
			return nil, fmt.Errorf("list scans: %w", err)
		}
		one.Page, one.Width, one.Height = int(page), int(width), int(height)
		list = append(list, one)
	}
	return list, rows.Err()
}
