package exchange

import (
	"context"
	"slices"
	"strings"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/strictjson"
	"entente/party"
)

// Derivation is an id that this node made for a form of an object, and a party
// that has the object under it.
type Derivation struct {
	ID       string
	To       party.ID
	Original string
}

// Report is what somebody says of an object: that it was seen, that it is wrong.
type Report struct {
	ID   string   `json:"id"`
	Type string   `json:"type"` // sighting, opinion, note
	From party.ID `json:"from"`
	At   string   `json:"at,omitempty"` // when it was seen last, or when it was said
	Text string   `json:"text,omitempty"`
	// Under is the id by which its sender knows the object, when that is another.
	Under string `json:"under,omitempty"`
}

// aliases are the ids by which one party knows objects of ours or of others,
// because they were released to it in another form. An id that stands for several
// objects, as that of withheld identities does, says of none of them anything.
type aliases map[string]string

// aliasesOf finds which of some ids a party has from us as forms.
func aliasesOf(all []Derivation, from party.ID) aliases {
	found, many := aliases{}, map[string]bool{}
	for _, d := range all {
		if d.To != from {
			continue
		}
		if before, twice := found[d.ID]; twice && before != d.Original {
			many[d.ID] = true
		}
		found[d.ID] = d.Original
	}
	for id := range many {
		delete(found, id)
	}
	return found
}

// reporting reports whether objects of a type say something about others.
func reporting(kind string) bool {
	switch kind {
	case "relationship", "sighting", "note", "opinion":
		return true
	}
	return false
}

// refIDs lists what objects that others sent say something about.
func refIDs(objects []*intel.Object) []string {
	var ids []string
	for _, o := range objects {
		if !reporting(o.Type) {
			continue
		}
		for _, ref := range o.Refs {
			ids = append(ids, ref.ID)
		}
	}
	return ids
}

// refsOf are the references of an object, and what those mean to this node that
// its sender knows under another id.
func (a aliases) refsOf(o *intel.Object) []intel.Ref {
	refs := slices.Clip(o.Refs)
	for _, ref := range o.Refs {
		if id, ok := a[ref.ID]; ok && reporting(o.Type) {
			refs = append(refs, intel.Ref{ID: id, Path: ref.Path})
		}
	}
	return refs
}

// interpret works out what objects that others sent mean where they speak of
// something by an id that this node made for them.
func interpret(ctx context.Context, r Reader, members []member) error {
	objects := make([]*intel.Object, len(members))
	for i, m := range members {
		objects[i] = m.object
	}
	ids := refIDs(objects)
	if len(ids) == 0 {
		return nil
	}
	all, err := r.Derivations(ctx, ids)
	if err != nil || len(all) == 0 {
		return err
	}
	for i := range members {
		m := &members[i]
		known := aliasesOf(all, m.stored.Provenance.From)
		if m.meaning = known.meaning(m.object); m.meaning != nil {
			m.alike = knownAlike(all, known, m.object)
		}
	}
	return nil
}

// knownAlike lists the parties to whom every alias in an object means the same as
// to its sender.
func knownAlike(all []Derivation, known aliases, o *intel.Object) []party.ID {
	count, used := map[party.ID]int{}, 0
	for id, original := range known {
		if !slices.ContainsFunc(o.Refs, func(ref intel.Ref) bool { return ref.ID == id }) {
			continue
		}
		used++
		for _, d := range all {
			if d.ID == id && d.Original == original {
				count[d.To]++
			}
		}
	}
	var alike []party.ID
	for p, n := range count {
		if n == used {
			alike = append(alike, p)
		}
	}
	return alike
}

// meaning is an object with the ids of originals wherever it has those of forms,
// in text too; nil when it has none, or when that is no object any more.
func (a aliases) meaning(o *intel.Object) *intel.Object {
	if !reporting(o.Type) || !slices.ContainsFunc(o.Refs, func(ref intel.Ref) bool { return a[ref.ID] != "" }) {
		return nil
	}
	var pairs []string
	for id, original := range a {
		pairs = append(pairs, uuidOf(id), uuidOf(original))
	}
	replace := strings.NewReplacer(pairs...)
	tree := o.Tree.Clone()
	stix.Walk(&tree, func(path string, v *strictjson.Value) {
		if v.Kind == strictjson.String && path != "id" {
			v.Text = replace.Replace(v.Text)
		}
	})
	meant, _, err := stix.ParseObject(strictjson.Append(nil, &tree))
	if err != nil {
		return nil
	}
	return meant
}

// meant is what the object says in the ids of this node.
func (m *member) meant() *intel.Object {
	if m.meaning != nil {
		return m.meaning
	}
	return m.object
}

// reported are the ids of the members that reports speak of under other ids.
func (c *closure) reported() map[string]bool {
	ids := map[string]bool{}
	for i := range c.members {
		m := &c.members[i]
		if m.meaning == nil {
			continue
		}
		for n, ref := range m.meaning.Refs {
			if n >= len(m.object.Refs) || m.object.Refs[n].ID != ref.ID {
				ids[ref.ID] = true
			}
		}
	}
	return ids
}

// goesBack reports whether a member came from the recipient itself and is there
// only because a report is about it. The recipient knows it by its own id, and
// need not get it in another form.
func (c *closure) goesBack(m *member, to party.ID, reported map[string]bool) bool {
	return reported[m.object.ID] && m.stored.Provenance.From == to && !slices.Contains(c.roots, m.object.ID)
}

// readAsSent reports whether a recipient reads the object as its sender wrote it.
func (m *member) readAsSent(to party.ID) bool {
	return m.meaning == nil || slices.Contains(m.alike, to)
}

// How many reports are listed with an object, and how much of what each says.
const (
	reportsShown = 100
	reportText   = 200
)

// reportsOn lists what was said of an object, also by parties that know it under
// another id.
func reportsOn(ctx context.Context, r Reader, id string) ([]Report, error) {
	ids, err := r.Attached(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	members, err := load(ctx, r, ids[:min(len(ids), sightingsUpTo)])
	if err != nil {
		return nil, err
	}
	var reports []Report
	for i := range members {
		m := &members[i]
		if !reporting(m.object.Type) || m.object.Type == "relationship" || len(reports) == reportsShown {
			continue
		}
		reports = append(reports, reportOf(m, id))
	}
	return reports, nil
}

func reportOf(m *member, id string) Report {
	rep := Report{ID: m.object.ID, Type: m.object.Type, From: m.stored.Provenance.From}
	for _, name := range []string{"last_seen", "first_seen", "modified"} {
		if rep.At == "" {
			rep.At = m.object.Tree.GetText(name)
		}
	}
	for _, name := range []string{"opinion", "content", "description"} {
		if rep.Text == "" {
			rep.Text = m.object.Tree.GetText(name)
		}
	}
	if runes := []rune(rep.Text); len(runes) > reportText {
		rep.Text = string(runes[:reportText]) + "…"
	}
	if m.meaning == nil {
		return rep
	}
	for i, ref := range m.meaning.Refs {
		if ref.ID == id && i < len(m.object.Refs) && m.object.Refs[i].ID != id {
			rep.Under = m.object.Refs[i].ID
		}
	}
	return rep
}
