// Package veris reads incidents of the Vocabulary for Event Recording and
// Incident Sharing (VERIS 1.3, one JSON object an incident) as STIX 2.1 and
// writes incidents as VERIS, so that what is counted and what is shared are one
// record.
//
// It does not check enumerations and counts nothing. Invariant: an incident
// that came in and was not changed goes out as it was; a name that is in an
// object of its own is nowhere else.
package veris

import (
	"bytes"
	"strconv"

	"github.com/google/uuid"

	"entente/intel/conversion"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// Limits of a whole document; one incident is bound by [strictjson.Default].
// The whole VERIS Community Database has about 10 000 incidents.
const (
	maxDocument  = 128 << 20
	maxIncidents = 50_000
)

// Extension is the property extension of an incident that holds what VERIS says
// and STIX has no property for.
const Extension = "extension-definition--b3a1f0c4-7d52-4e8b-9c36-2f41a8d0e975"

var namespace = uuid.MustParse("c0a5e6f2-4b1d-4f37-8a92-71d3e85b0c64")

// Is reports whether a document is VERIS: an incident, a list of incidents, or
// one incident a line. It looks at the names of the first incident only.
func Is(b []byte) bool {
	b = bytes.TrimSpace(b)
	if len(b) > maxDocument {
		return false
	}
	items, err := incidents(b)
	if err != nil || len(items) == 0 {
		return false
	}
	members, err := stix.Members(items[0].Raw)
	if err != nil {
		return false
	}
	has := stix.Names(members)
	return has["incident_id"] && !has["type"] && (has["action"] || has["actor"] || has["victim"])
}

// incidents takes a document apart.
func incidents(b []byte) ([]conversion.Part, error) {
	parts, err := conversion.Parts(b)
	if bytes.HasPrefix(b, []byte("[")) || fault.CodeOf(err) != "json.trailing" {
		return parts, err
	}
	parts = nil
	n := 0
	for line := range bytes.Lines(b) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			parts = append(parts, conversion.Part{Raw: line, Pointer: "/" + strconv.Itoa(n)})
		}
		n++
	}
	return parts, nil
}

// Parse reads incidents. It returns an error only when the document cannot be
// taken apart; an incident that cannot be read is in its Rejected, with codes
// veris.* and those of packages strictjson and stix.
//
// The result shares memory with b.
func Parse(b []byte) (stix.Bundle, error) {
	if len(b) > maxDocument {
		return stix.Bundle{}, stix.TooLong(maxDocument)
	}
	items, err := incidents(bytes.TrimSpace(b))
	if err != nil {
		return stix.Bundle{}, err
	}
	if len(items) > maxIncidents {
		return stix.Bundle{}, fault.New(fault.Invalid, "json.tokens", "The document has more than %d incidents.", maxIncidents).At("", "is beyond what one document may hold").
			Try("Split the document.")
	}
	var a conversion.Account
	for _, p := range items {
		if err := keep(&a, p); err != nil {
			a.Reject(p, "", err)
		}
	}
	return a.Bundle, nil
}

func keep(a *conversion.Account, p conversion.Part) error {
	tree, err := strictjson.Parse(p.Raw, strictjson.Default())
	if err != nil {
		return err
	}
	if tree.GetText("incident_id") == "" {
		return fault.New(fault.Invalid, "veris.incident", "There is no VERIS incident here: it has no incident_id.").At("/incident_id", "is missing or not text").
			Try("Give each incident an incident_id of its own.")
	}
	twice := fault.New(fault.Invalid, "veris.duplicate", "Two incidents of the document have the same incident_id.").At("/incident_id", "is used twice").
		Try("Give each incident an incident_id of its own.")
	return a.Keep(p, twice, newIncident(tree).objects()...)
}
