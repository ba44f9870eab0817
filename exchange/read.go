package exchange

import (
	"context"
	"strings"

	"entente/decision"
	"entente/exchange/envelope"
	"entente/intel/atom"
	"entente/party"
	"entente/privacy"
)

// Objects pages through live objects.
func (s *Service) Objects(ctx context.Context, f ObjectFilter) ([]Stored, error) {
	return read(ctx, s, func(r Reader) ([]Stored, error) { return r.ListObjects(ctx, f) })
}

// Object returns one object with its markings, findings, facts and decisions.
func (s *Service) Object(ctx context.Context, id string) (ObjectView, error) {
	return read(ctx, s, func(r Reader) (ObjectView, error) {
		c, err := s.gather(ctx, r, []string{id}, true)
		if err != nil {
			return ObjectView{}, err
		}
		m := c.members[0]
		v := ObjectView{Stored: m.stored, Markings: m.marks, Findings: m.findings, Atoms: atom.Of(m.object)}
		if v.Same, err = sameValues(ctx, r, m.object, v.Atoms); err != nil {
			return v, err
		}
		if v.Reports, err = reportsOn(ctx, r, id); err != nil {
			return v, err
		}
		if v.Remarks, err = s.remarks(ctx, r, v.Atoms); err != nil {
			return v, err
		}
		left, err := assess(ctx, r, []fading{{m.object, m.stored.Provenance, v.Atoms}}, s.time())
		if err != nil {
			return v, err
		}
		v.Confidence = left[id]
		if v.Decisions, err = r.LatestDecisions(ctx, id); err != nil {
			return v, err
		}
		facts, err := r.Facts(ctx)
		for _, f := range facts {
			if f.About == id {
				v.Facts = append(v.Facts, f)
			}
		}
		return v, err
	})
}

// Quarantined pages through what was refused or set aside.
func (s *Service) Quarantined(ctx context.Context, after int64, limit int) ([]Quarantine, error) {
	return read(ctx, s, func(r Reader) ([]Quarantine, error) { return r.Quarantined(ctx, after, limit) })
}

// Why answers for one object and one recipient, in full, with what would make
// it possible. It is the decision a send would make at this moment.
func (s *Service) Why(ctx context.Context, in WhyRequest) (decision.Decision, error) {
	return read(ctx, s, func(r Reader) (decision.Decision, error) {
		l, err := s.lawAt(ctx, r)
		if err != nil {
			return decision.Decision{}, err
		}
		to, err := l.candidates([]party.ID{in.Recipient}, s.self)
		if err != nil {
			return decision.Decision{}, err
		}
		c, err := s.gather(ctx, r, []string{in.Object}, false)
		if err != nil {
			return decision.Decision{}, err
		}
		m := c.members[0]
		sub := s.subject(m.object, m.stored.Provenance, m.marks, privacy.Categories(m.findings))
		q := s.question(l, sub, c.about(in.Object), to[0], orDefault(in.Purpose))
		return l.engine.DecideWith(q, decision.Options{Alternatives: l.others(in.Recipient, s.self)}), nil
	})
}

// Decisions pages through the record of decisions, newest first.
func (s *Service) Decisions(ctx context.Context, before int64, limit int) ([]DecisionRecord, error) {
	return read(ctx, s, func(r Reader) ([]DecisionRecord, error) { return r.ListDecisions(ctx, before, limit) })
}

// Release returns one release with all that belongs to it.
func (s *Service) Release(ctx context.Context, id string) (ReleaseView, error) {
	return read(ctx, s, func(r Reader) (ReleaseView, error) {
		rel, err := r.Release(ctx, id)
		if err != nil {
			return ReleaseView{}, err
		}
		v := ReleaseView{Release: rel}
		if v.ItemList, err = r.ReleaseItems(ctx, id); err != nil {
			return v, err
		}
		if err := answers(rel, v.ItemList); err != nil {
			return v, err
		}
		for _, it := range v.ItemList {
			d, err := r.DecisionByDigest(ctx, it.Decision)
			if err != nil {
				return v, err
			}
			v.Decisions = append(v.Decisions, d)
		}
		if v.Deliveries, err = r.Deliveries(ctx, id); err != nil {
			return v, err
		}
		v.Recalls, err = r.Recalls(ctx, id)
		return v, err
	})
}

// answers fills in what the recipient's receipt says of each item.
func answers(rel Release, items []ReleaseItem) error {
	if len(rel.Receipt) == 0 {
		return nil
	}
	b, err := envelope.DecodeBody(rel.Receipt)
	if err != nil {
		return err
	}
	msg, err := envelope.Kept(b.Envelope)
	if err != nil || msg.Receipt == nil {
		return err
	}
	said := map[string]string{}
	for _, it := range msg.Receipt.Items {
		said[it.ID] = strings.TrimSuffix(it.Result+" "+it.Code, " ")
	}
	for i := range items {
		items[i].Answer = said[items[i].SentID]
	}
	return nil
}

// Releases pages through releases, newest first.
func (s *Service) Releases(ctx context.Context, f ReleaseFilter) ([]Release, error) {
	return read(ctx, s, func(r Reader) ([]Release, error) { return r.ListReleases(ctx, f) })
}

// Recalls lists the recalls of a release, or all of them.
func (s *Service) Recalls(ctx context.Context, release string) ([]Recall, error) {
	return read(ctx, s, func(r Reader) ([]Recall, error) { return r.Recalls(ctx, release) })
}

// Inbox lists messages taken in, newest first.
func (s *Service) Inbox(ctx context.Context, limit int) ([]Received, error) {
	return read(ctx, s, func(r Reader) ([]Received, error) { return r.ListReceived(ctx, limit) })
}

// Outbox lists deliveries that have not ended.
func (s *Service) Outbox(ctx context.Context) ([]Delivery, error) {
	return read(ctx, s, func(r Reader) ([]Delivery, error) { return r.Deliveries(ctx, "") })
}

// Card returns this node's own card, which partners add to know it.
func (s *Service) Card(ctx context.Context) ([]byte, error) {
	p, err := s.Party(ctx, s.self)
	if err != nil {
		return nil, err
	}
	return canonical(p)
}

// read runs f on a snapshot and hands its value through.
func read[T any](ctx context.Context, s *Service, f func(r Reader) (T, error)) (T, error) {
	var v T
	err := s.store.Read(ctx, func(r Reader) (err error) {
		v, err = f(r)
		return err
	})
	return v, err
}
