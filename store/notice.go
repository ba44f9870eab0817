package store

import (
	"context"
	"time"

	"entente/exchange"
	"entente/party"
)

func (r reader) Notices(ctx context.Context, recipient party.ID, after exchange.NoticePlace, limit int) ([]exchange.Notice, exchange.NoticePlace, error) {
	const (
		released = `
			SELECT id, fed, at, items FROM releases
			WHERE recipient = $1 AND fed > $2 AND state IN ('queued', 'delivered', 'refused') ORDER BY fed LIMIT $3`
		recalled = `SELECT seq, release, at, due, reason FROM recalls WHERE recipient = $1 AND seq > $2 ORDER BY seq LIMIT $3`
	)
	place := after
	fed := int64(0)
	if !after.Release.IsZero() {
		fed = micros(after.Release)
	}
	told, err := collect(ctx, r.q, released, []any{string(recipient), fed, limit}, func(row scanner) (exchange.Notice, error) {
		n := exchange.Notice{Kind: exchange.NoticeRelease}
		var at time.Time
		err := row.Scan(&n.Release, instant{&n.At}, instant{&at}, &n.Objects)
		place.Release = n.At
		if at.After(n.At) {
			n.At = at // its objects came with dates of their own, which are no news
		}
		return n, err
	})
	if err != nil {
		return nil, after, err
	}
	taken, err := collect(ctx, r.q, recalled, []any{string(recipient), after.Recall, limit}, func(row scanner) (exchange.Notice, error) {
		n := exchange.Notice{Kind: exchange.NoticeRecall}
		err := row.Scan(&place.Recall, &n.Release, instant{&n.At}, instant{&n.Due}, &n.Reason)
		return n, err
	})
	if err != nil {
		return nil, after, err
	}
	return append(told, taken...), place, nil
}

func (r reader) NoticesEnd(ctx context.Context, recipient party.ID) (exchange.NoticePlace, error) {
	const (
		released = `SELECT COALESCE(MAX(fed), 0) FROM releases WHERE recipient = $1 AND fed > 0`
		recalled = `SELECT COALESCE(MAX(seq), 0) FROM recalls WHERE recipient = $1`
	)
	var end exchange.NoticePlace
	var fed int64
	if err := r.q.row(ctx, released, []any{string(recipient)}, &fed); err != nil {
		return end, err
	}
	if fed > 0 {
		end.Release = time.UnixMicro(fed).UTC()
	}
	err := r.q.row(ctx, recalled, []any{string(recipient)}, &end.Recall)
	return end, err
}
