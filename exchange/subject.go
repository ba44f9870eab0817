package exchange

import (
	"context"

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
	known    map[string]*intel.Object // looked up before; nil is nowhere
	together map[string]*intel.Object
}

func newMarkings(objects []*intel.Object) markings {
	m := markings{known: map[string]*intel.Object{}, together: map[string]*intel.Object{}}
	for _, o := range objects {
		if _, twice := m.together[o.ID]; o.Type == "marking-definition" && !twice {
			m.together[o.ID] = o
		}
	}
	return m
}

// resolve works out what the markings on o come to. A definition that is
// nowhere closes the object; an error of the store is an error, not an absence.
func (m markings) resolve(ctx context.Context, r Reader, o *intel.Object) (intel.Markings, error) {
	var failed error
	marks := stix.Mark(o, func(id string) (*intel.Object, bool) {
		if def, ok := m.known[id]; ok {
			return def, def != nil
		}
		stored, err := r.Object(ctx, id)
		if fault.KindOf(err) == fault.NotFound {
			m.known[id] = m.together[id]
			return m.known[id], m.known[id] != nil
		}
		if err != nil {
			failed = err
			return nil, false
		}
		def, _, err := stix.ParseObject(stored.Raw)
		if err != nil {
			failed = err
			return nil, false
		}
		m.known[id] = def
		return def, true
	})
	return marks, failed
}

// subject is what the law sees of an object.
func (s *Service) subject(o *intel.Object, origin Provenance, m intel.Markings, categories []privacy.Category) decision.Subject {
	sub := decision.Subject{
		ID: o.ID, Type: o.Type, Hash: o.Hash, TLP: m.TLP, PAP: m.PAP, Closed: m.Closed,
		Categories: categories, Origin: origin.From, ReceivedUnder: origin.Under, Hops: origin.Hops,
	}
	if !m.Labelled && origin.Assigned != "" {
		if t, ok := intel.ParseTLP(origin.Assigned); ok {
			sub.TLP = t
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
