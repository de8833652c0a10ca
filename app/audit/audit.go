// Package audit keeps who did what to which thing, when, from where and with what
// outcome.
//
// It owns the table audit_events. Each store that changes data writes the event
// in the same function as the change; nothing else may write here, and nothing
// is ever changed or removed: not by age either, so what the law wants kept for
// six months is kept as long as the database is.
//
// # Order of writing
//
// ClickHouse has no transaction over two tables. The data is written first and
// the event second: a crash between them leaves data whose event is missing,
// which is visible (the row names its author and time) and harmless (the sender
// was not answered and sends again). The other order could claim what never was.
// Of a read it is the other way round: its event is durable before the first byte
// leaves.
//
// # The chain
//
// Events of one running program form a chain: each carries its place (seq), the
// hash of the one before it (previous) and the hash of itself with all of that
// (hash). The first of a chain carries the hash of the newest event of the chain
// before. Log numbers events in the order they become durable, one insert at a
// time; who waits meanwhile shares the next one.
//
// An insert is one part on disk, there as a whole or not at all, so a crash leaves
// no gap. When its answer is lost it is sent once more under the same token, which
// adds nothing where the first arrived. When that fails too the outcome is open, and
// may stay so: what a server still holds can land after any question. So the chain
// ends there, whichever way it went, and the next event begins another one behind
// what the table holds by then. Both are sound.
//
// # What shows, and what doesn't
//
// Verify recounts every hash and finds an event that was changed, removed, inserted,
// repeated or moved, and a chain that was removed as a whole or cut short before
// another began. The table alone can't tell that the very last events are missing. For
// that the newest hash is written to a file beside the data (KeepHead): at once when a
// chain begins, when the program ends, and in between once a minute while there
// are events. Events of the last minute before a kill are in no such line.
//
// Not found is what somebody does who may write both the table and that file: they can
// compute the chain anew, as we do. Nor is a chain that was added, all of it, by hand;
// Verify counts the chains no line of the file names, and on a cluster those of other
// machines are among them. A copy of the file in other hands (docs/operations.md)
// takes away the first. A key was not taken: whoever may write these files may
// read the key.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/user"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/clickhouse"
)

// Role is what a person may be in a campaign.
type Role string

// The closed list of roles.
const (
	RoleOffice      Role = "office"      // 市创建办: keeps the plan, sees all of the campaign
	RoleUnit        Role = "unit"        // 责任单位: logs and sees what is theirs
	RoleDistributor Role = "distributor" // 问卷发放员: enters and imports responses
	RoleAdmin       Role = "admin"       // 系统管理员: accounts and units, none of the campaign's rows
	RoleInspector   Role = "inspector"   // 验收专家: reads the parts opened to them
	RoleAuditor     Role = "auditor"     // 审计员: reads the audit trail only
	RoleRespondent  Role = "respondent"  // whoever answers on the public page: nobody knows who
	RoleOpen        Role = "open"        // 数据接口: a program that reads the open views, and nothing else
	RoleSystem      Role = "system"      // the command line and the first start
)

// Actor is anyone who acts: a person signed in, a token, or the program itself.
// Campaign is empty for one who may act in every campaign; Unit is the unit whose
// things are theirs, empty for the office.
type Actor struct {
	ID        string
	Name      string
	Role      Role
	Campaign  string
	Unit      string
	Parts     string // of an inspector: what is opened to them, with commas between
	ReadOnly  bool   // the unit is closed: its people read and write nothing
	Dossier   string // of an inspector's link: the one sealed dossier that it opens
	Sealed    bool   // of an inspector's link: nothing is opened but that dossier
	Address   string // client address as the server believes it
	Reference string // reference of the request, also in the log
}

// Respondent is the actor of the public page. Where it is used from is not kept: an
// address would tell who answered.
func Respondent(reference string) Actor {
	return Actor{ID: string(RoleRespondent), Name: "受访者", Role: RoleRespondent, Address: "不记录", Reference: reference}
}

// System is the actor of commands typed on the server itself. It names the user of the
// operating system, who is all that is known of the person.
func System(command string) Actor {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return Actor{ID: "system", Name: "命令行（" + operator() + "）", Role: RoleSystem, Address: host, Reference: command}
}

// operator names the user that runs this program, and who became it by sudo.
func operator() string {
	name := fmt.Sprintf("uid %d", os.Getuid())
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	if by := os.Getenv("SUDO_USER"); by != "" && by != name {
		name += "，由" + by
	}
	return name
}

// Outcome says how an act ended.
type Outcome string

// The closed list of outcomes. An act that failed of itself, a full disk say, is in the
// server's log and not here.
const (
	Success Outcome = "success"
	Refused Outcome = "refused" // it was tried and not allowed: a wrong password, say
)

// Event is one act. Before and After hold the thing as JSON, never answers or passwords;
// telephone numbers that somebody wrote into a remark are masked by Record.
type Event struct {
	ID       uuid.UUID       `json:"id"`
	At       time.Time       `json:"at"` // to the millisecond
	Actor    Actor           `json:"actor"`
	Verb     string          `json:"verb"`    // placement.log, wave.close …
	Outcome  Outcome         `json:"outcome"` // Success when left empty
	Campaign string          `json:"campaign"`
	Kind     string          `json:"kind"` // of the thing: placement, unit …
	Thing    string          `json:"thing"`
	Before   json.RawMessage `json:"before,omitempty"`
	After    json.RawMessage `json:"after,omitempty"`
	Link     Link            `json:"link,omitzero"` // set by Record
}

// Log writes and reads events.
type Log struct {
	db   *clickhouse.DB
	line line
}

// NewLog gives the log kept in db.
func NewLog(db *clickhouse.DB) *Log { return &Log{db: db, line: newLine()} }

// origin is where a request came from.
type origin struct{ address, reference string }

type originKey struct{}

// From gives a context whose events say where they came from, so that also an act of
// nobody, a sign-in that fails, has its address and its reference.
func From(ctx context.Context, address, reference string) context.Context {
	return context.WithValue(ctx, originKey{}, origin{address, reference})
}

// Record writes events durably, all of them or none. An event without an id, a time or
// an outcome gets them here, and an actor without an address or a reference those of
// the context. When it fails the events may still be there; written again they are
// others, with ids of their own.
func (l *Log) Record(ctx context.Context, events ...Event) error {
	if len(events) == 0 {
		return nil
	}
	from, _ := ctx.Value(originKey{}).(origin)
	whole := make([]Event, len(events))
	for i, e := range events {
		if e.ID == uuid.Nil {
			e.ID = uuid.New()
		}
		if e.At.IsZero() {
			e.At = time.Now()
		}
		if e.Outcome == "" {
			e.Outcome = Success
		}
		if e.Actor.Address == "" {
			e.Actor.Address = from.address
		}
		if e.Actor.Reference == "" {
			e.Actor.Reference = from.reference
		}
		e.At = e.At.UTC().Truncate(time.Millisecond)
		e.Before, e.After = masked(e.Before), masked(e.After)
		whole[i] = e
	}
	if err := l.append(ctx, whole); err != nil {
		return fmt.Errorf("record audit events: %w", err)
	}
	return nil
}
