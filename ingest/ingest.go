// Package ingest takes bytes to committed rows: a batch, its receipt and its rejections.
//
// The life of a response, or of a placement: a form, a program or a workbook reaches
// a handler, which checks who it is. Here each row is turned into a noun or into a
// rejection with its place and reason; the good rows are inserted, durable, in one
// batch with its receipt and audit event; only then is the sender told. Package
// analytics goes on from the table.
//
// # Why
//
// Writing and reading meet at the table and nowhere else, so this package imports
// neither analytics nor dashboards. A single row takes the same way as a hundred
// thousand: Commit accepts batches from many callers, may put them into one insert,
// and answers each caller for its own rows once they are durable.
//
// A crash between rows and receipt leaves rows whose sender was not answered: they
// send again, every row is known by its id, and the receipt is written then.
package ingest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/revision"
	"shuixuan/app/survey"
)

// Kind says what a batch holds.
type Kind string

// The closed list of kinds that make receipts.
const (
	Placements Kind = "placements"
	Responses  Kind = "responses"
	Units      Kind = "units"
	Plan       Kind = "plan"
	Questions  Kind = "questionnaire"
)

// Rejection is one bad row and why. A row with several faults has one entry per
// fault. Field is the intake's name of the field (quantity, start …, or the name of a
// question), empty where the whole row is meant; Heading is the column as the person
// sees it.
type Rejection struct {
	Row     int    `json:"row"`
	Field   string `json:"field"`
	Heading string `json:"heading,omitempty"`
	Why     string `json:"why"`
	// Repeat tells that the row says the same as another one: sent again on purpose
	// (Options.Again) it is accepted.
	Repeat bool `json:"repeat,omitempty"`
}

// Skip is a row that holds nothing to take: empty, a subtotal, a repeated heading.
type Skip struct {
	Row int    `json:"row"`
	Why string `json:"why"`
}

// Accepted is a row that went in (or, in a preview, would go in).
type Accepted struct {
	Row     int       `json:"row"`
	ID      uuid.UUID `json:"id"`
	Warning string    `json:"warning,omitempty"`
	What    string    `json:"what,omitempty"` // of an unsent record: what it is, who wrote it and when
	*Placed           // placements only
}

// Placed is a placement as it was understood, in words, so that the sender can check
// it against the sheet. Dates are ISO; a nil End is open.
type Placed struct {
	Unit     string   `json:"unit"`
	Task     string   `json:"task"`
	Carrier  string   `json:"carrier"`
	Place    string   `json:"place"`
	Quantity float64  `json:"quantity"`
	Measure  string   `json:"measure"`
	AreaM2   *float64 `json:"area_m2"`
	Start    string   `json:"start"`
	End      *string  `json:"end"`
}

// Receipt is what the sender is answered. Row numbers are those the person sees in
// the spreadsheet; every row of the sheet below its heading is in exactly one of
// Accepted, Rejected (by distinct row), Skipped and Known.
type Receipt struct {
	ID               uuid.UUID   `json:"id"`
	Kind             Kind        `json:"kind"`
	Campaign         string      `json:"campaign"`
	Wave             string      `json:"wave,omitempty"`
	File             string      `json:"file"`
	SHA256           string      `json:"sha256"`
	Sheet            string      `json:"sheet,omitempty"`
	Header           []string    `json:"header,omitempty"`
	HeaderRows       []int       `json:"header_rows,omitempty"`
	Rows             int         `json:"rows"`
	Accepted         []Accepted  `json:"accepted"`
	Rejected         []Rejection `json:"rejected"`
	Skipped          []Skip      `json:"skipped"`
	AlreadyKnown     int         `json:"already_known"`
	Known            []Skip      `json:"known,omitempty"` // rows that are in already, and where from
	ColumnsNotStored []string    `json:"columns_not_stored"`
	ColumnNotes      []string    `json:"column_notes,omitempty"` // why a column was left out, where there is more to say
	DryRun           bool        `json:"dry_run,omitempty"`
	Sender           audit.Actor `json:"-"`
	RecordedAt       time.Time   `json:"recorded_at,omitzero"`

	// Cells holds the rejected rows as they were sent, by row, for the workbook that
	// goes back to the sender.
	Cells map[int][]string `json:"-"`

	long *long // of many rows: the lists hold the first of them only
}

// Ingest is the intake: the one writer of placements, responses and receipts.
type Ingest struct {
	db        *clickhouse.DB
	log       *audit.Log
	originals *Originals
	units     *org.Store
	campaigns *campaign.Store
	surveys   *survey.Store
	standing  *placement.Store
	clock     func() time.Time

	secondLock  *sync.Mutex // see SecondEntry
	recent      *recentAnswers
	known       *knownIDs // of responses
	photos      *photoDesk
	placements  *committer[placement.Placement]
	responses   *committer[responseRow]
	inspections *committer[inspectionRow]
	mappings    *revision.Table[Mapping]
}

// Parts are what the intake stands on. Clock is the time source, time.Now when nil.
type Parts struct {
	DB        *clickhouse.DB
	Log       *audit.Log
	Originals *Originals
	Units     *org.Store
	Campaigns *campaign.Store
	Surveys   *survey.Store
	Clock     func() time.Time
}

// New starts the intake; Close ends it.
func New(p Parts) *Ingest {
	if p.Clock == nil {
		p.Clock = time.Now
	}
	in := &Ingest{db: p.DB, log: p.Log, originals: p.Originals, units: p.Units, campaigns: p.Campaigns, surveys: p.Surveys, standing: placement.NewStore(p.DB), clock: p.Clock, secondLock: &sync.Mutex{}}
	in.mappings = revision.NewTable[Mapping](p.DB, p.Log, "mappings", "mapping")
	in.photos, in.recent = newPhotoDesk(p.Originals), newRecentAnswers(p.DB.Embedded() != nil)
	in.known = newKnownIDs(p.DB)
	in.placements = newCommitter(p.Log, in.writePlacements, in.writeReceipts)
	in.responses = newCommitter(p.Log, in.writeResponses, in.writeReceipts)
	in.inspections = newCommitter(p.Log, in.writeInspections, in.writeReceipts)
	return in
}

// Originals gives the kept files.
func (in *Ingest) Originals() *Originals { return in.originals }

// At gives the same intake with another time source, for what is loaded later than it
// came in. Both write through the same committers, so Close ends both.
func (in *Ingest) At(clock func() time.Time) *Ingest {
	other := *in
	other.clock = clock
	return &other
}

// Close takes no more, writes out what was taken, and returns when all are answered.
func (in *Ingest) Close(ctx context.Context) error {
	err := errors.Join(in.placements.Close(ctx), in.responses.Close(ctx), in.inspections.Close(ctx))
	in.known.close()
	return err
}

// Flow is how the intake of a kind of rows stands: since the start, and now.
type Flow struct {
	Taken    uint64 // new rows that became durable
	Rejected uint64 // rows of batches and files that could not go in
	Refused  uint64 // batches that were turned away because too many waited
	Waiting  int    // batches in the queue
	Room     int    // how many may wait
}

// Flows gives how the intake stands, by kind.
func (in *Ingest) Flows() map[Kind]Flow {
	return map[Kind]Flow{Placements: in.placements.flow(), Responses: in.responses.flow(), inspectionRows: in.inspections.flow()}
}

func (c *committer[R]) flow() Flow {
	return Flow{c.taken.Load(), c.rejected.Load(), c.refused.Load(), len(c.queue), cap(c.queue)}
}

// inspectionRows are what was found at a place; they make no receipts.
const inspectionRows Kind = "inspections"

// Options say how a file is taken.
type Options struct {
	DryRun bool         // a preview: read and check everything, write nothing
	Sheet  string       // empty: the first sheet with a heading that is understood
	Again  map[int]bool // rows accepted although they say the same as another one
}

// shanghai is where civil dates are decided.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// civil gives the civil date of an instant, as midnight UTC.
func civil(at time.Time) time.Time {
	y, m, d := at.In(shanghai).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
