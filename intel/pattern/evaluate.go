package pattern

import (
	"strings"

	"entente/internal/fault"
	"entente/internal/strictjson"
)

// MaxSteps bounds the work of one match: values looked at, and placements of
// observations tried. A step takes some 10 to 200 ns.
const MaxSteps = 10_000_000

// bytesPerStep is how many bytes an instruction of an expression reads in one
// step, at worst.
const bytesPerStep = 16

// budget is what is left of the work a match may do.
type budget struct{ steps int }

func (b *budget) spend(n int) error {
	if b.steps -= n; b.steps < 0 {
		return fault.New(fault.Invalid, "pattern.cost", "Matching the pattern takes more work than allowed; there is no answer.").
			Try("Match fewer observations at a time, or simplify the pattern: repetitions of groups and FOLLOWEDBY cost most.")
	}
	return nil
}

// look evaluates tests on one observation.
type look struct {
	*budget
	on         *Observed
	index      map[string]*strictjson.Value // of the things, made when a reference is followed
	predicates map[*Comparison]predicate
}

// passes reports whether one thing of the observation passes the whole test:
// comparisons joined by AND speak of the same thing.
func (l *look) passes(t Test) (bool, error) {
	for i := range l.on.Things {
		if ok, err := l.test(t, l.on.Things[i].Tree); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

func (l *look) test(t Test, thing *strictjson.Value) (bool, error) {
	j, ok := t.(*Junction)
	if !ok {
		return l.comparison(t.(*Comparison), thing) //nolint:errcheck // a test is one or the other
	}
	for _, of := range j.Of {
		holds, err := l.test(of, thing)
		if err != nil || holds == (j.Op == Or) {
			return holds, err
		}
	}
	return j.Op == And, nil
}

// comparison reports whether one value at the path passes. A thing of another
// type, and one without values there, passes nothing, NOT included.
func (l *look) comparison(c *Comparison, thing *strictjson.Value) (bool, error) {
	if err := l.spend(1); err != nil {
		return false, err
	}
	typ := thing.GetText("type")
	if typ != c.Path.Type || notObservable[typ] {
		return false, nil
	}
	found, err := l.at(c.Path, thing)
	if err != nil {
		return false, err
	}
	if c.Op == Exists {
		return len(found) > 0 != c.Not, nil
	}
	p := l.predicates[c]
	for _, f := range found {
		v := operandOf(f.value, f.name)
		if err := l.spend(1 + len(v.text)/bytesPerStep*p.size); err != nil {
			return false, err
		}
		holds, wrong := p.holds(v)
		if wrong != "" {
			return false, l.wrong(c, wrong)
		}
		if holds != c.Not {
			return true, nil
		}
	}
	return false, nil
}

func (l *look) wrong(c *Comparison, what string) error {
	return fault.New(fault.Invalid, "pattern.value", "The observed data %s cannot be matched: its %s %s.", l.on.ID, c.Path, what).
		At(strictjson.Pointer(l.on.ID), c.Path.String()+" "+what).Try("Correct the observed object, or leave it out.")
}

// selected is one value a path leads to, under the name of its property.
type selected struct {
	value *strictjson.Value
	name  string
}

// at follows a path. A reference is followed when a step leads beyond it; as
// the last step it is an identifier like any other.
func (l *look) at(path Path, thing *strictjson.Value) ([]selected, error) {
	here := []selected{{value: thing}}
	for _, s := range path.Steps {
		var next []selected
		var seen map[*strictjson.Value]bool
		for _, h := range here {
			if s.Kind != KeyStep {
				next = h.items(s, next)
				continue
			}
			v := h.value
			if h.isReference() {
				// Where several references lead to one thing it counts once:
				// circles would double what is looked at with every step.
				if v = l.resolve(v.Text); v == nil || seen[v] {
					continue
				}
				if seen == nil {
					seen = map[*strictjson.Value]bool{}
				}
				seen[v] = true
			}
			if member := v.Get(s.Key); member != nil {
				next = append(next, selected{member, s.Key})
			}
		}
		if err := l.spend(1 + len(next)); err != nil {
			return nil, err
		}
		here = next
	}
	return here, nil
}

func (h selected) isReference() bool {
	return h.value.Kind == strictjson.String && (strings.HasSuffix(h.name, "_ref") || strings.HasSuffix(h.name, "_refs"))
}

// items appends the items of a list that an index selects.
func (h selected) items(s Step, found []selected) []selected {
	if h.value.Kind != strictjson.Array {
		return found
	}
	for i := range h.value.Items {
		if s.Kind == AnyStep || s.Index == i {
			found = append(found, selected{&h.value.Items[i], h.name})
		}
	}
	return found
}

func (l *look) resolve(name string) *strictjson.Value {
	if l.index == nil {
		l.index = make(map[string]*strictjson.Value, len(l.on.Things))
		for _, t := range l.on.Things {
			l.index[t.Name] = t.Tree
		}
	}
	return l.index[name]
}
