package analysis

import (
	"cmp"
	"slices"
	"time"

	"entente/decision"
	"entente/instrument"
)

// Clash is two periods that cannot both be kept: something must be kept longer
// than it may be.
type Clash struct {
	Keep    Place            `json:"keep"` // says at least
	AtLeast string           `json:"at_least"`
	Erase   Place            `json:"erase"` // says at most
	AtMost  string           `json:"at_most"`
	Always  bool             `json:"always"` // in every month; otherwise only where months are short
	Witness decision.Request `json:"witness"`
}

// Unmeetable is a duty nobody can meet.
type Unmeetable struct {
	Place
	Duty    string            `json:"duty,omitempty"` // id; "" for the clause itself
	Kind    string            `json:"kind"`
	Why     string            `json:"why"`
	By      *Place            `json:"by,omitempty"`
	Witness *decision.Request `json:"witness,omitempty"`
	Answer  *decision.Answer  `json:"answer,omitempty"`
}

// The kinds of duties that cannot be met.
const (
	Blocked  = "blocked"   // what it commands is denied in every case it speaks of
	NoStart  = "no-start"  // its clock waits for something that never happens
	Circular = "circular"  // its clock waits for itself
	TooEarly = "too-early" // due before what it waits for may be done at the latest
)

// Clashes returns the retention periods of two clauses that leave nothing
// between them where both apply. The error is that of [decision.Compile].
func Clashes(law decision.Law, o Options) ([]Clash, error) {
	a, err := newAnalyser(law, o)
	if err != nil {
		return nil, err
	}
	return a.retention(&Totals{}), nil
}

func (a *analyser) retention(t *Totals) []Clash {
	m := a.meeter()
	var keep, erase []int
	for i := range a.q.norms {
		n := &a.q.norms[i]
		if n.clause == nil || n.clause.Retention == nil || n.meaning.Advisory {
			continue
		}
		if !n.clause.Retention.AtLeast.IsZero() {
			keep = append(keep, i)
		}
		if !n.clause.Retention.AtMost.IsZero() {
			erase = append(erase, i)
		}
	}
	var out []Clash
	for _, x := range keep {
		for _, y := range erase {
			k, e := &a.q.norms[x], &a.q.norms[y]
			sometimes, always := longer(k.clause.Retention.AtLeast, e.clause.Retention.AtMost)
			if !sometimes {
				continue
			}
			r, p, ok := m.common(x, y)
			if !ok {
				continue
			}
			c := Clash{
				Keep: placeOf(k.doc, k.clause), AtLeast: k.clause.Retention.AtLeast.String(),
				Erase: placeOf(e.doc, e.clause), AtMost: e.clause.Retention.AtMost.String(), Always: always,
			}
			c.Witness, _ = r.request(a.q.u.senders[p.from], a.q.u.recipients[p.to], share, a.q)
			out = append(out, c)
		}
	}
	t.Retention = len(out)
	return listed(a.o, out)
}

// longer reports whether one period is longer than another from some day on, and
// from every one: P1M and P30D differ by the month.
func longer(a, b instrument.Period) (sometimes, always bool) {
	always = true
	for month := range 48 {
		from := time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC).AddDate(0, month, 0)
		if a.AddTo(from).After(b.AddTo(from)) {
			sometimes = true
		} else {
			always = false
		}
	}
	return sometimes, always
}

// UnmeetableDuties returns the duties nobody can meet. The second result says
// what was not looked at. The error is that of [decision.Compile].
func UnmeetableDuties(law decision.Law, o Options) ([]Unmeetable, []string, error) {
	a, err := newAnalyser(law, o)
	if err != nil {
		return nil, nil, err
	}
	return a.duties(&Totals{}), a.limits, nil
}

func (a *analyser) duties(t *Totals) []Unmeetable {
	out := a.clocks()
	m := a.meeter()
	for i := range a.q.norms {
		n := &a.q.norms[i]
		if n.is(instrument.Obligation) && !n.meaning.Advisory && n.clause.ID == n.stands && discloses(n.clause.Act) && demands(n) {
			if u, blocked := a.blocked(i, m); blocked {
				out = append(out, u)
			}
		}
	}
	t.Duties = len(out)
	return listed(a.o, out)
}

// discloses reports whether doing what a clause commands gives information away.
func discloses(act string) bool {
	return slices.Contains([]string{share, onwardShare, "report", "notify"}, act)
}

// blocked reports whether what a duty commands is denied in every case it speaks
// of, and a prohibition that does so.
func (a *analyser) blocked(i int, m *meeter) (Unmeetable, bool) {
	n := &a.q.norms[i]
	if _, _, ok := m.common(i); !ok {
		return Unmeetable{}, false
	}
	s := blockade{a: a, duty: i, budget: a.cellsForOne()}
	a.q.groups([]int{i}, func(g *group) bool {
		return s.group(g.near(func(j int) bool { return a.q.norms[j].clause == nil || m.region(j).near(m.region(i)) }))
	})
	if s.budget < 0 {
		a.limit("It was not settled within the budget whether every duty to disclose can be met.")
	}
	if s.open || s.by == nil {
		return Unmeetable{}, false
	}
	return Unmeetable{
		Place: placeOf(n.doc, n.clause), Kind: Blocked, By: s.by, Witness: &s.witness, Answer: &decision.Answer{Outcome: decision.Deny},
		Why: "commands what is denied in every case it speaks of",
	}, true
}

// blockade looks for a case in which a duty can be met.
type blockade struct {
	a       *analyser
	duty    int
	budget  int
	open    bool // there is one, or the budget did not last to rule it out
	witness decision.Request
	by      *Place
}

// group looks at the pairs of one group and returns whether to go on.
func (s *blockade) group(g *group) bool {
	e, err := decision.Compile(s.a.q.slice(0, g, -1))
	s.budget -= len(g.norms)
	if err != nil || s.budget < 0 {
		s.open = true
		return false
	}
	seen := map[string]bool{}
	for _, p := range g.pairs {
		engines := [2]*decision.Engine{e}
		laws, key := between(s.a.q, engines, p)
		if s.budget--; seen[key] {
			continue
		}
		seen[key] = true
		c := cases{q: s.a.q, engines: engines, pairs: laws, sample: p, less: -1, budget: &s.budget, onlyIf: true, open: true}
		if !c.build(g, func(j int) bool { return j == s.duty }) {
			s.open = true
			return false
		}
		c.visit = func(b box, live []int) bool { return s.visit(&c, b, live) }
		if !c.run() {
			s.open = true
			return false
		}
	}
	return true
}

// visit asks about every set of categories the duty speaks of.
func (s *blockade) visit(c *cases, b box, live []int) bool {
	classes := c.categoryClasses(live)
	if len(classes) > maxClasses {
		return false
	}
	speaks, _ := c.prospects(live, classes, nil)
	r := c.request(b)
	for mask := range uint32(1) << len(classes) {
		if !anyAdmits(speaks, mask) {
			continue
		}
		s.budget--
		r.Subject.Categories = categoriesOf(classes, mask)
		if s.budget < 0 || c.engines[0].AnswerIn(r, c.pairs[0]).Outcome != decision.Deny {
			return false
		}
		if s.by == nil {
			s.witness, s.by = s.a.prohibits(c.engines[0], r)
		}
	}
	return true
}

// prohibits finds a clause that denies a case; silence is none.
func (a *analyser) prohibits(e *decision.Engine, r decision.Request) (decision.Request, *Place) {
	for _, why := range e.Decide(r).Because {
		for i := range a.q.norms {
			if n := &a.q.norms[i]; n.is(instrument.Prohibition) && n.doc.ID == why.Instrument && n.clause.ID == why.Clause {
				p := placeOf(n.doc, n.clause)
				return r, &p
			}
		}
	}
	return r, nil
}

// duty is one duty and the clause it is in.
type duty struct {
	*instrument.Duty
	clause *instrument.Clause
}

// clocks looks at when duties start and end.
func (a *analyser) clocks() []Unmeetable {
	var out []Unmeetable
	for _, d := range a.law.Instruments {
		all := map[string]duty{}
		for i := range d.Clauses {
			c := &d.Clauses[i]
			for j := range c.Duties {
				all[c.Duties[j].ID] = duty{&c.Duties[j], c}
			}
		}
		for i := range d.Clauses {
			c := &d.Clauses[i]
			for j := range c.Duties {
				kind, why := a.clockFault(d, &c.Duties[j], all)
				if kind != "" {
					u := Unmeetable{Place: placeOf(d, c), Duty: c.Duties[j].ID, Kind: kind, Why: why}
					u.Cite = cmp.Or(c.Duties[j].Cite, u.Cite)
					out = append(out, u)
				}
			}
		}
	}
	return out
}

// clockFault says what is wrong with the clock of a duty. A word that is no duty
// of the instrument is an event: which events happen, no law can say.
func (a *analyser) clockFault(doc *instrument.Instrument, d *instrument.Duty, all map[string]duty) (kind, why string) {
	for _, c := range d.Clocks() {
		before, isDuty := all[c.After]
		switch {
		case !isDuty:
		case waitsFor(before.Duty, d.ID, all, map[string]bool{}):
			return Circular, "waits for " + c.After + ", which waits for it"
		case before.clause.Modality == instrument.Prohibition:
			return NoStart, "waits for " + c.After + ", a duty of a prohibition, which nobody relies on"
		case doc.Binding && before.clause.Strength == "guidance":
			return NoStart, "waits for " + c.After + ", a duty of guidance, which binds nobody"
		case !before.clause.Operative(a.o.At) && before.clause.InForce != nil && !before.clause.InForce.Until.IsZero() && !a.o.At.Before(before.clause.InForce.Until):
			return NoStart, "waits for " + c.After + ", a duty of a clause that has ended"
		}
	}
	return early(d, all)
}

// early reports a duty that is due, counted from one event, before a duty it
// waits for has to be done when counted from the same event.
func early(d *instrument.Duty, all map[string]duty) (kind, why string) {
	for _, c := range d.Clocks() {
		for _, o := range d.Clocks() {
			before, isDuty := all[o.After]
			if !isDuty || before.After != c.After || c.Within.IsZero() || before.Within.IsZero() || !slices.Contains(d.EarliestOf, c) {
				continue
			}
			if _, always := longer(before.Within, c.Within); always {
				return TooEarly, "is due " + c.Within.String() + " after " + c.After + ", when " + before.ID + ", which it follows, may still be open"
			}
		}
	}
	return "", ""
}

func waitsFor(d *instrument.Duty, id string, all map[string]duty, seen map[string]bool) bool {
	if d.ID == id {
		return true
	}
	if seen[d.ID] {
		return false
	}
	seen[d.ID] = true
	for _, c := range d.Clocks() {
		if next, ok := all[c.After]; ok && waitsFor(next.Duty, id, all, seen) {
			return true
		}
	}
	return false
}
