package stix

import (
	"cmp"

	"github.com/google/uuid"

	"entente/internal/fault"
)

// Part is one element of a document that was taken apart without judging it.
type Part struct {
	Name string // of a member, "" when it cannot be read
	Raw  []byte // exactly its bytes, shared with the document
}

// Members returns the members of the one object that b is, unjudged, so that
// what is wrong inside one of them stays there. The error is json.syntax,
// json.trailing or json.tokens.
func Members(b []byte) ([]Part, error) {
	s := &splitter{src: b}
	found, err := s.members()
	return parts(b, found), cmp.Or(err, s.endAfter(err))
}

// Items returns the items of the one list that b is, as [Members] does.
func Items(b []byte) ([]Part, error) {
	s := &splitter{src: b}
	found, err := s.items()
	return parts(b, found), cmp.Or(err, s.endAfter(err))
}

func parts(b []byte, found []element) []Part {
	out := make([]Part, len(found))
	for i, e := range found {
		out[i].Raw = b[e.start:e.end:e.end]
		if e.name != nil {
			out[i].Name = memberName(e)
		}
	}
	return out
}

// Names are the names of members, for readers that tell formats by them.
func Names(members []Part) map[string]bool {
	has := make(map[string]bool, len(members))
	for _, m := range members {
		has[m.Name] = true
	}
	return has
}

// TooLong is the fault of a document that has more than so many bytes.
func TooLong(most int) error {
	return fault.New(fault.Invalid, "json.size", "The document is longer than %d bytes.", most).At("", "").Try("Split the document.")
}

// NameUUID returns the UUIDv5 of a name. It identifies and protects nothing,
// so it works in FIPS mode.
func NameUUID(namespace uuid.UUID, name string) string { return nameUUID(namespace, []byte(name)) }

// IsUUID reports whether s can be the second half of an identifier.
func IsUUID(s string) bool { return isUUID(s) }

// MISPExtension is the property extension in which a conversion from MISP keeps
// what STIX has no place for, without values that are elsewhere in the object.
const MISPExtension = "extension-definition--3f5a2c1e-7b84-4d0a-9a43-6c1f0e9b7d52"

// PAPExtension makes a marking definition one of the Permissible Actions
// Protocol.
const PAPExtension = papExtension

// CSAFExtension is the property extension in which a conversion from CSAF keeps
// what STIX has no place for.
const CSAFExtension = "extension-definition--7c3d2f4e-58a1-4b6c-9e0d-2a91d6c47b35"

// KEVExtension is the property extension in which a conversion from CISA's
// catalogue of known exploited vulnerabilities keeps what an entry says.
const KEVExtension = "extension-definition--b1f60e52-93d7-4a48-8c25-6e0f7d1a9c84"
