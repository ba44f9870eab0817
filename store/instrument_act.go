package store

import (
	"context"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/ident"
)

const textColumns = `hash, id, version, file, origin, at, leaf, sealed_source`

func scanText(row scanner) (x exchange.InstrumentText, err error) {
	var source []byte
	err = row.Scan(digest{&x.Hash}, &x.ID, &x.Version, &x.File, &x.From, instant{&x.At}, &x.Leaf, &source)
	if err != nil {
		return x, err
	}
	x.Source, err = unseal(source, "text of instrument", x.ID)
	return x, err
}

func (r reader) Texts(ctx context.Context) ([]exchange.InstrumentText, error) {
	const q = `SELECT ` + textColumns + ` FROM instrument_texts ORDER BY seq`
	return collect(ctx, r.q, q, nil, scanText)
}

func (t *tx) AddText(ctx context.Context, x exchange.InstrumentText) error {
	const q = `
		INSERT INTO instrument_texts (hash, id, version, file, origin, at, leaf, sealed_source)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (hash) DO NOTHING`
	n, err := t.q.exec(ctx, q, x.Hash[:], x.ID, x.Version, x.File, string(x.From), micros(x.At), x.Leaf, seal(x.Source))
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "instrument.text-exists", "The text of %s %s is here already.", x.ID, x.Version)
	}
	return err
}

const actColumns = `digest, hash, party, origin, at, leaf, sealed_envelope`

func scanAct(row scanner) (a exchange.ActRecord, err error) {
	var envelope []byte
	err = row.Scan(digest{&a.Digest}, digest{&a.Text}, &a.Party, &a.From, instant{&a.At}, &a.Leaf, &envelope)
	if err != nil {
		return a, err
	}
	if a.Envelope, err = unseal(envelope, "act", a.Digest); err != nil {
		return a, err
	}
	return a, verify(a.Envelope, a.Digest, "act", a.Digest)
}

func (r reader) Acts(ctx context.Context) ([]exchange.ActRecord, error) {
	const q = `SELECT ` + actColumns + ` FROM instrument_acts ORDER BY seq`
	return collect(ctx, r.q, q, nil, scanAct)
}

func (t *tx) AddAct(ctx context.Context, a exchange.ActRecord) error {
	if err := verify(a.Envelope, a.Digest, "act", a.Digest); err != nil {
		return err
	}
	const q = `
		INSERT INTO instrument_acts (digest, hash, party, origin, at, leaf, sealed_envelope)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (digest) DO NOTHING`
	n, err := t.q.exec(ctx, q, a.Digest[:], a.Text[:], string(a.Party), string(a.From), micros(a.At), a.Leaf, seal(a.Envelope))
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "act.exists", "The act %s is here already.", a.Digest.Short())
	}
	return err
}

const publicationColumns = `id, hash, recipient, at, state, state_at, leaf, sealed_envelope, sealed_receipt`

func scanPublication(row scanner) (p exchange.Publication, err error) {
	var envelope, receipt []byte
	err = row.Scan(&p.ID, digest{&p.Text}, &p.To, instant{&p.At}, &p.State, instant{&p.StateAt}, &p.Leaf, &envelope, &receipt)
	if err != nil {
		return p, err
	}
	if p.Envelope, err = unseal(envelope, "publication", p.ID); err != nil {
		return p, err
	}
	p.Receipt, err = unseal(receipt, "receipt of publication", p.ID)
	return p, err
}

func (r reader) Publication(ctx context.Context, id string) (exchange.Publication, error) {
	const q = `SELECT ` + publicationColumns + ` FROM publications WHERE id = $1`
	all, err := collect(ctx, r.q, q, []any{id}, scanPublication)
	return one(all, err, "publication.unknown", "There is no publication %s.", id)
}

func (r reader) Publications(ctx context.Context, text ident.Digest) ([]exchange.Publication, error) {
	const q = `SELECT ` + publicationColumns + ` FROM publications WHERE hash = $1 ORDER BY seq`
	return collect(ctx, r.q, q, []any{text[:]}, scanPublication)
}

func (t *tx) PutPublication(ctx context.Context, p exchange.Publication) error {
	const q = `
		INSERT INTO publications (id, hash, recipient, at, state, state_at, leaf, sealed_envelope, sealed_receipt)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (id) DO UPDATE SET
			hash = excluded.hash, recipient = excluded.recipient, at = excluded.at, state = excluded.state,
			state_at = excluded.state_at, leaf = excluded.leaf,
			sealed_envelope = excluded.sealed_envelope, sealed_receipt = excluded.sealed_receipt`
	_, err := t.q.exec(ctx, q, p.ID, p.Text[:], string(p.To), micros(p.At), p.State, micros(p.StateAt), p.Leaf, seal(p.Envelope), seal(p.Receipt))
	return err
}
