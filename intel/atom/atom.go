// Package atom finds the single values an object is about, an address, a hash,
// a CVE number, and writes the same value the same way wherever it comes from,
// so that objects of several sources can be found by it and compared.
//
// It does not judge a value and does not merge objects: what two sources say of
// one value stays two objects under two laws. Invariant: [Of] and [Read] write a
// value in one form only, which [Read] reads back as itself.
package atom

import (
	"slices"
	"strings"

	"entente/intel"
	"entente/intel/pattern"
	"entente/internal/strictjson"
)

// Kind says what a value is.
type Kind string

// The kinds.
const (
	Address     Kind = "ip"    // an IPv4 or IPv6 address
	Range       Kind = "range" // of addresses, as 198.51.100.0/24
	Domain      Kind = "domain"
	URL         Kind = "url"
	Email       Kind = "email"
	Hash        Kind = "hash"
	MAC         Kind = "mac"
	AS          Kind = "as"
	Mutex       Kind = "mutex"
	Registry    Kind = "registry-key"
	Account     Kind = "account"
	Certificate Kind = "certificate" // by its serial number
	FileName    Kind = "file-name"
	CVE         Kind = "cve"
	Attack      Kind = "attack" // technique, group, software or mitigation of MITRE ATT&CK
)

// Atom is one value.
type Atom struct {
	Kind  Kind   `json:"kind"`
	Value string `json:"value"`
}

// Most is how many atoms of one object count. A pattern with more is a list;
// its text is still searched.
const Most = 1000

// Of returns the atoms of an object, each once.
func Of(o *intel.Object) []Atom {
	var c collector
	if o.Tree == nil {
		return nil
	}
	c.references(o.Tree)
	switch o.Type {
	case "indicator":
		c.indicator(o.Tree)
	case "vulnerability":
		c.add(CVE, o.Tree.GetText("name"))
	default:
		c.observable(o.Type, o.Tree)
	}
	return c.found
}

type collector struct {
	found []Atom
	seen  map[Atom]bool
}

// add keeps a value. One that its kind does not allow is kept as it is: its
// sender says that it is one, and somebody may look for it.
func (c *collector) add(k Kind, raw string) {
	a, ok := normal(k, raw)
	if !ok && k != CVE && k != Attack {
		a, ok = named(k, raw)
	}
	if !ok || len(c.found) == Most || c.seen[a] {
		return
	}
	if c.seen == nil {
		c.seen = map[Atom]bool{}
	}
	c.seen[a] = true
	c.found = append(c.found, a)
}

// references reads the ids that external references give.
func (c *collector) references(tree *strictjson.Value) {
	refs := tree.Get("external_references")
	if refs == nil {
		return
	}
	for i := range refs.Items {
		source, id := strings.ToLower(refs.Items[i].GetText("source_name")), refs.Items[i].GetText("external_id")
		switch {
		case source == "cve":
			c.add(CVE, id)
		case strings.HasPrefix(source, "mitre-") && strings.HasSuffix(source, "attack"):
			c.add(Attack, id)
		}
	}
}

func (c *collector) indicator(tree *strictjson.Value) {
	if tree.GetText("pattern_type") != "stix" {
		return
	}
	p, err := pattern.Parse(tree.GetText("pattern"))
	if err != nil {
		return // its values cannot be told
	}
	for _, a := range p.Atoms() {
		c.property(a.Type, a.Property, a.Value.Text)
	}
}

// observable reads what a cyber-observable object is identified by.
func (c *collector) observable(kind string, tree *strictjson.Value) {
	for name := range properties[kind] {
		if v := tree.Get(name); v != nil && (v.Kind == strictjson.String || v.Kind == strictjson.Number) {
			c.property(kind, name, v.Text)
		}
	}
	if hashes := tree.Get("hashes"); hashes != nil && hashed[kind] {
		for i := range hashes.Members {
			c.add(Hash, hashes.Members[i].Value.Text)
		}
	}
	slices.SortFunc(c.found, func(a, b Atom) int { return strings.Compare(a.Value, b.Value) })
}

// properties is what identifies an observable, by type and property.
var properties = map[string]map[string]Kind{
	"ipv4-addr":            {"value": Address},
	"ipv6-addr":            {"value": Address},
	"domain-name":          {"value": Domain},
	"url":                  {"value": URL},
	"email-addr":           {"value": Email},
	"mac-addr":             {"value": MAC},
	"mutex":                {"name": Mutex},
	"autonomous-system":    {"number": AS},
	"windows-registry-key": {"key": Registry},
	"user-account":         {"account_login": Account, "user_id": Account},
	"x509-certificate":     {"serial_number": Certificate},
	"file":                 {"name": FileName},
}

// hashed lists the types whose hashes identify them.
var hashed = map[string]bool{"file": true, "artifact": true, "x509-certificate": true}

func (c *collector) property(kind, property, value string) {
	if k, ok := properties[kind][property]; ok {
		c.add(k, value)
		return
	}
	if hashed[kind] && strings.HasPrefix(property, "hashes.") {
		c.add(Hash, value)
		return
	}
	if kind != "" || property != "value" {
		return
	}
	// A reference that does not tell its type: only the value itself can.
	if a, ok := Read(value); ok {
		c.add(a.Kind, a.Value)
	}
}
