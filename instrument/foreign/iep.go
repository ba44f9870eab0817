package foreign

import (
	"maps"
	"slices"
	"strings"
	"time"

	"entente/internal/strictjson"
)

// permittedActions of IEP 2.0, strictest first.
var permittedActions = []string{
	"none", "contact-for-instruction", "internally-visible-actions", "externally-visible-indirect-actions", "externally-visible-direct-actions",
}

// specified is the release date of the IEP 2.0 JSON specification: no policy is
// older.
var specified = time.Date(2019, time.November, 6, 0, 0, 0, 0, time.UTC)

// iep makes a draft of one policy. The STIX extension names two statements
// otherwise than the specification, and both are read.
func iep(t terms, under string) (Draft, error) {
	r := &reader{terms: t, scheme: "IEP 2.0"}
	id := r.text(r.either("id", "iep_id"), true)
	d := &document{id: slug("iep-", id), under: under, version: "1.0.0", title: r.text(r.either("name", "policy_name"), false)}
	if d.title == "" {
		d.title = "Information Exchange Policy " + id
	}
	if s := r.text("description", false); s != "" {
		r.lose("description", "description", "it is for people: "+s)
	}
	r.version("iep_version")
	r.get("extension_type")
	d.from, d.until = r.instant("start_date", false), r.instant("end_date", false)
	if d.from.IsZero() {
		d.from = specified
		r.lose("start_date", "no start date", "the draft starts with the specification; set in_force.from to the day the terms were agreed")
	}
	if !d.until.IsZero() && !d.until.After(d.from) {
		r.refuse("end_date", "must be after start_date")
	}
	r.references(d)
	r.handling(d)
	r.actions(d)
	r.notifications(d)
	r.sharing(d)
	r.attribution(d)
	r.resale(d)
	if err := r.done(); err != nil {
		return Draft{}, err
	}
	if len(d.clauses) == 0 { // every statement is a may: the terms restrict nothing
		d.vector(probe{name: "the policy stands in no way", outcome: "permit", because: []string{"may"}})
		d.clause("may", "IEP 2.0, every statement", "The policy allows everything it speaks of; whoever relies on it names it.", "obligation", "share", obj(),
			obj("duties", arr(obj("id", "name-policy", "what", "name the policy to the next recipient", "bearer", "sender"))))
	}
	d.vector(probe{name: "what came under other terms is not touched", elsewhere: true, outcome: "permit"})
	return check(d.id+".yaml", Draft{Lost: r.lost, Source: d.source("Made from a policy of FIRST's Information Exchange Policy 2.0. A draft: read it, correct it,\n" +
		"and activate it under your own name. It is about what was received under\n" + d.scope() + ".")})
}

// either names the statement that is there, of two with one meaning.
func (r *reader) either(name, other string) string {
	if r.value.Get(other) != nil && r.value.Get(name) == nil {
		return other
	}
	return name
}

// version reads 2.0, which the specification writes as a number.
func (r *reader) version(name string) {
	v := r.get(name)
	switch {
	case v == nil:
		r.refuse(name, "is missing")
	case v.Kind != strictjson.Number && v.Kind != strictjson.String || !slices.Contains([]string{"2", "2.0"}, v.Text):
		r.refuse(name, "must be 2.0: other versions have other statements")
	}
}

// references keeps the first address; the specification has a list, the table of
// MISP one address.
func (r *reader) references(d *document) {
	name := r.either("external_references", "external_reference")
	if v := r.value.Get(name); v != nil && v.Kind == strictjson.Null {
		r.get(name)
		return
	}
	for n, u := range r.words(name) {
		if n == 0 && (strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://")) {
			d.uri = u
			continue
		}
		r.lose(name, u, "an instrument names one place its text is published at")
	}
}

func (r *reader) handling(d *document) {
	if r.word("encrypt_in_transit", false, "must", "may") == "must" {
		d.clause("encrypt-in-transit", "IEP 2.0 encrypt_in_transit: must", "It travels encrypted.", "obligation", "share", obj(),
			obj("requires", arr(obj("safeguard", "encrypt-in-transit"))))
	}
}

func (r *reader) actions(d *document) {
	strictest := len(permittedActions)
	for _, w := range r.words("permitted_actions") {
		if n := slices.Index(permittedActions, w); n >= 0 {
			strictest = min(strictest, n)
			continue
		}
		r.refuse("permitted_actions", "must be one of "+strings.Join(permittedActions, ", "))
	}
	forbid := func(cite, text string, when strictjson.Value) {
		d.clause("actions", "IEP 2.0 permitted_actions: "+cite, text, "prohibition", "act-on", when, obj())
	}
	switch strictest {
	case 0:
		forbid("none", "To know and not to act upon.", obj())
		d.vector(probe{name: "nothing is done with it", act: "act-on", outcome: "deny", because: []string{"actions"}})
	case 1:
		forbid("contact-for-instruction", "Nothing is done before the provider has said what.", obj())
		d.clause("actions-instructed", "IEP 2.0 permitted_actions: contact-for-instruction", "What the provider instructed may be done.", "permission", "act-on",
			obj("facts", facts(map[string]string{"own_object": "false"})),
			obj("exception_to", strs("actions"), "consent", obj("of", "originator", "form", "explicit")))
		d.vector(probe{name: "the provider is asked what to do", act: "act-on", known: map[string]bool{"own_object": false}, outcome: "refer", because: []string{"actions-instructed"}})
		d.vector(probe{
			name: "without instructions nothing is done", act: "act-on", known: map[string]bool{"own_object": false, "originator_consent": false},
			outcome: "deny", because: []string{"actions"},
		})
	case 2:
		forbid("internally-visible-actions", "Nothing that can be noticed from outside.", obj("facts", facts(map[string]string{"visible_outside": "true"})))
		d.vector(probe{name: "what shows outside is not done", act: "act-on", known: map[string]bool{"visible_outside": true}, outcome: "deny", because: []string{"actions"}})
	case 3:
		forbid("externally-visible-indirect-actions", "What shows outside is allowed, touching the adversary's systems is not.", obj("facts", facts(map[string]string{"touches_target": "true"})))
		d.vector(probe{name: "the adversary's systems are not touched", act: "act-on", known: map[string]bool{"touches_target": true}, outcome: "deny", because: []string{"actions"}})
	}
}

func (r *reader) notifications(d *document) {
	if r.word("affected_party_notifications", false, "may", "must-not") != "must-not" {
		return
	}
	d.clause("notify", "IEP 2.0 affected_party_notifications: must-not", "Those affected are not told.", "prohibition", "notify", obj(), obj())
	d.clause("notify-by-law", "IEP 2.0 affected_party_notifications", "A policy does not beat a legal duty to tell those affected; somebody with legal responsibility confirms that there is one.",
		"permission", "notify", obj("facts", facts(map[string]string{"legal_obligation": "true"})),
		obj("exception_to", strs("notify"), "requires", arr(obj("safeguard", "human-approval", "approval_by", "legal"))))
	d.vector(probe{
		name: "those affected are not told", act: "notify", purpose: "incident-response", known: map[string]bool{"legal_obligation": false},
		outcome: "deny", because: []string{"notify"},
	})
	d.vector(probe{
		name: "a legal duty to tell them is confirmed by a person", act: "notify", purpose: "incident-response", known: map[string]bool{"legal_obligation": true},
		outcome: "refer", because: []string{"notify-by-law"},
	})
}

// sharing reads the TLP label. It restricts also when the object itself carries a
// weaker one.
func (r *reader) sharing(d *document) {
	label := r.word("tlp", false, "red", "amber+strict", "amber", "green", "clear", "white")
	forbid := func(text string, when map[string]string) {
		d.clause("tlp", "IEP 2.0 tlp: "+label, text, "prohibition", "share", obj("facts", facts(when)), obj())
	}
	switch label {
	case "red":
		forbid("For the persons the provider named, and for nobody else.", map[string]string{"named_recipient": "not true"})
	case "amber+strict":
		forbid("Stays inside the organisation that received it.", map[string]string{"own_object": "not true"})
	case "amber":
		forbid("Stays with the organisation that received it and its clients.", map[string]string{"recipient_is_client": "not true"})
	case "green":
		d.clause("tlp", "IEP 2.0 tlp: green", "For the community; not through channels the public can read.", "prohibition", "share", obj("purpose", strs("publication")), obj())
		d.vector(probe{name: "it is not published", purpose: "publication", outcome: "deny", because: []string{"tlp"}})
		return
	default:
		return
	}
	d.clause("tlp-wider", "IEP 2.0 tlp: "+label, "Wider only after an explicit yes of the provider.", "permission", "share",
		obj("facts", facts(map[string]string{"own_object": "false"})), obj("exception_to", strs("tlp"), "consent", obj("of", "originator", "form", "explicit")))
	outside := map[string]bool{"own_object": false, "named_recipient": false, "recipient_is_client": false, "encrypt_in_transit": true}
	d.vector(probe{name: "the provider is asked before it is shared any wider", known: outside, outcome: "refer", because: []string{"tlp-wider"}})
	refused := maps.Clone(outside)
	refused["originator_consent"] = false
	d.vector(probe{name: "it is not shared any wider against the provider's word", known: refused, outcome: "deny", because: []string{"tlp"}})
}

// shareable are facts under which nothing else in a policy stands in the way of
// sharing.
func shareable() map[string]bool {
	return map[string]bool{
		"own_object": false, "named_recipient": true, "recipient_is_client": true, "originator_consent": true, "encrypt_in_transit": true, "modified": true,
	}
}

func (r *reader) attribution(d *document) {
	switch r.word(r.either("attribution", "provider_attribution"), false, "may", "must", "must-not") {
	case "must":
		d.clause("attribution", "IEP 2.0 attribution: must", "Whoever passes it on names the provider.", "obligation", "share", obj(),
			obj("duties", arr(obj("id", "name-provider", "what", "name the provider to the recipient", "bearer", "sender"))))
	case "must-not":
		d.clause("attribution", "IEP 2.0 attribution: must-not", "Whoever passes it on takes the provider's name out.", "prohibition", "share",
			obj("categories", obj("any", strs("source-identity"))), obj())
		d.vector(probe{
			name: "the provider's name is taken out", known: shareable(), categories: []string{"source-identity"},
			outcome: "transform", because: []string{"attribution"},
		})
	}
}

func (r *reader) resale(d *document) {
	if r.word("unmodified_resale", false, "may", "must-not") == "must-not" {
		d.clause("resale", "IEP 2.0 unmodified_resale: must-not", "It is not sold on as it is.", "prohibition", "share",
			obj("purpose", strs("resale"), "facts", facts(map[string]string{"modified": "not true"})), obj())
		known := shareable()
		known["modified"] = false
		d.vector(probe{name: "it is not sold on as it is", purpose: "resale", known: known, outcome: "deny", because: []string{"resale"}})
	}
}
