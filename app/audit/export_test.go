package audit

import "context"

// Resealed gives an event the hash of what it holds, as somebody would who reads this
// source.
func Resealed(e Event) Event {
	e.Link.Hash = e.sum()
	return e
}

// InsertAgain is what Record does when it can't say whether its events are there.
func (l *Log) InsertAgain(ctx context.Context, events []Event) error {
	return l.insertAgain(ctx, events)
}
