// Package ingest takes bytes to committed rows: Batch, Receipt, Rejection, Commit.
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
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
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
// fault. Field is the column heading as the person sees it, empty where the whole
// row is meant.
type Rejection struct {
	Row   int    `json:"row"`
	Field string `json:"field"`
	Why   string `json:"why"`
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
	DryRun           bool        `json:"dry_run,omitempty"`
	Sender           audit.Actor `json:"-"`
	RecordedAt       time.Time   `json:"recorded_at,omitzero"`

	// Cells holds the rejected rows as they were sent, by row, for the workbook that
	// goes back to the sender.
	Cells map[int][]string `json:"-"`
}

// RejectedRows counts distinct rejected rows.
func (r *Receipt) RejectedRows() int {
	seen := map[int]bool{}
	for _, rej := range r.Rejected {
		seen[rej.Row] = true
	}
	return len(seen)
}
