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
		return fault.New(fault.NotFound, "credential.unknown", "There is no credential %s.", id).Try("List them with entente credential list.")
	}
	return fault.New(fault.Conflict, "credential.revoked", "The credential %s was revoked before.", id)
}

func (r reader) Contribution(ctx context.Context, from party.ID, id string, since time.Time) (exchange.Contribution, error) {
	const q = `SELECT sealed_report FROM contributions WHERE id = $1 AND party = $2 AND at >= $3`
	all, err := collect(ctx, r.q, q, []any{id, string(from), micros(since)}, func(row scanner) (c exchange.Contribution, err error) {
		var sealed []byte
		if err := row.Scan(&sealed); err != nil {
			return c, err
		}
		err = unsealJSON(sealed, &c, "report on objects added", id)
		return c, err
	})
	return one(all, err, "contribution.unknown", "There is no report %s.", id)
}

func (t *tx) AddContribution(ctx context.Context, c exchange.Contribution, keep exchange.ContributionsKept) error {
	if err := t.ForgetContributions(ctx, keep.Since); err != nil {
		return err
	}
	sealed, err := sealJSON(c)
	if err != nil {
		return err
	}
	const earlier = `DELETE FROM contributions WHERE party = $1 AND event = $2 AND event <> ''`
	if _, err := t.q.exec(ctx, earlier, string(c.Party), c.Event); err != nil {
		return err
	}
	const q = `INSERT INTO contributions (id, party, at, event, sealed_report, sealed_document) VALUES ($1, $2, $3, $4, $5, $6) RETURNING seq`
	var seq int64
	if err := t.q.row(ctx, q, []any{c.ID, string(c.Party), micros(c.At), c.Event, sealed, seal(c.Document)}, &seq); err != nil || c.Event == "" {
		return err
	}
	if err := t.addContributedVersions(ctx, seq, c.Versions); err != nil {
		return err
	}
	return t.limitContributed(ctx, c.Party, keep)
}

// addContributedVersions notes what an event brought. If any of it is erased, also
// since it came, the event goes again: it holds the same data.
func (t *tx) addContributedVersions(ctx context.Context, seq int64, versions []exchange.ContributedVersion) error {
	rows := make([]any, 0, 3*len(versions))
	for _, v := range versions {
		rows = append(rows, seq, packID(v.ID), v.Hash[:])
	}
	const q = `INSERT INTO contributed_versions (contribution, id, hash) VALUES ($1, $2, $3)`
	if err := insertRows(ctx, t.q, q, 3, rows); err != nil {
		return err
	}
	const erased = `
		DELETE FROM contributions WHERE seq = $1 AND EXISTS (
			SELECT 1 FROM contributed_versions v JOIN objects o ON o.id = v.id AND o.hash = v.hash
			WHERE v.contribution = $1 AND o.state = 'erased')`
	_, err := t.q.exec(ctx, erased, seq)
	return err
}

// limitContributed forgets the events that a party added first, beyond what it may
// have kept.
func (t *tx) limitContributed(ctx context.Context, from party.ID, keep exchange.ContributionsKept) error {
	const q = `
		DELETE FROM contributions WHERE seq IN (
			SELECT k.seq FROM (
				SELECT seq, ROW_NUMBER() OVER (ORDER BY seq DESC) AS place,
					SUM(LENGTH(sealed_report) + COALESCE(LENGTH(sealed_document), 0)) OVER (ORDER BY seq DESC) AS size
				FROM contributions WHERE party = $1 AND event <> '') k
			WHERE k.place > $2 OR k.size > $3)`
	_, err := t.q.exec(ctx, q, string(from), int64(keep.Events), keep.Bytes)
	return err
}

func (t *tx) ForgetContributions(ctx context.Context, before time.Time) error {
	const q = `DELETE FROM contributions WHERE at < $1`
	_, err := t.q.exec(ctx, q, micros(before))
	return err
}

func (r reader) ContributedEvents(ctx context.Context, from party.ID, event string, since time.Time, documents bool) ([]exchange.Contribution, error) {
	const q = `
		SELECT event, sealed_report, CASE WHEN $3 = 1 THEN sealed_document END
		FROM contributions
		WHERE party = $1 AND event <> '' AND ($2 = '' OR event = $2) AND at >= $4
		ORDER BY seq`
	var all []exchange.Contribution
	_, err := collect(ctx, r.q, q, []any{string(from), event, flag(documents), micros(since)}, func(row scanner) (struct{}, error) {
		var name string
		var report, document []byte
		if err := row.Scan(&name, &report, &document); err != nil {
			return struct{}{}, err
		}
		if c, err := unsealContributed(name, report, document); err == nil { // the scrub names it otherwise
			all = append(all, c)
		}
		return struct{}{}, nil
	})
	return all, err
}

func (r reader) ContributedWith(ctx context.Context, from party.ID, ids []string, since time.Time) (event string, err error) {
	const q = `
		SELECT c.seq, c.event
		FROM contributed_versions v JOIN contributions c ON c.seq = v.contribution
		WHERE v.id = $1 AND c.party = $2 AND c.at >= $3
		ORDER BY c.seq DESC LIMIT 1`
	last := int64(0)
	for _, id := range distinct(ids) {
		_, err := collect(ctx, r.q, q, []any{packID(id), string(from), micros(since)}, func(row scanner) (struct{}, error) {
			var seq int64
			var name string
			err := row.Scan(&seq, &name)
			if seq > last {
				last, event = seq, name
			}
			return struct{}{}, err
		})
		if err != nil {
			return "", err
		}
	}
	return event, nil
}

// unsealContributed leaves out the lines: those of all events together are many.
func unsealContributed(event string, report, document []byte) (c exchange.Contribution, err error) {
	if err := unsealJSON(report, &c, "report on objects added", event); err != nil {
		return c, err
	}
	c.Lines = nil
	c.Document, err = unseal(document, "event added", event)
	return c, err
}

// forgetContributed destroys the copies of events that brought a version, when it
// is erased.
func (t *tx) forgetContributed(ctx context.Context, seq int64) error {
	const q = `
		DELETE FROM contributions WHERE seq IN (
			SELECT v.contribution FROM contributed_versions v JOIN objects o ON o.hash = v.hash AND o.id = v.id
			WHERE o.seq = $1)`
	_, err := t.q.exec(ctx, q, seq)
	return err
}
