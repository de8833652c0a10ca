package clickhouse

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// A migration may say in its first line that it only adds. A program of the version before,
// which doesn't know the file, reads and writes as ever on the tables that it leaves: so old and
// new serve side by side while servers are upgraded one by one, and the old one may start
// again. That is kept beside its record, where a program reads it that hasn't the file. It
// holds for one step: what a program lives with that knows neither of two was never tried.

// onlyAdds is that line.
const onlyAdds = "-- only adds\n"

func (m migration) onlyAdds() bool { return bytes.HasPrefix(m.source, []byte(onlyAdds)) }

// adding are the statements that take nothing from an older program. A materialized view isn't
// among them: it would run with the inserts of a program that was never tried with it.
var adding = []*regexp.Regexp{
	regexp.MustCompile(`^CREATE (TABLE|DATABASE) IF NOT EXISTS `),
	regexp.MustCompile(`^CREATE OR REPLACE VIEW \S*\bopen_\w+\S*\.\w+ `), // the program itself reads no open view
	regexp.MustCompile(`^ALTER TABLE \S+( ON CLUSTER \S+)? ADD (COLUMN|INDEX) IF NOT EXISTS `),
}

// changing finds, in a statement that begins like adding columns, one more command; an order of
// columns is a command to who inserts without naming them.
var (
	changing = regexp.MustCompile(`(?i)\b(DROP|MODIFY|ALTER COLUMN|RENAME|CLEAR|DELETE|UPDATE|MATERIALIZE|MATERIALIZED|REPLACE|REMOVE|RESET|MOVE|ATTACH|DETACH|FREEZE|FETCH|FIRST|AFTER)\b`)
	literal  = regexp.MustCompile(`'(\\.|''|[^'\\])*'`)
)

// checkAdding holds a migration to what it says of itself.
func (m migration) checkAdding(statements []string) error {
	if !m.onlyAdds() {
		return nil
	}
	for i, s := range statements {
		words := strings.Join(strings.Fields(literal.ReplaceAllString(s, "''")), " ")
		if !adds(words) {
			return fmt.Errorf("migration %s, statement %d: it says that it only adds, and does more: %.80s", m.name, i+1, words)
		}
	}
	return nil
}

func adds(statement string) bool {
	for _, one := range adding {
		if one.MatchString(statement) {
			return !strings.HasPrefix(statement, "ALTER") || !changing.MatchString(statement)
		}
	}
	return false
}
