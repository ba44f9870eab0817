package exchange

import (
	"context"
	"slices"
	"time"

	"entente/decision"
	"entente/exchange/envelope"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/obligation"
	"entente/party"
	"entente/transparency"
)

// recallWithin is how long a partner has to answer a recall before it counts as
// overdue. Agreements may say otherwise through a duty of their own.
const recallWithin = 72 * time.Hour

// The states of a recall; overdue is derived, see [Recall.Overdue].
const (
	recallRequested = "requested"
	recallPurged    = "purged"
	recallRefused   = "refused"
)

// Overdue reports whether the partner has not answered in time.
func (r Recall) Overdue(now time.Time) bool {
	return r.State == recallRequested && now.After(r.Due)
}

// recallID names the one recall a release can have, so that both nodes know it
// before either has seen the other's message.
func recallID(release string) string { return "recall-" + release }

// Recall asks every recipient of a release, or of an object, to purge what it
// got. A release that has not left is withheld instead. It returns a not-found
// fault when nothing was released.
func (s *Service) Recall(ctx context.Context, in RecallRequest) ([]Recall, error) {
	if in.Reason == "" {
		return nil, fault.New(fault.Invalid, "recall.reason", "A recall needs a reason; the recipients will see it.").At("/reason", "is empty")
	}
	var recalls []Recall
	err := s.store.Write(ctx, func(tx Tx) error {
		releases, err := recallable(ctx, tx, in)
		if err != nil {
			return err
		}
		recalls = make([]Recall, 0, len(releases))
		for _, rel := range releases {
			if in.DryRun {
				recalls = append(recalls, Recall{ID: recallID(rel.ID), Release: rel.ID, To: rel.Recipient, Reason: in.Reason, State: "dry-run"})
				continue
			}
			rc, err := s.recallRelease(ctx, tx, rel, in.Reason)
			if err != nil {
				return err
			}
			recalls = append(recalls, rc)
		}
		return nil
	})
	s.wake()
	return recalls, err
}

func recallable(ctx context.Context, r Reader, in RecallRequest) ([]Release, error) {
	var releases []Release
	if in.Release != "" {
		rel, err := r.Release(ctx, in.Release)
		if err != nil {
			return nil, err
		}
		releases = []Release{rel}
	} else {
		var err error
		if releases, err = r.ListReleases(ctx, ReleaseFilter{Object: in.Object, Limit: closureLimit}); err != nil {
			return nil, err
		}
	}
	var open []Release
	for _, rel := range releases {
		if rel.State.MayBeThere() {
			open = append(open, rel)
		}
	}
	if len(open) == 0 {
		return nil, fault.New(fault.NotFound, "recall.nothing", "There is no release to recall.").
			Try("List the releases of the object; a recalled or refused one needs no recall.")
	}
	return open, nil
}

// recallEvent is what the log commits to when a recall is requested.
type recallEvent struct {
	Recall   string       `json:"recall"`
	Release  string       `json:"release"`
	To       party.ID     `json:"to"`
	Reason   string       `json:"reason"`
	Due      time.Time    `json:"due"`
	Envelope ident.Digest `json:"envelope"`
}

// recallRelease writes the recall of one release with its message and delivery.
// A release still in the outbox may have reached the recipient without our
// knowing, so it is recalled like a delivered one.
func (s *Service) recallRelease(ctx context.Context, tx Tx, rel Release, reason string) (Recall, error) {
	now := s.time()
	rc := Recall{
		ID: recallID(rel.ID), Release: rel.ID, To: rel.Recipient, Reason: reason,
		State: recallRequested, At: now, StateAt: now, Due: now.Add(recallWithin),
	}
	body, err := s.seal(envelope.Message{
		Kind: kindRecall, ID: rc.ID, To: rel.Recipient, At: now,
		Recall: &envelope.Recall{Release: rel.ID, Reason: reason, Due: rc.Due},
	}, nil)
	if err != nil {
		return rc, err
	}
	rc.Envelope = body.Envelope
	if rc.Leaf, err = s.append(ctx, tx, transparency.EventRecall, recallEvent{
		Recall: rc.ID, Release: rel.ID, To: rc.To, Reason: reason, Due: rc.Due, Envelope: ident.Sum(rc.Envelope),
	}); err != nil {
		return rc, err
	}
	if err := tx.PutRecall(ctx, rc); err != nil {
		return rc, err
	}
	if err := tx.SetReleaseState(ctx, rel.ID, Recalled, rel.Receipt, now); err != nil {
		return rc, err
	}
	return rc, tx.Enqueue(ctx, Delivery{ID: ident.New(), Kind: kindRecall, Ref: rc.ID, To: rc.To, State: DeliveryQueued, NextAt: now})
}

// purge erases what a release brought, records it and hands the recall on to
// those this node gave it to.
func (s *Service) purge(ctx context.Context, in *incoming) ([]envelope.ItemReceipt, error) {
	rc := in.msg.Recall
	if rc == nil {
		return nil, fault.New(fault.Invalid, "envelope.recall", "A recall names the release it recalls.")
	}
	var items []envelope.ItemReceipt
	err := s.store.Write(ctx, func(tx Tx) error {
		items = items[:0]
		before, err := tx.Received(ctx, receivedKey(in.from.ID, rc.Release))
		arrived := err == nil
		if unlessAbsent(err) != nil {
			return err
		}
		in.heard = arrived && in.msg.ID == recallID(rc.Release) // of which there is one
		if !in.held {
			if err := s.remember(ctx, tx, in, nil, 0, 0); err != nil {
				return err
			}
		}
		if !arrived {
			return nil // it never arrived; takeIn refuses it from now on
		}
		m, err := envelope.Kept(before.Envelope)
		if err != nil {
			return err
		}
		if err := tx.RecallReceived(ctx, before.ID, s.time()); err != nil {
			return err
		}
		if err := s.endDuties(ctx, tx, in.from.ID, rc.Release); err != nil {
			return err
		}
		items, err = s.eraseItems(ctx, tx, in, m)
		return err
	})
	return items, err
}

// endDuties ends what a recalled release obliged this node to: there is nothing
// left to keep, to delete or to report on.
func (s *Service) endDuties(ctx context.Context, tx Tx, from party.ID, release string) error {
	act := s.acting(obligation.Act{By: string(from), Why: "the release was recalled"})
	_, err := s.eachOpen(ctx, tx, DutyFilter{Release: release}, func(d obligation.Duty, _ *readied) (obligation.Duty, error) {
		if d.From != from || d.Bearer != s.self {
			return d, nil
		}
		return d.Cancel(act)
	})
	return err
}

// eraseItems erases what only the recalled release brought. What its sender also
// sent in a release that stands is held under that one.
func (s *Service) eraseItems(ctx context.Context, tx Tx, in *incoming, m envelope.Message) ([]envelope.ItemReceipt, error) {
	ids, digests := make([]string, len(m.Objects)), make([]ident.Digest, len(m.Objects))
	for i, it := range m.Objects {
		ids[i], digests[i] = it.ID, it.Hash
	}
	heads, err := tx.Heads(ctx, ids)
	if err != nil {
		return nil, err
	}
	others, err := tx.HeldUnder(ctx, in.from.ID, receivedKey(in.from.ID, m.ID), digests)
	if err != nil {
		return nil, err
	}
	l, err := s.openLedger(ctx, tx, in.from.ID, ids)
	if err != nil {
		return nil, err
	}
	var items []envelope.ItemReceipt
	for _, it := range m.Objects {
		// What others sent as well stays here as theirs: for the one who takes it
		// back it is gone, and is said to be.
		result := "absent"
		switch {
		case slices.Contains(others, it.Hash):
			items = append(items, envelope.ItemReceipt{ID: it.ID, Hash: it.Hash, Result: "held"})
			continue
		case l.takeBack(it.ID, it.Hash):
			result = "purged"
		}
		items = append(items, envelope.ItemReceipt{ID: it.ID, Hash: it.Hash, Result: result})
		i := slices.IndexFunc(heads[it.ID], func(h Head) bool { return h.Hash == it.Hash && h.From == in.from.ID && !h.State.Gone() })
		if i < 0 {
			continue
		}
		// What never counted leaves no trace in the id: whoever sends something in
		// another's name and takes it back must not shut the other out by it.
		gone, h := Erased, heads[it.ID][i]
		if h.State == SetAside || h.State == Returned {
			gone = Withdrawn
		}
		if err := tx.SetObjectState(ctx, h.Seq, gone); err != nil {
			return nil, err
		}
		if err := s.recallOnward(ctx, tx, it.ID, it.Hash, in.msg.Recall.Reason); err != nil {
			return nil, err
		}
	}
	return items, l.save(ctx, tx)
}

// recallOnward recalls what this node passed on of a version that was recalled
// from it.
func (s *Service) recallOnward(ctx context.Context, tx Tx, object string, version ident.Digest, reason string) error {
	return s.releasesOf(ctx, tx, object, version, func(rel Release) error {
		_, err := s.recallRelease(ctx, tx, rel, "recalled by its originator: "+reason)
		return err
	})
}

// releasesOf calls f with every release of one version that its recipient may
// have.
func (s *Service) releasesOf(ctx context.Context, tx Tx, object string, version ident.Digest, f func(Release) error) error {
	releases, err := tx.ListReleases(ctx, ReleaseFilter{Object: object, Limit: closureLimit})
	if err != nil {
		return err
	}
	for _, rel := range releases {
		if !rel.State.MayBeThere() {
			continue
		}
		items, err := tx.ReleaseItems(ctx, rel.ID)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(items, func(it ReleaseItem) bool { return it.ObjectID == object && it.Original == version }) {
			continue
		}
		if err := f(rel); err != nil {
			return err
		}
	}
	return nil
}

func settleRecall(ctx context.Context, tx Tx, id string, rcpt receipt, answer []byte, now time.Time) error {
	rc, err := findRecall(ctx, tx, id)
	if err != nil {
		return err
	}
	rc.State, rc.StateAt, rc.Receipt = recallPurged, now, answer
	if rcpt.Outcome != outcomePurged {
		rc.State = recallRefused
	}
	return tx.PutRecall(ctx, rc)
}

func findRecall(ctx context.Context, r Reader, id string) (Recall, error) {
	all, err := r.Recalls(ctx, id[len(recallID("")):])
	if err != nil {
		return Recall{}, err
	}
	for _, rc := range all {
		if rc.ID == id {
			return rc, nil
		}
	}
	return Recall{}, fault.New(fault.NotFound, "recall.unknown", "There is no recall %s.", id)
}

// Reconsider holds releases made under an earlier law against today's: those
// that stand are noted, those that do not are recalled. It works through what
// was not considered yet, so that it can stop at any point and go on later.
func (s *Service) Reconsider(ctx context.Context) (Withdrawal, error) {
	s.reconsidering.Lock()
	defer s.reconsidering.Unlock()
	return s.reconsiderAll(ctx)
}

func (s *Service) reconsiderAll(ctx context.Context) (Withdrawal, error) {
	var done Withdrawal
	for {
		n, err := s.reconsiderSome(ctx, &done)
		if err != nil || n == 0 {
			return done, err
		}
	}
}

// reconsiderAtOnce bounds one transaction of [Service.Reconsider].
const reconsiderAtOnce = 100

func (s *Service) reconsiderSome(ctx context.Context, done *Withdrawal) (int, error) {
	n, err := read(ctx, s, func(r Reader) (int, error) {
		var err error
		if done.Epoch, err = r.Epoch(ctx); err != nil {
			return 0, err
		}
		open, err := r.ListReleases(ctx, ReleaseFilter{DecidedBefore: done.Epoch, Limit: 1})
		return len(open), err
	})
	if err != nil || n == 0 {
		return 0, err
	}
	err = s.store.Write(ctx, func(tx Tx) error {
		epoch, err := tx.Epoch(ctx)
		if err != nil {
			return err
		}
		done.Epoch = epoch
		releases, err := tx.ListReleases(ctx, ReleaseFilter{DecidedBefore: epoch, Limit: reconsiderAtOnce})
		if err != nil {
			return err
		}
		n = len(releases)
		for _, rel := range releases {
			rc, err := s.reconsider(ctx, tx, rel, epoch)
			if err != nil {
				return err
			}
			done.Redecide++
			if rc != nil {
				done.Recalls = append(done.Recalls, *rc)
			}
		}
		return nil
	})
	s.wake()
	return n, err
}

func (s *Service) reconsider(ctx context.Context, tx Tx, rel Release, epoch int64) (*Recall, error) {
	items, err := tx.ReleaseItems(ctx, rel.ID)
	if err != nil {
		return nil, err
	}
	why, err := s.standing(ctx, tx, rel, items)
	if err != nil {
		return nil, err
	}
	if why == nil {
		return nil, tx.SetReleaseEpoch(ctx, rel.ID, epoch)
	}
	rc, err := s.overturn(ctx, tx, rel, *why, epoch)
	return &rc, err
}

// overturn recalls a release that the law no longer carries, and keeps the
// decision that says so.
func (s *Service) overturn(ctx context.Context, tx Tx, rel Release, why decision.Decision, epoch int64) (Recall, error) {
	if err := s.recordAgain(ctx, tx, why, epoch); err != nil {
		return Recall{}, err
	}
	return s.recallRelease(ctx, tx, rel, "no longer lawful: "+firstReason(why))
}

// recordAgain keeps a decision that overturns an earlier one, with its leaf.
func (s *Service) recordAgain(ctx context.Context, tx Tx, d decision.Decision, epoch int64) error {
	rec, err := newDecisionRecord(d, epoch)
	if err != nil {
		return err
	}
	if rec.Leaf, err = s.append(ctx, tx, transparency.EventDecision, decisionEvent{
		Decision: rec.Digest, Object: rec.Object, To: rec.Recipient, Outcome: rec.Outcome, At: rec.At,
	}); err != nil {
		return err
	}
	return tx.AddDecision(ctx, rec)
}
