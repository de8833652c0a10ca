// Package audit keeps who did what to which thing, and when.
//
// It owns the table audit_events. Each store that changes data writes the event
// in the same function as the change; nothing else may write here, and nothing
// is ever changed or removed.
//
// # Why
//
// ClickHouse has no transaction over two tables. The data is written first and
// the event second: a crash between them leaves data whose event is missing,
// which is visible (the row names its author and time) and harmless (the sender
// was not answered and sends again). The other order could claim what never was.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/clickhouse"
	"shuixuan/app/keyset"
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
	Address   string // client address as the server believes it
	Reference string // reference of the request, also in the log
}

// System is the actor of commands typed on the server itself.
func System(command string) Actor {
	return Actor{ID: "system", Name: "命令行", Role: RoleSystem, Reference: command}
}

// Event is one act. Before and After hold the thing as JSON, never answers,
// passwords or phone numbers.
type Event struct {
	ID       uuid.UUID       `json:"id"`
	At       time.Time       `json:"at"`
	Actor    Actor           `json:"actor"`
	Verb     string          `json:"verb"` // placement.log, wave.close …
	Campaign string          `json:"campaign"`
	Kind     string          `json:"kind"` // of the thing: placement, unit …
	Thing    string          `json:"thing"`
	Before   json.RawMessage `json:"before,omitempty"`
	After    json.RawMessage `json:"after,omitempty"`
}

// Log writes and reads events.
type Log struct{ db *clickhouse.DB }

// NewLog gives the log kept in db.
func NewLog(db *clickhouse.DB) *Log { return &Log{db: db} }

// Record writes events durably. An event without an id or time gets them here.
func (l *Log) Record(ctx context.Context, events ...Event) error {
	if len(events) == 0 {
		return nil
	}
	const insert = `INSERT INTO audit_events
		(id, at, actor, actor_name, role, unit, address, reference, verb, campaign, kind, thing, before, after)`
	err := l.db.Insert(ctx, "", insert, func(b driver.Batch) error {
		for _, e := range events {
			if e.ID == uuid.Nil {
				e.ID = uuid.New()
			}
			if e.At.IsZero() {
				e.At = time.Now()
			}
			if err := b.Append(e.ID, e.At.UTC(), e.Actor.ID, e.Actor.Name, string(e.Actor.Role), e.Actor.Unit,
				e.Actor.Address, e.Actor.Reference, e.Verb, e.Campaign, e.Kind, e.Thing,
				string(e.Before), string(e.After)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record audit events: %w", err)
	}
	return nil
}

// Events lists at most limit events after the cursor, oldest first.
func (l *Log) Events(ctx context.Context, campaign string, after keyset.Cursor, limit int) ([]Event, error) {
	const query = `
SELECT id, at, actor, actor_name, role, unit, address, reference, verb, campaign, kind, thing, before, after
FROM audit_events
WHERE (? = '' OR campaign = ?) AND (at, id) > (fromUnixTimestamp64Milli(toInt64(?), 'UTC'), toUUID(?))
ORDER BY at, id
LIMIT ?`
	rows, err := l.db.Query(ctx, query, campaign, campaign, after.Millis(), after.ID.String(), limit)
	if err != nil {
		return nil, fmt.Errorf("list audit events: %w", err)
	}
	defer rows.Close()
	var events []Event
	for rows.Next() {
		var e Event
		var role, before, afterJSON string
		if err := rows.Scan(&e.ID, &e.At, &e.Actor.ID, &e.Actor.Name, &role, &e.Actor.Unit, &e.Actor.Address,
			&e.Actor.Reference, &e.Verb, &e.Campaign, &e.Kind, &e.Thing, &before, &afterJSON); err != nil {
			return nil, fmt.Errorf("list audit events: %w", err)
		}
		e.Actor.Role = Role(role)
		if before != "" {
			e.Before = json.RawMessage(before)
		}
		if afterJSON != "" {
			e.After = json.RawMessage(afterJSON)
		}
		events = append(events, e)
	}
	return events, rows.Err()
}
