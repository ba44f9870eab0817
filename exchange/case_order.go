package exchange

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/casework"
	"entente/decision"
	"entente/instrument"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/obligation"
	"entente/party"
)

// order gives an event its place, as the home of its case, and sends it to all
// others. The caller has made sure that the procedure and the law permit it.
func (s *Service) order(ctx context.Context, tx Tx, l *law, h *heldCase, e casework.Opened, raw []byte, from party.ID) error {
	if len(h.record.Orders) >= maxCaseEvents {
		return fault.New(fault.Conflict, "case.too-many", "A case has at most %d events.", maxCaseEvents).Try("Open another case that goes on from this one.")
	}
	if err := s.notBehind(l, h); err != nil {
		return err
	}
	before, now := h.Case, s.time()
	place := h.Place(e.Digest, now)
	h.record.Orders = append(h.record.Orders, place)
	h.record.Events[e.Digest] = raw
	var err error
	if h.record.Head, err = s.signHead(h.rec.ID, place, now); err != nil {
		return err
	}
	h.rec.Head = h.record.Head
	h.replay(l)
	if err := h.Sound(); err != nil {
		return err
	}
	kept := CaseEvent{Case: h.rec.ID, Digest: e.Digest, By: e.By, From: from, At: now, State: CaseOrdered, Order: place, Envelope: raw}
	if err := s.keepCaseEvent(ctx, tx, h, kept); err != nil {
		return err
	}
	for _, to := range h.opening().Participants() {
		if to == s.self {
			continue
		}
		if to != e.By {
			if err := s.decided(ctx, tx, l, h, to, e); err != nil {
				return err
			}
		}
		if err := s.catchUp(ctx, tx, h, to); err != nil {
			return err
		}
	}
	return s.caseMoved(ctx, tx, l, h, before)
}

// notBehind refuses to order where this node signed more before than it has now:
// it was restored from an older copy, and would sign a second history.
func (s *Service) notBehind(l *law, h *heldCase) error {
	for _, raw := range h.rec.Others {
		head, err := casework.OpenHead(raw, l.caseLaw().Keys)
		if err == nil && head.By == s.self && head.Seq > len(h.record.Orders) {
			return fault.New(fault.Conflict, "case.behind", "This node ordered %d events of the case before, and has %d.", head.Seq, len(h.record.Orders)).
				Try("Have another participant send the case, with entente case send %s.", h.rec.ID)
		}
	}
	return nil
}

// maxCaseEvents bounds what the participants of a case can make each other keep.
const maxCaseEvents = 5000

func (s *Service) signHead(id string, o casework.Order, at time.Time) ([]byte, error) {
	h := casework.Head{At: at, By: s.self, Case: id, Order: o.Digest(id), Seq: o.Seq}
	return h.Sign(s.keys.ID, s.keys.Private)
}

// decided records the decision by which an event goes to a participant.
func (s *Service) decided(ctx context.Context, tx Tx, l *law, h *heldCase, to party.ID, e casework.Opened) error {
	return s.recordAgain(ctx, tx, s.decideCase(l, h.opening(), e, to), l.epoch)
}

// caseMoved keeps a case whose events have grown, and does what follows from
// them. It is the one place where a case has effects outside itself: an effect
// compares the case before and after, and does nothing when it was there already.
func (s *Service) caseMoved(ctx context.Context, tx Tx, l *law, h *heldCase, before *casework.Case) error {
	h.summarise(s.self, s.time())
	if err := tx.PutCase(ctx, h.rec); err != nil {
		return err
	}
	move := caseMove{law: l, held: h, before: before}
	for _, effect := range []func(context.Context, Tx, caseMove) error{
		s.caseDuties,
	} {
		if err := effect(ctx, tx, move); err != nil {
			return err
		}
	}
	return nil
}

// caseMove is a case before and after events were accepted.
type caseMove struct {
	law    *law
	held   *heldCase
	before *casework.Case
}

// entered are the events that were accepted with this move.
func (m caseMove) entered() []casework.Entry {
	return m.held.History[min(m.before.Seq(), m.held.Seq()):]
}

// caseDuties makes the deadlines of this node's party duties like any other, and
// ends those that were met or no longer stand.
func (s *Service) caseDuties(ctx context.Context, tx Tx, m caseMove) error {
	p := m.held.Procedure()
	if p == nil || len(m.entered()) == 0 || !slices.ContainsFunc(p.Transitions, func(t instrument.Transition) bool { return !t.Within.IsZero() }) {
		return nil
	}
	wanted := map[string]bool{}
	for _, n := range m.held.Next(s.time()) {
		if n.Due.IsZero() || !slices.Contains(n.Parties, s.self) {
			continue
		}
		d, err := s.dutyOfStep(m.held, n)
		if err != nil {
			return err
		}
		wanted[d.ID] = true
		if err := s.addOnce(ctx, tx, d); err != nil { // what was taken on stays, whatever it is by now
			return err
		}
	}
	_, err := s.eachOpen(ctx, tx, DutyFilter{About: m.held.rec.ID}, func(d obligation.Duty, _ *readied) (obligation.Duty, error) {
		if wanted[d.ID] || !strings.HasPrefix(d.ID, stepDuty) {
			return d, nil
		}
		return s.ended(m.held, d)
	})
	return err
}

// stepDuty begins the id of a duty to take a step, and of no other duty about a case.
const stepDuty = "case-"

// dutyOfStep is the duty to take a step by its deadline. Its id is that of the
// running clock, so that it is taken on once.
func (s *Service) dutyOfStep(h *heldCase, n casework.Next) (obligation.Duty, error) {
	o := h.opening()
	t := h.Procedure().Transitions[slices.IndexFunc(h.Procedure().Transitions, func(t instrument.Transition) bool { return t.ID == n.Step })]
	ref := decision.DutyRef{
		ClauseRef: decision.ClauseRef{Instrument: o.Instrument, Clause: impliedClauseID(o.Procedure), Cite: n.Cite},
		ID:        n.Step, What: "step " + n.Step + " in case " + o.Title, Bearer: string(s.self), Within: t.Within.String(), After: t.After,
	}
	id := ident.Sum([]byte(h.rec.ID + "\n" + n.Step + "\n" + n.Started.UTC().Format(time.RFC3339Nano)))
	return obligation.New(obligation.Spec{
		ID: stepDuty + id.Short(), Source: ref, Bearer: s.self, Matter: h.rec.ID, Anchors: map[string]time.Time{t.After: n.Started}, Exercise: s.exercise,
		Act: obligation.Act{At: n.Started, By: o.Instrument, Why: "case " + h.rec.ID},
	}, obligation.Calendars{})
}

// ended is a duty of a case that has gone on: met by the step, or void.
func (s *Service) ended(h *heldCase, d obligation.Duty) (obligation.Duty, error) {
	for _, e := range h.History {
		if e.Event.Act == casework.Step && e.Event.Step == d.Duty.ID && !e.At.Before(d.Started) {
			by := obligation.Act{At: e.At, By: string(e.Event.By), Why: "case " + h.rec.ID + " is " + h.State}
			return d.Complete(e.At, obligation.Evidence{Note: "event " + e.Digest.String()}, by)
		}
	}
	return d.Cancel(obligation.Act{At: s.time(), By: string(s.self), Why: "case " + h.rec.ID + " is " + h.State})
}
