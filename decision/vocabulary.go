package decision

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"entente/instrument"
	"entente/privacy"
)

// maxWords leaves one bit of a word for [foreign].
const maxWords = 63

// foreign stands for every category the law never mentions: no clause can name
// it, and it is within nothing.
const foreign = uint64(1) << 63

// unclassified is the bit of [privacy.Unclassified], the first category of every
// vocabulary.
const unclassified = uint64(1)

// cooperation is the regime that is closed although nothing says so: deny by
// default.
const cooperation = "cooperation"

// vocabulary numbers the words the law uses.
type vocabulary struct {
	categories map[privacy.Category]uint64
	names      []privacy.Category // by bit
	personal   uint64             // every personal-* category
	regimes    map[string]uint64
	regimeName []string // by bit
	facts      map[string]uint32
	factNames  []string
	inRules    []bool // by fact: some clause mentions it (and not only a safeguard)
}

func (v *vocabulary) init() {
	v.categories, v.regimes, v.facts = map[privacy.Category]uint64{}, map[string]uint64{}, map[string]uint32{}
	v.regime(cooperation)
	v.category(privacy.Unclassified)
	v.fact(originatorConsent)
}

// category returns the bit of c. Past 64 words the shift gives zero and
// [Compile] refuses the law.
func (v *vocabulary) category(c privacy.Category) uint64 {
	b, ok := v.categories[c]
	if !ok {
		b = 1 << len(v.names)
		v.categories[c] = b
		v.names = append(v.names, c)
		if strings.HasPrefix(string(c), "personal-") {
			v.personal |= b
		}
	}
	return b
}

func (v *vocabulary) mask(cs []privacy.Category) (m uint64) {
	for _, c := range cs {
		m |= v.category(c)
	}
	return m
}

func (v *vocabulary) regime(name string) uint64 {
	if name == "" {
		return 0
	}
	b, ok := v.regimes[name]
	if !ok {
		b = 1 << len(v.regimeName)
		v.regimes[name] = b
		v.regimeName = append(v.regimeName, name)
	}
	return b
}

func (v *vocabulary) fact(name string) uint32 {
	f, ok := v.facts[name]
	if !ok {
		f = uint32(len(v.factNames)) //nolint:gosec // G115: a law has far fewer than 2^32 facts
		v.facts[name] = f
		v.factNames = append(v.factNames, name)
		v.inRules = append(v.inRules, false)
	}
	return f
}

// compile fills in what a rule checks itself.
func (v *vocabulary) compile(r *rule, defs []instrument.Definition) {
	r.when = translate(r.when, r.kind, defs)
	r.within = ^uint64(0)
	w := r.when
	if c := w.Categories; c != nil {
		r.any, r.none = v.mask(c.Any), v.mask(c.None)
		if len(c.Within) > 0 {
			r.within = v.mask(c.Within)
		}
	}
	r.extra = w.PAP != nil || w.Origin != nil || len(w.ReceivedUnder) > 0
	for _, name := range slices.Sorted(maps.Keys(w.Facts)) {
		f := factTerm{fact: v.fact(name), want: isFalse}
		if w.Facts[name] == instrument.IsTrue {
			f.want = isTrue
		}
		v.inRules[f.fact] = true
		r.facts = append(r.facts, f)
	}
	if d := r.clause.Derogation; d != nil {
		f := factTerm{fact: v.fact(d.Declared(r.clause.ID)), want: isTrue}
		v.inRules[f.fact] = true
		r.facts = append(r.facts, f)
	}
	v.requirements(r, defs)
}

func (v *vocabulary) requirements(r *rule, defs []instrument.Definition) {
	for _, q := range r.clause.Requires {
		if q.Without != "" {
			r.without |= v.mask(expand([]privacy.Category{q.Without}, defs, loose))
		}
		if q.Safeguard != "" {
			v.guard(r, safeguard{name: q.Safeguard, by: q.ApprovalBy, cite: cmp.Or(q.Cite, r.clause.Cite), human: byPerson(q.Safeguard)})
		}
	}
	if r.clause.Verified == instrument.Unverified && r.kind == kindPermission {
		// Never the sole basis: where nothing else permits, a lawyer says first
		// that the text is what the encoding makes of it.
		v.guard(r, safeguard{name: "human-approval", by: "legal", cite: r.clause.Cite, human: true})
	}
	if c := r.clause.Consent; c != nil && r.kind == kindPermission {
		g := safeguard{name: c.Of + "-consent", by: c.Of, cite: r.clause.Cite, human: true}
		v.guard(r, g)
		r.facts = append(r.facts, factTerm{fact: r.safeguards[len(r.safeguards)-1].fact, want: isTrue, consent: true})
	}
}

func (v *vocabulary) guard(r *rule, s safeguard) {
	s.fact = v.fact(strings.ReplaceAll(s.name, "-", "_"))
	if s.human {
		r.human++
	}
	r.safeguards = append(r.safeguards, s)
}

// byPerson tells the safeguards a person meets from those the node sees to on
// every transfer.
func byPerson(name string) bool {
	return name == "human-approval" || name == "dual-control" || name == "certified-recipient"
}

// reading says which national terms a word of a clause takes in: tight for what
// opens (exact and narrower), loose for what restricts (broader and overlapping
// ones too).
type reading bool

const (
	tight reading = false
	loose reading = true
)

// translate rewrites the defined terms of a matcher into the words that may
// stand in an object or a request. It returns w itself when nothing is defined.
func translate(w *instrument.When, k kind, defs []instrument.Definition) *instrument.When {
	if len(defs) == 0 {
		return w
	}
	opens := loose
	if k == kindPermission {
		opens = tight
	}
	out := *w
	out.Type, out.Purpose = expand(w.Type, defs, opens), expand(w.Purpose, defs, opens)
	if c := w.Categories; c != nil {
		// What must be absent narrows a clause, so it reads the other way round.
		out.Categories = &instrument.CategorySet{
			Any: expand(c.Any, defs, opens), None: expand(c.None, defs, !opens), Within: expand(c.Within, defs, opens),
		}
	}
	return &out
}

func expand[W ~string](words []W, defs []instrument.Definition, how reading) []W {
	if len(defs) == 0 || len(words) == 0 {
		return words
	}
	in := map[W]bool{}
	for _, w := range words {
		in[w] = true
		for i := range defs {
			d := &defs[i]
			if W(d.Term) != w && W(d.Means) != w {
				continue
			}
			in[W(d.Means)] = true
			for _, n := range d.National {
				if takesIn(n.Relation, how) {
					in[W(n.Term)] = true
				}
			}
		}
	}
	if how == tight {
		dropDoubtful(in, words, defs)
	}
	return slices.Sorted(maps.Keys(in))
}

func takesIn(relation string, how reading) bool {
	switch relation {
	case "exact", "narrower":
		return true
	case "broader", "overlaps":
		return how == loose
	default:
		return false
	}
}

// dropDoubtful takes out a national term that some legal order uses in a wider
// sense: in an object it cannot be told whose word it is.
func dropDoubtful[W ~string](in map[W]bool, written []W, defs []instrument.Definition) {
	for i := range defs {
		for _, n := range defs[i].National {
			if !takesIn(n.Relation, tight) && in[W(n.Term)] && !slices.Contains(written, W(n.Term)) {
				delete(in, W(n.Term))
			}
		}
	}
}
