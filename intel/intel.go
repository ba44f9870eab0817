// Package intel is what is shared: objects with the bytes they were received
// in, their markings and their references.
//
// It does not parse a format (intel/stix does) and does not decide. Invariant:
// Raw is never re-encoded; Hash is always the digest of exactly Raw.
package intel

import (
	"fmt"

	"entente/internal/ident"
	"entente/internal/strictjson"
)

// Object is one shared thing in one version.
type Object struct {
	ID          string            // e.g. "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
	Type        string            // e.g. "indicator"
	SpecVersion string            // "2.1"; 2.0 input is upgraded and says so in Upgraded
	Version     string            // modified, else created, exactly as written; "" where the type has neither
	CreatedBy   string            // created_by_ref as claimed by the bytes; proves nothing
	Revoked     bool              //
	Raw         []byte            // as received (after conversion, for input that is not STIX 2.1)
	Hash        ident.Digest      // of Raw
	Tree        *strictjson.Value // Raw, parsed
	Refs        []Ref             // every *_ref and *_refs, in document order
	Upgraded    *Upgrade          // set when Raw was made from STIX 2.0 or another format
}

// Ref is one reference from an object to another.
type Ref struct {
	Path string // selector form, e.g. "object_refs.[2]"
	ID   string
}

// Upgrade keeps what an object was before it was made STIX 2.1: the bytes of a
// STIX 2.0 object, or of the part of another format it came from, such as a MISP
// attribute or a line of a list. They are what was received, and are never sent.
type Upgrade struct {
	Raw  []byte
	Hash ident.Digest
}

// TLP is a Traffic Light Protocol 2.0 label, ordered by restriction. TLP 1's
// WHITE is Clear.
type TLP uint8

// The labels, least restrictive first.
const (
	Clear TLP = iota
	Green
	Amber
	AmberStrict
	Red
)

var tlpNames = [...]string{"clear", "green", "amber", "amber+strict", "red"}

func (t TLP) String() string { return tlpNames[t] }

// MarshalText writes "amber+strict" and so on.
func (t TLP) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (t *TLP) UnmarshalText(b []byte) error {
	parsed, ok := ParseTLP(string(b))
	if !ok {
		return fmt.Errorf("no TLP label: %q", b)
	}
	*t = parsed
	return nil
}

// ParseTLP reads a label in lower case ("amber+strict"); ok is false for
// anything else, "white" included.
func ParseTLP(s string) (t TLP, ok bool) {
	for i, n := range tlpNames {
		if n == s {
			return TLP(i), true
		}
	}
	return Red, false
}

// PAP is a Permissible Actions Protocol level, ordered by restriction.
type PAP uint8

// The levels, least restrictive first.
const (
	PAPClear PAP = iota
	PAPGreen
	PAPAmber
	PAPRed
)

var papNames = [...]string{"clear", "green", "amber", "red"}

func (p PAP) String() string { return papNames[p] }

// MarshalText writes "amber" and so on.
func (p PAP) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (p *PAP) UnmarshalText(b []byte) error {
	parsed, ok := ParsePAP(string(b))
	if !ok {
		return fmt.Errorf("no PAP level: %q", b)
	}
	*p = parsed
	return nil
}

// ParsePAP reads a level in lower case.
func ParsePAP(s string) (p PAP, ok bool) {
	for i, n := range papNames {
		if n == s {
			return PAP(i), true
		}
	}
	return PAPRed, false
}

// Markings is what all the markings on one object come to.
type Markings struct {
	TLP        TLP      // the strictest label on the object or on any part of it
	Labelled   bool     // some TLP label was present; when false TLP is Red (DECISION.md, step 2)
	Least      TLP      // what an importer may assign at least when Labelled is false: what the text reads like
	PAP        PAP      // strictest; PAPClear when none is present
	Statements []string // statement markings, for people
	IDs        []string // marking definitions applied, object and granular, sorted
	Closed     string   // not "": why no one may have the object (unknown, missing or cyclic marking)
	Flags      []string // what a person should look at, e.g. a selector that selects nothing
}
