package workbook

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
)

// events are a change, a refusal by nobody's name with a text that a spreadsheet would
// run, and one from before the chain.
func events() []audit.Event {
	at := time.Date(2014, 9, 5, 4, 30, 15, 0, time.UTC)
	return []audit.Event{
		{ID: uuid.UUID{15: 1}, At: at, Verb: "placement.revise", Outcome: audit.Success, Campaign: "feicheng", Kind: "placement", Thing: uuid.UUID{15: 9}.String(),
			Actor:  audit.Actor{ID: "zhujian", Name: "李办事员", Role: audit.RoleUnit, Unit: "zhujianju", Address: "192.0.2.7", Reference: "7F3A01"},
			Before: json.RawMessage(`{"quantity":5}`), After: json.RawMessage(`{"quantity":6}`),
			Link: audit.Link{Chain: uuid.UUID{15: 3}, Seq: 2, Previous: "aa", Hash: "bb"}},
		{ID: uuid.UUID{15: 2}, At: at, Verb: "session.refuse", Outcome: audit.Refused, Kind: "person", Thing: "=cmd|' /C calc'!A0",
			Actor: audit.Actor{Address: "198.51.100.4", Reference: "7F3A02"}, Link: audit.Link{Chain: uuid.UUID{15: 3}, Seq: 3, Previous: "bb", Hash: "cc"}},
		{ID: uuid.UUID{15: 3}, At: at.AddDate(-1, 0, 0), Verb: "unheard.of", Kind: "thing", Actor: audit.Actor{ID: "x", Role: "guest"}},
	}
}

func TestAudit(t *testing.T) {
	var book, sheet bytes.Buffer
	if err := Audit(context.Background(), &book, each(events())); err != nil {
		t.Fatal(err)
	}
	golden(t, "audit", undated(t, book.Bytes()))
	if err := AuditCSV(context.Background(), &sheet, each(events())); err != nil {
		t.Fatal(err)
	}
	goldenText(t, "audit.csv", sheet.Bytes())
}
