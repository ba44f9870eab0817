package exchange

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"entente/decision"
	"entente/exchange/envelope"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
	"entente/transparency"
)

// The states of a delivery. Only queued and retrying are tried again.
const (
	DeliveryQueued   = "queued"
	DeliveryRetrying = "retrying"
	DeliveryDone     = "delivered"
	DeliveryRefused  = "refused"  // the recipient's node said no, with a code
	DeliveryWithheld = "withheld" // no longer lawful at the door
)

// Back-off of a delivery that failed: doubling from the first to the longest,
// with full jitter so that a partner coming back is not met by a herd (F20).
const (
	firstRetry   = 2 * time.Second
	longestRetry = 15 * time.Minute
)

// Transport carries a body to a party's node and returns its answer. Package
// wire/peer implements it. An unavailable fault means: try again.
type Transport interface {
	Post(ctx context.Context, to party.Party, body []byte) ([]byte, error)
}

// DeliverDue tries every delivery that is due and returns how many it tried.
// Each is decided again at the door: what is no longer lawful is withheld.
// Recipients are served side by side, each in the order of its own deliveries,
// so that one slow partner does not hold up the others.
func (s *Service) DeliverDue(ctx context.Context) (int, error) {
	due, err := read(ctx, s, func(r Reader) ([]Delivery, error) { return r.DueDeliveries(ctx, s.time(), dueAtOnce) })
	if err != nil {
		return 0, err
	}
	lanes := map[party.ID][]Delivery{}
	for _, d := range due {
		lanes[d.To] = append(lanes[d.To], d)
	}
	failed := make(chan error, len(due))
	var wg sync.WaitGroup
	for _, lane := range lanes {
		wg.Go(func() {
			for _, d := range lane {
				if err := s.deliver(ctx, d); err != nil {
					failed <- err
				}
			}
		})
	}
	wg.Wait()
	close(failed)
	var errs []error
	for err := range failed {
		errs = append(errs, err)
	}
	return len(due), errors.Join(errs...)
}

// dueAtOnce bounds how many deliveries are under way at once.
const dueAtOnce = 100

// deliver tries one delivery and records how it ended. It returns an error only
// when the outcome could not be recorded; the delivery is then tried again,
// which the recipient recognises by the envelope's id.
func (s *Service) deliver(ctx context.Context, d Delivery) error {
	out, err := s.prepare(ctx, d)
	if err != nil {
		return s.postpone(ctx, d, ours(err))
	}
	switch {
	case out.stopped:
		return s.stop(ctx, d)
	case out.withheld != nil:
		return s.withhold(ctx, d, *out.withheld)
	}
	answer, err := s.transport.Post(ctx, out.to, out.body)
	if err != nil {
		return s.postpone(ctx, d, err)
	}
	rcpt, err := s.readReceipt(out, answer)
	if err != nil {
		// They have it, whatever is wrong with the answer: it must stay open to a recall.
		return s.postpone(ctx, d, ours(err))
	}
	return s.settle(ctx, d, out, rcpt, answer)
}

// ours marks a failure that is not the recipient's refusal: the delivery stays
// open, with the reason, until it is mended.
func ours(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		open := *f
		open.Kind = fault.Unavailable
		return &open
	}
	return err
}

// outgoing is one message ready to leave.
type outgoing struct {
	to       party.Party
	envelope []byte
	body     []byte
	withheld *decision.Decision // why it must not leave after all
	stopped  bool               // its release was recalled or withheld meanwhile
}

func (s *Service) prepare(ctx context.Context, d Delivery) (outgoing, error) {
	return read(ctx, s, func(r Reader) (outgoing, error) { return s.prepareFrom(ctx, r, d) })
}

func (s *Service) prepareFrom(ctx context.Context, r Reader, d Delivery) (out outgoing, err error) {
	if out.to, err = r.Party(ctx, d.To); err != nil {
		return out, err
	}
	b := envelope.Body{}
	var leaf int64
	switch d.Kind {
	case kindRecall:
		rc, err := findRecall(ctx, r, d.Ref)
		if err != nil {
			return out, err
		}
		b.Envelope, leaf = rc.Envelope, rc.Leaf
	case kindInstrument:
		if b, leaf, err = publicationBody(ctx, r, d.Ref); err != nil {
			return out, err
		}
	case kindCase:
		if b, leaf, err = s.caseBody(ctx, r, d, &out); err != nil || out.withheld != nil || out.stopped {
			return out, err
		}
	default:
		rel, items, err := s.atTheDoor(ctx, r, d, &out)
		if err != nil || out.withheld != nil || out.stopped {
			return out, err
		}
		b.Envelope, leaf = rel.Envelope, rel.Leaf
		for _, it := range items {
			b.Objects = append(b.Objects, it.Sent)
		}
	}
	if b.Proof, err = s.proof(ctx, r, leaf); err != nil {
		return out, err
	}
	if err := committed(ctx, r, leaf, d.To, b); err != nil {
		return out, err
	}
	out.envelope = b.Envelope
	out.body, err = envelope.EncodeBody(b)
	return out, err
}

// atTheDoor decides every item of a release again under the law of this moment.
func (s *Service) atTheDoor(ctx context.Context, r Reader, d Delivery, out *outgoing) (Release, []ReleaseItem, error) {
	rel, err := r.Release(ctx, d.Ref)
	if err != nil {
		return rel, nil, err
	}
	if rel.Recipient != d.To {
		return rel, nil, fault.New(fault.Unverified, "store.corrupt", "Release %s is for another party than its delivery.", rel.ID)
	}
	if rel.State != Queued {
		out.stopped = true
		return rel, nil, nil
	}
	items, err := r.ReleaseItems(ctx, rel.ID)
	if err != nil {
		return rel, nil, err
	}
	out.withheld, err = s.standing(ctx, r, rel, items)
	return rel, items, err
}

// standing decides a release again. It returns nil when every item may still
// leave in the form it was built in, and the decision that says otherwise if not.
func (s *Service) standing(ctx context.Context, r Reader, rel Release, items []ReleaseItem) (*decision.Decision, error) {
	l, err := s.lawAt(ctx, r)
	if err != nil {
		return nil, err
	}
	p, known := l.parties[rel.Recipient]
	for _, it := range items {
		rec, err := r.DecisionByDigest(ctx, it.Decision)
		if err != nil {
			return nil, err
		}
		before, err := readDecision(rec)
		if err != nil {
			return nil, err
		}
		now := before
		if known {
			q := before.Request
			sub := q.Subject
			now = l.engine.Decide(s.question(l, sub, aboutRelease(items, sub.ID), actorOf(p), rel.Purpose))
		} else {
			now.Outcome = decision.Deny
			now.Because = []decision.Reason{{Text: "the recipient is no longer a known party"}}
		}
		if !covers(before, now) {
			return &now, nil
		}
	}
	return nil, nil
}

func readDecision(rec DecisionRecord) (decision.Decision, error) {
	var d decision.Decision
	if err := json.Unmarshal(rec.Body, &d); err != nil {
		return d, fault.New(fault.Unverified, "store.corrupt", "Decision %s can no longer be read.", rec.Digest.Short()).Because(err)
	}
	return d, nil
}

// aboutRelease mirrors closure.about for a release made earlier: its first item
// is the root it was asked for.
func aboutRelease(items []ReleaseItem, id string) map[string]bool {
	return map[string]bool{id: true, items[0].ObjectID: true}
}

// covers reports whether the form built for one decision satisfies another: all
// that is asked now was done then.
func covers(before, now decision.Decision) bool {
	if now.Outcome != decision.Permit && now.Outcome != decision.Transform {
		return false
	}
	done := map[string]bool{}
	for _, t := range before.Transforms {
		done[t] = true
	}
	for _, t := range now.Transforms {
		if !done[t] {
			return false
		}
	}
	return true
}

// keyUnknown is what a recipient says that has not added our newest card yet;
// the delivery waits for that until the message is too old to be taken (F17).
const keyUnknown = "envelope.key"

// noEndpoint is what the transport says of a party that runs no node. What is
// released to it waits in its feed.
const noEndpoint = "peer.endpoint"

// postpone records a failed attempt: a refusal for good, anything else for later.
func (s *Service) postpone(ctx context.Context, d Delivery, cause error) error {
	now := s.time()
	d.Attempts++
	d.LastError = cause.Error()
	if f, ok := errors.AsType[*fault.Error](cause); ok {
		d.LastError = f.Code + ": " + f.Message
	}
	switch kind := fault.KindOf(cause); {
	case kind == fault.Unavailable, kind == fault.Internal, fault.CodeOf(cause) == keyUnknown:
		d.State, d.NextAt = DeliveryRetrying, now.Add(max(backoff(d.Attempts), patience(cause)))
	default:
		d.State = DeliveryRefused
	}
	return s.store.Write(ctx, func(tx Tx) error {
		before, err := sentMessage(ctx, tx, d)
		if err != nil || len(before.answer) > 0 {
			return err // a receipt was brought by hand meanwhile
		}
		switch {
		case fault.CodeOf(cause) == noEndpoint && d.Kind == kindRelease:
		case d.State == DeliveryRefused && d.Kind == kindRelease:
			err = tx.SetReleaseState(ctx, d.Ref, Refused, nil, now)
		case d.State == DeliveryRefused && d.Kind == kindInstrument:
			err = settlePublication(ctx, tx, d.Ref, DeliveryRefused, nil, now)
		case d.State == DeliveryRefused && d.Kind == kindCase:
			err = s.settleCase(ctx, tx, d, refusedWith(fault.CodeOf(cause)), nil)
		}
		if err != nil {
			return err
		}
		return tx.UpdateDelivery(ctx, d)
	})
}

// patience is how long the recipient wants to be left alone, within reason.
func patience(cause error) time.Duration {
	f, ok := errors.AsType[*fault.Error](cause)
	if !ok {
		return 0
	}
	return min(f.Retry, longestWait)
}

// backoff is a random wait up to a bound that doubles with every attempt.
func backoff(attempts int) time.Duration {
	bound := longestRetry
	if shift := attempts - 1; shift < 16 {
		bound = min(longestRetry, firstRetry<<shift)
	}
	return bound/4 + rand.N(bound-bound/4) //nolint:gosec // spreads load; nothing is guessed from it
}

// stop ends a delivery whose release no longer waits for one.
func (s *Service) stop(ctx context.Context, d Delivery) error {
	d.State, d.LastError = DeliveryWithheld, "it was recalled, withheld or overtaken before it left"
	return s.store.Write(ctx, func(tx Tx) error {
		if d.Kind == kindCase {
			if err := s.settleCase(ctx, tx, d, receipt{}, nil); err != nil {
				return err
			}
		}
		return tx.UpdateDelivery(ctx, d)
	})
}

// withhold keeps a release from leaving and records the decision that says so.
func (s *Service) withhold(ctx context.Context, d Delivery, why decision.Decision) error {
	return s.store.Write(ctx, func(tx Tx) error { return s.withholdIn(ctx, tx, d, why) })
}

// withholdIn takes back what left by hand: its recipient may have it.
func (s *Service) withholdIn(ctx context.Context, tx Tx, d Delivery, why decision.Decision) error {
	kept, err := deliveryOf(ctx, tx, d.Ref) // it may have been handed out meanwhile
	if err != nil {
		return err
	}
	d.State, d.LastError = DeliveryWithheld, firstReason(why)
	if err := tx.UpdateDelivery(ctx, d); err != nil {
		return err
	}
	if d.Kind == kindCase {
		return s.withholdCase(ctx, tx, d, why)
	}
	if kept.HandedOut.IsZero() {
		return s.recordWithheld(ctx, tx, d.Ref, why)
	}
	epoch, err := tx.Epoch(ctx)
	if err != nil {
		return err
	}
	rel, err := tx.Release(ctx, d.Ref)
	if err != nil {
		return err
	}
	_, err = s.overturn(ctx, tx, rel, why, epoch)
	return err
}

func (s *Service) recordWithheld(ctx context.Context, tx Tx, release string, why decision.Decision) error {
	epoch, err := tx.Epoch(ctx)
	if err != nil {
		return err
	}
	if err := s.recordAgain(ctx, tx, why, epoch); err != nil {
		return err
	}
	return tx.SetReleaseState(ctx, release, Withheld, nil, s.time())
}

func firstReason(d decision.Decision) string {
	for _, b := range d.Because {
		return strings.TrimSpace(b.Instrument + " " + b.Cite + " " + b.Text)
	}
	for _, n := range d.Needs {
		return n.Transform + " would be needed: " + strings.TrimSpace(n.Instrument+" "+n.Cite+" "+n.Text)
	}
	return string(d.Outcome)
}

// receipt is a partner's signed answer with the proof from its own log.
type receipt struct {
	envelope.Receipt
	body envelope.Body
}

func (s *Service) readReceipt(out outgoing, answer []byte) (receipt, error) {
	b, err := envelope.DecodeBody(answer)
	if err != nil {
		return receipt{}, err
	}
	msg, err := envelope.Open(b.Envelope, keysOf(out.to))
	if err != nil {
		return receipt{}, err
	}
	if err := s.checkExercise(msg); err != nil {
		return receipt{}, err
	}
	if msg.Kind != kindReceipt || msg.Receipt == nil || msg.From != out.to.ID || msg.To != s.self ||
		msg.Receipt.Envelope != ident.Sum(out.envelope) {
		return receipt{}, fault.New(fault.Unverified, "receipt.mismatch", "%s answered with a receipt for something else.", out.to.ID)
	}
	if err := checkProof(b.Proof, out.to, ident.Sum(out.envelope)); err != nil {
		return receipt{}, err
	}
	return receipt{Receipt: *msg.Receipt, body: b}, nil
}

// receiptEvent is what the log commits to when a partner acknowledges. It takes
// in the partner's own proof, so each log is a witness of the other.
type receiptEvent struct {
	Message string       `json:"message"`
	From    party.ID     `json:"from"`
	Outcome string       `json:"outcome"`
	Receipt ident.Digest `json:"receipt"` // of the receipt's envelope
	Proof   ident.Digest `json:"proof"`   // of the partner's log proof
	At      time.Time    `json:"at"`
}

// settle records a receipt and what follows from it.
func (s *Service) settle(ctx context.Context, d Delivery, out outgoing, rcpt receipt, answer []byte) error {
	return s.store.Write(ctx, func(tx Tx) error {
		before, err := sentMessage(ctx, tx, d)
		if err != nil || len(before.answer) > 0 {
			return err // it was brought by hand meanwhile
		}
		return s.settleIn(ctx, tx, d, out, rcpt, answer)
	})
}

func (s *Service) settleIn(ctx context.Context, tx Tx, d Delivery, out outgoing, rcpt receipt, answer []byte) error {
	now := s.time()
	_, err := s.append(ctx, tx, transparency.EventReceipt, receiptEvent{
		Message: rcpt.Message, From: out.to.ID, Outcome: rcpt.Outcome,
		Receipt: ident.Sum(rcpt.body.Envelope), Proof: ident.Sum(rcpt.body.Proof), At: now,
	})
	if err != nil {
		return err
	}
	d.State, d.LastError = DeliveryDone, ""
	d.Attempts++
	if rcpt.Outcome == outcomeRefused {
		d.State, d.LastError = DeliveryRefused, rcpt.Code+": "+rcpt.Detail
	}
	if err := tx.UpdateDelivery(ctx, d); err != nil {
		return err
	}
	switch d.Kind {
	case kindRecall:
		return settleRecall(ctx, tx, d.Ref, rcpt, answer, now)
	case kindInstrument:
		return settlePublication(ctx, tx, d.Ref, d.State, answer, now)
	case kindCase:
		return s.settleCase(ctx, tx, d, rcpt, answer)
	}
	rel, err := tx.Release(ctx, d.Ref)
	if err != nil {
		return err
	}
	state := Delivered
	switch {
	case rel.State == Recalled: // while the answer was on its way; the recall has its own delivery
		state = Recalled
	case rcpt.Outcome == outcomeRefused:
		state = Refused
	}
	return tx.SetReleaseState(ctx, d.Ref, state, answer, now)
}
