package csaf

import "entente/internal/strictjson"

// Level is how much a failed test means (section 6).
type Level string

// The levels.
const (
	Error   Level = "error"   // a mandatory test (6.1) or the schema: the document is not valid
	Warning Level = "warning" // an optional test (6.2): wrong without a good reason
	Note    Level = "note"    // an informative test (6.3): valid, worth knowing
)

// Finding is one failed test at one place.
type Finding struct {
	Test    string `json:"test"` // its section, such as 6.1.27.3, or "schema"
	Level   Level  `json:"level"`
	Pointer string `json:"pointer"` // into the document
	Detail  string `json:"detail"`
}

// Validate tests an advisory: the schema first, and only when the document keeps
// it the tests of section 6, which presuppose its form. Tests 6.3.6 and 6.3.7
// would need the network, 6.3.8 a dictionary: they are not made.
//
// It returns an error when the document is not JSON, no advisory, or too large.
func Validate(b []byte) ([]Finding, error) {
	if err := onlyAdvisories(b); err != nil {
		return nil, err
	}
	tree, err := strictjson.Parse(b, limits)
	if err != nil {
		return nil, err
	}
	wrong, scores := checkSchema(&tree)
	if len(wrong) > 0 {
		return append(wrong, scores...), nil
	}
	d, err := newDocument(&tree, scores)
	if err != nil {
		return nil, err
	}
	return d.all(), nil
}

// mandatory makes the tests of section 6.1, in their order.
func (d *document) mandatory() []Finding {
	d.found = nil
	for _, test := range []func(*document){
		(*document).productIDs, (*document).circles, (*document).groupIDs, (*document).contradictions,
		(*document).scores, (*document).weaknesses, (*document).languages, (*document).purls,
		(*document).revisions, (*document).versions, (*document).duplicates, (*document).reservedCategory,
		(*document).profile, (*document).translation, (*document).withoutProducts, (*document).ranges, (*document).justifications,
	} {
		test(d)
	}
	return d.found
}

// all makes every test.
func (d *document) all() []Finding {
	d.mandatory()
	d.optional()
	d.informative()
	return d.found
}

func (d *document) fail(test string, at node, detail string) {
	d.found = append(d.found, Finding{test, Error, at.at, detail})
}

func (d *document) warn(test string, at node, detail string) {
	d.found = append(d.found, Finding{test, Warning, at.at, detail})
}

func (d *document) note(test string, at node, detail string) {
	d.found = append(d.found, Finding{test, Note, at.at, detail})
}
