package exchange

import (
	"context"

	"entente/internal/ident"
	"entente/obligation"
	"entente/party"
)

// planner takes on duties under the law and with the calendars of a snapshot.
func (s *Service) planner(ctx context.Context, r Reader) (obligation.Planner, error) {
	l, err := s.lawAt(ctx, r)
	if err != nil {
		return obligation.Planner{}, err
	}
	return obligation.Planner{
		Rules: obligation.Rules(l.docs()),
		Roles: func(p party.ID) []string { return l.parties[p].Roles },
		NewID: ident.New,
	}, nil
}
