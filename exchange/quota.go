package exchange

import (
	"context"
	"time"

	"entente/intel/stix"
	"entente/internal/fault"
	"entente/party"
)

// Quota bounds what is taken in from one party, whichever way it comes: its node,
// its tools, servers that are collected from in its name.
type Quota struct {
	DayObjects int64 `json:"day_objects"` // on one day, UTC
	DayBytes   int64 `json:"day_bytes"`
	Objects    int64 `json:"objects"` // in all
	Bytes      int64 `json:"bytes"`
}

// DefaultQuota is that of a party for which nothing else was set: far more than a
// national feed brings, and what a disk survives until somebody looks.
func DefaultQuota() Quota {
	return Quota{DayObjects: 500_000, DayBytes: 4 << 30, Objects: 20_000_000, Bytes: 100 << 30}
}

// Usage is what was taken in from one party. What was erased since counts, since
// its record stays; what came again word for word in a new message counts again.
type Usage struct {
	Party      party.ID  `json:"party"`
	Day        time.Time `json:"day"` // of the day counters, 00:00 UTC
	DayObjects int64     `json:"day_objects"`
	DayBytes   int64     `json:"day_bytes"`
	Objects    int64     `json:"objects"`
	Bytes      int64     `json:"bytes"`
}

// Intake is what was taken in from a party and how much may be.
type Intake struct {
	Usage
	Quota Quota `json:"quota"`
	Own   bool  `json:"own"`  // the quota was set for this party
	Full  int   `json:"full"` // percent of the bound that is nearest, at most 100
}

// Closed reports whether nothing is to be taken in, which somebody has decided.
func (q Quota) Closed() bool { return min(q.DayObjects, q.DayBytes, q.Objects, q.Bytes) == 0 }

// QuotaRequest sets the quota of one party; nil gives it the default again.
type QuotaRequest struct {
	Party party.ID `json:"party"`
	Quota *Quota   `json:"quota,omitempty"`
}

// Intakes lists what was taken in from each party, by id; this node's own party,
// which has no quota, is not among them.
func (s *Service) Intakes(ctx context.Context) ([]Intake, error) {
	return read(ctx, s, func(r Reader) ([]Intake, error) {
		parties, err := r.Parties(ctx)
		if err != nil {
			return nil, err
		}
		var all []Intake
		for _, p := range parties {
			if p.ID == s.self {
				continue
			}
			in, err := s.intakeOf(ctx, r, p.ID)
			if err != nil {
				return nil, err
			}
			all = append(all, in)
		}
		return all, nil
	})
}

func (s *Service) intakeOf(ctx context.Context, r Reader, id party.ID) (Intake, error) {
	in := Intake{Quota: DefaultQuota()}
	var err error
	if in.Usage, err = r.Usage(ctx, id); err != nil {
		return in, err
	}
	own, err := r.Quota(ctx, id)
	if own != nil {
		in.Quota, in.Own = *own, true
	}
	in.Usage = in.on(s.today())
	in.Full = in.full()
	return in, err
}

// SetQuota changes how much may be taken in from a party. It changes nothing of
// what was.
func (s *Service) SetQuota(ctx context.Context, in QuotaRequest) (Intake, error) {
	if q := in.Quota; q != nil && min(q.DayObjects, q.DayBytes, q.Objects, q.Bytes) < 0 {
		return Intake{}, fault.New(fault.Invalid, "quota.invalid", "A quota cannot be negative.").At("/quota", "has a negative bound").
			Try("Give 0 to take in nothing more.")
	}
	if in.Party == s.self {
		return Intake{}, fault.New(fault.Invalid, "quota.self", "What this node's own party brings is not bounded.").At("/party", "is this node's own")
	}
	var now Intake
	err := s.store.Write(ctx, func(tx Tx) error {
		if _, err := tx.Party(ctx, in.Party); err != nil {
			return err
		}
		err := tx.PutQuota(ctx, in.Party, in.Quota)
		if err == nil {
			now, err = s.intakeOf(ctx, tx, in.Party)
		}
		return err
	})
	return now, err
}

func (s *Service) today() time.Time { return s.time().Truncate(24 * time.Hour) }

// on is the usage as of a day: the counters of a day before it are over.
func (u Usage) on(day time.Time) Usage {
	if !u.Day.Equal(day) {
		u.Day, u.DayObjects, u.DayBytes = day, 0, 0
	}
	return u
}

func (u Usage) plus(objects, bytes int64) Usage {
	u.DayObjects += objects
	u.DayBytes += bytes
	u.Objects += objects
	u.Bytes += bytes
	return u
}

func (in Intake) full() int {
	share := func(used, of int64) int {
		if used >= of {
			return 100
		}
		return int(float64(used) / float64(of) * 100)
	}
	return max(share(in.DayObjects, in.Quota.DayObjects), share(in.DayBytes, in.Quota.DayBytes),
		share(in.Objects, in.Quota.Objects), share(in.Bytes, in.Quota.Bytes))
}

// charge counts what a party brings, in the transaction that takes it in, or
// returns an unavailable fault "quota.day" or "quota.total". It looks at nothing
// but what that party brought, so that a refusal tells it nothing of others.
func (s *Service) charge(ctx context.Context, tx Tx, from party.ID, objects int, bytes int) error {
	if from == s.self {
		return nil
	}
	in, err := s.intakeOf(ctx, tx, from)
	if err != nil {
		return err
	}
	next := in.plus(int64(objects), int64(bytes))
	if err := s.within(next, in.Quota); err != nil {
		return err
	}
	return tx.PutUsage(ctx, next)
}

// chargeBundle counts what a party adds by itself.
func (s *Service) chargeBundle(ctx context.Context, tx Tx, c Contribution, b stix.Bundle) error {
	size := len(c.Document)
	for _, a := range b.Accepted {
		size += len(a.Object.Raw)
	}
	for _, r := range b.Rejected {
		size += len(r.Raw)
	}
	return s.charge(ctx, tx, c.Party, len(b.Accepted)+len(b.Rejected), size)
}

// within holds a usage against a quota.
func (s *Service) within(u Usage, q Quota) error {
	switch {
	case u.Objects > q.Objects || u.Bytes > q.Bytes:
		return fault.New(fault.Unavailable, "quota.total", "This node takes in no more from %s until its operator allows it.", u.Party).
			Try("Call the contact of this node.").After(longestWait)
	case u.DayObjects > q.DayObjects || u.DayBytes > q.DayBytes:
		left := u.Day.Add(24 * time.Hour).Sub(s.time())
		return fault.New(fault.Unavailable, "quota.day", "This node takes in no more from %s today.", u.Party).
			Try("It is tried again tomorrow (UTC); send less at once.").After(left)
	}
	return nil
}

// count adds what a source brought and was new. A server that is collected from
// brings what it brings; it is asked again when there is room.
func (s *Service) count(ctx context.Context, tx Tx, from party.ID, objects int, bytes int) error {
	if from == s.self || objects == 0 {
		return nil
	}
	u, err := tx.Usage(ctx, from)
	if err != nil {
		return err
	}
	return tx.PutUsage(ctx, u.on(s.today()).plus(int64(objects), int64(bytes)))
}

// room reports why nothing may be collected in the name of a party at the moment.
func (s *Service) room(ctx context.Context, from party.ID) error {
	if from == s.self {
		return nil
	}
	in, err := read(ctx, s, func(r Reader) (Intake, error) { return s.intakeOf(ctx, r, from) })
	if err != nil {
		return err
	}
	return s.within(in.plus(1, 1), in.Quota)
}
