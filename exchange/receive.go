package exchange

import (
	"context"
	"crypto/ed25519"
	"errors"
	"strconv"
	"time"

	"entente/decision"
	"entente/exchange/envelope"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
	"entente/party"
	"entente/transparency"
)

// What a receipt can say of a message and of one object in it.
const (
	outcomeAccepted = "accepted"
	outcomePurged   = "purged"
	outcomeRefused  = "refused"
)

// Receive takes in the body of one message from a partner whose identity the
// transport has verified, and returns the receipt to answer with. It is called
// again with the same bytes when an answer was lost, and then gives the same
// receipt without any further effect.
//
// It returns unverified faults (codes envelope.*) when the message is not what
// it claims to be; nothing of it is then kept but a commitment.
func (s *Service) Receive(ctx context.Context, from party.ID, body []byte) ([]byte, error) {
	in, err := s.open(ctx, from, body)
	if err == nil {
		// A sender that gave up waiting may ask again meanwhile; it waits here.
		turn := &s.receiving[ident.Sum([]byte(in.key))[0]%stripes]
		turn.Lock()
		defer turn.Unlock()
		err = s.recognise(ctx, in)
	}
	if err != nil {
		return nil, s.refuse(ctx, from, body, err)
	}
	if in.answered != nil {
		return in.answered, nil
	}
	var items []envelope.ItemReceipt
	outcome := outcomeAccepted
	switch in.msg.Kind {
	case kindRelease:
		items, err = s.takeIn(ctx, in)
	case kindRecall:
		outcome = outcomePurged
		items, err = s.purge(ctx, in)
	case kindInstrument:
		items, err = s.takeActs(ctx, in)
	case kindCase:
		items, err = s.takeCase(ctx, in)
	}
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, in, outcome, items)
}

// incoming is a message whose form, signature and sender hold.
type incoming struct {
	msg      envelope.Message
	body     envelope.Body
	raw      []byte
	from     party.Party
	key      string // under which it is remembered
	answered []byte // the receipt given before
	leaf     int64
	held     bool // recorded before, but the receipt was lost in a crash
	heard    bool // taken in however much its sender has sent
}

func (s *Service) open(ctx context.Context, from party.ID, raw []byte) (*incoming, error) {
	in := &incoming{raw: raw}
	var err error
	if in.body, err = envelope.DecodeBody(raw); err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, func(r Reader) (err error) {
		in.from, err = r.Party(ctx, from)
		return err
	})
	if err != nil {
		return nil, err
	}
	if in.msg, err = envelope.Open(in.body.Envelope, keysOf(in.from)); err != nil {
		return nil, err
	}
	if in.msg.From != from {
		return nil, fault.New(fault.Unverified, "envelope.sender", "The message is signed by %s but was brought by %s.", in.msg.From, from)
	}
	if in.msg.To != s.self {
		return nil, fault.New(fault.Unverified, "envelope.recipient", "The message is addressed to %s.", in.msg.To)
	}
	if err := s.checkExercise(in.msg); err != nil {
		return nil, err
	}
	if k := in.msg.Kind; k != kindRelease && k != kindRecall && k != kindInstrument && k != kindCase {
		return nil, fault.New(fault.Invalid, "envelope.kind", "A node does not take messages of kind %q.", in.msg.Kind)
	}
	if n := len(in.msg.Objects); len(in.body.Objects) > n {
		// What nobody signed is not passed over in silence: its carrier answers for it.
		return nil, fault.New(fault.Unverified, "envelope.object-unsigned", "The message lists %d objects and came with %d.", n, len(in.body.Objects))
	}
	if err := checkProof(in.body.Proof, in.from, ident.Sum(in.body.Envelope)); err != nil {
		return nil, err
	}
	in.key = receivedKey(from, in.msg.ID)
	return in, nil
}

// recognise tells a message that was taken in before, which is answered again
// however late it is asked for, from a new one, which has to be fresh.
func (s *Service) recognise(ctx context.Context, in *incoming) error {
	if err := s.seenBefore(ctx, in); err != nil || in.held {
		return err
	}
	return fresh(in.msg.At, s.time())
}

// How far the time in a new message may lie from ours. The past leaves room for
// an outage, since deliveries are tried again; the future only for clocks.
const (
	oldestMessage = 30 * 24 * time.Hour
	clockSkew     = 5 * time.Minute
)

// fresh refuses a message dated so that it would choose the key it is checked
// by: a key counts until it is retired, so without a bound a stolen key would
// count for ever in messages with an old date. It also means that no key counts
// here that was retired more than oldestMessage ago.
func fresh(at, now time.Time) error {
	if age := now.Sub(at); age <= oldestMessage && age >= -clockSkew {
		return nil
	}
	return fault.New(fault.Unverified, "envelope.stale", "The message is dated %s, which is too far from the time it arrived.", at.Format(time.RFC3339)).
		Try("Compare the clocks of both nodes; if the message is older than 30 days, release the objects again.")
}

// receivedKey is the name under which a partner's message is remembered: ids are
// unique per sender only.
func receivedKey(from party.ID, id string) string { return string(from) + "/" + id }

// keysOf finds a party's signing key for the envelope's checks. A message can
// only be signed by the party it says it is from.
func keysOf(p party.Party) func(party.ID, string, time.Time) (ed25519.PublicKey, bool) {
	return func(from party.ID, keyID string, at time.Time) (ed25519.PublicKey, bool) {
		if from != p.ID {
			return nil, false
		}
		return p.VerifyKey(keyID, at)
	}
}

// seenBefore looks the message up among those taken in before.
func (s *Service) seenBefore(ctx context.Context, in *incoming) error {
	return s.store.Read(ctx, func(r Reader) error {
		before, err := r.Received(ctx, in.key)
		if err != nil {
			return unlessAbsent(err)
		}
		if ident.Sum(before.Envelope) != ident.Sum(in.body.Envelope) {
			return fault.New(fault.Conflict, "envelope.equivocation", "%s sent two different messages under the id %s.", in.from.ID, in.msg.ID)
		}
		in.answered, in.leaf, in.held = before.Receipt, before.Leaf, true
		if len(before.Receipt) == 0 {
			in.answered = nil
		}
		return nil
	})
}

// unlessAbsent drops the error that says that there is no such thing.
func unlessAbsent(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// refuse leaves a commitment to what was refused, so that a partner who sends
// forgeries cannot deny it, and hands the refusal on.
func (s *Service) refuse(ctx context.Context, from party.ID, body []byte, cause error) error {
	if k := fault.KindOf(cause); k == fault.Internal || k == fault.Unavailable {
		return cause
	}
	err := s.store.Write(ctx, func(tx Tx) error {
		if err := s.charge(ctx, tx, from, 1, 0); err != nil {
			return err // the log does not grow for who has used up what it may
		}
		_, err := s.append(ctx, tx, transparency.EventQuarantine, quarantineEvent{
			Hash: ident.Sum(body), From: from, At: s.time(), Code: fault.CodeOf(cause), Detail: "message refused",
		})
		return err
	})
	return errors.Join(cause, err)
}

// takeIn stores the objects of a release, each on its own: what is wrong with
// one does not keep out the others.
func (s *Service) takeIn(ctx context.Context, in *incoming) ([]envelope.ItemReceipt, error) {
	if !in.held {
		if err := s.agreed(ctx, in); err != nil {
			return nil, err
		}
	}
	origin := Provenance{
		From: in.from.ID, At: s.time(), Source: "message " + in.msg.ID, Release: in.msg.ID, Under: in.msg.Under, Terms: termsOf(in.msg),
	}
	bundle := s.parseItems(in)
	it := s.newIntake(bundle, origin)
	it.answered = true
	it.carried = make(map[string]envelope.Item, len(in.msg.Objects))
	for _, item := range in.msg.Objects {
		it.carried[item.ID] = item
	}
	chunk := it.prepare(ctx, bundle.Accepted)
	if chunk.err != nil {
		return nil, chunk.err
	}
	var lines []ImportLine
	err := s.store.Write(ctx, func(tx Tx) error {
		lines = lines[:0]
		if _, err := tx.Received(ctx, receivedKey(in.from.ID, recallID(in.msg.ID))); err == nil {
			return fault.New(fault.Conflict, "envelope.recalled", "The release was recalled before it arrived.")
		}
		if !in.held {
			if err := s.remember(ctx, tx, in, digestsOf(bundle), len(bundle.Accepted), len(bundle.Rejected)); err != nil {
				return err
			}
		}
		for _, r := range bundle.Rejected {
			if in.held {
				break // recorded before the answer was lost
			}
			if err := s.quarantine(ctx, tx, origin, r); err != nil {
				return err
			}
		}
		if err := s.receivedDuties(ctx, tx, in, origin.At); err != nil {
			return err
		}
		return it.admitAll(ctx, tx, chunk, &lines)
	})
	if err != nil {
		return nil, err
	}
	return itemReceipts(in.msg, lines, bundle.Rejected), nil
}

func termsOf(m envelope.Message) []Term {
	terms := make([]Term, 0, len(m.Terms))
	for _, t := range m.Terms {
		d := dutyOf(t)
		terms = append(terms, Term{ClauseRef: d.ClauseRef, Duty: d})
	}
	return terms
}

// parseItems reads each object of a release on its own. Its pointer is its
// place in the message.
func (s *Service) parseItems(in *incoming) stix.Bundle {
	var b stix.Bundle
	wrong := envelope.Match(in.msg, in.body.Objects)
	for i, it := range in.msg.Objects {
		pointer := strictjson.Pointer("objects", strconv.Itoa(i))
		reject := func(err error) {
			r := stix.Rejected{Pointer: pointer, ID: it.ID, Code: fault.CodeOf(err), Detail: "object refused", Hash: it.Hash}
			if f, ok := errors.AsType[*fault.Error](err); ok {
				r.Detail, r.Next = f.Message, f.Next
			}
			if i < len(in.body.Objects) {
				r.Raw = in.body.Objects[i]
			}
			b.Rejected = append(b.Rejected, r)
		}
		if i < len(wrong) && wrong[i] != nil {
			reject(wrong[i])
			continue
		}
		o, warnings, err := stix.ParseObject(in.body.Objects[i])
		switch {
		case err != nil:
			reject(err)
		case o.ID != it.ID:
			reject(fault.New(fault.Invalid, "envelope.item", "The message announced %s and brought %s.", it.ID, o.ID))
		default:
			b.Accepted = append(b.Accepted, stix.Accepted{Object: o, Pointer: pointer, Warnings: warnings})
		}
	}
	return b
}

// receiveEvent is what the log commits to when a message is taken in.
type receiveEvent struct {
	Message  string       `json:"message"`
	Kind     string       `json:"kind"`
	From     party.ID     `json:"from"`
	Envelope ident.Digest `json:"envelope"`
	Proof    ident.Digest `json:"proof"` // of the sender's log proof
	At       time.Time    `json:"at"`
}

// remember records that a message came, with the digests of the objects it
// brought and how many things in it were taken and refused, and counts it.
func (s *Service) remember(ctx context.Context, tx Tx, in *incoming, digests []ident.Digest, taken, refused int) error {
	now := s.time()
	if !in.heard {
		if err := s.charge(ctx, tx, in.from.ID, max(1, len(in.msg.Objects)), len(in.raw)); err != nil {
			return err
		}
	}
	leaf, err := s.append(ctx, tx, transparency.EventReceive, receiveEvent{
		Message: in.msg.ID, Kind: in.msg.Kind, From: in.from.ID,
		Envelope: ident.Sum(in.body.Envelope), Proof: ident.Sum(in.body.Proof), At: now,
	})
	if err != nil {
		return err
	}
	in.leaf = leaf
	return tx.AddReceived(ctx, Received{
		ID: in.key, Kind: in.msg.Kind, From: in.from.ID, At: now, Hash: ident.Sum(in.raw),
		Envelope: in.body.Envelope, Leaf: leaf, Accepted: taken, Refused: refused,
	}, digests)
}

func digestsOf(b stix.Bundle) []ident.Digest {
	digests := make([]ident.Digest, len(b.Accepted))
	for i, a := range b.Accepted {
		digests[i] = a.Object.Hash
	}
	return digests
}

// receivedDuties starts the clocks the terms of a release put on this node.
func (s *Service) receivedDuties(ctx context.Context, tx Tx, in *incoming, now time.Time) error {
	if in.held {
		return nil
	}
	var terms decision.Decision
	for _, t := range in.msg.Terms {
		terms.Duties = append(terms.Duties, dutyOf(t))
	}
	if len(terms.Duties) == 0 {
		return nil
	}
	planner, err := s.planner(ctx, tx)
	if err != nil {
		return err
	}
	terms.Request.At = now
	planner.Rules = nil // what the sender's text says counts, not what this node holds of it
	planned, err := planner.Plan(terms, map[string]time.Time{"receipt": now}, map[string]party.ID{"recipient": s.self})
	if err != nil {
		return err
	}
	for _, d := range planned {
		d.Release, d.From = in.msg.ID, in.from.ID
		if err := tx.AddDuty(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// itemReceipts answers for every object from what its sender sent before and from
// what the object is itself, never from what is held of others.
func itemReceipts(m envelope.Message, lines []ImportLine, rejected []stix.Rejected) []envelope.ItemReceipt {
	byID := map[string]envelope.ItemReceipt{}
	for _, l := range lines {
		result := "stored"
		switch l.told.result {
		case ResultUnchanged, ResultQuarantined:
			result = l.told.result
		}
		byID[l.ID] = envelope.ItemReceipt{ID: l.ID, Result: result, Code: l.told.code}
	}
	for _, r := range rejected {
		byID[r.ID] = envelope.ItemReceipt{ID: r.ID, Result: ResultQuarantined, Code: r.Code}
	}
	out := make([]envelope.ItemReceipt, 0, len(m.Objects))
	for _, it := range m.Objects {
		r := byID[it.ID]
		r.ID, r.Hash = it.ID, it.Hash
		out = append(out, r)
	}
	return out
}

// answer signs the receipt with the proof that the act is in this node's log,
// and keeps it so that a repeated message gets the same bytes.
func (s *Service) answer(ctx context.Context, in *incoming, outcome string, items []envelope.ItemReceipt) ([]byte, error) {
	msg := envelope.Message{
		Kind: kindReceipt, ID: ident.New(), To: in.from.ID, At: s.time(),
		Receipt: &envelope.Receipt{Message: in.msg.ID, Envelope: ident.Sum(in.body.Envelope), Outcome: outcome, Items: items},
	}
	body, err := s.seal(msg, nil)
	if err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, func(r Reader) (err error) {
		body.Proof, err = s.proof(ctx, r, in.leaf)
		return err
	})
	if err != nil {
		return nil, err
	}
	raw, err := envelope.EncodeBody(body)
	if err != nil {
		return nil, err
	}
	err = s.store.Write(ctx, func(tx Tx) error { return tx.SetReceipt(ctx, in.key, raw) })
	s.wake()
	return raw, err
}
