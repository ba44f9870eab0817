package foreign

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/internal/strictjson"
)

// Builders of the JSON of an instrument. YAML contains JSON, and the canonical
// layout turns it into what a person would have written.

func str(s string) strictjson.Value { return strictjson.Value{Kind: strictjson.String, Text: s} }

func truth(b bool) strictjson.Value { return strictjson.Value{Kind: strictjson.Bool, Bool: b} }

func itoa(n int) string { return strconv.Itoa(n) }

func strs(ws ...string) strictjson.Value {
	vs := make([]strictjson.Value, len(ws))
	for i, w := range ws {
		vs[i] = str(w)
	}
	return strictjson.Value{Kind: strictjson.Array, Items: vs}
}

func arr(vs ...strictjson.Value) strictjson.Value {
	return strictjson.Value{Kind: strictjson.Array, Items: vs}
}

// obj is an object of the names and values given in turn; an empty text is left
// out.
func obj(pairs ...any) strictjson.Value {
	v := strictjson.Value{Kind: strictjson.Object}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		switch value := pairs[i+1].(type) {
		case string:
			if value != "" {
				v.Members = append(v.Members, strictjson.Member{Name: name, Value: str(value)})
			}
		case bool:
			v.Members = append(v.Members, strictjson.Member{Name: name, Value: truth(value)})
		case strictjson.Value:
			v.Members = append(v.Members, strictjson.Member{Name: name, Value: value})
		}
	}
	return v
}

// facts are the conditions on facts of a clause: "true", "false" or "not true".
func facts(want map[string]string) strictjson.Value {
	v := strictjson.Value{Kind: strictjson.Object}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		is := obj("not", true)
		if want[name] != "not true" {
			is = truth(want[name] == "true")
		}
		v.Members = append(v.Members, strictjson.Member{Name: name, Value: is})
	}
	return v
}

// document collects the clauses of a draft.
type document struct {
	id, title, version string
	under              string // an agreement, or ""
	from, until        time.Time
	uri                string
	clauses            []strictjson.Value
	probes             []probe
	taken              map[string]bool // ids of clauses and names of vectors
}

// thing is an object under construction.
type thing struct{ members []strictjson.Member }

func (t *thing) add(name string, v strictjson.Value) {
	t.members = append(t.members, strictjson.Member{Name: name, Value: v})
}

func (t *thing) value() strictjson.Value {
	return strictjson.Value{Kind: strictjson.Object, Members: t.members}
}

// unique is name, or name with a number when something has it already: words of
// the terms may become the same id, and none of them may be dropped.
func (d *document) unique(name string) string {
	if d.taken == nil {
		d.taken = map[string]bool{}
	}
	got := name
	for n := 2; d.taken[got]; n++ {
		got = name + "-" + itoa(n)
	}
	d.taken[got] = true
	return got
}

// scope names what the draft is about.
func (d *document) scope() string {
	if d.under == "" {
		return d.id
	}
	return d.id + " or " + d.under
}

// received is the condition every clause has: it is about what was received under
// these terms, or under the agreement they belong to, and about nothing else.
func (d *document) received() strictjson.Value {
	if d.under == "" {
		return strs(d.id)
	}
	return strs(d.id, d.under)
}

// clause adds a clause.
func (d *document) clause(id, cite, text, modality, act string, when, more strictjson.Value) {
	conditions := obj("received_under", d.received())
	conditions.Members = append(conditions.Members, when.Members...)
	c := obj("id", id, "cite", cite, "text", text, "modality", modality, "act", act, "verified", "tax", "when", conditions)
	c.Members = append(c.Members, more.Members...)
	d.clauses = append(d.clauses, c)
}

// probe is a test case of a draft.
type probe struct {
	name, act, purpose string
	elsewhere          bool            // it came under other terms
	known              map[string]bool // facts; those the draft does not look at are left out
	categories         []string        // besides technical
	country            string          // of the recipient, AA when empty
	outcome            string
	because            []string
}

// vector adds a test case about something that came under these terms from a
// third party. Its facts are filtered when the document is written.
func (d *document) vector(p probe) { d.probes = append(d.probes, p) }

func (d *document) vectorOf(p probe, used map[string]bool) strictjson.Value {
	object := obj("type", "indicator", "tlp", "clear", "categories", strs(append([]string{"technical"}, p.categories...)...))
	if !p.elsewhere {
		object.Members = append(object.Members, obj("origin", "provider", "received_under", strs(d.id)).Members...)
	}
	actor := func(id, country string) strictjson.Value {
		return obj("id", id, "kind", "csirt", "jurisdiction", cmp.Or(country, "AA"))
	}
	given := obj("object", object, "sender", actor("holder", ""), "recipient", actor("other", p.country), "act", p.act,
		"purpose", cmp.Or(p.purpose, "cyber-defence"), "at", stamp(d.from))
	known := thing{}
	for _, name := range slices.Sorted(maps.Keys(p.known)) {
		if used[name] {
			known.add(name, truth(p.known[name]))
		}
	}
	if len(known.members) > 0 {
		given.Members = append(given.Members, strictjson.Member{Name: "facts", Value: known.value()})
	}
	expect := obj("outcome", p.outcome)
	if len(p.because) > 0 {
		expect.Members = append(expect.Members, strictjson.Member{Name: "because", Value: strs(p.because...)})
	}
	return obj("name", d.unique(p.name), "given", given, "expect", expect)
}

// used are the facts at which the clauses look, those of consents and safeguards
// included.
func (d *document) used() map[string]bool {
	out := map[string]bool{}
	for n := range d.clauses {
		c := &d.clauses[n]
		if f := c.Get("when").Get("facts"); f != nil {
			for _, m := range f.Members {
				out[m.Name] = true
			}
		}
		if of := c.Get("consent").Get("of"); of != nil {
			out[of.Text+"_consent"] = true
		}
		if q := c.Get("requires"); q != nil {
			for i := range q.Items {
				if s := q.Items[i].Get("safeguard"); s != nil {
					out[strings.ReplaceAll(s.Text, "-", "_")] = true
				}
			}
		}
	}
	return out
}

// source is the whole document as YAML, with the comment on top.
func (d *document) source(comment string) []byte {
	force := obj("from", stamp(d.from), "until", stamp(d.until))
	v := obj("entente", strictjson.Value{Kind: strictjson.Number, Text: "1"}, "kind", "Instrument", "id", d.id, "title", d.title+" (illustrative)",
		"nature", "marking-scheme", "binding", true, "illustrative", true, "regime", "originator-control", "default", "permit", "universal", true,
		"in_force", force, "version", d.version)
	if d.uri != "" {
		v.Members = append(v.Members, strictjson.Member{Name: "source", Value: obj("uri", d.uri)})
	}
	vectors := make([]strictjson.Value, len(d.probes))
	for n, used := 0, d.used(); n < len(d.probes); n++ {
		vectors[n] = d.vectorOf(d.probes[n], used)
	}
	v.Members = append(v.Members, strictjson.Member{Name: "clauses", Value: arr(d.clauses...)}, strictjson.Member{Name: "vectors", Value: arr(vectors...)})
	var b strings.Builder
	for line := range strings.SplitSeq(comment, "\n") {
		b.WriteString("# " + line + "\n")
	}
	return strictjson.Append([]byte(b.String()), &v)
}

// stamp is a date where the time of the day is midnight, and an instant otherwise.
func stamp(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case t.Equal(t.Truncate(24 * time.Hour)):
		return t.Format(time.DateOnly)
	default:
		return t.Format(time.RFC3339)
	}
}
