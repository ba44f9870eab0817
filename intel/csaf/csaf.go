// Package csaf reads security advisories of the Common Security Advisory
// Framework, CSAF 2.0 (OASIS Standard, 18 November 2022): it tests them as
// section 6 of the standard says, and converts them to STIX 2.1.
//
// It fetches nothing: no advisory a feed names, and no link to see whether it
// resolves. It does not decide, and gives no document a label it does not have.
//
// Invariant: a document that breaks the schema gives no object at all, and is
// rejected with exactly its bytes. Every object made of one that keeps it
// follows from the document alone, so that the same advisory is the same objects
// each time, whoever reads it.
package csaf

import (
	"bytes"
	"errors"

	"entente/intel/conversion"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// limits of one document. The largest published advisories have a few megabytes.
var limits = strictjson.Limits{Bytes: 32 << 20, Tokens: 1_000_000}

// Is reports whether a document is of CSAF rather than STIX: an advisory, or
// one of the documents with which providers list theirs. It looks at names only.
func Is(b []byte) bool { return kindOf(b) != "" }

// The kinds of documents that CSAF defines.
const (
	advisory   = "an advisory"
	provider   = "provider metadata"
	aggregator = "the list of an aggregator"
	rolie      = "a ROLIE feed or service document"
)

// told are the members by which a kind is known (section 3.2 for advisories,
// 7.1.8 for provider metadata, 7.1.15 for ROLIE, 7.1.21 for aggregators).
var told = []struct {
	kind string
	by   []string
}{
	{advisory, []string{"document"}},
	{aggregator, []string{"aggregator"}},
	{provider, []string{"metadata_version", "publisher"}},
	{rolie, []string{"feed"}},
	{rolie, []string{"service"}},
	{rolie, []string{"categories"}},
}

func kindOf(b []byte) string {
	if len(b) > limits.Bytes {
		return ""
	}
	members, err := stix.Members(bytes.TrimSpace(b))
	if err != nil {
		return ""
	}
	has := stix.Names(members)
	if has["type"] {
		return ""
	}
next:
	for _, t := range told {
		for _, name := range t.by {
			if !has[name] {
				continue next
			}
		}
		return t.kind
	}
	return ""
}

// Parse reads an advisory and converts it. It returns an error when the
// document is not an advisory. One that breaks the schema is the only
// [stix.Rejected], whole. Failed mandatory tests are warnings of the report.
//
// The report has the whole document beside it; the result shares memory with b.
func Parse(b []byte) (stix.Bundle, error) {
	if err := onlyAdvisories(b); err != nil {
		return stix.Bundle{}, err
	}
	d, err := read(b)
	if err != nil {
		return rejected(b, err), nil
	}
	return d.convert(b), nil
}

func onlyAdvisories(b []byte) error {
	switch kind := kindOf(b); kind {
	case advisory:
		return nil
	case "":
		return fault.New(fault.Invalid, "csaf.not-advisory", "There is no CSAF advisory here.").At("", "has no document").
			Try("Send the advisory itself, as its provider publishes it.")
	default:
		return fault.New(fault.Invalid, "csaf.not-advisory", "This is CSAF, but no advisory: it is %s.", kind).
			At("", "lists or describes advisories").
			Try("Fetch the advisories it points to and import those.")
	}
}

// read parses and checks a document. The error is of package strictjson,
// csaf.size or csaf.schema, with a field for each place that is wrong.
func read(b []byte) (*document, error) {
	tree, err := strictjson.Parse(b, limits)
	if err != nil {
		return nil, err
	}
	wrong, scores := checkSchema(&tree)
	if len(wrong) > 0 {
		return nil, schemaFault(wrong)
	}
	return newDocument(&tree, scores)
}

// maxNamed is how many places a fault or the warnings of an object name.
const maxNamed = 20

func schemaFault(wrong []Finding) error {
	f := fault.New(fault.Invalid, "csaf.schema", "The document does not keep the schema of CSAF 2.0 in %d places; nothing of it can be relied on.", len(wrong)).
		Try("Tell the publisher; entente object validate names every place.")
	for _, w := range wrong[:min(len(wrong), maxNamed)] {
		f = f.At(w.Pointer, w.Detail)
	}
	return f
}

// rejected is the account of a document none of which was taken.
func rejected(b []byte, err error) stix.Bundle {
	var a conversion.Account
	a.Reject(conversion.Part{Raw: b}, "", err)
	if f, ok := errors.AsType[*fault.Error](err); ok && len(f.Fields) > 0 {
		a.Bundle.Rejected[0].Detail = f.Message + " First: " + f.Fields[0].Pointer + " " + f.Fields[0].Detail
	}
	return a.Bundle
}
