package store

import (
	"context"

	"entente/exchange"
	"entente/party"
)

func scanCase(row scanner) (c exchange.CaseRecord, err error) {
	var id string
	var sealed []byte
	if err := row.Scan(&id, &sealed); err != nil {
		return c, err
	}
	err = unsealJSON(sealed, &c, "case", id)
	return c, err
}

// Cases are in the order in which they came here, the newest first.
func (r reader) Cases(ctx context.Context, f exchange.CaseFilter) ([]exchange.CaseRecord, error) {
	const q = `
		SELECT id, sealed_case FROM cases
		WHERE ($1 = 0 OR final = 0) AND ($2 = '' OR seq < (SELECT seq FROM cases WHERE id = $2))
		ORDER BY seq DESC LIMIT $3`
	return collect(ctx, r.q, q, []any{flag(f.Open), f.Before, limit(f.Limit)}, scanCase)
}

func (r reader) CountCases(ctx context.Context, opener party.ID) (n int, err error) {
	const q = `SELECT COUNT(*) FROM cases WHERE opener = $1 AND final = 0`
	err = r.q.row(ctx, q, []any{string(opener)}, &n)
	return n, err
}

func (r reader) Case(ctx context.Context, id string) (exchange.CaseRecord, error) {
	const q = `SELECT id, sealed_case FROM cases WHERE id = $1`
	all, err := collect(ctx, r.q, q, []any{id}, scanCase)
	return one(all, err, "case.unknown", "There is no case %s.", id)
}

func (t *tx) PutCase(ctx context.Context, c exchange.CaseRecord) error {
	sealed, err := sealJSON(c)
	if err != nil {
		return err
	}
	const q = `
		INSERT INTO cases (id, opener, final, sealed_case) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET opener = excluded.opener, final = excluded.final, sealed_case = excluded.sealed_case`
	_, err = t.q.exec(ctx, q, c.ID, string(c.Opener), flag(c.Final), sealed)
	return err
}

func (r reader) CaseEvents(ctx context.Context, id string) ([]exchange.CaseEvent, error) {
	const q = `
		SELECT sealed_event, sealed_envelope FROM case_events
		WHERE case_id = $1 ORDER BY CASE WHEN place = 0 THEN 1 ELSE 0 END, place, seq`
	return collect(ctx, r.q, q, []any{id}, func(row scanner) (e exchange.CaseEvent, err error) {
		var sealed, envelope []byte
		if err := row.Scan(&sealed, &envelope); err != nil {
			return e, err
		}
		if err := unsealJSON(sealed, &e, "event of case", id); err != nil {
			return e, err
		}
		if e.Envelope, err = unseal(envelope, "event of case", id); err != nil {
			return e, err
		}
		return e, verify(e.Envelope, e.Digest, "event of case", id)
	})
}

func (t *tx) PutCaseEvent(ctx context.Context, e exchange.CaseEvent) error {
	if err := verify(e.Envelope, e.Digest, "event of case", e.Case); err != nil {
		return err
	}
	sealed, err := sealJSON(e)
	if err != nil {
		return err
	}
	const q = `
		INSERT INTO case_events (case_id, digest, place, sealed_event, sealed_envelope) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (case_id, digest) DO UPDATE SET place = excluded.place, sealed_event = excluded.sealed_event`
	_, err = t.q.exec(ctx, q, e.Case, e.Digest[:], e.Order.Seq, sealed, seal(e.Envelope))
	return err
}

func scanCaseMessage(row scanner) (m exchange.CaseMessage, err error) {
	var id string
	var sealed, head, envelope, receipt []byte
	if err := row.Scan(&id, &sealed, &head, &envelope, &receipt); err != nil {
		return m, err
	}
	if err := unsealJSON(sealed, &m, "message about a case", id); err != nil {
		return m, err
	}
	if m.Head, err = unseal(head, "head of message", id); err != nil {
		return m, err
	}
	if m.Envelope, err = unseal(envelope, "message about a case", id); err != nil {
		return m, err
	}
	m.Receipt, err = unseal(receipt, "receipt of message", id)
	return m, err
}

const caseMessageColumns = `id, sealed_message, sealed_head, sealed_envelope, sealed_receipt`

func (r reader) CaseMessage(ctx context.Context, id string) (exchange.CaseMessage, error) {
	const q = `SELECT ` + caseMessageColumns + ` FROM case_messages WHERE id = $1`
	all, err := collect(ctx, r.q, q, []any{id}, scanCaseMessage)
	return one(all, err, "case.message-unknown", "There is no message %s about a case.", id)
}

func (r reader) CaseMessages(ctx context.Context, id string) ([]exchange.CaseMessage, error) {
	const q = `SELECT ` + caseMessageColumns + ` FROM case_messages WHERE case_id = $1 ORDER BY seq`
	return collect(ctx, r.q, q, []any{id}, scanCaseMessage)
}

func (t *tx) PutCaseMessage(ctx context.Context, m exchange.CaseMessage) error {
	sealed, err := sealJSON(m)
	if err != nil {
		return err
	}
	const q = `
		INSERT INTO case_messages (id, case_id, sealed_message, sealed_head, sealed_envelope, sealed_receipt)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET sealed_message = excluded.sealed_message, sealed_receipt = excluded.sealed_receipt`
	_, err = t.q.exec(ctx, q, m.ID, m.Case, sealed, seal(m.Head), seal(m.Envelope), seal(m.Receipt))
	return err
}
