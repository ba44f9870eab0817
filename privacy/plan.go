package privacy

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// edit is what becomes of one value.
type edit struct {
	remove bool
	text   string
	by     string
}

// effect is what a chain of transformations comes to for one finding, weakest
// first.
type effect uint8

const (
	kept effect = iota
	pseudonymised
	generalised
	removed
)

var catalogue = func() map[string]Transform {
	m := map[string]Transform{}
	for _, t := range Catalogue() {
		m[t.ID] = t
	}
	return m
}()

// effectOf follows a category through transformations.
func effectOf(cat Category, transforms []string) (e effect, by string) {
	for _, id := range transforms {
		to, ok := catalogue[id].Maps[cat]
		if !ok {
			continue
		}
		cat, by = to, id
		switch id {
		case Pseudonymise:
			e = pseudonymised
		case GeneraliseIP:
			e = generalised
		default:
			e = removed
		}
	}
	return e, by
}

// plan works out the edits of one item from its findings.
func (b *builder) plan(p *piece, it Item) error {
	want := map[string]bool{}
	for _, id := range it.Transforms {
		if _, ok := catalogue[id]; !ok {
			return fault.New(fault.Invalid, "privacy.transform", "There is no transformation %q.", id)
		}
		want[id] = true
	}
	p.edits = map[string]edit{}
	if len(want) == 0 || stix.WellKnownMarking(p.obj.ID) {
		return nil
	}
	spans := map[string][]cut{}
	strongest := map[string]effect{}
	for _, f := range it.Findings {
		e, by := effectOf(f.Category, it.Transforms)
		if e == kept && want[RedactText] && strings.HasPrefix(f.Rule, "text/") && f.Path != "pattern" {
			e, by = removed, RedactText
		}
		switch {
		case e == kept:
		case f.End > 0:
			spans[f.Path] = append(spans[f.Path], cut{f, e, by})
		case e >= strongest[f.Path]:
			strongest[f.Path] = e
			b.whole(p, f, e, by)
		}
	}
	for path, cuts := range spans {
		if strongest[path] == kept {
			b.cuts(p, path, cuts)
		}
	}
	b.coarsen(p, want)
	return nil
}

// whole plans for a finding that is all of a value.
func (b *builder) whole(p *piece, f Finding, e effect, by string) {
	if f.Path == "" {
		p.left = "nobody has classified what it holds"
		return
	}
	v, ok := stix.Select(p.obj.Tree, f.Path)
	if !ok {
		p.left = "a finding points at nothing in it"
		return
	}
	if e == removed && (f.Rule == ruleIdentity || f.Rule == ruleDetails) {
		b.declass(p, by, f.Category == PersonalContact)
		return
	}
	k := kindOf[f.Rule]
	if k == aReference {
		// The reference goes only if what it points at is not made a class: a
		// sighting may still say "somebody in energy".
		if !b.becomesClass(v.Text) {
			p.edits[f.Path] = edit{remove: true, by: by}
		}
		return
	}
	b.seek(v, f, k)
	ed := edit{remove: true, by: by}
	if v.Kind == strictjson.String {
		switch e {
		case pseudonymised:
			ed.text = pseudonym(b.sc.Key, k, v.Text)
		case generalised:
			ed.text = generalise(k, v.Text)
		case kept, removed:
		}
		ed.remove = ed.text == ""
	}
	if ed.remove && f.Path == "name" {
		ed = edit{text: Withheld, by: by}
	}
	p.edits[f.Path] = ed
}

// becomesClass reports whether a referenced identity is itself transformed; the
// closure keeps or drops the reference then.
func (b *builder) becomesClass(id string) bool {
	i, ok := b.at[id]
	return ok && b.pieces[i].class
}

// declass leaves of an identity only what it shares with others of its kind:
// class and sectors, and of a contact the role. Its id then depends on those
// alone, so that two withheld victims of one sector cannot be told apart.
func (b *builder) declass(p *piece, by string, roles bool) {
	for i := range p.obj.Tree.Members {
		m := &p.obj.Tree.Members[i]
		switch m.Name {
		case "type", "spec_version", "id", "identity_class", "sectors", "object_marking_refs", "granular_markings", "revoked", "created", "modified", "created_by_ref":
			continue
		case "name":
			b.seek(&m.Value, Finding{Path: m.Name}, aName)
			p.edits[m.Name] = edit{text: Withheld, by: by}
			continue
		case "roles":
			if roles && !p.class {
				continue
			}
		case "contact_information":
			b.seek(&m.Value, Finding{Path: m.Name}, aContact)
		}
		p.edits[m.Name] = edit{remove: true, by: by}
	}
	p.class, p.reason = true, by
}

// cut is one stretch of a text and what becomes of it.
type cut struct {
	Finding
	effect effect
	by     string
}

// cuts plans for the findings inside one text.
func (b *builder) cuts(p *piece, path string, cuts []cut) {
	v, ok := stix.Select(p.obj.Tree, path)
	if !ok || v.Kind != strictjson.String {
		p.left = "a finding points at nothing in it"
		return
	}
	s := v.Text
	merged := mergeCuts(cuts, len(s))
	var out strings.Builder
	last := 0
	for _, c := range merged {
		old := s[c.Start:c.End]
		k := kindOf[c.Rule]
		instead := ""
		switch c.effect {
		case pseudonymised:
			instead = pseudonym(b.sc.Key, k, old)
		case generalised:
			instead = generalise(k, old)
		case kept, removed:
		}
		if path == "pattern" && (c.effect == removed || c.effect == generalised && k != anAddress) {
			p.left = "its pattern looks for what is withheld"
			return
		}
		if instead == "" {
			instead = Withheld
			if k == aProfile || k == aQueryValue {
				instead = withheldWord
			}
		}
		b.seekText(old, k, c.Category)
		out.WriteString(s[last:c.Start])
		out.WriteString(instead)
		last = c.End
	}
	out.WriteString(s[last:])
	p.edits[path] = edit{text: out.String(), by: merged[0].by}
}

// mergeCuts sorts cuts and joins those that overlap under the strongest effect.
func mergeCuts(cuts []cut, size int) []cut {
	slices.SortStableFunc(cuts, func(a, b cut) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End)) })
	var out []cut
	for _, c := range cuts {
		c.Start, c.End = min(max(c.Start, 0), size), min(max(c.End, c.Start), size)
		if n := len(out); n > 0 && c.Start < out[n-1].End {
			last := &out[n-1]
			end := max(last.End, c.End)
			if c.effect > last.effect {
				start := last.Start
				*last = c
				last.Start = start
			}
			last.End = end
			continue
		}
		out = append(out, c)
	}
	return out
}

// pseudonym renders the pseudonym of a value in the form its type has, or ""
// where a value of that type can only be removed.
func pseudonym(key []byte, k kind, s string) string {
	switch k {
	case anAddress:
		if p, ok := address(s); ok {
			return pseudonymAddress(key, p)
		}
		return token(key, "id", fold(s))
	case aMailbox:
		return pseudonymMailbox(key, s)
	case aMAC:
		return pseudonymMAC(key, s)
	case anAccount:
		return token(key, "acct", fold(strings.TrimPrefix(s, "@")))
	case aName:
		return token(key, "person", nameKey(s))
	case aContact:
		return token(key, "contact", fold(s))
	case aPhone:
		return token(key, "tel", onlyDigits(s))
	case anID:
		return token(key, "sid", fold(s))
	case aProfile:
		return token(key, "user", fold(s))
	case aTime:
		return cutTime(s, len("2006-01-02T15"), ":00:00Z")
	case aPlace, aReference:
		return ""
	case opaque, aQueryValue:
	}
	return token(key, "id", s)
}

// nameKey makes all spellings of one name one pseudonym.
func nameKey(s string) string {
	var words []string
	eachWord(s, func(start, end int) { words = append(words, fold(s[start:end])) })
	return strings.Join(words, " ")
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// generalise returns what is left of a value that may no longer point at
// anybody, or "" for nothing.
func generalise(k kind, s string) string {
	switch k {
	case anAddress:
		p, ok := address(s)
		if !ok || pseudonymousAddress(s) {
			return ""
		}
		return prefixOf(p)
	case aMailbox:
		s = refang(s)
		at := strings.LastIndexByte(s, '@')
		if at < 0 || pseudonymousMailbox(s) {
			return ""
		}
		return withheldWord + s[at:]
	case aMAC:
		if !macAt(s) || strings.HasPrefix(s, macMark) {
			return ""
		}
		return s[:9] + "00" + s[2:3] + "00" + s[2:3] + "00"
	case aTime:
		return cutTime(s, len("2006-01-02"), "T00:00:00Z")
	default:
		return ""
	}
}

func prefixOf(p netip.Prefix) string {
	a, bits := p.Addr(), keepIPv6
	switch {
	case a.Is4():
		bits = keepIPv4
	case a.Is4In6():
		bits = 96 + keepIPv4
	}
	cut, err := a.Prefix(min(bits, p.Bits()))
	if err != nil {
		return ""
	}
	return cut.String()
}

// cutTime keeps the first n bytes of a timestamp. Seconds and fractions are
// noughts then, which the standard allows.
func cutTime(s string, n int, rest string) string {
	if len(s) < n || !timestamp(s) {
		return ""
	}
	return s[:n] + rest
}

func timestamp(s string) bool {
	return len(s) >= len("2006-01-02T15:04:05Z") && s[4] == '-' && s[10] == 'T' && s[len(s)-1] == 'Z' && digit(s[0])
}

// coarsen does what the two transformations without a category do.
func (b *builder) coarsen(p *piece, want map[string]bool) {
	for i := range p.obj.Tree.Members {
		m := &p.obj.Tree.Members[i]
		if _, planned := p.edits[m.Name]; planned {
			continue
		}
		switch {
		case want[GeneraliseTime] && observedTime(p.obj.Type, m.Name) && m.Value.Kind == strictjson.String:
			if day := generalise(aTime, m.Value.Text); day != m.Value.Text {
				p.edits[m.Name] = edit{text: day, remove: day == "", by: GeneraliseTime}
			}
		case want[GeneraliseLocation] && p.obj.Type == "location" && place(m.Name):
			b.seek(&m.Value, Finding{Path: m.Name}, aPlace)
			p.edits[m.Name] = edit{remove: true, by: GeneraliseLocation}
		}
	}
}

func observedTime(typ, name string) bool {
	switch name {
	case "first_observed", "last_observed", "first_seen", "last_seen", "start", "end", "account_created", "account_first_login",
		"account_last_login", "credential_last_changed", "ctime", "mtime", "atime", "created_time", "modified_time":
		return true
	case "date":
		return typ == "email-message"
	}
	return false
}

func place(name string) bool {
	switch name {
	case "latitude", "longitude", "precision", "administrative_area", "city", "street_address", "postal_code", "name", "description":
		return true
	}
	return false
}
