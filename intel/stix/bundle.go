package stix

import (
	"bytes"
	"cmp"
	"errors"
	"strconv"

	"entente/intel"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
)

// Limits of a whole document; [strictjson.Default] bounds each object in it.
// Trees of small values take fifty times the memory of their text (J7), so
// what is kept is bounded in values. All of Enterprise ATT&CK has 0.65 million.
const (
	maxDocument = 128 << 20
	maxObjects  = 250_000
	maxValues   = 5_000_000
)

// Bundle is the account of one document: every object in it is in exactly one
// of the lists.
type Bundle struct {
	ID       string // of the bundle, "" when the document is none
	Accepted []Accepted
	Rejected []Rejected
}

// Accepted is an object that keeps the MUST rules.
type Accepted struct {
	Object   *intel.Object
	Pointer  string        // of the object in the document
	Warnings []fault.Field // pointers are into the object
	Undated  bool          // modified is when the document was made: the same content in a later one is no new version
}

// Rejected is a part of the document that was not accepted, with the reason
// and the bytes, so that its sender can find and repair it.
type Rejected struct {
	Pointer string        // of the part in the document
	ID      string        // as it claims, "" when that cannot be read
	Code    string        // stix.* or json.*
	Detail  string        // the pointer into the object and what is wrong there
	Next    string        // what its sender can do
	Fields  []fault.Field // all that is wrong; pointers are into the object
	Raw     []byte        // exactly the bytes of the part
	Hash    ident.Digest  // of Raw
}

// Parse reads a bundle, a list of objects or a single object. It returns an
// error only when the document cannot be taken apart; whatever is wrong with
// one object is in its [Rejected]. Objects of a bundle that says it is STIX
// 2.0 are upgraded; the reason of every change is at upgrade in upgrade.go.
//
// The result shares memory with b.
func Parse(b []byte) (Bundle, error) {
	if len(b) > maxDocument {
		return Bundle{}, TooLong(maxDocument)
	}
	s := &splitter{src: b}
	s.space()
	if s.at < len(b) && b[s.at] == '[' {
		elements, err := s.items()
		if err = cmp.Or(err, s.endAfter(err)); err != nil {
			return Bundle{}, err
		}
		var out account
		out.addAll(b, elements, "", false)
		return out.Bundle, nil
	}
	members, err := s.members()
	if err = cmp.Or(err, s.endAfter(err)); err != nil {
		return Bundle{}, err
	}
	if !isBundle(b, members) {
		var out account
		out.add(bytes.TrimSpace(b), "", false)
		return out.Bundle, nil
	}
	return parseBundle(b, members)
}

// account is a bundle while it is read.
type account struct {
	Bundle
	values int // in the trees of all accepted objects
}

func (s *splitter) endAfter(err error) error {
	if err != nil {
		return err
	}
	return s.end()
}

// isBundle reports whether any member says so, so that a second type cannot
// hide it.
func isBundle(b []byte, members []element) bool {
	for _, m := range members {
		if memberName(m) == "type" && stringAt(b, m) == "bundle" {
			return true
		}
	}
	return false
}

// memberName decodes a name; one that cannot be decoded is no name we know.
func memberName(m element) string {
	v, err := strictjson.Parse(m.name, strictjson.Default())
	if err != nil {
		return ""
	}
	return v.Text
}

func stringAt(b []byte, e element) string {
	if b[e.start] != '"' {
		return ""
	}
	v, err := strictjson.Parse(b[e.start:e.end], strictjson.Default())
	if err != nil {
		return ""
	}
	return v.Text
}

func parseBundle(b []byte, members []element) (Bundle, error) {
	var out account
	byName := map[string]element{}
	for _, m := range members {
		name := memberName(m)
		if _, twice := byName[name]; twice {
			return Bundle{}, fault.New(fault.Invalid, "json.duplicate", "The bundle has two members of one name, or a name that cannot be read.").
				At(strictjson.Pointer(name), "at byte "+strconv.Itoa(m.start)).Try("Send each name once.")
		}
		byName[name] = m
		switch name {
		case "type", "id", "objects", "spec_version":
		default:
			out.refuse(b, m, name, "stix.bundle", "is not a property of a bundle")
		}
	}
	id, hasID := byName["id"]
	if hasID {
		out.ID = stringAt(b, id)
	}
	if typ, ok := typeOf(out.ID); !ok || typ != "bundle" {
		out.refuse(b, id, "id", "stix.id", "is missing or not bundle-- and a UUID")
		out.ID = ""
	}
	version, versioned := byName["spec_version"]
	legacy := versioned && stringAt(b, version) == "2.0"
	if versioned && !legacy && stringAt(b, version) != "2.1" {
		out.refuse(b, version, "spec_version", "stix.spec-version", "is neither 2.0 nor 2.1")
	}
	objects, ok := byName["objects"]
	if !ok {
		return out.Bundle, nil // section 8: a bundle may be empty
	}
	if b[objects.start] != '[' {
		out.refuse(b, objects, "objects", "stix.bundle", "is not a list")
		return out.Bundle, nil
	}
	inner := &splitter{src: b, at: objects.start}
	elements, err := inner.items()
	if err != nil {
		return Bundle{}, err
	}
	if len(elements) == 0 {
		out.refuse(b, objects, "objects", "stix.empty", "is an empty list")
	}
	out.addAll(b, elements, "/objects", legacy)
	return out.Bundle, nil
}

// refuse records something wrong with the bundle itself. Its objects are not
// to blame: a bundle is only their transport (section 8).
func (out *account) refuse(b []byte, at element, name, code, detail string) {
	raw := b[at.start:at.end]
	out.Rejected = append(out.Rejected, Rejected{
		Pointer: strictjson.Pointer(name), Code: code, Detail: detail, Next: hints[code],
		Fields: []fault.Field{{Detail: detail}}, Raw: raw, Hash: ident.Sum(raw),
	})
}

func (out *account) addAll(b []byte, elements []element, prefix string, legacy bool) {
	out.Accepted = make([]Accepted, 0, len(elements))
	for i, e := range elements {
		out.add(b[e.start:e.end:e.end], prefix+"/"+strconv.Itoa(i), legacy)
	}
}

// add accounts for one element.
func (out *account) add(raw []byte, pointer string, legacy bool) {
	accepted, err := parseElement(raw, legacy)
	if err != nil {
		out.Rejected = append(out.Rejected, rejected(raw, pointer, err))
		return
	}
	for _, a := range accepted {
		out.values += sizeOf(a.Object.Tree)
	}
	if out.values > maxValues {
		err := fault.New(fault.Invalid, "json.tokens", "The document has more than %d values.", maxValues).At("", "is beyond what one document may hold").Try("Split the document.")
		out.Rejected = append(out.Rejected, rejected(raw, pointer, err))
		return
	}
	for _, a := range accepted {
		a.Pointer = pointer
		out.Accepted = append(out.Accepted, a)
	}
}

// sizeOf counts the values of a tree.
func sizeOf(v *strictjson.Value) int {
	n := 1
	for i := range v.Members {
		n += sizeOf(&v.Members[i].Value)
	}
	for i := range v.Items {
		n += sizeOf(&v.Items[i])
	}
	return n
}

func parseElement(raw []byte, legacy bool) ([]Accepted, error) {
	tree, err := strictjson.Parse(raw, strictjson.Default())
	if err != nil {
		return nil, err
	}
	if legacy && tree.Kind == strictjson.Object && tree.Get("spec_version") == nil {
		return upgrade(raw, &tree)
	}
	o, warnings, err := fromTree(raw, &tree)
	if err != nil {
		return nil, err
	}
	return []Accepted{{Object: o, Warnings: warnings}}, nil
}

func rejected(raw []byte, pointer string, err error) Rejected {
	r := Rejected{Pointer: pointer, ID: claimedID(raw), Code: fault.CodeOf(err), Raw: raw, Hash: ident.Sum(raw)}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		r.Next, r.Fields = f.Next, f.Fields
		r.Detail = f.Message
		if len(f.Fields) > 0 {
			r.Detail = cmp.Or(f.Fields[0].Pointer, "/") + ": " + f.Fields[0].Detail
		}
	}
	return r
}

// claimedID finds the id of an element that may not even be JSON, for people
// to find it by. It proves nothing.
func claimedID(raw []byte) string {
	s := &splitter{src: raw}
	members, err := s.members()
	if err != nil {
		return ""
	}
	id := ""
	for _, m := range members {
		if string(m.name) != `"id"` {
			continue
		}
		text := stringAt(raw, m)
		if _, ok := typeOf(text); !ok || id != "" {
			return ""
		}
		id = text
	}
	return id
}
