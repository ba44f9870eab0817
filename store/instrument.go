package store

import (
	"context"

	"entente/exchange"
	"entente/internal/fault"
)

func (r reader) Instruments(ctx context.Context) ([]exchange.InstrumentRecord, error) {
	const q = `
		SELECT id, version, hash, activated_at, activated_by, sealed_source
		FROM instruments ORDER BY id, seq`
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

func (t *tx) AddInstrument(ctx context.Context, i exchange.InstrumentRecord) error {
	const q = `
		INSERT INTO instruments (id, version, hash, activated_at, activated_by, sealed_source)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id, version) DO NOTHING`
	n, err := t.q.exec(ctx, q, i.ID, i.Version, i.Hash[:], micros(i.Activated), i.By, seal(i.Source))
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "instrument.exists", "Version %s of %s is active already.", i.Version, i.ID)
	}
	return err
}
