// Package stix reads STIX 2.1, and 2.0 by upgrading it, so that a bad object
// costs its sender that object and nothing else.
//
// It checks the MUST rules of the standard against a table (spec_*.go) and
// reads markings; it does not store, decide or resolve references. Patterns are
// read by package pattern.
//
// Invariant: every byte of a document is accounted for. An object is accepted
// with the exact bytes it had (or, for 2.0, beside them), or it is rejected
// with the exact bytes it had and a reason its sender can act on.
package stix

import (
	"entente/intel"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
)

// ParseObject reads one STIX 2.1 object. Warnings are deviations that real
// producers make and that do not change the meaning, each "code: sentence" at
// a JSON Pointer into the object. The error is an invalid fault of package
// strictjson, or has a code stix.* and a field for every rule that is broken.
//
// Raw and Tree of the object share memory with raw.
func ParseObject(raw []byte) (*intel.Object, []fault.Field, error) {
	tree, err := strictjson.Parse(raw, strictjson.Default())
	if err != nil {
		return nil, nil, err
	}
	return fromTree(raw, &tree)
}

func fromTree(raw []byte, tree *strictjson.Value) (*intel.Object, []fault.Field, error) {
	c := checker{}
	c.object(tree)
	if err := c.fault(); err != nil {
		return nil, nil, err
	}
	return newObject(raw, tree), c.warnings, nil
}

// newObject wraps a tree that has been checked.
func newObject(raw []byte, tree *strictjson.Value) *intel.Object {
	o := &intel.Object{
		ID:          tree.GetText("id"),
		Type:        tree.GetText("type"),
		SpecVersion: "2.1", // of an SCO that does not say (section 3.2)
		Version:     tree.GetText("modified"),
		CreatedBy:   tree.GetText("created_by_ref"),
		Raw:         raw,
		Hash:        ident.Sum(raw),
		Tree:        tree,
		Refs:        Refs(tree),
	}
	if o.Version == "" {
		o.Version = tree.GetText("created")
	}
	if revoked := tree.Get("revoked"); revoked != nil {
		o.Revoked = revoked.Bool
	}
	return o
}
