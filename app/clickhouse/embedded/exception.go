package embedded

import (
	"errors"
	"fmt"
	"regexp"
)

// Why a folder or a library can't be used. Package clickhouse turns these into
// words for people.
var (
	ErrLibraryMissing    = errors.New("engine library not found")
	ErrLibraryUnusable   = errors.New("engine library can't be loaded")
	ErrFolderInUse       = errors.New("folder is in use by another process")
	ErrFolderNotWritable = errors.New("folder is not writable")
	ErrDiskFull          = errors.New("disk is full")
	ErrRefused           = errors.New("engine refused to start on this folder; its reason is on stderr")
	ErrClosed            = errors.New("engine is closed")
)

// exception is an error of the engine, in the text a server would send:
// "Code: 62. DB::Exception: Syntax error …".
type exception struct {
	code string
	text string
}

func (e *exception) Error() string { return e.text }

var codePattern = regexp.MustCompile(`Code: (\d+)\.`)

// newException keeps the text from its code on. The embedded engine sometimes
// puts words of its own in front, and sometimes has no code at all, which the
// driver would not recognise as an exception: 1002 is UNKNOWN_EXCEPTION.
func newException(text string) *exception {
	at := codePattern.FindStringSubmatchIndex(text)
	if at == nil {
		return &exception{code: "1002", text: fmt.Sprintf("Code: 1002. DB::Exception: %s (UNKNOWN_EXCEPTION)", text)}
	}
	return &exception{code: text[at[2]:at[3]], text: text[at[0]:]}
}

// Exception gives the number and the text of an error of the engine, as a server would send
// them; ok is false for errors that aren't the engine's.
func Exception(err error) (code, text string, ok bool) {
	var e *exception
	if !errors.As(err, &e) {
		return "", "", false
	}
	return e.code, e.text, true
}
