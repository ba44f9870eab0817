package exchange

import (
	"context"
	"slices"
	"time"

	"entente/casework"
	"entente/decision"
	"entente/exchange/envelope"
	"entente/intel"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
	"entente/transparency"
)

// Names of the objects of a message about a case.
const (
	caseHeadID   = "head"
	caseOrdersID = "orders"
	caseEventID  = "event/"
)

// Bounds of one message about a case; what is left comes with the next.
const (
	maxCaseMessage = 16 << 20
	maxCaseSent    = 1000
)

// caseContent is what a message about a case brings.
type caseContent struct {
	first, upto int // places of the orders; 0: none
	head        []byte
	events      []CaseEvent
}

func (c caseContent) objects(h *heldCase) (items []envelope.Item, raw [][]byte) {
	label, _ := intel.ParseTLP(h.opening().TLP)
	add := func(id string, b []byte) {
		items, raw = append(items, envelope.Item{ID: id, Hash: ident.Sum(b), TLP: label.String()}), append(raw, b)
	}
	if c.head != nil {
		add(caseHeadID, c.head)
	}
	if c.upto > 0 {
		add(caseOrdersID, casework.EncodeOrders(h.rec.ID, h.record.Orders[c.first-1:c.upto]))
	}
	for _, e := range c.events {
		add(caseEventID+e.Digest.String(), e.Envelope)
	}
	return items, raw
}

// catchUp sends a participant all orders it has not acknowledged, as far as they
// go into one message. What went before and is still on its way is overtaken.
func (s *Service) catchUp(ctx context.Context, tx Tx, h *heldCase, to party.ID) error {
	c := caseContent{first: h.rec.Acked[to] + 1, head: h.rec.Head}
	size := 0
	for _, o := range h.record.Orders[c.first-1:] {
		e, _ := h.kept(o.Event)
		if size += len(e.Envelope); len(c.events) > 0 && (size > maxCaseMessage || len(c.events) == maxCaseSent) {
			break
		}
		c.events, c.upto = append(c.events, e), o.Seq
	}
	if c.upto == 0 {
		return nil
	}
	if c.upto < len(h.record.Orders) {
		var err error
		if c.head, err = s.signHead(h.rec.ID, h.record.Orders[c.upto-1], s.time()); err != nil {
			return err
		}
	}
	return s.sendCase(ctx, tx, h, to, c)
}

// sendCase seals a message about a case for one participant and enqueues it.
func (s *Service) sendCase(ctx context.Context, tx Tx, h *heldCase, to party.ID, c caseContent) error {
	items, objects := c.objects(h)
	now := s.time()
	msg := envelope.Message{
		Kind: kindCase, ID: ident.New(), To: to, At: now, Case: h.rec.ID,
		Purpose: h.opening().Purpose, Under: []string{h.opening().Instrument}, Objects: items,
	}
	body, err := s.seal(msg, objects)
	if err != nil {
		return err
	}
	event := caseSent{Message: msg.ID, Case: h.rec.ID, To: to, At: now, Envelope: ident.Sum(body.Envelope)}
	for _, it := range items {
		event.Items = append(event.Items, ReleaseItem{ObjectID: it.ID, SentID: it.ID, SentHash: it.Hash})
	}
	m := CaseMessage{
		ID: msg.ID, Case: h.rec.ID, To: to, First: c.first, Upto: c.upto, At: now, State: DeliveryQueued, StateAt: now,
		Head: c.head, Envelope: body.Envelope,
	}
	if m.Leaf, err = s.append(ctx, tx, transparency.EventCase, event); err != nil {
		return err
	}
	if err := tx.PutCaseMessage(ctx, m); err != nil {
		return err
	}
	return tx.Enqueue(ctx, Delivery{ID: ident.New(), Kind: kindCase, Ref: m.ID, To: to, State: DeliveryQueued, NextAt: now})
}

// SendCase sends a case again: its home, what a participant has not acknowledged;
// another participant, the orders as it has them and its own event that the home
// has not ordered, to all others. So everybody sees what is held back or told
// differently, and who is cut off by the home, or lost what it had, has it again.
// It returns whom it is sent to.
func (s *Service) SendCase(ctx context.Context, id string) ([]party.ID, error) {
	var sent []party.ID
	err := s.store.Write(ctx, func(tx Tx) error {
		sent = sent[:0]
		l, err := s.lawAt(ctx, tx)
		if err != nil {
			return err
		}
		h, err := s.heldCase(ctx, tx, l, id)
		if err != nil {
			return err
		}
		for _, to := range h.opening().Participants() {
			if to == s.self {
				continue
			}
			did, err := s.sendAgain(ctx, tx, l, h, to)
			if err != nil {
				return err
			}
			if did {
				sent = append(sent, to)
			}
		}
		return nil
	})
	s.wake()
	return sent, err
}

func (s *Service) sendAgain(ctx context.Context, tx Tx, l *law, h *heldCase, to party.ID) (bool, error) {
	if h.opening().Home == s.self {
		if h.rec.Acked[to] >= len(h.record.Orders) {
			return false, nil
		}
		return true, s.catchUp(ctx, tx, h, to)
	}
	c := wholeCase(h)
	if e, waits := h.pending(s.self); waits {
		opened, err := casework.OpenEvent(e.Envelope)
		if err != nil {
			return false, err
		}
		if err := s.decided(ctx, tx, l, h, to, opened); err != nil {
			return false, err
		}
		c.events = append(c.events, e)
	}
	if c.head == nil && len(c.events) == 0 {
		return false, nil
	}
	return true, s.sendCase(ctx, tx, h, to, c)
}

// wholeCase is all orders under the head that the home signed; only the head, when
// they do not fit into one message: another than the home cannot divide them.
func wholeCase(h *heldCase) caseContent {
	size := 0
	var events []CaseEvent
	for _, e := range h.events {
		if e.State == CaseOrdered {
			events = append(events, e)
			size += len(e.Envelope)
		}
	}
	if len(events) == 0 || size > maxCaseMessage {
		return caseContent{head: h.rec.Head}
	}
	return caseContent{first: 1, upto: len(events), head: h.rec.Head, events: events}
}

// caseSent is what the log commits to when a message about a case leaves.
type caseSent struct {
	Message  string        `json:"message"`
	Case     string        `json:"case"`
	To       party.ID      `json:"to"`
	At       time.Time     `json:"at"`
	Envelope ident.Digest  `json:"envelope"`
	Items    []ReleaseItem `json:"items"`
}

// caseBody collects what a message about a case brings, and decides each event
// again at the door.
func (s *Service) caseBody(ctx context.Context, r Reader, d Delivery, out *outgoing) (envelope.Body, int64, error) {
	m, err := r.CaseMessage(ctx, d.Ref)
	if err != nil {
		return envelope.Body{}, 0, err
	}
	if out.stopped, err = overtaken(ctx, r, m); err != nil || out.stopped {
		return envelope.Body{}, 0, err
	}
	l, err := s.lawAt(ctx, r)
	if err != nil {
		return envelope.Body{}, 0, err
	}
	h, err := s.heldCase(ctx, r, l, m.Case)
	if err != nil {
		return envelope.Body{}, 0, err
	}
	msg, err := envelope.Kept(m.Envelope)
	if err != nil {
		return envelope.Body{}, 0, err
	}
	held := map[ident.Digest][]byte{ident.Sum(m.Head): m.Head}
	if m.Upto > 0 && m.Upto <= len(h.record.Orders) {
		orders := casework.EncodeOrders(m.Case, h.record.Orders[m.First-1:m.Upto])
		held[ident.Sum(orders)] = orders
	}
	b := envelope.Body{Envelope: m.Envelope}
	for _, it := range msg.Objects {
		e, isEvent := h.kept(it.Hash)
		if !isEvent {
			b.Objects = append(b.Objects, held[it.Hash])
			continue
		}
		b.Objects = append(b.Objects, e.Envelope)
		if out.withheld, err = s.caseAtTheDoor(l, h, e, d.To); err != nil || out.withheld != nil {
			return b, m.Leaf, err
		}
	}
	return b, m.Leaf, nil
}

func (s *Service) caseAtTheDoor(l *law, h *heldCase, e CaseEvent, to party.ID) (*decision.Decision, error) {
	if e.By == to {
		return nil, nil // gives it back
	}
	opened, err := casework.OpenEvent(e.Envelope)
	if err != nil {
		return nil, err
	}
	if d := s.decideCase(l, h.opening(), opened, to); d.Outcome != decision.Permit {
		return &d, nil
	}
	return nil, nil
}

// overtaken reports whether a later message brings all that this one does: each
// message with orders begins where its recipient acknowledged.
func overtaken(ctx context.Context, r Reader, m CaseMessage) (bool, error) {
	if m.Upto == 0 {
		return false, nil
	}
	all, err := r.CaseMessages(ctx, m.Case)
	if err != nil {
		return false, err
	}
	n := slices.IndexFunc(all, func(x CaseMessage) bool { return x.ID == m.ID })
	return slices.ContainsFunc(all[n+1:], func(x CaseMessage) bool {
		return x.To == m.To && x.State == DeliveryQueued && x.First > 0 && x.First <= m.First && x.Upto >= m.Upto
	}), nil
}

// settleCase records what a participant answered, and goes on with what it does
// not have yet.
func (s *Service) settleCase(ctx context.Context, tx Tx, d Delivery, rcpt receipt, answer []byte) error {
	m, err := tx.CaseMessage(ctx, d.Ref)
	if err != nil {
		return err
	}
	m.State, m.StateAt = d.State, s.time()
	if answer != nil {
		m.Receipt = answer
	}
	m.Refused = rcpt.Code
	for _, it := range rcpt.Items {
		if it.Code != "" && m.Refused == "" {
			m.Refused = it.Code
		}
	}
	if err := tx.PutCaseMessage(ctx, m); err != nil || answer == nil {
		return err
	}
	l, err := s.lawAt(ctx, tx)
	if err != nil {
		return err
	}
	h, err := s.heldCase(ctx, tx, l, m.Case)
	if err != nil {
		return err
	}
	if err := s.settleEvents(ctx, tx, h, m, rcpt); err != nil || m.Upto == 0 || h.opening().Home != s.self {
		return err
	}
	return s.acknowledged(ctx, tx, h, m, rcpt)
}

// settleEvents notes which of this node's events the home refused.
func (s *Service) settleEvents(ctx context.Context, tx Tx, h *heldCase, m CaseMessage, rcpt receipt) error {
	if m.To != h.opening().Home {
		return nil
	}
	for _, it := range rcpt.Items {
		e, ok := h.kept(it.Hash)
		if !ok || e.State != CaseSubmitted || it.Code == "" {
			continue
		}
		e.State, e.Code = CaseRefused, it.Code
		if err := s.keepCaseEvent(ctx, tx, h, e); err != nil {
			return err
		}
	}
	return nil
}

// acknowledged notes up to where a participant has the orders, and sends more.
func (s *Service) acknowledged(ctx context.Context, tx Tx, h *heldCase, m CaseMessage, rcpt receipt) error {
	before := h.rec.Acked[m.To]
	now := before
	for _, it := range rcpt.Items {
		switch {
		case it.ID != caseOrdersID:
		case it.Code == "":
			now = max(before, m.Upto)
		case it.Code == "case.gap" && m.First > 1:
			now = 0 // it lost what it had: from the beginning
		}
	}
	if now == before {
		return nil
	}
	if h.rec.Acked == nil {
		h.rec.Acked = map[party.ID]int{}
	}
	h.rec.Acked[m.To] = now
	if err := tx.PutCase(ctx, h.rec); err != nil {
		return err
	}
	all, err := tx.CaseMessages(ctx, m.Case)
	if err != nil || now >= len(h.record.Orders) || slices.ContainsFunc(all, func(x CaseMessage) bool {
		return x.To == m.To && x.State == DeliveryQueued && x.Upto > 0
	}) {
		return err
	}
	return s.catchUp(ctx, tx, h, m.To)
}

// withholdCase notes that a message may not leave after all, and why.
func (s *Service) withholdCase(ctx context.Context, tx Tx, d Delivery, why decision.Decision) error {
	epoch, err := tx.Epoch(ctx)
	if err != nil {
		return err
	}
	if err := s.recordAgain(ctx, tx, why, epoch); err != nil {
		return err
	}
	return s.settleCase(ctx, tx, d, refusedWith("case.denied"), nil)
}

// refusedWith stands for the receipt of a message that got none.
func refusedWith(code string) receipt { return receipt{Receipt: envelope.Receipt{Code: code}} }

// receiptOf is the signed statement in what a participant answered.
func receiptOf(m CaseMessage) []byte {
	b, err := envelope.DecodeBody(m.Receipt)
	if err != nil {
		return nil
	}
	return b.Envelope
}

// caseUnknown says that this node does not have the case.
func caseUnknown(id string) error {
	return fault.New(fault.NotFound, "case.unknown", "There is no case %s.", id).Try("List the cases with entente case list.")
}
