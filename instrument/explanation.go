package instrument

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"entente/internal/fault"
)

// Explanation is one clause in plain language with everything in its instrument
// that bears on it.
type Explanation struct {
	Instrument   string `json:"instrument"` // id and version
	Title        string `json:"title"`
	Illustrative bool   `json:"illustrative,omitempty"`
	Status       string `json:"status"` // of the text, whoever its parties are
	Outline
	Checked      string      `json:"checked"`         // what the verification mark means
	Terms        []TermUse   `json:"terms,omitempty"` // definitions its words have
	Facts        []FactUse   `json:"facts,omitempty"` // and what settles them
	Reservations []string    `json:"reservations,omitempty"`
	Survives     bool        `json:"survives,omitempty"` // it outlives the instrument
	Vectors      []VectorUse `json:"vectors,omitempty"`  // test cases that name it or one of its duties
}

// TermUse is one defined term of a clause and what it takes in there: a clause
// that opens reads it narrowly, one that restricts broadly.
type TermUse struct {
	Term     string        `json:"term"`
	Means    string        `json:"means"`
	Cite     string        `json:"cite,omitempty"`
	Text     string        `json:"text,omitempty"`
	National []NationalUse `json:"national,omitempty"`
}

// NationalUse is the term of one legal order and whether the clause takes it in.
type NationalUse struct {
	NationalTerm
	Counts bool `json:"counts"`
}

// FactUse is a fact the clause looks at and what makes it true or false.
type FactUse struct {
	Fact      string `json:"fact"`
	Threshold string `json:"threshold,omitempty"` // id; "" when a person records it with evidence
	Cite      string `json:"cite,omitempty"`
	Test      string `json:"test,omitempty"`
}

// VectorUse is one test case.
type VectorUse struct {
	Name    string `json:"name"`
	Outcome string `json:"outcome"`
}

// Explain says what one clause permits, forbids or demands and when exactly, and
// where the text stood at an instant. It returns a not-found fault with code
// instrument.clause when there is no such clause.
func (i *Instrument) Explain(clause string, at time.Time) (Explanation, error) {
	n := slices.IndexFunc(i.Clauses, func(c Clause) bool { return c.ID == clause })
	if n < 0 {
		ids := make([]string, len(i.Clauses))
		for n := range i.Clauses {
			ids[n] = i.Clauses[n].ID
		}
		return Explanation{}, fault.New(fault.NotFound, "instrument.clause", "%s has no clause %s%s", i.ID, quoted(clause), cmp.Or(didYouMean(clause, ids), ".")).
			Try("Its clauses are listed by entente instrument compile.")
	}
	c := &i.Clauses[n]
	e := Explanation{
		Instrument: i.Ref(), Title: i.Title, Illustrative: i.Illustrative, Status: i.standing(c, at), Outline: i.outline(c),
		Checked: c.Verified.phrase(), Terms: i.terms(c), Survives: slices.Contains(i.Term.Survival, c.ID),
	}
	for _, f := range slices.Sorted(maps.Keys(c.factsUsed())) {
		e.Facts = append(e.Facts, i.settles(f)...)
	}
	for _, p := range i.Parties {
		for _, v := range p.Reservations {
			e.Reservations = append(e.Reservations, v.touching(string(p.Party), c.ID)...)
		}
	}
	for _, v := range i.Vectors {
		if v.names(c) {
			e.Vectors = append(e.Vectors, VectorUse{v.Name, cmp.Or(v.Expect.Outcome, v.Expect.NotUsed)})
		}
	}
	return e, nil
}

// standing says where the text, or the clause within it, stood at an instant.
func (i *Instrument) standing(c *Clause, at time.Time) string {
	text, why := i.text(at)
	switch {
	case text == lapsed, text == pending:
		return why
	case !c.Operative(at):
		return "the instrument is in force and this clause is not: " + c.InForce.phrase()
	case text == provisionally:
		return "applied provisionally"
	default:
		return "in force (" + i.InForce.phrase() + ")"
	}
}

func (v Verification) phrase() string {
	switch v {
	case VerifiedText:
		return "checked against the operative wording"
	case VerifiedSecondary:
		return "checked against a commentary only"
	case VerifiedTaxonomy:
		return "taken from a machine-readable taxonomy"
	case Unverified:
		return "not checked by anybody: it is never the sole basis of a permission"
	default:
		return "no mark: the authors of the text answer for the encoding"
	}
}

// touching says what a reservation does to a clause.
func (v *Reservation) touching(maker, clause string) []string {
	name := maker + ", " + v.ID + bracketed(v.Cite)
	if !v.Withdrawn.IsZero() {
		name += ", withdrawn on " + day(v.Withdrawn)
	}
	var out []string
	if slices.Contains(v.Excludes, clause) {
		out = append(out, name+": the clause is taken out between "+maker+" and every other party")
	}
	for _, m := range v.Modifies {
		if m.Clause == clause {
			out = append(out, strings.TrimSpace(name+": the clause is changed between "+maker+" and every other party. "+m.Text))
		}
	}
	return out
}

// terms lists the definitions a clause uses, with the national terms as the
// engine reads them: what opens counts exact and narrower ones, what restricts
// broader and overlapping ones too.
func (i *Instrument) terms(c *Clause) []TermUse {
	words := c.When.words()
	for _, q := range c.Requires {
		words[string(q.Without)] = true
	}
	opens := c.Modality == Permission
	var out []TermUse
	for _, d := range i.Definitions {
		if !words[d.Term] && !words[d.Means] {
			continue
		}
		u := TermUse{Term: d.Term, Means: d.Means, Cite: d.Cite, Text: d.Text}
		for _, n := range d.National {
			counts := n.Relation == "exact" || n.Relation == "narrower" || !opens && n.Relation != "none"
			u.National = append(u.National, NationalUse{n, counts})
		}
		out = append(out, u)
	}
	return out
}

// words are the types, purposes and categories a matcher names.
func (w *When) words() map[string]bool {
	out := map[string]bool{}
	lists := [][]string{w.Type, w.Purpose}
	if c := w.Categories; c != nil {
		lists = append(lists, texts(c.Any), texts(c.None), texts(c.Within))
	}
	for _, words := range lists {
		for _, word := range words {
			out[word] = true
		}
	}
	return out
}

// factsUsed are the facts whose value changes what the clause does.
func (c *Clause) factsUsed() map[string]bool {
	out := map[string]bool{}
	for f := range c.When.Facts {
		out[f] = true
	}
	for _, q := range c.Requires {
		if q.Safeguard != "" {
			out[strings.ReplaceAll(q.Safeguard, "-", "_")] = true
		}
	}
	if c.Consent != nil {
		out[strings.ReplaceAll(c.Consent.Of, "-", "_")+"_consent"] = true
	}
	if c.Derogation != nil {
		out[c.Derogation.Declared(c.ID)] = true
	}
	if c.Modality == Permission && c.Verified == Unverified {
		out["human_approval"] = true // what the engine asks for before it relies on unverified text
	}
	return out
}

// settles says what makes a fact true or false.
func (i *Instrument) settles(fact string) []FactUse {
	var out []FactUse
	for n := range i.Thresholds {
		if t := &i.Thresholds[n]; t.Fact == fact {
			out = append(out, FactUse{fact, t.ID, t.Cite, t.Test.phrase()})
		}
	}
	if len(out) == 0 {
		out = append(out, FactUse{Fact: fact})
	}
	return out
}

// names reports whether a vector expects the clause, or a duty of it.
func (v *Vector) names(c *Clause) bool {
	return slices.Contains(v.Expect.Because, c.ID) || slices.Contains(v.Expect.Warnings, c.ID) ||
		slices.ContainsFunc(c.Duties, func(d Duty) bool { return slices.Contains(v.Expect.Duties, d.ID) })
}
