// Package misp reads MISP events as STIX 2.1 and writes STIX objects as MISP
// events, so that a partner who speaks MISP and one who speaks STIX can be
// served from one store.
//
// It does not speak the MISP API, does not decide, and trusts no distribution
// level or sharing group: they are kept as hints that nothing reads. Fields of
// the envelope (the creator's e-mail address, contacts and keys of
// organisations, ids of one server) are in no object it makes.
//
// Invariant: every byte of an event is accounted for. What was understood is in
// an object that has the original bytes beside it; what was not is rejected
// with exactly its bytes and a reason, and costs nothing else.
package misp

import (
	"bytes"
	"cmp"
	"strconv"

	"github.com/google/uuid"

	"entente/intel/conversion"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// Limits of a whole document; one element of it is bound by
// [strictjson.Default]. Real events have up to some 100 000 attributes, real
// objects up to a few hundred; work on one object grows with the square.
const (
	maxDocument   = 128 << 20
	maxParts      = 250_000 // attributes, objects and reports of all events
	maxAttributes = 2_000   // of one object
)

// namespace is where the reference converter makes ids that MISP does not give:
// of relationships, and of what has no usable id of its own.
var namespace = uuid.MustParse("76beed5f-7251-457e-8c2a-b45f7b589d3d")

// Is reports whether a document is MISP's rather than STIX: an event, a list of
// events, or the answer of a MISP server. It looks at names only.
func Is(b []byte) bool {
	b = bytes.TrimSpace(b)
	if len(b) > maxDocument {
		return false
	}
	if bytes.HasPrefix(b, []byte("[")) {
		items, err := stix.Items(b)
		return err == nil && len(items) > 0 && Is(items[0].Raw)
	}
	members, err := stix.Members(b)
	if err != nil {
		return false
	}
	has := stix.Names(members)
	return !has["type"] && (has["Event"] || has["response"] || has["info"] && (has["Orgc"] || has["threat_level_id"] || has["Attribute"] || has["Object"]))
}

// Parse reads one event, a list of events, the answer of a server, or a
// collection of attributes or objects, and converts it. It returns an error
// only when the document cannot be taken apart; whatever is wrong with one
// attribute, object, tag list or report is in its Rejected, with codes misp.*
// and those of packages strictjson and stix.
//
// Objects carry what they were made from in Upgraded; the report has the whole
// event. The result shares memory with b.
func Parse(b []byte) (stix.Bundle, error) {
	if len(b) > maxDocument {
		return stix.Bundle{}, stix.TooLong(maxDocument)
	}
	r := &reader{}
	if err := r.document(bytes.TrimSpace(b), "", 0); err != nil {
		return stix.Bundle{}, err
	}
	return r.Bundle, nil
}

// reader takes a document apart.
type reader struct {
	conversion.Account

	parts int // read so far
}

// take adds what was made of one event. Another one may have the same objects.
func (r *reader) take(c *converter) {
	r.Bundle.ID = cmp.Or(c.Bundle.ID, r.Bundle.ID)
	r.Bundle.Accepted = append(r.Bundle.Accepted, c.Bundle.Accepted...)
	r.Bundle.Rejected = append(r.Bundle.Rejected, c.Bundle.Rejected...)
}

// spend counts one part of the document, and refuses it when there were too
// many: trees of small values take many times the memory of their text (J7).
func (r *reader) spend() error {
	if r.parts++; r.parts > maxParts {
		return fault.New(fault.Invalid, "json.tokens", "The document has more than %d attributes and objects.", maxParts).
			At("", "is beyond what one document may hold").Try("Split the document.")
	}
	return nil
}

// maxWrap is how deep events may be wrapped: list, response, list, Event.
const maxWrap = 4

func (r *reader) document(b []byte, pointer string, depth int) error {
	if depth > maxWrap {
		return notEvent(pointer)
	}
	if bytes.HasPrefix(b, []byte("[")) {
		items, err := stix.Items(b)
		if err != nil {
			return err
		}
		for i, it := range items {
			at := pointer + "/" + strconv.Itoa(i)
			if err := r.document(it.Raw, at, depth+1); err != nil {
				r.Reject(conversion.Part{Raw: it.Raw, Pointer: at}, "", err)
			}
		}
		return nil
	}
	members, err := stix.Members(b)
	if err != nil {
		return err
	}
	has := stix.Names(members)
	switch {
	case has["response"], has["Event"]:
		for _, m := range members {
			at := pointer + strictjson.Pointer(m.Name)
			switch m.Name {
			case "response":
				err = r.document(m.Raw, at, depth+1)
			case "Event":
				err = r.event(m.Raw, at)
			}
			if err != nil {
				return err
			}
		}
		return nil
	case has["Attribute"], has["Object"], has["info"]:
		return r.event(b, pointer)
	}
	return notEvent(pointer)
}

func notEvent(pointer string) error {
	return fault.New(fault.Invalid, "misp.not-event", "There is no MISP event here.").At(pointer, "has neither Event nor response").
		Try("Send a MISP event as the server exports it.")
}
