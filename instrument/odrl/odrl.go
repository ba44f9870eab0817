// Package odrl writes an instrument, or what a decision rests on, as a policy
// of the Open Digital Rights Language 2.2 (W3C Recommendation, JSON-LD), for
// whoever reads policies with other tools.
//
// It reads no ODRL and decides nothing. Invariant: the policy never permits
// what the instrument does not; what cannot be carried over either makes a rule
// stricter or is named in the list of losses.
package odrl

import (
	"cmp"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"entente/instrument"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// Profile is the ODRL profile the policies follow: the terms ODRL itself does
// not have, such as a TLP label or a category of data, are defined in
// docs/guide/interchange.md under this name.
const Profile = "urn:entente:odrl:1"

// vocabulary is the JSON-LD context of ODRL 2.2.
const vocabulary = "http://www.w3.org/ns/odrl.jsonld"

// everything is the asset of a rule about every object that is exchanged; the
// constraints say which of them it is about.
const everything = Profile + ":objects"

// Policy is one ODRL policy: the same input gives the same bytes.
type Policy struct {
	JSON []byte // indented, with a newline at the end
	Lost []Loss // what the policy does not say, in the order of the document
}

// Loss is something that ODRL cannot say, and what was done about it.
type Loss struct {
	Clause string `json:"clause,omitempty"` // "" = the document as a whole
	What   string `json:"what"`
	Why    string `json:"why"`
}

// FromInstrument writes the clauses of an instrument as a policy. Exceptions
// become constraints of the rule they except from, because ODRL has none; what
// an instrument says apart from its clauses is in the list of losses.
//
// It returns an invalid fault with code odrl.norm for an instrument that does
// not bind, since a policy has no rules that only warn, and with code
// odrl.empty when no clause can be written as a rule.
func FromInstrument(i *instrument.Instrument) (Policy, error) {
	if !i.Binding {
		return Policy{}, fault.New(fault.Invalid, "odrl.norm", "%s does not bind: a policy would turn its advice into rules.", i.ID).
			Try("Export an instrument that is binding.")
	}
	x := &exporter{doc: i, uid: policyUID(i)}
	for n := range i.Clauses {
		x.clause(&i.Clauses[n])
	}
	if len(x.permissions)+len(x.prohibitions)+len(x.obligations) == 0 {
		return Policy{}, fault.New(fault.Invalid, "odrl.empty", "No clause of %s can be written as a rule of a policy.", i.ID).
			Try("Look at the clauses with instrument show: a policy needs a permission, a prohibition or an obligation.")
	}
	x.document()
	return finish(x.policy(), x.lost)
}

// exporter collects the rules of one instrument.
type exporter struct {
	doc                                    *instrument.Instrument
	uid                                    string
	permissions, prohibitions, obligations []strictjson.Value
	lost                                   []Loss
}

func (x *exporter) lose(clause, what, why string) {
	x.lost = append(x.lost, Loss{clause, what, why})
}

func policyUID(i *instrument.Instrument) string {
	return "urn:entente:instrument:" + i.ID + ":" + i.Version
}

// policy assembles the document. Parties of an agreement stand on both sides of
// every rule (Information Model 2.2, section 2.3), so they are one collection.
func (x *exporter) policy() strictjson.Value {
	i := x.doc
	p := head("Set", x.uid)
	if len(i.Parties) > 0 {
		p = head("Agreement", x.uid)
		p.add("assigner", x.parties())
		p.add("assignee", x.parties())
	}
	p.add("conflict", word("prohibit"))
	p.add("dct:title", word(i.Title))
	p.add("dct:hasVersion", word(i.Version))
	p.add("entente:sha256", word(i.Hash.String()))
	p.add("entente:regime", word(i.Regime))
	p.add("entente:default", word(string(i.Default)))
	p.list("dct:source", sources(i.Origin, ""))
	p.list("permission", x.permissions)
	p.list("prohibition", x.prohibitions)
	p.list("obligation", x.obligations)
	return p.value()
}

func (x *exporter) parties() strictjson.Value {
	members := make([]strictjson.Value, 0, len(x.doc.Parties))
	for _, p := range x.doc.Parties {
		members = append(members, ref(partyIRI(string(p.Party))))
	}
	c := thing{}
	c.add("@type", word("PartyCollection"))
	c.add("uid", word(x.uid+":parties"))
	c.list("dct:hasPart", members)
	return c.value()
}

// document names the parts of the instrument that no rule carries.
func (x *exporter) document() {
	i := x.doc
	for _, part := range []struct {
		there     bool
		what, why string
	}{
		{i.Default == instrument.Prohibit, "default: prohibit", "ODRL does not say what silence means; it stands as entente:default"},
		{i.Default == instrument.Permit, "default: permit", "ODRL does not say what silence means; it stands as entente:default"},
		{len(i.Parties) > 0, "events of the parties", "a policy has no status; every rule asks for entente:inForceBetweenParties instead"},
		{slices.ContainsFunc(i.Parties, func(p instrument.PartyRecord) bool { return len(p.Reservations) > 0 }), "reservations and objections", "they change the rules for each pair of parties; clauses they touch open nothing unless entente:unreservedBetweenParties"},
		{len(i.Definitions) > 0, "definitions and national terms", "ODRL cannot map a word between legal orders"},
		{len(i.Precedence.SubjectTo)+len(i.Precedence.PrevailsOver) > 0, "precedence", "the conflict strategy of a policy ends at the policy"},
		{len(i.Thresholds) > 0, "thresholds", "their facts are constraints; how they are worked out is not"},
		{len(i.Procedures) > 0, "procedures", "ODRL has no states or transitions"},
		{i.Amendment != nil, "amendment", "ODRL has no rule about changing a policy"},
		{i.Dispute != nil, "dispute settlement", "ODRL has no rule about it"},
		{len(i.Term.Survival) > 0, "survival of clauses", "the rules end with the instrument"},
		{i.Transposes != nil, "transposition", "the policy does not replace rules of another"},
		{len(i.Vectors) > 0, "vectors", "ODRL has no test cases"},
	} {
		if part.there {
			x.lose("", part.what, part.why)
		}
	}
	slices.SortStableFunc(x.lost, func(a, b Loss) int { return cmp.Compare(x.place(a), x.place(b)) })
}

// place is where a loss stands: the document first, then the clauses in order.
func (x *exporter) place(l Loss) int {
	return 1 + slices.IndexFunc(x.doc.Clauses, func(c instrument.Clause) bool { return c.ID == l.Clause })
}

// window is from when and until when a clause is law, as far as the document
// itself says: zero times are open. A term that renews itself has no end.
func (x *exporter) window(c *instrument.Clause) (from, until time.Time) {
	i := x.doc
	from, until = i.InForce.From, i.InForce.Until
	if s := i.Term.Sunset; !s.IsZero() && i.Term.Renewal != "tacit" && (until.IsZero() || s.Before(until)) {
		until = s
	}
	if f := c.InForce; f != nil {
		if f.From.After(from) {
			from = f.From
		}
		if !f.Until.IsZero() && (until.IsZero() || f.Until.Before(until)) {
			until = f.Until
		}
	}
	return from, until
}

// head starts a policy of a type.
func head(kind, uid string) thing {
	names := thing{}
	names.add("entente", word(Profile+":"))
	names.add("dct", word("http://purl.org/dc/terms/"))
	names.add("rdf", word("http://www.w3.org/1999/02/22-rdf-syntax-ns#"))
	names.add("xsd", word("http://www.w3.org/2001/XMLSchema#"))
	p := thing{}
	p.add("@context", list(word(vocabulary), names.value()))
	p.add("@type", word(kind))
	p.add("uid", word(uid))
	p.add("profile", word(Profile))
	return p
}

// finish lays the policy out for people.
func finish(v strictjson.Value, lost []Loss) (Policy, error) {
	b := jsontext.Value(strictjson.Append(nil, &v))
	if err := b.Indent(jsontext.WithIndent("  ")); err != nil {
		return Policy{}, err
	}
	return Policy{JSON: append(b, '\n'), Lost: lost}, nil
}

// thing is a JSON object under construction; its members keep their order.
type thing struct{ members []strictjson.Member }

func (t *thing) add(name string, v strictjson.Value) {
	t.members = append(t.members, strictjson.Member{Name: name, Value: v})
}

// text adds a text unless it is empty.
func (t *thing) text(name, s string) {
	if s != "" {
		t.add(name, word(s))
	}
}

// list adds a list unless it is empty.
func (t *thing) list(name string, vs []strictjson.Value) {
	if len(vs) > 0 {
		t.add(name, list(vs...))
	}
}

func (t *thing) value() strictjson.Value {
	return strictjson.Value{Kind: strictjson.Object, Members: t.members}
}

func word(s string) strictjson.Value { return strictjson.Value{Kind: strictjson.String, Text: s} }

func list(vs ...strictjson.Value) strictjson.Value {
	return strictjson.Value{Kind: strictjson.Array, Items: vs}
}

// ref is a reference to something by its IRI.
func ref(iri string) strictjson.Value {
	t := thing{}
	t.add("@id", word(iri))
	return t.value()
}

// typed is a literal of an XML Schema type.
func typed(s, kind string) strictjson.Value {
	t := thing{}
	t.add("@value", word(s))
	t.add("@type", word("xsd:"+kind))
	return t.value()
}

func instant(t time.Time) strictjson.Value {
	return typed(t.UTC().Format(time.RFC3339Nano), "dateTime")
}

func partyIRI(id string) string { return "urn:entente:party:" + id }
