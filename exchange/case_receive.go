package exchange

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"entente/casework"
	"entente/exchange/envelope"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
)

// What a partner can make us keep of cases.
const (
	maxOpenCases = 100_000 // that it opened
	maxWitnessed = 100     // events of a case that its home has not ordered
	maxOthers    = 16      // heads of a case besides the newest
)

// takeCase takes in events of a case, each on its own, and the orders they come
// with. Events count by the signatures of their authors and orders by that of
// the home, whoever carries them.
func (s *Service) takeCase(ctx context.Context, in *incoming) ([]envelope.ItemReceipt, error) {
	var items []envelope.ItemReceipt
	err := s.store.Write(ctx, func(tx Tx) error {
		l, err := s.lawAt(ctx, tx)
		if err != nil {
			return err
		}
		i := caseIntake{s: s, in: in, tx: tx, law: l, results: make([]caseResult, len(in.msg.Objects)), raw: map[ident.Digest][]byte{}}
		if err := i.run(ctx); err != nil {
			return err
		}
		if items, err = i.account(ctx); err != nil || in.held {
			return err // what was recorded before the answer was lost is not recorded again
		}
		return s.remember(ctx, tx, in, nil, len(items)-i.refused, i.refused)
	})
	return items, err
}

// caseIntake is the work on one message about a case.
type caseIntake struct {
	s       *Service
	in      *incoming
	tx      Tx
	law     *law
	h       *heldCase
	head    []byte
	orders  []byte
	events  []casework.Opened
	raw     map[ident.Digest][]byte // of the events
	results []caseResult
	refused int
}

// caseResult is what became of one object of the message.
type caseResult struct {
	result string
	err    error
}

func (i *caseIntake) run(ctx context.Context) error {
	i.sort()
	if err := i.find(ctx); err != nil {
		return i.refuseRest(err)
	}
	if i.orders != nil {
		if err := i.takeOrders(ctx); err != nil {
			return err
		}
	} else if i.head != nil {
		result, err := i.takeHead(ctx)
		if err := i.settle(caseHeadID, result, err); err != nil {
			return err
		}
	}
	for _, e := range i.events {
		if r := i.result(caseEventID + e.Digest.String()); r.result != "" || r.err != nil {
			continue
		}
		result, err := i.takeEvent(ctx, e)
		if err := i.settle(caseEventID+e.Digest.String(), result, err); err != nil {
			return err
		}
	}
	return nil
}

// sort tells the objects of the message apart, and refuses what is none of it.
func (i *caseIntake) sort() {
	wrong := envelope.Match(i.in.msg, i.in.body.Objects)
	for n, it := range i.in.msg.Objects {
		if i.results[n].err = wrong[n]; wrong[n] != nil {
			continue
		}
		raw := i.in.body.Objects[n]
		switch {
		case it.ID == caseHeadID:
			i.head = raw
		case it.ID == caseOrdersID:
			i.orders = raw
		case it.ID == caseEventID+it.Hash.String():
			e, err := casework.OpenEvent(raw)
			if err == nil && e.Case != i.in.msg.Case {
				err = fault.New(fault.Invalid, "case.other", "The event is about another case.")
			}
			if err != nil {
				i.results[n].err = err
				break
			}
			i.raw[e.Digest] = raw
			i.events = append(i.events, e)
		default:
			i.results[n].err = fault.New(fault.Invalid, "envelope.item", "A message about a case brings events, orders and a head, and %.60q is none.", it.ID)
		}
	}
}

// find reads the case, or begins it from its opening. Only those who take part
// bring anything to it.
func (i *caseIntake) find(ctx context.Context) error {
	var err error
	if i.h, err = i.s.heldCase(ctx, i.tx, i.law, i.in.msg.Case); err != nil {
		if fault.CodeOf(err) != "case.unknown" {
			return err
		}
		if err := i.begin(ctx); err != nil {
			return err
		}
	}
	if !slices.Contains(i.h.opening().Participants(), i.in.from.ID) {
		return fault.New(fault.Forbidden, "case.participant", "%s takes no part in the case.", i.in.from.ID)
	}
	return nil
}

func (i *caseIntake) begin(ctx context.Context) error {
	n := slices.IndexFunc(i.events, func(e casework.Opened) bool { return e.Act == casework.Open })
	if n < 0 {
		return caseUnknown(i.in.msg.Case)
	}
	e := i.events[n]
	if err := e.Verify(i.law.caseLaw().Keys); err != nil {
		return err
	}
	if !slices.Contains(e.Opening.Participants(), i.s.self) {
		return fault.New(fault.Invalid, "case.not-concerned", "The case does not have this node's party among those who take part.")
	}
	count, err := i.tx.CountCases(ctx, e.By)
	if err != nil {
		return err
	}
	if count >= maxOpenCases {
		return fault.New(fault.Conflict, "case.too-many", "A party has at most %d open cases here.", maxOpenCases)
	}
	i.h = newHeldCase(e.Case, i.law)
	i.h.rec.Opening, i.h.rec.Opener, i.h.rec.Opened = *e.Opening, e.By, i.s.time()
	return nil
}

// takeOrders takes in orders with the head over them. When they contradict those
// that are here, both versions are kept: that is the proof.
func (i *caseIntake) takeOrders(ctx context.Context) error {
	merged, err := i.extended()
	if err != nil {
		if fault.CodeOf(err) == "case.equivocation" {
			if err := i.keepHead(ctx); err != nil {
				return err
			}
		}
		return i.refuseRest(err)
	}
	if len(merged.Orders) == len(i.h.record.Orders) {
		result, err := i.takeHead(ctx)
		if err := i.settle(caseHeadID, result, err); err != nil {
			return err
		}
		i.done(caseOrdersID, "unchanged")
		return nil
	}
	before, fresh := i.h.Case, merged.Orders[len(i.h.record.Orders):]
	next := casework.Replay(merged, i.law.caseLaw(), casework.EachSignature)
	if next.Seq() == 0 || next.Seq() < before.Seq() {
		return i.refuseRest(findingFault(next))
	}
	i.h.record, i.h.rec.Head, i.h.Case = merged, merged.Head, next
	i.h.rec.Others = slices.DeleteFunc(i.h.rec.Others, i.agrees)
	i.h.record.Others = i.h.rec.Others
	for _, o := range fresh {
		if err := i.keepOrdered(ctx, o, merged.Events[o.Event]); err != nil {
			return err
		}
	}
	i.done(caseHeadID, "stored")
	i.done(caseOrdersID, "stored")
	for _, e := range i.events {
		n := slices.IndexFunc(merged.Orders, func(o casework.Order) bool { return o.Event == e.Digest })
		switch {
		case n < 0: // not ordered, so it stands for itself
		case n >= next.Seq():
			if err := i.settle(caseEventID+e.Digest.String(), "", findingFault(next)); err != nil {
				return err
			}
		default:
			i.done(caseEventID+e.Digest.String(), "stored")
		}
	}
	return i.s.caseMoved(ctx, i.tx, i.law, i.h, before)
}

// extended puts what came to what is here, and checks what a replay cannot know.
func (i *caseIntake) extended() (casework.Record, error) {
	id, orders, err := casework.ParseOrders(i.orders)
	if err != nil {
		return casework.Record{}, err
	}
	if id != i.in.msg.Case || i.head == nil {
		return casework.Record{}, fault.New(fault.Invalid, "case.orders", "The orders are of another case, or come without a head.")
	}
	merged, err := i.h.record.Extend(casework.Record{Case: id, Orders: orders, Events: i.raw, Head: i.head})
	if err != nil {
		return merged, err
	}
	fresh := merged.Orders[len(i.h.record.Orders):]
	if len(fresh) == 0 {
		return merged, nil
	}
	if err := i.signed(merged.Orders); err != nil {
		return merged, err
	}
	if len(merged.Orders) > maxCaseEvents {
		return merged, fault.New(fault.Conflict, "case.too-many", "A case has at most %d events.", maxCaseEvents)
	}
	for _, o := range fresh {
		switch {
		case o.At.After(i.s.time().Add(clockSkew)):
			return merged, fault.New(fault.Unverified, "case.future", "The order in place %d is dated in the future.", o.Seq).
				Try("Compare the clocks of both nodes.")
		case merged.Events[o.Event] == nil:
			return merged, fault.New(fault.Unverified, "case.missing", "The event in place %d is missing.", o.Seq)
		}
	}
	return merged, nil
}

// signed makes sure that the home signed exactly these orders: whoever carries
// them could otherwise add one, and have the home blamed for it.
func (i *caseIntake) signed(orders []casework.Order) error {
	head, err := casework.OpenHead(i.head, i.law.caseLaw().Keys)
	if err != nil {
		return err
	}
	if head.Case != i.h.rec.ID || head.By != i.h.opening().Home || head.Seq != len(orders) || head.Order != orders[len(orders)-1].Digest(head.Case) {
		return fault.New(fault.Unverified, "case.head", "The head is not the signature of the home under these orders.")
	}
	return nil
}

// keepOrdered keeps an event in its place, also one that breaks a rule: it is the
// evidence of the finding.
func (i *caseIntake) keepOrdered(ctx context.Context, o casework.Order, raw []byte) error {
	kept := CaseEvent{Case: i.h.rec.ID, Digest: o.Event, From: i.in.from.ID, At: i.s.time(), State: CaseOrdered, Order: o, Envelope: raw}
	if e, err := casework.OpenEvent(raw); err == nil {
		kept.By = e.By
	}
	return i.s.keepCaseEvent(ctx, i.tx, i.h, kept)
}

// takeHead compares a head with the orders that are here.
func (i *caseIntake) takeHead(ctx context.Context) (string, error) {
	head, err := casework.OpenHead(i.head, i.law.caseLaw().Keys)
	if err != nil {
		return "", err
	}
	if head.Case != i.h.rec.ID || head.By != i.h.opening().Home {
		return "", fault.New(fault.Unverified, "case.head", "The head is not one of the home of this case.")
	}
	if i.agrees(i.head) {
		return "unchanged", nil
	}
	return "stored", i.keepHead(ctx)
}

// agrees reports whether a head says of the orders what is here.
func (i *caseIntake) agrees(raw []byte) bool {
	head, err := casework.OpenHead(raw, i.law.caseLaw().Keys)
	return err == nil && head.Seq <= len(i.h.record.Orders) && i.h.record.Orders[head.Seq-1].Digest(head.Case) == head.Order
}

// keepHead keeps a head besides the newest one; the replay says what it shows.
func (i *caseIntake) keepHead(ctx context.Context) error {
	same := func(b []byte) bool { return bytes.Equal(b, i.head) }
	_, err := casework.OpenHead(i.head, i.law.caseLaw().Keys)
	if shows := err == nil && !slices.ContainsFunc(i.h.rec.Others, same); !shows || len(i.h.rec.Others) >= maxOthers {
		return nil
	}
	i.h.rec.Others = append(i.h.rec.Others, i.head)
	i.h.record.Others = i.h.rec.Others
	i.h.replay(i.law)
	i.h.summarise(i.s.self, i.s.time())
	return i.tx.PutCase(ctx, i.h.rec)
}

// takeEvent orders an event at the home of its case, and keeps it as shown
// anywhere else.
func (i *caseIntake) takeEvent(ctx context.Context, e casework.Opened) (string, error) {
	if _, there := i.h.kept(e.Digest); there {
		return "unchanged", nil
	}
	if err := e.Verify(i.law.caseLaw().Keys); err != nil {
		return "", err
	}
	if i.h.opening().Home == i.s.self {
		if err := i.h.Permits(e.Event, i.s.time(), i.law.caseLaw()); err != nil {
			return "", err
		}
		if err := i.s.mayGo(i.law, i.h.opening(), e); err != nil {
			return "", err
		}
		return "stored", i.s.order(ctx, i.tx, i.law, i.h, e, i.raw[e.Digest], i.in.from.ID)
	}
	witnessed := 0
	for _, k := range i.h.events {
		if k.State == CaseWitnessed {
			witnessed++
		}
	}
	if !slices.Contains(i.h.opening().Participants(), e.By) || witnessed >= maxWitnessed {
		return "", fault.New(fault.Forbidden, "case.participant", "%s takes no part in the case, or too much of it waits for its home already.", e.By)
	}
	if err := i.tx.PutCase(ctx, i.h.rec); err != nil {
		return "", err
	}
	return "stored", i.s.keepCaseEvent(ctx, i.tx, i.h, CaseEvent{
		Case: i.h.rec.ID, Digest: e.Digest, By: e.By, From: i.in.from.ID, At: i.s.time(), State: CaseWitnessed, Envelope: i.raw[e.Digest],
	})
}

// findingFault is the first finding of a case as a refusal.
func findingFault(c *casework.Case) error {
	if len(c.Findings) == 0 {
		return fault.New(fault.Unverified, "case.head", "The orders end before those that are here.")
	}
	return fault.New(fault.Unverified, c.Findings[0].Code, "%s", c.Findings[0].Detail)
}

// settle notes what became of one object. Failures of this node end the whole.
func (i *caseIntake) settle(id, result string, err error) error {
	if k := fault.KindOf(err); err != nil && (k == fault.Internal || k == fault.Unavailable) {
		return err
	}
	for n, it := range i.in.msg.Objects {
		if it.ID == id {
			i.results[n] = caseResult{result, err}
		}
	}
	return nil
}

func (i *caseIntake) done(id, result string) {
	for n, it := range i.in.msg.Objects {
		if it.ID == id && i.results[n].err == nil {
			i.results[n].result = result
		}
	}
}

func (i *caseIntake) result(id string) caseResult {
	n := slices.IndexFunc(i.in.msg.Objects, func(it envelope.Item) bool { return it.ID == id })
	return i.results[n]
}

// refuseRest refuses what nothing was said of yet.
func (i *caseIntake) refuseRest(err error) error {
	if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable {
		return err
	}
	for n := range i.results {
		if r := &i.results[n]; r.err == nil && r.result == "" {
			r.err = err
		}
	}
	return nil
}

// account writes the receipt, and puts aside what was refused with the reason,
// unless the message was recorded before and only its answer was lost.
func (i *caseIntake) account(ctx context.Context) ([]envelope.ItemReceipt, error) {
	var items []envelope.ItemReceipt
	origin := Provenance{From: i.in.from.ID, At: i.s.time(), Source: "message " + i.in.msg.ID}
	for n, it := range i.in.msg.Objects {
		r := envelope.ItemReceipt{ID: it.ID, Hash: it.Hash, Result: i.results[n].result}
		if err := i.results[n].err; err != nil {
			i.refused++
			r.Result, r.Code = ResultQuarantined, fault.CodeOf(err)
			if err := i.setAside(ctx, origin, n, err); err != nil {
				return nil, err
			}
		}
		items = append(items, r)
	}
	return items, nil
}

func (i *caseIntake) setAside(ctx context.Context, origin Provenance, n int, cause error) error {
	if i.in.held {
		return nil
	}
	it := i.in.msg.Objects[n]
	r := stix.Rejected{Pointer: strictjson.Pointer("objects", strconv.Itoa(n)), ID: it.ID, Code: fault.CodeOf(cause), Detail: "object refused", Hash: it.Hash}
	if f, ok := errors.AsType[*fault.Error](cause); ok {
		r.Detail, r.Next = f.Message, f.Next
	}
	if n < len(i.in.body.Objects) {
		r.Raw = i.in.body.Objects[n]
	}
	r.ID = i.in.msg.Case + "/" + strings.TrimPrefix(it.ID, caseEventID)
	return i.s.quarantine(ctx, i.tx, origin, r)
}
