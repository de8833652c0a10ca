package ingest

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
)

// Waited is what is known of a record that was saved on somebody's phone and came later.
// Nothing is decided by the phone's clock: when a record was received is the server's to
// say. What the phone said stands beside it in the audit trail, as what it is.
type Waited struct {
	At   time.Time     // when it was saved, by the clock of the phone
	Skew time.Duration // the server's time less the phone's, when both were known
	// Who wrote it, and the file it came in, where somebody else handed it in.
	By, Name string
	Batch    uuid.UUID
}

type waitedKey struct{}

// WithWaited gives a context whose new rows say in their events that they waited.
func WithWaited(ctx context.Context, w Waited) context.Context {
	return context.WithValue(ctx, waitedKey{}, w)
}

// recorder is whose record it is: of one that was handed in, who wrote it.
func recorder(ctx context.Context, actor audit.Actor) string {
	if w, ok := ctx.Value(waitedKey{}).(Waited); ok && w.By != "" {
		return w.By
	}
	return actor.ID
}

// waited adds to an event what is known of the phone that its record waited on.
func waited(ctx context.Context, e audit.Event) audit.Event {
	w, ok := ctx.Value(waitedKey{}).(Waited)
	if !ok || w.At.IsZero() && w.By == "" {
		return e
	}
	after := map[string]json.RawMessage{}
	if json.Unmarshal(e.After, &after) != nil {
		return e
	}
	client := map[string]any{}
	if !w.At.IsZero() {
		client["saved_at"] = w.At.UTC()
	}
	if seconds := int(w.Skew.Seconds()); seconds != 0 {
		client["clock_skew_s"] = seconds
	}
	if w.By != "" {
		client["by"], client["by_name"] = w.By, w.Name
	}
	if w.Batch != uuid.Nil {
		client["batch"] = w.Batch
	}
	after["client"], _ = json.Marshal(client) // plain words: can't fail
	e.After, _ = json.Marshal(after)
	return e
}
