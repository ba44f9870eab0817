package decision

import (
	"cmp"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"time"

	"entente/instrument"
)

// Pair is the law between a sender and a recipient while nothing changes in
// it: which clauses bind, which instruments do not and why. It is immutable,
// and good only for the engine that made it.
type Pair struct{ *pairing }

type pairing struct {
	sender, recipient Actor
	from, until       time.Time
	words             []word   // the rules that bind and that this pair satisfies, without the empty words
	closed            uint64   // regimes closed whatever the object is
	inForce           []uint32 // instruments, ascending
	bindsBoth         []uint32 // those of them that bind the recipient as well
	dormant           []uint32 // rules that would permit something between the two, of instruments that are not law between them now
	notUsed           []NotUsed
	reserved          []reserved
}

// word is one word of a bitset.
type word struct {
	at   uint32
	bits uint64
}

// reserved is a clause that a reservation took out of the bargain.
type reserved struct {
	rule uint32
	why  string
}

// Valid reports whether the pair states the law at t.
func (p Pair) Valid(t time.Time) bool { return !t.Before(p.from) && t.Before(p.until) }

// Until is the first instant for which the pair may no longer state the law.
func (p Pair) Until() time.Time { return p.until }

// NotUsed lists the instruments that do not bind between the two, and why.
func (p Pair) NotUsed() []NotUsed { return slices.Clone(p.notUsed) }

// pairCacheSize bounds what an engine remembers; past it the memory starts
// afresh.
const pairCacheSize = 4096

type pairCache struct {
	mu sync.RWMutex
	m  map[pairKey]Pair
}

func (c *pairCache) init() { c.m = map[pairKey]Pair{} }

// pairKey names a question about two parties. What else the answer depends on,
// their kind, seat and roles and the time, rarely changes and is compared when it is found:
// fewer words to hash for every decision.
type pairKey struct {
	sender, recipient, under string
	all                      bool // every agreement, which is not the same as a list of none
}

// answers reports whether the pair states the law between exactly these two at t.
func (p Pair) answers(sender, recipient *Actor, t time.Time) bool {
	return p.Valid(t) && p.sender.alike(sender) && p.recipient.alike(recipient)
}

// alike reports whether the law sees no difference between a and b but their ids.
func (a *Actor) alike(b *Actor) bool {
	return a.Kind == b.Kind && a.Jurisdiction == b.Jurisdiction && slices.Equal(a.Roles, b.Roles) && slices.Equal(a.Sectors, b.Sectors)
}

func (a *Actor) seat() instrument.Seat {
	return instrument.Seat{Party: a.ID, Jurisdiction: a.Jurisdiction}
}

// Between returns the law between sender and recipient of a request at its
// instant.
func (e *Engine) Between(r Request) Pair { return e.between(&r, &r.Recipient) }

// between is the law between the sender of a request and one recipient.
func (e *Engine) between(r *Request, recipient *Actor) Pair {
	key := pairKey{string(r.Sender.ID), string(recipient.ID), strings.Join(r.Under, "\x00"), r.Under == nil}
	e.pairs.mu.RLock()
	p, ok := e.pairs.m[key]
	e.pairs.mu.RUnlock()
	if ok && p.answers(&r.Sender, recipient, r.At) {
		return p
	}
	p = Pair{e.pairing(r.Sender, *recipient, r.At, r.Under)}
	e.pairs.mu.Lock()
	defer e.pairs.mu.Unlock()
	if len(e.pairs.m) >= pairCacheSize {
		clear(e.pairs.m)
	}
	e.pairs.m[key] = p
	return p
}

// pairing works out the law between two actors.
func (e *Engine) pairing(sender, recipient Actor, at time.Time, under []string) *pairing {
	at = at.UTC()
	day := at.Truncate(24 * time.Hour)
	p := &pairing{sender: sender, recipient: recipient, from: day, until: day.AddDate(0, 0, 1), closed: e.baseline}
	standing := e.standings(p, at, under)
	replaced := e.transposed(standing)
	bind := make([]uint64, e.words)
	for i := range e.insts {
		s, ok := standing[i]
		if !ok {
			continue
		}
		in := &e.insts[i]
		p.inForce = append(p.inForce, uint32(i))
		if bindsRecipient(in.doc, recipient.Jurisdiction) {
			p.bindsBoth = append(p.bindsBoth, uint32(i))
		}
		if in.doc.Binding && in.scope < 0 && in.doc.Default == instrument.Prohibit {
			p.closed |= in.regime
		}
		for clause, why := range replaced[in.doc.ID] {
			s.Exclude(clause, why)
		}
		e.bindRules(p, in, s, at, bind)
	}
	sides := e.sides(p)
	for w, b := range bind {
		for _, s := range sides {
			b &= s[w]
		}
		if b != 0 {
			p.words = append(p.words, word{uint32(w), b})
		}
	}
	// A clause that is about other recipients is no part of the law between these
	// two, nor of what tells one class of recipients from another.
	about := func(rule uint32) bool {
		return !slices.ContainsFunc(sides, func(s []uint64) bool { return s[rule>>6]&(1<<(rule&63)) == 0 })
	}
	p.reserved = slices.DeleteFunc(p.reserved, func(r reserved) bool { return !about(r.rule) })
	p.dormant = slices.DeleteFunc(p.dormant, func(rule uint32) bool { return !about(rule) })
	return p
}

// grounds lists the rules of an instrument on which something may be done.
func (e *Engine) grounds(in *inst) []uint32 {
	var out []uint32
	for n := in.first; n < in.last; n++ {
		if r := &e.rules[n]; (r.kind == kindPermission || r.grants != 0) && r.root && !r.advisory && !r.variant {
			out = append(out, uint32(n)) //nolint:gosec // G115: as above
		}
	}
	return out
}

// sides lists the rules that what the two are satisfies, one bitset for each
// attribute.
func (e *Engine) sides(p *pairing) [][]uint64 {
	m, from, to := &e.matchers, &p.sender, &p.recipient
	return [][]uint64{
		m.recipient.bits(string(to.ID)), m.recipientKind.bits(to.Kind), m.senderKind.bits(from.Kind),
		m.recipientJurisdiction.bits(to.Jurisdiction), m.fromJurisdiction.bits(from.Jurisdiction),
		m.recipientSector.common(to.Sectors), m.senderSector.common(from.Sectors),
		e.roles(p, &m.recipientRole, to), e.roles(p, &m.senderRole, from),
	}
}

// roles lists the rules that the roles of an actor satisfy: those it has
// everywhere, and in each instrument the one its record there gives it.
func (e *Engine) roles(p *pairing, d *dimension, a *Actor) []uint64 {
	out := d.common(a.Roles)
	for _, i := range p.inForce {
		in := &e.insts[i]
		rec := in.doc.Record(a.seat())
		if rec == nil || rec.Role == "" {
			continue
		}
		here := d.bits(rec.Role)
		out = slices.Clone(out)
		for r := in.first; r < in.last; r++ {
			if here[r>>6]&(1<<(r&63)) != 0 {
				setBit(out, r)
			}
		}
	}
	return out
}

// transposed says which clauses of a directive national law in force takes the
// place of: id of the directive → clause → why.
func (e *Engine) transposed(standing map[int]instrument.Standing) map[string]map[string]string {
	var out map[string]map[string]string
	for i := range standing {
		t := e.insts[i].doc.Transposes
		if t == nil || !e.insts[i].doc.Binding {
			continue
		}
		if out == nil {
			out = map[string]map[string]string{}
		}
		if out[t.Instrument] == nil {
			out[t.Instrument] = map[string]string{}
		}
		for _, clause := range t.Replaces {
			why := "national law " + e.insts[i].doc.ID
			if had, ok := out[t.Instrument][clause]; !ok || why < had {
				out[t.Instrument][clause] = why
			}
		}
	}
	return out
}

// standings says which instruments are in force between the two, and notes why
// the others are not and how long this is true.
func (e *Engine) standings(p *pairing, at time.Time, under []string) map[int]instrument.Standing {
	in := map[int]instrument.Standing{}
	superseded := map[string]string{}
	for i := range e.insts {
		d := e.insts[i].doc
		p.narrow(e.insts[i].turns, at)
		if under != nil && len(d.Parties) > 0 && !slices.Contains(under, d.ID) {
			p.notUsed = append(p.notUsed, NotUsed{d.ID, "not among the agreements asked about"})
			continue
		}
		s := d.Status(p.sender.seat(), p.recipient.seat(), at)
		if d.Supersedes != "" && (s.InForce || p.bound(&e.insts[i], at)) {
			superseded[d.Supersedes] = d.Ref()
		}
		if !s.InForce {
			p.notUsed = append(p.notUsed, NotUsed{d.ID, s.Why})
			// A text that was repealed is missed by nobody.
			if repealed := d.InForce.Until; p.concerned(d) && (repealed.IsZero() || at.Before(repealed)) {
				p.dormant = append(p.dormant, e.grounds(&e.insts[i])...)
			}
			continue
		}
		in[i] = s
	}
	for _, i := range slices.Sorted(maps.Keys(in)) {
		d := e.insts[i].doc
		if by, ok := superseded[d.Hash.String()]; ok {
			p.notUsed = append(p.notUsed, NotUsed{d.ID, "superseded by " + by})
			delete(in, i)
		}
	}
	slices.SortStableFunc(p.notUsed, func(a, b NotUsed) int { return cmp.Compare(a.Instrument, b.Instrument) })
	return in
}

// concerned reports whether an instrument would bind the two in its time.
func (p *pairing) concerned(d *instrument.Instrument) bool {
	if len(d.Parties) == 0 {
		return d.Universal || slices.Contains(d.Jurisdictions, p.sender.Jurisdiction)
	}
	a, b := d.Record(p.sender.seat()), d.Record(p.recipient.seat())
	return a != nil && b != nil && a != b
}

// bound reports whether an instrument that is not in force any more was so
// between the two: what it replaced does not come back (Vienna Convention Art. 59).
func (p *pairing) bound(in *inst, at time.Time) bool {
	return slices.ContainsFunc(in.turns, func(turn time.Time) bool {
		return turn.Before(at) && in.doc.Status(p.sender.seat(), p.recipient.seat(), turn).InForce
	})
}

// bindRules sets the bits of the clauses in force, less those a reservation
// excludes.
func (e *Engine) bindRules(p *pairing, in *inst, s instrument.Standing, at time.Time, bind []uint64) {
	for r := in.first; r < in.last; r++ {
		c := e.rules[r].clause
		if !c.Operative(at) {
			continue
		}
		why, out := s.Excluded[c.ID]
		if by, changed := s.Modified[c.ID]; changed && !out {
			why, out = "changed: "+by, true
		}
		if out && r != in.scope {
			p.reserved = append(p.reserved, reserved{uint32(r), why}) //nolint:gosec // G115: as above
			continue
		}
		if e.rules[r].variant && !modifies(s, c.ID) {
			continue
		}
		setBit(bind, r)
	}
}

// modifies reports whether a reservation puts this variant in the place of a
// clause, and nothing takes that clause out altogether.
func modifies(s instrument.Standing, variant string) bool {
	for clause, by := range s.Modified {
		if _, out := s.Excluded[clause]; by == variant && !out {
			return true
		}
	}
	return false
}

// bindsRecipient reports whether an instrument in force between two parties
// binds the recipient too: a treaty does, a statute only at home.
func bindsRecipient(d *instrument.Instrument, jurisdiction string) bool {
	if d.Universal || len(d.Parties) > 0 {
		return true
	}
	return slices.Contains(d.Jurisdictions, jurisdiction)
}

// narrow keeps the pair's interval clear of every instant at which the status of
// an instrument may change.
func (p *pairing) narrow(turns []time.Time, at time.Time) {
	n, found := slices.BinarySearchFunc(turns, at, time.Time.Compare)
	if found {
		n++
	}
	if n < len(turns) && turns[n].Before(p.until) {
		p.until = turns[n]
	}
	if n > 0 && turns[n-1].After(p.from) {
		p.from = turns[n-1]
	}
}

// class is equal for two recipients of one sender exactly when the same norms
// apply to both.
func (p Pair) class() string {
	var b strings.Builder
	for _, w := range p.words {
		fmt.Fprintf(&b, "%x:%x,", w.at, w.bits)
	}
	fmt.Fprint(&b, p.closed, p.inForce, p.bindsBoth, p.reserved, p.dormant)
	return b.String()
}

// rulesOf calls f for every bit of a word, lowest first.
func rulesOf(at uint32, set uint64, f func(rule uint32)) {
	for ; set != 0; set &= set - 1 {
		f(at<<6 | uint32(bits.TrailingZeros64(set))) //nolint:gosec // G115: at most 63
	}
}
