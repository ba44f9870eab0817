package casework

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"entente/instrument"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

// Record is a case as somebody holds it. Nothing of it is believed.
type Record struct {
	Case   string
	Orders []Order
	Events map[ident.Digest][]byte // as they travelled, by digest
	Head   []byte                  // the home's signature under the newest order
	Others [][]byte                // further heads, from other participants
}

// Check says which signatures a replay verifies. Keys, links and rules are
// checked by both; what each accepts is the same, see
// docs/decisions/016-cases.md.
type Check uint8

// The checks.
const (
	// EachSignature verifies the signature of every event: what a node does when it
	// takes them in.
	EachSignature Check = iota
	// Chained verifies the newest signature of each author, which vouches for the
	// events before it by their digests.
	Chained
)

// Replay works out where a case stands from its record. What breaks a rule ends
// up in [Case.Findings], and the case stands where it stood before.
func Replay(r Record, law Law, check Check) *Case {
	run := replay{Record: r, law: law, check: check}
	run.read()
	c := run.play(len(run.events))
	if check == Chained {
		if sound := run.vouched(c); sound < c.Seq() {
			c = run.play(sound)
			c.find("envelope.signature", sound+1, c.Opening.Home, "The event in place %d is not signed by its author.", sound+1)
		}
	}
	run.compare(c)
	return c
}

type replay struct {
	Record
	law    Law
	check  Check
	head   Head
	events []Opened // of the orders that the head vouches for
	first  []Finding
}

func (r *replay) fail(code string, seq int, format string, args ...any) {
	r.first = append(r.first, Finding{Code: code, Seq: seq, About: r.head.By, Detail: fmt.Sprintf(format, args...)})
}

// read verifies the head and the chain that leads to it, and takes apart the
// events in it, up to the first that cannot be read.
func (r *replay) read() {
	if len(r.Orders) == 0 && len(r.Head) == 0 {
		return // nothing was ordered yet
	}
	var err error
	if r.head, err = OpenHead(r.Head, r.law.Keys); err != nil || r.head.Case != r.Case {
		r.fail("case.head", 0, "No signature of the home holds under the orders (%s).", codeOf(err))
		return
	}
	if len(r.Orders) < r.head.Seq {
		r.fail("case.gap", len(r.Orders)+1, "The home signed %d orders, and the record has %d.", r.head.Seq, len(r.Orders))
		return
	}
	if len(r.Orders) > r.head.Seq {
		r.fail("case.head", r.head.Seq+1, "The home signed %d orders, and the record has %d.", r.head.Seq, len(r.Orders))
	}
	if n, why := Chain(r.Case, r.Orders[:r.head.Seq]); why != "" {
		r.fail("case.chain", n, "The order in place %d %s.", n, why)
		return
	}
	if r.Orders[r.head.Seq-1].Digest(r.Case) != r.head.Order {
		r.fail("case.head", r.head.Seq, "The home signed another order in place %d.", r.head.Seq)
		return
	}
	for _, o := range r.Orders[:r.head.Seq] {
		e, err := r.open(o)
		if err != nil {
			r.first = append(r.first, Finding{Code: fault.CodeOf(err), Seq: o.Seq, About: r.head.By, Detail: messageOf(err), Evidence: []ident.Digest{o.Event}})
			return
		}
		r.events = append(r.events, e)
	}
}

func (r *replay) open(o Order) (Opened, error) {
	raw, ok := r.Events[o.Event]
	if !ok {
		return Opened{}, fault.New(fault.Unverified, "case.missing", "The event in place %d is missing.", o.Seq)
	}
	e, err := OpenEvent(raw)
	switch {
	case err != nil:
		return e, err
	case e.Digest != o.Event:
		return e, fault.New(fault.Unverified, "case.missing", "The event in place %d is another one than was ordered.", o.Seq)
	case r.check == EachSignature:
		return e, e.Verify(r.law.Keys)
	}
	_, err = e.key(r.law.Keys)
	return e, err
}

// Chain checks that orders follow each other from the first on. It returns the
// place of the first that does not, and why.
func Chain(caseID string, orders []Order) (seq int, why string) {
	var prev Order
	var head ident.Digest
	for n, o := range orders {
		switch {
		case o.Seq != n+1:
			return n + 1, fmt.Sprintf("is numbered %d", o.Seq)
		case o.Prev != head:
			return n + 1, "does not follow the one before"
		case !utc(o.At) || o.At.Before(prev.At):
			return n + 1, "goes back in time"
		}
		prev, head = o, o.Digest(caseID)
	}
	return 0, ""
}

// play applies the first events in order, until one breaks a rule.
func (r *replay) play(upto int) *Case {
	c := newCase(r.Case)
	for n, e := range r.events[:upto] {
		o := r.Orders[n]
		err := c.Permits(e.Event, o.At, r.law)
		if err == nil && e.Act == Open && e.Opening.Home != r.head.By {
			err = fault.New(fault.Unverified, "case.head", "The orders are signed by %s, and the home of the case is %s.", r.head.By, e.Opening.Home)
		}
		if err != nil {
			c.Findings = append(c.Findings, Finding{
				Code: fault.CodeOf(err), Seq: o.Seq, About: r.head.By, Detail: messageOf(err), Evidence: []ident.Digest{e.Digest, o.Digest(r.Case)},
			})
			break
		}
		c.apply(o, e, r.law)
	}
	c.Findings = append(c.Findings, r.first...)
	return c
}

// vouched returns how many of the accepted events their authors vouch for: up to
// the first after which no signature of its author holds.
func (r *replay) vouched(c *Case) int {
	sound := c.Seq()
	seen := map[party.ID]bool{}
	for n, e := range slices.Backward(r.events[:sound]) {
		if seen[e.By] {
			continue
		}
		if e.Verify(r.law.Keys) == nil {
			seen[e.By] = true
		} else {
			sound = n
		}
	}
	return sound
}

// compare holds the other heads against the orders of the record.
func (r *replay) compare(c *Case) {
	for _, raw := range r.Others {
		h, err := OpenHead(raw, r.law.Keys)
		if err != nil || h.Case != c.ID || h.By != c.Opening.Home || h.Seq > c.Seq() {
			continue
		}
		if ours := r.Orders[h.Seq-1].Digest(c.ID); ours != h.Order {
			c.find("case.equivocation", h.Seq, h.By, "%s signed two different orders in place %d.", h.By, h.Seq)
			f := &c.Findings[len(c.Findings)-1]
			f.Evidence = []ident.Digest{ours, h.Order, ident.Sum(r.Head), ident.Sum(raw)}
		}
	}
}

func (c *Case) find(code string, seq int, about party.ID, format string, args ...any) {
	c.Findings = append(c.Findings, Finding{Code: code, Seq: seq, About: about, Detail: fmt.Sprintf(format, args...)})
}

// apply takes in an event that is permitted.
func (c *Case) apply(o Order, e Opened, law Law) {
	entry := Entry{Seq: o.Seq, At: o.At, Digest: e.Digest, Event: e.Event}
	index := len(c.History)
	switch e.Act {
	case Open:
		c.Opening, c.Opener = *e.Opening, e.By
		c.procedure, _ = law.Procedure(*e.Opening)
		c.enter(c.procedure.Initial, index+1)
	case Step:
		t, _ := c.transition(e.Step)
		entry.Due = c.due(t)
		entry.Late = !entry.Due.IsZero() && o.At.After(entry.Due)
		c.taken[t.ID] = index
		if t.To != c.State || t.Quorum != "" {
			c.enter(t.To, index+1)
		}
	case Vote:
		t, _ := c.transition(e.Step)
		entry.Due = c.due(t)
		entry.Late = !entry.Due.IsZero() && o.At.After(entry.Due)
	case Correction:
		n := slices.IndexFunc(c.History, func(h Entry) bool { return h.Digest == e.Corrects })
		c.History[n].Corrected = append(c.History[n].Corrected, e.Digest)
	case Note, Evidence:
	}
	entry.State = c.State
	c.History = append(c.History, entry)
	c.Head = o.Digest(c.ID)
	c.heads[c.Head] = o.Seq
	c.last[e.By] = e.Digest
	if c.ids[e.By] == nil {
		c.ids[e.By] = map[string]bool{}
	}
	c.ids[e.By][e.ID] = true
}

// enter comes into a state; votes cast before are of another round.
func (c *Case) enter(state string, index int) {
	c.State, c.entered = state, index
	c.Final = slices.ContainsFunc(c.procedure.States, func(s instrument.State) bool { return s.ID == state && s.Final })
}

// Place is the order that comes next, for an event at an instant. Time does not
// go back in a case, even when the clock of its home was set back.
func (c *Case) Place(event ident.Digest, at time.Time) Order {
	at = at.UTC().Truncate(time.Microsecond)
	if last := c.Updated(); at.Before(last) {
		at = last
	}
	return Order{Seq: c.Seq() + 1, Prev: c.Head, Event: event, At: at}
}

// Extend adds what somebody brought to a record: orders that go on where it ends
// or repeat what it has, their events, and the head over them. It returns a
// conflict fault "case.gap" when something between is missing, and an unverified
// one "case.equivocation" when an order differs from the one held in its place.
func (r Record) Extend(in Record) (Record, error) {
	out := Record{Case: r.Case, Orders: slices.Clone(r.Orders), Events: map[ident.Digest][]byte{}, Head: in.Head, Others: r.Others}
	maps.Copy(out.Events, r.Events)
	maps.Copy(out.Events, in.Events)
	for _, o := range in.Orders {
		switch {
		case o.Seq < 1 || o.Seq > len(out.Orders)+1:
			return r, fault.New(fault.Conflict, "case.gap", "The orders begin with place %d, and this record ends with %d.", o.Seq, len(out.Orders)).
				Try("The home sends what is missing when it is told.")
		case o.Seq <= len(out.Orders):
			if held := out.Orders[o.Seq-1]; held.Digest(r.Case) != o.Digest(r.Case) {
				return r, fault.New(fault.Unverified, "case.equivocation", "The order in place %d is not the one that was there first.", o.Seq).
					Try("Compare the record with the other participants; both versions are kept.")
			}
		default:
			out.Orders = append(out.Orders, o)
		}
	}
	return out, nil
}

func codeOf(err error) string {
	if err == nil {
		return "it is of another case"
	}
	return fault.CodeOf(err)
}

func messageOf(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Message
	}
	return "It cannot be read."
}
