package exchange

import (
	"context"
	"errors"
	"time"

	"entente/internal/fault"
	"entente/obligation"
	"entente/transparency"
)

// dutiesAtOnce is how many duties share an act of the background work.
const dutiesAtOnce = 200

// FiredDuties is what one look at the clocks came to.
type FiredDuties struct {
	Duties  int // looked at
	Notices int // put into the outbox
	Rounds  int // of recurring duties, taken on
	Missed  []obligation.Duty
}

// FireDuties puts what somebody has to be told by now into the outbox and takes on
// the next rounds of recurring duties, some at a time: call it until it looks at
// none. A notice is put there in the transaction that remembers that it went out,
// so it goes out once, whatever is restarted or runs beside, and wherever the
// clock is set. A duty that cannot be read holds up no other.
func (s *Service) FireDuties(ctx context.Context) (fired FiredDuties, err error) {
	waking, err := read(ctx, s, func(r Reader) ([]string, error) { return r.WakingDuties(ctx, s.time(), 1) })
	if err != nil || len(waking) == 0 {
		return fired, err
	}
	var unread error
	err = s.store.Write(ctx, func(tx Tx) error {
		fired, unread = FiredDuties{}, nil
		now := s.time()
		places, err := s.places(ctx, tx)
		if err != nil {
			return err
		}
		ids, err := tx.WakingDuties(ctx, now, dutiesAtOnce)
		if err != nil {
			return err
		}
		for _, id := range ids {
			d, err := tx.Duty(ctx, id)
			if fault.KindOf(err) == fault.Unverified {
				unread = errors.Join(unread, err)
				continue
			}
			if err != nil {
				return err
			}
			if err := s.fireDuty(ctx, tx, d, places, now, &fired); err != nil {
				return err
			}
		}
		return nil
	})
	return fired, errors.Join(err, unread)
}

func (s *Service) fireDuty(ctx context.Context, tx Tx, before obligation.Duty, places *readied, now time.Time, fired *FiredDuties) error {
	fired.Duties++
	act := s.acting(obligation.Act{At: now, By: places.By, Why: "the calendars of places"})
	d, notices := before.Recalculate(act, places.calendars).Fire(now)
	for _, n := range notices {
		added, err := tx.AddDutyNotice(ctx, n)
		if err != nil {
			return err
		}
		if !added {
			continue // it went out when the duty had this due time before
		}
		fired.Notices++
		if n.Kind != obligation.WasMissed {
			continue
		}
		fired.Missed = append(fired.Missed, d)
		if err := s.noteMissed(ctx, tx, d, act); err != nil {
			return err
		}
	}
	if d.RoundOver(now) {
		marked, next, ok := d.Next(places.calendars)
		if ok {
			if err := s.addOnce(ctx, tx, next); err != nil {
				return err
			}
			d, fired.Rounds = marked, fired.Rounds+1
		}
	}
	return s.keepDuty(ctx, tx, d, len(before.History))
}

// addOnce takes on a duty, unless it was taken on already.
func (s *Service) addOnce(ctx context.Context, tx Tx, d obligation.Duty) error {
	err := tx.AddDuty(ctx, d)
	if fault.CodeOf(err) == "duty.exists" {
		return nil
	}
	if err != nil {
		return err
	}
	return s.noteDuty(ctx, tx, d, 0)
}

// noteMissed puts into the log that a duty was not done in time.
func (s *Service) noteMissed(ctx context.Context, tx Tx, d obligation.Duty, act obligation.Act) error {
	_, err := s.append(ctx, tx, transparency.EventDuty, dutyEvent{
		Duty: d.ID, Matter: d.About(), Source: d.Duty.ClauseRef, Owed: d.Duty.ID, Bearer: d.Bearer, Exercise: d.Exercise,
		Change: obligation.HistoryOf{Act: obligation.Act{At: act.At, By: string(s.self)}, What: string(obligation.WasMissed), Due: d.Due},
	})
	return err
}
