package decision

import (
	"fmt"
	"slices"

	"entente/instrument"
	"entente/party"
)

// originatorConsent is the fact that settles what needs the originator's word.
const originatorConsent = "originator_consent"

// terms is what the instruments an object was received under say about passing
// it on. They bind whoever received it, also when they bind neither the next
// recipient nor, any more, the sender.
type terms struct {
	refused   []Reason
	ask       []Precondition
	consulted []uint32 // instruments
}

// terms looks only at the type of the object: what it was received for, and
// what has been done to it since, do not loosen the terms it came with.
func (e *Engine) terms(q *Query) (t terms) {
	if party.ID(q.origin) == q.pair.recipient.ID {
		return t // back to where it came from
	}
	for _, id := range q.received {
		versions := e.versions[id]
		for _, i := range versions {
			t.consulted = append(t.consulted, i)
			e.termsOf(&e.insts[i], q, &t)
		}
		if len(versions) == 0 {
			t.refused = append(t.refused, Reason{ClauseRef{Instrument: id}, "the terms it was received under are not in the law of this node"})
		}
	}
	return t
}

func (e *Engine) termsOf(in *inst, q *Query, t *terms) {
	for n := in.first; n < in.last; n++ {
		r := &e.rules[n]
		if r.kind == kindScope || q.objectType[n>>6]&(1<<(n&63)) == 0 {
			continue
		}
		ref := e.ref(uint32(n)) //nolint:gosec // G115: as above
		if o := r.clause.Onward; o != nil {
			e.onward(in, o, ref, q, t)
		}
		if r.kind == kindProhibition && r.root && !r.advisory && r.clause.Act == "onward-share" && q.actName == share &&
			r.fit(q, e.looking(q.has)) != no {
			t.refused = append(t.refused, Reason{ref, "prohibits passing it on"})
		}
	}
}

func (e *Engine) onward(in *inst, o *instrument.Onward, ref ClauseRef, q *Query, t *terms) {
	to := string(q.pair.recipient.ID)
	if o.Hops > 0 && q.hops >= o.Hops {
		t.refused = append(t.refused, Reason{ref, fmt.Sprintf("allows passing it on %d times, and it has been", o.Hops)})
	}
	switch o.Allowed {
	case "originator-consent":
		switch q.facts[e.vocabulary.facts[originatorConsent]] {
		case isTrue:
		case isFalse:
			t.refused = append(t.refused, Reason{ref, "allows passing it on only with the originator's consent"})
		default:
			t.ask = append(t.ask, Precondition{ref, "originator-consent", q.origin})
		}
	case "same-conditions":
		if !slices.ContainsFunc(q.pair.inForce, func(i uint32) bool { return e.insts[i].doc.ID == in.doc.ID }) {
			t.refused = append(t.refused, Reason{ref, "allows passing it on only under the same conditions"})
		}
	case "listed":
		if !slices.Contains(o.To, to) {
			t.refused = append(t.refused, Reason{ref, fmt.Sprintf("allows passing it on only to %q", o.To)})
		}
	default:
		t.refused = append(t.refused, Reason{ref, "allows no passing on"})
	}
}
