package exchange

import (
	"context"
	"time"

	"entente/exchange/envelope"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

// ByHand is a message as a file, to be carried to a party that no connection
// reaches: exactly what would have been posted to its node.
type ByHand struct {
	Kind    string   `json:"kind"` // release, recall, instrument or case
	Ref     string   `json:"ref"`  // release, recall, publication or case message id
	To      party.ID `json:"to"`
	Message []byte   `json:"message"` // base64 in JSON
}

// TakenByHand is what became of a message that was brought as a file.
type TakenByHand struct {
	Kind    string       `json:"kind"`
	ID      string       `json:"id"`
	From    party.ID     `json:"from"`
	At      time.Time    `json:"at"` // as its sender signed it
	Outcome string       `json:"outcome"`
	Items   []ItemAnswer `json:"items"`
	Receipt []byte       `json:"receipt"` // to be carried back; base64 in JSON
}

// ItemAnswer is what a receipt says of one object.
type ItemAnswer struct {
	ID     string `json:"id"`
	Result string `json:"result"` // stored, unchanged, quarantined; of a recall: purged, held, absent
	Code   string `json:"code,omitempty"`
}

// Acknowledged is what a receipt that was brought as a file says of a delivery.
type Acknowledged struct {
	Kind    string       `json:"kind"`
	Ref     string       `json:"ref"`
	From    party.ID     `json:"from"`
	Outcome string       `json:"outcome"`
	Items   []ItemAnswer `json:"items"`
}

// HandOut gives out a message that was not acknowledged yet as a file. It is
// decided again first, as at the door, and may be given out again until its
// receipt is here. The node goes on trying to deliver it.
//
// It returns a not-found fault "delivery.unknown", a conflict "delivery.finished"
// or "release.gone" for what is not on its way, and a denied "release.withheld"
// for what is no longer lawful.
func (s *Service) HandOut(ctx context.Context, ref string) (ByHand, error) {
	var out outgoing
	var d Delivery
	err := s.store.Write(ctx, func(tx Tx) (err error) {
		if d, err = deliveryOf(ctx, tx, ref); err != nil {
			return err
		}
		m, err := sentMessage(ctx, tx, d)
		if err != nil {
			return err
		}
		if len(m.answer) > 0 {
			return fault.New(fault.Conflict, "delivery.finished", "%s has acknowledged it.", d.To)
		}
		if out, err = s.prepareFrom(ctx, tx, d); err != nil {
			return err
		}
		switch {
		case out.stopped:
			return gone(m.state)
		case out.withheld != nil:
			return s.withholdIn(ctx, tx, d, *out.withheld)
		}
		return tx.MarkHandedOut(ctx, d.ID, s.time())
	})
	if err == nil && out.withheld != nil {
		s.wake()
		err = fault.New(fault.Denied, "release.withheld", "The release may not leave any more: %s.", firstReason(*out.withheld))
	}
	if err != nil {
		return ByHand{}, err
	}
	return ByHand{Kind: d.Kind, Ref: d.Ref, To: d.To, Message: out.body}, nil
}

// deliveryOf finds the delivery of a release, recall or publication.
func deliveryOf(ctx context.Context, r Reader, ref string) (Delivery, error) {
	all, err := r.Deliveries(ctx, ref)
	if err != nil {
		return Delivery{}, err
	}
	for _, d := range all {
		if d.Ref == ref {
			return d, nil
		}
	}
	return Delivery{}, fault.New(fault.NotFound, "delivery.unknown", "Nothing was sent under the id %.80q.", ref).
		Try("Name a release, a recall or a publication: entente release list, entente outbox list.")
}

// answerable is a message of ours with the answer to it, if there is one.
type answerable struct {
	envelope, answer []byte
	state            string // of what it brings
}

func sentMessage(ctx context.Context, r Reader, d Delivery) (answerable, error) {
	switch d.Kind {
	case kindRecall:
		rc, err := findRecall(ctx, r, d.Ref)
		return answerable{rc.Envelope, rc.Receipt, rc.State}, err
	case kindInstrument:
		p, err := r.Publication(ctx, d.Ref)
		return answerable{p.Envelope, p.Receipt, p.State}, err
	case kindCase:
		m, err := r.CaseMessage(ctx, d.Ref)
		return answerable{m.Envelope, m.Receipt, m.State}, err
	}
	rel, err := r.Release(ctx, d.Ref)
	return answerable{rel.Envelope, rel.Receipt, string(rel.State)}, err
}

// TakeByHand takes in a message that was brought as a file, as if its sender had
// delivered it, and returns the receipt to be carried back. Whoever brought it
// vouches for nothing: the sender is who signed it. A file in which anything was
// changed or lost on the way is refused whole and leaves nothing behind, so that
// an intact copy can still be taken in.
func (s *Service) TakeByHand(ctx context.Context, raw []byte) (TakenByHand, error) {
	m, err := s.checkByHand(ctx, raw)
	if err != nil {
		return TakenByHand{}, err
	}
	answer, err := s.Receive(ctx, m.From, raw)
	if err != nil {
		return TakenByHand{}, err
	}
	_, receipt, err := readAnswer(answer)
	if err != nil {
		return TakenByHand{}, err
	}
	return TakenByHand{
		Kind: m.Kind, ID: m.ID, From: m.From, At: m.At, Outcome: receipt.Outcome, Items: itemsOf(receipt), Receipt: answer,
	}, nil
}

// checkByHand verifies all of a file before anything is made of it. What it
// refuses is not held against the sender, who need not have changed it.
func (s *Service) checkByHand(ctx context.Context, raw []byte) (envelope.Message, error) {
	from, err := signer(raw)
	if err != nil {
		return envelope.Message{}, err
	}
	in, err := s.open(ctx, from, raw)
	if err != nil {
		return envelope.Message{}, err
	}
	for _, err := range envelope.Match(in.msg, in.body.Objects) {
		if err != nil {
			return envelope.Message{}, err
		}
	}
	return in.msg, nil
}

// signer reads who is said to have signed a message, which is believed only when
// the signature was verified.
func signer(raw []byte) (party.ID, error) {
	b, err := envelope.DecodeBody(raw)
	if err != nil {
		return "", err
	}
	m, err := envelope.Kept(b.Envelope)
	return m.From, err
}

// readAnswer takes apart a receipt that was verified or made here.
func readAnswer(answer []byte) (envelope.Message, envelope.Receipt, error) {
	b, err := envelope.DecodeBody(answer)
	if err != nil {
		return envelope.Message{}, envelope.Receipt{}, err
	}
	m, err := envelope.Kept(b.Envelope)
	if err == nil && m.Receipt == nil {
		err = fault.New(fault.Invalid, "receipt.none", "The file is no receipt but a message of kind %.40q.", m.Kind).
			Try("Take in a message with: entente inbox import FILE")
	}
	if err != nil {
		return m, envelope.Receipt{}, err
	}
	return m, *m.Receipt, nil
}

func itemsOf(r envelope.Receipt) []ItemAnswer {
	items := make([]ItemAnswer, len(r.Items))
	for i, it := range r.Items {
		items[i] = ItemAnswer{ID: it.ID, Result: it.Result, Code: it.Code}
	}
	return items
}

// TakeReceipt takes in a receipt that was brought as a file, and closes the
// delivery it answers as if it had come over a connection. The same receipt again
// has no effect.
//
// It returns an unverified fault for anything but the recipient's signed and
// logged answer to exactly this message, and a conflict "receipt.other" when the
// recipient gave another one before.
func (s *Service) TakeReceipt(ctx context.Context, answer []byte) (Acknowledged, error) {
	m, r, err := readAnswer(answer)
	if err != nil {
		return Acknowledged{}, err
	}
	ack := Acknowledged{Ref: r.Message, From: m.From, Outcome: r.Outcome, Items: itemsOf(r)}
	err = s.store.Write(ctx, func(tx Tx) error {
		d, err := deliveryOf(ctx, tx, r.Message)
		if err != nil {
			return err
		}
		ack.Kind = d.Kind
		before, err := sentMessage(ctx, tx, d)
		if err != nil {
			return err
		}
		out := outgoing{envelope: before.envelope}
		if out.to, err = tx.Party(ctx, d.To); err != nil {
			return err
		}
		rcpt, err := s.readReceipt(out, answer)
		if err != nil {
			return err
		}
		switch {
		case len(before.answer) == 0:
			return s.settleIn(ctx, tx, d, out, rcpt, answer)
		case ident.Sum(before.answer) != ident.Sum(answer):
			return fault.New(fault.Conflict, "receipt.other", "%s has acknowledged this with another receipt.", d.To).
				Try("Keep both receipts and call its contact.")
		}
		return nil
	})
	s.wake()
	if err != nil {
		return Acknowledged{}, err
	}
	return ack, nil
}
