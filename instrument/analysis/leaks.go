package analysis

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"entente/decision"
	"entente/intel"
	"entente/party"
	"entente/privacy"
)

// Leak is a way by which a party that would not be sent something gets it: every
// hop is allowed by itself.
type Leak struct {
	From   party.ID        `json:"from"`
	To     party.ID        `json:"to"`
	Path   []Hop           `json:"path"`
	Direct decision.Answer `json:"direct"` // what from may tell to directly: deny
	Text   string          `json:"text"`
}

// Hop is one step of a path: a request the engine answers as it says.
type Hop struct {
	Request decision.Request `json:"request"`
	Answer  decision.Answer  `json:"answer"`
	Basis   []Place          `json:"basis"` // the clauses that allow it
}

// maxHops bounds the length of a path.
const maxHops = 6

// maxSpecimens bounds the objects that are followed through the network.
const maxSpecimens = 64

// Leaks returns, for the parties of the options, who can be reached by passing
// on although it would not be sent the thing directly; the shortest path for each
// two. Every hop is decided as a node decides it: the object came from the hop
// before, under the instruments that hop relied on, and what asks a person stops
// there. The second result says what was not looked at. The error is that of
// [decision.Compile].
func Leaks(law decision.Law, o Options) ([]Leak, []string, error) {
	a, err := newAnalyser(law, o)
	if err != nil {
		return nil, nil, err
	}
	return a.leaks(&Totals{}), a.limits, nil
}

func (a *analyser) leaks(t *Totals) []Leak {
	n := network{a: a, parties: a.o.Parties, pairs: map[[2]int]*link{}, traces: map[traceKey]decision.Trace{}, classes: map[string]int{}, budget: 20 * a.o.Cells}
	n.openers = newBits(len(a.q.norms))
	for i := range a.q.norms {
		norm := &a.q.norms[i]
		if norm.opens() && norm.clause.Act == share {
			n.openers.set(i)
		}
		n.listed = n.listed || norm.onward != nil && len(norm.onward.To) > 0
		if norm.clause != nil && norm.onward != nil && norm.onward.Hops > 0 {
			n.hops = append(n.hops, norm)
		}
	}
	seen := map[[2]int]bool{}
	var out []Leak
	for _, s := range a.specimens() {
		n.steps, n.traces = map[string][]step{}, map[traceKey]decision.Trace{}
		for from := range n.parties {
			n.follow(s, from, func(l Leak, to int) {
				if k := [2]int{from, to}; !seen[k] {
					seen[k] = true
					out = append(out, l)
				}
			})
		}
	}
	if n.budget < 0 {
		a.limit("The search for leaks stopped after its budget of hops.")
	}
	slices.SortStableFunc(out, func(x, y Leak) int { return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To)) })
	t.Leaks = len(out)
	return listed(a.o, out)
}

// specimens are the objects that are followed: of each clause that opens the
// exchange, what it lets through with the most restrictive label it allows.
func (a *analyser) specimens() []decision.Request {
	m := a.meeter()
	seen := map[string]bool{}
	var out []decision.Request
	for i := range a.q.norms {
		n := &a.q.norms[i]
		if !n.opens() || n.clause.Act != share || m.region(i).empty {
			continue
		}
		r, _ := m.region(i).request(decision.Actor{}, decision.Actor{}, share, a.q)
		for t := intel.Clear; t <= intel.Red; t++ {
			if m.region(i).tlp&(1<<t) != 0 {
				r.Subject.TLP = t
			}
		}
		r.Subject.Categories = specimen(m.region(i), r.Subject.Categories)
		key := fmt.Sprint(r.Subject.Type, r.Purpose, r.Subject.TLP, r.Subject.PAP, r.Subject.Categories, r.Facts)
		if seen[key] {
			continue
		}
		if len(out) == maxSpecimens {
			a.limit("Only " + strconv.Itoa(maxSpecimens) + " kinds of objects were followed in search of leaks.")
			break
		}
		seen[key] = true
		out = append(out, r)
	}
	return out
}

// specimen adds technical data to what a clause needs, where it lets it through.
func specimen(r *region, need []privacy.Category) []privacy.Category {
	if r.mayHave(privacy.Technical) && !slices.Contains(need, privacy.Technical) {
		need = append(need, privacy.Technical)
		slices.Sort(need)
	}
	return need
}

// network is the parties and what may go between two of them.
type network struct {
	a       *analyser
	parties []decision.Actor
	pairs   map[[2]int]*link
	classes map[string]int              // numbers of the classes of pairs
	traces  map[traceKey]decision.Trace // of the object followed now
	steps   map[string][]step           // of the object followed now
	openers bits                        // the clauses that can open an exchange
	listed  bool
	hops    []*norm // clauses that say how often something may be passed on
	budget  int
}

type link struct {
	pair  decision.Pair
	class int
}

// traceKey is equal for two hops that come out alike.
type traceKey struct {
	class    int
	state    string // how the object got there and what is left of it
	from, to int    // where the parties themselves matter, or -1
}

// step is one hop that is allowed.
type step struct {
	to      int
	trace   decision.Trace
	request decision.Request
}

// state is where an object has got to.
type state struct {
	at     int
	under  []string
	sent   []privacy.Category
	left   int // hops that its terms still allow
	before int // index of the state before, or -1
	origin party.ID
	by     step
	depth  int
}

func (n *network) link(from, to int, r *decision.Request) *link {
	k := [2]int{from, to}
	l := n.pairs[k]
	if l == nil {
		l = &link{pair: n.a.engine.Between(*r)}
		class := l.pair.Class()
		if _, known := n.classes[class]; !known {
			n.classes[class] = len(n.classes)
		}
		l.class = n.classes[class]
		n.pairs[k] = l
	}
	return l
}

// next lists the hops that are allowed from a state.
func (n *network) next(s decision.Request, st *state) []step {
	got := fmt.Sprint(st.before < 0, st.under, st.sent)
	if len(n.a.q.origin) > 0 {
		got += string(st.origin)
	}
	key := strconv.Itoa(st.at) + " " + got
	if known, ok := n.steps[key]; ok {
		return known
	}
	r := n.request(s, st)
	var out []step
	for to := range n.parties {
		if to == st.at {
			continue
		}
		if !n.a.q.speaks(pair{int32(st.at), int32(to)}, n.openers) { //nolint:gosec // G115: a universe is small
			continue // nothing opens the exchange between the two
		}
		if n.budget--; n.budget < 0 {
			break
		}
		r.Recipient = n.parties[to]
		l := n.link(st.at, to, &r)
		id := traceKey{l.class, got, -1, -1}
		if n.listed || len(n.a.q.origin) > 0 {
			id.from, id.to = st.at, to
		}
		t, ok := n.traces[id]
		if !ok {
			t = n.a.engine.Trace(r, l.pair)
			n.traces[id] = t
		}
		if t.Outcome == decision.Permit || t.Outcome == decision.Transform {
			out = append(out, step{to, t, r})
		}
	}
	n.steps[key] = out
	return out
}

// request is what the party of a state asks before it sends.
func (n *network) request(s decision.Request, st *state) decision.Request {
	r := s
	r.Sender = n.parties[st.at]
	r.Facts = maps.Clone(s.Facts)
	r.Facts[ownObject] = st.before < 0
	r.Subject.Categories, r.Subject.ReceivedUnder = st.sent, st.under
	if st.before >= 0 {
		delete(r.Facts, originatorConsent)
	}
	switch {
	case len(n.a.q.origin) == 0:
		r.Subject.Origin = "before" // only whether it is another's matters: many hops come out alike
	case st.before < 0:
		r.Subject.Origin = r.Sender.ID
	default:
		r.Subject.Origin = st.origin
	}
	return r
}

// ownObject and originatorConsent are facts that passing on changes.
const (
	ownObject         = "own_object"
	originatorConsent = "originator_consent"
)

// follow finds whom an object of one party reaches without being sent it.
func (n *network) follow(s decision.Request, from int, leak func(Leak, int)) {
	states := []state{{at: from, sent: s.Subject.Categories, left: maxHops, before: -1, origin: n.parties[from].ID}}
	direct := map[int]bool{from: true}
	for _, st := range n.next(s, &states[0]) {
		direct[st.to] = true
	}
	seen := map[string]bool{}
	found := map[int]bool{}
	for i := 0; i < len(states); i++ {
		st := states[i]
		if st.depth >= maxHops || st.left <= 0 {
			continue
		}
		for _, hop := range n.next(s, &st) {
			if hop.to == from || st.before >= 0 && hop.to == states[st.before].at {
				continue // it has it already
			}
			next := state{
				at: hop.to, under: instrumentsOf(hop.trace.Basis), sent: hop.trace.Sent, before: i, by: hop,
				origin: n.parties[st.at].ID, depth: st.depth + 1, left: min(st.left-1, n.allowed(hop.trace.Basis)),
			}
			key := fmt.Sprint(next.at, st.at, next.under, next.sent, next.left)
			if seen[key] {
				continue
			}
			seen[key] = true
			states = append(states, next)
			if !direct[hop.to] && !found[hop.to] {
				found[hop.to] = true
				if l, ok := n.leak(s, states, len(states)-1, from); ok {
					leak(l, hop.to)
				}
			}
		}
	}
}

// allowed is how many further hops the terms of some clauses allow.
func (n *network) allowed(basis []decision.ClauseRef) int {
	left := maxHops
	for _, c := range n.hops {
		if slices.ContainsFunc(basis, func(b decision.ClauseRef) bool { return b.Instrument == c.doc.ID && b.Clause == c.clause.ID }) {
			left = min(left, c.onward.Hops)
		}
	}
	return left
}

func instrumentsOf(basis []decision.ClauseRef) []string {
	var out []string
	for _, b := range basis {
		out = append(out, b.Instrument)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// leak writes a path down, each hop decided once more with the parties it has.
func (n *network) leak(s decision.Request, states []state, last, from int) (Leak, bool) {
	var path []Hop
	for i := last; states[i].before >= 0; i = states[i].before {
		st, before := &states[i], &states[states[i].before]
		r := st.by.request
		r.Sender, r.Recipient = n.parties[before.at], n.parties[st.at]
		r.Subject.Origin = r.Sender.ID
		if before.before >= 0 {
			r.Subject.Origin = n.parties[states[before.before].at].ID
		}
		t := n.a.engine.Trace(r, n.link(before.at, st.at, &r).pair)
		if t.Outcome != decision.Permit && t.Outcome != decision.Transform {
			return Leak{}, false
		}
		path = append(path, Hop{Request: r, Answer: t.Answer, Basis: n.a.places(t.Basis)})
	}
	slices.Reverse(path)
	first := n.request(s, &states[0])
	first.Recipient = n.parties[states[last].at]
	first.Subject.Origin = first.Sender.ID
	direct := n.a.engine.AnswerIn(first, n.link(from, states[last].at, &first).pair)
	if direct.Outcome != decision.Deny {
		return Leak{}, false
	}
	l := Leak{From: n.parties[from].ID, To: n.parties[states[last].at].ID, Path: path, Direct: direct}
	l.Text = l.text()
	return l, true
}

func (l *Leak) text() string {
	names := []string{string(l.From)}
	for _, h := range l.Path {
		names = append(names, string(h.Request.Recipient.ID))
	}
	s := &l.Path[0].Request
	return fmt.Sprintf("%s of TLP:%s for %s reaches %s: %s", cmp.Or(strings.TrimPrefix(s.Subject.Type, Other), "an object"),
		strings.ToUpper(s.Subject.TLP.String()), cmp.Or(strings.TrimPrefix(s.Purpose, Other), "any purpose"), l.To, strings.Join(names, " → "))
}

// places finds where clauses stand.
func (a *analyser) places(refs []decision.ClauseRef) []Place {
	out := []Place{}
	for _, r := range refs {
		for _, i := range a.meeter().index[decision.ClauseRef{Instrument: r.Instrument, Clause: r.Clause}] {
			out = append(out, placeOf(a.q.norms[i].doc, a.q.norms[i].clause))
			break
		}
	}
	return out
}
