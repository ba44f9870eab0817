// Package pattern reads STIX 2.1 patterns (section 9 of the standard), matches
// them over what was observed, and finds the single values they look for.
//
// It does not fetch, store or decide, and it follows no reference outside one
// observation. What a pattern may cost to read and to match is bounded, and
// whatever cannot be answered exactly is an error, never a guess.
//
// Invariant: Parse(p.String()) is p. DESIGN.md says how time is treated.
package pattern

import (
	"strconv"

	"entente/internal/fault"
)

// Limits of a pattern (J21): beyond them a pattern costs more to match than any
// indicator is worth.
const (
	MaxBytes   = 64 << 10
	MaxDepth   = 32      // nested parentheses
	MaxParts   = 4096    // observations, comparisons, constants and steps of paths
	MaxRepeats = 100_000 // REPEATS n TIMES
)

// Pattern is a pattern that parses.
type Pattern struct {
	Root Expr
	src  string // for the places in errors
}

// Expr is an observation expression: an [*Observation], a [*Join] or a
// [*Qualified].
type Expr interface{ appendTo(dst []byte) []byte }

// Observation is a test in brackets, which one observation must pass.
type Observation struct{ Test Test }

// Join combines observation expressions. Of has two or more.
type Join struct {
	Op Op
	Of []Expr
}

// Qualified restricts when, or says how often, an expression must match. By has
// one or more.
type Qualified struct {
	Of Expr
	By []Qualifier

	group bool // Of stands in parentheses
}

// Op joins expressions, or tests.
type Op uint8

// The operators, the one that binds tightest first. FOLLOWEDBY joins
// expressions only.
const (
	And Op = iota
	Or
	FollowedBy
)

var opNames = [...]string{"AND", "OR", "FOLLOWEDBY"}

func (o Op) String() string { return opNames[o] }

// QualifierKind says which fields of a [Qualifier] count.
type QualifierKind uint8

// The kinds of qualifier.
const (
	Within    QualifierKind = iota // Seconds
	Repeats                        // Times
	StartStop                      // Start and Stop
)

var qualifierNames = [...]string{"WITHIN", "REPEATS", "START"}

func (k QualifierKind) String() string { return qualifierNames[k] }

// Qualifier is one of WITHIN, REPEATS and START … STOP.
type Qualifier struct {
	Kind        QualifierKind
	Seconds     string // a decimal number above 0
	Times       int    // 1 to MaxRepeats
	Start, Stop string // timestamps; Stop is not included

	strings bool // START and STOP were strings, as in STIX 2.0
	at      int
}

// Test is what is in the brackets: a [*Comparison] or a [*Junction].
type Test interface{ appendTo(dst []byte) []byte }

// Junction combines tests with And or Or. Of has two or more.
type Junction struct {
	Op Op
	Of []Test
}

// Comparison tests the values at one path.
type Comparison struct {
	Path   Path
	Not    bool
	Op     Comparator
	Values []Constant // one; any number for In; none for Exists

	at, valueAt int // where the comparison and its first constant begin
}

// Comparator is a comparison operator.
type Comparator uint8

// The comparison operators of section 9.6.
const (
	Equal Comparator = iota
	NotEqual
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
	In
	Like
	Matches
	IsSubset
	IsSuperset
	Exists
)

var comparatorNames = [...]string{"=", "!=", "<", "<=", ">", ">=", "IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET", "EXISTS"}

func (c Comparator) String() string { return comparatorNames[c] }

// Path leads from an object of a type to values.
type Path struct {
	Type  string
	Steps []Step // the first is a key
}

// Step is one step of a path.
type Step struct {
	Kind  StepKind
	Key   string // of a KeyStep
	Index int    // of an IndexStep; below 0 it selects nothing
}

// StepKind is the kind of a [Step].
type StepKind uint8

// The kinds of step.
const (
	KeyStep   StepKind = iota // .name or .'any name'
	IndexStep                 // [3]
	AnyStep                   // [*]
)

// Constant is a constant of section 9.2.
type Constant struct {
	Kind ConstantKind
	Text string // the text or bytes themselves; numbers in their shortest form; "true" or "false"
}

// ConstantKind is the type of a [Constant].
type ConstantKind uint8

// The types of constants.
const (
	Integer ConstantKind = iota
	Float
	String
	Boolean
	Binary // Text holds the bytes
	Hex    // Text holds the bytes
	Timestamp
)

// place says where in the pattern something is, for people and for programs.
func place(src string, at int) string {
	line, column := 1, 1
	for i, r := range src {
		if i >= at {
			break
		}
		if column++; r == '\n' {
			line, column = line+1, 1
		}
	}
	return "at byte " + strconv.Itoa(at) + " (line " + strconv.Itoa(line) + ", column " + strconv.Itoa(column) + ")"
}

// refuse returns an invalid fault whose field says what is wrong and where.
func refuse(src string, at int, code, what string) *fault.Error {
	return fault.New(fault.Invalid, code, "The pattern is refused: it %s.", what).At("", what+" "+place(src, at)).Try("%s", hints[code])
}

// hints says for each code what its author can do.
var hints = map[string]string{
	"pattern.syntax":    "Write the pattern as section 9 of STIX 2.1 defines it, such as [ipv4-addr:value = '198.51.100.3'].",
	"pattern.limit":     "Simplify the pattern, or split the indicator.",
	"pattern.qualifier": "Give each observation at most one qualifier of a kind, with numbers above 0 and START before STOP, as t'…'.",
	"pattern.hash":      "Send each hash in the digits of its algorithm.",
	"pattern.regex":     "Use what PCRE and RE2 have in common: no lookaround, no backreferences, no possessive repetition.",
	"pattern.range":     "Give an address, or an address, a slash and the length of the prefix.",
	"pattern.set":       "List constants of one type; integers and floats go together.",
	"pattern.time":      "Use a day and a time of day that exist.",
}
