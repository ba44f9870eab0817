// Package privacy knows personal data in shared objects: where it is, and how
// to take it out or make it say less.
//
// It does not decide whether that is needed (package decision asks, by
// category). Invariant: what a transformation removes appears nowhere in the
// objects it returns, in no encoding, reference, pattern or id.
package privacy

// Category says what kind of data a place in an object holds. The words are a
// closed vocabulary shared by instruments, decisions and transformations.
type Category string

// The vocabulary. Unclassified is data nobody has classified (a custom
// property, an unknown extension): it counts as every kind of personal data
// for prohibitions and as none for permissions (DECISION.md, step 2).
const (
	Technical            Category = "technical"
	PersonalContact      Category = "personal-contact"      // names, addresses, numbers of people to talk to
	PersonalIdentifier   Category = "personal-identifier"   // IP and e-mail addresses, account names, device ids
	PersonalPseudonymous Category = "personal-pseudonymous" // keyed pseudonyms: still personal for who holds the key
	PersonalSpecial      Category = "personal-special"      // GDPR Art. 9 and 10 data
	VictimIdentity       Category = "victim-identity"       // who was hit, person or organisation
	SourceIdentity       Category = "source-identity"       // who reported
	Credentials          Category = "credentials"
	VulnUndisclosed      Category = "vuln-undisclosed"
	Classified           Category = "classified"
	Commercial           Category = "commercial"
	Evidence             Category = "evidence"
	Financial            Category = "financial"
	Health               Category = "health"
	Unclassified         Category = "unclassified"
)

// Finding is one place that holds data of a category.
type Finding struct {
	Path     string   `json:"path"`     // STIX selector into the object; "" is the whole object
	Category Category `json:"category"` //
	Rule     string   `json:"rule"`     // which rule found it, e.g. "email-addr.value" or "text/email"
	Start    int      `json:"start,omitzero"`
	End      int      `json:"end,omitzero"` // byte span inside the string at Path; 0,0 = all of it
}

// Transform is one entry of the catalogue: what a transformation does to the
// categories of an object, and what it costs. Its legal effect is an assertion
// somebody signs off, with a citation.
type Transform struct {
	ID    string                `json:"id" yaml:"id"`
	Maps  map[Category]Category `json:"maps" yaml:"maps"` // "" = the category is gone
	Cost  int                   `json:"cost" yaml:"cost"` // information lost; the search minimises the sum
	Basis string                `json:"basis,omitempty" yaml:"basis,omitempty"`
}
