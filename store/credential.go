package store

import (
	"context"
	"strings"
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
		return fault.New(fault.NotFound, "credential.unknown", "There is no credential %s.", id).Try("List them with entente credential list.")
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
	const q = `INSERT INTO contributions (id, party, at, event, sealed_report, sealed_document) VALUES ($1, $2, $3, $4, $5, $6)`
	_, err = t.q.exec(ctx, q, c.ID, string(c.Party), micros(c.At), c.Event, sealed, seal(c.Document))
	return err
}

func (r reader) ContributedEvents(ctx context.Context, from party.ID, event string, documents bool) ([]exchange.Contribution, error) {
	const q = `
		SELECT c.event, c.sealed_report, CASE WHEN $3 = 1 THEN c.sealed_document END
		FROM contributions c
		WHERE c.party = $1 AND c.event <> '' AND ($2 = '' OR c.event = $2) AND NOT EXISTS (
			SELECT 1 FROM contributions d WHERE d.party = c.party AND d.event = c.event AND d.event <> ''
			AND (d.at > c.at OR d.at = c.at AND d.seq > c.seq))
		ORDER BY c.seq`
	return collect(ctx, r.q, q, []any{string(from), event, flag(documents)}, func(row scanner) (c exchange.Contribution, err error) {
		var report, document []byte
		if err := row.Scan(&event, &report, &document); err != nil {
			return c, err
		}
		if err := unsealJSON(report, &c, "report on objects added", event); err != nil {
			return c, err
		}
		c.Document, err = unseal(document, "event added", event)
		return c, err
	})
}

// forgetContributed destroys the copies that those who added an event may read
// back, when its report is erased.
func (t *tx) forgetContributed(ctx context.Context, seq int64) error {
	const find = `SELECT id FROM objects WHERE seq = $1 AND type IN ('report', 'grouping')`
	ids, err := collect(ctx, t.q, find, []any{seq}, scanID)
	if err != nil || len(ids) == 0 {
		return err
	}
	_, event, _ := strings.Cut(ids[0], "--")
	const gone = `DELETE FROM contributions WHERE event = $1`
	_, err = t.q.exec(ctx, gone, event)
	return err
}
