package exchange

import (
	"cmp"
	"context"

	"entente/party"
)

// FeedCollection is the part of a party's feed that was released relying on one
// instrument.
type FeedCollection struct {
	Instrument string
	Title      string // of its newest version
}

// FeedCollections lists the collections of a party's feed, by instrument. One
// that ever was stays, though everything in it may have been recalled.
func (s *Service) FeedCollections(ctx context.Context, recipient party.ID) ([]FeedCollection, error) {
	return read(ctx, s, func(r Reader) ([]FeedCollection, error) {
		ids, err := r.FeedInstruments(ctx, recipient)
		if err != nil || len(ids) == 0 {
			return nil, err
		}
		l, err := s.lawAt(ctx, r)
		if err != nil {
			return nil, err
		}
		titles := map[string]string{}
		for _, v := range l.instruments { // oldest first
			titles[v.ID] = v.Doc.Title
		}
		all := make([]FeedCollection, len(ids))
		for i, id := range ids {
			all[i] = FeedCollection{Instrument: id, Title: cmp.Or(titles[id], id)}
		}
		return all, nil
	})
}
