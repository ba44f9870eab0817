package exchange

import (
	"context"
	"strconv"
	"time"

	"entente/intel"
	"entente/intel/atom"
	"entente/intel/decay"
	"entente/internal/strictjson"
)

// sightingsUpTo is how many reports on some objects are read to tell how much of
// the confidence in them is left.
const sightingsUpTo = 1_000

// Confidence says how much of the confidence in an object is left at an instant;
// the zero one is now. It is worked out for whoever looks, and never kept.
func (s *Service) Confidence(ctx context.Context, id string, at time.Time) (decay.Assessment, error) {
	if at.IsZero() {
		at = s.time()
	}
	return read(ctx, s, func(r Reader) (decay.Assessment, error) {
		c, err := s.gather(ctx, r, []string{id}, true)
		if err != nil {
			return decay.Assessment{}, err
		}
		m := c.members[0]
		found, err := assess(ctx, r, []fading{{m.object, m.stored.Provenance, atom.Of(m.object)}}, at)
		if err != nil {
			return decay.Assessment{}, err
		}
		if a := found[id]; a != nil {
			return *a, nil
		}
		base, _ := confidenceIn(m.object.Tree)
		return decay.Assessment{Score: base, At: at, Why: "It is neither an indicator nor an observed value, so its age says nothing."}, nil
	})
}

// fading is an object in which confidence fades.
type fading struct {
	object *intel.Object
	origin Provenance
	atoms  []atom.Atom
}

// fades reports whether age says something about an object: it is about single
// values, as an indicator or as what was observed, which has no version.
func (f fading) fades() bool {
	return len(f.atoms) > 0 && (f.object.Type == "indicator" || f.object.Version == "")
}

// assess works out what is left of the confidence in some objects, by id.
func assess(ctx context.Context, r Reader, all []fading, at time.Time) (map[string]*decay.Assessment, error) {
	var ids []string
	for _, f := range all {
		if f.fades() {
			ids = append(ids, f.object.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	seen, err := sightings(ctx, r, ids)
	if err != nil {
		return nil, err
	}
	out := map[string]*decay.Assessment{}
	for _, f := range all {
		if f.fades() {
			a := decay.Assess(evidence(f, seen[f.object.ID]), at)
			out[f.object.ID] = &a
		}
	}
	return out, nil
}

func evidence(f fading, seen []decay.Sighting) decay.Evidence {
	e := decay.Evidence{From: f.origin.At, Revoked: f.object.Revoked, Sighting: seen}
	e.Base, e.Said = confidenceIn(f.object.Tree)
	if t, ok := instant(f.object.Tree.GetText("valid_from")); ok {
		e.From = t
	}
	if t, ok := instant(f.object.Tree.GetText("valid_until")); ok {
		e.Until = t
	}
	for _, a := range f.atoms {
		e.Kinds = append(e.Kinds, a.Kind)
	}
	return e
}

func confidenceIn(tree *strictjson.Value) (base int, said bool) {
	if v := tree.Get("confidence"); v != nil {
		if n, err := strconv.Atoi(v.Text); err == nil && n >= 0 && n <= 100 {
			return n, true
		}
	}
	return decay.Unsaid, false
}

// sightings reads what was reported on some objects: sightings, and opinions
// that disagree, which is what a false positive becomes in STIX.
func sightings(ctx context.Context, r Reader, ids []string) (map[string][]decay.Sighting, error) {
	attached, err := r.Attached(ctx, ids)
	if err != nil {
		return nil, err
	}
	reports, err := load(ctx, r, attached[:min(len(attached), sightingsUpTo)])
	if err != nil {
		return nil, err
	}
	out := map[string][]decay.Sighting{}
	for i := range reports {
		o := reports[i].meant()
		if o.Type != "sighting" && o.Type != "opinion" || o.Revoked {
			continue
		}
		about, s, ok := sightingOf(o)
		if !ok {
			continue
		}
		for _, id := range about {
			out[id] = append(out[id], s)
		}
	}
	return out, nil
}

func sightingOf(o *intel.Object) (about []string, s decay.Sighting, ok bool) {
	for _, name := range [...]string{"last_seen", "first_seen", "modified"} {
		if s.At, ok = instant(o.Tree.GetText(name)); ok {
			break
		}
	}
	if o.Type == "sighting" {
		count := o.Tree.Get("count")
		s.Negative = count != nil && count.Text == "0"
		return []string{o.Tree.GetText("sighting_of_ref")}, s, ok
	}
	s.Negative = true
	refs, opinion := o.Tree.Get("object_refs"), o.Tree.GetText("opinion")
	if refs == nil || opinion != "disagree" && opinion != "strongly-disagree" {
		return nil, s, false
	}
	for i := range refs.Items {
		about = append(about, refs.Items[i].Text)
	}
	return about, s, ok
}
