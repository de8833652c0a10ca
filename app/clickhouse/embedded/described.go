package embedded

import (
	"regexp"
	"sync"
)

// described remembers the columns of tables, which the driver asks for before every insert: two
// or three statements of a millisecond for each group of responses. Only this process changes
// tables here, and it forgets all when it does.
type described struct {
	mu      sync.Mutex
	answers map[string][]byte
	changes int
}

var describeTable = regexp.MustCompile(`(?is)^\s*DESCRIBE\s+TABLE\s+[^(]+$`)

// describes names what is asked; empty for what is not remembered.
func (s *statement) describes() string {
	if s.format != nativeFormat || !describeTable.MatchString(s.sql) {
		return ""
	}
	return s.database + "\x00" + s.sql
}

// of gives what is remembered, and how many changes there were until now.
func (d *described) of(key string) (answer []byte, changes int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.answers[key], d.changes
}

// keep takes an answer, unless a table was changed since it was asked for.
func (d *described) keep(key string, answer []byte, changes int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if changes != d.changes {
		return
	}
	if d.answers == nil {
		d.answers = map[string][]byte{}
	}
	d.answers[key] = answer
}

func (d *described) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changes++
	d.answers = nil
}
