package exchange

import (
	"context"
	"slices"

	"entente/decision"
	"entente/intel"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/party"
	"entente/privacy"
)

// Facts this node establishes itself for each question; nobody records them.
const (
	factOwnObject = "own_object" // the object was brought in by this node's own people
)

// markings resolves marking definitions, first in the store and then among
// objects that came together: a definition never changes, so what a sender says
// of one that is held here already does not count (J15).
type markings struct {
	self     party.ID
	known    map[string]definition // looked up before
	together map[string]*intel.Object
}

// definition is what a marking means, and who says so. It counts for objects of
// those alone, and for everybody's when this node imported it: a partner must not
// be able to open another's objects by defining what they are marked with.
type definition struct {
	object   *intel.Object // nil is nowhere
	of       []party.ID
	together bool // came in the same document, from the same party
}

func (d definition) counts(from, self party.ID) bool {
	return d.object != nil && (d.together || slices.Contains(d.of, from) || slices.Contains(d.of, self))
}

func newMarkings(self party.ID, objects []*intel.Object) markings {
	m := markings{self: self, known: map[string]definition{}, together: map[string]*intel.Object{}}
	for _, o := range objects {
		if _, twice := m.together[o.ID]; o.Type == "marking-definition" && !twice {
			m.together[o.ID] = o
		}
	}
	return m
}

// resolve works out what the markings come to on an object that a party sent. A
// definition that is nowhere, or is another party's, closes the object; an error
// of the store is an error, not an absence.
func (m markings) resolve(ctx context.Context, r Reader, o *intel.Object, from party.ID) (intel.Markings, error) {
	var failed error
	marks := stix.Mark(o, func(id string) (*intel.Object, bool) {
		d, ok := m.known[id]
		if !ok {
			var err error
			if d, err = m.define(ctx, r, id); err != nil {
				failed = err
				return nil, false
			}
			m.known[id] = d
		}
		return d.object, d.counts(from, m.self)
	})
	return marks, failed
}

func (m markings) define(ctx context.Context, r Reader, id string) (definition, error) {
	beside := m.together[id]
	stored, err := r.Object(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return definition{object: beside, together: true}, nil
	}
	if err != nil {
		return definition{}, err
	}
	def, _, err := stix.ParseObject(stored.Raw)
	if err != nil {
		return definition{}, err
	}
	of, err := r.Vouchers(ctx, stored.Hash)
	return definition{object: def, of: append(of, stored.Provenance.From), together: beside != nil && beside.Hash == stored.Hash}, err
}

// subject is what the law sees of an object.
func (s *Service) subject(o *intel.Object, origin Provenance, m intel.Markings, categories []privacy.Category) decision.Subject {
	sub := decision.Subject{
		ID: o.ID, Type: o.Type, Hash: o.Hash, TLP: m.TLP, PAP: m.PAP, Closed: m.Closed,
		Categories: categories, Origin: origin.From, ReceivedUnder: origin.Under, Hops: origin.Hops,
	}
	if !m.Labelled && origin.Assigned != "" {
		if t, ok := intel.ParseTLP(origin.Assigned); ok {
			sub.TLP = max(t, m.Least)
		}
	}
	return sub
}

// question puts one subject to the law for one recipient. about holds the
// object's id and those of the roots it travels with.
func (s *Service) question(l *law, sub decision.Subject, about map[string]bool, recipient decision.Actor, purpose string) decision.Request {
	now := s.time()
	facts := l.factsFor(about, recipient.ID, now)
	facts[factOwnObject] = sub.Origin == s.self
	return decision.Request{
		Subject: sub, Sender: actorOf(l.parties[s.self]), Recipient: recipient,
		Act: "share", Purpose: purpose, At: now, Facts: facts,
	}
}

// outlook is what each known party could get of an object as it is, as things
// stand. It does not look for a form that would do: that is worked out when
// somebody asks.
func (s *Service) outlook(l *law, sub decision.Subject) map[party.ID]decision.Outcome {
	out := make(map[party.ID]decision.Outcome, len(l.order))
	about := map[string]bool{sub.ID: true}
	var matches [64]decision.Match
	var q decision.Query
	for _, id := range l.order {
		r := s.question(l, sub, about, actorOf(l.parties[id]), DefaultPurpose)
		l.engine.Prepare(&r, &q)
		out[id] = l.engine.Judge(&q, matches[:0]).Outcome
	}
	return out
}
