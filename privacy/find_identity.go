package privacy

import "entente/internal/strictjson"

// identityMember classifies a property of an identity that is somebody: a
// victim, a source, a person. It reports whether the property is dealt with.
//
// A name that was withheld is nobody's; a pseudonym is still somebody's, and
// still a victim's or a source's.
func (f *finder) identityMember(name string, v *strictjson.Value) bool {
	withheld := f.ctx.generic[f.self]
	switch name {
	case "name":
		if withheld {
			return true
		}
		for _, cat := range f.whose() {
			if wholeToken(v.Text) && cat == PersonalContact {
				cat = PersonalPseudonymous
			}
			f.add(cat, ruleIdentity)
		}
		return true
	case "description", "external_references", "labels":
		// Who is described is whose name was found; a class has none of these.
		if withheld || !f.guarded() {
			return false
		}
		for _, cat := range f.whose() {
			if cat != PersonalContact {
				f.add(cat, ruleDetails)
			}
		}
		return true
	}
	return false
}

// whose returns the categories of this identity's name.
func (f *finder) whose() (cats []Category) {
	person := f.ctx.people[f.self]
	if f.role == victim {
		cats = append(cats, VictimIdentity)
	}
	if f.ctx.sources[f.self] {
		cats = append(cats, SourceIdentity)
	}
	switch {
	case person && f.role == adversary:
		cats = append(cats, PersonalSpecial)
	case person:
		cats = append(cats, PersonalContact)
	}
	return cats
}

// guarded reports whether what is said about this identity gives it away: that
// of victims, sources and persons named as offenders.
func (f *finder) guarded() bool {
	return f.role == victim || f.ctx.sources[f.self] || f.role == adversary && f.ctx.people[f.self]
}
