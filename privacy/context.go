package privacy

import (
	"strings"
	"unicode"

	"entente/intel"
	"entente/internal/strictjson"
)

// Context is what a set of objects says about who is who: victims, attackers,
// sources, and the names to look for in text. Its zero value knows nobody, and
// then everybody is treated as a person to protect.
//
// It is safe for concurrent use once made.
type Context struct {
	roles   map[string]role // by object id
	sources map[string]bool // identities that reported and whose reporting is not public
	people  map[string]bool // identities of class individual
	generic map[string]bool // identities whose name was withheld: a class, not somebody
	hostile map[string]bool // addresses and mailboxes of attackers, folded
	struck  map[string]bool // addresses and mailboxes of victims, folded; wins over hostile
	names   names
}

// ContextOf works out from a closure of objects, with the relationships and
// sightings attached to it, who is who. The order of objects does not matter.
func ContextOf(objs []*intel.Object) Context {
	b := contextBuilder{
		Context: Context{
			roles: map[string]role{}, sources: map[string]bool{}, people: map[string]bool{}, generic: map[string]bool{},
			hostile: map[string]bool{}, struck: map[string]bool{}, names: names{},
		},
		byID: make(map[string]*intel.Object, len(objs)),
	}
	for _, o := range objs {
		b.byID[o.ID] = o
	}
	for _, o := range objs {
		b.identity(o)
		b.mail(o)
		b.sighting(o)
		b.incident(o)
		b.relationship(o)
	}
	for _, o := range objs {
		b.reached(o)
	}
	for _, o := range objs {
		b.traffic(o)
		b.creator(o)
	}
	for _, o := range objs {
		b.remember(o)
	}
	return b.Context
}

type contextBuilder struct {
	Context
	byID map[string]*intel.Object
}

// mark gives a role; a victim stays one whatever else is said about it.
func (b *contextBuilder) mark(id string, r role) {
	if id != "" && b.roles[id] != victim {
		b.roles[id] = r
	}
}

// each calls f for every string in a member that is a list.
func each(v *strictjson.Value, name string, f func(string)) {
	m := v.Get(name)
	if m == nil {
		return
	}
	for i := range m.Items {
		if m.Items[i].Kind == strictjson.String {
			f(m.Items[i].Text)
		}
	}
}

func (b *contextBuilder) identity(o *intel.Object) {
	if o.Type != "identity" {
		return
	}
	if o.Tree.GetText("identity_class") == "individual" {
		b.people[o.ID] = true
	}
	if o.Tree.GetText("name") == Withheld {
		b.generic[o.ID] = true
		return
	}
	says := func(s string) {
		s = strings.ToLower(s)
		switch {
		case strings.Contains(s, "victim") || strings.Contains(s, "affected"):
			b.mark(o.ID, victim)
		case s == "source" || strings.Contains(s, "informant") || strings.Contains(s, "whistle") || strings.Contains(s, "anonymous") || s == "reporter":
			b.sources[o.ID] = true
		}
	}
	each(o.Tree, "roles", says)
	each(o.Tree, "labels", says)
}

// mail marks recipients: whoever got the message was attacked.
func (b *contextBuilder) mail(o *intel.Object) {
	if o.Type != "email-message" {
		return
	}
	for _, name := range []string{"to_refs", "cc_refs", "bcc_refs"} {
		each(o.Tree, name, func(id string) { b.mark(id, victim) })
	}
}

func (b *contextBuilder) sighting(o *intel.Object) {
	if o.Type != "sighting" {
		return
	}
	seen := false
	each(o.Tree, "where_sighted_refs", func(id string) {
		b.mark(id, victim)
		seen = seen || !isGeneric(b.byID[id])
	})
	if seen {
		each(o.Tree, "observed_data_refs", func(id string) { b.mark(id, victim) })
	}
}

func isGeneric(o *intel.Object) bool {
	return o != nil && o.Type == "identity" && o.Tree.GetText("name") == Withheld
}

// incident marks what an incident says was hit, in properties of any extension
// whose name says so.
func (b *contextBuilder) incident(o *intel.Object) {
	if o.Type != "incident" {
		return
	}
	for _, r := range o.Refs {
		name := r.Path
		if i := strings.LastIndex(name, ".["); i >= 0 {
			name = name[:i]
		}
		name = name[strings.LastIndexByte(name, '.')+1:]
		if strings.Contains(name, "victim") || strings.HasPrefix(name, "impacted") || strings.HasPrefix(name, "affected") {
			b.mark(r.ID, victim)
		}
	}
}

// attackers are the types whose side of a relationship is the attacker's.
func attackers(typ string) bool {
	switch typ {
	case "threat-actor", "intrusion-set", "campaign", "malware", "tool", "infrastructure", "attack-pattern":
		return true
	}
	return false
}

func typeOf(id string) string {
	typ, _, _ := strings.Cut(id, "--")
	return typ
}

// relationship reads the relationship types of the specification (appendix B).
func (b *contextBuilder) relationship(o *intel.Object) {
	if o.Type != "relationship" {
		return
	}
	from, to := o.Tree.GetText("source_ref"), o.Tree.GetText("target_ref")
	switch o.Tree.GetText("relationship_type") {
	case "targets", "compromises", "impersonates", "victim-of", "affects", "impacts":
		switch typeOf(to) {
		case "vulnerability", "malware", "attack-pattern", "incident", "campaign", "intrusion-set", "threat-actor":
			if typeOf(from) == "identity" { // somebody victim-of an attack
				b.mark(from, victim)
			}
		default:
			b.mark(to, victim)
		}
	case "attributed-to":
		if attackers(typeOf(from)) {
			b.mark(to, adversary)
		}
	case "located-at", "originates-from":
		if attackers(typeOf(from)) {
			b.mark(to, adversary)
		}
	case "consists-of", "uses", "owns", "hosts", "controls", "beacons-to", "exfiltrates-to", "delivers", "downloads", "drops":
		if attackers(typeOf(from)) {
			b.mark(to, adversary)
		}
	case "communicates-with":
		// Who a piece of malware talks to is its command and control; who an
		// infrastructure talks to may be its victims.
		if typeOf(from) == "malware" {
			b.mark(to, adversary)
		}
	}
}

// reached carries roles one step further: places of victims, addresses of
// hostile names, the mailbox a hostile message came from.
func (b *contextBuilder) reached(o *intel.Object) {
	switch o.Type {
	case "relationship":
		from, to := o.Tree.GetText("source_ref"), o.Tree.GetText("target_ref")
		located := o.Tree.GetText("relationship_type") == "located-at"
		if located && (typeOf(from) == "incident" || b.roles[from] == victim && !b.generic[from]) {
			b.mark(to, victim)
		}
	case "domain-name":
		if b.roles[o.ID] == adversary {
			each(o.Tree, "resolves_to_refs", func(id string) { b.mark(id, adversary) })
		}
	case "indicator":
		literals(o.Tree.GetText("pattern"), func(path, value string) {
			if strings.Contains(path, "to_refs") || strings.Contains(path, "cc_refs") {
				b.struck[fold(value)] = true
				return
			}
			if strings.Contains(path, "-addr:value") || strings.Contains(path, "_ref.value") {
				b.hostile[fold(value)] = true
			}
		})
	}
}

// traffic marks the other end of a connection with an attacker.
func (b *contextBuilder) traffic(o *intel.Object) {
	if o.Type != "network-traffic" {
		return
	}
	src, dst := o.Tree.GetText("src_ref"), o.Tree.GetText("dst_ref")
	switch {
	case b.attacks(src) && !b.attacks(dst):
		b.mark(dst, victim)
	case b.attacks(dst) && !b.attacks(src):
		b.mark(src, victim)
	default:
		return
	}
	b.mark(o.ID, victim)
}

func (b *contextBuilder) attacks(id string) bool {
	if b.roles[id] == victim {
		return false
	}
	o := b.byID[id]
	return b.roles[id] == adversary || o != nil && b.hostile[fold(o.Tree.GetText("value"))]
}

// creator makes a person who created objects a source. An organisation that
// publishes under its own name is not one, unless it is also the victim or
// says so in its roles: otherwise nothing could ever leave as it was received.
func (b *contextBuilder) creator(o *intel.Object) {
	if b.people[o.CreatedBy] && !b.generic[o.CreatedBy] {
		b.sources[o.CreatedBy] = true
	}
}

// remember collects the values and names to look for elsewhere.
func (b *contextBuilder) remember(o *intel.Object) {
	switch o.Type {
	case "ipv4-addr", "ipv6-addr", "email-addr", "mac-addr":
		v := o.Tree.GetText("value")
		switch b.roles[o.ID] {
		case victim:
			b.struck[fold(v)] = true
		case adversary:
			b.hostile[fold(v)] = true
		case bystander:
		}
		if n := o.Tree.GetText("display_name"); b.roles[o.ID] != adversary && strings.ContainsRune(n, ' ') {
			b.names.add(n, textName)
		}
	case "identity":
		b.rememberIdentity(o)
	}
}

func (b *contextBuilder) rememberIdentity(o *intel.Object) {
	name := o.Tree.GetText("name")
	if b.generic[o.ID] || wholeToken(name) {
		return
	}
	person := b.people[o.ID]
	if b.roles[o.ID] == victim {
		b.names.add(name, textVictim)
		for _, domain := range mailDomains(o.Tree.GetText("contact_information")) {
			b.names.add(domain, textVictim)
		}
	}
	if b.sources[o.ID] {
		b.names.add(name, textSource)
	}
	switch {
	case person && b.roles[o.ID] == adversary:
		b.names.add(name, textOffender)
	case person:
		b.names.add(name, textName)
	}
	ext := o.Tree.Get("extensions").Get(contactExtension)
	if first, last := ext.GetText("first_name"), ext.GetText("last_name"); first != "" && last != "" {
		b.names.add(first+" "+last, textName)
	}
}

// mailDomains returns the domains of the addresses in a text: a victim's own
// domain names it as surely as its name does. A provider's does not.
func mailDomains(s string) []string {
	var domains []string
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;:<>()[]\"'", r) }) {
		_, domain, found := strings.Cut(word, "@")
		domain = strings.Trim(fold(domain), ".")
		if found && strings.Contains(domain, ".") && !mailProvider(domain) {
			domains = append(domains, domain)
		}
	}
	return domains
}

// mailProvider reports whether many unrelated people have addresses at a domain.
func mailProvider(domain string) bool {
	switch domain {
	case "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "icloud.com",
		"proton.me", "protonmail.com", "gmx.net", "gmx.de", "gmx.com", "web.de", "mail.ru", "yandex.ru", "qq.com", "163.com", "aol.com":
		return true
	}
	return false
}

// literals calls f for every quoted string of a STIX pattern with the object
// path before it. It does not parse: a pattern in another language yields its
// single-quoted strings.
func literals(pattern string, f func(path, value string)) {
	last := 0
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '\'' {
			continue
		}
		var b strings.Builder
		j := i + 1
		for ; j < len(pattern) && pattern[j] != '\''; j++ {
			if pattern[j] == '\\' && j+1 < len(pattern) {
				j++
			}
			b.WriteByte(pattern[j])
		}
		f(pattern[last:i], b.String())
		i, last = j, min(j+1, len(pattern))
	}
}
