package exchange

import (
	"context"
	"slices"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/party"
	"entente/privacy"
)

// closureLimit bounds what one release may pull in (J18): a person cannot
// review more, and a hostile object cannot make the node walk for ever.
const closureLimit = 20_000

// member is one object of a closure with what the law looks at.
type member struct {
	object   *intel.Object
	stored   Stored
	findings []privacy.Finding
	marks    intel.Markings
	// meaning is the object with our ids for what its sender knows under ids that
	// this node made; nil when there are none. alike are the parties to whom those
	// mean the same.
	meaning *intel.Object
	alike   []party.ID
}

// closure is what travels together: the objects asked for, everything they
// refer to, and the relationships and sightings among them.
type closure struct {
	self    party.ID
	roots   []string
	members []member // roots first, then in the order they were reached
	absent  []string // referred to, and not held by this node at all
}

// gather reads the closure of the roots. Alone, it is the roots themselves.
func (s *Service) gather(ctx context.Context, r Reader, roots []string, alone bool) (*closure, error) {
	if len(roots) == 0 {
		return nil, fault.New(fault.Invalid, "release.empty", "Name at least one object.").At("/objects", "is empty")
	}
	c := &closure{self: s.self, roots: slices.Compact(slices.Clone(roots))}
	seen := map[string]bool{}
	if err := c.read(ctx, r, c.roots, seen, alone); err != nil {
		return nil, err
	}
	for _, id := range c.roots {
		if !slices.ContainsFunc(c.members, func(m member) bool { return m.object.ID == id }) {
			return nil, fault.New(fault.NotFound, "object.unknown", "There is no object %s.", id).
				Try("List the objects this node holds, or import the bundle it is in.")
		}
	}
	var attached []*intel.Object
	if !alone {
		var err error
		if attached, err = c.readAttached(ctx, r, seen); err != nil {
			return nil, err
		}
	}
	if err := c.findAbsent(ctx, r); err != nil {
		return nil, err
	}
	return c, c.classify(ctx, r, attached)
}

// findAbsent lists the references that dangle here too (STIX 2.1 section 3.3):
// they reveal nothing this node withholds.
func (c *closure) findAbsent(ctx context.Context, r Reader) error {
	held := map[string]bool{}
	for id := range c.ids() {
		held[id] = true
	}
	var outside []string
	for _, m := range c.members {
		for _, ref := range m.object.Refs {
			if !held[ref.ID] && !stix.WellKnownMarking(ref.ID) {
				held[ref.ID] = true
				outside = append(outside, ref.ID)
			}
		}
	}
	heads, err := r.Heads(ctx, outside)
	for _, id := range outside {
		if len(heads[id]) == 0 {
			c.absent = append(c.absent, id)
		}
	}
	return err
}

// read adds ids and, unless alone, everything they refer to, breadth first.
func (c *closure) read(ctx context.Context, r Reader, ids []string, seen map[string]bool, alone bool) error {
	for len(ids) > 0 {
		ids = slices.DeleteFunc(ids, func(id string) bool { return seen[id] || stix.WellKnownMarking(id) })
		for _, id := range ids {
			seen[id] = true
		}
		if len(seen) > closureLimit {
			return fault.New(fault.Invalid, "release.too-large", "More than %d objects would travel together.", closureLimit).
				Try("Release parts of it, or release objects alone.")
		}
		batch, err := load(ctx, r, ids)
		if err != nil {
			return err
		}
		c.members = append(c.members, batch...)
		if alone {
			return nil
		}
		ids = nil
		for _, m := range batch {
			for _, ref := range m.meant().Refs {
				ids = append(ids, ref.ID)
			}
		}
	}
	return nil
}

// readAttached adds the relationships and sightings whose ends are all in the
// closure, and returns the others: they do not travel, but they say who was hit.
func (c *closure) readAttached(ctx context.Context, r Reader, seen map[string]bool) ([]*intel.Object, error) {
	ids, err := r.Attached(ctx, slices.Collect(c.ids()))
	if err != nil {
		return nil, err
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return seen[id] })
	if len(ids) > closureLimit {
		ids = ids[:closureLimit]
	}
	batch, err := load(ctx, r, ids)
	if err != nil {
		return nil, err
	}
	var outside []*intel.Object
	for _, m := range batch {
		if (m.object.Type == "relationship" || m.object.Type == "sighting") && c.holdsEnds(m.meant(), seen) {
			seen[m.object.ID] = true
			c.members = append(c.members, m)
			continue
		}
		outside = append(outside, m.meant())
	}
	return outside, nil
}

// holdsEnds reports whether everything a relationship or sighting is about is
// in the closure; its author and its markings need not be.
func (c *closure) holdsEnds(o *intel.Object, seen map[string]bool) bool {
	for _, ref := range o.Refs {
		if ref.Path == "created_by_ref" || stix.WellKnownMarking(ref.ID) {
			continue
		}
		if !seen[ref.ID] {
			return false
		}
	}
	return true
}

func (c *closure) ids() func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, m := range c.members {
			if !yield(m.object.ID) {
				return
			}
		}
	}
}

// classify works out markings and data categories in the light of the whole
// closure and of what is attached to it.
func (c *closure) classify(ctx context.Context, r Reader, attached []*intel.Object) error {
	objects := make([]*intel.Object, 0, len(c.members)+len(attached))
	for _, m := range c.members {
		objects = append(objects, m.meant())
	}
	pc := privacy.ContextOf(append(objects, attached...))
	marks := newMarkings(c.self, nil) // everything is in the store, with whose it is
	for i := range c.members {
		m := &c.members[i]
		m.findings = pc.Find(m.meant())
		var err error
		if m.marks, err = marks.resolve(ctx, r, m.object, m.stored.Provenance.From); err != nil {
			return err
		}
	}
	return nil
}

// about is the set of ids a fact may be recorded about to count for an object.
func (c *closure) about(id string) map[string]bool {
	about := map[string]bool{id: true}
	for _, root := range c.roots {
		about[root] = true
	}
	return about
}

func load(ctx context.Context, r Reader, ids []string) ([]member, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	stored, err := r.Objects(ctx, ids)
	if err != nil {
		return nil, err
	}
	members := make([]member, 0, len(stored))
	for _, st := range stored {
		o, err := readStored(st)
		if err != nil {
			return nil, err
		}
		members = append(members, member{object: o, stored: st})
	}
	return members, interpret(ctx, r, members)
}

// readStored parses a stored version. It was parsed when it came in, so a
// failure now means that the store or the parser changed under it.
func readStored(st Stored) (*intel.Object, error) {
	o, _, err := stix.ParseObject(st.Raw)
	if err != nil {
		return nil, fault.New(fault.Unverified, "store.corrupt", "Object %s can no longer be read.", st.ID).Because(err)
	}
	return o, nil
}
