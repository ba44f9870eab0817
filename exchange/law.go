package exchange

import (
	"context"
	"fmt"
	"slices"
	"time"

	"entente/decision"
	"entente/instrument"
	"entente/internal/fault"
	"entente/party"
	"entente/privacy"
)

// law is everything a decision needs besides the object, compiled once per
// legal epoch. It is immutable and shared.
type law struct {
	epoch       int64
	engine      *decision.Engine
	instruments []InstrumentView
	parties     map[party.ID]party.Party
	creators    map[string]party.ID // by the STIX identity each creates objects under
	order       []party.ID          // every known party but this node, by id
	facts       []Fact
	deeds       *deeds
	turns       []time.Time // when an answer may change by itself
}

// lawAt returns the law in the snapshot r, compiled anew only when the epoch moved.
func (s *Service) lawAt(ctx context.Context, r Reader) (*law, error) {
	epoch, err := r.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	if l := s.law.Load(); l != nil && l.epoch == epoch {
		return l, nil
	}
	l, err := s.compile(ctx, r, epoch)
	if err != nil {
		return nil, fmt.Errorf("compile the law of epoch %d: %w", epoch, err)
	}
	s.law.Store(l)
	return l, nil
}

func (s *Service) compile(ctx context.Context, r Reader, epoch int64) (*law, error) {
	l := &law{epoch: epoch, parties: map[party.ID]party.Party{}, creators: map[string]party.ID{}}
	records, err := r.Instruments(ctx)
	if err != nil {
		return nil, err
	}
	for _, rec := range records {
		v, err := viewInstrument(rec)
		if err != nil {
			return nil, err
		}
		l.instruments = append(l.instruments, v)
	}
	parties, err := r.Parties(ctx)
	if err != nil {
		return nil, err
	}
	confirmed, err := r.ConfirmedIdentities(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range parties {
		l.parties[p.ID] = p
		if p.Identity != "" && slices.Contains(confirmed, p.ID) {
			l.creators[p.Identity] = p.ID
		}
		if p.ID != s.self {
			l.order = append(l.order, p.ID)
		}
	}
	if l.deeds, err = derive(ctx, r, l.instruments, l.parties, s.law.Load()); err != nil {
		return nil, err
	}
	if l.engine, err = decision.Compile(engineLaw(l.docs())); err != nil {
		return nil, err
	}
	l.facts, err = r.Facts(ctx)
	l.turns = turns(l.instruments, l.facts)
	return l, err
}

func lawOf(docs []*instrument.Instrument) decision.Law {
	return decision.Law{Instruments: docs, Transforms: privacy.Catalogue(), Ranks: instrument.Ranks(docs)}
}

// docs are the instruments of the law, with the acts on them.
func (l *law) docs() []*instrument.Instrument {
	docs := make([]*instrument.Instrument, len(l.instruments))
	for n, v := range l.instruments {
		docs[n] = v.Doc
	}
	return docs
}

func viewInstrument(rec InstrumentRecord) (InstrumentView, error) {
	doc, err := instrument.Load(rec.ID+".yaml", rec.Source)
	if err != nil {
		return InstrumentView{}, fmt.Errorf("read stored instrument %s: %w", rec.ID, err)
	}
	if doc.Hash != rec.Hash {
		return InstrumentView{}, fault.New(fault.Unverified, "store.corrupt", "Instrument %s does not match its recorded hash.", rec.ID)
	}
	return InstrumentView{
		InstrumentRecord: rec, Title: doc.Title, Regime: doc.Regime,
		Illustrative: doc.Illustrative, Clauses: len(doc.Clauses), Doc: doc,
	}, nil
}

// candidates resolves the parties asked for; none means every known party.
func (l *law) candidates(ids []party.ID, self party.ID) ([]decision.Actor, error) {
	if len(ids) == 0 {
		ids = l.order
	}
	actors := make([]decision.Actor, 0, len(ids))
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		p, ok := l.parties[id]
		if !ok {
			return nil, fault.New(fault.NotFound, "party.unknown", "There is no party %q.", id).
				Try("List the parties this node knows, or add its card.")
		}
		if id == self {
			return nil, fault.New(fault.Invalid, "release.self", "A node does not release to itself.").At("/to", string(id))
		}
		actors = append(actors, actorOf(p))
	}
	return actors, nil
}

func actorOf(p party.Party) decision.Actor {
	return decision.Actor{ID: p.ID, Kind: p.Kind, Jurisdiction: p.Jurisdiction, Roles: p.Roles, Sectors: p.Sectors}
}

// factsFor collects what is known at t about an object (or one of the roots it
// travels with) for one recipient. A later fact overrides an earlier one; an
// expired fact is unknown, not false.
func (l *law) factsFor(about map[string]bool, recipient party.ID, t time.Time) map[string]bool {
	known := map[string]bool{}
	for _, f := range l.facts {
		if f.About != "" && !about[f.About] || f.Recipient != "" && f.Recipient != recipient {
			continue
		}
		if t.Before(f.From) || !f.Expires.IsZero() && !t.Before(f.Expires) {
			continue
		}
		known[f.Name] = f.Value
	}
	return known
}

// others lists who could receive instead of one party.
func (l *law) others(but, self party.ID) []decision.Actor {
	var actors []decision.Actor
	for _, id := range l.order {
		if id != but && id != self {
			actors = append(actors, actorOf(l.parties[id]))
		}
	}
	return actors
}
