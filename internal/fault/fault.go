// Package fault is the error vocabulary every domain package speaks.
//
// A domain package returns a [*Error] when the caller can act on the failure,
// and a plain wrapped error when only an operator can. Adapters (api, console,
// cli) translate a fault into what their user sees; they never look at anything
// but [KindOf], the code, the message and the fields. The cause is for the log.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what the caller can do about an error. Each adapter maps kinds, not
// codes, so a new code never needs a new mapping.
type Kind uint8

// The kinds, from "our mistake" to "your mistake".
const (
	Internal        Kind = iota // a bug or a broken dependency; details stay in the log
	Unavailable                 // try again later
	Invalid                     // the input can never be right; see Fields
	NotFound                    // no such thing, or the caller may not know that it exists
	Conflict                    // right input, wrong moment
	Unauthenticated             // say who you are
	Forbidden                   // the operator's role does not allow it
	Denied                      // an agreement does not allow it; the decision explains why
	Unverified                  // a signature, hash or proof does not hold
)

var names = [...]string{"internal", "unavailable", "invalid", "not-found", "conflict", "unauthenticated", "forbidden", "denied", "unverified"}

func (k Kind) String() string { return names[k] }

// Field points at one wrong part of the input, in JSON Pointer form.
type Field struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

// Error is a failure the caller can act on.
type Error struct {
	Kind    Kind
	Code    string // stable, documented in docs/problems.md, e.g. "release.stale"
	Message string // one sentence for the person who asked; no secrets, no SQL
	Fields  []Field
	Next    string        // what the person can do about it, as one instruction
	Retry   time.Duration // of an unavailable fault: how long it will last, if that is known
	cause   error
}

// New returns an error of a kind with a stable code and a message for the user.
func New(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// At adds a pointer to the part of the input that is wrong.
func (e *Error) At(pointer, detail string) *Error {
	e.Fields = append(e.Fields, Field{Pointer: pointer, Detail: detail})
	return e
}

// Try says what the person who asked can do next.
func (e *Error) Try(format string, args ...any) *Error {
	e.Next = fmt.Sprintf(format, args...)
	return e
}

// After says how long it makes no sense to try again.
func (e *Error) After(wait time.Duration) *Error {
	e.Retry = wait
	return e
}

// Because records the internal cause. It is logged and never shown to the user.
func (e *Error) Because(cause error) *Error {
	e.cause = cause
	return e
}

func (e *Error) Error() string {
	if e.cause == nil {
		return e.Code + ": " + e.Message
	}
	return e.Code + ": " + e.Message + ": " + e.cause.Error()
}

// Unwrap returns the internal cause.
func (e *Error) Unwrap() error { return e.cause }

// CodeOf returns the code of the first fault in err's chain, and "internal"
// for any other non-nil error.
func CodeOf(err error) string {
	if f, ok := errors.AsType[*Error](err); ok {
		return f.Code
	}
	return Internal.String()
}

// KindOf returns the kind of the first fault in err's chain, and [Internal] for
// any other non-nil error.
func KindOf(err error) Kind {
	if f, ok := errors.AsType[*Error](err); ok {
		return f.Kind
	}
	return Internal
}
