package privacy

import (
	"slices"
	"strconv"
	"strings"

	"entente/intel"
	"entente/internal/strictjson"
)

// Rules that are not one line of the table.
const (
	ruleIdentity  = "identity.name"
	ruleDetails   = "identity.*"
	ruleSubject   = "x509-certificate.subject"
	ruleReference = "reference"
	ruleCustom    = "custom"
)

// Find returns every place of o that holds data of a category other than
// technical, in document order.
func (c Context) Find(o *intel.Object) []Finding {
	f := finder{ctx: &c, typ: o.Type, rules: rulesOf[o.Type], known: known[o.Type], role: c.roleOf(o)}
	if f.known == nil {
		// A custom object: nobody has said what any of it means.
		return []Finding{{Category: Unclassified, Rule: ruleCustom}}
	}
	f.identity = o.Type == "identity" && (f.role != bystander || c.people[o.ID] || c.sources[o.ID])
	f.self, f.tree = o.ID, o.Tree
	for i := range o.Tree.Members {
		f.root(&o.Tree.Members[i])
	}
	return f.found
}

// Categories returns the categories of findings, sorted and unique. An object
// in which nothing was found is technical; every other object is technical too,
// and what it holds besides.
func Categories(fs []Finding) []Category {
	cs := make([]Category, 0, 4)
	cs = append(cs, Technical)
	for _, f := range fs {
		if !slices.Contains(cs, f.Category) {
			cs = append(cs, f.Category)
		}
	}
	slices.Sort(cs)
	return cs
}

func (c Context) roleOf(o *intel.Object) role {
	if r := c.roles[o.ID]; r == victim {
		return victim
	}
	switch o.Type {
	case "ipv4-addr", "ipv6-addr", "email-addr", "mac-addr":
		v := fold(o.Tree.GetText("value"))
		if c.struck[v] {
			return victim
		}
		if c.hostile[v] {
			return adversary
		}
	}
	return c.roles[o.ID]
}

// finder walks one object. The path is kept as steps and written out only for
// what is found.
type finder struct {
	ctx      *Context
	typ      string
	self     string
	tree     *strictjson.Value // of the object
	rules    []compiledRule
	known    map[string]bool
	role     role
	identity bool // the object is an identity that is somebody
	steps    []pathStep
	spans    []span
	found    []Finding
}

type pathStep struct {
	name  string
	index int // of a list item when name is ""
}

func (f *finder) path() string { return pathOf(f.steps) }

func pathOf(steps []pathStep) string {
	var b strings.Builder
	for i, s := range steps {
		if i > 0 {
			b.WriteByte('.')
		}
		if s.name != "" {
			b.WriteString(s.name)
			continue
		}
		b.WriteByte('[')
		b.WriteString(strconv.Itoa(s.index))
		b.WriteByte(']')
	}
	return b.String()
}

func (f *finder) add(cat Category, ruleName string) {
	if cat != "" && cat != Technical {
		f.found = append(f.found, Finding{Path: f.path(), Category: cat, Rule: ruleName})
	}
}

func (f *finder) root(m *strictjson.Member) {
	f.steps = append(f.steps[:0], pathStep{name: m.Name})
	v := &m.Value
	switch m.Name {
	case "type", "id", "spec_version", "created", "modified", "granular_markings", "object_marking_refs", "lang", "pattern_type":
		return
	case "created_by_ref":
		if f.ctx.sources[v.Text] {
			f.add(SourceIdentity, ruleReference)
		}
		return
	case "extensions":
		f.extensions(v)
		return
	case "where_sighted_refs":
		f.sighted(v)
		return
	case "pattern":
		f.pattern(v.Text)
		return
	}
	if !f.known[m.Name] {
		f.add(Unclassified, ruleCustom)
		return
	}
	if f.misp(f.tree, v, m.Name) {
		return
	}
	if f.identity && f.identityMember(m.Name, v) {
		return
	}
	f.value(v)
}

// extensions descends into those we know. In definitions of markings and
// extensions the extension is the content, and says nothing about anybody.
func (f *finder) extensions(v *strictjson.Value) {
	for i := range v.Members {
		m := &v.Members[i]
		f.steps = append(f.steps[:1], pathStep{name: m.Name})
		if m.Name == mispExtension {
			f.mispHints(&m.Value)
			continue
		}
		if members, ok := advised[m.Name]; ok {
			f.advisory(members, &m.Value)
			continue
		}
		if knownExtension(m.Name) || f.typ == "marking-definition" || f.typ == "extension-definition" {
			f.value(&m.Value)
			continue
		}
		f.add(Unclassified, ruleCustom)
	}
}

// sighted reports who saw something: an organisation is named by its id as
// surely as by its name. A class of organisations is nobody.
func (f *finder) sighted(v *strictjson.Value) {
	for i := range v.Items {
		if f.ctx.generic[v.Items[i].Text] {
			continue
		}
		f.steps = append(f.steps[:1], pathStep{index: i})
		f.add(VictimIdentity, ruleReference)
	}
}

// value visits one node below a root property.
func (f *finder) value(v *strictjson.Value) {
	if r := f.match(); r != nil {
		f.byRule(r, v)
		return
	}
	switch v.Kind {
	case strictjson.String:
		f.text(v.Text)
	case strictjson.Object:
		for i := range v.Members {
			m := &v.Members[i]
			if mute(m.Name) {
				continue
			}
			f.steps = append(f.steps, pathStep{name: m.Name})
			f.value(&m.Value)
			f.steps = f.steps[:len(f.steps)-1]
		}
	case strictjson.Array:
		for i := range v.Items {
			f.steps = append(f.steps, pathStep{index: i})
			f.value(&v.Items[i])
			f.steps = f.steps[:len(f.steps)-1]
		}
	case strictjson.Null, strictjson.Bool, strictjson.Number:
	}
}

// mute are names whose values are ids, digests or codes.
func mute(name string) bool {
	return strings.HasSuffix(name, "_ref") || strings.HasSuffix(name, "_refs") || strings.HasSuffix(name, "_hex") || name == "hashes" || name == "extension_type"
}

// match returns the rule for the current path.
func (f *finder) match() *compiledRule {
rules:
	for i := range f.rules {
		r := &f.rules[i]
		n := 0
		for _, s := range f.steps {
			if s.name == "" {
				continue
			}
			if n == len(r.names) || r.names[n] != "*" && r.names[n] != s.name {
				continue rules
			}
			n++
		}
		if n == len(r.names) {
			return r
		}
	}
	return nil
}

func (f *finder) byRule(r *compiledRule, v *strictjson.Value) {
	cat := r.category(f.role)
	if cat == "" {
		if v.Kind == strictjson.String && f.role != adversary {
			f.text(v.Text)
		}
		return
	}
	if v.Kind == strictjson.String {
		cat = already(r.kind, v.Text, cat)
	}
	f.add(cat, r.path)
}

// already returns what a value counts as when a transformation has been at it:
// this is what keeps the catalogue's promise true when the form is looked at
// again, here or at the recipient's.
func already(k kind, s string, cat Category) Category {
	if s == Withheld || s == withheldWord {
		return ""
	}
	switch k {
	case anAddress:
		if pseudonymousAddress(s) {
			return PersonalPseudonymous
		}
		if p, ok := address(s); ok && !identifyingPrefix(p) {
			return ""
		}
	case aMailbox:
		if pseudonymousMailbox(s) {
			return PersonalPseudonymous
		}
		if strings.HasPrefix(s, withheldWord+"@") {
			return ""
		}
	case aMAC:
		if strings.HasPrefix(s, macMark) {
			return PersonalPseudonymous
		}
		if macAt(s) && generalisedMAC(s) {
			return ""
		}
	case aTime:
		switch {
		case strings.Contains(s, "T00:00:00Z"), strings.Contains(s, "T00:00:00.000Z"):
			return ""
		case strings.Contains(s, ":00:00Z"), strings.Contains(s, ":00:00.000Z"):
			return PersonalPseudonymous
		}
	default:
		if wholeToken(s) {
			return PersonalPseudonymous
		}
	}
	return cat
}

// text looks for what is personal by its form, and for the names in the context.
func (f *finder) text(s string) {
	f.spans = detect(f.spans[:0], s)
	for _, sp := range f.spans {
		if f.steps[0].name == "external_references" && sp.rule == textHandle {
			continue // the author of a published work
		}
		f.addSpan(sp, f.spanCategory(sp.rule, s[sp.start:sp.end]))
	}
	f.ctx.names.find(s, func(start, end int, rules []string) {
		for _, r := range rules {
			f.addSpan(span{start, end, r}, nameCategory(r))
		}
	})
	if f.typ == "x509-certificate" && f.role != adversary {
		f.subject(s)
	}
}

func (f *finder) addSpan(sp span, cat Category) {
	if cat != "" {
		f.found = append(f.found, Finding{Path: f.path(), Category: cat, Rule: sp.rule, Start: sp.start, End: sp.end})
	}
}

func (f *finder) spanCategory(ruleName, s string) Category {
	switch ruleName {
	case textEmail, textIP, textMAC:
		k := kindOf[ruleName]
		if cat := already(k, s, PersonalIdentifier); cat != PersonalIdentifier {
			return cat
		}
		v := fold(refang(s))
		if !f.ctx.struck[v] && (f.ctx.hostile[v] || f.role == adversary || k == anAddress && f.typ == "url") {
			return ""
		}
		return PersonalIdentifier
	case textPhone:
		return PersonalContact
	case textIBAN, textCard:
		return Financial
	case textUserinfo, textSecret, textURLSecret:
		return Credentials
	case textPseudonym:
		return PersonalPseudonymous
	}
	if wholeToken(s) || pseudonymousMailbox(s) {
		return PersonalPseudonymous
	}
	if f.role == adversary && f.typ == "url" {
		return ""
	}
	return PersonalIdentifier
}

func nameCategory(ruleName string) Category {
	switch ruleName {
	case textVictim:
		return VictimIdentity
	case textSource:
		return SourceIdentity
	case textOffender:
		return PersonalSpecial
	}
	return PersonalContact
}

// subject looks at the common name of a certificate whose other attributes say
// that it was issued to a person.
func (f *finder) subject(s string) {
	if f.steps[0].name != "subject" && f.steps[0].name != "issuer" {
		return
	}
	low := strings.ToLower(s)
	personal := strings.Contains(low, "emailaddress=") || strings.Contains(low, "givenname=") || strings.Contains(low, "surname=") ||
		strings.Contains(low, "gn=") || strings.Contains(low, "uid=")
	at := strings.Index(low, "cn=")
	if !personal || at < 0 || at > 0 && alnum(low[at-1]) {
		return
	}
	start := at + len("cn=")
	end := start + cutLen(s[start:], ",/+;")
	if name := s[start:end]; name != "" && name != Withheld && !wholeToken(name) {
		f.addSpan(span{start, end, ruleSubject}, PersonalContact)
	}
}

// pattern looks at an indicator's pattern. What it matches is the attacker's,
// unless the context knows the value as a victim's or the pattern asks for a
// recipient.
func (f *finder) pattern(s string) {
	f.spans = detect(f.spans[:0], s)
	for _, sp := range f.spans {
		v := s[sp.start:sp.end]
		switch {
		case f.ctx.struck[fold(refang(v))]:
			f.addSpan(sp, already(kindOf[sp.rule], v, PersonalIdentifier))
		case sp.rule == textPseudonym || pseudonymousMailbox(v) || sp.rule == textIP && pseudonymousAddress(v):
			f.addSpan(sp, PersonalPseudonymous)
		case sp.rule == textUserPath:
			f.addSpan(sp, f.spanCategory(sp.rule, v))
		}
	}
	f.ctx.names.find(s, func(start, end int, rules []string) {
		for _, r := range rules {
			f.addSpan(span{start, end, r}, nameCategory(r))
		}
	})
}
