package exchange

import (
	"context"
	"fmt"
	"slices"

	"entente/internal/fault"
	"entente/party"
)

// Claim is the STIX identity that a party's card names: that the party creates
// objects under it. Until somebody here confirms it, it is only a claim.
type Claim struct {
	Party    party.ID `json:"party"`
	Identity string   `json:"identity"`
	Counts   bool     `json:"counts"` // somebody here confirmed it
	Others   []Maker  `json:"others"` // who else sent objects of this identity
}

// Maker is a party that sent objects that name an identity as their creator.
type Maker struct {
	Party   party.ID `json:"party"`
	Objects int64    `json:"objects"` // 0: the identity itself and none of its objects
}

// AddedParty is a party with what its card claims.
type AddedParty struct {
	party.Party
	Claim *Claim `json:"claim,omitempty"` // nil when the card names no identity
}

// Claims lists what identities the parties claim, by party; this node's own is not
// among them.
func (s *Service) Claims(ctx context.Context) ([]Claim, error) {
	return read(ctx, s, func(r Reader) ([]Claim, error) {
		parties, err := r.Parties(ctx)
		if err != nil {
			return nil, err
		}
		confirmed, err := r.ConfirmedIdentities(ctx)
		if err != nil {
			return nil, err
		}
		var claims []Claim
		for _, p := range parties {
			if p.ID == s.self || p.Identity == "" {
				continue
			}
			c, err := claimOf(ctx, r, p)
			if err != nil {
				return nil, err
			}
			c.Counts = slices.Contains(confirmed, p.ID)
			claims = append(claims, c)
		}
		return claims, nil
	})
}

// claimOf finds who else sent objects of the identity that a party claims.
func claimOf(ctx context.Context, r Reader, p party.Party) (Claim, error) {
	c := Claim{Party: p.ID, Identity: p.Identity, Others: []Maker{}}
	makers, err := r.Makers(ctx, p.Identity)
	if err != nil {
		return c, err
	}
	heads, err := r.Heads(ctx, []string{p.Identity})
	if err != nil {
		return c, err
	}
	for _, h := range heads[p.Identity] {
		if !slices.ContainsFunc(makers, func(m Maker) bool { return m.Party == h.From }) {
			makers = append(makers, Maker{Party: h.From})
		}
	}
	for _, m := range makers {
		if m.Party != p.ID {
			c.Others = append(c.Others, m)
		}
	}
	return c, nil
}

// judgeClaim says what the claim of a card is worth. One that was confirmed before
// stays; any other counts only when the operator names the identity too, and one
// under which others sent objects only when that is known and confirmed as well.
func judgeClaim(ctx context.Context, r Reader, p party.Party, in AddPartyRequest) (*Claim, error) {
	if in.Identity != "" && in.Identity != p.Identity {
		return nil, fault.New(fault.Unverified, "party.identity-other", "The card claims another identity than the one given.").
			At("/identity", "is not "+p.Identity).Try("Ask the party under which identity it creates objects, and compare.")
	}
	if p.Identity == "" {
		return nil, nil //nolint:nilnil // no claim is no error
	}
	c, err := claimOf(ctx, r, p)
	if err != nil {
		return nil, err
	}
	if c.Counts, err = confirmedBefore(ctx, r, p); err != nil || c.Counts || in.Identity == "" {
		return &c, err
	}
	if len(c.Others) > 0 && !in.Contested {
		f := fault.New(fault.Conflict, "party.identity-contested", "Others have sent objects that name %s as their creator.", p.Identity).
			Try("Ask the party, and those others, whose objects they are. If they are its, confirm that with --contested.")
		for _, m := range c.Others {
			f = f.At("/identity", fmt.Sprintf("%s sent %d objects of it", m.Party, m.Objects))
		}
		return &c, f
	}
	c.Counts = true
	return &c, nil
}

func confirmedBefore(ctx context.Context, r Reader, p party.Party) (bool, error) {
	held, err := r.Party(ctx, p.ID)
	if err != nil {
		return false, unlessAbsent(err)
	}
	confirmed, err := r.ConfirmedIdentities(ctx)
	return held.Identity == p.Identity && slices.Contains(confirmed, p.ID), err
}

// countMade remembers who sent objects that name which identity.
func (in *intake) countMade(ctx context.Context, tx Tx, candidates []candidate, lines []ImportLine) error {
	made := map[string]int64{}
	for i, l := range lines {
		if by := candidates[i].Object.CreatedBy; by != "" && l.Result != ResultUnchanged {
			made[by]++
		}
	}
	return tx.CountMade(ctx, in.origin.From, made)
}
