package instrument

import (
	"slices"
	"strconv"
)

// Procedure is how parties do something together, as data: who may take it from
// which state to which, by when, with what. Package casework runs it.
type Procedure struct {
	ID          string       `json:"id"`
	Cite        string       `json:"cite"`
	Title       string       `json:"title"`
	Verified    Verification `json:"verified,omitempty"`
	Roles       []string     `json:"roles"`
	Initial     string       `json:"initial"`
	States      []State      `json:"states"`
	Transitions []Transition `json:"transitions"`
	Refusal     *Refusal     `json:"refusal,omitempty"`
}

// State is where a procedure can stand. A final one ends it.
type State struct {
	ID    string `json:"id"`
	Final bool   `json:"final,omitempty"`
}

// Transition is one step: who takes it, what has to be in it, and by when after
// an earlier step.
type Transition struct {
	ID       string   `json:"id"`
	From     []string `json:"from"`
	To       string   `json:"to"`
	By       string   `json:"by"`
	Cite     string   `json:"cite,omitempty"`
	Requires []string `json:"requires,omitempty"` // fields
	Within   Period   `json:"within,omitzero"`
	After    string   `json:"after,omitempty"`   // id of a transition
	Quorum   string   `json:"quorum,omitempty"`  // a number, majority, two-thirds or consensus
	Refusal  []string `json:"refusal,omitempty"` // codes of the grounds, one of which must be given
	// NotBefore is how long after the earlier step it can be taken at the earliest.
	NotBefore Period `json:"not_before,omitzero"`
	// Preclusive: after the time of Within it can no longer be taken. Otherwise it
	// is taken late, and that shows.
	Preclusive bool `json:"preclusive,omitempty"`
	// Silence: it can be taken once this long has passed since the earlier step and
	// since everybody was given notice of it, and nobody has left the state
	// meanwhile, which is how a party objects.
	Silence Period `json:"silence,omitzero"`
	Votes   string `json:"votes,omitempty"` // role whose parties vote on it; "" = By
}

// Voters is the role whose parties vote on a transition with a quorum.
func (t *Transition) Voters() string {
	if t.Votes == "" {
		return t.By
	}
	return t.Votes
}

// Unreachable lists the states no sequence of transitions reaches.
func (p *Procedure) Unreachable() []string {
	reached := map[string]bool{p.Initial: true}
	for grown := true; grown; {
		grown = false
		for _, t := range p.Transitions {
			if !reached[t.To] && slices.ContainsFunc(t.From, func(s string) bool { return reached[s] }) {
				reached[t.To], grown = true, true
			}
		}
	}
	var out []string
	for _, s := range p.States {
		if !reached[s.ID] {
			out = append(out, s.ID)
		}
	}
	return out
}

// Stuck lists the states that are not final and that nothing leaves.
func (p *Procedure) Stuck() []string {
	var out []string
	for _, s := range p.States {
		if !s.Final && !slices.ContainsFunc(p.Transitions, func(t Transition) bool { return slices.Contains(t.From, s.ID) }) {
			out = append(out, s.ID)
		}
	}
	return out
}

func (r *reader) checkProcedures(i *Instrument) {
	ids := map[string]bool{}
	for n := range i.Procedures {
		p, at := &i.Procedures[n], "/procedures/"+strconv.Itoa(n)
		if ids[p.ID] {
			r.refuse(at+"/id", "procedure id %q is used twice", p.ID)
		}
		ids[p.ID] = true
		r.checkProcedure(p, at)
	}
}

func (r *reader) checkProcedure(p *Procedure, at string) {
	states := make([]string, len(p.States))
	for n, s := range p.States {
		if slices.Contains(states[:n], s.ID) {
			r.refuse(at+"/states/"+strconv.Itoa(n)+"/id", "state %q is listed twice", s.ID)
		}
		states[n] = s.ID
	}
	r.named(at+"/initial", "state", p.Initial, states)
	var steps []string
	for n, t := range p.Transitions {
		if slices.Contains(steps, t.ID) {
			r.refuse(at+"/transitions/"+strconv.Itoa(n)+"/id", "transition id %q is used twice", t.ID)
		}
		steps = append(steps, t.ID)
	}
	for n, t := range p.Transitions {
		step := at + "/transitions/" + strconv.Itoa(n)
		for m, s := range t.From {
			r.named(step+"/from/"+strconv.Itoa(m), "state", s, states)
			if slices.ContainsFunc(p.States, func(x State) bool { return x.ID == s && x.Final }) {
				r.refuse(step+"/from/"+strconv.Itoa(m), "state %q is final: nothing leaves it", s)
			}
		}
		r.named(step+"/to", "state", t.To, states)
		r.named(step+"/by", "role", t.By, p.Roles)
		if t.After != "" {
			r.named(step+"/after", "transition", t.After, steps)
		}
		if t.Votes != "" {
			r.named(step+"/votes", "role", t.Votes, p.Roles)
		}
		for m, code := range t.Refusal {
			r.named(step+"/refusal/"+strconv.Itoa(m), "ground", code, p.Refusal.codes())
		}
	}
	for _, s := range p.Unreachable() {
		r.refuse(at+"/states", "no transition leads to state %q", s)
	}
	for _, s := range p.Stuck() {
		r.refuse(at+"/states", "nothing leaves state %q, and it is not final", s)
	}
}

func (f *Refusal) codes() []string {
	if f == nil {
		return nil
	}
	codes := make([]string, len(f.Grounds))
	for n, g := range f.Grounds {
		codes[n] = g.Code
	}
	return codes
}

// named refuses a word that is not among those defined.
func (r *reader) named(pointer, what, word string, defined []string) {
	if !slices.Contains(defined, word) && !r.full() {
		r.refuse(pointer, "there is no %s %q%s", what, word, didYouMean(word, defined))
	}
}

func readProcedure(o *object) Procedure {
	o.require("id", "cite", "title", "roles", "initial", "states", "transitions")
	p := Procedure{
		ID: o.word("id", slug), Cite: o.text("cite"), Title: o.text("title"), Verified: o.verified(),
		Roles: o.words("roles", slug), Initial: o.word("initial", slug),
	}
	o.objects("states", func(o *object) {
		o.require("id")
		p.States = append(p.States, State{ID: o.word("id", slug), Final: o.flag("final")})
	})
	o.objects("transitions", func(o *object) { p.Transitions = append(p.Transitions, readTransition(o)) })
	p.Refusal = readRefusal(o)
	return p
}

func readTransition(o *object) Transition {
	o.require("id", "from", "to", "by")
	t := Transition{
		ID: o.word("id", slug), From: o.words("from", slug), To: o.word("to", slug), By: o.word("by", slug),
		Cite: o.text("cite"), Requires: o.words("requires", fieldName), Within: o.period("within"), After: o.word("after", slug),
		Quorum: o.word("quorum", quorum), Refusal: o.words("refusal", slug),
	}
	t.NotBefore, t.Preclusive = o.period("not_before"), o.flag("preclusive")
	t.Silence, t.Votes = o.period("silence"), o.word("votes", slug)
	for _, need := range []struct {
		key, of, why string
		there, met   bool
	}{
		{"within", "after", "the transition that starts the clock", !t.Within.IsZero(), t.After != ""},
		{"not_before", "after", "the transition that starts the clock", !t.NotBefore.IsZero(), t.After != ""},
		{"silence", "after", "the transition on which others are silent", !t.Silence.IsZero(), t.After != ""},
		{"preclusive", "within", "the time after which it can no longer be taken", t.Preclusive, !t.Within.IsZero()},
		{"votes", "quorum", "how many of the votes are needed", t.Votes != "", t.Quorum != ""},
	} {
		if need.there && !need.met {
			o.r.refuse(o.pointer, "%s needs %s: %s", need.key, need.of, need.why)
		}
	}
	if !t.Silence.IsZero() && (t.Quorum != "" || !t.Within.IsZero()) {
		o.r.refuse(o.pointer, "silence is counted in time, so it goes with neither quorum nor within")
	}
	return t
}

// readRefusal reads the grounds of a clause or a procedure.
func readRefusal(o *object) *Refusal {
	var f *Refusal
	o.inner("refusal", func(o *object) {
		o.require("grounds")
		f = &Refusal{Closed: o.flag("closed")}
		o.objects("grounds", func(o *object) {
			o.require("code", "cite")
			g := Ground{Code: o.word("code", slug), Cite: o.text("cite"), Text: o.text("text"), Verified: o.verified(), Reservation: o.flag("reservation")}
			if slices.Contains(f.codes(), g.Code) {
				o.r.refuse(o.at("code"), "ground %q is listed twice", g.Code)
			}
			f.Grounds = append(f.Grounds, g)
		})
	})
	return f
}

// quorum is a number of parties or one of three words.
func quorum(w string) string {
	if n, err := strconv.Atoi(w); err == nil && n > 0 && n < 1000 {
		return ""
	}
	return oneOf([]string{"majority", "two-thirds", "consensus"})(w)
}
