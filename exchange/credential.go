package exchange

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
	"entente/transparency"
)

// Credential lets a program show that it belongs to a party. The secret itself
// is told once and not kept.
type Credential struct {
	ID      string    `json:"id"`
	Party   party.ID  `json:"party"`
	Label   string    `json:"label,omitempty"` // what it is for, for people
	Granted time.Time `json:"granted"`
	Revoked time.Time `json:"revoked,omitzero"`
}

// GrantRequest asks for a credential.
type GrantRequest struct {
	Party party.ID `json:"party"`
	Label string   `json:"label,omitempty"`
}

// Grant is a new credential with its secret, which is not told again.
type Grant struct {
	Credential
	Secret string `json:"secret"`
}

const (
	secretPrefix = "entente_"
	secretSize   = 32 // random bytes: more than anybody can try, so a plain digest keeps it; in hex, since MISP takes only letters and digits as a key
	maxLabel     = 120
)

// Grant makes a credential for a party. It returns a not-found fault when the
// party is unknown and an invalid fault "credential.invalid" for this node's own
// party or a label that cannot be shown.
func (s *Service) Grant(ctx context.Context, in GrantRequest) (Grant, error) {
	if _, err := s.Party(ctx, in.Party); err != nil {
		return Grant{}, err
	}
	bad := fault.New(fault.Invalid, "credential.invalid", "The credential cannot be granted.")
	if in.Party == s.self {
		bad = bad.At("/party", "is this node's own party, to which nothing is released")
	}
	if in.Label != "" {
		if wrong := party.CheckName(in.Label); wrong != "" {
			bad = bad.At("/label", wrong)
		}
	}
	if len(bad.Fields) > 0 {
		return Grant{}, bad.Try("Name a partner, and a label of up to %d plain characters.", maxLabel)
	}
	random := make([]byte, secretSize)
	if _, err := io.ReadFull(s.rand, random); err != nil {
		return Grant{}, fmt.Errorf("make a secret: %w", err)
	}
	g := Grant{
		Credential: Credential{ID: ident.New(), Party: in.Party, Label: in.Label, Granted: s.time()},
		Secret:     secretPrefix + hex.EncodeToString(random),
	}
	err := s.store.Write(ctx, func(tx Tx) error {
		if err := s.noteCredential(ctx, tx, "credential", g.Credential); err != nil {
			return err
		}
		return tx.AddCredential(ctx, g.Credential, ident.Sum([]byte(g.Secret)))
	})
	return g, err
}

// noteCredential commits to who could fetch from when to when. It moves no
// epoch: a credential changes what nobody may have.
func (s *Service) noteCredential(ctx context.Context, tx Tx, change string, c Credential) error {
	epoch, err := tx.Epoch(ctx)
	if err != nil {
		return err
	}
	_, err = s.append(ctx, tx, transparency.EventLaw, lawEvent{Epoch: epoch, Change: change, ID: c.ID, By: string(c.Party), At: s.time()})
	return err
}

// Credentials lists what was granted, oldest first.
func (s *Service) Credentials(ctx context.Context) ([]Credential, error) {
	return read(ctx, s, func(r Reader) ([]Credential, error) { return r.Credentials(ctx) })
}

// RevokeCredential ends a credential at once. It returns a not-found fault when
// there is none and a conflict fault when it was revoked before.
func (s *Service) RevokeCredential(ctx context.Context, id string) error {
	return s.store.Write(ctx, func(tx Tx) error {
		if err := tx.RevokeCredential(ctx, id, s.time()); err != nil {
			return err
		}
		return s.noteCredential(ctx, tx, "credential-revoked", Credential{ID: id})
	})
}

// Authenticate returns the party that a secret was granted to. Every failure is
// the same unauthenticated fault "credential.refused". It is looked up each time
// (one row by an index), so that a revocation counts at once on every replica.
func (s *Service) Authenticate(ctx context.Context, secret string) (party.ID, error) {
	refused := fault.New(fault.Unauthenticated, "credential.refused", "The credential is not, or no longer, one of this node's.").
		Try("Ask the operator of the node for a new one.")
	if !strings.HasPrefix(secret, secretPrefix) {
		return "", refused
	}
	c, err := read(ctx, s, func(r Reader) (Credential, error) { return r.Credential(ctx, ident.Sum([]byte(secret))) })
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return "", refused
	case err != nil:
		return "", err
	case !c.Revoked.IsZero():
		return "", refused
	}
	return c.Party, nil
}
