package exchange

import (
	"bytes"

	"entente/intel/attackflow"
	"entente/intel/cacao"
	"entente/intel/csaf"
	"entente/intel/indicators"
	"entente/intel/kev"
	"entente/intel/misp"
	"entente/intel/stix"
	"entente/intel/veris"
)

// readers are the formats other than STIX that come in, each told by the names
// of its members, or by its lines. The first that knows a document reads it.
var readers = []struct {
	name  string
	is    func([]byte) bool
	parse func([]byte) (stix.Bundle, error)
}{
	{"misp", misp.Is, misp.Parse},
	{"csaf", csaf.Is, csaf.Parse},
	{"kev", kev.Is, kev.Parse},
	{"cacao", cacao.Is, cacao.Parse},
	{"attackflow", attackflow.Is, attackflow.Parse},
	{"veris", veris.Is, veris.Parse},
	{"indicators", indicators.Is, indicators.Parse},
}

// parse reads a document in the format it is in.
func parse(b []byte) (stix.Bundle, error) {
	_, bundle, err := parseNamed(b)
	return bundle, err
}

// parseNamed also says which format that is.
func parseNamed(b []byte) (string, stix.Bundle, error) {
	if !plainly(b) {
		for _, r := range readers {
			if r.is(b) {
				bundle, err := r.parse(b)
				return r.name, bundle, err
			}
		}
	}
	bundle, err := stix.Parse(b)
	return "stix", bundle, err
}

// plainly reports whether a document begins with its type, as STIX mostly does.
// The other formats have none, but for playbooks, and telling them apart means
// going through the whole document once for each.
func plainly(b []byte) bool {
	const space = " \t\r\n"
	for _, next := range []string{"{", `"type"`, ":", `"`} {
		var ok bool
		if b, ok = bytes.CutPrefix(bytes.TrimLeft(b, space+"["), []byte(next)); !ok {
			return false
		}
	}
	return !bytes.HasPrefix(b, []byte("playbook"))
}

// writers are the formats of a [Document]. Each gets the objects as they were
// sent and returns the document and the ids of those it has no place for.
var writers = []writer{
	{"stix", writeBundle},
	{"misp", writeMISP},
	{"csv", writeCSV},
	{"veris", writeVERIS},
	{"navigator", writeLayer},
}

type writer struct {
	name  string
	write func(release string, items []ReleaseItem) ([]byte, []string, error)
}

// Formats are the names of the formats of a [Document].
func Formats() []string {
	names := make([]string, len(writers))
	for n, w := range writers {
		names[n] = w.name
	}
	return names
}
