// Package problem holds what can go wrong that a person should read.
//
// A Problem carries a kind for programs, a sentence and a remedy for people,
// faults with their place (row and field), and the cause for the log. Whatever
// reaches the border of the program and is not a Problem is shown to people as
// a reference number only.
//
// # Why
//
// Sentences stand in one place so that they are of one voice and one person can
// read them all; packages below return a Problem where they know what the person
// should do next, and a plain error where only the operator can act.
package problem

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of problem it is; the border turns it into a status.
type Kind string

// The closed list of kinds.
const (
	KindInvalid         Kind = "invalid"         // what was sent can't be taken as it is
	KindUnauthenticated Kind = "unauthenticated" // nobody is signed in
	KindNotAllowed      Kind = "not-allowed"     // signed in, but this is not theirs to do
	KindNotFound        Kind = "not-found"       // there is no such thing, or not for this person
	KindConflict        Kind = "conflict"        // somebody else was first, or the id is taken
	KindTooLarge        Kind = "too-large"       // over a limit of size
	KindTooMany         Kind = "too-many"        // over a limit of rate
	KindUnavailable     Kind = "unavailable"     // try again later, nothing was taken
)

// Fault is one thing wrong at one place. Row is the number the person sees in
// the spreadsheet, 0 where there are no rows. Why says what is wrong and what to do.
type Fault struct {
	Row   int    `json:"row,omitempty"`
	Field string `json:"field,omitempty"`
	Why   string `json:"why"`
}

// Problem is an error a person can act on. Title is one sentence on what
// happened, Detail says what to do next; both are in Chinese. Cause is for the log.
type Problem struct {
	Kind   Kind
	Title  string
	Detail string
	Faults []Fault
	Cause  error
	Wait   time.Duration // after which it is worth trying again, 0 where time changes nothing
}

// Error is for the log.
func (p *Problem) Error() string {
	s := string(p.Kind) + ": " + p.Title
	for _, f := range p.Faults {
		s += fmt.Sprintf("; row %d %s: %s", f.Row, f.Field, f.Why)
	}
	if p.Cause != nil {
		s += ": " + p.Cause.Error()
	}
	return s
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Cause }

// Because adds the cause for the log and gives the same problem back.
func (p *Problem) Because(err error) *Problem {
	p.Cause = err
	return p
}

// As finds the Problem in an error chain.
func As(err error) (*Problem, bool) {
	var p *Problem
	ok := errors.As(err, &p)
	return p, ok
}

// Invalid is for input that can't be taken; each fault names its place.
func Invalid(title, detail string, faults ...Fault) *Problem {
	return &Problem{Kind: KindInvalid, Title: title, Detail: detail, Faults: faults}
}

// NotFound is for a thing that doesn't exist or that this person may not know of:
// both answer alike, so that ids can't be guessed.
func NotFound(what string) *Problem {
	return &Problem{Kind: KindNotFound, Title: "找不到" + what, Detail: "可能网址有误，或者它不属于您的单位。请从页面上方的菜单重新进入。"}
}

// NotAllowed is for an act that is not this person's.
func NotAllowed(what string) *Problem {
	return &Problem{Kind: KindNotAllowed, Title: "您的账号不能" + what, Detail: "如果工作需要，请联系本活动的管理单位调整权限。"}
}

// Unauthenticated is for a request without a valid session or token.
func Unauthenticated() *Problem {
	return &Problem{Kind: KindUnauthenticated, Title: "请先登录", Detail: "登录已过期或尚未登录，登录后会回到原来的页面。"}
}

// Conflict is for a change that somebody else was first to make.
func Conflict(title, detail string, faults ...Fault) *Problem {
	return &Problem{Kind: KindConflict, Title: title, Detail: detail, Faults: faults}
}

// TooLarge is for a body, file or cell over its limit.
func TooLarge(title, detail string) *Problem {
	return &Problem{Kind: KindTooLarge, Title: title, Detail: detail}
}

// TooMany is for a rate over its limit.
func TooMany(detail string) *Problem {
	return &Problem{Kind: KindTooMany, Title: "操作太频繁，请稍候再试", Detail: detail}
}

// Unavailable is for a failure that may pass; nothing was taken.
func Unavailable(title, detail string) *Problem {
	return &Problem{Kind: KindUnavailable, Title: title, Detail: detail}
}
