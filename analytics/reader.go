package analytics

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse"
	"shuixuan/app/org"
)

// Reader asks the questions. It writes nothing but what it came to of waves that are closed, where
// it was told to keep that. One reader serves all pages at once.
type Reader struct {
	db     *clickhouse.DB
	plans  *campaign.Store // asked what the plan was on past days
	memory memory
	closed *closedAnswers // nil: none are kept

	screenings *sharedWork[Screened]
}

// NewReader gives the reader of db.
func NewReader(db *clickhouse.DB) *Reader {
	// Stores that only read need no log.
	return &Reader{db: db, plans: campaign.NewStore(db, nil, org.NewStore(db, nil)), memory: memory{kept: map[string]remembered{}}, screenings: newSharedWork[Screened](patienceOfPages)}
}

// patienceOfPages is after how long a page that asks again and again has been left.
const patienceOfPages = 20 * time.Second

// statement is a text of ours with the values it is asked with. Whatever people have
// named, a question or an option, is a value and never part of the text.
type statement struct {
	text   string
	values map[string]any // strings and slices of strings
	tables []string       // those it reads, ours to name
	closed closedWave     // that it is about, where it reads nothing but its responses
}

// rows runs the statement and gives each row to scan.
func (r *Reader) rows(ctx context.Context, what string, s statement, scan func(driver.Rows) error) error {
	rows, err := r.query(ctx, what, s)
	if err != nil {
		return err
	}
	return each(what, rows, scan)
}

func (r *Reader) query(ctx context.Context, what string, s statement) (driver.Rows, error) {
	args := make([]any, 0, len(s.values))
	for name, value := range s.values {
		args = append(args, ch.Named(name, value))
	}
	rows, err := r.db.Query(ctx, s.text, args...)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", what, err)
	}
	return rows, nil
}

func each(what string, rows driver.Rows, scan func(driver.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("read %s: %w", what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	return nil
}

func collect[T any](what string, rows driver.Rows, scan func(driver.Rows) (T, error)) ([]T, error) {
	var all []T
	err := each(what, rows, func(rows driver.Rows) error {
		one, err := scan(rows)
		all = append(all, one)
		return err
	})
	return all, err
}

var placeholder = regexp.MustCompile(`@[a-z0-9_]+`)

// String is the statement as a person can paste it into a client: the values stand in
// their places. What runs is bound by the driver; a test compares the two.
func (s statement) String() string {
	return placeholder.ReplaceAllStringFunc(strings.TrimSpace(s.text), func(name string) string {
		return literal(s.values[name[1:]])
	})
}

// fill puts pieces of our own text into a statement: which column groups, which
// condition shows a question. Values don't come this way.
func fill(text string, pieces map[string]string) string {
	for name, piece := range pieces {
		text = strings.ReplaceAll(text, "{{"+name+"}}", piece)
	}
	return text
}

var escapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\x00", `\0`)

func literal(value any) string {
	switch v := value.(type) {
	case string:
		return "'" + escapes.Replace(v) + "'"
	case []string:
		parts := make([]string, 0, len(v))
		for _, s := range v {
			parts = append(parts, literal(s))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	default:
		return fmt.Sprint(v)
	}
}

// check refuses a scope that would ask about another campaign than the plan's, or
// about no day.
func (s Scope) check(plan *campaign.Plan) error {
	if s.Campaign != "" && s.Campaign != plan.Campaign.ID {
		return fmt.Errorf("scope of campaign %q with the plan of %q", s.Campaign, plan.Campaign.ID)
	}
	if s.AsOf.IsZero() {
		return fmt.Errorf("scope of campaign %q without a day", plan.Campaign.ID)
	}
	return nil
}

// civil is a civil date as it goes into a statement.
func civil(day time.Time) string { return day.Format(time.DateOnly) }

const day = 24 * time.Hour
