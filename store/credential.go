package store

import (
	"context"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

const credentialColumns = `id, party, label, granted_at, revoked_at` //nolint:gosec // G101: names of columns

func scanCredential(row scanner) (c exchange.Credential, err error) {
	err = row.Scan(&c.ID, &c.Party, &c.Label, instant{&c.Granted}, instant{&c.Revoked})
	return c, err
}

func (r reader) Credential(ctx context.Context, secret ident.Digest) (exchange.Credential, error) {
	const q = `SELECT ` + credentialColumns + ` FROM credentials WHERE hash = $1`
	all, err := collect(ctx, r.q, q, []any{secret[:]}, scanCredential)
	return one(all, err, "credential.unknown", "There is no such credential%s.", "")
}

func (r reader) Credentials(ctx context.Context) ([]exchange.Credential, error) {
	const q = `SELECT ` + credentialColumns + ` FROM credentials ORDER BY seq`
	return collect(ctx, r.q, q, nil, scanCredential)
}

func (t *tx) AddCredential(ctx context.Context, c exchange.Credential, secret ident.Digest) error {
	const q = `
		INSERT INTO credentials (id, party, label, hash, granted_at, revoked_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`
	n, err := t.q.exec(ctx, q, c.ID, string(c.Party), printable(c.Label), secret[:], micros(c.Granted), maybeMicros(c.Revoked))
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "credential.exists", "There is a credential %s, or one with its secret, already.", c.ID)
	}
	return err
}

func (t *tx) RevokeCredential(ctx context.Context, id string, at time.Time) error {
	const q = `UPDATE credentials SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL`
	n, err := t.q.exec(ctx, q, micros(at), id)
	if err != nil || n > 0 {
		return err
	}
	const known = `SELECT COUNT(*) FROM credentials WHERE id = $1`
	if err := t.q.row(ctx, known, []any{id}, &n); err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.NotFound, "credential.unknown", "There is no credential %s.", id).Try("List them with entente taxii list.")
	}
	return fault.New(fault.Conflict, "credential.revoked", "The credential %s was revoked before.", id)
}

func (r reader) Contribution(ctx context.Context, from party.ID, id string) (exchange.Contribution, error) {
	const q = `SELECT sealed_report FROM contributions WHERE id = $1 AND party = $2`
	all, err := collect(ctx, r.q, q, []any{id, string(from)}, func(row scanner) (c exchange.Contribution, err error) {
		var sealed []byte
		if err := row.Scan(&sealed); err != nil {
			return c, err
		}
		err = unsealJSON(sealed, &c, "report on objects added", id)
		return c, err
	})
	return one(all, err, "contribution.unknown", "There is no report %s.", id)
}

func (t *tx) AddContribution(ctx context.Context, c exchange.Contribution, forget time.Time) error {
	const old = `DELETE FROM contributions WHERE at < $1`
	if _, err := t.q.exec(ctx, old, micros(forget)); err != nil {
		return err
	}
	sealed, err := sealJSON(c)
	if err != nil {
		return err
	}
	const q = `INSERT INTO contributions (id, party, at, sealed_report) VALUES ($1, $2, $3, $4)`
	_, err = t.q.exec(ctx, q, c.ID, string(c.Party), micros(c.At), sealed)
	return err
}
