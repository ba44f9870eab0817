// Package conversion is the account that is kept while a document of another
// format becomes STIX 2.1: what was made of which bytes, and what was set aside
// and why.
//
// It knows no format and decides nothing. Invariant: whatever it keeps follows
// the rules of STIX, and what was made of one part is kept whole or not at all.
package conversion

import (
	"bytes"
	"errors"
	"strconv"
	"time"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
)

// Part is a piece of the document, with its exact bytes and its place.
type Part struct {
	Raw     []byte
	Pointer string
}

// Parts takes a document apart that is a list of things, or one thing.
func Parts(b []byte) ([]Part, error) {
	if !bytes.HasPrefix(b, []byte("[")) {
		_, err := stix.Members(b)
		return []Part{{Raw: b}}, err
	}
	items, err := stix.Items(b)
	parts := make([]Part, len(items))
	for i, it := range items {
		parts[i] = Part{Raw: it.Raw, Pointer: "/" + strconv.Itoa(i)}
	}
	return parts, err
}

// Account is a bundle while it is made.
type Account struct {
	Bundle stix.Bundle
	held   map[string][]byte // by id, the bytes of the object
}

// Keep checks what was made of one part and takes it in: all of it, or nothing
// when anything in it breaks a rule. The first object gets the bytes of the
// part, if it has any. An object that is there already, byte for byte, is not
// taken in again: several parts may name one place or one technique. The error
// of one that is there with another content has the code of whoever calls.
func (a *Account) Keep(from Part, duplicate *fault.Error, made ...strictjson.Value) error {
	accepted := make([]stix.Accepted, 0, len(made))
	for i := range made {
		raw := strictjson.Append(nil, &made[i])
		o, _, err := stix.ParseObject(raw)
		if err != nil {
			return err
		}
		if have, is := a.held[o.ID]; is {
			if !bytes.Equal(have, raw) {
				return duplicate
			}
			continue
		}
		if i == 0 && from.Raw != nil {
			o.Upgraded = &intel.Upgrade{Raw: from.Raw, Hash: ident.Sum(from.Raw)}
		}
		accepted = append(accepted, stix.Accepted{Object: o, Pointer: from.Pointer})
	}
	if a.held == nil {
		a.held = map[string][]byte{}
	}
	for _, k := range accepted {
		a.held[k.Object.ID] = k.Object.Raw
	}
	a.Bundle.Accepted = append(a.Bundle.Accepted, accepted...)
	return nil
}

// Has reports whether an object with that id was kept.
func (a *Account) Has(id string) bool { return a.held[id] != nil }

// Last is what was kept last.
func (a *Account) Last() *stix.Accepted { return &a.Bundle.Accepted[len(a.Bundle.Accepted)-1] }

// Warn tells what was done differently with what was kept last.
func (a *Account) Warn(detail string) {
	last := a.Last()
	last.Warnings = append(last.Warnings, fault.Field{Detail: detail})
}

// Reject accounts for a part that was not understood.
func (a *Account) Reject(p Part, id string, err error) {
	rej := stix.Rejected{Pointer: p.Pointer, ID: id, Code: fault.CodeOf(err), Raw: p.Raw, Hash: ident.Sum(p.Raw)}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		rej.Detail, rej.Next, rej.Fields = f.Message, f.Next, f.Fields
		if len(f.Fields) > 0 && f.Fields[0].Detail != "" {
			rej.Detail = f.Fields[0].Pointer + ": " + f.Fields[0].Detail
		}
	}
	a.Bundle.Rejected = append(a.Bundle.Rejected, rej)
}

// Epoch stands in where a document says no time at all. The present would make
// the same document another object each time it is read.
var Epoch = time.Unix(0, 0).UTC()

// Version is a time as created and modified have it.
func Version(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// layouts are the ways other formats write a time with a date.
var layouts = []string{"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05 UTC", "2006-01-02"}

// Time reads a time with a date, which is in UTC when it does not say.
func Time(s string) (time.Time, bool) {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 0 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// Domain begins a domain object.
func Domain(typ, uuid, created, modified string) strictjson.Value {
	return strictjson.NewObject("type", typ, "spec_version", "2.1", "id", typ+"--"+uuid, "created", created, "modified", modified)
}

// Relationship relates two objects.
func Relationship(uuid, kind, source, target, created, modified string) strictjson.Value {
	o := Domain("relationship", uuid, created, modified)
	o.SetText("relationship_type", kind)
	o.SetText("source_ref", source)
	o.SetText("target_ref", target)
	return o
}

// Extend gives an object its one extension.
func Extend(o *strictjson.Value, id string, x strictjson.Value) {
	var all strictjson.Value
	all.Set(id, x)
	o.Set("extensions", all)
}
