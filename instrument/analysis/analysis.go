// Package analysis says what a law means without waiting for a case: what two
// versions decide differently, which clauses contradict each other or change
// nothing, which duties cannot be met, what can leak by passing it on, and what
// nobody has agreed about.
//
// It reasons over classes of cases and never guesses: whatever it reports about
// an outcome was decided by the engine of package decision, and it reads no
// clause in a way of its own. It does not weigh policy and changes no law.
// Invariant: every finding about an outcome carries a case, its witness, that
// the real engine decides as the finding says; and where a budget ended the
// search, the result says so instead of being silent.
package analysis

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"entente/decision"
	"entente/instrument"
)

// Options are what an analysis is about besides the law.
type Options struct {
	// At is the instant whose law is analysed. It must be given: this package
	// reads no clock.
	At time.Time
	// Parties are the parties one knows, each as it is. nil takes those of
	// [KnownParties]. A party that a clause names and nobody describes, and
	// everybody else, may be of any kind, seat, role and sector the law speaks of.
	Parties []decision.Actor
	// Cells bounds the classes of cases looked at for one question; 0 is 200 000.
	Cells int
	// Findings bounds how many findings of one kind are listed; 0 is 500. The
	// counts are those of all.
	Findings int
}

func (o Options) withDefaults(is ...[]*instrument.Instrument) Options {
	if o.Cells == 0 {
		o.Cells = 200_000
	}
	if o.Findings == 0 {
		o.Findings = 500
	}
	if o.Parties == nil {
		o.Parties = KnownParties(slices.Concat(is...))
	}
	o.At = o.At.UTC()
	return o
}

// Place is where a clause stands: what to open to read it.
type Place struct {
	Instrument string `json:"instrument"`
	Version    string `json:"version"`
	Clause     string `json:"clause,omitempty"` // "" for the instrument as a whole
	Cite       string `json:"cite,omitempty"`
	At         string `json:"at,omitempty"` // file:line:column, when it was loaded from a file
}

func placeOf(d *instrument.Instrument, c *instrument.Clause) Place {
	p := Place{Instrument: d.ID, Version: d.Version}
	id := ""
	if c != nil {
		p.Clause, p.Cite, id = c.ID, c.Cite, c.ID
	}
	if at, ok := d.Positions[id]; ok {
		p.At = at.File + ":" + strconv.Itoa(at.Line) + ":" + strconv.Itoa(at.Column)
	}
	return p
}

// String is how a sentence names the place.
func (p Place) String() string {
	return p.Instrument + " " + cmp.Or(p.Cite, p.Clause, "as a whole")
}

// Search says how much was looked at.
type Search struct {
	Cells      int    `json:"cells"`              // classes of cases looked at
	Exhaustive bool   `json:"exhaustive"`         // nothing was left out
	Left       string `json:"left_out,omitempty"` // what was, when not
}

func (s *Search) stop(why string) {
	if s.Left == "" {
		s.Left = why
	}
	s.Exhaustive = false
}

// Report is everything [Analyse] finds.
type Report struct {
	At             time.Time       `json:"at"`
	Instruments    int             `json:"instruments"`
	Clauses        int             `json:"clauses"`
	Contradictions []Contradiction `json:"contradictions"`
	Idle           []Idle          `json:"idle"`
	Retention      []Clash         `json:"retention"`
	Duties         []Unmeetable    `json:"duties"`
	Leaks          []Leak          `json:"leaks"`
	Gaps           []Gap           `json:"gaps"`
	Totals         Totals          `json:"totals"` // of all findings, listed or not
	Limits         []string        `json:"limits"` // what was not looked at, in sentences
}

// Totals counts the findings of each kind.
type Totals struct {
	Contradictions int `json:"contradictions"`
	Unresolved     int `json:"unresolved"` // of the contradictions: no step but the protective one settles them
	Idle           int `json:"idle"`
	Retention      int `json:"retention"`
	Duties         int `json:"duties"`
	Leaks          int `json:"leaks"`
	Gaps           int `json:"gaps"`
}

// Analyse runs every analysis of one law. The error is that of
// [decision.Compile] for a law without a single meaning.
func Analyse(law decision.Law, o Options) (Report, error) {
	a, err := newAnalyser(law, o)
	if err != nil {
		return Report{}, err
	}
	r := Report{At: a.o.At, Instruments: len(law.Instruments)}
	for _, d := range law.Instruments {
		r.Clauses += len(d.Clauses)
	}
	r.Contradictions = a.contradictions(&r.Totals)
	r.Idle = a.idle(&r.Totals)
	r.Retention = a.retention(&r.Totals)
	r.Duties = a.duties(&r.Totals)
	r.Leaks = a.leaks(&r.Totals)
	r.Gaps = a.gaps(&r.Totals)
	r.Limits = a.limits
	if r.Limits == nil {
		r.Limits = []string{}
	}
	return r, nil
}

// analyser is one law made ready for every analysis.
type analyser struct {
	o      Options
	law    decision.Law
	engine *decision.Engine
	q      *question
	limits []string
	meets  *meeter
}

func newAnalyser(law decision.Law, o Options) (*analyser, error) {
	o = o.withDefaults(law.Instruments)
	e, err := decision.Compile(law)
	if err != nil {
		return nil, err
	}
	norms := lawNorms(law.Instruments)
	u := newUniverse(law.Instruments, norms, o.Parties)
	a := &analyser{o: o, law: law, engine: e, q: newQuestion([2]decision.Law{law, law}, norms, u, o.At)}
	if u.cut {
		a.limit("Parties that nobody knows were told apart by fewer words than the law uses.")
	}
	return a, nil
}

func (a *analyser) limit(sentence string) {
	if !slices.Contains(a.limits, sentence) {
		a.limits = append(a.limits, sentence)
	}
}

// listed cuts a list of findings to what is shown; it is never nil.
func listed[T any](o Options, all []T) []T {
	if len(all) > o.Findings {
		return all[:o.Findings]
	}
	if all == nil {
		return []T{}
	}
	return all
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
