package client_test

import (
	"context"
	"testing"

	"entente/client"
	"entente/exchange"
	"entente/internal/fault"
)

func (e echo) Grant(_ context.Context, r exchange.GrantRequest) (exchange.Grant, error) {
	return exchange.Grant{Credential: exchange.Credential{ID: "c", Party: r.Party, Label: r.Label, Granted: at}, Secret: "s"}, e.err
}

func (e echo) Credentials(context.Context) ([]exchange.Credential, error) {
	return []exchange.Credential{{ID: "c", Granted: at, Revoked: at}}, e.err
}

func (e echo) RevokeCredential(_ context.Context, id string) error {
	if e.err == nil && id != "a/b c?d=ü&e" {
		return fault.New(fault.NotFound, "credential.unknown", "There is no credential %s.", id)
	}
	return e.err
}

func TestCredentialsArriveAndComeBack(t *testing.T) {
	t.Parallel()
	both(t, echo{}, func(t *testing.T, c *client.Client) {
		g, err := c.Grant(t.Context(), exchange.GrantRequest{Party: "p", Label: "a/b c?d=ü&e"})
		if err != nil || g.Party != "p" || g.Label != "a/b c?d=ü&e" || g.Secret != "s" || !g.Granted.Equal(at) || !g.Revoked.IsZero() {
			t.Errorf("Grant: %+v, %v", g, err)
		}
		all, err := c.Credentials(t.Context())
		if err != nil || len(all) != 1 || !all[0].Revoked.Equal(at) {
			t.Errorf("Credentials: %+v, %v", all, err)
		}
		if err := c.RevokeCredential(t.Context(), "a/b c?d=ü&e"); err != nil {
			t.Errorf("RevokeCredential: %v", err)
		}
		if err := c.RevokeCredential(t.Context(), "none"); fault.CodeOf(err) != "credential.unknown" {
			t.Errorf("RevokeCredential of none: %v", err)
		}
	})
}
