package analysis

import (
	"cmp"
	"maps"
	"slices"

	"entente/decision"
	"entente/instrument"
	"entente/party"
)

// The names of parties the law does not know.
const (
	Somebody     party.ID = "somebody"      // as a sender
	SomebodyElse party.ID = "somebody-else" // as a recipient
)

// Other stands for every word no clause names: a type, a purpose, a category, a
// country. No vocabulary has it.
const Other = "any-other"

// maxStrangers bounds the kinds of parties the law does not know that are told
// apart, and leastProfiles the kinds one named party nobody described may be of.
const (
	maxStrangers  = 256
	leastProfiles = 8
)

// universe is everybody an analysis speaks about: the parties it was told of, and
// everybody else as far as the law tells them apart.
type universe struct {
	senders    []decision.Actor
	recipients []decision.Actor // recipients[i] is senders[i] but for the name of a stranger
	known      int              // the first so many are parties the law or the caller knows
	cut        bool             // not every combination of words is there
}

// KnownParties returns the parties a law lets one know: those of its test
// vectors, and those whose records name a territory. A party described twice
// keeps its first description.
func KnownParties(is []*instrument.Instrument) []decision.Actor {
	at := map[party.ID]decision.Actor{}
	see := func(a decision.Actor) {
		if _, ok := at[a.ID]; !ok {
			at[a.ID] = a
		}
	}
	for _, i := range is {
		for n := range i.Vectors {
			see(decision.Actor(i.Vectors[n].Given.Sender))
			see(decision.Actor(i.Vectors[n].Given.Recipient))
		}
	}
	for _, i := range is {
		for n := range i.Parties {
			if p := &i.Parties[n]; len(p.Territory) > 0 {
				see(decision.Actor{ID: p.Party, Jurisdiction: p.Territory[0]})
			}
		}
	}
	return slices.SortedFunc(maps.Values(at), func(a, b decision.Actor) int { return cmp.Compare(a.ID, b.ID) })
}

// newUniverse makes the parties told apart by the law: known ones as they are, a
// named one nobody described as any of the kinds, seats and roles the law speaks
// of, and strangers of every such kind.
func newUniverse(laws []*instrument.Instrument, norms []norm, known []decision.Actor) *universe {
	u := &universe{known: len(known)}
	u.senders = append(u.senders, known...)
	described := map[party.ID]bool{}
	for _, a := range known {
		described[a.ID] = true
	}
	mentioned := mentions(laws, norms)
	ids := []party.ID{Somebody}
	for _, id := range mentioned[0] {
		if !described[party.ID(id)] {
			ids = append(ids, party.ID(id))
		}
	}
	words := actorWords()
	each := max(leastProfiles, maxStrangers/len(ids))
	for i, id := range ids {
		most := each
		if i == 0 {
			most = maxStrangers
		}
		profiles := []decision.Actor{{ID: id}}
		for n := 1; n < len(words); n++ {
			profiles = u.vary(profiles, n, mentioned[n], most)
		}
		if len(u.senders) > 4*maxStrangers {
			u.cut = true
			break
		}
		u.senders = append(u.senders, profiles...)
	}
	u.recipients = slices.Clone(u.senders)
	for i := range u.recipients {
		if u.recipients[i].ID == Somebody {
			u.recipients[i].ID = SomebodyElse
		}
	}
	return u
}

// vary gives parties each word of one attribute and one word more that no clause
// names, or none. Where that would make too many, only the last party, which is
// like nobody the law speaks of, is varied.
func (u *universe) vary(profiles []decision.Actor, n int, mentioned []string, most int) []decision.Actor {
	w := &actorWords()[n]
	other := Other
	if n >= roleWord {
		other = "" // having none is a case, and having another one is not told apart from it
	}
	values := append(slices.Clone(mentioned), other)
	var out []decision.Actor
	if len(profiles)*len(values) <= most {
		for _, p := range profiles {
			for _, v := range values {
				w.set(&p, v)
				out = append(out, p)
			}
		}
		if n >= roleWord && len(mentioned) > 1 {
			out = append(out, together(out, n, mentioned)...)
		}
		return out
	}
	u.cut = true
	for i, p := range profiles {
		w.set(&p, other)
		if i == len(profiles)-1 {
			for _, v := range mentioned[:min(len(mentioned), max(0, most-len(profiles)))] {
				with := p
				w.set(&with, v)
				out = append(out, with)
			}
		}
		out = append(out, p)
	}
	return out
}

// together adds a party with all the words at once to those with none.
func together(profiles []decision.Actor, n int, all []string) []decision.Actor {
	w := actorWords()[n]
	var out []decision.Actor
	for _, p := range profiles {
		if len(w.of(&p)) > 0 {
			continue
		}
		if n == roleWord {
			p.Roles = all
		} else {
			p.Sectors = all
		}
		out = append(out, p)
	}
	return out
}

// mentions lists, for each line of actorWords, the words the law names, sorted.
func mentions(laws []*instrument.Instrument, norms []norm) [][]string {
	words := actorWords()
	seen := make([]map[string]bool, len(words))
	for i := range seen {
		seen[i] = map[string]bool{}
	}
	add := func(n int, ws ...string) {
		for _, w := range ws {
			seen[n][w] = true
		}
	}
	for i := range norms {
		w := &norms[i].meaning.When
		for n := range words {
			for _, s := range []*instrument.Set{words[n].sender(w), words[n].recipient(w)} {
				if s != nil {
					add(n, s.In...)
					add(n, s.NotIn...)
				}
			}
		}
		if o := norms[i].onward; o != nil {
			add(0, o.To...)
		}
		if o := w.Origin; o != nil {
			add(0, o.In...)
			add(0, o.NotIn...)
		}
	}
	for _, d := range laws {
		add(2, d.Jurisdictions...)
		for n := range d.Parties {
			add(0, string(d.Parties[n].Party))
			add(2, d.Parties[n].Territory...)
		}
	}
	out := make([][]string, len(words))
	for n := range seen {
		out[n] = slices.Sorted(maps.Keys(seen[n]))
	}
	return out
}
