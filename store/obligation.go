package store

import (
	"context"
	"math"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/obligation"
)

// noDue stands for no due time, so that those duties come last.
const noDue = math.MaxInt64

// unsorted is the wake time of a duty that an older version wrote.
const unsorted = -1

func scanDuty(row scanner) (d obligation.Duty, err error) {
	var id string
	var sealed []byte
	if err := row.Scan(&id, &sealed); err != nil {
		return d, err
	}
	err = unsealJSON(sealed, &d, "duty", id)
	return d, err
}

func (r reader) Duty(ctx context.Context, id string) (obligation.Duty, error) {
	const q = `SELECT id, sealed_duty FROM duties WHERE id = $1`
	all, err := collect(ctx, r.q, q, []any{id}, scanDuty)
	return one(all, err, "duty.unknown", "There is no duty %s.", id)
}

// Duties has a query of its own for each way to ask, so that each is answered from
// an index, in order, and stops at the limit.
func (r reader) Duties(ctx context.Context, f exchange.DutyFilter) ([]obligation.Duty, error) {
	const (
		duties  = `SELECT id, sealed_duty FROM duties WHERE due_at <= $1 AND (due_at, id) > ($2, $3)`
		open    = ` AND closed_at IS NULL`
		about   = ` AND about = $5 AND about <> ''`
		release = ` AND release = $5 AND release <> ''`
		byDue   = ` ORDER BY due_at, id LIMIT $4`
	)
	by := int64(noDue)
	if !f.DueBy.IsZero() {
		by = micros(f.DueBy)
	}
	after := int64(math.MinInt64)
	if f.After != (exchange.DutyPlace{}) {
		after = dueMicros(f.After.Due)
	}
	limit := f.Limit
	if limit == 0 {
		limit = 100
	}
	args := []any{by, after, f.After.ID, limit}
	q := duties + byDue
	switch {
	case f.About != "" && f.Open:
		q, args = duties+open+about+byDue, append(args, printable(f.About))
	case f.About != "":
		q, args = duties+about+byDue, append(args, printable(f.About))
	case f.Release != "":
		q, args = duties+open+release+byDue, append(args, f.Release)
	case f.Open:
		q = duties + open + byDue
	}
	return collect(ctx, r.q, q, args, scanDuty)
}

func dueMicros(t time.Time) int64 {
	if t.IsZero() {
		return noDue
	}
	return micros(t)
}

func (r reader) WakingDuties(ctx context.Context, now time.Time, limit int) ([]string, error) {
	const q = `SELECT id FROM duties WHERE wake_at IS NOT NULL AND wake_at <= $1 ORDER BY wake_at LIMIT $2`
	return collect(ctx, r.q, q, []any{micros(now), limit}, scanName)
}

func scanName(row scanner) (id string, err error) {
	err = row.Scan(&id)
	return id, err
}

func (t *tx) AddDuty(ctx context.Context, d obligation.Duty) error {
	sealed, err := sealJSON(d)
	if err != nil {
		return err
	}
	const q = `
		INSERT INTO duties (id, closed_at, due_at, wake_at, about, release, sealed_duty)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`
	n, err := t.q.exec(ctx, q, d.ID, maybeMicros(closedAt(d)), dueMicros(d.Due), maybeMicros(d.Wake()), printable(d.About()), printable(d.Release), sealed)
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
	const q = `
		UPDATE duties SET closed_at = $1, due_at = $2, wake_at = $3, about = $4, release = $5, sealed_duty = $6 WHERE id = $7`
	n, err := t.q.exec(ctx, q, maybeMicros(closedAt(d)), dueMicros(d.Due), maybeMicros(d.Wake()), printable(d.About()), printable(d.Release), sealed, d.ID)
	return changed(n, err, "duty.unknown", "There is no duty %s.", d.ID)
}

func closedAt(d obligation.Duty) time.Time {
	if d.Cancelled != nil {
		return d.Cancelled.At
	}
	return d.Done
}

func (t *tx) WakeDuties(ctx context.Context, at time.Time) error {
	const q = `UPDATE duties SET wake_at = $1 WHERE closed_at IS NULL`
	_, err := t.q.exec(ctx, q, micros(at))
	return err
}

// backfillDuties sorts in the duties that an older version wrote. One that is
// damaged is left to whoever looks at the clocks, who says so.
func backfillDuties(ctx context.Context, t *tx) (int, error) {
	const (
		q       = `SELECT id FROM duties WHERE wake_at = $1 LIMIT $2`
		damaged = `UPDATE duties SET wake_at = 0 WHERE id = $1`
		some    = 500
	)
	ids, err := collect(ctx, t.q, q, []any{unsorted, some}, scanName)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		d, err := t.Duty(ctx, id)
		switch {
		case fault.KindOf(err) == fault.Unverified:
			_, err = t.q.exec(ctx, damaged, id)
		case err == nil:
			err = t.UpdateDuty(ctx, d)
		}
		if err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

func (t *tx) AddDutyNotice(ctx context.Context, n obligation.Notice) (bool, error) {
	sealed, err := sealJSON(n)
	if err != nil {
		return false, err
	}
	const q = `INSERT INTO duty_notices (name, duty, sealed_notice) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`
	added, err := t.q.exec(ctx, q, n.Key(), n.Duty.ID, sealed)
	return added > 0, err
}

func scanDutyNotice(row scanner) (n exchange.DutyNotice, err error) {
	var sealed []byte
	if err := row.Scan(&n.Seq, &sealed); err != nil {
		return n, err
	}
	err = unsealJSON(sealed, &n.Notice, "notice of a duty", n.Seq)
	return n, err
}

func (r reader) DutyNotices(ctx context.Context, after int64, limit int) ([]exchange.DutyNotice, error) {
	const q = `SELECT seq, sealed_notice FROM duty_notices WHERE seq > $1 ORDER BY seq LIMIT $2`
	return collect(ctx, r.q, q, []any{after, limit}, scanDutyNotice)
}

func (r reader) NoticesOfDuty(ctx context.Context, id string) ([]exchange.DutyNotice, error) {
	const q = `SELECT seq, sealed_notice FROM duty_notices WHERE duty = $1 ORDER BY seq`
	return collect(ctx, r.q, q, []any{id}, scanDutyNotice)
}

func (r reader) DutyNoticesEnd(ctx context.Context) (end int64, err error) {
	const q = `SELECT COALESCE(MAX(seq), 0) FROM duty_notices`
	err = r.q.row(ctx, q, nil, &end)
	return end, err
}

func (r reader) MatterEvents(ctx context.Context, matter string) ([]exchange.MatterEvent, error) {
	const q = `SELECT event, sealed_event FROM matter_events WHERE matter = $1 ORDER BY event`
	return collect(ctx, r.q, q, []any{printable(matter)}, func(row scanner) (e exchange.MatterEvent, err error) {
		var event string
		var sealed []byte
		if err := row.Scan(&event, &sealed); err != nil {
			return e, err
		}
		err = unsealJSON(sealed, &e, "event", event)
		return e, err
	})
}

func (t *tx) PutMatterEvent(ctx context.Context, e exchange.MatterEvent) error {
	sealed, err := sealJSON(e)
	if err != nil {
		return err
	}
	const q = `
		INSERT INTO matter_events (matter, event, sealed_event) VALUES ($1, $2, $3)
		ON CONFLICT (matter, event) DO UPDATE SET sealed_event = excluded.sealed_event`
	_, err = t.q.exec(ctx, q, printable(e.Matter), printable(e.Event), sealed)
	return err
}

func (r reader) DutySetting(ctx context.Context, name string) ([]byte, error) {
	const q = `SELECT sealed_value FROM duty_settings WHERE name = $1`
	all, err := collect(ctx, r.q, q, []any{name}, func(row scanner) ([]byte, error) {
		var sealed []byte
		if err := row.Scan(&sealed); err != nil {
			return nil, err
		}
		return unseal(sealed, "setting", name)
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

func (t *tx) PutDutySetting(ctx context.Context, name string, value []byte) error {
	const q = `
		INSERT INTO duty_settings (name, sealed_value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET sealed_value = excluded.sealed_value`
	_, err := t.q.exec(ctx, q, name, seal(value))
	return err
}
