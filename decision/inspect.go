package decision

import (
	"cmp"
	"slices"

	"entente/instrument"
	"entente/privacy"
)

// Meaning is what a clause looks at once its terms have been read as this
// engine reads them: definitions expanded, consents and declared derogations
// turned into facts. It is what package instrument/analysis reasons over, so
// that the analysis and the engine cannot read one text in two ways.
type Meaning struct {
	When       instrument.When
	Facts      []FactTerm         // conditions on facts, those of consent and derogation included
	Without    []privacy.Category // what its requirements want gone, sorted
	Asks       []string           // facts that are true once a person has met a safeguard of the clause
	Exceptions []string           // ids of the clauses it is an exception to
	Advisory   bool               // a norm, or guidance: it warns and never decides
}

// FactTerm is one condition on a fact.
type FactTerm struct {
	Fact    string
	Want    bool
	Consent bool // merely unknown, it does not stop the clause, it asks somebody
}

// Read returns what a clause of d means.
func Read(d *instrument.Instrument, c *instrument.Clause) Meaning {
	r := rule{clause: c, when: &c.When, kind: kindOf(c.Modality)}
	m := meaning(&r, d.Definitions)
	m.Exceptions = c.Exceptions()
	m.Advisory = !d.Binding || c.Strength == "guidance"
	return m
}

// ReadScope returns what the applies_when of d means; ok is false when it has
// none.
func ReadScope(d *instrument.Instrument) (m Meaning, ok bool) {
	if d.AppliesWhen == nil {
		return m, false
	}
	r := rule{kind: kindScope, when: d.AppliesWhen, clause: &instrument.Clause{}}
	return meaning(&r, d.Definitions), true
}

func meaning(r *rule, defs []instrument.Definition) Meaning {
	var v vocabulary
	v.init()
	v.compile(r, defs)
	m := Meaning{When: *r.when}
	for _, t := range r.facts {
		m.Facts = append(m.Facts, FactTerm{Fact: v.factNames[t.fact], Want: t.want == isTrue, Consent: t.consent})
	}
	for _, s := range r.safeguards {
		if s.human {
			m.Asks = append(m.Asks, v.factNames[s.fact])
		}
	}
	for i, name := range v.names {
		if r.without&(1<<i) != 0 {
			m.Without = append(m.Without, name)
		}
	}
	slices.Sort(m.Without)
	return m
}

// Answer is a decision without its explanation: what a reader of thousands of
// cases compares.
type Answer struct {
	Outcome    Outcome  `json:"outcome"`
	Transforms []string `json:"transforms,omitempty"` // ids, in order of application
}

// AnswerIn decides a request between the two of p, which must be valid at the
// request's instant and of this engine. It equals what [Engine.Decide] says.
func (e *Engine) AnswerIn(r Request, p Pair) Answer {
	r = tidy(r)
	var q Query
	e.prepare(&r, p, &q)
	d := e.newDecider(&q)
	f := d.find()
	a := Answer{Outcome: f.outcome}
	if !f.conflict {
		a.Transforms = d.ids(f.form.used)
	}
	return a
}

// PrepareIn looks up the words of a request between the two of p into q.
func (e *Engine) PrepareIn(r Request, p Pair, q *Query) {
	r = tidy(r)
	e.prepare(&r, p, q)
}

// Look is categories as this engine holds them, for [Engine.JudgeLook].
type Look uint64

// Look returns some categories; a category the law never names is held as one
// with every other such.
func (e *Engine) Look(cs ...privacy.Category) Look {
	var has uint64
	for _, c := range cs {
		b, ok := e.vocabulary.categories[c]
		if !ok {
			b = foreign
		}
		has |= b
	}
	return Look(has)
}

// JudgeLook answers for an object that has just these categories, as it is:
// [Permit], [Refer] or [Deny]. Two laws whose engines agree on every look of an
// otherwise equal question agree on every answer, because the search for a form
// asks nothing else; unless one of them is [Engine.Contested].
func (e *Engine) JudgeLook(q *Query, l Look, buf []Match) (Outcome, []Match) {
	q.has = uint64(l)
	v := e.Judge(q, buf)
	return v.Outcome, v.Matched
}

// Contested reports whether two exceptions to one clause of the law could
// contradict each other: then the search also asks what a person might decide.
func (e *Engine) Contested() bool { return e.conflicts }

// Trace is an answer with what a recipient would need to know: the categories
// of the form that may leave, and the clauses that permit or command it.
type Trace struct {
	Answer
	Sent  []privacy.Category
	Basis []ClauseRef
}

// Trace decides a request as [Engine.AnswerIn] does.
func (e *Engine) Trace(r Request, p Pair) Trace {
	r = tidy(r)
	var q Query
	e.prepare(&r, p, &q)
	d := e.newDecider(&q)
	f := d.find()
	t := Trace{Answer: Answer{Outcome: f.outcome}}
	if f.outcome == Deny || f.conflict {
		return t
	}
	t.Transforms, t.Sent = d.ids(f.form.used), d.categoriesOf(f.form.has)
	d.view(f.form.has, false)
	for i := range d.v.hits {
		m := &d.v.hits[i]
		switch k := &e.rules[m.rule]; {
		case k.advisory || !m.certain || m.fate != stands:
		case k.kind == kindObligation, k.kind == kindPermission && k.root:
			t.Basis = append(t.Basis, e.ref(m.rule))
		}
	}
	return t
}

// Class is equal for two pairs of one engine exactly when the same norms apply
// between both, whoever they are. The terms an object was received under may
// still tell them apart.
func (p Pair) Class() string { return p.class() }

// Clauses lists the clauses that bind between the two and that what they are
// satisfies, whatever the object is; clauses of scope are left out.
func (e *Engine) Clauses(p Pair) []ClauseRef {
	var out []ClauseRef
	for _, w := range p.words {
		rulesOf(w.at, w.bits, func(n uint32) {
			if e.rules[n].kind != kindScope {
				out = append(out, e.ref(n))
			}
		})
	}
	return out
}

// Prevails says whether a root permission prevails over a root prohibition of
// another instrument between the two of p, and by which step (DECISION.md, step
// 4). It reports false and "protective" for clauses that are not in the law.
func (e *Engine) Prevails(permission, prohibition ClauseRef, p Pair) (bool, string) {
	a, b := e.find(permission), e.find(prohibition)
	if a < 0 || b < 0 || e.rules[a].inst == e.rules[b].inst {
		return false, "protective"
	}
	return e.prevails(uint32(a), uint32(b), p) //nolint:gosec // G115: both were found, and a law has far fewer than 2^32 clauses
}

func (e *Engine) find(c ClauseRef) int {
	at, _ := slices.BinarySearchFunc(e.insts, c.Instrument, func(in inst, id string) int { return cmp.Compare(in.doc.ID, id) })
	for ; at < len(e.insts) && e.insts[at].doc.ID == c.Instrument; at++ {
		for n := e.insts[at].first; n < e.insts[at].last; n++ {
			if r := &e.rules[n]; r.kind != kindScope && r.clause.ID == c.Clause {
				return n
			}
		}
	}
	return -1
}
