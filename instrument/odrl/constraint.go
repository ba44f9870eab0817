package odrl

import (
	"maps"
	"slices"

	"entente/instrument"
	"entente/intel"
	"entente/internal/strictjson"
	"entente/party"
	"entente/privacy"
)

// atom is one comparison (Information Model 2.2, section 2.5): a left operand, an
// operator and a right operand.
type atom struct {
	left, operator string
	right          strictjson.Value
}

func (a atom) value() strictjson.Value {
	t := thing{}
	t.add("leftOperand", word(a.left))
	t.add("operator", word(a.operator))
	t.add("rightOperand", a.right)
	return t.value()
}

// opposites are the operators that say the contrary of each other. isPartOf has
// none: nothing says that something is not within a list.
var opposites = map[string]string{
	"eq": "neq", "neq": "eq", "gteq": "lt", "lt": "gteq", "lteq": "gt", "gt": "lteq", "isAnyOf": "isNoneOf", "isNoneOf": "isAnyOf",
}

func values(atoms []atom) []strictjson.Value {
	out := make([]strictjson.Value, len(atoms))
	for i, a := range atoms {
		out[i] = a.value()
	}
	return out
}

// unless is the constraint that at least one of the atoms does not hold; ok is
// false when that cannot be said.
func unless(atoms []atom) (v strictjson.Value, ok bool) {
	if len(atoms) == 0 {
		return v, false // what always holds leaves no case
	}
	not := make([]strictjson.Value, len(atoms))
	for i, a := range atoms {
		o, ok := opposites[a.operator]
		if !ok {
			return v, false
		}
		not[i] = atom{a.left, o, a.right}.value()
	}
	if len(not) == 1 {
		return not[0], true
	}
	operands := thing{}
	operands.add("@list", list(not...))
	t := thing{}
	t.add("or", operands.value())
	return t.value(), true
}

// conditions writes what a clause matches.
func conditions(w *instrument.When) []atom {
	var out []atom
	words := func(left, operator string, ws []string) {
		if len(ws) > 0 {
			out = append(out, atom{left, operator, wordList(ws)})
		}
	}
	words("entente:objectType", "isAnyOf", w.Type)
	words("purpose", "isAnyOf", w.Purpose)
	if r := w.TLP; r != nil {
		out = append(out, between("entente:tlp", r.Min, r.Max, intel.Clear, intel.Red)...)
	}
	if r := w.PAP; r != nil {
		out = append(out, between("entente:pap", r.Min, r.Max, intel.PAPClear, intel.PAPRed)...)
	}
	if c := w.Categories; c != nil {
		words("entente:category", "isAnyOf", categories(c.Any))
		words("entente:category", "isNoneOf", categories(c.None))
		words("entente:category", "isPartOf", categories(c.Within))
	}
	if len(w.Recipient) > 0 {
		out = append(out, atom{"recipient", "isAnyOf", partyList(w.Recipient)})
	}
	words("entente:recipientKind", "isAnyOf", w.RecipientKind)
	words("entente:senderKind", "isAnyOf", w.SenderKind)
	words("entente:recipientRole", "isAnyOf", w.RecipientRole)
	words("entente:senderRole", "isAnyOf", w.SenderRole)
	words("entente:recipientSector", "isAnyOf", w.RecipientSector)
	words("entente:senderSector", "isAnyOf", w.SenderSector)
	for _, s := range []struct {
		left string
		set  *instrument.Set
	}{{"entente:recipientJurisdiction", w.RecipientJurisdiction}, {"entente:senderJurisdiction", w.SenderJurisdiction}, {"entente:origin", w.Origin}} {
		if s.set != nil {
			words(s.left, "isAnyOf", s.set.In)
			words(s.left, "isNoneOf", s.set.NotIn)
		}
	}
	words("entente:receivedUnder", "isAnyOf", w.ReceivedUnder)
	for _, name := range slices.Sorted(maps.Keys(w.Facts)) {
		out = append(out, fact(name, w.Facts[name]))
	}
	return out
}

// fact compares a named fact. Whoever evaluates it treats a fact nobody knows as
// not true and not false: eq does not hold for it, and neq does.
func fact(name string, m instrument.FactMatch) atom {
	left := "entente:fact-" + name
	switch m {
	case instrument.IsTrue:
		return atom{left, "eq", truth(true)}
	case instrument.IsFalse:
		return atom{left, "eq", truth(false)}
	default:
		return atom{left, "neq", truth(true)}
	}
}

func truth(b bool) strictjson.Value { return strictjson.Value{Kind: strictjson.Bool, Bool: b} }

// between is a range of an ordered label; an end that excludes nothing is left
// out.
func between[T interface {
	~uint8
	String() string
}](left string, low, high, least, most T) []atom {
	var out []atom
	if low > least {
		out = append(out, atom{left, "gteq", word(low.String())})
	}
	if high < most {
		out = append(out, atom{left, "lteq", word(high.String())})
	}
	return out
}

func wordList(ws []string) strictjson.Value {
	vs := make([]strictjson.Value, len(ws))
	for i, w := range ws {
		vs[i] = word(w)
	}
	return list(vs...)
}

func partyList(ids []party.ID) strictjson.Value {
	vs := make([]strictjson.Value, len(ids))
	for i, id := range ids {
		vs[i] = ref(partyIRI(string(id)))
	}
	return list(vs...)
}

func categories(cs []privacy.Category) []string {
	ws := make([]string, len(cs))
	for i, c := range cs {
		ws[i] = string(c)
	}
	return ws
}
