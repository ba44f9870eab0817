package indicators

import (
	"net/netip"
	"strings"

	"entente/intel"
	"entente/intel/pattern"
	"entente/intel/stix"
)

// Written is what [Write] made.
type Written struct {
	Document []byte   // CSV (RFC 4180), UTF-8
	Left     []string // ids of objects that are not in it, or not as a whole
}

// columnNames are the header of what [Write] writes.
var columnNames = []string{"id", "type", "value", "valid_from", "valid_until", "confidence", "labels", "tlp", "name"}

// Write lists single values: those that an indicator looks for alone, an
// address with its port, and observables. A value that only means something
// together with others is not listed, since a list would say more than its
// author did; nor is what was revoked.
//
// The caller has decided who may have the objects: everything here is written.
func Write(objects []*intel.Object) Written {
	w := &writer{byID: map[string]*intel.Object{}}
	w.record(columnNames)
	for _, o := range objects {
		w.byID[o.ID] = o
	}
	for _, o := range objects {
		if whole := w.object(o); !whole && !stix.WellKnownMarking(o.ID) {
			w.out.Left = append(w.out.Left, o.ID)
		}
	}
	return w.out
}

type writer struct {
	out  Written
	byID map[string]*intel.Object
}

// record writes one row. Cells are quoted where RFC 4180 demands it, and never
// begin with what a spreadsheet would run.
func (w *writer) record(cells []string) {
	for i, c := range cells {
		if i > 0 {
			w.out.Document = append(w.out.Document, ',')
		}
		c = neutral(c)
		if strings.ContainsAny(c, "\",\r\n") || strings.TrimSpace(c) != c {
			c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
		w.out.Document = append(w.out.Document, c...)
	}
	w.out.Document = append(w.out.Document, '\r', '\n')
}

// object lists the values of one object, and reports whether that is all of it.
func (w *writer) object(o *intel.Object) bool {
	if o.Revoked {
		return false
	}
	var values []value
	whole := true
	if o.Type == "indicator" {
		values, whole = wanted(o)
	} else {
		values = observed(o)
	}
	for _, v := range values {
		w.record(w.row(o, v))
	}
	return whole && len(values) > 0
}

func (w *writer) row(o *intel.Object, v value) []string {
	confidence := ""
	if c := o.Tree.Get("confidence"); c != nil {
		confidence = c.Text
	}
	tlp := ""
	m := stix.Mark(o, func(id string) (*intel.Object, bool) { d, ok := w.byID[id]; return d, ok })
	if m.Labelled {
		tlp = m.TLP.String()
	}
	return []string{
		o.ID, v.kind, v.text, o.Tree.GetText("valid_from"), o.Tree.GetText("valid_until"), confidence,
		strings.Join(o.Tree.GetTexts("labels"), ";"), tlp, o.Tree.GetText("name"),
	}
}

// wanted are the values that an indicator looks for.
func wanted(o *intel.Object) (values []value, whole bool) {
	if o.Tree.GetText("pattern_type") != "stix" {
		return nil, false
	}
	p, err := pattern.Parse(o.Tree.GetText("pattern"))
	if err != nil {
		return nil, false
	}
	if v, ok := served(p); ok {
		return []value{v}, true
	}
	whole = single(p.Root)
	for _, a := range p.Atoms() {
		v, ok := valueOf(a)
		if !a.Alone || !ok {
			whole = false
			continue
		}
		values = append(values, v)
	}
	return values, whole
}

// served reads the pattern of an address with its port.
func served(p *pattern.Pattern) (value, bool) {
	o, ok := p.Root.(*pattern.Observation)
	if !ok {
		return value{}, false
	}
	j, ok := o.Test.(*pattern.Junction)
	if !ok || j.Op != pattern.And || len(j.Of) != 3 {
		return value{}, false
	}
	atoms := p.Atoms()
	if len(atoms) != 2 || atoms[0].Range || atoms[1].Path != "network-traffic:dst_port" || atoms[0].Path != "network-traffic:dst_ref.value" {
		return value{}, false
	}
	v, err := detect(joined(atoms[0].Value.Text, atoms[1].Value.Text))
	return v, err == nil && v.pattern() == p.String()
}

func joined(host, port string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]:" + port
	}
	return host + ":" + port
}

// single reports whether a pattern is nothing but values of which one is
// enough, so that its atoms are all of it.
func single(e pattern.Expr) bool {
	switch e := e.(type) {
	case *pattern.Observation:
		return alternatives(e.Test)
	case *pattern.Join:
		for _, of := range e.Of {
			if e.Op != pattern.Or || !single(of) {
				return false
			}
		}
		return true
	}
	return false
}

func alternatives(t pattern.Test) bool {
	switch t := t.(type) {
	case *pattern.Comparison:
		return !t.Not && (t.Op == pattern.Equal || t.Op == pattern.In || t.Op == pattern.IsSubset)
	case *pattern.Junction:
		for _, of := range t.Of {
			if !alternatives(of) {
				return false
			}
		}
		return true // what is joined by AND is not Alone, unless it says only a type
	}
	return false
}

// kindOf are the kinds of values by type and property.
var kindOf = map[string]string{
	"ipv4-addr:value": "ipv4", "ipv6-addr:value": "ipv6", "domain-name:value": "domain", "url:value": "url", "email-addr:value": "email",
	"file:hashes.MD5": "md5", "file:hashes.'MD5'": "md5", "file:hashes.'SHA-1'": "sha1", "file:hashes.'SHA-256'": "sha256", "file:hashes.'SHA-512'": "sha512",
	"mutex:name": "mutex", "file:name": "filename", "windows-registry-key:key": "registry-key", "mac-addr:value": "mac", "autonomous-system:number": "asn",
	"network-traffic:extensions.'http-request-ext'.request_value": "path",
}

func valueOf(a pattern.Atom) (value, bool) {
	v := value{kind: kindOf[a.Type+":"+a.Property], text: a.Value.Text}
	if a.Range || v.kind == "ipv4" || v.kind == "ipv6" {
		if p, err := netip.ParsePrefix(v.text); err == nil && !p.IsSingleIP() {
			v.kind = "cidr"
		}
	}
	return v, v.kind != ""
}

// observed are the values of an observable. Of a file with digests these say
// all; its name alone is that of many others.
func observed(o *intel.Object) []value {
	var values []value
	add := func(kind, text string) {
		if text != "" {
			values = append(values, value{kind: kind, text: text})
		}
	}
	switch o.Type {
	case "ipv4-addr", "ipv6-addr", "domain-name", "url", "email-addr", "mac-addr":
		v, _ := valueOf(pattern.Atom{Type: o.Type, Property: "value", Value: pattern.Constant{Text: o.Tree.GetText("value")}})
		add(v.kind, v.text)
	case "mutex":
		add("mutex", o.Tree.GetText("name"))
	case "windows-registry-key":
		add("registry-key", o.Tree.GetText("key"))
	case "autonomous-system":
		if n := o.Tree.Get("number"); n != nil {
			add("asn", n.Text)
		}
	case "file":
		h := o.Tree.Get("hashes")
		for _, name := range []string{"MD5", "SHA-1", "SHA-256", "SHA-512"} {
			add(strings.ToLower(strings.Replace(name, "SHA-", "sha", 1)), h.GetText(name))
		}
		if len(values) == 0 {
			add("filename", o.Tree.GetText("name"))
		}
	}
	return values
}
