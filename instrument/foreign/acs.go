package foreign

import (
	"cmp"
	"slices"
	"strings"

	"entente/internal/strictjson"
)

// privileges are the actions of ACS that are acts of format 1, with what narrows
// them there. The others are about access inside the recipient's own systems.
var privileges = map[string]struct{ act, purpose, category, text string }{
	"NETDEF":   {"act-on", "cyber-defence", "", "defending networks"},
	"OPACTION": {"act-on", "state-operation", "", "operations"},
	"TENOT":    {"notify", "", "", "telling the entity that was targeted"},
	"LEGAL":    {"use", "criminal-justice", "", "legal proceedings"},
	"INTEL":    {"use", "intelligence", "", "intelligence"},
	"CISAUSES": {"use", "cyber-defence", "", "the uses of the Cybersecurity Information Sharing Act of 2015"},
	"IDSRC":    {"share", "", "source-identity", "naming the source"},
}

// The words of ACS 3.0a that the STIX extension allows.
var (
	allPrivileges = []string{
		"DSPLY", "IDSRC", "TENOT", "NETDEF", "LEGAL", "INTEL", "TEARLINE", "OPACTION", "REQUEST", "ANONYMOUSACCESS", "CISAUSES",
	}
	allDeterminations = []string{
		"PUBREL", "NF", "AIS", "PII-NECESSARY-TO-UNDERSTAND-THREAT", "NO-PII-PRESENT", "FOUO", "INFORMATION-DIRECTLY-RELATED-TO-CYBERSECURITY-THREAT",
	}
	allScopes = []string{"permitted_nationalities", "permitted_organizations", "shareability", "entity"}
)

// acs makes a draft of one marking. Whom ACS lets have something it says by
// groups of persons and organisations a node does not know: each becomes a fact,
// and what nobody has established denies.
func acs(t terms, under string) (Draft, error) {
	r := &reader{terms: t, scheme: "ACS 3.0"}
	id := r.text("identifier", true)
	d := &document{id: slug("acs-", strings.TrimPrefix(id, "isa:")), under: under, version: "1.0.0", title: r.text("name", false)}
	if d.title == "" {
		d.title = "ACS marking " + id
	}
	r.get("extension_type")
	d.from = r.instant("create_date_time", true)
	if o := r.text("responsible_entity_custodian", true); o != "" {
		r.lose("responsible_entity_custodian", "custodian "+o, "it is an organisation and no party of an instrument; ask it where the draft says originator")
	}
	if o := r.text("responsible_entity_originator", false); o != "" {
		r.lose("responsible_entity_originator", "originator "+o, "it is an organisation and no party of an instrument")
	}
	if a := r.words("authority_reference"); len(a) > 0 {
		r.lose("authority_reference", strings.Join(a, ", "), "why the marking was set is for people")
	}
	privilege, sharing := r.policy()
	r.records()
	r.controls(d)
	r.privileges(d, privilege)
	r.further(d, sharing)
	if err := r.done(); err != nil {
		return Draft{}, err
	}
	if len(d.clauses) == 0 {
		d.clause("marked", "ACS marking", "The marking restricts nothing; whoever passes it on keeps it.", "obligation", "share", obj(),
			obj("duties", arr(obj("id", "keep-marking", "what", "keep the marking on what is passed on", "bearer", "sender"))))
	}
	d.established()
	d.vector(probe{name: "what came under other terms is not touched", elsewhere: true, outcome: "permit"})
	return check(d.id+".yaml", Draft{Lost: r.lost, Source: d.source("Made from a US ACS (ISA) marking. A draft: read it, correct it, and activate it under your\n" +
		"own name. Facts named acs_… are for a person to establish. It is about what was received under\n" + d.scope() + ".")})
}

// policy reads the two defaults: what counts where no privilege, and no sharing
// rule, says otherwise.
func (r *reader) policy() (privilege, sharing string) {
	const form = "urn:isa:policy:acs:ns:v3.0?privdefault="
	p := strings.TrimSpace(r.text("policy_reference", true))
	privilege, sharing, ok := strings.Cut(strings.TrimPrefix(p, form), "&sharedefault=")
	effects := []string{"permit", "deny"}
	if p != "" && (!ok || !strings.HasPrefix(p, form) || !slices.Contains(effects, privilege) || !slices.Contains(effects, sharing)) {
		r.refuse("policy_reference", "must be like "+form+"deny&sharedefault=deny")
	}
	return privilege, sharing
}

// records reads what the marking notes and no rule follows from.
func (r *reader) records() {
	for _, part := range []struct {
		name, why string
		inner     []string
	}{
		{"original_classification", "who classified it, when and why is for people", []string{"classified_by", "classified_on", "classification_reason", "compilation_reason"}},
		{"derivative_classification", "who classified it, when and why is for people", []string{"classified_by", "classified_on", "derived_from"}},
		{"declassification", "a node declassifies nothing: the originator sends it again with another marking", []string{"declass_exemption", "declass_period", "declass_date", "declass_event"}},
		{"resource_disposition", "an instrument counts from receipt and has no fixed day; add retention or a duty", []string{"disposition_date", "disposition_process"}},
		{"public_release", "a release opens nothing here: what else the marking says still counts", []string{"released_by", "released_on"}},
	} {
		v := r.get(part.name)
		if v == nil {
			continue
		}
		inner := &reader{terms: terms{value: v, pointer: r.at(part.name)}}
		var said []string
		for _, name := range part.inner {
			if i := inner.get(name); i != nil {
				said = append(said, name+" "+printable(i))
			}
		}
		r.into(inner)
		r.lose(part.name, strings.Join(said, ", "), part.why)
	}
}

// into takes over what an inner reader found wrong, unknown names included.
func (r *reader) into(inner *reader) {
	if inner.value.Kind != strictjson.Object {
		r.wrong = append(r.wrong, wrongAt(inner.pointer, "must be an object"))
		return
	}
	for _, m := range inner.value.Members {
		if !slices.Contains(inner.asked, m.Name) {
			inner.refuse(m.Name, "is no statement of "+r.scheme)
		}
	}
	r.wrong = append(r.wrong, inner.wrong...)
	r.lost = append(r.lost, inner.lost...)
}

// controls reads the tags for automated access control.
func (r *reader) controls(d *document) {
	v := r.get("control_set")
	if v == nil {
		r.refuse("control_set", "is missing")
		return
	}
	c := &reader{terms: terms{value: v, pointer: r.at("control_set")}, scheme: r.scheme}
	if level := c.word("classification", true, "U", "C", "S", "TS"); level != "" && level != "U" {
		classified(d, level)
	}
	for _, group := range []struct{ name, text string }{
		{"sensitivity", "Only who may have information of this sensitivity"},
		{"caveat", "Only after a person has looked at the caveat"},
		{"sci_controls", "Only who is read into the control system"},
		{"logical_authority_category", "Only who works under the authority category"},
	} {
		for _, w := range c.words(group.name) {
			d.gate(strings.ReplaceAll(strings.TrimSuffix(group.name, "s"), "_", "-")+"-"+w, "ACS "+group.name+" "+w, group.text+": "+w+".")
		}
	}
	for _, name := range []string{"shareability", "entity", "permitted_organizations"} {
		if ws := c.words(name); len(ws) > 0 && !slices.Equal(ws, []string{"ALL"}) {
			d.gate(strings.ReplaceAll(name, "_", "-"), "ACS "+name+" "+strings.Join(ws, ", "), "Only who belongs to one of these: "+strings.Join(ws, ", ")+".")
		}
	}
	c.nationalities(d)
	c.determinations(d)
	r.into(c)
}

// classified forbids to share, whatever the level: one owner's level is never
// turned into another's.
func classified(d *document, level string) {
	d.clause("classified", "ACS classification "+level, "Classified: it does not leave, unless the two owners have a security-of-information agreement, the recipient is cleared and needs to know, and the node is accredited.",
		"prohibition", "share", obj(), obj())
	d.clause("classified-agreement", "ACS classification "+level, "All of that holds, and a second person agrees.", "permission", "share",
		obj("facts", facts(map[string]string{"classified_agreement": "true", "clearance": "true", "need_to_know": "true", "accredited_node": "true"})),
		obj("exception_to", strs("classified"), "requires", arr(obj("safeguard", "dual-control", "approval_by", "security-officer"))))
	d.vector(probe{name: "classified information does not leave", outcome: "deny", because: []string{"classified"}})
}

// gate forbids to share until somebody has established a fact.
func (d *document) gate(id, cite, text string) {
	id = d.unique(slug("", id))
	d.clause(id, cite, text, "prohibition", "share", obj("facts", facts(map[string]string{factName(id): "not true"})), obj())
	d.vector(probe{name: "nobody has established: " + cite, outcome: "deny", because: []string{id}})
}

// factName is the fact of a clause.
func factName(id string) string {
	s := "acs_" + strings.NewReplacer("-", "_", ".", "_").Replace(id)
	return s[:min(len(s), 100)]
}

// nationalities is about persons, of whom an instrument knows nothing: the
// country a recipient is established in says nothing about them.
func (r *reader) nationalities(d *document) {
	ws := r.words("permitted_nationalities")
	if len(ws) == 0 || slices.Equal(ws, []string{"ALL"}) {
		return
	}
	d.gate("permitted-nationalities", "ACS permitted_nationalities "+strings.Join(ws, ", "), "Only persons of one of these nationalities: "+strings.Join(ws, ", ")+".")
}

func (r *reader) determinations(d *document) {
	for _, w := range r.words("formal_determination") {
		switch w {
		case "NF":
			d.clause("no-foreign", "ACS formal_determination NF", "Not for anybody outside the United States.", "prohibition", "share",
				obj("recipient_jurisdiction", obj("not_in", strs("US"))), obj())
			d.vector(probe{name: "it does not leave the United States", outcome: "deny", because: []string{"no-foreign"}})
		case "FOUO":
			d.clause("official-use", "ACS formal_determination FOUO", "For official use; it is not published.", "prohibition", "share",
				obj("purpose", strs("publication")), obj())
			d.vector(probe{name: "it is not published", purpose: "publication", outcome: "deny", because: []string{"official-use"}})
		case "PUBREL", "AIS", "NO-PII-PRESENT", "PII-NECESSARY-TO-UNDERSTAND-THREAT", "INFORMATION-DIRECTLY-RELATED-TO-CYBERSECURITY-THREAT":
			r.lose("formal_determination", w, "a finding of the originator that restricts nothing; the node looks at the data itself")
		default:
			r.refuse("formal_determination", "must be of "+strings.Join(allDeterminations, ", "))
		}
	}
}

// rule is one access privilege or one rule on further sharing.
type rule struct {
	names   []string // the actions, or the scopes of further sharing
	narrow  bool     // for some persons and organisations only
	permits bool
}

func (r *reader) rules(name string, read func(*reader) rule) []rule {
	v := r.get(name)
	if v == nil {
		return nil
	}
	if v.Kind != strictjson.Array || len(v.Items) == 0 || len(v.Items) > 100 {
		r.refuse(name, "must be a list of at most 100 rules that is not empty")
		return nil
	}
	var out []rule
	for n := range v.Items {
		i := &reader{terms: terms{value: &v.Items[n], pointer: r.at(name) + strictjson.Pointer(itoa(n))}, scheme: r.scheme}
		if i.value.Kind == strictjson.Object {
			out = append(out, read(i))
		}
		r.into(i)
	}
	return out
}

func (r *reader) effect() bool { return r.word("rule_effect", true, "permit", "deny") == "permit" }

// privileges reads what may be done with it. Of several rules on one action the
// strictest counts.
func (r *reader) privileges(d *document, byDefault string) {
	rules := r.rules("access_privilege", func(i *reader) rule {
		out := rule{names: []string{i.word("privilege_action", true, append(slices.Clone(allPrivileges), "ALL")...)}}
		if v := i.get("privilege_scope"); v != nil {
			s := &reader{terms: terms{value: v, pointer: i.at("privilege_scope")}, scheme: i.scheme}
			for _, name := range allScopes {
				if ws := s.words(name); len(ws) > 0 && !slices.Equal(ws, []string{"ALL"}) {
					out.narrow = true
				}
			}
			i.into(s)
		} else {
			i.refuse("privilege_scope", "is missing")
		}
		out.permits = i.effect()
		return out
	})
	for _, action := range allPrivileges {
		_, known := privileges[action]
		said, strictest := verdict(rules, action, byDefault)
		switch {
		case known:
			d.privilege(action, strictest)
		case said && strictest != open:
			r.lose("access_privilege", action, "it is about access inside the recipient's systems, which no act of an instrument is; the recipient has to see to it")
		}
	}
}

// opening is how far an action is open.
type opening uint8

const (
	open   opening = iota
	narrow         // for some only: a fact
	shut
)

// verdict is what the rules say about an action, and whether any does.
func verdict(rules []rule, action, byDefault string) (said bool, o opening) {
	for _, r := range rules {
		if !slices.Contains(r.names, action) && !slices.Contains(r.names, "ALL") {
			continue
		}
		said = true
		switch {
		case !r.permits && !r.narrow:
			o = shut
		case r.narrow:
			o = max(o, narrow)
		}
	}
	if !said && byDefault != "permit" {
		o = shut
	}
	return said, o
}

func (d *document) privilege(action string, o opening) {
	p := privileges[action]
	if o == open {
		return
	}
	when := thing{}
	if p.purpose != "" {
		when.add("purpose", strs(p.purpose))
	}
	if p.category != "" {
		when.add("categories", obj("any", strs(p.category)))
	}
	id, text := d.unique(slug("privilege-", action)), "Not for "+p.text+"."
	if o == narrow {
		when.add("facts", facts(map[string]string{factName(id): "not true"}))
		text = "Not for " + p.text + ", except by those the marking names."
	}
	d.clause(id, "ACS access_privilege "+action, text, "prohibition", p.act, when.value(), obj())
	if p.category == "" { // see established for what can be taken out
		d.vector(probe{name: "not for " + p.text, act: p.act, purpose: cmp.Or(p.purpose, "incident-response"), outcome: "deny", because: []string{id}})
	}
}

// further reads to whom it may be passed on. Groups of recipients are facts.
func (r *reader) further(d *document, byDefault string) {
	rules := r.rules("further_sharing", func(i *reader) rule {
		names := i.words("sharing_scope")
		if len(names) == 0 {
			i.refuse("sharing_scope", "is missing")
		}
		return rule{names: names, permits: i.effect()}
	})
	if byDefault != "permit" {
		d.clause("further-sharing", "ACS sharedefault=deny", "It is passed on to nobody the marking does not name.", "prohibition", "share", obj(), obj())
		d.vector(probe{name: "it is passed on to nobody the marking does not name", outcome: "deny", because: []string{"further-sharing"}})
	}
	for _, rule := range rules {
		for _, scope := range rule.names {
			id := d.unique(slug("scope-", scope))
			switch is := obj("facts", facts(map[string]string{factName(id): "true"})); {
			case rule.permits && byDefault != "permit":
				d.clause(id, "ACS further_sharing "+scope, "It may be passed on to: "+scope+".", "permission", "share", is, obj("exception_to", strs("further-sharing")))
			case !rule.permits:
				d.clause(id, "ACS further_sharing "+scope, "It is not passed on to: "+scope+".", "prohibition", "share", is, obj())
				d.vector(probe{name: "not for " + scope, known: map[string]bool{factName(id): true}, outcome: "deny", because: []string{id}})
			}
		}
	}
}

// established adds the test case in which a person has established everything the
// marking asks for: what its exceptions open is open then, and who is the source
// is still taken out.
func (d *document) established() {
	p := probe{name: "everything the marking asks for is established", known: map[string]bool{"dual_control": true}, country: "US", outcome: "permit"}
	source, shared := "", true
	for n := range d.clauses {
		c := &d.clauses[n]
		id := c.GetText("id")
		if c.GetText("act") != "share" {
			continue
		}
		if c.Get("exception_to") != nil {
			p.because = append(p.because, id)
		}
		if id == "further-sharing" {
			shared = false
		}
		facts := c.Get("when").Get("facts")
		if c.Get("when").Get("categories") != nil {
			source = id // nobody has established that this recipient may know it
			continue
		}
		switch {
		case facts == nil:
		case c.GetText("modality") == "permission" || facts.Members[0].Value.Kind == strictjson.Object: // an exception or a gate
			for _, m := range facts.Members {
				p.known[m.Name] = true
			}
		default: // a scope the marking excludes
			p.known[facts.Members[0].Name] = false
		}
	}
	if !shared && !slices.ContainsFunc(p.because, func(id string) bool { return strings.HasPrefix(id, "scope-") }) {
		p.outcome = "deny" // it names nobody it may be passed on to
	}
	d.vector(p)
	if source != "" {
		p.name, p.categories, p.because = "who is the source is taken out", []string{"source-identity"}, []string{source}
		if p.outcome == "permit" {
			p.outcome = "transform"
		}
		d.vector(p)
	}
}
