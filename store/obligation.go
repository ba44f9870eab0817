package store

import (
	"context"

	"entente/internal/fault"
	"entente/obligation"
)

// Duties are in the order in which they were taken on.
func (r reader) Duties(ctx context.Context, openOnly bool) ([]obligation.Duty, error) {
	const (
		all  = `SELECT id, sealed_duty FROM duties ORDER BY seq`
		open = `SELECT id, sealed_duty FROM duties WHERE done_at IS NULL ORDER BY seq`
	)
	q := all
	if openOnly {
		q = open
	}
	return collect(ctx, r.q, q, nil, func(row scanner) (d obligation.Duty, err error) {
		var id string
		var sealed []byte
		if err := row.Scan(&id, &sealed); err != nil {
			return d, err
		}
		err = unsealJSON(sealed, &d, "duty", id)
		return d, err
	})
}

func (t *tx) AddDuty(ctx context.Context, d obligation.Duty) error {
	sealed, err := sealJSON(d)
	if err != nil {
		return err
	}
	const q = `INSERT INTO duties (id, done_at, sealed_duty) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`
	n, err := t.q.exec(ctx, q, d.ID, maybeMicros(d.Done), sealed)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "duty.exists", "A duty %s exists already.", d.ID)
	}
	return err
}

func (t *tx) UpdateDuty(ctx context.Context, d obligation.Duty) error {
	sealed, err := sealJSON(d)
	if err != nil {
		return err
	}
	const q = `UPDATE duties SET done_at = $1, sealed_duty = $2 WHERE id = $3`
	n, err := t.q.exec(ctx, q, maybeMicros(d.Done), sealed, d.ID)
	return changed(n, err, "duty.unknown", "There is no duty %s.", d.ID)
}
