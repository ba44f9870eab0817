package store

import (
	"context"

	"entente/exchange"
)

func (r reader) Instruments(ctx context.Context) ([]exchange.InstrumentRecord, error) {
	const q = `
		SELECT id, version, hash, activated_at, activated_by, sealed_source
		FROM instruments WHERE active = 1 ORDER BY id`
	return collect(ctx, r.q, q, nil, func(row scanner) (i exchange.InstrumentRecord, err error) {
		var source []byte
		err = row.Scan(&i.ID, &i.Version, digest{&i.Hash}, instant{&i.Activated}, &i.By, &source)
		if err != nil {
			return i, err
		}
		i.Source, err = unseal(source, "instrument", i.ID)
		return i, err
	})
}

// PutInstrument keeps the version it replaces: past decisions were made under it.
func (t *tx) PutInstrument(ctx context.Context, i exchange.InstrumentRecord) error {
	const retire = `UPDATE instruments SET active = 0 WHERE id = $1 AND active = 1`
	if _, err := t.q.exec(ctx, retire, i.ID); err != nil {
		return err
	}
	const q = `
		INSERT INTO instruments (id, version, hash, activated_at, activated_by, active, sealed_source)
		VALUES ($1, $2, $3, $4, $5, 1, $6)`
	_, err := t.q.exec(ctx, q, i.ID, i.Version, i.Hash[:], micros(i.Activated), i.By, seal(i.Source))
	return err
}
